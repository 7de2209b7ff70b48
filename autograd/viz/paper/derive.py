"""`derive`: the chain rule on paper for a graph, one line per named node. Next: `why.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...node import Node, name_of, topological_order
from ...settings import checked_choice, checked_flag, checked_text, shown
from .cross_entropy import FAMILY, collapse
from .labels import pretty
from .page import Line, Page
from .reading import Reading, check_rules
from .symbols import Alias, Symbol, number, parts_of, symbol_of

# A gradient longer than this, in names and signs, gets its own line even without a label.
LONG_LINE = 20
# The longest formula that is written out.
LONGEST = 500
# The most operations of a graph to derive.
MOST_NODES = 100_000


class Derivation(Page):
    """The derivative of a loss with respect to one of its nodes, as formulas.

    Displayed by `text`, `latex`, `markdown`, `mathml` and in notebooks; `save` writes it to a file,
    `evaluate` returns the value of the formulas, and `shapes` the last formula in shapes only.

    Attributes
    ----------
    lines : list of Line
        One for every named node between the loss and the end, in the order of the backward pass.
    where : list of (Symbol, Symbol)
        The definitions of short names such as σ′(Z) and ŷ.
    zeros : list of str
        The terms of the chain rule that are 0, and why.
    """

    def __init__(
        self,
        lines: list[Line],
        where: list[tuple[Symbol, Symbol]],
        zeros: list[str],
        reading: Reading,
        *,
        numbers: bool,
        form: str,
        batch: str | None,
    ) -> None:
        self.lines = lines
        self.where = where
        self.zeros = zeros
        self.reading = reading
        self.numbers = numbers
        self.form = form
        self.batch = batch

    def evaluate(self) -> Any:
        """Return the gradient: the value of the printed formulas.

        Returns
        -------
        ndarray, or float for a Value

        Examples
        --------
        >>> a = Value(2.0, label="a")
        >>> derive(a**3, a).evaluate()
        12.0
        """
        last = self.lines[-1]
        found = self.values()[last.gradient]
        if not hasattr(last.node, "dtype"):  # a Value
            return float(found)
        return np.array(np.broadcast_to(found, last.node.shape), last.node.dtype)


def derive(
    loss: Any,
    wrt: Any,
    *,
    numbers: bool = False,
    form: str = "matrix",
    expand: bool | str | Iterable[str] = False,
    batch: str | None = None,
) -> Derivation:
    """Return the derivative of a loss with respect to a node, as the chain rule on paper.

    One line for every labelled node on the way; nodes without a label are written out where they
    are used. The formulas are the rules of the operations, run on names instead of numbers.

    Parameters
    ----------
    loss : Value or Tensor
        A single number that was computed.
    wrt : Value or Tensor
        The node at the end, a leaf or not.
    numbers : bool
        Also show every line with numbers in place of names.
    form : {"matrix", "indices"}
        Whole arrays, or one entry with sums over indices.
    expand : bool, label or labels
        True for one formula down to the loss; labels for one formula down to the gradients of
        these nodes.
    batch : str, optional
        A letter for the number of samples in shapes, such as ``"n"``.

    Returns
    -------
    Derivation

    Raises
    ------
    ValueError
        If the loss is not a single number, a label in ``expand`` is unknown, or the formula of
        ``expand`` is too long to read.
    TypeError
        If ``form="indices"`` meets an operation that has no index notation.

    Examples
    --------
    >>> X = Tensor(np.ones((8, 5)), label="X")
    >>> W = Tensor(np.ones((5, 3)), requires_grad=True, label="W1")
    >>> Z = X @ W
    >>> Z.label = "Z1"
    >>> O = sigmoid(Z)
    >>> O.label = "O1"
    >>> print(derive((O**2).sum(), W).text())
    ∂L/∂O₁ = 2 · O₁
    (8,3)        (8,3)
    <BLANKLINE>
    ∂L/∂Z₁ = ∂L/∂O₁ ⊙ σ′(Z₁)
    (8,3)    (8,3)    (8,3)
    <BLANKLINE>
    ∂L/∂W₁ = Xᵀ    @ ∂L/∂Z₁
    (5,3)    (5,8)   (8,3)
    <BLANKLINE>
    where σ′(Z₁) = O₁ ⊙ (1 − O₁)
    zero term: ∂X/∂W₁ = 0, no path
    """
    root, target = node_of(loss, "loss", "derive"), node_of(wrt, "wrt", "derive")
    if root.shape != ():
        raise ValueError(
            f"derive starts from a single number, {name_of(root)} has shape {root.shape}; reduce "
            "it first, as with .sum()"
        )
    form = checked_choice("form", form, "matrix", "indices")
    numbers = checked_flag("derive: numbers", numbers)
    if batch is not None:
        checked_text("derive: batch", batch)
    if numbers and form == "indices":
        raise ValueError('numbers=True shows whole arrays; it goes with form="matrix"')
    check_length(root, "derive", MOST_NODES)
    check_direction(root, target, "derive(loss, wrt)")
    work = _Chain(Reading(root), target, expand)
    lines = work.lines_of()
    found = Derivation(
        lines, work.where(), work.zeros(), work.reading, numbers=numbers, form=form, batch=batch
    )
    if form == "indices":
        found.text()  # so that errors are raised now, and not on display
    return found


def node_of(x: Any, name: str, function: str) -> Any:
    """Return the node of a Value or a Tensor, or raise a TypeError that names the argument."""
    found = x if isinstance(x, Node) else getattr(x, "node", None)
    if not isinstance(found, Node):
        raise TypeError(f"{function}: {name} is a Value or a Tensor, got {type(x).__name__}")
    return found


def check_direction(root: Any, target: Any, call: str) -> None:
    """Raise ValueError if loss and input are exchanged."""
    above = reached(topological_order(target), root)
    if root is not target and target in above:
        raise ValueError(
            f"{name_of(target)} is computed from {name_of(root)}, not the other way round; the "
            f"order is {call}"
        )


def check_length(root: Any, function: str, most: int) -> None:
    """Raise ValueError for a graph with too many operations to be read."""
    count = len(topological_order(root))
    if count > most:
        raise ValueError(
            f"{function}: a graph of {count} operations is too long to read; at most {most} are "
            "written out: take fewer steps or samples, or start from a node on the way"
        )


class _Chain:
    """The chain rule from a loss back to a target, with gradients as symbols."""

    def __init__(self, reading: Reading, target: Any, expand: Any) -> None:
        self.reading = reading
        self.target = target
        self.root = reading.root
        self.loss = self.root.label or "L"
        self.stops = self._stops(expand)
        self.whole = expand is not False
        self.reach = reached(reading.order, target)
        self.lines: list[Line] = []
        self.none: list[str] = []

    def _stops(self, expand: Any) -> set[str]:
        labels = [expand] if isinstance(expand, str) else [] if isinstance(expand, bool) else expand
        if not isinstance(labels, Iterable):
            raise TypeError(
                f"derive: expand is a list of labels, or True for all, got {shown(expand)}"
            )
        labels = set(labels)
        names = self.reading.names
        unknown = labels - {x for n in self.reading.order for x in (n.label, names[n])}
        if unknown:
            raise ValueError(f"expand: no computed node is labelled {sorted(unknown)}")
        return labels | {n.label for n in self.reading.order if names[n] in labels and n.label}

    def _gradient(self, node: Any) -> Symbol:
        inside = node in self.reading.graph.index
        name = self.reading.names[node] if inside else node.label or "it"
        symbol = self.reading.symbols.get(node)
        shape = node.shape if symbol is None else symbol._shape
        return Symbol(shape, name, loss=self.loss)

    def lines_of(self) -> list[Line]:
        """Return one line for every named node from the loss to the target."""
        if self.target is self.root:
            self.lines = [Line(self._gradient(self.root), [(number(1), "")], self.root)]
            return self.lines
        if self.target not in self.reach:
            why = f"no path leads from {name_of(self.target)} to {name_of(self.root)}"
            return self._nothing(why)
        found: dict[Any, Line] = {}
        for node in reversed(self.reading.order):
            if node is self.root or node in found:
                g = number(1) if node is self.root else self._arrived(node, found.pop(node))
                if node is not self.target:
                    self._pass_on(node, g, found)
        if self.target in found:
            self._arrived(self.target, found[self.target])
        if not self.lines or self.lines[-1].node is not self.target:
            return self._nothing("all paths end in terms that are 0")
        return self._needed()

    def _nothing(self, why: str) -> list[Line]:
        zero = number(0, self.target.shape)
        self.lines = [Line(self._gradient(self.target), [(zero, why)], self.target)]
        return self.lines

    def _arrived(self, node: Any, line: Line) -> Symbol:
        """Sum up the contributions: as a line, or within other lines."""
        g = line.formula
        if self.whole:
            if g.weight > LONGEST:
                raise ValueError(
                    f"the formula at {name_of(node)} has more than {LONGEST} names and signs; use "
                    "expand=False, or expand= the label of a node on the way"
                )
            own = not self.stops.isdisjoint((node.label, self.reading.names[node]))
        else:
            named = self.reading.symbols[node] in self.reading.definitions
            own = bool(node.label) or (named and g.weight > 0) or g.weight > LONG_LINE
        if node is not self.target and not own:
            return g
        self.lines.append(line)
        return line.gradient

    def _pass_on(self, node: Any, g: Symbol, found: dict[Any, Line]) -> None:
        check_rules(node)
        for i, x in enumerate(node.inputs):
            if not isinstance(x, Node) or x not in self.reach:
                continue
            if not node._operation.differentiable(i):
                self._vanish(node, x, f"{node._operation.name} is constant between its jumps")
                continue
            c = self.reading.contribution(node, i, g)
            if c.number == 0:
                self._vanish(node, x, "the local derivative is 0")
            steps = [(c, ""), *self._simplified(node, g)]
            if x in found:
                line = found[x]
                total = symbol_of(line.formula + steps[-1][0])
                line.steps = [(total, "")]
                line.consumers.append((node, i))
            else:
                found[x] = Line(self._gradient(x), steps, x, [(node, i)])

    def _simplified(self, node: Any, g: Symbol) -> list[tuple[Symbol, str]]:
        if node._operation not in FAMILY:
            return []
        full = next((line.formula for line in self.lines if line.gradient is g), g)
        return collapse(self.reading, node, g, full)

    def _vanish(self, node: Any, x: Any, why: str) -> None:
        names = self.reading.names
        self.none.append(f"∂{pretty(names[node]).text}/∂{pretty(names[x]).text} = 0, {why}")

    def _needed(self) -> list[Line]:
        """Return the lines that the last one depends on, in order."""
        by_gradient = {line.gradient: line for line in self.lines}
        wanted = {self.lines[-1].gradient}
        for line in reversed(self.lines):
            if line.gradient in wanted:
                for formula, _ in line.steps:
                    wanted |= by_gradient.keys() & names_in(formula)
        self.lines = [line for line in self.lines if line.gradient in wanted]
        return self.lines

    def zeros(self) -> list[str]:
        """Return the terms of the chain rule that are 0: branches that no path leads through."""
        found = list(self.none)
        target = self.lines[-1].gradient.name
        for node, _ in self.lines[-1].consumers:
            for x in node.inputs:
                if isinstance(x, Node) and x not in self.reach and self.reading.named(x):
                    a, b = pretty(self.reading.names[x]).text, pretty(target).text
                    found.append(f"∂{a}/∂{b} = 0, no path")
        return list(dict.fromkeys(found))

    def where(self) -> list[tuple[Symbol, Symbol]]:
        """Return the definitions of the short names in the lines, one of every kind."""
        found: list[tuple[Symbol, Symbol]] = []
        seen: set[str] = set()
        names: set[Symbol] = set()
        for line in self.lines:
            for formula, _ in line.steps:
                names |= names_in(formula)
                for e in parts_of(formula):
                    if isinstance(e, Alias) and e.name not in seen:
                        seen.add(e.name)
                        found.append((e, e.body))
                        names |= names_in(e.body)
        # names that were given here, if they are used
        made = self.reading.definitions
        given = []
        for name in reversed(made):
            if name in names:
                given.append((name, made[name]))
                names |= names_in(made[name])
        return found + given[::-1] + self._legend(names)

    def _legend(self, names: set[Symbol]) -> list[tuple[Symbol, Symbol]]:
        """Return the labels behind short names: W1 is layers.0.weight."""
        graph = self.reading.graph
        paths = {s: graph.path(graph.index[n]) for s, n in self.reading.nodes.items()}
        used = {(s.name, paths[s]): s for s in paths if paths[s] and s in names}
        return [(s, Symbol(s._shape, path)) for (_, path), s in sorted(used.items())]


def reached(order: list[Any], target: Any) -> set[Any]:
    """Return the nodes of a graph that depend on a target, itself included."""
    found = {target}
    for node in order:
        if any(p in found for p in node.parents):
            found.add(node)
    return found if len(found) > 1 or not order else set()


def names_in(formula: Symbol) -> set[Symbol]:
    """Return the names in an expression."""
    return {e for e in parts_of(formula) if e.op is None and e.number is None}
