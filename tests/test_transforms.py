"""grad and value_and_grad against closed forms; all transforms on random programs."""

import collections
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    Tensor,
    Value,
    checkpoint,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    sigmoid,
    softmax,
    stop_gradient,
    value_and_grad,
    vjp,
)

Pair = collections.namedtuple("Pair", "w b")


def plain(x):
    return np.asarray(getattr(x, "data", x), float)


def numeric_jacobian(f, x, h=1e-6):
    x = np.asarray(x, float)
    y = plain(f(x))
    j = np.zeros(y.shape + x.shape)
    for index in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[index] = h
        j[(..., *index)] = (plain(f(x + e)) - plain(f(x - e))) / (2 * h)
    return j


# --------------------------------------------------------------------------------------------------
# grad and value_and_grad


def test_gradients_on_the_way_are_let_go_of():
    def chain(x):
        for _ in range(50):
            x = x * 2.0
        return x.sum()

    x = np.ones(50_000)
    tracemalloc.start()
    try:
        np.testing.assert_array_equal(grad(chain)(x), 2.0**50)
        assert tracemalloc.get_traced_memory()[1] < 10 * x.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 12.0),
        (1, 8.0),
        (-1, 8.0),
        ((0, 1), (12.0, 8.0)),
        ([1, 0], (8.0, 12.0)),
        ((-2,), (12.0,)),
        ((), ()),
        (np.int64(1), 8.0),
    ],
)
def test_argnums(argnums, expected):
    f = lambda x, y: x**2 * y + y  # noqa: E731
    assert value_and_grad(f, argnums)(2.0, 3.0)[0] == 15.0
    assert grad(lambda x, y: x**2 * y + y * 4, argnums)(2.0, 3.0) == expected


@pytest.mark.parametrize("argnums", [1, -2, (0, 3), (0, 0), (0, -1), "a", (0.0,)])
def test_argnums_that_do_not_fit(argnums):
    with pytest.raises(ValueError, match="does not fit"):
        grad(lambda x: x, argnums)(1.0)


@pytest.mark.parametrize(
    ("x", "kind", "dtype"),
    [
        (3.0, float, None),
        (3, float, None),
        (True, float, None),
        (np.float32(3), float, None),
        (np.array(3.0), np.ndarray, "float64"),
        (np.array([1.0, 2.0]), np.ndarray, "float64"),
        (np.array([1.0, 2.0], np.float32), np.ndarray, "float32"),
        (np.array([1, 2]), np.ndarray, "float64"),
        (Tensor([1.0, 2.0]), Tensor, "float64"),
        (Tensor([1, 2]), Tensor, "float64"),
        (Tensor([1.0, 2.0], dtype=np.float32), Tensor, "float32"),
        (Tensor([1.0, 2.0], requires_grad=True), Tensor, "float64"),
        (Value(3.0), Value, None),
    ],
)
def test_the_gradient_is_of_the_argument_s_kind(x, kind, dtype):
    value, g = value_and_grad(lambda x: (x * x).sum() if np.ndim(x) else x * x)(x)
    assert g.__class__ is kind
    assert dtype is None or g.dtype == dtype
    np.testing.assert_allclose(plain(g), 2 * plain(x))
    np.testing.assert_allclose(plain(value), np.sum(plain(x) ** 2))
    if isinstance(x, Tensor | Value):
        assert not np.any(plain(x.grad)) if x.grad is not None else True


def test_structures_come_back_as_they_went():
    def f(p, scale=1.0):
        return scale * (p["l"][0].w @ p["l"][0].b + p["t"][1] * p["x"])

    w, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    p = {"l": [Pair(w, b)], "t": (0.5, 2.0), "x": Value(3.0)}
    g = grad(f)(p, scale=10.0)
    assert list(g) == ["l", "t", "x"]
    assert type(g["l"]) is list
    assert type(g["l"][0]) is Pair
    np.testing.assert_array_equal(g["l"][0].w, 10 * b)
    np.testing.assert_array_equal(g["l"][0].b, 10 * w)
    assert g["t"] == (0.0, 30.0)
    assert g["x"].__class__ is Value
    assert g["x"].data == 20.0


def test_constants_and_ignored_arguments_have_zero_gradients():
    assert grad(lambda x: 3.0)(2.0) == 0.0
    assert grad(lambda x: np.float64(3.0))(2.0) == 0.0
    assert grad(lambda x, y: y * y, (0, 1))(2.0, 3.0) == (0.0, 6.0)
    np.testing.assert_array_equal(grad(lambda x: Tensor(3.0))(np.ones((2, 3))), np.zeros((2, 3)))
    assert grad(lambda v: 1.0)(Value(2.0)).data == 0.0
    assert grad(grad(lambda x: 3.0 * x))(2.0) == 0.0
    assert value_and_grad(lambda d: 2.0)({"a": [1.0]}) == (2.0, {"a": [0.0]})
    assert value_and_grad(lambda x: np.reshape(x * x, (1, 1)))(3.0) == (9.0, 6.0)
    assert grad(lambda x: Tensor(2.0, requires_grad=True) * 3)(1.0) == 0.0


