"""Sorting as in NumPy, with equals, nan and signed zeros; equals share gradients evenly."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograd import Tensor, hessian
from autograd.arithmetic import LARGE
from autograd.ops import ordering

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
    np.testing.assert_array_equal(ordering.argsort(x, axis=axis, kind="stable"), expected)
    for stable in ({"stable": True}, {"kind": "stable"}):
        np.testing.assert_array_equal(np.argsort(Tensor(x), axis, **stable), expected)
        np.testing.assert_array_equal(Tensor(x).argsort(axis, **stable), expected)
    np.testing.assert_array_equal(Tensor(x).argsort(axis, "stable"), expected)
    np.testing.assert_array_equal(
        np.sort(Tensor(x), axis, stable=True).data, np.sort(x, axis, kind="stable")
    )


@pytest.mark.parametrize("name", NUMBERS)
def test_stable_order_of_a_vector(name):
    x = NUMBERS[name].ravel()
    found = ordering.argsort(x, axis=0, kind="stable")
    np.testing.assert_array_equal(found, np.argsort(x, kind="stable"))
    np.testing.assert_array_equal(np.argsort(Tensor(x), stable=True), np.argsort(x, kind="stable"))


# --------------------------------------------------------------------------------------------------
# Equals share evenly: the mean over all ways to break the ties

PROBABILITIES = [0.0, 0.2, 0.35, 0.5, 0.9]
METHODS = "linear lower higher nearest midpoint hazen weibull inverted_cdf median_unbiased".split()
IN_ORDER = {
    "sort": lambda x: np.sort(x),
    "median": lambda x: np.median(x),
    "nanmedian": lambda x: np.nanmedian(x),
    "partition": lambda x: np.partition(x, (1, 2))[[1, 2]],
    "partition from the end": lambda x: np.partition(x, -2)[-2],
    **{m: lambda x, m=m: np.quantile(x, PROBABILITIES, method=m) for m in METHODS},
    "few quantiles": lambda x: np.percentile(x, 35),
    "nanquantile": lambda x: np.nanquantile(x, PROBABILITIES),
    "by weights": lambda x: np.quantile(
        x, PROBABILITIES, weights=np.ones(x.shape), method="inverted_cdf"
    ),
}


def gradient(function, x, g):
    leaf = Tensor(x, requires_grad=True)
    function(leaf).backward(g)
    return leaf.grad


@pytest.mark.parametrize("name", IN_ORDER)
@settings(max_examples=20)
@given(x=arrays(np.float64, 4, elements=st.sampled_from([-1.0, 0.0, -0.0, 2.0])))
def test_equals_share_what_all_ways_to_break_the_tie_give_on_average(name, x):
    function = IN_ORDER[name]
    g = np.random.default_rng(0).normal(size=np.shape(function(x)))
    # numbers so close together that the position of a quantile is the same for both
    broken = [x + 1e-9 * np.array(p) for p in permutations(range(4))]
    mean = np.mean([gradient(function, b, g) for b in broken], axis=0)
    np.testing.assert_allclose(gradient(function, x, g), mean, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("function", [np.sort, np.median])
def test_equals_share_along_any_axis(function, axis):
    x = np.random.default_rng(1).integers(0, 4, (3, 4, 5)).astype(float)
    g = np.random.default_rng(2).normal(size=function(x, axis=axis).shape)
    found = np.moveaxis(gradient(lambda t: function(t, axis=axis), x, g), axis, -1)
    slices = np.moveaxis(x, axis, -1)
    sent = np.moveaxis(g, axis, -1) if function is np.sort else g
    for i in np.ndindex(slices.shape[:-1]):
        np.testing.assert_allclose(found[i], gradient(function, slices[i], sent[i]), atol=1e-12)


@pytest.mark.parametrize("places", [5, 16, 17, 40])
def test_partitions_at_few_and_at_many_places_share_alike(places):
    x = np.random.default_rng(3).integers(0, 6, (3, 40)).astype(float)
    g = np.zeros(x.shape)
    g[:, :places] = np.random.default_rng(4).normal(size=(3, places))
    found = gradient(lambda t: np.partition(t, range(places)), x, g)
    np.testing.assert_allclose(found, gradient(np.sort, x, g), atol=1e-12)


def test_equals_in_half_precision_are_counted_beyond_its_last_integer():
    x = np.zeros(70_000, np.float16)
    for function in (lambda t: np.sort(t)[0], np.median):
        found = gradient(function, x, None)
        np.testing.assert_allclose(found, np.full(x.shape, 1 / 70_000), rtol=2e-3)


def test_nan_share_with_nobody():
    x = np.array([1.0, np.nan, 1.0, np.nan])
    np.testing.assert_array_equal(
        gradient(lambda t: np.sort(t)[:2].sum() + np.sort(t)[0], x, None), [1.5, 0.0, 1.5, 0.0]
    )


def test_equals_share_beside_a_slice_that_ends_in_nan():
    x = np.array([[np.nan, 1.0, 2.0], [3.0, 4.0, 4.0]])
    found = gradient(lambda t: np.partition(t, 2, axis=1)[:, 2], x, np.array([1.0, 1.0]))
    np.testing.assert_array_equal(found, [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])


def test_an_infinite_gradient_of_one_place_stays_with_its_equals():
    x = np.array([3.0, 1.0, 1.0, 2.0])
    g = np.array([1.0, np.inf, 1.0, 1.0])
    np.testing.assert_array_equal(gradient(np.sort, x, g), [1.0, np.inf, np.inf, 1.0])
    np.testing.assert_array_equal(
        gradient(lambda t: np.median(t[:3]) * np.inf, x, None), [0.0, np.inf, np.inf, 0.0]
    )


def test_second_derivatives_of_equals():
    # sum of w s², where s are the numbers in order and the first two are equal
    w = np.array([1.0, 3.0, 5.0])
    found = hessian(lambda t: np.sum(w * np.sort(t) ** 2))(np.array([4.0, 2.0, 2.0]))
    np.testing.assert_allclose(found, [[10.0, 0, 0], [0, 2.0, 2.0], [0, 2.0, 2.0]])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("digits", [0, 1, 2, 3])
def test_few_and_many_equals_share_evenly(digits, axis):
    a, g = np.random.default_rng(digits).normal(size=(2, 40, 60))
    a = np.round(a, digits)
    x = Tensor(a, requires_grad=True)
    np.sort(x, axis=axis).backward(g)
    rows, found, upstream = (m if axis else m.T for m in (a, x.grad, g))
    for row, shares, wanted in zip(rows, found, upstream, strict=True):
        order = np.sort(row)
        expected = [wanted[order == number].mean() for number in row]
        np.testing.assert_allclose(shares, expected, rtol=1e-12)
