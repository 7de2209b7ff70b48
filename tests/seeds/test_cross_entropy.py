"""The four-layer softmax network, one sample: every closed form of the derivation by the engine.

Row vectors throughout: z = a @ W + b. The text has no numbers; those here come from a fixed seed.
"""

from typing import NamedTuple

import numpy as np
import pytest

from autograd import Tensor, log_softmax, softmax, softmax_cross_entropy

from .networks import (
    apart,
    cross_entropy,
    dense_forward,
    dense_parameters,
    finite_differences,
    from_output,
    logistic,
    parameters,
    same,
    softmax_rows,
)

UNITS = (2, 4, 5, 3)
NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
HIDDEN = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "sigmoid": (logistic, lambda z: from_output(logistic(z))),
}
ONE_HOT = np.eye(3)


class Run(NamedTuple):
    """Numbers and tensors of one forward and backward pass; lists start at the input side."""

    params: list
    tensors: list
    zs: list
    outputs: list
    z: list
    a: list
    y_hat: Tensor
    loss: Tensor


def run(hidden="sigmoid", x=None, y=None, units=UNITS):
    """Compute ŷ and H = -Σ y log ŷ as written, one sample with the second class true by default."""
    x = np.array([[0.5, 0.8]]) if x is None else x
    y = ONE_HOT[[1]] if y is None else y
    params = dense_parameters(units)
    t = parameters(params, NAMES)
    a0 = Tensor(x, requires_grad=True)
    z, a = dense_forward(t, a0, lambda v: getattr(v, hidden)())
    y_hat = softmax(z[-1])
    loss = -(y * np.log(y_hat)).sum()
    loss.backward()
    zs, outputs = dense_forward(params, x, HIDDEN[hidden][0])
    return Run(params, t, zs, outputs, z, a, y_hat, loss)


def grad(t):
    return t.grad if t.is_leaf else t.node.grad


def rows_of_jacobian(t, at):
    """Return the gradients of every entry of a (1, n) tensor at a leaf, as the rows of a matrix."""
    rows = []
    for unit in np.eye(t.shape[1]):
        at.grad = None
        t.backward(gradient=unit[None])
        rows.append(at.grad)
    return np.array(rows)


def leaf(array):
    return Tensor(array, requires_grad=True)


@pytest.fixture(params=["relu", "sigmoid"])
def hidden(request):
    return request.param


def test_four_layers_equal_finite_differences(hidden):
    """C1 C2: input 2, hidden 4 and 5, softmax of 3; all gradients by central differences."""
    r = run(hidden)
    assert [z.shape for z in r.z] == [(1, 4), (1, 5), (1, 3)]
    x = r.outputs[0]

    def loss(params):
        zs, _ = dense_forward(params, x, HIDDEN[hidden][0])
        return cross_entropy(zs[-1], ONE_HOT[[1]])

    assert r.loss.item() == pytest.approx(loss(r.params), rel=1e-14)
    numeric = finite_differences(loss, r.params)
    for name, t, g in zip(NAMES, r.tensors, numeric, strict=True):
        assert t.label == name
        same(t.grad, g, rtol=1e-8)


def test_softmax_formula():
    """C3: ŷ_k = exp z_k / Σ exp z_i."""
    r = run()
    z = r.zs[-1][0]
    expected = [np.exp(z[k]) / sum(np.exp(z[i]) for i in range(3)) for k in range(3)]
    same(r.y_hat.data[0], expected)
    assert r.y_hat.data.sum() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("true", range(3))
def test_cross_entropy_of_a_one_hot_row(true):
    """C4: only the true class remains; fused, by log-softmax and as written are one number."""
    r = run(y=ONE_HOT[[true]])
    logits = r.z[-1]
    assert r.loss.item() == pytest.approx(-np.log(softmax_rows(r.zs[-1])[0, true]), rel=1e-14)
    fused = softmax_cross_entropy(logits, ONE_HOT[[true]])
    assert fused.item() == pytest.approx(r.loss.item(), rel=1e-14)
    assert -log_softmax(logits)[0, true].item() == pytest.approx(r.loss.item(), rel=1e-14)


def test_chain_over_all_outputs():
    """C5: ∂H/∂z_1 = Σ_k ∂H/∂ŷ_k ∂ŷ_k/∂z_1; one output alone gives another number."""
    r = run()
    y_hat = softmax_rows(r.zs[-1])[0]
    by_output = grad(r.y_hat)[0]
    same(by_output, -ONE_HOT[1] / y_hat)
    for i in range(3):
        terms = [by_output[k] * y_hat[k] * ((k == i) - y_hat[i]) for k in range(3)]
        assert grad(r.z[-1])[0, i] == pytest.approx(sum(terms), rel=1e-12)
    assert abs(by_output[0] * from_output(y_hat[0]) - grad(r.z[-1])[0, 0]) > 0.01


def test_gradient_at_logits_is_a_product_with_the_jacobian():
    """C6: ∂H/∂z = (∂H/∂ŷ) J with J from the engine, row by row."""
    r = run()
    z = leaf(r.zs[-1])
    jacobian = rows_of_jacobian(softmax(z), z)[:, 0]
    same(grad(r.z[-1]), grad(r.y_hat) @ jacobian)


def test_softmax_jacobian():
    """C7: J_kl = ŷ_k (δ_kl - ŷ_l), and the same by the quotient rule from which it is derived."""
    z = leaf(run().zs[-1])
    y_hat = softmax(z)
    jacobian = rows_of_jacobian(y_hat, z)[:, 0]
    e, total = np.exp(z.data[0]), np.exp(z.data[0]).sum()
    for k in range(3):
        for j in range(3):
            quotient = ((k == j) * e[k] * total - e[k] * e[j]) / total**2
            closed = y_hat.data[0, k] * ((k == j) - y_hat.data[0, j])
            assert jacobian[k, j] == pytest.approx(quotient, rel=1e-12)
            assert jacobian[k, j] == pytest.approx(closed, rel=1e-12)
    np.testing.assert_allclose(jacobian.sum(axis=0), 0, atol=1e-16)
    same(jacobian, jacobian.T)


