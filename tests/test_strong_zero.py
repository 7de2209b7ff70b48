"""A gradient of 0 meets nan or infinity in what was left out of the result, and stays 0.

Every function here leaves out of its result what is nan, so its derivatives are those of the same
function of the rest, which are written out.
"""

import numpy as np
import pytest

import autograd.special as special
from autograd import Tensor, Value, backward, grad, jacobian, jit, linear
from autograd.arithmetic import LARGE

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
NAN, INF = np.nan, np.inf
KEPT = np.array([False, False, False, True])


def assigned(y, index):
    y[index] = 0
    return np.sum(y)


# of four numbers each takes the last alone, whatever the others are
LEAVING_OUT = {
    "where": lambda y: np.sum(np.where(KEPT, y, 0)),
    "where not": lambda y: np.sum(np.where(~KEPT, 0, y)),
    "select": lambda y: np.sum(np.select([KEPT], [y], 0)),
    "choose": lambda y: np.sum(np.choose(KEPT.astype(int), [np.zeros(4), y])),
    "entry": lambda y: y[3],
    "slice": lambda y: np.sum(y[3:]),
    "mask": lambda y: np.sum(y[KEPT]),
    "take": lambda y: np.sum(np.take(y, [3])),
    "take along axis": lambda y: np.sum(np.take_along_axis(y, np.array([3]), 0)),
    "delete": lambda y: np.sum(np.delete(y, [0, 1, 2])),
    "split": lambda y: np.sum(np.split(y, [3])[1]),
    "diagonal": lambda y: np.diag(np.reshape(y, (2, 2)))[1],
    "sort": lambda y: np.sort(y)[0],
    "assignment": lambda y: assigned(y, slice(0, 3)),
    "assignment at a mask": lambda y: assigned(y, ~KEPT),
    "sum where": lambda y: np.sum(y, where=KEPT),
    "fmax": lambda y: np.sum(np.fmax(y, [2.0, 2.0, 2.0, -2.0])),
    "fmin": lambda y: np.sum(np.fmin([-2.0, -2.0, -2.0, 2.0], y)),
    "nansum": np.nansum,
    "nanmax": np.nanmax,
    "nanmedian": np.nanmedian,
    "nan_to_num": lambda y: np.sum(np.nan_to_num(y)),
    "heaviside": lambda y: np.sum(np.heaviside([1.0, -1.0, 2.0, 0.0], y)),
}


@pytest.mark.parametrize("wrong", [NAN, INF, -INF])
@pytest.mark.parametrize("name", LEAVING_OUT)
def test_what_is_left_out_of_the_result(name, wrong):
    def f(x):
        return LEAVING_OUT[name](np.sin(x))

    x = np.array([wrong, wrong, wrong, 2.0])
    first, second = [0.0, 0.0, 0.0, np.cos(2.0)], [0.0, 0.0, 0.0, -np.sin(2.0)]
    t = Tensor(x, requires_grad=True)
    f(t).backward()
    for found in (t.grad, jacobian(f)(x), jit(grad(f))(x)):
        np.testing.assert_allclose(found, first, rtol=1e-14)
    np.testing.assert_allclose(grad(lambda x: grad(f)(x)[3])(x), second, rtol=1e-14)


@pytest.mark.parametrize("wrong", [NAN, INF])
def test_many_numbers_of_which_some_are_left_out(wrong):
    """What moves numbers alone is not looked at for nan; a product may stand anywhere before it."""
    n = 3 * LARGE
    x = np.ones(n)
    x[0] = wrong
    for f in (
        lambda x: np.sum((x * x)[1:]),
        lambda x: np.sum(np.split(np.sin(x * 2.0), [1])[1]),
        lambda x: assigned(np.copy(x) / x, 0),
        lambda x: np.sum(np.sqrt(np.take_along_axis(x, np.arange(1, n), 0))),
    ):
        t = Tensor(x, requires_grad=True)
        f(t).backward()
        assert t.grad[0] == 0
        assert np.all(np.isfinite(t.grad))


@pytest.mark.parametrize("reads", [1, 2, 20])
def test_a_few_numbers_of_many_that_are_left_out(reads):
    """Of a large leaf that was read in few parts these alone are looked at."""
    x = np.zeros(3 * LARGE)
    x[1] = 2.0
    t = Tensor(x, requires_grad=True)
    sum(np.sum(np.where(x[i : i + 3] > 0, 1 / t[i : i + 3], 0.0)) for i in range(reads)).backward()
    assert t.grad[1] == -0.25 * min(reads, 2)
    assert np.count_nonzero(t.grad) == 1


def test_what_is_looked_at_of_a_leaf_that_was_read_in_parts(monkeypatch):
    looked = []
    monkeypatch.setattr(backward, "_any_nan", lambda gs, order: looked.extend(gs))
    t, whole = (Tensor(np.ones(3 * LARGE), requires_grad=True) for _ in range(2))
    ((t[:2] ** 2).sum() + (t[5] ** 3 * whole).sum() + whole[0]).backward()
    assert sorted(np.shape(g) for g in looked) == [(), (2,), whole.shape]


@pytest.mark.parametrize("wrong", [NAN, INF])
def test_values_and_tensors_agree(wrong):
    for f in (np.sin, np.tanh, np.cos, np.arctan):
        v, t = Value(wrong), Tensor(wrong, requires_grad=True)
        for x in (v, t):
            np.where(np.isfinite(x), f(x), 0.0).backward()
        assert v.grad == t.grad == 0


