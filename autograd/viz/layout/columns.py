"""In which column of a drawing every box stands. Next: `net.py`.

After all that it is made of; and what is made of little, next to what it feeds. Next to each other
stand boxes that can, where that keeps the drawing narrower.
"""

from __future__ import annotations

from collections.abc import Sequence

# what a lane costs in each column, in units of length
_LANE = 40.0
# a source of more boxes than this has a long lane anyhow
_MANY = 64


def columns_of(
    n: int,
    links: list[tuple[int, int]],
    first: frozenset[int],
    last: frozenset[int],
    widths: Sequence[float] = (),
) -> list[int]:
    """Give every box a column by its longest path; an early source is put next to its users.

    ``links`` are pairs of boxes; ``first`` and ``last`` are those of `place`, and ``widths`` those
    of the boxes.
    """
    after: list[list[int]] = [[] for _ in range(n)]
    for u, v in links:
        after[u].append(v)
    order = _acyclic_order(n, after, links)
    position = [0] * n
    for k, i in enumerate(order):
        position[i] = k
    rank = [0] * n
    forward = [[j for j in after[i] if position[j] > position[i]] for i in range(n)]
    feeding: list[list[int]] = [[] for _ in range(n)]
    for i in order:
        for j in forward[i]:
            rank[j] = max(rank[j], rank[i] + 1)
            feeding[j].append(i)
    for i in reversed(order):
        if forward[i] and not feeding[i]:
            rank[i] = min(rank[j] for j in forward[i]) - 1
    later = _later(order, forward, feeding, rank)
    saved = _length(forward, rank) - _length(forward, later)
    if saved > 0 and saved * _LANE > _width(later, widths) - _width(rank, widths):
        rank = later
    inner = [rank[i] for i in range(n) if i not in first and i not in last] or [0]
    low, high = min(inner), max(inner)
    for i in first:
        rank[i] = low - 1
    for i in last:
        rank[i] = high + 1
    used = {r: k for k, r in enumerate(sorted(set(rank)))}
    return [used[r] for r in rank]


def _later(
    order: list[int], forward: list[list[int]], feeding: list[list[int]], rank: list[int]
) -> list[int]:
    """Return columns in which boxes are next to their users, if that makes no lane longer.

    Otherwise all boxes made from sources only would be at the left end, however late they are used.
    """
    rank = list(rank)
    for i in reversed(order):
        new = min((rank[j] for j in forward[i]), default=0) - 1
        if new > rank[i]:
            longer = 0
            for u in {u for u in feeding[i] if len(forward[u]) <= _MANY}:
                others = [rank[j] for j in forward[u] if j != i]
                longer += max(0, new - max([rank[i], *others]))
                if not feeding[u]:  # a source moves with it
                    longer -= max(0, min([new, *others]) - rank[i])
            rank[i] = new if longer <= new - rank[i] else rank[i]
    return rank


def _length(forward: list[list[int]], rank: list[int]) -> int:
    """Return the total length of the lanes: for each box one, to its farthest user."""
    return sum(max(rank[j] for j in to) - rank[i] for i, to in enumerate(forward) if to)


def _width(rank: list[int], widths: Sequence[float]) -> float:
    """Return the total width of the columns, without the gaps between them."""
    widest: dict[int, float] = {}
    for k, width in zip(rank, widths, strict=False):
        widest[k] = max(widest.get(k, 0.0), width)
    return sum(widest.values())


def _acyclic_order(n: int, after: list[list[int]], links: list[tuple[int, int]]) -> list[int]:
    """Order the boxes so that links point forward; in cycles, those that depth-first order has."""
    state = [0] * n
    order: list[int] = []
    fed = {v for _, v in links}
    for start in [*(i for i in range(n) if i not in fed), *range(n)]:
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(after[start]))]
        while stack:
            i, rest = stack[-1]
            for j in rest:
                if not state[j]:
                    state[j] = 1
                    stack.append((j, iter(after[j])))
                    break
            else:
                state[i] = 2
                order.append(i)
                stack.pop()
    order.reverse()
    return order
