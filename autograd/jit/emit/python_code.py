"""Compiled Python code, cached by its text; and a pause of the collector. Next: `places.py`.

The same text occurs again when arrays are replaced, for other shapes, and when the same network is
made again, as in a search or when a notebook cell is run twice.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType


@functools.lru_cache(maxsize=64)
def code_of(text: str) -> CodeType:
    """Return compiled code for this text."""
    return compile(text, "<jit>", "exec")


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause the garbage collector: a recording keeps all nodes, so a collection frees nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
