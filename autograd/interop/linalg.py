"""The functions of `numpy.linalg` on nodes. Next: `norms.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from ..dispatch import implements
from ..ops import decompositions, linalg
from ..settings import shown
from .common import UNSET, as_tensor, cast, plain, refuse
from .products import diagonal, moved, tensordot, trace

# NumPy's named tuples
_ONE = np.eye(1)
_Slogdet: Any = type(np.linalg.slogdet(_ONE))
_QR: Any = type(np.linalg.qr(_ONE))
_SVD: Any = type(np.linalg.svd(_ONE))
_Eigh: Any = type(np.linalg.eigh(_ONE))


def _matrices(name: str, x: Any, square: bool = False) -> Any:
    """Return x as a tensor; raise NumPy's error if it is not a stack of matrices."""
    x = as_tensor(x)
    if x.ndim < 2:
        raise np.linalg.LinAlgError(f"{name}: a matrix or a stack is needed, got shape {x.shape}")
    if square and x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(f"{name}: square matrices are needed, got shape {x.shape}")
    return x


# --------------------------------------------------------------------------------------------------
# Inverse, linear systems


@implements(np.linalg.inv)
def _inv(a: Any) -> Any:
    return decompositions.inv(_matrices("inv", a, square=True))


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """Compute np.linalg.solve: b is a vector if it has one axis, else a stack of matrices."""
    a = _matrices("solve", a, square=True)
    if np.ndim(b) != 1:
        return decompositions.solve(a, b)
    return decompositions.solve(a, np.expand_dims(b, -1))[..., 0]


@implements(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = UNSET) -> Any:
    a = _matrices("pinv", a, square=hermitian)
    if hermitian:
        a = np.tril(a) + np.tril(a, -1).mT
    if rcond is not None and rtol not in (None, UNSET):
        raise ValueError("pinv: give one of rcond= and rtol=, they mean the same")
    if rcond is None and rtol is None:
        rcond = max(a.shape[-2:]) * np.finfo(a.dtype).eps
    elif rcond is None and rtol is not UNSET:
        rcond = rtol
    return decompositions.pinv(a, rcond=plain(rcond))


@implements(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, int, Any]:
    a, b = _matrices("lstsq", a), as_tensor(b)
    dtype = np.result_type(a.dtype, b.dtype)
    dtype = dtype if dtype.kind == "f" else np.dtype(float)
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    m, n = a.shape[-2:]
    if a.ndim != 2 or b.ndim not in (1, 2) or b.shape[0] != m:
        raise np.linalg.LinAlgError(f"lstsq: shapes {a.shape} and {b.shape} do not fit")
    eps = np.finfo(dtype).eps
    rcond = max(m, n) * eps if rcond is None else eps if rcond < 0 else rcond
    rank = int(np.linalg.matrix_rank(a._data, rtol=rcond))
    if rank < min(m, n) and a.requires_grad:
        raise np.linalg.LinAlgError(
            f"lstsq: the matrix of shape {a.shape} has rank {rank}, and its solution a derivative "
            f"only for rank {min(m, n)}; add a penalty, or take .data for plain numbers"
        )
    x = np.matmul(decompositions.pinv(a, rcond=rcond), b)
    if m <= n or rank < n:
        residuals: Any = as_tensor(np.zeros(0, x.dtype))
    else:
        errors = np.reshape(b - np.matmul(a, x), (m, -1))
        residuals = np.sum(errors * errors, axis=0)
    return x, residuals, rank, singular_values(a)


