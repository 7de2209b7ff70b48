"""An assignment writes to the array itself if nothing else refers to it, and copies otherwise."""

import warnings

import numpy as np
import pytest

from autograd import Tensor, jit, no_grad, references, value_and_grad
from autograd.ops.assignment import assign

from .checks import cotangent_for
from .test_assignment import leaf

N = 2000  # more than stay with their node


def computed():
    return leaf((N,)) * 2.0


def plain():
    return Tensor(np.arange(float(N)))


def place(y):
    """Return where the array of a tensor lies; nothing of it is held afterwards."""
    return y.data.__array_interface__["data"][0]


def numbers(x):
    return x.data if isinstance(x, Tensor) else x


INDICES = [
    5,
    -1,
    slice(3, 20, 2),
    (slice(1, 4),),
    ...,
    np.array([1, 7, 1]),
    [2, 3],
    np.arange(N) % 3 == 0,
    Tensor(np.array([4, 5])),
]
VALUES = {
    "float": lambda: 2.5,
    "int": lambda: 3,
    "scalar": lambda: np.float64(0.5),
    "single": lambda: np.float32(0.5),
    "array": lambda: np.array([1.5]),
    "tensor": lambda: Tensor([1.5]),
    "leaf": lambda: Tensor(1.5, requires_grad=True),
    "node": lambda: Tensor([1.5], requires_grad=True) * 2.0,
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_written_where_it_lies(index, value):
    y, v = computed(), VALUES[value]()
    if isinstance(index, int) and np.ndim(v):
        v = v[0]
    before, expected = place(y), np.array(y.data)
    y[index] = v
    assert place(y) == before
    expected[numbers(index)] = numbers(v)
    np.testing.assert_array_equal(y.data, expected)
    assert y.op.name == "assign"


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_it_is_what_the_operation_gives(index, value):
    v = VALUES[value]()
    v = v[0] if isinstance(index, int) and np.ndim(v) else v
    found = []
    for short in (True, False):
        y = computed()
        if short:
            y[index] = v
        else:
            y = assign(y, v, index=np.array(index) if isinstance(index, list) else numbers(index))
        y.backward(cotangent_for(y.data))
        inputs = [np.asarray(getattr(x, "data", x)) for x in y.node.inputs]
        derivatives = y.local_derivative(np.arange(float(N)))
        found.append((*inputs, *derivatives, y.data, y.parents[0].parents[0].grad))
        assert y.op is assign
        assert list(y.node.parameters) == ["index"]
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("n", "kept"), [(64, True), (65, False), (1024, False)])
def test_a_version_keeps_the_data_of_a_few_numbers(n, kept):
    y = leaf((n,)) * 2.0
    y[0] = 1.0
    before = place(y)
    y[1] = 2.0
    assert (place(y) != before) == kept
    held = y.data
    expected = held.copy()
    y[2] = 3.0
    np.testing.assert_array_equal(held, expected)
    np.testing.assert_array_equal(y.parents[0].data, expected)
    assert (y.parents[0].data is held) == kept


def test_written_where_it_lies_without_a_graph():
    y = plain()
    before = place(y)
    y[1] = 5.0
    with no_grad():
        y[2:4] = Tensor(1.0, requires_grad=True)
    assert place(y) == before
    assert not y.requires_grad
    z = computed()
    before = place(z)
    with no_grad():
        z[0] = 7.0
    assert place(z) == before
    assert z.parents == ()
    np.testing.assert_array_equal(z.data[:2], [7.0, 4.0])


def saved(node):
    return node.local_derivative(np.ones(N))[0]


