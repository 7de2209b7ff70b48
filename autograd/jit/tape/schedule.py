"""From tasks to a program: where every number stands, and the groups in order.

Next: `interpreter.py`. The level of a number is one more than the highest level it needs, so
all numbers of a level are independent, and those computed alike make a `Group`.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from .graph import Array, Ragged, levels, needed, ragged, sorted_by
from .groups import Group, Windows
from .lanes import classes, hashes
from .tasks import Tasks

# Longer schedules may be too narrow for NumPy
NARROW = 1000


class Schedule:
    """Groups in order, stage by stage, over an array with one row for each number.

    Parameters
    ----------
    tasks : Tasks
    wanted : array of int
        The ids to be computed.
    before : Schedule, optional
        A schedule whose numbers are in the array already.

    Attributes
    ----------
    row : array of int
        The row of every id; -1 for those not needed.
    given : array of int
        The ids of constants, arguments and reads.
    copies : list of (int, array)
        The rows of contiguous copies of constants, as a group needs them, and their ids.
    size : int
        The number of rows, once the groups are made.
    narrow : bool
        Whether there is almost nothing to vectorise.
    first, count, stages : int
        The first computed row, the number of computed rows, and the number of stages.
    """

    row: Array

    def __init__(self, tasks: Tasks, wanted: Array, before: Schedule | None = None) -> None:
        keys, inputs, stages, same = tasks.gathered()
        row = np.full(tasks.size, -1, np.intp)
        self.size = 0
        if before is not None:
            row[: len(before.row)] = before.row
            self.size = before.size
        known = row >= 0
        order = needed(inputs, (keys >= 0) & ~known, same[wanted])
        self.levels, self.count = len(order.bounds) - 1, order.nodes.size
        # a group for each number, and a NumPy call costs as much as ten nodes
        self.narrow = self.count > NARROW and 10 * self.levels > self.count
        self._constant = np.zeros(tasks.size, bool)
        self._constant[: len(tasks.lines.sorts)] = tasks.lines.of_kind("constant")
        alike = self._constant.copy()
        alike[: len(tasks.lines.sorts)] |= tasks.lines.of_kind("argument")
        h = hashes(keys, order, tasks.toward(), alike)
        if self.narrow:  # where any order will do
            level = np.zeros(tasks.size, np.intp)
            level[order.nodes] = order.steps()
        else:
            level = levels(order, tasks.size)
        chosen = np.sort(order.nodes)
        code = (stages[chosen] * (self.levels + 1) + level[chosen]) * len(tasks.table)
        code += keys[chosen]
        place, self._lengths = classes(code, None if h is None else h[chosen])
        chosen = chosen[place]
        self._keys, self._stages = keys[chosen], stages[chosen]
        self._code = code[place]
        self.stages = len(tasks.tape.calls) + 1
        counts = inputs.starts[chosen + 1] - inputs.starts[chosen]
        self._operands = ragged(counts, inputs.take(chosen))
        self.given = self._in_order_of_use((keys < 0) & ~known, same[wanted])
        for ids in (self.given, chosen):
            row[ids] = np.arange(self.size, self.size + ids.size)
            self.size += ids.size
        self.first = self.size - chosen.size
        self.row = row[same]
        self.copies: list[tuple[int, Array]] = []
        self._tasks = tasks

    def _in_order_of_use(self, given: Array, wanted: Array) -> Array:
        """Return the ids of given numbers that are used, in order, and of those that are wanted."""
        flat = self._operands.flat
        place = np.full(len(given), flat.size + 1)
        place[wanted] = flat.size
        place[flat[::-1]] = np.arange(flat.size)[::-1]
        ids = np.flatnonzero(given & (place <= flat.size))
        found: Array = ids[sorted_by(place[ids])]
        return found

    def key(self, number: int) -> tuple[Any, ...]:
        """Return the definition of a key."""
        return self._tasks.table[number]

    def listed(self) -> tuple[Array, Array, Ragged]:
        """Return keys, stages and the rows of operands of all tasks, in order."""
        operands = self._operands
        return self._keys, self._stages, Ragged(operands.starts, self.row[operands.flat])

    @cached_property
    def groups(self) -> list[Group]:
        """Tasks of one stage, level, key and length of vectors, in order."""
        starts = self._operands.starts
        new = (np.diff(self._code, prepend=-1) != 0) | (np.diff(self._lengths, prepend=-1) != 0)
        bounds = np.append(np.flatnonzero(new), self.count)
        found = []
        for start, end in pairwise(bounds.tolist()):
            key = self.key(self._keys[start])
            table = self._operands.flat[starts[start] : starts[end]].reshape(end - start, -1).T
            rows = self.row[table]
            if key[0] != "sum" and not self.narrow:
                for x, ids in zip(rows, table, strict=True):
                    self._copy_constants(x, ids)
            length = int(self._lengths[start])
            found.append(Group(key, self.first + start, self.first + end, length, rows))
        # the number of groups that belong to each stage and those before
        stages = np.arange(self.stages)
        firsts = self._stages[bounds[:-1]]
        self.stops: list[int] = np.searchsorted(firsts, stages, side="right").tolist()
        return found

    def _copy_constants(self, rows: Array, ids: Array) -> None:
        """Copy different constants to contiguous rows."""
        if self._constant[ids].all() and (ids != ids[0]).any():
            rows[:] = np.arange(self.size, self.size + ids.size)
            self.copies.append((self.size, ids))
            self.size += ids.size

    def run(self, windows: Windows, stage: int | None = None) -> None:
        """Compute the groups of a stage in place, or all of them."""
        groups = self.groups
        if stage is not None:
            groups = groups[self.stops[stage - 1] if stage else 0 : self.stops[stage]]
        with np.errstate(all="ignore"):
            for group in groups:
                group.compute(windows)
