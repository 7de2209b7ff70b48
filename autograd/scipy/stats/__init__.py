"""`scipy.stats` on nodes, as far as it has derivatives: densities and distribution functions.

Each distribution has the methods of SciPy's; what has no derivative here, such as ``rvs``, is
SciPy's own. Reading order: `distribution.py`, `continuous.py`, `discrete.py`, `multivariate.py`.

Examples
--------
Every distribution of one number: its density, or the probability, and the slope by that number or
by the last parameter.

>>> def show(call, names, argnums=0):
...     for name in names.split():
...         density = getattr(autograd.scipy.stats, name)
...         z, slope = value_and_grad(lambda *v: call(density, *v), argnums)(0.5, 2.0)
...         print(f"{name} {z:.2f} {slope:.2f}", end=", ")
>>> show(lambda d, x, _: d.pdf(x), "norm laplace logistic cauchy expon uniform")
norm 0.35 -0.18, laplace 0.30 -0.30, logistic 0.24 -0.06, cauchy 0.25 -0.20, expon 0.61 -0.61,
uniform 1.00 0.00,
>>> show(lambda d, x, a: d.pdf(x, a), "gamma chi2 t lognorm weibull_min")
gamma 0.30 0.30, chi2 0.39 -0.19, t 0.30 -0.20, lognorm 0.38 -0.62, weibull_min 0.78 0.78,
>>> show(lambda d, x, b: d.pdf(x, 3.0, b), "beta", argnums=1)
beta 1.50 0.59,
>>> show(lambda d, p, _: d.pmf(1, p), "bernoulli poisson")
bernoulli 0.50 1.00, poisson 0.30 0.30,
>>> show(lambda d, p, n: d.pmf(1, n, p), "binom")
binom 0.50 0.00,
>>> grad(multivariate_normal.logpdf)(np.array([1.0, 2.0]), np.zeros(2), np.eye(2))
array([-1., -2.])
>>> grad(dirichlet.logpdf, 1)(np.array([0.5, 0.5]), np.array([1.0, 1.0])).round(4)
array([0.3069, 0.3069])
"""

from __future__ import annotations

import sys
from typing import Any

from .continuous import (
    beta,
    cauchy,
    chi2,
    expon,
    gamma,
    laplace,
    logistic,
    lognorm,
    norm,
    t,
    uniform,
    weibull_min,
)
from .discrete import bernoulli, binom, poisson
from .distribution import scipy
from .multivariate import dirichlet, multivariate_normal

__all__ = [
    "bernoulli",
    "beta",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "gamma",
    "laplace",
    "logistic",
    "lognorm",
    "multivariate_normal",
    "norm",
    "poisson",
    "t",
    "uniform",
    "weibull_min",
]

# ``import autograd.scipy.stats.norm`` finds the distribution
for _name in __all__:
    sys.modules[f"{__name__}.{_name}"] = globals()[_name]


def __getattr__(name: str) -> Any:
    return getattr(scipy, name)


def __dir__() -> list[str]:
    return dir(scipy)
