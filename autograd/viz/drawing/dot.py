"""A scene as a `graphviz.Digraph`, in DOT for all versions of Graphviz. Next: `engines.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..elements.figures import Thumbnail, broken, figure
from ..elements.markup import clip, escape, printable
from ..elements.theme import LIGHT, TINT, mixed
from ..layout.layout import Frame, Key
from ..scene.scene import Card, Scene, build
from .cards import data_text, grad_text, tone

if TYPE_CHECKING:
    import graphviz


def to_graphviz(root: Any) -> graphviz.Digraph:
    """Return the whole graph behind a node as a `graphviz.Digraph`, without folding modules.

    Nothing is rendered: the program ``dot`` is not needed.

    Parameters
    ----------
    root : Value, Tensor or Node

    Examples
    --------
    >>> x = Value(3.0, label="x")
    >>> "x * x" in to_graphviz(x * x).source
    True
    """
    return digraph(build(root, 2**62, 2**62))


def digraph(scene: Scene, direction: str = "LR", *, records: bool = False) -> graphviz.Digraph:
    """Return a scene as a `graphviz.Digraph`; ``records`` for programs without HTML labels."""
    import graphviz

    ids = {key: f"n{k}" for k, key in enumerate(scene.cards)}
    graph = graphviz.Digraph(
        graph_attr={"rankdir": direction, "ranksep": "0.45", "nodesep": "0.22"},
        node_attr={"fontname": "Helvetica", "fontsize": "10", "shape": "plain"},
        edge_attr={"color": LIGHT["line"], "arrowsize": "0.6"},
    )
    if records:
        graph.node_attr["shape"] = "record"
    stack: list[tuple[Frame, graphviz.Digraph]] = [(scene.frame, graph)]
    clusters: list[tuple[graphviz.Digraph, graphviz.Digraph]] = []
    while stack:
        frame, target = stack.pop()
        for child in frame.children:
            if isinstance(child, Frame):
                inner = _cluster(child, len(clusters))
                clusters.append((target, inner))
                stack.append((child, inner))
            else:
                _node(target, ids, scene, child, records)
    # a subgraph is copied when it is added, so the innermost are added first
    for target, inner in reversed(clusters):
        target.subgraph(inner)
    for e in scene.edges:
        more = {"label": "-"} if e.sign < 0 else {}
        if e.count > 1:
            more["label"] = f"{e.count}"
        graph.edge(ids[e.source], ids[e.target], **more)
    return graph


def _cluster(frame: Frame, k: int) -> graphviz.Digraph:
    import graphviz

    return graphviz.Digraph(
        name=f"cluster_{k}",
        graph_attr={
            "label": _record(frame.title),
            "labeljust": "l",
            "style": "rounded,filled",
            "color": LIGHT["rim"],
            "fillcolor": LIGHT["group"],
            "fontname": "Helvetica",
            "fontsize": "10",
        },
    )


def _node(
    target: graphviz.Digraph, ids: dict[Any, str], scene: Scene, key: Key, records: bool
) -> None:
    card = scene.cards[key]  # type: ignore[index]
    if records:
        rows = [_record(row) for row in _rows(card)]
        target.node(ids[key], "{" + " | ".join(rows) + "}")
    else:
        target.node(ids[key], _table(card, scene.strongest), tooltip=_record(card.tooltip))


def _rows(card: Card) -> list[str]:
    """Return the lines of a card: name, data, gradient."""
    title = clip(f"{card.name} = {card.formula}" if card.formula else card.name, 60)
    if card.kind == "ghost":
        return [title]
    if card.kind == "fold":
        times = f" × {card.times}" if card.times > 1 else ""
        return [title + times, f"{card.count:,} nodes", f"max |grad| {grad_text(card)}"]
    if card.shape:
        title += f" {card.shape}"
    x, g = card.data, card.grad
    data = f"‖x‖ {figure(x.norm)}" if isinstance(x, Thumbnail) else data_text(x)
    grad = f"‖g‖ {figure(g.norm)}" if isinstance(g, Thumbnail) else grad_text(card)
    return [title, f"data {data}", f"grad {grad}"]


def _table(card: Card, strongest: float) -> str:
    """Return a card as an HTML label."""
    rows = _rows(card)
    rim = {"param": LIGHT["param"], "input": LIGHT["input"]}.get(card.kind, LIGHT["rim"])
    cells = [f'<tr><td align="left"><b>{escape(rows[0])}</b></td></tr>']
    for row in rows[1:-1]:
        cells.append(f'<tr><td align="left">{escape(row)}</td></tr>')
    if len(rows) > 1:
        bad = broken(card.grad)
        negative = isinstance(card.grad, float) and card.grad < 0
        tint = LIGHT["accent" if bad else "neg" if negative else "pos"]
        strength = 1.0 if bad else tone(card.strength, strongest)
        colour = mixed(tint, LIGHT["card"], strength * TINT)
        cells.append(f'<tr><td align="left" bgcolor="{colour}">{escape(rows[-1])}</td></tr>')
    return (
        f'<<table border="1" cellborder="0" cellspacing="0" cellpadding="3" '
        f'color="{rim}" bgcolor="{LIGHT["card"]}">{"".join(cells)}</table>>'
    )


def _record(text: str) -> str:
    """Escape the characters that are special in record labels."""
    text = printable(text).replace("\n", " ")
    for character in "\\{}|<>":
        text = text.replace(character, "\\" + character)
    return text
