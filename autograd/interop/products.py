"""NumPy's products on nodes. Next: `ufunc_axes.py`.

They are written as matrix products, Einstein's sum and convolution, which have the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis
from ..dispatch import implements
from ..mode import warn_user
from ..ops import einsums, linalg
from ..ops import elementwise as ops
from ..settings import checked_size, shown
from .common import as_tensor, cast, ndim, refuse


def axes_of(axes: Any, ndim: int, name: str) -> tuple[int, ...]:
    """Return several axes as non-negative integers; raise NumPy's errors."""
    found = normal_axis(tuple(axes), ndim, name)
    return found if isinstance(found, tuple) else ()


def moved(x: Any, axes: Any, to: Any, name: str) -> Any:
    """Return x with ``axes`` moved to the positions ``to``, the others in order."""
    n = np.ndim(x)
    axes, to = axes_of(axes, n, name), axes_of(to, n, name)
    order = [a for a in range(n) if a not in axes]
    for place, a in sorted(zip(to, axes, strict=True)):
        order.insert(place, a)
    return x if order == list(range(n)) else np.transpose(x, tuple(order))


# --------------------------------------------------------------------------------------------------
# Vectors and matrices


@implements(np.dot)
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse("dot", out=out)
    n, m = ndim(a), ndim(b)
    if n == 0 or m == 0:
        return ops.multiply(a, b)
    if n <= 2 and m <= 2:
        return linalg.matmul(a, b)
    return contract(a, b, (-1,), (-2 if m > 1 else -1,), "dot")


@implements(np.vdot)
def _vdot(a: Any, b: Any, /) -> Any:
    return linalg.matmul(np.reshape(a, (-1,)), np.reshape(b, (-1,)))


@implements(np.inner)
def _inner(a: Any, b: Any, /) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return ops.multiply(a, b)
    return contract(a, b, (-1,), (-1,), "inner")


@implements(np.outer)
def _outer(a: Any, b: Any, out: Any = None) -> Any:
    refuse("outer", out=out)
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


def contract(a: Any, b: Any, axes_a: Any, axes_b: Any, name: str) -> Any:
    """Return the sum of products over pairs of axes, by a single product of matrices."""
    shape_a, shape_b = np.shape(a), np.shape(b)
    axes_a, axes_b = (
        axes_of(axes_a, len(shape_a), name),
        axes_of(axes_b, len(shape_b), name),
    )
    if [shape_a[i] for i in axes_a] != [shape_b[j] for j in axes_b]:
        raise ValueError(
            f"{name}: axes {axes_a} of shape {shape_a} and {axes_b} of shape {shape_b} must have "
            "equal lengths"
        )
    rest_a = [i for i in range(len(shape_a)) if i not in axes_a]
    rest_b = [j for j in range(len(shape_b)) if j not in axes_b]
    rows, columns = [shape_a[i] for i in rest_a], [shape_b[j] for j in rest_b]
    k = prod(shape_a[i] for i in axes_a)
    if not rows and not columns:
        vectors = np.transpose(a, axes_a), np.transpose(b, axes_b)
        return linalg.matmul(*[np.reshape(x, (k,)) for x in vectors])
    left = np.reshape(np.transpose(a, (*rest_a, *axes_a)), (prod(rows), k))
    right = np.reshape(np.transpose(b, (*axes_b, *rest_b)), (k, prod(columns)))
    return np.reshape(linalg.matmul(left, right), (*rows, *columns))


