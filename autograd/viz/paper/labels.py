"""The notation of names in formulas. Next: `symbols.py`.

``W1`` and ``W_1`` are written W₁, ``W_kl`` with its letters below the line in LaTeX.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NUMBERED = re.compile(r"([^\W\d_]['′]?|[^\W\d_]{2,}?)_?(\d+)")
_PLACES = re.compile(r"\d+(?:_\d+)+")
_LETTERED = re.compile(r"([^\W\d_])_(\w+)")
_EXPRESSION = re.compile(r"[+*/@·⊙^=<>]| [-−] ")
_GREEK = {
    "σ": r"\sigma",
    "δ": r"\delta",
    "θ": r"\theta",
    "μ": r"\mu",
    "λ": r"\lambda",
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "ε": r"\epsilon",
    "ŷ": r"\hat{y}",
}


@dataclass(frozen=True)
class Name:
    """The parts of a label: text, and subscript."""

    base: str
    below: str = ""

    @property
    def text(self) -> str:
        """The name in plain text."""
        if self.below.isdigit():
            return self.base + self.below.translate(_DIGITS)
        if _PLACES.fullmatch(self.below):
            return self.base + self.below.replace("_", ",").translate(_DIGITS)
        return f"{self.base}_{self.below}" if self.below else self.base

    @property
    def latex(self) -> str:
        """The name in LaTeX."""
        below = latex_word(self.below, upright=False)
        if _PLACES.fullmatch(self.below):
            below = self.below.replace("_", ",")
        below = f"_{{{below}}}" if self.below else ""
        return latex_word(self.base) + below


def latex_word(text: str, *, upright: bool = True) -> str:
    """Return text for LaTeX: single letters in italics, words upright, and escaped."""
    if text in _GREEK:
        return _GREEK[text]
    if len(text) == 1 and text.isalnum():
        return text
    # a less-than sign before a space opens no tag in a page that shows the formula
    text = " ".join(text.replace("\\", "/").replace("′", "'").replace("<", "< ").split())
    text = re.sub(r"([#$%&_{}])", r"\\\1", text).replace("^", r"\hat{}").replace("~", r"\sim{}")
    return rf"\mathrm{{{text}}}" if upright or not text.isalnum() else text


def pretty(label: str) -> Name:
    """Split a label into its parts; a label that is an expression gets parentheses."""
    if _EXPRESSION.search(label) and not (label[0] == "(" and label[-1] == ")"):
        label = f"({label})"
    for pattern in (_NUMBERED, _LETTERED):
        found = pattern.fullmatch(label)
        if found:
            return Name(*found.groups())
    return Name(label)
