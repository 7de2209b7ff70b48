"""Functions of Values under jit give what the functions themselves give, at every call."""

import math
import random

import numpy as np
import pytest

from autograd import Value, add_n, sumprod
from autograd.jit.tape.compiled import jit_values

from ..cases import CASES, OPERATIONS
from .tapes import BACKENDS, compare, fresh

both = pytest.mark.parametrize("backend", BACKENDS)


ELEMENTWISE = [c for c in CASES if OPERATIONS[c.op].elementwise and "empty" not in c.name]


# what refuses floats, as NumPy does
INTEGERS = {"gcd", "lcm", "left_shift", "right_shift", "bitwise_count"}


def points_of(case, count=3):
    """Return scalar entries of the arrays of a case, each a list of numbers."""
    arrays = np.broadcast_arrays(*case.inputs) if case.inputs else []
    flat = [a.ravel() for a in arrays]
    n = flat[0].size if flat else 0
    return [[float(a[i]) for a in flat] for i in range(min(n, count))]


@pytest.mark.filterwarnings("ignore:Bitwise inversion:DeprecationWarning")
@both
@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
def test_every_operation_of_the_table_equals_eager(case, backend):
    points = points_of(case)
    if not points:
        pytest.skip("no entries")

    def function(*values):
        return case.call(*values)

    try:
        eager = function(*fresh(points[0]))
    except (TypeError, ValueError, IndexError, AttributeError):
        pytest.skip("not a function of single values")
    if case.op == "invert" or not isinstance(eager, Value | bool | float | int | np.bool_):
        pytest.skip("gives arrays")
    compare(function, *points, backend=backend)


def test_the_table_is_covered():
    covered = {c.op for c in ELEMENTWISE} | {"add_n", "sumprod"} | INTEGERS
    missing = {n for n, op in OPERATIONS.items() if op.elementwise} - covered
    assert not {n for n in missing if not n.startswith("test")}


EDGES = [0.0, -0.0, 1.0, -2.5, 800.0, -800.0, 1e200, math.inf, -math.inf, math.nan]


UNARY = {
    "relu": lambda x: x.relu(),
    "leaky_relu": lambda x: x.leaky_relu(0.2),
    "abs": abs,
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "softplus": lambda x: x.softplus(),
    "inverse": lambda x: 1 / x,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "zeroth": lambda x: x**0,
    "maximum": lambda x: np.maximum(x, 0.0),
    "tie": lambda x: np.maximum(x, x),
    "where": lambda x: np.where(x > 0, x.log(), x),
    "masked": lambda x: 0.0 * x.log() + x,
    "where-square": lambda x: np.where(x == 0, x * x, np.sin(x) / x),
}


@both
@pytest.mark.parametrize("name", UNARY)
def test_edges_equal_eager(name, backend):
    compare(UNARY[name], *[[x] for x in EDGES], backend=backend)


def test_where_on_values_follows_the_condition_of_each_call():
    recorded = jit_values(lambda x, y: np.where(x > y, x * 2, y * 3))
    for x, y, z in ((2.0, 1.0, 4.0), (1.0, 2.0, 6.0), (3.0, -1.0, 6.0)):
        a, b = Value(x), Value(y)
        out = recorded(a, b)
        out.backward()
        assert (out.data, a.grad, b.grad) == (z, 2.0 * (x > y), 3.0 * (x <= y))
    assert len(recorded.recordings) == 1


# --------------------------------------------------------------------------------------------------
# Random programs


def bounded(x):
    """Squash to (-1, 1): the sine of a large number shows the last digit of that number."""
    return x / (1 + abs(x))


def random_program(seed):
    """Return a function of four values that builds a random expression.

    No tanh of sums: where it saturates, 1 - z z shows the last digit of NumPy's tanh and of math's.
    """

    def program(*values):
        rng = random.Random(seed)
        pool = list(values)
        for _ in range(rng.randint(3, 40)):
            x, y = rng.choice(pool), rng.choice(pool)
            c = rng.uniform(-2, 2)
            pool.append(
                rng.choice(
                    [
                        lambda x=x, y=y: x + y,
                        lambda x=x, y=y: x - y,
                        lambda x=x, y=y: np.sin(bounded(x * y)),
                        lambda x=x, y=y: x / (1 + y * y),
                        lambda x=x, c=c: c - x,
                        lambda x=x, c=c: x * c,
                        lambda x=x, c=c: c / (2 + abs(x)),
                        lambda x=x: x.relu() + 1,
                        lambda x=x: np.cos(bounded(x)),
                        lambda x=x: -x,
                        lambda x=x, y=y: np.maximum(x, y),
                        lambda x=x, y=y: np.where(x > y, x, 0.5 * y),
                        lambda x=x: (x * x + 0.1) ** -0.5,
                        lambda pool=tuple(pool): sum(pool),
                        lambda pool=tuple(pool): add_n(pool),
                        lambda pool=tuple(pool): np.sin(bounded(sumprod(pool, pool[::-1]))),
                        lambda pool=tuple(pool), x=x: np.cos(bounded(sumprod(pool, pool, x))),
                    ]
                )()
            )
        return np.sin(bounded(add_n(pool[-3:]))) + pool[-1]

    return program


@both
@pytest.mark.parametrize("seed", range(60))
def test_random_programs_equal_eager(seed, backend):
    points = np.random.default_rng(seed).normal(0, 1, (3, 4)).tolist()
    compare(random_program(seed), *points, rtol=1e-9, backend=backend)


@both
@pytest.mark.parametrize("seed", range(20))
def test_backward_inside_equals_eager(seed, backend):
    program = random_program(seed)

    def step(*values):
        loss = program(*values)
        loss.backward()
        for v in values:
            v.data -= 0.05 * v.grad
        return loss.data

    recorded = jit_values(step, backend=backend)
    start = np.random.default_rng(seed).normal(0, 1, 4).tolist()
    ours = fresh(start)
    for _ in range(4):
        theirs = fresh([v.data for v in ours])  # so that chaos does not magnify the last digit
        for v, w in zip(ours, theirs, strict=True):
            w.grad = v.grad
        np.testing.assert_allclose(recorded(*ours), step(*theirs), rtol=1e-9)
        for what in ("data", "grad"):
            got, wanted = ([getattr(v, what) for v in vs] for vs in (ours, theirs))
            size = max(map(abs, [*wanted, *[v.grad for v in theirs]]))
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11 * size)
    assert len(recorded.recordings) == 1
