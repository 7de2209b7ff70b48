"""`numpy.linalg` of lists of nodes as well. Next: `numpy_boxes.py`."""

from __future__ import annotations

from typing import Any

import numpy

from .lists import computing

# attributes, as in `autograd.numpy`
globals().update({name: getattr(numpy.linalg, name) for name in numpy.linalg.__all__})
globals().update(computing(numpy.linalg, __name__))


def __getattr__(name: str) -> Any:
    return getattr(numpy.linalg, name)


def __dir__() -> list[str]:
    return dir(numpy.linalg)
