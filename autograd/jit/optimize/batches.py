"""Batches of small arrays with the same operations, such as all sigmoid layers of a backward pass.

They are computed into slices of one array, and what depends on each of them only, elementwise, is
computed for all together: one call of NumPy instead of one for each. Next: `affine.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..program import Step
from . import flat
from .flat import Chain, Group

Array = np.ndarray[Any, Any]
# For larger arrays the arithmetic takes longer than the call
SMALL = 512
# The most steps to compute together
MOST = 32
# After each there is a 1, for products with a row
GAP = 1
_COMPUTED = ("elementwise", "product", "reduce")
_APART = ("where", "item", "astype")


def find(
    order: Sequence[Step], users: Mapping[Step, Sequence[Step]], bound: Collection[Step]
) -> dict[Step, list[Group]]:
    """Return the groups among ordered steps, by the step before which each is to be computed.

    Parameters
    ----------
    users : mapping of Step to sequence of Step
        The steps of the order that each is an argument of.
    bound : collection of Step
        Steps that are also needed elsewhere, or have storage already.
    """
    index = {step: k for k, step in enumerate(order)}
    alike: dict[Any, list[tuple[Step, list[Step]]]] = {}
    for leaf, steps in _followers(order, bound).items():
        if leaf in index and leaf not in bound and is_leaf(leaf):
            alike.setdefault((leaf.dtype, *[s.name for s in steps]), []).append((leaf, steps))
    found: dict[Step, list[Group]] = {}
    taken: set[Step] = set()
    for key in sorted(alike, key=len, reverse=True):
        pairs = _apart(alike[key], taken)
        if len(pairs) < 2:
            continue
        needed = min([_first_use(steps, users, index) for _, steps in pairs])
        if not max(index[leaf] for leaf, _ in pairs) < needed < len(order):
            continue
        groups: dict[Any, list[Chain]] = {}
        for _, steps in pairs:
            chain = Chain(steps, {})
            groups.setdefault(chain.signature, []).append(chain)
        for chains in groups.values():
            if len(chains) > 1:
                taken.update(*(c.steps for c in chains), *(c.leaves for c in chains))
                found.setdefault(order[needed], []).append(_group(chains))
    return found


def _apart(
    pairs: Sequence[tuple[Step, list[Step]]], taken: set[Step]
) -> list[tuple[Step, list[Step]]]:
    """Return the leaves and followers that share no step with each other or with those taken."""
    held: set[Step] = set()
    found = []
    for leaf, steps in pairs:
        own = {leaf, *steps}
        if taken.isdisjoint(own) and held.isdisjoint(own):
            held |= own
            found.append((leaf, steps))
    return found


def _followers(order: Sequence[Step], bound: Collection[Step]) -> dict[Step, list[Step]]:
    """Return for each step those that depend on it only, elementwise, in its shape and dtype.

    Only the first few of these are listed.
    """
    # the nearest step that one depends on alone, and the depth of the chain
    above: dict[Step, Step] = {}
    depth: dict[Step, int] = {}

    def meet(x: Step | None, y: Step | None) -> Step | None:
        while x is not y and x is not None and y is not None:
            if depth.get(x, 0) >= depth.get(y, 0):
                x = above.get(x)
            else:
                y = above.get(y)
        return x if x is y else None

    found: dict[Step, list[Step]] = {}
    for step in order:
        if step.kind != "elementwise" or not step.shape or step.name in _APART or step in bound:
            continue
        arrays: list[Step | None] = []
        for a in step.arguments:
            if a.shape == step.shape and a.dtype is step.dtype:
                arrays.append(a)
            elif a.kind != "constant" or a.shape:
                break
        else:
            x = functools.reduce(meet, arrays) if arrays else None
            if x is not None:
                above[step], depth[step] = x, depth.get(x, 0) + 1
            while x is not None and len(steps := found.setdefault(x, [])) < MOST:
                steps.append(step)
                x = above.get(x)
    return found


def is_leaf(step: Step) -> bool:
    """Whether a step is a small array that can be computed into given memory."""
    computed = step.kind in _COMPUTED and step.name not in _APART
    return computed and step.dtype.kind == "f" and 1 < step.size <= SMALL


def _first_use(
    steps: Sequence[Step], users: Mapping[Step, Sequence[Step]], index: Mapping[Step, int]
) -> int:
    """Return the position of the first step that needs some of these."""
    inside = set(steps)
    rest = [u for s in steps for u in users.get(s, ()) if u not in inside]
    return min([index.get(u, len(index)) for u in rest], default=0)


def _group(chains: Sequence[Chain]) -> Group:
    """Return chains with the slices that their leaves are to be computed into."""
    group = Group(chains)
    leaves = [c.leaves[0] for c in chains]
    whole = np.ones(sum(leaf.size + GAP for leaf in leaves), leaves[0].dtype)
    group.flat = [whole]
    group.views = dict(zip(leaves, flat.parts(whole, leaves, GAP), strict=True))
    return group


def rows(group: Group) -> dict[Step, Array]:
    """Return the leaves that are rows, each with the 1 after it."""
    (whole,), start, found = group.flat, 0, {}
    for leaf in group.views:
        if len(leaf.shape) == 2 and leaf.shape[0] == 1:
            found[leaf] = whole[start : start + leaf.size + 1].reshape(1, -1)
        start += leaf.size + GAP
    return found
