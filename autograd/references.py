"""Whether anything else refers to an array, and so would see a write to it. Next: `rule.py`.

Reference counts tell, where the interpreter has them. The counts that a sole reference has are
measured at import; without them nothing is written in place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

# 0 for everything if the interpreter has no reference counts
references: Callable[[Any], int] = getattr(sys, "getrefcount", lambda _: 0)


def _count(places: list[Any]) -> int:
    return sys.getrefcount(places.__getitem__(0))


def _count_of_argument(array: Any) -> int:
    places = [array]
    del array
    return _count(places)


def _count_of_one() -> int:
    """Return the reference count of an array that only one list holds; -1 if counts do not tell."""
    if not hasattr(sys, "getrefcount"):
        return -1
    places = [np.empty(1)]
    found = _count(places)
    places.append(places[0])
    return found if _count(places) == found + 1 else -1


def _count_of_variable() -> int:
    """Return how much a caller's variable adds to that count; -1 if counts do not tell."""
    array = np.empty(1)
    found = _count_of_argument(array) - _ONE
    places = [array]
    return found if _count_of_argument(array) == _ONE + found + len(places) else -1


def _count_of_item() -> int:
    """Return the count of an array that one dictionary holds, in a loop over its items."""
    counts = []
    for _, array in {None: np.empty(1)}.items():
        counts.append(references(array))
    return counts[0]


class _Target:
    """Counts its references while it is assigned to by index, or changed by an operator."""

    def __setitem__(self, index: int, counts: list[int]) -> None:
        counts.append(references(self))

    def __iadd__(self, counts: list[int]) -> _Target:
        return self._operate(counts)

    def _operate(self, counts: list[int]) -> _Target:
        counts.append(references(self))
        return self


class _Maker:
    """Makes an object by index that nothing else refers to."""

    def __getitem__(self, index: int) -> _Target:
        return _Target()

    def __setitem__(self, index: int, value: _Target) -> None:
        """Forget the object."""


def _counts_of_target() -> tuple[int, bool]:
    """Return the count that ``__setitem__`` sees of an unnamed object, -1 if counts do not tell.

    Also whether it is that of a local variable as well, as from Python 3.14 on.
    """
    counts: list[int] = []
    named = _Target()
    named[0] = counts
    _Target()[0] = counts
    if _ONE < 0:
        return -1, False
    return counts[1], counts[1] == counts[0]


def _count_of_operand() -> int:
    """Return the count that a method, called by ``__iadd__``, sees of an unnamed operand."""
    counts: list[int] = []
    named = _Target()
    named += counts
    _Maker()[0] += counts
    return counts[1] if counts[1] < counts[0] else -1


def _count_in_pullback(array: Any) -> int:
    return references(array)


def _pullback(saved: Any, g: Any) -> int:
    return _count_in_pullback(g)


def _count_of_upstream() -> int:
    """Return the count that a pullback's helper sees of a gradient; -1 if counts do not tell."""
    g: Any = np.empty(1)
    places = [g]
    named = _pullback(places, g)
    places.clear()
    g = _pullback(places, g)
    return g if named == g + 1 else -1


SOLE_ITEM = _count_of_item() or -1
UPSTREAM = _count_of_upstream()
_ONE = _count_of_one()
TEMPORARY, LIKE_LOCALS = _counts_of_target()
OPERAND = _count_of_operand()
_VARIABLE = -1 if _ONE < 0 else _count_of_variable()


def held_once(
    get: Callable[[Any], Any], place: Any, *, by_caller: bool = False, places: int = 0
) -> bool:
    """Whether ``get(place)`` is an array that owns its memory, with no other reference to it.

    Then nothing else sees a write to it: a view refers to the array whose memory it shows, so it
    counts as a reference. ``get`` must be a function in C, whose result always counts once; an
    argument of a Python function need not. With ``by_caller`` one variable of a caller may refer to
    it as well, and so many further ``places`` in lists.
    """
    if _ONE < 0 or (by_caller and _VARIABLE < 0):
        return False
    if sys.getrefcount(get(place)) != (_ONE + _VARIABLE if by_caller else _ONE) + places:
        return False
    array = get(place)
    return type(array) is np.ndarray and array.flags.owndata and array.flags.writeable


# the code of the functions that `hands_over` marks
_SWEEPS: set[Any] = set()


def hands_over(sweep: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that calls pullbacks with a variable which it does not read afterwards."""
    _SWEEPS.add(sweep.__code__)
    return sweep


def is_handed_over(g: Any) -> bool:
    """Whether the pullback that calls this may write to the gradient it was given.

    That is so if a marked function called the pullback, and nothing but that call refers to the
    array. It looks at frames, and so must be called from the pullback itself.
    """
    if references(g) != UPSTREAM or sys._getframe(2).f_code not in _SWEEPS:
        return False
    return bool(g.flags.owndata and g.flags.writeable)


_base_of = attrgetter("base")


def is_own(array: Any, layout: tuple[int, ...]) -> bool:
    """Whether an array owns its memory, or is the only view, with these strides, of all of it."""
    if array.base is None:
        return True
    if array.strides != layout or not array.flags.writeable or not held_once(_base_of, array):
        return False
    return bool(array.base.nbytes == array.nbytes)
