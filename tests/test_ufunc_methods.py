"""Reductions by universal functions, and the axis of a number: compared with NumPy."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, check_grads, grad, jit

X = np.array([[0.5, -1.5, 2.5], [3.0, 0.2, -0.7]])
NAMES = ("add", "multiply", "maximum", "minimum", "logical_and", "logical_or", "logaddexp")
AXES = ({}, {"axis": 1}, {"axis": -2, "keepdims": True}, {"axis": None}, {"axis": (0, 1)})


def numbers(x):
    return np.asarray(x.data if isinstance(x, Tensor) else x)


def same(found, expected):
    np.testing.assert_allclose(numbers(found), expected)
    assert numbers(found).shape == np.shape(expected)
    assert numbers(found).dtype == np.asarray(expected).dtype


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", AXES, ids=str)
def test_reductions(name, options):
    reduce, axis = getattr(np, name).reduce, options.get("axis", 0)
    x = Tensor(X, requires_grad=True)
    if name == "logaddexp" and not isinstance(axis, int):
        # NumPy's own takes one axis only
        expected = np.log(np.sum(np.exp(X)))
    else:
        expected = reduce(X, **options)
    same(reduce(x, **options), expected)
    same(reduce(Tensor(X), **options), expected)
    if not name.startswith("logical"):
        check_grads(lambda x: reduce(x, **options), [X])


def test_options_of_reductions():
    x = Tensor(X, requires_grad=True)
    same(np.add.reduce(x, dtype=np.float32), np.add.reduce(X, dtype=np.float32))
    same(np.maximum.reduce(x, dtype=np.float32), np.maximum.reduce(X, dtype=np.float32))
    same(np.add.reduce(x, 1, initial=2.0), np.add.reduce(X, 1, initial=2.0))
    same(np.multiply.reduce(x, where=X > 0), np.multiply.reduce(X, where=X > 0))
    same(np.maximum.reduce(x, initial=1.0), np.maximum.reduce(X, initial=1.0))
    assert float(np.add.reduce(np.add.reduce(x))) == X.sum()
    total = jit(grad(lambda x: np.add.reduce(np.multiply.reduce(x, axis=1))))
    np.testing.assert_allclose(total(X), grad(lambda x: np.sum(np.prod(x, axis=1)))(X))
    with pytest.raises(np.exceptions.AxisError):
        np.add.reduce(x, axis=2)


@pytest.mark.parametrize("name", ["add", "multiply"])
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": -1, "dtype": np.float32}], ids=str)
def test_running_totals(name, options):
    accumulate = getattr(np, name).accumulate
    same(accumulate(Tensor(X, requires_grad=True), **options), accumulate(X, **options))
    if "dtype" not in options:
        check_grads(lambda x: accumulate(x, **options), [X])


# --------------------------------------------------------------------------------------------------
# The axis of a number

FUNCTIONS = "sum prod max min ptp any all nansum nanprod nanmax nanmin mean var std median cumsum"


def outcome(function, x, **options):
    try:
        z = function(x, **options)
    except Exception as error:
        return type(error)
    return numbers(z).tolist(), numbers(z).shape


@pytest.mark.parametrize("name", FUNCTIONS.split())
@pytest.mark.parametrize("axis", [0, -1, 1, -2, (0,), (), None, False])
def test_a_number_has_the_axes_that_numpy_says(name, axis):
    function = getattr(np, name)
    if axis is False and name not in ("sum", "max"):
        return  # NumPy takes False for 0, here it is no axis
    for x in (Tensor(3.0, requires_grad=True), Tensor(3.0)):
        expected = TypeError if axis is False else outcome(function, np.array(3.0), axis=axis)
        assert outcome(function, x, axis=axis) == expected


@pytest.mark.parametrize("axis", [0, -1])
def test_gradients_over_the_axis_of_a_number(axis):
    assert grad(lambda x: np.sum(x**2, axis=axis))(3.0) == 6.0
    assert grad(lambda x: np.prod(x**2, axis=axis, keepdims=True))(3.0) == 6.0
    assert grad(grad(lambda x: np.max(x**3, axis=axis)))(3.0) == 18.0
    assert jit(grad(lambda x: np.sum(x**2, axis=axis)))(np.array(3.0)) == 6.0
    assert grad(lambda v: np.sum(v, axis=axis))(Value(2.0).data) == 1.0
    assert np.squeeze(Tensor(3.0), axis=axis).shape == ()
    for name, value, slope in (("softmax", 1, 0), ("log_softmax", 0, 0), ("logsumexp", 3, 1)):
        function = getattr(autograd, name)
        assert function(3.0, axis=axis) == value
        assert grad(lambda x, f=function: f(x, axis=axis))(3.0) == slope
        assert float(getattr(Tensor(3.0), name)(axis=axis)) == value
