"""Transforms inside transforms, whose perturbations must not be confused."""

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    stop_gradient,
    value_and_grad,
    vjp,
)


def test_the_classic_confusions():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(5.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(5.0) == 10.0
    assert grad(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1])(5.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(1.0), (5.0,), (1.0,)) == (5.0, 1.0)
    assert jvp(lambda x: x * jvp(lambda y: x * y, (1.0,), (1.0,))[1], (5.0,), (1.0,))[1] == 10.0


def test_shadowed_names_and_closures():
    assert grad(lambda x: x * grad(lambda x: x * x)(x))(3.0) == 12.0
    assert grad(grad(lambda x: grad(lambda x: x**4)(x) * x))(1.0) == 48.0

    def outer(x):
        def middle(y):
            return grad(lambda z: x * y * z**2)(y) * x

        return grad(middle)(x)

    # 2 x² y² -> 4 x² y at y = x -> 4 x³
    assert outer(2.0) == 32.0
    assert grad(outer)(2.0) == pytest.approx(48.0)


def test_an_inner_gradient_by_plain_numbers():
    assert grad(lambda x: x * grad(lambda y: y**3)(2.0))(5.0) == 12.0
    assert grad(lambda x: jacobian(lambda y: x**2 * y**2)(np.array([1.0, 2.0])).sum())(3.0) == 36
    by_columns = lambda x: jacobian(lambda y: x**2 * y**2, mode="forward")(np.ones(2))  # noqa: E731
    assert grad(lambda x: by_columns(x).sum())(3.0) == 24.0
    assert grad(lambda x: hvp(lambda y: x * y**3, 2.0, 1.0))(5.0) == 12.0


def test_the_gradient_of_an_inner_training_step():
    def after_a_step(rate):
        w = 3.0
        return (w - rate * grad(lambda w: w**2)(w)) ** 2

    # (3 - 6r)²
    assert grad(after_a_step)(0.1) == pytest.approx(-12 * (3 - 0.6))


def test_inner_derivatives_that_know_nothing_of_the_outer_argument_are_numbers():
    """A search by a library that takes plain numbers can run inside a function."""
    y, cube, found = np.array([1.0, 2.0]), lambda y: (y**3).sum(), []

    def f(x):
        (value, aux), g = value_and_grad(lambda y: (cube(y), y + 1), has_aux=True)(y)
        z, pull = vjp(lambda y: y**2, y)
        found.extend([value, aux, g, z, *pull(y), *jvp(lambda y: y**2, (y,), (y,))])
        found.extend(
            [grad(cube)(y), jacobian(lambda y: y**2)(y), hessian(cube)(y), hvp(cube, y, y)]
        )
        return x * g.sum()

    assert grad(f)(5.0) == 15.0
    expected = [9.0, y + 1, 3 * y**2, y**2, 2 * y**2, y**2, 2 * y**2]
    expected += [3 * y**2, np.diag(2 * y), np.diag(6 * y), 6 * y**2]
    for z, numbers in zip(found, expected, strict=True):
        assert type(z) in (float, np.ndarray)
        np.testing.assert_allclose(z, numbers)


def test_inner_derivatives_by_all_that_leads_out_of_them():
    assert grad(lambda x: vjp(lambda y: y**3, 2.0)[1](x)[0])(5.0) == 12.0
    assert grad(lambda x: jvp(lambda y: y**3, (2.0,), (x,))[1])(5.0) == 12.0
    assert grad(lambda x: hvp(lambda y: y**3, 2.0, x))(5.0) == 12.0
    by_aux = value_and_grad(lambda y, x: (y**2, x * y), has_aux=True)
    assert grad(lambda x: by_aux(2.0, x)[0][1])(5.0) == 2.0
    # values are not told apart by their numbers
    assert grad(lambda x: grad(lambda y: (x * y).sin())(Value(2.0)))(Value(2.0)).data == (
        pytest.approx(np.cos(4.0) - 4 * np.sin(4.0))
    )
    w, found = Tensor(3.0, requires_grad=True), []
    grad(lambda x: found.append(grad(lambda y: w * y**2)(2.0)) or x)(1.0)
    found[0].backward()
    assert w.grad == 4.0


