"""Operations of one's own the way of HIPS autograd, for programs written for it. Next: `tracer.py`.

`operation` is the way for new programs: it checks the rules, and shows them in pictures and tables.

Examples
--------
>>> @primitive
... def logsumexp(x):
...     largest = np.max(x)
...     return largest + np.log(np.sum(np.exp(x - largest)))
>>> defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))
>>> grad(logsumexp)(np.zeros(4))
array([0.25, 0.25, 0.25, 0.25])
>>> hessian(logsumexp)(np.zeros(2))
array([[ 0.25, -0.25],
       [-0.25,  0.25]])
"""

from __future__ import annotations

import abc
import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import trees
from .custom import _giving_arrays, _owning
from .dispatch import FUNCTIONS
from .interop.common import holds_traced, is_traced, plain
from .op import Op, operation_for
from .tensor import Tensor
from .transforms import vjp
from .value import Value
from .vector_space import VSpace as VSpace
from .vector_space import vspace as vspace

Function = Callable[..., Any]
# of the result, the arguments and the keyword arguments: the pullback
Maker = Callable[[Any, tuple[Any, ...], dict[str, Any]], Function]


# the position of an argument, and of a leaf in it where it is a list, tuple or dict of nodes
Place = tuple[int, int | None]


class _Call:
    """What a call hands over besides nodes; there is None in their places."""

    def __init__(self, arguments: Sequence[Any], options: dict[str, Any]):
        self.options = options
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
        """Return the arguments with something in the places of nodes."""
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
        """Return what one leaf gets of a contribution, which is computed once for all of them."""
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


