"""Rows of every length: the gradient of a linear function is its matrix, as NumPy computes it.

NumPy takes other ways for arrays whose steps in memory are certain numbers of bytes.
"""

import numpy as np
import pytest

from autograd import grad, jit

WINDOW = [0.5, -1.0, 2.0]

LINEAR = {
    "diff": np.diff,
    "diff twice": lambda x: np.diff(x, 2),
    "gradient": lambda x: np.gradient(x, axis=-1),
    "cumsum": lambda x: np.cumsum(x, axis=-1),
    "flip": lambda x: np.flip(x, -1),
    "roll": lambda x: np.roll(x, 2, axis=-1),
    "negative": np.negative,
    "negative first": lambda x: np.concatenate([-x[..., :1], x[..., 1:]], axis=-1),
    "minus first": lambda x: x - x[..., :1],
    "parts": lambda x: np.stack([-x[..., 0], x[..., 1], -x[..., -1]], axis=-1),
    "pad": lambda x: np.pad(-x, [(0, 0)] * (x.ndim - 1) + [(1, 2)]),
    "repeat": lambda x: np.repeat(x, 2, axis=-1),
    "trapezoid": lambda x: np.trapezoid(x, axis=-1)[..., np.newaxis],
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 3, -1) @ np.array(WINDOW),
    "take": lambda x: np.take(-x, [0, 2, 0], axis=-1),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("run", [lambda f: f, lambda f: jit(f, backend="numpy")])
@pytest.mark.parametrize("function", LINEAR.values(), ids=LINEAR)
def test_gradients_of_linear_functions_of_rows(function, run, dtype):
    for n in range(3, 20):
        matrix = function(np.eye(n))
        c = np.arange(1.0, 1 + 4 * matrix.shape[1]).reshape(4, -1) % 7 - 3.25
        for order in "CF":
            x, upstream = np.zeros((4, n), dtype, order), np.asarray(c, dtype, order=order)

            def total(x, upstream=upstream):
                return np.sum(function(x) * upstream)

            found = run(grad(total))(x)
            np.testing.assert_allclose(found, c @ matrix.T, atol=1e-5, err_msg=f"{n} entries")
