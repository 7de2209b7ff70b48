"""Functions under jit whose sizes change: recordings are bounded, and finally given up."""

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.c.build import compiler
from autograd.transforms.trees import flatten
from nn.optim import Adam


def test_many_recordings_warn_and_are_bounded():
    f = jit(lambda x: x * 2, backend="numpy")
    for n in range(1, 16):
        f(np.ones(n))
    with pytest.warns(RuntimeWarning, match="<lambda> was recorded 16 times"):
        f(np.ones(16))
    for n in range(1, 50):
        np.testing.assert_array_equal(f(np.ones(n)), np.full(n, 2.0))
    assert sum(map(len, f._kept.values())) <= 32


def step_on_a_mask():
    """Return a parameter, and a step on as many of its entries as are asked for."""
    w = Tensor(np.arange(40.0) + 1, requires_grad=True)

    def step(x):
        w.grad = None
        (w[x > 0] ** 2).sum().backward()
        return w * 1.0

    def check(f, n, dtype=float):
        f(np.where(np.arange(40) < n, 1, -1).astype(dtype))
        np.testing.assert_array_equal(w.grad, np.where(np.arange(40) < n, 2 * w.data, 0.0))

    return step, check


def test_sizes_that_differ_at_every_call_end_without_recordings():
    step, check = step_on_a_mask()
    f = jit(step, backend="numpy")
    for n in range(15):
        check(f, n)
    with pytest.warns(RuntimeWarning, match="was recorded 16 times"):
        check(f, 15)
    with pytest.warns(RuntimeWarning, match="recorded at 17 calls in a row.*as it is from now on"):
        check(f, 16)
    for n in (17, 30, 30, 3):
        check(f, n)
    assert f.recordings == 17
    # other arguments are recorded as before
    for _ in range(3):
        check(f, 2, int)
    assert f.recordings == 18


@pytest.mark.filterwarnings("ignore:jit. .* was recorded 16 times:RuntimeWarning")
def test_one_replay_among_many_sizes_keeps_the_recordings():
    step, check = step_on_a_mask()
    f = jit(step)
    for n in range(1, 30):
        check(f, 0)
        check(f, n)
    assert f.recordings == 30
    check(f, 30)
    assert f.recordings == 31


def step_on_a_mean(w, optimizer):
    def step(m, x):
        optimizer.zero_grad()
        (w[m] * x).mean().backward()  # of nothing else than the mask the count is asked
        optimizer.step()

    return step


def sizes_of_all_kinds(w, optimizer):
    def step(m, x):
        w.grad = None
        y = w * 1.0
        y[m] = w[m] * x
        (y * y).sum().backward()
        places = np.flatnonzero(m)
        return w.grad, y, places.size, np.unique(m), w.data[m], (w.data.T[:, m] * places).sum()

    return step


def draws_before(w, optimizer):
    rng = np.random.default_rng(0)

    def step(m, x):
        return rng.normal(size=3) + (w[m] * x).sum().data, len(np.nonzero(m)[0])

    return step


@pytest.mark.filterwarnings("ignore:jit. .* was recorded:RuntimeWarning")
@pytest.mark.parametrize("make", [step_on_a_mean, sizes_of_all_kinds, draws_before])
@pytest.mark.parametrize("backend", ["numpy", *(["c"] if compiler() is not None else [])])
def test_sizes_that_hang_on_numbers(make, backend):
    masks = [np.array([[1, 1, 0, 0], [0, 1, 1, 1], [1, 0, 0, 1]][i % 3], bool) for i in range(8)]
    found = []
    for wrap in (lambda f: f, lambda f: jit(f, backend=backend)):
        w = Tensor(np.arange(12.0).reshape(4, 3), requires_grad=True)
        step = wrap(make(w, Adam([w], lr=0.01)))
        for m in masks:
            found.append((step(m, np.array([1.0, -2.0, 0.5])), w.data.copy(), np.array(w.grad)))
    for expected, replayed in zip(found[:8], found[8:], strict=True):
        for x, y in zip(flatten(expected)[0], flatten(replayed)[0], strict=True):
            a, b = (np.asarray(getattr(z, "data", z)) for z in (x, y))
            assert a.shape == b.shape
            assert a.dtype == object or np.allclose(a, b, rtol=1e-12, atol=1e-14)
