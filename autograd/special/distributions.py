"""Distribution functions, whose derivative is the density. Next: `bessel.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import of_last
from .gamma_functions import betaln
from .logarithms import xlog1py, xlogy


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))


def _t_density(df: Any, t: Any) -> Any:
    return np.exp(-xlog1py((df + 1) / 2, t * t / df) - betaln(df / 2, 0.5)) / np.sqrt(df)


def _f_density(dfn: Any, dfd: Any, x: Any) -> Any:
    ratio = dfn / dfd
    logarithm = xlogy(dfn / 2 - 1, x * ratio) - xlog1py((dfn + dfd) / 2, x * ratio)
    return ratio * np.exp(logarithm - betaln(dfn / 2, dfd / 2))


betainc = of_last("betainc", _beta_density, "a", "b", notation="I({a}, {b}, {x})")
betaincc = of_last(
    "betaincc", lambda a, b, x: -_beta_density(a, b, x), "a", "b", notation="1 - I({a}, {b}, {x})"
)
stdtr = of_last("stdtr", _t_density, "df", last="t")
fdtr = of_last("fdtr", _f_density, "dfn", "dfd")
fdtrc = of_last("fdtrc", lambda dfn, dfd, x: -_f_density(dfn, dfd, x), "dfn", "dfd")
