"""Derivations of large and deep graphs, and what `derive` refuses."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, Value, operation, sigmoid, softmax, to_numpy_source
from autograd.viz.paper.derive import derive
from autograd.viz.paper.symbols import Symbol

from .networks import chein, close, named


def test_deep_chain_does_not_recurse_and_is_cut():
    x = Value(0.5, label="x")
    y = x
    for _ in range(20_000):
        y = (y * 1.0001).sin()
    found = derive(y, x)
    text = found.text()
    assert "more lines; label nodes" in text
    assert len(text.splitlines()) < 200
    y.backward()
    assert found.evaluate() == pytest.approx(x.grad, rel=1e-9)
    for shown in (found.latex(), found.mathml()):
        assert "more lines" in shown


def test_diamonds_do_not_explode():
    x = Tensor(np.array([0.5, 0.7]), True, label="x")
    y = x
    for _ in range(60):
        y = np.tanh(y) + np.sin(y)
    loss = y.sum()
    found = derive(loss, x)
    assert len(found.text()) < 60_000
    loss.backward()
    close(found.evaluate(), x.grad)


def test_a_graph_that_nobody_reads_is_refused():
    y = x = Value(0.5, label="x")
    for _ in range(100_001):
        y = y * 1.0001
    with pytest.raises(ValueError, match=r"derive: a graph of 100001 operations is too long to re"):
        derive(y, x)


def test_expanding_too_much_says_what_to_do():
    x = Value(0.5, label="x")
    y = x
    for _ in range(1000):
        y = y.sin()
    with pytest.raises(ValueError, match=r"more than \d+ names and signs; use expand=False"):
        derive(y, x, expand=True)


def test_errors_name_the_cure():
    x = Tensor([1.0, 2.0], True, label="x")
    with pytest.raises(ValueError, match=r"'x' \(leaf\) has shape \(2,\); reduce it first"):
        derive(x, x)
    loss = (x * x).sum()
    with pytest.raises(TypeError, match="wrt is a Value or a Tensor, got int"):
        derive(loss, 3)
    with pytest.raises(ValueError, match='form is "matrix" or "indices"'):
        derive(loss, x, form="tensor")
    with pytest.raises(ValueError, match="no computed node is labelled"):
        derive(loss, x, expand="Q")
    with pytest.raises(ValueError, match=r"numbers=True shows whole arrays"):
        derive(loss, x, form="indices", numbers=True)
    made = Value(2.0, (Value(1.0),), "mine")
    with pytest.raises(TypeError, match="mine by hand has only a hand-written _backward"):
        derive(made * 2, made.parents[0])


def test_rules_that_look_at_numbers_are_shown_as_a_function():
    x = Tensor([1.0, 2.0, 3.0], True, label="x")
    loss = np.prod(x) ** 2
    loss.backward()
    found = derive(loss, x)
    assert "vjp_prod(" in found.text()
    close(found.evaluate(), x.grad)


def test_operation_of_the_user_is_read_from_its_rule():
    @operation(x=lambda x: 3 * x**2, name="cube_of_this_test")
    def cube(x):
        return x**3

    x = Tensor([1.0, 2.0], True, label="x")
    assert "3 · x²" in derive(cube(x).sum(), x).text()


def test_labels_cannot_break_the_markup():
    x = Tensor([1.0, 2.0], True, label="<b>&_{}\\$#")
    found = derive((x * x).sum(), x)
    ET.fromstring(found.mathml())
    assert r"\$" in found.latex()
    bundle = found._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", "text/markdown", "text/html"}
    assert found._repr_latex_().startswith("$")


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "a\n\n# b", "<img src=x>"])
def test_a_label_opens_no_tag_and_ends_no_formula(label):
    x = Tensor([[1.0], [2.0]], True, label=label)
    found = derive((x * x).sum(), x)
    for text in (found.latex(), found.markdown()):
        assert not re.search(r"<[a-z/]", text)
        assert "\n\n" not in text


def test_axes_in_front_are_not_written():
    a, b = Tensor(np.arange(12.0).reshape(4, 3) / 9, True, label="A"), Tensor(np.ones(3), True)
    s = Tensor(0.7, True, label="s")
    m = np.tanh(a + b).mean(axis=0)
    m.label = "m"
    loss = (m**2).sum() * s
    found = derive(loss, a)
    assert "∂L/∂m = 2 · s · m\n" in found.text()
    assert "reshape" not in found.text() + to_numpy_source(loss)
    close(found.evaluate(), ag.grad(lambda a: (np.tanh(a + b).mean(axis=0) ** 2).sum() * s)(a.data))


def test_latex_of_a_layer():
    loss, weights = chein()
    text = derive(loss, weights[100], batch="n").latex()
    assert r"\underset{\scriptscriptstyle (3,n)}{{O_{99}}^{\top}} \mathbin{@}" in text
    assert r"\frac{\partial L}{\partial W_{100}}" in text
    assert text.startswith("\\begin{aligned}")


def test_files_hold_what_is_shown(tmp_path):
    loss, weights = chein()
    found = derive(loss, weights[99], batch="n")
    assert found.save(tmp_path / "a.txt").read_text("utf8") == found.text() + "\n"
    assert found.save(tmp_path / "a.md").read_text("utf8") == found.markdown() + "\n"
    assert found.save(tmp_path / "a.TEX").read_text("utf8") == f"\\[\n{found.latex()}\n\\]\n"
    page = found.save(str(tmp_path / "a.html")).read_text("utf8")
    assert page.startswith("<!doctype html>")
    assert "<title>∂L/∂W₉₉</title>" in page
    assert found.mathml() in page
    assert all(f"<p>zero term: {zero}</p>" in page for zero in found.zeros)
    assert found.zeros
    with pytest.raises(ValueError, match=r"cannot save 'a\.svg': the name ends in \.html, \.tex, "):
        found.save(tmp_path / "a.svg")


def test_softmax_without_label_gets_a_hat():
    z = Tensor([[1.0, 2.0]], True, label="Z")
    y = np.array([[0.0, 1.0]])
    text = derive(-(y * np.log(softmax(z))).sum(), z).text()
    assert "= ŷ − y" in " ".join(text.split())
    assert "where ŷ = softmax(Z)" in text


def test_activation_without_label_is_written_out():
    x = Tensor(np.ones((2, 3)), label="X")
    w = Tensor(np.ones((3, 2)), True, label="W")
    text = derive(sigmoid(x @ w).sum(), w).text()
    assert "Xᵀ @ σ′(X @ W)" in " ".join(text.split())


@pytest.mark.parametrize("loss", ["MSELoss", "CrossEntropyLoss", "HingeLoss", "BCEWithLogitsLoss"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus"])
def test_formulas_of_modules_evaluate_to_the_gradient(loss, reduction, activation):
    rng = np.random.default_rng(0)
    model = nn.MLP([3, 4, 2], activation, rng=0)
    y = np.eye(2)[rng.integers(0, 2, 5)]
    y = 2 * y - 1 if loss == "HingeLoss" else y
    total = getattr(nn, loss)(reduction=reduction)(model(rng.normal(size=(5, 3))), y)
    total.backward()
    for p in model.parameters():
        found = derive(total, p)
        close(found.evaluate(), p.grad)
        assert ".weight" not in found.text().split("where")[0]


def test_convolution_indexing_and_joining_evaluate_to_the_gradient():
    rng = np.random.default_rng(0)
    k = Tensor(rng.normal(size=(3, 2, 4)), True, label="K")
    x = rng.normal(size=(2, 6, 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, 3, axis=1)
    z = named(np.einsum("ntcw,wcf->ntf", windows, k), "Z")
    o = np.concatenate([np.tanh(z)[:, 1:], z[:, [0, 0]] ** 2], axis=1)
    loss = (np.stack([o, -o])[0, :, ::-1] ** 2).mean()
    loss.backward()
    close(derive(loss, k).evaluate(), k.grad)


def test_variance_is_written_out():
    x = Tensor(np.arange(6.0).reshape(3, 2), True, label="x")
    loss = x.var(axis=0).sum()
    loss.backward()
    assert "vjp" not in derive(loss, x).text()
    close(derive(loss, x).evaluate(), x.grad)


@pytest.mark.parametrize("function", [np.spacing, np.unwrap])
def test_a_symbol_refuses_what_has_no_formula(function):
    name = function.__name__
    with pytest.raises(TypeError, match=rf"np\.{name} cannot be written as a formula"):
        function(Symbol((3,), "x"), **({} if name == "unwrap" else {"where": True}))


def test_of_many_zero_terms_the_first_are_shown():
    w = Tensor(np.ones(2), requires_grad=True, label="w")
    loss = sum((w * Tensor(np.full(2, 1.0 * k))).sum() for k in range(9))
    text = derive(loss, w).text()
    assert text.count("zero term: ∂c") == 6
    assert text.endswith("zero term: 3 more, likewise")
    assert derive(loss, w).markdown().endswith("Zero term: 3 more, likewise")
    assert len(derive(loss, w).zeros) == 9


LIKE = {
    "3 · x²": lambda x: (x * x * x).sum(),
    "2 · x + exp(x)": lambda x: (np.exp(x) + x * x).sum(),
    "exp(x) + 2 · x": lambda x: (x * x + np.exp(x)).sum(),
    "einsum('ij,jd->id', 1, x) + einsum('ij,id->jd', 1, x)": lambda x: np.einsum(
        "id,jd->ij", x, x
    ).sum(),
}


@pytest.mark.parametrize("text", LIKE)
def test_terms_of_a_kind_are_one(text):
    a = np.random.default_rng(0).normal(size=(2, 3))
    x = Tensor(a, requires_grad=True, label="x")
    loss = LIKE[text](x)
    derivation = derive(loss, x)
    first = derivation.text().splitlines()[0]
    assert " ".join(first.split()) == f"∂L/∂x = {text}"
    loss.backward()
    line = derivation.lines[-1]
    np.testing.assert_allclose(
        np.broadcast_to(derivation.values()[line.gradient], a.shape), x.grad, rtol=1e-12
    )


def test_terms_that_differ_in_an_axis_or_a_place_are_two():
    x = Tensor(np.arange(4.0).reshape(2, 2), requires_grad=True, label="x")
    for f in (
        lambda x: (x.sum(axis=0, keepdims=True) * x.sum(axis=1, keepdims=True)).sum(),
        lambda x: (x[0] * x[1]).sum(),
        lambda x: np.einsum("ij,jk->ik", x, x).sum(),
    ):
        loss = f(x)
        x.grad = None
        loss.backward()
        derivation = derive(loss, x)
        found = derivation.values()[derivation.lines[-1].gradient]
        np.testing.assert_allclose(np.broadcast_to(found, (2, 2)), x.grad)


PLAIN = {
    "[x = max(x)] / (sumₖ [x = max(x)])": lambda x: x.max(axis=1).sum(),
    "−max′(1 − x)": lambda x: np.maximum(0, 1 - x).sum(),
}


@pytest.mark.parametrize("text", PLAIN)
def test_what_guards_against_nan_is_left_out_on_paper(text):
    a = np.array([[1.0, 3.0, 3.0], [4.0, 0.5, 1.0]])
    x = Tensor(a, requires_grad=True, label="x")
    loss = PLAIN[text](x)
    loss.backward()
    derivation = derive(loss, x)
    assert " ".join(derivation.text().splitlines()[0].split()) == f"∂L/∂x = {text}"
    assert "where(" not in derivation.text()
    found = derivation.values()[derivation.lines[-1].gradient]
    np.testing.assert_allclose(np.broadcast_to(found, a.shape), x.grad)


def test_a_choice_that_matters_stays():
    x = Tensor(np.array([0.0, 2.0]), requires_grad=True, label="x")
    loss = (np.where(x == 0, 5.0, 3.0) * x).sum() + np.where(x == 2.0, 0, x * x).sum()
    loss.backward()
    derivation = derive(loss, x)
    found = derivation.values()[derivation.lines[-1].gradient]
    np.testing.assert_allclose(found, x.grad)
    np.testing.assert_allclose(x.grad, [5.0, 3.0])


def test_numbers_of_arrays_that_a_rule_made():
    x = Tensor([0.5, 2.0, 4.0], True, label="x")
    found = derive((np.gradient(x) ** 2).sum(), x, numbers=True)
    assert "⊙ [−1. 1.]" in found.text()
    assert "[$-$1. 1.]" in found.latex()


def test_the_name_of_the_batch_is_escaped_on_the_page():
    w = Tensor(np.ones((3, 2)), True, label="w")
    loss = ag.squared_error(Tensor(np.ones((4, 3))) @ w, np.ones((4, 2)))
    page = derive(loss, w, batch="<img src=x>\0")
    assert "<img" not in page.html()
    assert "&lt;img src=x&gt;\ufffd" in page.html()
    assert r"\mathrm{< img src=x>" in page.latex()


@pytest.mark.parametrize("ending", [".html", ".tex", ".md", ".txt"])
def test_a_label_that_is_no_unicode_can_be_saved(tmp_path, ending):
    x = Tensor(np.ones(2), True, label="\udc80")
    page = derive((x * x).sum(), x)
    assert "\ufffd" in page.save(tmp_path / f"page{ending}").read_text("utf8")


def test_zero_terms_are_escaped_in_markdown():
    w = Tensor(np.ones((3, 2)), True, label="<img src=x>")
    loss = (named(Tensor(np.ones((4, 3))) @ w, "z") ** 2).sum()
    text = derive(loss, w).markdown().partition("Zero term")[2]
    assert "&lt;img src=x&gt;" in text
    assert "<img" not in text
