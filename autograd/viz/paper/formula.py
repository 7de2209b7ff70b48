"""An expression written down: as aligned text, LaTeX, MathML, or shapes alone. Next: `reading.py`.

`write` walks an expression and asks a style for the pieces; a piece is a `Piece`: what it looks
like and how tightly it holds together, so that parentheses stand where they are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any

import numpy as np

from ...ops import elementwise as ops
from ...ops import linalg, reductions, shaping
from .labels import Name, pretty
from .symbols import Alias, Length, Shape, Symbol

COMPARISONS = {"greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤",
               "equal": "=", "not_equal": "≠", "bitwise_and": "∧", "bitwise_or": "∨"}
WORDS = {"max": "max", "min": "min", "maximum": "max", "minimum": "min", "absolute": "abs"}


@dataclass(frozen=True)
class Piece:
    """A part of a formula, and its kind: atom, power, had, mat, quot, neg, sum or big."""

    body: Any
    kind: str = "atom"


# The kinds that need parentheses in a place
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
    """Write a number: as an integer or a plain fraction where it is one, else in few digits."""
    if not np.isfinite(x):
        return {"inf": "∞", "-inf": "-∞"}.get(str(float(x)), "nan")
    if x == int(x) and abs(x) < 1e6:
        return str(int(x))
    near = Fraction(x).limit_denominator(10000)
    if abs(near.numerator) < 10 and abs(float(near) - x) <= 1e-14 * abs(x):
        if near.denominator not in (10, 100, 1000, 10000):
            return f"{near.numerator}/{near.denominator}"
    return f"{x:.{digits}g}"


def shown(shape: Shape, batch: str | None) -> str:
    """Write a shape, with a letter for the number of samples if one is given."""
    parts = [batch if batch and isinstance(n, Length) else str(int(n)) for n in shape]
    return "(" + ",".join(parts) + ("," if len(parts) == 1 else "") + ")"


def over(e: Symbol) -> str:
    """Return the letter of what a sum runs over: n samples, k classes, an axis, or '' for all."""
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


def _in(e: Symbol, place: str, style: Style) -> Piece:
    """Write an operand, in parentheses where its place needs them."""
    piece = write(e, style)
    needs = _NEED[place] - ({"had", "mat"} if style.loose and place.endswith("left") else set())
    return style.parenthesised(piece, e) if piece.kind in needs else piece


def _add(e: Symbol, style: Style) -> Piece:
    sign = "+" if e.op is ops.add else "−"
    places = ("", "") if e.op is ops.add else ("", "sum-right")
    a, b = (_in(x, p, style) for x, p in zip(e.args, places, strict=True))
    return Piece(style.infix(a, sign, b), "sum")


def _negative(e: Symbol, style: Style) -> Piece:
    return Piece(style.prefix("−", _in(e.args[0], "neg", style)), "neg")


def _multiply(e: Symbol, style: Style) -> Piece:
    a, b = e.args
    if a is b:
        return style.power(_in(a, "tight", style), style.plain("2"))
    if a.number is not None:
        if b.op is ops.divide and b.args[0].number == 1:
            return style.quotient(write(a, style), _in(b.args[1], "tight", style))
        body = style.infix(style.number(a.number, ()), "·", _in(b, "scale", style))
        return Piece(body, "mat" if b.op is linalg.matmul else "had")
    sign = "⊙" if a._shape and b._shape else "·"
    return Piece(style.infix(_in(a, "had-left", style), sign, _in(b, "had-right", style)), "had")


def _matmul(e: Symbol, style: Style) -> Piece:
    a, b = e.args
    return Piece(style.infix(_in(a, "mat-left", style), "@", _in(b, "mat-right", style)), "mat")


def _divide(e: Symbol, style: Style) -> Piece:
    if style.bar:
        return style.quotient(write(e.args[0], style), write(e.args[1], style))
    return style.quotient(_in(e.args[0], "quot-left", style), _in(e.args[1], "tight", style))


def _power(e: Symbol, style: Style) -> Piece:
    exponent = style.plain("2") if e.op is ops.square else style.inner(e.args[1])
    return style.power(_in(e.args[0], "tight", style), exponent)


def _transpose(e: Symbol, style: Style) -> Piece:
    if e.parameters.get("axes") is not None:
        return _call(e, style)
    return style.transposed(_in(e.args[0], "tight", style), e)


def _sum(e: Symbol, style: Style) -> Piece:
    return Piece(style.summed(over(e), _in(e.args[0], "tight", style)), "big")


def _heaviside(e: Symbol, style: Style) -> Piece:
    if e.args[1].number != 0:
        return _call(e, style)
    zero = Piece(style.plain("0"))
    return style.bracket(write(e.args[0], style), ">", zero, e._shape)


def _call(e: Symbol, style: Style) -> Piece:
    op = e.op
    assert op is not None
    word = WORDS.get(op.name, op.symbol if op.symbol.isalpha() else op.name)
    options = [f"{k}={v}" for k, v in e.parameters.items() if k in ("index", "axes", "ord")]
    return style.call(word, [style.inner(a) for a in e.args], options, e)


_WRITERS = {
    "add": _add,
    "subtract": _add,
    "negative": _negative,
    "multiply": _multiply,
    "divide": _divide,
    "matmul": _matmul,
    "power": _power,
    "square": _power,
    "transpose": _transpose,
    "sum": _sum,
    "heaviside": _heaviside,
}


class Style:
    """How the pieces of a formula look; the base of all styles."""

    loose = False  # products of both kinds side by side without parentheses, as in Python
    bar = False  # quotients have a bar, which groups by itself

    def __init__(self, batch: str | None = None, values: dict[Symbol, Any] | None = None) -> None:
        self.batch = batch
        self.values = values

    def operation(self, e: Symbol) -> Piece | None:
        """Write an operation in a way of the style's own; None for the usual way."""
        return None

    def number(self, x: float, shape: Shape) -> Piece:
        """Write a number, which may stand for a whole array."""
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

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        """Write a piece in parentheses."""
        raise NotImplementedError

    def plain(self, text: str) -> Any:
        """Write a word without a shape."""
        raise NotImplementedError

    def inner(self, e: Symbol) -> Any:
        """Write an expression inside another one, without shapes."""
        raise NotImplementedError


