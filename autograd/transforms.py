"""From functions to their gradients: grad, value_and_grad, vjp. No rules here.

Every transform runs the function on fresh nodes, and gradients are taken with respect to those
nodes and no others, so transforms nest without confusing their variables. Inside another
transform, or for arguments that are tracked already, the result is a node and can be
differentiated again; otherwise it is plain: floats for floats, arrays for arrays. Next:
`recompute.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .array_node import make_leaf, tensor_on
from .backward import gradients
from .mode import STATE, at_depth, depth, floats_taken, recording
from .node import MANY, Node
from .op import Op
from .ops import elementwise as ops
from .tensor import Tensor
from .trees import flatten, flatten_like
from .value import Value

_INTEGERS = (int, np.integer)
_NODES = (Tensor, Value)
_NESTS = (list, tuple, dict)

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class _Run:
    """One evaluation of a function on fresh nodes in the places of some of its arguments."""

    def __init__(self, function: Function, arguments: Sequence[Any], argnums: Argnums, kwargs: Any):
        self.name = getattr(function, "__name__", "the function")
        chosen = _chosen(argnums, len(arguments), self.name)
        wanted = [arguments[i] for i in chosen]
        self.given, self._rebuild = flatten(wanted)
        self.single = isinstance(argnums, _INTEGERS)
        self.nested = depth.get() > 0 or any(_tracked(x) for x in self.given)
        self.inputs = [self._fresh(x) for x in self.given]
        replaced = dict(zip(chosen, self._rebuild(self.inputs), strict=True))
        with at_depth(depth.get() + 1), recording(), floats_taken() as floats:
            self.output = function(*[replaced.get(i, a) for i, a in enumerate(arguments)], **kwargs)
        y = self.output
        parts = flatten(y)[0] if isinstance(y, _NESTS) else (y,)
        for part in parts:
            _check_real(part, self.name)
        if floats and all(_node(part) is None for part in parts):
            raise TypeError(
                f"{self.name} took float() of {floats[0]}, as math.exp does, and returned plain "
                "numbers, which would lose the gradient; use NumPy's functions and operators"
            )

    def _fresh(self, x: Any) -> Any:
        if isinstance(x, Value):
            return _identity(x) if self.nested else Value(x.data)
        if isinstance(x, Tensor) and x.requires_grad:
            return _identity(x)
        data = np.array(_as_float(_plain(x), self.name))[()]
        return tensor_on(data, make_leaf(data))

    def pull(self, outputs: list[Any], cotangents: list[Any], create_graph: bool) -> list[Any]:
        """Return the gradient for every fresh node, given the cotangents of outputs."""
        wanted = [_node(x) for x in self.inputs]
        found = pull_back(outputs, cotangents, wanted, create_graph)
        return [_zeros(x) if g is None else g for x, g in zip(self.inputs, found, strict=True)]

    def differentiate(self, create_graph: bool) -> tuple[Any, list[Any]]:
        """Return the scalar output, and its gradient for every fresh node."""
        y = _scalar_output(self)
        return y, self.pull([y], [_one(y)], create_graph)

    def present(self, gradient: Any, given: Any) -> Any:
        """Return a gradient in the manner of the argument it belongs to."""
        if self.nested:
            return gradient
        g = _plain(gradient)
        if isinstance(given, Value):
            return Value(float(g))
        if isinstance(given, (Tensor, np.ndarray)):
            g = np.array(g, given.dtype if given.dtype.kind == "f" else float)
            return Tensor(g) if isinstance(given, Tensor) else g
        return float(g) if np.ndim(g) == 0 else g

    def outside(self, aux: Any) -> Any:
        """Return auxiliary results without the graph of this run."""
        if self.nested:
            return aux
        leaves, rebuild = flatten(aux)
        own = [_tracked(a) or any(a is x for x in self.inputs) for a in leaves]
        return rebuild([_output(a) if o else a for a, o in zip(leaves, own, strict=True)])

    def nest(self, found: list[Any]) -> Any:
        """Return one result per argument, in the argument's structure."""
        results = self._rebuild(found)
        return results[0] if self.single else tuple(results)


def _chosen(argnums: Argnums, count: int, name: str) -> list[int]:
    if type(argnums) is int and 0 <= argnums < count:
        return [argnums]
    numbers = list(argnums) if isinstance(argnums, Iterable) else [argnums]
    fit = all(isinstance(i, _INTEGERS) and -count <= i < count for i in numbers)
    chosen = [int(i) % count for i in numbers] if fit else []
    if not fit or len(set(chosen)) != len(chosen):
        raise ValueError(
            f"argnums={argnums} does not fit {name}, called with {count} arguments; give the "
            "position of each wanted argument once"
        )
    return chosen


