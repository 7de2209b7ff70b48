"""The array cases in PyTorch, eager, default or fused optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import numpy as np
import torch
from torch.nn.functional import cross_entropy, layer_norm, leaky_relu, linear

torch.set_num_threads(1)
FUSED = False
OPTIMIZED = ("seed_003", "seed_001", "deep", "seed_004", "mnist", "recurrent")
Built = tuple[Callable[[], Any], Callable[[], Any]]
tensor = torch.from_numpy


def parameters_of(arrays: list[Any]) -> list[Any]:
    # weights as nn.Linear holds them: (out, in)
    return [tensor(np.ascontiguousarray(a.T)).requires_grad_() for a in arrays]


def training(
    parameters: list[Any], get_loss: Callable[[], Any], lr: float, adam: bool = False
) -> Built:
    kind = torch.optim.Adam if adam else torch.optim.SGD
    optimizer = kind(parameters, lr=lr, **({"fused": True} if FUSED else {}))

    def step() -> None:
        loss = get_loss()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step, lambda: [get_loss().item(), *(p.sum().item() for p in parameters)]


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()
    w1, b1, w2, b2, w3, b3 = parameters = parameters_of(arrays)
    x, y = tensor(x), tensor(y)

    def get_loss() -> Any:
        h = leaky_relu(linear(x, w1, b1), 0.1)
        o = torch.sigmoid(linear(torch.sigmoid(linear(h, w2, b2)), w3, b3))
        return torch.nn.functional.mse_loss(o, y)

    return training(parameters, get_loss, 0.01)


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)
    parameters = parameters_of(arrays)
    x, y = tensor(x), tensor(y)

    def get_loss() -> Any:
        o = x
        for w in parameters:
            o = torch.sigmoid(linear(o, w))
        return 0.5 * torch.nn.functional.mse_loss(o, y, reduction="sum")

    return training(parameters, get_loss, 0.01)


def deep() -> Built:
    x, y, arrays = data.deep()
    parameters = parameters_of(arrays)
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    x, y = tensor(x), tensor(y)

    def get_loss() -> Any:
        o = x
        for w, b in layers:
            o = torch.sigmoid(linear(o, w, b))
        return 0.5 * torch.nn.functional.mse_loss(o, y, reduction="sum")

    return training(parameters, get_loss, 0.01)


def seed_004() -> Built:
    x, y, arrays = data.seed_004()
    w1, b1, w2, b2, w3, b3 = parameters = parameters_of(arrays)
    x, y = tensor(x), tensor(y)

    def get_loss() -> Any:
        h = torch.sigmoid(linear(torch.relu(linear(x, w1, b1)), w2, b2))
        return cross_entropy(linear(h, w3, b3), y)

    return training(parameters, get_loss, 0.01)


def mnist(adam: bool) -> Built:
    x, _, labels, arrays = data.mnist()
    w1, b1, w2, b2, w3, b3 = parameters = parameters_of(arrays)
    x, labels = tensor(x), tensor(labels)

    def get_loss() -> Any:
        h = torch.relu(linear(torch.relu(linear(x, w1, b1)), w2, b2))
        return cross_entropy(linear(h, w3, b3), labels)

    return training(parameters, get_loss, 0.001 if adam else 0.1, adam)


def gradient(x: Any, get_loss: Callable[[Any], Any]) -> Built:
    x = tensor(x).requires_grad_()

    def step() -> None:
        x.grad = None
        get_loss(x).backward()

    return step, lambda: [x.grad.sum().item(), x.grad.abs().sum().item()]


def tanh_chain(dtype: str) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(4):
            y = torch.tanh(y) * 0.9
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
    return gradient(data.rows_of_logits(), lambda x: torch.logsumexp(x, 1).sum())


def layernorm(dtype: str) -> Built:
    x, scale, shift, target = map(tensor, data.normalised(dtype))
    parameters = [p.requires_grad_() for p in (x, scale, shift)]

    def step() -> None:
        for p in parameters:
            p.grad = None
        (layer_norm(x, (1024,), scale, shift) * target).sum().backward()

    return step, lambda: [p.grad.abs().sum().item() for p in parameters]


def tiny(shape: tuple[int, ...]) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(500):
            y = y * x
            y = y + x
        return y.sum() if shape else y

    return gradient(np.full(shape, 0.5), get_loss)


def hessian_vector() -> Built:
    x, v = map(tensor, data.rosenbrock())
    x.requires_grad_()

    def step() -> None:
        x.grad = None
        (first,) = torch.autograd.grad(rosenbrock(x), x, create_graph=True)
        (first * v).sum().backward()

    return step, lambda: [x.grad.sum().item(), x.grad.abs().sum().item()]


def rosenbrock(x: Any) -> Any:
    a, b = x[1:], x[:-1]
    d, e = a - b * b, 1 - b
    return 100 * (d * d).sum() + (e * e).sum()


def whole(derivative: Callable[[Any], Any], x: Any) -> Built:
    found: list[Any] = []

    def step() -> None:
        found[:] = [derivative(x)]

    return step, lambda: [found[0].sum().item(), found[0].abs().sum().item()]


def hessian() -> Built:
    return whole(torch.func.hessian(rosenbrock), tensor(data.rosenbrock()[0]))


def jacobian() -> Built:
    x, arrays = data.two_layers()
    w1, b1, w2, b2 = map(tensor, arrays)
    net = lambda x: torch.tanh(w2 @ torch.tanh(w1 @ x + b1) + b2)  # noqa: E731
    return whole(torch.func.jacrev(net), tensor(x))


def recurrent() -> Built:
    xs, targets, arrays = data.recurrent()
    w, u, b = parameters = parameters_of(arrays)
    xs, targets = tensor(xs), tensor(targets)
    first = torch.zeros(targets.shape[1:])

    def get_loss() -> Any:
        h, states = first, []
        for x in xs:
            h = torch.tanh(linear(x, u, b) + linear(h, w))
            states.append(h)
        d = torch.stack(states) - targets
        return 0.5 / (len(xs) * len(first)) * (d * d).sum()

    step, _ = training(parameters, get_loss, 0.01)
    return step, lambda: [get_loss().item(), *(p.abs().sum().item() for p in parameters)]
