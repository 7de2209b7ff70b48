"""Long drawings in rows: nothing overlaps, and lines turn from one row into the next."""

import itertools
import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor, Value, draw, scope, step_through
from autograd.viz.layout.layout import Frame, arrange
from autograd.viz.layout.rows import starts_of

from .test_layout import check_boxes, check_route, drawings


def rows_of(layout):
    """Return cards by row: a card begins one if it is left of the card before it."""
    rows = []
    for key in sorted(layout.cards):
        r = layout.cards[key]
        if not rows or r.x <= layout.cards[rows[-1][-1]].x:
            rows.append([])
        rows[-1].append(key)
    return rows


def chain(n, size=(100.0, 50.0)):
    return (
        Frame("", children=[*range(n)]),
        dict.fromkeys(range(n), size),
        {(k, k + 1): 0.0 for k in range(n - 1)},
    )


def test_a_chain_is_cut_into_rows_of_equal_length_that_fit():
    root, sizes, edges = chain(20)
    assert arrange(root, sizes, edges, room=3000.0).width == 20 * 100 + 19 * 40
    layout = arrange(root, sizes, edges, room=700.0)
    check_boxes(layout)
    rows = rows_of(layout)
    assert [len(row) for row in rows] == [5, 5, 5, 5]
    tops = [{layout.cards[k].y for k in row} for row in rows]
    assert all(len(top) == 1 for top in tops)
    assert all(min(b) > max(a) + 50 for a, b in itertools.pairwise(tops))


def test_a_line_turns_around_at_the_ends_of_two_rows():
    root, sizes, edges = chain(20)
    layout = arrange(root, sizes, edges, room=700.0)
    for before, after in itertools.pairwise(rows_of(layout)):
        route = layout.routes[before[-1], after[0]]
        a, b = layout.cards[before[-1]], layout.cards[after[0]]
        (right, above), (left, below) = route[2], route[3]
        assert above == below
        assert a.y + a.height < above < b.y
        assert right >= a.x + a.width
        assert left < b.x
        assert route[-1] == (b.x, b.y + b.height / 2)


@given(drawings(), st.sampled_from([120.0, 250.0, 400.0]))
@settings(max_examples=150, deadline=None)
def test_in_rows_nothing_overlaps_and_no_edge_crosses_a_card(drawing, room):
    root, sizes, edges, flat = drawing
    layout = arrange(root, sizes, edges, room=room)
    check_boxes(layout)
    assert set(layout.routes) == set(edges)
    for edge, route in layout.routes.items():
        check_route(layout, edge, route, flat)


def test_lines_that_turn_together_do_not_cross():
    """Chains side by side, which keep their order from row to row."""
    n, sizes, edges = 24, {}, {}
    for lane in "abc":
        sizes |= {(lane, k): (100.0, 50.0) for k in range(n)}
        edges |= {((lane, k), (lane, k + 1)): 0.0 for k in range(n - 1)}
    layout = arrange(Frame("", children=[*sizes]), sizes, edges, room=800.0)
    check_boxes(layout)
    turned = {}
    for edge, route in layout.routes.items():
        if len(route) > 4:
            turned.setdefault(edge[0][1], []).append(route)
    assert len(turned) >= 3
    for routes in turned.values():
        top, middle, bottom = sorted(routes, key=lambda route: route[0][1])
        heights = [route[2][1] for route in (top, middle, bottom)]
        assert heights == sorted(heights, reverse=True)
        assert top[2][0] > middle[2][0] > bottom[2][0]
        assert top[3][0] > middle[3][0] > bottom[3][0]
        assert top[-1][1] < middle[-1][1] < bottom[-1][1]


def test_rows_are_cut_where_little_crosses():
    crossing = [9 if k % 2 else 1 for k in range(30)]
    starts = starts_of([100.0] * 30, [50.0] * 30, crossing, 40.0, 1000.0)
    assert len(starts) > 3
    assert all(crossing[k - 1] == 1 for k in starts[1:])


def test_rows_are_not_cut_where_nothing_may_be_cut_or_too_much_crosses():
    widths, heights = [100.0] * 30, [50.0] * 30
    assert starts_of(widths, heights, [-1] * 30, 40.0, 900.0) == [0]
    assert starts_of(widths, heights, [40] * 30, 40.0, 900.0) == [0]
    assert starts_of(widths, [3000.0] * 30, [1] * 30, 40.0, 900.0) == [0]
    assert len(starts_of(widths, heights, [1] * 30, 40.0, 900.0)) > 3


def test_a_recurrent_net_of_many_steps_fits_a_page():
    rng = np.random.default_rng(0)
    w, u = (Tensor(rng.normal(size=(3, 3)), True, label=c) for c in "WU")
    h = Tensor(np.zeros((1, 3)), label="h0")
    with scope("rnn"):
        for _ in range(30):
            h = np.tanh(Tensor(np.ones((1, 3))) @ w + h @ u)
    drawing = draw(h.sum())
    assert drawing.layout.width < 1500
    assert drawing.layout.frames["rnn"].width < 1200
    assert draw(h.sum(), direction="TB").layout.width < 1400


def test_a_chain_of_values_is_walked_in_rows():
    v = Value(0.5, label="x")
    for _ in range(30):
        v = v.sin()
    whole = step_through(v).html()
    width = float(re.search(r'viewBox="0 0 (\d+) \d+"', whole)[1])
    assert width < 1400


def test_what_leads_backward_stays_in_its_row():
    root, sizes, edges = chain(40)
    layout = arrange(root, sizes, edges | {(17, 12): 0.0}, room=700.0)
    assert len(rows_of(layout)) > 4
    assert any({12, 13, 14, 15, 16, 17} <= set(row) for row in rows_of(layout))


def test_a_frame_is_not_cut_between_its_border_and_its_first_card():
    inner = Frame("f", "frame", ["wide", "next"])
    sizes = {"a": (90.0, 40.0), "wide": (30000.0, 40.0), "next": (90.0, 40.0), "z": (90.0, 40.0)}
    edges = {("a", "wide"): 0.0, ("wide", "next"): 0.0, ("next", "z"): 0.0}
    layout = arrange(Frame("", children=["a", inner, "z"]), sizes, edges, room=700.0)
    check_boxes(layout)
    wide, below = layout.cards["wide"], layout.cards["next"]
    assert below.y > wide.y + wide.height
    frame = layout.frames["f"]
    for edge, card in ((("a", "wide"), wide), (("next", "z"), below)):
        inside = [(x, y) for x, y in layout.routes[edge] if frame.y < y < frame.y + frame.height]
        within = [y for x, y in inside if frame.x < x < frame.x + frame.width]
        assert all(card.y <= y <= card.y + card.height for y in within)
