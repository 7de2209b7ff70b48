"""Rows of the table of errors: states, copies, and wrong calls of operations."""

from __future__ import annotations

import copy
import functools
import pickle
import threading

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, Value, xp
from autograd.settings import checked_size

from .errors import AXIS, m, raises, row, x
from .errors_of_kinds import HUGE, PAIR, line, stopping
from .errors_of_settings import holds_itself

# States
for _bad in (None, 3, "loss"):
    raises(
        TypeError,
        "EarlyStopping: load_state_dict takes the dict",
        lambda bad=_bad: stopping().load_state_dict(bad),
    )
    raises(
        TypeError, "EarlyStopping: the row of an epoch", lambda bad=_bad: stopping().observe(bad)
    )
raises(
    ValueError,
    "EarlyStopping: the state has the entries",
    lambda: stopping().load_state_dict({"best": 1.0}),
)
for _key in ("best_epoch", "waited"):
    raises(
        TypeError,
        f"EarlyStopping: {_key} is an integer of at least 0",
        lambda key=_key: stopping().load_state_dict(stopping().state_dict() | {key: 1.5}),
    )
raises(
    TypeError,
    "EarlyStopping: best is a number, got str",
    lambda: stopping().load_state_dict(stopping().state_dict() | {"best": "a"}),
)
raises(TypeError, "loss is a number, got", lambda: stopping().observe({"epoch": 1, "loss": "a"}))
raises(ValueError, "epoch is an integer of at least 0", lambda: stopping().observe({"loss": 1.0}))
for _bad in (None, 3, "{", "[1]", holds_itself()):
    raises(ValueError, "this is not (a history|the text)", lambda b=_bad: nn.History.from_json(b))
raises(TypeError, "History: the columns are a mapping", lambda: nn.History([1.0]))
raises(TypeError, "History: loss is a number, got str", lambda: nn.History().append({"loss": "a"}))
raises(TypeError, "the index of a row is an integer", lambda: nn.History({"loss": [1.0]}).row("a"))
raises(IndexError, "there is no row 1 in 1 epochs", lambda: nn.History({"loss": [1.0]}).row(1))
raises(KeyError, r"no column \[\]", lambda: nn.History()[[]])
for _bad in ([None], [1.5], [True]):
    raises(
        TypeError,
        "jit: static holds positions and names",
        lambda bad=_bad: ag.jit(np.sin, static=bad),
    )

# Operations asked for what they have not
_MULTIPLY = ag.operations()["multiply"]
for _bad in (None, "x", 2, 10**30, [0]):
    for _ask in (_MULTIPLY.rule_of, _MULTIPLY.differentiable):
        raises(IndexError, "multiply has the inputs x, y, their", functools.partial(_ask, _bad))
for _bad in (None, [True, False], (True,), "xy", np.ones(2)):
    raises(
        TypeError,
        "multiply: tracked is a tuple with True or False",
        lambda bad=_bad: _MULTIPLY.plan(bad),
    )
for _bad in (None, 3, ["x"]):
    raises(
        TypeError,
        "operation 'f': rules are a mapping",
        lambda bad=_bad: ag.Op("f", np.sin, bad, elementwise=True),
    )
raises(TypeError, "operation 'f': forward is a", lambda: ag.Op("f", 3, {"x": 1}, elementwise=True))
for _bad in ("a", 1.5, (0, 0), HUGE, object()):
    raises(ValueError, "does not name one entry", lambda b=_bad: ag.why(v := x(), v.sum(), index=b))
raises(ValueError, "top must be positive", lambda: ag.why(v := x(), v.sum(), top=True))
for _bad in (holds_itself(), {"a": holds_itself()}):
    raises(
        ValueError,
        "jit: an argument holds itself, or is nested too deeply",
        lambda bad=_bad: ag.jit(np.sin)(bad),
    )
_deep: tuple = ()
for _ in range(5000):
    _deep = (_deep,)
raises(IndexError, "an index of tuples is nested too deeply", lambda: x()[_deep])
raises(ValueError, "MLP needs at least two sizes", lambda: nn.MLP(_deep))
raises(
    ValueError,
    "jit: a tuple that the function uses is nested too deeply",
    lambda deep=_deep: ag.jit(lambda x: x * len(deep))(1.0),
)
for _bad in ("a", [1.0], set(), object()):
    raises(
        TypeError,
        "sumprod: the bias is a number or a node",
        lambda bad=_bad: ag.sumprod([1.0], [Value(2.0)], bad),
    )
