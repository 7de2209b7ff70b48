"""From tape to plan: what is computed for the lines wanted, and at which level.

Next: `tape_schedule.py`. The level of a number is one more than the highest level it needs, so all
numbers of a level are independent; those of one level that are computed alike make a *group*, a
contiguous slice of the array of all numbers. The backward sweep is unrolled as well: for every edge
its rule of the table, run on arrays, and for every number the sum of the contributions that arrive.
Rules that are constant 1 cost nothing, as the contribution is the upstream gradient itself. Sums
written as chains, ``((a + b) + c) + ...``, become one sum in the same order: a chain of n would
take n levels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ..op import Op
from ..ops import elementwise as ops
from ..ops.elementwise_more import bitwise_xor
from .tape import Tape

SUM = ("sum",)
# the operations that tell truths from numbers
BITWISE = (ops.bitwise_and, ops.bitwise_or, bitwise_xor)


class Builder:
    """The slots that a list of wanted lines needs, each with its task.

    ``keys``, ``inputs`` and ``levels`` have an entry for each slot: the number of a key in
    ``table``, which tells how it is computed, from which slots, and when. A slot with key -1 is
    given: a constant, an argument, or what is read from a leaf.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.keys: list[int] = []
        self.inputs: list[tuple[int, ...]] = []
        self.levels: list[int] = []
        self.table: list[tuple[Any, ...]] = []
        self._numbers: dict[Any, int] = {}
        self._rules: dict[Any, tuple[int, tuple[int, ...], bool]] = {}
        self.slot: dict[int, int] = {}
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
        for root, seed in tape.sweeps:
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

    def _key(self, key: tuple[Any, ...]) -> int:
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.table)
            self.table.append(key)
        return found

    def _new(self, key: int, inputs: tuple[int, ...]) -> int:
        levels, level = self.levels, -1
        if key >= 0:
            level = self._floor
            for j in inputs:
                if levels[j] > level:
                    level = levels[j]
            level += 1
            if level > self.highest:
                self.highest = level
        self.keys.append(key)
        self.inputs.append(inputs)
        levels.append(level)
        return len(levels) - 1

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
                self._swept[k] = self.sweep(tape.sweeps[k][0], tape.sweeps[k][1], targets[k])
            found = self._swept[k].get(tape.operands[i][0])
            self.slot[i] = self._slot_of(tape.number(0.0)) if found is None else found
        elif isinstance(kind, Op):
            self.slot[i] = self._operation(i, kind)
        else:
            self.slot[i] = self._new(-1, ())
            self.given.append((i, self.slot[i]))

    def _slot_of(self, operand: int) -> int:
        line = self.tape.as_line(operand)
        if line not in self.slot:
            self.slot[line] = self._new(-1, ())
            self.given.append((line, self.slot[line]))
        return self.slot[line]

    def _operation(self, i: int, op: Op) -> int:
        tape = self.tape
        chain = self._chains.get(i)
        if chain is not None:
            return self._new(self._key((SUM, len(chain))), tuple([self._slot_of(j) for j in chain]))
        if op is ops.sumprod:
            return self._sumprod(tape.operands[i], tape.extras[i]["pairs"])
        signature, inputs = self._signature(i)
        key = "forward", op, signature, _frozen(tape.extras[i])
        return self._new(self._key(key), inputs)

    def _sumprod(self, terms: tuple[int, ...], pairs: int) -> int:
        """Take products and their sum apart, so that sums of one length are one matrix."""
        slots = [self._slot_of(j) for j in terms]
        start = slots[2 * pairs] if len(slots) > 2 * pairs else self._slot_of(self.tape.number(0.0))
        key = self._key(("forward", ops.multiply, ((False, None), (False, None)), ()))
        products = [self._new(key, (slots[k], slots[k + pairs])) for k in range(pairs)]
        return self._new(self._key((SUM, pairs + 1)), (start, *products))

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
                g = self._new(self._key((SUM, len(contributions))), tuple(contributions))
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
        signature: Any = None
        inputs: tuple[int, ...] = ()
        for position, j in enumerate(operands):
            if not tracked[position] or j not in active:
                continue
            rule = op.rule_of(position)
            if rule.constant == 1 and not rule.takes_g:
                arriving[j].append(g)
                continue
            if signature is None:
                signature, inputs = self._signature(i)
            sort = op, position, signature, _frozen(tape.extras[i])
            plan = self._rules.get(sort)
            if plan is None:
                rule_key, positions, asks_z = _rule_plan(*sort)
                plan = self._rules[sort] = self._key(rule_key), positions, asks_z
            key, picked, wants_z = plan
            needed = [inputs[k] for k in picked]
            if wants_z:
                needed.append(self.slot[i])
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
            arriving[j].append(self._new(self._key(_PRODUCT), (g, other)))


# A rule's key: ("rule", op, position, how each needed name is found, parameters)
_PRODUCT = ("rule", ops.multiply, 0, (("y", False, None),), ())


def _rule_plan(
    op: Op, position: int, signature: Any, parameters: Any
) -> tuple[tuple[Any, ...], tuple[int, ...], bool]:
    """Return the key of an edge, which operands with a slot its rule asks for, and whether z."""
    names = op.rule_of(position).names
    found: list[Any] = []
    picked: list[int] = []
    slots = 0
    for k, (logical, literal) in enumerate(signature):
        name = k if op.variadic else op.inputs[k]
        if op.variadic or name in names:
            found.append((name, logical, literal))
            if literal is None:
                picked.append(slots)
        slots += literal is None
    if "z" in names:
        found.append(("z", False, None))
    return ("rule", op, position, tuple(found), parameters), tuple(picked), "z" in names


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
