"""Functions that move, drop, repeat or pad entries, against the positions of the entries.

Every function is run on positions as well: the result shows where each gradient belongs.
"""

import numpy as np
import pytest

from autograd import Tensor

SHAPES = [(40,), (40, 3), (2, 40)]
LONG = {(40,): 0, (40, 3): 0, (2, 40): 1}
PLACES = {
    "first": 0,
    "one": 7,
    "last": -1,
    "in a list": [7],
    "two": [9, 7],
    "neighbours": [3, 4, 5],
    "both ends": [0, 39],
    "twice": [7, 7, -40],
    "many": list(range(0, 38, 2)),
    "slice": slice(5, 9),
    "steps": slice(None, None, 2),
    "few steps": slice(39, 3, -9),
    "nothing": slice(5, 5),
    "empty": [],
    "all": slice(None),
    "mask": np.arange(40) % 3 == 0,
    "mask of one": np.arange(40) == 11,
}


def check(function, *shapes):
    """Compare numbers and gradients with those at the positions that the function moves."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in shapes]
    starts = np.cumsum([0, *(a.size for a in arrays)])
    positions = [k + np.arange(a.size).reshape(a.shape) for k, a in zip(starts, arrays)]  # noqa: B905
    places = function(*positions)
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    z = function(*leaves)
    g = rng.normal(size=z.shape)
    z.backward(g)
    every = np.concatenate([a.ravel() for a in arrays])
    expected = np.zeros(every.shape)
    known = places >= 0
    np.testing.assert_array_equal(z.data[known], every[places[known]])
    np.add.at(expected, places[known], g[known])
    found = np.concatenate([x.grad.ravel() for x in leaves])
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
    return z.data


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PLACES)
def test_delete(name, shape):
    check(lambda x: np.delete(x, PLACES[name], LONG[shape]), shape)
    if len(shape) == 1:
        check(lambda x: np.delete(x, PLACES[name]), shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PLACES)
def test_insert(name, shape):
    where, axis = PLACES[name], LONG[shape]
    count = np.insert(np.zeros(40), where, 0).size - 40
    new = tuple(count if i == axis else n for i, n in enumerate(shape))
    if isinstance(where, int):
        new = tuple(n for i, n in enumerate(shape) if i != axis)
    check(lambda x, v: np.insert(x, where, v, axis), shape, new)


@pytest.mark.parametrize(("shape", "index", "many"), [((3,), [], 0), ((0,), 0, 2), ((0,), [], 0)])
def test_nothing_that_takes_part_in_an_insertion_has_a_gradient_of_nothing(shape, index, many):
    x, v = Tensor(np.ones(shape), requires_grad=True), Tensor(np.ones(many), requires_grad=True)
    (2.0 * np.insert(x, index, v)).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full(shape, 2.0))
    np.testing.assert_array_equal(v.grad, np.full(many, 2.0))


@pytest.mark.parametrize("where", [0, 7, 40, -40, slice(3, 4), [12]])
def test_one_place_takes_all_values(where):
    check(lambda x, v: np.insert(x, where, v), (40,), (5,))
    check(lambda x, v: np.insert(x, where, v), (8, 5), (5,))


@pytest.mark.parametrize("times", [0, 1, 2, 7, 8, 9])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_repeat(times, axis):
    check(lambda x: np.repeat(x, times, axis), (2, 3, 2))


@pytest.mark.parametrize("size", [1, 5, 6, 7, 12, 13, 47, 48, 53, 60])
def test_resize(size):
    check(lambda x: np.resize(x, size), (2, 3))
    check(lambda x: np.resize(x, (1, size)), (6,))


def test_resize_to_nothing_keeps_the_dtype():
    assert np.resize(Tensor(np.ones(3, np.int8)), (2, 0)).dtype == np.int8


@pytest.mark.parametrize(
    ("shift", "axis"), [(2, ()), ((), 0), ((), ()), ([1], [0, 1]), ((1, 2), 0)]
)
def test_roll_by_several_shifts_or_none(shift, axis):
    check(lambda x: np.roll(x, shift, axis), (2, 3))


@pytest.mark.parametrize("values", [-1, -2.5, (-1, -2), ((-1, -2), (-3, -4)), np.array([-1, -3])])
@pytest.mark.parametrize("width", [0, 1, (2, 0), ((1, 2), (0, 3))])
def test_constant_frame(width, values):
    z = check(lambda x: np.pad(x, width, constant_values=values), (2, 3))
    np.testing.assert_array_equal(z == np.round(z, 1), frame(width, z.shape))
    numbers = np.arange(6.0).reshape(2, 3)
    expected = np.pad(numbers, width, constant_values=values)
    np.testing.assert_array_equal(np.pad(Tensor(numbers), width, constant_values=values), expected)


def frame(width, shape):
    return np.pad(np.zeros((2, 3), bool), width, constant_values=True).reshape(shape)


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("width", [(1, 1), (0, 3), (4, 1), (9, 2), (2, 25), (40, 40)])
def test_copies_beyond_the_edges(mode, width):
    check(lambda x: np.pad(x, width, mode), (9,))
    check(lambda x: np.pad(x, ((0, 0), width), mode), (2, 9))


@pytest.mark.parametrize(
    "index", [slice(None, None, -1), None, (slice(None), None), slice(1, None)]
)
def test_reading_all_entries_or_some(index):
    check(lambda x: x[index], (5, 4))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.insert(x, 7, 1.0, axis=0),
        lambda x: np.insert(x, 7, 1.0, axis=1),
        lambda x: np.delete(x, 7, axis=0),
        lambda x: np.delete(x, -3, axis=1),
        lambda x: np.pad(x, 2),
        lambda x: np.pad(x, 2, "linear_ramp"),
        lambda x: np.pad(x, ((0, 0), (3, 1)), "mean"),
    ],
)
def test_columns_stay_columns(function):
    x = np.arange(90_000.0).reshape(300, 300).T
    z = function(Tensor(x, requires_grad=True))
    np.testing.assert_array_equal(z.data, function(x))
    assert z.data.flags.f_contiguous


@pytest.mark.parametrize("value", [lambda x: x, lambda x: x[:, ::-1]])
def test_an_array_is_inserted_into_itself(value):
    z = check(lambda x: np.insert(x, [1, 1, 2], value(x), axis=0), (3, 4))
    x = z[[0, 3, 5]]
    np.testing.assert_array_equal(z[[1, 2, 4]], value(x))


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize(
    ("shape", "widths"),
    [
        ((5,), ((2, 3),)),
        ((5,), ((4, 0),)),
        ((5,), ((0, 1),)),
        ((3,), ((20, 31),)),
        ((2,), ((7, 90),)),
        ((1,), ((1, 2),)),
        ((4, 3), ((2, 1), (0, 3))),
        ((3, 4, 2), ((0, 0), (2, 3), (5, 1))),
    ],
    ids=str,
)
def test_what_lies_beyond_the_edges_is_added_to_what_it_copies(mode, shape, widths):
    places = np.pad(np.arange(np.prod(shape)).reshape(shape), widths, mode)
    g = np.cos(np.arange(float(places.size))).reshape(places.shape)
    x = Tensor(np.ones(shape), requires_grad=True)
    np.pad(x, widths, mode).backward(g)
    expected = np.bincount(places.ravel(), g.ravel()).reshape(shape)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-13, atol=1e-14)
