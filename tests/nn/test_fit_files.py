"""Checkpoints of fit: resuming to the same numbers, runs that are killed, files refused."""

import errno
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nn
from nn.training import fitting

from .fits import ROOT, X, Y, equal, everything, numbers, run, setup

OPTIONS = {
    "epochs": 6,
    "schedule": nn.schedules.warmup(2),
    "validation": (X, Y),
    "metrics": ["accuracy"],
}


def go(path, model, optimizer, **options):
    stopping = nn.EarlyStopping(50, monitor="val_accuracy")
    return run(
        model, optimizer, **OPTIONS | {"early_stopping": stopping, "checkpoint": path} | options
    )


@pytest.mark.parametrize("to_path", [False, True])
def test_resuming_gives_the_same_numbers(tmp_path, to_path):
    path = tmp_path / "run.npz"
    whole, optimizer = setup(dropout=True)
    wanted = go(path, whole, optimizer)
    model, its = setup(dropout=True)
    go(path, model, its, epochs=2)
    model, its = setup(dropout=True, lr=0.7)
    model.layers[0].weight.data += 1
    history = go(path, model, its, resume=path if to_path else True, rng=99)
    assert history == wanted
    equal(everything(model, its), everything(whole, optimizer))
    # a run that is at its end stays as it is
    again, its = setup(dropout=True)
    assert go(path, again, its, resume=True) == wanted
    equal(everything(again, its), everything(whole, optimizer))


def test_resume_begins_where_there_is_no_file_yet(tmp_path):
    model, optimizer = setup()
    history = run(model, optimizer, checkpoint=tmp_path / "run.npz", resume=True)
    assert len(history) == 4
    with pytest.raises(FileNotFoundError):
        run(model, optimizer, resume=tmp_path / "none.npz")


KILLED = """
import os, sys, signal
import numpy as np, nn
x, y = nn.data.moons(60, rng=0)
model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Dropout(0.3, rng=5),
    nn.Linear(8, 2, rng=1))
optimizer = nn.Adam(model.parameters(), lr=0.05)
def tell(step):
    print(step.step, flush=True)
    if step.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
history = nn.fit(
    model, (x, y), nn.CrossEntropyLoss(), optimizer, epochs=6, batch_size=16, rng=1,
    checkpoint=sys.argv[1], resume=True, callback=tell, progress=False,
)
print(history.to_json())
np.save(sys.argv[1] + ".npy", np.concatenate([p.data.ravel() for p in model.parameters()]))
"""


def child(path, at):
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(at)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_killed_run_loses_at_most_the_running_epoch(tmp_path):
    whole = child(tmp_path / "a.npz", 0)
    assert whole.returncode == 0, whole.stderr
    path = tmp_path / "b.npz"
    first = child(path, 10)
    assert first.returncode == -signal.SIGKILL
    assert len(nn.load(path).history["columns"]["loss"]) == 2
    second = child(path, 19)
    assert second.returncode == -signal.SIGKILL
    assert second.stdout.split()[0] == "9"
    third = child(path, 0)
    assert third.stdout.split()[0] == "17"
    assert third.stdout.splitlines()[-1] == whole.stdout.splitlines()[-1]
    a, b = (np.load(tmp_path / f"{name}.npz.npy") for name in "ab")
    np.testing.assert_array_equal(a, b)


def test_killed_at_any_moment_the_file_is_whole(tmp_path):
    path = tmp_path / "run.npz"
    script = KILLED.replace("epochs=6", "epochs=100000")
    for delay in (0.01, 0.05, 0.13):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path), "0"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        line = process.stdout.readline()
        start = int(line)
        time.sleep(delay)
        process.kill()
        steps = [start, *map(int, process.stdout.read().split("\n")[:-1])]
        process.wait()
        process.stdout.close()
        if not path.exists():
            assert steps[-1] <= 4
            continue
        kept = nn.load(path).state["step"]
        assert kept % 4 == 0
        # told is a step before its file is written and after; the running epoch is lost at most
        assert steps[-1] - 4 <= kept <= steps[-1] + 4


