"""Activations and losses as functions. Next: `losses/`.

Every loss states its scale: ``mean`` divides by what the formula says, ``sum`` does not, ``none``
returns the terms. Prediction and target are never broadcast against each other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import (
    leaky_relu,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    softplus,
    squared_error,
)
from autograd.arithmetic import LARGE
from autograd.ops.softmaxes import shift

from .losses.binary import binary_cross_entropy, binary_cross_entropy_with_logits
from .losses.class_targets import (
    checked_indices,
    checked_one_hot,
    chosen,
    class_indices,
    distribution,
    one_hot,
)
from .losses.targets import (
    check_equal,
    check_reduction,
    real_labels,
    reduced,
    refuse_nan,
    warn_of_probabilities,
)
from .modules.operands import cast, operand, plain

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "half_squared_error",
    "hinge_loss",
    "leaky_relu",
    "log_softmax",
    "logsumexp",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent.

    Parameters
    ----------
    x : Tensor, Value, array or number

    Returns
    -------
    Tensor, Value, array or number
        As x, of the same shape.

    Examples
    --------
    >>> tanh(np.array([0.0]))
    array([0.])
    """
    return np.tanh(x)


# --------------------------------------------------------------------------------------------------
# Squared errors


def half_squared_error(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Return ½ (ŷ - y)², whose derivative is ŷ - y.

    mean: 1/(2N) Σ (ŷ - y)² over all N entries; sum: ½ Σ (ŷ - y)²; none: ½ (ŷ - y)².

    Parameters
    ----------
    prediction, target : array_like of one shape
        Tensors, values, arrays, numbers, or lists of them.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor, Value or number
        Of shape (); of the shape of the prediction for "none".

    Raises
    ------
    ValueError
        If the shapes differ, or for another reduction.

    Examples
    --------
    >>> float(half_squared_error([3.0, 1.0], [1.0, 1.0], reduction="sum"))
    2.0
    """
    return _squares("half_squared_error", prediction, target, reduction, 0.5)


def mse_loss(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Return the squared error (ŷ - y)².

    mean: 1/N Σ (ŷ - y)² over all N entries, samples and outputs alike; sum: Σ (ŷ - y)²; none:
    (ŷ - y)².

    Parameters
    ----------
    prediction, target : array_like of one shape
        Tensors, values, arrays, numbers, or lists of them.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor, Value or number
        Of shape (); of the shape of the prediction for "none".

    Raises
    ------
    ValueError
        If the shapes differ, or for another reduction.

    Examples
    --------
    >>> float(mse_loss([3.0, 1.0], [1.0, 1.0]))
    2.0
    """
    return _squares("mse_loss", prediction, target, reduction, 1.0)


def _squares(name: str, prediction: Any, target: Any, reduction: str, scale: float) -> Any:
    x = operand(prediction)
    y = operand(target, like=x)
    check_equal(name, x, y)
    check_reduction(name, reduction, math.prod(x.shape))
    if reduction == "none":
        squares = (x - y) ** 2
        return squares if scale == 1.0 else scale * squares
    return squared_error(x, y, scale if reduction == "sum" else scale / math.prod(x.shape))


# --------------------------------------------------------------------------------------------------
# Classes


def cross_entropy(
    logits: Any,
    target: Any,
    reduction: str = "mean",
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Any:
    """Return -Σ_k t_k log softmax(z)_k for every sample, whose derivative is softmax(z) Σ t - t.

    t = w ((1 - e) y + e / classes) is the target y, smoothed by e and weighted by w; without both
    it is y, and the derivative softmax(z) - y. mean: 1/n Σ over the n samples; of class indices
    1/Σ w_y Σ over those that are not ignored. sum: Σ over the samples; none: one number per sample.

    Parameters
    ----------
    logits : array_like of shape (..., classes)
        Scores before softmax, at the last axis.
    target : array_like
        Class indices, integers of shape (...); or probabilities of the classes, one-hot or not, of
        the shape of the logits. No gradient flows to it.
    reduction : {"mean", "sum", "none"}
    weight : array_like of shape (classes,), optional
        The weights w of the classes.
    label_smoothing : float
        The part e of a target, from 0 to 1, that is spread evenly over all classes.
    ignore_index : int, optional
        The class index that marks a sample to leave out.

    Returns
    -------
    Tensor or number
        Of shape (); (...) for "none".

    Raises
    ------
    ValueError
        If the shapes do not fit, an index is out of range, probabilities are outside [0, 1] or do
        not sum to 1, or the reduction, weight or smoothing is invalid.
    TypeError
        If indices are not integers, or the target wants a gradient.

    Warns
    -----
    UserWarning
        If the logits are the output of a softmax or sigmoid.

    Examples
    --------
    >>> float(cross_entropy(np.zeros((2, 4)), [0, 3]).round(4))
    1.3863
    """
    z = operand(logits)
    warn_of_probabilities("cross_entropy", z, "nll_loss of their logarithm")
    more = {"weight": weight, "ignore_index": ignore_index}
    smoothed = type(label_smoothing) is not float or label_smoothing
    if reduction == "none" and not smoothed:
        return _terms("cross_entropy", z, log_softmax, target, "logits", more)[0]
    more["label_smoothing"] = label_smoothing
    y, samples = distribution("cross_entropy", z, target, "logits", **more)
    check_reduction("cross_entropy", reduction, samples)
    if reduction == "none":
        return _expectation(log_softmax(z), y)
    if reduction == "sum" or type(samples) is not int:
        total = softmax_cross_entropy(z, y)
        return total if reduction == "sum" else total / samples
    return softmax_cross_entropy(z, y, 1.0 / samples)


def nll_loss(
    log_probabilities: Any,
    target: Any,
    reduction: str = "mean",
    *,
    weight: Any = None,
    ignore_index: int | None = None,
) -> Any:
    """Return -Σ_k w_k y_k log p_k for every sample, from log-probabilities like `log_softmax`'s.

    mean: as in `cross_entropy`; sum: Σ over the samples; none: one number per sample.

    Parameters
    ----------
    log_probabilities : array_like of shape (..., classes)
    target : array_like
        As in `cross_entropy`.
    reduction : {"mean", "sum", "none"}
    weight : array_like of shape (classes,), optional
    ignore_index : int, optional
        Both as in `cross_entropy`.

    Returns
    -------
    Tensor or number
        Of shape (); (...) for "none".

    Raises
    ------
    ValueError, TypeError
        As in `cross_entropy`.

    Examples
    --------
    >>> float(nll_loss(np.log([[0.25, 0.75]]), [0]).round(4))
    1.3863
    """
    x = operand(log_probabilities)
    more = {"weight": weight, "ignore_index": ignore_index}
    terms, samples = _terms("nll_loss", x, lambda x: x, target, "log-probabilities", more)
    check_reduction("nll_loss", reduction, samples)
    if reduction == "mean" and type(samples) is not int:
        return np.sum(terms) / samples
    return reduced(terms, reduction)


def _terms(
    name: str, scores: Any, log: Any, target: Any, what: str, options: dict[str, Any]
) -> tuple[Any, Any]:
    """Return -Σ_k w_k y_k log(scores)_k for every sample, and a count as `distribution` does."""
    # a program multiplies by one-hot rows sooner than it reads by indices
    found = None
    if type(plain(scores)) is np.ndarray:
        found = class_indices(name, scores, target, what, **options)
    if found is None:
        y, samples = distribution(name, scores, target, what, **options)
        return _expectation(log(scores), y), samples
    indices, w, samples = found
    if log is log_softmax and math.prod(scores.shape) >= LARGE:
        # The logarithms of the other classes take as many passes again. In this order the gradient
        # of what was chosen is added to that of the sums, which is there by then.
        d = scores - shift(plain(scores), -1)
        with np.errstate(all="ignore"):
            terms = np.log(np.sum(np.exp(d), axis=-1))
        terms = -(chosen(d, indices) - terms)
    else:
        terms = -chosen(log(scores), indices)
    if w is not None:
        # 0 log 0 is 0
        with np.errstate(invalid="ignore"):
            terms = np.where(w == 0, 0.0, w * terms)
    return terms, samples


def _expectation(log_p: Any, y: Any) -> Any:
    # 0 log 0 is 0, which only matters if a sum is not finite
    with np.errstate(invalid="ignore"):
        total = np.vecdot(y, log_p)
        known = plain(total)
        if type(known) is np.ndarray and np.isfinite(known).all():
            return -total
        return -np.sum(np.where(plain(y) == 0, 0.0, y * log_p), axis=-1)


def hinge_loss(scores: Any, target: Any, reduction: str = "mean") -> Any:
    """Return the hinge loss max(0, 1 - y s), or its sum over the wrong classes.

    Two classes, target ±1 of the shape of the scores: max(0, 1 - y s) for every entry; mean: 1/N Σ
    over all N entries. More classes, target indices: Σ_{j≠y} max(0, 1 + s_j - s_y) for every
    sample; mean: 1/n Σ over the n samples. sum: Σ; none: the terms.

    Parameters
    ----------
    scores : array_like
        Of any shape for two classes, (..., classes) for more.
    target : array_like
        ±1 of the shape of the scores, or integer indices without their last axis.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor, Value or number
        Of shape (); for "none" of the shape of the scores, without the axis of several classes.

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is not ±1, an index is out of range, or for another
        reduction.
    TypeError
        If indices are not integers, or the target wants a gradient.

    Examples
    --------
    >>> float(hinge_loss([0.5, -2.0], [1, -1]))
    0.25
    >>> float(hinge_loss([[1.0, 1.5, -3.0]], [0]))
    1.5
    """
    s = operand(scores)
    y = real_labels("hinge_loss", target)
    alike = y.shape == s.shape
    # which nan is not
    if alike and np.count_nonzero(y == 1) + np.count_nonzero(y == -1) == y.size:
        terms = relu(1 - cast(y, s) * s)
    else:
        refuse_nan("hinge_loss", y)
        if alike:
            wrong = y[np.abs(y) != 1][0]
            raise ValueError(
                f"hinge_loss: labels are -1 and 1, got {wrong}; for 0 and 1 use 2 * target - 1"
            )
        if not s.shape or y.shape != s.shape[:-1]:
            raise ValueError(
                f"hinge_loss: scores {s.shape} and target {y.shape} do not fit; give labels ±1 of "
                "the scores' shape, or class indices without the last axis"
            )
        # that of the right class is 1
        terms = np.sum(relu(1 + (s - _right("hinge_loss", s, y))), axis=-1) - 1
    check_reduction("hinge_loss", reduction, math.prod(terms.shape))
    return reduced(terms, reduction)


def _right(name: str, scores: Any, y: Any) -> Any:
    """Return the score of the right class of every sample, with the axis of classes kept."""
    if type(plain(scores)) is np.ndarray:
        return chosen(scores, checked_indices(name, y, scores.shape[-1]))[..., np.newaxis]
    rows = checked_one_hot(name, y, scores.shape[-1], scores.dtype)
    return np.sum(scores * rows, axis=-1, keepdims=True)
