"""Columns of a drawing: boxes come after their operands, and near their users."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, Value, draw
from autograd.viz.layout.columns import columns_of

NONE = frozenset()


def length(links, column):
    """Return how far it is from every box to the farthest that it feeds."""
    farthest = {}
    for u, v in links:
        farthest[u] = max(farthest.get(u, 0), column[v] - column[u])
    return sum(farthest.values())


def longest_paths(n, links):
    column = [0] * n
    for u, v in sorted(links):
        column[v] = max(column[v], column[u] + 1)
    fed = {v for _, v in links}
    for i in {u for u, _ in links} - fed:
        column[i] = min(column[v] for u, v in links if u == i) - 1
    return column


@given(st.data())
def test_links_run_forward_and_lanes_are_no_longer_than_need_be(data):
    n = data.draw(st.integers(1, 12))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    links = [(min(p), max(p)) for p in data.draw(st.lists(pairs, max_size=25)) if p[0] != p[1]]
    column = columns_of(n, links, NONE, NONE)
    assert all(column[u] < column[v] for u, v in links)
    assert set(column) == set(range(max(column) + 1))
    assert length(links, column) <= length(links, longest_paths(n, links))


def test_what_is_made_of_sources_stands_where_it_is_used():
    """A chain 0 .. 5; 6 and 7 are shared by the products 8 .. 11, each with a source of its own."""
    chain = [(i, i + 1) for i in range(5)]
    products = [(6, 8), (6, 9), (6, 10), (6, 11), (12, 8), (13, 9), (14, 10), (15, 11)]
    used = [(8, 2), (9, 3), (10, 4), (11, 5)]
    column = columns_of(16, chain + products + used, NONE, NONE)
    assert [column[i] for i in range(6)] == [0, 1, 2, 3, 4, 5]
    assert [column[i] for i in (8, 9, 10, 11)] == [1, 2, 3, 4]
    assert [column[i] for i in (12, 13, 14, 15)] == [0, 1, 2, 3]
    assert column[6] == 0


def test_wide_boxes_that_can_stand_in_one_column_do():
    """Queries, keys, values 1, 2, 3 of an input 0; scores 6, and 7 that needs both."""
    links = [(0, 1), (0, 2), (0, 3), (1, 4), (4, 6), (2, 5), (5, 8), (8, 6), (6, 7), (3, 7)]
    narrow = columns_of(9, links, NONE, NONE)
    wide = columns_of(9, links, NONE, NONE, [100, 300, 300, 300, *[100] * 5])
    assert [wide[i] for i in (1, 2, 3)] == [1, 1, 1]
    assert [narrow[i] for i in (1, 2, 3)] == [2, 1, 4]


def test_nothing_moves_where_nothing_is_gained():
    """2 feeds the last of a chain, and what it is made of feeds the first: one lane either way."""
    links = [(0, 1), (1, 3), (3, 4), (0, 2), (2, 4), (5, 4)]
    assert columns_of(6, links, NONE, NONE) == [0, 1, 1, 2, 3, 2]


def test_all_sources_of_a_box_move_along():
    chain = [(i, i + 1) for i in range(5)]
    column = columns_of(9, [*chain, (6, 8), (7, 8), (8, 5)], NONE, NONE)
    assert (column[6], column[7], column[8]) == (3, 3, 4)


@pytest.mark.parametrize("times", [2, 5])
def test_a_node_used_twice_by_the_same_moves_along(times):
    square = [(6, 7)] * times
    chain = [(i, i + 1) for i in range(5)]
    column = columns_of(8, [*chain, *square, (7, 5)], NONE, NONE)
    assert (column[6], column[7]) == (3, 4)


def test_a_recurrent_net_reads_from_its_first_step_to_its_last():
    rng = np.random.default_rng(0)
    w, u = (Tensor(rng.normal(size=(3, 3)), True, label=c) for c in "WU")
    h = Tensor(np.zeros((1, 3)), label="h0")
    for t in range(6):
        h = np.tanh(Tensor(np.ones((1, 3)), label=f"x{t}") @ w + h @ u)
    drawing = draw(h.sum(), direction="TB")
    place = {c.name: drawing.layout.cards[k].y for k, c in drawing.scene.cards.items()}
    inputs = [place[f"x{t}"] for t in range(6)]
    assert inputs == sorted(inputs)
    assert len(set(inputs)) == 6


def test_lines_of_what_is_subtracted_end_in_a_disc():
    a, b, c = (Value(float(k), label="abc"[k]) for k in range(3))
    for direction in ("LR", "TB"):
        drawing = draw(a * 2 - b * 3 + c, direction=direction)
        svg = drawing.svg()
        for edge in drawing.scene.edges:
            piece = svg[svg.index(f'id="{svg.split(chr(34))[3]}-{edge.id}"') :].partition("</g>")[0]
            assert ("a5.6 5.6 0 1 1" in piece) == (edge.sign < 0)
    assert sum(e.sign < 0 for e in drawing.scene.edges) == 1


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("count", [2, 6, 9])
def test_discs_of_many_subtracted_operands_are_apart(direction, count):
    y = Value(1.0, label="a")
    for k in range(count):
        y = y - Value(float(k), label=f"b{k}")
    svg = draw(y, direction=direction).svg()
    discs = re.findall(r'class="a" d="M([\d.]+) ([\d.]+)a([\d.]+) [\d.]+ 0 1 1', svg)
    assert len(discs) == count
    centres = sorted(float(x) if direction == "TB" else float(y) for x, y, _ in discs)
    radius = float(discs[0][2])
    assert min(b - a for a, b in itertools.pairwise(centres)) >= 2 * radius


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_line_ends_where_its_head_begins(direction):
    """The last point of a line is its farthest: what is cut out of a disc stays empty."""
    a, b, c = (Value(float(k), label="abc"[k]) for k in range(3))
    drawing = draw(a * 2 - b * 3 + c, direction=direction)
    lines = re.findall(r'<path class="e"[^>]* d="([^"]*)"', drawing.svg())
    assert len(lines) == len(drawing.scene.edges)
    for line in lines:
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", line)]
        along = numbers[0::2] if direction == "LR" else numbers[1::2]
        assert along[-1] == max(along)
