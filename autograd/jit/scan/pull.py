"""The gradients of a recorded scan: a second loop in reverse. Next: `again.py`.

The closures of one step run on stand-ins for the gradients of its results. What they record is cut
out as the step of the second loop; values that it needs of the first loop are stacked there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Step
from ..record.array import RecordedArray
from .graph import Graph, Parts, swept
from .loop import Loop
from .parts import called, check_all_held, cut, kept, part, stand_in
from .sums import Sums


class Backward:
    """One call of the second loop."""

    def __init__(self, scan: Any, graph: Graph, parts: Parts, strict: bool) -> None:
        self.graph, self.scan, self.capture = graph, scan, scan.capture
        self.given = {i: self._lifted(g) for i, g in parts.found.items()}
        start, asked = len(self.capture.steps), len(self.capture.checks)
        self._seeds()
        with kept(self.capture):
            found = self._swept(strict)
            self._carry(found)
            self.inner, checks = cut(self.capture, start, asked, self._stand_ins())
        self._loop(checks)

    def _lifted(self, g: Any) -> RecordedArray:
        return self.capture.lift(getattr(g, "_data", g))  # type: ignore[no-any-return]

    # ---------------------------------------------------------------------------------------------
    # One step

    def _seeds(self) -> None:
        """Make stand-ins for the gradients of the results of one step."""
        scan, capture = self.scan, self.capture
        self.carried: dict[Any, RecordedArray] = {}
        self.first: list[RecordedArray] = []
        for slot in self.graph.slots:
            i = scan.slots.index(slot)
            g = self.given.get(i)
            if g is None:
                g = capture.lift(np.zeros(slot.array.shape, slot.dtype)[()])
            g = capture.astype(g, slot.dtype)
            self.first.append(g)
            self.carried[slot] = RecordedArray(capture, stand_in(g.step.value, "gradient"))
        count = len(scan.slots)
        self.stacks = {i: g for i, g in self.given.items() if i >= count}
        last = 0 if scan.reverse else -1
        self.rows = {
            i: RecordedArray(capture, stand_in(g.step.value[last], "gradient"))
            for i, g in self.stacks.items()
        }

    def _seed(self, i: int) -> Any:
        slots = self.scan.slots
        return self.carried.get(slots[i]) if i < len(slots) else self.rows.get(i)

    def _swept(self, strict: bool) -> dict[Any, Any]:
        """Return the gradients of all nodes of one step."""
        pairs = [(n, self._seed(i)) for i, n in enumerate(self.graph.nodes) if n is not None]
        return swept(self.graph.order, pairs, strict, as_nodes=False)

    def _carry(self, found: dict[Any, Any]) -> None:
        """Set the gradients of the entries of the carry, the rows and the outside nodes."""
        capture = self.capture
        self.next = []
        for slot, g in self.carried.items():
            new = found.get(slot.tensor._node)
            if new is None:
                new = np.zeros(g.shape, g.dtype)[()]
            self.next.append(capture.astype(self._lifted(new), g.dtype))
        self.to_rows = [found.get(r._node) for r in self.graph.rows]
        self.to_rows = [None if g is None else self._lifted(g) for g in self.to_rows]
        self.to_outside = [found.get(n) for n in self.graph.outside]
        self.to_outside = [None if g is None else self._lifted(g) for g in self.to_outside]

    def _stand_ins(self) -> list[Step]:
        own = [g.step for g in (*self.carried.values(), *self.rows.values())]
        scan = self.scan
        forward = [s.array.step for s in scan.slots] + [r.step for r in scan.row_arrays()]
        return [*own, *forward, *scan.inner]

    # ---------------------------------------------------------------------------------------------
    # The loop

    def _loop(self, checks: list[tuple[Step, bool]]) -> None:
        """Make the second loop a step of the recording."""
        scan, capture = self.scan, self.capture
        forward = {*scan.inner, *scan.stand_ins()}
        sums = Sums(capture, scan.n, {*self.inner, *self._stand_ins()})
        self.sums = [None if c is None else sums.of(c.step) for c in self.to_outside]
        self.each = [None if g is None else sums.each(g.step) for g in self.to_rows]
        added = self._added()
        carry = list(
            zip([g.step for g in self.carried.values()], [g.step for g in self.next], strict=True)
        )
        carry += [(old.step, new.step) for old, new in added]
        own = zip(self.to_rows, self.each, strict=True)
        stacked = [g.step for g, whole in own if g is not None and whole is None]
        asked = [s for x in (*self.sums, *self.each) if x is not None for s in x.needs]
        stacked += [s for s in asked if s not in forward and s not in self._row_steps()]
        roots = [*(new for _, new in carry), *stacked, *(s for s, _ in checks)]
        saved, inner = self._needed(roots, forward)
        rows = [*(g.step for g in self.rows.values()), *saved]
        self.loop = Loop(scan.n, not scan.reverse, carry, rows, inner, checks)
        for s in stacked:
            self.loop.stack(s)
        scan.save([*saved, *(s for s in asked if s in forward)])
        zeros = [capture.lift(np.zeros(old.shape, old.dtype)[()]) for old, _ in added]
        operands = [*self.first, *zeros, *self.stacks.values(), *(scan.stack_of(s) for s in saved)]
        self.call = called(capture, self.loop, operands)
        if checks:
            check_all_held(capture, self.call, len(carry))

    def _row_steps(self) -> list[Step]:
        return [g.step for g in self.rows.values()]

    def _added(self) -> list[tuple[RecordedArray, RecordedArray]]:
        """Return pairs for sums that are added up step by step: a stand-in, and the next sum."""
        capture = self.capture
        start = len(capture.steps)
        found = []
        with kept(capture):
            for c, total in zip(self.to_outside, self.sums, strict=True):
                if c is not None and total is None:
                    old = RecordedArray(capture, stand_in(np.zeros(c.shape, c.dtype)[()], "sum"))
                    found.append((old, old + c))
            inner, _ = cut(capture, start, len(capture.checks), [old.step for old, _ in found])
        self.inner += inner
        return found

    def _needed(self, roots: list[Step], forward: set[Step]) -> tuple[list[Step], list[Step]]:
        """Return the values that the first loop must stack, and all steps of the second.

        Views are taken again from stacked values.
        """
        own = set(self.inner)
        saved: dict[Step, None] = {}
        seen: set[Step] = set()
        stack = roots[::-1]
        while stack:
            step = stack.pop()
            if step in seen:
                continue
            seen.add(step)
            if step in own or (step in forward and step.kind == "view"):
                stack.extend(step.arguments)
            elif step in forward:
                saved[step] = None
        views = [s for s in self.scan.inner if s in seen and s.kind == "view"]
        return list(saved), [*views, *(s for s in self.inner if s in seen)]

    def contributions(self) -> tuple[Any, ...]:
        """Return the contribution to every parent, or None."""
        graph, capture = self.graph, self.capture
        numbers = {slot: i for i, slot in enumerate(self.carried)}
        found: list[Any] = [part(capture, self.call, numbers[s]) for s in graph.begun]
        for g, whole in zip(self.to_rows, self.each, strict=True):
            if whole is not None:
                found.append(whole.make(self._stack))
            else:
                found.append(None if g is None else self._stack(g.step))
        added = len(self.carried)
        for c, total in zip(self.to_outside, self.sums, strict=True):
            if c is not None and total is None:
                found.append(part(capture, self.call, added))
                added += 1
            else:
                found.append(None if total is None else total.make(self._stack))
        return tuple(found)

    def _stack(self, step: Step) -> RecordedArray:
        """Return the stacked values of a step of either loop."""
        for i, g in self.rows.items():
            if g.step is step:
                return self.stacks[i]
        if step in self.loop.stacked:
            return part(self.capture, self.call, self.loop.place(self.loop.stack(step)))
        return self.scan.stack_of(step)  # type: ignore[no-any-return]
