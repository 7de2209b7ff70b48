"""Rows of the table of errors: the classic mistakes of those who begin."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, Value

from .errors import m, raises, x

# ^ for a power
for _power in (
    lambda: Value(2.0) ^ 2,
    lambda: 2 ^ Value(2.0),
    lambda: x() ^ 2,
    lambda: 2 ^ x(),
):
    raises(TypeError, r"\^ is the exclusive or of bits, not a power; write x \*\* n", _power)

# grad(f, x) for grad(f)(x)
for _point in (2.0, np.ones(3), Value(2.0), x(), {"w": 2.0}):
    for _transform in (ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian, ag.elementwise_grad):
        raises(
            TypeError,
            rf"{_transform.__name__}: argnums is .*, not the position of an argument; the point .* "
            rf"in a second call, {_transform.__name__}\(f\)\(x\)",
            lambda t=_transform, p=_point: t(np.sin, p),
        )


# what grad cannot look into, and what has no derivative
@dataclass
class _Line:
    slope: float


raises(
    TypeError,
    r"real numbers and arrays, got _Line .*; pass vars\(x\), a dict, for a dataclass x",
    lambda: ag.grad(lambda p: p.slope**2)(_Line(2.0)),
)
raises(
    TypeError,
    "got str 'tanh'; settings belong in another argument",
    lambda: ag.grad(lambda p: p["w"] ** 2)({"w": 2.0, "activation": "tanh"}),
)

# torch.autograd.grad
raises(TypeError, r"grad takes a function, got Tensor", lambda: ag.grad((x() ** 2).sum(), x()))

# backward() of what knows nothing of any parameter
for _lost in (
    lambda: Tensor(x().data).sum().backward(),
    lambda: x().detach().sum().backward(),
    lambda: np.sign(x()).sum().backward(),
    lambda: ag.grad(lambda w: (w * w).sum())(x()).sum().backward(),
):
    raises(
        RuntimeError,
        r"this one has no graph. no_grad\(\), .data, .detach\(\), comparisons, argmax, round, sign",
        _lost,
    )


def _without_gradients():
    with ag.no_grad():
        loss = (x() ** 2).sum()
    loss.backward()


raises(RuntimeError, r"this one has no graph. no_grad\(\), .data", _without_gradients)

# a column against a row
raises(
    ValueError,
    r"squared_error: shapes \(3, 1\) and \(3,\) must be equal; y.reshape\(\(3, 1\)\) may be meant",
    lambda: ag.squared_error(x().reshape(3, 1), np.ones(3)),
)


def _row_sums(axis, *shape):
    p = np.exp(Tensor(np.ones(shape), requires_grad=True))
    return p / p.sum(axis=axis)


raises(
    ValueError,
    r"shapes \(2, 3\), \(2,\): .* the second with keepdims=True, or \[..., None\], may be meant",
    lambda: _row_sums(1, 2, 3),
)
raises(
    ValueError,
    r"shapes \(4, 5, 6\), \(4, 6\): .*; the second with keepdims=True may be meant",
    lambda: _row_sums(1, 4, 5, 6),
)
raises(
    ValueError,
    r"add of shapes \(2, 3\) \(m\), \(3, 1\): .*; the second transposed, .T, may be meant",
    lambda: m() + np.ones((3, 1)),
)
raises(
    ValueError,
    r"matmul of shapes \(5, 3\), \(2, 3\) \(m\): .*; the second transposed, .T, may be meant",
    lambda: np.ones((5, 3)) @ m(),
)
raises(
    ValueError,
    r"matmul of shapes \(2, 3\) \(m\), \(2, 5\): .*; the first transposed, .T, may be meant",
    lambda: m() @ np.ones((2, 5)),
)
raises(ValueError, r"shapes \(3,\) \(x\), \(2,\): [^;]* \(2,\)$", lambda: x() * np.ones(2))
raises(ValueError, r"\(2, 3\) \(m\), \(4, 5\): [^;]*$", lambda: m() @ np.ones((4, 5)))
raises(ValueError, r"\(2, 3\) \(m\), \(5,\): [^;]*$", lambda: m() @ np.ones(5))


# math in an operation of one's own, whose name the error says
def _sine_of_floats():
    @ag.operation(x=lambda x: math.cos(x), name="sine_of_floats")
    def sine(x):
        return np.sin(x)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ag.grad(ag.grad(sine))(1.0)


raises(TypeError, r"sine_of_floats took float\(\) of the tensor", _sine_of_floats)

# code run without a module, as by exec
raises(
    TypeError,
    "would lose its gradient",
    lambda: exec("np.vectorize(lambda v: 2 * v)(x)", {"np": np, "x": x()}),
)

# x and y where a pair is wanted, and other arguments too many
_X, _Y = np.ones((4, 2)), np.ones((4, 1))
_SGD = nn.SGD(nn.Linear(2, 1, rng=0).parameters(), lr=0.1)
_PAIR = (
    r"positional argument too many; x and y are one argument, the pair \(x, y\), and options are "
)
for _form, _entry in (
    (
        r"fit\(model, data, loss, optimizer, epochs=...\) got 1 ",
        lambda *given: nn.fit(*given, epochs=1),
    ),
    (
        r"train\(model, data, loss, optimizer, epochs=...\) got 1 ",
        lambda *given: nn.train(*given, epochs=1),
    ),
    (r"lr_find\(model, data, loss, optimizer\) got 1 ", nn.lr_find),
    (r"health\(model, \(x, y\), loss\) got 1 ", lambda *given: nn.health(*given[:4])),
    (r"record\(model, batch\) got 1 ", lambda *given: nn.record(*given[:3])),
):
    raises(
        TypeError,
        _form + _PAIR + "given by name",
        lambda enter=_entry: enter(nn.Linear(2, 1, rng=0), _X, _Y, nn.MSELoss(), _SGD),
    )
raises(
    TypeError,
    r"check_by_hand\(loss, gradients\) got 1 positional argument too many; gradients are one dict "
    r"by parameter",
    lambda: ag.check_by_hand((x() * x()).sum(), x(), np.ones(3)),
)
raises(
    TypeError,
    r"check_grads\(function, arguments\) got 2 positional arguments too many; arguments are one "
    r"list, such as \[x, y\]",
    lambda: ag.check_grads(np.hypot, np.ones(3), np.ones(3), np.ones(3)),
)
raises(
    TypeError,
    r"jit\(function\) got 1 positional argument too many; its arguments come in a second call, "
    r"jit\(function\)\(x\)",
    lambda: ag.jit(np.sin, np.ones(3)),
)
raises(
    KeyError,
    r"check_by_hand: the loss was not computed from the leaf of shape \(3,\) that was given",
    lambda: ag.check_by_hand(x().sum(), {Tensor(np.ones(3), requires_grad=True): np.ones(3)}),
)
