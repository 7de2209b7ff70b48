"""Runs that fail, stop, are killed and go on; and everything that fit refuses."""

import errno
import io
import math
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import fitting

ROOT = Path(nn.__file__).parent.parent
X, Y = nn.data.moons(60, rng=0)


def network(rng=0, dropout=False):
    layers = [nn.Linear(2, 8, rng=rng), nn.Tanh()]
    if dropout:
        layers.append(nn.Dropout(0.3, rng=5))
    return nn.Sequential(*layers, nn.Linear(8, 2, rng=rng + 1))


def setup(lr=0.05, make=nn.Adam, **options):
    model = network(**options)
    return model, make(model.parameters(), lr=lr)


def numbers(model):
    return np.concatenate([np.ravel(p.data) for p in model.parameters()])


def run(model, optimizer, data=(X, Y), loss=None, **options):
    options = {"epochs": 4, "batch_size": 16, "rng": 1, "progress": False} | options
    return nn.fit(model, data, loss or nn.CrossEntropyLoss(), optimizer, **options)


def everything(model, optimizer):
    state = optimizer.state_dict()
    return {**model.state_dict(), **{f"o.{k}": v for k, v in state.items()}}


def equal(a, b):
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


# --------------------------------------------------------------------------------------------------
# What goes wrong leaves the model as it was after the last whole epoch


def poisoned(at, what=np.nan):
    """Return a loss that is not finite in one of its calls."""
    loss, calls = nn.CrossEntropyLoss(), []

    def compute(prediction, target):
        calls.append(1)
        value = loss(prediction, target)
        return value * what if len(calls) == at else value

    return compute


def failing_gradient(at):
    """Return a loss that is finite where its gradient is not."""
    loss, calls = nn.CrossEntropyLoss(), []

    def compute(prediction, target):
        calls.append(1)
        value = loss(prediction, target)
        return value + np.sqrt(prediction[0, 0] * 0) if len(calls) == at else value

    return compute


@pytest.mark.parametrize(
    ("loss", "match"),
    [
        (poisoned(11), r"the loss is nan in epoch 3, step 11; take a smaller learning rate"),
        (poisoned(11, np.inf), r"the loss is inf in epoch 3, step 11"),
        (failing_gradient(11), r"the gradient of parameter 'layers\..*' is not finite in epoch 3"),
    ],
)
def test_a_failing_step_takes_model_and_optimizer_back_to_the_last_epoch(loss, match):
    whole, optimizer = setup(dropout=True)
    run(whole, optimizer, epochs=2)
    wanted = everything(whole, optimizer)
    model, optimizer = setup(dropout=True)
    training = nn.train(model, (X, Y), loss, optimizer, epochs=4, batch_size=16, rng=1)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=match) as caught:
        list(training)
    assert "as they were after epoch 2" in caught.value.__notes__[-1]
    equal(everything(model, optimizer), wanted)
    assert len(training.history) == 2
    # it goes on from there, to the same numbers as a run that never failed
    list(training)
    run(whole2 := network(dropout=True), other := nn.Adam(whole2.parameters(), lr=0.05))
    equal(everything(model, optimizer), everything(whole2, other))


