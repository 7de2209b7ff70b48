"""The data of the page of a walk, plain data for its script. Next: `page.py`."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from ..elements.figures import strength
from ..graph.listing import number
from ..layout.layout import Layout
from ..scene.folding import GHOST, Plan, Unit
from ..scene.scene import Card, Scene
from .moves import Move, Pass, Sweep
from .orders import Orders
from .page_orders import orders_data
from .page_store import Store
from .wording import Notation, equation, local_text, question, reason, summed, text_of


class PageData:
    """Builds the cards and steps of a page."""

    def __init__(self, made: Plan, swept: Sweep, scene: Scene, layout: Layout) -> None:
        self.made, self.graph, self.swept = made, made.graph, swept
        self.scene, self.store = scene, Store(scene, layout)
        self.units: list[Unit] = list(scene.cards)
        self.place = {key: k for k, key in enumerate(self.units)}
        self.edges: dict[tuple[Unit, Unit], dict[int, str]] = {}
        for e in scene.edges:
            self.edges.setdefault((e.source, e.target), {})[e.slot] = e.id
        shown = [u for u in self.units if isinstance(u, int) and self.graph.links[u]]
        self.notation = Notation(self.graph, sorted(shown))
        self.strongest: dict[Unit, float] = {}

    # ---------------------------------------------------------------------------------------------
    # Cards and lines

    def arrival(self, p: Pass) -> list[int]:
        """Return the card of a target after a contribution."""
        unit = self.made.unit[p.target]
        shown = p.after
        if not isinstance(unit, int):
            shown = self.strongest[unit] = max(self.strongest.get(unit, 0.0), strength(p.after))
        return [self.place[unit], self.store.card(unit, shown)]

    def all_cards(self, *, final: bool) -> list[list[int]]:
        """Return the cards at the start, or at the end."""
        found = []
        for unit in self.units:
            card = self.scene.cards[unit]
            grad: Any = None
            if final:
                grad = self.graph.grad(unit) if isinstance(unit, int) else card.grad
            found.append([self.place[unit], self.store.card(unit, grad)])
        return found

    def edge(self, source: Unit, target: Unit, slot: int = 0) -> str:
        """Return the id of the line of one use of a card."""
        found = self.edges.get((source, target), {})
        return found.get(slot) or next(iter(found.values()), "")

    def name(self, unit: Unit) -> str:
        """Return the name of a card; of a folded one, with its whole path."""
        if isinstance(unit, int):
            return self.graph.name(unit)
        card = self.scene.cards[unit]
        return f"{card.path}.{card.name}" if card.path else card.name

    def place_of(self, i: int) -> str:
        """Return the name of an item, and the folded card that it is in."""
        unit = self.made.unit[i]
        inside = "" if isinstance(unit, int) else f" in {self.name(unit)}"
        return self.graph.name(i) + inside

    # ---------------------------------------------------------------------------------------------
    # Steps

    def unit(self, key: Unit) -> dict[str, Any]:
        """Return the data of a card."""
        card: Card = self.scene.cards[key]
        one = isinstance(key, int)
        return {
            "id": card.id,
            "name": self.name(key),
            "kind": card.kind,
            "formula": card.formula,
            "shape": str(card.shape) if card.shape else "",
            "value": self.store.figure(self.graph.data(key)) if isinstance(key, int) else None,
            "gradient": self.store.figure(self.graph.grad(key)) if isinstance(key, int) else None,
            "count": 1 if one else card.count,
        }

    def forward(self, unit: Unit) -> dict[str, Any]:
        """Return the step that computes a card."""
        sources = [e for e in self.scene.edges if e.target == unit]
        step: dict[str, Any] = {
            "kind": "forward",
            "unit": self.place[unit],
            "from": list(dict.fromkeys(self.place[e.source] for e in sources)),
            "edges": [e.id for e in sources],
        }
        if isinstance(unit, int):
            step["math"] = self.notation.computed(unit)
            step["say"] = f"Forward: {self.name(unit)} = {self.scene.cards[unit].formula}."
            value = self.graph.data(unit)
            if value is not None and np.ndim(value) == 0:
                step["say"] += f" The value is {number(value)}."
        else:
            count = self.scene.cards[unit].count
            step["say"] = f"Forward through {self.name(unit)}: {count:,} nodes, folded."
        return step

    def seed(self) -> dict[str, Any]:
        """Return the step that sets the gradient of the loss with respect to itself."""
        graph, unit = self.graph, self.made.unit[self.graph.root]
        g = self.notation.gradient(graph.root)
        shown = self.swept.seed if isinstance(unit, int) else strength(self.swept.seed)
        self.strongest[unit] = strength(self.swept.seed)
        return {
            "kind": "seed",
            "unit": self.place[unit],
            "gradient": self.store.figure(self.swept.seed),
            "name": text_of(g),
            "cards": [[self.place[unit], self.store.card(unit, shown)]],
            "say": f"Backward starts: {text_of(g)} = {number(self.swept.seed)}.",
        }

    def backward(self, move: Move, turn: int) -> dict[str, Any]:
        """Return the step in which a card passes its gradient on."""
        unit, graph = move.unit, self.graph
        step: dict[str, Any] = {
            "kind": "backward",
            "unit": self.place[unit],
            "passes": [self.passed(p, unit) for p in move.passes],
            "cards": [self.arrival(p) for p in move.passes],
            "inside": move.inside,
        }
        if isinstance(unit, int):
            step["upstream"] = self.store.figure(graph.grad(unit))
            step["gradient"] = text_of(self.notation.gradient(unit))
            step["op"] = self.scene.cards[unit].pill
            step["quiz"] = self.quiz(move, turn)
        elif move.inside:
            step["say"] = f"Backward through {self.name(unit)}: {move.inside:,} jumps inside. "
        sentences = [_sentence(graph.name(p.target), p) for p in move.passes[:4]]
        more = len(move.passes) - len(sentences)
        if more:
            sentences.append(f"And {more} more.")
        head = step.get("say", f"Backward across {self.name(unit)}. ")
        step["say"] = head + " ".join(sentences)
        return step

    def passed(self, p: Pass, unit: Unit) -> dict[str, Any]:
        """Return the data of one contribution."""
        graph, target = self.graph, self.made.unit[p.target]
        found: dict[str, Any] = {
            "to": self.place[target],
            "name": self.place_of(p.target),
            "source": graph.name(p.source),
            "edge": self.edge(target, unit, p.slot),
            "gradient": text_of(self.notation.gradient(p.target)),
            "upstream": self.store.figure(p.upstream),
            "contribution": self.store.figure(p.contribution),
            "before": self.store.figure(p.before),
            "after": self.store.figure(p.after),
            "shape": str(graph.shape(p.target)) if graph.shape(p.target) else "",
        }
        if not isinstance(unit, int):
            return found
        g = self.notation.gradient(p.source)
        c = self.notation.rule(p, g)
        found["why"] = reason(graph, p)
        found["expression"] = self.notation.grown(p)
        found["sum"], found["stretched"] = summed(graph, p)
        if c is not None:
            sign = "=" if p.before is None else "+="
            found["math"] = equation(self.notation.gradient(p.target), sign, c)
            found["rule"] = text_of(c)
        if p.local is not None:
            found["local"] = self.store.figure(p.local)
            found["localText"] = local_text(c, g) if c is not None else ""
            found["sign"] = "⊙" if np.ndim(p.upstream) or np.ndim(p.local) else "×"
        elif c is not None:
            found["sign"], parts = self.notation.factors(c, g, p.upstream)
            found["factors"] = [[text, self.store.figure(x)] for text, x in parts]
        return found

    def quiz(self, move: Move, turn: int) -> dict[str, Any] | None:
        """Return a question about a move, if possible about a target that had a gradient before."""
        own = [k for k, p in enumerate(move.passes) if isinstance(self.made.unit[p.target], int)]
        if not own:
            return None
        again = [k for k in own if move.passes[k].before is not None]
        at = (again or own)[0]
        p = move.passes[at]
        c = self.notation.rule(p, self.notation.gradient(p.source))
        return question(self.graph, p, c, turn) | {"about": at}

    def end(self) -> dict[str, Any]:
        """Return the last step: the gradients of the leaves."""
        graph, left = self.graph, self.swept.left_out
        arrived = [i for i in range(len(graph)) if not graph.links[i] and graph.grad(i) is not None]
        leaves = [i for i in arrived if i in self.place]
        many = "leaf" if len(arrived) == 1 else "leaves"
        return {
            "kind": "end",
            "left": left,
            "leaves": [self.place[u] for u in leaves],
            "cards": self.all_cards(final=True),
            "say": f"Done. Gradients have arrived at {len(arrived):,} {many}.",
        }


def page_data(
    made: Plan, swept: Sweep, scene: Scene, layout: Layout, orders: Orders
) -> dict[str, Any]:
    """Return the data of a page: cards, numbers, steps, and the comparison of orders."""
    page = PageData(made, swept, scene, layout)
    graph = made.graph
    start = {"kind": "start", "cards": page.all_cards(final=False)}
    start["say"] = "Ready. The leaves hold their data."
    steps: list[dict[str, Any]] = [start]
    steps += [page.forward(u) for u in _forwards(page)]
    steps.append(page.seed())
    steps += [page.backward(m, k) for k, m in enumerate(swept.moves)]
    steps.append(page.end())
    return {
        "loss": page.notation.loss,
        "root": page.place[made.unit[graph.root]],
        "rootName": graph.name(graph.root),
        "summary": scene.summary,
        "notes": scene.notes,
        "units": [page.unit(u) for u in page.units],
        "steps": steps,
        "orders": orders_data(page, orders),
        "numbers": page.store.numbers,
        "cards": page.store.cards,
    }


def _forwards(page: PageData) -> Iterator[Unit]:
    """Yield the computed cards, each after those that it depends on.

    A folded card stands for many nodes, so the order in which they were made is not enough. If
    folded cards depend on each other, the one whose last node was made first comes first.
    """
    scene, links = page.scene, page.graph.links
    left = {
        u: -1 if u == GHOST else max(scene.cards[u].members, default=-1)
        for u in page.units
        if any(links[i] for i in page.made.members(u))
    }
    sources: dict[Unit, set[Unit]] = {u: set() for u in left}
    targets: dict[Unit, list[Unit]] = {u: [] for u in left}
    for e in scene.edges:
        if e.source in left and e.target in left and e.source != e.target:
            sources[e.target].add(e.source)
            targets[e.source].append(e.target)
    ready = [(last, page.place[u]) for u, last in left.items() if not sources[u]]
    heapify(ready)
    while left:
        u = page.units[heappop(ready)[1]] if ready else min(left, key=left.__getitem__)
        if u not in left:
            continue
        del left[u]
        yield u
        for v in targets[u]:
            sources[v].discard(u)
            if v in left and not sources[v]:
                heappush(ready, (left[v], page.place[v]))


def _sentence(name: str, p: Pass) -> str:
    """Describe a contribution in a sentence, for screen readers."""
    how = "first arrival" if p.before is None else f"before {number(p.before)}"
    return f"{name} receives {number(p.contribution)}, {how}, now {number(p.after)}."
