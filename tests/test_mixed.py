"""Value and Tensor in one graph, and nodes made by hand as in micrograd's lecture."""

import math
import operator
import re

import numpy as np
import pytest

from autograd import Tensor, Value, add_n, to_numpy_source, to_torch_source, topological_order
from autograd.scalar_nodes import node as scalar_node
from autograd.viz import listing

from .checks import assert_close, differences


@pytest.fixture(autouse=True)
def _as_if_nothing_were_made_by_hand(monkeypatch):
    """One node made by hand sends all later sweeps of the process the general way."""
    monkeypatch.setattr(scalar_node.ByHand, "used", False)


PROGRAMS = {
    "product": lambda a, b, x, m: (a * x).sum(),
    "reflected": lambda a, b, x, m: (x * a - b / x).sum(),
    "all-places": lambda a, b, x, m: (((a * x + b) ** 2) @ m * a + b).sum() * a * b,
    "stacked": lambda a, b, x, m: (np.stack([a, b, a * b]) * x).sum(),
    "value-after-value": lambda a, b, x, m: ((a * b + a) * x).sum() + (a * b),
    "power": lambda a, b, x, m: (x**a + a**x).sum(),
    "maximum": lambda a, b, x, m: np.maximum(x, a).sum() * b,
    "where": lambda a, b, x, m: np.where(x > a, x, b).sum() + b,
    "row-of-values": lambda a, b, x, m: (
        np.stack([np.stack([a, b]), np.stack([b * b, a])]).T.sum() * b
    ),
    "numpy": lambda a, b, x, m: np.sum(np.sin(a) * np.exp(x)) + np.tanh(b),
    "concatenate": lambda a, b, x, m: np.concatenate([np.stack([a, b]), x]).prod(),
    "linear": lambda a, b, x, m: (x @ (m * a) + b).max(),
    "add_n": lambda a, b, x, m: np.sum(add_n([a, x, b, a])) * 0.5,
    "where-condition": lambda a, b, x, m: np.where(a > b, x, 2 * x).sum() + 0.0 * a + 0.0 * b,
    "broadcast": lambda a, b, x, m: (np.broadcast_to(a, (3,)) * x).sum() + np.sum(b),
}
NUMBERS = [
    np.array(1.3),
    np.array(0.7),
    np.array([0.5, 2.1, 1.1]),
    np.arange(1.0, 10).reshape(3, 3) / 5,
]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_mixed_graphs(program, create_graph):
    a, b = Value(1.3), Value(0.7)
    x, m = (Tensor(n, requires_grad=True) for n in NUMBERS[2:])
    z = program(a, b, x, m)
    z.backward(create_graph=create_graph)
    actual = [
        np.zeros(t.shape) if t.grad is None else np.asarray(getattr(t.grad, "_data", t.grad))
        for t in (a, b, x, m)
    ]
    if not create_graph:
        assert type(a.grad) is float
        assert type(b.grad) is float
    expected = differences(
        lambda *arrays: program(*(Tensor(n) for n in arrays)).data, NUMBERS, step=1e-3
    )
    assert_close(actual, expected)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_second_derivatives_of_mixed_graphs(program):
    def first(s, t, *rest):
        a, b = Value(float(s)), Value(float(t))
        z = program(a, b, *(Tensor(n, requires_grad=True) for n in rest))
        z.backward()
        return 2.0 * a.grad + 3.0 * b.grad

    a, b = Value(1.3), Value(0.7)
    x, m = (Tensor(n, requires_grad=True) for n in NUMBERS[2:])
    program(a, b, x, m).backward(create_graph=True)
    total = 2.0 * a.grad + 3.0 * b.grad
    a.grad = b.grad = 0.0
    x.grad = m.grad = None
    if isinstance(total, Value) or getattr(total, "requires_grad", False):
        total.backward()
    actual = [np.zeros(t.shape) if t.grad is None else np.asarray(t.grad) for t in (a, b, x, m)]
    assert_close(actual, differences(first, NUMBERS, step=1e-3))


def test_parents_of_a_mixed_node():
    a, x = Value(2.0), Tensor([1.0, 2.0], requires_grad=True)
    z = a * x
    assert z.parents == (a, x.node)
    assert (x * a).parents == (x.node, a)
    assert (a * Tensor([1.0, 2.0])).parents == (a,)
    assert topological_order(z.sum().node)[0] is z.node


def test_backward_twice_adds_up_on_both():
    a, x = Value(2.0), Tensor([1.0, 2.0], requires_grad=True)
    b = a * a
    z = (b * x).sum()
    for times in (1, 2):
        z.backward()
        assert (a.grad, b.grad) == (times * 12.0, 3.0)
        np.testing.assert_array_equal(x.grad, [times * 4.0] * 2)


def test_a_changed_value_under_a_tensor_is_seen():
    a, x = Value(2.0, label="a"), Tensor([1.0], requires_grad=True)
    z = (a * x).sum()
    a.data = 3.0
    with pytest.raises(RuntimeError, match="'a'"):
        z.backward()


