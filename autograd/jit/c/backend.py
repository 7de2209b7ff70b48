"""A program as a C function, with the interface of the function that `../emit/numpy.py` makes.

Next: `background.py`.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import address, bounds
from ..emit.numpy import Emitter as NumpyEmitter
from ..program import Program, Step
from .build import build
from .caller import caller
from .emit import Emitter, Returned
from .kernel import SHARED
from .memory import ALIGNMENT
from .pool import pool
from .products import blas
from .source import source

Array = np.ndarray[Any, Any]
# programs over more numbers than this release Python's lock while they run
RELEASED = 1 << 17


class CProgram:
    """A program in C: takes the inputs that are not bound, returns results or None.

    Parameters
    ----------
    program, bound, numbers, kept, prefix, flush
        As those of the `Emitter`.
    threads : int or None
        How many threads to use; None for `default_threads`.

    Raises
    ------
    Unsupported
        If NumPy is the better choice for the program.
    CompileError
        From `load`, which compiles it.
    """

    def __init__(
        self,
        program: Program,
        bound: Mapping[Step, Array],
        numbers: Sequence[Step] = (),
        kept: Collection[int] = (),
        prefix: str = "",
        flush: bool = False,
        threads: int | None = None,
    ) -> None:
        self.emitter = e = Emitter(program, bound, numbers, kept, prefix, flush)
        self._again: Callable[..., Any] | None = None
        # functions that compute a step instead of its own
        self.loops: Mapping[Step, Callable[..., Any]] = {}
        # the reasons why loops are not in C, by name
        self.apart: Mapping[str, str] = {}
        raw = np.zeros(e.arena + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        self._arena = raw[start : start + e.arena]
        self._cells = np.zeros(max(len(e.cells), 1), np.int64)
        self._table = (ctypes.c_void_p * e.count)()
        self._table[0], self._table[1] = self._arena.ctypes.data, self._cells.ctypes.data
        self._table[2] = default_threads() if threads is None else threads
        for k, array in e.arrays.items():
            self._table[k] = array.ctypes.data
        self._open = [s for s in program.inputs if s not in e.bound]
        self._updated = {old for old, _ in program.updates}
        self._ranges = [bounds(array) for old, array in e.bound.items() if old in self._updated]
        self._static: dict[Step, Any] = {}
        for step in e.order:
            if e.root[step] in e.places or e.root[step] in e.cells:
                self._static[step] = self._fixed(step)
        self._numbers = {s: self._fixed(s) for s in e.cells}
        # values to restore if a call starts again because a Python integer was too large for C
        random = [s.arguments[0] for s in e.order if s.kind == "random"]
        whole = any(s.weak and s.dtype.kind == "i" and s.arguments for s in e.order)
        self._generators = list(dict.fromkeys(random)) if whole else []

    @property
    def readable(self) -> str:
        """The C source."""
        return source([self.emitter])[0]

    def hosts(self) -> list[Step]:
        """Return the steps that NumPy computes between parts in C."""
        parts = self.emitter.functions.parts
        return [p for p in parts if not isinstance(p, str) and p.kind != "item"]

    @property
    def runs(self) -> str:
        """A description of what runs the program, and of each loop that is not in C."""
        names = self.emitter.program.names()
        hosts = [s for s in self.hosts() if s not in self.loops and names.get(s) not in self.apart]
        left = ", ".join(f"{names.get(s, '')} {s.name}".strip() for s in hosts)
        loops = [f"loop {name} turns by NumPy: {why}" for name, why in self.apart.items()]
        return "\n".join(["runs in C" + (f"; by NumPy: {left}" if left else ""), *loops])

    def take(self, library: ctypes.CDLL) -> CProgram:
        """Bind the functions of a library."""
        self._library = library
        e = self.emitter
        self._parts: list[Any] = []
        for part in e.functions.parts:
            if isinstance(part, str):
                function = getattr(library, part)
                function.restype = ctypes.c_int
                self._parts.append((function, None))
            else:
                self._parts.append((None, part))
        return self

    def compile(self) -> Callable[..., Any]:
        """Return the fastest way to call the program."""
        e = self.emitter
        single = len(self._parts) == 1 and self._parts[0][0] is not None
        # arrays, one of which is written to, might overlap: checked in Python
        plain = self._updated.isdisjoint(e.given)
        plain = plain and all(s in e.cells or s in e.given for s in self._open)
        results = [self._described(x) for x in e.returned]
        if not (single and plain) or None in results:
            return self
        made = caller()
        if made is None:
            return self
        inputs = [
            (e.given.get(s, -1), s.dtype, s.weak, False, s.shape, self._address(s), None)
            for s in self._open
        ]
        spans = [x for span in self._ranges for x in span]
        run = ctypes.cast(self._parts[0][0], ctypes.c_void_p).value
        long = sum(s.size for s in e.order) > RELEASED
        table = ctypes.addressof(self._table)
        found: Callable[..., Any] = made(run, table, long, inputs, results, spans, self)
        return found

    def lent(self, step: Step) -> Array | None:
        """Return the array of an output that is the same at every call; None if it is a new one."""
        return self.emitter.lent.get(step)

    def _address(self, step: Step) -> int:
        return int(self._numbers[step].ctypes.data) if step in self._numbers else 0

    def _described(self, x: Returned) -> Any:
        """Return the description of a result for the caller; None if Python must make it."""
        e, step = self.emitter, x.step
        if x.array is not None:
            return -1, step.dtype, False, True, step.shape, 0, x.array
        if x.entry >= 0:
            return x.entry, step.dtype, False, False, step.shape, 0, None
        if step.kind == "constant":
            return None
        a = self._static.get(step, self._numbers.get(step))
        if a is None and e.root.get(step) in e.bound:
            a = e.layout[step]
        if a is None:
            return None
        if step.shape:
            return -1, step.dtype, False, False, step.shape, 0, a
        return -1, step.dtype, step.weak, False, (), int(a.ctypes.data), None

    # ---------------------------------------------------------------------------------------------
    # Arrays in the memory of the program

    def _fixed(self, step: Step) -> Array:
        """Return a value of the arena or the numbers as an array."""
        e = self.emitter
        root, ref = e.root[step], e.ref(step)
        if root in e.cells:
            buffer: Array = self._cells
            start = 8 * e.cells[root]
        else:
            buffer, start = self._arena, e.places[root][0]
        size = step.dtype.itemsize
        return np.ndarray(
            step.shape,
            step.dtype,
            buffer,
            start + ref.offset * size,
            tuple(s * size for s in ref.strides),
        )

    def _value(self, step: Step, known: Mapping[Step, Any]) -> Any:
        """Return a value as an argument for NumPy's functions."""
        if step in known:
            return known[step]
        if step.kind == "constant":
            return step.value
        e = self.emitter
        found = self._static.get(step)
        if found is None and e.root.get(step) in e.lent:
            found = _view_of(e, step, e.lent[e.root[step]])
        if found is None:
            root = e.root[step]
            if root in e.bound or root.kind == "constant":
                found = e.layout[step]
            else:
                found = _view_of(e, step, known[root])
        if step.shape:
            return found
        return found.item() if step.weak else found[()]

    # ---------------------------------------------------------------------------------------------
    # A call

    def _numpy(self, arguments: Sequence[Any]) -> list[Any] | None:
        """Run the program by NumPy."""
        if self._again is None:
            e = self.emitter
            self._again = NumpyEmitter(e.program, e.bound, e.numbers).compile()
        found: list[Any] | None = self._again(*arguments)
        for i, x in enumerate(self.emitter.returned if found is not None else ()):
            if found is not None and x.array is not None:
                x.array[...] = found[i]
                found[i] = x.array
        return found

    def __call__(self, *arguments: Any) -> list[Any] | None:
        """Run the program; None, with nothing changed, if a check failed."""
        e, table = self.emitter, self._table
        known: dict[Step, Any] = {}
        back = []
        for step, x in zip(self._open, arguments, strict=True):
            if step in e.cells:
                try:
                    self._numbers[step][...] = x
                except OverflowError:
                    return self._numpy(arguments)
                known[step] = x
            elif step in e.given:
                a = self._contiguous(step, x)
                if step in self._updated:
                    if not x.flags.writeable or self._meets(x, known):
                        return self._numpy(arguments)
                    if a is not x:
                        back.append((x, a))
                known[step] = a
                table[e.given[step]] = address(a)
            else:
                known[step] = x
        drawn = [(g, g.bit_generator.state) for g in (known[s] for s in self._generators)]
        for k, step in e.fresh.items():
            a = known[step] = np.empty(step.shape, step.dtype)
            table[k] = address(a)
        for function, step in self._parts:
            if function is None:
                try:
                    self._host(step, known)
                except OverflowError:  # a Python integer that is too large for C
                    for generator, state in drawn:
                        generator.bit_generator.state = state
                    return self._numpy(arguments)
            elif function(table):
                return None
        for x, a in back:
            x[...] = a
        return [self._result(x, known) for x in e.returned]

    def _contiguous(self, step: Step, x: Any) -> Array:
        """Return an argument as a contiguous array."""
        a = _plain(x, step)
        if a.shape != step.shape:
            raise ValueError(f"jit: an input of shape {a.shape} where {step.shape} was recorded")
        if self._updated and a is x and step not in self._updated:
            start, stop = bounds(a)
            alone = self._updated.isdisjoint(self.emitter.given)
            if not alone or any(start < end and first < stop for first, end in self._ranges):
                a = a.copy()
        return a

    def _meets(self, x: Array, known: Mapping[Step, Any]) -> bool:
        """Whether an argument that is written to shares memory with another array."""
        others = [*self.emitter.bound.values()]
        others += [known[s] for s in self._updated if s in known and s in self.emitter.given]
        return any(np.may_share_memory(x, other) for other in others)

    def _host(self, step: Step, known: dict[Step, Any]) -> None:
        values = [self._value(a, known) for a in step.arguments]
        value = self.loops[step](*values) if step in self.loops else step.compute(values)
        home = self._static.get(step)
        e = self.emitter
        if step in e.hosted:
            known[step] = _plain(value, step)
            self._table[e.hosted[step]] = address(known[step])
        elif step in e.lent:
            e.lent[step][...] = value
        elif step in e.base or home is not None:
            (known[step] if home is None else home)[...] = value
        else:
            known[step] = value

    def _result(self, x: Returned, known: Mapping[Step, Any]) -> Any:
        if x.array is not None:
            return x.array
        if x.entry >= 0:
            return known[x.step]
        value = self._value(x.step, known)
        return value.copy() if isinstance(value, np.ndarray) else value


