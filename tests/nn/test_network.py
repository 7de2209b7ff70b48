"""draw_network: what it shows is what the layers compute, and the model stays as it was."""

import io
import json
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.viz.theme import PALETTES, TINT, contrast, mixed
from nn.network_layout import RULES, shown_units
from nn.network_matrices import Style
from tests.seeds.networks import (
    CHEIN_UNITS,
    JAY_W,
    JAY_X,
    JAY_Y,
    chein_batch,
    chein_forward,
    chein_weights,
    dense_backward,
    dense_forward,
    half_squares,
    loop_backward,
    same,
    softmax_rows,
)

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).parent / "golden_network.txt"


def chein(n=8):
    weights = chein_weights()
    model = nn.MLP(CHEIN_UNITS, "sigmoid", "sigmoid", bias=False, rng=0)
    for layer, w in zip(model.layers[::2], weights, strict=True):
        layer.weight.data = w
    return model, weights, *chein_batch(n)


def jay():
    layers = []
    for name, activation in (("ij", nn.ReLU()), ("jk", nn.Sigmoid()), ("kl", nn.Softmax())):
        layer = nn.Linear(3, 3)
        layer.weight.data, layer.bias.data = JAY_W[name], np.ones(3)
        layers += [layer, activation]
    return nn.Sequential(*layers)


def small():
    model = nn.MLP([2, 3, 1], "tanh", init="ones", rng=0)
    model[0].weight.data = np.array([[0.5, -0.25, 0.0], [1.0, 2.0, -1.5]])
    return model


def parsed(drawing, theme="light"):
    return ET.fromstring(drawing.svg(theme))


def titles(drawing):
    return [t.text for t in parsed(drawing).iter(SVG + "title")]


def written(drawing):
    return ["".join(t.itertext()) for t in parsed(drawing).iter(SVG + "text")]


def edges(drawing):
    """Return the names of the weights that are drawn as edges."""
    kinds = ("ep", "en", "e0", "ex")
    paths = [p for p in parsed(drawing).iter(SVG + "path") if p.get("class") in kinds]
    return {p.find(SVG + "title").text.partition(" = ")[0]: p for p in paths}


# --------------------------------------------------------------------------------------------------
# Numbers


def test_all_numbers_of_the_network_of_the_first_seed():
    model, weights, x, y = chein()
    shown = nn.draw_network(model, x, targets=y, loss=nn.HalfSquaredError("sum")).network
    zs, outputs = chein_forward(weights, x)
    assert shown.n == 8
    assert shown.loss == pytest.approx(half_squares(outputs[-1], y))
    assert [layer.units for layer in shown.layers] == list(CHEIN_UNITS)
    same(shown.layers[0].o, x)
    deltas = loop_backward(weights, outputs, y)
    d = outputs[-1] - y
    for k in range(5, 0, -1):
        layer = shown.layers[k]
        same(layer.weight, weights[k - 1])
        same(layer.z, zs[k - 1])
        same(layer.o, outputs[k])
        same(layer.weight_grad, deltas[k - 1])
        same(layer.o_grad, d)
        upstream = d * outputs[k] * (1 - outputs[k])
        same(layer.z_grad, upstream)
        d = upstream @ weights[k - 1].T
        assert layer.activation == "σ"
        assert layer.bias is None
    same(shown.layers[0].o_grad, d)


def test_all_numbers_of_the_network_of_the_fourth_seed():
    shown = nn.draw_network(
        jay(), JAY_X, targets=JAY_Y, loss=lambda o, y: -(y * np.log(o)).sum()
    ).network
    assert shown.loss == pytest.approx(1.6172337500)
    same(shown.layers[1].z, [[1.35, 1.27, 1.8]])
    same(shown.layers[2].z, [[2.731, 2.76, 4.004]])
    same(shown.layers[3].o, [[0.1984468942, 0.2853555304, 0.5161975753]], 1e-9)
    same(shown.layers[3].bias_grad, [-0.8015531058, 0.2853555304, 0.5161975753], 1e-9)
    same(shown.layers[1].weight_grad[0], [0.0007246733, 0.0010938768, 0.0018501458], 1e-6)
    assert [x.activation for x in shown.layers] == ["", "ReLU", "σ", "softmax"]


