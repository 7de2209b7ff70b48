"""NumPy's functions that move numbers, on nodes. Next: `choices.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..array_operators import normal_axis
from ..dispatch import implements
from ..op import kind_of_rank
from ..ops import shaping
from ..value import Value
from .common import as_tensor, refuse


@implements(np.reshape)
def _reshape(a: Any, /, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    if order != "C":
        raise TypeError(f"np.reshape: order={order!r} is not supported on nodes, only 'C'")
    return as_tensor(a).reshape(shape if isinstance(shape, tuple | list) else (shape,))


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return _reshape(a, -1, order)


@implements(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return as_tensor(a).transpose() if axes is None else as_tensor(a).transpose(tuple(axes))


@implements(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return as_tensor(a).swapaxes(axis1, axis2)


@implements(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    return as_tensor(a).squeeze(axis)


@implements(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return as_tensor(a).expand_dims(axis)


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return as_tensor(array).broadcast_to(shape)


@implements(np.concatenate)
def _concatenate(
    arrays: Iterable[Any], /, axis: int | None = 0, out: Any = None, **options: Any
) -> Any:
    refuse("concatenate", out=out, **options)
    parts = [as_tensor(x) for x in arrays]
    if axis is None:
        parts, axis = [x.ravel() for x in parts], 0
    ndim = max(x.ndim for x in parts)
    return shaping.concatenate(*parts, axis=normal_axis(axis, ndim, "concatenate"))


@implements(np.stack)
def _stack(arrays: Iterable[Any], axis: int = 0, out: Any = None, **options: Any) -> Any:
    refuse("stack", out=out, **options)
    parts: Sequence[Any] = [x if isinstance(x, Value) else as_tensor(x) for x in arrays]
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
