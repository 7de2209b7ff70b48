"""Losses that are computed, but hardly meant: probabilities for logits, rows against columns."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, log_softmax, sigmoid, softmax

X = np.random.default_rng(0).normal(size=(6, 2))
CLASSES = np.array([0, 1, 2, 0, 1, 2])
YES = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])


def network(outputs, *last):
    return nn.Sequential(nn.Linear(2, 4, rng=0), nn.Tanh(), nn.Linear(4, outputs, rng=1), *last)


def squares(prediction, target):
    return ((prediction - target) ** 2).mean()


def fitted(model, y, loss):
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    return nn.fit(model, (X, y), loss, optimizer, epochs=1, progress=False)


# --------------------------------------------------------------------------------------------------
# Probabilities where logits belong


@pytest.mark.parametrize(
    ("outputs", "last", "loss", "target", "said"),
    [
        (3, nn.Softmax(), nn.CrossEntropyLoss(), CLASSES, "softmax, or use nll_loss of their"),
        (3, nn.Sigmoid(), nn.CrossEntropyLoss(), CLASSES, "sigmoid, or use nll_loss of their"),
        (1, nn.Sigmoid(), nn.BCEWithLogitsLoss(), YES[:, None], "or use binary_cross_entropy"),
    ],
)
def test_probabilities_are_no_logits(outputs, last, loss, target, said):
    model = network(outputs, last)
    with pytest.warns(UserWarning, match=f"the logits are the output of a .*{said}") as seen:
        loss(model(X), target)
    assert seen[0].filename == __file__  # at the user's line
    with pytest.warns(UserWarning, match="the logits are the output") as seen:
        fitted(model, target, loss)
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="the logits are the output"):
        found = nn.health(model, (X, target), loss)
    kind = type(last).__name__.lower()
    assert [f.kind for f in found.findings if f.where == "loss"] == [f"{kind} twice"]


def test_a_single_number_is_seen_too():
    with pytest.warns(UserWarning, match="output of a sigmoid"):
        nn.functional.binary_cross_entropy_with_logits(Value(0.3).sigmoid(), 1.0)


def test_scores_are_left_in_peace():
    z = network(3)(X)
    loss = nn.CrossEntropyLoss()(z, CLASSES)
    # the softmax of its logarithm is the softmax
    assert np.isclose(nn.functional.cross_entropy(log_softmax(z), CLASSES).item(), loss.item())
    nn.functional.cross_entropy(softmax(z).data, CLASSES)  # numbers tell nothing of their origin
    nn.functional.cross_entropy(2 * sigmoid(z), CLASSES)
    nn.functional.nll_loss(np.log(softmax(z)), CLASSES)
    nn.functional.binary_cross_entropy(sigmoid(z[:, 0]), YES)
    assert nn.health(network(3), (X, CLASSES), nn.CrossEntropyLoss()).healthy


# --------------------------------------------------------------------------------------------------
# A row of targets and a column of predictions


def test_targets_that_broadcast_against_predictions():
    said = r"subtract of shapes \(6, 1\) and \(6,\) compares every prediction with every target"
    with pytest.warns(UserWarning, match=f"fit: {said}; give both one shape") as seen:
        fitted(network(1), YES, squares)
    assert len(seen) == 1
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match=r"of shapes \(6, 1\) and \(6,\) compares"):
        fitted(network(1), YES[:, None].astype(int), lambda p, y: ((y - p[:, 0]) ** 2).mean())
    with pytest.warns(UserWarning, match=r"multiply of shapes \(6,\) and \(6, 1\)"):
        fitted(network(1), Tensor(YES), lambda p, y: np.maximum(0, 1 - y * p).mean())
    (found,) = nn.health(network(1), (X, YES), squares).findings
    assert found.kind == "targets broadcast"
    assert found.text.startswith("subtract of shapes (6, 1) and (6,)")


@pytest.mark.parametrize(
    ("target", "loss"),
    [
        (YES[:, None], squares),
        (YES, lambda p, y: squares(p[:, 0], y)),
        (YES, lambda p, y: squares(p, y[:, None])),
        # pairs that are meant: no target in them
        (YES, lambda p, y: squares(p[:, 0], y) + ((p - p[:, 0]) ** 2).mean()),
        (CLASSES, lambda p, y: squares(p[:, 0], y * 1.0)),
    ],
)
def test_shapes_that_fit_are_left_in_peace(target, loss):
    fitted(network(1), target, loss)
    assert nn.health(network(1), (X, target), loss).healthy


def test_one_sample_compares_with_itself(recwarn):
    model = network(1)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(model, (X[:1], YES[:1]), squares, optimizer, epochs=1, progress=False)
    assert not recwarn.list
