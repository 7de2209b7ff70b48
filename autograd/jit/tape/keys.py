"""The computations of tasks, by key, on arrays. Next: `groups.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...backward import chosen_product, strict_product
from ...op import Op
from .trace import CHOSEN, STRICT, Trace, step

Run = Callable[[list[Any]], Any]


def _product(name: str, exact: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def product(g: Any, d: Any) -> Any:
        if isinstance(g, Trace) or isinstance(d, Trace):
            return step((g if isinstance(g, Trace) else d).steps, name, (g, d))
        c = g * d
        # one pass: a sum is finite only if every entry is
        return c if np.isfinite(np.add.reduce(c, axis=None)) else exact(g, d)

    return product


strictly, chosen = _product(STRICT, strict_product), _product(CHOSEN, chosen_product)


def runner(key: tuple[Any, ...]) -> Run:
    """Return the function from the gathered operands of a group to its results."""
    if key[0] == "forward":
        return _forward(key[1], key[2], key[3])
    return _rule(key[1], key[2], key[3], key[4])


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
    """Run on whole rows; a function of numbers only is run entry by entry."""

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
    product = chosen if op.selects else strictly
    fixed: dict[str, Any] = parameters | {"i": position}
    if op.variadic:
        terms = [k for k in keys if k != "z"]

        def run_variadic(operands: list[Any]) -> Any:
            found = arguments(operands[1:])
            values = {op.inputs[0]: found[: len(terms)], "z": found[-1]}
            return rule.run(operands[0], fixed | values, product)

        return _by_array_or_entry(run_variadic)

    def run(operands: list[Any]) -> Any:
        values = dict(zip(keys, arguments(operands[1:]), strict=True))
        return rule.run(operands[0], fixed | values, product)

    return _by_array_or_entry(run)
