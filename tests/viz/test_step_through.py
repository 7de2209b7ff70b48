"""step_through: the data of the page, against backward and against plain recursion."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Tensor, Value, softmax, step_through
from autograd.viz.graph.graph import collect

from ..viz_text.networks import dense
from .pictures import network, neuron, random_graph
from .walks import leaf, number, passes, unit


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
    ((heading, rows),) = shown["parts"]
    assert (heading, len(rows), shown["cut"], shown["more"]) == ("", 5, [95, 55], 0)
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
# Folded cards


def _samples(count):
    model = nn.scalar.MLP(3, [4, 4, 1], rng=0)
    rows = np.random.default_rng(0).normal(size=(count, 3)).tolist()
    return sum(model(row) ** 2 for row in rows)


def _chained_scopes(depth):
    x = Value(0.5, label="x")
    for i in range(depth):
        with autograd.scope(f"step{i}"):
            x = (x * 1.1).tanh() + x * x
    return x


@pytest.mark.parametrize("loss", [_samples(4), _samples(9), _chained_scopes(40)])
@pytest.mark.parametrize("most", [12, 40, 80])
def test_the_forward_pass_computes_a_folded_card_before_what_needs_it(loss, most):
    walk = step_through(loss, max_nodes=most)
    forward = [s for s in walk.steps if s["kind"] == "forward"]
    done = {k for k, u in enumerate(walk.data["units"]) if u["kind"] not in ("op", "fold", "ghost")}
    done -= {s["unit"] for s in forward}
    for step in forward:
        assert set(step["from"]) - {step["unit"]} <= done
        done.add(step["unit"])
    assert len(done) == len(walk.data["units"])


def test_folded_cards_that_need_each_other_are_computed_once_each():
    a, x = Value(0.5, label="a"), Value(2.0, label="x")
    for _ in range(12):
        for name in ("up", "down"):
            with autograd.scope(name):
                x = (x * a).tanh() + a
    walk = step_through(x, max_nodes=8)
    forward = [s["unit"] for s in walk.steps if s["kind"] == "forward"]
    assert [walk.data["units"][k]["name"] for k in forward][:2] == ["up", "down"]
    assert len(forward) == len(set(forward))


def test_a_folded_card_is_called_by_its_whole_path():
    walk = step_through(_samples(4), max_nodes=40)
    names = [u["name"] for u in walk.data["units"] if u["kind"] == "fold"]
    assert "layers.0.neurons.0" in names
    assert len(names) == len(set(names))
    assert any("Forward through layers.0.neurons.0: " in s["say"] for s in walk.steps)


def test_slices_of_arrays_have_their_indices_on_the_page():
    x = Tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True, label="x")
    large = Tensor(np.arange(500.0).reshape(5, 10, 10), requires_grad=True, label="y")
    walk = step_through((x * x).sum() + (large * large).sum())
    arrays = [a for a in walk.data["numbers"] if isinstance(a, dict) and "parts" in a]
    small = next(a for a in arrays if a["shape"] == [2, 3, 4])
    assert [heading for heading, _ in small["parts"]] == ["[0, :, :]", "[1, :, :]"]
    assert [row[0] for _, rows in small["parts"] for row in rows] == [0, 4, 8, 12, 16, 20]
    assert (small["cut"], small["more"]) == ([0, 0], 0)
    cut = next(a for a in arrays if a["shape"] == [5, 10, 10])
    assert [heading for heading, _ in cut["parts"]] == ["[0, :, :]", "[1, :, :]"]
    assert [row[0] for _, rows in cut["parts"] for row in rows] == [0, 10, 20, 100, 110, 120]
    assert (cut["cut"], cut["more"]) == ([7, 5], 3)
