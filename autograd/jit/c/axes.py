"""The loops of a nest: contiguous axes are joined, and several short rows are taken at once.

Next: `layout.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Strides = tuple[int, ...]
# rows shorter than this are joined, up to so many entries
SHORT, TOGETHER = 24, 64


class Loop(NamedTuple):
    """A loop along an axis: its iterations, and by how many entries of the axis each advances."""

    axis: int
    size: int
    step: int = 1


class Axes:
    """The loops over a space, the innermost last.

    Parameters
    ----------
    outer, inner : tuple of int
        The axes of the space; inner ones only if row values are needed.
    full, row : sequence of Strides
        The strides of everything read and written, entry by entry or row by row.
    firm : sequence of Strides
        Those to which an offset is added that is known at run time.

    Attributes
    ----------
    loops : list of Loop
    cut : int
        How many loops are outside of the phases.
    times : int
        How many short rows one iteration of the innermost loops takes.
    """

    def __init__(
        self,
        outer: tuple[int, ...],
        inner: tuple[int, ...],
        full: Sequence[Strides],
        row: Sequence[Strides],
        firm: Sequence[Strides] = (),
    ) -> None:
        space, w = outer + inner, len(outer)
        self.space = space
        over_rows = [s[:w] for s in (*full, *row)]
        self.loops = [
            *_join(space, range(w), over_rows),
            *_join(space, range(w, len(space)), full),
        ]
        self.times = 1
        if w:
            self.cut = sum(loop.axis < w for loop in self.loops)
        else:
            self._take_several(full, firm)
            self.cut = max(len(self.loops) - 1, 0)

    def _take_several(self, full: Sequence[Strides], firm: Sequence[Strides]) -> None:
        """Join several short rows; operands that do not advance with them are repeated."""
        if len(self.loops) < 2:
            return
        rows, row = self.loops[-2:]
        others = [loop.axis for loop in self.loops[:-2]]
        if row.size >= SHORT:
            return
        for s in full:
            runs_on = s[rows.axis] == s[row.axis] * row.size
            if not runs_on and (s in firm or s[rows.axis] or any(s[axis] for axis in others)):
                return
        most = TOGETHER // row.size
        times = max(n for n in range(1, most + 1) if rows.size % n == 0)
        if times > 1:
            self.times = times
            self.loops[-2:] = [
                Loop(rows.axis, rows.size // times, times),
                Loop(row.axis, row.size * times),
            ]

    @property
    def last(self) -> int:
        """The iterations of the innermost loop."""
        return self.loops[-1].size if self.loops else 1

    def is_repeated(self, strides: Strides) -> bool:
        """Whether several rows read the same entries."""
        if self.times == 1:
            return False
        rows, row = self.loops[-2:]
        return not strides[rows.axis] and strides[row.axis] != 0

    def index(self, strides: Strides, loops: int) -> str:
        """Return the index of an entry, as text over the variables of the first loops."""
        terms = []
        for n, (axis, _, step) in enumerate(self.loops[:loops]):
            stride = strides[axis] * step if axis < len(strides) else 0
            if stride:
                terms.append(f"i{n}" if stride == 1 else f"i{n}*{stride}")
        return " + ".join(terms) or "0"


def contiguous(shape: tuple[int, ...]) -> Strides:
    """Return the strides of a contiguous array."""
    found, stride = [], 1
    for n in reversed(shape):
        found.append(stride)
        stride *= n
    return tuple(reversed(found))


def _join(space: tuple[int, ...], axes: range, accesses: Sequence[Strides]) -> list[Loop]:
    """Return the loops without axes of length 1, and with contiguous axes joined."""
    found: list[Loop] = []
    for axis in axes:
        size = space[axis]
        if size == 1:
            continue
        if found:
            before, length, _ = found[-1]
            if all(s[before] == s[axis] * size for s in accesses):
                found[-1] = Loop(axis, length * size)
                continue
        found.append(Loop(axis, size))
    return found
