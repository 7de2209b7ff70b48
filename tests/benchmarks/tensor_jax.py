"""The array cases in JAX: each whole step, update included, is one `jax.jit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")
Built = tuple[Callable[[], Any], Callable[[], Any]]


def sgd(lr: float) -> tuple[Callable[[Any], Any], Callable[..., Any]]:
    """Return how the optimizer starts, and how it updates (parameters, state)."""

    def update(parameters: Any, gradients: Any, state: Any) -> Any:
        return [p - lr * g for p, g in zip(parameters, gradients, strict=True)], state

    return lambda parameters: (), update


def adam(lr: float) -> tuple[Callable[[Any], Any], Callable[..., Any]]:
    def start(parameters: Any) -> Any:
        zeros = [jnp.zeros_like(p) for p in parameters]
        return jnp.array(0, "i4"), zeros, [jnp.zeros_like(p) for p in parameters]

    def update(parameters: Any, gradients: Any, state: Any) -> Any:
        t, first, second = state
        t = t + 1
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients, strict=True)]
        # python floats keep the dtype of the parameters
        a, b = 1 - 0.9 ** t.astype("f4"), 1 - 0.999 ** t.astype("f4")
        new = [
            p - lr * (m / a) / (jnp.sqrt(v / b) + 1e-8)
            for p, m, v in zip(parameters, first, second, strict=True)
        ]
        return new, (t, first, second)

    return start, update


def training(
    arrays: list[Any],
    get_loss: Callable[[Any], Any],
    optimizer: Any,
    size: Callable[[Any], Any] = jnp.sum,
) -> Built:
    """Return a training step, and the loss and sums of the parameters after it."""
    start, update = optimizer
    parameters = [jnp.array(a) for a in arrays]
    held = [parameters, start(parameters)]

    @jax.jit
    def whole(parameters: Any, state: Any) -> Any:
        loss, gradients = jax.value_and_grad(get_loss)(parameters)
        return loss, *update(parameters, gradients, state)

    def step() -> None:
        loss, *held[:] = whole(*held)
        jax.block_until_ready((loss, held))

    return step, lambda: [float(get_loss(held[0])), *(float(size(p)) for p in held[0])]


def leaky_relu(x: Any) -> Any:
    return jnp.where(x > 0, x, 0.1 * x)


def cross_entropy(z: Any, y: Any) -> Any:
    return -(jax.nn.log_softmax(z) * y).sum() / len(y)


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()
    sigmoid = jax.nn.sigmoid

    def get_loss(p: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        o = sigmoid(sigmoid(leaky_relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3)
        return ((o - y) ** 2).mean()

    return training(arrays, get_loss, sgd(0.01))


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)

    def get_loss(p: Any) -> Any:
        o = x
        for w in p:
            o = jax.nn.sigmoid(o @ w)
        return 0.5 * ((o - y) ** 2).sum()

    return training(arrays, get_loss, sgd(0.01))


def deep() -> Built:
    x, y, arrays = data.deep()

    def get_loss(p: Any) -> Any:
        o = x
        for w, b in zip(p[::2], p[1::2], strict=True):
            o = jax.nn.sigmoid(o @ w + b)
        return 0.5 * ((o - y) ** 2).sum()

    return training(arrays, get_loss, sgd(0.01))


def seed_004() -> Built:
    x, y, arrays = data.seed_004()

    def get_loss(p: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = jax.nn.sigmoid(jnp.maximum(x @ w1 + b1, 0) @ w2 + b2)
        return cross_entropy(h @ w3 + b3, y)

    return training(arrays, get_loss, sgd(0.01))


def mnist(with_adam: bool) -> Built:
    x, y, _, arrays = data.mnist()

    def get_loss(p: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = jnp.maximum(jnp.maximum(x @ w1 + b1, 0) @ w2 + b2, 0)
        return cross_entropy(h @ w3 + b3, y)

    return training(arrays, get_loss, adam(0.001) if with_adam else sgd(0.1))


def gradient(array: Any, get_loss: Callable[[Any], Any]) -> Built:
    """Return the computation of one gradient."""
    x = jnp.array(array)
    whole = jax.jit(jax.value_and_grad(get_loss))
    found: list[Any] = []

    def step() -> None:
        found[:] = whole(x)
        jax.block_until_ready(found)

    return step, lambda: [float(found[1].sum()), float(abs(found[1]).sum())]


def tanh_chain(dtype: str) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(4):
            y = (jnp.tanh(y) * 0.9 + x) * x - 0.1
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
    return gradient(data.rows_of_logits(), lambda x: jax.nn.logsumexp(x, 1).sum())


def layernorm(dtype: str) -> Built:
    x, scale, shift, target = map(jnp.array, data.normalised(dtype))

    def get_loss(x: Any, scale: Any, shift: Any) -> Any:
        d = x - x.mean(1, keepdims=True)
        y = d / jnp.sqrt((d * d).mean(1, keepdims=True) + 1e-5) * scale + shift
        return (y * target).sum()

    whole = jax.jit(jax.value_and_grad(get_loss, (0, 1, 2)))
    found: list[Any] = []

    def step() -> None:
        found[:] = whole(x, scale, shift)
        jax.block_until_ready(found)

    return step, lambda: [float(abs(g).sum()) for g in found[1]]


def tiny(shape: tuple[int, ...]) -> Built:
    def get_loss(x: Any) -> Any:
        y = x
        for _ in range(500):
            y = y * x + x
        return y.sum()

    return gradient(jnp.full(shape, 0.5), get_loss)


def rosenbrock(x: Any) -> Any:
    a, b = x[1:], x[:-1]
    d, e = a - b * b, 1 - b
    return 100 * (d * d).sum() + (e * e).sum()


def hessian_vector() -> Built:
    start, v = data.rosenbrock()
    return gradient(start, lambda x: (jax.grad(rosenbrock)(x) * v).sum())


def whole(derivative: Callable[[Any], Any], x: Any) -> Built:
    """Return the computation of all derivatives at a point."""
    compiled, x = jax.jit(derivative), jnp.array(x)
    found: list[Any] = []

    def step() -> None:
        found[:] = [jax.block_until_ready(compiled(x))]

    return step, lambda: [float(found[0].sum()), float(abs(found[0]).sum())]


def hessian() -> Built:
    return whole(jax.hessian(rosenbrock), data.rosenbrock()[0])


def jacobian() -> Built:
    x, (w1, b1, w2, b2) = data.two_layers()
    return whole(jax.jacrev(lambda x: jnp.tanh(w2 @ jnp.tanh(w1 @ x + b1) + b2)), x)


def recurrent() -> Built:
    xs, targets, arrays = data.recurrent()
    first = jnp.zeros(targets.shape[1:], "f4")

    def get_loss(p: Any) -> Any:
        w, u, b = p

        def turn(h: Any, x: Any) -> Any:
            h = jnp.tanh(x @ u + b + h @ w)
            return h, h

        d = jax.lax.scan(turn, first, xs)[1] - targets
        return 0.5 / (len(xs) * len(first)) * (d * d).sum()

    return training(arrays, get_loss, sgd(0.01), lambda p: abs(p).sum())
