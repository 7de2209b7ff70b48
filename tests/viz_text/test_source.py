"""The exported programs run, and agree with the engine."""

import numpy as np
import pytest
from hypothesis import given

import autograd as ag
import nn
from autograd import Tensor, Value, leaky_relu, relu, softmax
from autograd.viz.export.source import to_numpy_source, to_torch_source
from autograd.viz.graph.graph import collect

from .networks import chein, close, dense
from .test_derive import networks


def run(source, loss):
    """Run a program on the leaves of a graph; return the loss, the gradients, the arguments."""
    scope = {}
    exec(compile(source, "<export>", "exec"), scope)
    function = scope["loss_and_gradients"]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return function, names


def leaves(loss):
    """Return {variable: node or array} of everything a program may ask for."""
    found = {}
    for node in ag.topological_order(loss.node if isinstance(loss, Tensor) else loss):
        for x in node.inputs:
            if isinstance(x, ag.Node) and x.is_leaf:
                found[x.label] = x
    return found


def arguments(loss, names):
    known = leaves(loss)
    raw = [
        x
        for node in ag.topological_order(loss.node if isinstance(loss, Tensor) else loss)
        for x in node.inputs
        if isinstance(x, np.ndarray) and x.ndim
    ]
    by_name = {"X": next(iter(raw), None), "y": raw[-1] if raw else None}
    return [getattr(known[n], "data", None) if n in known else by_name[n] for n in names]


def check(loss, source):
    function, names = run(source, loss)
    value, gradients = function(*arguments(loss, names))
    assert float(value) == pytest.approx(float(loss.data), rel=1e-9, abs=1e-12)
    known = leaves(loss)
    wanted = {n for n in names if n in known and known[n].requires_grad}
    assert set(gradients) == wanted
    for name, g in gradients.items():
        close(np.asarray(g, float), np.asarray(known[name].grad, float))


@given(networks())
def test_numpy_program_of_a_network(options):
    loss, _ = dense(**options)
    loss.backward()
    check(loss, to_numpy_source(loss))


@pytest.mark.parametrize("loss", ["mse", "half", "fused", "softmax", "log_softmax"])
@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "leaky", "softplus", "rational"])
def test_torch_program_of_a_network(loss, columns, activation):
    pytest.importorskip("torch")
    total, _ = dense((3, 4, 2), 5, activation, loss, "vector", columns=columns)
    total.backward()
    check(total, to_torch_source(total))


def test_torch_program_is_python():
    loss, _ = chein()
    source = to_torch_source(loss)
    compile(source, "<export>", "exec")
    assert "O_100 = torch.sigmoid(Z_100)" in source
    assert "L.backward()" in source


def test_numpy_program_reads_like_the_text_a12():
    loss, _ = chein()
    source = to_numpy_source(loss)
    for line in (
        "Z_99 = O_98 @ W_99",
        "d_O_100 = O_100 - y",
        "d_Z_100 = d_O_100 * (O_100 * (1 - O_100))",
        "d_O_99 = d_Z_100 @ W_100.T",
        "d_W_99 = O_98.T @ d_Z_99",
    ):
        assert f"    {line}\n" in source
    loss.backward()
    check(loss, source)


def test_values_become_a_program_of_numbers():
    a, b = Value(0.5, label="a"), Value(-2.0, label="b")
    loss = (a * b + a).tanh() ** 2 + relu(b * b) / a
    loss.backward()
    check(loss, to_numpy_source(loss))


def test_labels_become_names():
    x = Tensor([1.0, 2.0], True, label="layers.0.weight")
    y = Tensor([1.0, 3.0], True, label="lambda")
    source = to_numpy_source((x * y).sum())
    assert "def loss_and_gradients(W1, v_lambda):\n    # W1 is layers.0.weight\n" in source


def test_indexing_and_joining():
    x = Tensor(np.arange(6.0).reshape(2, 3), True, label="x")
    loss = (np.concatenate([x[:, 1:], x[:, :1]], axis=1)[1] ** 2).sum() + x.reshape(3, 2)[0, 1]
    loss.backward()
    check(loss, to_numpy_source(loss))


