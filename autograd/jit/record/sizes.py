"""Which calls give results of a shape that depends on data, as an index by a mask does.

A replay compares the shapes of their results with those of the recording. Next: `lowering.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...transforms.trees import flatten
from ..step_functions import assign, getitem, masked
from .array import RecordedArray


def _functions(names: str) -> tuple[Any, ...]:
    return tuple(getattr(np, name) for name in names.split())


# whose shape may depend on numbers of any dtype
_SIZED = frozenset(
    (
        *_functions(
            "argwhere bincount compress delete extract flatnonzero histogram histogram_bin_edges "
            "intersect1d nonzero polyadd polydiv polymul polysub roots setdiff1d setxor1d "
            "trim_zeros union1d unique unique_all unique_counts unique_inverse unique_values"
        ),
        np.linalg.lstsq,
    )
)
# How many of a function's arguments, from the first, do not change the shape, whatever integers or
# truth values they contain. Those of other functions may be counts, lengths, axes or positions.
_ALL = 1 << 30
_DATA: Mapping[Any, int] = {
    **dict.fromkeys((getitem, assign, masked, operator.pow), _ALL),
    **dict.fromkeys(_functions("choose concatenate dot matmul roll select stack where"), _ALL),
    **dict.fromkeys(_functions("take take_along_axis searchsorted inner kron outer cross"), 2),
    **dict.fromkeys(
        _functions(
            "argmax argmin argsort cumprod cumsum full_like max mean median min nanmax nanmean "
            "nanmin nanstd nansum nanvar prod sort std sum var"
        ),
        1,
    ),
    np.lib.stride_tricks.sliding_window_view: 1,
}


def is_sized(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether the shape of a call's result may depend on data.

    For a user's function it is not known. An operation has its data in ``args``; ``put`` is given
    the shape of its result, and its index is a parameter.
    """
    if function is getitem:
        return any(type(x) is RecordedArray and x.dtype == bool for x in args[1:])
    if function in _SIZED or (function is np.where and len(args) == 1):
        return True
    if hasattr(function, "is_custom"):
        if function.is_custom or function.__name__ == "put":
            return bool(function.is_custom)
        data = _ALL
    elif isinstance(function, np.ufunc):
        return False
    else:
        is_method = isinstance(getattr(function, "__self__", None), np.ufunc)  # as np.add.reduce
        data = _DATA.get(function, 1 if is_method else 0)
    rest = flatten([list(args[data:]), dict(kwargs)])[0]
    return any(type(x) is RecordedArray and x.dtype.kind in "iub" for x in rest)
