"""How pictures write numbers, and the size of an array as one number. Next: `naming.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def figure(x: float, digits: int = 4, sign: bool = False) -> str:
    """Write a number in so many digits, with a true minus and a short exponent.

    Whole digits are not rounded away below a million: 12346, but 1.235e6.

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
    """Write a number in as many digits as there is room for, with or without an exponent."""
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
    """Return the length of an array taken as a vector; squares neither vanish nor overflow."""
    flat = np.ravel(x)
    with np.errstate(all="ignore"):
        found = float(np.linalg.norm(flat))
        if flat.size and (found == 0.0 or math.isinf(found)):
            most = float(np.abs(flat).max())
            if most and math.isfinite(most):
                return most * float(np.linalg.norm(flat / most))
    return found
