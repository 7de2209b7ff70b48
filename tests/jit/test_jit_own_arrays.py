"""Arrays that a function under jit creates itself, which are constants of the recording."""

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, hessian, jit, linear

RNG = np.random.default_rng(0)
W, V = RNG.normal(size=(2, 2)), RNG.normal(size=2)


def points():
    return np.arange(6.0).reshape(3, 2)


def stack():
    return np.arange(24.0).reshape(4, 3, 2)


PRODUCTS = {
    "rows @ W": (lambda w: (points() @ w) ** 2, W),
    "W @ columns": (lambda w: (w @ points().T) ** 2, W),
    "rows @ v": (lambda v: (points() @ v) ** 2, V),
    "v @ columns": (lambda v: (v @ points().T) ** 2, V),
    "v @ square @ v": (lambda v: v @ np.array([[2.0, 0.5], [0.5, 1.0]]) @ v, V),
    "stack @ W": (lambda w: (stack() @ w) ** 2, W),
    "W @ stack": (lambda w: (w @ np.swapaxes(stack(), 1, 2)) ** 2, W),
    "stack @ v": (lambda v: (stack() @ v) ** 2, V),
    "np.dot": (lambda w: np.dot(points(), w) ** 2, W),
    "np.inner": (lambda v: np.inner(points(), v) ** 2, V),
    "np.tensordot": (lambda w: np.tensordot(stack(), w, 1) ** 2, W),
    "linear of W": (lambda w: linear(points(), w, np.ones(2)) ** 2, W),
    "linear of b": (lambda v: linear(points(), W + 0.0, v) ** 2, V),
    "cross-entropy": (lambda w: nn.functional.cross_entropy(points() @ w, [0, 1, 1]), W),
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("transform", [grad, hessian])
def test_products_with_arrays_made_inside(name, transform):
    f, at = PRODUCTS[name]
    derivative = transform(lambda x: f(x).sum())
    np.testing.assert_allclose(jit(derivative)(at), derivative(at), rtol=1e-14)

    def swept(x):
        f(x).sum().backward()
        return x.grad

    x = Tensor(at, requires_grad=True)
    np.testing.assert_allclose(jit(swept)(x), grad(lambda x: f(x).sum())(at), rtol=1e-14)


@pytest.mark.parametrize("shape", [(2,), (3, 2), (4, 3, 2)])
def test_a_layer_that_is_given_an_array_made_inside(shape):
    first, second = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)

    def step(scale):
        loss = (second(first(np.ones(shape))) * scale).sum()
        for layer in (first, second):
            layer.zero_grad()
        loss.backward()
        return loss

    expected = step(np.full(2, 3.0)).item()
    grads = [p.grad.copy() for layer in (first, second) for p in layer.parameters()]
    assert jit(step)(np.full(2, 3.0)).item() == pytest.approx(expected)
    for g, p in zip(grads, first.parameters() + second.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, g, rtol=1e-14)


def test_a_parameter_made_inside():
    def own(x):
        w = Tensor(np.full((2, 2), 0.5), requires_grad=True)
        (x @ w @ np.array([1.0, 2.0])).sum().backward()
        return w.grad

    np.testing.assert_allclose(jit(own)(points()), np.outer(points().sum(axis=0), [1.0, 2.0]))
