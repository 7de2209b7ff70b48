"""Rules as sequences of elementwise functions. Next: `keys.py`.

A rule of the table is run once on a `Trace`, which records the NumPy functions that it calls. If it
does anything else, `steps_of` returns None, and NumPy runs the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

# products of a gradient and a local derivative: 0 where the first is 0, or where either is
STRICT, CHOSEN = "strict_multiply", "chosen_multiply"
TRUTHS = frozenset(
    ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and",
     "logical_or", "logical_not", "bitwise_and", "bitwise_or", "isnan"]
)  # fmt: skip
_LOGICAL = {"bitwise_and": "logical_and", "bitwise_or": "logical_or"}
_POWERS = {2.0: "square", -1.0: "reciprocal"}

# A step: the name of a function and its arguments, each an operand, a number or an earlier step
Step = tuple[str, tuple[Any, ...]]


class Untraceable(Exception):
    """A rule is not a sequence of elementwise functions of floats."""


class Trace(NDArrayOperatorsMixin):
    """A number inside a rule: an operand (``index``, with ``steps`` None), or a step of it."""

    def __init__(self, steps: list[Step], index: int, truth: bool = False, given: bool = False):
        self.steps = steps
        self.index = index
        self.truth = truth
        self.given = given

    shape: tuple[int, ...] = ()
    ndim = 0

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if dtype is not None:
            raise Untraceable
        found = np.empty((), object)
        found[()] = self
        return found

    def __getitem__(self, key: Any) -> Trace:
        if key != ():
            raise Untraceable
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc.nout != 1:
            raise Untraceable
        return step(self.steps, ufunc.__name__, inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is not np.where or kwargs or len(args) != 3:
            raise Untraceable
        return step(self.steps, "where", args)

    def __bool__(self) -> bool:
        raise Untraceable

    __hash__ = None  # type: ignore[assignment]


def step(steps: list[Step], name: str, arguments: Any) -> Trace:
    """Record a step, and return its number."""
    found = [_argument(x) for x in arguments]
    truths = [isinstance(x, Trace) and x.truth for x in found]
    name = _LOGICAL.get(name, name)
    logical = name.startswith("logical_")
    # truth values are 0.0 and 1.0 here, but NumPy's arithmetic distinguishes them from numbers
    if (logical and not all(truths)) or (sum(truths) > 1 and not logical):
        raise Untraceable
    if any(truths) and len(found) == 1 and not logical:
        raise Untraceable
    if name == "power" and not isinstance(found[1], Trace):
        simple = _POWERS.get(found[1])
        if simple is not None:
            name, found = simple, found[:1]
    if name == "positive":
        return found[0]  # type: ignore[no-any-return]
    steps.append((name, tuple(found)))
    return Trace(steps, len(steps) - 1, name in TRUTHS)


def _argument(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype == object and not x.ndim:
        x = x[()]
    if isinstance(x, Trace):
        return x
    if isinstance(x, bool | np.bool_) or not isinstance(x, int | float | np.floating | np.integer):
        raise Untraceable
    return float(x)


def steps_of(run: Callable[[list[Any]], Any], count: int) -> list[Step] | None:
    """Return the steps of a function of so many operands, the result last; None if there are none.

    Parameters
    ----------
    run : callable
        From a list of operands to the result, as `keys.runner` returns it.
    count : int
    """
    steps: list[Step] = []
    operands = [Trace(steps, i, given=True) for i in range(count)]
    try:
        found = run(operands)
    except Exception:
        return None
    if not isinstance(found, Trace) or found.given or found.index != len(steps) - 1:
        return None
    return steps
