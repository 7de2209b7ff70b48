"""One level of a drawing: boxes in columns, links around them. Next: `layout.py`.

The classical method in four steps: break cycles, give every box a column, order the columns so that
few links cross, choose heights so that links are nearly straight. Links that span columns get a
lane of their own in each column between; links of one source share their lanes. Curves run only in
the gaps between columns, where there is nothing else.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .columns import columns_of

Point = tuple[float, float]
Port = Hashable

_LANE = 7.0


@dataclass(frozen=True)
class Link:
    """A link from box ``u`` to box ``v``, leaving and entering at given heights below their tops.

    ``arrival`` is the distance from there to where it is drawn to arrive: it only orders links, and
    is not part of the route.
    """

    u: int
    v: int
    leave: float
    enter: float
    source: Port = None
    arrival: float = 0.0


@dataclass
class Placed:
    """Left upper corners of the boxes, the points of the links, and the size of the whole."""

    corners: list[Point]
    routes: dict[Link, list[Point]]
    width: float
    height: float


# neighbour, the ends of the link here and there (from the centres), the end there as drawn
_End = tuple[int, float, float, float]


@dataclass
class _Net:
    """Boxes and lanes by column, with the links between neighbouring columns."""

    sizes: list[tuple[float, float]]
    rank: list[int]
    real: int
    # how strongly a box pulls its neighbours towards its height, and keeps its own
    pull: list[float] = field(default_factory=list)
    left: list[list[_End]] = field(default_factory=list)
    right: list[list[_End]] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    lanes: dict[tuple[Hashable, int], int] = field(default_factory=dict)
    joined: set[tuple[int, int, float, float]] = field(default_factory=set)

    def lane(self, owner: Hashable, rank: int) -> int:
        """Return the lane of a source in a column, made if needed."""
        key = owner, rank
        if key not in self.lanes:
            self.lanes[key] = len(self.sizes)
            self.sizes.append((0.0, _LANE))
            self.rank.append(rank)
            self.pull.append(1.0)
            self.left.append([])
            self.right.append([])
        return self.lanes[key]

    def join(
        self, a: int, b: int, at_a: float = 0.0, at_b: float = 0.0, arrival: float = 0.0
    ) -> None:
        """Link a to b, which is one column to the right."""
        key = a, b, at_a, at_b
        if key not in self.joined:
            self.joined.add(key)
            self.right[a].append((b, at_a, at_b, at_b + arrival))
            self.left[b].append((a, at_b, at_a, at_a))


def place(
    sizes: Sequence[tuple[float, float]],
    links: Iterable[Link],
    *,
    gap: float = 44.0,
    spacing: float = 14.0,
    first: frozenset[int] = frozenset(),
    last: frozenset[int] = frozenset(),
) -> Placed:
    """Arrange boxes from left to right.

    Parameters
    ----------
    sizes : sequence of (width, height)
    links : iterable of Link
    gap, spacing : float
        The smallest distances between columns, and between boxes of a column.
    first, last : frozenset of int
        Boxes that get a separate column at the left and at the right end.
    """
    if not sizes:
        return Placed([], {}, 0.0, 0.0)
    kept = [k for k in dict.fromkeys(links) if k.u != k.v]
    rank = columns_of(len(sizes), [(link.u, link.v) for link in kept], first, last)
    net = _Net([*sizes], rank, len(sizes), _pulls(len(sizes), kept, first))
    net.left, net.right = [[] for _ in sizes], [[] for _ in sizes]
    lanes = {link: _thread(net, link) for link in kept}
    net.columns = [[] for _ in range(max(net.rank) + 1)]
    for i, k in enumerate(net.rank):
        net.columns[k].append(i)
    _order(net)
    y = _heights(net, spacing)
    x, widths, total = _columns(net, y, gap)
    top = min(y[i] - h / 2 for i, (_, h) in enumerate(net.sizes))
    corners = []
    for i in range(net.real):
        w, h = net.sizes[i]
        corners.append((x[rank[i]] + (widths[rank[i]] - w) / 2, y[i] - h / 2 - top))
    spans = [(a, a + w) for a, w in zip(x, widths, strict=True)]
    levels = {k: [(net.rank[i], y[i] - top) for i in lanes[k]] for k in kept}
    routes = {k: _route(k, corners, net.sizes, rank, spans, levels[k]) for k in kept}
    height = max(y[i] + h / 2 for i, (_, h) in enumerate(net.sizes)) - top
    return Placed(corners, routes, total, height)


# --------------------------------------------------------------------------------------------------
# Columns


def _pulls(n: int, links: list[Link], first: frozenset[int]) -> list[float]:
    """Return how strongly boxes pull others, so the path from input to loss is level."""
    fed = {link.v for link in links}
    return [1.0 if i in fed or i in first else 0.02 for i in range(n)]


def _thread(net: _Net, link: Link) -> list[int]:
    """Lead a link through the columns; returns its lanes from source to target."""
    u, v = link.u, link.v
    at_u = link.leave - net.sizes[u][1] / 2
    at_v = link.enter - net.sizes[v][1] / 2
    a, b = net.rank[u], net.rank[v]
    if b > a:
        owner: Hashable = (u, link.leave, link.source)
        chain = [net.lane(owner, k) for k in range(a + 1, b)]
        whole = [u, *chain, v]
        for k in range(len(whole) - 1):
            net.join(
                whole[k],
                whole[k + 1],
                at_u if k == 0 else 0.0,
                at_v if k == len(whole) - 2 else 0.0,
                link.arrival if k == len(whole) - 2 else 0.0,
            )
        return chain
    # a backward link: around the right end of its source and the left end of its target
    owner = ("back", u, v, link.leave, link.enter)
    chain = [net.lane(owner, k) for k in range(b, a + 1)]
    for left, right in pairwise(chain):
        net.join(left, right)
    return chain[::-1]


def _columns(net: _Net, y: list[float], gap: float) -> tuple[list[float], list[float], float]:
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
# Order in the columns


def _order(net: _Net) -> None:
    """Sort every column by the mean height of its neighbours, back and forth; keep the best."""
    count = len(net.sizes)
    sweeps = 16 if count < 400 else 8 if count < 3000 else 4
    position = [0.0] * count
    for column in net.columns:
        _number(column, position)
    best, least = [list(c) for c in net.columns], _crossings(net, position)
    for s in range(sweeps):
        if least == 0:
            break
        rightwards = s % 2 == 0
        numbers = range(1, len(net.columns)) if rightwards else range(len(net.columns) - 2, -1, -1)
        near = net.left if rightwards else net.right
        for k in numbers:
            column = net.columns[k]
            wanted = {i: _mean(near[i], position, net.sizes, position[i]) for i in column}
            column.sort(key=wanted.__getitem__)
            _number(column, position)
        crossed = _crossings(net, position)
        if crossed < least:
            best, least = [list(c) for c in net.columns], crossed
    net.columns = best


def _number(column: list[int], position: list[float]) -> None:
    # scaled to [0, 1], so that columns of different length are comparable
    step = 1.0 / (len(column) + 1)
    for k, i in enumerate(column, 1):
        position[i] = k * step


def _mean(
    near: list[_End],
    position: list[float],
    sizes: list[tuple[float, float]],
    otherwise: float,
) -> float:
    if not near:
        return otherwise
    # ports order the links of one box: by less than the distance to the next box
    return sum(position[j] + t / (sizes[j][1] + 1.0) * 1e-3 for j, _, _, t in near) / len(near)


def _crossings(net: _Net, position: list[float]) -> int:
    """Count the crossings of links between neighbouring columns."""
    total = 0
    for column in net.columns[:-1]:
        ends = sorted(
            (position[i] + s * 1e-7, position[j] + t * 1e-7)
            for i in column
            for j, s, _, t in net.right[i]
        )
        targets = sorted({b for _, b in ends})
        index = {b: k + 1 for k, b in enumerate(targets)}
        size = len(targets)
        counts = [0] * (size + 1)
        seen = 0
        for _, b in ends:
            k = index[b]
            below, at = 0, k
            while at:
                below += counts[at]
                at &= at - 1
            total += seen - below
            seen += 1
            while k <= size:
                counts[k] += 1
                k += k & -k
    return total


# --------------------------------------------------------------------------------------------------
# Heights


def _heights(net: _Net, spacing: float) -> list[float]:
    """Return the centre of every box and lane: near its neighbours, in order, without overlap."""
    sizes, real = net.sizes, net.real
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
        order = range(len(net.columns)) if s % 2 == 0 else range(len(net.columns) - 1, -1, -1)
        for k in order:
            column, row = net.columns[k], offsets[k]
            wanted, weights = [], []
            for i, offset in zip(column, row, strict=True):
                near = net.left[i] if s % 2 == 0 else net.right[i]
                if s >= sweeps - 3 or not near:
                    near = net.left[i] + net.right[i]
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
    sizes: list[tuple[float, float]],
    rank: list[int],
    spans: list[tuple[float, float]],
    through: list[tuple[int, float]],
) -> list[Point]:
    """Return the points of a link: horizontal inside columns, to be curved in the gaps."""
    (x0, y0), (x1, y1) = corners[link.u], corners[link.v]
    y0, y1 = y0 + link.leave, y1 + link.enter
    points = [(x0 + sizes[link.u][0], y0), (spans[rank[link.u]][1], y0)]
    back = rank[link.v] <= rank[link.u]
    for k, y in through:
        left, right = spans[k]
        points += [(right, y), (left, y)] if back else [(left, y), (right, y)]
    points += [(spans[rank[link.v]][0], y1), (x1, y1)]
    return points
