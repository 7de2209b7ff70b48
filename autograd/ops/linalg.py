"""Products of arrays, and the norm. Next: `decompositions.py`."""

from __future__ import annotations

import math
from functools import lru_cache
from string import ascii_letters
from typing import Any

import numpy as np

from ..arithmetic import as_rows, by_rows, sum_to
from ..op import structural
from .powers import without_0
from .reductions import keep

Shape = tuple[int, ...]
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
# Einsum: its derivative is another einsum, with the gradient in place of the operand

# from this many entries on, planning the contraction pays; of three operands or more, also from
# this many products on
PLANNED = 4096
PRODUCTS = 8192
_ARRAYS = (np.ndarray, np.float64, np.float32)


def _einsum(*xs: Any, subscripts: str) -> Any:
    many = sum(np.size(x) for x in xs) > PLANNED and _worth_planning(subscripts)
    if len(xs) > 2 and not many:
        many = _products(subscripts, tuple(map(np.shape, xs))) > PRODUCTS
    return np.einsum(subscripts, *xs, optimize=many)


@lru_cache(maxsize=256)
def _products(subscripts: str, shapes: tuple[Shape, ...]) -> int:
    """Return how many products are added without a plan: exponential in the number of operands."""
    return math.prod(_sizes(subscripts.split("->")[0].split(","), shapes).values())


@lru_cache(maxsize=256)
def _worth_planning(subscripts: str) -> bool:
    """Whether there is an order to choose, or a product of matrices for BLAS."""
    inputs, output = subscripts.split("->")
    terms = [set(term) for term in inputs.split(",")]
    if len(terms) != 2:
        return len(terms) > 2
    first, second = terms
    return bool(first & second - set(output) and first - second and second - first)


def _sizes(terms: list[str], shapes: tuple[Shape, ...]) -> dict[str, int]:
    """Return the length of every index; axes of length 1 are broadcast."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            sizes[label] = n if n != 1 else sizes.get(label, n)
    return sizes


def _pull_alone(g: Any, shape: Shape, subscripts: str) -> Any:
    """Pull back an einsum of one operand without an einsum, by a view: a diagonal, or a sum."""
    term, output = subscripts.split("->")
    z = np.zeros(shape, g.dtype)
    summed = "".join(dict.fromkeys(label for label in term if label not in output))
    np.einsum(f"{term}->{summed}{output}", z)[...] = g  # a view
    return z


@lru_cache(maxsize=256)
def _adjoint(
    i: int, shapes: tuple[Shape, ...], subscripts: str
) -> tuple[str, tuple[tuple[Any, int], ...]]:
    """Return the subscripts of the einsum that pulls back to one operand, and its extra factors.

    Its factors are the gradient, the other operands, and then the extra ones: unit matrices and
    ones, each given as a function and a length.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    sizes = _sizes(terms, shapes)
    factors = [output, *(t for j, t in enumerate(terms) if j != i)]
    more: list[tuple[Any, int]] = []
    # indices that some factor has at full length; the others are broadcast by factors of ones
    carried = set(output)
    for j, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        if j != i:
            carried |= {label for label, n in zip(term, shape, strict=True) if n == sizes[label]}
    unused = iter(sorted(set(ascii_letters) - set(sizes)))
    target = ""
    for label, n in zip(terms[i], shapes[i], strict=True):
        if n != sizes[label]:
            continue
        if label in target:
            # a repeated index reads the diagonal, so the gradient is 0 elsewhere
            again = next(unused)
            factors.append(label + again)
            more.append((np.eye, n))
            target += again
            continue
        if label not in carried:
            factors.append(label)
            more.append((np.ones, n))
        target += label
    return f"{','.join(factors)}->{target}", tuple(more)


def _pull_einsum(g: Any, i: int, xs: Any, shapes: tuple[Shape, ...], subscripts: str) -> Any:
    if len(shapes) == 1 and type(g) in _ARRAYS and shapes[0]:
        return _pull_alone(g, shapes[0], subscripts)
    adjoint, more = _adjoint(i, shapes, subscripts)
    others = [x for j, x in enumerate(xs) if j != i]
    c = einsum(g, *others, *[f(n, dtype=g.dtype) for f, n in more], subscripts=adjoint)
    return c if np.shape(c) == shapes[i] else np.reshape(c, shapes[i])


def _pull_einsum_all(saved: Any, g: Any) -> Any:
    xs, shapes, subscripts = saved
    if len(xs) == 2 and xs[0] is xs[1]:
        first, second = subscripts.split("->")[0].split(",")
        if first == second:
            c = _pull_einsum(g, 0, xs, shapes, subscripts)
            return c, c
    return [_pull_einsum(g, i, xs, shapes, subscripts) for i in range(len(xs))]


einsum = structural(
    "einsum",
    _einsum,
    xs=_pull_einsum,
    fast={(): _pull_einsum_all},
    variadic=True,
    doc="Einstein's sum, with explicit ``subscripts`` such as ``'ij,jk->ik'``.",
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
