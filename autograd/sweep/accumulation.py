"""Adding up gradients at a node, in place if nothing else refers to the sum. Next: `repeated.py`.

``found`` is {node: gradient so far}; ``owned`` holds the nodes whose gradient is an array that this
sweep allocated, and so may write to.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..arithmetic import KEPT, LARGE, by_rows
from ..ops.assignment import pull_value
from ..ops.elementwise import TWICE
from ..ops.indexing import add_part, index_along, put, put_parts
from ..references import held_once

FEW = 256 * KEPT  # the most entries that are kept only so that users can look at them

FEW_PARTS = 16  # up to so many parts are searched for nan faster than the whole array


def add(found: dict[Any, Any], owned: set[Any], parent: Any, c: Any) -> None:
    """Add a contribution to the gradient of a parent; one variable of the caller refers to it."""
    if parent in owned:
        found[parent] += c
    # NumPy is slow at writing a single number in place
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
    """Return the sum, written to one of its two operands if nothing else refers to that.

    ``place`` is a list with the contribution, to which one variable further up refers as well.
    """
    out = []
    if found[parent] is place[0]:
        # both contributions of a node to one parent
        out = place[:] if held_once(found.get, parent, by_caller=True, places=1) else []
    elif found[parent].dtype is place[0].dtype:
        if held_once(found.get, parent):
            out = [found[parent]]
        elif held_once(place.__getitem__, 0, by_caller=True):
            out = [place[0]]
    return by_rows(np.add, found[parent], place[0], *out)


def doubled(place: list[Any]) -> Any:
    """Return twice the array in a list, written to it if nothing else refers to it."""
    out = place[:1] if held_once(place.__getitem__, 0) else []
    return np.add(place[0], place[0], *out)


def pull_twice(pull: Any, saved: Any, place: list[Any]) -> Any:
    """Pull the gradient in a list back through a product of a node with itself.

    One variable of the caller refers to the gradient, too; if nothing else does, the result may be
    written to it.
    """
    large = type(place[0]) is ndarray and place[0].size >= LARGE
    own = large and held_once(place.__getitem__, 0, by_caller=True)
    return TWICE[pull](saved, place[0], own)


def add_read(
    found: dict[Any, Any], owned: set[Any], parts: dict[Any, Parts], node: Any, g: Any
) -> None:
    """Pull back through reading, writing to that part of the gradient only, if possible.

    For a large leaf whose gradient cannot be written to yet, the part may be kept in ``parts``
    until the end of the sweep.
    """
    parent, saved = node._a, node._saved
    index = saved[1] if len(saved) == 2 else index_along(saved, np.size(g))
    if parent in found and parent not in owned and held_once(found.get, parent):
        owned.add(parent)
    if parent in owned:
        if index is None or not add_part(found[parent], index, g):
            add(found, owned, parent, node._pull(saved, g))
        return
    if (
        index is not None
        and parent._a is None
        and math.prod(parent._shape) >= LARGE
        and _is_plain(g)
    ):
        waiting = parts.get(parent)
        if waiting is None:
            waiting = parts[parent] = Parts(parent)
        if waiting.take(index, g):
            return
    # an array of zeros except for the part, allocated by the rule
    c = node._pull(saved, g)
    if parent in found:
        add(found, owned, parent, c)
    else:
        found[parent] = c
        if type(c) is ndarray and c.size > 1:
            owned.add(parent)


def _is_plain(g: Any) -> bool:
    """Whether a gradient is an array or a number of NumPy's own, not one that is recorded."""
    kind = type(g)
    return kind is ndarray or issubclass(kind, np.generic)


class Parts:
    """Gradients of parts of a large leaf, kept for the end; together no larger than the leaf."""

    def __init__(self, leaf: Any) -> None:
        self.shape = leaf._shape
        self.remaining: int = math.prod(leaf._shape)
        self.waiting: list[tuple[Any, Any]] = []
        self.few: list[Any] = []  # the parts, if the gradient is made of them alone

    def take(self, index: Any, g: Any) -> bool:
        """Keep the index of a part and its gradient; False if the parts would outgrow the leaf."""
        self.remaining -= g.size
        if self.remaining < 0:
            return False
        self.waiting.append((index, g))
        return True

    def add(self, found: dict[Any, Any], owned: set[Any], leaf: Any) -> None:
        """Add all parts to the gradient of the leaf, in place if nothing else refers to that."""
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
    """Pull back through ``x[index] = value``: x gets g with 0 at the index, value gets g[index].

    No tensor refers to the overwritten version of x any more. Gradients of such versions are kept
    for users to look at while they are small; beyond that, one array is passed from version to
    version.
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
