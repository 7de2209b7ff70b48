"""Transforms of functions of Values inside a recorded function: derivatives are recorded too."""

import math

import numpy as np
import pytest

from autograd import (
    Op,
    Value,
    add_n,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    no_grad,
    sumprod,
    value_and_grad,
    vjp,
)
from autograd.jit.tape.compiled import jit_values

from .tapes import BACKENDS

both = pytest.mark.parametrize("backend", BACKENDS)


def wave(t, p):
    return (t * p).tanh() * t


def slope(t, p):
    """Return the derivative of `wave`, by hand."""
    h = math.tanh(t * p)
    return h + t * p * (1 - h * h)


def curvature(t, p):
    """Return its second derivative, by hand."""
    h = math.tanh(t * p)
    return 2 * p * (1 - h * h) * (1 - t * p * h)


def product(xs):
    return xs[0] * xs[1]


def halves(t, p):
    return [t * t * p, t + p]


# what is recorded of (x, q, p), and what it is by hand
CASES = {
    "grad": (lambda x, q, p: grad(lambda t: wave(t, p))(q), lambda x, q, p: slope(q, p)),
    "of an argument": (lambda x, q, p: grad(wave)(x, p), lambda x, q, p: slope(x, p)),
    "of both": (
        lambda x, q, p: list(grad(lambda s, t: s * s * t * p, (0, 1))(x, q)),
        lambda x, q, p: [2 * x * q * p, x * x * p],
    ),
    "of a list": (lambda x, q, p: grad(product)([x, q * 1.0]), lambda x, q, p: [q, x]),
    "of a list of leaves": (lambda x, q, p: grad(product)([x, q]), lambda x, q, p: [q, x]),
    "twice": (lambda x, q, p: grad(grad(wave))(q, p), lambda x, q, p: curvature(q, p)),
    "of what was jitted": (lambda x, q, p: grad(jit(wave))(q, p), lambda x, q, p: slope(q, p)),
    "with the value": (
        lambda x, q, p: list(value_and_grad(wave)(q, p)),
        lambda x, q, p: [math.tanh(q * p) * q, slope(q, p)],
    ),
    "with more": (
        lambda x, q, p: list(grad(lambda t: (wave(t, p), t * x), has_aux=True)(q)),
        lambda x, q, p: [slope(q, p), q * x],
    ),
    "vjp": (
        lambda x, q, p: [*vjp(halves, q, p)[1]([1.0, 3.0])],
        lambda x, q, p: [2 * q * p + 3.0, q * q + 3.0],
    ),
    "jvp": (
        lambda x, q, p: jvp(halves, (q, p), (1.0, 2.0))[1],
        lambda x, q, p: [2 * q * p + 2 * q * q, 3.0],
    ),
    "hvp": (lambda x, q, p: hvp(lambda t: wave(t, p), q, 2.0), lambda x, q, p: 2 * curvature(q, p)),
    "0 times infinity": (
        lambda x, q, p: grad(lambda t: np.where(t * x > 0, (t * x) ** 0.5, t * p))(q),
        lambda x, q, p: 0.5 * (x / q) ** 0.5 if q * x > 0 else p,
    ),
}


def plain(found):
    if isinstance(found, list):
        return [plain(x) for x in found]
    return found.data if isinstance(found, Value) else found


@both
@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_each_call(name, backend):
    recorded, by_hand = CASES[name]
    q, p = Value(0.7), Value(1.5)
    fast = jit_values(lambda x: recorded(x, q, p), backend=backend)
    for x, at, factor in ((0.3, 0.7, 1.5), (0.3, 0.7, -2.0), (1.2, -0.4, 0.5), (-0.5, 0.0, 2.0)):
        q.data, p.data = at, factor
        np.testing.assert_allclose(plain(fast(Value(x))), by_hand(x, at, factor), rtol=1e-12)
    assert fast.made == 1
    assert (q.grad, p.grad) == (0.0, 0.0)


@both
def test_a_derivative_is_a_constant_in_what_follows(backend):
    q, p = Value(0.7), Value(1.5)

    def step(x):
        q.grad = p.grad = 0.0
        with no_grad():
            apart = grad(wave)(q, p)
        (grad(wave)(q, p) * x * p + apart).backward()
        return p.grad, q.grad

    fast = jit_values(step, backend=backend)
    for x, factor in ((0.3, 1.5), (2.0, -1.0)):
        p.data = factor
        np.testing.assert_allclose(fast(x), [slope(0.7, factor) * x, 0.0], rtol=1e-12)


