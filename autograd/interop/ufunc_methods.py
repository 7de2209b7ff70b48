"""Reductions and running totals by universal functions on nodes. Next: `nan_reductions.py`.

``np.add.reduce(x)`` is `numpy.sum` along the first axis, and the like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..axes import normal_axis
from ..dispatch import METHODS
from ..ops import running
from .common import UNSET, as_tensor, cast, refuse


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
        given = {k: v for k, v in options.items() if v is not None and v is not UNSET}
        x = cast(name, as_tensor(array), dtype)
        return function(x, axis=axis, keepdims=keepdims, **given)

    return reduce


def _accumulate(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse(name, out=out)
        x = cast(name, as_tensor(array), dtype)
        if x.ndim == 0:
            raise TypeError(f"np.{name}: needs an axis, got a 0-d array")
        return function(x, axis=normal_axis(axis, x.ndim, name))

    return accumulate


def _logsumexp(x: Any, axis: Any, keepdims: bool, **options: Any) -> Any:
    refuse("logaddexp.reduce", **options)
    return x.logsumexp(axis, keepdims)


def _running_logsumexp(x: Any, axis: int) -> Any:
    # after steps 1, 2, 4, ... of doubling each entry holds those of as many places before it
    lead, d = (slice(None),) * axis, 1
    while d < x.shape[axis]:
        later = np.logaddexp(x[(*lead, slice(d, None))], x[(*lead, slice(None, -d))])
        x = np.concatenate([x[(*lead, slice(None, d))], later], axis=axis)
        d *= 2
    return x


_REDUCED: dict[np.ufunc, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
    np.logaddexp: _logsumexp,
}
_ACCUMULATED: dict[np.ufunc, Any] = {
    np.add: np.cumsum,
    np.multiply: np.cumprod,
    np.maximum: running.cummax,
    np.minimum: running.cummin,
    np.logaddexp: _running_logsumexp,
}
for _ufunc, _function in _REDUCED.items():
    METHODS[_ufunc, "reduce"] = _reduce(f"{_ufunc.__name__}.reduce", _function)
for _ufunc, _function in _ACCUMULATED.items():
    METHODS[_ufunc, "accumulate"] = _accumulate(f"{_ufunc.__name__}.accumulate", _function)
