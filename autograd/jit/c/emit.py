"""A program as C: where every value lies in memory, and the groups' text. Next: `elementary.py`.

The text knows sizes and strides but no addresses: a table of pointers comes with each call, so two
models of the same form share one library. Table entry 0 is the arena, in which values that outlive
their loop have places, used again when nothing needs them; entry 1 holds numbers that come in or go
out; entry 2 is how many threads there may be; then inputs, constants and outputs.

The functions ``part0``, ``part1``, ... take the table and return 0, or 1 if a check fails; between
them the caller runs the steps that C does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ..optimize.liveness import Liveness
from ..program import Program, Step
from ..step_functions import scattered, view
from .expressions import known, memory_type, supported
from .groups import Group, Groups, as_reduction
from .joins import Joins, copy_of
from .kernel import Functions
from .loops import Nest
from .memory import ALIGNMENT, Arena
from .products import Product, native

Array = np.ndarray[Any, Any]


class Unsupported(Exception):
    """NumPy must run the program, or is the better choice."""


class Ref(NamedTuple):
    """The position of a value's first entry, in entries from a base, and its strides in entries."""

    base: str
    offset: int
    strides: tuple[int, ...]


class Returned(NamedTuple):
    """A result: its table entry, or -1 for a copy; the array, if it is always the same."""

    step: Step
    entry: int
    array: Array | None


