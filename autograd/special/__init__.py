"""SciPy's special functions, and the matrix exponential, on nodes; needs SciPy.

Once this module is imported, SciPy's own functions accept nodes as well: ``scipy.special.erf(x)``
of a node is `erf` of this module. Some arguments have no derivative here and must be plain numbers:
the order of a Bessel function, and all arguments but the last of `gammainc` and of distributions.

Reading order: `common.py`, `normal.py`, `gamma_functions.py`, `logarithms.py`, `distributions.py`,
`bessel.py`, `sums.py`, `matrices.py`.

Examples
--------
Every function and its derivative at 0.5. Of several arguments, either the first is 0.5 and the
second 2, or the last is 0.5 and those before it are 1 and 3.

>>> def show(functions, call=lambda f, x: f(x)):
...     for f in functions:
...         z, slope = value_and_grad(lambda x: call(f, x))(0.5)
...         print(f"{f.name} {z:.2f} {slope:.2f}", end=", ")
>>> show((erf, erfc, erfcx, erfinv, erfcinv))
erf 0.52 0.88, erfc 0.48 -0.88, erfcx 0.62 -0.51, erfinv 0.48 1.11, erfcinv 0.48 -1.11,
>>> show((dawsn, ndtr, ndtri, log_ndtr, entr))
dawsn 0.42 0.58, ndtr 0.69 0.35, ndtri 0.00 2.51, log_ndtr -0.37 0.51, entr 0.35 -0.31,
>>> show((expit, log_expit, logit, exp1, expi))
expit 0.62 0.24, log_expit -0.47 0.38, logit 0.00 4.00, exp1 0.56 -1.21, expi 0.45 3.30,
>>> show((gamma, gammaln, digamma, psi))
gamma 1.77 -3.48, gammaln 0.57 -1.96, digamma -1.96 4.93, digamma -1.96 4.93,
>>> show((rgamma, gammasgn))
rgamma 0.56 1.11, gammasgn 1.00 0.00,
>>> show((i0, i1, j0, j1))
special.i0 1.06 0.26, special.i1 0.26 0.55, j0 0.94 -0.24, j1 0.24 0.45,
>>> show((i0e, i1e))
i0e 0.65 -0.49, i1e 0.16 0.18,
>>> show((y0, y1))
y0 -0.44 1.47, y1 -1.47 2.50,
>>> show((beta, betaln, xlogy, xlog1py), lambda f, x: f(x, 2))
beta 1.33 -3.56, betaln 0.29 -2.67, xlogy 0.35 0.69, xlog1py 0.55 1.10,
>>> show((kl_div, rel_entr), lambda f, x: f(x, 2))
kl_div 0.81 -1.39, rel_entr -0.69 -0.39,
>>> show((gammainc, gammaincc, stdtr), lambda f, x: f(1, x))
gammainc 0.39 0.61, gammaincc 0.61 -0.61, stdtr 0.65 0.25,
>>> show((iv, ive, jv, jn, yv, yn), lambda f, x: f(1, x))
iv 0.26 0.55, ive 0.16 0.18, jv 0.24 0.45, jv 0.24 0.45, yv -1.47 2.50, yn -1.47 2.50,
>>> show((betainc, betaincc, fdtr, fdtrc), lambda f, x: f(1, 3, x))
betainc 0.88 0.75, betaincc 0.12 -0.75, fdtr 0.47 0.38, fdtrc 0.53 -0.38,
>>> expm(np.zeros((2, 2)))
array([[1., 0.],
       [0., 1.]])
"""

from .bessel import i0, i0e, i1, i1e, iv, ive, j0, j1, jn, jv, y0, y1, yn, yv
from .distributions import betainc, betaincc, fdtr, fdtrc, stdtr
from .gamma_functions import (
    beta,
    betaln,
    digamma,
    exp1,
    expi,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    gammasgn,
    multigammaln,
    polygamma,
    psi,
    rgamma,
)
from .logarithms import entr, expit, kl_div, log_expit, logit, rel_entr, xlog1py, xlogy
from .matrices import expm
from .normal import dawsn, erf, erfc, erfcinv, erfcx, erfinv, log_ndtr, ndtr, ndtri
from .normal import normal_ratio as normal_ratio
from .sums import log_softmax, logsumexp, softmax

__all__ = [
    "beta",
    "betainc",
    "betaincc",
    "betaln",
    "dawsn",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp1",
    "expi",
    "expit",
    "expm",
    "fdtr",
    "fdtrc",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gammasgn",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "jv",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "rgamma",
    "softmax",
    "stdtr",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yn",
    "yv",
]
