"""Operations over axes: sum, prod, max, cumsum, cumprod. Next: `spread.py`.

``axis`` is None, an integer or a tuple, and ``keepdims`` a bool, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import by_rows, stretch
from ..op import Op, structural

Shape = tuple[int, ...]

_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce


def kept_shape(shape: Shape, axis: Any) -> Shape:
    """Return ``shape`` with the reduced axes as 1, which is the shape under ``keepdims``."""
    if axis is None:
        return (1,) * len(shape)
    if type(axis) is int:
        at = axis % len(shape)
        return (*shape[:at], 1, *shape[at + 1 :])
    axes = {a % len(shape) for a in ((axis,) if isinstance(axis, int | np.integer) else axis)}
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def reduced_shape(shape: Shape, axis: Any) -> Shape:
    """Return ``shape`` without the reduced axes."""
    if axis is None:
        return ()
    axes = {a % len(shape) for a in ((axis,) if isinstance(axis, int | np.integer) else axis)}
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def keep(r: Any, x_shape: Shape, axis: Any) -> Any:
    """Put the reduced axes of a result back as axes of length 1."""
    shape = kept_shape(x_shape, axis)
    return r if np.shape(r) == shape else np.reshape(r, shape)


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _add(x, axis, None, None, keepdims)


def _pull_sum(g: Any, x_shape: Shape, axis: Any) -> Any:
    return np.broadcast_to(keep(g, x_shape, axis), x_shape)


def _pull_sum_array(saved: Any, g: Any) -> Any:
    x_shape, axis = saved
    if type(g) is np.ndarray:
        return stretch(keep(g, x_shape, axis), x_shape)
    return stretch(g, x_shape) if isinstance(g, np.generic) else _pull_sum(g, x_shape, axis)


sum = structural("sum", _sum, x=_pull_sum, symbol="Σ", fast={(True,): _pull_sum_array})


def exclusive_prod(x: Any, axis: int) -> Any:
    """Return for every entry the product of all others along an axis, exact for zeros.

    Pairs are multiplied, their exclusive products found, and each entry gets its pair's times its
    partner. Only products occur, so every derivative is exact as well.
    """
    n = np.shape(x)[axis]
    lead = (slice(None),) * axis
    if n <= 1:
        return x * 0 + 1 if n and bool(np.all(np.isfinite(_plain(x)))) else np.ones_like(_plain(x))
    half = n // 2
    even, odd = x[(*lead, slice(0, 2 * half, 2))], x[(*lead, slice(1, n, 2))]
    pairs = even * odd
    if n % 2:
        pairs = np.concatenate([pairs, x[(*lead, slice(n - 1, n))]], axis=axis)
    others = exclusive_prod(pairs, axis)
    paired = others[(*lead, slice(0, half))]
    both = np.stack([paired * odd, paired * even], axis=axis + 1)
    shape = np.shape(x)
    both = np.reshape(both, (*shape[:axis], 2 * half, *shape[axis + 1 :]))
    if n % 2:
        both = np.concatenate([both, others[(*lead, slice(half, None))]], axis=axis)
    return both


def _plain(x: Any) -> Any:
    return getattr(x, "data", x) if not isinstance(x, np.ndarray) else x


def _pull_prod(g: Any, x: Any, x_shape: Shape, axis: Any) -> Any:
    axes = range(len(x_shape)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    reduced = [a % len(x_shape) for a in axes]
    rest = [a for a in range(len(x_shape)) if a not in reduced]
    # the reduced axes are moved to the front as one, and back afterwards
    order = (*reduced, *rest)
    moved = np.transpose(x, order)
    shape = np.shape(moved)
    flat = np.reshape(moved, (int(np.prod(shape[: len(reduced)])), *shape[len(reduced) :]))
    others = np.reshape(exclusive_prod(flat, 0), shape)
    back = tuple(int(i) for i in np.argsort(order))
    return keep(g, x_shape, axis) * np.transpose(others, back)


def _undisturbed(product: Callable[..., Any], x: Any, **options: Any) -> tuple[Any, Any]:
    """Return a product, and the same to divide by factors, or None if that may be inexact."""
    if x.dtype.kind == "f":
        try:
            with np.errstate(over="raise", under="raise"):
                z = product(x, **options)
            return z, z
        except FloatingPointError:
            pass
    return product(x, **options), None


def _prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.prod(x, axis=axis, keepdims=keepdims)


def _prod_saving(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _undisturbed(np.prod, x, axis=axis, keepdims=keepdims)


def _pull_prod_saved(saved: Any, g: Any) -> Any:
    """Divide by x, where no factor is 0 or infinite, and nothing leaves the range."""
    x, x_shape, axis, z = saved
    if z is not None and type(x) is np.ndarray and np.all(z) and np.isfinite(z).all():
        try:
            with np.errstate(over="raise", under="raise"):
                return by_rows(np.divide, keep(g * z, x_shape, axis), x)
        except FloatingPointError:
            pass
    return _pull_prod(g, x, x_shape, axis)


prod = structural(
    "prod",
    _prod,
    x=_pull_prod,
    symbol="Π",
    saving=_prod_saving,
    fast={(True,): _pull_prod_saved},
)


def counting(dtype: Any) -> Any:
    """Return a dtype in which as many can be counted as there are: float16 ends at 65504."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def of_dtype(c: Any, dtype: Any) -> Any:
    """Return c in a dtype, without a copy if it has it."""
    return c if c.dtype == dtype else c.astype(dtype)


