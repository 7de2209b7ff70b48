"""draw: the content of cards, the formats, and that the graph is not changed."""

import copy
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Tensor, Value
from autograd.viz import draw, draw_dot, listing, to_graphviz
from autograd.viz.elements.theme import PALETTES, TINT, contrast, mixed

from .pictures import ids, network, neuron, parsed, random_graph, tensors


def cards(root, **options):
    return list(draw(root, **options).scene.cards.values())


def card(root, name, **options):
    (found,) = [c for c in cards(root, **options) if c.name == name]
    return found


# --------------------------------------------------------------------------------------------------
# Cards


def test_a_neuron_before_and_after_backward():
    o = neuron()
    before = draw(o)
    assert {c.note for c in before.scene.cards.values()} == {"not yet"}
    assert "no backward pass yet" in before.scene.notes
    o.backward()
    after = draw(o)
    assert [c.name for c in after.scene.cards.values()] == "x1 w1 v3 x2 w2 v6 b n o".split()
    assert card(o, "w1").kind == card(o, "b").kind == "param"
    assert card(o, "x1").kind == "input"
    assert card(o, "n").pill == "Σ 3"
    assert card(o, "n").formula == "v3 + v6 + b"
    assert card(o, "o").is_root
    assert card(o, "o").grad == 1.0
    assert card(o, "w1").grad == pytest.approx(2 * (1 - np.tanh(0.88) ** 2))
    # the first picture shows what was, not what is
    assert before.scene.cards[0].grad is None


def test_constants_stand_in_the_pill():
    x = Value(3.0, label="x")
    for y, pill in [
        (x * 3, "× 3"),
        (3 - x, "3 −"),
        (x - 3, "− 3"),
        (x**2, "**2"),
        (1 / x, "1 /"),
        (x + -1.5, "+ (−1.5)"),
        (x**-1.0, "**(−1)"),
        (-2 * x, "× (−2)"),
    ]:
        assert [c.name for c in cards(y)] == ["x", "v2"]
        assert card(y, "v2").pill == pill


def test_differences_and_sums_read_as_written():
    a, b, c = (Value(v, label=n) for v, n in zip((1.0, 2.0, 3.0), "abc", strict=True))
    for y in (a - b, a + -b, a + (-1) * b, a + b * -1, -b + a):
        found = [x for x in cards(y) if x.kind == "op"]
        assert [(x.pill, x.formula) for x in found] in ([("−", "a − b")], [("−", "a - b")])
    y = a - b - c + a * a
    assert card(y, "v7").formula == "a − b − c + v6"
    assert card(sum([a, b, c]), "v6").pill == "Σ 3"
    # what has a name, or is used twice, stays
    d = a + b
    d.label = "d"
    assert [x.name for x in cards(d + c)] == ["a", "b", "d", "c", "v5"]
    e = a + b
    assert len(cards((e + c) * e)) == 6


def test_x_times_x_shows_two_edges():
    x = Value(3.0, label="x")
    drawing = draw(x * x)
    assert len(drawing.scene.edges) == 2
    assert ids(drawing.svg(), "e") == ["e0", "e1"]
    ends = re.findall(r'class="a" d="M([\d.]+ [\d.]+)', drawing.svg())
    assert len(set(ends)) == 2


def test_tensor_cards():
    loss = tensors()
    w = card(loss, "W")
    assert (w.kind, w.shape, w.dtype, w.path) == ("param", (3, 2), "float64", "hidden")
    assert w.data.cells == ((0.1, 0.2), (0.3, 0.2), (0.4, 0.3))
    assert w.data.norm == pytest.approx(np.linalg.norm([0.1, 0.2, 0.3, 0.2, 0.4, 0.3]))
    assert w.grad.shape == (3, 2)
    x = card(loss, "x")
    assert (x.kind, x.note, x.grad) == ("input", "no gradient", None)
    svg = draw(loss).svg()
    assert ">3×2</text>" in svg
    assert ">hidden</text>" in svg


def test_thumbnails_are_block_means():
    a = np.arange(24.0 * 36).reshape(24, 36)
    t = Tensor(a, requires_grad=True, label="t")
    found = card(t.sum(), "t").data
    means = a.reshape(12, 2, 12, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found.cells, means)
    for shape in [(0,), (0, 3), (1,), (13,), (2, 3, 4, 5), (500, 2)]:
        t = Tensor(np.ones(shape), requires_grad=True)
        y = t.sum()
        y.backward()
        parsed(draw(y).svg())


