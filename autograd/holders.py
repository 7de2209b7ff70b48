"""Who else holds an array: whether it may be written into unseen. Next: `backward.py`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def _count_of_one() -> int:
    """Return the count of references of an array in one place; -1 where no count tells."""
    count = getattr(sys, "getrefcount", None)
    if count is None:
        return -1
    places = [np.empty(1), None]
    found: int = count(places.__getitem__(0))
    places[1] = places[0]
    return found if count(places.__getitem__(0)) == found + 1 else -1


_ONE = _count_of_one()


def held_once(get: Callable[[Any], Any], place: Any, others: int = 0) -> bool:
    """Whether ``get(place)`` is an array with memory of its own, held by this place alone.

    Nobody else can see then what is written into it: a view refers to the array whose memory it
    shows, so it counts as a holder. ``get`` is a function in C, whose result always counts once,
    which an argument of a Python function need not. So many ``others`` do not
    count: variables of callers.
    """
    if _ONE < 0 or sys.getrefcount(get(place)) != _ONE + others:
        return False
    array = get(place)
    return type(array) is np.ndarray and array.flags.owndata and array.flags.writeable
