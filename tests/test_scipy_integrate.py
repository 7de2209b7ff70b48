"""Integrals of samples, against SciPy and finite differences."""

import numpy as np
import pytest
from scipy import integrate as reference

from autograd import Tensor, grad, jacobian, jit
from autograd.scipy import integrate

from .test_transforms import numeric_jacobian

RNG = np.random.default_rng(5)
GRIDS = {
    "plain": {},
    "dx": {"dx": 0.3},
    "x": {"x": "uneven"},
    "axis": {"axis": 0, "dx": 0.5},
    "x-axis": {"x": "uneven", "axis": 1},
    "rows": {"x": "rows", "axis": -2},
}


def options(name, shape):
    found = dict(GRIDS[name])
    axis = found.get("axis", -1)
    steps = RNG.uniform(0.5, 1.5, shape)
    if found.get("x") == "uneven":
        found["x"] = np.cumsum(np.moveaxis(steps, axis, 0).reshape(shape[axis], -1)[:, 0])
    elif found.get("x") == "rows":
        found["x"] = np.cumsum(steps, axis)
    return found


@pytest.mark.parametrize("name", ["simpson", "trapezoid"])
@pytest.mark.parametrize("case", GRIDS)
@pytest.mark.parametrize("shape", [(5, 4), (4, 7), (2, 2), (3, 1)])
def test_values_and_derivatives_are_those_of_scipy(name, case, shape):
    y, given = RNG.normal(size=shape), options(case, shape)
    f, g = getattr(integrate, name), getattr(reference, name)
    np.testing.assert_allclose(f(Tensor(y, requires_grad=True), **given).data, g(y, **given))
    assert type(f(y, **given)) is type(g(y, **given))
    found = jacobian(lambda y: f(y, **given))(y)
    expected = numeric_jacobian(lambda y: g(y, **given), y)
    np.testing.assert_allclose(found, expected.reshape(found.shape), atol=1e-7)
    again = jit(lambda y: f(y, **given))
    for _ in range(2):
        np.testing.assert_allclose(again(y), g(y, **given))


def test_samples_that_a_function_makes_as_lists():
    x = np.linspace(0.0, 1.0, 9)
    for f in (integrate.simpson, integrate.trapezoid):
        found = grad(lambda a, f=f: f([a * t**2 for t in x], x))(2.0)
        assert found == pytest.approx(f(x**2, x), rel=1e-14)


def test_the_distance_of_the_samples_may_be_a_node():
    y = RNG.normal(size=6)
    for f in (integrate.simpson, integrate.trapezoid):
        assert grad(lambda h, f=f: f(y, dx=h))(0.5) == pytest.approx(f(y), rel=1e-14)


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_the_places_may_be_nodes(n):
    x, y = np.cumsum(RNG.uniform(0.5, 1.5, (2, n)), 1), RNG.normal(size=(2, n))
    for name in ("simpson", "trapezoid"):
        f, g = getattr(integrate, name), getattr(reference, name)
        found = jacobian(lambda x, f=f: f(y, x))(x)
        np.testing.assert_allclose(found, numeric_jacobian(lambda x, g=g: g(y, x), x), atol=1e-7)


def test_samples_at_one_place():
    """SciPy lets a repeated place add nothing, where a quotient would be 0/0."""
    x = np.array([0.0, 1.0, 1.0, 2.0, 3.0])
    found = grad(lambda y: integrate.simpson(y, x=x))(np.ones(5))
    np.testing.assert_allclose(found, [reference.simpson(e, x=x) for e in np.eye(5)])
    assert np.isfinite(found).all()


def test_what_says_where_to_find_them():
    y = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"use autograd\.scipy\.integrate\.simpson, which keeps it"):
        reference.simpson(y)
