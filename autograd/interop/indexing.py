"""NumPy's indexing functions on nodes: take, compress and the like. Next: `choices.py`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis
from ..array_nodes.operators import plain_index
from ..array_nodes.views import link, unlink
from ..dispatch import implements
from ..ops import choices
from ..ops.indexing import getitem, put
from ..ops.shaping import insert
from ..ops.windows import windows
from ..settings import checked_size, shown
from .common import as_tensor, flat, lead, plain, refuse

FEW = 16  # joining fewer parts than this is faster than reading by positions


def positions(indices: Any, n: int, mode: str, name: str) -> Any:
    """Return indices as integers within an axis of length n, as the mode says."""
    i = np.asarray(plain(indices))
    if i.dtype.kind not in "iub" and i.size:
        raise TypeError(f"np.{name}: indices must be integers, got {i.dtype}")
    i = i.astype(np.intp)
    if mode == "wrap":
        return i % n
    if mode == "clip":
        return np.clip(i, 0, n - 1)
    if mode != "raise":
        raise ValueError(f"np.{name}: mode must be 'raise', 'wrap' or 'clip', got {shown(mode)}")
    return i


@implements(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """Return the entries at positions along an axis."""
    refuse("take", out=out)
    x = as_tensor(a)
    if axis is None or (x.ndim == 0 and axis in (0, -1)):
        x, axis = flat(x), 0
    at: Any = normal_axis(axis, x.ndim, "take")
    where = positions(indices, x.shape[at], mode, "take")
    return x[(*lead(at), where) if at else where]


@implements(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    refuse("compress", out=out)
    keep = np.asarray(plain(condition))
    if keep.ndim != 1:
        raise ValueError(f"np.compress: condition must be a vector, got shape {keep.shape}")
    return take(a, np.flatnonzero(keep), axis)


@implements(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return take(as_tensor(arr), np.flatnonzero(plain(condition)))


# --------------------------------------------------------------------------------------------------
# Inserting and deleting


@implements(np.delete)
def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    x = as_tensor(arr)
    if axis is None:
        x, axis = flat(x), 0
    at: Any = normal_axis(axis, x.ndim, "delete")
    n, obj = x.shape[at], plain_index(obj)
    if _is_integer(obj, -n, n - 1):
        k = int(obj) % n
        runs = [run for run in ((0, k), (k + 1, n)) if run[0] < run[1]]
    else:
        np.delete(np.empty(n, bool), obj)  # raises NumPy's error
        kept = np.ones(n, bool)
        kept[obj] = False
        changes = kept[1:] != kept[:-1]
        if n == 0 or np.count_nonzero(changes) > FEW:
            return x[(*lead(at), np.flatnonzero(kept))]
        bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), n]
        runs = list(pairwise(bounds))[int(not kept[0]) :: 2]
    parts = [x[(*lead(at), slice(start, stop))] for start, stop in runs or [(0, 0)]]
    return unlink(parts[0]) if len(parts) == 1 else np.concatenate(parts, axis=at)


def _is_integer(i: Any, first: int, last: int) -> bool:
    """Whether i is one integer from the first to the last."""
    return isinstance(i, int | np.integer) and type(i) is not bool and bool(first <= i <= last)


@implements(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    x, v = as_tensor(arr), as_tensor(values)
    if axis is None:
        x, axis = flat(x), 0
    at: Any = normal_axis(axis, x.ndim, "insert")
    n = x.shape[at]
    obj = plain_index(obj)
    v = v.reshape((*(1,) * (x.ndim - v.ndim), *v.shape)) if v.ndim < x.ndim else v
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        v = np.moveaxis(v, 0, at)
    if _is_integer(obj, -n, n):
        new = np.array([obj if obj >= 0 else obj + n])
    else:
        new = np.flatnonzero(np.insert(np.zeros(n, bool), obj, True))
    count = len(new)
    if count == 1:
        count = v.shape[at]  # at a single position any number of values are inserted
    v = v.broadcast_to((*x.shape[:at], count, *x.shape[at + 1 :])).astype(x.dtype, copy=False)
    if not 0 < len(new) <= FEW:
        order = np.insert(np.arange(n), obj, n + np.arange(count))
        joined: Any = np.concatenate([x, v], axis=at)
        return joined[(*lead(at), order)]
    if len(new) > 1:
        which = np.insert(np.zeros(n, np.int8), obj, np.arange(len(new)))[new]
        if (which != np.arange(len(new))).any():
            v = v[(*lead(at), which)]
        runs = tuple((k, k + 1) for k in new.tolist())
    else:
        runs = ((int(new[0]), int(new[0]) + count),)
    return insert(x, v, axis=at, runs=runs)


# --------------------------------------------------------------------------------------------------
# Diagonals and triangles


def _diagonal_index(rows: int, columns: int, offset: int) -> tuple[Any, Any]:
    offset = checked_size("the offset of a diagonal", offset, None)
    length = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    i = np.arange(length)
    return i + max(-offset, 0), i + max(offset, 0)


@implements(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = as_tensor(a)
    if x.ndim < 2:
        raise ValueError(f"np.diagonal: needs at least 2 axes, got shape {x.shape}")
    axes: Any = normal_axis((axis1, axis2), x.ndim, "diagonal")
    x = np.moveaxis(x, axes, (-2, -1)) if axes != (x.ndim - 2, x.ndim - 1) else x
    rows, columns = x.shape[-2:]
    index = (..., *_diagonal_index(rows, columns, offset))
    return link(x[index], x, getitem, {"index": index}, read_only=True)


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """Return the diagonal of a matrix, or the matrix with a diagonal."""
    x = as_tensor(v)
    if x.ndim == 2:
        return _diagonal(x, k)
    if x.ndim != 1:
        raise ValueError(f"np.diag: needs a vector or a matrix, got shape {x.shape}")
    n = x.shape[0] + abs(k)
    return put(x, index=_diagonal_index(n, n, k), shape=(n, n))


@implements(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    return diag(as_tensor(v).ravel(), k)


def _triangle(name: str, upper: bool) -> Any:
    def triangle(m: Any, k: int = 0) -> Any:
        x = as_tensor(m)
        if x.ndim == 1:
            # of a vector NumPy makes a matrix of copies
            x = x.broadcast_to((x.shape[0], x.shape[0]))
        if x.ndim == 0:
            raise ValueError(f"np.{name}: needs an axis, got a 0-d array")
        rows, columns = x.shape[-2:]
        mask = np.tri(rows, columns, k - 1 if upper else k, dtype=bool)
        return choices.where(~mask if upper else mask, x, x.dtype.type(0))

    return triangle


implements(np.tril)(_triangle("tril", False))
implements(np.triu)(_triangle("triu", True))


@implements(np.ix_)
def _ix(*args: Any) -> Any:
    found = []
    for k, sequence in enumerate(args):
        x = as_tensor(sequence)
        if x.ndim != 1:
            raise ValueError(f"np.ix_: all inputs must be vectors, got shape {x.shape}")
        if x.dtype == bool:
            x = as_tensor(np.flatnonzero(x._data))
        found.append(x.reshape(tuple(-1 if i == k else 1 for i in range(len(args)))))
    return tuple(found)


@implements(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    if writeable:
        raise TypeError(
            "np.lib.stride_tricks.sliding_window_view: a node gives no view to write to"
        )
    x = as_tensor(x)
    lengths = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    given = range(x.ndim) if axis is None else axis if np.iterable(axis) else (axis,)
    # negative axes count from the end of x, not of what has windows already
    axes: Any = tuple(normal_axis(i, x.ndim, "sliding_window_view") for i in given)
    if len(lengths) != len(axes):
        raise ValueError(f"sliding_window_view: windows {lengths} for axes {axes}; give as many")
    for window, at in zip(lengths, axes, strict=True):
        count = x.shape[at] - window + 1
        if window < 0 or count <= 0:
            raise ValueError(f"sliding_window_view: window {window} for shape {x.shape}")
        step = {"window": window, "axis": at}
        x = link(windows(x, **step), x, windows, step, read_only=True)
    return x
