"""The arguments of losses: predictions, labels and reductions, checked. Next: `losses.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.array_nodes.operands import refuse_masked
from autograd.settings import array_of, checked_choice, checked_dtype, checked_number, checked_size

Array = np.ndarray[Any, Any]

# isinstance takes a tuple faster than a union written on the spot
_NODES = (Tensor, Value)


def plain(x: Any) -> Any:
    """Return the data of a node, or x as an array."""
    return x.data if isinstance(x, _NODES) else array_of("numbers", x)


def operand(x: Any, like: Any = None) -> Any:
    """Return x as a node or array of floats; lists of nodes are stacked and keep their gradients.

    Parameters
    ----------
    x : Tensor, Value, array_like, or a list of them
    like : Tensor or array, optional
        Plain numbers are cast to its dtype.

    Raises
    ------
    TypeError
        If x does not hold real numbers.

    Examples
    --------
    >>> operand([Value(1.0), 2.0]).shape
    (2,)
    """
    if isinstance(x, _NODES):
        return x
    if isinstance(x, list | tuple) and any(isinstance(e, _NODES) for e in x):
        return np.stack(list(x))
    refuse_masked("numbers", x)
    array = array_of("numbers", x)
    if array.dtype.kind not in "fiub":
        what = "None" if x is None else f"{type(x).__name__} of {array.dtype}"
        raise TypeError(
            f"real numbers are needed here, got {what}; give arrays or tensors of floats, and let "
            "every forward return its output"
        )
    wanted = getattr(like, "dtype", array.dtype)
    wanted = wanted if wanted.kind == "f" else np.dtype(np.float64)
    return array if array.dtype == wanted else array.astype(wanted)


def cast(y: Array, like: Any) -> Any:
    """Return labels in the dtype of a prediction.

    Examples
    --------
    >>> cast(np.array([0, 1]), Value(0.5))
    array([0., 1.])
    """
    return y.astype(getattr(like, "dtype", np.float64), copy=False)[()]


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
    >>> labels("hinge_loss", [1, -1])
    array([ 1, -1])
    """
    tracked = isinstance(target, Value) or (isinstance(target, Tensor) and target.requires_grad)
    if tracked or (isinstance(target, list | tuple) and any(isinstance(e, _NODES) for e in target)):
        raise TypeError(
            f"{name}: no gradient flows to the target, and this one wants one; pass its .data, or "
            "target.detach()"
        )
    refuse_masked(name, target)
    y = np.asarray(target.data if isinstance(target, _NODES) else array_of(name, target))
    if y.dtype.kind not in "fiub":
        raise TypeError(f"{name}: the target is of {y.dtype}; give numbers")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError(f"{name}: the target holds nan; remove those samples")
    return y


def are_labels(y: Any) -> bool:
    """Whether a target is an array, not a recording of one, of 0 and 1 only.

    Examples
    --------
    >>> are_labels(np.array([0.0, 1.0])), are_labels(np.array([0.5]))
    (True, False)
    """
    return type(y) is np.ndarray and bool(np.all((y == 0) | (y == 1)))


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


def check_probabilities(name: str, p: Any, what: str, cure: str) -> None:
    """Raise ValueError if a number is outside [0, 1] or nan.

    Examples
    --------
    >>> check_probabilities("nll_loss", np.array([0.0, 1.0]), "target", "")
    """
    p = np.asarray(p)
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        wrong = ~((p >= 0) & (p <= 1))
        raise ValueError(
            f"{name}: the {what} holds {p[wrong][0]}, not a probability; give numbers from 0 to 1, "
            f"{cure}"
        )


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


# --------------------------------------------------------------------------------------------------
# Classes


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
    indices = checked_indices(name, indices, classes)
    found: Array = (indices[..., np.newaxis] == np.arange(classes)).astype(
        checked_dtype(name, dtype)
    )
    return found


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
    indices = indices.astype(np.intp)
    wrong = (indices < 0) | (indices >= classes)
    if wrong.any():
        raise ValueError(
            f"{name}: class index {indices[wrong][0]} is out of range for {classes} classes; "
            f"indices run from 0 to {classes - 1}"
        )
    found: Array = indices
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
    rows = (indices[..., np.newaxis] == np.arange(classes)).astype(scores.dtype)
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


def binary_target(name: str, prediction: Any, target: Any, reduction: str) -> Any:
    """Return binary labels as numbers in [0, 1] of the prediction's shape and dtype."""
    y = labels(name, target)
    check_equal(name, prediction, y)
    check_probabilities(name, y, "target", "1 for yes and 0 for no")
    check_reduction(name, reduction, math.prod(prediction.shape))
    return cast(y, prediction)
