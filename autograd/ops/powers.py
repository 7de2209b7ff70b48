"""Powers and their derivatives: by products, roots and quotients. Next: `choices.py`.

A power takes as long as a dozen products, that of a negative number as hundreds. NumPy writes the
commonest as what they are, `raised` a few more. Where there are many numbers, the power itself,
divided by x, is the power that is one less.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import LARGE, by_rows, once, sum_product_to, sum_to
from ..references import is_handed_over

# exponents of powers by products, at most 2 units in the last place off; of others, more
FEW = (3, 4, -2)

_WHOLE = range(3, 17)

# exponents whose derivative takes no power
_PLAIN = (0, 1, 2, *_WHOLE)


def raised(x: Any, y: Any) -> Any:
    """Return x^y; by products for an array of floats and a Python number of `FEW`."""
    if type(x) is np.ndarray and (type(y) is int or type(y) is float) and x.dtype.kind == "f":
        # the operator computes squares, roots and quotients as such
        return by_products(x, y) if y in FEW else x**y
    return np.power(x, y)


def by_products(
    x: Any,
    n: float,
    times: Callable[[Any, Any], Any] = operator.mul,
    inverse: Callable[[Any], Any] = np.reciprocal,
) -> Any:
    """Return x^n for an n of `FEW`, given the functions that compute products and 1 / x."""
    if n == -2:
        x = inverse(x)
        return times(x, x)
    square = times(x, x)
    return times(square, x if n == 3 else square)


def without_0(x: Any) -> Any:
    """Return x with 1 in place of 0."""
    none = x == 0
    return x if type(none) is np.ndarray and not none.any() else np.where(none, 1, x)


def _number(y: Any) -> Any:
    """Return an exponent as a Python number, if it is a 0-d array or a NumPy scalar."""
    return y.item() if type(y) is np.float32 or (type(y) is np.ndarray and not y.ndim) else y


def as_wide_as(z: Any, x: Any) -> Any:
    """Return x in the dtype of z if its own has fewer bytes, as what is computed of it has, too."""
    own, wanted = getattr(x, "dtype", None), getattr(z, "dtype", None)
    return x if own is None or not wanted or own.itemsize >= wanted.itemsize else x.astype(wanted)


def _lowered(x: Any, y: Any) -> Any:
    """Return y - 1 for an exponent of x, where no unsigned or short integer wraps."""
    dtype = getattr(y, "dtype", None)
    wraps = dtype is not None and (dtype.kind == "u" or (dtype.kind == "i" and dtype.itemsize < 8))
    return (y.astype(np.float64) if wraps else as_wide_as(x, y)) - 1


def power_x(x: Any, y: Any) -> Any:
    """Return y x^(y-1), with 0 for x = y = 0, where x^0 is the constant 1."""
    y = _number(y)
    if not isinstance(y, int | float):
        none = x == 0
        if type(none) is not np.ndarray or none.any():
            x = np.where(none & (y == 0), 1, x)
        return y * np.power(x, _lowered(x, y))
    if y == 0 or y == 1:
        return int(y)
    if y == 2:
        return 2 * x
    if type(x) is np.ndarray and x.dtype.kind == "f":
        # products and roots are faster than powers, for integers fifty times
        if y in _WHOLE:
            return y * _whole_power(x, int(y) - 1)
        if y == -1:
            return -((1 / x) ** 2)
        if y == 0.5:
            return _over_root(0.5, np.sqrt(x))
    return y * np.power(x, y - 1)


def _whole_power(x: Any, n: int) -> Any:
    """Return x to the power n >= 2 by repeated squaring."""
    z: Any = None
    while n:
        if n % 2:
            z = x if z is None else z * x
        n //= 2
        if n:
            x = x * x
    return z


def _over_root(c: float, root: Any) -> Any:
    if root.size >= LARGE and root.min() > 0:
        return c / root
    d = np.absolute(root)  # the root of -0.0 is -0.0
    return np.divide(c, d, d if d.size > 1 else None)


def exponent_slope(x: Any, z: Any) -> Any:
    """Return z log x, the derivative of z = x^y with respect to y; 0 where x is 0 and z is 0 or 1.

    At y < 0, where 0^y is infinite, it is -inf, as it is in the limit.
    """
    none = x == 0
    some = none.any() if type(none) is np.ndarray else none
    if type(some) not in (bool, np.bool) or some:
        x = np.where(none & np.isfinite(z), 1, x)
    logarithm = np.log(as_wide_as(z, x))
    number = issubclass(type(logarithm), np.generic)  # not one that is recorded
    return z * (float(logarithm) if number else logarithm)


def float_power_x(x: Any, y: Any) -> Any:
    """Do what `power_x` does, in double precision."""
    if type(x) is np.ndarray and isinstance(y, int | float):
        return power_x(x.astype(np.float64, copy=False), y)
    return y * np.float_power(np.where((x == 0) & (y == 0), 1, x), _lowered(x, y))


# --------------------------------------------------------------------------------------------------
# The same for arrays, in few passes


def with_result(saved: Any, y: Any, z: Any) -> Any:
    """Return the values that a power saves, with the result added if the pullback can use it."""
    if type(z) is not np.ndarray or z.size < LARGE:
        return saved
    y = _number(y)
    return (*saved, z) if type(y) is np.ndarray or y not in _PLAIN else saved


def _alike(first: Any, *others: Any) -> bool:
    if type(first) is not np.ndarray:
        return False
    for a in others:
        if type(a) is not np.ndarray or a.dtype is not first.dtype or a.shape != first.shape:
            return False
    return True


def pull_power(saved: Any, g: Any) -> Any:
    """Pull back a power to its base; a square in a single pass if g is a broadcast number."""
    x, y, x_shape, *result = saved
    y = _number(y)
    if not _alike(g, x) or g.size < 2:
        return sum_to(g * power_x(x, y), x_shape)
    if type(y) is not np.ndarray and y == 0:
        return np.zeros(x_shape, g.dtype)
    if type(y) is not np.ndarray and y == 2:
        return times_twice(x, g, g.size >= LARGE and is_handed_over(g))
    stretched = not any(g.strides)
    if result:
        d = _by_result(x, y, result[0], g.item(0) if stretched else 1)
        if d is not None:
            return d if stretched else np.multiply(d, g, d)
    d = power_x(x, y)
    alike = type(d) is np.ndarray and d.dtype is g.dtype
    return np.multiply(d, g, d) if alike else g * d


def pull_square(saved: Any, g: Any) -> Any:
    """Pull back a square."""
    x = saved[0]
    if not _alike(g, x) or g.size < 2:
        return g * (2 * x)
    return times_twice(x, g, g.size >= LARGE and is_handed_over(g))


def times_twice(x: Any, g: Any, own: bool = False) -> Any:
    """Return 2 x g, in a single pass if g is broadcast; written to g if that is its ``own``."""
    if not any(g.strides):
        return x * (2 * g.item(0))
    if g.size >= LARGE and not all(g.strides):
        return by_rows(np.multiply, x, 2 * once(g))
    twice = np.add(g, g, g if own else None)
    return np.multiply(twice, x, twice)


def _by_result(x: Any, y: Any, z: Any, c: float = 1) -> Any | None:
    """Return c y x^(y-1) from z = x^y; None if that may lose a digit, or x is 0."""
    if type(y) is np.ndarray:
        if not _alike(x, z) or not x.min() > 0:
            return None
    elif y == 0.5:
        return _over_root(0.5 * c, z)
    elif y == -1:
        square = z * z
        return np.multiply(square, -c, square)
    if not _all_normal(z):
        return None
    d = z / x
    return np.multiply(d, y if c == 1 else c * y, d)


def _all_normal(z: Any) -> bool:
    """Whether all numbers are finite and normal: not 0, and not subnormal."""
    low, high = z.min(), z.max()
    if low < 0:
        low, high = np.absolute(z).min(), max(-low, high)
    limits = np.finfo(z.dtype)
    return bool(limits.tiny <= low and high <= limits.max)


def pull_power_both(saved: Any, g: Any) -> Any:
    """Pull back a power to its base and its exponent."""
    x, y, z, x_shape, y_shape = saved
    if _alike(g, x, y, z) and g.size >= LARGE:
        if x is y and x.min() > 0:
            c, logarithm = g * z, np.log(x)  # if the exponent is the base, x x^(x-1) is the result
            return c, np.multiply(logarithm, c, logarithm)
        d = _by_result(x, y, z)
        if d is not None:
            logarithm = np.log(x)
            np.multiply(logarithm, z, logarithm)
            return np.multiply(d, g, d), np.multiply(logarithm, g, logarithm)
    c = sum_product_to(g, power_x(x, y), x_shape)
    return c, sum_product_to(g, exponent_slope(x, z), y_shape)
