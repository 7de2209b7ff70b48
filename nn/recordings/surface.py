"""The outputs of a model of two inputs on a grid: classes or values. Next: `snapshots.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..functional import hinge_loss
from ..losses.modules import HingeLoss, takes_scores
from ..training.evaluation import numbers

Array = np.ndarray[Any, Any]

_MARGIN = 0.12


@dataclass(frozen=True)
class Surface:
    """The grid in the plane of inputs, and the meaning of the outputs.

    ``kind`` is "two" for two classes, with a number from -1 to 1 for class and confidence;
    "classes" for more, with the class and its probability; "values" for anything else.
    """

    kind: str
    x: tuple[float, float]
    y: tuple[float, float]
    side: int
    outputs: int = 1
    middle: float = 0.0
    spread: float = 1.0
    squashed: bool = False

    def grid(self, dtype: Any) -> Array:
        """Return the points of the grid, row by row from the bottom."""
        across, up = (np.linspace(*ends, self.side) for ends in (self.x, self.y))
        found: Array = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2).astype(dtype)
        return found

    def seen(self, prediction: Any) -> Array:
        """Return the outputs at the points of the grid as (1 or 2, side, side) small numbers."""
        scores = numbers(prediction).astype(np.float64).reshape(self.side * self.side, -1)
        with np.errstate(all="ignore"):
            found = self._classes(scores) if self.kind == "classes" else self._numbers(scores)
        narrow = np.float32 if self.kind == "values" else np.float16
        return found.reshape(-1, self.side, self.side).astype(narrow)

    def _numbers(self, scores: Array) -> Array:
        if self.kind == "values":
            return np.clip(scores[:, 0], -3e38, 3e38)
        if scores.shape[1] == 2:
            p = _probabilities(scores)
            return p[:, 1] - p[:, 0]
        shifted = (scores[:, 0] - self.middle) / self.spread
        return np.tanh(shifted / 2) if self.squashed else np.clip(shifted, -1, 1)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return max(self.outputs, 2)

    @staticmethod
    def _classes(scores: Array) -> Array:
        p = _probabilities(scores)
        return np.stack([p.argmax(1), p.max(1)])


def surface_of(x: Array, y: Array | None, prediction: Any, loss: Any, side: int) -> Surface | None:
    """Return the surface around a batch; None unless the outputs have a row per sample."""
    out = numbers(prediction)
    if out.ndim not in (1, 2) or len(out) != len(x) or not out.size:
        return None
    k = out.size // len(out)
    (x0, y0), (x1, y1) = x.min(axis=0).tolist(), x.max(axis=0).tolist()
    dx, dy = (_MARGIN * (b - a) or 1.0 for a, b in ((x0, x1), (y0, y1)))
    across, up = (x0 - dx, x1 + dx), (y0 - dy, y1 + dy)
    labels = classes_of(y, k)
    if k > 1 and (y is None or labels is not None):
        return Surface("two" if k == 2 else "classes", across, up, side, outputs=k)
    if k == 1 and y is not None and takes_scores(loss):
        return Surface("two", across, up, side, squashed=not _is_hinge(loss))
    if labels is None or y is None:
        return Surface("values", across, up, side)
    low, high = float(y.min()), float(y.max())
    return Surface("two", across, up, side, middle=(low + high) / 2, spread=(high - low) / 2)


def _is_hinge(loss: Callable[..., Any]) -> bool:
    return isinstance(loss, HingeLoss) or loss is hinge_loss


def classes_of(y: Array | None, outputs: int) -> Array | None:
    """Return the class of each sample if the targets are classes, else None.

    Examples
    --------
    >>> classes_of(np.array([-1.0, 1.0, 1.0]), 1)
    array([0, 1, 1])
    >>> classes_of(np.array([[0.0, 1.0], [1.0, 0.0]]), 2)
    array([1, 0])
    """
    if y is None:
        return None
    if y.ndim == 2 and y.shape[1] == outputs > 1:
        one_hot = bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
        return y.argmax(axis=1) if one_hot else None
    if y.size != len(y):
        return None
    flat = y.reshape(-1)
    if outputs > 1:
        whole = bool((flat == np.round(flat)).all() and flat.min() >= 0 and flat.max() < outputs)
        return flat.astype(np.intp) if whole else None
    found = np.unique(flat)
    return np.searchsorted(found, flat) if len(found) == 2 else None


def _probabilities(scores: Array) -> Array:
    """Return scores as probabilities: unchanged, or after a softmax."""
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-4):
        return scores
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Array = e / e.sum(axis=1, keepdims=True)
    return found