# --------------------------------------------------------------------------------------------------
# Text: a piece is a list of (text, shape below it)

Token = tuple[str, str]


class Text(Style):
    """Plain text, every factor with its shape below it; with values, numbers for names."""

    def _one(self, text: str, shape: Shape = ()) -> list[Token]:
        return [(text, shown(shape, self.batch) if shape else "")]

    def number(self, x: float, shape: Shape) -> Piece:
        return Piece(self._one(decimal(x).replace("-", "−"), shape), "neg" if x < 0 else "atom")

    def name(self, e: Symbol) -> Piece:
        if self.values is not None:
            return self._array(self.values[e])
        return Piece(self._one(gradient_text(e), e._shape))

    def _array(self, value: Any) -> Piece:
        text = brief(value)
        return Piece([(text, "")], "neg" if text.startswith("−") else "atom")

    def alias(self, e: Alias) -> Piece:
        if self.values is not None:
            return self._array(self.values[e])
        argument = f"({flat(self.inner(e.argument))})" if e.argument is not None else ""
        return Piece(self._one(f"{pretty(e.name).text}{argument}", e._shape))

    def infix(self, a: Piece, sign: str, b: Piece) -> Any:
        space = sign if sign == "/" and len(a.body) == len(b.body) == 1 else f" {sign} "
        return [*a.body, (space if sign != "/" else " / ", ""), *b.body]

    def prefix(self, sign: str, a: Piece) -> Any:
        return [(sign, ""), *a.body]

    def summed(self, letters: str, a: Piece) -> Any:
        return [("sum" + subscript(letters) + " ", ""), *a.body]

    def power(self, a: Piece, exponent: Any) -> Piece:
        text = superscript(flat(exponent))
        last, shape = a.body[-1]
        return Piece([*a.body[:-1], (last + text, shape)], "power")

    def transposed(self, a: Piece, e: Symbol) -> Piece:
        last = a.body[-1][0] + "ᵀ"
        if len(a.body) == 1:
            return Piece(self._one(last, e._shape) if self.values is None else [(last, "")])
        return Piece([*a.body[:-1], (last, "")])

    def bracket(self, a: Piece, sign: str, b: Piece, shape: Shape) -> Piece:
        text = f"[{flat(a.body)} {sign} {flat(b.body)}]"
        return Piece(self._one(text, shape if self.values is None else ()))

    def call(self, word: str, arguments: list[Any], options: list[str], e: Symbol) -> Piece:
        text = ", ".join([*map(flat, arguments), *options])
        return Piece(self._one(f"{word}({text})", e._shape if self.values is None else ()))

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        shapes = {shape for _, shape in a.body} - {""}
        simple = not any(sign in text for text, _ in a.body for sign in ("⊙", "@", "sum"))
        own = shown(e._shape, self.batch) if e._shape else ""
        if simple and shapes <= {own}:
            return Piece([(f"({flat(a.body)})", own if shapes else "")])
        return Piece([("(", ""), *a.body, (")", "")])

    def plain(self, text: str) -> Any:
        return [(text, "")]

    def inner(self, e: Symbol) -> Any:
        return write(e, self).body


