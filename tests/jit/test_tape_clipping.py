"""Clipping by the norm of all gradients inside a recorded function of Values."""

import math
import sys
import threading

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, jit
from autograd.jit.tape.compiled import jit_values

from .tapes import BACKENDS, fresh

backends = pytest.mark.parametrize("backend", BACKENDS)
STARTS = 1.5, -0.7, 0.2
POINTS = [(0.4, 0.05), (3.0, 1e3), (-2.0, 0.2), (1e-9, 1e-12)]


def both(make, points, backend):
    """Return what a step gives, and numbers and gradients after it, eagerly and replayed."""
    found = []
    for wrap in (lambda f: f, lambda f: jit_values(f, backend=backend)):
        ws = fresh(STARTS)
        step = wrap(make(ws))
        found.append([(step(*p), [(w.data, w.grad) for w in ws]) for p in points])
    assert step.made == 1
    return found


def loss_of(ws, x):
    a, b, c = ws
    return ((a * x + b).tanh() * c - x) ** 2


def descend(ws, most_of=lambda most: most):
    def step(x, most):
        for w in ws:
            w.grad = 0.0
        loss_of(ws, x).backward()
        before = nn.clip_by_norm(ws, most_of(most))
        after = nn.gradient_norm(ws)
        for w in ws:
            w.data -= 0.1 * w.grad
        return before, after

    return step


@backends
def test_a_step_that_clips_or_not_is_one_recording(backend):
    theirs, ours = both(descend, POINTS, backend)
    for ((n, m), a), ((k, j), b) in zip(theirs, ours, strict=True):
        np.testing.assert_allclose([k, j], [n, m], rtol=1e-12)
        np.testing.assert_allclose(b, a, rtol=1e-12)
    clipped = [after < before for (before, after), _ in ours]
    assert clipped == [True, False, True, True]


@backends
def test_the_limit_may_be_computed(backend):
    theirs, ours = both(lambda ws: descend(ws, lambda most: most * 0.5 + 0.01), POINTS, backend)
    np.testing.assert_allclose([o[1] for o in ours], [t[1] for t in theirs], rtol=1e-12)


def clip_twice(ws):
    def step(x, most):
        loss = loss_of(ws, x)  # whose graph stands on leaves that clipping leaves as they are
        (ws[0] * x).backward()
        first = nn.clip_by_norm(ws, most)
        loss.backward()
        nn.clip_by_value(ws[1:], most / 2)
        ws[2].grad *= 2
        second = nn.gradient_norm(ws[:1] + ws)
        loss.backward()
        return first, second * 3, ws[1].grad

    return step


@backends
def test_gradients_go_on_after_a_clip(backend):
    theirs, ours = both(clip_twice, POINTS, backend)
    for (x, a), (y, b) in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(y, x, rtol=1e-12)
        np.testing.assert_allclose(b, a, rtol=1e-12)


def test_parameters_may_be_arguments():
    def step(ws, x):
        (ws[0] * x + ws[1]).backward()
        return nn.clip_by_norm(ws, 1.0)

    replayed = jit(step)
    for x in (3.0, 0.0, -4.0):
        ours, theirs = fresh([1.0, 2.0]), fresh([1.0, 2.0])
        assert replayed(ours, x) == step(theirs, x) == math.hypot(x, 1)
        assert [w.grad for w in ours] == [w.grad for w in theirs]


def test_leaves_and_results_made_inside_are_clipped():
    w = Value(2.0)

    def step(x):
        w.grad = 0.0
        inner = Value(x)
        z = w * inner
        y = z * z
        y.backward()
        norm = nn.clip_by_norm([inner, w, z], 2.0)
        return norm, inner.grad, z.grad, w.grad

    replayed = jit(step)
    for x in (3.0, 0.1, -1.0):
        np.testing.assert_allclose(replayed(x), step(x), rtol=1e-15)


@backends
def test_a_norm_that_is_not_finite_is_an_error_at_every_call(backend):
    found = []
    for wrap in (lambda f: f, lambda f: jit_values(f, backend=backend)):
        ws = fresh(STARTS)
        step = wrap(descend(ws))
        step(0.4, 1.0)
        for _ in range(2):
            with pytest.raises(FloatingPointError, match="clip_by_norm: the norm of the gradients"):
                step(math.inf, 1.0)
        with pytest.raises(ValueError, match="clip_by_norm: the limit is a number above 0, got -1"):
            step(0.4, -1.0)
        found.append([(w.data, w.grad) for w in ws])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_the_call_is_shown():
    ws = fresh(STARTS)
    step = jit(descend(ws))
    step(0.4, 1.0)
    shown = [line.split() for line in step.show(0.4, 1.0).splitlines()]
    calls = [line for line in shown if line[0] == "call"]
    assert calls == [["call", "clip_by_norm"], ["call", "gradient_norm"]]


def test_a_tensor_among_the_values_is_refused():
    w, t = Value(2.0), Tensor([1.0], requires_grad=True)

    @jit_values
    def step(x):
        (w * x).backward()
        return nn.clip_by_norm([w, t], 1.0)

    with pytest.raises(TypeError, match=r"clip_by_norm at .* mixes Values and Tensors"):
        step(1.0)


def test_threads_clip_their_own_gradients():
    @jit_values
    def step(ws, most):
        (ws[0] * most + ws[1]).backward()
        return nn.gradient_norm(ws), nn.clip_by_norm(ws, most)

    wrong = []

    def work(most):
        for _ in range(300):
            found = step(fresh([1.0, 2.0]), most)
            wrong.extend(x for x in found if x != math.hypot(most, 1))

    step(fresh([1.0, 2.0]), 1.0)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in (1.0, 2.0, 3.0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []
