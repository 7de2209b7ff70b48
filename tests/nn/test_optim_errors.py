"""Errors of optimizers, after which nothing has changed."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import SGD, Adam, AdamW, Parameter

W = Parameter([1.0], label="w")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([], ValueError, "SGD got no parameters; is model.parameters.*made by nn.Parameter"),
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
            "holds real numbers, got <U1; nothing was loaded",
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


@pytest.mark.parametrize("name", ["learning_rate", "param_groups"])
def test_a_rate_by_another_name_is_refused_when_it_is_set_too(name):
    o = Adam([Parameter([1.0, 2.0])], lr=0.1)
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; use .lr"):
        getattr(o, name)
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; use .lr"):
        setattr(o, name, 0.01)
    o.lr = 0.01
    assert name not in dir(o)
