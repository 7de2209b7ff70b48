"""Gradients of large arrays that nothing else needs are written to; what is needed is not."""

import numpy as np
import pytest

from autograd import Op, Tensor
from autograd.arithmetic import LARGE
from autograd.references import hands_over, is_handed_over
from autograd.sweep import accumulation

SHAPE = (256, LARGE // 256)
RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0.5, 2.0, SHAPE), RNG.normal(size=SHAPE)


@pytest.mark.parametrize("release", [True, False])
def test_the_gradient_of_a_square_is_written_over_only_if_nothing_needs_it(release):
    x = Tensor(X, requires_grad=True)
    h = x + 0.0
    square = h * h
    z = square * Y
    z.sum().backward(release=release)
    np.testing.assert_allclose(x.grad, 2 * X * Y, rtol=1e-15)
    if not release:
        np.testing.assert_array_equal(square.grad, Y)
        np.testing.assert_allclose(h.grad, 2 * X * Y, rtol=1e-15)


WRITING = {
    "a multiple": (lambda h: h * 3.0, lambda h: 3.0),
    "a quotient": (lambda h: h / 4, lambda h: 0.25),
    "by an array": (lambda h: h * Y, lambda h: Y),
    "over an array": (lambda h: h / Y, lambda h: 1 / Y),
    "negative": (lambda h: -h, lambda h: -1.0),
    "a difference": (lambda h: Y - h, lambda h: -1.0),
    "log": (np.log, lambda h: 1 / h),
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "square": (np.square, lambda h: 2 * h),
    "power": (lambda h: h**2, lambda h: 2 * h),
    "own product": (lambda h: h * h, lambda h: 2 * h),
    "ldexp": (lambda h: np.ldexp(h, 3), lambda h: 8.0),
    "float_power": (lambda h: np.float_power(h, Y * Y), lambda h: Y * Y * h ** (Y * Y - 1)),
}


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize("name", WRITING)
def test_a_gradient_that_nothing_else_needs_may_be_written_to(name, release):
    function, slope = WRITING[name]
    upstream, kept = RNG.normal(size=SHAPE), X.copy()
    x, other = Tensor(X, requires_grad=True), Tensor(X, requires_grad=True)
    h = x + 0.0
    z = function(h)
    both = (z + other) * 1.0  # the gradient of the sum is that of both
    both.backward(upstream, release=release)
    np.testing.assert_allclose(x.grad, upstream * slope(X), rtol=1e-12)
    np.testing.assert_array_equal(other.grad, upstream)
    for data in (x.data, h.data, other.data):
        np.testing.assert_array_equal(data, kept)
    if not release:
        np.testing.assert_array_equal(z.grad, upstream)
        np.testing.assert_allclose(h.grad, upstream * slope(X), rtol=1e-12)


@pytest.mark.parametrize("release", [True, False])
def test_gradients_written_to_one_after_the_other(release):
    upstream = RNG.normal(size=SHAPE)
    kept, x = upstream.copy(), Tensor(X, requires_grad=True)
    nodes = [x]
    for function, _ in WRITING.values():
        nodes.append(function(np.abs(nodes[-1]) + 0.5))
    expected = upstream
    for h, (_, slope) in zip(nodes[-2::-1], [*WRITING.values()][::-1], strict=True):
        expected = expected * slope(np.abs(h.data) + 0.5) * np.sign(h.data)
    z = nodes[-1]
    if release:
        del nodes, h
    z.backward(upstream, release=release)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-10)
    np.testing.assert_array_equal(upstream, kept)


@pytest.mark.parametrize("elementwise", [True, False])
@pytest.mark.parametrize("upstream", [np.broadcast_to(1.0, SHAPE), Y])
def test_a_local_derivative_that_its_rule_keeps_is_not_written_to(upstream, elementwise):
    kept = X.copy()
    op = Op("kept", lambda x: x * kept, {"x": lambda: kept}, elementwise=elementwise)
    x = Tensor(Y, requires_grad=True)
    for _ in range(2):
        op(x).backward(upstream, release=True)
        np.testing.assert_array_equal(kept, X)
    np.testing.assert_allclose(x.grad, 2 * upstream * X, rtol=1e-15)
    assert not np.shares_memory(x.grad, kept)


def test_only_sweeps_hand_gradients_over():
    def pull(saved, g):
        return is_handed_over(g)

    @hands_over
    def sweep(more):
        g = np.ones(3)
        kept = [g] if more else None
        found = pull((), g)
        return found, kept

    def other():
        g = np.ones(3)
        return pull((), g)

    assert sweep(False)[0]
    assert not sweep(True)[0]
    assert not other()


def test_what_is_written_to_is_no_view():
    upstream = RNG.normal(size=SHAPE)
    x, other = Tensor(X.T, requires_grad=True), Tensor(X, requires_grad=True)
    ((x * 3.0).T + other).backward(upstream, release=True)
    np.testing.assert_array_equal(other.grad, upstream)
    np.testing.assert_allclose(x.grad, 3 * upstream.T, rtol=1e-15)


@pytest.mark.parametrize("release", [True, False])
def test_a_graph_that_forks(release):
    x = Tensor(X, requires_grad=True)
    h = x * 2.0
    a, b = -(h * 3.0), np.log(h / 4.0)
    c = a * 5.0 + b * 7.0 + b
    upstream = RNG.normal(size=SHAPE)
    (c + h).backward(upstream, release=release)
    np.testing.assert_allclose(x.grad, upstream * (2 * (-15 + 1) + 8 / X), rtol=1e-12)
    if not release:
        np.testing.assert_array_equal(a.grad, upstream * 5)
        np.testing.assert_array_equal(b.grad, upstream * 7 + upstream)


@pytest.mark.parametrize("name", ["a chain", "a fork"])
def test_gradients_are_written_to_where_nothing_else_needs_them(monkeypatch, name):
    seen, divide = [], np.divide

    def recorded(array, other, *out):
        seen.append(bool(out) and out[0] is array)
        return divide(array, other, *out)

    x = Tensor(X, requires_grad=True)
    h = x * 2.0
    z = np.log(h * 3.0) * 5.0
    z = z if name == "a chain" else z + np.sin(h)
    monkeypatch.setattr(np, "divide", recorded)
    z.backward(Y, release=True)
    assert seen == [True]


def test_what_was_read_is_added_to_a_gradient_that_nothing_else_needs(monkeypatch):
    x = Tensor(X, requires_grad=True)
    h = x * 2.0
    z = h[3] - np.exp(h).sum(axis=0)
    monkeypatch.setattr(accumulation, "add", None)  # of a whole array of zeros and the part
    z.backward(Y[0], release=True)
    expected = -2 * np.exp(2 * X) * Y[0]
    expected[3] += 2 * Y[0]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-12, atol=1e-12)
