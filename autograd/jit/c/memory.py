"""Allocation of values in one block of memory that is reused. Next: `entries.py`."""

from __future__ import annotations

ALIGNMENT = 64


class Arena:
    """An allocator of places in one block.

    Attributes
    ----------
    size : int
        The bytes of the block.
    """

    def __init__(self) -> None:
        self.size = 0
        # [start, size] of the free ranges, ordered and joined
        self._free: list[list[int]] = []

    def allocate(self, size: int) -> int:
        """Allocate bytes, and return their start."""
        size = -(-size // ALIGNMENT) * ALIGNMENT
        for gap in self._free:
            if gap[1] >= size:
                start = gap[0]
                gap[0] += size
                gap[1] -= size
                return start
        self.size += size
        return self.size - size

    def release(self, start: int, size: int) -> None:
        """Free bytes."""
        size = -(-size // ALIGNMENT) * ALIGNMENT
        self._free = sorted([g for g in self._free if g[1]] + [[start, size]])
        joined: list[list[int]] = []
        for gap in self._free:
            if joined and joined[-1][0] + joined[-1][1] == gap[0]:
                joined[-1][1] += gap[1]
            else:
                joined.append(gap)
        self._free = joined