def test_a_full_disk_leaves_model_and_old_file(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    whole, optimizer = setup()
    run(whole, optimizer, epochs=3, checkpoint=path)
    model, optimizer = setup()
    files = []

    def full_in_the_third_epoch(step):
        if step.step == 9:
            files.append(path.read_bytes())
            monkeypatch.setattr(os, "fsync", full)

    def full(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left on device"):
        run(model, optimizer, checkpoint=path, callback=full_in_the_third_epoch)
    assert [path.read_bytes()] == files
    assert len(nn.load(path).history["columns"]["loss"]) == 2
    np.testing.assert_array_equal(numbers(model), numbers(whole))
    assert len(list(tmp_path.iterdir())) == 1


def test_folders_that_cannot_be_written_are_found_out_before_training(tmp_path, monkeypatch):
    model, optimizer = setup()
    before = everything(model, optimizer)
    with pytest.raises(FileNotFoundError):
        run(model, optimizer, checkpoint=tmp_path / "none" / "run.npz")
    with pytest.raises(ValueError, match=r"\.npz"):
        run(model, optimizer, checkpoint=tmp_path / "run.pt")
    w = nn.Parameter(np.ones((2, 2)))
    with pytest.raises(TypeError, match="checkpoints are of Modules, the model is function"):
        run(lambda x: x @ w, nn.SGD([w], lr=0.1), checkpoint=tmp_path / "run.npz")

    def read_only(**kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(kwargs["dir"]))

    monkeypatch.setattr(fitting.tempfile, "TemporaryFile", read_only)
    with pytest.raises(PermissionError, match=re.escape(str(tmp_path))):
        run(model, optimizer, checkpoint=tmp_path / "run.npz")
    equal(everything(model, optimizer), before)


def test_files_of_other_runs_are_refused_and_change_nothing(tmp_path):
    path = tmp_path / "run.npz"
    model, optimizer = setup()
    go(path, model, optimizer, epochs=2)
    plain = tmp_path / "plain.npz"
    nn.save(plain, model, optimizer=optimizer)
    other, its = setup(rng=3)
    before = everything(other, its)
    cases = [
        ("is not a checkpoint of a training", lambda: run(other, its, resume=plain)),
        ("the run to resume measured .* val_accuracy", lambda: run(other, its, resume=path)),
        (
            "had 1 of early stopping and ReduceOnPlateau, this one has 0",
            lambda: run(other, its, resume=path, **OPTIONS),
        ),
        (
            "the run to resume drew from a PCG64, rng is a MT19937",
            lambda: go(
                path, other, its, resume=True, rng=np.random.Generator(np.random.MT19937(0))
            ),
        ),
    ]
    for match, mistake in cases:
        with pytest.raises(ValueError, match=match):
            mistake()
        equal(everything(other, its), before)
    found = nn.load(path)
    history = nn.History.from_dict(found.history)
    training = nn.train(other, (X, Y), nn.CrossEntropyLoss(), its, epochs=3)
    with pytest.raises(ValueError, match="this is not the state of a training loop"):
        training.load_state({"epoch": 2}, history)
    with pytest.raises(ValueError, match="of epoch 2, and the history has 0 epochs"):
        training.load_state(found.state, nn.History())
    w = nn.Parameter(np.ones((2, 2)))
    with pytest.raises(TypeError, match="only a Module can be resumed"):
        run(lambda x: x @ w, nn.SGD([w], lr=0.1), resume=path)


def test_best_epoch_survives_resuming(tmp_path):
    path = tmp_path / "run.npz"
    scores = [1.0, 5.0, 2.0, 1.0, 0.0, 0.0]

    def attempt(model, optimizer, **options):
        calls = []

        def score(p, y):
            calls.append(1)
            return scores[done + len(calls) - 1]

        stopping = nn.EarlyStopping(3, monitor="score", mode="max")
        return run(model, optimizer, metrics={"score": score}, early_stopping=stopping, **options)

    done = 0
    model, optimizer = setup()
    wanted = attempt(model, optimizer, epochs=6)
    half, its = setup()
    attempt(half, its, epochs=3, checkpoint=path)
    done = 3
    other, its = setup(rng=9)
    history = attempt(other, its, epochs=6, resume=path)
    assert history["score"] == wanted["score"] == scores[:5]
    assert history.restored == wanted.restored == 2
    np.testing.assert_array_equal(numbers(other), numbers(model))
