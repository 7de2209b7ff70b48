"""An expression written down: as aligned text, LaTeX, MathML, or shapes alone. Next: `text.py`.

`write` walks an expression and asks a style for the pieces; a piece is a `Piece`: what it looks
like and how tightly it holds together, so that parentheses stand where they are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...ops import elementwise as ops
from ...ops import linalg
from ..elements.subscripts import subscript
from .symbols import Alias, Length, Shape, Symbol, number

COMPARISONS = {
    "greater": ">",
    "greater_equal": "≥",
    "less": "<",
    "less_equal": "≤",
    "equal": "=",
    "not_equal": "≠",
    "bitwise_and": "∧",
    "bitwise_or": "∨",
}
WORDS = {"max": "max", "min": "min", "maximum": "max", "minimum": "min", "absolute": "abs"}


@dataclass(frozen=True)
class Piece:
    """A part of a formula, and its kind: atom, power, had, mat, quot, neg, sum or big."""

    body: Any
    kind: str = "atom"


# The kinds that need parentheses, by context
_NEED = {
    "sum-right": {"sum", "neg"},
    "had-left": {"sum", "neg", "mat", "big"},
    "had-right": {"sum", "neg", "mat", "big", "had", "quot"},
    "scale": {"sum", "neg"},
    "mat-left": {"sum", "neg", "had", "quot", "big"},
    "mat-right": {"sum", "neg", "had", "quot", "big", "mat"},
    "quot-left": {"sum", "neg", "mat", "big"},
    "tight": {"sum", "neg", "had", "mat", "quot", "big", "power"},
    "neg": {"sum", "neg"},
    "": set(),
}


def decimal(x: float, digits: int = 6) -> str:
    """Write a number in a formula, as an integer or a fraction such as 1/8 if possible."""
    if not np.isfinite(x):
        return rounded(x)
    near = Fraction(x).limit_denominator(10000)
    simple = near.numerator in (1, -1) or (abs(near) < 10 and near.denominator < 100)
    if simple and near.denominator > 1 and abs(float(near) - x) <= 1e-14 * abs(x):
        if near.denominator not in (10, 100, 1000, 10000):
            if abs(near.numerator) == 1 or len(repr(abs(float(x)))) > 6:
                return f"{near.numerator}/{near.denominator}"
    return rounded(x, digits)


def rounded(x: float, digits: int = 4) -> str:
    """Write a number with few digits."""
    if not np.isfinite(x):
        return {"inf": "∞", "-inf": "-∞"}.get(str(float(x)), "nan")
    if x == int(x) and abs(x) < 1e6:
        return str(int(x))
    mantissa, _, power = f"{x:.{digits}g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa


def shown(shape: Shape, batch: str | None) -> str:
    """Write a shape, with a letter for the number of samples if one is given."""
    parts = [batch if batch and isinstance(n, Length) else str(int(n)) for n in shape]
    return "(" + ",".join(parts) + ("," if len(parts) == 1 else "") + ")"


def over(e: Symbol) -> str:
    """Return the index of a sum: n for samples, k for classes, an axis, or '' for all."""
    x, axis = e.args[0], e.parameters.get("axis")
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == x.ndim:
        return ""
    letters = []
    for a in axes:
        last = a == x.ndim - 1
        letters.append("n" if isinstance(x._shape[a], Length) else "k" if last else str(a))
    return "".join(letters)


def write(e: Symbol, style: Style) -> Piece:
    """Write an expression in a style."""
    if e.number is not None:
        x = e.number
        return style.number(x, e._shape)
    if isinstance(e, Alias):
        return style.alias(e)
    if e.op is None:
        return style.name(e)
    own = style.operation(e)
    if own is not None:
        return own
    known = _WRITERS.get(e.op.name)
    if known is not None:
        return known(e, style)
    if e.op.name in COMPARISONS:
        parts = [write(a, style) for a in e.args]
        return style.bracket(parts[0], COMPARISONS[e.op.name], parts[1], e._shape)
    return _call(e, style)


def operand(e: Symbol, place: str, style: Style) -> Piece:
    """Write an operand, in parentheses if its context needs them."""
    piece = write(e, style)
    needs = _NEED[place] - ({"had", "mat"} if style.loose and place.endswith("left") else set())
    return style.parenthesised(piece, e) if piece.kind in needs else piece


def _add(e: Symbol, style: Style) -> Piece:
    sign = "+" if e.op is ops.add else "−"
    places = ("", "") if e.op is ops.add else ("", "sum-right")
    a, b = (operand(x, p, style) for x, p in zip(e.args, places, strict=True))
    return Piece(style.infix(a, sign, b), "sum")


def _negative(e: Symbol, style: Style) -> Piece:
    return Piece(style.prefix("−", operand(e.args[0], "neg", style)), "neg")


def _multiply(e: Symbol, style: Style) -> Piece:
    a, b = e.args
    if a is b:
        return style.power(operand(a, "tight", style), style.plain("2"))
    if a.number is not None:
        if b.op is ops.divide and b.args[0].number == 1:
            return style.quotient(write(a, style), operand(b.args[1], "tight", style))
        body = style.infix(style.number(a.number, ()), "·", operand(b, "scale", style))
        return Piece(body, "mat" if b.op is linalg.matmul else "had")
    sign = "⊙" if a._shape and b._shape else "·"
    return Piece(
        style.infix(operand(a, "had-left", style), sign, operand(b, "had-right", style)), "had"
    )


def _matmul(e: Symbol, style: Style) -> Piece:
    a, b = e.args
    return Piece(
        style.infix(operand(a, "mat-left", style), "@", operand(b, "mat-right", style)), "mat"
    )


def _divide(e: Symbol, style: Style) -> Piece:
    return _quotient(e.args[0], e.args[1], style)


def _quotient(a: Symbol, b: Symbol, style: Style) -> Piece:
    if style.bar:
        return style.quotient(write(a, style), write(b, style))
    return style.quotient(operand(a, "quot-left", style), operand(b, "tight", style))


def _power(e: Symbol, style: Style) -> Piece:
    if e.ndim > 1 and e.op is ops.power and e.args[1].number == -1:
        return _quotient(number(1), e.args[0], style)  # the sign ⁻¹ is that of an inverse matrix
    exponent = style.plain("2") if e.op is ops.square else style.inner(e.args[1])
    return style.power(operand(e.args[0], "tight", style), exponent)


def _inverse(e: Symbol, style: Style) -> Piece:
    return style.power(operand(e.args[0], "tight", style), style.inner(number(-1)))


def _transpose(e: Symbol, style: Style) -> Piece:
    if e.parameters.get("axes") is not None:
        return _call(e, style)
    return style.transposed(operand(e.args[0], "tight", style), e)


def _sum(e: Symbol, style: Style) -> Piece:
    return Piece(style.summed(over(e), operand(e.args[0], "tight", style)), "big")


def _heaviside(e: Symbol, style: Style) -> Piece:
    if e.args[1].number != 0:
        return _call(e, style)
    zero = Piece(style.plain("0"))
    return style.bracket(write(e.args[0], style), ">", zero, e._shape)


def _getitem(e: Symbol, style: Style) -> Piece:
    index = f"[{subscript(e.parameters['index'])}]"
    return style.indexed(style.inner(e.args[0], "tight"), index, e)


def _call(e: Symbol, style: Style) -> Piece:
    op = e.op
    assert op is not None
    word = WORDS.get(op.name, op.symbol if op.symbol.isalpha() else op.name)
    given = e.parameters
    options = [f"[{subscript(given['index'])}]"] if "index" in given else []
    # the last axis, or all axes, need not be named
    last = max(len(a._shape) for a in e.args) - 1
    for key in ("axes", "shift", "axis", "ord"):
        x = given.get(key)
        x = x[0] if isinstance(x, tuple) and len(x) == 1 else x
        if x is not None and not (key == "axis" and x in (-1, last)):
            options.append(f"{key}={x}")
    said = [style.plain(f"'{given['subscripts']}'")] if "subscripts" in given else []
    return style.call(word, said + [style.inner(a) for a in e.args], options, e)


_WRITERS = {
    "add": _add,
    "subtract": _add,
    "negative": _negative,
    "multiply": _multiply,
    "divide": _divide,
    "matmul": _matmul,
    "power": _power,
    "square": _power,
    "inv": _inverse,
    "transpose": _transpose,
    "sum": _sum,
    "heaviside": _heaviside,
    "getitem": _getitem,
}


class Style:
    """The notation of the pieces of a formula; the base class of all styles."""

    loose = False  # products of both kinds side by side without parentheses, as in Python
    bar = False  # quotients have a bar, which groups by itself

    def __init__(self, batch: str | None = None, values: dict[Symbol, Any] | None = None) -> None:
        self.batch = batch
        self.values = values

    def operation(self, e: Symbol) -> Piece | None:
        """Write an operation in the style's own form; None for the usual form."""
        return None

    def number(self, x: float, shape: Shape) -> Piece:
        """Write a number, which may represent a whole array."""
        raise NotImplementedError

    def name(self, e: Symbol) -> Piece:
        """Write a name or a gradient."""
        raise NotImplementedError

    def alias(self, e: Alias) -> Piece:
        """Write a short name, with its argument if it has one."""
        raise NotImplementedError

    def infix(self, a: Piece, sign: str, b: Piece) -> Any:
        """Write two pieces with a sign between."""
        raise NotImplementedError

    def prefix(self, sign: str, a: Piece) -> Any:
        """Write a piece with a sign before it."""
        raise NotImplementedError

    def summed(self, letters: str, a: Piece) -> Any:
        """Write a sum over something."""
        raise NotImplementedError

    def quotient(self, a: Piece, b: Piece) -> Piece:
        """Write a quotient."""
        return Piece(self.infix(a, "/", b), "quot")

    def power(self, a: Piece, exponent: Any) -> Piece:
        """Write a power."""
        raise NotImplementedError

    def transposed(self, a: Piece, e: Symbol) -> Piece:
        """Write a transpose."""
        raise NotImplementedError

    def bracket(self, a: Piece, sign: str, b: Piece, shape: Shape) -> Piece:
        """Write a condition, 1 where it holds and 0 elsewhere."""
        raise NotImplementedError

    def call(self, word: str, arguments: list[Any], options: list[str], e: Symbol) -> Piece:
        """Write a function of arguments."""
        raise NotImplementedError

    def indexed(self, a: Any, index: str, e: Symbol) -> Piece:
        """Write an index in brackets, after its operand."""
        raise NotImplementedError

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        """Write a piece in parentheses."""
        raise NotImplementedError

    def plain(self, text: str) -> Any:
        """Write a word without a shape."""
        raise NotImplementedError

    def inner(self, e: Symbol, place: str = "") -> Any:
        """Write an expression inside another one, without shapes."""
        raise NotImplementedError
