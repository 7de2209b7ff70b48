"""Writing by index as a function: the array with some entries replaced. Next: `linalg.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import sum_to
from ..op import Op, structural
from .indexing import is_basic

Shape = tuple[int, ...]


def _assign(x: Any, value: Any, index: Any) -> Any:
    if getattr(value, "dtype", x.dtype).kind == "c" != x.dtype.kind:
        raise TypeError("complex numbers cannot be written among real ones")
    z = np.array(x)
    z[index] = value
    return z


def survivors(index: Any, g: Any) -> Any:
    """Return 1 for every written entry that stays, 0 where a later write to the same place won.

    The places are those of ``g``, whose kind the numbers of the writers have, so that they are
    recorded with it.
    """
    is_mask = np.dtype(bool) is getattr(index, "dtype", None)  # which takes each place once
    if is_basic(index) or is_mask:
        return 1
    taken = np.zeros_like(g, np.intp)
    writers = np.arange(taken[index].size).reshape(taken[index].shape)
    return assign(taken, writers, index=index)[index] == writers


def _pull_value(g: Any, value_shape: Shape, index: Any) -> Any:
    picked = g[index]
    # a value may have more axes of length 1 than the place it goes to
    shape = value_shape[max(0, len(value_shape) - len(np.shape(picked))) :]
    c = sum_to(picked * survivors(index, g), shape)
    return c if shape == value_shape else np.reshape(c, value_shape)


assign: Op = structural(
    "assign",
    _assign,
    x=lambda g, index: assign(g, 0.0, index=index),
    value=_pull_value,
    plain=False,
    notation="{x}[...] = {value}",
    doc="The array ``x`` with the entries at an index replaced by ``value``.",
)
