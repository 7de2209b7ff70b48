"""Signs of zeros under jit as in NumPy; but a sum begins with 0, and is never -0."""

import numpy as np
import pytest

from autograd import Tensor, Value, grad, jit, linear, relu


def zeros(*shape):
    return np.zeros(shape)


# functions, and the zeros of which they are made
SUMS = {
    "one row": (lambda x: np.sum(-x, axis=0), zeros(1, 4)),
    "one column": (lambda x: np.sum(-x, axis=1), zeros(4, 1)),
    "one column, kept": (lambda x: np.sum(-x, axis=1, keepdims=True), zeros(4, 1)),
    "one row as it is": (lambda x: np.sum(x, axis=0), -zeros(1, 4)),
    "one number": (lambda x: np.sum(x), -zeros()),
    "one number of one": (lambda x: np.sum(-x), zeros(1)),
    "rows": (lambda x: np.sum(-x, axis=0), zeros(40, 3)),
    "columns": (lambda x: np.sum(-x, axis=1), zeros(3, 40)),
    "few columns": (lambda x: np.sum(-x, axis=1), zeros(2, 2)),
    "all": (lambda x: np.sum(-x), zeros(3, 4)),
    "all of a product": (lambda x: np.sum(-x * x), zeros(3, 4)),
    "columns of a product": (lambda x: np.sum(-x * x, axis=1), zeros(3, 40)),
    "differences": (lambda x: np.sum(-x), np.array([1.0, -1.0])),
    "middle": (lambda x: np.sum(-x, axis=1), zeros(2, 1, 3)),
    "mean": (lambda x: np.mean(-x, axis=0), zeros(40, 3)),
    "largest of one": (lambda x: np.max(-x, axis=0), zeros(1, 3)),
    "product of one": (lambda x: np.prod(-x, axis=0), zeros(1, 3)),
}


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", SUMS)
def test_signs_of_sums(name, dtype, backend):
    f, x = SUMS[name]
    x = x.astype(dtype)
    expected = f(x)
    for given in (x, Tensor(x)):
        found = jit(f, backend=backend)(given)
        np.testing.assert_array_equal(found, 0)
        np.testing.assert_array_equal(np.signbit(np.asarray(found)), np.signbit(expected))


PRODUCTS = {
    "one product": (lambda x: -x @ np.ones((1, 3)), zeros(3, 1)),
    "rows of products": (lambda x: -x @ np.ones((4, 4)), zeros(1, 4)),
    "vector and matrix": (lambda x: -x @ np.ones((3, 3)), zeros(3)),
    "matrix and vector": (lambda x: -x @ np.ones(3), zeros(3, 3)),
    "matrix and column": (lambda x: -x @ np.ones((2, 1)), zeros(3, 2)),
    "tiles": (lambda x: -x @ np.ones((8, 8)), zeros(8, 8)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PRODUCTS)
def test_signs_of_products_in_c(name, dtype):
    f, x = PRODUCTS[name]
    found = jit(f, backend="c")(x.astype(dtype))
    np.testing.assert_array_equal(found, 0)
    assert not np.signbit(found).any()


# which of two equal numbers NumPy takes depends on the processor
SECOND = pytest.mark.skipif(
    not np.signbit(np.maximum(zeros(8), -zeros(8))).all(), reason="NumPy takes another one here"
)


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize(
    "f",
    [
        pytest.param(np.maximum, marks=SECOND),
        pytest.param(np.minimum, marks=SECOND),
        lambda x, y: relu(x) + 0 * y,
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: x * y,
        lambda x, y: -x - y,
        lambda x, y: (-x) * y,
        lambda x, y: y + y - x,
    ],
)
def test_signs_of_two_zeros(f, backend):
    x, y = np.array([0.0, 0.0, -0.0, -0.0]), np.array([0.0, -0.0, 0.0, -0.0])
    expected = [float(v) for v in f(Tensor(x), Tensor(y)).data]
    assert str(jit(f, backend=backend)(x, y).tolist()) == str(expected)


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_signs_of_gradients(backend):
    """A sum of -0 over several rows is 0; that of one row is the row."""
    for rows, sign in ((1, "-0.0"), (2, "0.0")):
        x, w, b = zeros(rows, 3), zeros(3, 2), zeros(2)

        def slopes(x, w, b):
            return grad(lambda x, w, b: np.sum(linear(x, w, b) * -0.0), argnums=(0, 1, 2))(x, w, b)

        for f in (slopes, jit(slopes, backend=backend)):
            gx, gw, gb = f(x, w, b)
            assert not np.signbit(gx).any()
            assert not np.signbit(gw).any()
            assert str(gb.tolist()) == f"[{sign}, {sign}]"

        def of_sum(y, b):
            return grad(lambda y, b: np.sum((y + b) * -0.0), argnums=(0, 1))(y, b)

        for f in (of_sum, jit(of_sum, backend=backend)):
            gy, gb = f(zeros(rows, 2), b)
            assert np.signbit(gy).all()
            assert str(gb.tolist()) == f"[{sign}, {sign}]"


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("x", [-np.inf, -0.0, 4.0])
def test_roots_as_powers(x, backend):
    """NumPy takes the root for the power 1/2, of arrays and of single numbers in them."""
    for f in (lambda x: x**0.5, lambda x: np.sum(x) ** 0.5):
        for data in (x, [x]):
            with np.errstate(invalid="ignore"):
                found, expected = jit(f, backend=backend)(Tensor(data)), f(Tensor(data))
            assert str(found.data) == str(expected.data)


@pytest.mark.parametrize("dtype", [float, complex, object])
def test_zeros_of_the_other_sign_in_an_array(dtype):
    """The entries of an array are constants of a recording of Values."""
    factors, w = np.array([0.0, 1.0], dtype), Value(2.0)
    f = jit(lambda x: x * w * factors[0].real)
    for zero in (0.0, -0.0, 0.0):
        factors[0] = zero
        assert str(f(1.0).data) == str(zero)
