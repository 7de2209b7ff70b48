"""The standard's dtypes, and questions about them and about the namespace. Next: `shapes.py`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .common import CPU, bare

bool = np.dtype(np.bool_)
int8, int16, int32, int64 = map(np.dtype, (np.int8, np.int16, np.int32, np.int64))
uint8, uint16, uint32, uint64 = map(np.dtype, (np.uint8, np.uint16, np.uint32, np.uint64))
float32, float64 = np.dtype(np.float32), np.dtype(np.float64)
complex64, complex128 = np.dtype(np.complex64), np.dtype(np.complex128)

isdtype = np.isdtype


class __array_namespace_info__(np.__array_namespace_info__):  # type: ignore[misc]
    """Devices, default dtypes and capabilities: those of NumPy."""

    def devices(self) -> Any:
        """Return the devices, of which there is one."""
        return (CPU,)


class FloatLimits(NamedTuple):
    """The result of `finfo`, in Python floats."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


class IntegerLimits(NamedTuple):
    """The result of `iinfo`, in Python integers."""

    bits: int
    max: int
    min: int
    dtype: Any


def _dtype(x: Any) -> Any:
    # NumPy's scalar types have a dtype too, which is not theirs
    return np.dtype(x) if isinstance(x, type) else getattr(x, "dtype", x)


def finfo(type: Any, /) -> FloatLimits:
    """Return the limits of a floating dtype, of the parts of a complex one, or of a tensor's.

    Examples
    --------
    >>> finfo(np.dtype("float32")).bits
    32
    """
    found: Any = np.finfo(_dtype(type))
    eps, high, low, normal = map(float, (found.eps, found.max, found.min, found.smallest_normal))
    return FloatLimits(found.bits, eps, high, low, normal, found.dtype)


def iinfo(type: Any, /) -> IntegerLimits:
    """Return the limits of an integer dtype, or of a tensor's.

    Examples
    --------
    >>> iinfo(np.dtype("int8")).max
    127
    """
    found: Any = np.iinfo(_dtype(type))
    return IntegerLimits(found.bits, int(found.max), int(found.min), found.dtype)


def can_cast(from_: Any, to: Any, /) -> Any:
    """Return whether a dtype, or that of a tensor, can be cast to another by promotion.

    Examples
    --------
    >>> can_cast(np.dtype("int8"), np.dtype("int16"))
    True
    """
    return np.can_cast(_dtype(from_), to)


def result_type(*arrays_and_dtypes: Any) -> Any:
    """Return the dtype that tensors, dtypes and numbers are promoted to.

    Examples
    --------
    >>> result_type(np.dtype("int8"), np.dtype("uint8"))
    dtype('int16')
    """
    return np.result_type(*map(bare, arrays_and_dtypes))
