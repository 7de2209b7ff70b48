"""NumPy's functions on nodes: which are answered, and how. Read `../nn/module.py` next.

``np.sum(x)`` of a node comes here through NumPy's own protocol. Every entry is a few lines in
terms of the table of rules; a function that is not here raises a TypeError that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .array_operators import dot as _dot
from .array_operators import normal_axis
from .dispatch import implements
from .op import kind_of_rank
from .ops import elementwise as ops
from .ops import shaping
from .value import Value

_UNSET: Any = np._NoValue


def _tensor(x: Any) -> Any:
    """Return x as an array node: values become 0-d tensors under their node."""
    kind = kind_of_rank(2)
    if isinstance(x, kind):
        return x
    return kind.__autograd_apply__(ops.positive, (x,), {}) if isinstance(x, Value) else kind(x)


def _refuse(name: str, **options: Any) -> None:
    for option, value in options.items():
        if value is not None and value is not _UNSET:
            raise TypeError(f"np.{name}: {option}= is not supported on nodes")


def _reduction(name: str) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _UNSET,
        where: Any = _UNSET,
    ) -> Any:
        _refuse(name, dtype=dtype, out=out, initial=initial, where=where)
        return getattr(_tensor(a), name)(axis=axis, keepdims=keepdims is not _UNSET and keepdims)

    return reduce


def _extremum(name: str) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _UNSET,
        where: Any = _UNSET,
    ) -> Any:
        _refuse(name, out=out, initial=initial, where=where)
        return getattr(_tensor(a), name)(axis=axis, keepdims=keepdims is not _UNSET and keepdims)

    return reduce


implements(np.sum)(_reduction("sum"))
implements(np.mean)(_reduction("mean"))
implements(np.prod)(_reduction("prod"))
implements(np.max, np.amax)(_extremum("max"))
implements(np.min, np.amin)(_extremum("min"))


@implements(np.argmax)
def _argmax(a: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
    _refuse("argmax", out=out)
    return np.argmax(_tensor(a)._data, axis=axis, **options)


@implements(np.argmin)
def _argmin(a: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
    _refuse("argmin", out=out)
    return np.argmin(_tensor(a)._data, axis=axis, **options)


# --------------------------------------------------------------------------------------------------
# Shapes


@implements(np.reshape)
def _reshape(a: Any, /, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    if order != "C":
        raise TypeError(f"np.reshape: order={order!r} is not supported on nodes, only 'C'")
    return _tensor(a).reshape(shape if isinstance(shape, tuple | list) else (shape,))


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return _reshape(a, -1, order)


@implements(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return _tensor(a).transpose() if axes is None else _tensor(a).transpose(tuple(axes))


@implements(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return _tensor(a).swapaxes(axis1, axis2)


@implements(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    return _tensor(a).squeeze(axis)


@implements(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return _tensor(a).expand_dims(axis)


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return _tensor(array).broadcast_to(shape)


@implements(np.concatenate)
def _concatenate(
    arrays: Iterable[Any], /, axis: int | None = 0, out: Any = None, **options: Any
) -> Any:
    _refuse("concatenate", out=out, **options)
    parts = [_tensor(x) for x in arrays]
    if axis is None:
        parts, axis = [x.ravel() for x in parts], 0
    ndim = max(x.ndim for x in parts)
    return shaping.concatenate(*parts, axis=normal_axis(axis, ndim, "concatenate"))


@implements(np.stack)
def _stack(arrays: Iterable[Any], axis: int = 0, out: Any = None, **options: Any) -> Any:
    _refuse("stack", out=out, **options)
    parts: Sequence[Any] = [x if isinstance(x, Value) else _tensor(x) for x in arrays]
    ndim = max(np.ndim(x) for x in parts) + 1
    axis = normal_axis(axis, ndim, "stack")  # type: ignore[assignment]
    return kind_of_rank(2).__autograd_apply__(shaping.stack, parts, {"axis": axis})


@implements(np.shape)
def _shape(a: Any) -> tuple[int, ...]:
    return tuple(a.shape) if hasattr(a, "shape") else np.shape([0] * len(a))


@implements(np.ndim)
def _ndim(a: Any) -> int:
    return len(_shape(a))


@implements(np.size)
def _size(a: Any, axis: int | None = None) -> int:
    shape = _shape(a)
    return int(np.prod(shape)) if axis is None else shape[axis]


# --------------------------------------------------------------------------------------------------
# Products, choices, and the rest


@implements(np.dot)
def _np_dot(a: Any, b: Any, out: Any = None) -> Any:
    _refuse("dot", out=out)
    return _dot(a, b)


@implements(np.where)
def _where(condition: Any, x: Any = _UNSET, y: Any = _UNSET) -> Any:
    if x is _UNSET or y is _UNSET:
        return np.where(_plain(condition))
    return ops.where(condition, x, y)


@implements(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    _refuse("clip", out=out)
    low = options.pop("min", a_min)
    high = options.pop("max", a_max)
    _refuse("clip", **options)
    low = -np.inf if low is None or low is _UNSET else low
    high = np.inf if high is None or high is _UNSET else high
    return ops.clip(a, low, high)


def _plain(x: Any) -> Any:
    return getattr(x, "_data", x)


@implements(np.zeros_like)
def _zeros_like(a: Any, dtype: Any = None, **options: Any) -> Any:
    return np.zeros_like(_plain(a), dtype=dtype, **options)


@implements(np.ones_like)
def _ones_like(a: Any, dtype: Any = None, **options: Any) -> Any:
    return np.ones_like(_plain(a), dtype=dtype, **options)


@implements(np.full_like)
def _full_like(a: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    if hasattr(type(fill_value), "__autograd_rank__"):
        raise TypeError("np.full_like with a node as value: use np.broadcast_to(value, shape)")
    return np.full_like(_plain(a), fill_value, dtype=dtype, **options)


def _without_gradient(function: Any) -> Any:
    def run(*args: Any, **options: Any) -> Any:
        return function(*(_plain(a) for a in args), **options)

    return run


for _function in (np.all, np.any, np.allclose, np.array_equal, np.isclose, np.result_type):
    implements(_function)(_without_gradient(_function))
