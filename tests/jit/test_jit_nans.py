"""Joined checks that gradients have no nan still find every nan that the library asks for."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.jit import jit

from .scans import BACKENDS


def rosenbrock(x):
    a, b = x[1:], x[:-1]
    return 100 * ((a - b * b) ** 2).sum() + ((1 - b) ** 2).sum()


def second(x, v):
    """Leave the Hessian of `rosenbrock` times v in the gradient of x, by two sweeps."""
    x.grad = None
    rosenbrock(x).backward(create_graph=True)
    first, x.grad = x.grad, None
    (first * v).sum().backward()


def hessian(x):
    """Return the second derivatives of `rosenbrock`, written out."""
    found = np.zeros((len(x), len(x)))
    for i in range(len(x) - 1):
        found[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        found[i, i + 1] = found[i + 1, i] = -400 * x[i]
        found[i + 1, i + 1] += 200
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_checks_of_two_sweeps_are_one(backend):
    rng = np.random.default_rng(0)
    x, v = Tensor(rng.normal(size=12), requires_grad=True), Tensor(rng.normal(size=12))
    step = jit(lambda: second(x, v), backend=backend)
    for _ in range(3):
        step()
        np.testing.assert_allclose(x.grad, hessian(x.data) @ v.data, rtol=1e-12)
        x.data -= 0.1 * x.grad / np.abs(x.grad).max()
    assert step.recordings == 1
    if backend == "numpy":
        assert step.source().count(".dot(") == 1
    # the first gradient is not needed whole
    assert step.program().show().count("put(") == 2


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan, 1e200, 0.0])
@pytest.mark.parametrize("where", [0, 5, 11])
def test_a_nan_of_either_sweep_is_found(backend, special, where):
    rng = np.random.default_rng(1)
    start, direction = rng.normal(size=12), np.r_[np.zeros(6), rng.normal(size=6)]
    ours, theirs = (Tensor(start, requires_grad=True) for _ in range(2))
    v = Tensor(direction)
    step = jit(lambda: second(ours, v), backend=backend)
    step()
    for x in (ours, theirs):
        x.data[where] = special
    with np.errstate(all="ignore"):
        step()
        second(theirs, v)
    np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_squares_of_a_gradient_that_are_a_result_stay_those_of_the_sum_of_its_parts(backend):
    x = Tensor(np.array([0.5, -1.5, 2.0]), requires_grad=True)

    @jit(backend=backend)
    def penalty():
        x.grad = None
        (x[1:] * x[:-1] * x[:-1]).sum().backward(create_graph=True)
        first, x.grad = x.grad, None
        return (first * first).sum()

    a, b, c = x.data
    gradient = np.array([2 * a * b, a * a + 2 * b * c, b * b])
    for _ in range(2):
        np.testing.assert_allclose(penalty().item(), gradient @ gradient, rtol=1e-13)


def test_gradients_that_an_update_has_joined_are_searched_at_once():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(8, 3)), rng.uniform(0.5, 1.5, size=(8, 2))
    starts = [rng.uniform(0.5, 1.0, size=s) for s in ((3, 4), (4,), (4, 2), (2,))]

    def training():
        w, b, u, c = parameters = [Tensor(a, requires_grad=True) for a in starts]
        optimizer = nn.SGD(parameters, lr=0.01)

        def step():
            hidden = np.log(1 + (x @ w + b) ** 2)
            loss = ((np.sqrt(1 + (hidden @ u + c) ** 2) - y) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step, parameters

    step, ours = training()
    plain, theirs = training()
    step = jit(step, backend="numpy")
    for _ in range(5):
        step(), plain()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)
    assert step.recordings == 1
    assert step.source().count("nan = ") == 1
    assert "+" not in next(line for line in step.source().splitlines() if "nan = " in line)
    before = [p.data.copy() for p in ours]
    ours[0].data[0, 0] = theirs[0].data[0, 0] = np.inf
    with np.errstate(all="ignore"):
        step(), plain()
    for p, q, old in zip(ours, theirs, before, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)
        assert p.data.shape == old.shape
