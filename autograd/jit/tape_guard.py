"""What a recording of Values took for granted: all its function reaches. Next: `tape_call.py`.

Numbers and objects that a function finds in its closure, in globals, in modules and in lists are
part of its recording. A guard remembers every container on the way, and is checked at each call.
The numbers of Values and float arguments are read anew and need no guard.
"""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Iterable, Mapping
from itertools import chain
from operator import is_
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..node import Node
from ..value import Value
from .tape_number import OURS
from .tape_slots import END, loaded

_PLAIN = (int, float, bool, str, bytes, complex, type(None), np.generic)
# What these packages hold is no part of a user's function
_FOREIGN = frozenset(sys.stdlib_module_names) | {"numpy", "autograd", "scipy", "torch", "graphviz"}
_FOREIGN -= {"__main__"}


def same(a: Any, b: Any) -> bool:
    """Whether a recording with ``a`` holds for ``b``: one object, or equal numbers of one type."""
    if a is b:
        return True
    if type(a) is not type(b) or not isinstance(a, _PLAIN):
        return False
    return bool(a == b) or bool(a != a and b != b)


def all_same(a: list[Any], b: list[Any]) -> bool:
    """Whether two lists hold the same, in the sense of `same`."""
    return len(a) == len(b) and (all(map(is_, a, b)) or all(map(same, a, b)))


