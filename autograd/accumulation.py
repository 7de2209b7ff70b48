"""Contributions add up at a node, in place where nobody else holds the sum. Next: `repeated.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from .arithmetic import KEPT, LARGE, by_rows
from .holders import held_once
from .ops.assignment import pull_value
from .ops.indexing import add_part, put, put_parts

FEW = 256 * KEPT  # so many numbers may be kept for no other reason than to be looked at

FEW_PARTS = 16  # are looked at sooner than a large array


def add(found: dict[Any, Any], owned: set[Any], parent: Any, c: Any) -> None:
    """Add a contribution, held by one variable of the caller, to what has arrived at a parent."""
    if parent in owned:
        found[parent] += c
    # NumPy is slow where it writes a single number in place
    elif type(c) is ndarray and c.size > 1:
        if c.size < LARGE:
            total = found[parent] + c
        else:
            place = [c]
            del c
            total = _sum_of_large(found, parent, place)
        found[parent] = total
        if type(total) is ndarray:
            owned.add(parent)
    else:
        found[parent] = found[parent] + c


def _sum_of_large(found: dict[Any, Any], parent: Any, place: list[Any]) -> Any:
    """Return what has arrived at a parent plus a contribution, in the array of one of them if free.

    The contribution has its place, and is held by one variable of those who called.
    """
    out = []
    if found[parent].dtype is place[0].dtype:
        if held_once(found.get, parent):
            out = [found[parent]]
        elif held_once(place.__getitem__, 0, by_caller=True):
            out = [place[0]]
    return by_rows(np.add, found[parent], place[0], *out)


def add_read(
    found: dict[Any, Any], owned: set[Any], parts: dict[Any, Parts], node: Any, g: Any
) -> None:
    """Add the gradient of a part of an array to that part alone, if that can be written into.

    If not, the part of a large leaf may wait in ``parts`` for the end of the sweep.
    """
    parent = node._a
    if parent in owned:
        if not add_part(found[parent], node._saved[1], g):
            add(found, owned, parent, node._pull(node._saved, g))
        return
    waiting = parts.get(parent)
    if waiting is None and parent._a is None and math.prod(parent._shape) >= LARGE:
        waiting = parts[parent] = Parts(parent)
    if waiting is not None and waiting.take(node._saved[1], g):
        return
    # zeros of its own, but for the part
    c = node._pull(node._saved, g)
    if parent in found:
        add(found, owned, parent, c)
    else:
        found[parent] = c
        if type(c) is ndarray and c.size > 1:
            owned.add(parent)


class Parts:
    """What was read of a large leaf and waits for its gradient, in no more numbers than it has."""

    def __init__(self, leaf: Any) -> None:
        self.shape = leaf._shape
        self.room: int = math.prod(leaf._shape)
        self.waiting: list[tuple[Any, Any]] = []
        self.few: list[Any] = []  # the parts, if they are all that the gradient is made of

    def take(self, index: Any, g: Any) -> bool:
        """Keep the index of a part and its gradient; False if there is no room."""
        self.room -= g.size
        if self.room < 0:
            return False
        self.waiting.append((index, g))
        return True

    def add(self, found: dict[Any, Any], owned: set[Any], leaf: Any) -> None:
        """Add all to the gradient of the leaf, in place if nobody else holds that."""
        if leaf not in found:
            found[leaf] = put_parts(self.waiting, self.shape)
            if len(self.waiting) <= FEW_PARTS:
                self.few = [g for _, g in self.waiting]
            return
        if leaf not in owned and not held_once(found.get, leaf):
            found[leaf] = found[leaf].copy("K")
        total = found[leaf]
        for index, g in self.waiting:
            if not add_part(total, index, g):
                total = found[leaf] = total + put(g, index=index, shape=self.shape)


def zero_written(
    found: dict[Any, Any], owned: set[Any], overwritten: set[Any], node: Any, drop: bool
) -> None:
    """Pass on the gradient of an assignment: 0 where it wrote, and that part to what it wrote.

    No handle is left on a version that was overwritten. The gradients of such versions are kept to
    be looked at while they are few numbers; then the array goes from version to version.
    """
    before, value, saved = node._a, node._b, node._saved
    spare = drop or (node in overwritten and len(overwritten) * found[node].size > FEW)
    if spare and (node in owned or held_once(found.get, node)):
        g = found.pop(node)
        written = None if value is None else pull_value(g, *saved)
        g[saved[-1]] = 0.0
    else:
        g, written = found[node], None
        if value is None:
            g = node._pull(saved, g)
        else:
            g, written = node._pull(saved, g)
        if drop:
            del found[node]
    overwritten.add(before)
    if before in found:
        add(found, owned, before, g)
    else:
        found[before] = g
        owned.add(before)
    if value is None:
        return
    if value in found:
        add(found, owned, value, written)
    else:
        found[value] = written
