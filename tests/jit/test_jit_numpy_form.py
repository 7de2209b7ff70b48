"""Steps rewritten into NumPy's fastest form give the same results, special values included."""

import numpy as np
import pytest

from autograd import Tensor, hvp
from autograd.jit import jit

EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1e308, -1.5, 2.5])


def agree(f, *arguments, rtol=1e-13):
    """Compare a function under jit with itself; return the source of its program."""
    compiled = jit(f, backend="numpy")
    with np.errstate(all="ignore"):
        for _ in range(2):
            ours, theirs = compiled(*arguments), f(*arguments)
            assert np.asarray(ours).dtype == np.asarray(theirs).dtype
            np.testing.assert_allclose(ours, theirs, rtol=rtol)
    return compiled.source(*arguments)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [10, 30_000, 200_000])
def test_masks_and_steps(n, dtype):
    with np.errstate(over="ignore"):
        x = np.resize(EDGES, n).astype(dtype)
    y = np.linspace(-1, 1, n).astype(dtype)
    zero = dtype(0)
    assert "[...] = " in agree(lambda x, y: y * (x > zero), x, y)
    assert "heaviside" not in agree(lambda x: np.heaviside(x, 0), x)
    assert "maximum" in agree(lambda x: np.maximum(np.heaviside(x, 0), 0.25), x)
    for other in (np.nan, -0.25):
        agree(lambda x, a=other: np.maximum(np.heaviside(x, 0), a), x)
    agree(lambda x: np.heaviside(x, 0.5), x)
    agree(lambda x: np.minimum(np.maximum(x * 2, 0.25), 0.75), x)
    agree(lambda x: np.fmin(np.fmax(x, 0.25), 0.75) + np.sign(x * 3), x)


def test_a_leaky_relu_by_its_slope():
    def f(x, leak):
        return np.maximum(x, x * leak) * np.maximum(np.heaviside(x, 0), leak)

    for leak in (0.1, 1.0, 0.0, 1.5):
        source = agree(lambda x, leak=leak: f(x, leak), EDGES)
        assert source.count("maximum(") == (1 if leak == 0.1 else 2), leak
    assert "sign" not in agree(lambda x: np.maximum(x, x * 0.1), EDGES)
    assert "sign" in agree(lambda x: np.maximum(x, 0) * np.heaviside(x, 0), EDGES)


@pytest.mark.parametrize("n", [3, 40_000])
def test_one_division_for_a_row(n):
    x = np.random.default_rng(0).normal(size=(n, 9))
    x[0] = 0

    def unit(x):
        return x / np.sqrt((x * x).sum(axis=1, keepdims=True))

    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    few = n == 3
    assert ("reciprocal" in agree(unit, x)) is not few
    assert ("reciprocal" in agree(softmax, x)) is not few
    assert np.isnan(jit(unit, backend="numpy")(x)[0]).all()
    # a total that may be so small that its reciprocal is infinite
    tiny = np.full((n, 9), 1e-310)
    assert "reciprocal" not in agree(lambda x: x / x.sum(axis=1, keepdims=True), tiny)
    assert "reciprocal" not in agree(lambda x: x / x.max(axis=1, keepdims=True), tiny)


def test_signs_that_all_users_take():
    x, y, z = np.random.default_rng(0).normal(size=(3, 50))

    def f(x, y, z):
        n = -x  # in a product that is added, and in two sums
        m = -(y * z)
        return (n * y + z) * (n - y) - (m + n) * (z + m) + m / (n + x * 2)

    assert agree(f, x, y, z).count("negative") <= 1
    assert "negative" in agree(lambda x: (-x).cumsum() + -x, x)
    # a difference of negated arrays, and the sum of both where its sign is not taken
    assert agree(lambda x, y: np.exp(-x - -y) * np.exp(-x + -y), x, y).count("negative") == 1
    # the sign of a zero that is divided by
    agree(lambda x: 1 / (-x), np.zeros(2))
    one, other = np.ones(2), -np.ones(2)
    agree(lambda x, y: 1 / (-x + -y), one, other)
    agree(lambda x, y: x + 1 / (-x - y), one, other)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [4, 40_000])
