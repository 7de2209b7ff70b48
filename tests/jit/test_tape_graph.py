"""Graphs as arrays, against the same walks written as loops."""

import numpy as np
import pytest

from autograd.jit.tape.graph import (
    WIDE,
    distinct,
    levels,
    needed,
    ragged,
    reach,
    sorted_by,
)
from autograd.jit.tape.lanes import LANES, classes


def random_graph(seed):
    """Return rows of earlier nodes: wide ones, narrow ones and chains."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 600))
    back = int(rng.choice([2, 20, 600]))
    rows = []
    for i in range(n):
        low = max(0, i - back)
        many = 0 if i < 3 else int(rng.integers(0, 4))
        rows.append(rng.integers(low, i, many).tolist() if i else [])
    flat = [j for row in rows for j in row]
    return rows, ragged(np.array(list(map(len, rows)), np.intp), np.array(flat, np.intp))


@pytest.mark.parametrize("seed", range(30))
def test_walks_equal_loops(seed):
    rows, graph = random_graph(seed)
    n = len(rows)
    # some nodes are given, whatever they need
    given = np.array([not row for row in rows]) | (np.arange(n) % 17 == 5)
    level, wanted = [0] * n, {n - 1, n // 2}
    live = {i for i in wanted if not given[i]}
    for i in reversed(range(n)):
        if i in live:
            live.update(j for j in rows[i] if not given[j])
    for i in sorted(live):
        level[i] = 1 + max(level[j] for j in rows[i])
    found = needed(graph, ~given, np.array([*wanted, n - 1]))
    assert set(found.nodes.tolist()) == live
    assert len(found.nodes) == len(live)
    assert len(found.bounds) - 1 == max(level)
    assert levels(found, n).tolist() == level
    assert [found.operands.take(np.array([k])).tolist() for k in range(len(live))] == [
        rows[i] for i in found.nodes
    ]
    for steps in (found.steps(), levels(found, n)[found.nodes]):
        step = dict(zip(found.nodes.tolist(), steps.tolist(), strict=True))
        assert all(step[i] > step.get(j, 0) for i in live for j in rows[i])

    met, stack = {n - 1}, [n - 1]
    while stack:
        new = set(rows[stack.pop()]) - met
        met |= new
        stack += new
    assert reach(graph, n - 1).tolist() == sorted(met)


def test_wide_layers_are_reached_each_node_once():
    rng, wide = np.random.default_rng(0), 8 * WIDE
    # a layer needs some of the layer before it, the root half of the last one
    rows = [[] for _ in range(wide)]
    for first in range(0, 4 * wide, wide):
        rows += rng.integers(first, first + wide, (wide, 2)).tolist()
    rows.append(list(range(4 * wide, 5 * wide, 2)))
    graph = ragged(np.array(list(map(len, rows))), np.array([j for row in rows for j in row]))
    met = {5 * wide}
    for i in reversed(range(len(rows))):
        if i in met:
            met.update(rows[i])
    assert wide < len(met) < 5 * wide
    assert reach(graph, 5 * wide).tolist() == sorted(met)


def test_a_long_chain():
    n = 50_000
    graph = ragged(np.array([0] + [1] * (n - 1)), np.arange(n - 1))
    given = np.arange(n) == 0
    assert reach(graph, n - 1).size == n
    found = needed(graph, ~given, np.array([n - 2]))
    assert found.nodes.tolist() == list(range(n - 2, 0, -1))
    assert found.steps().tolist() == levels(found, n)[found.nodes].tolist() == found.nodes.tolist()


@pytest.mark.parametrize("highest", [3, 70_000, 2**40])
def test_order_of_small_integers(highest):
    keys = np.random.default_rng(0).integers(0, highest, 1000)
    assert sorted_by(keys).tolist() == np.argsort(keys, kind="stable").tolist()
    first, second = np.random.default_rng(1).integers(0, [5, 9], (1000, 2)).T
    # together they fit in one integer, or do not
    wanted = np.lexsort((keys, second, first)).tolist()
    assert sorted_by(first, second, keys).tolist() == wanted
    wanted = np.lexsort((second, keys % 7 + keys, keys)).tolist()
    assert sorted_by(keys, keys % 7 + keys, second).tolist() == wanted


def test_distinct_integers():
    numbers = np.random.default_rng(0).integers(0, 50, 30)
    assert distinct(numbers).tolist() == sorted(set(numbers.tolist()))
    assert distinct(numbers[:0]).tolist() == []


@pytest.mark.parametrize("size", [0, 1, 9, 200, 3000])
def test_classes_stand_by_code_size_and_first_number(size):
    rng = np.random.default_rng(size)
    code = rng.integers(0, 4, size)
    h = rng.integers(0, size // 8 + 1, size).astype(np.uint64) << np.uint64(40)
    order, lengths = classes(code, h)
    members = {}
    for i, name in enumerate(zip(code.tolist(), h.tolist(), strict=True)):
        members.setdefault(name, []).append(i)
    large = {i: found for found in members.values() if len(found) >= LANES for i in found}
    # small classes of a code are one, with length 0
    keys = [(c, len(large.get(i, ())), large.get(i, [0])[0]) for i, c in enumerate(code.tolist())]
    assert order.tolist() == sorted(range(size), key=lambda i: (keys[i], i))
    assert lengths.tolist() == [keys[i][1] for i in order]
