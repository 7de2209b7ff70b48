"""Nested lists, tuples and dicts, flattened and rebuilt. Next: `runs.py`."""

from __future__ import annotations

import functools
import operator
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Rebuild = Callable[[list[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """Return the leaves of nested lists, tuples and dicts, and a function that rebuilds the nest.

    Dicts are visited in their own order; named tuples and other kinds of dicts keep their type.

    Examples
    --------
    >>> leaves, rebuild = flatten({"a": 1.0, "b": [2.0, 3.0]})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> rebuild([10, 20, 30])
    {'a': 10, 'b': [20, 30]}
    """
    if not isinstance(tree, (list, tuple, dict)):
        return [tree], operator.itemgetter(0)
    leaves: list[Any] = []
    try:
        plan = _plan(tree, leaves)
    except RecursionError:
        raise ValueError(
            "lists, tuples and dicts are nested without end, or too deeply; does one hold itself?"
        ) from None
    return leaves, lambda found: plan(iter(found))


def _plan(tree: Any, leaves: list[Any]) -> Callable[[Any], Any]:
    if isinstance(tree, dict):
        parts = {k: _plan(v, leaves) for k, v in tree.items()}
        if type(tree) is dict:
            return lambda found: {k: part(found) for k, part in parts.items()}
        make = _maker(tree)
        return lambda found: make({k: part(found) for k, part in parts.items()})
    if isinstance(tree, (list, tuple)):
        inner = [_plan(v, leaves) for v in tree]
        kind: Any = type(tree)
        if hasattr(kind, "_fields"):
            return lambda found: kind(*[part(found) for part in inner])
        return lambda found: kind([part(found) for part in inner])
    leaves.append(tree)
    return next


def _maker(tree: dict[Any, Any]) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    """Return a function that makes dicts of the same class as another."""
    kind: Any = type(tree)
    if isinstance(tree, defaultdict):
        kind = functools.partial(kind, tree.default_factory)

    def make(entries: dict[Any, Any]) -> dict[Any, Any]:
        try:
            made = kind(entries)
        except Exception:  # its constructor takes other arguments
            return entries
        same = isinstance(made, dict) and len(made) == len(entries)
        return made if same and all(made.get(k) is v for k, v in entries.items()) else entries

    return make


def flatten_some(tree: Any) -> tuple[list[Any], Rebuild]:
    """Do what `flatten` does, but treat each None as part of the structure, not as a leaf.

    Examples
    --------
    >>> leaves, rebuild = flatten_some({"w": 1.0, "b": None})
    >>> leaves
    [1.0]
    >>> rebuild([2.0])
    {'w': 2.0, 'b': None}
    """
    leaves, rebuild = flatten(tree)
    if all(leaf is not None for leaf in leaves):
        return leaves, rebuild
    there = [leaf is not None for leaf in leaves]

    def with_none(found: list[Any]) -> Any:
        given = iter(found)
        return rebuild([next(given) if some else None for some in there])

    return [leaf for leaf in leaves if leaf is not None], with_none


def is_nest(tree: Any, leaves: list[Any], rebuild: Rebuild) -> bool:
    """Return whether a nest still consists of the leaves that it was built from.

    Examples
    --------
    >>> leaves, rebuild = flatten({"a": 1.0, "b": [2.0, 3.0]})
    >>> nest = rebuild(leaves)
    >>> is_nest(nest, leaves, rebuild)
    True
    >>> nest["b"].reverse()
    >>> is_nest(nest, leaves, rebuild)
    False
    """
    now, again = flatten(tree)
    if len(now) != len(leaves) or not all(map(operator.is_, now, leaves)):
        return False
    numbers = list(range(len(leaves)))
    return bool(again(numbers) == rebuild(numbers))


def names_of(tree: Any, name: str) -> list[str]:
    """Return for each leaf of a nest the expression that reaches it, in order.

    Examples
    --------
    >>> names_of({"w": [1.0, 2.0]}, "p")
    ["p['w'][0]", "p['w'][1]"]
    """
    if isinstance(tree, dict):
        return [n for k, v in tree.items() for n in names_of(v, f"{name}[{k!r}]")]
    if isinstance(tree, list | tuple):
        return [n for i, v in enumerate(tree) for n in names_of(v, f"{name}[{i}]")]
    return [name]


def flatten_like(tree: Any, pattern: Any, what: str) -> list[Any]:
    """Return the parts of ``tree`` that correspond to the leaves of ``pattern``, in order.

    Parameters
    ----------
    tree, pattern : nested lists, tuples and dicts
        A list matches a tuple of the same length, and a dict one with the same keys in any order.
    what : str
        The name of the tree in error messages.

    Raises
    ------
    ValueError
        If the structures differ.

    Examples
    --------
    >>> flatten_like({"b": 2.0, "a": 1.0}, {"a": 0.0, "b": 0.0}, "it")
    [1.0, 2.0]
    """
    found: list[Any] = []
    _match(tree, pattern, what, found)
    return found


def _match(tree: Any, pattern: Any, what: str, found: list[Any]) -> None:
    if isinstance(pattern, dict):
        if not isinstance(tree, dict) or tree.keys() != pattern.keys():
            got = f"the keys {list(tree)}" if isinstance(tree, dict) else type(tree).__name__
            raise ValueError(f"{what} must be a dict with the keys {list(pattern)}, got {got}")
        for k, v in pattern.items():
            _match(tree[k], v, what, found)
    elif isinstance(pattern, (list, tuple)):
        if not isinstance(tree, (list, tuple)) or len(tree) != len(pattern):
            got = f"{len(tree)}" if isinstance(tree, (list, tuple)) else type(tree).__name__
            raise ValueError(
                f"{what} must be a {type(pattern).__name__} of {len(pattern)} entries, got {got}"
            )
        for t, p in zip(tree, pattern, strict=True):
            _match(t, p, what, found)
    else:
        found.append(tree)
