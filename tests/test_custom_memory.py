"""User-defined operations and memory: gradients never share it, what no rule asks for is freed."""

import gc
import weakref

import numpy as np
import pytest

from autograd import grad, jacobian, operation

from .test_custom import X, _the_table_stays_as_it_was, leaf  # noqa: F401

SAVED = {
    "itself": lambda g, x: x,
    "a view": lambda g, x: x[:],
    "reshaped": lambda g, x: x.reshape(-1),
    "transposed": lambda g, x: x.T,
    "reversed": lambda g, x: x[::-1][::-1],
    "a fresh one": lambda g, x: g * x,
}


@pytest.mark.parametrize("kind", SAVED)
def test_a_gradient_never_shares_memory_with_data(kind):
    half = operation(x=SAVED[kind], name="half_of_the_square")(lambda x: 0.5 * np.sum(x * x))
    x = leaf(X.copy())
    middle = x * 1.0
    half(middle).backward()
    np.testing.assert_array_equal(x.grad, X)
    np.testing.assert_array_equal(middle.grad, X)
    for g in (x.grad, middle.grad):
        assert not np.shares_memory(g, x.data)
        assert not np.shares_memory(g, middle.data)
    y = leaf(X.copy())
    half(y).backward()
    assert not np.shares_memory(y.grad, y.data)
    y.grad += 100.0
    np.testing.assert_array_equal(y.data, X)
    assert jacobian(grad(half))(X).shape == (3, 3)


def test_a_gradient_never_shares_memory_with_constants_or_the_result():
    c = X.copy()
    f = operation(x=lambda g, y: y, y=None, name="first")(lambda x, y: np.sum(x * y))
    x = leaf(np.ones(3))
    f(x, c).backward()
    assert not np.shares_memory(x.grad, c)
    r = operation(x=lambda g, z: z * 1, name="same")(lambda x: x * 1.0)
    out = operation(x=lambda g, z: z, name="result")(lambda x: x * 1.0)
    for op in (r, out):
        x = leaf(X.copy())
        y = op(x)
        y.backward(np.ones(3))
        assert not np.shares_memory(x.grad, y.data)


def test_a_gradient_never_shares_memory_with_what_a_rule_keeps():
    slopes = np.full(3, 7.0)
    f = operation(x=lambda g: slopes, name="kept")(lambda x: x * 7.0)
    for way in ({}, {"release": True}):
        x = leaf(X.copy())
        f(x).backward(np.ones(3), **way)
        x.grad *= 2.0
        np.testing.assert_array_equal(x.grad, np.full(3, 14.0))
        np.testing.assert_array_equal(slopes, np.full(3, 7.0))


def test_an_upstream_gradient_that_is_passed_on():
    f = operation(x=lambda g: g, y=lambda g: g, name="both")(lambda x, y: x + y)
    x, y = leaf(X.copy()), leaf(X.copy())
    seed = np.ones(3)
    f(x, y).backward(seed)
    assert not np.shares_memory(x.grad, y.grad)
    x.grad += 5.0
    np.testing.assert_array_equal(y.grad, np.ones(3))
    np.testing.assert_array_equal(seed, np.ones(3))


def test_what_no_rule_asks_for_is_not_kept():
    f = operation(x=2, name="doubled")(lambda x: 2 * x)
    x = leaf(np.ones(5000))
    middle = f(x)
    data = weakref.ref(middle.data)
    y = f(middle).sum()
    del middle
    gc.collect()
    assert data() is None
    y.backward()
    np.testing.assert_array_equal(x.grad, np.full(5000, 4.0))
