"""Whether a program would write to what it knows by another name, too. Next: `plans.py`.

A program reads its inputs at the beginning and writes at the end. If an array that is written to
shares memory with another, the function itself would see the change in between; such calls run it.
So do calls with a tensor that the function also reaches without them: it has one gradient, to which
both would add.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import bounds
from ..program import Step
from ..record.facts import Apart
from ..record.sources import Holder

Array = np.ndarray[Any, Any]
# The most steps of a search; beyond it the answer is yes
_WORK = 10_000


def share(a: Array, b: Array) -> bool:
    """Whether two arrays share an entry, or it takes too long to find out."""
    try:
        return bool(np.shares_memory(a, b, max_work=_WORK))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _overlap(arrays: Mapping[Step, Array], written: Collection[Step]) -> bool:
    """Whether an array that is written to shares memory with another one."""
    spans = [(*bounds(a), i, step) for i, (step, a) in enumerate(arrays.items()) if a.size]
    before: list[tuple[int, Step]] = []
    for start, stop, _, step in sorted(spans, key=lambda span: span[:3]):
        before = [(end, other) for end, other in before if end > start]
        for _, other in before:
            either = step in written or other in written
            if either and share(arrays[step], arrays[other]):
                return True
        before.append((stop, step))
    return False


def _owner(x: Array) -> Any:
    """Return the owner of an array's memory: the base of all views, or another object."""
    base = x.base
    while isinstance(base, np.ndarray):
        x, base = base, base.base
    return x if base is None else base


def apart(holders: Iterable[Holder], leaves: Sequence[Any]) -> list[Apart]:
    """Return for each tensor among the arguments which tensors from outside it must not be."""
    given = [h for h in holders if h.position is not None]
    outside = [h.fixed for h in holders if h.position is None]
    found = []
    for holder in given:
        constant = holder.tensor(leaves)._node is None
        others = tuple([t for t in outside if (t._node is None) is constant])
        if others:
            found.append(Apart(holder.place, others))
    return found


def viewed(x: Any) -> bool:
    """Whether there are other tensors that show what is written to this one."""
    return x._view is not None and bool(x._view[0].others(x, None))


def shown(written: Iterable[Any], given: Iterable[Any]) -> bool:
    """Whether some of the tensors given show what is written to the others."""
    views = {id(x._view[0]) for x in given if x._view is not None}
    return bool(views) and any(t._view is not None and id(t._view[0]) in views for t in written)


class Aliases:
    """The arrays that a program writes to: bound ones, and those that come with a call.

    Parameters
    ----------
    bound : mapping of Step to array
    given : mapping of int to Step
        The inputs of a call that may be arrays, by position.
    written : collection of Step

    Attributes
    ----------
    always : bool
        Whether a bound array shares memory in this way.
    possible : bool
        Whether an array of a call may.
    """

    def __init__(
        self, bound: Mapping[Step, Array], given: Mapping[int, Step], written: Collection[Step]
    ) -> None:
        self.always = _overlap(bound, written)
        self._places = list(given)
        self._changed = [i for i, step in given.items() if step in written]
        # arrays that an array of a call must not overlap
        self._written = [a for step, a in bound.items() if step in written]
        self._fixed = list(bound.values()) if self._changed else self._written
        self.possible = bool(self._changed or (self._fixed and given))
        owners = [_owner(a) for a in self._fixed]
        self._owners = {*map(id, owners)}
        # memory that belongs to no array cannot be told apart by its owner
        self._clear = all(isinstance(x, np.ndarray) for x in owners)

    def __call__(self, given: Sequence[Any]) -> bool:
        """Whether one of the inputs of a call shares memory in this way."""
        owners, clear = self._owners, self._clear
        for i in self._places:
            x = given[i]
            if not isinstance(x, np.ndarray):
                continue
            base = x.base
            if base is None:
                base = x
            elif type(base) is not np.ndarray or base.base is not None:
                base = _owner(x)
                clear = clear and isinstance(base, np.ndarray)
            if id(base) in owners or not clear:
                break
        else:
            if not self._changed:
                return False
        arrays = {i: x for i in self._places if isinstance(x := given[i], np.ndarray)}
        return any(share(x, a) for x in arrays.values() for a in self._written) or any(
            any(share(arrays[i], a) for a in self._fixed)
            or any(share(arrays[i], x) for k, x in arrays.items() if k != i)
            for i in self._changed
            if i in arrays
        )
