"""Writing by index as a function: the array with some entries replaced. Next: `linalg.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arithmetic import sum_to
from ..op import Op, structural
from .indexing import FLOAT64, integers, is_basic, positions_of

Shape = tuple[int, ...]


def _assign(x: Any, value: Any, index: Any) -> Any:
    if getattr(value, "dtype", x.dtype).kind == "c" != x.dtype.kind:
        raise TypeError("complex numbers cannot be written among real ones")
    z = np.array(x)
    z[index] = value
    return z


def put_into(z: Any, index: Any, value: Any) -> bool:
    """Write numbers to an array at an index; False, with nothing done, if they do not fit."""
    dtype, kind = z.dtype, type(value)
    # a warning about numbers out of range comes before anything is written
    if dtype is FLOAT64 and (kind is np.float64 or kind is float):
        pass
    elif kind is int or kind is float:
        number = np.empty((), dtype)
        number[()] = value
        value = number
    elif value.dtype is not dtype:
        if not value.dtype.kind == "f" == dtype.kind:
            return False
        value = value.astype(dtype)
    try:
        z[index] = value
    except (ValueError, IndexError, TypeError):
        return False
    return True


def survivors(index: Any, g: Any) -> Any:
    """Return which written entries no later write replaces; None if all of them stay.

    Positions are those of ``g``; the numbers of the writes are of the same class, so that a
    recording of g records them.
    """
    is_mask = np.dtype(bool) is getattr(index, "dtype", None)  # which has each position once
    if is_basic(index) or is_mask:
        return None
    if type(g) is np.ndarray and (places := integers(index)) is not None:
        return _survivors_of_integers(places, g.shape)
    taken = np.zeros_like(g, np.intp)
    writers = np.arange(taken[index].size).reshape(taken[index].shape)
    return assign(taken, writers, index=index)[index] == writers


def _survivors_of_integers(places: tuple[Any, ...], shape: Shape) -> Any:
    """Do what `survivors` does for integers along the first axes, looking at their places alone."""
    n = len(places)
    written = positions_of(places, shape)
    writers = np.arange(written.size).reshape(written.shape)
    taken = np.empty(math.prod(shape[:n]), np.intp)
    taken[written] = writers
    stays = taken[written] == writers
    return None if stays.all() else stays.reshape(stays.shape + (1,) * (len(shape) - n))


def pull_value(g: Any, value_shape: Shape, index: Any) -> Any:
    """Return the gradient of the value written at an index, given that of the array."""
    picked = g[index]
    if type(index) is int and picked.shape == value_shape:
        return picked.copy() if type(picked) is np.ndarray else picked
    # a value may have more leading axes of length 1 than the part it is written to
    shape = value_shape[max(0, len(value_shape) - len(np.shape(picked))) :]
    stays = survivors(index, g)
    if stays is not None:
        picked = picked * stays
    elif type(picked) is np.ndarray:
        picked = picked.copy()  # a copy, as the array it was read from may be written to
    c = sum_to(picked, shape)
    return c if shape == value_shape else np.reshape(c, value_shape)


assign: Op = structural(
    "assign",
    _assign,
    x=lambda g, index: assign(g, 0.0, index=index),
    value=pull_value,
    plain=False,
    notation="{x}[...] = {value}",
    doc="The array ``x`` with the entries at an index replaced by ``value``.",
)
# pullbacks of assignments that have the changed array as a parent
CHANGES = frozenset({assign.plan((True, value)).pull for value in (True, False)})
