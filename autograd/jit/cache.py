"""Alignment of arrays and lengths of blocks that suit the caches of the processor.

Next: `rewriter.py`.
"""

from __future__ import annotations

import math
from ctypes import addressof, c_char
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

Array = np.ndarray[Any, Any]

# Bytes that a cache reads at once
LINE = 64
# Smaller arrays begin where NumPy lets them
_FEW = 1 << 9
# Where Linux tells the size of the second-level cache, as 1024K
_SIZE = "/sys/devices/system/cpu/cpu0/cache/index2/size"


def block_size(path: str = _SIZE) -> int:
    """Return what is held at one time for a block, in bytes: 7/8 of the second-level cache.

    Small blocks cost calls; what is too large for the cache can take many times longer.
    """
    try:
        found = int(Path(path).read_text().strip().removesuffix("K")) << 10
    except (OSError, ValueError):
        found = 1 << 20
    return min(max(7 * found // 8, 1 << 18), 1 << 21)


BLOCK = block_size()


def address(array: Array) -> int:
    """Return where the first entry of an array is."""
    try:  # a fifth of the time of what follows
        return addressof(c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # one that is not to be written to, has gaps, or no entries
        return int(array.__array_interface__["data"][0])


def bounds(array: Array) -> tuple[int, int]:
    """Return between which addresses the entries of an array are."""
    if not array.flags.c_contiguous:
        return byte_bounds(array)
    start = address(array)
    return start, start + array.nbytes


def aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an empty array that begins with a line of the cache, if it is of many numbers.

    NumPy's own seldom do, and half of the vectors that are read from them lie in two lines.
    """
    size = math.prod(shape)
    if size < _FEW or LINE % dtype.itemsize:
        return np.empty(shape, dtype)
    whole = np.empty(size + LINE // dtype.itemsize, dtype)
    start = -address(whole) % LINE // dtype.itemsize
    return whole[start : start + size].reshape(shape)
