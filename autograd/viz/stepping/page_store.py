"""The numbers and cards of a page, of which equal ones are stored once. Next: `page_orders.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..drawing.cards import draw_card
from ..elements.figures import content, norm, strength
from ..layout.layout import Layout
from ..scene.folding import Unit
from ..scene.scene import Scene
from .wording import plain

# arrays of up to this many numbers are shown whole, larger ones by their first rows and columns
_WHOLE, _COLUMNS = 64, 8
_CORNER = 5


class Store:
    """Numbers and drawn cards by their indices."""

    def __init__(self, scene: Scene, layout: Layout) -> None:
        self.scene, self.layout = scene, layout
        self.numbers: list[Any] = []
        self.cards: list[str] = []
        self._numbers: dict[Any, int] = {}
        self._cards: dict[str, int] = {}

    def figure(self, x: Any) -> int | None:
        """Store a number or array, and return its index."""
        if x is None:
            return None
        a = np.asarray(x)
        key = (a.shape, a.dtype.str, a.tobytes())
        if key not in self._numbers:
            self._numbers[key] = len(self.numbers)
            self.numbers.append(_figure(a))
        return self._numbers[key]

    def card(self, unit: Unit, gradient: Any) -> int:
        """Draw a card with another gradient, store its content, and return the index."""
        card = self.scene.cards[unit]
        if gradient is None:
            note = card.note if card.grad is None else "not yet"
            card = replace(card, grad=None, strength=0.0, note=note)
        elif isinstance(unit, int):
            card = replace(card, grad=content(gradient), strength=strength(gradient))
        else:
            card = replace(card, grad=gradient, strength=gradient, note="")
        drawn = draw_card(card, self.layout.cards[unit], self.scene.strongest)
        inside = drawn[drawn.index(">") + 1 : -len("</g>")]
        if inside not in self._cards:
            self._cards[inside] = len(self.cards)
            self.cards.append(inside)
        return self._cards[inside]


def _figure(a: Any) -> Any:
    """Return a number, or the shown part of an array."""
    try:
        a = np.asarray(a, np.float64)
    except (TypeError, ValueError):
        return str(a)
    if a.ndim == 0:
        return plain(float(a))
    if a.size > 1 and np.all(a == a.flat[0]):
        return {"shape": list(a.shape), "same": plain(float(a.flat[0]))}
    flat = a.reshape(-1, a.shape[-1]) if a.size else np.zeros((0, 0))
    rows, columns = flat.shape
    whole = a.size <= _WHOLE and columns <= _COLUMNS
    corner = flat if whole else flat[:_CORNER, :_CORNER]
    finite = a[np.isfinite(a)]
    shown: dict[str, Any] = {
        "shape": list(a.shape),
        "rows": [[plain(x) for x in row] for row in corner.tolist()],
        "cut": [rows - corner.shape[0], columns - corner.shape[1]],
    }
    if finite.size:
        with np.errstate(all="ignore"):
            shown["low"], shown["high"] = float(finite.min()), float(finite.max())
            shown["norm"] = plain(norm(finite))
    return shown
