"""Rows of the table of errors: flags, counts, choices, functions and arrays of the wrong type."""

from __future__ import annotations

import functools

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, Value
from autograd.array_nodes.axes import sizes_of
from autograd.settings import checked_choice, checked_number, checked_path

from .errors import m, raises, x
from .errors_of_settings import holds_itself

HUGE = 10**30
RAGGED = [[1.0, 2.0], [3.0]]
PAIR = (np.ones((4, 2)), np.ones((4, 1)))


def line():
    return nn.Linear(2, 1, rng=0)


def fit(**options):
    model = line()
    optimizer = nn.SGD(model.parameters(), 0.1)
    return nn.fit(model, PAIR, nn.MSELoss(), optimizer, **{"epochs": 1, **options})


def loss():
    return (x() ** 2).sum()


def stopping():
    return nn.EarlyStopping(3, monitor="loss")


# Switches
for _name, _use in {
    "requires_grad": lambda flag: Tensor([1.0], flag),
    "backward: create_graph": lambda flag: loss().backward(create_graph=flag),
    "backward: release": lambda flag: (Value(2.0) * 3).backward(release=flag),
    "sum: keepdims": lambda flag: m().sum(0, flag),
    "logsumexp: keepdims": lambda flag: ag.logsumexp(m(), 0, flag),
    "std: keepdims": lambda flag: np.std(m(), 0, keepdims=flag),
    "value_and_grad: has_aux": lambda flag: ag.grad(np.sin, 0, flag),
    "derive: numbers": lambda flag: ag.derive((w := x()).sum(), w, numbers=flag),
    "jit: fallback": lambda flag: ag.jit(np.sin, fallback=flag),
    "jit: flush_denormals": lambda flag: ag.jit(np.sin, flush_denormals=flag),
    "scan: reverse": lambda flag: ag.scan(lambda c, x: (c, x), 0.0, np.ones(3), reverse=flag),
    "train: mode": lambda flag: line().train(flag),
    "LayerNorm: gain": lambda flag: nn.LayerNorm(2, gain=flag),
    "LayerNorm: bias": lambda flag: nn.LayerNorm(2, bias=flag),
    "MultiHeadAttention: causal": lambda flag: nn.MultiHeadAttention(2, causal=flag),
    "attention: causal": lambda flag: nn.scaled_dot_product_attention(m(), m(), m(), causal=flag),
    "SGD: nesterov": lambda flag: nn.SGD([x()], 0.1, 0.9, nesterov=flag),
    "RMSProp: centered": lambda flag: nn.RMSProp([x()], centered=flag),
    "batches: shuffle": lambda flag: [*nn.data.batches(*PAIR, shuffle=flag)],
    "batches: drop_last": lambda flag: [*nn.data.batches(*PAIR, drop_last=flag)],
    "train_test_split: stratify": lambda flag: nn.data.train_test_split(*PAIR, stratify=flag),
    "trask: xor": nn.data.trask,
    "load_csv: header": lambda flag: nn.data.load_csv("a.csv", header=flag),
    "data: shuffle": lambda flag: fit(shuffle=flag),
    "data: drop_last": lambda flag: fit(drop_last=flag),
    "fit: jit": lambda flag: fit(jit=flag),
    "EarlyStopping: restore_best": lambda flag: nn.EarlyStopping(restore_best=flag),
    "History: interrupted": lambda flag: nn.History({}, flag),
    "load: strict": lambda flag: nn.load("a.npz", strict=flag),
    "sweep: largest": lambda flag: nn.Sweep(()).best(largest=flag),
    "Neuron: nonlin": lambda flag: nn.scalar.Neuron(2, flag),
}.items():
    for _bad in ("no", 2, 0.5, np.ones(2), [True]):
        raises(
            TypeError,
            f"{_name} is True or False, got {type(_bad).__name__}",
            functools.partial(_use, _bad),
        )

# Numbers from some least one, and counts
for _name, _use in {
    "check_grads: rtol": lambda n: ag.check_grads(np.sin, [1.0], rtol=n),
    "check_grads: atol": lambda n: ag.check_grads(np.sin, [1.0], atol=n),
    "check_by_hand: rtol": lambda n: ag.check_by_hand(loss(), {}, rtol=n),
}.items():
    for _bad in (None, "a", [1.0], True):
        raises(TypeError, f"{_name} is a number, got", functools.partial(_use, _bad))
    for _bad in (np.nan, -1.0):
        raises(ValueError, f"{_name} must be at least 0, got", functools.partial(_use, _bad))
