"""Python that is written while the program runs, compiled once for each text. Next: `places.py`.

The same text comes again where arrays are bound anew, for other shapes, and where the same network
is made again, as in a search or in a cell of a notebook that is run twice.
"""

from __future__ import annotations

import functools
from types import CodeType


@functools.lru_cache(maxsize=64)
def code_of(text: str) -> CodeType:
    """Return the code of a module with this text."""
    return compile(text, "<jit>", "exec")