@implements(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Compute np.tensordot: ``axes`` is a number of axes, or one or more axes of each operand."""
    if isinstance(axes, int | np.integer):
        if axes < 0:
            raise ValueError(f"tensordot: axes={axes} must not be negative")
        return contract(a, b, tuple(range(-axes, 0)), tuple(range(axes)), "tensordot")
    axes_a, axes_b = (
        (int(x),) if isinstance(x, int | np.integer) else tuple(int(i) for i in x) for x in axes
    )
    if len(axes_a) != len(axes_b):
        raise ValueError(f"tensordot: axes={axes} must name as many axes of one as of the other")
    return contract(a, b, axes_a, axes_b, "tensordot")


@implements(np.kron)
def _kron(a: Any, b: Any) -> Any:
    n = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (n - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (n - np.ndim(b)) + np.shape(b)
    spread_a = tuple(k for size in shape_a for k in (size, 1))
    spread_b = tuple(k for size in shape_b for k in (1, size))
    both = tuple(p * q for p, q in zip(shape_a, shape_b, strict=True))
    return np.reshape(np.reshape(a, spread_a) * np.reshape(b, spread_b), both)


@implements(np.cross)
def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = [as_tensor(x) if isinstance(x, Sequence) else x for x in (a, b)]
    sizes = []
    for x, where in ((a, axisa), (b, axisb)):
        shape = np.shape(x)
        if not shape:
            raise ValueError("cross: a vector is needed, got a number")
        sizes.append(shape[axes_of((where,), len(shape), "cross")[0]])
    if not set(sizes) <= {2, 3}:
        raise ValueError(
            f"cross: vectors must have 2 or 3 components, got {sizes[0]} and {sizes[1]}"
        )
    a, b = moved(a, (axisa,), (-1,), "cross"), moved(b, (axisb,), (-1,), "cross")
    x, y = [a[..., i] for i in range(sizes[0])], [b[..., i] for i in range(sizes[1])]
    last = x[0] * y[1] - x[1] * y[0]
    if 2 in sizes:
        warn_user(
            "cross: vectors of 2 components are deprecated in NumPy; use 3 components",
            DeprecationWarning,
        )
        if sizes == [2, 2]:
            return last
        first = x[1] * y[2] if sizes[0] == 2 else -(x[2] * y[1])  # unsigned bytes cannot be negated
        second = -(x[0] * y[2]) if sizes[0] == 2 else x[2] * y[0]
    else:
        first, second = x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2]
    return moved(np.stack([first, second, last], axis=-1), (-1,), (axisc,), "cross")


# --------------------------------------------------------------------------------------------------
# Diagonals


def diagonal(x: Any, offset: int) -> Any:
    """Return a diagonal of the last two axes as the last axis."""
    return einsums.einsum(_square(x, offset), subscripts=_batch(x, "ii", "i"))


def trace(x: Any, offset: int) -> Any:
    """Return the sum of a diagonal of the last two axes."""
    if np.ndim(x) > 1 and x.dtype.kind != "f":
        return np.sum(diagonal(x, offset), axis=-1)  # small integers are summed in a wide dtype
    return einsums.einsum(_square(x, offset), subscripts=_batch(x, "ii", ""))


def _square(x: Any, offset: int) -> Any:
    """Return the square part of matrices whose main diagonal is the requested one."""
    if np.ndim(x) < 2:
        raise ValueError(f"a diagonal needs at least 2 axes, got shape {np.shape(x)}")
    m, n = np.shape(x)[-2:]
    offset = checked_size("the offset of a diagonal", offset, None)
    down, right = max(-offset, 0), max(offset, 0)
    k = max(min(m - down, n - right), 0)
    return x if m == n == k else x[..., down : down + k, right : right + k]


def _batch(x: Any, inputs: str, output: str) -> str:
    letters = "abcdefghABCDEFGHJKLMNOPQRSTUVWXYZ"[: np.ndim(x) - 2]
    return f"{letters}{inputs}->{letters}{output}"


@implements(np.trace)
def _trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Any:
    refuse("trace", out=out)
    return trace(
        moved(cast("trace", as_tensor(a), dtype), (axis1, axis2), (-2, -1), "trace"), offset
    )


# --------------------------------------------------------------------------------------------------
# Convolution


def _vectors(name: str, *operands: Any) -> list[Any]:
    found = [np.reshape(x, (1,)) if np.ndim(x) == 0 else x for x in operands]
    for x in found:
        if np.ndim(x) != 1 or np.size(x) == 0:
            raise ValueError(
                f"{name}: vectors of at least one number are needed, got {np.shape(x)}"
            )
    return found


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Compute np.convolve in its three modes."""
    a, v = _vectors("convolve", a, v)
    if np.size(v) > np.size(a):
        a, v = v, a
    if mode in ("full", "valid"):
        return linalg.convolve(a, v, mode=mode)
    if mode != "same":
        raise ValueError(f"convolve: mode is 'full', 'same' or 'valid', got {shown(mode)}")
    start = (np.size(v) - 1) // 2
    return linalg.convolve(a, v, mode="full")[start : start + np.size(a)]


@implements(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = _vectors("correlate", a, v)
    if np.size(v) > np.size(a):
        return convolve(v, a[::-1], mode)[::-1]
    return convolve(a, v[::-1], mode)
