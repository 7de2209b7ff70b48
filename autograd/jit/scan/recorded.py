"""scan in a recording: one step is recorded and becomes a loop. Next: `loop_in_c.py`.

The step runs once, on stand-ins for the carry and a row. The recorded steps that depend on these
two are cut out of the recording and become the program of the loop; the others are the same in
every iteration and stay before it. The results belong to a node whose closure makes a second loop,
for the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...array_nodes.node import tensor_on
from ...mode import is_grad_enabled, tick
from ...tensor import Tensor
from ...transforms.scanning import check_carry, form_of, pair
from ...transforms.trees import flatten, flatten_like
from ...value import Value
from ..program import Step
from ..record.array import RecordedArray
from ..record.capture import Capture
from ..record.operators import NUMBERS
from ..step_functions import part_of
from .again import Again
from .graph import Graph, attach
from .loop import Loop
from .parts import (
    Uneven,
    called,
    check_all_held,
    check_unchanged,
    cut,
    kept,
    outside,
    part,
    stand_in,
    twice,
)
from .pull import Backward
from .sums import is_product_with_fixed, product_of_all

Rebuild = Callable[[list[Any]], Any]
# kinds of leaves of the carry; each may become the next, if the step returns that
NUMBER, ARRAY, TENSOR, TRACKED = range(4)


def run_steps(
    plain: Callable[..., Any],
    capture: Capture,
    step: Callable[[Any, Any], Any],
    carry: Any,
    leaves: Sequence[Any],
    rebuild: Rebuild,
    n: int,
    reverse: bool,
) -> tuple[Any, Any]:
    """Do what `scanning.run_steps`, the first argument, does, as a single recorded step."""
    kinds = (RecordedArray, Tensor, np.ndarray, np.generic, *NUMBERS, type(None))
    if all(isinstance(x, kinds) for x in (*flatten(carry)[0], *leaves)):
        try:
            return Scan(capture, step, carry, leaves, rebuild, n, reverse).results()
        except Uneven:
            pass
    return plain(step, carry, leaves, rebuild, n, reverse)  # type: ignore[no-any-return]


class Slot:
    """One entry of the carry: its first value, and its stand-in in the step."""

    def __init__(self, capture: Capture, given: Any) -> None:
        self.capture = capture
        self.given = given
        data = getattr(given, "_data", given)
        self.kind = _kind(given)
        self.dtype = None if self.kind == NUMBER else data.dtype
        self.whole = isinstance(data, int)

    def grow(self, found: Any) -> bool:
        """Become the kind that a step returned, if that is more general; return whether it is."""
        kind = _kind(found)
        data = getattr(found, "_data", found)
        before = self.kind, self.whole
        if self.kind == NUMBER and kind > NUMBER:
            self.dtype = data.dtype
        self.kind = max(kind, self.kind)
        self.whole = self.whole and (kind > NUMBER or isinstance(data, int))
        return (self.kind, self.whole) != before

    def begin(self) -> RecordedArray:
        """Return its first value, a number or array."""
        data = getattr(self.given, "_data", self.given)
        return self.fitted(data)

    def fitted(self, data: Any) -> RecordedArray:
        """Return a number or array as the next carry."""
        capture = self.capture
        found = capture.lift(data)
        if self.kind != NUMBER:
            array: RecordedArray = capture.asarray(found, self.dtype)
            return array
        if not self.whole and isinstance(found, int):
            return capture.lift(found * 1.0)
        return found

    def stand_in(self, first: RecordedArray) -> Any:
        """Return the input of the step."""
        self.array, given = twice(self.capture, stand_in(first.step.value, "carry"))
        self.tensor: Any = None
        if self.kind < TENSOR:
            return given
        self.tensor = tensor_on(given, None)
        if self.kind == TRACKED:
            self.tensor.requires_grad = True
        return self.tensor

    def given_node(self) -> Any:
        """Return the node of its first value, a tensor."""
        return self.given._node if isinstance(self.given, Tensor) else None


def _kind(x: Any) -> int:
    if isinstance(x, Tensor):
        return TENSOR if x._node is None else TRACKED
    return NUMBER if isinstance(x, NUMBERS) and not isinstance(x, np.generic) else ARRAY


class Scan:
    """One call of scan in a recording.

    Attributes
    ----------
    slots : list of Slot
        The carry.
    rows : list
        For every leaf of xs the stand-in for a row: a recorded array, a tensor, or None.
    row_kept : list of RecordedArray
        The same rows, as arrays that are not written to.
    new, y
        The result of the step: the leaves of the carry, and y.
    inner : list of Step
        The steps of the loop.
    made : float
        The time when the step began: later nodes are its own.
    loop : Loop
    call : RecordedArray
        Its result.
    """

    def __init__(
        self,
        capture: Capture,
        step: Any,
        carry: Any,
        leaves: Sequence[Any],
        rebuild: Rebuild,
        n: int,
        reverse: bool,
    ) -> None:
        self.capture, self.step, self.n, self.reverse = capture, step, n, reverse
        self.carry, self.leaves, self.rebuild = carry, leaves, rebuild
        self.xs = rebuild(list(leaves))
        given, self.nest = flatten(carry)
        self.slots = [Slot(capture, x) for x in given if x is not None]
        self.stacks = [None if x is None else capture.lift(getattr(x, "_data", x)) for x in leaves]
        # products of rows that are computed before the loop: the stand-in for one, and all of them
        self.ahead: list[tuple[RecordedArray, RecordedArray]] = []
        while not self._record():
            pass
        self._join()

    def _record(self) -> bool:
        """Record one step; False if the carry must become more general first."""
        capture, start, asked = self.capture, len(self.capture.steps), len(self.capture.checks)
        self.first = [slot.begin() for slot in self.slots]
        self.made = tick()
        self.row_kept: list[RecordedArray] = []
        self.rows = [self._row(x, s) for x, s in zip(self.leaves, self.stacks, strict=True)]
        before = outside(capture)
        with kept(capture):
            carry = self._nested(
                [s.stand_in(f) for s, f in zip(self.slots, self.first, strict=True)]
            )
            forms = [form_of(c) for c in flatten(carry)[0]]
            new, self.y = pair(self.step(carry, self.rebuild(self.rows)))
        check_unchanged(capture, before)
        check_carry(carry, new, forms, self.n - 1 if self.reverse else 0)
        found = flatten_like(new, carry, "scan: the carry")
        self.new = [x for x in found if x is not None]
        if any([s.grow(x) for s, x in zip(self.slots, self.new, strict=True)]):
            cut(capture, start, asked, self.stand_ins())
            return False
        self.next = [
            s.fitted(getattr(x, "_data", x)) for s, x in zip(self.slots, self.new, strict=True)
        ]
        _, self.nest_y = flatten(self.y)
        self.ys = [self._stackable(y) for y in self.given_ys()]
        self.inner, self.checks = cut(capture, start, asked, self.stand_ins())
        return True

    def _nested(self, leaves: Sequence[Any]) -> Any:
        left = iter(leaves)
        return self.nest([None if x is None else next(left) for x in flatten(self.carry)[0]])

    def _row(self, x: Any, stack: Any) -> Any:
        if x is None:
            return None
        value = stack.step.value[-1 if self.reverse else 0]
        array, given = twice(self.capture, stand_in(value, "row"))
        self.row_kept.append(array)
        if not isinstance(x, Tensor):
            return given
        found = tensor_on(given, None)
        if x._node is not None and is_grad_enabled():
            found.requires_grad = True
        return found

    def _stackable(self, y: Any) -> Any:
        """Return an output of a step, to be stacked."""
        if y is None:
            return None
        if isinstance(y, Value):
            raise self.capture.refusal(
                "gives a Value in the step of scan", "record functions of Values on their own"
            )
        return self.capture.asarray(getattr(y, "_data", y))

    def row_arrays(self) -> list[Any]:
        """Return the stand-ins for the rows, as recorded arrays, without None."""
        return self.row_kept + [array for array, _ in self.ahead]

    def stack_arrays(self) -> list[RecordedArray]:
        """Return the arrays whose rows the steps get."""
        return [s for s in self.stacks if s is not None] + [stack for _, stack in self.ahead]

    def given_ys(self) -> list[Any]:
        """Return the results of one step."""
        return flatten(self.y)[0]

    def stand_ins(self) -> list[Step]:
        """Return the stand-ins for the carry and the rows."""
        return [s.array.step for s in self.slots] + [r.step for r in self.row_arrays()]

    # ---------------------------------------------------------------------------------------------
    # The loop

    def _join(self) -> None:
        """Make the loop a step of the recording."""
        capture = self.capture
        # values that the steps take from outside are kept
        inside = {*self.inner, *self.stand_ins()}
        self.held = [
            RecordedArray(capture, a)
            for a in dict.fromkeys(a for s in self.inner for a in s.arguments)
            if a not in inside
        ]
        self._take_ahead()
        carry = [(s.array.step, x.step) for s, x in zip(self.slots, self.next, strict=True)]
        rows = [r.step for r in self.row_arrays()]
        self.loop = Loop(self.n, self.reverse, carry, rows, self.inner, self.checks)
        self.places = [None if y is None else self.loop.stack(y.step) for y in self.ys]
        self.call = called(capture, self.loop, [*self.first, *self.stack_arrays()])
        capture.homes.append(self.inner)
        if self.checks:
            check_all_held(capture, self.call, len(self.slots))
        self._saved: dict[Step, RecordedArray] = {}

    def _take_ahead(self) -> None:
        """Compute products of rows with a matrix for all rows at once, before the loop."""
        steps = [r.step for r in self.row_arrays()]
        rows = dict(zip(steps, self.stack_arrays(), strict=True))
        inside = {*self.inner, *self.stand_ins()}
        for step in [s for s in self.inner if is_product_with_fixed(s, inside)]:
            x, w = step.arguments
            if x in rows:
                matrix = RecordedArray(self.capture, w)
                stack = product_of_all(self.capture, rows[x], matrix, step.shape)
                self.ahead.append((RecordedArray(self.capture, step), stack))
                self.inner.remove(step)

    def save(self, steps: Sequence[Step]) -> None:
        """Have the loop stack the values of steps, and run it once more for them."""
        rows = [r.step for r in self.row_arrays()]
        new = [s for s in dict.fromkeys(steps) if s not in self._saved and s not in rows]
        places = [self.loop.place(self.loop.stack(s)) for s in new]
        self.loop.needed()
        call = self.call.step
        count = len(self.slots) + len(rows)
        call.arguments = (*call.arguments[:count], *self.loop.fixed)
        if new:
            call.value = call.compute([a.value for a in call.arguments])
        home = next(x for x in self.capture.homes if call in x)
        for s, k in zip(new, places, strict=True):
            item = Step("item", "item", part_of, (call,), {"part": k}, call.value[k], call.where)
            home.insert(home.index(call) + 1, item)
            if home is not self.capture.steps:
                self.capture.apart.add(item)
            self._saved[s] = RecordedArray(self.capture, item)

    def stack_of(self, step: Step) -> RecordedArray:
        """Return the values of a step in all iterations: of a row, or stacked ones."""
        for array, stack in zip(self.row_arrays(), self.stack_arrays(), strict=True):
            if array.step is step:
                return stack
        return self._saved[step]

    def results(self) -> tuple[Any, Any]:
        """Return the carry and the stacks."""
        last = [part(self.capture, self.call, i) for i in range(len(self.slots))]
        stacks = [
            None if k is None else part(self.capture, self.call, self.loop.place(k))
            for k in self.places
        ]
        graph = Graph(self)
        results = [*self.new, *self.given_ys()]
        found = attach(
            graph,
            results,
            [*last, *stacks],
            lambda parts, strict: Backward(self, graph, parts, strict).contributions(),
            lambda parts, strict: Again(self, graph, strict).contributions(parts),
        )
        return self._nested(found[: len(last)]), self.nest_y(found[len(last) :])

    def as_number(self, slot: Slot, x: Any) -> Any:
        """Return a row of a stacked carry as the input of the step: Python numbers stay numbers."""
        return self.capture.number(self.capture.lift(x)) if slot.kind == NUMBER else x
