"""The matrices of a layered network, to scale, and the names of all parts.

Next: `positions.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.viz.drawing.cards import tone
from autograd.viz.elements.figures import figure, norm, thumbnail
from autograd.viz.elements.markup import clip, escape, rect, words

from .layers import Array, Layer, Network, Shortcut

# the most characters of names given by users, in captions and above layers
LONGEST, HEADING = 14, 26

# the width of a character of a name
NAMED = 6.6

_CELL = 9.0
_SMALL = 12


@dataclass(frozen=True)
class Style:
    """The options of a drawing; see `draw_network`."""

    gradient: bool
    column: bool
    max_units: int
    names: tuple[str, ...]

    @property
    def letters(self) -> bool:
        """Whether layers are named by letters, as in W_ij."""
        return all(len(name) == 1 and name.isalpha() for name in self.names)

    def layer(self, k: int) -> str:
        """Return the heading of a layer."""
        name = self.names[k]
        return name if self.letters or not name[:1].isdigit() else f"L{name}"

    def of(self, symbol: str, k: int) -> str:
        """Return the name of a quantity of a layer: O_96, b_j."""
        return f"{symbol}_{clip(self.names[k], LONGEST)}"

    def weight(self, k: int, layer: Layer) -> str:
        """Return the name of the incoming weights of a layer: W_96, W_ij, or their label."""
        if layer.label:
            return clip(layer.label, LONGEST)
        return self.of("W", k) if not self.letters else f"W_{self.names[k - 1]}{self.names[k]}"

    def shortcut(self, s: Shortcut) -> str:
        """Return the name of what a shortcut brings: O_1, or the layer it comes from."""
        return self.of(s.symbol, s.source) if s.symbol else self.layer(s.source)

    def stages(self, layer: Layer) -> list[str]:
        """Return the stages of a layer, each with what shortcuts bring to it."""
        return [
            " ".join([stage, *(self.shortcut(s) for s in layer.shortcuts if s.stage == k)])
            for k, stage in enumerate(layer.stages)
        ]

    def entry(self, k: int, layer: Layer, i: int, j: int) -> str:
        """Return the name of one weight: W_96[0,1], or W_i1j2 where layers are letters."""
        if self.letters and not layer.label:
            return f"W_{self.names[k - 1]}{i + 1}{self.names[k]}{j + 1}"
        first, second = (j, i) if self.column else (i, j)
        return f"{self.weight(k, layer)}[{first},{second}]"


def _length(n: int) -> float:
    """Return the length of a side of n entries: to scale while it is small."""
    return _CELL * n if n <= _SMALL else _CELL * _SMALL + 6 * math.log2(n / _SMALL)


@dataclass
class Matrix:
    """A matrix to draw: its numbers if known, its shape as text, its name."""

    name: str
    rows: int
    columns: int
    shape: str
    data: Array | None
    kind: str

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the cells."""
        return _length(self.columns), _length(self.rows)

    @property
    def width(self) -> float:
        """The width with the caption."""
        return max(self.size[0], len(self.name) * NAMED, len(self.shape) * 5.6)

    @property
    def height(self) -> float:
        """The height with the caption, which has two lines."""
        return self.size[1] + 35


def matrices(network: Network, style: Style, backward: bool) -> list[list[Matrix]]:
    """Return the matrices of a band: O_0; W_1, b_1; O_1; W_2, ..."""
    found: list[list[Matrix]] = []
    d = "∂" if backward else ""
    for k, layer in enumerate(network.layers):
        if k:
            weight, bias = layer.weight, layer.bias
            if backward:
                weight, bias = layer.weight_grad, layer.bias_grad
            rows = network.layers[k - 1].units + layer.in_weight
            if layer.in_weight and weight is not None and bias is not None:
                weight, bias = np.concatenate([weight, bias[None]]), None
            name = d + style.weight(k, layer)
            group = [_matrix(style, name, (rows, layer.units), weight, "mw")]
            if layer.bias is not None and not layer.in_weight:
                shape = (layer.units,)
                group.append(_matrix(style, d + style.of("b", k), shape, bias, "mw"))
            found.append(group)
        name, data = style.of("O", k), layer.o
        if backward:
            name, data = (style.of("∂Z", k), layer.z_grad) if k else ("∂" + name, layer.o_grad)
        found.append([_samples(network, style, name, k, data, backward)])
    return found


def _samples(
    network: Network, style: Style, name: str, k: int, data: Array | None, backward: bool
) -> Matrix:
    """Return the outputs of a layer, with a column of ones if the next layer appends one."""
    shape = (network.rows(k) or 0, network.layers[k].units)
    one = not backward and k + 1 < len(network.layers) and network.layers[k + 1].in_weight
    if not one:
        return _matrix(style, name, shape, data, "mo")
    if data is not None:
        data = np.concatenate([data, np.ones((len(data), 1))], axis=1)
    found = _matrix(style, name, (shape[0], shape[1] + 1), data, "mo")
    said = (str(shape[0] or "n"), f"{shape[1]}+1")
    return replace(found, shape=f"({', '.join(said[::-1] if style.column else said)})")