def test_not_finite_numbers_stand_out():
    x = Value(0.0, label="x")
    y = 1 / x + x * float("nan")
    y.backward()
    svg = draw(y).svg()
    parsed(svg)
    assert ">inf</text>" in svg
    assert ">nan</text>" in svg
    t = Tensor([np.nan, np.inf, 1.0], requires_grad=True)
    parsed(draw(t.sum()).svg())
    parsed(draw(Tensor(np.full((9, 9), np.nan), requires_grad=True).sum()).svg())


@pytest.mark.parametrize("number", [1.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(), (2, 2), (30, 30)])
def test_the_colour_of_what_is_not_finite_is_explained(number, shape):
    x = Tensor(np.full(shape, 1.0), requires_grad=True)
    with np.errstate(all="ignore"):
        y = x * number
    bad = not np.isfinite(number)
    svg = draw(y).svg()
    assert (">nan or inf<" in svg) == bad
    # beside that swatch: four numbers, or one path for all cells; a lone number is not coloured
    cells = {(): 0, (2, 2): 4, (30, 30): 1}[shape]
    assert svg.count('class="x"') == bad * (1 + cells)


@pytest.mark.parametrize("gradient", [0.0, 2.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(), (2, 2)])
def test_graphviz_gets_the_colour_of_what_is_not_finite_too(gradient, shape):
    x = Tensor(np.ones(shape), requires_grad=True)
    (x * 1.0).backward(np.full(shape, gradient))
    colour = mixed(PALETTES["light"]["accent"], PALETTES["light"]["card"], TINT)
    assert (colour in draw(x).dot().source) == (not np.isfinite(gradient))


def test_the_caption_says_how_arrays_are_shaded():
    t = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="t")
    said = "shaded by their own largest entry"
    assert said in draw(t.sum()).svg()
    assert said not in draw(Value(2.0) * 3).svg()
    # in each array the largest entry has the full colour, whatever there is in others
    full = f'fill-opacity="{TINT:.2f}"'
    assert draw((t * 1e-9 * (t * 1e9)).sum()).svg().count(full) == 4


def test_empty_arrays_say_so():
    e, f = Tensor(np.zeros((0, 3)), True, label="e"), Tensor(np.zeros((3, 2)), True, label="f")
    y = (e @ f).sum()
    y.backward()
    # data and gradient of e and of e @ f
    assert draw(y).svg().count(">empty</text>") == 4


def test_arrays_that_are_no_nodes_are_drawn_once():
    a = np.ones((2, 3))
    t = Tensor(np.ones((2, 3)), requires_grad=True, label="t")
    found = cards((t * a + a).sum())
    assert [c.kind for c in found].count("const") == 1


def test_large_arrays_are_computed_again_and_stale_leaves_said():
    t = Tensor(np.ones((60, 60)), requires_grad=True, label="t")
    y = ((t * 2) * 3).sum()
    assert card(y, "v2").data.cells[0][0] == 2.0
    t.data -= 1.0
    found = draw(y)
    assert any("a leaf changed" in note for note in found.scene.notes)
    assert "not kept" in found.text()
    parsed(found.svg())


def test_nothing_of_the_graph_changes():
    loss = network()
    before = (listing(loss), loss.grad, loss.label)
    text = draw(loss).svg()
    loss.backward()
    assert draw(loss).svg() != text  # leaves added their gradients up
    loss2 = network()
    draw(loss2).html()
    assert before == (listing(loss2), loss2.grad, loss2.label)


def test_what_cannot_be_drawn():
    with pytest.raises(TypeError, match="needs a Value, a Tensor or a Node, got int"):
        draw(3)
    x = Tensor([1.0], requires_grad=True)
    y = (x * 2).sum()
    y.backward(release=True)
    with pytest.raises(RuntimeError, match="released"):
        draw(y)
    for options, match in [
        ({"max_nodes": 0}, "max_nodes is a whole number"),
        ({"max_nodes": True}, "max_nodes is a whole number"),
        ({"depth": -1}, "depth is a whole number"),
        ({"direction": "RL"}, 'direction is "LR" or "TB"'),
        ({"theme": "pink"}, 'theme is "auto", "light" or "dark"'),
        ({"engine": "neato"}, 'engine is "auto", "builtin" or "dot"'),
    ]:
        with pytest.raises(ValueError, match=match):
            draw(Value(1.0), **options)
    assert len(cards(Value(1.0))) == 1
    assert len(cards(Tensor(1.0))) == 1


