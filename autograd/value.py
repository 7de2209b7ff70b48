"""Value, the scalar node: a Python float that remembers where it came from. Next: `array_nodes/`.

The API is micrograd's, and more. Arithmetic is IEEE 754's, as in NumPy: division by zero gives an
infinity and the logarithm of a negative number nan, instead of an exception. The partial
derivatives are computed with the result and stored; they are the whole closure. The operators
below are the rules of `ops/elementwise.py` for floats, written out by hand because they run
millions of times; a test proves each of them equal to the table.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from . import dispatch
from .absent import refuse_making_values
from .mode import STATE, current_recorder, note
from .node import LEAF
from .op import Op, kind_of_rank, operation_for, register_kind
from .ops import activations
from .ops import elementwise as ops
from .scalar_nodes.node import ScalarNode, to_float
from .scalar_nodes.number import (
    NOT_CHOSEN,
    ScalarNumber,
    as_slots,
    evaluate,
    partial_derivative,
)
from .scalar_nodes.operands import OPERATORS, PLAIN, operate

_new = object.__new__
_exp, _log, _tanh = math.exp, math.log, math.tanh
_state = STATE
# the descriptor of the slot, which a recording replaces by a property
_set_grad = vars(ScalarNode)["grad"].__set__

_RELU, _EXP, _LOG, _TANH = activations.relu, ops.exp, ops.log, ops.tanh
_ADD, _SUB, _MUL = ops.add, ops.subtract, ops.multiply
_DIV, _POW, _NEG = ops.divide, ops.power, ops.negative


@register_kind
class Value(ScalarNumber):
    """A scalar node of a computation graph.

    Parameters
    ----------
    data : float
        The number; integers and NumPy scalars are converted to float.
    _children, _op, label
        As in micrograd: the parents of a node made by hand (set its ``_backward``), the name of its
        operation, and the name of the node.

    Raises
    ------
    TypeError
        For strings, complex numbers, arrays and nodes; for parents that are not Values.

    Notes
    -----
    A class derived from Value adds methods to leaves; the result of an operation is a Value,
    unless the class defines operators: then ``-`` and ``/`` follow its ``+`` and ``*``. A leaf
    accepts any attributes, such as the moments of an optimizer: ``p.m = 0.0``.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> b = Value(-3.0, label="b")
    >>> c = a * b + a**2
    >>> c.backward()
    >>> a.grad, b.grad
    (1.0, 2.0)
    """

    __slots__ = ()

    __autograd_rank__ = 1

    def __new__(cls, *_: Any, **options: Any) -> Any:
        """Make a leaf, which ``__init__`` fills."""
        if options and cls.__init__ is Value.__init__:
            refuse_making_values(options)
        return _new(_Leaf if cls is Value else cls)

    def __init__(
        self, data: Any, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        self._data = data if type(data) is float else to_float(data)
        self.grad = 0.0
        self._a = self._b = None
        self._mark = LEAF
        if type(label) is not str or label:
            self.label = label
        if type(_children) is not tuple or _children:
            self._make_by_hand(_children, _op)

    # ---------------------------------------------------------------------------------------------
    # Operators

    def __add__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is _Leaf:
            z = _Computed()
            z._data = self._data + other._data
            z._a = self
            z._b = other
            z._da = z._db = 1.0
        elif kind is float or kind is int:
            z = _Computed()
            z._data = self._data + other
            z._a = self
            z._b = None
            z._da = 1.0
            z._db = other
        else:
            return operate(_ADD, self, other)
        z._operation = _ADD
        z._mark = _state.clock
        if _state.special:
            return _noted(z)
        z.grad = 0.0
        return z

    def __mul__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is _Leaf:
            z = _Computed()
            z._db = x = self._data
            z._da = y = other._data
            z._data = x * y
            z._a = self
            z._b = other
        elif kind is float or kind is int:
            z = _Computed()
            z._data = self._data * other
            z._a = self
            z._b = None
            z._da = z._db = other
        else:
            return operate(_MUL, self, other)
        z._operation = _MUL
        z._mark = _state.clock
        if _state.special:
            return _noted(z)
        z.grad = 0.0
        return z

    def __radd__(self, other: Any) -> Any:
        kind = type(other)
        return self + other if kind is float or kind is int else operate(_ADD, other, self)

    def __rmul__(self, other: Any) -> Any:
        kind = type(other)
        return self * other if kind is float or kind is int else operate(_MUL, other, self)

    def __sub__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is _Leaf:
            return made(_SUB, self, other, self._data - other._data, 1.0, -1.0)
        if kind is float or kind is int:
            return made(_SUB, self, None, self._data - other, 1.0, other)
        return operate(_SUB, self, other)

    def __rsub__(self, other: Any) -> Any:
        kind = type(other)
        if kind is float or kind is int:
            return made(_SUB, self, None, other - self._data, -1.0, (other,))
        return operate(_SUB, other, self)

    def __neg__(self) -> Any:
        return made(_NEG, self, None, -self._data, -1.0)

    def __pos__(self) -> Any:
        return _function(ops.positive, self)

    def __abs__(self) -> Any:
        return _function(ops.absolute, self)

    def __truediv__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is _Leaf:
            y = other._data
            if y == 0.0:
                return operate(_DIV, self, other)
            r = 1.0 / y
            q = self._data / y
            return made(_DIV, self, other, q, r, -q / y)
        if (kind is float or kind is int) and other:
            return made(_DIV, self, None, self._data / other, 1.0 / other, other)
        return operate(_DIV, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        y, kind = self._data, type(other)
        if (kind is float or kind is int) and y:
            q = other / y
            return made(_DIV, self, None, q, -q / y, (other,))
        return operate(_DIV, other, self)

    def __pow__(self, other: Any) -> Any:
        x, kind = self._data, type(other)
        try:
            if kind is int or kind is float:
                if other == 2:
                    return made(_POW, self, None, x * x, 2.0 * x, other)
                if x > 0.0 or (x < 0.0 and other == int(other)):
                    return made(_POW, self, None, x**other, other * x ** (other - 1), other)
            elif x > 0.0 and (kind is _Computed or kind is _Leaf):
                y = other._data
                z = x**y
                return made(_POW, self, other, z, y * x ** (y - 1.0), z * _log(x))
        except (OverflowError, ValueError):
            pass
        return operate(_POW, self, other)

    def __rpow__(self, other: Any) -> Any:
        kind = type(other)
        if (kind is float or kind is int) and other > 0:
            try:
                z = other**self._data
                return made(_POW, self, None, z, z * _log(other), (other,))
            except OverflowError:
                pass
        return operate(_POW, other, self)

    # ---------------------------------------------------------------------------------------------
    # Functions

    def relu(self) -> Any:
        """Return max(self, 0); the derivative at 0 is 0."""
        x = self._data
        return (
            made(_RELU, self, None, x, 1.0)
            if x > 0.0
            else made(_RELU, self, None, 0.0 if x == x else x, NOT_CHOSEN)
        )

    def exp(self) -> Any:
        """Return e to the power of self."""
        try:
            z = _exp(self._data)
        except OverflowError:
            z = math.inf
        return made(_EXP, self, None, z, z)

    def log(self) -> Any:
        """Return the natural logarithm: -inf at 0, nan below."""
        x = self._data
        return made(_LOG, self, None, _log(x), 1.0 / x) if x > 0.0 else _apply(_LOG, (self,), {})

    def tanh(self) -> Any:
        """Return the hyperbolic tangent."""
        z = _tanh(self._data)
        return made(_TANH, self, None, z, 1.0 - z * z)

    def sigmoid(self) -> Any:
        """Return 1 / (1 + e^-self), without overflow."""
        return _function(activations.sigmoid, self)

    def leaky_relu(self, leak: float = 0.01) -> Any:
        """Return self where positive, ``leak`` times self elsewhere.

        Parameters
        ----------
        leak : float
            The slope for negative numbers.
        """
        x = self._data
        if type(leak) is float and x == x:
            d = 1.0 if x > 0.0 else leak
            return made(activations.leaky_relu, self, None, d * x, d or NOT_CHOSEN, leak)
        return activations.leaky_relu(self, leak)

    def softplus(self) -> Any:
        """Return log(1 + e^self), without overflow."""
        return _function(activations.softplus, self)

    def sqrt(self) -> Any:
        """Return the square root, nan below 0."""
        return _function(ops.sqrt, self)

    def sin(self) -> Any:
        """Return the sine."""
        return _function(ops.sin, self)

    def cos(self) -> Any:
        """Return the cosine."""
        return _function(ops.cos, self)

    def detach(self) -> Value:
        """Return a new leaf with the same number, cut off from the graph."""
        return Value(self._data)

    # ---------------------------------------------------------------------------------------------
    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if type(inputs[0]) in PLAIN and method == "__call__" and not kwargs:
            op = operation_for(ufunc)
            if op in OPERATORS:
                return operate(op, *inputs)
        return dispatch.array_ufunc(ufunc, method, inputs, kwargs)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        if len(inputs) == 1 and op.scalar is not None:
            return _function(op, inputs[0])
        return _apply(op, inputs, parameters)


class _Leaf(Value):
    """A number given by the user: a Value with a ``__dict__`` for the user's attributes.

    Results have none, which saves a tenth of their time and memory.
    """

    __slots__ = ("__dict__",)
    __class__: Any = Value


class _Plain(ScalarNumber):
    """Comes before Value in the bases of a result, to undo its ``__new__`` in favour of C code."""

    __slots__ = ()
    __new__ = _new


class _Computed(_Plain, Value):
    """A result: a Value without ``__init__``, which makes creation twice as fast."""

    __slots__ = ()
    __class__: Any = Value
    __init__ = object.__init__


for _kind in (_Leaf, _Computed):
    _kind.__name__ = _kind.__qualname__ = "Value"


# --------------------------------------------------------------------------------------------------
# Making nodes


def made(op: Op, a: Any, b: Any, data: float, da: Any, db: Any = None) -> Any:
    """Return a new node; `ScalarNode` defines its slots."""
    z = _Computed()
    z._data = data
    z._a = a
    z._b = b
    z._da = da
    z._db = db
    z._operation = op
    z._mark = _state.clock
    if _state.special:
        return _noted(z)
    z.grad = 0.0
    return z


def _noted(z: Value) -> Value:
    """Set scope and origin of a new node, or detach it where nothing is recorded."""
    _set_grad(z, 0.0)
    found = note()
    recorder = current_recorder()
    if recorder is not None:
        recorder.made(z)
    if found is None:
        return Value(z._data) if recorder is None else recorder.detached(z)
    z._notes = found
    return z


# --------------------------------------------------------------------------------------------------
# Rules of the table on plain numbers


def _function(op: Op, a: Value) -> Any:
    """Run a function of one value on plain floats; where that raises, by NumPy."""
    x = a._data
    scalar: Any = op.scalar
    try:
        z = scalar(x)
        d = op.rule_of(0).run(1.0, {"x": x, "z": z}, operator.mul)
    except (ArithmeticError, ValueError):
        return _apply(op, (a,), {})
    return made(op, a, None, z, partial_derivative(op, d))


def _apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Run an elementwise operation on values and numbers, and store its partial derivatives."""
    if not op.elementwise or any(np.ndim(x) for x in inputs if not isinstance(x, Value)):
        return kind_of_rank(2).__autograd_apply__(op, inputs, parameters)
    data, nodes, partials = evaluate(op, inputs, parameters)
    if partials is None:
        return data
    return made(op, *as_slots(op, inputs, nodes, data, partials, parameters))
