"""NumPy's numerical calculus on nodes: diff, gradient, trapezoid, interp. Next: `shaping.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis
from ..dispatch import implements
from ..ops import choices, differences, indexing, ordering
from ..settings import checked_size, shown
from .common import UNSET, as_tensor, cast, lead


@implements(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = UNSET, append: Any = UNSET) -> Any:
    n = checked_size("np.diff: n", n, None)
    if n < 0:
        raise ValueError(f"np.diff: order must be non-negative, got {n}")
    x = as_tensor(a)
    if n == 0:
        return x
    if x.ndim == 0:
        raise ValueError("np.diff: the input must have an axis, got a 0-d array")
    at: Any = normal_axis(axis, x.ndim, "diff")
    edge = tuple(1 if i == at else k for i, k in enumerate(x.shape))
    ends = [None if e is UNSET else as_tensor(e) for e in (prepend, append)]
    ends = [e.broadcast_to(edge) if e is not None and e.ndim == 0 else e for e in ends]
    parts = [p for p in (ends[0], x, ends[1]) if p is not None]
    x = np.concatenate(parts, axis=at) if len(parts) > 1 else x
    # more would leave nothing
    return differences.diff(x, axis=at, n=min(n, x.shape[at]))


@implements(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    steps = _diff(as_tensor(ary).ravel())
    ends = [None if e is None else as_tensor(e).ravel() for e in (to_begin, to_end)]
    for e in ends:
        if e is not None and not np.can_cast(e.dtype, steps.dtype, casting="same_kind"):
            raise TypeError(f"np.ediff1d: ends of {e.dtype} do not fit steps of {steps.dtype}")
    ends = [None if e is None else cast("ediff1d", e, steps.dtype) for e in ends]
    parts = [p for p in (ends[0], steps, ends[1]) if p is not None]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@implements(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_tensor(y)
    at: Any = normal_axis(axis, y.ndim, "trapezoid")
    d = dx
    if x is not None:
        x = as_tensor(x)
        d = np.diff(x) if x.ndim == 1 else np.diff(x, axis=axis)
        if x.ndim == 1:
            d = d.reshape((*(1,) * at, -1, *(1,) * (y.ndim - at - 1)))
    both = y[(*lead(at), slice(1, None))] + y[(*lead(at), slice(None, -1))]
    if np.ndim(d) == 0:
        return np.sum(both, axis=at) * (d / 2.0)
    return np.sum(d / 2.0 * both, axis=axis)  # coordinates may have leading axes


@implements(np.interp)
def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    x, xp, fp = as_tensor(x), as_tensor(xp), as_tensor(fp)
    wide = np.result_type(x.dtype, xp.dtype, fp.dtype, np.float64)
    x, xp, fp = (cast("interp", a, wide) for a in (x, xp, fp))
    if xp.ndim != 1 or fp.ndim != 1 or xp.shape != fp.shape:
        raise ValueError(
            f"np.interp: xp {xp.shape} and fp {fp.shape} must be vectors of one length"
        )
    n = xp.shape[0]
    if n == 0:
        raise ValueError("np.interp: the array of sample points is empty")
    if period is not None:
        (x, xp, fp), n, left, right = _in_period(x, xp, fp, period), n + 2, None, None
    flat = x.ravel()
    left = fp[0] if left is None else left
    right = fp[-1] if right is None else right
    z = fp[0] + 0.0 * flat
    if n > 1:
        # a sample point belongs to the interval on its right, the last one to that on its left
        after = ordering.searchsorted(xp, flat, side="right")
        i = np.minimum(np.maximum(after - 1, 0), n - 2)
        x0, x1 = _pick(xp, i), _pick(xp, i + 1)
        y0, y1 = _pick(fp, i), _pick(fp, i + 1)
        z = (y1 - y0) / (x1 - x0) * (flat - x0) + y0
    z = choices.where(flat < xp[0], left, choices.where(flat > xp[-1], right, z))
    return z.reshape(x.shape)


def _in_period(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """Return coordinates modulo the period, and the points with one more on either side."""
    period = np.absolute(as_tensor(period)).astype(x.dtype)
    if not np.all(period > 0):
        raise ValueError("np.interp: period must not be 0")
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = ordering.argsort(xp, axis=0)
    xp, fp = _pick(xp, order), _pick(fp, order)
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return x, xp, np.concatenate([fp[-1:], fp, fp[:1]])


def _pick(x: Any, i: Any) -> Any:
    return indexing.take_along_axis(x, i, axis=0)


# --------------------------------------------------------------------------------------------------
# gradient


@implements(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_tensor(f)
    f = f if f.dtype.kind == "f" else f.astype(np.float64)
    found = normal_axis(axis, f.ndim, "gradient")
    axes = range(f.ndim) if found is None else (found,) if isinstance(found, int) else found
    if not isinstance(edge_order, int | np.integer) or edge_order not in (1, 2):
        raise ValueError(f"np.gradient: edge_order must be 1 or 2, got {shown(edge_order)}")
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(f"np.gradient: {len(varargs)} spacings for {len(axes)} axes")
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    for i, h in zip(axes, spacings, strict=True):
        if f.shape[i] < edge_order + 1:
            raise ValueError(
                f"np.gradient: axis {i} of shape {f.shape} needs at least {edge_order + 1} entries"
            )
        if np.ndim(h) == 1 and len(varargs) == 1 and len(axes) > 1:
            raise TypeError("np.gradient: one array of coordinates is needed for each axis")
        if np.ndim(h) > 1 or (np.ndim(h) == 1 and np.shape(h)[0] != f.shape[i]):
            raise ValueError(
                f"np.gradient: coordinates of shape {np.shape(h)} for axis {i} of shape {f.shape}"
            )
    slopes = tuple(_slopes(f, h, i, edge_order) for i, h in zip(axes, spacings, strict=True))
    return slopes[0] if len(axes) == 1 else slopes


def _slopes(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """Return differences over one axis: central ones inside, one-sided ones at the edges."""
    if np.ndim(h) == 0:
        slopes = differences.gradient(f, axis=axis, edge_order=edge_order)
        return slopes if type(h) is float and h == 1.0 else cast("gradient", slopes / h, f.dtype)
    n, h = f.shape[axis], as_tensor(h)
    # integer coordinates are converted to floats, as differences of unsigned integers wrap around
    d: Any = np.diff(h if h.dtype.kind == "f" else h.astype(np.float64))

    def at(start: int, stop: int) -> Any:
        return f[(*lead(axis), slice(start, stop))]

    def step(start: int, stop: int) -> Any:
        return np.reshape(d[start:stop], (-1,) + (1,) * (f.ndim - axis - 1))

    p, q = step(0, n - 2), step(1, n - 1)
    inner = -q / (p * (p + q)) * at(0, n - 2) + (q - p) / (p * q) * at(1, n - 1)
    inner = inner + p / (q * (p + q)) * at(2, n)
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / step(0, 1)
        last = (at(n - 1, n) - at(n - 2, n - 1)) / step(n - 2, n - 1)
    else:
        p, q = step(0, 1), step(1, 2)
        first = -(2.0 * p + q) / (p * (p + q)) * at(0, 1) + (p + q) / (p * q) * at(1, 2)
        first = first - p / (q * (p + q)) * at(2, 3)
        p, q = step(n - 3, n - 2), step(n - 2, n - 1)
        last = q / (p * (p + q)) * at(n - 3, n - 2) - (q + p) / (p * q) * at(n - 2, n - 1)
        last = last + (2.0 * q + p) / (q * (p + q)) * at(n - 1, n)
    # coordinates in double precision do not change the dtype of f
    return cast("gradient", np.concatenate([first, inner, last], axis=axis), f.dtype)
