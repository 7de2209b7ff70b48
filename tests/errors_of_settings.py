"""Rows of the table of errors: settings, losses, shapes and lists that are of the wrong kind."""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.ma

import autograd as ag
import nn
from autograd import Tensor, Value, xp
from autograd.command_line import expression

from .errors import m, raises, x

_LINE = nn.Linear(2, 1, rng=0)
_SGD = nn.SGD(_LINE.parameters(), 0.1)
_PAIR = (np.ones((4, 2)), np.ones((4, 1)))
_HIDDEN = np.ma.masked_array([1.0, 2.0], mask=[True, False])


def holds_itself():
    rows = []
    rows.append(rows)
    return rows


def written_over(make):
    """Save a picture where a folder or a read-only file is."""
    with tempfile.TemporaryDirectory() as folder, mock.patch("os.access", return_value=False):
        path = Path(folder) / "graph.svg"
        make(path)
        ag.draw(x().sum()).save(path)


# Expressions of the command line that have no number, and files that cannot be written
for _text in ("9**9**9 * a", "1/0 + a", "tanh(a, a)", "abs() + a"):
    raises(
        ValueError,
        re.escape(f"{_text!r} cannot be computed: "),
        lambda text=_text: expression.parse(text, {"a": 1.0}),
    )
for _use in (
    lambda path: ag.draw(x().sum()).save(path + ".svg"),
    lambda path: ag.step_through(x().sum()).save(path + ".html"),
):
    raises(
        FileNotFoundError,
        "there is no folder .*nowhere; make it first",
        lambda use=_use: use(str(Path(__file__).parent / "nowhere" / "graph")),
    )

raises(
    IsADirectoryError,
    "graph.svg is a folder; give the name of a file in it",
    lambda: written_over(Path.mkdir),
)
raises(
    PermissionError,
    "graph.svg is read-only; change its permissions or its name",
    lambda: written_over(Path.touch),
)

# Functions that are none
for _use in (ag.jvp, lambda f, x, v: ag.vjp(f, *x), lambda f, x, v: ag.hvp(f, x[0], v[0])):
    raises(
        TypeError,
        "what is differentiated is a function, got float 3.0; hand over f itself",
        lambda use=_use: use(3.0, (1.0,), (1.0,)),
    )

# What is nested without end
for _use in (
    lambda: ag.grad(lambda p: p)(holds_itself()),
    lambda: ag.vjp(lambda p: p, holds_itself()),
    lambda: ag.check_grads(np.sin, [holds_itself()]),
):
    raises(ValueError, "lists, tuples and dicts are nested without end, or too deeply", _use)
for _use in (ag.leaky_relu, ag.log_softmax):
    raises(ValueError, "a list that holds itself", lambda use=_use: use(holds_itself()))
raises(ValueError, "exceed the maximum number of dimension", lambda: Tensor(holds_itself()))

# Lists that are none
for _name, _use in {
    "add_n": ag.add_n,
    "sumprod": lambda terms: ag.sumprod(terms, [1.0]),
}.items():
    for _terms in (None, 3, "12", {1.0: 2.0}, np.array(1.0), Tensor(1.0), Value(1.0)):
        raises(
            TypeError,
            f"{_name} takes a list of values and numbers, got {type(_terms).__name__}",
            lambda use=_use, terms=_terms: use(terms),
        )
    raises(TypeError, f"{_name}: masked entries would", lambda use=_use: use(_HIDDEN))
raises(
    TypeError,
    "check_grads: modes are a list of names, got int",
    lambda: ag.check_grads(np.sin, [1.0], modes=3),
)
raises(TypeError, "check_grads takes a function, got int", lambda: ag.check_grads(3, [1.0]))
raises(
    TypeError, "jit: static is a list of positions .*, got None", lambda: ag.jit(abs, static=None)
)
raises(TypeError, "jit: static is a list of positions .*, got 'n'", lambda: ag.jit(abs, static="n"))
raises(
    ValueError,
    "jit: static names the argument 'n', but <lambda> has the parameters x, m",
    lambda: ag.jit(lambda x, m: x, static=["n"]),
)
raises(TypeError, "expand is a list of module paths, got 3", lambda: ag.draw(x(), expand=3))
raises(
    TypeError,
    "expand is a list of module paths, got None",
    lambda: ag.step_through(x().sum(), expand=None),
)
raises(
    TypeError,
    "derive: expand is a list of labels, or True for all, got 3",
    lambda: ag.derive(*(lambda w: ((w * w).sum(), w))(x()), expand=3),
)
raises(
    TypeError,
    "draw_network: names are a list, one for each layer, got 3",
    lambda: nn.draw_network(_LINE, names=3).svg(),
)
for _inits in ("zeros", None, 3):
    raises(
        TypeError,
        f"compare_inits: the initialisers are {type(_inits).__name__} .*; give a list",
        lambda inits=_inits: nn.compare_inits([2, 1], inits, _PAIR[0]),
    )
