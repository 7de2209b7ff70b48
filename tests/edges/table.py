"""The edges: functions at their singular points, with first and second derivatives.

Expected values are limits or the library's stated conventions (ties share evenly, 0 at kinks), not
what any library happens to return. The second derivative is that of the sum of the first. Functions
take ``f``, a library by NumPy's names, and a point.
"""

from typing import Any, NamedTuple

import numpy as np

INF = np.inf
LOG2 = np.log(2.0)


class Edge(NamedTuple):
    """One line: ``second`` is None where there is nothing to say beyond the convention.

    ``convention`` marks points without a derivative, where another choice is not wrong.
    """

    function: Any
    point: Any
    first: Any
    second: Any
    convention: bool = False


def total(function):
    """Return the sum of the entries of a function."""
    return lambda f, x: f.sum(function(f, x))


TABLE = {
    "prod, no zero": Edge(
        lambda f, x: f.prod(x), [2.0, 3.0, 4.0], [12.0, 8.0, 6.0], [7.0, 6.0, 5.0]
    ),
    "prod, one zero": Edge(
        lambda f, x: f.prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0], [5.0, 3.0, 2.0]
    ),
    "prod, two zeros": Edge(
        lambda f, x: f.prod(x), [0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [2.0, 0.0, 2.0]
    ),
    "prod, three zeros": Edge(
        lambda f, x: f.prod(x), [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    ),
    "cumprod, one zero": Edge(
        total(lambda f, x: f.cumprod(x)), [2.0, 0.0, 3.0], [1.0, 8.0, 0.0], [4.0, 6.0, 2.0]
    ),
    # branches that are not taken
    "where sqrt, untaken at -1": Edge(
        total(lambda f, x: f.where(x > 0, f.sqrt(x), x)), [-1.0, 4.0], [1.0, 0.25], [0.0, -1 / 32]
    ),
    "where sqrt, untaken at 0": Edge(
        total(lambda f, x: f.where(x > 0, f.sqrt(x), x)), [0.0, 4.0], [1.0, 0.25], [0.0, -1 / 32]
    ),
    "where log, untaken": Edge(
        total(lambda f, x: f.where(x > 0, f.log(x), 0.0 * x)),
        [-1.0, 0.0, 2.0],
        [0.0, 0.0, 0.5],
        [0.0, 0.0, -0.25],
    ),
    "where divide, untaken at 0": Edge(
        total(lambda f, x: f.where(x != 0, 1 / x, 0.0 * x)), [0.0, 2.0], [0.0, -0.25], [0.0, 0.25]
    ),
    "where power, untaken": Edge(
        total(lambda f, x: f.where(x > 0, x**0.5, x)),
        [-1.0, 0.0, 4.0],
        [1.0, 1.0, 0.25],
        [0.0, 0.0, -1 / 32],
    ),
    "where arcsin, untaken": Edge(
        total(lambda f, x: f.where(f.abs(x) < 1, f.arcsin(x), x)),
        [1.0, 2.0, 0.0],
        [1.0, 1.0, 1.0],
        [0.0, 0.0, 0.0],
    ),
    "where arctan2, untaken at the origin": Edge(
        total(lambda f, x: f.where(x > 0, f.arctan2(x, x * x), x)),
        [0.0, 1.0],
        [1.0, -0.5],
        [0.0, 0.5],
    ),
    "maximum with a singular branch": Edge(
        total(lambda f, x: f.maximum(f.sqrt(x), 1.0 + 0.0 * x)),
        [0.0, 4.0],
        [0.0, 0.25],
        [0.0, -1 / 32],
    ),
    "clip after a singular function": Edge(
        total(lambda f, x: f.clip(f.log(x), -2.0, 2.0)), [0.0, 1.0], [0.0, 1.0], [0.0, -1.0]
    ),
    "exp overflow masked": Edge(
        total(lambda f, x: f.where(x < 100, f.exp(x), 0.0 * x)),
        [1000.0, 0.0],
        [0.0, 1.0],
        [0.0, 1.0],
    ),
    # powers
    "x**0 at 0": Edge(total(lambda f, x: x**0), [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
    "x**1 at 0": Edge(total(lambda f, x: x**1), [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]),
    "x**2 at 0": Edge(total(lambda f, x: x**2), [0.0, -2.0], [0.0, -4.0], [2.0, 2.0]),
    "x**2.0 at 0": Edge(total(lambda f, x: x**2.0), [0.0, -2.0], [0.0, -4.0], [2.0, 2.0]),
    "x**3.0 at 0": Edge(total(lambda f, x: x**3.0), [0.0, 2.0], [0.0, 12.0], [0.0, 12.0]),
    "negative base": Edge(total(lambda f, x: x**3), [-2.0], [12.0], [-12.0]),
    "0**y": Edge(total(lambda f, y: f.power(0.0 * y, y)), [1.0, 2.0], [0.0, 0.0], None),
    "0**y at y < 0": Edge(
        total(lambda f, y: f.power(f.asarray(0.0), y)), [-1.0, -0.5], [-INF] * 2, [INF] * 2, True
    ),
    "2**y at 0": Edge(total(lambda f, y: 2.0**y), [0.0], [LOG2], [LOG2**2]),
    "x**y at y = 0": Edge(lambda f, x: x[0] ** x[1], [2.0, 0.0], [0.0, LOG2], [0.5, 0.5 + LOG2**2]),
    "(-2)**y, integer y, in the base": Edge(
        lambda f, x: x[0] ** f.asarray(3.0), [-2.0], [12.0], [-12.0]
    ),
    # kinks and ties
    "max, ties": Edge(lambda f, x: f.max(x), [1.0, 3.0, 3.0], [0.0, 0.5, 0.5], None, True),
    "min, ties": Edge(lambda f, x: f.min(x), [1.0, 1.0, 3.0], [0.5, 0.5, 0.0], None, True),
    "maximum(x, x)": Edge(total(lambda f, x: f.maximum(x, x)), [2.0, -1.0], [1.0, 1.0], None),
    "median of two": Edge(lambda f, x: f.median(x), [3.0, 1.0], [0.5, 0.5], [0.0, 0.0]),
    "sort with ties": Edge(
        lambda f, x: f.sum(f.sort(x) * f.asarray([1.0, 1.0, 5.0])),
        [2.0, 2.0, 1.0],
        [3.0, 3.0, 1.0],
        None,
        True,
    ),
    "first of sort, ties": Edge(
        lambda f, x: f.sort(x)[0], [1.0, 1.0, 3.0], [0.5, 0.5, 0.0], None, True
    ),
    "median, ties": Edge(
        lambda f, x: f.median(x),
        [2.0, 5.0, 2.0, 2.0, 1.0],
        [1 / 3, 0.0, 1 / 3, 1 / 3, 0.0],
        None,
        True,
    ),
    "abs at 0": Edge(total(lambda f, x: f.abs(x)), [0.0, -2.0], [0.0, -1.0], [0.0, 0.0], True),
    "relu at 0": Edge(total(lambda f, x: f.relu(x)), [0.0, 2.0], [0.0, 1.0], [0.0, 0.0], True),
    "leaky relu at 0": Edge(
        total(lambda f, x: f.leaky_relu(x, 0.1)), [0.0, 2.0], [0.1, 1.0], None, True
    ),
    "sign at 0": Edge(total(lambda f, x: f.sign(x) * x), [0.0, -3.0], [0.0, -1.0], None),
    "hypot at 0": Edge(lambda f, x: f.hypot(x[0], x[1]), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], True),
    "arctan2 at the origin": Edge(
        lambda f, x: f.arctan2(x[0], x[1]), [0.0, 0.0], [0.0, 0.0], None, True
    ),
    "norm at 0": Edge(lambda f, x: f.norm(x), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], True),
    "norm of order 1 at 0": Edge(
        lambda f, x: f.norm(x, 1), [0.0, -2.0], [0.0, -1.0], [0.0, 0.0], True
    ),
    "norm of order 3 at 0": Edge(
        lambda f, x: f.norm(x, 3), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], True
    ),
    "norm of order 3 with a zero": Edge(
        lambda f, x: f.norm(x, 3), [0.0, 2.0], [0.0, 1.0], [0.0, 0.0]
    ),
    "norm of order inf, ties": Edge(
        lambda f, x: f.norm(x, INF), [2.0, -2.0], [0.5, -0.5], None, True
    ),
    "var of constants": Edge(lambda f, x: f.var(x), [3.0, 3.0], [0.0, 0.0], [0.0, 0.0]),
    "std of constants": Edge(lambda f, x: f.std(x), [3.0, 3.0], [0.0, 0.0], [0.0, 0.0], True),
    "std of 0.1, 0.1, 0.1": Edge(
        lambda f, x: f.std(x), [0.1, 0.1, 0.1], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], True
    ),
    "sinc at 0": Edge(
        total(lambda f, x: f.sinc(x)), [0.0, 1.0], [0.0, -1.0], [-(np.pi**2) / 3, 2.0]
    ),
    # far out
    "sigmoid at 1000": Edge(
        total(lambda f, x: f.sigmoid(x)), [1000.0, -1000.0, 0.0], [0.0, 0.0, 0.25], [0.0, 0.0, 0.0]
    ),
    "softplus at 1000": Edge(
        total(lambda f, x: f.softplus(x)),
        [1000.0, -1000.0, 0.0],
        [1.0, 0.0, 0.5],
        [0.0, 0.0, 0.25],
    ),
    "tanh at 1000": Edge(total(lambda f, x: f.tanh(x)), [1000.0, -1000.0], [0.0, 0.0], [0.0, 0.0]),
    "logsumexp at 1000": Edge(
        lambda f, x: f.logsumexp(x), [1000.0, 1000.0, -1000.0], [0.5, 0.5, 0.0], [0.0, 0.0, 0.0]
    ),
    "logsumexp with a mask": Edge(
        lambda f, x: f.logsumexp(x), [0.0, -INF, 0.0], [0.5, 0.0, 0.5], None
    ),
    "logsumexp, all masked": Edge(
        lambda f, x: f.logsumexp(x), [-INF, -INF], [0.0, 0.0], None, True
    ),
    "logaddexp of two -inf": Edge(
        lambda f, x: f.logaddexp(x[0], x[1]), [-INF, 0.0], [0.0, 1.0], None
    ),
    "softmax with a mask": Edge(
        lambda f, x: f.softmax(x)[0], [0.0, -INF, 0.0], [0.25, 0.0, -0.25], None
    ),
    "log of softmax at 1000": Edge(
        lambda f, x: f.log_softmax(x)[0],
        [1000.0, 0.0, -1000.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
    ),
    # shapes
    "empty sum": Edge(lambda f, x: f.sum(x), [], [], []),
    "empty prod": Edge(lambda f, x: f.prod(x), [], [], []),
    "0-d array": Edge(lambda f, x: f.sum(x * x), 3.0, 6.0, 2.0),
    "repeat along the last axis": Edge(
        lambda f, x: f.sum(f.repeat(x, 2) ** 2), [[1.0, 2.0]], [[4.0, 8.0]], [[4.0, 4.0]]
    ),
    "repeat of nothing": Edge(lambda f, x: f.sum(f.repeat(x, 2)), [], [], []),
    "tile with short reps": Edge(
        lambda f, x: f.sum(f.tile(x, (2,)) ** 2), [[1.0, 2.0]], [[4.0, 8.0]], [[4.0, 4.0]]
    ),
    "broadcast_to with new leading axes": Edge(
        lambda f, x: f.sum(f.broadcast_to(x, (3, 2)) ** 2), [1.0, 2.0], [6.0, 12.0], [6.0, 6.0]
    ),
    "einsum('ii->')": Edge(
        lambda f, x: f.einsum("ii->", x) ** 2,
        [[1.0, 2.0], [3.0, 4.0]],
        [[10.0, 0.0], [0.0, 10.0]],
        [[4.0, 0.0], [0.0, 4.0]],
    ),
    "integers beside floats": Edge(
        lambda f, x: f.sum(x * f.asarray([2, 3])), [1.0, 2.0], [2.0, 3.0], [0.0, 0.0]
    ),
}
