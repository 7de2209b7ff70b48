"""Where the units and matrices of a layered network stand. Next: `layout.py`."""

from __future__ import annotations

from autograd.viz.drawing.svg import MARGIN

from .layers import Layer, Network, Shortcut
from .matrices import Matrix, Style, matrices

RADIUS = 14.0
STEP = 40.0
_HEAD = 96.0
BAND = 18.0
_LEFT = 44.0
# the height of the line of a shortcut above the units
LANE = 11.0
_HOVERED = 1500
MOST_STAGES = 4
_MOST_LAYERS = 40


def shown_units(count: int, most: int) -> list[int | None]:
    """Return the units to draw, with None for those left out: the first, ⋮, the last two."""
    if count <= most:
        return list(range(count))
    tail = 2 if most > 3 else 1
    return [*range(most - tail - 1), None, *range(count - tail, count)]


class Positions:
    """The layers and units that are drawn, and their coordinates."""

    def __init__(self, network: Network, style: Style) -> None:
        self.network, self.style = network, style
        found = shown_units(len(network.layers), _MOST_LAYERS)
        self.ids = [i for i in found if i is not None]
        self.layers = [network.layers[i] for i in self.ids]
        self.slots = [shown_units(x.units, style.max_units) for x in self.layers]
        self.biased = [
            self._joined(k + 1) and x.bias is not None for k, x in enumerate(self.layers[1:])
        ] + [False]
        self.bands = (self._chosen(False), self._chosen(True))
        sizes = [m.rows * m.columns for band in self.bands for g in band for m in g]
        self.hovered = sum(sizes) <= _HOVERED
        self.x = self._columns()
        tallest = max(len(s) + b for s, b in zip(self.slots, self.biased, strict=True))
        self.lanes = self._lanes()
        self.top = _HEAD + (LANE * (2 + max(self.lanes.values())) if self.lanes else 0.0)
        self.middle = self.top + tallest * STEP / 2
        self.bottom = self.top + tallest * STEP

    def _joined(self, k: int) -> bool:
        """Whether a layer follows the one drawn before it: in long chains some are left out."""
        return self.ids[k] == self.ids[k - 1] + 1

    def _chosen(self, backward: bool) -> list[list[Matrix]]:
        """Return the matrices of the layers that are drawn; none between layers not joined."""
        groups = matrices(self.network, self.style, backward)
        found: list[list[Matrix]] = []
        for k, i in enumerate(self.ids):
            if k:
                found.append(groups[2 * i - 1] if self._joined(k) else [])
            found.append(groups[2 * i])
        return found

    def _lanes(self) -> dict[tuple[int, Shortcut], int]:
        """Return by layer drawn and shortcut its line above the units: short ones are lower."""
        found: dict[tuple[int, Shortcut], int] = {}
        spans: list[tuple[int, int, Shortcut]] = [
            (self.ids[k] - s.source, k, s) for k, x in enumerate(self.layers) for s in x.shortcuts
        ]
        for _, k, s in sorted(spans, key=lambda span: span[:2]):
            met = {
                lane
                for (other, t), lane in found.items()
                if t.source <= self.ids[k] and s.source <= self.ids[other]
            }
            found[k, s] = next(n for n in range(len(found) + 1) if n not in met)
        return found

    def _columns(self) -> list[float]:
        """Return the centre of every matrix of the bands: layers and gaps in turn."""
        widths = [
            max((m.width for band in self.bands for m in band[i]), default=90.0)
            for i in range(2 * len(self.layers) - 1)
        ]
        heads = [
            max(len(self._head(x)) * 5.6, len(self.style.layer(i)) * 8.0)
            for i, x in zip(self.ids, self.layers, strict=True)
        ]
        x, found = MARGIN + _LEFT, []
        for i, width in enumerate(widths):
            beside = self._beside(i // 2) if i % 2 == 0 else 0.0
            room = max(width, heads[i // 2] - 40, 2 * RADIUS) if i % 2 == 0 else max(width, 40.0)
            before = len(self.layers[i // 2].activation) * 5.8 + 12 if i % 2 == 0 else 0
            x += room / 2 + (max(30.0, before) if i else max(beside - room / 4, 0))
            found.append(x)
            x += room / 2 + (max(beside - room / 4, 0) if i else 0)
        return found

    def _beside(self, k: int) -> float:
        """Return the width of the upright bands of a layer."""
        return min(len(self.layers[k].stages), MOST_STAGES) * (BAND + 6)

    def _unit(self, k: int, slot: int) -> tuple[float, float]:
        """Return the centre of a unit; the slot after the last is the bias unit."""
        count = len(self.slots[k]) + self.biased[k]
        return self.x[2 * k], self.middle + (slot - (count - 1) / 2) * STEP

    @staticmethod
    def _head(layer: Layer) -> str:
        units = f"{layer.units:,} unit" + ("" if layer.units == 1 else "s")
        return f"{layer.activation} · {units}" if layer.activation else units
