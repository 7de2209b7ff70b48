"""Fast paths for large arrays give the results of plain NumPy calls."""

import itertools
import operator

import numpy as np
import pytest

from autograd import (
    Tensor,
    arithmetic,
    linear,
    log_softmax,
    logsumexp,
    softmax,
    softmax_cross_entropy,
)
from autograd.arithmetic import LARGE, by_rows, choose, sum_product_to, sum_to
from autograd.ops import piecewise

OPERATORS = {
    np.add: (operator.add, lambda g, x, y: (g, g)),
    np.subtract: (operator.sub, lambda g, x, y: (g, -g)),
    np.multiply: (operator.mul, lambda g, x, y: (g * y, g * x)),
    np.divide: (operator.truediv, lambda g, x, y: (g / y, -g * x / (y * y))),
}
SHAPES = [
    ((64, 600), (64, 1)),
    ((64, 600), (600,)),
    ((64, 1), (64, 600)),
    ((8, 9, 700), (9, 1)),
    ((5, 8192), (5, 1)),
    ((1200, 30), (1200, 1)),
    ((60, 1), (1, 600)),
]


def drawn(shape, seed, dtype=np.float64):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape).astype(dtype)


def folded(g, shape):
    """Return g summed over the axes along which a shape was stretched to its own."""
    extra = g.ndim - len(shape)
    axes = [*range(extra), *(extra + i for i, n in enumerate(shape) if n == 1)]
    return g.sum(axis=tuple(axes)).reshape(shape)


@pytest.fixture(autouse=True)
def buffers_stay():
    before = np.getbufsize()
    yield
    assert np.getbufsize() == before


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("first", "second"), SHAPES)
@pytest.mark.parametrize("function", OPERATORS)
def test_operators(function, first, second, dtype):
    sign, derivatives = OPERATORS[function]
    a, b = drawn(first, 0, dtype), drawn(second, 1, dtype)
    x, y = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
    z = sign(x, y)
    assert z.size >= LARGE
    np.testing.assert_array_equal(z.data, function(a, b))
    g = drawn(z.shape, 2, dtype)
    z.backward(g)
    exact = derivatives(*(t.astype(np.float64) for t in (g, a, b)))
    tolerance = 1e-12 if dtype is np.float64 else 1e-4
    for t, expected in zip((x, y), exact, strict=True):
        np.testing.assert_allclose(t.grad, folded(expected, t.shape), rtol=tolerance)
        assert t.grad.dtype == dtype


def test_stretched_gradients_of_squares_and_of_sums():
    a = drawn((64, 600), 0)
    x = Tensor(a, requires_grad=True)
    ((x * x).mean(axis=1) + x.sum(axis=1)).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * a / 600 + 1, rtol=1e-14)


def test_softmax_family():
    a = drawn((64, 600), 0)
    e = np.exp(a)
    p = e / e.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(a), p, rtol=1e-13)
    np.testing.assert_allclose(log_softmax(a), np.log(p), rtol=1e-13)
    g = drawn(a.shape, 1)
    for function, expected in (
        (softmax, p * (g - (g * p).sum(axis=1, keepdims=True))),
        (log_softmax, g - p * g.sum(axis=1, keepdims=True)),
    ):
        x = Tensor(a, requires_grad=True)
        function(x).backward(g)
        np.testing.assert_allclose(x.grad, expected, rtol=1e-11, atol=1e-14)
    x = Tensor(a, requires_grad=True)
    z = logsumexp(x, axis=1)
    np.testing.assert_allclose(z.data, np.log(e.sum(axis=1)), rtol=1e-13)
    z.backward(a[:, 0])
    np.testing.assert_allclose(x.grad, a[:, :1] * p, rtol=1e-13)


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_cross_entropy(scale):
    a, t = drawn((64, 600), 0), drawn((64, 600), 1)
    p = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    x = Tensor(a, requires_grad=True)
    loss = softmax_cross_entropy(x, t, scale)
    np.testing.assert_allclose(loss.item(), -scale * np.sum(t * np.log(p)), rtol=1e-13)
    loss.backward()
    expected = scale * (p * t.sum(axis=1, keepdims=True) - t)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-11, atol=1e-13)


