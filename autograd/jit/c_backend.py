"""A program as a C function that is called like the one that `emit_numpy` makes.

Last room of the C program.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from time import perf_counter
from typing import Any

import numpy as np

from .c_build import build
from .c_emit import ALIGNMENT, Emitter, Unsupported
from .c_products import blas
from .emit_numpy import Emitter as NumpyEmitter
from .program import Program, Step

Array = np.ndarray[Any, Any]


class CProgram:
    """A program in C: takes the inputs that are not bound, returns results, or None.

    Parameters
    ----------
    program, bound, numbers
        As those of the `Emitter` of NumPy programs.

    Raises
    ------
    Unsupported
        If the program is better left to NumPy.
    CompileError
        From `load`.
    """

    def __init__(
        self, program: Program, bound: Mapping[Step, Array], numbers: Sequence[Step] = ()
    ) -> None:
        self.emitter = e = Emitter(program, bound, numbers)
        self.source = e.source()
        self._again: Callable[..., Any] | None = None
        raw = np.zeros(e.arena + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        self._arena = raw[start : start + e.arena]
        self._cells = np.zeros(max(len(e.cells), 1), np.int64)
        self._table = (ctypes.c_void_p * e.count)()
        self._table[0], self._table[1] = self._arena.ctypes.data, self._cells.ctypes.data
        for k, array in e.arrays.items():
            self._table[k] = array.ctypes.data
        self._open = [s for s in program.inputs if s not in e.bound]
        self._updated = {old for old, _ in program.updates}
        self._ranges = [_range(array) for old, array in e.bound.items() if old in self._updated]
        self._static: dict[Step, Any] = {}
        for step in e.order:
            if e.root[step] in e.places or e.root[step] in e.cells:
                self._static[step] = self._fixed(step)
        self._numbers = {s: self._fixed(s) for s in e.cells}

    def load(self) -> CProgram:
        """Compile the source, or take the library of an earlier run."""
        self._library = library = build(self.source)
        e = self.emitter
        found = blas()
        if e.blas_names and found is not None:
            table = (ctypes.c_void_p * len(e.blas_names))(
                *[found.functions[name] for name in e.blas_names]
            )
            library.bind.restype = None
            library.bind(table)
        self._parts: list[Any] = []
        for part in e.parts:
            if isinstance(part, str):
                function = getattr(library, part)
                function.restype = ctypes.c_int
                self._parts.append((function, None))
            else:
                self._parts.append((None, part))
        return self

    # ---------------------------------------------------------------------------------------------
    # Arrays over the memory of the program

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
        """Return a value as NumPy's functions take it."""
        if step in known:
            return known[step]
        if step.kind == "constant":
            return step.value
        e = self.emitter
        found = self._static.get(step)
        if found is None and step in e.bound:
            return e.bound[step]
        if found is None:
            root = e.root[step]
            if root in e.bound or root.kind == "constant":
                found = e.layout[step]
            else:
                ref, whole = e.ref(step), known[root]
                size = step.dtype.itemsize
                strides = tuple(s * size for s in ref.strides)
                found = np.ndarray(step.shape, step.dtype, whole, ref.offset * size, strides)
        if step.shape:
            return found
        return found.item() if step.weak else found[()]

    # ---------------------------------------------------------------------------------------------
    # A call

    def _numpy(self, arguments: Sequence[Any]) -> Any:
        """Run the program by NumPy."""
        if self._again is None:
            e = self.emitter
            self._again = NumpyEmitter(e.program, e.bound, e.numbers).compile()
        return self._again(*arguments)

    def __call__(self, *arguments: Any) -> list[Any] | None:
        """Run the program; None if a check failed, and nothing has changed then."""
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
                    if not x.flags.writeable:
                        return self._numpy(arguments)
                    if a is not x:
                        back.append((x, a))
                known[step] = a
                table[e.given[step]] = a.ctypes.data
            else:
                known[step] = x
        for k, step in e.fresh.items():
            a = known[step] = np.empty(step.shape, step.dtype)
            table[k] = a.ctypes.data
        for function, step in self._parts:
            if function is None:
                self._host(step, known)
            elif function(table):
                return None
        for x, a in back:
            x[...] = a
        return [self._result(x, known) for x in e.returned]

    def _contiguous(self, step: Step, x: Any) -> Array:
        """Return an argument as C reads it: its own memory, entry after entry."""
        a = np.require(x, step.dtype, "CA")
        if a.shape != step.shape:
            raise ValueError(f"jit: an input of shape {a.shape} where {step.shape} was recorded")
        start, stop = _range(a)
        if a is x and step not in self._updated:
            alone = self._updated.isdisjoint(self.emitter.given)
            if not alone or any(start < end and first < stop for first, end in self._ranges):
                a = a.copy()
        return a

    def _host(self, step: Step, known: dict[Step, Any]) -> None:
        value = step.compute([self._value(a, known) for a in step.arguments])
        home = self._static.get(step)
        e = self.emitter
        if step in e.base or home is not None:
            (known[step] if home is None else home)[...] = value
        else:
            known[step] = value

    def _result(self, x: Any, known: Mapping[Step, Any]) -> Any:
        if isinstance(x, int):
            return known[self.emitter.fresh[x]]
        value = self._value(x, known)
        return value.copy() if isinstance(value, np.ndarray) and x.shape else value


def _range(a: Array) -> tuple[int, int]:
    return np.lib.array_utils.byte_bounds(a)


def c_program(
    program: Program, bound: Mapping[Step, Array], numbers: Sequence[Step] = ()
) -> CProgram | None:
    """Return a program in C; None where NumPy does it better.

    Raises
    ------
    CompileError
        If there is no compiler, or it failed.
    """
    try:
        return CProgram(program, bound, numbers).load()
    except Unsupported:
        return None


# --------------------------------------------------------------------------------------------------
# Compiling beside the NumPy program


# a program is compiled once it has run so long, in seconds: about what the compiler takes
PATIENCE = 0.25


def replace_by_c(
    space: dict[str, Any],
    name: str,
    program: Program,
    bound: Mapping[Step, Array],
    numbers: Sequence[Step],
) -> None:
    """Let the function of this name be replaced by one in C, when it has run for long enough.

    The compiler runs in a thread; a failure is a warning, once, and the function stays.
    """
    plain = space[name]
    spent = 0.0

    def timed(*arguments: Any) -> Any:
        nonlocal spent
        start = perf_counter()
        try:
            return plain(*arguments)
        finally:
            spent += perf_counter() - start
            if spent > PATIENCE and space[name] is timed:
                space[name] = plain
                _queue().put((space, name, program, dict(bound), list(numbers)))

    space[name] = timed


_JOBS: dict[int, SimpleQueue[Any]] = {}


def _queue() -> SimpleQueue[Any]:
    """Return the queue of the thread that compiles; a forked process has one of its own."""
    found = _JOBS.get(os.getpid())
    if found is None:
        found = _JOBS[os.getpid()] = SimpleQueue()
        threading.Thread(target=_work, args=(found,), name="glassgrad-jit", daemon=True).start()
    return found


def _work(jobs: SimpleQueue[Any]) -> None:
    while True:
        space, name, *parts = jobs.get()
        try:
            found = c_program(*parts)
        except Exception as error:  # whatever it is, the NumPy program goes on
            _warn_once(error)
        else:
            if found is not None:
                space[name] = found
        del space, parts


@functools.cache
def _warned() -> list[str]:
    return []


def _warn_once(error: Exception) -> None:
    if not _warned():
        _warned().append(str(error))
        warnings.warn(f"{error} (the NumPy program goes on)", RuntimeWarning, stacklevel=2)
