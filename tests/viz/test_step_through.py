"""step_through: what the page is told, checked against backward and against plain recursion."""

import html
import json
import os
import re
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Tensor, Value, softmax, step_through
from autograd.viz.graph import collect
from autograd.viz.orders import MOST, compare, counted

from ..viz_text.networks import dense
from .pictures import chain, network, neuron, random_graph


def leaf(data, label=""):
    return Tensor(data, requires_grad=True, label=label)


def number(walk, ref):
    """Return a number or array of a page, None where there is none."""
    if ref is None:
        return None
    x = walk.data["numbers"][ref]
    if isinstance(x, dict):
        if "same" in x:
            return np.full(x["shape"], float(x["same"]))
        assert x["cut"] == [0, 0]
        return np.array([[float(v) for v in row] for row in x["rows"]]).reshape(x["shape"])
    return float(x)


def unit(walk, name):
    (found,) = [u for u in walk.data["units"] if u["name"] == name]
    return found


def passes(walk):
    return [p for s in walk.steps if s["kind"] == "backward" for p in s["passes"]]


def check(loss, gradient=None):
    """Walk through a page: every step adds up, the end is what backward leaves."""
    walk = step_through(loss, gradient)
    held = {}
    for step in walk.steps:
        if step["kind"] == "seed":
            held[step["unit"]] = number(walk, step["gradient"])
        if step["kind"] != "backward":
            continue
        np.testing.assert_allclose(number(walk, step["upstream"]), held[step["unit"]], rtol=1e-6)
        for p in step["passes"]:
            before, c = number(walk, p["before"]), number(walk, p["contribution"])
            after = number(walk, p["after"])
            assert (before is None) == (p["to"] not in held)
            if before is not None:
                np.testing.assert_allclose(before, held[p["to"]], rtol=1e-6)
            np.testing.assert_allclose(after, c if before is None else before + c, rtol=1e-6)
            if "local" in p and not p["sum"]:
                product = number(walk, p["upstream"]) * number(walk, p["local"])
                np.testing.assert_allclose(c, product, rtol=1e-6)
            held[p["to"]] = after
    graph = collect(loss)
    for item in graph.items:
        if not isinstance(item, np.ndarray):
            item.grad = 0.0 if isinstance(item, Value) else None
    loss.backward() if gradient is None else loss.backward(gradient)
    for k, u in enumerate(walk.data["units"]):
        g = getattr(graph.items[int(u["id"][1:])], "grad", None)
        if k in held:
            # what cancels leaves roundings, which differ between a rule and its hand-tuned path
            np.testing.assert_allclose(held[k], g, rtol=1e-6, atol=1e-13)
            np.testing.assert_allclose(number(walk, u["gradient"]), g, rtol=1e-6, atol=1e-13)
        else:
            assert u["gradient"] is None
            assert not np.any(g if g is not None else 0.0)
    return walk


# --------------------------------------------------------------------------------------------------
# Numbers


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_random_graphs_of_values_end_where_backward_ends(seed):
    check(random_graph(seed, 12))


ARRAY = [
    lambda a, b: a * b,
    lambda a, b: np.sin(a) + b.sum(),
    lambda a, b: softmax(a) * b[0],
    lambda a, b: np.maximum(a, b) - a,
    lambda a, b: (a.reshape(3, 1) @ b.reshape(1, 3)).sum(axis=0),
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ARRAY), st.integers(0), st.integers(0)), max_size=6))
def test_random_graphs_of_tensors_end_where_backward_ends(plan):
    known = [leaf([0.5, 1.0, -2.0], "a"), leaf([0.1, 3.0, 0.7], "b")]
    for f, i, j in plan:
        known.append(f(known[i % len(known)], known[j % len(known)]))
    check((known[-1] * 1).sum())
    check(known[-1] * 1, np.array([1.0, -2.0, 0.5]))


def test_values_and_tensors_in_one_graph():
    t, s, k = leaf([1.0, 2.0], "t"), Value(3.0, label="s"), Value(2.0, label="k")
    walk = check((t * s).sum() * k)
    assert number(walk, unit(walk, "s")["gradient"]) == 6.0
    assert number(walk, unit(walk, "k")["gradient"]) == 9.0


