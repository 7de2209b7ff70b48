"""The calculus table: elementwise operations and their derivatives. Next: `powers.py`.

Each line reads as in a textbook: ``tanh: x -> 1 - z z`` with ``z`` the result.
"""

from __future__ import annotations

import math
import operator
from functools import reduce
from typing import Any

import numpy as np

from ..arithmetic import LARGE, ONE, as_one, by_rows, sum_product_to, sum_to
from ..op import Op, elementwise, register
from ..references import is_handed_over
from .powers import (
    exponent_slope,
    power_x,
    pull_power,
    pull_power_both,
    pull_square,
    raised,
    times_twice,
)

ALONE = (True,)

BOTH = (True, True)

FIRST, SECOND = (True, False), (False, True)

# --------------------------------------------------------------------------------------------------
# Arithmetic


def pull_multiply_same(saved: Any, g: Any) -> Any:
    """Pull back a product of operands of one shape."""
    x, y = saved
    if x is y:
        c = g * x
        return c, c
    return g * y, g * x


def _pull_multiply_self(saved: Any, g: Any, own: bool) -> Any:
    x = saved[0]
    if type(g) is np.ndarray and g.size >= LARGE and g.dtype is x.dtype:
        return times_twice(x, g, own)
    c = g * x
    return c + c


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
        into = (g,) if g.size >= LARGE and y.dtype is g.dtype and is_handed_over(g) else ()
        return by_rows(np.divide, g, y, *into)
    return sum_product_to(g, _inverse(y), x_shape)


def pull_scaled(saved: Any, g: Any) -> Any:
    """Pull back a product with a number."""
    c = saved[0]
    if type(g) is not np.ndarray:
        return g * c
    if g.size >= LARGE and is_handed_over(g):
        return np.multiply(g, c, g)
    return as_one(lambda g: g * c, g)


def pull_divided(saved: Any, g: Any) -> Any:
    """Pull back a quotient by a number."""
    c = _inverse(saved[0])
    if type(g) is np.ndarray and g.size >= LARGE and is_handed_over(g):
        return np.multiply(g, c, g)
    return pull_scaled((c,), g)


# Products of a node with itself: {pullback to both factors: the sum of the two, in fewer passes}.
# The latter is told whether it may write to g.
TWICE: dict[Any, Any] = {pull_multiply_same: _pull_multiply_self}

# pullbacks of products with a finite number, so that a gradient of 0 stays 0
SCALES = frozenset({pull_scaled, pull_divided})


def _inverse(y: Any) -> Any:
    # a Python 0 would raise, where arrays give an infinity; a recorded number only looks like one
    return math.copysign(math.inf, y) if issubclass(type(y), int | float) and y == 0 else 1 / y


def _positive(x: Any) -> Any:
    # NumPy copies faster than it computes +x
    return x.copy("K") if type(x) is np.ndarray and x.dtype.kind == "f" else np.positive(x)


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
positive = register(
    Op(
        "positive",
        _positive,
        {"x": 1},
        elementwise=True,
        bounded=True,
        symbol="pos",
        notation="+{x}",
        scalar=lambda x: +x,
    ),
    np.positive,
)


power = register(
    Op(
        "power",
        raised,
        {"x": power_x, "y": exponent_slope},
        elementwise=True,
        symbol="**",
        notation="{x} ** {y}",
        fast={FIRST: pull_power, BOTH: pull_power_both},
    ),
    np.power,
)
square = elementwise(
    "square",
    np.square,
    x=lambda x: 2 * x,
    symbol="**2",
    notation="{x} ** 2",
    fast={ALONE: pull_square},
)
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


def _over(g: Any, d: Any) -> Any:
    """Return g / d, computed in the array d, to which nothing else refers."""
    own = type(d) is type(g) is np.ndarray and d.dtype is g.dtype and d.size > 1
    return np.divide(g, d, d) if own else g / d


def _pull_log(saved: Any, g: Any) -> Any:
    if type(g) is np.ndarray and g.size >= LARGE and is_handed_over(g):
        return np.divide(g, saved[0], g)
    return g / saved[0]


exp = elementwise("exp", np.exp, x=lambda z: z, scalar=math.exp)
exp2 = elementwise("exp2", np.exp2, x=lambda z: math.log(2) * z)
expm1 = elementwise("expm1", np.expm1, x=lambda z: z + 1, scalar=math.expm1)
log = elementwise(
    "log",
    np.log,
    x=lambda x: 1 / x,
    scalar=math.log,
    fast={ALONE: _pull_log},
)
log2 = elementwise(
    "log2",
    np.log2,
    x=lambda x: 1 / (math.log(2) * x),
    scalar=math.log2,
    fast={ALONE: lambda saved, g: _over(g, math.log(2) * saved[0])},
)
log10 = elementwise(
    "log10",
    np.log10,
    x=lambda x: 1 / (math.log(10) * x),
    scalar=math.log10,
    fast={ALONE: lambda saved, g: _over(g, math.log(10) * saved[0])},
)
log1p = elementwise(
    "log1p",
    np.log1p,
    x=lambda x: 1 / (1 + x),
    scalar=math.log1p,
    fast={ALONE: lambda saved, g: _over(g, 1 + saved[0])},
)

# --------------------------------------------------------------------------------------------------
# Trigonometry, plain and hyperbolic


def _pull_tanh(saved: Any, g: Any) -> Any:
    z = saved[0]
    if type(z) is not np.ndarray or type(g) is not np.ndarray:
        return g * (1 - z * z)
    t = np.multiply(z, z)
    # NumPy is slow at writing a single number in place
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
