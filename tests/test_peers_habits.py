"""Idioms of users of NumPy, PyTorch and JAX on tensors, beyond single operations."""

import copy
import math

import numpy as np
import pytest

from autograd import (
    Op,
    Tensor,
    Value,
    add_n,
    check_grads,
    grad,
    hessian,
    jacobian,
    jit,
    leaky_relu,
    log_softmax,
    logsumexp,
    softmax,
    value_and_grad,
    vjp,
)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)])
def test_one_entry_is_a_scalar_whatever_its_shape(shape):
    x = Tensor(np.full(shape, 3.0), requires_grad=True)
    (x**3).backward(create_graph=True)
    first, x.grad = x.grad, None
    assert first.shape == shape
    first.backward()
    np.testing.assert_array_equal(x.grad, np.full(shape, 18.0))
    value, slope = value_and_grad(lambda x: x**3)(np.full(shape, 3.0))
    assert type(value) is (np.ndarray if shape else float)
    np.testing.assert_array_equal(value, np.full(shape, 27.0), strict=True)
    np.testing.assert_array_equal(slope, np.full(shape, 27.0))
    second = grad(lambda x: grad(lambda x: x**3)(x))(np.full(shape, 3.0))
    np.testing.assert_array_equal(second, np.full(shape, 18.0))


def test_a_gradient_of_one_entry_has_the_dtype_of_its_tensor():
    x = Tensor(np.ones((1, 2), np.float32), requires_grad=True)
    (x @ np.ones((2, 1), np.float32)).backward()
    assert x.grad.dtype == np.float32


def test_masked_arrays_take_the_numbers_of_a_tensor_without_gradient():
    """As plotting libraries do with what they are given."""
    numbers, masked = np.array([1.0, 2.0, 3.0]), np.ma.array([1.0, 2.0, 4.0], mask=[0, 1, 0])
    for t in (Tensor(numbers), Tensor(numbers, requires_grad=True).detach()):
        assert np.ma.getmask(t) is np.ma.nomask
        np.testing.assert_array_equal(np.ma.ravel(t), numbers)
        np.testing.assert_array_equal(masked + t, masked + numbers)
    for node in (Tensor(numbers, requires_grad=True), Value(1.0)):
        with pytest.raises(TypeError, match="would lose the gradient"):
            np.ma.getmask(node)


@pytest.mark.parametrize("zero", [0, 0.0, np.float64(0.0)])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_the_zero_of_micrograds_loops_clears_the_gradient_of_a_tensor(zero, shape):
    x = Tensor(np.full(shape, 3.0), requires_grad=True)
    for _ in range(2):
        x.grad = zero
        np.testing.assert_array_equal(x.grad, np.zeros(shape), strict=True)
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad, np.full(shape, 6.0), strict=True)


def test_a_gradient_that_is_set_has_the_dtype_of_its_tensor():
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    for given in (1, 1.0, [1, 1, 1], np.ones(3), np.ones(3, np.float32)):
        x.grad = given
        np.testing.assert_array_equal(x.grad, np.ones(3, np.float32), strict=True)
    x.grad = mine = np.zeros(3, np.float32)
    assert x.grad is mine


@pytest.mark.parametrize(
    "transform", [grad, jacobian, value_and_grad, lambda f: lambda x: vjp(f, x)]
)
@pytest.mark.parametrize("wrong", [None, "text", True, 1j])
def test_what_has_no_derivative_is_not_zero(transform, wrong):
    def forgot(x):
        return wrong

    with pytest.raises(TypeError, match=r"forgot returned .* real numbers"):
        transform(forgot)(1.0)
    with pytest.raises(TypeError, match="returned Tensor"):
        transform(lambda x: x > 0)(1.0)


def test_lists_of_nodes_where_an_array_is_meant():
    def f(x, y):
        return np.append([x, 2 * y], y * y)

    by_x, by_y = jacobian(f, (0, 1))(3.0, 5.0)
    np.testing.assert_array_equal(by_x, [1, 0, 0])
    np.testing.assert_array_equal(by_y, [0, 2, 10])
    v = Value(3.0)
    joined = np.append([v, 1.0], Tensor([7.0]))
    np.testing.assert_array_equal(joined.data, [3, 1, 7])
    (joined * [2, 3, 4]).sum().backward()
    assert v.grad == 2.0


@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp, leaky_relu])
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_lists_of_numbers_and_values(function, shape):
    numbers = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape) / 4 - 1
    expected, slope = value_and_grad(lambda x: np.sum(function(x) ** 2))(numbers)
    found = function(numbers.tolist())
    np.testing.assert_array_equal(found, function(numbers))
    for wrap in (np.ndarray.tolist, np.copy):
        values = np.array([Value(x) for x in numbers.ravel()]).reshape(shape)
        total = np.sum(function(wrap(values)) ** 2)
        assert total.item() == pytest.approx(expected, rel=1e-15)
        total.backward()
        np.testing.assert_allclose([v.grad for v in values.ravel()], slope.ravel(), rtol=1e-12)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_softmax_over_nothing(shape):
    x = Tensor(np.zeros(shape), requires_grad=True)
    for f in (softmax, log_softmax):
        y = f(x)
        assert y.shape == shape
        y.sum().backward()
        assert x.grad.shape == shape
    expected = np.full(shape[:-1], -np.inf if shape[-1] == 0 else np.log(3.0))
    np.testing.assert_array_equal(logsumexp(x, axis=-1).data, expected)


