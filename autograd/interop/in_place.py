"""NumPy's functions that write into an argument: assignments to a tensor. Next: `products.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from ..dispatch import implements
from ..settings import shown
from .common import as_tensor, plain
from .indexing import positions


def _writes(function: Callable[..., None]) -> Callable[..., None]:
    """Register a function that writes to a target, under the name of NumPy's function."""
    numpy_function = getattr(np, function.__name__)
    name = f"np.{function.__name__}"

    def run(target: Any, *args: Any, **options: Any) -> None:
        given = (*args, *options.values())
        if hasattr(target, "_check_writable"):
            target._check_writable(name)
            function(target, *args, **options)
        elif any(getattr(x, "requires_grad", False) for x in given):
            raise TypeError(
                f"{name}: an array keeps no gradient; make it a tensor, a = Tensor(a), and for "
                "np.full of a node write np.broadcast_to(value, shape)"
            )
        else:
            numpy_function(target, *map(plain, args), **{k: plain(x) for k, x in options.items()})

    implements(numpy_function)(run)
    return run


def _write(y: Any, places: Any, values: Any) -> None:
    """Write at positions in the flattened array; values are repeated if there are too few."""
    values = as_tensor(values).ravel()
    if places.size and values.size:
        if values.size not in (1, places.size):
            values = values[np.arange(places.size) % values.size]
        y[np.unravel_index(places, y.shape) if y.ndim else ...] = values.reshape(
            values.shape if y.ndim else ()
        )


def _places(name: str, y: Any, mask: Any) -> Any:
    """Return the positions in the flattened array where a mask is true."""
    if np.size(mask) != y.size:
        raise ValueError(
            f"{name}: a mask of shape {np.shape(mask)} does not fit a target of shape {y.shape}"
        )
    return np.flatnonzero(plain(mask))


@_writes
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write at positions in the flattened array."""
    places = positions(ind, a.size, mode, "put").ravel()
    np.empty(a.size, bool)[places]  # raises NumPy's error
    _write(a, places % max(a.size, 1), v)


@_writes
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Write where a mask is true, one value after the other."""
    places = _places("np.place", arr, mask)
    if places.size and not np.size(vals):
        raise ValueError("np.place: there are no values to write")
    _write(arr, places, vals)


@_writes
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Write where a mask is true, each the value at the same position."""
    values, places = as_tensor(values).ravel(), _places("np.putmask", a, mask)
    if places.size and values.size:
        _write(a, places, values[places % values.size])


@_writes
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Write all entries, or those where a mask is true."""
    src = as_tensor(src)
    if not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeError(f"np.copyto: {src.dtype} cannot be cast to {dst.dtype} as {shown(casting)}")
    dst[...] = src if where is True else np.where(where, src, dst)


@_writes
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write on the main diagonal."""
    there = np.zeros(a.shape, bool)
    np.fill_diagonal(there, True, wrap)  # raises NumPy's error
    _write(a, np.flatnonzero(there), val)


@_writes
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Write at positions along an axis."""
    i = np.asarray(plain(indices))
    if i.dtype.kind not in "iu":
        raise IndexError(f"np.put_along_axis: indices must be integers, got {i.dtype}")
    if axis is None:
        if i.ndim != 1:
            raise ValueError(f"np.put_along_axis: without an axis, indices of shape {i.shape}")
        np.empty(arr.size, bool)[i]
        _write(arr, i % max(arr.size, 1), values)
        return
    at = one_axis(axis, arr.ndim, "put_along_axis")
    if i.ndim != arr.ndim:
        raise ValueError(
            f"np.put_along_axis: indices of shape {i.shape} and a target of shape {arr.shape} must "
            "have as many axes"
        )
    others = [
        np.arange(n).reshape((*(1,) * k, n, *(1,) * (arr.ndim - k - 1)))
        for k, n in enumerate(arr.shape)
    ]
    others[at] = i
    arr[tuple(others)] = values
