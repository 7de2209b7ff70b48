"""Parts read of a large leaf: their gradients add up, and no shared array is written to."""

import tracemalloc

import numpy as np
import pytest

from autograd import Tensor, backward, jit
from autograd.arithmetic import LARGE
from autograd.ops import indexing
from autograd.sweep import accumulation

from .checks import assert_close

SHAPE = (200, 200)
assert np.prod(SHAPE) > LARGE

READS = {
    "one": [np.s_[3:5]],
    "overlapping": [np.s_[0:3], np.s_[2:5], np.s_[:, 1]],
    "more than all": [np.s_[1:], np.s_[:-1], np.s_[::-1], np.s_[3]],
    "numbers": [np.s_[3, 4], np.s_[-1, -1], np.s_[3, 4]],
    "integers twice": [np.s_[[1, 1, 5]], np.s_[2:4]],
    "mask": [np.s_[np.arange(200) % 3 == 0], np.s_[0]],
    "everything, then a part": [np.s_[...], np.s_[:2]],
    "empty": [np.s_[:0], np.s_[5]],
    "halves": [np.s_[:100], np.s_[100:]],
    "halves in turn": [np.s_[100:], np.s_[:100]],
    "columns": [np.s_[:, 150:], np.s_[:, :20], np.s_[:, 20:150]],
    "columns, with a gap": [np.s_[:, 150:], np.s_[:, :20]],
    "rows and columns": [np.s_[:100], np.s_[:, :100]],
    "every row": [*range(200)],
    "rows from the end": [*range(-200, 0)],
    "every row but one, and one twice": [*range(199), 7],
    "runs and rows": [np.s_[1:199], 0, -1],
    "steps": [np.s_[::2], np.s_[1::2]],
    "backwards": [np.s_[99::-1], np.s_[100:]],
    "corners": [np.s_[:100, :100], np.s_[100:, 100:]],
    "beyond the end": [np.s_[:100], np.s_[100:300], np.s_[300:]],
    "new axes": [np.s_[None, :100], np.s_[100:, None]],
}
WAYS = ["read alone", "read first", "read last", "stretched", "float32"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", READS)
def test_parts_of_a_large_leaf(name, way):
    """The derivative of sum(c * x[i]) is c at the places of i, as often as they occur."""
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=SHAPE), requires_grad=True, dtype="f4" if "32" in way else "f8")
    factor = rng.normal(size=SHAPE)
    expected = np.zeros(SHAPE)
    total = (x * factor).sum() if way == "read last" else 0.0
    for index in READS[name]:
        c = rng.normal(size=np.shape(factor[index]))
        np.add.at(expected, index, c)
        total = total + (x[index] * c).sum()
    if way == "read first":
        total = total + (x * factor).sum()
    elif way == "stretched":
        total = total + x.sum()
    total.backward()
    expected += {"read alone": 0, "float32": 0, "stretched": 1}.get(way, factor)
    assert x.grad.dtype == x.dtype
    assert_close(x.grad, expected, 1e-5 if "32" in way else 1e-12)


@pytest.mark.parametrize("name", READS)
def test_parts_of_a_large_leaf_are_recorded(name):
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=SHAPE), requires_grad=True)
    expected = np.zeros(SHAPE)
    for index in READS[name]:
        np.add.at(expected, index, 2 * x.data[index])

    @jit(backend="numpy")
    def step():
        x.grad = None
        sum((x[index] ** 2).sum() for index in READS[name]).backward()

    for _ in range(2):
        step()
        assert_close(x.grad, expected, 1e-12)


@pytest.mark.parametrize("axis", [0, 1])
def test_gradients_of_parts_that_are_a_whole_are_in_its_order(axis):
    """Columns that were read of a transpose lie in memory as the transpose does."""
    parts = [(np.s_[:, :50], np.ones((200, 50)).T.copy().T), (np.s_[:, 50:], np.ones((200, 150)))]
    if axis == 0:
        parts = [(index[::-1], np.ascontiguousarray(g).T) for index, g in parts]
    z = indexing.put_parts(parts, SHAPE)
    assert z.flags.f_contiguous
    np.testing.assert_array_equal(z, np.ones(SHAPE))


