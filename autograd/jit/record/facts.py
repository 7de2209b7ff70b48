"""Facts about outside objects that a recording depends on, and the places of these objects.

Each has a form as Python code over ``leaves``, the flattened arguments of a call, where ``name``
gives the name of an object; `../call/gate.py` has the same in C. Next: `sources.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

Name = Callable[[Any], str]


class Place(NamedTuple):
    """The place where an object is found at each call.

    Attributes
    ----------
    kind : str
        "itself" (``owner``), "leaf" (number ``key`` of the arguments), "attribute", "slot" (an
        attribute, or None if it is not set), "entry" (of a dict), "item" (of a list), "cell", or
        "context" (a context variable).
    owner : object
        The owner of the object, or the place of the owner.
    key : object
    """

    kind: str
    owner: Any
    key: Any = None

    def text(self, name: Name) -> str:
        """Return the expression that finds the object."""
        if self.kind == "leaf":
            return f"leaves[{self.key}]"
        owner = self.owner.text(name) if type(self.owner) is Place else name(self.owner)
        if self.kind in ("itself", "cell"):  # a cell's content goes by its name in a closure
            return owner
        if self.kind == "slot" and type(self.owner) is not FunctionType:
            return f"getattr({owner}, {self.key!r}, None)"
        if self.kind in ("attribute", "slot"):
            return f"{owner}.{self.key}"
        if self.kind == "context":
            return f"{owner}.get()"
        return f"{owner}[{repr(self.key) if type(self.key) in (str, int) else name(self.key)}]"

    def read(self) -> Any:
        """Return the current object, if the place does not depend on the arguments."""
        owner = self.owner.read() if type(self.owner) is Place else self.owner
        if self.kind == "itself":
            return owner
        if self.kind in ("attribute", "slot"):
            return getattr(owner, self.key)
        if self.kind == "cell":
            return owner.cell_contents
        return owner.get() if self.kind == "context" else owner[self.key]


def leaf(position: int) -> Place:
    """Return the place of an argument."""
    return Place("leaf", None, position)


class Is(NamedTuple):
    """An object is still the same object."""

    place: Place
    content: Any

    def text(self, name: Name) -> str:
        """Return the test."""
        known = repr(self.content) if isinstance(self.content, bool | None) else name(self.content)
        return f"{self.place.text(name)} is {known}"


class Equal(NamedTuple):
    """A number or string is still the same object, or equal."""

    place: Place
    content: Any
    same: Callable[[Any, Any], bool]

    def text(self, name: Name) -> str:
        """Return the test."""
        found, known = self.place.text(name), name(self.content)
        return f"({found} is {known} or {name(self.same)}({found}, {known}))"


class Length(NamedTuple):
    """A list still has the same length."""

    container: Any
    length: int

    def text(self, name: Name) -> str:
        """Return the test."""
        return f"len({name(self.container)}) == {self.length}"


class Keys(NamedTuple):
    """A dict, or the read-only mapping of a class, still has the same keys in the same order."""

    container: Any
    keys: list[Any]

    def text(self, name: Name) -> str:
        """Return the test."""
        return f"[*{name(self.container)}] == {name(self.keys)}"


class Form(NamedTuple):
    """An array still has the same shape and dtype."""

    place: Place
    shape: tuple[int, ...]
    dtype: Any

    def text(self, name: Name) -> str:
        """Return the test."""
        found = self.place.text(name)
        return f"{found}.shape == {self.shape!r} and {found}.dtype is {name(self.dtype)}"


class Laid(NamedTuple):
    """An array still lies in memory in the same way, which decides what is a view of it."""

    place: Place
    strides: tuple[int, ...]

    def text(self, name: Name) -> str:
        """Return the test."""
        return f"{self.place.text(name)}.strides == {self.strides!r}"


class Given(NamedTuple):
    """A leaf still has a gradient, or still has none."""

    node: Place
    given: bool

    def text(self, name: Name) -> str:
        """Return the test."""
        return f"({self.node.text(name)}.grad is None) is {not self.given}"


class Holds(NamedTuple):
    """A condition that is checked by calling an object."""

    ask: Callable[[], bool]

    def text(self, name: Name) -> str:
        """Return the test."""
        return f"{name(self.ask)}()"


class Fresh(NamedTuple):
    """The constants of an optimizer's step are those of its current settings."""

    settings: Any

    def text(self, name: Name) -> str:
        """Return the test, which also reads the constants of other settings."""
        settings = self.settings
        own = name(settings)
        if settings.source is None:
            return f"{own}.same()"
        seen = [f"{name(settings.source)}[{key!r}]" for key in settings.names]
        seen += [f"{name(settings.slot)}.steps"] if settings.timed else []
        return f"({own}.seen == ({', '.join(seen)},) or {own}.same())"


class Apart(NamedTuple):
    """An object is none of several."""

    place: Place
    others: tuple[Any, ...]

    def text(self, name: Name) -> str:
        """Return the test."""
        return f"id({self.place.text(name)}) not in {name(frozenset(map(id, self.others)))}"


Fact = Is | Equal | Length | Keys | Form | Laid | Given | Holds | Fresh | Apart


class Change(NamedTuple):
    """A change that a call makes at a place: a "result" or None ("none"), a "date", a "count".

    Attributes
    ----------
    n : int
        The index of the result, or the increase of a count.
    """

    kind: str
    place: Place
    n: int = 0

    def text(self, name: Name) -> str:
        """Return the statement; results are in ``found``, the date is ``now``."""
        if self.kind == "count":
            return f"{self.place.text(name)} += {self.n}"
        value = {"result": f"found[{self.n}]", "none": "None", "date": "now"}[self.kind]
        found = f"{self.place.text(name)} = {value}"
        if (
            self.kind == "date" and self.place.owner.kind != "itself"
        ):  # an argument may have no node
            return f"if {self.place.owner.text(name)} is not None: {found}"
        return found
