"""NumPy's functions on tensors of any dtype give NumPy's dtypes; outer of ufuncs; sizes."""

import operator
import re

import numpy as np
import pytest

from autograd import Tensor, Value, check_grads


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float32, float])
@pytest.mark.parametrize(
    "f",
    [
        np.copy,
        lambda a: a.copy(),
        lambda a: np.clip(a, None, 1),
        lambda a: np.clip(a, 1, None),
        lambda a: a.clip(1),
        lambda a: a.clip(max=1),
        lambda a: np.clip(a, None, 0.5),
        np.tril,
        lambda a: np.triu(a, 1),
        lambda a: np.trace(a),
        lambda a: a.trace(1),
        lambda a: np.linalg.trace(a),
        lambda a: np.ediff1d(a * 1, to_end=np.array([1], np.int8).astype(a.dtype), to_begin=a[0]),
        lambda a: np.gradient([1.0, 2.0, 4.0], (a if a.dtype != bool else a * 1 + [[3, 1, 0]])[0]),
        lambda a: np.add.outer(a, a[0]),
        lambda a: np.less.outer(a[0], a[1]),
        lambda a: np.sum(a, initial=2.0),
        lambda a: np.prod(a, axis=0, initial=2.0),
        lambda a: np.max(a, initial=1.0),
        lambda a: np.min(a, axis=1, initial=1.0),
        lambda a: np.max(a, axis=0, where=True),
        lambda a: np.rot90(a, 4),
        lambda a: np.tile(a[0, 0], ()),
        lambda a: np.nan_to_num(a),
        lambda a: np.linalg.matrix_power(a[:, :2], 1),
        lambda a: np.cross(a, [1.0, 2.0, 3.0]),
    ],
)
def test_numbers_and_dtypes_are_numpys(f, dtype):
    a = np.array([[7, 3, 0], [0, 1, 1]]).astype(dtype)
    with np.errstate(all="ignore"):
        found, expected = f(Tensor(a)), f(a)
    np.testing.assert_array_equal(np.asarray(found), expected)
    assert found.dtype == expected.dtype
    assert isinstance(found, Tensor)


@pytest.mark.parametrize("shapes", [((2,), (3,)), ((2, 3), (2,)), ((), (3,)), ((2,), ())])
@pytest.mark.parametrize(
    "ufunc", [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.arctan2]
)
def test_outer_by_differences(ufunc, shapes):
    rng = np.random.default_rng(5)
    x, y = (rng.uniform(0.5, 2.0, shape) for shape in shapes)
    found = ufunc.outer(Tensor(x, requires_grad=True), y)
    np.testing.assert_array_equal(found.data, ufunc.outer(x, y))
    check_grads(ufunc.outer, [x, y])
    check_grads(lambda v: ufunc.outer(v, v), [y])


def test_outer_of_values():
    u, v = Value(2.0), Value(3.0)
    z = np.multiply.outer(u, Tensor([1.0, 2.0], requires_grad=True)) + np.subtract.outer(u, v)
    np.testing.assert_array_equal(z.data, [1.0, 3.0])
    z.sum().backward()
    assert (u.grad, v.grad) == (5.0, -2.0)


@pytest.mark.parametrize("size", [(3.0, 1), (3, 1.0), ("3", 1), (None, 3)])
def test_sizes_are_integers(size):
    x = Tensor([1.0, 2.0, 3.0])
    for f in (lambda: x.reshape(size), lambda: np.reshape(x, size)):
        with pytest.raises(TypeError, match=r"an integer|are integers"):
            f()


def test_least_squares_of_integers():
    """A table of counts beside labels that want gradients."""
    a, b = np.array([[1, 0], [1, 1], [1, 2], [1, 3]]), np.array([1.0, 2.0, 2.5, 4.5])
    z = np.linalg.lstsq(a, Tensor(b, requires_grad=True), rcond=None)[0]
    np.testing.assert_allclose(z.data, np.linalg.lstsq(a, b, rcond=None)[0])
    check_grads(lambda y: np.linalg.lstsq(a, y, rcond=None)[0], [b])


def test_a_masked_mean_in_another_order_of_bytes():
    a = np.arange(6.0).reshape(2, 3).astype(">f4")
    found = np.mean(Tensor(a), axis=1, where=a > 0)
    np.testing.assert_array_equal(found.data, [1.5, 4.0])
    assert found.dtype == np.float32


