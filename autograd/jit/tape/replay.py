"""A recorded function ready for replay: reads, computations, writes.

Next: `watched.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...mode import STATE, tick
from ...node import LEAF, MANY, RELEASED
from ...op import Op
from ...scalar_nodes.node import ScalarNode
from ...value import Value, made
from .groups import Windows
from .native import Engine
from .number import Number
from .record import Recorder
from .schedule import Schedule
from .slots import Slots, loaded
from .tape import Tape
from .tasks import Tasks

Array = np.ndarray[Any, Any]


def _no_forward(*_: Any, **__: Any) -> Any:
    raise RuntimeError("jit: a replayed value cannot be computed again; call the function again")


_REPLAYED = Op("jit", _no_forward, {"terms": None}, elementwise=True, variadic=True)


# "data" or "grad", the values, their rows, and the address of these
Listed = tuple[str, list[Any], Array, int]


def _listed(what: str, pairs: list[tuple[Any, int]]) -> Listed:
    rows = np.array([row for _, row in pairs], np.int64)
    return what, [x for x, _ in pairs], rows, rows.ctypes.data


class Output:
    """One entry of the result: a line with its gradient's line, or a constant.

    ``kind`` is "number", "truth", "constant", "given" (a leaf from outside), "leaf" (a new leaf),
    "node" (a function of the leaves) or "swept" (its backward pass was run inside).
    """

    __slots__ = ("constant", "grad", "kind", "label", "line")

    def __init__(
        self, kind: str, line: int = -1, grad: int = -1, constant: Any = None, label: str = ""
    ) -> None:
        self.kind = kind
        self.line = line
        self.grad = grad
        self.constant = constant
        self.label = label


def output_of(x: Any, recorder: Recorder, recording_on: bool) -> Output:
    """Describe how an entry of the result comes from the tape."""
    if isinstance(x, Number):
        return Output("truth" if isinstance(x.value, bool) else "number", x.line)
    if not isinstance(x, ScalarNode):
        return Output("constant", constant=x)
    line = recorder._line(x)
    if x in recorder.outside:
        return Output("given", line, constant=x)
    found: Any = recorder.read_grad(x)
    if isinstance(found, ScalarNode):
        found = recorder.read(found)
    grad = found.line if isinstance(found, Number) else recorder.tape.number(float(found))
    kind = "node" if recording_on else "leaf"
    if x._a is None:
        kind = "leaf"
    elif (
        recorder.sweep_of(x) is not None
        or isinstance(found, Number)
        or (x._b is MANY and x._da is None)
    ):
        kind = "swept"
    return Output(kind, line, recorder.tape.as_line(grad), label=x.label)


class Plan:
    """The computations for the outputs and writes of a tape.

    Parameters
    ----------
    tape : Tape
    outputs : list of Output
    values : sequence of Value
        The Values among the arguments of the recorded call, which later calls replace.
    """

    def __init__(self, tape: Tape, outputs: list[Output], values: Sequence[Any]) -> None:
        self.tape = tape
        self.outputs = outputs
        self.position = {id(x): i for i, x in reversed(list(enumerate(values)))}
        wanted = [i for o in outputs for i in (o.line, o.grad) if i >= 0]
        wanted += [line for writes in tape.writes for _, _, line in writes]
        self.tasks = Tasks(tape, wanted)
        self.schedule = Schedule(self.tasks, self.tasks.wanted)


class Replay:
    """The program of a plan."""

    def __init__(self, plan: Plan, backend: str = "numpy") -> None:
        self.tape = tape = plan.tape
        self.outputs = outputs = plan.outputs
        self._position = plan.position
        self.tasks = plan.tasks
        self.schedule = plan.schedule
        self._filled = _Filling(tape, self.schedule)
        self._reads = self._find_reads()
        self._writes = [self._plan_writes(writes) for writes in tape.writes]
        self._rows = np.array([self._row(o.line) for o in outputs], np.intp)
        self._grad_rows = np.array([self._row(o.grad) for o in outputs], np.intp)
        self._lazy = any(o.kind == "node" for o in outputs)
        self.backend = backend
        self.engine = Engine(self.schedule, backend)
        self._pool: list[Windows] = []
        self._lock = threading.RLock()
        self._partials: dict[int, _Sweep] = {}

    def _row(self, line: int) -> int:
        return int(self.schedule.row[line]) if line >= 0 else 0

    def _find_reads(self) -> list[list[Listed]]:
        """Return the reads at the start of each stage."""
        tape = self.tape
        found: list[dict[str, list[tuple[Any, int]]]] = [{} for _ in tape.writes]
        given = self.schedule.given
        for line, stage in zip(given.tolist(), self.tasks.lines.stages(given), strict=True):
            if tape.kind(line) == "read":
                x, what = tape.extras[line]
                found[stage].setdefault(what, []).append((x, self._row(line)))
        return [[_listed(what, pairs) for what, pairs in stage.items()] for stage in found]

    def _plan_writes(self, writes: list[Any]) -> list[Listed]:
        plan = []
        for what in ("grad", "data"):
            chosen = [(x, self._row(line)) for x, w, line in writes if w == what]
            if chosen:
                plan.append(_listed(what, chosen))
        return plan

    # ---------------------------------------------------------------------------------------------
    # One call

    def run(self, floats: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """Replay: read, compute, write, and return the entries of the result."""
        with self.tape.turn:
            return self._run(floats, values)

    def _run(self, floats: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        made = STATE.clock
        if self._pool:
            windows = self._pool.pop()
            numbers = windows.numbers
            self._filled.pass_in(numbers, floats)
        else:
            numbers = np.empty(max(self.schedule.size, 1))
            windows = Windows(numbers)
            self._filled.fill(numbers, floats)
        last = len(self._writes) - 1
        for stage, writes in enumerate(self._writes):
            self._read(windows, stage, values)
            self.engine.run(windows, stage)
            self._write(windows, writes, values)
            if stage < last:
                call, given = self.tape.calls[stage]
                call(*self._bind(given, values))
        found = self._results(numbers, values, made)
        if not self._lazy and len(self._pool) < 4:
            self._pool.append(windows)
        return found

    def run_batch(self, columns: Array, mean: bool) -> list[Any]:
        """Replay for many samples, one column each; return means or sums of the results."""
        samples = columns.shape[1]
        numbers = np.empty((max(self.schedule.size, 1), samples))
        windows = Windows(numbers)
        self._filled.fill(numbers, columns)
        self._read(windows, 0, ())
        self.schedule.run(windows)
        scale = 1.0 / samples if mean else 1.0
        found: list[Any] = []
        for k, output in enumerate(self.outputs):
            x = float(numbers[self._rows[k]].sum()) * scale
            if output.kind == "node":
                found.append(self.connected(k, x, numbers, (), scale))
            else:
                found.append(x)
        return found

    def bound(self, x: Any, values: Sequence[Any]) -> Any:
        """Return the value of this call in place of the value ``x`` of the recorded call."""
        position = self._position.get(id(x))
        return x if position is None else values[position]

    def _bind(self, chosen: list[Any], values: Sequence[Any]) -> list[Any]:
        return [self.bound(x, values) for x in chosen] if self._position else chosen

    def _slots(self) -> Slots | None:
        return None if self.backend == "numpy" else loaded()

    def _read(self, windows: Windows, stage: int, values: Sequence[Any]) -> None:
        slots, numbers = self._slots(), windows.numbers
        for what, chosen, rows, places in self._reads[stage]:
            given = self._bind(chosen, values)
            if slots is not None and numbers.ndim == 1:
                place = slots.data if what == "data" else slots.grad
                if slots.read(given, place, windows.address, places):
                    continue
            if what == "data":
                found = [x._data for x in given]
            else:
                found = [float(x.grad) for x in given]
            numbers[rows] = found if numbers.ndim == 1 else np.array(found)[:, None]

    def _write(self, windows: Windows, writes: list[Any], values: Sequence[Any]) -> None:
        slots = self._slots()
        for what, chosen, rows, places in writes:
            given, mark = self._bind(chosen, values), 0.0 if what == "grad" else LEAF + tick()
            if slots is not None:
                place = slots.data if what == "data" else slots.grad
                if slots.write(given, place, windows.address, places):
                    if mark:
                        slots.date(given, mark)
                    continue
            found = windows.numbers[rows].tolist()
            if what == "grad":
                for x, g in zip(given, found, strict=True):
                    x.grad = g
                continue
            for x, data in zip(given, found, strict=True):
                x._data = data
                if x._a is None:
                    x._mark = mark

    def _results(self, numbers: Array, values: Sequence[Any], made: float) -> list[Any]:
        data, grads = numbers[self._rows].tolist(), numbers[self._grad_rows].tolist()
        found = []
        for k, (output, x, g) in enumerate(zip(self.outputs, data, grads, strict=True)):
            match output.kind:
                case "constant":
                    found.append(output.constant)
                case "given":
                    found.append(self.bound(output.constant, values))
                case "number":
                    found.append(x)
                case "truth":
                    found.append(x != 0.0)
                case _:
                    found.append(self._value(k, x, g, numbers, values, made))
        return found

    def _value(
        self, k: int, x: float, g: float, numbers: Array, values: Sequence[Any], made: float
    ) -> Any:
        output = self.outputs[k]
        z: Any
        if output.kind == "node":
            z = self.connected(k, x, numbers, values)
            z._mark = min(z._mark, made) if z._a is not None else z._mark
        else:
            z = Value(x)
            if output.kind == "swept":
                z._a, z._b, z._mark = RELEASED, None, made
                z._operation = _REPLAYED
        z.grad = g
        if output.label:
            z.label = output.label
        return z

    # ---------------------------------------------------------------------------------------------
    # Results as functions of the leaves

    def connected(
        self, k: int, x: float, numbers: Array, values: Sequence[Any], scale: float = 1.0
    ) -> Any:
        """Return a result as a single node above the leaves; its derivatives are lazy."""
        lines = self._sweep(k).lines
        leaves = [self.bound(self.tape.extras[line][0], values) for line in lines]
        return made(_REPLAYED, tuple(leaves), MANY, x, Partials(self, k, numbers, scale), None)

    def _sweep(self, k: int) -> _Sweep:
        found = self._partials.get(k)
        if found is None:
            with self._lock:
                found = self._partials.get(k)
                if found is None:
                    found = self._partials[k] = _Sweep(self, self.outputs[k].line)
        return found

    def partials(self, k: int, numbers: Array) -> Array:
        """Return the derivatives of a result with respect to its leaves."""
        sweep = self._sweep(k)
        grown = np.empty((sweep.schedule.size, *numbers.shape[1:]))
        grown[: len(numbers)] = numbers
        sweep.filling.fill(grown, ())
        # C takes one sample at a time
        (sweep.engine if grown.ndim == 1 else sweep.schedule).run(Windows(grown))
        found: Array = grown[sweep.rows]
        return found


class _Sweep:
    """The program of the derivatives of one result, over the numbers of a replay."""

    def __init__(self, replay: Replay, root: int) -> None:
        tape, tasks = replay.tape, replay.tasks
        read = np.flatnonzero(tasks.lines.of_kind("read"))
        data = [i for i in read.tolist() if tape.extras[i][1] == "data"]
        targets = np.array(data, np.intp)
        found = tasks.sweep(root, tasks.lines.one, targets)
        met = found >= 0
        self.lines: list[int] = targets[met].tolist()
        self.schedule = Schedule(tasks, found[met], replay.schedule)
        self.rows = self.schedule.row[found[met]]
        self.engine = Engine(self.schedule, replay.backend)
        self.filling = _Filling(tape, self.schedule)


class _Filling:
    """Constants and arguments, and their rows."""

    def __init__(self, tape: Tape, schedule: Schedule) -> None:
        if not schedule.narrow:
            schedule.groups  # noqa: B018 - constants are copied as groups are made
        given = schedule.given
        kinds = [tape.kind(i) for i in given.tolist()]
        fixed = given[[kind == "constant" for kind in kinds]]
        found = given[[kind == "argument" for kind in kinds]]
        ids = np.concatenate([fixed, *[ids for _, ids in schedule.copies]])
        copied = [np.arange(row, row + ids.size) for row, ids in schedule.copies]
        self._constant_rows = np.concatenate([schedule.row[fixed], *copied])
        self._constants = np.array([tape.extras[i] for i in ids.tolist()], np.float64)
        self._argument_rows = schedule.row[found]
        self._arguments = np.array([tape.extras[i] for i in found.tolist()], np.intp)

    def fill(self, numbers: Array, floats: Any) -> None:
        """Write constants and arguments to their rows."""
        constants = self._constants
        numbers[self._constant_rows] = constants if numbers.ndim == 1 else constants[:, None]
        self.pass_in(numbers, floats)

    def pass_in(self, numbers: Array, floats: Any) -> None:
        """Write arguments to their rows."""
        if self._argument_rows.size:
            numbers[self._argument_rows] = np.asarray(floats, np.float64)[self._arguments]


class Partials(Sequence[float]):
    """The derivatives of a result with respect to its leaves, computed on first use."""

    def __init__(self, replay: Replay, k: int, numbers: Array, scale: float) -> None:
        self._source: Any = replay, k, numbers, scale
        self._found: list[float] = []

    def _numbers(self) -> list[float]:
        source = self._source
        if source is not None:
            replay, k, numbers, scale = source
            found = replay.partials(k, numbers)
            self._found = (found if found.ndim == 1 else found.sum(axis=1) * scale).tolist()
            self._source = None
        return self._found

    def __iter__(self) -> Iterator[float]:
        return iter(self._numbers())

    def __len__(self) -> int:
        return len(self._numbers())

    def __getitem__(self, i: Any) -> Any:
        return self._numbers()[i]
