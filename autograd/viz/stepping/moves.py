"""The moves of the game "Jumping Back": the real sweep, grouped by cards. Next: `wording.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...array_nodes.operands import real_array
from ...backward import gradients
from ...mode import watch
from ...node import name_of
from ..graph.graph import Constant, Graph
from ..scene.folding import Plan, Unit
from .recording import local_derivative


@dataclass
class Swept(Graph):
    """A graph with the gradients of a separate sweep, whatever is stored in the nodes."""

    found: dict[Any, Any] = field(default_factory=dict)

    def grad(self, i: int) -> Any:
        """Return the gradient of an item in this sweep; None if it gets none."""
        return self.found.get(self.items[i]) if self.is_node(i) else None


@dataclass(frozen=True)
class Pass:
    """One contribution: of item ``source`` to item ``target``, its ``position``-th operand.

    ``slot`` counts the operands that are drawn; ``local`` is None where the operation is not
    elementwise or its cards are folded.
    """

    source: int
    target: int
    position: int
    slot: int
    upstream: Any
    local: Any
    contribution: Any
    before: Any
    after: Any


@dataclass
class Move:
    """The contributions of one card; ``inside`` counts those within a folded card."""

    unit: Unit
    passes: list[Pass] = field(default_factory=list)
    inside: int = 0


@dataclass
class Sweep:
    """All moves in order, and the number of contributions after the last of them."""

    seed: Any
    moves: list[Move]
    left_out: int


def seed_of(graph: Graph, gradient: Any) -> Any:
    """Return the upstream gradient of the root.

    Raises
    ------
    TypeError
        If the root has no gradient.
    ValueError
        If the root is not a scalar and there is no gradient, or one of another shape.
    """
    root = graph.items[-1]
    if not root.requires_grad:
        raise TypeError(
            "step_through needs a loss computed from leaves that want gradients: make them with "
            "Value(...) or Tensor(..., requires_grad=True)"
        )
    kind = getattr(graph.data(graph.root), "dtype", float)
    shape = graph.shape(graph.root)
    if gradient is None:
        if shape:
            raise ValueError(
                f"step_through starts from a single number, {name_of(root)} has shape {shape}: "
                "reduce it, as with .sum(), or pass gradient="
            )
        return np.ones((), kind)[()]
    if np.shape(gradient) != shape:
        raise ValueError(
            f"step_through: the gradient has shape {np.shape(gradient)}, the loss {shape}"
        )
    return np.array(real_array(gradient), dtype=kind)[()]


def sweep(graph: Swept, made: Plan, seed: Any, most: int) -> Sweep:
    """Run the backward sweep without storing anything in the nodes, and group it into moves.

    Contributions after the first ``most`` moves are only counted; all gradients are computed.
    """
    index, unit = graph.index, made.unit
    done = Sweep(seed, [], 0)
    moves = done.moves
    places: dict[int, list[tuple[int, int]]] = {}

    def watcher(node: Any, i: int, g: Any, c: Any, before: Any, after: Any) -> None:
        source = index[node]
        at = unit[source]
        if not moves or moves[-1].unit != at:
            if len(moves) >= most:
                done.left_out += 1
                return
            moves.append(Move(at))
        elif done.left_out:
            done.left_out += 1
            return
        target = index[node.parents[i]]
        if at == unit[target] and not isinstance(at, int):
            moves[-1].inside += 1
            return
        if source not in places:
            places[source] = operands_of(graph, source)
        position, slot = places[source][i]
        local = local_derivative(node, i) if isinstance(at, int) else None
        moves[-1].passes.append(Pass(source, target, position, slot, g, local, c, before, after))

    with watch(watcher):
        graph.found, _ = gradients(graph.items[-1], seed)
    return done


def operands_of(graph: Graph, i: int) -> list[tuple[int, int]]:
    """Return the position of each parent among the operands of an item, and among those drawn."""
    node = graph.items[i]
    parents = node.parents
    found: list[tuple[int, int]] = []
    slot = 0
    for position, (x, operand) in enumerate(zip(node.inputs, graph.operands(i), strict=True)):
        if len(found) < len(parents) and x is parents[len(found)]:
            found.append((position, slot))
        slot += not isinstance(operand, Constant)
    return found


def by_hand(node: Any) -> bool:
    """Whether the derivative of a node is a ``_backward`` that the user assigned."""
    return getattr(node, "_da", node) is None
