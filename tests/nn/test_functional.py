"""Losses against closed forms and finite differences, and at their edges."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import functional as F

from ..checks import assert_close

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
P, Q = RNG.uniform(0.1, 0.9, size=(4, 3)), RNG.uniform(size=(4, 3))
SIGNS = np.sign(RNG.normal(size=(4, 3)))
CLASSES = np.array([0, 2, 1, 2])
ROWS = Q / Q.sum(-1, keepdims=True)
LOG_P = A - np.log(np.exp(A).sum(-1, keepdims=True))


def margins(s, y):
    rows = np.arange(len(y))
    m = np.maximum(0, 1 + s - s[rows, y][:, None])
    m[rows, y] = 0
    return m.sum(-1)


def entropy(p, t):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def entropy_of_logits(z, t):
    return np.log(1 + np.exp(z)) - t * z


# function, prediction, target, the terms in NumPy
CASES = {
    "half_squared_error": (F.half_squared_error, A, B, lambda p, t: (p - t) ** 2 / 2),
    "mse": (F.mse_loss, A, B, lambda p, t: (p - t) ** 2),
    "cross_entropy_indices": (
        F.cross_entropy,
        A,
        CLASSES,
        lambda p, t: np.log(np.exp(p).sum(-1)) - p[np.arange(4), t],
    ),
    "cross_entropy_probabilities": (
        F.cross_entropy,
        A,
        ROWS,
        lambda p, t: -(t * (p - np.log(np.exp(p).sum(-1, keepdims=True)))).sum(-1),
    ),
    "nll": (F.nll_loss, LOG_P, CLASSES, lambda p, t: -p[np.arange(4), t]),
    "nll_probabilities": (F.nll_loss, LOG_P, ROWS, lambda p, t: -(t * p).sum(-1)),
    "bce": (F.binary_cross_entropy, P, Q, entropy),
    "bce_labels": (F.binary_cross_entropy, P, (SIGNS + 1) / 2, entropy),
    "bce_logits": (F.binary_cross_entropy_with_logits, A, Q, entropy_of_logits),
    "bce_logits_labels": (
        F.binary_cross_entropy_with_logits,
        A,
        (SIGNS + 1) / 2,
        entropy_of_logits,
    ),
    "hinge": (F.hinge_loss, A, SIGNS, lambda p, t: np.maximum(0, 1 - t * p)),
    "hinge_classes": (F.hinge_loss, A, CLASSES, margins),
}
REDUCE = {"mean": np.mean, "sum": np.sum, "none": lambda x: x}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient(name, reduction):
    loss, p, t, terms = CASES[name]
    x = Tensor(p, requires_grad=True)
    z = loss(x, t, reduction)
    expected = REDUCE[reduction](terms(p, t))
    assert z.shape == np.shape(expected)
    assert np.allclose(z.data, expected, rtol=1e-13)
    assert np.allclose(loss(p, t, reduction), expected, rtol=1e-13)
    upstream = RNG.normal(size=z.shape)
    z.backward(upstream)
    h = 1e-6
    numeric = np.zeros_like(p)
    for i in np.ndindex(p.shape):
        step = np.zeros_like(p)
        step[i] = h
        above, below = (REDUCE[reduction](terms(p + s, t)) for s in (step, -step))
        numeric[i] = np.sum(upstream * (above - below)) / (2 * h)
    assert np.allclose(x.grad, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_mean_is_the_default(name):
    loss, p, t, _ = CASES[name]
    assert loss(p, t) == loss(p, t, "mean")


MODULES = {
    nn.MSELoss: "mse",
    nn.HalfSquaredError: "half_squared_error",
    nn.CrossEntropyLoss: "cross_entropy_indices",
    nn.BCELoss: "bce",
    nn.BCEWithLogitsLoss: "bce_logits",
    nn.HingeLoss: "hinge",
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("module", MODULES)
def test_modules_equal_functions(module, reduction):
    loss, p, t, _ = CASES[MODULES[module]]
    assert np.array_equal(module(reduction)(p, t), loss(p, t, reduction))
    assert repr(module(reduction)) == f"{module.__name__}({reduction}), 0 parameters"


def test_scales_are_as_written():
    zeros, twos = np.zeros((2, 3)), np.full((2, 3), 2.0)
    assert F.mse_loss(twos, zeros) == 4.0
    assert F.mse_loss(twos, zeros, "sum") == 24.0
    assert F.half_squared_error(twos, zeros) == 2.0
    assert F.half_squared_error(twos, zeros, "sum") == 12.0
    assert np.isclose(F.cross_entropy(zeros, [0, 1]), np.log(3))
    assert np.isclose(F.cross_entropy(zeros, [0, 1], "sum"), 2 * np.log(3))
    assert np.isclose(F.binary_cross_entropy(zeros + 0.5, zeros), np.log(2))


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("z", [-np.inf, np.inf])
def test_binary_cross_entropy_of_a_certain_answer_that_is_right(z, reduction):
    for x in (Tensor([z], requires_grad=True), Value(z)):
        target = [float(z > 0)] if isinstance(x, Tensor) else float(z > 0)
        loss = F.binary_cross_entropy_with_logits(x, target, reduction)
        loss.backward(np.ones(loss.shape) if isinstance(x, Tensor) else None)
        assert loss.item() == 0.0
        assert np.all(x.grad == 0.0)


def test_derivative_of_the_half_squared_error_is_output_minus_label():
    x = Tensor(A, requires_grad=True)
    F.half_squared_error(x, B, "sum").backward()
    assert np.array_equal(x.grad, A - B)


def test_c8_derivative_of_the_cross_entropy_is_prediction_minus_label():
    x = Tensor(A, requires_grad=True)
    F.cross_entropy(x, CLASSES, "sum").backward()
    assert np.allclose(x.grad, F.softmax(A) - np.eye(3)[CLASSES], rtol=1e-14)


def test_a_tracked_target_of_a_squared_error_has_a_gradient():
    x, y = Tensor(A, requires_grad=True), Tensor(B, requires_grad=True)
    F.mse_loss(x, y).backward()
    assert np.allclose(y.grad, -x.grad)


def test_leading_axes_are_all_samples():
    logits = RNG.normal(size=(2, 4, 3))
    y = RNG.integers(0, 3, size=(2, 4))
    flat = F.cross_entropy(logits.reshape(8, 3), y.ravel())
    assert np.isclose(F.cross_entropy(logits, y), flat)
    assert F.cross_entropy(logits, y, "none").shape == (2, 4)
    assert np.isclose(
        F.cross_entropy(logits[0, 0], y[0, 0]), F.cross_entropy(logits, y, "none")[0, 0]
    )
    assert np.isclose(F.hinge_loss(logits, y), F.hinge_loss(logits.reshape(8, 3), y.ravel()))


@pytest.mark.parametrize(
    ("loss", "target", "expected", "slope"),
    [
        (F.mse_loss, 1.0, 1.0, 2.0),
        (F.half_squared_error, 1.0, 0.5, 1.0),
        (F.binary_cross_entropy_with_logits, 1.0, np.log1p(np.exp(-2)), -1 / (1 + np.exp(2))),
        (F.hinge_loss, -1, 3.0, 1.0),
    ],
)
def test_losses_of_values(loss, target, expected, slope):
    x = Value(2.0)
    z = loss(x, target)
    z.backward()
    assert np.isclose(z.item(), expected)
    assert np.isclose(x.grad, slope)
    xs = [Value(2.0), Value(2.0)]
    loss(xs, [target, target]).backward()
    assert np.isclose(xs[1].grad, slope / 2)


def test_binary_cross_entropy_of_certain_and_uncertain_labels():
    p = Tensor([0.0, 1.0, 0.5], requires_grad=True)
    loss = F.binary_cross_entropy(p, [0.0, 1.0, 0.25], "sum")
    assert np.isclose(loss.item(), np.log(2))
    loss.backward()
    # (1 - y) / (1 - p) - y / p, without the term whose factor is 0
    np.testing.assert_allclose(p.grad, [1.0, -1.0, 0.75 / 0.5 - 0.25 / 0.5])


def test_binary_cross_entropy_of_a_value():
    p = Value(0.25)
    z = F.binary_cross_entropy(p, 1)
    z.backward()
    assert np.isclose(z.item(), np.log(4))
    assert p.grad == -4.0


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", [name for name in CASES if name not in ("bce", "bce_labels")])
def test_a_tensor_of_bytes_counts_as_floats(name, reduction):
    loss, p, t, terms = CASES[name]
    scores = np.arange(p.size, dtype=np.uint8).reshape(p.shape) * 10
    expected = REDUCE[reduction](terms(scores.astype(float), t))
    np.testing.assert_allclose(
        loss(Tensor(scores), t, reduction).data, expected, rtol=1e-13, atol=1e-13
    )


def test_float32_stays_float32():
    x = Tensor(A.astype(np.float32), requires_grad=True)
    p = Tensor(P.astype(np.float32), requires_grad=True)
    assert F.mse_loss(x, B).dtype == np.float32
    assert F.cross_entropy(x, CLASSES).dtype == np.float32
    assert F.cross_entropy(x, ROWS, "none").dtype == np.float32
    assert F.binary_cross_entropy(p, Q).dtype == np.float32
    assert F.binary_cross_entropy_with_logits(x, Q).dtype == np.float32
    assert F.hinge_loss(x, SIGNS).dtype == np.float32
    assert F.hinge_loss(x, CLASSES).dtype == np.float32


def test_tanh_of_the_functions():
    assert np.array_equal(F.tanh(A), np.tanh(A))


# ------------------------------------------------------------------------------------------------
# Edges


@pytest.mark.parametrize(
    ("p", "y", "loss", "slope"),
    [
        (0.0, 0.0, 0.0, 1.0),
        (1.0, 1.0, 0.0, -1.0),
        (0.0, 1.0, np.inf, -np.inf),
        (1.0, 0.0, np.inf, np.inf),
    ],
)
def test_binary_cross_entropy_at_zero_and_one(p, y, loss, slope):
    x = Tensor([p], requires_grad=True)
    z = F.binary_cross_entropy(x, [y])
    z.backward()
    assert z.item() == loss
    assert x.grad[0] == slope
    v = Value(p)
    F.binary_cross_entropy(v, y).backward()
    assert v.grad == slope
    x = Tensor([p, 0.5], requires_grad=True)
    z = F.binary_cross_entropy(x, [y, 0.25], "none")
    z.backward(np.ones(2))
    assert z.data[0] == loss
    assert x.grad[0] == slope


@pytest.mark.parametrize("z", [-1000.0, -40.0, 0.0, 40.0, 1000.0])
def test_binary_cross_entropy_with_logits_keeps_all_digits(z):
    x = Tensor([z], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, [1.0])
    loss.backward()
    expected = np.logaddexp(0, -z)
    assert np.isclose(loss.item(), expected, rtol=1e-14, atol=0)
    with np.errstate(over="ignore"):
        assert np.isclose(x.grad[0], -1 / (1 + np.exp(z)), rtol=1e-14, atol=0)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_cross_entropy_of_large_and_masked_logits(reduction):
    x = Tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    z = F.cross_entropy(x, [2], reduction)
    z.sum().backward()
    assert z.sum().item() == 2000.0
    assert x.grad.tolist() == [[1.0, 0.0, -1.0]]
    masked = Tensor([[0.0, 0.0, -np.inf]], requires_grad=True)
    z = F.cross_entropy(masked, [0], reduction)
    z.sum().backward()
    assert np.isclose(z.sum().item(), np.log(2))
    assert np.allclose(masked.grad, [[-0.5, 0.5, 0.0]])


def test_hinge_at_the_kink_is_flat():
    s = Tensor([1.0], requires_grad=True)
    F.hinge_loss(s, [1]).backward()
    assert s.grad[0] == 0.0


def test_one_hot():
    assert np.array_equal(F.one_hot([[0, 1]], 2), np.eye(2)[None])
    assert F.one_hot(1, 3).tolist() == [0, 1, 0]
    assert F.one_hot([True, False], 2, np.float32).dtype == np.float32
    assert F.one_hot(Tensor([1]), 2).tolist() == [[0, 1]]


def test_a_target_tensor_without_gradient_is_a_target():
    assert F.cross_entropy(A, Tensor(ROWS)) == F.cross_entropy(A, ROWS)
    assert F.binary_cross_entropy(P, Tensor(Q)) == F.binary_cross_entropy(P, Q)


def test_cross_entropy_with_masked_classes_and_soft_targets():
    """A masked class (-inf) that is not asked for costs nothing, however large the others are."""
    z = Tensor([[-np.inf, 1000.0, 999.0], [0.5, -np.inf, -1000.0]], requires_grad=True)
    y = np.array([[0.0, 0.3, 0.7], [0.9, 0.0, 0.1]])
    top = np.logaddexp(0.0, -1.0)
    loss = nn.functional.cross_entropy(z, y, reduction="sum")
    assert loss.item() == pytest.approx(0.3 * top + 0.7 * (1 + top) + 0.1 * 1000.5, rel=1e-14)
    loss.backward()
    p = 1 / (1 + np.exp(-1.0))
    assert_close([z.grad], [np.array([[0, p, 1 - p], [1, 0, 0]]) - y], rtol=1e-12)


@pytest.mark.parametrize("rows", [ROWS, F.one_hot(CLASSES, 3)])
def test_a_class_without_a_share_may_be_impossible(rows):
    log_p = np.where(rows == 0, -np.inf, LOG_P)
    x = Tensor(log_p, requires_grad=True)
    loss = F.nll_loss(x, rows, "sum")
    loss.backward()
    assert loss.item() == pytest.approx(-np.sum(np.where(rows == 0, 0, rows * LOG_P)))
    np.testing.assert_array_equal(x.grad, -rows)


@pytest.mark.parametrize("first", [0.0, 0.5, 1.0])
def test_binary_labels_are_told_by_all_entries(first):
    p, t = np.array([0.2, 0.6, 0.9]), np.array([first, 0.25, 1.0])
    x = Tensor(p, requires_grad=True)
    loss = F.binary_cross_entropy(x, t, "sum")
    loss.backward()
    assert loss.item() == pytest.approx(-np.sum(t * np.log(p) + (1 - t) * np.log(1 - p)))
    np.testing.assert_allclose(x.grad, (1 - t) / (1 - p) - t / p, rtol=1e-12)


@pytest.mark.parametrize("order", ["C", "F"])
def test_cross_entropy_of_scores_in_columns(order):
    x = Tensor(np.asarray(A, order=order), requires_grad=True)
    F.cross_entropy(x, CLASSES, "sum").backward()
    p = np.exp(A) / np.exp(A).sum(-1, keepdims=True)
    np.testing.assert_allclose(x.grad, p - (CLASSES[:, None] == np.arange(3)), rtol=1e-12)
