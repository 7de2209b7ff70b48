"""The picture of a history: a panel for every quantity, training and validation in one.

Next: `evaluation.py`.

Nothing but text is made here; colours and style are those of all pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd.viz import Picture
from autograd.viz.drawing.svg import Drawn
from autograd.viz.elements.figures import figure
from autograd.viz.elements.markup import clip, escape, rect, words
from autograd.viz.elements.theme import class_of
from autograd.viz.graph.listing import columns as listed

if TYPE_CHECKING:
    from .history import History

Place = Callable[[float], float]

ACROSS = 3
WIDTH, HEIGHT = 290, 210
LEFT, TOP, RIGHT, BOTTOM = 52, 34, 14, 34
_DOTS = 60
_LEAST = 460
RULES = """
S .tr{fill:none;stroke:$pos;stroke-width:1.8}
S .va{fill:none;stroke:$neg;stroke-width:1.8}
S .be{stroke:$mute;stroke-dasharray:3 3}
"""
_COLOURS = ("pos", "neg", "input", "param", "accent", "mute")
_RUNS = "\nS .da{stroke-dasharray:5 3}" + "".join(
    f"\nS .s{k}{{fill:none;stroke:${colour};stroke-width:1.8}}\nS .d{k}{{fill:${colour}}}"
    for k, colour in enumerate(_COLOURS)
)
_HUGE = 1e300  # beyond this, sums and margins would overflow
_DECADE = 30.0  # above this ratio of largest to smallest the axis is logarithmic


def curves(history: History, theme: str = "auto") -> Picture:
    """Return the columns of a history as a picture.

    Parameters
    ----------
    history : History
        With at least one epoch.
    theme : {"auto", "light", "dark"}

    Raises
    ------
    ValueError
        For another theme, or a history without epochs.

    Examples
    --------
    >>> history = nn.History({"epoch": [1, 2], "loss": [1.0, 0.5], "val_loss": [1.0, 0.7]})
    >>> curves(history).svg().count("<polyline")
    2
    """
    if not len(history):
        raise ValueError("a history without epochs has no curves; train first")
    names = [n for n in history if n not in ("epoch", "step") and not n.startswith("val_")]
    # a learning rate that never changed needs no curve
    names = [n for n in names if n != "lr" or len(set(history["lr"])) > 1]
    names += [n for n in history if n.startswith("val_") and n.removeprefix("val_") not in names]
    width = max(min(len(names), ACROSS) * WIDTH, _LEAST) + 12
    height = -(-len(names) // ACROSS) * HEIGHT + 30
    panels = [
        panel(history, name, 6 + WIDTH * (i % ACROSS), 26 + HEIGHT * (i // ACROSS))
        for i, name in enumerate(names)
    ]
    title = history.summary()
    body = (
        rect("bg", 0, 0, width, height)
        + words("s", 12, 18, clip(title, int(width / 5.6)))
        + "".join(panels)
    )
    return Picture(Drawn(body, width, height, class_of(body), title, RULES), repr(history), theme)


def panel(history: History, name: str, x0: float, y0: float) -> str:
    """Return one panel: the column, and the one of the validation that belongs to it."""
    epochs = _epochs(history)
    series = [("tr", "p", name)]
    if f"val_{name}" in history:
        series.append(("va", "n", f"val_{name}"))
    elif name.startswith("val_"):
        series = [("va", "n", name)]
    axis = Axis([x for _, _, column in series for x in history[column]])
    left, top = x0 + LEFT, y0 + TOP
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    first, last = epochs[0], epochs[-1]
    out, across, down = _plane(axis, first, last, left, top, wide, high)
    out.append(words("t", x0 + 6, y0 + 16, name + (" (log)" if axis.log else "")))
    if history.restored and first <= history.restored <= last:
        at = across(history.restored)
        out.append(f'<path class="be" d="M{at:.1f} {top:.1f}v{high:.1f}"/>')
    for k, (line, dot, column) in enumerate(series):
        points = [(e, x) for e, x in zip(epochs, history[column], strict=True)]
        out.append(_curve(points, line, dot, column, across, down))
        label = f"{column} {figure(history[column][-1])}"
        out.append(_key(left + 2 + k * wide / 2, y0 + HEIGHT - 4, dot, label))
    return f"<g>{''.join(out)}</g>"


def _plane(
    axis: Axis, first: float, last: float, left: float, top: float, wide: float, high: float
) -> tuple[list[str], Place, Place]:
    """Return the frame of a plot with its ticks, and where epochs and numbers are in it."""

    def across(epoch: float) -> float:
        return left + wide * ((epoch - first) / (last - first) if last > first else 0.5)

    def down(x: float) -> float:
        return top + high * (1 - axis.place(x))

    out = [rect("f", left, top, wide, high, 4)]
    for tick in axis.ticks():
        out.append(rect("w", left, down(tick), wide, 0))
        out.append(words("s r", left - 5, down(tick) + 3.5, figure(tick)))
    for epoch in sorted({first, (first + last) // 2, last}):
        out.append(words("s h", across(epoch), top + high + 14, f"{epoch:g}"))
    return out, across, down


def overlay(runs: Sequence[tuple[str, History]], column: str, theme: str = "auto") -> Picture:
    """Return one column of several histories as curves in one plot.

    Parameters
    ----------
    runs : sequence of (name, History)
        With at least one epoch each. Of more than twelve the first are drawn.
    column : str
        A column that all of them have.
    theme : {"auto", "light", "dark"}

    Examples
    --------
    >>> slow, fast = nn.History({"loss": [1.0, 0.9]}), nn.History({"loss": [1.0, 0.3]})
    >>> overlay([("lr=0.01", slow), ("lr=0.1", fast)], "loss").svg().count("<polyline")
    2
    """
    shown = runs[: 2 * len(_COLOURS)]
    axis = Axis([x for _, history in shown for x in history[column]])
    ends = [_epochs(history) for _, history in shown]
    left, top, wide, high = 64.0, 44.0, 400.0, 250.0
    first, last = min(e[0] for e in ends), max(e[-1] for e in ends)
    out, across, down = _plane(axis, first, last, left, top, wide, high)
    title = f"{column}{' (log)' if axis.log else ''} of {len(runs)} run{'s' * (len(runs) != 1)}"
    title += ", by epoch"
    if len(shown) < len(runs):
        title += f", the first {len(shown)} of them drawn"
    out.insert(0, words("t", 14, 26, title))
    x, longest = left + wide + 20, 0
    for k, ((name, history), epochs) in enumerate(zip(shown, ends, strict=True)):
        colour = k % len(_COLOURS)
        line = f"s{colour}" + (" da" if k >= len(_COLOURS) else "")
        points = list(zip(epochs, history[column], strict=True))
        out.append(_curve(points, line, f"d{colour}", name, across, down))
        y, label = top + 12 + 18 * k, f"{clip(name, 44)}: {figure(history[column][-1])}"
        out.append(f'<path class="{line}" d="M{x:.1f} {y - 4:.1f}h22"/>')
        out.append(words("k", x + 28, y, label))
        longest = max(longest, len(label))
    width, height = x + 42 + longest * 5.6, max(top + high, top + 18 * len(shown)) + 34
    body = rect("bg", 0, 0, width, height) + "".join(out)
    columns = [(name, h[column]) for name, h in runs]
    rows = [(name, f"{c[0]:.4g} → {c[-1]:.4g}") for name, c in columns]
    drawn = Drawn(body, width, height, class_of(body), title, _RUNS)
    return Picture(drawn, f"{title}\n{listed(rows)}", theme)


def _epochs(history: History) -> list[Any]:
    return history["epoch"] if "epoch" in history else list(range(1, len(history) + 1))


def _key(x: float, y: float, dot: str, text: str) -> str:
    return f'<circle class="{dot}" cx="{x + 3:.1f}" cy="{y - 3.5:.1f}" r="3"/>' + words(
        "s", x + 10, y, text
    )


def _curve(
    points: list[tuple[float, float]], line: str, dot: str, name: str, across: Place, down: Place
) -> str:
    """Return lines between the finite points, broken where a number is not."""
    out, run = [], []
    for epoch, x in [*points, (0, math.nan)]:
        if _drawable(x):
            run.append(f"{across(epoch):.1f},{down(x):.1f}")
            continue
        if len(run) > 1:
            out.append(f'<polyline class="{line}" points="{" ".join(run)}"/>')
        run = []
    finite = [(e, x) for e, x in points if _drawable(x)]
    for epoch, x in finite[:: max(1, math.ceil(len(finite) / _DOTS))]:
        title = f"<title>{escape(f'epoch {epoch:g}: {name} {x:.6g}')}</title>"
        out.append(
            f'<circle class="{dot}" cx="{across(epoch):.1f}" cy="{down(x):.1f}" r="2.2">{title}'
            "</circle>"
        )
    return "".join(out)


def _drawable(x: float) -> bool:
    return abs(x) < _HUGE


class Axis:
    """A linear or logarithmic axis with round ends; positions are from 0 to 1."""

    def __init__(self, numbers: list[float]) -> None:
        finite = [x for x in numbers if _drawable(x)] or [0.0]
        low, high = min(finite), max(finite)
        self.log = low > 1 / _HUGE and high / low > _DECADE
        if self.log:
            low, high = math.log10(low), math.log10(high)
        elif low == high:
            pad = abs(low) / 2 or 0.5
            low, high = low - pad, high + pad
        # a margin, but a quantity that is never negative keeps 0 as its end
        margin = 0.03 * (high - low)
        floor = math.log10(1 / _HUGE) if self.log else -math.inf if low < 0 else 0.0
        self.low, self.high = max(low - margin, floor), high + margin

    def place(self, x: float) -> float:
        """Return the position of a number, from 0 to 1."""
        x = math.log10(x) if self.log else x
        return (x - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Return three to six round numbers on the axis."""
        if self.log:
            decades = range(math.ceil(self.low), math.floor(self.high) + 1)
            every = max(1, math.ceil(len(decades) / 5))
            if len(decades) > 1:
                return [10.0**d for d in decades[::every]]
            return [
                10.0**e * m
                for e in range(math.floor(self.low), math.ceil(self.high) + 1)
                for m in (1, 2, 5)
                if self.low <= math.log10(10.0**e * m) <= self.high
            ]
        rough = (self.high - self.low) / 4
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
        first = math.ceil(self.low / step)
        return [k * step for k in range(first, math.floor(self.high / step) + 1)]
