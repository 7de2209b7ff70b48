"""NumPy's reductions that ignore nan, on nodes: nansum, nanmean. Next: `order.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import reduced_axis
from ..dispatch import implements
from ..mode import warn_user
from ..op import Op
from ..ops import choices, reductions
from ..settings import checked_flag
from .common import UNSET, as_tensor, cast, plain, refuse
from .reductions import cumprod, cumsum, freed, given, masked, spread_where, start


def _filled(x: Any, number: Any) -> Any:
    """Return x with a number in place of nan; these entries get no gradient."""
    return choices.where(np.isnan(x), number, x) if x.dtype.kind == "f" else x


def _as_floats(name: str, x: Any, dtype: Any) -> Any:
    """Return x in another dtype; raise TypeError for integers, which have no nan."""
    if x.dtype.kind == "f" and dtype is not None and np.dtype(dtype).kind != "f":
        raise TypeError(f"np.{name}: dtype={np.dtype(dtype)} of floats must be floating too")
    return cast(name, x, dtype)


def _total(name: str, neutral: int) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        refuse(f"nan{name}", out=out)
        x = _filled(as_tensor(a), neutral)
        return getattr(np, name)(
            x, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where
        )

    return reduce


implements(np.nansum)(_total("sum", 0))
implements(np.nanprod)(_total("prod", 1))


def _extremum(op: Op, of_all: str) -> Any:
    name = op.name

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
        keepdims = keepdims is not UNSET and checked_flag(f"{name}: keepdims", keepdims)
        if x.dtype.kind != "f":
            return getattr(np, of_all)(
                x, axis=axis, keepdims=keepdims, initial=initial, where=where
            )
        axis = reduced_axis(axis, x.ndim, name)
        if not given(initial):
            if where is not UNSET and where is not True:
                raise ValueError(f"np.{name}: where= needs initial=, as {name} has no identity")
            return op(x, axis=axis, keepdims=keepdims)
        # skipped entries count as the initial value
        initial = start(name, initial, x.dtype)
        if np.isnan(plain(initial)):  # which counts as little as any other nan
            return op(masked(name, x, where, np.nan), axis=axis, keepdims=keepdims)
        x = _filled(masked(name, x, where, np.nan), plain(initial))
        return getattr(np, of_all)(x, axis=axis, keepdims=keepdims, initial=initial)

    return reduce


implements(np.nanmax)(_extremum(reductions.nanmax, "max"))
implements(np.nanmin)(_extremum(reductions.nanmin, "min"))


@implements(np.nanmean)
def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = UNSET,
) -> Any:
    refuse("nanmean", out=out)
    x = _as_floats("nanmean", as_tensor(a), dtype)
    keepdims = keepdims is not UNSET and checked_flag("nanmean: keepdims", keepdims)
    if x.dtype.kind != "f":
        return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    if x.dtype.char == "e":
        wide = _nanmean(x, axis, np.float32, keepdims=keepdims, where=where)
        return wide.astype(x.dtype)
    x = masked("nanmean", x, where, np.nan)
    total = _filled(x, 0).sum(axis, keepdims)
    count = np.sum(~np.isnan(x), axis=axis, keepdims=keepdims)
    if np.any(count._data == 0):
        warn_user("Mean of empty slice", RuntimeWarning)
    # dividing by an integer count would turn float32 into float64
    return total / choices.where(count == 0, np.nan, count).astype(x.dtype)


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
        refuse(f"nan{name}", out=out)
        x = _as_floats(f"nan{name}", as_tensor(a), dtype)
        ddof = freed(f"nan{name}", ddof, correction)
        keepdims = keepdims is not UNSET and checked_flag(f"{name}: keepdims", keepdims)
        axis = reduced_axis(axis, x.ndim, f"nan{name}")
        if x.dtype.kind != "f":
            options = {"where": where, "mean": mean}
            return getattr(np, name)(x, axis=axis, ddof=ddof, keepdims=keepdims, **options)
        x = masked(name, x, where, np.nan)
        mean = as_tensor(mean).astype(x.dtype, copy=False) if given(mean) else None
        return spread_where(x, ~np.isnan(x), axis, ddof, keepdims, root, mean)

    return reduce


implements(np.nanvar)(_spread("var", False))
implements(np.nanstd)(_spread("std", True))


@implements(np.nancumsum)
def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    refuse("nancumsum", out=out)
    return cumsum(_filled(as_tensor(a), 0), axis, dtype)


@implements(np.nancumprod)
def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    refuse("nancumprod", out=out)
    return cumprod(_filled(as_tensor(a), 1), axis, dtype)
