"""From tape to program: tasks sorted by level and kind, one NumPy call for each. Next: `tape_jit.py`.

The level of a number is one more than the highest level it needs, so all numbers of a level are
independent; those of one level that are computed alike make a *group*, a contiguous slice of the
array of all numbers. The backward sweep is unrolled into tasks as well: for every edge its rule of
the table, run on arrays, and for every number the sum of the contributions that arrive. Rules that
are constant 1 cost nothing, as the contribution is the upstream gradient itself. Sums written as
chains, ``((a + b) + c) + ...``, become one sum in the same order: a chain of n would take n levels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..node import strict_product
from ..op import Op
from ..ops import elementwise as ops
from ..ops.elementwise_more import bitwise_xor
from .tape import Tape

Array = np.ndarray[Any, Any]
Run = Callable[[list[Any]], Any]
SUM = ("sum",)
# the operations that tell truths from numbers
BITWISE = (ops.bitwise_and, ops.bitwise_or, bitwise_xor)


class Task:
    """What computes one slot: a key that tells how, and the slots it is computed from."""

    __slots__ = ("inputs", "key", "level")

    def __init__(self, key: tuple[Any, ...], inputs: tuple[int, ...], level: int) -> None:
        self.key = key
        self.inputs = inputs
        self.level = level


class Builder:
    """The slots that a list of wanted lines needs, each with its task.

    A slot without a task is given: constants, arguments and what is read from leaves.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.tasks: dict[int, Task] = {}
        self.slot: dict[int, int] = {}
        self.count = 0
        self.given: list[tuple[int, int]] = []  # (line, slot)
        self._chains: dict[int, tuple[int, ...]] = {}
        self._swept: dict[int, dict[int, int]] = {}
        self._stage_start: dict[int, int] = {0: 0}
        self.highest = 0

    # ---------------------------------------------------------------------------------------------
    # Which lines are needed

    def build(self, wanted: Iterable[int]) -> None:
        """Make tasks for these lines and everything they depend on."""
        live, targets = self._live(wanted)
        lines = sorted(live)
        self._find_chains(lines, live, set(wanted))
        stage = 0
        for i in lines:
            if i in self.slot or i in self._inner:
                continue
            while stage < self.tape.stages[i]:
                stage += 1
                self._stage_start[stage] = self.highest
            self._place(i, targets)
        for later in range(stage + 1, len(self.tape.calls) + 1):
            self._stage_start[later] = self.highest

    def _live(self, wanted: Iterable[int]) -> tuple[set[int], dict[int, set[int]]]:
        tape, live, targets = self.tape, set(), defaultdict(set)
        stack = list(wanted)
        while stack:
            i = stack.pop()
            if i in live:
                continue
            live.add(i)
            if tape.kinds[i] == "gradient":
                targets[tape.extras[i]].add(tape.operands[i][0])
                stack += tape.sweeps[tape.extras[i]]
            stack += [j for j in tape.operands[i] if j >= 0 and j not in live]
        return live, targets

    # ---------------------------------------------------------------------------------------------
    # Chains of additions

    def _find_chains(self, lines: list[int], live: set[int], wanted: set[int]) -> None:
        """Find left-leaning chains of additions whose inner sums are used nowhere else."""
        tape = self.tape
        uses: dict[int, int] = defaultdict(int)
        for i in lines:
            for j in tape.operands[i]:
                uses[j] += 1
        for i in wanted:
            uses[i] += 2
        for k, (root, seed) in enumerate(tape.sweeps):
            uses[root] += 2
            uses[seed] += 2
        self._inner: set[int] = set()
        chains: dict[int, list[int]] = {}
        for i in lines:
            if tape.kinds[i] is not ops.add or i in self.slot:
                continue
            x, y = tape.operands[i]
            if x < 0:
                x, y = y, x  # a number on the left, as in sum(), which starts at 0
            head = chains.pop(x, None) if uses[x] == 1 and x not in self.slot else None
            if head is not None and tape.stages[x] == tape.stages[i]:
                head.append(y)
                chains[i] = head
                self._inner.add(x)
            else:
                if head is not None:
                    chains[x] = head
                chains[i] = [x, y]
        for i, terms in chains.items():
            if len(terms) > 2:
                self._chains[i] = tuple(terms)

    # ---------------------------------------------------------------------------------------------
    # Tasks

    def _new(self, key: tuple[Any, ...] | None, inputs: tuple[int, ...]) -> int:
        slot, self.count = self.count, self.count + 1
        if key is not None:
            tasks, level = self.tasks, self._floor
            for j in inputs:
                task = tasks.get(j)
                if task is not None and task.level > level:
                    level = task.level
            tasks[slot] = Task(key, inputs, level + 1)
            if level + 1 > self.highest:
                self.highest = level + 1
        return slot

    _floor = 0

    def _place(self, i: int, targets: dict[int, set[int]]) -> None:
        tape = self.tape
        kind = tape.kinds[i]
        self._floor = self._stage_start[tape.stages[i]]
        if kind == "copy":
            self.slot[i] = self._slot_of(tape.operands[i][0])
        elif kind == "gradient":
            k = tape.extras[i]
            if k not in self._swept:
                self._swept[k] = self.sweep(*tape.sweeps[k], targets[k])
            found = self._swept[k].get(tape.operands[i][0])
            self.slot[i] = self._slot_of(tape.number(0.0)) if found is None else found
        elif isinstance(kind, Op):
            self.slot[i] = self._operation(i, kind)
        else:
            self.slot[i] = self._new(None, ())
            self.given.append((i, self.slot[i]))

    def _slot_of(self, operand: int) -> int:
        line = self.tape.as_line(operand)
        if line not in self.slot:
            self.slot[line] = self._new(None, ())
            self.given.append((line, self.slot[line]))
        return self.slot[line]

    def _operation(self, i: int, op: Op) -> int:
        tape = self.tape
        chain = self._chains.get(i)
        if chain is not None:
            return self._new((SUM, len(chain)), tuple([self._slot_of(j) for j in chain]))
        if op is ops.sumprod:
            return self._sumprod(tape.operands[i], tape.extras[i]["pairs"])
        signature, inputs = self._signature(i)
        return self._new(("forward", op, signature, _frozen(tape.extras[i])), inputs)

    def _sumprod(self, terms: tuple[int, ...], pairs: int) -> int:
        """Take products and their sum apart, so that sums of one length are one matrix."""
        slots = [self._slot_of(j) for j in terms]
        start = slots[2 * pairs] if len(slots) > 2 * pairs else self._slot_of(self.tape.number(0.0))
        key = ("forward", ops.multiply, ((False, None), (False, None)), ())
        products = [self._new(key, (slots[k], slots[k + pairs])) for k in range(pairs)]
        return self._new((SUM, pairs + 1), (start, *products))

    def _signature(self, i: int) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """Return what tells operands apart in a group, and the slots of those that have one."""
        tape = self.tape
        signature, inputs = [], []
        bitwise = tape.kinds[i] in BITWISE
        for j in tape.operands[i]:
            if j < 0:
                signature.append((False, tape.literals[~j]))
            else:
                signature.append((bitwise and tape.logical[j], None))
                inputs.append(self.slot[j])
        return tuple(signature), tuple(inputs)

    # ---------------------------------------------------------------------------------------------
    # The sweep

    def sweep(self, root: int, seed: int, targets: set[int]) -> dict[int, int]:
        """Return {line: slot of the gradient of root with respect to it} for the targets."""
        tape = self.tape
        active = self._between(root, targets)
        arriving: dict[int, list[int]] = defaultdict(list)
        arriving[root].append(self._slot_of(seed))
        found: dict[int, int] = {}
        for i in sorted(active, reverse=True):
            contributions = arriving.pop(i, None)
            if contributions is None:
                continue
            g = contributions[0]
            if len(contributions) > 1:
                g = self._new((SUM, len(contributions)), tuple(contributions))
            if i in targets:
                found[i] = g
            kind = tape.kinds[i]
            if isinstance(kind, Op):
                self._pull(i, kind, g, active, arriving)
        return found

    def _between(self, root: int, targets: set[int]) -> set[int]:
        """Return the lines on the ways from targets to the root."""
        tape = self.tape
        reached, stack = set(), [root]
        while stack:
            i = stack.pop()
            if i in reached:
                continue
            reached.add(i)
            terms = self._chains.get(i)
            if terms is not None:
                stack += [j for j in self._tracked_terms(i)]
            else:
                stack += [j for j, t in zip(tape.operands[i], tape.tracked[i]) if t]  # noqa: B905
        useful: set[int] = set()
        for i in sorted(reached):
            if i in targets:
                useful.add(i)
            elif i in self._chains:
                if not useful.isdisjoint(self._tracked_terms(i)):
                    useful.add(i)
            else:
                for j, t in zip(tape.operands[i], tape.tracked[i]):  # noqa: B905
                    if t and j in useful:
                        useful.add(i)
                        break
        return useful

    def _tracked_terms(self, i: int) -> list[int]:
        """Return the terms of a chain that gradients flow to, with repeats."""
        tape = self.tape
        found = []
        terms = len(self._chains[i])
        while True:
            (x, y), (tx, ty) = tape.operands[i], tape.tracked[i]
            if x < 0:
                (x, y), (tx, ty) = (y, x), (ty, tx)
            terms -= 1
            if ty:
                found.append(y)
            if terms == 1:
                if tx:
                    found.append(x)
                return found[::-1]
            i = x

    def _pull(
        self, i: int, op: Op, g: int, active: set[int], arriving: dict[int, list[int]]
    ) -> None:
        tape = self.tape
        if i in self._chains:
            for j in self._tracked_terms(i):
                if j in active:
                    arriving[j].append(g)
            return
        operands, tracked = tape.operands[i], tape.tracked[i]
        if op is ops.sumprod:
            self._pull_sumprod(i, g, active, arriving)
            return
        signature = inputs = None
        for position, j in enumerate(operands):
            if not tracked[position] or j not in active:
                continue
            rule = op.rule_of(position)
            if rule.constant == 1 and not rule.takes_g:
                arriving[j].append(g)
                continue
            if signature is None:
                signature, inputs = self._signature(i)
            key, needed = _rule_key(op, position, signature, inputs, self.slot[i], tape.extras[i])
            arriving[j].append(self._new(key, (g, *needed)))

    def _pull_sumprod(
        self, i: int, g: int, active: set[int], arriving: dict[int, list[int]]
    ) -> None:
        tape = self.tape
        terms, pairs = tape.operands[i], tape.extras[i]["pairs"]
        for k, (j, t) in enumerate(zip(terms, tape.tracked[i])):  # noqa: B905
            if not t or j not in active:
                continue
            if k == 2 * pairs:
                arriving[j].append(g)
                continue
            other = self._slot_of(terms[k + pairs if k < pairs else k - pairs])
            arriving[j].append(self._new(_PRODUCT, (g, other)))


