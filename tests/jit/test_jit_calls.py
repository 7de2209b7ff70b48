"""Calls of jitted functions: Values, methods, transforms, results, lent gradients."""

import functools
from collections import namedtuple

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, checkpoint, grad, hessian, jvp, value_and_grad
from autograd.jit import jit

X = np.array([1.0, 2.0])


# --------------------------------------------------------------------------------------------------
# Values


def test_a_function_of_values():
    w = Value(3.0)

    @jit
    def step(x, lr):
        loss = (w * x - 1) ** 2
        w.grad = 0.0
        loss.backward()
        w.data -= lr * w.grad
        return loss

    # w - 1/2 shrinks by 1 - 2 lr x² = 0.6, the loss by its square
    found = [step(2.0, 0.05).data for _ in range(4)]
    np.testing.assert_allclose(found, [25 * 0.36**k for k in range(4)], rtol=1e-12)
    assert repr(step) == "<jit of step, 1 recording>"
    assert "multiply" in step.show(2.0, 0.05)


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_upstream_gradient_that_is_a_tensor(create_graph):
    x = Tensor(X, requires_grad=True)

    @jit
    def pull(x, upstream):
        y = x**3
        y.backward(upstream, create_graph=create_graph)
        return 2.0 * x.grad

    for k in (1.0, 2.0):
        x.grad = None
        found = pull(x, Tensor(k * np.array([1.0, 5.0])))
        np.testing.assert_allclose(getattr(found, "data", found), k * np.array([6.0, 120.0]))


def test_methods_over_values_have_instances_of_their_own():
    class Line:
        def __init__(self, slope):
            self.slope = Value(slope)

        @jit
        def at(self, x):
            return self.slope * x + x**2

    a, b = Line(2.0), Line(5.0)
    for x in (1.0, 3.0):
        assert a.at(x).data == 2 * x + x**2
        assert b.at(x).data == 5 * x + x**2
    y = b.at(4.0)
    y.backward()
    assert (b.slope.grad, a.slope.grad) == (4.0, 0.0)


def test_one_function_takes_values_tensors_and_numbers_in_turn():
    f = jit(lambda x: x * x + 1)
    for _ in range(2):
        assert f(2.0) == 5.0
        assert f(Value(3.0)).data == 10.0
        np.testing.assert_array_equal(f(Tensor(X)).data, [2.0, 5.0])
        np.testing.assert_array_equal(f(X), [2.0, 5.0])


def test_an_optimizer_over_values():
    w = Value(3.0)
    optimizer = nn.SGD([w], lr=0.1)

    @jit
    def step(x):
        loss = (w * x - 1) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    # lr x² · 2 = 0.8, so the distance to 1/2 shrinks to a fifth
    np.testing.assert_allclose([step(2.0).data for _ in range(3)], [25, 1, 0.04], rtol=1e-12)


def test_batches_of_values():
    w = Value(3.0)
    loss = jit(lambda x, y: (w * x - y) ** 2).batch([1.0, 2.0], [3.0, 5.0])
    loss.backward()
    assert (loss.data, w.grad) == (0.5, 2.0)
    with pytest.raises(TypeError, match="is not a function of Values; tensors take batches as"):
        jit(lambda x: x * 2).batch([1.0, 2.0])
    with pytest.raises(TypeError, match="is a function of Values, or runs without jit"):
        jit(lambda x: w * x).source(1.0)


# --------------------------------------------------------------------------------------------------
# Results, and transforms around


def test_a_result_says_that_its_graph_was_not_kept():
    w = Tensor(X, requires_grad=True)
    f = jit(lambda x: (w * x).sum())
    for _ in range(2):
        y = f(X)
        assert y.requires_grad
        assert float(y.data) == 5.0
        with pytest.raises(RuntimeError, match=r"behind sum was not kept: it is a result .* jit; "):
            y.backward()
        with pytest.raises(RuntimeError, match=r"call backward\(\) inside that function, or take"):
            (y * w.sum()).backward()
        assert w.grad is None
    assert not jit(lambda x: (w.detach() * x).sum())(X).requires_grad


