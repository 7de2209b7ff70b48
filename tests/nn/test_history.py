"""History, metrics, schedules, gradients: plain data, text and pictures, formulas."""

import json
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.viz import Picture
from nn import metrics, schedules
from nn.curves import _Axis
from nn.history import sparkline

COLUMNS = {
    "epoch": [1, 2, 3, 4],
    "step": [5, 10, 15, 20],
    "loss": [1.0, 0.5, 0.25, 0.3],
    "accuracy": [0.5, 0.7, 0.9, 0.9],
    "val_loss": [1.1, math.nan, 0.02, math.inf],
    "lr": [0.1, 0.1, 0.1, 0.1],
}


# --------------------------------------------------------------------------------------------------
# Plain data


def test_columns_rows_and_the_best():
    history = nn.History(COLUMNS)
    assert history["loss"] == [1.0, 0.5, 0.25, 0.3]
    assert len(history) == 4
    assert list(history) == [*COLUMNS]
    assert "val_loss" in history
    assert history.row(1)["accuracy"] == 0.7
    assert history.best("loss") == 3
    assert history.best("accuracy") == 3
    assert history.best("val_loss") == 3
    assert history.best("lr", "max") == 1
    assert nn.History({"loss": [2.0, 1.0]}).best("loss") == 2
    assert nn.History() == nn.History({})
    assert len({nn.History(), nn.History()}) == 2


def test_json_round_trip_of_numbers_that_json_has_not():
    history = nn.History(COLUMNS, interrupted=True, stopped="early", restored=3)
    text = history.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    back = nn.History.from_json(text)
    assert back == history
    assert math.isnan(back["val_loss"][1])
    assert back["val_loss"][3] == math.inf
    assert (back.interrupted, back.stopped, back.restored) == (True, "early", 3)
    assert nn.History.from_dict(history.to_dict()) == history
    assert back != nn.History(COLUMNS)
    assert back != "history"
    history.to_dict()["columns"]["loss"].append(7.0)
    assert len(history["loss"]) == 4


WRONG = [
    (TypeError, "column 'loss' is not a list of numbers", lambda: nn.History({"loss": "1"})),
    (TypeError, "column 'loss' is not a list of numbers", lambda: nn.History({"loss": ["1"]})),
    (TypeError, "column 'loss' is not a list of numbers", lambda: nn.History({"loss": [True]})),
    (ValueError, "different lengths, {'a': 1, 'b': 2}",
     lambda: nn.History({"a": [1], "b": [1, 2]})),
    (KeyError, "no column 'q'; there are epoch, step", lambda: nn.History(COLUMNS)["q"]),
    (KeyError, "no column 'q'; there are none yet", lambda: nn.History()["q"]),
    (ValueError, "the row has the columns loss, the history has epoch",
     lambda: nn.History(COLUMNS).append({"loss": 1.0})),
    (ValueError, "a high or a low 'lr' good", lambda: nn.History(COLUMNS).best("lr")),
    (ValueError, "column 'loss' holds no number to be the best",
     lambda: nn.History({"loss": [math.nan]}).best("loss")),
    (ValueError, "this is not a history", lambda: nn.History.from_dict([])),
    (ValueError, "this is not a history", lambda: nn.History.from_json("{}")),
    (ValueError, "this is not a history", lambda: nn.History.from_json("[1]")),
    (ValueError, "without epochs has no curves; train first", lambda: nn.History().draw()),
    (ValueError, "theme is 'auto', 'light' or 'dark'", lambda: nn.History(COLUMNS).draw("pink")),
]  # fmt: skip


@pytest.mark.parametrize(("error", "match", "mistake"), WRONG, ids=[w[1][:40] for w in WRONG])
def test_mistakes(error, match, mistake):
    with pytest.raises(error, match=match):
        mistake()


# --------------------------------------------------------------------------------------------------
# Text and pictures


def test_text():
    text = repr(nn.History(COLUMNS, interrupted=True, restored=3))
    lines = text.splitlines()
    assert lines[0] == ("History of 4 epochs; interrupted in epoch 5; the model is that of epoch 3")
    assert [line.split() for line in lines[1:]] == [
        ["loss", "1", "→", "0.3", "█▃▁▁", "least", "0.25", "in", "epoch", "3"],
        ["accuracy", "0.5", "→", "0.9", "▁▄██", "most", "0.9", "in", "epoch", "3"],
        ["val_loss", "1.1", "→", "inf", "█", "▁", "least", "0.02", "in", "epoch", "3"],
        ["lr", "0.1"],
    ]
    assert repr(nn.History()) == "History of 0 epochs"
    stopped = nn.History({"val_f1": [0.5, 0.25]}, stopped="stopped early")
    assert repr(stopped) == "History of 2 epochs; stopped early\n  val_f1  0.5 → 0.25  █▁"
    assert stopped.draw().svg().count('class="va"') == 1


