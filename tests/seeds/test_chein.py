"""Chein, the gradients: the 5-2-4-3-3-1 network of layers L95 to L100, squared loss, no bias."""

import math
from itertools import pairwise

import numpy as np
import pytest

from autograd import Tensor, Value, sumprod, watch

from .networks import (
    CHEIN_LAYERS,
    CHEIN_UNITS,
    all_same,
    apart,
    chein_batch,
    chein_engine,
    chein_forward,
    chein_loss,
    chein_weights,
    finite_differences,
    from_output,
    half_squares,
    logistic,
    loop_backward,
    parameters,
    recursive_backward,
    same,
)

SIZES = (1, 3, 32)


@pytest.mark.parametrize("n", SIZES)
def test_engine_equals_finite_differences(n):
    """A1 B1 B8: numbers from a fixed seed; finite differences agree with the engine."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    all_same(weights, chein_weights(), rtol=0)
    w, _, loss = chein_engine(weights, x, y)
    assert loss.item() == pytest.approx(chein_loss(weights, x, y), rel=1e-14)
    numeric = finite_differences(lambda ws: chein_loss(ws, x, y), weights)
    all_same([t.grad for t in w], numeric, rtol=1e-6)


def test_weights_are_named_by_the_layer_they_enter():
    """A1 B1 B2: W_96 is (5,2), ..., W_100 is (3,1)."""
    w, outputs, _ = chein_engine(chein_weights(), *chein_batch(3))
    assert {t.label: t.shape for t in w} == {
        "W_96": (5, 2),
        "W_97": (2, 4),
        "W_98": (4, 3),
        "W_99": (3, 3),
        "W_100": (3, 1),
    }
    assert [o.shape[1] for o in outputs] == list(CHEIN_UNITS)


def test_node_is_split_into_z_and_o():
    """A2 B3: Z is the product with the weights, O the activation; unit by unit with scalars."""
    weights, (x, _) = chein_weights(), chein_batch(1)
    values = [Value(v) for v in x[0]]
    zs, outputs = chein_forward(weights, x)
    for w, z, o in zip(weights, zs, outputs[1:], strict=True):
        before = [sumprod(values, column) for column in w.T]
        values = [v.sigmoid() for v in before]
        same([v.data for v in before], z[0])
        same([v.data for v in values], o[0])
        assert o[0, 0] == pytest.approx(1 / (1 + math.exp(-z[0, 0])), rel=1e-15)
    tensor = Tensor(x) @ parameters(weights)[0]
    assert tensor.op.name == "matmul"
    assert tensor.sigmoid().op.name == "sigmoid"


@pytest.mark.parametrize("n", SIZES)
def test_length_of_the_batch_is_summed_away(n):
    """A3 B4 A21: layer (n,k), weight (k,j), output (n,j); ∆W is (k,j), the sum over instances."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    w, outputs, _ = chein_engine(weights, x, y)
    for t, before, after in zip(w, outputs[:-1], outputs[1:], strict=True):
        (k, j) = t.shape
        assert (before.shape, after.shape, t.grad.shape) == ((n, k), (n, j), (k, j))
    single = [chein_engine(weights, x[[i]], y[[i]])[0] for i in range(n)]
    all_same([t.grad for t in w], [sum(s[i].grad for s in single) for i in range(5)])


@pytest.mark.parametrize("n", SIZES)
def test_derivative_of_the_loss_is_output_minus_labels(n):
    """A4 B5: so the loss is half the sum of squares; the plain sum gives twice as much."""
    x, y = chein_batch(n)
    _, outputs, loss = chein_engine(chein_weights(), x, y)
    o = outputs[-1].data
    assert loss.item() == pytest.approx(
        sum(0.5 * (a - b) ** 2 for a, b in zip(o[:, 0], y[:, 0], strict=True))
    )
    same(outputs[-1].node.grad, o - y)
    free = Tensor(o, requires_grad=True)
    ((free - y) ** 2).sum().backward()
    same(free.grad, 2 * (o - y))


def test_three_factors_entry_by_entry():
    """A5 B9: ∂L/∂W_L = ∂L/∂O_{L+1} · ∂O_{L+1}/∂O_L · ∂O_L/∂W_L, here for W_98."""
    weights, (x, y) = chein_weights(), chein_batch(1)
    w, outputs, _ = chein_engine(weights, x, y)
    upstream = outputs[4].node.grad[0]
    zs, o = chein_forward(weights, x)
    expected = np.zeros((4, 3))
    for k in range(4):
        for j in range(3):
            next_by_this = from_output(logistic(zs[3][0])) * weights[3][j]
            this_by_weight = from_output(logistic(zs[2][0, j])) * o[2][0, k]
            expected[k, j] = (upstream * next_by_this).sum() * this_by_weight
    same(w[2].grad, expected)


