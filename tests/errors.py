"""The table of errors: what a mistake is, which exception it raises, and what the text must say."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import numpy.ma

import autograd as ag
from autograd import Tensor, Value
from autograd.ops.assignment import assign

PACKAGE = Path(ag.__file__).parent

ROWS: list[tuple] = []


def row(error, match):
    """Enter a function that makes a mistake."""

    def enter(function):
        ROWS.append((function, error, match))
        return function

    return enter


def raises(error, match, function):
    ROWS.append((function, error, match))


def x():
    return Tensor([1.0, 2.0, 3.0], requires_grad=True, label="x")


def m():
    return Tensor(np.ones((2, 3)), requires_grad=True, label="m")


def stored():
    """Return an object array, which no node takes."""
    return np.array([object()])


AXIS = np.exceptions.AxisError

# Making leaves
raises(TypeError, "only floating tensors have gradients, .* int64", lambda: Tensor(1, True))
raises(TypeError, "only floating tensors .* bool", lambda: Tensor([True], requires_grad=True))
raises(TypeError, "dtype <U1 is not supported by Tensor", lambda: Tensor("a"))
raises(TypeError, "dtype object is not supported", lambda: Tensor([None]))
raises(TypeError, "complex numbers are not supported by Tensor", lambda: Tensor([1j]))
raises(TypeError, r"Tensor\(node\) would lose the gradient", lambda: Tensor(x()))
raises(TypeError, "Tensor of nodes .* np.stack", lambda: Tensor(Value(1.0)))
raises(TypeError, "Tensor of nodes .* np.stack", lambda: Tensor([[Value(1.0)], [2.0]]))
raises(TypeError, "Tensor of nodes .* np.stack", lambda: Tensor([x(), x()]))
raises(TypeError, "complex numbers are not supported, got 1j", lambda: Value(1j))
raises(
    TypeError, r"one number, got an array of shape \(2,\); use Tensor", lambda: Value(np.ones(2))
)
raises(TypeError, r"or .detach\(\) it; isinstance\(x, Value\) tells", lambda: Value(Value(1.0)))
raises(TypeError, r"shape \(1,\); use its \.item\(\)", lambda: Value(np.ones(1)))
raises(TypeError, r"argument 'name'; use label=", lambda: Value(1.0, name="a"))
raises(TypeError, "got a node; use it as it is, or .detach", lambda: Value(x()))
raises(TypeError, "a Value holds a number, got str 'a'", lambda: Value("a"))
raises(TypeError, "a Value holds a number, got NoneType", lambda: Value(None))
raises(TypeError, "a label is a string, got int", lambda: Value(1.0, label=3))
raises(
    TypeError,
    r"parents .* are Values, got int 2; make a Value",
    lambda: Value(6.0, (Value(3.0), 2)),
)
raises(TypeError, "parents .* are Values, got Tensor", lambda: Value(6.0, (x(),)))
raises(TypeError, "a label is a string, got int", lambda: Tensor(1.0, label=3))


# Changing leaves
@row(RuntimeError, "the data of a computed tensor cannot be assigned; .*detach")
def _computed_data():
    (x() * 2).data = [1.0, 2.0, 3.0]


@row(ValueError, r"data of shape \(2,\) cannot replace those of tensor 'x' with shape \(3,\)")
def _shape_of_data():
    x().data = [1.0, 2.0]


@row(TypeError, "a number, got str")
def _string_as_data():
    Value(1.0).data = "a"


@row(TypeError, "without requires_grad has no gradient to set")
def _gradient_of_a_constant():
    Tensor([1.0]).grad = [1.0]


@row(ValueError, r"a gradient of shape \(2,\) does not fit tensor 'x' of shape \(3,\)")
def _shape_of_a_gradient():
    x().grad = np.ones(2)


@row(RuntimeError, "requires_grad can only be changed on leaves; use .detach")
def _requires_grad_of_a_result():
    (x() * 2).requires_grad = False


@row(AttributeError, "_backward can be set on nodes made by hand")
def _backward_of_an_operation():
    (Value(1.0) * 2)._backward = lambda: None


# backward
raises(
    RuntimeError,
    r"starts from a scalar, tensor 'x' has .* \.sum\(\).*gradient=.*jacobian",
    x().backward,
)
raises(
    RuntimeError, r"starts from a scalar, the tensor has shape \(3,\)", lambda: (x() * 2).backward()
)
raises(
    RuntimeError,
    r"needs a tensor computed .* has no graph\. no_grad.* comparisons, .* round, .* end one",
    lambda: np.round(x()).sum().backward(),
)
raises(
    ValueError,
    r"gradient has shape \(2,\), tensor 'x' has shape \(3,\)",
    lambda: x().backward(np.ones(2)),
)
for _gradient in (np.ones(3) * 1j, ["1", "2", "3"], [None, 1.0, 2.0], np.ones(3, "m8[s]")):
    raises(
        TypeError,
        "a gradient consists of real numbers, got an array of ",
        lambda gradient=_gradient: x().backward(gradient),
    )
    raises(
        TypeError,
        "a gradient consists of real numbers, got an array of ",
        lambda gradient=_gradient: setattr(x(), "grad", gradient),
    )
raises(TypeError, "a Value holds a number, got str", lambda: Value(1.0).backward("a"))


@row(
    RuntimeError,
    r"the data of 'w' \(leaf\) changed after it was used by multiply: .*forward pass again",
)
def _stale():
    w = Value(1.0, label="w")
    z = w * 2
    w.data = 3.0
    z.backward()


@row(
    RuntimeError,
    r"the graph behind 'loss' \(sin\) was released by backward\(release=True\); .*again",
)
def _released():
    z = np.sin(x()).sum()
    y = z * 2
    part = np.sin(x())
    part.label = "loss"
    part.backward(np.ones(3), release=True)
    (part.sum() + y).backward()


@row(RuntimeError, "graph behind gradient was not kept: after backward.*only leaves have gradients")
def _gradient_of_a_computed_node():
    b = Value(2.0) * 2
    b.backward(create_graph=True)
    (b.grad + 1).backward()


def _by_hand():
    a = Value(1.0)
    return Value(2.0, (a,), "twice")


raises(
    RuntimeError,
    "'twice' has only a hand-written _backward, .* autograd.operation",
    lambda: _by_hand().backward(create_graph=True),
)
raises(RuntimeError, "made by hand cannot be computed again", lambda: _by_hand().op.forward(1.0))
for _copy in (copy.deepcopy, pickle.dumps):
    raises(TypeError, "a computed tensor cannot be pickled .*detach", lambda f=_copy: f(x() * 2))
    raises(
        TypeError, "a computed Value cannot be pickled .*detach", lambda f=_copy: f(Value(1.0) * 2)
    )

# Operands
raises(TypeError, "add: complex numbers are not supported", lambda: x() + 1j)
raises(TypeError, "multiply: complex numbers are not supported", lambda: np.array([1j]) * x())
raises(TypeError, "add: complex numbers are not supported, got 1j", lambda: Value(1.0) + 1j)
raises(TypeError, "complex numbers are not supported", lambda: np.add(x(), 1j))
raises(TypeError, r"unsupported operand type\(s\) for \+: 'Tensor' and 'str'", lambda: x() + "a")
raises(
    TypeError, r"unsupported operand type\(s\) for /: 'Value' and 'str'", lambda: Value(1.0) / "a"
)
raises(TypeError, "unsupported operand .* 'NoneType' and 'Value'", lambda: None - Value(1.0))
raises(
    TypeError,
    "maximum: expected numbers, arrays or nodes, got str 'a'",
    lambda: np.maximum(x(), "a"),
)
raises(
    TypeError, "add: expected numbers, arrays or nodes, got ndarray", lambda: np.add(x(), stored())
)
raises(
    TypeError,
    "multiply: a list of nodes is not an array; .* np.stack",
    lambda: [Value(1.0), 2.0, 3.0] * x(),
)
raises(
    TypeError,
    "add: a list of nodes is not an array; .* np.stack",
    lambda: np.add(x(), [Value(1.0)] * 3),
)
raises(
    TypeError,
    "add: a list of nodes is not an array; .* np.stack",
    lambda: np.array([Value(1.0)] * 3) + x(),
)
raises(
    ValueError,
    r"add of shapes \(3,\) \(x\), \(2,\): .*could not be broadcast",
    lambda: x() + np.ones(2),
)
raises(
    ValueError,
    r"multiply of shapes \(3,\) \(x\), \(2,\) \(b\)",
    lambda: x() * Tensor([1.0, 2], label="b"),
)
raises(ValueError, r"multiply of shapes \(3,\) \(x\), \(2,\)", lambda: x() * Tensor([1.0, 2], True))
raises(ValueError, r"add of shapes \(3,\) \(x\), \(2,\)", lambda: x() + Tensor([1.0, 2], True))
raises(ValueError, r"matmul of shapes \(2, 3\) \(m\), \(2, 3\) \(m\)", lambda: m() @ m())
raises(ValueError, r"matmul of shapes \(3,\) \(x\), \(\)", lambda: x() @ 2.0)

# NumPy's functions


raises(
    TypeError,
    r"would lose its gradient, which .* a @ b for array\.dot\(b\), np\.stack for .*\.detach",
    lambda: np.asarray(x()),
)
raises(TypeError, "turning tensor 'x' into a plain array", lambda: np.array([x(), x()]))


@row(
    TypeError, r"lose its gradient: use autograd\.scipy\.linalg\.expm, which keeps it, or .*detach"
)
def _function_of_scipy():
    from scipy.linalg import expm

    expm(Tensor(np.eye(2), requires_grad=True))


raises(TypeError, "turning tensor 'x' into a plain array", lambda: np.ones(3).dot(x()))
for _complex in (1j, np.full(3, 1j), [1j, 0, 0]):
    raises(
        TypeError,
        r"assign of shapes .*, index=0: complex numbers cannot be written among real ones",
        lambda value=_complex: (m() * 1).__setitem__(0, value),
    )
raises(
    TypeError,
    "^complex numbers cannot be written among real ones",
    lambda: assign(np.ones(2), np.array(1j), index=0),
)
raises(ValueError, r"matmul of shapes \(3,\) \(x\), \(\)", lambda: x() @ 1j)
raises(ValueError, r"matmul of shapes \(\), \(3,\) \(x\)", lambda: 1j @ x())
raises(IndexError, r"2, \.\.\., 197, 198, 199\]", lambda: x()[np.arange(200)])
raises(np.exceptions.AxisError, "size: axis 5 is out of bounds", lambda: np.size(x(), 5))
raises(
    TypeError,
    r"gcd of shapes \(3,\) \(x\), \(\): ufunc 'gcd' did not contain a loop",
    lambda: np.gcd(x(), 2),
)
raises(np.exceptions.AxisError, "any: axis 5 is out of bounds", lambda: np.any(x(), axis=5))
raises(np.exceptions.AxisError, "argsort: axis 5 is out of bounds", lambda: x().argsort(axis=5))
for _call in (ag.softmax, ag.log_softmax, ag.logsumexp):
    for _wrong in (None, "a", object()):
        raises(
            TypeError,
            f"{_call.__name__}: expected numbers, arrays or nodes, got {type(_wrong).__name__}",
            lambda call=_call, wrong=_wrong: call(wrong),
        )
raises(TypeError, "topological_order takes a Value, .* got 3.0", lambda: ag.topological_order(3.0))

for _call in (lambda a: a @ x(), lambda a: a * x(), lambda a: x() + a):
    raises(
        TypeError,
        r"(matmul|multiply|add): a np\.matrix has other products .*; take np\.asarray\(x\)",
        lambda call=_call: call(np.eye(3).view(np.matrix)),
    )

# Axes, shapes, indices
raises(AXIS, "sum: axis 3 is out of bounds for array of dimension 1", lambda: np.sum(x(), axis=3))
raises(AXIS, "max: axis -2 is out of bounds", lambda: x().max(axis=-2))
raises(AXIS, "softmax: axis 5 is out of bounds", lambda: ag.softmax(x(), axis=5))
raises(AXIS, "stack: axis 2 is out of bounds", lambda: np.stack([x(), x()], axis=2))
raises(AXIS, "concatenate: axis 1 is out", lambda: np.concatenate([x(), x()], axis=1))
raises(AXIS, "expand_dims: axis 3 is out", lambda: np.expand_dims(x(), 3))
raises(ValueError, r"sum: an axis stands twice in axis=\(0, -2\)", lambda: m().sum(axis=(0, -2)))
raises(TypeError, "sum: axis must be an integer, got 1.0", lambda: m().sum(axis=1.0))
raises(TypeError, "mean: axis must be an integer, got True", lambda: m().mean(axis=True))
raises(ValueError, r"reshape of shapes \(3,\) \(x\), shape=\(2, 2\)", lambda: x().reshape(2, 2))
raises(
    ValueError, r"broadcast_to of shapes \(3,\) \(x\), shape=\(2,\)", lambda: x().broadcast_to(2)
)
raises(ValueError, r"transpose of shapes \(2, 3\) \(m\)", lambda: m().transpose(0))
raises(ValueError, r"matrix transpose needs at least 2 axes, got shape \(3,\)", lambda: x().mT)
raises(ValueError, r"squeeze: axis 0 of shape \(3,\)", lambda: x().squeeze(0))
raises(
    ValueError,
    r"concatenate of shapes \(2, 3\) \(m\), \(2, 2\)",
    lambda: np.concatenate([m(), np.ones((2, 2))]),
)
raises(ValueError, r"stack of shapes \(3,\) \(x\), \(2,\)", lambda: np.stack([x(), np.ones(2)]))
raises(IndexError, r"getitem of shapes \(3,\) \(x\), index=5: .*out of bounds", lambda: x()[5])
raises(IndexError, "too many indices", lambda: x()[0, 0])
raises(IndexError, "only integers, slices", lambda: x()[1.5])
raises(IndexError, "tensors used as indices must be of integers", lambda: x()[Tensor([1.0])])
raises(IndexError, "boolean index did not match", lambda: x()[np.array([True, False])])

# Numbers
raises(ValueError, r"item\(\) needs one entry, the tensor has shape \(3,\)", lambda: x().item())
raises(TypeError, r"float\(\) needs one entry, the tensor has shape \(3,\)", lambda: float(x()))
raises(TypeError, r"int\(\) needs one entry, the tensor has shape \(3,\)", lambda: int(x()))
raises(ValueError, r"the truth of a tensor of shape \(3,\) is ambiguous", lambda: bool(x()))
raises(TypeError, r"len\(\) of a 0-d tensor", lambda: len(Tensor(1.0)))
raises(TypeError, r"the format '.2f' is for one number, .* shape \(3,\)", lambda: f"{x():.2f}")
raises(TypeError, r"is a module; call Tensor\(data", lambda: ag.tensor([1.0]))
raises(TypeError, "iteration over a 0-d tensor", lambda: list(Tensor(1.0)))

# Functions of our own
raises(
    ValueError,
    r"linear: x \(2, 3\), w \(2, 3\) and b \(3,\) do not fit",
    lambda: ag.linear(m(), np.ones((2, 3)), np.ones(3)),
)
raises(ValueError, "linear: x .* do not fit", lambda: ag.linear(m(), np.ones((3, 2)), np.ones(3)))
raises(
    ValueError,
    r"squared_error: shapes \(2, 3\) and \(3,\) must be equal",
    lambda: ag.squared_error(m(), x()),
)
raises(
    ValueError,
    r"sigmoid_cross_entropy: logits \(2, 3\) and target \(3,\) must have one shape",
    lambda: ag.sigmoid_cross_entropy(m(), np.ones(3)),
)
raises(
    ValueError,
    r"softmax_cross_entropy: logits \(2, 3\) and target \(2,\) must have one shape; .*one-hot",
    lambda: ag.softmax_cross_entropy(m(), np.array([0, 1])),
)
raises(
    ValueError,
    r"dot: axes \(1,\) of shape \(2, 2\) .* must have equal lengths",
    lambda: np.dot(np.ones((2, 2)), m()[None][..., :1, :]),
)
raises(
    ValueError,
    "sumprod: 2 numbers cannot be paired with 1",
    lambda: ag.sumprod([Value(1.0), Value(2.0)], [1.0]),
)
raises(
    ValueError,
    r"dot: axes \(2,\) of shape \(1, 2, 3\) and \(0,\) of shape \(2, 2\) must have equal lengths",
    lambda: m()[None].dot(np.ones((2, 2))),
)

# the rest of the package adds its rows
from . import (  # noqa: E402
    errors_of_bad_inputs,  # noqa: F401
    errors_of_beginners,  # noqa: F401
    errors_of_hips,  # noqa: F401
    errors_of_kinds,  # noqa: F401
    errors_of_loops,  # noqa: F401
    errors_of_modules,  # noqa: F401
    errors_of_moves,  # noqa: F401
    errors_of_numpy,  # noqa: F401
    errors_of_options,  # noqa: F401
    errors_of_parts,  # noqa: F401
    errors_of_settings,  # noqa: F401
    errors_of_states,  # noqa: F401
    errors_of_ufuncs,  # noqa: F401
)
