"""Boxes and lanes in columns, and their order, in which few links cross. Next: `rows.py`."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import pairwise

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


# neighbour, the ends of the link here and there (from the centres), the end there as drawn
End = tuple[int, float, float, float]


@dataclass
class Net:
    """Boxes and lanes by column, with the links between neighbouring columns."""

    sizes: list[tuple[float, float]]
    rank: list[int]
    # the number of boxes; lanes come after them
    real: int
    # how strongly a box pulls its neighbours towards its height, and keeps its own
    pull: list[float] = field(default_factory=list)
    left: list[list[End]] = field(default_factory=list)
    right: list[list[End]] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    lanes: dict[tuple[Hashable, int], int] = field(default_factory=dict)
    joined: set[tuple[int, int, float, float]] = field(default_factory=set)
    # gaps between columns, by the one before, that a backward link crosses
    backward: set[int] = field(default_factory=set)

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


def thread(net: Net, link: Link) -> list[int]:
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
    net.backward.update(range(b, a))
    for left, right in pairwise(chain):
        net.join(left, right)
    return chain[::-1]


# --------------------------------------------------------------------------------------------------
# Order in the columns


def order(net: Net) -> None:
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
    near: list[End],
    position: list[float],
    sizes: list[tuple[float, float]],
    otherwise: float,
) -> float:
    if not near:
        return otherwise
    # ports order the links of one box: by less than the distance to the next box
    return sum(position[j] + t / (sizes[j][1] + 1.0) * 1e-3 for j, _, _, t in near) / len(near)


def _crossings(net: Net, position: list[float]) -> int:
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
