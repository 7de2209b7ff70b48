"""The gamma function and its relatives. Next: `logarithms.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import Op, elementwise
from ..settings import checked_size, shown
from .common import of_last, scipy
from .logarithms import xlogy


def _polygamma(x: Any, n: int) -> Any:
    if n == 0:
        return scipy.psi(x)
    return -((-1.0) ** n) * math.factorial(n) * scipy.zeta(n + 1, x)


_polygammas: Op = elementwise(
    "polygamma",
    _polygamma,
    x=lambda x, n: _polygammas(x, n=n + 1),
    notation="ψₙ({x})",
    doc="The derivatives of log Γ: n = 0 is the digamma function.",
)
digamma = psi = elementwise(
    "digamma", scipy.psi, x=lambda x: _polygammas(x, n=1), notation="ψ({x})"
)
gammaln = elementwise("gammaln", scipy.gammaln, x=lambda x: digamma(x), notation="log |Γ({x})|")
gamma = elementwise("gamma", scipy.gamma, x=lambda x, z: z * digamma(x), notation="Γ({x})")
rgamma = elementwise("rgamma", scipy.rgamma, x=lambda x, z: -z * digamma(x), notation="1 / Γ({x})")
gammasgn = elementwise("gammasgn", scipy.gammasgn, x=None, bounded=True)
beta = elementwise(
    "beta",
    scipy.beta,
    x=lambda x, y, z: z * (digamma(x) - digamma(x + y)),
    y=lambda x, y, z: z * (digamma(y) - digamma(x + y)),
    notation="B({x}, {y})",
)
betaln = elementwise(
    "betaln",
    scipy.betaln,
    x=lambda x, y: digamma(x) - digamma(x + y),
    y=lambda x, y: digamma(y) - digamma(x + y),
    notation="log B({x}, {y})",
)


def _gamma_density(a: Any, x: Any) -> Any:
    return np.exp(xlogy(a - 1, x) - x - gammaln(a))


gammainc = of_last("gammainc", _gamma_density, "a", notation="P({a}, {x})")
gammaincc = of_last("gammaincc", lambda a, x: -_gamma_density(a, x), "a", notation="Q({a}, {x})")
exp1 = elementwise("exp1", scipy.exp1, x=lambda x: -np.exp(-x) / x, notation="E₁({x})")
expi = elementwise("expi", scipy.expi, x=lambda x: np.exp(x) / x, notation="Ei({x})")


def polygamma(n: int, x: Any) -> Any:
    """Return the n-th derivative of the digamma function; ``n`` is a plain integer.

    Parameters
    ----------
    n : int
        The order, at least 0; 0 is the digamma function itself.
    x : Tensor, Value, array or number

    Returns
    -------
    Tensor, Value, array or number
        As x, of the same shape.

    Raises
    ------
    TypeError
        If ``n`` is not an integer, or is negative.

    Examples
    --------
    >>> float(polygamma(1, np.array(1.0)).round(4))
    1.6449
    """
    if not isinstance(n, int | np.integer) or n < 0:
        raise TypeError(f"polygamma: the order must be an integer of at least 0, got {shown(n)}")
    return _polygammas(x, n=int(n))


def multigammaln(a: Any, d: int) -> Any:
    """Return the logarithm of the multivariate gamma function.

    Parameters
    ----------
    a : Tensor, Value, array or number
        Greater than (d - 1) / 2.
    d : int
        The dimension, at least 1.

    Returns
    -------
    Tensor, Value, array or number
        As a, of the same shape.

    Examples
    --------
    >>> float(multigammaln(2.0, 1).round(4)), float(multigammaln(2.0, 2).round(4))
    (0.0, 0.4516)
    """
    d = checked_size("multigammaln: d", d)
    return sum((gammaln(a - j / 2) for j in range(d)), d * (d - 1) / 4 * math.log(math.pi))