@both
def test_a_recorded_number_is_taken_for_a_float(backend):
    """Else code that asks would take another branch than without jit."""

    def f(x, y):
        asked = isinstance(x, float), isinstance(y.data, float | int), isinstance(y > 1, bool)
        return [y * 2 if isinstance(x, float) else y * 3, *map(int, asked), isinstance(y, float)]

    fast = jit_values(f, backend=backend)
    for x in (0.5, 1.5):
        assert plain(fast(x, Value(x))) == plain(f(x, Value(x))) == [2 * x, 1, 1, 1, False]


ROW = np.array([1.0, 3.0])
OF_NUMBERS = {
    "product": (lambda x: ROW * x.data, lambda x: [x, 3 * x]),
    "reflected": (lambda x: x.data - ROW, lambda x: [x - 1, x - 3]),
    "function": (lambda x: np.maximum(x.data, ROW), lambda x: [max(x, 1.0), max(x, 3.0)]),
    "rests": (
        lambda x: [x.data % 2.5, 9.0 % x.data, x.data // 2.5, 9.0 // x.data],
        lambda x: [x % 2.5, 9.0 % x, x // 2.5, 9.0 // x],
    ),
    "beside a number": (lambda x: (x.data, ROW[::-1] * x.data), lambda x: (x, [3 * x, x])),
    "stacked": (
        lambda x: (ROW[:, None] + ROW) * x.data,
        lambda x: [[2 * x, 4 * x], [4 * x, 6 * x]],
    ),
}


@both
@pytest.mark.parametrize(("f", "by_hand"), OF_NUMBERS.values(), ids=OF_NUMBERS)
def test_arrays_of_recorded_numbers(f, by_hand, backend):
    fast = jit_values(f, backend=backend)
    for x in (2.0, 4.0, 0.5):
        found, expected = fast(Value(x)), by_hand(x)
        assert type(found) is type(f(Value(x)))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-15)
    assert fast.made == 1


LENGTH = Op(
    "length_of_values",
    lambda *xs: sum(x * x for x in xs) ** 0.5,
    {"xs": lambda xs, z, i: xs[i] / z},
    elementwise=True,
    variadic=True,
)


@both
def test_an_operation_of_one_s_own_of_any_number_of_values(backend):
    def f(x):
        p = Value(3.0)
        z = LENGTH(x, 2.0, p, x)
        z.backward()
        return z, x.grad, p.grad, grad(lambda t: LENGTH(t, x))(x)

    fast = jit_values(f, backend=backend)
    for x in (0.5, -2.0):
        length = math.sqrt(2 * x * x + 13.0)
        by_hand = [length, 2 * x / length, 3.0 / length, math.copysign(math.sqrt(0.5), x)]
        np.testing.assert_allclose([plain(z) for z in fast(Value(x))], by_hand, rtol=1e-14)
    assert fast.made == 1


@both
def test_arrays_of_values_are_returned_entry_by_entry(backend):
    fast = jit_values(lambda x: [np.array([[x, x * 2.0]], object), x * x], backend=backend)
    for x in (2.0, -3.0):
        pair, square = fast(Value(x))
        assert pair.shape == (1, 2)
        assert [v.data for v in (*pair[0], square)] == [x, 2 * x, x * x]
    assert fast.made == 1


@pytest.mark.parametrize("transform", [jacobian, hessian])
def test_arrays_of_derivatives_are_refused(transform):
    with pytest.raises(TypeError, match=r"jit: jacobian at .* mixes Values and Tensors"):
        jit_values(lambda x: transform(lambda t: wave(t, x))(x))(Value(1.0))


@both
def test_sums_of_products_of_values_and_recorded_numbers(backend):
    w, b = [Value(0.5), Value(-2.0)], Value(0.25)

    def loss(x, y):
        z = sumprod(w, [x, y], b) + sumprod([x, w[0]], [y, y]) + add_n([w[1], x])
        z.backward()
        return z

    fast = jit_values(loss, backend=backend)
    for x, y in [(1.0, 2.0), (3.0, -1.0), (0.5, 0.25), (2.0, 2.0)]:
        for v in (*w, b):
            v.grad = 0.0
        found = float(fast(x, y))
        assert found == pytest.approx(0.5 * x - 2 * y + 0.25 + x * y + 0.5 * y - 2 + x)
        assert [v.grad for v in (*w, b)] == pytest.approx([x + y, y + 1, 1.0])
