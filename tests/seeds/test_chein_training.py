"""Chein, the training: updates after the sweep, two forms of bias, the linked example, the tips."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from autograd import Tensor, Value, sumprod

from .networks import (
    all_same,
    apart,
    chein_batch,
    chein_engine,
    chein_forward,
    chein_loss,
    chein_weights,
    from_output,
    half_squares,
    logistic,
    loop_backward,
    parameters,
    recursive_backward,
    same,
)

INPUTS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], float)
FIRST = np.array([[0, 0, 1, 1]], float).T
XOR = np.array([[0, 1, 1, 0]], float).T


def draw(units, scale=1.0, seed=1):
    """Return weights in [-scale, scale) from NumPy's legacy generator, as in the linked example."""
    rng = np.random.RandomState(seed)
    return [scale * (2 * rng.random_sample(shape) - 1) for shape in pairwise(units)]


def train_by_hand(weights, y, steps, alpha=1.0, until=0.0):
    """Train in place; return the weights, the last output and the mean errors before updates."""
    errors = []
    for _ in range(steps):
        _, o = chein_forward(weights, INPUTS)
        errors.append(np.abs(o[-1] - y).mean())
        if errors[-1] < until:
            break
        for w, delta in zip(weights, loop_backward(weights, o, y), strict=True):
            w -= alpha * delta
    return weights, o[-1], errors


def train_by_engine(weights, y, steps, alpha=1.0):
    w = parameters(weights)
    errors = []
    for _ in range(steps):
        out = chein_forward(w, INPUTS, lambda z: z.sigmoid())[1][-1]
        errors.append(np.abs(out.data - y).mean())
        half_squares(out, y).backward(release=True)
        for t in w:
            t.data = t.data - alpha * t.grad
            t.grad = None
    return w, out, errors


# --------------------------------------------------------------------------------------------------
# The linked example (iamtrask, eleven lines)


def test_draws_of_the_linked_example():
    """B21: the legacy generator still gives the same weights for seed 1."""
    same(draw((3, 1))[0].ravel(), [-0.16595599059485195, 0.4406489868843162, -0.9997712503653102])


def test_linked_example_with_two_layers():
    """B21: 10,000 steps, y = 0, 0, 1, 1."""
    _, out, _ = train_by_hand(draw((3, 1)), FIRST, 10_000)
    printed = [0.00966449, 0.00786506, 0.99358898, 0.99211957]
    np.testing.assert_allclose(out[:, 0], printed, rtol=0, atol=5e-9)


def test_linked_example_with_three_layers():
    """B21: 60,000 steps of XOR; the errors at step 0 and 50,000, and the last output."""
    first, last = draw((3, 4, 1))
    errors = {}
    for step in range(60_000):
        hidden = logistic(INPUTS @ first)
        out = logistic(hidden @ last)
        error = XOR - out
        if step in (0, 50_000):
            errors[step] = round(float(np.abs(error).mean()), 8)
        delta = error * out * (1 - out)
        delta_hidden = delta @ last.T * hidden * (1 - hidden)
        last += hidden.T @ delta
        first += INPUTS.T @ delta_hidden
    assert errors == {0: 0.49641003, 50_000: 0.00351012}
    printed = [0.00260572, 0.99672209, 0.99701711, 0.00386759]
    np.testing.assert_allclose(out[:, 0], printed, rtol=0, atol=5e-9)


@pytest.mark.parametrize(("units", "y"), [((3, 1), FIRST), ((3, 4, 1), XOR)])
def test_linked_example_with_the_engine(units, y):
    """B6 B21: forward pass, ∆W, update, 300 times; every number equals the hand loop's."""
    hand, out, errors = train_by_hand(draw(units), y, 300)
    w, engine_out, engine_errors = train_by_engine(draw(units), y, 300)
    same(engine_errors, errors)
    same(engine_out.data, out)
    all_same([t.data for t in w], hand)


# --------------------------------------------------------------------------------------------------
# When to update


def update_while_going_back(weights, x, y, alpha, ahead=0):
    """Change a weight as soon as its ∆W is known, or once the loss has passed it (``ahead=1``)."""
    weights = [w.copy() for w in weights]
    _, o = chein_forward(weights, x)
    d, waiting = o[-1] - y, []
    for i in reversed(range(len(weights))):
        upstream = d * from_output(o[i + 1])
        waiting.append((i, o[i].T @ upstream))
        if not ahead:
            j, delta = waiting.pop()
            weights[j] -= alpha * delta
        d = upstream @ weights[i].T
        if ahead:
            j, delta = waiting.pop()
            weights[j] -= alpha * delta
    return weights


