"""The array cases in HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data

import autograd
import autograd.numpy as np
from autograd import grad

Built = tuple[Callable[[], Any], Callable[[], Any]]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


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


def training(
    parameters: list[Any], get_loss: Callable[[Any], Any], update: Callable[[Any], None]
) -> Built:
    gradients = grad(get_loss)
    return (
        lambda: update(gradients(parameters)),
        lambda: [get_loss(parameters), *(p.sum() for p in parameters)],
    )


def seed_003() -> Built:
    x, y, parameters = data.seed_003_rows()

    def get_loss(p: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        z = np.dot(x, w1) + b1
        h = np.where(z > 0, z, 0.1 * z)
        o = sigmoid(np.dot(sigmoid(np.dot(h, w2) + b2), w3) + b3)
        return np.mean((o - y) ** 2)

    return training(parameters, get_loss, sgd(parameters, 0.01))


def seed_001(n: int) -> Built:
    x, y, parameters = data.seed_001(n)

    def get_loss(weights: Any) -> Any:
        o = x
        for w in weights:
            o = sigmoid(np.dot(o, w))
        return 0.5 * np.sum((o - y) ** 2)

    return training(parameters, get_loss, sgd(parameters, 0.01))


def deep() -> Built:
    x, y, parameters = data.deep()

    def get_loss(p: Any) -> Any:
        o = x
        for i in range(0, len(parameters), 2):
            o = sigmoid(np.dot(o, p[i]) + p[i + 1])
        return 0.5 * np.sum((o - y) ** 2)

    return training(parameters, get_loss, sgd(parameters, 0.01))


def cross_entropy(z: Any, y: Any) -> Any:
    m = np.max(z, axis=1, keepdims=True)
    total = np.log(np.sum(np.exp(z - m), axis=1, keepdims=True)) + m
    return np.sum(y * (total - z)) / len(y)


def seed_004() -> Built:
    x, y, parameters = data.seed_004()

    def get_loss(p: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = sigmoid(np.dot(np.maximum(np.dot(x, w1) + b1, 0), w2) + b2)
        return cross_entropy(np.dot(h, w3) + b3, y)

    return training(parameters, get_loss, sgd(parameters, 0.01))


def mnist(with_adam: bool) -> Built:
    x, y, _, parameters = data.mnist()

    def get_loss(p: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = np.maximum(np.dot(np.maximum(np.dot(x, w1) + b1, 0), w2) + b2, 0)
        return cross_entropy(np.dot(h, w3) + b3, y)

    update = adam(parameters, 0.001) if with_adam else sgd(parameters, 0.1)
    return training(parameters, get_loss, update)


def gradient(x: Any, get_loss: Callable[[Any], Any]) -> Built:
    get_gradient, g = grad(get_loss), x

    def step() -> None:
        nonlocal g
        g = get_gradient(x)

    return step, lambda: [np.sum(g), np.sum(np.abs(g))]


def tanh_chain(dtype: str) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(4):
            y = np.tanh(y) * 0.9
            y = y + x
            y = y * x
            y = y - 0.1
        return np.sum(y)

    return gradient(data.long_vector(dtype), get_loss)


def polynomial() -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for c in data.COEFFICIENTS:
            y = y * x + c
        return np.sum(y)

    return gradient(data.long_vector("f8"), get_loss)


def logsumexp() -> Built:
    def get_loss(x: Any) -> Any:
        m = np.max(x, axis=1, keepdims=True)
        return np.sum(np.log(np.sum(np.exp(x - m), axis=1, keepdims=True)) + m)

    return gradient(data.rows_of_logits(), get_loss)


def layernorm(dtype: str) -> Built:
    *parameters, target = data.normalised(dtype)
    gradients: Any = ()

    def get_loss(p: Any) -> Any:
        x, scale, shift = p
        d = x - np.mean(x, axis=1, keepdims=True)
        variance = np.mean(d * d, axis=1, keepdims=True)
        return np.sum((d / np.sqrt(variance + 1e-5) * scale + shift) * target)

    get_gradients = grad(get_loss)

    def step() -> None:
        nonlocal gradients
        gradients = get_gradients(parameters)

    return step, lambda: [np.sum(np.abs(g)) for g in gradients]


def tiny(shape: tuple[int, ...]) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(500):
            y = y * x
            y = y + x
        return np.sum(y) if shape else y

    return gradient(np.full(shape, 0.5) if shape else 0.5, get_loss)


def rosenbrock(x: Any) -> Any:
    a, b = x[1:], x[:-1]
    d, e = a - b * b, 1 - b
    return 100 * np.sum(d * d) + np.sum(e * e)


def hessian_vector() -> Built:
    x, v = data.rosenbrock()
    first = grad(rosenbrock)
    return gradient(x, lambda x: np.sum(first(x) * v))


def whole(derivative: Callable[[Any], Any], x: Any) -> Built:
    found: list[Any] = []

    def step() -> None:
        found[:] = [derivative(x)]

    return step, lambda: [np.sum(found[0]), np.sum(np.abs(found[0]))]


def hessian() -> Built:
    return whole(autograd.hessian(rosenbrock), data.rosenbrock()[0])


def jacobian() -> Built:
    x, (w1, b1, w2, b2) = data.two_layers()
    net = lambda x: np.tanh(np.dot(w2, np.tanh(np.dot(w1, x) + b1)) + b2)  # noqa: E731
    return whole(autograd.jacobian(net), x)
