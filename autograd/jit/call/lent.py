"""Arrays of a program that are lent out as gradients between calls, and references to them.

A program writes gradients to the same arrays at every call. That is right as long as nothing else
refers to them, as the reference counts show. Next: `aliases.py`.
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
        The bases of gradients that are slices; views of the gradients refer to these as well.

    Attributes
    ----------
    kept : bool
        Whether a reference from elsewhere was found.
    """

    def __init__(self, pairs: Sequence[tuple[Any, Any]], whole: Sequence[Any]) -> None:
        self.pairs = list(pairs)
        arrays = [*whole, *(g.base for _, g in self.pairs if g.base is not None)]
        self.whole = list({id(a): a for a in arrays}.values()) if self.pairs else []
        self.kept = False
        self._arrays = (*[g for _, g in self.pairs], *self.whole)
        self._counts: list[int] = []

    def lines(self, name: Any) -> list[str]:
        """Return the lines that count references to them, and end a call if there are others."""
        if not self.pairs:
            return []
        counts = [f"refs({name(a)})" for a in self._arrays]  # one by one, as that is fastest
        tests = [f"[{', '.join(counts)}] == counts"]
        tests += [f"{name(node)}._grad is {name(g)}" for node, g in self.pairs]
        return [f"out = {' and '.join(tests)}", "if not out and lent.taken(): return MISSED"]

    def give(self) -> None:
        """Set the gradients of their nodes."""
        for node, g in self.pairs:
            node._grad = g

    def count(self, space: dict[str, Any]) -> None:
        """Count the references from the program itself, once it is made."""
        self._counts = self._now()
        for node in [node for node, _ in self.pairs]:
            node._grad = getattr(node, "_grad", None)  # read by the lines
        held = len(self.pairs)
        space["refs"], space["lent"] = getrefcount, self
        space["counts"] = [n + (i < held) for i, n in enumerate(self._counts)]

    def _now(self) -> list[int]:
        """Return the number of references to each array, without that of its node."""
        # without a name for the array, which would be another reference
        found = [*map(getrefcount, self._arrays)]
        for i, (node, g) in enumerate(self.pairs):
            found[i] -= getattr(node, "_grad", None) is g
        return found

    def taken(self) -> bool:
        """Whether anything else refers to a gradient."""
        self.kept = any(n > known for n, known in zip(self._now(), self._counts, strict=True))
        return self.kept
