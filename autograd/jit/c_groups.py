"""Which steps share a loop: a program cut into groups, each one loop nest, product or call of NumPy.

A loop nest runs over ``outer + inner`` axes. A step is *full* if it has all of them, *row* if it
has the outer ones: one number for all of a row. Reductions over the inner axes give row values, so
a row is gone through in phases; any other reduction is added up in memory, and can be used by later
groups only. Without reductions of rows there are no inner axes, and all steps are row values.
Next: `c_loops.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .c_expressions import known, supported
from .program import Step

ROW, FULL, SUM = 0, 1, 2
# longer loop bodies cost the compiler more than they save
MOST = 160
# so many groups back a step looks for company
REACH = 24
# a phase keeps a row of each value that the next one needs
LONGEST_ROW = 1 << 16
REDUCED = ("add", "multiply", "maximum", "minimum", "logical_and", "logical_or")


class Reduction:
    """A sum or the like over axes of one operand, or of the product of two."""

    def __init__(self, name: str, operands: tuple[Step, ...], axes: tuple[int, ...]) -> None:
        self.name = name
        self.operands = operands
        self.axes = axes
        self.shape = operands[0].shape


def as_reduction(step: Step) -> Reduction | None:
    """Return a step as a reduction: a sum, an inner product, or a product with ones."""
    if not known(step.dtype) or not all(known(a.dtype) for a in step.arguments):
        return None
    if step.kind == "reduce" and step.name in REDUCED:
        return Reduction(step.name, step.arguments, step.parameters["axis"])
    if step.kind != "product" or step.dtype.kind != "f":
        return None
    x, y = step.arguments
    n = len(x.shape)
    same = x.shape == y.shape and x.dtype == y.dtype == step.dtype
    if step.name == "inner" and same:
        return Reduction("add", (x, y), tuple(range(n)))
    if step.name in ("vecdot", "matmul") and same and (step.name == "vecdot" or n == 1) and n:
        return Reduction("add", (x, y), (n - 1,))
    if step.name == "matmul" and x.dtype == y.dtype == step.dtype:
        if len(y.shape) == 2 and len(x.shape) == 1 and _are_ones(x):
            return Reduction("add", (y,), (0,))
        if len(x.shape) == 2 and len(y.shape) == 1 and _are_ones(y):
            return Reduction("add", (x,), (1,))
    return None


def _are_ones(step: Step) -> bool:
    return step.kind == "constant" and bool((np.asarray(step.value) == 1).all())


class Group:
    """Steps that are computed together.

    Attributes
    ----------
    kind : str
        ``loops``, ``product`` or ``host``.
    outer, inner : tuple of int
        The axes of a loop nest.
    steps : list of Step
    level, phase : dict
        For each step whether it is a full, row or summed value, and when it is computed.
    """

    def __init__(self, kind: str, outer: tuple[int, ...] = ()) -> None:
        self.kind = kind
        self.outer = outer
        self.inner: tuple[int, ...] = ()
        self.steps: list[Step] = []
        self.level: dict[Step, int] = {}
        self.phase: dict[Step, int] = {}

    @property
    def space(self) -> tuple[int, ...]:
        """The axes of the loop nest."""
        return self.outer + self.inner

    def add(self, step: Step, level: int, phase: int) -> None:
        """Take in a step."""
        self.steps.append(step)
        self.level[step] = level
        self.phase[step] = phase

    def level_of(self, shape: tuple[int, ...]) -> int | None:
        """Return the level of values of a shape; None if it does not fit."""
        if shape == self.space:
            return FULL if self.inner else ROW
        if self.inner and shape in (self.outer, self.outer + (1,) * len(self.inner)):
            return ROW
        return None

    def ready(self, a: Step, level: int, shape: tuple[int, ...]) -> int | None:
        """Return from which phase on a value in a variable serves a step; None if never."""
        own = self.level.get(a)
        if own is None or own == SUM or own > level:
            return None
        if a.shape != shape:
            spread = own == ROW and level == FULL
            if not spread or a.shape != self.outer + (1,) * len(self.inner):
                return None
        return self.phase[a] + (own == ROW and as_reduction(a) is not None)

    def split(self, axes: tuple[int, ...]) -> bool:
        """Make the last axes the inner ones, if a row of the values is short enough."""
        if self.inner:
            return axes == tuple(range(len(self.outer), len(self.space)))
        n = len(self.outer) - len(axes)
        width = int(np.prod(self.outer[n:]))
        if not n or axes != tuple(range(n, len(self.outer))) or not 1 < width <= LONGEST_ROW:
            return False
        self.outer, self.inner = self.outer[:n], self.outer[n:]
        for step, level in self.level.items():
            if level == ROW:
                self.level[step] = FULL
        return True


class Groups:
    """The groups of a program, in the order in which they run.

    Parameters
    ----------
    order : sequence of Step
    head : int
        Steps from this place on must not run before those ahead of it have.
    root : dict
        The step whose memory each step is a view of.
    native_products : callable
        Whether C computes a product.
    """

    def __init__(
        self, order: Sequence[Step], head: int, root: dict[Step, Step], native_product: Any
    ) -> None:
        self.root = root
        self.native_product = native_product
        self.groups: list[Group] = []
        self.place: dict[Step, int] = {}
        self.first = 0
        for k, step in enumerate(order):
            if k == head:
                self.first = len(self.groups)
            if step.kind != "constant":
                self._put(step)
        self.head = self.first if head < len(order) else len(self.groups)

    def _put(self, step: Step) -> None:
        if step.kind == "view":
            self._put_view(step)
            return
        reduction = as_reduction(step)
        if step.kind == "elementwise" and supported(step):
            self._put_elementwise(step)
        elif reduction is not None and reduction.operands[0].size:
            self._put_reduction(step, reduction)
        elif step.kind == "product" and self.native_product(step):
            self._alone("product", step)
        else:
            self._alone("host", step)

    def _alone(self, kind: str, step: Step) -> None:
        group = Group(kind)
        group.add(step, SUM, 0)
        self.place[step] = len(self.groups)
        self.groups.append(group)

    def _put_view(self, step: Step) -> None:
        """Give a view in a variable the place of what it is a view of; others are memory."""
        (x,) = step.arguments
        k = self.place.get(x, -1)
        self.place[step] = k
        if k < 0 or x not in self.groups[k].level or step.name not in ("reshape", "broadcast_to"):
            return
        group = self.groups[k]
        own = group.level[x]
        spread = step.shape == group.space and x.shape == group.outer + (1,) * len(group.inner)
        if own == ROW and group.inner:
            kept = step.shape in (group.outer, group.outer + (1,) * len(group.inner))
            if (kept and step.name == "reshape") or (step.name == "broadcast_to" and spread):
                group.add(step, ROW, group.phase[x] + (as_reduction(x) is not None))

    def _candidates(self, operands: Sequence[Step]) -> range:
        """Return the groups that come late enough for what a step needs."""
        earliest = max([self.place.get(a, -1) for a in operands] + [self.first, 0])
        return range(max(earliest, len(self.groups) - REACH), len(self.groups))

    def _phase(
        self, k: int, operands: Sequence[Step], level: int, shape: tuple[int, ...]
    ) -> int | None:
        """Return the phase of group k in which a step can be computed."""
        phase = 0
        for a in operands:
            if self.place.get(a, -1) == k:
                ready = self.groups[k].ready(a, level, shape)
                if ready is None:
                    return None
                phase = max(phase, ready)
        return phase

    def _put_elementwise(self, step: Step) -> None:
        for k in self._candidates(step.arguments):
            group = self.groups[k]
            if group.kind != "loops" or len(group.steps) >= MOST:
                continue
            level = group.level_of(step.shape)
            if level is None:
                continue
            phase = self._phase(k, step.arguments, level, step.shape)
            if phase is not None:
                group.add(step, level, phase)
                self.place[step] = k
                return
        self._open(step.shape, step, ROW)

    def _open(self, shape: tuple[int, ...], step: Step, level: int) -> Group:
        group = Group("loops", shape)
        group.add(step, level, 0)
        self.place[step] = len(self.groups)
        self.groups.append(group)
        return group

    def _put_reduction(self, step: Step, r: Reduction) -> None:
        for k in self._candidates(r.operands):
            group = self.groups[k]
            if group.kind != "loops" or len(group.steps) >= MOST:
                continue
            level = group.level_of(r.shape)
            if level is None or self._phase(k, r.operands, level, r.shape) is None:
                continue
            if level == ROW and group.inner:
                target = SUM
            else:
                target = ROW if group.split(r.axes) else SUM
            level = group.level_of(r.shape)
            assert level is not None
            phase = self._phase(k, r.operands, level, r.shape)
            assert phase is not None
            group.add(step, target, phase)
            self.place[step] = k
            return
        group = self._open(r.shape, step, SUM)
        if group.split(r.axes):
            group.level[step] = ROW
