"""Universal functions on parts of an array: ``reduceat`` of slices, ``at`` of single entries.

Next: `nan_reductions.py`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from ..array_nodes.operators import plain_index
from ..dispatch import METHODS, of_any
from ..ops.assignment import assign
from ..ops.indexing import put
from ..ops.shaping import segment_sum
from .common import as_tensor, cast, lead, plain
from .ufunc_methods import carried


@of_any("reduceat")
def _of_slices(ufunc: np.ufunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None) -> Any:
    x, at, starts, stops = _slices(ufunc, array, indices, axis, dtype)
    if not len(starts):
        return x[(*lead(at), slice(0, 0))]
    parts = [
        ufunc.reduce(x[(*lead(at), slice(i, j))], axis=at) if j - i > 1 else x[(*lead(at), i)]
        for i, j in zip(starts.tolist(), stops.tolist(), strict=True)
    ]
    return np.stack(parts, axis=at)


def _sums_of_slices(array: Any, indices: Any, axis: Any = 0, dtype: Any = None) -> Any:
    """Compute ``np.add.reduceat`` in one operation, however many slices there are."""
    x, at, starts, stops = _slices(np.add, array, indices, axis, dtype)
    lengths = stops - starts
    if len(starts) and (starts[1:] == stops[:-1]).all():
        used = x[(*lead(at), slice(starts[0], None))] if starts[0] else x
        return segment_sum(used, counts=lengths, axis=at)
    which = np.repeat(np.arange(len(starts)), lengths)
    # the positions 0, 1, 2, ... of every slice, counted from its start
    entries = np.arange(len(which)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    shape = (*x.shape[:at], len(starts), *x.shape[at + 1 :])
    return put(x[(*lead(at), entries)], index=(*lead(at), which), shape=shape)


METHODS[np.add, "reduceat"] = _sums_of_slices


def _slices(
    ufunc: np.ufunc, array: Any, indices: Any, axis: Any, dtype: Any
) -> tuple[Any, int, Any, Any]:
    """Return the array, its axis, and where the slices start and stop; one entry at least."""
    name = f"{ufunc.__name__}.reduceat"
    x = carried(ufunc, cast(name, as_tensor(array), dtype))
    at = one_axis(axis, x.ndim, name)
    found = plain(indices)
    ufunc.reduceat(np.ones(x.shape[at]), found)  # raises NumPy's error
    starts = np.asarray(found, np.intp)
    stops = np.append(starts, x.shape[at])[1:]
    return x, at, starts, np.maximum(stops, starts + 1)


# --------------------------------------------------------------------------------------------------
# at


@of_any("at")
def _at_entries(ufunc: np.ufunc, y: Any, index: Any, *values: Any) -> None:
    name = f"np.{ufunc.__name__}.at"
    if not hasattr(y, "_check_writable"):
        raise TypeError(f"{name}: an array keeps no gradient; make it a tensor, a = Tensor(a)")
    y._check_writable(name)
    places = np.arange(y.size).reshape(y.shape)[plain_index(index)]
    operands = [np.ravel(np.broadcast_to(v, places.shape)) for v in values]
    places = places.ravel()
    for some in _rounds(places):
        at = np.unravel_index(places[some], y.shape)
        z = ufunc(y[at], *(v[some] for v in operands))
        if not np.can_cast(z.dtype, y.dtype, "same_kind"):
            raise TypeError(f"{name}: results of {z.dtype} do not fit the tensor of {y.dtype}")
        y._take_over(name, assign(y, z, index=at))


def _rounds(places: Any) -> list[Any]:
    """Split an array of positions into rounds, each of which has a position at most once.

    The n-th occurrence of a position belongs to round n.
    """
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    bounds = np.append(first, len(ordered))
    times = np.arange(len(ordered)) - np.repeat(first, np.diff(bounds))
    by_time = np.argsort(times, kind="stable")
    ends = np.append(0, np.cumsum(np.bincount(times)))
    return [order[by_time[i:j]] for i, j in pairwise(ends.tolist())]