def _tracked(x: Any) -> bool:
    return (isinstance(x, Tensor) and x.requires_grad and not x.is_leaf) or (
        isinstance(x, Value) and not x.is_leaf
    )


def _identity(x: Any) -> Any:
    return ops.positive(x)


def _node(x: Any) -> Any:
    return x if isinstance(x, Value) else x._node if isinstance(x, Tensor) else None


def _plain(x: Any) -> Any:
    return x._data if isinstance(x, _NODES) else x


def pull_back(
    outputs: list[Any],
    cotangents: list[Any],
    wanted: list[Any],
    create_graph: bool,
    within: set[Any] | None = None,
) -> list[Any]:
    """Return the gradients of nodes, given the cotangents of outputs; None where they are 0."""
    roots, seeds = [], []
    for y, seed in zip(outputs, cotangents, strict=True):
        node = _node(y)
        if node is None:
            continue
        if not create_graph:
            seed = _plain(seed)
            if isinstance(y, Tensor):
                seed = np.asarray(seed, y.dtype)[()]
        elif not isinstance(seed, _NODES):
            seed = Value(seed) if isinstance(y, Value) else Tensor(seed)
        roots.append(node)
        seeds.append(seed)
    if not roots:
        return [None] * len(wanted)
    root, seed = (roots[0], seeds[0]) if len(roots) == 1 else (Joint(roots, seeds), 1.0)
    found, _ = gradients(root, seed, create_graph=create_graph, wanted=wanted, within=within)
    return [found.get(node) for node in wanted]


class Joint(Node):
    """One root for several: what it contributes to each is that one's cotangent."""

    shape: tuple[int, ...] = ()

    __slots__ = ("_f",)

    def __init__(self, roots: Sequence[Any], cotangents: Sequence[Any] = ()) -> None:
        self._a, self._b, self._mark = tuple(roots), MANY, STATE.clock
        self._operation = _JOINT
        self._f = lambda g: cotangents

    def _contributions(self, g: Any, **_: Any) -> tuple[Any, ...]:
        return tuple(self._f(g))


_JOINT = Op("outputs", lambda *xs: xs, {"xs": None}, elementwise=False, variadic=True, bounded=True)


def _zeros(x: Any) -> Any:
    return 0.0 if isinstance(x, Value) else np.zeros(x.shape, x.dtype)


def _as_float(x: Any, name: str) -> Any:
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} is differentiated with respect to real numbers and arrays, got "
            f"{type(x).__name__} {x!r:.60}"
        )
    return array if array.dtype.kind == "f" else array.astype(float)


def _is_real(x: Any) -> bool:
    dtype = getattr(x, "dtype", None)
    return isinstance(x, Value) or (dtype or np.asarray(x).dtype).kind in "fiu"


def _check_real(y: Any, name: str) -> None:
    if not _is_real(y):
        raise TypeError(
            f"{name} returned {type(y).__name__} {y!r:.60}; what is differentiated returns real "
            "numbers, arrays or nodes (is a return missing?)"
        )


def _scalar_output(run: _Run) -> Any:
    y = run.output
    if isinstance(y, _NESTS) or np.size(_plain(y)) != 1:
        shape = type(y).__name__ if isinstance(y, _NESTS) else f"shape {np.shape(y)}"
        raise TypeError(
            f"grad needs a scalar, {run.name} returned {shape}: reduce it, as with .sum(), or use "
            "jacobian or vjp"
        )
    return y


def _one(y: Any) -> Any:
    if not isinstance(y, Tensor):
        return 1.0
    return np.ones(y.shape, y.dtype) if y.shape else y.dtype.type(1)


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that gives the value of ``function`` and its gradient, in one run.

    Parameters
    ----------
    function : callable
        Returns a scalar; with ``has_aux`` a pair of a scalar and anything else.
    argnums : int or sequence of int
        Which arguments: floats, arrays, tensors, values, or nested lists, tuples, dicts of them.
    has_aux : bool
        Whether the value is ((scalar, auxiliary), gradient); tensors in it come as arrays.

    Raises
    ------
    TypeError
        If the function does not return a scalar, or an argument is not real.

    Examples
    --------
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        aux: list[Any] = []
        r = _Run(_leaving(function, aux) if has_aux else function, arguments, argnums, kwargs)
        y, found = r.differentiate(r.nested)
        gradient = r.nest([r.present(g, x) for g, x in zip(found, r.given, strict=True)])
        value = y if r.nested else _value(y)
        return ((value, r.outside(aux[0])) if has_aux else value), gradient

    return run


