"""A loop over the rows of arrays as Python source, around the lines of one step.

Rows are read and written through views, one of each array for every turn. Next: `loop.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..emit.numpy import Emitter
from ..program import Program, Step

if TYPE_CHECKING:
    from .loop import Loop

Array = np.ndarray[Any, Any]


class Layout:
    """The storage of a loop.

    Attributes
    ----------
    inputs : list of Step
        The stand-ins for the operands of the loop.
    program : Program
        One iteration. Its outputs are ``outputs`` and the next ``states``; its updates are the
        other entries of the carry.
    outputs : list of Step
        The stacked values, except those of states.
    states : list of (Step, Step)
        The arrays of the carry that are stored in a stack: the stand-in, and the next value.
    kept : dict of int to int
        Maps these entries of the carry to the index of their state.
    stacks : list of (str, int)
        The position of each stack: ``output`` and an index, or ``before`` or ``after`` and the
        index of a state, with its values before or after every step.
    """

    def __init__(self, loop: Loop) -> None:
        whole: Program = loop.program
        self.inputs = loop.inputs
        self.carry = len(loop.carry)
        self.rows = loop.inputs[self.carry : self.carry + len(loop.rows)]
        self.fixed = loop.inputs[self.carry + len(loop.rows) :]
        self.states: list[tuple[Step, Step]] = []
        self.kept: dict[int, int] = {}
        places: dict[Step, tuple[str, int]] = {}
        updates = []
        asked = set(whole.outputs)
        for i, (old, new) in enumerate(whole.updates):
            if old.shape and (old in asked or new in asked):
                k = self.kept[i] = len(self.states)
                places.setdefault(old, ("before", k))
                places.setdefault(new, ("after", k))
                self.states.append((old, new))
            else:
                updates.append((old, new))
        self.outputs = list(dict.fromkeys(s for s in whole.outputs if s not in places))
        self.stacks = [
            places[s] if s in places else ("output", self.outputs.index(s)) for s in whole.outputs
        ]
        goals = [*self.outputs, *(new for _, new in self.states)]
        self.program = Program(whole.inputs, whole.steps, goals, updates, whole.checks)
        self.numbers = [old for old, _ in updates if not old.shape]
        self.bound = {old: np.zeros(old.shape, old.dtype) for old, _ in updates if old.shape}

    def name(self, step: Step) -> str:
        """Return the name of an input."""
        return f"in{self.inputs.index(step)}"


class LoopEmitter(Emitter):
    """Writes a loop. Arrays of the carry that are not stacked are updated in place."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout.program, layout.bound, layout.numbers, blocked=False)
        self.layout = layout
        self.goals = [(s, f"out{k}") for k, s in enumerate(layout.outputs)]
        self.goals += [(new, f"next{k}") for k, (_, new) in enumerate(layout.states)]
        self.direct: dict[Step, str] = {}
        for step, name in self.goals:
            if step.kind in ("elementwise", "reduce", "product") and step.name != "where":
                self.direct.setdefault(step, name)
        # stacked values are copied at the end of an iteration, unless they are computed in place
        self.leaving = set()
        for step, _ in self.goals:
            self.last[self.root[step]] = len(self.order)

    def target(self, k: int, step: Step) -> str | None:
        """Return the storage of a step: its row, if it is stacked."""
        name = self.direct.get(step)
        if name is None or not step.shape:
            return super().target(k, step)
        self.place[step] = name
        return name

    def emit(self) -> None:
        """Write the lines of one iteration."""
        layout = self.layout
        self.turning = [layout.name(s) for s in [*layout.rows, *(old for old, _ in layout.states)]]
        self.turning += [name for _, name in self.goals]
        self.arguments = ["turns", *map(layout.name, [*layout.numbers, *layout.fixed])]
        for step in self.program.inputs:
            if step not in self.bound:
                self.place[step] = layout.name(step)
        self._run(0, self.head)
        for step, name in self.goals:
            self._reach(step, name)
        self._checks()
        self._before_writing()
        self._run(self.head, len(self.order))
        self._updates()
        self._return()

    def _reach(self, step: Step, name: str) -> None:
        """Write a value to its row, unless it was computed there."""
        if not step.shape:
            self.put(f"{name}[0] = {self.ref(step)}")
        elif self.ref(step) != name:
            self.put(f"{self.name(np.copyto, 'f')}({name}, {self.ref(step)})")

    def _return(self) -> None:
        """Assign the numbers of the carry for the next iteration."""
        pairs = [(old, new) for old, new in self.program.updates if old in self.numbers]
        if pairs:
            names = ", ".join(self.layout.name(old) for old, _ in pairs)
            self.put(f"{names} = {', '.join(self.ref(new) for _, new in pairs)}")

    def source(self) -> str:
        """Return the text of the function."""
        body = "\n        ".join(self.lines or ["pass"])
        numbers = ", ".join(map(self.layout.name, self.numbers))
        local = [f"{name}={name}" for name in self.names]
        return (
            f"def program({', '.join([*self.arguments, *local])}):\n"
            f"    for {', '.join(['_', *self.turning])}, in turns:\n        {body}\n"
            f"    return [{numbers}]\n"
        )


