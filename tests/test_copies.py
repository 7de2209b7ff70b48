"""Copies that a differentiated function makes of its arguments, against those it does without."""

import copy

import numpy as np
import pytest

from autograd import Tensor, Value, grad, hessian, jit, jvp, value_and_grad, vjp

COPIES = [copy.copy, copy.deepcopy]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copied_argument_keeps_its_gradient(copied):
    x = np.array([0.5, -1.5, 2.0])

    def f(x):
        return np.sum(copied(x) ** 3 * x)

    np.testing.assert_allclose(grad(f)(x), 4 * x**3, rtol=1e-15)
    np.testing.assert_allclose(jit(grad(f))(x), 4 * x**3, rtol=1e-15)
    np.testing.assert_allclose(hessian(f)(x), np.diag(12 * x**2), rtol=1e-14)
    value, pull = vjp(copied, x)
    np.testing.assert_array_equal(value, x)
    (pulled,) = pull(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(pulled, [1.0, 2.0, 3.0])
    assert jvp(f, (x,), (np.ones(3),))[1] == pytest.approx(np.sum(4 * x**3), rel=1e-15)
    given = Tensor(x, requires_grad=True)
    np.testing.assert_allclose(grad(f)(given).data, 4 * x**3, rtol=1e-15)
    assert grad(lambda v: copied(v) ** 3 * v)(Value(2.0)).data == pytest.approx(32.0, rel=1e-15)


def test_what_holds_arguments_may_be_copied_with_them():
    def f(p):
        mine = copy.deepcopy(p)
        mine["layers"].append(p["scale"])
        assert len(p["layers"]) == 2
        return sum(np.sum(w * w) for w in mine["layers"]) * mine["scale"]

    layers = [np.array([1.0, 2.0]), np.array([[3.0]])]
    value, found = value_and_grad(f)({"layers": layers, "scale": 0.5})
    assert value == (1.0 + 4.0 + 9.0 + 0.25) * 0.5
    np.testing.assert_array_equal(found["layers"][0], layers[0])
    np.testing.assert_array_equal(found["layers"][1], layers[1])
    assert found["scale"] == 1.0 + 4.0 + 9.0 + 3 * 0.25


def test_the_state_of_a_simulation_may_be_copied_at_every_step():
    """Ten steps of a spring: x and v turn by a fixed matrix."""

    def step(state, h):
        new = copy.deepcopy(state)
        new["x"] += h * state["v"]
        new["v"] -= h * state["x"]
        return new

    def f(start, h=0.1):
        state = {"x": start[0] * 1.0, "v": start[1] * 1.0}
        for _ in range(10):
            state = step(state, h)
        return state["x"]

    turn = np.linalg.matrix_power(np.array([[1.0, 0.1], [-0.1, 1.0]]), 10)
    for start in (np.array([2.0, 3.0]), [2.0, 3.0]):
        np.testing.assert_allclose(grad(f)(start), turn[0], rtol=1e-14)
    for found, expected in zip(grad(f)([Value(2.0), Value(3.0)]), turn[0], strict=True):
        assert found.data == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("copied", COPIES)
def test_arguments_of_the_transforms_around_count_too(copied):
    """d/dx of d/dy (y x^2) is 2 x."""
    assert grad(lambda x: grad(lambda y: y * copied(x) ** 2)(1.0))(3.0) == 6.0


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_may_be_written_to_and_leaves_the_argument_alone(copied):
    def f(x):
        y = copied(x)
        y[0] = 5.0
        return np.sum(y * y) + np.sum(x)

    np.testing.assert_array_equal(grad(f)(np.array([2.0, 3.0])), [1.0, 7.0])


@pytest.mark.parametrize("copied", COPIES)
def test_leaves_of_one_s_own_are_copied_as_leaves_inside_functions_too(copied):
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    w.grad = np.array([7.0, 8.0])
    twins = []

    def f(x):
        twins.append(copied(w))
        return np.sum(twins[0] * x)

    np.testing.assert_array_equal(grad(f)(np.array([3.0, 4.0])), [1.0, 2.0])
    (twin,) = twins
    assert twin.is_leaf
    assert twin.requires_grad
    assert twin.label == "w"
    np.testing.assert_array_equal(twin.grad, [7.0, 8.0])
    assert copied(Tensor([1.0])).requires_grad is False


def test_a_leaf_that_holds_itself_is_copied_once():
    v, x = Value(2.0), Tensor([1.0])
    v.partner, v.itself = x, v
    twin = copy.deepcopy(v)
    assert twin.itself is twin
    assert twin.partner is not x
    both = copy.deepcopy([x, x])
    assert both[0] is both[1]
