"""Graphs as arrays: what can be reached, what is needed, and levels. Next: `lines.py`.

A graph is a `Ragged`: for each node the nodes it needs. Wide graphs are walked by NumPy, a front
at a time; where fronts are narrow, node by node.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# Smaller fronts are walked node by node
WIDE = 32


class Ragged(NamedTuple):
    """Rows of different lengths: row i is ``flat[starts[i]:starts[i + 1]]``."""

    starts: Array
    flat: Array

    def places(self, rows: Array) -> Array:
        """Return the positions in ``flat`` of the entries of these rows, row after row."""
        first = self.starts[rows]
        counts = self.starts[rows + 1] - first
        if not counts.size:
            return np.empty(0, np.intp)
        length = int(counts[0])
        if (counts == length).all():
            places: Array = first[:, None] + np.arange(length)
            return places.ravel()
        ends = np.cumsum(counts)
        first -= ends
        first += counts
        found = np.repeat(first, counts)
        found += np.arange(int(ends[-1]))
        return found

    def take(self, rows: Array) -> Array:
        """Return the entries of these rows."""
        found: Array = self.flat[self.places(rows)]
        return found


def _views(*arrays: Any) -> list[Any]:
    """Return views with Python numbers as entries, which are fast to read one by one."""
    return [memoryview(x) for x in arrays]


def ragged(counts: Array, flat: Array) -> Ragged:
    """Return rows of these lengths."""
    starts = np.zeros(len(counts) + 1, np.intp)
    np.cumsum(counts, out=starts[1:])
    return Ragged(starts, flat)


def reach(graph: Ragged, root: int) -> Array:
    """Return the nodes that can be reached from the root, including the root, in order."""
    seen = np.zeros(len(graph.starts) - 1, bool)
    scratch = np.empty(len(seen), np.intp)
    seen[root] = True
    front = np.array([root], np.intp)
    while front.size:
        if front.size < WIDE:
            front = _reach_narrow(graph, front, seen)
            continue
        found = graph.take(front)
        found = found[~seen[found]]
        count = np.arange(found.size)
        scratch[found] = count
        front = found[scratch[found] == count]  # each once
        seen[front] = True
    return np.flatnonzero(seen)


def _reach_narrow(graph: Ragged, front: Array, seen: Array) -> Array:
    starts, flat, marks = _views(graph.starts, graph.flat, seen)
    stack: list[int] = front.tolist()
    while stack and len(stack) < 2 * WIDE:
        i = stack.pop()
        for k in range(starts[i], starts[i + 1]):
            j = flat[k]
            if not marks[j]:
                marks[j] = True
                stack.append(j)
    return np.array(stack, np.intp)


def sorted_by(*keys: Array) -> Array:
    """Return a stable order of nonnegative integers, by the first key, then by the next ones.

    All keys and the position, in the low bits, are sorted as one integer: NumPy sorts numbers
    several times faster than it computes an order.
    """
    n = len(keys[0])
    widths = [int(key.max(initial=0)).bit_length() for key in (*keys, np.array(n))]
    if sum(widths) > 63:
        order = sorted_by(*keys[1:])
        return order[sorted_by(keys[0][order])]
    kind = np.int32 if sum(widths) < 32 else np.int64  # short ones take half of the time
    both: Any = keys[0].astype(kind)
    for key, width in zip((*keys[1:], np.arange(n)), widths[1:], strict=True):
        both <<= width
        both |= key.astype(kind, copy=False)
    both.sort()
    both &= (1 << widths[-1]) - 1
    found: Array = both.astype(np.intp, copy=False)
    return found


def distinct(numbers: Array) -> Array:
    """Return the distinct ones of some nonnegative integers, in order."""
    return np.flatnonzero(np.bincount(numbers))


class Order(NamedTuple):
    """Nodes in parts, as many as the longest path has nodes; each needs only later parts.

    ``bounds`` are the limits of the parts, ``operands`` what each node needs.
    """

    nodes: Array
    bounds: Array
    operands: Ragged

    def upward(self) -> Iterator[tuple[Array, Array, Array]]:
        """Yield each part, the last one first: nodes, what they need, and where that of each is."""
        starts, flat = self.operands
        for end, start in pairwise(reversed(self.bounds.tolist())):
            first = starts[start:end]
            yield self.nodes[start:end], flat[first[0] : starts[end]], first - first[0]

    def steps(self) -> Array:
        """Return for each node which part it is in, counted from the end."""
        count = len(self.bounds) - 1
        return np.repeat(np.arange(count, 0, -1), np.diff(self.bounds))


def needed(graph: Ragged, computed: Array, wanted: Array) -> Order:
    """Return the computed nodes that are wanted, or needed by one that is."""
    # if the others need nothing, there is nothing to select
    alone = not np.diff(graph.starts)[~computed].any()
    flat = graph.flat if alone else graph.take(np.flatnonzero(computed))
    uses = np.bincount(flat, minlength=len(computed))
    uses[wanted] += 1
    uses[~computed] = flat.size + 2  # more than can be taken away
    _peel(graph, uses)  # what nothing needs
    uses[wanted] -= 1
    return _peel(graph, uses)


def _peel(graph: Ragged, uses: Array) -> Order:
    """Take away the nodes without uses, and their own uses of others, until all have uses.

    The count of those taken away is negative.
    """
    front = np.flatnonzero(uses == 0)
    uses[front] = -1
    nodes, sizes, operands = [front[:0]], [0], [front[:0]]
    while front.size:
        if front.size < WIDE:
            gone, front = _peel_narrow(graph, front, uses, sizes)
            nodes.append(gone)
            operands.append(graph.take(gone))
            continue
        nodes.append(front)
        sizes.append(front.size)
        met = graph.take(front)
        operands.append(met)
        np.subtract.at(uses, met, 1)
        met = met[uses.take(met) == 0]
        marks = ~np.arange(met.size)
        uses[met] = marks
        front = met[uses[met] == marks]  # each once
    found = np.concatenate(nodes)
    counts = graph.starts[found + 1] - graph.starts[found]
    return Order(found, np.cumsum(sizes), ragged(counts, np.concatenate(operands)))


def _peel_narrow(graph: Ragged, front: Array, uses: Array, sizes: list[int]) -> tuple[Array, Array]:
    """Do the same node by node; return the nodes taken away, and the first wide front."""
    starts, flat, left = _views(graph.starts, graph.flat, uses)
    nodes: list[int] = front.tolist()
    gone: list[int] = []
    while 0 < len(nodes) < 2 * WIDE:
        gone += nodes
        sizes.append(len(nodes))
        ready = []
        for i in nodes:
            for k in range(starts[i], starts[i + 1]):
                j = flat[k]
                left[j] = n = left[j] - 1
                if not n:
                    left[j] = -1
                    ready.append(j)
        nodes = ready
    return np.array(gone, np.intp), np.array(nodes, np.intp)


def levels(order: Order, size: int) -> Array:
    """Return for each of so many nodes one more than the highest level it needs, 0 if given."""
    found = np.zeros(size, np.intp)
    for nodes, needs, first in order.upward():
        found[nodes] = np.maximum.reduceat(found.take(needs), first) + 1
    return found
