"""Products of matrices and vectors. Next: `fused.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import structural, sum_to

Shape = tuple[int, ...]
BOTH = (True, True)


def mt(x: Any) -> Any:
    """Return the matrix transpose: the last two axes exchanged."""
    return np.swapaxes(x, -1, -2) if len(np.shape(x)) > 2 else np.transpose(x)


def _matmul(x: Any, y: Any) -> Any:
    # for matrices `dot` gives the same product at half the call's cost
    return x.dot(y) if x.ndim == 2 and y.ndim == 2 else np.matmul(x, y)


def _pull_x(g: Any, y: Any, x_shape: Shape) -> Any:
    # d(x @ y) = dx @ y + x @ dy
    if len(np.shape(y)) == 1:
        return g * y if len(x_shape) == 1 else np.expand_dims(g, -1) * y
    if len(x_shape) == 1:
        return sum_to(np.matmul(y, np.expand_dims(g, -1))[..., 0], x_shape)
    return sum_to(np.matmul(g, mt(y)), x_shape)


def _pull_y(g: Any, x: Any, y_shape: Shape) -> Any:
    if len(np.shape(x)) == 1:
        if len(y_shape) == 1:
            return g * x
        return sum_to(np.expand_dims(x, -1) * np.expand_dims(g, -2), y_shape)
    if len(y_shape) == 1:
        return sum_to(np.matmul(np.expand_dims(g, -2), x)[..., 0, :], y_shape)
    return sum_to(np.matmul(mt(x), g), y_shape)


def _pull_matmul(saved: Any, g: Any) -> Any:
    x, y, x_shape, y_shape = saved
    if len(x_shape) == 2 and len(y_shape) == 2:
        return g.dot(y.T), x.T.dot(g)
    return _pull_x(g, y, x_shape), _pull_y(g, x, y_shape)


matmul = structural(
    "matmul",
    _matmul,
    x=_pull_x,
    y=_pull_y,
    numpy=np.matmul,
    symbol="@",
    notation="{x} @ {y}",
    fast={BOTH: _pull_matmul},
)
