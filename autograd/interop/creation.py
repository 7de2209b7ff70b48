"""NumPy's functions that make arrays: like a node, or between nodes. Next: `queries.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis
from ..dispatch import implements
from ..op import kind_of_rank
from ..ops import choices
from ..ops import elementwise as ops
from ..settings import checked_size, shown
from .common import as_tensor, is_node, plain


def _of_its_kind(made: Any, prototype: Any) -> Any:
    """Return an array as a tensor if the prototype was one, so that nodes can be written to it."""
    tensor = isinstance(prototype, kind_of_rank(2)) and made.dtype.kind in "biuf"
    return as_tensor(made) if tensor else made


def _like(function: Any) -> None:
    def like(prototype: Any = None, dtype: Any = None, *args: Any, **options: Any) -> Any:
        prototype = options.pop("a", prototype)
        return _of_its_kind(function(plain(prototype), dtype, *args, **options), prototype)

    implements(function)(like)


for _function in (np.zeros_like, np.ones_like, np.empty_like):
    _like(_function)


@implements(np.full_like)
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    if not is_node(fill_value):
        options: Any = {"order": order, "subok": subok, "shape": shape}
        return _of_its_kind(np.full_like(plain(a), fill_value, dtype, **options), a)
    prototype = np.empty_like(plain(a), dtype, shape=shape)
    value = as_tensor(fill_value)
    if value.requires_grad and prototype.dtype.kind != "f":
        raise TypeError(f"np.full_like: {prototype.dtype} would lose the gradient of the value")
    value = value if value.dtype == prototype.dtype else value.astype(prototype.dtype)
    return value.broadcast_to(prototype.shape)


@implements(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"np.meshgrid: indexing must be 'xy' or 'ij', got {shown(indexing)}")
    n = len(xi)
    places = list(range(n))
    if indexing == "xy" and n > 1:
        places[:2] = [1, 0]
    grids = [
        as_tensor(x).reshape(tuple(-1 if i == place else 1 for i in range(n)))
        for x, place in zip(xi, places, strict=True)
    ]
    return tuple(grids) if sparse else np.broadcast_arrays(*grids)


# --------------------------------------------------------------------------------------------------
# Sequences of numbers between nodes


@implements(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Return numbers at equal distances from start to stop."""
    if checked_size("linspace: num", num, None) < 0:
        raise ValueError(f"np.linspace: the number of samples must not be negative, got {num}")
    kind = np.result_type(plain(start), plain(stop), 1.0)
    start, stop = np.broadcast_arrays(*[as_tensor(x).astype(kind) for x in (start, stop)])
    count = num - 1 if endpoint else num
    closed = endpoint and num > 1
    steps = np.arange(num - closed, dtype=kind).reshape((-1,) + (1,) * start.ndim)
    step = (stop - start) / count if count > 0 else None
    z = steps * step + start if step is not None else steps * (stop - start) + start
    if closed:
        z = np.concatenate([z, stop.reshape((1, *stop.shape))])
    if dtype is not None:
        z = (np.floor(z) if np.dtype(dtype).kind in "iu" else z).astype(dtype)
    at: Any = normal_axis(axis, z.ndim, "linspace")
    z = np.moveaxis(z, 0, at) if at else z
    return (z, np.nan if step is None else step) if retstep else z


@implements(np.logspace)
def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    if np.ndim(base):
        n = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (
            as_tensor(x).reshape((1,) * (n - np.ndim(x)) + np.shape(x)) for x in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    z = ops.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return z if dtype is None else z.astype(dtype)


@implements(np.geomspace)
def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    start, stop = np.broadcast_arrays(as_tensor(start), as_tensor(stop))
    wide = np.result_type(start.dtype, stop.dtype, np.float64)
    start, stop = start.astype(wide), stop.astype(wide)
    signs = np.sign(start._data)
    if np.any(signs == 0) or np.any(signs != np.sign(stop._data)):
        raise ValueError("np.geomspace: start and stop must have one sign, and not be zero")
    z = linspace(np.log10(start * signs), np.log10(stop * signs), num, endpoint)
    place = np.arange(num).reshape((-1,) + (1,) * start.ndim)
    z = choices.where(place == 0, start, signs * ops.power(10.0, z))
    if endpoint and num > 1:
        z = choices.where(place == num - 1, stop, z)
    at: Any = normal_axis(axis, z.ndim, "geomspace")
    z = np.moveaxis(z, 0, at) if at else z
    return z if dtype is None else z.astype(dtype)


@implements(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    x = as_tensor(x)
    if x.ndim != 1:
        raise ValueError(f"np.vander: x must be a vector, got shape {x.shape}")
    dtype = np.promote_types(x.dtype, int)
    x = x if x.dtype == dtype else x.astype(dtype)
    count = x.shape[0] if N is None else N
    columns: list[Any] = [np.ones_like(x._data)] if count else []
    while len(columns) < count:
        columns.append(columns[-1] * x if len(columns) > 1 else x)
    if not columns:
        return x.reshape((-1, 1))[:, :0]
    z = np.stack([as_tensor(c) for c in columns], axis=1)
    return z if increasing else z[:, ::-1]
