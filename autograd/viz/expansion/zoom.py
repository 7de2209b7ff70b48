"""zoom: the operations on arrays opened into operations on numbers. Last file.

The same program runs once more, on one `Value` per entry: `expansions.py` says what every operation
is made of. Gradients of the entries are those of the arrays, and a test proves it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...mode import absolute_scope, enable_grad
from ...node import Node, topological_order
from ...settings import shown
from ...sums import add_n, sumprod
from ...value import Value
from ..drawing.draw import draw
from ..drawing.drawing import Drawing
from ..graph.graph import Constant, Graph, collect
from .expansions import Entries, cost, entries, expand


class Zoom:
    """A graph of arrays opened into numbers; the result of `zoom`.

    Attributes
    ----------
    value : Value or array of Values
        The opened root: one Value for a number, else an object array of the same shape.
    """

    def __init__(self, value: Any, opened: dict[Any, Entries], seed: Any) -> None:
        self.value = value
        self._opened = opened
        self._seed = seed

    @property
    def loss(self) -> Any:
        """The same as ``value``, as the root usually is a loss."""
        return self.value

    def __getitem__(self, key: Any) -> Any:
        """Return the Values of a tensor, given by itself or its label, as an array of its shape.

        Raises
        ------
        KeyError
            If there is no such tensor among those that were opened.
        """
        node = getattr(key, "node", key)
        for found, array in self._opened.items():
            if found is node or (isinstance(key, str) and found.label == key):
                return array
        what = repr(key) if isinstance(key, str) else f"this {type(key).__name__}"
        labels = ", ".join(repr(n.label) for n in self._opened if n.label)
        raise KeyError(f"{what} was not opened; there are {labels or 'no labelled tensors'}")

    def grad(self, key: Any) -> Any:
        """Return the gradients of the Values of a tensor as an array of numbers.

        Raises
        ------
        KeyError
            As for ``self[key]``.
        """
        array = self[key]
        grads = [float(v.grad) if isinstance(v, Value) else 0.0 for v in array.flat]
        return np.array(grads).reshape(array.shape)

    def root(self, at: Any = None) -> Value:
        """Return one Value to start from: an entry, or the sum of all entries.

        Parameters
        ----------
        at : index, optional
            Which entry, for a result that is an array.

        Raises
        ------
        IndexError
            If ``at`` is not the index of one entry.
        """
        if isinstance(self.value, Value):
            return self.value
        if at is not None:
            found = self.value[at]
            if isinstance(found, Value):
                return found
            raise IndexError(
                f"at={shown(at)} picks {np.shape(found)} entries of {self.value.shape}; give the "
                "index of one, such as at=(0, 1)"
            )
        root: Value = add_n(list(self.value.flat))
        root.label = "Σ of the entries"
        return root

    def backward(self, gradient: Any = None) -> None:
        """Run the backward sweep over the numbers.

        Parameters
        ----------
        gradient : array_like, optional
            The upstream gradient, of the shape of the result. By default the gradient of the
            tensor, if it has one, or 1.
        """
        g = self._seed if gradient is None else gradient
        if isinstance(self.value, Value):
            self.value.backward(1.0 if g is None else float(g))
            return
        g = np.ones(self.value.shape) if g is None else np.asarray(g, float)
        if g.shape != self.value.shape:
            raise ValueError(
                f"gradient has shape {g.shape}, what was opened has {self.value.shape}; they must "
                "be equal"
            )
        if g.size:
            sumprod(list(self.value.flat), g.ravel().tolist()).backward()

    def draw(self, at: Any = None, **options: Any) -> Drawing:
        """Draw the numbers as `draw` does, with a box for every opened operation.

        Parameters
        ----------
        at : index, optional
            For a result that is an array: the entry to draw. By default all entries, as terms of
            one sum.
        **options
            As for `draw`.
        """
        drawing = draw(self.root(at), **options)
        cards = drawing.scene.cards
        parameters = self._parameters()
        for key, card in cards.items():
            if card.kind == "input" and card.name in parameters:
                cards[key] = replace(card, kind="param")
        return drawing

    def _parameters(self) -> set[str]:
        """Return the labels of the entries of tensors that require a gradient."""
        leaves = [n for n in self._opened if n._a is None and getattr(n, "requires_grad", False)]
        return {getattr(v, "label", "") for n in leaves for v in self._opened[n].flat} - {""}

    def save(self, path: str | Path, at: Any = None, **options: Any) -> Path:
        """Write the picture that `draw` makes to a file.

        Parameters
        ----------
        path : str or Path
            Ends in .svg, .html, .png, .pdf, .dot or .txt.
        at : index, optional
            As for `draw`.
        **options
            As for `autograd.draw`.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        ValueError, RuntimeError
            As for `Drawing.save`.
        """
        return self.draw(at, **options).save(path)

    def __len__(self) -> int:
        """Return the number of computed numbers."""
        roots = [self.value] if isinstance(self.value, Value) else [*self.value.flat]
        return len({id(z) for v in roots for z in topological_order(v)})

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return self.draw()._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        shape = "" if isinstance(self.value, Value) else f" of shape {self.value.shape}"
        return f"<Zoom{shape}: {len(self):,} numbers computed>"


def zoom(root: Any, *, depth: int | None = None, max_nodes: int = 20_000) -> Zoom:
    """Open operations on arrays into operations on numbers, one `Value` per entry.

    Entries of a labelled tensor are labelled ``W[0,1]``. Constants without a label stay plain
    numbers. If the tensor has a gradient, the numbers get theirs.

    Parameters
    ----------
    root : Tensor, Value or Node
        The result to open, with everything it was computed from.
    depth : int, optional
        How many operations deep: 1 opens only the one that made ``root``. By default all.
    max_nodes : int
        The most numbers to compute.

    Returns
    -------
    Zoom
        ``value``, the result as a Value or array of Values; ``zoomed[tensor]``, the Values of any
        tensor on the way; ``draw()``.

    Raises
    ------
    TypeError
        If ``root`` is not a node, or an operation has no expansion into numbers; it is named.
    ValueError
        If more than ``max_nodes`` numbers would be computed, or an argument is out of range.
    RuntimeError
        If the graph was released, or a leaf has changed since.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    >>> loss = (x * x).sum()
    >>> loss.backward()
    >>> zoomed = zoom(loss)
    >>> zoomed.value.data, zoomed[x][1].label, zoomed[x][1].grad
    (5.0, 'x[1]', 4.0)
    """
    for name, n, least in (("depth", depth, 1), ("max_nodes", max_nodes, 1)):
        if n is None and name == "depth":
            continue
        if isinstance(n, bool) or not isinstance(n, int) or n < least:
            raise ValueError(f"zoom: {name} is a whole number from {least}, got {shown(n)}")
    graph = collect(root)
    top = graph.items[graph.root]
    topological_order(top)  # raises for leaves that have changed
    opened, leaves = _reach(graph, depth)
    _check_size(graph, opened, max_nodes)
    arrays: dict[int, Entries] = {}
    boxes = Counter[str]()
    with enable_grad(), np.errstate(all="ignore"):
        for i in sorted(opened | leaves):
            arrays[i] = _open(graph, i, arrays, boxes) if i in opened else _leaf(graph, i)
        z = arrays[graph.root]
        for at in np.ndindex(z.shape):
            if not isinstance(z[at], Value):
                z[at] = Value(z[at])
    g = graph.grad(graph.root)
    nodes = {graph.items[i]: a for i, a in arrays.items() if graph.is_node(i)}
    found = Zoom(z if z.ndim else z[()], nodes, g)
    if g is not None:
        found.backward()
    return found


def _reach(graph: Graph, depth: int | None) -> tuple[set[int], set[int]]:
    """Return the items to open, and their operands."""
    opened: set[int] = set()
    leaves: set[int] = set()
    level, seen, k = [graph.root], {graph.root}, 0
    while level:
        following: list[int] = []
        for i in level:
            if (not graph.links[i] and graph.operation(i) is None) or k == depth:
                leaves.add(i)
                continue
            opened.add(i)
            for j in graph.links[i]:
                if j not in seen:
                    seen.add(j)
                    following.append(j)
        level, k = following, k + 1
    return opened, leaves


def _check_size(graph: Graph, opened: set[int], max_nodes: int) -> None:
    total, largest, name = 0, 0, ""
    for i in opened:
        shapes = [() if isinstance(x, Constant) else graph.shape(x) for x in graph.operands(i)]
        op = graph.operation(i)
        n = cost(op, shapes, graph.shape(i), graph.items[i].parameters)
        total += n
        if n > largest:
            largest, name = n, f"{op.name} {graph.name(i)} of shape {graph.shape(i)}"
    if total > max_nodes:
        raise ValueError(
            f"zoom would compute about {total:,} numbers, more than max_nodes={max_nodes:,}; the "
            f"most in {name} ({largest:,}). Open fewer operations with depth=1, use smaller "
            "arrays, or raise max_nodes"
        )


def _open(graph: Graph, i: int, arrays: dict[int, Entries], boxes: Counter[str]) -> Entries:
    """Run the operation of an item on the entries of its operands, in a separate scope."""
    node, op = graph.items[i], graph.operation(i)
    operands: list[Any] = []
    for position, x in enumerate(graph.operands(i)):
        if isinstance(x, Constant):
            operands.append(entries(x.value))
        elif not op.elementwise and not op.differentiable(position):
            operands.append(graph.data(x))  # positions and targets are plain arrays
        else:
            operands.append(arrays[x])
    path = f"{node.scope}." if node.scope else ""
    path += (graph.label(i) or op.name).replace(".", "_")
    boxes[path] += 1
    if boxes[path] > 1:
        path += f" {boxes[path]}"
    alone = not graph.shape(i) and op.elementwise
    with absolute_scope(node.scope if alone else path):
        z = expand(op, operands, node.parameters)
    if graph.label(i):
        for v, label in _labelled(z, graph.label(i)):
            if isinstance(v, Value) and not v.label:
                v.label = label
    return z


def _leaf(graph: Graph, i: int) -> Entries:
    """Return an item that is not opened: Values, or plain numbers for a nameless constant."""
    z = entries(graph.data(i))
    item = graph.items[i]
    if not isinstance(item, Node):
        return z
    cut = graph.operation(i) is not None
    if item.label or cut or getattr(item, "requires_grad", False):
        name = graph.name(i) if cut or item.label else ""
        with absolute_scope(item.scope):
            for at, (x, label) in zip(np.ndindex(z.shape), _labelled(z, name), strict=True):
                z[at] = Value(x, label=label)
    return z


def _labelled(z: Entries, name: str) -> Iterator[tuple[Any, str]]:
    """Yield the entries of an array, each with its label: W[0,1]."""
    for at in np.ndindex(z.shape):
        place = f"[{','.join(map(str, at))}]" if at and name else ""
        yield z[at], name + place