class ByHand(nn.Module):
    """Products, sums and functions without a layer of nn."""

    def __init__(self, params):
        self.w1, self.b1, self.w2, self.b2 = map(nn.Parameter, params)

    def forward(self, x):
        return np.tanh(x @ self.w1 + self.b1) @ self.w2 + self.b2


def test_layers_written_by_hand_are_found_in_the_graph():
    rng = np.random.default_rng(3)
    params = [rng.normal(size=s) for s in ((4, 3), (3,), (3, 2), (2,))]
    x, y = rng.normal(size=(5, 4)), np.eye(2)[[0, 1, 1, 0, 1]]
    loss = nn.CrossEntropyLoss("sum")
    shown = nn.draw_network(ByHand(params), x, targets=y, loss=loss).network
    zs, outputs = dense_forward(params, x, np.tanh)
    grads = dense_backward(params, zs, outputs, y, lambda z: 1 - np.tanh(z) ** 2)
    for k in (1, 2):
        layer = shown.layers[k]
        same(layer.z, zs[k - 1])
        same(layer.weight_grad, grads[2 * k - 2])
        same(layer.bias_grad, grads[2 * k - 1])
    same(shown.layers[2].z_grad, softmax_rows(zs[-1]) - y)
    assert shown.layers[1].activation == "tanh"


def test_bias_as_a_row_equals_bias_as_a_vector():
    x = np.random.default_rng(0).normal(size=(6, 5))
    row = nn.MLP([5, 3, 2], "tanh", bias="column", rng=0)
    vector = nn.MLP([5, 3, 2], "tanh", rng=0)
    for a, b in zip(row.layers[::2], vector.layers[::2], strict=True):
        a.weight.data = np.vstack([b.weight.data, np.full(b.out_features, 0.3)])
        b.bias.data = np.full(b.out_features, 0.3)
    pair = [nn.draw_network(m, x, loss=lambda o: (o * o).sum()).network for m in (row, vector)]
    for a, b in zip(*(p.layers[1:] for p in pair), strict=True):
        assert a.in_weight
        assert not b.in_weight
        for name in ("weight", "bias", "weight_grad", "bias_grad", "z", "o_grad"):
            same(getattr(a, name), getattr(b, name))
    assert "(6, 5+1)" in written(nn.draw_network(row, x))


def test_a_network_of_values_equals_one_of_tensors():
    values = nn.scalar.MLP(3, [4, 2], activation="tanh", rng=0)
    tensors = nn.MLP([3, 4, 2], "tanh")
    for layer, neurons in zip(tensors.layers[::2], values.layers, strict=True):
        layer.weight.data = np.array([[w.data for w in n.w] for n in neurons.neurons]).T
        layer.bias.data = np.array([n.b.data for n in neurons.neurons])
    x, y = np.random.default_rng(1).normal(size=(2, 5, 3))
    y = y[:, :2]
    pair = [nn.draw_network(m, x, targets=y, loss=nn.MSELoss()).network for m in (values, tensors)]
    assert pair[0].loss == pytest.approx(pair[1].loss)
    for a, b in zip(*(p.layers for p in pair), strict=True):
        assert a.activation == b.activation
        for name in ("weight", "bias", "weight_grad", "bias_grad", "z", "o", "z_grad", "o_grad"):
            if getattr(b, name) is not None:
                np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-14)
                assert np.any(getattr(b, name)) or name == "bias"


def test_one_output_value_meets_targets_of_one_axis():
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    x, y = [[1.0, 2.0], [3.0, -1.0]], np.array([1.0, -1.0])
    shown = nn.draw_network(model, x, targets=y, loss=nn.MSELoss()).network
    assert shown.loss == pytest.approx(
        np.mean([(model(r).data - t) ** 2 for r, t in zip(x, y, strict=True)])
    )
    assert nn.draw_network(nn.scalar.Neuron(2, rng=0)).network.layers[1].units == 1


def test_gradients_of_the_last_backward_pass_are_shown_without_a_loss():
    model = small()
    x = np.array([[1.0, -2.0]])
    assert not nn.draw_network(model, x).network.has_gradients
    model(x).sum().backward()
    shown = nn.draw_network(model, x)
    same(shown.network.layers[1].weight_grad, model[0].weight.grad)
    assert shown.network.layers[1].z_grad is None
    assert "edges: gradient" in written(shown)
    assert "edges: gradient" in written(nn.draw_network(model))
    assert "edges: weight" in written(nn.draw_network(model, x, colour="weight"))


