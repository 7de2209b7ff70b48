"""NumPy's set functions on nodes: unique, union1d and the like. Next: `along_axes.py`.

The gradient of a value goes to the first of the entries that equal it, in each array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from ..dispatch import implements
from ..settings import shown
from .common import as_tensor, flat, lead, plain


@implements(np.unique)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **options: Any,
) -> Any:
    x = as_tensor(ar)
    _, index, inverse, counts = np.unique(plain(x), True, True, True, axis=axis, **options)
    at = 0 if axis is None else one_axis(axis, x.ndim, "unique")
    values = (flat(x) if axis is None else x)[(*lead(at), index)]
    wanted = zip(
        (index, inverse, counts), (return_index, return_inverse, return_counts), strict=True
    )
    found = [as_tensor(part) for part, ask in wanted if ask]
    return (values, *found) if found else values


def _parts(function: Any) -> None:
    """Register a function that returns a named tuple of the values and more about them."""

    def run(x: Any) -> Any:
        found = np.unique_all(plain(x))
        values = flat(as_tensor(x))[found.indices]
        given: Any = function(plain(x))
        if not isinstance(given, tuple):
            return values
        names = type(given)._fields[1:]  # type: ignore[attr-defined]
        return type(given)(values, *(as_tensor(getattr(found, name)) for name in names))

    implements(function)(run)


for _function in (np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values):
    _parts(_function)


@implements(np.union1d)
def _union1d(ar1: Any, ar2: Any) -> Any:
    return _unique(np.concatenate([flat(as_tensor(ar1)), flat(as_tensor(ar2))]))


@implements(np.intersect1d)
def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    x, y = flat(as_tensor(ar1)), flat(as_tensor(ar2))
    _, first, second = np.intersect1d(plain(x), plain(y), assume_unique, return_indices=True)
    # elements that occur twice are in both
    values = x[first] if not y.requires_grad else 0.5 * x[first] + 0.5 * y[second]
    return (values, as_tensor(first), as_tensor(second)) if return_indices else values


@implements(np.setdiff1d)
def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    x = flat(as_tensor(ar1)) if assume_unique else _unique(ar1)
    return x[np.isin(plain(x), plain(ar2), assume_unique=True, invert=True)]


@implements(np.setxor1d)
def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    both = [flat(as_tensor(a)) if assume_unique else _unique(a) for a in (ar1, ar2)]
    x = np.sort(np.concatenate(both))
    s = plain(x)
    changes = np.concatenate([[True], s[1:] != s[:-1], [True]])
    return x[changes[1:] & changes[:-1]] if x.size else x


@implements(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    x = as_tensor(filt)
    sides = trim.lower() if isinstance(trim, str) else ""
    if not sides or not set(sides) <= {"f", "b"}:
        raise ValueError(f"np.trim_zeros: trim is 'f', 'b' or 'fb', got {shown(trim)}")
    given: Any = range(x.ndim) if axis is None else axis
    axes = [one_axis(i, x.ndim, "trim_zeros") for i in np.atleast_1d(given).tolist()]
    places = np.argwhere(plain(x) != 0)
    index = [slice(None)] * x.ndim
    for i in axes:
        if not len(places):
            index[i] = slice(0, 0)
            continue
        first, last = int(places[:, i].min()), int(places[:, i].max())
        index[i] = slice(first if "f" in sides else None, last + 1 if "b" in sides else None)
    return x[tuple(index)]
