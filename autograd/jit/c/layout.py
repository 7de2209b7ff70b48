"""The layout of a loop nest: axes, the phases of steps, strips and pieces. Next: `loops.py`.

The innermost loop is cut in *phases*: where the sum over a row is needed, and ahead of a function
like tanh of what such a function made, as a processor looks ahead over short loops only. What a
later phase needs is computed anew if that is cheap, else kept for a row, or for a strip of a longer
loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..program import Step
from .axes import Axes, Strides, contiguous
from .expressions import is_slow
from .groups import FULL, ROW, SUM, Group
from .kernel import Kernel
from .sums import Reduction

if TYPE_CHECKING:
    from .emit import Emitter

# sums over more entries are computed in blocks, which is more accurate
BLOCK = 2048
# loops shorter than this are not split for slow functions
LONG = 128
# the bytes that a strip keeps for later phases, which should stay in the cache
NEAR = 1 << 14
# the least work for threads, and the work of a piece, in entries of a fast operation; and how many
# of these a slow function counts for
WORTH, PIECE_OF_WORK, SLOW = 1 << 19, 1 << 17, 8
MOST_PIECES = 16
CHEAP = ("add", "subtract", "multiply", "negative")


class Layout(Kernel):
    """The layout of the loop nest of a group.

    Attributes
    ----------
    steps : list of Step
        Those that compute something.
    axes : Axes
    phase, last : dict of Step to int
        The phase of each step, and the last one in which it is needed.
    strip : int
        The iterations of the innermost loop after which all phases start again; 0 for all.
    """

    def __init__(self, emitter: Emitter, group: Group) -> None:
        super().__init__(emitter)
        self.group = group
        # without inner axes the whole nest is one phase of full values
        self.outer, self.inner = (group.outer, group.inner) if group.inner else ((), group.outer)
        self.width = len(self.outer)
        self.steps = [s for s in group.steps if s.kind != "view" or emitter.root[s] is s]
        self.aliases = {s: s.arguments[0] for s in group.steps if s not in self.steps}
        self.entries = {s: emitter.entries[s] for s in self.steps if s in emitter.entries}
        self.positions = {
            s: found.strides(emitter.layout[found.array]) for s, found in self.entries.items()
        }
        firm = [strides for _, strides in self.positions.values()]
        self.axes = Axes(self.outer, self.inner, *self._accesses(), firm)
        self._place_phases()
        self.phases = max(self.phase.values()) + 1
        self.strip = self._strip()
        self.pieces = self._pieces()

    def level(self, step: Step) -> int:
        """Return whether a step is a full, row or summed value."""
        found = self.group.level[step]
        if self.moves(step):
            return FULL
        return FULL if found == ROW and not self.group.inner else found

    def source(self, a: Step) -> Step:
        """Return the step whose variable holds an operand."""
        while a in self.aliases:
            a = self.aliases[a]
        return a

    def operands(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a step."""
        if step in self.entries:
            return self.entries[step].operands
        r = self.group.reductions.get(step)
        return step.arguments if r is None else r.operands

    def moves(self, step: Step) -> bool:
        """Whether a step stores the entries of its argument at other positions."""
        found = self.emitter.entries.get(step)
        return step.kind == "view" or (found is not None and found.moved is not None)

    # ---------------------------------------------------------------------------------------------
    # Phases, strips and pieces

    def _place_phases(self) -> None:
        """Find the phase of each step, and the last one in which it is needed."""
        self.phase: dict[Step, int] = {}
        self.last: dict[Step, int] = {}
        after_slow: set[Step] = set()
        long = self.axes.last >= LONG
        for step in self.group.steps:
            operands = self.operands(step)
            own = [a for a in operands if a in self.phase]
            phase = max([self._ready(a) for a in own], default=0)
            slow = long and self.level(step) == FULL and is_slow(step)
            after = any(a in after_slow and self.phase[a] == phase for a in own)
            phase += slow and after
            if slow or after:
                after_slow.add(step)
            old = self.emitter.stores.get(step)
            readers = [s for s in self.phase if old in self.operands(s)] if old else []
            phase = self.phase[step] = max([phase, *(self.phase[s] for s in readers)])
            for a in map(self.source, operands):
                self.last[a] = max(self.last.get(a, 0), phase)

    def _ready(self, a: Step) -> int:
        """Return the first phase in which other steps can use a value in a variable."""
        return self.phase[a] + (self.group.level[a] == ROW and a in self.group.reductions)

    def keeps(self, step: Step) -> bool:
        """Whether a value is kept for later phases, outside of its own memory."""
        later = self.last.get(step, 0) > self.phase[step] and not self.emitter.in_memory(step)
        return later and self.level(step) == FULL and not self._is_cheap(step)

    def _is_cheap(self, step: Step) -> bool:
        """Whether a value is recomputed in each phase, as that takes no longer than reading it."""
        if step.name not in CHEAP or step in self.group.reductions:
            return False
        if any(s in self.emitter.stores for s in self.steps):  # but its operand may change
            return False
        return all(a not in self.group.level or self.level(a) != FULL for a in step.arguments)

    def _strip(self) -> int:
        """Return how many iterations of the innermost loop the phases cover at a time; 0: all."""
        if self.width or not self.axes.loops:
            return 0
        if self.phases > 1:
            each = sum(s.dtype.itemsize for s in self.steps if self.keeps(s))
            found = min(max(NEAR // max(each, 1) // LONG * LONG, LONG), BLOCK)
        else:
            found = BLOCK if self.group.reductions else 0
        return found if self.axes.last > 2 * found else 0

    def _pieces(self) -> int:
        """Return the number of pieces that pays."""
        if any(found.repeats for found in self.entries.values()):
            return 1
        size = int(np.prod(self.group.space, dtype=np.int64))
        work = size * sum(SLOW if is_slow(s) else 1 for s in self.steps)
        if work < WORTH or not self.axes.loops:
            return 1
        wanted = min(work // PIECE_OF_WORK, MOST_PIECES, self.axes.loops[0].size)
        # every piece has its own partial sums
        sums = sum(s.size for s in self.steps if self.group.level[s] == SUM and not self.moves(s))
        return max(min(wanted, size // (4 * max(sums, 1))), 1)

    # ---------------------------------------------------------------------------------------------
    # Strides

    def strides(self, step: Step, shape: tuple[int, ...]) -> Strides:
        """Return the strides of a step in memory, broadcast to the shape of a user."""
        own = self.emitter.ref(step).strides
        if step.size == 1:
            return (0,) * len(shape)
        pad = len(shape) - len(own)
        return (0,) * pad + tuple(0 if n == 1 else s for s, n in zip(own, step.shape, strict=True))

    def summed_strides(self, step: Step, r: Reduction) -> Strides:
        """Return the strides of a sum over the axes of its operands."""
        own = list(self.emitter.ref(step).strides)
        keep = len(own) == len(r.shape)
        found = []
        for axis in range(len(r.shape)):
            stride = own.pop(0) if keep or axis not in r.axes else 0
            found.append(0 if axis in r.axes else stride)
        return tuple(found)

    def stored(self, step: Step) -> Strides:
        """Return the strides with which a value is written."""
        if step in self.entries and self.moves(step):
            return self.positions[step][1]
        if step.kind == "view":
            return contiguous(self.group.space)
        return self.strides(step, step.shape)

    def _accesses(self) -> tuple[list[Strides], list[Strides]]:
        full: list[Strides] = []
        row: list[Strides] = []
        for step in self.steps:
            r = self.group.reductions.get(step)
            shape = r.shape if r else step.shape
            if self.moves(step):
                shape = self.group.space
            level = FULL if len(shape) > self.width and shape == self.group.space else ROW
            target = full if level == FULL else row
            for a in self.operands(step):
                if a not in self.group.level and self.emitter.splat(a) is None:
                    target.append(self.strides(a, shape))
            if step in self.entries and not self.moves(step):
                target.append(self.positions[step][1])
            if self.group.level[step] == SUM and r:
                target.append(self.summed_strides(step, r))
            elif self.emitter.in_memory(step):
                stored = self.stored(step)
                (full if self.level(step) == FULL else row).append(stored)
        return full, row