def _view_of(e: Emitter, step: Step, whole: Array) -> Array:
    ref, size = e.ref(step), step.dtype.itemsize
    strides = tuple(s * size for s in ref.strides)
    return np.ndarray(step.shape, step.dtype, whole, ref.offset * size, strides)


def _plain(x: Any, step: Step) -> Array:
    """Return the value of a step as an aligned, contiguous array of its dtype."""
    if type(x) is np.ndarray and x.dtype is step.dtype and x.flags.c_contiguous and x.flags.aligned:
        return x
    found: Array = np.require(x, step.dtype.type, ("C", "A"))
    return found


def c_program(
    program: Program,
    bound: Mapping[Step, Array],
    numbers: Sequence[Step] = (),
    kept: Collection[int] = (),
    flush: bool = False,
    threads: int | None = None,
    loops: Sequence[CProgram] = (),
) -> CProgram:
    """Return a program in C, in one library with loops.

    Raises
    ------
    Unsupported
        If NumPy is the better choice.
    CompileError
        If there is no compiler, or it failed.
    """
    found = CProgram(program, bound, numbers, kept, flush=flush, threads=threads)
    load([found, *loops])
    return found


def default_threads() -> int:
    """Return the number of threads: ``OMP_NUM_THREADS``, or one for each processor."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first):
        return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load(programs: Sequence[CProgram]) -> None:
    """Compile programs to one library, or load that of an earlier run."""
    text, names = source([p.emitter for p in programs])
    library = build(text)
    helpers = pool() if SHARED in text else None
    if helpers is not None:
        library.bind_pool.restype = None
        library.bind_pool(ctypes.c_void_p(helpers))
    found = blas()
    if names and found is not None:
        table = (ctypes.c_void_p * len(names))(*[found.functions[name] for name in names])
        library.bind.restype = None
        library.bind(table)
    for program in programs:
        program.take(library)