def _matrix(
    style: Style, name: str, shape: tuple[int, ...], data: Array | None, kind: str
) -> Matrix:
    said = [str(s) if s else "n" for s in shape]
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    rows = rows or 4  # as many as fit, if n is not known
    data = None if data is None else data.reshape(rows, columns)
    if style.column:
        rows, columns, said = columns, rows, said[::-1]
        data = None if data is None else data.T
        said = [*said, "1"] if len(shape) == 1 else said
    text = f"({', '.join(said)}{',' if len(said) == 1 else ''})"
    return Matrix(name, rows, columns, text, data, kind)


def formulas(network: Network, style: Style, backward: bool) -> list[str]:
    """Return the formulas at the end of a band."""
    column = style.column
    bias = any(x.bias is not None and not x.in_weight for x in network.layers)
    o = "[O 1]" if any(x.in_weight for x in network.layers) else "O"
    o = o.replace(" ", "; ") if column else o
    if not backward:
        product = f"W @ {o}" if column else f"{o} @ W"
        count = "columns" if column else "rows"
        return [
            f"Z = {product}{' + b' if bias else ''}",
            "O = f(Z)",
            f"n {count}: one per sample",
        ]
    weight = f"∂W = ∂Z @ {o}ᵀ" if column else f"∂W = {o}ᵀ @ ∂Z"
    down = "∂O = Wᵀ @ ∂Z" if column else "∂O = ∂Z @ Wᵀ"
    found = ["∂Z = ∂O ⊙ f′(Z)", weight, *(["∂b = Σₙ ∂Z"] if bias else []), down]
    if any(x.shortcuts for x in network.layers):
        found.append("    + ∂ by shortcuts")
    return [*found, "n is summed away in ∂W"]


def draw_matrix(m: Matrix, x: float, y: float, hovered: bool) -> str:
    """Return a matrix with its caption; x is its middle, y its upper edge."""
    w, h = m.size
    left = x - w / 2
    frame = m.kind if m.data is not None else f"{m.kind} mz"
    parts = [f"<g><title>{escape(_described(m))}</title>"]
    small = None if m.data is None else thumbnail(m.data)
    if small is not None and small.cells:
        parts.append(_grid(m, small.cells, left, y, small.exact and hovered))
    parts.append(rect(frame, left - 1.5, y - 1.5, w + 2.3, h + 2.3, 2))
    parts.append(_name(f"{'cw' if m.kind == 'mw' else 'co'} h", x, y + h + 13, m.name))
    parts.append(words("s h", x, y + h + 27, m.shape))
    return "".join([*parts, "</g>"])


def _grid(m: Matrix, cells: Any, left: float, top: float, hovered: bool) -> str:
    (w, h), parts = m.size, []
    w, h = w / len(cells[0]), h / len(cells)
    most = max((abs(v) for row in cells for v in row if math.isfinite(v)), default=0.0)
    paths: dict[tuple[str, int], list[str]] = {}
    for i, row in enumerate(cells):
        for j, v in enumerate(row):
            kind = "x" if not math.isfinite(v) else "p" if v >= 0 else "n"
            level = 10 if kind == "x" else round(tone(v, most, 6.0) * 10)
            x, y = left + j * w, top + i * h
            if hovered:
                said = f"{m.name}[{j if m.rows == 1 else f'{i},{j}'}] = {figure(v)}"
                more = f' fill-opacity="{level / 10:g}"'
                text = rect(kind, x, y, w - 0.7, h - 0.7, 0, more)
                parts.append(f"{text[:-2]}><title>{escape(said)}</title></rect>")
            elif level:
                cell = f"M{x:.1f} {y:.1f}h{w - 0.7:.1f}v{h - 0.7:.1f}h{0.7 - w:.1f}z"
                paths.setdefault((kind, level), []).append(cell)
    for (kind, level), found in sorted(paths.items()):
        d = "".join(found)
        parts.append(f'<path class="{kind}" fill-opacity="{level / 10:g}" d="{d}"/>')
    return "".join(parts)


def _name(kind: str, x: float, y: float, name: str) -> str:
    """Return a name with its index as a subscript: W_96."""
    base, mark, index = name.partition("_")
    if not (mark and base and index):
        return words(kind, x, y, name)
    below = f'<tspan class="sub" dy="3">{escape(index)}</tspan>'
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(base)}{below}</text>'


def _described(m: Matrix) -> str:
    if m.data is None:
        return f"{m.name} {m.shape}"
    most = float(np.abs(m.data).max(initial=0.0))
    return f"{m.name} {m.shape}\n‖{m.name}‖ = {figure(norm(m.data))}, largest entry {figure(most)}"
