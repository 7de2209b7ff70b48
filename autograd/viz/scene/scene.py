"""A picture as plain data: cards, edges, frames, notes. Next: `../drawing/`.

A scene is copied from a graph and holds no nodes: it stays what it was when training goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..elements.figures import Content, content, figure, strength
from ..elements.subscripts import subscript
from ..graph.graph import Constant, Graph, Operand, collect
from ..graph.listing import called, formula, operand_names
from ..layout.layout import Frame
from .folding import GHOST, Fold, Plan, Unit, plan
from .places import Box

_AT = 9  # the longest index on a pill
_LONG = 120  # the longest option in a note
_SIGNS = {"*": "×", "-": "−", "neg": "−", "pos": "+"}
NO_GRADIENT = "no gradient"
KINDS = {"param": "parameter", "input": "input", "const": "constant"}


@dataclass(frozen=True)
class Card:
    """The content of one card.

    ``kind`` is op, param, input, const, fold or ghost; ``label`` the user's label, if that is not
    the name; ``members`` the items that it stands for (an item is a position in the order of the
    graph); ``note`` says why there is no gradient.
    """

    key: Unit
    id: str
    kind: str
    name: str
    path: str = ""
    pill: str = ""
    formula: str = ""
    label: str = ""
    shape: tuple[int, ...] = ()
    dtype: str = ""
    data: Content = None
    grad: Content = None
    note: str = ""
    strength: float = 0.0
    count: int = 1
    parameters: int = 0
    times: int = 1
    opened_by: str = ""
    is_root: bool = False
    members: range | tuple[int, ...] = ()

    @property
    def is_array(self) -> bool:
        """Whether the card shows an array and not a number."""
        return bool(self.shape)

    @property
    def tooltip(self) -> str:
        """The tooltip of the card."""
        what = f"{self.path}.{self.name}" if self.path and self.kind == "fold" else self.name
        if self.kind == "ghost":
            return f"{self.count:,} nodes are not drawn; raise max_nodes to see more"
        if self.kind == "fold":
            return f"{what}: {self.count:,} nodes folded; draw(..., {self.opened_by}) opens it"
        lines = [f"{what} = {self.formula}" if self.formula else f"{what}: {KINDS[self.kind]}"]
        lines += [text for text in (self.label, self.path and f"in {self.path}") if text][:1]
        if self.shape:
            lines.append(f"shape {self.shape}, {self.dtype}")
        if self.note:
            lines.append(f"gradient: {self.note}" if self.note != NO_GRADIENT else self.note)
        if self.grad is not None:
            lines.append(f"max |grad| = {figure(self.strength)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Edge:
    """One use of a card by another: number ``slot`` of the ``slots`` operands drawn."""

    id: str
    source: Unit
    target: Unit
    slot: int = 0
    slots: int = 1
    sign: int = 1
    count: int = 1


@dataclass
class Scene:
    """The content of a picture: cards, edges, frames and notes."""

    cards: dict[Unit, Card]
    edges: list[Edge]
    frame: Frame
    nodes: int
    uses: int
    strongest: float
    ran: bool
    notes: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The size of the graph."""
        return f"{_counted(self.nodes, 'node')}, {_counted(self.uses, 'edge')}"


def build(
    root: Any, max_nodes: int = 250, depth: int | None = None, expand: Iterable[str] = ()
) -> Scene:
    """Read, fold and copy the graph behind a node; see `draw` for the arguments."""
    graph = collect(root)
    return scene_of(plan(graph, max_nodes, depth, expand))


def scene_of(made: Plan) -> Scene:
    """Copy the parts of the graph that a plan shows."""
    graph = made.graph
    cards: dict[Unit, Card] = {}
    frames = {path: Frame(path) for path in made.contents}
    for box in made.root.walk():
        inside = made.contents.get(box.path)
        if inside is None:
            continue
        frames[box.path].title = box.title
        for x in inside:
            if isinstance(x, Box):
                frames[box.path].children.append(frames[x.path])
            else:
                frames[box.path].children.append(x)
                cards[x] = _card(made, x, box.path)
    edges = _edges(made, cards)
    strongest = max((c.strength for c in cards.values() if math.isfinite(c.strength)), default=0.0)
    scene = Scene(cards, edges, frames[""], len(graph), _uses(graph), strongest, graph.ran)
    scene.notes = _notes(made)
    return scene


