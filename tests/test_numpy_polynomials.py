"""NumPy's polynomials on nodes: dtypes, methods of computation, and errors."""

import math

import numpy as np
import pytest

from autograd import Tensor, Value, grad

from .cases_linalg import random
from .checks import assert_close


def test_polynomials_of_numbers():
    assert_close([grad(lambda p: np.polyval(p, 2.0))(np.array([1.0, 1.0, 1.0]))], [[4.0, 2.0, 1.0]])
    x = Value(3.0)
    np.polyval([1.0, 0.0, 2.0], x).backward()
    assert x.grad == 6.0
    assert math.isclose(grad(lambda v: np.polyval([2.0, 1.0], v))(5.0), 2.0)


@pytest.mark.parametrize("of_p", [np.float32, np.float64, int])
@pytest.mark.parametrize("of_x", [np.float32, np.float64, int])
def test_polynomials_have_numpys_dtype(of_p, of_x):
    p, x = np.array([1, -2, 3]).astype(of_p), np.array([[1, 2], [0, -1]]).astype(of_x)
    for given in ((Tensor(p), x), (p, Tensor(x)), (p.tolist(), Tensor(x)), (p[:0], Tensor(x))):
        expected = np.polyval(*[getattr(a, "data", a) for a in given])
        found = np.polyval(*given)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.data, expected)


def test_polynomials_are_one_operation_or_many():
    x = Tensor([0.5, 2.0], requires_grad=True)
    rows = random((3, 2))
    assert np.polyval(rows[:, 0], x).op.name == "polyval"
    # rows of coefficients, a polynomial for each entry; and coefficients that are nodes
    several = np.polyval(rows, x)
    nodes = np.polyval([x[0], 1.0, x[1]], x)
    (several.sum() + nodes.sum()).backward()
    np.testing.assert_allclose(several.data, np.polyval(rows, x.data))
    np.testing.assert_allclose(nodes.data, np.polyval([0.5, 1.0, 2.0], x.data))
    slopes = 2 * rows[0] * x.data + rows[1] + 2 * 0.5 * x.data + 1
    np.testing.assert_allclose(x.grad, slopes + np.array([4.25, 2.0]))


def test_a_polynomial_that_was_not_taken_adds_nothing():
    x = Tensor([1.7e308, 1.0], requires_grad=True)
    with np.errstate(all="ignore"):
        np.where(x.data < 10, np.polyval(np.ones(3), x), 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 3.0])
    p = Tensor(np.ones(3), requires_grad=True)
    with np.errstate(all="ignore"):
        y = np.polyval(p, np.array([np.inf, np.nan, 2.0]))
        (y * np.array([0.0, 0.0, 1.0])).sum().backward(create_graph=True)
    np.testing.assert_array_equal(p.grad.data, [4.0, 2.0, 1.0])
    p.grad = None
    with np.errstate(all="ignore"):
        np.polyval(p, np.array([np.inf, np.nan, 2.0])).backward([0.0, 0.0, 1.0])
    np.testing.assert_array_equal(p.grad, [4.0, 2.0, 1.0])


def test_a_fit_of_too_few_points_warns_as_numpy_does():
    x, y = np.array([2.0, 2.0, 2.0]), np.array([1.0, 2.0, 6.0])
    with pytest.warns(np.exceptions.RankWarning) as theirs:
        expected = np.polyfit(x, y, 1)
    with pytest.warns(np.exceptions.RankWarning, match=str(theirs[0].message)) as ours:
        found = np.polyfit(x, Tensor(y), 1)
    assert ours[0].filename == __file__
    np.testing.assert_allclose(found.data, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f8"])
def test_products_of_bytes_do_not_wrap_in_a_fit(dtype):
    x, y = np.array([0, 1, 20, 40, 100], dtype), np.array([3, 5, 43, 83, 203], dtype)
    w = np.array([1, 2, 200, 30, 100], dtype)
    for given in ((x, Tensor(y), w), (Tensor(x), y, w), (Tensor(x), Tensor(y), Tensor(w))):
        found = np.polyfit(*given[:2], 1, w=given[2])
        np.testing.assert_allclose(found.data, [2.0, 3.0], rtol=1e-10)
