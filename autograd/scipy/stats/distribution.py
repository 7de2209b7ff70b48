"""The base of distributions of one number: parameters, support, and derived functions.

Next: `continuous.py`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from ...interop.common import is_traced, joined
from ...special.common import scipy as _special

scipy: Any = import_module(_special.__name__.replace("special", "stats"))

Formula = Callable[..., Any]
Support = tuple[Any, Any]
_EVERYWHERE = (-math.inf, math.inf)


def is_positive(parameter: Any) -> Any:
    """Whether a parameter is positive."""
    return parameter > 0


def is_probability(parameter: Any) -> Any:
    """Whether a parameter lies between 0 and 1."""
    return (parameter >= 0) & (parameter <= 1)


def _allowed(parameter: Any, fits: Formula) -> Any:
    """Return a parameter with nan in place of values that are not allowed."""
    if not is_traced(parameter) and np.all(fits(parameter)):
        return parameter
    return np.where(fits(parameter), parameter, np.nan)


def _outside_is(number: float, outside: Any, z: Any) -> Any:
    """Return z with a number outside; nan, that of parameters which are not allowed, stays."""
    return np.where(outside & ~np.isnan(z), number, z)


def _bare(z: Any) -> Any:
    return z[()] if isinstance(z, np.ndarray) else z


class Named:
    """A distribution by its name; what has no formula here is SciPy's."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(getattr(scipy, self.__name__), name)

    def __repr__(self) -> str:
        return f"<distribution {self.__name__}>"


