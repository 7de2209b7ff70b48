"""Diagnosis: every kind of trouble is found, and healthy models are not blamed."""

import json

import numpy as np
import pytest

import nn

from .diagnosed import kinds, layer

RNG = np.random.default_rng


X = RNG(0).normal(size=(64, 5))


Y = RNG(1).normal(size=(64, 1))


MSE = nn.MSELoss()


# --------------------------------------------------------------------------------------------------
# Healthy models are left in peace


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "leaky_relu"])
def test_ordinary_networks_are_healthy(activation, seed):
    # two layers of sigmoids make the gradient up to a hundred times smaller, which is told
    sizes = [5, 32, 1] if activation == "sigmoid" else [5, 32, 16, 1]
    model = nn.MLP(sizes, activation, rng=seed)
    found = nn.health(model, (X, Y), MSE, optimizer=nn.Adam(model.parameters(), lr=1e-3))
    assert found.healthy, found
    assert found.loss == float(MSE(model(X), Y))


def test_one_layer_and_logistic_regression_from_zero():
    found = nn.health(nn.Linear(5, 1, rng=0), (X, Y), MSE)
    assert found.healthy
    assert found.activations == ()
    zero = nn.Linear(5, 3, init="zeros")
    assert nn.health(zero, (X, np.arange(64) % 3), nn.CrossEntropyLoss()).healthy
    assert nn.health(nn.Linear(1, 1, rng=0), (np.ones((1, 1)), np.ones((1, 1))), MSE).healthy


def test_confident_outputs_are_no_saturation():
    model = nn.Sequential(nn.Linear(5, 1, init=nn.init.constant(50.0)), nn.Sigmoid())
    y = (X.sum(1, keepdims=True) > 0).astype(float)
    found = nn.health(model, (X, y), nn.BCELoss())
    assert found.activations[0].saturated > 0.9
    assert not found.activations[0].hidden
    assert "saturated sigmoid" not in kinds(found)


def test_a_transformer_is_healthy():
    class Block(nn.Module):
        def __init__(self):
            self.embed = nn.Embedding(9, 8, rng=0)
            self.norm = nn.RMSNorm(8)
            self.attention = nn.MultiHeadAttention(8, 2, causal=True, rng=1)
            self.drop = nn.Dropout(0.1, rng=2)
            self.out = nn.Linear(8, 9, rng=3)

        def forward(self, i):
            x = self.embed(i)
            return self.out(self.drop(x + self.attention(self.norm(x))))

    i = RNG(0).integers(0, 9, (6, 7))
    model = Block()
    found = nn.health(model, (i, i), nn.CrossEntropyLoss(), optimizer=nn.Adam(model.parameters()))
    assert found.healthy, found


# --------------------------------------------------------------------------------------------------
# Each kind of trouble


def seed_004(weights):
    model = nn.Sequential(
        nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3), nn.Sigmoid(), nn.Linear(3, 3)
    )
    for i, w in zip((0, 2, 4), weights, strict=True):
        model[i].weight.data = np.array(w)
        model[i].bias.data = np.ones(3)
    return nn.health(model, (np.array([[0.1, 0.2, 0.7]]), np.array([0])), nn.CrossEntropyLoss())


