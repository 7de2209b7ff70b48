"""Norms of gradients and clipping."""

import copy
import math

import numpy as np
import pytest

import nn
from autograd import Tensor, Value


def with_gradients(*gradients):
    found = []
    for g in gradients:
        p = Value(0.0) if isinstance(g, float) else Tensor(np.zeros_like(g), requires_grad=True)
        p.grad = g
        found.append(p)
    return found


@pytest.mark.parametrize("scale", [1.0, 1e-300, 5e-324, 1e300, 1e-160, 1e155])
def test_norm_over_tensors_and_values_of_all_sizes(scale):
    a = np.array([[3.0, 4.0], [0.0, 0.0]]) * scale
    params = [*with_gradients(a, 12.0 * scale), Tensor(np.ones(2), requires_grad=True)]
    assert nn.gradient_norm(params) == pytest.approx(13 * scale, rel=1e-14, abs=0)


def test_norm_of_float32_does_not_overflow_or_round():
    for g in np.full(100_000, 1e25, np.float32), np.linspace(0, 1, 99_999, dtype=np.float32):
        exact = math.hypot(*g.tolist())
        assert nn.gradient_norm(with_gradients(g)) == pytest.approx(exact, rel=1e-12)
    assert math.isinf(nn.gradient_norm(with_gradients(np.array([1.0, -np.inf]))))
    assert math.isnan(nn.gradient_norm(with_gradients(np.array([1.0, np.nan]))))
    assert nn.gradient_norm([]) == 0
    assert nn.gradient_norm(with_gradients(np.zeros(0))) == 0


def test_gradients_with_a_graph_are_measured_clipped_and_copied_as_numbers():
    model = nn.Linear(2, 1, rng=0)
    value = Value(1.5)
    loss = (model(np.array([[3.0, 4.0]])) ** 2).sum() + value**3
    loss.backward(create_graph=True)
    parameters = [*model.parameters(), value]
    numbers = [p.grad.data for p in parameters]
    norm = math.hypot(*np.concatenate([np.ravel(g) for g in numbers]))
    assert nn.gradient_norm(parameters) == pytest.approx(norm, rel=1e-14)
    copied = copy.deepcopy(model)
    for p, g in zip(copied.parameters(), numbers, strict=False):
        assert type(p.grad) is np.ndarray
        np.testing.assert_array_equal(p.grad, g)
    assert nn.clip_by_norm(parameters, 1.0) == pytest.approx(norm, rel=1e-14)
    for p, g in zip(parameters, numbers, strict=True):
        np.testing.assert_allclose(p.grad.data, g / norm)


def test_clipping_by_norm():
    shared = np.array([3.0, 4.0])
    params = with_gradients(shared, shared, 0.0)
    assert nn.clip_by_norm(params, 1.0) == pytest.approx(math.sqrt(50))
    assert nn.gradient_norm(params) == pytest.approx(1.0)
    np.testing.assert_allclose(params[0].grad, shared / math.sqrt(50))
    np.testing.assert_array_equal(shared, [3, 4])
    small = with_gradients(np.array([0.3, 0.4]), 0.5)
    kept = small[0].grad
    nn.clip_by_norm(iter(small), 1.0)
    assert small[0].grad is kept
    single = with_gradients(np.array([3.0, 4.0], np.float32))
    nn.clip_by_norm(single, 1.0)
    assert single[0].grad.dtype == np.float32
    bad = with_gradients(np.array([1.0]), math.nan)
    with pytest.raises(
        FloatingPointError, match="the norm of the gradients is nan, which no factor"
    ):
        nn.clip_by_norm(bad, 1.0)
    assert bad[0].grad == 1.0
    with pytest.raises(ValueError, match="clip_by_norm: the limit is a number above 0, got 0"):
        nn.clip_by_norm(params, 0)


def test_clipping_by_value():
    params = with_gradients(np.array([3.0, -0.2, -7.0]), -9.0, 0.25)
    params.append(Tensor(np.ones(2), requires_grad=True))
    nn.clip_by_value(params, 0.5)
    np.testing.assert_array_equal(params[0].grad, [0.5, -0.2, -0.5])
    assert (params[1].grad, params[2].grad, params[3].grad) == (-0.5, 0.25, None)
    with pytest.raises(ValueError, match="clip_by_value: the limit is a number above 0, got True"):
        nn.clip_by_value(params, True)


def test_a_gradient_of_none_counts_as_0():
    value = Value(1.0)
    value.grad = None
    params = [*with_gradients(np.array([3.0, 4.0])), value]
    assert nn.gradient_norm(params) == nn.clip_by_norm(params, 1.0) == 5.0
    nn.clip_by_value(params, 0.5)
    assert value.grad is None
    np.testing.assert_array_equal(params[0].grad, [0.5, 0.5])


def test_clipping_that_fails_changes_no_gradient():
    w, v = with_gradients(np.array([3.0, 4.0]), 1.0)
    v.grad = "not a number"
    for clip in (nn.clip_by_value, nn.clip_by_norm):
        with pytest.raises((TypeError, ValueError), match="not"):
            clip([w, v], 1.0)
        np.testing.assert_array_equal(w.grad, [3.0, 4.0])