def _leaving(function: Function, aux: list[Any]) -> Function:
    """Return the function with the second half of its result left in ``aux``."""

    @functools.wraps(function)
    def scalar(*arguments: Any, **kwargs: Any) -> Any:
        y = function(*arguments, **kwargs)
        if not isinstance(y, tuple | list) or len(y) != 2:
            raise TypeError(
                f"with has_aux, the function returns a pair (scalar, anything), got "
                f"{type(y).__name__}"
            )
        aux.append(y[1])
        return y[0]

    return scalar


def _value(y: Any) -> Any:
    if isinstance(y, Value):
        return Value(y.data)
    return float(y) if isinstance(y, Tensor) else y


def grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that gives the gradient of a scalar function.

    Parameters
    ----------
    function, argnums, has_aux
        As for `value_and_grad`; with ``has_aux`` the result is (gradient, auxiliary).

    Examples
    --------
    >>> grad(np.sin)(0.0)
    1.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * p["b"])({"w": 2.0, "b": 5.0})
    {'w': 5.0, 'b': 2.0}
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        value, gradient = both(*arguments, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def elementwise_grad(function: Function, argnums: Argnums = 0) -> Function:
    """Return the derivative of a function that treats every entry on its own, entry by entry.

    For any other function, this is the gradient of the sum of what it returns.

    Parameters
    ----------
    function, argnums
        As for `value_and_grad`, but the function returns an array of any shape.

    Examples
    --------
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    @functools.wraps(function)
    def total(*arguments: Any, **kwargs: Any) -> Any:
        y = function(*arguments, **kwargs)
        return y if isinstance(y, _NESTS) or np.ndim(_plain(y)) == 0 else np.sum(y)

    return grad(total, argnums)


def vjp(function: Function, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the value of a function and its vector-Jacobian product at a point.

    Parameters
    ----------
    function : callable
        Returns an array, or nested lists, tuples and dicts of arrays.
    *primals
        Where to differentiate: all the arguments.

    Returns
    -------
    value, pull
        ``pull(cotangent)``, a cotangent of the value's structure, gives a tuple with one entry per
        primal.

    Raises
    ------
    ValueError
        If the cotangent does not have the structure or shape of the value.
    TypeError
        If it holds something else than real numbers.

    Examples
    --------
    >>> y, pull = vjp(lambda x, w: x * w, 2.0, 5.0)
    >>> y, pull(1.0)
    (10.0, (5.0, 2.0))
    """
    r = _Run(function, primals, tuple(range(len(primals))), {})
    outputs, rebuild = flatten(r.output)

    def pull(cotangent: Any) -> Any:
        parts = flatten_like(cotangent, r.output, "vjp: the cotangent")
        nested = r.nested or depth.get() > 0 or any(_tracked(c) for c in parts)
        cotangents = []
        for y, c in zip(outputs, parts, strict=True):
            if not _is_real(c):
                raise TypeError(
                    f"vjp: a cotangent consists of real numbers, got {type(c).__name__} {c!r:.60}"
                )
            if np.shape(c) != np.shape(_plain(y)):
                raise ValueError(
                    f"vjp: a cotangent has shape {np.shape(c)}, the output of {r.name} "
                    f"{np.shape(_plain(y))}; they must be equal"
                )
            is_node = hasattr(type(c), "__autograd_rank__")
            cotangents.append(c if is_node else np.asarray(c, float)[()])
        found = r.pull(outputs, cotangents, nested)
        if nested:
            return r.nest(found)
        return r.nest([r.present(g, x) for g, x in zip(found, r.given, strict=True)])

    value = r.output if r.nested else rebuild([_output(y) for y in outputs])
    return value, pull


def _output(y: Any) -> Any:
    if isinstance(y, Value):
        return Value(y.data)
    if isinstance(y, Tensor):
        return np.array(y.data) if y.ndim else float(y)
    return y


def stop_gradient(x: Any) -> Any:
    """Return x as a constant: the same numbers, through which no gradient flows.

    Parameters
    ----------
    x : nested lists, tuples and dicts
        Tensors and values in them become constants; the rest stays as it is.

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    if isinstance(x, _NESTS):
        leaves, rebuild = flatten(x)
        return rebuild([stop_gradient(leaf) for leaf in leaves])
    if isinstance(x, Tensor):
        return x.detach()
    return x.data if isinstance(x, Value) else x


__all__ = ["elementwise_grad", "grad", "stop_gradient", "value_and_grad", "vjp"]
