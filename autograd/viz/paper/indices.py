"""Formulas by entries: sums over indices, deltas, indicator functions. Next: `entries.py`.

An expression on arrays is read entry by entry: the (i, j) entry of ``A @ B`` is Σ_k A_ik B_kj. A
local derivative is a rule applied to a gradient that is 1 at one entry and 0 elsewhere, written as
deltas; sums over a delta collapse.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ops import einsums, indexing, linalg, piecewise, reductions, shaping, softmaxes
from ...ops import elementwise as ops
from .formula import COMPARISONS
from .labels import pretty
from .symbols import Alias, Length, Shape, Symbol

Indices = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A formula for one entry.

    ``kind`` is "number", "name", "delta", "slope" (f′ of an entry), "call", "bracket",
    "product", "sum" (of terms), "over" (Σ over an index), "quotient", "power" or "minus".
    """

    kind: str
    parts: tuple[Any, ...] = ()
    indices: Indices = ()
    name: str = ""
    loss: str = ""
    value: float = 0.0
    source: Symbol | None = None


ZERO, ONE = Entry("number", value=0.0), Entry("number", value=1.0)


class Entries:
    """Reads expressions entry by entry, with new letters for summation indices."""

    def __init__(
        self,
        used: Sequence[str] = (),
        delta: Mapping[Symbol, Indices] | None = None,
        zero: Collection[Symbol] = (),
    ) -> None:
        self.letters = [c for c in "ijklmprstuv" if c not in used]
        self.used = set(used)
        self.delta = dict(delta or {})
        self.zero = set(zero)

    def fresh(self, length: int) -> str:
        """Return an unused index; n for samples."""
        if isinstance(length, Length):
            for c in ("n", "m"):
                if c not in self.used:
                    self.used.add(c)
                    return c
        free = (c for c in self.letters if c not in self.used)
        c = next(free, f"a{len(self.used)}")
        self.used.add(c)
        return c

    def entry(self, e: Symbol, at: Indices) -> Entry:
        """Return the entry of an expression at indices; raise TypeError if it has no such form."""
        if e.number is not None:
            return Entry("number", value=e.number)
        if e in self.zero:
            return ZERO
        if e in self.delta:
            return product([delta(a, b) for a, b in zip(at, self.delta[e], strict=True) if b])
        if isinstance(e, Alias):
            parts = () if e.argument is None else (self.entry(e.argument, at),)
            return Entry("name" if e.argument is None else "slope", parts, at, e.name, source=e)
        if e.op is None:
            return Entry("name", (), at, name=e.name, loss=e.loss, source=e)
        return self._operation(e, at)

    def _operation(self, e: Symbol, at: Indices) -> Entry:
        op, args = e.op, e.args
        assert op is not None
        if op is linalg.matmul:
            return self._matmul(args[0], args[1], at)
        if op is shaping.transpose and e.parameters.get("axes") is None:
            return self.entry(args[0], at[::-1])
        if op is shaping.broadcast_to or op.elementwise:
            parts = [self.entry(a, _stretched(a._shape, e._shape, at)) for a in args]
            return parts[0] if op is shaping.broadcast_to else combined(e, parts)
        if op is shaping.reshape:
            return self.entry(args[0], _reshaped(args[0]._shape, e._shape, at))
        if op is reductions.sum:
            return self._sum(e, at)
        if op is einsums.einsum:
            return self._einsum(e, at)
        if op in (indexing.getitem, indexing.put):
            return self._picked(e, at)
        if op in (softmaxes.softmax, softmaxes.log_softmax):
            return Entry("name", (), at, name=_function_name(e), source=e)
        raise TypeError(
            f'form="indices" has no entries for {op.name}; use form="matrix", or label the nodes '
            "around it"
        )

    def _matmul(self, x: Symbol, y: Symbol, at: Indices) -> Entry:
        if x.ndim > 2 or y.ndim > 2:
            raise TypeError('form="indices" multiplies matrices and vectors, not stacks of them')
        k = self.fresh(x._shape[-1])
        row = at[:1] if x.ndim == 2 else ()
        column = at[len(row) :]
        left, right = self.entry(x, (*row, k)), self.entry(y, (k, *column))
        return over(k, product([left, right]))

    def _einsum(self, e: Symbol, at: Indices) -> Entry:
        inputs, output = e.parameters["subscripts"].split("->")
        place = dict(zip(output, at, strict=True))
        terms = list(zip(inputs.split(","), e.args, strict=True))
        lengths: dict[str, int] = {}
        for term, x in terms:
            for c, n in zip(term, x._shape, strict=True):
                lengths[c] = max(
                    n, lengths.get(c, n), key=lambda n: (n != 1, isinstance(n, Length))
                )
        summed = [c for c in lengths if c not in place]
        place |= {c: self.fresh(lengths[c]) for c in summed}
        parts = []
        for term, x in terms:
            stretched = [n == 1 != lengths[c] for c, n in zip(term, x._shape, strict=True)]
            letters = zip(term, stretched, strict=True)
            parts.append(self.entry(x, tuple("" if one else place[c] for c, one in letters)))
        found = product(parts)
        for c in reversed(summed):
            found = over(place[c], found)
        return found

    def _picked(self, e: Symbol, at: Indices) -> Entry:
        """Return an entry of ``x[2, :]``, or of zeros with x at such an index."""
        assert e.op is not None
        x, picks = e.args[0], e.op is indexing.getitem
        large = x._shape if picks else e._shape
        places = _places(e.parameters["index"], large, e.op.name)
        if picks:
            rest = iter(at)
            return self.entry(x, tuple(next(rest) if p is None else str(p) for p in places))
        fixed = [delta(i, str(p)) for i, p in zip(at, places, strict=True) if p is not None]
        kept = tuple(i for i, p in zip(at, places, strict=True) if p is None)
        return product([*fixed, self.entry(x, kept)])

    def _sum(self, e: Symbol, at: Indices) -> Entry:
        x, axis = e.args[0], e.parameters.get("axis")
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        kept = e.parameters.get("keepdims", False)
        rest = iter(at)
        full, summed = [], []
        for i, n in enumerate(x._shape):
            if i in [a % x.ndim for a in axes]:
                full.append(self.fresh(n))
                summed.append(full[-1])
                if kept:
                    next(rest)
            else:
                full.append(next(rest))
        found = self.entry(x, tuple(full))
        for index in reversed(summed):
            found = over(index, found)
        return found


