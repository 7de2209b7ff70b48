"""The numbers and cards of a page, of which equal ones are stored once. Next: `page_orders.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..drawing.cards import draw_card
from ..elements.figures import content, norm, slice_heading, slices_of, strength
from ..layout.layout import Layout
from ..scene.folding import Unit
from ..scene.scene import Scene
from .wording import plain

# arrays of up to this many numbers are shown whole, larger ones by their first rows and columns
_WHOLE, _COLUMNS = 64, 8
_CORNER, _PARTS = 5, 2


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
    finite = a[np.isfinite(a)]
    shown: dict[str, Any] = {"shape": list(a.shape), **_corner(a)}
    if finite.size:
        with np.errstate(all="ignore"):
            shown["low"], shown["high"] = float(finite.min()), float(finite.max())
            shown["norm"] = plain(norm(finite))
    return shown


def _corner(a: Any) -> dict[str, Any]:
    """Return the shown rows of an array, slice after slice, and what is cut of each.

    ``parts`` are the slices of the last two axes that are shown, by their headings, and ``more``
    the number of those that are not.
    """
    flat = a.reshape(slices_of(a.shape), -1, a.shape[-1]) if a.size else np.zeros((1, 0, 0))
    parts, rows, columns = flat.shape
    if a.size > _WHOLE or columns > _COLUMNS:
        flat = flat[:_PARTS, : _CORNER if parts == 1 else _CORNER // _PARTS + 1, :_CORNER]
    headings = [slice_heading(a.shape, k) for k in range(len(flat))] if parts > 1 else [""]
    return {
        "parts": [
            [heading, [[plain(x) for x in row] for row in part]]
            for heading, part in zip(headings, flat.tolist(), strict=True)
        ],
        "cut": [rows - flat.shape[1], columns - flat.shape[2]],
        "more": parts - len(flat),
    }
