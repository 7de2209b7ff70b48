"""The containers that a recording watches, one by one and all at once. Next: `guard.py`.

Each watcher remembers the contents of a container, and tells whether they are still the same: the
same objects, or equal numbers.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from operator import attrgetter, is_
from types import FunctionType, MappingProxyType
from typing import Any

import numpy as np

from .slots import END, Slots, loaded

PLAIN = (int, float, bool, str, bytes, complex, type(None), np.generic)
# Attributes that nn.Module stores for names in errors
_BOOKKEEPING = tuple(map(sys.intern, ("_names", "_remembered", "_buffers")))


def same(a: Any, b: Any) -> bool:
    """Whether ``b`` may replace ``a`` in a recording: the same object, or an equal number."""
    if a is b:
        return True
    if type(a) is not type(b) or not isinstance(a, PLAIN):
        return False
    if a == b:
        return bool(a) or repr(a) == repr(b)  # 0.0 is not -0.0
    return bool(a != a and b != b)


def all_same(a: list[Any], b: list[Any]) -> bool:
    """Whether two lists have the same items, in the sense of `same`."""
    return len(a) == len(b) and (all(map(is_, a, b)) or all(map(same, a, b)))


def same_arrays(a: Any, b: Any) -> bool:
    """Whether two plain arrays are equal in shape, dtype and entries, with the signs of zeros."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind == "c":
        return same_arrays(a.real, b.real) and same_arrays(a.imag, b.imag)
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    alike = np.array_equal(a, b, equal_nan=True)
    return alike and bool(np.array_equal(np.signbit(a), np.signbit(b)))


class Held:
    """A container with its remembered contents; there is a subclass for each kind of container."""

    __slots__ = ("container", "contents")

    def __init__(self, container: Any) -> None:
        self.container = container
        self.contents = self.now()

    def now(self) -> list[Any]:
        """Return the current contents of the container."""
        raise NotImplementedError

    def inside(self) -> list[Any]:
        """Return the contents that are to be searched as well."""
        return self.contents

    def holds(self) -> bool:
        """Whether the contents have not changed."""
        return all_same(self.now(), self.contents)


class Entries(Held):
    """The items of a list or set, or a mapping with its keys in order."""

    __slots__ = ()

    def now(self) -> list[Any]:
        """Return the items, or the keys and then the values."""
        held = self.container
        if not isinstance(held, Mapping):
            return list(held)
        if any(k in held for k in _BOOKKEEPING):
            held = {k: v for k, v in held.items() if k not in _BOOKKEEPING}
        return [*held.keys(), *held.values()]


class Class(Entries):
    """The attributes of a class itself; the container is their read-only mapping."""

    __slots__ = ("kind",)

    def __init__(self, kind: type) -> None:
        self.kind = kind
        super().__init__(vars(kind))

    def inside(self) -> list[Any]:
        """Return the attributes, without those that every class has, and all functions."""
        return [x for _, x in self.settable()]

    def settable(self) -> list[tuple[str, Any]]:
        """Return those attributes with their names."""
        kinds = FunctionType, staticmethod, classmethod
        return [
            (name, x)
            for name, x in self.container.items()
            if isinstance(x, kinds) or not (name.startswith("__") and name.endswith("__"))
        ]


