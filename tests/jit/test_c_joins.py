"""concatenate and stack under jit: the same numbers, and in C without a call of NumPy."""

import numpy as np
import pytest

from autograd import Tensor, jit, scan, sigmoid
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build

pytestmark = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
ORDER = np.array([2, 0, 1])
JOINS = {
    "rows": lambda x, y: np.concatenate([x, y]),
    "columns": lambda x, y: np.concatenate([x, y[:, :1], x], axis=-1),
    "axis by position": lambda x, y: np.concatenate([x, y], 1),
    "one": lambda x, y: np.concatenate([x])[:, ::-1],
    "twice the same": lambda x, y: np.concatenate([x * y, x * y]),
    "of joins": lambda x, y: np.concatenate([np.concatenate([x, y], 1), np.hstack([y, y])]),
    "of a view of a join": lambda x, y: np.vstack([np.concatenate([x, y])[1:4].T, y[:, :3]]),
    "of stretched numbers": lambda x, y: np.concatenate([np.broadcast_to(x[:1, :1], (3, 4)), y]),
    "of constants": lambda x, y: np.concatenate([X[:, :2], x, np.ones((3, 1))], axis=1),
    "of truths": lambda x, y: np.concatenate([x > 0, y > 0]),
    "of other dtypes": lambda x, y: np.concatenate([x.astype("f4"), x > y, y]),
    "in a product": lambda x, y: np.concatenate([x, y]) @ np.concatenate([x, y]).T,
    "in a sum": lambda x, y: np.concatenate([x, y], axis=1).sum(axis=1) + y[:, 0],
    "of sums": lambda x, y: np.concatenate([x.sum(axis=0), y.sum(axis=1), x[0]]),
    "beside its parts": lambda x, y: [y - np.concatenate([x * 2, y])[2:5], x * 2],
    "stack": lambda x, y: np.stack([x, y]),
    "stack of numbers": lambda x, y: np.stack([x[0, 1], np.sin(y[2, 3]), 1.5, x.sum()]) * 2,
    "stack in the middle": lambda x, y: np.stack([x, y * 2, x], 1).sum(axis=2),
    "stack at the end": lambda x, y: np.stack([x, y], axis=-1).max(axis=-1),
    "long": lambda x, y: np.tanh(np.concatenate([np.tile(x, 700), np.tile(y, 700)], axis=1)),
}


@pytest.mark.parametrize("kind", [Tensor, np.asarray])
@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("name", JOINS)
def test_joins(name, backend, kind):
    f = JOINS[name]
    compiled = jit(f, backend=backend)
    for scale in (1.0, -0.5):
        expected, found = f(X * scale, Y), compiled(kind(X * scale), kind(Y))
        for x, y in zip(*[z if type(z) is list else [z] for z in (found, expected)], strict=True):
            x = x.data if kind is Tensor else x
            np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-15, strict=True)
    if backend == "c" and kind is Tensor and name != "long":
        assert compiled.show(kind(X), kind(Y)).splitlines()[-1] == "runs in C"


@pytest.mark.parametrize("axis", [2, -3])
def test_a_wrong_axis_is_an_error(axis):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        jit(lambda x: np.concatenate([x, x], axis), backend="c")(X)


def test_a_join_is_computed_before_what_it_is_made_of_changes():
    w, before = Tensor(X.copy()), Tensor(np.zeros((6, 4)))

    def step():
        both = np.concatenate([w.data, w.data * 2])
        w.data = w.data - 1
        before.data = both

    compiled = jit(step, backend="c")
    for k in range(3):
        compiled()
        np.testing.assert_allclose(before.data, np.concatenate([X - k, 2 * (X - k)]), rtol=1e-13)
        np.testing.assert_allclose(w.data, X - k - 1, rtol=1e-13)


def test_numpy_reads_what_c_joins_and_the_other_way():
    def f(x, y):
        both = np.concatenate([x * 2, np.sort(y)])
        return np.concatenate([np.sort(both, axis=0), both + 1])

    compiled = jit(f, backend="c")
    for _ in range(2):
        np.testing.assert_array_equal(compiled(X, Y), f(X, Y))
    assert "by NumPy: " in compiled.show(X, Y).splitlines()[-1]


def test_gradients_of_joins_are_their_parts():
    x, y, w = Tensor(X, requires_grad=True), Tensor(Y, requires_grad=True), RNG.normal(size=(3, 8))

    def step():
        x.grad = y.grad = None
        (np.concatenate([x, y * y], axis=1) * w).sum().backward()

    compiled = jit(step, backend="c")
    for _ in range(2):
        compiled()
        np.testing.assert_allclose(x.grad, w[:, :4], rtol=1e-13)
        np.testing.assert_allclose(y.grad, 2 * Y * w[:, 4:], rtol=1e-13)
    assert compiled.show().splitlines()[-1] == "runs in C"