def test_spread():
    a = drawn((64, 600), 0)
    x = Tensor(a, requires_grad=True)
    z = np.std(x, axis=1)
    np.testing.assert_array_equal(z.data, np.std(a, axis=1))
    z.sum().backward()
    d = a - a.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(x.grad, d / (600 * np.std(a, axis=1, keepdims=True)), rtol=1e-12)


def test_layer():
    a, w, b = drawn((64, 3), 0), drawn((3, 600), 1), drawn(600, 2)
    z = linear(Tensor(a), Tensor(w, requires_grad=True), Tensor(b, requires_grad=True))
    np.testing.assert_array_equal(z.data, a.dot(w) + b)


@pytest.mark.parametrize("rows", [511, 512, 700])
@pytest.mark.parametrize("columns", [1, 3])
def test_many_rows_meet_a_small_matrix(rows, columns):
    a, w, b = drawn((rows, 5), 0), drawn((5, columns), 1), drawn(columns, 2)
    g = drawn((rows, columns), 3)
    for function in (operator.matmul, lambda x, y: linear(x, y, Tensor(b, requires_grad=True))):
        x, y = Tensor(a, requires_grad=True), Tensor(w, requires_grad=True)
        function(x, y).backward(g)
        np.testing.assert_allclose(x.grad, np.einsum("ij,kj->ik", g, w), rtol=1e-13)
        np.testing.assert_allclose(y.grad, np.einsum("ik,ij->kj", a, g), rtol=1e-13)
    x = Tensor(a, requires_grad=True)
    (x @ w).backward(g)
    np.testing.assert_allclose(x.grad, np.einsum("ij,kj->ik", g, w), rtol=1e-13)


ROW = np.linspace(0, 1, 600)


@pytest.mark.parametrize("turn", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        (drawn((64, 600), 1), drawn((64, 600), 2)),
        (drawn((64, 600), 1).T.copy().T, -np.inf),
        (2, drawn((64, 600), 1).astype(np.float32)),
        (ROW, ROW[:64, None].astype(np.float32)),
        (np.arange(600), 3.5),
        (np.nan, np.arange(64)[:, None]),
        (np.arange(600), True),
    ],
)
def test_a_choice_by_a_mask_that_changes_often(turn, x, y):
    mask = turn(drawn((64, 600), 0) > 1.2)
    found, expected = choose(mask, x, y), np.where(mask, x, y)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("function", "times"), [(np.add, 2), (np.divide, 2), (np.power, 0), (np.maximum, 0)]
)
def test_only_arithmetic_is_done_with_the_smallest_buffer(monkeypatch, function, times):
    sizes, x, y = [], np.full((64, 600), 2.0), np.ones((64, 1))
    monkeypatch.setattr(np, "setbufsize", lambda size: sizes.append(size) or 8192)
    np.testing.assert_array_equal(by_rows(function, x, y), function(x, y))
    assert len(sizes) == times


def test_warnings_and_errors_are_those_of_the_caller():
    x, y = np.ones((64, 600)), np.zeros((64, 1))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        by_rows(np.divide, x, y)
    with np.errstate(divide="ignore"):
        assert np.isinf(by_rows(np.divide, x, y)).all()
    with pytest.raises(ValueError, match="could not be broadcast"):
        by_rows(np.divide, x, np.ones((63, 1)))


