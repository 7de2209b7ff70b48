"""Losses of yes and no, of probabilities and of logits. Next: `targets.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Value, sigmoid_cross_entropy, softplus

from ..modules.operands import cast, operand, plain
from .targets import (
    are_labels,
    binary_target,
    check_probabilities,
    checked_weights,
    reduced,
    warn_of_probabilities,
)


def binary_cross_entropy(probabilities: Any, target: Any, reduction: str = "mean") -> Any:
    """Return -(y log p + (1 - y) log(1 - p)), with 0 log 0 = 0.

    mean: 1/N Σ over all N entries; sum: Σ; none: the terms. If the logits are at hand,
    `binary_cross_entropy_with_logits` is more accurate.

    Parameters
    ----------
    probabilities : array_like
        Numbers in [0, 1], as the sigmoid gives them.
    target : array_like of the same shape
        Numbers in [0, 1]; no gradient flows to it.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor, Value or number
        Of shape (); of the shape of the probabilities for "none".

    Raises
    ------
    ValueError
        If the shapes differ, a number is outside [0, 1] or nan, or for another reduction.
    TypeError
        If the target wants a gradient.

    Examples
    --------
    >>> float(binary_cross_entropy([1.0, 0.5], [1.0, 0.0]).round(4))
    0.3466
    """
    name = "binary_cross_entropy"
    p = operand(probabilities)
    y, inside = binary_target(name, p, target, reduction)
    check_probabilities(name, plain(p), "prediction", "or use binary_cross_entropy_with_logits")
    if are_labels(y):
        # the probability of the label, p or 1 - p, has one logarithm
        with np.errstate(divide="ignore"):
            return -reduced(np.log((1 - y) + (2 * y - 1) * p), reduction)
    yes, no = p, 1 - p
    if not inside:
        # where the label is 0 or 1, the term with the factor 0 takes the logarithm of 1 to 2
        yes, no = p + cast(y == 0, p), 1 + cast(y == 1, p) - p
    with np.errstate(divide="ignore"):
        return -reduced(y * np.log(yes) + (1 - y) * np.log(no), reduction)


def binary_cross_entropy_with_logits(
    logits: Any, target: Any, reduction: str = "mean", *, pos_weight: Any = None
) -> Any:
    """Return y log(1 + e^-z) + (1 - y) log(1 + e^z), whose derivative is sigmoid(z) - y.

    It is `binary_cross_entropy` of the sigmoid of z, without overflow and without loss of digits.
    With a weight w of yes, the first term is w y log(1 + e^-z). mean: 1/N Σ over all N entries;
    sum: Σ; none: the terms.

    Parameters
    ----------
    logits : array_like
        Scores before the sigmoid.
    target : array_like of the same shape
        Numbers in [0, 1]; no gradient flows to it.
    reduction : {"mean", "sum", "none"}
    pos_weight : float or array_like of shape (outputs,), optional
        The weight w, one or one for every output.

    Returns
    -------
    Tensor, Value or number
        Of shape (); of the shape of the logits for "none".

    Raises
    ------
    ValueError
        If the shapes differ, a label is outside [0, 1] or nan, or for another reduction or weight.
    TypeError
        If the target wants a gradient.

    Warns
    -----
    UserWarning
        If the logits are the output of a softmax or sigmoid.

    Examples
    --------
    >>> binary_cross_entropy_with_logits([-1000.0, 1000.0], [1.0, 1.0], "none")
    array([1000.,    0.])
    """
    z, name = operand(logits), "binary_cross_entropy_with_logits"
    warn_of_probabilities(name, z, "binary_cross_entropy")
    y, _ = binary_target(name, z, target, reduction)
    if pos_weight is None and reduction != "none" and not isinstance(z, Value):
        return sigmoid_cross_entropy(z, y, 1.0 if reduction == "sum" else 1.0 / math.prod(z.shape))
    yes = y if pos_weight is None else checked_weights(name, pos_weight, z.shape, z) * y
    if are_labels(y):
        terms = softplus((1 - 2 * y) * z)
        return reduced(terms if pos_weight is None else (yes + (1 - y)) * terms, reduction)
    # 0 log 0 is 0
    terms = yes * softplus(np.where(y == 0, 0.0, -z))
    return reduced(terms + (1 - y) * softplus(np.where(y == 1, 0.0, z)), reduction)
