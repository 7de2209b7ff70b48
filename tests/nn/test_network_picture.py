"""draw_network: what the picture shows of numbers and layers, and how it is drawn."""

import io
import itertools
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.viz.elements.theme import PALETTES, TINT, contrast, mixed
from nn.drawing.layout import RULES
from nn.drawing.positions import shown_units

from .networks import SVG, chein, jay, parsed, small, written

GOLDEN = Path(__file__).parent / "golden_network.txt"


def titles(drawing):
    return [t.text for t in parsed(drawing).iter(SVG + "title")]


def edges(drawing):
    """Return the names of the weights that are drawn as edges."""
    kinds = ("ep", "en", "e0", "ex")
    paths = [p for p in parsed(drawing).iter(SVG + "path") if p.get("class") in kinds]
    return {p.find(SVG + "title").text.partition(" = ")[0]: p for p in paths}


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


def test_long_names_are_whole_above_the_layers_and_have_room_there():
    names = ["the inputs", "the first hidden layer", "the outputs"]
    drawing = nn.draw_network(small(), names=names)
    found = written(drawing)
    assert set(names) <= set(found)
    texts = ET.fromstring(drawing.svg()).iter("{http://www.w3.org/2000/svg}text")
    heads = {e.text: float(e.get("x")) for e in texts if e.get("x")}
    places = [heads[name] for name in names]
    for (a, b), pair in zip(itertools.pairwise(places), itertools.pairwise(names), strict=True):
        assert b - a > sum(map(len, pair)) * 8.0 / 2


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


@pytest.mark.parametrize("number", [1.0, np.nan, np.inf])
def test_the_colour_of_what_is_not_finite_is_explained(number):
    model = nn.MLP([2, 3, 1], rng=0)
    model[0].weight.data[0, 0] = number
    with np.errstate(all="ignore"):
        drawing = nn.draw_network(model, np.ones((4, 2)))
    assert ("nan or inf" in written(drawing)) == (not np.isfinite(number))


class Residual(nn.Module):
    """Three layers, of which two have a shortcut past them."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(4, 4, rng=k) for k in range(3))

    def forward(self, x):
        h = self.a(x).tanh()
        z = self.b(h)
        return self.c(z.tanh() + x) * h + z


def shortcuts(drawing):
    return [[(s.source, s.symbol, s.stage) for s in x.shortcuts] for x in drawing.network.layers]


def test_shortcuts_say_where_they_come_from():
    batch, targets = np.ones((3, 4)), np.zeros((3, 4))
    drawing = nn.draw_network(Residual(), batch, targets=targets, loss=nn.MSELoss())
    assert shortcuts(drawing) == [[], [], [(0, "O", 0)], [(1, "O", 0), (2, "Z", 1)]]
    rows = drawing.text().splitlines()[1:]
    assert rows[2].endswith("add O_0")
    assert rows[3].endswith("multiply O_1, add Z_2")
    assert not rows[1].endswith("O_0")
    svg = drawing.svg()
    assert svg.count('class="sc"') == 3
    assert "shortcut: add O_0 of L2 takes O_0 too" in svg
    assert "∂ by shortcuts" in svg
    plain = nn.draw_network(nn.MLP([4, 4, 4], rng=0), batch).svg()
    assert 'class="sc"' not in plain
    assert "by shortcuts" not in plain


def test_shortcuts_run_above_each_other_from_their_layer_to_their_band():
    svg = nn.draw_network(Residual(), np.ones((3, 4))).svg()
    found = []
    for line, head in re.findall(r'class="sc" d="([^"]+)"/><path class="sh" d="M([0-9.]+)', svg):
        start, top = re.match(r"M([0-9.]+) [0-9.]+V([0-9.]+)", line).groups()
        found.append((float(start), float(head), float(top)))
    units = sorted({float(x) for x in re.findall(r'class="u" cx="([0-9.]+)"', svg)})
    assert len(found) == 3
    assert len({top for *_, top in found}) == 3
    for start, end, _ in found:
        near = [k for k, x in enumerate(units) if abs(x - start) < 14]
        assert len(near) == 1
        assert units[near[0] + 1] < end


def test_a_shortcut_from_a_layer_left_out_has_its_name():
    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(2, 2, rng=k) for k in range(60)]

        def forward(self, x):
            kept = None
            for k, layer in enumerate(self.layers):
                x = layer(x).tanh()
                kept = x if k == 45 else kept
            return x + kept

    drawing = nn.draw_network(Deep(), np.ones((1, 2)))
    assert shortcuts(drawing)[60] == [(46, "O", 0)]
    assert "add O_46" in drawing.svg()
    assert drawing.svg().count('class="sc"') == 1


def test_a_shortcut_ends_at_its_band_whatever_the_names_of_bands_left_out():
    class ScaledByALearnedNumber(nn.Module):
        def forward(self, x):
            return x * 2.0

    class Long(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.long = nn.Linear(2, 2, rng=0), ScaledByALearnedNumber()

        def forward(self, x):
            return np.exp(self.long(np.cos(np.sin(self.a(x) + x))))

    svg = nn.draw_network(Long(), np.ones((1, 2))).svg()
    (head,) = re.findall(r'class="sh" d="M([0-9.]+) ([0-9.]+)', svg)
    bands = re.findall(r'<rect class="st" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)"', svg)
    assert len(bands) == 4
    x, y, width = map(float, bands[0])
    assert x < float(head[0]) < x + width
    assert float(head[1]) == pytest.approx(y, abs=0.1)
