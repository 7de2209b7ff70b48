"""Activations: sigmoid, relu, leaky relu, softplus. Next: `elementwise_more.py`.

Their hand-tuned paths write into the arrays that they made themselves, and take their constants as
0-d arrays, which NumPy combines with an array at half the cost of a Python number.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arithmetic import ONE, ZERO, quietly, sum_to
from ..op import elementwise

ALONE = (True,)


def _floating(x: Any) -> bool:
    return type(x) is np.ndarray and x.dtype.kind == "f"


def _sigmoid(x: Any) -> Any:
    # 1 / (1 + e^-x); e^-x overflows to infinity below -709, which gives the right 0
    if not _floating(x) or not x.ndim:
        return 1 / (1 + quietly(np.exp, -np.asarray(x)))[()]
    t = np.negative(x)
    quietly(np.exp, t, t)
    np.add(t, ONE[t.dtype], t)
    return np.reciprocal(t, t)


def _sigmoid_float(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _pull_sigmoid(saved: Any, g: Any) -> Any:
    z = saved[0]
    if type(z) is not np.ndarray or type(g) is not np.ndarray:
        return g * (z * (1 - z))
    t = ONE[z.dtype] - z  # exact near 1, where z - z z would lose its digits
    np.multiply(t, z, t)
    return np.multiply(t, g, t if t.dtype == g.dtype else None)


sigmoid = elementwise(
    "sigmoid",
    _sigmoid,
    x=lambda z: z * (1 - z),
    bounded=True,
    symbol="σ",
    notation="σ({x})",
    scalar=_sigmoid_float,
    fast={ALONE: _pull_sigmoid},
    doc="""The logistic function 1 / (1 + exp(-x)), without overflow.

    Examples
    --------
    >>> sigmoid(Value(0.0)).data
    0.5
    """,
)


def _relu_float(x: float) -> float:
    # `not x <= 0` keeps nan
    return x if not x <= 0.0 else 0.0


def _relu(x: Any) -> Any:
    return np.maximum(x, ZERO[x.dtype] if _floating(x) else 0)


def _pull_relu(saved: Any, g: Any) -> Any:
    z = saved[0]
    return g * (z > (ZERO[z.dtype] if type(z) is np.ndarray else 0))


relu = elementwise(
    "relu",
    _relu,
    x=lambda z: z > 0,
    bounded=True,
    symbol="ReLU",
    scalar=_relu_float,
    fast={ALONE: _pull_relu},
    doc="""The rectifier max(x, 0); its derivative at 0 is 0.

    Examples
    --------
    >>> relu(Value(-2.0)).data
    0.0
    """,
)


def _leaky_relu(x: Any, leak: Any) -> Any:
    if type(leak) is float and 0 <= leak <= 1:
        return np.maximum(x, x * leak)
    return np.where(x > 0, x, x * leak)[()]


def _pull_leaky_relu(saved: Any, g: Any) -> Any:
    x, leak = saved[0], saved[1]
    if type(leak) is not float or not 0 <= leak <= 1 or type(x) is not np.ndarray:
        return sum_to(g * (leak + (1 - leak) * np.heaviside(x, 0)), saved[2])
    m = np.heaviside(x, ZERO[x.dtype])
    np.maximum(m, leak, out=m)
    return np.multiply(m, g, m if m.dtype == g.dtype else None)


leaky_relu = elementwise(
    "leaky_relu",
    _leaky_relu,
    # heaviside keeps the dtype of x, which a comparison would not
    x=lambda x, leak: leak + (1 - leak) * np.heaviside(x, 0),
    leak=lambda x: np.minimum(x, 0),
    bounded=True,
    symbol="LeakyReLU",
    scalar=lambda x, leak: x if x > 0 else x * leak,
    fast={(True, False): _pull_leaky_relu},
)


def _softplus_float(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


softplus = elementwise(
    "softplus",
    lambda x: np.logaddexp(x, 0),
    x=lambda x: sigmoid(x),
    bounded=True,
    scalar=_softplus_float,
    doc="""The smooth rectifier log(1 + exp(x)), finite wherever the mathematics is.

    Examples
    --------
    >>> softplus(Value(1000.0)).data
    1000.0
    """,
)
