"""Groups as the program that the interpreter in C reads. Next: `tape_replay.py`.

What it does not know is left to NumPy, between two parts of the program.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np

from .c_backend import PATIENCE
from .c_backend import _queue as queue
from .tape_graph import Array
from .tape_groups import Each, Group, Rows, RunSum, Slice, Sum, Vectors, VectorSum, Windows
from .tape_interpreter import CODES, OPERANDS, STEPS, interpreter
from .tape_schedule import Schedule
from .tape_trace import Trace, steps_of

_SLICE, _ONE, _VECTORS, _ROWS, _EACH, _NUMBER = range(6)
_ELEMENTWISE, _VECTOR_SUM, _SUM, _RUN_SUM = range(4)


class Native:
    """The groups of one stage, as parts in C and groups for NumPy.

    Parameters
    ----------
    groups : list of Group
    plans : dict
        What was found out about keys, shared by the stages.
    """

    def __init__(self, groups: list[Group], plans: dict[int, Any]) -> None:
        self._plans = plans
        self._keep: list[Array] = []
        self.parts: list[Any] = []
        words: list[int] = []
        for group in groups:
            found = self._words(group)
            if found is None:
                self._part(words)
                self.parts.append(group)
                words = []
            else:
                words += found
        self._part(words)
        self._interpret = interpreter()

    def _part(self, words: list[int]) -> None:
        if words:
            program = np.array(words, np.int64)
            self._keep.append(program)
            self.parts.append((program.ctypes.data, program.size))

    def run(self, windows: Windows) -> None:
        """Compute the groups in place."""
        for part in self.parts:
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
        """Return the program of a group; None for what C does not know."""
        if group.key[0] == "sum":
            return self._of_sum(group.operands[0], group.start)
        operands = [self._operand(x) for x in group.operands]
        name = id(group.key)  # one object in the table of keys
        if name not in self._plans:
            self._plans[name] = _plan(group)
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


class Engine:
    """What computes the groups of a schedule: NumPy or C.

    Parameters
    ----------
    schedule : Schedule
    backend : {"auto", "numpy", "c"}
        "auto" begins with NumPy where the interpreter is not there yet; it is compiled beside once
        the replays have taken as long as the compiler does.
    """

    def __init__(self, schedule: Schedule, backend: str) -> None:
        self.schedule = schedule
        self._native: list[Native] | None = None
        self._spent = 0.0
        self._waits = backend == "auto"
        if backend == "c" or (self._waits and interpreter.cache_info().currsize):
            self._take_c()

    def _take_c(self) -> None:
        interpreter()
        groups, plans = self.schedule.groups, {}
        bounds = [0, *self.schedule.stops]
        self._native = [Native(groups[a:b], plans) for a, b in pairwise(bounds)]
        self._waits = False

    def run(self, windows: Windows, stage: int) -> None:
        """Compute the groups of a stage in place."""
        native = self._native
        if native is not None:
            native[stage].run(windows)
        elif self._waits:
            begun = perf_counter()
            self.schedule.run(windows, stage)
            self._spent += perf_counter() - begun
            if self._spent > PATIENCE:
                self._waits = False
                queue().put(self._take_c)
        else:
            self.schedule.run(windows, stage)


def _plan(group: Group) -> tuple[list[float], list[list[int]]] | None:
    """Return the numbers in a rule and its steps as words; None for what C does not know."""
    count = len(group.operands)
    steps = steps_of(group.run, count)
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


def _bits(x: float) -> int:
    found: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return found
