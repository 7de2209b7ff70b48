"""The signature of a call: structure, shapes and dtypes of the arguments. Next: `guards.py`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence, Set
from inspect import Parameter
from typing import Any

import numpy as np

from ...settings import shown
from ...tensor import Tensor
from ...value import Value

_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
STATIC = (bool, str, bytes, type(None), np.dtype, type, slice)


def places_of(function: Callable[..., Any], static: Any) -> frozenset[Any]:
    """Return static arguments, given by position or name, by both; raise if there is none such."""
    _check_static(static)
    found: set[Any] = set(static)
    try:
        parameters = inspect.signature(function).parameters if static else {}
        # a wrapper of this function may take any arguments
        outer = inspect.signature(function, follow_wrapped=False).parameters if static else {}
    except (TypeError, ValueError):  # some functions written in C have none
        return frozenset(found)
    kinds = {p.kind for p in (*parameters.values(), *outer.values())}
    names = [name for name, p in parameters.items() if p.kind in _BY_POSITION]
    for x in static:
        if isinstance(x, str):
            known = x in parameters or Parameter.VAR_KEYWORD in kinds
            found |= {names.index(x)} if x in names else set()
        else:
            known = 0 <= x < len(names) or (x >= 0 and Parameter.VAR_POSITIONAL in kinds)
            found |= {names[x]} if 0 <= x < len(names) else set()
        if not known:
            has = f"has the parameters {', '.join(parameters)}" if parameters else "takes none"
            name = getattr(function, "__name__", "the function")
            raise ValueError(f"jit: static names the argument {shown(x)}, but {name} {has}")
    return frozenset(found)


def _check_static(static: Any) -> None:
    if isinstance(static, str) or not isinstance(static, Sequence | Set):
        raise TypeError(
            f"jit: static is a list of positions and names of arguments, got {shown(static)}"
        )
    if not all(isinstance(x, int | str) and not isinstance(x, bool) for x in static):
        raise TypeError(
            f"jit: static holds positions and names of arguments, such as [1, 'n'], got "
            f"{shown([*static])}"
        )


def _exact(x: Any) -> Any:
    """Return a key that tells 2 from 2.0 and True, and 0.0 from -0.0, also inside of tuples."""
    kind = type(x)
    if kind is int or kind is str or (kind is float and x and x == x):
        return kind, x
    if isinstance(x, tuple | frozenset):
        return kind, (tuple if isinstance(x, tuple) else frozenset)(map(_exact, x))
    return kind, repr(x) if isinstance(x, float | complex | np.inexact) else x


class Signature:
    """The part of a call that a recording depends on.

    Attributes
    ----------
    key : tuple
        Equal for calls that may share a recording.
    leaves : list
        All arguments, flattened.
    static : set of int
        The leaves that are passed to the function unchanged.
    computed : bool
        Whether a tensor among them has a graph behind it, which a replay would cut off.
    """

    __slots__ = ("computed", "key", "leaves", "static")

    def __init__(self, args: Sequence[Any], kwargs: dict[str, Any], static: Any = ()) -> None:
        self.leaves: list[Any] = []
        self.static: set[int] = set()
        self.computed = False
        key: list[Any] = []
        try:
            for i, x in enumerate(args):
                if i in static:
                    self._static(i, x, key)
                else:
                    self._enter(x, key)
            for name, x in kwargs.items():
                key.append(name)
                if name in static:
                    self._static(name, x, key)
                else:
                    self._enter(x, key)
        except RecursionError:
            raise ValueError(
                "jit: an argument holds itself, or is nested too deeply; give flat lists"
            ) from None
        self.key = tuple(key)

    def objects(self) -> list[Any]:
        """Return the arguments that are in the key by identity."""
        return [x for x in self.leaves if not isinstance(x, np.ndarray | Tensor | Value)]

    def _static(self, place: Any, x: Any, key: list[Any]) -> None:
        before = len(self.leaves)
        self._enter(x, [])
        self.static |= set(range(before, len(self.leaves)))
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"jit: the static argument {place!r} is a {type(x).__name__}, which cannot be "
                "compared from call to call; static arguments are numbers, strings and tuples"
            ) from None
        key.append(("static", _exact(x)))

    def _enter(self, x: Any, key: list[Any]) -> None:
        kind, leaves = type(x), self.leaves
        if kind is np.ndarray:
            key.append((x.shape, x.dtype, _first(x, leaves)) if leaves else (x.shape, x.dtype))
        elif kind is float or kind is int:
            key.append(kind)
        elif isinstance(x, Tensor):
            data, node = x._data, x._node
            key.append((kind, data.shape, data.dtype, node is None, _first(x, leaves)))
            if node is not None and node._a is not None:
                self.computed = True
        elif isinstance(x, np.generic):
            key.append((kind, "0-d"))
        elif kind in STATIC:
            key.append(("static", kind, repr(x) if kind is slice else x))
        elif isinstance(x, dict):
            key.append((kind, len(x)))
            for name in x:
                key.append(name if type(name) is str else _exact(name))
                self._enter(x[name], key)
            return
        elif isinstance(x, list | tuple):
            key.append((kind, len(x)))
            for e in x:
                self._enter(e, key)
            return
        elif isinstance(x, np.random.Generator | np.random.RandomState):
            key.append((kind, _first(x, leaves)))
        elif isinstance(x, Value):
            key.append(kind)
        else:
            # a module, an optimizer, any other object: itself
            key.append(("object", id(x)))
        leaves.append(x)


def _first(x: Any, leaves: list[Any]) -> int:
    """Return the first position of an argument: a tensor given twice is not two equal ones."""
    for i, known in enumerate(leaves):
        if known is x:
            return i
    return -1
