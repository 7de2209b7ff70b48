"""step_through: the orders in which a graph may be walked, and graphs that are folded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, add_n, draw, step_through, sumprod
from autograd.viz.graph.graph import collect
from autograd.viz.stepping.orders import MOST, compare, counted

from .pictures import chain, network, neuron, random_graph
from .walks import number, passes, unit

# --------------------------------------------------------------------------------------------------
# Orders


def by_recursion(root, seed):
    """Return gradients and visits of the three recursions that people write, unabridged."""
    carried, again, once, visits = {}, {root: seed}, {root: seed}, {}

    def carry(node, g):
        carried[node] = carried.get(node, 0.0) + g
        visits[node] = visits.get(node, 0) + 1
        for p, c in pulled(node, g):
            carry(p, c)

    def pulled(node, g):
        return zip(node.parents, node.local_derivative(g), strict=True)

    def push(node, held):
        for p, c in pulled(node, held[node]):
            held[p] = held.get(p, 0.0) + c

    def each_path(node):
        push(node, again)
        for p in node.parents:
            each_path(p)

    seen = set()

    def each_once(node):
        seen.add(node)
        push(node, once)
        for p in node.parents:
            if p not in seen:
                each_once(p)

    carry(root, seed)
    each_path(root)
    each_once(root)
    return carried, again, once, visits


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_orders_do_as_the_recursions_do(seed):
    loss = random_graph(seed, 4)
    graph = collect(loss)
    orders = compare(graph, 1.0)
    carried, again, once, visits = by_recursion(loss, 1.0)
    assert orders.paths == {graph.index[n]: k for n, k in visits.items()}
    assert orders.visits == sum(visits.values())
    for node, i in graph.index.items():
        assert orders.once[i] == pytest.approx(once[node], rel=1e-9, abs=1e-12)
        if orders.again is not None:
            assert orders.again[i] == pytest.approx(again[node], rel=1e-9, abs=1e-12)
    loss.backward()
    for node, g in carried.items():
        # carrying along every path is right, which is what makes the count worth knowing
        assert node.grad == pytest.approx(g, rel=1e-9, abs=1e-12)


def test_where_the_naive_order_goes_wrong():
    a, f = Value(2.0, label="a"), Value(-2.0, label="f")
    d = a * 3
    d.label = "d"
    loss = d * f + d * d
    loss.label = "L"
    data = step_through(loss).data["orders"]
    # d first hears of f alone: -2, or of its square alone; in full it is f + 2 d = 10
    assert data["early"]["name"] == "d"
    assert (data["early"]["arrived"], data["early"]["uses"]) == (1, 3)
    assert (data["early"]["held"], data["early"]["full"]) == ("−2", "10")
    assert (data["early"]["target"], data["early"]["wrong"], data["early"]["right"]) == (
        "a",
        "−6",
        "30",
    )
    row = next(r for r in data["rows"] if r["right"] == "30")
    assert row["onceWrong"]
    assert row["againWrong"]
    assert row["paths"] == "3"


def test_a_tree_is_right_in_every_order():
    data = step_through(neuron()).data["orders"]
    assert "early" not in data
    assert data["wrong"] == [0, 0]
    assert data["visits"] == data["nodes"] == "10"


def test_a_diamond_of_depth_60():
    v = Value(1.0, label="x")
    for _ in range(60):
        v = v + v
    walk = step_through(v)
    rows = walk.data["orders"]["rows"]
    assert rows[-1]["paths"] == "2^60"
    assert walk.data["orders"]["visits"] == counted(2**61 - 1) == "2.31e+18"
    assert number(walk, unit(walk, "x")["gradient"]) == 2.0**60
    assert walk.data["orders"]["tried"] == [True, False]


def test_counts_have_an_end():
    v = Value(1.0)
    for _ in range(5000):
        v = v * 0.5 + v * 0.5
    orders = compare(collect(v), 1.0)
    assert orders.visits == MOST
    assert counted(orders.visits) == "more than 2^4095"
    assert counted(3**700) == "1e+333"


# --------------------------------------------------------------------------------------------------
# Large graphs


def test_a_long_chain_is_folded():
    walk = step_through(chain(100_000))
    assert walk.scene.nodes == 100_001
    assert len(walk) < 200
    assert any("earlier nodes not drawn" in n for n in walk.data["notes"])
    assert len(walk.html()) < 500_000
    start = unit(walk, "start")
    assert number(walk, start["gradient"]) == pytest.approx(1.0000001**100_000)
    assert walk.data["orders"]["tried"] == [False, False]


def test_modules_are_folded():
    loss = network((3, 4, 4, 1))
    walk = step_through(loss, depth=0)
    assert [u["name"] for u in walk.data["units"] if u["kind"] == "fold"]
    inside = sum(s.get("inside", 0) + len(s.get("passes", ())) for s in walk.steps)
    assert inside == sum(len(n.parents) for n in collect(loss).items)
    assert any(" in layer" in p["name"] for p in passes(walk))


WIDE = {
    "sumprod": sumprod,
    "add_n": lambda w, x: add_n([a * b for a, b in zip(w, x, strict=True)]),
    "stack": lambda w, x: np.sum(np.stack([a * b for a, b in zip(w, x, strict=True)])),
}


@pytest.mark.parametrize("kind", WIDE)
def test_most_terms_of_a_wide_operation_are_one_card_as_in_the_drawing(kind):
    w, x = ([Value(k / 70 + i, label=f"{c}{k}") for k in range(50)] for i, c in enumerate("wx"))
    loss = WIDE[kind](w, x) * 2.0
    walk, drawn = step_through(loss), draw(loss, max_nodes=120).scene.cards.values()
    assert [u["id"] for u in walk.data["units"]] == [c.id for c in drawn]
    assert number(walk, unit(walk, "w1")["gradient"]) == pytest.approx(2 * x[1].data)
    moves = sum(s.get("inside", 0) + len(s.get("passes", ())) for s in walk.steps)
    assert moves == sum(len(n.parents) for n in collect(loss).items)
    # nothing is computed where only leaves are folded
    (fold,) = [k for k, u in enumerate(walk.data["units"]) if u["kind"] == "fold"]
    computed = [s["unit"] for s in walk.steps if s["kind"] == "forward"]
    assert (fold in computed) == (kind != "sumprod")


def test_moves_past_the_limit_are_made_at_once():
    loss = network((2, 3, 1))
    walk = step_through(loss, max_steps=3)
    assert sum(s["kind"] == "backward" for s in walk.steps) == 3
    end = walk.steps[-1]
    made = len(passes(walk))
    assert end["left"] == sum(len(n.parents) for n in collect(loss).items) - made
    graph = collect(loss)
    for u in walk.data["units"]:
        g = graph.items[int(u["id"][1:])].grad
        assert number(walk, u["gradient"]) == pytest.approx(g)