def test_errors_name_the_operation():
    x = Tensor(np.eye(2), True, label="x")
    with pytest.raises(TypeError, match="no words for qr in numpy source"):
        to_numpy_source(np.linalg.qr(x)[1].sum())
    with pytest.raises(TypeError, match="no words for qr in torch source"):
        to_torch_source(np.linalg.qr(x)[1].sum())
    with pytest.raises(ValueError, match="starts from a computed single number"):
        to_numpy_source(x)
    y = x
    for _ in range(5001):
        y = y + 1.0
    with pytest.raises(ValueError, match="too long to read"):
        to_numpy_source(y.sum())


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky", "softplus"])
@pytest.mark.parametrize("bias", ["none", "vector", "row", "linear"])
@pytest.mark.parametrize("loss", ["half", "mse", "fused", "softmax", "log_softmax"])
def test_loop_over_the_layers_a12(activation, bias, loss):
    total, parameters = dense((3, 4, 5, 2), 6, activation, loss, bias)
    total.backward()
    source = to_numpy_source(total, style="loop")
    function, names = run(source, total)
    weights = [p for p in parameters if p.label.startswith("W")]
    biases = [p for p in parameters if p.label.startswith("b")]
    lists = {"weights": [w.data for w in weights], "biases": [b.data for b in biases]}
    known = arguments(total, [n for n in names if n not in lists])
    value, *gradients = function(*known, *(lists[n] for n in names if n in lists))
    assert float(value) == pytest.approx(total.item())
    for found, p in zip([g for gs in gradients for g in gs], weights + biases, strict=True):
        close(found, p.grad)


def test_loop_of_the_text_a12():
    loss, weights = chein()
    loss.backward()
    source = to_numpy_source(loss, style="loop")
    assert "        d = d * (outputs[i + 1] * (1 - outputs[i + 1]))\n" in source
    function, names = run(source, loss)
    assert names == ("O_95", "y", "weights")
    known = leaves(loss)
    lists = [w.data for w in weights.values()]
    _, gradients = function(known["O_95"].data, known["y"].data, lists)
    for g, w in zip(gradients, weights.values(), strict=True):
        close(g, w.grad)


def test_loop_refuses_what_is_no_chain():
    x = Tensor(np.ones((2, 2)), True, label="x")
    with pytest.raises(ValueError, match=r"chain of equal layers: fewer than two were found"):
        to_numpy_source((x * x).sum(), style="loop")
    with pytest.raises(ValueError, match='style is "lines" or "loop"'):
        to_numpy_source((x * x).sum(), style="circle")


def on_names(loss, source):
    """Run a program on the arrays that go by its arguments' names, and compare the gradients."""
    function, names = run(source, loss)
    graph = collect(loss)
    known = {graph.name(i): i for i in range(len(graph))}
    value, gradients = function(*[np.array(graph.data(known[n])) for n in names])
    assert float(value) == pytest.approx(float(loss.data), rel=1e-9, abs=1e-12)
    assert gradients
    for name, g in gradients.items():
        close(np.asarray(g, float), np.asarray(graph.grad(known[name]), float))


NUMPY_AND_TORCH = pytest.mark.parametrize("export", [to_numpy_source, to_torch_source])


@NUMPY_AND_TORCH
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus", "leaky_relu"])
@pytest.mark.parametrize("kind", ["mse", "cross_entropy", "normalised"])
def test_programs_of_modules_agree(export, activation, kind):
    if export is to_torch_source:
        pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    layers = [nn.Linear(3, 4, rng=0), *([nn.LayerNorm(4)] if kind == "normalised" else [])]
    function = getattr(ag, activation, None) or getattr(np, activation)
    h = nn.Sequential(*layers)(rng.normal(size=(5, 3)))
    out = nn.Linear(4, 2, rng=1)(function(h))
    if kind == "cross_entropy":
        loss = ag.softmax_cross_entropy(out, np.eye(2)[[0, 1, 1, 0, 1]], 1 / 5)
    else:
        loss = ((out - rng.normal(size=(5, 2))) ** 2).mean()
    loss.backward()
    on_names(loss, export(loss))


@NUMPY_AND_TORCH
@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x.var(axis=0).sum() + x.std() + (x.std(axis=1, ddof=1) ** 2).sum(),
        lambda x, y: (
            np.std(x, axis=0, where=x.data > -1).sum() + np.var(x, where=x.data < 1) * y[0]
        ),
        lambda x, y: np.vecdot(x, x).sum() + (np.linalg.vecdot(x, y) ** 2).sum(),
        lambda x, y: (np.arctan2(x, y) * np.hypot(x, y)).sum(),
        lambda x, y: np.cumsum(x, axis=0)[1].sum() + ag.logsumexp(x, axis=1).sum(),
        lambda x, y: np.einsum("ij,j->i", x, y).sum() ** 2,
        lambda x, y: ag.logsumexp(x) * np.fmax(x, y).sum(),
        lambda x, y: (np.insert(x, [1, 3], x[:2] * y, axis=0) ** 2)[1:].sum(),
        lambda x, y: (np.insert(x, 2, x[:, 0] * y[0], axis=1) ** 2)[:, 1:].sum(),
        lambda x, y: (np.maximum(x, 0.5) * np.minimum(np.hypot(2.0, x), np.inf)).sum(),
        lambda x, y: (np.arctan2(1.0, x) * np.fmax(-0.5, x)).sum() + np.copysign(x, 1.0).sum(),
        lambda x, y: (np.clip(x, y, 1.0) * np.clip(x, -1.0, 0.5)).sum(),
        lambda x, y: (x[np.array([[0, 2], [3, 3]]), 1] ** 2).sum() + x[x.data > 9.0].sum() * y[0],
        lambda x, y: (x[x.data > 0] ** 2).sum() + (x.reshape(2, 2, 3)[1, :, [0, 2]] ** 2)[0].sum(),
    ],
)
def test_programs_of_operations_agree(export, function):
    if export is to_torch_source:
        pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    x = Tensor(rng.normal(size=(4, 3)), True, label="x")
    loss = function(x, Tensor(rng.normal(size=3), True, label="y"))
    loss.backward()
    on_names(loss, export(loss))


