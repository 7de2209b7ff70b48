"""Folding: modules, runs of equal modules, the ends of chains; and the notes about it."""

import sys
from contextlib import ExitStack

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, scope
from autograd.viz import draw
from autograd.viz.scene import folding

from .pictures import chain, network, parsed


def kinds(drawing, kind):
    return [c for c in drawing.scene.cards.values() if c.kind == kind]


def shown(drawing):
    """Return how many nodes all cards together stand for."""
    return sum(len(c.members) for c in drawing.scene.cards.values())


def test_deepest_modules_fold_first():
    loss = network((4, 8, 8, 4))
    drawing = draw(loss)
    folds = kinds(drawing, "fold")
    assert len(folds) == 20
    assert {c.path for c in folds} == {"layer0", "layer1", "layer2"}
    assert all(c.parameters in (5, 9) for c in folds)
    assert len(drawing.scene.cards) <= 250
    fewer = draw(loss, max_nodes=12)
    assert {c.name for c in kinds(fewer, "fold")} >= {"layer0", "layer1", "layer2"}
    assert "20 modules folded" in drawing.text()
    assert "expand='layer0.neuron0'" in drawing.text()
    parsed(drawing.svg())


def test_unfolding():
    loss = network((4, 8, 8, 4))
    everything = draw(loss, max_nodes=10_000)
    assert not kinds(everything, "fold")
    one = draw(loss, expand="layer1.neuron3")
    assert "layer1.neuron3" not in {c.key for c in kinds(one, "fold")}
    assert any(c.path == "layer1.neuron3" for c in kinds(one, "param"))
    assert len(kinds(one, "fold")) == 19
    assert not kinds(draw(loss, depth=2), "fold")
    assert {c.name for c in kinds(draw(loss, depth=0), "fold")} == {
        *("layer0", "layer1", "layer2", "loss")
    }
    assert len(kinds(draw(loss, depth=1), "fold")) == 20
    with pytest.raises(ValueError, match="no module 'layer9' in this graph; there are 'layer0'"):
        draw(loss, expand=["layer9"])
    with pytest.raises(ValueError, match="outside every module"):
        draw(Value(1.0) * 2, expand="x")


def test_equal_neighbours_become_one_card():
    loss = network((4, 12, 2))
    (row,) = [c for c in kinds(draw(loss, depth=1, max_nodes=8), "fold") if c.times > 1]
    assert (row.times, row.name, row.parameters) == (12, "neuron0 … neuron11", 60)
    assert "× 12" in draw(loss, max_nodes=40).svg()
    x = Value(1.0, label="x")
    for k in range(12):
        with autograd.scope(f"blocks.{k}"):
            x = (x * 2).tanh() + x
    drawing = draw(x, max_nodes=20)
    (row,) = kinds(drawing, "fold")
    assert (row.times, row.count, row.name) == (12, 36, "blocks.0 … blocks.11")


def test_every_node_is_shown_or_counted():
    loss = network((4, 8, 8, 4))
    for options in ({}, {"max_nodes": 30}, {"max_nodes": 2}, {"depth": 0}, {"depth": 1}):
        drawing = draw(loss, **options)
        absorbed = drawing.scene.nodes - shown(drawing)
        assert 0 <= absorbed < 150
        members = [i for c in drawing.scene.cards.values() for i in c.members]
        assert len(members) == len(set(members))


def test_folded_gradient_is_the_largest_inside():
    loss = network((4, 8, 8, 4))
    whole, folded = draw(loss, max_nodes=10_000), draw(loss)
    for c in kinds(folded, "fold"):
        inside = [
            x.strength for x in whole.scene.cards.values() if f"{x.path}." == f"{c.path}.{c.name}."
        ]
        assert c.grad == pytest.approx(max(inside))


def test_modules_of_nn():
    model = nn.MLP([5, 4, 3])
    loss = autograd.softmax_cross_entropy(model(np.ones((2, 5))), np.eye(3)[[0, 1]])
    loss.backward()
    drawing = draw(loss)
    weights = [c for c in drawing.scene.cards.values() if c.label.endswith(".weight")]
    assert [c.name for c in weights] == ["W1", "W2"]
    assert [c.path for c in weights] == ["layers.0", "layers.2"]
    scalar = nn.scalar.MLP(2, [3, 1], rng=0)([1.0, 2.0])
    drawing = draw(scalar[0] if isinstance(scalar, list) else scalar, depth=1)
    assert {"neurons.0", "neurons.1", "neurons.2"} <= {c.name for c in kinds(drawing, "fold")}


def test_a_module_used_again_and_again():
    h = Value(0.5, label="h")
    w = Value(0.9, label="w")
    for _ in range(5):
        with autograd.scope("cell"):
            h = (h * w).tanh()
        h = h + 1
    drawing = draw(h)
    parsed(drawing.svg())
    assert len(drawing.scene.edges) == 20
    parsed(draw(h, depth=0).svg())


@pytest.mark.parametrize("n", [300, 50_000])
def test_a_chain_keeps_its_end_and_its_names(n):
    drawing = draw(chain(n))
    (ghost,) = kinds(drawing, "ghost")
    assert ghost.name == f"… {ghost.count:,} earlier nodes"
    assert ghost.count + len(drawing.scene.cards) - 1 == n + 1
    assert len(drawing.scene.cards) <= 250
    assert any(c.name == "start" for c in drawing.scene.cards.values())
    assert any("earlier nodes not drawn" in note for note in drawing.scene.notes)
    assert len(drawing.svg()) < 300_000


def test_a_million_nodes():
    limit = sys.getrecursionlimit()
    drawing = draw(chain(1_000_000))
    assert "… 999," in drawing.svg()
    assert "1,000,001 nodes" in drawing.text()
    assert sys.getrecursionlimit() == limit


def test_many_leaves_at_the_root():
    total = sum(Value(float(i), label=f"w{i}") ** 2 for i in range(2000))
    total.backward()
    drawing = draw(total)
    assert len(drawing.scene.cards) <= 251
    parsed(drawing.svg())
    t = Tensor(np.ones(3), requires_grad=True)
    y = t
    for _ in range(2000):
        y = y * 1.001
    assert len(draw(y.sum()).scene.cards) <= 251


def deep(levels):
    """Return a chain of which every part is in a scope within that of the part before."""
    v = Value(0.5, label="x")
    with ExitStack() as stack:
        for k in range(levels):
            stack.enter_context(scope(f"s{k}"))
            v = v.sin()
    return v


@pytest.mark.parametrize("most", [1, 2, 7, 19, 20, 21, 40])
def test_no_more_levels_are_folded_than_need_be(most):
    loss = deep(20)
    cards = draw(loss, max_nodes=most).scene.cards
    shown = {
        depth: len(draw(loss, max_nodes=10**6, depth=depth).scene.cards) for depth in range(20)
    }
    whole = len(draw(loss, max_nodes=10**6).scene.cards)
    fits = [n for n in (*shown.values(), whole) if n <= most]
    assert len(cards) == max(fits, default=min(shown.values()))


def test_many_levels_are_not_folded_one_by_one(monkeypatch):
    calls = []
    fill = folding._fill
    monkeypatch.setattr(folding, "_fill", lambda *a: calls.append(1) or fill(*a))
    scene = draw(deep(400), max_nodes=100).scene
    assert len(scene.cards) == 100
    assert len(calls) < 30
    assert all(len(note) < 200 for note in scene.notes)
