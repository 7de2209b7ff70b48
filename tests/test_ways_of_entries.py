"""Fast paths of reading, writing and of losses give what the general path gives, and are taken.

Those of the other operations are in `test_ways_by_size.py`.
"""

import math
import re

import mpmath
import numpy as np
import pytest

from autograd import Tensor, softmax_cross_entropy
from autograd.arithmetic import LARGE
from autograd.ops import (
    activations,
    assignment,
    elementwise,
    fused,
    indexing,
    powers,
    running,
)
from tests.checks import handed

ROWS = {
    "rows": [2, 0, -3, 2],
    "rows in a matrix": [[1, 0], [-1, 2]],
    "as many rows": [2, 0, 1],
    "one row": 1,
    "no rows": np.empty((0, 2), int),
    "rows by bytes": np.array([-1, 0], np.int8),
    "rows by unsigned numbers": np.array([2, 1], np.uint64),
    "a mask of rows": [True, False, True],
    "no row of a mask": [False, False, False],
    "too large": [0, 3],
    "too small": [-4],
    "a short mask": [True, False],
    "a long mask": [True, False, False, False],
    "a mask of no axes": True,
    "floats": [0.0, 1.0],
}


@pytest.mark.parametrize("order", ["C", "F", "K, every second"])
@pytest.mark.parametrize("shape", [(), (3,), (3, 3), (3, 4), (3, 2, 2), (0, 2)], ids=str)
def test_rows_are_read_as_by_an_index(shape, order):
    x = np.arange(24.0)[: math.prod(shape)].reshape(shape)
    x = np.repeat(x, 2, -1)[..., ::2] if order[1:] and shape else x.copy(order[0])
    for name, index in {**ROWS, "a mask of all entries": x % 2 == 0}.items():
        index = np.asarray(index)
        try:
            expected = x[index]
        except IndexError as error:
            with pytest.raises(IndexError, match=re.escape(str(error))):
                indexing.read_at(x, index)
            continue
        found = indexing.read_at(x, index)
        assert type(found) is type(expected), name
        np.testing.assert_array_equal(found, expected, name, strict=True)
        assert not np.shares_memory(found, x), name


@pytest.mark.parametrize(("index", "all_stay"), [([0, 2], True), ([0, -1], True), ([2, -1], False)])
def test_there_is_no_mask_where_all_that_was_written_stays(index, all_stay):
    assert (assignment.survivors(np.array(index), np.ones((3, 2))) is None) == all_stay


@pytest.mark.parametrize(
    ("index", "added"),
    [
        (np.array([1]), True),
        (np.array([5, -3]), True),
        (np.array([1, 2, 3]), False),
        (([1, 1, 1, 1], [0, 0, 1, 0]), True),
        (([1, 1, 1, 1, 2], [0, 0, 1, 0, 1]), False),
        ((0, [0, 1, 1]), True),
        ((slice(None), [0]), False),
        (np.arange(16).reshape(8, 2) < 4, True),
        (np.arange(16).reshape(8, 2) < 5, False),
    ],
)
def test_a_few_positions_are_added_to_in_place(index, added, monkeypatch):
    monkeypatch.setattr(indexing, "PART", 4)
    before = np.arange(16.0).reshape(8, 2)
    total, x = before.copy(), np.cos(before[index])
    assert indexing.add_part(total, index, x) == added
    after = before + indexing.put(x, index=index, shape=before.shape)
    np.testing.assert_allclose(total, after if added else before, rtol=1e-15)


REPEATED = {
    "rows": ((40, 3), [0, -40, 39, -1]),
    "rows by bytes": ((200, 2, 2), np.array([127, -1, -128, 127], np.int8)),
    "rows by unsigned bytes": ((200, 2, 2), np.array([199, 0, 199, 128], np.uint8)),
    "a matrix of rows": ((40, 3), [[0, 1], [0, -1]]),
    "a matrix of places": ((40,), [[0, 1], [0, -1]]),
    "pairs": ((20, 30), ([0, -1, 0, 19], [1, -1, 1, 29])),
    "pairs of many axes": ((20, 30, 2, 3), ([0, -1, 0, 19], [1, -1, 1, 29])),
    "of one row": ((3, 30, 2), (1, [2, 2, -30])),
    "of one column": ((30, 3, 2), ([2, 2, -30], 1)),
    "columns": ((4, 30), (slice(None), [2, 2, -30])),
    "far apart": ((30, 2, 4), ([2, 2, -30], slice(1), [1, 1, 0])),
}