raises(
    ValueError,
    "compare_inits: the batch is empty",
    lambda: nn.compare_inits([2, 1], ["zeros"], None),
)
for _classes in (3, "ab"):
    raises(
        TypeError,
        "class_indices: classes are a list of names, got",
        lambda classes=_classes: nn.data.class_indices(["a"], classes),
    )
raises(
    TypeError,
    "health: the losses of a history are numbers",
    lambda: nn.health(_LINE, _PAIR, nn.MSELoss(), history=["low"]),
)

# Numbers that are none
for _scale in (None, "1", 1j, np.ones(1), Value(1.0), Tensor(1.0, requires_grad=True)):
    for _loss in (ag.squared_error, ag.softmax_cross_entropy, ag.sigmoid_cross_entropy):
        raises(
            TypeError,
            f"{_loss.__name__}: the scale is a real number, got {type(_scale).__name__}",
            lambda loss=_loss, scale=_scale: loss(m(), np.ones((2, 3)), scale),
        )
for _argnums in (None, 0.0, True, "0"):
    raises(
        TypeError,
        f"hvp: argnums is the position of one argument, got {_argnums!r}",
        lambda argnums=_argnums: ag.hvp(np.sum, np.ones(2), np.ones(2), argnums),
    )
for _bad in (None, "0.5", 1j, True, [1.0], np.ones(2)):
    for _name, _use in {
        "circles: noise": lambda n: nn.data.circles(noise=n),
        "circles: factor": lambda n: nn.data.circles(factor=n),
        "spirals: turns": lambda n: nn.data.spirals(turns=n),
        "train_test_split: test": lambda n: nn.data.train_test_split(*_PAIR, test=n),
        "cosine: epochs": nn.schedules.cosine,
        "cosine: floor": lambda n: nn.schedules.cosine(3, n),
        "step: factor": lambda n: nn.schedules.step(1, n),
        "exponential: factor": nn.schedules.exponential,
        "warmup: start": lambda n: nn.schedules.warmup(1, start=n),
        "one_cycle: warm": lambda n: nn.schedules.one_cycle(1, n),
        "one_cycle: end": lambda n: nn.schedules.one_cycle(1, end=n),
        "ReduceOnPlateau: factor": nn.schedules.ReduceOnPlateau,
        "ReduceOnPlateau: floor": lambda n: nn.schedules.ReduceOnPlateau(floor=n),
        "binary_accuracy: threshold": lambda n: nn.metrics.binary_accuracy([1.0], [1.0], n),
        "LeakyReLU: leak": nn.LeakyReLU,
        "constant: value": nn.init.constant,
        "uniform: low": nn.init.uniform,
        "normal: std": lambda n: nn.init.normal(0.0, n),
        "xavier_normal: gain": lambda n: nn.init.xavier_normal((2, 2), gain=n),
        "he_uniform: leak": lambda n: nn.init.he_uniform((2, 2), leak=n),
        "orthogonal: gain": nn.init.orthogonal,
    }.items():
        raises(
            TypeError,
            f"{_name} is a number, got {type(_bad).__name__}",
            lambda use=_use, bad=_bad: use(bad),
        )
for _gain in (math.nan, math.inf):
    raises(
        ValueError,
        f"xavier_uniform: gain must be finite, got {_gain}; all weights would be",
        lambda gain=_gain: nn.init.xavier_uniform((2, 2), gain=gain),
    )