@implements(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError(f"tensorinv: ind={ind} must be positive")
    shape = np.shape(a)
    rows = prod(shape[ind:])
    return np.reshape(_inv(np.reshape(a, (-1, rows))), (*shape[ind:], *shape[:ind]))


@implements(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    if axes is not None:
        n = np.ndim(a)
        a = moved(a, axes, range(n - len(axes), n), "tensorsolve")
    shape = np.shape(a)[np.ndim(b) :]
    if prod(shape) ** 2 != np.size(a):
        raise np.linalg.LinAlgError(
            f"tensorsolve: shapes {np.shape(a)} and {np.shape(b)} do not make a square system"
        )
    n = prod(shape)
    return np.reshape(solve(np.reshape(a, (n, n)), np.reshape(b, (-1,))), shape)


@implements(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    a = _matrices("matrix_power", a, square=True)
    if not isinstance(n, int | np.integer):
        raise TypeError(f"matrix_power: the exponent must be an integer, got {shown(n)}")
    if n == 0:
        return as_tensor(np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape))
    if n < 0:
        a, n = _inv(a), -n
    result: Any = None
    while n:
        if n & 1:
            result = a if result is None else np.matmul(result, a)
        n >>= 1
        a = np.matmul(a, a) if n else a
    return np.copy(result)  # a new node, also for n = 1


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    refuse("linalg.multi_dot", out=out)
    arrays = list(arrays)
    n = len(arrays)
    if n < 2:
        raise ValueError(f"multi_dot: at least two arrays are needed, got {n}")
    # the best order by dynamic programming over [i, j]
    inner = [np.shape(x)[0] for x in arrays[1:]]
    sizes = [_outer_size(arrays[0], 0), *inner, _outer_size(arrays[-1], -1)]
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        k = best[i, j][1]
        return arrays[i] if i == j else np.dot(product(i, k), product(k + 1, j))

    return product(0, n - 1)


def _outer_size(x: Any, axis: int) -> int:
    shape = np.shape(x)
    if len(shape) not in (1, 2):
        raise np.linalg.LinAlgError(f"multi_dot: matrices are needed, got shape {shape}")
    return shape[axis] if len(shape) == 2 else 1


# --------------------------------------------------------------------------------------------------
# Determinants


@implements(np.linalg.det)
def _det(a: Any) -> Any:
    return decompositions.det(_matrices("det", a, square=True))


@implements(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    both = decompositions.slogdet(_matrices("slogdet", a, square=True))
    return _Slogdet(np.sign(both[..., 0]), both[..., 1])


# --------------------------------------------------------------------------------------------------
# Decompositions: one packed operation, and its parts


@implements(np.linalg.cholesky)
def _cholesky(a: Any, /, *, upper: bool = False) -> Any:
    a = _matrices("cholesky", a, square=True)
    return decompositions.cholesky(a.mT).mT if upper else decompositions.cholesky(a)


@implements(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    a = _matrices("qr", a)
    m, n = a.shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise TypeError(
            f"np.linalg.qr: mode={shown(mode)} of shape {a.shape} is not supported on nodes; use "
            "mode='reduced' or mode='r'"
        )
    tall = a if m >= n else a[..., :m]
    shapes = decompositions.qr_shapes(*tall.shape[-2:])
    q, r = decompositions.unpack(decompositions.qr(tall), shapes)
    if m < n:
        r = np.concatenate([r, np.matmul(q.mT, a[..., m:])], axis=-1)
    return r if mode == "r" else _QR(q, r)


def _svd_parts(x: Any) -> list[Any]:
    shapes = decompositions.svd_shapes(*x.shape[-2:])
    return decompositions.unpack(decompositions.svd(x), shapes)


def singular_values(x: Any) -> Any:
    """Return the singular values of matrices, the largest first."""
    return _svd_parts(_matrices("svd", x))[1]


@implements(np.linalg.svd)
def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    a = _matrices("svd", a, square=hermitian)
    if hermitian:
        return _svd_of_symmetric(a, compute_uv)
    if not compute_uv:
        return singular_values(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise TypeError(
            f"np.linalg.svd of shape {a.shape}: the square factors have no derivative, as their "
            "last vectors are arbitrary; use full_matrices=False"
        )
    return _SVD(*_svd_parts(a))


def _svd_of_symmetric(a: Any, compute_uv: bool) -> Any:
    """Return the decomposition by eigenvalues, which equal the singular values except for signs."""
    values, vectors = _eigh(a)
    order = np.argsort(np.absolute(values), axis=-1)[..., ::-1]
    values = np.take_along_axis(values, order, axis=-1)
    if not compute_uv:
        return np.absolute(values)
    u = np.take_along_axis(vectors, order[..., None, :], axis=-1)
    return _SVD(u, np.absolute(values), (u * np.sign(values)[..., None, :]).mT)


@implements(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Any:
    return singular_values(x)


@implements(np.linalg.eigh)
def _eigh(a: Any, UPLO: str = "L") -> Any:
    a = _matrices("eigh", a, square=True)
    packed = decompositions.eigh(a, UPLO=UPLO)
    return _Eigh(*decompositions.unpack(packed, decompositions.eigh_shapes(a.shape[-1])))


@implements(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return _eigh(a, UPLO).eigenvalues


def _refused(name: str) -> Callable[..., Any]:
    def eigenvalues(a: Any) -> Any:
        raise TypeError(
            f"np.linalg.{name} on nodes: the results are complex numbers, which are not supported; "
            "use eigh or eigvalsh for symmetric matrices"
        )

    return eigenvalues


implements(np.linalg.eig)(_refused("eig"))
implements(np.linalg.eigvals)(_refused("eigvals"))


# --------------------------------------------------------------------------------------------------
# Products by other names: here the last two axes are always the matrix


@implements(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return diagonal(x, offset)


@implements(np.linalg.trace)
def _trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(cast("linalg.trace", as_tensor(x), dtype), offset)


@implements(np.linalg.matmul)
def _matmul(x1: Any, x2: Any, /) -> Any:
    return linalg.matmul(x1, x2)


@implements(np.linalg.tensordot)
def _tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes)


@implements(np.linalg.vecdot)
def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return linalg.vecdot(*(moved(x, (axis,), (-1,), "vecdot") for x in (x1, x2)))


@implements(np.linalg.outer)
def _outer(x1: Any, x2: Any, /) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"outer: vectors are needed, got shapes {np.shape(x1)} and {np.shape(x2)}")
    return np.outer(x1, x2)


@implements(np.linalg.cross)
def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    for x in (x1, x2):
        if np.shape(x)[one_axis(axis, np.ndim(x), "cross")] != 3:
            raise ValueError(f"cross: vectors of 3 components are needed, got shape {np.shape(x)}")
    return np.cross(x1, x2, axis=axis)
