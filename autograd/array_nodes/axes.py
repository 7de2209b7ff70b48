"""The arguments ``axis`` and ``shape``: which values they take. Next: `methods.py`."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..settings import shown

Axis = int | tuple[int, ...] | None

_INTEGERS = (int, np.integer)  # isinstance takes a tuple faster than a union written on the spot


def normal_axis(axis: Any, ndim: int, name: str) -> Axis:
    """Return ``axis`` as None, one non-negative integer or a tuple; else NumPy's error."""
    if axis is None:
        return None
    if isinstance(axis, tuple | list):
        axes = tuple(one_axis(a, ndim, name) for a in axis)
        if len(set(axes)) != len(axes):
            raise ValueError(f"{name}: an axis stands twice in axis={axis}")
        return axes
    return one_axis(axis, ndim, name)


def reduced_axis(axis: Any, ndim: int, name: str) -> Axis:
    """Do what `normal_axis` does, where NumPy takes the axes 0 and -1 of a number for None."""
    is_number = ndim == 0 and isinstance(axis, int | np.integer) and axis in (0, -1)
    return None if is_number and axis is not False else normal_axis(axis, ndim, name)


def one_axis(axis: Any, ndim: int, name: str) -> int:
    """Return one axis as a non-negative integer; else NumPy's error."""
    if not isinstance(axis, _INTEGERS) or axis is True or axis is False:
        raise TypeError(f"{name}: axis must be an integer, got {shown(axis)}")
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(int(axis), ndim, msg_prefix=name)
    return int(axis) % ndim


def sizes_of(name: str, sizes: Iterable[Any]) -> tuple[int, ...]:
    """Return the sizes of a shape as integers; raise TypeError for what is none."""
    try:
        return tuple(map(operator.index, sizes))
    except TypeError:
        raise TypeError(f"{name}: the sizes are integers such as -1, got {shown(sizes)}") from None
