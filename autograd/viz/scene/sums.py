"""Folds that make a graph read like the formula it came from. Next: `terms.py`.

``a + (-1)*b`` and ``a + (-b)`` read as ``a - b``; a chain of additions reads as one sum. Only nodes
without a name, used once, of the same shape and place disappear this way: nothing that could be
pointed at, and no number that is not shown next to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..graph.graph import Constant, Graph, Operand

# a sum of three terms is the shortest that is easier to read when joined
_SUM = 3
_LARGEST = 200_000

Term = tuple[int, Operand]


@dataclass
class Reading:
    """``absorbed`` maps a node to the sum that shows it, ``terms`` a node to its signed terms."""

    absorbed: dict[int, int] = field(default_factory=dict)
    terms: dict[int, list[Term]] = field(default_factory=dict)

    def operands(self, graph: Graph, i: int) -> list[Operand]:
        """Return the operands of an item as drawn."""
        terms = self.terms.get(i)
        return graph.operands(i) if terms is None else [operand for _, operand in terms]


def read(graph: Graph, place: Callable[[int], str]) -> Reading:
    """Find the sums and differences of a graph; ``place`` is the module of each item."""
    reading = Reading()
    if len(graph) > _LARGEST:
        return reading
    uses = [0] * len(graph)
    for i in range(len(graph)):
        for j in graph.links[i]:
            uses[j] += 1

    def hidden(j: int, top: int) -> bool:
        return (
            uses[j] == 1
            and not graph.label(j)
            and place(j) == place(top)
            and graph.shape(j) == graph.shape(top)
        )

    for i in reversed(range(len(graph))):
        op = graph.operation(i)
        if op is not None and op.name in ("add", "subtract") and i not in reading.absorbed:
            gone, terms = _chain(graph, i, hidden)
            if gone and (len(terms) >= _SUM or any(sign < 0 for sign, _ in terms)):
                reading.absorbed.update(dict.fromkeys(gone, i))
                reading.terms[i] = _positive_first(terms)
    return reading


def _chain(
    graph: Graph, top: int, hidden: Callable[[int, int], bool]
) -> tuple[list[int], list[Term]]:
    """Return the nodes that a sum absorbs, and its terms from left to right."""
    gone: list[int] = []
    terms: list[Term] = []
    stack: list[Term] = [(1, top)]
    while stack:
        sign, x = stack.pop()
        parts = None
        if not isinstance(x, Constant) and (x == top or hidden(x, top)):
            parts = _parts(graph, x)
        if parts is None:
            if not (isinstance(x, Constant) and x.value == 0):
                terms.append((sign, x))
            continue
        if x != top:
            gone.append(x)  # type: ignore[arg-type]
        stack.extend((sign * s, part) for s, part in reversed(parts))
    return gone, terms


def _parts(graph: Graph, i: int) -> list[Term] | None:
    """Return the signed terms of an addition, subtraction or negation; None for other items."""
    op = graph.operation(i)
    if op is None or op.name not in ("add", "subtract", "negative", "multiply"):
        return None
    operands = graph.operands(i)
    numbers = [x.value for x in operands if isinstance(x, Constant)]
    if op.name == "negative":
        return [(-1, operands[0])]
    if op.name == "multiply":
        others = [x for x in operands if not isinstance(x, Constant)]
        return [(-1, others[0])] if numbers == [-1] else None
    # a constant term stays visible in a separate card: "+ 1" is a step that readers look for
    if any(x != 0 for x in numbers):
        return None
    first, second = operands
    return [(1, first), (1 if op.name == "add" else -1, second)]


def _positive_first(terms: list[Term]) -> list[Term]:
    if len(terms) == 2 and terms[0][0] < 0 < terms[1][0]:
        return terms[::-1]
    return terms