def test_frozen_parameters_have_no_gradient():
    model = small()
    model[0].requires_grad_(False)
    shown = nn.draw_network(model, np.ones((2, 2)), loss=lambda o: o.sum()).network
    assert shown.layers[1].weight_grad is None
    assert shown.layers[2].weight_grad is not None
    assert not model[0].weight.requires_grad


# --------------------------------------------------------------------------------------------------
# The model stays as it was


class Noisy(nn.Module):
    def __init__(self):
        self.rng = np.random.default_rng(5)
        self.calls = 0
        self.linear = nn.Linear(3, 2, rng=0)

    def forward(self, x):
        self.calls += 1
        return self.linear(x) * self.rng.normal(size=2)


def test_state_gradients_labels_and_generators_stay():
    model = Noisy()
    model.linear.weight.grad = np.full((3, 2), 7.0)
    labels = [p.label for p in model.parameters()]
    known = set(vars(model.linear))
    state = model.state_dict()
    generators = random.getstate(), model.rng.bit_generator.state, np.random.get_state()[1].copy()
    for options in ({}, {"batch": np.ones((4, 3))}):
        nn.draw_network(model, **options)
    nn.draw_network(model, np.ones((4, 3)), loss=lambda o: o.sum()).svg()
    assert model.calls == 0
    assert (model.linear.weight.grad == 7.0).all()
    assert model.linear.bias.grad is None
    assert [p.label for p in model.parameters()] == labels
    assert set(vars(model.linear)) == known
    assert model.training
    assert random.getstate() == generators[0]
    assert model.rng.bit_generator.state == generators[1]
    assert (np.random.get_state()[1] == generators[2]).all()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


def test_a_picture_is_of_its_time():
    model = small()
    drawing = nn.draw_network(model)
    before = drawing.network.layers[1].weight.copy()
    model[0].weight.data = np.zeros((2, 3))
    np.testing.assert_array_equal(drawing.network.layers[1].weight, before)


# --------------------------------------------------------------------------------------------------
# The picture


def test_every_weight_is_an_edge_with_its_numbers():
    model, weights, x, y = chein()
    drawing = nn.draw_network(
        model, x, targets=y, loss=nn.HalfSquaredError("sum"), names=range(95, 101)
    )
    assert len(edges(drawing)) == sum(w.size for w in weights)
    layer = drawing.network.layers[2]
    said = f"W_97[1,3] = {layer.weight[1, 3]:.4g}\n∂W_97[1,3] = {layer.weight_grad[1, 3]:.4g}"
    assert said.replace("-", "−") in titles(drawing)
    text = written(drawing)
    assert {"L95", "L100", "W97", "O96", "∂W97", "∂Z100", "(8, 5)", "(2, 4)"} <= set(text)
    assert {"Z = O @ W", "∂W = Oᵀ @ ∂Z", "σ · 4 units", "σ · 1 unit", "Loss"} <= set(text)


def test_colour_and_width_follow_sign_and_size():
    drawing = nn.draw_network(small())
    found = edges(drawing)
    assert found["W_1[0,0]"].get("class") == "ep"
    assert found["W_1[0,1]"].get("class") == "en"
    assert found["W_1[0,2]"].get("class") == "e0"
    widths = [float(found[f"W_1[1,{j}]"].get("stroke-width")) for j in (0, 2, 1)]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(3.5)
    assert "b_1[0]" in found


def test_layers_called_by_letters_name_weights_as_the_post_does():
    found = edges(nn.draw_network(jay(), names="ijkl"))
    assert {"W_i1j1", "W_k3l2", "b_l[0]"} <= set(found)
    assert "Wij" in written(nn.draw_network(jay(), names="ijkl"))


def test_samples_as_columns():
    model, _, x, _ = chein()
    drawing = nn.draw_network(model, x, layout="column", names=range(95, 101))
    text = written(drawing)
    assert {"(5, 8)", "(4, 2)", "Z = W @ O", "∂W = ∂Z @ Oᵀ"} <= set(text)
    assert "W_97[3,1]" in edges(drawing)
    assert "(8, 5)" not in text
    assert "@" not in text


