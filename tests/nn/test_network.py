"""draw_network: what it shows is what the layers compute, and the model stays as it was."""

import random

import numpy as np
import pytest

import nn
from tests.seeds.networks import (
    CHEIN_UNITS,
    JAY_X,
    JAY_Y,
    chein_forward,
    dense_backward,
    dense_forward,
    half_squares,
    loop_backward,
    same,
    softmax_rows,
)

from .networks import chein, jay, small, written

# --------------------------------------------------------------------------------------------------
# Numbers


def test_all_numbers_of_the_network_of_the_first_seed():
    model, weights, x, y = chein()
    shown = nn.draw_network(model, x, targets=y, loss=nn.HalfSquaredError("sum")).network
    zs, outputs = chein_forward(weights, x)
    assert shown.n == 8
    assert shown.loss == pytest.approx(half_squares(outputs[-1], y))
    assert [layer.units for layer in shown.layers] == list(CHEIN_UNITS)
    same(shown.layers[0].o, x)
    deltas = loop_backward(weights, outputs, y)
    d = outputs[-1] - y
    for k in range(5, 0, -1):
        layer = shown.layers[k]
        same(layer.weight, weights[k - 1])
        same(layer.z, zs[k - 1])
        same(layer.o, outputs[k])
        same(layer.weight_grad, deltas[k - 1])
        same(layer.o_grad, d)
        upstream = d * outputs[k] * (1 - outputs[k])
        same(layer.z_grad, upstream)
        d = upstream @ weights[k - 1].T
        assert layer.activation == "σ"
        assert layer.bias is None
    same(shown.layers[0].o_grad, d)


def test_all_numbers_of_the_network_of_the_fourth_seed():
    shown = nn.draw_network(
        jay(), JAY_X, targets=JAY_Y, loss=lambda o, y: -(y * np.log(o)).sum()
    ).network
    assert shown.loss == pytest.approx(1.6172337500)
    same(shown.layers[1].z, [[1.35, 1.27, 1.8]])
    same(shown.layers[2].z, [[2.731, 2.76, 4.004]])
    same(shown.layers[3].o, [[0.1984468942, 0.2853555304, 0.5161975753]], 1e-9)
    same(shown.layers[3].bias_grad, [-0.8015531058, 0.2853555304, 0.5161975753], 1e-9)
    same(shown.layers[1].weight_grad[0], [0.0007246733, 0.0010938768, 0.0018501458], 1e-6)
    assert [x.activation for x in shown.layers] == ["", "ReLU", "σ", "softmax"]


class ByHand(nn.Module):
    """Products, sums and functions without a layer of nn."""

    def __init__(self, params):
        self.w1, self.b1, self.w2, self.b2 = map(nn.Parameter, params)

    def forward(self, x):
        return np.tanh(x @ self.w1 + self.b1) @ self.w2 + self.b2


def test_layers_written_by_hand_are_found_in_the_graph():
    rng = np.random.default_rng(3)
    params = [rng.normal(size=s) for s in ((4, 3), (3,), (3, 2), (2,))]
    x, y = rng.normal(size=(5, 4)), np.eye(2)[[0, 1, 1, 0, 1]]
    loss = nn.CrossEntropyLoss("sum")
    shown = nn.draw_network(ByHand(params), x, targets=y, loss=loss).network
    zs, outputs = dense_forward(params, x, np.tanh)
    grads = dense_backward(params, zs, outputs, y, lambda z: 1 - np.tanh(z) ** 2)
    for k in (1, 2):
        layer = shown.layers[k]
        same(layer.z, zs[k - 1])
        same(layer.weight_grad, grads[2 * k - 2])
        same(layer.bias_grad, grads[2 * k - 1])
    same(shown.layers[2].z_grad, softmax_rows(zs[-1]) - y)
    assert shown.layers[1].activation == "tanh"


