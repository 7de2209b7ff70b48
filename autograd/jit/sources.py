"""Where the inputs of a program are read at each call, and where its results go. Next: `swaps.py`.

Every source says so as Python over ``leaves``, the flattened arguments of the call; ``name`` gives
the name under which an object is known there.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

import numpy as np

Name = Callable[[Any], str]


class Source:
    """Where one input of a program is read."""

    # whether the array may be the same at every call
    fixed = False

    def text(self, name: Name) -> str:
        """Return the expression that reads the value."""
        raise NotImplementedError

    def replaced(self, name: Name, value: str) -> str:
        """Return the statement that sets the value."""
        return f"{self.text(name)} = {value}"

    def spare(self) -> bool:
        """Whether a slice of another array may take the place of the array."""
        return False

    def read(self) -> Any:
        """Return the value now, of a source that does not depend on the arguments."""
        names: dict[str, Any] = {}

        def name(x: Any) -> str:
            names[f"x{len(names)}"] = x
            return f"x{len(names) - 1}"

        return eval(self.text(name), names)


class Argument(Source):
    """An array, number or generator among the arguments."""

    def __init__(self, position: int) -> None:
        self.position = position

    def text(self, name: Name) -> str:
        """Return the expression that reads the argument."""
        return f"leaves[{self.position}]"


class Outside(Source):
    """An array or generator that the function closes over, which is where it is."""

    fixed = True

    def __init__(self, x: Any) -> None:
        self.x = x

    def text(self, name: Name) -> str:
        """Return the name of the array."""
        return name(self.x)


class Holder:
    """A tensor of the program: one that the function closes over, or an argument."""

    def __init__(self, tensor: Any = None, position: int | None = None) -> None:
        self.fixed = tensor
        self.position = position

    def tensor(self, leaves: Any) -> Any:
        """Return the tensor of this call."""
        return self.fixed if self.position is None else leaves[self.position]

    def text(self, name: Name) -> str:
        """Return the expression for the tensor."""
        return name(self.fixed) if self.position is None else f"leaves[{self.position}]"


class Data(Source):
    """The data of a tensor."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder
        self.fixed = holder.position is None

    def text(self, name: Name) -> str:
        """Return the expression that reads the array, or the number of a 0-d tensor."""
        return f"{self.holder.text(name)}._data"

    def replaced(self, name: Name, value: str) -> str:
        """Return the statement that gives the tensor other data, and dates the change."""
        return f"{self.holder.text(name)}.data = {value}"

    def dated(self, name: Name) -> str:
        """Return the statement that dates a change of the array, at the time ``now``."""
        if self.holder.position is None:
            node = self.holder.fixed._node
            return "" if node is None else f"{name(node)}._mark = now"
        node = f"{self.holder.text(name)}._node"
        return f"if {node} is not None: {node}._mark = now"

    def spare(self) -> bool:
        """Whether nobody but the tensor holds the array."""
        if self.holder.position is not None:
            return False
        tensor = self.holder.fixed
        array, node = tensor._data, tensor._node
        return _is_own(array) and getrefcount(array) <= 3 + (getattr(node, "_value", None) is array)

    def move(self, part: Any) -> None:
        """Give the tensor a slice that holds its numbers."""
        tensor = self.holder.fixed
        tensor._data = tensor._node._value = part


class Leaf:
    """A leaf whose gradient the program reads or sets: a node, or that of an argument."""

    def __init__(self, node: Any = None, position: int | None = None) -> None:
        self.fixed = node
        self.position = position

    def text(self, name: Name) -> str:
        """Return the expression for the node."""
        return name(self.fixed) if self.position is None else f"leaves[{self.position}]._node"


class Gradient(Source):
    """The gradient of a leaf."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf

    def text(self, name: Name) -> str:
        """Return the expression that reads the gradient as an array or number."""
        return f"{name(_plain)}({self.leaf.text(name)}.grad)"

    def replaced(self, name: Name, value: str) -> str:
        """Return the statement that sets the gradient."""
        return f"{self.leaf.text(name)}._grad = {value}"


def _plain(g: Any) -> Any:
    return getattr(g, "_data", g)


class State(Source):
    """An array that an optimizer keeps for a parameter."""

    fixed = True

    def __init__(self, slot: Any, key: str) -> None:
        self.slot = slot
        self.key = key

    def text(self, name: Name) -> str:
        """Return the expression that reads the array."""
        return f"{name(self.slot.kept)}[{self.key!r}]"

    def spare(self) -> bool:
        """Whether nobody but the optimizer holds the array."""
        array = self.slot.kept[self.key]
        return _is_own(array) and getrefcount(array) <= 3

    def move(self, part: Any) -> None:
        """Give the optimizer a slice that holds the numbers."""
        self.slot.kept[self.key] = part


def _is_own(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.base is None and array.flags.carray


class Settings:
    """The numbers of one step of an optimizer: learning rate, powers of betas."""

    def __init__(self, optimizer: Any, slot: Any, ahead: int) -> None:
        self.optimizer = optimizer
        self.slot = slot
        self.ahead = ahead
        self.flags: list[Any] = []
        self.numbers: list[Any] = []
        # the names of the settings that switch something on
        self.switches = [name for name in optimizer._settings if name != "lr"]
        self.same()
        self.flags = self._flags()

    def _flags(self) -> list[Any]:
        own = self.optimizer
        return [not getattr(own, name) for name in self.switches]

    def same(self) -> bool:
        """Read the numbers of this call; whether the choices among the settings are as recorded."""
        if self.ahead:
            self.slot.steps += self.ahead
            try:
                self.numbers = self.optimizer._prepare(self.slot)
            finally:
                self.slot.steps -= self.ahead
        else:
            self.numbers = self.optimizer._prepare(self.slot)
        return self._flags() == self.flags


class Setting(Source):
    """One of the numbers of a step of an optimizer, which the guards have read."""

    def __init__(self, settings: Settings, place: int) -> None:
        self.settings = settings
        self.place = place

    def text(self, name: Name) -> str:
        """Return the expression that reads the number."""
        return f"{name(self.settings)}.numbers[{self.place}]"