def test_release_of_a_mixed_graph():
    a, x = Value(2.0), Tensor([1.0], requires_grad=True)
    b = a * 3.0
    (b * x).sum().backward(release=True)
    assert (a.grad, x.grad) == (3.0, 6.0)
    with pytest.raises(RuntimeError, match="was released"):
        b.backward()


def test_values_with_float32_tensors():
    a, x = Value(2.0), Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    z = (a * x).sum()
    assert z.dtype == np.float32
    z.backward()
    assert type(a.grad) is float
    assert x.grad.dtype == np.float32


# --------------------------------------------------------------------------------------------------
# Nodes made by hand


def cube(x):
    out = Value(x.data**3, (x,), "cube")

    def _backward():
        x.grad += 3 * x.data**2 * out.grad

    out._backward = _backward
    return out


def product(x, y):
    out = Value(x.data * y.data, (x, y), "mul")

    def _backward():
        x.grad += y.data * out.grad
        y.grad += x.data * out.grad

    out._backward = _backward
    return out


def test_a_node_made_by_hand():
    a, b = Value(2.0), Value(-3.0)
    z = product(cube(a), b) + a
    z.backward()
    assert (a.grad, b.grad) == (-35.0, 8.0)
    z.backward()
    assert (a.grad, b.grad) == (-70.0, 16.0)
    assert z.parents[0].parents[1] is b
    assert z.parents[0].parents[0]._op == "cube"


@pytest.mark.parametrize("name", ["max", "sum", "add", "tanh", "relu", "+"])
def test_a_node_made_by_hand_is_not_taken_for_an_operation_of_that_name(name):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    z = Value(7.0, (a, b), name) * b
    for export in (to_numpy_source, to_torch_source):
        with pytest.raises(TypeError, match=f"there are no words for {re.escape(name)} by hand"):
            export(z)
    assert z.parents[0]._op == name
    assert f"v3 = {name}(a, b)" in listing(z)


def test_repeated_parent_by_hand():
    a = Value(3.0)
    y = product(a, a)
    assert y.parents == (a, a)
    y.backward()
    assert (a.grad, y.grad) == (6.0, 1.0)


def test_by_hand_under_a_tensor():
    a, x = Value(2.0), Tensor([1.0, 3.0], requires_grad=True)
    (cube(a) * x).sum().backward()
    assert a.grad == 48.0
    np.testing.assert_array_equal(x.grad, [8.0, 8.0])


def test_by_hand_with_strangers_in_the_middle():
    """The grads that a hand-written function reads and writes are those of the sweep."""
    a = Value(0.5)
    y = a.tanh()
    z = product(y, y.exp())
    w = cube(z) * 2.0
    w.backward()
    t = math.tanh(0.5)
    inner = t * math.exp(t)
    slope = 2.0 * 3 * inner**2 * math.exp(t) * (1 + t) * (1 - t * t)
    assert a.grad == pytest.approx(slope)
    assert z.grad == pytest.approx(6.0 * inner**2)


def test_lecture_style_sweep_by_hand():
    """Calling every ``_backward`` in reverse order is what ``backward`` does."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    e = a * b
    d = e + 10.0
    f = d.tanh() * a
    order = [f, f.parents[0], d, e]
    f.grad = 1.0
    for node in order:
        node._backward()
    by_hand = a.grad, b.grad, e.grad, d.grad
    a.grad = b.grad = 0.0
    f.backward()
    assert by_hand == pytest.approx((a.grad, b.grad, e.grad, d.grad))
    a._backward()
    assert a.grad == by_hand[0]


def test_local_derivatives():
    a, b = Value(2.0), Value(-3.0)
    assert (a * b).local_grads == (-3.0, 2.0)
    assert (a + b).local_derivative(5.0) == (5.0, 5.0)
    assert (a**2).local_grads == (4.0,)
    assert a.local_grads == ()
    assert add_n([a, b, a]).local_grads == (1.0, 1.0, 1.0)
    x = Tensor([1.0, 2.0], requires_grad=True)
    (c,) = (x * x[::-1]).parents[1].local_derivative(np.array([5.0, 6.0]))
    np.testing.assert_array_equal(c, [6.0, 5.0])


def test_by_hand_cannot_be_differentiated_twice():
    with pytest.raises(RuntimeError, match="'cube' has only a hand-written _backward"):
        cube(Value(2.0)).backward(create_graph=True)


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("name", "add sub mul truediv pow floordiv mod matmul eq lt ge".split())
def test_lists_and_tuples_are_arrays_to_an_operator(name, requires_grad, kind):
    f, numbers = getattr(operator, name), np.array([2.0, 1.0, 3.0])
    a = np.array([[1.0, 5.0, 2.5], [2.0, 1.0, 4.0]])
    x = Tensor(a, requires_grad)
    np.testing.assert_array_equal(f(x, kind(numbers.tolist())).data, f(a, numbers))
    left, right = (numbers, x.T) if name == "matmul" else (numbers, x)
    expected = f(left, a.T if name == "matmul" else a)
    np.testing.assert_array_equal(f(kind(left.tolist()), right).data, expected)
    if requires_grad and name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
        f(kind(left.tolist()), right).sum().backward()
        by_tuple, x.grad = x.grad, None
        f(left, right).sum().backward()
        np.testing.assert_array_equal(by_tuple, x.grad)
