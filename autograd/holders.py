"""Who else holds an array or a tensor: whether a write into it is seen. Next: `overwritten.py`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

# 0 for everything where the language has no counts
references: Callable[[Any], int] = getattr(sys, "getrefcount", lambda _: 0)


def _count(places: list[Any]) -> int:
    return sys.getrefcount(places.__getitem__(0))


def _count_of_argument(array: Any) -> int:
    places = [array]
    del array
    return _count(places)


def _count_of_one() -> int:
    """Return the count of references of an array in one place; -1 where no count tells."""
    if not hasattr(sys, "getrefcount"):
        return -1
    places = [np.empty(1)]
    found = _count(places)
    places.append(places[0])
    return found if _count(places) == found + 1 else -1


def _count_of_variable() -> int:
    """Return by how much a variable of a caller adds to that count; -1 where no count tells."""
    array = np.empty(1)
    found = _count_of_argument(array) - _ONE
    places = [array]
    return found if _count_of_argument(array) == _ONE + found + len(places) else -1


class _Target:
    """Counts its references while it is assigned to by index."""

    def __setitem__(self, index: int, counts: list[int]) -> None:
        counts.append(references(self))


def _count_of_temporary() -> int:
    """Return the count that ``__setitem__`` finds of what no name holds; -1 where it tells none."""
    counts: list[int] = []
    named = _Target()
    named[0] = counts
    _Target()[0] = counts
    return counts[1] if counts[1] < counts[0] else -1


TEMPORARY = _count_of_temporary()
_ONE = _count_of_one()
_VARIABLE = -1 if _ONE < 0 else _count_of_variable()


def held_once(get: Callable[[Any], Any], place: Any, *, by_caller: bool = False) -> bool:
    """Whether ``get(place)`` is an array with memory of its own, held by this place alone.

    Nobody else can see then what is written into it: a view refers to the array whose memory it
    shows, so it counts as a holder. ``get`` is a function in C, whose result always counts once,
    which an argument of a Python function need not. With ``by_caller`` one variable of a caller may
    hold it as well.
    """
    if _ONE < 0 or (by_caller and _VARIABLE < 0):
        return False
    if sys.getrefcount(get(place)) != (_ONE + _VARIABLE if by_caller else _ONE):
        return False
    array = get(place)
    return type(array) is np.ndarray and array.flags.owndata and array.flags.writeable


_base_of = attrgetter("base")


def is_own(array: Any, layout: tuple[int, ...]) -> bool:
    """Whether an array has memory of its own, or is the only view of all of it, in a layout.

    The layout is that of the strides; an array with memory of its own may have any.
    """
    if array.base is None:
        return True
    if array.strides != layout or not array.flags.writeable or not held_once(_base_of, array):
        return False
    return bool(array.base.nbytes == array.nbytes)
