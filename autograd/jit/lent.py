"""Arrays of a program that stand as gradients between its calls, and who else holds them.

A program writes gradients into the same arrays at every call. That is right as long as nobody kept
one of them, which the counts of references tell. Next: `recording.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import Any


class Lent:
    """Gradients that a program lends to nodes.

    Parameters
    ----------
    pairs : sequence of (node, array)
    whole : sequence of array
        What the gradients are slices of, which further views of them refer to.

    Attributes
    ----------
    kept : bool
        Whether someone was found to hold one.
    """

    def __init__(self, pairs: Sequence[tuple[Any, Any]], whole: Sequence[Any]) -> None:
        self.pairs = list(pairs)
        self.whole = list(whole) if self.pairs else []
        self.kept = False
        self._counts: list[int] = []
        self._references = ""

    def lines(self, name: Any) -> list[str]:
        """Return the lines that find out whether nodes have them, and end a call if others do."""
        if not self.pairs:
            return []
        counts = [f"refs({name(a)})" for a in [*[g for _, g in self.pairs], *self.whole]]
        self._references = f"[{', '.join(counts)}]"
        tests = [f"{self._references} == counts"]
        tests += [f"{name(node)}._grad is {name(g)}" for node, g in self.pairs]
        return [f"out = {' and '.join(tests)}", "if not out and lent.taken(): return MISSED"]

    def give(self) -> None:
        """Hand the gradients to their nodes."""
        for node, g in self.pairs:
            node._grad = g

    def count(self, space: dict[str, Any]) -> None:
        """Count the references of the program itself, once it is made."""
        self._counts = self._now()
        for node in [node for node, _ in self.pairs]:  # a name for an array would count
            node._grad = getattr(node, "_grad", None)  # the lines read it
        space["refs"], space["lent"] = getrefcount, self
        missing = [node._grad is not g for node, g in self.pairs] + [False] * len(self.whole)
        found = eval(self._references or "[]", space)
        space["counts"] = [n + more for n, more in zip(found, missing, strict=True)]

    def _now(self) -> list[int]:
        held = [getattr(node, "_grad", None) is g for node, g in self.pairs]
        own = [0] * len(self.whole)
        arrays = [*[g for _, g in self.pairs], *self.whole]
        return [getrefcount(a) - h for a, h in zip(arrays, [*held, *own], strict=True)]

    def taken(self) -> bool:
        """Whether somebody else holds a gradient."""
        self.kept = any(n > known for n, known in zip(self._now(), self._counts, strict=True))
        return self.kept
