"""ScalarNumber, the number side of a Value: comparisons, conversions, rules run on floats.

Next: `operands.py`.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Self

import numpy as np

from .. import dispatch
from ..absent import NO_POWER, AbsentOfValue, InitSignature
from ..arithmetic import quietly
from ..conversions import check_float, is_table, of_assertion, priority_over_tables
from ..mode import note_float
from ..node import MANY, check_not_released
from ..op import Op, kind_of_rank
from ..ops.elementwise_more import remainder
from ..ops.piecewise import floor_divide
from ..settings import described
from .node import ScalarNode, is_number, plain
from .operands import operate

# operators that micrograd derives from addition and multiplication, which subclasses override
_FOLLOW: dict[str, tuple[str, Callable[..., Any]]] = {
    "__neg__": ("__mul__", lambda self: self * -1.0),
    "__sub__": ("__add__", lambda self, other: self + (-other)),
    "__rsub__": ("__add__", lambda self, other: other + (-self)),
    "__truediv__": ("__mul__", lambda self, other: self * other**-1.0),
    "__rtruediv__": ("__mul__", lambda self, other: other * self**-1.0),
}


class ScalarNumber(ScalarNode, AbsentOfValue):
    """A node that is compared, converted and printed as its number."""

    __slots__ = ()

    __signature__ = InitSignature()

    def __init_subclass__(cls, **options: Any) -> None:
        """Let ``-`` and ``/`` follow a ``+`` and ``*`` of the class's own, as in micrograd."""
        super().__init_subclass__(**options)
        own = vars(cls)
        for name, (source, follow) in _FOLLOW.items():
            if source in own and name not in own:
                setattr(cls, name, follow)

    # ---------------------------------------------------------------------------------------------
    # Comparisons compare numbers; hash and identity are those of the node

    def __eq__(self, other: object) -> Any:
        y = plain(other)
        if is_number(y):
            return bool(self._data == y)
        # arrays defer to the node; foreign objects such as pytest.approx compare with the number
        return _in_table(np.equal, self, y) if hasattr(y, "shape") else self._data == y

    def __ne__(self, other: object) -> Any:
        y = plain(other)
        if is_number(y):
            return bool(self._data != y)
        return _in_table(np.not_equal, self, y) if hasattr(y, "shape") else self._data != y

    def __lt__(self, other: Any) -> Any:
        y = plain(other)
        return bool(self._data < y) if is_number(y) else _in_table(np.less, self, y)

    def __le__(self, other: Any) -> Any:
        y = plain(other)
        return bool(self._data <= y) if is_number(y) else _in_table(np.less_equal, self, y)

    def __gt__(self, other: Any) -> Any:
        y = plain(other)
        return bool(self._data > y) if is_number(y) else _in_table(np.greater, self, y)

    def __ge__(self, other: Any) -> Any:
        y = plain(other)
        return bool(self._data >= y) if is_number(y) else _in_table(np.greater_equal, self, y)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __float__(self) -> float:
        check_float(f"the value {self.label!r}" if self.label else "a value")
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if of_assertion():
            return np.array(self._data, dtype)
        if dtype is not None and np.dtype(dtype) != object:
            raise TypeError(
                f"turning a value into an array of {np.dtype(dtype)} would lose its gradient; join "
                "values with np.stack, or use .data or .detach() if that is meant"
            )
        array = np.empty((), object)
        array[()] = self
        return array

    def __int__(self) -> int:
        return int(self._data)

    __trunc__ = __int__

    def __round__(self, digits: int | None = None) -> Any:
        return round(self._data, digits)

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def item(self) -> float:
        """Return the number as a Python float."""
        note_float("item() of a value", self._data)
        return self._data

    def conjugate(self) -> Self:
        """Return the value itself; NumPy asks for it in the variance of an array of values."""
        return self

    def __repr__(self) -> str:
        name = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={_shown(self.grad)}{name})"

    @property
    def _prev(self) -> set[Any]:
        """The operands as a set, as in micrograd, where a constant is a node too.

        Constants are made anew each time, with the gradient that this node passes on; the exponent
        is named by ``_op``.
        """
        check_not_released(self)
        parents = self.parents
        if len(parents) == len(self.inputs) or self._has_exponent():
            return set(parents)
        return set(_with_constants(self))

    # ---------------------------------------------------------------------------------------------
    # Remainders, NumPy's functions, and the tables of pandas

    __pandas_priority__ = priority_over_tables

    def __mod__(self, other: Any) -> Any:
        return operate(remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        return operate(remainder, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return operate(floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return operate(floor_divide, other, self)

    def __divmod__(self, other: Any) -> Any:
        quotient = self.__floordiv__(other)
        return quotient if quotient is NotImplemented else (quotient, self % other)

    def __rdivmod__(self, other: Any) -> Any:
        quotient = self.__rfloordiv__(other)
        return quotient if quotient is NotImplemented else (quotient, other % self)

    def __xor__(self, other: Any) -> NoReturn:
        raise TypeError(NO_POWER)

    __rxor__ = __xor__

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        if len(types) > 1 and any(map(dispatch.is_foreign, types)):
            return NotImplemented
        return dispatch.array_function(function, args, kwargs)


def _entries(x: Any) -> Any:
    """Return a table of pandas as an array, anything else as it is."""
    return x.to_numpy() if is_table(x) else x


def _in_table(compare: np.ufunc, x: ScalarNumber, y: Any) -> Any:
    """Return a comparison with every entry of a table; NotImplemented for any other object."""
    return compare(x, _entries(y)) if is_table(y) else NotImplemented


def _shown(grad: Any) -> Any:
    return grad._data if isinstance(grad, ScalarNode) else grad


# --------------------------------------------------------------------------------------------------
# Rules on floats


class _NotChosen(float):
    """The partial derivative of an input that was not chosen: 0, even times an infinity."""

    __slots__ = ()

    def __mul__(self, g: Any) -> float:
        return 0.0

    __rmul__ = __mul__


NOT_CHOSEN = _NotChosen(0.0)


def partial_derivative(op: Op, d: Any) -> float:
    """Return a partial derivative in the form that nodes store."""
    return NOT_CHOSEN if op.selects and d == 0 else float(d)


def _as_float(x: Any) -> Any:
    # integers that a float holds exactly stay as they are, for functions such as ldexp
    if isinstance(x, bool | np.bool_) or (type(x) is int and abs(x) < 2**53):
        return x
    return float(x)


def evaluate(
    op: Op, inputs: Sequence[Any], parameters: dict[str, Any]
) -> tuple[Any, list[bool], list[float] | None]:
    """Run an elementwise operation on scalars.

    Returns the result, which inputs are parents, and the partial derivative for each of those;
    None for the last where nothing is to be recorded.
    """
    numbers = [plain(x) for x in inputs]
    for x in numbers:
        if not is_number(x):
            raise TypeError(f"{op.name}: expected numbers or nodes, got {described(x)}")
    numbers = [_as_float(x) for x in numbers]
    data = _forward(op, numbers, parameters)
    nodes = [isinstance(x, ScalarNode) and op.differentiable(i) for i, x in enumerate(inputs)]
    if type(data) is not float or True not in nodes:
        return data, nodes, None
    named = [(op.inputs[0], numbers)] if op.variadic else zip(op.inputs, numbers, strict=True)
    # NumPy's floats, with which rules divide by zero and use attributes as with arrays
    values = {k: _as_numpys(x) for k, x in (*named, *parameters.items(), ("z", data))}
    partials = []
    for i, is_node in enumerate(nodes):
        if is_node:
            values["i"] = i
            d = quietly(op.rule_of(i).run, np.float64(1.0), values, operator.mul)
            partials.append(partial_derivative(op, d))
    return data, nodes, partials


def _with_constants(z: ScalarNode) -> list[Any]:
    """Return the operands of a node, numbers among them as leaves with their gradients."""
    leaf = kind_of_rank(1)
    found = [x if isinstance(x, ScalarNode) else leaf(x) for x in z.inputs]
    partials = iter(evaluate(z._operation, found, z.parameters)[2] or ())
    for i, x in enumerate(found):
        if z._operation.differentiable(i):
            d = next(partials, 0.0)
            if x is not z.inputs[i]:
                x.grad = d * plain(z.grad)
    return found


def _forward(op: Op, numbers: list[Any], parameters: dict[str, Any]) -> Any:
    if op.scalar is not None:
        try:
            return op.scalar(*numbers)
        except (ValueError, OverflowError):
            pass  # where Python raises, NumPy gives the result of IEEE 754
    forward = functools.partial(op.forward, **parameters) if parameters else op.forward
    z = quietly(forward, *map(_as_numpys, numbers))
    return bool(z) if isinstance(z, bool | np.bool_) else float(z)


def _as_numpys(x: Any) -> Any:
    return np.float64(x) if type(x) is float else x


def as_slots(
    op: Op,
    inputs: Sequence[Any],
    nodes: list[bool],
    data: float,
    partials: list[float],
    parameters: dict[str, Any],
) -> tuple[Any, Any, float, Any, Any]:
    """Return the slots of a result as `ScalarNode` defines them: ``_a, _b, _data, _da, _db``."""
    parents = [x for x, is_node in zip(inputs, nodes, strict=True) if is_node]
    if len(parents) == 2 and len(inputs) == 2:
        return parents[0], parents[1], data, partials[0], partials[1]
    if len(parents) == 1 and len(inputs) <= 2 and not op.variadic:
        constant: Any = parameters or None
        if len(inputs) == 2:
            constant = plain(inputs[1]) if nodes[0] else (plain(inputs[0]),)
        return parents[0], None, data, partials[0], constant
    constants = None if len(parents) == len(inputs) else tuple(inputs)
    return tuple(parents), MANY, data, tuple(partials), constants