@pytest.mark.filterwarnings("ignore:math:UserWarning")
@pytest.mark.parametrize("transform", [grad, jacobian, value_and_grad, hessian])
@pytest.mark.parametrize("node", [1.5, Value(1.5), Tensor(1.5)])
def test_functions_of_math_lose_no_gradient_in_silence(transform, node):
    def f(x):
        return 2 * math.exp(-x)

    with pytest.raises(TypeError, match=r"f took float\(\) of .* use NumPy's"):
        transform(f)(node)
    with pytest.raises(TypeError, match="took float"):
        transform(lambda x: {"a": 1.0, "b": math.sin(x)} if transform is jacobian else f(x))(node)


@pytest.mark.parametrize("node", [1.5, Value(1.5), Tensor(1.5)])
def test_a_number_read_by_item_may_choose_a_branch_or_be_a_factor(node):
    assert value_and_grad(lambda x: x * x.item())(node) == (2.25, 1.5)
    assert grad(lambda x: x if x.item() < 0 else 7.0)(node) == 0.0
    assert grad(lambda x: -x if x.item() > 0 else 0.0)(node) == -1.0
    assert grad(lambda x: (x * x, x.item()), has_aux=True)(node) == (3.0, 1.5)


def test_float_of_a_node_is_allowed_for_what_has_a_gradient_or_none():
    seen = []

    def f(x):
        seen.append(float(x))
        return x * x

    assert grad(f)(3.0) == 6.0
    assert grad(grad(f))(3.0) == 2.0
    assert seen == [3.0, 3.0]
    assert grad(lambda x: 5.0)(1.0) == 0.0
    assert grad(lambda x: float(x > 0))(1.0) == 0.0
    # a float taken outside, or in an inner transform, does not concern this one
    y = Tensor(2.0, requires_grad=True)
    assert float(y) == 2.0
    assert grad(lambda x: 7.0)(y).data == 0.0
    assert grad(lambda x: grad(f)(1.0))(4.0) == 0.0


# --------------------------------------------------------------------------------------------------
# check_grads


def test_order_three_and_a_wrong_third_derivative():
    check_grads(lambda x: np.sin(x) * x**2, [np.array([0.3, 1.2])], order=3)
    third = Op("third", np.cos, {"x": lambda x: -2 * np.sin(x) * x / x}, elementwise=True)
    second = Op("second", np.sin, {"x": lambda x: third(x)}, elementwise=True)
    first = Op("first", lambda x: -np.cos(x), {"x": lambda x: second(x)}, elementwise=True)
    check_grads(first, [0.7], order=2)
    with pytest.raises(AssertionError, match="third derivative"):
        check_grads(first, [0.7], order=3)


def test_functions_that_are_others_in_extended_precision():
    rng = np.random.default_rng(5)
    for n in (7, 14, 40):
        check_grads(lambda x: np.partition(x, 3), [rng.standard_normal(n)])
    steps = np.array([0.0, np.nan, np.inf, -np.inf])
    with np.errstate(invalid="ignore"):
        check_grads(lambda x: np.sin(np.nan_to_num(x + steps)), [rng.standard_normal(4)])


def test_complex_arguments_are_refused():
    with pytest.raises(TypeError, match="real numbers and arrays, got ndarray"):
        check_grads(np.sin, [np.array([1j])])


# --------------------------------------------------------------------------------------------------
# Upstream gradients that are nodes, copies, orders of reading


@pytest.mark.parametrize("release", [False, True])
@pytest.mark.parametrize("f", [lambda x: x + 0.0, lambda x: x * x, lambda x: x.reshape(2, 1)])
def test_an_upstream_gradient_given_as_a_tensor(f, release):
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = f(x)
    y.backward(np.array([3.0, 5.0]).reshape(y.shape))
    expected, x.grad = x.grad, None
    upstream = Tensor(np.array([3, 5]).reshape(y.shape), dtype=float)
    f(x).backward(upstream, release=release)
    assert type(x.grad) is np.ndarray
    np.testing.assert_array_equal(x.grad, expected)
    assert not np.shares_memory(x.grad, upstream.data)
    x.grad = None
    y = f(x)
    y.backward(upstream, create_graph=True)
    assert type(x.grad) is Tensor
    np.testing.assert_array_equal(x.grad.data, expected)


def test_an_upstream_gradient_given_as_a_value():
    x = Tensor(3.0, requires_grad=True)
    (x * x).backward(Value(2.0))
    assert x.grad == 12.0
    with pytest.raises(ValueError, match="gradient has shape"):
        (x * np.ones(2)).backward(Value(2.0))


