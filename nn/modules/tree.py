"""The tree of modules: a walk over modules and parameters, and the paths of modules in a call.

Next: `buffers.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.mode import current_scope

_OWN = frozenset({"_names", "_remembered", "_buffers"})  # attributes that the walk itself stores


class Branch:
    """The base class of `Module`: an object whose attributes a walk visits."""

    def __getstate__(self) -> dict[str, Any]:
        # without the names, which are kept by the ids of modules: a copy finds its own
        return {k: v for k, v in self.__dict__.items() if k != "_names"}


def walk(root: Branch, named: bool = True) -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted name, owner, x) for root, all modules in it and all their leaves, depth first.

    Modules and containers are visited once, however many attributes refer to them; leaves every
    time. All names together are as long as the square of the depth: without ``named`` they are "".
    """
    seen = {id(root)}
    yield "", root, root
    stack = [("", root, iter(children(root) or ()))]
    while stack:
        prefix, owner, below = stack[-1]
        for key, x in below:
            if isinstance(x, Tensor | Value):
                if x.is_leaf:
                    yield f"{prefix}{key}" if named else "", owner, x
                continue
            found = children(x)
            if found is None or id(x) in seen:
                continue
            seen.add(id(x))
            name = f"{prefix}{key}" if named else ""
            if isinstance(x, Branch):
                owner = x
                yield name, x, x
            stack.append((f"{name}." if named else "", owner, iter(found)))
            break
        else:
            stack.pop()


def children(x: Any) -> list[tuple[Any, Any]] | None:
    """Return the contents of a module or container by key; None for anything else."""
    if isinstance(x, Branch):
        return [(key, child) for key, child in vars(x).items() if key not in _OWN]
    if isinstance(x, dict):
        return list(x.items())
    if isinstance(x, np.ndarray) and x.dtype == object:
        x = x.tolist()
    return list(enumerate(x)) if isinstance(x, list | tuple) else None


# --------------------------------------------------------------------------------------------------
# The path of a module in a call

Notes = tuple[str, str, None]  # label, scope and origin of the nodes made in a module


class Outermost:
    """The module whose call is running, and the scope that was open when it was called.

    ``names`` is {id: (module, notes)} for modules in the root; each holds its module, so that no
    other object can get the same id.
    """

    __slots__ = ("base", "names", "root")

    def __init__(self, root: Any, base: str) -> None:
        self.root, self.base = root, base
        if "_names" not in root.__dict__:
            name_modules(root)
        # below a scope, all notes are those of this call
        self.names: dict[int, tuple[Any, Notes]] = {} if base else root.__dict__["_names"]

    def notes_of(self, module: Branch) -> Notes | None:
        """Return the notes of a module not in ``names``; None if it is not part of the root."""
        root, base = self.root, self.base
        if module is root:
            return "", base, None
        known = root.__dict__["_names"].get(id(module)) or name_modules(root).get(id(module))
        if known is None:
            return None
        if base:
            _, (_, path, _) = known
            known = self.names[id(module)] = module, ("", f"{base}.{path}", None)
        else:
            self.names = root.__dict__["_names"]
        return known[1]


OUTERMOST: ContextVar[Outermost | None] = ContextVar("outermost_module", default=None)


def name_modules(root: Any) -> dict[int, tuple[Any, Notes]]:
    """Find the notes of all modules in ``root``, store them there, and label its parameters."""
    for name, p in root.named_parameters():
        if not p.label:
            p.label = name
    found = {id(m): (m, ("", path, None)) for path, m in root.named_modules() if m is not root}
    root.__dict__["_names"] = found
    return found


def located(module: Branch) -> str:
    """Return the name of a module in errors: its class, and its path if it has one."""
    path = current_scope()
    return f"{type(module).__name__} {path!r}" if path else type(module).__name__
