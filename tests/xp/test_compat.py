"""The helpers that libraries build on, array-api-compat and array-api-extra, on tensors."""

import numpy as np
import pytest

from autograd import Tensor, check_grads, xp

compat = pytest.importorskip("sklearn.externals.array_api_compat")
extra = pytest.importorskip("sklearn.externals.array_api_extra")

X = np.array([[0.3, 0.5], [0.2, 0.9], [0.7, 0.1]])
V = np.array([0.3, 0.1, 0.7, 0.55])


@pytest.mark.parametrize("x", [xp.asarray(X), Tensor(X, requires_grad=True)])
def test_a_tensor_is_an_array_with_its_own_namespace(x):
    assert compat.array_namespace(x, 1.0, None) is xp
    assert compat.is_array_api_obj(x)
    assert not compat.is_numpy_array(x)
    assert not compat.is_lazy_array(x)
    assert compat.is_writeable_array(x)
    assert compat.device(x) == "cpu"
    assert compat.to_device(x, "cpu") is x
    assert compat.size(x) == X.size


def at(x):
    # writes would go into the argument
    return extra.at(x, slice(0, 2))


FUNCTIONS = {
    "at, set": (lambda x: at(x).set(2.0, copy=True), V),
    "at, add": (lambda x: at(x).add(2.0, copy=True), V),
    "at, subtract": (lambda x: at(x).subtract(2.0, copy=True), V),
    "at, multiply": (lambda x: at(x).multiply(2.0, copy=True), V),
    "at, divide": (lambda x: at(x).divide(2.0, copy=True), V),
    "at, power": (lambda x: at(x).power(3.0, copy=True), V),
    "at, max": (lambda x: at(x).max(0.2, copy=True), V),
    "at, mask": (lambda x: extra.at(x)[x > 0.2].set(0.0, copy=True), V),
    "apply_where": (lambda x: extra.apply_where(x > 0.2, (x,), np.square, np.negative), V),
    "atleast_nd": (lambda x: extra.atleast_nd(x, ndim=3), V),
    "cov": (extra.cov, X.T),
    "create_diagonal": (extra.create_diagonal, V),
    "kron": (extra.kron, X, V),
    "nan_to_num": (extra.nan_to_num, V),
    "pad": (lambda x: extra.pad(x, 2), V),
    "partition": (lambda x: extra.partition(x, 2), V),
    "sinc": (extra.sinc, V),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_extra_functions_have_gradients(name):
    function, *points = FUNCTIONS[name]
    found = function(*(Tensor(x, requires_grad=True) for x in points))
    assert found.requires_grad
    np.testing.assert_allclose(found.data, function(*points), rtol=1e-12)
    check_grads(function, points)


def test_writing_in_place_through_at():
    x = Tensor(V, requires_grad=True)
    y = 1 * x
    y = extra.at(y)[0].multiply(y[1])
    y.sum().backward()
    np.testing.assert_allclose(x.grad, [V[1], 1 + V[0], 1, 1])


def test_extra_functions_without_a_gradient():
    x = xp.asarray([3, 1, 3, 2])
    assert extra.nunique(x) == 3
    assert extra.setdiff1d(x, xp.asarray([3])).tolist() == [1, 2]
    assert extra.one_hot(xp.asarray([1, 0]), 2).tolist() == [[0.0, 1.0], [1.0, 0.0]]
    tracked = Tensor(V, requires_grad=True)
    assert extra.nunique(tracked) == len(set(V.tolist()))
    with pytest.raises(TypeError, match=r"\.detach\(\)"):
        extra.lazy_apply(np.sin, tracked, as_numpy=True)