def test_what_is_added_twice_is_doubled_in_its_short_factor(n, dtype):
    rng = np.random.default_rng(1)
    x, s = rng.uniform(size=(2, n, 16)).astype(dtype)
    x[0, :3] = np.nan, np.inf, -0.0
    row = rng.uniform(size=(n, 1)).astype(dtype)

    def count(f):
        return agree(f, x, s, row, rtol=100 * np.finfo(dtype).eps).count("add(")

    large = n > 4
    assert count(lambda x, s, row: (s + row * x) + row * x) == 2 - large
    assert count(lambda x, s, row: (row * 0.3 * x + s) + row * 0.3 * x) == 2 - large
    # the sum is needed as well, the product once more, no short factor
    assert count(lambda x, s, row: (row * x + s) * ((row * x + s) + row * x)) == 2
    assert count(lambda x, s, row: ((s + row * x) + row * x) / (row * x)) == 2
    assert count(lambda x, s, row: (s + s * x) + s * x + row) == 3
    assert count(lambda x, s, row: (row * x + row * x) + row * x) <= 2


def test_numbers_beside_arrays_and_in_arrays_of_one():
    w, one, row = np.array([[3.0]]), np.array([[-1.0]]), np.array([[0.5, np.nan, 2.0, 2.0]])

    def f(x):
        y = np.exp(-(w * x)) + 1  # one number in its own place
        return (row * y - one) / (y + w), (w * x).max()

    compiled = jit(f, backend="numpy")
    for x in (0.25, 0.5):
        for ours, theirs in zip(compiled(x), f(x), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-15)


@pytest.mark.parametrize("n", [2, 7, 300])
@pytest.mark.parametrize("name", ["max", "min"])
def test_extreme_entries_of_few(name, n):
    x = np.random.default_rng(n).normal(size=(1, n))

    def f(x):
        y = x * 2.0  # an array of the program's own
        row, number = getattr(y, name)(axis=1, keepdims=True), getattr(y, name)()
        return (y - row) * number

    source = agree(f, x)
    assert (f".arg{name}()" in source) is (n <= 256)
    x[0, n // 2] = np.nan
    agree(f, x)


def test_parts_are_computed_in_their_places():
    x, v = np.random.default_rng(0).normal(size=(2, 12))

    def f(x):
        a, b = x[1:], x[:-1]
        return (100 * (a - b * b) ** 2).sum() + ((1 - b) ** 2).sum() + (x[::3] ** 3).sum()

    def product(x, v):
        return hvp(f, x, v)

    compiled = jit(product, backend="numpy")
    for k in (1, 2, 3):
        a, b = x[1:] * k, x[:-1] * k
        h = np.zeros((12, 12))
        i = np.arange(11)
        h[i, i] += 1200 * b * b - 400 * a + 2
        h[i + 1, i + 1] += 200
        h[i, i + 1] = h[i + 1, i] = -400 * b
        j = np.arange(0, 12, 3)
        h[j, j] += 6 * x[j] * k
        np.testing.assert_allclose(compiled(x * k, v), h @ v, rtol=1e-12)
    t = Tensor(x, requires_grad=True)
    w = Tensor(v)

    def both():
        t.grad = None
        y = t[2:7] * w[:5]
        (y * y).sum().backward()
        return y

    y = jit(both, backend="numpy")
    kept = y().data
    np.testing.assert_allclose(t.grad[2:7], 2 * x[2:7] * v[:5] ** 2, rtol=1e-14)
    w.data *= 2
    y()
    np.testing.assert_allclose(kept, x[2:7] * v[:5], rtol=1e-15)
    np.testing.assert_allclose(t.grad[2:7], 8 * x[2:7] * v[:5] ** 2, rtol=1e-14)
    assert not t.grad[:2].any()
    assert not t.grad[7:].any()


def test_one_array_in_two_places():
    a, b = (Tensor(np.ones(9), requires_grad=True) for _ in range(2))
    w = Tensor(np.zeros(5))

    @jit(backend="numpy")
    def step():
        a.grad = b.grad = None
        ((a[2:7] + b[:5]) * w).tanh().sum().backward()

    for k in (1.0, 2.0):
        w.data[:] = k * np.arange(5) / 8
        step()
        g = w.data / np.cosh(2 * w.data) ** 2
        np.testing.assert_allclose(a.grad, [0, 0, *g, 0, 0], rtol=1e-12)
        np.testing.assert_allclose(b.grad, [*g, 0, 0, 0, 0], rtol=1e-12)


@pytest.mark.parametrize("n", [5, 200_000])
def test_gradients_stand_in_one_array_unless_it_is_kept(n):
    x, y = (Tensor(np.linspace(1, 2, n), requires_grad=True) for _ in range(2))

    @jit(backend="numpy")
    def step(k):
        x.grad = y.grad = None
        (np.tanh(x * k) + k * y).sum().backward()  # y's is one number in all entries

    def check(k):
        np.testing.assert_allclose(x.grad, k / np.cosh(k * x.data) ** 2, rtol=1e-12)
        np.testing.assert_array_equal(y.grad, np.full(n, k))

    seen = set()
    for k in (0.5, 0.25, 0.125, 0.0625):
        step(k)
        check(k)
        seen.add(id(x.grad))
    assert len(seen) == 1
    for keep in (lambda: x.grad, lambda: x.grad[1:], lambda: memoryview(x.grad)):
        kept = keep()
        before = np.array(kept)
        step(0.5)
        check(0.5)
        step(0.75)
        check(0.75)
        np.testing.assert_array_equal(kept, before)
        del kept


def test_one_gradient_of_two_leaves():
    x, y = (Tensor(np.linspace(1, 2, 9), requires_grad=True) for _ in range(2))

    @jit(backend="numpy")
    def step():
        x.grad = y.grad = None
        np.tanh(x + y).sum().backward()
        return x.grad

    for _ in range(3):
        returned = step()
        assert x.grad is not y.grad
        assert not np.shares_memory(x.grad, y.grad)
        assert not np.shares_memory(np.asarray(returned), y.grad)
        for g in (x.grad, y.grad, returned):
            np.testing.assert_allclose(g, 1 / np.cosh(2 * x.data) ** 2, rtol=1e-11)
        x.grad[:] = 0
        np.testing.assert_allclose(y.grad, 1 / np.cosh(2 * x.data) ** 2, rtol=1e-11)


@pytest.mark.parametrize("n", [6, 90_000])
def test_what_leads_to_an_update_may_stand_in_its_place(n):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(8, n))
    held = [[Tensor(a.copy(), requires_grad=True) for a in start[4 * k :][:4]] for k in range(2)]
    plain = [[a.copy() for a in start[4 * k :][:4]] for k in range(2)]

    @jit(backend="numpy")
    def step(rate):
        for p, m, v, u in held:
            g = np.tanh(p.data)
            decayed, old = m.data * 0.5, v.data * 0.25  # which are needed again
            m.data[...] = decayed + g
            v.data[...] = old + g * g
            u.data[...] = u.data * 2.0 - old * rate
            p.data[...] = p.data - rate * decayed / (np.abs(v.data) + 1.0)

    for rate in (0.1, 0.2, 0.3):
        step(rate)
        for k, (p, m, v, u) in enumerate(plain):
            g, decayed, old = np.tanh(p), m * 0.5, v * 0.25
            m, v, u = decayed + g, old + g * g, u * 2.0 - old * rate
            plain[k] = [p - rate * decayed / (np.abs(v) + 1.0), m, v, u]
        for ours, theirs in zip(held, plain, strict=True):
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a.data, b, rtol=1e-12)


