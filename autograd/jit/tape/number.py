"""Number: a float that is being recorded. Next: `record.py`.

It stands for what `.data`, `.grad` and float arguments are while a function of Values is recorded.
Arithmetic with it is recorded; what would turn it into a plain number is an error, since that
number would be frozen into the recording.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ... import dispatch
from ...absent import NO_POWER
from ...array_nodes.operators import Operators
from ...mode import PACKAGES, current_recorder
from ...op import Op
from ...ops import activations, piecewise
from ...ops import elementwise_more as ops
from ...value import Value


class _Ours(dict[str, bool]):
    """Whether a file is one of this library, by its name."""

    def __missing__(self, filename: str) -> bool:
        found = self[filename] = filename.startswith(PACKAGES)
        return found


OURS = _Ours()


def user_frame() -> Any:
    """Return the innermost frame of the user's code; None if there is none."""
    frame: Any = sys._getframe(1)
    while frame is not None and OURS[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def place() -> str:
    """Return the user's line as text, for errors."""
    frame = user_frame()
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else "an unknown line"


def refuse(what: str) -> TypeError:
    """Return the error for the conversion of a recorded number to a plain one.

    The recording fails even if the function catches it.
    """
    found = TypeError(
        f"jit: {what} at {place()} asks a recorded value for its number, which would be frozen "
        "into the recording. Choose with np.where, np.maximum or relu instead of a branch, return "
        "numbers that are to be printed or kept, or call the function without jit"
    )
    recorder = current_recorder()
    if recorder is not None:
        recorder.refused = recorder.refused or found
    return found


def _no_array(what: str) -> TypeError:
    return TypeError(
        f"jit: {what} at {place()} takes arrays, and was given one recorded number; write it with "
        "operators and functions of numbers (+, np.maximum, np.exp, ...), leave it out where it "
        "changes nothing, or call the function without jit"
    )


class Number(Operators):
    """A recorded float: its line on the tape, and its value in the recorded run."""

    __slots__ = ("line", "recorder", "value")
    __autograd_rank__ = 1.5  # defer to the operators of a Value
    shape: tuple[int, ...] = ()
    ndim = 0

    def __init__(self, recorder: Any, line: int, value: Any) -> None:
        self.recorder = recorder
        self.line = line
        self.value = value

    # for `isinstance`: code that checks for a number accepts this
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return bool if isinstance(self.value, bool) else float

    def _unary(self, op: Op) -> Any:
        return self.recorder.apply(op, (self,), {})

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        return self.recorder.apply(op, (x, y), {})

    def _run(self, op: Op, /, **parameters: Any) -> Any:
        return self.recorder.apply(op, (self,), parameters)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        recorder = next(x.recorder for x in inputs if isinstance(x, Number))
        return recorder.apply(op, tuple(inputs), parameters)

    def __xor__(self, other: Any) -> Any:
        if isinstance(self.value, float):
            raise TypeError(NO_POWER)
        return dispatch.array_ufunc(np.bitwise_xor, "__call__", (self, other), {})

    __rxor__ = __xor__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            raise _no_array(f"np.{ufunc.__name__}.{method}")
        return dispatch.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        try:
            return dispatch.array_function(function, args, kwargs)
        except (AttributeError, TypeError) as error:
            if str(error).startswith("jit: "):
                raise
            raise _no_array(dispatch.full_name(function)) from error

    def __mod__(self, other: Any) -> Any:
        return self._binary(ops.remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._binary(ops.remainder, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._binary(piecewise.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._binary(piecewise.floor_divide, other, self)

    def __invert__(self) -> Any:
        raise TypeError(f"jit: ~ of a recorded truth at {place()}; write np.logical_not")

    def __bool__(self) -> bool:
        raise refuse("a branch (if, while, and, or, not, max, min)")

    def __float__(self) -> float:
        raise refuse("float()")

    def __int__(self) -> int:
        raise refuse("int()")

    def __index__(self) -> int:
        raise refuse("an index or a count")

    def __round__(self, digits: int | None = None) -> Any:
        raise refuse("round()")

    def __format__(self, spec: str) -> str:
        raise refuse("a formatted text")

    def __str__(self) -> str:
        raise refuse("str() or print()")

    def item(self) -> Any:
        """Raise, as this would freeze the number."""
        raise refuse(".item()")

    def relu(self) -> Any:
        """Return max(self, 0)."""
        return self._unary(activations.relu)

    def __repr__(self) -> str:
        return f"<recorded number, line {self.line}>"

    __hash__ = object.__hash__


class Outcome:
    """A call at the end of a stage that takes leaves and numbers, and returns a number or None.

    The numbers are passed as the data of leaves that only this call and the tape refer to.
    """

    def __init__(self, function: Callable[..., Any], numbers: Sequence[Any]) -> None:
        self.func = function
        self.given = [Value(0.0) if isinstance(x, Number) else x for x in numbers]
        self.found = Value(0.0)

    def __call__(self, *leaves: Any) -> None:
        """Make the call on the leaves of this replay."""
        given = [x._data if isinstance(x, Value) else x for x in self.given]
        found = self.func(leaves, *given)
        if found is not None:
            self.found._set_data(found)
