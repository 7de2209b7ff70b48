"""The operators of a recorded array, each of which records a step, and its errors.

Next: `array_methods.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..program import Step
from ..step_functions import Sized

_PYTHON: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "negative": operator.neg,
    "positive": operator.pos,
    "absolute": operator.abs,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "left_shift": operator.lshift,
    "right_shift": operator.rshift,
    "invert": operator.invert,
}
NUMBERS = (bool, int, float)
_EQUALITY = (np.equal, np.not_equal)


class Refused(TypeError):
    """The function does something that cannot be recorded."""


class UnknownOperand(Refused):
    """An operand is not a number or an array."""


def recorded_operator(ufunc: np.ufunc, reflected: bool = False) -> Any:
    """Return the method of an operator."""
    python = _PYTHON.get(ufunc.__name__)

    def apply(self: Any, *others: Any) -> Any:
        other = others[0] if others else None
        if hasattr(type(other), "__autograd_rank__"):
            return NotImplemented
        if type(other) in (list, tuple, range) and _is_single(self, ufunc, other):
            return NotImplemented
        operands = (self,) if not others else (other, self) if reflected else (self, other)
        recorder = self._recorder
        if python is not None and self.weak and (not others or is_number(other)):
            if ufunc is np.power and _may_differ(*operands):
                return recorder.step("elementwise", "power_of_kind", Sized(python), operands)
            return recorder.step("elementwise", ufunc.__name__, python, operands)
        if ufunc is np.power and self.dtype == bool:  # the squares of these have another dtype
            return recorder.call(operator.pow, operands, {})
        try:
            return recorder.elementwise(ufunc, operands)
        except UnknownOperand:
            if isinstance(other, complex):
                raise
            if ufunc in _EQUALITY and self.shape and (other is None or type(other) is str):
                return recorder.asarray(np.full(self.shape, ufunc is np.not_equal))
            return NotImplemented

    return apply


def _is_single(x: Any, ufunc: np.ufunc, sequence: Any) -> bool:
    """Whether a list beside x is a list to Python: a sequence to repeat, or no operand at all."""
    repeats = ufunc is np.multiply and not isinstance(sequence, range)
    return bool(x.weak) or (repeats and not x.is_array and x.dtype.kind in "iu")


def _may_differ(x: Any, y: Any) -> bool:
    """Whether x ** y may be another kind of number, as 2 ** -1 is a float and (-2) ** 0.5 complex.

    One of both is recorded.
    """
    if not isinstance(y, Unconverted) and y == y // 1:
        return False
    if not _is_float(y):
        return not _is_float(x)
    return isinstance(x, Unconverted) or bool(x < 0)


def _is_float(x: Any) -> bool:
    return x._step.dtype.kind == "f" if isinstance(x, Unconverted) else type(x) is float


def both_ways(ufunc: np.ufunc) -> tuple[Any, Any]:
    """Return the method of an operator of two operands, and the reflected one."""
    return recorded_operator(ufunc), recorded_operator(ufunc, True)


def is_number(x: Any) -> bool:
    """Return whether an operand is a Python number, recorded or not."""
    return type(x) in NUMBERS or (isinstance(x, Unconverted) and x._step.weak)


def in_place(ufunc: np.ufunc) -> Any:
    """Return the method of an in-place operator, which binds a number to a new one."""

    def apply(self: Any, other: Any) -> Any:
        if self.is_array:
            other = without_graph(other)
        if hasattr(type(other), "__autograd_rank__"):
            return NotImplemented
        if not self.is_array:
            return recorded_operator(ufunc)(self, other)
        self.become(self._recorder.elementwise(ufunc, (self, other)), ufunc.__name__)
        return self

    return apply


def without_graph(x: Any) -> Any:
    """Return the array of a tensor without gradient, anything else as it is."""
    tensor = getattr(type(x), "__autograd_rank__", 0) > 1
    return x._data if tensor and not x.requires_grad else x


def refused(what: str, cure: str) -> Any:
    """Return a method that raises, as its result would leave the recording."""

    def refuse(self: Any, *_: Any, **__: Any) -> Any:
        raise self._recorder.refusal(what, cure)

    return refuse


class Unconverted:
    """Conversions of a recorded value that would leave the recording."""

    __slots__ = ()
    _recorder: Any
    _step: Step
    copy: Any

    def __bool__(self) -> bool:
        return bool(self._recorder.truth(self))

    __float__ = refused(
        "turns a recorded value into a float",
        "compute with it as it is, return it, or pass the number as an argument",
    )

    def __int__(self) -> int:
        return int(self._recorder.whole(self, "turns a recorded value into an int"))

    def __index__(self) -> int:
        return int(self._recorder.whole(self, "uses a recorded value as a Python index or size"))

    __complex__ = refused("turns a recorded value into a complex number", "use real numbers")
    __array__ = refused(
        "turns a recorded value into a plain array",
        "use NumPy's functions on it as it is, or return it from the function; for a[x], make the "
        "array a outside the function, or write Tensor(a)[x]",
    )
    tolist = refused(
        "turns a recorded value into a list",
        "compute with it as it is, or return it from the function",
    )
    tobytes = tolist
    item = refused(
        "reads a number out of a recorded array with .item()",
        "compute with it as it is, or return it from the function",
    )

    def __copy__(self) -> Any:
        return self if self._step.weak else self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()

    __reduce_ex__ = refused("pickles a recorded value", "return it from the function")
    __round__ = refused(
        "rounds a recorded value to a Python number", "use np.round, or round it outside"
    )
    __contains__ = refused("looks for a value with `in`", "use np.any(x == y) as an array")
    __format__ = refused(
        "prints a recorded value", "return it from the function and print it outside"
    )
    __str__ = __format__
