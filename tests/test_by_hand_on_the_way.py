"""check_by_hand: gradients of the steps on the way to the loss, and of answers in few digits.

C19.
"""

import numpy as np
import pytest

from autograd import Tensor, Value, check_by_hand, sigmoid, softmax

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(4, 3)), np.eye(2)[[0, 1, 1, 0]]
W = Tensor(RNG.normal(size=(3, 3)), requires_grad=True, label="W")
V = Tensor(RNG.normal(size=(3, 2)), requires_grad=True, label="V")
SQUARE = Tensor(RNG.normal(size=(3, 3)), requires_grad=True, label="S")


def classifier():
    """Return nodes and the gradients of a two-layer classifier, worked out by hand."""
    z = X @ W
    h = sigmoid(z)
    p = softmax(h @ V)
    loss = -(Y * np.log(p)).sum()
    dp = -Y / p.data
    do = p.data - Y
    dh = do @ V.data.T
    return loss, (z, h, p), (dh * h.data * (1 - h.data), dh, dp)


def test_every_step_of_a_derivation_can_be_checked():
    loss, nodes, right = classifier()
    for node, label in zip(nodes, ("Z", "H", "P"), strict=True):
        node.label = label
    report = check_by_hand(loss, dict(zip("ZHP", right, strict=True)) | {"V": nodes[1].data.T})
    assert [finding.right for finding in report] == [True, True, True, False]
    dz, dh, _ = right
    h = nodes[1].data
    (finding,) = check_by_hand(loss, {"Z": dh})
    assert finding.message == "the derivative of 'H' (sigmoid) is missing"
    (finding,) = check_by_hand(loss, {"H": -dh})
    assert finding.message == "the sign is wrong"
    (finding,) = check_by_hand(loss, {"H": dz})
    assert finding.message == "it is the gradient of Z"
    assert check_by_hand(loss, {"W": X.T @ (dh * h * (1 - h))}).right


def test_a_step_without_a_label_is_given_by_itself():
    loss, (z, h, p), right = classifier()
    report = check_by_hand(loss, dict(zip((z, h, p), right, strict=True)))
    assert [str(f) for f in report] == ["matmul: right", "sigmoid: right", "softmax: right"]
    a = Value(2.0)
    b = a * 3
    assert check_by_hand(b * b, {b: 12.0}).right


def test_steps_that_cannot_be_told_apart():
    x = Tensor([0.5, 1.0], requires_grad=True, label="x")
    first, second = np.tanh(x), np.tanh(2 * x)
    loss = (first * second).sum()
    assert check_by_hand(loss, {first: second.data}).right
    with pytest.raises(ValueError, match="several nodes go by the name 'tanh'"):
        check_by_hand(loss, {first: second.data, second: first.data})
    first.label = second.label = "h"
    with pytest.raises(ValueError, match="several nodes go by the name 'h'"):
        check_by_hand(loss, {"h": second.data})
    first.label = "x"  # the parameter keeps its name
    slopes = 1 - first.data**2, 2 - 2 * second.data**2
    assert check_by_hand(loss, {"x": second.data * slopes[0] + first.data * slopes[1]}).right
    elsewhere = np.tanh(3 * x)
    with pytest.raises(KeyError, match="not computed from the tanh of shape"):
        check_by_hand(loss, {elsewhere: first.data})


def test_leaves_without_labels_are_asked_for_themselves():
    x, y, a = (
        Tensor([1.0, 2.0], requires_grad=True),
        Tensor([3.0, 4.0], requires_grad=True),
        Value(3),
    )
    loss = (x * x).sum()
    assert check_by_hand(loss, {x: [2.0, 4.0]}).right
    assert str(check_by_hand(loss, {x: [-2.0, -4.0]})) == "leaf: the sign is wrong"
    assert check_by_hand(a * a, {a: 6.0}).right
    with pytest.raises(
        KeyError, match="nothing is labelled 'x'; no node of this graph has a label"
    ):
        check_by_hand(loss, {"x": [2.0, 4.0]})
    with pytest.raises(ValueError, match="several nodes go by the name 'leaf'; give each its own"):
        check_by_hand((x * y).sum(), {x: y.data, y: x.data})


def test_a_softmax_without_its_jacobian():
    loss, (_, h, _), (_, _, dp) = classifier()
    (finding,) = check_by_hand(loss, {"V": h.data.T @ dp})
    assert finding.message == "the derivative of softmax is missing"


def test_weights_that_were_not_transposed():
    s = SQUARE
    h = np.tanh(X @ W)
    loss = ((h @ s) ** 2).sum()
    back = 2 * (h @ s).data @ s.data  # should be s.data.T
    (finding,) = check_by_hand(loss, {"W": X.T @ (back * (1 - h.data**2))})
    assert finding.message == "the weights are not transposed going back through matmul"


@pytest.mark.parametrize(("digits", "rtol"), [(3, "0.01"), (5, "0.0001")])
def test_answers_in_few_digits(digits, rtol):
    loss, nodes, right = classifier()
    rounded = right[0].round(digits)
    (finding,) = check_by_hand(loss, {nodes[0]: rounded})
    assert finding.message.startswith("nearly right: at (")
    assert finding.message.endswith(f"keep more digits, or allow for rounding by rtol={rtol}")
    assert check_by_hand(loss, {nodes[0]: rounded}, rtol=float(rtol)).right
    x = Value(3.0, label="x")
    (finding,) = check_by_hand(x**3, {"x": 27.02})
    assert finding.message.startswith("nearly right: it is 27.02 instead of 27; ")
    (finding,) = check_by_hand(x**3, {"x": 28.0})
    assert "nearly" not in finding.message


def test_a_step_that_is_used_twice():
    """Batch normalisation by hand, in which two differences and a mean are easily forgotten."""
    n = len(X)
    z = X @ W
    mean = z.sum(axis=0) / n
    off = z - mean
    spread = ((off**2).sum(axis=0) / n + 1e-5) ** -0.5
    loss = (off * spread * V.data.T[:1]).sum() + (spread**2).sum()
    for node, label in ((z, "z"), (mean, "mean"), (off, "off"), (spread, "spread")):
        node.label = label
    v, o, s = V.data.T[:1], off.data, spread.data
    d_spread = (o * v).sum(axis=0) + 2 * s
    d_off = s * v + o * (-0.5 * s**3 * d_spread) * 2 / n
    d_mean = -d_off.sum(axis=0)
    d_z = d_off + d_mean / n
    right = {"spread": d_spread, "off": d_off, "mean": d_mean, "z": d_z, "W": X.T @ d_z}
    assert check_by_hand(loss, right).right
    said = check_by_hand(loss, {"z": d_off, "off": s * v + 0 * o, "spread": (o * v).sum(axis=0)})
    assert [f.message.partition("; ")[2] for f in said] == [
        "only the use by 'off' (subtract) is counted",
        "only the use by multiply is counted",
        "only the use by multiply is counted",
    ]
