"""Writes into the arguments of a function under a transform, and in-place operators of numbers.

What a program gives is what NumPy gives for it, with a copy of the argument; gradients are compared
with differences of that.
"""

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    check_grads,
    checkpoint,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)

from .test_transforms import numeric_jacobian

X = np.array([0.3, 0.8, -0.6])


def overwrites(x):
    y = x
    x *= 2.0
    x[0] = x[1] ** 2
    y[2] += np.sin(x[0])
    return np.sum(x**3 * np.array([1.0, -2.0, 0.5]))


def names_of_numbers(x):
    total = first = x[0]
    mean = kept = np.mean(x)
    for i in range(1, 3):
        total += x[i] ** 2
        mean *= x[i]
    return total * first + mean * kept + kept


def of_an_array(x):
    """A number that grows to an array, and an array without axes, which can be written into."""
    largest = np.max(x)
    largest += x
    return np.sum(largest**2)


PROGRAMS = [overwrites, names_of_numbers, of_an_array]


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_are_those_of_the_program_in_numpy(program):
    plain = lambda x: program(np.array(x))  # noqa: E731
    g, h = numeric_jacobian(plain, X), numeric_jacobian(grad(program), X)
    near = dict(rtol=1e-5, atol=1e-6)
    x = X.copy()
    for found in (
        grad(program)(x),
        value_and_grad(program)(x)[1],
        grad(program)(Tensor(x)).data,
        grad(program)(Tensor(x, requires_grad=True)).data,
        jacobian(program)(x),
        vjp(program, x)[1](1.0)[0],
        grad(checkpoint(program))(x),
        grad(lambda x: program(1.0 * x))(x),
        jit(grad(program))(x),
        grad(jit(program))(x),
    ):
        np.testing.assert_allclose(found, g, **near)
    v = np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(jvp(program, (x,), (v,))[1], g @ v, **near)
    np.testing.assert_allclose(hessian(program)(x), h, **near)
    np.testing.assert_allclose(hvp(program, x, v), h @ v, **near)
    nested = grad(lambda x: np.sum(grad(program)(x) * v))(x)
    np.testing.assert_allclose(nested, h @ v, **near)
    check_grads(program, [x])
    # the caller's numbers stay, and the value does not depend on what is recorded
    np.testing.assert_array_equal(x, X)
    with no_grad():
        alone = program(Tensor(x))
    for value in (value_and_grad(program)(x)[0], program(Tensor(x.copy())), alone):
        assert float(value) == pytest.approx(plain(X), rel=1e-14)


@pytest.mark.parametrize("kind", [float, Value, Tensor])
def test_a_number_is_bound_anew(kind):
    def f(x):
        y = x
        y += 1
        for _ in range(2):
            y *= x
        return y * x

    # x³ (x + 1)
    assert float(grad(f)(kind(2.0))) == 4 * 8 + 3 * 4
    assert float(grad(grad(f))(kind(2.0))) == 12 * 4 + 6 * 2


def test_a_parameter_that_is_a_number_is_updated_where_it_is():
    w = Tensor(3.0, requires_grad=True)
    also = w
    with pytest.raises(RuntimeError, match="in-place subtract would overwrite"):
        w -= 1.0
    with no_grad():
        w -= 1.0
    assert w is also
    assert (w.item(), w.is_leaf, w.requires_grad) == (2.0, True, True)


def test_a_leaf_that_is_no_argument_is_not_overwritten():
    w = Tensor(X, requires_grad=True)

    def f(x):
        w[0] = 1.0
        return np.sum(w * x)

    with pytest.raises(RuntimeError, match="assignment by index would overwrite"):
        grad(f)(X)
