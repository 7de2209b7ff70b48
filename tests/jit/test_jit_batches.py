"""The same operations on several small arrays are computed together, with the same results."""

from itertools import pairwise

import numpy as np
import pytest

from autograd import Tensor, grad, linear, sigmoid, squared_error
from autograd.jit import jit
from autograd.jit.optimize.batches import MOST, _followers


def network(activation, sizes, n, dtype=np.float64):
    """Return a function of x with the loss and gradients of a network, and an x."""
    rng = np.random.default_rng(3)
    draw = rng.normal
    layers = [
        tuple(Tensor(draw(size=s).astype(dtype), requires_grad=True) for s in ((a, b), (b,)))
        for a, b in pairwise(sizes)
    ]
    y = Tensor(draw(size=(n, sizes[-1])).astype(dtype))

    def f(x, with_output=False):
        h = x
        for w, b in layers:
            w.grad = b.grad = None
            h = activation(linear(h, w, b))
        loss = squared_error(h, y)
        loss.backward()
        found = [loss, *[p.grad.copy() for layer in layers for p in layer]]
        return [*found, h] if with_output else found

    return f, Tensor(draw(size=(n, sizes[0])).astype(dtype))


def agree(f, *arguments, rtol=1e-12):
    """Compare a function under jit with itself; return the source of its program."""
    compiled = jit(f, backend="numpy")
    for _ in range(3):
        for ours, theirs in zip(compiled(*arguments), f(*arguments), strict=True):
            ours, theirs = (np.asarray(getattr(x, "_data", x)) for x in (ours, theirs))
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)
    return compiled.source(*arguments)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 7, 400])
@pytest.mark.parametrize("activation", [sigmoid, np.tanh])
def test_derivatives_of_all_layers(activation, n, dtype):
    f, x = network(activation, (4, 3, 5, 2), n, dtype)
    source = agree(f, x, rtol=1e-12 if dtype is np.float64 else 1e-5)
    # 1 - z of three layers is one call, but where arrays are large
    assert source.count("subtract(c") == (1 if n < 100 else 3)


@pytest.mark.parametrize("n", [MOST // 2 - 1, MOST // 2 + 1, MOST // 2 + 4, MOST])
def test_a_chain_longer_than_a_batch(n):
    def f(x):
        y = x
        for _ in range(n):
            y = np.sin(y) + 0.1
        return (y * y).sum()

    agree(lambda x: [grad(f)(x)], np.ones(3))


def test_an_output_has_an_array_of_its_own():
    f, x = network(sigmoid, (4, 3, 5, 2), 7)
    source = agree(lambda x: f(x, True), x)
    assert source.count("subtract(c") == 2  # of the other two layers, and of the output
    compiled = jit(lambda x: f(x, True), backend="numpy")
    first = compiled(x)[-1].data.copy()
    kept = compiled(x)[-1].data
    compiled(Tensor(x.data + 1))
    np.testing.assert_array_equal(kept, first)


def test_what_is_needed_before_the_next_is_known():
    a, b, c = np.random.default_rng(0).normal(size=(3, 4))

    def f(a, b, c):
        x = np.tanh(a * b)
        y = np.tanh(x * (1 - x) * b + c)
        z = np.tanh(y * (1 - y) * c + a)
        return [x * z * (1 - z), (1 - y) + (1 - z), z * b]

    agree(f, a, b, c)


def test_steps_on_the_way_are_kept_where_they_are_needed():
    a, b, c = np.random.default_rng(0).normal(size=(3, 5))

    def f(a, b, c):
        x, y = np.tanh(a * b), np.tanh(b * c)
        w = x * y
        return [(1 - x) * w, x * (1 - x) * w, (1 - y) * w, y * (1 - y) * w]

    assert agree(f, a, b, c).count("subtract(") == 1


def test_a_step_on_the_way_that_only_one_needs_later():
    a, b, c = np.random.default_rng(0).normal(size=(3, 5))

    def f(a, b, c):
        x, y = np.tanh(a * b), np.tanh(b * c)
        w = x * y
        p, q = np.exp(x), np.exp(y)
        return [(p * x + p) * w, (q * y + q) * w, q * w]

    assert agree(f, a, b, c).count("exp(") == 1


def test_what_is_alike_in_part():
    a, b, c = np.random.default_rng(0).normal(size=(3, 5))

    def f(a, b, c):
        x, y, z = a * b, b * c, c * a
        total = (x + y) * z
        # the same function of two, another number, another dtype
        u, v, w = np.exp(x) * 2, np.exp(y) * 2, np.exp(z) * 3
        k = np.exp(total.astype("f4")) * 2
        return [u * v + w, (u - v) * total, k * 2, np.where(u > v, w, z) * total]

    assert agree(f, a, b, c).count("exp(") == 3


def test_what_only_updates_need():
    p, q = (Tensor(np.linspace(0, 1, n), requires_grad=True) for n in (3, 4))
    start = [x.data.copy() for x in (p, q)]

    def step(rate):
        s, t = sigmoid(p * rate), sigmoid(q * rate)
        total = s.sum() * t.sum()
        p.data = p.data - rate * (s * (1 - s)).data * total.data
        q.data = q.data - rate * (t * (1 - t)).data
        return [total]

    results = []
    for run in (step, jit(step, backend="numpy")):
        for x, old in zip((p, q), start, strict=True):
            x.data = old.copy()
        results.append([run(0.5)[0].item() for _ in range(4)])
        results[-1] += [*p.data, *q.data]
    np.testing.assert_allclose(*results, rtol=1e-13)


def test_long_runs_are_computed_together_in_part():
    # each follows from what comes before it alone: how many of these pairs there are is bounded
    def f(x):
        y, z = np.sin(x), np.sin(x[::-1] * 2)
        found = []
        for part in (y, z):
            for _ in range(3 * MOST):
                part = np.sin(part) + np.cos(part)
            found.append(part)
        return *found, (y * z).sum()

    compiled = jit(f, backend="numpy")
    x = np.linspace(-1, 1, 4)
    agree(f, x)
    order = compiled.program(x).steps
    followers = _followers(order, set())
    assert max(map(len, followers.values())) == MOST


def test_what_follows_from_one_step_alone():
    def f(x):
        a = np.exp(x)
        b, c = np.sin(a), np.cos(a)
        d = np.tanh(b) * c
        return a, b, c, d + x, d - 2.0

    steps = jit(f, backend="numpy").program(np.ones(3)).steps
    names = {s.name: s for s in steps}
    found = {
        leaf.name: [s.name for s in follow] for leaf, follow in _followers(steps, set()).items()
    }
    assert found["exp"] == ["sin", "cos", "tanh", "multiply", "subtract"]
    assert found["sin"] == ["tanh"]
    assert found["multiply"] == ["subtract"]
    assert found.keys() == {"input", "sin", "exp", "multiply"}
    bound = _followers(steps, {names["tanh"]})
    assert [s.name for s in bound[names["exp"]]] == ["sin", "cos"]
