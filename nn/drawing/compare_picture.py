"""The picture of `compare_inits`: one column per initialisation, one ridge per layer.

All columns share one scale, so that shrinking, growing and saturation are seen at a glance. What
lies beyond the scale is counted into its last bin. Heights are the square roots of the counts, so
that the tails beside a spike at 0 are visible. Next: `compare.py`.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.viz.drawing.svg import MARGIN, Drawn
from autograd.viz.elements.figures import figure
from autograd.viz.elements.markup import clip, escape, words
from autograd.viz.elements.theme import class_of

from .layers import Array

if TYPE_CHECKING:
    from .compare import LayerSpread, Start

RULES = """
S .rp{fill:$input;fill-opacity:.45;stroke:$input;stroke-width:.8}
S .rn{fill:$accent;fill-opacity:.4;stroke:$accent;stroke-width:.8}
S .ax{stroke:$rim;stroke-width:1}
S .v{fill:$accent;font-size:11px;font-weight:600}
S .ok{fill:$input;font-size:11px;font-weight:600}
S .rp:hover,S .rn:hover{fill-opacity:.9}
"""

_WIDTH = 140.0
_NUMBERS = 62.0
_GAP = 22.0
_LABEL = 86.0
_ROW = 24.0
_TALL = 22.0
_LINE = 13
_BINS = 48
_COLUMNS = 5
_MOST_ROWS = 12
_DECADES = 12.0


def draw_comparison(starts: Sequence[Start]) -> Drawn:
    """Return the parts of the picture."""
    rows = [_chosen(len(s.layers)) for s in starts]
    tall = max(map(len, rows)) * _ROW
    outputs = [x.outputs for s in starts for x in s.layers]
    span = _span(outputs)
    decades = _decades([x.gradients for s in starts for x in s.layers])
    # room for verdicts of three lines, so that most pictures have the same height
    head = 39.0 + _LINE * max(3, *(len(_wrapped(s.verdict)) for s in starts))
    parts, block = [], head + 2 * (tall + 52)
    per_line = min(len(starts), _COLUMNS)
    for i, start in enumerate(starts):
        x = MARGIN + _LABEL + (i % per_line) * (_WIDTH + _NUMBERS + _GAP)
        y = 44 + (i // per_line) * block
        parts.append(_column(start, rows[i], x, y, head, tall, span, decades, not i % per_line))
    width = MARGIN * 2 + _LABEL + per_line * (_WIDTH + _NUMBERS + _GAP) - _GAP
    height = 44 + math.ceil(len(starts) / per_line) * block + 4
    parts.insert(
        0, words("t", MARGIN, 26, "Initialisations: outputs and gradients before training")
    )
    body = "\n".join(parts)
    scope = class_of(body)
    background = f'<rect class="bg" width="{width:.0f}" height="{height:.0f}" rx="10"/>'
    label = f"Comparison of initialisations: {', '.join(s.name for s in starts)}"
    return Drawn(background + body, width, height, scope, label, RULES)


def _chosen(count: int) -> list[int]:
    """Return the layers to draw: all, or evenly spaced ones with the first and the last."""
    if count <= _MOST_ROWS:
        return list(range(count))
    return sorted({round(k * (count - 1) / (_MOST_ROWS - 1)) for k in range(_MOST_ROWS)})


def _span(outputs: Sequence[Array]) -> tuple[float, float]:
    """Return the scale of outputs: symmetric around 0 unless all are positive."""
    sizes, low = [], 0.0
    for a in outputs:
        finite = a[np.isfinite(a)]
        if finite.size:
            sizes.append(float(np.quantile(np.abs(finite), 0.99)))
            low = min(low, float(finite.min()))
    sizes = [s for s in sizes if s]
    if not sizes:
        return -1.0, 1.0
    # so that an initialisation that explodes does not flatten all others
    most = min(max(sizes), 3 * float(np.median(sizes)))
    return (-most if low < 0 else 0.0), most


def _decades(gradients: Sequence[Array]) -> tuple[float, float]:
    """Return the scale of log₁₀|∂W|: at most twelve decades, around the middle one."""
    logs = [s for s in map(_log_sizes, gradients) if s.size]
    if not logs:
        return -1.0, 0.0
    middle = float(np.median([np.median(s) for s in logs]))
    high = min(max(float(s.max()) for s in logs), middle + _DECADES / 2)
    low = max(min(float(np.quantile(s, 0.01)) for s in logs), middle - _DECADES / 2)
    return float(math.floor(low)), float(max(math.ceil(high), math.floor(low) + 1))


def _log_sizes(g: Array) -> Array:
    found: Array = np.log10(np.abs(g[np.isfinite(g) & (g != 0)]))
    return found


def _column(
    start: Start,
    chosen: Sequence[int],
    x: float,
    y: float,
    head: float,
    tall: float,
    span: tuple[float, float],
    decades: tuple[float, float],
    named: bool,
) -> str:
    """Return one initialisation: its name and verdict, the outputs, the gradients."""
    parts = [words("L", x, y + 14, clip(start.name, 24)).replace('class="L"', 'class="t"')]
    kind = "ok" if start.verdict == "healthy" else "v"
    lines = _wrapped(start.verdict)
    for k, line in enumerate(lines):
        parts.append(words(kind, x, y + 30 + _LINE * k, line))
    top = y + head
    layers = [start.layers[k] for k in chosen]
    panels: tuple[tuple[str, Any, Any, tuple[float, float]], ...] = (
        ("outputs O", lambda v: v.outputs[np.isfinite(v.outputs)], _of_outputs, span),
        ("log₁₀ |∂W|", lambda v: _log_sizes(v.gradients), _of_gradients, decades),
    )
    for title, values, said, scale in panels:
        parts.append(_panel(layers, x, top, tall, scale, values, said, named))
        parts.append(words("s h", x + _WIDTH / 2, top + tall + 28, title))
        top += tall + 52
    return "".join(parts)


def _wrapped(verdict: str) -> list[str]:
    """Return the findings, each beginning on a new line."""
    return [line for said in verdict.split("; ") for line in textwrap.wrap(said, 32)]


def _of_outputs(layer: LayerSpread) -> str:
    return f"std {_brief(layer.spread)}"


def _of_gradients(layer: LayerSpread) -> str:
    return f"rms {_brief(layer.typical_gradient)}"


def _brief(v: float) -> str:
    return figure(v, 2)


def _panel(
    layers: Sequence[LayerSpread],
    x: float,
    y: float,
    tall: float,
    scale: tuple[float, float],
    values: Callable[[LayerSpread], Array],
    said: Callable[[LayerSpread], str],
    named: bool,
) -> str:
    """Return ridges over a common axis, the first layer on top."""
    low, high = scale
    parts = []
    for k, layer in enumerate(layers):
        base = y + (k + 1) * _ROW
        parts.append(f'<path class="ax" d="M{x:.1f} {base:.1f}h{_WIDTH:.1f}"/>')
        parts.append(_ridge(layer, values(layer), x, base, scale, said(layer)))
        if named:
            name = clip(layer.name, 14)
            parts.append(words("s r", x - 8, base - 3, name))
    for k, tick in enumerate((low, (low + high) / 2, high)):
        anchor = ("s", "s h", "s r")[k]
        parts.append(words(anchor, x + k * _WIDTH / 2, y + tall + 14, _brief(tick)))
    return "".join(parts)


def _ridge(
    layer: LayerSpread, a: Array, x: float, base: float, scale: tuple[float, float], said: str
) -> str:
    low, high = scale
    text = words("s", x + _WIDTH + 6, base - 3, said if a.size else "all 0")
    if not a.size:
        return text
    counts, _ = np.histogram(np.clip(a, low, high), _BINS, (low, high))
    heights = np.sqrt(counts / counts.max()) * _TALL
    step = _WIDTH / _BINS
    d = f"M{x:.1f} {base:.1f}"
    for k, h in enumerate(heights.tolist()):
        # points on a flat stretch are left out
        d += f"V{base - h:.1f}H{x + (k + 1) * step:.1f}"
    title = f"{layer.name} {layer.activation}: {said}, {a.size:,} numbers"
    kind = "rp" if said.startswith("std") else "rn"
    return f'<path class="{kind}" d="{d}V{base:.1f}z"><title>{escape(title)}</title></path>{text}'
