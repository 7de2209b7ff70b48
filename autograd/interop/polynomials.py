"""NumPy's polynomials, given by their coefficients, on nodes. Next: `linalg.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..op import kind_of_rank
from ..ops import polynomials
from .common import as_tensor, is_node, plain
from .products import convolve


@implements(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    if isinstance(p, list | tuple) and not any(map(is_node, p)):
        p = np.asarray(p)
    kind = kind_of_rank(2)
    if isinstance(x, kind | np.ndarray) and isinstance(p, kind | np.ndarray) and np.ndim(p) == 1:
        return polynomials.polyval(p, x)
    # Horner's scheme, which takes values, and coefficients that are arrays
    y: Any = np.zeros_like(plain(x))
    for i, coefficient in enumerate(p):
        y = y * x + coefficient if i else y + coefficient
    return y


def _coefficients(p: Any) -> Any:
    p = as_tensor(p)
    return p.reshape(1) if p.ndim == 0 else p


@implements(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    a, b = _coefficients(a1), _coefficients(a2)
    n = max(a.size, b.size)
    return _padded(a, n) + _padded(b, n)


@implements(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    return _polyadd(a1, -_coefficients(a2))


def _padded(p: Any, n: int) -> Any:
    return p if p.size == n else np.concatenate([np.zeros(n - p.size, p.dtype), p])


@implements(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    return convolve(_coefficients(a1), _coefficients(a2))


@implements(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    if m < 0:
        raise ValueError(f"polyder: the order m={m} must not be negative")
    p = _coefficients(p)
    for _ in range(int(m)):
        p = p[:-1] * np.arange(p.size - 1, 0, -1).astype(p.dtype)
    return p


@implements(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    if m < 0:
        raise ValueError(f"polyint: the order m={m} must not be negative")
    p = _coefficients(p)
    constants = as_tensor(np.zeros(m) if k is None else k)
    constants = constants.broadcast_to((m,)) if constants.size == 1 else constants
    if constants.size < m:
        raise ValueError(f"polyint: {m} constants are needed, got {constants.size}")
    for i in range(int(m)):
        whole = p / np.arange(p.size, 0, -1).astype(p.dtype)
        p = np.concatenate([whole, constants[i : i + 1].astype(p.dtype)])
    return p