# A rule's key: ("rule", op, position, how each needed name is found, parameters)
_PRODUCT = ("rule", ops.multiply, 0, (("y", False, None),), ())


def _rule_key(
    op: Op, position: int, signature: Any, inputs: Any, z: int, parameters: Any
) -> tuple[tuple[Any, ...], list[int]]:
    """Return the key of an edge, and the slots that its rule asks for."""
    given = iter(inputs)
    slots = [None if literal is not None else next(given) for _, literal in signature]
    needed, found = [], []
    names = op.rule_of(position).names
    if op.variadic:
        for k, (slot, (logical, literal)) in enumerate(zip(slots, signature, strict=True)):
            found.append((k, logical, literal))
            if slot is not None:
                needed.append(slot)
    else:
        for k, (slot, (logical, literal)) in enumerate(zip(slots, signature, strict=True)):
            if op.inputs[k] in names:
                found.append((op.inputs[k], logical, literal))
                if slot is not None:
                    needed.append(slot)
    if "z" in names:
        found.append(("z", False, None))
        needed.append(z)
    return ("rule", op, position, tuple(found), _frozen(parameters)), needed


class _Parameters:
    """Parameters of an operation as part of a key: equal where all of them are."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters
        self._key = tuple(sorted((k, repr(v)) for k, v in parameters.items()))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Parameters) and self._key == other._key


def _frozen(parameters: Any) -> Any:
    return _Parameters(parameters) if parameters else ()


# --------------------------------------------------------------------------------------------------
# What a key computes, on arrays with one row for each task of a group


def strictly(g: Any, d: Any) -> Any:
    """Return g * d with 0 times anything as 0."""
    c = g * d
    # one pass: a sum is finite only if every entry is
    return c if np.isfinite(np.add.reduce(c, axis=None)) else strict_product(g, d)


def runner(key: tuple[Any, ...]) -> Run:
    """Return the function from the gathered operands of a group to its numbers."""
    if key[0] is SUM:
        return _row_sum
    if key[0] == "forward":
        return _forward(key[1], key[2], dict(key[3].parameters) if key[3] else {})
    return _rule(key[1], key[2], key[3], dict(key[4].parameters) if key[4] else {})


def _row_sum(operands: list[Any]) -> Any:
    (matrix,) = operands
    # Row after row, as a loop of Python's adds; a single column would be summed pairwise.
    if matrix[0].size == 1:
        return np.add.accumulate(matrix, axis=0)[-1]
    return np.add.reduce(matrix, axis=0)


def _arguments(signature: Iterable[tuple[bool, Any]]) -> Callable[[Iterable[Any]], list[Any]]:
    pattern = list(signature)

    def arguments(operands: Iterable[Any]) -> list[Any]:
        given = iter(operands)
        return [
            literal if literal is not None else next(given) != 0 if logical else next(given)
            for logical, literal in pattern
        ]

    return arguments


def _forward(op: Op, signature: Any, parameters: dict[str, Any]) -> Run:
    arguments = _arguments(signature)

    def run(operands: list[Any]) -> Any:
        return op.forward(*arguments(operands), **parameters)

    return _by_array_or_entry(run)


def _by_array_or_entry(run: Run) -> Run:
    """Run on whole rows; a function that takes only numbers is run on one entry after the other."""

    def either(operands: list[Any]) -> Any:
        try:
            return run(operands)
        except (TypeError, ValueError):
            rows = np.broadcast_arrays(*operands)
            entries = zip(*[row.ravel().tolist() for row in rows], strict=True)
            found = [run([np.float64(x) for x in entry]) for entry in entries]
            return np.array(found, np.float64).reshape(rows[0].shape)

    return either


def _rule(op: Op, position: int, names: Any, parameters: dict[str, Any]) -> Run:
    rule = op.rule_of(position)
    arguments = _arguments([(logical, literal) for _, logical, literal in names])
    keys = [name for name, _, _ in names]
    fixed: Mapping[str, Any] = parameters | {"i": position}
    if op.variadic:
        terms = [k for k in keys if k != "z"]

        def run_variadic(operands: list[Any]) -> Any:
            found = arguments(operands[1:])
            values = {op.inputs[0]: found[: len(terms)], "z": found[-1]}
            return rule.run(operands[0], fixed | values, strictly)

        return _by_array_or_entry(run_variadic)

    def run(operands: list[Any]) -> Any:
        values = dict(zip(keys, arguments(operands[1:]), strict=True))
        return rule.run(operands[0], fixed | values, strictly)

    return _by_array_or_entry(run)


# --------------------------------------------------------------------------------------------------
# The program


class Group:
    """Tasks of one level and key: where their operands stand and where the results go."""

    __slots__ = ("end", "key", "operands", "run", "start")

    def __init__(self, key: tuple[Any, ...], start: int, end: int, operands: list[Any]) -> None:
        self.key = key
        self.start = start
        self.end = end
        self.operands = operands
        self.run = runner(key)


def _span(indices: Array) -> Any:
    """Return a slice where the indices are consecutive: views cost nothing."""
    if indices.ndim == 1 and indices.size:
        first, n = int(indices[0]), indices.size
        if n == 1 or (indices[-1] - first == n - 1 and bool((np.diff(indices) == 1).all())):
            return slice(first, first + n)
        if bool((indices == first).all()):
            return slice(first, first + 1)
    return indices


def _needed(builder: Builder, wanted: Iterable[int], done: Mapping[int, int]) -> list[int]:
    """Return the slots to be computed for those wanted, in order."""
    found: set[int] = set()
    stack = list(wanted)
    while stack:
        slot = stack.pop()
        if slot in found or slot in done or slot not in builder.tasks:
            continue
        found.add(slot)
        stack += builder.tasks[slot].inputs
    return sorted(found)


class Schedule:
    """Groups in order, stage by stage, over an array with one row for each slot.

    Parameters
    ----------
    builder : Builder
        The tasks to run.
    done : dict, optional
        Slots that are in the array already, and where; then only those ``wanted`` are computed.
    size : int
        The number of rows in use.
    """

    def __init__(
        self,
        builder: Builder,
        done: Mapping[int, int] | None = None,
        size: int = 0,
        wanted: Iterable[int] = (),
    ) -> None:
        self.row: dict[int, int] = dict(done or {})
        self.size = size
        chosen = _needed(builder, wanted, self.row) if done is not None else builder.tasks
        for _, slot in builder.given:
            if slot not in self.row:
                self.row[slot] = self.size
                self.size += 1
        alike: dict[tuple[int, Any], list[tuple[int, Task]]] = {}
        for slot in chosen:
            task = builder.tasks[slot]
            alike.setdefault((task.level, task.key), []).append((slot, task))
        ordered = sorted(alike.items(), key=lambda item: item[0][0])
        self.levels = len({level for (level, _), _ in ordered})
        self.groups: list[Group] = []
        bounds = sorted(builder._stage_start.values()) if done is None else [0]
        self.stops = []  # the number of groups that belong to each stage
        for (level, key), tasks in ordered:
            while len(self.stops) + 1 < len(bounds) and level > bounds[len(self.stops) + 1]:
                self.stops.append(len(self.groups))
            self.groups.append(self._group(key, tasks))
        self.stops += [len(self.groups)] * (len(bounds) - len(self.stops))
        self.tasks = sum(len(tasks) for tasks in alike.values())

    def _group(self, key: tuple[Any, ...], tasks: list[tuple[int, Task]]) -> Group:
        start, row = self.size, self.row
        table = np.array([[row[j] for j in task.inputs] for _, task in tasks], np.intp).T
        for slot, _ in tasks:
            row[slot] = self.size
            self.size += 1
        operands = [np.ascontiguousarray(table)] if key[0] is SUM else [_span(r) for r in table]
        return Group(key, start, self.size, operands)

    def run(self, numbers: Array, stage: int = 0) -> None:
        """Compute the groups of a stage in place."""
        first = self.stops[stage - 1] if stage else 0
        with np.errstate(all="ignore"):
            for group in self.groups[first : self.stops[stage]]:
                numbers[group.start : group.end] = group.run([numbers[k] for k in group.operands])
