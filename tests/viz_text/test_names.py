"""Names are readable, and the same in pictures, lists, formulas and programs."""

import numpy as np
import pytest

import autograd as ag
import nn
import nn.scalar
from autograd import Tensor, Value
from autograd.viz import derive, draw, listing, step_through, stepper, to_numpy_source, why, zoom
from autograd.viz.graph.graph import collect

ONE_HOT = np.eye(2)[[0, 1, 1, 0]]


def classifier(**options):
    model = nn.MLP([3, 4, 2], "sigmoid", rng=0, **options)
    x = np.random.default_rng(1).normal(size=(4, 3))
    return ag.softmax_cross_entropy(model(x), ONE_HOT, 1 / 4), model


def names(root):
    graph = collect(root)
    return [graph.name(i) for i in range(len(graph))]


def test_layers_of_a_network_are_numbered():
    loss, _ = classifier()
    assert names(loss) == ["X", "W1", "b1", "Z1", "O1", "W2", "b2", "Z2", "y", "v8"]


def test_the_names_are_the_same_everywhere():
    loss, model = classifier()
    loss.backward()
    wanted = set(names(loss))
    first = listing(loss).splitlines()
    assert first[0].startswith("W1 = layers.0.weight")
    assert first[2].startswith("Z1 = X @ W1 + b1")
    assert {card.name for card in draw(loss).scene.cards.values()} == wanted
    assert {unit["name"] for unit in step_through(loss).data["units"]} == wanted
    assert {step.name for step in stepper(loss).recording.nodes} == wanted - {"X", "y"}
    weight = model.parameters()[0]
    text = derive(loss, weight).text()
    assert "∂L/∂W₁ = Xᵀ    @ ∂L/∂Z₁" in text
    assert "where Z₁ = X @ W₁ + b₁\n" in text
    assert "where W₂ = layers.2.weight" in text
    assert why(weight, loss)[0].names == ("W1", "Z1", "O1", "Z2", "v8")
    source = to_numpy_source(loss)
    assert "    # W1 is layers.0.weight\n" in source
    assert "    O1 = sigmoid(Z1)\n" in source
    assert "W1[0,0]" in {v.label for v in zoom(loss)[weight].flat}


def test_numbers_of_unlabelled_nodes_agree():
    x = Tensor(np.ones((2, 3)), True, label="x")
    c = np.arange(6.0).reshape(2, 3)
    u = (x * c + np.exp(x * 2)) * np.sin(x + c) * np.tanh(x * x - c)
    loss = (u**2).sum() + u.sum()
    shared = collect(loss).name(collect(loss).index[u.node])
    assert f"{shared} = " in listing(loss)
    digits = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    assert f"∂L/∂{shared.translate(digits)} = " in derive(loss, x).text()
    assert f"    {shared} = " in to_numpy_source(loss)


def test_labels_of_the_user_come_first():
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Tanh())
    h = model.layers[0](np.ones((1, 3)))
    h.label = "h"
    o = model.layers[1](h)
    w = Tensor(np.ones((2, 1)), True, label="W1")
    loss = (o @ w).sum()
    assert "h" in names(loss)
    assert names(loss).count("W1") == 1


def test_second_item_of_one_label_is_numbered():
    a, b, c = Value(1.0, label="h"), Value(2.0, label="h"), Value(3.0, label="h_2")
    loss = a * b * c
    assert sorted(names(loss)[:2] + names(loss)[3:4]) == ["h", "h_2", "h_3"]


def test_stepper_knows_labels_and_short_names():
    loss, _ = classifier()
    s = stepper(loss)
    assert s.to("layers.0.weight").event.target == "W1"
    assert s.gradient("layers.0.weight") is not None
    assert s.back(100).break_on("layers.2.bias").run().event.target == "b2"


def test_scalar_networks_take_the_numbers_of_the_path():
    model = nn.scalar.MLP(2, [2, 1], rng=0)
    out = model([1.0, 2.0])
    loss = (out[0] if isinstance(out, list) else out) ** 2
    found = names(loss)
    for name in ("w_0_1_0", "b_0_1", "z_0_1", "o_0_1", "w_1_0_1"):
        assert name in found
    text = derive(loss, model.parameters()[0])
    assert "w₀,₀,₀" in text.text()
    assert "w_{0,0,0}" in text.latex()


@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "relu", "softplus", "gelu", "silu", "elu"])
def test_activations_are_called_o(kind):
    function = getattr(nn.functional, kind, None) or getattr(ag, kind, None)
    if function is None:
        pytest.skip(f"there is no {kind}")
    model = nn.MLP([3, 4, 2], function if kind in ("gelu", "silu", "elu") else kind, rng=0)
    x = np.random.default_rng(0).normal(size=(4, 3))
    loss = ag.softmax_cross_entropy(model(x), ONE_HOT)
    graph = collect(loss)
    o = graph.items[names(loss).index("O1")]
    inner = model.layers[1](model.layers[0](x))
    np.testing.assert_array_equal(graph.data(graph.index[o]), inner.data)


def test_a_normalisation_is_a_layer_of_its_own():
    model = nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 2, rng=1)
    )
    x = np.random.default_rng(0).normal(size=(4, 3))
    loss = (model(x) ** 2).mean()
    found = names(loss)
    assert "O1" not in found
    assert [n for n in found if n[0] in "ZO"] == ["Z1", "Z2", "O2", "Z3"]


def test_a_layer_that_is_called_twice_has_no_single_z():
    model = nn.Linear(3, 3, rng=0)
    net = nn.Sequential(model, nn.Tanh())
    x = np.ones((2, 3))
    loss = net(net(x)).sum()
    assert "W1" in names(loss)
    assert "Z1" not in names(loss)


def test_a_penalty_on_the_weights_changes_no_name():
    loss, model = classifier()
    plain = [n for n in names(loss) if n[0] != "v"]
    loss = loss + 0.1 * sum((w**2).sum() for w in model.parameters())
    assert [n for n in names(loss) if n[0] != "v"] == plain


def test_a_label_that_is_an_expression_gets_parentheses_in_formulas():
    w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(6.0, label="b")
    product = w * x
    product.label = "w*x"
    total = product + b
    total.label = "w*x + b"
    o = total.tanh()
    o.label = "(o)"
    text = derive(o, w).text()
    assert "∂(o)/∂(w*x + b) = tanh′((w*x + b))" in text.replace("  ", " ")
    assert "∂(o)/∂(w*x) = ∂(o)/∂(w*x + b)" in text
    assert r"\partial \mathrm{(w*x + b)}" in derive(o, w).latex()
    plain = Value(1.0, label="log-likelihood")
    assert "∂L/∂log-likelihood" in derive_of(plain)


def derive_of(x):
    loss = x * x
    loss.label = "L"
    return derive(loss, x).text()


def test_a_label_of_several_lines_stays_in_one():
    a = Value(2.0, label="two\nlines")
    b = a * a
    b.label = "and\ta tab"
    c = b.tanh()
    for text in (derive(c, a).text(), str(why(a, c)), derive(c, b).latex(), draw(c).text()):
        assert "two lines" in text or "and a tab" in text
        assert "two\nlines" not in text
        assert "\t" not in text