def _uses(graph: Graph) -> int:
    return sum(map(len, graph.links))


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


# --------------------------------------------------------------------------------------------------
# Cards


def _card(made: Plan, key: Unit, path: str) -> Card:
    graph = made.graph
    if not isinstance(key, int):
        return _folded_card(made, key, path)
    role, name = graph.role(key), graph.name(key)
    if path and name.startswith(path + "."):
        name = name[len(path) + 1 :]
    data, grad = graph.data(key), graph.grad(key)
    note = ""
    if grad is None:
        wanted = getattr(graph.items[key], "requires_grad", False)
        note = NO_GRADIENT if not wanted else "none" if graph.ran else "not yet"
    return Card(
        key,
        f"n{key}",
        role,
        name,
        path,
        pill(made, key) if role == "op" else "",
        written(made, key) if role == "op" else "",
        graph.path(key),
        graph.shape(key),
        _dtype(data),
        content(data),
        content(grad),
        note,
        strength(grad),
        is_root=key == graph.root,
        members=(key,),
    )


def _folded_card(made: Plan, key: str, path: str) -> Card:
    graph, members = made.graph, tuple(made.members(key))
    if key == GHOST:
        name = f"… {len(members):,} earlier nodes"
        return Card(key, GHOST, "ghost", name, path, count=len(members), members=members)
    strengths = [strength(g) for i in members if (g := graph.grad(i)) is not None]
    strongest = max(strengths, default=0.0)
    parameters = sum(not graph.links[i] and graph.role(i) == "param" for i in members)
    common: dict[str, Any] = {
        "path": path,
        "grad": strongest if strengths else None,
        "note": "" if strengths else "not yet",
        "strength": strongest,
        "count": len(members),
        "parameters": parameters,
        "members": members,
    }
    fold: Fold = made.folds[key]
    common |= {"times": fold.times, "opened_by": fold.opened_by}
    return Card(key, f"f{members[0]}", "fold", fold.title, **common)


def _dtype(data: Any) -> str:
    kind = getattr(data, "dtype", None)
    return "" if kind is None else str(kind)


def pill(made: Plan, i: int) -> str:
    """Return the text of an operation's pill, including a constant operand."""
    graph = made.graph
    op, terms = graph.operation(i), made.reading.terms.get(i)
    if terms is not None:
        return "−" if len(terms) == 2 else f"Σ {len(terms)}"
    symbol: str = _SIGNS.get(op.symbol, op.symbol)
    if symbol == "[]":
        at = subscript(graph.items[i].parameters["index"])
        return f"[{at}]" if len(at) <= _AT else "[…]"
    operands = graph.operands(i)
    if len(operands) == 2 and len(op.inputs) == 2 and op.symbol != op.name:
        first, second = operands
        if isinstance(second, Constant):
            text = f"({second.text})" if second.text.startswith("−") else second.text
            return f"{symbol}{text}" if symbol == "**" else f"{symbol} {text}"
        if isinstance(first, Constant):
            return f"{first.text} {symbol}"
    return symbol


def written(made: Plan, i: int) -> str:
    """Return the operation as a formula in the names of its operands."""
    graph, terms = made.graph, made.reading.terms.get(i)
    if terms is None:
        return formula(graph.items[i], operand_names(graph, i))
    text, last = "", None
    for k, (sign, x) in enumerate(terms):
        fold = made.folds.get(str(made.unit[x])) if isinstance(x, int) else None
        if fold is None or fold.terms is None:
            mark = ("−" if sign < 0 else "") if k == 0 else (" − " if sign < 0 else " + ")
            text += mark + _named(graph, x)
        elif fold is not last:
            text += " + …" if k else "…"
        last = fold
    return text


