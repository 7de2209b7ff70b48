"""`scipy.linalg` on nodes, as far as it has derivatives. Next: `signal.py`."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from ..extend import primitive
from ..interop.common import is_traced
from ..numpy import linalg
from ..numpy.lists import of_lists
from ..settings import array_of, checked_flag, checked_size, described, shown
from ..special import matrices
from ..special.common import scipy_linalg

det, inv, norm, pinv = linalg.det, linalg.inv, linalg.norm, linalg.pinv
expm, solve_sylvester = of_lists(matrices.expm), of_lists(matrices.solve_sylvester)
sqrtm = of_lists(matrices.sqrtm)

_TRANSPOSED = {0: False, "N": False, 1: True, "T": True, 2: True, "C": True}


def _matrix(name: str, x: Any) -> Any:
    """Return numbers as an array, nodes as they are; raise TypeError for anything else."""
    if is_traced(x):
        return x
    # of a np.matrix too, whose parts have other shapes, which ends SciPy in a crash
    array = np.asarray(array_of(name, x))
    if array.dtype.kind not in "fiubc":
        raise TypeError(f"{name}: expected numbers, arrays or nodes, got {described(x)}")
    return array


def _columns(b: Any) -> Any:
    return np.expand_dims(b, -1) if np.ndim(b) == 1 else b


@of_lists
def solve(a: Any, b: Any, **options: Any) -> Any:
    """Return the solution of ``a @ x = b``.

    Parameters
    ----------
    a : Tensor or array, (n, n)
    b : Tensor or array, (n,) or (n, k)
    **options
        What SciPy may rely on or check; of no use here.

    Returns
    -------
    Tensor or array
        Of the shape of b.

    Examples
    --------
    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    return np.linalg.solve(_matrix("solve: a", a), _matrix("solve: b", b))


@of_lists
def solve_triangular(
    a: Any,
    b: Any,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    **options: Any,
) -> Any:
    """Return the solution of ``a @ x = b`` for a triangular matrix a.

    Parameters
    ----------
    a : Tensor or array, (n, n)
        One triangle of it is read.
    b : Tensor or array, (n,) or (n, k)
    trans : {0, 1, "N", "T"}
        1 or "T" to solve with the transposed matrix.
    lower : bool
        Which triangle of a to read.
    unit_diagonal : bool
        Whether the diagonal counts as ones, and is not read.
    **options
        What SciPy may overwrite or check; of no use here.

    Returns
    -------
    Tensor or array
        Of the shape of b.

    Examples
    --------
    >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0]), lower=True)
    array([1., 2.])
    """
    a, b = _matrix("solve_triangular: a", a), _matrix("solve_triangular: b", b)
    lower = checked_flag("solve_triangular: lower", lower)
    unit_diagonal = checked_flag("solve_triangular: unit_diagonal", unit_diagonal)
    if not isinstance(trans, int | np.integer | str) or trans not in _TRANSPOSED:
        raise ValueError(f"solve_triangular: trans is 0, 1, 'N' or 'T', got {shown(trans)}")
    if _TRANSPOSED[trans]:
        a, lower = np.swapaxes(a, -1, -2), not lower
    x = matrices.solve_triangular(a, _columns(b), lower=lower, unit=unit_diagonal)
    return x[..., 0] if np.ndim(b) == 1 else x


@of_lists
def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any, **options: Any) -> Any:
    """Return the solution of ``a @ x = b`` for a matrix with few diagonals.

    Parameters
    ----------
    l_and_u : tuple of int
        How many diagonals stand below and above the main one.
    ab : Tensor or array, (l + u + 1, n)
        The diagonals, the highest first: ``ab[u + i - j, j] = a[i, j]``.
    b : Tensor or array, (n,) or (n, k)
    **options
        What SciPy may overwrite or check; of no use here.

    Returns
    -------
    Tensor or array
        Of the shape of b.

    Examples
    --------
    >>> solve_banded((0, 1), np.array([[0.0, 1.0], [1.0, 2.0]]), np.array([3.0, 4.0]))
    array([1., 2.])
    """
    try:
        below, above = (checked_size("solve_banded: l_and_u", n, 0) for n in l_and_u)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "solve_banded: l_and_u are the numbers of diagonals below and above the main one, such "
            f"as (1, 1), got {shown(l_and_u)}"
        ) from error
    ab, b = _matrix("solve_banded: ab", ab), _matrix("solve_banded: b", b)
    x = matrices.solve_banded(ab, _columns(b), below=below, above=above)
    return x[..., 0] if np.ndim(b) == 1 else x


