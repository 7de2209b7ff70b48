"""ArrayNode, the graph node behind a Tensor. Next: `facts.py`.

A node holds its parents and its closure, a rule bound to the arrays that the rule asks for. The
array of the result belongs to the tensor, so that it is freed with that, unless a rule needs it.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arithmetic import in_columns, sum_to
from ..backward import chosen_product, strict_product, strict_pullback
from ..node import LEAF, MANY, Node, topological_order, without_graph
from ..op import _KINDS, Op
from ..ops.elementwise import multiply
from ..ops.indexing import getitem
from ..references import is_own
from ..rule import Plan

_NUMBERS = (int, float, complex)
_ARRAYS = frozenset({np.ndarray, np.float64, np.float32})
APPLIED = 2


class ArrayNode(Node):
    """The node of one array in a graph.

    ``_rest`` has all operands, with `PARENT` in place of parents, or is None if all are parents;
    ``_parameters`` the operation's keyword arguments; ``_checksums`` those of plain arrays, under
    `record_origins`. ``_fits`` says that the gradient of a leaf was set by sweeps alone, so that it
    has the leaf's shape and dtype; `APPLIED` that an optimizer has used it since, and None that a
    sweep has added to one that was used.
    """

    # _checksums, _grad, _parameters, _rest and _value may be unset
    __slots__ = (
        "_checksums", "_fits", "_grad", "_parameters", "_pull", "_rest", "_saved", "_shape",
        "_value",
    )  # fmt: skip

    _checksums: tuple[tuple[Any, int], ...]
    _rest: tuple[Any, ...] | None
    _parameters: dict[str, Any]
    _shape: tuple[int, ...]
    _value: Any
    _grad: Any
    _fits: int | None

    requires_grad = True

    @property
    def grad(self) -> Any:
        """The gradient that the last sweep left here; None before."""
        g = getattr(self, "_grad", None)
        return self._numbers(g[0]) if type(g) is tuple else g

    @grad.setter
    def grad(self, gradient: Any) -> None:
        self._grad = gradient
        self._fits = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self._shape

    @property
    def parameters(self) -> dict[str, Any]:
        """The keyword arguments of the operation."""
        return dict(getattr(self, "_parameters", {}))

    @property
    def inputs(self) -> tuple[Any, ...]:
        """All operands in order: parents, nodes of constant tensors, arrays and numbers."""
        parents = self.parents
        rest = getattr(self, "_rest", None)
        if rest is None or not parents:
            return parents
        left = iter(parents)
        return tuple(next(left) if x is PARENT else x for x in rest)

    @property
    def data(self) -> np.ndarray[Any, Any]:
        """The array; computed again from the parents if it was not kept."""
        return np.asarray(value_of(self))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the array."""
        found: np.dtype[Any] = np.asarray(value_of(self)).dtype
        return found

    def _plan(self) -> Plan:
        op, rest = self._operation, getattr(self, "_rest", None)
        if rest is not None and len(rest) == 2:
            tracked: tuple[bool, ...] = (rest[0] is PARENT, rest[1] is PARENT)
        elif rest is not None:
            tracked = tuple([x is PARENT for x in rest])
        else:
            tracked = (True,) * len(self.parents) if op.variadic else op.every_input
        return op._plans.get(tracked) or op.plan(tracked)

    def _saved_by_name(self, plan: Plan) -> dict[str, Any]:
        """Return the saved values by the names that the rules ask for."""
        return dict(zip(plan.names, self._saved, strict=False))

    def _local(self, i: int) -> Any:
        """Return the local derivative of an elementwise operation, before undoing broadcasts."""
        plan = self._plan()
        values = self._saved_by_name(plan) | {"i": plan.targets[i]}
        return plan.rules[i].run(np.ones(self._shape)[()], values, operator.mul)

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        plan = self._plan()
        parents: Any = self.parents
        saved: Any = self._saved
        if as_nodes and plan.lifts:
            saved = self._lifted(plan, saved)
        values = dict(zip(plan.names, saved, strict=False)) if strict else {}
        product = chosen_product if self._operation.selects else strict_product
        found: list[Any] = []
        for k, parent in enumerate(parents):
            if live is not None and parent not in live:
                found.append(None)
                continue
            if strict:
                values["i"] = plan.targets[k]
                rule = plan.rules[k]
                if self._operation.product:
                    c = strict_pullback(rule, g, values)
                else:
                    c = rule.run(g, values, product)
            else:
                c = plan.parts[k](saved, g)
            if self._operation.elementwise and c.shape != parent.shape:
                c = sum_to(c, parent.shape)
            found.append(c)
        return tuple(found)

    def _pull_on_nodes(self, g: Any, live: set[Any] | None) -> Sequence[tuple[Any, Any]]:
        a, b, op, saved = self._a, self._b, self._operation, self._saved
        if op is multiply and b is not None:
            return self._pull_product(g, saved, live)
        plan = self._plan()
        every = live is None or (b is None and a in live) or live.issuperset(self.parents)
        if not plan.lifted or not every:
            return self._pull_parts(g, plan, live)
        # none of the rules asks for data of a node, so the closure runs on nodes as it is
        if not saved or type(g) is not _KINDS[2]:
            c = self._pull(saved, g)  # with nothing saved it returns g
        elif g._node is None:
            c = self._pull(saved, g._data)
            if b is None:
                return ((a, tensor_on(c, None)),)
            c = [tensor_on(x, None) for x in c]
        elif op is getitem:
            c = g._put(self._parameters["index"], a._shape)
        else:
            c = self._pull(saved, g)
        if b is None:
            return ((a, c),)
        return ((a, c[0]), (b, c[1])) if b is not MANY else [*zip(a, c, strict=True)]

    def _pull_product(self, g: Any, saved: Any, live: set[Any] | None) -> Sequence[tuple[Any, Any]]:
        """Pull back a product by its rule, but a square by a single product."""
        a: Any = self._a
        b: Any = self._b
        if a is b:
            return ((a, _twice_the_product(g, a._handle(saved[0]))),)
        pairs: list[tuple[Any, Any]] = []
        for parent, other, data in ((a, b, saved[1]), (b, a, saved[0])):
            if live is None or parent in live:
                c = g * other._handle(data)
                shape = parent._shape
                pairs.append((parent, c if c._shape == shape else sum_to(c, shape)))
        return pairs

    def _pull_parts(self, g: Any, plan: Plan, live: set[Any] | None) -> Sequence[tuple[Any, Any]]:
        """Run the rules one by one."""
        saved: Any = self._lifted(plan, self._saved) if plan.lifts else self._saved
        parents: Any = self.parents
        pairs: list[tuple[Any, Any]] = []
        for parent, part in zip(parents, plan.parts, strict=True):
            if live is None or parent in live:
                c = part(saved, g)
                if self._operation.elementwise and c.shape != parent.shape:
                    c = sum_to(c, parent.shape)
                pairs.append((parent, c))
        return pairs

    def _lifted(self, plan: Plan, saved: Any) -> list[Any]:
        """Return the saved values with nodes in place of arrays, for rules to run on."""
        parents: Any = self.parents
        lifted = list(saved)
        for at, source in plan.lifts:
            if source is not None:
                lifted[at] = (self if source < 0 else parents[source])._handle(saved[at])
                continue
            arrays = list(saved[at])
            for i, parent in zip(plan.targets, parents, strict=True):
                arrays[i] = parent._handle(arrays[i])
            lifted[at] = tuple(arrays)
        return lifted

    def _handle(self, data: Any) -> Any:
        """Return a Tensor with these data on this node."""
        return tensor_on(data, self)

    def _store(self, g: Any, shared: bool) -> None:
        """Store a gradient of the sweep; a leaf adds it to its own, in its dtype and an own array.

        ``shared`` says that something else refers to the array.
        """
        if self._a is not None:
            known = getattr(g, "_node", None) is None
            self._grad = g if known else (g._data,)  # see `without_graph`
            return
        if g.dtype is not self._value.dtype:
            g, shared = g.astype(self._value.dtype), False
        old = self._grad
        if old is not None:
            if self._fits == APPLIED and type(old) in _ARRAYS and old.any():
                self._fits = None
            self._grad = old + g
            return
        if type(g) is np.ndarray and (shared or not is_own(g, self._value.strides)):
            g = g.copy("F" if in_columns(g) and in_columns(self._value) else "C")
        elif shared and isinstance(g, _KINDS[2]):
            g = apart(g)
        self._grad = g
        self._fits = True

    def _numbers(self, data: Any) -> Any:
        """Return the gradient of this computed node as numbers, without its graph."""
        node = without_graph(ArrayNode(), self)
        node._pull, node._saved, node._shape, node._value = None, None, data.shape, data
        return tensor_on(data, node)

    def __repr__(self) -> str:
        what = "leaf" if self._a is None else self._operation.name
        label = f" {self.label!r}" if self.label else ""
        return f"<node{label} {what} {self._shape}>"


