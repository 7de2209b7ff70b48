"""Reductions in C: which steps are one; in a variable, into memory, and joined from pieces.

Next: `groups.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Step
from .expressions import known, literal, variable_type

REDUCED = ("add", "multiply", "maximum", "minimum", "logical_and", "logical_or")


class Reduction:
    """A reduction, such as a sum, over axes of one operand or of the product of two."""

    def __init__(self, name: str, operands: tuple[Step, ...], axes: tuple[int, ...]) -> None:
        self.name = name
        self.operands = operands
        self.axes = axes
        self.shape = operands[0].shape


def as_reduction(step: Step) -> Reduction | None:
    """Return a step as a reduction: a sum, an inner product, or a product with ones."""
    if not known(step.dtype) or not all(known(a.dtype) for a in step.arguments):
        return None
    if step.kind == "reduce" and step.name in REDUCED:
        return Reduction(step.name, step.arguments, step.parameters["axis"])
    if step.kind != "product" or step.dtype.kind != "f":
        return None
    x, y = step.arguments
    n = len(x.shape)
    same = x.shape == y.shape and x.dtype == y.dtype == step.dtype
    if step.name == "inner" and same:
        return Reduction("add", (x, y), tuple(range(n)))
    if step.name in ("vecdot", "matmul") and same and (step.name == "vecdot" or n == 1) and n:
        return Reduction("add", (x, y), (n - 1,))
    if step.name == "matmul" and x.dtype == y.dtype == step.dtype:
        if len(y.shape) == 2 and len(x.shape) == 1 and _are_ones(x):
            return Reduction("add", (y,), (0,))
        if len(x.shape) == 2 and len(y.shape) == 1 and _are_ones(y):
            return Reduction("add", (x,), (1,))
    return None


def _are_ones(step: Step) -> bool:
    return step.kind == "constant" and bool((np.asarray(step.value) == 1).all())


class Sum:
    """A reduction in a variable, which the compiler may split into lanes.

    Attributes
    ----------
    start : str
        The initial value.
    flushed : str
        The statement after the loop, which `flush` makes.
    after : list of str
        Statements after all loops of a phase.
    """

    def __init__(self, name: str, ufunc: str, dtype: Any) -> None:
        self.name = name
        self.ufunc = ufunc
        self.dtype = np.dtype(dtype)
        self.after: list[str] = []
        self.kind = "int" if self.dtype.kind == "b" else variable_type(dtype)
        self.start = _identity(ufunc, self.dtype)
        self.extreme = ufunc in ("maximum", "minimum") and self.dtype.kind != "b"
        self.nan = self.extreme and self.dtype.kind == "f"
        self.sign = _signs(ufunc, self.dtype)
        self.flushed = ""

    @property
    def declared(self) -> str:
        """The declaration of the variables."""
        more = f" {self.kind} n{self.name} = 0;" if self.nan else ""
        return f"{self.kind} {self.name} = {self.start};{more}"

    @property
    def clause(self) -> str:
        """The reduction clause of the loop."""
        names = {">": "GREATEST", "<": "LEAST"} if self.nan else {">": "max", "<": "min"}
        name = names.get(self.sign, self.sign)
        more = f" reduction(+:n{self.name})" if self.nan else ""
        return f"reduction({name}:{self.name}){more}"

    def step(self, value: str) -> str:
        """Return the statement that adds one value."""
        s = self.name
        if not self.extreme:
            return f"{s} = {s} {self.sign} ({value});"
        more = f" n{s} += (x != x);" if self.nan else ""
        return f"{{ const {self.kind} x = {value}; {s} = x {self.sign} {s} ? x : {s};{more} }}"

    def joined(self, place: str, value: str, before: str | None = None) -> str:
        """Return the statement that stores a value joined with the one before; nan stays nan.

        The one before is by default that in the same place. Of two equal extremes the second
        counts, as for the ufunc: one may be -0.
        """
        before = before or place
        if not self.extreme:
            return f"{place} = {before} {self.sign} ({value});"
        nan = " || x != x" if self.nan else ""
        return (
            f"{{ const {self.kind} x = {value}, y = {before}; "
            f"{place} = (x {self.sign}= y{nan}) ? x : y; }}"
        )

    def beaten_by(self, other: Sum) -> str:
        """Return whether another extreme, found later, is the more extreme one, or nan."""
        sign = ">" if self.ufunc == "maximum" else "<"
        more = f"{other.name} {sign} {self.name}"
        return f"(!n{self.name} && (n{other.name} || {more}))" if self.nan else more

    def takes(self, other: Sum) -> str:
        """Return the statement that replaces the extreme by another one."""
        nan = f" n{self.name} = n{other.name};" if self.nan else ""
        return f"{self.name} = {other.name};{nan}"

    def flush(self, cell: str) -> None:
        """Set the destination of the variable after the innermost loop."""
        value = f'n{self.name} ? __builtin_nan("") : {self.name}' if self.nan else self.name
        self.flushed = self.joined(cell, value)

    def cleared(self, pointer: str, size: int) -> str:
        """Return the statement that initialises so many entries."""
        if size == 1:
            return f"{pointer}[0] = {self.start};"
        return f"for (i64 i = 0; i < {size}; i++) {pointer}[i] = {self.start};"

    def folded(self, pointer: str, place: str, size: int, part: str, parts: int, apart: int) -> str:
        """Return the loops that add partial results of so many entries, one after another."""
        return f"for (i64 p = 0; p < {parts}; p++) for (i64 i = 0; i < {size}; i++) " + self.joined(
            f"{pointer}[{place}]", f"{part}[p*{apart} + i]"
        )


def _signs(ufunc: str, dtype: Any) -> str:
    if dtype.kind == "b":
        return {"add": "|", "maximum": "|", "logical_or": "|"}.get(ufunc, "&")
    return {"add": "+", "multiply": "*", "maximum": ">", "minimum": "<"}[ufunc]


def _identity(ufunc: str, dtype: Any) -> str:
    if dtype.kind == "b":
        return "0" if _signs(ufunc, dtype) == "|" else "1"
    if ufunc in ("maximum", "minimum"):
        if dtype.kind == "f":
            return literal(-np.inf if ufunc == "maximum" else np.inf, dtype)
        limits = np.iinfo(dtype)
        return literal(limits.min if ufunc == "maximum" else limits.max, dtype)
    return literal(0 if ufunc == "add" else 1, dtype)
