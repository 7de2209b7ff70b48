"""`to_numpy_source`, `to_torch_source`: a graph as a program. Next: `../stepping/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...node import Node, name_of
from ...settings import checked_choice
from ..paper.derive import LONG_LINE, check_length, node_of
from ..paper.reading import Reading
from ..paper.symbols import Symbol, number, symbol_of
from .code import Code, variable
from .loop import loop_source
from .numpy_words import NUMPY
from .spelling import Spelling
from .torch_words import TORCH

# The most nodes of a graph to write out.
MOST_NODES = 5000
# names that a program means something by
_USED = ("np", "torch", "special", "float", "int", "slice", "loss_and_gradients")


def to_numpy_source(loss: Any, *, style: str = "lines") -> str:
    """Return the forward and backward pass of a graph as a NumPy program, as if written by hand.

    The program is a function of the data and the parameters, named by their labels; it returns the
    loss and the gradients by name. The lines of the backward pass are the rules of the operations.

    Parameters
    ----------
    loss : Value or Tensor
        A single number that was computed.
    style : {"lines", "loop"}
        A line for every named node; or, for a chain of equal layers, a loop over lists of weights
        and biases, with lists of gradients as results.

    Returns
    -------
    str
        A Python module with one function, ``loss_and_gradients``.

    Raises
    ------
    ValueError
        If the loss is not a single computed number, its graph is too large to be read, or
        ``style="loop"`` is used for anything but a chain of equal layers.
    TypeError
        If an operation of the graph cannot be written in NumPy.

    Examples
    --------
    >>> X = Tensor(np.ones((8, 5)), label="X")
    >>> W = Tensor(np.ones((5, 3)), requires_grad=True, label="W")
    >>> O = (X @ W).sigmoid()
    >>> O.label = "O"
    >>> print(to_numpy_source((O**2).sum()))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))
    <BLANKLINE>
    <BLANKLINE>
    def loss_and_gradients(X, W):
        # forward
        O = sigmoid(X @ W)
        L = (O**2).sum()
        # backward: d_v is the derivative of L with respect to v
        d_O = 2 * O
        d_W = X.T @ (d_O * (O * (1 - O)))
        return L, {"W": d_W}
    """
    style = checked_choice("style", style, "lines", "loop")
    program = _Program(loss, NUMPY, "to_numpy_source")
    if style == "loop":
        return loop_source(program.root)
    return program.text("import numpy as np", [*program.forward(), *program.backward()])


def to_torch_source(loss: Any) -> str:
    """Return the forward pass of a graph as a PyTorch program that lets PyTorch differentiate.

    The program is a function of the same arguments as that of `to_numpy_source`, with the same
    result, in double precision.

    Parameters
    ----------
    loss : Value or Tensor
        A single number that was computed.

    Returns
    -------
    str
        A Python module with one function, ``loss_and_gradients``.

    Raises
    ------
    ValueError
        If the loss is not a single computed number, or its graph is too large to be read.
    TypeError
        If an operation of the graph cannot be written in PyTorch.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> print(to_torch_source(a.tanh() * a))
    import torch
    <BLANKLINE>
    <BLANKLINE>
    def loss_and_gradients(a):
        a = torch.tensor(a, dtype=torch.float64, requires_grad=True)
        L = torch.tanh(a) * a
        L.backward()
        return L.item(), {"a": a.grad.numpy()}
    """
    program = _Program(loss, TORCH, "to_torch_source")
    lines = [
        f"{word} = torch.tensor({word}{program.options(word, wants)})"
        for word, wants in program.arguments.items()
    ]
    lines += [line for line in program.forward() if not line.startswith("#")]
    pairs = ", ".join(f'"{w}": {w}.grad.numpy()' for w, wants in program.arguments.items() if wants)
    lines += [f"{program.loss}.backward()", f"return {program.loss}.item(), {{{pairs}}}"]
    return program.text("import torch", lines)


class _Program:
    """The variables and lines of a program for a graph."""

    def __init__(self, loss: Any, spelling: Spelling, function: str) -> None:
        root = node_of(loss, "loss", function)
        if root.shape != () or root.is_leaf:
            raise ValueError(
                f"{function} starts from a computed single number, not {name_of(root)} of shape "
                f"{root.shape}"
            )
        check_length(root, function, MOST_NODES)
        self.reading = Reading(root)
        self.root = root
        self.taken = {*_USED, *NUMPY.helpers}
        self.words: dict[Symbol, str] = {}
        self.arguments: dict[str, bool] = {}
        self._leaves: dict[str, Any] = {}
        self._arrays: dict[str, tuple[int, ...]] = {}
        self._masks: set[str] = set()
        self._name_all()
        self.code = Code(spelling, self.words)
        self.loss = self.words[self.reading.symbols[root]]

    def _name_all(self) -> None:
        reading = self.reading
        root = reading.symbols[self.root]
        # an operand without a derivative may be computed by operations that are not written out
        written = set(reading.order)
        for symbol, node in reading.nodes.items():
            name = "L" if symbol is root and not node.label else symbol.name
            word = self.words[symbol] = self._word(name)
            if node not in written:
                self.arguments[word] = node.is_leaf and node.requires_grad
                self._leaves[word] = node
                self._note_mask(word, node.data)
        for symbol, x in reading.arrays.values():
            word = self.words.setdefault(symbol, self._word(symbol.name))
            self.arguments[word] = False
            self._arrays[word] = symbol.shape
            self._note_mask(word, x)
        # the data first
        self.arguments = dict(sorted(self.arguments.items(), key=lambda item: item[1]))

    def _note_mask(self, word: str, x: Any) -> None:
        if np.asarray(x).dtype == bool:
            self._masks.add(word)

    def options(self, word: str, wants: bool) -> str:
        """Return how an argument becomes a tensor of PyTorch: masks stay masks."""
        kind = "" if word in self._masks else ", dtype=torch.float64"
        return kind + (", requires_grad=True" if wants else "")

    def _word(self, name: str) -> str:
        """Return an unused variable name like a label."""
        word = base = variable(name)
        count = 1
        while word in self.taken:
            count += 1
            word = f"{base}_{count}"
        self.taken.add(word)
        return word

    def text(self, first: str, lines: Iterable[str]) -> str:
        """Return the whole program: the import, the helpers it needs, and the function."""
        spelling, definition = self.code.spelling, self._definition(lines)

        def of_used(known: dict[str, str]) -> dict[str, None]:
            return dict.fromkeys(text for name, text in known.items() if name in self.code.used)

        top = "\n".join([first, *of_used(spelling.imports)])
        return "\n\n\n".join([top, *of_used(spelling.helpers), definition]) + "\n"

    def _definition(self, lines: Iterable[str]) -> str:
        graph = self.reading.graph
        paths = {w: graph.path(graph.index[n]) for w, n in self._leaves.items()}
        # arrays have no labels, and targets may have been converted to one-hot
        said = [f"# {w} has the shape {shape}" for w, shape in self._arrays.items()]
        said += [f"# {w} is {' '.join(paths[w].split())}" for w in self.arguments if paths.get(w)]
        body = "\n".join(f"    {line}" for line in [*said, *lines])
        return f"def loss_and_gradients({', '.join(self.arguments)}):\n{body}"

    def forward(self) -> list[str]:
        """Return a line for every named node."""
        lines = ["# forward"]
        for node in self.reading.order:
            word = self.words.get(self.reading.symbols[node])
            if word is not None:
                lines.append(f"{word} = {self.code.line(self.reading.forward[node])}")
        return lines

    def backward(self) -> list[str]:
        """Return a line for every gradient: of named nodes, and of leaves that require one."""
        lines = [f"# backward: d_v is the derivative of {self.loss} with respect to v"]
        arrived: dict[Any, Symbol] = {self.root: number(1)}
        for node in reversed(self.reading.order):
            g = arrived.pop(node, None)
            if g is None:
                continue
            uses = [
                (i, x)
                for i, x in enumerate(node.inputs)
                if isinstance(x, Node) and self._wants(x) and node._operation.differentiable(i)
            ]
            again = len(uses) > 1 and g.op is not None
            own = self.reading.named(node) or self.reading.symbols[node] in self.reading.definitions
            apart = own or again or g.weight > LONG_LINE
            if apart and node is not self.root and g.number is None:
                g = self._assigned(node, g, lines)
            for i, x in uses:
                c = self.reading.contribution(node, i, g, named=False)
                before = arrived.get(x)
                arrived[x] = c if before is None else symbol_of(before + c)
        gradients = []
        for leaf, g in arrived.items():
            word = self.words[self.reading.symbols[leaf]]
            self._assigned(leaf, g, lines)
            gradients.append((word, self.words[self._last]))
        places = {word: k for k, word in enumerate(self.arguments)}
        gradients.sort(key=lambda pair: places[pair[0]])
        pairs = ", ".join(f'"{word}": {d}' for word, d in gradients)
        return [*lines, f"return {self.loss}, {{{pairs}}}"]

    @staticmethod
    def _wants(x: Any) -> bool:
        return not x.is_leaf or bool(x.requires_grad)

    def _assigned(self, node: Any, g: Symbol, lines: list[str]) -> Symbol:
        """Assign a gradient to a variable."""
        name = self.words.get(self.reading.symbols[node], self.reading.names[node])
        symbol = self._last = Symbol(g.shape, name)
        word = self.words[symbol] = self._word(f"d_{name}")
        text = self.code.line(g)
        if g.number is not None and g.shape:
            value = self.code.line(number(g.number))
            text = f"np.full_like({self._value(node)}, {value})"
        lines.append(f"{word} = {text}")
        return symbol

    def _value(self, node: Any) -> str:
        return self.code.line(self.reading.symbols[node])
