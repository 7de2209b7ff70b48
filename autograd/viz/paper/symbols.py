"""Symbols: what a rule of the table is run on to read it as a formula. Next: `formula.py`.

A `Symbol` has a shape and no numbers. It answers NumPy's protocols and that of the operations, so
the text of a rule, run on symbols, builds the expression that it computes. Expressions are
simplified as they are built, one step at a time, by the plain identities at the end of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from ...array_operators import Operators, normal_axis
from ...op import Op, operation_for
from ...ops import elementwise as ops
from ...ops import reductions, shaping

Shape = tuple[int, ...]
WEIGHTY = 10**9


class Length(int):
    """The number of samples in a shape: an integer that can also be written as a letter."""


class Symbol(Operators):
    """A name, a number, or an operation on symbols; immutable.

    Parameters
    ----------
    shape : tuple of int
        The shape of the array it stands for.
    name : str
        What a name is written as.
    number : float, optional
        The number, repeated all over the shape.
    op, args, parameters
        The operation and its operands.
    loss : str
        For the gradient of ``loss`` with respect to ``name``.
    """

    __slots__ = ("_shape", "args", "loss", "name", "number", "op", "parameters", "weight")
    __autograd_rank__ = 3

    def __init__(
        self,
        shape: Shape,
        name: str = "",
        *,
        number: float | None = None,
        op: Op | None = None,
        args: tuple[Symbol, ...] = (),
        parameters: Mapping[str, Any] | None = None,
        loss: str = "",
    ) -> None:
        self._shape = shape
        self.name = name
        self.number = number
        self.op = op
        self.args = args
        self.parameters = dict(parameters or {})
        self.loss = loss
        # the length of the expression written out, in names and signs; shared parts count each time
        self.weight = min(WEIGHTY, sum([a.weight for a in args], int(number is None)))

    def _unary(self, op: Op) -> Any:
        return apply(op, (self,), {})

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        return apply(op, (x, y), {})

    def _run(self, op: Op, /, **parameters: Any) -> Any:
        return apply(op, (self,), parameters)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        return apply(op, inputs, parameters)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = operation_for(ufunc)
        if op is None or method != "__call__" or kwargs:
            raise TypeError(f"np.{ufunc.__name__} has no rule to be written as a formula")
        return apply(op, inputs, {})

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        found = _FUNCTIONS.get(function)
        if found is None:
            raise TypeError(f"{function.__name__} of NumPy cannot be written as a formula")
        return found(*args, **kwargs)

    @property
    def size(self) -> int:
        """The number of entries."""
        return prod(self._shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all symbols; formulas do not tell precisions apart."""
        return np.dtype(float)

    def __bool__(self) -> bool:
        raise TypeError("a symbol has no truth value: the rule looks at numbers")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<symbol {self.name or self.number or self.op} {self._shape}>"


class Alias(Symbol):
    """A short name for an expression: ``σ′(Z)``, or ``ŷ`` without an argument."""

    __slots__ = ("argument", "body")

    def __init__(self, name: str, body: Symbol, argument: Symbol | None = None) -> None:
        super().__init__(body._shape, name)
        self.body = body
        self.argument = argument
        self.weight = 1 if argument is None else 1 + argument.weight


