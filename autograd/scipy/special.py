"""`scipy.special`, with the functions of `autograd.special` for nodes. Next: `linalg.py`."""

from __future__ import annotations

from typing import Any

from .. import special
from ..special import *  # noqa: F403
from ..special.common import scipy

__all__ = [name for name in special.__all__ if name != "expm"]


def __getattr__(name: str) -> Any:
    return getattr(scipy, name)


def __dir__() -> list[str]:
    return dir(scipy)
