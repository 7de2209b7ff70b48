"""Choices among inputs: extrema, `where` and `clip`. Next: `piecewise.py`.

Equal inputs share the derivative evenly, and an input that is not chosen gets exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import as_one, choose, sum_to
from ..op import elementwise
from ..rule import Pull
from .elementwise import BOTH, FIRST, SECOND

_PLAIN = {np.ndarray, np.float64, np.float32, float, int}


def are_arrays(x: Any, y: Any) -> bool:
    """Whether one of two operands is an array, and the other an array or a number."""
    kinds = {type(x), type(y)}
    return np.ndarray in kinds and kinds <= _PLAIN


def _share(x: Any, y: Any) -> Any:
    """Return 1 where x > y, 1/2 where they are equal, 0 elsewhere, in the dtype of the inputs."""
    return np.heaviside(np.where(x == y, 0, x - y), 0.5)


def _sides(x: Any, y: Any) -> tuple[Any, Any] | None:
    """Return (1 where x > y, 1 where x < y), with 1/2 where equal; None if there are nan or nodes.

    If no entries are equal, they are masks.
    """
    if not are_arrays(x, y):
        return None
    if x is y and x.size and not np.isnan(x.max()):
        half = x.dtype.type(0.5)
        return half, half
    above, below = np.greater(x, y), np.less(x, y)
    left = above.size - np.count_nonzero(above) - np.count_nonzero(below)
    if not left:
        return above, below
    dtype, equal = np.result_type(x, y), np.equal(x, y)
    if dtype.kind != "f" or np.count_nonzero(equal) < left:
        return None
    half = np.multiply(equal, 0.5, dtype=dtype)
    return half + above, np.add(half, below, half)


def _larger(x: Any, y: Any) -> tuple[Any, Any]:
    return _sides(x, y) or (_share(x, y), _share(y, x))


def _smaller(x: Any, y: Any) -> tuple[Any, Any]:
    larger, smaller = _larger(x, y)
    return smaller, larger


def _choosing(shares: Callable[[Any, Any], tuple[Any, Any]]) -> dict[tuple[bool, ...], Pull]:
    """Return the pullbacks of a choice between two inputs, given the function of their shares."""

    def pull_both(saved: Any, g: Any) -> Any:
        x, y, x_shape, y_shape = saved
        of_x, of_y = shares(x, y)
        if of_x is of_y:
            c = as_one(lambda g: g * of_x, g)
            return c, c
        return sum_to(g * of_x, x_shape), sum_to(g * of_y, y_shape)

    def pull_first(saved: Any, g: Any) -> Any:
        x, y, x_shape = saved
        return sum_to(g * shares(x, y)[0], x_shape)

    def pull_second(saved: Any, g: Any) -> Any:
        x, y, y_shape = saved
        return sum_to(g * shares(x, y)[1], y_shape)

    return {BOTH: pull_both, FIRST: pull_first, SECOND: pull_second}


maximum = elementwise(
    "maximum",
    np.maximum,
    x=lambda x, y: _share(x, y),
    y=lambda x, y: _share(y, x),
    bounded=True,
    selects=True,
    symbol="max",
    fast=_choosing(_larger),
)
minimum = elementwise(
    "minimum",
    np.minimum,
    x=lambda x, y: _share(y, x),
    y=lambda x, y: _share(x, y),
    bounded=True,
    selects=True,
    symbol="min",
    fast=_choosing(_smaller),
)


def _share_of_numbers(x: Any, y: Any, d: Any) -> Any:
    """Return 1 where d > 0, which is x - y or y - x, or y is nan; 1/2 where x = y; 0 elsewhere."""
    d = np.where(x == y, 0, d)
    return np.heaviside(np.where(np.isnan(d), np.where(np.isnan(y), 1, -1), d), 0.5)


def _numbers_larger(x: Any, y: Any) -> tuple[Any, Any]:
    return _sides(x, y) or (_share_of_numbers(x, y, x - y), _share_of_numbers(y, x, y - x))


def _numbers_smaller(x: Any, y: Any) -> tuple[Any, Any]:
    found = _sides(x, y)
    if found:
        return found[::-1]
    return _share_of_numbers(x, y, y - x), _share_of_numbers(y, x, x - y)


fmax = elementwise(
    "fmax",
    np.fmax,
    x=lambda x, y: _share_of_numbers(x, y, x - y),
    y=lambda x, y: _share_of_numbers(y, x, y - x),
    bounded=True,
    plain=False,
    selects=True,
    fast=_choosing(_numbers_larger),
)
fmin = elementwise(
    "fmin",
    np.fmin,
    x=lambda x, y: _share_of_numbers(x, y, y - x),
    y=lambda x, y: _share_of_numbers(y, x, x - y),
    bounded=True,
    plain=False,
    selects=True,
    fast=_choosing(_numbers_smaller),
)


def _where(condition: Any, x: Any, y: Any) -> Any:
    return choose(condition, x, y)[()]


where = elementwise(
    "where",
    _where,
    condition=None,
    # compared with False, as NumPy turns a mask into integers to compare it with 0
    x=lambda condition: np.not_equal(condition, False),
    y=lambda condition: np.equal(condition, False),
    bounded=True,
    plain=False,
    selects=True,
)


def _inside(x: Any, low: Any, high: Any) -> Any:
    inside, different = (low <= x) & (x <= high), low != high
    # where the bounds are equal, the result is the bound
    return inside if different is True else inside & different


clip = elementwise(
    "clip",
    lambda x, low, high: np.clip(x, low, high),
    x=_inside,
    low=lambda x, low, high: (x < low) & (low <= high),
    high=lambda x, low, high: (x > high) | (low > high) | ((x == high) & (low == high)),
    bounded=True,
    selects=True,
)
