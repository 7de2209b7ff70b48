"""NumPy's reductions on nodes: sum, mean, max, std, cumsum. Next: `ufunc_methods.py`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from string import ascii_letters
from typing import Any

import numpy as np

from ..arithmetic import LARGE
from ..array_nodes.axes import normal_axis, one_axis
from ..array_nodes.node import tensor_on
from ..dispatch import implements
from ..mode import warn_user
from ..ops import choices, einsums, reductions, spread
from ..settings import checked_flag, checked_number, described
from .common import UNSET, as_tensor, cast, is_node, plain, refuse


def given(option: Any) -> bool:
    """Whether an option was given."""
    return option is not None and option is not UNSET


def masked(name: str, x: Any, where: Any, neutral: Any) -> Any:
    """Return x with a neutral number where the mask is false."""
    if where is UNSET or where is True:
        return x
    return choices.where(mask_of(name, where, x.shape), x, neutral)


def mask_of(name: str, where: Any, shape: tuple[int, ...]) -> Any:
    """Return ``where=`` of a reduction as an array of a shape."""
    mask = np.asarray(plain(where))
    # as in NumPy, numbers and lists of them are masks, arrays of other kinds are not
    listed = not hasattr(where, "ndim") or isinstance(where, np.generic)
    if mask.dtype != bool and not (listed and mask.dtype.kind in "iuf"):
        raise TypeError(f"np.{name}: where= is a mask of True and False, got {described(where)}")
    return np.broadcast_to(mask.astype(bool, copy=False), shape)


def start(name: str, initial: Any, dtype: Any) -> Any:
    """Return ``initial=`` in the dtype of a reduction, as in NumPy."""
    if is_node(initial) and not np.ndim(initial):
        return as_tensor(initial).astype(dtype, copy=False) if dtype.kind == "f" else initial
    if np.ndim(initial):
        raise ValueError(f"np.{name}: initial= is one number, got {described(initial)}")
    return dtype.type(initial)


def _total(name: str, neutral: int, join: Callable[[Any, Any], Any]) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        refuse(name, out=out)
        x = masked(name, cast(name, as_tensor(a), dtype), where, neutral)
        z = getattr(x, name)(axis, keepdims is not UNSET and keepdims)
        if given(initial):
            z = join(z, start(name, initial, np.dtype(dtype) if given(dtype) else z.dtype))
        return cast(name, z, dtype)

    return reduce


implements(np.sum)(_total("sum", 0, operator.add))
implements(np.prod)(_total("prod", 1, operator.mul))


@implements(np.mean)
def _mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = UNSET,
) -> Any:
    refuse("mean", out=out)
    x = cast("mean", as_tensor(a), dtype)
    keepdims = keepdims is not UNSET and keepdims
    whole = given(dtype) and x.dtype.kind != "f"
    if where is UNSET and not whole:
        return x.mean(axis, keepdims)
    if x.dtype.char == "e":
        # sums of float16 overflow early: computed in float32, as in NumPy
        return _mean(x, axis, np.float32, keepdims=keepdims, where=where).astype(x.dtype)
    mask = mask_of("mean", True if where is UNSET else where, x.shape)
    # dividing by an integer count would turn float32 into float64
    wide = x.dtype.newbyteorder("=") if x.dtype.kind == "f" else np.float64
    count = np.sum(mask, axis=axis, keepdims=keepdims, dtype=wide)
    if np.any(count == 0):
        warn_user("Mean of empty slice", RuntimeWarning)
    total = np.sum(x, axis=axis, keepdims=keepdims, where=where, dtype=dtype if whole else None)
    return cast("mean", total / count, dtype)


def _extremum(name: str, pick: Any) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        refuse(name, out=out)
        x = as_tensor(a)
        keepdims = keepdims is not UNSET and keepdims
        if not given(initial):
            if where is not UNSET and where is not True:
                raise ValueError(f"np.{name}: where= needs initial=, as {name} has no identity")
            return getattr(x, name)(axis, keepdims)
        initial = start(name, initial, x.dtype)
        if 0 in x.shape:
            whole = getattr(np, name)(x._data, axis, keepdims=keepdims, initial=plain(initial))
            return pick(as_tensor(whole), initial)
        return pick(getattr(masked(name, x, where, initial), name)(axis, keepdims), initial)

    return reduce


implements(np.max, np.amax)(_extremum("max", choices.maximum))
implements(np.min, np.amin)(_extremum("min", choices.minimum))


@implements(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    refuse("ptp", out=out)
    x = as_tensor(a)
    keepdims = keepdims is not UNSET and keepdims
    return x.max(axis, keepdims) - x.min(axis, keepdims)


# --------------------------------------------------------------------------------------------------
# Averages and spread


@implements(np.average)
def _average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: Any = False,
) -> Any:
    x = as_tensor(a)
    keepdims = keepdims is not UNSET and bool(keepdims)
    axis = normal_axis(axis, x.ndim, "average")
    if weights is None:
        z = x.mean(axis, keepdims)
        total: Any = as_tensor(np.asarray(x.size / max(z.size, 1), z.dtype))
    else:
        # an array is not copied, as it is not by an operator
        plain_weights = type(weights) is np.ndarray and weights.dtype.kind == "f"
        w = tensor_on(weights[()], None) if plain_weights else as_tensor(weights)
        w = fitted("average", w, x.shape, axis)
        w = cast(
            "average",
            w,
            np.result_type(x.dtype, w.dtype, np.float16 if x.dtype.kind == "f" else float),
        )
        total = w.sum(axis, keepdims)
        if np.any(total._data == 0):
            raise ZeroDivisionError("np.average: weights sum to zero, they cannot be normalized")
        z = _weighted(x, w, total, axis, keepdims)
    if not returned:
        return z
    return z, total if total.shape == z.shape else total.broadcast_to(z.shape)


def _weighted(x: Any, w: Any, total: Any, axis: Any, keepdims: bool) -> Any:
    """Return the mean of x with weights, for large arrays without allocating the products."""
    weights = w._data
    constant = w._node is None and type(x._data) is type(weights) is np.ndarray
    large = constant and x.size >= LARGE and x.dtype.kind == "f" and x.dtype is w.dtype
    if not large or not np.isfinite(total._data).all():
        return (x * w).sum(axis, keepdims) / total
    few = weights.size < x.size
    if few:
        weights = weights / weights.sum(axis, keepdims=True)
    z = _sum_of_products(x, weights, range(x.ndim) if axis is None else np.atleast_1d(axis))
    z = z.reshape(reductions.kept_shape(x.shape, axis)) if keepdims else z
    return z if few else z / total


def _sum_of_products(x: Any, w: np.ndarray[Any, Any], axes: Any) -> Any:
    """Return the sum over axes of x times an array that broadcasts with x over other axes."""
    shape, last = x.shape, x.ndim - 1
    summed = {int(i) % x.ndim for i in axes}
    if len(summed) > last and w.size == x.size:
        return x.ravel() @ w.ravel()
    if summed == {last} and w.size == shape[last]:
        return x @ w.ravel()
    if summed == {0} and last == 1 and w.size == shape[0]:
        return w.ravel() @ x
    labels = ascii_letters[: x.ndim]
    of_w = "".join(c for c, m, n in zip(labels, w.shape, shape, strict=True) if m == n)
    rest = "".join(c for i, c in enumerate(labels) if i not in summed)
    w = w.reshape([n for m, n in zip(w.shape, shape, strict=True) if m == n])
    return einsums.einsum(x, w, subscripts=f"{labels},{of_w}->{rest}")


def fitted(name: str, w: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Return weights along some axes in a shape that broadcasts with the array."""
    if w.shape == shape:
        return w
    if axis is None:
        raise TypeError(f"np.{name}: weights {w.shape} for an array {shape} need axis=")
    axes = axis if isinstance(axis, tuple) else (axis,)
    if w.shape != tuple(shape[i] for i in axes):
        raise ValueError(f"np.{name}: weights {w.shape} do not fit the axes {axes} of {shape}")
    w = w.transpose(tuple(np.argsort(axes).tolist()))
    return w.reshape(tuple(n if i in axes else 1 for i, n in enumerate(shape)))


