"""NumPy's elementwise functions that are not universal functions, on nodes. Next: `creation.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis
from ..dispatch import implements, in_loop
from ..ops import choices, piecewise
from ..ops import elementwise as ops
from ..ops import elementwise_more as more
from ..settings import checked_size
from .common import as_tensor, is_traced, lead, plain, refuse


@implements(np.sinc)
def _sinc(x: Any) -> Any:
    return more.sinc(x)


@implements(np.i0)
def _i0(x: Any) -> Any:
    return more.i0(x)


@implements(np.nan_to_num)
def _nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    if not copy:
        raise TypeError("np.nan_to_num: copy=False would write into a node; use the result")
    if as_tensor(x).dtype.kind != "f":
        return np.copy(as_tensor(x))
    limits = np.finfo(as_tensor(x).dtype)
    above, below = np.equal(x, np.inf), np.equal(x, -np.inf)  # but not the replacement of nan
    x = choices.where(np.isnan(x), nan, x)
    x = _replaced(above, float(limits.max) if posinf is None else posinf, x)
    return _replaced(below, float(limits.min) if neginf is None else neginf, x)


def _replaced(mask: Any, number: Any, x: Any) -> Any:
    """Return x with a number where a mask is true, which saves a choice if it is nowhere."""
    known = plain(mask)
    if type(known) is np.ndarray and not known.any():
        return x
    return choices.where(mask, number, x)


@implements(np.real)
def _real(val: Any) -> Any:
    x = as_tensor(val)
    return as_tensor(x._data.real) if x.dtype.kind == "c" else x


@implements(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:
    close = as_tensor(a).dtype.kind != "c" or np.isrealobj(np.real_if_close(plain(a), tol))
    return _real(a) if close else a


@implements(np.imag)
def _imag(val: Any) -> Any:
    return as_tensor(np.array(np.imag(plain(val))))


@implements(np.round, np.around)
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    refuse("round", out=out)
    x, decimals = as_tensor(a), checked_size("round: decimals", decimals, None)
    if x.dtype.kind != "f" or decimals == 0:
        return piecewise.rint(x) if x.dtype.kind == "f" else as_tensor(np.round(x._data, decimals))
    scale = 10.0 ** abs(decimals)
    return piecewise.rint(x * scale) / scale if decimals > 0 else piecewise.rint(x / scale) * scale


@implements(np.fix)
def _fix(x: Any, out: Any = None) -> Any:
    refuse("fix", out=out)
    return piecewise.trunc(x)


@implements(np.divmod)
def _divmod(x: Any, y: Any, out: Any = None, where: Any = None, **options: Any) -> Any:
    refuse("divmod", out=out, where=where)
    x, y = in_loop(np.divmod, (x, y), **options) if options else (x, y)
    z = more.remainder(x, y)
    q = more.floors_of(plain(x), plain(y), plain(z))
    return piecewise.floor_divide(x, y) if q is None else as_tensor(q), z


@implements(np.modf)
def _modf(x: Any, out: Any = None, where: Any = None, **options: Any) -> Any:
    refuse("modf", out=out, where=where)
    (x,) = in_loop(np.modf, (x,), **options)
    whole = piecewise.trunc(x)
    # an infinity has no fractional part
    return choices.where(np.isinf(x), 0.0, ops.subtract(x, whole)), whole


@implements(np.frexp)
def _frexp(x: Any, out: Any = None, where: Any = None, **options: Any) -> Any:
    refuse("frexp", out=out, where=where)
    (x,) = in_loop(np.frexp, (x,), **options) if options else (x,)
    exponent = np.frexp(plain(x))[1]
    return np.ldexp(x, -exponent), as_tensor(exponent)


@implements(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    # 0 or π for a real number
    angle = np.arctan2(0.0, as_tensor(z).detach())
    return np.degrees(angle) if deg else angle


def _of_reals(function: Any, meaning: Any, outside: Any) -> None:
    """Register a function of `numpy.lib.scimath`, whose results are complex outside of a domain."""
    name = f"np.lib.scimath.{function.__name__}"

    def run(*args: Any) -> Any:
        if np.any(outside(*map(plain, args))):
            raise TypeError(f"{name} of these numbers is complex; nodes have real numbers only")
        return meaning(*args)

    implements(function)(run)


for _name in ("sqrt", "log", "log2", "log10"):
    _of_reals(getattr(np.lib.scimath, _name), getattr(np, _name), lambda x: np.less(x, 0))
for _name in ("arccos", "arcsin", "arctanh"):
    _of_reals(
        getattr(np.lib.scimath, _name),
        getattr(np, _name),
        lambda x: np.greater(np.absolute(x), 1),
    )
_of_reals(
    np.lib.scimath.power,
    lambda x, p: np.power(x, p if is_traced(p) else np.asarray(p)),
    lambda x, p: np.less(x, 0),
)
_of_reals(
    np.lib.scimath.logn,
    lambda n, x: np.log(x) / np.log(n),
    lambda n, x: np.logical_or(np.less(n, 0), np.less(x, 0)),
)


@implements(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    x = as_tensor(p)
    at: Any = normal_axis(axis, x.ndim, "unwrap")
    d = np.diff(x, axis=at)
    half = period / 2
    # the jumps between entries as multiples of the period, which have no gradient
    short = np.remainder(d.detach() + half, period) - half
    short = choices.where((short == -half) & (d > 0), half, short)
    jump = choices.where(
        np.absolute(d.detach()) < max(discont or half, half), 0.0, short - d.detach()
    )
    start = x[(*lead(at), slice(0, 1))]
    moved = x[(*lead(at), slice(1, None))] + np.cumsum(jump, axis=at)
    return np.concatenate([start, moved], axis=at)
