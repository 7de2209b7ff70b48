"""Diagnosis of models written in other ways, and that it changes nothing."""

import copy
import json

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn.diagnosis.measures import norm
from nn.diagnosis.report import verdict
from nn.diagnosis.verdicts import THRESHOLDS

from .diagnosed import kinds, layer

RNG = np.random.default_rng


X = RNG(0).normal(size=(64, 5))


Y = RNG(1).normal(size=(64, 1))


MSE = nn.MSELoss()


# --------------------------------------------------------------------------------------------------
# Other ways to write a network


def test_hand_written_activations_and_columns():
    class Columns(nn.Module):
        def __init__(self):
            rng = RNG(0)
            self.w1, self.b1 = nn.Parameter(np.full((3, 5), 0.9)), nn.Parameter(np.zeros((3, 1)))
            self.w2, self.b2 = nn.Parameter(rng.random((4, 3))), nn.Parameter(np.zeros((4, 1)))
            self.w2.data[:, 1] = self.w2.data[:, 0]

        def forward(self, x):
            h = 1 / (1 + np.exp(-(self.w1 @ x + self.b1)))
            return np.maximum(0, self.w2 @ h + self.b2) @ np.ones((1, 1))

    found = nn.health(Columns(), (np.ones((5, 1)), RNG(1).random((4, 1))), MSE)
    assert [(a.kind, a.units, a.samples, a.hidden) for a in found.activations] == [
        ("sigmoid", 3, 1, True),
        ("relu", 4, 1, False),
    ]
    assert found.activations[0].name == "sigmoid after w1"
    assert found.activations[0].saturated == 1.0
    assert layer(found, "w1").twins == ((0, 1),)
    assert not layer(found, "b1").matrix
    assert "saturated sigmoid" in kinds(found)


