"""A program as C: the groups in order, the results, and the text. Next: `elementary.py`.

The functions ``part0``, ``part1``, ... take the table and return 0, or 1 if a check fails; between
them the caller runs the steps that C does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..program import Program, Step
from .along import AlongAxes, along
from .expressions import known, memory_type, supported
from .groups import Group, Groups
from .kernel import Functions
from .loops import Nest
from .memory import ALIGNMENT
from .products import Product, native
from .sums import as_reduction
from .values import Values

Array = np.ndarray[Any, Any]


class Returned(NamedTuple):
    """A result: its table entry, or -1 for a copy; the array, if it is always the same."""

    step: Step
    entry: int
    array: Array | None


class Emitter(Values):
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
    hosted : dict of Step to int
        The table entries of arrays that NumPy computes between parts.
    returned : list of Returned
        Where each result comes from.
    functions : Functions
        The C functions, and in which order they are called.
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
        super().__init__(program, bound, numbers)
        self.kept, self.prefix, self.flush = kept, prefix, flush
        self.lent: dict[Step, Array] = {}
        self.hosted: dict[Step, int] = {}
        self.blas_names: dict[str, int] = {}
        self.places: dict[Step, tuple[int, int]] = {}
        self.functions = Functions(prefix, flush)
        self._order_parts()

    # ---------------------------------------------------------------------------------------------
    # Groups

    def _is_host(self, step: Step) -> bool:
        if step.kind == "elementwise":
            return not supported(step)
        if step.kind in ("reduce", "product"):
            return as_reduction(step) is None and not self._has_kernel(step)
        inside = step in self.entries or step in self.joins.parts or step in self.windows
        return step.kind in ("call", "item", "random") and not (inside or self._has_kernel(step))

    def _has_kernel(self, step: Step) -> bool:
        """Whether a kernel of its own computes a step."""
        return native(step) if step.kind == "product" else along(step) is not None

    def _order_parts(self) -> None:
        # nothing may be written before the last check that may fail
        risky = self.checks or any(map(self._is_host, self.order))
        head = self.head if risky else len(self.order)
        groups = self.groups = Groups(self, head, self._has_kernel)
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
        leaving = [self.root[s] for s in (*(s for s, _ in self.checks), *self.results)]
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
            own = step.kind in ("elementwise", "reduce", "product") or step in self.entries
            own = own or step in self.joins.parts or self._has_kernel(step)
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
        writer = Nest(self, group) if group.kind != "kernel" else self._kernel(group.steps[0])
        piece, body = writer.emit()
        if body:
            self.functions.call(writer, piece, body)

    def _kernel(self, step: Step) -> Any:
        form = along(step)
        return Product(self, step) if form is None else AlongAxes(self, step, form)

    def blas_function(self, name: str) -> str:
        """Return the C name of a BLAS function."""
        self.blas_names.setdefault(name, len(self.blas_names))
        return name

    def _checks(self) -> None:
        for step, wanted in self.checks:
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
