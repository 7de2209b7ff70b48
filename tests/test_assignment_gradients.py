"""Gradients of programs that assign, where every assignment may be in place."""

import tracemalloc

import numpy as np
import pytest

from autograd import Tensor, grad, linear, no_grad, references, watch
from autograd.array_nodes import applying
from autograd.ops import indexing
from autograd.sweep import accumulation

from .checks import assert_close, cotangent_for, differences
from .test_assignment import PROGRAMS, leaf
from .test_assignment_in_place import N, computed


@pytest.fixture
def none_kept(monkeypatch):
    """Let small arrays be as large ones, of which no node keeps a copy."""
    for module in (applying, accumulation, indexing):
        monkeypatch.setattr(module, "KEPT", 0)
    monkeypatch.setattr(accumulation, "FEW", 0)


def overwritten_twice(x, v):
    y = x * 1.0
    used = y * y  # saves the version before
    y[0] = v
    part = y[0:2]  # shows the version between
    y[1, ::2] = v[1] * part[0, 1]
    y[...] = y * y
    return y + used * part.sum()


def recurrent(x, v):
    y = np.empty_like(x)
    y[0] = x[0]
    for i in range(1, len(y)):
        y[i] = np.tanh(y[i - 1] * v + x[i])
    return y


def with_itself(x, v):
    y = x * v
    y[:] = y
    y[0] = y[1]
    y[:, 1:] = y[:, :-1]
    y[y > 1.0] += y[y > 1.0]
    return y * y


@pytest.mark.parametrize("shape", [(320,), (320, 2), (320, 2, 3)])
@pytest.mark.parametrize("count", [0, 1, 4, 20, 21])
def test_of_several_writers_the_last_stands(shape, count):
    rng = np.random.default_rng(count)
    several = rng.choice([-3, 317, 5, -315, 7], count)
    for index in (several, rng.permutation(100)[:count].reshape(1, -1)):
        v = Tensor(rng.normal(size=index.shape + shape[1:]), requires_grad=True)
        y = Tensor(np.zeros(shape))
        y[index] = v
        cotangent = cotangent_for(y.data)
        y.backward(cotangent)
        last = {int(i) % shape[0]: k for k, i in enumerate(index.ravel())}
        expected = np.zeros((count, *shape[1:]))
        for place, k in last.items():
            expected[k] = cotangent[place]
        np.testing.assert_array_equal(v.grad, expected.reshape(v.shape))


@pytest.mark.parametrize(
    ("shape", "of_value"),
    [((3,), ()), ((2, 3), ()), ((2, 3), (1,)), ((2, 3), (3,)), ((2, 3), (1, 3))],
)
def test_a_value_of_any_shape_that_fits_one_position(shape, of_value):
    v = Tensor(np.ones(of_value), requires_grad=True)
    y = Tensor(np.zeros(shape))
    y[1] = v
    cotangent = cotangent_for(y.data)
    y.backward(cotangent)
    expected = cotangent[1] if of_value[-1:] == shape[1:] else cotangent[1].sum()
    assert np.shape(v.grad) == of_value
    np.testing.assert_allclose(v.grad, np.reshape(expected, of_value), rtol=1e-14)


WRITTEN = {
    "pairs": ([0, 1, -1, 0], [2, 1, 0, 2]),
    "a pair for each": ([[0], [-3], [2]], [[1, -2, 0]]),
    "an integer and some": (-1, [2, 0, -1, 0]),
    "some and an integer": ([2, -1, 0, 2], np.int64(1)),
    "three": ([0, 2, 0], [1, -1, 1], [1, 0, -1]),
    "of eight bits": (np.array([2, -1, 0], np.int8), np.array([1, 1, 2], np.uint8)),
    "along the second axis": (slice(None), [2, 0, -1]),
    "between others": ([0, -3, 1], slice(None), [1, 1, 0]),
    "with a new axis": (None, [0, -3]),
    "one": ([1], [1]),
    "none": ([], []),
}


@pytest.mark.parametrize("index", WRITTEN.values(), ids=WRITTEN)
def test_of_several_writers_at_pairs_the_last_stands(index):
    shape = (3, 3, 2)
    index = tuple(np.array(i, int) if type(i) is list else i for i in index)
    places = np.arange(18).reshape(shape)[index]
    v = Tensor(np.cos(places * 1.0), requires_grad=True)
    y = Tensor(np.zeros(shape))
    y[index] = v
    cotangent = cotangent_for(y.data)
    y.backward(cotangent)
    last = {int(place): k for k, place in enumerate(places.ravel())}
    expected = np.zeros(places.size)
    for place, k in last.items():
        expected[k] = cotangent.ravel()[place]
    np.testing.assert_array_equal(v.grad, expected.reshape(places.shape))


