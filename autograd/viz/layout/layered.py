"""One level of a drawing: boxes in columns, links around them. Next: `layout.py`.

The classical method in four steps: break cycles, give every box a column, order the columns so that
few links cross, choose heights so that links are nearly straight. Links that span columns get a
lane of their own in each column between; links of one source share their lanes. Curves run only in
the gaps between columns, where there is nothing else. What would be too long is cut into rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .columns import columns_of
from .net import Link, Net, Point, order, thread
from .rows import Line, Rows, starts_of


@dataclass
class Placed:
    """Left upper corners of the boxes, the points of the links, and the size of the whole."""

    corners: list[Point]
    routes: dict[Link, list[Point]]
    width: float
    height: float


def place(
    sizes: Sequence[tuple[float, float]],
    links: Iterable[Link],
    *,
    gap: float = 44.0,
    spacing: float = 14.0,
    first: frozenset[int] = frozenset(),
    last: frozenset[int] = frozenset(),
    room: float = math.inf,
) -> Placed:
    """Arrange boxes from left to right, in rows if that would be much wider than ``room``.

    Parameters
    ----------
    sizes : sequence of (width, height)
    links : iterable of Link
    gap, spacing : float
        The smallest distances between columns, and between boxes of a column.
    first, last : frozenset of int
        Boxes that get a separate column at the left and at the right end.
    room : float
        The width of rows.
    """
    if not sizes:
        return Placed([], {}, 0.0, 0.0)
    kept = [k for k in dict.fromkeys(links) if k.u != k.v]
    ends = [(link.u, link.v) for link in kept]
    rank = columns_of(len(sizes), ends, first, last, [width for width, _ in sizes])
    net = Net([*sizes], rank, len(sizes), _pulls(len(sizes), kept, first))
    net.left, net.right = [[] for _ in sizes], [[] for _ in sizes]
    lanes = {link: thread(net, link) for link in kept}
    net.columns = [[] for _ in range(max(net.rank) + 1)]
    for i, k in enumerate(net.rank):
        net.columns[k].append(i)
    order(net)
    # a column of ports is not parted from what they lead to
    ports = {0} if first else set()
    ports |= {len(net.columns) - 2} if last else set()
    rows = _rows(net, gap, spacing, room, ports)
    y = _heights(net, spacing, rows)
    x, widths, total = _columns(net, y, gap)
    spans = [(a, a + w) for a, w in zip(x, widths, strict=True)]
    if len(rows.starts) > 1:
        spans, total = _stack(net, rows, spans, y)
    top = min(y[i] - h / 2 for i, (_, h) in enumerate(net.sizes))
    corners = []
    for i in range(net.real):
        (w, h), (left, right) = net.sizes[i], spans[rank[i]]
        corners.append(((left + right - w) / 2, y[i] - h / 2 - top))
    routes: dict[Link, list[Point]] = {}
    for link in kept:
        through = [(i, net.rank[i], y[i] - top) for i in lanes[link]]
        routes[link] = _route(link, corners, net, spans, through, rows)
    height = max(y[i] + h / 2 for i, (_, h) in enumerate(net.sizes)) - top
    return Placed(corners, routes, total, height)


# --------------------------------------------------------------------------------------------------
# Rows


def _rows(net: Net, gap: float, spacing: float, room: float, ports: set[int]) -> Rows:
    """Decide which columns begin a row."""
    widths = [max(net.sizes[i][0] for i in column) for column in net.columns]
    heights = [sum(net.sizes[i][1] + spacing for i in column) for column in net.columns]
    whole = net.backward | ports
    crossing = [
        -1 if k in whole else len({(i, end[1]) for i in column for end in net.right[i]})
        for k, column in enumerate(net.columns)
    ]
    return Rows(starts_of(widths, heights, crossing, gap, room))


def _stack(
    net: Net, rows: Rows, spans: list[tuple[float, float]], y: list[float]
) -> tuple[list[tuple[float, float]], float]:
    """Move the rows below each other; returns the new sides of the columns and the whole width."""
    extents: list[tuple[float, float]] = []
    lines: dict[int, list[tuple[float, Line]]] = {}
    for start, end in pairwise([*rows.starts, len(net.columns)]):
        inside = [i for column in net.columns[start:end] for i in column]
        extents.append(
            (
                min(y[i] - net.sizes[i][1] / 2 for i in inside),
                max(y[i] + net.sizes[i][1] / 2 for i in inside),
            )
        )
        found = {(i, at): y[i] + at for i in net.columns[end - 1] for _, at, _, _ in net.right[i]}
        lines[end - 1] = [(height, key) for key, height in found.items()]
    moves = rows.stack(extents, lines)
    found_spans, total = [], 0.0
    for row, (start, end) in enumerate(pairwise([*rows.starts, len(net.columns)])):
        shift = rows.margin - spans[start][0]
        for k in range(start, end):
            found_spans.append((spans[k][0] + shift, spans[k][1] + shift))
            for i in net.columns[k]:
                y[i] += moves[row]
        total = max(total, found_spans[-1][1] + rows.margin)
    return found_spans, total


# --------------------------------------------------------------------------------------------------
# Columns


def _pulls(n: int, links: list[Link], first: frozenset[int]) -> list[float]:
    """Return how strongly boxes pull others, so the path from input to loss is level."""
    fed = {link.v for link in links}
    return [1.0 if i in fed or i in first else 0.02 for i in range(n)]


def _columns(net: Net, y: list[float], gap: float) -> tuple[list[float], list[float], float]:
    """Return left edges and widths of the columns, and the total width; steep links get room."""
    widths = [max(net.sizes[i][0] for i in column) for column in net.columns]
    x, at = [], 0.0
    for k, column in enumerate(net.columns):
        x.append(at)
        at += widths[k]
        if k + 1 == len(net.columns):
            break
        steep = max(
            (abs(y[i] + s - y[j] - t) for i in column for j, s, t, _ in net.right[i]), default=0
        )
        narrow = widths[k] == 0 or widths[k + 1] == 0
        at += min(gap * 2, max(gap * (0.6 if narrow else 1.0), steep * 0.16))
    return x, widths, at


# --------------------------------------------------------------------------------------------------
# Heights


def _heights(net: Net, spacing: float, rows: Rows) -> list[float]:
    """Return the centre of every box and lane: near its neighbours, in order, without overlap."""
    sizes, real = net.sizes, net.real
    to_left, to_right = rows.within(net.left, net.rank), rows.within(net.right, net.rank)
    y = [0.0] * len(sizes)
    offsets: list[list[float]] = []
    for column in net.columns:
        at, row = 0.0, []
        for k, i in enumerate(column):
            if k:
                before = column[k - 1]
                space = spacing if sizes[i][0] and sizes[before][0] else spacing * 0.6
                at += (sizes[before][1] + sizes[i][1]) / 2 + space
            row.append(at)
            y[i] = at
        offsets.append(row)
        for i in column:
            y[i] -= at / 2
    sweeps = 14 if len(sizes) < 3000 else 8
    for s in range(sweeps):
        numbers = range(len(net.columns)) if s % 2 == 0 else range(len(net.columns) - 1, -1, -1)
        for k in numbers:
            column, row = net.columns[k], offsets[k]
            wanted, weights = [], []
            for i, offset in zip(column, row, strict=True):
                near = to_left[i] if s % 2 == 0 else to_right[i]
                if s >= sweeps - 3 or not near:
                    near = to_left[i] + to_right[i]
                target = y[i]
                if near:
                    total = sum(net.pull[end[0]] for end in near)
                    target = sum((y[j] + t - h) * net.pull[j] for j, h, t, _ in near) / total
                wanted.append(target - offset)
                weights.append(5.0 if i >= real else net.pull[i])
            for i, z, offset in zip(column, isotonic(wanted, weights), row, strict=True):
                y[i] = z + offset
    return y


def isotonic(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the nondecreasing numbers nearest to the wanted ones (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for mean, weight in zip(wanted, weights, strict=True):
        count = 1
        while pools and pools[-1][0] > mean:
            m, w, c = pools.pop()
            mean = (m * w + mean * weight) / (w + weight)
            weight += w
            count += c
        pools.append((mean, weight, count))
    return [mean for mean, _, count in pools for _ in range(count)]


# --------------------------------------------------------------------------------------------------
# Routes


def _route(
    link: Link,
    corners: list[Point],
    net: Net,
    spans: list[tuple[float, float]],
    through: list[tuple[int, int, float]],
    rows: Rows,
) -> list[Point]:
    """Return the points of a link: horizontal inside columns, to be curved in the gaps."""
    (x0, y0), (x1, y1) = corners[link.u], corners[link.v]
    y0, y1 = y0 + link.leave, y1 + link.enter
    a, b = net.rank[link.u], net.rank[link.v]
    back = b <= a
    points = [(x0 + net.sizes[link.u][0], y0), (spans[a][1], y0)]
    line, at = (link.u, link.leave - net.sizes[link.u][1] / 2), a
    for i, k, y in through:
        left, right = spans[k]
        if back:
            points += [(right, y), (left, y)]
        else:
            points += [(_turn(points, rows, at, line, left), y), (right, y)]
            line, at = (i, 0.0), k
    left = spans[b][0] if back else _turn(points, rows, at, line, spans[b][0])
    return [*points, (left, y1), (x1, y1)]


def _turn(points: list[Point], rows: Rows, at: int, line: Line, left: float) -> float:
    """Lead a route from the end of its row to the next, if it is cut; returns where it goes on."""
    turn = rows.turns.get(at, {}).get(line)
    if turn is None:
        return left
    x, y = points[-1]
    x, left = x + turn.right, left - turn.left
    points[-1:] = [(x, y), (x, turn.height), (left, turn.height)]
    return left