raises(ValueError, "gain must be at least 0, got", lambda: nn.init.xavier_normal((2, 2), gain=-1))
raises(
    ValueError, "normal: std must be at least 0 and finite, got -1", lambda: nn.init.normal(0, -1)
)
raises(
    ValueError,
    "lr is a number, got an integer too large for a float",
    lambda: checked_number("lr", 10**400),
)
for _bad in (np.inf, np.nan):
    raises(
        ValueError,
        "uniform: low is not above high, both are finite, got",
        lambda bad=_bad: nn.init.uniform(0, bad),
    )
for _name, _use in {
    "constant: value": nn.init.constant,
    "normal: mean": nn.init.normal,
    "normal: std": lambda n: nn.init.normal(0, n),
    "constant: factor": nn.schedules.constant,
    "step: factor": lambda n: nn.schedules.step(1, n),
    "exponential: factor": nn.schedules.exponential,
    "cosine: floor": lambda n: nn.schedules.cosine(1, n),
    "warmup: start": lambda n: nn.schedules.warmup(1, start=n),
    "one_cycle: start": lambda n: nn.schedules.one_cycle(1, start=n),
    "one_cycle: end": lambda n: nn.schedules.one_cycle(1, end=n),
    "spirals: turns": lambda n: nn.data.spirals(turns=n),
}.items():
    for _bad in (np.nan, np.inf, -np.inf):
        raises(ValueError, f"{_name} must be .*finite, got", functools.partial(_use, _bad))
for _bad in (None, "a", [object()]):
    raises(TypeError, "Standardise: scale holds real", lambda b=_bad: nn.data.Standardise([1.0], b))
for _bad in (None, "a", 1.0):
    raises(ValueError, "Dataset: y is .*; give an array", lambda b=_bad: nn.data.Dataset([1.0], b))
for _name, _use in {
    "check_grads: seed": lambda n: ag.check_grads(np.sin, [1.0], seed=n),
    "text: lines": lambda n: ag.draw(loss()).text(n),
    "jit: check_every": lambda n: ag.jit(np.sin, check_every=n),
    "scan: length": lambda n: ag.scan(lambda c, x: (c, x), 0.0, length=n),
    "History: restored": lambda n: nn.History({}, restored=n),
}.items():
    for _bad in ("a", 1.5, [3], np.ones(2), holds_itself()):
        raises(
            TypeError, f"{_name} is an integer of at least 0, got", functools.partial(_use, _bad)
        )
    raises(ValueError, f"{_name} is an integer of at least 0, got -1", functools.partial(_use, -1))
for _use in (
    lambda: nn.Linear(HUGE, 2),
    lambda: nn.scalar.Neuron(HUGE),
    lambda: nn.data.moons(HUGE),
    lambda: nn.init.zeros((HUGE, 2)),
    lambda: nn.init.zeros((2**40, 2**40)),
    lambda: nn.functional.one_hot([0], HUGE),
    lambda: ag.special.multigammaln(Value(3.0), HUGE),
):
    raises(ValueError, "is an integer of [0-9]* bits, more than fits", _use)
for _use in (
    lambda: np.diagonal(m(), 1.5),
    lambda: np.trace(m(), "a"),
    lambda: np.round(m(), 1.5),
):
    raises(TypeError, "(a diagonal|decimals) is an integer, got", _use)
