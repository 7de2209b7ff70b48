"""The arguments of losses, checked: predictions, labels, reductions. Next: `class_targets.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.array_nodes.operands import refuse_masked
from autograd.mode import warn_user
from autograd.settings import array_of, checked_choice

from ..modules.operands import NODES, Array, cast, plain

# operations that return probabilities
SQUEEZING = ("softmax", "sigmoid")


def warn_of_probabilities(name: str, logits: Any, instead: str) -> None:
    """Warn if what a loss takes for logits was computed by a softmax or sigmoid.

    Examples
    --------
    >>> warn_of_probabilities("cross_entropy", Tensor([0.3, 0.7]), "nll_loss")
    """
    node = logits if isinstance(logits, Value) else getattr(logits, "_node", None)
    if node is None or node.op is None or node.op.name not in SQUEEZING:
        return
    warn_user(f"{name}: {made_by(node.op.name, instead)}")


def made_by(squeezing: str, instead: str) -> str:
    """Return what is wrong with logits that are probabilities, and the cure."""
    return (
        f"the logits are the output of a {squeezing}, from 0 to 1, which the loss squeezes once "
        f"more, so that it hardly learns; leave out that {squeezing}, or use {instead}"
    )


def labels(name: str, target: Any) -> Array:
    """Return a target as a plain array.

    Raises
    ------
    TypeError
        If the target requires a gradient, as labels have none, or is not of real numbers.
    ValueError
        If it holds nan.

    Examples
    --------
    >>> labels("nll_loss", [1, 0])
    array([1, 0])
    """
    y = real_labels(name, target)
    refuse_nan(name, y)
    return y


def refuse_nan(name: str, y: Array) -> None:
    """Raise ValueError if a target holds nan.

    Examples
    --------
    >>> refuse_nan("hinge_loss", np.array([1, -1]))
    """
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError(f"{name}: the target holds nan; remove those samples")


def real_labels(name: str, target: Any) -> Array:
    """Return a target as a plain array, which may hold nan; raise TypeError as `labels` does.

    Examples
    --------
    >>> real_labels("hinge_loss", [1, -1])
    array([ 1, -1])
    """
    tracked = isinstance(target, Value) or (isinstance(target, Tensor) and target.requires_grad)
    if tracked or (isinstance(target, list | tuple) and any(isinstance(e, NODES) for e in target)):
        raise TypeError(
            f"{name}: no gradient flows to the target, and this one wants one; pass its .data, or "
            "target.detach()"
        )
    refuse_masked(name, target)
    y = np.asarray(target.data if isinstance(target, NODES) else array_of(name, target))
    if y.dtype.kind not in "fiub":
        raise TypeError(f"{name}: the target is of {y.dtype}; give numbers")
    return y


def are_labels(y: Any) -> bool:
    """Whether a target is an array, not a recording of one, of 0 and 1 only.

    Examples
    --------
    >>> are_labels(np.array([0.0, 1.0])), are_labels(np.array([0.5]))
    (True, False)
    """
    # the first entry alone often tells
    plain = type(y) is np.ndarray and not (y.size and y.flat[0] not in (0, 1))
    return plain and bool(np.all((y == 0) | (y == 1)))


def check_equal(name: str, prediction: Any, target: Any) -> None:
    """Raise ValueError if the shapes differ.

    Examples
    --------
    >>> check_equal("mse_loss", np.ones(2), np.ones(2))
    """
    if prediction.shape != target.shape:
        same = math.prod(prediction.shape) == math.prod(target.shape)
        cure = "give one per prediction"
        if same:
            cure = f"target.reshape({prediction.shape}) may be meant"
        if not same and target.shape == prediction.shape[:-1]:
            cure += "; for indices of classes, take cross_entropy"
        raise ValueError(
            f"{name}: prediction {prediction.shape} and target {target.shape} must have one shape; "
            f"{cure}"
        )


def check_reduction(name: str, reduction: str, count: float) -> None:
    """Raise ValueError for an unknown reduction, or for the mean of nothing.

    Examples
    --------
    >>> check_reduction("mse_loss", "sum", 3)
    """
    checked_choice(f"{name}: reduction", reduction, "mean", "sum", "none")
    if reduction == "mean" and count == 0:
        raise ValueError(f"{name}: the mean of no entries is undefined; give at least one")


def check_probabilities(name: str, p: Any, what: str, cure: str) -> bool:
    """Return whether p is an array, not a recording of one, without 0 and 1.

    Raises
    ------
    ValueError
        If a number is outside [0, 1] or nan.

    Examples
    --------
    >>> check_probabilities("nll_loss", np.array([0.0, 1.0]), "target", "")
    False
    """
    p = np.asarray(p)
    if not p.size:
        return False
    low, high = p.min(), p.max()
    if not (low >= 0 and high <= 1):
        wrong = ~((p >= 0) & (p <= 1))
        raise ValueError(
            f"{name}: the {what} holds {p[wrong][0]}, not a probability; give numbers from 0 to 1, "
            f"{cure}"
        )
    return type(p) is np.ndarray and bool(low > 0 and high < 1)


def reduced(terms: Any, reduction: str) -> Any:
    """Return the mean or sum of the terms, or the terms.

    Examples
    --------
    >>> float(reduced(np.array([1.0, 3.0]), "mean"))
    2.0
    """
    if reduction == "none" or isinstance(terms, Value):
        return terms
    return np.mean(terms) if reduction == "mean" else np.sum(terms)


def checked_weights(name: str, weight: Any, shape: tuple[int, ...], scores: Any) -> Array:
    """Return weights as an array in the dtype of the scores, if they fit a shape.

    Raises
    ------
    TypeError, ValueError
        If they require a gradient, are negative or not finite, or do not broadcast to the shape.

    Examples
    --------
    >>> checked_weights("cross_entropy", [1, 3], (2,), np.zeros((4, 2)))
    array([1., 3.])
    """
    if getattr(weight, "requires_grad", False):
        raise TypeError(f"{name}: no gradient flows to the weights; pass their .data")
    refuse_masked(f"{name}: weights", weight)
    w = plain(weight)
    if w.dtype.kind not in "fiub":
        raise TypeError(f"{name}: weights are numbers, got {w.dtype}")
    if w.ndim and w.shape != shape[len(shape) - w.ndim :]:
        raise ValueError(
            f"{name}: weights {w.shape} do not fit {shape}; give one for each of the classes"
        )
    wrong = ~(np.isfinite(w) & (w >= 0))
    if wrong.any():
        raise ValueError(f"{name}: weights are finite and at least 0, got {w[wrong][0]}")
    found: Array = cast(w, scores)
    return found


def binary_target(name: str, prediction: Any, target: Any, reduction: str) -> tuple[Any, bool]:
    """Return binary labels as numbers in [0, 1] of the prediction's shape and dtype.

    The second result says whether they are known to be neither 0 nor 1.
    """
    y = labels(name, target)
    check_equal(name, prediction, y)
    inside = check_probabilities(name, y, "target", "1 for yes and 0 for no")
    check_reduction(name, reduction, math.prod(prediction.shape))
    found = cast(y, prediction)
    if inside and found.dtype != y.dtype:  # numbers may be rounded to 0 or 1
        inside = bool(found.min() > 0 and found.max() < 1)
    return found, inside