def test_a_loop_whose_step_joins_is_in_c():
    w, b, xs = RNG.normal(size=(7, 16)) * 0.5, RNG.normal(size=16), RNG.normal(size=(6, 5, 3))

    def cell(carry, x):
        h, c = carry
        i, f, o, u = np.split(np.concatenate([x, h], axis=1) @ w + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
        return (sigmoid(o) * np.tanh(c), c), None

    compiled = jit(lambda h, c: scan(cell, (h, c), xs)[0][0], backend="c")
    h = c = np.zeros((5, 4))
    first = Tensor(h), Tensor(c)
    found = compiled(*first).data
    for x in xs:
        z = np.concatenate([x, h], axis=1) @ w + b
        i, f, o = (1 / (1 + np.exp(-z[:, k : k + 4])) for k in (0, 4, 8))
        c = f * c + i * np.tanh(z[:, 12:])
        h = o * np.tanh(c)
    np.testing.assert_allclose(found, h, rtol=1e-12, atol=1e-14)
    assert compiled.show(*first).splitlines()[-1] == "runs in C"


WITHIN = {
    "all but the first columns": ((3, 50), (slice(None), slice(2, None)), 1),
    "all but the last rows": ((9, 50), (slice(-2),), 1),
    "the middle": ((9, 8, 50), (slice(1, -1), slice(1, -1), slice(1, 49)), 6),
    "one of two": ((2, 40), (1,), 1),
    "with a new axis": ((4, 40), (None, slice(1, None), Ellipsis, slice(3, 38)), 3),
    "of one row": ((1, 40), (slice(None), slice(0, 39)), 1),
    "of one column": ((7, 1), (slice(2, 7),), 1),
    "a short row": ((9,), (slice(3, 9),), 1),
    # which have zeros first, and then the entries
    "less than half": ((3, 100), (slice(None), slice(49)), 0),
    "short rows": ((20, 8), (slice(None), slice(7)), 0),
    "every second": ((3, 100), (slice(None), slice(None, None, 2)), 0),
    "from behind": ((3, 100), (slice(None), slice(98, None, -1)), 0),
    "two columns of four": ((50, 2, 2), (slice(None), slice(None), 1), 0),
}


@pytest.mark.parametrize("name", WITHIN)
def test_arrays_within_zeros(name):
    shape, index, blocks = WITHIN[name]
    x = Tensor(RNG.normal(size=shape), requires_grad=True)
    w, inside = RNG.normal(size=shape), x.data[index]

    def step():
        x.grad = None
        ((x[index] * inside - 1) ** 2).sum().backward()
        x.grad = x.grad * w

    compiled = jit(step, backend="c")
    for _ in range(2):
        compiled()
        expected = np.zeros(shape)
        expected[index] = 2 * (x.data[index] * inside - 1) * inside
        np.testing.assert_allclose(x.grad, expected * w, rtol=1e-13, strict=True)
    assert compiled.show().splitlines()[-1] == "runs in C"
    # the blocks of zeros around it
    program = c_backend.c_program(compiled.program(), {})
    joins = program.emitter.joins.parts
    assert sum(len(parts) - 1 for parts in joins.values()) == blocks


def test_a_negative_zero_within_zeros():
    x = Tensor(np.ones(40), requires_grad=True)

    def step():
        x.grad = None
        (x[1:] * -0.0).sum().backward()

    compiled = jit(step, backend="c")
    compiled()
    assert np.signbit(x.grad).tolist() == [False] + [True] * 39


def test_arrays_within_zeros_that_checks_come_before():
    """Nothing is written before a check that may fail."""
    x, w = Tensor(RNG.normal(size=(3, 50)), requires_grad=True), RNG.normal(size=49)

    def step(scale):
        x.grad = None
        y = (x[:, 1:] * w).sum()
        (np.linalg.norm(x[:, :-1] * scale) * y).backward()
        x.data -= 0.01 * x.grad

    before = x.data.copy()
    compiled = jit(step, backend="c")
    for scale in (1.0, 2.0, 0.0, 1.0):
        compiled(scale)
    found, x.data = x.data.copy(), before
    for scale in (1.0, 2.0, 0.0, 1.0):
        step(scale)
    np.testing.assert_allclose(found, x.data, rtol=1e-12)
