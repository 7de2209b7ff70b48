"""Formulas as LaTeX and MathML. Next: `indices.py`."""
# ruff: noqa: D102 - the base class says what each method writes

from __future__ import annotations

from typing import Any, ClassVar

from ..elements.markup import escape
from .formula import Piece, Style, decimal, operand, shown
from .labels import Name, latex_word, pretty
from .symbols import Alias, Shape, Symbol


class Markup(Style):
    """The base class of LaTeX and MathML, whose pieces are strings."""

    bar = True
    plainly = False  # without shapes

    def _shaped(self, body: str, shape: Shape) -> str:
        return body

    def word(self, label: str) -> str:
        """Write a label."""
        raise NotImplementedError

    def sign(self, sign: str) -> str:
        """Write an operator."""
        raise NotImplementedError

    def row(self, *parts: str) -> str:
        """Write parts in a row."""
        raise NotImplementedError

    def fraction(self, above: str, below: str) -> str:
        """Write a fraction."""
        raise NotImplementedError

    def digits(self, text: str) -> str:
        """Write a number without a sign."""
        raise NotImplementedError

    def fenced(self, body: str, left: str = "(", right: str = ")") -> str:
        """Write text in brackets."""
        raise NotImplementedError

    def raised(self, body: str, exponent: str) -> str:
        """Write a power."""
        raise NotImplementedError

    def lowered(self, body: str, below: str) -> str:
        """Write text with letters below it."""
        raise NotImplementedError

    def primed(self, body: str) -> str:
        """Write a function's derivative."""
        return self.raised(body, self.sign("′"))

    def number(self, x: float, shape: Shape) -> Piece:
        text = decimal(abs(x))
        parts = [self.digits(part) for part in text.split("/")]
        body = self.fraction(*parts) if len(parts) == 2 else parts[0]
        body = self._shaped(body, shape)
        return Piece(self.row(self.sign("−"), body), "neg") if x < 0 else Piece(body)

    def name(self, e: Symbol) -> Piece:
        body = self.word(e.name)
        if e.loss:
            d = self.sign("∂")
            body = self.fraction(self.row(d, self.word(e.loss)), self.row(d, body))
        return Piece(self._shaped(body, e.shape))

    def alias(self, e: Alias) -> Piece:
        body = self.word(e.name.rstrip("′"))
        if e.name.endswith("′"):
            body = self.primed(body)
        if e.argument is not None:
            body = self.row(body, self.fenced(self.inner(e.argument)))
        return Piece(self._shaped(body, e.shape))

    def infix(self, a: Piece, sign: str, b: Piece) -> Any:
        return self.row(a.body, self.sign(sign), b.body)

    def prefix(self, sign: str, a: Piece) -> Any:
        return self.row(self.sign(sign), a.body)

    def quotient(self, a: Piece, b: Piece) -> Piece:
        return Piece(self.fraction(a.body, b.body))

    def summed(self, letters: str, a: Piece) -> Any:
        total = self.sign("∑")
        return self.row(self.lowered(total, self.word(letters)) if letters else total, a.body)

    def power(self, a: Piece, exponent: Any) -> Piece:
        return Piece(self.raised(a.body, exponent), "power")

    def bracket(self, a: Piece, sign: str, b: Piece, shape: Shape) -> Piece:
        return Piece(self.fenced(self.row(a.body, self.sign(sign), b.body), "[", "]"))

    def call(self, word: str, arguments: list[Any], options: list[str], e: Symbol) -> Piece:
        parts: list[str] = []
        for part in [*arguments, *(self.plain(o) for o in options)]:
            parts += [self.sign(","), part] if parts else [part]
        body = self.row(self.word(word), self.fenced(self.row(*parts)))
        return Piece(self._shaped(body, e.shape))

    def indexed(self, a: Any, index: str, e: Symbol) -> Piece:
        return Piece(self._shaped(self.row(a, self.plain(index)), e.shape))

    def transposed(self, a: Piece, e: Symbol) -> Piece:
        x = e.args[0]
        if x.op is not None:
            return Piece(self.raised(a.body, self.sign("⊤")))
        return Piece(self._shaped(self.raised(self.inner(x), self.sign("⊤")), e.shape))

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        return Piece(self.fenced(a.body))

    def inner(self, e: Symbol, place: str = "") -> Any:
        kept, self.plainly = self.plainly, True
        try:
            return operand(e, place, self).body
        finally:
            self.plainly = kept


