"""Updates of all parameters at once."""

import gc

import numpy as np
import pytest

import nn
from autograd import Tensor, grad
from autograd.jit import jit

from .tapes import BACKENDS

X = np.array([1.0, 2.0])


def small_net(optimizer, dtype=float):
    rng = np.random.default_rng(0)
    parameters = [
        Tensor(rng.normal(size=s), requires_grad=True, dtype=dtype) for s in ((3, 4), (4,), (4, 2))
    ]
    w, b, v = parameters
    steps = optimizer(parameters)

    def step(x):
        loss = (((x @ w + b) @ v) ** 2).sum()
        steps.zero_grad()
        loss.backward()
        steps.step()

    return parameters, steps, step


ROWS = np.random.default_rng(1).normal(size=(5, 3)) / 10


@pytest.mark.parametrize("optimizer", [nn.SGD, nn.Adam])
def test_parameters_and_gradients_are_slices_of_one_array(optimizer):
    ours, _, step = small_net(lambda p: optimizer(p, lr=0.01))
    theirs, _, eager = small_net(lambda p: optimizer(p, lr=0.01))
    compiled = jit(step, backend="numpy")
    for _ in range(5):
        compiled(ROWS)
        eager(ROWS)
    assert len({id(p.data.base) for p in ours}) == 1
    assert len({id(p.grad.base) for p in ours}) == 1
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-12)
    # an eager step goes on from there
    step(ROWS)
    eager(ROWS)
    compiled(ROWS)
    eager(ROWS)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)


def test_an_array_that_somebody_holds_stays_that_of_its_parameter():
    ours, _, step = small_net(lambda p: nn.SGD(p, lr=0.01))
    held = ours[0].data
    compiled = jit(step, backend="numpy")
    for _ in range(3):
        compiled(ROWS)
    assert ours[0].data is held


@pytest.mark.parametrize("hold", ["array", "view", "cleared"])
def test_a_gradient_that_somebody_holds_is_not_written_again(hold):
    ours, steps, step = small_net(lambda p: nn.SGD(p, lr=0.01))
    compiled = jit(step, backend="numpy")
    compiled(ROWS)
    kept = []
    for _ in range(3):
        g = ours[0].grad if hold != "view" else ours[0].grad[1:]
        kept.append((g, g.copy()))
        if hold == "cleared":
            steps.zero_grad()
        del g
        compiled(ROWS)
    for g, copy in kept:
        np.testing.assert_array_equal(g, copy)
    assert compiled.recordings == 1


def test_two_recordings_share_the_arrays():
    ours, _, step = small_net(lambda p: nn.Adam(p, lr=0.01))
    theirs, _, eager = small_net(lambda p: nn.Adam(p, lr=0.01))
    compiled = jit(step, backend="numpy")
    for rows in (ROWS, ROWS[:2], ROWS, ROWS[:2], ROWS):
        compiled(rows)
        eager(rows)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)
    assert compiled.recordings == 2


def test_large_parameters_are_updated_in_blocks():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in ((300, 100), (100, 5))]
    results = []
    for wrap in (lambda f: f, lambda f: jit(f, backend="numpy")):
        w, v = parameters = [Tensor(a, requires_grad=True) for a in arrays]
        optimizer = nn.Adam(parameters, lr=0.01)

        def step(x, w=w, v=v, optimizer=optimizer):
            loss = (((x @ w).tanh() @ v) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        run = wrap(step)
        for _ in range(3):
            run(np.full((4, 300), 0.1))
        results.append([p.data for p in parameters])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_variable_that_is_gone():
    w = Tensor([1.0, 2.0])
    step = jit(lambda: w * 2.0, backend="numpy")
    np.testing.assert_array_equal(step().data, [2.0, 4.0])
    del w
    with pytest.raises(NameError, match="'w'"):
        step()
    w = Tensor([3.0])
    np.testing.assert_array_equal(step().data, [6.0])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.ravel("F"),
        lambda x: x.flatten(order="F"),
        lambda x: x.reshape(3, 2, order="F"),
        lambda x: np.ravel(x, order="F"),
        lambda x: x.sum(initial=10.0),
        lambda x: x.max(axis=1, initial=-9.0, where=np.array([True, False, True])),
        lambda x: np.sum(x, 0, None, None, True),
        lambda x: np.einsum("ij,kj->ik", x, x),
    ],
)
def test_options_of_an_array_method_are_obeyed(function):
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(jit(function)(x), function(x))


