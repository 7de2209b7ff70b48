"""Networks, hand-written NumPy passes and comparisons that the tests of the five texts share."""

from itertools import pairwise

import numpy as np

from autograd import Tensor

CHEIN_UNITS = (5, 2, 4, 3, 3, 1)
CHEIN_LAYERS = (96, 97, 98, 99, 100)


def logistic(z):
    return 1 / (1 + np.exp(-z))


def from_output(o):
    """Return the derivative of the logistic function, given its value."""
    return o * (1 - o)


def parameters(arrays, labels=None):
    """Return the arrays as tensors that want gradients."""
    labels = labels or [""] * len(arrays)
    return [Tensor(a, requires_grad=True, label=t) for a, t in zip(arrays, labels, strict=True)]


def same(actual, desired, rtol=1e-12):
    """Assert equal shapes, and differences below rtol times the largest entry, which is not 0."""
    actual, desired = np.asarray(actual), np.asarray(desired)
    assert actual.shape == desired.shape
    scale = np.abs(desired).max()
    assert scale > 0
    np.testing.assert_allclose(actual, desired, rtol=0, atol=rtol * scale)


def all_same(actual, desired, rtol=1e-12):
    for a, d in zip(actual, desired, strict=True):
        same(a, d, rtol)


def apart(actual, desired):
    """Return the largest difference, relative to the largest entry of what is right."""
    actual, desired = np.asarray(actual), np.asarray(desired)
    return np.abs(actual - desired).max() / np.abs(desired).max()


def finite_differences(loss, arrays, h=1e-5):
    """Return central differences of a function of plain arrays with respect to every entry."""
    found = []
    for a in arrays:
        g = np.zeros_like(a)
        for i in np.ndindex(a.shape):
            kept = a[i]
            a[i] = kept + h
            above = loss(arrays)
            a[i] = kept - h
            below = loss(arrays)
            a[i] = kept
            g[i] = (above - below) / (2 * h)
        found.append(g)
    return found


def visits_without_reuse(root):
    """Count the visits to computed nodes when every path is walked on its own."""
    visits, stack = 0, [root]
    while stack:
        node = stack.pop()
        if node.parents:
            visits += 1
            stack.extend(node.parents)
    return visits


# --------------------------------------------------------------------------------------------------
# Chein: rows are instances, weights named by the layer they enter, no bias


def chein_weights(seed=96, units=CHEIN_UNITS):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(k, j)) for k, j in pairwise(units)]


def chein_batch(n, seed=95, units=CHEIN_UNITS):
    rng = np.random.default_rng([seed, n])
    return rng.normal(size=(n, units[0])), rng.uniform(size=(n, units[-1]))


def chein_forward(weights, x, activation=logistic):
    """Return all Z and all O; the first O is the input."""
    zs, outputs = [], [x]
    for w in weights:
        zs.append(outputs[-1] @ w)
        outputs.append(activation(zs[-1]))
    return zs, outputs


def half_squares(o, y):
    return 0.5 * ((o - y) ** 2).sum()


def chein_loss(weights, x, y, activation=logistic):
    return half_squares(chein_forward(weights, x, activation)[1][-1], y)


def chein_engine(weights, x, y, activation=lambda z: z.sigmoid()):
    """Return the weight tensors, the O tensors and the loss, after its backward pass."""
    w = parameters(weights, [f"W_{101 - len(weights) + i}" for i in range(len(weights))])
    _, outputs = chein_forward(w, x, activation)
    loss = half_squares(outputs[-1], y)
    loss.backward()
    return w, outputs, loss


def loop_backward(weights, outputs, y, derivative=from_output):
    """Return all ∆W by a loop over the layers in reverse; ``derivative`` takes O."""
    d = outputs[-1] - y
    deltas = []
    for i in reversed(range(len(weights))):
        upstream = d * derivative(outputs[i + 1])
        deltas.insert(0, outputs[i].T @ upstream)
        d = upstream @ weights[i].T
    return deltas


def recursive_backward(weights, outputs, y, layer=0, deltas=None):
    """Return ∂Loss of a layer's input and all ∆W above it, by the author's recursion, corrected."""
    if layer == len(weights):
        return outputs[-1] - y, []
    d, deltas = recursive_backward(weights, outputs, y, layer + 1)
    upstream = d * from_output(outputs[layer + 1])
    return upstream @ weights[layer].T, [outputs[layer].T @ upstream, *deltas]


# --------------------------------------------------------------------------------------------------
# Softmax networks in the row convention: pairs of weight and bias


def softmax_rows(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def dense_parameters(units, seed=2, scale=1.0):
    """Return W1, b1, W2, b2, ... drawn from a fixed seed."""
    rng = np.random.default_rng(seed)
    found = []
    for k, j in pairwise(units):
        found += [scale * rng.normal(size=(k, j)), 0.1 * rng.normal(size=j)]
    return found


def dense_forward(params, x, hidden):
    """Return all z and all a; a[0] is the input, the last z the logits."""
    zs, outputs = [], [x]
    for w, b in zip(params[::2], params[1::2], strict=True):
        zs.append(outputs[-1] @ w + b)
        outputs.append(hidden(zs[-1]))
    return zs, outputs[:-1]


def dense_backward(params, zs, outputs, y, derivative):
    """Return the gradients of the summed cross-entropy, in the order of the parameters."""
    delta = softmax_rows(zs[-1]) - y
    grads = []
    for i in reversed(range(len(zs))):
        grads = [outputs[i].T @ delta, delta.sum(axis=0), *grads]
        if i:
            delta = (delta @ params[2 * i].T) * derivative(zs[i - 1])
    return grads


def cross_entropy(logits, y):
    """Return -Σ y log softmax, for arrays; stable."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return -(y * (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))).sum()


# --------------------------------------------------------------------------------------------------
# Jay: one row, indices i (input), j and k (hidden), l (output)

JAY_X = np.array([[0.1, 0.2, 0.7]])
JAY_Y = np.array([[1.0, 0.0, 0.0]])
JAY_W = {
    "ij": np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]]),
    "jk": np.array([[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]]),
    "kl": np.array([[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]]),
}


def jay_engine(x=JAY_X, y=JAY_Y, weights=None, biases=None, scale=1.0):
    """Return all tensors of a forward and backward pass by name: W_ij, b_j, h1, ..., O, loss."""
    weights = weights or JAY_W
    biases = biases or {n: np.ones(3) for n in "jkl"}
    t = {}
    for name, w in weights.items():
        t["W_" + name] = Tensor(w, requires_grad=True, label="W_" + name)
        t["b_" + name[1]] = Tensor(biases[name[1]], requires_grad=True, label="b_" + name[1])
    t["h1_in"] = x @ t["W_ij"] + t["b_j"]
    t["h1"] = t["h1_in"].relu()
    t["h2_in"] = t["h1"] @ t["W_jk"] + t["b_k"]
    t["h2"] = t["h2_in"].sigmoid()
    t["O_in"] = t["h2"] @ t["W_kl"] + t["b_l"]
    t["O"] = t["O_in"].softmax()
    t["loss"] = -scale * (y * t["O"].log()).sum()
    t["loss"].backward()
    return t
