"""One recording of a function of Values: its guards and its program. Next: `compiled.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np

from ...scalar_nodes.node import ScalarNode, is_number
from ...transforms.trees import flatten
from ..c.background import PATIENCE, queue
from .attributes import recording
from .call import Call
from .guard import Guard
from .interpreter import interpreter, is_ready
from .number import Number
from .record import Recorder
from .replay import Output, Plan, Replay, output_of
from .tape import Tape
from .watched import same_arrays

Array = np.ndarray[Any, Any]

# --------------------------------------------------------------------------------------------------
# A recording


class Recording:
    """One run of the function: its guards and its program."""

    def __init__(self, function: Callable[..., Any], call: Call, backend: str) -> None:
        self.backend = backend
        self.unguarded = ""
        self.grad = call.grad
        self.guard = Guard([function, *call.objects])
        tape, outside, outputs = self._recorded(function, call)
        self.structure = call.structure
        self.arrays = [a.copy() for a in call.arrays]
        self._keep = call
        guarded = {id(x) for x in self.guard.values}
        self._shared = {i: x for i, x in enumerate(call.values) if id(x) in guarded}
        self._guarded = guarded
        given = {id(x) for x in call.values}
        for x in outside:
            if id(x) not in guarded and id(x) not in given:
                self.unguarded = (
                    f"it uses a leaf ({x.label or x._data}) that was found neither in its "
                    "arguments nor in what its closure and globals hold"
                )
        self.changes = bool(tape.calls) or any(tape.writes)
        self.tape = tape
        self._plan = Plan(self.tape, outputs, call.values)
        self.narrow = self._plan.schedule.narrow
        self._spent = 0.0
        self._waits = self.narrow and backend == "auto"
        if self.narrow and (backend == "c" or (self._waits and is_ready())):
            self._take_c()
        if not self.narrow:
            self.replay  # noqa: B018 - compiles

    @cached_property
    def replay(self) -> Replay:
        """The program."""
        return Replay(self._plan, self.backend)

    def _recorded(
        self, function: Callable[..., Any], call: Call
    ) -> tuple[Tape, list[Any], list[Output]]:
        """Run the function, recorded; return the tape, what it reads from outside, the results."""
        recorder = Recorder()
        with recording(recorder):
            args, kwargs = call.recorded(recorder)
            result = function(*args, **kwargs)
            if recorder.refused is not None:
                raise recorder.refused
            self._check_clean(function, call)
            leaves, self.rebuild = flatten(result)
            leaves = self._unpacked(leaves)
            for x in leaves:
                _check_output(x)
            outputs = [output_of(x, recorder, call.grad) for x in leaves]
            recorder.store()
        outside = list(recorder.outside)
        recorder.close()
        return recorder.tape, outside, outputs

    def _take_c(self) -> None:
        """Have C replay a tape that is nearly a chain, if all of it has a form in C."""
        interpreter()  # first, as it may fail
        self._waits = False
        if not any(output.kind == "node" for output in self._plan.outputs):
            found = Replay(self._plan, "c")
            if found.engine.is_native:
                self.replay, self.narrow = found, False

    def by_itself(self, eager: Callable[[], Any]) -> Any:
        """Run the function itself instead of a narrow recording that NumPy would replay slowly."""
        begun = perf_counter()
        found = eager()
        self._spent += perf_counter() - begun
        if self._waits and self._spent > PATIENCE:
            self._waits = False
            queue().put(self._take_c)
        return found

    def _check_clean(self, function: Any, call: Call) -> None:
        name = getattr(function, "__name__", "the function")
        if self.guard.drew():
            raise TypeError(
                f"jit: {name} draws random numbers, which would be the same at every replay; draw "
                "them outside and pass them as arguments"
            )
        if not (self.guard.holds() and call.is_unchanged()):
            raise TypeError(
                f"jit: {name} changes a list, a dict or an attribute, which a replay would not "
                "do; return what is to be kept"
            )

    def _unpacked(self, leaves: list[Any]) -> list[Any]:
        """Replace object arrays of the result by their entries."""
        if not any(isinstance(x, np.ndarray) and x.dtype == object for x in leaves):
            return leaves
        flat: list[Any] = []
        plan: list[Any] = []
        for x in leaves:
            if isinstance(x, np.ndarray) and x.dtype == object:
                plan.append(x.shape)
                flat += x.ravel().tolist()
            else:
                plan.append(None)
                flat.append(x)
        rebuild = self.rebuild

        def packed(found: list[Any]) -> Any:
            given, leaves = iter(found), []
            for shape in plan:
                if shape is None:
                    leaves.append(next(given))
                else:
                    entries = [next(given) for _ in range(math.prod(shape))]
                    leaves.append(np.array(entries).reshape(shape))
            return rebuild(leaves)

        self.rebuild = packed
        return flat

    def fits(self, call: Call) -> bool:
        """Whether this recording is valid for a call."""
        return (
            self.structure == call.structure
            and self.grad == call.grad
            and all(map(same_arrays, self.arrays, call.arrays))
            and self._shares(call.values)
            and self.guard.holds()
        )

    def _shares(self, values: list[Any]) -> bool:
        shared, guarded = self._shared, self._guarded
        return all(
            shared[i] is x if i in shared else id(x) not in guarded for i, x in enumerate(values)
        )

    def run(self, call: Call) -> Any:
        """Replay for a call."""
        return self.rebuild(self.replay.run(call.floats, call.values))

    def run_batch(self, columns: Array, mean: bool) -> Any:
        """Replay for all samples at once."""
        if self.changes:
            raise TypeError(
                "jit: a function for batches returns its loss and changes nothing; call backward "
                "and update the leaves outside"
            )
        return self.rebuild(self.replay.run_batch(columns, mean))

    def checked(self, call: Call, eager: Callable[[], Any]) -> Any:
        """Replay, and compare with the function itself; after an error nothing has changed."""
        tape = self.tape
        if tape.calls:
            raise ValueError(
                "jit: check_every cannot run the step of an optimizer, or clipping, twice; write "
                "the update with .data, or leave check_every out"
            )
        touched = [self.replay.bound(x, call.values) for w in tape.writes for x, _, _ in w]
        before = [(x, x._data, x.grad, x._mark) for x in touched]
        found = self.run(call)
        ours = _numbers(found), [(x._data, x.grad) for x in touched]
        after = [(x, x._data, x.grad, x._mark) for x in touched]
        _restore(before)
        theirs = _numbers(eager()), [(x._data, x.grad) for x in touched]
        for a, b in zip(ours, theirs, strict=True):
            # equal infinities, and nan, count as equal
            if not np.allclose(_flat(a), _flat(b), rtol=1e-9, atol=1e-12, equal_nan=True):
                _restore(before)
                raise RuntimeError(
                    "jit: the replay differs from the function itself; it depends on something "
                    "that the recording cannot see. Pass it as an argument"
                )
        _restore(after)
        return found


def _restore(kept: list[Any]) -> None:
    for x, data, grad, mark in kept:
        x._data, x.grad, x._mark = data, grad, mark


def _numbers(result: Any) -> list[Any]:
    leaves, _ = flatten(result)
    return [getattr(x, "_data", x) for x in leaves if is_number(getattr(x, "_data", x))]


def _flat(x: list[Any]) -> Array:
    return np.array([getattr(e, "_data", e) for e in np.array(x, object).ravel()], np.float64)


def _check_output(x: Any) -> None:
    if isinstance(x, ScalarNode | Number | str | type(None)) or is_number(x):
        return
    if isinstance(x, np.ndarray) and x.dtype != object:
        return
    raise TypeError(
        f"jit: the function returns {type(x).__name__}, which a replay could not make again; "
        "return Values, numbers, and lists, tuples or dicts of them"
    )