@pytest.mark.parametrize(
    "copy",
    [
        lambda x: np.roll(x, 1, axis=0),
        lambda x: np.roll(x, (3, 0), axis=(1, 0)),
        lambda x: add_n([x]),
        lambda x: np.reshape(x, (1, 3), copy=True),
        lambda x: x.reshape(1, 3, order="F", copy=True),
    ],
)
def test_what_changes_nothing_is_still_another_tensor(copy):
    x = Tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    y = copy(x)
    y += 10.0
    y[0, 0] = 0.0
    np.testing.assert_array_equal(x.data, [[1.0, 2.0, 3.0]])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0.0, 1.0, 1.0]])


def test_methods_read_by_columns_as_those_of_arrays_do():
    a = np.arange(6.0).reshape(2, 3)
    weights = np.arange(6.0) ** 2
    for read in (
        lambda x: x.reshape((3, 2), order="F").reshape(-1),
        lambda x: x.reshape(3, 2, order="F").reshape(-1),
        lambda x: x.ravel(order="F"),
        lambda x: x.ravel("F"),
        lambda x: x.flatten("F"),
        lambda x: x.flatten(),
    ):
        x = Tensor(a, requires_grad=True)
        y = read(x)
        np.testing.assert_array_equal(y.data, read(a))
        (y * weights).sum().backward()
        # the gradient is linear in x: reading positions tells which entry each weight belongs to
        expected = np.empty(6)
        expected[read(a).astype(int)] = weights
        np.testing.assert_array_equal(x.grad.ravel(), expected)


def test_operators_of_a_subclass_make_its_differences_and_quotients():
    """As in micrograd, whose operators make plain Values of a subclass that has none of its own."""

    class Own(Value):
        def __add__(self, other):
            other = other if isinstance(other, Value) else Own(other)
            out = Own(self.data + other.data, (self, other), "+")

            def _backward():
                self.grad += out.grad
                other.grad += out.grad

            out._backward = _backward
            return out

        def __mul__(self, other):
            other = other if isinstance(other, Value) else Own(other)
            out = Own(self.data * other.data, (self, other), "*")

            def _backward():
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad

            out._backward = _backward
            return out

        def cube(self):
            return self * self * self

    a, b = Own(2.0), Own(4.0)
    made = [-a, a - b, a - 1, 1 - a, a / b, a / 4, 3 + a, 3 * a, sum([a, b])]
    assert [type(y) for y in made] == [Own] * len(made)
    assert [y.data for y in made] == [-2, -2, 1, -1, 0.5, 0.5, 5, 6, 6]
    assert (1 / a).data == 0.5
    (a / b - 1).cube().backward()
    # 3 (a/b - 1)² (1/b), and the same times -a/b
    assert (a.grad, b.grad) == (3 * 0.25 * 0.25, 3 * 0.25 * 0.25 * -0.5)
    # what the class says itself stays, and so do quotients without a product of its own

    class Added(Value):
        def __add__(self, other):
            return "sum"

        def __sub__(self, other):
            return "difference"

    assert (Added(1.0) + 1, Added(1.0) - 1, 1 - Added(1.0)) == ("sum", "difference", 0.0)
    assert (Added(6.0) / 3).data == 2.0


def test_a_shallow_copy_of_a_computed_tensor_keeps_its_gradient():
    """Drawing libraries copy what they are given, and then say what they lack."""
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    y = x * 3.0
    twin = copy.copy(y)
    twin[0] = 5.0
    assert y.data.tolist() == [3.0, 6.0]
    (twin * twin).sum().backward()
    assert x.grad.tolist() == [0.0, 2 * 6.0 * 3.0]
    for leaf in (x, x.detach()):
        again = copy.copy(leaf)
        assert (again.requires_grad, again.label) == (leaf.requires_grad, leaf.label)
        again.data += 1.0
        assert leaf.data.tolist() == [1.0, 2.0]


def test_methods_take_the_options_of_ndarrays():
    x = Tensor([[1.25, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x.copy("F").reshape((4, 1), copy=True).astype(float, "K", "safe", True, False)
    np.sum(y.round(1, out=None) * y).backward()
    np.testing.assert_array_equal(x.grad, np.round(x.data, 1))


@pytest.mark.parametrize("compiled", [False, True])
def test_flat_reads_the_entries_one_after_the_other(compiled):
    def f(x):
        first, *rest = x.flat
        return first * x.flat[-1] + sum(rest) * len(x.flat)

    found = grad(jit(f) if compiled else f)(np.array([[2.0, 3.0], [5.0, 7.0]]))
    np.testing.assert_array_equal(found, [[7.0, 4.0], [4.0, 6.0]])
    with pytest.raises(TypeError, match="that no name holds would be lost"):
        Tensor([[1.0, 2.0]]).flat[0] = 5.0