def test_x_times_x_arrives_twice():
    a = Value(3.0, label="a")
    first, second = passes(step_through(a * a))
    walk = step_through(a * a)
    assert [number(walk, first[k]) for k in ("before", "contribution", "after")] == [None, 3.0, 3.0]
    assert [number(walk, second[k]) for k in ("before", "contribution", "after")] == [3.0, 3.0, 6.0]
    assert first["edge"] != second["edge"]
    assert second["expression"] == "2 · a"
    assert "a receives 3, before 3, now 6." in walk.steps[3]["say"]


def test_single_precision_stays_single():
    x = Tensor(np.array([1.1, 2.3], np.float32), requires_grad=True, label="x")
    walk = check((x * x).mean())
    x.grad = None
    (x * x).mean().backward()
    assert number(walk, unit(walk, "x")["gradient"]).tolist() == pytest.approx(x.grad.tolist())


def test_nan_and_infinity_are_shown():
    with np.errstate(all="ignore"):
        walk = step_through(np.sqrt(leaf([0.0, 4.0], "x") * 2).sum())
    assert np.isinf(number(walk, unit(walk, "x")["gradient"])[0])
    assert '"inf"' in walk.html()


def test_large_arrays_are_abbreviated():
    x = leaf(np.arange(6000.0).reshape(100, 60), "x")
    walk = step_through((x * x).sum())
    shown = walk.data["numbers"][unit(walk, "x")["value"]]
    assert shown["shape"] == [100, 60]
    assert (len(shown["rows"]), shown["cut"]) == (5, [95, 55])
    assert (shown["low"], shown["high"]) == (0.0, 5999.0)
    assert len(walk.html()) < 200_000


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1), (2, 1, 3)])
def test_odd_shapes(shape):
    check((leaf(np.ones(shape), "x") * 3).sum())


def test_a_derivative_written_by_hand():
    a = Value(2.0, label="a")
    out = Value(4.0, (a,), "sq")

    def backward():
        a.grad += 2 * a.data * out.grad

    out._backward = backward
    walk = step_through(out * a)
    by_hand = next(p for p in passes(walk) if "written by hand" in p["why"])
    assert number(walk, by_hand["contribution"]) == 8.0
    assert number(walk, unit(walk, "a")["gradient"]) == 12.0
    assert "local" not in by_hand


# --------------------------------------------------------------------------------------------------
# What is said


def softmax_classifier():
    return dense((3, 4, 2), 5, "tanh", "fused", "vector")[0]


def test_formulas_and_shapes():
    walk = step_through(softmax_classifier())
    w1 = next(p for p in passes(walk) if p["name"] == "W1")
    assert w1["rule"] == "Xᵀ @ ∂L/∂v₂"
    assert w1["sign"] == "@"
    for shape in ("(3,4)", "(3,5)", "(5,4)"):
        assert f">{shape}<" in w1["math"]
    (left, _), (right, _) = w1["factors"]
    assert (left, right) == ("Xᵀ", "∂L/∂v₂")
    product = number(walk, w1["factors"][0][1]) @ number(walk, w1["factors"][1][1])
    np.testing.assert_allclose(product, number(walk, w1["contribution"]), rtol=1e-6)
    assert w1["expression"].startswith("Xᵀ @ ((")
    z1 = next(p for p in passes(walk) if p["name"] == "Z1")
    assert z1["localText"] == "tanh′(Z₁)"


def test_what_is_summed_and_why():
    walk = step_through(softmax_classifier())
    b1 = next(p for p in passes(walk) if p["name"] == "b1")
    assert b1["sum"] == "Σ over axis 0"
    assert b1["stretched"] == (
        "b1 of shape (4,) was stretched to (5, 4): each of its entries was used 5 times, so 5 "
        "gradients add up, over axis 0."
    )
    column = leaf(np.ones((2, 1)), "column")
    (p,) = [p for p in passes(step_through((column * np.ones((4, 2, 3))).sum())) if p["sum"]]
    assert p["sum"] == "Σ over axes 0, 2"
    assert "used 12 times" in p["stretched"]


