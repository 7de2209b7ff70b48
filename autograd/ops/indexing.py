"""Reading and writing by index, each the derivative of the other. Next: `ordering.py`."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from ..arithmetic import KEPT, LARGE, LONG, order_of
from ..op import Op, structural

Shape = tuple[int, ...]

FLOAT64 = np.dtype(float)

MANY = 512  # so many entries are added one by one to a vector sooner than to another array
PART = 16  # times fewer positions than places are added to one by one


def is_basic(index: Any) -> bool:
    """Whether an index has only integers, slices, None and Ellipsis: entries never repeat."""
    if type(index) is slice or type(index) is int:
        return True
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        p is None
        or p is Ellipsis
        or isinstance(p, slice)
        or (isinstance(p, int | np.integer) and not isinstance(p, bool | np.bool_))
        for p in parts
    )


def _is_large_mask(index: Any, shape: Shape) -> bool:
    """Whether an index is a mask of many entries, for which positions are faster."""
    if type(index) is not np.ndarray or index.dtype != bool:
        return False
    return index.size >= LARGE and index.shape == shape


def read_at(x: Any, index: Any) -> Any:
    """Return the entries at an index that is an array.

    Of whole rows that lie one after the other ``take`` makes a copy several times faster.
    """
    if type(x) is np.ndarray and x.ndim and len(x) and x.flags.c_contiguous:
        if index.dtype == bool and index.shape == x.shape[:1]:
            index = index.nonzero()[0]
        if index.dtype.kind in "iu":
            return x.take(index, 0)
    if _is_large_mask(index, x.shape):
        return x.reshape(-1)[np.flatnonzero(index)]
    return x[index]


def _read(x: Any, index: Any) -> Any:
    """Return a part of an array; a small part of a large one does not keep all of that alive."""
    if type(index) is np.ndarray:
        return read_at(x, index)
    z = x[index]
    if type(z) is np.ndarray and x.size > KEPT and 16 * z.size <= x.size and z.base is not None:
        return z.copy("K") if z.flags.forc else _copied_with_gaps(z)
    return z


def _copied_with_gaps(z: Any) -> Any:
    """Return a copy whose axes lie apart where those of z do: that decides what is a view of it."""
    sizes, strides = z.shape, z.strides
    found, extent, joined = list(strides), 1, z.itemsize
    for k in sorted(range(z.ndim), key=lambda k: abs(strides[k])):
        if sizes[k] > 1:
            step = extent if strides[k] == joined else extent + 1
            found[k], extent, joined = step * z.itemsize, step * sizes[k], strides[k] * sizes[k]
    copy = np.ndarray(sizes, z.dtype, np.empty(extent, z.dtype), strides=found)
    copy[...] = z
    return copy


def _put(x: Any, index: Any, shape: Shape) -> Any:
    """Add ``x`` to zeros at ``index``; repeated positions accumulate."""
    dtype = np.asarray(x).dtype
    if is_basic(index):
        # as many entries as zeros: all of them are overwritten
        z = (np.empty if np.size(x) == math.prod(shape) else np.zeros)(shape, dtype, order_of(x))
        z[index] = x
        return z
    z = np.zeros(shape, dtype)
    if _is_large_mask(index, shape):
        z.reshape(-1)[np.flatnonzero(index)] = x
    elif _takes_once(index, shape):
        z[index] = x
    elif type(index) is np.ndarray and index.ndim == 1 and math.prod(shape[1:]) >= LONG:
        for place, row in zip(index.tolist(), x, strict=True):
            part = z[place]
            part += row
    else:
        _add_at(z, index, x)
    return z


def _add_at(z: Any, index: Any, x: Any) -> None:
    """Add ``x`` into ``z`` at an index with arrays, entry by entry."""
    flat = None
    # NumPy adds a vector to a vector many times faster than arrays of more axes
    if np.size(x) >= MANY and max(np.ndim(x), z.ndim) > 1 and z.flags.c_contiguous:
        flat = _flat_places(index, z.shape, x.size)
    if flat is None:
        np.add.at(z, index, x)
    else:
        np.add.at(z.reshape(-1), flat.ravel(), x.ravel())


def _flat_places(index: Any, shape: Shape, count: int) -> Any:
    """Return the places of ``count`` entries in the flat array; None where that takes too long."""
    places = integers(index)
    if places is not None:
        n = math.prod(shape[len(places) :])
        return positions_of(places, shape).reshape(-1, 1) * n + np.arange(n)
    size = math.prod(shape)
    return np.arange(size).reshape(shape)[index] if LARGE <= count and size <= 2 * count else None


def integers(index: Any) -> tuple[Any, ...] | None:
    """Return an index of integers along the first axes as a tuple; None for all others."""
    places = index if type(index) is tuple else (index,)
    known = all(type(i) is int or getattr(i, "dtype", FLOAT64).kind in "iu" for i in places)
    return places if known else None


def positions_of(places: tuple[Any, ...], shape: Shape) -> Any:
    """Return where integers along the first axes point, counted through these axes."""
    return np.ravel_multi_index(places, shape[: len(places)], mode="wrap")


def _takes_once(index: Any, shape: Shape) -> bool:
    """Whether an index is a mask, or integers along one axis of which none repeats."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [(i, p) for i, p in enumerate(parts) if type(p) is np.ndarray]
    if len(arrays) != 1 or any(type(p) is not slice and type(p) is not np.ndarray for p in parts):
        return False
    ((axis, places),) = arrays
    if places.dtype == bool:
        return True
    n = shape[axis]
    # checking takes as long as adding to a vector
    if len(shape) < 2 or places.size > n or places.size == 0:
        return False
    return bool(np.bincount(places.ravel().astype(np.intp) % n).max() == 1)


