"""Schedules and early stopping, against formulas and PyTorch."""

import json
import math
import pickle

import numpy as np
import pytest

import nn
from nn import schedules

TIMES = np.linspace(0, 12, 49)


def test_schedules_by_formula():
    def curve(schedule):
        return [schedule(t) for t in TIMES.tolist()]

    np.testing.assert_allclose(curve(schedules.step(3, 0.5)), 0.5 ** np.floor(TIMES / 3))
    np.testing.assert_allclose(curve(schedules.exponential(0.9)), 0.9**TIMES)
    half = (1 + np.cos(np.pi * np.minimum(TIMES / 10, 1))) / 2
    np.testing.assert_allclose(curve(schedules.cosine(10)), half, atol=1e-15)
    np.testing.assert_allclose(curve(schedules.cosine(10, 0.2)), 0.2 + 0.8 * half)
    assert schedules.cosine(0.5)(0.25) == pytest.approx(0.5)
    line = np.interp(TIMES, [0, 4, 12], [0.25, 1, 1])
    np.testing.assert_allclose(curve(schedules.warmup(4, start=0.25)), line)
    both = schedules.warmup(4, schedules.exponential(0.5), 0.25)
    np.testing.assert_allclose(curve(both), np.where(TIMES < 4, line, 0.5 ** (TIMES - 4)))
    cycle = curve(schedules.one_cycle(12, warm=0.25, start=0.1, end=0.01))
    assert cycle[0] == pytest.approx(0.1)
    assert cycle[12] == 1.0
    assert cycle[-1] == pytest.approx(0.01)
    assert (np.diff(cycle[:13]) > 0).all()
    assert (np.diff(cycle[12:]) < 0).all()
    assert cycle[6] == pytest.approx(0.55)


def test_parameters_of_schedules_have_defaults():
    assert schedules.constant()(5.0) == 1.0
    assert schedules.step(3)(7.0) == pytest.approx(0.01)
    assert schedules.cosine(10)(10.0) == 0.0
    assert schedules.warmup(4)(0.0) == 0.1
    found = [schedules.one_cycle(10)(t) for t in (0.0, 3.0, 10.0)]
    assert found == pytest.approx([1 / 25, 1.0, 1 / 25 / 10_000], rel=1e-12)
    falls = [observe(schedules.ReduceOnPlateau(), "loss", [1, *[0.5] * n])(0.0) for n in (10, 11)]
    assert falls == [1.0, 0.1]


def test_schedules_equal_those_of_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    rates = torch.optim.lr_scheduler
    pairs = [
        (schedules.step(3, 0.5), lambda o: rates.StepLR(o, 3, 0.5)),
        (schedules.exponential(0.9), lambda o: rates.ExponentialLR(o, 0.9)),
        (schedules.cosine(10, 0.1), lambda o: rates.CosineAnnealingLR(o, 10, 0.1)),
        (schedules.warmup(4, start=0.25), lambda o: rates.LinearLR(o, 0.25, total_iters=4)),
        (schedules.one_cycle(10, warm=0.23), lambda o: rates.OneCycleLR(o, 1.0, 11)),
    ]
    for ours, make in pairs:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        theirs = make(optimizer)
        for t in range(11):
            assert ours(t) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
            optimizer.step()
            if t < 10:
                theirs.step()


def observe(watch, name, column):
    for epoch, x in enumerate(column, start=1):
        watch.observe({"epoch": epoch, name: x})
    return watch


def test_reduce_on_plateau_equals_that_of_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    losses = [3, 2, 2, 2.5, 2, 2, 1.95, 1.9, 1.95, 2, 2, 2, 2, 2, 2, 2]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=0.08, threshold_mode="abs", min_lr=0.2
    )
    ours = schedules.ReduceOnPlateau(0.5, patience=3, min_delta=0.08, floor=0.2)
    for epoch, x in enumerate(losses, start=1):
        theirs.step(x)
        ours.observe({"epoch": epoch, "loss": x})
        assert ours(0.0) == optimizer.param_groups[0]["lr"]
    assert ours(0.0) == 0.2


