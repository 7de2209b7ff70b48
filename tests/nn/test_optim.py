"""Optimizers against formulas written independently, over tensors and values, and their errors."""

import copy
import math
import pickle
from functools import partial

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, jit
from nn import SGD, Adam, AdamW, Parameter

STEPS = 60


def sgd(p, grads, lr, momentum=0.0, nesterov=False, weight_decay=0.0, dampening=0.0):
    b = None
    for g in grads:
        g = g + weight_decay * p
        if momentum:
            b = g if b is None else momentum * b + (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p = p - lr * g
    return p


def adam(p, grads, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    m = v = 0.0 * p
    for t, g in enumerate(grads, 1):
        if decoupled:
            p = p * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        p = p - lr * m_hat / (np.sqrt(v_hat) + eps)
    return p


def adamw(p, grads, weight_decay=0.01, **settings):
    return adam(p, grads, weight_decay=weight_decay, decoupled=True, **settings)


CASES = [
    (SGD, sgd, {"lr": 0.1}),
    (SGD, sgd, {"lr": 0.1, "weight_decay": 0.2}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2}),
    (Adam, adam, {}),
    (Adam, adam, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3}),
    (Adam, adam, {"lr": 0.1, "betas": (0.0, 0.0)}),
    (Adam, adam, {"lr": 0.1, "weight_decay": 0.2}),
    (AdamW, adamw, {}),
    (AdamW, adamw, {"lr": 0.1, "weight_decay": 0.2}),
]


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


# ------------------------------------------------------------------------------------------------
# Errors

W = Parameter([1.0], label="w")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([], ValueError, "SGD got no parameters; is model.parameters"),
        (W, TypeError, r"SGD takes a list of parameters, got Tensor; pass model.parameters\(\)"),
        (nn.Linear(1, 1), TypeError, "takes a list of parameters, got Linear"),
        ({"w": W}, TypeError, "takes a list of parameters, got dict"),
        ([W, np.ones(2)], TypeError, "parameter 1 is ndarray; give Tensors and Values"),
        ([W * 2], ValueError, "parameter 0 was computed by multiply; only leaves can be changed"),
        ([Value(1.0) * 2], ValueError, "parameter 0 was computed by multiply"),
        (
            [W, Value(1.0), W],
            ValueError,
            "parameters 0 and 2 'w' are the same; it would be changed",
        ),
        ([Tensor([1.0])], ValueError, "none of the 1 parameters wants a gradient; make them with"),
    ],
)
def test_parameters_are_checked(parameters, error, message):
    with pytest.raises(error, match=message):
        SGD(parameters, lr=0.1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda p: SGD(p, lr=-0.1), ValueError, "SGD: lr must be at least 0 and finite, got -0.1"),
        (
            lambda p: SGD(p, lr=math.nan),
            ValueError,
            "SGD: lr must be at least 0 and finite, got nan",
        ),
        (
            lambda p: SGD(p, lr=math.inf),
            ValueError,
            "SGD: lr must be at least 0 and finite, got inf",
        ),
        (lambda p: SGD(p, lr="0.1"), TypeError, "SGD: lr is a number, got str '0.1'"),
        (lambda p: SGD(p, lr=True), TypeError, "SGD: lr is a number, got bool True"),
        (lambda p: SGD(p, 0.1, momentum=-1), ValueError, "SGD: momentum must be at least 0"),
        (
            lambda p: SGD(p, 0.1, weight_decay=-1),
            ValueError,
            "SGD: weight_decay must be at least 0",
        ),
        (lambda p: SGD(p, 0.1, dampening=-1), ValueError, "SGD: dampening must be at least 0"),
        (
            lambda p: SGD(p, 0.1, nesterov=True),
            ValueError,
            "nesterov=True needs a momentum above 0",
        ),
        (
            lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, dampening=0.1),
            ValueError,
            "needs a momentum above 0 and dampening 0",
        ),
        (
            lambda p: Adam(p, betas=(1.0, 0.9)),
            ValueError,
            "Adam: a beta must be at least 0 and below 1",
        ),
        (
            lambda p: Adam(p, betas=0.9),
            ValueError,
            r"Adam: betas is a pair such as \(0.9, 0.999\), got 0.9",
        ),
        (lambda p: Adam(p, eps=0), ValueError, "Adam: eps must be above 0"),
        (lambda p: AdamW(p, eps=-1), ValueError, "AdamW: eps must be at least 0 and finite"),
        (
            lambda p: Adam(p, weight_decay=math.nan),
            ValueError,
            "Adam: weight_decay must be at least",
        ),
    ],
)
def test_settings_are_checked(make, error, message):
    with pytest.raises(error, match=message):
        make([W])


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


