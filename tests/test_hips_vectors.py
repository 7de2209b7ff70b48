"""HIPS autograd's vectors of nested parameters, and its optimizers."""

import importlib

import numpy as np
import pytest

import autograd
from autograd import jacobian, jit
from autograd.differential_operators import (
    grad,
)
from autograd.extend import (
    defvjp,
)
from autograd.misc import fixed_points, flatten, optimizers
from autograd.misc.flatten import flatten_func
from autograd.test_util import (
    check_equivalent,
)

A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])


X, V = np.array([0.3, -0.7]), np.array([1.0, 2.0])


def test_flatten():
    nest = (1.0, A, [X, {"y": 2.0, "x": A}], ())
    vector, unflatten = flatten(nest)
    assert vector.shape == (1 + 6 + 2 + 6 + 1,)
    np.testing.assert_array_equal(vector[9:15], A.ravel())  # keys in order
    again = unflatten(vector)
    assert type(again[2]) is list
    check_equivalent(again, (1.0, A, [X, {"x": A, "y": 2.0}], ()))
    assert flatten(())[0].shape == (0,)
    assert flatten(3.0)[1](np.array([4.0])) == 4.0

    def f(x, y):
        xy, back = flatten({"a": [x], "b": y})
        return np.sum(back(xy**2)["b"] * 3.0) + np.sum(xy)

    np.testing.assert_allclose(grad(f, 1)(1.0, X), 6 * X + 1)
    f, unflatten, x = flatten_func(lambda p, c: {"a": p["a"] * c}, {"a": X})
    np.testing.assert_array_equal(f(x, 2.0), 2 * X)
    assert unflatten(x)["a"].tolist() == X.tolist()


def by_hand(name, gradient, x, steps):
    """Return the parameters after steps as the rules of the optimisers are printed."""
    if name == "sgd":
        velocity = 0.0
        for _ in range(steps):
            velocity = 0.9 * velocity - 0.1 * gradient(x)
            x += 0.1 * velocity
    elif name == "rmsprop":
        square = 1.0
        for _ in range(steps):
            g = gradient(x)
            square = 0.9 * square + 0.1 * g * g
            x -= 0.1 * g / (square**0.5 + 1e-8)
    else:
        m = v = 0.0
        for t in range(1, steps + 1):
            g = gradient(x)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            x -= 0.001 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
    return x


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_optimisers_step_by_step(name):
    slope = lambda x: 2 * (x - 3.0)  # noqa: E731
    calls = []
    start = {"a": np.array([0.5]), "b": [1.0]}

    def gradient(p, i):
        return {"a": slope(p["a"]), "b": [slope(p["b"][0])]}

    found = getattr(optimizers, name)(gradient, start, lambda *c: calls.append(c), num_iters=7)
    assert found["a"].tolist() == pytest.approx([by_hand(name, slope, 0.5, 7)])
    assert found["b"][0] == pytest.approx(by_hand(name, slope, 1.0, 7))
    assert [i for _, i, _ in calls] == list(range(7))
    assert calls[0][0]["a"].tolist() == [0.5]
    assert calls[0][2]["b"][0] == -4.0
    assert start["a"].tolist() == [0.5]
    x = getattr(optimizers, name)(lambda x, i: slope(x), np.array([2.5]), None, 400, 0.05)
    assert x == pytest.approx(3.0, abs=0.05)
    # numbers of iterations by default
    seen = []
    getattr(optimizers, name)(lambda x, i: seen.append(i) or x, 1.0)
    assert len(seen) == {"sgd": 200, "rmsprop": 100, "adam": 100}[name]


def test_an_optimiser_of_ones_own_takes_nests():
    """Steps by half of the distance to 3, in place."""

    @optimizers.unflatten_optimizer
    def halving(grad, x, callback=None, steps=3, rate=0.25):
        """Told by the function."""
        for i in range(steps):
            g = grad(x, i)
            if callback:
                callback(x, i, g)
            x -= rate * g
        return x

    slope = lambda p, i: {"a": 2 * (p["a"] - 3.0), "b": (2 * (p["b"][0] - 3.0),)}  # noqa: E731
    start, calls = {"a": X.copy(), "b": (1.0,)}, []
    found = halving(slope, start, lambda *c: calls.append(c), 2)
    np.testing.assert_allclose(found["a"], 3 + (X - 3) / 4)
    assert found["b"] == (pytest.approx(2.5),)
    assert [(p["b"][0], i, g["b"]) for p, i, g in calls] == [(1.0, 0, (-4.0,)), (2.0, 1, (-2.0,))]
    np.testing.assert_allclose(start["a"], X)
    # one array is not changed either
    halving(lambda x, i: x, x := X.copy(), rate=0.5)
    np.testing.assert_allclose(x, X)
    assert halving.__doc__ == "Told by the function."


def distance(x, y):
    return np.max(np.abs(x - y))


def test_fixed_points_by_their_closed_form():
    """x = (x + a / x) / 2 at the root of a; x = b x + a at a / (1 - b)."""
    newton = lambda a: lambda x: (x + a / x) / 2  # noqa: E731
    root = lambda a: fixed_points.fixed_point(newton, a, 1.0, distance, 1e-13)  # noqa: E731
    found = [float(root(2.0)), grad(root)(2.0), grad(grad(root))(2.0)]
    np.testing.assert_allclose(found, [2**0.5, 2**-0.5 / 2, -(2**-1.5) / 4], rtol=1e-9)

    def line(p):
        return lambda x: p["b"][0] * x + p["a"]

    f = lambda p: fixed_points.fixed_point(line, p, np.zeros(2), distance, 1e-12)  # noqa: E731
    found = jacobian(f)({"a": X, "b": [0.5]})
    np.testing.assert_allclose(found["a"], 2 * np.eye(2), atol=1e-9)
    np.testing.assert_allclose(found["b"][0], 4 * X, atol=1e-9)


def test_fixed_points_in_a_program():
    newton = lambda a: lambda x: (x + a / x) / 2  # noqa: E731
    f = jit(lambda a, x: fixed_points.fixed_point(newton, a, x, distance, 1e-12).sum())
    slope = jit(grad(lambda a, x: fixed_points.fixed_point(newton, a, x, distance, 1e-12).sum()))
    for a in (np.array([1.0, 4.0]), np.array([9.0, 2.0]), np.array([2.0, 3.0])):
        assert f(a, a / 2 + 1) == pytest.approx(np.sqrt(a).sum())
        np.testing.assert_allclose(slope(a, a / 2 + 1), 0.5 / np.sqrt(a))


def test_a_fixed_point_with_a_hidden_node():
    def hidden(b):
        return fixed_points.fixed_point(lambda a: lambda x: b * x + a, b, 1.0, distance, 1e-6)

    with pytest.raises(TypeError, match="fixed_point: f computes with a node other than a"):
        grad(hidden)(0.5)


def test_names_stay_out_of_the_way():
    names = {}
    exec("from autograd import *", names)
    assert "isinstance" not in names
    assert "make_vjp" not in names
    assert set(dir(autograd)) >= {"make_vjp", "scipy", "primitive"}
    assert importlib.import_module("autograd.core").defvjp is defvjp