raises(
    TypeError,
    "the activation Linear cannot be made without arguments",
    lambda: nn.MLP([2, 2], output_activation=nn.Linear),
)
raises(
    TypeError,
    "a recorder is called with the Step of a training, got NoneType",
    lambda: nn.record(line(), PAIR)(None),
)

# Confusion of classes
for _taken, _right, _count in (([0, 2], [0, 1], 2), ([0, -1], [0, 1], None), ([0, 1], [0, 0.5], 2)):
    raises(
        ValueError,
        "confusion_matrix: classes are integers from 0",
        lambda a=_taken, b=_right, k=_count: nn.metrics.confusion_matrix(a, b, k),
    )
raises(
    ValueError,
    "confusion_matrix: classes=3, and there are scores of 2 classes",
    lambda: nn.metrics.confusion_matrix([[0.1, 0.9]], [1], 3),
)
raises(TypeError, "mse compares real numbers, got", lambda: nn.metrics.mse(["a"], ["a"]))
for _use in (
    lambda: xp.clip(3.0, 0.0),
    lambda: xp.max(None),
    lambda: xp.square(HUGE),
    lambda: xp.unstack({}.keys()),
):
    raises(TypeError, "xp.[a-z]*: expected tensors and numbers of the standard", _use)
for _use in (xp.abs, xp.asarray, lambda a: xp.result_type(a, a)):
    raises(
        ValueError,
        "a list that holds itself, or is nested too deeply, is no array",
        lambda use=_use: use(holds_itself()),
    )
for _bad in (np.ones(2), 0, "gpu", ["cpu"]):
    raises(ValueError, "device .* is not there", lambda bad=_bad: xp.zeros(2, device=bad))
    raises(ValueError, "tensors live on 'cpu' alone", lambda bad=_bad: x().to_device(bad))
for _bad in ("a", None, 1.5):
    raises(
        TypeError,
        "argsort: axis must be an integer",
        lambda bad=_bad: xp.argsort(m(), axis=bad, descending=True),
    )
    raises(
        TypeError,
        "cross: axis must be an integer",
        lambda bad=_bad: xp.linalg.cross(m(), m(), axis=bad),
    )
raises(AXIS, "cross: axis 0 is out of bounds", lambda: xp.linalg.cross(1.0, m(), axis=0))
raises(TypeError, "n is an integer, got str 'a'", lambda: checked_size("n", "a", None))

# Options that others have, and attributes that cannot be set
for _cure, _use in {
    "Softmax has no option 'dim'; use axis=": lambda: nn.Softmax(dim=1),
    "ReLU has no option 'inplace'; every result is a new array": lambda: nn.ReLU(inplace=True),
    "LeakyReLU has no option 'negative_slope'; use leak=": lambda: nn.LeakyReLU(negative_slope=0.1),
    "MLP has no option 'act'; use activation=": lambda: nn.MLP([2, 1], act="relu"),
    "Linear has no option 'act'; put a layer": lambda: nn.Linear(2, 1, act="relu"),
    "Linear has no option 'activation'; put a": lambda: nn.Linear(2, 1, activation="relu"),
    "Linear has no option 'use_bias'; use bias=": lambda: nn.Linear(2, 1, use_bias=False),
    "unexpected keyword argument 'learning_rate'": lambda: nn.Linear(2, 1, learning_rate=0.1),
    "Linear has no option 'device'; the CPU": lambda: nn.Linear(2, 1, device="cpu"),
    "MultiHeadAttention has no option 'num_heads'": lambda: nn.MultiHeadAttention(4, num_heads=2),
    "BCELoss has no option 'weight'": lambda: nn.BCELoss(weight=np.ones(2)),
    "Adam has no option 'learning_rate'; use lr=": lambda: nn.Adam([x()], learning_rate=0.1),
}.items():
    raises(TypeError, _cure, _use)
raises(TypeError, r"Tanh\(\) takes no arguments", lambda: nn.Tanh(3))
raises(AttributeError, "__signature__", lambda: nn.Tanh().__signature__)
raises(TypeError, "unexpected keyword argument 'colour'", lambda: nn.Linear(2, 1, colour="red"))