@pytest.mark.parametrize(
    "have", [s for n in (1, 2, 3) for s in itertools.product(range(4), repeat=n)]
)
def test_sums_over_broadcast_axes(have):
    g, h = drawn(have, 0), drawn(have, 1)
    for extra in range(len(have) + 1):
        for kept in itertools.product((False, True), repeat=len(have) - extra):
            shape = tuple(n if k else 1 for n, k in zip(have[extra:], kept, strict=True))
            for a in (g, np.asfortranarray(g)):
                np.testing.assert_allclose(sum_to(a, shape), folded(g, shape), rtol=1e-13)
                found = sum_product_to(a, h, shape)
                np.testing.assert_allclose(found, folded(g * h, shape), rtol=1e-13)
                assert found.shape == sum_to(a, shape).shape == shape


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 1, 4), (2, 2, 3, 4), (0, 3, 4), (4,)])
def test_stacks_meet_one_matrix(shape):
    a, w, b = drawn(shape, 0), drawn((4, 6), 1), drawn(6, 2)
    g = drawn((*shape[:-1], 6), 3)
    rows, down = a.reshape(-1, 4), g.reshape(-1, 6)
    of_x, of_w = np.einsum("...j,kj->...k", g, w), np.einsum("ik,ij->kj", rows, down)
    c = Tensor(b, requires_grad=True)
    for function in (operator.matmul, lambda x, y: linear(x, y, c)):
        x, y = Tensor(a, requires_grad=True), Tensor(w, requires_grad=True)
        z = function(x, y)
        shift = 0 if function is operator.matmul else b
        np.testing.assert_allclose(z.data, np.einsum("...k,kj->...j", a, w) + shift, rtol=1e-13)
        z.backward(g)
        np.testing.assert_allclose(x.grad, of_x, rtol=1e-13)
        np.testing.assert_allclose(y.grad, of_w, rtol=1e-13)
        if c.grad is not None:
            np.testing.assert_allclose(c.grad, down.sum(axis=0), rtol=1e-13)
        # either of the two alone
        x = Tensor(a, requires_grad=True)
        function(x, w).backward(g)
        y.grad = None
        function(Tensor(a), y).backward(g)
        np.testing.assert_allclose(x.grad, of_x, rtol=1e-13)
        np.testing.assert_allclose(y.grad, of_w, rtol=1e-13)


@pytest.mark.parametrize("fused", [True, False])
def test_one_matrix_at_every_step(fused):
    """The transpose of a recurrent matrix is laid out once a sweep, and afresh in the next one."""
    x0, w0, b0 = drawn((32, 40), 0), drawn((40, 40), 1) / 60, np.zeros(40)
    x, w, b = (Tensor(a, requires_grad=True) for a in (x0, w0, b0))
    for change in (1.0, 1.1):
        w.data[...] *= change
        m, h, states = w.data.copy(), x, [x0]
        for _ in range(40):
            h = (linear(h, w, b) if fused else h @ w + b).tanh()
            states.append(np.tanh(states[-1] @ m))
        h.sum().backward()
        g, of_w = np.ones_like(x0), np.zeros_like(w0)
        for before, after in zip(states[-2::-1], states[:0:-1], strict=True):
            g = g * (1 - after * after)
            of_w += before.T @ g
            g = g @ m.T
        np.testing.assert_allclose(x.grad, g, rtol=1e-10)
        np.testing.assert_allclose(w.grad, of_w, rtol=1e-10)
        x.grad = w.grad = b.grad = None


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("have", "other", "shape"),
    [
        ((40, 8, 120), (40, 8, 120), (1, 8, 1)),
        ((40, 8, 120), (8, 1), (40, 1, 120)),
        ((40, 120, 8), (40, 120, 8), (8,)),
        ((300, 120), (300, 120), (120,)),
        ((300, 120), (300, 1), ()),
        ((300, 120), (300, 1), (120,)),
        ((300, 120), (300, 1), (1, 120)),
        ((40000,), (40000,), (1,)),
        ((1, 300, 1, 120), (300, 1, 1), (1, 1, 120)),
    ],
)
def test_sums_of_many_products(have, other, shape, dtype):
    a, b = drawn(have, 0, dtype), drawn(other, 1, dtype)
    exact = folded(a.astype(np.float64) * b, shape)
    for x in (a, np.asfortranarray(a)):
        found = sum_product_to(x, b, shape)
        assert (found.shape, found.dtype) == (shape, dtype)
        np.testing.assert_allclose(found, exact, rtol=1e-12 if dtype is np.float64 else 1e-4)


