"""The notation of an index, as between the brackets of x[1:, ::2]. Next: `theme.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Arrays of positions with more entries than this are shown by their shape.
_SHORT = 6


def subscript(index: Any, array: Callable[[Any], str] | None = None) -> str:
    """Format an index; arrays by ``array``, or else short ones in full and others by shape.

    Examples
    --------
    >>> subscript((slice(1, None), slice(None, None, 2)))
    '1:, ::2'
    >>> subscript((Ellipsis, np.array([0, 2]), None))
    '..., [0, 2], None'
    """
    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(_part(x, array or _brief) for x in parts) or "()"


def _part(x: Any, array: Callable[[Any], str]) -> str:
    if isinstance(x, slice):
        ends = ["" if end is None else str(end) for end in (x.start, x.stop, x.step)]
        return ":".join(ends[:2] if ends[2] in ("", "1") else ends)
    if x is Ellipsis:
        return "..."
    return array(x) if isinstance(x, np.ndarray | list) and np.ndim(x) else str(x)


def _brief(x: Any) -> str:
    x = np.asarray(x)
    if x.size <= _SHORT:
        return str(x.tolist())
    shape = "×".join(map(str, x.shape))
    return f"mask {shape}" if x.dtype == bool else f"{shape} indices"
