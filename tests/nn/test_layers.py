"""Layers: the three forms of bias, shapes, activations, chains, and their errors."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn import (
    MLP,
    Flatten,
    Identity,
    LeakyReLU,
    Linear,
    LogSoftmax,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)

X = np.random.default_rng(0).normal(size=(5, 3))


def test_linear_is_x_w_plus_b():
    layer = Linear(3, 2, rng=0)
    layer.bias.data = [1.0, 2.0]
    assert np.allclose(layer(X).data, X @ layer.weight.data + layer.bias.data, rtol=1e-15)
    assert layer.weight.shape == (3, 2)
    assert layer.bias.shape == (2,)


def test_linear_without_bias():
    layer = Linear(3, 2, bias=False, rng=0)
    assert layer.bias is None
    assert np.allclose(layer(X).data, X @ layer.weight.data, rtol=1e-15)
    assert len(layer.parameters()) == 1


@pytest.mark.parametrize("n", [1, 3, 32])
def test_bias_as_vector_and_as_column_give_equal_gradients(n):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(n, 5)), rng.normal(size=(n, 2))
    vector = MLP([5, 4, 2], "sigmoid", rng=3)
    column = MLP([5, 4, 2], "sigmoid", bias="column", rng=3)
    for a, b in zip(vector.layers, column.layers, strict=True):
        if isinstance(a, Linear):
            a.bias.data = rng.normal(size=a.bias.shape)
            b.weight.data = np.vstack([a.weight.data, a.bias.data])
    losses = [nn.functional.half_squared_error(m(x), y, "sum") for m in (vector, column)]
    assert np.isclose(losses[0].item(), losses[1].item(), rtol=1e-14)
    for loss in losses:
        loss.backward()
    for a, b in zip(vector.layers, column.layers, strict=True):
        if isinstance(a, Linear):
            both = np.vstack([a.weight.grad, a.bias.grad])
            assert np.allclose(both, b.weight.grad, rtol=1e-12, atol=1e-15)


def test_bias_units_are_not_fed_from_the_previous_layer():
    model = MLP([2, 3, 1], "tanh", bias="column", rng=0)
    assert [p.shape for p in model.parameters()] == [(3, 3), (4, 1)]
    assert not model.layers[0].weight.data[-1].any()


def test_gradients_without_bias_agree_with_a_bias_of_zero():
    with_bias, without = Linear(3, 2, rng=5), Linear(3, 2, bias=False, rng=5)
    for layer in (with_bias, without):
        (layer(X) ** 2).sum().backward()
    assert np.allclose(with_bias.weight.grad, without.weight.grad, rtol=1e-13)


@pytest.mark.parametrize("bias", [True, False, "column"])
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3)])
def test_any_leading_axes(bias, shape):
    layer = Linear(3, 2, bias=bias, rng=0)
    x = Tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)
    y = layer(x)
    assert y.shape == (*shape[:-1], 2)
    y.sum().backward()
    assert x.grad.shape == shape
    assert np.allclose(x.grad, layer.weight.data[:3].sum(1))


def test_inputs_may_be_lists_and_values():
    layer = Linear(2, 1, init="ones")
    a = Value(3.0)
    layer([a, 4.0]).sum().backward()
    assert a.grad == 1.0
    assert layer([[1, 2], [3, 4]]).data.tolist() == [[3.0], [7.0]]


def test_dtype():
    layer = Linear(3, 2, dtype=np.float32)
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    assert layer(X.astype(np.float32)).dtype == np.float32
    assert Linear(3, 2, "column", dtype=np.float32)(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 3, 1), r"its last axis has 1, not 3; put nn.Flatten\(\) before the layer"),
        (
            (5, 2),
            r"Linear \(3 -> 4\) got x of shape \(5, 2\): its last axis has 2, not 3; give rows",
        ),
        ((1, 5, 2), r"its last axis has 2, not 3; .* or make the layer Linear\(2, 4\)"),
        ((3, 7), "rows are samples, so transpose it"),
        ((), "it is a single number, not 3; give rows of 3 numbers"),
    ],
)
def test_wrong_width(shape, message):
    with pytest.raises(ValueError, match=message):
        Linear(3, 4)(np.ones(shape))


def test_wrong_width_names_the_layer_by_its_path():
    model = Sequential(Linear(3, 4), Linear(5, 1))
    with pytest.raises(ValueError, match=r"Linear 'layers.1' \(5 -> 1\) got x of shape \(2, 4\)"):
        model(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 2), ValueError, "in_features is a positive integer, got 0"),
        ((2, 1.5), TypeError, "out_features is a positive integer, got float 1.5"),
        ((True, 2), TypeError, "in_features is a positive integer, got bool True"),
        ((2, 2, "row"), ValueError, "bias is True, False or \"column\", got 'row'"),
    ],
)
def test_linear_checks_its_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        Linear(*arguments)


# ------------------------------------------------------------------------------------------------
# Activations


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (ReLU(), lambda x: np.maximum(x, 0)),
        (LeakyReLU(0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
        (Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (Tanh(), np.tanh),
        (Softplus(), lambda x: np.log(1 + np.exp(x))),
        (Softmax(), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
        (Softmax(0), lambda x: np.exp(x) / np.exp(x).sum(0, keepdims=True)),
        (LogSoftmax(), lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True))),
        (Identity(), lambda x: x),
    ],
)
def test_activations(module, function):
    assert np.allclose(module(X), function(X), rtol=1e-14)
    assert np.allclose(module(Tensor(X, requires_grad=True)).data, function(X), rtol=1e-14)


def test_flatten():
    x = Tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    assert Flatten()(x).shape == (2, 12)
    assert Flatten()(np.ones((0, 3, 4))).shape == (0, 12)
    assert Flatten()(X).shape == X.shape
    assert Flatten()([1.0, 2.0]).shape == (2,)


# ------------------------------------------------------------------------------------------------
# Chains


def test_sequential_of_modules_and_functions():
    model = Sequential(Linear(3, 2, init="ones"), np.tanh, ReLU())
    assert len(model) == 3
    assert list(model) == model.layers
    assert model[1] is np.tanh
    assert model[-1] is model.layers[2]
    assert type(model[:2]) is Sequential
    assert len(model[:2]) == 2
    assert np.allclose(model(X).data, np.maximum(np.tanh(X.sum(1, keepdims=True)), 0))
    assert Sequential()(X) is X


@pytest.mark.parametrize("wrong", [[ReLU()], 3, ReLU])
def test_sequential_refuses_what_is_no_layer(wrong):
    with pytest.raises(TypeError, match=r"layer 1 is .* is neither a module nor a function"):
        Sequential(ReLU(), wrong)


def test_mlp_structure_and_default_initialisers():
    model = MLP([100, 200, 50, 10], rng=0)
    assert [type(m).__name__ for m in model] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    bounds = [np.sqrt(6 / 100), np.sqrt(6 / 200), np.sqrt(6 / 60)]
    for layer, bound in zip(model.layers[::2], bounds, strict=True):
        assert 0.95 * bound < np.abs(layer.weight.data).max() <= bound
        assert not layer.bias.data.any()
    smooth = MLP([100, 200, 10], np.tanh, rng=0)
    assert np.abs(smooth.layers[0].weight.data).max() <= np.sqrt(6 / 300)
    kink = MLP([100, 200, 10], nn.functional.relu, rng=0)
    assert np.abs(kink.layers[0].weight.data).max() > np.sqrt(6 / 300)


def test_mlp_same_seed_same_weights_and_layers_differ():
    a, b = MLP([3, 3, 3], rng=1), MLP([3, 3, 3], rng=np.random.default_rng(1))
    assert all(
        np.array_equal(p.data, q.data) for p, q in zip(a.parameters(), b.parameters(), strict=True)
    )
    assert not np.array_equal(a.layers[0].weight.data, a.layers[2].weight.data)


@pytest.mark.parametrize("activation", ["tanh", Tanh, Tanh(), np.tanh])
def test_mlp_activations_in_every_form(activation):
    model = MLP([3, 4, 2], activation, output_activation=activation, rng=0)
    weights = [p.data for p in model.parameters()]
    hidden = np.tanh(X @ weights[0] + weights[1])
    assert np.allclose(model(X).data, np.tanh(hidden @ weights[2] + weights[3]))


def test_every_layer_gets_its_own_copy_of_an_activation():
    activation = LeakyReLU(0.2)
    model = MLP([2, 2, 2, 2], activation)
    assert model.layers[1] is not model.layers[3]
    assert model.layers[3].leak == 0.2


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: MLP([2]), ValueError, r"at least two sizes, such as \[2, 16, 1\], got \[2\]"),
        (lambda: MLP([2, 2, 2], "rleu"), ValueError, "no activation 'rleu'; there are relu, leaky"),
        (lambda: MLP([2, 2, 2], 3), TypeError, "a name, a module or a function, got int 3"),
    ],
)
def test_mlp_checks_its_arguments(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_d5_the_network_of_the_second_article():
    model = MLP([3, 3, 3, 3], activation="relu")
    model.layers[3] = Sigmoid()
    weights = [
        [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
        [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
        [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
    ]
    for layer, w in zip(model.layers[::2], weights, strict=True):
        layer.weight.data = w
        layer.bias.data = np.ones(3)
    logits = model([[0.1, 0.2, 0.7]])
    softmax = autograd.softmax(logits).data
    assert np.allclose(softmax, [[0.1984468942, 0.2853555304, 0.5161975753]], atol=1e-10)
    loss = nn.functional.cross_entropy(logits, [0])
    assert np.isclose(loss.item(), 1.6172337500, atol=1e-10)
    loss.backward()
    assert np.allclose(
        model.layers[0].weight.grad[2], [0.0050727134, 0.0076571379, 0.0129510203], atol=1e-10
    )


def test_the_linked_network_of_eleven_lines():
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0.0], [0.0], [1.0], [1.0]])
    rng = np.random.RandomState(1)
    layer = Linear(3, 1, bias=False, init="centered_uniform", rng=rng)
    model = Sequential(layer, Sigmoid())
    optimizer = nn.SGD(model.parameters(), lr=1.0)
    for _ in range(10_000):
        optimizer.zero_grad()
        nn.functional.half_squared_error(model(x), y, "sum").backward()
        optimizer.step()
    # the linked page's last forward pass is one update older than the weights
    expected = [0.00966449, 0.00786506, 0.99358898, 0.99211957]
    assert np.allclose(model(x).data.ravel(), expected, atol=2e-6)


@pytest.mark.parametrize("sizes", [3, None, "abc"])
def test_sizes_of_a_network_are_a_list(sizes):
    with pytest.raises(TypeError, match=r"such as MLP\(\[2, 16, 1\]\), got .* nn\.scalar\.MLP"):
        nn.MLP(sizes)


def test_repr_names_the_functions_of_a_chain_in_their_places():
    inner = Sequential(np.abs, Linear(2, 3), np.sin, Linear(3, 2))
    model = Sequential(inner, lambda x: x, ReLU(), np.tanh)
    rows = [line.split()[:3] for line in repr(model).splitlines()[1:]]
    assert [" ".join(row[:3] if row[1] == "function" else row[:2]) for row in rows] == [
        "layers.0 Sequential",
        "layers.0.layers.0 function absolute",
        "layers.0.layers.1 Linear(2",
        "layers.0.layers.2 function sin",
        "layers.0.layers.3 Linear(3",
        "layers.1 function <lambda>",
        "layers.2 ReLU",
        "layers.3 function tanh",
    ]
    assert "layers.1  function tanh" in repr(MLP([2, 3, 1], np.tanh))


def test_a_layer_that_is_not_there_is_told_with_the_number_of_layers():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    assert model[-1] is model.layers[1]
    with pytest.raises(IndexError, match="Sequential of 2 layers has no layer 7; give an integer"):
        model[7]
    with pytest.raises(TypeError, match="Sequential of 2 layers has no layer 'relu'; give"):
        model["relu"]
