"""The error function and the normal distribution. Next: `gamma_functions.py`."""

from __future__ import annotations

import math

import numpy as np

from ..op import elementwise
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
log_ndtr = elementwise(
    "log_ndtr",
    scipy.log_ndtr,
    x=lambda x: normal_ratio(x),
    bounded=True,
    plain=False,
    notation="log Φ({x})",
)
dawsn = elementwise("dawsn", scipy.dawsn, x=lambda x, z: 1 - 2 * x * z, bounded=True, plain=False)