@pytest.mark.parametrize("layer", range(1, 5))
def test_next_layer_by_this_layer(layer):
    """A6 B10: ∂O_{L+1}/∂O_L = g'(Z_{L+1}) · W_{L+1}, row by row from the engine."""
    weights, (x, _) = chein_weights(), chein_batch(1)
    _, o = chein_forward(weights, x)
    this = Tensor(o[layer], requires_grad=True)
    after = (this @ weights[layer]).sigmoid()
    rows = []
    for unit in np.eye(after.shape[1]):
        this.grad = None
        after.backward(gradient=unit[None])
        rows.append(this.grad[0])
    same(rows, (from_output(o[layer + 1]) * weights[layer]).T)


@pytest.mark.parametrize("layer", range(5))
def test_this_layer_by_its_weights(layer):
    """A6 B11: ∂O_L/∂W_L = g'(Z_L) · O_{L-1}, nothing for the weights of the other units."""
    weights, (x, _) = chein_weights(), chein_batch(1)
    _, o = chein_forward(weights, x)
    w = Tensor(weights[layer], requires_grad=True)
    out = (Tensor(o[layer]) @ w).sigmoid()
    for j, unit in enumerate(np.eye(out.shape[1])):
        w.grad = None
        out.backward(gradient=unit[None])
        expected = np.zeros_like(weights[layer])
        expected[:, j] = from_output(o[layer + 1][0, j]) * o[layer][0]
        same(w.grad, expected)


def test_last_two_layers_written_out():
    """A7 B12: the products of the figures for W_100 and W_99."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    w, _, _ = chein_engine(weights, x, y)
    zs, o = chein_forward(weights, x)
    d_loss = o[5] - y
    g100, g99 = from_output(logistic(zs[4])), from_output(logistic(zs[3]))
    same(w[4].grad, o[4].T @ (d_loss * g100))
    same(w[3].grad, o[3].T @ ((d_loss * g100) @ weights[4].T * g99))


@pytest.mark.parametrize("n", SIZES)
def test_loop_and_recursion_equal_the_engine(n):
    """A7 B12 A12 B17 A13 B18: general rule, once as a loop, once recursive."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    w, _, _ = chein_engine(weights, x, y)
    _, o = chein_forward(weights, x)
    all_same([t.grad for t in w], loop_backward(weights, o, y))
    all_same([t.grad for t in w], recursive_backward(weights, o, y)[1])


@pytest.mark.parametrize("n", SIZES)
def test_gradients_of_the_layers_propagate_down(n):
    """A5 B9 A7 B12: ∂_L = (∂_{L+1} * g'(Z_{L+1})) @ W_{L+1}.T is what the engine leaves at O_L."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    _, tensors, _ = chein_engine(weights, x, y)
    _, o = chein_forward(weights, x)
    d = o[5] - y
    for layer in reversed(range(1, 5)):
        d = (d * from_output(o[layer + 1])) @ weights[layer].T
        same(tensors[layer].node.grad, d)


@pytest.mark.parametrize("n", SIZES)
def test_shapes_of_every_product(n):
    """A8 B13: the shapes of the figure, (3,n)@(n,1)->(3,1) and so on."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    _, o = chein_forward(weights, x)
    d, found = o[5] - y, []
    local = from_output(o[5])
    same_shape = d * local
    found.append((o[4].T.shape, same_shape.shape, (o[4].T @ same_shape).shape))
    for layer in (4, 3, 2):
        upstream, w = d * local, weights[layer].T
        d, local = upstream @ w, from_output(o[layer])
        product = o[layer - 1].T @ (d * local)
        shapes = (upstream.shape, w.shape, local.shape)
        found.append((o[layer - 1].T.shape, shapes, product.shape))
    assert found == [
        ((3, n), (n, 1), (3, 1)),
        ((3, n), ((n, 1), (1, 3), (n, 3)), (3, 3)),
        ((4, n), ((n, 3), (3, 3), (n, 3)), (4, 3)),
        ((2, n), ((n, 3), (3, 4), (n, 4)), (2, 4)),
    ]


def test_shapes_that_the_sweep_passes():
    """A8 B13: at every product the engine takes (n,j), gives (n,k) to the layer, (k,j) to W."""
    passed = []

    def note(node, i, upstream, contribution, before, after):
        if node.op.name == "matmul":
            passed.append((upstream.shape, contribution.shape))

    with watch(note):
        chein_engine(chein_weights(), *chein_batch(7))
    expected = []
    for k, j in reversed(list(pairwise(CHEIN_UNITS))):
        expected += [((7, j), (7, k)), ((7, j), (k, j))]
    assert passed == expected[:-2] + expected[-1:]  # the input wants no gradient


