"""`numpy.apply_along_axis` and `apply_over_axes` on nodes. Next: `differences.py`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from ..dispatch import implements
from .common import as_tensor


@implements(np.apply_along_axis)
def _apply_along_axis(
    func1d: Callable[..., Any], axis: Any, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    x = as_tensor(arr)
    at = one_axis(axis, x.ndim, "apply_along_axis")
    rest = tuple(n for i, n in enumerate(x.shape) if i != at)
    if 0 in rest:
        raise ValueError(f"np.apply_along_axis: shape {x.shape} has no vector along axis {at}")
    vectors = np.reshape(np.moveaxis(x, at, -1), (prod(rest), x.shape[at]))
    z = np.stack([as_tensor(func1d(v, *args, **kwargs)) for v in vectors])
    n, new = len(rest), z.ndim - 1
    # the result of the function takes the place of the axis
    order = (*range(at), *range(n, n + new), *range(at, n))
    return np.transpose(np.reshape(z, (*rest, *z.shape[1:])), order)


@implements(np.apply_over_axes)
def _apply_over_axes(func: Callable[[Any, int], Any], a: Any, axes: Any) -> Any:
    x = as_tensor(a)
    for axis in np.atleast_1d(axes).tolist():
        at = one_axis(axis, x.ndim, "apply_over_axes")
        z = as_tensor(func(x, at))
        z = z if z.ndim == x.ndim else np.expand_dims(z, at)
        if z.ndim != x.ndim:
            raise ValueError(
                f"np.apply_over_axes: the function made shape {z.shape} of {x.shape}; it may drop "
                "the axis, and no other"
            )
        x = z
    return x
