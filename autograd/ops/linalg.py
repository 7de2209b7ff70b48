"""Products of arrays, and the norm. Next: `einsums.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import as_rows, by_rows, sum_to, twice
from ..op import structural
from .elementwise import TWICE
from .powers import without_0
from .reductions import Shape, keep

BOTH = (True, True)


def mt(x: Any) -> Any:
    """Return the matrix transpose: the last two axes exchanged."""
    return np.swapaxes(x, -1, -2) if len(np.shape(x)) > 2 else np.transpose(x)


def _matmul(x: Any, y: Any) -> Any:
    # for matrices `dot` gives the same product at half the cost of the call
    return x.dot(y) if x.ndim == 2 and y.ndim == 2 else np.matmul(x, y)


def _pull_x(g: Any, y: Any, x_shape: Shape) -> Any:
    # d(x @ y) = dx @ y + x @ dy
    if len(np.shape(y)) == 1:
        return g * y if len(x_shape) == 1 else np.expand_dims(g, -1) * y
    if len(x_shape) == 1:
        if len(np.shape(y)) == 2:
            return np.matmul(y, g)
        return sum_to(np.matmul(y, np.expand_dims(g, -1))[..., 0], x_shape)
    return sum_to(np.matmul(g, mt(y)), x_shape)


def _pull_y(g: Any, x: Any, y_shape: Shape) -> Any:
    if len(np.shape(x)) == 1:
        if len(y_shape) == 1:
            return g * x
        return sum_to(np.expand_dims(x, 1) * np.expand_dims(g, -2), y_shape)
    if len(y_shape) == 1:
        if len(np.shape(x)) == 2:
            return np.matmul(g, x)
        return sum_to(np.matmul(np.expand_dims(g, -2), x)[..., 0, :], y_shape)
    return sum_to(np.matmul(mt(x), g), y_shape)


def _pull_x_array(g: Any, y: Any, x_shape: Shape) -> Any:
    """Do what `_pull_x` does; a stack of matrices times one matrix takes a single product."""
    if len(x_shape) > 2 and y.ndim == 2:
        return as_rows(g).dot(y.T).reshape(x_shape)
    if len(x_shape) == 1 and y.ndim == 2:
        # matmul is slow for a broadcast g
        return y.dot(g) if type(g) is np.ndarray else np.dot(y, g)
    return _pull_x(g, y, x_shape)


def _pull_y_array(g: Any, x: Any, y_shape: Shape) -> Any:
    """Do what `_pull_y` does; a stack of matrices times one matrix takes a single product."""
    if len(y_shape) == 2 and len(x.shape) > 2:
        return transpose_times(as_rows(x), as_rows(g))
    if len(y_shape) == 1 and x.ndim == 2:
        return g.dot(x)
    return _pull_y(g, x, y_shape)


# from this many numbers in g on, times_transpose pays
WIDE = 1024


def times_transpose(g: Any, y: Any) -> Any:
    """Return ``g @ y.T`` for matrices; for many rows a copy of the transpose is faster."""
    if y.size <= 2048 and len(g) >= 512 and type(y) is np.ndarray:
        return g.dot(y.T.copy())
    return g.dot(y.T)


def transpose_times(x: Any, g: Any) -> Any:
    """Return ``x.T @ g`` for matrices, one of which may be recorded by `jit`."""
    return x.T.dot(g) if type(g) is np.ndarray else np.dot(x.T, g)


def pull_matrices(saved: Any, g: Any) -> Any:
    """Pull back the product of two matrices to both."""
    x, y, _, _ = saved
    c = g.dot(y.T) if g.size < WIDE else times_transpose(g, y)
    # `transpose_times` inlined
    return c, x.T.dot(g) if type(g) is np.ndarray else np.dot(x.T, g)


def _pull_matmul(saved: Any, g: Any) -> Any:
    x, y, x_shape, y_shape = saved
    if len(x_shape) == 2 and len(y_shape) == 2:
        return pull_matrices(saved, g)
    of_x = _pull_x_array(g, y, x_shape)
    return of_x, of_x if x is y and len(x_shape) == 1 else _pull_y_array(g, x, y_shape)


def _pull_matmul_self(saved: Any, g: Any, own: bool) -> Any:
    x, _, x_shape, _ = saved
    if len(x_shape) == 1:
        return (g + g) * x
    c, d = _pull_matmul(saved, g)
    return np.add(c, d, c) if type(c) is type(d) is np.ndarray and c.size >= WIDE else c + d


def _pull_matmul_x(saved: Any, g: Any) -> Any:
    y, x_shape = saved
    if len(x_shape) == 2 and y.ndim == 2:
        return times_transpose(g, y)
    return _pull_x_array(g, y, x_shape)


def _pull_matmul_y(saved: Any, g: Any) -> Any:
    x, y_shape = saved
    if len(y_shape) == 2 and x.ndim == 2:
        return transpose_times(x, g)
    return _pull_y_array(g, x, y_shape)


matmul = structural(
    "matmul",
    _matmul,
    x=_pull_x,
    y=_pull_y,
    numpy=np.matmul,
    product=True,
    symbol="@",
    notation="{x} @ {y}",
    fast={
        BOTH: _pull_matmul,
        (True, False): _pull_matmul_x,
        (False, True): _pull_matmul_y,
    },
)
TWICE[_pull_matmul] = _pull_matmul_self

# --------------------------------------------------------------------------------------------------
# Stacks of vectors and matrices: the vector is always the last axis


def column(x: Any) -> Any:
    """Return vectors along the last axis as matrices of one column."""
    return x[..., None]


def row(x: Any) -> Any:
    """Return vectors along the last axis as matrices of one row."""
    return x[..., None, :]


def _pull_vecdot(saved: Any, g: Any) -> Any:
    other, shape = saved
    return sum_to(by_rows(np.multiply, column(g), other), shape)


def _pull_vecdot_both(saved: Any, g: Any) -> Any:
    x, y, x_shape, y_shape = saved
    of_x = _pull_vecdot((y, x_shape), g)
    return of_x, of_x if x is y else _pull_vecdot((x, y_shape), g)


def _pull_vecdot_self(saved: Any, g: Any, own: bool) -> Any:
    return _pull_vecdot(saved[1:3], twice(g))


vecdot = structural(
    "vecdot",
    lambda x, y: np.vecdot(x, y),
    x=lambda g, y, x_shape: sum_to(column(g) * y, x_shape),
    y=lambda g, x, y_shape: sum_to(column(g) * x, y_shape),
    fast={
        (True, False): _pull_vecdot,
        (False, True): _pull_vecdot,
        (True, True): _pull_vecdot_both,
    },
    numpy=np.vecdot,
    product=True,
    notation="Σ {x} {y}",
)
TWICE[_pull_vecdot_both] = _pull_vecdot_self
matvec: Any = structural(
    "matvec",
    lambda x, y: np.matvec(x, y),
    x=lambda g, y, x_shape: sum_to(column(g) * row(y), x_shape),
    y=lambda g, x, y_shape: sum_to(np.vecmat(g, x), y_shape),
    numpy=np.matvec,
    product=True,
    notation="{x} @ {y}",
)
vecmat: Any = structural(
    "vecmat",
    lambda x, y: np.vecmat(x, y),
    x=lambda g, y, x_shape: sum_to(np.matvec(y, g), x_shape),
    y=lambda g, x, y_shape: sum_to(column(x) * row(g), y_shape),
    numpy=np.vecmat,
    product=True,
    notation="{x} @ {y}",
)

# --------------------------------------------------------------------------------------------------
# Convolution


def _convolve(x: Any, y: Any, mode: Any = "full") -> Any:
    return np.convolve(x, y, mode)


def _pull_longer(g: Any, y: Any, mode: str) -> Any:
    return np.convolve(g, y[::-1], "valid" if mode == "full" else "full")


def _pull_shorter(g: Any, x: Any) -> Any:
    return np.convolve(g, x[::-1], "valid")


convolve = structural(
    "convolve",
    _convolve,
    x=_pull_longer,
    y=_pull_shorter,
    product=True,
    notation="{x} ∗ {y}",
    doc="The convolution of vectors, ``mode`` 'full', or 'valid' with the longer vector first.",
)

# --------------------------------------------------------------------------------------------------
# The norm of vectors


def _norm(x: Any, ord: float = 2, axis: Any = None, keepdims: bool = False) -> Any:
    last = len(np.shape(x)) - 1
    plain = ord == 2 and type(x) is np.ndarray and x.dtype.kind == "f"
    if plain and axis is None:
        flat = x.ravel("K")
        z = np.sqrt(flat.dot(flat))
        return np.full((1,) * x.ndim, z) if keepdims else z
    if plain and axis in (last, (last,)) and x.strides[-1] == x.itemsize:
        z = np.sqrt(np.vecdot(x, x))
        return np.expand_dims(z, axis) if keepdims else z
    return np.linalg.vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _pull_norm(g: Any, x: Any, z: Any, x_shape: Shape, ord: float, axis: Any) -> Any:
    # x / z for the Euclidean norm, sign(x) |x / z|^(ord - 1) in general; 0 where z is
    z, g = keep(z, x_shape, axis), keep(g, x_shape, axis)
    null = z == 0
    z = without_0(z)
    if ord == 2:
        return x * (np.where(null, 0, g) / z)
    ratio = np.where((x == 0) | null, 1, np.abs(x) / z)
    return g * (np.where(null, 0, np.sign(x)) * ratio ** (ord - 1))


def _pull_norm_array(saved: Any, g: Any) -> Any:
    x, z, x_shape, axis, ord = saved
    if type(x) is not np.ndarray or ord < 1 or not np.all(z):
        return _pull_norm(g, x, z, x_shape, ord, axis)
    if ord == 2:
        return by_rows(np.multiply, x, keep(g / z, x_shape, axis))
    ratio = by_rows(np.divide, np.abs(x), keep(z, x_shape, axis))
    ratio **= ord - 1
    ratio *= np.sign(x)
    return by_rows(np.multiply, ratio, keep(g, x_shape, axis))


norm = structural(
    "norm",
    _norm,
    x=_pull_norm,
    fast={(True,): _pull_norm_array},
    notation="‖{x}‖",
    doc="(Σ |x|^ord)^(1/ord) over ``axis``, for any finite order except 0; derivative 0 at 0.",
)
