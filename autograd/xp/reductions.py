"""The standard's reductions and running sums. Next: `searching.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import standard


@standard
def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether all entries over axes are true."""
    return np.all(x, axis=axis, keepdims=keepdims)


@standard
def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether any entry over axes is true."""
    return np.any(x, axis=axis, keepdims=keepdims)


@standard
def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return how many entries over axes are not 0."""
    return np.count_nonzero(x, axis=axis, keepdims=keepdims)


@standard
def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the largest entry over axes; equals share the gradient evenly."""
    return np.max(x, axis=axis, keepdims=keepdims)


@standard
def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the smallest entry over axes; equals share the gradient evenly."""
    return np.min(x, axis=axis, keepdims=keepdims)


@standard
def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return the sum over axes."""
    return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@standard
def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return the product over axes; its derivatives are exact for zeros."""
    return np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


@standard
def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the mean over axes."""
    return np.mean(x, axis=axis, keepdims=keepdims)


@standard
def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return the variance over axes, divided by the count less the correction."""
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


@standard
def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return the standard deviation over axes; its slope at a constant is 0."""
    return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)


@standard
def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running sums along an axis, with a 0 in front if wanted."""
    return np.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)


@standard
def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running products along an axis, with a 1 in front if wanted."""
    return np.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


@standard
def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """Return the n-th differences along an axis."""
    ends = {"prepend": prepend, "append": append}
    return np.diff(x, n, axis, **{k: v for k, v in ends.items() if v is not None})