class Constant(Symbol):
    """An array of numbers that a rule made."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        super().__init__(value.shape, "const")
        self.value = value


def number(x: Any, shape: Shape = ()) -> Symbol:
    """Return the symbol of a number, repeated all over a shape."""
    return Symbol(shape, number=float(x))


def symbol_of(x: Any) -> Symbol:
    """Return a symbol as it is, and a number or an array as one."""
    if isinstance(x, Symbol):
        return x
    if type(x) is float or type(x) is int:
        return Symbol((), number=float(x))
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"cannot write {type(x).__name__} {x!r} in a formula")
    if array.size and np.all(array == array.flat[0]):
        return number(array.flat[0], array.shape)
    return Constant(array)


def apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Symbol:
    """Return an operation on symbols, simplified where an identity is known."""
    args = tuple(symbol_of(x) for x in inputs)
    identity = _IDENTITIES.get(op.name)
    found = None if identity is None else identity(*args, **parameters)
    return plainly(op, args, parameters) if found is None else found


def plainly(op: Op, args: tuple[Symbol, ...], parameters: Mapping[str, Any]) -> Symbol:
    """Return an operation on symbols as it stands."""
    shape = shape_of(op, [a._shape for a in args], parameters)
    return Symbol(shape, op=op, args=args, parameters=parameters)


# --------------------------------------------------------------------------------------------------
# Shapes


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Return the common shape, in which the number of samples stays known as such."""
    if not any(shapes):
        return ()
    if len(shapes) == 2 and not (shapes[0] and shapes[1]):
        return shapes[0] or shapes[1]
    shape = list(np.broadcast_shapes(*shapes))
    for other in shapes:
        for i in range(1, len(other) + 1):
            if isinstance(other[-i], Length) and other[-i] == shape[-i]:
                shape[-i] = other[-i]
    return tuple(shape)


def _matmul_shape(x: Shape, y: Shape) -> Shape:
    if not x or not y or x[-1] != y[max(0, len(y) - 2)]:
        raise ValueError(f"matmul: shapes {x} and {y} do not fit")
    lead = broadcast([x[:-2], y[:-2]])
    return (*lead, *x[-2:-1], *(y[-1:] if len(y) > 1 else ()))


def shape_of(op: Op, shapes: Sequence[Shape], parameters: Mapping[str, Any]) -> Shape:
    """Return the shape of a result."""
    name = op.name
    if op.elementwise:
        return broadcast(shapes)
    if name == "matmul":
        return _matmul_shape(*shapes)
    if name == "linear":
        return (*shapes[0][:-1], shapes[1][-1])
    if name in ("softmax", "log_softmax", "astype"):
        return shapes[0]
    if name in ("squared_error", "softmax_cross_entropy"):
        return ()
    if name in ("sum", "prod", "max", "min", "logsumexp"):
        axis, kept = parameters.get("axis"), parameters.get("keepdims", False)
        return (reductions.kept_shape if kept else reductions._reduced)(shapes[0], axis)
    if name == "transpose":
        axes = parameters.get("axes")
        return shapes[0][::-1] if axes is None else tuple(shapes[0][a] for a in axes)
    if name in ("reshape", "broadcast_to", "put"):
        shape: Shape = parameters["shape"]
        return shape if -1 not in shape else np.reshape(np.empty(shapes[0]), shape).shape
    return np.shape(op.forward(*(np.ones(s) for s in shapes), **parameters))


# --------------------------------------------------------------------------------------------------
# NumPy's functions that rules use


def _sum(x: Symbol, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
    return x.sum(axis=axis, keepdims=keepdims)


def _expand_dims(x: Symbol, axis: int) -> Any:
    at = int(axis) % (x.ndim + 1)
    return apply(shaping.reshape, (x,), {"shape": (*x._shape[:at], 1, *x._shape[at:])})


def _reshape(x: Symbol, shape: Any) -> Any:
    return apply(shaping.reshape, (x,), {"shape": tuple(np.atleast_1d(shape).tolist())
                                         if not isinstance(shape, tuple) else shape})


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.reshape: _reshape,
    np.broadcast_to: lambda x, shape: apply(shaping.broadcast_to, (x,), {"shape": tuple(shape)}),
    np.transpose: lambda x, axes=None: x.transpose() if axes is None else x.transpose(tuple(axes)),
    np.swapaxes: lambda x, a, b: x.swapaxes(a, b),
    np.expand_dims: _expand_dims,
    np.where: lambda condition, x, y: apply(ops.where, (condition, x, y), {}),
    np.clip: lambda x, low, high: apply(ops.clip, (x, low, high), {}),
    np.shape: lambda x: x._shape,
    np.ndim: lambda x: len(x._shape),
    np.size: lambda x: x.size,
}

