"""Checks that no gradient has a nan, which the library makes after a sweep that might cause some.

Each looks at a sum of squares, that is nan only if an entry is. Next: `numpy_form.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..program import Program, Step
from ..record.lowering import inner
from ..step_functions import scattered
from .rewriter import Rewriter, alive, is_elementwise, rewrite, uses_of


def searched(program: Program, uses: Mapping[Step, int]) -> dict[Step, list[Step]]:
    """Return for each such check the steps of its sum that are only needed for it.

    These are the additions and the products of each array with itself, which a check has none of
    if anything else needs one of them.
    """
    found = {}
    for check, wanted in program.checks:
        if wanted or not is_elementwise(check, "not_equal") or uses.get(check) != 1:
            continue
        total, other = check.arguments
        stack, steps = [total], []
        while stack and total is other:
            step = stack.pop()
            added = is_elementwise(step, "add") and not step.shape
            if uses.get(step) != (2 if step is total else 1) or not (added or _is_square(step)):
                break
            steps.append(step)
            stack += step.arguments if added else ()
        else:
            found[check] = steps
    return {check: steps for check, steps in found.items() if steps}


def squared(steps: list[Step]) -> list[Step]:
    """Return the arrays whose squares are among these steps."""
    return [step.arguments[0] for step in steps if _is_square(step)]


def _is_square(step: Step) -> bool:
    return step.kind == "product" and step.name == "inner" and len({*step.arguments}) == 1


def in_parts(program: Program) -> Program:
    """Return the program with nans looked for in parts, before these are put into zeros and added.

    That is what `backward` does: a nan that only their sum has is no concern of its rules.
    """
    if not any(is_elementwise(step, "not_equal") for step, _ in program.checks):
        return program
    uses = uses_of(program)
    parts = {
        x: found
        for steps in searched(program, uses).values()
        for x in squared(steps)
        if (found := _parts(x, uses))
    }
    if not parts:
        return program

    def rule(r: Rewriter, step: Step) -> Step | None:
        if not _is_square(step) or step.arguments[0] not in parts:
            return None
        first, *others = [
            r.make(step, "product", "inner", inner, (x, x)) for x in parts[step.arguments[0]]
        ]
        for other in others:
            first = r.make(step, "elementwise", "add", np.add, (first, other))
        return first

    return alive(rewrite(program, rule))


def _parts(x: Step, uses: Mapping[Step, int]) -> list[Step]:
    """Return the parts whose sum an array is that only a check needs; none if it is not such."""
    stack, found = [(x, 2)], []
    while stack:
        step, count = stack.pop()
        if uses.get(step) != count:
            return []
        if is_elementwise(step, "add") and all(a.shape == step.shape for a in step.arguments):
            stack += [(a, 1) for a in step.arguments]
        elif scattered(step, np.empty(step.shape, step.dtype)) is not None:
            found.append(step.arguments[0])
        else:
            return []
    return found
