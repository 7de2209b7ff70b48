"""NumPy's functions at their edges: origins, ties, constants, nan; errors; random shapes."""

import numpy as np
import pytest

from autograd import Tensor, grad, hessian, leaky_relu, relu

from .cases import sample

INF, NAN = np.inf, np.nan


def both(function, at):
    """Return the gradient of the sum of a function, and that of the sum of the gradient."""
    first = grad(lambda x: np.sum(function(x)))
    second = grad(lambda x: np.sum(first(x)))
    at = np.asarray(at, dtype=np.float64)
    return np.asarray(first(at)), np.asarray(second(at))


# function, point, gradient, gradient of the sum of the gradient
EDGES = {
    "hypot at the origin": (lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0, 0], [0, 0]),
    "hypot on an axis": (lambda x: np.hypot(x[0], x[1]), [0.0, -2.0], [0, -1], [0.5, 0]),
    "arctan2 at the origin": (lambda x: np.arctan2(x[0], x[1]), [0.0, 0.0], [0, 0], [0, 0]),
    "arctan2 at -pi": (lambda x: np.arctan2(x[0], x[1]), [0.0, -2.0], [-0.5, 0], [-0.25, -0.25]),
    "arctan2 of the tiny": (lambda x: np.arctan2(x[0], x[1]) * 1e-200, [0.0, 1e-200], [1, 0], None),
    "sinc at 0": (np.sinc, [0.0], [0.0], [-(np.pi**2) / 3]),
    "sinc near 0": (np.sinc, [1e-8], [-1e-8 * np.pi**2 / 3], [-(np.pi**2) / 3]),
    "i0 at 0": (np.i0, [0.0], [0.0], [0.5]),
    "i0 of the tiniest": (np.i0, [5e-324, 1e-310], [0, 0], [0.5, 0.5]),
    # e^709 times 256 overflows
    "i0 far": (
        lambda x: np.i0(x) * 1e-306,
        [709.0, -709.0],
        [1.2306788896524786, -1.2306788896524786],
        [1.2298119113706914, 1.2298119113706914],
    ),
    "fabs at 0": (np.fabs, [0.0, -0.0], [0, 0], [0, 0]),
    "copysign at 0": (lambda x: np.copysign(x, -1.0), [0.0], [0], [0]),
    "power of arrays at 0": (
        lambda x: np.power(x, np.array([0.0, 1.0, 2.0])),
        [0.0, 0.0, 0.0],
        [0, 1, 0],
        [0, 0, 2],
    ),
    "power of arrays, in the exponent at 0": (
        lambda y: np.power(np.array([0.0, 0.0]), y),
        [0.0, 1.0],
        [0, 0],
        [0, 0],
    ),
    "float_power, in the exponent at 0": (lambda y: np.float_power(0.0, y), [0.0], [0], [0]),
    "norm of order 1/2 with a zero": (
        lambda x: np.linalg.norm(x, 0.5),
        [0.0, 4.0],
        [0, 1],
        None,
    ),
    "float_power 0 ** 0": (lambda x: np.float_power(x, 0.0), [0.0], [0], [0]),
    "float_power 0 ** 2": (lambda x: np.float_power(x, 2), [0.0, -1.0], [0, -2], [2, 2]),
    "fmax tie": (lambda x: np.fmax(x, 1.0), [1.0, NAN, 2.0], [0.5, 0, 1], [0, 0, 0]),
    "fmin tie": (lambda x: np.fmin(1.0, x), [1.0, NAN, 0.0], [0.5, 0, 1], [0, 0, 0]),
    "fmax beside nan": (lambda x: np.fmax(x, NAN), [1.0], [1], [0]),
    "fmax of infinities": (lambda x: np.fmax(x, INF), [INF, 1.0], [0.5, 0], [0, 0]),
    "logaddexp far": (
        lambda x: np.logaddexp(x, 0.0),
        [1000.0, -1000, 0],
        [1, 0, 0.5],
        [0, 0, 0.25],
    ),
    "logaddexp of -inf": (lambda x: np.logaddexp(x, -INF), [1.0, -INF], [1, 0], [0, 0]),
    "logaddexp of large": (lambda x: np.logaddexp(x, 1e17), [1e17, -1e17], [0.5, 0], [0.25, 0]),
    "logaddexp2 of large": (lambda x: np.logaddexp2(1e300, x), [1e300], [0.5], [np.log(2) / 4]),
    "logaddexp of inf": (lambda x: np.logaddexp(x, INF), [INF, 1.0], [0.5, 0], [0, 0]),
    "logaddexp2 far": (
        lambda x: np.logaddexp2(x, 0.0),
        [3000.0, 0.0],
        [1, 0.5],
        [0, np.log(2) / 4],
    ),
    "remainder beside a jump": (lambda x: np.remainder(x, 2.0), [4.0, -4.0], [1, 1], [0, 0]),
    "std of constants": (np.std, [0.1, 0.1, 0.1], [0, 0, 0], [0, 0, 0]),
    "std of one": (np.std, [0.3], [0], [0]),
    "var of constants": (np.var, [0.1, 0.1, 0.1], [0, 0, 0], [0, 0, 0]),
    "std, one slice constant": (
        lambda x: np.std(x, 1),
        [[2, 2], [1, 3]],
        [[0, 0], [-0.5, 0.5]],
        None,
    ),
    "std where": (
        lambda x: np.std(x, where=[True, True, False]),
        [0.1, 0.1, 9],
        [0, 0, 0],
        [0, 0, 0],
    ),
    "nanstd of constants": (np.nanstd, [0.1, NAN, 0.1, 0.1], [0] * 4, [0] * 4),
    "ptp of constants": (np.ptp, [2.0, 2.0], [0, 0], [0, 0]),
    "cumprod, two zeros": (np.cumprod, [2.0, 0, 3, 0], [1, 8, 0, 0], [4, 12, 2, 6]),
    "median tie": (np.median, [1.0, 3.0, 3.0, 9.0], [0, 0.5, 0.5, 0], [0] * 4),
    "max with a tied initial": (lambda x: np.max(x, initial=2.0), [2.0, 1.0], [0.5, 0], [0, 0]),
    "running max tie": (np.maximum.accumulate, [2.0, 2.0, 1.0], [2, 1, 0], [0, 0, 0]),
    "det of a singular matrix": (
        lambda x: 3 * np.linalg.det(x),
        [[1.0, 2.0], [2.0, 4.0]],
        [[12, -6], [-6, 3]],
        None,
    ),
    "nansum": (np.nansum, [NAN, 2.0], [0, 1], [0, 0]),
    "nanprod with 0": (np.nanprod, [NAN, 0.0, 3.0], [0, 3, 0], [0, 1, 1]),
    "nanmax tie": (np.nanmax, [NAN, 2.0, 2.0], [0, 0.5, 0.5], [0, 0, 0]),
    "nan_to_num": (np.nan_to_num, [NAN, INF, -INF, 2.0], [0, 0, 0, 1], [0, 0, 0, 0]),
    "nan_to_num of a singular root": (
        lambda x: np.nan_to_num(np.sqrt(x)),
        [-1.0, 4],
        [0, 0.25],
        None,
    ),
    "modf of inf": (lambda x: np.modf(x)[0], [INF, 1.5], [0, 1], [0, 0]),
    "select, singular": (lambda x: np.select([x > 0], [np.log(x)]), [0.0, 2], [0, 0.5], [0, -0.25]),
    "choose, singular": (lambda x: np.choose(x > 0, [x, 1 / x]), [0.0, 2], [1, -0.25], [0, 0.25]),
    "tril, singular": (lambda x: np.tril(1 / x), [[1.0, 0.0]], [[-1, 0]], [[2, 0]]),
    "interp at a knot": (lambda x: np.interp(x, [0.0, 1, 2], [0.0, 1, 5]), [1.0], [4], [0]),
    "average, weight 0": (lambda x: np.average(x, weights=[0.0, 2]), [INF, 1.0], [0, 1], None),
    "clip at the bounds": (lambda x: np.clip(x, 0, 1), [0.0, 1.0, 2.0], [1, 1, 0], [0, 0, 0]),
    "clip to one number": (lambda x: np.clip(x, 1, 1), [0.0, 1.0, 2.0], [0, 0, 0], [0, 0, 0]),
    "clip of itself to itself": (lambda x: np.clip(x, x, x), [1.0], [1], [0]),
    "clip to itself": (lambda x: np.clip([1.0, 5.0], x, x), [3.0], [2], [0]),
    # what is not chosen gets 0, even of the infinite slope of a root at 0
    "sqrt of relu": (lambda x: np.sqrt(relu(x)), [-1.0, 4], [0, 0.25], [0, -1 / 32]),
    "sqrt of leaky_relu": (lambda x: np.sqrt(leaky_relu(x, 0.0)), [-1.0, 4], [0, 0.25], None),
    "sqrt of maximum": (lambda x: np.sqrt(np.maximum(x, 0)), [-1.0, 4], [0, 0.25], [0, -1 / 32]),
    "sqrt of minimum": (lambda x: np.sqrt(-np.minimum(0, x)), [1.0, -4], [0, -0.25], [0, -1 / 32]),
    "sqrt of fmax": (lambda x: np.sqrt(np.fmax(0, x)), [-1.0, 4], [0, 0.25], [0, -1 / 32]),
    "sqrt of fmin": (lambda x: np.sqrt(-np.fmin(x, 0)), [1.0, -4], [0, -0.25], [0, -1 / 32]),
    "sqrt of where": (lambda x: np.sqrt(np.where(x > 0, x, 0)), [-1.0, 4], [0, 0.25], [0, -1 / 32]),
    "sqrt of where, in the other branch": (
        lambda x: np.sqrt(np.where(x < 0, 0, x)),
        [-1.0, 4],
        [0, 0.25],
        [0, -1 / 32],
    ),
    "log of clip": (lambda x: np.log(np.clip(x, 0, 4)), [-1.0, 2, 9], [0, 0.5, 0], [0, -0.25, 0]),
    "sqrt of a bound of clip": (lambda x: np.sqrt(np.clip(9.0, 0, x)), [4.0], [0.25], [-1 / 32]),
    "sqrt of max": (
        lambda x: np.sqrt(np.max(x, 1)),
        [[-1.0, 0], [4, 1]],
        [[0, INF], [0.25, 0]],
        None,
    ),
    "sqrt of min": (lambda x: np.sqrt(-np.min(x)), [1.0, -4, 0], [0, -0.25, 0], [0, -1 / 32, 0]),
    "repeat of the last axis": (lambda x: np.repeat(x, 3, axis=-1), [[1.0, 2]], [[3, 3]], [[0, 0]]),
    "repeat of nothing": (
        lambda x: np.repeat(x, 3, axis=0),
        np.zeros((0, 2)),
        np.zeros((0, 2)),
        None,
    ),
    "tile with short reps": (lambda x: np.tile(x, (2,)), [[1.0], [2]], [[2], [2]], [[0], [0]]),
    "broadcast to new axes": (lambda x: np.broadcast_to(x, (3, 2, 2)), [1.0, 2], [6, 6], [0, 0]),
    "sum of nothing": (np.sum, np.zeros((0, 3)), np.zeros((0, 3)), None),
    "cumsum of nothing": (np.cumsum, np.zeros((0,)), np.zeros((0,)), None),
    "std of nothing": (np.std, np.zeros((0, 3)), np.zeros((0, 3)), None),
    "std of rows of nothing": (lambda x: np.std(x, 1), np.zeros((2, 0)), np.zeros((2, 0)), None),
    "nanmedian of nothing": (np.nanmedian, np.zeros((0, 3)), np.zeros((0, 3)), None),
    "cond of zeros": (np.linalg.cond, np.zeros((2, 2)), np.zeros((2, 2)), None),
    "cond beside zeros": (
        lambda x: np.linalg.cond(x)[1],
        [[[0, 0], [0, 0]], [[1, 0], [0, 2]]],
        [[[0, 0], [0, 0]], [[-2, 0], [0, 1]]],
        None,
    ),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_edge(name):
    function, at, first, second = EDGES[name]
    one, two = both(function, at)
    np.testing.assert_allclose(one, first, rtol=1e-9, atol=1e-12)
    if second is not None:
        np.testing.assert_allclose(two, second, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize(
    "variance",
    [
        lambda x, d: np.var(x, ddof=d),
        lambda x, d: np.nanvar(x, ddof=d),
        lambda x, d: np.var(x, ddof=d, where=np.array([True, True, True])),
    ],
)
def test_variance_curves_at_constants(variance, ddof):
    found = hessian(lambda x: variance(x, ddof))(np.full(3, 0.1))
    np.testing.assert_allclose(found, 2 / (3 - ddof) * (np.eye(3) - 1 / 3), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_of_nothing_and_of_zeros():
    empty = Tensor(np.zeros((0, 3)), requires_grad=True)
    assert np.isnan(np.nanmedian(empty).item())
    assert np.nanmedian(empty, axis=0, keepdims=True).shape == (1, 3)
    assert np.linalg.cond(Tensor(np.zeros((2, 2)), requires_grad=True)).item() == INF


OF_A_NUMBER = {
    **{n: getattr(np, n) for n in ("sum", "prod", "max", "min", "ptp", "nansum", "nanmax")},
    **{n: getattr(np, n) for n in ("nanmean", "squeeze")},
    "take": lambda x, axis: np.take(x, [0, 0], axis),
    "repeat": lambda x, axis: np.repeat(x, 2, axis),
}


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", OF_A_NUMBER)
def test_a_single_number_may_have_the_axis_0_or_the_last(name, axis):
    function = OF_A_NUMBER[name]
    x = Tensor(3.0, requires_grad=True)
    z = function(x, axis=axis)
    wanted = function(np.array(3.0), axis=axis)
    assert z.shape == wanted.shape
    np.testing.assert_array_equal(z.data, wanted)
    z.sum().backward()
    assert x.grad == (0.0 if name == "ptp" else wanted.size)
    with pytest.raises(np.exceptions.AxisError):
        function(x, axis=1)


@pytest.mark.parametrize("name", ["nanmax", "nanmin", "nanmean", "nanmedian", "nanquantile"])
def test_slices_of_nan_only_warn_and_give_nan(name):
    x = Tensor([[NAN, NAN], [1.0, 3.0]], requires_grad=True)
    more = (0.5,) if name == "nanquantile" else ()
    with pytest.warns(RuntimeWarning):
        z = getattr(np, name)(x, *more, axis=1)
    assert np.isnan(z.data[0])
    assert not np.isnan(z.data[1])
    z[1].backward()
    assert not np.isnan(x.grad).any()


@pytest.mark.filterwarnings("ignore:All-NaN:RuntimeWarning")
@pytest.mark.parametrize("function", [np.nanmax, np.nanmin])
def test_equals_share_beside_a_slice_of_nan_only(function):
    x = Tensor([[NAN, NAN, NAN], [4.0, NAN, 4.0]], requires_grad=True)
    function(x, axis=1)[1].backward()
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [0.5, 0, 0.5]])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.std(x, axis=1),
        lambda x: np.nanstd(x, axis=1),
        lambda x: np.quantile(x, 0.3, axis=0),
        lambda x: np.percentile(x, 30, axis=0),
        lambda x: np.quantile(x, np.float32(0.3), axis=0),
        lambda x: np.nanpercentile(x, np.array([30.0, 40.0], np.float32)),
        lambda x: np.median(x),
        lambda x: np.nanmean(x, axis=0),
        lambda x: np.average(x, weights=np.ones(4, np.float32), axis=1),
        lambda x: np.pad(x, 1, "linear_ramp"),
        lambda x: np.pad(x, 1, "mean"),
        lambda x: np.gradient(x, 0.5, axis=0),
        lambda x: np.trapezoid(x),
        lambda x: np.sinc(x) + np.i0(x),
        lambda x: np.tril(x),
        lambda x: np.nan_to_num(x),
        lambda x: np.round(x, 1) + x,
        lambda x: np.vander(x[0]),
        lambda x: np.sum(x, where=x > 0),
        lambda x: np.mean(x, where=x > 0),
        lambda x: np.unwrap(x),
        lambda x: np.hypot(x, 1.0) + np.arctan2(2.0, x) + np.fmax(x, 0.1) + np.copysign(x, -1),
        lambda x: np.full_like(x, x[0, 0]),
        lambda x: np.insert(x, 1, 2.0, axis=0),
        lambda x: np.cumulative_sum(x, axis=0, include_initial=True),
    ],
)
def test_float32_as_numpy_has_it(call):
    a = sample((3, 4)).astype(np.float32)
    x = Tensor(a, requires_grad=True)
    z = call(x)
    assert z.dtype == call(a).dtype
    np.sum(z).backward()
    assert x.grad.dtype == np.float32