@pytest.mark.parametrize("size", [16, 512, LARGE])
@pytest.mark.parametrize(("shape", "index"), REPEATED.values(), ids=REPEATED)
def test_entries_are_added_as_by_an_index(shape, index, size):
    parts = index if type(index) is tuple else (index,)
    # of one axis of each, so many that there are enough entries
    times = 1 + size // np.empty(shape)[index].size
    parts = tuple([np.repeat(np.asarray(i), times, 0) if np.ndim(i) else i for i in parts])
    index = parts if len(parts) > 1 else parts[0]
    expected = np.zeros(shape)
    x = np.cos(np.arange(expected[index].size)).reshape(expected[index].shape)
    np.add.at(expected, index, x)
    np.testing.assert_array_equal(indexing.put(x, index=index, shape=shape), expected)
    for order in "CF":
        z = np.zeros(shape, order=order)
        indexing._add_at(z, index, x)
        np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("divide", lambda x: powers.power_x(x, 0.5)),
        ("subtract", lambda x: elementwise._pull_tanh((x,), x)),
        ("multiply", lambda x: powers.pull_power((x, 3, x.shape), x)),
        ("divide", lambda x: elementwise._over(x, x.copy())),
    ],
)
def test_arrays_of_more_than_one_number_are_written_over(monkeypatch, name, call, size):
    operands = handed(monkeypatch, np, name, call, np.full(size, 0.5))
    inputs = getattr(np, name).nin
    in_place = [len(given) > inputs and given[inputs] is not None for given in operands]
    assert any(in_place) == (size > 1)


@pytest.mark.parametrize(
    ("size", "z", "target", "in_place"),
    [
        (1, "f8", "f8", False),
        (2, "f8", "f8", True),
        (2, "f4", "f4", True),
        (2, "f8", "f4", False),
        (2, "i8", "i8", False),
    ],
)
def test_yes_or_no_losses_are_made_in_place(monkeypatch, size, z, target, in_place):
    inputs = np.ones(size, z), np.ones(size, target)
    for given in handed(monkeypatch, fused, "exp", fused._sigmoid_entropy_saving, *inputs):
        assert (given[1] is not None) == in_place


@pytest.mark.parametrize(("shape", "taken"), [((3, 2), (3, 2)), ((4, 3, 2), (3, 8))])
def test_systems_are_solved_for_all_columns_at_once(shape, taken):
    matrices = pytest.importorskip("autograd.special").matrices
    given = []
    y = np.arange(float(np.prod(shape))).reshape(shape)
    z = matrices._at_once(lambda y: given.append(y) or 2 * y, y)
    np.testing.assert_array_equal(z, 2 * y)
    assert [columns.shape for columns in given] == [taken]
    assert (given[0] is y) == (len(shape) == 2)


def test_the_ratio_of_the_normal_distribution_is_computed_far_below_alone(monkeypatch):
    normal = pytest.importorskip("autograd.special").normal
    x = np.array([-3.0, -1.5, -1.0, -0.5, 0.5, 1.5])
    inputs = (x, normal.log_ndtr(x)), np.arange(6.0)
    ((low,),) = handed(monkeypatch, normal, "normal_ratio", normal._pull_log_ndtr, *inputs)
    np.testing.assert_array_equal(low, [-3.0, -1.5])
    below = [math.erfc(-t / math.sqrt(2)) / 2 for t in x]
    expected = np.arange(6) * np.exp(-x * x / 2) / math.sqrt(2 * math.pi) / below
    np.testing.assert_allclose(normal._pull_log_ndtr(*inputs), expected, rtol=1e-13)


