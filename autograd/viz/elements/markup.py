"""Pieces of SVG and HTML text, with everything that users wrote escaped. Next: `../graph/`."""

from __future__ import annotations

from html import escape as _escape
from unicodedata import east_asian_width


def printable(text: str) -> str:
    """Replace characters that are not allowed in XML."""
    if text.isprintable():
        return text
    return "".join(
        c
        if c in "\n\t" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
        else "\ufffd"
        for c in text
    )


def escape(text: str) -> str:
    """Escape text for use in XML and HTML, in elements and in attributes."""
    return _escape(printable(text))


def clip(text: str, most: int) -> str:
    """Shorten text in the middle: the ends of a dotted name are the most informative."""
    if len(text) <= most:
        return text
    tail = (most - 1) * 2 // 3
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


# the width of the narrowest letter, in letters of average width
NARROWEST = 0.6


def letters(text: str) -> float:
    """Return the width of a text, in letters of average width."""
    return sum(map(_letter, text))


def _letter(c: str) -> float:
    if c in "iljI|' ":
        return NARROWEST
    if c in "ftrJ.,:;-/!()[]_":
        return 0.8
    if c in "mW" or east_asian_width(c) in "WF":
        return 1.8
    if c in "wM@%…":
        return 1.6
    return 1.3 if c.isupper() else 1.1


def heading(text: str) -> str:
    """Return the heading of a page whose picture says the same to those who see it."""
    hidden = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
    return f'<h1 style="{hidden}">{escape(text)}</h1>'


def words(kind: str, x: float, y: float, text: str) -> str:
    """Return a line of text."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def rect(
    kind: str, x: float, y: float, width: float, height: float, rx: float = 0, more: str = ""
) -> str:
    """Return a rectangle; ``more`` holds further attributes."""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"{f" rx={chr(34)}{rx:g}{chr(34)}" if rx else ""}{more}/>'
    )
