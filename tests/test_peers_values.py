"""Idioms of users of micrograd and of object arrays, on Values; and subclasses of nodes."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

from autograd import Tensor, Value, add_n, grad, sumprod


def test_a_grad_of_none_counts_as_nothing():
    a, b = Value(2.0), Value(5.0)
    a.grad, b.grad = None, 100.0
    (a * b + b * a + 3 * a).backward()
    assert (a.grad, b.grad) == (13.0, 104.0)
    a.grad = None
    a.backward()
    assert a.grad == 1.0


@pytest.mark.parametrize("cleared", [(0,), (1,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize(
    "f",
    [
        lambda a, b, c: a + a,
        lambda a, b, c: a * b + c,
        lambda a, b, c: add_n([a, b, a, c]) * a,
        lambda a, b, c: sumprod([a, b, c], [c, a, b]) * b,
        lambda a, b, c: (a * b).tanh() * (b - c) ** 3 / a,
    ],
)
def test_none_in_some_leaves_changes_no_gradient(f, cleared):
    leaves = [Value(x) for x in (0.5, -1.5, 2.0)]
    f(*leaves).backward()
    expected = [v.grad for v in leaves]
    for i in cleared:
        leaves[i].grad = None
    f(*leaves).backward()
    for i, (v, g) in enumerate(zip(leaves, expected, strict=True)):
        # the others add up, each contribution once
        assert (v.grad or 0.0) == pytest.approx(g if i in cleared else 2 * g, rel=1e-15)


def test_another_wrong_grad_is_not_taken_for_none():
    a = Value(2.0)
    a.grad = "zero"
    with pytest.raises(TypeError, match=r"must be str|can only concatenate"):
        (a * 3).backward()


def test_values_equal_what_tests_compare_them_with():
    v = Value(0.1) + 0.2
    assert v == pytest.approx(0.3)
    assert v != pytest.approx(0.4)
    assert [v, v * 2] == pytest.approx([0.3, 0.6])
    assert v != None  # noqa: E711
    assert v != "0.3"


def test_integer_arithmetic_of_numbers():
    v = Value(-7.5)
    assert divmod(v, 2) == divmod(-7.5, 2)
    assert divmod(20, v) == divmod(20, -7.5)
    for f in (math.trunc, math.floor, math.ceil, int):
        assert f(v) == f(-7.5) == f(Tensor(-7.5, requires_grad=True))


@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv])
@pytest.mark.parametrize("swapped", [False, True])
def test_arrays_of_values_with_a_value(f, swapped):
    xs, y = [Value(2.0), Value(3.0)], Value(4.0)
    left, right = (y, np.array(xs)) if swapped else (np.array(xs), y)
    found = f(left, right)
    assert found.dtype == object
    assert found.tolist() == [f(4.0, x) if swapped else f(x, 4.0) for x in (2.0, 3.0)]
    found.sum().backward()
    slope = sum(grad(f, 0 if swapped else 1)(*((4.0, x) if swapped else (x, 4.0))) for x in (2, 3))
    assert y.grad == pytest.approx(slope, rel=1e-14)


def test_layers_of_object_arrays():
    w, x = np.array([[Value(1.0), Value(-2.0)], [Value(0.5), Value(3.0)]]), np.array([2.0, 1.0])
    out = np.tanh(w @ x + Value(0.25))
    out.sum().backward()
    plain = np.array([[1.0, -2.0], [0.5, 3.0]])
    slope = 1 - np.tanh(plain @ x + 0.25) ** 2
    found = [[v.grad for v in row] for row in w]
    np.testing.assert_allclose(found, np.outer(slope, x), rtol=1e-14)


def test_variance_of_an_object_array():
    numbers = [1.0, -2.0, 0.5, 4.0]
    for f in (np.var, np.std, lambda a: a.std(ddof=1)):
        values = np.array([Value(x) for x in numbers])
        found = f(values)
        assert found.data == pytest.approx(f(np.array(numbers)), rel=1e-15)
        found.backward()
        expected = grad(f)(np.array(numbers))
        assert [v.grad for v in values] == pytest.approx(list(expected), rel=1e-14)


def test_a_subclass_keeps_its_own_attributes():
    class Named(Value):
        def __init__(self, data, name):
            super().__init__(data)
            self.name = name

        def cube(self):
            return self**3

    v = Named(2.0, "v")
    y = v.cube() + Named(1.0, "w") * v
    y.backward()
    assert (v.name, v.grad) == ("v", 13.0)
    assert isinstance(y, Value)


class Named(Tensor):
    def __init__(self, name, *, data):
        super().__init__(data, requires_grad=True)
        self.name = [name]


def test_copies_of_a_subclass_of_tensor_with_a_constructor_of_its_own():
    x = Named("x", data=[2.0, 3.0])
    x.label = "x"
    (x @ x).backward()
    for again in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(again) is Named
        assert (again.name, again.label, again.requires_grad) == (["x"], "x", True)
        np.testing.assert_array_equal(again.grad, [4.0, 6.0])
        again.data += 1.0
        np.testing.assert_array_equal(x.data, [2.0, 3.0])
    assert copy.copy(x).name is x.name
    assert copy.deepcopy(x).name is not x.name


def test_an_optimizer_that_keeps_its_state_in_the_parameters():
    """Adam as programs for micrograd write it, against its formula on an array."""
    start, lr, b1, b2 = np.array([0.5, -1.5, 2.0]), 0.1, 0.9, 0.95
    parameters = [Value(x) for x in start]
    for p in parameters:
        p.m = p.v = 0.0
    x, m, v = start.copy(), np.zeros(3), np.zeros(3)
    for t in range(1, 6):
        for p in parameters:
            p.grad = 0.0
        sum((p * p).exp() for p in parameters).backward()
        for p in parameters:
            p.m, p.v = b1 * p.m + (1 - b1) * p.grad, b2 * p.v + (1 - b2) * p.grad**2
            p.data -= lr * (p.m / (1 - b1**t)) / ((p.v / (1 - b2**t)) ** 0.5 + 1e-8)
        g = 2 * x * np.exp(x * x)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        x -= lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + 1e-8)
    np.testing.assert_allclose([p.data for p in parameters], x, rtol=1e-12)


def test_attributes_of_one_s_own_are_of_the_leaf_and_go_with_its_copies():
    v = Value(2.0, label="v")
    v.m, v.zero_grad = 0.5, "mine"  # also by a name that others have
    assert {"m", "zero_grad"} <= set(dir(v))
    for again in (copy.copy(v), copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        assert (again.m, again.zero_grad, again.label, again.data) == (0.5, "mine", "v", 2.0)
        assert again.__class__ is Value
    assert not hasattr(Value(2.0), "m")
    # a result has no room for them: there are millions of those
    with pytest.raises(AttributeError, match="no attribute 'm'"):
        (v * 2).m = 0.5
