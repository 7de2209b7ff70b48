"""The lines of a derivation entry by entry, with the local derivatives. Next: `reading.py`."""
# ruff: noqa: D102 - the base class says what each method writes

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .formula import decimal
from .indices import Entries, Entry, Indices
from .labels import pretty
from .markup import Latex, Markup
from .symbols import Length, Symbol, parts_of
from .text import subscript, superscript

PARENTHESES = {
    "product": {"sum", "minus"},
    "over": {"sum", "minus"},
    "minus": {"sum"},
    "power": {"sum", "minus", "product", "over", "quotient", "power"},
}


class EntryText(Markup):
    """Plain text, with the same interface as LaTeX and MathML."""

    def word(self, label: str) -> str:
        return pretty(label).text

    def sign(self, sign: str) -> str:
        return {"∑": "Σ"}.get(sign, sign)

    def row(self, *parts: str) -> str:
        return "".join(f" {p} " if p in "+−·=≠><≥≤@" else p for p in parts)

    def fraction(self, above: str, below: str) -> str:
        return f"{above}/{below}"

    def digits(self, text: str) -> str:
        return text

    def fenced(self, body: str, left: str = "(", right: str = ")") -> str:
        return f"{left}{body}{right}"

    def raised(self, body: str, exponent: str) -> str:
        return body + (exponent if exponent == "′" else superscript(exponent))

    def lowered(self, body: str, below: str) -> str:
        return body + subscript(below)


def named(name: str, at: Indices, style: Markup) -> str:
    """Write a name with indices; a number in the label becomes a superscript, as in W⁽¹⁾."""
    at = tuple(i for i in at if i)
    found = pretty(name)
    if not at:
        return style.word(name)
    letters = "".join(at)
    if isinstance(style, EntryText):
        raised = superscript(found.below).join("⁽⁾") if found.below.isdigit() else ""
        return found.base + raised + subscript(letters)
    base = style.word(found.base)
    below = style.row(*(style.word(i) for i in at))
    if not found.below.isdigit():
        return style.lowered(base, below) if isinstance(style, Latex) else _msub(base, below)
    number = style.fenced(style.digits(found.below))
    if isinstance(style, Latex):
        return f"{base}^{{{number}}}_{{{below}}}"
    return f"<msubsup>{base}{below}{number}</msubsup>"


def _msub(base: str, below: str) -> str:
    return f"<msub>{base}{below}</msub>"


def entry(p: Entry, style: Markup) -> str:
    """Write the formula of an entry."""
    return _WRITERS[p.kind](p, style)


def _within(p: Entry, place: str, style: Markup) -> str:
    text = entry(p, style)
    return style.fenced(text) if p.kind in PARENTHESES[place] else text


def _name(p: Entry, style: Markup) -> str:
    text = named(p.name, p.indices, style)
    if not p.loss:
        return text
    d = style.sign("∂")
    return style.fraction(style.row(d, style.word(p.loss)), style.row(d, text))


def _number(p: Entry, style: Markup) -> str:
    return style.number(p.value, ()).body  # type: ignore[no-any-return]


def _digits(p: Entry, style: Markup) -> str:
    if isinstance(style, EntryText):
        return decimal(p.value)
    return _number(p, style)


def _delta(p: Entry, style: Markup) -> str:
    return named("δ", p.indices, style)


def _slope(p: Entry, style: Markup) -> str:
    word = style.primed(style.word(p.name.rstrip("′")))
    return style.row(word, style.fenced(entry(p.parts[0], style)))


def _call(p: Entry, style: Markup) -> str:
    arguments = [entry(q, style) for q in p.parts]
    return style.row(style.word(p.name), style.fenced(", ".join(arguments)))


def _bracket(p: Entry, style: Markup) -> str:
    a, b = (entry(q, style) for q in p.parts)
    return style.fenced(style.row(a, style.sign(p.name), b), "[", "]")


def _product(p: Entry, style: Markup) -> str:
    return style.row(*_joined([_within(q, "product", style) for q in p.parts], "·", style))


