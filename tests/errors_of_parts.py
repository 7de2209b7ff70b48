"""Rows of the table of errors: assignment, user-defined operations, transforms, checks."""

from __future__ import annotations

import importlib.util
import math
import tempfile
from pathlib import Path

import numpy as np

import autograd as ag
from autograd import Op, Tensor, Value, operation, operations
from autograd.checks.by_hand import check_by_hand
from autograd.checks.gradients import check_grads
from autograd.checks.nonfinite import find_nan

from .errors import PACKAGE, m, raises, row, x

# Operations
raises(
    TypeError,
    "where has no derivative with respect to condition",
    lambda: operations()["where"].rule_of(0),
)
raises(
    TypeError,
    r"a rule takes g as its first argument, got \['x', 'g'\]",
    lambda: Op("bad", np.sin, {"x": lambda x, g: g}, elementwise=True),
)
raises(
    ValueError,
    "an operation named 'sin' exists already",
    lambda: operation(x=1, name="sin")(lambda x: x),
)
raises(
    TypeError,
    r"operation takes the derivative for each argument by its name, .*@operation\(x=lambda",
    lambda: operation(lambda x: x),
)
raises(
    TypeError,
    r"operation 'f' has the arguments \['x', 'y'\]; rules are missing for \['y'\] .* \['w'\]",
    lambda: operation(x=1, w=1, name="f")(lambda x, y: x + y),
)
raises(
    TypeError,
    r"the rule of operation 'f' for 'x' asks for \['w'\]; it may ask for g, ",
    lambda: operation(x=lambda w: w, name="f")(lambda x: x),
)
raises(
    TypeError,
    r"'f': arguments named \['i'\] cannot be told from what rules ask for: .*; rename them",
    lambda: operation(x=1, i=None, name="f")(lambda x, i: x),
)
raises(
    ValueError,
    r"'f': the derivative with respect to 'x' at index \(1,\) is .* by the rule and .* by central",
    lambda: operation(x=lambda x: 2.002 * x, name="f", check=[[1.0, 4.0]])(lambda x: x * x),
)


raises(
    TypeError,
    "operation 'f': the rule for 'x' is a function, a number or None, got str",
    lambda: operation(x="2 * x", name="f")(lambda x: x * x),
)
raises(
    TypeError,
    r"operation 'f': check gives 1 samples for the arguments \['x', 'y'\]; give one for each",
    lambda: operation(x=1, y=1, name="f", check=[1.0])(lambda x, y: x + y),
)
for _rule, _said in (
    (lambda x: None, "arrays: TypeError: unsupported operand"),
    (lambda x: 1 / 0 * x, "arrays: ZeroDivisionError: division by zero"),
    (lambda x: 2 * x if isinstance(x, np.generic) else x.size(), "nodes, for the second deriv"),
):
    raises(
        ValueError,
        f"operation 'f': a rule fails on {_said}",
        lambda rule=_rule: operation(x=rule, name="f", check=[2.0])(lambda x: x * x),
    )


raises(
    TypeError,
    "operation 'f': the function returns one array or number, got tuple",
    lambda: operation(x=1, name="f", check=[1.0])(lambda x: (x, x)),
)


@row(ValueError, r"operation 'f': the second derivative .*central differences")
def _rule_that_bakes_in_data():
    def rule(g, x):
        return g * 2 * np.array(getattr(x, "data", x))

    operation(x=rule, name="f", check=[[1.0, 4.0]])(lambda x: x * x)


@row(
    ValueError, r"the gradient of 'x' \(leaf\) has shape \(2,\) where its data have \(3,\): a rule"
)
def _rule_of_a_wrong_shape():
    f = operation(x=lambda g: g[:2], name="f")(lambda x: x * 1.0)
    f(x()).backward(np.ones(3))