def freed(name: str, ddof: Any, correction: Any) -> Any:
    """Return the degrees of freedom that are subtracted, from an option with two names."""
    if correction is UNSET:
        return _count(name, "ddof", ddof)
    if not isinstance(ddof, int) or ddof != 0:
        raise ValueError(f"np.{name}: give ddof or correction, not both")
    return _count(name, "correction", correction)


def _count(name: str, option: str, x: Any) -> Any:
    """Return an integer or a float as it is, as a float would widen the dtype of the result."""
    if getattr(x, "requires_grad", False):
        raise TypeError(f"np.{name}: no gradient flows to {option}; give a number, such as x.data")
    if not isinstance(x, int):
        checked_number(f"np.{name}: {option}", x)
    return plain(x)


def _spread(name: str, root: bool) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: Any = False,
        *,
        where: Any = UNSET,
        mean: Any = UNSET,
        correction: Any = UNSET,
    ) -> Any:
        refuse(name, out=out)
        x = cast(name, as_tensor(a), dtype)
        ddof = freed(name, ddof, correction)
        keepdims = keepdims is not UNSET and checked_flag(f"{name}: keepdims", keepdims)
        axis = normal_axis(axis, x.ndim, name)
        if where is not UNSET or given(mean):
            mask = mask_of(name, True if where is UNSET else where, x.shape)
            mean = as_tensor(mean) if given(mean) else None
            return spread_where(x, mask, axis, ddof, keepdims, root, mean, none_free=0)
        op = spread.std if root else spread.var
        return op(x, axis=axis, ddof=ddof, keepdims=keepdims)

    return reduce


