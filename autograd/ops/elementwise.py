"""The calculus table: elementwise operations and their derivatives. Next: `piecewise.py`.

Each line reads as in a textbook: ``tanh: x -> 1 - z z`` with ``z`` the result.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..arithmetic import LARGE, ONE, by_rows, sum_product_to, sum_to
from ..op import Op, elementwise, register
from ..rule import Pull

ALONE = (True,)

BOTH = (True, True)

FIRST, SECOND = (True, False), (False, True)

_PLAIN = {np.ndarray, np.float64, np.float32, float, int}


def are_arrays(x: Any, y: Any) -> bool:
    """Whether one of two operands is an array, and the other an array or a number."""
    kinds = {type(x), type(y)}
    return np.ndarray in kinds and kinds <= _PLAIN


def without_0(x: Any) -> Any:
    """Return x with 1 in the places of 0."""
    none = x == 0
    return x if type(none) is np.ndarray and not none.any() else np.where(none, 1, x)


# --------------------------------------------------------------------------------------------------
# Arithmetic


def pull_multiply_same(saved: Any, g: Any) -> Any:
    """Pull back a product of operands of one shape."""
    x, y = saved
    if x is y:
        # a square, whose gradient is often stretched from a sum
        c = by_rows(np.multiply, g, x) if g.size >= LARGE else g * x
        return c, c
    return g * y, g * x


def _pull_multiply(saved: Any, g: Any) -> Any:
    x, y, x_shape, y_shape = saved
    return sum_product_to(g, y, x_shape), sum_product_to(g, x, y_shape)


def _pull_add(saved: Any, g: Any) -> Any:
    return sum_to(g, saved[0]), sum_to(g, saved[1])


def _pull_subtract(saved: Any, g: Any) -> Any:
    return sum_to(g, saved[0]), -sum_to(g, saved[1])


def _pull_divide(saved: Any, g: Any) -> Any:
    # d(x/y) = dx / y - z dy / y: one quotient serves both
    y, z, x_shape, y_shape = saved
    c = g / y if x_shape == y_shape else by_rows(np.divide, g, y)
    return sum_to(c, x_shape), -sum_product_to(c, z, y_shape)


def _pull_dividend(saved: Any, g: Any) -> Any:
    y, x_shape = saved
    if type(y) is np.ndarray and g.shape == x_shape:
        return by_rows(np.divide, g, y)
    return sum_product_to(g, _inverse(y), x_shape)


def pull_scaled(saved: Any, g: Any) -> Any:
    """Do as the rule of a product with a number."""
    return g * saved[0]


def pull_divided(saved: Any, g: Any) -> Any:
    """Do as the rule of a quotient by a number."""
    return g * _inverse(saved[0])


# with a finite number, by which 0 stays 0
SCALES = frozenset({pull_scaled, pull_divided})


def _inverse(y: Any) -> Any:
    # a Python 0 would raise where arrays give an infinity
    return math.copysign(math.inf, y) if isinstance(y, int | float) and y == 0 else 1 / y


add = elementwise(
    "add",
    np.add,
    x=1,
    y=1,
    bounded=True,
    symbol="+",
    notation="{x} + {y}",
    fast={BOTH: _pull_add},
)
subtract = elementwise(
    "subtract",
    np.subtract,
    x=1,
    y=-1,
    bounded=True,
    symbol="-",
    notation="{x} - {y}",
    fast={BOTH: _pull_subtract},
)
multiply = elementwise(
    "multiply",
    np.multiply,
    x=lambda y: y,
    y=lambda x: x,
    symbol="*",
    notation="{x} * {y}",
    fast={BOTH: _pull_multiply},
)
divide = elementwise(
    "divide",
    np.divide,
    x=lambda y: _inverse(y),
    y=lambda y, z: -z / y,
    symbol="/",
    notation="{x} / {y}",
    fast={BOTH: _pull_divide, FIRST: _pull_dividend},
)
negative = elementwise(
    "negative", np.negative, x=-1, bounded=True, symbol="neg", notation="-{x}", scalar=lambda x: -x
)
positive = elementwise(
    "positive", np.positive, x=1, bounded=True, symbol="pos", notation="+{x}", scalar=lambda x: +x
)


def _power_x(x: Any, y: Any) -> Any:
    # y x^(y-1), with 0 for x = y = 0, where x^0 is the constant 1
    if type(y) is np.float32 or (type(y) is np.ndarray and not y.ndim):
        y = y.item()
    if not isinstance(y, int | float):
        none = x == 0
        if type(none) is not np.ndarray or none.any():
            x = np.where(none & (y == 0), 1, x)
        return y * np.power(x, y - 1)
    if y == 0 or y == 1:
        return int(y)
    if y == 2:
        return 2 * x
    if type(x) is np.ndarray and x.dtype.kind == "f":
        # products and roots, which are faster than the power, whole ones fifty times
        if y in _WHOLE:
            return y * _whole_power(x, int(y) - 1)
        if y == -1:
            return -((1 / x) ** 2)
        if y == 0.5:
            root = np.sqrt(x)
            out = root if root.size > 1 else None
            return np.divide(0.5, np.absolute(root, out), out)  # the root of -0.0 is -0.0
    return y * np.power(x, y - 1)


_WHOLE = range(3, 17)


def _whole_power(x: Any, n: int) -> Any:
    """Return x to the power n of at least 2, by squares and products."""
    z: Any = None
    while n:
        if n % 2:
            z = x if z is None else z * x
        n //= 2
        if n:
            x = x * x
    return z


def _pull_power(saved: Any, g: Any) -> Any:
    """Pull back a square in few passes, in one where g is one number, stretched."""
    x, y, x_shape = saved
    alike = type(x) is type(g) is np.ndarray and g.dtype is x.dtype and g.shape == x_shape
    if alike and isinstance(y, int | float) and y == 2 and g.size > 1:
        if not any(g.strides):
            return x * (2 * g.item(0))
        twice = x + x
        return np.multiply(twice, g, twice)
    d = _power_x(x, y)
    if alike and type(d) is np.ndarray and d.dtype is g.dtype and d.size > 1:
        return np.multiply(d, g, d)
    return sum_to(g * d, x_shape)


def exponent_slope(x: Any, z: Any) -> Any:
    """Return z log x, the derivative of z = x^y by y; 0 where x is 0 and z is 0 or 1.

    At y < 0, where 0^y is infinite, it is -inf, as it is in the limit.
    """
    none = x == 0
    if type(none) is not np.ndarray or none.any():
        x = np.where(none & np.isfinite(z), 1, x)
    logarithm = np.log(x)
    return z * (float(logarithm) if isinstance(logarithm, np.generic) else logarithm)


power = elementwise(
    "power",
    np.power,
    x=_power_x,
    y=exponent_slope,
    symbol="**",
    notation="{x} ** {y}",
    fast={FIRST: _pull_power},
)
square = elementwise("square", np.square, x=lambda x: 2 * x, symbol="**2", notation="{x} ** 2")
sqrt = elementwise("sqrt", np.sqrt, x=lambda z: 0.5 / z, scalar=math.sqrt)
cbrt = elementwise("cbrt", np.cbrt, x=lambda z: 1 / (3 * z * z))
reciprocal = elementwise("reciprocal", np.reciprocal, x=lambda z: -z * z, notation="1 / {x}")
absolute = elementwise(
    "absolute",
    np.absolute,
    x=lambda x: np.sign(x),
    bounded=True,
    symbol="abs",
    notation="|{x}|",
    scalar=abs,
)

# --------------------------------------------------------------------------------------------------
# Exponentials and logarithms

exp = elementwise("exp", np.exp, x=lambda z: z, scalar=math.exp)
exp2 = elementwise("exp2", np.exp2, x=lambda z: math.log(2) * z)
expm1 = elementwise("expm1", np.expm1, x=lambda z: z + 1, scalar=math.expm1)
log = elementwise("log", np.log, x=lambda x: 1 / x, scalar=math.log)
log2 = elementwise("log2", np.log2, x=lambda x: 1 / (math.log(2) * x), scalar=math.log2)
log10 = elementwise("log10", np.log10, x=lambda x: 1 / (math.log(10) * x), scalar=math.log10)
log1p = elementwise("log1p", np.log1p, x=lambda x: 1 / (1 + x), scalar=math.log1p)

# --------------------------------------------------------------------------------------------------
# Trigonometry, plain and hyperbolic


def _pull_tanh(saved: Any, g: Any) -> Any:
    z = saved[0]
    if type(z) is not np.ndarray or type(g) is not np.ndarray:
        return g * (1 - z * z)
    t = np.multiply(z, z)
    # NumPy is slow where it writes a single number in place
    out = t if t.size > 1 and t.dtype is g.dtype else None
    return np.multiply(np.subtract(ONE[t.dtype], t, out), g, out)


sin = elementwise("sin", np.sin, x=lambda x: np.cos(x), bounded=True, scalar=math.sin)
cos = elementwise("cos", np.cos, x=lambda x: -np.sin(x), bounded=True, scalar=math.cos)
tan = elementwise("tan", np.tan, x=lambda z: 1 + z * z, scalar=math.tan)
arcsin = elementwise("arcsin", np.arcsin, x=lambda x: 1 / np.sqrt((1 - x) * (1 + x)))
arccos = elementwise("arccos", np.arccos, x=lambda x: -1 / np.sqrt((1 - x) * (1 + x)))
arctan = elementwise(
    "arctan", np.arctan, x=lambda x: 1 / (1 + x * x), bounded=True, scalar=math.atan
)
sinh = elementwise("sinh", np.sinh, x=lambda x: np.cosh(x), scalar=math.sinh)
cosh = elementwise("cosh", np.cosh, x=lambda x: np.sinh(x), scalar=math.cosh)
tanh = elementwise(
    "tanh",
    np.tanh,
    x=lambda z: 1 - z * z,
    bounded=True,
    scalar=math.tanh,
    fast={ALONE: _pull_tanh},
)
arcsinh = elementwise("arcsinh", np.arcsinh, x=lambda x: 1 / np.sqrt(x * x + 1), bounded=True)
arccosh = elementwise("arccosh", np.arccosh, x=lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)))
arctanh = elementwise("arctanh", np.arctanh, x=lambda x: 1 / ((1 - x) * (1 + x)))

# --------------------------------------------------------------------------------------------------
# Choices: equals share evenly, and the branch not taken contributes exactly 0


def _share(x: Any, y: Any) -> Any:
    """Return 1 where x > y, 1/2 where they are equal, 0 elsewhere, in the dtype of the inputs."""
    return np.heaviside(np.where(x == y, 0, x - y), 0.5)


def sides(x: Any, y: Any) -> tuple[Any, Any] | None:
    """Return 1 where x > y, and 1 where x < y, 1/2 where equal; None where there are nan or nodes.

    Without equals they are masks.
    """
    if not are_arrays(x, y):
        return None
    above, below = np.greater(x, y), np.less(x, y)
    left = above.size - np.count_nonzero(above) - np.count_nonzero(below)
    if not left:
        return above, below
    dtype, equal = np.result_type(x, y), np.equal(x, y)
    if dtype.kind != "f" or np.count_nonzero(equal) < left:
        return None
    half = np.multiply(equal, 0.5, dtype=dtype)
    return half + above, np.add(half, below, half)


def _larger(x: Any, y: Any) -> tuple[Any, Any]:
    return sides(x, y) or (_share(x, y), _share(y, x))


def _smaller(x: Any, y: Any) -> tuple[Any, Any]:
    larger, smaller = _larger(x, y)
    return smaller, larger


def choosing(shares: Callable[[Any, Any], tuple[Any, Any]]) -> dict[tuple[bool, ...], Pull]:
    """Return the pullbacks of a choice between two inputs, given what makes their shares."""

    def pull_both(saved: Any, g: Any) -> Any:
        x, y, x_shape, y_shape = saved
        of_x, of_y = shares(x, y)
        return sum_to(g * of_x, x_shape), sum_to(g * of_y, y_shape)

    def pull_first(saved: Any, g: Any) -> Any:
        x, y, x_shape = saved
        return sum_to(g * shares(x, y)[0], x_shape)

    def pull_second(saved: Any, g: Any) -> Any:
        x, y, y_shape = saved
        return sum_to(g * shares(x, y)[1], y_shape)

    return {BOTH: pull_both, FIRST: pull_first, SECOND: pull_second}


maximum = elementwise(
    "maximum",
    np.maximum,
    x=lambda x, y: _share(x, y),
    y=lambda x, y: _share(y, x),
    bounded=True,
    selects=True,
    symbol="max",
    fast=choosing(_larger),
)
minimum = elementwise(
    "minimum",
    np.minimum,
    x=lambda x, y: _share(y, x),
    y=lambda x, y: _share(x, y),
    bounded=True,
    selects=True,
    symbol="min",
    fast=choosing(_smaller),
)


def _where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)[()]


where = elementwise(
    "where",
    _where,
    condition=None,
    x=lambda condition: condition != 0,
    y=lambda condition: condition == 0,
    bounded=True,
    plain=False,
    selects=True,
)


def _inside(x: Any, low: Any, high: Any) -> Any:
    inside, different = (low <= x) & (x <= high), low != high
    # where both bounds are one number, that number is the result
    return inside if different is True else inside & different


clip = elementwise(
    "clip",
    lambda x, low, high: np.clip(x, low, high),
    x=_inside,
    low=lambda x, low, high: (x < low) & (low <= high),
    high=lambda x, low, high: (x > high) | (low > high) | ((x == high) & (low == high)),
    bounded=True,
    selects=True,
)

# --------------------------------------------------------------------------------------------------
# Sums and products of many scalars or arrays of one shape, as one node


def _sumprod(*terms: Any, pairs: int) -> Any:
    total: Any = terms[2 * pairs] if len(terms) > 2 * pairs else 0.0
    for w, x in zip(terms[:pairs], terms[pairs : 2 * pairs], strict=True):
        total = total + w * x
    return total


def _partner(terms: Any, i: int, pairs: int) -> Any:
    # d(w x) = x dw + w dx; the bias, last of all, has derivative 1
    return 1 if i == 2 * pairs else terms[i + pairs if i < pairs else i - pairs]


add_n = register(
    Op(
        "add_n",
        lambda *terms: reduce(operator.add, terms, 0.0),
        {"terms": 1},
        elementwise=True,
        variadic=True,
        bounded=True,
        symbol="Σ",
    )
)
sumprod = register(
    Op(
        "sumprod",
        _sumprod,
        {"terms": _partner},
        elementwise=True,
        variadic=True,
        symbol="w·x",
    )
)
