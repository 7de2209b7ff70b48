"""Metrics: functions of predictions and targets beside the loss. Next: `schedules.py`.

They take whole arrays, one row for each sample, and return a number; a training loop gives them
all predictions of an epoch at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.settings import array_of, checked_number, checked_size, is_iterable, shown

from .losses.targets import check_equal
from .modules.operands import operand

__all__ = [
    "HIGHER_IS_BETTER",
    "LOWER_IS_BETTER",
    "METRICS",
    "accuracy",
    "binary_accuracy",
    "confusion_matrix",
    "mae",
    "mse",
    "named",
    "r2",
    "top_k_accuracy",
]

Array = np.ndarray[Any, Any]
Metric = Callable[[Any, Any], float]


def accuracy(prediction: Any, target: Any) -> float:
    """Return the fraction of the samples whose largest score is that of their class.

    Parameters
    ----------
    prediction : array_like of shape (..., classes)
        Scores: logits or probabilities.
    target : array_like of shape (...) or (..., classes)
        Class indices, or rows with the largest entry at the class.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If the shapes do not fit, there are no samples, or less than two classes.

    Examples
    --------
    >>> nn.metrics.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    scores, indices = _scores("accuracy", prediction, target)
    return float(np.mean(scores.argmax(-1) == indices))


def top_k_accuracy(prediction: Any, target: Any, k: int = 5) -> float:
    """Return the fraction of the samples whose class is among the k largest scores.

    Of equal scores those of lower index come first.

    Parameters
    ----------
    prediction, target
        As in `accuracy`.
    k : int

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        As in `accuracy`, and if k is not from 1 to the number of classes.

    Examples
    --------
    >>> nn.metrics.top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.2, 0.3]], [1, 1], k=2)
    0.5
    """
    scores, indices = _scores("top_k_accuracy", prediction, target)
    k = checked_size("top_k_accuracy: k", k)
    if k > scores.shape[-1]:
        raise ValueError(
            f"top_k_accuracy: k={k}, and there are {scores.shape[-1]} classes; give a function of "
            "your own, lambda p, y: nn.metrics.top_k_accuracy(p, y, k=2)"
        )
    best = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    return float(np.mean((best == indices[..., None]).any(-1)))


def binary_accuracy(prediction: Any, target: Any, threshold: float = 0.5) -> float:
    """Return the fraction of the entries on the right side of the threshold.

    Parameters
    ----------
    prediction : array_like
        Probabilities; with ``threshold=0`` logits, or scores of the hinge loss. `fit` and
        `evaluate` use ``threshold=0`` for the losses of such scores.
    target : array_like of the same shape
        1 for yes; 0, or -1, for no.
    threshold : float

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If the shapes differ, or there are no entries.

    Examples
    --------
    >>> nn.metrics.binary_accuracy([0.9, 0.4], [1, 1])
    0.5
    """
    p, y = _pair("binary_accuracy", prediction, target)
    threshold = checked_number("binary_accuracy: threshold", threshold)
    return float(np.mean((p > threshold) == (y > 0)))


def mse(prediction: Any, target: Any) -> float:
    """Return the mean squared error, 1/N Σ (ŷ - y)².

    Parameters
    ----------
    prediction, target : array_like of one shape

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, or there are no entries.

    Examples
    --------
    >>> nn.metrics.mse([3.0, 1.0], [1.0, 1.0])
    2.0
    """
    p, y = _floats("mse", prediction, target)
    return float(np.mean((p - y) ** 2))


def mae(prediction: Any, target: Any) -> float:
    """Return the mean absolute error, 1/N Σ |ŷ - y|.

    Parameters
    ----------
    prediction, target : array_like of one shape

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, or there are no entries.

    Examples
    --------
    >>> nn.metrics.mae([3.0, 1.0], [1.0, 1.0])
    1.0
    """
    p, y = _floats("mae", prediction, target)
    return float(np.mean(np.abs(p - y)))


def r2(prediction: Any, target: Any) -> float:
    """Return the coefficient of determination, 1 - Σ (ŷ - y)² / Σ (y - mean y)².

    It is 1 for a perfect prediction, 0 for predicting the mean, and nan if all targets are equal.
    The mean is over all entries.

    Parameters
    ----------
    prediction, target : array_like of one shape

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, or there are no entries.

    Examples
    --------
    >>> nn.metrics.r2([2.0, 2.0], [1.0, 3.0])
    0.0
    """
    p, y = _floats("r2", prediction, target)
    spread = np.sum((y - y.mean()) ** 2)
    return float(1 - np.sum((p - y) ** 2) / spread) if spread else float("nan")