def test_update_only_after_the_whole_sweep():
    """A16 B22: updating on the way gives other weights below; two layers behind is right again."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    w, _, _ = chein_engine(weights, x, y)
    right = [a - 1.0 * t.grad for a, t in zip(weights, w, strict=True)]
    early = update_while_going_back(weights, x, y, 1.0)
    same(early[4], right[4])
    moved = [apart(e - a, t.grad * -1.0) for e, a, t in zip(early, weights, w, strict=True)]
    assert moved[4] < 1e-12
    assert min(moved[:4]) > 0.04
    assert moved[0] > 2
    all_same(update_while_going_back(weights, x, y, 1.0, ahead=1), right)


def test_engine_refuses_a_leaf_changed_before_the_sweep():
    """A16 B22: no gradient has changed after the error, and a new forward pass is all it takes."""
    x, y = chein_batch(3)
    w = parameters(chein_weights())
    loss = half_squares(chein_forward(w, x, lambda z: z.sigmoid())[1][-1], y)
    w[4].data = w[4].data - 0.1
    with pytest.raises(RuntimeError, match="changed after it was used"):
        loss.backward()
    assert [t.grad for t in w] == [None] * 5
    loss = half_squares(chein_forward(w, x, lambda z: z.sigmoid())[1][-1], y)
    loss.backward()
    assert all(t.grad is not None for t in w)


def test_scalar_engine_refuses_it_too():
    """A16 B22: the same for Value."""
    w = [Value(0.5), Value(-0.3)]
    loss = (sumprod(w, [1.0, 2.0]).sigmoid() - 1.0) ** 2
    w[0].data -= 0.1
    with pytest.raises(RuntimeError, match="changed after it was used"):
        loss.backward()
    assert w[1].grad == 0.0


# --------------------------------------------------------------------------------------------------
# Bias


def bias_rows(rng):
    return [0.3 * rng.normal(size=w.shape[1]) for w in chein_weights()]


def ones_column(o):
    return np.concatenate([o, np.ones((o.shape[0], 1))], axis=1)


def forward_with_ones(weights, x, activation):
    """Every layer gets a unit that is 1: weights are one row taller, nothing feeds that unit."""
    o = ones_column(x)
    for w in weights[:-1]:
        o = ones_column(activation(o @ w))
    return activation(o @ weights[-1])


@pytest.mark.parametrize("n", [1, 3, 32])
def test_bias_as_vector_and_as_column(n):
    """A14 B19 A15 B20: ∂L/∂b = ∂L/∂O · g', and the extra row of the tall matrix gets the same."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    biases = bias_rows(np.random.default_rng(4))
    w, b = parameters(weights), parameters(biases)
    outputs = [Tensor(x)]
    for v, c in zip(w, b, strict=True):
        outputs.append((outputs[-1] @ v + c).sigmoid())
    half_squares(outputs[-1], y).backward()
    for o, c in zip(outputs[1:], b, strict=True):
        same(c.grad, (o.node.grad * from_output(o.data)).sum(axis=0))
    tall = parameters([np.vstack([v, c]) for v, c in zip(weights, biases, strict=True)])
    assert [t.shape for t in tall] == [(6, 2), (3, 4), (5, 3), (4, 3), (4, 1)]
    half_squares(forward_with_ones(tall, x, lambda z: z.sigmoid()), y).backward()
    all_same([t.grad[:-1] for t in tall], [v.grad for v in w])
    all_same([t.grad[-1] for t in tall], [c.grad for c in b])


def reset_forward(weights, x, activation):
    """Compute the bias units like the others, then set them to 1 again."""
    outputs = [ones_column(x)]
    for w in weights:
        o = activation(outputs[-1] @ w)
        o[:, -1] = 1.0
        outputs.append(o)
    return outputs


def test_bias_units_set_to_one_again():
    """A15 B20: normal passes with reset are right for the sigmoid, as O(1-O) is 0 at O = 1."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    biases = bias_rows(np.random.default_rng(5))
    tall = [np.vstack([v, c]) for v, c in zip(weights, biases, strict=True)]
    wide = [np.hstack([t, np.full((t.shape[0], 1), 0.7)]) for t in tall]
    t = parameters(tall)
    half_squares(forward_with_ones(t, x, lambda z: z.sigmoid()), y).backward()
    outputs = reset_forward(wide, x, logistic)
    deltas = loop_backward(wide, outputs, ones_column(y))
    all_same([d[:, :-1] for d in deltas], [v.grad for v in t])
    assert all((d[:, -1] == 0).all() for d in deltas)


def test_reset_of_bias_units_leaks_with_relu():
    """A15 B20: ReLU' is 1 at the bias unit, so error runs through weights that feed nothing."""
    weights, (x, y) = [np.abs(w) for w in chein_weights()], chein_batch(3)
    x = np.abs(x)
    tall = [np.vstack([v, np.full(v.shape[1], 0.1)]) for v in weights]
    wide = [np.hstack([t, np.full((t.shape[0], 1), 0.7)]) for t in tall]
    t = parameters(tall)
    half_squares(forward_with_ones(t, x, lambda z: z.relu()), y).backward()
    outputs = reset_forward(wide, x, lambda z: np.maximum(z, 0))
    deltas = loop_backward(wide, outputs, ones_column(y), lambda o: (o > 0).astype(float))
    assert apart(deltas[0][:, :-1], t[0].grad) > 0.1
    masked = loop_backward(
        wide,
        outputs,
        ones_column(y),
        lambda o: (o > 0) * np.append(np.ones(o.shape[1] - 1), 0),
    )
    all_same([d[:, :-1] for d in masked], [v.grad for v in t])


