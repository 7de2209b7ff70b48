"""Operations that rearrange elements: transpose, reshape, roll, concatenate. Next: `windows.py`."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..arithmetic import LARGE, in_columns, stretch, sum_to
from ..op import Op, structural

Shape = tuple[int, ...]
Runs = tuple[tuple[int, int], ...]

FEW = 8  # up to this many parts are taken one by one


def _pull_transpose(g: Any, axes: Any) -> Any:
    if axes is None:
        return np.transpose(g)
    places = [a % len(axes) for a in axes]
    return np.transpose(g, tuple(sorted(range(len(axes)), key=places.__getitem__)))


transpose = structural(
    "transpose",
    lambda x, axes=None: x.transpose(axes) if type(x) is np.ndarray else np.transpose(x, axes),
    x=_pull_transpose,
    symbol="T",
    notation="{x}ᵀ",
)
reshape = structural(
    "reshape",
    lambda x, shape: x.reshape(shape) if type(x) is np.ndarray else np.reshape(x, shape),
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
broadcast_to = structural(
    "broadcast_to",
    lambda x, shape: stretch(x, shape),
    x=lambda g, x_shape: sum_to(g, x_shape),
)
roll: Op = structural(
    "roll",
    lambda x, shift, axis: np.roll(x, shift, axis),
    x=lambda g, shift, axis: roll(g, shift=tuple(-s for s in shift), axis=axis),
    doc="The entries moved along axes, those that leave at one end coming in at the other.",
)


def _segment_sum(x: Any, counts: Any, axis: int) -> Any:
    some = counts > 0
    if len(counts) and some.all():
        return _sum_segments(x, counts, axis)
    z = np.zeros((*x.shape[:axis], len(counts), *x.shape[axis + 1 :]), x.dtype)
    if some.any():
        z[(*(slice(None),) * axis, some)] = _sum_segments(x, counts[some], axis)
    return z


def _sum_segments(x: Any, counts: Any, axis: int) -> Any:
    """Return the sums of segments, none of which is empty."""
    starts, longest = np.cumsum(counts) - counts, counts.max()
    if longest > FEW or x.ndim == axis + 1:
        return np.add.reduceat(x, starts, axis)
    # every reduction costs a call: adding all first entries, all second entries, ... is faster
    lead = (slice(None),) * axis
    z = x[(*lead, starts)]
    for k in range(1, longest):
        more = np.flatnonzero(counts > k)
        z[(*lead, more)] += x[(*lead, starts[more] + k)]
    return z


repeat: Op = structural(
    "repeat",
    lambda x, counts, axis: np.repeat(x, counts, axis),
    x=lambda g, counts, axis: segment_sum(g, counts=counts, axis=axis),
    doc="Every entry along an axis as many times as ``counts``, an array of integers, says.",
)
segment_sum: Op = structural(
    "segment_sum",
    _segment_sum,
    x=lambda g, counts, axis: repeat(g, counts=counts, axis=axis),
    doc="The sums of segments along an axis, one after the other, ``counts`` entries each: the "
    "derivative of `repeat`.",
)
astype = structural(
    "astype",
    lambda x, dtype: np.asarray(x).astype(dtype),
    x=lambda g, x_dtype: g.astype(x_dtype),
)


def _pull_concatenate(g: Any, i: int, shapes: tuple[Shape, ...], axis: int) -> Any:
    start = _starts(shapes, axis)[i]
    index = [slice(None)] * len(shapes[i])
    index[axis] = slice(start, start + shapes[i][axis])
    return g[tuple(index)]


_last_starts: tuple[Any, int, list[int]] = (), 0, []


def _starts(shapes: tuple[Shape, ...], axis: int) -> list[int]:
    """Return where each part begins; the last are kept, as all of many parts may ask for theirs."""
    global _last_starts
    of, along, starts = _last_starts
    if of is not shapes or along != axis:
        starts = list(itertools.accumulate((shape[axis] for shape in shapes), initial=0))
        _last_starts = shapes, axis, starts
    return starts


def _pull_concatenate_all(saved: Any, g: Any) -> Any:
    axis, shapes = saved
    lead, start, found = (slice(None),) * (axis % len(g.shape)), 0, []
    for shape in shapes:
        stop = start + shape[axis]
        found.append(g[(*lead, slice(start, stop))])
        start = stop
    return found


def _concatenate(*xs: Any, axis: int = 0) -> Any:
    if len(xs) < FEW:
        large = [x for x in xs if type(x) is np.ndarray and x.size >= LARGE]
        if large and all(map(in_columns, large)):
            # by columns as the large parts: NumPy would go by rows for a small one
            return np.concatenate([np.transpose(x) for x in xs], axis=-1 - axis).T
    return np.concatenate(xs, axis=axis)


concatenate = structural(
    "concatenate",
    _concatenate,
    xs=_pull_concatenate,
    variadic=True,
    fast={(): _pull_concatenate_all},
)


def _apart(n: int, runs: Runs) -> Runs:
    """Return the nonempty runs of 0 to n between these positions."""
    ends = [0, *(end for run in runs for end in run), n]
    return tuple(run for run in zip(ends[::2], ends[1::2], strict=True) if run[0] < run[1])


def _insert(x: Any, value: Any, axis: int, runs: Runs) -> Any:
    lead = (slice(None),) * axis
    runs_of_x = _apart(x.shape[axis] + value.shape[axis], runs)
    parts, taken = [], [0, 0]
    for start, stop in sorted((*runs, *runs_of_x)):
        new = (start, stop) in runs
        first = taken[new]
        taken[new] += stop - start
        parts.append((x, value)[new][(*lead, slice(first, taken[new]))])
    return _concatenate(*parts, axis=axis)


def _runs(g: Any, axis: int, runs: Runs) -> Any:
    """Return the entries of runs of positions along an axis, joined."""
    parts = [g[(*(slice(None),) * axis, slice(*run))] for run in runs or ((0, 0),)]
    return parts[0] if len(parts) == 1 else concatenate(*parts, axis=axis)


insert: Op = structural(
    "insert",
    _insert,
    x=lambda g, axis, runs: _runs(g, axis, _apart(g.shape[axis], runs)),
    value=lambda g, axis, runs: _runs(g, axis, runs),
    doc="The array ``x`` with new entries at runs of places along an axis; ``runs`` are pairs of "
    "where each begins and ends in the result.",
)


def _stack(*xs: Any, axis: int = 0) -> Any:
    first, *others = xs
    shape = np.shape(first)
    if others and type(first) is np.ndarray and all([x is first for x in others]):
        return np.repeat(np.expand_dims(first, axis), len(xs), axis)
    # np.stack makes a view of every array in a Python loop
    if axis == 0 and shape and all([type(x) is np.ndarray and x.shape == shape for x in xs]):
        return np.concatenate(xs).reshape(len(xs), *shape)
    return np.stack(xs, axis=axis)


def _pull_stack(g: Any, i: int, axis: int) -> Any:
    # axis refers to the result, which has one axis more than the inputs
    return g[(slice(None),) * (axis % len(np.shape(g))) + (i,)]


def _pull_stack_all(saved: Any, g: Any) -> Any:
    (axis,), shape = saved, g.shape
    lead = (slice(None),) * (axis % len(shape))
    return [g[(*lead, i)] for i in range(shape[axis])]


stack = structural(
    "stack",
    _stack,
    xs=_pull_stack,
    variadic=True,
    fast={(): _pull_stack_all},
)
