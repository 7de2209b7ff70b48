"""Layout: nothing overlaps, edges run forward and cross no card."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.viz.layout.layered import isotonic
from autograd.viz.layout.layout import Frame, arrange

from .pictures import points

SIZES = [(118.0, 60.0), (150.0, 92.0), (90.0, 40.0)]


@st.composite
def drawings(draw, cyclic=False):
    """Return frames in frames, card sizes, and edges, by default of a graph without cycles."""
    n = draw(st.integers(1, 14))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    found = draw(st.lists(pairs, max_size=30))
    edges = {p if cyclic else (min(p), max(p)): 0.0 for p in found if p[0] != p[1]}
    root = Frame("")
    frames = [root]
    for k in range(draw(st.integers(0, 3))):
        frame = Frame(f"f{k}", f"frame {k}")
        frames[draw(st.integers(0, k))].children.append(frame)
        frames.append(frame)
    flat = draw(st.booleans())
    for i in range(n):
        where = 0 if flat else draw(st.integers(0, len(frames) - 1))
        frames[where].children.append(i)
    return root, {i: SIZES[i % 3] for i in range(n)}, edges, flat


def overlap(a, b):
    return (
        a.x < b.x + b.width - 1e-6
        and b.x < a.x + a.width - 1e-6
        and a.y < b.y + b.height - 1e-6
        and b.y < a.y + a.height - 1e-6
    )


def inside(a, b):
    return (
        a.x >= b.x - 1e-6
        and a.y >= b.y - 1e-6
        and a.x + a.width <= b.x + b.width + 1e-6
        and a.y + a.height <= b.y + b.height + 1e-6
    )


def check_boxes(layout):
    for a, b in itertools.combinations(layout.cards.values(), 2):
        assert not overlap(a, b)
    for a, b in itertools.combinations(layout.frames.values(), 2):
        assert not overlap(a, b) or inside(a, b) or inside(b, a)
    for card, frame in itertools.product(layout.cards.values(), layout.frames.values()):
        assert not overlap(card, frame) or inside(card, frame)
    for r in [*layout.cards.values(), *layout.frames.values()]:
        assert r.x >= -1e-6
        assert r.y >= -1e-6
        assert r.x + r.width <= layout.width + 1e-6
        assert r.y + r.height <= layout.height + 1e-6


def check_route(layout, edge, route, crosses_none):
    """Check where a route from left to right begins and ends, and which cards it crosses."""
    a, b = (layout.cards[key] for key in edge)
    assert route[0] == pytest.approx((a.x + a.width, a.y + a.height / 2))
    assert route[-1] == pytest.approx((b.x, b.y + b.height / 2))
    for x, y in points(route) if crosses_none else ():
        for key, r in layout.cards.items():
            if key not in edge:
                across = r.x + 1e-6 < x < r.x + r.width - 1e-6
                assert not (across and r.y + 1e-6 < y < r.y + r.height - 1e-6)


@given(drawings(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_boxes_overlap_and_no_edge_crosses_a_card(drawing, vertical):
    root, sizes, edges, flat = drawing
    layout = arrange(root, sizes, edges, vertical=vertical)
    check_boxes(layout)
    for (u, v), route in layout.routes.items():
        a, b = layout.cards[u], layout.cards[v]
        if vertical:
            assert route[0] == pytest.approx((a.x + a.width / 2, a.y + a.height))
            assert route[-1] == pytest.approx((b.x + b.width / 2, b.y))
            continue
        check_route(layout, (u, v), route, flat)
        # without frames no links can run in circles: all of them go from left to right
        if flat:
            assert a.x + a.width < b.x
            assert all(p[0] <= q[0] + 1e-9 for p, q in itertools.pairwise(route))


@given(drawings(cyclic=True), st.sampled_from([120.0, 250.0, math.inf]))
@settings(max_examples=120, deadline=None)
def test_cycles_are_drawn_too(drawing, room):
    root, sizes, edges, _ = drawing
    layout = arrange(root, sizes, edges, room=room)
    check_boxes(layout)
    assert set(layout.routes) == set(edges)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.1, 5)), max_size=12))
def test_isotonic_regression_never_decreases_and_keeps_the_mean(pairs):
    wanted, weights = [p[0] for p in pairs], [p[1] for p in pairs]
    found = isotonic(wanted, weights)
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(found))
    mean = sum(w * x for w, x in zip(weights, wanted, strict=True))
    assert sum(w * x for w, x in zip(weights, found, strict=True)) == pytest.approx(mean, abs=1e-6)
    if all(a <= b for a, b in itertools.pairwise(wanted)):
        assert found == wanted


def test_deep_frames_do_not_recurse():
    root = frame = Frame("")
    for k in range(3000):
        inner = Frame(k + 1, "f")
        frame.children.append(inner)
        frame = inner
    frame.children += ["a", "b"]
    layout = arrange(root, {"a": SIZES[0], "b": SIZES[0]}, {("a", "b"): 0.0})
    assert layout.cards["a"].x < layout.cards["b"].x
    assert len(layout.frames) == 3000


def test_a_chain_runs_level_with_its_parameters_beside_it():
    chain, leaves = [f"z{k}" for k in range(12)], [f"w{k}" for k in range(1, 12)]
    sizes = {key: SIZES[0] for key in chain} | {key: (90.0, 150.0) for key in leaves}
    edges = {}
    for k in range(1, 12):
        edges[chain[k - 1], chain[k]], edges[leaves[k - 1], chain[k]] = -7.0, 7.0
    layout = arrange(Frame("", children=[*chain, *leaves]), sizes, edges)
    tops = [layout.cards[key].y for key in chain[1:]]
    assert max(tops) - min(tops) < SIZES[0][1] / 4
    assert layout.height < 1.5 * (SIZES[0][1] + 150.0)
