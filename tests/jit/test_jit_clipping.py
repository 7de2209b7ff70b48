"""Clipping of gradients inside a jitted step, compared with the formula written out in NumPy."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.jit import jit
from nn.optim import SGD

BACKENDS = ["numpy", "auto"]


def parameters(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [Tensor(rng.normal(size=s).astype(dtype), requires_grad=True) for s in ((3, 4), (4,))]


def clipped(w, b, x, most):
    """Return the clipped gradients of the mean of (x w + b)², and their norm."""
    d = 2 * (x @ w + b) / (len(x) * 4)
    grads = x.T @ d, d.sum(0)
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    return [g * min(1, most / norm) for g in grads], norm


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_recording_clips_or_not(dtype, backend):
    w, b = params = parameters(dtype)
    optimizer = SGD(params, lr=0.1)

    @jit(backend=backend)
    def step(x, most):
        optimizer.zero_grad()
        ((x @ w + b) ** 2).mean().backward()
        before = nn.clip_by_norm(params, most)
        after = nn.gradient_norm(params)
        optimizer.step()
        return before, after

    rng = np.random.default_rng(1)
    tolerance = 1e-12 if dtype is np.float64 else 2e-5
    for scale, most in ((10, 0.5), (0.01, 0.5), (10, 1.5), (3, 1.0), (0.1, 100.0)):
        x = (rng.normal(size=(5, 3)) * scale).astype(dtype)
        old = [p.data.astype(float) for p in params]
        grads, norm = clipped(*old, x.astype(float), most)
        found = step(Tensor(x), most)
        assert [type(n) for n in found] == [float, float]
        np.testing.assert_allclose(found, [norm, min(norm, most)], rtol=tolerance)
        for p, before, g in zip(params, old, grads, strict=True):
            assert p.grad.dtype == p.data.dtype == dtype
            np.testing.assert_allclose(p.grad, g, rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(p.data, before - 0.1 * g, rtol=tolerance, atol=tolerance)
    assert step.recordings == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_norms_that_squares_do_not_reach(backend):
    x, y = Tensor([0.0, 0.0], requires_grad=True), Tensor([0.0], requires_grad=True)

    @jit(backend=backend)
    def norm(gx, gy):
        x.grad = y.grad = None
        ((x * gx).sum() + (y * gy).sum()).backward()
        return nn.clip_by_norm([x, y], 1.0)

    for scale in (1.0, 1e200, 1e-200, 0.0, 1e300):
        found = norm(np.array([2.0, 3.0]) * scale, np.array([6.0]) * scale)
        assert found == pytest.approx(7 * scale, rel=1e-14)
        factor = min(1.0, 1 / found) if found else 1.0
        np.testing.assert_allclose(y.grad, [6 * scale * factor], rtol=1e-14)


@pytest.mark.parametrize("most", [0.0, -1.0])
def test_a_limit_that_is_recorded_is_checked(most):
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="clip_by_norm: the limit is a number above 0"):
        jit(lambda: nn.clip_by_norm([w], most))()


def test_gradients_that_are_not_finite_leave_the_parameters():
    w, b = params = parameters()

    @jit
    def step(x):
        w.grad = b.grad = None
        ((x @ w + b) ** 2).mean().backward()
        nn.clip_by_norm(params, 1.0)
        w.data -= w.grad

    step(np.ones((2, 3)))
    before = [p.data.copy() for p in params]
    for bad in (np.inf, np.nan):
        with pytest.raises(FloatingPointError, match="clip_by_norm: the norm of the gradients is"):
            step(np.full((2, 3), bad))
        for p, data in zip(params, before, strict=True):
            np.testing.assert_array_equal(p.data, data)


def test_parameters_without_gradients_count_as_zero():
    w, unused = Tensor([3.0, 4.0], requires_grad=True), Tensor([1.0], requires_grad=True)

    @jit
    def step(scale):
        w.grad = None
        (w * w * scale).sum().backward()
        return nn.clip_by_norm([w, unused], 5.0), nn.gradient_norm([unused])

    for _ in range(2):
        assert step(0.5) == (5.0, 0.0)
    assert step(1.0) == (10.0, 0.0)
    np.testing.assert_allclose(w.grad, [3.0, 4.0])
    assert unused.grad is None


@pytest.mark.parametrize("backend", BACKENDS)
def test_entries_are_cut(backend):
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)

    @jit(backend=backend)
    def step(x):
        w.grad = None
        (w * x).sum().backward()
        nn.clip_by_value([w], 0.5)

    for x in ([0.1, -0.7, 3.0], [2.0, 0.5, -0.2]):
        step(np.array(x))
        np.testing.assert_array_equal(w.grad, np.clip(x, -0.5, 0.5))
    assert step.recordings == 1


def test_values_among_tensors_are_refused():
    w, v = Tensor([1.0], requires_grad=True), Value(2.0)
    with pytest.raises(TypeError, match="takes the norm of the gradients of Values; record"):
        jit(lambda x: (w * x, nn.gradient_norm([w, v])))(1.0)
