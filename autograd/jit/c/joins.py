"""Arrays made of parts, in C: every part is computed where it lies in the whole.

Next: `values.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..program import Step
from ..step_functions import astype, concatenate
from .entries import Entries
from .expressions import known

Array = np.ndarray[Any, Any]


class Joins:
    """The order of a program with a step ahead of each join for every part of it.

    The copy of an array of which some entries are overwritten is such a part as well.

    Attributes
    ----------
    order : list of Step
    head : int
        The place in it of what was at such a place before.
    parts : dict
        For each join the steps that write its parts.
    whole : dict
        For each of these the join.
    """

    def __init__(self, order: Sequence[Step], head: int, entries: Mapping[Step, Entries]) -> None:
        self.order: list[Step] = []
        self.head = head
        self.parts: dict[Step, list[Step]] = {}
        self.whole: dict[Step, Step] = {}
        self._index: dict[Step, Any] = {}
        for k, step in enumerate(order):
            start = entries[step].start if step in entries else None
            if start is not None:
                self._add(step, start, ...)
            elif _is_join(step):
                self._divide(step)
            parts = self.parts.get(step, [])
            self.order += [*parts, step]
            self.head += len(parts) * (k < head)

    def _divide(self, step: Step) -> None:
        axis, stop = step.parameters["axis"] % len(step.shape), 0
        for a in step.arguments:
            start, stop = stop, stop + a.shape[axis]
            self._add(step, a, (slice(None),) * axis + (slice(start, stop),))

    def _add(self, step: Step, a: Step, index: Any) -> None:
        part = copy_of(a, step.dtype)
        self.parts.setdefault(step, []).append(part)
        self.whole[part] = step
        self._index[part] = index

    def place(self, part: Step, whole: Array) -> Array:
        """Return what a step writes of the array of its join."""
        found: Array = whole[self._index[part]]
        return found


def _is_join(step: Step) -> bool:
    joined = step.kind == "call" and step.function is concatenate
    return joined and all(known(s.dtype) for s in (step, *step.arguments))


def copy_of(step: Step, dtype: Any) -> Step:
    """Return a step with the numbers of another, in memory of its own."""
    found = step.like("elementwise", "astype", astype, (step,), {"dtype": dtype})
    found.dtype, found.weak = np.dtype(dtype), False
    return found
