"""Reductions and running totals by universal functions on nodes. Next: `nan_reductions.py`.

``np.add.reduce(x)`` is `numpy.sum` along the first axis, and the like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch import METHODS
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


def _accumulate(function: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        return function(array, axis=axis, dtype=dtype, out=out)

    return accumulate


def _logsumexp(x: Any, axis: Any, keepdims: bool, **options: Any) -> Any:
    refuse("logaddexp.reduce", **options)
    return x.logsumexp(axis, keepdims)


_REDUCED: dict[np.ufunc, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
    np.logaddexp: _logsumexp,
}
_ACCUMULATED: dict[np.ufunc, Any] = {np.add: np.cumsum, np.multiply: np.cumprod}
for _ufunc, _function in _REDUCED.items():
    METHODS[_ufunc, "reduce"] = _reduce(f"{_ufunc.__name__}.reduce", _function)
for _ufunc, _function in _ACCUMULATED.items():
    METHODS[_ufunc, "accumulate"] = _accumulate(_function)
