"""Naive recursion against the topological order, on a graph of the user's. Next: `page_store.py`.

Three ways to walk back that people write first are compared with the one that is right and fast:

* recursion that carries the gradient along: right, but it walks every path on its own;
* recursion that pushes ``.grad`` on every visit: as slow, and what arrived before is pushed again;
* depth first, every node once: fast, but a node may push before all of its gradient has arrived.

Paths are counted by dynamic programming, so that a graph with 2^60 of them takes no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...node import topological_order
from ..graph.graph import Graph

# larger counts are not distinguished
MOST = 2**4096
# graphs up to this size are walked depth first; by recursion, if there are few visits
_WALKED = 50_000
_VISITS = 5_000
_NUMBERS = 2_000_000


@dataclass(frozen=True)
class Early:
    """The first node that depth-first order passes on too early, and the first wrong gradient."""

    node: int
    arrived: int
    uses: int
    held: Any
    target: int


@dataclass(frozen=True)
class Orders:
    """The results of the orders, by item.

    ``paths`` counts the paths from the root, which are the visits of a recursion; ``uses`` the
    contributions; ``once`` are the gradients of depth-first order, ``again`` those of passing the
    gradient on at every visit. The latter two are None if the graph is too large.
    """

    paths: dict[int, int]
    uses: dict[int, int]
    once: dict[int, Any] | None
    again: dict[int, Any] | None
    early: Early | None

    @property
    def visits(self) -> int:
        """The visits of a recursion to all nodes."""
        return min(sum(self.paths.values()), MOST)


def compare(graph: Graph, seed: Any) -> Orders:
    """Walk a graph in the naive orders, unless it is too large for them."""
    index, root = graph.index, graph.items[-1]
    order = topological_order(root)
    paths: dict[int, int] = {index[root]: 1}
    uses: dict[int, int] = {}
    for node in reversed(order):
        here = paths[index[node]]
        for parent in node.parents:
            i = index[parent]
            paths[i] = min(paths.get(i, 0) + here, MOST)
            uses[i] = uses.get(i, 0) + 1
    once = again = early = None
    if len(order) <= _WALKED:
        once, early = _once(graph, seed, uses)
        visits = sum(paths.values())
        size = max((int(np.prod(graph.shape(i))) for i in paths), default=1)
        if visits <= _VISITS and visits * size <= _NUMBERS:
            again = _again(graph, seed)
    return Orders(paths, uses, once, again, early)


def _once(graph: Graph, seed: Any, uses: dict[int, int]) -> tuple[dict[int, Any], Early | None]:
    """Visit every node once, depth first, passing its gradient on as soon as it is reached."""
    index, root = graph.index, graph.items[-1]
    held: dict[int, Any] = {index[root]: seed}
    arrived: dict[int, int] = {}
    seen: set[int] = set()
    early: Early | None = None
    stack = [root]
    while stack:
        node = stack.pop()
        i = index[node]
        if i in seen:
            continue
        seen.add(i)
        targets = _push(graph, node, held[i], held)
        for t in targets:
            arrived[t] = arrived.get(t, 0) + 1
        if early is None and targets and arrived.get(i, 0) < uses.get(i, 0):
            early = Early(i, arrived.get(i, 0), uses[i], held[i], targets[0])
        stack += [p for p in reversed(node.parents) if index[p] in held]
    return held, early


def _again(graph: Graph, seed: Any) -> dict[int, Any]:
    """Visit every node once for each path to it, passing its gradient on each time."""
    index, root = graph.index, graph.items[-1]
    held: dict[int, Any] = {index[root]: seed}
    stack = [root]
    while stack:
        node = stack.pop()
        _push(graph, node, held[index[node]], held)
        stack += [p for p in reversed(node.parents) if index[p] in held]
    return held


def _push(graph: Graph, node: Any, g: Any, held: dict[int, Any]) -> list[int]:
    """Add the contributions of a node to the gradients of its parents; return those parents."""
    if not node.parents:
        return []
    targets = []
    with np.errstate(all="ignore"):
        found = node._contributions(g, as_nodes=False, strict=True)
        for parent, c in zip(node.parents, found, strict=True):
            if c is not None:
                t = graph.index[parent]
                held[t] = held[t] + c if t in held else c
                targets.append(t)
    return targets


def counted(n: int) -> str:
    """Format a count; as a power, if it is too long to be read.

    Examples
    --------
    >>> counted(12345), counted(2**60), counted(3**50)
    ('12,345', '2^60', '7.18e+23')
    """
    if n >= MOST:
        return "more than 2^4095"
    if n < 10**9:
        return f"{n:,}"
    if n & (n - 1) == 0:
        return f"2^{n.bit_length() - 1}"
    if n < 10**300:
        return f"{n:.3g}"
    return f"1e+{len(str(n)) - 1}"


def differs(a: Any, b: Any) -> bool:
    """Whether two gradients differ by more than rounding errors."""
    if a is None or b is None:
        return (a is None) != (b is None)
    x, y = np.asarray(a, float), np.asarray(b, float)
    return not np.allclose(x, y, rtol=1e-6, atol=0.0, equal_nan=True)
