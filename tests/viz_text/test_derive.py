"""The chain rule on paper: its text, and that the formulas are true."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, Value
from autograd.viz.paper.derive import derive
from autograd.viz.paper.symbols import evaluate

from ..cases import CASES
from ..checks import cotangent_for, leaves_of
from .networks import ACTIVATIONS, LOSSES, chein, close, dense, named

LAYERS = {
    96: ("O_98", "(5,n)@[(n,4)*(n,4)@(4,2)*(n,2)]->(5,2)"),
    97: ("O_98", "(2,n)@[(n,3)*(n,3)@(3,4)*(n,4)]->(2,4)"),
    98: ("O_99", "(4,n)@[(n,3)*(n,3)@(3,3)*(n,3)]->(4,3)"),
    99: ("O_100", "(3,n)@[(n,1)*(n,1)@(1,3)*(n,3)]->(3,3)"),
}


# --------------------------------------------------------------------------------------------------
# The texts


@pytest.mark.parametrize("n", [1, 3, 8, 32])
@pytest.mark.parametrize("layer", [97, 98, 99])
def test_shapes_of_chein_a8_b13(n, layer):
    loss, weights = chein(n)
    stop, expected = LAYERS[layer]
    found = derive(loss, weights[layer], expand=stop, batch="n")
    assert found.shapes().replace(" ", "") == expected


def test_shapes_of_the_output_layer_a8():
    loss, weights = chein()
    found = derive(loss, weights[100], batch="n").shapes()
    assert found.replace(" ", "") == "(3,n)@(n,1)->(3,1)"


def test_chain_of_chein_a5_to_a9_b9_to_b14():
    loss, weights = chein()
    assert derive(loss, weights[99], batch="n").text() == (
        """\
∂L/∂O₁₀₀ = O₁₀₀  − y
(n,1)      (n,1)   (n,1)

∂L/∂Z₁₀₀ = ∂L/∂O₁₀₀ ⊙ σ′(Z₁₀₀)
(n,1)      (n,1)      (n,1)

∂L/∂O₉₉ = ∂L/∂Z₁₀₀ @ W₁₀₀ᵀ
(n,3)     (n,1)      (1,3)

∂L/∂Z₉₉ = ∂L/∂O₉₉ ⊙ σ′(Z₉₉)
(n,3)     (n,3)     (n,3)

∂L/∂W₉₉ = O₉₈ᵀ  @ ∂L/∂Z₉₉
(3,3)     (3,n)   (n,3)

