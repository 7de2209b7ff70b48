"""The array cases in MyGrad, with its memory guard off, as its documentation advises for speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import mygrad as mg
import numpy as np

mg.turn_memory_guarding_off()
Built = tuple[Callable[[], Any], Callable[[], Any]]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + mg.exp(-z))


def sgd(parameters: list[Any], lr: float) -> Callable[[], None]:
    def update() -> None:
        for p in parameters:
            p.data -= lr * p.grad

    return update


def adam(parameters: list[Any], lr: float) -> Callable[[], None]:
    moments = [(np.zeros_like(p.data), np.zeros_like(p.data)) for p in parameters]
    t = 0

    def update() -> None:
        nonlocal t
        t += 1
        for p, (m, v) in zip(parameters, moments, strict=True):
            g, x = p.grad, p.data
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            x -= lr / (1 - 0.9**t) * m / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)

    return update


def training(
    parameters: list[Any], get_loss: Callable[[], Any], update: Callable[[], None]
) -> Built:
    def step() -> None:
        get_loss().backward()
        update()

    return step, lambda: [get_loss().item(), *(p.data.sum() for p in parameters)]


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()
    w1, b1, w2, b2, w3, b3 = parameters = [mg.tensor(a) for a in arrays]

    def get_loss() -> Any:
        z = mg.matmul(x, w1) + b1
        h = mg.where(z.data > 0, z, 0.1 * z)
        o = sigmoid(sigmoid(h @ w2 + b2) @ w3 + b3)
        return ((o - y) ** 2).mean()

    return training(parameters, get_loss, sgd(parameters, 0.01))


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)
    parameters = [mg.tensor(a) for a in arrays]

    def get_loss() -> Any:
        o = x
        for w in parameters:
            o = sigmoid(mg.matmul(o, w))
        return 0.5 * ((o - y) ** 2).sum()

    return training(parameters, get_loss, sgd(parameters, 0.01))


def deep() -> Built:
    x, y, arrays = data.deep()
    parameters = [mg.tensor(a) for a in arrays]

    def get_loss() -> Any:
        o = x
        for i in range(0, len(parameters), 2):
            o = sigmoid(mg.matmul(o, parameters[i]) + parameters[i + 1])
        return 0.5 * ((o - y) ** 2).sum()

    return training(parameters, get_loss, sgd(parameters, 0.01))


def seed_004() -> Built:
    x, y, arrays = data.seed_004()
    w1, b1, w2, b2, w3, b3 = parameters = [mg.tensor(a) for a in arrays]
    labels = y.argmax(1)

    def get_loss() -> Any:
        h = sigmoid(mg.maximum(mg.matmul(x, w1) + b1, 0) @ w2 + b2)
        return mg.nnet.softmax_crossentropy(h @ w3 + b3, labels)

    return training(parameters, get_loss, sgd(parameters, 0.01))


def mnist(with_adam: bool) -> Built:
    x, _, labels, arrays = data.mnist()
    w1, b1, w2, b2, w3, b3 = parameters = [mg.tensor(a) for a in arrays]

    def get_loss() -> Any:
        h = mg.maximum(mg.maximum(mg.matmul(x, w1) + b1, 0) @ w2 + b2, 0)
        return mg.nnet.softmax_crossentropy(h @ w3 + b3, labels)

    update = adam(parameters, 0.001) if with_adam else sgd(parameters, 0.1)
    return training(parameters, get_loss, update)


def gradient(x: Any, get_loss: Callable[[Any], Any]) -> Built:
    x = mg.tensor(x)
    return (
        lambda: get_loss(x).backward(),
        lambda: [np.sum(x.grad), np.sum(np.abs(x.grad))],
    )


def tanh_chain(dtype: str) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(4):
            y = mg.tanh(y) * 0.9
            y = y + x
            y = y * x
            y = y - 0.1
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
    def get_loss(x: Any) -> Any:
        m = x.data.max(axis=1, keepdims=True)
        return (mg.log(mg.exp(x - m).sum(axis=1)) + m[:, 0]).sum()

    return gradient(data.rows_of_logits(), get_loss)


def layernorm(dtype: str) -> Built:
    arrays = data.normalised(dtype)
    x, scale, shift = parameters = [mg.tensor(a) for a in arrays[:3]]

    def step() -> None:
        d = x - x.mean(axis=1, keepdims=True)
        variance = (d * d).mean(axis=1, keepdims=True)
        ((d / mg.sqrt(variance + 1e-5) * scale + shift) * arrays[3]).sum().backward()

    return step, lambda: [np.abs(p.grad).sum() for p in parameters]


def tiny(shape: tuple[int, ...]) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(500):
            y = y * x
            y = y + x
        return y.sum() if shape else y

    return gradient(np.full(shape, 0.5), get_loss)