# every way in which somebody else may hold the array: who that is, and what numbers are seen there
HOLDERS = {
    "constant of a graph": (lambda y: leaf((N,)) * y.detach(), lambda z: z.node.inputs[1].data),
    "detached": (lambda y: y.detach(), lambda z: z.data),
    "data": (lambda y: y.data, np.array),
    "view of data": (lambda y: y.data[:10][::-1], np.array),
    "stretched data": (lambda y: np.broadcast_to(y.data, (2, N)), np.array),
    "memory": (lambda y: memoryview(y.data), np.array),
    "array of memory": (lambda y: np.asarray(memoryview(y.data)), np.array),
    "buffer": (lambda y: np.frombuffer(y.data), np.array),
    "capsule": (lambda y: np.from_dlpack(y.data), np.array),
    "iterator": (lambda y: y.data.flat, lambda i: i[:10]),
    "list": (lambda y: [{"of": (y.data,)}], lambda z: z[0]["of"][0]),
}
GRAPHS = {
    "saved by a product": (lambda y: (y * 2.0 * y).node, saved),
    "saved by a function": (lambda y: np.sin(y).node, saved),
    "saved by divide": (lambda y: (1.0 / y).node, saved),
    "saved as a part": (
        lambda y: np.sin(y.reshape(2, -1)).node,
        lambda z: z.local_derivative(1.0)[0],
    ),
    "saved by its own node": (lambda y: y.node, saved),
}


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("who", [*HOLDERS, *GRAPHS])
def test_others_keep_what_they_hold(who, tracked):
    y = np.exp(leaf((N,)) / N) if tracked else plain()
    if who in GRAPHS and not tracked:
        pytest.skip("saves nothing")
    hold, see = (HOLDERS | GRAPHS)[who]
    holder = hold(y)
    before = np.array(see(holder))
    y[3] = -7.0
    y[np.arange(N) > 20] = -8.0
    np.testing.assert_array_equal(see(holder), before)
    assert y.data[3] == -7.0
    assert y.data[-1] == -8.0


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize(
    "take",
    [
        lambda y: y[: N // 2],
        lambda y: y[: N - 1][1:],
        lambda y: next(iter(y.reshape(2, -1))),
        lambda y: y.reshape(2, -1).T,
        np.flip,
    ],
)
def test_views_show_what_is_written(take, tracked):
    y = np.exp(leaf((N,)) / N) if tracked else plain()
    expected = y.data.copy()
    view, view_of_array = take(y), take(expected)
    for a in (y, expected):
        a[3] = -7.0
        a[np.arange(N) > 20] = -8.0
    np.testing.assert_array_equal(view.data, view_of_array)
    np.testing.assert_array_equal(y.data, expected)


def test_what_is_no_longer_held_is_written_into():
    y = computed()
    held = y.data, y[:100], y.detach(), y * 2.0
    before = place(y)
    del held
    y[0] = 1.0
    assert place(y) == before


def test_an_array_of_the_user_and_a_view_are_not_written_into():
    mine = np.arange(float(N))
    y = Tensor(mine)
    y[0] = 5.0
    t = Tensor(0.0)
    t.data = mine
    t[0] = 7.0
    np.testing.assert_array_equal(mine, np.arange(float(N)))
    x = leaf((N,))
    with no_grad():
        old = x.data
        x[0] = 9.0
    assert (old[0], x.data[0]) == (1.0, 9.0)


def test_other_names_of_the_tensor_see_it():
    y = computed()
    z = y
    y[0] = 9.0
    assert z.data[0] == 9.0


def test_a_small_part_is_an_array_of_its_own():
    # or a row that a graph saves would have every later assignment copy
    y = computed().reshape(100, -1) * 1.0
    before = place(y)
    for t in range(1, 100):
        y[t] = np.sin(y[t - 1])
    assert place(y) == before
    assert np.shares_memory(y.data, y[:50].data)  # a large one is a view


FAILING = {
    "shape": (slice(3), np.ones(4), ValueError),
    "last index": (np.array([0, 1, N]), 5.0, IndexError),
    "last index of an array": (np.array([0, 1, N]), np.ones(3), IndexError),
    "negative": ([0, 1, -N - 1], np.ones(3), IndexError),
    "number of a mask": (np.arange(N) > 3, np.ones(4), ValueError),
    "length of a mask": (np.ones(N + 1, bool), 1.0, IndexError),
    "axes": ((0, 0), 1.0, IndexError),
    "text": (0, "a", TypeError),
    "number": (0, 10**400, OverflowError),
    "range": (slice(3), np.array([1e300, 1.0, 1.0]), RuntimeWarning),
    "range of a number": (slice(3), 1e300, RuntimeWarning),
    "node": (slice(3), leaf((4,)), ValueError),
}


@pytest.mark.parametrize("start", [computed, plain])
@pytest.mark.parametrize("name", FAILING)
def test_what_fails_changes_nothing(name, start):
    index, value, error = FAILING[name]
    y = start()
    if error is RuntimeWarning:
        y = y.astype(np.float32) * np.float32(1.0)
    node, before, at = y._node, y.numpy(), place(y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error):
            y[index] = value
    assert y._node is node
    assert place(y) == at
    np.testing.assert_array_equal(y.data, before)


@pytest.mark.parametrize("value", [300, -1, float("nan"), 1.5, 7, np.array([300])])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, bool])
def test_numbers_are_taken_as_numpy_takes_them(dtype, value):
    arrays = Tensor(np.ones(N, dtype)), np.ones(N, dtype)
    found = []
    for z in arrays:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                z[:1] = value
            found.append(np.array(z.data))
        except (OverflowError, ValueError) as error:
            found.append(np.array(type(error).__name__))
    assert found[0].dtype == found[1].dtype
    np.testing.assert_array_equal(*found)