@pytest.mark.parametrize(("shape", "taken"), [((2, 3), True), ((4, 2, 3), False)])
def test_one_sylvester_equation_is_left_to_scipy(monkeypatch, shape, taken):
    matrices = pytest.importorskip("autograd.special").matrices
    inputs = 2 * np.eye(2), 3 * np.eye(3), np.ones(shape)
    np.testing.assert_allclose(matrices._solve_sylvester(*inputs), np.full(shape, 0.2))
    module, call = matrices.scipy_linalg, matrices._solve_sylvester
    assert bool(handed(monkeypatch, module, "solve_sylvester", call, *inputs)) == taken


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 4), (4,), (1, 1, 4)])
@pytest.mark.parametrize("target", [[0, 1, 0, 0], [0, 0.5, 0.25, 2], [False, True, True, False]])
@pytest.mark.parametrize(
    "row",
    [[0.5, -1, 3, 2], [1e4, 1, 2, -1e4], [-np.inf, 0, 1, 2], [np.inf, 0, 1, 2], [np.nan, 0, 1, 2]],
)
def test_the_cross_entropy_of_one_row_is_half_that_of_two(row, target, shape, dtype):
    found = []
    for form in (shape, (2, 4)):
        x = Tensor(np.broadcast_to(np.array(row, dtype), form), requires_grad=True)
        y = np.broadcast_to(np.array(target, bool if target[0] is False else dtype), form)
        loss = softmax_cross_entropy(x, y, 0.5 if form is shape else 0.25)
        loss.backward()
        found.append((loss.data, x.grad if form is shape else 2 * x.grad[:1].reshape(shape)))
    for one, two in zip(*found, strict=True):
        assert one.dtype == two.dtype
        np.testing.assert_allclose(one, two, rtol=4 * np.finfo(dtype).eps)


# --------------------------------------------------------------------------------------------------
# The logistic function: two arrays and a pass less, where they are small and e^x is a number


@pytest.mark.parametrize(
    ("size", "largest", "passes"),
    [
        (8191, 700.0, 0),
        (8192, 700.0, 1),
        (2, 710.0, 1),
        (1, 710.0, 1),
        (2, np.inf, 1),
        (2, -800, 0),
    ],
)
def test_the_logistic_function_of_large_numbers_and_of_many(monkeypatch, size, largest, passes):
    x = np.linspace(-750.0, 30.0, size)
    x[-1] = largest
    assert len(handed(monkeypatch, activations, "reciprocal", activations.sigmoid, x)) == passes
    found = activations.sigmoid(x)
    with mpmath.workdps(30):
        at = [0, size // 2, -1]
        expected = [float(1 / (1 + mpmath.exp(-mpmath.mpf(float(v))))) for v in x[at]]
    np.testing.assert_allclose(found[at], expected, rtol=1e-15, atol=1e-322)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_the_logistic_function_of_nan_and_infinities(dtype):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 11.5, 95.0, -95.0], dtype)
    found = activations.sigmoid(x)
    assert found.dtype == x.dtype
    expected = [np.nan, 1.0, 0.0, 0.5, 1 / (1 + math.exp(-11.5)), 1.0, math.exp(-95.0)]
    tiny = float(np.finfo(dtype).tiny)
    np.testing.assert_allclose(found, expected, rtol=2 * float(np.finfo(dtype).eps), atol=tiny)
    np.testing.assert_array_equal(activations.sigmoid(x[:2]), found[:2])


@pytest.mark.parametrize(("size", "all_digits"), [(1, True), (1024, True), (1025, False)])
def test_the_derivative_of_the_logistic_function_of_few_numbers_has_all_digits(size, all_digits):
    x = Tensor(np.linspace(30.0, -30.0, size), requires_grad=True)
    x.sigmoid().backward(np.full(size, 3.0))
    with mpmath.workdps(30):
        e = mpmath.exp(-30)
        exact = float(3 * e / (1 + e) ** 2)
    # z near 1 has lost digits, and with it 1 - z
    assert (abs(x.grad[0] - exact) < 1e-15 * exact) == all_digits
    np.testing.assert_allclose(x.grad[[0, -1]], exact, rtol=1e-15 if all_digits else 0.01)


def test_the_derivative_of_the_logistic_function_beside_a_large_number():
    x = Tensor([0.0, 710.0], requires_grad=True)
    x.sigmoid().backward([3.0, 3.0])
    assert x.grad.tolist() == [0.75, 0.0]


# --------------------------------------------------------------------------------------------------
# Parts of a gradient: written where they are known to be apart, added otherwise


