"""One update for all parameters: equal chains of steps on many arrays are joined to one.

The steps that only updates need are split into chains, one for the arrays of each parameter. Equal
chains form a `Group`: their gradients are computed into slices of one flat array, and parameters
and the arrays of optimizers become slices of others, if nothing else refers to their arrays. Next:
`liveness.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import address, aligned
from ..program import Program, Step, needed

Array = np.ndarray[Any, Any]
# The steps of a chain are computed for this many entries at a time, so that their results stay in
# the cache, and do not displace there what the next call starts with
BLOCK = 1 << 14


class Chain:
    """The elementwise steps that lead to the updates of one parameter and its kept arrays.

    Attributes
    ----------
    steps, leaves : list of Step
        In program order; the arrays that they start from, in the order of first use.
    updates : dict
        Maps the index of an updated leaf to the index of the step that computes its new value.
    signature : tuple
        Equal for chains that do the same.
    """

    def __init__(self, steps: Sequence[Step], updates: Mapping[Step, Step]) -> None:
        self.steps = list(steps)
        self.leaves: list[Step] = []
        numbers = {step: i for i, step in enumerate(self.steps)}
        places: dict[Step, int] = {}
        texts: list[Any] = []
        for step in self.steps:
            operands: list[Any] = []
            for a in step.arguments:
                if a in numbers:
                    operands.append(numbers[a])
                elif not a.shape:
                    operands.append(a)
                else:
                    if a not in places:
                        places[a] = len(self.leaves)
                        self.leaves.append(a)
                    operands.append((places[a], a.kind == "input", a.dtype))
            parameters: Any = step.parameters and [(k, repr(v)) for k, v in step.parameters.items()]
            texts.append((step.name, step.function, *parameters, step.dtype, *operands))
        self.updates = {places[old]: numbers[new] for old, new in updates.items() if old in places}
        self.complete = len(self.updates) == len(updates)
        self.signature = *texts, *self.updates.items()


class Group:
    """Equal chains.

    Attributes
    ----------
    flat : list of array
        For each leaf the array that contains those of all chains one after another.
    views : dict of Step to array
        The slices for leaves that are computed.
    """

    def __init__(self, chains: Sequence[Chain]) -> None:
        self.chains = list(chains)
        self.first = self.chains[0]
        self.flat: list[Array] = []
        self.views: dict[Step, Array] = {}

    def updated(self) -> set[Step]:
        """Return the inputs that the group updates."""
        return {c.leaves[i] for c in self.chains for i in c.updates}


def find(program: Program, bound: Mapping[Step, Any]) -> list[Group]:
    """Return the groups of a program whose inputs are all bound."""
    only = only_for_updates(program)
    users: dict[Step, list[Step]] = {}
    for step in only:
        for a in step.arguments:
            users.setdefault(a, []).append(step)
    groups: dict[Any, list[Chain]] = {}
    results: dict[Step, list[Step]] = {}
    for old, new in program.updates:
        results.setdefault(new, []).append(old)
    changed = {old for old, _ in program.updates}
    sliced: set[Step] = set()
    for chain in _chains(program, bound, only):
        # what two parameters have as gradient can lie in one slice only
        computed = {a for a in chain.leaves if a.kind != "input"}
        if computed & sliced or not _closed(chain, users, bound, results, changed):
            continue
        sliced |= computed
        groups.setdefault(chain.signature, []).append(chain)
    return [Group(chains) for chains in groups.values() if len(chains) > 1]


def only_for_updates(program: Program) -> dict[Step, None]:
    """Return the steps that only updates need, in order."""
    risky = [s for s in program.steps if s.kind in ("call", "item", "random")]
    others = needed(program.steps, [*program.outputs, *(s for s, _ in program.checks), *risky])
    return {s: None for s in program.steps if s not in others}


def _chains(program: Program, bound: Mapping[Step, Any], only: Mapping[Step, Any]) -> list[Chain]:
    """Return the chains of all updates; those that share steps are joined."""
    owner: dict[Step, int] = {}
    parts: list[tuple[set[Step], dict[Step, Step]]] = []
    for old, new in program.updates:
        if old not in bound or not old.shape or not old.size:
            continue
        stack, own = [new], set()
        touched: set[int] = set()
        while stack:
            step = stack.pop()
            if step in own or not _fits(step, old, only):
                continue
            own.add(step)
            if step in owner:
                touched.add(owner[step])
            stack.extend(step.arguments)
        updates = {old: new}
        for i in touched:
            own |= parts[i][0]
            updates |= parts[i][1]
            parts[i] = set(), {}
        if own:
            parts.append((own, updates))
            owner |= dict.fromkeys(own, len(parts) - 1)
    order = {step: k for k, step in enumerate(only)}
    return [Chain(sorted(own, key=order.__getitem__), updates) for own, updates in parts if own]


def _fits(step: Step, old: Step, only: Mapping[Step, Any]) -> bool:
    if step not in only or step.kind != "elementwise" or step.name in ("where", "item", "astype"):
        return False
    for a in (step, *step.arguments):
        if (a.shape or a is step) and (a.shape != old.shape or a.dtype != old.dtype):
            return False
    return True


def _closed(
    chain: Chain,
    users: Mapping[Step, list[Step]],
    bound: Mapping[Step, Any],
    results: Mapping[Step, list[Step]],
    changed: Collection[Step],
) -> bool:
    """Whether nothing else needs the steps of a chain, or changes its inputs.

    ``results`` maps each step to the inputs that it updates, ``changed`` are all of these.
    """
    if not chain.complete or any(a.kind == "constant" for a in chain.leaves):
        return False
    inside = set(chain.steps)
    updated = {chain.leaves[i] for i in chain.updates}
    written = [old for step in (*inside, *updated) for old in results.get(step, ())]
    if sorted(map(id, written)) != sorted(map(id, updated)):
        return False
    inputs = [a for a in chain.leaves if a.kind == "input"]
    return all(a in bound and (a in updated or a not in changed) for a in inputs) and all(
        set(users.get(step, ())) <= inside for step in inside
    )


def lay_out(
    groups: Sequence[Group],
    bound: dict[Step, Any],
    move: Callable[[Step, Array], None],
    spare: Collection[Step],
) -> list[Group]:
    """Allocate the flat arrays of the groups; return the groups for which that is possible.

    Parameters
    ----------
    bound : dict of Step to array
        The arrays of inputs, replaced here by slices.
    move : callable
        Replaces the array of an input by a slice.
    spare : collection of Step
        The inputs whose arrays may be replaced, as nothing else refers to them.
    """
    found = []
    for group in groups:
        kinds = [i for i, a in enumerate(group.first.leaves) if a.kind == "input"]
        first = kinds[0] if kinds else 0
        if kinds:
            _sort(group.chains, {c: bound[c.leaves[first]] for c in group.chains})
        arrays = {i: [bound[c.leaves[i]] for c in group.chains] for i in kinds}
        ready = {i: joined(arrays[i]) for i in kinds}
        if not all(
            ready[i] is not None or all(c.leaves[i] in spare for c in group.chains) for i in kinds
        ):
            continue
        for i, leaf in enumerate(group.first.leaves):
            whole = ready.get(i)
            if whole is None:
                steps = [c.leaves[i] for c in group.chains]
                whole = aligned((sum(step.size for step in steps),), leaf.dtype)
                for step, part in zip(steps, parts(whole, steps), strict=True):
                    if i in kinds:
                        part[...] = bound[step]
                        move(step, part)
                        bound[step] = part
                    else:
                        group.views[step] = part
            group.flat.append(whole)
        found.append(group)
    return found


def parts(whole: Array, steps: Sequence[Step], gap: int = 0) -> list[Array]:
    """Return slices of a flat array in the shapes of steps, one after another."""
    found, start = [], 0
    for step in steps:
        found.append(whole[start : start + step.size].reshape(step.shape))
        start += step.size + gap
    return found


def _sort(chains: list[Chain], arrays: Mapping[Chain, Array]) -> None:
    """Order chains by their arrays, if these are slices of one array already."""
    inside = sorted(chains, key=lambda chain: address(arrays[chain]))
    if joined([arrays[chain] for chain in inside]) is not None:
        chains[:] = inside


def joined(arrays: Sequence[Array]) -> Array | None:
    """Return the flat array of which these are slices, one after another; None if they are not."""
    base = arrays[0].base
    if not isinstance(base, np.ndarray) or base.ndim != 1 or not base.flags.c_contiguous:
        return None
    start = where = address(arrays[0])
    for a in arrays:
        if a.base is not base or not a.flags.c_contiguous or address(a) != where:
            return None
        where += a.nbytes
    first = (start - address(base)) // base.itemsize
    return base[first : first + (where - start) // base.itemsize]


def emit(
    group: Group,
    put: Callable[[str], None],
    name: Any,
    ref: Callable[..., str],
    kept: Collection[Step] = (),
) -> list[Array]:
    """Write the lines of a group; return the storage of the results of each step of a chain.

    Parameters
    ----------
    name : callable
        Returns the name of an object in the source.
    ref : callable
        Returns the text of a number.
    kept : collection of Step
        The steps of the first chain whose results must be kept.
    """
    chain = group.first
    size = group.flat[0].size
    cuts = [slice(s, min(s + BLOCK, size)) for s in range(0, size, BLOCK)]
    plan = _Plan(chain, size if len(cuts) == 1 else BLOCK, kept)
    places = [*group.flat, *plan.buffers]
    if len(cuts) == 1:
        texts, indent = [name(a, "b") for a in places], ""
    else:
        texts, indent = [f"x{i}" for i in range(len(places))], "    "
        buffers = len(group.flat)
        rows = [
            tuple(a[c] if i < buffers else a[: c.stop - c.start] for i, a in enumerate(places))
            for c in cuts
        ]
        put(f"for {', '.join(texts)} in {name(rows, 'rows')}:")
    for k, step in enumerate(chain.steps):
        operands = [
            texts[plan.where[a]] if a in plan.where else ref(a, step.dtype) for a in step.arguments
        ]
        out = texts[plan.out[k]]
        plan.where[step] = plan.out[k]
        sign = "out=" if step.function in (np.maximum, np.minimum) else ""
        put(f"{indent}{name(step.function)}({', '.join(operands)}, {sign}{out})")
    for leaf, k in plan.copies:
        put(f"{indent}{texts[leaf]}[...] = {texts[plan.out[k]]}")
    return [places[i] for i in plan.out]


class _Plan:
    """The storage of the steps of a chain: the updated arrays, or scratch memory."""

    def __init__(self, chain: Chain, size: int, kept: Collection[Step]) -> None:
        self.where = {leaf: i for i, leaf in enumerate(chain.leaves)}
        self.buffers: list[Array] = []
        self.out: list[int] = []
        self.copies: list[tuple[int, int]] = []
        users: dict[Step, list[int]] = {}
        for k, step in enumerate(chain.steps):
            for a in step.arguments:
                users.setdefault(a, []).append(k)
        last = {a: ks[-1] for a, ks in users.items()}
        # results that only the new value of a leaf needs may be stored in the leaf until then
        ends = {last[a]: i for i, a in enumerate(chain.leaves) if i in chain.updates and a in last}
        old_of = {k: i for k, i in ends.items() if users.get(chain.steps[k]) == [chain.updates[i]]}
        old_of |= {k: i for i, k in chain.updates.items()}
        held: dict[Step, int] = {}
        free: list[int] = []
        for k, step in enumerate(chain.steps):
            for a in {a for a in step.arguments if last[a] == k and a in held and a not in kept}:
                free.append(held.pop(a))
            leaf = old_of.get(k)
            if leaf is not None and last.get(chain.leaves[leaf], 0) <= k:
                self.out.append(leaf)
                continue
            if not free:
                free.append(len(chain.leaves) + len(self.buffers))
                self.buffers.append(aligned((size,), step.dtype))
            self.out.append(free.pop())
            if leaf is None:
                held[step] = self.out[-1]
            else:
                self.copies.append((leaf, k))
