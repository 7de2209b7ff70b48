"""What a recording asks of Python: code for its texts, and no collector. Next: `places.py`.

The same text comes again where arrays are bound anew, for other shapes, and where the same network
is made again, as in a search or in a cell of a notebook that is run twice.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType


@functools.lru_cache(maxsize=64)
def code_of(text: str) -> CodeType:
    """Return the code of a module with this text."""
    return compile(text, "<jit>", "exec")


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep Python's collector still: a recording keeps all nodes, so it would only walk them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
