"""The error function and the normal distribution. Next: `gamma_functions.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import elementwise
from ..ops.elementwise import ALONE
from .common import scipy

_SQRT_PI = math.sqrt(math.pi)
_SQRT_2PI = math.sqrt(2 * math.pi)

erf = elementwise(
    "erf", scipy.erf, x=lambda x: 2 / _SQRT_PI * np.exp(-x * x), bounded=True, scalar=math.erf
)
erfc = elementwise(
    "erfc", scipy.erfc, x=lambda x: -2 / _SQRT_PI * np.exp(-x * x), bounded=True, scalar=math.erfc
)
erfcx = elementwise("erfcx", scipy.erfcx, x=lambda x, z: 2 * x * z - 2 / _SQRT_PI)
erfinv = elementwise("erfinv", scipy.erfinv, x=lambda z: _SQRT_PI / 2 * np.exp(z * z))
erfcinv = elementwise("erfcinv", scipy.erfcinv, x=lambda z: -_SQRT_PI / 2 * np.exp(z * z))
ndtr = elementwise(
    "ndtr", scipy.ndtr, x=lambda x: np.exp(-x * x / 2) / _SQRT_2PI, bounded=True, notation="Φ({x})"
)
ndtri = elementwise("ndtri", scipy.ndtri, x=lambda z: _SQRT_2PI * np.exp(z * z / 2))
normal_ratio = elementwise(
    "normal_ratio",
    lambda x: scipy.erfcx(x * -math.sqrt(0.5)) ** -1 * math.sqrt(2 / math.pi),
    x=lambda x, z: -z * (x + z),
    bounded=True,
    plain=False,
    notation="φ({x}) / Φ({x})",
    doc="The density of the normal distribution over its distribution function: log Φ derived.",
)


def _pull_log_ndtr(saved: Any, g: Any) -> Any:
    """Pull back by density / result where that is accurate, and by `normal_ratio` below -1."""
    x, z = saved
    if type(x) is not np.ndarray or not x.ndim:
        return g * normal_ratio(x)
    d = np.exp(-0.5 * x * x - z)
    d /= _SQRT_2PI
    low = np.nonzero(x < -1)
    d[low] = normal_ratio(x[low])
    return g * d


log_ndtr = elementwise(
    "log_ndtr",
    scipy.log_ndtr,
    x=lambda x, z: normal_ratio(x),
    bounded=True,
    plain=False,
    notation="log Φ({x})",
    fast={ALONE: _pull_log_ndtr},
)
dawsn = elementwise("dawsn", scipy.dawsn, x=lambda x, z: 1 - 2 * x * z, bounded=True, plain=False)
