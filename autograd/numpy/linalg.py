"""`numpy.linalg` of lists of nodes as well. Next: `numpy_boxes.py`."""

from __future__ import annotations

from typing import Any

import numpy

from .lists import computing

_COMPUTING = computing(numpy.linalg, __name__)


def __getattr__(name: str) -> Any:
    return _COMPUTING[name] if name in _COMPUTING else getattr(numpy.linalg, name)


def __dir__() -> list[str]:
    return dir(numpy.linalg)