raises(AttributeError, r"use y = x.reshape\(shape\)", lambda: setattr(m() * 1, "shape", (3, 2)))


def _training():
    model = line()
    optimizer = nn.SGD(model.parameters(), 0.1)
    return nn.train(model, PAIR, nn.MSELoss(), optimizer, epochs=2)


for _copied in (copy.copy, copy.deepcopy, pickle.dumps):
    raises(
        TypeError,
        "a training cannot be copied or pickled; keep model",
        lambda copied=_copied: copied(_training()),
    )


def _left_elsewhere(block):
    found = []

    def leave():
        try:
            block.__exit__(None, None, None)
        except RuntimeError as error:
            found.append(error)

    block.__enter__()
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    block.__exit__(None, None, None)
    raise found[0]


raises(
    RuntimeError,
    "a block of 'recording' ends in another thread or task than it began in",
    lambda: _left_elsewhere(ag.no_grad()),
)


@row(RuntimeError, r"an array of shape \(3,\) was written into after multiply, .* c = Tensor\(c\)")
def _a_plain_array_written_into():
    c = np.ones(3)
    with ag.record_origins():
        y = x() * c
    c += 1.0
    y.sum().backward()


# --------------------------------------------------------------------------------------------------
# Buffers


def counted():
    """Return a module with a buffer."""
    module = nn.Module()
    module.register_buffer("count", np.zeros(2))
    return module


raises(
    ValueError,
    r"register_buffer takes the name of an attribute first, got 'a mean'",
    lambda: nn.Module().register_buffer("a mean", 1.0),
)
raises(
    ValueError,
    r"Linear has an attribute 'weight' already; register another name",
    lambda: nn.Linear(2, 3).register_buffer("weight", 1.0),
)
raises(
    ValueError,
    r"Module has an attribute 'forward' already; register another name",
    lambda: nn.Module().register_buffer("forward", 1.0),
)
raises(
    TypeError,
    r"Module: the buffer 'count' would hold a graph; give it numbers, such as x\.data",
    lambda: setattr(counted(), "count", Tensor([1.0], requires_grad=True) * 2),
)
raises(
    TypeError,
    r"Module: the buffer 'count' takes real numbers, got <U2",
    lambda: setattr(counted(), "count", "no"),
)
raises(
    ValueError,
    r"buffer 'count' of Module has shape \(2,\), the state has \(3,\); nothing was loaded",
    lambda: counted().load_state_dict({"count": np.zeros(3)}),
)


class Hidden(nn.Module):
    """Its weight is in a closure only."""

    def __init__(self) -> None:
        weight = Value(2.0)
        self.run = lambda x: weight * x
        self.weights = lambda: [weight]

    def parameters(self) -> list[Value]:
        return self.weights()


raises(
    ValueError,
    "1 of its parameters are in no attribute, .* keep them",
    lambda: Hidden().state_dict(),
)


def named_twice():
    both = nn.Module()
    both.parts = {"a.b": nn.Linear(2, 2, rng=0), "a": {"b": nn.Linear(2, 2, rng=1)}}
    return both


def counted_twice():
    both = nn.Module()
    both.parts = {1: counted(), "1": counted()}
    return both


for _use in (
    lambda: named_twice().state_dict(),
    lambda: named_twice().load_state_dict({}),
    lambda: nn.save("never-written.npz", named_twice()),
):
    raises(
        ValueError, r"two arrays of this Module are called 'parts\.a\.b\.weight'; of the keys", _use
    )
raises(
    ValueError,
    r"two arrays of this Module are called 'parts\.1\.count'; .*, and not both 1 and '1'",
    lambda: counted_twice().state_dict(),
)
for _method in ("modules", "parameters", "eval"):
    raises(
        TypeError,
        f"Module: {_method} is a method of all modules, and this list would take its place; choose",
        lambda method=_method: setattr(nn.Module(), method, [nn.Linear(2, 2, rng=0)]),
    )


def fitted(loss):
    model = line()
    return nn.fit(model, PAIR, loss, nn.SGD(model.parameters(), 0.1), epochs=1)


raises(
    TypeError,
    r"fit: the loss is a plain number, which has no gradient; .* not from its \.data",
    lambda: fitted(lambda prediction, target: np.mean((prediction.data - target) ** 2)),
)
