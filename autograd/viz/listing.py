"""A graph as a list of named steps, in the order of the computation. Next: `dot.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..array_node import values_of
from ..node import Node, topological_order


@dataclass(frozen=True)
class Step:
    """One node for people to look at: its name, what it is, its numbers, and its operands."""

    node: Node
    name: str
    data: Any
    grad: Any
    operands: tuple[str, ...]

    @property
    def formula(self) -> str:
        """The operation in terms of the operands' names; '' for a leaf."""
        op = self.node.op
        if op is None:
            return ""
        options = getattr(self.node, "parameters", {})
        said = [f"{k}={v!r}" for k, v in options.items() if v is not None and v is not False]
        if op.variadic or len(self.operands) != len(op.inputs):
            return f"{op.name}({', '.join([*self.operands, *said])})"
        text = op.notation.format(**dict(zip(op.inputs, self.operands, strict=True)))
        return f"{text} [{', '.join(said)}]" if said else text


def steps(root: Any) -> list[Step]:
    """Return all nodes that ``root`` depends on, leaves at their first use, root last.

    Unlabelled nodes are named v1, v2, ... in this order, so the names are the same in every run.
    """
    top: Any = getattr(root, "node", root)
    values = values_of(top)
    names: dict[Any, str] = {}
    taken = {n.label for n in values if n.label}
    found: list[Step] = []

    def add(node: Any) -> None:
        if node in names:
            return
        name = node.label
        if not name or name in names.values():
            count = len(names) + 1
            while (name := f"v{count}") in taken:
                count += 1
        taken.add(name)
        names[node] = name
        operands = tuple(names[x] if isinstance(x, Node) else number(x) for x in node.inputs)
        found.append(Step(node, name, values[node], node.grad, operands))

    for node in topological_order(top) or [top]:
        for x in node.inputs:
            if isinstance(x, Node):
                add(x)
        add(node)
    return found


def number(x: Any) -> str:
    """Write a number or an array briefly: four significant digits, or the shape."""
    if x is None:
        return "None"
    x = getattr(x, "_data", x)
    if np.ndim(x) == 0:
        return f"{float(x):.4g}"
    if np.size(x) <= 4:
        text = np.array2string(np.asarray(x), precision=4, separator=", ")
        return " ".join(text.split())
    return f"array{np.shape(x)}"


def listing(root: Any) -> str:
    """Return the graph behind a node as text, a line a step: name, formula, shape, data, gradient.

    Parameters
    ----------
    root : Value, Tensor or Node

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> c = a * a + 1
    >>> c.backward()
    >>> print(listing(c))
    a            data 2  grad 4
    v2 = a * a   data 4  grad 1
    v3 = v2 + 1  data 5  grad 1
    """
    rows = []
    for step in steps(root):
        left = f"{step.name} = {step.formula}" if step.formula else step.name
        shape = str(np.shape(step.data)) if np.ndim(step.data) else ""
        rows.append((left, shape, f"data {number(step.data)}", f"grad {number(step.grad)}"))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = (
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True) if w) for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
