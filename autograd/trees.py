"""Nested lists, tuples and dicts, flattened and put together again. Next: `transforms.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rebuild = Callable[[list[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """Return the leaves of nested lists, tuples and dicts, and how to build the same nest again.

    Dicts are visited in their own order; named tuples stay what they are.

    Examples
    --------
    >>> leaves, rebuild = flatten({"a": 1.0, "b": [2.0, 3.0]})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> rebuild([10, 20, 30])
    {'a': 10, 'b': [20, 30]}
    """
    leaves: list[Any] = []
    plan = _plan(tree, leaves)
    return leaves, lambda found: plan(iter(found))


def _plan(tree: Any, leaves: list[Any]) -> Callable[[Any], Any]:
    if isinstance(tree, dict):
        parts = {k: _plan(v, leaves) for k, v in tree.items()}
        return lambda found: {k: part(found) for k, part in parts.items()}
    if isinstance(tree, list | tuple):
        inner = [_plan(v, leaves) for v in tree]
        kind: Any = type(tree)
        if hasattr(kind, "_fields"):
            return lambda found: kind(*[part(found) for part in inner])
        return lambda found: kind([part(found) for part in inner])
    leaves.append(tree)
    return next
