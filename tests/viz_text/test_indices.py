"""The chain rule entry by entry, evaluated as it is written."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from autograd import Tensor, Value, softmax
from autograd.viz.paper.derive import derive
from autograd.viz.paper.entries import letters_for
from autograd.viz.paper.indices import Entries
from autograd.viz.paper.symbols import Alias, evaluate

from .networks import ACTIVATIONS, chein, dense, named


def number(p, values, at, sizes):
    """Return the number of an entry, by summing over every index as written."""
    if p.kind == "number":
        return p.value
    if p.kind == "delta":
        a, b = (int(i) if i.isdigit() else at[i] for i in p.indices)
        return float(a == b)
    if p.kind == "over":
        (index,) = p.indices
        n = sizes[index]
        return sum(number(p.parts[0], values, {**at, index: i}, sizes) for i in range(n))
    if p.kind in ("name", "slope"):
        e = p.source.body if isinstance(p.source, Alias) else p.source
        array = np.asarray(evaluate(e, values))
        where = (int(i) if i.isdigit() else at[i] if i else 0 for i in p.indices)
        return float(array[tuple(where)])
    parts = [number(q, values, at, sizes) for q in p.parts]
    if p.kind == "product":
        return float(np.prod(parts))
    if p.kind == "sum":
        return sum(parts)
    if p.kind == "minus":
        return -parts[0]
    if p.kind == "quotient":
        return parts[0] / parts[1]
    if p.kind == "power":
        return parts[0] ** parts[1]
    return float(p.source.op.forward(*map(np.float64, parts), **p.source.parameters))


class Sizes(Entries):
    """Entries that remember how long every index is."""

    def __init__(self, used):
        super().__init__(used)
        self.sizes = {}

    def fresh(self, length):
        c = super().fresh(length)
        self.sizes[c] = int(length)
        return c


def checked(total, p):
    """Check every line of a derivation by evaluating it entry by entry."""
    found = derive(total, p, form="indices")
    values = found.values()
    for line in found.lines:
        for formula, _ in line.steps:
            used = set()
            at = letters_for(line.gradient, used)
            reader = Sizes(tuple(used))
            entry = reader.entry(formula, at)
            for place in np.ndindex(line.gradient.shape):
                got = number(entry, values, dict(zip(at, place, strict=True)), reader.sizes)
                desired = np.asarray(values[line.gradient])[place]
                assert got == pytest.approx(desired, rel=1e-9, abs=1e-12)
    p.grad = None
    total.backward()
    np.testing.assert_allclose(found.evaluate(), p.grad, rtol=1e-9, atol=1e-12)
    return found.text()


@pytest.mark.parametrize("loss", ["half", "softmax", "fused", "log_softmax", "mse"])
@pytest.mark.parametrize("columns", [False, True])
def test_entries_evaluate_to_the_gradient(loss, columns):
    total, parameters = dense((2, 3, 2), 3, "sigmoid", loss, "vector", columns=columns)
    for p in parameters:
        checked(total, p)
        found = derive(total, p, form="indices")
        for text in (found.text(), found.latex()):
            assert text
        ET.fromstring(found.mathml())


def test_weight_of_a_layer_c12_c13():
    loss, weights = chein()
    text = derive(loss, weights[100], form="indices").text()
    assert "∂Z⁽¹⁰⁰⁾ₙₖ/∂W⁽¹⁰⁰⁾ᵢⱼ = δⱼₖ · O⁽⁹⁹⁾ₙᵢ" in text
    assert "= Σₙ O⁽⁹⁹⁾ₙᵢ · ∂L/∂Z⁽¹⁰⁰⁾ₙⱼ" in text
    assert "δₖⱼ = 1{k = j}" in text
    latex = derive(loss, weights[100], form="indices").latex()
    assert r"\delta_{j k}" in latex


def test_softmax_jacobian_c5_to_c8():
    w = Tensor(np.eye(3), True, label="W")
    z = named(Tensor([[1.0, 2.0, 0.5]], label="x") @ w, "z")
    y = Tensor([[1.0, 0.0, 0.0]], label="y")
    o = named(softmax(z), "ŷ")
    text = derive(-(y * np.log(o)).sum(), w, form="indices").text()
    assert "∂ŷₘⱼ/∂zₙᵢ = δₙₘ · ŷₙᵢ · (δᵢⱼ − ŷₙⱼ)" in text
    assert "= ŷₙᵢ − yₙᵢ" in text


def test_indices_of_inner_sums_are_their_own():
    loss, parameters = dense((3, 4, 2), 5, "sigmoid", "half", "vector", labels=False)
    text = derive(loss, parameters[0], form="indices").text()
    assert "Xₙₙ" not in text
    assert "Xₘₘ" not in text


def test_picked_entries_are_deltas():
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], True, label="x")
    text = checked(x[0, 1] * x[1, -1], x)
    assert "δᵢ₀ · δⱼ₁" in text
    checked((x[..., 2] ** 2).sum(), x)
    checked(np.exp(x[1]).sum(), x)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 2)]),
        ("nxyc,xycf->nf", [(2, 2, 2, 2), (2, 2, 2, 3)]),
        ("ij,ij->", [(2, 3), (2, 3)]),
        ("i,j,k->kij", [(2,), (3,), (2,)]),
        ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ],
)
def test_einsum_by_entries(subscripts, shapes):
    rng = np.random.default_rng(0)
    xs = [Tensor(rng.normal(size=s), True, label=c) for s, c in zip(shapes, "ABC", strict=False)]
    total = (np.einsum(subscripts, *xs) ** 2).sum()
    for x in xs:
        checked(total, x)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("bias", ["none", "vector", "row", "linear"])
def test_every_activation_and_bias_by_entries(activation, bias):
    total, parameters = dense((2, 2, 2), 2, activation, "mse", bias, labels=True)
    for p in parameters:
        checked(total, p)


def test_values_have_no_indices():
    a = Value(2.0, label="a")
    assert "∂L/∂a = 2 · a" in derive(a * a, a, form="indices").text()


def test_operation_without_entries_is_named():
    x = Tensor([1.0, 2.0, 3.0], True, label="x")
    with pytest.raises(TypeError, match=r'form="indices" has no entries for max; use form="mat'):
        derive((np.max(x, keepdims=True) * x).sum(), x, form="indices")
    with pytest.raises(TypeError, match=r'form="indices" follows put with whole numbers and full'):
        derive((x[1:] ** 2).sum(), x, form="indices")
