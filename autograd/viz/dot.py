"""A graph as a `graphviz.Digraph`: one card a node, one edge a use."""

from __future__ import annotations

from typing import Any

import graphviz
import numpy as np

from ..node import Node
from .listing import number, steps


def to_graphviz(root: Any) -> graphviz.Digraph:
    """Return the graph behind a node as a `graphviz.Digraph`, not rendered: no `dot` is needed.

    Parameters
    ----------
    root : Value, Tensor or Node

    Examples
    --------
    >>> x = Value(3.0, label="x")
    >>> "x * x" in to_graphviz(x * x).source
    True
    """
    found = steps(root)
    ids: dict[Any, str] = {step.node: f"n{i}" for i, step in enumerate(found)}
    graph = graphviz.Digraph(graph_attr={"rankdir": "LR"}, node_attr={"shape": "record"})
    for step in found:
        title = f"{step.name} = {step.formula}" if step.formula else step.name
        shape = f" {np.shape(step.data)}" if np.ndim(step.data) else ""
        parts = (title + shape, f"data {number(step.data)}", f"grad {number(step.grad)}")
        graph.node(ids[step.node], "{" + " | ".join(_escaped(p) for p in parts) + "}")
    for step in found:
        for x in step.node.inputs:  # type: ignore[attr-defined]
            if isinstance(x, Node):
                graph.edge(ids[x], ids[step.node])
    return graph


def _escaped(text: str) -> str:
    """Escape what has a meaning in record labels."""
    for character in "\\{}|<>":
        text = text.replace(character, "\\" + character)
    return text
