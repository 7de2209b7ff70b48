"""Fast paths are taken where they give the same numbers, and not where they would fail.

`test_operations.py` proves the paths equal; a right result does not show which one was taken.
"""

import warnings

import numpy as np
import pytest

from autograd import Tensor
from autograd.arithmetic import LARGE
from autograd.interop import reductions as interop_reductions
from autograd.ops import (
    activations,
    choices,
    decompositions,
    einsums,
    elementwise,
    elementwise_more,
    indexing,
    linalg,
    powers,
    reductions,
    softmaxes,
)
from autograd.ops import spread as spread_ops

NAN, INF = np.nan, np.inf
FEW = [1.5, -2.0, 3.0]
MANY = np.random.default_rng(0).uniform(0.5, 2.0, LARGE)


def spread(center, deviation, n=100):
    """Return n numbers around a center with a standard deviation."""
    return center + deviation * np.where(np.arange(n) % 2, 1.0, -1.0)


def product(x):
    return np.prod(x, axis=0)


def running(x):
    return np.cumprod(x, axis=0)


def nanmax(x):
    with warnings.catch_warnings(action="ignore"):
        return np.nanmax(x, axis=1)


def axis_1(f):
    return lambda x: f(x, axis=1)


# what the long way is, a function, inputs for which it is not needed, and inputs for which it is
WAYS = {
    "prod": (reductions, "_pull_prod", product, [FEW, [2.0], []], [[1.0, 0.0], [2.0, INF], [NAN]]),
    "prod, range": (
        reductions,
        "_pull_prod",
        product,
        [[1e-150, 1e-150], [1e150, 1e150]],
        [[1e-200, 1e-200, 1.0], [1e-200, 1e-120, 1e200]],
    ),
    "cumprod": (
        reductions,
        "_pull_cumprod",
        running,
        [FEW, [2.0], [[1.0, 2.0], [3.0, 4.0]]],
        [[0.0], [0.0, 1.0], [1.0, 0.0], [INF, 2.0], [NAN, 1.0], [[1.0, 0.0], [1.0, 2.0]]],
    ),
    "cumprod, range": (
        reductions,
        "_pull_cumprod",
        running,
        [[1e-150, 1e-150], [1e150, 1e150]],
        [[1e-200, 1e-200, 1.0], [1e-200, 1e-120, 1e200, 1e200]],
    ),
    "cumprod of columns": (
        reductions,
        "_pull_cumprod",
        axis_1(np.cumprod),
        [[[1.0, 2.0], [3.0, 4.0]]],
        [[[1.0, 2.0], [0.0, 4.0]]],
    ),
    "max": (reductions, "_pull_extremum", np.max, [FEW, [1.0, 1.0]], [[NAN, 1.0]]),
    "nanmax": (
        reductions,
        "_pull_nan_extremum",
        nanmax,
        [[FEW], [[1.0, NAN], [4.0, 4.0]]],
        [[[NAN, NAN], [1.0, 2.0]]],
    ),
    "max over rows": (
        reductions,
        "_pull_extremum",
        axis_1(np.max),
        [[[1.0, 2.0], [4.0, 3.0]], [[1.0, 2.0], [4.0, 4.0]]],
        [[[1.0, NAN], [1.0, 2.0]]],
    ),
    "var": (spread_ops, "_pull_var", np.var, [FEW, [1.0]], []),
    "var, single": (
        spread_ops,
        "_pull_var",
        lambda x: np.var(x.astype(np.float32)),
        [FEW],
        [],
    ),
    "var, half": (
        spread_ops,
        "_pull_var",
        lambda x: np.var(x.astype(np.float16)),
        [],
        [FEW],
    ),
    # equal as far as 8 n rounding errors of the numbers tell, which is 1.8e-13 of 100 numbers
    "std": (
        spread_ops,
        "_pull_std",
        np.std,
        [
            FEW,
            spread(1.0, 1.9e-13),
            spread(1000.0, 4e-10),
            spread(-1000.0, 4e-10),
            spread(0.0, 1.0),
        ],
        [[1.0, 1.0], spread(1.0, 1e-13), spread(1000.0, 1e-10), spread(-1000.0, 1e-10)],
    ),
    "std over rows": (
        spread_ops,
        "_pull_std",
        axis_1(np.std),
        [[spread(1.0, 4e-13), spread(1000.0, 4e-10)]],
        [[spread(1.0, 4e-13), spread(1000.0, 1e-10)], [spread(1.0, 1e-13), spread(1.0, 1.0)]],
    ),
    "squares": (
        spread_ops,
        "_pull_squares",
        lambda x: np.nanvar(x, axis=1, ddof=1),
        [[[1.0, NAN, 2.0]], [[1.0, 2.0, 4.0]]],
        [[[1.0, NAN, NAN], [1.0, NAN, 2.0]]],
    ),
    "softmax": (
        softmaxes,
        "_pull_softmax",
        lambda x: softmaxes.softmax(x, axis=-1),
        [FEW, MANY.reshape(2, -1)],
        [],
    ),
    "log_softmax": (
        softmaxes,
        "_pull_log_softmax",
        lambda x: softmaxes.log_softmax(x, axis=-1),
        [FEW],
        [],
    ),
    "det": (
        decompositions,
        "_cofactor",
        np.linalg.det,
        [[[2.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1e-7]], np.eye(2)[None] * [[[3.0]], [[9.0]]]],
        [
            [[1.0, 0.0], [0.0, 1e-8]],
            [[1e5, 0.0], [0.0, 1e-4]],
            [[1e-5, 0.0], [0.0, 1e4]],
            [[1e-160, 0.0], [0.0, 1e-160]],
            [[1e160, 0.0], [0.0, 1e160]],
            [[[2.0, 1.0], [1.0, 3.0]], [[1.0, 1.0], [1.0, 1.0 + 1e-10]]],
        ],
    ),
    "norm": (linalg, "_pull_norm", np.linalg.norm, [FEW], [[0.0, 0.0]]),
    "norm of order 3": (linalg, "_pull_norm", lambda x: np.linalg.norm(x, 3), [FEW], [[0.0, 0.0]]),
    "norm of order 1/2": (linalg, "_pull_norm", lambda x: np.linalg.norm(x, 0.5), [], [FEW]),
    "square": (powers, "power_x", lambda x: np.sum(x**2), [FEW], []),
    "square, one by one": (powers, "power_x", lambda x: x**2, [FEW, FEW[:2]], [[2.0]]),
    "cube": (powers, "power_x", lambda x: np.sum(x**3), [], [FEW]),
    "square of many, written to one array": (
        elementwise,
        "times_twice",
        lambda x: x * x,
        [FEW],
        [MANY],
    ),
    "power of many": (
        powers,
        "power_x",
        lambda x: x**2.5,
        [MANY],
        [FEW, *(np.append(MANY, odd) for odd in (0.0, INF, NAN, 1e-200, 1e200))],
    ),
    "negative power of many": (powers, "power_x", lambda x: x**-3, [MANY, -MANY], [FEW]),
    "power of many to many": (
        powers,
        "power_x",
        lambda x: x ** (x * 1),
        [MANY],
        [FEW, np.append(MANY, 0.0), np.append(MANY, -1.0), np.append(MANY, 1e3)],
    ),
    "power of many to themselves": (
        powers,
        "power_x",
        lambda x: x**x,
        [MANY, np.append(MANY, 1e3)],
        [FEW, np.append(MANY, 0.0), np.append(MANY, -1.0)],
    ),
    "steps": (
        activations,
        "heaviside",
        lambda x: activations.leaky_relu(x, 0.1),
        [MANY],
        [FEW, [NAN, 1.0], np.append(MANY, NAN)],
    ),
    "einsum": (
        einsums,
        "_worth_planning",
        lambda x: einsums.einsum(x, x, subscripts="i,i->i"),
        [FEW],
        [MANY],
    ),
    "maximum": (
        choices,
        "_share",
        lambda x: np.maximum(x, 1.0),
        [FEW, [1.0, 2.0]],
        [[NAN, 2.0], [NAN, 1.0]],
    ),
    "maximum of one": (choices, "_share", lambda x: np.maximum(x, x), [FEW], [[NAN, 1.0]]),
    "minimum": (
        choices,
        "_share",
        lambda x: np.minimum(x, x[::-1] * 3),
        [FEW, [3.0, 4.0, 1.0]],
        [[NAN, 2.0]],
    ),
    "fmax": (
        choices,
        "_share_of_numbers",
        lambda x: np.fmax(x, x[::-1] * 3),
        [FEW, [3.0, 4.0, 1.0]],
        [[NAN, 2.0]],
    ),
    "fmin": (
        choices,
        "_share_of_numbers",
        lambda x: np.fmin(x, 1.0),
        [FEW, [1.0, 2.0]],
        [[NAN, 2.0], [NAN, 1.0]],
    ),
    "arctan2": (
        elementwise_more,
        "without_0",
        lambda x: np.arctan2(x, x[::-1]),
        [FEW, [1e-145, 1.0, 1e-145], [1e150, 1.0, 1e150]],
        [[0.0, 1.0, 0.0], [1e-150, 1.0, 1e-150], [1e-200, 1.0, 1e-200], [1e200, 1.0, 1.0]],
    ),
}