@row(ImportError, "installed over each other: both own .*fresh virtual environment")
def _mixed_installation():
    with tempfile.TemporaryDirectory() as directory:
        copied = Path(directory, "__init__.py")
        copied.write_text((PACKAGE / "__init__.py").read_text(encoding="utf-8"), encoding="utf-8")
        Path(directory, "numpy").mkdir()
        Path(directory, "numpy", "numpy_wrapper.py").touch()
        spec = importlib.util.spec_from_file_location("mixed", copied)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


# Transforms
raises(
    TypeError,
    r"sin took float\(\) of the tensor, as math\.exp does, and returned plain numbers, .* NumPy's",
    lambda: ag.grad(math.sin)(1.0),
)
raises(
    TypeError,
    r"<lambda> took tolist\(\) of the tensor and returned plain numbers, which would lose the",
    lambda: ag.jacobian(lambda x: np.array(x.tolist()) ** 2)(np.ones(2)),
)
raises(
    TypeError,
    r"<lambda> took item\(\) of the tensor and returned plain numbers, which would lose the",
    lambda: ag.grad(lambda x: (x * x).sum().item())(np.ones(2)),
)
raises(
    TypeError,
    r"<lambda> took item\(\) of a value and returned plain numbers, which would lose the",
    lambda: ag.value_and_grad(lambda x: (x * x).item())(Value(2.0)),
)
raises(
    ValueError,
    "argnums=2 does not fit .*, called with 1 arguments",
    lambda: ag.grad(np.sin, argnums=2)(1.0),
)
raises(
    TypeError,
    r"check_grads: arguments are a list with one entry per argument, such as \[x\], got ndarray",
    lambda: ag.check_grads(np.sin, np.ones(2)),
)
raises(
    TypeError,
    "check_grads: the function returned NoneType None; what is differentiated returns real",
    lambda: ag.check_grads(lambda x: None, [1.0]),
)
for _argnums in (None, 1):
    raises(
        ValueError,
        f"argnums={_argnums} does not fit .*, called with 1 arguments",
        lambda argnums=_argnums: ag.grad(np.sin, argnums)(1.0),
    )
for _cotangent in (None, "a"):
    raises(
        TypeError,
        f"vjp: a cotangent consists of real numbers, got .* '?{_cotangent}",
        lambda cotangent=_cotangent: ag.vjp(np.sin, 1.0)[1](cotangent),
    )
