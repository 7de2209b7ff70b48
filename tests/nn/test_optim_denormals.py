"""What optimizers keep does not stay denormal, and weights are as if nothing had been dropped."""

from functools import partial

import numpy as np
import pytest

from autograd import Tensor, Value, jit
from autograd.jit.c.build import compiler
from nn import SGD, Adam, AdamW, RMSProp

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler")
WAYS = [
    pytest.param(lambda f: f, id="eager"),
    pytest.param(partial(jit, backend="numpy"), id="numpy"),
    pytest.param(partial(jit, backend="c"), id="c", marks=needs_compiler),
]
KINDS = [
    pytest.param(partial(SGD, momentum=0.9), id="momentum"),
    pytest.param(partial(Adam, betas=(0.8, 0.9)), id="Adam"),
    pytest.param(partial(AdamW, betas=(0.8, 0.9)), id="AdamW"),
    pytest.param(partial(RMSProp, alpha=0.9, momentum=0.8, centered=True), id="RMSProp"),
]


def kept_of(optimizer):
    return {k: x for k, x in optimizer.state_dict().items() if isinstance(x, np.ndarray)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_means_of_gradients_that_are_0_become_0(kind, way):
    ws = [Tensor(np.ones(shape, "f4"), requires_grad=True) for shape in [(2, 3), (3,), ()]]
    optimizer = kind(ws, lr=0.01)

    def step(x):
        optimizer.zero_grad()
        sum((w * x).sum() for w in ws).backward()
        optimizer.step()

    step = way(step)
    kept = []
    for i in range(1400):
        step(np.float32(i < 3))
        if i == 600:
            kept = kept_of(optimizer).values()
            assert any(0 < np.abs(a).max() for a in kept)
    assert len(kept_of(optimizer)) == len(kept) > 0
    for name, array in kept_of(optimizer).items():
        np.testing.assert_array_equal(array, 0, err_msg=name)


def test_values_keep_none_either():
    v = Value(1.0)
    optimizer = SGD([v], lr=0.1, momentum=0.9)
    optimizer.load_state_dict(
        optimizer.state_dict() | {"0.momentum_buffer": np.array([1e-310]), "0.steps": 127}
    )
    v.grad = 0.0
    optimizer.step()
    assert kept_of(optimizer)["0.momentum_buffer"] == [0.0]


@pytest.mark.parametrize("way", WAYS)
def test_what_the_root_of_a_square_adds_to_eps_is_kept(way):
    """Squares of tiny gradients are denormal; with a tiny eps they decide on the step."""
    w = Tensor(np.ones(3, "f4"), requires_grad=True)
    optimizer = Adam([w], lr=0.001, eps=1e-30)

    def step():
        optimizer.zero_grad()
        (w * np.float32(1e-20)).sum().backward()
        optimizer.step()

    step = way(step)
    for _ in range(200):
        step()
    # m̂ = g and √v̂ = g at every step: steps of lr
    np.testing.assert_allclose(w.data, 1 - 200 * 0.001, rtol=1e-2)


def test_denormal_numbers_of_half_precision_are_kept():
    """They are as large as 6e-5."""
    w = Tensor(np.ones(3, "f2"), requires_grad=True)
    optimizer = SGD([w], lr=0.0, momentum=0.5)
    for _ in range(128):
        w.grad = np.full(3, 2e-5, "f2")
        optimizer.step()
    np.testing.assert_allclose(kept_of(optimizer)["0.momentum_buffer"], 4e-5, rtol=0.1)


def test_large_arrays_and_what_is_not_finite():
    w = Tensor(np.zeros((300, 1000), "f4"), requires_grad=True)
    optimizer = SGD([w], lr=0.1, momentum=0.5)
    state = optimizer.state_dict()
    kept = np.full(w.shape, 1e-20, "f4")
    kept[::7] = 1e-40
    kept[5, :3] = np.inf, -np.inf, np.nan
    optimizer.load_state_dict(state | {"0.momentum_buffer": kept, "0.steps": 127})
    w.grad = np.zeros(w.shape, "f4")
    optimizer.step()
    kept[::7] = 0
    np.testing.assert_array_equal(kept_of(optimizer)["0.momentum_buffer"], kept * np.float32(0.5))
