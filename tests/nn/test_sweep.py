"""Sweeps: order, failures, executors of all kinds, Ctrl-C, tables."""

import os
import threading
import xml.etree.ElementTree as ET
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial

import numpy as np
import pytest

import nn

GRID = {"lr": [0.1, 0.01], "hidden": [2, 3, 4]}
EXPECTED = [{"lr": lr, "hidden": h} for lr in (0.1, 0.01) for h in (2, 3, 4)]


def trained(lr, hidden):
    """Train for real; a function of a module, so that processes can find it."""
    model = nn.MLP([2, hidden, 1], "tanh", rng=hidden)
    optimizer = nn.SGD(model.parameters(), lr=lr)
    x = np.random.default_rng(0).normal(size=(16, 2))
    return nn.fit(model, (x, x[:, :1]), nn.MSELoss(), optimizer, epochs=3, progress=False)


def failing(lr, hidden):
    """Fail for one combination."""
    if (lr, hidden) == (0.01, 3):
        raise ValueError("three\nis too many")
    return lr * hidden


def dying(lr, hidden):
    """End the process of a pool."""
    os._exit(3)


def test_grid_order_without_executor():
    seen = []
    result = nn.sweep(
        lambda **s: s["lr"] * s["hidden"], GRID, progress=lambda *told: seen.append(told)
    )
    assert [t.settings for t in result] == EXPECTED
    assert [t.value for t in result] == [s["lr"] * s["hidden"] for s in EXPECTED]
    assert [(done, total) for done, total, _ in seen] == [(i, 6) for i in range(1, 7)]
    assert seen[2][2] == result[2]
    assert all(t.finished and t.seconds >= 0 for t in result)
    assert not result.interrupted
    assert len(result) == 6


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_executors_give_the_same_results(pool):
    alone = nn.sweep(trained, GRID)
    assert all(t.finished for t in alone), alone
    with pool(2) as executor:
        together = nn.sweep(trained, GRID, executor)
    assert [t.settings for t in together] == EXPECTED
    assert [t.value for t in together] == [t.value for t in alone]
    assert together.best().settings == alone.best().settings
    losses = [t.value["loss"][-1] for t in alone]
    assert alone.best().number() == min(losses)


class Backwards(Executor):
    """Another executor: runs everything when the last result is asked for, last first."""

    def __init__(self):
        self.jobs = []

    def submit(self, function, /, *arguments, **options):
        self.jobs.append((future := Future(), partial(function, *arguments, **options)))
        if len(self.jobs) == 6:
            for job, run in reversed(self.jobs):
                job.set_result(run())
        return future


def test_any_executor_and_any_order_of_ends():
    result = nn.sweep(failing, GRID, Backwards())
    assert [t.settings for t in result] == EXPECTED


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_failures_are_results(pool):
    executor = pool(2) if pool else None
    result = nn.sweep(failing, GRID, executor)
    if executor:
        executor.shutdown()
    assert [t.finished for t in result] == [True, True, True, True, False, True]
    assert result[4].error == "ValueError: three is too many"
    assert 'raise ValueError("three' in result[4].trace
    assert result.best().value == 0.02
    assert result.best(largest=True).value == pytest.approx(0.4)
    assert "ValueError: three is too many" in repr(result)
    assert "6 trials, 5 finished, 1 failed" in repr(result)


def test_processes_that_die_or_cannot_be_reached():
    with ProcessPoolExecutor(1) as executor:
        result = nn.sweep(dying, {"lr": [1], "hidden": [1, 2]}, executor)
    assert all("BrokenProcessPool" in t.error for t in result)
    with ProcessPoolExecutor(1) as executor:
        result = nn.sweep(lambda lr: lr, {"lr": [1]}, executor)
    assert "local object" in result[0].error
    with pytest.raises(ValueError, match="no trial has a number to compare; one failed with"):
        result.best()


def test_a_pool_that_breaks_between_two_trials():
    class Breaking(ThreadPoolExecutor):
        begun = 0

        def submit(self, *task):
            self.begun += 1
            if self.begun > 1:
                raise BrokenExecutor("a process died")
            return super().submit(*task)

    with Breaking(1) as executor:
        result = nn.sweep(lambda lr: lr, {"lr": [1, 2, 3]}, executor)
    assert result[0].value == 1
    assert [t.error for t in result[1:]] == ["BrokenExecutor: a process died"] * 2


def test_a_pool_that_is_shut_already():
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        nn.sweep(failing, GRID, executor)


def test_ctrl_c_keeps_what_is_finished():
    def interrupted(lr, hidden):
        if hidden == 4:
            raise KeyboardInterrupt
        return hidden

    result = nn.sweep(interrupted, GRID)
    assert result.interrupted
    assert [t.finished for t in result] == [True, True, False, False, False, False]
    assert [t.settings for t in result] == EXPECTED
    assert "6 trials, 2 finished, interrupted" in repr(result)
    assert "not finished" in repr(result)
    assert result.best().value == 2


def test_ctrl_c_cancels_what_waits():
    begun, go = [], threading.Event()

    def slow(lr, hidden):
        begun.append(hidden)
        if len(begun) > 1:
            go.wait()
        return hidden

    def stop(done, total, trial):
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor:
        result = nn.sweep(slow, GRID, executor, progress=stop)
        go.set()
    assert result.interrupted
    assert result[0].value == 2
    assert len(begun) <= 2


