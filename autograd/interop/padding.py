"""NumPy's pad, on nodes. Next: `indexing.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..ops import choices
from ..ops.indexing import put
from ..ops.windows import pad
from ..settings import checked_size, shown
from .common import as_tensor, holds_traced, joined, lead

# modes that copy entries, and modes that copy a number computed from some entries
_MOVING = ("edge", "reflect", "symmetric", "wrap")
_COMPUTED: dict[str, Any] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}
_OPTIONS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    **dict.fromkeys(("reflect", "symmetric"), "reflect_type"),
    **dict.fromkeys(_COMPUTED, "stat_length"),
}


def _pairs(numbers: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Return (before, after) for every axis."""
    if ndim == 0:
        return []
    if isinstance(numbers, dict):
        pairs: list[Any] = [(0, 0)] * ndim
        for axis, pair in numbers.items():
            pairs[axis] = (pair, pair) if isinstance(pair, int) else tuple(pair)
        return pairs
    if holds_traced((numbers,)):
        table = as_tensor(joined(numbers)).broadcast_to((ndim, 2))
        return [(table[i, 0], table[i, 1]) for i in range(ndim)]
    return [tuple(pair) for pair in np.broadcast_to(np.asarray(numbers), (ndim, 2)).tolist()]


@implements(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    x = as_tensor(array)
    if callable(mode) or (isinstance(mode, str) and mode == "empty"):
        raise TypeError(
            f"np.pad: mode={shown(mode)} is not supported on nodes, as it leaves entries without a "
            "meaning or writes into arrays; use mode='constant', or join with np.concatenate"
        )
    if not isinstance(mode, str) or mode not in (*_OPTIONS, *_MOVING):
        raise ValueError(f"np.pad: mode={shown(mode)} is unknown")
    strange = set(options) - {_OPTIONS.get(mode)}
    if strange:
        raise ValueError(f"np.pad: mode={shown(mode)} has no option {sorted(strange)}")
    widths = _pairs(pad_width, x.ndim)
    counts = [w for pair in widths for w in pair]
    for w in counts:
        if type(w) is not int:
            checked_size("pad: pad_width", w, None)
    if min(counts, default=0) < 0:
        raise ValueError(f"np.pad: pad_width must not be negative, got {pad_width}")
    fill = options.get("constant_values", 0)
    if mode == "constant" and not (options and holds_traced((fill,))):
        return _pad_constant(x, widths, options)
    for axis, (width, n) in enumerate(zip(widths, x.shape, strict=True)):
        if n == 0 and any(width) and mode != "constant":
            raise ValueError(
                f"np.pad: mode={shown(mode)} cannot extend axis {axis} of shape {x.shape}"
            )
    odd = options.get("reflect_type", "even")
    if odd not in ("even", "odd"):
        raise ValueError(f"np.pad: reflect_type must be 'even' or 'odd', got {shown(odd)}")
    if mode in _MOVING and odd == "even" and x.ndim:
        return pad(x, widths=tuple(widths), mode=mode)
    given = options.get("end_values", options.get("stat_length", fill))
    settings = _pairs(0 if given is None else given, x.ndim)
    for axis, (width, setting) in enumerate(zip(widths, settings, strict=True)):
        if any(width):
            x = _pad_axis(x, axis, width, setting, mode)
    return x


def _pad_constant(x: Any, widths: Any, options: dict[str, Any]) -> Any:
    if options and x.ndim:
        values = tuple(_pairs(options["constant_values"], x.ndim))
        return pad(x, widths=tuple(widths), mode="constant", values=values)
    inside = tuple(slice(b, b + n) for (b, _), n in zip(widths, x.shape, strict=True))
    shape = tuple(b + n + a for (b, a), n in zip(widths, x.shape, strict=True))
    return put(x, index=inside, shape=shape)


def _pad_axis(x: Any, axis: int, width: Any, setting: Any, mode: Any) -> Any:
    """Return x with computed or given numbers added on both sides of an axis."""
    n = x.shape[axis]
    if mode in _MOVING:
        return _mirrored(x, axis, width, mode == "symmetric")
    if mode == "linear_ramp":
        ends = (
            _ramp(x[(*lead(axis), slice(0, 1))], axis, width[0], setting[0]),
            _ramp(x[(*lead(axis), slice(n - 1, n))], axis, width[1], setting[1]),
        )
        return np.concatenate([ends[0], x, np.flip(ends[1], axis)], axis=axis)
    if mode == "constant":
        before, after = (value.astype(x.dtype, copy=False) for value in setting)
    else:
        first, last = (min(length or n, n) for length in setting)
        before = _computed(x, axis, slice(0, first), mode)
        after = before if first == last == n else _computed(x, axis, slice(n - last, n), mode)
    sides = [
        number.broadcast_to((*x.shape[:axis], count, *x.shape[axis + 1 :]))
        for number, count in zip((before, after), width, strict=True)
    ]
    return np.concatenate([sides[0], x, sides[1]], axis=axis)


def _mirrored(x: Any, axis: int, width: Any, with_edge: bool) -> Any:
    """Return x continued by its mirror images through the points at its edges.

    They repeat after two lengths, each time shifted by twice the last entry less the first.
    """
    n = x.shape[axis]
    if n == 1:
        return pad(
            x, widths=((0, 0),) * axis + (width,) + ((0, 0),) * (x.ndim - axis - 1), mode="edge"
        )
    period = 2 * (n if with_edge else n - 1)
    place = np.concatenate([np.arange(-width[0], 0), np.arange(n, n + width[1])])
    turns, place = np.divmod(place, period)
    back = place >= n
    place = np.where(back, period - with_edge - place, place)

    def times(counts: Any, entries: Any) -> Any:
        counts = counts.astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - axis - 1))
        return counts * choices.where(counts == 0, x.dtype.type(0), entries)  # also for infinities

    first, last = x[(*lead(axis), slice(0, 1))], x[(*lead(axis), slice(n - 1, n))]
    beyond = times(2 * (turns + back), last) - times(2 * turns, first)
    beyond = beyond + times(np.where(back, -1, 1), x[(*lead(axis), place)])
    cut = (*lead(axis), slice(0, width[0])), (*lead(axis), slice(width[0], None))
    return np.concatenate([beyond[cut[0]], x, beyond[cut[1]]], axis=axis)


def _computed(x: Any, axis: int, some: slice, mode: str) -> Any:
    """Return the number that extends x, computed from some of its entries, in the dtype of x."""
    part = x if some == slice(0, x.shape[axis]) else x[(*lead(axis), some)]
    number = _COMPUTED[mode](part, axis=axis, keepdims=True)
    number = np.rint(number) if x.dtype.kind in "iu" else number
    return number if number.dtype == x.dtype else number.astype(x.dtype)


def _ramp(edge: Any, axis: int, width: int, end: Any) -> Any:
    """Return numbers from an end value up to the edge, which is excluded."""
    dtype = edge.dtype
    edge = edge if dtype.kind == "f" else edge.astype(np.float64)  # small integers would wrap
    steps = np.arange(width, dtype=edge.dtype).reshape((-1,) + (1,) * (edge.ndim - axis - 1))
    ramp = (edge - end) / max(width, 1) * steps + end
    return (ramp if dtype.kind == "f" else np.floor(ramp)).astype(dtype, copy=False)