# functions that are finite or infinite at an infinity, where their local derivative is nan or
# infinite, or would be by the formula
AT_INFINITY = {
    "hypot": lambda x: -np.hypot(x, 1.0),
    "hypot of two": lambda x: -np.hypot(x, x),
    "log_ndtr": special.log_ndtr,
    "normal_ratio": lambda x: -special.normal_ratio(x),
    "dawsn": lambda x: special.dawsn(x) - 5,
}


@pytest.mark.parametrize("name", AT_INFINITY)
def test_the_smaller_of_two_where_it_is_infinite(name):
    def f(x):
        return np.sum(np.maximum(AT_INFINITY[name](x), -3.0))

    for found in (grad(f), jit(grad(f))):
        np.testing.assert_array_equal(found(np.array([-INF, -INF])), [0.0, 0.0])


# --------------------------------------------------------------------------------------------------
# Products: rows of data with nan in them go through a layer, and are left out at the end

ROWS = np.array([[NAN, 1.0, INF], [1.0, 2.0, 3.0], [NAN, NAN, NAN], [4.0, 5.0, -6.0]])
GOOD = np.array([False, True, False, True])
WEIGHTS = np.random.default_rng(0).normal(size=(3, 2)) / 4


def of_weights(product):
    """Return the sum of tanh over the good rows of a product."""
    return lambda *w: np.sum(np.where(GOOD[:, None], np.tanh(product(*w)), 0))


def slopes():
    """Return the upstream gradient of the product, for the good rows."""
    return 1 - np.tanh(ROWS[GOOD] @ WEIGHTS) ** 2


PRODUCTS = {
    "matmul": (of_weights(lambda w: ROWS @ w), (WEIGHTS,)),
    "matmul from the left": (of_weights(lambda w: (w.T @ ROWS.T).T), (WEIGHTS,)),
    "linear": (of_weights(lambda w, b: linear(ROWS, w, b)), (WEIGHTS, np.zeros(2))),
    "vecmat": (of_weights(lambda w: np.vecmat(ROWS, w)), (WEIGHTS,)),
    "matvec": (of_weights(lambda w: np.stack([np.matvec(ROWS, c) for c in w.T], 1)), (WEIGHTS,)),
    "vecdot": (of_weights(lambda w: np.vecdot(ROWS[:, None], w.T)), (WEIGHTS,)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_rows_that_are_left_out_go_through_a_product(name):
    f, arguments = PRODUCTS[name]
    g = slopes()
    expected = [ROWS[GOOD].T @ g, g.sum(axis=0)][: len(arguments)]
    every = tuple(range(len(arguments)))
    tensors = [Tensor(a, requires_grad=True) for a in arguments]
    f(*tensors).backward()
    on_nodes = [t.data for t in grad(f, argnums=every)(*tensors)]
    for found in ([t.grad for t in tensors], on_nodes, jit(grad(f, argnums=every))(*arguments)):
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12)


def test_a_convolution_of_which_a_part_is_left_out():
    x = np.array([NAN, 1.0, 2.0, 3.0, 4.0])
    t = Tensor([0.5, 0.25], requires_grad=True)
    np.sum(np.tanh(np.convolve(x, t, "valid"))[1:]).backward()
    windows = np.array([[2.0, 1.0], [3.0, 2.0], [4.0, 3.0]])
    g = 1 - np.tanh(windows @ [0.5, 0.25]) ** 2
    np.testing.assert_allclose(t.grad, g @ windows, rtol=1e-14)


def test_a_gradient_that_meets_nan_is_nan():
    """Only where the upstream gradient is 0 does nan not count."""
    t = Tensor(WEIGHTS, requires_grad=True)
    kept = np.array([True, True, False, False])  # the first row has nan, 1 and infinity
    np.sum(np.where(kept[:, None], ROWS @ t, 0) * [1.0, 0.0]).backward()
    np.testing.assert_array_equal(np.isfinite(t.grad[:, 0]), [False, True, False])
    assert t.grad[1, 0] == ROWS[0, 1] + ROWS[1, 1]
    np.testing.assert_array_equal(t.grad[:, 1], 0)


@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
@pytest.mark.parametrize("number", [NAN, INF, 0.0])
def test_a_factor_that_is_left_out(kind, number):
    x = Tensor([1.0, 2.0], requires_grad=True)
    z = x * kind(number)
    np.where([True, False], x, z).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, number])
    x.grad = None
    (x * kind(number)).backward([0.0, 1.0])
    np.testing.assert_array_equal(x.grad, [0.0, number])
    x.grad = None
    z = x / kind(number)
    np.where([True, True], x, z).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


# at 0 each is x near x, beside a branch that is singular there
BESIDE = {
    "where": lambda x: np.where(x > 1, np.log(x), x),
    "where not": lambda x: np.where(x < 1, x, np.divide(1.0, x)),
    "maximum": lambda x: np.maximum(x, np.where(x > 1, np.sqrt(x), -1.0)),
    "clip": lambda x: np.where(x > 1, np.log(x), np.clip(x, -1.0, 1.0)),
}


@pytest.mark.parametrize("run", [lambda f: f, lambda f: jit(f, backend="numpy")])
@pytest.mark.parametrize("kind", [float, lambda x: np.array([x])])
@pytest.mark.parametrize("name", BESIDE)
def test_a_gradient_that_happens_to_be_0_has_a_derivative(name, kind, run):
    # of the square: 2 x, which is 0, and 2
    first = grad(lambda x: np.sum(BESIDE[name](x) ** 2))
    second = run(grad(lambda x: np.sum(first(x))))
    np.testing.assert_array_equal(first(kind(0.0)), kind(0.0))
    np.testing.assert_array_equal(second(kind(0.0)), kind(2.0))
