"""The game of jumping back, the post's claims, and its slips, each by a number."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor

from .columns import (
    engine_graph,
    engine_parameters,
    engine_step,
    forward,
    gradients,
    literals,
    mse_grad,
    relu,
    relu_dash,
    sig,
    sig_dash,
)
from .networks import apart, same, softmax_rows


def grad(t):
    return t.grad if t.is_leaf else t.node.grad


def rule_two(g):
    """Sum over axis 0 and make a column, if the shape is not one already."""
    return g if g.shape[1:] == (1,) else np.sum(g, axis=0).reshape((-1, 1))


def test_every_jump_is_a_gradient_of_the_engine():
    """E8: loss, sigmoid, w3, sigmoid, w2, ReLU; after each jump the engine's number."""
    x, y, p = literals()
    _, steps = engine_step(x, y, p)
    v = forward(x, p)
    jumps = [
        ("y_hat", mse_grad(y, v["y_hat"])),
        ("in_output_layer", sig_dash(v["in_output_layer"])),
        ("out_hidden_2", p["w3"]),
        ("in_hidden_2", sig_dash(v["in_hidden_2"])),
        ("out_hidden_1", p["w2"]),
        ("in_hidden_1", relu_dash(v["in_hidden_1"], leak=0.1)),
    ]
    g, shapes = np.ones((4, 1)), []
    for name, crossed in jumps:
        g = g * crossed  # rule 1
        shapes.append(g.shape)
        g = rule_two(g)
        same(g, grad(steps[name]))
    assert shapes == [(4, 1), (4, 1), (4, 5), (5, 1), (5, 3), (3, 1)]


def test_gradients_on_reaching_weights_and_biases():
    """E8: what has been gathered is grad_b; times the transpose from the other end it is grad_w."""
    x, y, p = literals()
    t, steps = engine_step(x, y, p)
    ends = {3: steps["out_hidden_2"].data, 2: steps["out_hidden_1"].data, 1: x}
    names = {3: "in_output_layer", 2: "in_hidden_2", 1: "in_hidden_1"}
    for i in (3, 2, 1):
        gathered = grad(steps[names[i]])
        same(t[f"b{i}"].grad, gathered)
        same(t[f"w{i}"].grad, gathered.dot(ends[i].T))


def deltas(n):
    rng = np.random.default_rng([3, n])
    return rng.normal(size=(4, n)), rng.normal(size=(4, 5))


def test_rule_two_is_the_transposed_product():
    """E9: Σ over axis 0 of δ * W, as a column, is W.T @ δ."""
    delta, w = deltas(1)
    same(np.sum(delta * w, axis=0).reshape((-1, 1)), w.T @ delta)


def test_rule_two_holds_for_one_sample_only():
    """E9: two samples do not broadcast; five do, and give one column of wrong numbers for five."""
    delta, w = deltas(2)
    with pytest.raises(ValueError, match="broadcast"):
        delta * w
    delta, w = deltas(5)
    wrong = rule_two(delta * w)
    assert wrong.shape == (5, 1)
    right = w.T @ delta
    assert right.shape == (5, 5)
    assert apart(wrong[:, 0], right.sum(axis=1)) > 0.1
    same(wrong[:, 0], np.diag(right))  # each unit with the sample of its own number


ACTIVATIONS = {
    "sigmoid": (sig, sig_dash),
    "leaky_relu": (lambda z: relu(z, leak=0.01), lambda z: relu_dash(z, leak=0.01)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sin": (np.sin, np.cos),
}


def jump_all_the_way(x, y, weights, names):
    """Return the gradients of all weights by the two rules."""
    zs, outputs = [], [x]
    for w, name in zip(weights, names, strict=True):
        zs.append(w.dot(outputs[-1]))
        outputs.append(ACTIVATIONS[name][0](zs[-1]))
    g, found = mse_grad(y, outputs[-1]), []
    for i in reversed(range(len(weights))):
        g = g * ACTIVATIONS[names[i]][1](zs[i])
        found.insert(0, g.dot(outputs[i].T))
        g = rule_two(g * weights[i])
    return found


@settings(max_examples=25, deadline=None)
@given(
    units=st.lists(st.integers(2, 6), min_size=2, max_size=8),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_any_layers_nodes_and_elementwise_activations(units, seed, data):
    """E10: the claim holds for drawn depths, widths and activations."""
    count = len(units) - 1
    one = st.sampled_from(sorted(ACTIVATIONS))
    names = data.draw(st.lists(one, min_size=count, max_size=count))
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(j, k)) / k**0.5 for k, j in pairwise(units)]
    x, y = rng.normal(size=(units[0], 1)), rng.uniform(size=(units[-1], 1))
    t = [Tensor(w, requires_grad=True) for w in weights]
    o = Tensor(x)
    for w, name in zip(t, names, strict=True):
        o = getattr(w @ o, name)()
    ((y - o) ** 2).mean().backward()
    for w, g in zip(t, jump_all_the_way(x, y, weights, names), strict=True):
        np.testing.assert_allclose(w.grad, g, rtol=0, atol=1e-10 * np.abs(g).max())