def test_steps_come_in_order():
    walk = step_through(neuron())
    kinds = [s["kind"] for s in walk.steps]
    assert kinds == ["start"] + ["forward"] * 5 + ["seed"] + ["backward"] * 5 + ["end"]
    names = [walk.data["units"][s["unit"]]["name"] for s in walk.steps if "unit" in s]
    assert names == "v3 v6 v7 n o o o n v7 v6 v3".split()
    assert walk.steps[-1]["say"] == "Done. Gradients have arrived at 5 leaves."
    assert len(walk) == 13
    assert repr(walk).startswith("<Walk through 10 nodes, 9 edges: 13 steps")


def test_long_gradients_are_called_by_name():
    a = Value(1.01, label="a")
    y = a
    for _ in range(40):
        y = y * a + 1.0
    longest = max(len(p["expression"]) for p in passes(step_through(y, max_nodes=500)))
    assert longest < 600


def test_the_cards_of_the_end_are_those_of_draw():
    loss = network((2, 3, 1))
    walk = step_through(loss)
    drawn = autograd.draw(loss)
    for key, place in walk.steps[-1]["cards"]:
        u = walk.data["units"][key]
        number = re.findall(r'class="m r"[^>]*>([^<]*)<', walk.data["cards"][place])[-1]
        assert number in drawn.svg(), u["name"]


def test_the_cards_count_along():
    walk = step_through(network((2, 3, 1)))
    seen = 0
    for step in walk.steps:
        for p, (key, place) in zip(step.get("passes", ()), step.get("cards", ()), strict=False):
            assert key == p["to"]
            text = re.findall(r'class="m r"[^>]*>([^<]*)<', walk.data["cards"][place])[-1]
            after = number(walk, p["after"])
            assert float(text.replace("−", "-")) == pytest.approx(after, rel=1e-3)
            seen += 1
    assert seen == 44
    for key, place in walk.steps[0]["cards"]:
        assert "not yet" in walk.data["cards"][place], key


def test_a_sum_hands_out_copies():
    _, p, _ = passes(step_through((leaf([1.0, 2.0], "x") ** 2).sum() * 3.0))
    assert p["rule"] == "∂L/∂v₃ · 1"
    assert p["sign"] == "·"


def test_questions_have_their_answers():
    walk = step_through(softmax_classifier())
    kinds = set()
    for step in walk.steps:
        q = step.get("quiz")
        if not q:
            continue
        p = step["passes"][q["about"]]
        if "choices" in q:
            assert q["choices"].count(q["answer"]) == 1
            assert len(set(q["choices"])) == len(q["choices"]) >= 2
            right = p["rule"] if "expression" in q["ask"] else p["shape"] or "() scalar"
            assert q["answer"] == right
            kinds.add("expression" if "expression" in q["ask"] else "shape")
        else:
            after = number(walk, p["after"])
            at = re.search(r"\[([\d, ]+)\]", q["ask"])
            expected = after[tuple(map(int, at[1].split(",")))] if at else after
            assert q["answer"] == pytest.approx(expected)
            kinds.add("number")
    assert kinds == {"expression", "shape", "number"}


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


# --------------------------------------------------------------------------------------------------
# The page


NASTY = "</script><img src=x onerror=alert(1)> \"'& \u2028\u2029 𝒳 \ud800 {y}"


def test_labels_are_harmless():
    v, t = Value(3.0, label=NASTY), leaf([1.0, 2.0], NASTY + "2")
    loss = (t * v).sum() * v
    loss.label = NASTY + "3"
    text = step_through(loss, title=NASTY).html()
    assert text.count("</script>") == 2
    assert "<img" not in text
    scripts = "".join(re.findall(r"<script.*?</script>", text, re.S))
    assert not set("\u2028\u2029") & set(scripts)
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
    assert NASTY in [u["name"] for u in data["units"]]
    for step in data["steps"]:
        assert "<img" not in step.get("math", "")
        assert all("<img" not in p["math"] for p in step.get("passes", []))
    assert all("<img" not in card for card in data["cards"])