# by exact type, as a stand-in for an array may be an instance of ndarray
_PLAIN = {np.ndarray, np.float64, np.float32}


def _pull_put_array(saved: Any, g: Any) -> Any:
    (index,) = saved
    return _read(g, index) if type(g) in _PLAIN else getitem(g, index=index)


def _pull_getitem_array(saved: Any, g: Any) -> Any:
    x_shape, index = saved
    return (_put if type(g) in _PLAIN else put)(g, index=index, shape=x_shape)


put: Op = structural(
    "put",
    _put,
    x=lambda g, index: getitem(g, index=index),
    notation="put({x})",
    fast={(True,): _pull_put_array},
    doc="Zeros with ``x`` added at an index: the derivative of reading.",
)
getitem: Op = structural(
    "getitem",
    _read,
    x=lambda g, index, x_shape: put(g, index=index, shape=x_shape),
    plain=False,
    symbol="[]",
    notation="{x}[...]",
    fast={(True,): _pull_getitem_array},
)


def add_part(z: Any, index: Any, x: Any) -> bool:
    """Add ``x`` into ``z`` at an index; False, and nothing done, where that is no quicker.

    This saves an array of zeros for every part that is read of a large array.
    """
    if type(z) is not np.ndarray or (z.dtype is not x.dtype and z.dtype != x.dtype):
        return False
    if type(index) is not int and not is_basic(index):
        if PART * x.size > z.size:
            return False
        _add_at(z, index, x)
        return True
    part = z[index]
    if type(part) is np.ndarray:
        np.add(part, x, part)
    else:
        z[index] = part + x
    return True


def put_parts(parts: list[tuple[Any, Any]], shape: Shape) -> Any:
    """Return zeros with parts added to them, each a pair of an index and the numbers to add."""
    (index, x), *others = parts
    if not others or not _are_apart(parts, shape):
        z = _put(x, index, shape)
        for index, x in others:
            if not add_part(z, index, x):
                z = z + _put(x, index, shape)
        return z
    full = sum(x.size for _, x in parts) == math.prod(shape)
    z = (np.empty if full else np.zeros)(shape, x.dtype, order_of(x))
    for index, x in parts:
        z[index] = x
    return z


def _are_apart(parts: list[tuple[Any, Any]], shape: Shape) -> bool:
    """Whether parts are of one dtype and known not to overlap."""
    runs = [_run(index, shape) for index, _ in parts]
    if None in runs or len({run[0] for run in runs}) > 1:  # type: ignore[index]
        return False
    runs.sort()
    apart = all(before[2] <= after[1] for before, after in pairwise(runs))  # type: ignore[index]
    return apart and len({x.dtype for _, x in parts}) == 1


def _run(index: Any, shape: Shape) -> tuple[int, int, int] | None:
    """Return axis, start and stop if an index reads a run of entries along one axis, else None."""
    axis = 0
    if type(index) is tuple:
        if any(type(part) is not slice for part in index):
            return None
        chosen = [i for i, part in enumerate(index) if part != slice(None)]
        if len(chosen) != 1:
            return None
        (axis,) = chosen
        index = index[axis]
    if type(index) is int:
        return axis, index % shape[0], index % shape[0] + 1
    if type(index) is not slice or index.step not in (None, 1):
        return None
    start, stop, _ = index.indices(shape[axis])
    return axis, start, max(start, stop)


def _add_along_axis(x: Any, index: Any, axis: int, shape: Shape) -> Any:
    """Add ``x`` to zeros at positions along an axis."""
    x = np.asarray(x)
    z = np.zeros(shape, x.dtype)
    # positions in the flat array; the other axes of index may be broadcast to those of shape
    flat: Any = index % shape[axis] if index.size and index.min() < 0 else index
    steps = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    if steps[axis] != 1:
        flat = flat * steps[axis]
    for i, (n, step) in enumerate(zip(shape, steps, strict=True)):
        if i != axis:
            flat = flat + (np.arange(n) * step).reshape((n,) + (1,) * (len(shape) - 1 - i))
    flat, x = np.broadcast_arrays(flat, x)
    np.add.at(z.reshape(-1), flat.ravel(), x.ravel())
    return z


add_along_axis: Op = structural(
    "add_along_axis",
    _add_along_axis,
    x=lambda g, index, axis: take_along_axis(g, index, axis=axis),
    index=None,
    doc="Zeros with ``x`` added at positions along an axis: the derivative of `take_along_axis`.",
)
take_along_axis: Op = structural(
    "take_along_axis",
    lambda x, index, axis: np.take_along_axis(x, index, axis),
    x=lambda g, index, x_shape, axis: add_along_axis(g, index, axis=axis, shape=x_shape),
    index=None,
    plain=False,
    notation="{x}[{index}]",
)
# pullbacks of reading, after which an array is 0 except for a part
READS = frozenset({getitem.plan((True,)).pull, take_along_axis.plan((True, False)).pull})


def index_along(saved: Any, size: int) -> Any:
    """Return the index of ``size`` entries read along an axis, from what `take_along_axis` saved.

    None if there are many, for which the rule is quicker.
    """
    index, shape, axis = saved
    if PART * size > math.prod(shape):
        return None
    others = np.ogrid[tuple([slice(n) for n in shape])]
    return (*others[:axis], index, *others[axis + 1 :])
