"""Covariances on nodes: products of centred data with themselves. Next: `polynomials.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..mode import warn_user
from .common import as_tensor, cast, plain
from .products import diagonal


def _variables(x: Any, rowvar: bool, dtype: Any) -> Any:
    """Return observations with one row per variable."""
    if x.ndim > 2:
        raise ValueError(f"cov: at most 2 axes are possible, got shape {x.shape}")
    x = cast("cov", x, dtype)
    if x.ndim < 2:
        return x.reshape((1, -1))
    return x if rowvar else x.transpose()


def _weights(name: str, given: Any, n: int) -> Any:
    """Return weights of observations as a tensor of floats."""
    w = as_tensor(given)
    if w.shape != (n,):
        raise RuntimeError(f"cov: {name} must be a vector of {n} numbers, got shape {w.shape}")
    if np.any(plain(w) < 0):
        raise ValueError(f"cov: {name} must not be negative")
    return cast(f"cov: {name}", w, np.float64)


@implements(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: ddof must be an integer, got {ddof}")
    ddof = ddof if ddof is not None else 0 if bias else 1
    arrays = [as_tensor(a) for a in (m, y) if a is not None]
    dtype = dtype or np.result_type(np.float64, *(a.dtype for a in arrays))
    parts = [_variables(arrays[0], rowvar, dtype)]
    for other in arrays[1:]:
        # a vector is one variable, with or without rowvar
        parts.append(_variables(other, rowvar or other.shape[:1] in ((), (1,)), dtype))
    x = np.concatenate(parts, axis=0) if len(parts) > 1 else parts[0]
    x, w, free = _centred(x, fweights, aweights, ddof)
    if x.shape[0] and plain(free) <= 0:
        warn_user("Degrees of freedom <= 0 for slice", RuntimeWarning)
    c = np.matmul(x if w is None else x * w, x.transpose()) / np.maximum(free, 0)
    c = c if c.dtype == dtype else c.astype(dtype)
    return c.reshape(()) if c.shape == (1, 1) else c


def _centred(x: Any, fweights: Any, aweights: Any, ddof: int) -> tuple[Any, Any, Any]:
    """Return the deviations from the mean, the weights, and the degrees of freedom."""
    n = x.shape[1]
    if fweights is None and aweights is None:
        return x - x.mean(1, True), None, n - ddof
    f = None if fweights is None else _weights("fweights", fweights, n)
    a = None if aweights is None else _weights("aweights", aweights, n)
    if f is not None and np.any(plain(f) != np.rint(plain(f))):
        raise TypeError("cov: fweights must be integers: how often each observation occurs")
    w: Any = f if a is None else a if f is None else f * a
    total = w.sum()
    if a is None or not ddof:
        free = total - ddof
    else:
        free = total - ddof * ((w * a).sum() / total)
    return x - (x * w).sum(1, True) / total, w, free


@implements(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = _cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    spread = np.sqrt(diagonal(c, 0))
    return np.clip(c / spread[:, None] / spread, -1, 1)
