"""NumPy's queries about nodes: plain results, without gradient. Next: `in_place.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_nodes.axes import normal_axis
from ..dispatch import implements
from .common import UNSET, is_node, plain, refuse


@implements(np.shape)
def _shape(a: Any) -> tuple[int, ...]:
    # a list of nodes arrives here as well
    return (
        tuple(a.shape)
        if hasattr(a, "shape")
        else np.shape([plain(x) for x in a] if _is_list(a) else plain(a))
    )


def _is_list(a: Any) -> bool:
    return isinstance(a, list | tuple)


@implements(np.ndim)
def _ndim(a: Any) -> int:
    return len(_shape(a))


@implements(np.size)
def _size(a: Any, axis: Any = None) -> int:
    shape = _shape(a)
    if axis is None:
        return int(np.prod(shape, dtype=np.intp))
    found = normal_axis(axis, len(shape), "size")
    axes = found if isinstance(found, tuple) else (found,)
    return int(np.prod([shape[i] for i in axes], dtype=np.intp))


def _numbers(x: Any) -> Any:
    """Return the data of nodes, including those in lists."""
    if is_node(x):
        return x._data
    if isinstance(x, list | tuple) and any(map(is_node, x)):
        return type(x)(_numbers(e) for e in x)
    return x


def _answer(function: Any) -> None:
    """Register a function whose result has no gradient."""
    name = function.__name__

    def run(*args: Any, out: Any = UNSET, **options: Any) -> Any:
        refuse(name, out=out)
        given = {k: _numbers(v) for k, v in options.items()}
        try:
            return function(*map(_numbers, args), **given)
        except np.exceptions.AxisError as error:
            raise np.exceptions.AxisError(f"{name}: {error}") from error
        except (TypeError, OverflowError) as error:
            raise TypeError(f"np.{name}: {error}") from error

    implements(function)(run)


def _infinite(function: Any) -> None:
    name = function.__name__

    def run(x: Any, out: Any = None) -> Any:
        refuse(name, out=out if is_node(out) else None)
        return function(_numbers(x), out)

    implements(function)(run)


_infinite(np.isneginf)
_infinite(np.isposinf)

for _function in (
    # of every entry
    np.isreal,
    np.iscomplex,
    np.isin,
    # of everything
    np.all,
    np.any,
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.isclose,
    # of positions and counts
    np.argmax,
    np.argmin,
    np.nanargmax,
    np.nanargmin,
    np.argsort,
    np.argpartition,
    np.lexsort,
    np.searchsorted,
    np.digitize,
    np.nonzero,
    np.flatnonzero,
    np.argwhere,
    np.count_nonzero,
    # of dtypes and memory
    np.result_type,
    np.min_scalar_type,
    np.can_cast,
    np.common_type,
    np.iscomplexobj,
    np.isrealobj,
    np.may_share_memory,
    np.shares_memory,
    # of shapes
    np.diag_indices_from,
    np.tril_indices_from,
    np.triu_indices_from,
    np.ravel_multi_index,
    np.unravel_index,
    # as text
    np.array_repr,
    np.array_str,
    np.array2string,
):
    _answer(_function)
