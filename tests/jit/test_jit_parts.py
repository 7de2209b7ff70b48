"""Parts of an array that is written to under jit are views, as in NumPy."""

import numpy as np
import pytest

from autograd import grad, jit

from .scans import BACKENDS

X = np.arange(1.0, 10.0).reshape(3, 3)


def augmented(x):
    x[1:] += x[:-1]
    x[0] *= 2.0
    x[:, 1] -= x[:, 0]
    return x


def through_a_name(x):
    part = x[1:]
    part += 1.0
    inner = part[:, ::-1]
    inner[0] = inner[1] * 3.0
    return x, part, inner


def a_part_follows(x):
    part = x[:2, 1:]
    inner = part[0]
    x *= 10.0
    x[0, 1] = -1.0
    return part * 1.0, inner * 1.0


def rows(x):
    for i, row in enumerate(x):
        row += i
        row[0] = 0.0
    return x


def numbers_stay(x):
    number, total = x[0, 0], x[0, 1]
    x[0] = 7.0
    number += 1.0
    total += number
    return x, number, total


def put_back(x):
    part = x[1:]
    x += 1.0
    x[1:] = part
    part -= 0.5
    return x


def of_a_result(x):
    y = np.outer(x[0], x[1])
    y[0] += x[2]
    z = y[None, 1:]
    z *= 2.0
    return y, z


def a_row_of_its_own(x):
    column = x[:, 0]
    flat, copied = column.ravel(), np.ravel(column)
    flat += 1.0
    copied -= 1.0
    return x, column, flat, copied


def parts_spread_by_arrays(x):
    first, second = x[0], x[1]
    x[np.array([True, False, True])] = first
    y = x * 2.0
    y[True] = second
    y[:, np.array([0, 2])] = y[:, :2]
    return x, y


PROGRAMS = [
    augmented,
    through_a_name,
    a_part_follows,
    rows,
    numbers_stay,
    put_back,
    of_a_result,
    a_row_of_its_own,
    parts_spread_by_arrays,
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_as_in_numpy(program, backend):
    expected = program(X.copy())
    run = jit(program, backend=backend)
    for _ in range(3):
        found = run(X.copy())
        pairs = zip(found, expected, strict=True) if type(found) is tuple else [(found, expected)]
        for a, b in pairs:
            np.testing.assert_allclose(a, b, rtol=1e-14)


def test_gradients_through_parts():
    """sum w y of y_0 = x_0², y_i = x_i y_(i-1): a running product."""
    w = np.array([1.0, -2.0, 3.0])

    def f(x):
        x[:1] *= x[:1]
        for i in range(2):
            x[i + 1 : i + 2] *= x[i : i + 1]
        return np.sum(w * x)

    a, b, c = x = np.array([2.0, 3.0, 0.5])
    expected = [w @ [2 * a, 2 * a * b, 2 * a * b * c], w @ [0, a * a, a * a * c], w[2] * a * a * b]
    for _ in range(2):
        np.testing.assert_allclose(grad(jit(f))(x), expected)
        np.testing.assert_allclose(jit(grad(f))(x), expected)
