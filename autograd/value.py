"""Value, the scalar node: a Python float that remembers where it came from. Next: `tensor.py`.

The API is micrograd's, and more. Arithmetic is IEEE 754's, as in NumPy: division by zero gives an infinity
and the logarithm of a negative number nan, instead of an exception. The partial derivatives are
computed with the result and stored; they are the whole closure. The operators below are the rules
of `ops/elementwise.py` for floats, written out by hand because they run millions of times; a
test proves each of them equal to the table.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from . import dispatch
from .mode import STATE, current_watcher, note, tick
from .node import (
    LEAF,
    MANY,
    RELEASED,
    Node,
    check_not_released,
    gradients,
    release as _release,
    store,
    strict_product,
    topological_order,
)
from .op import Op, kind_of_rank
from .ops import elementwise as ops

_exp, _log, _tanh = math.exp, math.log, math.tanh
_state = STATE
_NUMBER = (int, float, np.floating, np.integer, np.bool_)

# micrograd's name of an operation, where it is not the symbol
_RELU, _EXP, _LOG, _TANH = ops.relu, ops.exp, ops.log, ops.tanh
_ADD, _SUB, _MUL, _DIV, _POW, _NEG = (
    ops.add,
    ops.subtract,
    ops.multiply,
    ops.divide,
    ops.power,
    ops.negative,
)


class Value(Node):
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
        For strings, complex numbers, arrays and nodes.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> b = Value(-3.0, label="b")
    >>> c = a * b + a**2
    >>> c.backward()
    >>> a.grad, b.grad
    (1.0, 2.0)
    """

    # With one parent, _db holds the other, constant operand: a number right of the operator,
    # (number,) left of it. With MANY, _db holds all the inputs if some are constants.
    __slots__ = ("_da", "_data", "_db")

    __autograd_rank__ = 1

    _data: float
    _da: Any
    _db: Any

    def __init__(
        self, data: Any, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        self._data = data if type(data) is float else _number(data)
        self.grad = 0.0
        self._a = self._b = None
        self._mark = LEAF
        if label:
            self.label = label
        if _children:
            self._a, self._b, self._mark = tuple(_children), MANY, _state.clock
            self._op = Op(_op or "by hand", _no_forward, {"terms": None}, elementwise=False)
            self._da, self._db = None, _nothing
            _ByHand.used = True

    # ---------------------------------------------------------------------------------------------
    # Operators

    def __add__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is Value:
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
            return _other(_ADD, self, other)
        z._op = _ADD
        z._mark = _state.clock
        z.grad = 0.0
        if _state.special:
            return _noted(z)
        return z

    def __mul__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is Value:
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
            return _other(_MUL, self, other)
        z._op = _MUL
        z._mark = _state.clock
        z.grad = 0.0
        if _state.special:
            return _noted(z)
        return z

    def __radd__(self, other: Any) -> Any:
        kind = type(other)
        return self + other if kind is float or kind is int else _other(_ADD, other, self)

    def __rmul__(self, other: Any) -> Any:
        kind = type(other)
        return self * other if kind is float or kind is int else _other(_MUL, other, self)

    def __sub__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is Value:
            return _binary(_SUB, self, other, self._data - other._data, 1.0, -1.0)
        if kind is float or kind is int:
            return _unary(_SUB, self, self._data - other, 1.0, other)
        return _other(_SUB, self, other)

    def __rsub__(self, other: Any) -> Any:
        kind = type(other)
        if kind is float or kind is int:
            return _unary(_SUB, self, other - self._data, -1.0, (other,))
        return _other(_SUB, other, self)

    def __neg__(self) -> Any:
        return _unary(_NEG, self, -self._data, -1.0)

    def __pos__(self) -> Any:
        return _other(ops.positive, self)

    def __abs__(self) -> Any:
        return _other(ops.absolute, self)

    def __truediv__(self, other: Any) -> Any:
        kind = type(other)
        if kind is _Computed or kind is Value:
            y = other._data
            if y == 0.0:
                return _other(_DIV, self, other)
            r = 1.0 / y
            q = self._data / y
            return _binary(_DIV, self, other, q, r, -q / y)
        if (kind is float or kind is int) and other:
            return _unary(_DIV, self, self._data / other, 1.0 / other, other)
        return _other(_DIV, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        y, kind = self._data, type(other)
        if (kind is float or kind is int) and y:
            q = other / y
            return _unary(_DIV, self, q, -q / y, (other,))
        return _other(_DIV, other, self)

    def __pow__(self, other: Any) -> Any:
        kind = type(other)
        if kind is int or kind is float:
            x = self._data
            try:
                if other == 2:
                    return _unary(_POW, self, x * x, 2.0 * x, other)
                if x > 0.0 or (x < 0.0 and other == int(other)):
                    return _unary(_POW, self, x**other, other * x ** (other - 1), other)
            except (OverflowError, ValueError):
                pass
        return _other(_POW, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _other(_POW, other, self)

    # ---------------------------------------------------------------------------------------------
    # Functions

    def relu(self) -> Any:
        """Return max(self, 0); the derivative at 0 is 0."""
        x = self._data
        return _unary(_RELU, self, x, 1.0) if x > 0.0 else _unary(_RELU, self, x * 0.0, 0.0)

    def exp(self) -> Any:
        """Return e to the power of self."""
        try:
            z = _exp(self._data)
        except OverflowError:
            z = math.inf
        return _unary(_EXP, self, z, z)

    def log(self) -> Any:
        """Return the natural logarithm: -inf at 0, nan below."""
        x = self._data
        return _unary(_LOG, self, _log(x), 1.0 / x) if x > 0.0 else _other(_LOG, self)

    def tanh(self) -> Any:
        """Return the hyperbolic tangent."""
        z = _tanh(self._data)
        return _unary(_TANH, self, z, 1.0 - z * z)

    def sigmoid(self) -> Any:
        """Return 1 / (1 + e^-self), without overflow."""
        return _other(ops.sigmoid, self)

    def leaky_relu(self, leak: float = 0.01) -> Any:
        """Return self where positive, ``leak`` times self elsewhere."""
        return _other(ops.leaky_relu, self, leak)

    def softplus(self) -> Any:
        """Return log(1 + e^self), without overflow."""
        return _other(ops.softplus, self)

    def sqrt(self) -> Any:
        """Return the square root, nan below 0."""
        return _other(ops.sqrt, self)

    def sin(self) -> Any:
        """Return the sine."""
        return _other(ops.sin, self)

    def cos(self) -> Any:
        """Return the cosine."""
        return _other(ops.cos, self)

    # ---------------------------------------------------------------------------------------------
    # Comparisons are of the numbers, identity is of the node

    def __eq__(self, other: object) -> bool:
        return bool(self._data == _plain(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return bool(self._data < _plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self._data <= _plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self._data > _plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self._data >= _plain(other))

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __float__(self) -> float:
        return self._data

    def __int__(self) -> int:
        return int(self._data)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self._data, digits)

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def item(self) -> float:
        """Return the number as a Python float."""
        return self._data

    def detach(self) -> Value:
        """Return a new leaf with the same number, cut off from the graph."""
        return Value(self._data)

    # ---------------------------------------------------------------------------------------------
    # The node

    data = property(
        operator.attrgetter("_data"),
        lambda self, data: self._set_data(data),
        doc="The number. Changing a leaf is stamped: a graph made before refuses `backward`.",
    )

    def _set_data(self, data: Any) -> None:
        self._data = data if type(data) is float else _number(data)
        if self._a is None:
            self._mark = LEAF + tick()

    requires_grad = True
    shape: tuple[int, ...] = ()
    ndim = 0

    @property
    def inputs(self) -> tuple[Any, ...]:
        """All operands in order: nodes, and numbers that were not nodes."""
        if not self.parents:
            return ()
        a, b = self._a, self._b
        if b is MANY:
            return tuple(a) if self._db is None or self._da is None else self._db
        if b is not None:
            return (a, b)
        if len(self._op.inputs) == 1:
            return (a,)
        c = self._db
        return (c[0], a) if type(c) is tuple else (a, c)

    @property
    def _f(self) -> Callable[[Any], Any]:
        """The closure for the general sweep: the stored partial derivatives, bound."""
        if self._b is MANY:
            return self._pull_by_hand if self._da is None else self._pull_many
        return self._pull_one if self._b is None else self._pull_two

    def _pull_one(self, g: Any) -> Any:
        return g * self._da if g else 0.0

    def _pull_two(self, g: Any) -> Any:
        return (g * self._da, g * self._db) if g else (0.0, 0.0)

    def _pull_many(self, g: Any) -> Any:
        return tuple([g * d for d in self._da]) if g else (0.0,) * len(self._da)

    def _pull_by_hand(self, g: Any) -> Any:
        """Run a user's ``_backward``, which adds to the parents' gradients, and take its sums."""
        parents = tuple(dict.fromkeys(self._a))
        before = [p.grad for p in parents]
        kept = self.grad
        try:
            for p in parents:
                p.grad = 0.0
            self.grad = g
            self._db()
            sums = {p: p.grad for p in parents}
        finally:
            self.grad = kept
            for p, old in zip(parents, before, strict=True):
                p.grad = old
        # a parent that stands twice receives its whole sum once
        return tuple(sums.pop(p, None) for p in self._a)

    def _contributions(self, g: Any, *, as_nodes: bool, strict: bool) -> tuple[Any, ...]:
        if self._b is MANY and self._da is None:
            if as_nodes:
                raise RuntimeError(
                    f"{self._op.name!r} has only a hand-written _backward, which gives numbers; "
                    "define it with autograd.operation to differentiate it again"
                )
            c: Any = self._pull_by_hand(g)
            return tuple(c)
        if not as_nodes:
            c = self._f(float(g))
            return (c,) if self._b is None else tuple(c)
        op, inputs = self._op, self.inputs
        product = strict_product if strict else operator.mul
        if op.variadic:
            values: dict[str, Any] = {op.inputs[0]: inputs, "z": self}
            if op is ops.sumprod:
                values["pairs"] = len(inputs) // 2
        else:
            values = dict(zip(op.inputs, inputs, strict=True)) | {"z": self}
        found = []
        for i, x in enumerate(inputs):
            if isinstance(x, Value):
                found.append(op.rule_of(i).run(g, values | {"i": i}, product))
        return tuple(found)

    @property
    def _prev(self) -> set[Any]:
        """The parents as a set, as in micrograd."""
        return set(self.parents)

    @property
    def _backward(self) -> Callable[[], None]:
        """Pass this node's ``grad`` on to its parents, as in micrograd; settable for nodes made by hand."""
        if self._b is MANY and self._da is None:
            return self._db  # type: ignore[no-any-return]

        def _backward() -> None:
            for parent, c in zip(self.parents, self.local_derivative(self.grad), strict=True):
                parent.grad += c

        return _backward

    @_backward.setter
    def _backward(self, function: Callable[[], None]) -> None:
        if self._b is not MANY or self._da is not None:
            raise AttributeError(
                "_backward can be set on nodes made by hand, Value(data, (parents), 'op'); the "
                "nodes of the library's operations have their derivative already"
            )
        self._db = function

    @property
    def local_grads(self) -> tuple[Any, ...]:
        """The local derivative with respect to each parent, as numbers."""
        return tuple(self.local_derivative(1.0))

    def backward(
        self, gradient: Any = None, *, create_graph: bool = False, release: bool = False
    ) -> None:
        """Compute the derivative of this value with respect to everything it was computed from.

        Gradients of leaves add up over calls; those of computed nodes are set afresh.

        Parameters
        ----------
        gradient : float, optional
            The upstream gradient; 1 if not given.
        create_graph : bool
            Make the gradients nodes, so that they can be differentiated again.
        release : bool
            Free the graph afterwards; training loops use it.

        Raises
        ------
        RuntimeError
            If a leaf was changed since the forward pass, or the graph was released. No gradient has
            changed then.

        Examples
        --------
        >>> x = Value(3.0)
        >>> (x**3).backward(create_graph=True)
        >>> first, x.grad = x.grad, 0.0
        >>> first.backward()
        >>> first.data, x.grad
        (27.0, 18.0)
        """
        seed = 1.0 if gradient is None else _plain_seed(gradient, create_graph)
        if create_graph or _ByHand.used or current_watcher() is not None:
            self._backward_general(seed, create_graph, release)
            return
        order = topological_order(self)
        _sweep(self, seed, order)
        if release:
            _release(order)

    def _backward_general(self, seed: Any, create_graph: bool, release: bool) -> None:
        if create_graph and not isinstance(seed, Value):
            seed = Value(seed)
        found, order = gradients(self, seed, create_graph=create_graph)
        store(found)
        if release:
            _release(order)

    def _store(self, g: Any, shared: set[int]) -> None:
        """Take a gradient of the sweep: a leaf adds it up, a computed value is set."""
        g = g if hasattr(type(g), "__autograd_rank__") else float(g)
        if self._a is None and (isinstance(self.grad, Value) or self.grad):
            g = self.grad + g
        self.grad = g

    def _handle(self, data: Any) -> Value:
        return self

    def _release(self) -> None:
        self._a, self._b, self._da, self._db = RELEASED, None, None, None

    def __repr__(self) -> str:
        name = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={_shown(self.grad)}{name})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._a is not None:
            raise TypeError(
                "a computed Value cannot be pickled or copied, since its whole graph would come "
                "along; use .detach() for the number alone"
            )
        return _rebuild, (self._data, _plain(self.grad), self.label)

    # ---------------------------------------------------------------------------------------------
    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return dispatch.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        return dispatch.array_function(function, args, kwargs)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Run an elementwise operation on values and numbers, and store its partial derivatives."""
        if not op.elementwise or any(np.ndim(x) for x in inputs if not isinstance(x, Value)):
            return kind_of_rank(2).__autograd_apply__(op, inputs, parameters)
        numbers = [_plain(x) for x in inputs]
        data = _forward(op, numbers, parameters)
        if type(data) is not float:
            return data
        nodes = [isinstance(x, Value) for x in inputs]
        nodes = [n and op.differentiable(i) for i, n in enumerate(nodes)]
        if not any(nodes):
            return data
        values: dict[str, Any] = dict(parameters)
        if op.variadic:
            values |= {op.inputs[0]: numbers, "z": data}
        else:
            values |= dict(zip(op.inputs, numbers, strict=True)) | {"z": data}
        with np.errstate(all="ignore"):
            partials = [
                float(op.rule_of(i).run(1.0, _as_numpy(values, i), operator.mul))
                for i, is_node in enumerate(nodes)
                if is_node
            ]
        return _assemble(op, inputs, nodes, data, partials)


class _Computed(Value):
    """A result: the same class without `__init__`, which makes creation twice as fast."""

    __slots__ = ()
    __init__ = object.__init__  # type: ignore[assignment]


_Computed.__name__ = _Computed.__qualname__ = "Value"


class _ByHand:
    """Whether any node in this process was made by hand; if none, no sweep needs to look for them."""

    used = False



# --------------------------------------------------------------------------------------------------
# Making nodes


def _unary(op: Op, a: Value, data: float, da: float, constant: Any = None) -> Any:
    z = _Computed()
    z._data = data
    z._a = a
    z._b = None
    z._da = da
    z._db = constant
    z._op = op
    z._mark = _state.clock
    z.grad = 0.0
    return _noted(z) if _state.special else z


def _binary(op: Op, a: Value, b: Value, data: float, da: float, db: float) -> Any:
    z = _Computed()
    z._data = data
    z._a = a
    z._b = b
    z._da = da
    z._db = db
    z._op = op
    z._mark = _state.clock
    z.grad = 0.0
    return _noted(z) if _state.special else z


def _assemble(
    op: Op, inputs: Sequence[Any], nodes: list[bool], data: float, partials: list[float]
) -> Any:
    parents = [x for x, is_node in zip(inputs, nodes, strict=True) if is_node]
    if len(parents) == 2 and len(inputs) == 2:
        return _binary(op, parents[0], parents[1], data, partials[0], partials[1])
    if len(parents) == 1 and len(inputs) <= 2 and not op.variadic:
        constant: Any = None
        if len(inputs) == 2:
            constant = _plain(inputs[1]) if nodes[0] else (_plain(inputs[0]),)
        return _unary(op, parents[0], data, partials[0], constant)
    all_nodes = len(parents) == len(inputs)
    return _many(op, tuple(parents), data, tuple(partials), None if all_nodes else tuple(inputs))


def _many(op: Op, parents: Any, data: float, partials: Any, inputs: Any) -> Any:
    z = _Computed()
    z._data = data
    z._a = parents
    z._b = MANY
    z._da = partials
    z._db = inputs
    z._op = op
    z._mark = _state.clock
    z.grad = 0.0
    return _noted(z) if _state.special else z


def _noted(z: Value) -> Value:
    """Write scope and origin on a new node, or cut it off where nothing is recorded."""
    found = note()
    if found is None:
        return Value(z._data)
    z._where = found
    return z


def _other(op: Op, *inputs: Any) -> Any:
    """Take the general path: everything but the commonest operands."""
    tensor = False
    for x in inputs:
        if isinstance(x, Value) or isinstance(x, _NUMBER):
            continue
        rank = getattr(type(x), "__autograd_rank__", 0)
        if rank > Value.__autograd_rank__:
            tensor = True
        elif not (isinstance(x, np.ndarray) and x.dtype.kind in "fiub"):
            if isinstance(x, complex | np.complexfloating):
                raise TypeError(f"{op.name}: complex numbers are not supported, got {x!r}")
            return NotImplemented
    if tensor:
        return op(*inputs)
    return Value.__autograd_apply__(op, inputs, {})


def _forward(op: Op, numbers: list[Any], parameters: dict[str, Any]) -> Any:
    if op.scalar is not None:
        try:
            return op.scalar(*numbers)
        except (ValueError, OverflowError):
            pass  # at the edges NumPy gives what IEEE 754 says
    with np.errstate(all="ignore"):
        z = op.forward(*_floats(numbers), **parameters)
    return bool(z) if isinstance(z, bool | np.bool_) else float(z)


def _floats(numbers: Iterable[Any]) -> list[Any]:
    return [np.float64(x) if type(x) is float else x for x in numbers]


def _as_numpy(values: dict[str, Any], i: int) -> dict[str, Any]:
    # NumPy's floats, so that rules divide by zero as arrays do
    found = {k: np.float64(v) if type(v) is float else v for k, v in values.items()}
    return found | {"i": i}


def _no_forward(*_: Any) -> Any:
    raise RuntimeError("a node made by hand cannot be computed again")


def _nothing() -> None:
    return None


def _number(x: Any) -> float:
    if isinstance(x, _NUMBER) or (
        isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub"
    ):
        return float(x)
    if isinstance(x, complex | np.complexfloating):
        raise TypeError(f"complex numbers are not supported, got {x!r}")
    if isinstance(x, np.ndarray):
        raise TypeError(f"a Value holds one number, got an array of shape {x.shape}; use Tensor")
    if isinstance(x, Node) or hasattr(type(x), "__autograd_rank__"):
        raise TypeError("a Value holds a number, got a node; use it as it is, or .detach() it")
    raise TypeError(f"a Value holds a number, got {type(x).__name__} {x!r}")


def _plain(x: Any) -> Any:
    if isinstance(x, Value):
        return x._data
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x


def _plain_seed(gradient: Any, create_graph: bool) -> Any:
    if isinstance(gradient, Value):
        return gradient if create_graph else gradient._data
    return _number(gradient)


def _shown(grad: Any) -> Any:
    return grad._data if isinstance(grad, Value) else grad


def _rebuild(data: float, grad: float, label: str) -> Value:
    found = Value(data, label=label)
    found.grad = grad
    return found


# --------------------------------------------------------------------------------------------------
# The sweep over values alone: node.py's, with floats added up in the nodes themselves


def _sweep(root: Value, seed: float, order: list[Any]) -> None:
    if not order:
        root.grad += seed
        return
    for z in order:
        z.grad = 0.0
    root.grad = seed
    many = MANY
    order.reverse()
    for z in order:
        g = z.grad
        # a gradient of 0 contributes 0, whatever the local derivative is
        if g:
            b = z._b
            if b is None:
                z._a.grad += z._da * g
            elif b is many:
                for parent, d in zip(z._a, z._da):  # noqa: B905 - hot
                    parent.grad += d * g
            else:
                z._a.grad += z._da * g
                b.grad += z._db * g


# --------------------------------------------------------------------------------------------------
# Many terms as one node


def add_n(terms: Iterable[Any]) -> Any:
    """Return the sum of any number of values as one node.

    Parameters
    ----------
    terms : iterable of Value, Tensor and numbers

    Examples
    --------
    >>> add_n([Value(1.0), Value(2.0), 3.0]).data
    6.0
    """
    terms = tuple(terms)
    if terms and all(isinstance(t, Value) for t in terms):
        data = sum([t._data for t in terms])
        return _many(ops.add_n, terms, data, (1.0,) * len(terms), None)
    if any(getattr(type(t), "__autograd_rank__", 0) > Value.__autograd_rank__ for t in terms):
        return sum(terms[1:], terms[0])
    return ops.add_n(*terms)


_get_data = operator.attrgetter("_data")


def sumprod(p: Iterable[Any], q: Iterable[Any], bias: Any = None) -> Any:
    """Return the sum of products p·q, plus ``bias`` if given, as one node.

    Parameters
    ----------
    p, q : iterables of Value and numbers, of one length
    bias : Value or number, optional

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> w = [Value(2.0), Value(3.0)]
    >>> sumprod(w, [10.0, 1.0], bias=0.5).data
    23.5
    """
    p, q = tuple(p), tuple(q)
    if len(p) != len(q):
        raise ValueError(f"sumprod: {len(p)} numbers cannot be paired with {len(q)}; give as many")
    terms = (*p, *q) if bias is None else (*p, *q, bias)
    try:
        a, b = list(map(_get_data, p)), list(map(_get_data, q))
        start = 0.0 if bias is None else bias._data
        return _fused_sumprod(terms, a, b, start, bias is None)
    except AttributeError:
        return ops.sumprod(*terms, pairs=len(p))


def _fused_sumprod(terms: Any, a: list[float], b: list[float], start: float, short: bool) -> Any:
    data = sum(map(operator.mul, a, b), start)
    b += a
    if not short:
        b.append(1.0)
    return _many(ops.sumprod, terms, data, b, None)
