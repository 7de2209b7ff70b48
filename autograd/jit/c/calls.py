"""Calls of functions, with the steps among their arguments. Next: `along.py`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from ..program import Step
from ..step_functions import Bound, Sized


class Call(NamedTuple):
    """A function as it is called, where recorded arguments are steps."""

    function: Any
    arguments: tuple[Any, ...]
    named: dict[str, Any]


def call_of(step: Step, functions: Collection[Any]) -> Call | None:
    """Return the call of a step if it is one of some functions, which have a hash; else None."""
    if step.kind != "call" or not isinstance(step.function, Bound):
        return None
    bound = step.function
    if isinstance(bound.function, Sized):  # the shape of the result must be compared
        return None
    # the forward function of an operation is inside
    function = getattr(bound.function, "function", bound.function)
    if getattr(type(function), "__hash__", None) is None or function not in functions:
        return None
    leaves = list(bound.leaves)
    for i, a in zip(bound.places, step.arguments, strict=True):
        leaves[i] = a
    args, kwargs = bound.rebuild(leaves)
    return Call(function, tuple(args), kwargs)
