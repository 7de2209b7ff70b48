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
    """A small version of an array: means of at most 12 by 12 blocks, and the norm of the whole."""

    shape: tuple[int, ...]
    cells: tuple[tuple[float, ...], ...]
    norm: float
    exact: bool


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


def thumbnail(x: Any) -> Thumbnail | None:
    """Return the thumbnail of an array; None if its entries are not numbers."""
    try:
        a = np.asarray(x, np.float64)
    except (TypeError, ValueError):
        return None
    flat = a.reshape(-1, a.shape[-1] if a.size else 1)
    rows, columns = (min(n, _BLOCKS) for n in flat.shape)
    if not a.size:
        return Thumbnail(a.shape, (), 0.0, True)
    with np.errstate(all="ignore"):
        starts = [
            np.linspace(0, n, k + 1).astype(int)
            for n, k in zip(flat.shape, (rows, columns), strict=True)
        ]
        means = np.add.reduceat(np.add.reduceat(flat, starts[0][:-1], 0), starts[1][:-1], 1)
        means /= np.outer(np.diff(starts[0]), np.diff(starts[1]))
    cells = tuple(tuple(row) for row in means.tolist())
    return Thumbnail(a.shape, cells, norm(a), flat.shape == means.shape)


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