@NUMPY_AND_TORCH
def test_programs_assign(export):
    a = Tensor([1.0, 2.0, 3.0], True, label="a")
    y = a * 2
    y[0] = a[1] ** 2
    y[[1, 2]] += 1.0
    loss = (y * y).sum()
    loss.backward()
    source = export(loss)
    assert "def assign(x, value, index):" in source
    if export is to_torch_source:
        pytest.importorskip("torch")
    on_names(loss, source)


def test_what_pytorch_understands_otherwise_is_not_written():
    x = Tensor(np.arange(6.0).reshape(2, 3) / 7, True, label="x")
    twice = x * 1.0
    twice[np.array([0, 0])] = x
    for y in (
        np.max(x, axis=()),
        np.prod(x, axis=(0, 1)),
        softmax(x, axis=(0, 1)),
        softmax(x, axis=None),
        x[::-1],
        twice,
        leaky_relu(x - 0.5, Tensor(0.1, True, label="leak")),
    ):
        with pytest.raises(TypeError, match=r"no words for .* in torch source"):
            to_torch_source((y * y).sum())


def test_labels_become_variables_of_a_loop():
    x = Tensor(np.ones((2, 3)), label="my data!")
    w = Tensor(np.ones((3, 2)), True, label="a b")
    v = Tensor(np.ones((2, 1)), True, label="class")
    loss = (ag.sigmoid(ag.sigmoid(x @ w) @ v) ** 2).sum()
    source = to_numpy_source(loss, style="loop")
    assert "def loss_and_gradients(my_data_, weights):" in source
    compile(source, "<export>", "exec")


def test_an_operand_without_a_derivative_is_an_argument():
    x = Tensor([1.5, -2.0], True, label="x")
    loss = np.copysign(x, x[::-1]).sum()
    loss.backward()
    on_names(loss, to_numpy_source(loss))


@pytest.mark.parametrize("export", [to_numpy_source, to_torch_source])
def test_arrays_without_a_name_are_told_by_their_shape(export):
    model = nn.MLP([2, 3], rng=0)
    source = export(nn.CrossEntropyLoss()(model(np.ones((4, 2))), [0, 2, 1, 0]))
    assert "    # X has the shape (4, 2)\n    # y has the shape (4, 3)\n" in source


def _assigned_to_a_number(x):
    y = x.sum() * 2
    y[...] = x[0, 0]
    return y * x[1, 1]


@NUMPY_AND_TORCH
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[0].sum() - np.conjugate(x - 2 * x[0]).sum() * np.conjugate(x + 1)[0, 0],
        lambda x: (np.pad(x, 1, constant_values=0.25) ** 2).sum(),
        lambda x: (1 / np.pad(x, 1, constant_values=-np.inf)).sum(),
        lambda x: np.linalg.norm(x, ord=np.float64(3), axis=1).sum(),
        _assigned_to_a_number,
    ],
    ids=["conjugate", "pad", "pad-infinity", "norm", "assign-0d"],
)
def test_programs_of_numbers_and_signs(export, function):
    if export is to_torch_source:
        pytest.importorskip("torch")
    x = Tensor(np.arange(1.0, 7.0).reshape(2, 3) / 4, True, label="x")
    loss = function(x)
    loss.backward()
    on_names(loss, export(loss))


@NUMPY_AND_TORCH
@pytest.mark.parametrize("labels", [("float", "slice"), ("ﬁ", "fi")])
def test_labels_that_a_program_means_something_by(export, labels):
    if export is to_torch_source:
        pytest.importorskip("torch")
    a, b = (Tensor([1.0, 2.0, 3.0], True, label=label) for label in labels)
    c = a * b
    c[1:] = np.minimum(b[1:], np.inf)
    loss = (c * b).sum()
    loss.backward()
    function, _ = run(export(loss), loss)
    value, gradients = function(a.data, b.data)
    assert value == pytest.approx(loss.item())
    for found, x in zip(gradients.values(), (a, b), strict=True):
        close(found, x.grad)