def test_a_parameter_made_inside_is_a_leaf():
    y = jit(lambda x: Tensor([3.0], requires_grad=True))(X)
    (y * 2).sum().backward()
    np.testing.assert_array_equal(y.grad, [2.0])


def test_a_leaf_made_inside_of_an_argument():
    def f(x):
        x = Tensor(x, requires_grad=True)
        loss = (x * x).sum()
        loss.backward()
        return loss, x.grad

    compiled = jit(f)
    for x in (X, 2 * X, X):
        loss, slope = compiled(x)
        np.testing.assert_allclose(loss.data, (x * x).sum())
        np.testing.assert_allclose(slope, 2 * x)


def test_transforms_of_a_jitted_function():
    def f(x):
        return (x**3).sum()

    g = jit(f)
    g(X)
    np.testing.assert_allclose(grad(g)(X), 3 * X**2, rtol=1e-12)
    np.testing.assert_allclose(jit(grad(f))(X), 3 * X**2, rtol=1e-12)
    np.testing.assert_allclose(jit(grad(g))(X), 3 * X**2, rtol=1e-12)
    np.testing.assert_allclose(grad(lambda x: jit(grad(g))(x).sum())(X), 6 * X, rtol=1e-12)
    np.testing.assert_allclose(hessian(g)(X), np.diag(6 * X), rtol=1e-12)
    np.testing.assert_allclose(jvp(g, (X,), (np.ones(2),))[1], (3 * X**2).sum(), rtol=1e-12)
    np.testing.assert_allclose(grad(checkpoint(g))(X), 3 * X**2, rtol=1e-12)
    value, slope = jit(value_and_grad(g))(X)
    np.testing.assert_allclose([value, *slope], [9.0, *(3 * X**2)], rtol=1e-12)


def test_a_computed_argument_keeps_its_graph():
    f = jit(lambda x: (x * x).sum())
    w = Tensor(X, requires_grad=True)
    f(w)
    f(w * 3).backward()
    np.testing.assert_allclose(w.grad, 18 * X, rtol=1e-12)


# --------------------------------------------------------------------------------------------------
# Arrays that the function finds in odd places

Pair = namedtuple("Pair", "a b")


def in_default(array):
    def f(x, a=array):
        return x * (a + 1)

    return f


def in_closure(thing, get):
    return lambda x: x * (get(thing) + 1)


PLACES = {
    "tuple": lambda a: in_closure((a,), lambda t: t[0]),
    "nested tuple": lambda a: in_closure(((a, 1), 2), lambda t: t[0][0]),
    "namedtuple": lambda a: in_closure(Pair(a, 1), lambda t: t.a),
    "list in tuple": lambda a: in_closure(([a],), lambda t: t[0][0]),
    "default": in_default,
    "partial": lambda a: functools.partial(lambda x, a: x * (a + 1), a=a),
    "grad": lambda a: grad(lambda x: (x * x * (a + 1)).sum() / 2),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
def test_arrays_are_read_where_they_are(make):
    array = np.ones(2)
    f = jit(make(array))
    for value in (1.0, 5.0, 1.0):
        array[:] = value
        np.testing.assert_array_equal(f(X), X * (value + 1))


def test_generators_behind_a_transform_draw_anew():
    ours, theirs = np.random.default_rng(0), np.random.default_rng(0)
    f = jit(grad(lambda x: (x * ours.random(2)).sum()))
    for _ in range(3):
        np.testing.assert_array_equal(f(X), theirs.random(2))


def test_what_is_returned_is_from_before_an_update():
    p = Tensor(X, requires_grad=True)

    @jit
    def step(x):
        old = p.data.copy()
        p.data -= x
        return old

    for k in range(3):
        np.testing.assert_array_equal(step(np.ones(2)), X - k)
        np.testing.assert_array_equal(p.data, X - k - 1)
