"""scan under jit: steps that are recorded one by one, and those that are refused."""

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    Value,
    grad,
    logsumexp,
    no_grad,
    scan,
    vjp,
)
from autograd.jit import jit

from .scans import (
    BACKENDS,
    BIAS,
    FIRST,
    RNG,
    XS,
    B,
    H,
    N,
    U,
    W,
    assert_jit_same,
    assert_same,
    loops,
    rnn,
)

COSINES = np.cos(np.arange(float(H)))


# --------------------------------------------------------------------------------------------------
# Where the steps are not alike


def test_steps_that_the_library_answers_differently_are_recorded_one_by_one():
    def f(xs):
        return grad(lambda xs: scan(lambda c, x: (c + logsumexp(x), None), 0.0, xs)[0])(xs)

    rows = RNG.normal(size=(4, 3))
    singular = rows.copy()
    singular[2] = -np.inf
    compiled = jit(f)
    for xs, count in ((rows, 1), (rows * 2, 1), (singular, 2), (rows, 2)):
        with np.errstate(all="ignore"):
            assert_same(compiled(xs), f(xs))
        assert compiled.recordings == count
    assert len(loops(jit(f).program(rows))) == 2


def test_steps_recorded_one_by_one_draw_no_more_than_they_would():
    def f(rng, xs):
        return scan(lambda c, x: (c + logsumexp(x) + rng.random(), None), 0.0, xs)[0]

    singular = RNG.normal(size=(4, 3))
    singular[2] = -np.inf
    compiled, ours, theirs = jit(f), np.random.default_rng(1), np.random.default_rng(1)
    with np.errstate(all="ignore"):
        for xs in (singular, singular + 1, np.abs(singular) ** -1, singular):
            assert_same(compiled(ours, xs), f(theirs, xs))
            assert ours.bit_generator.state == theirs.bit_generator.state


def test_gradients_of_steps_that_the_library_answers_differently_are_refused():
    def f(xs):
        def step(c, x):
            return c + (np.linalg.eigh(x + x.T).eigenvectors * COSINES).sum(), None

        return grad(lambda xs: scan(step, 0.0, xs)[0])(xs)

    rows = RNG.normal(size=(3, H, H))
    assert_jit_same(f, rows)
    rows[1] = np.eye(H)  # the directions of equal eigenvalues are not defined
    with pytest.raises(
        TypeError, match=r"jit: the steps of a scan are not alike: .* fallback=True"
    ):
        jit(f)(rows)
    with pytest.raises(np.linalg.LinAlgError, match="equal eigenvalues"):
        jit(f, fallback=True)(rows)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_masked_branch_does_not_poison_the_gradient(backend):
    def f(h, xs):
        def step(h, x):
            return np.where(x > 0, np.sqrt(np.abs(x)) * h, h), None

        return grad(lambda h, xs: scan(step, h, xs)[0].sum(), (0, 1))(h, xs)

    xs = np.array([[1.0, 0.0], [0.0, 4.0], [-1.0, 0.0]])
    compiled = jit(f, backend=backend)
    for scale in (1.0, 2.0):
        with np.errstate(all="ignore"):
            wanted = f(np.array([1.0, 2.0]), xs * scale)
        assert np.isfinite(wanted[1]).all()
        assert_same(compiled(np.array([1.0, 2.0]), xs * scale), wanted)


def test_no_grad_and_constants():
    w = Tensor(W, requires_grad=True)

    def f(xs):
        with no_grad():
            last, ys = scan(lambda h, x: (np.tanh(h @ w + x.sum()), h), np.zeros((B, H)), xs)
        return last, ys

    compiled = jit(f)
    last, ys = compiled(XS)
    assert not last.requires_grad
    assert_same([last, ys], f(XS))
    numbers = [1.0, 2.0, 3.0]
    assert_jit_same(lambda c: scan(lambda c, x: (c * x, c), c, np.array(numbers))[0], 2.0)


def test_pulls_of_several_cotangents():
    def f(w, g, h):
        (last, ys), pull = vjp(lambda w: rnn(w, U, BIAS, FIRST, XS), w)
        return last, pull((g, np.zeros(ys.shape))), pull((g * 0, h))

    assert_jit_same(f, W, RNG.normal(size=(B, H)), RNG.normal(size=(N, B, H)))


# --------------------------------------------------------------------------------------------------
# What is refused


def test_a_carry_that_changes_is_refused_as_without_jit():
    step = lambda c, x: ({"h": np.stack([c["h"], c["h"]])}, None)  # noqa: E731
    with pytest.raises(ValueError, match=r"step 0 changes carry\['h'\] from float64 of shape"):
        jit(lambda h: scan(step, {"h": h}, length=2))(np.ones(2))
    with pytest.raises(ValueError, match=r"changes carry from float64 of shape \(2,\) to float32"):
        jit(lambda h: scan(lambda c, x: (c.astype("f4"), x), h, length=2))(np.ones(2))


def _adds(c, x):
    c += x
    return c, c


def _assigns(c, x):
    c[0] = x[1] + c[1]
    return c * 1.5, c.sum()


def _under_two_names(c, x):
    d = c
    d *= x
    return c + 1, d


def _writes_into_the_row(c, x):
    x *= 2.0
    x[0] = c[1]
    return c + x, x


@pytest.mark.parametrize("step", [_adds, _assigns, _under_two_names, _writes_into_the_row])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_may_write_into_its_carry_and_row(step, backend):
    xs = RNG.normal(size=(4, 2))
    run = jit(lambda c: scan(step, c, xs), backend=backend)
    for start in (np.ones(2), np.array([0.5, -2.0])):
        assert_same(run(start.copy()), scan(step, start.copy(), xs.copy()))


def test_changes_of_what_is_outside_are_refused():
    w = Tensor(W, requires_grad=True)
    optimizer = nn.SGD([w], lr=0.1)

    def trains(c, x):
        (w * x.sum()).sum().backward()
        return c, None

    def updates(c, x):
        w.data -= 0.1
        return c, None

    def steps(c, x):
        optimizer.step()
        return c, None

    w.grad = np.ones_like(W)
    for step in (trains, updates, steps):
        message = "changes a tensor, .* in the step of scan; hand it on in the carry, and change it"
        with pytest.raises(TypeError, match=rf"jit: test_jit_scan.*:\d+ {message} after scan"):
            jit(lambda xs, step=step: scan(step, 0.0, xs))(XS)
    np.testing.assert_array_equal(w.data, W)


def test_a_value_taken_out_of_a_step_is_refused():
    class Box:
        __slots__ = ("held",)

    def f(xs):
        box = Box()

        def step(c, x):
            box.held = x
            return c + x.sum(), None

        return scan(step, 0.0, xs)[0] + box.held.sum()

    message = r"test_jit_scan_refused\.py:\d+ uses what the step of scan computed, .*; give it as y"
    with pytest.raises(TypeError, match=message):
        jit(f)(XS)


def test_values_in_a_step_are_refused():
    with pytest.raises(TypeError, match="gives a Value in the step of scan; record functions of"):
        jit(lambda xs: scan(lambda c, x: (c, Value(1.0)), xs[0], xs))(XS)


def test_functions_of_values_have_a_loop_on_their_tape():
    w = Value(0.5)
    loss = jit(lambda x: scan(lambda h, x: (w * h + float(x), None), x, np.array([1.0, 2.0]))[0])
    for x in (1.0, 2.0):
        w.grad = 0.0
        z = loss(x)
        z.backward()
        assert (z.data, w.grad) == (0.25 * x + 2.5, x + 1.0)