def times_taken(monkeypatch, module, name, function, data):
    """Return how often the long way is taken in the derivative of a function."""
    taken = []
    way = getattr(module, name)

    def counting(*arguments, **parameters):
        taken.append(name)
        return way(*arguments, **parameters)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of variances without freedom
        z = function(Tensor(data, requires_grad=True))
        monkeypatch.setattr(module, name, counting)
        z.backward(np.ones(z.shape, z.dtype))
    return len(taken)


@pytest.mark.parametrize(
    ("case", "data", "long"),
    [
        pytest.param(case, data, long, id=f"{name}-{'long' if long else 'short'}-{i}")
        for name, case in WAYS.items()
        for long in (False, True)
        for i, data in enumerate(case[3 + long])
    ],
)
@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
def test_the_long_way_is_taken_where_it_is_needed(monkeypatch, case, data, long):
    module, name, function = case[:3]
    assert (times_taken(monkeypatch, module, name, function, data) > 0) == long


# whether there is an order to choose, or a product of matrices to find
PLANNED_SUMS = {
    "ij->i": False,
    "i,i->i": False,
    "ij,j->i": False,
    "i,ij->j": False,
    "ij,ij->ij": False,
    "ij,jk->ik": True,
    "ij,ij,j->i": True,
}


@pytest.mark.parametrize("subscripts", PLANNED_SUMS)
def test_a_sum_of_many_numbers_is_planned_where_that_pays(monkeypatch, subscripts):
    plain, taken = np.einsum, []
    monkeypatch.setattr(np, "einsum", lambda *a, optimize: taken.append(optimize) or plain(*a))
    terms = subscripts.split("->")[0].split(",")
    for n, planned in ((2, False), (70, PLANNED_SUMS[subscripts])):
        rng = np.random.default_rng(0)
        xs = [rng.uniform(size=(n,) * len(term)) for term in terms]
        z = einsums.einsum(*xs, subscripts=subscripts)
        np.testing.assert_allclose(z, plain(subscripts, *xs), rtol=1e-12)
        assert taken.pop() == planned


