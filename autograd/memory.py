"""The memory of large arrays: whether what is freed stays with the process. Next: `jit/`."""

from __future__ import annotations

import ctypes

# glibc's numbers of its settings; it maps blocks above the largest threshold by themselves always
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 25


def keep_freed_memory() -> bool:
    """Keep the memory of freed arrays in the process, where the next arrays find it.

    The C library of Linux (glibc) gives the memory of a large array back to the system when the
    array is freed, and the next one has to be mapped and filled with zeros again, page by page. For
    operations on arrays of 0.1 to 32 MB that takes as long as the arithmetic. Call this once, at
    the start of a program, to have the memory kept; the process then stays as large as it ever was.
    It is what the environment variables ``MALLOC_MMAP_THRESHOLD_`` and ``MALLOC_TRIM_THRESHOLD_``
    do.

    Returns
    -------
    bool
        Whether the C library took the settings; False where it is not glibc, as on macOS and
        Windows, which then behaves as before.

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