@of_lists
def cholesky(a: Any, lower: bool = False, **options: Any) -> Any:
    """Return the Cholesky factor of a symmetric positive definite matrix.

    Parameters
    ----------
    a : Tensor or array, (n, n)
    lower : bool
        Whether to return the lower factor L of a = L Lᵀ, or the upper one, its transpose.
    **options
        What SciPy may overwrite or check; of no use here.

    Returns
    -------
    Tensor or array, (n, n)

    Examples
    --------
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 1.],
           [0., 1.]])
    """
    factor = np.linalg.cholesky(_matrix("cholesky: a", a))
    return factor if checked_flag("cholesky: lower", lower) else np.swapaxes(factor, -1, -2)


def cho_factor(a: Any, lower: bool = False, **options: Any) -> tuple[Any, bool]:
    """Return the Cholesky factor for `cho_solve`, and whether it is the lower one.

    Parameters
    ----------
    a, lower, **options
        As for `cholesky`.

    Returns
    -------
    tuple of a Tensor or array and bool

    Examples
    --------
    >>> cho_solve(cho_factor(np.array([[4.0, 2.0], [2.0, 2.0]])), np.array([2.0, 0.0]))
    array([ 1., -1.])
    """
    return cholesky(a, lower), lower


def cho_solve(c_and_lower: tuple[Any, bool], b: Any, **options: Any) -> Any:
    """Return the solution of ``a @ x = b`` by the Cholesky factor of a.

    Parameters
    ----------
    c_and_lower : tuple
        What `cho_factor` returns.
    b : Tensor or array, (n,) or (n, k)
    **options
        What SciPy may overwrite or check; of no use here.

    Returns
    -------
    Tensor or array
        Of the shape of b.

    Examples
    --------
    >>> cho_solve((np.array([[2.0]]), True), np.array([8.0]))
    array([2.])
    """
    if not isinstance(c_and_lower, tuple | list) or len(c_and_lower) != 2:
        raise TypeError(f"cho_solve takes what cho_factor returns, got {described(c_and_lower)}")
    c, lower = c_and_lower
    y = solve_triangular(c, b, trans=0 if lower else 1, lower=lower)
    return solve_triangular(c, y, trans=1 if lower else 0, lower=lower)


@of_lists
def block_diag(*arrays: Any) -> Any:
    """Return matrices joined along the diagonal, with zeros elsewhere.

    Parameters
    ----------
    *arrays : Tensor or array
        Matrices; vectors count as rows.

    Returns
    -------
    Tensor or array

    Examples
    --------
    >>> block_diag(np.ones((1, 1)), np.ones((1, 2)))
    array([[1., 0., 0.],
           [0., 1., 1.]])
    """
    blocks = [np.atleast_2d(a) for a in arrays]
    width = sum(np.shape(b)[1] for b in blocks)
    rows, start = [], 0
    for b in blocks:
        stop = start + np.shape(b)[1]
        rows.append(np.pad(b, ((0, 0), (start, width - stop))))
        start = stop
    return np.concatenate(rows)


def __getattr__(name: str) -> Any:
    found = getattr(scipy_linalg, name)
    if not isinstance(found, FunctionType):
        return found
    # gradients may be defined for it, as for a primitive
    globals()[name] = made = primitive(found)
    return made


def __dir__() -> list[str]:
    return dir(scipy_linalg)


__all__ = [
    "block_diag",
    "cho_factor",
    "cho_solve",
    "cholesky",
    "det",
    "expm",
    "inv",
    "norm",
    "pinv",
    "solve",
    "solve_banded",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
]
