"""The SVG text of a scene: cards, curves, frames, caption. Next: `dot.py`.

Everything written by users is escaped here. Numbers have one decimal, and ids come from the order
of the graph, so that the same graph gives the same text.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..elements.figures import broken, figure
from ..elements.markup import escape, rect, words
from ..elements.theme import check_theme, class_of, style
from ..layout.layout import Frame, Layout, Rect, arrange
from ..layout.net import Point
from ..scene.folding import Unit
from ..scene.scene import Edge, Scene
from .cards import draw_card, size_of

MARGIN = 18.0
_LEAST = 460.0
# the width of the rows of a long drawing
_ROOM = 1200.0
_BACK = 26.0
# the largest and the smallest radius of the minus sign at the end of a subtracted operand's line
_SIGN, _SIGN_LEAST = 5.6, 2.0
_ARRIVALS = 14.0
_CHARACTER = 5.4
_ARRAYS = (
    "arrays are shaded by their own largest entry, large ones as means of blocks; ‖·‖ is the norm"
)
_SLICES = "; arrays of more than two axes are shown as slices of the last two"
_STEPS = (("n", 1.0), ("n", 0.6), ("n", 0.25), ("p", 0.25), ("p", 0.6), ("p", 1.0))


@dataclass
class Drawn:
    """A picture before its style sheet: content, size, and class.

    ``rules`` are added to the rules of the style sheet.
    """

    body: str
    width: float
    height: float
    scope: str
    label: str
    rules: str = ""

    def svg(self, theme: str = "auto") -> str:
        """Return the whole SVG."""
        w, h = self.width, self.height
        sheet = style(self.scope, check_theme(theme), self.rules)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{self.scope}" role="img" '
            f'aria-label="{escape(self.label)}" viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" '
            f'height="{h:.0f}"><style>{sheet}</style>'
            f"{self.body}</svg>"
        )


def lay_out(scene: Scene, direction: str = "LR", gap: float = 40.0) -> Layout:
    """Return the layout of a scene; ``gap`` is the distance between columns."""
    sizes = {key: size_of(card) for key, card in scene.cards.items()}
    vertical = direction == "TB"
    arrivals: dict[tuple[Unit, Unit], list[float]] = {}
    for e in scene.edges:
        room = sizes[e.target][0 if vertical else 1]
        arrivals.setdefault((e.source, e.target), []).append(spread(e.slot, e.slots, room))
    edges = {pair: sum(shifts) / len(shifts) for pair, shifts in arrivals.items()}
    # a page is scrolled downwards, so only what runs across it is cut into rows
    room = math.inf if vertical else _ROOM
    return arrange(scene.frame, sizes, edges, vertical=vertical, gap=gap, room=room)


def draw_scene(scene: Scene, layout: Layout) -> Drawn:
    """Return the SVG parts of a scene that was laid out."""
    width = max(layout.width + 2 * MARGIN, _LEAST)
    shift = (width - layout.width) / 2
    parts = [f'<g transform="translate({shift:.1f} {MARGIN:.0f})">']
    titles = {f.key: f.title for f in _frames(scene)}
    parts += [_frame(titles[key], rect) for key, rect in layout.frames.items()]
    parts += [_edge(e, layout) for e in scene.edges]
    for key, card in scene.cards.items():
        parts.append(draw_card(card, layout.cards[key], scene.strongest))
    parts.append("</g>")
    caption, height = _caption(scene, width, layout.height + 2 * MARGIN + 6)
    body = caption + "\n".join(parts)
    scope = class_of(body)
    # ids are unique on a page with several pictures
    body = body.replace(' id="', f' id="{scope}-')
    background = f'<rect class="bg" width="{width:.0f}" height="{height:.0f}" rx="10"/>'
    label = f"Computation graph: {scene.summary}"
    return Drawn(background + body, width, height, scope, label)


def _frames(scene: Scene) -> list[Frame]:
    found, stack = [], [scene.frame]
    while stack:
        frame = stack.pop()
        found.append(frame)
        stack.extend(c for c in frame.children if isinstance(c, Frame))
    return found


def _frame(title: str, r: Rect) -> str:
    return rect("f", r.x, r.y, r.width, r.height, 12) + words("ft", r.x + 14, r.y + 20, title)


# --------------------------------------------------------------------------------------------------
# Edges


def spread(slot: int, slots: int, room: float) -> float:
    """Return the distance from the middle of a card's side at which an operand arrives."""
    return (slot - (slots - 1) / 2) * _step(slots, room)


def _step(slots: int, room: float) -> float:
    """Return the distance of operands that arrive at one side of a card."""
    return min(_ARRIVALS, (room - 18.0) / (slots - 1)) if slots > 1 else _ARRIVALS


