"""ScalarNode, the graph side of a Value: stored partial derivatives, sweep. Next: `value.py`."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arithmetic import quietly
from .assignment import check_not_stored
from .backward import strict_product
from .node import MANY, RELEASED, Node
from .op import Op, Rule
from .ops import elementwise as ops


class ScalarNode(Node):
    """The node of one number; the partial derivatives were computed with it.

    ``_da``, ``_db`` are the partial derivatives with respect to ``_a`` and ``_b``. With one parent
    ``_db`` holds the other, constant operand: a number right of the operator, ``(number,)`` left
    of it. With `MANY` parents ``_da`` is the tuple of partial derivatives and ``_db`` holds all
    the inputs if some are constants. ``_da`` None marks a node made by hand, whose ``_backward``
    is in ``_db``.
    """

    __slots__ = ("_da", "_data", "_db", "grad")

    _data: float
    _da: Any
    _db: Any
    grad: Any

    shape: tuple[int, ...] = ()
    ndim = 0
    requires_grad = True

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
        if len(self._operation.inputs) == 1:
            return (a,)
        c = self._db
        return (c[0], a) if type(c) is tuple else (a, c)

    @property
    def parameters(self) -> dict[str, Any]:
        """The keyword arguments of the operation."""
        if self._a is not None and self._operation is ops.sumprod:
            return {"pairs": len(self.inputs) // 2}
        return dict(self._db) if self._b is None and type(self._db) is dict else {}

    @property
    def _f(self) -> Callable[[Any], Any]:
        """The closure for the general sweep: the stored partial derivatives, bound."""
        if self._b is MANY:
            return self._pull_by_hand if self._da is None else self._pull_many
        return self._pull_one if self._b is None else self._pull_two

    @_f.setter
    def _f(self, nothing: Any) -> None:
        """Let go of the partial derivatives."""
        self._da = self._db = nothing

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

    def _local(self, i: int) -> Any:
        """Return the local derivative with respect to a parent."""
        return self.local_derivative(1.0)[i]

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        if self._b is MANY and self._da is None:
            if as_nodes:
                raise RuntimeError(
                    f"{self._operation.name!r} has only a hand-written _backward, which gives "
                    "numbers; define it with autograd.operation to differentiate it again"
                )
            c: Any = self._pull_by_hand(g)
            return tuple(c)
        if not as_nodes:
            c = self._f(float(g))
            return (c,) if self._b is None else tuple(c)
        op, inputs = self._operation, self.inputs
        product = strict_product if strict else operator.mul
        if op.variadic:
            values: dict[str, Any] = {op.inputs[0]: inputs}
        else:
            values = dict(zip(op.inputs, inputs, strict=True))
        values |= {"z": self} | self.parameters
        found = []
        for i, x in enumerate(inputs):
            if isinstance(x, ScalarNode):
                skip = live is not None and x not in live
                found.append(None if skip else op.rule_of(i).run(g, values | {"i": i}, product))
        return tuple(found)

    # ---------------------------------------------------------------------------------------------
    # Comparisons are of the numbers, identity is of the node

    def __eq__(self, other: object) -> Any:
        y = plain(other)
        if is_number(y):
            return bool(self._data == y)
        # arrays ask the node; strangers such as pytest.approx are asked about the number
        return NotImplemented if hasattr(y, "shape") else self._data == y

    def __ne__(self, other: object) -> Any:
        y = plain(other)
        if is_number(y):
            return bool(self._data != y)
        return NotImplemented if hasattr(y, "shape") else self._data != y

    def __lt__(self, other: Any) -> Any:
        return bool(self._data < y) if is_number(y := plain(other)) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return bool(self._data <= y) if is_number(y := plain(other)) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return bool(self._data > y) if is_number(y := plain(other)) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return bool(self._data >= y) if is_number(y := plain(other)) else NotImplemented

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __float__(self) -> float:
        check_not_stored(f"the value {self.label!r}" if self.label else "a value")
        return self._data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
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
        return self._data

    @property
    def _prev(self) -> set[Any]:
        """The parents as a set, as in micrograd."""
        return set(self.parents)

    @property
    def _op(self) -> str:
        """The operation as micrograd writes it: '+', '**2', 'ReLU', '' for a leaf."""
        if self._a is None or self._a is RELEASED:
            return ""
        if self._operation is ops.power and self._b is None and type(self._db) is not tuple:
            return f"**{self._db}"
        return self._operation.symbol

    @property
    def _backward(self) -> Callable[[], None]:
        """Pass this node's ``grad`` on to its parents; settable for nodes made by hand."""
        if self._b is MANY and self._da is None:
            return self._db  # type: ignore[no-any-return]

        def _backward() -> None:
            parents: Any = self.parents
            for parent, c in zip(parents, self.local_derivative(self.grad), strict=True):
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

    def _store(self, g: Any, shared: set[int]) -> None:
        """Take a gradient of the sweep: a leaf adds it up, a computed value is set."""
        g = g if hasattr(type(g), "__autograd_rank__") else float(g)
        if self._a is None and (isinstance(self.grad, ScalarNode) or self.grad):
            g = self.grad + g
        self.grad = g

    def _handle(self, data: Any) -> ScalarNode:
        return self


