"""NumPy's selections on nodes: where, clip, choose, select. Next: `elementwise.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..ops import choices as ops
from ..ops.assignment import assign
from .common import UNSET, as_tensor, cast, plain, refuse


@implements(np.where)
def _where(condition: Any, x: Any = UNSET, y: Any = UNSET) -> Any:
    if x is UNSET or y is UNSET:
        if x is not UNSET:
            raise ValueError("np.where: give both x and y, or neither")
        return np.where(plain(condition))
    return ops.where(condition, x, y)


@implements(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    refuse("clip", out=out)
    for name, bound in (("min", a_min), ("max", a_max)):
        if bound is not None and name in options:
            raise ValueError(f"np.clip: give a_{name} or {name}, not both")
    low = options.pop("min", a_min)
    high = options.pop("max", a_max)
    kind = np.asarray(plain(a)).dtype
    bounds = _bound(low, kind, np.min), _bound(high, kind, np.max)
    return ops.clip(a, *bounds) if not options else _clip_in(a, bounds, **options)


def _clip_in(
    a: Any,
    bounds: tuple[Any, Any],
    dtype: Any = None,
    casting: Any = "same_kind",
    order: str = "K",
    subok: bool = True,
    **others: Any,
) -> Any:
    refuse("clip", **{k: v for k, v in others.items() if v is not True})
    low, high = (b if type(b) is float else as_tensor(b) for b in bounds)
    return ops.clip(
        *(
            cast("clip", x, dtype, casting) if hasattr(x, "dtype") else x
            for x in (as_tensor(a), low, high)
        )
    )


def _bound(given: Any, kind: np.dtype[Any], extreme: Any) -> Any:
    """Return a bound; for None, one that no entry of this dtype exceeds."""
    if given is not None and given is not UNSET:
        return given
    if kind.kind in "iu":
        info = np.iinfo(kind)
        return int(extreme([info.min, info.max]))
    return bool(extreme([False, True])) if kind.kind == "b" else float(extreme([-np.inf, np.inf]))


@implements(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    refuse("choose", out=out)
    index = np.asarray(plain(a))
    options = list(choices)
    n = len(options)
    if index.dtype.kind not in "iub":
        raise TypeError(f"np.choose: the index must be of integers, got {index.dtype}")
    if mode == "wrap":
        index = index % n
    elif mode == "clip":
        index = np.clip(index, 0, n - 1)
    elif np.any((index < 0) | (index >= n)):
        raise ValueError(f"np.choose: the index goes beyond the {n} choices")
    shape = np.broadcast_shapes(index.shape, *(np.shape(x) for x in options))
    found = as_tensor(options[0]).broadcast_to(shape)
    for k in range(1, n):
        found = ops.where(index == k, options[k], found)
    return found


@implements(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError(
            f"np.select: {len(condlist)} conditions for {len(choicelist)} choices; give as many"
        )
    if any(plain(np.asarray(plain(c))).dtype != bool for c in condlist):
        raise TypeError("np.select: the conditions must be of bools")
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = ops.where(condition, choice, found)
    return as_tensor(found)


@implements(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = as_tensor(x)
    one = isinstance(condlist, list | tuple) and (np.ndim(plain(condlist[0])) or not x.ndim)
    masks = [np.asarray(plain(c), dtype=bool) for c in (condlist if one else [condlist])]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.logical_or.reduce(masks))
    if len(funclist) != len(masks):
        raise ValueError(f"np.piecewise: {len(masks)} conditions for {len(funclist)} functions")
    found: Any = np.zeros(x.shape, x.dtype)
    for mask, function in zip(masks, funclist, strict=True):
        part = x[mask]
        if part.size:
            part = function(part, *args, **kw) if callable(function) else function
            found = assign(found, part, index=mask)
    return as_tensor(found)