def test_parts_of_two_dtypes_add_up_in_the_wider():
    third = 1 / 3
    parts = [(np.s_[:1], np.ones(1, "f4")), (np.s_[1:], np.full(1, third))]
    np.testing.assert_array_equal(indexing.put_parts(parts, (2,)), [1.0, third])


@pytest.mark.parametrize("first", [True, False])
def test_the_gradient_of_two_is_not_written_into(first):
    """The sum of two leaves passes one array to both."""
    a, b = (Tensor(np.zeros(SHAPE), requires_grad=True) for _ in "ab")
    c = np.random.default_rng(0).normal(size=SHAPE)
    part = (3 * a[2:4]).sum()
    whole = ((a + b) * c).sum()
    (part + whole if first else whole + part).backward()
    expected = c.copy()
    expected[2:4] += 3
    assert_close(a.grad, expected)
    assert_close(b.grad, c)


def test_the_seed_of_the_caller_is_not_written_into():
    x = Tensor(np.zeros(SHAPE), requires_grad=True)
    y = x + 0
    y[1] = x[0] * 2
    seed = np.ones(SHAPE)
    y.backward(seed)
    expected = np.ones(SHAPE)
    expected[1] = 0
    expected[0] += 2
    assert_close(x.grad, expected)
    assert_close(seed, np.ones(SHAPE))


@pytest.mark.parametrize("first", [True, False])
def test_what_nobody_else_holds_is_added_to_in_place(first, monkeypatch):
    answers, plain = [], accumulation.held_once

    def spy(*place):
        answers.append(plain(*place))
        return answers[-1]

    x = Tensor(np.ones(SHAPE), requires_grad=True)
    part, whole = (x[3:5] * 2.0).sum(), (x * np.ones(SHAPE)).sum()
    z = part + whole if first else whole + part
    monkeypatch.setattr(accumulation, "held_once", spy)
    z.backward(release=True)
    assert answers == [True]
    expected = np.ones(SHAPE)
    expected[3:5] = 3.0
    assert_close(x.grad, expected)


def test_parts_wait_in_no_more_room_than_the_leaf():
    """A hundred parts, each of nearly all, are never there at once."""
    x = Tensor(np.ones(SHAPE), requires_grad=True)
    total = sum((np.exp(x[i % 7 :]) * (i + 1.0)).sum() for i in range(100))
    tracemalloc.start()
    total.backward(release=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * x.data.nbytes
    expected = np.zeros(SHAPE)
    for i in range(100):
        expected[i % 7 :] += np.e * (i + 1)
    assert_close(x.grad, expected)


ALONG = [((200, 200), 1, (200, 1)), ((200, 200), 0, (1, 200)), ((40, 50, 30), 1, (1, 3, 1))]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize(("shape", "axis", "shape_of_index"), [*ALONG, ((40000,), 0, (7,))])
def test_positions_along_an_axis_of_a_large_leaf(shape, axis, shape_of_index, more, times):
    rng = np.random.default_rng(0)
    a, total, expected = rng.normal(size=shape), 0.0, np.zeros(shape)
    x = Tensor(a, requires_grad=True)
    for _ in range(times):
        n = shape[axis]
        places = list(np.indices(np.broadcast_shapes(shape_of_index, tuple(
            1 if i == axis else k for i, k in enumerate(shape)
        ))))  # fmt: skip
        index = rng.integers(-n, n, shape_of_index)
        places[axis] = np.broadcast_to(index, places[axis].shape)
        c = rng.normal(size=places[axis].shape)
        np.add.at(expected, tuple(places), c)
        total = total + (np.take_along_axis(x, index, axis) * c).sum()
    if more:
        total, expected = total + (x * 3.0).sum(), expected + 3.0
    total.backward()
    np.testing.assert_allclose(x.grad, expected, rtol=1e-13, atol=1e-13)


def test_a_read_along_an_axis_of_a_large_leaf_is_searched_for_nan_alone(monkeypatch):
    x = Tensor(np.ones((200, 200)), requires_grad=True)
    searched = []
    monkeypatch.setattr(backward, "_any_nan", lambda found, order: searched.extend(found))
    (np.take_along_axis(x, np.zeros((200, 1), int), 1) ** 3).sum().backward()
    assert [g.shape for g in searched] == [(200, 1)]
