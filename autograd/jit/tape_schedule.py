"""From a plan to NumPy calls: slots of one level and key are a group, one call each.

Next: `tape_replay.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..backward import strict_product
from ..op import Op
from .tape_levels import SUM, Builder

Array = np.ndarray[Any, Any]
Run = Callable[[list[Any]], Any]

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
    fixed: dict[str, Any] = parameters | {"i": position}
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
        if slot in found or slot in done or builder.keys[slot] < 0:
            continue
        found.add(slot)
        stack += builder.inputs[slot]
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
        chosen: Iterable[int] = range(len(builder.keys))
        if done is not None:
            chosen = _needed(builder, wanted, self.row)
        for _, slot in builder.given:
            if slot not in self.row:
                self.row[slot] = self.size
                self.size += 1
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        levels, keys = builder.levels, builder.keys
        for slot in chosen:
            if keys[slot] >= 0:
                alike[levels[slot], keys[slot]].append(slot)
        ordered = sorted(alike.items())
        self.levels = len({level for (level, _), _ in ordered})
        self.groups: list[Group] = []
        bounds = sorted(builder._stage_start.values()) if done is None else [0]
        self.stops: list[int] = []  # the number of groups that belong to each stage
        for (level, key), slots in ordered:
            while len(self.stops) + 1 < len(bounds) and level > bounds[len(self.stops) + 1]:
                self.stops.append(len(self.groups))
            self.groups.append(self._group(builder, builder.table[key], slots))
        self.stops += [len(self.groups)] * (len(bounds) - len(self.stops))
        self.tasks = sum(map(len, alike.values()))

    def _group(self, builder: Builder, key: tuple[Any, ...], slots: list[int]) -> Group:
        start, row, inputs = self.size, self.row, builder.inputs
        table = np.array([[row[j] for j in inputs[slot]] for slot in slots], np.intp).T
        row.update(zip(slots, range(start, start + len(slots)), strict=True))
        self.size += len(slots)
        operands = [np.ascontiguousarray(table)] if key[0] is SUM else [_span(r) for r in table]
        return Group(key, start, self.size, operands)

    def run(self, numbers: Array, stage: int = 0) -> None:
        """Compute the groups of a stage in place."""
        first = self.stops[stage - 1] if stage else 0
        with np.errstate(all="ignore"):
            for group in self.groups[first : self.stops[stage]]:
                numbers[group.start : group.end] = group.run([numbers[k] for k in group.operands])