def test_transposed_weights_have_rows_as_units():
    class Turned(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(np.vstack([np.ones(5), np.ones(5), np.arange(5.0)]) / 9)
            self.v = nn.Parameter(np.ones((1, 3)))

        def forward(self, x):
            return np.tanh(x @ self.w.T) @ self.v.T

    found = nn.health(Turned(), (X, Y), MSE)
    assert layer(found, "w").twins == ((0, 1),)
    assert found.activations[0].units == 3


def test_networks_of_values():
    model = nn.scalar.MLP(5, [4, 3, 1], activation="tanh", rng=RNG(0))
    found = nn.health(
        model, (X[:10], Y[:10, 0]), MSE, optimizer=nn.SGD(model.parameters(), lr=0.01)
    )
    assert found.healthy, found
    assert [(x.name, x.shape) for x in found.layers] == [
        ("layers.0", (24,)),
        ("layers.1", (15,)),
        ("layers.2", (4,)),
    ]
    assert [(a.name, a.units, a.samples) for a in found.activations] == [
        ("layers.0", 4, 10),
        ("layers.1", 3, 10),
    ]
    for p in model.parameters():
        p.data = 0.1
    found = nn.health(model, (X[:10], Y[:10, 0]), MSE)
    assert layer(found, "layers.0").twins == ((0, 1, 2, 3),)
    for neuron in model.layers[0].neurons:
        neuron.activation, neuron.b.data = "relu", -50.0
    assert "dead ReLUs" in kinds(nn.health(model, (X[:3], Y[:3, 0]), MSE))


def test_values_agree_with_tensors():
    rng = RNG(0)
    w, v = rng.normal(size=(5, 4)), rng.normal(size=(4, 1))
    dense = nn.MLP([5, 4, 1], "tanh")
    dense[0].weight.data, dense[2].weight.data = w, v
    single = nn.scalar.MLP(5, [4, 1], activation="tanh", rng=rng)
    for column, neuron in zip(w.T, single.layers[0].neurons, strict=True):
        for p, x in zip(neuron.w, column.tolist(), strict=True):
            p.data = x
    for p, x in zip(single.layers[1].neurons[0].w, v[:, 0].tolist(), strict=True):
        p.data = x
    a = nn.health(dense, (X, Y), MSE)
    b = nn.health(single, (X, Y[:, 0]), MSE)
    assert a.loss == pytest.approx(b.loss, rel=1e-12)
    one, other = a.activations[0], b.activations[0]
    assert (one.mean, one.std, one.saturated) == pytest.approx(
        (other.mean, other.std, other.saturated), rel=1e-12
    )
    weight = layer(a, "layers.0.weight").gradient
    bias = layer(a, "layers.0.bias").gradient
    assert np.hypot(weight, bias) == pytest.approx(layer(b, "layers.0").gradient, rel=1e-12)


def test_a_loss_of_ones_own():
    class Net(nn.Module):
        def __init__(self):
            self.w = [[Value(0.5), Value(0.5)], [Value(0.5), Value(0.5)]]
            self.v = [Value(1.0), Value(1.0)]

        def forward(self, x):
            h = [sum(a * b for a, b in zip(row, x, strict=True)).tanh() for row in self.w]
            return sum(a * b for a, b in zip(self.v, h, strict=True))

    net = Net()
    found = nn.health(net, (net([1.0, 2.0]) - 3.0) ** 2, optimizer=nn.SGD(net.parameters(), lr=0.1))
    assert layer(found, "w").twins == ((0, 1),)
    assert found.loss_after is None
    assert found.loss == pytest.approx((2 * np.tanh(1.5) - 3) ** 2)
    whole = nn.health(net, ([1.0, 2.0],))  # what the model returns is the loss
    assert whole.loss == pytest.approx(2 * np.tanh(1.5))


# --------------------------------------------------------------------------------------------------
# Nothing is changed, and everything can be shown


@pytest.mark.parametrize("chosen", [("b", "a"), ("b",)])
def test_parameters_in_an_order_of_ones_own(chosen):
    """A step of descent over the size of the weights, layer by layer, in closed form."""

    class Own(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(5, 3, rng=0), nn.Linear(3, 1, rng=1)

        def forward(self, x):
            return self.b(np.tanh(self.a(x)))

        def parameters(self):
            return [p for name in chosen for p in getattr(self, name).parameters()]

    model = Own()
    found = nn.health(model, (X, Y), MSE, optimizer=nn.SGD(model.parameters(), lr=0.1))
    MSE(model(X), Y).backward()
    sizes = {
        name: 0.1 * np.linalg.norm(w.grad) / np.linalg.norm(w.data)
        for name, w in (("a", model.a.weight), ("b", model.b.weight))
    }
    updates = {row.name[0]: row.update for row in found.layers if row.matrix}
    for name, update in updates.items():
        assert update == pytest.approx(sizes[name] if name in chosen else 0.0)


def test_nothing_is_changed():
    model = nn.Sequential(
        nn.Linear(5, 8, rng=0), nn.ReLU(), nn.Dropout(0.5, rng=3), nn.Linear(8, 1)
    )
    model[1].eval()
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    loss = MSE(model(X), Y)
    loss.backward()
    optimizer.step()
    loss = MSE(model(X), Y)

    def state():
        return (
            [p.data.tobytes() for p in model.parameters()],
            [p.grad.tobytes() for p in model.parameters()],
            [m.training for m in model.modules()],
            model[2].rng.bit_generator.state,
            repr(optimizer.state_dict()),
            np.random.get_state()[1].tobytes(),
        )

    before = copy.deepcopy(state())
    found = nn.health(model, (X, Y), MSE, optimizer=optimizer, history=[1.0] * 9)
    assert state() == before
    again = nn.health(model, (X, Y), MSE, optimizer=optimizer, history=[1.0] * 9)
    assert repr(again) == repr(found)
    loss.backward()  # a graph made before is still good
    model.zero_grad()
    with autograd.no_grad():
        assert nn.health(model, (X, Y), MSE).loss == found.loss
    assert all(p.grad is None for p in model.parameters())


def test_generators_stay_where_a_model_fails():
    model = nn.Sequential(nn.Dropout(0.5, rng=0), nn.Linear(4, 1))
    before = model[0].rng.bit_generator.state
    with pytest.raises(ValueError, match=r"Linear 'layers.1' \(4 -> 1\) got x of shape"):
        nn.health(model, (X, Y), MSE)
    assert model[0].rng.bit_generator.state == before


def test_text_data_and_pictures(tmp_path):
    model = nn.MLP([5, 8, 1], "tanh", init="ones")
    model[0].weight.label = "<script>"
    found = nn.health(model, (X, Y), MSE, optimizer=nn.Adam(model.parameters()))
    text = repr(found)
    assert text.startswith(f"{len(found.findings)} finding")
    for finding in found.findings:
        assert str(finding) in text
        assert finding.cure in text
    assert found.thresholds == THRESHOLDS
    data = json.loads(json.dumps(found.to_dict()))
    assert data["healthy"] is False
    assert data["layers"][0]["name"] == "layers.0.weight"
    picture = found.picture()
    assert picture.svg().count("<rect") > 6
    assert "symmetric weights" in picture.svg()
    assert found._repr_mimebundle_()["text/plain"]
    for ending in ("svg", "html", "txt"):
        assert picture.save(tmp_path / f"h.{ending}").stat().st_size > 500


def test_picture_of_a_large_model_has_an_end():
    model = nn.MLP([2] * 80, "tanh", rng=0)
    found = nn.health(model, (np.ones((1, 2)), np.ones((1, 2))), MSE)
    assert "and 19 more" in found.picture().svg()
    assert verdict(found) in found.picture().svg()


def test_misuse_is_told():
    model = nn.Linear(5, 1, rng=0)
    with pytest.raises(TypeError, match="health takes a Module, got function"):
        nn.health(lambda x: x, (X, Y), MSE)
    with pytest.raises(TypeError, match=r"the batch is ndarray; give a pair \(x, y\), or the loss"):
        nn.health(model, X, MSE)
    with pytest.raises(TypeError, match="the batch is tuple; give a pair"):
        nn.health(model, (X,), MSE)
    with pytest.raises(ValueError, match=r"the loss has shape \(64, 1\); give a single number"):
        nn.health(model, (X,))
    with pytest.raises(
        TypeError, match=r"Linear\(2 -> 1\) does not take 2 arguments\. Give a loss,"
    ):
        nn.health(nn.Linear(2, 1, rng=0), (np.ones((3, 2)), np.ones((3, 1))))
    with pytest.raises(TypeError, match="the loss is float64 without a graph"):
        nn.health(model, (X, Y), lambda prediction, y: np.float64(1.0))
    with pytest.raises(TypeError, match="the loss is Tensor without a graph"):
        nn.health(model, Tensor(1.0))


def test_norms_do_not_overflow():
    assert norm([np.array([3e200, 4e200])]) == pytest.approx(5e200)
    assert norm([np.array([3e-200, 4e-200])]) == pytest.approx(5e-200)
    assert norm([]) == 0.0
    assert norm([np.array([np.inf])]) == np.inf
    assert np.isnan(norm([np.array([1.0, np.nan])]))


def test_an_optimizer_of_another_model_is_refused():
    other = nn.SGD(nn.MLP([5, 4, 1], rng=0).parameters(), lr=0.1)
    with pytest.raises(
        ValueError, match="health: the optimizer has none of the model's parameters"
    ):
        nn.health(nn.MLP([5, 4, 1], rng=0), (X, Y), MSE, optimizer=other)


def test_a_pair_without_a_loss_says_what_was_meant():
    with pytest.raises(TypeError) as error:
        nn.health(nn.MLP([5, 4, 1], rng=0), (X, Y))
    assert "for a pair (x, y) give loss=" in error.value.__notes__[-1]