def _pull_extremum(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any) -> Any:
    # equals share evenly, and the others get 0 even if g is infinite
    ties = (x == keep(z, x_shape, axis)).astype(counting(g.dtype))
    count = np.sum(ties, axis=axis, keepdims=True)
    others = (ties == 0) & (count != 0)
    return of_dtype(np.where(others, 0, keep(g, x_shape, axis) * (ties / count)), g.dtype)


def _pull_nan_extremum(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any) -> Any:
    # the same, except that slices of nan only get no gradient
    ties = (x == keep(z, x_shape, axis)).astype(counting(g.dtype))
    count = np.maximum(np.sum(ties, axis=axis, keepdims=True), 1)
    return of_dtype(np.where(ties == 0, 0, keep(g, x_shape, axis) * (ties / count)), g.dtype)


def _in_few_passes(g: Any, x: Any, z: Any, x_shape: Shape, axis: Any) -> Any:
    """Do what the rules above do, in few passes; None if a slice consists of nan only."""
    if type(x) is not np.ndarray or np.isnan(z).any():
        return None
    ties, share = x == keep(z, x_shape, axis), keep(g, x_shape, axis)
    if np.count_nonzero(ties) != np.size(z):
        share = of_dtype(share / _add(ties, axis, counting(g.dtype), None, True), g.dtype)
    return share * ties


def _pull_extremum_array(saved: Any, g: Any) -> Any:
    c = _in_few_passes(g, *saved)
    return _pull_extremum(g, *saved) if c is None else c


def _pull_nan_extremum_array(saved: Any, g: Any) -> Any:
    c = _in_few_passes(g, *saved)
    return _pull_nan_extremum(g, *saved) if c is None else c


max = structural(
    "max",
    lambda x, axis=None, keepdims=False: _maximum(x, axis, None, None, keepdims),
    x=_pull_extremum,
    bounded=False,  # no entry equals a nan, and 0 / 0 entries share
    fast={(True,): _pull_extremum_array},
)
min = structural(
    "min",
    lambda x, axis=None, keepdims=False: _minimum(x, axis, None, None, keepdims),
    x=_pull_extremum,
    bounded=False,  # no entry equals a nan, and 0 / 0 entries share
    fast={(True,): _pull_extremum_array},
)


def _nan_extremum(name: str) -> Op:
    function = getattr(np, name)
    return structural(
        name,
        lambda x, axis=None, keepdims=False: function(x, axis=axis, keepdims=keepdims),
        x=_pull_nan_extremum,
        plain=False,
        fast={(True,): _pull_nan_extremum_array},
    )


nanmax, nanmin = _nan_extremum("nanmax"), _nan_extremum("nanmin")

# --------------------------------------------------------------------------------------------------
# Running sums and products


def _reversed(x: Any, axis: int) -> Any:
    return x[(*(slice(None),) * axis, slice(None, None, -1))]


def _pull_cumsum(g: Any, axis: int) -> Any:
    return _reversed(cumsum(_reversed(g, axis), axis=axis), axis)


cumsum: Op = structural("cumsum", lambda x, axis=0: np.cumsum(x, axis=axis), x=_pull_cumsum)


def cutting(axis: int) -> tuple[Callable[[Any, int, int], Any], Callable[..., Any]]:
    """Return two functions: one slices along an axis from start to stop, one joins such parts."""
    lead = (slice(None),) * axis

    def part(a: Any, start: int, stop: int) -> Any:
        return a[(*lead, slice(start, stop))]

    def join(*parts: Any) -> Any:
        return np.concatenate(parts, axis=axis)

    return part, join


def _pull_cumprod(g: Any, x: Any, x_shape: Shape, axis: int) -> Any:
    # z_i = x_0 ... x_i, so that the contribution to x_k is
    #   (x_0 ... x_(k-1)) s_k  with  s_k = g_k + x_(k+1) s_(k+1)
    # The recurrence is solved by doubling: after d steps s_k = (d terms) + a_k s_(k+d). Only sums
    # and products occur, so every derivative is exact for zeros as well.
    n = x_shape[axis]
    if n < 2:
        return g
    part, join = cutting(axis)
    one = np.ones((*x_shape[:axis], 1, *x_shape[axis + 1 :]), g.dtype)
    before = join(one, cumprod(part(x, 0, n - 1), axis=axis))
    a, s, d = part(x, 1, n), g, 1
    while d < n:
        s = join(part(s, 0, n - d) + a * part(s, d, n), part(s, n - d, n))
        d *= 2
        if d < n:
            a = part(a, 0, n - d) * part(a, d // 2, n)
    return before * s


def _cumprod(x: Any, axis: int = 0) -> Any:
    return np.cumprod(x, axis=axis)


def _cumprod_saving(x: Any, axis: int = 0) -> Any:
    return _undisturbed(np.cumprod, x, axis=axis)


def _pull_cumprod_saved(saved: Any, g: Any) -> Any:
    """Divide by x, where no factor is 0 or infinite, and nothing leaves the range."""
    x, x_shape, axis, z = saved
    if z is not None and type(x) is np.ndarray:
        # a product that was 0, infinite or nan on the way is so at the end
        last = z[(*(slice(None),) * axis, slice(-1, None))]
        if np.all(last) and np.isfinite(last).all():
            try:
                with np.errstate(over="raise", under="raise"):
                    return _reversed(np.cumsum(_reversed(g * z, axis), axis=axis), axis) / x
            except FloatingPointError:
                pass
    return _pull_cumprod(g, x, x_shape, axis)


cumprod: Op = structural(
    "cumprod",
    _cumprod,
    x=_pull_cumprod,
    saving=_cumprod_saving,
    fast={(True,): _pull_cumprod_saved},
)