class ConstantNode(ArrayNode):
    """The node that represents a tensor without gradient in a graph."""

    __slots__ = ()

    requires_grad = False


class _Parent:
    """Marker in ``_rest``: this operand is a parent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "PARENT"


PARENT = _Parent()


def tensor_on(data: Any, node: ArrayNode | None) -> Any:
    """Return a Tensor with these data, an array or a NumPy scalar, on a node or on none."""
    t = object.__new__(_KINDS[2])
    t._data, t._shape, t._node, t._view = data, data.shape, node, None
    return t


def apart(t: Any) -> Any:
    """Return a tensor on the same node, which in-place operations on the given one leave alone."""
    data = t._data
    return tensor_on(data.copy() if type(data) is np.ndarray else data, t._node)


def _twice_the_product(g: Any, x: Any) -> Any:
    """Return 2 g x for tensors, as one product where g is a constant array or number."""
    data = g._data
    if g._node is None and type(data) in _ARRAYS and data.size:
        if not any(data.strides):
            return (2.0 * data.item(0)) * x  # one number, broadcast
        return tensor_on(data + data, None) * x
    c = g * x
    return c + c


def make_leaf(data: Any, cls: type[ArrayNode] = ArrayNode) -> ArrayNode:
    """Return the node of an array that was not computed."""
    node = cls()
    node._a = node._b = node._saved = None
    node._mark = LEAF
    node._shape = data.shape
    node._value = data
    node._fits = False
    node._grad = None  # last, as a recording's properties read the others
    return node


def saved_values(
    op: Op, plan: Plan, arrays: Sequence[Any], z: Any, parameters: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the values to save for the plan's pullback: those that its rules ask for."""
    if op.variadic:
        return _saved_of_many(op, plan, arrays, z, parameters)
    if plan.needs_shapes:
        shapes = [() if isinstance(a, _NUMBERS) else a.shape for a in arrays]
        saved = plan.take((*arrays, z, *shapes, z.shape))
    else:
        saved = plan.take((*arrays, z))
    if plan.parameters:
        saved = (*saved, *[parameter(op, n, arrays, parameters) for n in plan.parameters])
    return saved


