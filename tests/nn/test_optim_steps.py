"""What a step of an optimizer reads and leaves, and its fast paths against the general path."""

from functools import partial

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, jit
from nn import SGD, Adam, AdamW, Parameter
from nn.optim import slots

from .formulas import CASES, adam

# ------------------------------------------------------------------------------------------------
# The order of a step


def test_parameters_without_a_gradient_are_skipped_and_do_not_age():
    a, b = Parameter(np.ones(2)), Parameter(np.ones(2))
    o = Adam([a, b], lr=0.1, weight_decay=0.5)
    for _ in range(3):
        a.grad = np.ones(2)
        o.step()
    assert b.data.tolist() == [1.0, 1.0]
    b.grad = np.ones(2)
    o.step()
    assert np.allclose(b.data, adam(np.ones(2), [np.ones(2)], lr=0.1, weight_decay=0.5))


def test_frozen_parameters_are_skipped_and_may_thaw():
    model = nn.MLP([2, 2, 1], rng=0)
    o = SGD(model.parameters(), lr=0.1)
    model.layers[0].requires_grad_(False)
    before = model.state_dict()
    model(np.ones((1, 2))).sum().backward()
    o.step()
    o.zero_grad()
    for p in model.parameters():
        p.grad = None
    assert [p.grad for p in model.parameters()] == [None] * 4
    after = model.state_dict()
    assert np.array_equal(before["layers.0.weight"], after["layers.0.weight"])
    assert not np.array_equal(before["layers.2.bias"], after["layers.2.bias"])
    model.requires_grad_(True)
    model(np.ones((1, 2))).sum().backward()
    o.step()


def test_zero_grad():
    p, v = Parameter(1.0), Value(1.0)
    p.grad, v.grad = 1.0, 1.0
    SGD([p, v], lr=1.0).zero_grad()
    assert p.grad is None
    assert v.grad == 0.0


def test_a_gradient_of_none_of_a_value_counts_as_0():
    """As it does in the sweep; the other values are updated."""
    v, w = Value(1.0), Value(1.0)
    v.grad = w.grad = None
    (w * 3.0).backward()
    SGD([v, w], lr=0.5).step()
    assert (v.data, w.data) == (1.0, 1.0 - 0.5 * 3.0)


def test_learning_rate_can_be_set():
    v = Value(1.0)
    o = SGD([v], lr=1.0)
    v.grad = 1.0
    o.lr = 0.25
    o.step()
    assert v.data == 0.75
    with pytest.raises(ValueError, match="SGD: lr must be at least 0 and finite, got -1"):
        o.lr = -1
    assert o.lr == 0.25


@pytest.mark.parametrize("shape", [(2,), ()])
def test_a_graph_made_before_the_step_is_stale(shape):
    p = Parameter(np.ones(shape))
    loss = (p * p).sum()
    loss.backward()
    SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed after it was used"):
        loss.backward()
    (p * p).sum().backward()


