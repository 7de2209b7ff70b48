"""Operations that reduce axes: sum, prod, max, min, logsumexp, and softmax. Next: `shaping.py`.

``axis`` is None, an integer or a tuple, and ``keepdims`` a bool, as in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import structural

Shape = tuple[int, ...]

_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce


def kept_shape(shape: Shape, axis: Any) -> Shape:
    """Return ``shape`` with the reduced axes as 1, which is the shape under ``keepdims``."""
    if axis is None:
        return (1,) * len(shape)
    axes = {a % len(shape) for a in ((axis,) if isinstance(axis, int | np.integer) else axis)}
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def keep(r: Any, x_shape: Shape, axis: Any) -> Any:
    """Put the reduced axes of a result back as axes of length 1."""
    shape = kept_shape(x_shape, axis)
    return r if np.shape(r) == shape else np.reshape(r, shape)


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _add(x, axis, None, None, keepdims)


def _pull_sum(g: Any, x_shape: Shape, axis: Any) -> Any:
    return np.broadcast_to(keep(g, x_shape, axis), x_shape)


sum = structural("sum", _sum, x=_pull_sum, symbol="Σ")


def exclusive_prod(x: Any, axis: int) -> Any:
    """Return for every entry the product of all others along an axis, exact for zeros.

    Pairs are multiplied, their exclusive products found, and each entry gets its pair's times its
    partner. Only products occur, so every derivative is exact as well.
    """
    n = np.shape(x)[axis]
    lead = (slice(None),) * axis
    if n <= 1:
        return x * 0 + 1 if n and bool(np.all(np.isfinite(_plain(x)))) else np.ones_like(_plain(x))
    half = n // 2
    even, odd = x[(*lead, slice(0, 2 * half, 2))], x[(*lead, slice(1, 2 * half, 2))]
    pairs = even * odd
    if n % 2:
        pairs = np.concatenate([pairs, x[(*lead, slice(n - 1, n))]], axis=axis)
    others = exclusive_prod(pairs, axis)
    paired = others[(*lead, slice(0, half))]
    both = np.stack([paired * odd, paired * even], axis=axis + 1)
    shape = np.shape(x)
    both = np.reshape(both, (*shape[:axis], 2 * half, *shape[axis + 1 :]))
    if n % 2:
        both = np.concatenate([both, others[(*lead, slice(half, None))]], axis=axis)
    return both


def _plain(x: Any) -> Any:
    return getattr(x, "data", x) if not isinstance(x, np.ndarray) else x


def _pull_prod(g: Any, x: Any, x_shape: Shape, axis: Any) -> Any:
    axes = range(len(x_shape)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    reduced = [a % len(x_shape) for a in axes]
    rest = [a for a in range(len(x_shape)) if a not in reduced]
    # bring the reduced axes to the front as one, and back afterwards
    order = (*reduced, *rest)
    moved = np.transpose(x, order)
    shape = np.shape(moved)
    flat = np.reshape(moved, (int(np.prod(shape[: len(reduced)])), *shape[len(reduced) :]))
    others = np.reshape(exclusive_prod(flat, 0), shape)
    back = tuple(int(i) for i in np.argsort(order))
    return keep(g, x_shape, axis) * np.transpose(others, back)


prod = structural(
    "prod",
    lambda x, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    x=_pull_prod,
    symbol="Π",
)


def _pull_extremum(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any) -> Any:
    # equals share evenly
    ties = (x == keep(z, x_shape, axis)).astype(g.dtype)
    count = np.sum(ties, axis=axis, keepdims=True)
    return keep(g, x_shape, axis) * (ties / count)


max = structural(
    "max",
    lambda x, axis=None, keepdims=False: _maximum(x, axis, None, None, keepdims),
    x=_pull_extremum,
)
min = structural(
    "min",
    lambda x, axis=None, keepdims=False: _minimum(x, axis, None, None, keepdims),
    x=_pull_extremum,
)

# --------------------------------------------------------------------------------------------------
# The softmax family


def _shift(x: Any, axis: Any) -> Any:
    """Return the maximum to subtract before exponentials; 0 where it is infinite."""
    m = _maximum(x, axis, None, None, True)
    return m if np.isfinite(m).all() else np.where(np.isfinite(m), m, 0)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    m = _shift(x, axis)
    with np.errstate(divide="ignore", over="ignore"):
        r = np.log(_add(np.exp(x - m), axis, None, None, True)) + m
    return r if keepdims else np.reshape(r, _reduced(np.shape(x), axis))


def _reduced(shape: Shape, axis: Any) -> Shape:
    if axis is None:
        return ()
    axes = {a % len(shape) for a in ((axis,) if isinstance(axis, int | np.integer) else axis)}
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def _pull_logsumexp(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any) -> Any:
    # the derivative is softmax(x), and 0 where a whole slice is -inf; exp(x - z) would be less exact
    finite = np.isfinite(keep(z, x_shape, axis))
    return keep(g, x_shape, axis) * np.where(finite, softmax(x, axis=axis), 0)


logsumexp = structural("logsumexp", _logsumexp, x=_pull_logsumexp, notation="log Σ exp {x}")


def _softmax(x: Any, axis: Any = -1) -> Any:
    e = np.exp(x - _shift(x, axis))
    with np.errstate(invalid="ignore"):
        return e / _add(e, axis, None, None, True)


def _pull_softmax(g: Any, z: Any, axis: Any) -> Any:
    # the Jacobian is diag(z) - z zᵀ
    return z * (g - np.sum(g * z, axis=axis, keepdims=True))


softmax = structural("softmax", _softmax, x=_pull_softmax)


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    shifted = x - _shift(x, axis)
    return shifted - np.log(_add(np.exp(shifted), axis, None, None, True))


def _pull_log_softmax(g: Any, z: Any, axis: Any) -> Any:
    return g - np.exp(z) * np.sum(g, axis=axis, keepdims=True)


log_softmax = structural("log_softmax", _log_softmax, x=_pull_log_softmax)
