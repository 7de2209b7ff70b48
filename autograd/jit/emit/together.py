"""The emitted lines of steps of small arrays that are computed together. Next: `extrema.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import address, aligned
from ..optimize import affine, batches, flat, nan_checks
from ..optimize.affine import Affine
from ..optimize.batches import GAP
from ..optimize.flat import Group
from ..optimize.rewriter import is_elementwise, uses_of
from ..program import Program, Step
from .places import Array, Places


class Together(Places):
    """Writes lines, including those of steps that are computed together.

    Attributes
    ----------
    lines : list of str
    batches : dict of Step to list of Group
        The groups to compute before a step.
    affine : dict of Step to Affine
        The steps in place of which layers are computed.
    weights : dict of Step to array
        The matrices to use in products, in place of their own W.
    joined : set of Step
        The steps that this replaces.
    permanent : set of Step
        Those that have an array of their own at every call.
    searched : list of array
        In these nans are looked for, in place of checks.
    """

    def __init__(
        self, program: Program, bound: Mapping[Step, Any], groups: Sequence[Group] = ()
    ) -> None:
        super().__init__(program, bound, groups)
        self.lines: list[str] = []
        self.batches: dict[Step, list[Group]] = {}
        self.affine: dict[Step, Affine] = {}
        self.weights: dict[Step, Array] = {}
        self.joined: set[Step] = set()
        self.permanent: set[Step] = set()
        self.searched: list[Array] = []

    def put(self, text: str) -> None:
        """Add a line."""
        self.lines.append(text)

    def join(self) -> None:
        """Find steps of small arrays to compute together."""
        order = self.order[: self.head]
        self._join_checks()
        bound = {*self.slices, *self.into, *self.leaving, *self.outside}
        self.batches = batches.find(order, self.users, bound)
        rows: dict[Step, Array] = {}
        for group in (g for groups in self.batches.values() for g in groups):
            self.slices |= group.views
            self.joined.update(*(chain.steps for chain in group.chains))
            rows |= batches.rows(group)

        def row(x: Step) -> Array | None:
            free = x in self.index and x not in bound and x not in self.joined
            if x not in rows and free and batches.is_leaf(x):
                rows[x] = np.ones((1, x.size + 1), x.dtype)
                self.slices[x] = rows[x][:, :-1]
            return rows.get(x)

        wholes = [g.flat[i] for g in self.groups for i in g.first.updates]
        layers = affine.Layers(order, self.users, self.bound, wholes)
        layers.look({*bound, *self.slices})
        self.affine = layers.replacements(row)
        for last, way in self.affine.items():
            if way.row is None:
                self.weights[way.product] = way.weight
            else:
                self.joined.add(way.product)
            self.joined |= {*self.users[way.product]} - {last}
        for f in layers.negated:
            whole, negated = self.name(f.whole, "p"), self.name(f.negated, "p")
            self.put(f"{self.name(np.negative)}({whole}, {negated})")
        for t in layers.tiles:
            index, out = self.name(t.index, "i"), self.name(t.out, "b")
            self.put(f"{self.name(t.whole, 'p')}.take({index}, None, {out}, 'clip')")

    def _join_checks(self) -> None:
        """Look for nans in arrays one after another at once, instead of in each of them."""
        if not any(is_elementwise(step, "not_equal") for step, _ in self.program.checks):
            return
        checks = nan_checks.searched(self.program, uses_of(self.program))
        arrays = {check: nan_checks.squared(steps) for check, steps in checks.items()}
        lone = [check for check, xs in arrays.items() if all(map(self._is_free, xs))]
        free = list(dict.fromkeys(x for check in lone for x in arrays[check]))
        if len(free) > 1 and len({x.dtype for x in free}) == 1:
            whole = aligned((sum(x.size for x in free),), free[0].dtype)
            self.slices |= zip(free, flat.parts(whole, free), strict=True)
            self.searched.append(whole)
            self.joined.update(lone, *[checks[check] for check in lone])
        for check, xs in arrays.items():  # gradients that updates have joined
            if check not in self.joined and len(xs) > 1 and self.slices.keys() >= {*xs}:
                found = flat.joined(sorted([self.slices[x] for x in xs], key=address))
                if found is not None:
                    self.searched.append(found)
                    self.joined.update([check, *checks[check]])

    def _is_free(self, x: Step) -> bool:
        """Whether an array may be computed anywhere."""
        computed = x.kind in ("elementwise", "reduce", "product") and x.name != "where"
        held = x in self.into or x in self.leaving or (x in self.slices and x not in self.permanent)
        return x.shape != () and computed and self.root.get(x) is x and not held

    def write_group(self, group: Group) -> None:
        """Write the steps of all chains of a group, and set the storage of each part."""
        inside = {s for chain in group.chains for s in chain.steps}
        columns = list(zip(*(chain.steps for chain in group.chains), strict=True))
        # if one chain keeps a value for later steps, all do
        kept = [c for c in columns if any(not inside.issuperset(self.users[s]) for s in c)]
        found = flat.emit(group, self.put, self.name, self.ref, [c[0] for c in kept])
        for steps, whole in zip(columns, found, strict=True):
            if steps in kept:
                self.place |= zip(steps, flat.parts(whole, steps, GAP), strict=True)

    def write_layer(self, k: int, step: Step) -> None:
        """Write the step in place of which a layer is computed."""
        way = self.affine[step]
        product = "" if way.row is not None else self.ref(way.product)
        out = self.target(k, step)
        if way.shift is not None:
            call = f"{self.name(np.add)}({product}, {self.name(way.shift, 'p')}"
        elif way.row is not None:
            call = f"{self.name(way.row, 'b')}.dot({self.name(way.weight, 'p')}"
        else:  # the product itself, usually in its own storage
            if out != product:
                self.put(f"{out}[...] = {product}")
            return
        self.put(f"{call}, {out})" if out is not None else f"{self.local(step)} = {call})")
