"""Groups: tasks of one level and key, computed by one call. Next: `lanes.py`.

The results of a group are a slice of the array of all numbers. A group whose tasks fall into
vectors of one length is a matrix, one vector per row; its operands are whole vectors then, or one
number for each row, or else picked one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Array
from .keys import Run, runner


class Windows(dict[int, Any]):
    """Views on the array of all numbers: entry i of view k holds numbers i to i + k - 1."""

    def __init__(self, numbers: Array) -> None:
        self.numbers = numbers
        self.address = numbers.ctypes.data

    def __missing__(self, length: int) -> Any:
        x = self.numbers
        shape = (len(x) - length + 1, length, *x.shape[1:])
        found: Any = np.ndarray(shape, x.dtype, x, strides=(x.strides[0], *x.strides))
        self[length] = found
        return found


class Each:
    """Operands gathered one by one."""

    def __init__(self, rows: Array) -> None:
        self.rows = rows

    def take(self, windows: Windows) -> Any:
        """Return the operands."""
        return windows.numbers.take(self.rows, axis=0)


class Slice:
    """Contiguous operands."""

    def __init__(self, first: int, shape: tuple[int, ...]) -> None:
        self.slice = slice(first, first + int(np.prod(shape)))
        self.shape = shape

    def take(self, windows: Windows) -> Any:
        """Return a view of the operands."""
        found = windows.numbers[self.slice]
        return found if len(self.shape) == 1 else found.reshape(*self.shape, *found.shape[1:])


class Vectors:
    """Operands that are contiguous vectors; ``rows`` are their starts."""

    def __init__(self, rows: Array, length: int) -> None:
        self.rows = rows
        self.length = length

    def take(self, windows: Windows) -> Any:
        """Return the operands as a matrix."""
        return windows[self.length][self.rows]


class Rows:
    """Operands that are one number for each vector."""

    def __init__(self, rows: Array) -> None:
        self.rows = rows

    def take(self, windows: Windows) -> Any:
        """Return the operands as a column."""
        return windows.numbers.take(self.rows, axis=0)[:, None]


def vectors_of(table: Array) -> tuple[Array, Array, Array]:
    """Return the starts of vectors, whether they are contiguous, and whether they are one number.

    The last axis of the table runs along the vectors.
    """
    first = table[..., 0]
    side = (table == first[..., None] + np.arange(table.shape[-1])).all(axis=-1)
    return first, side, (table == first[..., None]).all(axis=-1)


def operand(rows: Array, length: int) -> Any:
    """Return the operand in these rows, for a group of vectors of this length, or 0."""
    n = rows.size
    if rows[-1] - rows[0] == n - 1 and bool((np.diff(rows) == 1).all()):
        return Slice(int(rows[0]), (n // length, length) if length else (n,))
    if not length:
        return Slice(int(rows[0]), (1,)) if bool((rows == rows[0]).all()) else Each(rows)
    table = rows.reshape(-1, length)
    first, side, one = vectors_of(table)
    if side.all():
        return Vectors(first, length)
    if one.all():
        return Slice(int(first[0]), (1, 1)) if bool((first == first[0]).all()) else Rows(first)
    return Each(table)


class Group:
    """Tasks of one level and key: the positions of their operands and results."""

    __slots__ = ("end", "key", "length", "operands", "run", "start")

    def __init__(
        self, key: tuple[Any, ...], start: int, end: int, length: int, table: Array
    ) -> None:
        self.key = key
        self.start = start
        self.end = end
        self.length = length
        self.run: Run = _only if key[0] == "sum" else runner(key)
        if key[0] == "sum":
            self.operands = [_terms(table, length)]
        else:
            self.operands = [operand(rows, length) for rows in table]

    def compute(self, windows: Windows) -> None:
        """Compute the numbers of the group in place."""
        found = self.run([x.take(windows) for x in self.operands])
        out = windows.numbers[self.start : self.end]
        if self.length:
            out = out.reshape(-1, self.length, *out.shape[1:])
        out[...] = found


# --------------------------------------------------------------------------------------------------
# Sums


def _only(operands: list[Any]) -> Any:
    return operands[0]


def _terms(table: Array, length: int) -> Any:
    """Return the function that adds up the rows of a table."""
    if length:
        return VectorSum(table.reshape(len(table), -1, length))
    steps = np.diff(table, axis=0)
    down = np.flatnonzero(np.append(np.any(steps != -1, axis=1), True))
    starts = np.append(0, down[:-1] + 1)
    longest = int(np.argmax(down - starts))
    if down[longest] - starts[longest] >= 8:
        return RunSum(table, int(starts[longest]), int(down[longest]) + 1)
    return Sum(table)


def _add_up(x: Any, axis: int = 0) -> Any:
    """Return sums along an axis that do not begin with 0, as NumPy's do, which loses -0."""
    return np.add.reduce(x, axis=axis, initial=-0.0)


class Sum:
    """The sum of gathered numbers: row after row, in the order of a Python loop."""

    def __init__(self, rows: Array) -> None:
        self.rows = np.ascontiguousarray(rows)

    def take(self, windows: Windows) -> Any:
        """Return the sums."""
        matrix = windows.numbers.take(self.rows, axis=0)
        if matrix[0].size == 1:  # a single column would be summed pairwise
            return np.add.accumulate(matrix, axis=0)[-1]
        return _add_up(matrix)


class VectorSum:
    """The sum of vectors and of numbers that are the same along a vector."""

    def __init__(self, table: Array) -> None:
        first, side, one = vectors_of(table)
        self.shape, self.first = table.shape, first
        self.vectors: Any = side.all(axis=1)
        self.rows: Any = one.all(axis=1) & ~self.vectors
        self.others = np.flatnonzero(~(self.vectors | self.rows))
        self.table = table[self.others]
        self.whole = bool(self.vectors.all())

    def take(self, windows: Windows) -> Any:
        """Return the sums."""
        view, numbers, first = windows[self.shape[-1]], windows.numbers, self.first
        if self.whole:
            return _add_up(view[first])
        matrix = np.empty((*self.shape, *numbers.shape[1:]))
        matrix[self.vectors] = view[first[self.vectors]]
        matrix[self.rows] = numbers[first[self.rows]][:, :, None]
        if self.others.size:
            matrix[self.others] = numbers[self.table]
        return _add_up(matrix)


class RunSum:
    """Sums most of whose terms are contiguous, from the last to the first."""

    def __init__(self, table: Array, start: int, end: int) -> None:
        self.first, self.length = table[end - 1], end - start
        others = np.concatenate([table[:start], table[end:]])
        self.others = Sum(others) if len(others) else None

    def take(self, windows: Windows) -> Any:
        """Return the sums."""
        found = _add_up(windows[self.length][self.first], axis=1)
        return found if self.others is None else self.others.take(windows) + found
