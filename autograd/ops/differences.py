"""Differences of neighbours along an axis, forward and central. Next: `polynomials.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import order_of
from ..op import Op, structural
from .indexing import put

Shape = tuple[int, ...]


def _part(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


def _pull_diff(g: Any, x_shape: Shape, axis: int, n: int) -> Any:
    # the differences of g padded with zeros, with the opposite sign for an odd order
    length = x_shape[axis]
    wide = (*x_shape[:axis], length + n, *x_shape[axis + 1 :])
    c = diff(put(g, index=_part(axis, n, length), shape=wide), axis=axis, n=n)
    return -c if n % 2 else c


def _pull_diff_array(saved: Any, g: Any) -> Any:
    """Do what `_pull_diff` does, order by order and without padding."""
    x_shape, axis, n = saved
    if type(g) is not np.ndarray:
        return _pull_diff(g, x_shape, axis, n)
    for length in range(x_shape[axis] - n + 1, x_shape[axis] + 1):
        c = np.empty((*x_shape[:axis], length, *x_shape[axis + 1 :]), g.dtype, order_of(g))
        if length == 1:
            c.fill(0)
        else:
            first, last, inner = _part(axis, 0, 1), _part(axis, -1, None), _part(axis, 1, -1)
            np.subtract(g[_part(axis, None, -1)], g[_part(axis, 1, None)], c[inner])
            # NumPy 2.4 negates one column into another wrongly if the rows have 8 entries
            c[first] = -g[first]
            c[last] = g[last]
        g = c
    return g


diff: Op = structural(
    "diff",
    lambda x, axis=0, n=1: np.diff(x, n, axis),
    x=_pull_diff,
    fast={(True,): _pull_diff_array},
    doc="The differences of order ``n`` along an axis, at most as many as it has entries.",
)

# --------------------------------------------------------------------------------------------------
# Central differences: (x_(i+1) - x_(i-1)) / 2 inside, and one-sided ones at the two ends

# the weights of the first entries in the first slope; at the other end mirrored, with opposite sign
ENDS = {1: (-1.0, 1.0), 2: (-1.5, 2.0, -0.5)}


def _end(g: Any, axis: int, at: int, factors: tuple[float, ...]) -> Any:
    """Return the slope at one end times each of its weights, as entries along the axis."""
    shape = (-1,) + (1,) * (len(np.shape(g)) - axis - 1)
    return g[_part(axis, at, at + 1 or None)] * np.array(factors, g.dtype).reshape(shape)


def _pull_gradient(g: Any, x_shape: Shape, axis: int, edge_order: int) -> Any:
    n, factors = x_shape[axis], ENDS[edge_order]
    inner = 0.5 * g[_part(axis, 1, n - 1)]
    first, last = _end(g, axis, 0, factors), _end(g, axis, -1, tuple(-w for w in factors[::-1]))
    places = ((2, n), inner), ((0, n - 2), -inner), ((0, len(factors)), first)
    c = put(last, index=_part(axis, n - len(factors), n), shape=x_shape)
    for (start, stop), part in places:
        c = c + put(part, index=_part(axis, start, stop), shape=x_shape)
    return c


def _pull_gradient_array(saved: Any, g: Any) -> Any:
    """Take the central differences of g with the opposite sign, and then correct the ends."""
    x_shape, axis, edge_order = saved
    if type(g) is not np.ndarray or x_shape[axis] < 4:
        return _pull_gradient(g, x_shape, axis, edge_order)
    factors = ENDS[edge_order]
    c = np.empty_like(g, g.dtype.type)  # in the order of bytes of this machine
    np.subtract(g[_part(axis, None, -2)], g[_part(axis, 2, None)], c[_part(axis, 1, -1)])
    # the slopes at the ends are no central ones
    c[_part(axis, 0, 2)] = -g[_part(axis, 1, 3)]
    c[_part(axis, -2, None)] = g[_part(axis, -3, -1)]
    c *= 0.5
    c[_part(axis, 0, len(factors))] += _end(g, axis, 0, factors)
    c[_part(axis, -len(factors), None)] -= _end(g, axis, -1, factors[::-1])
    return c


gradient: Op = structural(
    "gradient",
    lambda x, axis=0, edge_order=1: np.gradient(x, axis=axis, edge_order=edge_order),
    x=_pull_gradient,
    fast={(True,): _pull_gradient_array},
    doc="The slopes along an axis with steps of 1: central differences, one-sided at the ends.",
)