@pytest.mark.filterwarnings("ignore:.*2.* components:DeprecationWarning")
def test_a_product_of_bytes_keeps_its_sign():
    a, b = np.array([[7, 3], [0, 1]], np.uint8), np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(np.cross(Tensor(a), Tensor(b)).data, [[9, -21, 11], [3, 0, -1]])


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
@pytest.mark.parametrize("q", [0.5, [0.25, 0.75]])
def test_quantiles_of_nothing(shape, q):
    with pytest.warns(RuntimeWarning):
        found = np.nanquantile(Tensor(np.zeros(shape)), q, axis=-1)
    np.testing.assert_array_equal(found.data, np.full((*np.shape(q), *shape[:-1]), np.nan))


def test_an_integral_along_coordinates_with_axes_in_front():
    rng = np.random.default_rng(0)
    x, y = np.cumsum(rng.uniform(size=(2, 2, 3)), axis=-1), rng.normal(size=(2, 3))
    np.testing.assert_allclose(np.trapezoid(Tensor(y), x).data, np.trapezoid(y, x))
    check_grads(np.trapezoid, [y, x])


@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_means_and_ties_of_more_halves_than_a_half_can_count(axis):
    ones = np.ones((70000, 1), np.float16)
    for function in (np.mean, np.max, np.min, np.nanmax, np.nanmin):
        x = Tensor(ones, requires_grad=True)
        z = function(x, axis=axis)
        np.testing.assert_array_equal(z.data, function(ones, axis=axis))
        assert z.dtype == np.float16
        z.sum().backward()
        assert x.grad.dtype == np.float16
        np.testing.assert_allclose(x.grad, 1 / 70000, rtol=2e-3)
        # the rule itself, and its derivative
        x.grad = None
        function(x, axis=axis).sum().backward(create_graph=True)
        assert x.grad.dtype == np.float16
        np.testing.assert_allclose(x.grad.data, 1 / 70000, rtol=2e-3)


def test_means_of_some_of_more_halves_than_a_half_can_count():
    data, some = np.ones(70000, np.float16), np.arange(70000) > 9
    data[0] = np.nan
    for mean in (np.nanmean, lambda x: np.mean(x, where=some)):
        x = Tensor(data, requires_grad=True)
        z = mean(x)
        z.backward()
        assert (z.dtype, z.data, x.grad[0]) == (np.float16, 1.0, 0.0)
        np.testing.assert_allclose(x.grad[10:], 1 / 70000, rtol=2e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    "method",
    ["linear", "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "hazen"],
)
def test_quantiles_of_more_halves_than_a_half_can_count(method, dtype):
    data = np.zeros(70000, dtype)
    data[::3] = np.arange(1, 23335)
    for function, q in ((np.percentile, 99), (np.quantile, 0.99), (np.nanquantile, 0.99)):
        x = Tensor(data, requires_grad=True)
        z = function(x, q, method=method)
        z.backward()
        assert z.dtype == dtype
        # the last 700 numbers of 23334, up to the spacing of the large ones
        np.testing.assert_allclose(z.data, 22634, rtol=1e-3 if dtype == np.float16 else 1e-4)
        assert x.grad.sum() == pytest.approx(1, rel=1e-3)


def test_a_mean_of_large_halves():
    y = np.linspace(0, 300, 500).astype(np.float16)
    assert np.mean(Tensor(y)).data == np.mean(y) == np.float16(150.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("function", [np.max, np.min, np.nanmax, np.maximum.accumulate])
def test_shares_of_ties_have_the_dtype_of_the_gradient(function, dtype):
    """They are counted in float32 where float16 is too short to count in."""
    z = function(Tensor(np.array([1.0, 2.0, 2.0], dtype), requires_grad=True))
    (c,) = z.local_derivative(np.ones(z.shape, dtype)[()])
    assert c.dtype == dtype


MASK, START = {"where": [True, False, True, True]}, {"initial": 3}
COUNTS = [(f, o) for f in (np.sum, np.prod, np.nansum, np.nanprod) for o in ({}, MASK, START)]
COUNTS += [(np.mean, {}), (np.mean, MASK), (np.nanmean, {})]
COUNTS += [(f, {}) for f in (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod)]
COUNTS += [(f, {"include_initial": True}) for f in (np.cumulative_sum, np.cumulative_prod)]


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int32, np.int64, np.float32])
@pytest.mark.parametrize(("function", "options"), COUNTS)
def test_what_is_counted_in_a_dtype_has_it(function, options, dtype):
    """A sum of bools is whether one is true, and a sum of bytes wraps around."""
    a = np.array([100, 0, 100, 77])
    found, expected = (function(x, dtype=dtype, **options) for x in (Tensor(a), a))
    np.testing.assert_array_equal(found.data, expected)
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("where", [True, [True, False, True, True]])
def test_whether_one_of_bools_is_true_starts_with_a_bool(where):
    a = np.array([1, 0, 0, 1])
    found, expected = (np.sum(x, dtype=bool, initial=-2, where=where) for x in (Tensor(a), a))
    assert found.data == expected
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("function", [np.nanmean, np.nanvar, np.nanstd])
def test_floats_with_nan_are_not_counted_in_integers(function):
    for x in (np.ones(2), Tensor([1.0, 2.0])):
        with pytest.raises(TypeError, match=r"must be (inexact|floating too)"):
            function(x, dtype=np.int64)