def test_tracked_arguments_give_tracked_results():
    x = Tensor([1.0, 2.0], requires_grad=True)
    g = grad(lambda y: (y**3).sum())(x * 1)
    g.sum().backward()
    np.testing.assert_allclose(x.grad, [6.0, 12.0])
    v = Value(2.0)
    grad(lambda y: y**3)(v * 1).backward()
    assert v.grad == 12.0


def test_transforms_leave_the_grad_of_their_arguments_alone():
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor(3.0, requires_grad=True)
    for run in (
        lambda: grad(lambda x: (w * x * x).sum())(x),
        lambda: jacobian(lambda x: w * x * x)(x),
        lambda: hessian(lambda x: (w * x * x).sum())(x),
        lambda: vjp(lambda x: w * x, x)[1](np.ones(2)),
        lambda: jvp(lambda x: w * x, (x,), (np.ones(2),)),
    ):
        run()
        assert x.grad is None
        assert w.grad is None


@no_grad()
def test_transforms_work_where_recording_is_off():
    cube = lambda x: (x**3).sum()  # noqa: E731
    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    np.testing.assert_allclose(grad(cube)(x), 3 * x**2)
    np.testing.assert_allclose(hessian(cube)(x), np.diag(6 * x))
    np.testing.assert_allclose(hvp(cube, x, v), 6 * x * v)
    np.testing.assert_allclose(jvp(lambda x: x**3, (x,), (v,))[1], 3 * x**2 * v)
    np.testing.assert_allclose(jacobian(lambda x: x**3, mode="forward")(x), np.diag(3 * x**2))
    np.testing.assert_allclose(vjp(lambda x: (x, x**3), x)[1]((v, v))[0], v + 3 * x**2 * v)
    assert (Tensor(1.0, requires_grad=True) * 2).is_leaf


def test_a_failing_function_leaves_nothing_behind():
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 // 0)(1.0)
    assert type(grad(lambda x: x * x)(1.0)) is float


def test_assignment_to_second_order():
    def f(x):
        y = x * 1.0
        y[0] = x[1] ** 2
        y[1:] *= x[0]
        return (y**2).sum()

    # x1⁴ + x0² x1² + x0² x2²
    a, b, c = x = np.array([2.0, 3.0, 0.5])
    np.testing.assert_allclose(
        grad(f)(x), [2 * a * (b * b + c * c), 4 * b**3 + 2 * a * a * b, 2 * a * a * c]
    )
    expected = [
        [2 * (b * b + c * c), 4 * a * b, 4 * a * c],
        [4 * a * b, 12 * b * b + 2 * a * a, 0],
        [4 * a * c, 0, 2 * a * a],
    ]
    np.testing.assert_allclose(hessian(f)(x), expected)


def test_second_derivatives_of_a_function_that_returns_arrays():
    a, b = x = np.array([0.3, -0.7])
    sine = hessian(lambda x: (np.sin(x), {"product": np.prod(x)[None, None]}))(x)
    np.testing.assert_allclose(sine[0], -np.sin(x)[:, None, None] * np.eye(2)[:, None] * np.eye(2))
    np.testing.assert_array_equal(sine[1]["product"], [[[[0.0, 1.0], [1.0, 0.0]]]])
    (_, mixed), (again, _) = hessian(lambda x, y: x * y**2, (0, 1))(x, 3.0)
    np.testing.assert_array_equal(mixed, [[6.0, 0.0], [0.0, 6.0]])
    np.testing.assert_array_equal(again, mixed)
    third = jacobian(hessian(lambda x: (x**4)[:1]))(x)
    assert third.shape == (1, 2, 2, 2)
    assert third[0, 0, 0].tolist() == pytest.approx([24 * a, 0.0])
    assert third.any(where=np.arange(8).reshape(third.shape) > 0) == (b == 0.0)


@pytest.mark.parametrize("kind", [float, Value, Tensor])
def test_stop_gradient(kind):
    assert float(grad(lambda x: x * stop_gradient(x))(kind(3.0))) == 3.0
    assert float(grad(grad(lambda x: x**2 * stop_gradient(x)))(kind(3.0))) == 6.0
    assert grad(lambda x: stop_gradient(x * x))(3.0) == 0.0
    assert stop_gradient(2.0) == 2.0
    assert float(grad(lambda x: x * stop_gradient([{"a": x * x}, 1])[0]["a"])(kind(3.0))) == 9.0
