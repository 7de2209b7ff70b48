"""The backward sweep: a pure core that returns {node: gradient}. Next: `sweep/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray

from .arithmetic import LARGE, enter_quiet, leave_quiet, once, quietly, warnings_state
from .mode import STATE, at_depth, current_watcher, recording, watch
from .node import LEAF, MANY, Node, topological_order
from .ops.assignment import CHANGES
from .ops.elementwise import SCALES, TWICE
from .ops.indexing import READS
from .references import hands_over
from .rule import Rule
from .sweep.accumulation import Parts, add, add_read, pull_twice, zero_written
from .sweep.checksums import check_not_overwritten
from .sweep.higher_order import as_node, sweep_on_nodes
from .sweep.repeated import Repeated
from .sweep.trunk import may_be_masked, pull_trunk

NODE = 64  # checking a node takes as long as checking so many entries of a gradient
LONG_SWEEP = 64  # sweeps over this many nodes look for repeated products with one matrix


def gradients(
    root: Node,
    seed: Any,
    *,
    create_graph: bool = False,
    drop: bool = False,
    wanted: Sequence[Any] | None = None,
    within: set[Any] | None = None,
) -> tuple[dict[Any, Any], list[Any]]:
    """Return {node: gradient of root} for all that root depends on, and the order of its graph.

    Parameters
    ----------
    root : Node
        Where the sweep starts.
    seed : array, float or node
        The upstream gradient of the root.
    create_graph : bool
        Run the rules on nodes, so that the gradients can be differentiated again.
    drop : bool
        Keep only the gradients of leaves, and drop the others on the way.
    wanted : sequence of nodes, optional
        Skip the nodes that lead to none of these.
    within : set of nodes, optional
        Sweep over these alone; other nodes are treated as leaves.
    """
    watcher = current_watcher() if STATE.special else None
    parts: dict[Any, Parts] = {}
    live = None
    # Plain products first. If a 0 met an infinity, the result has a nan, and the sweep runs again
    # with strict products.
    whole = wanted is None and within is None and not STATE.checksums
    try:
        if whole and watcher is None and not create_graph:
            found, order, singular = _swept(root, seed, drop, parts)
        else:
            order, live = _order_within(root, wanted, within)
            if create_graph and watcher is None:
                with recording(), at_depth(1):
                    found, singular = sweep_on_nodes(order, root, seed, live)
            elif watcher is None:
                found = {root: seed}
                singular = _sweep(order, found, drop, parts)
    except FloatingPointError:
        if watcher is not None or "raise" not in np.geterr().values():
            raise
        # np.errstate of the caller is about the caller's arithmetic: rules may underflow
        with np.errstate(all="ignore"):
            return gradients(
                root, seed, create_graph=create_graph, drop=drop, wanted=wanted, within=within
            )
    if watcher is None and (not singular or not _any_nan(_at_ends(found, wanted, parts), order)):
        return found, order
    with recording(), at_depth(int(create_graph)):
        found, _ = _sweep_rules(
            order, root, seed, strict=True, as_nodes=create_graph, live=live, watcher=watcher,
            drop=drop,
        )  # fmt: skip
    return found, order


def _order_within(
    root: Node, wanted: Sequence[Any] | None, within: set[Any] | None
) -> tuple[list[Any], set[Any] | None]:
    """Return the nodes to sweep over, in order, and the set of those whose gradient is needed."""
    if wanted is None or within is not None:
        order = topological_order(root)
    else:
        order = order_down_to(wanted, root)
    if STATE.checksums:
        check_not_overwritten(order)
    if within is not None:
        order = [node for node in order if node in within]
    live = None if wanted is None else leading_to(order, wanted)
    if live is not None and not live.issuperset(order):
        order = [node for node in order if node in live]
    return order, live


def order_down_to(ends: Sequence[Any], root: Node) -> list[Any]:
    """Return the order of what ``root`` depends on as far as the ends, of which none needs another.

    So a gradient at a computed node takes no longer the more that node was computed from.
    """
    marks = [(node, node._mark) for node in ends if node._mark < LEAF]
    for node, _ in marks:
        node._mark = LEAF - 1.0  # as if the walk had come by
    try:
        return topological_order(root)
    finally:
        for node, mark in marks:
            node._mark = mark


def _swept(
    root: Node, seed: Any, drop: bool, parts: dict[Any, Parts]
) -> tuple[dict[Any, Any], list[Any], bool]:
    """Return the gradients of a whole graph, its order, and whether a 0 may have met an infinity.

    The order is that of `topological_order`.
    """
    found: dict[Any, Any] = {}
    if root._a is None:
        return {root: seed}, [], False
    passed, rest, singular = pull_trunk(root, seed, found, drop)
    if rest is not None:
        order = topological_order(rest)
        if passed and passed[-1] is rest:
            order.pop()
        singular = _sweep(order, found, drop, parts) or singular
        passed.reverse()
        return found, order + passed, singular
    passed.reverse()
    return found, passed, singular


def _at_ends(
    found: dict[Any, Any], wanted: Sequence[Any] | None, parts: dict[Any, Parts]
) -> list[Any]:
    """Return the gradients of the wanted nodes, by default of the leaves.

    A gradient that is 0 except for a few parts is represented by these.
    """
    if wanted is None:
        ends = {node: g for node, g in found.items() if node._a is None}
    else:
        ends = {node: found[node] for node in wanted if node in found}
    if parts.keys().isdisjoint(ends):
        return [*ends.values()]
    return [
        x for node, g in ends.items() for x in (parts[node].few if node in parts else ()) or (g,)
    ]


def leading_to(order: Iterable[Any], wanted: Iterable[Any]) -> set[Any]:
    """Return the wanted nodes, and those in ``order`` that depend on them."""
    live = set(wanted)
    for node in order:
        a, b = node._a, node._b
        if not live.isdisjoint(a) if b is MANY else a in live or b in live:
            live.add(node)
    return live


def _any_nan(found: Iterable[Any], order: Sequence[Any] = ()) -> bool:
    """Whether one of these gradients has a nan; not searched if the graph cannot make any."""
    for g in found:
        g = getattr(g, "_data", g)
        if type(g) is not np.ndarray:
            total = g
        elif g.size < LARGE:
            flat = g.ravel()
            # the sum of squares is nan only if an entry is
            total = quietly(flat.dot, flat)
        elif 0 < NODE * len(order) < g.size and _is_affine(order):
            return False
        else:
            # a maximum of many takes half the time; broadcast entries are read once
            total = np.maximum.reduce(once(g), None)
        if total != total:
            return True
    return False


def _is_affine(order: Iterable[Any]) -> bool:
    """Whether no local derivative depends on the data, so that all are finite."""
    return all(node._operation.affine or node._pull in SCALES for node in order)


@hands_over
def _sweep(order: list[Any], found: dict[Any, Any], drop: bool, parts: dict[Any, Parts]) -> bool:
    """Run the closures in reverse order, and add up the contributions to each node in ``found``.

    The first contribution is stored as it comes, the second makes a fresh sum, later ones are added
    in place: an array is only written to if it was allocated here, or if nothing else refers to it.
    Gradients of parts of large leaves go to ``parts``. Returns whether a 0 may have met an infinite
    local derivative.
    """
    # one loop, as every call costs at every node
    owned: set[Any] = set()
    overwritten: set[Any] = set()
    repeated = Repeated(found, owned) if len(order) >= LONG_SWEEP else None
    many = MANY
    singular = False
    take = found.pop if drop else found.get
    state: Any = None
    try:
        for node in reversed(order):
            g = take(node, None)
            if g is None:
                continue
            op, pull = node._operation, node._pull
            if not op.plain and pull not in SCALES:
                if pull in READS:
                    # behind a leaf there is no further local derivative
                    singular = singular or node._a._a is not None
                    add_read(found, owned, parts, node, g)
                    continue
                singular = singular or may_be_masked(node, g)
                if state is None:
                    state = warnings_state()
                    enter_quiet()
                if pull in CHANGES and type(g) is ndarray:
                    found[node] = g
                    g = c = d = c_i = None  # so that nothing here refers to the gradient
                    zero_written(found, owned, overwritten, node, drop)
                    continue
            # products are only collected for sums that were allocated here
            elif owned and repeated is not None and op.product and repeated.pull(node, g):
                continue
            b, parent = node._b, node._a
            if b is None:
                # without a name, a later pullback may write to it
                if parent not in found:
                    found[parent] = pull(node._saved, g)
                    continue
                c = pull(node._saved, g)
            elif b is many:
                c = pull(node._saved, g)
                for parent, c_i in zip(node._a, c):  # noqa: B905 - hot
                    if parent in found:
                        if c_i is not None:
                            add(found, owned, parent, c_i)
                    elif c_i is not None:
                        found[parent] = c_i
                c = c_i = None
                continue
            elif b is parent and pull in TWICE:
                c = pull_twice(pull, node._saved, [g])
            else:
                c, d = pull(node._saved, g)
                if b in found:
                    add(found, owned, b, d)
                else:
                    found[b] = d
                d = None  # so that sums can be written to it
            if parent in found:
                add(found, owned, parent, c)
            else:
                found[parent] = c
            c = None
        if parts:
            g = c = d = c_i = None
            for leaf, waiting in parts.items():
                waiting.add(found, owned, leaf)
        if repeated is not None:
            repeated.finish()
    finally:
        if state is not None:
            leave_quiet(state)
    return singular


def _sweep_rules(
    order: list[Any],
    root: Node,
    seed: Any,
    *,
    strict: bool,
    as_nodes: bool,
    live: set[Any] | None = None,
    watcher: Callable[..., None] | None = None,
    drop: bool = False,
) -> tuple[dict[Any, Any], bool]:
    """Do what `_sweep` does, rule by rule: for gradients as nodes, strict products, watchers."""
    found: dict[Any, Any] = {root: seed}
    singular = False
    # a rule may sweep a graph of its own, which the watcher knows nothing of
    with np.errstate(all="ignore"), watch(None):
        for node in reversed(order):
            g = found.pop(node, None) if drop else found.get(node)
            if g is None:
                continue
            singular = singular or not node._operation.plain
            contributions = node._contributions(g, as_nodes=as_nodes, strict=strict, live=live)
            for i, (parent, c) in enumerate(zip(node.parents, contributions, strict=True)):
                if c is None:
                    continue
                if as_nodes:
                    c = as_node(c)
                before = found.get(parent)
                after = found[parent] = c if before is None else before + c
                if watcher is not None:
                    watcher(node, i, g, c, before, after)
    return found, singular


def strict_product(g: Any, d: Any) -> Any:
    """Return g * d, where 0 times anything is 0, so that a masked branch never makes a nan."""
    c = g * d
    if np.all(np.isfinite(c)):
        return c
    masked = np.where((g == 0) & (c != c), 0.0, c)
    return masked[()] if type(masked) is np.ndarray else masked


def strict_pullback(rule: Rule, g: Any, values: Mapping[str, Any]) -> Any:
    """Run the pullback of a sum of products, in each of which 0 times anything is 0."""
    pull = partial(rule.run, product=strict_product)
    c = pull(g, values)
    if np.all(np.isfinite(c)):
        return c
    arrays = {name: x for name, x in values.items() if hasattr(x, "dtype")}
    clean = {name: np.where(np.isfinite(x), x, 0) for name, x in arrays.items()}
    wrong = {name: np.where(np.isfinite(x), 0.0, 1.0) for name, x in arrays.items()}
    # entries where a nonzero gradient meets a number that is not finite keep their result
    met = pull(np.where(g == 0, 0.0, 1.0), {**values, **wrong})
    return np.where(met > 0, c, pull(g, {**values, **clean}))[()]


def chosen_product(g: Any, d: Any) -> Any:
    """Return `strict_product`, but 0 where d is: an input that was not chosen gets no gradient."""
    c = np.where(d == 0, 0, strict_product(g, d))
    return c[()] if type(c) is np.ndarray else c
