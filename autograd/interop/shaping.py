"""NumPy's shape and axis functions on nodes: reshape, transpose, flip, roll. Next: `joining.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis, one_axis
from ..array_nodes.views import is_contiguous, lie_alike, unlink
from ..dispatch import implements
from ..ops import elementwise as ops
from ..ops import shaping
from ..settings import array_of, checked_order, is_iterable
from .common import as_tensor, flat, plain

FEW = 8  # from this many copies on, one operation is faster than joining them

# --------------------------------------------------------------------------------------------------
# Shapes


def _layout(x: Any, order: str, name: str) -> str:
    """Return the memory order of an argument as "C" or "F"."""
    order = checked_order(f"np.{name}", order)
    if order in ("A", "K"):
        if not hasattr(x._data, "flags"):
            np.ravel(x._data, order=order)  # type: ignore[call-overload] # raises
        flags = np.asarray(x._data).flags
        if order == "K" and not flags.c_contiguous and not flags.f_contiguous:
            raise TypeError(f"np.{name}: order='K' of a view is not supported on nodes")
        return "F" if flags.fnc else "C"
    return order


@implements(np.reshape)
def _reshape(a: Any, /, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    x = as_tensor(a)
    shape = tuple(shape) if isinstance(shape, tuple | list | np.ndarray) else (shape,)
    if _layout(x, order, "reshape") == "C":
        return x.reshape(shape, copy=copy)
    # column order is the row order of the transpose
    return x.transpose().reshape(shape[::-1], copy=copy).transpose()


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    x = as_tensor(a)
    return (x if _layout(x, order, "ravel") == "C" else x.transpose()).ravel()


@implements(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    return as_tensor(a).squeeze(axis)


@implements(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return as_tensor(a).expand_dims(axis)


def _at_least(n: int) -> Any:
    def pad(x: Any) -> Any:
        x = as_tensor(x)
        if x.ndim >= n:
            return x
        if n < 3 or x.ndim == 0:
            return x.reshape((*(1,) * (n - x.ndim), *x.shape))
        return x.reshape((1, *x.shape, 1) if x.ndim == 1 else (*x.shape, 1))

    def at_least(*arrays: Any) -> Any:
        return pad(arrays[0]) if len(arrays) == 1 else tuple(pad(x) for x in arrays)

    return at_least


atleast_1d = implements(np.atleast_1d)(_at_least(1))
atleast_2d = implements(np.atleast_2d)(_at_least(2))
atleast_3d = implements(np.atleast_3d)(_at_least(3))


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return as_tensor(array).broadcast_to(shape)


@implements(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    tensors = [as_tensor(x) for x in args]
    shape = np.broadcast_shapes(*(x.shape for x in tensors))
    return tuple(x.broadcast_to(shape) for x in tensors)


@implements(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    x = flat(as_tensor(a))
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ValueError(f"np.resize: all lengths must be non-negative, got {shape}")
    size = int(np.prod(shape, dtype=np.intp))
    if x.size == 0 or size == 0:
        return np.zeros(shape, x.dtype) * np.sum(x, dtype=x.dtype)
    times, rest = divmod(size, x.size)
    if times >= FEW:
        return np.tile(x, times + 1)[:size].reshape(shape)
    parts = [x] * times + [x[:rest]] * (rest > 0)
    return unlink((parts[0] if len(parts) == 1 else np.concatenate(parts)).reshape(shape))


@implements(np.copy)
def _copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    x = as_tensor(a)
    order = checked_order("np.copy", "K" if order is None else order)
    z = ops.positive(x) if x.dtype.kind != "b" else as_tensor(np.array(x._data))
    if order == "F" or (order == "C" and not is_contiguous(z)):
        z._data = lie_alike(z._data, np.empty(z.shape, z.dtype, order))
    return z


@implements(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return as_tensor(x).astype(dtype)


# --------------------------------------------------------------------------------------------------
# Axes


@implements(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return as_tensor(a).transpose(axes)


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    return as_tensor(x).mT


@implements(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return as_tensor(a).swapaxes(axis1, axis2)


@implements(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    x = as_tensor(a)
    many = [tuple(axis) if np.iterable(axis) else (axis,) for axis in (source, destination)]
    old, new = (normal_axis(axis, x.ndim, "moveaxis") or () for axis in many)
    if len(old) != len(new):  # type: ignore[arg-type]
        raise ValueError(f"np.moveaxis: {source} and {destination} must have as many axes")
    order = [i for i in range(x.ndim) if i not in old]  # type: ignore[operator]
    for to, axis in sorted(zip(new, old, strict=True)):  # type: ignore[arg-type]
        order.insert(to, axis)
    return x.transpose(tuple(order))


@implements(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    x = as_tensor(a)
    at: Any = normal_axis(axis, x.ndim, "rollaxis")
    to: Any = x.ndim if start == x.ndim else normal_axis(start, x.ndim, "rollaxis")
    order = [i for i in range(x.ndim) if i != at]
    order.insert(to - 1 if at < to else to, at)
    return x.transpose(tuple(order))


# --------------------------------------------------------------------------------------------------
# Mirrors and turns


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """Return the entries in reversed order along axes."""
    x = as_tensor(m)
    found = normal_axis(axis, x.ndim, "flip")
    axes = range(x.ndim) if found is None else (found,) if isinstance(found, int) else found
    return x[tuple(slice(None, None, -1 if i in axes else 1) for i in range(x.ndim))]


def _mirror(name: str, axis: int) -> Any:
    def run(m: Any) -> Any:
        x = as_tensor(m)
        if x.ndim <= axis:
            raise ValueError(f"np.{name}: needs at least {axis + 1} axes, got shape {x.shape}")
        return flip(x, axis)

    return run


implements(np.fliplr)(_mirror("fliplr", 1))
implements(np.flipud)(_mirror("flipud", 0))


@implements(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    x = as_tensor(m)
    if len(axes) != 2:
        raise ValueError(f"np.rot90: axes must be two, got {axes}")
    p, q = normal_axis(tuple(axes), x.ndim, "rot90")  # type: ignore[misc]
    k %= 4
    if k == 0:
        return x[...]
    if k == 2:
        return flip(x, (p, q))
    return flip(x, q).swapaxes(p, q) if k == 1 else flip(x.swapaxes(p, q), q)


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    x = as_tensor(a)
    if axis is None:
        return _roll(x, shift, 0) if x.ndim == 1 else _roll(x.ravel(), shift, 0).reshape(x.shape)
    shifts, axes = ([*a] if is_iterable(a) else [a] for a in (shift, axis))
    if any(map(is_iterable, (*shifts, *axes))):
        raise ValueError("np.roll: shift and axis must be numbers or sequences of numbers")
    count = max(len(shifts), len(axes)) if shifts and axes else 0
    shifts, axes = (found * count if len(found) == 1 else found for found in (shifts, axes))
    if len(shifts) != len(axes):
        raise ValueError(f"np.roll: {len(shifts)} shifts do not fit {len(axes)} axes")
    moved = tuple(normal_axis(i, x.ndim, "roll") for i in axes)
    return shaping.roll(x, shift=tuple(map(int, shifts)), axis=moved)


# --------------------------------------------------------------------------------------------------
# Repetition


@implements(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    x = as_tensor(A)
    times = tuple(int(n) for n in np.atleast_1d(reps))
    n = max(len(times), x.ndim)
    shape = (*(1,) * (n - x.ndim), *x.shape)
    times = (*(1,) * (n - len(times)), *times)
    if n == 0:
        return np.copy(x)
    # every axis gets a new one before it, for its copies
    x = x.reshape(tuple(k for m in shape for k in (1, m)))
    x = x.broadcast_to(tuple(k for pair in zip(times, shape, strict=True) for k in pair))
    return x.reshape(tuple(r * m for r, m in zip(times, shape, strict=True)))


@implements(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    x = as_tensor(a)
    if axis is None or (x.ndim == 0 and axis in (0, -1)):
        x, axis = flat(x), 0
    at = one_axis(axis, x.ndim, "repeat")
    counts, n = array_of("np.repeat: repeats", plain(repeats)), x.shape[at]
    if counts.size and counts.dtype.kind not in "iub":
        raise TypeError(f"np.repeat: repeats are integers, got {counts.dtype}")
    if not isinstance(repeats, int | np.integer):  # an array, whose numbers `jit` reads anew
        each = np.broadcast_to(counts, (n,)) if counts.size == 1 else counts
        return shaping.repeat(x, counts=each.astype(np.intp), axis=at)
    k = int(repeats)
    if k < 0:
        raise ValueError(f"np.repeat: repeats must not be negative, got {k}")
    before, after = x.shape[:at], x.shape[at + 1 :]
    if 0 < k < FEW:
        copies: Any = np.stack([x] * k, axis=at + 1)
    else:
        copies = x.reshape((*before, n, 1, *after)).broadcast_to((*before, n, k, *after))
    return copies.reshape((*before, n * k, *after))
