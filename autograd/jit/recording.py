"""One recording: its program, its guards, and the function that runs both. Next: `check.py`.

That function is Python written for the recording: it compares, reads the inputs, runs the program,
and writes what the program changes. Arrays of tensors and optimizers are bound into the program;
where one was exchanged for another of its form, the program is emitted again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arithmetic import quietly
from ..array_node import ArrayNode
from ..mode import is_grad_enabled, tick
from ..node import LEAF, Gone
from ..tensor import Tensor
from ..trees import flatten
from .c_backend import c_program, replace_by_c
from .capture import Capture
from .emit_numpy import Emitter
from .guards import Guards, Reach
from .passes import optimize
from .program import Step
from .recorder import Refused
from .signature import Signature
from .sources import Argument, Data, Outside
from .surroundings import recorded as surroundings
from .swaps import recording

MISSED: Any = object()
_REPLAYED = Gone(
    "was not kept: it is a result of a function under jit; call backward() inside that function, "
    "or take autograd.grad of it"
)
_WRONG = (AttributeError, TypeError, KeyError, IndexError, ValueError)


class Recording:
    """A function as recorded for calls of one signature."""

    def __init__(
        self, function: Callable[..., Any], call: Signature, args: Any, kwargs: Any, backend: str
    ) -> None:
        reach = Reach(
            [function, *[x for x in call.leaves if not isinstance(x, np.ndarray | Tensor)]]
        )
        capture = Capture(reach.tensors)
        with recording(capture):
            with surroundings(reach, capture):
                returned, self._rebuild = _run(function, capture, call, args, kwargs)
            capture.check_outside()
            _check_clean(function, reach)
            self.plans = [Plan(capture, x) for x in returned]
            self.bindings, updates = capture.results()
        del returned
        self.backend = backend
        self.inputs, self.sources = capture.inputs, capture.sources
        self.holders = list(capture.holders.values())
        self.slots = list(capture.steps_taken.values())
        outputs = [p.step for p in self.plans if p.step is not None]
        outputs += [step for _, step in self.bindings if step is not None]
        recorded = capture.program(outputs, updates)
        self.guards = Guards(reach, capture)
        self.guards.names["is_grad_enabled"] = is_grad_enabled
        self.guards.add(f"is_grad_enabled() is {is_grad_enabled()}")
        capture.close(getattr(function, "__name__", "the function"))
        recorded.forget()
        self.program = optimize(recorded)
        drawn = {a for s in self.program.steps if s.kind == "random" for a in s.arguments}
        pairs = zip(self.inputs, self.sources, strict=True) if self.program.checks else ()
        self._drawn: list[Any] = [
            source for step, source in pairs if step in drawn and step.dtype == object
        ]
        self._nothing = self._rebuild([0] * len(self.plans)) == 0 and self.plans[0].gives_none()
        self._fits: Any = None
        self._lock = threading.RLock()
        self._call: Any = None
        self._bind()

    # ---------------------------------------------------------------------------------------------
    # The function of a call

    def _bind(self) -> None:
        """Emit the program for the arrays that tensors and optimizers hold now."""
        self._call = None
        guards = self.guards.fork()
        source_of = dict(zip(self.inputs, self.sources, strict=True))
        bound: dict[Step, Any] = {}
        for step, source in source_of.items():
            array = source.read() if source.fixed else None
            if isinstance(array, np.ndarray) and array.ndim and array.flags.writeable:
                bound[step] = array
        array = None
        groups = self._groups(bound, source_of)
        reads = []
        for step, source in source_of.items():
            if step not in bound:
                reads.append(source.text(guards.name))
            elif type(source) is not Outside:
                guards.identify(source.text(guards.name), bound[step])
        numbers = [old for old, _ in self.program.updates if old not in bound and not old.shape]
        first = sum(p.step is not None for p in self.plans)
        given = [source for source, step in self.bindings if step is not None]
        kept = {first + i for i, source in enumerate(given) if type(source) is Gradient}
        emitter = Emitter(self.program, bound, numbers, groups=groups, kept=kept)
        program = emitter.compile()
        self.source = emitter.readable
        self._lent = Lent(
            [whole for group in groups for whole in group.flat],
            [
                (given[i - first].leaf.fixed, emitter.place[self.program.outputs[i]])
                for i in sorted(kept)
                if emitter.is_flat(self.program.outputs[i])
            ],
        )
        names = guards.names
        names |= {"quietly": quietly, "program": program, "MISSED": MISSED, "tick": tick}
        names |= {"LEAF": LEAF, "lent": self._lent}
        lines = [
            f"if not ({guards.text()}): return MISSED",
            *self._lent.lines(guards.name),
            f"found = quietly({', '.join(['program', *reads])})",
            "if found is None: return None",
            *self._commit(guards.name, source_of, numbers),
            "return found",
        ]
        del emitter, groups, bound
        self._call = guards.compile("\n    ".join(lines))
        self._lent.count(self._call)

    def _groups(self, bound: dict[Step, Any], source_of: dict[Step, Any]) -> list[flat.Group]:
        if not self._flat or any(s.leaf.position is not None for s, _ in self.bindings if type(s) is Gradient):
            return []
        for slot, _ in self.slots:
            slot.blocks, slot._bound = [], None

        def free(step: Step, array: Any) -> bool:
            return source_of[step].is_free(array, EXTRA)

        def move(step: Step, array: Any, part: Any) -> None:
            source_of[step].move(array, part)

        return flat.lay_out(flat.find(self.program, bound), bound, move, free)

    def _generators(self, leaves: Sequence[Any]) -> list[Any]:
        return [
            leaves[source.position] if type(source) is Argument else source.x
            for source in self._drawn
        ]

    def _commit(self, name: Any, source_of: dict[Step, Any], numbers: list[Step]) -> list[str]:
        place = sum(p.step is not None for p in self.plans)
        lines = []
        for source, step in self.bindings:
            lines.append(source.replaced(name, "None" if step is None else f"found[{place}]"))
            place += step is not None
        for old in numbers:
            lines.append(source_of[old].replaced(name, f"found[{place}]"))
            place += 1
        changed = [
            source_of[old].holder.text(name)
            for old, _ in self.program.updates
            if type(source_of[old]) is Data and old not in numbers
        ]
        changed = [f"{t}._node" for t in changed]
        if changed:
            lines.append("now = LEAF + tick()")
            lines += [f"if {node} is not None: {node}._mark = now" for node in changed]
        lines += [f"{name(slot)}.steps += {count}" for slot, count in self.slots]
        return lines

    def fits(self, leaves: Sequence[Any]) -> bool:
        """Whether this recording holds, whatever arrays the tensors have."""
        if self._fits is None:
            self._fits = self.guards.compile(f"return {self.guards.text()}")
        try:
            return bool(self._fits(leaves))
        except _WRONG:
            return False

    def run(self, leaves: Sequence[Any]) -> Any:
        """Return what the function returns for a call, having written what it writes, or MISSED."""
        # the buffers of a program serve one call at a time
        with self._lock:
            return self._run(leaves)

    def _run(self, leaves: Sequence[Any]) -> Any:
        # a check that fails must not leave numbers drawn
        states = [(g, g.bit_generator.state) for g in self._generators(leaves)]
        try:
            found = self._call(leaves)
        except _WRONG:
            if self.fits(leaves):
                raise
            return MISSED
        if found is MISSED:
            if not self.fits(leaves):
                return MISSED
            self._bind()
            found = self._call(leaves)
        if found is None:
            for generator, state in states:
                generator.bit_generator.state = state
        if found is None or found is MISSED:
            return MISSED
        if self._nothing:
            return None
        values = iter(found)
        return self._rebuild(
            [p.present(leaves, next(values) if p.step is not None else None) for p in self.plans]
        )


class Plan:
    """How one leaf of what the function returned is given back."""

    def __init__(self, capture: Capture, x: Any) -> None:
        self.step: Step | None = capture.output(x)
        self.value = None if self.step is not None else x
        self.tensor = isinstance(x, Tensor)
        self.holder: Any = None
        if self.tensor and id(x) in capture.holders:
            self.holder, self.step = capture.holders[id(x)], None
        self.array = self.step is not None and isinstance(self.step.value, np.ndarray)
        node = x._node if self.tensor else None
        self.leaf = node is not None and node._a is None
        self.node = None if node is None or self.leaf else _without_graph(node)

    def gives_none(self) -> bool:
        """Whether this is None at every call, and all that is returned."""
        return self.step is None and self.holder is None and self.value is None

    def present(self, leaves: Sequence[Any], value: Any) -> Any:
        """Return this leaf of the result."""
        if self.holder is not None:
            return self.holder.tensor(leaves)
        if self.step is None:
            return self.value
        if self.tensor:
            found = object.__new__(Tensor)
            found._data = value[()] if isinstance(value, np.ndarray) and not value.ndim else value
            found._shape, found._node = self.step.shape, self.node
            if self.leaf:
                found.requires_grad = True
            return found
        return np.asarray(value) if self.array else value


def _without_graph(computed: Any) -> ArrayNode:
    """Return the node of results that depend on leaves; asking for gradients through it raises."""
    node = ArrayNode()
    node._a, node._b, node._f, node._mark = _REPLAYED, None, None, 0.0
    node._operation, node._shape = computed._operation, computed._shape
    return node


def _run(
    function: Callable[..., Any], capture: Capture, call: Signature, args: Any, kwargs: Any
) -> tuple[list[Any], Any]:
    leaves, rebuild = flatten([list(args), kwargs])
    inside = [x if i in call.static else _argument(capture, x, i) for i, x in enumerate(leaves)]
    new_args, new_kwargs = rebuild(inside)
    return flatten(function(*new_args, **new_kwargs))


def _argument(capture: Capture, x: Any, position: int) -> Any:
    if isinstance(x, Tensor):
        return capture.substitute(x, position)
    if isinstance(x, np.random.Generator):
        return capture.generator(x, position)
    if type(x) in (float, int) or isinstance(x, np.ndarray | np.generic):
        return capture.argument(position, x)
    return x


def _check_clean(function: Any, reach: Reach) -> None:
    name = getattr(function, "__name__", "the function")
    if reach.drew():
        raise Refused(
            f"jit: {name} draws random numbers, which would be the same at every call; draw them "
            "outside and pass them as arguments, or pass the Generator as an argument"
        )
    if not reach.holds():
        raise Refused(
            f"jit: {name} changes a list, a dict or an attribute, which a replay would not do; "
            "return what is to be kept"
        )