class Emitter:
    """Turns a program into C.

    Parameters
    ----------
    program : Program
    bound : mapping of Step to array
        Inputs that are the same arrays at every call.
    numbers : sequence of Step
        Updated inputs that are numbers: their new values are returned after the outputs.
    kept : collection of int
        Outputs, by number, that may be the same array at every call.
    prefix : str
        What the names of functions begin with, where one library holds several programs.
    flush : bool
        Whether numbers too small for full precision are taken for 0, which is much faster.

    Attributes
    ----------
    arrays : dict of int to array
        The entries of the table that are the same at every call.
    given : dict of Step to int
        The table entries of arrays that come with the call.
    cells : dict of Step to int
        The places of numbers, eight bytes each.
    hosted : dict of Step to int
        The table entries of arrays that NumPy computes between parts.
    returned : list of Returned
        Where each result comes from.
    functions : Functions
        The C functions, and in which order they are called.
    memory : Arena
        Places of what is neither given nor returned.
    """

    def __init__(
        self,
        program: Program,
        bound: Mapping[Step, Array],
        numbers: Sequence[Step] = (),
        kept: Collection[int] = (),
        prefix: str = "",
        flush: bool = False,
    ) -> None:
        self.program = program
        self.bound = dict(bound)
        self.numbers = list(numbers)
        self.kept, self.prefix, self.flush = kept, prefix, flush
        self.lent: dict[Step, Array] = {}
        self.arrays: dict[int, Array] = {}
        self.given: dict[Step, int] = {}
        self.cells: dict[Step, int] = {}
        self.hosted: dict[Step, int] = {}
        self.blas_names: dict[str, int] = {}
        self.root: dict[Step, Step] = {}
        self.layout: dict[Step, Array] = {}
        self.base: dict[Step, str] = {}
        self.constant: dict[Step, Step] = {}
        self.scattered: dict[Step, tuple[int, tuple[int, ...]]] = {}
        self.count = 3
        self._refs: dict[Step, Ref] = {}
        self.memory = Arena()
        self.places: dict[Step, tuple[int, int]] = {}
        self._scratch: list[tuple[int, int]] = []
        self.functions = Functions(prefix, flush)
        live = Liveness(program, bound)
        self.joins = Joins(live.order, live.head)
        self.order, self.head = self.joins.order, self.joins.head
        self.stores: dict[Step, Step] = {}
        self._inputs()
        for step in self.order:
            self._lay_out(step)
        self._write_back()
        self._order_parts()

    # ---------------------------------------------------------------------------------------------
    # Memory

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
            part = scattered(step, self.layout[step])
            if part is not None:
                offset = (part.ctypes.data - self.layout[step].ctypes.data) // part.itemsize
                strides = tuple(s // part.itemsize for s in part.strides)
                self.scattered[step] = offset, strides

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

    # ---------------------------------------------------------------------------------------------
    # Groups

    def _is_host(self, step: Step) -> bool:
        if step.kind == "elementwise":
            return not supported(step)
        if step.kind in ("reduce", "product"):
            return as_reduction(step) is None and not (step.kind == "product" and native(step))
        inside = step in self.scattered or step in self.joins.parts
        return step.kind in ("call", "item", "random") and not inside

    def _order_parts(self) -> None:
        # nothing may be written before the last check that may fail
        risky = self.program.checks or any(map(self._is_host, self.order))
        head = self.head if risky else len(self.order)
        joins = self.joins.parts
        groups = Groups(self.order, head, self.root, self.stores, native, self.scattered, joins)
        self.groups = groups
        last = self._last_groups()
        dying: dict[int, list[Step]] = {}
        for root, k in last.items():
            dying.setdefault(k, []).append(root)
        for k, group in enumerate(groups.groups):
            if k == groups.head:
                self._checks()
            self._place(group, last)
            self._group(group)
            gone = [self.places[root] for root in dying.get(k, ()) if root in self.places]
            for start, size in (*self._scratch, *gone):
                self.memory.release(start, size)
            self._scratch = []
        if groups.head >= len(groups.groups):
            self._checks()
        self.functions.close()

    def _last_groups(self) -> dict[Step, int]:
        """Return the last group that reads each value in memory, and allocate the results."""
        p = self.program
        self.results = [*self.outputs, *(new for old, new in p.updates if old in self.numbers)]
        leaving = [self.root[s] for s in (*(s for s, _ in p.checks), *self.results)]
        last = {
            root: max(k for k, _, _ in readers) for root, readers in self.groups.readers.items()
        }
        last |= dict.fromkeys(leaving, len(self.groups.groups))
        self._give_out()
        for root in leaving:
            if not root.shape and root not in self.base and root in self.layout:
                self._cell(root)
        return last

    def _place(self, group: Group, last: Mapping[Step, int]) -> None:
        """Allocate the values of a group that others read."""
        for step in (self.joins.whole.get(s, s) for s in group.steps):
            if self.root[step] is not step or step not in last or step in self.base:
                continue
            if group.kind == "host" and step.shape and step in self.layout:
                self.hosted[step] = self.entry()
                self.base[step] = f"t[{self.hosted[step]}]"
            elif step in self.layout:
                size = step.size * step.dtype.itemsize
                self.places[step] = self.memory.allocate(size), size
                self.base[step] = f"(m + {self.places[step][0]})"

    def _give_out(self) -> None:
        """Have results computed in the arrays to return, if possible; others are copied."""
        self.returned: list[Returned] = []
        self.fresh: dict[int, Step] = {}
        for i, step in enumerate(self.results):
            own = step.kind in ("elementwise", "reduce", "product") or step in self.scattered
            own = own or step in self.joins.parts
            own = own and step not in self.base
            if not own and i in self.kept and self._lend_view(step):
                continue
            if not (own and step.shape and known(step.dtype)):
                self.returned.append(Returned(step, -1, None))
                continue
            array = np.empty(step.shape, step.dtype) if i in self.kept else None
            k = self.entry(array)
            self.base[step] = f"t[{k}]"
            if array is None:
                self.fresh[k] = step
            else:
                self.lent[step] = array
            self.returned.append(Returned(step, k, array))

    def _lend_view(self, step: Step) -> bool:
        """Have the value that a result is a reshape of computed in the array to return."""
        root = step
        while root.kind == "view" and root.name == "reshape":
            (root,) = root.arguments
        kinds = ("elementwise", "reduce", "product")
        if root is step or root.kind not in kinds or root in self.base or root in self.results:
            return False
        if not root.shape or not step.shape or not known(step.dtype):
            return False
        array = np.empty(root.shape, root.dtype)
        self.base[root] = f"t[{self.entry(array)}]"
        self.lent[root] = array
        self.lent[step] = array.reshape(step.shape)
        self.returned.append(Returned(step, -1, self.lent[step]))
        return True

    def _group(self, group: Group) -> None:
        if group.kind == "host":
            self.functions.host(group.steps[0])
            return
        writer: Any = Nest(self, group) if group.kind == "loops" else Product(self, group.steps[0])
        piece, body = writer.emit()
        if body:
            self.functions.call(writer, piece, body)

    def blas_function(self, name: str) -> str:
        """Return the C name of a BLAS function."""
        self.blas_names.setdefault(name, len(self.blas_names))
        return name

    def _checks(self) -> None:
        for step, wanted in self.program.checks:
            if step in self.constant:
                truth = "1" if self.constant[step].value else "0"
            else:
                ref = self.ref(step)
                kind = memory_type(step.dtype)
                truth = f"(*(({kind} *)({ref.base}) + {ref.offset}) != 0)"
            self.functions.state(f"if ({truth} != {int(wanted)}) return 1;")

    @property
    def arena(self) -> int:
        """The bytes of the arena."""
        return max(self.memory.size, ALIGNMENT)

    def text(self) -> list[str]:
        """Return the text of all functions."""
        seen = any(self.root[s] in self.places for s in self.results)
        return self.functions.text(None if seen else self.arena)
