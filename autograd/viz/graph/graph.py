"""A graph read for pictures: nodes in order, operands, names, numbers. Next: `listing.py`.

Nothing is changed and nothing recurses. The index of a node in the order is its identity in every
picture, so that the same program gives the same text twice.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...array_nodes.node import values_of
from ...node import MANY, NOTHING, Node, check_not_released
from ...scalar_nodes.node import ScalarNode
from ..elements.figures import figure
from .naming import data_names, short_names

# on the stack, stands before a node whose operands have been read
_READ: Any = object()
# common names of the parameters of scalar networks: w, w1, b_0, W.3, W[0,1], layers.0.neurons.2.w.1
_PARAMETER = re.compile(
    r"(?:^|\.)(?:[wb]|[WBθβγ]|weights?|bias)[\d_.]*\w?(?:\[[\d,]+\])?$|\.\w+\.\d+$"
)


@dataclass(frozen=True)
class Constant:
    """An operand that is a plain number (or anything else that is not an array)."""

    value: Any

    @property
    def text(self) -> str:
        """The constant as written in a card."""
        value = self.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return figure(value)
        return repr(value) if isinstance(value, str) else str(value)


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

    def __len__(self) -> int:
        return len(self.items)

    @property
    def root(self) -> int:
        """The index of the root."""
        return len(self.items) - 1

    @cached_property
    def _weights(self) -> bool:
        """Whether labels such as w and b mean weights; a b beside an a is not a bias."""
        labels = (x.label for x in self.items if isinstance(x, Node) and x._a is None)
        return any(_PARAMETER.search(label) and label != "b" for label in labels)

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

    @cached_property
    def links(self) -> list[tuple[int, ...]]:
        """The operands of every item that are items themselves, repeats kept."""
        index = self.index
        found: list[tuple[int, ...]] = []
        for item in self.items:
            if not isinstance(item, Node) or item._a is None:
                found.append(())
            elif isinstance(item, ScalarNode) and item._b is not MANY:
                # the most common nodes of large graphs, inlined
                a, b = item._a, item._b
                found.append((index[a],) if b is None else (index[a], index[b]))
            else:
                found.append(tuple(x for x in self.operands(index[item]) if type(x) is int))
        return found

    @cached_property
    def labels(self) -> dict[int, str]:
        """The user's labels, by item, each in one line."""
        return {
            i: notes[0] if notes[0].isprintable() else " ".join(notes[0].split())
            for i, item in enumerate(self.items)
            if (notes := getattr(item, "_notes", None)) is not None and notes[0]
        }

    @cached_property
    def scopes(self) -> list[str]:
        """The scope of every item, '' outside all scopes."""
        return [getattr(item, "_notes", NOTHING)[1] for item in self.items]

    def shape(self, i: int) -> tuple[int, ...]:
        """Return the shape of an item."""
        return tuple(getattr(self.items[i], "shape", ()))

    def label(self, i: int) -> str:
        """Return the user's label of an item, '' if it has none."""
        return self.labels.get(i, "")

    @cached_property
    def bare(self) -> list[int]:
        """The arrays that are operands, and the nodes of arrays without a gradient, in order."""
        return [
            i
            for i, item in enumerate(self.items)
            if not isinstance(item, Node)
            or (item._a is None and self.shape(i) and not getattr(item, "requires_grad", False))
        ]

    @cached_property
    def _short(self) -> dict[int, str]:
        return short_names(self)

    @cached_property
    def called(self) -> dict[int, str]:
        """Meaningful names of items: the label, a short name for it, or X, y, c.

        The second of several items with the same label is called label_2.
        """
        names = dict(self._short)
        taken = {*names.values(), *self.labels.values()}
        counts: Counter[str] = Counter()
        for i, label in self.labels.items():
            counts[label] += 1
            if i in names:
                continue
            names[i] = label
            if counts[label] > 1:
                while (name := f"{label}_{counts[label]}") in taken:
                    counts[label] += 1
                taken.add(name)
                names[i] = name
        return names | data_names(self, taken)

    @cached_property
    def _taken(self) -> set[str]:
        return {*self.called.values(), *self.labels.values()}

    @cached_property
    def _array_items(self) -> list[int]:
        return sorted(self.arrays.values())

    def name(self, i: int) -> str:
        """Return the name of an item: that in `called`, or else v1, v2, ...

        The number is the position in the order of the nodes. Pictures and formulas use the same.
        """
        if i in self.called:
            return self.called[i]
        name = f"v{i + 1 - bisect_right(self._array_items, i)}"
        while name in self._taken:
            name += "′"
        return name

    def path(self, i: int) -> str:
        """Return the label of an item that is shown by a short name, '' for others."""
        return self.label(i) if i in self._short else ""

    def data(self, i: int) -> Any:
        """Return the number or array of an item; None if it is no longer available."""
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
                # a leaf has changed since: recomputing would mix old and new numbers
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
            named = item.label and self._weights and _PARAMETER.search(item.label)
            return "param" if named else "input"
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
    items: list[Any] = []
    index: dict[Any, int] = {}
    arrays: dict[int, int] = {}
    stack: list[Any] = [_node_of(root)]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is _READ:
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
            push(_READ)
            a, b = node._a, node._b
            if b is MANY or not isinstance(node, ScalarNode):
                _push_operands(node, index, arrays, push)
                continue
            # the most common nodes of large graphs, inlined
            if b is not None and b not in index:
                push(b)
            if a not in index:
                push(a)
    return Graph(items, index, arrays, ran=_has_run(items))


def _node_of(root: Any) -> Node:
    node = getattr(root, "node", root)
    if isinstance(node, Node):
        return node
    model = "; of a model, nn.draw_network draws the layers, and draw(loss) what it computed"
    raise TypeError(
        f"a picture needs a Value, a Tensor or a Node, got {type(root).__name__}"
        f"{model if hasattr(root, 'parameters') else ''}"
    )


def _push_operands(
    node: Any, index: dict[Any, int], arrays: dict[int, int], push: Callable[[Any], None]
) -> None:
    """Push the operands not visited yet, the first on top."""
    for x in reversed(node.inputs):
        if isinstance(x, Node):
            if x not in index:
                push(x)
        elif type(x) is np.ndarray and x.ndim and id(x) not in arrays:
            push(x)


def _has_run(items: list[Any]) -> bool:
    """Whether a sweep has visited the graph: a new `Value` has the gradient 0."""
    for item in reversed(items):
        g = getattr(item, "grad", None)
        if g is None:
            continue
        g = getattr(g, "_data", g)
        if type(g) is not float or g != 0.0:
            return True
    return False
