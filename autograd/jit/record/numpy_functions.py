"""NumPy's functions that are recorded as a special kind of step; all others are calls.

Each takes the recorder and NumPy's own arguments; NotImplemented leaves it to a call. Next:
`sizes.py`.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...transforms.trees import flatten
from ..step_functions import concatenate
from .array import RecordedArray

if TYPE_CHECKING:
    from .recorder import Recorder


# of two operands, without an ellipsis
_SUBSCRIPTS = re.compile("([A-Za-z]*),([A-Za-z]*)->([A-Za-z]*)")


def _where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)[()]


def _sum_like(ufunc: np.ufunc) -> Any:
    def run(
        r: Recorder,
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        **more: Any,
    ) -> Any:
        if more or out is not None:
            return NotImplemented
        return r.reduce(ufunc, a, axis, keepdims, dtype)

    return run


def _extremum(ufunc: np.ufunc) -> Any:
    def run(
        r: Recorder, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any
    ) -> Any:
        if more or out is not None:
            return NotImplemented
        return r.reduce(ufunc, a, axis, keepdims)

    return run


def _mean(
    r: Recorder,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **more: Any,
) -> Any:
    a = r.lift(a)
    if more or dtype is not None or out is not None or a.dtype.kind not in "fbiu" or not a.size:
        return NotImplemented
    if a.dtype.kind != "f":
        a = r.asarray(a, np.float64)
    total = r.reduce(np.add, a, axis, keepdims)
    return total / (a.size // (total.size or 1)) if a.dtype != np.float16 else NotImplemented


def _reshape(r: Recorder, a: Any, shape: Any, order: str = "C", **_: Any) -> Any:
    if order in ("A", "K"):
        raise r.refusal(
            f"reads an array in order={order!r}, in which it lies in memory",
            "a replay may lay it out otherwise; say order='C' or order='F'",
        )
    return r.reshape(r.lift(a), shape) if order == "C" else NotImplemented


def _ravel(r: Recorder, a: Any, order: str = "C") -> Any:
    return r.lift(a).ravel() if order == "C" else _reshape(r, a, (-1,), order)


def _transpose(r: Recorder, a: Any, axes: Any = None) -> Any:
    found = r.transpose(r.asarray(a), axes)
    return found.taken_as(True) if r.lift(a).weak else found


def _swapaxes(r: Recorder, a: Any, axis1: int, axis2: int) -> Any:
    return r.lift(a).swapaxes(axis1, axis2)


def _expand_dims(r: Recorder, a: Any, axis: Any) -> Any:
    a = r.lift(a)
    return r.reshape(a, np.expand_dims(np.broadcast_to(0, a.shape), axis).shape)


def _squeeze(r: Recorder, a: Any, axis: Any = None) -> Any:
    a = r.lift(a)
    return r.reshape(a, np.squeeze(np.broadcast_to(0, a.shape), axis).shape)


def _moveaxis(r: Recorder, a: Any, source: Any, destination: Any) -> Any:
    a = r.lift(a)
    order = np.moveaxis(np.empty(range(1, a.ndim + 1)), source, destination).shape
    return r.transpose(a, [n - 1 for n in order])


def _broadcast_to(r: Recorder, array: Any, shape: Any, subok: bool = False) -> Any:
    return r.broadcast_to(r.lift(array), shape).taken_as(True)


def _where_function(r: Recorder, condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        return NotImplemented
    return r.step("elementwise", "where", _where, (condition, *branches)).taken_as(True)


def _clip(r: Recorder, a: Any, a_min: Any = None, a_max: Any = None, **more: Any) -> Any:
    if more or a_min is None or a_max is None or r.lift(a).dtype.kind != "f":
        return NotImplemented
    return r.step("elementwise", "clip", np.clip, (a, a_min, a_max))


def _are_whole(*options: Any) -> bool:
    """Whether all are integers, or tuples and lists of them, and none is recorded."""
    leaves, _ = flatten(list(options))
    return all(type(n) is int or isinstance(n, np.integer) for n in leaves)


def _concatenate(r: Recorder, arrays: Any, axis: Any = 0, **more: Any) -> Any:
    if more or not _are_whole(axis) or not isinstance(arrays, list | tuple):
        return NotImplemented
    return r.step("call", "concatenate", concatenate, [*map(r.lift, arrays)], axis=axis)


def _stack(r: Recorder, arrays: Any, axis: Any = 0, **more: Any) -> Any:
    if more or not _are_whole(axis) or not isinstance(arrays, list | tuple):
        return NotImplemented
    parts = [*map(r.lift, arrays)]
    if len({p.shape for p in parts}) != 1:
        return NotImplemented
    return _concatenate(r, [_expand_dims(r, p, axis) for p in parts], axis)


def _roll(r: Recorder, a: Any, shift: Any, axis: Any = None) -> Any:
    if not _are_whole(shift, axis):
        return NotImplemented
    x: Any = r.lift(a)
    z = x
    np.roll(np.broadcast_to(0, x.shape), shift, axis)  # NumPy's own error
    for s, i in np.broadcast(shift, axis):
        i %= x.ndim
        lead, cut = (slice(None),) * i, -s % max(x.shape[i], 1)
        if cut:
            parts = [z[(*lead, slice(cut, None))], z[(*lead, slice(cut))]]
            z = _concatenate(r, parts, i)
    return z.copy() if z is x else z


def is_precise(x: Any) -> bool:
    """Whether an array holds floats of more than 16 bits, of which NumPy makes none in between."""
    return x.dtype.kind == "f" and x.dtype.itemsize > 2 and not x.weak


def einsum(r: Recorder, subscripts: Any, *xs: Any, **more: Any) -> Any:
    """Compute an einsum of two operands as one product of matrices, or of numbers."""
    found = _SUBSCRIPTS.fullmatch(subscripts.replace(" ", "")) if type(subscripts) is str else None
    if more or found is None or len(xs) != 2:
        return NotImplemented
    arrays, (first, second, output) = [*map(r.lift, xs)], found.groups()
    lengths = [n for x in arrays for n in x.shape]
    sizes = dict(zip(first + second, lengths, strict=False))
    for term, x in zip((first, second), arrays, strict=True):
        if not is_precise(x) or x.shape != tuple(sizes.get(k) for k in term):
            return NotImplemented
    apart = all(len(set(t)) == len(t) for t in (first, second, output))
    if not apart or not (set(first) ^ set(second)) <= set(output) <= sizes.keys():
        return NotImplemented
    both = [k for k in output if k in first and k in second]
    summed = [k for k in first if k not in output]
    left, right = ([k for k in t if k in output and k not in both] for t in (first, second))

    def matrices(x: Any, term: str, rows: list[str], columns: list[str]) -> Any:
        shape = [math.prod(sizes[k] for k in some) for some in (rows, columns)]
        x = r.transpose(x, [term.index(k) for k in (*both, *rows, *columns)])
        return r.reshape(x, (*(sizes[k] for k in both), *shape))

    x, y = matrices(arrays[0], first, left, summed), matrices(arrays[1], second, summed, right)
    z = r.matmul(x, y) if summed else x * y
    order = [*both, *left, *right]
    z = r.reshape(z, [sizes[k] for k in order])
    return r.transpose(z, [order.index(k) for k in output]) if output else z.taken_as(False)


def filled(r: Recorder, x: Any, value: Any, index: Any) -> Any:
    """Return an array of floats with a number wherever a mask of its shape is true."""
    mask = index if type(index) is RecordedArray or type(index) is np.ndarray else None
    if mask is None or mask.dtype != bool or mask.shape != r.lift(x).shape:
        return NotImplemented
    x, number = r.lift(x), r.lift(value)
    if number.ndim or x.dtype.kind != "f" or number.dtype.kind not in "fiub":
        return NotImplemented
    return r.step("elementwise", "where", _where, (mask, r.asarray(number, x.dtype), x))


def _like(value: float) -> Any:
    def run(r: Recorder, a: Any, dtype: Any = None, **more: Any) -> Any:
        order, shape = more.pop("order", "K"), more.pop("shape", None)
        more.pop("subok", None)
        if more:
            return NotImplemented
        a = r.lift(a)
        kind = np.dtype(dtype or a.dtype).type
        found = r.broadcast_to(r.lift(kind(value)), a.shape if shape is None else shape).copy()
        if shape is None and a.ndim > 1:
            # a replay may lay it out otherwise; this decides what is a view of it
            found.step.value = np.full_like(a.memory, value, kind, order)
        return found.taken_as(True)

    return run


def _shape_of(r: Recorder, a: Any) -> Any:
    return r.lift(a).shape


def _ndim_of(r: Recorder, a: Any) -> Any:
    return r.lift(a).ndim


def _size_of(r: Recorder, a: Any, axis: Any = None) -> Any:
    a = r.lift(a)
    return a.size if axis is None else a.shape[axis]


def _result_type(r: Recorder, *arrays: Any) -> Any:
    return np.result_type(
        *[r.lift(a).step.value if type(a) is RecordedArray else a for a in arrays]
    )


def _can_cast(r: Recorder, from_: Any, to: Any, casting: str = "safe") -> Any:
    return np.can_cast(from_.dtype, to, casting)  # type: ignore[arg-type]


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum_like(np.add),
    np.prod: _sum_like(np.multiply),
    np.max: _extremum(np.maximum),
    np.min: _extremum(np.minimum),
    np.all: _extremum(np.logical_and),
    np.any: _extremum(np.logical_or),
    np.mean: _mean,
    np.dot: lambda r, a, b, out=None: r.dot(a, b) if out is None else NotImplemented,
    np.reshape: _reshape,
    np.ravel: _ravel,
    np.transpose: _transpose,
    np.swapaxes: _swapaxes,
    np.moveaxis: _moveaxis,
    np.expand_dims: _expand_dims,
    np.squeeze: _squeeze,
    np.broadcast_to: _broadcast_to,
    np.where: _where_function,
    np.clip: _clip,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.roll: _roll,
    np.einsum: einsum,
    np.ones_like: _like(1),
    np.zeros_like: _like(0),
    np.shape: _shape_of,
    np.ndim: _ndim_of,
    np.size: _size_of,
    np.result_type: _result_type,
    np.can_cast: _can_cast,
    np.copy: lambda r, a, order="K", subok=False: r.asarray(a).copy().taken_as(True),
}
WRITERS = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}


@functools.cache
def positional(function: Any) -> list[str]:
    """Return the names of the parameters that a NumPy function takes by position."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some functions written in C have none
        return []
    return [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD]
