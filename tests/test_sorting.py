"""The stable order of many numbers is NumPy's, equals, nan and zeros of both signs included."""

import numpy as np
import pytest

from autograd import Tensor
from autograd.arithmetic import LARGE

RNG = np.random.default_rng(0)
MANY = RNG.normal(size=(8, LARGE // 4))
NUMBERS = {
    "different": MANY,
    "few equals": np.where(RNG.random(MANY.shape) < 0.02, np.round(MANY), MANY),
    "many equals": np.round(MANY, 1),
    "equals alone": np.zeros(MANY.shape),
    "nan": np.where(RNG.random(MANY.shape) < 0.02, np.nan, np.where(MANY > 2, 2.0, MANY)),
    "zeros of both signs": np.where(RNG.random(MANY.shape) < 0.02, np.copysign(0, MANY), MANY),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", NUMBERS)
def test_stable_order(name, axis, dtype):
    x = np.ascontiguousarray(np.moveaxis(NUMBERS[name].astype(dtype), -1, axis))
    expected = np.argsort(x, axis, kind="stable")
    assert x.size >= LARGE
    for stable in ({"stable": True}, {"kind": "stable"}):
        np.testing.assert_array_equal(np.argsort(Tensor(x), axis, **stable), expected)
        np.testing.assert_array_equal(Tensor(x).argsort(axis, **stable), expected)
    np.testing.assert_array_equal(Tensor(x).argsort(axis, "stable"), expected)
    leaf = Tensor(x, requires_grad=True)
    z = np.sort(leaf, axis, stable=True)
    np.testing.assert_array_equal(z.data, np.sort(x, axis, kind="stable"))
    g = RNG.normal(size=x.shape).astype(dtype)
    z.backward(g)
    sent = np.zeros_like(x)
    np.put_along_axis(sent, expected, g, axis)
    np.testing.assert_array_equal(leaf.grad, sent)


@pytest.mark.parametrize("name", NUMBERS)
def test_stable_order_of_a_vector(name):
    x = NUMBERS[name].ravel()
    np.testing.assert_array_equal(np.argsort(Tensor(x), stable=True), np.argsort(x, kind="stable"))
