"""The rewriter: builds one program from another, step by step, by a rule. Next: `passes.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from ..program import Program, Step, needed

FOLDED = (bool, int, float, np.generic)


def alive(program: Program) -> Program:
    """Remove the steps and inputs that are not needed."""
    wanted = needed(program.steps, program.roots())
    steps = [step for step in program.steps if step in wanted]
    wanted |= {old for old, _ in program.updates}
    inputs = [step for step in program.inputs if step in wanted]
    return Program(inputs, steps, program.outputs, program.updates, program.checks)


class Rewriter:
    """Builds a program step by step from another, with one step in place of equal ones."""

    def __init__(self, program: Program, uses: dict[Step, int] | None, free: set[Step]) -> None:
        self.old = program
        self.uses = {} if uses is None else uses
        self.free = free
        self.steps: list[Step] = []
        self.now: dict[Step, Step] = {step: step for step in program.inputs}
        self._known: dict[Any, Step] = {}

    def add(self, step: Step) -> Step:
        """Return an earlier step equal to this one, or else this one."""
        key = _key(step)
        if key is not None:
            found = self._known.setdefault(key, step)
            if found is not step:
                return found
        self.steps.append(step)
        return step

    def known(self, step: Step) -> Step | None:
        """Return an earlier step equal to this one, if there is one."""
        return self._known.get(_key(step))

    def make(
        self, like: Step, kind: str, name: str, function: Any, arguments: Any, **parameters: Any
    ) -> Step:
        """Return a step of the shape and dtype of another."""
        return self.add(like.like(kind, name, function, tuple(arguments), parameters))

    def product(
        self, like: Step, shape: tuple[int, ...], name: str, function: Any, pair: Any
    ) -> Step:
        """Return a product with the dtype of another step and a given shape."""
        found = like.like("product", name, function, pair)
        found.shape = shape
        return self.add(found)

    def constant(self, value: Any) -> Step:
        """Return the step of a constant."""
        return self.add(Step("constant", "constant", None, (), {}, value))

    def finish(self) -> Program:
        """Return the new program."""
        now, old = self.now, self.old
        checks: dict[Any, None] = {(now[step], wanted): None for step, wanted in old.checks}
        return Program(
            old.inputs,
            self.steps,
            [now[step] for step in old.outputs],
            [(a, now[b]) for a, b in old.updates],
            list(checks),
        )


Rule = Callable[[Rewriter, Step], Step | None]


def _key(step: Step) -> Any:
    kind, given = step.kind, step.parameters
    if kind == "elementwise" and not given:
        return step.function, step.arguments
    if kind == "constant":
        x = step.value
        return ("constant", type(x), repr(x)) if isinstance(x, FOLDED) else ("constant", id(x))
    if kind in ("random", "call", "input"):
        return None
    return step.function, step.arguments, *[(k, repr(v)) for k, v in given.items()]


def merged(program: Program) -> Program:
    """Return the program with one step in place of equal ones."""
    r = Rewriter(program, None, set())
    now, add = r.now, r.add
    newest = now.__getitem__
    for old in program.steps:
        arguments = tuple(map(newest, old.arguments))
        now[old] = add(old if arguments == old.arguments else with_arguments(old, arguments))
    return r.finish()


def rewrite(
    program: Program,
    rule: Rule,
    uses: dict[Step, int] | None = None,
    free: Collection[Step] = (),
) -> Program:
    """Return the program with every step replaced by the result of a rule.

    A rule gets the new arguments of the step. ``uses`` counts the uses of each step, and ``free``
    is a set of steps; rules can look up both for new steps as well.
    """
    r = Rewriter(program, uses, set(free))
    now = r.now
    newest = now.__getitem__
    for old in program.steps:
        step = old
        arguments = tuple(map(newest, old.arguments))
        if arguments != old.arguments:
            step = with_arguments(old, arguments)
            if old in r.free:
                r.free.add(step)
        found = rule(r, step)
        new = now[old] = r.add(step) if found is None else found
        if new is not old:
            if uses is not None:
                uses[new] = uses.get(new, 0) + uses.get(old, 0)
            if old in r.free:
                r.free.add(new)
    return r.finish()


def with_arguments(step: Step, arguments: tuple[Step, ...]) -> Step:
    """Return a step with these arguments, itself if they are the same."""
    if arguments == step.arguments:
        return step
    new = step.like(step.kind, step.name, step.function, arguments, step.parameters)
    new.value, new.label = step.value, step.label
    return new


def uses_of(program: Program) -> dict[Step, int]:
    """Return the number of uses of each step."""
    found: dict[Step, int] = {}
    for step in program.steps:
        for a in step.arguments:
            found[a] = found.get(a, 0) + 1
    for root in program.roots():
        found[root] = found.get(root, 0) + 1
    return found


def is_number(step: Step, number: float | None = None) -> bool:
    """Whether a step is a constant number."""
    if step.kind != "constant" or not isinstance(step.value, FOLDED):
        return False
    return number is None or bool(step.value == number)


def is_elementwise(step: Step, name: str) -> bool:
    """Whether a step is an elementwise one of this name."""
    return step.kind == "elementwise" and step.name == name
