"""Running maxima and minima: cummax, cummin. Next: `softmaxes.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import Op, structural
from .reductions import Shape, counting, cutting, of_dtype


def _pull_running(g: Any, x: Any, z: Any, x_shape: Shape, axis: int) -> Any:
    # while an extremum lasts, the entries equal to it so far share the gradient evenly; their parts
    # are summed by doubling, so that sums of other runs, which may be infinite, do not matter
    n = x_shape[axis]
    if n < 2:
        return g
    part, join = cutting(axis)
    ties = x == z
    begins = join(np.ones_like(part(ties, 0, 1)), part(z, 1, n) != part(z, 0, n - 1))
    run, total = np.cumsum(begins, axis=axis), np.cumsum(ties, axis=axis)
    before = cummax(np.where(begins, total - ties, 0), axis=axis)
    count = np.maximum(total - before, 1).astype(counting(g.dtype))
    s, d = of_dtype(g / count, g.dtype), 1
    while d < n:
        later = np.where(part(run, d, n) == part(run, 0, n - d), part(s, d, n), 0)
        s = join(part(s, 0, n - d) + later, part(s, n - d, n))
        d *= 2
    # after a nan every entry is nan
    return of_dtype(np.where(ties, s, np.where(z == z, 0, np.nan)), g.dtype)


def _pull_running_array(saved: Any, g: Any) -> Any:
    """Sum the gradient over the run of each extremum, if none is reached twice and none is nan."""
    x, z, x_shape, axis = saved
    if type(x) is not np.ndarray or type(g) is not np.ndarray or x_shape[axis] < 2:
        return _pull_running(g, *saved)
    lead, begins = (slice(None),) * axis, np.ones(x_shape, bool)
    before, after = z[(*lead, slice(None, -1))], z[(*lead, slice(1, None))]
    np.not_equal(before, after, begins[(*lead, slice(1, None))])
    if np.count_nonzero(x == z) != np.count_nonzero(begins) or np.isnan(z).any():
        return _pull_running(g, *saved)
    begins = np.moveaxis(begins, axis, -1)
    c = np.zeros(x_shape, g.dtype)
    sums = np.add.reduceat(np.moveaxis(g, axis, -1).ravel(), np.flatnonzero(begins))
    np.moveaxis(c, axis, -1)[begins] = sums
    return c


def _running(name: str, accumulate: Callable[..., Any]) -> Op:
    return structural(
        name,
        lambda x, axis=0: accumulate(x, axis=axis),
        x=_pull_running,
        bounded=False,
        fast={(True,): _pull_running_array},
    )


cummax = _running("cummax", np.maximum.accumulate)
cummin = _running("cummin", np.minimum.accumulate)