def test_wide_layers_are_abbreviated():
    model = nn.MLP([784, 128, 10], rng=0)
    drawing = nn.draw_network(model, np.random.default_rng(0).random((32, 784)))
    text = written(drawing)
    assert {"⋮", "775 more", "119 more", "input · 784 units", "(784, 128)", "(32, 784)"} <= set(
        text
    )
    drawn = edges(drawing)
    assert {"W_1[0,0]", "W_1[783,127]", "W_2[127,9]"} <= set(drawn)
    assert "W_1[8,0]" not in drawn
    assert len(drawing.svg()) < 200_000


@pytest.mark.parametrize("most", [3, 4, 5, 10])
def test_units_left_out_are_counted(most):
    for count in (1, most, most + 1, 1000):
        slots = shown_units(count, most)
        units = [j for j in slots if j is not None]
        assert len(slots) == min(count, most)
        assert units == sorted(set(units))
        assert units[0] == 0
        assert units[-1] == count - 1
        assert (None in slots) == (count > most)


def test_other_modules_stand_as_bands():
    class Words(nn.Module):
        def __init__(self):
            self.embed, self.flat = nn.Embedding(20, 3, rng=0), nn.Flatten()
            self.first, self.norm = nn.Linear(6, 5, rng=0), nn.LayerNorm(5)
            self.drop, self.last = nn.Dropout(0.5, rng=3), nn.Linear(5, 4, rng=1)

        def forward(self, x):
            h = self.norm(self.first(self.flat(self.embed(x))))
            return self.last(self.drop(np.tanh(h)))

    x = np.random.default_rng(0).integers(0, 20, (6, 2))
    for model in (Words(), Words().eval()):
        shown = nn.draw_network(model, x)
        first, hidden, last = shown.network.layers
        assert [s.partition("(")[0] for s in first.stages] == ["Embedding", "Flatten"]
        assert [s.partition("(")[0] for s in hidden.stages] == ["LayerNorm", "Dropout"]
        assert hidden.activation == "tanh"
        assert last.stages == []
        assert any(t.startswith("Embedding(") for t in written(shown))
        assert any("LayerNorm(5) → tanh → Dropout(0.5)" in t for t in titles(shown))


