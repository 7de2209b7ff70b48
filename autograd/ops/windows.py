"""Copies beyond the edges and moving windows, and what adds them up again. Next: `indexing.py`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..arithmetic import order_of
from ..op import Op, structural

Shape = tuple[int, ...]
Widths = tuple[tuple[int, int], ...]

RUNS = 16  # fewer runs of positions are added one by one


def _copied(n: int, before: int, after: int, mode: Any) -> Any:
    """Return the indices of the n entries that padding copies beyond the edges."""
    near = max(before, after) + 1
    # only those near an edge
    places = np.arange(n) if n <= 2 * near else np.r_[:near, n - near : n]
    places = np.pad(places, (before, after), mode)
    return np.r_[places[:before], places[len(places) - after :]]


def _fold(x: Any, widths: Widths, mode: Any, axis: int = 0) -> Any:
    """Add the gradient beyond the edges to the entries that `pad` copies there."""
    if axis == len(widths):
        return np.array(x)
    before, after = widths[axis]
    lead: Any = (slice(None),) * axis
    n = x.shape[axis] - before - after
    z = _fold(x[(*lead, slice(before, before + n))], widths, mode, axis + 1)
    if (before or after) and mode != "constant":
        beyond = np.r_[:before, before + n : x.shape[axis]]
        places = _copied(n, before, after, mode)
        _add_copies(z, places, _fold(x[(*lead, beyond)], widths, mode, axis + 1), axis)
    return z


def _add_copies(z: Any, places: Any, x: Any, axis: int) -> None:
    """Add ``x`` into ``z`` at positions along an axis, in runs of equal steps if these are few."""
    lead: Any = (slice(None),) * axis
    cuts = np.flatnonzero(np.diff(places, 2)) + 2
    if len(cuts) >= RUNS:
        np.add.at(z, (*lead, places), x)
        return
    for start, stop in pairwise((0, *cuts.tolist(), len(places))):
        run, part = places[start:stop], x[(*lead, slice(start, stop))]
        if run[0] == run[-1]:
            z[(*lead, run[0])] += part.sum(axis)
            continue
        step, first, last = int(run[1] - run[0]), min(run[0], run[-1]), max(run[0], run[-1])
        z[(*lead, slice(first, last + 1, abs(step)))] += part if step > 0 else np.flip(part, axis)


def _pad(x: Any, widths: Widths, mode: Any, values: Widths | None = None) -> Any:
    return np.pad(x, widths, mode, **({} if values is None else {"constant_values": values}))


pad: Op = structural(
    "pad",
    _pad,
    x=lambda g, widths, mode: fold(g, widths=widths, mode=mode),
    doc="The array with copies of its entries, or with constant ``values``, beyond its edges; "
    "``mode`` is one of `numpy.pad`.",
)
fold: Op = structural(
    "fold",
    _fold,
    x=lambda g, widths, mode: pad(g, widths=widths, mode=mode),
    doc="The inner entries, with those beyond added to what `pad` copies: its derivative.",
)


def _add_windows(x: Any, axis: int, shape: Shape) -> Any:
    """Add windows to zeros at the positions that they were taken from."""
    x = np.moveaxis(x, -1, axis + 1)
    lead = (slice(None),) * axis
    count, window = x.shape[axis : axis + 2]
    z = np.zeros(shape, x.dtype, order_of(x[(*lead, slice(None), 0)] if window else x))
    for i in range(min(count, window)):
        if window <= count:
            z[(*lead, slice(i, i + count))] += x[(*lead, slice(None), i)]
        else:
            z[(*lead, slice(i, i + window))] += x[(*lead, i)]
    return z


windows: Op = structural(
    "windows",
    lambda x, window, axis: np.lib.stride_tricks.sliding_window_view(x, window, axis),
    x=lambda g, x_shape, axis: add_windows(g, axis=axis, shape=x_shape),
    doc="All runs of ``window`` neighbours along an axis, as a last axis.",
)
add_windows: Op = structural(
    "add_windows",
    _add_windows,
    x=lambda g, x_shape, axis: windows(g, window=x_shape[-1], axis=axis),
    doc="Zeros with windows added where they were taken from: the derivative of `windows`.",
)
