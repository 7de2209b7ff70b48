"""The tree of modules: a walk over modules and parameters, and the paths of modules in a call.

Next: `buffers.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, Value
from autograd.mode import current_scope

_OWN = frozenset({"_names", "_remembered", "_buffers"})  # attributes that the walk itself stores


class Branch:
    """The base class of `Module`: an object whose attributes a walk visits."""

    def __getstate__(self) -> dict[str, Any]:
        # without the names, which are kept by the ids of modules: a copy finds its own
        return {k: v for k, v in self.__dict__.items() if k != "_names"}


def walk(root: Branch) -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted name, owner, x) for root, all modules in it and all their leaves, depth first.

    Modules and containers are visited once, however many attributes refer to them; leaves every
    time.
    """
    seen = {id(root)}
    yield "", root, root
    stack = [("", root, iter(children(root) or ()))]
    while stack:
        prefix, owner, below = stack[-1]
        for key, x in below:
            if isinstance(x, Tensor | Value):
                if x.is_leaf:
                    yield f"{prefix}{key}", owner, x
                continue
            found = children(x)
            if found is None or id(x) in seen:
                continue
            seen.add(id(x))
            name = f"{prefix}{key}"
            if isinstance(x, Branch):
                owner = x
                yield name, x, x
            stack.append((f"{name}.", owner, iter(found)))
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


class Outermost(NamedTuple):
    """The module whose call is running, and the scope that was open when it was called."""

    root: Any
    base: str

    def path_of(self, module: Branch) -> str | None:
        """Return the scope of a module below the root; None if it is not part of the root."""
        root, base = self
        known = root.__dict__["_names"].get(id(module))
        if known is None:
            if module is root:
                return base
            known = name_modules(root).get(id(module))
            if known is None:
                return None
        return f"{base}.{known[1]}" if base else known[1]


OUTERMOST: ContextVar[Outermost | None] = ContextVar("outermost_module", default=None)


def name_modules(root: Any) -> dict[int, tuple[Any, str]]:
    """Find the paths of all modules in ``root``, store them there, and label its parameters."""
    for name, p in root.named_parameters():
        if not p.label:
            p.label = name
    # each path with its module, so that no other object can get the same id
    found = {id(m): (m, path) for path, m in root.named_modules() if m is not root}
    root.__dict__["_names"] = found
    return found


def located(module: Branch) -> str:
    """Return the name of a module in errors: its class, and its path if it has one."""
    path = current_scope()
    return f"{type(module).__name__} {path!r}" if path else type(module).__name__
