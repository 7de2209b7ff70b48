"""Loops in C: pointers go from row to row, around the function of one step.

Next: `../tape/`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..c import backend
from ..c.backend import CProgram
from ..c.expressions import known, memory_type
from ..c.joins import copy_of
from ..c.values import Unsupported
from ..program import Program, Step
from .loop import Loop
from .loop_in_numpy import Layout, LoopRunner, Space

Array = np.ndarray[Any, Any]


def c_program(
    program: Program,
    bound: Mapping[Step, Array],
    numbers: Sequence[Step] = (),
    kept: Collection[int] = (),
    flush: bool = False,
    threads: int | None = None,
) -> CProgram:
    """Do what `backend.c_program` does, with the loops of the program in the same library."""
    natives: list[CLoop] = []
    apart: dict[str, str] = {}
    loops = _natives(program, natives, flush, threads, apart)
    found = backend.c_program(program, bound, numbers, kept, flush, threads, natives)
    found.loops, found.apart = loops, apart
    return found


def _natives(
    program: Program,
    made: list[CLoop],
    flush: bool,
    threads: int | None,
    apart: dict[str, str],
    inside_of: str = "",
) -> dict[Step, Callable[..., Any]]:
    """Return functions that run the loops of a program; note which are in C, and why not."""
    found: dict[Step, Callable[..., Any]] = {}
    names = program.names()
    for step in program.steps:
        loop = step.function
        if not isinstance(loop, Loop):
            continue
        try:
            native = CLoop(loop, f"l{len(made)}_", flush, threads)
            made.append(native)
            found[step] = native
        except Unsupported as error:
            name = inside_of + names[step]
            apart[name] = str(error)
            inside = _natives(loop.program, made, flush, threads, apart, f"{name}.")
            if inside:
                found[step] = loop.copy_with(inside)
    return found


class CLoop(CProgram):
    """A loop in C, with the interface of `Loop`.

    Raises
    ------
    Unsupported
        If some of the step has no form in C.
    """

    def __init__(self, loop: Loop, prefix: str, flush: bool, threads: int | None) -> None:
        self.loop = loop
        self.layout = layout = Layout(loop)
        program = _with_copies(layout.program)
        super().__init__(program, layout.bound, layout.numbers, (), prefix, flush, threads)
        e = self.emitter
        if e.functions.parts != [f"{prefix}part0"]:
            hosts = ", ".join(sorted({s.name for s in self.hosts()}))
            raise Unsupported(f"its step needs {hosts}" if hosts else "its step computes nothing")
        self.name = f"{prefix}loop"
        # rows of numbers have pointers beside the table, as numbers are stored in cells
        self.turning = [*layout.rows, *(old for old, _ in layout.states)]
        self.read = [s for s in self.turning if s in e.cells]
        self.results = e.returned[: len(program.outputs)]
        self.written = [x.step for x in self.results if x.entry < 0]
        unknown = [s for s in self._open if s not in e.given and s not in e.cells]
        if unknown or any(s.shape or not known(s.dtype) for s in self.written):
            raise Unsupported("an operand or a result that C does not know")
        self._beside = (ctypes.c_void_p * max(len(self.read) + len(self.written), 1))()
        e.functions.add(self._text(prefix))

    # ---------------------------------------------------------------------------------------------
    # The text

    def _text(self, prefix: str) -> str:
        before = [
            f"{self._cell(s)} = *({memory_type(s.dtype)} *)r[{k}];" for k, s in enumerate(self.read)
        ]
        after = [
            f"*({memory_type(s.dtype)} *)r[{len(self.read) + k}] = {self._cell(s)};"
            for k, s in enumerate(self.written)
        ]
        pairs = [p for p in self.layout.program.updates if p[0] in self.layout.numbers]
        after += [
            f"const {memory_type(old.dtype)} n{k} = {self._cell(new)};"
            for k, (old, new) in enumerate(pairs)
        ]
        after += [f"{self._cell(old)} = n{k};" for k, (old, _) in enumerate(pairs)]
        sign = "-" if self.loop.reverse else "+"
        after += [f"t[{k}] {sign}= {_bytes(s)};" for k, s in self._entries()]
        after += [
            f"r[{k}] {sign}= {s.dtype.itemsize};" for k, s in enumerate((*self.read, *self.written))
        ]
        body = "\n".join([*before, f"if ({prefix}part0(t)) return 1;", *after])
        return (
            f"EXPORT int {self.name}(char **t, i64 n, char **r) {{\n"
            f"for (i64 i = 0; i < n; i++) {{\n{body}\n}}\nreturn 0;\n}}"
        )

    def _cell(self, step: Step) -> str:
        ref, kind = self.emitter.ref(step), memory_type(step.dtype)
        return f"*(({kind} *)({ref.base}) + {ref.offset})"

    def _entries(self) -> list[tuple[int, Step]]:
        """Return the table entries that advance from row to row."""
        e = self.emitter
        rows = [(e.given[s], s) for s in self.turning if s in e.given]
        return rows + [(x.entry, x.step) for x in self.results if x.entry >= 0]

    def take(self, library: ctypes.CDLL) -> CProgram:
        """Bind the functions of a library."""
        self.function = getattr(library, self.name)
        self.function.restype = ctypes.c_int
        self.function.argtypes = ctypes.c_void_p, ctypes.c_longlong, ctypes.c_void_p
        return self

    # ---------------------------------------------------------------------------------------------
    # A call

    def __call__(self, *values: Any) -> Any:
        """Run all steps."""
        layout = self.layout
        given = dict(zip(layout.inputs, values, strict=True))
        try:
            for s in (*layout.fixed, *layout.numbers):
                if s in self.emitter.cells:
                    self._numbers[s][...] = given[s]
        except OverflowError:
            return LoopRunner(self.loop)(values)
        for old, array in layout.bound.items():
            array[...] = given[old]
        space = Space(self.loop, layout, given)
        held = self._point(given, space)
        failed = self.function(self._table, self.loop.n, self._beside)
        del held
        if failed:
            return LoopRunner(self.loop)(values)
        cells = [self._numbers[s] for s in layout.numbers]
        numbers = [
            a.item() if s.weak else a[()] for s, a in zip(layout.numbers, cells, strict=True)
        ]
        return space.results(numbers)

    def _point(self, given: Mapping[Step, Any], space: Space) -> list[Array]:
        """Set the table entries to the first rows; return the arrays to keep alive meanwhile."""
        e, layout = self.emitter, self.layout
        held = []
        for s in layout.fixed:
            if s in e.given:
                held.append(np.require(given[s], s.dtype.type, ("C", "A")))
                self._table[e.given[s]] = held[-1].ctypes.data
        rows = [np.require(given[s], s.dtype.type, ("C", "A")) for s in layout.rows]
        columns = [*(a[:: space.direction] for a in rows), *space.turning()]
        beside = iter(range(len(self._beside)))
        for s, a in zip(self.turning, columns, strict=False):
            if s in e.given:
                self._table[e.given[s]] = a.ctypes.data
            elif s in e.cells:
                self._beside[next(beside)] = a.ctypes.data
        for x, a in zip(self.results, columns[len(self.turning) :], strict=True):
            if x.entry >= 0:
                self._table[x.entry] = a.ctypes.data
            else:
                self._beside[next(beside)] = a.ctypes.data
        return [*held, *rows]


def _bytes(step: Step) -> int:
    return int(step.size * step.dtype.itemsize)


def _with_copies(program: Program) -> Program:
    """Return a program whose outputs are computed separately, so that each has its row."""
    seen: set[Step] = set()
    outputs, copies = [], []
    for s in program.outputs:
        if s.shape and (s.kind not in ("elementwise", "reduce", "product") or s in seen):
            s = copy_of(s, s.dtype)
            copies.append(s)
        seen.add(s)
        outputs.append(s)
    steps = [*program.steps, *copies]
    return Program(program.inputs, steps, outputs, program.updates, program.checks)
