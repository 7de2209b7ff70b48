"""Groups: the partition of a program into steps that share a loop.

A group is one loop nest, one kernel (such as a product) or one call of NumPy.

A loop nest runs over ``outer + inner`` axes. A step is *full* if it has all of them, *row* if it
has the outer ones: one number for all of a row. Reductions over the inner axes give row values, so
a row is gone through in phases; any other reduction is added up in memory, and can be used by later
groups only. Without reductions of rows there are no inner axes, and all steps are row values.
Next: `kernel.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..program import Step
from .expressions import known, supported
from .sums import Reduction, as_reduction

if TYPE_CHECKING:
    from .entries import Entries
    from .values import Values

ROW, FULL, SUM = 0, 1, 2
# the longest loop body: more costs the compiler more time than it saves
MOST = 160
# how many groups back a step may join
REACH = 24
# the longest rows: a phase keeps a row of each value that the next one needs
LONGEST_ROW = 1 << 16


class Group:
    """Steps that are computed together.

    Attributes
    ----------
    kind : str
        ``loops``, ``apart`` for loops that no other step joins, ``kernel`` or ``host``.
    outer, inner : tuple of int
        The axes of a loop nest.
    steps : list of Step
    level, phase : dict
        For each step whether it is a full, row or summed value, and the phase that computes it.
    touched : set of Step
        The arrays in memory that are read, and the steps themselves.
    reductions : dict
        The steps that are reductions: a row value of these is known a phase later.
    """

    def __init__(self, kind: str, outer: tuple[int, ...] = ()) -> None:
        self.kind = kind
        self.outer = outer
        self.inner: tuple[int, ...] = ()
        self.steps: list[Step] = []
        self.level: dict[Step, int] = {}
        self.phase: dict[Step, int] = {}
        self.reductions: dict[Step, Reduction] = {}
        self.touched: set[Step] = set()

    @property
    def space(self) -> tuple[int, ...]:
        """The axes of the loop nest."""
        return self.outer + self.inner

    def add(self, step: Step, level: int, phase: int) -> None:
        """Add a step."""
        self.steps.append(step)
        self.level[step] = level
        self.phase[step] = phase
        self.touched.add(step)

    def operands(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a step of the group."""
        found = self.reductions.get(step)
        return step.arguments if found is None else found.operands

    def concerns(self, operands: Sequence[Step]) -> bool:
        """Whether the group reads an operand anyway; all numbers are read together."""
        return not self.outer or any(a in self.touched and a.shape for a in operands)

    def level_of(self, shape: tuple[int, ...]) -> int | None:
        """Return the level of values of a shape; None if it does not fit."""
        if shape == self.space:
            return FULL if self.inner else ROW
        if self.inner and shape in (self.outer, self.outer + (1,) * len(self.inner)):
            return ROW
        return None

    def ready(self, a: Step, level: int, shape: tuple[int, ...]) -> int | None:
        """Return the first phase in which a step can use a value in a variable; None if never."""
        own = self.level.get(a)
        if own is None or own == SUM or own > level:
            return None
        if a.shape != shape:
            spread = own == ROW and level == FULL
            if not spread or a.shape != self.outer + (1,) * len(self.inner):
                return None
        return self.phase[a] + (own == ROW and a in self.reductions)

    def split(self, axes: tuple[int, ...]) -> bool:
        """Make the last axes the inner ones, if a row of the values is short enough."""
        if self.inner:
            return axes == tuple(range(len(self.outer), len(self.space)))
        n = len(self.outer) - len(axes)
        width = int(np.prod(self.outer[n:]))
        if not n or axes != tuple(range(n, len(self.outer))) or not 1 < width <= LONGEST_ROW:
            return False
        self.outer, self.inner = self.outer[:n], self.outer[n:]
        for step, level in self.level.items():
            if level == ROW:
                self.level[step] = FULL
        return True


