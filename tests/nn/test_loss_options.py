"""Weights of classes, smoothed labels and ignored samples, against sums sample by sample."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn import functional as F

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
Q = RNG.uniform(size=(4, 3))
ROWS = Q / Q.sum(-1, keepdims=True)
CLASSES = np.array([0, 2, 1, 2])
LOG_P = A - np.log(np.exp(A).sum(-1, keepdims=True))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1])
@pytest.mark.parametrize("weight", [None, [0.5, 2.0, 0.0]])
@pytest.mark.parametrize(
    ("target", "ignore_index"),
    [(ROWS, None), (CLASSES, None), ([0, -100, 1, 1], -100), (CLASSES, 2)],
    ids=["probabilities", "indices", "ignored", "ignored-class"],
)
def test_cross_entropy_weighted_smoothed_and_in_part(
    target, weight, smoothing, ignore_index, reduction
):
    indices, w = np.ndim(target) == 1, np.array([1.0, 1, 1] if weight is None else weight)
    rows, count = np.zeros((4, 3)), 0.0
    for i, y in enumerate(target):
        if indices and y == ignore_index:
            continue
        for k in range(3):
            share = float(k == y) if indices else y[k]
            rows[i, k] = w[k] * ((1 - smoothing) * share + smoothing / 3)
        count += w[y] if indices else 1
    x = Tensor(A, requires_grad=True)
    options = {"weight": weight, "label_smoothing": smoothing, "ignore_index": ignore_index}
    z = F.cross_entropy(x, target, reduction, **options)
    terms = -(rows * LOG_P).sum(-1)
    expected = {"none": terms, "sum": terms.sum(), "mean": terms.sum() / count}[reduction]
    assert np.allclose(z.data, expected, rtol=1e-13)
    z.backward(np.ones(z.shape))
    slope = np.exp(LOG_P) * rows.sum(-1, keepdims=True) - rows
    assert np.allclose(x.grad, slope / (count if reduction == "mean" else 1), rtol=1e-12)
    assert np.array_equal(nn.CrossEntropyLoss(reduction, **options)(A, target), z.data)
    compiled = autograd.jit(nn.CrossEntropyLoss(reduction, **options))
    for _ in range(2):
        assert np.allclose(compiled(A, np.array(target)), expected, rtol=1e-13)
    if not smoothing:
        del options["label_smoothing"]
        assert np.allclose(F.nll_loss(LOG_P, target, reduction, **options), expected, rtol=1e-13)
    single = Tensor(A.astype(np.float32), requires_grad=True)
    assert F.cross_entropy(single, target, reduction, **options).dtype == np.float32


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("target", "ignore_index"), [(CLASSES, None), (CLASSES, 2), (ROWS, None)])
def test_samples_along_several_axes_are_so_many_samples(target, ignore_index, reduction):
    options = {"weight": [0.5, 2.0, 1.0], "label_smoothing": 0.1, "ignore_index": ignore_index}
    expected = F.cross_entropy(A, target, reduction, **options)
    folded = target.reshape(2, 2, *target.shape[1:])
    found = F.cross_entropy(A.reshape(2, 2, 3), folded, reduction, **options)
    assert found.shape == ((2, 2) if reduction == "none" else ())
    assert np.allclose(np.ravel(found), expected, rtol=1e-13)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(4,), (2, 2), (0,), (2, 0)], ids=str)
@pytest.mark.parametrize("options", [{}, {"weight": [0.5, 2.0, 0.0]}, {"ignore_index": 2}], ids=str)
def test_class_indices_are_one_hot_rows(options, shape, reduction, loss):
    target = np.resize(CLASSES, shape)
    if not target.size and reduction == "mean":
        return
    x, y = (Tensor(np.resize(LOG_P, (*shape, 3)), requires_grad=True) for _ in range(2))
    found = loss(x, target, reduction, **options)
    w = np.array(options.get("weight", [1, 1, 1.0])) * (np.arange(3) != options.get("ignore_index"))
    expected = -(w * F.one_hot(target, 3) * (y if loss is F.nll_loss else F.log_softmax(y))).sum(-1)
    if reduction != "none":
        expected = expected.sum() / (w[target].sum() if reduction == "mean" else 1)
    assert found.shape == expected.shape
    assert np.allclose(found.data, expected.data, rtol=1e-13)
    g = np.cos(np.arange(float(expected.size))).reshape(expected.shape)
    found.backward(g)
    expected.backward(g)
    assert np.allclose(x.grad, y.grad, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("options", [{"weight": [0.0, 1, 1]}, {"ignore_index": -1}], ids=str)
def test_what_counts_nothing_may_be_impossible(options):
    x = Tensor([[-np.inf, 0.0, -np.inf], [-np.inf, -1.0, -np.inf]], requires_grad=True)
    loss = F.nll_loss(x, [options.get("ignore_index", 0), 1], **options)
    loss.backward()
    assert loss.item() == 1.0
    assert np.array_equal(x.grad, [[0, 0, 0], [0, -1, 0]])


def test_of_one_class_some_samples_are_ignored():
    x = Tensor(A[:, :1], requires_grad=True)
    loss = F.cross_entropy(x, [0, -1, 0, -1], weight=[3.0], label_smoothing=0.1, ignore_index=-1)
    loss.backward()
    # its probability is 1
    assert loss.item() == 0.0
    assert not x.grad.any()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("target", [Q, np.round(Q)])
@pytest.mark.parametrize("weight", [3.0, [0.5, 2.0, 0.0], B**2])
def test_weight_of_yes(weight, target, reduction):
    x = Tensor(A, requires_grad=True)
    z = F.binary_cross_entropy_with_logits(x, target, reduction, pos_weight=weight)
    terms = weight * target * np.log(1 + np.exp(-A)) + (1 - target) * np.log(1 + np.exp(A))
    expected = {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]
    assert np.allclose(z.data, expected, rtol=1e-13)
    z.backward(np.ones(z.shape))
    p = 1 / (1 + np.exp(-A))
    slope = (1 - target) * p - weight * target * (1 - p)
    assert np.allclose(x.grad, slope / (12 if reduction == "mean" else 1), rtol=1e-12)
    module = nn.BCEWithLogitsLoss(reduction, pos_weight=weight)
    assert np.array_equal(module(A, target), z.data)
    v = Value(0.5)
    F.binary_cross_entropy_with_logits(v, 1.0, pos_weight=3.0).backward()
    assert np.isclose(v.grad, -3 / (1 + np.exp(0.5)))


@pytest.mark.parametrize(
    ("target", "options", "error", "message"),
    [
        (ROWS, {"ignore_index": 0}, ValueError, "ignore_index is one of the class indices, but"),
        (CLASSES, {"ignore_index": 0.5}, TypeError, "cross_entropy: ignore_index is an integer"),
        (CLASSES, {"label_smoothing": 1.5}, ValueError, "label_smoothing is from 0 to 1, got 1.5"),
        (CLASSES, {"label_smoothing": -1}, ValueError, "label_smoothing must be at least 0, got"),
        (CLASSES, {"label_smoothing": None}, TypeError, "label_smoothing is a number, got None"),
        (CLASSES, {"weight": [1.0, 2.0]}, ValueError, r"weights \(2,\) do not fit \(3,\); give"),
        (CLASSES, {"weight": [[1.0] * 3]}, ValueError, r"weights \(1, 3\) do not fit \(3,\)"),
        (CLASSES, {"weight": [1, 1, -1]}, ValueError, "finite and at least 0, got -1"),
        (CLASSES, {"weight": [1, 1, np.nan]}, ValueError, "finite and at least 0, got nan"),
        (CLASSES, {"weight": ["a"] * 3}, TypeError, "weights are numbers, got <U1"),
        (
            CLASSES,
            {"weight": Tensor(np.ones(3), requires_grad=True)},
            TypeError,
            "no gradient flows to the weights; pass their .data",
        ),
        ([2] * 4, {"ignore_index": 2}, ValueError, "the mean of no entries is undefined"),
    ],
)
def test_options_of_the_cross_entropy(target, options, error, message):
    with pytest.raises(error, match=message):
        F.cross_entropy(Tensor(A, requires_grad=True), target, **options)
