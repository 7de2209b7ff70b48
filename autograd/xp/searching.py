"""The standard's choices, searches, sorts and sets. Next: `linalg.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from .common import standard


@standard
def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """Return x1 where the condition is true and x2 elsewhere."""
    return np.where(condition, x1, x2)


@standard
def nonzero(x: Any, /) -> Any:
    """Return the positions of the entries that are not 0, one tensor per axis."""
    return np.nonzero(x)


@standard
def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the positions of the largest entries."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@standard
def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the positions of the smallest entries."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@standard
def searchsorted(x1: Any, x2: Any, /, *, side: Any = "left", sorter: Any = None) -> Any:
    """Return the positions in the sorted x1 before which the numbers of x2 belong."""
    return np.searchsorted(x1, x2, side=side, sorter=sorter)


# --------------------------------------------------------------------------------------------------
# Sorting


@standard
def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the positions that sort along an axis; equals keep their order."""
    if not descending:
        return np.argsort(x, axis=axis, stable=stable)
    # reversing the order of the reversed numbers keeps equals in order
    last = np.shape(x)[one_axis(axis, np.ndim(x), "argsort")] - 1
    return last - np.flip(np.argsort(np.flip(x, axis), axis=axis, stable=stable), axis)


@standard
def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the entries sorted along an axis; equals keep their order."""
    if not descending:
        return np.sort(x, axis=axis, stable=stable)
    return np.flip(np.sort(np.flip(x, axis), axis=axis, stable=stable), axis)


# --------------------------------------------------------------------------------------------------
# Sets


@standard
def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Return for every entry of x1 whether x2 has it."""
    return np.isin(x1, x2, invert=invert)


@standard
def unique_all(x: Any, /) -> Any:
    """Return the different entries, where they come first, how to rebuild x, and their counts."""
    return np.unique_all(x)


@standard
def unique_counts(x: Any, /) -> Any:
    """Return the different entries and how often they occur."""
    return np.unique_counts(x)


@standard
def unique_inverse(x: Any, /) -> Any:
    """Return the different entries and how to rebuild x from them."""
    return np.unique_inverse(x)


@standard
def unique_values(x: Any, /) -> Any:
    """Return the different entries, in order, on which callers rely; NaN differs from itself."""
    return np.unique(x, equal_nan=False)
