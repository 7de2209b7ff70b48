"""The standard's elementwise functions, each one line onto NumPy's. Next: `creation.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..interop.common import plain
from .common import binary, of_views, standard, unary

abs = unary("abs", np.absolute)
acos = unary("acos", np.arccos)
acosh = unary("acosh", np.arccosh)
add = binary("add", np.add)
asin = unary("asin", np.arcsin)
asinh = unary("asinh", np.arcsinh)
atan = unary("atan", np.arctan)
atan2 = binary("atan2", np.arctan2)
atanh = unary("atanh", np.arctanh)
bitwise_and = binary("bitwise_and", np.bitwise_and)
bitwise_invert = unary("bitwise_invert", np.invert)
bitwise_left_shift = binary("bitwise_left_shift", np.left_shift)
bitwise_or = binary("bitwise_or", np.bitwise_or)
bitwise_right_shift = binary("bitwise_right_shift", np.right_shift)
bitwise_xor = binary("bitwise_xor", np.bitwise_xor)
ceil = unary("ceil", np.ceil)
conj = unary("conj", np.conjugate)
copysign = binary("copysign", np.copysign)
cos = unary("cos", np.cos)
cosh = unary("cosh", np.cosh)
divide = binary("divide", np.divide)
equal = binary("equal", np.equal)
exp = unary("exp", np.exp)
floor = unary("floor", np.floor)
greater = binary("greater", np.greater)
greater_equal = binary("greater_equal", np.greater_equal)
hypot = binary("hypot", np.hypot)
imag = unary("imag", np.imag)
isfinite = unary("isfinite", np.isfinite)
isinf = unary("isinf", np.isinf)
isnan = unary("isnan", np.isnan)
less = binary("less", np.less)
less_equal = binary("less_equal", np.less_equal)
log = unary("log", np.log)
log10 = unary("log10", np.log10)
log1p = unary("log1p", np.log1p)
log2 = unary("log2", np.log2)
logaddexp = binary("logaddexp", np.logaddexp)
logical_and = binary("logical_and", np.logical_and)
logical_not = unary("logical_not", np.logical_not)
logical_or = binary("logical_or", np.logical_or)
logical_xor = binary("logical_xor", np.logical_xor)
maximum = binary("maximum", np.maximum)
minimum = binary("minimum", np.minimum)
multiply = binary("multiply", np.multiply)
negative = unary("negative", np.negative)
nextafter = binary("nextafter", np.nextafter)
not_equal = binary("not_equal", np.not_equal)
positive = unary("positive", np.positive)
reciprocal = unary("reciprocal", np.reciprocal)
remainder = binary("remainder", np.remainder)
round = unary("round", np.round)
signbit = unary("signbit", np.signbit)
sin = unary("sin", np.sin)
sinh = unary("sinh", np.sinh)
sqrt = unary("sqrt", np.sqrt)
square = unary("square", np.square)
subtract = binary("subtract", np.subtract)
tan = unary("tan", np.tan)
trunc = unary("trunc", np.trunc)


@of_views
def real(x: Any, /) -> Any:
    """Return the real parts, of real numbers the array itself."""
    return np.real(x)


@standard
def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """Return the entries limited to [min, max], in the dtype of x; None leaves a side open."""
    z = np.clip(x, min, max) if min is not None or max is not None else np.positive(x)
    return z if z.dtype == x.dtype else z.astype(x.dtype)


# --------------------------------------------------------------------------------------------------
# Functions for which the standard and NumPy differ, at infinities and signed zeros


@standard
def expm1(x: Any, /) -> Any:
    """Return e^x - 1, exact near 0."""
    if x.dtype.kind != "c":
        return np.expm1(x)
    return np.where(np.isfinite(x) & (x != 0), np.expm1(x), np.exp(x) - 1)


@standard
def floor_divide(x1: Any, x2: Any, /) -> Any:
    """Return the largest integer below the quotient; infinities divide as they do in `divide`."""
    x1, x2 = plain(x1), plain(x2)
    z = np.floor_divide(x1, x2)
    if z.dtype.kind != "f":
        return z
    return np.where(np.isinf(x1) | np.isinf(x2), np.floor(np.divide(x1, x2)), z)


@standard
def pow(x1: Any, x2: Any, /) -> Any:
    """Return powers; the power 0.5 of -0 is 0 and of -inf inf, which NumPy takes for roots."""
    z = np.power(x1, x2)
    if np.ndim(x2) or z.dtype.kind != "f" or plain(x2) != 0.5:
        return z
    return np.where(np.equal(plain(x1), -np.inf), np.inf, z) + 0


@standard
def sign(x: Any, /) -> Any:
    """Return the direction of a number, without the sign of a zero."""
    z = np.sign(x) + 0
    return z if x.dtype.kind != "c" else np.where(np.isnan(x), complex(np.nan, np.nan), z)


@standard
def tanh(x: Any, /) -> Any:
    """Return the hyperbolic tangent."""
    z = np.tanh(x)
    if x.dtype.kind == "c":
        z, far = np.asarray(z), np.isinf(x.real) & np.isfinite(x.imag)
        np.copyto(z.real, np.sign(x.real), where=far)
        np.copyto(z.imag, np.copysign(0, x.imag), where=far)
    return z
