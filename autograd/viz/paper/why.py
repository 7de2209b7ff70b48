"""`why`: the paths from a node to the loss, and what each contributes. Next: `../export/`."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from ...backward import gradients
from ...checks.mistakes import PRODUCTS
from ...node import Node, name_of, topological_order
from ...settings import shown
from ...transforms.rows import LIMIT, pull_to
from ..elements.figures import norm
from ..graph.graph import collect
from .derive import check_direction, node_of, reached
from .formula import rounded
from .reading import Names

# Up to this many paths of tensors are all evaluated; of more, the most promising ones.
ALL_PATHS = 2000
# Of more causes of a zero, the first are told.
MOST = 3


@dataclass(frozen=True)
class Path:
    """One path from a node to the loss.

    Attributes
    ----------
    contribution : float or ndarray
        The part of the gradient along this path: the product of the local derivatives.
    names : tuple of str
        The nodes on the path, from the start to the loss.
    factors : tuple of float
        The local derivatives on the path, in the same order; empty for arrays.
    """

    contribution: Any
    names: tuple[str, ...]
    factors: tuple[float, ...] = ()

    @property
    def size(self) -> float:
        """The absolute value, or the Frobenius norm, of the contribution."""
        return norm(self.contribution)


class Paths(list[Path]):
    """The paths with the largest contributions, largest first.

    Attributes
    ----------
    total : float or ndarray
        The gradient, which is the sum over all paths.
    number : float
        The number of paths, including those with a factor of 0.
    exact : bool
        Whether no path outside this list is larger than those in it. For arrays with very many
        paths only the most promising ones are evaluated.
    causes : tuple of str
        Of a gradient that is 0 everywhere, or not finite: where on the way back it becomes so.
    """

    def __init__(
        self,
        paths: list[Path],
        total: Any,
        number: float,
        title: str,
        exact: bool,
        causes: tuple[str, ...] = (),
    ):
        super().__init__(paths)
        self.causes = causes
        self.total = total
        self.number = number
        self.title = title
        self.exact = exact

    @property
    def shown(self) -> Any:
        """The sum of the contributions in this list."""
        return sum((p.contribution for p in self), np.zeros_like(self.total)[()])

    def __repr__(self) -> str:
        rows = [f"{self.title}: {_count(self.number)}"]
        sizes = [_size(p.contribution) for p in self]
        width = max(map(len, sizes), default=0)
        for size, p in zip(sizes, self, strict=True):
            rows.append(f"  {size:>{width}}  {_route(p)}")
        if not self.exact:
            rows.append("  (there may be larger ones: too many paths to look at each)")
        missing = ""
        if np.ndim(self.total) and len(self) < self.number:
            with np.errstate(invalid="ignore"):
                missing = f"; {_size(self.total - self.shown)} is missing"
        rows.append(f"shown paths sum to {_size(self.shown)} of {_size(self.total)}{missing}")
        rows += self.causes[:MOST]
        if self.causes[MOST:]:
            rows.append(f"and so in {len(self.causes) - MOST} more places")
        return "\n".join(rows)


def _count(n: float) -> str:
    if n == 1:
        return "1 path"
    return f"{int(n)} paths" if n < 1e6 else f"{n:.3g} paths"


def _size(x: Any) -> str:
    return rounded(float(x)) if np.ndim(x) == 0 else f"‖{norm(x):.4g}‖"


def _route(p: Path) -> str:
    """Format the nodes of a path with the local derivatives in between; long paths are cut."""
    parts = [p.names[0]]
    for i, name in enumerate(p.names[1:]):
        parts.append(f"—({rounded(p.factors[i])})→ {name}" if p.factors else f"→ {name}")
    if len(parts) > 12:
        parts = [*parts[:6], f"… {len(parts) - 11} more …", *parts[-5:]]
    return " ".join(parts)


def why(wrt: Any, loss: Any, *, index: Any = None, top: int = 10) -> Paths:
    """Return the paths from a node to the loss that contribute the most to its gradient.

    Parameters
    ----------
    wrt : Value or Tensor
        Where the paths start.
    loss : Value or Tensor
        A single number, where they end.
    index : int or tuple, optional
        The entry of a tensor to explain; by default the norm of the whole.
    top : int
        How many paths to return at most.

    Returns
    -------
    Paths

    Raises
    ------
    ValueError
        If the loss is not a single number, no path leads to it, ``top`` is not positive, or the
        index does not name one entry.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> b = a * 3
    >>> b.label = "b"
    >>> L = a * b + b
    >>> L.label = "L"
    >>> why(a, L, top=2)
    ∂L/∂a: 3 paths
      6  a —(3)→ b —(2)→ v3 —(1)→ L
      6  a —(6)→ v3 —(1)→ L
    shown paths sum to 12 of 15

    Of a gradient that is 0, or not finite, the last line says where it becomes so:

    >>> z = Value(-2.0, label="z")
    >>> why(z, z.relu() * a)
    ∂v4/∂z: 1 path
      0  z —(0)→ v2 —(2)→ v4
    shown paths sum to 0 of 0
    0 from v2 (relu) on: its derivative is 0 at z = -2
    """
    root, start = node_of(loss, "loss", "why"), node_of(wrt, "wrt", "why")
    check_direction(root, start, "why(wrt, loss)")
    if root.shape != ():
        raise ValueError(f"why ends at a single number, {name_of(root)} has shape {root.shape}")
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise ValueError(f"top must be positive, a whole number, got {shown(top)}")
    if index is not None and not _is_entry(index, start.shape):
        raise ValueError(f"index {shown(index)} does not name one entry of shape {start.shape}")
    order = topological_order(root)
    reach = reached(order, start)
    if root not in reach:
        raise ValueError(f"no path leads from {name_of(start)} to {name_of(root)}")
    return _Search(order, reach, root, start, index).run(top)


def _is_entry(index: Any, shape: tuple[int, ...]) -> bool:
    try:
        return not np.shape(np.empty(shape)[index])
    except (IndexError, TypeError, ValueError, OverflowError):
        return False


Step = tuple[Any, int, Any]


class _Search:
    """A best-first search from the loss back to the start.

    Each node has a bound on the product of the local derivatives between it and the start. For
    numbers the bound is exact, so that paths are found in the order of their size, and no others.
    """

    def __init__(self, order: list[Any], reach: set[Any], root: Any, start: Any, index: Any):
        self.order = [n for n in order if n in reach]
        self.reach = reach
        self.root = root
        self.start = start
        self.index = index
        self.names: dict[Any, str] = Names(collect(root))
        found, _ = gradients(root, np.float64(1.0))
        self.gradient = found
        self.scalar = all(n.shape == () for n in reach)
        inner = [node for node in self.order if node is not start]
        with np.errstate(all="ignore"):
            self.edges = {node: list(self._edges_of(node)) for node in inner}
        self.number = self._count()

    def _edges_of(self, node: Any) -> Iterator[tuple[Any, int, float]]:
        """Yield (parent, position, size of the local derivative) of the edges that lead back."""
        g = self.gradient[node] if not self.scalar else 1.0
        g = np.float64(g) if self.scalar else g
        parts = node._contributions(g, as_nodes=False, strict=True)
        size = 1.0 if self.scalar else norm(g)
        for i, (parent, c) in enumerate(zip(node.parents, parts, strict=True)):
            if parent in self.reach and c is not None:
                yield parent, i, float(c) if self.scalar else (norm(c) / size if size else 0.0)

    def _count(self) -> float:
        """Count all paths, as a float."""
        counts: dict[Any, float] = {self.start: 1.0}
        for node in self.order:
            if node is not self.start:
                counts[node] = sum(counts[p] for p, _, _ in self.edges[node])
        return counts[self.root]

    def _bounds(self) -> dict[Any, float]:
        """Return the logarithm of the largest product of sizes from every node to the start."""
        best: dict[Any, float] = {self.start: 0.0}
        for node in self.order:
            if node is not self.start:
                sizes = [_log(d) + best[p] for p, _, d in self.edges[node]]
                best[node] = max(sizes, default=-math.inf)
        return best

    def run(self, top: int) -> Paths:
        """Return the paths of largest contribution."""
        wanted = top if self.scalar else max(ALL_PATHS, 4 * top)
        links = list(self._links(wanted))
        parts = [self._part(*pair) for pair in zip(links, self._carried(links), strict=True)]
        exact = self.scalar or self.number <= wanted
        places = sorted(range(len(links)), key=lambda k: -norm(parts[k]))
        found = [self._path(links[k], parts[k]) for k in places[:top]]
        total = self.gradient.get(self.start, 0.0)
        total = np.asarray(total)[self.index] if self.index is not None else total
        title = f"∂{self.names[self.root]}/∂{self.names[self.start]}"
        if self.index is not None:
            title += f"[{', '.join(map(str, np.atleast_1d(self.index)))}]"
        total = total if np.ndim(total) else float(total)
        causes = tuple(dict.fromkeys(self._causes()))
        return Paths(found, total, self.number, title, exact, causes)

    def _causes(self) -> Iterator[str]:
        """Yield where a gradient of zeros, or one that is not finite, became so on its way back."""
        whole = np.asarray(self.gradient.get(self.start, 0.0))
        infinite = not np.all(np.isfinite(whole))
        if not infinite and np.any(whole):
            return
        live = {self.root}
        for node in reversed(self.order):
            if node is self.start or node not in live:
                continue
            for parent, _, d in self.edges[node]:
                if math.isfinite(d) and (infinite or d):
                    live.add(parent)
                elif infinite:
                    yield f"not finite from {self._place(node)} on; see autograd.find_nan"
                else:
                    yield f"0 from {self._place(node)} on: {self._reason(node, parent)}"
        if self.start in live and not infinite:
            yield "0 as the paths cancel each other"

    def _place(self, node: Any) -> str:
        return f"{self.names[node]} ({node.op.name})"

    def _reason(self, node: Any, parent: Any) -> str:
        if node.op.name in PRODUCTS:
            zeros = [x for x in node.inputs[:2] if x is not parent and not np.any(_numbers(x))]
            if zeros:
                named = f", {self.names[zeros[0]]}," if isinstance(zeros[0], Node) else ""
                return f"the other factor{named} is 0"
        if not node.op.elementwise:
            return f"what reaches it is 0 where {self.names[parent]} counts"
        if parent.shape == ():
            at = f"{self.names[parent]} = {rounded(float(_numbers(parent)))}"
        else:
            at = f"every entry of {self.names[parent]}"
        return f"its derivative is 0 at {at}"

    def _links(self, wanted: int) -> Iterator[Any]:
        """Yield paths as linked lists (node, position, size, rest), by the bound, largest first."""
        best = self._bounds()
        tie = count()
        # a path is smaller than the best by the sum of the losses of its edges; the best edges have
        # a loss of exactly 0, so rounding cannot make equals differ; the nearest of equals is first
        heap: list[Any] = [(0.0, 0, self.root, None)]
        while heap and wanted:
            lost, _, node, link = heapq.heappop(heap)
            if node is self.start:
                wanted -= 1
                yield link
                continue
            for parent, i, d in self.edges[node]:
                more = _loss(best[node], _log(d) + best[parent])
                heapq.heappush(heap, (lost + more, -next(tie), parent, (node, i, d, link)))

    def _carried(self, links: list[Any]) -> Iterator[Any]:
        """Yield the gradient that every path carries, of arrays many at once."""
        if self.scalar:
            yield from (None for _ in links)
            return
        room = max(1, LIMIT // max(1, *(math.prod(node.shape) for node in self.order)))
        for first in range(0, len(links), room):
            yield from self._swept(links[first : first + room])

    def _swept(self, links: list[Any]) -> Iterator[Any]:
        """Yield the gradients of paths in one sweep; what paths share is computed once."""
        ways: dict[Any, dict[int, list[Any]]] = {}
        row: dict[int, int] = {id(None): 0}
        for link in links:
            while id(link) not in row:
                row[id(link)] = -1
                ways.setdefault(link[0], {}).setdefault(link[1], []).append(link)
                link = link[3]
        arrived: dict[Any, list[Any]] = {self.root: [np.ones(1)]}
        for node in reversed(self.order):
            if node not in ways:
                continue
            stacks = arrived.pop(node)
            g = stacks[0] if len(stacks) == 1 else np.concatenate(stacks)
            for i, group in ways[node].items():
                rows = [row[id(link[3])] for link in group]
                part = pull_to(node, g if rows == [*range(len(g))] else g[rows], i)
                there = arrived.setdefault(node.parents[i], [])
                start = sum(map(len, there))
                row.update((id(link), start + k) for k, link in enumerate(group))
                there.append(part)
        found = np.concatenate(arrived[self.start]) if links else ()
        for link in links:
            yield found[row[id(link)]]

    def _part(self, link: Any, carried: Any) -> Any:
        """Return the contribution of a path."""
        if not self.scalar:
            part = carried if self.index is None else np.asarray(carried)[self.index]
            return float(part) if np.ndim(part) == 0 else part
        factors = []
        while link is not None:
            _, _, d, link = link
            factors.append(d)
        return math.prod(factors)

    def _path(self, link: Any, part: Any) -> Path:
        """Return a path, from the linked list of its edges."""
        names, factors = [self.names[self.start]], []
        while link is not None:
            node, _, d, link = link
            names.append(self.names[node])
            factors.append(d)
        return Path(part, tuple(names), tuple(factors) if self.scalar else ())


def _numbers(x: Any) -> Any:
    return getattr(x, "data", None) if isinstance(x, Node) else x


def _loss(best: float, way: float) -> float:
    """Return how much smaller a path is than the best one, on a logarithmic scale."""
    if way == best or best == math.inf:
        return 0.0
    lost = best - way
    return lost if lost > 1e-12 else 0.0


def _log(x: float) -> float:
    return math.log(abs(x)) if x and math.isfinite(x) else -math.inf if x == 0 else math.inf


__all__ = ["Path", "Paths", "why"]
