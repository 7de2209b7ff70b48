"""The network of a player: units and edges, or matrices of cells. Next: `player.py`.

Nothing is coloured here: the script does that for each snapshot, by the number in ``data-e`` of
an entry and ``data-u`` of a unit.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from autograd.viz.elements.markup import clip, words

_WIDTH, _HEIGHT = 680.0, 372.0
_TOP, _BOTTOM, _SIDE = 50.0, 18.0, 56.0
_CELL, _GAP = 13.0, 22.0


def draw_network_of(structure: dict[str, Any]) -> str:
    """Return the SVG of a recording's network."""
    starts, offset = [], 0
    for p in structure["parameters"]:
        starts.append(offset)
        offset += len(p["rows"]) * len(p["columns"])
    if structure["chain"] is not None:
        body, height = _layers(structure, starts), _HEIGHT
    else:
        body, height = _matrices(structure["parameters"], starts)
    return (
        f'<svg id="net" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img" '
        f'aria-label="Network, coloured by weight or gradient">{body}</svg>'
    )


def _layers(structure: dict[str, Any], starts: list[int]) -> str:
    """Return units and edges, with a gap for units left out."""
    chain, outputs = structure["chain"], structure["outputs"]
    names = {p["name"]: k for k, p in enumerate(structure["parameters"])}
    shown = [list(chain["shown"]), *(list(o["shown"]) for o in outputs)]
    sizes = [chain["inputs"], *(o["units"] for o in outputs)]
    places = [
        _column(s, n, k, len(sizes)) for k, (s, n) in enumerate(zip(shown, sizes, strict=True))
    ]
    edges, units, offset = [], [], 0
    for k, o in enumerate(outputs):
        weight, bias = _at(structure, names, starts, o["weight"]), None
        if o["bias"]:
            bias = _at(structure, names, starts, o["bias"])
        for place, j in enumerate(shown[k + 1]):
            x, y, r = places[k + 1][j]
            for i in shown[k]:
                e = None if weight is None else weight(i, j)
                if e is not None:
                    a, b, s = places[k][i]
                    middle = (a + x) / 2
                    edges.append(
                        f'<path class="w" data-e="{e}" d="M{a + s:.1f} {b:.1f}'
                        f'C{middle:.1f} {b:.1f} {middle:.1f} {y:.1f} {x - r:.1f} {y:.1f}"/>'
                    )
            # a bias within the matrix is its last row
            if chain["in_weight"][k]:
                e = None if weight is None else weight(sizes[k], j)
            else:
                e = None if bias is None else bias(0, j)
            held = "" if e is None else f' data-b="{e}"'
            units.append(
                f'<circle class="u" data-u="{offset + place}" data-n="{j}" data-k="{k}"{held} '
                f'cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
            )
        offset += len(shown[k + 1])
    for i in shown[0]:
        x, y, r = places[0][i]
        units.append(f'<circle class="u in" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>')
    return "".join(edges) + "".join(units) + _heads(structure, sizes, shown, places)


def _heads(structure: dict[str, Any], sizes: Any, shown: Any, places: Any) -> str:
    out = []
    heads = _headings(structure, sizes)
    for k, (size, some) in enumerate(zip(sizes, shown, strict=True)):
        x = places[k][some[0]][0]
        name, *more = heads[k]
        out.append(words("L", x, 12, name))
        out += [words("s h", x, 26 + 13 * i, text) for i, text in enumerate(more)]
        if len(some) < size:
            y = _gap_of(some, places[k])
            out.append(words("L", x, y + 4, "⋮"))
    return "".join(out)


def _headings(structure: dict[str, Any], sizes: list[int]) -> list[list[str]]:
    """Return the lines above every layer, no wider than its column."""
    outputs = structure["outputs"]
    column = (_WIDTH - 2 * _SIDE) / max(len(sizes) - 1, 1)
    bold, small = int(column / 7.2), int(column / 5.8)
    names = ["input", *(o["name"] or "" for o in outputs)]
    if max(map(len, names)) > bold:  # layers.10 becomes 10
        names = [name.rpartition(".")[2] for name in names]
    heads = []
    for name, size, o in zip(names, sizes, [{}, *outputs], strict=True):
        units = f"{size:,} unit{'s' * (size != 1)}"
        lines = [o.get("activation") or "", units if len(units) <= small else f"{size:,}"]
        heads.append([clip(name, max(bold, 2)), *(clip(x, max(small, 2)) for x in lines if x)])
    return heads


def _gap_of(some: list[int], places: dict[int, tuple[float, float, float]]) -> float:
    """Return the middle of the gap in a column."""
    for i, j in pairwise(some):
        if j > i + 1:
            return (places[i][1] + places[j][1]) / 2
    return places[some[-1]][1]


def _column(
    some: list[int], size: int, k: int, count: int
) -> dict[int, tuple[float, float, float]]:
    """Return the middle and radius of the units of a layer."""
    room = _HEIGHT - _TOP - _BOTTOM
    slots = len(some) + (len(some) < size)
    step = min(42.0, room / max(slots, 1))
    x = _SIDE + (_WIDTH - 2 * _SIDE) * (k / (count - 1) if count > 1 else 0.5)
    found, slot, before = {}, 0, -1
    for i in some:
        slot += i > before + 1
        found[i] = x, _TOP + room / 2 + (slot - (slots - 1) / 2) * step, min(11.0, step * 0.4)
        slot, before = slot + 1, i
    return found


def _at(structure: Any, names: dict[str, int], starts: list[int], name: str) -> Any:
    """Return a function that finds an entry of a parameter among the kept entries."""
    if name not in names:
        return None
    p, start = structure["parameters"][names[name]], starts[names[name]]
    rows = {i: a for a, i in enumerate(p["rows"])}
    columns = {j: b for b, j in enumerate(p["columns"])}

    def found(i: int, j: int) -> int | None:
        if i not in rows or j not in columns:
            return None
        return start + rows[i] * len(columns) + columns[j]

    return found


def _matrices(parameters: list[dict[str, Any]], starts: list[int]) -> tuple[str, float]:
    """Return the entries of all parameters as cells, and their total height."""
    out, x, y, tall = [], 10.0, 10.0, 0.0
    for p, start in zip(parameters, starts, strict=True):
        rows, columns = len(p["rows"]), len(p["columns"])
        if not rows * columns:
            continue
        cell = min(_CELL, (_WIDTH - 20) / columns)
        wide = max(columns * cell, 120.0)
        if x > 10 and x + wide > _WIDTH:
            x, y, tall = 10.0, y + tall, 0.0
        shape = "×".join(map(str, p["shape"])) or "1"
        most = int(wide / 6.2)
        out.append(words("t", x, y + 10, clip(p["name"], most)) + words("s", x, y + 24, shape))
        for r in range(rows):
            for c in range(columns):
                out.append(
                    f'<rect class="w cell" data-e="{start + r * columns + c}" '
                    f'x="{x + c * cell:.1f}" y="{y + 30 + r * cell:.1f}" width="{cell - 1:.1f}" '
                    f'height="{cell - 1:.1f}"/>'
                )
        x, tall = x + wide + _GAP, max(tall, 30 + rows * cell + 16)
    return "".join(out), y + tall
