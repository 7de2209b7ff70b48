"""Fast paths depend on the size and layout of arrays: for which of them each path is taken.

Paths that would give other numbers are in `test_ways_taken.py`. These tests count calls, or look at
their arguments.
"""

import numpy as np
import pytest

from autograd import Tensor, arithmetic
from autograd.arithmetic import LARGE
from autograd.ops import (
    activations,
    assignment,
    decompositions,
    einsums,
    elementwise,
    fused,
    indexing,
    linalg,
    ordering,
    powers,
    shaping,
    softmaxes,
    windows,
)
from tests.checks import handed

FEW = np.array([1.5, 2.0, 3.0])
MATRIX = np.ones((2, 3))
STACK = np.ones((2, 2, 3))


def looked_at(places, shape):
    return lambda: indexing._takes_once(places, shape)


def entropy(*shape, target=float):
    return lambda: fused._cross_entropy(np.zeros(shape), np.ones(shape, target))


def read(n, shape):
    """Return what adds the gradient of n entries, some of them the same, into an array."""
    places = np.zeros(n, int)
    index = places if len(shape) == 1 else (places, places)
    return lambda: indexing._put(np.ones(n), index, shape)


def read_rows(n, length):
    return lambda: indexing._put(np.ones((n, length)), np.zeros(n, int), (3, length))


def read_matrix():
    return indexing._put(np.ones((2, 256)), np.zeros((2, 256), int), (5,))


def read_columns(n, length):
    index = slice(None), np.zeros(n, int)
    return lambda: indexing._put(np.ones((2, n)), index, (2, length))


def powered(exponent):
    return lambda: powers.power_x(FEW, exponent)


def to_its_own_power(least):
    x = np.append(np.ones(LARGE - 1), least)
    return lambda: powers.pull_power_both((x, x, x**x, x.shape, x.shape), x)


def by_result(exponent):
    return lambda: powers._by_result(FEW, exponent, np.power(FEW, exponent))


def times_constant(x, y):
    return lambda: (Tensor(x, requires_grad=True) @ y).sum().backward()


def choice(size, run, other=()):
    """Return a choice by a mask that changes after every so many entries."""
    mask = np.arange(size) // run % 2 == 0
    mask, shape = (mask, other) if type(other) is tuple else (mask.astype(other), ())
    return lambda: arithmetic.choose(mask, np.ones(shape), 0.0)


def norm(x, axis):
    return lambda: linalg._norm(x, 2, axis)


def survivors(*index):
    return lambda: assignment.survivors(index if len(index) > 1 else index[0], np.ones((3, 2)))


def stable(x, kind="stable"):
    return lambda: ordering._argsort(np.asarray(x), kind=kind)


def with_equals(n, equals):
    """Return what orders n numbers, some of which are equal to one before them."""
    x = np.arange(float(n))
    x[:equals] = x[equals]
    return lambda: ordering._stable_order(x)


def products(a, b, shape):
    return lambda: arithmetic.sum_product_to(np.ones(a), np.ones(b), shape)


def segments(shape, counts, axis):
    return lambda: shaping._segment_sum(np.ones(shape), np.array(counts), axis)