implements(np.var)(_spread("var", False))
implements(np.std)(_spread("std", True))


def spread_where(
    x: Any,
    mask: Any,
    axis: Any,
    ddof: Any,
    keepdims: bool,
    root: bool,
    mean: Any = None,
    none_free: float = np.nan,
) -> Any:
    """Return variance or standard deviation of the entries where a mask is true.

    Deviations are from the given mean, or else from that of the entries. The sum of squares is
    divided by the degrees of freedom, or by ``none_free`` if there are none.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        # dividing by an integer count would turn float32 into float64
        wide = x.dtype.kind == "f" and x.dtype.itemsize > 2
        count = np.sum(mask, axis=axis, keepdims=True).astype(x.dtype if wide else np.float64)
        kind = x.dtype if mean is None else np.result_type(x.dtype, mean.dtype)
        if mean is None:
            total = spread.squares(x, mask, np.maximum(count, 1), axis=axis)
            if root and _may_be_equal(total, x, mask, count, axis):
                # as in the rule of std: equal numbers have deviations of exactly 0
                total = total * _different(x, mask, axis)
        else:
            total = np.sum(
                np.square((choices.where(mask, x, 0) - mean) * mask), axis=axis, keepdims=True
            )
        if np.any(plain(count) <= ddof):
            warn_user("Degrees of freedom <= 0 for slice.", RuntimeWarning)
        freedom = np.where(count > ddof, count - ddof, none_free)
        z = total / freedom
        z = z.astype(kind) if x.dtype.kind == "f" else z
        if root:
            # the inner choice keeps the infinite derivative of the root out of the graph
            z = choices.where(z == 0, 0, np.sqrt(choices.where(z == 0, 1, z)))
    return z if keepdims else np.sum(z, axis=axis)


def _may_be_equal(total: Any, x: Any, mask: Any, count: Any, axis: Any) -> bool:
    """Whether a sum of squared deviations may be that of equal numbers, up to rounding."""
    squares, numbers, mask, n = plain(total), plain(x), plain(mask), plain(count)
    if type(squares) is not np.ndarray or isinstance(axis, tuple) or not numbers.size:
        return True  # a recording decides nothing
    first = np.argmax(mask, axis=axis, keepdims=True)
    if axis is None:
        size = np.absolute(numbers.flat[first])
    else:
        size = np.absolute(np.take_along_axis(numbers, first, axis))
    eps = np.finfo(numbers.dtype if numbers.dtype.kind == "f" else np.float64).eps
    return bool(np.any(np.sqrt(squares / n) <= 8 * n * eps * size))


def _different(x: Any, mask: Any, axis: Any) -> Any:
    """Return whether the numbers where a mask is true are not all equal, along axes."""
    filled = choices.where(mask, x, 0)
    high = np.max(filled, axis=axis, keepdims=True, initial=0)
    low = np.min(filled, axis=axis, keepdims=True, initial=0)
    other = np.logical_and(mask, x != choices.where(high > 0, high, low))
    return np.max(other, axis=axis, keepdims=True, initial=False)


# --------------------------------------------------------------------------------------------------
# Running sums and products


def _running(name: str, op: Any) -> Any:
    def run(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        refuse(name, out=out)
        x = cast(name, as_tensor(a), dtype)
        if axis is None or x.ndim == 0:
            x, axis = x.ravel(), 0 if axis is None else axis
        return cast(name, op(x, axis=one_axis(axis, x.ndim, name)), dtype)

    return run


cumsum = implements(np.cumsum)(_running("cumsum", reductions.cumsum))
cumprod = implements(np.cumprod)(_running("cumprod", reductions.cumprod))


def _cumulative(name: str, run: Any, start: int) -> Any:
    def cumulative(
        x: Any,
        /,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        refuse(name, out=out)
        x = as_tensor(x)
        if x.ndim == 0:
            raise ValueError(f"np.{name}: x must have an axis, got a 0-d array")
        if axis is None:
            if x.ndim > 1:
                raise ValueError(f"np.{name}: axis= is needed for an array of shape {x.shape}")
            axis = 0
        z = run(x, axis, dtype)
        if not include_initial:
            return z
        axis = normal_axis(axis, x.ndim, name)
        shape = tuple(1 if i == axis else n for i, n in enumerate(x.shape))
        return np.concatenate([np.full(shape, start, dtype=z.dtype), z], axis=axis)

    return cumulative


implements(np.cumulative_sum)(_cumulative("cumulative_sum", cumsum, 0))
implements(np.cumulative_prod)(_cumulative("cumulative_prod", cumprod, 1))