def test_deep_network_needs_the_loop():
    """A13 B18: at depth 1,500 the loop and the engine agree; recursion ends in RecursionError."""
    rng = np.random.default_rng(1000)
    weights = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(1500)]
    x, y = rng.normal(size=(2, 3)), rng.uniform(size=(2, 3))
    w, _, _ = chein_engine(weights, x, y, activation=np.tanh)
    _, o = chein_forward(weights, x, np.tanh)
    hand = loop_backward(weights, o, y, derivative=lambda o: 1 - o**2)
    all_same([t.grad for t in w], hand, rtol=1e-11)
    assert np.abs(w[0].grad).max() > 1e-9
    with pytest.raises(RecursionError):
        recursive_backward(weights, o, y)


def test_sigmoid_needs_only_its_output():
    """A9 B14: σ' = σ(1-σ); the engine's closure of a sigmoid holds O and not Z."""
    z = np.linspace(-6, 6, 13)
    t = Tensor(z, requires_grad=True)
    t.sigmoid().backward(gradient=np.ones(13))
    same(t.grad, from_output(logistic(z)))
    same(t.grad, np.exp(-z) / (1 + np.exp(-z)) ** 2)


@pytest.mark.parametrize(
    ("name", "function", "derivative"),
    [
        ("relu", lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
        ("tanh", np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        ("sin", np.sin, np.cos),
    ],
)
def test_other_activations_are_differentiated_at_z(name, function, derivative):
    """A9 B14: with g'(Z) from the saved Z all is right; O(1-O) is right for the sigmoid alone."""
    weights, (x, y) = chein_weights(seed=7), chein_batch(3)
    w, _, _ = chein_engine(weights, x, y, activation=lambda z: getattr(z, name)())
    zs, o = chein_forward(weights, x, function)
    of = {id(a): derivative(z) for a, z in zip(o[1:], zs, strict=True)}
    all_same([t.grad for t in w], loop_backward(weights, o, y, derivative=lambda a: of[id(a)]))
    assert apart(loop_backward(weights, o, y)[-1], w[-1].grad) > 0.1


def test_output_alone_can_be_too_little():
    """A9 B14: sin(0.5) = sin(π-0.5) but cos differs; tanh and ReLU could do without Z as well."""
    z = Tensor([0.5, math.pi - 0.5], requires_grad=True)
    o = z.sin()
    o.backward(gradient=[1.0, 1.0])
    assert o.data[0] == pytest.approx(o.data[1], rel=1e-15)
    assert z.grad[0] == pytest.approx(-z.grad[1], rel=1e-12)
    for name, from_o in (("tanh", lambda o: 1 - o**2), ("relu", lambda o: o > 0)):
        t = Tensor([-1.5, -0.1, 0.3, 2.0], requires_grad=True)
        o = getattr(t, name)()
        o.backward(gradient=np.ones(4))
        same(t.grad, from_o(o.data).astype(float))


def test_linear_output_layer():
    """A10 B15: without an activation the factor is 1."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    w = parameters(weights)
    _, hidden = chein_forward(w[:-1], x, lambda z: z.sigmoid())
    half_squares(hidden[-1] @ w[-1], y).backward()
    _, o = chein_forward(weights[:-1], x)
    out = o[-1] @ weights[-1]
    same(w[-1].grad, o[-1].T @ ((out - y) * 1))
    d = (out - y) @ weights[-1].T * from_output(o[-1])
    same(w[-2].grad, o[-2].T @ d)
    assert apart(o[-1].T @ ((out - y) * from_output(logistic(out))), w[-1].grad) > 0.5


def test_loss_falls_by_the_slope_along_the_step():
    """A11 B16: for a small α the loss falls by α times the squared length of ∆W."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    w, _, _ = chein_engine(weights, x, y)
    slope = sum((t.grad**2).sum() for t in w)
    for alpha in (1e-6, 2e-6):
        moved = [a - alpha * t.grad for a, t in zip(weights, w, strict=True)]
        fall = chein_loss(weights, x, y) - chein_loss(moved, x, y)
        assert fall == pytest.approx(alpha * slope, rel=1e-4)


def test_perceptron_is_the_last_two_layers():
    """B7: ∆W_100 needs O_99 alone; the step as activation has no derivative to use."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    w, _, _ = chein_engine(weights, x, y)
    _, o = chein_forward(weights, x)
    alone, _, _ = chein_engine(weights[-1:], o[4], y)
    same(alone[0].grad, w[-1].grad)
    assert alone[0].label == f"W_{CHEIN_LAYERS[-1]}"
    step = Tensor(o[4]) @ alone[0] > 0
    assert not step.requires_grad
    with pytest.raises(RuntimeError, match="requires_grad"):
        step.sum().backward()