raises(
    TypeError,
    "top_k_accuracy: k is a positive integer, got NoneType None",
    lambda: nn.metrics.top_k_accuracy([[0.1, 0.9]], [1], None),
)

# Shapes that are none
for _shape in (None, "ab", 2.0, (2, 2.0), (True, 2), [None]):
    for _init in ("zeros", "ones", "unit_uniform", "centered_uniform", "he_normal"):
        raises(
            TypeError,
            f"{_init}: a shape is a tuple of integers, got",
            lambda name=_init, shape=_shape: getattr(nn.init, name)(shape),
        )
for _init in (nn.init.normal(), nn.init.uniform(), nn.init.constant(1.0), nn.init.orthogonal()):
    raises(
        ValueError,
        r"the sizes of a shape are at least 0, got \(2, -1\)",
        lambda init=_init: init((2, -1), None, float),
    )

# Losses, metrics and the like that are no functions
for _name, _use in {
    "evaluate": lambda loss: nn.evaluate(_LINE, _PAIR, loss),
    "health": lambda loss: nn.health(_LINE, _PAIR, loss),
    "lr_find": lambda loss: nn.lr_find(_LINE, _PAIR, loss, _SGD),
    "record": lambda loss: nn.record(_LINE, _PAIR, loss=loss),
    "draw_network": lambda loss: nn.draw_network(
        _LINE, batch=_PAIR[0], targets=_PAIR[1], loss=loss
    ).svg(),
    "compare_inits": lambda loss: nn.compare_inits(
        [2, 1], ["zeros"], _PAIR[0], targets=_PAIR[1], loss=loss
    ),
}.items():
    raises(
        TypeError,
        f"{_name}: the loss is str; give a function of prediction",
        lambda use=_use: use("mse"),
    )
    raises(
        TypeError,
        rf"{_name}: the loss is the class MSELoss; call it, MSELoss\(\)",
        lambda use=_use: use(nn.MSELoss),
    )
for _metrics in (None, 3):
    raises(
        TypeError,
        "metric .* is .*; give a function of prediction and target",
        lambda metrics=_metrics: nn.evaluate(_LINE, _PAIR, metrics=metrics),
    )
for _part in ("progress", "executor"):
    raises(
        TypeError,
        rf"sweep: {_part} is int; give a function of \(done, total, trial\) for progress, and",
        lambda part=_part: nn.sweep(float, {"x": [1.0]}, **{part: 3}),
    )

# Arrays that are none
for _use in (ag.sigmoid, ag.relu, ag.softplus, ag.leaky_relu):
    for _bad in (None, "a", object(), np.array([None])):
        raises(
            TypeError,
            f"{_use.__name__}: expected numbers, arrays or nodes, got {type(_bad).__name__}",
            lambda use=_use, bad=_bad: use(bad),
        )
for _use in (
    lambda g: ag.step_through(x().sum(), gradient=g),
    lambda g: ag.stepper(x().sum(), gradient=g),
):
    for _bad, _dtype in ((1j, "complex128"), ("a", "<U1"), (np.array(None, object), "object")):
        raises(
            TypeError,
            f"a gradient consists of real numbers, got an array of {_dtype}",
            lambda use=_use, bad=_bad: use(bad),
        )
raises(
    TypeError,
    "draw_dot: format is a name such as 'svg', got None",
    lambda: ag.draw_dot(x().sum(), format=None),
)
raises(
    TypeError,
    "hvp: the vector: masked entries would be",
    lambda: ag.hvp(lambda x: np.sum(x * x), np.ones(2), _HIDDEN),
)
raises(TypeError, "asarray: masked entries would be", lambda: xp.asarray(_HIDDEN))

# Steps, epochs and sizes that are None
for _walk in (lambda s: s.next(None), lambda s: s.back("a")):
    raises(
        TypeError,
        "Stepper: the number of steps is an integer such as 1, got",
        lambda walk=_walk: walk(ag.stepper(x().sum())),
    )
raises(
    TypeError, "History: the numbers of an epoch are a mapping", lambda: nn.History().append(None)
)
raises(TypeError, "reshape: the sizes are integers such as -1, got", lambda: x().reshape(None))
raises(TypeError, r"reshape: the sizes are integers .*got \(\)", lambda: x()[:1].reshape())