def test_bias_as_a_row_equals_bias_as_a_vector():
    x = np.random.default_rng(0).normal(size=(6, 5))
    row = nn.MLP([5, 3, 2], "tanh", bias="column", rng=0)
    vector = nn.MLP([5, 3, 2], "tanh", rng=0)
    for a, b in zip(row.layers[::2], vector.layers[::2], strict=True):
        a.weight.data = np.vstack([b.weight.data, np.full(b.out_features, 0.3)])
        b.bias.data = np.full(b.out_features, 0.3)
    pair = [nn.draw_network(m, x, loss=lambda o: (o * o).sum()).network for m in (row, vector)]
    for a, b in zip(*(p.layers[1:] for p in pair), strict=True):
        assert a.in_weight
        assert not b.in_weight
        for name in ("weight", "bias", "weight_grad", "bias_grad", "z", "o_grad"):
            same(getattr(a, name), getattr(b, name))
    assert "(6, 5+1)" in written(nn.draw_network(row, x))


def test_a_network_of_values_equals_one_of_tensors():
    values = nn.scalar.MLP(3, [4, 2], activation="tanh", rng=0)
    tensors = nn.MLP([3, 4, 2], "tanh")
    for layer, neurons in zip(tensors.layers[::2], values.layers, strict=True):
        layer.weight.data = np.array([[w.data for w in n.w] for n in neurons.neurons]).T
        layer.bias.data = np.array([n.b.data for n in neurons.neurons])
    x, y = np.random.default_rng(1).normal(size=(2, 5, 3))
    y = y[:, :2]
    pair = [nn.draw_network(m, x, targets=y, loss=nn.MSELoss()).network for m in (values, tensors)]
    assert pair[0].loss == pytest.approx(pair[1].loss)
    for a, b in zip(*(p.layers for p in pair), strict=True):
        assert a.activation == b.activation
        for name in ("weight", "bias", "weight_grad", "bias_grad", "z", "o", "z_grad", "o_grad"):
            if getattr(b, name) is not None:
                np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-14)
                assert np.any(getattr(b, name)) or name == "bias"


class Calling(nn.Module):
    """A network of Values that is called in a way of its own."""

    def __init__(self, call):
        self.net, self.call = nn.scalar.MLP(2, [3, 1], rng=0), call

    def __call__(self, x):
        return self.call(self.net, x)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: net(x),
        lambda net, x: (net(x),),
        lambda net, x: np.stack([net(x)]),
        lambda net, x: np.stack([net(x)])[0],
        lambda net, rows: [net(row) for row in rows],
    ],
    ids=["row", "tuple", "tensor", "0d", "rows"],
)
def test_a_network_of_values_may_take_rows_and_return_tensors(call):
    x = [[1.0, -2.0], [0.5, 3.0]]
    model = Calling(call)
    shown = nn.draw_network(model, x).network.layers[-1]
    np.testing.assert_allclose(shown.o, [[model.net(row).data] for row in x])


class Curved(nn.scalar.Neuron):
    """A neuron of one's own: its activation is that of its call, not of its attribute."""

    def __call__(self, x):
        return sum((w * v for w, v in zip(self.w, x, strict=True)), self.b).tanh()


def test_neurons_of_ones_own_are_drawn_with_the_activation_they_run():
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    model.layers[0].neurons = [Curved(2, rng=k) for k in range(3)]
    shown = nn.draw_network(model, [[1.0, -2.0]]).network.layers[1]
    z = np.array([[n.w[0].data - 2 * n.w[1].data for n in model.layers[0].neurons]])
    assert shown.activation == "tanh"
    np.testing.assert_allclose(shown.z, z)
    np.testing.assert_allclose(shown.o, np.tanh(z))


def test_one_output_value_meets_targets_of_one_axis():
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    x, y = [[1.0, 2.0], [3.0, -1.0]], np.array([1.0, -1.0])
    shown = nn.draw_network(model, x, targets=y, loss=nn.MSELoss()).network
    assert shown.loss == pytest.approx(
        np.mean([(model(r).data - t) ** 2 for r, t in zip(x, y, strict=True)])
    )
    assert nn.draw_network(nn.scalar.Neuron(2, rng=0)).network.layers[1].units == 1


def test_gradients_of_the_last_backward_pass_are_shown_without_a_loss():
    model = small()
    x = np.array([[1.0, -2.0]])
    assert not nn.draw_network(model, x).network.has_gradients
    model(x).sum().backward()
    shown = nn.draw_network(model, x)
    same(shown.network.layers[1].weight_grad, model[0].weight.grad)
    assert shown.network.layers[1].z_grad is None
    assert "edges: gradient" in written(shown)
    assert "edges: gradient" in written(nn.draw_network(model))
    assert "edges: weight" in written(nn.draw_network(model, x, colour="weight"))