@pytest.mark.parametrize(
    ("subscripts", "lengths", "planned"),
    [
        ("ab,bc,cd->ad", (8, 8, 8, 16), False),
        ("ab,bc,cd->ad", (8, 8, 8, 17), True),
        ("ab,bc->ac", (8, 8, 129), False),
        ("ab,ab,ab->a", (64, 1, 1), False),
        (",".join(f"{a}{b}" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)) + "->al",
         (3,) * 12, True),
    ],
)  # fmt: skip
def test_a_sum_of_many_products_is_planned(monkeypatch, subscripts, lengths, planned):
    plain, taken = np.einsum, []
    monkeypatch.setattr(np, "einsum", lambda *a, optimize: taken.append(optimize) or plain(*a))
    size = dict(zip("abcdefghijkl", lengths, strict=False))
    rng = np.random.default_rng(0)
    xs = [rng.normal(size=[size[i] for i in t]) for t in subscripts.split("->")[0].split(",")]
    z = einsums.einsum(*xs, subscripts=subscripts)
    np.testing.assert_allclose(z, plain(subscripts, *xs), rtol=1e-10)
    assert taken == [planned]


# --------------------------------------------------------------------------------------------------
# A running maximum that is reached once, and is a number, passes all on to where it was reached


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 1.0, 3.0], [11.0, 0.0, 100.0]),
        ([2.0, 2.0, 1.0], [56.0, 55.0, 0.0]),
        ([2.0, 2.0, NAN], [6.0, 5.0, NAN]),
        ([NAN, 1.0, 2.0], [NAN, NAN, NAN]),
        ([INF, 1.0, INF], [61.0, 0.0, 50.0]),
    ],
)
def test_what_a_running_maximum_passes_on(x, expected):
    g = np.array([1.0, 10.0, 100.0])
    for axis in (0, 1):
        shape = (3, 1) if axis == 0 else (1, 3)
        t = Tensor(np.reshape(x, shape), requires_grad=True)
        np.maximum.accumulate(t, axis=axis).backward(g.reshape(shape))
        np.testing.assert_array_equal(t.grad.ravel(), expected)