class Names(Held):
    """Some names in a dict, None for missing ones."""

    __slots__ = ("names",)

    def __init__(self, container: Any, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(container)

    def now(self) -> list[Any]:
        """Return the current values."""
        return [self.container.get(name) for name in self.names]


class Attributes(Names):
    """Some attributes of an object, None for missing ones."""

    __slots__ = ()

    def now(self) -> list[Any]:
        """Return the current attributes."""
        return [getattr(self.container, name, None) for name in self.names]


class Cell(Held):
    """A variable of a closure."""

    __slots__ = ()
    names = ("cell_contents",)

    def now(self) -> list[Any]:
        """Return its object; nothing if it is unbound."""
        try:
            return [self.container.cell_contents]
        except ValueError:
            return []


class ArrayCopy(Held):
    """The entries of an array."""

    __slots__ = ("copy",)

    def __init__(self, array: Any) -> None:
        self.copy = array.copy()
        super().__init__(array)

    def now(self) -> list[Any]:
        """Return its objects."""
        return self.container.ravel().tolist() if self.container.dtype == object else []

    def holds(self) -> bool:
        """Whether shape, dtype and entries have not changed."""
        now, then = self.container, self.copy
        if now.dtype == then.dtype == object:
            return now.shape == then.shape and all(map(same, now.flat, then.flat))
        return same_arrays(now, then)


class Bytes(Held):
    """The memory of a bytearray, memoryview or array of the `array` module."""

    __slots__ = ()

    def now(self) -> list[Any]:
        """Return it as bytes."""
        return [bytes(self.container)]

    def inside(self) -> list[Any]:
        """Return nothing: there are no objects in it."""
        return []


class Watched:
    """All containers together, which nearly always still hold the same objects.

    Lists, dicts, classes, attributes and variables are compared by identity, all at once. If that
    fails, and for other kinds, each container is asked.
    """

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries
        self._whole = [e for e in entries if _is_whole(e)]
        self._named = [e for e in entries if type(e) is Names and e.names]
        self._placed = [e for e in entries if isinstance(e, Attributes | Cell) and e.contents]
        known = {*map(id, self._whole), *map(id, self._named), *map(id, self._placed)}
        self._others = [e for e in entries if id(e) not in known and type(e) is not Names]
        self._identical: dict[bool, Callable[[], object]] = {}

    def hold(self) -> bool:
        """Whether nothing has changed."""
        slots = loaded()
        identical = self._identical.get(slots is None)
        if identical is None:
            identical = self._in_python() if slots is None else self._in_c(slots)
            self._identical[slots is None] = identical
        if identical():
            return all(e.holds() for e in self._others)
        if not all(e.holds() for e in self.entries):
            return False
        for e in self.entries:  # equal numbers, which are expected from now on
            e.contents = e.now()
        self._identical = {}
        return True

    def _in_c(self, slots: Slots) -> Callable[[], object]:
        containers, held = [], []
        for e in self._whole:
            containers.append(dict_of(e.container))
            held += [*_in_turn(e), END]
        for e in self._named:
            containers.append((e.container, *e.names))
            held += [*e.contents, END]
        places, others = [], []
        for e in self._placed:
            pairs = list(zip(e.names, e.contents, strict=True))
            found = [(slots.address(e.container, name, x), x) for name, x in pairs]
            if all(address for address, _ in found):
                places += found
            else:
                others.append(e)
        same = slots.comparison(containers, held, _BOOKKEEPING, places)
        return (lambda: same() and all(e.holds() for e in others)) if others else same

    def _in_python(self) -> Callable[[], object]:
        containers = [e.container for e in self._whole]
        mappings = [x for x in containers if not isinstance(x, list)]
        lengths = [len(e.contents) >> (not isinstance(e.container, list)) for e in self._whole]
        pairs = list(zip(self._whole, lengths, strict=True))
        held = [x for e, n in pairs for x in e.contents[:n]]
        held += [x for e, n in pairs for x in e.contents[n:]]
        held += [x for e in self._named for x in e.contents]
        owners: dict[Any, list[Any]] = {}
        for e in self._placed:
            owners.setdefault(e.names, []).append(e)
        placed = [(_getter(names), [e.container for e in e_s]) for names, e_s in owners.items()]
        held += [x for e_s in owners.values() for e in e_s for x in e.contents]

        def identical() -> bool:
            values = (m.values() for m in mappings)
            names = (e.now() for e in self._named)
            attributes = chain.from_iterable(map(get, owned) for get, owned in placed)
            now = chain.from_iterable(chain(containers, values, names, attributes))
            try:
                return list(map(len, containers)) == lengths and all(map(is_, now, held))
            except (AttributeError, ValueError):  # an attribute is missing, or a cell unbound
                return False

        return identical


def _is_whole(entry: Any) -> bool:
    kind = type(entry)
    return kind is Class or (kind is Entries and type(entry.container) in (list, dict))


def _getter(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return a function from an object to the tuple of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    get = attrgetter(*names)
    return lambda x: (get(x),)


def dict_of(mapping: Any) -> Any:
    """Return the dict behind the read-only mapping of a class; anything else as it is."""
    return gc.get_referents(mapping)[0] if type(mapping) is MappingProxyType else mapping


def _in_turn(entry: Any) -> list[Any]:
    """Return the items of a list, or each key of a mapping with its value."""
    found, n = entry.contents, len(entry.contents) // 2
    if isinstance(entry.container, list):
        return list(found)
    return list(chain.from_iterable(zip(found[:n], found[n:], strict=True)))
