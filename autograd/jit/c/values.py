"""Where every value of a C program lies. Next: `emit.py`.

The text knows sizes and strides but no addresses: a table of pointers comes with each call, so two
models of the same form share one library. Table entry 0 is the arena, in which values that outlive
their loop have places, used again when nothing needs them; entry 1 holds numbers that come in or go
out; entry 2 is how many threads there may be; then inputs, constants and outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ..optimize.liveness import Liveness
from ..program import Program, Step
from ..step_functions import view
from .entries import Positions, windows_of
from .expressions import known
from .joins import Joins, copy_of
from .memory import Arena

Array = np.ndarray[Any, Any]


class Unsupported(Exception):
    """NumPy must run the program, or is the better choice."""


class Ref(NamedTuple):
    """The position of a value's first entry, in entries from a base, and its strides in entries."""

    base: str
    offset: int
    strides: tuple[int, ...]


class Values:
    """The steps of a program in order, with the memory of each.

    Attributes
    ----------
    arrays : dict of int to array
        The entries of the table that are the same at every call.
    given : dict of Step to int
        The table entries of arrays that come with the call.
    cells : dict of Step to int
        The places of numbers, eight bytes each.
    entries : dict of Step to Entries
        For the steps that read or write entries at positions.
    windows : set of Step
        The steps that take moving windows, which are views.
    memory : Arena
        Places of what is neither given nor returned.
    """

    def __init__(
        self, program: Program, bound: Mapping[Step, Array], numbers: Sequence[Step] = ()
    ) -> None:
        self.program = program
        self.bound = dict(bound)
        self.numbers = list(numbers)
        self.arrays: dict[int, Array] = {}
        self.given: dict[Step, int] = {}
        self.cells: dict[Step, int] = {}
        self.root: dict[Step, Step] = {}
        self.layout: dict[Step, Array] = {}
        self.base: dict[Step, str] = {}
        self.constant: dict[Step, Step] = {}
        self.windows: set[Step] = set()
        self.count = 3
        self._refs: dict[Step, Ref] = {}
        self.memory = Arena()
        self._scratch: list[tuple[int, int]] = []
        positions = Positions(program)
        self.entries, self.checks = positions.entries, positions.program.checks
        live = Liveness(positions.program, bound)
        self.joins = Joins(live.order, live.head, self.entries)
        self.order, self.head = self.joins.order, self.joins.head
        for step in self.joins.parts:  # but for entries that a copy gets
            if step in self.entries and self.entries[step].start is None:
                del self.entries[step]
        self.stores: dict[Step, Step] = {}
        self._inputs()
        for step in self.order:
            self._lay_out(step)
        self._write_back()

    def entry(self, array: Array | None = None) -> int:
        """Return the index of a new table entry."""
        self.count += 1
        if array is not None:
            self.arrays[self.count - 1] = array
        return self.count - 1

    def _inputs(self) -> None:
        for step in self.program.inputs:
            self.root[step] = step
            if step in self.bound:
                array = self.bound[step]
                if not known(array.dtype) or not array.flags.aligned:
                    raise Unsupported("an array whose entries C does not know")
                self.layout[step] = array
                self.base[step] = f"t[{self.entry(array)}]"
            elif known(step.dtype):
                self.layout[step] = np.empty(step.shape, step.dtype)
                if step.shape:
                    self.given[step] = self.entry()
                    self.base[step] = f"t[{self.given[step]}]"
                else:
                    self._cell(step)
        self._check_apart()

    def _check_apart(self) -> None:
        """Raise for updated arrays that share memory: the C code assumes they do not."""
        written = {old for old, _ in self.program.updates}
        spans = sorted(
            ((*byte_bounds(a), old in written) for old, a in self.bound.items()),
            key=lambda s: s[:2],
        )
        stop, changed = 0, False
        for start, end, is_written in spans:
            if start < stop and (is_written or changed):
                raise Unsupported("an updated array that shares its memory with another")
            stop, changed = (
                (max(stop, end), changed or is_written) if start < stop else (end, is_written)
            )

    def _cell(self, step: Step) -> None:
        self.cells[step] = len(self.cells)
        self.base[step] = f"(t[1] + {8 * self.cells[step]})"

    def _lay_out(self, step: Step) -> None:
        """Find the step in whose memory a step is stored, and its layout there."""
        if step.size == 0:
            raise Unsupported("an array without entries")
        whole = self.joins.whole.get(step)
        if whole is not None:
            memory = self.layout.setdefault(whole, np.empty(whole.shape, whole.dtype))
            self.root[step], self.layout[step] = whole, self.joins.place(step, memory)
            return
        self.root[step] = step
        if step.kind == "constant":
            self._lay_out_constant(step)
            return
        windows = windows_of(step)
        if windows is not None and known(step.dtype):
            (x,) = step.arguments
            self.windows.add(step)
            self.root[step], self.layout[step] = self.root[x], windows(self.layout[x])
            return
        if step.kind == "view":
            x = step.arguments[0]
            if x in self.constant and step.name in ("reshape", "broadcast_to"):
                self.constant[step] = self.constant[x]
            if x not in self.layout:
                if known(step.dtype):
                    raise Unsupported("an entry of an array of objects")
                return
            made = view(step, self.layout[x])
            if np.may_share_memory(made, self.layout[x]):
                self.root[step] = self.root[x]
                self.layout[step] = made
                return
        if known(step.dtype) and step not in self.layout:
            self.layout[step] = np.empty(step.shape, step.dtype)

    def _lay_out_constant(self, step: Step) -> None:
        if not step.shape and known(step.dtype):
            self.constant[step] = step
        if isinstance(step.value, np.ndarray) and known(step.dtype):
            array = step.value
            if not array.flags.aligned:
                array = array.copy()
            self.layout[step] = array
            self.base[step] = f"t[{self.entry(array)}]"
        elif known(step.dtype):
            try:
                array = np.full((), step.value, step.dtype)
            except OverflowError:
                raise Unsupported("a Python integer too long for C") from None
            self.layout[step] = array
            self.base[step] = f"t[{self.entry(array)}]"

    def _write_back(self) -> None:
        """Add the steps that write updated inputs; values of inputs are copied first."""
        updated = {old for old, _ in self.program.updates if old not in self.numbers}
        pairs = []
        self.outputs = [self._apart(step, updated) for step in self.program.outputs]
        for old, new in self.program.updates:
            if old in self.numbers:
                continue
            if old not in self.base:
                raise Unsupported("an update of what C does not know")
            pairs.append((old, self._apart(new, updated)))
        for old, new in pairs:
            store = copy_of(new, old.dtype)
            self.root[store] = store
            self.layout[store] = self.layout[old]
            self.base[store] = self.base[old]
            self.stores[store] = old
            self.order.append(store)

    def _apart(self, step: Step, updated: Collection[Step]) -> Step:
        """Return a step whose value survives the updates: a copy, if it is stored in an input."""
        if self.root[step] not in updated:
            return step
        copy = copy_of(step, step.dtype)
        self._lay_out(copy)
        self.order.append(copy)
        return copy

    def splat(self, step: Step) -> Step | None:
        """Return the constant that all entries of a step are equal to."""
        return self.constant.get(step)

    def in_memory(self, step: Step) -> bool:
        """Whether a value is read outside of its group, and so must be in memory."""
        return step in self.base or step in self.joins.whole

    def ref(self, step: Step) -> Ref:
        """Return the position of a value."""
        found = self._refs.get(step)
        if found is None:
            root = self.root[step]
            own, whole = self.layout[step], self.layout[root]
            size = own.itemsize
            offset = (own.ctypes.data - whole.ctypes.data) // size
            strides = tuple(s // size for s in own.strides)
            found = self._refs[step] = Ref(self.base[root], offset, strides)
        return found

    def scratch(self, size: int) -> str:
        """Return memory that is free again after the group being written."""
        start = self.memory.allocate(size)
        self._scratch.append((start, size))
        return f"(m + {start})"
