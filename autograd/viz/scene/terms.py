"""Sums of so many terms that most of them are drawn as one card. Next: `places.py`.

Drawn of a sum are its first terms and the last; between them one card stands for the others, with
all that goes into these terms alone. So it is with whatever else takes many operands, as a stack.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...ops import elementwise as ops
from ..graph.graph import Graph
from .sums import Reading


@dataclass(frozen=True)
class Terms:
    """Terms that one card stands for.

    ``of`` is the item that they are operands of, ``total`` the number of its terms, ``count`` the
    number on the card, and ``items`` all items of these, a term first.
    """

    of: int
    total: int
    count: int
    items: list[int]


def many_terms(graph: Graph, reading: Reading, where: list[str], most: int) -> list[Terms]:
    """Find items with more than ``most`` terms; ``where`` is the module of each item."""
    wide = [
        i
        for i, links in enumerate(graph.links)
        if len(reading.terms.get(i, links)) > most and i not in reading.absorbed
    ]
    uses = Counter(j for links in graph.links for j in links) if wide else Counter()
    found = (_between(graph, reading, where, uses, i, most) for i in wide)
    return [terms for terms in found if terms is not None]


def _between(
    graph: Graph, reading: Reading, where: list[str], uses: Counter[int], i: int, most: int
) -> Terms | None:
    """Return the terms between the first and the last of an item, if there are many.

    Only terms that nothing else uses, and that are in the module of the item, can be folded.
    """
    terms = _terms(graph, reading, i)
    own = Counter(j for term in terms for j in term)
    alone = {j for j, n in own.items() if uses[j] == n and where[j] == where[i]}
    some = [term for term in terms if any(j in alone for j in term)]
    if len(some) <= most:
        return None
    first = most // 2 - 1
    middle = some[first:-1]
    alone -= {j for term in (*some[:first], some[-1]) for j in term}
    stack = list(dict.fromkeys(j for term in reversed(middle) for j in term if j in alone))
    found: list[int] = []
    left = {j: 0 for j in stack}
    while stack:
        j = stack.pop()
        if j not in reading.absorbed:
            found.append(j)
        for k in reversed(graph.links[j]):
            left[k] = left.get(k, uses[k]) - 1
            if left[k] == 0 and where[k] == where[i]:
                stack.append(k)
    return Terms(i, len(terms), len(middle), found) if found else None


def _terms(graph: Graph, reading: Reading, i: int) -> list[tuple[int, ...]]:
    """Return the items of each term: one, or the two factors of a sum of products."""
    operands = reading.operands(graph, i)
    if graph.operation(i) is ops.sumprod:
        n = len(operands) // 2
        pairs = [*zip(operands[:n], operands[n : 2 * n], strict=True), *zip(operands[2 * n :])]
    else:
        pairs = [*zip(operands)]
    return [tuple(j for j in pair if type(j) is int) for pair in pairs]