def test_auxiliary_results():
    f = lambda x: (x * x, {"twice": 2 * x, "x": x, "text": "a"})  # noqa: E731
    g, aux = grad(f, has_aux=True)(3.0)
    assert (g, aux) == (6.0, {"twice": 6.0, "x": 3.0, "text": "a"})
    assert type(aux["twice"]) is float
    (value, aux), g = value_and_grad(f, has_aux=True)(3.0)
    assert (value, aux["text"], g) == (9.0, "a", 6.0)
    own = Tensor([1.0], requires_grad=True)
    assert grad(lambda x: (x, own), has_aux=True)(1.0)[1] is own
    # inside another transform they stay differentiable
    assert grad(lambda x: grad(lambda y: (y, x * y), has_aux=True)(x)[1])(3.0) == 6.0
    with pytest.raises(TypeError, match=r"returns a pair .*got Tensor"):
        grad(lambda x: x, has_aux=True)(1.0)


def test_wrapped_functions_keep_their_name():
    def quadratic(x):
        """Square it."""
        return x * x

    for transform in (grad, value_and_grad, jacobian, hessian, checkpoint):
        assert transform(quadratic).__name__ == "quadratic"
        assert transform(quadratic).__doc__ == "Square it."


CLOSED = [
    (lambda x: np.exp(2 * x), lambda x, n: 2**n * math.exp(2 * x)),
    (np.sin, lambda x, n: math.sin(x + n * math.pi / 2)),
    (lambda x: x**3.5, lambda x, n: math.prod(3.5 - k for k in range(n)) * x ** (3.5 - n)),
    (lambda x: 1 / x, lambda x, n: (-1) ** n * math.factorial(n) / x ** (n + 1)),
    (np.log, lambda x, n: (-1) ** (n - 1) * math.factorial(n - 1) / x**n),
    (
        np.tanh,
        lambda x, n: (
            lambda t, s: (None, s, -2 * t * s, s * (6 * t * t - 2), 8 * t * s * (2 - 3 * t * t))[n]
        )(math.tanh(x), 1 - math.tanh(x) ** 2),
    ),
]


@pytest.mark.parametrize("kind", [float, Value, Tensor])
@pytest.mark.parametrize(("f", "derivative"), CLOSED)
def test_nested_to_order_four(f, derivative, kind):
    transformed = f
    for order in range(1, 5):
        transformed = grad(transformed)
        g = transformed(kind(0.7))
        assert g.__class__ is kind
        assert float(g) == pytest.approx(derivative(0.7, order), rel=1e-11)


# --------------------------------------------------------------------------------------------------
# Perturbation confusion


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


# --------------------------------------------------------------------------------------------------
# Random programs

UNARY = (np.sin, np.tanh, sigmoid, softmax, lambda x: x * x, lambda x: x[::-1], np.cumsum)
BINARY = (np.add, np.multiply, np.subtract, lambda a, b: a / (b * b + 1), lambda a, b: a * b.sum())


@st.composite
def programs(draw):
    """Return a function of a vector of 3: steps that read any earlier result, two read back."""
    count = draw(st.integers(1, 6))
    steps = [
        (
            draw(st.sampled_from(UNARY)) if draw(st.booleans()) else draw(st.sampled_from(BINARY)),
            draw(st.integers(0, k)),
            draw(st.integers(0, k)),
        )
        for k in range(count)
    ]

    def run(x):
        known = [x]
        for f, i, j in steps:
            known.append(f(known[i]) if f in UNARY else f(known[i], known[j]))
        return known[-1] * known[len(known) // 2]

    return run


vectors = st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3).map(np.array)


@given(programs(), vectors, vectors, vectors)
def test_random_programs(f, x, u, v):
    reverse, forward = jacobian(f, mode="reverse")(x), jacobian(f, mode="forward")(x)
    np.testing.assert_allclose(forward, reverse, rtol=1e-9, atol=1e-10)
    y, pull = vjp(f, x)
    z, pushed = jvp(f, (x,), (v,))
    np.testing.assert_array_equal(y, z)
    np.testing.assert_allclose(u @ pushed, pull(u)[0] @ v, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(pushed, reverse @ v, rtol=1e-9, atol=1e-9)
    scale = 1 + np.abs(reverse).max()
    np.testing.assert_allclose(reverse, numeric_jacobian(f, x), rtol=1e-4, atol=1e-5 * scale)


@given(programs(), vectors, vectors)
def test_second_derivatives_of_random_programs(f, x, v):
    scalar = lambda x: f(x).sum()  # noqa: E731
    h = hessian(scalar)(x)
    scale = 1 + np.abs(h).max()
    np.testing.assert_allclose(h, h.T, atol=1e-10 * scale)
    np.testing.assert_allclose(hvp(scalar, x, v), h @ v, atol=1e-9 * scale)
    np.testing.assert_allclose(h, numeric_jacobian(grad(scalar), x), atol=1e-4 * scale)
    np.testing.assert_allclose(h, jacobian(grad(scalar), mode="forward")(x), atol=1e-9 * scale)


def test_elementwise_grad_of_arrays_numbers_and_to_second_order() -> None:
    x = np.linspace(-2.0, 2.0, 7)
    first = elementwise_grad(np.tanh)
    np.testing.assert_allclose(first(x), 1 / np.cosh(x) ** 2, rtol=1e-14)
    second = elementwise_grad(first)
    np.testing.assert_allclose(second(x), -2 * np.tanh(x) / np.cosh(x) ** 2, rtol=1e-12)
    assert first(0.0) == 1.0
    y = elementwise_grad(np.arctan2, argnums=1)(x, np.ones(7))
    np.testing.assert_allclose(y, -x / (1 + x * x), rtol=1e-14)
