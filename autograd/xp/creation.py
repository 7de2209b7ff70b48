"""The standard's functions that make tensors, without a gradient. Next: `data_types.py`.

``device`` is "cpu" or None everywhere. The gradient of what a tensor is made from is kept.
"""

from __future__ import annotations

from typing import Any

import numpy

from ..array_nodes.handle import Handle
from ..array_nodes.operands import refuse_masked
from ..interop.common import as_tensor, joined
from ..value import Value
from .common import bare, boxed, check_device, is_tracked, of_views, standard

# NumPy's stubs know arrays only; its functions find their meaning on nodes by its own protocol
np: Any = numpy


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """Return numbers, arrays, nested lists of them, or nodes as a tensor.

    Parameters
    ----------
    obj : number, array_like, Tensor, Value, or nested lists of them
        Gradients of nodes are kept.
    dtype : dtype, optional
    device : "cpu" or None
    copy : bool, optional
        True always copies; False shares memory or raises; None copies arrays of others, so that
        writing to them later does not change what a graph was computed from.

    Raises
    ------
    TypeError
        If the entries are not numbers.
    ValueError
        If ``copy=False`` and a copy is needed.

    Examples
    --------
    >>> asarray([[1, 2], [3, 4]], dtype=np.float32).dtype
    dtype('float32')
    """
    check_device(device)
    if isinstance(obj, Handle | Value) or is_tracked(obj):
        return _of_nodes(obj, dtype, copy)
    obj = bare(obj)
    refuse_masked("asarray", obj)
    array = np.asarray(obj, dtype=dtype, copy=True if copy is None else copy)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"asarray: the entries must be numbers, got {array.dtype}")
    return boxed(array)


def _of_nodes(obj: Any, dtype: Any, copy: bool | None) -> Any:
    x = as_tensor(joined(obj))
    if dtype is not None and x.dtype != dtype:
        if copy is False:
            raise ValueError(f"asarray: {x.dtype} cannot become {np.dtype(dtype)} without a copy")
        return astype(x, dtype)
    if not copy:
        return x
    return boxed(np.array(x._data)) if x._node is None else np.positive(x)


@of_views
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """Return the entries in another dtype; the gradient of a float comes back in its own."""
    check_device(device)
    return x if x.dtype == dtype and not copy else x.astype(dtype)


@standard
def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
) -> Any:
    """Return numbers from start, by default 0, to stop, without it."""
    check_device(device)
    if stop is None:
        start, stop = 0, start
    return np.arange(start, stop, step, dtype)


@standard
def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of any numbers."""
    check_device(device)
    return np.empty(shape, dtype)


@standard
def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of zeros."""
    check_device(device)
    return np.zeros(shape, dtype)


@standard
def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of ones."""
    check_device(device)
    return np.ones(shape, dtype)


@standard
def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of one number, whose gradient is kept."""
    check_device(device)
    if not is_tracked(fill_value):
        return np.full(shape, fill_value, dtype)
    z = as_tensor(fill_value)
    return np.broadcast_to(z if dtype is None or dtype == z.dtype else z.astype(dtype), shape)


@standard
def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of any numbers, with the shape and dtype of another."""
    check_device(device)
    return np.empty_like(x, dtype)


@standard
def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of zeros, with the shape and dtype of another."""
    check_device(device)
    return np.zeros_like(x, dtype)


@standard
def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of ones, with the shape and dtype of another."""
    check_device(device)
    return np.ones_like(x, dtype)


@standard
def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of one number, with the shape and dtype of another."""
    check_device(device)
    if is_tracked(fill_value):
        return full(np.shape(x), fill_value, dtype=x.dtype if dtype is None else dtype)
    return np.full_like(x, fill_value, dtype)


@standard
def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None
) -> Any:
    """Return a matrix with ones on the k-th diagonal and zeros elsewhere."""
    check_device(device)
    return np.eye(n_rows, n_cols, k, float if dtype is None else dtype)


@standard
def linspace(
    start: Any,
    stop: Any,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Any:
    """Return numbers at equal distances from start to stop."""
    check_device(device)
    return np.linspace(start, stop, num, endpoint=endpoint, dtype=dtype)


@standard
def meshgrid(*arrays: Any, indexing: str = "xy") -> Any:
    """Return the coordinates of a grid, one tensor per axis."""
    return tuple(np.meshgrid(*arrays, indexing=indexing))


@standard
def tril(x: Any, /, *, k: int = 0) -> Any:
    """Return matrices with zeros above the k-th diagonal."""
    return np.tril(x, k)


@standard
def triu(x: Any, /, *, k: int = 0) -> Any:
    """Return matrices with zeros below the k-th diagonal."""
    return np.triu(x, k)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """Return an array of another library as a tensor, on the same memory if possible."""
    check_device(device)
    return boxed(np.from_dlpack(x, device=device, copy=copy))
