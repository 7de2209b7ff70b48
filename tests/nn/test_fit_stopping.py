"""`fit` stopped early, interrupted and resumed."""

import re
import signal
import threading

import numpy as np
import pytest

import nn

from .fits import X, Y, equal, everything, numbers, run, setup


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