def _function_name(e: Symbol) -> str:
    inner = e.args[0]
    if inner.op is not None:
        raise TypeError('form="indices": label the operand of softmax, its entries need a name')
    assert e.op is not None
    return f"{e.op.name}({pretty(inner.name).text})"


def _places(index: Any, shape: Shape, name: str) -> list[int | None]:
    """Return for every axis the selected position, None for a full slice."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(p is Ellipsis for p in parts):
        k = next(k for k, p in enumerate(parts) if p is Ellipsis)
        parts[k : k + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    parts += [slice(None)] * (len(shape) - len(parts))
    found: list[int | None] = []
    for p, n in zip(parts, shape, strict=False):
        whole = isinstance(p, slice) and p.indices(n) == (0, n, 1)
        if not whole and (isinstance(p, bool) or not isinstance(p, int | np.integer)):
            parts = []
            break
        found.append(None if whole else int(p) % n)
    if len(parts) != len(shape):
        raise TypeError(
            f'form="indices" follows {name} with whole numbers and full slices, not {index!r}; use '
            'form="matrix"'
        )
    return found


def _stretched(small: Shape, large: Shape, at: Indices) -> Indices:
    """Return the indices of a broadcast operand; "" for axes of length 1."""
    tail = at[len(at) - len(small) :] if small else ()
    sizes = large[len(large) - len(small) :] if small else ()
    return tuple("" if n == 1 and m != 1 else i for i, n, m in zip(tail, small, sizes, strict=True))


def _reshaped(old: Shape, new: Shape, at: Indices) -> Indices:
    """Return indices for a reshape that only adds or removes axes of length 1."""
    if [n for n in old if n != 1] != [n for n in new if n != 1]:
        raise TypeError(f'form="indices" cannot follow reshape from {old} to {new}')
    rest = iter([i for i, n in zip(at, new, strict=True) if n != 1])
    return tuple("" if n == 1 else next(rest) for n in old)


# --------------------------------------------------------------------------------------------------
# Small algebra


def combined(e: Symbol, parts: list[Entry]) -> Entry:
    """Return an elementwise operation on entries."""
    op = e.op
    assert op is not None
    if op is ops.multiply:
        return product(parts)
    if op is ops.add:
        return total(parts)
    if op is ops.subtract:
        return total([parts[0], minus(parts[1])])
    if op is ops.negative:
        return minus(parts[0])
    if op is ops.divide:
        return ZERO if parts[0] == ZERO else Entry("quotient", tuple(parts))
    if op in (ops.square, ops.power):
        exponent = Entry("number", value=2.0) if op is ops.square else parts[1]
        return Entry("power", (parts[0], exponent))
    if op.name in COMPARISONS:
        return Entry("bracket", tuple(parts), name=COMPARISONS[op.name], source=e)
    if op is piecewise.heaviside and parts[1] == ZERO:
        return Entry("bracket", tuple(parts), name=">", source=e)
    return Entry("call", tuple(parts), name=op.symbol if len(op.symbol) < 8 else op.name, source=e)


def delta(a: str, b: str) -> Entry:
    """Return the Kronecker delta of two indices."""
    if a.isdigit() and b.isdigit() and a != b:
        return ZERO
    return ONE if a == b else Entry("delta", indices=(a, b))


def product(parts: Sequence[Entry]) -> Entry:
    """Return a product; numbers first, nested products and minus signs flattened."""
    k, flat = 1.0, []
    stack = list(reversed(parts))
    while stack:
        p = stack.pop()
        if p.kind == "product":
            stack.extend(reversed(p.parts))
        elif p.kind == "minus":
            k = -k
            stack.append(p.parts[0])
        elif p.kind == "number":
            k *= p.value
        else:
            flat.append(p)
    if k == 0:
        return ZERO
    if abs(k) != 1 or not flat:
        flat.insert(0, Entry("number", value=abs(k)))
    # deltas first; sums last, so that the summand is everything behind the sign
    flat.sort(key=lambda p: {"number": 0, "delta": 1, "over": 3}.get(p.kind, 2))
    found = flat[0] if len(flat) == 1 else Entry("product", tuple(flat))
    return minus(found) if k < 0 else found


def minus(p: Entry) -> Entry:
    """Return the opposite."""
    if p.kind == "minus":
        return p.parts[0]  # type: ignore[no-any-return]
    if p == ZERO:
        return p
    return Entry("minus", (p,))


def total(parts: Sequence[Entry]) -> Entry:
    """Return a sum of terms."""
    kept = [p for p in parts if p != ZERO]
    if not kept:
        return ZERO
    if len(kept) == 1:
        return kept[0]
    # deltas that occur in every term become factors
    common = [d for d in _deltas(kept[0]) if all(d in _deltas(p) for p in kept[1:])]
    if common:
        return product([*common, total([_without(p, common) for p in kept])])
    return Entry("sum", tuple(kept))


def _deltas(p: Entry) -> list[Entry]:
    inner = p.parts[0] if p.kind == "minus" else p
    return [q for q in (inner.parts if inner.kind == "product" else (inner,)) if q.kind == "delta"]


def _without(p: Entry, deltas: list[Entry]) -> Entry:
    if p.kind == "minus":
        return minus(_without(p.parts[0], deltas))
    return product([q for q in (p.parts if p.kind == "product" else (p,)) if q not in deltas])


def over(index: str, body: Entry) -> Entry:
    """Return the sum over an index; a delta in a product selects one term."""
    if body == ZERO:
        return ZERO
    if body.kind == "minus":
        return minus(over(index, body.parts[0]))
    factors = list(body.parts) if body.kind == "product" else [body]
    for i, p in enumerate(factors):
        if p.kind == "delta" and index in p.indices:
            other = p.indices[0] if p.indices[1] == index else p.indices[1]
            rest = product(factors[:i] + factors[i + 1 :])
            return renamed(rest, index, other)
    outside = [p for p in factors if not mentions(p, index)]
    inside = [p for p in factors if mentions(p, index)]
    if inside and outside and all(p.kind in ("number", "delta") for p in outside):
        return product([*outside, Entry("over", (product(inside),), (index,))])
    return Entry("over", (body,), (index,))


def mentions(p: Entry, index: str) -> bool:
    """Whether an index occurs."""
    return index in p.indices or any(mentions(q, index) for q in p.parts)


def renamed(p: Entry, old: str, new: str) -> Entry:
    """Return a formula with an index renamed."""
    indices = tuple(new if i == old else i for i in p.indices)
    if p.kind == "delta":
        return delta(*indices)
    parts = tuple(renamed(q, old, new) for q in p.parts)
    if p.kind == "product":
        return product(parts)
    if p.kind == "over":
        return over(indices[0], parts[0])
    return Entry(p.kind, parts, indices, p.name, p.loss, p.value, p.source)
