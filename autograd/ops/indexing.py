"""Reading and writing by index, each the derivative of the other. Next: `linalg.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op, structural

Shape = tuple[int, ...]


def is_basic(index: Any) -> bool:
    """Whether an index is of integers, slices, None and Ellipsis: every entry at most once."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        p is None
        or p is Ellipsis
        or isinstance(p, slice)
        or (isinstance(p, int | np.integer) and not isinstance(p, bool | np.bool_))
        for p in parts
    )


def _put(x: Any, index: Any, shape: Shape) -> Any:
    """Add ``x`` into zeros at ``index``; entries that occur several times add up."""
    z = np.zeros(shape, np.asarray(x).dtype)
    if is_basic(index):
        z[index] = x
    else:
        np.add.at(z, index, x)
    return z


put: Op = structural(
    "put",
    _put,
    x=lambda g, index: getitem(g, index=index),
    notation="put({x})",
    doc="Zeros with ``x`` added at an index: the derivative of reading.",
)
getitem: Op = structural(
    "getitem",
    lambda x, index: x[index],
    x=lambda g, index, x_shape: put(g, index=index, shape=x_shape),
    symbol="[]",
    notation="{x}[...]",
)