def flat(tokens: list[Token]) -> str:
    """Return the text of tokens without the shapes below."""
    return "".join(text for text, _ in tokens)


def gradient_text(e: Symbol) -> str:
    """Return a name as text, of a gradient as ∂L/∂name."""
    name = pretty(e.name).text
    return f"∂{pretty(e.loss).text}/∂{name}" if e.loss else name


def brief(value: Any) -> str:
    """Write an array for a line of numbers: small ones in full, others as shape and norm."""
    value = np.asarray(value, float)
    if value.ndim == 0:
        return decimal(float(value), 4).replace("-", "−")
    if value.size <= 6 and value.ndim <= 2:
        text = np.array2string(value, precision=3, separator=" ", suppress_small=True)
        return " ".join(text.split()).replace("[ ", "[").replace("-", "−")
    return f"{shown(value.shape, None)}‖{np.linalg.norm(value):.3g}‖"


_SUB = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SUP = str.maketrans("0123456789+−-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")


def subscript(text: str) -> str:
    """Return letters and digits below the line."""
    return text.translate(_SUB)


def superscript(text: str) -> str:
    """Return digits above the line, other text after a ^."""
    return text.translate(_SUP) if all(ord(c) in _SUP for c in text) else f"^({text})"


def aligned(tokens: list[Token]) -> tuple[str, str]:
    """Return the line of a formula and the line of shapes below it."""
    above = below = ""
    for text, shape in tokens:
        width = max(len(text), len(shape))
        above += text.ljust(width)
        below += shape.ljust(width)
    return above.rstrip(), below.rstrip()


class Shapes(Text):
    """Shapes in the place of names, products read from the left as Python does."""

    loose = True

    def _one(self, text: str, shape: Shape = ()) -> list[Token]:
        return [(shown(shape, self.batch) if shape else text, "")]

    def infix(self, a: Piece, sign: str, b: Piece) -> Any:
        return super().infix(a, {"⊙": "*", "·": "*", "−": "-"}.get(sign, sign), b)

    def transposed(self, a: Piece, e: Symbol) -> Piece:
        return Piece(self._one("", e._shape))

    def alias(self, e: Alias) -> Piece:
        return Piece(self._one(e.name, e._shape))

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        if all(x.op is None for x in e.args) and e.op in (ops.add, ops.subtract):
            return Piece(self._one("", e._shape))
        return Piece([("[", ""), *a.body, ("]", "")])
