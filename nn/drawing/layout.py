"""The SVG of a layered network: units, edges, and matrices to scale. Next: `network.py`.

Columns are layers. Above, units split into Z and O, with edges coloured by weight or gradient;
below, the matrices of the forward and of the backward pass, each under its layer or between two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.viz.drawing.cards import tone
from autograd.viz.drawing.svg import MARGIN, Drawn, colour_scale
from autograd.viz.elements.figures import figure
from autograd.viz.elements.markup import clip, escape, rect, words
from autograd.viz.elements.theme import TINT, class_of

from .layers import Array, Layer, Network, Shortcut
from .matrices import NAMED, Matrix, Style, draw_matrix, formulas
from .positions import BAND, LANE, MOST_STAGES, RADIUS, STEP, Positions

RULES = """
S .L{font-size:14px;font-weight:700;text-anchor:middle}
S .zo{font-weight:600;font-size:9.5px;text-anchor:middle}
S .u{fill:$card;stroke:$ink;stroke-width:1.4}
S .u1{fill:$card;stroke:$input;stroke-width:1.6}
S .ui{fill:none;stroke:$ink;stroke-width:1}
S .ep{fill:none;stroke:$pos}
S .en{fill:none;stroke:$neg}
S .ex{fill:none;stroke:$accent}
S .e0{fill:none;stroke:$rim}
S .mw{fill:none;stroke:$param;stroke-width:1.3}
S .mo{fill:none;stroke:$line;stroke-width:1.3}
S .mz{stroke-dasharray:3 2.5}
S .cw{fill:$param;font-weight:600;font-size:11px}
S .co{fill:$ink;font-weight:600;font-size:11px}
S .sub{font-size:8.5px}
S .fw{fill:$input;font-weight:700;font-size:11px;letter-spacing:1px;text-anchor:middle}
S .bw{fill:$accent;font-weight:700;font-size:11px;letter-spacing:1px;text-anchor:middle}
S .st{fill:$group;stroke:$line}
S .sc{fill:none;stroke:$input;stroke-width:1.8}
S .sh{fill:$input}
S .un:hover .u,S .un:hover .u1,S .st:hover{stroke:$accent}
S path.ep:hover,S path.en:hover,S path.e0:hover{stroke-width:5;stroke-opacity:1}
"""


def draw_layers(network: Network, style: Style) -> Drawn:
    """Return the parts of the picture."""
    with np.errstate(all="ignore"):
        return _Picture(network, style).drawn()


class _Picture(Positions):
    """The parts of the picture, each at its position."""

    # ---------------------------------------------------------------------------------------------
    # Parts

    def drawn(self) -> Drawn:
        """Return the whole picture."""
        end = self.x[-1] + max(self.bands[0][-1][0].width, 60) / 2 + 26
        parts = [self._edges(), *(self._layer(k) for k in range(len(self.layers)))]
        parts += [self._shortcut(k, s, lane) for (k, s), lane in self.lanes.items()]
        if self.network.loss is not None:
            parts.append(self._loss(end + 40))
        title, wide = self._title()
        width, y = max(end + 158, wide + MARGIN), self.bottom + 16
        for backward, groups in enumerate(self.bands):
            text, y = self._band(bool(backward), groups, y, width, end)
            parts.append(text)
        parts.insert(0, title)
        body, height = "\n".join(p for p in parts if p), y + MARGIN - 12
        scope = class_of(body)
        background = f'<rect class="bg" width="{width:.0f}" height="{height:.0f}" rx="10"/>'
        return Drawn(background + body, width, height, scope, self.network.title, RULES)

    def _title(self) -> tuple[str, float]:
        """Return the first line, and where it ends."""
        n, loss = self.network.n, self.network.loss
        text = "no batch" if n is None else f"batch n = {n:,}"
        if loss is not None:
            text += f" · loss {figure(loss)}"
        what = "gradient" if self.style.gradient else "weight"
        extra = f"max |{'grad' if self.style.gradient else 'w'}|"
        x = MARGIN + len(text) * NAMED + 20
        bad = self._broken()
        scale, wide = colour_scale(self._strongest(), x, 26, f"edges: {what}", extra, bad)
        return words("t", MARGIN, 26, text) + scale, x + wide

    def _strengths(self, layer: Layer) -> tuple[Array | None, Array | None]:
        if self.style.gradient:
            return layer.weight_grad, layer.bias_grad
        return layer.weight, layer.bias

    def _strongest(self) -> float:
        found = 0.0
        for layer in self.layers:
            for a in self._strengths(layer):
                if a is not None and a.size:
                    finite = np.abs(a[np.isfinite(a)])
                    found = max(found, float(finite.max(initial=0.0)))
        return found

    def _broken(self) -> bool:
        """Whether a number that is drawn is nan or infinite."""
        shown = [m.data for groups in self.bands for group in groups for m in group]
        return any(a is not None and not np.isfinite(a).all() for a in shown)

    def _edges(self) -> str:
        strongest, parts = self._strongest(), []
        for k, layer in enumerate(self.layers[1:], 1):
            weights, biases = self._strengths(layer)
            if not self._joined(k):
                left = self.ids[k] - self.ids[k - 1] - 1
                parts.append(
                    words("s h", self.x[2 * k - 1], self.middle, f"⋯ {left:,} more layers")
                )
                continue
            for b, j in enumerate(self.slots[k]):
                if j is None:
                    continue
                end = self._unit(k, b)
                for a, i in enumerate(self.slots[k - 1]):
                    if i is not None and layer.weight is not None:
                        name = self.style.entry(self.ids[k], layer, i, j)
                        g = None if layer.weight_grad is None else layer.weight_grad[i, j]
                        v = None if weights is None else float(weights[i, j])
                        text = _tooltip(name, layer.weight[i, j], g)
                        parts.append(self._edge(self._unit(k - 1, a), end, v, strongest, text, k))
                if layer.bias is not None:
                    g = None if layer.bias_grad is None else layer.bias_grad[j]
                    v = None if biases is None else float(biases[j])
                    tooltip = _tooltip(f"{self.style.of('b', self.ids[k])}[{j}]", layer.bias[j], g)
                    start = self._unit(k - 1, len(self.slots[k - 1]))
                    parts.append(self._edge(start, end, v, strongest, tooltip, k))
        return "".join(parts)

    def _edge(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        v: float | None,
        strongest: float,
        tooltip: str,
        k: int,
    ) -> str:
        (x0, y0), (x1, y1) = start, end
        x0, x1 = x0 + RADIUS + (self._beside(k - 1) if k > 1 else 0), x1 - RADIUS
        middle = (x0 + x1) / 2
        if v is None:
            kind, t = "e0", 0.2
        elif not math.isfinite(v):
            kind, t = "ex", 1.0
        else:
            kind, t = ("ep" if v > 0 else "en" if v < 0 else "e0"), tone(v, strongest)
        return (
            f'<path class="{kind}" d="M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} '
            f'{middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}" stroke-opacity="{0.25 + 0.7 * t:.2f}" '
            f'stroke-width="{0.7 + 2.8 * t:.2f}"><title>{escape(tooltip)}</title></path>'
        )

    def _layer(self, k: int) -> str:
        layer, x = self.layers[k], self.x[2 * k]
        parts = [
            words("L", x, 62, self.style.layer(self.ids[k])),
            words("s h", x, 78, ("input · " if not k else "") + self._head(layer)),
        ]
        means = [None if a is None else a.mean(axis=0) for a in (layer.z, layer.o)]
        for slot, j in enumerate(self.slots[k]):
            _, y = self._unit(k, slot)
            if j is None:
                left = layer.units - len(self.slots[k]) + 1
                parts.append(words("L", x, y + 1, "⋮"))
                # clear of the bands that may stand at its right
                kind, end = ("s r", x + RADIUS) if k and layer.stages else ("s h", x)
                parts.append(words(kind, end, y + 13, f"{left:,} more"))
            else:
                parts.append(self._circle(k, j, x, y, means))
        if self.biased[k]:
            _, y = self._unit(k, len(self.slots[k]))
            parts.append(
                f'<g class="un"><title>the bias unit, which is always 1</title><circle class="u1" '
                f'cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS - 3}"/>{words("zo", x, y + 3.5, "1")}</g>'
            )
        return "".join(parts) + self._stage_bands(k)

    def _circle(self, k: int, j: int, x: float, y: float, means: Sequence[Array | None]) -> str:
        z, o = means
        tooltip = f"{self.style.layer(self.ids[k])}, unit {j}"
        n = self.network.rows(self.ids[k]) or 0
        for name, mean, grad in (
            ("Z", z, self.layers[k].z_grad),
            ("O", o, self.layers[k].o_grad),
        ):
            if mean is not None:
                tooltip += f"\n{name} = {figure(float(mean[j]))}"
                tooltip += f", the mean of {n} rows" if n > 1 else ""
            if grad is not None:
                tooltip += f"\n∂{name} = {figure(float(grad[:, j].sum()))}"
                tooltip += ", summed over the rows" if n > 1 else ""
        parts = [f'<circle class="u" cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS:g}"/>']
        if k:
            parts += [_half(z, j, x, y, 0), _half(o, j, x, y, 1)]
            parts.append(f'<path class="ui" d="M{x:.1f} {y - RADIUS:.1f}v{2 * RADIUS:g}"/>')
            parts += [words("zo", x - 6.5, y + 3.5, "Z"), words("zo", x + 6.5, y + 3.5, "O")]
        else:
            parts += [_whole(o, j, x, y), words("zo", x, y + 3.5, "O")]
        return f'<g class="un"><title>{escape(tooltip)}</title>{"".join(parts)}</g>'

    def _stage_bands(self, k: int) -> str:
        """Return the stages after a layer as upright bands with names."""
        names = self._band_names(k)
        tall, y = self._band_height(k)
        # the stages before the input layer stand on its left
        x = self.x[2 * k] + (RADIUS + 5 if k else -RADIUS - 5 - self._beside(k) + 6)
        where = "between Z and O" if k else "before the first layer"
        tooltip = escape(f"{where}: {' → '.join(self.layers[k].steps)}")
        parts = []
        ends = [*self.slots[k], *([0] if self.biased[k] else [])] if k and names else []
        for slot, j in enumerate(ends):
            if j is None:
                continue
            y0 = self._unit(k, slot)[1]
            beside = self._beside(k)
            parts.append(
                f'<path class="e" d="M{self.x[2 * k] + RADIUS:.1f} {y0:.1f}h{beside:.1f}"/>'
            )
        for text in names:
            parts.append(
                f'<g><title>{tooltip}</title>{rect("st", x, y, BAND, tall, 5)}<text class="s h" '
                f'transform="translate({x + BAND / 2 + 3.5:.1f} {y + tall / 2:.1f}) '
                f'rotate(-90)">{escape(text)}</text></g>'
            )
            x += BAND + 6
        return "".join(parts)

    def _band_names(self, k: int) -> list[str]:
        """Return what is written on the bands of a layer."""
        stages = self.style.stages(self.layers[k])
        if len(stages) > MOST_STAGES:
            stages = [*stages[: MOST_STAGES - 1], f"{len(stages) - MOST_STAGES + 1} more"]
        return [clip(stage.replace("->", "→"), 26) for stage in stages]

    def _band_height(self, k: int) -> tuple[float, float]:
        """Return height and top of the bands of a layer."""
        longest = max(map(len, self._band_names(k)), default=0)
        tall = max(len(self.slots[k]) * STEP, longest * 5.4 + 12)
        return tall, self.middle - tall / 2 - (STEP / 2 if self.biased[k] else 0)

    def _shortcut(self, k: int, s: Shortcut, lane: int) -> str:
        """Return the line from the layer that a shortcut comes from, above the units between."""
        stages = self.style.stages(self.layers[k])
        _, end = self._band_height(k)
        x = self.x[2 * k] + RADIUS + 5 + BAND / 2 + min(s.stage, MOST_STAGES - 1) * (BAND + 6)
        y = self.top - LANE * (lane + 1.3)
        brought, where = self.style.shortcut(s), self.style.layer(self.ids[k])
        tooltip = f"shortcut: {stages[s.stage]} of {where} takes {brought} too"
        if s.source in self.ids:
            source = self.ids.index(s.source)
            start = self.x[2 * source] + (RADIUS / 2 if source else 0)
            line = f"M{start:.1f} {self._unit(source, 0)[1] - RADIUS:.1f}V{y + 6:.1f}q0 -6 6 -6"
        else:
            start = self.x[2 * k] - 40
            line = f"M{start:.1f} {y:.1f}"
        return (
            f'<g><title>{escape(tooltip)}</title><path class="sc" d="{line}H{x - 6:.1f}q6 0 6 6'
            f'V{end - 6:.1f}"/><path class="sh" d="M{x:.1f} {end:.1f}l-3.6 -7.5h7.2z"/></g>'
        )

    def _loss(self, x: float) -> str:
        parts = []
        for slot, j in enumerate(self.slots[-1]):
            if j is not None:
                x0, y0 = self._unit(len(self.layers) - 1, slot)
                start, middle = x0 + RADIUS, (x0 + x) / 2
                parts.append(
                    f'<path class="e" d="M{start:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} '
                    f'{self.middle:.1f} {x - 22:.1f} {self.middle:.1f}"/>'
                )
        parts.append(rect("o", x - 22, self.middle - 13, 48, 26, 8))
        parts.append(words("ot", x + 2, self.middle + 4, "Loss"))
        parts.append(words("s h", x + 2, self.middle + 28, figure(self.network.loss or 0.0)))
        return "".join(parts)

    # ---------------------------------------------------------------------------------------------
    # Bands

    def _band(
        self, backward: bool, groups: list[list[Matrix]], y: float, width: float, end: float
    ) -> tuple[str, float]:
        """Return a band of matrices and where the next begins."""
        heights = [sum(m.height for m in group) for group in groups]
        tall = max(*heights, 84.0) + 22
        middle = y + tall / 2
        parts = [rect("f", MARGIN - 6, y, width - 2 * MARGIN + 12, tall, 10)]
        name, kind = ("← BACKWARD", "bw") if backward else ("FORWARD →", "fw")
        parts.append(
            f'<text class="{kind}" transform="translate({MARGIN + 12:.0f} {middle:.0f}) '
            f'rotate(-90)">{name}</text>'
        )
        for i, group in enumerate(groups):
            top = middle - heights[i] / 2
            for m in group:
                parts.append(draw_matrix(m, self.x[i], top, self.hovered))
                top += m.height
            if i:
                parts.append(self._sign(i, backward, middle))
        said = formulas(self.network, self.style, backward)
        first = middle - 26 - 8.5 * max(len(said) - 5, 0)
        for row, formula in enumerate(said):
            kind = "s" if formula.startswith("n ") else "m"
            parts.append(words(kind, end, first + 17 * row, formula))
        return "".join(parts), y + tall + 12

    def _sign(self, i: int, backward: bool, y: float) -> str:
        """Return the sign before the i-th group of a band."""
        near = [[m.width for m in self.bands[backward][j]] for j in (i - 1, i)]
        if not near[1]:
            return words("zo", self.x[i], y - 8, "⋯")
        left, right = (max(widths, default=0.0) / 2 for widths in near)
        if not near[0]:
            return ""
        x = (self.x[i - 1] + left + self.x[i] - right) / 2
        product = i % 2 and not self.style.column
        sign = words("zo", x, y - 8, "←" if backward else "@" if product else "→")
        activation = "" if backward or i % 2 else self.layers[i // 2].activation
        return sign + (words("s h", x, y - 20, activation) if activation else "")


def _tooltip(name: str, v: Any, g: Any) -> str:
    text = f"{name} = {figure(float(v))}"
    return text if g is None else f"{text}\n∂{name} = {figure(float(g))}"


def _tint(means: Array | None, j: int) -> str:
    """Return class and opacity of a unit's fill, '' for none."""
    if means is None:
        return ""
    v = float(means[j])
    if not math.isfinite(v):
        return f'class="x" fill-opacity="{TINT}"'
    finite = np.abs(means[np.isfinite(means)])
    t = tone(v, float(finite.max(initial=0.0)), 6.0) * TINT
    return f'class="{"p" if v >= 0 else "n"}" fill-opacity="{t:.2f}"' if t else ""


def _half(means: Array | None, j: int, x: float, y: float, right: int) -> str:
    tint, r = _tint(means, j), RADIUS - 0.7
    if not tint:
        return ""
    return f'<path {tint} d="M{x:.1f} {y - r:.1f}a{r:g} {r:g} 0 0 {right} 0 {2 * r:g}z"/>'


def _whole(means: Array | None, j: int, x: float, y: float) -> str:
    tint = _tint(means, j)
    return f'<circle {tint} cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS - 0.7:g}"/>' if tint else ""
