"""Inverse, determinant, and the decompositions of matrices. Next: `fused.py`.

A decomposition is one operation whose result is packed: its factors, flattened and joined along the
last axis; `unpack` gives them back. So it has one gradient like any other, and its rule, written in
NumPy's functions, can be differentiated again.

The rules follow M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008); for the Cholesky factor I. Murray, "Differentiation of the
Cholesky decomposition" (2016); for QR S. Walter and L. Lehmann, "Algorithmic differentiation of
linear algebra functions" (2010); for the pseudoinverse G. Golub and V. Pereyra (1973).

Symmetric input (Cholesky, eigh): NumPy reads one triangle; the gradient is spread evenly over both,
so that it is symmetric as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..arithmetic import sum_to
from ..op import structural
from .linalg import BOTH, mt
from .reductions import exclusive_prod

Shape = tuple[int, ...]


def pack(arrays: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    """Join arrays whose last axes are ``shapes`` along one last axis."""
    flat = []
    for array, shape in zip(arrays, shapes, strict=True):
        batch = np.shape(array)[: np.ndim(array) - len(shape)]
        flat.append(np.reshape(array, (*batch, prod(shape))))
    return np.concatenate(flat, axis=-1)


def unpack(z: Any, shapes: Sequence[Shape]) -> list[Any]:
    """Return the arrays that `pack` has joined."""
    found, start, batch = [], 0, np.shape(z)[:-1]
    for shape in shapes:
        stop = start + prod(shape)
        found.append(np.reshape(z[..., start:stop], (*batch, *shape)))
        start = stop
    return found


def _eye(x: Any) -> Any:
    """Return the identity matrix of the length of the last axis of x, in its dtype."""
    return np.eye(np.shape(x)[-1], dtype=x.dtype)


def _diagonal_matrix(d: Any) -> Any:
    return d[..., None, :] * _eye(d)


# --------------------------------------------------------------------------------------------------
# Inverse, linear systems, pseudoinverse

inv = structural(
    "inv",
    np.linalg.inv,
    x=lambda g, z: -np.matmul(np.matmul(mt(z), g), mt(z)),
    notation="{x}⁻¹",
)


def _pull_solve(saved: Any, g: Any) -> Any:
    x, z, x_shape, y_shape = saved
    c = np.linalg.solve(mt(x), g)
    return sum_to(-np.matmul(c, mt(z)), x_shape), sum_to(c, y_shape)


solve = structural(
    "solve",
    np.linalg.solve,
    x=lambda g, x, z, x_shape: sum_to(-np.matmul(np.linalg.solve(mt(x), g), mt(z)), x_shape),
    y=lambda g, x, y_shape: sum_to(np.linalg.solve(mt(x), g), y_shape),
    fast={BOTH: _pull_solve},
    notation="{x}⁻¹ {y}",
    doc="The solution of ``x @ z = y`` for matrices ``y``.",
)


def _chain(a: Any, b: Any, c: Any) -> Any:
    """Return a @ b @ c for shapes (m, n), (n, m), (m, n), with the smaller matrix in between."""
    m, n = np.shape(a)[-2:]
    return np.matmul(np.matmul(a, b), c) if m <= n else np.matmul(a, np.matmul(b, c))


def _pull_pinv(g: Any, x: Any, z: Any) -> Any:
    # dz = -z dx z + z zᵀ dxᵀ (1 - x z) + (1 - z x) dxᵀ zᵀ z, as long as the rank stays
    zt, gt = mt(z), mt(g)
    right, left = _chain(gt, z, zt), _chain(zt, z, gt)
    outside = right - _chain(x, z, right) + left - _chain(left, z, x)
    return outside - _chain(zt, g, zt)


def _finite(x: Any) -> Any:
    """Return matrices; raise LinAlgError for infinite entries, with which LAPACK may never end."""
    if type(x) is np.ndarray and not np.isfinite(x).all():
        raise np.linalg.LinAlgError(
            "a matrix with nan or infinite entries has no singular values; see find_nan for where "
            "they come from"
        )
    return x


pinv = structural(
    "pinv",
    lambda x, rcond=None: np.linalg.pinv(_finite(x), rcond),
    x=_pull_pinv,
    notation="{x}⁺",
    doc="The pseudoinverse; its derivative holds among matrices of the same rank.",
)

# --------------------------------------------------------------------------------------------------
# Determinants: exact for singular matrices, since only products occur

REGULAR = 1e8  # up to this condition number, cofactors are computed from the inverse


def _factors(x: Any) -> tuple[Any, Any, Any, Any]:
    """Return det(U) det(V), U, the singular values and Vᵀ of square matrices."""
    u, s, vh = np.linalg.svd(_finite(x))
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return sign[..., None, None], u, s, vh


def _cofactor(x: Any) -> Any:
    # cof(U S Vᵀ) = cof(U) cof(S) cof(V)ᵀ, and cof(U) = det(U) U
    sign, u, s, vh = _factors(x)
    return sign * np.matmul(u * exclusive_prod(s, np.ndim(s) - 1)[..., None, :], vh)


def _pull_cofactor(g: Any, x: Any) -> Any:
    sign, u, s, vh = _factors(x)
    n = np.shape(s)[-1]
    eye = np.eye(n, dtype=bool)
    # products of all but two singular values; 0 on the diagonal
    others = exclusive_prod(np.where(eye, 1, s[..., None, :]), np.ndim(s))
    others = np.where(eye, 0, others)
    m = np.matmul(np.matmul(mt(u), g), mt(vh))
    traces = np.sum(others * np.where(eye, m, 0).sum(axis=-1)[..., None, :], axis=-1)
    inner = np.where(eye, traces[..., None, :], -mt(others * m))
    return sign * np.matmul(np.matmul(u, inner), vh)


cofactor = structural(
    "cofactor",
    _cofactor,
    x=_pull_cofactor,
    notation="cof {x}",
    doc="The matrix of cofactors, det(x) x⁻ᵀ where x has an inverse, and finite where not.",
)


def _pull_det(saved: Any, g: Any) -> Any:
    """Use det(x) x⁻ᵀ for the matrices for which that is as exact as the cofactors."""
    (x,) = saved
    try:
        inverse = np.linalg.inv(x) if type(x) is np.ndarray else None
    except np.linalg.LinAlgError:
        inverse = None
    if inverse is None:
        return g[..., None, None] * cofactor(x)
    z, norms = np.linalg.det(x), np.linalg.norm(x, axis=(-2, -1))
    c = z[..., None, None] * mt(inverse)
    exact = norms * np.linalg.norm(inverse, axis=(-2, -1)) < REGULAR
    other = ~(exact & np.isfinite(z) & (np.absolute(z) > np.finfo(z.dtype).tiny))
    if np.any(other):
        c[other] = _cofactor(x[other])
    return g[..., None, None] * c


det = structural(
    "det",
    np.linalg.det,
    x=lambda g, x: g[..., None, None] * cofactor(x),
    notation="det {x}",
    fast={(True,): _pull_det},
)


def _slogdet(x: Any) -> Any:
    return np.stack(np.linalg.slogdet(x), axis=-1)


def _pull_slogdet(g: Any, x: Any, z: Any) -> Any:
    # x⁻ᵀ; for a singular matrix an infinity, which an upstream 0 still turns into 0
    regular = np.isfinite(z[..., 1])[..., None, None]
    g = g[..., 1][..., None, None]
    inverse = np.linalg.inv(np.where(regular, x, _eye(x)))
    slope = np.where(regular, mt(inverse), np.inf)
    return g * np.where(regular | (g != 0), slope, 0)


slogdet = structural(
    "slogdet",
    _slogdet,
    x=_pull_slogdet,
    notation="log |det {x}|",
    doc="The sign, which has no derivative, and the logarithm of |det x|, along a last axis.",
)

# --------------------------------------------------------------------------------------------------
# Cholesky and QR


def _pull_cholesky(g: Any, z: Any) -> Any:
    eye = _eye(z)
    lower = np.tri(len(eye), dtype=z.dtype)
    # the result has no upper triangle, so that of g must not affect the lower triangle of m
    m = np.matmul(mt(z), g) * (lower - 0.5 * eye)
    half = np.linalg.solve(mt(z), m)
    both = np.linalg.solve(mt(z), mt(half))
    return 0.5 * (both + mt(both))


cholesky = structural(
    "cholesky",
    np.linalg.cholesky,
    x=_pull_cholesky,
    notation="chol {x}",
    doc="The lower triangular L with x = L Lᵀ, of symmetric positive definite matrices.",
)


def qr_shapes(m: int, n: int) -> tuple[Shape, ...]:
    """Return the shapes of the factors Q and R of a tall matrix."""
    return (m, n), (n, n)


def _qr(x: Any) -> Any:
    return pack(np.linalg.qr(x), qr_shapes(*np.shape(x)[-2:]))


def _pull_qr(g: Any, z: Any, x_shape: Shape) -> Any:
    shapes = qr_shapes(*x_shape[-2:])
    (q, r), (gq, gr) = unpack(z, shapes), unpack(g, shapes)
    m = np.matmul(r, mt(gr)) - np.matmul(mt(gq), q)
    eye = _eye(r)
    lower = np.tri(len(eye), dtype=z.dtype)
    m = m * lower + mt(m * (lower - eye))
    dependent = "qr has no derivative where the columns are linearly dependent"
    try:
        found = mt(np.linalg.solve(r, mt(gq + np.matmul(q, m))))
    except np.linalg.LinAlgError as error:
        raise np.linalg.LinAlgError(dependent) from error
    lengths = np.abs(np.diagonal(_numbers(r), axis1=-2, axis2=-1))[..., None, :]
    longest = np.max(lengths, axis=-1, keepdims=True, initial=0)
    # columns divided by a rounding error are meaningless; q does not grow with x, and r does
    asked = np.concatenate([np.ravel(_numbers(gq)), np.ravel(_numbers(gr) * longest)])
    if _asks_for(_numbers(found) * longest, _close(lengths, 0, longest, x_shape[-2]), asked):
        raise np.linalg.LinAlgError(dependent)
    return found


qr = structural(
    "qr",
    _qr,
    x=_pull_qr,
    doc="The factors Q and R of matrices with at least as many rows as columns, packed.",
)

# --------------------------------------------------------------------------------------------------
# Singular values, and the eigenvalues of symmetric matrices


def _close(a: Any, b: Any, scale: Any, n: int) -> Any:
    """Return where numbers are equal up to rounding errors of the decomposition."""
    return np.abs(a - b) <= 4 * n * float(np.finfo(scale.dtype).eps) * scale


def _reciprocal(x: Any, zero: Any) -> Any:
    """Return 1 / x, and 0 where ``zero`` holds."""
    return np.where(zero, 0, 1 / np.where(zero, 1, x))


def _numbers(x: Any) -> Any:
    """Return the data of a node; of a stack of gradients in place of one, the whole stack."""
    if isinstance(x, np.ndarray):
        return x
    return _numbers(x.stack) if hasattr(x, "stack") else np.asarray(getattr(x, "data", x))


def _asks_for(part: Any, places: Any, g: Any) -> bool:
    """Whether a part of the gradient ``g`` is more than a rounding error somewhere."""
    part, places, g = _numbers(part), _numbers(places), _numbers(g)
    size = np.max(np.abs(g), initial=0) * float(np.finfo(g.dtype).eps) ** 0.5
    return bool(np.any(places & (np.abs(part) > size)))


def _refuse(name: str, what: str, mixing: Any, equal: Any, g: Any) -> None:
    """Raise if the gradient depends on vectors that the matrix does not determine.

    ``mixing`` is the part of the gradient by which every vector would change along every other.
    """
    if _asks_for(mixing, equal, g):
        raise np.linalg.LinAlgError(
            f"{name} has no such derivative here: the matrix has {what}, which leave the vectors "
            "undetermined; only the first derivative of the values exists"
        )


def svd_shapes(m: int, n: int) -> tuple[Shape, ...]:
    """Return the shapes of the factors U, S and Vᵀ of a matrix."""
    k = min(m, n)
    return (m, k), (k,), (k, n)


def _svd(x: Any) -> Any:
    return pack(np.linalg.svd(_finite(x), full_matrices=False), svd_shapes(*np.shape(x)[-2:]))


def _skew(x: Any) -> Any:
    return x - mt(x)


def _others(equal: Any) -> Any:
    """Return where two numbers at different positions are equal."""
    equal = _numbers(equal)
    return equal & ~_eye(equal)


def _pull_svd(g: Any, z: Any, x_shape: Shape) -> Any:
    m, n = x_shape[-2:]
    k = min(m, n)
    (u, s, vh), (gu, gs, gvh) = (unpack(p, svd_shapes(m, n)) for p in (z, g))
    rows, columns, top = s[..., :, None], s[..., None, :], s[..., :1]
    # sums and differences of singular values are more exact than differences of their squares
    p, q = np.matmul(mt(u), gu), np.matmul(vh, mt(gvh))
    equal = _close(columns, rows, top[..., None], max(m, n))
    for part in (p, q):
        # the symmetric parts as well: a function of the matrix such as U f(S) Vᵀ has only these
        _refuse("svd", "equal singular values", part, _others(equal), g)
    p, q = _skew(p), _skew(q)
    none = columns + rows == 0
    inner = 0.5 * (p + q) * _reciprocal(columns - rows, equal)
    inner = inner + 0.5 * (p - q) * _reciprocal(columns + rows, none)
    # a singular value is an absolute value: at 0 its derivative is 0
    inner = inner + _diagonal_matrix(gs * np.sign(s))
    found = np.matmul(np.matmul(u, inner), vh)
    zero = _close(s, 0, top, max(m, n))
    if m > k:
        out = gu - np.matmul(u, np.matmul(mt(u), gu))
        _refuse("svd", "singular values of 0", out, zero[..., None, :], g)
        found = found + np.matmul(out * _reciprocal(s, zero)[..., None, :], vh)
    if n > k:
        out = gvh - np.matmul(np.matmul(gvh, mt(vh)), vh)
        _refuse("svd", "singular values of 0", out, zero[..., :, None], g)
        found = found + np.matmul(u, out * _reciprocal(s, zero)[..., :, None])
    return found


svd = structural(
    "svd",
    _svd,
    x=_pull_svd,
    doc="The factors U, S and Vᵀ of matrices, with min(m, n) singular values, packed.",
)


def eigh_shapes(n: int) -> tuple[Shape, ...]:
    """Return the shapes of eigenvalues and eigenvectors."""
    return (n,), (n, n)


def _eigh(x: Any, UPLO: Any = "L") -> Any:
    return pack(np.linalg.eigh(x, UPLO), eigh_shapes(np.shape(x)[-1]))


def _pull_eigh(g: Any, z: Any, x_shape: Shape) -> Any:
    n = x_shape[-1]
    (w, v), (gw, gv) = (unpack(p, eigh_shapes(n)) for p in (z, g))
    rows, columns = w[..., :, None], w[..., None, :]
    top = np.maximum(np.abs(w[..., -1:]), np.abs(w[..., :1]))[..., None]
    mixing = np.matmul(mt(v), gv)
    equal = _close(columns, rows, top, n)
    # the symmetric part as well: a function of the matrix such as V f(w) Vᵀ has only this
    _refuse("eigh", "equal eigenvalues", mixing, _others(equal), g)
    inner = 0.5 * _skew(mixing) * _reciprocal(columns - rows, equal) + _diagonal_matrix(gw)
    return np.matmul(np.matmul(v, inner), mt(v))


eigh = structural(
    "eigh",
    _eigh,
    x=_pull_eigh,
    doc="The eigenvalues and eigenvectors of symmetric matrices, packed.",
)