def test_weights_that_overflow_are_taken_back():
    model, optimizer = setup(make=nn.SGD, lr=1e308)
    before = numbers(model)
    match = r"is not finite after epoch 1|the loss is"
    with pytest.raises(FloatingPointError, match=match), np.errstate(all="ignore"):
        run(model, optimizer, loss=nn.CrossEntropyLoss("sum"), batch_size=None)
    np.testing.assert_array_equal(numbers(model), before)

    class Scale(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(np.array([1e300]))

        def forward(self, x):
            return x * self.w

    scale = Scale()
    with pytest.raises(
        FloatingPointError, match=r"parameter 'w' is not finite after epoch 1; take"
    ):
        run(
            scale, nn.SGD(scale.parameters(), lr=1e308), (np.ones((1, 1)), np.zeros((1, 1))),
            lambda p, y: (p * -10.0).sum(), epochs=1, batch_size=None,
        )  # fmt: skip
    assert scale.w.data == 1e300


def test_overflow_of_the_norm_of_finite_gradients_is_named():
    w = nn.Parameter(np.ones(4))
    match = "the norm of all gradients is not finite"
    with pytest.raises(FloatingPointError, match=match), np.errstate(over="ignore"):
        run(
            lambda x: w - 1.0, nn.SGD([w], lr=0.1), (X, Y), lambda p, y: (p * 1.7e308).sum()
        )  # fmt: skip
    np.testing.assert_array_equal(w.data, np.ones(4))


@pytest.mark.parametrize("values", [False, True])
def test_labels_out_of_range_end_in_an_error(values):
    y = Y.copy()
    y[50] = 7
    if values:
        model = nn.scalar.MLP(2, [3, 2], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
    else:
        model, optimizer = setup()
    before = everything(model, optimizer)
    with pytest.raises(ValueError, match="class index 7 is out of range for 2 classes"):
        run(model, optimizer, (X, y))
    equal(everything(model, optimizer), before)


def test_an_error_of_the_callback_leaves_the_last_step():
    model, optimizer = setup()

    def callback(step):
        if step.step == 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        run(model, optimizer, callback=callback)
    other, its = setup()
    training = nn.train(other, (X, Y), nn.CrossEntropyLoss(), its, epochs=4, batch_size=16, rng=1)
    for _ in range(3):
        next(training)
    equal(everything(model, optimizer), everything(other, its))


@pytest.mark.parametrize("factor", [math.nan, -1.0, math.inf])
def test_learning_rates_that_make_no_sense(factor):
    model, optimizer = setup()
    before = everything(model, optimizer)
    with pytest.raises(ValueError, match=r"the schedule gives the factor .* at epoch 1, and so"):
        run(model, optimizer, schedule=lambda t: factor if t == 1 else 0.0)
    equal({k: v for k, v in model.state_dict().items()}, {k: before[k] for k in model.state_dict()})
    assert optimizer.lr == 0.05
    with pytest.raises(ValueError, match="lr must be at least 0 and finite, got nan"):
        nn.Adam(model.parameters(), lr=math.nan)


REFUSED = [
    (TypeError, "epochs is a positive integer, got float 2.0", {"epochs": 2.0}),
    (ValueError, "epochs is a positive integer, got 0", {"epochs": 0}),
    (ValueError, "batch_size is a positive integer, got 0", {"batch_size": 0}),
    (TypeError, "batch_size is a positive integer, got bool", {"batch_size": True}),
    (ValueError, r"data: x has shape \(0, 2\); give an array with", {"data": (X[:0], Y[:0])}),
    (ValueError, r"data: x \(60, 2\) has 60 samples and y \(59,\) has 59", {"data": (X, Y[1:])}),
    (ValueError, "no batch is left of 60 samples with batch_size=61",
     {"batch_size": 61, "drop_last": True}),
    (TypeError, "data is ndarray; give a pair", {"data": X}),
    (TypeError, "data is int; give a pair", {"data": 3}),
    (ValueError, "data is made of batches already", {"data": [(X, Y)]}),
    (TypeError, "data: batch 0 is ndarray; each batch is a pair",
     {"data": [X, Y], "batch_size": None}),
    (ValueError, "data gave no batches; is it empty", {"data": [], "batch_size": None}),
    (TypeError, "the loss is int; give a function", {"loss": 3}),
    (TypeError, "the loss is the class MSELoss; call it, MSELoss()", {"loss": nn.MSELoss}),
    (ValueError, r"the loss is Tensor of shape \(16,\)", {"loss": nn.CrossEntropyLoss("none")}),
    (ValueError, "does not depend on any parameter", {"loss": lambda p, y: Tensor(1.0)}),
    (TypeError, "the schedule is float; give a function", {"schedule": 0.5}),
    (ValueError, "clip_norm: the limit is a number above 0, got -1", {"clip_norm": -1}),
    (ValueError, "clip_value: the limit is a number above 0, got nan", {"clip_value": math.nan}),
    (TypeError, "early_stopping is 'soon'; give a number", {"early_stopping": "soon"}),
    (TypeError, "early_stopping is True; give a number", {"early_stopping": True}),
    (ValueError, "EarlyStopping: patience must be at least 1", {"early_stopping": 0}),
    (ValueError, "there is no 'val_loss' to monitor; there are epoch",
     {"early_stopping": nn.EarlyStopping(monitor="val_loss")}),
    (ValueError, "no metric 'acuracy'; there are accuracy", {"metrics": ["acuracy"]}),
    (TypeError, "rng is str", {"rng": "seed"}),
    (TypeError, "progress is True, False or None, got 3", {"progress": 3}),
    (ValueError, "resume=True goes on from the checkpoint", {"resume": True}),
    (ValueError, "validation: x holds nan at row 1, column 0",
     {"validation": (np.array([[0.0, 1], [np.nan, 1]]), np.zeros(2, int))}),
]  # fmt: skip


@pytest.mark.parametrize(("error", "match", "options"), REFUSED, ids=[r[1][:40] for r in REFUSED])
def test_refused(error, match, options):
    model, optimizer = setup()
    before = everything(model, optimizer)
    with pytest.raises(error, match=match):
        run(model, optimizer, **options)
    equal(everything(model, optimizer), before)


def test_model_and_optimizer_must_fit():
    model, optimizer = setup()
    with pytest.raises(ValueError, match="the optimizer has none of the model's parameters"):
        run(network(), optimizer)
    with pytest.raises(TypeError, match="the optimizer is the class Adam; give one"):
        run(model, nn.Adam)
    with pytest.raises(TypeError, match="a model is a Module or a function, got int 3"):
        run(3, optimizer)


def test_an_iterator_of_batches_is_used_up():
    model, optimizer = setup()
    with pytest.raises(ValueError, match="data gave no batches; is it empty, or an iterator"):
        run(model, optimizer, iter([(X, Y)]), batch_size=None)


# --------------------------------------------------------------------------------------------------
# Stopping and going on


def test_early_stopping_gives_back_the_best_epoch():
    scores = [3.0, 2.0, 2.5, 2.0, 1.9, 9.0]
    model, optimizer = setup()
    kept = []
    history = run(
        model, optimizer, epochs=50, metrics={"score": lambda p, y: scores[len(kept)]},
        early_stopping=nn.EarlyStopping(2, monitor="score", mode="min"),
        callback=lambda s: kept.append(numbers(model)) if s.row else None,
    )  # fmt: skip
    assert history["score"] == scores[:4]
    assert history.stopped == "stopped early, as score was not better for 2 epochs"
    assert history.restored == 2
    np.testing.assert_array_equal(numbers(model), kept[1])
    assert (kept[1] != kept[2]).any()


def test_early_stopping_without_giving_back():
    model, optimizer = setup(lr=0.0)
    stopping = nn.EarlyStopping(3, restore_best=False)
    history = run(model, optimizer, epochs=50, early_stopping=stopping, batch_size=None)
    assert len(history) == 4
    assert history.restored == 0


def test_the_rate_falls_on_a_plateau():
    model, optimizer = setup()
    schedule = nn.schedules.ReduceOnPlateau(0.5, patience=2, monitor="flat", mode="max")
    history = run(model, optimizer, epochs=7, schedule=schedule, metrics={"flat": lambda p, y: 1.0})
    assert history["lr"] == [0.05, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125]
    assert optimizer.lr == 0.05


@pytest.fixture
def interruptible():
    """Handle SIGINT as in a terminal; a process that runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("press", [1, 2])
def test_ctrl_c_ends_after_the_step(press, interruptible):
    model, optimizer = setup()

    def callback(step):
        if step.step == 6:
            for _ in range(press):
                signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    history = run(model, optimizer, callback=callback)
    assert signal.getsignal(signal.SIGINT) is before
    assert history.interrupted
    assert len(history) == 1
    assert "interrupted in epoch 2" in history.summary()
    other, its = setup()
    training = nn.train(other, (X, Y), nn.CrossEntropyLoss(), its, epochs=4, batch_size=16, rng=1)
    for _ in range(6):
        next(training)
    equal(everything(model, optimizer), everything(other, its))
    # and on it goes
    history = run(model, optimizer, history=history)
    assert not history.interrupted
    assert history["epoch"] == [1, 2, 3, 4]


def test_ctrl_c_in_the_middle_of_a_step():
    model, optimizer = setup()
    loss, calls = nn.CrossEntropyLoss(), []

    def compute(p, y):
        calls.append(1)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return loss(p, y)

    history = run(model, optimizer, loss=compute)
    assert history.interrupted
    assert len(history) == 1
    assert np.isfinite(numbers(model)).all()


def test_a_handler_of_ones_own_stays():
    model, optimizer = setup()
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        run(model, optimizer, callback=lambda s: s.step == 2 and signal.raise_signal(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [1]


def test_fit_in_another_thread():
    model, optimizer = setup()
    found = []
    thread = threading.Thread(target=lambda: found.append(run(model, optimizer)))
    thread.start()
    thread.join()
    assert len(found[0]) == 4


def test_leaving_the_loop_and_going_on_equals_a_run_in_one_go():
    model, optimizer = setup()
    wanted = run(model, optimizer)
    other, its = setup()
    training = nn.train(other, (X, Y), nn.CrossEntropyLoss(), its, epochs=4, batch_size=16, rng=1)
    for step in training:
        if step.step == 6:
            break
    assert (step.epoch, step.row, training.epoch) == (2, None, 1)
    assert re.match(r"Step 6 in epoch 2: loss \d\.\d+, lr 0.05, gradient norm \d", repr(step))
    rest = list(training)
    assert [s.step for s in rest] == list(range(7, 17))
    assert training.history == wanted
    assert rest[-1].row == wanted.row(-1)
    assert list(training) == []
    equal(everything(model, optimizer), everything(other, its))


# --------------------------------------------------------------------------------------------------
# Files

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


# --------------------------------------------------------------------------------------------------
# Values, functions, ready-made batches, other data


def test_moons_with_values_equal_the_same_network_of_tensors():
    x, y = X[:20], 2.0 * Y[:20] - 1
    values = nn.scalar.MLP(2, [4, 1], activation="tanh", rng=0)
    tensors = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for layer, neurons in zip(tensors.layers[::2], values.layers, strict=True):
        layer.weight.data = np.array([[w.data for w in n.w] for n in neurons.neurons]).T
        layer.bias.data = np.array([n.b.data for n in neurons.neurons])
    options = {"epochs": 5, "batch_size": 8, "clip_norm": 0.3, "metrics": ["mae"]}
    a = run(values, nn.Adam(values.parameters(), lr=0.05), (x, y), nn.MSELoss(), **options)
    b = run(
        tensors, nn.Adam(tensors.parameters(), lr=0.05), (x, y[:, None]), nn.MSELoss(), **options
    )
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-9)
    assert a["loss"][-1] < a["loss"][0]
    assert all(type(p.data) is float for p in values.parameters())
    assert isinstance(values.parameters()[0], Value)
    np.testing.assert_allclose(nn.predict(values, x), nn.predict(tensors, x)[:, 0], rtol=1e-9)


def test_a_network_of_values_fails_and_goes_back():
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    optimizer = nn.SGD(model.parameters(), lr=1e200)
    before = everything(model, optimizer)
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        run(model, optimizer, (X, Y * 1.0), nn.MSELoss(), batch_size=10)
    equal(everything(model, optimizer), before)


def test_values_of_wrong_width_are_refused():
    model = nn.scalar.MLP(3, [2, 1], rng=0)
    with pytest.raises(ValueError, match="takes 3 inputs, got 2"):
        run(model, nn.SGD(model.parameters(), lr=0.1), (X, Y * 1.0), nn.MSELoss())


def test_batches_made_by_the_user():
    model, optimizer = setup()
    parts = [(X[:25], Y[:25]), (X[25:50], Y[25:50]), (X[50:], Y[50:])]
    a = run(model, optimizer, parts, batch_size=None, validation=parts, schedule=lambda t: 1 + t)
    other, its = setup()
    b = run(
        other,
        its,
        (X, Y),
        batch_size=25,
        shuffle=False,
        validation=(X, Y),
        schedule=lambda t: 1 + t,
    )
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-12)

    class Anew:
        def __iter__(self):
            return iter(parts)

    model, optimizer = setup()
    c = run(model, optimizer, Anew(), batch_size=None)
    assert c["step"] == [3, 6, 9, 12]


def test_the_last_short_batch_can_be_dropped():
    model, optimizer = setup()
    sizes = []
    run(model, optimizer, drop_last=True, callback=lambda s: sizes.append(len(s.batch[1])))
    assert sizes == [16] * 12


def test_sum_of_losses_is_summed_and_validated_in_evaluation_mode():
    model, optimizer = setup(lr=0.0, dropout=True)
    loss = nn.CrossEntropyLoss("sum")
    history = run(model, optimizer, loss=loss, validation=(X, Y), epochs=2)
    model.eval()
    total = float(loss(model(X), Y))
    np.testing.assert_allclose(history["val_loss"], [total, total], rtol=1e-12)
    assert abs(history["loss"][0] - total) > 1e-3
    assert abs(history["loss"][0] - total) < 0.5 * total


def test_training_puts_the_model_into_training_mode():
    model, optimizer = setup(dropout=True)
    run(model, optimizer)
    other, its = setup(dropout=True)
    # as it is after a look at the model in between
    run(other.eval(), its, callback=lambda step: other.eval())
    equal(everything(model, optimizer), everything(other, its))


def test_evaluate_and_predict():
    model, _ = setup(dropout=True)
    model.layers[2].training = False
    plain = nn.predict(model, X)
    np.testing.assert_allclose(nn.predict(model, X, batch_size=7), plain, rtol=1e-12)
    assert [m.training for m in model.modules()] == [True, True, True, False, True]
    found = nn.evaluate(model, (X, Y), nn.CrossEntropyLoss(), "accuracy", batch_size=7)
    logp = plain - np.log(np.exp(plain).sum(1, keepdims=True))
    assert found["loss"] == pytest.approx(-logp[np.arange(60), Y].mean(), rel=1e-12)
    assert found["accuracy"] == (plain.argmax(1) == Y).mean()
    assert nn.evaluate(model, (X, Y), metrics="accuracy") == {"accuracy": found["accuracy"]}
    assert all(p.grad is None for p in model.parameters())


def test_float32_stays():
    model = nn.Sequential(
        nn.Linear(2, 4, dtype=np.float32), nn.ReLU(), nn.Linear(4, 2, dtype=np.float32)
    )
    history = run(model, nn.Adam(model.parameters()), (X.astype(np.float32), Y), clip_norm=1e-3)
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert len(history) == 4


def test_one_sample_one_feature():
    model = nn.Linear(1, 1, rng=0)
    data = np.array([[2.0]]), np.array([[1.0]])
    history = run(model, nn.SGD(model.parameters(), lr=0.1), data, nn.MSELoss(), epochs=60)
    assert history["loss"][-1] < 1e-12


def test_a_plain_function_and_frozen_parameters():
    w, b = nn.Parameter([[1.0], [1.0]]), nn.Parameter([0.5])
    b.requires_grad = False
    data = X, X @ [[2.0], [-1.0]] + 0.5
    history = run(lambda x: x @ w + b, nn.SGD([w, b], lr=0.3), data, nn.MSELoss(), epochs=200)
    np.testing.assert_allclose(w.data, [[2.0], [-1.0]], atol=1e-6)
    assert b.data == 0.5
    assert history["loss"][-1] < 1e-10


# --------------------------------------------------------------------------------------------------
# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def no_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def shown(monkeypatch, stream, **options):
    monkeypatch.setattr(sys, "stderr", stream)
    model, optimizer = setup()
    run(model, optimizer, **options)
    return stream.getvalue()


def test_progress_is_silent_in_files(monkeypatch):
    assert shown(monkeypatch, io.StringIO(), progress=None) == ""
    assert shown(monkeypatch, Terminal(), progress=False) == ""
    monkeypatch.setattr(sys, "stderr", None)
    model, optimizer = setup()
    run(model, optimizer, progress=None)


@pytest.mark.usefixtures("no_tqdm")
def test_progress_in_a_terminal_is_one_line(monkeypatch):
    text = shown(monkeypatch, Terminal(), progress=None)
    assert text.count("\n") == 1
    assert text.endswith("\n")
    last = text.split("\r")[-1]
    assert re.match(r"epoch 4/4  loss 0\.\d+ *\n", last)


def test_progress_asked_for_in_a_file_is_few_lines(monkeypatch):
    text = shown(monkeypatch, io.StringIO(), progress=True, epochs=25)
    lines = text.splitlines()
    assert [line.split()[1] for line in lines] == [f"{k}/25" for k in (*range(3, 25, 3), 25)]


def test_progress_by_tqdm(monkeypatch):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    text = shown(monkeypatch, Terminal(), progress=True, validation=(X, Y))
    assert "4/4" in text
    assert "val_loss 0." in text


def test_script_in_the_documentation_style_runs_quietly(tmp_path):
    script = textwrap.dedent("""
        import nn
        model = nn.MLP([2, 4, 2], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(model, nn.data.moons(20, rng=0), nn.CrossEntropyLoss(), optimizer, epochs=2)
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == done.stderr == ""


class Halves(nn.Module):
    """A model of several outputs, as a tuple or a dictionary."""

    def __init__(self, form):
        self.mean, self.spread, self.form = nn.Linear(2, 1, rng=0), nn.Linear(2, 1, rng=1), form

    def forward(self, x):
        return self.form(self.mean(x), self.spread(x))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("form", [lambda a, b: (a, b), lambda a, b: {"mean": a, "spread": b}])
def test_a_model_may_return_several_outputs(form, jit):
    model, y = Halves(form), X[:, :1]

    def parts(p):
        return tuple(p.values()) if isinstance(p, dict) else p

    def loss(p, y):
        mean, spread = parts(p)
        return np.mean((mean - y) ** 2) + np.mean(spread**2)

    history = run(
        model, nn.SGD(model.parameters(), lr=0.0), (X, y), loss, jit=jit, shuffle=False,
        metrics={"spread": lambda p, y: np.mean(parts(p)[1] ** 2)},
    )  # fmt: skip
    means, spreads = (X @ m.weight.data + m.bias.data for m in (model.mean, model.spread))
    assert history["spread"][0] == pytest.approx(np.mean(spreads**2))
    assert history["loss"][0] == pytest.approx(np.mean((means - y) ** 2) + np.mean(spreads**2))
    for size in (None, 7):
        found = nn.predict(model, X, size)
        assert type(found) is type(form(0, 0))
        np.testing.assert_allclose(parts(found)[0], means)
        np.testing.assert_allclose(parts(found)[1], spreads)


def test_predictions_have_a_row_for_each_sample():
    with pytest.raises(ValueError, match="one number for a whole batch; give one row for each"):
        nn.predict(lambda x: np.sum(x), X)
    with pytest.raises(TypeError, match=r"the inputs alone, got a Dataset; give data\.x"):
        nn.predict(network(), nn.data.Dataset(X, Y))
    assert nn.predict(lambda x: [Value(1.0), Value(2.0)], X[:2]).tolist() == [1, 2]


def test_parts_that_do_not_belong_are_named_before_training(tmp_path):
    model, optimizer = setup()
    before = everything(model, optimizer)
    nn.save(tmp_path / "plain.npz", model)
    missing = tmp_path / "none" / "run.npz"
    cases = [
        (TypeError, "the schedule gives NoneType at epoch 0", {"schedule": lambda time: None}),
        (TypeError, "the history is list; give a History", {"history": []}),
        (TypeError, "the callback is int; give a function", {"callback": 3}),
        (ValueError, "is not a checkpoint of a training", {"resume": tmp_path / "plain.npz"}),
        (FileNotFoundError, "there is no folder", {"checkpoint": missing}),
    ]
    for error, match, options in cases:
        with pytest.raises(error, match=match):
            run(model, optimizer, **options)
        equal(everything(model, optimizer), before)


def test_a_layer_replaced_after_the_optimizer_was_made_is_named():
    model = nn.MLP([2, 4, 2], rng=0)
    optimizer = nn.Adam(model.parameters())
    model.layers[0] = nn.Linear(2, 4, rng=1)
    with pytest.raises(ValueError, match=r"lacks 'layers\.0\.weight'; was a layer replaced"):
        run(model, optimizer)
    # parameters left out on purpose, or of another part, are not a mistake
    run(model, nn.Adam(model.layers[0].parameters()))
    run(model, nn.Adam([*model.parameters(), nn.Parameter([1.0])]))