def same_arrays(a: Any, b: Any) -> bool:
    """Whether two plain arrays are equal in shape, dtype and entries."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


# What nn.Module keeps about itself, for names in errors
_BOOKKEEPING = tuple(map(sys.intern, ("_names", "_remembered")))


class _Entries:
    """The contents of a list or set, of a dict, or of some names in a dict."""

    __slots__ = ("container", "contents", "names")

    def __init__(self, container: Any, names: Iterable[str] | None = None) -> None:
        self.container = container
        self.names = None if names is None else tuple(names)
        self.contents = self.now()

    def now(self) -> list[Any]:
        if self.names is not None:
            return [self.container.get(name) for name in self.names]
        if isinstance(self.container, Mapping):
            held = self.container
            if any(k in held for k in _BOOKKEEPING):
                held = {k: v for k, v in held.items() if k not in _BOOKKEEPING}
            return [*held.keys(), *held.values()]
        return list(self.container)

    def is_whole(self) -> bool:
        """Whether this is a list or dict with all it holds."""
        return self.names is None and type(self.container) in (list, dict)

    def holds(self) -> bool:
        return all_same(self.now(), self.contents)


class _Cell:
    __slots__ = ("cell", "contents")

    def __init__(self, cell: Any) -> None:
        self.cell = cell
        self.contents = self.now()

    def now(self) -> list[Any]:
        try:
            return [self.cell.cell_contents]
        except ValueError:  # not bound yet
            return []

    def holds(self) -> bool:
        return all_same(self.now(), self.contents)


class _Array:
    __slots__ = ("array", "contents", "copy")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.copy = array.copy()
        self.contents = array.ravel().tolist() if array.dtype == object else []

    def holds(self) -> bool:
        if self.array.dtype != object:
            return same_arrays(self.array, self.copy)
        return self.array.shape == self.copy.shape and all(
            map(same, self.array.flat, self.copy.flat)
        )


class _Many:
    """Lists and dicts, looked at together: nearly always they hold the very objects they held."""

    def __init__(self, entries: list[Any]) -> None:
        self.entries = [e for e in entries if type(e) is _Entries and e.is_whole()]
        self.others = [
            e for e in entries if type(e) is not _Entries or not (e.is_whole() or e.names == ())
        ]
        self._containers = [e.container for e in self.entries]
        self._dicts = [x for x in self._containers if isinstance(x, dict)]
        self._lengths = [len(e.contents) >> isinstance(e.container, dict) for e in self.entries]
        # what each holds, for C in turn; for Python of dicts the keys, and at the end all values
        self._in_turn = [x for e in self.entries for x in (*_in_turn(e), END)]
        pairs = list(zip(self.entries, self._lengths, strict=True))
        self._held = [x for e, n in pairs for x in e.contents[:n]]
        self._held += [x for e, n in pairs for x in e.contents[n:]]

    def hold(self) -> bool:
        slots = loaded()
        if slots is not None:
            same = slots.same(self._containers, self._in_turn, _BOOKKEEPING)
        else:
            now = chain(self._containers, map(dict.values, self._dicts))
            same = list(map(len, self._containers)) == self._lengths and all(
                map(is_, chain.from_iterable(now), self._held)
            )
        return same or all(e.holds() for e in self.entries)


def _in_turn(entry: _Entries) -> list[Any]:
    """Return what a list held, or each key of a dict with its value."""
    found, n = entry.contents, len(entry.contents) // 2
    if not isinstance(entry.container, dict):
        return found
    return list(chain.from_iterable(zip(found[:n], found[n:], strict=True)))


class Guard:
    """All containers that can be reached from some objects, with what they held.

    Attributes
    ----------
    values, tensors : list
        The nodes met: scalar ones, and others.
    """

    def __init__(self, roots: Iterable[Any]) -> None:
        self.entries: list[Any] = []
        self.values: list[Any] = []
        self.tensors: list[Any] = []
        self._generators: list[tuple[Any, Any]] = []
        self._keep: list[Any] = []
        seen: set[int] = set()
        stack = list(roots)
        while stack:
            x = stack.pop()
            if isinstance(x, _PLAIN) or id(x) in seen:
                continue
            seen.add(id(x))
            self._keep.append(x)
            stack += self._inside(x)
        self._drawn = _random_state()
        self._many: _Many | None = None

    def holds(self) -> bool:
        """Whether everything is as it was."""
        if self._many is None:
            self._many = _Many(self.entries)
        return self._many.hold() and all(e.holds() for e in self._many.others)

    def drew(self) -> bool:
        """Whether random numbers were drawn since, from NumPy, `random` or a generator met."""
        return _random_state() != self._drawn or any(
            _state_of(x) != state for x, state in self._generators
        )

    def _note(self, entry: Any) -> list[Any]:
        self.entries.append(entry)
        return list(entry.contents)

    def _inside(self, x: Any) -> list[Any]:
        """Note a container, and return what it holds."""
        if isinstance(x, Node) or hasattr(type(x), "__autograd_rank__"):
            (self.values if isinstance(x, Value) else self.tensors).append(x)
            return []
        if isinstance(x, np.random.Generator | np.random.RandomState | random.Random):
            self._generators.append((x, _state_of(x)))
            return []
        if isinstance(x, np.ndarray):
            return self._note(_Array(x))
        if isinstance(x, tuple | frozenset):
            return list(x)
        if isinstance(x, Mapping | list | set):
            return self._note(_Entries(x))
        if isinstance(x, FunctionType):
            return self._function(x)
        if isinstance(x, MethodType):
            return [x.__self__, x.__func__]
        if isinstance(x, BuiltinFunctionType):
            return [x.__self__] if x.__self__ is not None else []
        if isinstance(x, functools.partial):
            return [x.func, x.args, x.keywords]
        if isinstance(x, type | ModuleType) or _foreign(type(x)) or _is_effect(type(x)):  # type: ignore[arg-type]
            return []
        return self._object(x)

    def _function(self, f: FunctionType) -> list[Any]:
        if OURS[f.__code__.co_filename]:
            return self._wrapped(f)
        if _root(f.__module__) in _FOREIGN - {"autograd"}:
            return []
        found = [*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()]
        for cell in f.__closure__ or ():
            found += self._note(_Cell(cell))
        names = _names(f.__code__)
        found += self._note(_Entries(f.__globals__, [n for n in names if n in f.__globals__]))
        for module in [m for m in found if isinstance(m, ModuleType)]:
            if _root(module.__name__) not in _FOREIGN | {"nn"}:
                held = vars(module)
                found += self._note(_Entries(held, [n for n in names if n in held]))
        if hasattr(f, "__wrapped__"):
            found.append(f.__wrapped__)
        return found

    def _wrapped(self, f: FunctionType) -> list[Any]:
        """Return what a function of this library closes over, as one made by `grad` does."""
        found: list[Any] = []
        for cell in map(_Cell, f.__closure__ or ()):
            for x in cell.contents:
                if isinstance(x, np.ndarray | np.random.Generator | tuple):
                    found += self._note(cell)
                elif not isinstance(x, Mapping | list | set):
                    found.append(x)
        return found

    def _object(self, x: Any) -> list[Any]:
        found: list[Any] = []
        if isinstance(getattr(x, "__dict__", None), dict):
            found += self._note(_Entries(vars(x)))
        for kind in type(x).__mro__:
            if not _foreign(kind):
                found += [f for f in vars(kind).values() if isinstance(f, FunctionType)]
                slots = vars(kind).get("__slots__", ())
                slots = (slots,) if isinstance(slots, str) else slots
                if slots:
                    found += self._note(_Slots(x, slots))
        return found


class _Slots(_Entries):
    __slots__ = ()

    def now(self) -> list[Any]:
        return [getattr(self.container, name, None) for name in self.names or ()]


@functools.cache
def _root(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _foreign(kind: type | FunctionType) -> bool:
    return _root(kind.__module__) in _FOREIGN


@functools.cache
def _is_effect(kind: Any) -> bool:
    return any(
        getattr(attribute, "__effect__", False)
        for base in kind.__mro__
        for attribute in vars(base).values()
    )


def _names(code: Any) -> list[str]:
    """Return the names that a function and those inside it look up."""
    found, stack = dict.fromkeys(code.co_names), [code]
    while stack:
        for constant in stack.pop().co_consts:
            if isinstance(constant, type(code)):
                found.update(dict.fromkeys(constant.co_names))
                stack.append(constant)
    return list(found)


def _state_of(x: Any) -> str:
    if isinstance(x, np.random.Generator):
        return repr(x.bit_generator.state)
    return repr(x.getstate() if isinstance(x, random.Random) else x.get_state())


def _random_state() -> tuple[Any, Any]:
    state: Any = np.random.get_state()
    return random.getstate(), (state[1].tobytes(), state[2])
