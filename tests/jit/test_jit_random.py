"""Random programs under jit: eval = replay = grad of replay = replay of grad, at new numbers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import autograd as ag
from autograd import Tensor, grad
from autograd.jit import jit
from autograd.jit.c import build as c_build
from autograd.ops.indexing import put

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
PLACES = np.array([3, 0, 5, 3, 1, 7, 0, 2, 11, 4, 4, 9, 6, 3, 8, 10] * 20)
# where a program decides, rounding must not decide
MARGIN = 1e-7


def fitted(x, y):
    """Return y in a shape that goes with that of x, as NumPy broadcasts."""
    for axis, n in enumerate(y.shape[::-1]):
        if axis < x.ndim and n != 1 and x.shape[-1 - axis] not in (1, n):
            y = y.sum(axis=-1 - axis, keepdims=True)
    return y


def product(x, y):
    """Return a product of matrices or vectors, whatever the shapes."""
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    inner = x.shape[-1]
    rows = y.shape[-2] if y.ndim > 1 else y.shape[0]
    if rows == inner:
        return np.tanh(x @ fitted_batch(x, y))
    return np.tanh(x @ np.swapaxes(x, -1, -2)) if x.ndim > 1 else x @ x


def fitted_batch(x, y):
    """Return y without the leading axes that do not go with those of x."""
    while y.ndim > 2 and (x.ndim < y.ndim or x.shape[-3] != y.shape[-3]):
        y = y[0]
    return y


def axis_of(x, k):
    """Return an axis or None, by number."""
    return (None, *range(x.ndim))[k % (x.ndim + 1)]


def last(x):
    return x if x.ndim else np.reshape(x, (1,))


def picked(x, k):
    """Return entries by one of several kinds of index."""
    x = last(x)
    n = x.shape[0]
    several, some = np.arange(k + 1) * 2 % n, np.arange(n) % 2 == 0
    kinds = (k % n, slice(None, None, -1), several, (..., k % x.shape[-1]), None, some)
    return x[kinds[k % len(kinds)]]


def ordered(x, y, decide):
    """Take note of how far apart numbers are that a program compares."""
    decide(x - y)
    return x, y


def largest(x, k, decide, f):
    x = last(x)
    axis = k % x.ndim
    decide(np.diff(np.sort(x, axis=axis), axis=axis))
    return f(x, axis=axis)


def positions(x, k):
    """Return positions along the first axis of x, negative ones and some of them more than once."""
    return PLACES[: k + 2] % len(x) - len(x) * (k % 2)


def overwritten(x, k):
    """Return x with other numbers in some rows."""
    z = last(x) * 1.0
    z[positions(z, k)] = np.float64(0.5)
    return z


def best(x, k, decide):
    """Return the largest entries along an axis, read at their positions."""
    x, axis = last(x), k % max(x.ndim, 1)
    return np.take_along_axis(x, np.expand_dims(largest(x, k, decide, np.argmax), axis), axis=axis)


def added(x, k):
    """Return sums of rows of x that have the same position."""
    x = last(x)
    return put(x, index=PLACES[: len(x)] % 3, shape=(3, *x.shape[1:])) * 0.5


def windows(x, k):
    x = last(x)
    axis = k % x.ndim
    return sliding_window_view(x, min(k % 3 + 1, x.shape[axis]), axis=axis)


def plain(x):
    return np.asarray(getattr(x, "_data", x))


# name: function of two values, a small number, and what takes note of decisions
STEPS = {
    "add": lambda x, y, k, d: x + fitted(x, y),
    "subtract": lambda x, y, k, d: x * 0.5 - fitted(x, y),
    "multiply": lambda x, y, k, d: np.tanh(x) * fitted(x, y),
    "divide": lambda x, y, k, d: x / (1.5 + fitted(x, y) ** 2),
    "power": lambda x, y, k, d: (1.0 + np.tanh(x) ** 2) ** np.sin(fitted(x, y)),
    "constant": lambda x, y, k, d: 0.7 * x - k,
    "tanh": lambda x, y, k, d: np.tanh(x),
    "sin": lambda x, y, k, d: np.sin(x) + np.cos(y).mean(),
    "exp": lambda x, y, k, d: np.exp(-(x**2)),
    "log": lambda x, y, k, d: np.log(1.2 + x * x),
    "sqrt": lambda x, y, k, d: np.sqrt(0.3 + x * x),
    "sigmoid": lambda x, y, k, d: ag.sigmoid(x),
    "softplus": lambda x, y, k, d: ag.softplus(x),
    "relu": lambda x, y, k, d: ag.relu(ordered(x, 0.3, d)[0] - 0.3),
    "absolute": lambda x, y, k, d: abs(ordered(x, 0.1, d)[0] - 0.1),
    "maximum": lambda x, y, k, d: np.maximum(*ordered(x, fitted(x, y), d)),
    "minimum": lambda x, y, k, d: np.minimum(*ordered(x, fitted(x, y), d)),
    "clip": lambda x, y, k, d: np.clip(ordered(ordered(x, -0.4, d)[0], 0.6, d)[0], -0.4, 0.6),
    "where": lambda x, y, k, d: np.where(np.greater(*ordered(x, fitted(x, y), d)), np.sin(x), 2.0),
    "sum": lambda x, y, k, d: x.sum(axis=axis_of(x, k), keepdims=k % 2 == 0) * 0.3,
    "mean": lambda x, y, k, d: x.mean(axis=axis_of(x, k)),
    "var": lambda x, y, k, d: np.tanh(x.var(axis=axis_of(x, k))),
    "prod": lambda x, y, k, d: np.prod(np.tanh(x), axis=axis_of(x, k)),
    "max": lambda x, y, k, d: largest(x, k, d, np.max),
    "min": lambda x, y, k, d: largest(x, k, d, np.min),
    "sort": lambda x, y, k, d: largest(x, k, d, np.sort),
    "cumsum": lambda x, y, k, d: np.cumsum(last(x), axis=k % max(x.ndim, 1)) * 0.4,
    "softmax": lambda x, y, k, d: ag.softmax(last(x), axis=k % max(x.ndim, 1)),
    "log_softmax": lambda x, y, k, d: ag.log_softmax(last(x)) * 0.2,
    "logsumexp": lambda x, y, k, d: ag.logsumexp(x, axis=axis_of(x, k)),
    "matmul": lambda x, y, k, d: product(x, y),
    "index": lambda x, y, k, d: picked(x, k),
    "positions": lambda x, y, k, d: last(x)[positions(last(x), k)],
    "overwrite": lambda x, y, k, d: overwritten(x, k),
    "best": lambda x, y, k, d: best(x, k, d),
    "add at": lambda x, y, k, d: added(x, k),
    "windows": lambda x, y, k, d: windows(x, k) * 0.5,
    "cumprod": lambda x, y, k, d: np.cumprod(np.cos(last(x)), axis=k % max(x.ndim, 1)),
    "transpose": lambda x, y, k, d: np.transpose(x),
    "reshape": lambda x, y, k, d: np.reshape(x, (-1,) if k % 2 else (*x.shape, 1)),
    "stack": lambda x, y, k, d: np.stack([x, np.sin(x)], axis=k % (x.ndim + 1)),
    "concatenate": lambda x, y, k, d: np.concatenate([last(x), last(x) * 0.5], axis=-1),
    "stop": lambda x, y, k, d: ag.stop_gradient(x) * np.sin(x),
}
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), *[st.integers(0, 11)] * 3), min_size=1, max_size=9
)
SIZES = st.integers(1, 4)
# arrays of more entries than this are not taken further
LARGE = 300


def run(program, leaves, decide=lambda gap: None):
    """Return a scalar that depends on all that a program computes, and the last value."""
    values = list(leaves)
    for name, i, j, k in program:
        # what is new is chosen most often
        x, y = values[-1 - i % len(values)], values[-1 - j % len(values)]
        z = STEPS[name](x, y, k, decide)
        if 0 < z.size <= LARGE and z.ndim < 5:
            values.append(z)
    total = sum((z * weights_of(z)).sum() / z.size for z in values[len(leaves) :])
    return total + (leaves[0] * leaves[0]).sum(), values[-1]


def weights_of(z):
    return np.cos(np.arange(z.size).reshape(z.shape) + 1.0)


def inputs(rows, columns, seed):
    """Return a matrix, a vector and a number."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)), rng.normal(size=columns), rng.normal(size=())


