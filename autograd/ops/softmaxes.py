"""Sums of exponentials over axes: logsumexp, softmax, log_softmax. Next: `shaping.py`.

Exponentials run quietly: one that is too small for a number is the 0 that it should be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import as_floats, by_rows, exp_quietly, in_columns, quietly
from ..op import structural
from .reductions import Shape, keep, reduced_shape

_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce


def shift(x: Any, axis: Any) -> Any:
    """Return the maximum to subtract before exponentials; 0 if infinite, or if x is empty."""
    if not x.size:
        return _add(x, axis, None, None, True)
    m = _maximum(x, axis, None, None, True)
    return m if np.isfinite(m).all() else np.where(np.isfinite(m), m, 0)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    x = as_floats(x)
    m = shift(x, axis)
    r = quietly(_log_total, x - m, axis) + m
    return r if keepdims else np.reshape(r, reduced_shape(np.shape(x), axis))


def _log_total(shifted: Any, axis: Any) -> Any:
    return np.log(_add(np.exp(shifted), axis, None, None, True))


def _pull_logsumexp(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any) -> Any:
    # softmax(x), or 0 if a whole slice is -inf; exp(x - z) would be less exact
    finite = np.isfinite(keep(z, x_shape, axis))
    return keep(g, x_shape, axis) * np.where(finite, softmax(x, axis=axis), 0)


def _logsumexp_saving(x: Any, axis: Any = None, keepdims: bool = False) -> tuple[Any, Any]:
    """Return the result, and e^(x - m) with its sums, whose quotient is the derivative."""
    r, p, total = quietly(_shifted_parts, x, shift(x, axis), axis)
    if not np.isfinite(r).all():
        p, total = np.where(np.isfinite(r), p, 0), np.where(np.isfinite(r), total, 1)
    return (r if keepdims else np.reshape(r, reduced_shape(np.shape(x), axis))), (p, total)


def _shifted_parts(x: Any, m: Any, axis: Any) -> tuple[Any, Any, Any]:
    p = by_rows(np.subtract, x, m)
    p = np.exp(p, p if type(p) is np.ndarray else None)
    total = _add(p, axis, None, None, True)
    return np.log(total) + m, p, total


def _pull_logsumexp_saved(saved: Any, g: Any) -> Any:
    x_shape, axis, (p, total) = saved[2], saved[3], saved[-1]
    # dividing g by the sums first saves a pass over p
    return by_rows(np.multiply, p, keep(g, x_shape, axis) / total)


logsumexp = structural(
    "logsumexp",
    _logsumexp,
    x=_pull_logsumexp,
    notation="log Σ exp {x}",
    saving=_logsumexp_saving,
    fast={(True,): _pull_logsumexp_saved},
)


def _softmax(x: Any, axis: Any = -1) -> Any:
    return quietly(_shares, x, axis)


def _shares(x: Any, axis: Any) -> Any:
    e, into = _shifted(x, axis)
    e = np.exp(e, *into)
    return by_rows(np.divide, e, _add(e, axis, None, None, True), *into)


def _shifted(x: Any, axis: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return x - m, and the same to write results to, if that is an array."""
    x = as_floats(x)
    d = by_rows(np.subtract, x, shift(x, axis))
    return d, (d,) if type(d) is np.ndarray else ()


def _pull_softmax(g: Any, z: Any, axis: Any) -> Any:
    # the Jacobian is diag(z) - z zᵀ
    return z * (g - np.sum(g * z, axis=axis, keepdims=True))


def _pull_softmax_array(saved: Any, g: Any) -> Any:
    z, axis = saved
    if type(z) is not np.ndarray or type(g) is not np.ndarray or g.dtype is not z.dtype:
        return _pull_softmax(g, z, axis)
    if axis == z.ndim - 1 and not in_columns(z):
        total = np.vecdot(g, z)[..., None]
    else:
        total = _add(g * z, axis, None, None, True)
    d = by_rows(np.subtract, g, total)
    return np.multiply(d, z, d)


softmax = structural("softmax", _softmax, x=_pull_softmax, fast={(True,): _pull_softmax_array})


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    d, into = _shifted(x, axis)
    return by_rows(np.subtract, d, quietly(_log_total, d, axis), *into)


def _pull_log_softmax(g: Any, z: Any, axis: Any) -> Any:
    return g - np.exp(z) * np.sum(g, axis=axis, keepdims=True)


def _pull_log_softmax_array(saved: Any, g: Any) -> Any:
    z, axis = saved
    if type(z) is not np.ndarray or type(g) is not np.ndarray or g.dtype is not z.dtype:
        return _pull_log_softmax(g, z, axis)
    p = exp_quietly(z)
    by_rows(np.multiply, p, _add(g, axis, None, None, True), p)
    return np.subtract(g, p, p)


log_softmax = structural(
    "log_softmax", _log_softmax, x=_pull_log_softmax, fast={(True,): _pull_log_softmax_array}
)
