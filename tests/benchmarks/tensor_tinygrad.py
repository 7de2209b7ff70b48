"""The array cases in tinygrad: forward, backward and update in one step under `TinyJit`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import data

os.environ.setdefault("CPU_COUNT", "1")
from tinygrad import Tensor, TinyJit

Built = tuple[Callable[[], Any], Callable[[], Any]]


def training(
    arrays: list[Any], get_loss: Callable[[list[Any]], Any], lr: float, with_adam: bool = False
) -> Built:
    """Return a captured training step, and the loss and sums of the parameters after it."""
    parameters = [Tensor(a).realize() for a in arrays]
    state = [Tensor(0.0)] + [Tensor.zeros_like(p).contiguous() for p in parameters * 2]
    Tensor.realize(*state)

    @TinyJit
    def whole() -> None:
        gradients = get_loss(parameters).gradient(*parameters)
        if not with_adam:
            changed = [p.assign(p - lr * g) for p, g in zip(parameters, gradients, strict=True)]
            Tensor.realize(*changed)
            return
        t, count = state[0].assign(state[0] + 1), len(parameters)
        a, b = 1 - 0.9**t, 1 - 0.999**t
        changed = [t]
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            m = state[1 + i].assign(0.9 * state[1 + i] + 0.1 * g)
            v = state[1 + count + i].assign(0.999 * state[1 + count + i] + 0.001 * g * g)
            p.assign(p - lr * (m / a) / ((v / b).sqrt() + 1e-8))
            changed += [m, v, p]
        Tensor.realize(*changed)

    sums = lambda: [get_loss(parameters).item(), *(p.sum().item() for p in parameters)]  # noqa: E731
    return whole, sums


def cross_entropy(z: Any, y: Any) -> Any:
    return -(z.log_softmax() * y).sum() / y.shape[0]


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()
    x, y = Tensor(x), Tensor(y)

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = (x.dot(w1) + b1).leaky_relu(0.1)
        return (((h.dot(w2) + b2).sigmoid().dot(w3) + b3).sigmoid() - y).square().mean()

    return training(arrays, get_loss, 0.01)


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)
    x, y = Tensor(x), Tensor(y)

    def get_loss(p: list[Any]) -> Any:
        o = x
        for w in p:
            o = o.dot(w).sigmoid()
        return 0.5 * (o - y).square().sum()

    return training(arrays, get_loss, 0.01)


def deep() -> Built:
    x, y, arrays = data.deep()
    x, y = Tensor(x), Tensor(y)

    def get_loss(p: list[Any]) -> Any:
        o = x
        for w, b in zip(p[::2], p[1::2], strict=True):
            o = (o.dot(w) + b).sigmoid()
        return 0.5 * (o - y).square().sum()

    return training(arrays, get_loss, 0.01)


def seed_004() -> Built:
    x, y, arrays = data.seed_004()
    x, y = Tensor(x), Tensor(y)

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = ((x.dot(w1) + b1).relu().dot(w2) + b2).sigmoid()
        return cross_entropy(h.dot(w3) + b3, y)

    return training(arrays, get_loss, 0.01)


def mnist(with_adam: bool) -> Built:
    x, y, _, arrays = data.mnist()
    x, y = Tensor(x), Tensor(y)

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = ((x.dot(w1) + b1).relu().dot(w2) + b2).relu()
        return cross_entropy(h.dot(w3) + b3, y)

    return training(arrays, get_loss, 0.001 if with_adam else 0.1, with_adam)


def gradient(array: Any, get_loss: Callable[[Any], Any]) -> Built:
    """Return the captured computation of one gradient."""
    x = Tensor(array).realize()
    found: list[Any] = []

    @TinyJit
    def whole() -> Any:
        return get_loss(x).gradient(x)[0].realize()

    def step() -> None:
        found[:] = [whole()]

    return step, lambda: [found[0].sum().item(), found[0].abs().sum().item()]


def tanh_chain(dtype: str) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(4):
            y = (y.tanh() * 0.9 + x) * x - 0.1
        return y.sum()

    return gradient(data.long_vector(dtype), get_loss)


def polynomial() -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for c in data.COEFFICIENTS:
            y = y * x + c
        return y.sum()

    return gradient(data.long_vector("f8"), get_loss)


def logsumexp() -> Built:
    return gradient(data.rows_of_logits(), lambda x: x.logsumexp(1).sum())


def layernorm(dtype: str) -> Built:
    *parameters, target = (Tensor(a).realize() for a in data.normalised(dtype))
    found: list[Any] = []

    @TinyJit
    def whole() -> Any:
        x, scale, shift = parameters
        d = x - x.mean(1, keepdim=True)
        y = d / ((d * d).mean(1, keepdim=True) + 1e-5).sqrt() * scale + shift
        gradients = (y * target).sum().gradient(*parameters)
        Tensor.realize(*gradients)
        return gradients

    def step() -> None:
        found[:] = whole()

    return step, lambda: [g.abs().sum().item() for g in found]
