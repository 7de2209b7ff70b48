"""Loop: one step of a scan as a program, run over the rows of arrays. Next: `scan_parts.py`.

A loop is a call in the enclosing program. Its operands are the first carry, the arrays with a row
for every step, and the values that are the same in every step; it returns the last carry, whether
all checks held (if there are any), and the stacked values. An array of the carry that is stacked as
well is kept in the stack: every step reads one row and writes the next.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .passes import optimize
from .program import Program, Step
from .rewriter import with_arguments
from .scan_numpy import LoopRunner


class Loop:
    """The function of a step of the kind ``call``.

    Parameters
    ----------
    n : int
        The number of steps.
    reverse : bool
        Whether the last row comes first.
    carry : sequence of (Step, Step)
        What stands for an entry of the carry, and the step that gives the next one.
    rows : sequence of Step
        What stands for a row.
    inner : list of Step
        What is computed in every step, in order; shared with who records it.
    checks : sequence of (Step, bool)

    Attributes
    ----------
    stacked : list of Step
        What is stacked over all steps.
    fixed : list of Step
        What of the program around is the same in every step, in the order of the operands.
    unused, kept : collection of int
        Those of the stacks, by number, that nothing reads; those that nothing holds beyond the run
        of the program, whose memory is used again. Known once the loop is settled.
    scratch : dict
        That memory.
    program : Program
        One step, once it has been put together. Its inputs stand for carry, rows and what is
        fixed; its outputs are those that are stacked.
    """

    __name__ = "scan"

    def __init__(
        self,
        n: int,
        reverse: bool,
        carry: Sequence[tuple[Step, Step]],
        rows: Sequence[Step],
        inner: list[Step],
        checks: Sequence[tuple[Step, bool]] = (),
    ) -> None:
        self.n = n
        self.reverse = reverse
        self.carry = list(carry)
        self.rows = list(rows)
        self.inner = inner
        self.checks = list(checks)
        self.stacked: list[Step] = []
        self.fixed: list[Step] = []
        self.unused: Collection[int] = ()
        self.kept: Collection[int] = ()
        self.scratch: dict[Any, Any] = {}
        self.program: Any = None
        self.run: Any = None

    def stack(self, step: Step) -> int:
        """Ask for the values of a step over all steps; return their place among what is stacked."""
        if step not in self.stacked:
            self.stacked.append(step)
            self.program = self.run = None
        return self.stacked.index(step)

    def place(self, k: int) -> int:
        """Return where stack number k is in what the loop returns."""
        return len(self.carry) + bool(self.checks) + k

    def needed(self) -> list[Step]:
        """Return the inner steps that something asks for, and enter what they take from outside."""
        inside, given = set(self.inner), {*(old for old, _ in self.carry), *self.rows}
        wanted: set[Step] = set()
        fixed = dict.fromkeys(self.fixed)
        drawn = [s for s in self.inner if s.kind == "random"]
        roots = [*(new for _, new in self.carry), *self.stacked, *(s for s, _ in self.checks)]
        stack = [*roots, *drawn][::-1]
        while stack:
            step = stack.pop()
            if step in inside and step not in given:
                if step not in wanted:
                    wanted.add(step)
                    stack.extend(step.arguments[::-1])
            elif step not in given and step.kind != "constant":
                fixed[step] = None
        self.fixed = list(fixed)
        return [s for s in self.inner if s in wanted]

    def assemble(self) -> Program:
        """Return one step as a program: outputs are the stacks, updates the carry."""
        steps = self.needed()
        self.inputs = [_input_like(s) for s in self._given()]
        now = dict(zip(self._given(), self.inputs, strict=True))
        outside = dict.fromkeys(
            a for s in steps for a in s.arguments if a.kind == "constant" and a not in now
        )
        roots = [*self.stacked, *(new for _, new in self.carry), *(s for s, _ in self.checks)]
        outside |= dict.fromkeys(s for s in roots if s.kind == "constant" and s not in now)
        for s in steps:
            now[s] = with_arguments(s, tuple(now.get(a, a) for a in s.arguments))
        program = Program(
            self.inputs,
            [*outside, *(now[s] for s in steps)],
            [now.get(s, s) for k, s in enumerate(self.stacked) if k not in self.unused],
            [(now[old], now.get(new, new)) for old, new in self.carry],
            [(now.get(s, s), wanted) for s, wanted in self.checks],
        )
        return optimize(program)

    def _given(self) -> list[Step]:
        return [*(old for old, _ in self.carry), *self.rows, *self.fixed]

    def finish(self, used: Collection[int], leaving: Collection[int]) -> None:
        """Settle what is stacked, and let go of the recording.

        Parameters
        ----------
        used, leaving : collection of int
            The places of what is read; of what may be held longer than the program runs.
        """
        numbers = range(len(self.stacked))
        self.unused = {k for k in numbers if self.place(k) not in used}
        self.kept = {k for k in numbers if self.place(k) not in leaving}
        self.program = finish(self.assemble())
        self.run = None
        self.inner = []
        self.stacked = [_input_like(s) for s in self.stacked]
        self.carry = [(_input_like(old), _input_like(new)) for old, new in self.carry]
        self.rows = [_input_like(s) for s in self.rows]
        self.fixed = [_input_like(s) for s in self.fixed]
        self.checks = [(_input_like(s), wanted) for s, wanted in self.checks]

    def copy_with(self, functions: Mapping[Step, Callable[..., Any]]) -> Loop:
        """Return a settled loop in which other functions compute some of the steps."""
        now: dict[Step, Step] = {}
        for step in self.program.steps:
            now[step] = with_arguments(step, tuple(now.get(a, a) for a in step.arguments))
            if step in functions:
                now[step] = copy.copy(now[step])
                now[step].function = functions[step]
        found, p = copy.copy(self), self.program
        found.program = Program(
            p.inputs,
            list(now.values()),
            [now.get(s, s) for s in p.outputs],
            [(old, now.get(new, new)) for old, new in p.updates],
            [(now.get(s, s), wanted) for s, wanted in p.checks],
        )
        found.run = None
        return found

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Run all steps; see the head of this file for what comes in and goes out."""
        if self.run is None:
            if self.program is None:
                self.program = self.assemble()
            self.run = LoopRunner(self)
        found: tuple[Any, ...] = self.run(values)
        return found


def _input_like(step: Step) -> Step:
    found = step.like("input", "input", None, ())
    found.label = step.label
    return found


def finish(program: Program) -> Program:
    """Settle the loops of a program: what nothing reads is left out."""
    loops = [s for s in program.steps if isinstance(s.function, Loop)]
    leaving = _leaving(program) if loops else set()
    used: dict[Step, set[int]] = {s: set() for s in loops}
    last: dict[Step, set[int]] = {s: set() for s in loops}
    for step in program.steps:
        if step.kind == "item" and step.arguments[0] in used:
            used[step.arguments[0]].add(step.parameters["part"])
            if step in leaving:
                last[step.arguments[0]].add(step.parameters["part"])
    for step in loops:
        loop: Any = step.function
        loop.finish(used[step], last[step])
    return program


def _leaving(program: Program) -> set[Step]:
    """Return the steps whose memory may be held when the program has run, or be called otherwise.

    Those are results, and what functions take that are not known to return arrays of their own.
    """
    found = {*program.outputs, *(new for _, new in program.updates)}
    for step in reversed(program.steps):
        own = step.kind in ("elementwise", "reduce", "product") or isinstance(step.function, Loop)
        if not own and (step in found or step.kind != "view"):
            found.update(step.arguments)
    return found
