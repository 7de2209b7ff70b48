"""The standard's linear algebra: the last two axes are matrices. Next: `fft.py`."""

from __future__ import annotations

from typing import Any

import numpy

from .common import standard
from .shapes import matrix_transpose

# NumPy's stubs know arrays only; its functions find their meaning on nodes by its own protocol
np: Any = numpy

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


# --------------------------------------------------------------------------------------------------
# Products


@standard
def matmul(x1: Any, x2: Any, /) -> Any:
    """Return the matrix product."""
    return np.matmul(x1, x2)


@standard
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return the products of vectors along an axis, the first conjugated."""
    return np.linalg.vecdot(x1, x2, axis=axis)


@standard
def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Return the sums of products over axes."""
    return np.tensordot(x1, x2, axes=axes)


@standard
def outer(x1: Any, x2: Any, /) -> Any:
    """Return the products of all pairs of two vectors."""
    return np.linalg.outer(x1, x2)


@standard
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return the cross products of vectors of 3 along an axis."""
    return np.linalg.cross(x1, x2, axis=axis)


@standard
def matrix_power(x: Any, n: int, /) -> Any:
    """Return matrices to an integer power."""
    return np.linalg.matrix_power(x, n)


# --------------------------------------------------------------------------------------------------
# Numbers of a matrix


@standard
def det(x: Any, /) -> Any:
    """Return the determinants."""
    return np.linalg.det(x)


@standard
def slogdet(x: Any, /) -> Any:
    """Return the signs of the determinants and the logarithms of their sizes."""
    return np.linalg.slogdet(x)


@standard
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Return the diagonals."""
    return np.linalg.diagonal(x, offset=offset)


@standard
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Return the sums of the diagonals."""
    return np.sum(np.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


@standard
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Return the norms of matrices."""
    return np.linalg.matrix_norm(x, keepdims=keepdims, ord=ord)


@standard
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Return the norms of vectors along axes; the slope at 0 is 0."""
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


@standard
def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """Return how many singular values are above ``rtol`` times the largest."""
    return np.linalg.matrix_rank(x, rtol=rtol)


# --------------------------------------------------------------------------------------------------
# Inverses and linear systems


@standard
def inv(x: Any, /) -> Any:
    """Return the inverse matrices."""
    return np.linalg.inv(x)


@standard
def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    """Return the pseudo-inverses, without singular values below ``rtol`` times the largest."""
    return np.linalg.pinv(x, rtol=rtol)


@standard
def solve(x1: Any, x2: Any, /) -> Any:
    """Return the solutions of linear systems; x2 is a vector if it has one axis."""
    return np.linalg.solve(x1, x2)


# --------------------------------------------------------------------------------------------------
# Decompositions


@standard
def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """Return the triangular factors of positive definite matrices."""
    return np.linalg.cholesky(x, upper=upper)


@standard
def qr(x: Any, /, *, mode: Any = "reduced") -> Any:
    """Return the orthogonal and the triangular factors."""
    return np.linalg.qr(x, mode=mode)


@standard
def svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    """Return singular vectors and values; ``full_matrices=False`` for gradients."""
    return np.linalg.svd(x, full_matrices=full_matrices)


@standard
def svdvals(x: Any, /) -> Any:
    """Return the singular values, the largest first."""
    return np.linalg.svdvals(x)


@standard
def eigh(x: Any, /) -> Any:
    """Return eigenvalues and eigenvectors of symmetric or Hermitian matrices."""
    return np.linalg.eigh(x)


@standard
def eigvalsh(x: Any, /) -> Any:
    """Return eigenvalues of symmetric or Hermitian matrices."""
    return np.linalg.eigvalsh(x)


def _complex(x: Any) -> Any:
    # NumPy returns real numbers if all of them happen to be real
    return x.astype(np.result_type(x, np.complex64))


@standard
def eig(x: Any, /) -> Any:
    """Return eigenvalues and eigenvectors, complex numbers; without gradients."""
    found = np.linalg.eig(x)
    return type(found)(*map(_complex, found))


@standard
def eigvals(x: Any, /) -> Any:
    """Return eigenvalues, complex numbers; without gradients."""
    return _complex(np.linalg.eigvals(x))
