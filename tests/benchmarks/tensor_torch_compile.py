"""The array cases under `torch.compile`: each whole step, update included, is one graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import numpy as np
import tensor_torch
import torch
from torch.func import grad_and_value
from torch.nn.functional import cross_entropy, layer_norm, leaky_relu, linear

torch.set_num_threads(1)
Built = tuple[Callable[[], Any], Callable[[], Any]]
tensor = torch.from_numpy


def parameters_of(arrays: list[Any]) -> list[Any]:
    # weights as nn.Linear holds them: (out, in)
    return [tensor(np.ascontiguousarray(a.T)) for a in arrays]


def training(
    parameters: list[Any], get_loss: Callable[[list[Any]], Any], lr: float, with_adam: bool = False
) -> Built:
    """Return a compiled training step, and the loss and sums of the parameters after it."""
    state = [torch.zeros((), dtype=torch.float32)]
    if with_adam:
        state += [torch.zeros_like(p) for p in parameters + parameters]

    def update(parameters: list[Any], gradients: list[Any], state: list[Any]) -> None:
        if not with_adam:
            for p, g in zip(parameters, gradients, strict=True):
                p.sub_(g, alpha=lr)
            return
        t, count = state[0].add_(1), len(parameters)
        a, b = 1 - 0.9**t, 1 - 0.999**t
        moments = zip(state[1 : 1 + count], state[1 + count :], strict=True)
        for p, g, (m, v) in zip(parameters, gradients, moments, strict=True):
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            p.sub_(lr * (m / a) / ((v / b).sqrt() + 1e-8))

    @torch.compile(fullgraph=True)
    def whole(parameters: list[Any], state: list[Any]) -> Any:
        gradients, loss = grad_and_value(get_loss)(parameters)
        update(parameters, gradients, state)
        return loss

    def step() -> None:
        with torch.no_grad():
            whole(parameters, state)

    return step, lambda: [get_loss(parameters).item(), *(p.sum().item() for p in parameters)]


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()
    x, y = tensor(x), tensor(y)

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = leaky_relu(linear(x, w1, b1), 0.1)
        o = torch.sigmoid(linear(torch.sigmoid(linear(h, w2, b2)), w3, b3))
        return torch.nn.functional.mse_loss(o, y)

    return training(parameters_of(arrays), get_loss, 0.01)


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)
    x, y = tensor(x), tensor(y)

    def get_loss(p: list[Any]) -> Any:
        o = x
        for w in p:
            o = torch.sigmoid(linear(o, w))
        return 0.5 * torch.nn.functional.mse_loss(o, y, reduction="sum")

    return training(parameters_of(arrays), get_loss, 0.01)


def deep() -> Built:
    x, y, arrays = data.deep()
    x, y = tensor(x), tensor(y)

    def get_loss(p: list[Any]) -> Any:
        o = x
        for w, b in zip(p[::2], p[1::2], strict=True):
            o = torch.sigmoid(linear(o, w, b))
        return 0.5 * torch.nn.functional.mse_loss(o, y, reduction="sum")

    return training(parameters_of(arrays), get_loss, 0.01)


def seed_004() -> Built:
    x, y, arrays = data.seed_004()
    x, y = tensor(x), tensor(y)

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = torch.sigmoid(linear(torch.relu(linear(x, w1, b1)), w2, b2))
        return cross_entropy(linear(h, w3, b3), y)

    return training(parameters_of(arrays), get_loss, 0.01)


def mnist(with_adam: bool) -> Built:
    x, _, labels, arrays = data.mnist()
    x, labels = tensor(x), tensor(labels)

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = torch.relu(linear(torch.relu(linear(x, w1, b1)), w2, b2))
        return cross_entropy(linear(h, w3, b3), labels)

    return training(parameters_of(arrays), get_loss, 0.001 if with_adam else 0.1, with_adam)


def compiled(build: Callable[..., Built]) -> Callable[..., Built]:
    """Return a case whose loss and gradient are one compiled graph."""

    def built(*arguments: Any) -> Built:
        kept = tensor_torch.gradient
        tensor_torch.gradient = gradient
        try:
            return build(*arguments)
        finally:
            tensor_torch.gradient = kept

    return built


def gradient(array: Any, get_loss: Callable[[Any], Any]) -> Built:
    """Return the compiled computation of one gradient."""
    x = tensor(array)
    whole = torch.compile(grad_and_value(get_loss), fullgraph=True)
    found: list[Any] = []

    def step() -> None:
        with torch.no_grad():
            found[:] = whole(x)

    return step, lambda: [found[0].sum().item(), found[0].abs().sum().item()]


tanh_chain = compiled(tensor_torch.tanh_chain)
polynomial = compiled(tensor_torch.polynomial)
logsumexp = compiled(tensor_torch.logsumexp)


def layernorm(dtype: str) -> Built:
    *parameters, target = map(tensor, data.normalised(dtype))

    def get_loss(p: list[Any]) -> Any:
        x, scale, shift = p
        return (layer_norm(x, (1024,), scale, shift) * target).sum()

    whole = torch.compile(grad_and_value(get_loss), fullgraph=True)
    found: list[Any] = []

    def step() -> None:
        with torch.no_grad():
            found[:] = whole(parameters)

    return step, lambda: [g.abs().sum().item() for g in found[0]]


def hessian_vector() -> Built:
    start, v = data.rosenbrock()
    v = tensor(v)
    return gradient(start, lambda x: (torch.func.grad(tensor_torch.rosenbrock)(x) * v).sum())


def whole(derivative: Callable[[Any], Any], x: Any) -> Built:
    """Return the compiled computation of all derivatives at a point."""
    return tensor_torch.whole(torch.compile(derivative, fullgraph=True), tensor(x))


def hessian() -> Built:
    return whole(torch.func.hessian(tensor_torch.rosenbrock), data.rosenbrock()[0])


def jacobian() -> Built:
    x, arrays = data.two_layers()
    w1, b1, w2, b2 = map(tensor, arrays)
    return whole(torch.func.jacrev(lambda x: torch.tanh(w2 @ torch.tanh(w1 @ x + b1) + b2)), x)
