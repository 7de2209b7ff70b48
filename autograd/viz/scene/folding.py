"""The division of a graph into cards, folded to keep a picture readable. Next: `scene.py`.

Most terms of a wide sum are one card. Modules fold deepest first until the picture fits; many equal
neighbours become one card; where there are no modules, the far end of the graph becomes a ghost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...settings import shown
from ..graph.graph import Graph
from .places import Box, places, tree
from .sums import Reading, read
from .terms import Terms, many_terms

GHOST = "ghost"
# up to so many equal folded neighbours are drawn separately, more as "× 12"
_ROW = 8
# folded chains show a sixth of the limit, to fit a page; sums a tenth
_LONG, _WIDE, _FEW = 6, 10, 8

Unit = int | str


@dataclass
class Fold:
    """A card that stands for a module, for several equal ones, or for most terms of a sum."""

    key: str
    title: str
    items: list[int]
    depth: int = 0
    times: int = 1
    terms: Terms | None = None

    @property
    def opened_by(self) -> str:
        """The option of `draw` that unfolds it."""
        return f"max_nodes={self.terms.total * _WIDE}" if self.terms else f"expand={self.key!r}"


@dataclass
class Plan:
    """How a graph is divided into cards.

    ``unit[i]`` is the card of item i: its own index, the key of a `Fold`, or `GHOST`. ``contents``
    lists for every open box, by path, its cards and boxes in order.
    """

    graph: Graph
    reading: Reading
    root: Box
    unit: list[Unit] = field(default_factory=list)
    folds: dict[str, Fold] = field(default_factory=dict)
    contents: dict[str, list[Unit | Box]] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    # by the item that represents them until the end
    terms: dict[int, Terms] = field(default_factory=dict)

    def members(self, key: Unit) -> list[int]:
        """Return the items that a card stands for."""
        if isinstance(key, int):
            return [key]
        if key == GHOST:
            return self.hidden
        return self.folds[key].items

    def whole(self, items: Iterable[int]) -> list[int]:
        """Return items with all items that they stand for, in order."""
        terms = self.terms
        return sorted(j for i in items for j in (terms[i].items if i in terms else (i,)))


def check_limits(max_nodes: Any, depth: Any) -> None:
    """Raise ValueError if a limit of `plan` is out of range."""
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int) or max_nodes < 1:
        raise ValueError(f"max_nodes is a whole number from 1, got {shown(max_nodes)}")
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth is a whole number from 0 or None, got {shown(depth)}")


def plan(
    graph: Graph,
    max_nodes: int = 250,
    depth: int | None = None,
    expand: Iterable[str] = (),
    *,
    sums: bool = True,
) -> Plan:
    """Decide what is drawn; see `draw` for the arguments. With ``sums``, + and − are joined."""
    where = places(graph)
    reading = read(graph, where.__getitem__) if sums else Reading()
    keep = [True] * len(graph)
    for i in reading.absorbed:
        keep[i] = False
    terms = many_terms(graph, reading, where, max(max_nodes // _WIDE, _FEW))
    for i in (i for found in terms for i in found.items[1:]):
        keep[i] = False
    made = Plan(graph, reading, tree(graph, where, keep))
    made.terms = {found.items[0]: found for found in terms}
    if not isinstance(expand, Iterable):
        raise TypeError(f"expand is a list of module paths, got {shown(expand)}")
    opened = _opened(made.root, [expand] if isinstance(expand, str) else list(expand))
    folded, row = _folded(made, max_nodes, depth, opened)
    _fill(made, folded, row)
    if depth is None or len(made.root.items) > max_nodes:
        _hide(made, max_nodes)
    _fold_terms(made)
    made.unit = _units(made)
    return made


def _opened(root: Box, expand: list[str]) -> set[str]:
    """Return the paths of the boxes that must stay open."""
    paths = [box.path for box in root.walk() if box.path]
    opened: set[str] = set()
    for wanted in expand:
        found = [p for p in paths if p == wanted or wanted.startswith(p + ".")]
        inside = [p for p in paths if p.startswith(wanted + ".")]
        if wanted not in paths and not inside:
            some = ", ".join(map(repr, paths[:8])) + (", ..." if len(paths) > 8 else "")
            raise ValueError(
                f"expand: no module {shown(wanted)} in this graph; "
                + (f"there are {some}" if paths else "it was made outside every module and scope")
            )
        # the path of a list of modules opens all of them
        opened.update(found or [p for p in paths if any(i.startswith(p + ".") for i in inside)])
        if wanted not in paths:
            opened.update(inside)
    return opened


def _folded(
    made: Plan, max_nodes: int, depth: int | None, opened: set[str]
) -> tuple[set[str], int]:
    """Return the paths of folded boxes, and how many equal neighbours are drawn separately."""
    levels: dict[int, set[str]] = {}
    for box in made.root.walk():
        if box.path and box.path not in opened:
            level = levels.setdefault(box.depth, set())
            if len(box.items) + len(box.boxes) > 1:
                level.add(box.path)
    if depth is not None:
        return levels.get(depth + 1, set()), max_nodes
    deepest = sorted(levels, reverse=True)

    def with_so_many(k: int) -> set[str]:
        return set().union(*(levels[level] for level in deepest[:k]))

    def row(k: int) -> int:
        """Return how many neighbours stay apart so that k levels suffice; 0 if they do not."""
        rows = (_ROW, 2) if k else (_ROW,)
        return next((n for n in rows if _count(made, with_so_many(k), n) <= max_nodes), 0)

    # what is shown never grows with the levels that are folded
    few = bisect_left(range(len(deepest)), True, key=lambda k: row(k) > 0)
    return with_so_many(few), row(few) or _ROW


def _count(made: Plan, folded: set[str], row: int) -> int:
    _fill(made, folded, row)
    return sum(not isinstance(x, Box) for inside in made.contents.values() for x in inside)


def _fill(made: Plan, folded: set[str], row: int) -> None:
    """Fill the open boxes with cards and boxes."""
    made.folds, made.contents = {}, {}
    stack = [made.root]
    while stack:
        box = stack.pop()
        if not box.boxes:
            made.contents[box.path] = [*box.items]
            continue
        inside: list[tuple[int, Unit | Box]] = [(i, i) for i in box.items]
        shut = [b for b in box.boxes if b.path in folded]
        unfolded = [b for b in box.boxes if b.path not in folded]
        inside += [(b.first, b) for b in unfolded]
        stack += reversed(unfolded)
        for run in _runs(made.graph, shut, row):
            fold = _fold(made, run)
            made.folds[fold.key] = fold
            inside.append((run[0].first, fold.key))
        inside.sort(key=lambda pair: pair[0])
        made.contents[box.path] = [x for _, x in inside]


def _runs(graph: Graph, shut: list[Box], row: int) -> list[list[Box]]:
    """Group equal neighbours, if there are too many to draw separately."""
    if len(shut) <= row:
        return [[box] for box in shut]
    runs: list[tuple[object, list[Box]]] = []
    for box in shut:
        signature = box.signature(graph)
        if runs and runs[-1][0] == signature:
            runs[-1][1].append(box)
        else:
            runs.append((signature, [box]))
    return [
        group for _, run in runs for group in ([run] if len(run) > row else [[box] for box in run])
    ]


def _fold(made: Plan, run: list[Box]) -> Fold:
    title = run[0].title if len(run) == 1 else f"{run[0].title} … {run[-1].title}"
    items = made.whole(i for box in run for i in box.all_items())
    return Fold(run[0].path, title, items, run[0].depth, len(run))


def _fold_terms(made: Plan) -> None:
    """Draw a card in place of the item that represents many terms, if it is shown."""
    for inside in made.contents.values() if made.terms else ():
        for k, i in enumerate(inside):
            if isinstance(i, int) and i in made.terms:
                terms = made.terms[i]
                key = f"terms of {made.graph.name(terms.of)}"
                inside[k] = key
                made.folds[key] = Fold(
                    key, f"… {terms.count:,} more terms", sorted(terms.items), terms=terms
                )


def _hide(made: Plan, max_nodes: int) -> None:
    """Put the items farthest from the root into the ghost, where no module could be folded."""
    graph, root = made.graph, made.root
    others = sum(
        not isinstance(x, Box) for path, inside in made.contents.items() if path for x in inside
    )
    others += sum(isinstance(x, str) for x in made.contents[""])
    budget = max(max_nodes - others, min(max_nodes, 12), 1)
    if len(root.items) <= budget:
        return
    kept = _last_levels(graph, made.reading, root.items, budget)
    named = sorted(graph.labels.keys() & set(root.items) - kept)
    for i in sorted(named, key=lambda i: bool(graph.links[i])):  # leaves first
        if len(kept) >= budget:
            break
        kept.add(i)
    made.hidden = made.whole(i for i in root.items if i not in kept)
    shown = [x for x in made.contents[""] if not isinstance(x, int) or x in kept]
    made.contents[""] = [GHOST, *shown] if made.hidden else shown


def _last_levels(graph: Graph, reading: Reading, items: list[int], budget: int) -> set[int]:
    """Return the items of the levels next to the root, as many complete levels as fit.

    An item's level comes after those of all its users, so nothing hidden uses what is kept.
    """
    level = [0] * len(graph)
    absorbed = reading.absorbed
    for i, links in zip(reversed(range(len(graph))), reversed(graph.links), strict=True):
        below = level[i] + (i not in absorbed)
        for j in links:
            if level[j] < below:
                level[j] = below
    count: dict[int, int] = {}
    for i in items:
        count[level[i]] = count.get(level[i], 0) + 1
    # leave room for named items, which are kept everywhere
    total, last, room = 0, -1, max(budget * 3 // 4, 1)
    for at in sorted(count)[: max(budget // _LONG, 8)]:
        total += count[at]
        if total > room and last >= 0:
            break
        last = at
    kept = [i for i in items if level[i] <= last]
    return set(kept[-budget:])


def _units(made: Plan) -> list[Unit]:
    unit: list[Unit] = list(range(len(made.graph)))
    for key, fold in made.folds.items():
        for i in fold.items:
            unit[i] = key
    for i in made.hidden:
        unit[i] = GHOST
    for i, shown_by in made.reading.absorbed.items():
        unit[i] = unit[shown_by]
    return unit
