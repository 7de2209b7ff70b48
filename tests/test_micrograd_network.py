"""The network of micrograd's lecture and its training loop, and others in its manner."""

import itertools
import random

import numpy as np
import pytest

from autograd import Value


class Module:
    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0

    def parameters(self):
        return []


class Neuron(Module):
    def __init__(self, nin, rng):
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.tanh()

    def parameters(self):
        return [*self.w, self.b]


class Layer(Module):
    def __init__(self, nin, nout, rng):
        self.neurons = [Neuron(nin, rng) for _ in range(nout)]

    def __call__(self, x):
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self):
        return [p for n in self.neurons for p in n.parameters()]


class MLP(Module):
    def __init__(self, nin, nouts, rng):
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], rng) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def test_training_loop_of_the_lecture():
    n = MLP(3, [4, 4, 1], random.Random(1337))
    assert len(n.parameters()) == 41
    losses = []
    for _ in range(60):
        ypred = [n(x) for x in XS]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(YS, ypred, strict=True))
        n.zero_grad()
        loss.backward()
        for p in n.parameters():
            p.data += -0.05 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.1 < losses[0]
    assert [round(n(x).data) for x in XS] == YS


def test_gradients_of_the_lecture_network_by_differences():
    n = MLP(3, [3, 1], random.Random(7))

    def loss():
        return sum((n(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))

    loss().backward()
    for p in n.parameters():
        g, at = p.grad, p.data
        p.data = at + 1e-5
        high = loss().data
        p.data = at - 1e-5
        low = loss().data
        p.data = at
        assert g == pytest.approx((high - low) / 2e-5, rel=1e-6, abs=1e-8)


def test_svm_loss_of_the_demo():
    """A max-margin loss with regularization, as in micrograd's demo notebook."""
    n = MLP(3, [4, 1], random.Random(3))
    n.zero_grad()
    scores = [n(x) for x in XS]
    margins = [(1 + -y * s).relu() for y, s in zip(YS, scores, strict=True)]
    data_loss = sum(margins) * (1.0 / len(margins))
    loss = data_loss + 1e-4 * sum(p * p for p in n.parameters())
    accuracy = [(y > 0) == (s.data > 0) for y, s in zip(YS, scores, strict=True)]
    loss.backward()
    assert len(accuracy) == 4
    assert all(type(p.grad) is float for p in n.parameters())
    assert any(abs(p.grad) > 1e-3 for p in n.parameters())


# --------------------------------------------------------------------------------------------------
# NumPy's numbers, as they come out of arrays of data


@pytest.mark.parametrize("labels", [np.int64, np.float32, np.bool_, bool, float])
def test_demo_with_rows_and_labels_of_numpy_arrays(labels):
    """Data that were never wrapped in Value: rows of arrays, labels of any type of number."""
    rows, signs = np.array(XS), [labels(y > 0) for y in YS]
    found = []
    for xs, ys in ((rows, signs), (XS, [float(y > 0) for y in YS])):
        n = MLP(3, [4, 1], random.Random(3))
        scores = [n(x) for x in xs]
        loss = sum(
            (y * s + s * y - y).relu() + (s - y) ** 2 for y, s in zip(ys, scores, strict=True)
        )
        loss = loss * (1.0 / len(xs)) + np.float64(1e-4) * sum(p * p for p in n.parameters())
        loss.backward()
        found.append([loss.data, *(p.grad for p in n.parameters())])
    assert all(type(x) is float for x in found[0])
    assert found[0] == pytest.approx(found[1], rel=1e-14)


def test_a_language_model_of_values_by_differences():
    """Embedding, normalization, attention and cross-entropy, written over single values."""
    rng, size = random.Random(0), 4

    def matrix(rows):
        return [[Value(rng.gauss(0, 0.5)) for _ in range(size)] for _ in range(rows)]

    tokens, weights = [0, 2, 1, 0], [matrix(3), matrix(4), *(matrix(size) for _ in range(4))]
    token, place, query, key, value, out = weights

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]

    def softmax(logits):
        largest = max(v.data for v in logits)
        exps = [(v - largest).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def normal(x):
        scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    def loss():
        keys, values, losses = [], [], []
        for i, (now, after) in enumerate(itertools.pairwise(tokens)):
            x = normal([t + p for t, p in zip(token[now], place[i], strict=True)])
            q = linear(x, query)
            keys.append(linear(x, key))
            values.append(linear(x, value))
            scores = [sum(a * b for a, b in zip(q, k, strict=True)) / size**0.5 for k in keys]
            parts = softmax(scores)
            mixed = [sum(p * v[j] for p, v in zip(parts, values, strict=True)) for j in range(size)]
            x = [a + b.relu() for a, b in zip(x, linear(mixed, out), strict=True)]
            losses.append(-softmax(linear(x, token))[after].log())
        return (1 / len(losses)) * sum(losses)

    parameters = [p for w in weights for row in w for p in row]
    loss().backward()
    for p in rng.sample(parameters, 25):
        at, numbers = p.data, []
        for step in (1e-5, -1e-5):
            p.data = at + step
            numbers.append(loss().data)
        p.data = at
        assert p.grad == pytest.approx((numbers[0] - numbers[1]) / 2e-5, rel=1e-6, abs=1e-9)
