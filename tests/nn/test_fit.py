"""Runs of fit that fail, stop and resume; and its errors."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor

from .fits import X, Y, equal, everything, network, numbers, run, setup

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
    (ValueError, r"data is an iterator \(generator\), which the first epoch uses up; give a list",
     {"data": nn.data.batches(X, Y, 4), "batch_size": None}),
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
    (ValueError, "no metric 'acuracy'; there are accuracy.* or give a function",
     {"metrics": ["acuracy"]}),
    (TypeError, "rng is str", {"rng": "seed"}),
    (TypeError, "progress is True, False or None, got 3", {"progress": 3}),
    (ValueError, "resume=True goes on from the checkpoint", {"resume": True}),
    (ValueError, "validation: x holds nan at row 1, column 0",
     {"validation": (np.array([[0.0, 1], [np.nan, 1]]), np.zeros(2, int))}),
    (ValueError, "the run of this history measured epoch, loss, this one measures epoch, step",
     {"history": nn.History({"epoch": [1.0], "loss": [1.0]})}),
    (TypeError, r"fit\(\) got .* 'callbacks'; use callback=", {"callbacks": []}),
    (TypeError, r"fit\(\) got .* 'validation_data'; use validation=", {"validation_data": (X, Y)}),
    (TypeError, "'patience'; use early_stopping=", {"patience": 3}),
    (TypeError, "'lr'; set it where the optimizer is made", {"lr": 0.1}),
    (TypeError, r"fit\(\) got an unexpected keyword argument 'epoch'$", {"epoch": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("error", "match", "options"), REFUSED, ids=[r[1][:40] for r in REFUSED])
def test_refused(error, match, options):
    model, optimizer = setup()
    before = everything(model, optimizer)
    with pytest.raises(error, match=match):
        run(model, optimizer, **options)
    equal(everything(model, optimizer), before)


def test_the_loop_itself_refuses_options_of_others():
    model, optimizer = setup()
    with pytest.raises(TypeError, match=r"train\(\) got .* 'scheduler'; use schedule="):
        nn.train(model, (X, Y), nn.CrossEntropyLoss(), optimizer, epochs=1, scheduler=None)


def test_model_and_optimizer_must_fit():
    model, optimizer = setup()
    with pytest.raises(ValueError, match="the optimizer has none of the model's parameters"):
        run(network(), optimizer)
    with pytest.raises(TypeError, match="the optimizer is the class Adam; give one"):
        run(model, nn.Adam)
    with pytest.raises(TypeError, match="a model is a Module or a function, got int 3"):
        run(3, optimizer)
    with pytest.raises(TypeError, match=r"is the class MLP; make one, as by MLP\(\.\.\.\)"):
        run(nn.MLP, optimizer)
    with pytest.raises(TypeError, match="health takes a Module, got the class MLP; make one"):
        nn.health(nn.MLP, (X, Y))


class Anew:
    """Batches whose iterator is the object itself."""

    def __iter__(self):
        self.left = nn.data.batches(X, Y, 4, shuffle=False)
        return self

    def __next__(self):
        return next(self.left)


def test_batches_that_begin_anew():
    model, optimizer = setup()
    history = run(model, optimizer, data=Anew(), validation=Anew(), batch_size=None)
    again, optimizer = setup()
    batches = list(nn.data.batches(X, Y, 4, shuffle=False))
    same = run(again, optimizer, data=batches, validation=batches, batch_size=None)
    assert history["val_loss"] == same["val_loss"]


@pytest.mark.parametrize(
    ("error", "match", "batches"),
    [
        (ValueError, r"batch 1: x \(6, 2\) has 6 samples and y", [(X, Y), (X[:6], Y[:5])]),
        (ValueError, "batch 1: x holds nan at row 0", [(X, Y), (X[:1] * math.nan, Y[:1])]),
        (TypeError, "batch 1 is int; each batch is a pair", [(X, Y), 3]),
        (ValueError, "gave no batches", []),
    ],
)
def test_lists_of_batches_are_checked_before_the_first_step(error, match, batches):
    calls = []

    def model(x):
        calls.append(len(x))
        return inner(x)

    inner, optimizer = setup()
    for options in ({"validation": batches}, {"data": batches, "batch_size": None}):
        with pytest.raises(
            error, match=f"^{'validation' if len(options) == 1 else 'data'}.*{match}"
        ):
            run(model, optimizer, **options)
    assert not calls
    counted = iter([(X, Y)])  # what a generator makes is made once, when it is needed
    nn.train(inner, counted, nn.CrossEntropyLoss(), optimizer, epochs=1)
    assert len(list(counted)) == 1


def test_validation_that_lasts_for_one_epoch():
    model, optimizer = setup()
    before = [p.data.copy() for p in model.parameters()]
    for once in (iter([(X, Y)]), ((x, y) for x, y in [(X, Y)])):
        with pytest.raises(ValueError, match=r"validation is an iterator \(\w+\), which the first"):
            run(model, optimizer, validation=once, epochs=2)
        assert all(
            np.array_equal(p.data, b) for p, b in zip(model.parameters(), before, strict=True)
        )
        history = run(model, optimizer, validation=once, epochs=1)
        assert np.isfinite(history["val_loss"]).all()
        model, optimizer = setup()


def test_an_iterator_of_batches_is_used_up():
    model, optimizer = setup()
    with pytest.raises(ValueError, match="data gave no batches; is it empty, or an iterator"):
        run(model, optimizer, iter([]), epochs=1, batch_size=None)
    steps = nn.train(model, iter([(X, Y)]), nn.CrossEntropyLoss(), optimizer, epochs=2)
    next(steps)
    with pytest.raises(ValueError, match="data gave no batches; is it empty, or an iterator"):
        next(steps)
