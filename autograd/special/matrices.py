"""Functions of matrices, and systems of special form. Next: `../numpy/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import sum_to
from ..op import Op, structural
from ..ops.linalg import mt
from .common import scipy_linalg


def _pull_expm(g: Any, x: Any) -> Any:
    # exp [[a, g], [0, a]] has the derivative of exp at a in the direction g in its upper right
    # corner; a = xᵀ makes it the pullback (Al-Mohy and Higham, 2009)
    n, a = np.shape(x)[-1], mt(x)
    below = np.zeros(np.shape(x), g.dtype)
    block = np.concatenate(
        [np.concatenate([a, g], axis=-1), np.concatenate([below, a], axis=-1)], axis=-2
    )
    return expm(block)[..., :n, n:]


expm = structural(
    "expm",
    lambda x: scipy_linalg.expm(x),
    x=_pull_expm,
    notation="exp {x}",
    doc="The matrix exponential of square matrices, over the last two axes.",
)

sqrtm = structural(
    "sqrtm",
    lambda x: scipy_linalg.sqrtm(x),
    # z dz + dz z = dx
    x=lambda g, z: solve_sylvester(mt(z), mt(z), g),
    bounded=False,
    notation="{x}^(1/2)",
    doc="The square root of a square matrix.",
)

# --------------------------------------------------------------------------------------------------
# Systems of special form


def _at_once(solve: Callable[[Any], Any], y: Any) -> Any:
    """Return the solutions for right-hand sides; those of a stack become columns of one matrix."""
    if y.ndim == 2:
        return solve(y)
    columns = np.moveaxis(y, -2, 0)
    return np.moveaxis(solve(columns.reshape(len(columns), -1)).reshape(columns.shape), 0, -2)


def _solve_triangular(x: Any, y: Any, lower: bool, unit: bool) -> Any:
    options = {"lower": lower, "unit_diagonal": unit}
    return _at_once(lambda y: scipy_linalg.solve_triangular(x, y, **options), y)


def _pull_factor(g: Any, x: Any, z: Any, x_shape: Any, lower: bool, unit: bool) -> Any:
    c = -np.matmul(solve_triangular(mt(x), g, lower=not lower, unit=unit), mt(z))
    c = sum_to(c, x_shape)
    # entries that are not read have no derivative
    return np.tril(c, -int(unit)) if lower else np.triu(c, int(unit))


solve_triangular: Op = structural(
    "solve_triangular",
    _solve_triangular,
    x=_pull_factor,
    y=lambda g, x, lower, unit: solve_triangular(mt(x), g, lower=not lower, unit=unit),
    notation="{x}⁻¹ {y}",
    doc="The solutions of ``x @ z = y`` for a triangular matrix x and matrices y.",
)


def _solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    if q.ndim == 2:
        return scipy_linalg.solve_sylvester(a, b, q)
    # a and b are reduced to triangular form only once (Bartels and Stewart, 1972)
    (r, u), (s, v) = scipy_linalg.schur(a), scipy_linalg.schur(b.T)
    f = u.T @ q @ v
    (solve,) = scipy_linalg.get_lapack_funcs(("trsyl",), (r, s, f))
    z = np.empty_like(f)
    for i in np.ndindex(f.shape[:-2]):
        z[i], scale, _ = solve(r, s, f[i], tranb="C")
        z[i] *= scale
    return u @ z @ v.T


solve_sylvester: Op = structural(
    "solve_sylvester",
    _solve_sylvester,
    a=lambda g, a, b, z, a_shape: sum_to(
        -np.matmul(solve_sylvester(mt(a), mt(b), g), mt(z)), a_shape
    ),
    b=lambda g, a, b, z, b_shape: sum_to(
        -np.matmul(mt(z), solve_sylvester(mt(a), mt(b), g)), b_shape
    ),
    q=lambda g, a, b: solve_sylvester(mt(a), mt(b), g),
    doc="The solutions of ``a @ z + z @ b = q`` for matrices q.",
)


def _transposed(x: Any, below: int, above: int) -> Any:
    """Return the bands of the transposed matrix: those above the diagonal come last."""
    offsets = range(below, -above - 1, -1)
    return np.stack([np.roll(x[above + d], d) for d in offsets])


def _solve_banded(x: Any, y: Any, below: int, above: int) -> Any:
    return _at_once(lambda y: scipy_linalg.solve_banded((below, above), x, y), y)


def _pull_bands(g: Any, x: Any, z: Any, x_shape: Any, below: int, above: int) -> Any:
    c = -solve_banded(_transposed(x, below, above), g, below=above, above=below)
    n = x_shape[1]
    rows = []
    for d in range(-above, below + 1):
        down, up = max(d, 0), max(-d, 0)
        products = np.sum(c[..., down : n - up, :] * z[..., up : n - down, :], axis=-1)
        products = sum_to(products, np.shape(products)[-1:])
        # no entry of the matrix stands at the ends
        rows.append(np.pad(products, (up, down)))
    return np.stack(rows)


solve_banded: Op = structural(
    "solve_banded",
    _solve_banded,
    x=_pull_bands,
    y=lambda g, x, below, above: solve_banded(
        _transposed(x, below, above), g, below=above, above=below
    ),
    notation="{x}⁻¹ {y}",
    doc="The solutions for a matrix of bands, stored by diagonals as SciPy has them.",
)
