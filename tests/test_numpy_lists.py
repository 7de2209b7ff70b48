"""NumPy's functions of lists, in `autograd.numpy`: they join nodes."""

import array
import collections
import functools
import pickle

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import Tensor, Value, jacobian, jit
from autograd.differential_operators import (
    grad,
)
from autograd.test_util import check_grads

A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])
X = np.array([0.3, -0.7])


SUMS = ["all", "amax", "amin", "any", "average", "max", "mean", "median", "min", "prod", "ptp"]


@pytest.mark.parametrize("name", [*SUMS, "std", "sum", "var"])
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


# functions of three numbers
OF_LISTS = {
    "a universal function": (np.exp, lambda x: anp.exp(x)),
    "of two lists": (lambda x: x * np.tanh(x), lambda x: anp.multiply(x, anp.tanh(x))),
    "and a number": (lambda x: x**2, lambda x: anp.power(x, 2)),
    "before a list": (lambda x: np.logaddexp(0.5, x), lambda x: anp.logaddexp(0.5, x)),
    "limits": (lambda x: np.clip(x, 0.5, 2.0), lambda x: anp.clip(x, 0.5, 2.0)),
    "by name": (
        lambda x: np.average(A.T, axis=1, weights=x),
        lambda x: anp.average(A.T, axis=1, weights=x),
    ),
    "a choice": (
        lambda x: np.where([True, False, True], x, x**2),
        lambda x: anp.where([True, False, True], x, anp.square(x)),
    ),
    "another shape": (lambda x: x.reshape(3, 1), lambda x: anp.reshape(x, (3, 1))),
    "an order": (np.sort, lambda x: anp.sort(x)),
    "running": (np.cumsum, lambda x: anp.cumsum(x)),
    "differences": (np.diff, lambda x: anp.diff(x)),
    "indices": (lambda x: x[:, None] * x, lambda x: anp.einsum("i,j->ij", x, x)),
    "outer": (lambda x: np.outer(x, x), lambda x: anp.outer(x, x)),
    "a matrix": (
        lambda x: x[:2] - x[2],
        lambda x: anp.matmul([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]], x),
    ),
    "rows": (
        lambda x: 3.0 * x[0] - x[1] * x[2],
        lambda x: anp.linalg.det([[x[0], x[1]], (x[2], 3.0)]),
    ),
    "a system": (
        lambda x: x[:2] / (x[2] + 2.0),
        lambda x: anp.linalg.solve([[x[2] + 2.0, 0.0], [0.0, x[2] + 2.0]], [x[0], x[1]]),
    ),
}


@pytest.mark.parametrize("name", OF_LISTS)
def test_functions_of_arrays_take_lists_of_nodes(name):
    expected, function = OF_LISTS[name]
    point = np.array([0.3, -0.7, 1.5])
    for kind in (list, tuple):
        f = lambda x, kind=kind: function(kind(x))  # noqa: E731
        found = f([Tensor(0.3), -0.7, Value(1.5)])
        np.testing.assert_allclose(found.data, expected(point))
        np.testing.assert_allclose(jacobian(f)(point), jacobian(expected)(point), atol=1e-12)
        check_grads(f)(point)
    # as the argument itself
    slopes = grad(lambda x: anp.sum(function(x)))(list(point))
    np.testing.assert_allclose(slopes, grad(lambda x: np.sum(expected(x)))(point), atol=1e-12)
    again = jit(lambda x: anp.sum(function([x[0], x[1], x[2]])))
    for p in (point, point + 0.1):
        np.testing.assert_allclose(again(p), np.sum(expected(p)))


def test_what_tells_about_an_array_takes_lists_of_nodes():
    x = [Tensor([1.0, 2.0]), Tensor([3.0, np.nan])]
    assert (anp.shape(x), anp.size(x), anp.ndim(x)) == ((2, 2), 4, 2)
    assert anp.isnan(x).tolist() == [[False, False], [False, True]]
    assert anp.argmax([Value(1.0), Value(3.0), 2.0]) == 1
    assert anp.zeros_like(x).tolist() == [[0.0, 0.0], [0.0, 0.0]]


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


@pytest.mark.parametrize("name", ["asarray", "asanyarray", "ascontiguousarray", "asfortranarray"])
def test_what_makes_arrays_leaves_nodes_as_they_are(name):
    function, x = getattr(anp, name), Tensor(X, requires_grad=True)
    assert function(x) is x
    assert function(X) is X
    assert function(x, dtype=np.float32).dtype == np.float32
    assert function(x, np.float32).dtype == np.float32
    joined = function([x[0], 2.0])
    joined.sum().backward()
    np.testing.assert_array_equal(joined.data, [X[0], 2.0])
    np.testing.assert_array_equal(x.grad, [1.0, 0.0])
    assert pickle.loads(pickle.dumps(function)) is function


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


# what NumPy takes for an array of numbers, beside lists and tuples
_SEQUENCES = {
    "range": range(1, 4),
    "array": array.array("d", [1, 2, 3]),
    "deque": collections.deque([1.0, 2.0, 3.0]),
    "memoryview": memoryview(np.array([1.0, 2.0, 3.0])),
}


@pytest.mark.parametrize("name", _SEQUENCES)
@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: x + y,
        lambda x, y: y - x,
        lambda x, y: x @ y,
        lambda x, y: np.multiply(y, x),
        lambda x, y: np.where(x > y, x, y),
        lambda x, y: np.dot(y, x),
        lambda x, y: np.cross(x, y),
        lambda x, y: np.convolve(x, y),
    ],
)
def test_sequences_of_numbers_are_operands(f, name):
    x = Tensor([0.5, 2.5, 2.0], requires_grad=True)
    given, plain = _SEQUENCES[name], np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(f(x, given).data, f(x.data, plain))
    check_grads(lambda x: f(x, given), modes=["rev"])(x.data)


JOINS = ["concatenate", "concat", "stack", "vstack", "hstack", "dstack", "column_stack"]


@pytest.mark.parametrize("name", [n for n in JOINS if hasattr(np, n)])
@pytest.mark.parametrize("outer", [list, tuple, iter])
def test_parts_to_join_may_be_lists_of_nodes(name, outer):
    """Against the same function of arrays, which no list holds."""

    def f(x, kind=list):
        return getattr(anp, name)(outer([kind([x[0], 2.0]), [x[1] * x[0], x[1]]]))

    point = np.array([0.3, -0.7])
    expected = getattr(np, name)([[0.3, 2.0], [-0.21, -0.7]])
    parts = {0: np.array([[1.0, 0.0], [-0.7, 0.0]]), 1: np.array([[0.0, 0.0], [0.3, 1.0]])}
    for kind in (list, tuple):
        np.testing.assert_allclose(getattr(f(point, kind), "data", f(point)), expected)
        found = jacobian(f)(point, kind=kind)
        for k, rows in parts.items():
            np.testing.assert_allclose(found[..., k], getattr(np, name)(list(rows)))
    again = jit(f)
    for _ in range(2):
        np.testing.assert_allclose(again(point), expected)


def test_lists_of_different_depths_are_joined_as_numpy_does():
    found = jacobian(lambda x: anp.vstack([[[x[0], x[1]], [3.0, x[0]]], [x[1], 4.0]]))(X)
    np.testing.assert_array_equal(found[..., 0], [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(found[..., 1], [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
