"""Graphs as arrays: what can be reached, and levels. Next: `lines.py`.

A graph is a `Ragged`: for each node the nodes it needs. Wide graphs are walked by NumPy, a front
at a time; where fronts are narrow, node by node.
"""

from __future__ import annotations

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


def sorted_by(keys: Array) -> Array:
    """Return a stable order of nonnegative integers.

    Each is sorted with its position in the low bits: NumPy sorts numbers several times faster than
    it computes an order.
    """
    return _sorted_with(keys, np.arange(len(keys)), len(keys))


def _sorted_with(keys: Array, others: Array, end: int) -> Array:
    """Return integers from 0 to below an end, in the order of keys, and then in their own."""
    bits = end.bit_length()
    short = int(keys.max(initial=0)).bit_length() + bits < 32
    kind = np.int32 if short else np.int64  # short integers are sorted in half of the time
    both: Any = keys.astype(kind)
    both <<= bits
    both |= others.astype(kind, copy=False)
    both.sort()
    both &= (1 << bits) - 1
    found: Array = both.astype(np.intp, copy=False)
    return found


def distinct(numbers: Array) -> Array:
    """Return the distinct ones of some nonnegative integers, in order."""
    return np.flatnonzero(np.bincount(numbers))


def users(graph: Ragged, nodes: Array) -> Ragged:
    """Return for each node the ``nodes`` that need it, once for every use."""
    taken = graph.starts[nodes + 1] - graph.starts[nodes]
    # if the others need nothing, there is nothing to select
    flat = graph.flat if taken.sum() == graph.flat.size else graph.take(nodes)
    owners = np.repeat(nodes, taken)
    counts = np.bincount(flat, minlength=len(graph.starts) - 1)
    return ragged(counts, _sorted_with(flat, owners, len(graph.starts)))


def levels(graph: Ragged, given: Array) -> Array:
    """Return for each node one more than the highest level it needs; 0 for those given."""
    found = np.zeros(len(given), np.intp)
    computed = np.flatnonzero(~given)
    waiting = np.zeros(len(given), np.intp)
    waiting[computed] = graph.starts[computed + 1] - graph.starts[computed]
    used_by = users(graph, computed)
    scratch = np.empty(len(given), np.intp)
    front, level = np.flatnonzero(waiting == 0), 0
    while front.size:
        if front.size < WIDE:
            front, level = _levels_narrow(used_by, front, level, waiting, found)
            continue
        level += 1
        met = used_by.take(front)
        np.subtract.at(waiting, met, 1)
        met = met[waiting[met] == 0]
        count = np.arange(met.size)
        scratch[met] = count
        front = met[scratch[met] == count]  # each once
        found[front] = level
    return found


def _levels_narrow(
    used_by: Ragged, front: Array, level: int, waiting: Array, found: Array
) -> tuple[Array, int]:
    starts, flat, left, levels = _views(*used_by, waiting, found)
    nodes: list[int] = front.tolist()
    while 0 < len(nodes) < 2 * WIDE:
        level += 1
        ready = []
        for i in nodes:
            for k in range(starts[i], starts[i + 1]):
                j = flat[k]
                left[j] = n = left[j] - 1
                if not n:
                    levels[j] = level
                    ready.append(j)
        nodes = ready
    return np.array(nodes, np.intp), level


def needed(graph: Ragged, level: Array, wanted: Array) -> Array:
    """Return whether each node is wanted, or needed by one that is."""
    live = np.zeros(len(level), bool)
    live[wanted] = True
    highest = int(level.max(initial=0))
    order = sorted_by(level)
    if highest * WIDE > len(level):
        _needed_narrow(graph, order[level[order] > 0], live)
        return live
    bounds = np.searchsorted(level[order], np.arange(highest + 2))
    for k in range(highest, 0, -1):
        here = order[bounds[k] : bounds[k + 1]]
        live[graph.take(here[live[here]])] = True
    return live


def _needed_narrow(graph: Ragged, order: Array, live: Array) -> None:
    starts, flat, marks = _views(graph.starts, graph.flat, live)
    for i in reversed(order.tolist()):
        if marks[i]:
            for k in range(starts[i], starts[i + 1]):
                marks[flat[k]] = True