def _sum(p: Entry, style: Markup) -> str:
    parts = [entry(p.parts[0], style)]
    for q in p.parts[1:]:
        opposite = q.kind == "minus"
        parts += [style.sign("−" if opposite else "+")]
        parts += [_within(q.parts[0], "minus", style) if opposite else entry(q, style)]
    return style.row(*parts)


def _over(p: Entry, style: Markup) -> str:
    space = " " if isinstance(style, EntryText) else ""
    total = style.lowered(style.sign("∑"), style.word(p.indices[0]))
    return style.row(total + space, _within(p.parts[0], "over", style))


def _quotient(p: Entry, style: Markup) -> str:
    if not isinstance(style, EntryText):
        return style.fraction(entry(p.parts[0], style), entry(p.parts[1], style))
    a, b = (_within(q, "power", style) for q in p.parts)
    return f"{a} / {b}"


def _power(p: Entry, style: Markup) -> str:
    return style.raised(_within(p.parts[0], "power", style), entry(p.parts[1], style))


def _minus(p: Entry, style: Markup) -> str:
    if isinstance(style, EntryText):
        return "−" + _within(p.parts[0], "minus", style)
    return style.row(style.sign("−"), _within(p.parts[0], "minus", style))


_WRITERS: dict[str, Callable[[Entry, Markup], str]] = {
    "number": _digits,
    "name": _name,
    "delta": _delta,
    "slope": _slope,
    "call": _call,
    "bracket": _bracket,
    "product": _product,
    "sum": _sum,
    "over": _over,
    "quotient": _quotient,
    "power": _power,
    "minus": _minus,
}


# --------------------------------------------------------------------------------------------------
# Lines


def letters_for(e: Symbol, used: set[str]) -> Indices:
    """Return an index for every axis of an array: n for samples, then i, j, k, ..."""
    found: list[str] = []
    for n in e.shape:
        pool = "nm" if isinstance(n, Length) else "ijklmprstuv"
        found.append(next(c for c in pool + "ijklmprstuv" if c not in used))
        used.add(found[-1])
    return tuple(found)


def equations(line: Any, style: Markup) -> list[tuple[str, str, str]]:
    """Return a line as equations: (left side, right side, note), the local derivatives first."""
    gradient: Symbol = line.gradient
    used: set[str] = set()
    at = letters_for(gradient, used)
    left = _name(Entry("name", (), at, gradient.name, gradient.loss), style)
    first = line.steps[0][0]
    sources = [e for e in parts_of(first) if e.loss and e.name != gradient.name]
    chain: list[str] = []
    local: list[tuple[str, str, str]] = []
    for g in sources:
        letters = letters_for(g, set(used))
        zero = [e for e in sources if e is not g]
        reader = Entries((*used, *letters), {g: letters}, zero)
        d = _derivative(g.name, letters, gradient.name, at, style)
        outer = _name(Entry("name", (), letters, g.name, g.loss), style)
        total = "".join(style.lowered(style.sign("∑"), style.word(c)) + " " for c in letters)
        chain.append(total + style.row(outer, style.sign("·"), d))
        local.append((d, entry(reader.entry(first, at), style), ""))
    found = []
    if chain:
        found.append((left, style.row(*_joined(chain, "+", style)), ""))
        left = ""
    for i, (formula, note) in enumerate(line.steps):
        if i in (0, len(line.steps) - 1):
            found.append((left, entry(Entries(tuple(used)).entry(formula, at), style), note))
            left = ""
    return local + found


def _joined(terms: list[str], sign: str, style: Markup) -> list[str]:
    parts: list[str] = []
    for t in terms:
        parts += [style.sign(sign), t] if parts else [t]
    return parts


def _derivative(above: str, at: Indices, below: str, to: Indices, style: Markup) -> str:
    d = style.sign("∂")
    return style.fraction(
        style.row(d, named(above, at, style)), style.row(d, named(below, to, style))
    )