def test_without_counts_of_references_everything_is_copied(monkeypatch):
    monkeypatch.setattr(references, "_ONE", -1)
    y = computed()
    before = place(y)
    y[0] = 1.0
    assert place(y) != before
    monkeypatch.delattr("sys.getrefcount")
    assert references._count_of_one() == -1


def test_who_holds_an_array():
    def held(make):
        return references.held_once({0: make()}.get, 0)

    mine = np.ones(3)
    frozen = np.ones(3)
    frozen.flags.writeable = False
    assert held(lambda: np.ones(3))
    assert not held(lambda: mine)
    assert not held(lambda: mine[:2])
    assert not held(lambda: np.ones(3)[:2])
    assert not held(lambda: np.broadcast_to(1.0, 3))
    assert not held(lambda: np.recarray(3, float))
    assert not held(object)
    places = {0: frozen}
    del frozen
    assert not references.held_once(places.get, 0)


def test_a_variable_of_the_caller_does_not_count(monkeypatch):
    def given(array):
        places = [array]
        del array
        return references.held_once(places.__getitem__, 0, by_caller=True)

    def caller(others):
        array = np.ones(3)
        others.extend([array] * others.count(None))
        return given(array)

    assert caller([])
    assert not caller([None])
    monkeypatch.setattr(references, "_VARIABLE", -1)
    assert not caller([])


def test_a_program_reads_a_tensor_that_was_assigned_to():
    weights = plain()
    step = jit(lambda x: (x * weights).sum())
    x = Tensor(np.ones(N))
    for k in (1.0, 5.0, 9.0):
        weights[0] = k
        assert float(step(x)) == weights.data.sum()


@jit
@value_and_grad
def looped(x):
    y = x * 1.0
    for i in range(1, 4):
        y[i] = y[i - 1] * y[i]
    y[5:] = 0.0
    return (y * y).sum()


def test_assignments_in_a_program():
    for _ in range(3):
        _, gradient = looped(leaf((N,)).data)
        expected = np.zeros(N)
        # y = 1, 2, 6, 24, 5
        expected[:5] = [2 * (1 + 4 + 36 + 576), 4 + 36 + 576, (36 + 576) * 2 / 3, 576 / 2, 10.0]
        np.testing.assert_allclose(gradient, expected)
