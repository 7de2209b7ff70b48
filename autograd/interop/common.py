"""Helpers of the NumPy functions in this package. Next: `reductions.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import kind_of_rank
from ..ops import elementwise as ops
from ..settings import checked_dtype, entries_of, shown
from ..value import Value

UNSET: Any = np._NoValue


def as_tensor(x: Any) -> Any:
    """Return x as a tensor: Values become 0-d tensors on their node, lists are stacked."""
    kind = kind_of_rank(2)
    if getattr(type(x), "__autograd_rank__", 0) >= kind.__autograd_rank__:
        return x
    if isinstance(x, list | tuple) and any(map(is_node, x)):
        return np.stack([e if is_node(e) else kind(e) for e in x])
    return kind.__autograd_apply__(ops.positive, (x,), {}) if isinstance(x, Value) else kind(x)


def joined(x: Any) -> Any:
    """Return nested lists of numbers, arrays and nodes as one array; anything else as it is."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        x = x.tolist()
    if not isinstance(x, list | tuple):
        return x
    try:
        parts = [joined(e) for e in x]
    except RecursionError:
        raise ValueError("a list that holds itself, or is nested too deeply, is no array") from None
    if len({*map(np.shape, parts)}) > 1:
        raise ValueError(
            "nested lists of different lengths are no array; give every row the same number of "
            "entries"
        )
    return np.stack(parts) if parts else np.zeros(0)


def refuse(name: str, **options: Any) -> None:
    """Raise TypeError for an option that a NumPy function does not support on nodes."""
    for option, value in options.items():
        if value is not None and value is not UNSET:
            but = ", unless it is a Tensor, given by name" * (option == "out")
            raise TypeError(f"np.{name}: {option}= is not supported on nodes{but}")


def ndim(x: Any) -> int:
    """Return the number of axes; asking an array or node itself is quicker than asking NumPy."""
    n: int = x.ndim if hasattr(x, "ndim") else np.ndim(x)
    return n


def plain(x: Any) -> Any:
    """Return the data of a node, anything else as it is."""
    return getattr(x, "_data", x)


def cast(name: str, x: Any, dtype: Any, casting: Any = "unsafe") -> Any:
    """Return a tensor in another dtype, unchanged for None; raise if that would lose a gradient."""
    if dtype is None or dtype is UNSET:
        return x
    dtype = checked_dtype(f"np.{name}", dtype)
    if dtype == x.dtype:
        return x
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(
            f"np.{name}: {x.dtype} cannot be cast to {dtype} by casting={shown(casting)}; use "
            "casting='unsafe', or .astype(dtype) first"
        )
    if x.requires_grad and np.dtype(dtype).kind != "f":
        raise TypeError(
            f"np.{name}: dtype={np.dtype(dtype)} would lose the gradient; use a floating dtype, or "
            ".detach() the tensor"
        )
    return x.astype(dtype)


def flat(x: Any) -> Any:
    """Return a tensor as a vector, itself if it is one."""
    return x if x.ndim == 1 else x.ravel()


def lead(axis: int) -> tuple[slice, ...]:
    """Return the full slices that come before an axis in an index."""
    return (slice(None),) * axis


def is_traced(x: Any) -> bool:
    """Whether x is a node, or the stand-in for an array in a recording."""
    kind = type(x)
    return hasattr(kind, "__array_function__") and not issubclass(kind, np.ndarray | np.generic)


def holds_traced(x: Any) -> bool:
    """Whether x is a nest of lists, tuples and dicts with a node in it."""
    return isinstance(x, list | tuple | dict) and any(map(is_traced, entries_of(x)))


def is_node(x: Any) -> bool:
    """Whether x is a tensor or a value."""
    return hasattr(type(x), "__autograd_rank__")
