"""A graph as a list of named steps, in the order of the computation. Next: `../layout/`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...node import Node
from ..elements.markup import clip
from ..elements.subscripts import subscript
from .graph import Constant, Graph, collect

# the longest formula in a column of text, as other columns follow
LONGEST = 90


@dataclass(frozen=True)
class Step:
    """One node as readers see it: its name, kind, numbers, and operands."""

    node: Node
    name: str
    data: Any
    grad: Any
    operands: tuple[str, ...]
    path: str = ""

    @property
    def formula(self) -> str:
        """The operation in terms of the operands' names; '' for a leaf."""
        return formula(self.node, self.operands)


def formula(node: Any, operands: tuple[str, ...]) -> str:
    """Format the operation of a node with the names of its operands; '' for a leaf."""
    op = node.op
    if op is None:
        return ""
    options = dict(getattr(node, "parameters", {}))
    if op.symbol == "[]" and len(operands) == 1:
        return f"{operands[0]}[{subscript(options['index'])}]"
    said = [f"[{subscript(options.pop('index'))}]"] if "index" in options else []
    said += [f"{k}={v!r}" for k, v in options.items() if v is not None and v is not False]
    if op.variadic or len(operands) != len(op.inputs):
        name = op.notation.partition("(")[0] if op.variadic else op.name
        return f"{name}({', '.join([*operands, *said])})"
    infix = f" {op.symbol} " in op.notation
    operands = tuple(
        f"({x})" if infix and k and x[:1] == "-" else x for k, x in enumerate(operands)
    )
    text = str(op.notation.format(**dict(zip(op.inputs, operands, strict=True))))
    if said and text.startswith(f"{op.name}(") and text.endswith(")"):
        return f"{text[:-1]}, {', '.join(said)})"
    return f"{text} [{', '.join(said)}]" if said else text


def operand_names(graph: Graph, i: int) -> tuple[str, ...]:
    """Return the operands of an item as in formulas: names, numbers, short arrays."""
    return tuple(
        number(x.value) if isinstance(x, Constant) else called(graph, x) for x in graph.operands(i)
    )


def called(graph: Graph, i: int) -> str:
    """Return an item as in a formula: its name, or the numbers of a short vector."""
    item = graph.items[i]
    short = not graph.is_node(i) and np.size(item) <= 4 and np.ndim(item) <= 1
    return number(item) if short else graph.name(i)


def steps(root: Any) -> list[Step]:
    """Return all nodes that ``root`` depends on, leaves at their first use, root last.

    Nodes without a name are v1, v2, ... in this order, so names are the same in every run.
    """
    return list(_steps(collect(root)))


def _steps(graph: Graph) -> Iterator[Step]:
    for i in range(len(graph)):
        if graph.is_node(i):
            node = graph.items[i]
            operands = operand_names(graph, i)
            yield Step(node, graph.name(i), graph.data(i), node.grad, operands, graph.path(i))


def number(x: Any) -> str:
    """Format a number with four significant digits, an array by its shape."""
    if x is None:
        return "None"
    x = getattr(x, "_data", x)
    if np.ndim(x) == 0:
        try:
            return f"{float(x):.4g}"
        except (TypeError, ValueError):
            return repr(x)
    if np.size(x) <= 4:
        text = np.array2string(np.asarray(x), precision=4, separator=", ")
        return " ".join(text.split())
    return f"array{np.shape(x)}"


def listing(root: Any) -> str:
    """Return the graph behind a node as text, a line per step: name, formula, data, gradient.

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
        what = step.formula or step.path
        left = clip(f"{step.name} = {what}" if what else step.name, LONGEST)
        shape = str(np.shape(step.data)) if np.ndim(step.data) else ""
        rows.append((left, shape, f"data {number(step.data)}", f"grad {number(step.grad)}"))
    return columns(rows)


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Align rows of texts; empty columns are left out."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True) if w) for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
