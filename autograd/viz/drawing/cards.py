"""The drawing of one card: its size, and its SVG. Next: `svg.py`."""

from __future__ import annotations

import math

from ..elements.figures import Content, Thumbnail, figure, figure_within
from ..elements.markup import NARROWEST, clip, escape, letters, rect, words
from ..elements.theme import TINT
from ..layout.layout import Rect
from ..scene.scene import KINDS, NO_GRADIENT, Card

# upper bounds of the widths of characters in the fonts of the style sheet
_BOLD, _SMALL, _DIGIT, _MONO, _TAG = 7.4, 5.7, 6.6, 6.4, 5.3
_CELL, _ROOM = (46.0, 16.0), 7
_TINY = 62.0
# as many rows and columns are printed in numbers, and as many rows of slices
_PRINTED, _PRINTED_SLICES = 4, 6
# the height of the heading of a slice, and the distance of slices in colours
_HEADING, _APART = 17.0, 5.0
# how much wider a card may be made by its formula
_FORMULA = 200.0
_NAME = 24


def size_of(card: Card) -> tuple[float, float]:
    """Return the width and height that a card needs."""
    head = _Header(card).width
    if card.kind in ("fold", "ghost"):
        return max(174.0, head), 64.0 if card.kind == "fold" else 48.0
    if not card.is_array:
        longest = max(len(data_text(card.data)), len(grad_text(card)))
        return max(116.0, head, 50 + longest * _MONO), 60.0
    shown = _thumbnails(card)
    width, height = max(head, 124.0), 27.0 + (14 if card.formula else 0)
    width = max(width, min(letters(card.formula) * _SMALL + 22, _FORMULA))
    if _stacked(card):
        columns = max((len(t.cells[0]) for _, t in shown if t and t.cells), default=1)
        width = max(width, columns * _CELL[0] + 24, 146.0)
        for _, t in shown:
            height += 17 + (_printed_height(t) + 6 if t else 0)
        return width, height + 3
    if len(shown) > 1:
        width = max(width, 2 * _TINY + 40)
    tall = max((_beside(card, t)[1] for _, t in shown if t), default=0.0)
    return width, height + 16 + tall + 22


def data_text(x: Content, sign: bool = False) -> str:
    """Format a number with four digits and a real minus sign."""
    if not isinstance(x, float):
        return "not kept"
    return figure(x, sign=sign)


def grad_text(card: Card) -> str:
    """Format the gradient of a card, or say why there is none."""
    if card.grad is None:
        return card.note
    if isinstance(card.grad, float):
        return data_text(card.grad, sign=card.kind != "fold")
    return ""


def tone(g: float, strongest: float, steps: float = 30.0) -> float:
    """Return the strength of a gradient's colour, on a logarithmic scale from 0 to 1."""
    if not g or not strongest or g != g:
        return 0.0
    share = min(abs(g) / strongest, 1.0) if math.isfinite(g) else 1.0
    return math.log1p(steps * share) / math.log1p(steps)


def draw_card(card: Card, r: Rect, strongest: float) -> str:
    """Return the SVG of a card; its id is n<item>, f<first item> or ghost."""
    kinds = f"nd {card.kind}" + (" root" if card.is_root else "")
    parts = [f'<g id="{card.id}" class="{kinds}"><title>{escape(card.tooltip)}</title>']
    if card.kind == "fold":
        parts.append(rect("c", r.x + 3.5, r.y + 3.5, r.width, r.height, 9))
    parts.append(rect("c", r.x, r.y, r.width, r.height, 9))
    if card.kind in KINDS:
        parts.append(_stripe(r))
    parts.append(_Header(card).draw(r))
    if card.kind in ("fold", "ghost"):
        parts.append(_summary(card, r, strongest))
    elif not card.is_array:
        parts.append(words("s", r.x + 11, r.y + 35, "data"))
        parts.append(words("m r", r.x + r.width - 10, r.y + 35, data_text(card.data)))
        parts.append(_grad_row(card, r, "grad", strongest))
    else:
        parts.append(_arrays(card, r))
    return "".join([*parts, "</g>"])


# --------------------------------------------------------------------------------------------------
# Parts of a card