def test_watches():
    watch = observe(nn.EarlyStopping(3, min_delta=0.1), "val_loss", [math.nan, 2, 1.95, 1.91, 1.8])
    assert (watch.best, watch.best_epoch, watch.waited, watch.exhausted) == (1.8, 5, 0, False)
    watch = observe(nn.EarlyStopping(2), "loss", [1, math.nan, math.nan])
    assert watch.exhausted
    copy = nn.EarlyStopping(2)
    copy.load_state_dict(json.loads(json.dumps(watch.state_dict())))
    assert copy.exhausted
    assert copy.best == 1
    copy.reset()
    assert copy.best is None
    copy.load_state_dict(copy.state_dict())
    assert copy.best is None
    high = observe(nn.EarlyStopping(2, monitor="val_accuracy"), "val_accuracy", [0.5, 0.9, 0.7])
    assert high.best_epoch == 2
    # after a fall it waits as long again
    slow = schedules.ReduceOnPlateau(0.5, 3)
    falls = [observe(slow, "loss", [1])(0.0) for _ in range(8)]
    assert falls == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    plateau = observe(schedules.ReduceOnPlateau(0.5, 1), "loss", [1, 1, 1])
    assert plateau(0.0) == 0.25
    copy = schedules.ReduceOnPlateau(0.5, 1)
    copy.load_state_dict(plateau.state_dict())
    assert copy(0.0) == 0.25


SCHEDULES = [
    (ValueError, "step: every is a time in epochs above 0, got 0", lambda: schedules.step(0)),
    (ValueError, "cosine: epochs is a time in epochs above 0, got nan",
     lambda: schedules.cosine(math.nan)),
    (ValueError, "warmup: epochs is a time", lambda: schedules.warmup(-1)),
    (ValueError, "one_cycle: epochs is a time", lambda: schedules.one_cycle(math.inf)),
    (ValueError, "one_cycle: warm is a part above 0 and below 1, got 1",
     lambda: schedules.one_cycle(5, 1)),
    (ValueError, "factor is above 0 and below 1, and floor from 0 to 1, got 1.0 and 0.0",
     lambda: schedules.ReduceOnPlateau(1)),
    (ValueError, "floor from 0 to 1, got 0.5 and 1.5",
     lambda: schedules.ReduceOnPlateau(0.5, floor=1.5)),
    (TypeError, "EarlyStopping: patience is a number of epochs, got 2.5",
     lambda: nn.EarlyStopping(2.5)),
    (TypeError, "EarlyStopping: min_delta is a number, got 'val_loss'; the column is monitor=",
     lambda: nn.EarlyStopping(2, "val_loss")),
    (ValueError, "min_delta at least 0, got 1 and nan", lambda: nn.EarlyStopping(1, math.nan)),
    (ValueError, 'mode is "auto", "min" or "max", got \'up\'', lambda: nn.EarlyStopping(mode="up")),
    (ValueError, "no 'f1' to monitor; there are loss",
     lambda: nn.EarlyStopping(monitor="f1").column(["loss"])),
    (ValueError, "is a high or a low 'val_f1' good",
     lambda: nn.EarlyStopping(monitor="val_f1").column(["val_f1"])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "match", "mistake"), SCHEDULES, ids=[s[1][:40] for s in SCHEDULES]
)
def test_schedules_that_are_refused(error, match, mistake):
    with pytest.raises(error, match=match):
        mistake()


@pytest.mark.parametrize(
    "made",
    [
        nn.schedules.constant(0.5),
        nn.schedules.step(2),
        nn.schedules.exponential(0.9),
        nn.schedules.cosine(5, 0.1),
        nn.schedules.warmup(2, nn.schedules.step(1)),
        nn.schedules.one_cycle(6),
    ],
)
def test_a_schedule_can_be_pickled(made):
    again = pickle.loads(pickle.dumps(made))
    assert [again(t) for t in (0, 0.5, 2, 5.5)] == [made(t) for t in (0, 0.5, 2, 5.5)]
