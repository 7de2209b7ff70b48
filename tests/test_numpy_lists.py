"""NumPy's functions of lists, in `autograd.numpy`: they join nodes."""

import functools

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import Tensor, Value
from autograd.differential_operators import (
    grad,
)
from autograd.test_util import check_grads

A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])
X = np.array([0.3, -0.7])


@pytest.mark.parametrize("name", sorted(set(anp._SUMS.split()) - {"append", "dot"}))
def test_lists_of_nodes_are_joined(name):
    function = getattr(anp, name)
    point = np.array([0.3, -0.7, 1.5])
    assert function.__name__ == name or name in ("amax", "amin")
    np.testing.assert_array_equal(function([0.3, -0.7]), getattr(np, name)([0.3, -0.7]))
    for kind in (list, tuple):
        found = function(kind([Tensor(0.3), -0.7, Value(1.5)]))
        np.testing.assert_allclose(getattr(found, "data", found), getattr(np, name)(point))
    if name not in ("all", "any"):
        expected = grad(lambda x: getattr(np, name)(x))(point)
        for i in range(3):
            f = lambda v, i=i: function([v if i == k else float(point[k]) for k in range(3)])  # noqa: E731
            assert grad(f)(point[i]) == pytest.approx(expected[i])


def test_functions_of_two_lists():
    x, y = Value(2.0), Value(3.0)
    z = anp.dot([x, 1.0], [y, 4.0])
    z.backward()
    assert (float(z), x.grad, y.grad) == (10.0, 3.0, 2.0)
    assert anp.append([[1.0, x]], [[y, 2.0]], axis=0).tolist() == [[1.0, 2.0], [3.0, 2.0]]
    # d/dx of the length of (x, x + 2) at 0
    assert grad(lambda x: anp.linalg.norm([x, x + 2]))(0.0) == 1.0


@pytest.mark.parametrize("name", anp._JOINS.split())
def test_what_joins_takes_any_iterable(name):
    function, expected = getattr(anp, name), getattr(np, name)([X, X**2])
    parts = {"a": Tensor(X, requires_grad=True), "b": X**2}
    np.testing.assert_array_equal(function(parts.values()).data, expected)
    np.testing.assert_array_equal(function([X, X**2]), expected)
    np.testing.assert_array_equal(function(np.stack([X, X**2])), expected)
    np.testing.assert_array_equal(function(x for x in (X, X**2)), expected)
    assert isinstance(function(np.stack(list(parts.values()))), Tensor)


def test_rows_and_columns():
    for index in (anp.r_, anp.c_):
        check_grads(lambda x, i=index: i[x, x])(A)
        check_grads(lambda x, i=index: i[x])(X)
        check_grads(lambda x, i=index: i[x, X, x * x])(X)
        with pytest.raises(TypeError, match="r_ and c_ with a text of options are not supported"):
            index["0,2", Tensor(X)]
    numbers = (1.0, 2.0, slice(0, 3), X)
    found = anp.r_[Value(1.0), 2.0, 0:3, X]
    np.testing.assert_array_equal(found.data, np.r_[numbers])
    np.testing.assert_array_equal(anp.r_[numbers], np.r_[numbers])
    np.testing.assert_array_equal(anp.c_[Tensor(X), X].data, np.c_[X, X])
    np.testing.assert_array_equal(anp.c_[Tensor(A), A].data, np.c_[A, A])
    np.testing.assert_array_equal(anp.c_[A, A], np.c_[A, A])


def test_arrays_of_one_node():
    assert grad(lambda x: anp.sum(anp.full((2, 3), x) ** 2))(1.5) == 18.0
    assert anp.full((2,), 1.0, dtype="f4").dtype == np.float32
    found = anp.make_diagonal(X, axis1=-1, axis2=-2)
    np.testing.assert_array_equal(found, np.diag(X))
    np.testing.assert_array_equal(anp.make_diagonal(A, axis1=1, axis2=2)[1], np.diag(A[1]))
    check_grads(functools.partial(anp.make_diagonal, axis1=-1, axis2=-2))(A)
    for options in ({"offset": 1}, {"axis1": -1, "axis2": -3}):
        with pytest.raises(NotImplementedError, match="only the main diagonal of the last two"):
            anp.make_diagonal(A, **options)
