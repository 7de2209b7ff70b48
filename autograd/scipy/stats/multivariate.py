"""The normal distribution of vectors, and that of vectors which sum to 1. Last file.

Like SciPy's, both count the last axis of x as the vector for the normal distribution, the first
axis for the Dirichlet distribution.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...interop.common import joined, plain
from ...special import gammaln, xlogy
from ..linalg import solve_triangular
from .distribution import Named

_LOG_2PI = math.log(2 * math.pi)


class MultivariateNormal(Named):
    """``scipy.stats.multivariate_normal``, whose density takes nodes."""

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """Return the logarithm of the density at x.

        Parameters
        ----------
        x : Tensor or array, (..., d)
        mean : Tensor or array, (d,)
            Zero by default.
        cov : Tensor or array, (d, d)
            Symmetric and positive definite; a vector is its diagonal, a number each entry of that.
        allow_singular : bool
            Whether directions without variance are left out.

        Returns
        -------
        Tensor or array, (...)
            Without axes of length 1, as in SciPy.

        Raises
        ------
        LinAlgError
            If cov is not positive definite, unless that is allowed.
        """
        x, mean, cov = _parameters(x, mean, cov)
        d = np.reshape(x - mean, (-1, np.shape(mean)[0]))
        whitened = _singular if allow_singular else _regular
        squares, log_det, rank = whitened(d, cov)
        shape = [n for n in np.shape(x)[:-1] if n > 1]
        return np.reshape(-(rank * _LOG_2PI + log_det + squares) / 2, shape)[()]

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """Return the density at x; parameters are those of `logpdf`."""
        return np.exp(self.logpdf(x, mean, cov, allow_singular))

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """Return the expected value of ``-logpdf``.

        Parameters
        ----------
        mean : Tensor or array, (d,)
            Of no influence.
        cov : Tensor or array, (d, d)

        Returns
        -------
        Tensor or number
        """
        _, mean, cov = _parameters(0.0, mean, cov)
        n = np.shape(cov)[0]
        return (n * (1 + _LOG_2PI) + np.linalg.slogdet(cov)[1]) / 2


def _parameters(x: Any, mean: Any, cov: Any) -> tuple[Any, Any, Any]:
    """Return x of shape (..., d), mean of shape (d,) and cov of shape (d, d)."""
    x, cov = joined(x), joined(cov)
    n = np.shape(cov)[0] if np.ndim(cov) else np.size(plain(mean)) if mean is not None else 1
    mean = np.zeros(n) if mean is None else np.reshape(joined(mean), (-1,))
    if np.ndim(cov) < 2:
        cov = np.eye(n) * cov
    if np.shape(cov) != (n, n) or np.shape(mean) != (n,):
        raise ValueError(
            f"multivariate_normal: a mean of shape {np.shape(mean)} and a covariance of shape "
            f"{np.shape(cov)} do not fit"
        )
    if n == 1 and np.shape(x)[-1:] != (1,):
        x = np.expand_dims(x, -1)
    return x, mean, cov


def _regular(d: Any, cov: Any) -> tuple[Any, Any, int]:
    """Return the squared lengths of vectors in the metric of cov, its log det and its rank."""
    factor = np.linalg.cholesky(cov)
    z = solve_triangular(factor, np.swapaxes(d, 0, 1), lower=True)
    log_det = 2 * np.sum(np.log(np.diagonal(factor)))
    return np.sum(z * z, axis=0), log_det, np.shape(cov)[0]


def _singular(d: Any, cov: Any) -> tuple[Any, Any, int]:
    """Return the same in the directions with a variance; infinite lengths for vectors beyond."""
    values, vectors = np.linalg.eigh(plain(cov))
    tolerance = 1e6 * np.finfo(values.dtype).eps * np.max(np.abs(values))
    if values[0] < -tolerance:
        raise np.linalg.LinAlgError("multivariate_normal: the covariance has a negative eigenvalue")
    kept = values > tolerance
    basis = vectors[:, kept]
    inner = basis.T @ cov @ basis
    squares, log_det, rank = _regular(d @ basis, inner)
    beyond = np.linalg.norm(plain(d) @ vectors[:, ~kept], axis=-1) > 1e3 * tolerance
    return np.where(beyond, np.inf, squares), log_det, rank


class Dirichlet(Named):
    """``scipy.stats.dirichlet``, whose density takes nodes."""

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """Return the logarithm of the density at x.

        Parameters
        ----------
        x : Tensor or array, (d,) or (d, n)
            Not negative, with the sum 1 over the first axis; the last entry may be left out.
        alpha : Tensor or array, (d,)
            Positive.

        Returns
        -------
        Tensor or array
            Of the shape of x without its first axis.

        Raises
        ------
        ValueError
            If an entry is negative or the sum is not 1; if an entry of alpha is not positive.
        """
        x, alpha = joined(x), joined(alpha)
        if not (np.ndim(x) and np.ndim(alpha)):
            raise ValueError(
                f"dirichlet: x and alpha have an axis for the categories, got shapes {np.shape(x)} "
                f"and {np.shape(alpha)}"
            )
        if np.shape(x)[0] == np.shape(alpha)[0] - 1:
            x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
        numbers = np.asarray(plain(x))
        if (numbers < 0).any() or (np.abs(numbers.sum(axis=0) - 1) > 1e-9).any():
            raise ValueError(
                "dirichlet: the entries of x are not negative and sum to 1 over the first axis"
            )
        if (np.asarray(plain(alpha)) <= 0).any():
            raise ValueError("dirichlet: the entries of alpha are positive")
        powers = np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1)) - 1
        log_beta = np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))
        return np.sum(xlogy(powers, x), axis=0) - log_beta

    def pdf(self, x: Any, alpha: Any) -> Any:
        """Return the density at x; parameters are those of `logpdf`."""
        return np.exp(self.logpdf(x, alpha))


multivariate_normal = MultivariateNormal("multivariate_normal")
dirichlet = Dirichlet("dirichlet")
