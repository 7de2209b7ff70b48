"""How operations are spelled as source code, for the exports. Next: `numpy_words.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..elements.subscripts import subscript


class Argument(str):
    """An argument as source text; `tight` has the parentheses that an attribute access needs."""

    tight: str
    is_number: bool

    def __new__(cls, text: str, simple: bool, is_number: bool = False) -> Argument:
        """Return source text; ``simple`` if it never needs parentheses."""
        found = super().__new__(cls, text)
        found.tight = text if simple else f"({text})"
        found.is_number = is_number
        return found


# None where the library means something else by its words
Words = Callable[[list[Argument], Mapping[str, Any]], str | None]


class Spelling:
    """The names of operations in a library, and helper functions for those it does not have.

    ``full`` and ``array`` make an array of one number, and of given ones; ``imports`` has the line
    that a program begins with if it uses an operation of another library.
    """

    def __init__(
        self,
        library: str,
        words: dict[str, Words],
        helpers: dict[str, str],
        full: str,
        array: str,
        imports: dict[str, str] | None = None,
    ) -> None:
        self.library = library
        self.words = words
        self.helpers = helpers
        self.imports = imports or {}
        self.full = full
        self.array = array

    def of(self, name: str, args: list[Argument], given: Mapping[str, Any]) -> str | None:
        """Return the source of an operation with its arguments; None if there is none."""
        words = self.words.get(name)
        return None if words is None else words(args, given)


def literal(x: Any) -> str:
    """Write an index, an axis or a shape as Python."""
    if isinstance(x, tuple):
        inner = ", ".join(map(literal, x))
        return f"({inner},)" if len(x) == 1 else f"({inner})"
    if isinstance(x, np.ndarray):
        return literal(x.tolist()) if x.size else f"np.zeros({literal(x.shape)}, int)"
    if isinstance(x, slice):
        return f"slice({literal(x.start)}, {literal(x.stop)}, {literal(x.step)})"
    if isinstance(x, list):
        return f"[{', '.join(map(literal, x))}]"
    if isinstance(x, bool | np.bool_):
        return str(bool(x))
    if isinstance(x, float | np.floating):
        return repr(float(x)) if np.isfinite(x) else f"float({str(float(x))!r})"
    return "..." if x is Ellipsis else str(int(x)) if isinstance(x, int | np.integer) else repr(x)


def options(given: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Write the keyword arguments that differ from the usual ones."""
    found = ""
    for ours, theirs in names.items():
        x = given.get(ours)
        if x is not None and x is not False:
            one = ours == "axis" and isinstance(x, tuple) and len(x) == 1
            found += f", {theirs}={literal(x[0] if one else x)}"
    return found


def function(word: str, **names: str) -> Words:
    """Write the call of a function; options by their names there."""
    return lambda args, given: f"{word}({', '.join(args)}{options(given, names)})"


def method(word: str, **names: str) -> Words:
    """Write the call of a method of the first argument."""

    def write(args: list[Argument], given: Mapping[str, Any]) -> str:
        said = options(given, names).removeprefix(", ")
        return f"{args[0].tight}.{word}({said})"

    return write


def joined(word: str, axis: str) -> Words:
    """Write a function that takes a list of arrays and an axis."""
    return lambda args, given: f"{word}([{', '.join(args)}], {axis}={given.get('axis', 0)})"


def last(word: str, axis: str) -> Words:
    """Write a function along an axis, by default the last."""
    return lambda args, given: f"{word}({args[0]}, {axis}={literal(given.get('axis', -1))})"


def squared(args: list[Argument], given: Mapping[str, Any]) -> str:
    """Write scale · Σ (x - y)²."""
    scale = given.get("scale", 1.0)
    return f"{scale!r} * (({args[0].tight} - {args[1].tight}) ** 2).sum()"


def squares(filled: str, axis: str, keepdims: str) -> Words:
    """Write Σ (x - mean)² of the entries where a mask is true, given how to put 0 elsewhere."""

    def write(args: list[Argument], given: Mapping[str, Any]) -> str:
        x, mask, count = args
        f = filled.format(mask.tight, x)
        total = f"sum({axis}={literal(given.get('axis'))}, {keepdims}=True)"
        return f"((({f} - {f}.{total} / {count.tight}) * {mask.tight})**2).{total}"

    return write


def entropy(args: list[Argument], given: Mapping[str, Any], log_softmax: str) -> str:
    """Write -scale · Σ y · log softmax(z)."""
    return f"{-given.get('scale', 1.0)!r} * ({args[1].tight} * {log_softmax.format(args[0])}).sum()"


def sigmoid_entropy(args: list[Argument], given: Mapping[str, Any], softplus: str) -> str:
    """Write scale · Σ (y · softplus(-z) + (1 - y) · softplus(z))."""
    z, y = args[0].tight, args[1].tight
    yes, no = softplus.format(f"-{z}"), softplus.format(z)
    return f"{given.get('scale', 1.0)!r} * ({y} * {yes} + (1 - {y}) * {no}).sum()"


INDEXED: dict[str, Words] = {
    "getitem": lambda args, given: f"{args[0].tight}[{subscript(given['index'], literal)}]",
    "reshape": lambda args, given: f"{args[0].tight}.reshape({literal(given['shape'])})",
    "vecdot": lambda args, given: f"({args[0].tight} * {args[1].tight}).sum(-1)",
    "matvec": lambda args, given: f"({args[0].tight} @ {args[1].tight}[..., None])[..., 0]",
    "vecmat": lambda args, given: f"({args[0].tight}[..., None, :] @ {args[1].tight})[..., 0, :]",
    "assign": lambda args, given: f"assign({args[0]}, {args[1]}, {literal(given['index'])})",
}
ASSIGN = "def assign(x, value, index):\n    z = {}\n    z[index] = value\n    return z"
