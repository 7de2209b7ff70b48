"""A debugger for backpropagation: `stepper` walks the recorded sweep as text. Next: `moves.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...settings import checked_text, shown
from .recording import Event, Recording, record, show


class Stepper:
    """Walks through one backward pass, which is recorded once, so that going back is free.

    Made by `stepper`. Methods that move return the stepper, which prints as the current step.
    """

    def __init__(self, recording: Recording):
        self.recording = recording
        self.position = 0
        self._breaks: list[tuple[str, Callable[[Event], bool]]] = []
        self.stopped_by = ""

    @property
    def event(self) -> Event:
        """The current step."""
        return self.recording.events[self.position]

    @property
    def done(self) -> bool:
        """Whether this is the last step."""
        return self.position == len(self.recording.events) - 1

    def __len__(self) -> int:
        return len(self.recording.events)

    def next(self, count: int = 1) -> Stepper:
        """Go ``count`` steps forward, at most to the last one."""
        return self._go(count, 1)

    def back(self, count: int = 1) -> Stepper:
        """Go ``count`` steps back, at most to the first one."""
        return self._go(count, -1)

    def _go(self, count: int, direction: int) -> Stepper:
        if not isinstance(count, int):
            raise TypeError(
                f"Stepper: the number of steps is an integer such as 1, got {shown(count)}"
            )
        self.position = max(min(self.position + direction * count, len(self) - 1), 0)
        return self

    def backward(self) -> Stepper:
        """Go to the start of the backward pass, where the seed is set."""
        self.position = self.recording.first_backward()
        return self

    def to(self, name: str) -> Stepper:
        """Go to the next step in which ``name`` gets a contribution, wrapping around at the end.

        Raises
        ------
        KeyError
            If the graph has no node of that name; the message lists the names.
        """
        names = [step.name for step in self.recording.nodes]
        name = self._name(name)
        if name not in names:
            known = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
            raise KeyError(f"no node is named {shown(name)}; the graph has {known}")
        order = [*range(self.position + 1, len(self)), *range(self.position + 1)]
        events = self.recording.events
        hits = [i for i in order if events[i].target == name]
        self.position = hits[0] if hits else names.index(name)
        return self

    def break_on(self, condition: str | Callable[[Event], bool]) -> Stepper:
        """Add a condition at which `run` stops.

        Parameters
        ----------
        condition : str or callable
            "nan" (a gradient is not finite), "zero" (a contribution is 0), "accumulate" (a second
            contribution), the name of a node, or a function of the `Event`.
        """
        if callable(condition):
            self._breaks.append((getattr(condition, "__name__", "condition"), condition))
            return self
        known: dict[str, Callable[[Event], bool]] = {
            "nan": lambda e: e.after is not None and not np.all(np.isfinite(e.after)),
            "zero": lambda e: e.contribution is not None and not np.any(e.contribution),
            "accumulate": lambda e: e.before is not None,
        }
        condition = self._name(condition)
        if condition not in known and condition not in {s.name for s in self.recording.nodes}:
            raise KeyError(
                f"break_on: {shown(condition)} is neither a node nor one of {sorted(known)}"
            )
        self._breaks.append((condition, known.get(condition, lambda e: e.target == condition)))
        return self

    def run(self) -> Stepper:
        """Continue until a condition of `break_on` holds, or to the end."""
        self.stopped_by = ""
        while not self.done:
            self.next()
            for name, condition in self._breaks:
                if condition(self.event):
                    self.stopped_by = name
                    return self
        return self

    def gradient(self, name: str) -> Any:
        """Return the gradient of a node at this step; None if it has got no contribution."""
        name = self._name(name)
        for event in reversed(self.recording.events[: self.position + 1]):
            if event.target == name:
                return event.after
        return None

    def _name(self, label: str) -> str:
        """Return the short name of a labelled node, such as W1 for layers.0.weight."""
        checked_text("Stepper: the name of a node", label)
        short = {step.path: step.name for step in self.recording.nodes if step.path}
        return short.get(label, label)

    def __repr__(self) -> str:
        return step_text(self.event, self.position, len(self), self.stopped_by)


def step_text(event: Event, position: int, total: int, stopped_by: str = "") -> str:
    """Return one step as text."""
    head = f"step {position + 1} of {total}"
    head += f" (stopped by {stopped_by})" if stopped_by else ""
    if event.kind == "forward":
        how = f" = {event.rule}" if event.rule else ", a leaf"
        return f"{head}  forward\n  {event.name}{how}"
    if event.kind == "seed":
        return f"{head}  backward starts\n  ∂{event.name}/∂{event.name} = {show(event.after)}"
    lines = [f"{head}  backward: {event.name} → {event.target}"]
    product = f"{show(event.upstream)} × {show(event.local)}"
    if event.local is None:
        product = f"{event.rule} applied to {show(event.upstream)}"
    lines.append(f"  {product} = {show(event.contribution)}")
    if event.local is not None:
        lines.append(f"  {event.rule}")
    arrival = "first arrival" if event.before is None else "accumulates"
    lines.append(
        f"  ∂/∂{event.target}: before {show(event.before)}, this {show(event.contribution)}, now "
        f"{show(event.after)} ({arrival})"
    )
    lines.append(f"  {event.expression}")
    return "\n".join(lines)


def stepper(loss: Any, gradient: Any = None) -> Stepper:
    """Return a debugger that walks through the backward pass of a loss, one contribution at a time.

    Parameters
    ----------
    loss : Tensor or Value
        The scalar to start from, whose graph is not changed.
    gradient : array_like, optional
        The upstream gradient of a loss that is not a scalar.

    Returns
    -------
    Stepper
        Prints as the current step; ``next()``, ``back()``, ``to(name)`` and ``run()`` move it.

    Raises
    ------
    TypeError
        If the loss has no graph.
    ValueError
        If it is not a scalar and no gradient is given, or the graph is too large to walk.

    Examples
    --------
    >>> a = Value(3.0, label="a")
    >>> s = stepper(a * a)
    >>> s.to("a").next()
    step 5 of 5  backward: v2 → a
      1 × 3 = 3
      upstream times local derivative
      ∂/∂a: before 3, this 3, now 6 (accumulates)
      ∂v2/∂v2 · ∂v2/∂a + ∂v2/∂v2 · ∂v2/∂a
    """
    return Stepper(record(loss, gradient))