raises(
    TypeError, "np.repeat: repeats are integers, got float64", lambda: np.repeat(x(), [0.5, 1, 2])
)
raises(TypeError, "np.argsort: 'str' object cannot", lambda: np.argsort(x(), "a"))
raises(TypeError, "reshape: the sizes are integers such as -1, got", lambda: m().reshape("a"))
raises(TypeError, "broadcast_to: the sizes are integers", lambda: m().broadcast_to((2.5, 3)))
raises(
    ValueError,
    r"broadcast_to: the sizes must not be negative, got \(-1,\)",
    lambda: np.broadcast_to(Tensor(1.0, requires_grad=True), -1),
)
raises(
    ValueError,
    r"broadcast_to: the sizes must not be negative, got \(-1, 3\)",
    lambda: x().reshape(1, -1).broadcast_to((-1, 3)),
)
raises(
    TypeError, "Cannot cast .* 'safe'", lambda: x().astype(np.float32, casting="safe", order="C")
)
raises(TypeError, "zeros: the sizes are integers", lambda: sizes_of("zeros", [None]))
raises(TypeError, "transpose: the axes are integers, got 1.5", lambda: m().transpose(1.5))
raises(TypeError, "argmax: axis must be an integer, got 'a'", lambda: m().argmax("a"))
raises(ValueError, "argnums=.* does not fit", lambda: ag.grad(np.sin, 10**30)(1.0))
raises(ValueError, "argnums=.* does not fit", lambda: ag.hvp(np.sin, 1.0, 1.0, 10**30))

# Choices, names, functions, dtypes
for _name, _use in {
    "theme": lambda c: ag.draw(loss(), theme=c),
    "engine": lambda c: ag.draw(loss(), engine=c),
    "direction": lambda c: ag.draw(loss(), direction=c),
    "style": lambda c: ag.to_numpy_source(loss(), style=c),
    "form": lambda c: ag.derive((w := x()).sum(), w, form=c),
    "jacobian: mode": lambda c: ag.jacobian(np.sin, mode=c),
    "jit: backend": lambda c: ag.jit(np.sin, backend=c),
    "Linear: bias": lambda c: nn.Linear(2, 1, c),
    "mse_loss: reduction": lambda c: nn.functional.mse_loss(x(), np.ones(3), c),
    "EarlyStopping: mode": lambda c: nn.EarlyStopping(mode=c),
    "record: boundary": lambda c: nn.record(line(), PAIR, boundary=c),
}.items():
    for _bad in (None, "other", np.array(["auto", "mean"]), np.ones(2), 2):
        raises(ValueError, f"{_name} is .* or .*, got", functools.partial(_use, _bad))
raises(ValueError, 'side is "left" or True, got 0', lambda: checked_choice("side", 0, "left", True))


def _scope(name):
    with ag.scope(name):
        pass


def _watch(watcher):
    with ag.watch(watcher):
        pass


for _name, _use in {
    "scope: name": _scope,
    "operation: name": lambda s: ag.operation(name=s, x=1)(lambda x: x),
    "operation: symbol": lambda s: ag.operation(symbol=s, x=1)(lambda x: x),
    "EarlyStopping: monitor": lambda s: nn.EarlyStopping(monitor=s),
    "History: stopped": lambda s: nn.History({}, stopped=s),
    "sweep: key": lambda s: nn.sweep(lambda lr: {"loss": lr}, {"lr": [0.1]}).best(s),
    "Value: _op": lambda s: Value(1.0, (Value(2.0),), s),
}.items():
    for _bad in (3, ["a"], np.array(["a", "b"])):
        raises(TypeError, f"{_name} is a string, got", functools.partial(_use, _bad))
for _name, _use in {
    "checkpoint: what is computed again": ag.checkpoint,
    "watch: the watcher": _watch,
    "no_grad: what is decorated": lambda f: ag.no_grad()(f),
    "operation: what is decorated": lambda f: ag.operation(x=1)(f),
    "warmup: then": lambda f: nn.schedules.warmup(1, f),
}.items():
    for _bad in (3.0, "sin", np.ones(2)):
        raises(TypeError, f"{_name} is a .*, got", functools.partial(_use, _bad))
for _name, _use in {
    "Tensor: dtype": lambda d: Tensor([1.0], dtype=d),
    "astype": lambda d: x().astype(d),
    "zeros": lambda d: nn.init.zeros((2,), None, d),
    "normal": lambda d: nn.init.normal()((2,), None, d),
    "LayerNorm: dtype": lambda d: nn.LayerNorm(2, dtype=d),
    "the dtype of weights": lambda d: nn.Linear(2, 1, dtype=d),
    "one_hot": lambda d: nn.functional.one_hot([0], 2, d),
}.items():
    for _bad in (True, "text", "\ud800", ["a"], 1.5):
        raises(TypeError, f"{_name}: .* is no dtype; give one", functools.partial(_use, _bad))
