"""The lines of a tape as arrays, with chains of additions folded. Next: `tasks.py`.

A sum written as a chain, ``((a + b) + c) + ...``, becomes one sum in the same order: a chain of n
would take n levels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...op import Op
from ...ops import elementwise as ops
from .graph import Array, Ragged, ragged, sorted_by
from .tape import Sort, Tape


class Lines:
    """The lines of a tape as arrays.

    Attributes
    ----------
    sorts : array of int
    operands : Ragged
        As on the tape, with lines of constants in place of literals.
    edges : Ragged
        Operands through which gradients flow, those of a whole chain at its last line;
        ``positions`` tells which operand of the line each is.
    chains : (array, Ragged)
        The last lines of chains of three terms or more, and their terms.
    inner : array of bool
        The other lines of those chains.
    """

    def __init__(self, tape: Tape, wanted: Array) -> None:
        self.tape = tape
        tape.end = len(tape)
        constants = [tape.as_line(~k) for k in range(len(tape.literals))]
        self.zero = tape.number(0.0)
        self.one = tape.number(1.0)
        self.sorts = np.array(tape.sorts, np.intp)
        n = len(tape)
        counts = np.diff(np.array(tape.ends, np.intp), prepend=0)
        flat = np.array(tape.flat, np.intp)
        literal = flat < 0
        if constants:
            flat[literal] = np.array(constants, np.intp)[~flat[literal]]
        self.operands = ragged(counts, flat)
        self.uses = np.bincount(flat, minlength=n)
        self.uses[wanted] += 2
        self.uses[np.array(tape.sweeps, np.intp).ravel()] += 2
        self.inner = np.zeros(n, bool)
        self.chains, self._chain_tracked = self._find_chains(literal)
        self.edges, self.positions = self._find_edges()

    def of_kind(self, *kinds: Any) -> Array:
        """Return which lines are of one of these kinds."""
        chosen = [sort.kind in kinds for sort in self.tape.table]
        found: Array = np.array(chosen, bool)[self.sorts]
        return found

    def lines_by_sort(self) -> list[tuple[Sort, Array]]:
        """Return the lines of every sort that is an operation."""
        order = sorted_by(self.sorts)
        bounds = np.searchsorted(self.sorts[order], np.arange(len(self.tape.table) + 1))
        return [
            (sort, order[bounds[k] : bounds[k + 1]])
            for k, sort in enumerate(self.tape.table)
            if isinstance(sort.kind, Op)
        ]

    # ---------------------------------------------------------------------------------------------
    # Chains of additions

    def _find_chains(self, literal: Array) -> tuple[tuple[Array, Ragged], Array]:
        """Find left-leaning chains of additions whose inner sums are used nowhere else.

        Returns their last lines, their terms, and through which of these gradients flow.
        """
        n, (starts, flat) = len(self.sorts), self.operands
        adding = self.of_kind(ops.add)
        adds = np.flatnonzero(adding)
        x, y = flat[starts[adds]], flat[starts[adds] + 1]
        tracked = np.array([(*s.tracked, False, False)[:2] for s in self.tape.table], bool)
        x_tracked, y_tracked = tracked.reshape(-1, 2)[self.sorts[adds]].T
        swap = literal[starts[adds]]  # a number on the left, as in sum(), which starts with 0
        x, y = np.where(swap, y, x), np.where(swap, x, y)
        x_tracked, y_tracked = (
            np.where(swap, y_tracked, x_tracked),
            np.where(swap, x_tracked, y_tracked),
        )
        stages = self.stages(np.arange(n))
        goes_on = adding[x] & (self.uses[x] == 1) & (stages[x] == stages[adds])
        last = np.arange(n)
        last[x[goes_on]] = adds[goes_on]
        while not np.array_equal(further := last[last], last):
            last = further
        # a chain's first line gives both operands, the others the right one
        heads = ~goes_on
        owners = np.concatenate([last[adds[heads]], last[adds]])
        order = sorted_by(owners, np.concatenate([2 * adds[heads], 2 * adds + 1]))
        terms = np.concatenate([x[heads], y])[order]
        term_tracked = np.concatenate([x_tracked[heads], y_tracked])[order]
        counts = np.bincount(owners)
        ends = np.flatnonzero(counts)
        counts = counts[ends]
        self.inner[x[goes_on]] = True
        long = np.repeat(counts > 2, counts)
        chains = ends[counts > 2], ragged(counts[counts > 2], terms[long])
        return chains, term_tracked[long]

    # ---------------------------------------------------------------------------------------------
    # The paths of gradients

    def _find_edges(self) -> tuple[Ragged, Array]:
        starts, flat = self.operands
        ends, terms = self.chains
        plain = ~self.inner
        plain[ends] = False
        tracked = self._chain_tracked
        owners = [np.repeat(ends, np.diff(terms.starts))[tracked]]
        positions = [np.zeros(np.count_nonzero(tracked), np.intp)]
        operands = [terms.flat[tracked]]
        for sort, lines in self.lines_by_sort():
            at = np.flatnonzero(sort.tracked)
            lines = lines[plain[lines]]
            if at.size and lines.size:
                owners.append(np.repeat(lines, at.size))
                positions.append(np.tile(at, lines.size))
                operands.append(flat[starts[lines][:, None] + at].ravel())
        owner = np.concatenate(owners)
        order = sorted_by(owner)
        counts = np.bincount(owner, minlength=len(self.sorts))
        return (
            ragged(counts, np.concatenate(operands)[order]),
            np.concatenate(positions)[order],
        )

    def stages(self, lines: Array) -> Array:
        """Return the stages of lines."""
        found: Array = np.searchsorted(self.tape.starts, lines, side="right") - 1
        return found