where σ′(Z₁₀₀) = O₁₀₀ ⊙ (1 − O₁₀₀), and likewise elsewhere
zero term: ∂O₉₈/∂W₉₉ = 0, no path"""
    )


def test_softmax_and_cross_entropy_become_a_difference_c6_to_c8():
    for kind in ("softmax", "fused", "log_softmax"):
        loss, parameters = dense((3, 4, 3), 5, "sigmoid", kind, "vector")
        found = derive(loss, parameters[2])
        text = found.text()
        assert "since y sums to 1 over the classes" in text
        assert "1/5 · (ŷ − y)" in text or "1/5 · (Yhat − y)" in text
        loss.backward()
        close(found.evaluate(), parameters[2].grad)
        # every step on the way says the same
        values = found.values()
        for line in found.lines:
            for formula, _ in line.steps:
                np.testing.assert_allclose(
                    evaluate(formula, values), values[line.gradient], rtol=1e-9, atol=1e-12
                )


def test_target_that_is_no_distribution_is_not_simplified():
    z = Tensor([[1.0, 2.0]], True, label="Z")
    y = np.array([[0.5, 0.7]])
    loss = ag.softmax_cross_entropy(z, y)
    found = derive(loss, z)
    assert "sums to 1" not in found.text()
    loss.backward()
    close(found.evaluate(), z.grad)


@pytest.mark.parametrize(
    ("fused", "form"),
    [
        (ag.softmax_cross_entropy, "1/3 · exp(w) · w · (ŷ − y)    (since y sums to 1"),
        (ag.sigmoid_cross_entropy, "1/3 · exp(w) · w · (σ(Z) − y)    (since σ(−z) = 1 − σ(z))"),
    ],
)
def test_fused_cross_entropies_with_more_after_them(fused, form):
    z, w = Tensor([[1.0, 2.0], [0.5, -1.0]], True, label="Z"), Tensor(2.5, True, label="w")
    loss = fused(z, np.eye(2)[[0, 1]], 1 / 3) * w * np.exp(w)
    found = derive(loss, z)
    assert form in found.text()
    loss.backward()
    close(found.evaluate(), z.grad)


def test_bias_sums_over_samples_c21_and_a14():
    loss, parameters = dense((3, 2), 5, "sigmoid", "half", "vector")
    assert "∂L/∂b₁ = sumₙ ∂L/∂Z₁\n(2,)          (5,2)" in derive(loss, parameters[1]).text()


def test_columns_as_samples():
    loss, parameters = dense((3, 2), 5, "sigmoid", "half", "vector", columns=True)
    text = derive(loss, parameters[1], batch="n").text()
    assert "∂L/∂b₁ = sumₙ ∂L/∂Z₁\n(2,1)         (2,n)" in text
    assert "∂L/∂W₁ = ∂L/∂Z₁ @ Xᵀ" in derive(loss, parameters[0]).text()


# --------------------------------------------------------------------------------------------------
# The formulas are true


@st.composite
def networks(draw):
    depth = draw(st.integers(1, 5))
    units = draw(st.lists(st.integers(1, 4), min_size=depth + 1, max_size=depth + 1))
    return {
        "units": tuple(units),
        "n": draw(st.integers(1, 5)),
        "activation": draw(st.sampled_from(sorted(ACTIVATIONS))),
        "loss": draw(st.sampled_from(LOSSES)),
        "bias": draw(st.sampled_from(["none", "vector", "row", "linear"])),
        "labels": draw(st.booleans()),
        "columns": draw(st.booleans()),
        "seed": draw(st.integers(0, 99)),
    }


@given(networks(), st.booleans(), st.data())
def test_formula_evaluates_to_the_gradient(options, expand, data):
    loss, parameters = dense(**options)
    loss.backward()
    wrt = data.draw(st.sampled_from(parameters))
    expand = expand and len(options["units"]) < 4 and options["activation"] != "rational"
    found = derive(loss, wrt, expand=expand)
    close(found.evaluate(), wrt.grad)
    for shown in (found.text(), found.latex(), found.markdown(), found.mathml(), found.shapes()):
        assert shown
    ET.fromstring(found.mathml())


@pytest.mark.parametrize("case", [c for c in CASES if c.gradient], ids=str)
def test_rule_of_every_operation_can_be_read(case):
    leaves = leaves_of(case)
    result = case.on_leaves(leaves)
    if not isinstance(result, Tensor) or not result.size:
        pytest.skip("nothing to sum")
    loss = (result * cotangent_for(result)).sum()
    loss.backward()
    for i, leaf in enumerate(leaves):
        leaf.label = f"x{i}"
    for leaf in leaves:
        found = derive(loss, leaf)
        close(found.evaluate(), leaf.grad, 1e-7)
        assert found.text()
        ET.fromstring(found.mathml())


def test_float32_gradient_has_its_dtype():
    x = Tensor(np.ones(3, np.float32), True, label="x")
    loss = (x * x).sum()
    assert derive(loss, x).evaluate().dtype == np.float32


# --------------------------------------------------------------------------------------------------
# Values


def test_values_are_products_of_partial_derivatives():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = named(a * b, "c")
    e = named(c.tanh() + a, "e")
    loss = e * c
    loss.backward()
    found = derive(loss, a)
    assert found.text() == (
        """\
∂L/∂e = c
∂L/∂c = e + ∂L/∂e · tanh′(c)
∂L/∂a = ∂L/∂e + ∂L/∂c · b

where tanh′(c) = 1 − tanh(c)²
zero term: ∂b/∂a = 0, no path"""
    )
    assert found.evaluate() == pytest.approx(a.grad, rel=1e-12)
    assert type(found.evaluate()) is float


def test_numbers_stand_below_the_names():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = named(a * b, "c")
    assert derive(c * c, a, numbers=True).text() == (
        """\
∂L/∂c = 2 · c
      = 2 · (−6) = −12

∂L/∂a = ∂L/∂c · b
      = (−12) · (−3) = 36