@pytest.mark.parametrize("a_dtype", ["i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("w_dtype", ["i8", "f2", "f4", "f8"])
def test_an_average_is_computed_in_the_wider_dtype(a_dtype, w_dtype):
    rng = np.random.default_rng(2)
    a = rng.integers(1, 9, (40, 3)).astype(a_dtype)
    w = (rng.integers(1, 9, 40) / (1 if w_dtype == "i8" else 7)).astype(w_dtype)
    for weights in (None, w):
        expected = np.average(a, axis=0, weights=weights, returned=True)
        found = np.average(Tensor(a), axis=0, weights=weights, returned=True)
        for x, y in zip(found, expected, strict=True):
            assert x.dtype == y.dtype
            np.testing.assert_allclose(x.data, y, rtol=8 * np.finfo(y.dtype).eps)


@pytest.mark.parametrize("dtypes", ["ffd", "fdf", "dff", "fff", "ddd", "ldf"])
def test_interpolation_is_computed_in_double_precision(dtypes):
    given = [-1, 0.3, 2.7, 5.0], [0.1, 1.3, 3.7], [0.7, -0.1, 2.3]
    x, xp, fp = (np.array(a).astype(dtype) for a, dtype in zip(given, dtypes, strict=True))
    found = np.interp(Tensor(x), Tensor(xp, requires_grad=True), fp)
    eps = np.finfo(found.dtype).eps
    np.testing.assert_allclose(found.data, np.interp(x, xp, fp), rtol=8 * eps)
    assert found.dtype == np.float64


@pytest.mark.parametrize("ddof", [2, 3])
@pytest.mark.parametrize("function", [np.var, np.std])
def test_spread_without_a_degree_of_freedom(function, ddof):
    a, mask = np.array([[1.0, 2.0, 9.0], [3.0, 3.0, 9.0]]), np.array([True, True, False])
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        found, expected = (function(x, axis=1, ddof=ddof, where=mask) for x in (Tensor(a), a))
    np.testing.assert_array_equal(found.data, expected)
    np.testing.assert_array_equal(expected, [np.inf, np.nan])


# --------------------------------------------------------------------------------------------------
# Other orders of bytes, small integers and bools


@pytest.mark.parametrize("mode", ["minimum", "mean", "median", "linear_ramp", "reflect"])
@pytest.mark.parametrize("dtype", [">f4", ">f8", np.float16, np.int8, bool])
def test_padding_rounds_for_integers_only(mode, dtype):
    a = (np.array([[0.3, -1.4, 2.6], [1.7, 0.2, -0.6]]) * 2).astype(dtype)
    if (mode, dtype) == ("linear_ramp", bool):
        pytest.skip("NumPy's ramp between bools is true throughout")
    found = np.pad(Tensor(a), 2, mode)
    np.testing.assert_array_equal(found.data, np.pad(a, 2, mode))


@pytest.mark.parametrize("dtype", [">f4", ">f8"])
@pytest.mark.parametrize("edge_order", [1, 2])
def test_a_gradient_in_another_order_of_bytes_goes_back(dtype, edge_order):
    a = np.array([[0.3, -1.4, 2.6], [1.7, 0.2, -0.6]])
    x, y = (Tensor(b, requires_grad=True) for b in (a, a.astype(dtype)))
    for t in (x, y):
        np.gradient(t, axis=1, edge_order=edge_order).backward(np.ones(a.shape))
    np.testing.assert_allclose(y.grad, x.grad)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64])
@pytest.mark.parametrize("name", ["add", "multiply", "logaddexp", "logaddexp2", "hypot", "maximum"])
def test_methods_of_small_integers_have_the_dtype_that_numpy_gives(name, dtype):
    a, ufunc = np.array([[1, 0, 3], [1, 1, 2]]).astype(dtype), getattr(np, name)
    for call in (
        lambda x: ufunc.reduceat(x, [0, 1], axis=1),
        lambda x: ufunc.reduce(x, axis=1),
        lambda x: ufunc.accumulate(x, axis=0),
    ):
        with np.errstate(all="ignore"):
            found, expected = call(Tensor(a)), call(a)
        np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-3)
        assert found.dtype == expected.dtype


