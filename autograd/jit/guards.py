"""What must be as it was when recorded for a program to hold. Next: `compiled.py`.

The arguments are compared by their `signature`. Everything else that the function can reach is
found by `tape_guard.Guard`; here it becomes one fact after another, and all facts one function of
Python, as it runs at every call: closures and globals, attributes of modules, the form of
tensors, gradients that were or were not there, settings of optimizers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from ..mode import _recording
from .capture import Capture
from .facts import Equal, Fact, Form, Fresh, Given, Holds, Is, Length, Place
from .sources import State
from .tape_guard import _PLAIN, Guard, _Array, _Cell, _Entries, _foreign, _root, _Slots, same
from .tape_number import OURS

# Longer lists are compared by a function, not entry by entry in the text
_LONG = 40


class Reach(Guard):
    """All containers that a function can reach; optimizers are left to their own settings."""

    def __init__(self, roots: Any) -> None:
        self.optimizers: list[Any] = []
        self.arrays: list[Any] = []
        self._classes: set[type] = set()
        super().__init__(roots)

    def _inside(self, x: Any) -> list[Any]:
        if hasattr(x, "_slots") and hasattr(x, "_prepare"):
            self.optimizers.append(x)
            return []
        if isinstance(x, np.ndarray) and x.dtype != object:
            self.arrays.append(x)
            return []
        return super()._inside(x)

    def _function(self, f: FunctionType) -> list[Any]:
        found = super()._function(f)
        if not OURS[f.__code__.co_filename] and not _foreign(f):
            found += self._note(_Slots(f, ("__code__", "__defaults__", "__kwdefaults__")))
        return found

    def _object(self, x: Any) -> list[Any]:
        found = super()._object(x)
        if isinstance(getattr(x, "__dict__", None), dict):
            self.entries.append(_Slots(x, ("__dict__",)))  # what is in it was met
        for kind in type(x).__mro__:
            if kind not in self._classes and not _foreign(kind) and _root(kind.__module__) != "nn":
                self._classes.add(kind)
                found += self._note(_Slots(kind, _settable(kind)))
        return found


def _settable(kind: type) -> list[str]:
    """Return the names of a class under which it holds numbers, objects and functions."""
    return [
        name
        for name, x in vars(kind).items()
        if isinstance(x, FunctionType) or not (name.startswith("__") or hasattr(type(x), "__get__"))
    ]


class Guards:
    """Conditions under which a recording holds, as lines of Python over ``leaves``."""

    def __init__(self, reach: Reach, capture: Capture) -> None:
        self.facts: dict[Any, Fact] = {}
        self.names: dict[str, Any] = {}
        self._known: dict[int, str] = {}
        for entry in reach.entries:
            self._entry(entry)
        for holder in capture.holders.values():
            if holder.position is None:
                self._tensor(holder.fixed)
        for source in capture.sources:
            if type(source) is State:
                self._form(source.place, source.read())
        for node, given in capture.gradients_asked():
            self.add(Given(node.place, given))
        for settings in capture.settings:
            self.add(Fresh(settings))
        self.add(Is(Place("context", _recording), _recording.get()))

    def name(self, x: Any) -> str:
        """Return the name under which an object is known to the lines."""
        found = self._known.get(id(x))
        if found is None:
            found = self._known[id(x)] = f"g{len(self._known)}"
            self.names[found] = x
        return found

    def fork(self) -> Guards:
        """Return a copy, to which conditions may be added."""
        found = object.__new__(Guards)
        found.facts, found.names, found._known = (
            dict(self.facts),
            dict(self.names),
            dict(self._known),
        )
        return found

    def identify(self, place: Place, array: Any) -> None:
        """Ask for an array itself, in the place of one of its form."""
        self.facts.pop(Form(place, array.shape, array.dtype).text(self.name), None)
        self.add(Is(place, array))

    def add(self, fact: Fact) -> None:
        """Add a condition, once."""
        self.facts[fact.text(self.name)] = fact

    def text(self) -> str:
        """Return all conditions as one expression."""
        return " and ".join(self.facts) or "True"

    def compile(self, body: str) -> Callable[[Any], Any]:
        """Return the function of ``leaves`` with these lines."""
        space = dict(self.names)
        exec(f"def run(leaves):\n    {body}", space)
        run: Callable[[Any], Any] = space["run"]
        return run

    def _entry(self, entry: Any) -> None:
        if isinstance(entry, _Array):
            self.add(Holds(entry.holds))
        elif isinstance(entry, _Cell):
            if entry.contents:
                self._same(Place("cell", entry.cell), entry.contents[0])
        elif entry.names is None:
            self._all(entry)
        else:
            kind = "slot" if isinstance(entry, _Slots) else "entry"
            for name, content in zip(entry.names, entry.contents, strict=True):
                self._same(Place(kind, entry.container, name), content)

    def _all(self, entry: _Entries) -> None:
        container = entry.container
        if type(container) not in (dict, list) or len(container) > _LONG:
            self.add(Holds(entry.holds))
            return
        self.add(Length(container, len(container)))
        if type(container) is dict:
            for key, content in container.items():
                self._same(Place("entry", container, key), content)
        else:
            for i, content in enumerate(entry.contents):
                self._same(Place("item", container, i), content)

    def _same(self, place: Place, content: Any) -> None:
        plain = isinstance(content, _PLAIN) and not isinstance(content, bool | None)
        self.add(Equal(place, content, same) if plain else Is(place, content))

    def _tensor(self, tensor: Any) -> None:
        own = Place("itself", tensor)
        self.add(Is(Place("attribute", own, "_node"), tensor._node))
        self._form(Place("attribute", own, "_data"), tensor._data)

    def _form(self, place: Place, array: Any) -> None:
        self.add(Form(place, array.shape, array.dtype))
