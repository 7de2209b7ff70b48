"""The real backward sweep, written down once, for people to walk. Next: `stepper.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...array_nodes.operands import real_array
from ...backward import gradients
from ...mode import watch
from ..elements.figures import norm
from ..graph.listing import Step, number, steps


@dataclass(frozen=True)
class Event:
    """One step: a node is computed, the seed is set, or a gradient is passed to one parent.

    ``kind`` is "forward", "seed" or "backward". For a backward step ``upstream`` times ``local``
    is the ``contribution`` of ``name`` to ``target``, whose gradient was ``before`` (None for the
    first contribution) and is ``after``; ``local`` is None if the operation is not elementwise.
    ``rule`` explains the contribution, ``expression`` is the gradient so far as a product of
    factors.
    """

    kind: str
    name: str
    target: str = ""
    upstream: Any = None
    local: Any = None
    contribution: Any = None
    before: Any = None
    after: Any = None
    rule: str = ""
    expression: str = ""


@dataclass(frozen=True)
class Recording:
    """All steps of one backward pass, the named nodes, and the events in order."""

    nodes: tuple[Step, ...]
    events: tuple[Event, ...]
    root: str

    def first_backward(self) -> int:
        """Return the index of the event that sets the seed."""
        return len([e for e in self.events if e.kind == "forward"])


def record(loss: Any, gradient: Any = None, *, max_events: int = 100_000) -> Recording:
    """Run the backward sweep of a loss without storing gradients, and record every step.

    Parameters
    ----------
    loss : Tensor or Value
    gradient : array_like, optional
        The upstream gradient; 1 if not given.
    max_events : int
        The most steps to record; more could not be followed anyhow.

    Raises
    ------
    TypeError
        If the loss has no graph.
    ValueError
        If the graph has too many steps, the loss is not a scalar and no gradient is given, or the
        gradient has another shape.
    """
    root = loss if hasattr(loss, "local_grads") else getattr(loss, "_node", None)
    if root is None:
        raise TypeError("stepping needs a loss computed from leaves that want gradients")
    nodes = steps(loss)
    names = {step.node: step.name for step in nodes}
    edges = sum(len(step.node.parents) for step in nodes)
    if len(nodes) + edges > max_events:
        raise ValueError(
            f"the graph has {len(nodes)} nodes and {edges} edges, more than "
            f"max_events={max_events}; step through a smaller part, or one sample"
        )
    if np.ndim(nodes[-1].data) and gradient is None:
        raise ValueError(
            f"the loss has shape {np.shape(nodes[-1].data)}: reduce it or pass gradient="
        )
    if gradient is not None and np.shape(gradient) != np.shape(nodes[-1].data):
        raise ValueError(
            f"the gradient has shape {np.shape(gradient)}, the loss {np.shape(nodes[-1].data)}"
        )
    seed = np.float64(1.0) if gradient is None else np.array(real_array(gradient), float)[()]
    events = [Event("forward", step.name, rule=step.formula) for step in nodes]
    top = names[root]
    events.append(Event("seed", top, top, after=seed, expression=f"∂{top}/∂{top}", rule="the seed"))
    expressions = {top: f"∂{top}/∂{top}"}

    def watcher(node: Any, i: int, g: Any, c: Any, before: Any, after: Any) -> None:
        events.append(_backward_event(node, i, (g, c, before, after), names, expressions))

    with watch(watcher):
        gradients(root, seed)
    return Recording(tuple(nodes), tuple(events), top)


def _backward_event(
    node: Any, i: int, numbers: tuple[Any, ...], names: dict[Any, str], expressions: dict[str, str]
) -> Event:
    g, c, before, after = (_copy(x) for x in numbers)
    name, target = names[node], names[node.parents[i]]
    upstream = expressions[name]
    upstream = f"({upstream})" if " + " in upstream else upstream
    if len(upstream) > 200:
        upstream = "…"
    factor = f"{upstream} · ∂{name}/∂{target}"
    old = expressions.get(target)
    expressions[target] = factor if before is None or old is None else _added(old, factor)
    return Event(
        "backward",
        name,
        target,
        g,
        local_derivative(node, i),
        c,
        before,
        after,
        _rule_text(node, g, c),
        expressions[target],
    )


def _added(old: str, factor: str) -> str:
    """Add a term to a sum; a long sum ends in dots."""
    if old.endswith("+ …"):
        return old
    return f"{old} + {factor if len(old) < 400 else '…'}"


def _copy(x: Any) -> Any:
    """Return a copy, as an optimizer may write to the data of a leaf later."""
    return x.copy() if isinstance(x, np.ndarray) else x


def local_derivative(node: Any, i: int) -> Any:
    """Return the local derivative as numbers, if the operation is elementwise."""
    if not node.op.elementwise:
        return None
    with np.errstate(all="ignore"):
        return node._local(i)


def _rule_text(node: Any, g: Any, c: Any) -> str:
    """Explain a contribution."""
    if not node.op.elementwise:
        return f"the pullback of {node.op.name}"
    text = "upstream times local derivative"
    if np.shape(c) != np.shape(g):
        axes = ", ".join(map(str, axes_summed(np.shape(g), np.shape(c))))
        text += f", summed over axis {axes}: the operand was stretched from {np.shape(c)}"
    return text


def axes_summed(have: tuple[int, ...], want: tuple[int, ...]) -> list[int]:
    """Return the axes of ``have`` along which an operand of shape ``want`` was stretched."""
    extra = len(have) - len(want)
    return [k for k, n in enumerate(have) if k < extra or want[k - extra] == 1 != n]


def show(x: Any) -> str:
    """Format a gradient: by its numbers if they are few, else by shape and norm."""
    if x is None:
        return "nothing yet"
    if np.size(x) > 9:
        return f"array{np.shape(x)} of norm {norm(x):.4g}"
    return number(x) if np.size(x) <= 4 else " ".join(np.array2string(x, precision=4).split())
