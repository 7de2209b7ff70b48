"""Sources: where the inputs of a program are read at each call, and where its results are stored.

Every source has a `Place`, with a form as Python code over ``leaves``, the flattened arguments of
the call, where ``name`` gives the name of an object. Next: `descriptors.py`.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from ...references import held_once
from .facts import Name, Place, leaf

_data_of = attrgetter("_data")


class Source:
    """The source of one input of a program."""

    # whether the array may be the same at every call
    fixed = False

    @property
    def place(self) -> Place:
        """The place of the value."""
        raise NotImplementedError

    def text(self, name: Name) -> str:
        """Return the expression that reads the value."""
        return self.place.text(name)

    @property
    def target(self) -> Place:
        """The place to store a new value."""
        return self.place

    @property
    def written(self) -> Place:
        """The place to store a number that is written in place."""
        return self.target

    def spare(self) -> bool:
        """Whether the array may be replaced by a slice of another one."""
        return False

    def read(self) -> Any:
        """Return the current value, if the source does not depend on the arguments."""
        return self.place.read()


class Plain(Source):
    """An array, number or generator that does not belong to a tensor."""

    @property
    def target(self) -> Place:
        """The place that the entry of a zero-dimensional array is stored at."""
        return Place("entry", self.place, ...)


class Argument(Plain):
    """An array, number or generator among the arguments."""

    def __init__(self, position: int) -> None:
        self.position = position

    @property
    def place(self) -> Place:
        """The place of the argument."""
        return leaf(self.position)


class Outside(Plain):
    """An array or generator that the function closes over, at its place."""

    fixed = True

    def __init__(self, x: Any) -> None:
        self.x = x

    @property
    def place(self) -> Place:
        """The array itself."""
        return Place("itself", self.x)


class Holder:
    """A tensor that the function closes over, or an argument."""

    def __init__(self, tensor: Any = None, position: int | None = None) -> None:
        self.fixed = tensor
        self.position = position

    def tensor(self, leaves: Any) -> Any:
        """Return the tensor of this call."""
        return self.fixed if self.position is None else leaves[self.position]

    @property
    def place(self) -> Place:
        """The place of the tensor."""
        return Place("itself", self.fixed) if self.position is None else leaf(self.position)

    def text(self, name: Name) -> str:
        """Return the expression for the tensor."""
        return self.place.text(name)


class Data(Source):
    """The data of a tensor."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder
        self.fixed = holder.position is None

    @property
    def place(self) -> Place:
        """The place of the array, or of the number of a 0-d tensor."""
        return Place("attribute", self.holder.place, "_data")

    @property
    def target(self) -> Place:
        """The place to store new data, which also dates the change."""
        return Place("attribute", self.holder.place, "data")

    @property
    def written(self) -> Place:
        """The place to store the number of a 0-d tensor, which also dates the change."""
        return Place("attribute", self.holder.place, "_number")

    def date(self) -> Place | None:
        """Return the place of the date of a change of the array."""
        if self.holder.position is not None:
            return Place("attribute", Place("attribute", self.holder.place, "_node"), "_mark")
        node = self.holder.fixed._node
        return None if node is None else Place("attribute", Place("itself", node), "_mark")

    def spare(self) -> bool:
        """Whether only the tensor refers to the array."""
        if self.holder.position is not None:
            return False
        tensor = self.holder.fixed
        kept = getattr(tensor._node, "_value", None) is tensor._data
        return _is_own(tensor._data) and held_once(_data_of, tensor, places=int(kept))

    def move(self, part: Any) -> None:
        """Replace the data of the tensor by a slice with the same numbers."""
        tensor = self.holder.fixed
        tensor._data = tensor._node._value = part


class Leaf:
    """A leaf whose gradient the program reads or sets: a node, or the node of an argument."""

    def __init__(self, node: Any = None, position: int | None = None) -> None:
        self.fixed = node
        self.position = position

    @property
    def place(self) -> Place:
        """The place of the node."""
        if self.position is None:
            return Place("itself", self.fixed)
        return Place("attribute", leaf(self.position), "_node")


