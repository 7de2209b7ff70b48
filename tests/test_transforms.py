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
    sigmoid,
    softmax,
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
    value, g = value_and_grad(lambda x: np.reshape(x * x, (1, 1)))(3.0)
    np.testing.assert_array_equal(value, [[9.0]], strict=True)
    assert g == 6.0
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
