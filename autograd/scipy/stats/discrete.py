"""Distributions of whole numbers. Next: `multivariate.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...special import betainc, betaincc, gammainc, gammaincc, gammaln, xlog1py, xlogy
from .distribution import Discrete, is_probability

poisson = Discrete(
    "poisson",
    lambda k, mu: xlogy(k, mu) - gammaln(k + 1) - mu,
    lambda k, mu: gammaincc(k + 1, mu),
    sf=lambda k, mu: gammainc(k + 1, mu),
    support=(0.0, math.inf),
    shapes={"mu": lambda mu: mu >= 0},
)


def _log_choose(n: Any, k: Any) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


binom = Discrete(
    "binom",
    lambda k, n, p: _log_choose(n, k) + xlogy(k, p) + xlog1py(n - k, -p),
    lambda k, n, p: betaincc(k + 1, n - k, p),
    sf=lambda k, n, p: betainc(k + 1, n - k, p),
    support=lambda n, p: (0.0, n),
    shapes={"n": lambda n: (n >= 0) & (n == np.floor(n)), "p": is_probability},
)
bernoulli = Discrete(
    "bernoulli",
    lambda k, p: xlogy(k, p) + xlog1py(1 - k, -p),
    lambda k, p: betaincc(k + 1, 1 - k, p),
    sf=lambda k, p: betainc(k + 1, 1 - k, p),
    support=(0.0, 1.0),
    shapes={"p": is_probability},
)