def test_d28_why_gradients_vanish():
    found = seed_004(
        (
            [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
            [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
            [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
        )
    )
    norms = [layer(found, f"layers.{i}.weight").gradient for i in (4, 2, 0)]
    np.testing.assert_allclose(norms, [1.644, 0.0672, 0.0167], rtol=5e-3)
    assert layer(found, "layers.0.weight").ratio == pytest.approx(norms[2] / norms[1])
    assert layer(found, "layers.4.weight").ratio is None
    assert kinds(found) == ["vanishing gradient"]
    assert "98.7 times smaller" in found.findings[0].text


def test_small_numbers_are_written_alike_in_words_and_bars():
    model = nn.MLP([3, *[6] * 12, 4], activation="sigmoid", rng=0)
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(40, 3)), rng.integers(0, 4, 40)
    found = nn.health(model, batch, nn.CrossEntropyLoss())
    first = found.layers[0].gradient
    assert first < 1e-6
    mantissa, _, power = f"{first:.2e}".partition("e")
    told = f"{mantissa}e−{-int(power)}"
    svg = found.picture().svg()
    assert f">{told}, " in svg
    assert f"is {told}, that of" in svg
    assert "e-0" not in "".join(map(str, found.findings))


def test_d29_equal_weights_never_separate():
    found = seed_004([np.full((3, 3), 0.3)] * 3)
    assert "symmetric weights" in kinds(found)
    assert layer(found, "layers.0.weight").twins == ((0, 1, 2),)
    assert layer(found, "layers.2.weight").twins == ((0, 1, 2),)
    # the outputs have different labels
    assert layer(found, "layers.4.weight").twins == ()


def test_only_some_units_are_twins():
    model = nn.MLP([5, 6, 1], "tanh", rng=0)
    first, last = model[0].weight.data, model[2].weight.data
    first[:, 4], last[4] = first[:, 1], last[1]
    found = nn.health(model, (X, Y), MSE)
    assert layer(found, "layers.0.weight").twins == ((1, 4),)
    last[4] += 1  # equal weights, other gradients: they separate
    assert nn.health(model, (X, Y), MSE).healthy


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturation(activation):
    model = nn.MLP([5, 16, 1], activation, init=nn.init.normal(0, 20), rng=0)
    found = nn.health(model, (X, Y), MSE)
    assert f"saturated {activation}" in kinds(found)
    a = found.activations[0]
    z = X @ model[0].weight.data
    slope = 1 - np.tanh(z if activation == "tanh" else z / 2) ** 2
    assert a.saturated == pytest.approx((slope < 0.06).mean())
    assert (a.units, a.samples, a.name) == (16, 64, "layers.1")


def test_dead_relus():
    model = nn.MLP([5, 8, 1], rng=0)
    model[0].bias.data[:3] = -100.0
    found = nn.health(model, (X, Y), MSE)
    assert kinds(found) == ["dead ReLUs"]
    assert found.activations[0].dead == 3 / 8
    # too few samples to tell, unless nothing passes at all
    assert nn.health(model, (X[:5], Y[:5]), MSE).healthy
    model[0].bias.data[:] = -100.0
    assert "dead ReLUs" in kinds(nn.health(model, (X[:1], Y[:1]), MSE))


def test_deep_sigmoid_network():
    model = nn.MLP([5, *[16] * 8, 1], "sigmoid", rng=0)
    found = nn.health(model, (X, Y), MSE)
    assert kinds(found) == ["vanishing gradient"]
    assert "ReLU instead of sigmoid" in found.findings[0].cure


class Recurrent(nn.Module):
    """Written by hand: one weight matrix used at every step."""

    def __init__(self, scale, steps=30):
        rng = RNG(0)
        self.into = nn.Parameter(rng.normal(size=(3, 8)) * 0.1)
        self.again = nn.Parameter(np.linalg.qr(rng.normal(size=(8, 8)))[0] * scale)
        self.out = nn.Parameter(rng.normal(size=(8, 1)))
        self.steps = steps

    def forward(self, x):
        h = np.zeros((len(x), 8))
        for t in range(self.steps):
            h = np.tanh(x[:, t] @ self.into + h @ self.again)
        return h @ self.out


@pytest.mark.parametrize(
    ("scale", "kind"), [(0.5, "vanishing gradient"), (1.0, None), (3.0, "exploding gradient")]
)
def test_recurrent_network(scale, kind):
    x = RNG(1).normal(size=(16, 30, 3)) * (1e-20 if scale > 1 else 0.1)
    found = nn.health(Recurrent(scale), (x, np.ones((16, 1))), MSE)
    steps = layer(found, "again").steps
    assert len(steps) == 30
    if kind is None:
        assert found.healthy, found
    else:
        assert kind in kinds(found)
        # near 0 tanh is linear, so each step multiplies the gradient by the scale
        assert steps[0] / steps[-1] == pytest.approx(scale**29, rel=0.5)


def test_exploding_layers():
    model = nn.MLP([5, *[16] * 6, 1], "leaky_relu", init=nn.init.normal(0, 0.02), rng=0)
    model[0].weight.data[:] *= 1e-6
    model[-1].weight.data[:] *= 1e9
    assert "exploding gradient" in kinds(nn.health(model, (X, Y), MSE))


@pytest.mark.parametrize(
    ("scale", "kind"), [(0.5, "vanishing gradient"), (1.0, None), (2.0, "exploding gradient")]
)
def test_gradients_that_the_weights_hide(scale, kind):
    """Signals grow as much going forward, so that all weights have gradients of one norm."""
    square = [nn.Linear(5, 5, init=nn.init.orthogonal(scale), rng=i) for i in range(8)]
    model = nn.Sequential(*square)
    found = nn.health(model, (X, 2 * X[:, ::-1] + 1.0), lambda p, y: (p * y).sum())
    first, last = layer(found, "layers.0.weight"), layer(found, "layers.7.weight")
    assert first.gradient / last.gradient == pytest.approx(1.0, rel=0.5)
    assert first.result / last.result == pytest.approx(scale**7, rel=1e-12)
    assert kinds(found) == ([] if kind is None else [kind])
    assert kind is None or "the result of layers.0.weight" in found.findings[0].text


@pytest.mark.parametrize(("lr", "kind"), [(5.0, "steps too large"), (1e-12, "steps too small")])
def test_size_of_steps(lr, kind):
    model = nn.MLP([5, 8, 1], rng=0)
    optimizer = nn.Adam(model.parameters(), lr=lr)
    found = nn.health(model, (X, Y), MSE, optimizer=optimizer)
    assert kind in kinds(found)
    # the first step of Adam changes each weight by lr
    w = model[0].weight.data
    expected = lr * w.size**0.5 / np.linalg.norm(w)
    assert layer(found, "layers.0.weight").update == pytest.approx(expected, rel=1e-4)


def test_loss_after_a_step():
    model = nn.Linear(5, 1, rng=0)
    found = nn.health(model, (X, Y), MSE, optimizer=nn.SGD(model.parameters(), lr=0.01))
    gradient = 2 * X.T @ (X @ model.weight.data - Y) / 64
    bias = 2 * (X @ model.weight.data - Y).mean()
    stepped = X @ (model.weight.data - 0.01 * gradient) - 0.01 * bias
    assert found.loss_after == pytest.approx(((stepped - Y) ** 2).mean())
    wild = nn.health(model, (X, Y), MSE, optimizer=nn.SGD(model.parameters(), lr=50.0))
    assert "loss rises" in kinds(wild)


def test_loss_history():
    args = nn.Linear(5, 1, rng=0), (X, Y), MSE
    for flat in ([1.0] * 8, (1.0, *[2.0] * 9), {"loss": [1.0] * 8}, {"train_loss": [1.0] * 8}):
        assert kinds(nn.health(*args, history=flat)) == ["loss not falling"]
    history = nn.History({"epoch": [*range(1, 10)], "loss": [3.0] * 9})
    assert kinds(nn.health(*args, history=history)) == ["loss not falling"]
    for good in ([1.0] * 7, [], np.linspace(1, 0.5, 20), [1.0, *[0.5] * 19], None, {"loss": []}):
        assert nn.health(*args, history=good).healthy
    found = nn.health(*args, history=[1.0, float("nan")])
    assert "the loss was nan at entry 1 of the history" in found.findings[0].text
    with pytest.raises(TypeError, match="the history is str; give a list of losses"):
        nn.health(*args, history="1 2 3")
    with pytest.raises(TypeError, match="the history is int; give a list of losses"):
        nn.health(*args, history=3)


def test_nan_is_traced_and_nothing_else_judged():
    model = nn.MLP([5, 4, 1], init="zeros")
    model[0].weight.data[0, 0] = np.nan
    found = nn.health(model, (X, Y), MSE, optimizer=nn.Adam(model.parameters()))
    assert kinds(found) == ["not finite"]
    assert "the loss is nan" in found.findings[0].text
    assert "layers.0.weight" in found.findings[0].text

    class Log(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([0.0, 1.0])

        def forward(self):
            return np.log(self.w).sum()

    found = nn.health(Log(), ())
    assert "the logarithm of 0" in found.findings[0].text
    assert found.loss == -np.inf
    json.dumps(found.to_dict())


def test_gradient_not_finite_alone():
    class Root(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([0.0, 1.0])

        def forward(self):
            return np.sqrt(self.w).sum()

    found = nn.health(Root(), ())
    assert found.loss == 1.0
    assert "the gradient is not finite" in found.findings[0].text


def test_parameters_without_gradient():
    model = nn.MLP([5, 4, 1], rng=0)
    model.spare = nn.Parameter(np.ones((2, 2)))
    model[0].bias.requires_grad = False
    found = nn.health(model, (X, Y), MSE)
    assert kinds(found) == ["no gradient"]
    assert found.findings[0].where == "layers.0.bias, spare"
