"""Functions of matrices, and systems of special form. Next: `../numpy/`."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def _pull_factor(g: Any, x: Any, z: Any, lower: bool, unit: bool) -> Any:
    c = -np.matmul(solve_triangular(mt(x), g, lower=not lower, unit=unit), mt(z))
    # entries that are not read have no derivative
    return np.tril(c, -int(unit)) if lower else np.triu(c, int(unit))


solve_triangular: Op = structural(
    "solve_triangular",
    lambda x, y, lower, unit: scipy_linalg.solve_triangular(x, y, lower=lower, unit_diagonal=unit),
    x=_pull_factor,
    y=lambda g, x, lower, unit: solve_triangular(mt(x), g, lower=not lower, unit=unit),
    notation="{x}⁻¹ {y}",
    doc="The solution of ``x @ z = y`` for a triangular matrix x and a matrix y.",
)
solve_sylvester: Op = structural(
    "solve_sylvester",
    lambda a, b, q: scipy_linalg.solve_sylvester(a, b, q),
    a=lambda g, a, b, z: -np.matmul(solve_sylvester(mt(a), mt(b), g), mt(z)),
    b=lambda g, a, b, z: -np.matmul(mt(z), solve_sylvester(mt(a), mt(b), g)),
    q=lambda g, a, b: solve_sylvester(mt(a), mt(b), g),
    doc="The solution of ``a @ z + z @ b = q``.",
)


def _transposed(x: Any, below: int, above: int) -> Any:
    """Return the bands of the transposed matrix: those above the diagonal come last."""
    offsets = range(below, -above - 1, -1)
    return np.stack([np.roll(x[above + d], d) for d in offsets])


def _pull_bands(g: Any, x: Any, z: Any, below: int, above: int) -> Any:
    c = -solve_banded(_transposed(x, below, above), g, below=above, above=below)
    n = np.shape(z)[0]
    rows = []
    for d in range(-above, below + 1):
        products = np.sum(c[max(d, 0) : n + min(d, 0)] * z[max(-d, 0) : n - max(d, 0)], axis=-1)
        # no entry of the matrix stands at the ends
        rows.append(np.pad(products, (max(-d, 0), max(d, 0))))
    return np.stack(rows)


solve_banded: Op = structural(
    "solve_banded",
    lambda x, y, below, above: scipy_linalg.solve_banded((below, above), x, y),
    x=_pull_bands,
    y=lambda g, x, below, above: solve_banded(
        _transposed(x, below, above), g, below=above, above=below
    ),
    notation="{x}⁻¹ {y}",
    doc="The solution for a matrix of bands, stored by diagonals as SciPy has them.",
)