class Groups:
    """The groups of a program, in the order in which they run.

    Parameters
    ----------
    values : Values
        The steps, with the memory of each.
    head : int
        Steps from this position on must run after all those before it.
    has_kernel : callable
        Whether a kernel of its own computes a step.
    """

    def __init__(self, values: Values, head: int, has_kernel: Callable[[Step], bool]) -> None:
        self.root, self.stores = values.root, values.stores
        self.entries, self.joins = values.entries, values.joins.parts
        self.windows = values.windows
        self.has_kernel = has_kernel
        self.groups: list[Group] = []
        self.place: dict[Step, int] = {}
        self.readers: dict[Step, list[tuple[int, Step, Step]]] = {}
        self.first = 0
        for k, step in enumerate(values.order):
            if k == head:
                self.first = len(self.groups)
            if step.kind != "constant":
                self._put(step)
        self.head = self.first if head < len(values.order) else len(self.groups)
        self._merge()

    def _put(self, step: Step) -> None:
        reduction = as_reduction(step)
        if step.kind == "view" or step in self.windows:
            self._put_view(step)
        elif step in self.entries:
            self._put_entries(step, self.entries[step])
        elif step in self.joins:
            self.place[step] = max(self.place[part] for part in self.joins[step])
        elif step.kind == "elementwise" and supported(step):
            self._put_elementwise(step)
        elif reduction is not None:
            self._put_reduction(step, reduction)
        else:
            self._alone(Group("kernel" if self.has_kernel(step) else "host"), step, SUM)

    def _alone(self, group: Group, step: Step, level: int) -> None:
        self.groups.append(group)
        self._add(len(self.groups) - 1, step, level, 0, self._read(step))

    def _operands(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a loop that is not a reduction."""
        found = self.entries.get(step)
        return step.arguments if found is None else found.operands

    def _put_entries(self, step: Step, entries: Entries) -> None:
        if entries.moved is None:
            self._put_elementwise(step)
        else:  # in order, if an entry is written several times
            self._alone(Group("apart" if entries.repeats else "loops", entries.space), step, SUM)

    def _add(self, k: int, step: Step, level: int, phase: int, operands: Sequence[Step]) -> None:
        group = self.groups[k]
        for a in operands:
            if a not in group.level and a.kind != "constant":
                self.readers.setdefault(self.root[a], []).append((k, step, a))
                group.touched.add(a)
        group.add(step, level, phase)
        self.place[step] = k

    def _put_view(self, step: Step) -> None:
        """Put a view in a variable into the group of its base; other views are memory."""
        (x,) = step.arguments
        if self.root[step] is step:
            if known(x.dtype):  # a reshape that copies
                self._alone(Group("loops", x.shape), step, ROW)
            else:
                self._alone(Group("host"), step, SUM)
            return
        k = self.place.get(x, -1)
        self.place[step] = k
        if k < 0 or x not in self.groups[k].level or step.name not in ("reshape", "broadcast_to"):
            return
        group = self.groups[k]
        row = group.outer + (1,) * len(group.inner)
        if group.level[x] == ROW and group.inner:
            kept = step.name == "reshape" and step.shape in (group.outer, row)
            if kept or (
                step.name == "broadcast_to" and step.shape == group.space and x.shape == row
            ):
                group.add(step, ROW, group.phase[x] + (x in group.reductions))

    def _candidates(self, operands: Sequence[Step], earliest: int = 0) -> list[int]:
        """Return the groups late enough for the operands of a step, and not too far back."""
        needed = max((self.place.get(a, -1) for a in operands), default=-1)
        earliest = max(needed, self.first, earliest)
        end = len(self.groups)
        recent = range(max(earliest, end - REACH), end)
        return [*recent] if needed < earliest or needed in recent else [needed, *recent]

    def _open(self, group: Group, operands: Sequence[Step]) -> bool:
        """Whether steps with these operands may be added to a group."""
        return group.kind == "loops" and len(group.steps) < MOST and group.concerns(operands)

    def _phase(
        self, k: int, operands: Sequence[Step], level: int, shape: tuple[int, ...]
    ) -> int | None:
        """Return the phase of group k that can compute a step; None if there is none."""
        phase = 0
        for a in operands:
            if self.place.get(a, -1) == k:
                ready = self.groups[k].ready(a, level, shape)
                if ready is None:
                    return None
                phase = max(phase, ready)
        return phase

    def _put_elementwise(self, step: Step) -> None:
        old = self.stores.get(step)
        read = [] if old is None else self.readers.get(old, [])
        earliest = max([k for k, _, _ in read], default=0)
        operands = self._operands(step)
        for a in self._whole(step):
            earliest = max(earliest, self.place.get(a, -1) + 1)
        for k in self._candidates(operands, earliest):
            group = self.groups[k]
            if not self._open(group, self._read(step)):
                continue
            level = group.level_of(step.shape)
            if level is None:
                continue
            phase = self._phase(k, operands, level, step.shape)
            if phase is None:
                continue
            here = [(user, a) for at, user, a in read if at == k]
            if all(
                a is old
                and user not in self.entries
                and user.shape == step.shape
                and group.phase[user] <= phase
                for user, a in here
            ):
                self._add(k, step, level, phase, self._read(step))
                return
        self._alone(Group("loops", step.shape), step, ROW)

    def _read(self, step: Step) -> tuple[Step, ...]:
        return (*self._operands(step), *self._whole(step))

    def _whole(self, step: Step) -> tuple[Step, ...]:
        """Return the array that a step reads at positions, which must be in memory before."""
        found = self.entries.get(step)
        return () if found is None or found.moved is not None else (found.array,)

    def _put_reduction(self, step: Step, r: Reduction) -> None:
        for k in self._candidates(r.operands):
            group = self.groups[k]
            if not self._open(group, step.arguments):
                continue
            level = group.level_of(r.shape)
            if level is not None and self._phase(k, r.operands, level, r.shape) is not None:
                self._reduce_in(k, step, r)
                return
        self.groups.append(Group("loops", r.shape))
        self._reduce_in(len(self.groups) - 1, step, r)

    def _reduce_in(self, k: int, step: Step, r: Reduction) -> None:
        group = self.groups[k]
        target = SUM
        if group.level_of(r.shape) == FULL or not group.inner:
            target = ROW if group.split(r.axes) else SUM
        level = group.level_of(r.shape)
        assert level is not None
        phase = self._phase(k, r.operands, level, r.shape)
        assert phase is not None
        group.reductions[step] = r
        self._add(k, step, target, phase, r.operands)

    # ---------------------------------------------------------------------------------------------
    # Merging groups over the same rows

    def _merge(self) -> None:
        """Merge groups of the same space where they read the same arrays."""
        target = list(range(len(self.groups)))
        for k in range(len(self.groups)):
            side = self.head if k >= self.head else 0
            for i in range(max(side, k - REACH), k):
                if target[i] == i and self._fit(i, k):
                    target[k] = i
                    self._take_in(i, k)
                    break
        kept = [k for k, i in enumerate(target) if k == i]
        place = {k: n for n, k in enumerate(kept)}
        self.head = sum(k < self.head for k in kept)
        self.groups = [self.groups[k] for k in kept]
        now = [place[i] for i in target]
        self.place = {step: now[k] if k >= 0 else k for step, k in self.place.items()}
        levels = [group.level for group in self.groups]
        for root, read in [*self.readers.items()]:
            # values that are now in the group of their reader are read from variables
            rest = [(now[k], step, a) for k, step, a in read if a not in levels[now[k]]]
            self.readers[root] = rest
            if not rest:
                del self.readers[root]

    def _fit(self, i: int, k: int) -> bool:
        """Whether the steps of group k can be computed with those of group i, which is earlier."""
        one, other = self.groups[i], self.groups[k]
        if one.kind != "loops" or other.kind != "loops" or one.space != other.space:
            return False
        if one.inner and other.inner and one.inner != other.inner:
            return False
        both = [*one.steps, *other.steps]
        if len(both) > MOST or any(s in self.stores for s in both):
            return False
        if any(s in self.entries and self.entries[s].moved is not None for s in both):
            return False
        if any(self.place.get(a, -1) >= i for s in other.steps for a in self._whole(s)):
            return False
        shared = one.touched & other.touched
        return any(len(a.shape) == len(one.space) for a in shared) and all(
            self._known(a, i, k, step)
            for step in other.steps
            for a in (self._operands(step) if step in self.entries else other.operands(step))
        )

    def _known(self, a: Step, i: int, k: int, step: Step) -> bool:
        """Whether an operand of a step of group k is there while group i is computed."""
        place = self.place.get(a, -1)
        if place == k or place < i:
            return True
        one, other = self.groups[i], self.groups[k]
        reduction = other.reductions.get(step)
        shape = step.shape if reduction is None else reduction.shape
        if place != i or one.level.get(a, SUM) == SUM:
            return False
        if other.inner and not one.inner:  # its values are going to be full ones
            return a.shape == shape == one.space
        level = FULL if one.inner and shape == one.space else ROW
        return one.ready(a, level, shape) is not None

    def _take_in(self, i: int, k: int) -> None:
        one, other = self.groups[i], self.groups[k]
        for group, inner in ((one, other.inner), (other, one.inner)):
            if inner and not group.inner:
                group.split(tuple(range(len(group.outer) - len(inner), len(group.outer))))
        one.steps += other.steps
        one.level |= other.level
        one.phase |= other.phase
        one.reductions |= other.reductions
        one.touched |= other.touched
        for step in other.steps:
            self.place[step] = i