def test_the_page_asks_for_nothing():
    text = step_through(network((2, 3, 1))).html()
    outside = re.sub(r'xmlns="[^"]*"', "", text).replace(
        'createElementNS("http://www.w3.org/2000/svg"', ""
    )
    assert "http" not in outside.replace("http-equiv", "")
    assert re.findall(r'(?:src|href)="([^"]*)"', outside) == ["data:,"]
    assert "default-src 'none'" in text
    assert "localStorage" not in text


def test_the_page_is_the_same_in_every_run():
    script = (
        "from tests.viz.pictures import network; from autograd import step_through; import sys; "
        "sys.stdout.write(step_through(network((2, 3, 1))).html())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0].decode() == step_through(network((2, 3, 1))).html()


def test_the_graph_is_left_alone():
    x = leaf([1.0, 2.0], "x")
    x.grad = np.array([5.0, 5.0])
    h = np.sin(x)
    loss = (h * h).sum()
    walk = step_through(loss)
    walk.html()
    assert x.grad.tolist() == [5.0, 5.0]
    assert h.grad is None
    assert loss.grad is None
    loss.backward()
    np.testing.assert_allclose(x.grad - 5.0, 2 * np.sin([1.0, 2.0]) * np.cos([1.0, 2.0]))


def test_the_walk_stays_what_it_was():
    x = leaf([1.0, 2.0], "x")
    loss = (x * x).sum()
    walk = step_through(loss)
    x.data = x.data * 100
    assert "100" not in json.dumps(walk.data["numbers"])
    assert walk.html() == walk.html()


def test_in_notebooks_and_files(tmp_path):
    walk = step_through(neuron(), title='a "walk"')
    bundle = walk._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    frame = re.fullmatch(
        r'<iframe srcdoc="([^"]*)" title="a &quot;walk&quot;" (.*)', bundle["text/html"]
    )
    assert html.unescape(frame[1]) == walk.html()
    assert 'sandbox="allow-scripts"' in frame[2]
    assert bundle["image/svg+xml"].startswith("<svg")
    path = walk.save(tmp_path / "walk.html")
    assert path.read_text(encoding="utf8") == walk.html()
    assert os.listdir(tmp_path) == ["walk.html"]
    with pytest.raises(ValueError, match=r"cannot save 'walk\.png'.*ends in \.html"):
        walk.save(tmp_path / "walk.png")


def test_themes():
    assert '<html lang="en" data-theme="dark">' in step_through(neuron(), theme="dark").html()
    assert '<html lang="en">' in step_through(neuron()).html()


def test_the_assets_are_in_the_package():
    for name in ("step.css", "step.js"):
        assert (files("autograd.viz") / "assets" / name).is_file()


def test_what_cannot_be_walked_through():
    x = leaf([1.0, 2.0], "x")
    y = x * 2
    y.label = "y"
    with pytest.raises(ValueError, match=r"'y' \(multiply\) has shape \(2,\): reduce it"):
        step_through(y)
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), the loss \(2,\)"):
        step_through(y, np.ones(3))
    with pytest.raises(TypeError, match="leaves that want gradients"):
        step_through(Tensor(1.0))
    with pytest.raises(TypeError, match="needs a Value, a Tensor or a Node, got float"):
        step_through(1.0)
    for options, message in (
        ({"max_nodes": 0}, "max_nodes is a whole number from 1, got 0"),
        ({"max_steps": True}, "max_steps is a whole number from 1, got True"),
        ({"depth": -1}, "depth is a whole number from 0 or None, got -1"),
        ({"theme": "pink"}, "theme is"),
        ({"expand": "nothing"}, "no module 'nothing'"),
    ):
        with pytest.raises(ValueError, match=message):
            step_through(y.sum(), **options)
    loss = (x * x).sum()
    loss.backward(release=True)
    with pytest.raises(RuntimeError, match="was released"):
        step_through(loss)
    loss = (x * x).sum()
    x.data = x.data * 2
    with pytest.raises(RuntimeError, match="changed after it was used"):
        step_through(loss)
