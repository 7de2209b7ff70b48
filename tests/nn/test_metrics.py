"""Metrics against counting and formulas."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import metrics

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
    of_rows = scores.reshape(100, 2, 5), y.reshape(100, 2)  # more classes than rows
    assert metrics.top_k_accuracy(*of_rows, k=3) == np.mean(hits[200:])
    assert metrics.top_k_accuracy(np.zeros((4, 3)), [0, 1, 2, 2], k=2) == 0.5
    # classes that do not occur have their rows and columns as well
    table = metrics.confusion_matrix(np.eye(4)[[0, 1, 1]], [0, 0, 1])
    np.testing.assert_array_equal(table, np.pad([[1, 1], [0, 1]], (0, 2)))


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
# Gradients


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


@pytest.mark.parametrize("classes", [None, 3, 5])
def test_confusion_of_labels_is_that_of_their_scores(classes):
    rng = np.random.default_rng(0)
    taken, right = rng.integers(0, 3, (2, 50))
    table = metrics.confusion_matrix(taken, right, classes)
    k = classes or 3
    expected = np.zeros((k, k), int)
    for a, b in zip(right, taken, strict=True):
        expected[a, b] += 1
    assert table.tolist() == expected.tolist()
    assert table.tolist() == metrics.confusion_matrix(np.eye(k)[taken], right).tolist()


def test_differences_of_bytes_do_not_wrap():
    p, y = np.array([0, 200, 255], np.uint8), np.array([255, 100, 0], np.uint8)
    d = p.astype(float) - y
    assert metrics.mse(p, y) == np.mean(d**2)
    assert metrics.mae(p, y) == np.mean(np.abs(d))
    assert metrics.r2(p, y) == 1 - np.sum(d**2) / np.sum((y - y.mean()) ** 2)
