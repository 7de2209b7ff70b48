"""draw_network: errors for models that it cannot draw, and the names of parts."""

import numpy as np
import pytest

import nn
from autograd import Value
from nn.drawing.matrices import Style

from .networks import small


class Branches(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)

    def forward(self, x):
        return self.a(x) * self.b(x)


class Reshaped(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(2, 6, rng=0), nn.Linear(3, 1, rng=1)

    def forward(self, x):
        return self.b(np.reshape(self.a(x), (-1, 3)))


class Pair(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)

    def forward(self, x):
        return self.a(x), x


class Holder(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)
        self.h = self.a(np.ones((1, 2)))

    def forward(self, x):
        return self.a(x)


class Scale(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(np.ones((2, 2)))

    def forward(self, x):
        return x * self.w


class TwoInputs(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)

    def forward(self, x, y):
        return self.a(x + y)


class Misfit(nn.Module):
    def __init__(self):
        self.a, self.b = nn.scalar.Layer(2, 3), nn.scalar.Layer(2, 1)


class Doubled(nn.scalar.Neuron):
    def forward(self, x):
        return 2 * super().forward(x)


class Own:
    def __call__(self, x):
        return x[0] + x[1]


class Plain(nn.Module):
    """A network of Values in a learner's own classes."""

    def __init__(self):
        self.w, self.b = [Value(0.5), Value(-1.0)], Value(0.0)

    def __call__(self, x):
        return (self.w[0] * x[0] + self.w[1] * x[1] + self.b).tanh()


class Scaled(nn.scalar.Layer):
    def forward(self, x):
        return super().forward([10 * v for v in x])


def of_values(kind=nn.scalar.Neuron, layer=nn.scalar.Layer):
    model = nn.scalar.MLP(2, [2, 1], rng=0)
    model.layers[0] = layer(2, 2, rng=0)
    model.layers[0].neurons[0] = kind() if kind is Own else kind(2, rng=0)
    for p in model.parameters():
        p.data = 0.5
    return model


def of_two_activations():
    model = of_values()
    model.layers[0].neurons[1].activation = "tanh"
    return model


X = np.ones((3, 2))


REFUSED = [
    (lambda: nn.draw_network(of_values(Doubled), X), ValueError, "one activation; draw"),
    (lambda: nn.draw_network(of_two_activations(), X), ValueError, "one activation; draw"),
    (
        lambda: nn.draw_network(nn.Sequential(Doubled(2, rng=0)), -X),
        ValueError,
        "and those of Sequential are not; draw",
    ),
    (lambda: nn.draw_network(of_values(Own), X), ValueError, "layers of nn.scalar.Neuron, got Own"),
    (
        lambda: nn.draw_network(of_values(layer=Scaled), X),
        ValueError,
        "and MLP does more than run its layers in turn; draw",
    ),
    (lambda: nn.draw_network(Plain()), ValueError, "found no layer in Plain"),
    (lambda: nn.draw_network(Plain(), X), ValueError, "found no layer in Plain"),
    (lambda: nn.draw_network(lambda x: x), TypeError, "draws an nn.Module, got function"),
    (lambda: nn.draw_network(Holder()), TypeError, "this Holder cannot be copied: a computed"),
    (lambda: nn.draw_network(Pair(), X), TypeError, "return one Tensor, Pair returned tuple"),
    (lambda: nn.draw_network(nn.ReLU()), ValueError, "found no layer in ReLU"),
    (lambda: nn.draw_network(nn.ReLU(), X), ValueError, "found no layer in ReLU"),
    (lambda: nn.draw_network(Scale(), X[:2]), ValueError, "found no layer in Scale"),
    (lambda: nn.draw_network(Branches(), X), ValueError, "draws chains of layers, and 'b' does"),
    (lambda: nn.draw_network(Reshaped(), X), ValueError, "6 units is followed by one of 3 inputs"),
    (lambda: nn.draw_network(TwoInputs()), ValueError, "could not run TwoInputs on a row of 2"),
    (lambda: nn.draw_network(Misfit()), ValueError, "a layer of 2 inputs follows one of 3 units"),
    (lambda: nn.draw_network(small(), np.ones((3, 5))), ValueError, "got x of shape"),
    (lambda: nn.draw_network(small(), ["a"]), ValueError, "rows of real numbers, got shape"),
    (lambda: nn.draw_network(small(), np.ones((0, 2))), ValueError, "rows of real numbers"),
    (
        lambda: nn.draw_network(nn.scalar.MLP(2, [1]), [[1.0, 2.0, 3.0]]),
        ValueError,
        r"rows of 2 numbers, got shape \(1, 3\)",
    ),
    (
        lambda: nn.draw_network(nn.scalar.MLP(2, [1]), [["a", "b"]]),
        ValueError,
        r"rows of 2 numbers, got shape \(1, 2\)",
    ),
    (lambda: nn.draw_network(small(), X, targets=X), ValueError, "targets without a loss"),
    (
        lambda: nn.draw_network(small(), (X, X), targets=X, loss=nn.MSELoss()),
        ValueError,
        "the batch, a tuple, has targets; leave out targets=",
    ),
    (lambda: nn.draw_network(small(), loss=nn.MSELoss()), ValueError, "give batch= too"),
    (lambda: nn.draw_network(small(), X, loss=lambda o: o), ValueError, "got shape \\(3, 1\\)"),
    (lambda: nn.draw_network(small(), X, loss=lambda o: 1.0), ValueError, "got float; take"),
    (lambda: nn.draw_network(small(), X, colour="gradient"), ValueError, "no gradients to colour"),
    (
        lambda: nn.draw_network(small(), colour="red"),
        ValueError,
        "colour is 'weight' or 'gradient'",
    ),
    (lambda: nn.draw_network(small(), layout="x"), ValueError, "layout is 'row' or 'column', got"),
    (lambda: nn.draw_network(small(), max_units=2), ValueError, "max_units is a whole number"),
    (lambda: nn.draw_network(small(), names="ab"), ValueError, "2 names for 3 layers"),
    (lambda: nn.draw_network(small(), theme="red"), ValueError, 'theme is "auto", "light" or'),
]


@pytest.mark.parametrize(("mistake", "error", "match"), REFUSED, ids=[r[2] for r in REFUSED])
def test_mistake(mistake, error, match):
    with pytest.raises(error, match=match):
        mistake()


def test_names_of_parts():
    numbers, letters = Style(False, False, 9, ("95", "96")), Style(False, False, 9, ("i", "j"))
    layer = nn.draw_network(nn.Linear(2, 2)).network.layers[1]
    assert numbers.layer(0) == "L95"
    assert letters.layer(0) == "i"
    assert numbers.entry(1, layer, 0, 1) == "W_96[0,1]"
    assert letters.entry(1, layer, 0, 1) == "W_i1j2"
