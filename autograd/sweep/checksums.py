"""Arrays that were written into between the forward and the backward pass. Next: `accumulation.py`.

A graph keeps the arrays that its derivatives need, not copies of them. Under `record_origins`
it keeps their checksums as well, and a sweep that would read changed numbers raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zlib import crc32

import numpy as np

from ..arithmetic import once
from ..blocks import STATE
from ..node import Node, name_of

Sums = tuple[tuple[Any, int], ...]


def checksums(node: Any) -> Sums:
    """Return (array, checksum) for the user's arrays that the derivative of a new node reads.

    They are plain arrays, and the data of leaves, of which only a new array is noticed otherwise.
    """
    theirs = [*_arrays(_data_of(x) for x in node.inputs)]
    theirs += _arrays(node.parameters.values())
    if not theirs:
        return ()
    read = [a for a in _arrays(node._saved) if any(np.may_share_memory(a, x) for x in theirs)]
    STATE.checksums = STATE.checksums or bool(read)
    return tuple([(a, _checksum(a)) for a in read])


def check_not_overwritten(order: Iterable[Any]) -> None:
    """Raise RuntimeError if an array that a derivative of these nodes reads was written into."""
    for node in order:
        for array, known in getattr(node, "_checksums", ()):
            if _checksum(array) != known:
                raise RuntimeError(
                    f"an array of shape {array.shape} was written into after {name_of(node)} took "
                    "it: the gradient would mix old and new numbers. Write after backward(), give "
                    "the operation a copy, or make the array a tensor: after c = Tensor(c), "
                    "c += 1.0 is a new version"
                )


def _data_of(x: Any) -> Any:
    if not isinstance(x, Node):
        return x
    return getattr(x, "_value", None) if x._a is None else None


def _arrays(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the arrays among values and among the entries of tuples and lists of them."""
    stack = [*values]
    while stack:
        x = stack.pop()
        if isinstance(x, tuple | list):
            stack += x
        elif isinstance(x, np.ndarray) and x.size and x.dtype.kind in "fiub":
            yield x


def _checksum(array: Any) -> int:
    # along a broadcast axis one entry stands for all
    return crc32(np.ascontiguousarray(once(array)).view(np.uint8).data)
