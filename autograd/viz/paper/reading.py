"""A graph read with symbols: names of nodes, formulas of rules. Next: `cross_entropy.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arithmetic import sum_to
from ...array_nodes.node import values_of
from ...node import MANY, Node, name_of, topological_order
from ...op import Op
from ...ops import elementwise as ops
from ...ops import fused
from ..graph.graph import Graph, collect
from .symbols import Alias, Length, Shape, Symbol, apply, evaluate, number, shape_of, symbol_of

# An unlabelled node that is longer than this, in names and signs, gets a name.
INLINE = 6
# Results of rules that are longer than this are not written out.
LONG = 60


class Names(dict[Any, str]):
    """The names that pictures use, by node."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph

    def __missing__(self, node: Any) -> str:
        self[node] = name = self.graph.name(self.graph.index[node])
        return name


class Reading:
    """The graph behind a node, its nodes and constant arrays as symbols.

    Parameters
    ----------
    root : Node
        The loss.
    every : bool
        Give every node a name, instead of writing unlabelled ones out where they are used.

    Attributes
    ----------
    order : list of Node
        The computed nodes, parents first.
    symbols : dict
        The symbol of every node.
    forward : dict
        The expression of every computed node in the symbols of its operands.
    definitions : dict
        The forward expressions of the nodes that were given a name here.
    slopes : dict
        For every operation whose derivative was written as f′, a node of it and the position.
    """

    # a node, its operands, and what its rules may ask for
    _last: tuple[Any, list[Any], dict[str, Any]] | None = None

    def __init__(self, root: Any, *, every: bool = False) -> None:
        self.root = root
        self.every = every
        self.order: list[Any] = topological_order(root)
        self.graph = collect(root)
        self.names: dict[Any, str] = Names(self.graph)
        self.symbols: dict[Any, Symbol] = {}
        self.forward: dict[Any, Symbol] = {}
        self.definitions: dict[Symbol, Symbol] = {}
        self.slopes: dict[Op, tuple[Any, int]] = {}
        self.arrays: dict[int, tuple[Symbol, Any]] = {}
        self.nodes: dict[Symbol, Any] = {}
        self.samples = Samples(self.order)
        if not self.order:
            self._leaf(root)
        for node in self.order:
            self._enter(node)

    # ---------------------------------------------------------------------------------------------
    # Nodes and arrays as symbols

    def operand(self, x: Any) -> Any:
        """Return the symbol of an operand, or its number."""
        if isinstance(x, Node):
            return self.symbols[x] if x in self.symbols else self._leaf(x)
        if np.ndim(x) == 0:
            return x if isinstance(x, int | float) else float(x)
        return self._array(x)

    def operands(self, node: Any) -> list[Any]:
        """Return the operands of a node, symbols and numbers."""
        return [self.operand(x) for x in node.inputs]

    def replace(self, node: Any, symbol: Symbol) -> None:
        """Let another symbol stand for a node from now on."""
        self.symbols[node] = symbol
        self._last = None

    def _leaf(self, x: Any) -> Symbol:
        symbol = self.symbols[x] = Symbol(self.samples.mark(x, x.shape), self.names[x])
        self.nodes[symbol] = x
        return symbol

    def _array(self, x: Any) -> Symbol:
        if id(x) not in self.arrays:
            name = self.graph.name(self.graph.arrays[id(x)])
            self.arrays[id(x)] = Symbol(self.samples.mark(x, np.shape(x)), name), x
        return self.arrays[id(x)][0]

    def named(self, node: Any) -> bool:
        """Whether a node has a label or a short name, and not just a number."""
        return bool(node.label) or self.graph.index[node] in self.graph.called

    def _enter(self, node: Any) -> None:
        operands = self.operands(node)
        expression = self.expression(node, operands)
        self.forward[node] = expression
        if node is not self.root and not self.named(node) and not self.every:
            if expression.weight <= INLINE:
                self.symbols[node] = expression
                return
        symbol = self.symbols[node] = Symbol(expression._shape, self.names[node])
        self.nodes[symbol] = node
        if not node.label:
            self.definitions[symbol] = expression

    def expression(self, node: Any, operands: list[Any]) -> Symbol:
        """Return the expression that a node computes, in terms of its operands."""
        op, parameters = node._operation, parameters_of(node)
        symbols = [symbol_of(x) for x in operands]
        try:
            if op is fused.linear:
                return symbols[0] @ symbols[1] + symbols[2]  # type: ignore[no-any-return]
            if op is ops.sumprod:
                return _sum_of_products(symbols, parameters["pairs"])
            found = apply(op, symbols, parameters) if not op.variadic else None
            if found is not None and found._shape == node.shape:
                return found
            shape = self._shape(node, symbols, parameters)
        except Exception:  # a user's forward function may raise anything
            shape = node.shape
        return Symbol(shape, op=op, args=tuple(symbols), parameters=parameters)

    def _shape(self, node: Any, symbols: list[Symbol], parameters: dict[str, Any]) -> Shape:
        shape = shape_of(node._operation, [s._shape for s in symbols], parameters)
        return shape if shape == node.shape else node.shape

    # ---------------------------------------------------------------------------------------------
    # Rules

    def contribution(self, node: Any, position: int, g: Any, *, named: bool = True) -> Symbol:
        """Return the contribution of a node to one operand, given the gradient of the node.

        With ``named`` the derivative of a bounded function of one variable is written f′.
        """
        op: Op = node._operation
        check_rules(node)
        operands, known = self._values(node)
        rule = op.rule_of(position)
        shape = node.inputs[position].shape

        def product(upstream: Any, d: Any) -> Any:
            if named and op.bounded and not op.variadic and isinstance(d, Symbol):
                if sum(isinstance(x, Symbol) for x in operands) == 1:
                    self.slopes.setdefault(op, (node, position))
                    d = Alias(f"{op.symbol}′", d, operands[position])
            return upstream * d

        try:
            found = symbol_of(rule.run(g, known | {"i": position}, product))
            if op.elementwise:
                found = sum_to(found, symbol_of(operands[position])._shape)
            if found._shape == shape and found.weight <= g.weight + LONG:
                return found
        except Exception:
            pass
        return self._opaque(node, position, g, operands)

    def _values(self, node: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return the operands of a node, and all values that a rule may ask for, by name.

        Those of the last node are kept: each of its many operands may be asked about.
        """
        if self._last is None or self._last[0] is not node:
            operands = self.operands(node)
            self._last = node, operands, self._known(node, operands)
        return self._last[1:]

    def _known(self, node: Any, operands: list[Any]) -> dict[str, Any]:
        op: Op = node._operation
        known: dict[str, Any] = parameters_of(node)
        shapes = tuple(symbol_of(x)._shape for x in operands)
        if op.variadic:
            known |= {op.inputs[0]: tuple(operands), "shapes": shapes}
            known["dtypes"] = (np.dtype(float),) * len(operands)
        else:
            for name, x, s in zip(op.inputs, operands, shapes, strict=True):
                known |= {name: x, f"{name}_shape": s, f"{name}_dtype": np.dtype(float)}
        z = self.symbols[node]
        return known | {"z": z, "z_shape": z._shape}

    def _opaque(self, node: Any, position: int, g: Symbol, operands: list[Any]) -> Symbol:
        """Return the contribution as a named function."""
        op: Op = node._operation
        rule, parameters = op.rule_of(position), parameters_of(node)
        shape = symbol_of(operands[position])._shape

        def forward(g: Any, z: Any, *arrays: Any, **options: Any) -> Any:
            known: dict[str, Any] = dict(parameters)
            if op.variadic:
                known |= {op.inputs[0]: arrays, "shapes": tuple(map(np.shape, arrays))}
            else:
                for name, x in zip(op.inputs, arrays, strict=True):
                    known |= {name: x, f"{name}_shape": np.shape(x)}
                    known[f"{name}_dtype"] = np.asarray(x).dtype
            known |= {"z": z, "z_shape": np.shape(z), "i": position}
            c = rule.run(g, known, np.multiply)
            return sum_to(c, shape) if op.elementwise and np.shape(c) != shape else c

        names = ["g", "z", *(f"x{i}" for i in range(len(operands)))]
        pull = Op(f"vjp_{op.name}", forward, dict.fromkeys(names), elementwise=False)
        args = (g, self.symbols[node], *map(symbol_of, operands))
        # options for programs are not shown in a formula
        return Symbol(shape, op=pull, args=args, parameters=parameters)

    # ---------------------------------------------------------------------------------------------
    # Numbers

    def values(self) -> dict[Symbol, Any]:
        """Return the arrays of all names in the graph."""
        arrays = values_of(self.root)
        found = {s: arrays[n] if n in arrays else n._value for s, n in self.nodes.items()}
        return found | {s: np.asarray(x) for s, x in self.arrays.values()}

    def rows_sum_to_one(self, y: Symbol, axis: Any) -> bool:
        """Return whether the numbers of an expression sum to 1 along an axis everywhere."""
        total = np.sum(evaluate(y, self.values()), axis=axis)
        return bool(np.allclose(total, 1, rtol=0, atol=1e-6))


def _sum_of_products(symbols: list[Symbol], pairs: int) -> Symbol:
    total: Any = number(0)
    for a, b in zip(symbols[:pairs], symbols[pairs : 2 * pairs], strict=True):
        total = total + a * b
    found: Symbol = total + symbols[-1] if len(symbols) > 2 * pairs else total
    return found


def check_rules(node: Any) -> None:
    """Raise TypeError for a node whose derivative is a user's function, not a rule."""
    if node._b is MANY and getattr(node, "_da", node) is None:
        raise TypeError(
            f"{name_of(node)} has only a hand-written _backward, which gives numbers and no "
            "formula; define the operation with autograd.operation"
        )


def parameters_of(node: Any) -> dict[str, Any]:
    """Return the keyword arguments of the operation of a node."""
    known = dict(getattr(node, "parameters", {}))
    if node._operation is ops.sumprod:
        known.setdefault("pairs", len(node.inputs) // 2)
    return known


class Samples:
    """The axis and the number of the samples, as inferred from the data.

    Data are the arrays and tensors without gradient: ``X @ W`` has samples in rows, ``W @ X`` in
    columns.
    """

    def __init__(self, order: list[Any]) -> None:
        self.found: tuple[int, int] | None = None
        shapes: list[Shape] = []
        for node in order:
            product = node._operation.name in ("matmul", "linear")
            for i, x in enumerate(node.inputs):
                if not _is_data(x):
                    continue
                shape = np.shape(x) if not isinstance(x, Node) else x.shape  # type: ignore[attr-defined]
                if product and i < 2 and len(shape) == 2:
                    axis = -i
                    self.found = axis, shape[axis]
                    return
                shapes.append(shape)
        for axis in (0, -1):
            lengths = {shape[axis] for shape in shapes}
            if len(lengths) == 1:
                self.found = axis, lengths.pop()
                return

    def mark(self, x: Any, shape: Shape) -> Shape:
        """Return the shape of an operand, with the number of samples marked if it has them."""
        if self.found is None or not shape or not _is_data(x):
            return shape
        axis, n = self.found
        if shape[axis] != n:
            return shape
        at = axis % len(shape)
        return (*shape[:at], Length(n), *shape[at + 1 :])


def _is_data(x: Any) -> bool:
    if isinstance(x, Node):
        leaf: Any = x
        return leaf.is_leaf and bool(leaf.shape) and not leaf.requires_grad
    return np.ndim(x) > 0
