"""A health as a table and as a picture. Next: `learning_rates.py`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.viz.drawing.picture import Picture
from autograd.viz.drawing.svg import Drawn
from autograd.viz.elements.figures import figure
from autograd.viz.elements.markup import clip, rect, words
from autograd.viz.elements.theme import class_of
from autograd.viz.graph.listing import columns

if TYPE_CHECKING:
    from .health import Health
    from .measures import Activation, Layer

_WIDTH, _ROW, _LEFT, _BAR = 760.0, 22.0, 200.0, 300.0
_CHARACTERS = 120
_MOST = 60


def text_of(health: Health) -> str:
    """Return the verdict, the findings with their cures, and the tables behind them."""
    lines = [verdict(health)]
    lines += [f"  - {finding}" for finding in health.findings]
    rows: list[tuple[str, ...]] = [
        ("layer", "shape", "|w|", "|dL/dw|", "of next", "step/|w|", "steps")
    ]
    rows += [_layer_row(x) for x in health.layers]
    lines += ["", columns(rows)]
    if health.activations:
        head = ("activation", "units", "samples", "mean", "std", "saturated", "dead")
        lines += ["", columns([head, *map(_activation_row, health.activations)])]
    return "\n".join(lines)


def verdict(health: Health) -> str:
    """Return the verdict in a line.

    Examples
    --------
    >>> w = nn.Parameter(np.array(2.0))
    >>> model = nn.Module()
    >>> model.w = w
    >>> verdict(nn.health(model, w * w))
    'healthy, loss 4'
    """
    count = len(health.findings)
    what = "healthy" if not count else f"{count} finding{'s' if count > 1 else ''}"
    after = "" if health.loss_after is None else f", {health.loss_after:.4g} after one step"
    return f"{what}, loss {health.loss:.4g}{after}"


def _layer_row(x: Layer) -> tuple[str, ...]:
    twins = f"{sum(map(len, x.twins))} units equal" if x.twins else ""
    steps = f"{x.steps[0]:.3g} … {x.steps[-1]:.3g}" if x.steps else ""
    shape = "×".join(map(str, x.shape)) or "1"
    return (
        x.name,
        shape,
        f"{x.weight:.3g}",
        _number(x.gradient, "none"),
        _number(x.ratio),
        _number(x.update),
        ", ".join(part for part in (steps, twins) if part),
    )


def _activation_row(a: Activation) -> tuple[str, ...]:
    return (
        _named(a),
        str(a.units),
        str(a.samples),
        f"{a.mean:.3g}",
        f"{a.std:.3g}",
        _percent(a.saturated),
        _percent(a.dead),
    )


def _named(a: Activation) -> str:
    name = a.name if a.name.startswith(a.kind) else f"{a.name} ({a.kind})"
    return name if a.hidden else f"{name}, output"


def _number(x: float | None, absent: str = "") -> str:
    return absent if x is None else f"{x:.3g}"


def _percent(x: float | None) -> str:
    return "" if x is None else f"{x:.0%}"


# --------------------------------------------------------------------------------------------------
# The picture


def picture_of(health: Health, theme: str = "auto") -> Picture:
    """Return the verdict, a bar for every gradient and activation, and the findings."""
    parts, y = [words("t", 18, 28, f"Health: {verdict(health)}")], 40.0
    weights = [x for x in health.layers if x.matrix and x.gradient is not None]
    bars, y = _gradient_bars(weights, y)
    parts += bars
    bars, y = _activation_bars(health.activations, y)
    parts += bars
    for finding in health.findings:
        for i, line in enumerate(textwrap.wrap(str(finding), _CHARACTERS)):
            y += 15
            if not i:
                y += 4
                parts.append(rect("x", 18, y - 8, 4, 9, 1.5))
            parts.append(words("k", 28, y, line))
    y += 20
    body = f'<rect class="bg" width="{_WIDTH:.0f}" height="{y:.0f}" rx="10"/>' + "\n".join(parts)
    drawn = Drawn(body, _WIDTH, y, class_of(body), f"Health: {verdict(health)}")
    return Picture(drawn, text_of(health), theme)


def _gradient_bars(layers: Sequence[Layer], y: float) -> tuple[list[str], float]:
    """Return bars of the gradient norms on a logarithmic scale, input first."""
    shown = layers[:_MOST]
    logs = [math.log10(g) for x in shown if (g := x.gradient or 0.0) > 0 and math.isfinite(g)]
    if not shown:
        return [], y
    low, high = min(logs, default=0.0), max(logs, default=0.0)
    # so that the smallest has a bar, too
    low -= 0.1 * (high - low) + 0.5
    title = "gradient norm of the weights, input first (log scale)"
    parts, y = _headline(title, y)
    for x in shown:
        g = x.gradient or 0.0
        share = (math.log10(g) - low) / (high - low) if g > 0 and math.isfinite(g) else 0.0
        told = figure(g, 3)
        if x.ratio is not None and math.isfinite(x.ratio):
            told += f", {figure(x.ratio, 2)} of the next"
        parts += _bar(x.name, share, "p", told, y)
        y += _ROW
    return parts, _rest(parts, len(layers), y)


def _activation_bars(activations: Sequence[Activation], y: float) -> tuple[list[str], float]:
    """Return bars of the shares of saturated outputs and dead units."""
    judged: list[tuple[Activation, str, Any]] = [
        (a, word, share)
        for a in activations
        for word, share in (("saturated", a.saturated), ("dead", a.dead))
        if share is not None
    ]
    if not judged:
        return [], y
    parts, y = _headline("share of saturated outputs and dead units", y)
    for a, word, share in judged[:_MOST]:
        parts += _bar(_named(a), share, "n", f"{share:.0%} {word}", y)
        y += _ROW
    return parts, _rest(parts, len(judged), y)


def _headline(text: str, y: float) -> tuple[list[str], float]:
    return [words("ft", 18, y + 16, text)], y + 24


def _bar(name: str, share: float, kind: str, told: str, y: float) -> list[str]:
    return [
        words("m r", _LEFT - 8, y + 13, clip(name, 28)),
        rect("f", _LEFT, y + 3, _BAR, 13, 3),
        rect(kind, _LEFT, y + 3, max(min(share, 1.0), 0.0) * _BAR, 13, 3),
        words("k", _LEFT + _BAR + 8, y + 13, told),
    ]


def _rest(parts: list[str], count: int, y: float) -> float:
    if count <= _MOST:
        return y
    parts.append(words("s", _LEFT, y + 12, f"and {count - _MOST} more"))
    return y + _ROW