def path_of(points: Sequence[Point], *, vertical: bool = False, end: float = 0.0) -> str:
    """Return the ``d`` of a route: straight between the points of a pair, curved between pairs.

    ``end`` shifts the arrival along the side of the card.
    """
    flat = [(y, x) if vertical else (x, y) for x, y in points]
    flat[-2:] = [(x, y + end) for x, y in flat[-2:]]

    def at(x: float, y: float) -> str:
        return f"{y:.1f} {x:.1f}" if vertical else f"{x:.1f} {y:.1f}"

    text, onward = f"M{at(*flat[0])}", 1.0
    for (x0, y0), (x1, y1) in pairwise(flat):
        if abs(y0 - y1) < 0.05:
            if abs(x0 - x1) >= 0.05:
                text += f"L{at(x1, y1)}"
        elif abs(x0 - x1) < 0.05:
            # around the end of a card, and back in the other direction
            turn = x0 + _BACK * onward
            text += f"C{at(turn, y0)} {at(turn, y1)} {at(x1, y1)}"
            onward = -onward
        else:
            middle = (x0 + x1) / 2
            text += f"C{at(middle, y0)} {at(middle, y1)} {at(x1, y1)}"
    return text


def _edge(e: Edge, layout: Layout) -> str:
    target = layout.cards[e.target]
    room = target.width if layout.vertical else target.height
    shift = spread(e.slot, e.slots, room)
    *points, (before_x, before_y), (x, y) = layout.routes[e.source, e.target]
    # the line ends under the arrowhead, not at its tip
    radius = max(min(_SIGN, _step(e.slots, room) / 2 - 0.3), _SIGN_LEAST)
    short = 5 if e.sign > 0 else 2 * radius - 0.5
    if layout.vertical:
        points += [(before_x, min(before_y, y - short)), (x, y - short)]
        head = f"M{x + shift:.1f} {y:.1f}l-3.6 -7.5h7.2z"
    else:
        points += [(min(before_x, x - short), before_y), (x - short, y)]
        head = f"M{x:.1f} {y + shift:.1f}l-7.5 -3.6v7.2z"
    if e.sign < 0:
        center = (x + shift, y - radius) if layout.vertical else (x - radius, y + shift)
        head = _minus(*center, radius)
    line = path_of(points, vertical=layout.vertical, end=shift)
    # as a style, since the style sheet overrides attributes
    wide = min(1.3 + math.log2(e.count) * 0.22, 3.0)
    said = f' style="stroke-width:{wide:.1f}"' if e.count > 1 else ""
    return f'<g id="{e.id}"><path class="e"{said} d="{line}"/><path class="a" d="{head}"/></g>'


def _minus(x: float, y: float, r: float) -> str:
    """Return the ``d`` of the minus sign of a subtracted operand: a disc with a minus cut out."""
    turn, half = f"a{r:.1f} {r:.1f} 0 1 1", 0.6 * r
    disc = f"M{x - r:.1f} {y:.1f}{turn} {2 * r:.1f} 0{turn} {-2 * r:.1f} 0z"
    # in the opposite direction, so that it is a hole
    return f"{disc}M{x - half:.1f} {y - 0.9:.1f}v1.8h{2 * half:.1f}v-1.8z"


# --------------------------------------------------------------------------------------------------
# Caption


def _caption(scene: Scene, width: float, top: float) -> tuple[str, float]:
    """Return the legend and the notes under the drawing, and the position of their end."""
    x, y = MARGIN, top + 8
    parts = [words("s", x, y, scene.summary)]
    x += len(scene.summary) * _CHARACTER + 18
    kinds = {card.kind for card in scene.cards.values()}
    for kind, mark, word in (("param", "lp", "parameter"), ("input", "li", "input")):
        if kind in kinds:
            parts += [rect(mark, x, y - 8, 4, 9, 1.5), words("s", x + 8, y, word)]
            x += len(word) * _CHARACTER + 24
    bad = any(broken(card.data) or broken(card.grad) for card in scene.cards.values())
    if scene.ran or bad:
        if x + 260 + 70 * bad > width - MARGIN:
            x, y = MARGIN, y + 17
        parts.append(colour_scale(scene.strongest, x, y, bad=bad)[0])
    room = max(int((width - 2 * MARGIN) / _CHARACTER), 30)
    arrays = any(card.is_array for card in scene.cards.values())
    deep = any(len(card.shape) > 2 for card in scene.cards.values())
    for note in [_ARRAYS + (_SLICES if deep else "")] * arrays + scene.notes:
        for line in textwrap.wrap(note, room):
            y += 15
            parts.append(words("s", MARGIN, y, line))
    return f'<g class="caption">{"".join(parts)}</g>\n', y + MARGIN - 4


def colour_scale(
    strongest: float,
    x: float,
    y: float,
    what: str = "gradient",
    said: str = "max |grad|",
    bad: bool = False,
) -> tuple[str, float]:
    """Return the colour scale, orange to blue in logarithmic steps, and its width.

    With ``bad`` it explains the colour of what is nan or infinite, too.
    """
    start, parts = x, [words("s", x, y, what)]
    x += len(what) * _CHARACTER + 11
    parts.append(words("k h", x, y, "−"))
    x += 8
    for k, (kind, opacity) in enumerate(_STEPS):
        parts.append(rect(kind, x + 12 * k, y - 8.5, 11, 10, 0, f' fill-opacity="{opacity}"'))
    parts.append(words("k h", x + 80, y, "+"))
    text = f"log scale, {said} {figure(strongest, 3)}"
    parts.append(words("s", x + 92, y, text))
    x += 92 + len(text) * _CHARACTER
    if bad:
        text = "nan or inf"
        parts += [rect("x", x + 12, y - 8.5, 11, 10), words("s", x + 27, y, text)]
        x += 27 + len(text) * _CHARACTER
    return "".join(parts), x - start