@pytest.mark.parametrize("true", range(3))
def test_gradient_at_logits_for_every_true_class(true, hidden):
    """C8: ŷ - y, also through the fused loss."""
    r = run(hidden, y=ONE_HOT[[true]])
    expected = softmax_rows(r.zs[-1])
    expected[0, true] -= 1
    same(grad(r.z[-1]), expected)
    z = leaf(r.zs[-1])
    softmax_cross_entropy(z, ONE_HOT[[true]]).backward()
    same(z.grad, expected)


def test_columns_of_a_jacobian_are_edges_of_one_node():
    """C9: column i of ∂z/∂a holds what node a_i sends to every z: moving a_i alone shows it."""
    r = run()
    a = leaf(r.outputs[2])
    w, b = r.params[4:]
    jacobian = rows_of_jacobian(a @ w + b, a)[:, 0]
    assert jacobian.shape == (3, 5)
    for i in range(5):
        moved = a.data.copy()
        moved[0, i] += 1.0
        same(jacobian[:, i], ((moved @ w + b) - (a.data @ w + b))[0], rtol=1e-12)


def test_jacobian_between_layers_is_the_transposed_weight_matrix():
    """C10: ∂z³/∂a² = W³ᵀ for row vectors, and likewise for the two products before."""
    r = run()
    for layer in range(3):
        a = leaf(r.outputs[layer])
        z = a @ r.params[2 * layer] + r.params[2 * layer + 1]
        same(rows_of_jacobian(z, a)[:, 0], r.params[2 * layer].T)


def test_gradient_at_the_second_hidden_layer(hidden):
    """C11: ∂H/∂a² = δ³ W³ᵀ."""
    r = run(hidden)
    delta = softmax_rows(r.zs[-1]) - ONE_HOT[1]
    same(grad(r.a[2]), delta @ r.params[4].T)


def test_logits_by_weights_with_indicators():
    """C12: ∂z_k/∂W_ij = a_i where j = k, else 0."""
    r = run()
    w = leaf(r.params[4])
    a = r.outputs[2]
    rows = rows_of_jacobian(Tensor(a) @ w, w)
    for k, i, j in np.ndindex(3, 5, 3):
        assert rows[k, i, j] == (a[0, i] if j == k else 0)


def test_weight_gradient_collapses_to_an_outer_product(hidden):
    """C13: Σ_k δ_k a_i 1(j = k) = a_i δ_j, so ∂H/∂W³ = (a²)ᵀ δ³."""
    r = run(hidden)
    delta = (softmax_rows(r.zs[-1]) - ONE_HOT[1])[0]
    a = r.outputs[2][0]
    by_indicators = [
        [sum(delta[k] * a[i] * (j == k) for k in range(3)) for j in range(3)] for i in range(5)
    ]
    same(r.tensors[4].grad, by_indicators)
    same(r.tensors[4].grad, np.outer(a, delta))


def test_bias_gradient():
    """C14: ∂z³/∂b³ = I, so ∂H/∂b³ = δ³."""
    r = run()
    b = leaf(r.params[5])
    assert (rows_of_jacobian(Tensor(r.outputs[2]) @ r.params[4] + b, b) == np.eye(3)).all()
    same(r.tensors[5].grad, (softmax_rows(r.zs[-1]) - ONE_HOT[1])[0])


def test_hadamard_product_at_the_hidden_layer(hidden):
    """C15: ∂H/∂z² = δ³ W³ᵀ ∘ f'(z²)."""
    r = run(hidden)
    delta = softmax_rows(r.zs[-1]) - ONE_HOT[1]
    same(grad(r.z[1]), (delta @ r.params[4].T) * HIDDEN[hidden][1](r.zs[1]))
    assert apart(delta @ r.params[4].T, grad(r.z[1])) > 0.5


def test_first_exercise(hidden):
    """C16: ∂H/∂W² = (a¹)ᵀδ², ∂H/∂b² = δ², ∂H/∂a¹ = δ²W²ᵀ."""
    r = run(hidden)
    delta = grad(r.z[1])
    same(r.tensors[2].grad, r.outputs[1].T @ delta)
    same(r.tensors[3].grad, delta[0])
    same(grad(r.a[1]), delta @ r.params[2].T)


def test_second_exercise(hidden):
    """C17: δ¹ = ∂H/∂a¹ ∘ f'(z¹), ∂H/∂W¹ = xᵀδ¹, ∂H/∂b¹ = δ¹, and at the input δ¹W¹ᵀ."""
    r = run(hidden)
    delta = grad(r.a[1]) * HIDDEN[hidden][1](r.zs[0])
    same(grad(r.z[0]), delta)
    same(r.tensors[0].grad, r.outputs[0].T @ delta)
    same(r.tensors[1].grad, delta[0])
    same(r.a[0].grad, delta @ r.params[0].T)


def test_typo_of_the_weight_matrix():
    """C24: with the weights of layer 2 in the place of layer 3 the product does not even fit."""
    r = run()
    delta = softmax_rows(r.zs[-1]) - ONE_HOT[1]
    with pytest.raises(ValueError, match="matmul"):
        delta @ r.params[2].T
    square = run(units=(2, 3, 3, 3))
    delta = softmax_rows(square.zs[-1]) - ONE_HOT[1]
    same(grad(square.a[2]), delta @ square.params[4].T)
    assert apart(delta @ square.params[2].T, grad(square.a[2])) > 0.5