def joined(parts, size, order="F"):
    large = np.ones((size // 4, 4), order=order)
    return lambda: shaping._concatenate(large, *[np.ones((1, 4))] * (parts - 1))


def joined_planes():
    # neither in rows nor in columns
    return shaping._concatenate(*[np.ones((LARGE // 8, 4, 2)).transpose(1, 0, 2)] * 2)


def softmax(axis):
    z = np.full((2, 3), 0.5)
    return lambda: softmaxes._pull_softmax_array((z, axis), z)


# what a way calls, and what takes that way or does not
WAYS = {
    "a power by products and roots": (
        (np, "power"),
        [powered(y) for y in (17, 2.5, -2, -0.5)],
        [powered(y) for y in (1, 2, 3, 9, 16, -1, 0.5)],
    ),
    "a result divided by the base": (
        (powers, "_all_normal"),
        [by_result(y) for y in (-2, 2.5, 1.5)],
        [by_result(y) for y in (-1, 0.5)],
    ),
    "an array to its own power": (
        (powers, "_by_result"),
        [to_its_own_power(0.0)],
        [to_its_own_power(0.5), to_its_own_power(1.0)],
    ),
    "results of both signs": (
        (np, "absolute"),
        [lambda: powers._all_normal(-FEW), lambda: powers._all_normal(FEW - 2)],
        [lambda: powers._all_normal(FEW), lambda: powers._all_normal(FEW / 4)],
    ),
    "a quotient of two shapes": (
        (elementwise, "by_rows"),
        [lambda: elementwise._pull_divide((FEW, FEW, (2, 3), (3,)), MATRIX)],
        [lambda: elementwise._pull_divide((FEW, FEW, (3,), (3,)), FEW)],
    ),
    "where numbers are positive": (
        (activations, "heaviside"),
        [lambda: activations._positive(np.ones(2047))],
        [lambda: activations._positive(np.ones(2048))],
    ),
    "softplus of no floats": (
        (np, "logaddexp"),
        [lambda: activations._softplus(np.arange(3)), lambda: activations._softplus(1.5)],
        [lambda: activations._softplus(FEW), lambda: activations._softplus(FEW.astype("f4"))],
    ),
    "places looked at alone": (
        (assignment, "_survivors_of_integers"),
        [
            survivors(np.array([0, 2], np.uint8)),
            survivors(1, np.array([0])),
            survivors(np.array([0]), 1),
        ],
        [
            survivors(slice(2), np.array([0])),
            survivors(np.array([True, False, True]), 1),
            survivors(None, np.array([0])),
            survivors(np.array([0]), ...),
            survivors(np.ones((3, 2), bool)),
            survivors(2),
        ],
    ),
    "a large mask by its places": (
        (np, "flatnonzero"),
        [lambda: indexing._put(np.ones(LARGE), np.ones(LARGE, bool), (LARGE,))],
        [lambda: indexing._put(np.ones(LARGE - 1), np.ones(LARGE - 1, bool), (LARGE - 1,))],
    ),
    "entries added to a vector": (
        (np, "ravel_multi_index"),
        [read(512, (5, 5)), read_rows(52, 10), read_rows(65, 511), read_matrix],
        [read(511, (5, 5)), read_rows(51, 10), read(LARGE, (LARGE,)), read_rows(64, 512)],
    ),
    "columns added to a vector": (
        (np, "arange"),
        [read_columns(LARGE // 2, LARGE), read_columns(LARGE // 2, 5)],
        [read_columns(LARGE // 2, LARGE + 1), read_columns(LARGE // 2 - 1, 5)],
    ),
    "many numbers in order": (
        (ordering, "_stable_order"),
        [stable(np.ones(LARGE)), stable(np.ones((2, LARGE // 2), "f4"))],
        [stable(np.ones(LARGE - 1)), stable(np.ones(LARGE, int)), stable(np.ones(LARGE), None)],
    ),
    "few equals in order": (
        (np, "lexsort"),
        [with_equals(17, 1), with_equals(17, 2)],
        [with_equals(17, 0), with_equals(17, 3), with_equals(18, 3)],
    ),
    "columns joined": (
        (np, "transpose"),
        [joined(2, LARGE), joined(7, LARGE)],
        [joined(2, LARGE - 4), joined(8, LARGE), joined(2, LARGE, "C"), joined_planes],
    ),
    "products of rows with rows": (
        (np, "vecdot"),
        [products((2, 3), (2, 3), (2, 1)), products((3, 3), (3, 3), (3, 1))],
        [
            products((2, 3), (2, 3), (1, 3)),
            products((2, 3), (1, 3), (2, 1)),
            lambda: arithmetic.sum_product_to(*[np.ones((3, 2)).T] * 2, (2, 1)),
        ],
    ),
    "products of which all are made": (
        (arithmetic, "by_rows"),
        [
            products((2, 3), (2, 3), (3,)),
            products((2, 3), (2, 1), (2, 1)),
            products((3, 3), (3, 1), (3, 1)),
            products((2, 3), (1, 3), (1, 3)),
            products((3, 3), (1, 3), (3,)),
            products((2, 3), (2, 1), ()),
        ],
        [
            products((2, 3), (2, 3), (2, 1)),
            products((2, 3), (1, 3), (2, 1)),
            products((3, 3), (1, 3), (3, 1)),
            products((2, 3), (2, 1), (3,)),
            products((2, 3), (2, 1), (1, 3)),
            products((3, 3), (3, 1), (1, 3)),
        ],
    ),
    "short segments entry by entry": (
        (np, "flatnonzero"),
        [segments((8, 2), [8], 0), segments((2, 3, 2), [2, 1], 1)],
        [segments((9, 2), [9], 0), segments((2, 3), [2, 1], 1), segments((3,), [2, 1], 0)],
    ),
    "one array stacked": (
        (np, "repeat"),
        [lambda: shaping._stack(FEW, FEW), lambda: shaping._stack(FEW, FEW, FEW, axis=1)],
        [lambda: shaping._stack(FEW), lambda: shaping._stack(FEW, FEW.copy())],
    ),
    "places looked at for repetitions": (
        (np, "bincount"),
        [looked_at(np.arange(n), (3, 2)) for n in (1, 2, 3)],
        [looked_at(np.arange(3), (3,)), looked_at(np.zeros(4, int), (3, 2))],
    ),
    "arrays of several shapes stacked": (
        (np, "stack"),
        [lambda: shaping._stack(FEW, FEW.tolist())],
        [lambda: shaping._stack(FEW, FEW.copy())],
    ),
    "a matrix turned over": (
        (linalg, "times_transpose"),
        [times_constant(MATRIX, MATRIX.T)],
        [times_constant(STACK, MATRIX.T), times_constant(STACK, np.ones((2, 3, 2)))],
    ),
    "a choice by NumPy": (
        (np, "where"),
        [
            choice(LARGE, 4),
            choice(LARGE - 1, 3),
            choice(LARGE, 3, (3, LARGE)),
            choice(LARGE, 3, int),
        ],
        [choice(LARGE, 3), choice(LARGE, 1)],
    ),
    "the norm by NumPy": (
        (np.linalg, "vector_norm"),
        [norm(MATRIX, 0), norm(np.ones((2, 3), int), 1), norm(np.ones((2, 3), int), None)],
        [norm(MATRIX, 1), norm(MATRIX, (1,)), norm(MATRIX, None), norm(FEW, 0)],
    ),
    "a sum planned": (
        (einsums, "_worth_planning"),
        [lambda: einsums._einsum(np.ones((1, 1)), np.ones((1, 4096)), subscripts="ij,jk->ik")],
        [lambda: einsums._einsum(np.ones((1, 1)), np.ones((1, 4095)), subscripts="ij,jk->ik")],
    ),
    "rows of a matrix summed": (
        (fused, "sum_2d"),
        [lambda: fused._row_sums(MATRIX)],
        [lambda: fused._row_sums(MATRIX.astype(int)), lambda: fused._row_sums(STACK)],
    ),
    "cross-entropy of one row": (
        (fused, "_entropy_of_a_row"),
        [entropy(1, 1), entropy(1, 3), entropy(3), entropy(1, 1, 3), entropy(1, LARGE - 1)],
        [entropy(2, 1), entropy(1, LARGE), entropy(0, 3), entropy(1, 3, target=bool)],
    ),
    "softmax along the last axis": (
        (np, "vecdot"),
        [softmax(1)],
        [softmax(0)],
    ),
}


@pytest.mark.parametrize(
    ("way", "call", "taken"),
    [
        pytest.param(way, call, taken, id=f"{name}-{'taken' if taken else 'not'}-{i}")
        for name, (way, those, others) in WAYS.items()
        for calls, taken in ((those, True), (others, False))
        for i, call in enumerate(calls)
    ],
)
def test_a_way_is_taken_from_its_size_on(monkeypatch, way, call, taken):
    assert bool(handed(monkeypatch, *way, call)) == taken


@pytest.mark.parametrize("y", [0, 1, 2, 3, 16, 17, -1, 0.5, np.float32(2), np.array(2.5), FEW])
@pytest.mark.parametrize("size", [LARGE - 1, LARGE])
def test_the_result_of_a_power_is_kept_where_its_derivative_is_one(size, y):
    z = np.ones(size)
    of_use = np.ndim(y) > 0 or y not in range(17)
    found = powers.with_result(("x",), y, z)
    assert found == (("x", z) if size == LARGE and of_use else ("x",))


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
@pytest.mark.parametrize("shape", [(LARGE // 4, 4), (2, LARGE // 4, 4)])
def test_columns_are_joined_as_columns(shape, axis):
    large = np.asfortranarray(np.arange(float(np.prod(shape))).reshape(shape))
    small = np.ones([1 if i == axis % len(shape) else n for i, n in enumerate(shape)])
    found = shaping._concatenate(small, large, axis=axis)
    np.testing.assert_array_equal(found, np.concatenate([small, large], axis=axis))
    assert found.flags.f_contiguous or len(shape) > 2


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_put_into_zeros_keeps_its_layout(order):
    x = np.ones((2, 3), order=order)
    for shape, index in (((2, 3), slice(None)), ((4, 5), (slice(2), slice(1, 4)))):
        z = indexing._put(x, index, shape)
        assert z.flags.f_contiguous == (order == "F")
        assert z.shape == shape
        np.testing.assert_array_equal(z[index], x)
        assert z.sum() == x.sum()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.diff(x, axis=0),
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, 0).sum(-1),
        lambda x: np.concatenate(np.split(x, 2, 1), 1),
        lambda x: np.polyval([1.0, 2.0], x) * x.data,
    ],
)
def test_gradients_lie_in_memory_as_their_leaves(make, order):
    x = Tensor(np.ones((512, 128), order=order), requires_grad=True)
    y = make(x)
    y.backward(np.ones_like(y.data, order=order))
    assert x.grad.flags.f_contiguous == (order == "F")
    assert x.grad.base is None or x.grad.base.nbytes == x.grad.nbytes


@pytest.mark.parametrize(("g", "takes"), [((1023, 1), False), ((1024, 1), True), ((32, 32), True)])
def test_a_wide_gradient_meets_the_transpose(monkeypatch, g, takes):
    x, y = np.ones((g[0], 4)), np.ones((4, g[1]))
    inputs = (x, y, x.shape, y.shape), np.ones(g)
    found = handed(monkeypatch, linalg, "times_transpose", linalg.pull_matrices, *inputs)
    assert bool(found) == takes


@pytest.mark.parametrize(("m", "n"), [(2, 5), (5, 2), (3, 3)])
def test_the_smaller_of_two_matrices_is_in_between(monkeypatch, m, n):
    a, b = np.ones((m, n)), np.ones((n, m))
    products = handed(monkeypatch, np, "matmul", decompositions._chain, a, b, a)
    assert [max(map(np.size, factors)) for factors in products] == [m * n, m * n]
    inner = [factor for factor in products[1] if factor is not a]
    assert [factor.size for factor in inner] == [min(m, n) ** 2]


@pytest.mark.parametrize(("n", "before", "after"), [(100, 1, 2), (5, 2, 2), (6, 2, 2), (7, 2, 0)])
def test_few_places_are_looked_at_for_copies_beyond_the_edges(monkeypatch, n, before, after):
    inputs = n, before, after, "reflect"
    ((places, *_),) = handed(monkeypatch, np, "pad", windows._copied, *inputs)
    assert places.size == min(n, 2 * (max(before, after) + 1))


def test_a_stack_of_rows_meets_a_matrix_as_rows():
    axes = []

    class Rows(np.ndarray):
        def dot(self, other):
            axes.append(self.ndim)
            return np.asarray(self).dot(other)

    z = fused._linear(STACK.view(Rows), np.ones((3, 4)), np.ones(4))
    np.testing.assert_array_equal(z, np.full((2, 2, 4), 4.0))
    assert axes == [2]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_zero_of_relu_is_an_array(monkeypatch, dtype):
    x = FEW.astype(dtype)
    ((_, zero),) = handed(monkeypatch, activations, "maximum", activations._relu, x)
    assert type(zero) is np.ndarray
    assert zero.dtype == dtype


@pytest.mark.parametrize(
    ("z", "x", "added"),
    [
        ("f8", "f8", True),
        ("f4", "f4", True),
        ("f4", "f8", False),
        ("f8", "f4", False),
    ],
)
def test_a_part_is_added_in_place_in_one_dtype(z, x, added):
    total = np.ones(3, z)
    assert indexing.add_part(total, slice(1, 3), np.ones(2, x)) == added
    np.testing.assert_array_equal(total, [1, 2, 2] if added else [1, 1, 1])
