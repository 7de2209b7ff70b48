"""Bessel functions; the order has no derivative. Next: `sums.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import Op, elementwise
from ..ops.elementwise import ALONE
from ..rule import Pull
from .common import of_last, scipy

iv: Op = of_last("iv", lambda order, x: (iv(order - 1, x) + iv(order + 1, x)) / 2, "order")
jv: Op = of_last("jv", lambda order, x: (jv(order - 1, x) - jv(order + 1, x)) / 2, "order")
yv: Op = of_last("yv", lambda order, x: (yv(order - 1, x) - yv(order + 1, x)) / 2, "order")
# the order is an integer: SciPy truncates it
yn = of_last(
    "yn",
    lambda order, x: (yv(np.trunc(order) - 1.0, x) - yv(np.trunc(order) + 1.0, x)) / 2,
    "order",
)
ive: Op = of_last(
    "ive",
    lambda order, x, z: (ive(order - 1, x) + ive(order + 1, x)) / 2 - np.sign(x) * z,
    "order",
    notation="exp(-|{x}|) iv({order}, {x})",
)
# SciPy has two names for this
jn = jv


def _by_order_0(f0: Any, rule: Callable[[Any], Any]) -> dict[tuple[bool, ...], Pull]:
    """Return the pullback of f₁ by f₁' = f₀ - f₁ / x, which is faster than the rule's f₂."""

    def pull(saved: Any, g: Any) -> Any:
        x, z = saved
        if type(x) is np.ndarray and np.all(x * x):  # the quotient is exact
            return g * (f0(x) - z / x)
        return g * rule(x)

    return {ALONE: pull}


def _slope_of_i1(x: Any) -> Any:
    return (i0(x) + iv(2.0, x)) / 2


def _slope_of_j1(x: Any) -> Any:
    return (j0(x) - jv(2.0, x)) / 2


def _slope_of_y1(x: Any) -> Any:
    return (y0(x) - yv(2.0, x)) / 2


# NumPy has an i0 as well
i0: Op = elementwise("special.i0", scipy.i0, x=lambda x: i1(x), notation="I₀({x})")
i1: Op = elementwise(
    "special.i1",
    scipy.i1,
    x=lambda x, z: _slope_of_i1(x),
    notation="I₁({x})",
    fast=_by_order_0(scipy.i0, _slope_of_i1),
)
i0e: Op = elementwise(
    "i0e",
    scipy.i0e,
    x=lambda x, z: i1e(x) - np.sign(x) * z,
    notation="exp(-|{x}|) I₀({x})",
)
i1e: Op = elementwise(
    "i1e",
    scipy.i1e,
    x=lambda x, z: (i0e(x) + ive(2.0, x)) / 2 - np.sign(x) * z,
    notation="exp(-|{x}|) I₁({x})",
)
j0: Op = elementwise("j0", scipy.j0, x=lambda x: -j1(x), notation="J₀({x})")
j1: Op = elementwise(
    "j1",
    scipy.j1,
    x=lambda x, z: _slope_of_j1(x),
    notation="J₁({x})",
    fast=_by_order_0(scipy.j0, _slope_of_j1),
)
y0: Op = elementwise("y0", scipy.y0, x=lambda x: -y1(x), notation="Y₀({x})")
y1: Op = elementwise(
    "y1",
    scipy.y1,
    x=lambda x, z: _slope_of_y1(x),
    notation="Y₁({x})",
    fast=_by_order_0(scipy.y0, _slope_of_y1),
)