def test_weights_and_half_precision_are_as_precise_as_numpys():
    m, w = np.array([[0.1, 0.7, 0.4], [1.3, 0.2, 0.9]], np.float32), np.array([0.1, 0.2, 0.3], "f4")
    np.testing.assert_allclose(
        np.cov(Tensor(m), aweights=w).data, np.cov(m, aweights=w), rtol=1e-14
    )
    half = np.array([1.0, np.nan, 2.5], np.float16)
    assert np.nanvar(Tensor(half), where=[True, True, True]).dtype == np.float16
    given = np.var(Tensor(m), axis=1, mean=np.zeros((2, 1)))
    assert given.dtype == np.var(m, axis=1, mean=np.zeros((2, 1))).dtype
    assert np.geomspace(Tensor(np.longdouble(1)), 2.0, 3).dtype == np.longdouble
    found = np.polydiv(Tensor(np.array([4, 3, 2], np.int8)), np.array([2, 1], np.int8))
    assert [part.dtype for part in found] == [float, float]


def test_more_entries_than_half_precision_counts():
    half = np.resize([0.0, 0.1], 80000).astype(np.float16)
    everywhere = np.ones(half.shape, bool)
    for found in (np.nanvar(Tensor(half)), np.var(Tensor(half), where=everywhere)):
        np.testing.assert_allclose(found.data, np.var(half.astype(float)), rtol=1e-3)


def test_counts_and_extrema_of_nothing():
    nothing = Tensor(np.zeros((0, 2)))
    np.testing.assert_array_equal(np.nanmax(nothing, axis=0, initial=-1.0).data, [-1.0, -1.0])
    counts, edges = np.histogram(Tensor([1.0, 2.0]), [])
    assert counts.shape == edges.shape == (0,)
    assert np.histogram(Tensor(np.zeros(0)), 3)[0].tolist() == [0, 0, 0]
    assert np.bincount(np.zeros(0, int), weights=Tensor(np.zeros(0))).shape == (0,)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32])
@pytest.mark.parametrize("end", [0, 9, (3, 120)])
def test_a_ramp_of_small_integers_does_not_wrap(dtype, end):
    a = np.array([[5, 100, 2]]).astype(dtype)
    found = np.pad(Tensor(a), ((1, 2), (3, 4)), "linear_ramp", end_values=end)
    expected = np.pad(a, ((1, 2), (3, 4)), "linear_ramp", end_values=end)
    np.testing.assert_allclose(found.data, expected, rtol=1e-6)


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
def test_one_entry_is_mirrored_to_itself(mode):
    for entry in (2.0, np.inf):
        found = np.pad(Tensor([[entry]]), (2, 3), mode, reflect_type="odd")
        np.testing.assert_array_equal(found.data, np.full((6, 6), entry))


def test_a_number_is_one_variable_with_one_observation():
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        found, expected = (
            np.cov(make([[1.0], [2.0]]).T, make(3.0), rowvar=False) for make in (Tensor, np.array)
        )
    assert found.shape == expected.shape


@pytest.mark.parametrize("kind", ["f2", "f4", ">f4"])
@pytest.mark.parametrize("initial", [1.5, np.float64(1.5), np.array(1.5), Tensor(1.5)], ids=repr)
def test_where_a_reduction_begins_does_not_change_its_dtype(kind, initial):
    number = initial.data if isinstance(initial, Tensor) else initial
    a = np.array([0.5, 2.0, 1.0]).astype(kind)
    for reduce in (
        *(np.sum, np.prod, np.max, np.min, np.nansum, np.nanprod, np.nanmax, np.nanmin),
        *(np.logaddexp.reduce, np.logaddexp2.reduce, np.maximum.reduce, np.hypot.reduce),
    ):
        found, expected = reduce(Tensor(a), initial=initial), reduce(a, initial=number)
        assert found.dtype == expected.dtype, reduce
        np.testing.assert_allclose(found.data, expected, rtol=2e-3)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, bool, np.float16, np.float32])
def test_the_parts_of_numbers_have_the_dtypes_that_numpy_gives(dtype):
    a = np.array([0, 1, 3]).astype(dtype)
    for function in (np.modf, np.frexp):
        for found, expected in zip(function(Tensor(a)), function(a), strict=True):
            assert found.dtype == expected.dtype, function
            np.testing.assert_array_equal(found.data, expected)


@pytest.mark.parametrize("function", [np.positive, np.negative, operator.pos, operator.neg])
def test_truths_have_no_sign(function):
    with pytest.raises(TypeError) as theirs:
        function(np.array([True]))
    with pytest.raises(TypeError, match=re.escape(str(theirs.value))):
        function(Tensor([True]))