def test_sparkline():
    assert sparkline([]) == ""
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([-1.7e308, 0.0, 1.7e308]) == "▁▄█"
    long = sparkline([float(i) for i in range(1000)])
    assert len(long) == 30
    assert list(long) == sorted(long)
    assert sparkline([math.nan]) == " "


def points(svg):
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    return root, {
        kind: [
            [tuple(map(float, p.split(","))) for p in line.get("points").split()]
            for line in root.iter(f"{space}polyline")
            if line.get("class") == kind
        ]
        for kind in ("tr", "va")
    }


def test_curves_show_the_numbers():
    history = nn.History(COLUMNS | {"val_loss": [1.2, 0.8, 0.6, 0.7]}, restored=3)
    root, lines = points(history.draw().svg("light"))
    loss, accuracy = lines["tr"]
    assert len(lines["va"]) == 1
    # one axis for both: heights in the picture are a falling line in the numbers
    heights = [y for _, y in [*loss, *lines["va"][0]]]
    numbers = [*COLUMNS["loss"], 1.2, 0.8, 0.6, 0.7]
    slope, offset = np.polyfit(numbers, heights, 1)
    assert slope < 0
    np.testing.assert_allclose(slope * np.array(numbers) + offset, heights, atol=0.06)
    assert np.ptp(np.diff([x for x, _ in loss])) < 0.15
    assert accuracy[0][1] > accuracy[-1][1]
    titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "epoch 3: val_loss 0.6" in titles
    assert 'class="be"' in history.draw().svg()


def test_curves_of_large_ratio_are_logarithmic_and_break_at_nan():
    column = [100.0, 10.0, math.nan, 1.0, 0.1, math.inf, 0.01]
    svg = nn.History({"epoch": list(range(1, 8)), "loss": column}).draw().svg()
    _, lines = points(svg)
    assert "loss (log)" in svg
    first, second = lines["tr"]
    assert len(first) == len(second) == 2
    drop = first[1][1] - first[0][1]
    assert drop > 10
    assert second[1][1] - second[0][1] == pytest.approx(drop, abs=0.2)
    assert second[0][1] - first[1][1] == pytest.approx(drop, abs=0.2)


@pytest.mark.parametrize(
    "column",
    [
        [0.0], [5.0, 5.0], [-1.7e308, 1.7e308], [5e-324, 1e308], [math.nan, math.nan], [-3.0, 4.0],
        [1.0, 1.0 + 2**-52], [0.001, 0.04], [1e-8] * 3, list(range(5000)),
    ],
)  # fmt: skip
def test_curves_of_any_numbers_are_drawn_inside(column):
    with np.errstate(all="raise"):
        picture = nn.History(
            {"loss": [float(x) for x in column], "<&>": [1.0] * len(column)}
        ).draw()
    for theme in ("light", "dark", "auto"):
        root, lines = points(picture.svg(theme))
        assert not re.search(r'="[^"]*(nan|inf)\b', picture.svg(theme))
        for line in lines["tr"]:
            assert all(50 <= x <= 600 and 50 <= y <= 250 for x, y in line)
        assert root.get("role") == "img"
    finite = [x for x in column if abs(x) < 1e300]
    axis = _Axis([float(x) for x in column])
    assert all(-0.01 <= axis.place(x) <= 1.01 for x in finite)
    ticks = axis.ticks()
    assert len(ticks) <= 7
    assert len(ticks) >= 1 or len(set(finite)) > 1


def test_notebooks_get_a_picture():
    bundle = nn.History(COLUMNS)._repr_mimebundle_()
    assert bundle.keys() == {"text/html", "image/svg+xml", "text/plain"}
    assert "History of 4 epochs" in bundle["text/plain"]
    assert "http" not in bundle["text/html"].replace("http://www.w3.org/2000/svg", "")
    assert nn.History()._repr_mimebundle_() == {"text/plain": "History of 0 epochs"}
    assert isinstance(nn.History(COLUMNS).draw(), Picture)


# --------------------------------------------------------------------------------------------------
# Metrics


