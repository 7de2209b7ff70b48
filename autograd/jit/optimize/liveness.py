"""The order of the steps of an emitted program, and the lifetime of values. Next: `batches.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..program import Program, Step
from .flat import Group, only_for_updates


class Liveness:
    """The analysis of a program before any step is emitted.

    Attributes
    ----------
    order : list of Step
        The steps; those from ``head`` on are only needed by updates.
    root : dict
        For every step the step whose memory it is a view of.
    last : dict
        For every root the position of the last step that reads it.
    leaving, outside : set of Step
        The roots of outputs; the steps that outputs, checks and updates need.
    into : dict
        The steps that are computed in the array of an updated input.
    slices : dict
        For the steps that groups start from, the slices that they are computed into.
    """

    def __init__(
        self, program: Program, bound: Mapping[Step, Any], groups: Sequence[Group] = ()
    ) -> None:
        self.program = program
        self.bound = dict(bound)
        self.groups = list(groups)
        # updates outside of groups
        grouped = {old for group in groups for old in group.updated()}
        self.updates = [(old, new) for old, new in program.updates if old not in grouped]
        self.order = self._ordered()
        self._analyse()

    def _ordered(self) -> list[Step]:
        """Return the steps, those that only updates need at the end, without those of groups."""
        later = only_for_updates(self.program)
        head = [s for s in self.program.steps if s not in later]
        done = {s for group in self.groups for chain in group.chains for s in chain.steps}
        self.head = len(head)
        return head + [s for s in later if s not in done]

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
        # outputs must not share memory
        self.leaving = {self.root[s] for s in self.program.outputs}
        end = len(self.order)
        p = self.program
        self.outside = {*p.outputs, *(s for s, _ in p.checks), *(new for _, new in self.updates)}
        self.outside |= {step for group in self.groups for step in group.views}
        for step, _ in self.program.checks:
            self.last[self.root[step]] = max(self.last.get(self.root[step], 0), self.head)
        for _, new in self.updates:
            self.last[self.root[new]] = end
        self._place_flat(end)
        self.into: dict[Step, Step] = {}
        for old, new in self.updates:
            self._write_into(old, new)

    def _place_flat(self, end: int) -> None:
        """Have the leaves of groups computed in their slices, or else copied there."""
        self.slices: dict[Step, Any] = {}
        for group in self.groups:
            for step, view in group.views.items():
                root = step
                while root.kind == "view" and root.name == "reshape" and root.arguments[0].shape:
                    root = root.arguments[0]
                if root.kind in ("input", "constant", "view") or root in self.slices:
                    root = step
                self.slices[root] = view.reshape(root.shape)
                self.last[self.root[root]] = end
        self.leaving -= set(self.slices)

    def _write_into(self, old: Step, new: Step) -> None:
        """Have the steps that lead to an update computed in the array that it updates."""
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
            and step not in self.slices
            and (step is new or len(self.users[step]) == 1)
        ):
            self.into[step] = old
            for a in step.arguments:
                if a.shape == old.shape and a in self.index and a not in self.into:
                    step = a
                    break
            else:
                return
