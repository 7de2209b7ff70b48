"""Long drawings in rows, as text is in lines. Next: `layered.py`.

A drawing is cut between columns. What crosses a cut turns around at the end of the row, runs back
below it, and turns into the next one; the turns lie in each other, so that none crosses another.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from .net import End

# a box or lane at the end of a row, and the height at which a line leaves it
Line = tuple[int, float]

# a drawing is cut if it is so many times as wide as a row may be, and as it is high
_LONG, _FLAT = 1.6, 2.5
# what crosses a cut costs as much as so large a part of a row left empty, squared
_CROSSING = 0.01
# what the part by which a row is wider than it may be is multiplied by
_WIDE = 4.0
# if more lines than this cross a cut, the drawing stays in one row
_MOST = 16
# the distance of lines next to each other, and of a turn from the next row; the room of a turn, and
# above and below the lines
_LINE, _AWAY, _TURN, _CLEAR = 7.0, 12.0, 22.0, 18.0


def starts_of(
    widths: Sequence[float],
    heights: Sequence[float],
    crossing: Sequence[int],
    gap: float,
    room: float,
) -> list[int]:
    """Return the first column of every row: rows of about equal width, cut where little crosses.

    Parameters
    ----------
    widths, heights : sequence of float
        The size of each column.
    crossing : sequence of int
        How many lines cross the gap after each column; -1 where nothing may be cut.
    gap, room : float
        The distance of columns, and how wide a row may be.

    Returns
    -------
    list of int
        Only 0 if the drawing is not cut.
    """
    total = sum(widths) + gap * (len(widths) - 1)
    if not total > max(_LONG * room, _FLAT * max(heights)):
        return [0]
    wanted = total / math.ceil(total / room)
    least, before = [0.0], [0]
    for end in range(1, len(widths) + 1):
        found: list[tuple[float, int]] = []
        width = -gap
        for start in range(end - 1, -1, -1):
            width += widths[start] + gap
            if width > 3 * room and len(found) > 2:
                break
            cost = (1.0 - width / wanted) ** 2 + _WIDE * max(width / room - 1.0, 0.0)
            if start:
                cost += _CROSSING * crossing[start - 1] if crossing[start - 1] >= 0 else math.inf
            found.append((least[start] + cost, start))
        cost, start = min(found)
        least.append(cost)
        before.append(start)
    starts, end = [], len(widths)
    while end:
        end = before[end]
        starts.append(end)
    starts.reverse()
    fine = math.isfinite(least[-1]) and all(crossing[k - 1] <= _MOST for k in starts[1:])
    return starts if fine else [0]


@dataclass(frozen=True)
class Turn:
    """How a line comes from the end of a row to the next: around, back at a height, and around."""

    right: float
    height: float
    left: float


@dataclass
class Rows:
    """The rows of a drawing: the first columns of each, and the turns between them.

    ``turns`` has for every cut, by the column before it, the turn of each line that crosses it.
    """

    starts: list[int]
    turns: dict[int, dict[Line, Turn]] = field(default_factory=dict)
    margin: float = 0.0

    def within(self, ends: list[list[End]], column: Sequence[int]) -> list[list[End]]:
        """Return the links of every box, first of all the neighbour, that stay in its row."""
        if len(self.starts) == 1:
            return ends
        row = [bisect_right(self.starts, k) for k in column]
        return [[e for e in near if row[e[0]] == row[i]] for i, near in enumerate(ends)]

    def stack(
        self, extents: Sequence[tuple[float, float]], lines: dict[int, list[tuple[float, Line]]]
    ) -> list[float]:
        """Return how far each row is moved down.

        ``extents`` are top and bottom of each row, ``lines`` the heights at which lines cross a
        cut, by the column before it.
        """
        moves, at = [-extents[0][0]], extents[0][1] - extents[0][0]
        for row, (top, bottom) in enumerate(extents[1:], 1):
            cut = self.starts[row] - 1
            crossing = sorted(lines[cut], key=lambda line: line[0])
            n, here = len(crossing), self.turns.setdefault(cut, {})
            for k, (_, key) in enumerate(crossing):
                back = at + _CLEAR + (n - 1 - k) * _LINE
                here[key] = Turn((n - 1 - k) * _LINE, back, _AWAY + k * _LINE)
            self.margin = max(self.margin, _AWAY + _TURN + (n - 1) * _LINE)
            at += 2 * _CLEAR + max(n - 1, 0) * _LINE
            moves.append(at - top)
            at += bottom - top
        return moves