@pytest.mark.parametrize("way", ["keep", "release", "twice", "create_graph", "watch"])
@pytest.mark.parametrize("program", [*PROGRAMS, overwritten_twice, recurrent, with_itself])
@pytest.mark.usefixtures("none_kept")
def test_gradients_of_programs(program, way):
    x, v = leaf((2, 3)), Tensor([2.5, 0.75, 1.5], requires_grad=True)
    z = program(x, v)
    cotangent = cotangent_for(z.data)
    given = cotangent.copy()
    if way == "watch":
        with watch(lambda *_: None):
            z.backward(given)
    elif way == "twice":
        z.backward(given)
        z.backward(given)
    else:
        z.backward(given, create_graph=way == "create_graph", release=way == "release")
    np.testing.assert_array_equal(given, cotangent)

    def scalar(a, b):
        with no_grad():
            return np.sum(cotangent * program(Tensor(a), Tensor(b)).data)

    actual = [np.asarray(getattr(t.grad, "data", t.grad)) for t in (x, v)]
    expected = differences(scalar, [x.data, v.data])
    assert_close(actual, [g * (2 if way == "twice" else 1) for g in expected])


@pytest.mark.parametrize("program", [overwritten_twice, recurrent, with_itself])
@pytest.mark.usefixtures("none_kept")
def test_second_derivatives_of_programs(program):
    x, v = leaf((2, 3)).data / 7.0, np.array([2.5, 0.75, 1.5])

    def slope(a, b):
        return (grad(lambda q: (program(a, q) ** 2).sum())(b) * np.array([1.0, -2.0, 0.5])).sum()

    found = grad(lambda q: slope(Tensor(x), q))(v)
    assert_close([found], differences(lambda b: float(slope(Tensor(x), b)), [v]))


def test_the_gradient_of_what_has_a_handle_is_kept():
    x = leaf((N,))
    y = x * 2.0
    squares = y * y
    y[1] = 0.0
    ((y * y).sum() + squares.sum()).backward()
    np.testing.assert_array_equal(y.grad, 2 * y.data)
    np.testing.assert_array_equal(squares.grad, np.ones(N))
    expected = 16.0 * x.data
    expected[1] = 8.0 * x.data[1]
    np.testing.assert_array_equal(x.grad, expected)


@pytest.mark.parametrize(
    "function",
    [
        lambda y: (y * 3.0).sum(),
        lambda y: (leaf((N,)) * y).sum(),
        lambda y: linear(np.ones((3, 2)), leaf((2, N)), y).sum(),
        lambda y: linear(leaf((3, 2)), leaf((2, N)), y).sum(),
    ],
)
def test_a_gradient_that_is_let_go_of_is_written_into(function, monkeypatch):
    answers = []

    def spy(*place, **by):
        answers.append(references.held_once(*place, **by))
        return answers[-1]

    y = computed()
    y[0] = 1.0
    z = function(y)
    monkeypatch.setattr(accumulation, "held_once", spy)
    z.backward(release=True)
    assert answers == [True]


def test_one_gradient_for_two():
    x = leaf((N,))
    y, w = x * 1.0, x * 10.0
    y[0] = 5.0
    z = y + w  # whose gradient is that of both
    z.backward(np.full(N, 2.0))
    np.testing.assert_array_equal(y.grad, np.full(N, 2.0))
    np.testing.assert_array_equal(w.grad, np.full(N, 2.0))
    assert x.grad[0] == 20.0
    assert x.grad[1] == 22.0


def peak_of_a_loop(n, size, pull):
    """Return the peak memory of a loop of assignments and its gradient, in arrays of the loop."""
    a = Tensor(0.5, requires_grad=True)

    def function(a):
        y = np.zeros(size) * a
        for i in range(n):
            y[i] = y[i - 1] * a + 1.0
        return y.sum()

    tracemalloc.start()
    try:
        pull(function, a)
        return tracemalloc.get_traced_memory()[1] / (8 * size)
    finally:
        tracemalloc.stop()


def test_gradients_of_versions_are_kept_while_they_are_few_numbers():
    x = leaf((N,))
    y = x * 1.0
    y[0] = 2.0
    old = y.node
    y[1] = 3.0
    y.backward(np.full(N, 5.0))
    np.testing.assert_array_equal(old.grad, [5.0, 0.0, *np.full(N - 2, 5.0)])
    np.testing.assert_array_equal(old.parents[0].grad, [0.0, 0.0, *np.full(N - 2, 5.0)])


def test_versions_of_a_graph_can_be_looked_at():
    """An array of more than a few numbers is written into, of which versions are made again."""
    x = leaf((200,))
    y = x * 1.0
    versions, expected = [], []
    for i in range(3):
        y[i] = y[i + 1] * 2.0
        versions.append(y.node)
        expected.append(y.data.copy())
    for node, data in zip(versions, expected, strict=True):
        np.testing.assert_array_equal(node.data, data)


WAYS = {
    "backward": lambda f, a: f(a).backward(),
    "release": lambda f, a: f(a).backward(release=True),
    "grad": lambda f, a: grad(f)(a),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_loop_of_assignments_takes_the_memory_of_a_few_arrays(way):
    assert peak_of_a_loop(100, 20_000, WAYS[way]) < 22