def test_a_graph_of_values_made_before_the_step_is_stale():
    v = Value(1.0)
    loss = v * v
    loss.backward()
    SGD([v], lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed after it was used"):
        loss.backward()


def test_gradients_made_by_create_graph_are_used_as_numbers():
    p, v = Parameter([3.0]), Value(3.0)
    (p * p).sum().backward(create_graph=True)
    (v * v).backward(create_graph=True)
    SGD([p, v], lr=0.5).step()
    assert p.data[0] == 0.0
    assert v.data == 0.0


def test_gradients_are_never_written_to():
    for optimizer, _, settings in CASES:
        p, g = Parameter(np.ones(3)), np.arange(3.0)
        p.grad = g
        o = optimizer([p], **settings)
        o.step()
        o.step()
        assert g.tolist() == [0, 1, 2], (optimizer, settings)


def test_training_falls_to_the_minimum():
    x = np.random.default_rng(0).normal(size=(50, 3))
    y = x @ [[1.0], [-2.0], [0.5]] + 3
    for o in (lambda p: SGD(p, 0.1, momentum=0.9), lambda p: Adam(p, 0.1)):
        layer = nn.Linear(3, 1, rng=0)
        optimizer = o(layer.parameters())
        for _ in range(500):
            optimizer.zero_grad()
            nn.functional.mse_loss(layer(x), y).backward(release=True)
            optimizer.step()
        assert np.allclose(layer.weight.data.ravel(), [1, -2, 0.5], atol=1e-4)
        assert np.allclose(layer.bias.data, 3, atol=1e-4)


def test_repr():
    assert repr(SGD([Value(1.0)], lr=0.1)) == (
        "SGD(1 parameters, lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0, dampening=0.0)"
    )


def test_inf_and_nan_gradients_pass_without_warnings():
    p = Parameter([1.0, 1.0])
    p.grad = np.array([np.inf, np.nan])
    Adam([p]).step()
    assert np.isnan(p.data).all()


# --------------------------------------------------------------------------------------------------
# Short ways


def test_plain_descent_equals_the_general_step():
    """The loop over small tensors does what `Optimizer` does with `_update`, stamps included."""
    shapes = [(3, 4), (1,), (), (70_000, 2), (2, 3)]

    def run(change):
        drawn = np.random.default_rng(3)
        parameters = [Parameter(drawn.normal(size=shape)) for shape in shapes]
        expected = [p.data.copy() for p in parameters]
        value = Value(0.5)
        o = SGD([*parameters, value], lr=0.3)
        o._change = change.__get__(o)
        for step in range(4):
            o.zero_grad()
            parameters[4].requires_grad = step != 1
            if step == 1:
                expected[0] = drawn.normal(size=(3, 4))
                parameters[0].data = expected[0].copy()
            for i, p in enumerate(parameters):
                g = drawn.normal(size=p.shape)
                if p.requires_grad and (i, step) != (1, 1):
                    (p * g).sum().backward(release=True)
                    expected[i] = expected[i] - 0.3 * g
            if step == 2:
                parameters[0].grad *= 2  # no longer what a sweep left
                expected[0] -= 0.3 * (parameters[0].grad / 2)
            value.grad = 0.25
            graphs = [(p * 2).sum() for p in parameters if p.grad is not None]
            o.step()
            for graph in graphs:
                with pytest.raises(RuntimeError, match="changed after it was used"):
                    graph.backward()
        for p, x in zip(parameters, expected, strict=True):
            assert np.allclose(p.data, x, rtol=1e-14, atol=1e-15)
        return [p.data for p in parameters], value.data, [slot.steps for slot in o._slots]

    plain, general = run(SGD._change), run(nn.optim.Optimizer._change)
    assert plain[1:] == general[1:]
    for one, two in zip(plain[0], general[0], strict=True):
        assert np.array_equal(one, two)


OPTIMIZERS = {
    "plain": partial(SGD, lr=0.3),
    "momentum": partial(SGD, lr=0.3, momentum=0.9, nesterov=True),
    "decay": partial(SGD, lr=0.3, weight_decay=0.1),
    "adam": partial(Adam, lr=0.1),
    "adamw": partial(AdamW, lr=0.1, weight_decay=0.1),
    "rmsprop": partial(nn.RMSProp, lr=0.1, momentum=0.5, centered=True),
}


def replace_data(o):
    o.parameters[0].data = np.ones((3, 4))


def double_gradient(o):
    o.parameters[1].grad *= 2


def go_back(o):
    o.load_state_dict({**o.state_dict(), "lr": 0.7})


def other_counts(o):
    state = o.state_dict()
    o.load_state_dict({k: 5 if k == "1.steps" else x for k, x in state.items()})


def no_gradient(o):
    o.parameters[2].grad = None


def frozen_and_not_any_more(o):
    o.parameters[0].requires_grad = False
    o.parameters[0].requires_grad = True


def as_jit_leaves_it(o):
    for slot in o._slots:
        slot.unbind()
        slot.kept = {name: 2 * array for name, array in slot.kept.items()}


@pytest.mark.parametrize(
    "change",
    [
        replace_data,
        double_gradient,
        go_back,
        other_counts,
        no_gradient,
        frozen_and_not_any_more,
        as_jit_leaves_it,
        repr,
    ],
)
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("many", [1, slots.MANY])
def test_steps_of_tensors_that_are_as_they_were_equal_general_ones(make, change, many, monkeypatch):
    monkeypatch.setattr(slots, "MANY", many)

    def run(general):
        drawn = np.random.default_rng(3)
        turned = np.asfortranarray(drawn.normal(size=(4, 5)))
        parameters = [Parameter(drawn.normal(size=s)) for s in [(3, 4), (1,)]]
        large = Parameter(drawn.normal(size=(33, 32)))
        o = make([*parameters, Parameter(turned), large])
        quick = []
        fits = o._held.fits
        o._held.fits = lambda: not general and (quick.append(fits()) or quick[-1])
        for step in range(6):
            o.zero_grad()
            for p in o.parameters:
                (p * drawn.normal(size=p.shape)).sum().backward(release=True)
            if step == 3:
                change(o)
            graphs = [(p * 2).sum() for p in o.parameters if p.grad is not None]
            o.step()
            for graph in graphs:
                with pytest.raises(RuntimeError, match="changed after it was used"):
                    graph.backward()
        assert general or quick[:1] + quick[2:3] + quick[-1:] == [False, True, True]
        return [p.data for p in o.parameters], o.state_dict()

    (one, state), (two, other) = run(False), run(True)
    for x, y in [*zip(one, two, strict=True), *zip(state.values(), other.values(), strict=True)]:
        np.testing.assert_array_equal(x, y)
    assert state.keys() == other.keys()


def test_sums_of_gradients_in_one_leaf_are_checked_as_the_first_was():
    p = Parameter(np.ones(3, np.float32))
    o = SGD([p], lr=0.5)
    for _ in range(2):
        p.grad = np.array([1.0, 2.0, 3.0])
        p.sum().backward()  # float64 and float32
        o.step()
    assert p.data.dtype == np.float32
    assert p.data.tolist() == [-1.0, -2.0, -3.0]


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
def test_momentum_that_is_switched_off_is_plain_descent(weight_decay):
    results = []
    for wrap in (lambda f: f, lambda f: jit(f, backend="numpy")):
        w = Tensor([1.0, -2.0], requires_grad=True)
        o = SGD([w], lr=0.1, momentum=0.9, dampening=0.5, weight_decay=weight_decay)

        def step(w=w, o=o):
            o.zero_grad()
            (w * 3.0).sum().backward()
            o.step()

        step = wrap(step)
        step()
        before, kept = w.data.copy(), o.state_dict()["0.momentum_buffer"]
        o.momentum = 0.0
        step()
        np.testing.assert_allclose(w.data, before - 0.1 * (3.0 + weight_decay * before))
        np.testing.assert_array_equal(o.state_dict()["0.momentum_buffer"], kept)
        o.momentum = 0.9
        step()
        results.append(w.data)
    np.testing.assert_allclose(*results, rtol=1e-14)


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.AdamW, nn.RMSProp])
def test_a_step_without_any_gradient_says_so(kind):
    model, other = nn.Linear(2, 1, rng=0), nn.Linear(2, 1, rng=0)
    optimizer = kind(model.parameters(), lr=0.1)
    before = model.state_dict()
    match = rf"{kind.__name__}\.step: none of the 2 .*backward"
    with pytest.warns(UserWarning, match=match) as seen:
        optimizer.step()
    assert [w.filename for w in seen] == [__file__]
    other(np.ones((1, 2))).sum().backward()
    with pytest.warns(UserWarning, match=match):
        optimizer.step()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    (model.weight**2).sum().backward()
    optimizer.step()  # one is enough
    assert (model.weight.data != before["weight"]).all()