def confusion_matrix(prediction: Any, target: Any, classes: int | None = None) -> Array:
    """Return how often samples of each class (row) were predicted to be of each class (column).

    Parameters
    ----------
    prediction : array_like of shape (..., classes), or of integers of shape (n,)
        Scores, as in `accuracy`, or the predicted class of each sample.
    target : array_like of shape (...) or (..., classes)
        As in `accuracy`.
    classes : int, optional
        The number of classes, if ``prediction`` holds classes; by default up to the largest class
        in either.

    Returns
    -------
    array of int, shape (classes, classes)

    Raises
    ------
    TypeError, ValueError
        As in `accuracy`, and if a class is out of range.

    Examples
    --------
    >>> nn.metrics.confusion_matrix([1, 0, 1], [1, 1, 0])
    array([[0, 1],
           [1, 1]])
    >>> nn.metrics.confusion_matrix([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 1, 0])
    array([[0, 1],
           [1, 1]])
    """
    name = "confusion_matrix"
    p = _numbers(name, prediction)
    if p.ndim == 1 and p.dtype.kind in "iub":
        taken, indices, k = _classes(name, p, _numbers(name, target), classes)
    else:
        scores, indices = _scores(name, p, target)
        taken, k = scores.argmax(-1), scores.shape[-1]
        if classes not in (None, k):
            raise ValueError(f"{name}: classes={classes}, and there are scores of {k} classes")
    pairs = indices.ravel() * k + taken.ravel()
    return np.bincount(pairs, minlength=k * k).reshape(k, k)


METRICS: dict[str, Metric] = {
    f.__name__: f for f in (accuracy, binary_accuracy, mae, mse, r2, top_k_accuracy)
}
HIGHER_IS_BETTER = frozenset({"accuracy", "binary_accuracy", "r2", "top_k_accuracy"})
LOWER_IS_BETTER = frozenset({"loss", "mae", "mse"})


def named(
    metrics: str | Metric | Iterable[str | Metric] | Mapping[str, Metric],
) -> dict[str, Metric]:
    """Return metrics by name.

    Parameters
    ----------
    metrics : name, function, list of names and functions, or dict of functions

    Returns
    -------
    dict of str to function

    Raises
    ------
    TypeError, ValueError
        If one is neither a function nor the name of one in this file, or two have the same name.

    Examples
    --------
    >>> list(named(["accuracy", lambda p, y: 1.0]))
    ['accuracy', '<lambda>']
    """
    if isinstance(metrics, Mapping):
        pairs = list(metrics.items())
    else:
        listed: list[Any] = (
            [metrics] if isinstance(metrics, str) or not is_iterable(metrics) else [*metrics]
        )
        pairs = [(m if isinstance(m, str) else getattr(m, "__name__", repr(m)), m) for m in listed]
    found: dict[str, Metric] = {}
    for name, metric in pairs:
        if isinstance(metric, str):
            if metric not in METRICS:
                raise ValueError(
                    f"no metric {shown(metric)}; there are {', '.join(METRICS)}; or give a "
                    "function of prediction and target"
                )
            metric = METRICS[metric]
        if not callable(metric):
            raise TypeError(
                f"metric {name!r} is {type(metric).__name__}; give a function of prediction and "
                "target, or a name"
            )
        if name in found or name in ("loss", "epoch", "step", "lr", "gradient_norm"):
            raise ValueError(f"the name {name!r} is taken; give metrics as a dict with other names")
        found[str(name)] = metric
    return found


def _plain(name: str, x: Any) -> Array:
    return np.asarray(x.data if isinstance(x, Tensor | Value) else array_of(name, x))


def _numbers(name: str, x: Any) -> Array:
    array = _plain(name, x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} compares real numbers, got an array of {array.dtype}")
    return array


def _pair(name: str, prediction: Any, target: Any) -> tuple[Array, Array]:
    p, y = _numbers(name, prediction), _numbers(name, target)
    check_equal(name, p, y)
    if not p.size:
        raise ValueError(f"{name}: there are no predictions to measure")
    return p, y


def _floats(name: str, prediction: Any, target: Any) -> tuple[Array, Array]:
    """Return numbers whose differences do not wrap around, as those of unsigned integers do."""
    p, y = _pair(name, prediction, target)
    return operand(p), operand(y)


def _classes(name: str, p: Array, y: Array, classes: int | None) -> tuple[Array, Array, int]:
    """Return the predicted classes, the true ones, and the number of classes."""
    p, y = _pair(name, p, y)
    most = int(max(p.max(), y.max())) if y.dtype.kind in "iub" else -1
    k = most + 1 if classes is None else checked_size(f"{name}: classes", classes)
    if most < 0 or most >= k or min(p.min(), y.min()) < 0:
        raise ValueError(
            f"{name}: classes are integers from 0{'' if classes is None else f' to {k - 1}'}, got "
            f"{p.dtype} from {p.min()} to {p.max()} and {y.dtype} from {y.min()} to {y.max()}"
        )
    return p.astype(np.intp), y.astype(np.intp), k


def _scores(name: str, prediction: Any, target: Any) -> tuple[Array, Array]:
    """Return scores and class indices."""
    p, y = _numbers(name, prediction), _plain(name, target)
    if p.ndim < 2 or p.shape[-1] < 2 or y.shape not in (p.shape, p.shape[:-1]):
        raise ValueError(
            f"{name}: prediction {p.shape} and target {y.shape} do not fit; give scores (n, "
            "classes) with class indices (n,), or use binary_accuracy for one score per sample"
        )
    if not p.size:
        raise ValueError(f"{name}: there are no predictions to measure")
    if y.shape == p.shape:
        return p, y.argmax(-1)
    if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= p.shape[-1]:
        span = f" from {y.min()} to {y.max()}" if y.dtype.kind in "iubf" else ""
        raise ValueError(
            f"{name}: class indices are integers from 0 to {p.shape[-1] - 1}, got {y.dtype}{span}"
        )
    return p, y.astype(np.intp)