class Distribution(Named):
    """A distribution of one number: SciPy's methods, from formulas in z = (x - loc) / scale.

    Parameters
    ----------
    name : str
        SciPy's name.
    logarithm : callable
        Of z and the shape parameters: the logarithm of the density, or of the probability.
    cdf : callable
        Of z and the shape parameters: the distribution function.
    support : pair, or callable of the shape parameters
        Between which ends z lies.
    shapes : mapping of str to callable
        The shape parameters in their order, and what tells whether they are allowed.
    **formulas
        ``sf``, ``logcdf``, ``logsf``, ``ppf``, where there is a better form than what follows.
    """

    _places: Mapping[str, float] = {"loc": 0.0, "scale": 1.0}

    def __init__(
        self,
        name: str,
        logarithm: Formula,
        cdf: Formula,
        *,
        support: Support | Callable[..., Support] = _EVERYWHERE,
        shapes: Mapping[str, Formula] | None = None,
        **formulas: Formula,
    ):
        super().__init__(name)
        self._logarithm = logarithm
        self._formulas = {"cdf": cdf, **formulas}
        self._support: Formula = support if callable(support) else lambda *shapes: support
        self._shapes = dict(shapes or {})
        of = inspect.Parameter
        self._signature = inspect.Signature(
            [of(n, of.POSITIONAL_OR_KEYWORD) for n in ("x", *self._shapes)]
            + [of(n, of.POSITIONAL_OR_KEYWORD, default=d) for n, d in self._places.items()]
        )

    def _parameters(self, x: Any, arguments: Any, options: Any) -> tuple[Any, list[Any], Any, Any]:
        """Return x, the shape parameters, with nan for those not allowed, loc and scale."""
        bound = self._signature.bind(x, *arguments, **options)
        bound.apply_defaults()
        given = {name: joined(value) for name, value in bound.arguments.items()}
        shapes = [_allowed(given[n], fits) for n, fits in self._shapes.items()]
        return given["x"], shapes, given["loc"], given.get("scale", 1.0)

    def _outside(self, z: Any, ends: Support) -> Any:
        return (z < ends[0]) | (z > ends[1])

    def _somewhere(self, ends: Support) -> Any:
        return ends[0] + 0.5

    def _clipped(self, z: Any, ends: Support) -> Any:
        low, high = ends
        if ends is _EVERYWHERE:
            return z
        return np.where(z < low, low, np.where(z > high, high, z))

    def _log_density(self, x: Any, arguments: Any, options: Any) -> Any:
        x, shapes, loc, scale = self._parameters(x, arguments, options)
        with np.errstate(all="ignore"):  # the logarithm of a negative scale is nan
            z, ends = np.divide(x - loc, scale), self._support(*shapes)
            if ends is _EVERYWHERE:
                return _bare(self._logarithm(z, *shapes) - np.log(scale))
            outside = self._outside(z, ends)
            # numbers outside are replaced by any number of the support
            z = np.where(outside, self._somewhere(ends), z)
            z = _outside_is(-np.inf, outside, self._logarithm(z, *shapes))
            return _bare(z - np.log(scale))

    def _probability(self, name: str, x: Any, arguments: Any, options: Any) -> Any:
        x, shapes, loc, scale = self._parameters(x, arguments, options)
        with np.errstate(all="ignore"):
            z = (x - loc) / _allowed(scale, is_positive)
            z = self._clipped(z, self._support(*shapes))
            return _bare(self._follows(name, z, shapes))

    def _follows(self, name: str, z: Any, shapes: list[Any]) -> Any:
        """Return a formula, or what follows from the others."""
        if name in self._formulas:
            return self._formulas[name](z, *shapes)
        if name == "sf":
            return 1.0 - self._formulas["cdf"](z, *shapes)
        return np.log(self._follows(name.removeprefix("log"), z, shapes))

    def cdf(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the probability of at most x, for shape parameters, ``loc`` and ``scale``."""
        return self._probability("cdf", x, arguments, options)

    def logcdf(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the logarithm of `cdf`."""
        return self._probability("logcdf", x, arguments, options)

    def sf(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the probability of more than x, for shape parameters, ``loc`` and ``scale``."""
        return self._probability("sf", x, arguments, options)

    def logsf(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the logarithm of `sf`."""
        return self._probability("logsf", x, arguments, options)


class Continuous(Distribution):
    """A distribution with a density."""

    def pdf(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the density at x, for shape parameters, ``loc`` and ``scale``."""
        return np.exp(self.logpdf(x, *arguments, **options))

    def logpdf(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the logarithm of the density."""
        return self._log_density(x, arguments, options)

    def ppf(self, q: Any, *arguments: Any, **options: Any) -> Any:
        """Return the number with the probability q below it."""
        if "ppf" not in self._formulas:
            return getattr(scipy, self.__name__).ppf(q, *arguments, **options)
        q, shapes, loc, scale = self._parameters(q, arguments, options)
        with np.errstate(all="ignore"):
            return _bare(self._formulas["ppf"](q, *shapes) * _allowed(scale, is_positive) + loc)


class Discrete(Distribution):
    """A distribution of whole numbers."""

    _places: Mapping[str, float] = {"loc": 0.0}

    def _outside(self, z: Any, ends: Support) -> Any:
        # not !=, so that nan stays nan
        return super()._outside(z, ends) | (z > np.floor(z))

    def _somewhere(self, ends: Support) -> Any:
        return ends[0]

    def _clipped(self, z: Any, ends: Support) -> Any:
        return np.floor(z)

    def _follows(self, name: str, z: Any, shapes: list[Any]) -> Any:
        if name.startswith("log"):
            return super()._follows(name, z, shapes)
        low, high = self._support(*shapes)
        none, whole = z < low, z >= high
        p = super()._follows(name, np.where(none | whole, low, z), shapes)
        p = _outside_is(float(name == "sf"), none, p)
        return _outside_is(float(name == "cdf"), whole, p)

    def pmf(self, k: Any, *arguments: Any, **options: Any) -> Any:
        """Return the probability of k, for shape parameters and ``loc``."""
        return np.exp(self.logpmf(k, *arguments, **options))

    def logpmf(self, k: Any, *arguments: Any, **options: Any) -> Any:
        """Return the logarithm of the probability."""
        return self._log_density(k, arguments, options)
