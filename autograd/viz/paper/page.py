"""A derivation shown: text with shapes, LaTeX, Markdown, MathML, numbers. Next: `derive.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...ops import indexing
from ...settings import checked_path
from ..drawing import engines
from ..elements.markup import escape, heading, printable
from .entries import EntryText, equations
from .formula import write
from .markup import Latex, Markup, MathML
from .reading import Reading
from .symbols import Alias, Symbol, evaluate, parts_of
from .text import Shapes, Text, Token, aligned, flat

# The most lines to show: the first and the last ones, with a count of those in between.
MOST_LINES = 60
_MOST_ZEROS = 6
# The alignment of the cells of a row: left side, sign, right side, note. Given twice, as some
# browsers ignore columnalign, and need the prefix where a block is to be moved.
_SIDES = ("right", "center", "left", "left")
DELTA = "δₖⱼ = 1{k = j}: 1 where k = j, 0 elsewhere"
PUT = "put(g, [i]) is an array of zeros, with g added at [i]"


@dataclass
class Line:
    """The gradient with respect to one node: its forms, step by step, and its origin."""

    gradient: Symbol
    steps: list[tuple[Symbol, str]]
    node: Any = None
    consumers: list[tuple[Any, int]] = field(default_factory=list)

    @property
    def formula(self) -> Symbol:
        """The last and simplest form of the gradient."""
        return self.steps[-1][0]


class Page:
    """Formulas and the formats to display them; the base class of `Derivation`."""

    lines: list[Line]
    where: list[tuple[Symbol, Symbol]]
    zeros: list[str]
    reading: Reading
    numbers: bool
    form: str
    batch: str | None

    def values(self) -> dict[Symbol, Any]:
        """Return the arrays of all names: those of the graph, and the gradients of the lines."""
        values = self.reading.values()
        for line in self.lines:
            values[line.gradient] = evaluate(line.formula, values)
        return values

    def _shown(self) -> tuple[list[Line], int, list[Line]]:
        """Return the first lines to show, how many are left out, and the last lines."""
        lines, half = self.lines, MOST_LINES // 2
        if len(lines) <= MOST_LINES:
            return lines, 0, []
        return lines[:half], len(lines) - 2 * half, lines[-half:]

    # ---------------------------------------------------------------------------------------------
    # Text

    def text(self) -> str:
        """Return the page as plain text, with the shape of every factor below it."""
        first, left_out, last = self._shown()
        values = self.values() if self.numbers else None
        block = self._entries if self.form == "indices" else self._block
        blocks = [block(line, values) for line in first]
        if left_out:
            blocks.append(f"… {left_out} more lines; label nodes to choose which ones there are")
            blocks += [block(line, values) for line in last]
        plain = not any("\n" in b for b in blocks) and self.form == "matrix"
        text = ("\n" if plain else "\n\n").join(blocks)
        notes = self._notes()
        return text + ("\n\n" + "\n".join(notes) if notes else "")

    def _block(self, line: Line, values: dict[Symbol, Any] | None) -> str:
        style = Text(self.batch)
        left: list[Token] = write(line.gradient, style).body
        width = len(aligned(left)[0])
        rows = []
        for formula, note in line.steps:
            above, below = aligned([*left, (" = ", ""), *write(formula, style).body])
            rows += [above + (f"    ({note})" if note else ""), below]
            left = [(" " * width, "")]
        if values is not None:
            rows.append(" " * width + " = " + self._numbers(line, values))
        return "\n".join(row for row in rows if row)

    def _numbers(self, line: Line, values: dict[Symbol, Any]) -> str:
        style = Text(self.batch, values)
        formula = flat(write(line.formula, style).body)
        result = flat(write(line.gradient, style).body)
        return formula if formula == result else f"{formula} = {result}"

    def _entries(self, line: Line, values: dict[Symbol, Any] | None) -> str:
        found = equations(line, EntryText())
        width = max(len(left) for left, _, _ in found)
        rows = []
        for left, right, note in found:
            rows.append(f"{left:{width}} = {right}" + (f"    ({note})" if note else ""))
        return "\n".join(rows)

    def _notes(self) -> list[str]:
        style, repeated = Text(self.batch), self.repeated
        notes = []
        for a, b in self.where[:MOST_LINES]:
            left, right = (flat(write(x, style).body) for x in (a, b))
            likewise = ", and likewise elsewhere" if a in repeated else ""
            notes.append(f"where {left} = {right}{likewise}")
        if len(self.where) > MOST_LINES:
            notes.append(f"… {len(self.where) - MOST_LINES} more names; label nodes to choose them")
        if self.form == "indices" and any("δ" in self._entries(x, None) for x in self._shown()[0]):
            notes.append(f"where {DELTA}")
        steps = [formula for line in self._shown()[0] for formula, _ in line.steps]
        if self.form == "matrix" and any(e.op is indexing.put for f in steps for e in parts_of(f)):
            notes.append(f"where {PUT}")
        return notes + [f"zero term: {z}" for z in self._shown_zeros()]

    def _shown_zeros(self) -> list[str]:
        left = len(self.zeros) - _MOST_ZEROS
        return self.zeros[:_MOST_ZEROS] + [f"{left} more, likewise"] * (left > 0)

    @property
    def repeated(self) -> set[Symbol]:
        """The short names in `where` that also represent other nodes."""
        kinds: dict[str, set[Symbol | None]] = {}
        for line in self.lines:
            for formula, _ in line.steps:
                for e in parts_of(formula):
                    if isinstance(e, Alias):
                        kinds.setdefault(e.name, set()).add(e.argument)
        return {a for a, _ in self.where if len(kinds.get(a.name, ())) > 1}

    def shapes(self) -> str:
        """Return the last formula with shapes for names, products from the left as in Python.

        Examples
        --------
        >>> X = Tensor(np.ones((8, 5)), label="X")
        >>> W = Tensor(np.ones((5, 3)), requires_grad=True, label="W")
        >>> derive((X @ W).sigmoid().sum(), W, batch="n").shapes()
        '(5,n) @ (n,3) -> (5,3)'
        """
        last, style = self.lines[-1], Shapes(self.batch)
        right, left = (flat(write(e, style).body) for e in (last.formula, last.gradient))
        return f"{right} -> {left}"

    # ---------------------------------------------------------------------------------------------
    # LaTeX and MathML

    def _rows(self, style: Markup) -> list[tuple[str, str, str]]:
        """Return (left side, right side, note) of every equation; ("", "", text) if omitted."""
        first, left_out, last = self._shown()
        rows = self._equations(first, style)
        if left_out:
            rows += [("", "", f"… {left_out} more lines"), *self._equations(last, style)]
        for a, b in self.where[:MOST_LINES]:
            rows.append((write(a, style).body, write(b, style).body, ""))
        return rows

    def _equations(self, lines: list[Line], style: Markup) -> list[tuple[str, str, str]]:
        if self.form == "indices":
            return [row for line in lines for row in equations(line, style)]
        values = self.values() if self.numbers else None
        rows = []
        for line in lines:
            left = write(line.gradient, style).body
            for formula, note in line.steps:
                rows.append((left, write(formula, style).body, note))
                left = ""
            if values is not None:
                rows.append(("", "", "= " + self._numbers(line, values)))
        return rows

    def latex(self) -> str:
        """Return the page as a LaTeX ``aligned`` environment, without dollar signs."""
        rows = []
        for left, right, note in self._rows(Latex(self.batch)):
            words = rf"\quad \text{{{_latex_text(note)}}}" if note else ""
            equals = "= " if right else ""
            rows.append(f"{left} &{equals}{right}{words}")
        return "\\begin{aligned}\n" + " \\\\[4pt]\n".join(rows) + "\n\\end{aligned}"

    def markdown(self) -> str:
        """Return the page as Markdown: LaTeX between dollar signs, and the zero terms."""
        text = f"$$\n{self.latex()}\n$$"
        return text + "".join(f"\n\nZero term: {escape(z)}" for z in self._shown_zeros())

    def mathml(self) -> str:
        """Return the page as MathML, which browsers show without any library."""
        rows = []
        for left, right, note in self._rows(MathML(self.batch)):
            equals = "<mo>=</mo>" if right or note.startswith("= ") else ""
            words = f"<mtext>{escape(note.removeprefix('= '))}</mtext>"
            if not right:  # numbers, and what is left out, are written below the formulas
                right, words = words, "<mrow></mrow>"
            cells = zip(_SIDES, (left or "<mrow></mrow>", equals, right, words), strict=True)
            row = "".join(f'<mtd style="text-align: -webkit-{side}">{c}</mtd>' for side, c in cells)
            rows.append(f"<mtr>{row}</mtr>")
        table = f'<mtable displaystyle="true" columnalign="{" ".join(_SIDES)}">'
        return (
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block" '
            'style="white-space:nowrap">'
            f"{table}{''.join(rows)}</mtable></math>"
        )

    def html(self) -> str:
        """Return the page as a self-contained HTML page."""
        said = flat(write(self.lines[-1].gradient, Text(self.batch)).body)
        title = f"<title>{escape(said)}</title>"
        zeros = "".join(f"<p>zero term: {escape(z)}</p>" for z in self._shown_zeros())
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width">{title}<style>'
            ":root{color-scheme:light dark}body{margin:24px;font:15px system-ui,sans-serif;"
            "text-align:center}main{overflow-x:auto}math{font-size:1.35em}</style></head>\n"
            f'<body><main tabindex="0">{heading(said)}{self.mathml()}{zeros}</main></body>'
            "</html>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, in the format of its ending.

        Parameters
        ----------
        path : str or Path
            Ends in .html, .tex, .md or .txt.

        Returns
        -------
        Path
            The file, written completely or not at all.

        Raises
        ------
        ValueError
            For any other ending.
        """
        path = checked_path("save", path)
        makers: dict[str, Callable[[], str]] = {
            ".html": self.html,
            ".tex": lambda: f"\\[\n{self.latex()}\n\\]\n",
            ".md": lambda: f"{self.markdown()}\n",
            ".txt": lambda: f"{self.text()}\n",
        }
        make = makers.get(path.suffix.lower())
        if make is None:
            raise ValueError(f"cannot save {path.name!r}: the name ends in {', '.join(makers)}")
        engines.write(path, printable(make()).encode())
        return path

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/plain": self.text(),
            "text/latex": self._repr_latex_(),
            "text/markdown": self.markdown(),
            "text/html": self.mathml(),
        }

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()


def _latex_text(text: str) -> str:
    for a, b in (("ŷ", r"$\hat{y}$"), ("−", "$-$"), ("·", r"$\cdot$"), ("⊙", r"$\odot$")):
        text = text.replace(a, b)
    return text.replace("‖", r"$\Vert$").replace("_", r"\_")