def as_jit_leaves_it(o):
    for slot in o._slots:
        slot.unbind()
        slot.kept = {name: 2 * array for name, array in slot.kept.items()}


@pytest.mark.parametrize(
    "change",
    [replace_data, double_gradient, go_back, other_counts, no_gradient, as_jit_leaves_it, repr],
)
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_steps_of_tensors_that_are_as_they_were_equal_general_ones(make, change):
    def run(general):
        drawn = np.random.default_rng(3)
        turned = np.asfortranarray(drawn.normal(size=(4, 5)))
        parameters = [Parameter(drawn.normal(size=s)) for s in [(3, 4), (1,)]]
        o = make([*parameters, Parameter(turned)])
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


def broken_shape(p):
    p._node.grad = np.ones(3)


def broken_dtype(p):
    p._node.grad = np.array(["a", "b"])


def read_only(p):
    p.data.flags.writeable = False


def other_shape(p):
    p.requires_grad = False
    p.data = np.ones(5)
    p.requires_grad = True
    p.grad = np.ones(5)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            broken_shape,
            r"the gradient of parameter 'b' is of float64 and shape \(3,\), the parameter",
        ),
        (broken_dtype, "the gradient of parameter 'b' is of <U1"),
        (read_only, "the data of parameter 'b' are read-only; assign a copy"),
        (
            other_shape,
            r"was of shape \(2,\) and float64 when .* and is of \(5,\) .*; make a new opt",
        ),
    ],
)
@pytest.mark.parametrize("optimizer", [Adam, SGD])
@pytest.mark.parametrize("earlier", [0, 1], ids=["first", "second"])
def test_a_failed_step_changes_nothing(damage, message, optimizer, earlier):
    a, b, v = Parameter([1.0, 2.0]), Parameter([3.0, 4.0], label="b"), Value(5.0)
    o = optimizer([a, v, b], lr=0.1)
    for _ in range(earlier):  # without a change, but the arrays are known now
        (0 * (a + b)).sum().backward()
        o.step()
    loss = (a * a).sum()
    o.zero_grad()
    (a + b).sum().backward()
    v.grad = 1.0
    before = o.state_dict()
    damage(b)
    with pytest.raises(ValueError, match=message):
        o.step()
    assert a.data.tolist() == [1.0, 2.0]
    assert v.data == 5.0
    for key, x in o.state_dict().items():
        assert np.array_equal(x, before[key])
    loss.backward()  # not stale


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(optimizer="SGD"), "the state is of 'SGD', this is Adam"),
        (
            lambda s: s.pop("0.m_sum"),
            "missing or unknown entries: 0.m_sum; make the optimizer over",
        ),
        (lambda s: s.update(extra=1), "missing or unknown entries: extra"),
        (
            lambda s: s.update({"0.v_sum": np.ones(3)}),
            r"'0.v_sum' has shape \(3,\), \(2,\) is needed",
        ),
        (lambda s: s.update(lr=-1.0), "Adam: lr must be at least 0"),
        (
            lambda s: s.update({"0.v_sum": np.array(["a", "b"])}),
            "could not convert string to float",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    p = Parameter([1.0, 2.0])
    o = Adam([p], lr=0.1)
    p.grad = np.ones(2)
    o.step()
    state = o.state_dict() | {"lr": 0.7}
    o.step()
    before = o.state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        o.load_state_dict(state)
    for key, x in o.state_dict().items():
        assert np.array_equal(x, before[key])


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
