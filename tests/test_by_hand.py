"""check_by_hand: right gradients are right, and every mistake of the seeds is called by its name.

B25 D11 D14 D16 D17 D19 D20 D21 D22 D24 E15.
"""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import (
    Tensor,
    Value,
    check_by_hand,
    leaky_relu,
    linear,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    squared_error,
)

RNG = np.random.default_rng(8)
N, SIZES = 4, (3, 4, 4, 2)
X, Y = RNG.normal(size=(N, 3)), RNG.uniform(size=(N, 2))
ONE_HOT = np.eye(2)[[0, 1, 1, 0]]


def leaf(shape, label, rng=RNG):
    return Tensor(rng.normal(size=shape), requires_grad=True, label=label)


WEIGHTS = [leaf(s, f"w{k}") for k, s in enumerate(itertools.pairwise(SIZES), 1)]
BIASES = [leaf(s, f"b{k}") for k, s in enumerate(SIZES[1:], 1)]


def dsigmoid(o):
    return o * (1 - o)


def logit(o):
    return np.log(o / (1 - o))


def network(kind="mse"):
    """Return the loss, the outputs of the layers and what flows back, all by hand."""
    o = [X]
    t = X
    for w, b in zip(WEIGHTS, BIASES, strict=True):
        z = t @ w + b
        t = z if kind == "ce" and w is WEIGHTS[-1] else sigmoid(z)
        o.append(t.data)
    if kind == "mse":
        loss = ((t - Y) ** 2).sum() * (1 / N)
        d = [2 / N * (o[3] - Y) * dsigmoid(o[3])]
    else:
        loss = -(np.log(softmax(t)) * ONE_HOT).sum()
        d = [softmax(o[3]) - ONE_HOT]
    for k in (2, 1):
        d.insert(0, d[0] @ WEIGHTS[k].data.T * dsigmoid(o[k]))
    return loss, o, d


def by_hand(kind="mse"):
    loss, o, d = network(kind)
    grads = {f"w{k}": o[k - 1].T @ d[k - 1] for k in (1, 2, 3)}
    return loss, grads | {f"b{k}": d[k - 1].sum(axis=0) for k in (1, 2, 3)}


def says(loss, name, gradient):
    (finding,) = check_by_hand(loss, {name: gradient})
    assert finding.name == name
    assert finding.right == (finding.message == "right")
    return finding.message


@pytest.mark.parametrize("kind", ["mse", "ce"])
def test_right_ones(kind):
    loss, grads = by_hand(kind)
    report = check_by_hand(loss, grads)
    assert report.right
    assert [f.name for f in report] == list(grads)
    assert repr(report) == "\n".join(f"{name}: right" for name in grads)
    assert all(w.grad is None for w in WEIGHTS)
    report = check_by_hand(loss, {"w1": Tensor(grads["w1"]), "w2": -grads["w2"]})
    assert not report.right
    assert [f.right for f in report] == [True, False]


LOSS, O, D = network()
GRADS = by_hand()[1]
W = {w.label: w.data for w in WEIGHTS}
STEP = 0.3