# --------------------------------------------------------------------------------------------------
# Numbers behind an expression


def evaluate(expression: Symbol, values: Mapping[Symbol, Any]) -> Any:
    """Return the array that an expression computes, from the arrays of the names in it."""
    found: dict[Symbol, Any] = {}
    stack = [expression]
    with np.errstate(all="ignore"):
        while stack:
            e = stack[-1]
            needs = (e.body,) if isinstance(e, Alias) else e.args
            missing = [a for a in needs if a not in found]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if e not in found:
                found[e] = _evaluated(e, needs, found, values)
    return found[expression]


def _evaluated(
    e: Symbol, needs: Sequence[Symbol], found: dict[Symbol, Any], values: Mapping[Symbol, Any]
) -> Any:
    if isinstance(e, Alias):
        return found[e.body]
    if isinstance(e, Constant):
        return e.value
    if e.number is not None:
        return np.full(e._shape, e.number) if e._shape else np.float64(e.number)
    if e.op is None:
        return values[e]
    return e.op.forward(*(found[a] for a in needs), **e.parameters)


# --------------------------------------------------------------------------------------------------
# Identities


def split(e: Symbol) -> tuple[float, Symbol | None]:
    """Return an expression as a number times the rest; no rest for a mere number."""
    if e.number is not None:
        return e.number, None
    if e.op is shaping.broadcast_to:
        e = e.args[0]
    if e.op is ops.negative:
        return -1.0, e.args[0]
    if e.op is ops.multiply and e.args[0].number is not None:
        return e.args[0].number, e.args[1]
    if e.op is ops.divide and e.args[0].number is not None:
        return e.args[0].number, plainly(ops.divide, (number(1), e.args[1]), {})
    return 1.0, e


def stretched(e: Symbol, shape: Shape) -> Symbol:
    """Return an expression in a shape that it broadcasts to."""
    if e._shape == shape:
        return e
    if e.number is not None:
        return number(e.number, shape)
    return plainly(shaping.broadcast_to, (e,), {"shape": shape})


def scaled(k: float, e: Symbol | None, shape: Shape) -> Symbol:
    """Return k times an expression that has no number in front, in a shape."""
    if k == 0 or e is None:
        return number(k, shape)
    if k < 0 and e.op is ops.subtract:
        k, e = -k, plainly(ops.subtract, e.args[::-1], {})
    if abs(k) == 1:
        e = stretched(e, shape)
        return e if k > 0 else plainly(ops.negative, (e,), {})
    return stretched(plainly(ops.multiply, (number(k), e), {}), shape)


def _multiply(a: Symbol, b: Symbol) -> Symbol:
    shape = broadcast([a._shape, b._shape])
    (j, x), (k, y) = split(a), split(b)
    if x is None or y is None:
        return scaled(j * k, x if y is None else y, shape)
    for one, other in ((y, x), (x, y)):
        # g * (1 / y) is g / y
        if one.op is ops.divide and one.args[0].number == 1:
            return scaled(j * k, plainly(ops.divide, (other, one.args[1]), {}), shape)
    return scaled(j * k, plainly(ops.multiply, (x, y), {}), shape)


