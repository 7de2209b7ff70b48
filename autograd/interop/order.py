"""NumPy's sorting, partitions and quantiles on nodes. Next: `counting.py`.

A sorted array is the array at computed positions; the gradient goes back to where the numbers were,
shared evenly among equals.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis, one_axis
from ..dispatch import implements
from ..mode import warn_user
from ..ops import choices, indexing, ordering, reductions
from ..settings import checked_flag, shown
from .common import UNSET, as_tensor, is_node, plain, refuse
from .reductions import fitted

# up to this many numbers are selected by a partition
FEW = 8


def _along(x: Any, axis: Any, name: str) -> tuple[Any, int]:
    if axis is None:
        return x.ravel(), 0
    return x, one_axis(axis, x.ndim, name)


@implements(np.sort)
def _sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    refuse("sort", order=order)
    x, at = _along(as_tensor(a), axis, "sort")
    if stable is not None and checked_flag("np.sort: stable", stable):
        kind = "stable"
    order = ordering.argsort(x, axis=at, kind=kind)
    return ordering.order_statistics(x, order, axis=at, kth=None)


@implements(np.partition)
def _partition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Any:
    refuse("partition", order=order)
    x, at = _along(as_tensor(a), axis, "partition")
    places = np.array(plain(kth))
    positions = ordering.argpartition(x, places, axis=at, kind=kind)
    return ordering.order_statistics(x, positions, axis=at, kth=tuple(places.ravel().tolist()))


@implements(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    x, at = _along(as_tensor(arr), axis, "take_along_axis")
    i = indices if is_node(indices) else np.asarray(indices)
    if i.ndim != x.ndim:
        raise ValueError(
            f"np.take_along_axis: indices of shape {i.shape} and an array of shape {x.shape} must "
            "have as many axes"
        )
    if i.dtype.kind not in "iu":
        raise IndexError(f"np.take_along_axis: indices must be integers, got {i.dtype}")
    return indexing.take_along_axis(x, i, axis=at)


# --------------------------------------------------------------------------------------------------
# Quantiles


def _lined_up(a: Any, axis: Any, name: str) -> tuple[Any, Any, Any]:
    """Return the reduced axes as one last axis; the normal axis; the shape with them kept."""
    x = as_tensor(a)
    axis = normal_axis(axis, x.ndim, name)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    rest = [i for i in range(x.ndim) if i not in axes]
    moved = x.transpose((*rest, *axes)) if x.ndim > 1 else x
    shape = tuple(x.shape[i] for i in rest)
    length = 1
    for i in axes:
        length *= x.shape[i]
    return moved.reshape((*shape, length)), axis, reductions.kept_shape(x.shape, axis)


def _nan_if_any(z: Any, last: Any) -> Any:
    """Return z with nan for the slices that have one: sorting puts it last."""
    return choices.where(np.isnan(last), last, z) if last.dtype.kind == "f" else z


@implements(np.median)
def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    refuse("median", out=out)
    x, axis, kept = _lined_up(a, axis, "median")
    n = x.shape[-1]
    if n:
        # the one or two in the middle, and the last, which may be nan
        kth = [*range((n - 1) // 2, n // 2 + 1), n - 1]
        s = _partitioned(x, kth)
        z = _nan_if_any(s[..., :-1].mean(-1), s[..., -1])
    else:
        z = x.mean(-1)
    return z.reshape(kept) if keepdims is not UNSET and keepdims else z


def _counts(s: Any) -> Any:
    """Return how many numbers each slice has, without nan."""
    return np.sum(~np.isnan(s), axis=-1, keepdims=True)


@implements(np.nanmedian)
def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    refuse("nanmedian", out=out)
    x, axis, kept = _lined_up(a, axis, "nanmedian")
    if not x.shape[-1]:
        return _median(a, axis, keepdims=keepdims)
    n = _counts(x)
    _warn_of_nothing(n)
    # a slice of nan only has n = 0: any of its entries will do
    low, high = np.maximum((n - 1) // 2, 0), n // 2
    s, v = _around(x, np.concatenate([low, high], axis=-1))
    z = _at(s, v.astype(np.intp)).sum(-1) / 2
    return z.reshape(kept) if keepdims is not UNSET and keepdims else z


def _partitioned(x: Any, kth: Any) -> Any:
    """Return the numbers that stand at ``kth`` once the last axis is sorted."""
    axis = x.ndim - 1
    positions = ordering.argpartition(x, kth, axis=axis)[..., kth]
    return ordering.order_statistics(x, positions, axis=axis, kth=tuple(range(len(kth))))


def _at(s: Any, positions: Any) -> Any:
    return indexing.take_along_axis(s, positions, axis=s.ndim - 1)


def _warn_of_nothing(counts: Any) -> None:
    if np.any(plain(counts) == 0):
        warn_user("All-NaN slice encountered", RuntimeWarning)


# Hyndman and Fan's families: the position of the quantile q of n is n q + α + q (1 - α - β) - 1
_FAMILIES = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
# these select one of the numbers
_ROUNDED: dict[str, Any] = {
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.rint((n - 1) * q),
    "inverted_cdf": lambda n, q: np.ceil(n * q - 1),
    "closest_observation": lambda n, q: _nearest_even(n * q - 0.5),
}


def _nearest_even(v: Any) -> Any:
    """Return the nearest integer >= 0; of two equally near, the even one when counting from 1."""
    whole = np.floor(v)
    return np.where((v == whole) & (whole % 2 == 0), whole - 1, whole)


def _position(n: Any, q: Any, method: str, name: str) -> Any:
    """Return the position, not yet an integer, of the quantiles in a sorted sample of n."""
    if not isinstance(method, str):
        method = shown(method)  # an unknown method
    if method in _FAMILIES or method == "linear":
        q, last = q.astype(np.float64), np.maximum(n - 1, 0)
        if method == "linear":
            return last * q
        alpha, beta = _FAMILIES[method]
        return np.clip(n * q + (alpha + q * (1 - alpha - beta)) - 1, 0, last)
    # computed in the dtype of q, as the last digit may decide
    n = np.maximum(n, 1).astype(q.dtype)
    if method in _ROUNDED:
        return np.maximum(_ROUNDED[method](n, q), 0)
    if method == "midpoint":
        v = (n - 1) * q
        return (np.floor(v) + np.ceil(v)) / 2
    if method == "averaged_inverted_cdf":
        v = n * q - 1
        return np.clip(np.where(v == np.floor(v), v + 0.5, np.ceil(v)), 0, n - 1)
    known = ", ".join(["linear", "midpoint", *_ROUNDED, *_FAMILIES, "averaged_inverted_cdf"])
    raise ValueError(f"np.{name}: there is no method={shown(method)}; it is one of {known}")


def _probabilities(q: Any, scale: Any, dtype: Any, name: str) -> tuple[Any, Any]:
    """Return q as an array of probabilities, and the dtype of the weights made from it."""
    if getattr(q, "requires_grad", False) or (is_node(q) and not hasattr(q, "shape")):
        raise TypeError(f"np.{name}: no gradient flows to q=; give plain numbers, as with .data")
    weak = type(q) in (int, float)
    p = np.asarray(plain(q))
    if p.dtype.kind not in "fiub":
        raise TypeError(f"np.{name}: q holds real numbers, got {shown(plain(q))}")
    if scale != 1:
        p = np.true_divide(p, scale)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"np.{name}: q must be in [0, {scale}], got {plain(q)}")
    if weak and dtype.kind == "f":
        return p, dtype
    return p, np.result_type(p, dtype if p.dtype.kind == "f" else np.float64)


def _around(x: Any, v: Any) -> tuple[Any, Any]:
    """Return the sorted numbers around positions, and the last; and the positions among these.

    If they are few, the others need not be sorted. In a recording, positions that depend on counts
    are not known.
    """
    n, v = x.shape[-1], plain(v)
    if type(v) is not np.ndarray:
        return _sort(x), v
    flat = v.ravel()
    kth = np.unique(np.concatenate([np.floor(flat), np.ceil(flat), [n - 1]]).astype(np.intp))
    if len(kth) > min(FEW, n - 1):
        return _sort(x), v
    s = _partitioned(x, kth)
    return s, np.searchsorted(kth, np.floor(v)) + (v - np.floor(v))


def _between(s: Any, v: Any, dtype: Any) -> Any:
    """Return sorted numbers at positions that may lie between two of them."""
    x, y = _at(s, np.floor(v).astype(np.intp)), _at(s, np.ceil(v).astype(np.intp))
    t = (v - np.floor(v)).astype(dtype)
    # interpolated from the nearer one, as in NumPy
    d = y - x
    return choices.where(t >= 0.5, y - d * (1 - t), x + d * t)


def _weighted(x: Any, w: Any, q: Any, name: str) -> Any:
    """Return for each slice the smallest number at which the cumulated weights reach q."""
    axis = x.ndim - 1
    order = ordering.argsort(x, axis=axis)
    # cumulated weights, with 0 for nan
    w = np.cumsum(_at(w, order), axis=-1)
    share = (w / w[..., -1:]).astype(q.dtype)
    share = choices.where(share == 0, -1.0, share)
    before = np.sum(share[..., None, :] < q[:, None], axis=-1)
    s = ordering.order_statistics(x, order, axis=axis, kth=None)
    return _at(s, np.minimum(before, x.shape[-1] - 1))


def _weights(name: str, a: Any, axis: Any, weights: Any, method: str) -> Any:
    """Return weights in the layout of the numbers that they weigh."""
    if method != "inverted_cdf":
        raise ValueError(f"np.{name}: weights= needs method='inverted_cdf', got {shown(method)}")
    if getattr(weights, "requires_grad", False):
        raise TypeError(f"np.{name}: no gradient flows to weights=; give plain numbers, as .data")
    x, w = as_tensor(a), as_tensor(weights)
    w = fitted(name, w, x.shape, normal_axis(axis, x.ndim, name)).astype(np.float64)
    if not np.all(np.isfinite(w) & (w >= 0)):
        raise ValueError(f"np.{name}: weights must be finite and not negative")
    return _lined_up(w.broadcast_to(x.shape), axis, name)[0]


def _quantiles(name: str, scale: int, skip_nan: bool) -> Any:
    def quantile(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
    ) -> Any:
        refuse(name, out=out)
        x, axis, kept = _lined_up(a, axis, name)
        p, dtype = _probabilities(q, scale, x.dtype, name)
        flat = p.ravel()
        if skip_nan and not x.shape[-1]:  # an empty slice gives nan, like one of nan only
            x, weights = as_tensor(np.full((*x.shape[:-1], 1), np.nan, dtype)), None
        n = x.shape[-1]
        if skip_nan:
            n = _counts(x)
            _warn_of_nothing(n)
        if weights is not None:
            w = _weights(name, a, axis, weights, method)
            if not np.all(np.sum(w, axis=-1) > 0):
                raise ValueError(f"np.{name}: the weights of a slice are all 0")
            z = _weighted(x, choices.where(np.isnan(x), 0.0, w) if skip_nan else w, flat, name)
            last = np.sum(x, axis=-1, keepdims=True)
        else:
            s, v = _around(x, _position(n, flat, method, name))
            if not skip_nan:
                v = v.reshape((1,) * (s.ndim - 1) + (-1,))
            z = _at(s, v.astype(np.intp)) if method in _ROUNDED else _between(s, v, dtype)
            last = s[..., -1:]
        z = z if skip_nan else _nan_if_any(z, last)
        shape = kept if keepdims is not UNSET and keepdims else x.shape[:-1]
        return np.moveaxis(z, -1, 0).reshape((*p.shape, *shape))

    return quantile


implements(np.quantile)(_quantiles("quantile", 1, False))
implements(np.percentile)(_quantiles("percentile", 100, False))
implements(np.nanquantile)(_quantiles("nanquantile", 1, True))
implements(np.nanpercentile)(_quantiles("nanpercentile", 100, True))