@pytest.mark.parametrize(("shape", "at_once"), [((1,), True), ((), True), ((8,), False)])
def test_a_sum_of_many_products_to_one_number_makes_no_array_of_them(shape, at_once, monkeypatch):
    taken = []
    plain = arithmetic._contracted
    monkeypatch.setattr(arithmetic, "_contracted", lambda *x: taken.append(1) or plain(*x))
    a = drawn((LARGE // 8, 8), 0)
    np.testing.assert_allclose(sum_product_to(a, a, shape), folded(a * a, shape), rtol=1e-12)
    assert bool(taken) == at_once


MANY = np.random.default_rng(0)
INDICES = {
    "once": MANY.permutation(200),
    "once, negative": MANY.permutation(200) - 200,
    "repeated": MANY.integers(-200, 200, 200),
    "same place twice by sign": np.r_[np.arange(199), -2],
    "columns": (slice(None), MANY.integers(0, 300, 280)),
    "columns once": (slice(None, None, -1), MANY.permutation(300)[:250]),
    "matrix of rows": MANY.integers(0, 200, (30, 7)),
    "rows and columns": (MANY.integers(0, 200, 40000), MANY.integers(0, 300, 40000)),
    "rows and a column": (MANY.integers(0, 200, (40000, 1)), 7),
    "mask": MANY.random((200, 300)) < 0.7,
    "mask of rows": (MANY.random(200) < 0.7, slice(1, None)),
    "mask of columns": (slice(None), MANY.random(300) < 0.7),
    "new axis": (None, MANY.integers(0, 200, 200)),
    "none": np.arange(0),
    "no sign": MANY.permutation(200).astype(np.uint64),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_gradient_of_many_entries_picked(index, dtype):
    x = Tensor(drawn((200, 300), 0, dtype), requires_grad=True)
    z = x[index]
    np.testing.assert_array_equal(z.data, x.data[index])
    g = drawn(z.shape, 1, dtype)
    z.backward(g)
    expected = np.zeros(x.shape, dtype)
    np.add.at(expected, index, g)
    assert x.grad.dtype == dtype
    np.testing.assert_allclose(x.grad, expected, rtol=1e-13 if dtype is np.float64 else 1e-5)


@pytest.mark.parametrize("shape", [(200, 512), (200, 30, 20)])
@pytest.mark.parametrize(
    "name", ["once", "once, negative", "repeated", "same place twice by sign", "none", "no sign"]
)
def test_gradient_of_long_rows_picked(name, shape):
    x = Tensor(drawn(shape, 0), requires_grad=True)
    z = x[INDICES[name]]
    g = drawn(z.shape, 1)
    z.backward(g)
    expected = np.zeros(shape)
    np.add.at(expected, INDICES[name], g)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-13)


def test_as_many_positions_as_entries_are_no_mask():
    x, places = Tensor(drawn((LARGE,), 0), requires_grad=True), MANY.integers(0, LARGE, LARGE)
    z = x[places]
    np.testing.assert_array_equal(z.data, x.data[places])
    g = drawn(z.shape, 1)
    z.backward(g)
    np.testing.assert_allclose(x.grad, np.bincount(places, g, LARGE), rtol=1e-12, atol=1e-13)


def test_a_mask_of_many_rows():
    x, mask = Tensor(drawn((LARGE, 2), 0), requires_grad=True), MANY.random(LARGE) < 0.5
    z = x[mask]
    np.testing.assert_array_equal(z.data, x.data[mask])
    g = drawn(z.shape, 1)
    z.backward(g)
    np.testing.assert_array_equal(x.grad[mask], g)
    assert not x.grad[~mask].any()


def test_a_mask_of_many_entries_of_a_transposed_matrix():
    x, mask = Tensor(drawn((200, 300), 0).T, requires_grad=True), INDICES["mask"].T
    z = x[mask]
    np.testing.assert_array_equal(z.data, x.data[mask])
    g = drawn(z.shape, 1)
    z.backward(g, create_graph=True)
    np.testing.assert_array_equal(x.grad[mask].data, g)
    assert np.count_nonzero(x.grad.data) == np.count_nonzero(mask)


@pytest.mark.parametrize("stretched", [False, True])
def test_branches_not_taken_among_many_numbers(stretched):
    """The slope of a root at 0 is infinite: 0 times it, of what is masked out, is no nan."""
    x = Tensor(drawn((128, 600), 0), requires_grad=True)
    x.data[:, 7] = 0.0
    y = np.sum(x, axis=0) if stretched else x
    np.where(y > 0, np.sqrt(np.abs(y)), y).sum().backward()
    total = x.data.sum(axis=0) if stretched else x.data
    with np.errstate(divide="ignore"):
        expected = np.where(total > 0, 0.5 / np.sqrt(total), 0.0)
    # at 0 the other branch was taken, whose slope is 1
    expected[..., 7] = 1.0
    np.testing.assert_allclose(x.grad, np.broadcast_to(expected, x.shape), rtol=1e-12)


@pytest.mark.parametrize("function", [np.square, lambda x: x**2])
@pytest.mark.parametrize("along", [0, 1])
def test_square_of_rows(function, along):
    a, weights = drawn((64, 600), 0), drawn(600 if along == 0 else 64, 1)
    x = Tensor(a, requires_grad=True)
    (np.sum(function(x), axis=along) * weights).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * a * np.expand_dims(weights, along), rtol=1e-14)


@pytest.mark.parametrize(
    ("last", "slope"), [(4.0, 0.25), (0.0, np.inf), (-0.0, np.inf), (np.nan, np.nan), (np.inf, 0.0)]
)
def test_root(last, slope):
    a = np.append(drawn(LARGE, 0), last)
    x = Tensor(a, requires_grad=True)
    (x**0.5).sum().backward()
    np.testing.assert_allclose(x.grad, [*(0.5 / np.sqrt(a[:-1])), slope], rtol=1e-14)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("order_of_target", ["C", "F"])
def test_cross_entropy_by_columns(order, order_of_target):
    a, t = drawn((64, 600), 0), drawn((64, 600), 1)
    x = Tensor(np.asarray(a, order=order), requires_grad=True)
    loss = softmax_cross_entropy(x, np.asarray(t, order=order_of_target))
    p = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(loss.item(), -np.sum(t * np.log(p)), rtol=1e-13)
    loss.backward()
    expected = p * t.sum(axis=1, keepdims=True) - t
    np.testing.assert_allclose(x.grad, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("odd", [0.0, -0.0, 2.1, -2.1, 1e-30, -1e-30, 1e20, np.inf, np.nan])
@pytest.mark.parametrize("by", [0.7, -0.7, 0.0])
def test_divmod(by, odd, dtype):
    a = np.random.default_rng(0).normal(0, 3, LARGE)
    a[:1000] = np.rint(a[:1000]) * 0.7
    a = np.append(a, odd).astype(dtype)
    with np.errstate(all="ignore"):
        q, r = np.divmod(Tensor(a, requires_grad=True), by)
        expected = np.divmod(a, dtype(by))
    for found, wanted in zip((q, r), expected, strict=True):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.data, wanted)
        np.testing.assert_array_equal(np.signbit(found.data), np.signbit(wanted))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sign", [1, -1])
def test_quotients_of_more_digits_than_there_are(sign, dtype):
    a = (sign * drawn(LARGE, 0) / np.finfo(dtype).eps).astype(dtype)
    q, _ = np.divmod(Tensor(a, requires_grad=True), 0.7)
    np.testing.assert_array_equal(q.data, np.floor_divide(a, dtype(0.7)))


def test_quotients_by_infinity_have_a_sign():
    a = np.append(drawn(LARGE, 0), 0.0)
    for by in (np.inf, np.append(np.full(LARGE, np.inf), 0.3)):
        q, _ = np.divmod(Tensor(a, requires_grad=True), by)
        np.testing.assert_array_equal(q.data, np.zeros(LARGE + 1))
        assert not np.signbit(q.data).any()


def test_divmod_of_many_divides_once(monkeypatch):
    a = drawn(LARGE, 0)
    monkeypatch.setattr(piecewise.floor_divide, "forward", lambda *_: pytest.fail("divided again"))
    q, _ = np.divmod(Tensor(a, requires_grad=True), 0.3)
    np.testing.assert_array_equal(q.data, np.floor_divide(a, 0.3))
