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


ACCUMULATED = ["add", "multiply", "maximum", "minimum", "logaddexp"]


@pytest.mark.parametrize("name", ACCUMULATED)
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": -1, "dtype": np.float32}], ids=str)
def test_running_totals(name, options):
    accumulate = getattr(np, name).accumulate
    same(accumulate(Tensor(X, requires_grad=True), **options), accumulate(X, **options))
    if "dtype" not in options:
        check_grads(lambda x: accumulate(x, **options), [X])


@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 9, 2), (1, 3), (0, 3), (3, 0)])
@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_of_running_extrema_share_as_those_of_each_extremum(shape, name):
    rng = np.random.default_rng(len(shape))
    accumulate, extremum = getattr(np, f"{name}imum").accumulate, getattr(np, name)
    for axis in range(len(shape)):
        x, w = rng.integers(0, 3, shape) * 1.0, rng.normal(size=shape)
        lead, n = (slice(None),) * axis, shape[axis]

        def running(x, axis=axis, w=w):
            return np.sum(w * accumulate(x, axis=axis))

        def one_by_one(x, axis=axis, w=w, lead=lead, n=n):
            parts = [extremum(x[(*lead, slice(0, i + 1))], axis=axis) for i in range(n)]
            return np.sum(w * np.stack(parts, axis=axis)) if x.size else np.sum(x)

        expected = grad(one_by_one)(x)
        np.testing.assert_allclose(grad(running)(x), expected, atol=1e-12)
        again = grad(lambda x, f=running: np.sum(x * grad(f)(x)))(x)
        np.testing.assert_allclose(again, expected, atol=1e-12)
        if x.size:
            np.testing.assert_allclose(jit(grad(running))(x), expected, atol=1e-12)


def test_running_extrema_of_infinities_nan_and_integers():
    slope = grad(lambda x, w: np.sum(w * np.maximum.accumulate(x)))
    x, w = np.array([1.0, np.inf, 2.0, np.inf]), np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(slope(x, w), [1.0, 2.0 + 3.0 + 2.0, 0.0, 2.0])
    found = slope(np.array([1.0, 3.0, np.nan, 4.0]), w)
    np.testing.assert_array_equal(found, [1.0, 2.0, np.nan, np.nan])
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(slope(x, np.array([5.0, np.inf, 6.0])), [5.0, np.inf, 6.0])
    same(np.maximum.accumulate(Tensor([3, 1, 4])), np.array([3, 3, 4]))
    x = Tensor(np.array([2.0, 1.0], np.float32), requires_grad=True)
    np.minimum.accumulate(x).sum().backward()
    assert x.grad.dtype == np.float32


def test_the_deepest_fall_of_a_sum():
    def fall(w):
        c = np.cumprod(1 + RETURNS @ w)
        return np.max(1 - c / np.maximum.accumulate(c))

    check_grads(fall, [np.array([0.2, 0.5, 0.3])])


RETURNS = np.random.default_rng(0).normal(scale=0.02, size=(40, 3))

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
@pytest.mark.parametrize("axis", [0, -1, 1, -2, (0,), (), None])
def test_a_number_has_the_axes_that_numpy_says(name, axis):
    function = getattr(np, name)
    for x in (Tensor(3.0, requires_grad=True), Tensor(3.0)):
        assert outcome(function, x, axis=axis) == outcome(function, np.array(3.0), axis=axis)


@pytest.mark.parametrize("function", [np.sum, np.max])
def test_false_is_no_axis_though_numpy_takes_it_for_0(function):
    for x in (Tensor(3.0, requires_grad=True), Tensor(3.0)):
        assert outcome(function, x, axis=False) is TypeError


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
