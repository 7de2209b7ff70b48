"""Arrays from outside that a recorded function reads at positions that depend on its arguments."""

import numpy as np
import pytest

from autograd import Tensor, grad, jit

ROW, TABLE = np.linspace(1.0, 3.0, 5) ** 2, np.arange(25.0).reshape(5, 5) ** 1.5
POINTS = [np.array([0.1, 0.5, 1.2]), np.array([1.5, 0.2, 0.4]), np.array([0.5, 0.4, 0.0])]


def positions(v):
    """Positions have no gradient: within `grad` they are tensors without one."""
    return np.floor(3.0 * v).astype(int)


def slope_of_a_slope(function):
    return grad(lambda v: grad(function)(v)[0])


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("transform", [lambda f: f, grad, slope_of_a_slope])
@pytest.mark.parametrize(
    "function",
    [
        lambda v: np.sum(v**2 * ROW[positions(v)]),
        lambda v: np.sum(v**2 * np.take(ROW, positions(v))),
        lambda v: np.sum(np.take(TABLE, positions(v), axis=1) * v**2),
        lambda v: np.sum(v**2 * TABLE[positions(v), positions(v)] + TABLE[1, positions(v)]),
        lambda v: v[1] ** 2 * ROW[np.argmax(v)] + np.sum(TABLE[np.argmin(v)] * v[0] ** 2),
        lambda v: np.sum(v[0] ** 2 * ROW[:3][v > 0.3]),
        lambda v: np.sum(v**2 * Tensor(np.arange(5.0))[positions(v)]),
    ],
)
def test_they_are_read_anew_at_every_call(function, transform, backend):
    run = transform(function)
    compiled = jit(run, backend=backend)
    for v in POINTS:
        np.testing.assert_allclose(compiled(v), run(v), rtol=1e-12)


def test_an_array_of_the_function_itself_must_be_a_tensor():
    error = r"turns a recorded value into a plain array; .* or write Tensor\(a\)\[x\]"
    with pytest.raises(TypeError, match=error):
        jit(lambda v: np.sum(v * np.arange(5.0)[positions(v)]))(POINTS[0])
