"""Optimizers against formulas written independently, over tensors and values; their state."""

import copy
import pickle

import numpy as np
import pytest

from autograd import Value
from nn import Adam, Parameter

from .formulas import CASES

STEPS = 60


def streams(shape, seed=0, steps=STEPS):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=(steps, *shape))


@pytest.mark.parametrize("shape", [(3, 4), (5,), (), (0, 2)])
@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_tensors(optimizer, formula, settings, shape):
    start, grads = streams(shape)
    p = Parameter(start)
    o = optimizer([p], **settings)
    for g in grads:
        p.grad = g
        o.step()
    assert p.shape == shape
    assert np.allclose(p.data, formula(start, grads, **settings), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_values(optimizer, formula, settings):
    start, grads = streams((7,))
    values = [Value(x) for x in start]
    o = optimizer(values, **settings)
    for g in grads:
        for v, x in zip(values, g, strict=True):
            v.grad = float(x)
        o.step()
    assert all(type(v.data) is float for v in values)
    expected = formula(start, grads, **settings)
    assert np.allclose([v.data for v in values], expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_large_arrays_are_updated_in_blocks(optimizer, formula, settings):
    start, grads = streams((405, 401), steps=3)
    p = Parameter(start)
    o = optimizer([p], **settings)
    data = p.data
    for g in grads:
        p.grad = g
        o.step()
    assert p.data is data
    assert np.allclose(p.data, formula(start, grads, **settings), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_sizes_and_dtypes_in_one_list(optimizer, formula, settings):
    shapes, dtypes = [(3,), (70_000,), (), (2, 5), (4, 6)], ["f8", "f8", "f8", "f4", "f8"]
    drawn = [streams(shape, seed, steps=3) for seed, shape in enumerate(shapes)]
    parameters = [Parameter(s.astype(t)) for (s, _), t in zip(drawn, dtypes, strict=True)]
    o = optimizer(parameters, **settings)
    for step in range(3):
        for p, (_, grads) in zip(parameters, drawn, strict=True):
            p.grad = grads[step]
        o.step()
        o = pickle.loads(pickle.dumps(o)) if step == 1 else o
        parameters = o.parameters
    for p, (start, grads) in zip(parameters, drawn, strict=True):
        tolerance = 1e-11 if p.dtype == np.float64 else 1e-4
        assert np.allclose(p.data, formula(start, grads, **settings), rtol=tolerance, atol=1e-5)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_float32(optimizer, formula, settings):
    start, grads = streams((6,), steps=20)
    p = Parameter(start.astype(np.float32))
    o = optimizer([p], **settings)
    for g in grads:
        p.grad = g  # of another dtype: it is cast
        o.step()
    assert p.dtype == np.float32
    assert np.allclose(p.data, formula(start, grads, **settings), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_tensors_and_values_in_one_list(optimizer, formula, settings):
    start, grads = streams((2,))
    v, p = Value(start[0]), Parameter(start[1])
    o = optimizer([v, p], **settings)
    for g in grads:
        v.grad, p.grad = float(g[0]), g[1]
        o.step()
    expected = formula(start, grads, **settings)
    assert np.allclose([v.data, p.item()], expected, rtol=1e-11)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_equal_to_torch(optimizer, formula, settings):
    torch = pytest.importorskip("torch")
    start, grads = streams((3, 4))
    p, q = Parameter(start), torch.tensor(start.copy(), requires_grad=True)
    ours = optimizer([p], **settings)
    theirs = getattr(torch.optim, optimizer.__name__)([q], **settings)
    for g in grads:
        p.grad, q.grad = g, torch.tensor(g.copy())
        ours.step()
        theirs.step()
    assert np.allclose(p.data, q.detach().numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_arrays_that_are_not_in_c_order(optimizer, formula, settings):
    start, grads = streams((3, 4))
    p = Parameter(np.zeros((3, 4)))
    p.data = np.asfortranarray(start)
    o = optimizer([p], **settings)
    for g in grads:
        p.grad = np.asfortranarray(g)
        o.step()
    assert np.allclose(p.data, formula(start, grads, **settings), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_data_assigned_between_steps_are_used(optimizer, formula, settings):
    start, grads = streams((4,))
    p = Parameter(np.zeros(4))
    o = optimizer([p], **settings)
    p.data = start
    for g in grads:
        p.grad = g
        o.step()
        p.data = p.data
    assert np.allclose(p.data, formula(start, grads, **settings), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_saved_state_continues_exactly(optimizer, formula, settings):
    start, grads = streams((4,))
    p, v = Parameter(start), Value(1.0)
    o = optimizer([p, v], **settings)
    for g in grads[:10]:
        p.grad, v.grad = g, 0.5
        o.step()
    q, w = copy.deepcopy(p), copy.deepcopy(v)
    twin = optimizer([q, w], **settings | {"lr": 0.5})
    twin.load_state_dict(o.state_dict())
    assert twin.lr == o.lr
    for g in grads[10:]:
        p.grad, v.grad, q.grad, w.grad = g, 0.5, g, 0.5
        o.step()
        twin.step()
    assert np.array_equal(p.data, q.data)
    assert v.data == w.data


@pytest.mark.parametrize(("optimizer", "formula", "settings"), CASES)
def test_copies_of_an_optimizer_with_its_parameters_go_on(optimizer, formula, settings):
    start, grads = streams((4,))
    p, v = Parameter(start), Value(1.0)
    o = optimizer([p, v], **settings)
    for i, g in enumerate(grads):
        if i == 10:
            p, v, o = copy.deepcopy((p, v, o))
            assert o.parameters[0] is p
        p.grad, v.grad = g, float(g[0])
        o.step()
    assert np.allclose(p.data, formula(start, grads, **settings), rtol=1e-11, atol=1e-13)
    assert np.isclose(v.data, formula(1.0, grads[:, 0], **settings), rtol=1e-11)


def test_state_holds_copies():
    p = Parameter(np.ones(2))
    p.grad = np.ones(2)
    o = Adam([p])
    o.step()
    state = o.state_dict()
    o.step()
    assert state["0.steps"] == 1
    assert state["0.m_sum"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("make", sorted({case[0] for case in CASES}, key=lambda c: c.__name__))
def test_the_parameters_are_fixed(make):
    w, more = Parameter([1.0]), Parameter([1.0])
    optimizer = make([w], lr=0.1)
    with pytest.raises(AttributeError):
        optimizer.parameters.append(more)
    with pytest.raises(AttributeError):
        optimizer.parameters = [w, more]
    assert optimizer.parameters == (w,)
