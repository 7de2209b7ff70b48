"""The array cases in this library, as a user would write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import numpy as np

import autograd
from autograd import (
    Tensor,
    leaky_relu,
    linear,
    relu,
    scan,
    sigmoid,
    softmax_cross_entropy,
    squared_error,
)

try:
    from nn.optim import SGD, Adam
except ImportError:
    from plain_optimizers import SGD, Adam

Built = tuple[Callable[[], Any], Callable[[], Any]]


def parameters_of(arrays: list[Any]) -> list[Any]:
    return [Tensor(a, requires_grad=True) for a in arrays]


def training(parameters: list[Any], optimizer: Any, get_loss: Callable[[], Any]) -> Built:
    """Return a training step, and the sums of the parameters after it."""

    def step() -> None:
        loss = get_loss()
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()

    return step, lambda: [get_loss().item(), *(p.data.sum() for p in parameters)]


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()
    w1, b1, w2, b2, w3, b3 = parameters = parameters_of(arrays)
    x, y = Tensor(x), Tensor(y)

    def get_loss() -> Any:
        h = leaky_relu(linear(x, w1, b1), 0.1)
        h = sigmoid(linear(h, w2, b2))
        return squared_error(sigmoid(linear(h, w3, b3)), y, 0.25)

    return training(parameters, SGD(parameters, lr=0.01), get_loss)


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)
    parameters = parameters_of(arrays)
    x, y = Tensor(x), Tensor(y)

    def get_loss() -> Any:
        o = x
        for w in parameters:
            o = sigmoid(o @ w)
        return squared_error(o, y, 0.5)

    return training(parameters, SGD(parameters, lr=0.01), get_loss)


def deep() -> Built:
    x, y, arrays = data.deep()
    parameters = parameters_of(arrays)
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    x, y = Tensor(x), Tensor(y)

    def get_loss() -> Any:
        o = x
        for w, b in layers:
            o = sigmoid(linear(o, w, b))
        return squared_error(o, y, 0.5)

    return training(parameters, SGD(parameters, lr=0.01), get_loss)


def seed_004() -> Built:
    x, y, arrays = data.seed_004()
    w1, b1, w2, b2, w3, b3 = parameters = parameters_of(arrays)
    x, y = Tensor(x), Tensor(y)

    def get_loss() -> Any:
        h = sigmoid(linear(relu(linear(x, w1, b1)), w2, b2))
        return softmax_cross_entropy(linear(h, w3, b3), y)

    return training(parameters, SGD(parameters, lr=0.01), get_loss)


def mnist(adam: bool) -> Built:
    x, y, _, arrays = data.mnist()
    w1, b1, w2, b2, w3, b3 = parameters = parameters_of(arrays)
    x, y = Tensor(x), Tensor(y)

    def get_loss() -> Any:
        h = relu(linear(relu(linear(x, w1, b1)), w2, b2))
        return softmax_cross_entropy(linear(h, w3, b3), y, 1 / 32)

    optimizer = Adam(parameters, lr=0.001) if adam else SGD(parameters, lr=0.1)
    return training(parameters, optimizer, get_loss)


def gradient(x: Any, get_loss: Callable[[Any], Any]) -> Built:
    """Return the computation of one gradient."""

    def step() -> None:
        x.grad = None
        get_loss(x).backward(release=True)

    return step, lambda: [x.grad.sum(), np.abs(x.grad).sum()]


def tanh_chain(dtype: str) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(4):
            y = np.tanh(y) * 0.9
            y = y + x
            y = y * x
            y = y - 0.1
        return y.sum()

    return gradient(Tensor(data.long_vector(dtype), requires_grad=True), get_loss)


def polynomial() -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for c in data.COEFFICIENTS:
            y = y * x + c
        return y.sum()

    return gradient(Tensor(data.long_vector("f8"), requires_grad=True), get_loss)


def logsumexp() -> Built:
    x = Tensor(data.rows_of_logits(), requires_grad=True)
    return gradient(x, lambda x: x.logsumexp(axis=1).sum())


def layernorm(dtype: str) -> Built:
    arrays = data.normalised(dtype)
    x, scale, shift = parameters = parameters_of(list(arrays[:3]))
    target = Tensor(arrays[3])

    def step() -> None:
        for p in parameters:
            p.grad = None
        d = x - x.mean(axis=1, keepdims=True)
        variance = (d * d).mean(axis=1, keepdims=True)
        y = d / np.sqrt(variance + 1e-5) * scale + shift
        (y * target).sum().backward(release=True)

    return step, lambda: [np.abs(p.grad).sum() for p in parameters]


def tiny(shape: tuple[int, ...]) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(500):
            y = y * x
            y = y + x
        return y.sum() if shape else y

    return gradient(Tensor(np.full(shape, 0.5), requires_grad=True), get_loss)


def rosenbrock(x: Any) -> Any:
    a, b = x[1:], x[:-1]
    d, e = a - b * b, 1 - b
    return 100 * (d * d).sum() + (e * e).sum()


def hessian_vector() -> Built:
    start, direction = data.rosenbrock()
    x, v = Tensor(start, requires_grad=True), Tensor(direction)

    def step() -> None:
        x.grad = None
        rosenbrock(x).backward(create_graph=True)
        first, x.grad = x.grad, None
        (first * v).sum().backward(release=True)

    return step, lambda: [x.grad.sum(), np.abs(x.grad).sum()]


def whole(derivative: Callable[[Any], Any], x: Any) -> Built:
    """Return the computation of all derivatives at a point."""
    found: list[Any] = []

    def step() -> None:
        found[:] = [derivative(x)]

    return step, lambda: [found[0].sum(), np.abs(found[0]).sum()]


def hessian(compiled: Callable[..., Any] = lambda f: f) -> Built:
    return whole(compiled(autograd.hessian(rosenbrock)), data.rosenbrock()[0])


def jacobian(compiled: Callable[..., Any] = lambda f: f) -> Built:
    x, (w1, b1, w2, b2) = data.two_layers()
    return whole(compiled(autograd.jacobian(lambda x: np.tanh(w2 @ np.tanh(w1 @ x + b1) + b2))), x)


def recurrent() -> Built:
    xs, targets, arrays = data.recurrent()
    w, u, b = parameters = parameters_of(arrays)
    xs, targets = Tensor(xs), Tensor(targets)
    first = Tensor(np.zeros(targets.shape[1:], "f4"))
    optimizer = SGD(parameters, lr=0.01)

    def turn(h: Any, x: Any) -> Any:
        h = (linear(x, u, b) + h @ w).tanh()
        return h, h

    def get_loss() -> Any:
        _, states = scan(turn, first, xs)
        return squared_error(states, targets, 0.5 / (len(xs) * len(first)))

    step, _ = training(parameters, optimizer, get_loss)
    return step, lambda: [get_loss().item(), *(np.abs(p.data).sum() for p in parameters)]
