"""Where the inputs of a program are read at each call, and where its results go. Next: `swaps.py`.

A `Holder` is a tensor of the program: one that the function closes over, or an argument of the
call. Everything here takes ``leaves``, the flattened arguments of the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..mode import tick
from ..node import LEAF

Leaves = Sequence[Any]


class Argument:
    """An array, number or generator among the arguments."""

    def __init__(self, position: int) -> None:
        self.position = position

    def read(self, leaves: Leaves) -> Any:
        """Return the argument."""
        return leaves[self.position]

    def write(self, leaves: Leaves, value: Any) -> None:
        """Write an array in place."""
        leaves[self.position][...] = value


class Holder:
    """A tensor, by identity or as an argument."""

    def __init__(self, tensor: Any = None, position: int | None = None) -> None:
        self.fixed = tensor
        self.position = position

    def tensor(self, leaves: Leaves) -> Any:
        """Return the tensor of this call."""
        return self.fixed if self.position is None else leaves[self.position]


class Data:
    """The data of a tensor."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder

    def read(self, leaves: Leaves) -> Any:
        """Return the array, or the number of a 0-d tensor."""
        return self.holder.tensor(leaves)._data

    def write(self, leaves: Leaves, value: Any) -> None:
        """Write the array in place, and date the change."""
        tensor = self.holder.tensor(leaves)
        data, node = tensor._data, tensor._node
        if type(data) is np.ndarray and data.ndim:
            data[...] = value
        elif type(data) is np.ndarray:
            data[()] = value
        else:
            tensor._data = value[()]
            if node is not None:
                node._value = tensor._data
        self.date(tensor)

    def replace(self, leaves: Leaves, value: Any) -> None:
        """Give the tensor an array of its own, as assigning to ``.data`` does."""
        tensor = self.holder.tensor(leaves)
        tensor.data = value

    @staticmethod
    def date(tensor: Any) -> None:
        """Say that a leaf has changed."""
        if tensor._node is not None:
            tensor._node._mark = LEAF + tick()


class Leaf:
    """A leaf whose gradient the program reads or sets: a node, or that of an argument."""

    def __init__(self, node: Any = None, position: int | None = None) -> None:
        self.fixed = node
        self.position = position

    def node(self, leaves: Leaves) -> Any:
        """Return the node of this call."""
        return self.fixed if self.position is None else leaves[self.position]._node

    def text(self, name: Any) -> str:
        """Return the node as Python over ``leaves``, given how objects are named."""
        return name(self.fixed) if self.position is None else f"leaves[{self.position}]._node"


class Gradient:
    """The gradient of a leaf."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf

    def read(self, leaves: Leaves) -> Any:
        """Return the gradient: an array, a number or None."""
        g = self.leaf.node(leaves).grad
        return getattr(g, "_data", g)

    def replace(self, leaves: Leaves, value: Any) -> None:
        """Set the gradient."""
        self.leaf.node(leaves)._grad = value


class State:
    """An array that an optimizer keeps for a parameter."""

    def __init__(self, slot: Any, name: str) -> None:
        self.slot = slot
        self.name = name

    def read(self, leaves: Leaves) -> Any:
        """Return the array."""
        return self.slot.kept[self.name]

    def write(self, leaves: Leaves, value: Any) -> None:
        """Write it in place."""
        self.slot.kept[self.name][...] = value


class Settings:
    """The numbers of one step of an optimizer: learning rate, powers of betas."""

    def __init__(self, optimizer: Any, slot: Any, ahead: int) -> None:
        self.optimizer = optimizer
        self.slot = slot
        self.ahead = ahead
        self.numbers: list[Any] = []
        self.flags = self._read()

    def _read(self) -> list[Any]:
        self.slot.steps += self.ahead
        try:
            self.numbers = list(self.optimizer._prepare(self.slot))
        finally:
            self.slot.steps -= self.ahead
        own = self.optimizer
        flags = [x if isinstance(x, bool) else None for x in self.numbers]
        return flags + [bool(getattr(own, name)) for name in own._settings if name != "lr"]

    def same(self) -> bool:
        """Read the numbers of this call; whether the choices among the settings are as recorded."""
        return self._read() == self.flags


class Setting:
    """One of the numbers of a step of an optimizer."""

    def __init__(self, settings: Settings, place: int) -> None:
        self.settings = settings
        self.place = place

    def read(self, leaves: Leaves) -> Any:
        """Return the number that the guards have read for this call."""
        return self.settings.numbers[self.place]
