"""Chein, what goes wrong when the article is followed to the letter, each time by a number."""

import numpy as np
import pytest

from .networks import (
    apart,
    chein_batch,
    chein_engine,
    chein_forward,
    chein_loss,
    chein_weights,
    from_output,
    logistic,
    loop_backward,
    same,
)


def prepared(n=3):
    weights, (x, y) = chein_weights(), chein_batch(n)
    w, _, _ = chein_engine(weights, x, y)
    _, o = chein_forward(weights, x)
    return weights, x, y, o, [t.grad for t in w]


def test_adding_the_step_climbs():
    """B25: with ∂ = output - labels, W += α∆w raises the loss and W -= α∆w lowers it."""
    weights, x, y, _, grads = prepared()
    start = chein_loss(weights, x, y)
    added = [a + 0.1 * g for a, g in zip(weights, grads, strict=True)]
    taken = [a - 0.1 * g for a, g in zip(weights, grads, strict=True)]
    assert chein_loss(added, x, y) > start > chein_loss(taken, x, y)
    assert chein_loss(added, x, y) - start == pytest.approx(
        0.1 * sum((g**2).sum() for g in grads), rel=0.1
    )


def test_adding_is_right_for_labels_minus_output():
    """B25: the linked example has the other sign in its error, and so the plus in its update."""
    _, _, y, o, grads = prepared()
    d = y - o[-1]
    same(o[4].T @ (d * from_output(o[5])), -grads[4])


def test_derivative_of_the_output_counted_twice():
    """B25 (i): figure 03's brace has g'(Z100) in ∂Loss_L100 and multiplies by it once more."""
    _, _, y, o, grads = prepared()
    g100 = from_output(o[5])
    braced = (o[5] - y) * g100
    twice = o[4].T @ (braced * g100)
    assert apart(twice, grads[4]) > 0.7  # a sigmoid's derivative is at most a quarter
    same(o[4].T @ braced, grads[4])


def loop_as_written(weights, o, y):
    """Return ∆w by layer number as the loop of 001 would collect them, shapes put right."""
    collected, d = {}, None
    for layer in reversed(range(1, 6)):
        if layer == 5:
            d = o[5] - y
        elif layer == 4:
            collected[99] = o[3].T @ ((d * from_output(o[5])) @ weights[4].T * from_output(o[4]))
        else:
            d = (d * from_output(o[layer + 2])) @ weights[layer + 1].T
            upstream = (d * from_output(o[layer + 1])) @ weights[layer].T
            collected[95 + layer] = o[layer - 1].T @ (upstream * from_output(o[layer]))
    return collected


def test_last_weights_are_never_updated():
    """B25 (ii): four ∆w for five matrices; the output layer only sets the loss, W_100 has none."""
    weights, _, y, o, grads = prepared()
    collected = loop_as_written(weights, o, y)
    assert sorted(collected) == [96, 97, 98, 99]
    for name, delta in collected.items():
        same(delta, grads[name - 96])
    assert np.abs(grads[4]).max() > 0.01


def test_next_to_last_branch_has_the_shape_of_another_matrix():
    """B25 (ii): ∂_L of L100 times g' of L99, as written, is (3,3) but not ∆W_99."""
    _, _, y, o, grads = prepared()
    as_written = o[3].T @ ((o[5] - y) * from_output(o[4]))
    assert as_written.shape == grads[3].shape
    assert apart(as_written, grads[3]) > 0.5


def test_product_in_the_wrong_order():
    """B25 (iii): ∂ @ W.T is (n,k), g' of the next layer (n,j): no fit, or by chance."""
    weights, _, y, o, _ = prepared()
    d = o[5] - y
    d99 = (d * from_output(o[5])) @ weights[4].T
    with pytest.raises(ValueError, match="broadcast"):
        d99 @ weights[3].T @ weights[2].T * from_output(o[3])
    broadcast = d @ weights[4].T * from_output(o[5])  # (n,3) * (n,1): NumPy stretches the column
    same(broadcast, d99)
    fits = d99 @ weights[3].T * from_output(o[4])  # 3 units after 3 units: no error, other numbers
    assert apart(fits, (d99 * from_output(o[4])) @ weights[3].T) > 0.05


def test_reverse_of_a_list_is_none():
    """B25 (iv): list.reverse() turns the list around and returns None; reversed() iterates."""
    network = [95, 96, 97, 98, 99, 100]
    assert network.reverse() is None
    assert network == [100, 99, 98, 97, 96, 95]
    with pytest.raises(TypeError, match="NoneType"):
        list(network.reverse())


def test_deltas_are_collected_in_reverse():
    """B25 (iv): in that order the shapes do not fit; where they do it is wrong."""
    weights, _, y, o, grads = prepared()
    collected = loop_backward(weights, o, y)[::-1]
    with pytest.raises(ValueError, match="broadcast"):
        [w + delta for w, delta in zip(weights, collected, strict=True)]
    same(collected[0], grads[4])
    rng = np.random.default_rng(3)
    square = [rng.normal(size=(3, 3)) for _ in range(3)]
    x, y = rng.normal(size=(4, 3)), rng.uniform(size=(4, 3))
    _, o = chein_forward(square, x)
    right = loop_backward(square, o, y)
    assert apart(right[::-1][0], right[0]) > 0.5


def test_network_weights_plus_list_only_grows():
    """B25 (iv): `network.weights += ∆w` on two lists appends and adds no number."""
    weights, _, y, o, _ = prepared()
    changed = list(weights)
    changed += loop_backward(weights, o, y)
    assert len(changed) == 10
    assert all(a is b for a, b in zip(changed[:5], weights, strict=True))


def test_recursion_without_transposes():
    """B25 (v): (n,1) * (n,3) broadcasts to (n,3) where (3,1) is due; the sum over n is missing."""
    weights, _, y, o, grads = prepared(n=32)
    as_written = (o[5] - y) * from_output(o[5]) * o[4]
    assert as_written.shape == (32, 3)
    assert grads[4].shape == (3, 1)
    same(as_written.sum(axis=0)[:, None], grads[4])
    with pytest.raises(ValueError, match="broadcast"):
        (o[5] - y) * from_output(o[5]) * weights[4]


def test_recursion_without_learning_rate():
    """B25 (v): `layers.W += layers.∆w` is a step of α = 1, uphill."""
    weights, x, y, _, grads = prepared(n=32)
    start = chein_loss(weights, x, y)
    assert chein_loss([a + g for a, g in zip(weights, grads, strict=True)], x, y) > 1.5 * start
    assert chein_loss([a - 0.05 * g for a, g in zip(weights, grads, strict=True)], x, y) < start


def test_printed_derivative_of_the_sigmoid():
    """B26: `σ(z) * 1-σ(z)` as Python reads it is 0 everywhere; 000 has the brackets."""
    z = np.linspace(-3, 3, 7)
    s = logistic(z)
    garbled = s * 1 - s
    assert (garbled == 0).all()
    h = 1e-6
    same(s * (1 - s), (logistic(z + h) - logistic(z - h)) / (2 * h), rtol=1e-8)
