"""The node of a graph, and its topological order. Next: `backward.py`.

A node holds its parents and a local-derivative closure: upstream gradient in, one contribution per
parent out. `backward` orders the graph so that every node comes after its parents, then walks it in
reverse: when a node's turn comes, everything that it feeds has already sent its contribution.
Nothing here recurses, so depth is limited by memory alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .mode import STATE, tick
from .op import Op
from .settings import shown

# Marks of leaves lie above those of computed nodes, so that one comparison skips both visited nodes
# and leaves
LEAF = 2.0**52
# the notes of a node without a label, scope or origin
NOTHING: tuple[str, str, str | None] = ("", "", None)


class _Many:
    """Marker in slot ``_b``: the parents, any number of them, are a tuple in ``_a``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MANY"


MANY = _Many()


class Node:
    """The base class of `Value` and of the node behind a `Tensor`.

    ``_a`` and ``_b`` hold up to two parents without a tuple (`MANY` in ``_b``: a tuple in ``_a``);
    ``_a`` is None for a leaf. ``_mark`` is the time when the node was made or last visited; for a
    leaf, `LEAF` plus the time when its data last changed. ``_notes`` is (label, scope, origin),
    unset if all are empty.

    Examples
    --------
    >>> a = Value(3.0, label="a")
    >>> b = a * a
    >>> isinstance(b, Node), [p.label for p in b.parents], b.op.name
    (True, ['a', 'a'], 'multiply')
    """

    __slots__ = ("_a", "_b", "_mark", "_notes", "_operation")

    _a: Any
    _b: Any
    _mark: float
    _operation: Op
    _notes: tuple[str, str, str | None]

    # The closure g -> _pull(_saved, g) in two parts, so that making a node makes no function
    _pull: Callable[[Any, Any], Any]
    _saved: Any

    # What subclasses define

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        """Run the rules one by one, on arrays or ``as_nodes``; return a contribution per parent.

        With ``live``, parents that are not in it may get None.
        """
        raise NotImplementedError

    def _pull_on_nodes(self, g: Any, live: set[Any] | None) -> Sequence[tuple[Any, Any]]:
        """Return (parent, contribution as a node) for the parents that are ``live``."""
        found = self._contributions(g, as_nodes=True, strict=False, live=live)
        return [(p, c) for p, c in zip(self.parents, found, strict=True) if c is not None]

    def _store(self, g: Any, shared: bool) -> None:
        """Store a gradient of the sweep in ``grad``; ``shared`` if something else refers to it."""
        raise NotImplementedError

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes this one was computed from, in order, repeats kept: ``x*x`` has two."""
        a = self._a
        if a is None or type(a) is Gone:
            return ()
        if self._b is None:
            return (a,)
        if self._b is MANY:
            return tuple(a)
        return (a, self._b)

    @property
    def op(self) -> Op | None:
        """The operation that made this node; None for a leaf."""
        return None if self._a is None else self._operation

    @property
    def is_leaf(self) -> bool:
        """Whether this node was made by the user and not computed."""
        return self._a is None

    @property
    def label(self) -> str:
        """The name given to this node; '' if it has none."""
        return getattr(self, "_notes", NOTHING)[0]

    @label.setter
    def label(self, text: str) -> None:
        _, scope, origin = getattr(self, "_notes", NOTHING)
        self._notes = (_checked_label(text), scope, origin)
        if self._a is not None:
            STATE.labels = True

    @property
    def scope(self) -> str:
        """The path of the module or `scope` block in which this node was made."""
        return getattr(self, "_notes", NOTHING)[1]

    @property
    def origin(self) -> str | None:
        """File and line that made this node, where `record_origins` was on."""
        return getattr(self, "_notes", NOTHING)[2]

    @property
    def local_derivative(self) -> Callable[[Any], tuple[Any, ...]]:
        """The closure: upstream gradient in, one contribution per parent out."""
        if self._a is None:
            return lambda g: ()
        check_not_released(self)
        pull, saved, bare = self._pull, self._saved, self._b is None

        def local_derivative(g: Any) -> tuple[Any, ...]:
            c = pull(saved, g)
            return (c,) if bare else tuple(c)

        return local_derivative


def _checked_label(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a label is a string, got {type(text).__name__}")
    return text


class Gone(Node):
    """Takes the place of the parents of a node whose graph was dropped: visiting it raises.

    Parameters
    ----------
    reason : str
        Why there is no graph, and the cure; ends the error message.
    """

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self._a = self._b = None
        self._mark = float("inf")
        self.reason = reason


RELEASED = Gone(
    "was released by backward(release=True); run the forward pass again, or call backward() "
    "without release to keep the graph"
)
UNKEPT = Gone(
    "was not kept: after backward(create_graph=True) only leaves have gradients that can be "
    "differentiated again; grad(function)(node) gives that of a computed node"
)
_GRADIENT = Op("gradient", lambda x: x, {"x": None}, elementwise=True)


def without_graph(node: Any, owner: Node) -> Any:
    """Cut a new node off from its graph, to be the gradient of the computed node ``owner``.

    With its graph it would refer to its owner: a cycle, which only the garbage collector frees.
    """
    node._a, node._b, node._mark, node._operation = UNKEPT, None, STATE.clock, _GRADIENT
    if owner.label:
        node.label = f"{owner.label}.grad"
    return node


def name_of(node: Node) -> str:
    """Describe a node in an error message: label, operation, scope and line, as far as known."""
    what = "leaf" if node._a is None else node._operation.name
    if node.label:
        what = f"{node.label!r} ({what})"
    if node.scope:
        what += f" in {node.scope}"
    if node.origin:
        what += f", made at {node.origin}"
    return what


def check_not_released(node: Node) -> None:
    """Raise RuntimeError if the graph behind this node was freed."""
    if type(node._a) is Gone:
        raise RuntimeError(f"the graph behind {name_of(node)} {node._a.reason}")


def refuse_edge(node: Node, parent: Node) -> None:
    """Raise RuntimeError for an edge that leads to a released graph, or to a leaf changed since."""
    check_not_released(node)
    raise RuntimeError(
        f"the data of {name_of(parent)} changed after it was used by {name_of(node)}: gradients of "
        "this graph would mix old and new values. Run backward() first and update afterwards, or "
        "run the forward pass again before backward()"
    )


def _order_of_handle(x: Any) -> list[Any]:
    if not hasattr(type(x), "__autograd_rank__"):
        raise TypeError(f"topological_order takes a Value, a Tensor or a Node, got {shown(x)}")
    return [] if x._node is None else topological_order(x._node)


def topological_order(root: Node) -> list[Any]:
    """Return the computed nodes that ``root`` depends on, parents before children, root last.

    Leaves are not listed. The walk is an iterative depth-first post-order: the graph may have any
    depth, and every node is visited once, however many paths lead to it.

    Parameters
    ----------
    root : Node
        The node to start from; the node of a tensor ``t`` is ``t.node``.

    Returns
    -------
    list of Node
        Empty for a leaf.

    Raises
    ------
    RuntimeError
        If a leaf was changed since it was used, or the graph was released. The walk passes every
        edge anyhow, so that the check is free.

    Examples
    --------
    >>> a = Value(3.0)
    >>> [node.op.name for node in topological_order((a * a + a).tanh())]
    ['multiply', 'add', 'tanh']
    """
    try:
        if root._a is None:
            return []
    except AttributeError:
        return _order_of_handle(root)
    dates = _dates(root) if STATE.dated else None
    now = tick()
    # one loop without calls: a call would take longer than the visit of a node
    order: list[Any] = []
    # nodes whose parents are being visited; one below a None has yet to be visited itself
    stack: list[Any] = []
    unvisited = 0
    push, pop = stack.append, stack.pop
    many, leaf = MANY, LEAF
    node = root
    while True:
        made = node._mark
        node._mark = now
        # the mark of a leaf that changed after this node was made is larger
        latest = made + leaf
        a, b = node._a, node._b
        push(node)
        if b is many:
            below = None
            for parent in a:
                if (mark := parent._mark) < now:
                    if below is not None:
                        push(below)
                        push(None)
                        unvisited += 1
                    below = parent
                elif mark > latest:
                    node._mark = made  # so that the next walk raises as well
                    refuse_edge(node, parent)
            if below is not None:
                node = below
                continue
        elif b is None:
            mark = a._mark
            if mark < now:
                node = a
                continue
            if mark > latest:
                node._mark = made
                refuse_edge(node, a)
        else:
            mark, other = a._mark, b._mark
            if mark > latest or other > latest:
                node._mark = made
                refuse_edge(node, a if mark > latest else b)
            if mark < now:
                if other < now:
                    push(b)
                    push(None)
                    unvisited += 1
                node = a
                continue
            if other < now:
                node = b
                continue
        while unvisited:
            node = pop()
            if node is not None:
                order.append(node)
                continue
            unvisited -= 1
            if (node := pop())._mark < now:
                break
        else:
            # the parents of all nodes left on the stack have been visited
            stack.reverse()
            order += stack
            if dates is not None:
                for node, made in dates.items():
                    node._mark = made
            return order


def _dates(root: Node) -> dict[Any, float]:
    """Return {node: when it was made} for the computed nodes that ``root`` depends on."""
    dates: dict[Any, float] = {}
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node._a is not None and node not in dates:
            dates[node] = node._mark
            stack += node.parents
    return dates
