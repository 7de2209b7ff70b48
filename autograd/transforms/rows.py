"""All rows of a Jacobian in one sweep. Next: `jacobians.py`.

Every node receives the gradients of many rows as one stack, and passes stacks to its parents: its
rules run once, on a `Batched`. If a rule has no batched form, the rows of this node are pulled back
one by one, and the sweep goes on with stacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import prod
from typing import Any

import numpy as np

from .. import backward
from ..arithmetic import sum_to
from ..array_nodes.node import ArrayNode
from ..mode import at_depth, recording
from ..node import MANY
from ..ops.elementwise import multiply
from ..ops.indexing import add_part, getitem, is_basic
from ..scalar_nodes.node import ScalarNode
from ..sweep.higher_order import as_node
from ..tensor import Tensor
from ..value import Value
from .batching import Batched, Unbatched
from .diagonals import LEAST, MOST, Diagonals, multiplied, pull_diagonals, unit
from .runs import Joint

_NUMBERS = (int, float)

# The most entries of a stack of gradients; more rows are computed in several sweeps.
LIMIT = 2**18


def pull_basis(output: Any, wanted: Sequence[Any], nested: bool) -> list[Any]:
    """Return for each wanted node the rows of the Jacobian, as one stack.

    Parameters
    ----------
    output : tensor or list of values
        What is differentiated; its entries correspond to the rows.
    wanted : sequence of nodes
        What it is differentiated with respect to.
    nested : bool
        Whether the rows are to be nodes, for further derivatives.

    Returns
    -------
    list of arrays or tensors of shape (rows, *node.shape)
        None for a node that no entry depends on.
    """
    roots = output if isinstance(output, list) else [output._node]
    rows = len(roots) if roots is output else output.size
    order = backward.order_down_to(wanted, roots[0] if len(roots) == 1 else Joint(roots))
    live = backward.leading_to(order, wanted)
    # under a recording, whose arrays are of another type
    banded = roots is not output and rows >= LEAST and type(output._data) is np.ndarray
    if banded:
        ones = _seed(output, np.ones(output.shape, output.dtype), nested)
        try:
            found = _Sweep(live, wanted, nested, output.shape).run(order, {roots[0]: unit(ones)})
        except Spread:
            found = None
        if found is not None:
            return found
    step = _room(live)
    parts = []
    for first in range(0, rows, step):
        last = min(first + step, rows)
        found = None
        if last - first > 1:
            if banded and len(output.shape) == 1:
                seeds: dict[Any, Any] = {roots[0]: unit(ones, -first)}
            else:
                seeds = _unit_stacks(output, roots, first, last, nested)
            found = _Sweep(live, wanted, nested, (last - first,)).run(order, seeds)
        parts.append(found or _one_by_one(output, range(first, last), wanted, nested))
    return [_joined([part[k] for part in parts]) for k in range(len(wanted))]


def _unit_stacks(
    output: Any, roots: Sequence[Any], first: int, last: int, nested: bool
) -> dict[Any, Any]:
    """Return for every root its columns of rows ``first`` to ``last`` of the unit matrix."""
    rows = len(roots) if roots is output else output.size
    eye = np.eye(last - first, rows, first, getattr(output, "dtype", float))
    if roots is not output:
        return {roots[0]: _seed(output, eye.reshape((last - first, *output.shape)), nested)}
    seeds: dict[Any, Any] = {}
    for k, root in enumerate(roots[first:last], first):
        seeds[root] = eye[:, k] + seeds[root] if root in seeds else eye[:, k]
    return {root: _seed(root, stack, nested) for root, stack in seeds.items()}


def _room(live: set[Any]) -> int:
    """Return how many rows the stacks of all these nodes have room for."""
    return max(1, LIMIT // max(1, *map(prod, {node.shape for node in live})))


def _seed(root: Any, seed: Any, nested: bool) -> Any:
    if not nested:
        return seed
    return Value(seed) if isinstance(root, ScalarNode) and np.ndim(seed) == 0 else Tensor(seed)


def _one_by_one(output: Any, rows: Iterable[int], wanted: Sequence[Any], nested: bool) -> list[Any]:
    """Return the stacks of gradients, with a sweep for every row."""
    found = []
    seed: Any
    for k in rows:
        if isinstance(output, list):
            root, seed = output[k], 1.0
        else:
            root, row = output._node, np.zeros(output.shape, output.dtype)
            row.flat[k] = 1
            seed = row[()]
        one, _ = backward.gradients(
            root, _seed(root, seed, nested), create_graph=nested, wanted=wanted
        )
        found.append([one.get(node) for node in wanted])
    return [_stacked(column) for column in zip(*found, strict=True)]


def _stacked(parts: Sequence[Any]) -> Any:
    """Return contributions as a stack, with zeros for None; None if all are None."""
    some = next((c for c in parts if c is not None), None)
    if some is None:
        return None
    zero = np.zeros(np.shape(some))
    return np.stack([zero if c is None else c for c in parts])


def _joined(parts: list[Any]) -> Any:
    """Return parts of a stack joined."""
    if all(part is None for part in parts):
        return None
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


# --------------------------------------------------------------------------------------------------
# The sweep over stacks


class _Sweep:
    """One sweep over stacks: the gradients so far, and which of them may be written to.

    Parameters
    ----------
    live, wanted : set and sequence of nodes
        The nodes that gradients flow through, and those whose gradients are returned.
    nested : bool
        Whether the gradients are nodes.
    shape : tuple of int
        The shape of the output, if the gradients begin as diagonals.
    """

    def __init__(
        self,
        live: set[Any],
        wanted: Sequence[Any],
        nested: bool,
        shape: tuple[int, ...] = (),
    ) -> None:
        self.live, self.wanted, self.nested, self.shape = live, wanted, nested, shape
        self.found: dict[Any, Any] = {}
        self.owned: set[Any] = set()

    def run(self, order: list[Any], seeds: dict[Any, Any]) -> list[Any] | None:
        """Return the stacks of gradients; None if rows must be computed one at a time.

        So they must if a 0 met an infinity, for which strict products are needed.
        """
        found = self.found = dict(seeds)
        kept = set(self.wanted)
        singular = False
        live = self.live
        with np.errstate(all="ignore"), recording(), at_depth(int(self.nested)):
            for node in reversed(order):
                if node not in live or (g := found.get(node)) is None:
                    continue
                if node not in kept:
                    del found[node]
                singular = singular or not node._operation.plain
                if type(node) is ArrayNode:
                    self._pull(node, g, node in self.owned and node not in kept)
                elif isinstance(node, ScalarNode):
                    self._pass_on(_pull_scalar(node, self._whole(g), self.live, self.nested), g)
                else:
                    return None  # a node of another class, whose gradients need not be arrays
        result = [found.get(node) for node in self.wanted]
        if singular and backward._any_nan(_numbers(result)):
            return None
        return [self._own(node, g) for node, g in zip(self.wanted, result, strict=True)]

    def _pull(self, node: ArrayNode, g: Any, spare: bool) -> None:
        if type(g) is Diagonals:
            pairs: Any = pull_diagonals(node, g, self.live, self.nested)
            if pairs is None and (matrix := multiplied(node)) is not None:
                self._check_room()
                product = g.product(matrix, self.shape[0])
                pairs = None if product is None else [(node._a, product)]
            if pairs is not None:
                self._pass_on(pairs, g)
                return
            g = self._whole(g)
            spare = True
        if node._operation is getitem and self._added_in_place(node, g):
            return
        self._pass_on(_pull_array(node, g, self.live, self.nested, spare), g)

    def _pass_on(self, contributions: Iterable[tuple[Any, Any]], g: Any) -> None:
        """Add the contributions of a gradient ``g`` to the gradients of the parents."""
        for parent, c in contributions:
            if self.nested:
                c = as_node(c)
            old = self.found.get(parent)
            if old is None:
                self.found[parent] = c
                if _is_fresh(c, g):
                    self.owned.add(parent)
            elif parent in self.owned and type(c) is not Diagonals and old.dtype == c.dtype:
                old += c
            else:
                known = type(old) is Diagonals or type(c) is Diagonals
                c = self.found[parent] = self._sum(parent, old, c) if known else old + c
                if type(c) is np.ndarray:
                    self.owned.add(parent)

    def _sum(self, parent: Any, old: Any, c: Any) -> Any:
        """Return a sum with one or both terms given by diagonals."""
        if type(old) is type(c):
            both = old.plus(c)
            return both if len(both) <= MOST else self._whole(both)
        if type(old) is Diagonals:
            return self._whole(old) + c
        if parent not in self.owned or not c.fits(old):
            return old + self._whole(c)
        c.add_to(old, self.shape)
        return old

    def _whole(self, g: Any) -> Any:
        """Return a gradient as a stack."""
        if type(g) is not Diagonals:
            return g
        self._check_room()
        return g.stack(self.shape)

    def _check_room(self) -> None:
        if prod(self.shape) > _room(self.live):
            raise Spread

    def _added_in_place(self, node: ArrayNode, g: Any) -> bool:
        """Add a stack to the entries that were read, if their gradient may be written to."""
        parent: Any = node._a
        index = node._parameters["index"]
        # positions may move the axis of the stack
        if parent not in self.owned or not is_basic(index):
            return False
        index = (slice(None), *(index if type(index) is tuple else (index,)))
        return add_part(self.found[parent], index, g)

    def _own(self, node: Any, g: Any) -> Any:
        """Return a result as a stack that nothing else refers to."""
        if type(g) is Diagonals:
            return g.stack(self.shape)
        if g is None or self.nested or node in self.owned:
            return g
        return g.copy()  # a gradient that was passed through may be referred to elsewhere


class Spread(Exception):
    """There is no room for a stack that is needed."""


def _numbers(gradients: Iterable[Any]) -> list[Any]:
    """Return the arrays and tensors that gradients consist of."""
    found: list[Any] = []
    for g in gradients:
        if type(g) is Diagonals:
            found += g.values()
        elif g is not None:
            found.append(g)
    return found


def _is_fresh(c: Any, g: Any) -> bool:
    """Whether a contribution is an array allocated for it, which may be written to."""
    return type(c) is np.ndarray and c is not g and c.base is None


def _pull_array(
    node: ArrayNode, g: Any, live: set[Any], nested: bool, spare: bool
) -> Sequence[tuple[Any, Any]]:
    """Return the parents that are live, each with its stack.

    ``spare`` says that the stack ``g`` is no longer needed, and may be written to.
    """
    plan = node._plan()
    parents: Any = node.parents
    saved: Any = node._saved
    if nested:
        saved = node._lifted(plan, saved)
    if node._operation is multiply and node._a is node._b:
        return ((node._a, _product(g, saved[0] + saved[0], spare)),)
    found: list[tuple[Any, Any]] = []
    for k, parent in enumerate(parents):
        if parent not in live:
            continue
        try:
            c = _pull_part(node, plan, saved, k, g, nested, spare)
        except Exception:
            # a user's rule may do anything; its result for a single gradient is what counts
            return _pull_one_by_one(node, g, nested)
        spare = spare and _is_fresh(c, g)
        found.append((parent, c))
    return found


def _pull_part(
    node: ArrayNode, plan: Any, saved: Any, k: int, g: Any, nested: bool, spare: bool
) -> Any:
    """Return the stack of the parent at position ``k``."""
    parents: Any = node.parents
    shape, slope = parents[k]._shape, plan.slopes[k]
    same = shape == node._shape
    if slope is None:
        c = plan.parts[k](saved, Batched(g)).stack
        c = c if nested else getattr(c, "_data", c)  # a rule may have made constant tensors
    else:
        d = slope(saved)
        if getattr(d, "ndim", 0) > len(node._shape):
            raise Unbatched
        c = _product(g, d, spare and same and k == len(parents) - 1)
    if slope is None or not same:
        c = _shaped(c, (g.shape[0], *shape), node._operation.elementwise)
    return c


def pull_to(node: Any, g: Any, k: int) -> Any:
    """Return a stack of gradients pulled back to the parent at position ``k``, strictly."""
    c = None
    with np.errstate(all="ignore"), recording():
        if type(node) is ArrayNode:
            with suppress(Exception):  # a rule without a batched form
                c = _pull_part(node, node._plan(), node._saved, k, g, False, False)
        # nan: a 0 may have met an infinity
        if type(c) is not np.ndarray or np.isnan(c).any():
            c = _stacked([node._contributions(x, as_nodes=False, strict=True)[k] for x in g])
    return c


def _product(g: Any, slope: Any, spare: bool) -> Any:
    """Return a stack of gradients times a local derivative."""
    kind = type(slope)
    if kind is int and slope == 1:
        return g
    fits = kind in _NUMBERS or (kind is np.ndarray and slope.dtype == g.dtype)
    if spare and fits and type(g) is np.ndarray:
        return np.multiply(g, slope, g)
    return -g if kind is int and slope == -1 else g * slope


def _shaped(c: Any, shape: tuple[int, ...], elementwise: bool) -> Any:
    """Undo broadcasting, if any, in every row."""
    if c.shape == shape:
        return c
    if not elementwise:
        raise Unbatched
    missing = c.ndim - len(shape)
    kept = sum_to(c, (shape[0], *(1,) * missing, *shape[1:]))
    return kept.reshape(shape) if missing else kept


def _pull_scalar(node: ScalarNode, g: Any, live: set[Any], nested: bool) -> list[tuple[Any, Any]]:
    if nested:
        contributions = node._contributions(g, as_nodes=True, strict=False)
        return list(zip(node.parents, contributions, strict=True))
    a, b = node._a, node._b
    if b is not MANY:
        pairs: Any = ((a, node._da),) if b is None else ((a, node._da), (b, node._db))
    elif node._da is None:
        return _pull_one_by_one(node, g, nested)
    else:
        pairs = zip(a, node._da, strict=True)
    return [(parent, g * slope) for parent, slope in pairs if parent in live]


def _pull_one_by_one(node: Any, g: Any, nested: bool) -> list[tuple[Any, Any]]:
    rows = [node._contributions(x, as_nodes=nested, strict=False) for x in g]
    stacks = [_stacked(column) for column in zip(*rows, strict=True)]
    return [(p, c) for p, c in zip(node.parents, stacks, strict=True) if c is not None]


# glibc returns freed blocks above 128 KB to the system, which costs a page fault for each page of
# the next array, until a larger block has been freed once
np.empty(2 * LIMIT)
