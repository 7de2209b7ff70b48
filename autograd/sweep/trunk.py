"""The part of a graph that does not fork, sorted and pulled back in one walk.

As long as each node has a single computed parent, as in most networks, that parent has no other
child: its gradient is the one contribution, and it comes next. Next: `storing.py`.
"""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from ..arithmetic import LARGE, enter_quiet, leave_quiet, warnings_state
from ..node import LEAF, MANY, refuse_edge
from ..ops.assignment import CHANGES
from ..ops.elementwise import SCALES, TWICE
from ..ops.indexing import READS
from ..references import hands_over
from .accumulation import add, doubled, pull_twice

# so that small multiples are finite, in half precision, too
_FAR_FROM_OVERFLOW = 1 << 12


@hands_over
def pull_trunk(
    root: Any, seed: Any, found: dict[Any, Any], drop: bool
) -> tuple[list[Any], Any, bool]:
    """Pull back from the root until the graph forks, or a product meets a leaf a second time.

    Products by one matrix can wait for each other in the sweep, where they take less time.

    Parameters
    ----------
    root : Node
        A computed node.
    seed : array or float
        Its gradient.
    found : dict
        Takes the gradients of all nodes; with ``drop``, of the leaves and the last node only.
    drop : bool

    Returns
    -------
    list of Node
        The nodes pulled back through, root first.
    Node or None
        Where the walk ended, which may be the last node of the list; None if nothing is left.
    bool
        Whether a 0 may have met an infinite local derivative.
    """
    # One loop, as every call costs at every node. The mark of a leaf that changed after a node was
    # made is larger than that node's by more than LEAF.
    passed: list[Any] = []
    push, many, leaf = passed.append, MANY, LEAF
    owned: set[Any] = set()
    singular = last = False
    state: Any = None
    node, g = root, seed
    try:
        while g is not None:
            pull = node._pull
            if not node._operation.plain and pull not in SCALES:
                if pull in READS or pull in CHANGES:
                    break  # their gradients are made in parts
                singular = singular or may_be_masked(node, g)
                if state is None:
                    state = warnings_state()
                    enter_quiet()
            if not drop:
                found[node] = g
            below, b = node._a, node._b
            if b is None:
                if (mark := below._mark) < leaf:
                    g = pull(node._saved, g)
                else:
                    if mark > node._mark + leaf:
                        refuse_edge(node, below)
                    g = pull(node._saved, g)
                    if below in found:
                        add(found, owned, below, g)
                    else:
                        found[below] = g
                    below = None
            elif b is many:
                below, g, last = _pull_many(node, g, found, owned)
            else:
                mark, other, latest = below._mark, b._mark, node._mark + leaf
                if mark > latest or other > latest:
                    refuse_edge(node, below if mark > latest else b)
                if b is below and pull in TWICE:
                    g = pull_twice(pull, node._saved, [g])
                    if mark >= leaf:
                        if b in found:
                            add(found, owned, b, g)
                        else:
                            found[b] = g
                        below = None
                elif other >= leaf:
                    g, d = pull(node._saved, g)
                    if b in found:
                        add(found, owned, b, d)
                        last = node._operation.product
                    else:
                        found[b] = d
                    d = None
                    if mark >= leaf:
                        if below in found:
                            add(found, owned, below, g)
                        else:
                            found[below] = g
                        below = None
                elif mark >= leaf:
                    c, g = pull(node._saved, g)
                    if below in found:
                        add(found, owned, below, c)
                        last = node._operation.product
                    else:
                        found[below] = c
                    c = None  # so that sums can be written to it
                    below = b
                elif b is below:
                    c, d = pull(node._saved, g)
                    if c is d and type(c) is ndarray and c.size >= LARGE:
                        twice, c, d = [c], None, None
                        g = doubled(twice)
                    else:
                        g = d + c
                else:
                    break
            push(node)
            if below is None:
                return passed, None, singular
            if last:
                break
            node = below
        if g is not None:
            found[below if last else node] = g
        return passed, node, singular
    finally:
        if state is not None:
            leave_quiet(state)


def _pull_many(node: Any, g: Any, found: dict[Any, Any], owned: set[Any]) -> tuple[Any, Any, bool]:
    """Pull back through a node of many parents.

    Returns its first computed parent, the gradient of that, and whether the walk is to end: if
    there is a second one, or a leaf that was reached before.
    """
    pull, leaf, latest = node._pull, LEAF, node._mark + LEAF
    below = below_g = None
    last = False
    for parent, c in zip(node._a, pull(node._saved, g)):  # noqa: B905 - hot
        if (mark := parent._mark) >= leaf:
            if mark > latest:
                refuse_edge(node, parent)
        elif below is None:
            below, below_g = parent, c
            continue
        elif parent is below:
            if c is not None:
                below_g = c if below_g is None else below_g + c
            continue
        else:
            last = True
        if c is None:
            continue
        if parent in found:
            add(found, owned, parent, c)
            last = True
        else:
            found[parent] = c
    return below, below_g, last


def may_be_masked(node: Any, g: Any) -> bool:
    """Whether pulling a gradient back through a node may make a nan that strict products do not.

    A function of one leaf cannot, entry by entry, of a single finite number that is not 0. Before
    other nodes it can make an infinity, which meets a 0 there.
    """
    if type(g) is not ndarray or g.size < LARGE or any(g.strides):
        return True
    if node._b is not None or node._a._a is not None or not node._operation.elementwise:
        return True
    return not 0 < abs(g.item(0)) < _FAR_FROM_OVERFLOW