def test_metrics_of_classes_by_counting():
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(200, 5)), rng.integers(0, 5, 200)
    order = np.argsort(-scores, axis=1)
    hits = [y[i] in order[i, :k] for k in (1, 3) for i in range(200)]
    assert metrics.accuracy(scores, y) == np.mean(hits[:200])
    assert metrics.accuracy(Tensor(scores), np.eye(5)[y]) == np.mean(hits[:200])
    assert metrics.top_k_accuracy(scores, y, k=3) == np.mean(hits[200:])
    assert metrics.top_k_accuracy(scores, y) == 1.0
    table = metrics.confusion_matrix(scores, y)
    wanted = np.zeros((5, 5), int)
    for i in range(200):
        wanted[y[i], order[i, 0]] += 1
    np.testing.assert_array_equal(table, wanted)
    three = scores.reshape(20, 10, 5)
    assert metrics.accuracy(three, y.reshape(20, 10)) == np.mean(hits[:200])
    assert metrics.top_k_accuracy(np.zeros((4, 3)), [0, 1, 2, 2], k=2) == 0.5


def test_metrics_of_numbers_by_formula():
    rng = np.random.default_rng(1)
    p, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    assert metrics.mse(p, y) == pytest.approx(sum((p - y).ravel() ** 2) / 100)
    assert metrics.mae(p, y) == pytest.approx(sum(abs((p - y).ravel())) / 100)
    assert metrics.r2(p, y) == pytest.approx(1 - ((p - y) ** 2).sum() / (y.var() * 100))
    assert metrics.r2(y, y) == 1
    assert math.isnan(metrics.r2([1.0, 2.0], [3.0, 3.0]))
    assert metrics.binary_accuracy([0.2, -0.1, 0.4], [1, -1, -1], threshold=0) == 2 / 3
    assert metrics.binary_accuracy([0.2, 0.6], [0, 1]) == 1


METRICS = [
    (r"accuracy: prediction \(3,\) and target \(3,\) do not fit",
     lambda: metrics.accuracy([1, 0, 1], [1, 0, 1])),
    (r"accuracy: prediction \(2, 1\) and", lambda: metrics.accuracy(np.ones((2, 1)), [0, 0])),
    (r"accuracy: class indices are integers from 0 to 1, got int64 from 0 to 2",
     lambda: metrics.accuracy(np.ones((2, 2)), [0, 2])),
    ("accuracy: class indices are integers from 0 to 1, got float64",
     lambda: metrics.accuracy(np.ones((2, 2)), [0.0, 1.0])),
    (r"accuracy: class indices are integers from 0 to 1, got <U1$",
     lambda: metrics.accuracy(np.ones((2, 2)), ["a", "b"])),
    ("accuracy: there are no predictions",
     lambda: metrics.accuracy(np.ones((0, 2)), np.ones(0, int))),
    ("mse: there are no predictions", lambda: metrics.mse([], [])),
    (r"mae: prediction \(2,\) and target \(2, 1\) must have one shape",
     lambda: metrics.mae([1.0, 2.0], [[1.0], [2.0]])),
    ("top_k_accuracy: k=3, and there are 2 classes; give a function of your own",
     lambda: metrics.top_k_accuracy(np.ones((1, 2)), [0], k=3)),
    ("the name 'loss' is taken", lambda: metrics.named({"loss": metrics.mse})),
    ("the name 'mse' is taken", lambda: metrics.named(["mse", metrics.mse])),
]  # fmt: skip


@pytest.mark.parametrize(("match", "mistake"), METRICS, ids=[m[0][:40] for m in METRICS])
def test_metrics_that_are_refused(match, mistake):
    with pytest.raises(ValueError, match=match):
        mistake()


def test_metrics_by_name():
    assert metrics.named("mse") == {"mse": metrics.mse}
    assert metrics.named(metrics.mse) == {"mse": metrics.mse}
    with pytest.raises(TypeError, match="metric 'x' is int; give a function"):
        metrics.named({"x": 3})


# --------------------------------------------------------------------------------------------------
# Schedules

TIMES = np.linspace(0, 12, 49)


def test_schedules_by_formula():
    def curve(schedule):
        return [schedule(t) for t in TIMES.tolist()]

    np.testing.assert_allclose(curve(schedules.step(3, 0.5)), 0.5 ** np.floor(TIMES / 3))
    np.testing.assert_allclose(curve(schedules.exponential(0.9)), 0.9**TIMES)
    half = (1 + np.cos(np.pi * np.minimum(TIMES / 10, 1))) / 2
    np.testing.assert_allclose(curve(schedules.cosine(10)), half, atol=1e-15)
    np.testing.assert_allclose(curve(schedules.cosine(10, 0.2)), 0.2 + 0.8 * half)
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
    (ValueError, "factor is above 0 and below 1, and floor from 0 to 1, got 1 and 0",
     lambda: schedules.ReduceOnPlateau(1)),
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


