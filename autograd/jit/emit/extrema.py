"""Maxima and minima by the ways that are faster than NumPy's own loops. Next: `numpy.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Step
from .places import EXTREMA
from .together import Together

# numbers are expanded to arrays of up to this size, which take little space in the cache
SPREAD = 1 << 16
# up to this many numbers an extremum is faster found by its position
FEW = 256
# the extrema of this many rows, each of up to so many entries, are faster found column by column
ROWS, SHORT = 16, 16


class Extrema(Together):
    """Finds out which extrema are computed in another way, and how."""

    def _beside(self, a: Step, step: Step, beside: Any) -> str:
        """Return the text of an operand that is combined with arrays of a dtype."""
        if step.name in EXTREMA and step.size <= SPREAD:
            array = self.spread(a, step.shape, beside)
            if array is not None:
                return self.name(array)
        return self.ref(a, beside)

    def _has_short_rows(self, step: Step) -> bool:
        """Whether these are extrema of rows that are found faster for all rows at a time."""
        (x,), place = step.arguments, self.place.get(step)
        n, k = x.shape if step.parameters["axis"] == (1,) and len(x.shape) == 2 else (0, 0)
        fits = step.name in EXTREMA and n >= ROWS and 1 < k <= SHORT and x.size <= SPREAD
        return fits and isinstance(place, np.ndarray) and place.flags.c_contiguous

    def _extremum(self, step: Step) -> str:
        """Return the text that finds an extremum of few entries by its position; else ''."""
        name = {"maximum": "argmax", "minimum": "argmin"}.get(step.name)
        (x,) = step.arguments
        if name is None or step.size != 1 or not 0 < x.size <= FEW or x.dtype.kind not in "fiu":
            return ""
        ref = self.flat(x)
        return f"{ref}[{ref}.{name}()]" if ref in self.names else ""
