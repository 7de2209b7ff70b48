"""NumPy's fit of a polynomial, on nodes: least squares. Next: `linalg.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..mode import warn_user
from ..settings import checked_size
from .common import as_tensor


@implements(np.polyfit)
def _polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: Any = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    x, y, order = as_tensor(x), as_tensor(y), checked_size("polyfit: deg", deg, 0) + 1
    n = x.shape[0] if x.ndim == 1 else 0
    if not n or y.ndim not in (1, 2) or y.shape[0] != n:
        raise TypeError(
            f"np.polyfit: x must be a vector of at least one number and y have as many rows, got "
            f"shapes {x.shape} and {y.shape}"
        )
    x, y = _floats(x), _floats(y)
    rcond = n * np.finfo(x.dtype).eps if rcond is None else rcond
    powers = np.vander(x, order)
    if w is not None:
        w = _floats(as_tensor(w))
        if w.shape != (n,):
            raise TypeError(f"np.polyfit: w must be a vector of {n} weights, got shape {w.shape}")
        powers, y = powers * w[:, None], y * (w if y.ndim == 1 else w[:, None])
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    powers = powers / scale
    c, errors, rank, s = np.linalg.lstsq(powers, y, rcond)
    c = c / (scale if y.ndim == 1 else scale[:, None])
    if full:
        return c, errors, rank, s, rcond
    if rank != order:
        warn_user("Polyfit may be poorly conditioned", np.exceptions.RankWarning)
    return (c, _covariance(powers, scale, errors, n - order, cov, y.ndim)) if cov else c


def _floats(x: Any) -> Any:
    """Return integers as floats, whose products do not wrap."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def _covariance(powers: Any, scale: Any, errors: Any, free: int, cov: Any, ndim: int) -> Any:
    """Return the covariance of the coefficients, of every column of y."""
    base = np.linalg.inv(np.matmul(powers.mT, powers)) / np.outer(scale, scale)
    if cov == "unscaled":
        factor: Any = 1.0
    elif free <= 0:
        raise ValueError("np.polyfit: cov=True needs more points than coefficients")
    else:
        factor = errors / free
    return base * factor if ndim == 1 else base[:, :, None] * factor
