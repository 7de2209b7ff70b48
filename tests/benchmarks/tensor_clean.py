"""The array cases in hand-written NumPy, as one would write it: the limit "clean"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import numpy as np

Built = tuple[Callable[[], Any], Callable[[], Any]]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def seed_003() -> Built:
    x, y, parameters = data.seed_003_rows()
    w1, b1, w2, b2, w3, b3 = parameters

    def forward() -> tuple[Any, ...]:
        z1 = x @ w1 + b1
        h1 = np.where(z1 > 0, z1, 0.1 * z1)
        h2 = sigmoid(h1 @ w2 + b2)
        o = sigmoid(h2 @ w3 + b3)
        return z1, h1, h2, o, np.mean((o - y) ** 2)

    def step() -> None:
        z1, h1, h2, o, _ = forward()
        d3 = 2 * (o - y) / y.size * o * (1 - o)
        d2 = d3 @ w3.T * h2 * (1 - h2)
        d1 = d2 @ w2.T * np.where(z1 > 0, 1, 0.1)
        gradients = (x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0))
        for p, g in zip(parameters, gradients, strict=True):
            p -= 0.01 * g

    return step, lambda: [forward()[-1], *(p.sum() for p in parameters)]


def layers_of_sigmoids(x: Any, y: Any, weights: list[Any], biases: list[Any] | None) -> Built:
    def forward() -> list[Any]:
        outputs = [x]
        for i, w in enumerate(weights):
            z = outputs[-1] @ w
            outputs.append(sigmoid(z if biases is None else z + biases[i]))
        return outputs

    def loss(o: Any) -> Any:
        return 0.5 * np.sum((o - y) ** 2)

    def step() -> None:
        outputs = forward()
        o = outputs.pop()
        loss(o)
        g = o - y
        for i in range(len(weights) - 1, -1, -1):
            d = g * o * (1 - o)
            o = outputs.pop()
            if i:
                g = d @ weights[i].T
            weights[i] -= 0.01 * (o.T @ d)
            if biases is not None:
                biases[i] -= 0.01 * d.sum(0)

    def result() -> list[Any]:
        pairs = zip(weights, biases, strict=True) if biases else ((w,) for w in weights)
        return [loss(forward()[-1]), *(p.sum() for pair in pairs for p in pair)]

    return step, result


def seed_001(n: int) -> Built:
    x, y, weights = data.seed_001(n)
    return layers_of_sigmoids(x, y, weights, None)


def deep() -> Built:
    x, y, parameters = data.deep()
    return layers_of_sigmoids(x, y, parameters[::2], parameters[1::2])


def softmax_and_loss(z: Any, y: Any) -> tuple[Any, Any]:
    e = np.exp(z - z.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return p, -np.sum(y * np.log(p)) / len(y)


def classifier(
    x: Any, y: Any, parameters: list[Any], hidden: str, update: Callable[[Any], None]
) -> Built:
    w1, b1, w2, b2, w3, b3 = parameters

    def forward() -> tuple[Any, ...]:
        h1 = np.maximum(x @ w1 + b1, 0)
        z2 = h1 @ w2 + b2
        h2 = sigmoid(z2) if hidden == "sigmoid" else np.maximum(z2, 0)
        return h1, h2, *softmax_and_loss(h2 @ w3 + b3, y)

    def step() -> None:
        h1, h2, p, _ = forward()
        d3 = (p - y) / len(y)
        d2 = d3 @ w3.T * (h2 * (1 - h2) if hidden == "sigmoid" else h2 > 0)
        d1 = d2 @ w2.T * (h1 > 0)
        update((x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)))

    return step, lambda: [forward()[-1], *(p.sum() for p in parameters)]


def sgd(parameters: list[Any], lr: float) -> Callable[[Any], None]:
    def update(gradients: Any) -> None:
        for p, g in zip(parameters, gradients, strict=True):
            p -= lr * g

    return update


def adam(parameters: list[Any], lr: float) -> Callable[[Any], None]:
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    t = 0

    def update(gradients: Any) -> None:
        nonlocal t
        t += 1
        for p, g, (m, v) in zip(parameters, gradients, moments, strict=True):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= lr / (1 - 0.9**t) * m / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)

    return update


def seed_004() -> Built:
    x, y, parameters = data.seed_004()
    return classifier(x, y, parameters, "sigmoid", sgd(parameters, 0.01))


def mnist(with_adam: bool) -> Built:
    x, y, _, parameters = data.mnist()
    update = adam(parameters, 0.001) if with_adam else sgd(parameters, 0.1)
    return classifier(x, y, parameters, "relu", update)


def tanh_chain(dtype: str) -> Built:
    x = data.long_vector(dtype)
    g = x

    def step() -> None:
        nonlocal g
        y, saved = x, []
        for _ in range(4):
            t = np.tanh(y)
            a = t * 0.9 + x
            saved.append((t, a))
            y = a * x - 0.1
        y.sum()
        u: Any = np.ones_like(x)
        g = np.zeros_like(x)
        for t, a in reversed(saved):
            g += u * a
            u = u * x
            g += u
            u = u * 0.9 * (1 - t * t)
        g += u

    return step, lambda: [g.sum(), np.abs(g).sum()]


def polynomial() -> Built:
    x = data.long_vector("f8")
    g = x

    def step() -> None:
        nonlocal g
        y, saved = x, []
        for c in data.COEFFICIENTS:
            saved.append(y)
            y = y * x + c
        y.sum()
        u: Any = np.ones_like(x)
        g = np.zeros_like(x)
        for y in reversed(saved):
            g += u * y
            u = u * x
        g += u

    return step, lambda: [g.sum(), np.abs(g).sum()]


def logsumexp() -> Built:
    x = data.rows_of_logits()
    g = x

    def step() -> None:
        nonlocal g
        m = x.max(1, keepdims=True)
        e = np.exp(x - m)
        s = e.sum(1, keepdims=True)
        (np.log(s) + m).sum()
        g = e / s

    return step, lambda: [g.sum(), np.abs(g).sum()]


def layernorm(dtype: str) -> Built:
    x, scale, shift, target = data.normalised(dtype)
    gradients: tuple[Any, ...] = ()

    def step() -> None:
        nonlocal gradients
        d = x - x.mean(1, keepdims=True)
        r = 1 / np.sqrt((d * d).mean(1, keepdims=True) + 1e-5)
        z = d * r
        ((z * scale + shift) * target).sum()
        u = target * scale
        g = (u - u.mean(1, keepdims=True) - z * (u * z).mean(1, keepdims=True)) * r
        gradients = g, (target * z).sum(0), target.sum(0)

    return step, lambda: [np.abs(g).sum() for g in gradients]


def tiny(shape: tuple[int, ...]) -> Built:
    x = np.full(shape, 0.5)[() if not shape else slice(None)]
    g = x

    def step() -> None:
        nonlocal g
        y, saved = x, []
        for _ in range(500):
            saved.append(y)
            y = y * x
            y = y + x
        u = np.ones_like(x)[() if not shape else slice(None)]
        g = u * 0.0
        for y in reversed(saved):
            g = g + u
            g = g + u * y
            u = u * x
        g = g + u

    return step, lambda: [g.sum(), np.abs(g).sum()]


def hessian_vector() -> Built:
    x, v = data.rosenbrock()
    h = x

    def step() -> None:
        nonlocal h
        a, b, p, q = x[1:], x[:-1], v[1:], v[:-1]
        h = np.zeros_like(x)
        h[1:] += 200 * p - 400 * b * q
        h[:-1] += (1200 * b * b - 400 * a + 2) * q - 400 * b * p

    return step, lambda: [h.sum(), np.abs(h).sum()]


def hessian() -> Built:
    x, _ = data.rosenbrock()
    h = np.zeros((len(x), len(x)))
    i = np.arange(len(x) - 1)

    def step() -> None:
        nonlocal h
        a, b = x[1:], x[:-1]
        h = np.zeros((len(x), len(x)))
        h[i, i] = 1200 * b * b - 400 * a + 2
        h[i + 1, i + 1] += 200
        h[i, i + 1] = h[i + 1, i] = -400 * b

    return step, lambda: [h.sum(), np.abs(h).sum()]


def jacobian() -> Built:
    x, (w1, b1, w2, b2) = data.two_layers()
    j = w1

    def step() -> None:
        nonlocal j
        h = np.tanh(w1 @ x + b1)
        o = np.tanh(w2 @ h + b2)
        j = ((1 - o * o)[:, None] * w2 * (1 - h * h)) @ w1

    return step, lambda: [j.sum(), np.abs(j).sum()]


def recurrent() -> Built:
    xs, targets, parameters = data.recurrent()
    w, u, b = parameters
    n, rows, width = targets.shape
    scale = 1 / (n * rows)

    def forward() -> tuple[Any, Any]:
        states = [np.zeros((rows, width), "f4")]
        for x in xs:
            states.append(np.tanh(x @ u + states[-1] @ w + b))
        return states, np.stack(states[1:]) - targets

    def loss(d: Any) -> Any:
        return 0.5 * scale * np.sum(d * d)

    def step() -> None:
        states, d = forward()
        loss(d)
        gradients = [np.zeros_like(p) for p in parameters]
        dh = np.zeros((rows, width), "f4")
        for k in range(n - 1, -1, -1):
            h = states[k + 1]
            dz = (d[k] * scale + dh) * (1 - h * h)
            dh = dz @ w.T
            for g, more in zip(gradients, (states[k].T @ dz, xs[k].T @ dz, dz.sum(0)), strict=True):
                g += more
        for p, g in zip(parameters, gradients, strict=True):
            p -= 0.01 * g

    return step, lambda: [loss(forward()[1]), *(np.abs(p).sum() for p in parameters)]