# --------------------------------------------------------------------------------------------------
# Numbers

_NUMBER = (int, float, np.floating, np.integer, np.bool_)


def to_float(x: Any) -> float:
    """Return a real number as a float; raises TypeError for anything else."""
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


def plain(x: Any) -> Any:
    """Return the number behind a value or a 0-d array, anything else as it is."""
    if isinstance(x, ScalarNode):
        return x._data
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x


def _as_float(x: Any) -> Any:
    # integers that are exact as floats stay, for functions of integers such as ldexp
    if isinstance(x, bool | np.bool_) or (type(x) is int and abs(x) < 2**53):
        return x
    return float(x)


def is_number(x: Any) -> bool:
    """Whether x is a real scalar, of Python's or of NumPy's."""
    return isinstance(x, _NUMBER)


def evaluate(
    op: Op, inputs: Sequence[Any], parameters: dict[str, Any]
) -> tuple[Any, list[bool], list[float] | None]:
    """Run an elementwise operation on scalars.

    Returns the result, which inputs are parents, and the partial derivative for each of those;
    None for the last where nothing is to be recorded.
    """
    numbers = [_as_float(plain(x)) for x in inputs]
    data = _forward(op, numbers, parameters)
    nodes = [isinstance(x, ScalarNode) and op.differentiable(i) for i, x in enumerate(inputs)]
    if type(data) is not float or True not in nodes:
        return data, nodes, None
    values = parameters | {"z": data}
    if op.variadic:
        values[op.inputs[0]] = numbers
    else:
        values |= zip(op.inputs, numbers, strict=True)
    partials = []
    for i, is_node in enumerate(nodes):
        if is_node:
            values["i"] = i
            partials.append(_partial(op.rule_of(i), values))
    return data, nodes, partials


def _forward(op: Op, numbers: list[Any], parameters: dict[str, Any]) -> Any:
    if op.scalar is not None:
        try:
            return op.scalar(*numbers)
        except (ValueError, OverflowError):
            pass  # at the edges NumPy gives what IEEE 754 says
    forward = functools.partial(op.forward, **parameters) if parameters else op.forward
    z = quietly(forward, *map(_as_numpys, numbers))
    return bool(z) if isinstance(z, bool | np.bool_) else float(z)


def _partial(rule: Rule, values: dict[str, Any]) -> float:
    """Run a rule on floats, and where those raise, on NumPy's, which divide by zero as arrays."""
    try:
        d = quietly(rule.run, 1.0, values, operator.mul)
        if isinstance(d, float):
            return float(d)
    except (ArithmeticError, ValueError):
        pass
    values = {name: _as_numpys(x) for name, x in values.items()}
    return float(quietly(rule.run, np.float64(1.0), values, operator.mul))


def _as_numpys(x: Any) -> Any:
    return np.float64(x) if type(x) is float else x


# --------------------------------------------------------------------------------------------------
# The sweep over values alone: node.py's, with floats added up in the nodes themselves


def sweep(root: ScalarNode, seed: float, order: list[Any]) -> None:
    """Add up the gradients of all nodes in ``order``, which is used up, and of their leaves."""
    if not order:
        root.grad = (root.grad or 0.0) + seed
        return
    for z in order:
        z.grad = 0.0
    root.grad = seed
    many = MANY
    order.reverse()
    left = iter(order)
    while True:
        try:
            for z in left:
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
            return
        except TypeError:
            if not _finished(z):
                raise


def _finished(z: Any) -> bool:
    """Finish a node that stopped at a leaf whose ``grad`` was set to None, which counts as 0."""
    parents = z.parents
    missing = [i for i, p in enumerate(parents) if p.grad is None]
    if missing:
        contributions = z.local_derivative(z.grad)
        for parent, c in list(zip(parents, contributions, strict=True))[missing[0] :]:
            parent.grad = (parent.grad or 0.0) + c
    return bool(missing)
