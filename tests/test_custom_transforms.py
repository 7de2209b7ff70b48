"""User-defined operations whose rules differentiate, or are differentiated again."""

import numpy as np
import pytest

from autograd import Tensor, checkpoint, grad, hessian, hvp, jacobian, jvp, operation

from .test_custom import _the_table_stays_as_it_was, leaf  # noqa: F401


def differentiating():
    @operation(x=lambda g, x: g * grad(lambda y: np.sum(y**4))(x))
    def fourth_power(x):
        return x**4

    return fourth_power


def test_a_rule_may_differentiate_and_is_differentiated_again():
    fourth_power = differentiating()
    x = np.array([1.0, -2.0])
    second, third = 12 * x**2, 24 * x

    def total(x):
        return np.sum(fourth_power(x))

    np.testing.assert_allclose(grad(total)(x), 4 * x**3)
    np.testing.assert_allclose(hessian(total)(x), np.diag(second))
    np.testing.assert_allclose(hvp(total, x, x), second * x)
    np.testing.assert_allclose(jacobian(jacobian(total))(x), np.diag(second))
    np.testing.assert_allclose(np.diagonal(jacobian(hessian(total))(x)).diagonal(), third)
    for mode in ("forward", "reverse"):
        found = jacobian(fourth_power, mode=mode)(x)
        np.testing.assert_allclose(found, np.diag(4 * x**3))
    np.testing.assert_allclose(jvp(fourth_power, (x,), (x,))[1], 4 * x**4)


def test_a_rule_may_differentiate_under_create_graph():
    fourth_power = differentiating()
    x = Tensor([1.0, -2.0], requires_grad=True)
    np.sum(fourth_power(x)).backward(create_graph=True)
    first, x.grad = x.grad, None
    np.testing.assert_allclose(first.data, [4.0, -32.0])
    first.sum().backward()
    np.testing.assert_allclose(x.grad, [12.0, 48.0])


def second_alone():
    """An operation whose first argument has a gradient of zeros, said by an array of them."""

    @operation(x=lambda g, x_shape: np.zeros(x_shape), y=lambda g: g)
    def second(x, y):
        return y + np.zeros_like(x)

    return second


@pytest.mark.parametrize("make", [second_alone, lambda: checkpoint(lambda x, y: y * 1.0)])
def test_what_has_no_gradient_is_differentiated_again(make):
    second, x = make(), np.array([1.0, -2.0])

    def total(x):
        square = x * x
        return np.sum(second(square, square) ** 2)

    np.testing.assert_allclose(hessian(total)(x), np.diag(12 * x**2))
    found = jacobian(hessian(total))(x)
    np.testing.assert_allclose(np.diagonal(found).diagonal(), 24 * x)
    assert np.count_nonzero(found) == x.size
    leaf, other = Tensor(x, requires_grad=True), Tensor(x, requires_grad=True)
    np.sum(second(leaf, other) ** 2).backward(create_graph=True)
    assert type(leaf.grad) is Tensor
    np.testing.assert_array_equal(leaf.grad.data, [0.0, 0.0])
    np.testing.assert_array_equal(other.grad.data, 2 * x)


def test_a_strict_sweep_on_nodes_gives_nodes_where_a_rule_returns_zeros():
    second, x = second_alone(), Tensor([0.0, 1.0], requires_grad=True)
    y = Tensor([0.0, 1.0], requires_grad=True)
    # 0 met infinity, so that the sweep runs again with strict products
    np.sum(second(x, np.sqrt(y) * [0.0, 1.0])).backward(create_graph=True)
    assert type(x.grad) is Tensor
    np.testing.assert_array_equal(y.grad.data, [0.0, 0.5])


def test_a_rule_may_differentiate_by_a_leaf_within_the_rows_of_a_jacobian():
    @operation(
        x=lambda g, w: g * grad(lambda v: np.sum(v**5) / 5)(w),
        w=lambda g, x, w: g * x * 4 * w**3,
    )
    def scaled(x, w):
        return x * w**4

    w, u = leaf([2.0, 3.0]), leaf([1.0, 1.0])
    rows = jacobian(lambda x: scaled(x, w))(u * 2)
    np.testing.assert_allclose(rows.data, np.diag([16.0, 81.0]))
    rows.sum().backward()
    np.testing.assert_allclose(w.grad, [32.0, 108.0])