zero term: ∂b/∂a = 0, no path"""
    )


def test_numbers_stand_below_the_formulas_in_a_browser():
    a = Value(2.0, label="a")
    c = named(a * 3, "c")
    rows = ET.fromstring(derive(c * c, a, numbers=True).mathml())[0]
    cells = ["|".join("".join(cell.itertext()) for cell in row) for row in rows]
    assert cells == ["∂L∂c|=|2·c|", "|=|2 · 6 = 12|", "∂L∂a|=|3·∂L∂c|", "|=|3 · 12 = 36|"]


def test_numbers_of_arrays_small_and_large():
    x = Tensor([[1.0, 2.0]], label="x")
    w = Tensor(np.ones((2, 1)), True, label="w")
    text = derive((x @ w).sum(), w, numbers=True).text()
    assert "[[1. 2.]]" in text
    x = Tensor(np.ones((30, 2)), label="x")
    text = derive(((x @ w) ** 2).sum(), w, numbers=True).text()
    assert "(30,2)‖7.75‖" in text
    assert r"\Vert" in derive(((x @ w) ** 2).sum(), w, numbers=True).latex()


def test_sums_of_values_and_products_as_one_node():
    w = [Value(0.5, label=f"w{i}") for i in range(3)]
    loss = named(ag.sumprod(w, [1.0, 2.0, 3.0], bias=w[0]), "s") ** 2
    loss.backward()
    for v in w:
        assert derive(loss, v).evaluate() == pytest.approx(v.grad)


# --------------------------------------------------------------------------------------------------
# Zero terms, several consumers, no path


def test_several_consumers_are_joined_by_a_plus():
    x = Tensor([1.0, 2.0], True, label="x")
    a, b = named(np.sin(x), "a"), named(np.exp(x), "b")
    text = derive((a * b).sum(), x).text()
    assert "∂L/∂x = ∂L/∂b ⊙ b    + ∂L/∂a ⊙ sin′(x)" in text


def test_no_path_is_zero_e12():
    x = Tensor([1.0, 2.0], True, label="x")
    w = Tensor([1.0, 2.0], True, label="w")
    found = derive((x * x).sum(), w)
    assert found.text().startswith("∂L/∂w = 0")
    assert "no path leads from 'w' (leaf)" in found.text()
    assert found.evaluate().tolist() == [0.0, 0.0]


def test_term_that_vanishes_is_marked_e12():
    x = Tensor([1.0, 2.0], True, label="x")
    z = named(x**0, "z")
    text = derive((z * x).sum(), x).text()
    assert "∂z/∂x = 0, the local derivative is 0" in text


def test_operands_that_do_not_move_are_marked_e12():
    loss, parameters = dense((3, 2, 2), 4, "sigmoid", "half", "vector")
    text = derive(loss, parameters[2]).text()
    assert "zero term: ∂O₁/∂W₂ = 0, no path" in text


def test_the_loss_itself():
    x = Value(2.0, label="x")
    y = x * x
    assert derive(y, y).evaluate() == 1.0


def test_derivatives_of_inverses():
    rng = np.random.default_rng(0)
    a = Tensor(rng.normal(size=(3, 3)), True, label="A")
    b = Tensor(rng.normal(size=(3, 2)), True, label="B")
    for loss, wrt, formula in (
        (np.linalg.slogdet(a)[1], a, "(A⁻¹)ᵀ"),
        (np.linalg.solve(a, b).sum(), b, "solve(Aᵀ, 1)"),
        (np.linalg.solve(a, b).sum(), a, "−solve(Aᵀ, 1) @ solve(A, B)ᵀ"),
    ):
        loss.label = "L"
        assert f"∂L/∂{wrt.label} = {formula}\n" in derive(loss, wrt).text()
    assert "}^{- 1} )}^{\\top}" in derive(np.linalg.inv(a).sum(), a).latex()


def test_inverses_of_a_matrix_and_of_its_entries_differ():
    a, b = (Tensor(np.eye(2) + 1, True, label=x) for x in "AB")
    whole, entries = (derive((x @ b).sum(), b).text() for x in (np.linalg.inv(a), a**-1))
    assert "∂L/∂B = (A⁻¹)ᵀ @ 1\n" in whole
    assert "∂L/∂B = (1 / A)ᵀ @ 1\n" in entries


def test_signs_above_stand_over_the_index():
    x = Tensor([[1.0, 2.0]], label="x_1")
    w = Tensor([[0.5], [-1.0]], requires_grad=True, label="W_1")
    page = derive(((x @ w) ** 2).sum(), w).mathml()
    assert "<msubsup><mi>x</mi><mn>1</mn><mo>⊤</mo></msubsup>" in page
    assert "<msup><msub>" not in page


def test_small_numbers_have_short_exponents():
    x = Value(2.0, label="x")
    found = derive((x + 1e-5) ** 3, x)
    assert "1e-5" in found.text().replace("−", "-")
    assert "e-05" not in (found.text() + found.mathml() + found.latex()).replace("−", "-")