def _named(graph: Graph, x: Operand) -> str:
    if isinstance(x, Constant):
        return x.text
    return called(graph, x)


# --------------------------------------------------------------------------------------------------
# Edges and notes


def _edges(made: Plan, cards: dict[Unit, Card]) -> list[Edge]:
    """Return one edge per use, or one per pair of cards if a card stands for several nodes."""
    graph, unit, terms = made.graph, made.unit, made.reading.terms
    edges: list[Edge] = []
    bundles: dict[tuple[Unit, Unit], int] = {}
    for i in range(len(graph)):
        target = unit[i]
        if i in made.reading.absorbed:
            continue
        if isinstance(target, int):
            uses = [
                (s, x)
                for s, x in terms.get(i) or [(1, x) for x in graph.operands(i)]
                if not isinstance(x, Constant)
            ]
            slots = _slots(made, [unit[x] for _, x in uses])
            for slot, (sign, x) in zip(slots, uses, strict=True):
                edges.append(Edge("", unit[x], target, slot, slots[-1] + 1, sign))
            continue
        for j in graph.links[i]:
            source = unit[j]
            # a named result that is kept while its users are hidden: a backward link would confuse
            if source != target and not (target == GHOST and graph.links[j]):
                bundles[source, target] = bundles.get((source, target), 0) + 1
    edges += [Edge("", u, v, count=count) for (u, v), count in bundles.items()]
    edges = _bundled(edges)
    return [
        Edge(f"e{k}", e.source, e.target, e.slot, e.slots, e.sign, e.count)
        for k, e in enumerate(edges)
    ]


def _slots(made: Plan, sources: list[Unit]) -> list[int]:
    """Return the slots of a card's operands; terms on one card share a slot."""
    slots: list[int] = []
    for k, source in enumerate(sources):
        fold = made.folds.get(source) if isinstance(source, str) else None
        again = fold is not None and fold.terms is not None and source == sources[k - 1]
        slots.append(0 if not slots else slots[-1] + (not again))
    return slots


def _bundled(edges: list[Edge]) -> list[Edge]:
    """Keep one edge from a folded card to each card, with the number of uses that it stands for."""
    found: list[Edge] = []
    seen: dict[tuple[Unit, Unit], int] = {}
    for e in edges:
        pair = e.source, e.target
        if isinstance(e.source, int) or pair not in seen:
            seen[pair] = len(found)
            found.append(e)
        else:
            k = seen[pair]
            old = found[k]
            found[k] = Edge("", *pair, old.slot, old.slots, old.sign, old.count + e.count)
    return found


def _notes(made: Plan) -> list[str]:
    """Describe what was folded, and how to unfold it."""
    graph, notes = made.graph, []
    modules = [fold for fold in made.folds.values() if not fold.terms]
    if modules:
        boxes, inside = sum(fold.times for fold in modules), sum(len(f.items) for f in modules)
        one, level = modules[0].opened_by, f"depth={modules[0].depth}"
        how = f"{one} opens one, {level}" if len(one) <= _LONG else f"{level} opens"
        what = f"{_counted(boxes, 'module')} folded ({inside:,} nodes)"
        notes.append(f"{what}: {how} one level more")
    for fold in made.folds.values():
        if fold.terms:
            notes.append(
                f"{fold.terms.count:,} {fold.key} on one card ({len(fold.items):,} nodes): "
                f"{fold.opened_by} shows them"
            )
    if made.hidden:
        notes.append(f"{len(made.hidden):,} earlier nodes not drawn: raise max_nodes to see more")
    if made.reading.absorbed:
        notes.append("chains of + and − drawn as one card")
    if not graph.ran:
        notes.append("no backward pass yet")
    if graph.stale:
        notes.append("a leaf changed after it was used: run the forward pass again")
    return notes
