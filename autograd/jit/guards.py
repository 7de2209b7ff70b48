"""What must be as it was when recorded for a program to hold. Next: `compiled.py`.

The arguments are compared by their `signature`. Everything else that the function can reach is
found by `tape_guard.Guard`; here it becomes one line of Python for each fact, and all lines one
function, as it runs at every call: closures and globals, attributes of modules, the form of
tensors, gradients that were or were not there, settings of optimizers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .capture import Capture
from .sources import State
from .tape_guard import _PLAIN, Guard, _Array, _Cell, _Entries, _Slots, same

# Longer lists are compared by a function, not entry by entry in the text
_LONG = 40


class Reach(Guard):
    """All containers that a function can reach; optimizers are left to their own settings."""

    def __init__(self, roots: Any) -> None:
        self.optimizers: list[Any] = []
        self.arrays: list[Any] = []
        super().__init__(roots)

    def _inside(self, x: Any) -> list[Any]:
        if hasattr(x, "_slots") and hasattr(x, "_prepare"):
            self.optimizers.append(x)
            return []
        if isinstance(x, np.ndarray) and x.dtype != object:
            self.arrays.append(x)
            return []
        return super()._inside(x)


class Guards:
    """Conditions under which a recording holds, as lines of Python over ``leaves``."""

    def __init__(self, reach: Reach, capture: Capture) -> None:
        self.lines: dict[str, None] = {}
        self.names: dict[str, Any] = {}
        self._known: dict[int, str] = {}
        for entry in reach.entries:
            self._entry(entry)
        for holder in capture.holders.values():
            if holder.position is None:
                self._tensor(holder.fixed)
        for source in capture.sources:
            if type(source) is State:
                self._form(source.text(self.name), source.read())
        for node, given in capture.gradients_asked():
            self.add(f"({node.text(self.name)}.grad is None) is {not given}")
        for settings in capture.settings:
            self.add(f"{self.name(settings)}.same()")

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
        found.lines, found.names, found._known = (
            dict(self.lines),
            dict(self.names),
            dict(self._known),
        )
        return found

    def identify(self, text: str, array: Any) -> None:
        """Ask for an array itself, in the place of one of its form."""
        self.lines.pop(self._formed(text, array), None)
        self.add(f"{text} is {self.name(array)}")

    def _formed(self, text: str, array: Any) -> str:
        dtype = self.name(array.dtype)
        return f"{text}.shape == {array.shape!r} and {text}.dtype is {dtype}"

    def add(self, line: str) -> None:
        """Add a condition, once."""
        self.lines[line] = None

    def text(self) -> str:
        """Return all conditions as one expression."""
        return " and ".join(self.lines) or "True"

    def compile(self, body: str) -> Callable[[Any], Any]:
        """Return the function of ``leaves`` with these lines."""
        space = dict(self.names)
        exec(f"def run(leaves):\n    {body}", space)
        run: Callable[[Any], Any] = space["run"]
        return run

    def _entry(self, entry: Any) -> None:
        if isinstance(entry, _Array):
            self.add(f"{self.name(entry)}.holds()")
            return
        if isinstance(entry, _Cell):
            if entry.contents:
                self._same(f"{self.name(entry.cell)}.cell_contents", entry.contents[0])
            return
        container = self.name(entry.container)
        if entry.names is not None:
            get = "getattr({}, {!r}, None)" if isinstance(entry, _Slots) else "{}.get({!r})"
            for name, content in zip(entry.names, entry.contents, strict=True):
                self._same(get.format(container, name), content)
            return
        self._all(entry, container)

    def _all(self, entry: _Entries, container: str) -> None:
        kind = type(entry.container)
        if kind is dict and len(entry.container) <= _LONG:
            self.add(f"len({container}) == {len(entry.container)}")
            for key, content in entry.container.items():
                text = repr(key) if isinstance(key, str | int) else self.name(key)
                self._same(f"{container}.get({text})", content)
        elif kind is list and len(entry.contents) <= _LONG:
            self.add(f"len({container}) == {len(entry.contents)}")
            for i, content in enumerate(entry.contents):
                self._same(f"{container}[{i}]", content)
        else:
            self.add(f"{self.name(entry)}.holds()")

    def _same(self, text: str, content: Any) -> None:
        if isinstance(content, bool | None):
            self.add(f"{text} is {content}")
        elif isinstance(content, _PLAIN):
            self.names["same"] = same
            known = self.name(content)
            self.add(f"({text} is {known} or same({text}, {known}))")
        else:
            self.add(f"{text} is {self.name(content)}")

    def _tensor(self, tensor: Any) -> None:
        t = self.name(tensor)
        self.add(f"{t}._node is {self.name(tensor._node)}")
        self._form(f"{t}._data", tensor._data)

    def _form(self, text: str, array: Any) -> None:
        self.add(self._formed(text, array))
