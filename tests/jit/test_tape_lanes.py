"""Loops over samples become vectors, and the numbers stay those of the loop."""

import random

import numpy as np
import pytest

from autograd import Value, add_n, sumprod
from autograd.jit.tape.compiled import jit_values

from .test_tape import both, fresh


def operation(kind, x, y, u):
    """Return a number computed from two of the pool and a weight."""
    inner = x if isinstance(x, Value) else Value(0.5)
    return [
        lambda: u * x + y,
        lambda: np.sin(x * y),
        lambda: inner.relu() - u,
        lambda: sumprod([u, u], [inner, u], u),
        lambda: np.cos(u - y),
        lambda: x / (1 + u * u),
        lambda: np.where(u > x, u * x, y),
        lambda: u * 2 - 1.5,
        lambda: add_n([u, u * y, np.sin(u) * x]),
    ][kind]()


def of_samples(seed):
    """Return a loss over samples, its data, and how many weights it takes.

    The body is a random expression of shared weights, of the sample's numbers, of numbers computed
    before the loop, and now and then of another sample's; some samples leave a step out.
    """
    rng = random.Random(seed)
    samples, features, count = rng.choice([3, 9, 40]), rng.randint(1, 3), rng.randint(2, 6)
    steps = [
        (rng.randrange(9), *[rng.random() for _ in range(3)]) for _ in range(rng.randint(3, 9))
    ]
    odd = rng.choice([0.0, 0.0, 0.2])
    crossing = rng.choice([0.0, 0.0, 0.3])
    data = [
        [rng.choice([1.0, -1.0, rng.uniform(-2, 2)]) for _ in range(features)]
        for _ in range(samples)
    ]
    skipped = [[rng.random() < odd for _ in steps] for _ in range(samples)]
    crossed = [[rng.random() < crossing for _ in steps] for _ in range(samples)]

    def body(pool, w, others, skip, cross):
        for (kind, a, b, c), left_out, far in zip(steps, skip, cross, strict=True):
            if left_out:
                continue
            x = pool[int(a * len(pool))]
            source = others if far and others else pool
            y, u = source[int(b * len(source))], w[int(c * len(w))]
            pool.append(operation(kind, x, y, u))
        return pool[-1] * w[0]

    def loss(*w):
        shared = [w[0] * w[1], np.sin(w[-1])]
        losses, others = [], []
        for x, skip, cross in zip(data, skipped, crossed, strict=True):
            pool = [*x, *shared]
            losses.append(body(pool, w, others, skip, cross))
            others = pool
        return sum(losses) * (1.0 / samples) + 1e-2 * sum(p * p for p in w)

    return loss, count


@both
@pytest.mark.parametrize("seed", range(80))
def test_random_loops_over_samples_equal_eager(seed, backend):
    loss, count = of_samples(seed)

    def step(*w):
        for p in w:
            p.grad = 0.0
        z = loss(*w)
        z.backward()
        for p in w:
            p.data -= 0.01 * p.grad
        return z.data

    recorded = jit_values(step, backend=backend)
    ours = fresh(np.random.default_rng(seed).normal(size=count).tolist())
    for _ in range(3):
        theirs = fresh([p.data for p in ours])
        np.testing.assert_allclose(recorded(*ours), step(*theirs), rtol=1e-12, atol=1e-13)
        for what in ("data", "grad"):
            got, wanted = ([getattr(p, what) for p in ps] for ps in (ours, theirs))
            np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-13 * max(map(abs, wanted)))
    assert len(recorded.recordings) == 1


def lengths_of(recorded):
    schedule = recorded.recordings[-1].replay.schedule
    return [(group.length, group.end - group.start) for group in schedule.groups]


def network(samples, weights):
    """Return the loss of two layers, written number by number, over data in the closure."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(samples, 2)).tolist()

    def loss():
        total = 0.0
        for row in data:
            x = [Value(e) for e in row]
            hidden = [sum(a * b for a, b in zip(w, x, strict=True)).relu() for w in weights]
            total = total + (sum(hidden) - 1.0) ** 2
        return total

    return loss


def test_the_numbers_of_all_samples_are_vectors():
    weights = [fresh(row) for row in np.random.default_rng(1).normal(size=(5, 2)).tolist()]
    loss = network(30, weights)

    def step():
        z = loss()
        z.backward()
        return z.data

    recorded = jit_values(step)
    assert recorded() == pytest.approx(loss().data, rel=1e-13)
    found = lengths_of(recorded)
    assert {length for length, _ in found} == {0, 30}
    # what is not in vectors: the sums over samples, of the loss and of each weight
    assert sum(count for length, count in found if not length) < 5 * 2 * 3 + 5
    # a product for every weight and sample, forward and backward
    assert sum(count for length, count in found if length) > 2 * 30 * 10


def test_few_samples_are_computed_one_by_one():
    weights = [fresh(row) for row in np.random.default_rng(1).normal(size=(5, 2)).tolist()]
    recorded = jit_values(network(4, weights))
    recorded()
    assert {length for length, _ in lengths_of(recorded)} == {0}


def test_samples_given_as_arguments_are_vectors_too():
    w = fresh([0.5, -1.0, 0.25])

    def loss(xs, ys):
        return sum((w[0] * x + w[1] * x * x + w[2] - y) ** 2 for x, y in zip(xs, ys, strict=True))

    recorded = jit_values(loss)
    rng = np.random.default_rng(2)
    for _ in range(3):
        xs, ys = rng.normal(size=(2, 12)).tolist()
        z, t = recorded(xs, ys), loss(xs, ys)
        z.backward()
        grads = [p.grad for p in w]
        for p in w:
            p.grad = 0.0
        t.backward()
        np.testing.assert_allclose([z.data, *grads], [t.data, *[p.grad for p in w]], rtol=1e-12)
        for p in w:
            p.grad = 0.0
    assert len(recorded.recordings) == 1
    assert 12 in {length for length, _ in lengths_of(recorded)}


@both
def test_a_singular_number_in_one_lane_does_not_poison_the_others(backend):
    w = Value(0.5)
    xs = [0.0, 1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 5.0, 6.0, 7.0]

    def loss():
        return add_n([np.where(w * x > 0, np.log(w * x), 0.0) for x in xs])

    z = jit_values(loss, backend=backend)()
    z.backward()
    assert z.data == pytest.approx(sum(np.log(0.5 * x) for x in xs if x), rel=1e-13)
    assert w.grad == pytest.approx(7 / 0.5, rel=1e-13)
