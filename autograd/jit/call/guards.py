"""Guards: the conditions under which a recording is still valid. Next: `swaps.py`.

The arguments are compared by their `signature`. Everything else that the function can reach is
found by `tape.guard.Guard`; here it becomes one fact after another, and all facts one function of
Python, as it runs at every call: closures and globals, attributes of modules, the form of
tensors, gradients that were or were not there, settings of optimizers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any

import numpy as np

from ...mode import _recording
from ...tensor import Tensor
from ..emit.python_code import code_of
from ..record.capture import Capture
from ..record.facts import Equal, Fact, Form, Fresh, Given, Holds, Is, Keys, Laid, Length, Place
from ..record.sources import State
from ..tape.guard import Guard
from ..tape.watched import PLAIN, Attributes, Cell, Class, Entries, Names, same

# Longer lists are compared by a function, not entry by entry in the generated code
_LONG = 40


class Reach(Guard):
    """All containers that a function can reach; optimizers are handled by their settings."""

    def __init__(self, roots: Any) -> None:
        self.optimizers: list[Any] = []
        self.arrays: list[Any] = []
        super().__init__(roots)

    @classmethod
    def of(cls, function: Any, leaves: list[Any]) -> Reach:
        """Return what a function can reach when called with these flattened arguments."""
        return cls([function, *[x for x in leaves if not isinstance(x, np.ndarray | Tensor)]])

    def holds(self) -> bool:
        """Whether nothing has changed; asked once, so nothing is precomputed."""
        return all(entry.holds() for entry in self.entries)

    def _inside(self, x: Any) -> list[Any]:
        if hasattr(type(x), "_prepare") and "_slots" in getattr(x, "__dict__", ()):
            self.optimizers.append(x)
            return []
        if isinstance(x, np.ndarray) and x.dtype != object:
            self.arrays.append(x)
            return []
        return super()._inside(x)


class Guards:
    """Conditions under which a recording is valid, as lines of Python over ``leaves``."""

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
        for source, step in zip(capture.sources, capture.inputs, strict=True):
            if capture.written_by_layout and len(step.shape) > 1:
                self.add(Laid(source.place, step.value.strides))
        for node, given in capture.gradients_asked():
            self.add(Given(node.place, given))
        for settings in capture.settings:
            self.add(Fresh(settings))
        self.add(Is(Place("context", _recording), _recording.get()))

    def name(self, x: Any) -> str:
        """Return the name of an object in the lines."""
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
        """Require this very array, instead of any array of its form."""
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
        cells = {name: x for name, x in self.names.items() if type(x) is CellType}
        space = {name: x for name, x in self.names.items() if name not in cells}
        text = f"def make({', '.join(cells)}):\n  def run(leaves):\n    {body}\n  return run"
        exec(code_of(text), space)
        code = space.pop("make")(*cells).__code__
        # the function closes over the cells themselves, which is the fastest way to read them
        return FunctionType(code, space, "run", None, tuple([cells[n] for n in code.co_freevars]))

    def _entry(self, entry: Any) -> None:
        if isinstance(entry, Entries):
            self._all(entry)
        elif isinstance(entry, Attributes):
            for name, content in zip(entry.names, entry.contents, strict=True):
                kind = "slot" if content is None else "attribute"
                self._same(Place(kind, entry.container, name), content)
        elif isinstance(entry, Names):
            for name, content in zip(entry.names, entry.contents, strict=True):
                self._same(Place("entry", entry.container, name), content)
        elif isinstance(entry, Cell) and entry.contents:
            self._same(Place("cell", entry.container), entry.contents[0])
        else:
            self.add(Holds(entry.holds))

    def _all(self, entry: Entries) -> None:
        container = entry.container
        if len(container) > _LONG or not (type(container) in (dict, list) or type(entry) is Class):
            self.add(Holds(entry.holds))
        elif type(container) is list:
            self.add(Length(container, len(container)))
            for i, content in enumerate(entry.contents):
                self._same(Place("item", container, i), content)
        else:
            self.add(Keys(container, list(container)))
            held = entry.settable() if isinstance(entry, Class) else container.items()
            for key, content in held:
                self._same(Place("entry", container, key), content)

    def _same(self, place: Place, content: Any) -> None:
        plain = isinstance(content, PLAIN) and not isinstance(content, bool | None)
        self.add(Equal(place, content, same) if plain else Is(place, content))

    def _tensor(self, tensor: Any) -> None:
        own = Place("itself", tensor)
        self.add(Is(Place("attribute", own, "_node"), tensor._node))
        self._form(Place("attribute", own, "_data"), tensor._data)

    def _form(self, place: Place, array: Any) -> None:
        self.add(Form(place, array.shape, array.dtype))