@pytest.mark.parametrize("leak", [-0.5, 0.0, 0.25, 1.0, 1.5, 2.5])
@pytest.mark.parametrize("middle", [0.0, 0.5, 1.0])
def test_slopes_between_two_numbers(leak, middle):
    """A sum of a leak and of the rest of 1 times a step is a maximum for some leaks only."""
    agree(lambda x: leak + (1 - leak) * np.heaviside(x, middle), EDGES)
    agree(lambda x: (1 - leak) * np.heaviside(x, middle) + leak, EDGES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("shape", [(16, 2), (40, 10), (40, 16), (3, 10), (40, 17), (40, 1), (0, 3)])
def test_extrema_of_short_rows(dtype, shape):
    x = np.random.default_rng(0).normal(size=shape) * 100
    if dtype is not np.int64 and x.size > 6:
        x.flat[:5] = np.nan, np.inf, -np.inf, 0.0, -0.0
    x = x.astype(dtype)
    for keepdims in (False, True):
        agree(lambda x, k=keepdims: x.max(axis=1, keepdims=k) * 2, x)
        agree(lambda x, k=keepdims: 1 - x.min(axis=1, keepdims=k), x)
    found = agree(lambda x: x - x.max(axis=1, keepdims=True), x)
    by_columns = shape[0] >= 16 and 1 < shape[1] <= 16
    assert by_columns == ("[...] = in0" in found)
    agree(lambda x: x.T.max(axis=0) * 2 + x.T[:, ::-1].max(axis=0), x)