raises(
    TypeError,
    r"jvp: primals are a tuple with one entry per argument, such as \(x,\), got ndarray",
    lambda: ag.jvp(np.sin, np.ones(2), (np.ones(2),)),
)
raises(
    TypeError,
    r"jvp: tangents are a tuple with one entry per argument, such as \(x,\), got float",
    lambda: ag.jvp(np.sin, (1.0,), 1.0),
)
raises(
    TypeError,
    r"grad needs a scalar, .* returned tuple: reduce it",
    lambda: ag.elementwise_grad(lambda x: (x, x))(np.ones(2)),
)
raises(
    TypeError,
    "is differentiated with respect to real numbers and arrays, got str 'a'",
    lambda: ag.grad(np.sin)("a"),
)
raises(
    TypeError,
    r"grad needs a scalar, .* returned shape \(2,\): reduce it, as with .sum\(\)",
    lambda: ag.grad(np.sin)(np.ones(2)),
)
raises(TypeError, "grad needs a scalar, .* returned tuple", lambda: ag.grad(lambda x: (x, x))(1.0))
raises(
    TypeError,
    r"<lambda> returned NoneType None; .* \(is a return missing\?\)",
    lambda: ag.grad(lambda x: None)(1.0),
)
raises(
    ValueError,
    "vjp: the cotangent must be a tuple of 2 entries, got 1",
    lambda: ag.vjp(lambda x: (x, x), 1.0)[1]((1.0,)),
)
raises(
    ValueError,
    r"vjp: a cotangent has shape \(2,\), the output of sin \(3,\)",
    lambda: ag.vjp(np.sin, np.ones(3))[1](np.ones(2)),
)
raises(
    ValueError,
    "vjp: the cotangent must be a tuple of 2 entries, got float",
    lambda: ag.vjp(lambda x: (x, x), 1.0)[1](1.0),
)
raises(
    ValueError,
    r"vjp: the cotangent must be a dict with the keys \['a'\], got the keys \['b'\]",
    lambda: ag.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}),
)
raises(
    ValueError,
    "jvp: the tangents must be a list of 1 entries, got 2",
    lambda: ag.jvp(np.sin, (1.0,), (1.0, 1.0)),
)
raises(
    ValueError,
    r"jvp: a tangent is None where its primal is None, got 2\.0",
    lambda: ag.jvp(lambda p: p["w"], ({"w": 1.0, "b": None},), ({"w": 1.0, "b": 2.0},)),
)
raises(
    TypeError,
    r"with has_aux, the function returns a pair \(result, anything\), got Tensor",
    lambda: ag.grad(lambda x: x, has_aux=True)(1.0),
)
raises(
    ValueError,
    r"argnums=\(0, -1\) does not fit .*; give the position of each wanted argument once",
    lambda: ag.grad(lambda x: x, (0, -1))(1.0),
)
raises(
    ValueError,
    r"jvp: a tangent has shape \(2,\), its primal \(3,\)",
    lambda: ag.jvp(np.sin, (np.ones(3),), (np.ones(2),)),
)
for _vector in map(np.asarray, (np.ones(2) * 1j, ["1", "2"], np.ones(2, "m8[s]"), [None, 1.0])):
    raises(
        TypeError,
        "jvp: a tangent consists of real numbers, got ",
        lambda vector=_vector: ag.jvp(np.sin, (np.ones(2),), (vector,)),
    )
    raises(
        TypeError,
        "hvp: the vector consists of real numbers, got ",
        lambda vector=_vector: ag.hvp(np.sum, np.ones(2), vector),
    )
for _transform in (ag.grad, ag.value_and_grad, ag.elementwise_grad, ag.jacobian, ag.hessian):
    _name = _transform.__name__
    raises(
        TypeError,
        rf"{_name} takes a function, got Tensor: it is {_name}\(f\)\(x\), not {_name}\(f\(x\)\); ",
        lambda transform=_transform: transform(Tensor(1.0)),
    )
    raises(
        TypeError,
        rf"{_name}\(\) got an unexpected keyword argument 'dim'; use axis=",
        lambda transform=_transform: transform(np.sum, dim=0),
    )
raises(ValueError, "jacobian: mode is .*, got 'x'", lambda: ag.jacobian(np.sin, mode="x"))
raises(
    ValueError,
    r"hvp: the vector has shape \(2,\), the argument \(3,\)",
    lambda: ag.hvp(lambda x: np.sum(x), np.ones(3), np.ones(2)),
)


# Checks
raises(
    ValueError, "check_grads: order is 1, 2 .*, got 0", lambda: check_grads(np.sin, [1.0], order=0)
)
raises(
    ValueError,
    r"check_grads: unknown mode \['up'\]; use 'reverse', 'forward'",
    lambda: check_grads(np.sin, [1.0], modes=["up"]),
)


def _wrong():
    """Return a sine whose rule is wrong by a thousandth."""
    return Op("wrong_sine", np.sin, {"x": lambda x: 1.001 * np.cos(x)}, elementwise=True)


raises(
    AssertionError,
    r"the gradient with respect to argument 0 at index \(\d,\) .*central differences .* wrong_sine",
    lambda: check_grads(_wrong(), [np.array([0.3, 0.5])], modes=["reverse"]),
)
raises(
    AssertionError,
    r"the directional derivative \(jvp\) of output .* central differences give",
    lambda: check_grads(_wrong(), [np.array([0.3, 0.5])], modes=["forward"]),
)
raises(
    TypeError, "check_by_hand needs a loss computed from", lambda: check_by_hand(Tensor(1.0), {})
)
raises(
    TypeError,
    "check_by_hand: gradients are a dict with one for each label, got ndarray",
    lambda: check_by_hand((x() * 2).sum(), np.ones(3)),
)
for _gradient in (None, "a"):
    raises(
        TypeError,
        f"check_by_hand: the gradient of 'x' consists of numbers, got .* '?{_gradient}",
        lambda gradient=_gradient: check_by_hand((x() * 2).sum(), {"x": gradient}),
    )
