"""Arrays made of parts, in C: every part is computed where it lies in the whole.

Next: `values.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..program import Step
from ..step_functions import astype, concatenate
from .entries import Entries, Part
from .expressions import known

Array = np.ndarray[Any, Any]
# the least entries side by side for which loops are as fast as over a whole array
RUN = 32


class Joins:
    """The order of a program with a step ahead of each join for every part of it.

    The copy of an array of which some entries are overwritten is such a part as well. An array
    within zeros is a join with blocks of zeros around it.

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
        self._place: dict[Step, Part] = {}
        for k, step in enumerate(order):
            found, begin = entries.get(step), len(self.order)
            if found is None:
                if _is_join(step):
                    self._divide(step)
            elif found.start is not None:
                self._add(step, found.start, lambda whole: whole)
            elif found.moved is not None and not found.repeats:
                self._surround(step, found.moved, found)
            self.order += [*self.parts.get(step, ()), step]
            self.head += (len(self.order) - begin - 1) * (k < head)

    def _divide(self, step: Step) -> None:
        axis, stop = step.parameters["axis"] % len(step.shape), 0
        for a in step.arguments:
            start, stop = stop, stop + a.shape[axis]
            self._add(step, a, _at((slice(None),) * axis + (slice(start, stop),)))

    def _surround(self, step: Step, x: Step, found: Entries) -> None:
        """Make a join of an array within zeros, if it takes up at least half, in long rows."""
        box = _box(np.empty(step.shape, step.dtype), found)
        if box is None or 2 * x.size < step.size or _run(box, step.shape) < min(RUN, x.size):
            return
        self._add(step, x, found.part)
        zero = Step("constant", "constant", None, (), {}, np.zeros((), step.dtype)[()])
        self.order.append(zero)
        for axis, (n, inside) in enumerate(zip(step.shape, box, strict=True)):
            for block in (slice(0, inside.start), slice(inside.stop, n)):
                if block.start < block.stop:
                    part = _at((*box[:axis], block))
                    shape = part(np.empty(step.shape, step.dtype)).shape
                    self._add(step, zero, part).shape = shape

    def _add(self, step: Step, a: Step, place: Part) -> Step:
        part = copy_of(a, step.dtype)
        self.parts.setdefault(step, []).append(part)
        self.whole[part] = step
        self._place[part] = place
        return part

    def place(self, part: Step, whole: Array) -> Array:
        """Return what a step writes of the array of its join."""
        return self._place[part](whole)


def _at(index: tuple[slice, ...]) -> Part:
    """Return the function that takes these entries of an array."""
    return lambda whole: whole[index]


def _box(array: Array, found: Entries) -> tuple[slice, ...] | None:
    """Return the entries of an array along each axis; None if they are not all from one to another.

    The strides of axes of length 1 are 0.
    """
    offset, strides = found.strides(array)
    own = [s // array.itemsize for s in array.strides]
    lengths = {s: n for s, n in zip(strides, found.space, strict=True) if s}
    if not set(lengths) <= set(own):
        return None
    starts = np.unravel_index(offset, array.shape)
    return tuple(
        slice(int(start), int(start) + (lengths.get(s, 1) if n > 1 else 1))
        for start, s, n in zip(starts, own, array.shape, strict=True)
    )


def _run(box: tuple[slice, ...], shape: tuple[int, ...]) -> int:
    """Return how many entries of a box are side by side in memory."""
    found = 1
    for part, n in zip(reversed(box), reversed(shape), strict=True):
        found *= part.stop - part.start
        if part.stop - part.start < n:
            break
    return found


def _is_join(step: Step) -> bool:
    joined = step.kind == "call" and step.function is concatenate
    return joined and all(known(s.dtype) for s in (step, *step.arguments))


def copy_of(step: Step, dtype: Any) -> Step:
    """Return a step with the numbers of another, in memory of its own."""
    found = step.like("elementwise", "astype", astype, (step,), {"dtype": dtype})
    found.dtype, found.weak = np.dtype(dtype), False
    return found