class Latex(Markup):
    """LaTeX, for KaTeX, MathJax and papers."""

    _signs: ClassVar[dict[str, str]] = {
        "⊙": r"\odot",
        "@": r"\mathbin{@}",
        "·": r"\cdot",
        "−": "-",
        "∂": r"\partial",
        "∑": r"\sum",
        "⊤": r"\top",
        "′": r"\prime",
        "≠": r"\neq",
        "≥": r"\ge",
        "≤": r"\le",
        "∧": r"\wedge",
        "∨": r"\vee",
    }

    def _shaped(self, body: str, shape: Shape) -> str:
        if self.plainly or not shape:
            return body
        batch = self.batch and latex_word(self.batch, upright=False)
        return rf"\underset{{\scriptscriptstyle {shown(shape, batch)}}}{{{body}}}"

    def word(self, label: str) -> str:
        return pretty(label).latex

    def sign(self, sign: str) -> str:
        return self._signs.get(sign, sign)

    def row(self, *parts: str) -> str:
        return " ".join(parts)

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def digits(self, text: str) -> str:
        mantissa, e, exponent = text.partition("e")
        if text == "∞":
            return r"\infty"
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text

    def fenced(self, body: str, left: str = "(", right: str = ")") -> str:
        if r"\frac" not in body:  # a shape below a name does not need a tall bracket
            return f"{left} {body} {right}"
        return rf"\left{left} {body} \right{right}"

    def raised(self, body: str, exponent: str) -> str:
        return f"{{{body}}}^{{{exponent}}}"

    def lowered(self, body: str, below: str) -> str:
        return f"{body}_{{{below}}}"

    def plain(self, text: str) -> Any:
        if text.startswith("["):
            return rf"\texttt{{{text}}}"
        return text if text.isdigit() else latex_word(text)


class MathML(Markup):
    """MathML, which browsers show without a library."""

    def _shaped(self, body: str, shape: Shape) -> str:
        if self.plainly or not shape:
            return body
        sizes = escape(shown(shape, self.batch))
        return f'<munder>{body}<mtext mathsize="70%">{sizes}</mtext></munder>'

    def word(self, label: str) -> str:
        found: Name = pretty(label)
        base = f"<mi>{escape(found.base)}</mi>"
        if not found.below:
            return base
        kind = "mn" if found.below.isdigit() else "mi"
        return f"<msub>{base}<{kind}>{escape(found.below)}</{kind}></msub>"

    def sign(self, sign: str) -> str:
        return f"<mo>{escape(sign)}</mo>"

    def row(self, *parts: str) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def fraction(self, above: str, below: str) -> str:
        return f"<mfrac>{above}{below}</mfrac>"

    def digits(self, text: str) -> str:
        return f"<mn>{text}</mn>"

    def fenced(self, body: str, left: str = "(", right: str = ")") -> str:
        size = 'symmetric="false"' if "<mfrac>" in body else 'stretchy="false"'
        return f"<mrow><mo {size}>{left}</mo>{body}<mo {size}>{right}</mo></mrow>"

    def raised(self, body: str, exponent: str) -> str:
        if body.startswith("<msub>"):  # above the index, not behind it
            return f"<msubsup>{body[6:-7]}{exponent}</msubsup>"
        return f"<msup>{body}{exponent}</msup>"

    def primed(self, body: str) -> str:
        # the glyph is raised already
        return f'<mrow>{body}<mo lspace="0" rspace="0">′</mo></mrow>'

    def lowered(self, body: str, below: str) -> str:
        return f"<munder>{body}{below}</munder>"

    def plain(self, text: str) -> Any:
        return f"<mn>{text}</mn>" if text.isdigit() else f"<mtext>{escape(text)}</mtext>"
