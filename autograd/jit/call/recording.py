"""One recording: its program, its guards, and the function that runs both. Next: `compiled.py`.

That function is generated Python code: it checks the guards, reads the inputs, runs the program,
and writes what the program changes. Arrays of tensors and optimizers are bound into the program; if
one was replaced by another of the same form, the program is emitted again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ...arithmetic import otherwise_quietly, run_quietly
from ...mode import tick
from ...node import LEAF
from ..optimize import flat
from ..optimize.numpy_form import numpy_form
from ..optimize.passes import optimize
from ..program import Program, Step
from ..record.capture import Capture
from ..record.facts import Change, Place
from ..record.sources import Argument, Data, Gradient, Outside, Setting
from ..scan.loop import finish
from ..scan.parts import check_whole
from ..step_functions import OtherSizeError
from .aliases import Aliases, apart, shown, viewed
from .backends import MISSED, Backends
from .guards import Guards, Reach
from .lent import Lent
from .plans import Plan
from .signature import Signature
from .surroundings import check_clean, name_of, run
from .surroundings import recorded as surroundings
from .swaps import recording

# the result of a call for which the function itself must run
SHARED: Any = object()
_WRONG = (AttributeError, TypeError, KeyError, IndexError, ValueError, NameError)


class Recording(Backends):
    """A function as recorded for calls of one signature."""

    def __init__(
        self,
        reach: Reach,
        function: Callable[..., Any],
        call: Signature,
        args: Any,
        kwargs: Any,
        backend: str,
        flush_denormals: bool = False,
        threads: int | None = None,
    ) -> None:
        super().__init__(backend, flush_denormals, threads)
        capture = Capture(reach.tensors)
        with recording(capture):
            with surroundings(reach, capture) as gone:
                returned, self._rebuild = run(function, capture, call, args, kwargs)
            capture.check_outside()
            check_clean(function, reach, gone)
            self.plans = [Plan(capture, x) for x in returned]
            self.bindings, updates = capture.results()
        del returned
        self.holders = list(capture.holders.values())
        self._apart = apart(self.holders, call.leaves) if self.bindings or updates else []
        self._written = [h.place for h in capture.changed if h.position is not None]
        data = [source.holder for source, _ in self.bindings if type(source) is Data]
        self._replaced = tuple(h.fixed for h in data if h.position is None)
        self.slots = list(capture.steps_taken.values())
        self.optimizers = [settings.optimizer for settings in capture.settings]
        self._nothing = self._rebuild([0] * len(self.plans)) == 0 and self.plans[0].gives_none()
        self._fits: Any = None
        # objects whose ids are in the key, kept so that no other objects can get these ids
        self._objects = call.objects()
        self._call: Any = None
        self._gate: Any = None
        self._gated: Any = None
        self._lend = True
        self.source = ""
        self._name = name_of(function)
        self._take(capture, reach, updates)
        self._bind()

    def _take(self, capture: Capture, reach: Reach, updates: Any) -> None:
        """Take over the recorded program."""
        outputs = [p.step for p in self.plans if p.step is not None]
        outputs += [step for _, step in self.bindings if step is not None]
        recorded = capture.program(outputs, updates)
        check_whole(recorded, capture.apart)
        self.guards = Guards(reach, capture)
        capture.close(self._name)
        recorded.forget()
        self.program = finish(optimize(recorded))
        wanted = set(self.program.inputs)
        pairs = [x for x in zip(capture.inputs, capture.sources, strict=True) if x[0] in wanted]
        self.source_of = dict(pairs)
        drawn = {a for s in self.program.steps if s.kind == "random" for a in s.arguments}
        self._drawn: list[Any] = [
            source
            for step, source in pairs
            if self.program.checks and step in drawn and step.dtype == object
        ]

    # ---------------------------------------------------------------------------------------------
    # The function of a call

    def _bind(self) -> None:
        """Make the function for the arrays that tensors and optimizers hold now."""
        self._call = self._gate = self._gated = None
        made = self._made()
        self._lent.count(made.__globals__)
        self._call = self._drawing(made) if self._drawn else made

    def _made(self) -> Any:
        guards = self.guards.fork()
        source_of = self.source_of
        form = self.program if self._native else numpy_form(self.program)
        bound, groups = self._bound(form, source_of)
        given = [step for step in form.inputs if step not in bound]
        reads = [source_of[step] for step in given]
        steps = {i: s for i, s in enumerate(given) if type(source_of[s]) is not Setting}
        shared = Aliases(bound, steps, {old for old, _ in self.program.updates})
        for step, array in bound.items():
            if type(source_of[step]) is not Outside:
                guards.identify(source_of[step].place, array)
        numbers = [old for old, _ in self.program.updates if old not in bound and not old.shape]
        gradients = self._gradients() if self._lend else {}
        emitter = self._emitter(form, bound, numbers, groups, gradients)
        program = emitter.compile()
        self.source = emitter.readable
        arrays = {i: emitter.lent(form.outputs[i]) for i in gradients}
        lent = {i: g for i, g in arrays.items() if g is not None}
        wholes = [whole for group in groups for whole in group.flat]
        self._lent = Lent([(gradients[i], g) for i, g in lent.items()], wholes)
        changes = self._changes(source_of, numbers, set(lent))
        found = guards.compile(self._lines(guards, program, reads, shared, changes))
        if shared.always:
            warnings.warn(
                f"jit: {self._name} writes an array that shares memory with another one which it "
                "uses, and runs as it is; give each its own memory",
                RuntimeWarning,
                stacklevel=2,
            )
        else:
            self._gated = program, guards, reads, changes
        if self._rival is not None:
            self._try(found, self._rival)
        elif self.backend == "auto" and not self._native:
            self._compile_beside(found, bound, numbers, gradients)
        return found

    def _lines(self, guards: Guards, program: Any, reads: Any, shared: Any, changes: Any) -> str:
        """Return the body of the function of a call."""
        guards.names |= {"quietly": run_quietly, "Raised": (RuntimeError, OtherSizeError)}
        guards.names |= {"program": program, "MISSED": MISSED, "tick": tick, "LEAF": LEAF}
        guards.names |= {"shared": shared, "SHARED": SHARED, "viewed": viewed, "shown": shown}
        guards.names |= {"otherwise": _otherwise}
        read = ", ".join(source.text(guards.name) for source in reads)
        handed = "*given" if shared.possible else read
        lines = [
            f"if not ({guards.text()}): return MISSED",
            *[f"if not {fact.text(guards.name)}: return SHARED" for fact in self._apart],
            *[f"if viewed({x.text(guards.name)}): return SHARED" for x in self._written],
            *self._shown(guards),
            *(["return SHARED"] if shared.always else []),
            *self._lent.lines(guards.name),
            *([f"given = [{read}]"] if shared.possible else []),
            *(["if shared(given): return SHARED"] if shared.possible else []),
            f"try: found = quietly(program, {handed})",
            f"except Raised as e: found = otherwise(e, program, {handed})",
            "if found is None: return None",
            *(["if not out: lent.give()"] if self._lent.pairs else []),
            *(["now = LEAF + tick()"] if any(c.kind == "date" for c in changes) else []),
            *[change.text(guards.name) for change in changes],
            "return found",
        ]
        return "\n    ".join(lines)

    def _shown(self, guards: Guards) -> list[str]:
        """Return the line that finds arguments which show tensors from outside with new data."""
        given = [h.text(guards.name) for h in self.holders if h.position is not None]
        if not given or not self._replaced:
            return []
        return [f"if shown({guards.name(self._replaced)}, [{', '.join(given)}]): return SHARED"]

    def _gate_of(
        self, call: Any, program: Any, guards: Guards, reads: list[Any], changes: list[Change]
    ) -> Any:
        """Return the gate for calls like this one; None if they must go through Python."""
        if not self._native:
            return None
        from ..c.caller import extension
        from .gate import Description, NoGateError, rebuilding

        module = extension()
        if module is None or type(program) is not module.Call:
            return None
        args, kwargs, static = call
        try:
            found = Description(module, args, kwargs, static)
            found.describe([*guards.facts.values(), *self._apart], changes, self.plans)
            rebuild = rebuilding(self._rebuild, len(self.plans))
            places = [source.place for source in reads]
            return found.make(program, places, self._lent.pairs, self._lent.whole, rebuild)
        except NoGateError:
            return None

    def gate(self, call: Signature, args: Any, kwargs: Any) -> Any:
        """Return the gate of this recording, if there can be one; made on first use."""
        with self._lock:
            if self._rival is None and self._gated is not None:
                made, self._gated = self._gated, None
                self._gate = self._gate_of((args, kwargs, call.static), *made)
                if self._gate is not None:
                    self._gate.count()
            return self._gate

    def _bound(
        self, form: Program, source_of: dict[Step, Any]
    ) -> tuple[dict[Step, Any], list[flat.Group]]:
        """Return the arrays that are the same at every call, and the joined updates."""
        for slot, _ in self.slots:
            slot.unbind()
        for optimizer in self.optimizers:
            optimizer._held.unbind()
        bound: dict[Step, Any] = {}
        spare = {step for step, source in source_of.items() if source.spare()}
        for step, source in source_of.items():
            array = source.read() if source.fixed else None
            if isinstance(array, np.ndarray) and array.ndim and array.flags.writeable:
                bound[step] = array

        def move(step: Step, part: Any) -> None:
            source_of[step].move(part)

        return bound, flat.lay_out(flat.find(form, bound), bound, move, spare)

    def _gradients(self) -> dict[int, Any]:
        """Return the nodes whose gradients are outputs, by the numbers of these.

        Without those that the program reads: a new gradient must not overwrite the old one while
        that is needed, or before a check fails and the call starts again.
        """
        start = sum(p.step is not None for p in self.plans)
        given = [source for source, step in self.bindings if step is not None]
        read = {source.leaf for source in self.source_of.values() if type(source) is Gradient}
        return {
            start + i: source.leaf.fixed
            for i, source in enumerate(given)
            if type(source) is Gradient and source.leaf.position is None and source.leaf not in read
        }

    def _generators(self, leaves: Sequence[Any]) -> Any:
        return [
            leaves[source.position] if type(source) is Argument else source.x
            for source in self._drawn
        ]

    def _changes(
        self, source_of: dict[Step, Any], numbers: list[Step], lent: set[int]
    ) -> list[Change]:
        """Return the changes that a call makes beside the arrays that the program writes."""
        place = sum(p.step is not None for p in self.plans)
        found = []
        for source, step in self.bindings:
            if step is None or place not in lent:
                found.append(Change("none" if step is None else "result", source.target, place))
            place += step is not None
        for old in numbers:
            found.append(Change("result", source_of[old].written, place))
            place += 1
        for old, _ in self.program.updates:
            source = source_of[old]
            where = source.date() if type(source) is Data and old not in numbers else None
            if where is not None:
                found.append(Change("date", where))
        counts = [(Place("itself", slot), count) for slot, count in self.slots]
        return found + [Change("count", Place("attribute", s, "steps"), n) for s, n in counts]

    def fits(self, leaves: Sequence[Any]) -> bool:
        """Whether this recording is valid, whatever arrays the tensors have."""
        if self._fits is None:
            self._fits = self.guards.compile(f"return {self.guards.text()}")
        try:
            return bool(self._fits(leaves))
        except _WRONG:
            return False

    def run(self, leaves: Sequence[Any]) -> Any:
        """Run the program for a call, make its changes, and return the function's result.

        Or return `MISSED` or `SHARED`, with nothing changed.
        """
        # only one call at a time can use the buffers of a program
        with self._lock:
            gate = self._gate
            if gate is not None:
                gate.close()
            try:
                found = self._call(leaves)
                if found is MISSED:
                    found = self._bound_anew(leaves)
            except _WRONG:
                if self.fits(leaves):
                    raise
                return MISSED
            finally:
                if gate is not None:
                    gate.open()
        if found is None or found is MISSED or found is SHARED:
            return found or MISSED
        if self._nothing:
            return None
        values = iter(found)
        return self._rebuild(
            [p.present(leaves, next(values) if p.step is not None else None) for p in self.plans]
        )

    def _bound_anew(self, leaves: Sequence[Any]) -> Any:
        """Return the results of the program for other arrays of the same form, or MISSED."""
        if not self.fits(leaves):
            return MISSED
        self._lend = self._lend and not self._lent.kept
        self._bind()
        return self._call(leaves)

    def _drawing(self, call: Any) -> Any:
        """Return a call that restores generators if a check fails after numbers were drawn."""

        def run(leaves: Sequence[Any]) -> Any:
            states = [(g, g.bit_generator.state) for g in self._generators(leaves)]
            found = call(leaves)
            if found is None:
                for generator, state in states:
                    generator.bit_generator.state = state
            return found

        return run


def _otherwise(error: Exception, program: Any, *given: Any) -> Any:
    """Return the results of a program that raised because its prepared context was in use.

    None if a result has another size than the recorded one.
    """
    if isinstance(error, RuntimeError):
        with suppress(OtherSizeError):
            return otherwise_quietly(error, program, *given)
    return None
