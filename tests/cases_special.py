"""Rows of the table of cases for special functions, where SciPy is installed."""

from __future__ import annotations

import numpy as np

from .cases import OPERATIONS, case, sample

if "erf" in OPERATIONS:
    from scipy import integrate as scipy_integrate
    from scipy import linalg
    from scipy import special as scipy

    from autograd import special
    from autograd.misc.fixed_points import fixed_point
    from autograd.scipy import integrate

    # (function, low, high)
    UNARY = {
        "erf": (scipy.erf, -2, 2),
        "erfc": (scipy.erfc, -2, 2),
        "erfcx": (scipy.erfcx, -1.5, 3),
        "erfinv": (scipy.erfinv, -0.7, 0.7),
        "erfcinv": (scipy.erfcinv, 0.4, 1.6),
        "ndtr": (scipy.ndtr, -2, 2),
        "ndtri": (scipy.ndtri, 0.2, 0.8),
        "log_ndtr": (scipy.log_ndtr, -4, 2),
        "dawsn": (scipy.dawsn, -2, 2),
        "digamma": (scipy.digamma, 0.5, 4),
        "gammaln": (scipy.gammaln, 0.5, 4),
        "gamma": (scipy.gamma, 0.5, 3),
        "exp1": (scipy.exp1, 0.3, 3),
        "expi": (scipy.expi, 0.3, 3),
        "expit": (scipy.expit, -3, 3),
        "log_expit": (scipy.log_expit, -3, 3),
        "logit": (scipy.logit, 0.2, 0.8),
        "entr": (scipy.entr, 0.2, 3),
        "special.i0": (scipy.i0, -2, 2),
        "special.i1": (scipy.i1, -2, 2),
        "i0e": (scipy.i0e, -2, 2),
        "i1e": (scipy.i1e, -2, 2),
        "j0": (scipy.j0, -4, 4),
        "j1": (scipy.j1, -4, 4),
        "y0": (scipy.y0, 0.5, 5),
        "y1": (scipy.y1, 0.5, 5),
        "rgamma": (scipy.rgamma, 0.5, 3),
    }
    for _name, (_call, _low, _high) in UNARY.items():
        case(_name, "matrix", _call, sample((2, 3), _low, _high))
        case(_name, "0-d", _call, sample((), _low, _high))
        case(_name, "ours", OPERATIONS[_name], sample((3,), _low, _high), reference=_call)
    for _n in range(4):
        case(
            "polygamma",
            f"{_n}",
            lambda x, n=_n: special.polygamma(n, x),
            sample((3,), 0.7, 4),
            reference=lambda x, n=_n: scipy.polygamma(n, x),
        )
    case(
        "normal_ratio",
        "",
        OPERATIONS["normal_ratio"],
        sample((4,), -3, 3),
        reference=lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi) / scipy.ndtr(x),
    )
    for _name in ("beta", "betaln", "xlogy", "xlog1py", "rel_entr", "kl_div"):
        _x, _y = sample((2, 3), 0.5, 2.5), sample((3,), 0.4, 2.2, seed=5)
        case(_name, "row", getattr(scipy, _name), _x, _y)
        case(_name, "0-d", getattr(scipy, _name), sample((), 0.5, 2), sample((), 0.5, 2, seed=3))
    case("gammasgn", "", scipy.gammasgn, [-1.5, -0.5, 0.5], gradient=False)
    for _name in ("gammainc", "gammaincc", "iv", "ive", "jv", "yv"):
        _orders = sample((3,), 0.6, 2.5, seed=2)
        case(_name, "", getattr(scipy, _name), _orders, sample((2, 3), 0.5, 3), fixed=(0,))
    _shapes = sample((3,), 1.5, 4, seed=2), sample((), 1.5, 4, seed=3)
    for _name, _high in (("betainc", 0.9), ("betaincc", 0.9), ("fdtr", 3), ("fdtrc", 3)):
        case(_name, "", getattr(scipy, _name), *_shapes, sample((2, 3), 0.1, _high), fixed=(0, 1))
    case("stdtr", "", scipy.stdtr, _shapes[0], sample((2, 3), -2, 2), fixed=(0,))
    for _shape in ((3, 3), (2, 2, 2), (1, 1), (1, 3, 2, 2)):
        case("expm", f"{_shape}", special.expm, sample(_shape), reference=linalg.expm)
    case("yn", "", scipy.yn, [0.0, 1.0, 3.0], sample((2, 3), 0.5, 4), fixed=(0,))

    def spread(*shape, seed=0):
        """Return matrices whose diagonal outweighs the rest."""
        return sample(shape, -0.5, 0.5, seed) + 2 * np.eye(*shape[-2:])

    def positive(x):
        return np.matmul(x, np.swapaxes(x, -1, -2))

    case(
        "sqrtm",
        "",
        lambda x: special.matrices.sqrtm(positive(x)),
        spread(3, 3),
        reference=lambda x: linalg.sqrtm(positive(x)),
    )
    case(
        "solve_sylvester",
        "",
        special.matrices.solve_sylvester,
        spread(3, 3),
        spread(2, 2, seed=1),
        sample((3, 2)),
        reference=linalg.solve_sylvester,
    )
    for _lower in (False, True):
        for _unit in (False, True):
            case(
                "solve_triangular",
                f"{_lower} {_unit}",
                lambda x, y, low=_lower, u=_unit: special.matrices.solve_triangular(
                    x, y, lower=low, unit=u
                ),
                spread(3, 3),
                sample((3, 2)),
                reference=lambda x, y, low=_lower, u=_unit: linalg.solve_triangular(
                    x, y, lower=low, unit_diagonal=u
                ),
            )
    for _below, _above in ((1, 1), (2, 0), (0, 0), (1, 3)):
        _bands = sample((_below + _above + 1, 5), -0.4, 0.4)
        _bands[_above] += 2
        case(
            "solve_banded",
            f"{_below} {_above}",
            lambda x, y, low=_below, up=_above: special.matrices.solve_banded(
                x, y, below=low, above=up
            ),
            _bands,
            sample((5, 2)),
            reference=lambda x, y, low=_below, up=_above: linalg.solve_banded((low, up), x, y),
        )

    _close = {"rtol": 1e-12, "atol": 1e-12}
    case(
        "odeint",
        "",
        lambda y, t: integrate.odeint(lambda y, t: -t * y, y, t, **_close),
        [1.5, 0.5],
        [0.1, 0.3, 1.0],
        reference=lambda y, t: scipy_integrate.odeint(lambda y, t: -t * y, y, t, **_close),
        dtypes=False,
    )
    case(
        "fixed_point",
        "",
        lambda a: fixed_point(
            lambda a: lambda x: (x + a / x) / 2,
            a,
            np.ones(2),
            lambda x, y: np.max(np.abs(x - y)),
            1e-13,
        ),
        [2.0, 3.0],
        reference=np.sqrt,
        dtypes=False,
    )
