"""Logistic functions and entropies; 0 log 0 is 0, and so are its derivatives.

Next: `distributions.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op, elementwise
from ..ops.elementwise import ALONE
from ..ops.powers import as_wide_as
from .common import scipy


def _pull_expit(saved: Any, g: Any) -> Any:
    (x,) = saved
    if type(x) is not np.ndarray:
        return g * (expit(x) * expit(-x))
    # NumPy's exponential is vectorised, SciPy's function is not
    e = np.exp(-np.absolute(x))
    return g * (e / (1 + e) ** 2)


expit: Op = elementwise(
    "expit",
    scipy.expit,
    x=lambda x: expit(x) * expit(-x),
    bounded=True,
    notation="σ({x})",
    fast={ALONE: _pull_expit},
)
log_expit = elementwise("log_expit", scipy.log_expit, x=lambda x: expit(-x), bounded=True)
logit = elementwise("logit", scipy.logit, x=lambda x: 1 / (x * (1 - x)))


def _both_0(x: Any, y: Any) -> Any:
    return (x == 0) & (y == 0)


def _over(x: Any, y: Any, otherwise: int) -> Any:
    """Return x / y, and a number for 0 / 0."""
    none = _both_0(x, y)
    if type(none) is np.ndarray and not none.any():
        return x / y
    return np.where(none, otherwise, x) / np.where(none, 1, y)


def _quotient(x: Any, y: Any) -> Any:
    """Return x / y, and 0 for 0 / 0."""
    return _over(x, y, 0)


def _log_quotient(x: Any, y: Any) -> Any:
    """Return log(x / y), and 0 for 0 / 0."""
    return np.log(_over(x, y, 1))


xlogy = elementwise(
    "xlogy",
    scipy.xlogy,
    x=lambda x, y: np.log(as_wide_as(x, np.where(_both_0(x, y), 1.0, y))),
    y=_quotient,
    notation="{x} log {y}",
)
xlog1py = elementwise(
    "xlog1py",
    scipy.xlog1py,
    x=lambda x, y: np.log1p(as_wide_as(x, np.where(_both_0(x, 1.0 + y), 0.0, y))),
    y=lambda x, y: _quotient(x, 1.0 + y),
    notation="{x} log(1 + {y})",
)
entr = elementwise("entr", scipy.entr, x=lambda x: -np.log(x) - 1, notation="-{x} log {x}")
rel_entr = elementwise(
    "rel_entr",
    scipy.rel_entr,
    x=lambda x, y: np.where(_both_0(x, y), 0, _log_quotient(x, y) + 1),
    y=lambda x, y: -_quotient(x, y),
    notation="{x} log({x} / {y})",
)
kl_div = elementwise(
    "kl_div",
    scipy.kl_div,
    x=_log_quotient,
    y=lambda x, y: np.where(_both_0(x, y), 0, 1 - _quotient(x, y)),
    notation="{x} log({x} / {y}) - {x} + {y}",
)