def _divide(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    (j, x), (k, y) = split(a), split(b)
    if k == 0:
        return None
    if y is None:
        return scaled(j / k, x, shape)
    return scaled(j / k, plainly(ops.divide, (number(1) if x is None else x, y), {}), shape)


def _add(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    if a.number is not None and b.number is not None:
        return number(a.number + b.number, shape)
    if a.number == 0 or b.number == 0:
        return stretched(b if a.number == 0 else a, shape)
    if split(b)[0] < 0:
        return _subtract(a, _negative(b)) or plainly(ops.subtract, (a, _negative(b)), {})
    if split(a)[0] < 0:
        return plainly(ops.subtract, (b, _negative(a)), {})
    return None


def _subtract(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    if a.number is not None and b.number is not None:
        return number(a.number - b.number, shape)
    if b.number == 0:
        return stretched(a, shape)
    if a.number == 0:
        return stretched(_negative(b), shape)
    if split(b)[0] < 0:
        return apply(ops.add, (a, _negative(b)), {})
    return None


def _negative(a: Symbol) -> Symbol:
    k, x = split(a)
    return scaled(-k, x, a._shape)


def _pulled(op: Op) -> Callable[..., Symbol | None]:
    """Return the identity that a number in front of an operand goes in front of the result."""

    def pull(*args: Symbol, **parameters: Any) -> Symbol | None:
        k, rest = 1.0, []
        for a in args:
            j, x = split(a)
            if x is None or x._shape != a._shape:
                rest.append(a)
            else:
                k *= j
                rest.append(x)
        if k == 1:
            return None
        e = apply(op, rest, parameters)
        j, x = split(e)
        return scaled(j * k, x, e._shape)

    return pull


def _reduced_sum(x: Symbol, axis: Any = None, keepdims: bool = False) -> Symbol | None:
    shape = shape_of(reductions.sum, [x._shape], {"axis": axis, "keepdims": keepdims})
    if x.number is not None:
        return number(x.number * (x.size / prod(shape) if prod(shape) else 0), shape)
    if axis == () or x._shape == shape:
        return x
    return _pulled(reductions.sum)(x, axis=normal_axis(axis, x.ndim, "sum"), keepdims=keepdims)


def _transposed(x: Symbol, axes: Any = None) -> Symbol | None:
    swapped = axes is None or tuple(axes) == tuple(range(x.ndim))[::-1]
    if x.ndim < 2:
        return x
    shape = shape_of(shaping.transpose, [x._shape], {"axes": axes})
    if x.number is not None:
        return number(x.number, shape)
    if swapped and x.op is shaping.transpose and x.parameters.get("axes") is None:
        return x.args[0]
    if swapped and axes is not None:
        return apply(shaping.transpose, (x,), {})
    return _pulled(shaping.transpose)(x, **({} if swapped else {"axes": axes}))


def _reshaped(x: Symbol, shape: Shape) -> Symbol | None:
    if -1 in shape:
        shape = shape_of(shaping.reshape, [x._shape], {"shape": shape})
        return apply(shaping.reshape, (x,), {"shape": shape})
    if x._shape == shape:
        return x
    if x.number is not None:
        return number(x.number, shape)
    if x.op is shaping.reshape:
        return apply(shaping.reshape, x.args, {"shape": shape})
    if x.op is reductions.sum and not x.parameters.get("keepdims"):
        options = {**x.parameters, "keepdims": True}
        if shape_of(reductions.sum, [x.args[0]._shape], options) == shape:
            return plainly(reductions.sum, x.args, options)
    return _pulled(shaping.reshape)(x, shape=shape)


def _broadcast_to(x: Symbol, shape: Shape) -> Symbol:
    return stretched(x, shape)


def _where(condition: Symbol, x: Symbol, y: Symbol) -> Symbol | None:
    if condition.number is None:
        return None
    shape = broadcast([condition._shape, x._shape, y._shape])
    return stretched(x if condition.number else y, shape)


def _power(x: Symbol, y: Symbol) -> Symbol | None:
    if y.number == 0:
        return number(1, broadcast([x._shape, y._shape]))
    return stretched(x, broadcast([x._shape, y._shape])) if y.number == 1 else None


def _itself(x: Symbol, **parameters: Any) -> Symbol:
    return x


_IDENTITIES: dict[str, Callable[..., Symbol | None]] = {
    "multiply": _multiply,
    "divide": _divide,
    "add": _add,
    "subtract": _subtract,
    "negative": _negative,
    "positive": _itself,
    "astype": _itself,
    "power": _power,
    "sum": _reduced_sum,
    "transpose": _transposed,
    "reshape": _reshaped,
    "broadcast_to": _broadcast_to,
    "where": _where,
    # the numbers of a formula on paper are finite
    "isfinite": lambda x: number(1, x._shape),
}