def parameter(op: Op, name: str, arrays: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Return the value of a name that a rule asks for and is neither an input nor a shape."""
    if name in parameters:
        return parameters[name]
    argument = name.removesuffix("_dtype")
    if argument in op.inputs:
        return arrays[op.inputs.index(argument)].dtype
    return inspect.signature(op.forward).parameters[name].default


def _saved_of_many(
    op: Op, plan: Plan, arrays: Sequence[Any], z: Any, parameters: dict[str, Any]
) -> tuple[Any, ...]:
    known = {op.inputs[0]: tuple(arrays), "z": z, "z_shape": z.shape}
    known["shapes"] = tuple(map(np.shape, arrays))
    return tuple(
        known[n] if n in known else parameter(op, n, arrays, parameters) for n in plan.names
    )


# --------------------------------------------------------------------------------------------------
# Arrays that were not kept


def value_of(node: Any) -> Any:
    """Return the array or number of a node, running operations again if it was not kept."""
    if node._a is None or getattr(node, "_value", None) is not None:
        return _known(node)
    return values_of(node)[node]


def values_of(root: Any) -> dict[Any, Any]:
    """Return {node: array or number} for every node that ``root`` depends on, leaves included."""
    found: dict[Any, Any] = {}
    for node in [*topological_order(root)]:
        for x in node.inputs:
            if isinstance(x, Node) and x not in found and x._a is None:
                found[x] = _known(x)
        kept = _known(node)
        if kept is None:
            arrays = [found[x] if isinstance(x, Node) else x for x in node.inputs]
            kept = node._operation.forward(*arrays, **node.parameters)
        found[node] = kept
    return found or {root: _known(root)}


def _known(node: Any) -> Any:
    value = getattr(node, "_value", None)
    return value if value is not None else getattr(node, "_data", None)
