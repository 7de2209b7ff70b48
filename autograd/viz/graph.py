"""A graph read for pictures: its nodes in order, their operands, names and numbers. Next: `places.py`.

Nothing is changed and nothing recurses. The index of a node in the order is its identity in every
picture, so that the same program gives the same text twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..array_node import values_of
from ..node import Node, check_not_released

_MISSING: Any = object()
# what people call a parameter of a scalar network: w, w1, b_0, W.3, layers.0.neurons.2.w.1
_PARAMETER = re.compile(r"(?:^|\.)(?:[wb]|[WBθβγ]|weights?|bias)[\d_.]*\w?$|\.\w+\.\d+$")


@dataclass(frozen=True)
class Constant:
    """An operand that is a plain number (or something else that is not an array)."""

    value: Any

    @property
    def text(self) -> str:
        """The constant as written in a card."""
        value = self.value
        if isinstance(value, (bool, np.bool_)) or not np.isscalar(value):
            return str(value)
        if isinstance(value, str):
            return repr(value)
        return f"{value:.4g}".replace("-", "−")


Operand = int | Constant


@dataclass
class Graph:
    """The nodes that a root depends on, operands before results; the root is last.

    ``items`` holds nodes, and arrays that are operands without being nodes.
    """

    items: list[Any]
    index: dict[Any, int]
    arrays: dict[int, int]
    ran: bool = False
    stale: bool = False
    _recomputed: dict[Any, Any] | None = None
    _names: list[str] = field(default_factory=list)
    _parents: list[tuple[int, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def root(self) -> int:
        """The index of the root."""
        return len(self.items) - 1

    def is_node(self, i: int) -> bool:
        """Whether an item is a node and not a bare array."""
        return isinstance(self.items[i], Node)

    def operation(self, i: int) -> Any:
        """Return the operation that made an item, None for leaves and arrays."""
        item = self.items[i]
        return item.op if isinstance(item, Node) else None

    def operands(self, i: int) -> list[Operand]:
        """Return the operands of an item in order, repeats kept."""
        item = self.items[i]
        if not isinstance(item, Node) or item._a is None:
            return []
        index, arrays = self.index, self.arrays
        found: list[Operand] = []
        for x in item.inputs:  # type: ignore[attr-defined]
            if isinstance(x, Node):
                found.append(index[x])
            elif type(x) is np.ndarray and x.ndim:
                found.append(arrays[id(x)])
            else:
                found.append(Constant(x.item() if isinstance(x, np.ndarray | np.generic) else x))
        return found

    def parents(self, i: int) -> tuple[int, ...]:
        """Return the operands of an item that are items; all of them are looked up once."""
        if not self._parents:
            self._parents = [
                tuple(x for x in self.operands(k) if type(x) is int) for k in range(len(self))
            ]
        return self._parents[i]

    def shape(self, i: int) -> tuple[int, ...]:
        """Return the shape of an item."""
        return tuple(getattr(self.items[i], "shape", ()))

    def label(self, i: int) -> str:
        """Return the name that the user gave to an item, '' without one."""
        item = self.items[i]
        return item.label if isinstance(item, Node) else ""

    def name(self, i: int) -> str:
        """Return the name of an item: its label, or v1, v2, ... in order, and c1, ... for arrays."""
        if not self._names:
            self._names = _named(self)
        return self._names[i]

    def data(self, i: int) -> Any:
        """Return the number or array of an item; None where it is not known any more."""
        item = self.items[i]
        if not isinstance(item, Node):
            return item
        value = getattr(item, "_value", None)
        if value is None:
            value = getattr(item, "_data", None)
        if value is not None:
            return value
        if self._recomputed is None:
            try:
                self._recomputed = values_of(self.items[-1])
            except RuntimeError:
                # a leaf has changed since: computing again would mix old and new numbers
                self._recomputed, self.stale = {}, True
        return self._recomputed.get(item)

    def grad(self, i: int) -> Any:
        """Return the gradient of an item as a number or array; None before `backward`."""
        item = self.items[i]
        g = getattr(item, "grad", None) if isinstance(item, Node) else None
        g = getattr(g, "_data", g)
        if not self.ran and type(g) is float and g == 0.0:
            return None
        return g

    def role(self, i: int) -> str:
        """Return 'op', 'param', 'input' or 'const'."""
        item = self.items[i]
        if not isinstance(item, Node):
            return "const"
        if item._a is not None:
            return "op"
        if hasattr(item, "_data"):
            return "param" if item.label and _PARAMETER.search(item.label) else "input"
        if getattr(item, "requires_grad", False):
            return "param"
        return "input" if item.label else "const"


def collect(root: Any) -> Graph:
    """Read the graph behind a `Value`, `Tensor` or node.

    Raises
    ------
    TypeError
        If ``root`` is none of these.
    RuntimeError
        If the graph was released.
    """
    top = getattr(root, "node", root)
    if not isinstance(top, Node):
        raise TypeError(f"a picture needs a Value, a Tensor or a Node, got {type(root).__name__}")
    items: list[Any] = []
    index: dict[Any, int] = {}
    arrays: dict[int, int] = {}
    stack: list[Any] = [top]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is _MISSING:
            node = pop()
            if isinstance(node, Node):
                index[node] = len(items)
            items.append(node)
        elif not isinstance(node, Node):
            if id(node) not in arrays:
                arrays[id(node)] = len(items)
                items.append(node)
        elif node not in index:
            if node._a is None:
                index[node] = len(items)
                items.append(node)
                continue
            check_not_released(node)
            index[node] = -1
            push(node)
            push(_MISSING)
            for x in reversed(node.inputs):  # type: ignore[attr-defined]
                if (isinstance(x, Node) and x not in index) or (
                    type(x) is np.ndarray and x.ndim and id(x) not in arrays
                ):
                    push(x)
    return Graph(items, index, arrays, ran=_has_run(items))


def _has_run(items: list[Any]) -> bool:
    """Whether a sweep has been through the graph: a fresh `Value` holds the gradient 0."""
    for item in reversed(items):
        g = getattr(item, "grad", None)
        if g is None:
            continue
        g = getattr(g, "_data", g)
        if type(g) is not float or g != 0.0:
            return True
    return False


def _named(graph: Graph) -> list[str]:
    taken = {label for i in range(len(graph)) if (label := graph.label(i))}
    used: set[str] = set()
    names = []
    nodes = arrays = 0
    for i in range(len(graph)):
        if graph.is_node(i):
            nodes += 1
            name, letter, count = graph.label(i), "v", nodes
        else:
            arrays += 1
            name, letter, count = "", "c", arrays
        if not name or name in used:
            while (name := f"{letter}{count}") in taken or name in used:
                count += 1
        used.add(name)
        names.append(name)
    return names