MISTAKES = {
    "transposed": ("w1", GRADS["w1"].T, "it is transposed"),
    "transposed square": ("w2", GRADS["w2"].T, "it is transposed"),
    "both": ("w2", -GRADS["w2"].T, "it is transposed; and the sign is wrong"),
    "B25 sign": ("w3", -GRADS["w3"], "the sign is wrong"),
    "sign of a bias": ("b1", -GRADS["b1"], "the sign is wrong"),
    "B25 nothing for the output layer": ("w3", 0 * GRADS["w3"], "zero everywhere"),
    "B25 the brace: derivative twice": (
        "w3",
        O[2].T @ (D[2] * dsigmoid(O[3])),
        "the derivative of sigmoid is multiplied in twice",
    ),
    "activation": (
        "w3",
        O[2].T @ (2 / N * (O[3] - Y)),
        "the derivative of sigmoid is missing",
    ),
    "activation below": (
        "b1",
        (D[1] @ W["w2"].T).sum(axis=0),
        "the derivative of sigmoid is missing",
    ),
    "all activations": (
        "w1",
        X.T @ (2 / N * (O[3] - Y) @ W["w3"].T @ W["w2"].T),
        "the derivatives of all 3 sigmoid are missing",
    ),
    "at the output": (
        "w3",
        O[2].T @ (2 / N * (O[3] - Y) * dsigmoid(sigmoid(O[3]))),
        "taken at its output instead of its input",
    ),
    "the formula of the output given the input": (
        "w3",
        O[2].T @ (2 / N * (O[3] - Y) * dsigmoid(logit(O[3]))),
        "a formula in its output, and was given its input",
    ),
    "another activation": (
        "w3",
        O[2].T @ (2 / N * (O[3] - Y) * (1 - O[3] ** 2)),
        "the derivative of tanh is used at sigmoid",
    ),
    "another activation at the input": (
        "b3",
        (2 / N * (O[3] - Y) * (1 - np.tanh(logit(O[3])) ** 2)).sum(axis=0),
        "the derivative of tanh is used at sigmoid",
    ),
    "into the layer before": (
        "w3",
        logit(O[2]).T @ D[2],
        "the input of sigmoid is used in place of its output",
    ),
    "2": ("w2", GRADS["w2"] / 2, "1/2 times the exact one: the 2 from the square is missing"),
    "2 with a half": (
        "w2",
        GRADS["w2"] * 2,
        "a 2 too many, as the 2 of a square is where the loss has a half",
    ),
    "mean": (
        "w2",
        GRADS["w2"] * N,
        "4 times .*yours is a sum where the loss takes a mean; put in the factor 1/4$",
    ),
    "sum": (
        "w2",
        GRADS["w2"] / N,
        "1/4 times .*yours is a mean where the loss takes a sum; leave out the factor 1/4$",
    ),
    "sum and sign": ("b2", -GRADS["b2"] / N, "1/4 times .*; and the sign is wrong"),
    "odd factor": ("b2", GRADS["b2"] * 0.37, "it is 0.37 times the exact one$"),
    "D14 base": ("w1", GRADS["w1"] / np.log(10), "0.434294 times .*logarithm is taken to base 10"),
    "samples of a bias": ("b3", D[2], "not summed over the batch: .* \\(axis 0\\)"),
    "samples of weights": (
        "w3",
        O[2][:, :, None] * D[2][:, None, :],
        "not summed over the batch: one gradient per sample is left \\(axis 0\\)",
    ),
    "samples to be averaged": ("b3", N * D[2], "not averaged over the batch"),
    "shape": ("b3", GRADS["b3"][None], "the numbers are right, the shape is \\(1, 2\\) instead"),
    "another shape": ("b3", np.ones(5), "the shape is \\(5,\\), the parameter's is \\(2,\\)"),
    "B25/A16 updated weights": (
        "w2",
        O[1].T @ (D[2] @ (W["w3"] - STEP * GRADS["w3"]).T * dsigmoid(O[2])),
        "the updated weights of 'w3' \\(leaf\\) are used",
    ),
    "D24 one path": (
        "w2",
        O[1].T @ (np.outer(D[2][:, 1], W["w3"][:, 1]) * dsigmoid(O[2])),
        "only one path is followed back through matmul, by output 1 of 2",
    ),
    "D24 diagonal": (
        "w1",
        X.T @ (D[1] * np.diag(W["w2"]) * dsigmoid(O[1])),
        "only the diagonal of the weights is used going back through matmul",
    ),
    "E15 another": ("b1", GRADS["b2"], "it is the gradient of b2"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistakes(kind):
    name, gradient, match = MISTAKES[kind]
    message = says(LOSS, name, gradient)
    assert re.search(match, message), message
    # and the sign on top of it
    if "sign" not in kind and gradient.shape == GRADS[name].shape and np.any(gradient):
        message = says(LOSS, name, -gradient)
        assert "right" != message


def test_all_weights_updated_while_the_gradient_passed():
    """A16: every layer's weights are moved before the layer below is looked at."""
    d, moved = D[2], {}
    for k in (3, 2, 1):
        moved[f"w{k}"] = O[k - 1].T @ d
        if k > 1:
            d = d @ (W[f"w{k}"] - 0.1 * moved[f"w{k}"]).T * dsigmoid(O[k - 1])
    report = check_by_hand(LOSS, moved)
    assert report[0].right
    assert "the updated weights of 'w3'" in report[1].message
    assert report[2].message == "weights that were updated already are used"


def test_softmax_diagonal_of_the_seed():
    """D17: only the diagonal of the softmax Jacobian; D16, D20: wrong signs in some columns."""
    loss, o, d = network("ce")
    p = softmax(o[3])
    wrong = -ONE_HOT / p * p * (1 - p)
    message = "only the diagonal of the softmax Jacobian is used"
    assert says(loss, "w3", o[2].T @ wrong) == message
    assert says(loss, "b3", -wrong.sum(axis=0)) == message + "; and the sign is wrong"
    lower = o[1].T @ (wrong @ W["w3"].T * dsigmoid(o[2]))
    assert says(loss, "w2", lower) == message
    right = d[2].sum(axis=0)
    text = says(loss, "b3", right * [1, -1])
    assert text.startswith("the sign is wrong in 1 of 2 entries: at (1,) it is")


@pytest.mark.parametrize("form", ["log_softmax", "fused"])
def test_softmax_diagonal_of_other_forms(form):
    b = leaf((2,), "b")
    z = X[:, :2] + b
    if form == "fused":
        loss = softmax_cross_entropy(z, ONE_HOT, scale=0.5)
    else:
        loss = -0.5 * (log_softmax(z) * ONE_HOT).sum()
    p = softmax(z.data)
    assert says(loss, "b", 0.5 * (p - ONE_HOT).sum(axis=0)) == "right"
    wrong = -0.5 * (ONE_HOT * (1 - p)).sum(axis=0)
    assert "only the diagonal of the softmax" in says(loss, "b", wrong)


def test_misplaced_decimals():
    """D21, D22: a point slips by a place in some entries."""
    slipped = GRADS["w2"].copy()
    slipped[1, 2] *= 0.1
    slipped[3, 0] *= 100
    text = says(LOSS, "w2", slipped)
    assert text.startswith("a decimal point is misplaced in 2 of 16 entries: at (3, 0) it is")


def test_an_unknown_mistake_is_shown_where_it_is_worst():
    """D18, D19: one wrong number."""
    wrong = GRADS["w2"].copy()
    wrong[1, 2] += 0.25
    expected = f"at (1, 2) it is {wrong[1, 2]:.6g} instead of {GRADS['w2'][1, 2]:.6g}"
    text = f"wrong in 1 of 16 entries, by no mistake known here: {expected}"
    assert says(LOSS, "w2", wrong) == text
    assert "wrong in 1 of 2 entries" in says(LOSS, "b3", [np.nan, GRADS["b3"][1]])
    assert "wrong in 2 of 2" in says(LOSS, "b3", [np.inf, -np.inf])


def test_columns_as_samples():
    w, b = leaf((2, 3), "w"), leaf((2, 1), "b")
    x = X.T
    z = w @ x + b
    loss = (sigmoid(z) ** 2).sum()
    d = 2 * sigmoid(z.data) * dsigmoid(sigmoid(z.data))
    assert check_by_hand(loss, {"w": d @ x.T, "b": d.sum(axis=1, keepdims=True)}).right
    assert "over the batch: one gradient per sample is left (axis 1)" in says(loss, "b", d)
    assert says(loss, "w", x @ d.T) == "it is transposed"
    inner = leaf((3, 3), "inner")
    h = np.tanh(inner @ x)
    loss = ((w @ h) ** 2).sum()
    g = 2 * (w.data @ h.data)
    moved = w.data - 0.2 * (g @ h.data.T)
    wrong = (moved.T @ g * (1 - h.data**2)) @ x.T
    assert "the updated weights of 'w'" in says(loss, "inner", wrong)


def test_used_several_times():
    a = Value(3.0, label="a")
    loss = a * a.sin() + a
    assert says(loss, "a", a.sin().data + 3 * np.cos(3.0) + 1) == "right"
    text = says(loss, "a", 1.0)
    assert text.startswith("'a' (leaf) is used 3 times; only the use by add is counted")
    assert "the derivative of sin is missing" in says(loss, "a", np.sin(3.0) + 3 + 1)


@pytest.mark.parametrize("activation", [relu, np.tanh, leaky_relu, lambda z: np.maximum(z, 0.1)])
def test_other_activations(activation):
    w = leaf((3, 2), "w")
    loss = ((activation(X @ w) - 1) ** 2).sum()
    z = X @ w.data
    assert "is missing" in says(loss, "w", X.T @ (2 * (activation(z) - 1)))
    assert says(loss, "w", np.ones((3, 2))).startswith("wrong in 6 of 6")


@given(st.integers(0, 10**6))
def test_random_networks_raise_no_false_alarm(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, rng.integers(2, 6))
    n = int(rng.integers(1, 6))
    functions = {
        relu: lambda z: (z > 0) * 1.0,
        np.tanh: lambda z: 1 - np.tanh(z) ** 2,
        sigmoid: lambda z: sigmoid(z) * (1 - sigmoid(z)),
        (lambda z: z): np.ones_like,
    }
    x = rng.normal(size=(n, sizes[0])) * 10.0 ** rng.integers(-3, 3)
    t, layers = x, []
    for k, shape in enumerate(itertools.pairwise(sizes)):
        w, b = leaf(shape, f"w{k}", rng), leaf(shape[1:], f"b{k}", rng)
        f = list(functions)[rng.integers(4)]
        z = linear(t, w, b) if rng.integers(2) else t @ w + b
        layers.append((t.data if isinstance(t, Tensor) else t, z.data, f, w, b))
        t = f(z)
    if rng.integers(2):
        loss, g = (t * t).mean(), 2 * t.data / t.size
    else:
        target = np.eye(sizes[-1])[rng.integers(sizes[-1], size=n)]
        loss, g = softmax_cross_entropy(t, target), softmax(t.data) - target
    mine = {}
    for o, z, f, w, b in reversed(layers):
        g = g * functions[f](z)
        mine[w.label], mine[b.label] = o.T @ g, g.sum(axis=0)
        g = g @ w.data.T
    report = check_by_hand(loss, mine)
    assert report.right, report


def test_what_cancels_may_be_off_by_rounding():
    shift = leaf((), "shift")
    target = RNG.dirichlet(np.ones(3), size=4)
    loss = softmax_cross_entropy(X + shift, target)
    assert says(loss, "shift", 0.0) == "right"
    assert says(loss, "shift", 2e-17) == "right"
    assert says(loss, "shift", 1e-12) != "right"


def test_a_module_and_its_stored_gradients():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    with pytest.raises(TypeError, match=r"parameter '.*' has no gradient: run backward\(\) first"):
        check_by_hand(model, {})
    loss = (model(Tensor(X)) ** 2).sum()
    loss.backward()
    exact = {name: p.grad.copy() for name, p in model.named_parameters()}
    assert check_by_hand(model, exact).right
    assert check_by_hand(loss, exact).right
    name = next(iter(exact))
    assert says(model, name, -exact[name]) == "the sign is wrong"
    assert says(model, name, exact[name].T) == "it is transposed"
    assert "the 2 from the square is missing" in says(model, name, exact[name] / 2)
    with pytest.raises(KeyError, match="nothing is labelled 'nothing'"):
        check_by_hand(model, {"nothing": 1.0})


@pytest.mark.parametrize(
    ("square", "x"),
    [
        (lambda x: x * x, 3.0),
        (lambda x: x**2, 3.0),
        (lambda x: x ** Value(2.0), 3.0),
        (lambda x: (2 * x) * x, 3.0),
        (lambda x: np.float_power(x, 2).sum(), [3.0]),
        (lambda x: np.square(x).sum(), [3.0]),
        (lambda x: x.T @ x, [3.0, 1.0, 2.0]),
        (lambda x: np.einsum("i,i", x, x), [3.0, 1.0, 2.0]),
        (lambda x: np.var(x), [3.0, 1.0, 2.0]),
        (lambda x: squared_error(x, np.ones(3)), [3.0, 1.0, 2.0]),
    ],
)
def test_the_2_of_a_square(square, x):
    x = Tensor(x, requires_grad=True, label="x")
    loss = square(x)
    loss.backward()
    assert says(loss, "x", x.grad / 2).endswith(": the 2 from the square is missing")
    assert "there is a 2 too many, as the 2 of a square" in says(loss, "x", x.grad * 2)


def test_a_2_without_a_square():
    w, v = Value(3.0, label="w"), Value(2.0, label="v")
    assert says(w + w, "w", 1.0) == "'w' (leaf) is used 2 times; only the use by add is counted"
    assert says(2 * w, "w", 1.0) == "it is 1/2 times the exact one"
    assert says(w**3 * v, "w", 108.0) == "it is 2 times the exact one"
    assert says(w * v * v, "w", 2.0) == "it is 1/2 times the exact one"
    x = Tensor([[1.0, 2.0], [3.0, 1.0]], requires_grad=True, label="x")
    loss = nn.functional.cross_entropy(x, [0, 1])
    loss.backward()
    assert says(loss, "x", x.grad * 2).endswith("put in the factor 1/2")
    assert says(loss, "x", x.grad / 2).endswith("leave out the factor 1/2")


def test_what_cannot_be_judged():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    with pytest.raises(TypeError, match=r"needs a scalar loss, this one has shape \(2,\)"):
        check_by_hand(x * 2, {})
    twin = Tensor([1.0, 2.0], requires_grad=True, label="x")
    other = Tensor(1.0, requires_grad=True, label="other")
    loss = (x * twin).sum() * other
    assert check_by_hand(loss, {"other": 5.0}).right
    with pytest.raises(ValueError, match="several nodes go by the name 'x'"):
        check_by_hand(loss, {"x": [1.0, 2.0]})
    with pytest.raises(KeyError, match=r"there are \['other', 'x'\]"):
        check_by_hand(loss, {"y": 1.0})
    with pytest.raises(TypeError, match="computed from parameters"):
        check_by_hand(Tensor(1.0), {})
    assert check_by_hand(loss, {}).right


def test_parameters_themselves_are_names():
    report = check_by_hand(LOSS, {WEIGHTS[0]: GRADS["w1"], BIASES[1]: -GRADS["b2"]})
    assert [str(finding) for finding in report] == ["w1: right", "b2: the sign is wrong"]
    nameless = Tensor([1.0], requires_grad=True)
    with pytest.raises(KeyError, match=r"not computed from the leaf of shape \(1,\) that was"):
        check_by_hand(LOSS, {nameless: 1.0})


def test_slopes_of_single_numbers():
    w, x = Value(0.7, label="w"), Value(1.5, label="x")
    loss = (w * x).tanh() ** 3
    z, o = w.data * x.data, np.tanh(w.data * x.data)
    before = 3 * o**2
    assert says(loss, "w", before * (1 - o * o) * x.data) == "right"
    assert "a formula in its output, and was given" in says(
        loss, "w", before * (1 - z * z) * x.data
    )
    assert "sigmoid is used at tanh" in says(loss, "w", before * o * (1 - o) * x.data)


def test_the_input_of_an_activation_in_columns():
    w = leaf((2, 3), "w")
    z = Tensor(RNG.normal(size=(3, 4)), requires_grad=True)
    loss = ((w @ np.tanh(z)) ** 2).sum() / 2
    g = w.data @ np.tanh(z.data)
    assert says(loss, "w", g @ np.tanh(z.data).T) == "right"
    assert "the input of tanh is used in place" in says(loss, "w", g @ z.data.T)
