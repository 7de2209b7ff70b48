"""NumPy's functions on random shapes and arguments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, grad

from .cases import sample
from .test_hypothesis import EXAMPLES, FILLED, check, shape_and_axis

INF, NAN = np.inf, np.nan


SPREADS = [np.var, np.std, np.median, np.ptp, np.nanmean, np.nanvar, np.average]


@EXAMPLES
@given(shape_and_axis(FILLED), st.booleans(), st.sampled_from(SPREADS))
def test_spread(shape_axis, keepdims, function):
    shape, axis = shape_axis
    options = {"axis": axis, "keepdims": keepdims}
    if function is np.average and axis == ():
        return
    x = sample(shape, 0.5, 1.5)
    # the standard deviation has a corner where it is 0
    if function is np.std:
        check(lambda x: function(x, **options) ** 2, lambda x: np.var(x, **options), x)
    else:
        check(lambda x: function(x, **options), lambda x: function(x, **options), x)


@st.composite
def array_and_axis(draw):
    shape = draw(FILLED.filter(len))
    return shape, draw(st.integers(-len(shape), len(shape) - 1))


ALONG = {
    "cumsum": lambda x, a, k: np.cumsum(x, a),
    "cumprod": lambda x, a, k: np.cumprod(x, a),
    "sort": lambda x, a, k: np.sort(x, a),
    "partition": lambda x, a, k: np.partition(x, k % x.shape[a], a),
    "diff": lambda x, a, k: np.diff(x, k % 3, a),
    "trapezoid": lambda x, a, k: np.trapezoid(x, axis=a, dx=k + 1),
    "flip": lambda x, a, k: np.flip(x, a),
    "roll": lambda x, a, k: np.roll(x, k, a),
    "repeat": lambda x, a, k: np.repeat(x, k, a),
    "counts": lambda x, a, k: np.repeat(x, np.arange(x.shape[a]) + k, a),
    "take": lambda x, a, k: np.take(x, [[k, -k], [1, 1]], a, mode="wrap"),
    "delete": lambda x, a, k: np.delete(x, k % x.shape[a], a),
    "insert": lambda x, a, k: np.insert(x, k % x.shape[a], 1.5, a),
    "moveaxis": lambda x, a, k: np.moveaxis(x, a, k % x.ndim),
    "rollaxis": lambda x, a, k: np.rollaxis(x, a, k % (x.ndim + 1)),
    "quantile": lambda x, a, k: np.quantile(x, [0.15, k / 6 + 0.1], a),
    "edge": lambda x, a, k: np.pad(x, (k, 1), "edge"),
    "wrap": lambda x, a, k: np.pad(x, k, "wrap"),
    "pad-mean": lambda x, a, k: np.pad(x, ((k, 1),), "mean"),
    "append": lambda x, a, k: np.append(x, x * k, a),
    "array_split": lambda x, a, k: np.array_split(x, k + 1, a)[-1],
    "cumulative": lambda x, a, k: np.cumulative_prod(x, axis=a, include_initial=True),
}


@EXAMPLES
@given(array_and_axis(), st.integers(0, 4), st.sampled_from(sorted(ALONG)))
def test_along_an_axis(shape_axis, k, name):
    shape, axis = shape_axis
    call = ALONG[name]
    check(lambda x: call(x, axis, k), lambda x: call(x, axis, k), sample(shape, 0.5, 1.5))


@pytest.mark.parametrize("axis", [None, 0, -1, 1, (0,), (), (0, 1)])
@pytest.mark.parametrize(
    "name",
    "sum prod max min mean var any all ptp squeeze cumsum cumprod sort argmax nansum "
    "repeat".split(),
)
def test_axes_of_a_number_and_of_a_vector(name, axis):
    function = getattr(np, name)
    for a in (np.array(2.0), np.arange(3.0)):
        for x in (Tensor(a), Tensor(a, requires_grad=True)):
            options = {"repeats": 2} if name == "repeat" else {}
            try:
                expected = function(a, axis=axis, **options)
            except (TypeError, ValueError) as error:
                with pytest.raises(type(error)):
                    function(x, axis=axis, **options)
                continue
            found = function(x, axis=axis, **options)
            np.testing.assert_array_equal(found.data, expected)
            if getattr(found, "requires_grad", False):
                found.sum().backward()
                assert np.shape(x.grad) == a.shape


@EXAMPLES
@given(FILLED, st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_tile(shape, reps):
    check(lambda x: np.tile(x, reps), lambda x: np.tile(x, reps), sample(shape))


def test_take_as_a_method_reads_positions_as_numpy_does():
    x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    z = x.take([-4, 5], mode="clip") * x.take([-4, 5], mode="wrap")
    assert z.tolist() == [4.0, 16.0]
    z.sum().backward()
    assert x.grad.tolist() == [4.0, 0.0, 9.0]


def test_what_nan_is_replaced_by_is_not_replaced_again():
    x, options = [NAN, INF, -INF, 2.0], {"nan": INF, "posinf": -INF, "neginf": 7.0}
    z = np.nan_to_num(Tensor(x, requires_grad=True), **options)
    np.testing.assert_array_equal(z.data, np.nan_to_num(np.array(x), **options))
    np.testing.assert_array_equal(z.data, [INF, -INF, 7.0, 2.0])


def test_functions_write_into_arrays_what_wants_no_gradient():
    a = np.zeros((2, 2))
    np.put(a, [1, 2], Tensor([7.0, 8.0]))
    np.copyto(a, Tensor([[5.0, 0.0], [0.0, 6.0]]), where=Tensor([[True, False], [False, True]]))
    np.testing.assert_array_equal(a, [[5.0, 7.0], [8.0, 6.0]])


def test_nothing_is_written_nowhere():
    y = Tensor([1.0, 2.0], requires_grad=True) * 2.0
    np.put(y, [], [3.0])
    np.put(y, [0], [])
    np.putmask(y, [True, True], [])
    np.place(y, [False, False], [])
    np.put(Tensor(np.zeros((0, 2))), [], 1.0)
    assert y.data.tolist() == [2.0, 4.0]


def test_bools_as_positions_are_0_and_1():
    y = Tensor([1.0, 2.0, 3.0], requires_grad=True) * 2.0
    np.testing.assert_array_equal(np.take(y, [True, False]), [4.0, 2.0])
    np.put(y, [True], [7.0])
    np.testing.assert_array_equal(y, [2.0, 7.0, 6.0])


def test_a_function_along_an_axis_of_no_numbers():
    x = Tensor(np.ones((3, 0)), requires_grad=True)
    np.testing.assert_array_equal(np.apply_along_axis(lambda v: np.sum(v) + 1.0, 1, x), np.ones(3))


@pytest.mark.parametrize("decimals", [-2, -1, 0, 1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rounding_to_tens_and_tenths(decimals, dtype):
    a = np.array([123.456, -47.0, 1250.0, 0.25, -5.0, np.inf], dtype)
    found = np.round(Tensor(a), decimals)
    np.testing.assert_array_equal(found.data, np.round(a, decimals))
    assert found.dtype == dtype


def test_methods_that_arrays_have_no_more_and_builtin_functions():
    a = np.array([[3.0, -1.5, 0.0], [0.25, 0.0, 7.5]])
    x = Tensor(a, requires_grad=True)
    np.testing.assert_array_equal(x.ptp(axis=1, keepdims=True).data, [[4.5], [7.5]])
    np.testing.assert_array_equal(grad(lambda x: x.ptp())(a), [[0, -1, 0], [0, 0, 1]])
    for found, expected in zip(x.nonzero(), a.nonzero(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert round(Tensor(2.567), 2).item() == 2.57
    assert round(Tensor(2.567)).item() == 3.0
