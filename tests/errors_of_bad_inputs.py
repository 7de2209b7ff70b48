"""Rows of the table of errors: what is no number, list, name or function, found by trying all."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np

import autograd as ag
from autograd import Value
from autograd.extend import defjvp, defvjp, notrace_primitive, primitive
from autograd.misc.fixed_points import fixed_point
from autograd.misc.optimizers import sgd
from autograd.scipy import linalg, stats
from autograd.scipy.integrate import odeint
from autograd.tracer import trace

from .errors import m, raises, x
from .errors_of_modules import square

MASKED = np.ma.array([1.0, 2.0], mask=[True, False])


class Unprintable:
    """An object whose repr raises."""

    def __repr__(self):
        raise RuntimeError("no repr")


def nested(depth):
    """Return a list in a list in a list: Python cannot print it."""
    found = []
    for _ in range(depth):
        found = [found]
    return found


def itself():
    found = [1.0]
    found.append(found)
    return found


# Objects that cannot be printed do not hide the error
raises(TypeError, "sum: keepdims is .* got Unprintable <", lambda: m().sum(keepdims=Unprintable()))
raises(
    TypeError, r"keepdims is True or False, got list \[\[", lambda: m().sum(keepdims=nested(3000))
)
raises(TypeError, "a Value holds a number, got list", lambda: Value(nested(3000)))
raises(TypeError, "a Value holds a number, got Unprintable", lambda: Value(Unprintable()))
raises(
    ValueError, "order is 1, 2 .* got <int>", lambda: ag.check_grads(square, 1.0, order=10**5000)
)
raises(
    ValueError,
    r"argnums=\[1.0, \[1.0, .* does not fit square",
    lambda: ag.grad(square, itself())(1.0),
)

# Numbers
raises(TypeError, "a Value holds a number, got MaskedConstant", lambda: Value(np.ma.masked))
raises(TypeError, "a Value holds a number, got Masked", lambda: Value(1.0).backward(np.ma.masked))
raises(TypeError, "leak is a number, got Masked", lambda: x().leaky_relu(np.ma.masked))
raises(
    TypeError,
    "remainder: complex numbers are not supported",
    lambda: Value(2.0) % np.complex128(1j),
)
raises(TypeError, "for %: 'Value' and 'str'", lambda: Value(2.0) % "2.0")
raises(TypeError, "for //: 'Value' and '.*Decimal'", lambda: Value(2.0) // Decimal("0.5"))
raises(TypeError, "leaky_relu: expected .* got str 'a'", lambda: Value(2.0).leaky_relu("a"))
raises(TypeError, "leaky_relu: expected .* got complex", lambda: ag.leaky_relu(Value(2.0), 1j))
raises(TypeError, "sumprod: the bias .* got complex", lambda: ag.sumprod([1.0], [2.0], 1j))
for loss in (ag.squared_error, ag.sigmoid_cross_entropy, ag.softmax_cross_entropy):
    raises(
        TypeError,
        f"{loss.__name__}: complex numbers are not supported, got ndarray",
        lambda loss=loss: loss(np.array([1j, 2.0]), np.ones(2)),
    )
    raises(
        TypeError,
        f"{loss.__name__}: expected numbers, arrays or nodes, got list",
        lambda loss=loss: loss(np.ones(2), ["a", "b"]),
    )
    raises(
        TypeError,
        f"{loss.__name__}: masked entries would be taken for numbers",
        lambda loss=loss: loss(MASKED, np.ones(2)),
    )
raises(
    TypeError,
    "linear: expected numbers, arrays or nodes, got NoneType None",
    lambda: ag.linear(None, np.ones((2, 2)), np.ones(2)),
)
raises(
    TypeError,
    "matmul: expected numbers, arrays or nodes, got NoneType",
    lambda: ag.operations()["matmul"](np.ones((2, 2)), None),
)
raises(
    TypeError,
    "add: expected numbers, arrays or nodes, got list",
    lambda: ag.operations()["add"](1.0, ["a"]),
)

# Options
raises(
    TypeError,
    "reshape: copy is True or False, got ndarray",
    lambda: m().reshape(-1, copy=np.ones(2)),
)
raises(TypeError, "astype: copy is True or False, got None", lambda: m().astype(float, copy=None))
raises(TypeError, "astype: copy is True or False, got str", lambda: m().astype(float, copy="no"))
raises(TypeError, "keepdims is True or False, got ndarray", lambda: m().sum(keepdims=np.ones(2)))
raises(
    ValueError,
    "version array.* of the array API standard",
    lambda: m().__array_namespace__(api_version=np.ones(2)),
)
raises(
    IndexError,
    r"item: index \(7,\) of shape \(2, 3\): index 7 is out of bounds",
    lambda: m().item(7),
)
raises(TypeError, r"item: index \('a',\) of shape \(2, 3\)", lambda: m().item("a"))
raises(ValueError, r"item: index \(0, 1, 2\) of shape \(2, 3\)", lambda: m().item(0, 1, 2))

# Functions, for programs written for HIPS autograd
raises(TypeError, "sgd: the gradient is a function, got NoneType", lambda: sgd(None, 0.0))
raises(TypeError, "sgd: callback is a function, got int", lambda: sgd(square, 0.0, 3))
raises(
    TypeError, "fixed_point: f is a function", lambda: fixed_point("f", 1.0, 1.0, np.subtract, 0.1)
)
raises(
    TypeError,
    "fixed_point: distance is a function",
    lambda: fixed_point(lambda a: np.sqrt, 1.0, 1.0, None, 0.1),
)
raises(
    ValueError,
    "fixed_point: tol must be at least 0",
    lambda: fixed_point(lambda a: np.sqrt, 1.0, 1.0, np.subtract, np.nan),
)
raises(TypeError, "odeint: func is a function, got None", lambda: odeint(None, 1.0, [0.0, 1.0]))
raises(
    TypeError,
    "odeint: args is a tuple of further arguments, got int 3",
    lambda: odeint(lambda y, t: y, 1.0, [0.0, 1.0], 3),
)
raises(
    ValueError,
    "odeint: t is empty; its first entry",
    lambda: odeint(lambda y, t: y, x(), []),
)
raises(
    ValueError,
    r"dirichlet: x and alpha have an axis .*, got shapes \(\) and \(2,\)",
    lambda: stats.dirichlet.pdf(0.5, [1.0, 2.0]),
)
raises(TypeError, r"astype: \[\[.* is no dtype", lambda: m().astype(nested(3000)))
A = np.array([[2.0, 1.0], [0.0, 2.0]])
raises(
    ValueError,
    "solve_triangular: trans is 0, 1, 'N' or 'T', got 'X'",
    lambda: linalg.solve_triangular(A, A, trans="X"),
)
raises(
    TypeError,
    "solve_triangular: lower is True or False, got str",
    lambda: linalg.solve_triangular(A, A, lower="yes"),
)
for solve in (linalg.solve, linalg.solve_triangular):
    raises(
        TypeError,
        rf"{solve.__name__}: a: expected numbers, arrays or nodes, got NoneType None",
        lambda solve=solve: solve(None, A),
    )
raises(
    ValueError,
    r"solve_banded: l_and_u are the numbers .*, such as \(1, 1\), got 2",
    lambda: linalg.solve_banded(2, A, A),
)
raises(
    ValueError,
    "solve_banded: l_and_u are the numbers of diagonals",
    lambda: linalg.solve_banded((0.5, 1), A, A),
)
raises(TypeError, "cho_solve takes what cho_factor returns", lambda: linalg.cho_solve(A[0], A))
raises(TypeError, "cholesky: lower is True or False", lambda: linalg.cholesky(A, "no"))
raises(TypeError, "trace: fun is a function, got NoneType", lambda: trace(None, None, 1.0))
raises(TypeError, "primitive: function is a function, got int 3", lambda: primitive(3))
raises(TypeError, "notrace_primitive: function is a function", lambda: notrace_primitive("f"))
raises(TypeError, "defvjp: the primitive is a function, got Masked", lambda: defvjp(MASKED, None))
raises(
    TypeError,
    "defvjp: a rule is a function or None, got int 2",
    lambda: defvjp(primitive(square), 2),
)
raises(
    TypeError,
    "defjvp: a rule is a function or None, got str 'other'",
    lambda: defjvp(primitive(square), "other"),
)
raises(
    TypeError,
    "defvjp: argnums is a list of positions, got int 0",
    lambda: defvjp(primitive(square), None, argnums=0),
)
raises(
    TypeError,
    "defvjp: an argnum is an integer of at least 0, got str",
    lambda: defvjp(primitive(square), None, argnums=["x"]),
)
raises(
    ValueError,
    r"defvjp: 2 rules for the arguments \[0\]; give one for each",
    lambda: defvjp(primitive(square), None, None, argnums=[0]),
)
raises(
    ValueError,
    "grad_named: no argument 'y'; there are x",
    lambda: ag.grad_named(lambda x: x * x, "y"),
)
raises(TypeError, "grad_named: fun is a function", lambda: ag.grad_named("f", "x"))
raises(TypeError, "multigrad_dict: fun is a function", lambda: ag.multigrad_dict(None))

# Options of NumPy's functions
_INITIAL = {"min": {"initial": 1.0}}
for name in ("sum", "prod", "mean", "min", "var", "std", "nansum", "nanmean"):
    raises(
        TypeError,
        r"np\.(nan)?\w+: where= is a mask of True and False, got ",
        lambda name=name: getattr(np, name)(
            m(), where=None if name in ("sum", "var") else np.ones(3), **_INITIAL.get(name, {})
        ),
    )
raises(TypeError, "where= is a mask", lambda: np.add.reduce(m(), where=np.ones(3)))
raises(ValueError, r"np\.max: where= needs initial=", lambda: np.max(m(), where=None))
raises(ValueError, r"np\.\w+: where= needs initial=", lambda: np.nanmax(m(), where=None))
for name in ("sum", "prod", "max", "nanmin"):
    raises(
        ValueError,
        r"np\.\w+: initial= is one number, got list \[1.0\]",
        lambda name=name: getattr(np, name)(m(), initial=[1.0]),
    )
raises(
    ValueError, r"np\.sum: initial= is one number, got Tensor", lambda: np.sum(m(), initial=m()[0])
)
raises(TypeError, "keepdims is True or False, got list", lambda: np.nanmax(m(), keepdims=[False]))
raises(TypeError, "matmul: keepdims is True or", lambda: np.matmul(m(), m().T, keepdims=np.ones(2)))
raises(TypeError, r"np\.diff: n is an integer, got str", lambda: np.diff(m(), n="a"))
raises(
    ValueError,
    "edge_order must be 1 or 2, got array",
    lambda: np.gradient(m(), edge_order=np.ones(2)),
)
raises(TypeError, r"np\.sort: stable is True or False", lambda: np.sort(m(), stable=np.ones(2)))
raises(TypeError, r"np\.add: 1j is no dtype; give one", lambda: np.add(m(), 1.0, dtype=1j))
raises(TypeError, r"np\.sum: 1j is no dtype; give one", lambda: np.sum(m(), dtype=1j))
raises(ValueError, "kind='a.* can't encode", lambda: np.sort(m(), kind="a\udc80"))
raises(ValueError, r"np\.add: .*can't encode", lambda: np.add(m(), 1.0, casting="a\udc80"))
for order in (np.ones(2), "X", 3):
    for call in (np.ravel, np.copy):
        raises(
            ValueError,
            rf"np\.{call.__name__}: order must be one of 'C', 'F', 'A', 'K', got ",
            lambda call=call, order=order: call(m(), order=order),
        )
raises(ValueError, r"np\.add: order must be one of", lambda: np.add(m(), 1.0, order=np.ones(2)))
raises(ValueError, r"np\.pad: mode=array.* is unknown", lambda: np.pad(m(), 1, mode=np.ones(2)))

for option in ("ddof", "correction"):
    raises(
        TypeError,
        rf"np\.var: {option} is a number, got complex 1j",
        lambda option=option: np.var(m(), **{option: 1j}),
    )
raises(TypeError, r"np\.std: ddof is a number, got Fraction", lambda: np.std(m(), ddof=Fraction(1)))
raises(TypeError, "no gradient flows to ddof; give a number", lambda: np.std(m(), ddof=m()[0, 0]))
raises(TypeError, "no gradient flows to ddof; give a number", lambda: np.std(m(), ddof=Value(1.0)))
