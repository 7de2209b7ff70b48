"""From tasks to NumPy calls: tasks of one level and key are a group, one call each.

The level of a number is one more than the highest level it needs, so all numbers of a level are
independent; a group is a contiguous slice of the array of all numbers.

Next: `tape_replay.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from ..backward import strict_product
from ..op import Op
from .tape_graph import Array, levels, needed, ragged
from .tape_tasks import Tasks

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
    if key[0] == "sum":
        return _row_sum
    if key[0] == "forward":
        return _forward(key[1], key[2], key[3])
    return _rule(key[1], key[2], key[3], key[4])


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


class Schedule:
    """Groups in order, stage by stage, over an array with one row for each number.

    Parameters
    ----------
    tasks : Tasks
    wanted : array of int
        The ids to be computed.
    before : Schedule, optional
        One whose numbers are in the array already.

    Attributes
    ----------
    row : array of int
        The row of every id; -1 for those not needed.
    given : array of int
        The ids of constants, arguments and what is read.
    """

    def __init__(self, tasks: Tasks, wanted: Array, before: Schedule | None = None) -> None:
        keys, inputs, stages = tasks.gathered()
        self.row = np.full(tasks.size, -1, np.intp)
        self.size = 0
        if before is not None:
            self.row[: len(before.row)] = before.row
            self.size = before.size
        known = self.row >= 0
        level = levels(inputs, (keys < 0) | known)
        same = tasks.same()
        live = needed(inputs, level, same[wanted]) & ~known
        self.given = np.flatnonzero(live & (keys < 0))
        chosen = np.flatnonzero(live & (keys >= 0))
        chosen = chosen[np.lexsort((keys[chosen], level[chosen], stages[chosen]))]
        for ids in (self.given, chosen):
            self.row[ids] = np.arange(self.size, self.size + ids.size)
            self.size += ids.size
        self.row = self.row[same]
        self.levels = int(level[chosen].max(initial=0))
        self.count = chosen.size
        self._sorts = np.stack([keys[chosen], level[chosen], stages[chosen]])
        self._operands = ragged(inputs.starts[chosen + 1] - inputs.starts[chosen], self.row[inputs.take(chosen)])
        self._tasks = tasks

    @cached_property
    def groups(self) -> list[Group]:
        """Tasks of one stage, level and key, in order."""
        keys, starts = self._sorts[0], self._operands.starts
        bounds = np.append(0, np.flatnonzero(np.diff(self._sorts, axis=1).any(axis=0)) + 1)
        bounds = np.append(bounds, self.count) if self.count else bounds
        found, first = [], self.size - self.count
        for start, end in pairwise(bounds.tolist()):
            key = self._tasks.table[keys[start]]
            table = self._operands.flat[starts[start] : starts[end]].reshape(end - start, -1).T
            operands = [np.ascontiguousarray(table)] if key[0] == "sum" else [_span(r) for r in table]
            found.append(Group(key, first + start, first + end, operands))
        # the number of groups that belong to each stage and those before
        stages = self._sorts[2, bounds[:-1]]
        count = len(self._tasks.tape.calls) + 1
        self.stops: list[int] = np.searchsorted(stages, np.arange(count), side="right").tolist()
        return found

    def run(self, numbers: Array, stage: int | None = None) -> None:
        """Compute the groups of a stage in place, or all of them."""
        groups = self.groups
        if stage is not None:
            groups = groups[self.stops[stage - 1] if stage else 0 : self.stops[stage]]
        with np.errstate(all="ignore"):
            for group in groups:
                numbers[group.start : group.end] = group.run([numbers[k] for k in group.operands])
