"""Loop: one step of a scan as a program, run over the rows of arrays. Next: `parts.py`.

A loop is a call in the enclosing program. Its operands are the first carry, the arrays with a row
for every step, and the values that are the same in every step; it returns the last carry, whether
all checks held (if there are any), and the stacked values. An array of the carry that is stacked as
well is kept in the stack: every step reads one row and writes the next.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..optimize.passes import optimize
from ..optimize.rewriter import with_arguments
from ..program import Program, Step
from .loop_in_numpy import LoopRunner


class Loop:
    """The function of a step of the kind ``call``.

    Parameters
    ----------
    n : int
        The number of steps.
    reverse : bool
        Whether the last row comes first.
    carry : sequence of (Step, Step)
        The stand-in for an entry of the carry, and the step that computes the next one.
    rows : sequence of Step
        The stand-ins for rows.
    inner : list of Step
        The steps of the loop, in order; shared with the recording.
    checks : sequence of (Step, bool)

    Attributes
    ----------
    stacked : list of Step
        The steps whose values are stacked.
    fixed : list of Step
        The steps of the enclosing program that are the same in every iteration, in the order of the
        operands.
    unused, kept : collection of int
        The stacks, by index, that nothing reads; those that nothing refers to after a run of the
        program, whose memory is reused. Known once the loop is settled.
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
        """Have the values of a step stacked; return the index of the stack."""
        if step not in self.stacked:
            self.stacked.append(step)
            self.program = self.run = None
        return self.stacked.index(step)

    def place(self, k: int) -> int:
        """Return the position of stack number k in the result of the loop."""
        return len(self.carry) + bool(self.checks) + k

    def needed(self) -> list[Step]:
        """Return the inner steps that are needed, and add their outside operands to `fixed`."""
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
        """Settle which values are stacked, and drop the recording.

        Parameters
        ----------
        used, leaving : collection of int
            The indices of stacks that are read, and of those that may outlive a run of the program.
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
        """Run all steps; operands and results are those in the docstring of this file."""
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
    """Settle the loops of a program: stacks that nothing reads are removed."""
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
    """Return the steps whose memory may be referred to after the program has run.

    Those are results, and arguments of functions that may return views.
    """
    found = {*program.outputs, *(new for _, new in program.updates)}
    for step in reversed(program.steps):
        own = step.kind in ("elementwise", "reduce", "product") or isinstance(step.function, Loop)
        if not own and (step in found or step.kind != "view"):
            found.update(step.arguments)
    return found