ALL = slice(None)
PARTS = {
    "positions": ([0, 1], True),
    "positions from the end": ([0, -1], True),
    "touching": ([slice(0, 2), slice(2, 4)], True),
    "in another order": ([slice(2, 4), 5, slice(0, 2)], True),
    "all of it": ([slice(0, 2), slice(2, 6)], True),
    "nothing among them": ([slice(3, 1), slice(1, 3)], True),
    "columns": ([(ALL, slice(2, 4)), (ALL, slice(0, 1))], True),
    "all columns": ([(ALL, slice(2, 4)), (ALL, slice(0, 2))], True),
    "one in common": ([slice(0, 3), slice(2, 4)], False),
    "a position in a slice": ([slice(0, 3), 2], False),
    "the same": ([1, 1], False),
    "a late row twice": ([5, 5], False),
    "the same from the end": ([-6, 0], False),
    "next to it from the end": ([-5, 0], True),
    "rows and columns": ([(ALL, slice(0, 2)), 0], False),
    "a row and columns further on": ([0, (ALL, slice(2, 4))], False),
    "two axes": ([(slice(0, 2), slice(0, 2)), (slice(2, 4), slice(2, 4))], False),
    "whole": ([(ALL, ALL), (ALL, ALL)], False),
    "whole and a row": ([(ALL, ALL), 1], False),
    "one after the other": ([slice(0, 3, 1), slice(3, 6)], True),
    "with gaps": ([slice(0, 3, 2), slice(3, 6)], False),
    "every second": ([slice(0, 4, 2), slice(1, 4, 2)], False),
    "an array": ([np.array([0, 1]), 3], False),
    "a single number": ([(0, 1), (2, 2)], False),
}


@pytest.mark.parametrize(("indices", "apart"), PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("kinds", ["dd", "df"])
def test_parts_are_written_where_they_are_apart(indices, apart, kinds, monkeypatch):
    shape = (6, 4)
    expected, parts = np.zeros(shape), []
    for k, index in enumerate(indices):
        x = (np.arange(24.0).reshape(shape)[index] + k + 1.0).astype(kinds[k % 2])
        parts.append((index, x))
        np.add.at(expected, index, x)
    plain = np.empty
    monkeypatch.setattr(np, "empty", lambda *a, **k: np.full_like(plain(*a, **k), np.nan))
    added = handed(monkeypatch, indexing, "add_part", indexing.put_parts, parts, shape)
    assert len(added) == (0 if apart and kinds == "dd" else len(parts) - 1)
    np.testing.assert_array_equal(indexing.put_parts(parts, shape), expected)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("length", "general"), [(1, 1), (2, 0), (5, 0)])
def test_running_extrema_are_pulled_back_run_by_run(length, general, axis, monkeypatch):
    x = np.cos(np.arange(3.0 * length)).reshape((length, 3) if axis == 0 else (3, length))
    z = np.maximum.accumulate(x, axis)
    saved, g = (x, z, x.shape, axis), np.arange(1.0, x.size + 1).reshape(x.shape)
    calls = handed(monkeypatch, running, "_pull_running", running._pull_running_array, saved, g)
    assert len(calls) == general
    expected = np.zeros_like(x)
    for i in range(3):
        line, of_z, of_g = (np.take(a, i, 1 - axis) for a in (x, z, g))
        for k in range(length):
            first = int(np.flatnonzero(line == of_z[k])[0])
            expected[(first, i) if axis == 0 else (i, first)] += of_g[k]
    np.testing.assert_allclose(running._pull_running_array(saved, g), expected, rtol=1e-14)


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize(("scale", "g"), [(0.5, 1.0), (0.5, 2.0), (1.0, 1.0), (0.25, 2.0)])
def test_half_the_squares_have_the_differences_as_their_gradient(scale, g, kind):
    x, y = np.array([1.5, -2.0, 0.25], kind), np.array([1.0, 1.0, 1.0], kind)
    for start in (np.float32(g), np.float64(g)):
        _, d = fused._squared_error_saving(x, y, scale)
        found = fused._pull_squared_error((x, y, scale, d), start)
        assert found is not d
        assert found.dtype == np.result_type(x, np.asarray(start))
        np.testing.assert_array_equal(found, 2 * scale * g * (x - y))
