"""Formulas as plain text, every factor with its shape below it. Next: `markup.py`.

A piece is a list of tokens: the text, and the shape that stands below it.
"""
# ruff: noqa: D102 - the base class says what each method writes

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import elementwise as ops
from ..elements.figures import norm
from .formula import Piece, Style, decimal, operand, rounded, shown
from .labels import pretty
from .symbols import Alias, Shape, Symbol, evaluate

Token = tuple[str, str]


class Text(Style):
    """Plain text, with the shape of every factor below it; with values, numbers for names."""

    def _one(self, text: str, shape: Shape = ()) -> list[Token]:
        return [(text, shown(shape, self.batch) if shape else "")]

    def number(self, x: float, shape: Shape) -> Piece:
        return Piece(self._one(decimal(x).replace("-", "−"), shape), "neg" if x < 0 else "atom")

    def name(self, e: Symbol) -> Piece:
        if self.values is not None:
            return self._array(evaluate(e, self.values))
        return Piece(self._one(gradient_text(e), e._shape))

    def _array(self, value: Any) -> Piece:
        text = brief(value)
        return Piece([(text, "")], "neg" if text.startswith("−") else "atom")

    def alias(self, e: Alias) -> Piece:
        if self.values is not None:
            return self._array(evaluate(e, self.values))
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

    def indexed(self, a: Any, index: str, e: Symbol) -> Piece:
        shape = e._shape if self.values is None else ()
        return Piece(self._one(f"{flat(a)}{index}", shape))

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        shapes = {shape for _, shape in a.body} - {""}
        simple = not any(sign in text for text, _ in a.body for sign in ("⊙", "@", "sum"))
        own = shown(e._shape, self.batch) if e._shape else ""
        if simple and shapes <= {own}:
            return Piece([(f"({flat(a.body)})", own if shapes else "")])
        return Piece([("(", ""), *a.body, (")", "")])

    def plain(self, text: str) -> Any:
        return [(text, "")]

    def inner(self, e: Symbol, place: str = "") -> Any:
        return operand(e, place, self).body


def flat(tokens: list[Token]) -> str:
    """Return the text of tokens without the shapes below."""
    return "".join(text for text, _ in tokens)


def gradient_text(e: Symbol) -> str:
    """Return a name as text, of a gradient as ∂L/∂name."""
    name = pretty(e.name).text
    return f"∂{pretty(e.loss).text}/∂{name}" if e.loss else name


def brief(value: Any) -> str:
    """Write an array in a line of numbers: a small one in full, others by shape and norm."""
    value = np.asarray(value, float)
    if value.ndim == 0:
        return rounded(float(value)).replace("-", "−")
    if value.size <= 6 and value.ndim <= 2:
        text = np.array2string(value, precision=3, separator=" ", suppress_small=True)
        return " ".join(text.split()).replace("[ ", "[").replace("-", "−")
    return f"{shown(value.shape, None)}‖{norm(value):.3g}‖"


_SUB = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SUP = str.maketrans("0123456789+−-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")


def subscript(text: str) -> str:
    """Return letters and digits as subscripts."""
    return text.translate(_SUB)


def superscript(text: str) -> str:
    """Return digits as superscripts, other text after a ^."""
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
    """Shapes in place of names, products from the left as in Python."""

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