# --------------------------------------------------------------------------------------------------
# What is read of an array is a view of it, unless that would keep a large array for a small part


@pytest.mark.parametrize(
    ("size", "part", "is_view"),
    [(2048, 128, False), (2048, 129, True), (1024, 1, True), (1025, 1, False)],
)
def test_a_small_part_of_a_large_array_is_a_copy(size, part, is_view):
    x = np.arange(float(size))
    z = indexing.getitem(x, index=slice(3, 3 + part))
    np.testing.assert_array_equal(z, np.arange(3.0, 3.0 + part))
    assert np.shares_memory(x, z) == is_view


@pytest.mark.parametrize("index", [7, slice(7, 9)])
def test_a_small_part_of_a_leaf_is_a_view_of_what_its_graph_keeps(index):
    x = Tensor(np.ones((1000, 1000)), requires_grad=True)
    assert np.shares_memory(x.data, x[index].data)
    y = x * 1.0
    assert not np.shares_memory(y.data, y[index].data)


# --------------------------------------------------------------------------------------------------
# What is written into an array that was made on the way; NumPy is slow at that for a single number


@pytest.mark.parametrize(
    ("module", "name", "function", "many"),
    [
        (activations, "divide", activations.sigmoid, 2),
        (activations, "divide", activations.sigmoid, 1025),
        (activations, "multiply", activations.sigmoid, 1025),
        (activations, "multiply", lambda x: activations.leaky_relu(x, 0.1), 2),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_results_of_more_than_one_number_are_written_in_place(
    monkeypatch, module, name, function, many, alone
):
    size = 1 if alone else many
    places, plain = [], getattr(module, name)

    def noting(*operands):
        places.append(len(operands) > plain.nin and operands[plain.nin] is not None)
        return plain(*operands)

    monkeypatch.setattr(module, name, noting)
    x = Tensor(np.full(size, 0.5), requires_grad=True)
    function(x).backward(np.ones(size))
    assert any(places) == (size > 1)


@pytest.mark.parametrize(
    ("rows", "searched"),
    [
        ([spread(1.0, 4e-13), spread(1000.0, 4e-10)], False),
        ([spread(1.0, 4e-13), spread(1000.0, 1e-10)], True),
        ([spread(1.0, 1.0), spread(0.1, 0.0)], True),
    ],
)
def test_equal_numbers_among_nan_are_searched_for_where_they_may_be(monkeypatch, rows, searched):
    taken, plain = [], interop_reductions._different
    monkeypatch.setattr(
        interop_reductions, "_different", lambda *args: taken.append(1) or plain(*args)
    )
    a = np.pad(rows, ((0, 0), (0, 1)), constant_values=NAN)
    x = Tensor(a, requires_grad=True)
    np.nanstd(x, axis=1).sum().backward()
    assert bool(taken) == searched
    # of equal numbers, the deviations from a mean that is not exact are not 0
    d = np.array(rows) - np.mean(rows, axis=1, keepdims=True)
    d[np.ptp(rows, axis=1) == 0] = 0
    size = np.sqrt(np.sum(d * d, axis=1, keepdims=True) * 100)
    expected = np.divide(d, size, out=np.zeros_like(d), where=size > 0)
    np.testing.assert_allclose(x.grad[:, :-1], expected, rtol=1e-2)  # of a mean within rounding
