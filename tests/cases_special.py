"""Rows of the table of cases for special functions, where SciPy is installed."""

from __future__ import annotations

import numpy as np

from .cases import OPERATIONS, case, sample

if "erf" in OPERATIONS:
    from scipy import linalg
    from scipy import special as scipy

    from autograd import special

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
        "j0": (scipy.j0, -4, 4),
        "j1": (scipy.j1, -4, 4),
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
    for _name in ("gammainc", "gammaincc", "iv", "jv"):
        _orders = sample((3,), 0.6, 2.5, seed=2)
        case(_name, "", getattr(scipy, _name), _orders, sample((2, 3), 0.5, 3), fixed=(0,))
    _shapes = sample((3,), 1.5, 4, seed=2), sample((), 1.5, 4, seed=3)
    for _name, _high in (("betainc", 0.9), ("betaincc", 0.9), ("fdtr", 3), ("fdtrc", 3)):
        case(_name, "", getattr(scipy, _name), *_shapes, sample((2, 3), 0.1, _high), fixed=(0, 1))
    case("stdtr", "", scipy.stdtr, _shapes[0], sample((2, 3), -2, 2), fixed=(0,))
    for _shape in ((3, 3), (2, 2, 2), (1, 1), (1, 3, 2, 2)):
        case("expm", f"{_shape}", special.expm, sample(_shape), reference=linalg.expm)
