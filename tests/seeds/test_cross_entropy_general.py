"""The softmax network for any depth and number of samples, and what reuse of gradients saves."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, softmax_cross_entropy, sumprod, topological_order

from .networks import (
    all_same,
    cross_entropy,
    dense_backward,
    dense_forward,
    dense_parameters,
    finite_differences,
    from_output,
    logistic,
    parameters,
    same,
    softmax_rows,
    visits_without_reuse,
)

HIDDEN = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "sigmoid": (logistic, lambda z: from_output(logistic(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}


def samples(n, features=2, classes=3, seed=0):
    rng = np.random.default_rng([seed, n])
    return rng.normal(size=(n, features)), np.eye(classes)[rng.integers(classes, size=n)]


def engine_run(params, x, y, hidden):
    """Return the parameter tensors and the z tensors after a backward pass of the summed loss."""
    t = parameters(params)
    zs, _ = dense_forward(t, x, lambda z: getattr(z, hidden)())
    softmax_cross_entropy(zs[-1], y).backward()
    return t, zs


@pytest.mark.parametrize("hidden", ["relu", "sigmoid"])
def test_summary_of_gradients(hidden):
    """C18: δ of the output is ŷ - y; of a hidden layer δW' ∘ f'; W: aᵀδ; b: δ; input: δWᵀ."""
    params = dense_parameters((2, 4, 5, 3))
    x, y = samples(1)
    t, z = engine_run(params, x, y, hidden)
    function, derivative = HIDDEN[hidden]
    zs, outputs = dense_forward(params, x, function)
    delta = {3: softmax_rows(zs[2]) - y}
    delta[2] = (delta[3] @ params[4].T) * derivative(zs[1])
    delta[1] = (delta[2] @ params[2].T) * derivative(zs[0])
    for layer in (1, 2, 3):
        same(z[layer - 1].node.grad, delta[layer])
        same(t[2 * layer - 2].grad, outputs[layer - 1].T @ delta[layer])
        same(t[2 * layer - 1].grad, delta[layer][0])


@pytest.mark.parametrize("layers", [1, 2, 7, 50])
def test_general_statement_for_many_layers(layers):
    """C18 C23: the same three lines for L layers, against the engine and differences."""
    units = (2, *[3] * (layers - 1), 3)
    params = dense_parameters(units, seed=layers)
    x, y = samples(4, seed=layers)
    t, _ = engine_run(params, x, y, "tanh")
    function, derivative = HIDDEN["tanh"]
    zs, outputs = dense_forward(params, x, function)
    all_same([p.grad for p in t], dense_backward(params, zs, outputs, y, derivative))

    def loss(first):
        zs, _ = dense_forward([*first, *params[1:]], x, function)
        return cross_entropy(zs[-1], y)

    if np.abs(t[0].grad).max() > 1e-3:
        all_same([t[0].grad], finite_differences(loss, params[:1]), rtol=1e-6)


# --------------------------------------------------------------------------------------------------
# The abstraction step


def scalar_network(units):
    """Return the loss of a sigmoid network of scalars: every unit one sum and one sigmoid."""
    values = [Value(0.1 * (i + 1)) for i in range(units[0])]
    for k, j in pairwise(units):
        w = np.random.default_rng([k, j]).normal(size=(j, k))
        values = [sumprod([Value(v) for v in row], values).sigmoid() for row in w]
    return sumprod(values, [1.0] * len(values))


def test_four_layers_without_reuse():
    """C19: on 2-4-5-3 every path on its own visits 1 + 2·(3 + 3·5 + 3·5·4) nodes, reuse 25."""
    loss = scalar_network((2, 4, 5, 3))
    assert len(topological_order(loss)) == 1 + 2 * (3 + 5 + 4) == 25
    assert visits_without_reuse(loss) == 1 + 2 * (3 + 3 * 5 + 3 * 5 * 4) == 157


@pytest.mark.parametrize("depth", [1, 4, 8])
def test_cost_grows_with_a_power_of_the_width(depth):
    """C19: width 3, depth d: 3 + 3² + ... + 3^d paths' units without reuse, 3d with it."""
    loss = scalar_network((3, *[3] * depth))
    assert len(topological_order(loss)) == 1 + 2 * 3 * depth
    assert visits_without_reuse(loss) == 1 + 2 * sum(3**d for d in range(1, depth + 1))


