"""Options of universal functions in recorded functions of arrays: out=, where=, dtype=."""

import warnings

import numpy as np
import pytest

from autograd import Tensor, grad
from autograd.jit import jit

BYTES = np.array([100, -50, 3], np.int8)
FLOATS = np.array([0.0, 0.2, 0.3])


def doubled_where(x):
    y = x * 1
    np.multiply(y, 2, out=y, where=x > 0.1)
    return y


def divided_where(x):
    return np.divide(1.0, x, out=np.zeros_like(x, dtype=float), where=x != 0)


def masked_by_a_constant(x):
    y = x + 0
    np.add(y, x[::-1], out=y, where=[True, False, True])
    np.negative(y, y)
    return y


def masked_row(x):
    y = np.ones_like(x, shape=(2, 3))
    np.maximum(x, 1, out=y, where=[[True], [False]])
    return y


def filled(x):
    y = np.zeros_like(x)
    for i in range(3):
        y[i] = x[i] * 2
    y += x
    return y


def sorted_in_place(x):
    y, z = x + 0, np.stack([x, x[::-1]])
    y.sort()
    z.sort(axis=0, kind="stable")
    z[1].sort()
    return y * 2 + z


def with_leading_axes(x):
    y, z = x + 0, x + 0
    y[:] = x[None, None] * 2
    z[...] = np.ones((1, 1))
    return y + z


def tensors_without_a_gradient(x):
    t, y = Tensor(x), x + 0
    other = y
    y += t * 2
    y[1:] *= t[1:]
    y[0] = t[2]
    other[:2] = t[1:]
    return np.stack([other, y])


def tensors_with_an_array_as_output(x):
    t, y = Tensor(x), x + 0
    np.maximum(y, t[::-1], out=y)
    np.add(t, y, out=y)
    np.add.accumulate(t, out=y)
    return y


def a_tensor_in_place_of_all(x):
    y = x * 1
    y[...] = Tensor(x) * 2
    return y


def without_a_mask(x):
    return np.add(x, x, out=None, where=True)


WRITERS = [
    doubled_where,
    divided_where,
    masked_by_a_constant,
    masked_row,
    filled,
    sorted_in_place,
    with_leading_axes,
    tensors_without_a_gradient,
    tensors_with_an_array_as_output,
    a_tensor_in_place_of_all,
    without_a_mask,
]
COMPUTED = {
    "wider": lambda x: np.multiply(x, x, dtype=np.float64),
    "integers": lambda x: np.multiply(x[:2] > 0, x[:2] > 0, dtype=np.int64),
    "narrower": lambda x: np.sin(x, dtype=np.float32),
    "of bools": lambda x: np.subtract(x > 0, x > 1, dtype=np.float32),
    "its own": lambda x: np.add(x, x, dtype=x.dtype),
    "quotient": lambda x: np.divide(x, 3, dtype=np.float32),
    "unsafe": lambda x: np.add(x, x, dtype=np.int16, casting="unsafe"),
}


def agree(function, arrays, backend):
    """Compare a recorded function, run anew and again, with the function itself."""
    fast = jit(function, backend=backend) if backend else jit(function)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as in NumPy, masked entries are not computed
        for x in (*arrays, *arrays):
            found, expected = fast(x), function(x.copy())
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("backend", ["numpy", None])
@pytest.mark.parametrize("function", WRITERS, ids=lambda f: f.__name__)
def test_results_go_where_they_are_to(function, backend):
    agree(function, [FLOATS, FLOATS[::-1] - 0.25, np.zeros(3)], backend)
    agree(function, [BYTES % 50, BYTES[::-1] % 40], backend)


@pytest.mark.parametrize("backend", ["numpy", None])
@pytest.mark.parametrize("name", COMPUTED)
def test_the_dtype_is_that_of_the_computation(name, backend):
    agree(COMPUTED[name], [BYTES, -BYTES], backend)
    agree(COMPUTED[name], [FLOATS, FLOATS + 0.7], backend)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (divided_where, lambda x: np.array([0.0, *(-1 / x[1:] ** 2)])),
        (filled, lambda x: np.full(3, 3.0)),
        (masked_row, lambda x: (x > 1) * 1.0),
    ],
)
def test_what_is_made_like_a_node_takes_nodes(function, slope, fast):
    gradient = grad(lambda x: function(x).sum())
    x = 5.5 * FLOATS
    np.testing.assert_allclose((jit(gradient) if fast else gradient)(x), slope(x))


def test_bytes_that_are_multiplied_as_integers():
    square = jit(lambda x: np.multiply(x, x, dtype=np.int64))
    assert square(BYTES).tolist() == [10000, 2500, 9]


def test_a_mask_decides_what_of_an_argument_is_written():
    def f(x, into):
        np.sqrt(x, out=into, where=x >= 0)
        return into.sum()

    fast = jit(f)
    for x in (np.array([4.0, -1.0, 9.0]), np.array([-4.0, 1.0, -9.0])):
        into = np.full(3, 7.0)
        expected = np.where(x >= 0, np.sqrt(abs(x)), 7.0)
        assert fast(x, into) == expected.sum()
        np.testing.assert_array_equal(into, expected)


def test_what_does_not_fit_raises_as_in_numpy():
    with pytest.raises(TypeError, match="same_kind"):
        jit(lambda x: np.add(x, x, dtype=np.int64))(FLOATS)
    with pytest.raises(TypeError, match="same_kind"):
        jit(lambda x: np.add(x, x, out=np.zeros_like(x, dtype=int), where=x > 0))(FLOATS)


@pytest.mark.parametrize("backend", ["numpy", None])
def test_a_training_step_that_writes_into_tensors(backend):
    def step(w, x):
        w.grad = None
        y, z = w * x, Tensor(np.zeros(3))
        np.multiply(y, 2.0, out=y, where=x > 0)
        np.divide(1.0, x, out=z, where=x != 0)  # of arrays alone
        np.clip(y, -3.0, 3.0, out=y)
        y[x < 0] = 0.5
        loss = (y * y + z).sum()
        loss.backward()
        w.data -= 0.1 * w.grad
        return loss

    fast = jit(step, backend=backend) if backend else jit(step)
    w, v = (Tensor([1.0, -2.0, 3.0], requires_grad=True) for _ in range(2))
    for x in ([0.3, -1.0, 0.0], [0.0, 0.5, 0.2], [-0.1, -0.2, 2.0], [0.7, 0.0, -1.0]):
        found, expected = fast(w, np.array(x)), step(v, np.array(x))
        np.testing.assert_allclose([found.data, *w.data], [expected.data, *v.data], rtol=1e-13)
