"""Distributions with a density, each by its logarithm and its distribution function.

Next: `discrete.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...special import (
    betainc,
    betaincc,
    betaln,
    expit,
    gammainc,
    gammaincc,
    gammaln,
    log_expit,
    log_ndtr,
    ndtr,
    ndtri,
    stdtr,
    xlog1py,
    xlogy,
)
from .distribution import Continuous, is_positive

_LOG_SQRT_2PI = math.log(2 * math.pi) / 2
_POSITIVE = (0.0, math.inf)

norm = Continuous(
    "norm",
    lambda z: -z * z / 2 - _LOG_SQRT_2PI,
    ndtr,
    sf=lambda z: ndtr(-z),
    logcdf=log_ndtr,
    logsf=lambda z: log_ndtr(-z),
    ppf=ndtri,
)
t = Continuous(
    "t",
    lambda z, df: -(df + 1) / 2 * np.log1p(z * z / df) - betaln(df / 2, 0.5) - np.log(df) / 2,
    lambda z, df: stdtr(df, z),
    sf=lambda z, df: stdtr(df, -z),
    shapes={"df": is_positive},
)
cauchy = Continuous(
    "cauchy",
    lambda z: -np.log1p(z * z) - math.log(math.pi),
    lambda z: np.arctan2(1.0, -z) / math.pi,
    sf=lambda z: np.arctan2(1.0, z) / math.pi,
)
laplace = Continuous(
    "laplace",
    lambda z: -np.abs(z) - math.log(2),
    lambda z: np.where(z < 0, np.exp(z) / 2, 1 - np.exp(-z) / 2),
    sf=lambda z: np.where(z > 0, np.exp(-z) / 2, 1 - np.exp(z) / 2),
)
logistic = Continuous(
    "logistic",
    lambda z: log_expit(z) + log_expit(-z),
    expit,
    sf=lambda z: expit(-z),
    logcdf=log_expit,
    logsf=lambda z: log_expit(-z),
)

# --------------------------------------------------------------------------------------------------
# Of positive numbers


def _log_gamma_density(z: Any, a: Any) -> Any:
    return xlogy(a - 1, z) - z - gammaln(a)


gamma = Continuous(
    "gamma",
    _log_gamma_density,
    lambda z, a: gammainc(a, z),
    sf=lambda z, a: gammaincc(a, z),
    support=_POSITIVE,
    shapes={"a": is_positive},
)
chi2 = Continuous(
    "chi2",
    lambda z, df: _log_gamma_density(z / 2, df / 2) - math.log(2),
    lambda z, df: gammainc(df / 2, z / 2),
    sf=lambda z, df: gammaincc(df / 2, z / 2),
    support=_POSITIVE,
    shapes={"df": is_positive},
)
expon = Continuous(
    "expon",
    lambda z: -z,
    lambda z: -np.expm1(-z),
    sf=lambda z: np.exp(-z),
    logsf=lambda z: -z,
    support=_POSITIVE,
)


def _weibull_exponent(z: Any, c: Any) -> Any:
    # z**c, but nan for any number where c is
    return np.exp(xlogy(c, z))


weibull_min = Continuous(
    "weibull_min",
    lambda z, c: np.log(c) + xlogy(c - 1, z) - _weibull_exponent(z, c),
    lambda z, c: -np.expm1(-_weibull_exponent(z, c)),
    sf=lambda z, c: np.exp(-_weibull_exponent(z, c)),
    logsf=lambda z, c: -_weibull_exponent(z, c),
    support=_POSITIVE,
    shapes={"c": is_positive},
)


def _log_lognorm_density(z: Any, s: Any) -> Any:
    # as a product, which is -inf at 0
    w = np.log(z)
    return -w * (w / (2 * s * s) + 1) - np.log(s) - _LOG_SQRT_2PI


lognorm = Continuous(
    "lognorm",
    _log_lognorm_density,
    lambda z, s: ndtr(np.log(z) / s),
    sf=lambda z, s: ndtr(-np.log(z) / s),
    logcdf=lambda z, s: log_ndtr(np.log(z) / s),
    logsf=lambda z, s: log_ndtr(-np.log(z) / s),
    support=_POSITIVE,
    shapes={"s": is_positive},
)

# --------------------------------------------------------------------------------------------------
# Between 0 and 1

beta = Continuous(
    "beta",
    lambda z, a, b: xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b),
    lambda z, a, b: betainc(a, b, z),
    sf=lambda z, a, b: betaincc(a, b, z),
    support=(0.0, 1.0),
    shapes={"a": is_positive, "b": is_positive},
)
uniform = Continuous("uniform", lambda z: 0.0 * z, lambda z: z, support=(0.0, 1.0))
