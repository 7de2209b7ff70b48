"""Symbols: what a rule of the table is run on to read it as a formula. Next: `identities.py`.

A `Symbol` has a shape and no numbers. It answers NumPy's protocols and that of the operations, so
the text of a rule, run on symbols, builds the expression that it computes. Expressions are
simplified as they are built, by the identities of `identities.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...op import Op
from ...ops import choices, decompositions, linalg, reductions, shaping
from ...settings import described
from ...transforms.stand_in import StandIn

Shape = tuple[int, ...]
WEIGHTY = 10**9
# Simplifications of operations, by name: from the operands to an expression or None.
IDENTITIES: dict[str, Callable[..., Any]] = {}


class Length(int):
    """The number of samples in a shape: an integer that can be written as a letter."""


class Symbol(StandIn):
    """A name, a number, or an operation on symbols; immutable.

    Parameters
    ----------
    shape : tuple of int
        The shape of the array that it represents.
    name : str
        The text of a name.
    number : float, optional
        The number, broadcast to the shape.
    op, args, parameters
        The operation and its operands.
    loss : str
        For the gradient of ``loss`` with respect to ``name``.
    """

    weight: int

    __slots__ = ("_shape", "args", "loss", "name", "number", "op", "parameters", "weight")

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
        # the length when written out, in names and signs; shared parts count every time
        self.weight = min(WEIGHTY, sum([a.weight for a in args], int(number is None)))

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        return apply(op, inputs, parameters)

    @staticmethod
    def _meaning(function: Callable[..., Any]) -> Callable[..., Any] | None:
        return _FUNCTIONS.get(function)

    @staticmethod
    def _unknown(name: str) -> Exception:
        return TypeError(f"np.{name} cannot be written as a formula")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all symbols; formulas do not distinguish precisions."""
        return np.dtype(float)

    def __bool__(self) -> bool:
        raise TypeError("a symbol has no truth value: the rule looks at numbers")

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
    """Return the symbol of a number, broadcast to a shape."""
    return Symbol(shape, number=float(x))


def symbol_of(x: Any) -> Symbol:
    """Return a symbol as it is, a number or an array as a symbol."""
    if isinstance(x, Symbol):
        return x
    if type(x) is float or type(x) is int:
        return Symbol((), number=float(x))
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"cannot write {described(x)} in a formula")
    if array.size and np.all(array == array.flat[0]):
        return number(array.flat[0], array.shape)
    return Constant(array)


def apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Symbol:
    """Return an operation on symbols, simplified where an identity is known."""
    args = tuple(symbol_of(x) for x in inputs)
    identity = IDENTITIES.get(op.name)
    found = None if identity is None else identity(*args, **parameters)
    return plainly(op, args, parameters) if found is None else found


def plainly(op: Op, args: tuple[Symbol, ...], parameters: Mapping[str, Any]) -> Symbol:
    """Return an operation on symbols, not simplified."""
    shape = shape_of(op, [a._shape for a in args], parameters)
    return Symbol(shape, op=op, args=args, parameters=parameters)


def parts_of(formula: Symbol) -> list[Symbol]:
    """Return every part of an expression once, in the order of reading."""
    found: dict[Symbol, None] = {}
    stack = [formula]
    while stack:
        e = stack.pop()
        if e not in found:
            found[e] = None
            if isinstance(e, Alias) and e.argument is not None:
                stack.append(e.argument)
            stack.extend(reversed(e.args))
    return list(found)


# --------------------------------------------------------------------------------------------------
# Shapes


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Return the common shape, in which the number of samples stays marked."""
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
    if name in ("softmax", "log_softmax", "astype", "inv", "cofactor", "cholesky"):
        return shapes[0]
    if name == "solve":
        x, y = shapes
        return (*broadcast([x[:-2], y[:-2]]), *y[-2:])
    if name in ("squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy"):
        return ()
    if name in ("sum", "prod", "max", "min", "nanmax", "nanmin", "logsumexp"):
        axis, kept = parameters.get("axis"), parameters.get("keepdims", False)
        return (reductions.kept_shape if kept else reductions.reduced_shape)(shapes[0], axis)
    if name == "transpose":
        axes = parameters.get("axes")
        return shapes[0][::-1] if axes is None else tuple(shapes[0][a] for a in axes)
    if name == "take_along_axis":
        (x, at), axis = shapes, parameters["axis"]
        return broadcast([at, (*x[:axis], 1, *x[axis + 1 :])])
    if name in ("reshape", "broadcast_to", "put", "add_along_axis"):
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
    wanted = shape if isinstance(shape, tuple) else tuple(np.atleast_1d(shape).tolist())
    return apply(shaping.reshape, (x,), {"shape": wanted})


def _mean(x: Symbol, axis: Any, keepdims: bool) -> Any:
    total = _sum(x, axis=axis, keepdims=keepdims)
    return total * (total.size / x.size if x.size else np.nan)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: lambda x, axis=None, keepdims=False: _mean(x, axis, keepdims),
    np.reshape: _reshape,
    np.broadcast_to: lambda x, shape: apply(shaping.broadcast_to, (x,), {"shape": tuple(shape)}),
    np.transpose: lambda x, axes=None: x.transpose() if axes is None else x.transpose(tuple(axes)),
    np.swapaxes: lambda x, a, b: x.swapaxes(a, b),
    np.expand_dims: _expand_dims,
    np.where: lambda condition, x, y: apply(choices.where, (condition, x, y), {}),
    np.clip: lambda x, low, high: apply(choices.clip, (x, low, high), {}),
    np.linalg.inv: lambda x: apply(decompositions.inv, (x,), {}),
    np.linalg.solve: lambda x, y: apply(decompositions.solve, (x, y), {}),
    np.convolve: lambda x, y, mode="full": apply(linalg.convolve, (x, y), {"mode": mode}),
    np.zeros_like: lambda x, dtype=None: np.zeros(x._shape, dtype),
    np.shape: lambda x: x._shape,
    np.ndim: lambda x: len(x._shape),
    np.size: lambda x: x.size,
}

# --------------------------------------------------------------------------------------------------
# Evaluation


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