def test_a_skip_connection_between_layers_of_one_width():
    class Residual(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(3, 3, rng=0), nn.Linear(3, 3, rng=1)

        def forward(self, x):
            h = np.tanh(self.a(x))
            return h + self.b(h)

    assert len(nn.draw_network(Residual(), np.ones((2, 3))).network.layers) == 3


def test_without_a_batch_shapes_are_written_with_n():
    text = written(nn.draw_network(small()))
    assert {"no batch", "(n, 2)", "(n, 3)", "∂Z1"} <= set(text)
    assert nn.draw_network(small()).network.layers[1].z is None


def test_one_layer_and_thirty():
    one = nn.draw_network(nn.Linear(1, 1), [[2.0]])
    assert len(edges(one)) == 2
    deep = nn.draw_network(nn.MLP([4] * 31, "tanh", rng=0), np.ones((2, 4)), loss=lambda o: o.sum())
    assert len(deep.network.layers) == 31
    assert deep._title == "Network 4-4-4-4-4-4-…-4-4, 31 layers"
    assert {"W_1[0,0]", "W_17[3,3]", "W_30[0,0]"} <= set(edges(deep))


def test_long_chains_are_abbreviated():
    drawing = nn.draw_network(nn.MLP([3] * 301, "tanh", bias=False, rng=0), np.ones((2, 3)))
    text = written(drawing)
    assert {"L0", "L36", "⋯ 262 more layers", "L299", "L300"} <= set(text)
    assert "L37" not in text
    assert len(edges(drawing)) == 9 * (36 + 1)
    assert len(drawing.text().splitlines()) == 302


def test_numbers_that_are_not_finite():
    model = small()
    model[0].weight.data = np.array([[np.nan, np.inf, 1.0], [0.0, 1.0, -np.inf]])
    with np.errstate(all="ignore"):
        drawing = nn.draw_network(model, np.ones((2, 2)))
    assert edges(drawing)["W_1[0,0]"].get("class") == "ex"
    assert "max |w| 1" in " ".join(written(drawing))


def test_float32_and_a_single_sample_and_a_tensor():
    model = nn.MLP([3, 2], dtype=np.float32, rng=0)
    x = Tensor(np.ones(3, np.float32))
    assert nn.draw_network(model, x, loss=lambda o: o.sum()).network.n == 1


def test_nothing_overlaps_in_a_band():
    model, _, x, y = chein()
    for drawing in (
        nn.draw_network(model, x, targets=y, loss=nn.MSELoss(), names=range(95, 101)),
        nn.draw_network(nn.MLP([784, 128, 10], "softplus", rng=0), layout="column"),
    ):
        frames = [
            tuple(float(r.get(a)) for a in ("x", "y", "width", "height"))
            for r in parsed(drawing).iter(SVG + "rect")
            if r.get("class").split()[0] in ("mw", "mo")
        ]
        width = float(parsed(drawing).get("width"))
        for k, (x0, y0, w0, h0) in enumerate(frames):
            assert 0 < x0
            assert x0 + w0 < width
            for x1, y1, w1, h1 in frames[k + 1 :]:
                assert x0 + w0 <= x1 or x1 + w1 <= x0 or y0 + h0 <= y1 or y1 + h1 <= y0


# --------------------------------------------------------------------------------------------------
# Text, files, safety


def golden():
    return nn.draw_network(small(), np.array([[1.0, 0.5], [0.0, -1.0]]), loss=lambda o: o.sum())


def test_the_svg_is_the_one_that_was_looked_at():
    drawn = golden()._drawn
    assert drawn.body + "\n" == GOLDEN.read_text(encoding="utf-8")
    assert golden().svg("dark") == golden().svg("dark")


def test_text():
    model, _, x, y = chein()
    text = nn.draw_network(model, x, targets=y, loss=nn.MSELoss(), names=range(95, 101)).text()
    lines = text.splitlines()
    assert lines[0].startswith("Network 5-2-4-3-3-1, batch n = 8, loss 0.")
    assert len(lines) == 7
    assert "W_97 (2, 4)" in lines[3]
    assert "‖∂W‖" in lines[3]


def test_notebooks_files_and_terminals(tmp_path):
    drawing = golden()
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert json.dumps(bundle)
    assert repr(drawing) == "<NetworkDrawing: Network 2-3-1>"
    assert drawing.text(2).splitlines()[-1] == "… 2 lines left out"
    for ending in (".svg", ".html", ".txt"):
        assert drawing.save(tmp_path / f"x{ending}").stat().st_size
    page = drawing.html()
    assert "<title>Network 2-3-1</title>" in page
    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    with pytest.raises(io.UnsupportedOperation, match="has no DOT form; save it as"):
        drawing.save(tmp_path / "x.dot")
    assert not (tmp_path / "x.dot").exists()


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_labels_cannot_break_out(theme):
    evil = "\"'><script>alert(1)</script>é𝛿\x00\ud800"
    model = small()
    model[0].weight.label = evil
    drawing = nn.draw_network(model, names=[evil, "日本", "&amp;"])
    assert ET.fromstring(drawing.svg(theme)) is not None
    assert "<script" not in drawing.svg(theme)
    assert "<script" not in drawing.html()
    assert "…" in " ".join(written(drawing))


def test_the_words_can_be_read_on_their_backgrounds():
    for palette in PALETTES.values():
        for ink, under in (
            ("ink", "bg"),
            ("mute", "bg"),
            ("param", "group"),
            ("ink", "group"),
            ("mute", "group"),
            ("input", "group"),
            ("accent", "group"),
            ("input", "bg"),
            ("accent", "bg"),
            ("opink", "op"),
        ):
            assert contrast(palette[ink], palette[under]) >= 4.5
        for sign in ("pos", "neg", "accent"):
            behind = mixed(palette[sign], palette["card"], TINT)
            assert contrast(palette["ink"], behind) >= 4.5
    assert "$" not in golden().svg("light").partition("</style>")[0]
    assert RULES.strip().splitlines()[0].startswith("S .L")


# --------------------------------------------------------------------------------------------------
# Refusals


class Branches(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)

    def forward(self, x):
        return self.a(x) * self.b(x)


class Reshaped(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(2, 6, rng=0), nn.Linear(3, 1, rng=1)

    def forward(self, x):
        return self.b(np.reshape(self.a(x), (-1, 3)))


class Pair(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)

    def forward(self, x):
        return self.a(x), x


class Holder(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)
        self.h = self.a(np.ones((1, 2)))

    def forward(self, x):
        return self.a(x)


class Scale(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(np.ones((2, 2)))

    def forward(self, x):
        return x * self.w


class TwoInputs(nn.Module):
    def __init__(self):
        self.a = nn.Linear(2, 2)

    def forward(self, x, y):
        return self.a(x + y)


class Misfit(nn.Module):
    def __init__(self):
        self.a, self.b = nn.scalar.Layer(2, 3), nn.scalar.Layer(2, 1)


X = np.ones((3, 2))
REFUSED = [
    (lambda: nn.draw_network(lambda x: x), TypeError, "draws an nn.Module, got function"),
    (lambda: nn.draw_network(Holder()), TypeError, "this Holder cannot be copied: a computed"),
    (lambda: nn.draw_network(Pair(), X), TypeError, "return one Tensor, Pair returned tuple"),
    (lambda: nn.draw_network(nn.ReLU()), ValueError, "found no layer in ReLU"),
    (lambda: nn.draw_network(nn.ReLU(), X), ValueError, "found no layer in ReLU"),
    (lambda: nn.draw_network(Scale(), X[:2]), ValueError, "found no layer in Scale"),
    (lambda: nn.draw_network(Branches(), X), ValueError, "draws chains of layers, and 'b' does"),
    (lambda: nn.draw_network(Reshaped(), X), ValueError, "6 units is followed by one of 3 inputs"),
    (lambda: nn.draw_network(TwoInputs()), ValueError, "could not run TwoInputs on a row of 2"),
    (lambda: nn.draw_network(Misfit()), ValueError, "a layer of 2 inputs follows one of 3 units"),
    (lambda: nn.draw_network(small(), np.ones((3, 5))), ValueError, "got x of shape"),
    (lambda: nn.draw_network(small(), ["a"]), ValueError, "rows of real numbers, got shape"),
    (lambda: nn.draw_network(small(), np.ones((0, 2))), ValueError, "rows of real numbers"),
    (
        lambda: nn.draw_network(nn.scalar.MLP(2, [1]), [[1.0, 2.0, 3.0]]),
        ValueError,
        r"rows of 2 numbers, got shape \(1, 3\)",
    ),
    (
        lambda: nn.draw_network(nn.scalar.MLP(2, [1]), [["a", "b"]]),
        ValueError,
        r"rows of 2 numbers, got shape \(1, 2\)",
    ),
    (lambda: nn.draw_network(small(), X, targets=X), ValueError, "targets without a loss"),
    (lambda: nn.draw_network(small(), loss=nn.MSELoss()), ValueError, "give batch= too"),
    (lambda: nn.draw_network(small(), X, loss=lambda o: o), ValueError, "got shape \\(3, 1\\)"),
    (lambda: nn.draw_network(small(), X, loss=lambda o: 1.0), ValueError, "got float; take"),
    (lambda: nn.draw_network(small(), X, colour="gradient"), ValueError, "no gradients to colour"),
    (
        lambda: nn.draw_network(small(), colour="red"),
        ValueError,
        "colour is 'weight' or 'gradient'",
    ),
    (lambda: nn.draw_network(small(), layout="x"), ValueError, "layout is 'row' or 'column', got"),
    (lambda: nn.draw_network(small(), max_units=2), ValueError, "max_units is a whole number"),
    (lambda: nn.draw_network(small(), names="ab"), ValueError, "2 names for 3 layers"),
    (lambda: nn.draw_network(small(), theme="red"), ValueError, "theme is 'auto', 'light' or"),
]


@pytest.mark.parametrize(("mistake", "error", "match"), REFUSED, ids=[r[2] for r in REFUSED])
def test_mistake(mistake, error, match):
    with pytest.raises(error, match=match):
        mistake()


def test_names_of_parts():
    numbers, letters = Style(False, False, 9, ("95", "96")), Style(False, False, 9, ("i", "j"))
    layer = nn.draw_network(nn.Linear(2, 2)).network.layers[1]
    assert numbers.layer(0) == "L95"
    assert letters.layer(0) == "i"
    assert numbers.entry(1, layer, 0, 1) == "W_96[0,1]"
    assert letters.entry(1, layer, 0, 1) == "W_i1j2"
