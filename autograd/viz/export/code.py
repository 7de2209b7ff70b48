"""Expressions as Python, in the words of a library. Next: `loop.py`."""
# ruff: noqa: D102 - the base class says what each method writes

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import Any

import numpy as np

from ...ops import decompositions, indexing, piecewise, reductions, shaping
from ..paper.formula import Piece, Style, write
from ..paper.symbols import Alias, Constant, Shape, Symbol
from .spelling import Argument, Spelling

_SIGNS = {"⊙": "*", "·": "*", "−": "-"}
# operations that are written as a sum or product, not as a call
_SUMS = ("squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy", "add_n")
# operations that have a sign on paper, and may need to be called
_SPELLED = frozenset(
    {
        reductions.sum,
        piecewise.heaviside,
        shaping.transpose,
        indexing.getitem,
        decompositions.inv,
    }
)
_CONDITIONS = {"≥": ">=", "≤": "<=", "=": "==", "≠": "!=", "∧": "&", "∨": "|"}


def variable(name: str) -> str:
    """Return a name as a valid variable name of Python."""
    # as Python reads names
    word = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
    return word if word.isidentifier() and not keyword.iskeyword(word) else f"v_{word}"


class Code(Style):
    """Python: the formula of an expression as source code.

    Parameters
    ----------
    spelling : Spelling
        The names of operations.
    words : dict
        The variable of every name.
    """

    def __init__(self, spelling: Spelling, words: dict[Symbol, str]) -> None:
        super().__init__()
        self.spelling = spelling
        self.words = words
        self.used: set[str] = set()

    def line(self, e: Symbol) -> str:
        """Return an expression as source text."""
        text: str = write(e, self).body
        return text

    def operation(self, e: Symbol) -> Piece | None:
        op = e.op
        if op is shaping.transpose and e.parameters.get("axes") is None and e.ndim == 2:
            return None
        return self._spelled(e) if op in _SPELLED else None

    def number(self, x: float, shape: Shape) -> Piece:
        if not np.isfinite(x):
            text = f"float({str(float(x))!r})"
        else:
            text = repr(int(x)) if x == int(x) and abs(x) < 1e6 else repr(float(x))
        if shape:
            return Piece(self.spelling.full.format(tuple(map(int, shape)), text))
        return Piece(text, "neg" if x < 0 else "atom")

    def name(self, e: Symbol) -> Piece:
        if isinstance(e, Constant):
            full, array = self.spelling.full, self.spelling.array
            empty = full.format(e.value.shape, 0)
            return Piece(array.format(e.value.tolist()) if e.value.size else empty)
        return Piece(self.words[e])

    def alias(self, e: Alias) -> Piece:
        return write(e.body, self)

    def infix(self, a: Piece, sign: str, b: Piece) -> Any:
        return f"{a.body} {_SIGNS.get(sign, sign)} {b.body}"

    def prefix(self, sign: str, a: Piece) -> Any:
        return f"-{a.body}"

    def power(self, a: Piece, exponent: Any) -> Piece:
        return Piece(f"{a.body}**{exponent}", "power")

    def transposed(self, a: Piece, e: Symbol) -> Piece:
        return Piece(f"{a.body}.T")

    def bracket(self, a: Piece, sign: str, b: Piece, shape: Shape) -> Piece:
        return Piece(f"({a.body} {_CONDITIONS.get(sign, sign)} {b.body})")

    def parenthesised(self, a: Piece, e: Symbol) -> Piece:
        return Piece(f"({a.body})")

    def plain(self, text: str) -> Any:
        return text

    def inner(self, e: Symbol, place: str = "") -> Any:
        return self._argument(e).tight

    def _argument(self, e: Symbol) -> Argument:
        piece = write(e, self)
        return Argument(piece.body, piece.kind == "atom", e.number is not None and not e.shape)

    def call(self, word: str, arguments: list[Any], options: list[str], e: Symbol) -> Piece:
        return self._spelled(e)

    def _spelled(self, e: Symbol) -> Piece:
        op = e.op
        assert op is not None
        given = {"x_shape": e.args[0].shape, **e.parameters} if e.args else dict(e.parameters)
        if given.get("keepdims") and given.get("axis") is None:
            given["axis"] = tuple(range(e.args[0].ndim))
        text = self.spelling.of(op.name, [self._argument(a) for a in e.args], given)
        if text is None:
            raise TypeError(
                f"there are no words for {op.name} in {self.spelling.library} source here; write "
                "the network with other operations, or leave this one out of the graph"
            )
        self.used.add(op.name)
        whole = op.name not in _SUMS
        return Piece(text, "atom" if whole else "sum")
