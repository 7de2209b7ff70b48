"""What is promised at ties, kinks and edges, to first and second order."""

import math
from fractions import Fraction

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value

GRADIENTS = {
    "max": (np.max, [2.0, 5.0, 5.0, 1.0], [0, 0.5, 0.5, 0]),
    "min": (np.min, [2.0, 1.0, 1.0, 1.0], [0, 1 / 3, 1 / 3, 1 / 3]),
    "max-axis": (
        lambda x: x.reshape(2, 2).max(axis=1).sum(),
        [3.0, 3.0, 1.0, 2.0],
        [0.5, 0.5, 0, 1],
    ),
    "maximum-itself": (lambda x: np.maximum(x, x).sum(), [1.0, -2.0], [1, 1]),
    "minimum-itself": (lambda x: np.minimum(x, x).sum(), [1.0, -2.0], [1, 1]),
    "maximum-number": (lambda x: np.maximum(x, 1.0).sum(), [1.0, 2.0, 0.0], [0.5, 1, 0]),
    "relu": (lambda x: ag.relu(x).sum(), [0.0, -0.0], [0, 0]),
    "leaky_relu": (lambda x: ag.leaky_relu(x, 0.25).sum(), [0.0, 1.0, -1.0], [0.25, 1, 0.25]),
    "abs": (lambda x: np.abs(x).sum(), [0.0, -1.0], [0, -1]),
    "x**0": (lambda x: (x**0).sum(), [0.0, 2.0], [0, 0]),
    "prod-one-zero": (np.prod, [0.0, 3.0, 2.0], [6, 0, 0]),
    "prod-two-zeros": (np.prod, [0.0, 3.0, 0.0], [0, 0, 0]),
    "clip": (lambda x: np.clip(x, 0.0, 1.0).sum(), [-1.0, 0.0, 0.5, 1.0, 2.0], [0, 1, 1, 1, 0]),
    "logsumexp-far": (ag.logsumexp, [1000.0, -1000.0], [1, 0]),
    "logsumexp-masked": (ag.logsumexp, [0.0, -np.inf], [1, 0]),
    "sigmoid-far": (lambda x: ag.sigmoid(x).sum(), [1000.0, -1000.0], [0, 0]),
    "softplus-far": (lambda x: ag.softplus(x).sum(), [1000.0, -1000.0], [1, 0]),
    "log_softmax-far": (lambda x: ag.log_softmax(x)[0], [-1000.0, 1000.0], [1, -1]),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("f", "at", "expected"), GRADIENTS.values(), ids=GRADIENTS)
def test_gradient_at_the_edge(f, at, expected, create_graph):
    x = Tensor(at, requires_grad=True)
    f(x).backward(create_graph=create_graph)
    found = x.grad.data if create_graph else x.grad
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=0)


# products that leave the range of numbers on the way, though the derivatives do not, and upstream
# gradients with which they do
RANGES = [
    ([1e-200, 1e200, 1e-200, 1e200], 1.0),
    ([1e-160, 3e-160, 7e159], 1.0),
    ([1e-100, 2e-100], 1e-130),
    ([1e100, 2e100], 1e150),
    ([1e-310, 3.0, 1e5], 1.0),
    ([2.0, np.inf], 1.0),
    ([2.0, 3.0], 0.0),
]


def others(x, g):
    """Return g times the product of all other numbers, exactly rounded."""
    if not np.isfinite(x).all():
        return [g * math.prod(x[:i] + x[i + 1 :]) for i in range(len(x))]
    exact = [Fraction(v) for v in x]
    return [float(Fraction(g) * math.prod(exact[:i] + exact[i + 1 :])) for i in range(len(x))]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("f", [np.prod, lambda x, axis, **_: np.cumprod(x, axis)[-1:]])
@pytest.mark.parametrize(("at", "g"), RANGES)
def test_products_far_from_1(f, at, g, keepdims):
    x = Tensor(at, requires_grad=True)
    with np.errstate(all="ignore"):
        z = f(x, axis=0, keepdims=keepdims)
    z.backward(np.full(z.shape, g))
    np.testing.assert_allclose(x.grad, others(at, g), rtol=1e-14, atol=0)


def test_products_out_of_range_warn_once_recorded_or_not():
    for f in (np.prod, np.cumprod):
        for x in (Tensor([1e200, 1e200]), Tensor([1e200, 1e200], requires_grad=True)):
            with pytest.warns(RuntimeWarning, match="overflow encountered") as found:
                assert np.isinf(f(x).data).any()
            assert len(found) == 1
            with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
                f(x)


def test_second_derivatives_of_a_product_with_zeros():
    """All mixed derivatives are the products of the others."""
    x = Tensor([0.0, 3.0, 0.0, 2.0], requires_grad=True)
    np.prod(x).backward(create_graph=True)
    first, x.grad = x.grad, None
    first.sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 0.0, 6.0, 0.0])


@pytest.mark.parametrize("leaf", [Value, lambda x: Tensor(x, requires_grad=True)])
def test_ties_of_scalars(leaf):
    a, b = leaf(2.0), leaf(2.0)
    np.maximum(a, b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)
    (np.maximum(a, a) + np.minimum(b, b)).backward()
    assert (a.grad, b.grad) == (1.5, 1.5)


@pytest.mark.parametrize("dtype", [np.uint8, bool])
def test_the_smaller_beside_numbers_without_a_sign(dtype):
    """Their negatives wrap around, or are none at all."""
    x = Tensor([[0.5, 2.0], [np.nan, 1.0]], requires_grad=True)
    np.fmin(x, np.array([1, 1], dtype)).sum().backward()
    np.testing.assert_array_equal(x.grad, [[1.0, 0.0], [0.0, 0.5]])


@pytest.mark.parametrize("extremum", [np.maximum, np.minimum])
def test_a_nan_beside_an_input_gives_it_no_gradient_of_its_own(extremum):
    """What an upstream gradient of 0 meets, at an extremum of nan, is 0 as everywhere."""
    beside, p = np.array([np.nan, 0.1, np.nan]), Tensor([0.2, 0.2, 0.4], requires_grad=True)

    def f(t):
        z = extremum(beside, t)
        return np.where(np.isfinite(z), z, -0.3).sum()

    found = ag.grad(f)(p).data
    np.testing.assert_array_equal(found, [0.0, extremum is np.maximum, 0.0])
