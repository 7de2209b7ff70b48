"""SciPy's special functions, and the matrix exponential, on nodes; needs SciPy. Next: `numpy.py`.

Once this module is imported, SciPy's own functions accept nodes as well: ``scipy.special.erf(x)``
of a node is `erf` of this module. Some arguments have no derivative here and must be plain numbers:
the order of a Bessel function, and all arguments but the last of `gammainc` and of distributions.

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
>>> show((i0, i1, j0, j1))
special.i0 1.06 0.26, special.i1 0.26 0.55, j0 0.94 -0.24, j1 0.24 0.45,
>>> show((beta, betaln, xlogy, xlog1py), lambda f, x: f(x, 2))
beta 1.33 -3.56, betaln 0.29 -2.67, xlogy 0.35 0.69, xlog1py 0.55 1.10,
>>> show((kl_div, rel_entr), lambda f, x: f(x, 2))
kl_div 0.81 -1.39, rel_entr -0.69 -0.39,
>>> show((gammainc, gammaincc, iv, jv, stdtr), lambda f, x: f(1, x))
gammainc 0.39 0.61, gammaincc 0.61 -0.61, iv 0.26 0.55, jv 0.24 0.45, stdtr 0.65 0.25,
>>> show((betainc, betaincc, fdtr, fdtrc), lambda f, x: f(1, 3, x))
betainc 0.88 0.75, betaincc 0.12 -0.75, fdtr 0.47 0.38, fdtrc 0.53 -0.38,
>>> expm(np.zeros((2, 2)))
array([[1., 0.],
       [0., 1.]])
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from . import functions
from .mode import is_grad_enabled
from .op import Op, elementwise, register, structural
from .ops.linalg import mt

try:
    _scipy: Any = import_module("scipy.special")
    _scipy_linalg: Any = import_module("scipy.linalg")
except ImportError as error:
    raise ImportError(
        "autograd.special stands on SciPy, which is not installed: pip install 'glassgrad[scipy]'"
    ) from error


class _OfLast(Op):
    """An operation whose last argument alone has a known derivative; others must not want one."""

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        for name, x in zip(self.inputs[:-1], arguments, strict=False):
            if getattr(x, "requires_grad", False) and is_grad_enabled():
                raise TypeError(
                    f"{self.name}: the derivative with respect to {name} is not known; hand over "
                    "numbers without a gradient, such as .detach() gives"
                )
        return super().__call__(*arguments, **parameters)


def _of_last(
    name: str, rule: Callable[..., Any], *others: str, last: str = "x", notation: str | None = None
) -> Op:
    forward = getattr(_scipy, name)
    rules = {**dict.fromkeys(others), last: rule}
    return register(_OfLast(name, forward, rules, elementwise=True, notation=notation), forward)


_SQRT_PI = math.sqrt(math.pi)
_SQRT_2PI = math.sqrt(2 * math.pi)

# --------------------------------------------------------------------------------------------------
# The error function and the normal distribution

erf = elementwise(
    "erf", _scipy.erf, x=lambda x: 2 / _SQRT_PI * np.exp(-x * x), bounded=True, scalar=math.erf
)
erfc = elementwise(
    "erfc", _scipy.erfc, x=lambda x: -2 / _SQRT_PI * np.exp(-x * x), bounded=True, scalar=math.erfc
)
erfcx = elementwise("erfcx", _scipy.erfcx, x=lambda x, z: 2 * x * z - 2 / _SQRT_PI)
erfinv = elementwise("erfinv", _scipy.erfinv, x=lambda z: _SQRT_PI / 2 * np.exp(z * z))
erfcinv = elementwise("erfcinv", _scipy.erfcinv, x=lambda z: -_SQRT_PI / 2 * np.exp(z * z))
ndtr = elementwise(
    "ndtr", _scipy.ndtr, x=lambda x: np.exp(-x * x / 2) / _SQRT_2PI, bounded=True, notation="Φ({x})"
)
ndtri = elementwise("ndtri", _scipy.ndtri, x=lambda z: _SQRT_2PI * np.exp(z * z / 2))
normal_ratio = elementwise(
    "normal_ratio",
    lambda x: _scipy.erfcx(x * -math.sqrt(0.5)) ** -1 * math.sqrt(2 / math.pi),
    x=lambda x, z: -z * (x + z),
    bounded=True,
    plain=False,
    notation="φ({x}) / Φ({x})",
    doc="The density of the normal distribution over its distribution function: log Φ derived.",
)
log_ndtr = elementwise(
    "log_ndtr",
    _scipy.log_ndtr,
    x=lambda x: normal_ratio(x),
    bounded=True,
    plain=False,
    notation="log Φ({x})",
)
dawsn = elementwise("dawsn", _scipy.dawsn, x=lambda x, z: 1 - 2 * x * z, bounded=True, plain=False)

# --------------------------------------------------------------------------------------------------
# The gamma function and its kin


def _polygamma(x: Any, n: int) -> Any:
    if n == 0:
        return _scipy.psi(x)
    return (-1.0) ** (n + 1) * math.factorial(n) * _scipy.zeta(n + 1, x)


_polygammas: Op = elementwise(
    "polygamma",
    _polygamma,
    x=lambda x, n: _polygammas(x, n=n + 1),
    notation="ψₙ({x})",
    doc="The derivatives of log Γ: n = 0 is the digamma function.",
)
digamma = psi = elementwise(
    "digamma", _scipy.psi, x=lambda x: _polygammas(x, n=1), notation="ψ({x})"
)
gammaln = elementwise("gammaln", _scipy.gammaln, x=lambda x: digamma(x), notation="log |Γ({x})|")
gamma = elementwise("gamma", _scipy.gamma, x=lambda x, z: z * digamma(x), notation="Γ({x})")
beta = elementwise(
    "beta",
    _scipy.beta,
    x=lambda x, y, z: z * (digamma(x) - digamma(x + y)),
    y=lambda x, y, z: z * (digamma(y) - digamma(x + y)),
    notation="B({x}, {y})",
)
betaln = elementwise(
    "betaln",
    _scipy.betaln,
    x=lambda x, y: digamma(x) - digamma(x + y),
    y=lambda x, y: digamma(y) - digamma(x + y),
    notation="log B({x}, {y})",
)


def _gamma_density(x: Any, y: Any) -> Any:
    return np.exp(xlogy(x - 1, y) - y - gammaln(x))


gammainc = _of_last("gammainc", _gamma_density, "x", last="y", notation="P({x}, {y})")
gammaincc = _of_last(
    "gammaincc", lambda x, y: -_gamma_density(x, y), "x", last="y", notation="Q({x}, {y})"
)
exp1 = elementwise("exp1", _scipy.exp1, x=lambda x: -np.exp(-x) / x, notation="E₁({x})")
expi = elementwise("expi", _scipy.expi, x=lambda x: np.exp(x) / x, notation="Ei({x})")


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
        raise TypeError(f"polygamma: the order must be an integer of at least 0, got {n!r}")
    return _polygammas(x, n=int(n))


# --------------------------------------------------------------------------------------------------
# Logistic functions and entropies; 0 log 0 is 0, and so are its derivatives

expit: Op = elementwise(
    "expit",
    _scipy.expit,
    x=lambda x: expit(x) * expit(-x),
    bounded=True,
    notation="σ({x})",
)
log_expit = elementwise("log_expit", _scipy.log_expit, x=lambda x: expit(-x), bounded=True)
logit = elementwise("logit", _scipy.logit, x=lambda x: 1 / (x * (1 - x)))


def _both_0(x: Any, y: Any) -> Any:
    return (x == 0) & (y == 0)


def _quotient(x: Any, y: Any) -> Any:
    """Return x / y, and 0 for 0 / 0."""
    none = _both_0(x, y)
    return np.where(none, 0, x) / np.where(none, 1, y)


def _log_quotient(x: Any, y: Any) -> Any:
    """Return log(x / y), and 0 for 0 / 0."""
    none = _both_0(x, y)
    return np.log(np.where(none, 1, x) / np.where(none, 1, y))


xlogy = elementwise(
    "xlogy",
    _scipy.xlogy,
    x=lambda x, y: np.log(np.where(_both_0(x, y), 1, y)),
    y=_quotient,
    notation="{x} log {y}",
)
xlog1py = elementwise(
    "xlog1py",
    _scipy.xlog1py,
    x=lambda x, y: np.log1p(np.where(_both_0(x, 1 + y), 0, y)),
    y=lambda x, y: _quotient(x, 1 + y),
    notation="{x} log(1 + {y})",
)
entr = elementwise("entr", _scipy.entr, x=lambda x: -np.log(x) - 1, notation="-{x} log {x}")
rel_entr = elementwise(
    "rel_entr",
    _scipy.rel_entr,
    x=lambda x, y: np.where(_both_0(x, y), 0, _log_quotient(x, y) + 1),
    y=lambda x, y: -_quotient(x, y),
    notation="{x} log({x} / {y})",
)
kl_div = elementwise(
    "kl_div",
    _scipy.kl_div,
    x=_log_quotient,
    y=lambda x, y: np.where(_both_0(x, y), 0, 1 - _quotient(x, y)),
    notation="{x} log({x} / {y}) - {x} + {y}",
)

# --------------------------------------------------------------------------------------------------
# Distribution functions, whose derivative is the density


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))


def _t_density(df: Any, t: Any) -> Any:
    return np.exp(-xlog1py((df + 1) / 2, t * t / df) - betaln(df / 2, 0.5)) / np.sqrt(df)


def _f_density(dfn: Any, dfd: Any, x: Any) -> Any:
    ratio = dfn / dfd
    logarithm = xlogy(dfn / 2 - 1, x * ratio) - xlog1py((dfn + dfd) / 2, x * ratio)
    return ratio * np.exp(logarithm - betaln(dfn / 2, dfd / 2))


betainc = _of_last("betainc", _beta_density, "a", "b", notation="I({a}, {b}, {x})")
betaincc = _of_last(
    "betaincc", lambda a, b, x: -_beta_density(a, b, x), "a", "b", notation="1 - I({a}, {b}, {x})"
)
stdtr = _of_last("stdtr", _t_density, "df", last="t")
fdtr = _of_last("fdtr", _f_density, "dfn", "dfd")
fdtrc = _of_last("fdtrc", lambda dfn, dfd, x: -_f_density(dfn, dfd, x), "dfn", "dfd")

# --------------------------------------------------------------------------------------------------
# Bessel functions; the order has no derivative

iv: Op = _of_last("iv", lambda order, x: (iv(order - 1, x) + iv(order + 1, x)) / 2, "order")
jv: Op = _of_last("jv", lambda order, x: (jv(order - 1, x) - jv(order + 1, x)) / 2, "order")
# NumPy has an i0 of its own
i0: Op = elementwise("special.i0", _scipy.i0, x=lambda x: i1(x), notation="I₀({x})")
i1: Op = elementwise(
    "special.i1", _scipy.i1, x=lambda x: (i0(x) + iv(2.0, x)) / 2, notation="I₁({x})"
)
j0: Op = elementwise("j0", _scipy.j0, x=lambda x: -j1(x), notation="J₀({x})")
j1: Op = elementwise("j1", _scipy.j1, x=lambda x: (j0(x) - jv(2.0, x)) / 2, notation="J₁({x})")

# --------------------------------------------------------------------------------------------------
# Sums of exponentials, with SciPy's defaults


def logsumexp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Return log Σ exp(a) over ``axis``, without overflow.

    Parameters
    ----------
    a : Tensor or array
    axis : int, tuple of int or None
        The axes to sum over; None for all.
    keepdims : bool

    Returns
    -------
    Tensor or array

    Examples
    --------
    >>> float(logsumexp(np.array([0.0, 0.0])).round(4))
    0.6931
    """
    return functions.logsumexp(a, axis=axis, keepdims=keepdims)


def softmax(x: Any, axis: Any = None) -> Any:
    """Return exp(x) / Σ exp(x); as in SciPy over all axes, unless ``axis`` is given.

    Parameters
    ----------
    x : Tensor or array
    axis : int, tuple of int or None

    Returns
    -------
    Tensor or array
        Of the shape of x.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return functions.softmax(x, axis=axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return x - log Σ exp(x); as in SciPy over all axes, unless ``axis`` is given.

    Parameters
    ----------
    x : Tensor or array
    axis : int, tuple of int or None

    Returns
    -------
    Tensor or array
        Of the shape of x.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """
    return functions.log_softmax(x, axis=axis)


# --------------------------------------------------------------------------------------------------
# The matrix exponential


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
    lambda x: _scipy_linalg.expm(x),
    x=_pull_expm,
    notation="exp {x}",
    doc="The matrix exponential of square matrices, over the last two axes.",
)

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
    "i0",
    "i1",
    "iv",
    "j0",
    "j1",
    "jv",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "softmax",
    "stdtr",
    "xlog1py",
    "xlogy",
]
