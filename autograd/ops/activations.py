"""Activations: sigmoid, relu, leaky relu, softplus. Next: `elementwise_more.py`.

Their hand-tuned paths write into arrays that they made themselves, except for arrays of one number,
where writing in place takes NumPy three times as long as a new array. Their constants are 0-d
arrays, which NumPy combines with an array at half the cost of a Python number.
"""

from __future__ import annotations

import contextvars
import math
from typing import Any

import numpy as np
from numpy import (
    add,
    divide,
    exp,
    greater,
    heaviside,
    maximum,
    multiply,
    ndarray,
    negative,
    reciprocal,
    subtract,
)

from ..arithmetic import KEPT, ONE, ZERO, as_floats, exp_quietly, quietly, sum_to
from ..op import elementwise

ALONE = (True,)
_LONG = 2048  # from this size on comparing is faster than `heaviside`, whose branches mispredict
_TWO = 8192  # below this size a second array costs less than another pass

_run_strictly = contextvars.Context().run
_run_strictly(np.seterr, all="ignore", over="raise", invalid="raise")

# dtypes that the result keeps, so that it can be computed in place
_ONE = {np.dtype(kind): ONE[np.dtype(kind)] for kind in "efdg"}


def _sigmoid(x: Any) -> Any:
    one = _ONE.get(x.dtype) if type(x) is ndarray else None
    if one is None:
        return quietly(_logistic, x)
    if x.size < _TWO:
        try:
            return _run_strictly(_quotient, x, one)
        except (FloatingPointError, RuntimeError):
            pass  # e^x overflows, or another thread is in that context
    return quietly(_logistic_in_place, x, one)


def _sigmoid_saving(x: Any) -> tuple[Any, Any]:
    """Return the result, and of a few numbers the local derivative."""
    if type(x) is ndarray and x.size <= KEPT:
        one = _ONE.get(x.dtype)
        if one is not None:
            try:
                found: tuple[Any, Any] = _run_strictly(_quotients, x, one)
                return found
            except (FloatingPointError, RuntimeError):
                pass
    return _sigmoid(x), None


def _quotient(x: Any, one: Any) -> Any:
    """Return e^x / (1 + e^x), which saves a pass."""
    e = exp(x)
    return divide(e, add(e, one), e if x.size > 1 else None)


def _quotients(x: Any, one: Any) -> tuple[Any, Any]:
    """Return z = e^x / (1 + e^x) and z / (1 + e^x), which is z (1 - z) with all its digits."""
    e = exp(x)
    d = add(e, one)
    if x.size > 1:
        return divide(e, d, e), divide(e, d, d)
    z = divide(e, d)
    return z, divide(z, d)


def _logistic_in_place(x: Any, one: Any) -> Any:
    """Return 1 / (1 + e^-x); below -709, e^-x overflows to infinity, and the result is 0."""
    t = negative(x)
    out = t if x.size > 1 else None
    return reciprocal(add(exp(t, out), one, out), out)


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-as_floats(np.asarray(x))))[()]


def _sigmoid_float(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _pull_sigmoid(saved: Any, g: Any) -> Any:
    z, slope = saved
    if slope is not None:
        return g * slope
    # 1 - z is exact near 1, where z - z z would lose digits
    if type(z) is not ndarray or type(g) is not ndarray or z.size < 2 or z.dtype is not g.dtype:
        return g * (z * (1 - z))
    t = subtract(ONE[z.dtype], z)
    multiply(t, z, t)
    return multiply(t, g, t)


sigmoid = elementwise(
    "sigmoid",
    _sigmoid,
    x=lambda z: z * (1 - z),
    bounded=True,
    symbol="σ",
    notation="σ({x})",
    scalar=_sigmoid_float,
    saving=_sigmoid_saving,
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
    if type(x) is ndarray and x.dtype.kind == "f":
        return maximum(x, ZERO[x.dtype])
    return maximum(x, 0)


def _pull_relu(saved: Any, g: Any) -> Any:
    z = saved[0]
    return multiply(g, greater(z, ZERO[z.dtype])) if type(z) is ndarray else g * (z > 0)


relu = elementwise(
    "relu",
    _relu,
    x=lambda z: z > 0,
    bounded=True,
    selects=True,
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
    if type(leak) is float and leak and leak <= 1:
        return maximum(x, x * leak)
    return np.where(x > 0, x, x * leak)[()]


def _positive(x: Any) -> Any:
    """Return 1 where x > 0, nan where x is nan and 0 elsewhere, in the dtype of x."""
    zero = ZERO[x.dtype]
    if x.size < _LONG or np.isnan(x).any():
        return heaviside(x, zero)
    return greater(x, zero).astype(x.dtype)


def _pull_leaky_relu(saved: Any, g: Any) -> Any:
    x, leak, x_shape = saved
    if type(leak) is not float or not 0 <= leak <= 1 or type(x) is not ndarray:
        return sum_to(g * (leak + (1 - leak) * heaviside(x, 0)), x_shape)
    m = _positive(x)
    out = m if m.size > 1 and m.dtype is g.dtype else None
    return multiply(maximum(m, leak, out=out), g, out)


leaky_relu = elementwise(
    "leaky_relu",
    _leaky_relu,
    # heaviside keeps the dtype of x, unlike a comparison
    x=lambda x, leak: leak + (1 - leak) * np.heaviside(x, 0),
    leak=lambda x: np.minimum(x, 0),
    bounded=True,
    selects=True,
    symbol="LeakyReLU",
    scalar=lambda x, leak: x if x > 0 else x * leak,
    fast={(True, False): _pull_leaky_relu},
)


def _softplus(x: Any) -> Any:
    if type(x) is not ndarray or x.dtype.kind != "f":
        return np.logaddexp(x, 0)
    # the same, but NumPy's loop is not vectorised
    return maximum(x, ZERO[x.dtype]) + np.log1p(exp_quietly(negative(np.absolute(x))))


def _softplus_float(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


softplus = elementwise(
    "softplus",
    _softplus,
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