# --------------------------------------------------------------------------------------------------
# Gradients


def with_gradients(*gradients):
    found = []
    for g in gradients:
        p = Value(0.0) if isinstance(g, float) else Tensor(np.zeros_like(g), requires_grad=True)
        p.grad = g
        found.append(p)
    return found


@pytest.mark.parametrize("scale", [1.0, 1e-300, 5e-324, 1e300, 1e-160, 1e155])
def test_norm_over_tensors_and_values_of_all_sizes(scale):
    a = np.array([[3.0, 4.0], [0.0, 0.0]]) * scale
    params = [*with_gradients(a, 12.0 * scale), Tensor(np.ones(2), requires_grad=True)]
    assert nn.gradient_norm(params) == pytest.approx(13 * scale, rel=1e-14, abs=0)


def test_norm_of_float32_does_not_overflow_or_round():
    g = np.full(100_000, 1e25, np.float32)
    assert nn.gradient_norm(with_gradients(g)) == pytest.approx(1e25 * math.sqrt(1e5), rel=1e-6)
    assert math.isinf(nn.gradient_norm(with_gradients(np.array([1.0, -np.inf]))))
    assert math.isnan(nn.gradient_norm(with_gradients(np.array([1.0, np.nan]))))
    assert nn.gradient_norm([]) == 0
    assert nn.gradient_norm(with_gradients(np.zeros(0))) == 0


def test_clipping_by_norm():
    shared = np.array([3.0, 4.0])
    params = with_gradients(shared, shared, 0.0)
    assert nn.clip_by_norm(params, 1.0) == pytest.approx(math.sqrt(50))
    assert nn.gradient_norm(params) == pytest.approx(1.0)
    np.testing.assert_allclose(params[0].grad, shared / math.sqrt(50))
    np.testing.assert_array_equal(shared, [3, 4])
    small = with_gradients(np.array([0.3, 0.4]), 0.5)
    kept = small[0].grad
    nn.clip_by_norm(iter(small), 1.0)
    assert small[0].grad is kept
    single = with_gradients(np.array([3.0, 4.0], np.float32))
    nn.clip_by_norm(single, 1.0)
    assert single[0].grad.dtype == np.float32
    bad = with_gradients(np.array([1.0]), math.nan)
    with pytest.raises(
        FloatingPointError, match="the norm of the gradients is nan, which no factor"
    ):
        nn.clip_by_norm(bad, 1.0)
    assert bad[0].grad == 1.0
    with pytest.raises(ValueError, match="clip_by_norm: the limit is a number above 0, got 0"):
        nn.clip_by_norm(params, 0)


def test_clipping_by_value():
    params = with_gradients(np.array([3.0, -0.2, -7.0]), -9.0, 0.25)
    params.append(Tensor(np.ones(2), requires_grad=True))
    nn.clip_by_value(params, 0.5)
    np.testing.assert_array_equal(params[0].grad, [0.5, -0.2, -0.5])
    assert (params[1].grad, params[2].grad, params[3].grad) == (-0.5, 0.25, None)
    with pytest.raises(ValueError, match="clip_by_value: the limit is a number above 0, got True"):
        nn.clip_by_value(params, True)


@pytest.mark.parametrize(
    ("loss", "threshold", "no"),
    [
        (nn.BCEWithLogitsLoss(), 0, 0),
        (nn.functional.binary_cross_entropy_with_logits, 0, 0),
        (nn.HingeLoss(), 0, -1),
        (nn.functional.hinge_loss, 0, -1),
        (nn.MSELoss(), 0.5, 0),
        (None, 0.5, 0),
    ],
)
def test_binary_accuracy_knows_the_scale_of_the_loss(loss, threshold, no):
    z = np.array([[0.3], [-0.3], [0.7], [0.2]])
    y = np.array([[1], [no], [1], [no]])
    found = nn.evaluate(lambda x: x, (z, y), loss, "binary_accuracy")
    assert found["binary_accuracy"] == np.mean((z > threshold) == (y == 1))


@pytest.mark.parametrize(
    ("returned", "match"),
    [
        ("x", "metric 'mine' gave str; it must return one number"),
        (None, "metric 'mine' gave NoneType; it"),
        (np.ones(3), r"metric 'mine' gave ndarray of shape \(3,\); it must return one number"),
    ],
)
def test_a_metric_that_gives_no_number_is_named(returned, match):
    with pytest.raises(TypeError, match=match):
        nn.evaluate(
            lambda x: x, (np.ones((2, 1)), np.ones(2)), None, {"mine": lambda p, y: returned}
        )