# --------------------------------------------------------------------------------------------------
# Text


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_pictures_of_random_graphs(seed):
    root = random_graph(seed)
    if seed % 2:
        root.backward()
    drawing = draw(root, direction=("LR", "TB")[seed % 3 == 0])
    svg = drawing.svg("auto")
    assert svg == draw(root, direction=drawing.direction).svg("auto")
    tree = parsed(svg)
    every = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(every) == len(set(every))
    assert len(ids(svg, "e")) == len(drawing.scene.edges)
    assert len(ids(svg, "n")) == len(drawing.scene.cards)
    # an edge for every use, but for those inside sums
    absorbed = drawing.scene.nodes - len(drawing.scene.cards)
    uses = drawing.scene.uses
    assert len(drawing.scene.edges) == uses - absorbed


def test_the_same_program_gives_the_same_text():
    code = (
        "from tests.viz.pictures import network, tensors; from autograd.viz import draw\n"
        "for r in (network(), tensors()):\n"
        "    d = draw(r); print(d.html(), d.text(), d.dot().source, sep='\\n')"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(p for p in sys.path if p)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    (text,) = texts
    assert not re.search(r"0x[0-9a-f]{6,}", text)


def test_two_pictures_on_a_page_do_not_share_styles_or_ids():
    a, b = draw(neuron())._repr_mimebundle_(), draw(tensors())._repr_mimebundle_()
    every = [set(re.findall(r'id="([^"]+)"', m["text/html"])) for m in (a, b)]
    assert every[0]
    assert not every[0] & every[1]
    for bundle in (a, b):
        scope = re.search(r'class="(glass-\w+)" role', bundle["text/html"])[1]
        for sheet in re.findall(r"<style>(.*?)</style>", bundle["text/html"], re.S):
            rules = re.sub(r"@media\([^)]*\)", "", sheet)
            for selector in re.findall(r"([^{}]+)\{[^{}]+\}", rules):
                assert scope in selector


NASTY = [
    "</script><b>&",
    "\"quotes' `",
    "∂L/∂W₁ 日本 🎉",
    "]]>",
    "a\x00b\x1f",
    "\ud800",
    "{x|y}\\n",
    "%s",
]


@pytest.mark.parametrize("name", NASTY)
def test_labels_are_harmless(name):
    x = Value(1.0, label=name)
    with autograd.scope(name.replace(".", "")):
        y = x * 2
    y.label = name + "!"
    drawing = draw(y)
    tree = parsed(drawing.svg())
    said = "".join(tree.itertext())
    assert name.translate({0: 0xFFFD, 0x1F: 0xFFFD, 0xD800: 0xFFFD}) in said
    page = drawing.html()
    assert "<b>" not in page
    assert "</script" not in page
    json.dumps(drawing._repr_mimebundle_()).encode()
    drawing.dot().source.encode()
    drawing.text().encode()


def test_mime_bundle():
    bundle = draw(network())._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert "var(" in bundle["text/html"]
    assert "var(" not in bundle["image/svg+xml"]
    assert "prefers-color-scheme" not in bundle["image/svg+xml"]
    parsed(bundle["image/svg+xml"])
    assert bundle["text/plain"].count("\n") <= 61
    for text in bundle.values():
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "<script" not in text


def test_text_has_a_limit():
    root = random_graph(3, size=150)
    text = draw(root).text(20)
    assert len(text.splitlines()) == 22
    assert "lines left out" in text
    assert repr(draw(root)).startswith("<Drawing of ")
    assert str(draw(neuron())).splitlines()[-1].startswith("o = tanh(n)")


def test_themes():
    drawing = draw(neuron())
    light, dark = drawing.svg("light"), drawing.svg("dark")
    assert PALETTES["light"]["ink"] in light
    assert PALETTES["dark"]["ink"] in dark
    assert "$" not in light + dark
    assert PALETTES["dark"]["bg"] in draw(neuron(), theme="dark").html()
    for page in (drawing.html(), draw(neuron(), theme="dark").html()):
        assert page.startswith("<!doctype html>")


@pytest.mark.parametrize("theme", PALETTES)
def test_contrast_of_text(theme):
    c = PALETTES[theme]
    pairs = [("opink", "op")]
    pairs += [(ink, under) for ink in ("ink", "mute") for under in ("bg", "card", "group")]
    pairs += [("param", "card"), ("input", "card"), ("mute", "group")]
    for ink, under in pairs:
        assert contrast(c[ink], c[under]) >= 4.5, (ink, under)
    for tint in ("pos", "neg", "accent"):
        for under in ("card", "group"):
            assert contrast(c["ink"], mixed(c[tint], c[under], TINT)) >= 4.5, tint
    # marks that are not text
    for mark in ("pos", "neg", "param", "input"):
        assert contrast(c[mark], c["card"]) >= 2.5, mark
    for under in ("bg", "card", "group"):
        assert contrast(c["line"], c[under]) >= 3, under
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


# --------------------------------------------------------------------------------------------------
# Graphviz's language


def test_dot_text():
    graph = draw_dot(neuron(), rankdir="TB")
    assert graph.format == "svg"
    assert "rankdir=TB" in graph.source
    source = draw(network()).dot().source
    nodes = re.findall(r"^\s*(n\d+) \[", source, re.M)
    assert sorted(nodes, key=lambda n: int(n[1:])) == [f"n{i}" for i in range(len(nodes))]
    assert set(re.findall(r"#\w+", source)) <= set(re.findall(r"#[0-9a-f]{6}\b", source))
    assert "subgraph cluster_0" in source
    x = Value(3.0, label="x")
    assert to_graphviz(x * x).source.count("n0 -> n1") == 2
    assert len(re.findall("->", to_graphviz(network()).source)) > 60


def test_listing():
    a = Value(2.0, label="a")
    b = Value(2.0, label="a")
    assert listing(a * b + 1).splitlines() == [
        "a             data 2  grad 0",
        "a_2           data 2  grad 0",
        "v3 = a * a_2  data 4  grad 0",
        "v4 = v3 + 1   data 5  grad 0",
    ]
    c = Value(1.0, label="v2")
    assert [line.split()[0] for line in listing((a + 1) * c).splitlines()] == [
        "a",
        "v2′",
        "v2",
        "v4",
    ]


def test_what_others_call_showing_says_what_shows_a_picture():
    drawing = draw(Value(1.0) * 2.0)
    for name in ("show", "render", "view", "savefig"):
        with pytest.raises(AttributeError, match=rf"no attribute '{name}'; in a notebook it shows"):
            getattr(drawing, name)
        assert not hasattr(drawing, name)
    with pytest.raises(AttributeError, match=r"no attribute 'svag'$"):
        drawing.svag  # noqa: B018
    assert copy.copy(drawing).svg() == drawing.svg()


def test_a_model_is_told_what_draws_it():
    with pytest.raises(TypeError, match=r"got MLP; of a model, nn\.draw_network draws the layers"):
        draw(nn.MLP([2, 1], rng=0))
    with pytest.raises(TypeError, match=r"got float$"):
        draw(3.0)


def test_a_label_of_several_lines_is_one_line_of_text():
    a = Value(1.0, label="the first\nweight")
    rows = draw(a * 2).text().splitlines()
    assert [row.split("  ")[0] for row in rows[1:]] == [
        "the first weight",
        "v2 = the first weight * 2",
    ]


def test_slices_of_small_arrays_are_printed_under_their_indices():
    x = Tensor(np.arange(12.0).reshape(2, 2, 3), requires_grad=True, label="x")
    svg = draw(x.sum()).svg()
    texts = re.findall(r">([^<>]+)</text>", svg)
    first, second = texts.index("[0, :, :]"), texts.index("[1, :, :]")
    assert texts[first + 1 : second] == ["0", "1", "2", "3", "4", "5"]
    assert texts[second + 1 : second + 7] == ["6", "7", "8", "9", "10", "11"]
    assert "as slices" in " ".join(texts)
    assert "as slices" not in draw(Tensor([[1.0]], requires_grad=True) * 2).svg()


def test_slices_in_colours_are_apart():
    x = Tensor(np.ones((3, 4, 5)), requires_grad=True, label="x")
    svg = draw(x * 1.0).svg()
    card = svg[svg.index("<title>x: ") :].partition("</g>")[0]
    tops = [float(y) for y in re.findall(r'<rect class="w" [^>]*y="([-0-9.]+)"[^>]*rx="2"', card)]
    high = [float(h) for h in re.findall(r'<rect class="w" [^>]*height="([0-9.]+)" rx="2"', card)]
    assert len(tops) == 3
    assert tops[0] + high[0] < tops[1]
    assert tops[1] + high[1] < tops[2]
    cells = {float(y) for y in re.findall(r"M[-0-9.]+ ([-0-9.]+)h", card)}
    inside = [[y for y in cells if t < y < t + h] for t, h in zip(tops, high, strict=True)]
    assert [len(rows) for rows in inside] == [4, 4, 4]
