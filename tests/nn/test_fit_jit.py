"""Training by recorded steps: the numbers, errors and random states of eager training."""

import numpy as np
import pytest

import autograd
import nn
from autograd import relu
from autograd.jit import Compiled

RNG = np.random.default_rng(0)
X = RNG.normal(size=(44, 2))
LABELS = RNG.integers(0, 3, 44)
TARGETS = {
    "classes": (LABELS, nn.CrossEntropyLoss()),
    "numbers": (np.eye(3)[LABELS], nn.MSELoss()),
    "yes or no": (np.eye(3)[LABELS], nn.BCEWithLogitsLoss()),
}
MODELS = {
    "mlp": lambda: nn.MLP([2, 8, 3], activation="tanh", rng=0),
    "dropout": lambda: nn.Sequential(
        nn.Linear(2, 8, rng=0), nn.ReLU(), nn.Dropout(0.4, rng=1), nn.Linear(8, 3, rng=2)
    ),
    "norm": lambda: nn.Sequential(
        nn.Linear(2, 8, rng=0), nn.LayerNorm(8), relu, nn.Linear(8, 3, rng=2)
    ),
}


def train(make, target, jit, epochs=30, **more):
    y, loss = TARGETS[target]
    model = make()
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    options = {"epochs": epochs, "batch_size": 10, "rng": 0, "jit": jit} | more
    history = nn.fit(model, (X, y), loss, optimizer, **options)
    return model, history


@pytest.fixture
def count(monkeypatch):
    """The number of recordings that were made."""
    made = []
    record = Compiled._record

    def counted(self, *arguments):
        made.append(self)
        return record(self, *arguments)

    monkeypatch.setattr(Compiled, "_record", counted)
    return made


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", MODELS)
def test_same_numbers(name, target, count):
    eager, known = train(MODELS[name], target, False, clip_norm=1.0)
    assert not count
    for jit in (None, True):
        model, history = train(MODELS[name], target, jit, clip_norm=1.0)
        np.testing.assert_allclose(history["loss"], known["loss"], rtol=1e-12)
        np.testing.assert_allclose(history["gradient_norm"], known["gradient_norm"], rtol=1e-12)
        for p, q in zip(model.parameters(), eager.parameters(), strict=True):
            np.testing.assert_allclose(p.data, q.data, rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-13)
        for a, b in zip(model.modules(), eager.modules(), strict=True):
            if hasattr(a, "rng"):
                assert a.rng.bit_generator.state == b.rng.bit_generator.state
    # whole batches of ten, and the last one of four
    assert len(count) == 4


def test_short_trainings_and_own_code_run_eagerly(count):
    train(MODELS["mlp"], "classes", None, epochs=10)
    calls = []

    def loss(p, y):
        calls.append(len(y))
        return ((p - y) ** 2).mean()

    model = MODELS["mlp"]()
    nn.fit(model, (X, np.eye(3)[LABELS]), loss, nn.SGD(model.parameters(), lr=0.1), epochs=120)
    assert not count
    assert len(calls) == 120


def test_what_cannot_be_recorded():
    class Branching(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 3, rng=0)

        def forward(self, x):
            h = self.linear(x)
            return h if h.sum() > 0 else -h

    model = Branching()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    before = model.linear.weight.data.copy()
    with pytest.raises(TypeError, match="decides by a recorded value"):
        nn.fit(model, (X, LABELS), nn.CrossEntropyLoss(), optimizer, epochs=2, jit=True)
    np.testing.assert_array_equal(model.linear.weight.data, before)
    nn.fit(model, (X, LABELS), nn.CrossEntropyLoss(), optimizer, epochs=2)
    assert not np.array_equal(model.linear.weight.data, before)


def test_a_recording_that_fails_leaves_the_step_to_eager_code(monkeypatch):
    monkeypatch.setattr(Compiled, "_record", lambda *a: 1 / 0)
    _, history = train(MODELS["mlp"], "classes", None)
    monkeypatch.undo()
    np.testing.assert_array_equal(
        history["loss"], train(MODELS["mlp"], "classes", False)[1]["loss"]
    )


@pytest.mark.parametrize("jit", [None, True, False])
def test_errors_are_those_of_eager_training(jit):
    y = np.array([*LABELS])
    model = MODELS["mlp"]()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    training = nn.train(
        model, (X, y), nn.CrossEntropyLoss(), optimizer, epochs=150, batch_size=22, rng=0, jit=jit
    )
    for step in training:
        if step.step == 238:
            good = [p.data.copy() for p in model.parameters()]
        if step.step == 239:
            break
    training._running.ahead[1][:] = 7
    with pytest.raises(ValueError, match="class index 7 is out of range for 3 classes"):
        next(training)
    for p, q in zip(model.parameters(), good, strict=True):
        np.testing.assert_array_equal(p.data, q)
    model.layers[0].weight.data[...] = np.nan
    with pytest.raises(FloatingPointError, match="fit: the loss is nan in epoch 120, step 239"):
        next(training)
    for p, q in zip(model.parameters(), good, strict=True):
        np.testing.assert_array_equal(p.data, q)


def test_a_resumed_training_leads_to_the_same_bits(tmp_path):
    path = tmp_path / "run.npz"
    model, history = train(MODELS["norm"], "classes", None, epochs=40)
    train(MODELS["norm"], "classes", None, epochs=23, checkpoint=path)
    again, resumed = train(MODELS["norm"], "classes", None, epochs=40, resume=path)
    assert list(resumed["loss"]) == list(history["loss"])
    for p, q in zip(model.parameters(), again.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_without_the_jit_package_training_goes_on_as_it_is(monkeypatch):
    model = nn.MLP([2, 4, 3], rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    monkeypatch.delattr(autograd, "jit")
    options = {"epochs": 120, "batch_size": None, "progress": False}
    history = nn.fit(model, (X, LABELS), nn.CrossEntropyLoss(), optimizer, **options)
    assert len(history["loss"]) == 120
    with pytest.raises(TypeError, match=r"jit=True needs autograd\.jit"):
        nn.fit(model, (X, LABELS), nn.CrossEntropyLoss(), optimizer, jit=True, **options)


def test_what_looks_at_the_parameters_needs_no_new_recording(count, tmp_path):
    _, history = train(MODELS["mlp"], "classes", True, checkpoint=tmp_path / "run.npz")
    assert len(count) == 2  # batches of 10 and of 4
    assert history["loss"] == train(MODELS["mlp"], "classes", True)[1]["loss"]