X = Tensor(sample((3, 4)), requires_grad=True)
ERRORS = {
    "axis": (lambda: np.cumsum(X, 2), np.exceptions.AxisError, "cumsum"),
    "axes": (lambda: np.flip(X, 3), np.exceptions.AxisError, "flip"),
    "twice": (lambda: np.median(X, (0, 0)), ValueError, "median"),
    "out": (lambda: np.cumsum(X, out=np.zeros(12)), TypeError, "cumsum: out="),
    "integers": (lambda: np.sum(X, dtype=int), TypeError, "would lose the gradient"),
    "where": (lambda: np.max(X, where=X > 0), ValueError, "initial"),
    "weights": (lambda: np.average(X, weights=np.ones(4)), TypeError, "axis="),
    "weights-shape": (lambda: np.average(X, 0, np.ones(4)), ValueError, "do not fit"),
    "weights-zero": (lambda: np.average(X, weights=X * 0), ZeroDivisionError, "sum to zero"),
    "q": (lambda: np.quantile(X, 1.5), ValueError, r"\[0, 1\]"),
    "q-node": (lambda: np.quantile(X, X), TypeError, "q="),
    "indices": (lambda: np.take(X, [0.5]), TypeError, "integers"),
    "out-of-range": (lambda: np.take(X, 12), IndexError, "12"),
    "along": (lambda: np.take_along_axis(X, np.array([0]), 0), ValueError, "as many axes"),
    "choose": (lambda: np.choose([5], [X, X]), ValueError, "2 choices"),
    "select": (lambda: np.select([X > 0], [X, X]), ValueError, "conditions"),
    "select-bools": (lambda: np.select([X], [X]), TypeError, "bools"),
    "split": (lambda: np.split(X, 2), ValueError, "evenly"),
    "block": (lambda: np.block([X, [X]]), ValueError, "nested"),
    "concatenate": (lambda: np.concatenate([X[0, 0], X]), ValueError, "concatenate"),
    "numbers": (lambda: np.concatenate([X[0, 0]]), ValueError, "stack"),
    "stack-axes": (lambda: np.stack([X, X], axis=(0, 1)), TypeError, "stack: axis .*integer"),
    "concatenate-axes": (
        lambda: np.concatenate([X, X], axis=(0, 1, 2)),
        TypeError,
        "concatenate: axis",
    ),
    "pad": (lambda: np.pad(X, 1, "odd"), ValueError, "odd"),
    "pad-empty": (lambda: np.pad(X, 1, "empty"), TypeError, "empty"),
    "pad-negative": (lambda: np.pad(X, -1), ValueError, "negative"),
    "repeat": (lambda: np.repeat(X, -1), ValueError, "negative"),
    "repeat-counts": (lambda: np.repeat(X, [1, 2], 0), ValueError, "broadcast"),
    "moveaxis": (lambda: np.moveaxis(X, (0, 1), 0), ValueError, "as many"),
    "expand_dims": (lambda: np.expand_dims(X, None), TypeError, "expand_dims: axis .*None"),
    "transpose": (lambda: np.transpose(X, 0), ValueError, "transpose"),
    "gradient": (lambda: np.gradient(X, edge_order=3), ValueError, "edge_order"),
    "gradient-short": (lambda: np.gradient(X[:1], axis=0), ValueError, "at least 2"),
    "interp": (lambda: np.interp(X, [0.0, 1.0], [1.0]), ValueError, "interp"),
    "vander": (lambda: np.vander(X), ValueError, "vector"),
    "diag": (lambda: np.diag(X[None]), ValueError, "diag"),
    "geomspace": (lambda: np.geomspace(X, -X, 3), ValueError, "one sign"),
    "fill": (lambda: np.fill_diagonal(X, 0.0), RuntimeError, "np.fill_diagonal would overwrite"),
    "put": (lambda: np.put(X * 2.0, [99], 1.0), IndexError, "out of bounds"),
    "full": (lambda: np.full((2,), X[0, 0]), TypeError, "lose its gradient"),
    "reshape": (lambda: np.reshape(X, (5, 2)), ValueError, "reshape"),
    "order": (lambda: np.reshape(X, 12, order="Q"), ValueError, "order"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    call, kind, text = ERRORS[name]
    with pytest.raises(kind, match=text):
        call()


@pytest.mark.parametrize("hidden", [NAN, INF, 1e300, 2.5])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("function", [np.var, np.std])
def test_spread_where_leaves_out_what_is_hidden(function, axis, hidden):
    a = np.array([[1.0, 2.0, hidden, 5.0], [4.0, hidden, 0.5, 2.0], [3.0, 1.5, 7.0, hidden]])
    mask = np.abs(a - 4) <= 4 if hidden != 2.5 else a != hidden
    x = Tensor(a, requires_grad=True)
    z = function(x, axis=axis, where=mask)
    z.sum().backward()
    known, n = np.where(mask, a, 0), np.sum(mask, axis=axis, keepdims=True)
    d = np.where(mask, known - known.sum(axis=axis, keepdims=True) / n, 0)
    spread = np.sum(d * d, axis=axis, keepdims=True) / n
    slope = 2 * d / n
    if function is np.std:
        spread = np.sqrt(spread)
        slope = d / n / spread
    np.testing.assert_allclose(z.data, spread.reshape(z.shape), rtol=1e-12)
    np.testing.assert_allclose(x.grad, slope, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("order", [None, "c", "f", "k", np.str_("F")])
def test_orders_are_written_as_in_numpy(order):
    x = np.arange(6.0).reshape(2, 3)
    for f in (np.copy, np.ravel, lambda x, order: np.add(x, 1.0, order=order)):
        np.testing.assert_array_equal(f(Tensor(x), order=order).data, f(x, order=order))
    copies = [np.copy(Tensor(x), order=order).data, np.copy(x, order=order)]
    assert copies[0].strides == copies[1].strides


def test_an_order_of_edges_may_be_an_integer_of_numpy():
    x = np.arange(4.0) ** 2
    found = np.gradient(Tensor(x), edge_order=np.int64(2))
    np.testing.assert_allclose(found.data, np.gradient(x, edge_order=np.int64(2)))


@pytest.mark.parametrize("mask", [1, 1.0, np.int64(1), [1, 0, 1], [0.0, 2.0, 1.0]])
@pytest.mark.parametrize("function", [np.sum, np.prod, np.mean, np.var])
def test_numbers_and_lists_of_them_are_masks(function, mask):
    x, chosen = Tensor([0.5, -2.0, 3.0], requires_grad=True), np.array(mask, bool)
    z = function(x, where=mask)
    assert z.item() == pytest.approx(function(x.data, where=chosen))
    z.backward()
    used = np.broadcast_to(chosen, 3)
    expected = np.zeros(3)
    expected[used] = grad(function)(x.data[used])
    np.testing.assert_allclose(x.grad, expected)
