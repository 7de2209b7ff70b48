"""Transforms under jit from seeds that are plain arrays: for every operation as in eager mode."""

import numpy as np
import pytest

from autograd import Tensor, jacobian, jit, jvp, vjp

from .. import cases_arrays, cases_linalg, cases_numpy, cases_special  # noqa: F401 - fill the table
from ..cases import CASES
from .test_jit_cases import leaves_of

B = np.random.default_rng(3).normal(size=(3, 3))
X = np.array([0.3, 0.5, -0.2])


def wave(x):
    return np.cos(np.arange(np.size(x)).reshape(np.shape(x)) + 1.0)[()]


def close(ours, theirs):
    for a, b in zip(leaves_of(ours), leaves_of(theirs), strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def numbers(case):
    """Return the positions of floats, and a function of these that returns what has a gradient."""
    places = [i for i, a in enumerate(case.inputs) if a.dtype.kind == "f"]

    def function(*given):
        inputs = list(case.inputs)
        for i, x in zip(places, given, strict=True):
            inputs[i] = x
        return [x for x in leaves_of(case.call(*inputs)) if getattr(x, "requires_grad", False)]

    return places, function


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", [c for c in CASES if c.gradient], ids=str)
def test_derivatives_of_each_operation(case):
    places, function = numbers(case)
    tracked = [k for k, i in enumerate(places) if i in case.tracked]
    given = [case.inputs[i] for i in places]
    leaves = [Tensor(x, requires_grad=k in tracked) for k, x in enumerate(given)]
    seeds = [wave(y) for y in function(*leaves)]
    if not tracked or not seeds:
        pytest.skip("no gradient")

    def partly(known, *wanted):
        every = list(known)
        for k, x in zip(tracked, wanted, strict=True):
            every[k] = x
        return function(*every)

    def pulled(*known):
        return vjp(lambda *w: partly(known, *w), *(known[k] for k in tracked))[1]([*seeds])

    def pushed(*known):
        points = tuple(known[k] for k in tracked)
        return jvp(lambda *w: partly(known, *w), points, tuple(map(wave, points)))[1]

    def rows(*known):
        others = [known[k] for k in tracked[1:]]
        return jacobian(lambda w: partly(known, w, *others)[0])(known[tracked[0]])

    for derivative in (pulled, pushed, rows):
        close(jit(derivative, backend="numpy")(*given), derivative(*given))


@pytest.mark.parametrize(
    "function",
    [
        lambda p: p[0] * X + p[1],
        lambda p: p[1] + p[0] ** 2,
        lambda p: np.outer(p, p).ravel() + np.repeat(p, 3),
        lambda p: p[[0, 1]] * p[:2] + p[2],
        lambda p: p + B @ p,
        lambda p: B @ p + np.sum(p**2),
        lambda p: np.concatenate([p, p**2, B @ p]),
    ],
)
def test_constant_contributions_beside_recorded_ones(function):
    seed = wave(function(X))

    def pulled(p):
        return vjp(function, p)[1](seed * 1.0)

    for derivative in (jacobian(function), pulled, lambda p: jvp(function, (p,), (wave(p),))[1]):
        close(jit(derivative)(X), derivative(X))
