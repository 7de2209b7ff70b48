"""Groups as the program that the interpreter in C reads. Next: `slots.py`.

What it does not know is left to NumPy, between two parts of the program.
"""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from itertools import chain, pairwise
from time import perf_counter
from typing import Any

import numpy as np

from ..c.background import PATIENCE, SLOWER, TRIAL, queue
from .graph import Array, Ragged, distinct
from .groups import Each, Group, Rows, RunSum, Slice, Sum, Vectors, VectorSum, Windows
from .interpreter import CODES, OPERANDS, STEPS, interpreter, is_ready
from .keys import Run, runner
from .schedule import Schedule
from .slots import library
from .trace import Trace, steps_of

_SLICE, _ONE, _VECTORS, _ROWS, _EACH, _NUMBER = range(6)
_ELEMENTWISE, _VECTOR_SUM, _SUM, _RUN_SUM, _NUMBER_BY_NUMBER = range(5)


class Unknown(Exception):
    """Something has no form in C."""


class Native:
    """A schedule as parts in C and groups for NumPy, stage by stage."""

    def __init__(self, schedule: Schedule) -> None:
        self._plans: dict[int, Any] = {}
        self._keep: list[Array] = []
        groups = schedule.groups
        bounds = pairwise([0, *schedule.stops])
        self._stages = [self._parts(groups[a:b]) for a, b in bounds]
        self._interpret = interpreter()

    def _parts(self, groups: list[Group]) -> list[Any]:
        parts: list[Any] = []
        words: list[int] = []
        for group in groups:
            found = self._words(group)
            if found is not None:
                words += found
                continue
            parts += [*self._part(words), group]
            words = []
        return parts + self._part(words)

    def _part(self, words: list[int]) -> list[Any]:
        if not words:
            return []
        program = np.array(words, np.int64)
        self._keep.append(program)
        return [(program.ctypes.data, program.size)]

    def run(self, windows: Windows, stage: int | None = None) -> None:
        """Compute the groups of a stage in place, or all of them."""
        stages = self._stages if stage is None else [self._stages[stage]]
        for part in chain.from_iterable(stages):
            if type(part) is tuple:
                self._interpret(*part, windows.address)
            else:
                with np.errstate(all="ignore"):
                    part.compute(windows)

    # ---------------------------------------------------------------------------------------------
    # Words

    def _address(self, rows: Array) -> int:
        kept = np.ascontiguousarray(rows, np.int64)
        self._keep.append(kept)
        return kept.ctypes.data

    def _words(self, group: Group) -> list[int] | None:
        """Return the program of a group; None if it has no form in C."""
        if group.key[0] == "sum":
            return self._of_sum(group.operands[0], group.start)
        operands = [self._operand(x) for x in group.operands]
        name = id(group.key)  # one object in the table of keys
        if name not in self._plans:
            self._plans[name] = _plan(group.run, len(group.operands))
        plan = self._plans[name]
        if plan is None:
            return None
        numbers, steps = plan
        operands += [[_NUMBER, _bits(x)] for x in numbers]
        count = group.end - group.start
        if not group.length or all(o[0] in (_SLICE, _ONE, _NUMBER) for o in operands):
            shape = [1, count]
        else:
            shape = [count // group.length, group.length]
        flat = [word for o in operands for word in o]
        return [
            *[_ELEMENTWISE, *shape, group.start, len(operands), *flat],
            *[len(steps), *[word for s in steps for word in s]],
        ]

    def _operand(self, x: Any) -> list[int]:
        if isinstance(x, Slice):
            one = x.slice.stop - x.slice.start == 1
            return [_ONE if one else _SLICE, x.slice.start]
        kind = {Vectors: _VECTORS, Rows: _ROWS, Each: _EACH}[type(x)]
        return [kind, self._address(x.rows)]

    def _of_sum(self, x: Any, start: int) -> list[int]:
        if isinstance(x, VectorSum):
            terms, rows, length = x.shape
            words = [_VECTOR_SUM, rows, length, start, terms]
            others = iter(x.table)
            for k in range(terms):
                if x.vectors[k] or x.rows[k]:
                    words += [_VECTORS if x.vectors[k] else _ROWS, self._address(x.first[k])]
                else:
                    words += [_EACH, self._address(next(others))]
            return words
        if isinstance(x, Sum):
            terms, count = x.rows.shape
            return [_SUM, count, start, terms, self._address(x.rows)]
        assert isinstance(x, RunSum)
        rows = x.others.rows if x.others is not None else np.empty((0, x.first.size), np.intp)
        words = [_RUN_SUM, x.first.size, start, len(rows), self._address(rows)]
        return [*words, x.length, self._address(x.first)]


def _plan(run: Run, count: int) -> tuple[list[float], list[list[int]]] | None:
    """Return the numbers in a rule and its steps as words; None if it has no form in C."""
    steps = steps_of(run, count)
    if steps is None or len(steps) > STEPS:
        return None
    numbers: list[float] = []
    words = []
    for name, arguments in steps:
        if name not in CODES:
            return None
        places = []
        for x in arguments:
            if isinstance(x, Trace):
                places.append(x.index if x.given else OPERANDS + x.index)
            else:
                places.append(count + len(numbers))
                numbers.append(x)
        words.append([CODES[name], *(places + places[-1:] * 2)[:3]])
    if count + len(numbers) > OPERANDS:
        return None
    return numbers, words


# --------------------------------------------------------------------------------------------------
# Tapes that are nearly chains


class Narrow:
    """A schedule with almost nothing to vectorise, computed number by number in C.

    Raises
    ------
    Unknown
        If some of it has no form in C.
    """

    def __init__(self, schedule: Schedule) -> None:
        keys, stages, operands = schedule.listed()
        self._operands = Ragged(operands.starts, operands.flat.astype(np.int64))
        sizes = np.empty(keys.size, np.intp)
        found = []
        for key in distinct(keys).tolist():
            tasks = np.flatnonzero(keys == key)
            columns = self._columns(schedule.key(key), tasks, tasks + schedule.first)
            sizes[tasks] = len(columns)
            found.append((tasks, columns))
        starts = np.append(0, np.cumsum(sizes))
        words = np.empty(int(starts[-1]), np.int64)
        for tasks, columns in found:
            for k, column in enumerate(columns):
                words[starts[tasks] + k] = column
        bounds = starts[np.searchsorted(stages, np.arange(schedule.stages + 1))].tolist()
        self._programs = [words[a:b] for a, b in pairwise(bounds)]
        self._interpret = interpreter()

    def _columns(self, key: tuple[Any, ...], tasks: Array, out: Array) -> list[Any]:
        """Return the words for tasks of one key, each a number or one for every task."""
        starts, flat = self._operands
        if key[0] == "sum":
            return [_SUM, 1, out, key[1], flat.ctypes.data + 8 * starts[tasks]]
        count = int(starts[tasks[0] + 1] - starts[tasks[0]])
        plan = _plan(runner(key), count)
        if plan is None:
            raise Unknown
        numbers, steps = plan
        operands = [flat[starts[tasks] + k] for k in range(count)]
        if len(steps) == 1 and not numbers and steps[0][0] != CODES["where"]:
            code, x, y, _ = steps[0]
            return [_NUMBER_BY_NUMBER, code, out, operands[x], operands[y]]
        words: list[Any] = [word for x in operands for word in (_ONE, x)]
        words += [word for x in numbers for word in (_NUMBER, _bits(x))]
        words += [len(steps), *[word for s in steps for word in s]]
        return [_ELEMENTWISE, 1, 1, out, count + len(numbers), *words]

    def run(self, windows: Windows, stage: int | None = None) -> None:
        """Compute the numbers of a stage in place, or all of them."""
        for program in self._programs if stage is None else [self._programs[stage]]:
            self._interpret(program.ctypes.data, program.size, windows.address)


def _bits(x: float) -> int:
    found: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return found


# --------------------------------------------------------------------------------------------------
# Which of them runs


class Engine:
    """Computes the groups of a schedule, in NumPy or C.

    Parameters
    ----------
    schedule : Schedule
    backend : {"auto", "numpy", "c"}
        "auto" begins with NumPy if the interpreter is not compiled yet; it is compiled in the
        background once the replays have taken as long as compiling does. Its first runs are timed,
        and NumPy is used for good if they are slower.
    """

    def __init__(self, schedule: Schedule, backend: str) -> None:
        self.schedule = schedule
        self._native: Native | Narrow | None = None
        self._spent, self._least, self._rival = 0.0, math.inf, math.inf
        self._trials = 0
        self._waits = backend == "auto"
        if backend == "c" or (self._waits and is_ready()):
            self._take_c()

    @property
    def is_native(self) -> bool:
        """Whether C computes."""
        return self._native is not None

    def _take_c(self) -> None:
        interpreter()  # first, as it may fail
        library()
        self._waits = False
        with suppress(Unknown):
            self._native = (Narrow if self.schedule.narrow else Native)(self.schedule)

    def _take_c_on_trial(self) -> None:
        self._rival, self._least, self._trials = self._least, math.inf, TRIAL
        self._take_c()

    def run(self, windows: Windows, stage: int | None = None) -> None:
        """Compute the groups of a stage in place, or all of them."""
        native = self._native
        run = self.schedule.run if native is None else native.run
        if not (self._waits if native is None else self._trials):
            run(windows, stage)
            return
        begun = perf_counter()
        run(windows, stage)
        took = perf_counter() - begun
        self._least = min(self._least, took)
        if native is None:
            self._spent += took
            if self._spent > PATIENCE:
                self._waits = False
                queue().put(self._take_c_on_trial)
            return
        self._trials -= 1
        if self._trials == 0 and self._least > SLOWER * self._rival:
            self._native = None
