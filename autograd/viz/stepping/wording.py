"""The texts about a move: formula, factors, explanation, and a question. Next: `orders.py`.

Formulas are the rules of the operations, run on names as by `derive`; numbers are those of the real
sweep.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...ops import elementwise as ops
from ..graph.graph import Graph
from ..paper.formula import Style, write
from ..paper.markup import MathML
from ..paper.reading import Names, Reading, Samples
from ..paper.symbols import Symbol, evaluate, number, plainly
from ..paper.text import Text, flat
from .moves import Pass, by_hand
from .recording import axes_summed

# a gradient longer than this, in names and signs, is replaced by its name
_LONG = 40
# a loss with a longer label than this is called L in formulas
_WORD = 16

_UNCHANGED = "A sum hands the gradient on unchanged: its local derivative is 1."
_WHY: dict[str, tuple[str, ...]] = {
    "add": (_UNCHANGED,),
    "add_n": (_UNCHANGED,),
    "subtract": (_UNCHANGED, "What is subtracted enters with −1."),
    "negative": ("The sign turns: the local derivative is −1.",),
    "multiply": ("The local derivative of a product by one factor is the other factor.",),
    "sumprod": ("In a sum of products, each factor is weighted by its partner.",),
    "divide": (
        "The local derivative by the dividend is 1 over the divisor.",
        "The local derivative of x/y by y is −x/y².",
    ),
    "power": (
        "The local derivative of xⁿ is n·xⁿ⁻¹.",
        "The local derivative of xʸ by y is xʸ·log x.",
    ),
    "square": ("The local derivative of x² is 2x.",),
    "exp": ("The exponential is its own derivative.",),
    "log": ("The local derivative of log x is 1/x.",),
    "tanh": ("The local derivative of tanh is 1 − tanh², known from the result.",),
    "sigmoid": ("The local derivative of σ is σ·(1 − σ), known from the result.",),
    "relu": ("1 where the input is positive, 0 elsewhere: a gate.",),
    "leaky_relu": ("1 where the input is positive, the leak elsewhere.",),
    "softplus": ("The local derivative of softplus is σ(x).",),
    "absolute": ("The sign of the input: 1 or −1, and 0 at 0.",),
    "sqrt": ("The local derivative of √x is 1/(2·√x), known from the result.",),
    "reciprocal": ("The local derivative of 1/x is −1/x².",),
    "log1p": ("The local derivative of log(1 + x) is 1/(1 + x).",),
    "sin": ("The local derivative of sin is cos.",),
    "cos": ("The local derivative of cos is −sin.",),
    "tan": ("The local derivative of tan is 1 + tan², known from the result.",),
    "arctan": ("The local derivative of arctan is 1/(1 + x²).",),
    "sinh": ("The local derivative of sinh is cosh.",),
    "cosh": ("The local derivative of cosh is sinh.",),
    "matmul": (
        "Entry [i, k] of {x} met row k of {y}: multiply by the same numbers and add up over the "
        "columns of {z}.",
        "Entry [k, j] of {y} met column k of {x}: multiply by the same numbers and add up over the "
        "rows of {z}.",
    ),
    "linear": (
        "Entry [i, k] of {x} met row k of the weights: multiply by them and add up over the "
        "columns of {z}.",
        "Entry [k, j] of the weights met column k of {x}: multiply by it and add up over the rows "
        "of {z}.",
        "Every row of {z} used the same bias: the gradients of the rows add up.",
    ),
    "sum": ("Every entry entered the sum with weight 1: each receives the same gradient.",),
    "mean": ("Every entry entered the mean with weight 1/n.",),
    "max": ("Only the largest entry decided; the gradient goes there alone.",),
    "min": ("Only the smallest entry decided; the gradient goes there alone.",),
    "nanmax": ("Only the largest number decided; the gradient goes there alone.",),
    "nanmin": ("Only the smallest number decided; the gradient goes there alone.",),
    "maximum": ("Only the larger of the two decided; the gradient goes there alone.",),
    "minimum": ("Only the smaller of the two decided; the gradient goes there alone.",),
    "where": ("The gradient goes to the branch that was taken.",),
    "reshape": ("The entries only moved; the gradient moves back.",),
    "transpose": ("The entries only moved; the gradient moves back.",),
    "roll": ("The entries only moved; the gradient moves back.",),
    "getitem": ("Only the chosen entries were used; the others receive 0.",),
    "diff": ("Every entry was subtracted in one difference and added in the one before it.",),
    "gradient": ("Every entry was in the slopes of its two neighbours, with opposite signs.",),
    "insert": ("The entries only moved; the gradient moves back.",),
    "concatenate": ("Each part receives its own piece of the gradient.",),
    "broadcast_to": ("Copies of one entry add up their gradients.",),
    "pad": ("Copies of one entry add up their gradients.",),
    "repeat": ("Copies of one entry add up their gradients.",),
    "segment_sum": ("Every entry of a segment receives the gradient of its sum.",),
    "windows": ("An entry adds up the gradients from all windows that it was in.",),
    "softmax": ("Raising one entry lowers the shares of the others: y ⊙ (g − Σ g ⊙ y).",),
    "log_softmax": ("Raising one entry lowers the shares of the others: g − softmax · Σ g.",),
    "logsumexp": ("The derivative of logsumexp is softmax.",),
    "softmax_cross_entropy": ("Softmax and logarithm cancel: what is left is ŷ − y.",),
    "sigmoid_cross_entropy": ("Sigmoid and logarithm cancel: what is left is σ(z) − y.",),
    "squared_error": ("The derivative of a square is twice the difference.",),
}


# explanations that hold for matrices, not for vectors or stacks of matrices
_FLAT = ("matmul",)


class Notation(Reading):
    """The drawn nodes of a graph as symbols, under the names of the picture.

    Parameters
    ----------
    graph : Graph
    shown : iterable of int
        The computed items that are drawn; all others are names.
    """

    def __init__(self, graph: Graph, shown: Iterable[int]) -> None:
        self.graph = graph
        self.root = graph.items[-1]
        self.every = True
        self.order = [graph.items[i] for i in shown]
        self.names: dict[Any, str] = Names(graph)
        self.symbols, self.forward, self.definitions = {}, {}, {}
        self.slopes, self.arrays, self.nodes = {}, {}, {}
        self.samples = Samples(self.order)
        for node in self.order:
            self._enter(node)
        if self.root not in self.symbols:
            self._leaf(self.root)
        label = graph.label(graph.root)
        self.loss = label if 0 < len(label) <= _WORD else "L"
        if self.loss != graph.name(graph.root) and self.loss in graph.labels.values():
            self.loss = graph.name(graph.root)
        self.expressions: dict[int, Symbol] = {}
        self.known = {s: graph.data(graph.index[n]) for s, n in self.nodes.items()}
        self.known |= {s: np.asarray(x) for s, x in self.arrays.values()}

    def gradient(self, i: int) -> Symbol:
        """Return the name of the gradient of the loss with respect to an item."""
        item = self.graph.items[i]
        symbol = self.symbols.get(item)
        shape = self.graph.shape(i) if symbol is None else symbol._shape
        return Symbol(shape, self.graph.name(i), loss=self.loss)

    def computed(self, i: int) -> str:
        """Return the equation that computed an item, as MathML."""
        item = self.graph.items[i]
        return equation(self.symbols[item], "=", self.forward[item])

    def rule(self, p: Pass, g: Symbol) -> Symbol | None:
        """Return a contribution as a formula; None for a derivative written by hand."""
        node = self.graph.items[p.source]
        if by_hand(node):
            return None
        try:
            return _spread(self.contribution(node, p.position, g), g)
        except (TypeError, ValueError, KeyError):
            return None

    def grown(self, p: Pass) -> str:
        """Return the gradient of the target so far, written out if it is short enough."""
        graph = self.graph
        upstream = self.expressions.get(p.source)
        if upstream is None:
            shape = graph.shape(p.source)
            upstream = number(1.0, shape) if p.source == graph.root else self.gradient(p.source)
        if upstream.weight > _LONG:
            upstream = self.gradient(p.source)
        c = self.rule(p, upstream)
        if c is None:
            return ""
        before = self.expressions.get(p.target)
        if p.before is not None and before is None:
            return ""
        total = c if p.before is None or before is None else before + c
        self.expressions[p.target] = total
        return text_of(total) if total.weight <= 2 * _LONG else ""

    def factors(self, c: Symbol, g: Symbol, upstream: Any) -> tuple[str, list[tuple[str, Any]]]:
        """Return the sign and the two factors of a contribution that is a product."""
        sign = {"matmul": "@", "multiply": "⊙"}.get(c.op.name if c.op else "")
        if sign is None:
            return "", []
        try:
            values = self.known | {g: upstream}
            sign = "·" if sign == "⊙" and not all(a._shape for a in c.args) else sign
            return sign, [(text_of(a), evaluate(a, values)) for a in c.args]
        except (KeyError, TypeError, ValueError):
            return "", []


def _spread(c: Symbol, g: Symbol) -> Symbol:
    """Write a gradient broadcast to a shape as a product with ones."""
    e = c
    while e.op is not None and e.op.name in ("reshape", "broadcast_to"):
        e = e.args[0]
    if e is not g or e is c or g.number is not None or g._shape:
        return c
    return plainly(ops.multiply, (g, number(1.0, c._shape)), {})


def local_text(c: Symbol, g: Symbol) -> str:
    """Return the local derivative in a contribution as text; '' if it cannot be separated."""
    e = c
    while e.op is not None and e.op.name in ("sum", "reshape", "broadcast_to"):
        e = e.args[0]
    if e is g:
        return "1"
    if e.op is not None and e.op.name == "negative":
        rest = local_text(e.args[0], g)
        return f"−{rest}" if rest and " " not in rest else ""
    if e.op is not None and e.op.name == "multiply" and any(x is g for x in e.args):
        other = e.args[1] if e.args[0] is g else e.args[0]
        return text_of(other)
    return ""


def text_of(e: Symbol) -> str:
    """Write an expression as text, without shapes."""
    return flat(write(e, Text()).body)


def equation(left: Symbol, sign: str, right: Symbol) -> str:
    """Write an equation as MathML, with the shape of every factor below it."""
    style: Style = MathML()
    a, b = write(left, style).body, write(right, style).body
    return f'<math display="block"><mrow>{a}<mo>{sign}</mo>{b}</mrow></math>'


def reason(graph: Graph, p: Pass) -> str:
    """Explain the local rule in a sentence."""
    node = graph.items[p.source]
    if by_hand(node):
        return "This node has a _backward of its own, written by hand."
    told = _WHY.get(node.op.name)
    if node.op.name in _FLAT and any(len(graph.shape(x)) != 2 for x in (p.source, p.target)):
        told = None
    if told is None:
        if node.op.elementwise:
            return f"The local derivative of {node.op.name} at this point."
        return f"The rule of {node.op.name}, which takes the gradient back as a whole."
    operands = [] if node.op.variadic else graph.operands(p.source)
    names = dict(zip(node.op.inputs, map(_called(graph), operands), strict=False))
    sentence = told[min(p.position, len(told) - 1)]
    return sentence.format(**{"z": graph.name(p.source), "x": "", "y": "", **names})


def _called(graph: Graph) -> Any:
    return lambda x: graph.name(x) if isinstance(x, int) else x.text


def summed(graph: Graph, p: Pass) -> tuple[str, str]:
    """Return the sum that undoes broadcasting, in short and as a sentence; '' if there is none."""
    node = graph.items[p.source]
    have, want = graph.shape(p.source), graph.shape(p.target)
    if have == want or by_hand(node) or not node.op.elementwise:
        return "", ""
    axes = axes_summed(have, want)
    if not axes:
        return "", ""
    count = int(np.prod([have[k] for k in axes]))
    which = "axis " if len(axes) == 1 else "axes "
    which += ", ".join(map(str, axes))
    return (
        f"Σ over {which}",
        f"{graph.name(p.target)} of shape {want} was stretched to {have}: each of its entries was "
        f"used {count} times, so {count} gradients add up, over {which}.",
    )


# --------------------------------------------------------------------------------------------------
# Questions


def question(graph: Graph, p: Pass, c: Symbol | None, turn: int) -> dict[str, Any]:
    """Return a question about the gradient after a contribution, with its answer.

    For a scalar it asks for the number; for arrays in turn for shape, expression, or one entry.
    """
    name, shape = graph.name(p.target), graph.shape(p.target)
    wanted = f"∂L/∂{name}"
    if not shape:
        return {
            "ask": f"What is the gradient of {name} after this step?",
            "answer": plain(float(p.after)),
        }
    if turn % 3 == 0:
        right = shape_text(shape)
        wrong = {shape_text(s) for s in _shapes(graph, p)} - {right}
        return _choice(f"What shape has the gradient of {name}?", right, sorted(wrong)[:3], turn)
    if turn % 3 == 1 and c is not None and c.weight <= _LONG:
        right = text_of(c)
        return _choice(
            f"Which expression is the contribution to {wanted}?", right, _bent(right), turn
        )
    after = np.asarray(p.after, float)
    if after.size == 0:
        return _choice(f"What shape has the gradient of {name}?", shape_text(shape), ["()"], turn)
    sizes = np.where(np.isfinite(after), np.abs(after), -1.0)
    at = np.unravel_index(int(np.argmax(sizes)), after.shape)
    entry = ", ".join(str(int(k)) for k in at)
    return {
        "ask": f"Which number stands at [{entry}] of the gradient of {name} after this step?",
        "answer": plain(float(after[at])),
    }


def _choice(ask: str, right: str, wrong: list[str], turn: int) -> dict[str, Any]:
    choices = list(wrong)
    choices.insert(turn % (len(choices) + 1), right)
    return {"ask": ask, "choices": choices, "answer": right}


def _shapes(graph: Graph, p: Pass) -> list[tuple[int, ...]]:
    """Return plausible wrong shapes of the target's gradient."""
    shape = graph.shape(p.target)
    near = [shape[::-1], graph.shape(p.source), (), (*shape, 1), (shape[0] + 1, *shape[1:])]
    return near + [graph.shape(x) for x in graph.links[p.source]]


def _bent(right: str) -> list[str]:
    """Return plausible wrong expressions."""
    found = []
    if " @ " in right:
        a, _, b = right.partition(" @ ")
        found += [f"{b} @ {a}", right.replace("ᵀ", ""), right.replace(" @ ", " ⊙ ")]
    if " ⊙ " in right:
        found.append(right.replace(" ⊙ ", " @ "))
    if "sum" in right:
        found.append(right.partition(" ")[2])
    found += [
        right[1:] if right.startswith("−") else f"−({right})",
        f"({right})²",
        f"2 · ({right})",
    ]
    return [x for x in dict.fromkeys(found) if x != right][:3]


def plain(x: float) -> float | str:
    """Return a number in a form that JSON can represent."""
    return x if math.isfinite(x) else str(x)


def shape_text(shape: tuple[int, ...]) -> str:
    """Format a shape as Python does, that of a scalar as a word."""
    return str(tuple(shape)) if shape else "() scalar"
