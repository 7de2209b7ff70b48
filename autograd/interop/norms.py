"""The norms of `numpy.linalg` on nodes, in every order; derivative 0 at 0. Next: `fft.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..ops import linalg
from ..ops.reductions import keep
from ..settings import shown
from .common import as_tensor, plain
from .linalg import singular_values
from .products import axes_of, moved

Axes = tuple[int, ...]


@implements(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = as_tensor(x)
    if axis is None:
        if ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1):
            return linalg.norm(x, ord=2, axis=None, keepdims=bool(keepdims))
        axis = tuple(range(x.ndim))
    axes = axes_of(axis if isinstance(axis, tuple) else (axis,), x.ndim, "norm")
    if len(axes) not in (1, 2):
        raise ValueError(
            f"norm: order {shown(ord)} needs one axis or two, got shape {x.shape}, axis={axis}"
        )
    return (_of_vectors if len(axes) == 1 else _of_matrices)(x, ord, axes, bool(keepdims))


def _of_vectors(x: Any, ord: Any, axes: Axes, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"norm: order {shown(ord)} is one of matrices, not of vectors")
    if ord == 0:
        return np.sum((x != 0).astype(_floating(x)), axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)
    if ord is not None and abs(ord) == np.inf:
        return _extremum(np.abs(x), ord > 0, axes, keepdims)
    return linalg.norm(x, ord=2 if ord is None else ord, axis=axes, keepdims=keepdims)


def _of_matrices(x: Any, ord: Any, axes: Axes, keepdims: bool) -> Any:
    rows, columns = axes
    if ord is None or ord in ("f", "fro"):
        return linalg.norm(x, ord=2, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        along, rest = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = np.sum(np.abs(x), axis=along, keepdims=True)
        found = _extremum(sums, ord > 0, (rest,), True)
    elif ord in (2, -2, "nuc"):
        s = singular_values(moved(x, axes, (-2, -1), "norm"))
        found = np.sum(s, axis=-1) if ord == "nuc" else _extremum(s, ord > 0, (x.ndim - 2,), False)
        found = keep(found, x.shape, axes)
    else:
        raise ValueError(f"norm: there is no order {shown(ord)} of matrices")
    shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return found if keepdims else np.reshape(found, shape)


def _extremum(x: Any, largest: bool, axes: Axes, keepdims: bool) -> Any:
    x = x.astype(_floating(x)) if x.dtype.kind != "f" else x
    if largest and x.shape[axes[0]] == 0:
        return np.sum(x, axis=axes, keepdims=keepdims)  # the maximum of no entries is 0
    return (np.max if largest else np.min)(x, axis=axes, keepdims=keepdims)


def _floating(x: Any) -> Any:
    return x.dtype if x.dtype.kind == "f" else np.dtype(float)


@implements(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    x = as_tensor(x)
    axes = tuple(range(x.ndim)) if axis is None else axis
    axes = axes_of(axes if isinstance(axes, tuple) else (axes,), x.ndim, "vector_norm")
    rest = [i for i in range(x.ndim) if i not in axes]
    shape = (*(x.shape[i] for i in rest), int(np.prod([x.shape[i] for i in axes])))
    flat = np.reshape(np.transpose(x, (*rest, *axes)), shape)
    found = _of_vectors(flat, ord, (flat.ndim - 1,), False)
    return keep(found, x.shape, axes) if keepdims else found


@implements(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return _norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    x = as_tensor(x)
    if p is None or p in (2, -2):
        s = singular_values(x)
        if s.shape[-1] == 0:
            raise np.linalg.LinAlgError(f"cond: empty matrices of shape {x.shape} have none")
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        return np.where(s[..., 0] == 0, np.inf, ratio)
    # a singular matrix has no inverse
    singular = np.linalg.slogdet(x)[0] == 0
    regular = np.where(singular[..., None, None], np.eye(x.shape[-1], dtype=_floating(x)), x)
    found = _norm(x, p, (-2, -1)) * _norm(np.linalg.inv(regular), p, (-2, -1))
    return np.where(singular, np.inf, found)


@implements(np.linalg.matrix_rank)
def _matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    return np.linalg.matrix_rank(plain(A), plain(tol), hermitian, rtol=plain(rtol))