def test_a_sum_written_into_an_argument():
    def f(x, into):
        x.sum(axis=0, out=into)
        return into * 2

    x, into = np.arange(6.0).reshape(2, 3), np.zeros(3)
    np.testing.assert_array_equal(jit(f)(x, into), [6.0, 10.0, 14.0])
    np.testing.assert_array_equal(into, [3.0, 5.0, 7.0])


def test_a_gradient_that_is_one_number_stretched_can_be_written_to():
    fast = jit(grad(lambda x: x.mean()), backend="numpy")
    for _ in range(3):
        g = fast(np.ones(4))
        np.testing.assert_array_equal(g, np.full(4, 0.25))
        g *= 2.0


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_as_it_was_after_a_recording(was_on):
    seen = []

    def f(x):
        seen.append(gc.isenabled())
        return x if x.sum() > 0 else -x

    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        np.testing.assert_array_equal(jit(lambda x: x * 2)(np.ones(2)), [2, 2])
        assert gc.isenabled() is was_on
        with pytest.raises(TypeError, match="decides by a recorded value"):
            jit(f)(np.ones(2))
        assert seen == [False]
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_an_inner_derivative_of_numbers_follows_the_argument_they_are():
    inner = grad(lambda y: np.sum(y**3))
    outer = jit(grad(lambda x, k: np.sum(inner(k) * x)))
    for k in (1.0, 2.0, 3.0):
        np.testing.assert_allclose(outer(X, k * X), 3 * (k * X) ** 2)
    assert outer.recordings == 1


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("first", ["zero_grad", "step"])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: nn.SGD(p, lr=0.05, momentum=0.9),
        lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
        lambda p: nn.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.1),
        lambda p: nn.Adam(p, lr=0.01),
        lambda p: nn.RMSProp(p, lr=0.01),
    ],
    ids=["momentum", "nesterov", "decay", "adam", "rms"],
)
def test_what_is_kept_for_parameters_of_single_precision(optimizer, wide, first, backend):
    """A first buffer is the gradient, which is cast where the data are of double precision."""
    worlds = []
    for compiled in (False, True):
        parameters = [
            Tensor(np.linspace(-1, 1, n), requires_grad=True, dtype=np.float32) for n in (3, 2)
        ]
        steps = optimizer(parameters)

        def step(x, parameters=parameters, steps=steps):
            w, v = parameters
            if first == "zero_grad":
                steps.zero_grad()
            loss = (w * x).sum() + (v * x[:2]).sum()
            loss.backward()
            steps.step()
            if first == "step":
                steps.zero_grad()
            return loss

        worlds.append((parameters, steps, jit(step, backend=backend) if compiled else step))
    for k in range(4):
        x = (np.arange(3.0) + k).astype(float if wide else np.float32)
        (p, ours, eager), (q, theirs, fast) = worlds
        np.testing.assert_allclose(fast(x).data, eager(x).data, rtol=1e-6)
        for a, b in zip(p, q, strict=True):
            np.testing.assert_allclose(b.data, a.data, rtol=1e-6)
        kept = theirs.state_dict()
        for name, a in ours.state_dict().items():
            if isinstance(a, np.ndarray) and a.dtype.kind == "f":
                np.testing.assert_allclose(kept[name], a, rtol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", [nn.SGD, nn.Adam])
def test_parameters_with_one_gradient(optimizer, dtype, backend):
    """The first and the last have the same; the memory of both is filled."""

    def trained(compiled):
        parameters = [
            Tensor(np.linspace(-1, 1, n), requires_grad=True, dtype=dtype) for n in (3, 2, 3)
        ]
        steps = optimizer(parameters, lr=0.01, weight_decay=0.1)

        def step(x):
            w, b, v = parameters
            steps.zero_grad()
            loss = (w * x[:3]).sum() + (b[::-1] * x[:2]).sum() + (v * x[:3]).sum()
            loss.backward()
            steps.step()
            return loss

        step = jit(step, backend=backend) if compiled else step
        losses = [step(np.arange(1.0, 4.0) + k).data for k in range(3)]
        return [*losses, *(p.data for p in parameters)]

    for ours, theirs in zip(trained(True), trained(False), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