class _Header:
    """The first line: pill, name, and on the right the shape or the kind of leaf."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.pill = clip(card.pill, 22)
        self.name = clip(card.name, _NAME)
        if card.kind == "fold":
            self.name = f"▸ {self.name}"
        self.tag = card.kind if card.kind in KINDS else ""
        if card.kind == "fold" and card.times > 1:
            self.tag = f"× {card.times}"
        self.badge = ""
        if card.is_array:
            self.badge = "×".join(map(str, card.shape))
        if card.dtype and card.dtype != "float64":
            self.badge = f"{self.badge} {card.dtype}".strip()
        self.pill_width = max(20.0, len(self.pill) * 6.6 + 12) if self.pill else 0.0
        self.tag_width = len(self.tag) * (_BOLD if card.kind == "fold" else _TAG) + 10
        if not self.tag:
            self.tag_width = 0.0
        self.badge_width = len(self.badge) * _DIGIT + 18 if self.badge else 0.0
        self.start = 9 + self.pill_width + (7 if self.pill else 3)
        self.width = (
            self.start + letters(self.name) * _BOLD + self.tag_width + self.badge_width + 12
        )

    def draw(self, r: Rect) -> str:
        x, y, end = r.x, r.y, r.x + r.width - 9
        parts = []
        if self.pill:
            w = self.pill_width
            parts.append(rect("o", x + 8, y + 6.5, w, 16, 8))
            parts.append(words("ot h", x + 8 + w / 2, y + 18.2, self.pill))
        parts.append(words("t", x + self.start, y + 18.5, self.name))
        if self.badge:
            w = self.badge_width - 8
            parts.append(rect("w", end - w + 1, y + 7, w, 15, 4))
            parts.append(words("s h", end - w / 2 + 1, y + 18, self.badge))
            end -= self.badge_width
        if self.tag:
            kind = "t r" if self.card.kind == "fold" else "g r"
            parts.append(words(kind, end - 1, y + 18, self.tag))
        return "".join(parts)


def _stripe(r: Rect) -> str:
    """Return the coloured left edge of a leaf."""
    return (
        f'<path class="b" d="M{r.x + 5:.1f} {r.y + 0.9:.1f}a9 9 0 0 0 -5 8.1v{r.height - 18:.1f}'
        f'a9 9 0 0 0 5 8.1z"/>'
    )


def _grad_row(card: Card, r: Rect, name: str, strongest: float) -> str:
    """Return the last row of a card: the gradient on its colour."""
    y = r.y + r.height - 21
    left = 7.0 if card.kind in KINDS else 4.0
    parts = []
    if isinstance(card.grad, float):
        bad = not math.isfinite(card.grad)
        kind = "x" if bad else "p" if card.grad > 0 or card.kind == "fold" else "n"
        opacity = TINT if bad else tone(card.grad, strongest) * TINT
        if opacity:
            more = f' fill-opacity="{opacity:.2f}"'
            parts.append(rect(kind, r.x + left, y, r.width - left - 4, 17, 6, more))
    missing = card.grad is None
    parts.append(words("s" if missing else "k", r.x + 11, y + 12.2, name))
    kind = "s r" if missing else "m r"
    parts.append(words(kind, r.x + r.width - 10, y + 12.2, grad_text(card)))
    return "".join(parts)


def _summary(card: Card, r: Rect, strongest: float) -> str:
    """Return the rows of a folded module or a ghost."""
    if card.kind == "ghost":
        return words("s", r.x + 12, r.y + 35, "raise max_nodes to see more")
    text = f"{card.count:,} nodes"
    if card.parameters:
        text += f" · {card.parameters:,} parameter" + ("s" if card.parameters > 1 else "")
    return words("s", r.x + 12, r.y + 35, text) + _grad_row(card, r, "max |grad|", strongest)


# --------------------------------------------------------------------------------------------------
# Arrays


def _thumbnails(card: Card) -> list[tuple[str, Thumbnail | None]]:
    """Return the thumbnails of an array: data, and gradient if there is or may be one."""
    found = [("data", card.data if isinstance(card.data, Thumbnail) else None)]
    if card.grad is not None or card.note != NO_GRADIENT:
        found.append(("grad", card.grad if isinstance(card.grad, Thumbnail) else None))
    return found


def _in_numbers(card: Card) -> bool:
    """Whether the array is small enough to print its numbers."""
    t = card.data
    if not isinstance(t, Thumbnail) or not t.exact:
        return False
    rows = _PRINTED if t.parts == 1 else _PRINTED_SLICES
    return len(t.cells) <= rows and (not t.cells or len(t.cells[0]) <= _PRINTED)


def _stacked(card: Card) -> bool:
    """Whether data and gradient are printed one below the other: rows are, columns are not."""
    return _in_numbers(card) and any(
        t and t.cells and (len(t.cells[0]) > 1 or t.parts > 1) for _, t in _thumbnails(card)
    )


def _beside(card: Card, t: Thumbnail) -> tuple[float, float]:
    """Return the size of an array drawn beside another."""
    return (_CELL[0], _printed_height(t)) if _in_numbers(card) else _tiny(t)


def _printed_height(t: Thumbnail) -> float:
    """Return the height of an array in numbers, with the headings of its slices."""
    return len(t.cells) * _CELL[1] + (_HEADING * t.parts if t.heading(0) else 0)


def _arrays(card: Card, r: Rect) -> str:
    parts, y = [], r.y + 27
    if card.formula:
        formula = _shortened(card.formula, (r.width - 22) / _SMALL)
        parts.append(words("s", r.x + 11, y + 8.5, formula))
        y += 14
    stacked = _stacked(card)
    x = r.x + 12
    for name, t in _thumbnails(card):
        parts.append(words("s", x, y + 10, name if t or name == "data" else f"grad {card.note}"))
        if t is None:
            y += 17 if stacked else 0
        elif stacked:
            parts.append(words("s r", r.x + r.width - 10, y + 10, _norm(name, t)))
            parts.append(_printed(t, x, y + 15))
            y += 17 + _printed_height(t) + 6
        else:
            printed = _in_numbers(card)
            parts.append(
                _printed(t, x, y + 15) if printed else _tiny_cells(t, x, y + 15, *_tiny(t))
            )
            parts.append(words("s", x, r.y + r.height - 9, _norm(name, t)))
        if not stacked:
            x += (r.width - 24 + 16) / 2
    return "".join(parts)


def _norm(name: str, t: Thumbnail) -> str:
    return f"‖{'g' if name == 'grad' else 'x'}‖ {figure(t.norm, 3)}" if t.cells else "empty"


def _shortened(formula: str, room: float) -> str:
    """Shorten a formula to fit a line: without the last operands and options, or the middle."""
    if letters(formula) <= room:
        return formula
    most = int(room / NARROWEST)  # letters that may fit
    depth, commas = 0, []
    for k, c in enumerate(formula[: most + 1]):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 1:
            commas.append(k)
    shorter = [f"{formula[:k]}, …{formula[-1]}" for k in reversed(commas)]
    shorter += [clip(formula, n) for n in range(min(len(formula) - 1, most), 0, -1)]
    return next((text for text in shorter if letters(text) <= room), "…")


def _largest(t: Thumbnail) -> float:
    return max((abs(v) for row in t.cells for v in row if math.isfinite(v)), default=0.0)


def _printed(t: Thumbnail, x: float, y: float) -> str:
    """Return the cells of a small array with their numbers in them."""
    (w, h), most, parts = _CELL, _largest(t), []
    each = len(t.cells) // t.parts
    for i, row in enumerate(t.cells):
        if i % each == 0 and t.heading(0):
            y += _HEADING
            parts.append(words("s", x, y + i * h - 3.5, t.heading(i // each)))
        for j, v in enumerate(row):
            left, top = x + j * w, y + i * h
            kind = "x" if not math.isfinite(v) else "p" if v > 0 else "n" if v < 0 else "w"
            opacity = TINT if not math.isfinite(v) else max(tone(v, most, 6.0) * TINT, 0.03)
            more = "" if kind == "w" else f' fill-opacity="{opacity:.2f}"'
            parts.append(rect(kind, left, top, w - 1.5, h - 1.5, 2.5, more))
            text = figure_within(v, _ROOM)
            parts.append(words("d h", left + w / 2 - 0.7, top + 10.8, text))
    return "".join(parts)


def _tiny(t: Thumbnail) -> tuple[float, float]:
    """Return the size of a thumbnail, in the proportions of its matrix within limits."""
    if not t.cells:
        return _TINY, 0.0
    rows, apart = math.prod(t.shape[:-1]), (t.parts - 1) * _APART
    proportion = min(max(t.shape[-1] / max(rows, 1), 1 / 5), 6.0)
    # small matrices have cells of the same size, so that they can be compared
    if t.exact:
        cell = min(9.0, _TINY / max(len(t.cells), len(t.cells[0])))
        return cell * len(t.cells[0]), cell * len(t.cells) + apart
    if proportion > 1:
        return _TINY, _TINY / proportion + apart
    return _TINY * proportion, _TINY + apart


def _tiny_cells(t: Thumbnail, x: float, y: float, width: float, height: float) -> str:
    """Return the cells of a thumbnail: one path for all cells of a colour."""
    if not t.cells:
        return ""
    most = _largest(t)
    paths: dict[tuple[str, int], list[str]] = {}
    each, whole = len(t.cells) // t.parts, height - (t.parts - 1) * _APART
    w, h = width / len(t.cells[0]), whole / len(t.cells)
    gap = 0.7 if min(w, h) > 4 else 0.0
    for i, row in enumerate(t.cells):
        top = y + i * h + i // each * _APART
        for j, v in enumerate(row):
            if not math.isfinite(v):
                kind, level = "x", 10
            else:
                kind, level = "p" if v >= 0 else "n", round(tone(v, most, 6.0) * 10)
            if level:
                cell = f"M{x + j * w:.1f} {top:.1f}h{w - gap:.1f}v{h - gap:.1f}h{gap - w:.1f}z"
                paths.setdefault((kind, level), []).append(cell)
    parts = [
        f'<path class="{kind}" fill-opacity="{level / 10:g}" d="{"".join(cells)}"/>'
        for (kind, level), cells in sorted(paths.items())
    ]
    for part in range(t.parts):
        top = y + part * (each * h + _APART)
        parts.append(rect("w", x - 1.5, top - 1.5, width + 3 - gap, each * h + 3 - gap, 2))
    return "".join(parts)
