"""Stack frames: the user's line of a step, and the caller of a conversion. Next: `recorder.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ...mode import PACKAGES

_LIBRARY = (*PACKAGES, os.path.join(os.path.dirname(np.__file__), ""))
# methods of tensors that ask for a number on behalf of their caller
_CONVERSIONS = ("__bool__", "__float__", "__int__", "__index__")


class _Names(dict[str, str]):
    """The names of files by their paths, '' for those of this library and of NumPy."""

    def __missing__(self, path: str) -> str:
        ours = path.startswith((*_LIBRARY, "<"))
        found = self[path] = "" if ours else Path(path).name
        return found


_NAMES = _Names()


def user_line() -> str:
    """Return the file and line of the innermost frame of the user's, such as ``train.py:12``."""
    frame: Any = sys._getframe(2)  # the recorder's own calls are not the user's
    while frame is not None:
        name = _NAMES[frame.f_code.co_filename]
        if name:
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def asked_by_library() -> bool:
    """Whether the code that asks for a number belongs to this library."""
    frame: Any = sys._getframe(1)
    jit = str(Path(__file__).parents[1])
    while frame is not None and (
        frame.f_code.co_filename.startswith(jit) or frame.f_code.co_name in _CONVERSIONS
    ):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(PACKAGES)