def test_frozen_parameters_have_no_gradient():
    model = small()
    model[0].requires_grad_(False)
    shown = nn.draw_network(model, np.ones((2, 2)), loss=lambda o: o.sum()).network
    assert shown.layers[1].weight_grad is None
    assert shown.layers[2].weight_grad is not None
    assert not model[0].weight.requires_grad


# --------------------------------------------------------------------------------------------------
# The model stays as it was


class Noisy(nn.Module):
    def __init__(self):
        self.rng = np.random.default_rng(5)
        self.calls = 0
        self.linear = nn.Linear(3, 2, rng=0)

    def forward(self, x):
        self.calls += 1
        return self.linear(x) * self.rng.normal(size=2)


def test_state_gradients_labels_and_generators_stay():
    model = Noisy()
    model.linear.weight.grad = np.full((3, 2), 7.0)
    labels = [p.label for p in model.parameters()]
    known = set(vars(model.linear))
    state = model.state_dict()
    generators = random.getstate(), model.rng.bit_generator.state, np.random.get_state()[1].copy()
    for options in ({}, {"batch": np.ones((4, 3))}):
        nn.draw_network(model, **options)
    nn.draw_network(model, np.ones((4, 3)), loss=lambda o: o.sum()).svg()
    assert model.calls == 0
    assert (model.linear.weight.grad == 7.0).all()
    assert model.linear.bias.grad is None
    assert [p.label for p in model.parameters()] == labels
    assert set(vars(model.linear)) == known
    assert model.training
    assert random.getstate() == generators[0]
    assert model.rng.bit_generator.state == generators[1]
    assert (np.random.get_state()[1] == generators[2]).all()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


def test_a_picture_is_of_its_time():
    model = small()
    drawing = nn.draw_network(model)
    before = drawing.network.layers[1].weight.copy()
    model[0].weight.data = np.zeros((2, 3))
    np.testing.assert_array_equal(drawing.network.layers[1].weight, before)


# --------------------------------------------------------------------------------------------------
# Batches with their targets, and samples of several rows


@pytest.mark.parametrize("kind", ["pair", "lists", "dataset"])
def test_a_batch_may_hold_its_targets_as_for_the_other_pictures(kind):
    x, y = np.random.default_rng(0).normal(size=(6, 2)), np.array([[1.0]] * 6)
    model = small()
    given = {"pair": (x, y), "lists": (x.tolist(), y.tolist()), "dataset": nn.data.Dataset(x, y)}
    with_loss = nn.draw_network(model, given[kind], loss=nn.MSELoss()).network
    by_hand = (np.square(model(x).data - y)).mean()
    assert with_loss.loss == pytest.approx(by_hand)
    without = nn.draw_network(model, given[kind]).network
    assert without.loss is None
    np.testing.assert_array_equal(without.layers[0].o, x)


def test_a_batch_of_values_may_hold_its_targets():
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    x, y = [[0.5, -1.0], [1.0, 0.3]], [1.0, -1.0]
    shown = nn.draw_network(
        model, (x, y), loss=lambda out, y: sum((o - t) ** 2 for o, t in zip(out, y, strict=True))
    ).network
    by_hand = sum((model(row).data - t) ** 2 for row, t in zip(x, y, strict=True))
    assert shown.loss == pytest.approx(by_hand)


def test_a_tuple_of_two_rows_is_two_samples():
    assert nn.draw_network(small(), ((0.5, 1.0), (1.0, 0.3))).network.n == 2


def test_samples_of_several_rows_are_drawn_row_by_row():
    x = np.random.default_rng(0).normal(size=(5, 4, 2))
    model = small()
    drawing = nn.draw_network(model, x, loss=lambda o: o.sum())
    assert "batch n = 5" in drawing.text()
    assert "(20, 3)" in drawing.text()
    assert "(20, 3)" in drawing.svg()
    assert "the mean of 20 rows" in drawing.svg()
    np.testing.assert_allclose(drawing.network.layers[-1].o, model(x).data.reshape(20, -1))