def decides_by_rounding(program, arrays):
    gaps = []

    def decide(gap):
        gap = np.abs(plain(gap))
        gaps.append(np.any(gap < MARGIN))

    run(program, [Tensor(a) for a in arrays], decide)
    return any(gaps)


def assert_same(found, expected, rtol=1e-12):
    for y, x in zip(found, expected, strict=True):
        x, y = plain(x), plain(y)
        assert x.shape == y.shape
        assert x.dtype == y.dtype
        np.testing.assert_allclose(y, x, rtol=rtol, atol=rtol * max(1.0, np.abs(x).max()))


def check(program, rows, columns, seed, backend):
    """Compare a program with its replays, at three sets of numbers."""

    def value(*leaves):
        return run(program, leaves)

    def total(*leaves):
        return run(program, leaves)[0]

    def step(*leaves):
        for leaf in leaves:
            leaf.grad = None
        loss = run(program, leaves)[0]
        loss.backward()
        return loss

    everything = (0, 1, 2)
    replay, gradient = jit(value, backend=backend), jit(grad(total, everything), backend=backend)
    stepped, inside = jit(step, backend=backend), grad(jit(total, backend=backend), everything)
    taken = 0
    for k in range(4):
        arrays = inputs(rows, columns, seed + 1000 * k)
        if decides_by_rounding(program, arrays):
            continue
        taken += 1
        eager = [Tensor(a, requires_grad=True) for a in arrays]
        expected = step(*eager)
        slopes = [x.grad if x.grad is not None else np.zeros(x.shape) for x in eager]
        assert_same(replay(*map(Tensor, arrays)), value(*map(Tensor, arrays)))
        assert_same(gradient(*arrays), slopes)
        assert_same(inside(*arrays), slopes)
        leaves = [Tensor(a, requires_grad=True) for a in arrays]
        assert_same([stepped(*leaves)], [expected])
        for x, y in zip(leaves, eager, strict=True):
            assert (x.grad is None) == (y.grad is None)
        assert_same([x.grad for x in leaves if x.grad is not None],
                    [x.grad for x in eager if x.grad is not None])  # fmt: skip
    assume(taken > 1)
    assert replay.recordings == gradient.recordings == stepped.recordings == 1


@settings(max_examples=80)
@given(PROGRAMS, SIZES, SIZES, st.integers(0, 99))
def test_random_programs(program, rows, columns, seed):
    check(program, rows, columns, seed, "numpy")


@needs_compiler
@settings(max_examples=4)
@given(PROGRAMS, SIZES, SIZES, st.integers(0, 99))
def test_random_programs_in_c(program, rows, columns, seed):
    check(program, rows, columns, seed, "c")