def test_softmax_breaks_rule_one():
    """E10: ŷ(1-ŷ) alone misses the other outputs; with the whole Jacobian it is right."""
    x, y, p = literals()
    z = forward(x, p)["in_output_layer"]
    t = Tensor(z, requires_grad=True)
    y_hat = t.softmax(axis=0)
    ((y - y_hat) ** 2).mean().backward()
    o = softmax_rows(z.T).T
    one_line = mse_grad(y, o) * o * (1 - o)
    assert apart(one_line, t.grad) > 0.5
    jacobian = np.diag(o[:, 0]) - o @ o.T
    same(jacobian.T @ mse_grad(y, o), t.grad)


def test_one_line_holds_all_the_gradients_of_w3():
    """E10: entry i, j of the single line is -2/4 (y_i - ŷ_i) σ'(z_i) O_j."""
    x, y, p = literals()
    v = forward(x, p)
    g = gradients(x, y, p, v)["w3"]
    s = sig_dash(v["in_output_layer"])
    for i, j in np.ndindex(4, 5):
        entry = -2 / 4 * (y[i, 0] - v["y_hat"][i, 0]) * s[i, 0] * v["out_hidden_2"][j, 0]
        assert g[i, j] == pytest.approx(entry, rel=1e-12)


def jacobian_rows(t, leaf):
    rows = []
    for unit in np.eye(t.shape[0]):
        leaf.grad = None
        t.backward(gradient=unit[:, None])
        rows.append(leaf.grad)
    return np.array(rows)


def test_terms_that_are_zero():
    """E12: ∂ŷ_k/∂w3_ij and ∂ŷ_k/∂b3_i are exactly 0 unless k = i."""
    x, y, p = literals()
    t = engine_parameters(p)
    steps = engine_graph(x, y, t)
    by_w, by_b = (jacobian_rows(steps["y_hat"], t[n]) for n in ("w3", "b3"))
    for k, i in np.ndindex(4, 4):
        assert (by_w[k, i] == 0).all() == (k != i)
        assert (by_b[k, i, 0] == 0) == (k != i)


def test_terms_that_are_zero_one_layer_down():
    """E12: w2_11 reaches every output, but only through the first hidden unit."""
    x, y, p = literals()
    t = engine_parameters(p)
    steps = engine_graph(x, y, t)
    through = jacobian_rows(steps["in_hidden_2"], t["w2"])
    for k, i in np.ndindex(5, 5):
        assert (through[k, i] == 0).all() == (k != i)
    reached = jacobian_rows(steps["y_hat"], t["w2"])
    assert (reached[:, 0, 0] != 0).all()


def test_product_before_the_dot():
    """E13: `a * b.dot(c)` is a * (b @ c); a column stretches, so it equals (a * b) @ c."""
    rng = np.random.default_rng(13)
    a, b, c = (rng.normal(size=s) for s in ((4, 1), (4, 1), (1, 5)))
    same(a * b.dot(c), (a * b) @ c)
    a, b, c = (rng.normal(size=s) for s in ((4, 2), (4, 2), (2, 5)))
    with pytest.raises(ValueError, match="broadcast"):
        a * b.dot(c)
    a, b, c = (rng.normal(size=s) for s in ((4, 5), (4, 5), (5, 5)))
    assert apart(a * b.dot(c), (a * b) @ c) > 0.5


def test_lines_run_together():
    """E14: some are no Python, others end in a comment that swallows the next command."""
    with pytest.raises(SyntaxError):
        compile("seed(42)input_nodes = 5", "text", "exec")
    called = []
    space = {"y_hat": 1, "mse": lambda *_: called.append("mse")}
    exec("y_hat # y_haty # ymse(y, y_hat) # loss", space)
    assert called == []


def test_names_taken_for_others():
    """E15: what is gathered at the output fits w3 and b3, not "w2"; at the end b1, not "b2"."""
    x, y, p = literals()
    v = forward(x, p)
    g = gradients(x, y, p, v)
    assert g["b3"].dot(v["out_hidden_2"].T).shape == p["w3"].shape == (4, 5)
    assert p["w2"].shape == (5, 3)
    assert g["b1"].shape == p["b1"].shape == (3, 1)
    with pytest.raises(ValueError, match="broadcast"):
        p["b2"] - 0.01 * g["b1"]


def test_circle_with_dot_is_a_matrix_product():
    """E17: a dot product of 4 and 5 numbers does not exist; the sign stands for δ @ O.T."""
    x, y, p = literals()
    v = forward(x, p)
    delta, o = gradients(x, y, p, v)["b3"], v["out_hidden_2"]
    with pytest.raises(ValueError, match="not aligned"):
        np.dot(delta[:, 0], o[:, 0])
    t, _ = engine_step(x, y, p)
    same(delta @ o.T, t["w3"].grad)


def test_circle_with_dot_is_no_elementwise_product_either():
    """E17: for one sample they coincide; for two only the matrix product exists."""
    rng = np.random.default_rng(17)
    delta, o = rng.normal(size=(4, 1)), rng.normal(size=(5, 1))
    same(delta * o.T, delta @ o.T)
    delta, o = rng.normal(size=(4, 2)), rng.normal(size=(5, 2))
    with pytest.raises(ValueError, match="broadcast"):
        delta * o.T
    same(delta @ o.T, sum(np.outer(delta[:, s], o[:, s]) for s in range(2)))
