"""The one table of operations for tests: how each is called, on what, and what NumPy says.

A row calls an operation the way a user does: by NumPy's function, an operator or a function of
autograd. It must run on nodes and, for the reference, on plain arrays. Inputs stay away from
kinks, poles and ties, so that finite differences are fair; those have tests of their own.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd as ag

with contextlib.suppress(ImportError):
    # their operations are in the table where SciPy is
    for _room in ("special", "scipy.integrate", "misc.fixed_points"):
        importlib.import_module(f"autograd.{_room}")

OPERATIONS = ag.operations()


@dataclass(frozen=True)
class Case:
    """One row: an operation, a call and the arrays it is called on.

    ``fixed`` names the positions that get plain arrays and no gradient; ``reference`` is the same
    function on arrays, if it is not ``call`` itself.
    """

    op: str
    name: str
    call: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    fixed: tuple[int, ...] = ()
    reference: Callable[..., Any] | None = None
    gradient: bool = True
    dtypes: bool = True
    tracked: tuple[int, ...] = field(init=False)

    def __post_init__(self):
        free = tuple(i for i in range(len(self.inputs)) if i not in self.fixed)
        object.__setattr__(self, "tracked", free)

    def __str__(self):
        return f"{self.op}-{self.name}" if self.name else self.op

    def expected(self, *arrays):
        """Return what plain NumPy gives."""
        return (self.reference or self.call)(*arrays)

    def on_leaves(self, leaves):
        """Call on one leaf for each tracked position, and plain arrays elsewhere."""
        given = iter(leaves)
        return self.call(
            *(next(given) if i in self.tracked else a for i, a in enumerate(self.inputs))
        )


CASES: list[Case] = []


def case(op, name, call, *inputs, **options):
    """Add a row to the table."""
    arrays = tuple(a if isinstance(a, np.ndarray) else np.array(a) for a in inputs)
    CASES.append(Case(op, name, call, arrays, **options))


def sample(shape, low=-2.0, high=2.0, seed=0):
    """Return well-separated numbers, in random order: no two are equal, none is 0."""
    n = int(np.prod(shape))
    points = low + (high - low) * (np.arange(n) + 0.37) / max(n, 1)
    return np.random.default_rng(seed + n).permutation(points).reshape(shape)


# --------------------------------------------------------------------------------------------------
# Elementwise, one input: (low, high) of the sample


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.where(x > 0, x, 0.0 * x)


UNARY = {
    "negative": (np.negative, -2, 2),
    "positive": (np.positive, -2, 2),
    "absolute": (np.absolute, -2, 2),
    "square": (np.square, -2, 2),
    "sqrt": (np.sqrt, 0.2, 3),
    "cbrt": (np.cbrt, 0.2, 3),
    "reciprocal": (np.reciprocal, 0.3, 3),
    "exp": (np.exp, -2, 2),
    "exp2": (np.exp2, -2, 2),
    "expm1": (np.expm1, -2, 2),
    "log": (np.log, 0.2, 3),
    "log2": (np.log2, 0.2, 3),
    "log10": (np.log10, 0.2, 3),
    "log1p": (np.log1p, -0.7, 3),
    "sin": (np.sin, -3, 3),
    "cos": (np.cos, -3, 3),
    "tan": (np.tan, -1.2, 1.2),
    "arcsin": (np.arcsin, -0.8, 0.8),
    "arccos": (np.arccos, -0.8, 0.8),
    "arctan": (np.arctan, -2, 2),
    "sinh": (np.sinh, -2, 2),
    "cosh": (np.cosh, -2, 2),
    "tanh": (np.tanh, -2, 2),
    "arcsinh": (np.arcsinh, -2, 2),
    "arccosh": (np.arccosh, 1.3, 3),
    "arctanh": (np.arctanh, -0.8, 0.8),
    "sigmoid": (ag.sigmoid, -3, 3),
    "relu": (ag.relu, -2, 2),
    "softplus": (ag.softplus, -3, 3),
}
REFERENCES = {
    "sigmoid": sigmoid,
    "relu": relu,
    "softplus": lambda x: np.log1p(np.exp(x)),
}

for _name, (_call, _low, _high) in UNARY.items():
    _reference = REFERENCES.get(_name)
    case(_name, "matrix", _call, sample((2, 3), _low, _high), reference=_reference)
    case(_name, "0-d", _call, sample((), _low, _high), reference=_reference)
    case(_name, "0-d-above", _call, sample((), _high / 2, _high, seed=2), reference=_reference)
    case(_name, "empty", _call, np.zeros((0, 3)), reference=_reference)
case("negative", "operator", lambda x: -x, sample((2, 3)))
case("positive", "operator", lambda x: +x, sample((2, 3)))
case("absolute", "operator", abs, sample((2, 3)))
case("cbrt", "below-0", np.cbrt, sample((4,), -3, -0.3))
case("reciprocal", "below-0", np.reciprocal, sample((4,), -3, -0.3))
case("softplus", "far", ag.softplus, [-40.0, 40.0], reference=lambda x: np.logaddexp(x, 0))
for _leak in (0.01, 0.3, 0.0, 1.0, -0.5, 1.5):
    case(
        "leaky_relu",
        f"leak={_leak}",
        lambda x, leak=_leak: ag.leaky_relu(x, leak),
        sample((2, 3)),
        reference=lambda x, leak=_leak: np.where(x > 0, x, leak * x),
    )
case(
    "leaky_relu",
    "tracked-leak",
    OPERATIONS["leaky_relu"],
    sample((2, 3)),
    sample((3,), 0.1, 0.4),
    reference=lambda x, leak: np.where(x > 0, x, leak * x),
)

# --------------------------------------------------------------------------------------------------
# Elementwise, two inputs: every way of broadcasting, constants, repeats

SHAPES = {
    "same": ((2, 3), (2, 3)),
    "row": ((2, 3), (3,)),
    "column": ((2, 3), (2, 1)),
    "both": ((2, 1), (1, 3)),
    "outer": ((3,), (2, 2, 1)),
    "0-d": ((), ()),
    "0-d-left": ((), (2, 3)),
    "0-d-right": ((2, 3), ()),
    "ones": ((1, 1), (1,)),
    "empty": ((0, 3), (3,)),
}
BINARY = {
    "add": (np.add, lambda x, y: x + y, 0.3),
    "subtract": (np.subtract, lambda x, y: x - y, 0.3),
    "multiply": (np.multiply, lambda x, y: x * y, 0.3),
    "divide": (np.divide, lambda x, y: x / y, 0.3),
    "power": (np.power, lambda x, y: x**y, 0.3),
    "maximum": (np.maximum, np.fmax, 0.3),
    "minimum": (np.minimum, np.fmin, 0.3),
}
CONSTANT = 1.7

for _name, (_call, _operator, _low) in BINARY.items():
    _face = _operator if _name not in ("maximum", "minimum") else _call
    for _shapes, (_p, _q) in SHAPES.items():
        _x, _y = sample(_p, _low, 2.5), sample(_q, _low + 0.011, 2.4, seed=5)
        case(_name, _shapes, _call, _x, _y)
        if _face is not _call:
            case(_name, f"operator-{_shapes}", _face, _x, _y)
    _x = sample((2, 3), _low, 2.5)
    case(_name, "number-right", lambda x, f=_face: f(x, CONSTANT), _x)
    case(_name, "number-left", lambda x, f=_face: f(CONSTANT, x), _x)
    case(_name, "number-0-d", lambda x, f=_face: f(x, CONSTANT), sample((), _low, 2.5))
    case(_name, "integer", lambda x, f=_face: f(x, 2), sample((3,), _low, 1.9))
    case(_name, "array-left", _face, sample((2, 1), 0.4, 2.2, seed=7), _x, fixed=(0,))
    case(_name, "array-right", _face, _x, sample((4, 1, 3), 0.4, 2.2, seed=7), fixed=(1,))
    if _name not in ("maximum", "minimum"):
        case(_name, "repeated", lambda x, f=_face: f(x, x), _x)
        case(_name, "stretched", lambda x, f=_face: f(x, x[:, :1]), _x)
for _y in (3, -2, 0.5, 1, 2.0):
    case("power", f"x**{_y}", lambda x, y=_y: x**y, sample((4,), 0.3, 2.0))
case("power", "x**4", lambda x: x**4, sample((4,), -2.0, 2.0))
case("power", "negative-base", lambda x: x**3, sample((4,), -2.0, -0.3))
case("power", "array-exponent", lambda x, y: x**y, sample((3,), -2, -0.3), [2.0, 3, -1], fixed=(1,))

case(
    "where",
    "broadcast",
    np.where,
    [[True, False, True], [False, False, True]],
    sample((3,)),
    sample((2, 1), seed=3),
    fixed=(0,),
)
case("where", "0-d", lambda x, y: np.where(x > y, x, y), [0.5], sample(()))
case("where", "scalar", lambda x: np.where(x > 0, x, 0.0), sample((2, 3)))
case("where", "numbers", np.where, [1.0, 0.0, -2.0], sample((3,)), sample((3,), seed=3), fixed=(0,))
case("heaviside", "", np.heaviside, [[1.0, -2.0, 0.0]], sample((2, 3)), fixed=(0,))
case("clip", "numbers", lambda x: np.clip(x, -1.0, 0.8), sample((2, 3)))
case("clip", "one-side", lambda x: np.clip(x, None, 0.4), sample((2, 3)))
case("clip", "bounds", np.clip, sample((3, 3)), sample((3,), -1.0, -0.3), sample((3, 1), 0.2, 1.1))

# --------------------------------------------------------------------------------------------------
# Without gradient

_INTEGERS = np.array([[1, -2, 0], [3, 2, -1]])
for _name in ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"):
    case(_name, "broadcast", getattr(np, _name), _INTEGERS / 2, [0.5, -1.0, 0.3], gradient=False)
for _name, _call in {
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
}.items():
    case(_name, "operator", _call, _INTEGERS / 2, [0.5, -1.0, 0.3], gradient=False)
    case(_name, "number", lambda x, f=_call: f(x, 0.5), _INTEGERS / 2, gradient=False)
for _name in ("sign", "floor", "ceil", "rint", "trunc", "signbit"):
    case(_name, "", getattr(np, _name), _INTEGERS / 3, gradient=False)
for _name in ("isnan", "isinf", "isfinite"):
    case(_name, "", getattr(np, _name), [1.0, np.nan, np.inf, -np.inf], gradient=False)
case("logical_not", "", np.logical_not, _INTEGERS / 2, gradient=False)
for _name in ("logical_and", "logical_or"):
    case(_name, "", getattr(np, _name), _INTEGERS / 2, [1.0, 0.0, 2.0], gradient=False)
case("bitwise_and", "", lambda x: (x > 0) & (x < 1.2), _INTEGERS / 2, gradient=False)
case("bitwise_or", "", lambda x: (x > 1.2) | (x < 0), _INTEGERS / 2, gradient=False)
case("invert", "", lambda x: ~(x > 0), _INTEGERS / 2, gradient=False)

# the other operations, in files of their own for length, add their rows here
from . import cases_arrays, cases_linalg, cases_numpy, cases_special  # noqa: E402, F401
