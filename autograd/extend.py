"""User-defined operations by the API of HIPS autograd, for programs written for it.

New programs use `operation`, which checks the rules and shows them in pictures and tables. Next:
`tracer.py`.

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
import itertools
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from .absent import refuse_names_of
from .dispatch import FUNCTIONS
from .interop.common import holds_traced, is_traced
from .op import Op, operation_for
from .primitives import Function, Maker, Primitive, getval
from .settings import checked_function, checked_size, described, is_iterable, shown
from .tensor import Tensor
from .value import Value
from .vector_space import VSpace as VSpace
from .vector_space import vspace as vspace


def primitive(function: Function) -> Function:
    """Make a function of numbers and arrays an operation, whose gradients `defvjp` defines.

    Parameters
    ----------
    function : callable
        Receives arrays in place of nodes, including those in lists, tuples and dicts, and anything
        else as it is; returns an array or number, or lists, tuples and dicts of them.

    Returns
    -------
    callable

    Raises
    ------
    NotImplementedError
        When a gradient is needed that was not defined.
    TypeError
        When the function returns anything else.

    Examples
    --------
    >>> @primitive
    ... def twice(x):
    ...     return 2.0 * x
    >>> defvjp(twice, lambda ans, x: lambda g: 2.0 * g)
    >>> grad(twice)(1.0)
    2.0
    """
    made = Primitive(checked_function("primitive: function", function))

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
    # pull(g, ans, vs, gvs, *arguments), where vs and gvs describe shapes, which are ignored here
    def maker(ans: Any, *arguments: Any, **options: Any) -> Function:
        return lambda g: pull(g, ans, None, None, *arguments, **options)

    defvjp(fun, maker, argnums=(argnum,))


def _defvjp_is_zero(fun: Function, argnums: Sequence[int] = (0,)) -> None:
    defvjp(fun, *[None] * len(argnums), argnums=argnums)


def _of(fun: Any, name: str) -> Primitive | None:
    """Return the `Primitive` of a function, or None if the function has a rule here."""
    checked_function(f"{name}: the primitive", fun)
    inner = inspect.unwrap(fun, stop=_is_known)
    for one in (fun, FUNCTIONS.get(inner)):
        made = getattr(one, "primitive", None)
        if isinstance(made, Primitive):
            return made
    if _is_known(inner) or (_is_here(fun) and not _is_numpys(inner)):
        if name.startswith("defvjp"):
            message = (
                f"{name}: {shown(fun)} has a rule here, which stays; to use yours, give it to "
                "own = primitive(f), f that function, and call own"
            )
            warnings.warn(message, stacklevel=3)
        return None
    if not _is_numpys(inner):
        raise TypeError(f"{name} takes a function made by primitive, got {shown(fun)}")
    # a NumPy function without a rule gets its first one
    FUNCTIONS[inner] = run = primitive(inner)
    found: Primitive = run.primitive  # type: ignore[attr-defined]
    return found


def _is_here(fun: Any) -> bool:
    # functions of `autograd.numpy` wrap NumPy's; others here are composed of operations
    return (getattr(fun, "__module__", None) or "").startswith(f"{__package__}.")


def _is_numpys(fun: Any) -> bool:
    """Whether a function is NumPy's, and dispatches to the nodes among its arguments."""
    of_numpy = isinstance(fun, np.ufunc) and getattr(np, fun.__name__, None) is fun
    return of_numpy or type(fun) is type(np.sum)


def _is_known(fun: Any) -> bool:
    return isinstance(fun, Op) or operation_for(fun) is not None or fun in FUNCTIONS


def _numbered(
    name: str, given: Sequence[Any], argnums: Iterable[int] | None
) -> list[tuple[int, Any]]:
    """Return the rules of `defvjp` or `defjvp` with the positions of their arguments."""
    for rule in given:
        if rule is not None and not (name == "defjvp" and isinstance(rule, str) and rule == "same"):
            checked_function(f"{name}: a rule", rule, "a function or None")
    if argnums is None:
        return list(enumerate(given))
    if isinstance(argnums, str) or not is_iterable(argnums):
        raise TypeError(f"{name}: argnums is a list of positions, got {described(argnums)}")
    # itertools.count() has no end
    found = itertools.islice(argnums, len(given))
    places = [checked_size(f"{name}: an argnum", i, 0) for i in found]
    if len(places) < len(given):
        raise ValueError(
            f"{name}: {len(given)} rules for the arguments {places}; give one for each"
        )
    return list(zip(places, given, strict=False))