raises(
    KeyError,
    r"nothing is labelled 'w'; there are \['x'\]",
    lambda: check_by_hand((x() * 2).sum(), {"w": 1.0}),
)
raises(
    TypeError,
    r"check_by_hand needs a scalar loss, this one has shape \(3,\)",
    lambda: check_by_hand(x() * 2, {}),
)
raises(
    ValueError,
    "several nodes go by the name 'x'; give each its own label",
    lambda: check_by_hand((x() * x()).sum(), {"x": 1.0}),
)


@row(TypeError, r"parameter 'w' has no gradient: run backward\(\) first")
def _module_before_backward():
    class Module:
        def named_parameters(self):
            return [("w", x())]

    check_by_hand(Module(), {"w": 1.0})


raises(TypeError, "find_nan needs a result computed from leaves", lambda: find_nan(Tensor(np.nan)))


# Assignment
@row(RuntimeError, r"assignment by index would overwrite tensor 'x', a leaf .*no_grad\(\)")
def _assignment_to_a_leaf():
    x()[0] = 1.0


@row(RuntimeError, "in-place add would overwrite tensor 'x', a leaf that wants gradients")
def _in_place_on_a_leaf():
    y = x()
    y += 1.0


@row(RuntimeError, r"np\.add\.at would overwrite tensor 'x'")
def _add_at_of_a_leaf():
    np.add.at(x(), [0], 1.0)


@row(TypeError, "a tensor of int64 cannot take a value with a gradient: make it of floats")
def _gradient_into_integers():
    Tensor([1, 2])[0] = Value(1.0)


@row(TypeError, r"a tensor of shape .* no name holds would be lost: .* y\[i, j\] = value")
def _assignment_to_a_copy():
    y = m() * 1.0
    y[[0, 1]][1] = 2.0


@row(RuntimeError, "in-place add would overwrite .* of shape .* of which this tensor .* is a view")
def _leaf_through_a_view():
    part = m()
    part = part, part[0]
    part[1].__iadd__(1.0)


@row(TypeError, "in-place add: a result of float64 cannot be cast to int64, the dtype of the ten")
def _floats_into_integers():
    y = Tensor([1, 2])
    y += 1.5


@row(ValueError, r"in-place add: the result has shape \(2, 3\) and cannot be written into .*\(3,\)")
def _in_place_broadcast():
    y = x() * 1.0
    y += m()


@row(ValueError, r"assign of shapes \(3,\), \(2,\)")
def _wrong_width_assigned():
    (x() * 1.0)[:] = np.ones(2)


@row(IndexError, r"assign of shapes .* out of bounds")
def _assigned_out_of_range():
    (x() * 1.0)[5] = 1.0


@row(
    TypeError, r"storing a value in a plain array .* a = Tensor\(a\), and then assign; .*\.item\(\)"
)
def _value_stored_in_an_array():
    np.ones(3)[0] = Value(1.0)


@row(TypeError, r"storing the value 'w' in a plain array")
def _labelled_value_stored_in_an_array():
    np.ones(3)[0] = Value(1.0, label="w")


@row(TypeError, r"storing tensor 'x' in a plain array .* and then assign; .*\.data if the numbers")
def _tensor_stored_in_an_array():
    np.ones(3)[:] = x()


@row(TypeError, r"storing tensor 'x' in a plain array")
def _tensor_stored_in_rows_of_an_array():
    np.ones((2, 3))[1] = x()
