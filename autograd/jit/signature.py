"""The signature of a call: structure, shapes and dtypes of the arguments. Next: `guards.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

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
    static : set of int
        The leaves that go into the function as they are.
    """

    __slots__ = ("key", "leaves", "static")

    def __init__(self, args: Sequence[Any], kwargs: dict[str, Any], static: Any = ()) -> None:
        self.leaves: list[Any] = []
        self.static: set[int] = set()
        key: list[Any] = []
        for i, x in enumerate(args):
            self._argument(i, x, key, static)
        for name in kwargs:
            key.append(name)
            self._argument(name, kwargs[name], key, static)
        self.key = tuple(key)

    def _argument(self, place: Any, x: Any, key: list[Any], static: Any) -> None:
        if place not in static:
            _enter(x, key, self.leaves)
            return
        before = len(self.leaves)
        _enter(x, [], self.leaves)
        self.static |= set(range(before, len(self.leaves)))
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"jit: the static argument {place!r} is a {type(x).__name__}, which cannot be "
                "compared from call to call; static arguments are numbers, strings and tuples"
            ) from None
        key.append(("static", type(x), x))


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
