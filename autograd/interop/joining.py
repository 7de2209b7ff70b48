"""NumPy's joining and splitting, on nodes. Next: `padding.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis, one_axis
from ..array_nodes.views import unlink
from ..dispatch import implements
from ..op import kind_of_rank
from ..ops import shaping
from ..value import Value
from .common import as_tensor, cast, lead, refuse
from .shaping import atleast_1d, atleast_2d, atleast_3d


@implements(np.concatenate)
def concatenate(
    arrays: Iterable[Any],
    /,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Any:
    """Return arrays joined along an axis."""
    refuse("concatenate", out=out)
    parts = _in_dtype("concatenate", [as_tensor(x) for x in arrays], dtype, casting)
    if axis is None:
        parts, axis = [x.ravel() for x in parts], 0
    ndim = max((x.ndim for x in parts), default=0)
    if ndim == 0:
        raise ValueError("np.concatenate: zero-dimensional arrays cannot be joined; use np.stack")
    return shaping.concatenate(*parts, axis=one_axis(axis, ndim, "concatenate"))


def _is_default(casting: Any) -> bool:
    return isinstance(casting, str) and casting == "same_kind"


def _in_dtype(name: str, parts: list[Any], dtype: Any, casting: Any) -> list[Any]:
    """Return tensors in the dtype that their join is to have, as far as casting allows."""
    if not parts or (dtype is None and _is_default(casting)):
        return parts
    dtype = np.result_type(*(x.dtype for x in parts)) if dtype is None else dtype
    return [cast(name, x, dtype, casting) for x in parts]


@implements(np.stack)
def _stack(
    arrays: Iterable[Any],
    axis: int = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Any:
    refuse("stack", out=out)
    parts: Sequence[Any] = [x if isinstance(x, Value) else as_tensor(x) for x in arrays]
    if dtype is not None or not _is_default(casting):
        parts = _in_dtype("stack", [as_tensor(x) for x in parts], dtype, casting)
    ndim = max(np.ndim(x) for x in parts) + 1
    axis = one_axis(axis, ndim, "stack")
    if all(isinstance(x, Value) for x in parts):
        return kind_of_rank(2).__autograd_apply__(shaping.stack, parts, {"axis": axis})
    return shaping.stack(*parts, axis=axis)


def _many(arrays: Any, at_least: Any) -> list[Any]:
    return [at_least(x) for x in arrays]


@implements(np.vstack)
def _vstack(tup: Iterable[Any], *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return concatenate(_many(tup, atleast_2d), 0, dtype=dtype, casting=casting)


@implements(np.hstack)
def _hstack(tup: Iterable[Any], *, dtype: Any = None, casting: str = "same_kind") -> Any:
    parts = _many(tup, atleast_1d)
    axis = 0 if parts and parts[0].ndim == 1 else 1
    return concatenate(parts, axis, dtype=dtype, casting=casting)


@implements(np.dstack)
def _dstack(tup: Iterable[Any]) -> Any:
    return concatenate(_many(tup, atleast_3d), 2)


@implements(np.column_stack)
def _column_stack(tup: Iterable[Any]) -> Any:
    parts = [as_tensor(x) for x in tup]
    return concatenate([x.reshape((-1, 1)) if x.ndim < 2 else x for x in parts], 1)


@implements(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate((arr, values), axis)


def _depth(arrays: Any) -> int:
    return 1 + max(map(_depth, arrays), default=0) if isinstance(arrays, list) else 0


@implements(np.block)
def _block(arrays: Any) -> Any:
    depth = _depth(arrays)

    def leaves(x: Any) -> list[Any]:
        return [leaf for part in x for leaf in leaves(part)] if isinstance(x, list) else [x]

    def same_depth(x: Any, left: int) -> bool:
        if not isinstance(x, list):
            return left == 0
        return bool(x) and all(same_depth(part, left - 1) for part in x)

    if not same_depth(arrays, depth):
        raise ValueError("np.block: the lists must be nested equally deep, and none empty")
    ndim = max(depth, *(np.ndim(x) for x in leaves(arrays)))

    def build(x: Any, left: int) -> Any:
        if isinstance(x, list):
            return concatenate([build(part, left - 1) for part in x], ndim - left)
        x = as_tensor(x)
        return unlink(x.reshape((*(1,) * (ndim - x.ndim), *x.shape)))

    return build(arrays, depth)


# --------------------------------------------------------------------------------------------------
# Splitting


def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    x = as_tensor(ary)
    at: Any = normal_axis(axis, x.ndim, "array_split")
    n = x.shape[at]
    if np.ndim(indices_or_sections):
        cuts = [0, *(int(i) for i in indices_or_sections), n]
    else:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError(f"np.array_split: the number of sections must be positive: {sections}")
        each, longer = divmod(n, sections)
        cuts = [each * i + min(i, longer) for i in range(sections + 1)]
    return [x[(*lead(at), slice(start, stop))] for start, stop in pairwise(cuts)]


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    x = as_tensor(ary)
    at: Any = normal_axis(axis, x.ndim, "split")
    if np.ndim(indices_or_sections) == 0 and x.shape[at] % int(indices_or_sections):
        raise ValueError(
            f"np.split: axis {at} of shape {x.shape} is not divided evenly by {indices_or_sections}"
        )
    return _array_split(x, indices_or_sections, at)


implements(np.array_split)(_array_split)
implements(np.split)(_split)


def _split_along(name: str, axis: int) -> Any:
    def split(ary: Any, indices_or_sections: Any) -> list[Any]:
        x = as_tensor(ary)
        if x.ndim < max(axis, 1) + (axis == 2):
            raise ValueError(f"np.{name}: the array of shape {x.shape} has too few axes")
        return _split(x, indices_or_sections, min(axis, x.ndim - 1))

    return split


implements(np.hsplit)(_split_along("hsplit", 1))
implements(np.dsplit)(_split_along("dsplit", 2))


@implements(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    x = as_tensor(ary)
    if x.ndim < 2:
        raise ValueError(f"np.vsplit: needs at least 2 axes, got shape {x.shape}")
    return _split(x, indices_or_sections, 0)


@implements(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    x = as_tensor(x)
    if x.ndim == 0:
        raise ValueError("np.unstack: needs an axis, got a 0-d array")
    at: Any = normal_axis(axis, x.ndim, "unstack")
    return tuple(x[(*lead(at), i)] if at else x[i] for i in range(x.shape[at]))