# --------------------------------------------------------------------------------------------------
# The tips, measured


def test_loss_falls():
    """A17: that a program runs says nothing; here the loss falls in every one of 200 steps."""
    weights, (x, y) = chein_weights(), chein_batch(32)
    losses = []
    for _ in range(200):
        w, _, loss = chein_engine(weights, x, y)
        losses.append(loss.item())
        weights = [a - 0.05 * t.grad for a, t in zip(weights, w, strict=True)]
    assert (np.diff(losses) < 0).all()
    assert losses[-1] < 0.9 * losses[0]


def test_other_implementations_agree():
    """A18: tensors, scalars, loop, recursion, complex steps and SciPy's differences."""
    weights, (x, y) = chein_weights(), chein_batch(1)
    w, _, _ = chein_engine(weights, x, y)
    scalars = [[[Value(v) for v in row] for row in a] for a in weights]
    values = list(x[0])
    for a in scalars:
        columns = zip(*a, strict=True)
        values = [sumprod(c, values).sigmoid() for c in columns]
    (0.5 * (values[0] - y[0, 0]) ** 2).backward()
    _, o = chein_forward(weights, x)
    steps = []
    for i in range(len(weights)):
        g = np.empty(weights[i].shape)
        for at in np.ndindex(g.shape):
            moved = [a.astype(complex) for a in weights]
            moved[i][at] += 1e-30j
            g[at] = chein_loss(moved, x, y).imag / 1e-30
        steps.append(g)
    engine = [t.grad for t in w]
    all_same([[[v.grad for v in row] for row in a] for a in scalars], engine)
    all_same(loop_backward(weights, o, y), engine)
    all_same(recursive_backward(weights, o, y)[1], engine)
    all_same(steps, engine)

    def loss_of(entries):
        return chein_loss([entries.reshape(5, 2), *weights[1:]], x, y)

    same(approx_fprime(weights[0].ravel(), loss_of, 1e-7).reshape(5, 2), engine[0], rtol=1e-4)


def error_after(steps, units=(3, 4, 1), alpha=1.0, scale=1.0):
    weights = draw(units, scale)
    with np.errstate(over="ignore"):  # saturated units: exp overflows to a sigmoid of exactly 0
        return train_by_hand(weights, XOR, steps, alpha)[2][-1]


def test_learning_rate_matters():
    """A19: the mean error after 2,000 steps of XOR, from too slow to never."""
    errors = {alpha: error_after(2000, alpha=alpha) for alpha in (0.01, 1.0, 10.0, 1000.0)}
    assert errors[0.01] > 0.49
    assert errors[1.0] == pytest.approx(0.0241, abs=1e-3)
    assert errors[10.0] < 0.01
    assert errors[1000.0] > 0.49


def test_structure_matters():
    """A19: without a hidden layer XOR cannot be learnt at all."""
    assert error_after(2000, units=(3, 1)) == pytest.approx(0.5, abs=1e-3)
    assert error_after(2000, units=(3, 4, 1)) < 0.03


def test_initialisation_matters():
    """A20: from zeros, tiny or huge weights nothing is learnt in the same 2,000 steps."""
    assert error_after(2000, scale=0.0) == pytest.approx(0.5, abs=1e-12)
    assert error_after(2000, scale=0.01) == pytest.approx(0.5, abs=1e-6)
    assert error_after(2000, scale=1.0) < 0.03
    assert error_after(2000, scale=100.0) == pytest.approx(0.375, abs=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_larger_networks_need_more_iterations(seed):
    """B23: steps to a mean error of XOR below 0.1, with 1, 2 and 3 hidden layers."""
    steps = []
    for units in ((3, 4, 1), (3, 4, 4, 1), (3, 4, 4, 4, 1)):
        steps.append(len(train_by_hand(draw(units, seed=seed), XOR, 8000, until=0.1)[2]))
    assert steps == sorted(steps)
    assert 2 * steps[0] < steps[2] < 8000