def test_reuse_makes_sixty_diamonds_walkable():
    """C19: x + x sixty times has 2^60 paths; the engine visits 60 nodes."""
    x = Value(1.0)
    y = x
    for _ in range(16):
        y = y + y
    assert visits_without_reuse(y) == 2**16 - 1
    for _ in range(44):
        y = y + y
    assert len(topological_order(y)) == 60
    y.backward()
    assert x.grad == 2.0**60


# --------------------------------------------------------------------------------------------------
# More than one sample


@pytest.mark.parametrize("hidden", ["relu", "sigmoid"])
def test_three_samples(hidden):
    """C20 C21: ∂H/∂W = Aᵀδ sums over samples, ∂H/∂b is the column sums of δ."""
    params = dense_parameters((2, 4, 5, 3))
    x, y = samples(3)
    t, z = engine_run(params, x, y, hidden)
    singles = [engine_run(params, x[[i]], y[[i]], hidden)[0] for i in range(3)]
    for i in range(6):
        same(t[i].grad, sum(s[i].grad for s in singles))
    _, outputs = dense_forward(params, x, HIDDEN[hidden][0])
    delta = z[2].node.grad
    same(t[4].grad, sum(np.outer(outputs[2][s], delta[s]) for s in range(3)))
    same(t[4].grad, outputs[2].T @ delta)
    same(t[5].grad, [delta[0, k] + delta[1, k] + delta[2, k] for k in range(3)])


def test_bias_is_the_only_form_that_changes():
    """C21 C22: with three rows δ itself no longer has the shape of b, all else stays as it was."""
    params = dense_parameters((2, 4, 5, 3))
    x, y = samples(3)
    t, z = engine_run(params, x, y, "sigmoid")
    assert z[2].node.grad.shape == (3, 3)
    assert t[5].grad.shape == (3,)
    singles = [engine_run(params, x[[i]], y[[i]], "sigmoid")[1] for i in range(3)]
    for layer in range(3):
        rows = np.concatenate([s[layer].node.grad for s in singles])
        same(z[layer].node.grad, rows)


@settings(max_examples=25, deadline=None)
@given(
    depth=st.integers(1, 50),
    n=st.integers(1, 64),
    hidden=st.sampled_from(sorted(HIDDEN)),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_arbitrary_depth_and_number_of_samples(depth, n, hidden, seed, data):
    """C23: the promise of the text, for 1 to 50 layers of drawn widths and 1 to 64 samples."""
    widths = data.draw(st.lists(st.integers(1, 6), min_size=depth - 1, max_size=depth - 1))
    params = dense_parameters((2, *widths, 3), seed=seed)
    x, y = samples(n, seed=seed)
    t, _ = engine_run(params, x, y, hidden)
    function, derivative = HIDDEN[hidden]
    zs, outputs = dense_forward(params, x, function)
    hand = dense_backward(params, zs, outputs, y, derivative)
    # terms may cancel: rounding is measured by the same pass over absolute values
    scales = dense_backward(
        [np.abs(p) for p in params],
        zs,
        [np.abs(a) for a in outputs],
        -y,
        lambda z: derivative(z) + 1e-6,
    )
    for p, g, scale in zip(t, hand, scales, strict=True):
        assert p.grad.shape == g.shape
        assert (np.abs(p.grad - g) <= 1e-9 * scale).all()
    assert np.abs(t[-1].grad).max() > 0