class LoopRunner:
    """Runs a loop in NumPy, with the interface of `Loop`."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.layout = Layout(loop)
        self.emitter = LoopEmitter(self.layout)
        self.function = self.emitter.compile()

    def __call__(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Run all steps."""
        layout = self.layout
        given = dict(zip(layout.inputs, values, strict=True))
        space = Space(self.loop, layout, given)
        for old, array in layout.bound.items():
            array[...] = given[old]
        rows = [given[s][:: space.direction] for s in layout.rows]
        turns = zip(range(self.loop.n), *rows, *space.turning(), strict=True)
        fixed = [_contiguous(given[s]) for s in layout.fixed]
        with np.errstate(all="ignore"):
            numbers = self.function(turns, *[given[s] for s in layout.numbers], *fixed)
        return space.results(numbers)


class Space:
    """The arrays of one call of a loop."""

    def __init__(self, loop: Loop, layout: Layout, given: Mapping[Step, Any]) -> None:
        n = loop.n
        self.loop, self.layout, self.given = loop, layout, given
        self.direction = -1 if loop.reverse else 1
        numbers = [k for k in range(len(loop.stacked)) if k not in loop.unused]
        self.own = {
            place for k, place in zip(numbers, layout.stacks, strict=True) if k not in loop.kept
        }
        self.outputs = [
            self._array("output", k, (n, *s.shape), s.dtype) for k, s in enumerate(layout.outputs)
        ]
        self.states = [
            self._array("state", k, (n + 1, *old.shape), old.dtype)
            for k, (old, _) in enumerate(layout.states)
        ]
        first = n if loop.reverse else 0
        self.end = n - first
        for array, (old, _) in zip(self.states, layout.states, strict=True):
            array[first] = given[old]
        low, high = [a[:-1] for a in self.states], [a[1:] for a in self.states]
        self.before, self.after = (high, low) if loop.reverse else (low, high)

    def _array(self, kind: str, k: int, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return a new array, or that of the last call."""
        sides = ("output",) if kind == "output" else ("before", "after")
        if any((side, k) in self.own for side in sides):
            return np.empty(shape, dtype)
        if (kind, k) not in self.loop.scratch:
            self.loop.scratch[kind, k] = np.empty(shape, dtype)
        found: Array = self.loop.scratch[kind, k]
        return found

    def turning(self) -> list[Array]:
        """Return the arrays with a row per iteration: of states, outputs, the next states."""
        d, n = self.direction, self.loop.n
        outputs = [a if a.ndim > 1 else a.reshape(n, 1) for a in self.outputs]
        return [a[::d] for a in (*self.before, *outputs, *self.after)]

    def results(self, numbers: Sequence[Any] | None) -> tuple[Any, ...]:
        """Return the result of the loop; if a check failed there are no numbers, and it is void."""
        layout = self.layout
        if numbers is None:
            for array in (*self.outputs, *self.states):
                array.fill(0)
        left = iter(numbers or [self.given[s] for s in layout.numbers])
        last = []
        for i, old in enumerate(layout.inputs[: layout.carry]):
            if i in layout.kept:
                last.append(self.states[layout.kept[i]][self.end].copy())
            else:
                last.append(layout.bound[old].copy() if old in layout.bound else next(left))
        held = [numbers is not None] if layout.program.checks else []
        places = {"output": self.outputs, "before": self.before, "after": self.after}
        read = iter([places[where][k] for where, k in layout.stacks])
        count = len(self.loop.stacked)
        stacks = [None if k in self.loop.unused else next(read) for k in range(count)]
        return (*last, *held, *stacks)


def _contiguous(x: Any) -> Any:
    """Return an operand in the layout that is fastest for repeated products."""
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) and x.ndim > 1 else x
