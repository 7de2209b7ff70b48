"""The signature of a call: structure, shapes and dtypes of the arguments. Next: `guards.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..node import Node
from ..tensor import Tensor

_STATIC = (bool, str, bytes, type(None), np.dtype, type, slice)


class Signature:
    """What of a call a recording depends on.

    Attributes
    ----------
    key : tuple
        Equal for calls that may share a recording.
    leaves : list
        All arguments, flattened.
    """

    __slots__ = ("key", "leaves")

    def __init__(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.leaves: list[Any] = []
        key: list[Any] = []
        for x in args:
            _enter(x, key, self.leaves)
        if kwargs:
            for name in kwargs:
                key.append(name)
                _enter(kwargs[name], key, self.leaves)
        self.key = tuple(key)


def _enter(x: Any, key: list[Any], leaves: list[Any]) -> None:
    kind = type(x)
    if kind is np.ndarray:
        key.append((x.shape, x.dtype))
    elif kind is float or kind is int:
        key.append(kind)
    elif isinstance(x, Tensor):
        key.append((kind, x._data.shape, x._data.dtype, x._node is None, _first(x, leaves)))
    elif isinstance(x, np.generic):
        key.append((kind, "0-d"))
    elif kind in _STATIC:
        key.append(("static", kind, repr(x) if kind is slice else x))
    elif isinstance(x, dict):
        key.append((kind, len(x)))
        for name in x:
            key.append(name)
            _enter(x[name], key, leaves)
        return
    elif isinstance(x, list | tuple):
        key.append((kind, len(x)))
        for e in x:
            _enter(e, key, leaves)
        return
    elif isinstance(x, np.random.Generator | np.random.RandomState):
        key.append((kind, _first(x, leaves)))
    else:
        # a module, an optimizer, any other object: itself
        key.append(("object", id(x)))
    leaves.append(x)


def _first(x: Any, leaves: list[Any]) -> int:
    """Return where an argument stands first: the same tensor twice is not two equal ones."""
    for i, known in enumerate(leaves):
        if known is x:
            return i
    return -1


def is_static(x: Any) -> bool:
    """Whether an argument goes into the function as it is."""
    if type(x) in (float, int) or isinstance(x, np.ndarray | np.generic | Tensor):
        return False
    return not isinstance(x, np.random.Generator | np.random.RandomState)


def is_node(x: Any) -> bool:
    """Whether an argument is a Value."""
    return isinstance(x, Node)
