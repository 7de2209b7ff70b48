"""The rest of NumPy's elementwise functions, as a table of calculus. Next: `reductions.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arithmetic import LARGE, as_one, sum_product_to, sum_to
from ..op import Op, elementwise, register
from ..references import is_handed_over
from .activations import sigmoid
from .choices import are_arrays
from .elementwise import ALONE, BOTH, FIRST
from .powers import exponent_slope, float_power_x, pull_power, without_0

# --------------------------------------------------------------------------------------------------
# Points of the plane: 0 at the origin, where there is no direction


def _squares(x: Any, y: Any) -> Any | None:
    """Return x² + y²; None if a square overflows or loses digits, or there are nodes."""
    if not are_arrays(x, y):
        return None
    if type(x) is not type(y) or x.dtype is not y.dtype:
        # squares of fewer bytes are rounded, or wrap; a Python number stays one
        wide = np.result_type(x, y)
        x, y = (a.astype(wide) if isinstance(a, np.ndarray | np.generic) else a for a in (x, y))
    squares = x * x + y * y
    limits: Any = np.finfo(squares.dtype) if squares.dtype.kind == "f" else None
    if limits and squares.size and squares.min() > limits.tiny / limits.eps:
        if squares.max() <= limits.max:
            return squares
    return None


def _over_square(x: Any, x1: Any, x2: Any) -> Any:
    # x / (x1² + x2²), in two steps against overflow; x is one of the two
    squares = _squares(x1, x2)
    if squares is not None:
        return x / squares
    r = without_0(np.hypot(x1, x2))
    return np.where((x1 == 0) & (x2 == 0), 0, x) / r / r


def _pull_arctan2(saved: Any, g: Any) -> Any:
    """Pull back an angle to both coordinates, with their squares computed once."""
    x, y, x_shape, y_shape = saved
    squares = _squares(x, y)
    if type(squares) is np.ndarray:
        of_x, of_y = y / squares, np.divide(x, squares, squares)
        np.negative(of_y, of_y)
    else:
        of_x, of_y = _over_square(y, x, y), -_over_square(x, x, y)
    return sum_product_to(g, of_x, x_shape), sum_product_to(g, of_y, y_shape)


arctan2 = elementwise(
    "arctan2",
    np.arctan2,
    x=lambda x, y: _over_square(y, x, y),
    y=lambda x, y: -_over_square(x, x, y),
    fast={BOTH: _pull_arctan2},
)


def _over_length(x: Any, z: Any) -> Any:
    safe = without_0(z)
    return x / z if safe is z else np.where(z == 0, 0, x) / safe


hypot = elementwise(
    "hypot",
    np.hypot,
    x=_over_length,
    y=lambda y, z: _over_length(y, z),
    bounded=True,
    plain=False,
    notation="√({x}² + {y}²)",
)

# --------------------------------------------------------------------------------------------------
# Exponentials, logarithms and powers


def _ahead(x: Any, y: Any) -> Any:
    # x - y: 0 where both are infinite, and -inf where the term of x is 0
    return np.where(x == -np.inf, x, np.where((x == np.inf) & (y == np.inf), 0, x - y))


logaddexp = elementwise(
    "logaddexp",
    np.logaddexp,
    x=lambda x, y: sigmoid(_ahead(x, y)),
    y=lambda x, y: sigmoid(_ahead(y, x)),
    bounded=True,
)
logaddexp2 = elementwise(
    "logaddexp2",
    np.logaddexp2,
    x=lambda x, y: sigmoid(math.log(2) * _ahead(x, y)),
    y=lambda x, y: sigmoid(math.log(2) * _ahead(y, x)),
    bounded=True,
)


def _pull_float_power(saved: Any, g: Any) -> Any:
    x, y, x_shape = saved[:3]
    double = getattr(x, "dtype", None) is g.dtype
    return pull_power(saved, g) if double else sum_to(g * float_power_x(x, y), x_shape)


float_power = elementwise(
    "float_power",
    np.float_power,
    x=float_power_x,
    y=exponent_slope,
    symbol="**",
    notation="{x} ** {y}",
    fast={FIRST: _pull_float_power},
)


def _ldexp(x: Any, y: Any) -> Any:
    # a Value passes its numbers as floats
    return np.ldexp(x, int(y) if isinstance(y, float) and y.is_integer() else y)


def _pull_ldexp(saved: Any, g: Any) -> Any:
    y, x_shape = saved
    # where 2^y is a number of g's dtype, and no limit of it, the product is the same, and faster
    if type(g) is np.ndarray and type(y) is int and abs(y) < np.finfo(g.dtype).maxexp - 1:
        c = g.dtype.type(2) ** y  # of a long double there are more than of a float
        if g.shape == x_shape and is_handed_over(g):
            return np.multiply(g, c, g)
        return sum_to(as_one(lambda g: g * c, g), x_shape)
    return sum_to(ldexp(g, y), x_shape)


ldexp: Op = register(
    Op(
        "ldexp",
        _ldexp,
        # 2^y alone would be a float64, and overflow before the product does
        {"x": lambda g, y: ldexp(g, y), "y": None},
        fast={FIRST: _pull_ldexp},
        elementwise=True,
        bounded=True,
        notation="{x} 2^{y}",
    ),
    np.ldexp,
)

# --------------------------------------------------------------------------------------------------
# Units, signs and remainders

deg2rad = elementwise("deg2rad", np.deg2rad, x=lambda: math.pi / 180, bounded=True)
radians = elementwise("radians", np.radians, x=lambda: math.pi / 180, bounded=True)
rad2deg = elementwise("rad2deg", np.rad2deg, x=lambda: 180 / math.pi, bounded=True)
degrees = elementwise("degrees", np.degrees, x=lambda: 180 / math.pi, bounded=True)
conjugate = elementwise("conjugate", np.conjugate, x=1, bounded=True)
fabs = elementwise("fabs", np.fabs, x=lambda x: np.sign(x), bounded=True, notation="|{x}|")
copysign = elementwise(
    "copysign",
    np.copysign,
    x=lambda x, z: np.sign(x) * np.sign(z),
    y=None,
    bounded=True,
)


def _quotient(x: Any, y: Any, z: Any) -> Any:
    """Return the integer quotient of x and y, given the remainder z."""
    if type(z) is np.ndarray:
        with np.errstate(all="ignore"):
            q = np.rint((x - z) / y)
        if np.isfinite(q).all():
            return q
    return np.floor_divide(x, y)


def floors_of(x: Any, y: Any, z: Any) -> Any | None:
    """Return ``x // y`` of large arrays in a fifth of its time, given the remainder z.

    None if a number of the result may differ, or there are none.
    """
    if type(z) is not np.ndarray or z.dtype.char not in "fd" or z.size < LARGE:
        return None
    with np.errstate(all="ignore"):
        q = np.rint((x - z) / y)
        if not max(q.max(), -q.min()) < 0.25 / np.finfo(z.dtype).eps:
            return None
        return np.copysign(q, x / y)  # a quotient of 0 has a sign, too


remainder = elementwise(
    "remainder",
    np.remainder,
    x=1,
    y=lambda x, y, z: -_quotient(x, y, z),
    symbol="%",
    notation="{x} % {y}",
)
fmod = elementwise("fmod", np.fmod, x=1, y=lambda x, y: -np.trunc(x / y))


# --------------------------------------------------------------------------------------------------
# sin(πx) / πx, and Bessel functions

# t cos t - sin t over t² is Σ c_k t^(2k-1), k = 1, 2, ...
_SINC = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 10)]


def _sinc_series(t: Any) -> Any:
    square = t * t
    series: Any = 0
    for c in _SINC[::-1]:
        series = series * square + c
    return series * t


def _sinc_slope(x: Any, z: Any) -> Any:
    """Return the derivative of sinc, by its series where the formula suffers from cancellation."""
    t = math.pi * x
    near = np.absolute(t) < 1
    formula = (np.cos(t) - z) / np.where(near, 1, x)
    return np.where(near, math.pi * _sinc_series(np.where(near, t, 0)), formula)


def _pull_sinc(saved: Any, g: Any) -> Any:
    x, z = saved
    if type(x) is not np.ndarray or not x.ndim:  # a 0-d leaf whose data were read holds an array
        return g * _sinc_slope(x, z)
    t = math.pi * x
    near = np.nonzero(np.absolute(t) < 1)
    slope = np.cos(t)
    slope -= z
    with np.errstate(divide="ignore", invalid="ignore"):
        slope /= x
    # the series is evaluated only where it is needed
    slope[near] = math.pi * _sinc_series(t[near])
    return g * slope


sinc = elementwise(
    "sinc", lambda x: np.sinc(x), x=_sinc_slope, bounded=True, fast={ALONE: _pull_sinc}
)


# I₁(x) = Σ c_k (x/2)^(2k+1); to 8 these are enough for every digit
_I1 = [1 / (math.factorial(k) * math.factorial(k + 1)) for k in range(24)]


def _i1(x: Any) -> Any:
    """Return the modified Bessel function I₁: by its power series, for large x by its integral."""
    a = np.asarray(x)
    x = a.astype(np.float64).ravel()
    far = np.nonzero(np.abs(x) > 8)
    size = np.abs(x[far])
    half = x / 2
    half[far] = 0
    square = half * half
    found = np.zeros(x.shape)
    for c in _I1[::-1]:
        np.multiply(found, square, found)
        np.add(found, c, found)
    np.multiply(found, half, found)
    points = 256
    integral = np.zeros(size.shape)
    # the trapezoidal rule over a full period converges exponentially
    for c in np.cos(2 * np.pi * np.arange(points) / points):
        # divided before adding, as the sum would overflow before the result
        integral += c / points * np.exp(size * c)
    found[far] = np.sign(x[far]) * integral
    dtype = np.result_type(a, np.float16) if a.dtype.kind == "f" else np.float64
    return found.astype(dtype).reshape(a.shape)[()]


def _i1_slope(x: Any, z: Any) -> Any:
    # I₀ - I₁ / x, which is 1/2 where x² is negligible beside 1
    return np.where(x * x == 0, 0.5, i0(x) - z / without_0(x))


i0: Op = elementwise("i0", lambda x: np.i0(x)[()], x=lambda x: i1(x), notation="I₀({x})")
i1: Op = elementwise("i1", _i1, x=_i1_slope, notation="I₁({x})")
