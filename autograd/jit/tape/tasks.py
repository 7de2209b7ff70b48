"""From tape to tasks: every number that a replay computes, forward and backward.

Next: `trace.py`. A number has an id; the ids of lines are their indices. A *task* tells by
its key how a number is computed, and from which others. The backward sweep is unrolled: for every
edge its rule of the table, run on arrays, and for every number the sum of the contributions that
arrive. Rules that are constant 1 cost nothing, as the contribution is the upstream gradient itself.
Everything is made by NumPy, for all lines of a sort at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from ...ops import elementwise as ops
from .graph import Array, Ragged, distinct, ragged, reach, sorted_by
from .lines import Lines
from .tape import Sort, Tape, frozen

PLAIN = (False, None)
MULTIPLY: tuple[Any, ...] = ("forward", ops.multiply, (PLAIN, PLAIN), {})
# A rule's key: ("rule", op, position, how each needed name is found, parameters)
PRODUCT: tuple[Any, ...] = ("rule", ops.multiply, 0, (("y", False, None),), {})


class Tasks:
    """The tasks for the wanted lines and all that they depend on.

    Attributes
    ----------
    table : list
        The definitions of the keys of tasks.
    """

    def __init__(self, tape: Tape, wanted: Iterable[int]) -> None:
        self.tape = tape
        self.table: list[tuple[Any, ...]] = []
        self._numbers: dict[Any, int] = {}
        self._rules: dict[Any, Any] = {}
        self.wanted = distinct(np.fromiter(wanted, np.intp))
        self.lines = Lines(tape, self.wanted)
        self.size = len(tape)
        self._pieces: list[tuple[Array, Array, Array, Array]] = []
        self._same: list[tuple[Array, Array]] = []
        self._stages = [self.lines.stages(np.arange(self.size))]
        self._toward = [np.full(self.size, -1)]
        self._forward()
        self._gradients()

    def _key(self, key: tuple[Any, ...]) -> int:
        name = (*key[:-1], frozen(key[-1])) if isinstance(key[-1], dict) else key
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = len(self.table)
            self.table.append(key)
        return found

    # ---------------------------------------------------------------------------------------------
    # Tasks

    def _new(self, count: int, stages: Any, toward: Any = -1) -> Array:
        """Return new ids; ``toward`` are the lines whose gradients they are part of."""
        self._stages.append(np.broadcast_to(np.asarray(stages, np.intp), (count,)))
        self._toward.append(np.broadcast_to(np.asarray(toward, np.intp), (count,)))
        self.size += count
        return np.arange(self.size - count, self.size)

    def _add(self, ids: Array, key: int, *inputs: Array) -> Array:
        """Add tasks of one key; ``inputs`` has an array for each operand."""
        counts = np.full(len(ids), len(inputs), np.intp)
        flat = np.stack(inputs, 1).ravel() if inputs else np.empty(0, np.intp)
        self._pieces.append((ids, np.full(len(ids), key, np.intp), counts, flat))
        return ids

    def _sum(self, ids: Array, terms: Ragged) -> None:
        """Add sums of these terms."""
        counts = np.diff(terms.starts)
        keys = np.zeros(int(counts.max(initial=0)) + 1, np.intp)
        for k in distinct(counts).tolist():
            keys[k] = self._key(("sum", k))
        self._pieces.append((ids, keys[counts], counts, terms.flat))

    def _equate(self, ids: Array, others: Array) -> None:
        """Make ids aliases of others."""
        self._same.append((ids, others))

    def gathered(self) -> tuple[Array, Ragged, Array, Array]:
        """Return for every id its key, -1 if it is given, its inputs, its stage, and `same`."""
        keys, counts = np.full(self.size, -1, np.intp), np.zeros(self.size, np.intp)
        for ids, key, count, _ in self._pieces:
            keys[ids], counts[ids] = key, count
        inputs = ragged(counts, np.empty(int(counts.sum()), np.intp))
        for ids, _, _, flat in self._pieces:
            whole = ids.size and ids[-1] - ids[0] == ids.size - 1
            places = slice(*inputs.starts[[ids[0], ids[-1] + 1]]) if whole else inputs.places(ids)
            inputs.flat[places] = flat
        same = self.same()
        stages = np.concatenate(self._stages)
        return keys, Ragged(inputs.starts, same.take(inputs.flat)), stages, same

    def toward(self) -> Array:
        """Return for every id the line whose gradient it is a part of, -1 for others."""
        return np.concatenate(self._toward)

    def same(self) -> Array:
        """Return for every id the id that computes it."""
        found = np.arange(self.size)
        aliases = np.concatenate([ids for ids, _ in self._same])
        found[aliases] = np.concatenate([others for _, others in self._same])
        while not np.array_equal(further := found[found[aliases]], found[aliases]):
            found[aliases] = further
        return found

    # ---------------------------------------------------------------------------------------------
    # Forward

    def _forward(self) -> None:
        lines = self.lines
        starts, flat = lines.operands
        copies = np.flatnonzero(lines.of_kind("copy"))
        self._equate(copies, flat[starts[copies]])
        ends, terms = lines.chains
        self._sum(ends, terms)
        plain = ~lines.inner
        plain[ends] = False
        for sort, found in lines.lines_by_sort():
            chosen = found[plain[found]]
            if not chosen.size:
                continue
            places = starts[chosen][:, None] + np.arange(len(sort.pattern))
            self._operation(sort, chosen, flat[places].T)

    def _operation(self, sort: Sort, lines: Array, operands: Array) -> None:
        if sort.kind is ops.sumprod:
            # products and their sum separately, so that sums of one length form a matrix
            pairs = sort.parameters["pairs"]
            start = operands[2 * pairs :] if len(operands) > 2 * pairs else self._zeros(lines)
            left, right = operands[:pairs].ravel(), operands[pairs : 2 * pairs].ravel()
            products = self._new(left.size, np.tile(self.lines.stages(lines), pairs))
            self._add(products, self._key(MULTIPLY), left, right)
            operands = np.concatenate([start, products.reshape(pairs, -1)])
        elif sort.kind is ops.add_n:
            operands = np.concatenate([self._zeros(lines), operands])
        else:
            key = self._key(("forward", sort.kind, sort.pattern, sort.parameters))
            taken = [x for x, (_, literal) in zip(operands, sort.pattern) if literal is None]  # noqa: B905
            self._add(lines, key, *taken)
            return
        self._sum(lines, ragged(np.full(lines.size, len(operands)), operands.T.ravel()))

    def _zeros(self, lines: Array) -> Array:
        return np.full((1, lines.size), self.lines.zero)

    # ---------------------------------------------------------------------------------------------
    # Backward

    def _gradients(self) -> None:
        """Unroll the sweeps whose gradients are needed."""
        lines, tape = self.lines, self.tape
        asked = np.flatnonzero(lines.of_kind("gradient") & (lines.uses > 0))
        of = lines.operands.flat[lines.operands.starts[asked]]
        by_sweep: dict[int, list[int]] = defaultdict(list)
        for place, line in enumerate(asked.tolist()):
            by_sweep[tape.extras[line]].append(place)
        for sweep, places in by_sweep.items():
            found = self.sweep(*tape.sweeps[sweep], of[places])
            self._equate(asked[places], np.where(found < 0, lines.zero, found))

    def sweep(self, root: int, seed: int, targets: Array) -> Array:
        """Unroll a sweep; return the ids of the gradients of the targets, -1 if there is none."""
        edges = self.lines.edges
        reached = reach(edges, root)
        places = edges.places(reached)
        sources = np.repeat(reached, edges.starts[reached + 1] - edges.starts[reached])
        into = edges.flat[places]
        wanted = edges.starts[into + 1] > edges.starts[into]  # not a leaf
        is_target = np.zeros(len(self.lines.sorts), bool)
        is_target[targets] = True
        wanted |= is_target[into]
        sources, into, places = sources[wanted], into[wanted], places[wanted]
        stage = self.lines.stages(np.array([root, seed])).max()
        met = distinct(np.append(into, root))
        ids = np.full(len(self.lines.sorts), -1)
        ids[met] = self._new(met.size, stage, met)
        positions = self.lines.positions[places]
        arriving = self._contributions(sources, into, positions, ids[sources], stage)
        self._equate(ids[[root]], np.array([seed]))
        self._arrive(ids, sources, into, arriving)
        return ids[targets]

    def _arrive(self, ids: Array, sources: Array, into: Array, arriving: Array) -> None:
        """Add up the contributions to each line, that of the latest line first."""
        order = sorted_by(into, len(ids) - sources)
        counts = np.bincount(into)
        met = np.flatnonzero(counts)
        counts = counts[met]
        arriving, single = arriving[order], counts == 1
        self._equate(ids[met[single]], arriving[np.repeat(single, counts)])
        self._sum(ids[met[~single]], ragged(counts[~single], arriving[np.repeat(~single, counts)]))

    def _contributions(
        self, sources: Array, into: Array, positions: Array, g: Array, stage: Any
    ) -> Array:
        """Return the contribution of every edge; ``g`` is the gradient of its source."""
        found = g.copy()  # for rules that are constant 1
        sorts = self.lines.sorts[sources]
        sorts[np.isin(sources, self.lines.chains[0])] = -1
        # whose rules are alike for all operands; chains, which come last, are sums
        table, of_many = self.tape.table, (ops.sumprod, ops.add_n)
        sums = np.array([*[sort.kind in of_many for sort in table], True])
        alike = (sorts + 1) * (int(positions.max(initial=0)) + 1)
        alike += np.where(sums[sorts], 0, positions)
        order = sorted_by(alike)
        bounds = np.flatnonzero(np.diff(alike[order], prepend=-1, append=-1)).tolist()
        for start, end in pairwise(bounds):
            chosen = order[start:end]
            sort, position = int(sorts[chosen[0]]), int(positions[chosen[0]])
            if sums[sort]:
                if sort >= 0 and table[sort].kind is ops.sumprod:
                    chosen, factors = self._factors(sort, sources, positions, chosen)
                    ids = self._new(chosen.size, stage, into[chosen])
                    found[chosen] = self._add(ids, self._key(PRODUCT), g[chosen], factors)
                continue
            plan = self._rule(sort, position)
            if plan is not None:
                key, picked, wants_z = plan
                lines = sources[chosen]
                starts, flat = self.lines.operands
                inputs = [g[chosen], *[flat[starts[lines] + k] for k in picked]]
                inputs += [lines] if wants_z else []
                ids = self._new(chosen.size, stage, into[chosen])
                found[chosen] = self._add(ids, key, *inputs)
        return found

    def _factors(
        self, sort: int, sources: Array, positions: Array, chosen: Array
    ) -> tuple[Array, Array]:
        """Return the edges from a sum of products to factors, and the other factors."""
        pairs = self.tape.table[sort].parameters["pairs"]
        chosen = chosen[positions[chosen] < 2 * pairs]
        position = positions[chosen]
        other = np.where(position < pairs, position + pairs, position - pairs)
        return chosen, self.lines.operands.flat[self.lines.operands.starts[sources[chosen]] + other]

    def _rule(self, sort: int, position: int) -> tuple[int, tuple[int, ...], bool] | None:
        """Return the key of an edge, the operands that its rule needs, and whether the result.

        None for rules that are constant 1.
        """
        name = sort, position
        if name not in self._rules:
            self._rules[name] = self._rule_plan(self.tape.table[sort], position)
        found: tuple[int, tuple[int, ...], bool] | None = self._rules[name]
        return found

    def _rule_plan(self, sort: Sort, position: int) -> Any:
        op: Any = sort.kind
        rule = op.rule_of(position)
        if rule.constant == 1 and not rule.takes_g:
            return None
        found: list[Any] = []
        picked: list[int] = []
        for k, (logical, literal) in enumerate(sort.pattern):
            if op.variadic or op.inputs[k] in rule.names:
                found.append((k if op.variadic else op.inputs[k], logical, literal))
                if literal is None:
                    picked.append(k)
        wants_z = "z" in rule.names
        if wants_z:
            found.append(("z", False, None))
        key = ("rule", op, position, tuple(found), sort.parameters)
        return self._key(key), tuple(picked), wants_z
