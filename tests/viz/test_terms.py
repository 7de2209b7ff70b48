"""Sums of many terms: most of them share a card, except those that are used elsewhere."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, add_n, draw, sumprod
from autograd.viz import to_graphviz

from .pictures import parsed, random_graph


def folded(drawing):
    return [c for c in drawing.scene.cards.values() if c.kind == "fold"]


def products(n):
    return [Value(k / 10, label=f"w{k}") * Value(1.0, label=f"x{k}") for k in range(n)]


def names(drawing):
    return {c.name for c in drawing.scene.cards.values()}


def test_the_first_terms_and_the_last_are_drawn():
    loss = sum(products(120)).tanh()
    loss.backward()
    drawing = draw(loss)
    (card,) = folded(drawing)
    assert (card.name, card.count, card.parameters) == ("… 108 more terms", 324, 108)
    assert card.grad == max(abs(0.1 * k) for k in range(11, 119)) * (1 - loss.data**2)
    assert len(drawing.scene.cards) == 3 * 12 + 3
    assert {"w0", "x10", "w119"} <= names(drawing)
    assert not {"w11", "x118"} & names(drawing)
    assert "108 terms of v480 on one card (324 nodes): max_nodes=1200 shows them" in drawing.text()
    assert "v480 = v3 + v7 + " in drawing.text()
    assert " + v43 + … + v479  data" in drawing.text()
    assert "max_nodes=1200) opens it" in drawing.svg()
    (edge,) = [e for e in drawing.scene.edges if e.source == card.key]
    assert (edge.count, edge.slot, edge.slots) == (108, 11, 13)
    assert drawing.layout.height < 2000
    parsed(drawing.svg())


def test_all_terms_are_drawn_where_there_is_room():
    loss = sum(products(120))
    assert not folded(draw(loss, max_nodes=1200))
    assert not folded(draw(sum(products(25))))
    assert folded(draw(sum(products(26))))
    assert len(folded(draw(sum(products(12)), max_nodes=40))) == 1
    assert to_graphviz(loss).source.count(" -> ") == 2 * 120 + 120
    # fewer than so many shown terms are never folded, however small the picture
    assert not folded(draw(sum(products(8)), max_nodes=10))


def test_what_others_use_stays():
    w, named = Value(2.0, label="w"), Value(3.0, label="used twice")
    terms = [(w * k - 1) ** 2 for k in range(40)]
    loss = sum([*terms[:20], named, *terms[20:]]) * terms[30] + named
    drawing = draw(loss)
    (card,) = folded(drawing)
    assert card.count == 3 * (40 - 1 - 12)  # all but the term that is used again
    assert {"w", "used twice"} <= names(drawing)
    users = {e.target for e in drawing.scene.edges if e.source == card.key}
    assert len(users) == 1
    assert drawing.scene.cards[users.pop()].pill == "Σ 41"


def test_what_terms_share_stays():
    """One term occurs twice, first among those that are drawn; two terms use one node."""
    again, shared = Value(2.0).tanh(), Value(1.0) * 3.0
    first, second = products(20), products(20)
    drawing = draw(sum([again, *first, shared * 2, *second, again, shared * 5]))
    assert [c.count for c in folded(drawing)] == [3 * (10 + 20) + 1]
    pills = [c.pill for c in drawing.scene.cards.values()]
    assert [pills.count(p) for p in ("tanh", "× 3", "× 2", "× 5")] == [1, 1, 0, 1]


@pytest.mark.parametrize("kind", ["add_n", "stack", "sumprod", "subtracted", "arrays"])
def test_whatever_takes_many_operands(kind):
    w, x = ([Value(k / 7, label=f"{c}{k}") for k in range(50)] for c in "wx")
    total = {
        "add_n": lambda: add_n(products(50)),
        "stack": lambda: np.stack([a * b for a, b in zip(w, x, strict=True)]),
        "sumprod": lambda: sumprod(w, x, Value(1.0, label="bias")),
        "subtracted": lambda: Value(0.5, label="start") - sum(products(50)),
        "arrays": lambda: sum(Tensor(np.ones(3), True, label=f"t{k}") * 2 for k in range(50)),
    }[kind]()
    drawing = draw(total)
    (card,) = folded(drawing)
    assert card.name == f"… {39 if kind in ('subtracted', 'sumprod') else 38} more terms"
    shown = names(drawing)
    if kind == "sumprod":
        assert {"w0", "x0", "w10", "x10", "bias"} <= shown
        assert not {"w11", "x11", "w49"} & shown
    parsed(drawing.svg())


def test_terms_of_terms_and_a_sum_in_a_module():
    rows = [sum(products(30)).tanh() for _ in range(30)]
    drawing = draw(sum(rows))
    members = [i for c in drawing.scene.cards.values() for i in c.members]
    absorbed = 30 * 29 + 29  # the additions
    assert len(members) == len(set(members)) == drawing.scene.nodes - absorbed
    assert sorted(len(c.members) for c in folded(drawing)) == [3 * 18] * 12 + [18 * (3 * 30 + 2)]
    with autograd.scope("layer"):
        inner = sum(products(60))
    outer = inner * 2.0
    assert "layer" not in names(draw(outer))
    assert "… 48 more terms" in names(draw(outer))
    (card,) = folded(draw(outer, depth=0))

    assert (card.name, card.count, card.parameters) == (
        "layer",
        2 * 60 + 1,
        60,
    )


@pytest.mark.parametrize("seed", range(10))
def test_every_node_is_on_one_card(seed):
    rng = np.random.default_rng(seed)
    parts = [random_graph(seed + k, int(rng.integers(1, 12))) for k in range(40)]
    shared = parts[int(rng.integers(40))]
    loss = sum(parts) + shared * parts[0]
    nodes = sum(len(c.members) for c in draw(loss, max_nodes=10**9).scene.cards.values())
    for most in (20, 100, 250, 5000):
        scene = draw(loss, max_nodes=most).scene
        members = [i for c in scene.cards.values() for i in c.members]
        assert len(members) == len(set(members)) == nodes
        for e in scene.edges:
            assert e.source in scene.cards
            assert e.target in scene.cards


def test_terms_made_in_modules_stay_there():
    rows = []
    for k in range(30):
        with autograd.scope(f"sample{k}"):
            rows.append(Value(1.0, label=f"x{k}").tanh())
    drawing = draw(sum(rows), max_nodes=200)
    assert not [c for c in folded(drawing) if c.name.endswith("more terms")]
    assert {"sample0", "sample29"} <= {c.path for c in drawing.scene.cards.values()}
