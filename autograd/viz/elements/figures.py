"""Numbers and thumbnails of arrays in pictures. Next: `subscripts.py`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

_BLOCKS = 12


def figure(x: float, digits: int = 4, sign: bool = False) -> str:
    """Format a number with so many digits, a real minus sign and a short exponent.

    Below a million integer digits are not rounded: 12346, but 1.235e6.

    Examples
    --------
    >>> [figure(x) for x in (0.5, 12345.6, 1234567.0, -1.5e-9)]
    ['0.5', '12346', '1.235e6', '−1.5e−9']
    """
    x = x or 0.0  # no minus before 0
    whole = 10**digits - 0.5 <= abs(x) < 1e6
    mark = "+" if sign and x == x and x else ""
    text = f"{x:{mark}{'.0f' if whole else f'.{digits}g'}}"
    mantissa, _, power = text.partition("e")
    return (f"{mantissa}e{int(power)}" if power else mantissa).replace("-", "−")


def figure_within(x: float, room: int, digits: int = 3) -> str:
    """Format a number with as many digits as fit, with or without an exponent."""
    for n in range(digits, 0, -1):
        plain = figure(x, n)
        if len(plain) <= room:
            return plain
        mantissa, _, power = f"{x:.{n - 1}e}".partition("e")
        raised = f"{mantissa}e{int(power)}".replace("-", "−") if power else plain
        if len(raised) <= room:
            return raised
    return raised


def norm(x: Any) -> float:
    """Return the norm of an array taken as a vector, without underflow or overflow."""
    flat = np.ravel(x)
    with np.errstate(all="ignore"):
        found = float(np.linalg.norm(flat))
        if flat.size and (found == 0.0 or math.isinf(found)):
            most = float(np.abs(flat).max())
            if most and math.isfinite(most):
                return most * float(np.linalg.norm(flat / most))
    return found


@dataclass(frozen=True)
class Thumbnail:
    """A small version of an array: means of at most 12 by 12 blocks, and the norm of the whole.

    Arrays of more than two axes are slices of the last two below each other; blocks do not mix
    slices, unless there are very many.
    """

    shape: tuple[int, ...]
    cells: tuple[tuple[float, ...], ...]
    norm: float
    exact: bool

    @property
    def parts(self) -> int:
        """The number of slices below each other; 1 for a matrix, or if blocks mix slices."""
        count = slices_of(self.shape)
        return count if self.cells and count <= _BLOCKS else 1

    def heading(self, part: int) -> str:
        """Return the index of a slice, such as [0, :, :]; '' for a matrix."""
        return slice_heading(self.shape, part) if slices_of(self.shape) > 1 else ""


Content = float | Thumbnail | None


def broken(x: Content) -> bool:
    """Whether a number, or an entry of an array, is nan or infinite."""
    if isinstance(x, Thumbnail):
        return not all(math.isfinite(v) for row in x.cells for v in row)
    return x is not None and not math.isfinite(x)


def content(x: Any) -> Content:
    """Copy a number, or make the thumbnail of an array; None for None."""
    if x is None:
        return None
    if np.ndim(x) == 0:
        try:
            return float(x)
        except (TypeError, ValueError):
            return None
    return thumbnail(x)


def slices_of(shape: tuple[int, ...]) -> int:
    """Return how many slices of the last two axes an array has."""
    return math.prod(shape[:-2])


def slice_heading(shape: tuple[int, ...], part: int) -> str:
    """Return the index of a slice of the last two axes.

    Examples
    --------
    >>> slice_heading((2, 3, 4, 5), 4)
    '[1, 1, :, :]'
    """
    at = np.unravel_index(part, shape[:-2])
    return f"[{', '.join(map(str, at))}, :, :]"


def thumbnail(x: Any) -> Thumbnail | None:
    """Return the thumbnail of an array; None if its entries are not numbers."""
    try:
        a = np.asarray(x, np.float64)
    except (TypeError, ValueError):
        return None
    if not a.size:
        return Thumbnail(a.shape, (), 0.0, True)
    flat = a.reshape(-1, a.shape[-1])
    rows, columns = _starts(a.shape), _even(a.shape[-1], _BLOCKS)
    sizes = [np.diff([*s, n]) for s, n in zip((rows, columns), flat.shape, strict=True)]
    with np.errstate(all="ignore"):
        means = np.add.reduceat(np.add.reduceat(flat, rows, 0), columns, 1) / np.outer(*sizes)
    cells = tuple(tuple(row) for row in means.tolist())
    return Thumbnail(a.shape, cells, norm(a), flat.shape == means.shape)


def _starts(shape: tuple[int, ...]) -> list[int]:
    """Return where blocks of rows begin: within slices, unless there are too many."""
    count, whole = slices_of(shape), math.prod(shape[:-1])
    if count == 1 or count > _BLOCKS:
        return _even(whole, _BLOCKS)
    inside = _even(shape[-2], _BLOCKS // count)
    return [part * shape[-2] + at for part in range(count) for at in inside]


def _even(n: int, most: int) -> list[int]:
    """Return where at most so many blocks of about equal size begin."""
    count = min(n, most)
    return [n * k // count for k in range(count)]


def strength(g: Any) -> float:
    """Return the largest absolute entry, which determines the colour of a gradient."""
    if g is None:
        return 0.0
    if type(g) is float:
        return abs(g)
    try:
        a = np.abs(np.asarray(g, np.float64))
    except (TypeError, ValueError):
        return 0.0
    return float(a.max()) if a.size else 0.0
