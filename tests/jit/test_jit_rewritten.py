"""A jitted function that writes into an array after it used it: what was used stays as it was."""

import numpy as np
import pytest

from autograd.jit import jit
from autograd.jit.c.build import compiler

BACKENDS = ["numpy", *(["c"] if compiler() is not None else [])]


def factor_that_grows(x):
    c = np.array([1.0, 2.0, 3.0])
    y = x * c
    c += 1.0
    return y + c


def buffer(x):
    b, y = np.zeros(3), x * 0.0
    for i in range(3):
        b[:] = i
        y = y + x * b
    return y


def positions(x):
    i = np.array([0, 1])
    y = x[i]
    i += 1
    return 10.0 * y + np.take(x, i)


def mask(x):
    m, y = np.array([True, False, False]), x * 1.0
    y[m] = 7.0
    m[:] = True
    return y


def part_of_a_call(x):
    tail = np.zeros(2)
    y = np.concatenate([x, tail])
    tail += 1.0
    return y + np.concatenate([x, tail])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", [factor_that_grows, buffer, positions, mask, part_of_a_call])
def test_arrays_are_used_as_they_were(f, backend):
    fast = jit(f, backend=backend)
    for x in (np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 4.0])):
        np.testing.assert_array_equal(fast(x), f(x))


def times_one(x):
    y = x * 1
    x *= 2.0
    return y


def other_shape(x):
    y = (x + 0).reshape(3, 1)
    x[:] = x[::-1] + 1.0
    return y, x.sum()


def copied(x):
    y = x.T.copy()
    x += y
    return x * 0.5, y, y


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("f", [times_one, other_shape, copied])
def test_results_are_as_they_were_before_an_array_is_written(f, outside, backend):
    x, known = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
    fast = jit((lambda: f(x)) if outside else f, backend=backend)
    for _ in range(3):
        found = fast() if outside else fast(x)
        expected = f(known)
        pairs = zip(found, expected, strict=True) if f is not times_one else [(found, expected)]
        for a, b in pairs:
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(x, known)


def entry(x, y):
    z = x.copy()
    x += 1.0
    return z, x.sum(), x.astype(float), y.copy()


def exchanged(x, y):
    z = x.copy()
    x[...] = y
    y[...] = z
    return x * 1.0, z


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("f", [entry, exchanged])
def test_results_are_as_they_were_before_a_single_number_is_written(f, outside, backend):
    ours, theirs = (np.array(2.0), np.array(3.0)), (np.array(2.0), np.array(3.0))
    fast = jit((lambda: f(*ours)) if outside else f, backend=backend)
    for _ in range(3):
        found = fast() if outside else fast(*ours)
        np.testing.assert_array_equal(found, f(*theirs))
        np.testing.assert_array_equal(ours, theirs)
