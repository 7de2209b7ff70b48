"""The order of an emitted program, how long each value is needed. Next: `emit_numpy.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .program import Program, Step


class Liveness:
    """What an emitter knows about the steps of a program before it writes any.

    Attributes
    ----------
    order : list of Step
        The steps; from ``head`` on those that only updates need.
    root : dict
        For every step the one whose memory it is a view of.
    last : dict
        For every root the place in the order where it is read last.
    leaving, outside : set of Step
        The roots of outputs; the steps that outputs, checks and updates ask for.
    into : dict
        The steps that are written into the array of an input that is updated.
    """

    def __init__(self, program: Program, bound: Mapping[Step, Any]) -> None:
        self.program = program
        self.bound = dict(bound)
        self.order = self._ordered()
        self._analyse()

    def _ordered(self) -> list[Step]:
        """Return the steps with those that only updates need at the end."""
        p = self.program
        risky = [s for s in p.steps if s.kind in ("call", "item", "random")]
        needed: set[Step] = set()
        stack = [*p.outputs, *(s for s, _ in p.checks), *risky]
        while stack:
            step = stack.pop()
            if step not in needed:
                needed.add(step)
                stack.extend(step.arguments)
        head = [s for s in p.steps if s in needed]
        self.tail = [s for s in p.steps if s not in needed]
        self.head = len(head)
        return head + self.tail

    def _analyse(self) -> None:
        self.root: dict[Step, Step] = {s: s for s in self.program.inputs}
        self.last: dict[Step, int] = {}
        self.users: dict[Step, list[Step]] = {}
        for k, step in enumerate(self.order):
            view = step.kind == "view" and step.arguments[0].shape != ()
            self.root[step] = self.root[step.arguments[0]] if view else step
            for a in step.arguments:
                self.last[self.root[a]] = k
                self.users.setdefault(a, []).append(step)
        self.read = dict(self.last)
        self.index = {step: k for k, step in enumerate(self.order)}
        # what leaves must be its own
        self.leaving = {self.root[s] for s in self.program.outputs}
        end = len(self.order)
        p = self.program
        self.outside = {*p.outputs, *(s for s, _ in p.checks), *(new for _, new in p.updates)}
        for step, _ in self.program.checks:
            self.last[self.root[step]] = max(self.last.get(self.root[step], 0), self.head)
        for _, new in self.program.updates:
            self.last[self.root[new]] = end
        self.into: dict[Step, Step] = {}
        for old, new in self.program.updates:
            self._write_into(old, new)

    def _write_into(self, old: Step, new: Step) -> None:
        """Let the steps that lead to an update write into the array that it updates."""
        if old not in self.bound or not old.shape:
            return
        latest, step = self.read.get(old, -1), new
        while (
            step in self.index
            and self.index[step] >= max(latest, self.head)
            and step.kind == "elementwise"
            and step.name not in ("where", "item")
            and step.shape == old.shape
            and step.dtype == old.dtype
            and step not in self.into
            and step not in self.leaving
            and (step is new or len(self.users[step]) == 1)
        ):
            self.into[step] = old
            for a in step.arguments:
                if a.shape == old.shape and a in self.index and a not in self.into:
                    step = a
                    break
            else:
                return
