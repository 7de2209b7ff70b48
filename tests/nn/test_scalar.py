"""Neuron, Layer and MLP of Values, with micrograd's semantics."""

import random
from itertools import pairwise

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import SGD
from nn.scalar import MLP, Layer, Neuron


def micrograd_weights(sizes):
    """Draw as micrograd does: neuron by neuron, and the bias 0."""
    layers = []
    for nin, nout in pairwise(sizes):
        layers.append([([random.uniform(-1, 1) for _ in range(nin)], 0.0) for _ in range(nout)])
    return layers


def test_weights_are_those_of_micrograd_for_a_seed():
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    random.seed(1337)
    expected = micrograd_weights([2, 16, 16, 1])
    found = [[([w.data for w in n.w], n.b.data) for n in layer.neurons] for layer in model.layers]
    assert found == expected
    assert len(model.parameters()) == 337


def test_order_of_parameters():
    neuron = Neuron(3)
    assert all(a is b for a, b in zip(neuron.parameters(), [*neuron.w, neuron.b], strict=True))


def test_repr_is_micrograds():
    assert repr(MLP(2, [2, 1])) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Neuron(3, activation="tanh")) == "TanhNeuron(3)"
    assert repr(Neuron(3, activation="leaky_relu")) == "LeakyReLUNeuron(3)"


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid", "softplus"])
def test_output_and_gradients(activation):
    model = MLP(3, [4, 2], activation, rng=0)
    x = [Value(1.0), -2.0, np.float64(0.5)]
    out = model(x)
    assert len(out) == 2
    (out[0] + 2 * out[1]).backward()
    h = 1e-6
    for p in [*model.parameters(), x[0]]:
        was, ends = p.data, []
        for step in (h, -h):
            p.data = was + step
            a, b = model(x)
            ends.append(a.data + 2 * b.data)
        p.data = was
        assert np.isclose(p.grad, (ends[0] - ends[1]) / (2 * h), rtol=1e-6, atol=1e-8)


def test_the_last_layer_is_linear_and_one_output_is_a_value():
    model = MLP(2, [3, 1], rng=0)
    assert [n.nonlin for layer in model.layers for n in layer.neurons] == [True] * 3 + [False]
    assert isinstance(model([1.0, 2.0]), Value)
    assert isinstance(Layer(2, 2, rng=0)([1.0, 2.0]), list)


class Tanh(Neuron):
    def __call__(self, x):
        return sum((w * v for w, v in zip(self.w, x, strict=True)), self.b).tanh()


class Doubled(Neuron):
    def forward(self, x):
        return 2 * super().forward(x)


class Foreign:
    def __init__(self, nin):
        self.weights = [Value(0.5 * i) for i in range(nin)]

    def __call__(self, x):
        return sum(w * v for w, v in zip(self.weights, x, strict=True))


@pytest.mark.parametrize(
    ("kind", "expected"), [(Tanh, np.tanh(-1.5)), (Doubled, 0.0), (Foreign, -1.0)]
)
def test_a_layer_runs_neurons_of_ones_own(kind, expected):
    layer = Layer(2, 2, rng=0)
    layer.neurons = [kind(2), Neuron(2)]
    for neuron in layer.neurons:
        for w, at in zip(getattr(neuron, "w", ()), (0.5, 1.0), strict=False):
            w.data = at
    found = layer([1.0, -2.0])
    assert [v.data for v in found] == pytest.approx([expected, 0.0])
    assert layer([1.0, 2.0])[1].data == 2.5
    assert kind is not Doubled or layer([1.0, 2.0])[0].data == 5.0


def test_a_layer_of_one_neuron_in_the_middle():
    out = MLP(2, [1, 2], rng=0)(np.array([1.0, 2.0]))
    assert len(out) == 2


def test_a_neuron_is_two_nodes():
    y = Neuron(5, rng=0)([1.0] * 5)
    assert [n.op.name for n in autograd.topological_order(y)] == ["sumprod", "relu"]


def test_scopes_and_labels():
    model = MLP(2, [2, 1], rng=0)
    y = model([1.0, 2.0])
    assert y.scope == "layers.1"
    assert model.layers[0].neurons[1].w[0].label == "layers.0.neurons.1.w.0"


def test_training_as_in_the_lecture():
    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    losses = []
    for _ in range(60):
        loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.02 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.1 * losses[0]


def test_training_with_an_optimizer():
    model = MLP(2, [8, 1], rng=3)
    optimizer = SGD(model.parameters(), lr=0.05)
    first = None
    for _ in range(100):
        loss = sum((model([a, b]) - a * b) ** 2 for a in (-1.0, 1.0) for b in (-1.0, 1.0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first = first or loss.data
    assert loss.data < 0.1 * first


@pytest.mark.parametrize(
    "rng", [lambda: 5, lambda: np.random.default_rng(5), lambda: random.Random(5)]
)
def test_randomness_passed_in(rng):
    before = random.getstate()
    a, b = MLP(2, [3, 1], rng=rng()), MLP(2, [3, 1], rng=rng())
    weights = [p.data for p in a.parameters()]
    assert weights == [p.data for p in b.parameters()]
    assert a.layers[0].neurons[0].w[0].data != a.layers[0].neurons[1].w[0].data
    assert all(-1 <= w <= 1 for w in weights)
    assert random.getstate() == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: MLP(3, [2, 1])([1.0, 2.0]), ValueError, "Layer 'layers.0' takes 3 inputs, got 2"),
        (
            lambda: Layer(3, 2)([1.0] * 4),
            ValueError,
            "Layer takes 3 inputs, got 4; give one number",
        ),
        (lambda: Neuron(3)([1.0] * 2), ValueError, "Neuron takes 3 inputs, got 2"),
        (lambda: Neuron(3)(1.0), TypeError, "Neuron takes a list of 3 numbers or Values: 'float'"),
        (lambda: Neuron(1)(["a"]), TypeError, "a Value holds a number, got str 'a'"),
        (lambda: Neuron(0), ValueError, "Neuron: nin is a positive integer, got 0"),
        (lambda: Neuron(1.5), TypeError, "Neuron: nin is a positive integer, got float 1.5"),
        (lambda: Layer(2, 0), ValueError, "Layer: nout is a positive integer, got 0"),
        (
            lambda: MLP(2, 3),
            ValueError,
            r"MLP: nouts is a list of layer sizes, such as \[16, 1\], got 3",
        ),
        (lambda: MLP(2, []), ValueError, "MLP: nouts is a list of layer sizes"),
        (lambda: Neuron(2, activation="gelu"), ValueError, "no activation 'gelu'; there are relu"),
        (lambda: MLP(2, [1], rng="x"), TypeError, "rng is str 'x'; give a numpy.random.Generator"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
