"""The graph of a recorded scan, and that of one of its steps. Next: `sums.py`.

All results of a scan belong to one node, the `Joint`. Each is a node of its own whose closure hands
the gradient on to the joint, which adds them up as `Parts` and pulls all of them back at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...array_nodes.node import ArrayNode, tensor_on
from ...backward import _sweep, _sweep_rules
from ...mode import STATE
from ...node import LEAF, MANY, Node
from ...op import Op
from ...sweep.higher_order import sweep_on_nodes
from ...tensor import Tensor


class Parts:
    """The gradients of several results of a scan, by index."""

    __slots__ = ("found",)

    def __init__(self, found: dict[int, Any]) -> None:
        self.found = found

    def __add__(self, other: Parts) -> Parts:
        found = dict(self.found)
        for i, g in other.found.items():
            found[i] = found[i] + g if i in found else g
        return Parts(found)


class _Whole(ArrayNode):
    """A node with its own pullback, not that of an operation."""

    __slots__ = ()

    _pull_on_nodes = Node._pull_on_nodes


class Joint(_Whole):
    """The node of all results of a scan.

    ``pull`` and ``pull_nodes`` take `Parts`, and whether 0 times anything is 0, and return the
    contributions to all parents, as arrays or as tensors of a graph.
    """

    __slots__ = ("pull", "pull_nodes")

    pull: Callable[[Parts, bool], tuple[Any, ...]]
    pull_nodes: Callable[[Parts, bool], tuple[Any, ...]]

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        return self.pull_nodes(g, strict) if as_nodes else self.pull(g, strict)


class Result(_Whole):
    """The node of one result."""

    __slots__ = ()

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        return (self._pull(self._saved, g),)


def _operation(name: str, plain: bool) -> Op:
    # the results are known: they are not recomputed, and there is no rule
    rules = {"xs": lambda g: g}
    return Op(name, np.asarray, rules, elementwise=False, variadic=True, bounded=plain)


def _made(
    kind: Any, operation: Op, parents: Any, pull: Any, saved: Any, shape: tuple[int, ...]
) -> Any:
    node = kind()
    node._a, node._b = parents, MANY if isinstance(parents, tuple) else None
    node._operation, node._pull, node._saved = operation, pull, saved
    node._mark, node._shape = STATE.clock, shape
    return node


def _handed(i: int, g: Any) -> Parts:
    return Parts({i: g})


def graph_of(roots: Sequence[Node], made: float) -> tuple[list[Any], list[Any]]:
    """Return the nodes made since a time that others depend on, in order; and the older ones."""
    order: list[Any] = []
    outside: dict[Any, None] = {}
    seen: set[Any] = set()
    stack: list[Any] = [*roots]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node._a is None or not made <= node._mark < LEAF:
            outside[node] = None
        elif node not in seen:
            seen.add(node)
            stack += [node, None, *node.parents]
    return order, list(outside)


class Graph:
    """The graph of one step of a scan, between its parents and its results.

    Attributes
    ----------
    nodes : list of Node or None
        Those of the results: the carry, then y.
    order : list of Node
        The nodes in between, parents first.
    slots, rows : list
        The entries of the carry, and the stand-ins for rows, that gradients flow to.
    outside : list of Node
        The outside nodes that the step uses.
    parents : list of Node
        Of the scan: those of ``begun``, the slots whose first value is a tensor with a graph, of
        rows and of outside nodes.
    """

    def __init__(self, scan: Any) -> None:
        results = [*scan.new, *scan.given_ys()]
        self.nodes = [x._node if isinstance(x, Tensor) else None for x in results]
        self.order, outside = graph_of([n for n in self.nodes if n is not None], scan.made)
        self.slots = [s for s in scan.slots if s.tensor is not None and s.tensor._node is not None]
        rows = [
            (r, x)
            for r, x in zip(scan.rows, scan.leaves, strict=True)
            if isinstance(r, Tensor) and r._node is not None
        ]
        self.rows = [r for r, _ in rows]
        own = {s.tensor._node for s in self.slots} | {r._node for r in self.rows}
        self.outside = [n for n in outside if n not in own]
        self.begun = [s for s in self.slots if s.given_node() is not None]
        self.parents = [s.given_node() for s in self.begun] + [x._node for _, x in rows]
        self.parents += self.outside


def attach(
    graph: Graph, results: Sequence[Any], arrays: Sequence[Any], pull: Any, pull_nodes: Any
) -> list[Any]:
    """Return the results of a scan in the types of those of one step: tensors or arrays.

    Parameters
    ----------
    graph : Graph
    results : sequence
        The results of one step.
    arrays : sequence of RecordedArray or None
        The results.
    pull, pull_nodes : callable
        As of the `Joint`.
    """
    joint = None
    if graph.parents:
        plain = all(n._operation.plain for n in graph.order)
        joint = _made(Joint, _operation("scan", plain), tuple(graph.parents), _pulled, None, ())
        joint.pull, joint.pull_nodes = pull, pull_nodes
        joint._saved = joint
        joint._value = 0.0
    one = _operation("result of scan", True)
    found: list[Any] = []
    for i, (x, array) in enumerate(zip(results, arrays, strict=True)):
        if array is not None and isinstance(x, Tensor):
            node = None
            if joint is not None and graph.nodes[i] is not None:
                node = _made(Result, one, joint, _handed, i, array.shape)
                node._value = array
            array = tensor_on(array, node)
        found.append(array)
    return found


def _pulled(joint: Joint, parts: Parts) -> tuple[Any, ...]:
    return joint.pull(parts, False)


# --------------------------------------------------------------------------------------------------
# Through the graph of one step


class _Root(_Whole):
    """The node whose closure passes on the upstream gradients of the results of one step."""

    __slots__ = ()

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        return tuple(self._saved)


def _seeded(seeds: tuple[Any, ...], g: Any) -> tuple[Any, ...]:
    return seeds


def swept(
    order: list[Any], seeds: Sequence[tuple[Any, Any]], strict: bool, as_nodes: bool
) -> dict[Any, Any]:
    """Return the gradients of the nodes of one step, given those of its results or None."""
    nodes, parts = zip(*seeds, strict=True)
    root = _made(_Root, _operation("step", True), nodes, _seeded, parts, ())
    if strict:
        return _sweep_rules([*order, root], root, 0.0, strict=True, as_nodes=as_nodes)[0]
    if as_nodes:
        return sweep_on_nodes([*order, root], root, 0.0, None)[0]
    found: dict[Any, Any] = {root: 0.0}
    _sweep([*order, root], found, False, {})
    return found
