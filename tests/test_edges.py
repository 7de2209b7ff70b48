"""The edges: one table of functions at their singular points, with first and second derivatives.

Expected values are limits or the library's stated conventions (ties share evenly, 0 at kinks), not
what the library happens to return. The second derivative is that of the sum of the first.
"""

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad

INF = np.inf


def where_sqrt(x):
    return np.where(x > 0, np.sqrt(x), x).sum()


def where_log(x):
    return np.where(x > 0, np.log(x), 0.0).sum()


def where_divide(x):
    return np.where(x != 0, 1 / x, 0.0).sum()


def where_power(x):
    return np.where(x > 0, x**0.5, x).sum()


def where_arcsin(x):
    return np.where(abs(x) < 1, np.arcsin(x), x).sum()


# name: function, point, first derivative, sum-of-first's derivative
TABLE = {
    "prod, no zero": (np.prod, [2.0, 3.0, 4.0], [12.0, 8.0, 6.0], [7.0, 6.0, 5.0]),
    "prod, one zero": (np.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0], [5.0, 3.0, 2.0]),
    "prod, two zeros": (np.prod, [0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [2.0, 0.0, 2.0]),
    "prod, three zeros": (np.prod, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    "where sqrt, untaken at -1": (where_sqrt, [-1.0, 4.0], [1.0, 0.25], [0.0, -1 / 32]),
    "where sqrt, untaken at 0": (where_sqrt, [0.0, 4.0], [1.0, 0.25], [0.0, -1 / 32]),
    "where log, untaken": (where_log, [-1.0, 0.0, 2.0], [0.0, 0.0, 0.5], [0.0, 0.0, -0.25]),
    "where divide, untaken at 0": (where_divide, [0.0, 2.0], [0.0, -0.25], [0.0, 0.25]),
    "where power, untaken": (where_power, [-1.0, 0.0, 4.0], [1.0, 1.0, 0.25], [0, 0, -1 / 32]),
    "where arcsin, untaken": (where_arcsin, [1.0, 2.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]),
    "maximum with a singular branch": (
        lambda x: np.maximum(np.sqrt(x), 1.0).sum(),
        [0.0, 4.0],
        [0.0, 0.25],
        [0.0, -1 / 32],
    ),
    "clip after a singular function": (
        lambda x: np.clip(np.log(x), -2.0, 2.0).sum(),
        [0.0, 1.0],
        [0.0, 1.0],
        [0.0, -1.0],
    ),
    "x**0 at 0": (lambda x: (x**0).sum(), [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
    "x**1 at 0": (lambda x: (x**1).sum(), [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]),
    "x**2 at 0": (lambda x: (x**2).sum(), [0.0, -2.0], [0.0, -4.0], [2.0, 2.0]),
    "x**3.0 at 0": (lambda x: (x**3.0).sum(), [0.0, 2.0], [0.0, 12.0], [0.0, 12.0]),
    "negative base": (lambda x: (x**3).sum(), [-2.0], [12.0], [-12.0]),
    "0**y": (lambda y: np.power(0.0, y).sum(), [1.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
    "2**y at 0": (lambda y: (2.0**y).sum(), [0.0], [np.log(2)], [np.log(2) ** 2]),
    "max, ties": (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5], None),
    "min, ties": (np.min, [1.0, 1.0, 3.0], [0.5, 0.5, 0.0], None),
    "maximum(x, x)": (lambda x: np.maximum(x, x).sum(), [2.0, -1.0], [1.0, 1.0], None),
    "abs at 0": (lambda x: abs(x).sum(), [0.0, -2.0], [0.0, -1.0], [0.0, 0.0]),
    "relu at 0": (lambda x: autograd.relu(x).sum(), [0.0, 2.0], [0.0, 1.0], [0.0, 0.0]),
    "leaky relu at 0": (lambda x: autograd.leaky_relu(x, 0.1).sum(), [0.0, 2.0], [0.1, 1.0], None),
    "sign at 0": (lambda x: (np.sign(x) * x).sum(), [0.0, -3.0], [0.0, -1.0], None),
    "sigmoid at 1000": (
        lambda x: autograd.sigmoid(x).sum(),
        [1000.0, -1000.0, 0.0],
        [0.0, 0.0, 0.25],
        [0.0, 0.0, 0.0],
    ),
    "softplus at 1000": (
        lambda x: autograd.softplus(x).sum(),
        [1000.0, -1000.0, 0.0],
        [1.0, 0.0, 0.5],
        [0.0, 0.0, 0.25],
    ),
    "tanh at 1000": (lambda x: np.tanh(x).sum(), [1000.0, -1000.0], [0.0, 0.0], [0.0, 0.0]),
    "logsumexp at 1000": (
        autograd.logsumexp,
        [1000.0, 1000.0, -1000.0],
        [0.5, 0.5, 0.0],
        [0.0, 0.0, 0.0],
    ),
    "logsumexp with a mask": (autograd.logsumexp, [0.0, -INF, 0.0], [0.5, 0.0, 0.5], None),
    "logsumexp, all masked": (autograd.logsumexp, [-INF, -INF], [0.0, 0.0], None),
    "softmax with a mask": (
        lambda x: autograd.softmax(x)[0],
        [0.0, -INF, 0.0],
        [0.25, 0.0, -0.25],
        None,
    ),
    "log of softmax at 1000": (
        lambda x: autograd.log_softmax(x)[0],
        [1000.0, 0.0, -1000.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
    ),
    "exp overflow masked": (
        lambda x: np.where(x < 100, np.exp(x), 0.0).sum(),
        [1000.0, 0.0],
        [0.0, 1.0],
        [0.0, 1.0],
    ),
    "empty sum": (np.sum, [], [], []),
    "empty prod": (np.prod, [], [], []),
}


@pytest.mark.parametrize("name", TABLE)
def test_first_derivative_at_the_edge(name):
    function, point, first, _ = TABLE[name]
    with np.errstate(all="ignore"):
        found = grad(function)(np.array(point))
    np.testing.assert_allclose(found, first, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", [n for n in TABLE if TABLE[n][3] is not None])
def test_second_derivative_at_the_edge(name):
    function, point, _, second = TABLE[name]
    with np.errstate(all="ignore"):
        found = grad(lambda x: grad(function)(x).sum())(np.array(point))
    np.testing.assert_allclose(found, second, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", TABLE)
def test_values_agree_with_tensors_at_the_edge(name):
    """The same derivative from `backward`, which is strict only where it must be."""
    function, point, first, _ = TABLE[name]
    x = Tensor(np.array(point), requires_grad=True)
    with np.errstate(all="ignore"):
        function(x).backward()
    np.testing.assert_allclose(x.grad, first, rtol=1e-12, atol=1e-300)


def test_float32_stays_float32():
    x = Tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    y = (np.maximum(x, 1.0) * 2.0 + autograd.leaky_relu(x) / 3).sum()
    y.backward()
    assert y.dtype == np.float32
    assert x.grad.dtype == np.float32


def test_integers_beside_floats():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * np.array([2, 3])).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_mixed_second_derivative_of_power_where_the_exponent_is_0():
    # d²/dxdy x^y = x^(y-1) (1 + y log x) = 1/x at y = 0
    mixed = grad(lambda y: grad(lambda x: x**y)(2.0))(0.0)
    assert mixed == pytest.approx(0.5)
