"""Differences of neighbours along an axis. Next: `assignment.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op, structural
from .indexing import put

Shape = tuple[int, ...]


def _part(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


def _pull_diff(g: Any, x_shape: Shape, axis: int, n: int) -> Any:
    # the differences of g between zeros, with the opposite sign for an odd order
    length = x_shape[axis]
    wide = (*x_shape[:axis], length + n, *x_shape[axis + 1 :])
    c = diff(put(g, index=_part(axis, n, length), shape=wide), axis=axis, n=n)
    return -c if n % 2 else c


def _pull_diff_array(saved: Any, g: Any) -> Any:
    """Take one order after the other, without the zeros."""
    x_shape, axis, n = saved
    if type(g) is not np.ndarray:
        return _pull_diff(g, x_shape, axis, n)
    for length in range(x_shape[axis] - n + 1, x_shape[axis] + 1):
        c = np.empty((*x_shape[:axis], length, *x_shape[axis + 1 :]), g.dtype)
        if length == 1:
            c.fill(0)
        else:
            first, last, inner = _part(axis, 0, 1), _part(axis, -1, None), _part(axis, 1, -1)
            np.negative(g[first], c[first])
            np.subtract(g[_part(axis, None, -1)], g[_part(axis, 1, None)], c[inner])
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
