"""The memory of freed arrays, kept in the process for the next ones. Next: `files.py`."""

from __future__ import annotations

import ctypes

# parameters of glibc's mallopt; blocks above its largest threshold are always mapped individually
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 25


def keep_freed_memory() -> bool:
    """Keep the memory of freed arrays in the process, for the next arrays.

    The C library of Linux (glibc) returns the memory of a large array to the system when the array
    is freed, and the system has to map and zero it again, page by page, for the next one. For
    arrays of 0.1 to 32 MB that takes as long as the arithmetic. Call this once, at the start of a
    program, to have the memory kept; the process then never shrinks. The environment variables
    ``MALLOC_MMAP_THRESHOLD_`` and ``MALLOC_TRIM_THRESHOLD_`` have the same effect.

    Returns
    -------
    bool
        Whether the C library accepted the settings. False, with no effect, if it is not glibc, as
        on macOS and Windows.

    Examples
    --------
    >>> from autograd import keep_freed_memory
    >>> kept = keep_freed_memory()
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, 2**31 - 1))