raises(
    TypeError, "operation: check is a list with one sample", lambda: ag.operation(check=2.0, x=1)
)
raises(TypeError, "a tuple of Values, got float", lambda: Value(1.0, 2.0))
raises(TypeError, "a tuple of Values, got ndarray", lambda: Value(1.0, np.ones(2)))

# Files
for _name, _use in {
    "load_csv": nn.data.load_csv,
    "load_npz": nn.data.load_npz,
    "save": lambda p: ag.draw(loss()).save(p),
    "fit: checkpoint": lambda p: fit(checkpoint=p),
    "record: path": lambda p: nn.record(line(), PAIR, path=p),
    "play": lambda p: nn.record(line(), PAIR).recording.play(p),
    "load": nn.Recording.load,
}.items():
    for _bad in (3, b"a", ["a"], np.ones(2)):
        raises(TypeError, f"{_name} takes the name of a file, got", functools.partial(_use, _bad))
raises(ValueError, "load_npz: '' is no name of a file", lambda: nn.data.load_npz(""))
raises(ValueError, "load: .* is no name of a file", lambda: checked_path("load", "a\0b"))
raises(
    TypeError,
    "load_csv: a column.s name or its number is an integer",
    lambda: nn.data.load_csv("a.csv", None),
)
raises(TypeError, "load_csv: features are a list", lambda: nn.data.load_csv("a.csv", features="a"))
raises(
    TypeError, "a column.s name or its number is", lambda: nn.data.load_csv("a.csv", features=[1.5])
)
raises(TypeError, "load_csv: classes are a list of", lambda: nn.data.load_csv("a.csv", classes=3.0))

# Lists that are no array
for _name, _use in {
    "Tensor": Tensor,
    "gradient": lambda a: (x() * 2).backward(a),
    "add": lambda a: np.add(x(), a),
    "numbers": lambda a: line()(a),
    "hinge_loss": lambda a: nn.functional.hinge_loss(x(), a),
    "accuracy": lambda a: nn.metrics.accuracy(a, [0]),
    "index": lambda a: m()[a],
    "check_by_hand: the gradient of 'x'": lambda a: ag.check_by_hand(loss(), {"x": a}),
    "Linear: the state of 'weight'": lambda a: line().load_state_dict({"weight": a}),
    "attention: the mask": lambda a: nn.scaled_dot_product_attention(m(), m(), m(), mask=a),
    "Dataset: x": lambda a: nn.data.Dataset(a, [1.0]),
    "class_indices: labels": nn.data.class_indices,
    "record: loss": lambda a: nn.record(line(), PAIR).snap(a),
}.items():
    for _bad in (RAGGED, holds_itself()):
        raises(ValueError, f"{_name}: this list is no array", functools.partial(_use, _bad))
raises(ValueError, "nested lists of different lengths", lambda: ag.softmax([[1.0, 2.0], [3.0]]))
for _bad in ("a", [None], {}, 1j, np.array([1j])):
    raises(
        TypeError,
        "not supported by Tensor; use real numbers",
        lambda bad=_bad: Tensor(bad, dtype=float),
    )
raises(
    AttributeError,
    r"'Value' object has no attribute 'dtype'; a Value is one float; .*np\.stack\(values\)",
    lambda: np.quantile([Value(1.0), Value(2.0)], 0.5),
)
for _strange in (None, "a", [None]):
    raises(
        TypeError,
        rf"for divmod\(\): 'Value' and '{type(_strange).__name__}'",
        lambda other=_strange: divmod(Value(1.0), other),
    )
raises(
    TypeError,
    r"would lose its gradient, .* m \+ s \* rng\.normal\(size=n\) for rng\.normal\(m, s\)",
    lambda: np.random.default_rng(0).normal(x(), 1.0),
)
for _name, _use in {
    "multiply": lambda rows: ag.Tensor([1.0, 2.0], requires_grad=True) * rows,
    "add": lambda rows: rows + ag.Tensor([1.0, 2.0], requires_grad=True),
}.items():
    raises(
        ValueError,
        rf"{_name}: this list is no array, as rows in it differ in length",
        functools.partial(_use, [1.0, [2.0, 3.0]]),
    )
