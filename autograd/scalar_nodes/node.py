"""ScalarNode, the graph side of a Value: stored partial derivatives, backward.

Next: `number.py`.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from typing import Any, Never

import numpy as np

from ..absent import refuse_options
from ..backward import chosen_product, gradients, strict_product
from ..copies import copied
from ..mode import STATE, current_watcher, tick
from ..node import LEAF, MANY, RELEASED, Node, topological_order, without_graph
from ..op import Op, kind_of_rank
from ..ops import elementwise as ops
from ..settings import checked_flag, checked_text, described, is_masked, shown
from ..sweep.storing import release as release_graph
from ..sweep.storing import store
from .sweep import sweep


class ScalarNode(Node):
    """The node of one number, with the partial derivatives of the operation that made it.

    ``_da`` and ``_db`` are the partial derivatives with respect to ``_a`` and ``_b``. With one
    parent, ``_db`` is the other operand, a constant: a number if on the right of the operator,
    ``(number,)`` if on the left. With `MANY` parents, ``_da`` is the tuple of partial derivatives,
    and ``_db`` has all inputs if some are constants. ``_da`` is None for a node made by hand, with
    its ``_backward`` in ``_db``.
    """

    __slots__ = ("_da", "_data", "_db", "grad")

    _data: float
    _da: Any
    _db: Any
    grad: Any

    shape: tuple[int, ...] = ()
    _shape: tuple[int, ...] = ()
    ndim = 0
    requires_grad = True

    @property
    def inputs(self) -> tuple[Any, ...]:
        """All operands in order: nodes, and numbers that were not nodes."""
        if not self.parents:
            return ()
        a, b = self._a, self._b
        if b is MANY:
            return tuple(a) if self._db is None or self._da is None else self._db
        if b is not None:
            return (a, b)
        if len(self._operation.inputs) == 1:
            return (a,)
        c = self._db
        return (c[0], a) if type(c) is tuple else (a, c)

    @property
    def parameters(self) -> dict[str, Any]:
        """The keyword arguments of the operation."""
        if self._a is not None and self._operation is ops.sumprod:
            return {"pairs": len(self.inputs) // 2}
        return dict(self._db) if self._b is None and type(self._db) is dict else {}

    @property
    def _saved(self) -> Any:
        """The value that the general sweep's closure saved: the node, which has the partials."""
        return self

    @_saved.setter
    def _saved(self, nothing: Any) -> None:
        """Drop the partial derivatives."""
        self._da = self._db = nothing

    @staticmethod
    def _pull(node: Any, g: Any) -> Any:
        a, b = node._da, node._db
        if node._b is None:
            return g * a if g else 0.0
        if node._b is not MANY:
            return (g * a, g * b) if g else (0.0, 0.0)
        if a is None:
            return node._pull_by_hand(g)
        return tuple([g * d for d in a]) if g else (0.0,) * len(a)

    def _pull_by_hand(self, g: Any) -> Any:
        """Run a user's ``_backward``, and return what it adds to the parents' gradients."""
        parents = tuple(dict.fromkeys(self._a))
        before = [p.grad for p in parents]
        kept = self.grad
        try:
            for p in parents:
                p.grad = 0.0
            self.grad = g
            self._db()
            sums = {p: p.grad for p in parents}
        finally:
            self.grad = kept
            for p, old in zip(parents, before, strict=True):
                p.grad = old
        # a parent that occurs twice gets its whole sum the first time
        return tuple(sums.pop(p, None) for p in self._a)

    def _local(self, i: int) -> Any:
        """Return the local derivative with respect to a parent."""
        if self._b is MANY and self._da is not None:
            return 1.0 * self._da[i]  # not all of many
        return self.local_derivative(1.0)[i]

    def _contributions(
        self, g: Any, *, as_nodes: bool, strict: bool, live: Any = None
    ) -> tuple[Any, ...]:
        if self._b is MANY and self._da is None:
            if as_nodes:
                raise RuntimeError(
                    f"{self._op!r} has only a hand-written _backward, which gives "
                    "numbers; define it with autograd.operation to differentiate it again"
                )
            c: Any = self._pull_by_hand(g)
            return tuple(c)
        if not as_nodes:
            c = self._pull(self, float(g))
            return (c,) if self._b is None else tuple(c)
        op, inputs = self._operation, self.inputs
        product: Any = operator.mul
        if strict:
            product = chosen_product if op.selects else strict_product
        if op.variadic:
            values: dict[str, Any] = {op.inputs[0]: inputs}
        else:
            values = dict(zip(op.inputs, inputs, strict=True))
        values |= {"z": self} | self.parameters
        found = []
        for i, x in enumerate(inputs):
            if isinstance(x, ScalarNode):
                values["i"] = i
                skip = live is not None and x not in live
                found.append(None if skip else op.rule_of(i).run(g, values, product))
        return tuple(found)

    def _set_data(self, data: Any) -> None:
        self._data = data if type(data) is float else to_float(data)
        if self._a is None:
            self._mark = LEAF + tick()

    data = property(
        operator.attrgetter("_data"),
        _set_data,
        doc="The number. Changing a leaf is stamped: a graph made before refuses `backward`.",
    )

    def backward(
        self,
        gradient: Any = None,
        *,
        create_graph: bool = False,
        release: bool = False,
        **options: Never,
    ) -> None:
        """Compute the derivative of this value with respect to everything it was computed from.

        Gradients of leaves add up over calls; those of computed nodes are set afresh.

        Parameters
        ----------
        gradient : float, optional
            The upstream gradient; 1 if not given.
        create_graph : bool
            Make the gradients of leaves nodes that can be differentiated again. They refer to
            their leaves: set ``x.grad`` to 0.0 afterwards, and all is freed at once.
        release : bool
            Free the graph afterwards; training loops use it.

        Raises
        ------
        RuntimeError
            If a leaf was changed since the forward pass, or the graph was released. No gradient has
            changed then.

        Examples
        --------
        >>> x = Value(3.0)
        >>> (x**3).backward(create_graph=True)
        >>> first, x.grad = x.grad, 0.0
        >>> first.backward()
        >>> first.data, x.grad
        (27.0, 18.0)
        """
        refuse_options("backward", options)
        if create_graph is not False or release is not False:
            create_graph = checked_flag("backward: create_graph", create_graph)
            release = checked_flag("backward: release", release)
        seed = 1.0 if gradient is None else _seed(gradient, create_graph)
        if create_graph or current_watcher() is not None:
            self._backward_general(seed, create_graph, release)
            return
        order = topological_order(self)
        if ByHand.used and any(z._b is MANY and z._da is None for z in order):
            self._backward_general(seed, create_graph, release)
            return
        sweep(self, seed, order)
        if release:
            # as `release` does, except for partial derivatives: they are only numbers
            for z in order:
                z._a = RELEASED
                z._b = z._db = None

    def _backward_general(self, seed: Any, create_graph: bool, release: bool) -> None:
        if create_graph and not isinstance(seed, ScalarNode):
            seed = kind_of_rank(1)(seed, label="seed")  # so that pictures name the operation
        found, order = gradients(self, seed, create_graph=create_graph)
        store(found)
        if release:
            release_graph(order)

    # ---------------------------------------------------------------------------------------------
    # As in micrograd

    def _make_by_hand(self, parents: Iterable[Any], name: str) -> None:
        """Become a computed node, whose derivative the user gives by setting ``_backward``."""
        if not isinstance(parents, tuple | list | set | frozenset):
            raise TypeError(
                "the parents of a node made by hand are a tuple of Values, got "
                f"{type(parents).__name__}"
            )
        if not parents:
            return
        checked_text("Value: _op", name)
        self._a, self._b, self._mark = tuple(parents), MANY, STATE.clock
        for x in self._a:
            if not isinstance(x, ScalarNode):
                raise TypeError(
                    "the parents of a node made by hand are Values, got "
                    f"{described(x)}; make a Value of a number first"
                )
        self._operation = _operation_by_hand(name)
        self._da, self._db = None, _nothing
        ByHand.used = True

    @property
    def _value(self) -> Any:
        """The number, as in HIPS autograd."""
        return self.data

    @property
    def _op(self) -> str:
        """The operation as micrograd writes it: '+', '**2', 'ReLU', '' for a leaf."""
        if not self.parents:
            return ""
        return f"**{self._db}" if self._has_exponent() else self._operation.symbol

    def _has_exponent(self) -> bool:
        """Whether this is a power whose exponent is a number."""
        return self._operation is ops.power and self._b is None and type(self._db) is not tuple

    @property
    def _backward(self) -> Callable[[], None]:
        """Pass this node's ``grad`` on to its parents; settable for nodes made by hand."""
        if self._b is MANY and self._da is None:
            return self._db  # type: ignore[no-any-return]

        def _backward() -> None:
            parents: Any = self.parents
            for parent, c in zip(parents, self.local_derivative(self.grad), strict=True):
                parent.grad += c

        return _backward

    @_backward.setter
    def _backward(self, function: Callable[[], None]) -> None:
        if self._b is not MANY or self._da is not None:
            raise AttributeError(
                "_backward can be set on nodes made by hand, Value(data, (parents), 'op'); the "
                "nodes of the library's operations have their derivative already"
            )
        self._db = function

    @property
    def local_grads(self) -> tuple[Any, ...]:
        """The local derivative with respect to each parent, as numbers."""
        return tuple(self.local_derivative(1.0))

    def _store(self, g: Any, shared: bool) -> None:
        """Store a gradient of the sweep; a leaf adds it to its own."""
        if not hasattr(type(g), "__autograd_rank__"):
            g = float(g)
        elif self._a is not None:
            g = without_graph(kind_of_rank(1)(float(g._data)), self)
        if self._a is None and (isinstance(self.grad, ScalarNode) or self.grad):
            g = self.grad + g
        self.grad = g

    def __reduce__(self) -> tuple[Any, ...]:
        if self._a is not None:
            raise TypeError(
                "a computed Value cannot be pickled or copied, since its whole graph would come "
                "along; use .detach() for the number alone"
            )
        found = self.__class__, self._data, plain(self.grad), self.label
        return _rebuild, found, getattr(self, "__dict__", None)

    def __copy__(self) -> Any:
        return copied(self, self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copied(self, self, memo)

    def _handle(self, data: Any) -> ScalarNode:
        return self


# --------------------------------------------------------------------------------------------------
# Nodes made by hand, and copies of leaves


class ByHand:
    """Whether any node in this process was made by hand; if not, sweeps need not look for them."""

    used = False


@functools.lru_cache
def _operation_by_hand(name: str) -> Op:
    # never the name of an operation of the library, whose words and expansions it would get
    return Op(
        f"{name} by hand".strip(),
        _no_forward,
        {"terms": None},
        elementwise=False,
        variadic=True,
        symbol=name or "by hand",
        notation=f"{name or 'by hand'}({{terms}})",
    )


def _no_forward(*_: Any) -> Any:
    raise RuntimeError("a node made by hand cannot be computed again")


def _nothing() -> None:
    return None


def _rebuild(kind: Any, data: float, grad: float, label: str) -> Any:
    found = kind.__new__(kind)
    kind_of_rank(1).__init__(found, data, label=label)
    found.grad = grad
    return found


def _seed(gradient: Any, create_graph: bool) -> Any:
    if isinstance(gradient, ScalarNode):
        return gradient if create_graph else gradient._data
    return to_float(gradient)


# --------------------------------------------------------------------------------------------------
# Numbers


_NUMBER = (int, float, np.floating, np.integer, np.bool_)


def to_float(x: Any) -> float:
    """Return a real number as a float; raises TypeError for anything else."""
    if isinstance(x, _NUMBER) or (
        isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub" and not is_masked(x)
    ):
        return float(x)
    if isinstance(x, complex | np.complexfloating):
        raise TypeError(f"complex numbers are not supported, got {shown(x)}")
    if is_masked(x):
        raise TypeError(f"a Value holds a number, got {described(x)}, which is none")
    if isinstance(x, np.ndarray):
        cure = "its .item()" if x.size == 1 else "Tensor"
        raise TypeError(f"a Value holds one number, got an array of shape {x.shape}; use {cure}")
    if isinstance(x, Node) or hasattr(type(x), "__autograd_rank__"):
        raise TypeError(
            "a Value holds a number, got a node; use it as it is, or .detach() it; "
            "isinstance(x, Value) tells values from numbers"
        )
    raise TypeError(f"a Value holds a number, got {described(x)}")


def plain(x: Any) -> Any:
    """Return the number behind a value or a 0-d array, anything else as it is."""
    if isinstance(x, ScalarNode):
        return x._data
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x


def is_number(x: Any) -> bool:
    """Whether x is a real scalar of Python or NumPy, and not a stand-in from a recording."""
    return issubclass(type(x), _NUMBER)
