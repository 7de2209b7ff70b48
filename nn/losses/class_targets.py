"""Targets that are classes: indices, one-hot rows, and probabilities. Next: `modules.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.arithmetic import order_of
from autograd.settings import checked_dtype, checked_number, checked_size

from ..modules.operands import Array, cast, plain
from .targets import check_probabilities, checked_weights, labels


def one_hot(indices: Any, classes: int, dtype: Any = np.float64) -> Array:
    """Return rows that are 1 at the index of the class and 0 elsewhere.

    Parameters
    ----------
    indices : array_like of integers
    classes : int
        The length of the rows.
    dtype : dtype

    Returns
    -------
    array of shape (..., classes)

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If one of them is out of range.

    Examples
    --------
    >>> one_hot([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    return checked_one_hot("one_hot", labels("one_hot", indices), classes, dtype)


def checked_one_hot(name: str, indices: Any, classes: int, dtype: Any) -> Array:
    """Do what `one_hot` does, for the loss called ``name``."""
    return _unit_rows(checked_indices(name, indices, classes), classes, checked_dtype(name, dtype))


def _unit_rows(indices: Array, classes: int, dtype: Any, order: Any = "C") -> Array:
    """Return rows that are 1 at an index, stored in an order."""
    rows: Array
    if type(indices) is not np.ndarray:  # a recording of one
        rows = (indices[..., np.newaxis] == np.arange(classes)).astype(dtype)
        return rows
    rows = np.zeros((indices.size, classes), dtype, order)
    rows[np.arange(indices.size), indices.ravel()] = 1
    return rows if indices.ndim == 1 else rows.reshape(*indices.shape, classes)


def checked_indices(name: str, indices: Any, classes: int) -> Array:
    """Return class indices as integers.

    Raises
    ------
    TypeError
        If they are not integers.
    ValueError
        If one of them is out of range.

    Examples
    --------
    >>> checked_indices("nll_loss", np.array([0, 2], np.uint8), 3)
    array([0, 2])
    """
    if indices.dtype.kind not in "iub":
        raise TypeError(
            f"{name}: class indices are integers, got {indices.dtype}; use .astype(int), or give "
            "probabilities of the logits' shape"
        )
    classes = checked_size(f"{name}: the number of classes", classes)
    found: Array = indices.astype(np.intp)
    # only arrays can be asked so, not recordings of them
    if type(found) is np.ndarray and found.size and found.min() >= 0 and found.max() < classes:
        return found
    wrong = (found < 0) | (found >= classes)
    if wrong.any():
        raise ValueError(
            f"{name}: class index {found[wrong][0]} is out of range for {classes} classes; "
            f"indices run from 0 to {classes - 1}"
        )
    return found


def chosen(scores: Any, indices: Any) -> Any:
    """Return the score of one class for every sample.

    Examples
    --------
    >>> chosen(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([2., 3.])
    """
    n, shape = indices.size, indices.shape
    if len(shape) == 1:
        return scores[np.arange(n), indices]
    rows = np.reshape(scores, (n, scores.shape[-1]))
    return np.reshape(rows[np.arange(n), indices.ravel()], shape)


def distribution(
    name: str,
    scores: Any,
    target: Any,
    what: str,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> tuple[Any, Any]:
    """Return the target as probabilities of the classes, in the shape of the scores, and a count.

    A mean divides by the count: the number of samples; or, for class indices, that of the samples
    not ignored, each counted by the weight of its class.
    """
    shape = scores.shape
    y = _fitting(name, shape, target, what)
    count: Any = math.prod(shape[:-1])
    w = None if weight is None else checked_weights(name, weight, shape[-1:], scores)
    if y.shape == shape:
        shares = _probabilities(name, y, target, scores, ignore_index)
    else:
        shares = _rows(name, y, scores, ignore_index)
        if w is not None or ignore_index is not None:
            count = np.sum(shares if w is None else shares * w)
    if type(label_smoothing) is not float or label_smoothing:
        shares = _smoothed(name, shares, label_smoothing, scores)
    return (shares if w is None else shares * w), count


def class_indices(
    name: str,
    scores: Any,
    target: Any,
    what: str,
    *,
    weight: Any = None,
    ignore_index: int | None = None,
) -> tuple[Any, Any, Any] | None:
    """Return class indices, the weight of every sample, and a count as `distribution` does.

    The weight is None if all samples count as 1. Probabilities are no class indices: None.
    """
    shape = scores.shape
    y = _fitting(name, shape, target, what)
    if y.shape == shape:
        return None
    w = None if weight is None else checked_weights(name, weight, shape[-1:], scores)
    indices, ignored = _indices(name, y, shape[-1], ignore_index)
    if w is not None:
        w = np.broadcast_to(w, shape[-1:])[indices]
    if ignored is not None:
        w = np.where(ignored, 0, cast(np.ones(indices.shape), scores) if w is None else w)
    return indices, w, math.prod(shape[:-1]) if w is None else np.sum(w)


def _fitting(name: str, shape: tuple[int, ...], target: Any, what: str) -> Array:
    """Return a target of classes as an array, if it fits the shape of the scores."""
    y = labels(name, target)
    if not shape or y.shape not in (shape, shape[:-1]):
        hint = "; target[..., 0] may be meant" if y.shape == (*shape[:-1], 1) else ""
        raise ValueError(
            f"{name}: {what} {shape} and target {y.shape} do not fit; give logits (..., classes) "
            f"with class indices (...) or probabilities (..., classes){hint}"
        )
    return y


def _smoothed(name: str, shares: Any, smoothing: float, scores: Any) -> Any:
    """Return probabilities with a part spread evenly; ignored rows stay 0."""
    e = checked_number(f"{name}: label_smoothing", smoothing, 0)
    if not e <= 1:
        raise ValueError(f"{name}: label_smoothing is from 0 to 1, got {e:g}")
    kept = plain(shares).any(-1, keepdims=True)
    return (1 - e) * shares + cast(kept * (e / scores.shape[-1]), scores)


def _rows(name: str, y: Array, scores: Any, ignore_index: int | None) -> Array:
    """Return class indices as one-hot rows; ignored ones are rows of 0."""
    classes = scores.shape[-1]
    indices, ignored = _indices(name, y, classes, ignore_index)
    rows = _unit_rows(indices, classes, scores.dtype, order_of(plain(scores)))
    return rows if ignored is None else np.where(ignored[..., np.newaxis], 0, rows)


def _indices(name: str, y: Array, classes: int, ignore_index: int | None) -> tuple[Array, Any]:
    """Return class indices, 0 for ignored samples, and which those are; None for none."""
    if ignore_index is None:
        return checked_indices(name, y, classes), None
    ignored = y == checked_size(f"{name}: ignore_index", ignore_index, None)
    return checked_indices(name, np.where(ignored, 0, y), classes), ignored


def _probabilities(name: str, y: Array, target: Any, scores: Any, ignore_index: Any) -> Any:
    if ignore_index is not None:
        raise ValueError(
            f"{name}: ignore_index is one of the class indices, but the target holds "
            "probabilities; leave those rows out"
        )
    check_probabilities(name, y, "target", "or give class indices")
    if not np.allclose(y @ np.ones(y.shape[-1]), 1.0, atol=1e-4):
        raise ValueError(
            f"{name}: the target's probabilities must sum to 1 in every row; for other weights use "
            "autograd.softmax_cross_entropy"
        )
    return target if isinstance(target, Tensor) else y.astype(scores.dtype, copy=False)