class Gradient(Source):
    """The gradient of a leaf."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf

    @property
    def place(self) -> Place:
        """The place of the gradient."""
        return Place("slot", self.leaf.place, "_grad")

    def text(self, name: Name) -> str:
        """Return the expression that reads the gradient as an array or number."""
        return f"{name(_plain)}({self.leaf.place.text(name)}.grad)"

    @property
    def target(self) -> Place:
        """The place that a new gradient is stored at."""
        return Place("attribute", self.leaf.place, "_grad")


def _plain(g: Any) -> Any:
    return getattr(g, "_data", g)


class State(Source):
    """An array that an optimizer keeps for a parameter."""

    fixed = True

    def __init__(self, slot: Any, key: str) -> None:
        self.slot = slot
        self.key = key

    @property
    def place(self) -> Place:
        """The place of the array in the optimizer."""
        return Place("entry", self.slot.kept, self.key)

    @property
    def written(self) -> Place:
        """The place that the entry of a zero-dimensional array is stored at."""
        return Place("entry", self.place, ...)

    def spare(self) -> bool:
        """Whether only the optimizer refers to the array."""
        kept = self.slot.kept
        return _is_own(kept[self.key]) and held_once(kept.__getitem__, self.key)

    def move(self, part: Any) -> None:
        """Replace the array of the optimizer by a slice with the same numbers."""
        self.slot.kept[self.key] = part


def _is_own(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.base is None and array.flags.carray


class Settings:
    """The constants of one step of an optimizer: learning rate, powers of betas.

    Attributes
    ----------
    numbers : list
    source : dict or None
        The attributes of an optimizer of `nn`, from which the constants are computed.
    names : tuple of str
        The names of those that matter.
    timed : bool
        Whether the constants depend on the number of steps taken.
    seen : tuple or None
        The attributes for which the constants were computed; None if they may change on their own.
    """

    __slots__ = (
        "_before",
        "_switches",
        "ahead",
        "flags",
        "names",
        "numbers",
        "optimizer",
        "seen",
        "slot",
        "source",
        "timed",
    )

    def __init__(self, optimizer: Any, slot: Any, ahead: int) -> None:
        self.optimizer = optimizer
        self.slot = slot
        self.ahead = ahead
        self.numbers: list[Any] = []
        # the names of the settings that are switches
        self._switches = [name for name in optimizer._settings if name != "lr"]
        self.flags = self._flags()
        self.source: Any = None
        self.names: tuple[str, ...] = ()
        self.timed = False
        if type(optimizer).__module__.startswith("nn."):
            self.source = vars(optimizer)
            # the parameters themselves are fixed
            names = [k for k in self.source if k != "_parameters"]
            self.names = tuple([k for k in names if not _is_worked_on(self.source[k])])
            asked = _Asked(slot)
            optimizer._prepare(asked)
            self.timed = "steps" in asked._names
        self._before: Any = None
        self.seen: Any = None
        self.same()

    def _flags(self) -> list[bool]:
        return [not getattr(self.optimizer, name) for name in self._switches]

    def same(self) -> bool:
        """Read the constants of this call; return whether the switches are as recorded."""
        slot = self.slot
        if self.ahead:
            slot.steps += self.ahead
            try:
                self.numbers = [*self.optimizer._prepare(slot)]
            finally:
                slot.steps -= self.ahead
        else:
            self.numbers = [*self.optimizer._prepare(slot)]
        if self.source is None:
            return self._flags() == self.flags
        found = tuple([self.source[name] for name in self.names])
        if found != self._before:
            self._before = self.seen = None
            if self._flags() != self.flags:
                return False
            if not all(map(_is_settled, found)):
                return True
            self._before = found
        self.seen = (*found, slot.steps) if self.timed else found
        return True


class _Asked:
    """A slot that records its uses."""

    def __init__(self, slot: Any) -> None:
        self._slot = slot
        self._names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self._names.add(name)
        return getattr(self._slot, name)


def _is_worked_on(x: Any) -> bool:
    """Whether an attribute of an optimizer of `nn` is internal, and no setting."""
    return type(x) is list or type(x).__module__.startswith("nn.")


def _is_settled(x: Any) -> bool:
    """Whether an object is immutable, so that equal ones are interchangeable."""
    if isinstance(x, tuple):
        return all(map(_is_settled, x))
    return isinstance(x, bool | int | float | str | None)


class Setting(Source):
    """One of the constants of a step of an optimizer, which the guards have read."""

    def __init__(self, settings: Settings, number: int) -> None:
        self.settings = settings
        self.number = number

    @property
    def place(self) -> Place:
        """The place of the number in the settings."""
        return Place("item", Place("attribute", self.settings, "numbers"), self.number)
