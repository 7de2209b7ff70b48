"""The questions at the end of Jay's post, each answered by a run; and Mazur's linked example."""

import numpy as np
import pytest

from autograd import Tensor, squared_error

from .networks import (
    JAY_W,
    JAY_X,
    all_same,
    apart,
    from_output,
    jay_engine,
    logistic,
    same,
)

PARAMETERS = ("W_ij", "b_j", "W_jk", "b_k", "W_kl", "b_l")


def batch(n):
    rng = np.random.default_rng([4, n])
    return rng.uniform(size=(n, 3)), np.eye(3)[rng.integers(3, size=n)]


def moved(net, alpha, names):
    """Return weights and biases after one step of the parameters named."""
    new = {n: net[n].data - alpha * net[n].grad * (n in names) for n in PARAMETERS}
    return {n[2:]: new[n] for n in PARAMETERS[::2]}, {n[2:]: new[n] for n in PARAMETERS[1::2]}


def test_bias_left_out():
    """D25: no ∂E/∂W needs one for b, so W is right without; training b helps more."""
    net = jay_engine()
    start, losses = net["loss"].item(), {}
    for what, names in (("weights", PARAMETERS[::2]), ("all", PARAMETERS)):
        w, b = moved(net, 0.01, names)
        losses[what] = jay_engine(weights=w, biases=b)["loss"].item()
    assert losses["all"] < losses["weights"] < start
    fall = {what: start - loss for what, loss in losses.items()}
    assert fall["weights"] == pytest.approx(0.0268, abs=1e-3)
    assert fall["all"] == pytest.approx(0.0365, abs=1e-3)


def test_backprop_of_the_bias():
    """D26: ∂E/∂b is δ itself, and each row of ∂E/∂W is δ times one input."""
    net = jay_engine()
    for w, b, z, below in (
        ("W_kl", "b_l", "O_in", net["h2"].data),
        ("W_jk", "b_k", "h2_in", net["h1"].data),
        ("W_ij", "b_j", "h1_in", JAY_X),
    ):
        same(net[b].grad, net[z].node.grad[0])
        same(net[w].grad, below.T * net[b].grad)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_batch_by_mean_or_sum(n):
    """D27: the mean is 1/n of the sum and the average of the single gradients."""
    x, y = batch(n)
    total, mean = jay_engine(x, y), jay_engine(x, y, scale=1 / n)
    singles = [jay_engine(x[[i]], y[[i]]) for i in range(n)]
    for name in PARAMETERS:
        same(total[name].grad, sum(s[name].grad for s in singles))
        same(mean[name].grad, np.mean([s[name].grad for s in singles], axis=0))
        same(total[name].grad, n * mean[name].grad)


def test_vanishing_gradients():
    """D28 D30: Frobenius norms 1.644, 0.0672, 0.0167 from output to input, 99 times smaller."""
    net = jay_engine()
    norms = [np.linalg.norm(net[n].grad) for n in ("W_kl", "W_jk", "W_ij")]
    assert [round(float(v), d) for v, d in zip(norms, (3, 4, 4), strict=True)] == [
        1.644,
        0.0672,
        0.0167,
    ]
    assert norms[0] / norms[2] == pytest.approx(99, abs=0.5)


def test_saturation_is_the_cause():
    """D28 D30: the sigmoid units sit at σ' < 0.06; nearer to 0 they pass more than six times it."""
    net = jay_engine()
    assert from_output(net["h2"].data).max() < 0.06
    low = {"j": np.ones(3), "k": np.full(3, -2.0), "l": np.ones(3)}
    middle = jay_engine(biases=low)
    assert from_output(middle["h2"].data).min() > 0.19
    ratio = np.linalg.norm(middle["W_jk"].grad) / np.linalg.norm(net["W_jk"].grad)
    assert ratio > 3


def test_equal_weights_never_separate():
    """D29 D30: after 200 steps all hidden units of a layer are still equal; random ones are not."""

    def train(weights):
        biases = {n: np.ones(3) for n in "jkl"}
        for _ in range(200):
            net = jay_engine(weights=weights, biases=biases)
            weights, biases = moved(net, 0.5, PARAMETERS)
        return net, weights

    start = {n: np.full((3, 3), 0.3) for n in JAY_W}
    net, equal = train(start)
    assert net["loss"].item() < 0.02
    assert np.ptp(equal["ij"], axis=1).max() < 1e-15  # columns: what enters h1_1, h1_2, h1_3
    assert np.ptp(equal["jk"]) < 1e-15
    assert np.ptp(equal["kl"], axis=0).max() < 1e-15  # rows: what leaves h2_1, h2_2, h2_3
    assert np.abs(equal["kl"] - 0.3).max() > 0.1
    _, mixed = train(JAY_W)
    assert np.ptp(mixed["ij"], axis=1).max() > 0.1


# --------------------------------------------------------------------------------------------------
# The linked example (Mazur)

I = np.array([[0.05, 0.10]])
TARGET = np.array([[0.01, 0.99]])
W_HIDDEN = np.array([[0.15, 0.25], [0.20, 0.30]])  # columns: what enters h1, h2
W_OUT = np.array([[0.40, 0.50], [0.45, 0.55]])


def mazur():
    w, v = Tensor(W_HIDDEN, requires_grad=True), Tensor(W_OUT, requires_grad=True)
    h = (I @ w + 0.35).sigmoid()
    o = (h @ v + 0.60).sigmoid()
    loss = squared_error(o, TARGET, scale=0.5)
    loss.backward()
    return w, v, h, o, loss


def printed(actual, numbers):
    np.testing.assert_allclose(np.ravel(actual), numbers, rtol=0, atol=5.1e-9)


def test_linked_example_forward():
    """D32: hidden and output values and the loss, ½ of the sum of squares."""
    _, _, h, o, loss = mazur()
    printed(h.data, [0.59326999, 0.59688438])
    printed(o.data, [0.75136507, 0.77292847])
    printed(loss.item(), [0.29837111])


def test_linked_example_step():
    """D32: w5 to w8 and w1 to w4 after one step of 0.5; the biases are not trained."""
    w, v, _, _, _ = mazur()
    printed((v.data - 0.5 * v.grad).T, [0.35891648, 0.40866619, 0.51130127, 0.56137012])
    printed((w.data - 0.5 * w.grad).T, [0.14978072, 0.19956143, 0.24975114, 0.29950229])


def test_linked_example_uses_the_old_weights():
    """D32: the hidden step uses w5 to w8 from before; the new ones would show in the 6th digit."""
    w, v, h, o, _ = mazur()
    delta = (o.data - TARGET) * from_output(o.data)
    old = I.T @ ((delta @ W_OUT.T) * from_output(h.data))
    new = I.T @ ((delta @ (v.data - 0.5 * v.grad).T) * from_output(h.data))
    all_same([w.grad], [old])
    assert apart(new, old) > 0.1
    same(h.data, logistic(I @ W_HIDDEN + 0.35))
