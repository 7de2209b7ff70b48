"""Helpers for recording a loop: cutting a step out, calling a loop. Next: `graph.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...blocks import dates_kept
from ..program import Program, Step
from ..record.array import RecordedArray
from ..record.capture import Capture
from ..record.operators import Refused
from ..step_functions import part_of
from .loop import Loop


def stand_in(value: Any, label: str) -> Step:
    """Return the stand-in for an entry of the carry, or for a row, in a recorded step."""
    return Step("input", "input", None, (), {}, value, label=label)


def twice(capture: Capture, step: Step) -> tuple[RecordedArray, RecordedArray]:
    """Return a step as an array to keep, and as one to pass on, which may be written to."""
    return RecordedArray(capture, step), RecordedArray(capture, step)


def called(capture: Capture, loop: Loop, operands: Sequence[RecordedArray]) -> RecordedArray:
    """Make a loop a step of the recording; its operands are followed by what is fixed."""
    loop.needed()
    fixed = [RecordedArray(capture, s) for s in loop.fixed]
    drawn = any(s.kind == "random" for s in loop.inner)
    return capture.step("random" if drawn else "call", "scan", loop, [*operands, *fixed])


def part(capture: Capture, call: RecordedArray, k: int) -> RecordedArray:
    """Return one of the results of a loop."""
    return capture.step("item", "item", part_of, (call,), part=k)


def check_whole(program: Program, apart: set[Step]) -> None:
    """Raise if a program uses steps that were cut out of it.

    Raises
    ------
    Refused
        If the function kept a value of one step of a scan and used it after.
    """
    for step in [*program.steps, *program.roots()] if apart else []:
        if step in apart or any(a in apart for a in step.arguments):
            raise Refused(
                f"jit: {step.where or 'the function'} uses what the step of scan computed, outside "
                "of that step; give it as y, or hand it on in the carry"
            )


class Uneven(Refused):
    """The library's own branches differ between the iterations."""


def check_all_held(capture: Capture, call: RecordedArray, k: int) -> None:
    """Check in every call that the checks of a loop have passed, which is its result number k.

    Raises
    ------
    Uneven
        If they do not hold now.
    """
    ok = part(capture, call, k)
    if not ok.step.value:
        # it must not draw random numbers in addition to its replacement
        for step in (ok.step, call.step):
            capture.steps.remove(step)
        raise Uneven(
            "jit: the steps of a scan are not alike: what the library asks about their numbers, as "
            "whether they are finite, has several answers; use a Python loop, or fallback=True"
        )
    capture.checks.append((ok.step, True))


# --------------------------------------------------------------------------------------------------
# Cutting the step out


@contextmanager
def kept(capture: Capture) -> Iterator[None]:
    """Keep the values of all steps recorded inside the block, and the dates of nodes."""
    before, capture.keeping = capture.keeping, True
    try:
        with dates_kept():
            yield
    finally:
        capture.keeping = before


def check_unchanged(capture: Capture, before: dict[Any, Step]) -> None:
    """Raise for changes of outside objects, which a loop would make once, not in every step.

    Parameters
    ----------
    before : dict
        The result of `outside` before the step.

    Raises
    ------
    Refused
        If something has changed.
    """
    for key, step in outside(capture).items():
        if before.get(key, step) is not step or (key not in before and step.kind != "input"):
            raise capture.refusal(
                "changes a tensor, an array, a gradient or an optimizer from outside in the step "
                "of scan",
                "hand it on in the carry, and change it after scan",
            )


def outside(capture: Capture) -> dict[Any, Step]:
    """Return the current steps of the outside objects that the recording knows."""
    found: dict[Any, Any] = {("data", k): a._step for k, a in capture.data.items()}
    found |= {("state", k): a._step for k, (_, a) in capture.states.items()}
    found |= {("argument", id(source)): a._step for source, a in capture.arguments}
    for k, g in capture.grads.items():
        step = getattr(getattr(g, "_data", g), "_step", None)
        if step is not None:
            found["gradient", k] = step
    return found


def cut(
    capture: Capture, start: int, asked: int, given: Sequence[Step]
) -> tuple[list[Step], list[tuple[Step, bool]]]:
    """Remove the recorded steps and checks that depend on given ones, and return them.

    Parameters
    ----------
    start, asked : int
        How many steps and checks there were before.
    """
    inside = set(given)
    inner, others = [], []
    for step in capture.steps[start:]:
        if step.kind == "random" or any(a in inside for a in step.arguments):
            inside.add(step)
            inner.append(step)
        else:
            others.append(step)
    capture.steps[start:] = others
    capture.apart |= inside
    checks = [c for c in capture.checks[asked:] if c[0] in inside]
    capture.checks[asked:] = [c for c in capture.checks[asked:] if c[0] not in inside]
    return inner, checks
