"""What losses refuse: shapes that differ, targets of no class, what is no probability."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import functional as F

from .test_functional import CASES, LOG_P, ROWS, SIGNS, A, P, Q

BOTH = ("half_squared_error", "mse_loss", "binary_cross_entropy")


@pytest.mark.parametrize("name", [*BOTH, "binary_cross_entropy_with_logits"])
def test_shapes_are_never_broadcast(name):
    loss = getattr(F, name)
    message = rf"{name}: prediction \(4, 1\) and target \(4,\) must have one shape; target.reshape"
    with pytest.raises(ValueError, match=message):
        loss(P[:, :1], Q[:, 0])
    with pytest.raises(
        ValueError, match=r"\(4, 3\) and target \(3,\) must .* give one per prediction"
    ):
        loss(P, Q[0])
    with pytest.raises(ValueError, match="prediction; for indices of classes, take cross_entropy"):
        loss(P[None], Q[None, :, 0])


@pytest.mark.parametrize(
    ("prediction", "what"),
    [(None, "got None"), (["a"], "got list of <U1"), (np.array([1j]), "got ndarray of complex128")],
)
def test_predictions_are_real_numbers(prediction, what):
    with pytest.raises(TypeError, match=f"real numbers are needed here, {what}; give arrays"):
        F.mse_loss(prediction, [1.0])


@pytest.mark.parametrize("name", CASES)
def test_unknown_reduction(name):
    loss, p, t, _ = CASES[name]
    with pytest.raises(ValueError, match='reduction is "mean", "sum" or "none", got \'avg\''):
        loss(p, t, "avg")


def test_unknown_reduction_of_a_module():
    with pytest.raises(ValueError, match="MSELoss: reduction is"):
        nn.MSELoss("avg")


def test_mean_of_nothing():
    with pytest.raises(ValueError, match="mse_loss: the mean of no entries is undefined"):
        F.mse_loss(np.ones((0, 2)), np.ones((0, 2)))
    assert F.mse_loss(np.ones((0, 2)), np.ones((0, 2)), "sum") == 0.0


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (
            [0, 1, 2, 3],
            ValueError,
            "class index 3 is out of range for 3 classes; indices run from 0 to 2",
        ),
        ([0, 1, 2, -1], ValueError, "class index -1 is out of range"),
        ([0.5, 1, 2, 0], TypeError, r"class indices are integers, got float64; use .astype\(int\)"),
        ([0, 1, 2, np.nan], ValueError, "the target holds nan; remove those samples"),
        ([0, 1, 2], ValueError, r"\(4, 3\) and target \(3,\) do not fit; give logits"),
        (
            [[0], [1], [2], [0]],
            ValueError,
            r"\(4, 3\) and target \(4, 1\) do not fit.*; target\[\.\.\., 0\] may be meant",
        ),
        (2 * ROWS, ValueError, "the target holds .*, not a probability"),
        (ROWS / 2, ValueError, "probabilities must sum to 1 in every row"),
        (ROWS * np.nan, ValueError, "the target holds nan"),
        (["a", "b", "c", "d"], TypeError, "the target is of <U1; give numbers"),
        (Tensor(ROWS, requires_grad=True), TypeError, "no gradient flows to the target"),
        ([Value(1.0)] * 4, TypeError, "no gradient flows to the target"),
    ],
)
def test_targets_of_classes(loss, target, error, message):
    x = Tensor(LOG_P, requires_grad=True)
    with pytest.raises(error, match=message):
        loss(x, target)


def test_logits_without_a_class_axis():
    with pytest.raises(ValueError, match=r"cross_entropy: logits \(\) and target \(\) do not fit"):
        F.cross_entropy(1.0, 0)


@pytest.mark.parametrize(
    ("scores", "target", "message"),
    [
        (A, SIGNS[:, 0] * 0 + 3, "class indices are integers"),
        (A, np.array([0, 1, 2, 3]), "hinge_loss: class index 3 is out of range"),
        (A[0], [1, 0, -1], "labels are -1 and 1, got 0; for 0 and 1 use 2"),
        (A, SIGNS[:2], r"hinge_loss: scores \(4, 3\) and target \(2, 3\) do not fit; give labels"),
    ],
)
def test_targets_of_the_hinge_loss(scores, target, message):
    with pytest.raises((ValueError, TypeError), match=message):
        F.hinge_loss(scores, target)


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        (
            [1.5],
            [1.0],
            "the prediction holds 1.5, not a probability; .* or use binary_cross_entropy_w",
        ),
        ([-0.1], [1.0], "the prediction holds -0.1"),
        ([np.nan], [1.0], "the prediction holds nan"),
        ([0.5], [-1.0], "the target holds -1.0, not a probability; .* 1 for yes and 0 for no"),
        ([0.5], [np.nan], "the target holds nan"),
    ],
)
def test_probabilities_are_checked(p, y, message):
    with pytest.raises(ValueError, match=message):
        F.binary_cross_entropy(Tensor(p, requires_grad=True), y)


def test_one_hot_errors():
    with pytest.raises(TypeError, match="one_hot: class indices are integers, got float64"):
        F.one_hot([1.0], 2)
    with pytest.raises(ValueError, match="one_hot: class index 2 is out of range for 2 classes"):
        F.one_hot([2], 2)
