"""Order: positions that sorting finds, and the numbers there. Next: `differences.py`.

The positions are an input of what takes the numbers from them, so that running the graph again
finds them again. Equal numbers share evenly what comes to the places they have in the order: the
k-th smallest of numbers has the derivative of the minimum for the first k, of the maximum for the
last, whichever of them sorting happened to put there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import LARGE
from ..op import Op, structural
from .indexing import add_along_axis, take_along_axis
from .reductions import Shape, counting, of_dtype

FEW = 8  # times fewer equals than numbers are put in order sooner than all numbers are
PLACES = 16  # the equals of so many order statistics are looked for one by one

# --------------------------------------------------------------------------------------------------
# Positions: recorded, but without a gradient


def _argsort(x: Any, axis: int = -1, kind: Any = None) -> Any:
    if kind == "stable" and type(x) is np.ndarray and x.dtype.kind == "f" and x.size >= LARGE:
        return np.moveaxis(_stable_order(np.moveaxis(x, axis, -1)), -1, axis)
    return np.argsort(x, axis=axis, kind=kind)


def _stable_order(x: Any) -> Any:
    """Return a stable order along the last axis: NumPy's fast sort, with equals reordered."""
    s = np.sort(x)
    as_before = s[..., 1:] == s[..., :-1]
    if np.isnan(s[..., -1]).any():  # nan come last
        as_before |= np.isnan(s[..., :-1])
    count = np.count_nonzero(as_before)
    if FEW * count > as_before.size:
        return np.argsort(x, kind="stable")
    order = np.ascontiguousarray(np.argsort(x))
    if count:
        begins = np.ones(s.shape, bool)
        begins[..., 1:] = ~as_before
        at = np.flatnonzero(_of_several(begins))
        places = order.reshape(-1)
        equals, run = places[at], np.cumsum(begins.reshape(-1)[at])
        places[at] = equals[np.lexsort((equals, run))]
    return order


argsort: Op = structural("argsort", _argsort, x=None)
argpartition: Op = structural(
    "argpartition",
    lambda x, kth, axis=-1, kind="introselect": np.argpartition(x, kth, axis=axis, kind=kind),
    x=None,
    kth=None,
)
searchsorted: Op = structural(
    "searchsorted",
    lambda x, y, side="left": np.searchsorted(x, y, side=side),
    x=None,
    y=None,
    doc="The positions in the sorted ``x`` before which ``y`` belong.",
)

# --------------------------------------------------------------------------------------------------
# Numbers at these positions


def _average_runs(x: Any, order: Any, axis: int) -> Any:
    """Replace the entries of ``x`` by their mean wherever ``order``, sorted, stays the same."""
    x, s = np.moveaxis(np.asarray(x), axis, -1), np.moveaxis(order, axis, -1)
    begins = np.ones(s.shape, bool)
    np.not_equal(s[..., 1:], s[..., :-1], out=begins[..., 1:])
    count = begins.size - np.count_nonzero(begins)
    if count:
        few = FEW * count < begins.size
        at = np.flatnonzero(_of_several(begins)) if few else slice(None)
        z = x.flatten()
        equals, starts = z[at], np.flatnonzero(begins.reshape(-1)[at])
        lengths = np.diff(starts, append=equals.size)
        totals = np.add.reduceat(equals, starts, dtype=counting(x.dtype))
        z[at] = np.repeat(of_dtype(totals / lengths, x.dtype), lengths)
        x = z.reshape(s.shape)
    return np.moveaxis(x, -1, axis)


def _of_several(begins: Any) -> Any:
    """Return which entries are in runs of more than one, given where runs along rows begin."""
    several = ~begins
    several[..., :-1] |= ~begins[..., 1:]
    return several


def _average_equals(x: Any, among: Any, values: Any, axis: int) -> Any:
    """Replace the entries of ``x`` by their mean wherever ``among`` has the same of ``values``.

    Each slice along the axis has its values among its numbers, unless they are nan.
    """
    x = np.asarray(x)
    for value in np.moveaxis(np.asarray(values), axis, 0):
        equal = among == np.expand_dims(value, axis)
        if np.count_nonzero(equal) == value.size and not np.isnan(value).any():
            continue  # all are alone
        count = np.count_nonzero(equal, axis=axis, keepdims=True)
        if np.any(count > 1):
            total = np.sum(x, axis, counting(x.dtype), where=equal, keepdims=True)
            mean = of_dtype(total / np.maximum(count, 1), x.dtype)
            x = np.where(equal, mean, x)
    return x


average_runs: Op = structural(
    "average_runs",
    _average_runs,
    x=lambda g, order, axis: average_runs(g, order, axis=axis),
    order=None,
    doc="``x`` averaged over the entries at which ``order``, sorted along an axis, is the same.",
)
average_equals: Op = structural(
    "average_equals",
    _average_equals,
    x=lambda g, among, values, axis: average_equals(g, among, values, axis=axis),
    among=None,
    values=None,
    doc="``x`` averaged over the entries at which ``among`` has the same one of ``values``.",
)


def _pull_order_statistics(
    g: Any, x: Any, index: Any, z: Any, x_shape: Shape, axis: int, kth: tuple[int, ...] | None
) -> Any:
    if kth is not None and (len(kth) <= PLACES or z.shape != x_shape):
        placed = _placed(g, index, axis, x_shape)
        values = z[(slice(None),) * axis + (list(kth),)]
        return average_equals(placed, x, values, axis=axis)
    if kth is not None:
        # a partition at many places: as much work as to sort the rest
        order = argsort(z, axis=axis)
        g, z, index = (take_along_axis(a, order, axis=axis) for a in (g, z, index))
    g = average_runs(g, z, axis=axis)
    return _placed(g, index, axis, x_shape)


def _placed(g: Any, index: Any, axis: int, shape: Shape) -> Any:
    """Return ``g`` put back to the positions along an axis where its entries came from."""
    if type(g) is not np.ndarray or g.shape != shape:
        return add_along_axis(g, index, axis=axis, shape=shape)
    z = np.empty(shape, g.dtype)
    np.put_along_axis(z, index, g, axis)  # as many as there are, so each position comes once
    return z


order_statistics: Op = structural(
    "order_statistics",
    lambda x, index, axis, kth: np.take_along_axis(x, index, axis),
    x=_pull_order_statistics,
    index=None,
    plain=False,
    notation="{x}[{index}]",
    doc="Numbers at positions that ordering found: all in order, or those at ``kth`` of them.",
)
