"""NumPy's polynomials, given by their coefficients, on nodes. Next: `fits.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..op import kind_of_rank
from ..ops import polynomials
from ..settings import checked_size
from .common import as_tensor, is_node, plain
from .products import convolve


@implements(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    if isinstance(p, list | tuple) and not any(map(is_node, p)):
        p = np.asarray(p)
    kind = kind_of_rank(2)
    if isinstance(x, kind | np.ndarray) and isinstance(p, kind | np.ndarray) and np.ndim(p) == 1:
        return polynomials.polyval(p, x)
    # Horner's scheme, for Values and for coefficients that are arrays
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
    if checked_size("polyder: m", m, None) < 0:
        raise ValueError(f"polyder: the order m={m} must not be negative")
    p = _coefficients(p)
    for _ in range(min(int(m), p.size)):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@implements(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    if checked_size("polyint: m", m, None) < 0:
        raise ValueError(f"polyint: the order m={m} must not be negative")
    p = _coefficients(p)
    constants = as_tensor(np.zeros(m) if k is None else k)
    constants = constants.broadcast_to((m,)) if constants.size == 1 else constants
    if constants.size < m:
        raise ValueError(f"polyint: {m} constants are needed, got {constants.size}")
    for i in range(int(m)):
        p = np.concatenate([p / np.arange(p.size, 0, -1), constants[i : i + 1]])
    return p


@implements(np.polydiv)
def _polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    u, v = _coefficients(u), _coefficients(v)
    dtype = np.result_type(u.dtype, v.dtype)
    dtype = dtype if dtype.kind == "f" else np.dtype(float)
    rest, n = u.astype(dtype, copy=False), v.size
    quotient = []
    for _ in range(u.size - n + 1):
        quotient.append(rest[0] / v[0])
        # the first entry is now 0
        rest = np.concatenate([rest[1:n] - quotient[-1] * v[1:], rest[n:]])
    if len(quotient) == 0:
        return as_tensor(np.zeros(1, dtype)), rest
    zeros = np.isclose(plain(rest), 0)
    first = int(np.argmin(zeros)) if not np.all(zeros) else max(rest.size - 1, 0)
    return np.stack(quotient), rest[first:] if rest.size else as_tensor(np.zeros(1, dtype))


@implements(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    x = as_tensor(seq_of_zeros)
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    if x.ndim == 2 and x.shape[0] == x.shape[1]:
        return _characteristic(x)
    if x.ndim != 1:
        raise ValueError(f"np.poly: a vector or a square matrix is needed, got shape {x.shape}")
    p = as_tensor(np.ones(1, x.dtype))
    for i in range(x.size):
        p = convolve(p, np.concatenate([np.ones(1, x.dtype), -x[i : i + 1]]))
    return p


def _characteristic(a: Any) -> Any:
    """Return the coefficients of det(t - a), by traces of products (Faddeev and LeVerrier)."""
    one = np.eye(a.shape[0], dtype=a.dtype)
    found, m = [as_tensor(np.ones((), a.dtype))], as_tensor(one)
    for k in range(1, a.shape[0] + 1):
        product = np.matmul(a, m)
        found.append(-np.trace(product) / k)
        m = product + found[-1] * one
    return np.stack(found)
