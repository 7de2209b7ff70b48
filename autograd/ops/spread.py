"""The spread of a sample: var, std, and the squares that both are made of. Next: `running.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arithmetic import by_rows, choose, quietly
from ..op import structural
from .powers import without_0
from .reductions import Shape, keep, kept_shape

_add: Any = np.add.reduce


def _deviations(x: Any, axis: Any) -> Any:
    return x - np.mean(x, axis=axis, keepdims=True)


def _count(x_shape: Shape, axis: Any) -> int:
    """Return how many entries each result of a reduction comes from."""
    return math.prod(x_shape) // (math.prod(kept_shape(x_shape, axis)) or 1)


def _freedom(x_shape: Shape, axis: Any, ddof: float) -> Any:
    n = _count(x_shape, axis)
    return n - ddof if n > ddof else math.nan


def _pull_var(g: Any, x: Any, x_shape: Shape, axis: Any, ddof: float) -> Any:
    return keep(g, x_shape, axis) * (2 / _freedom(x_shape, axis, ddof)) * _deviations(x, axis)


def _pull_std(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any, ddof: float) -> Any:
    # the derivative at a constant is taken as 0; the mean of equal numbers may differ from them by
    # a rounding error, which must not count as a deviation
    if 0 in x_shape:
        return keep(g, x_shape, axis) * x
    constant = np.max(x, axis=axis, keepdims=True) == np.min(x, axis=axis, keepdims=True)
    d = np.where(constant, 0, _deviations(x, axis))
    z = keep(z, x_shape, axis)
    g = keep(g, x_shape, axis) / without_0(z)
    return g * (1 / _freedom(x_shape, axis, ddof)) * d


def _std(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)


def _var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)


def _var_saving(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Return the variance, by NumPy's own steps, and the deviations from the mean."""
    n = _count(x.shape, axis)
    if x.dtype.kind != "f" or x.dtype.itemsize < 4 or n <= ddof:
        return _var(x, axis, ddof, keepdims), None
    d = by_rows(np.subtract, x, _add(x, axis, None, None, True) / n)
    return _add(d * d, axis, None, None, keepdims) / (n - ddof), d


def _std_saving(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    z, d = _var_saving(x, axis, ddof, keepdims)
    return (_std(x, axis, ddof, keepdims) if d is None else np.sqrt(z)), d


def _pull_var_saved(saved: Any, g: Any) -> Any:
    x, x_shape, axis, ddof, d = saved
    if d is None or type(x) is not np.ndarray:
        return _pull_var(g, x, x_shape, axis, ddof)
    return d * (keep(g, x_shape, axis) * (2 / _freedom(x_shape, axis, ddof)))


def _pull_std_saved(saved: Any, g: Any) -> Any:
    x, z, x_shape, axis, ddof, d = saved
    if d is None or type(x) is not np.ndarray:
        return _pull_std(g, x, z, x_shape, axis, ddof)
    n = _count(x_shape, axis)
    kept = keep(z, x_shape, axis)
    first = tuple(slice(0, 1) if k == 1 else slice(None) for k in kept.shape)
    # only numbers as close as this can be equal up to rounding
    if np.any(kept <= 8 * n * np.finfo(x.dtype).eps * np.absolute(x[first])):
        return _pull_std(g, x, z, x_shape, axis, ddof)
    return keep(g, x_shape, axis) / (kept * _freedom(x_shape, axis, ddof)) * d


var = structural("var", _var, x=_pull_var, saving=_var_saving, fast={(True,): _pull_var_saved})
std = structural("std", _std, x=_pull_std, saving=_std_saving, fast={(True,): _pull_std_saved})

# --------------------------------------------------------------------------------------------------
# The squares that both are made of, of the entries where a mask is true


def _pull_squares(g: Any, x: Any, mask: Any, count: Any, axis: Any) -> Any:
    # the mean has no part in it, as the deviations add up to 0
    filled = np.where(mask, x, 0)
    d = filled - np.sum(filled, axis=axis, keepdims=True) / count
    return np.where(mask, 2 * g * d, 0)


def _squares_saving(x: Any, mask: Any, count: Any, axis: Any = None) -> tuple[Any, Any]:
    """Return the sum, and the deviations, which are 0 where the mask is false."""
    # a product takes less time than a choice, but leaves nan and infinities in
    filled = x * mask if np.isfinite(quietly(_add, x, None)) else choose(mask, x, 0)
    mean = _add(filled, axis, None, None, True) / count
    own = (filled,) if filled.size > 1 and filled.dtype == mean.dtype else ()
    d = np.multiply(by_rows(np.subtract, filled, mean, *own), mask, *own)
    return _add(d * d, axis, None, None, True), d


def _pull_squares_saved(saved: Any, g: Any) -> Any:
    *known, d = saved
    if type(d) is not np.ndarray or not np.isfinite(g).all():
        return _pull_squares(g, *known)
    return d * (2 * g)


squares = structural(
    "squares",
    lambda x, mask, count, axis=None: _squares_saving(x, mask, count, axis)[0],
    x=_pull_squares,
    mask=None,
    count=None,
    saving=_squares_saving,
    fast={(True, False, False): _pull_squares_saved},
    notation="Σ ({x} - mean)² where {mask}",
    doc="""The squared deviations from the mean of the entries where a mask is true, summed over
    axes, which are kept; ``count`` says how many entries are.""",
)