def defvjp(
    fun: Function, *vjpmakers: Function | None, argnums: Iterable[int] | None = None
) -> None:
    """Define the gradients of a primitive with respect to its arguments.

    Parameters
    ----------
    fun : callable
        Made by `primitive`; or a NumPy function without a rule, which then has this one wherever it
        is called. A function of NumPy or SciPy that has a rule keeps it, with a warning: to use
        another, make ``own = primitive(np.sqrt)``, give it the rule, and call own.
    *vjpmakers : callable or None
        For each argument: takes the result and all arguments, and returns the pullback, upstream
        gradient in, contribution of the argument's shape out. The contribution of a nested argument
        is a nest, as is the upstream gradient of nested results. None for no gradient. Written in
        NumPy's functions, it can be differentiated again.
    argnums : iterable of int, optional
        The arguments that the makers are for, as `itertools.count(1)` or ``[0, 2]``; by default the
        first ones.

    Raises
    ------
    TypeError
        If fun is neither.

    Examples
    --------
    >>> product = primitive(lambda x, y: x * y)
    >>> defvjp(product, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    >>> grad(product, (0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """
    made = _of(fun, "defvjp")
    if made is None:
        return
    made.define({i: _unpacking(of) for i, of in _numbered("defvjp", vjpmakers, argnums)})


def _unpacking(of: Function | None) -> Maker | None:
    if of is None:
        return None
    return lambda ans, arguments, options: of(ans, *arguments, **options)


def defvjp_argnum(fun: Function, vjpmaker: Function) -> None:
    """Define the gradients of a primitive by ``vjpmaker(argnum, ans, args, kwargs)``."""
    made = _of(fun, "defvjp_argnum")
    if made is None:
        return
    made.general = lambda place: lambda *of: vjpmaker(place, *of)
    made.define({})


def defvjp_argnums(fun: Function, vjpmaker: Function) -> None:
    """Define the gradients of a primitive by ``vjpmaker(argnums, ans, args, kwargs)``.

    The pullback returns a tuple with one contribution for each of argnums.
    """
    made = _of(fun, "defvjp_argnums")
    if made is None:
        return

    def general(place: int) -> Maker:
        def maker(*of: Any) -> Function:
            pull = vjpmaker((place,), *of)
            return lambda g: next(iter(pull(g)))

        return maker

    made.general = general
    made.define({})


def defjvp(fun: Any, *jvpfuns: Any, argnums: Iterable[int] | None = None) -> None:
    """Define the push-forwards of a primitive, used for gradients that `defvjp` does not define.

    Parameters
    ----------
    fun : callable
        Made by `primitive`. A function of NumPy or SciPy that has a rule keeps it.
    *jvpfuns : callable, "same" or None
        For each argument: takes the tangent, the result and all arguments, and returns the tangent
        of the result, in NumPy's functions. "same" for a function that is linear in the argument.
    argnums : sequence of int, optional
        The arguments that they are for; by default the first ones.

    Examples
    --------
    >>> half = primitive(lambda x: x / 2)
    >>> defjvp(half, lambda v, ans, x: v / 2)
    >>> grad(half)(1.0)
    0.5
    """
    made = _of(fun, "defjvp")
    if made is None:
        return
    for i, push in _numbered("defjvp", jvpfuns, argnums):
        if isinstance(push, str):
            made.pushes[i] = functools.partial(_linear, fun.fun, i)
        elif push is not None:
            made.pushes[i] = push
    made.define({})


def defjvp_argnum(fun: Any, jvpmaker: Function) -> None:
    """Define push-forwards by ``jvpmaker(argnum, tangent, ans, args, kwargs)``.

    They serve where `defvjp` defines nothing.
    """
    made = _of(fun, "defjvp_argnum")
    if made is None:
        return
    made.general_push = lambda place: lambda v, ans, *args, **kw: jvpmaker(place, v, ans, args, kw)
    made.define({})


def defjvp_argnums(fun: Any, jvpmaker: Function) -> None:
    """Define push-forwards by ``jvpmaker(argnums, tangents, ans, args, kwargs)``.

    They serve where `defvjp` defines nothing.
    """
    defjvp_argnum(fun, lambda place, v, *of: jvpmaker((place,), (v,), *of))


def def_linear(fun: Any) -> None:
    """Define the gradients of a primitive that is linear in each of its arguments.

    Examples
    --------
    >>> product = primitive(lambda x, y: x * y)
    >>> def_linear(product)
    >>> grad(product, (0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """
    made = _of(fun, "def_linear")
    if made is None:
        return
    made.general_push = lambda place: functools.partial(_linear, fun.fun, place)
    made.define({})


def _linear(function: Function, place: int, v: Any, ans: Any, *arguments: Any, **kw: Any) -> Any:
    return function(*arguments[:place], v, *arguments[place + 1 :], **kw)


def notrace_primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function like the given one that runs on plain numbers, and has no gradient.

    Examples
    --------
    >>> grad(lambda x: x * notrace_primitive(np.floor)(x))(2.5)
    2.0
    """
    checked_function("notrace_primitive: function", function)

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        return function(*map(getval, arguments), **kwargs)

    return run


class Box(abc.ABC):  # noqa: B024
    """Any node: ``isinstance(x, Box)`` tells.

    What programs enter in ``type_mappings`` is not asked for: subclasses of arrays are arrays.
    """

    type_mappings: ClassVar[dict[type, Any]] = {}


Box.register(Tensor)
Box.register(Value)

refuse_names_of(sys.modules[__name__])