class _Primitive:
    """A function with the pullbacks that were defined for its arguments."""

    def __init__(self, function: Function):
        self.name = getattr(function, "__name__", "primitive")
        self.function = _giving_arrays(function, self.name)
        self.makers: dict[int, Maker | None] = {}
        self.general: Callable[[int], Maker] | None = None
        self.pushes: dict[int, Function] = {}
        self._ops: dict[tuple[Place, ...], Op] = {}

    def run(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call the function on numbers, and record the call with the nodes among the arguments."""
        call = _Call(arguments, options)
        nodes = call.take()
        op = self._ops.get(call.places)
        if op is None:
            op = self._ops[call.places] = self._op(call.places)
        return op(*nodes, call=call)

    def define(self, makers: dict[int, Maker | None]) -> None:
        """Set the pullbacks of some arguments; None for those without a gradient."""
        self.makers.update(makers)
        self._ops.clear()

    def _op(self, places: tuple[Place, ...]) -> Op:
        """Return the operation of calls with nodes in these places."""
        names = [f"x{i}" if k is None else f"x{i}_{k}" for i, k in places]
        rules = {n: self._rule(place, names) for n, place in zip(names, places, strict=True)}

        def forward(*arrays: Any, call: _Call) -> Any:
            return self.function(*call.filled(arrays), **call.options)

        # no operation of the table has such a name, by which programs are made
        return Op(f"primitive {self.name}", forward, rules, elementwise=False, symbol=self.name)

    def _rule(self, place: Place, names: list[str]) -> Function | None:
        maker = self._maker(place[0])
        if maker is None:
            return None

        def rule(g: Any, z: Any, *rest: Any) -> Any:
            *nodes, call = rest
            whole = lambda: maker(z, call.filled(nodes), call.options)(g)  # noqa: E731
            return call.part(place, g, z, whole)

        # rules ask by name for what they need
        of = inspect.Parameter
        asked = [of(n, of.POSITIONAL_OR_KEYWORD) for n in ("g", "z", *names, "call")]
        rule.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
        owning: Function = _owning(rule)
        return owning

    def _maker(self, place: int) -> Maker | None:
        if place in self.makers:
            return self.makers[place]
        if self.general is not None:
            return self.general(place)
        if place in self.pushes:
            return _transposed(self.pushes[place], place)

        def missing(*_: Any) -> Function:
            raise NotImplementedError(
                f"{self.name}: no gradient is defined for argument {place}; define it by defvjp, "
                "with None for an argument without a gradient"
            )

        return missing


def _transposed(push: Function, place: int) -> Maker:
    """Return the pullback of a push-forward, which is linear in the tangent."""

    def maker(ans: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Function:
        leaves, rebuild = trees.flatten(arguments[place])
        start = rebuild([np.zeros(np.shape(plain(x)))[()] for x in leaves])
        _, pull = vjp(lambda v: push(v, ans, *arguments, **options), start)
        return lambda g: pull(g)[0]

    return maker


def primitive(function: Function) -> Function:
    """Make a function on numbers and arrays an operation, whose gradients `defvjp` defines.

    Parameters
    ----------
    function : callable
        Gets arrays in the places of nodes, also of those in lists, tuples and dicts, everything
        else as it is; returns one array or number.

    Returns
    -------
    callable

    Raises
    ------
    NotImplementedError
        When a gradient is asked for that was not defined.
    TypeError
        When the function returns something else than one array or number.

    Examples
    --------
    >>> @primitive
    ... def twice(x):
    ...     return 2.0 * x
    >>> defvjp(twice, lambda ans, x: lambda g: 2.0 * g)
    >>> grad(twice)(1.0)
    2.0
    """
    made = _Primitive(function)

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        if any(map(is_traced, arguments)) or any(map(holds_traced, arguments)):
            return made.run(arguments, options)
        return function(*arguments, **options)

    run.primitive, run.fun = made, function  # type: ignore[attr-defined]
    # how programs of before 2018 define gradients
    run.defgrad = functools.partial(_defgrad, run)  # type: ignore[attr-defined]
    run.defvjp = functools.partial(_defvjp_at_once, run)  # type: ignore[attr-defined]
    run.defvjp_is_zero = functools.partial(_defvjp_is_zero, run)  # type: ignore[attr-defined]
    return run


def _defgrad(fun: Function, maker: Function, argnum: int = 0) -> None:
    defvjp(fun, maker, argnums=(argnum,))


def _defvjp_at_once(fun: Function, pull: Function, argnum: int = 0) -> None:
    # pull(g, ans, vs, gvs, *arguments), where vs and gvs tell shapes, of no use here
    def maker(ans: Any, *arguments: Any, **options: Any) -> Function:
        return lambda g: pull(g, ans, None, None, *arguments, **options)

    defvjp(fun, maker, argnums=(argnum,))


def _defvjp_is_zero(fun: Function, argnums: Sequence[int] = (0,)) -> None:
    defvjp(fun, *[None] * len(argnums), argnums=argnums)


def _of(fun: Any, name: str) -> _Primitive:
    made = getattr(fun, "primitive", None)
    if not isinstance(made, _Primitive):
        raise TypeError(f"{name} takes a function made by primitive, got {fun!r:.60}")
    return made


def _has_rule(fun: Any) -> bool:
    return isinstance(fun, Op) or operation_for(fun) is not None or fun in FUNCTIONS


def _numbered(given: Sequence[Any], argnums: Sequence[int] | None) -> list[tuple[int, Any]]:
    return list(zip(range(len(given)) if argnums is None else argnums, given, strict=False))


def defvjp(
    fun: Function, *vjpmakers: Function | None, argnums: Sequence[int] | None = None
) -> None:
    """Define the gradients of a primitive with respect to its arguments.

    Parameters
    ----------
    fun : callable
        Made by `primitive`. A function of NumPy's or SciPy's that has a rule keeps it, with a
        warning.
    *vjpmakers : callable or None
        For each argument: takes the result and all arguments, and returns the pullback, upstream
        gradient in, contribution of the argument's shape out, or a nest of them for a nest. None
        for no gradient. Written in NumPy's functions, it can be differentiated again.
    argnums : sequence of int, optional
        Which arguments the makers are for; the first ones by default.

    Raises
    ------
    TypeError
        If fun was not made by `primitive`.

    Examples
    --------
    >>> product = primitive(lambda x, y: x * y)
    >>> defvjp(product, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    >>> grad(product, (0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """
    if _has_rule(fun):
        warnings.warn(f"defvjp: {fun!r:.60} has a rule here, which stays", stacklevel=2)
        return
    made = _of(fun, "defvjp")
    made.define({i: _unpacking(of) for i, of in _numbered(vjpmakers, argnums)})


def _unpacking(of: Function | None) -> Maker | None:
    if of is None:
        return None
    return lambda ans, arguments, options: of(ans, *arguments, **options)


def defvjp_argnum(fun: Function, vjpmaker: Function) -> None:
    """Define the gradients of a primitive by ``vjpmaker(argnum, ans, args, kwargs)``."""
    made = _of(fun, "defvjp_argnum")
    made.general = lambda place: lambda *of: vjpmaker(place, *of)
    made.define({})


def defvjp_argnums(fun: Function, vjpmaker: Function) -> None:
    """Define the gradients of a primitive by ``vjpmaker(argnums, ans, args, kwargs)``.

    The pullback returns a tuple with one contribution for each of argnums.
    """
    made = _of(fun, "defvjp_argnums")

    def general(place: int) -> Maker:
        def maker(*of: Any) -> Function:
            pull = vjpmaker((place,), *of)
            return lambda g: next(iter(pull(g)))

        return maker

    made.general = general
    made.define({})


def defjvp(fun: Any, *jvpfuns: Any, argnums: Sequence[int] | None = None) -> None:
    """Define the push-forwards of a primitive, which serve where `defvjp` defines nothing.

    Parameters
    ----------
    fun : callable
        Made by `primitive`. A function of NumPy's or SciPy's that has a rule pushes forward by it.
    *jvpfuns : callable, "same" or None
        For each argument: takes the tangent, the result and all arguments, and returns the tangent
        of the result, in NumPy's functions. "same" for a function that is linear in the argument.
    argnums : sequence of int, optional
        Which arguments they are for; the first ones by default.

    Examples
    --------
    >>> half = primitive(lambda x: x / 2)
    >>> defjvp(half, lambda v, ans, x: v / 2)
    >>> grad(half)(1.0)
    0.5
    """
    if _has_rule(fun):
        return
    made = _of(fun, "defjvp")
    for i, push in _numbered(jvpfuns, argnums):
        if push == "same":
            made.pushes[i] = functools.partial(_linear, fun.fun, i)
        elif push is not None:
            made.pushes[i] = push
    made.define({})


def _linear(function: Function, place: int, v: Any, ans: Any, *arguments: Any, **kw: Any) -> Any:
    return function(*arguments[:place], v, *arguments[place + 1 :], **kw)


def notrace_primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs on plain numbers, through which no gradient flows.

    Examples
    --------
    >>> grad(lambda x: x * notrace_primitive(np.floor)(x))(2.5)
    2.0
    """

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        return function(*map(plain, arguments), **kwargs)

    return run


class Box(abc.ABC):  # noqa: B024
    """Any node: ``isinstance(x, Box)`` tells."""


Box.register(Tensor)
Box.register(Value)