def test_numbers_that_are_compared():
    def of(value, key=""):
        return nn.Trial({}, value, seconds=0.0).number(key)

    assert of(3) == 3.0
    assert of(np.float32(0.5)) == 0.5
    assert of({"loss": 1.0, "val_loss": 2.0}) == 2.0
    assert of({"loss": [3.0, 1.0], "accuracy": 0.5}) == 1.0
    assert of({"loss": 1.0, "accuracy": 0.5}, "accuracy") == 0.5
    assert of(nn.History({"epoch": [1, 2], "loss": [4.0, 2.0]})) == 2.0
    assert np.isnan(of({"other": 1}))
    assert np.isnan(of("text"))
    assert np.isnan(of(None))
    assert np.isnan(of([]))


def test_nan_never_wins():
    result = nn.sweep(lambda x: x, {"x": [float("nan"), 2.0, float("inf")]})
    assert result.best().value == 2.0
    assert nn.sweep(lambda x: x, {"x": [float("nan"), 2.0]}).best(largest=True).value == 2.0
    with pytest.raises(ValueError, match="no trial has a number 'accuracy' to compare"):
        result.best("accuracy")


def test_lists_of_settings_and_tables():
    grid = [{"init": nn.init.zeros, "lr": 0.1}, {"lr": 1e-30, "name": "<b>" * 30}]
    result = nn.sweep(lambda **s: {"loss": len(s)}, grid)
    text = repr(result)
    assert text.splitlines()[1].split() == ["init", "lr", "name", "result", "seconds"]
    assert "zeros" in text
    assert "1e-30" in text
    html = result._repr_html_()
    assert "<b>" not in html
    assert html.count("<tr>") == 3
    assert result.to_dict()["trials"][0]["value"] == {"loss": 2}
    many = nn.sweep(lambda x: x, {"x": range(150)})
    assert repr(many).endswith("… 50 more")
    odd = nn.sweep(lambda x: x, {"x": ["word", {"a": 1}]})
    assert "word" in repr(odd)


def test_generators_as_values_are_read_once():
    result = nn.sweep(lambda a, b: a + b, {"a": (i for i in (1, 2)), "b": {3}})
    assert [t.value for t in result] == [4, 5]


@pytest.mark.parametrize(
    ("build", "grid", "error", "match"),
    [
        (3, GRID, TypeError, "sweep: build is int; give a function of the settings"),
        (
            failing,
            {"lr": 0.1},
            TypeError,
            r"the values of 'lr' are 0.1; give a list, \[x\] for one",
        ),
        (failing, {"lr": "0.1"}, TypeError, "the values of 'lr' are '0.1'"),
        (failing, 3, TypeError, "the grid is int; give a mapping of lists, or a list of mappings"),
        (failing, "lr", TypeError, "the grid is str"),
        (failing, [3], TypeError, "the grid holds 3; give a mapping of lists"),
        (failing, {}, ValueError, "the grid has no combination"),
        (failing, {"lr": []}, ValueError, "the grid has no combination"),
        (failing, [], ValueError, "the grid has no combination"),
    ],
)
def test_misuse_is_told(build, grid, error, match):
    with pytest.raises(error, match=match):
        nn.sweep(build, grid)


def drawn(picture):
    """Return the points of every curve, and the words of a picture."""
    root = ET.fromstring(picture.svg())
    lines = [e.get("points") for e in root.iter("{http://www.w3.org/2000/svg}polyline")]
    curves = [[[float(x) for x in p.split(",")] for p in line.split()] for line in lines]
    words = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    return np.array(curves), words


def test_curves_of_all_trials_are_in_one_plot():
    result = nn.sweep(trained, GRID)
    picture = result.draw()
    curves, words = drawn(picture)
    losses = np.array([t.value["loss"] for t in result])
    assert curves.shape == (6, 3, 2)
    assert (curves[:, :, 0] == curves[0, :, 0]).all()
    # all of them on one axis, on which larger numbers are higher
    slope, start = np.polyfit(losses.ravel(), curves[:, :, 1].ravel(), 1)
    assert slope < 0
    np.testing.assert_allclose(curves[:, :, 1], start + slope * losses, atol=0.2)
    for t, found in zip(result, losses, strict=True):
        label = f"lr={t.settings['lr']}, hidden={t.settings['hidden']}"
        assert f"{label}: {found[-1]:.4g}" in words
        assert label in picture.text()
    assert words[0] == "loss of 6 runs, by epoch"


def test_the_column_that_is_drawn():
    def run(k):
        return nn.History({"loss": [3.0, 2.0 + k], "val_loss": [4.0, 3.0 + k], "acc": [0.1, 0.9]})

    result = nn.sweep(run, {"k": range(14)})
    curves, words = drawn(result.draw())
    assert len(curves) == 12
    assert words[0] == "val_loss of 14 runs, by epoch, the first 12 of them drawn"
    assert drawn(result.draw("acc"))[1][0] == "acc of 14 runs, by epoch, the first 12 of them drawn"
    for trials, column in ((result, "lr"), (nn.sweep(lambda k: k, {"k": [1]}), "")):
        with pytest.raises(
            ValueError, match=f"no trial returned a History .* {column or 'loss'!r}"
        ):
            trials.draw(column)
