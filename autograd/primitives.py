"""Calls of primitives as operations, with the gradients defined for them. Next: `extend.py`."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .custom import _one_array, _owning
from .interop.common import holds_traced, is_node, is_traced, plain
from .mode import at_depth
from .op import Op
from .transforms import trees
from .transforms.gradients import vjp
from .transforms.runs import NESTS, is_pushing, pushing

Function = Callable[..., Any]
# takes the result, the arguments and the keyword arguments; returns the pullback
Maker = Callable[[Any, tuple[Any, ...], dict[str, Any]], Function]


def getval(x: Any) -> Any:
    """Return the numbers of a node, or of a list, tuple or dict of nodes; anything else as it is.

    Examples
    --------
    >>> from autograd.tracer import getval
    >>> grad(lambda p: p["a"] * getval(p)["a"])({"a": 3.0})
    {'a': 3.0}
    """
    if not isinstance(x, NESTS):
        return plain(x)
    leaves, rebuild = trees.flatten(x)
    return rebuild([plain(leaf) for leaf in leaves]) if any(map(is_node, leaves)) else x


# the position of an argument, and of a leaf in it if it is a list, tuple or dict
Place = tuple[int, int | None]


class Results:
    """The nested results of a function as one vector, which is what the graph sees.

    Parameters
    ----------
    nest : nested lists, tuples and dicts
        Floats and arrays of floats have gradients; anything else is passed on as it is.
    """

    def __init__(self, nest: Any):
        leaves, self._rebuild = trees.flatten(nest)
        arrays = [np.asarray(leaf) for leaf in leaves]
        floats = [a.dtype.kind == "f" for a in arrays]
        flat = [a.ravel() for a, is_float in zip(arrays, floats, strict=True) if is_float]
        self.vector: np.ndarray[Any, Any] = np.concatenate(flat) if flat else np.zeros(0)
        # for each leaf its shape and dtype, or the leaf itself
        self._parts = [
            (is_float, (a.shape, a.dtype) if is_float else leaf)
            for leaf, a, is_float in zip(leaves, arrays, floats, strict=True)
        ]

    def nest(self, vector: Any, constant: Callable[[Any], Any]) -> Any:
        """Return the entries of a vector as a nest; other leaves pass through ``constant``."""
        found, start = [], 0
        for is_float, part in self._parts:
            if not is_float:
                found.append(constant(part))
                continue
            shape, dtype = part
            stop = start + math.prod(shape)
            leaf = np.reshape(vector[start:stop], shape)
            found.append(leaf if leaf.dtype == dtype else leaf.astype(dtype))
            start = stop
        return self._rebuild(found)


class Call:
    """The arguments of a call, with None in place of nodes."""

    def __init__(self, arguments: Sequence[Any], options: dict[str, Any]):
        self.options = options
        self.results: Results | None = None
        self.places: tuple[Place, ...] = ()
        self._rest = list(arguments)
        self._nests: dict[int, tuple[list[Any], trees.Rebuild]] = {}
        self._served: dict[int, tuple[Any, Any, dict[int | None, Any]]] = {}

    def __repr__(self) -> str:
        return f"<{len(self._rest)} arguments>"

    def take(self) -> list[Any]:
        """Take the nodes out of the arguments."""
        nodes = []
        for i, x in enumerate(self._rest):
            if is_traced(x):
                found: list[tuple[int | None, Any]] = [(None, x)]
            elif holds_traced(x):
                leaves, rebuild = trees.flatten(x)
                found = [(k, leaf) for k, leaf in enumerate(leaves) if is_traced(leaf)]
                self._nests[i] = [None if is_traced(leaf) else leaf for leaf in leaves], rebuild
            else:
                continue
            self._rest[i] = None
            self.places += tuple((i, k) for k, _ in found)
            nodes += [node for _, node in found]
        return nodes

    def filled(self, nodes: Sequence[Any]) -> tuple[Any, ...]:
        """Return the arguments with these values in place of the nodes."""
        given = list(self._rest)
        leaves = {i: list(rest) for i, (rest, _) in self._nests.items()}
        for (i, k), node in zip(self.places, nodes, strict=True):
            if k is None:
                given[i] = node
            else:
                leaves[i][k] = node
        for i, (_, rebuild) in self._nests.items():
            given[i] = rebuild(leaves[i])
        return tuple(given)

    def part(self, place: Place, g: Any, z: Any, contribution: Callable[[], Any]) -> Any:
        """Return the part of a contribution for one leaf; it is computed once for all leaves."""
        i, k = place
        if k is None:
            return contribution()
        was_g, was_z, parts = self._served.pop(i, (None, None, {}))
        if was_g is not g or was_z is not z or k not in parts:
            rest, rebuild = self._nests[i]
            what = f"the contribution to argument {i}"
            leaves = trees.flatten_like(contribution(), rebuild(list(rest)), what)
            parts = {at: leaves[at] for n, at in self.places if n == i and at is not None}
        part = parts.pop(k)
        if parts:
            self._served[i] = g, z, parts
        return part


class Primitive:
    """A function with the pullbacks that were defined for its arguments."""

    def __init__(self, function: Function):
        self.name = getattr(function, "__name__", "primitive")
        self.function = function
        self.makers: dict[int, Maker | None] = {}
        self.general: Callable[[int], Maker] | None = None
        self.pushes: dict[int, Function] = {}
        self.general_push: Callable[[int], Function] | None = None
        self._ops: dict[tuple[Place, ...], Op] = {}

    def run(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call the function on numbers; record the call if there are nodes among the arguments."""
        call = Call(arguments, options)
        nodes = call.take()
        op = self._ops.get(call.places)
        if op is None:
            op = self._ops[call.places] = self._op(call.places)
        z = op(*nodes, call=call)
        return z if call.results is None else call.results.nest(z, lambda leaf: leaf)

    def define(self, makers: dict[int, Maker | None]) -> None:
        """Set the pullbacks of some arguments; None for those without a gradient."""
        self.makers.update(makers)
        self._ops.clear()

    def _op(self, places: tuple[Place, ...]) -> Op:
        """Return the operation for calls with nodes at these positions."""
        names = [f"x{i}" if k is None else f"x{i}_{k}" for i, k in places]
        rules = {n: self._rule(place, names) for n, place in zip(names, places, strict=True)}

        def forward(*arrays: Any, call: Call) -> Any:
            with at_depth(0):  # it may compute derivatives itself, as numbers
                z = self.function(*call.filled(arrays), **call.options)
            if not isinstance(z, NESTS):
                return _one_array(z, arrays, self.name)
            call.results = results = Results(z)
            return results.vector

        # a name that no operation of the table can have, as generated programs go by the name
        name = f"primitive {self.name}"
        op = Op(name, forward, rules, elementwise=False, symbol=self.name)
        op.of_user = True
        return op

    def _rule(self, place: Place, names: list[str]) -> Function | None:
        maker = self._maker(place[0])
        if maker is None:
            return None

        def rule(g: Any, z: Any, *rest: Any) -> Any:
            *nodes, call = rest
            if is_pushing():  # the numbers do: what counts is how it depends on g
                nodes, z = list(map(plain, nodes)), plain(z)
                push = self._push(place[0])
                if push is not None and place[1] is None and call.results is None:
                    arguments = call.filled(nodes)
                    along = functools.partial(_along, push, z, arguments, call.options)
                    return _PULLBACK(g, shape=np.shape(arguments[place[0]]), push=along)

            def whole() -> Any:
                ans, upstream = z, g
                if call.results is not None:
                    ans = call.results.nest(z, lambda leaf: leaf)
                    upstream = call.results.nest(g, lambda leaf: np.zeros(np.shape(leaf)))
                with pushing(False):
                    return maker(ans, call.filled(nodes), call.options)(upstream)

            return call.part(place, g, z, whole)

        # rules ask by name for what they need
        of = inspect.Parameter
        asked = [of(n, of.POSITIONAL_OR_KEYWORD) for n in ("g", "z", *names, "call")]
        rule.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
        owning: Function = _owning(rule)
        return owning

    def _maker(self, place: int) -> Maker | None:
        if place in self.makers:
            maker = self.makers[place]
            return _constant(place) if maker is None and self._push(place) else maker
        if self.general is not None:
            return self.general(place)
        if (push := self._push(place)) is not None:
            return _transposed(push, place)

        def missing(*_: Any) -> Function:
            raise NotImplementedError(
                f"{self.name}: no gradient is defined for argument {place}; define it by defvjp, "
                "with None for an argument without a gradient"
            )

        return missing

    def _push(self, place: int) -> Function | None:
        if place in self.pushes or self.general_push is None:
            return self.pushes.get(place)
        return self.general_push(place)


def _zeros(argument: Any) -> Any:
    leaves, rebuild = trees.flatten(argument)
    return rebuild([np.zeros(np.shape(plain(x)))[()] for x in leaves])


def _constant(place: int) -> Maker:
    """Return the pullback for an argument that only has tangents."""
    return lambda ans, arguments, options: lambda g: _zeros(arguments[place])


def _along(push: Function, z: Any, arguments: Any, options: dict[str, Any], v: Any) -> Any:
    return push(v, z, *arguments, **options)


# stands for a pullback where a tangent is wanted; there it is only taken at 0, where it is 0
_PULLBACK = Op(
    "pullback",
    lambda u, shape, push: np.zeros(shape, np.asarray(u).dtype),
    {"u": lambda g, push: push(g)},
    elementwise=False,
)


def _transposed(push: Function, place: int) -> Maker:
    """Return the transpose of a push-forward, which is linear in the tangent."""

    def maker(ans: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Function:
        start = _zeros(arguments[place])
        _, pull = vjp(lambda v: push(v, ans, *arguments, **options), start)
        return lambda g: pull(g)[0]

    return maker
