"""Counts, lengths and positions under jit, on which the shape of a result depends.

A replay with others must notice it: NumPy gives what is expected, by the function without jit.
"""

import numpy as np
import pytest

from autograd import Tensor, grad, jit
from autograd.jit.c import build as c_build

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
BACKENDS = ["numpy", pytest.param("c", marks=needs_compiler)]
X = np.arange(1.0, 7)
M = np.arange(12.0).reshape(3, 4)
S = M[:, :3]
MASK = np.array([True, False, True, True])
windows = np.lib.stride_tricks.sliding_window_view
# not for tensors with recorded counts
OF_ARRAYS = {"pad", "resize", "diag of a vector", "lstsq"}
# name: function, its array, and counts that are passed one after the other
COUNTS = {
    "repeat": (np.repeat, X[:3], [[1, 0, 2], [2, 2, 2], [3, 0, 0]]),
    "repeat by a keyword": (lambda x, n: np.repeat(x, repeats=n), X[:3], [[1, 0, 2], [2, 2, 2]]),
    "repeat as a method": (lambda x, n: x.repeat(n), X[:3], [[1, 0, 2], [2, 2, 2]]),
    "repeat rows": (lambda x, n: np.repeat(x, n, 0), M, [[1, 0, 2], [2, 2, 2]]),
    "repeat all": (np.repeat, M, [2, 3, [1], [4]]),
    "split": (lambda x, n: np.split(x, n)[0], X, [[2, 3], [1, 5], [4, 5]]),
    "split into parts": (lambda x, n: np.concatenate(np.split(x, n)[::-1]), X, [2, 3, 6, [1, 5]]),
    "array_split": (lambda x, n: np.array_split(x, n)[0], X, [2, 3, 4]),
    "tile": (np.tile, X, [2, 3, 1, [2, 1], [1, 2]]),
    "pad": (np.pad, X, [2, 3, 1, [2, 1], [1, 4]]),
    "resize": (np.resize, X, [2, 3, 9, [2, 2], [3, 1]]),
    "diag": (np.diag, S, [0, 1, 2, -1]),
    "diag of a vector": (np.diag, X, [0, 1, 2, -1]),
    "diagonal": (np.diagonal, M, [0, 1, 3, -1]),
    "diff": (np.diff, X, [1, 2, 3]),
    "vander": (np.vander, X, [1, 2, 3]),
    "sliding_window_view": (windows, X, [1, 2, 3]),
    "cumsum along an axis": (np.cumsum, M, [0, 1]),
    "take along an axis": (lambda x, n: np.take(x, [0, 1], n), M, [0, 1]),
    "argmax along an axis": (np.argmax, M, [0, 1]),
    "ix_": (lambda x, n: x[np.ix_(n, MASK)], M, [[True, False, True], [True] * 3]),
    "lstsq": (lambda x, n: np.linalg.lstsq(x * n, X[:3])[1], M[:, 1:3], [1.0, 0.0]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", COUNTS)
def test_counts_that_change(name, backend):
    f, x, counts = COUNTS[name]
    of_arrays, of_tensors = (jit(lambda x, n: f(x, n) * 2, backend=backend) for _ in range(2))
    for n in [np.array(n) if isinstance(n, list) else n for n in counts * 2]:
        expected = np.asarray(f(x, n) * 2)
        np.testing.assert_array_equal(of_arrays(x, n), expected)
        assert of_arrays(x, n).shape == expected.shape
        if name not in OF_ARRAYS:
            found = of_tensors(Tensor(x), n)
            np.testing.assert_array_equal(getattr(found, "data", found), expected)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", sorted(set(COUNTS) - {"resize"}))
def test_counts_that_are_not_arguments(name, backend):
    f, x, (first, *others) = COUNTS[name]
    n = np.array(first)
    compiled = jit(lambda x: f(x, n) * 2, backend=backend)
    for m in [first, *[m for m in others if np.shape(m) == n.shape]]:
        n[...] = m
        np.testing.assert_array_equal(compiled(x), f(x, n) * 2)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["repeat", "repeat rows", "sliding_window_view", "ix_"])
def test_gradients_for_counts_that_change(name, backend):
    f, x, counts = COUNTS[name]
    slope = grad(lambda x, n: np.sum(f(x, n) ** 2))
    compiled = jit(slope, backend=backend)
    for n in [np.array(n) if isinstance(n, list) else n for n in counts * 2]:
        used = np.bincount(
            np.asarray(f(np.arange(x.size).reshape(x.shape), n)).ravel(), None, x.size
        )
        expected = 2 * x * used.reshape(x.shape)
        np.testing.assert_array_equal(compiled(x, n), expected)
