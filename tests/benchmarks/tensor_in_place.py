"""The array cases in hand-written NumPy without a single allocation: the limit "in-place".

Every buffer exists beforehand, every function writes with ``out``, constants are arrays of the
right dtype already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import numpy as np

Built = tuple[Callable[[], Any], Callable[[], Any]]
add, subtract, multiply, divide = np.add, np.subtract, np.multiply, np.divide
exp, tanh, greater, negative, reciprocal = np.exp, np.tanh, np.greater, np.negative, np.reciprocal


class Layer:
    """Buffers of ``activation(x @ w + b)`` and of its gradients, for rows of x."""

    def __init__(
        self, n: int, w: Any, b: Any, activation: str, lr: float, update: bool = True
    ) -> None:
        k, j = w.shape
        dtype = w.dtype
        self.w, self.b, self.activation, self.update = w, b, activation, update
        self.wt = w.T
        self.row = None if b is None else b.reshape(1, -1)
        self.z, self.d, self.t = (np.empty((n, j), dtype) for _ in range(3))
        self.dx = np.empty((n, k), dtype)
        self.dw, self.db = np.empty((k, j), dtype), np.empty(j, dtype)
        self.ones = np.ones(n, dtype)
        self.mask = np.empty((n, j), bool)
        self.one, self.zero = np.array(1, dtype), np.array(0, dtype)
        self.lr, self.leak = np.array(lr, dtype), np.array(0.1, dtype)

    def forward(self, x: Any) -> Any:
        self.x, self.xt = x, x.T
        z = x.dot(self.w, self.z)
        if self.row is not None:
            add(z, self.row, z)
        if self.activation == "sigmoid":
            negative(z, z)
            exp(z, z)
            add(z, self.one, z)
            reciprocal(z, z)
        elif self.activation == "relu":
            np.maximum(z, self.zero, out=z)
        elif self.activation == "leaky":
            greater(z, self.zero, self.mask)
            multiply(z, self.leak, self.t)
            np.maximum(z, self.t, out=z)
        return z

    def backward(self, g: Any, first: bool = False) -> Any:
        d, z = self.d, self.z
        if self.activation == "sigmoid":
            multiply(z, z, d)
            subtract(z, d, d)
            multiply(d, g, d)
        elif self.activation == "relu":
            greater(z, self.zero, self.mask)
            multiply(g, self.mask, d)
        elif self.activation == "leaky":
            multiply(g, self.leak, d)
            np.copyto(d, g, where=self.mask)
        else:
            d = g
        if not first:
            d.dot(self.wt, self.dx)
        self.xt.dot(d, self.dw)
        if self.row is not None:
            self.ones.dot(d, self.db)
        if self.update:
            multiply(self.dw, self.lr, self.dw)
            subtract(self.w, self.dw, self.w)
            if self.row is not None:
                multiply(self.db, self.lr, self.db)
                subtract(self.b, self.db, self.b)
        return self.dx


def network(
    x: Any, layers: list[Layer], last: Callable[[Any], Any], after: Callable[[], Any] = int
) -> Built:
    """Return a training step; ``last`` gives the loss and its gradient."""
    parameters = [p for layer in layers for p in (layer.w, layer.b) if p is not None]
    backwards = [(layer, layer is layers[0]) for layer in reversed(layers)]

    def forward() -> tuple[Any, Any]:
        o = x
        for layer in layers:
            o = layer.forward(o)
        return last(o)

    def step() -> None:
        _, g = forward()
        for layer, first in backwards:
            g = layer.backward(g, first)
        after()

    return step, lambda: [forward()[0], *(p.sum() for p in parameters)]


def squared_error(y: Any, scale: float) -> Callable[[Any], Any]:
    d = np.empty_like(y)
    flat, twice = d.reshape(-1), np.array(2 * scale)

    def last(o: Any) -> Any:
        subtract(o, y, d)
        loss = flat.dot(flat) * scale
        if scale != 0.5:
            multiply(d, twice, d)
        return loss, d

    return last


def cross_entropy(y: Any) -> Callable[[Any], Any]:
    n = len(y)
    dtype = y.dtype
    e, top, total = np.empty_like(y), np.empty((n, 1), dtype), np.empty((n, 1), dtype)
    labels, rows = y.argmax(1), np.arange(n)
    inverse = np.array(1 / n, dtype)
    ones = np.ones((y.shape[1], 1), dtype)

    def last(z: Any) -> Any:
        np.maximum.reduce(z, 1, None, top, True)
        subtract(z, top, e)
        loss = -(e[rows, labels].sum())
        exp(e, e)
        e.dot(ones, total)
        divide(e, total, e)
        np.log(total, total)
        loss += total.sum()
        subtract(e, y, e)
        if n > 1:
            multiply(e, inverse, e)
        return loss / n, e

    return last


def seed_003() -> Built:
    x, y, (w1, b1, w2, b2, w3, b3) = data.seed_003_rows()
    layers = [
        Layer(1, w1, b1, "leaky", 0.01),
        Layer(1, w2, b2, "sigmoid", 0.01),
        Layer(1, w3, b3, "sigmoid", 0.01),
    ]
    return network(x, layers, squared_error(y, 0.25))


def seed_001(n: int) -> Built:
    x, y, weights = data.seed_001(n)
    layers = [Layer(n, w, None, "sigmoid", 0.01) for w in weights]
    return network(x, layers, squared_error(y, 0.5))


def deep() -> Built:
    x, y, parameters = data.deep()
    pairs = zip(parameters[::2], parameters[1::2], strict=True)
    layers = [Layer(len(x), w, b, "sigmoid", 0.01) for w, b in pairs]
    return network(x, layers, squared_error(y, 0.5))


def seed_004() -> Built:
    x, y, (w1, b1, w2, b2, w3, b3) = data.seed_004()
    layers = [
        Layer(1, w1, b1, "relu", 0.01),
        Layer(1, w2, b2, "sigmoid", 0.01),
        Layer(1, w3, b3, "", 0.01),
    ]
    return network(x, layers, cross_entropy(y))


def mnist(with_adam: bool) -> Built:
    x, y, _, (w1, b1, w2, b2, w3, b3) = data.mnist()
    layers = [
        Layer(32, w1, b1, "relu", 0.1, not with_adam),
        Layer(32, w2, b2, "relu", 0.1, not with_adam),
        Layer(32, w3, b3, "", 0.1, not with_adam),
    ]
    pairs = [p for layer in layers for p in ((layer.w, layer.dw), (layer.b, layer.db))]
    return network(x, layers, cross_entropy(y), adam(pairs, 0.001) if with_adam else int)


def adam(pairs: list[tuple[Any, Any]], lr: float) -> Callable[[], None]:
    state = [(p, g, np.zeros_like(p), np.zeros_like(p), np.empty_like(p)) for p, g in pairs]
    t = 0

    def update() -> None:
        nonlocal t
        t += 1
        k = ((1 - 0.999) / (1 - 0.999**t)) ** 0.5
        rate, epsilon = lr * (1 - 0.9) / (1 - 0.9**t) / k, 1e-8 / k
        for p, g, m, v, s in state:
            multiply(m, 0.9, m)
            add(m, g, m)
            multiply(v, 0.999, v)
            multiply(g, g, s)
            add(v, s, v)
            np.sqrt(v, s)
            add(s, epsilon, s)
            divide(m, s, s)
            multiply(s, rate, s)
            subtract(p, s, p)

    return update


def tanh_chain(dtype: str) -> Built:
    x = data.long_vector(dtype)
    g, u, s, y = (np.empty_like(x) for _ in range(4))
    saved = [(np.empty_like(x), np.empty_like(x)) for _ in range(4)]

    def step() -> None:
        z = x
        for t, a in saved:
            tanh(z, t)
            multiply(t, 0.9, a)
            add(a, x, a)
            z = multiply(a, x, y)
            subtract(z, 0.1, z)
        y.sum()
        u.fill(1)
        g.fill(0)
        for t, a in reversed(saved):
            multiply(u, a, s)
            add(g, s, g)
            multiply(u, x, u)
            add(g, u, g)
            multiply(u, 0.9, u)
            multiply(t, t, s)
            subtract(1, s, s)
            multiply(u, s, u)
        add(g, u, g)

    return step, lambda: [g.sum(), np.abs(g).sum()]


def polynomial() -> Built:
    x = data.long_vector("f8")
    g, u, s = (np.empty_like(x) for _ in range(3))
    saved = [x, *(np.empty_like(x) for _ in data.COEFFICIENTS)]

    def step() -> None:
        for c, y, z in zip(data.COEFFICIENTS, saved[:-1], saved[1:], strict=True):
            multiply(y, x, z)
            add(z, c, z)
        saved[-1].sum()
        u.fill(1)
        g.fill(0)
        for y in saved[-2::-1]:
            multiply(u, y, s)
            add(g, s, g)
            multiply(u, x, u)
        add(g, u, g)

    return step, lambda: [g.sum(), np.abs(g).sum()]


def logsumexp() -> Built:
    x = data.rows_of_logits()
    g, m, s, r = np.empty_like(x), *(np.empty((1000, 1)) for _ in range(3))

    def step() -> None:
        np.maximum.reduce(x, 1, None, m, True)
        subtract(x, m, g)
        exp(g, g)
        add.reduce(g, 1, None, s, True)
        np.log(s, r)
        add(r, m, r)
        r.sum()
        divide(g, s, g)

    return step, lambda: [g.sum(), np.abs(g).sum()]


def layernorm(dtype: str) -> Built:
    x, scale, shift, target = data.normalised(dtype)
    n, k = x.shape
    z, u, s = (np.empty_like(x) for _ in range(3))
    r, m = np.empty((n, 1), dtype), np.empty((n, 1), dtype)
    ones_k, ones_n = np.full((k, 1), 1 / k, dtype), np.ones(n, dtype)
    g_scale, g_shift = np.empty(k, dtype), np.empty(k, dtype)

    def step() -> None:
        x.dot(ones_k, m)
        subtract(x, m, z)
        multiply(z, z, s)
        s.dot(ones_k, r)
        add(r, 1e-5, r)
        np.sqrt(r, r)
        reciprocal(r, r)
        multiply(z, r, z)
        multiply(z, scale, s)
        add(s, shift, s)
        multiply(s, target, s)
        s.sum()
        multiply(target, z, s)
        ones_n.dot(s, g_scale)
        ones_n.dot(target, g_shift)
        multiply(target, scale, u)
        multiply(u, z, s)
        s.dot(ones_k, m)
        multiply(z, m, s)
        u.dot(ones_k, m)
        subtract(u, m, u)
        subtract(u, s, u)
        multiply(u, r, u)

    return step, lambda: [np.abs(g).sum() for g in (u, g_scale, g_shift)]


def recurrent() -> Built:
    xs, targets, (w, u, b) = data.recurrent()
    n, rows, width = targets.shape
    states, d = np.zeros((n + 1, rows, width), "f4"), np.empty_like(targets)
    z, t, dh = (np.empty((rows, width), "f4") for _ in range(3))
    parameters, gradients = (w, u, b), tuple(np.empty_like(p) for p in (w, u, b))
    dw, du, db = gradients
    sw, su, sb = (np.empty_like(p) for p in (w, u, b))
    wt, ones, row = np.empty_like(w), np.ones(rows, "f4"), b.reshape(1, -1)
    one, rate = np.array(1, "f4"), np.array(0.01, "f4")
    half, scale = 0.5 / (n * rows), np.array(1 / (n * rows), "f4")
    flat = d.reshape(-1)

    def forward() -> Any:
        for k in range(n):
            h = states[k].dot(w, states[k + 1])
            xs[k].dot(u, z)
            add(h, z, h)
            add(h, row, h)
            tanh(h, h)
        subtract(states[1:], targets, d)
        return flat.dot(flat) * half

    def step() -> None:
        forward()
        multiply(d, scale, d)
        np.copyto(wt, w.T)
        for a in (dh, *gradients):
            a.fill(0)
        for k in range(n - 1, -1, -1):
            h, before = states[k + 1], states[k]
            multiply(h, h, t)
            subtract(one, t, t)
            add(d[k], dh, z)
            multiply(z, t, z)
            z.dot(wt, dh)
            add(dw, before.T.dot(z, sw), dw)
            add(du, xs[k].T.dot(z, su), du)
            add(db, ones.dot(z, sb), db)
        for p, g in zip(parameters, gradients, strict=True):
            multiply(g, rate, g)
            subtract(p, g, p)

    return step, lambda: [forward(), *(np.abs(p).sum() for p in parameters)]
