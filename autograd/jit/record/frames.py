"""Stack frames: the user's line of a step, and the caller of a conversion. Next: `recorder.py`."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import numpy as np

_ROOT = Path(__file__).parents[3]
_OURS = (f"{_ROOT / 'autograd'}/", f"{_ROOT / 'nn'}/")
_LIBRARY = (*_OURS, str(Path(np.__file__).parent))
# methods of tensors that ask for a number on behalf of their caller
_CONVERSIONS = ("__bool__", "__float__", "__int__", "__index__")


def user_frame() -> Any:
    """Return the innermost frame that is neither in this library nor in NumPy."""
    frame: Any = sys._getframe(3)  # the recorder's own calls are not the user's
    while frame is not None and _IS_LIBRARY[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


class _IsLibrary(dict[str, bool]):
    """Whether files belong to this library or NumPy; cached, as it is asked for many frames."""

    def __missing__(self, path: str) -> bool:
        found = self[path] = path.startswith((*_LIBRARY, "<"))
        return found


_IS_LIBRARY = _IsLibrary()


def user_line() -> str:
    """Return the user's file and line, such as ``train.py:12``."""
    frame = user_frame()
    return "" if frame is None else f"{_file_name(frame.f_code.co_filename)}:{frame.f_lineno}"


@functools.cache
def _file_name(path: str) -> str:
    return Path(path).name


def asked_by_library() -> bool:
    """Whether the code that asks for a number belongs to this library."""
    frame: Any = sys._getframe(1)
    jit = str(Path(__file__).parents[1])
    while frame is not None and (
        frame.f_code.co_filename.startswith(jit) or frame.f_code.co_name in _CONVERSIONS
    ):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_OURS)
