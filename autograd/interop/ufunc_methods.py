"""Reductions and running totals by universal functions on nodes. Next: `ufunc_parts.py`.

``np.add.reduce(x)`` is `numpy.sum` along the first axis, and the like; what has no such name is
computed entry by entry, as NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis, one_axis, reduced_axis
from ..dispatch import METHODS, of_any
from ..ops import choices, running
from ..ops.reductions import keep
from .common import UNSET, as_tensor, cast, lead, refuse
from .reductions import given, mask_of, masked, start


def _reduce(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        refuse(name, out=out)
        options = {"initial": initial, "where": where}
        x = cast(name, as_tensor(array), dtype)
        return function(
            x, axis=axis, keepdims=keepdims, **{k: v for k, v in options.items() if given(v)}
        )

    return reduce


def _accumulate(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse(name, out=out)
        x = cast(name, as_tensor(array), dtype)
        if x.ndim == 0:
            raise TypeError(f"np.{name}: needs an axis, got a 0-d array")
        return function(x, axis=normal_axis(axis, x.ndim, name))

    return accumulate


# --------------------------------------------------------------------------------------------------
# Sums of exponentials, of base e or 2


def _log_total(join: Any, scale: float) -> Any:
    def total(x: Any, axis: Any, keepdims: bool, initial: Any = UNSET, where: Any = UNSET) -> Any:
        x = masked(join.__name__, carried(join, x), where, -np.inf)
        if scale == 1.0:
            z = x.logsumexp(axis, keepdims)
        else:
            z = (x * scale).logsumexp(axis, keepdims) / scale
        return join(z, start(join.__name__, initial, z.dtype)) if given(initial) else z

    return total


def _running_total(join: Any) -> Any:
    def run(x: Any, axis: int) -> Any:
        # by doubling: after steps 1, 2, 4, ... each entry combines as many entries before it
        front, d = lead(axis), 1
        while d < x.shape[axis]:
            later = join(x[(*front, slice(d, None))], x[(*front, slice(None, -d))])
            x = np.concatenate([x[(*front, slice(None, d))], later], axis=axis)
            d *= 2
        return x

    return run


_REDUCED: dict[np.ufunc, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.fmax: np.nanmax,
    np.fmin: np.nanmin,
    np.logical_and: np.all,
    np.logical_or: np.any,
    np.logaddexp: _log_total(np.logaddexp, 1.0),
    np.logaddexp2: _log_total(np.logaddexp2, float(np.log(2.0))),
}
_ACCUMULATED: dict[np.ufunc, Any] = {
    np.add: np.cumsum,
    np.multiply: np.cumprod,
    np.maximum: running.cummax,
    np.minimum: running.cummin,
    np.logaddexp: _running_total(np.logaddexp),
    np.logaddexp2: _running_total(np.logaddexp2),
}
for _ufunc, _function in _REDUCED.items():
    METHODS[_ufunc, "reduce"] = _reduce(f"{_ufunc.__name__}.reduce", _function)
for _ufunc, _function in _ACCUMULATED.items():
    METHODS[_ufunc, "accumulate"] = _accumulate(f"{_ufunc.__name__}.accumulate", _function)

# --------------------------------------------------------------------------------------------------
# All other functions: one entry after the other


def carried(ufunc: np.ufunc, x: Any) -> Any:
    """Return a tensor in the dtype in which a function accumulates."""
    # a wide one for sums of small integers
    return cast(ufunc.__name__, x, ufunc.reduce(np.ones(1, x.dtype)).dtype)


def _entries(x: Any, axis: int) -> list[Any]:
    return [x[(*lead(axis), i)] for i in range(x.shape[axis])]


@of_any("reduce")
def _fold(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    name = f"{ufunc.__name__}.reduce"
    x = carried(ufunc, cast(name, as_tensor(array), dtype))
    axes = reduced_axis(axis, x.ndim, name)
    axes = tuple(range(x.ndim)) if axes is None else axes if isinstance(axes, tuple) else (axes,)
    if len(axes) > 1:
        ufunc.reduce(np.empty((1, 1), x.dtype), axis=(0, 1))  # raises if order matters
    entries, shape = _lined_up(x, axes)
    masks = [True] * len(entries)
    if where is not UNSET and where is not True:
        masks, _ = _lined_up(mask_of(name, where, x.shape), axes)
    z = ufunc.identity if initial is UNSET else initial
    if z is not None:
        z = as_tensor(z).astype(x.dtype, copy=False).broadcast_to(shape)
    elif entries and masks[0] is True:
        (z, *entries), masks = entries, masks[1:]
    else:
        raise ValueError(f"np.{name}: has no identity to begin with; give initial=")
    for entry, chosen in zip(entries, masks, strict=True):
        z = ufunc(z, entry) if chosen is True else choices.where(chosen, ufunc(z, entry), z)
    return keep(z, x.shape, axes) if keepdims else z


def _lined_up(a: Any, axes: tuple[int, ...]) -> tuple[list[Any], tuple[int, ...]]:
    """Return the parts of a tensor at each position along axes, in order, and their shape."""
    rest = [i for i in range(a.ndim) if i not in axes]
    shape = tuple(a.shape[i] for i in rest)
    moved = np.transpose(a, (*axes, *rest)) if a.ndim > 1 else a
    return _entries(np.reshape(moved, (prod(a.shape[i] for i in axes), *shape)), 0), shape


@of_any("accumulate")
def _fold_all(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None) -> Any:
    name = f"{ufunc.__name__}.accumulate"
    x = carried(ufunc, cast(name, as_tensor(array), dtype))
    if x.ndim == 0:
        raise TypeError(f"np.{name}: needs an axis, got a 0-d array")
    at = one_axis(axis, x.ndim, name)
    if not x.size:
        return x
    z, *entries = _entries(x, at)
    found = [z]
    for entry in entries:
        found.append(ufunc(found[-1], entry))
    return np.stack(found, axis=at)
