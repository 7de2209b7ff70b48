"""Polynomials given by their coefficients, the highest power first. Next: `assignment.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op, structural
from .powers import as_wide_as
from .shaping import stack

Shape = tuple[int, ...]


def _polyval(p: Any, x: Any) -> Any:
    """Return the values at ``x`` by Horner's scheme, in one array."""
    p, x = np.asarray(p), np.asarray(x)
    if not p.size:
        return np.zeros_like(x)
    y = np.full_like(x, p[0], np.result_type(p, x))
    for coefficient in p[1:]:
        np.multiply(y, x, y)
        np.add(y, coefficient, y)
    return y


def _slope(p: Any, x: Any) -> Any:
    p, powers = as_wide_as(x, p), np.arange(p.shape[0] - 1, 0, -1)
    return polyval(p[:-1] * (powers.astype(p.dtype) if p.dtype.kind == "f" else powers), x)


def _pull_coefficients(g: Any, x: Any, p_shape: Shape) -> Any:
    if type(x) is not np.ndarray or not np.isfinite(x).all():
        # a gradient of 0 stays 0, times infinity as well
        x = np.where((g == 0) & np.logical_not(np.isfinite(x)), 0.0, x)
    sums = []
    for k in range(p_shape[0]):
        g = g * x if k else g
        sums.append(np.sum(g))
    return stack(*sums[::-1], axis=0) if sums else np.sum(g) * np.zeros(0)


polyval: Op = structural(
    "polyval",
    _polyval,
    bounded=False,
    p=_pull_coefficients,
    x=_slope,
    doc="The polynomial with the coefficients ``p``, the highest power first, at ``x``.",
)
