"""From functions to their derivatives: grad, vjp, jvp, jacobian, hessian, hvp. No rules here.

Every transform runs the function on fresh nodes, and gradients are taken with respect to those
nodes and no others, so transforms nest without confusing their variables. Inside another
transform, or for arguments that are tracked already, the result is a node and can be
differentiated again; otherwise it is plain: floats for floats, arrays for arrays. Next: `jit/`,
`viz/`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from .mode import enable_grad
from .node import gradients
from .op import Op, kind_of_rank
from .ops import elementwise as ops
from .tensor import Tensor
from .trees import Rebuild, flatten
from .value import Value

_depth: ContextVar[int] = ContextVar("depth", default=0)

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class _Run:
    """One evaluation of a function on fresh nodes in the places of some of its arguments."""

    def __init__(self, function: Function, arguments: Sequence[Any], argnums: Argnums, kwargs: Any):
        self.name = getattr(function, "__name__", "the function")
        chosen = _chosen(argnums, len(arguments), self.name)
        wanted = [arguments[i] for i in chosen]
        self.given, self._rebuild = flatten(wanted)
        self.single = isinstance(argnums, int)
        self.nested = _depth.get() > 0 or any(_tracked(x) for x in self.given)
        self.inputs = [self._fresh(x) for x in self.given]
        replaced = dict(zip(chosen, self._rebuild(self.inputs), strict=True))
        token = _depth.set(_depth.get() + 1)
        try:
            with enable_grad():
                self.output = function(
                    *[replaced.get(i, a) for i, a in enumerate(arguments)], **kwargs
                )
        finally:
            _depth.reset(token)

    def _fresh(self, x: Any) -> Any:
        if isinstance(x, Value):
            return _identity(x) if self.nested else Value(x.data)
        if isinstance(x, Tensor) and x.requires_grad:
            return _identity(x)
        array = x.data if isinstance(x, Tensor) else _as_float(x, self.name)
        leaf = Tensor(array, requires_grad=True)
        return leaf

    def pull(self, output: Any, cotangent: Any, create_graph: bool) -> list[Any]:
        """Return the gradient for every fresh node, given the cotangent of one output."""
        node = _node(output)
        if node is None:
            return [_zeros(x) for x in self.inputs]
        if create_graph and not isinstance(cotangent, Tensor | Value):
            cotangent = Value(cotangent) if isinstance(output, Value) else Tensor(cotangent)
        elif not create_graph:
            cotangent = _plain(cotangent)
            if isinstance(output, Tensor):
                cotangent = np.asarray(cotangent, output.dtype)[()]
        found, _ = gradients(node, cotangent, create_graph=create_graph)
        result = []
        for x in self.inputs:
            g = found.get(_node(x))
            result.append(_zeros(x) if g is None else g)
        return result

    def present(self, gradient: Any, given: Any) -> Any:
        """Return a gradient in the manner of the argument it belongs to."""
        if self.nested:
            return gradient
        g = _plain(gradient)
        if isinstance(given, Value):
            return Value(float(g))
        if isinstance(given, Tensor):
            return Tensor(np.asarray(g, given.dtype))
        if isinstance(given, np.ndarray):
            dtype = given.dtype if given.dtype.kind == "f" else float
            return np.array(g, dtype)
        return float(g) if np.ndim(g) == 0 else g

    def nest(self, found: list[Any]) -> Any:
        """Return one result per argument, in the argument's structure."""
        results = self._rebuild(found)
        return results[0] if self.single else tuple(results)


def _chosen(argnums: Argnums, count: int, name: str) -> list[int]:
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in numbers:
        if not isinstance(i, int) or not -count <= i < count:
            raise ValueError(
                f"argnums={argnums} does not fit {name}, called with {count} arguments"
            )
    return [i % count for i in numbers]


def _tracked(x: Any) -> bool:
    return (isinstance(x, Tensor) and x.requires_grad and not x.is_leaf) or (
        isinstance(x, Value) and not x.is_leaf
    )


def _identity(x: Any) -> Any:
    return ops.positive(x)


def _node(x: Any) -> Any:
    return x if isinstance(x, Value) else x._node if isinstance(x, Tensor) else None


def _plain(x: Any) -> Any:
    return x._data if isinstance(x, Tensor | Value) else x


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


def _scalar_output(run: _Run) -> Any:
    y = run.output
    if isinstance(y, tuple | list | dict) or np.ndim(_plain(y)) != 0:
        shape = type(y).__name__ if isinstance(y, tuple | list | dict) else f"shape {np.shape(y)}"
        raise TypeError(
            f"grad needs a scalar, {run.name} returned {shape}: reduce it, as with .sum(), or use "
            "jacobian or vjp"
        )
    return y


def _one(y: Any) -> Any:
    return 1.0 if not isinstance(y, Tensor) else y.dtype.type(1)


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that gives the value of ``function`` and its gradient, in one run.

    Parameters
    ----------
    function : callable
        Returns a scalar; with ``has_aux`` a pair of a scalar and anything else.
    argnums : int or sequence of int
        Which arguments: floats, arrays, tensors, values, or nested lists, tuples, dicts of them.
    has_aux : bool
        Whether the value is ((scalar, auxiliary), gradient).

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

        @functools.wraps(function)
        def scalar(*args: Any, **options: Any) -> Any:
            y = function(*args, **options)
            if not has_aux:
                return y
            aux.append(y[1])
            return y[0]

        r = _Run(scalar, arguments, argnums, kwargs)
        y = _scalar_output(r)
        found = r.pull(y, _one(y), r.nested)
        gradient = r.nest([r.present(g, x) for g, x in zip(found, r.given, strict=True)])
        value = y if r.nested else _value(y)
        return ((value, aux[0]) if has_aux else value), gradient

    return run


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

    Examples
    --------
    >>> y, pull = vjp(lambda x, w: x * w, 2.0, 5.0)
    >>> y, pull(1.0)
    (10.0, (5.0, 2.0))
    """
    r = _Run(function, primals, tuple(range(len(primals))), {})
    outputs, rebuild = flatten(r.output)

    def pull(cotangent: Any) -> Any:
        parts, _ = flatten(cotangent)
        if len(parts) != len(outputs):
            raise ValueError(f"vjp: {len(parts)} cotangents for {len(outputs)} outputs")
        nested = r.nested or _depth.get() > 0 or any(_tracked(c) for c in parts)
        total: list[Any] | None = None
        for y, c in zip(outputs, parts, strict=True):
            if np.shape(c) != np.shape(_plain(y)):
                raise ValueError(
                    f"vjp: a cotangent has shape {np.shape(c)}, the output of {r.name} "
                    f"{np.shape(_plain(y))}; they must be equal"
                )
            c = c if hasattr(type(c), "__autograd_rank__") else np.asarray(c, float)[()]
            found = r.pull(y, c, nested)
            total = found if total is None else [a + b for a, b in zip(total, found, strict=True)]
        total = total or [_zeros(x) for x in r.inputs]
        if nested:
            return r.nest(total)
        return r.nest([r.present(g, x) for g, x in zip(total, r.given, strict=True)])

    value = r.output if r.nested else rebuild([_array_or_float(y) for y in outputs])
    return value, pull


def _array_or_float(y: Any) -> Any:
    if isinstance(y, Value):
        return Value(y.data)
    if isinstance(y, Tensor):
        return np.array(y.data) if y.ndim else float(y)
    return y


def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return the value of a function and its Jacobian-vector product, by two pullbacks.

    The pullback is linear in the cotangent, so its own pullback at any cotangent is the
    push-forward (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    Parameters
    ----------
    function : callable
        Returns one array or scalar.
    primals, tangents : sequences
        The arguments and one direction for each, of the same shapes.

    Raises
    ------
    ValueError
        If numbers or shapes of tangents and primals differ.

    Examples
    --------
    >>> jvp(lambda x: x * x, (3.0,), (1.0,))
    (9.0, 6.0)
    """
    if len(primals) != len(tangents):
        raise ValueError(f"jvp: {len(tangents)} tangents for {len(primals)} primals; give one each")
    for p, t in zip(primals, tangents, strict=True):
        if np.shape(_plain(p)) != np.shape(_plain(t)):
            raise ValueError(
                f"jvp: a tangent has shape {np.shape(_plain(t))}, its primal {np.shape(_plain(p))}"
            )
    r = _Run(function, primals, tuple(range(len(primals))), {})
    y = r.output
    if _node(y) is None:
        return _array_or_float(y), np.zeros(np.shape(y))[()]
    nested = r.nested or any(_tracked(t) for t in tangents)
    dummy: Any = (
        Value(0.0) if isinstance(y, Value) else Tensor(np.zeros(y.shape), requires_grad=True)
    )
    pulled = r.pull(y, dummy, True)
    total: Any = None
    for g, t in zip(pulled, tangents, strict=True):
        if hasattr(type(g), "__autograd_rank__"):
            part = g * t if isinstance(g, Value) else (g * t).sum()
            total = part if total is None else total + part
    node = _node(total)
    pushed: Any = None
    if node is not None:
        one = Tensor(1.0) if nested and not isinstance(total, Value) else _one(total)
        one = Value(1.0) if nested and isinstance(total, Value) else one
        found, _ = gradients(node, one, create_graph=nested)
        pushed = found.get(_node(dummy))
    pushed = np.zeros(np.shape(_plain(y)))[()] if pushed is None else pushed
    if nested:
        return y, pushed
    return _array_or_float(y), float(pushed) if np.ndim(pushed) == 0 else np.array(pushed)


def _basis(shape: tuple[int, ...], dtype: Any) -> Any:
    """Yield every unit array of a shape."""
    for i in range(int(np.prod(shape))):
        e = np.zeros(int(np.prod(shape)), dtype)
        e[i] = 1
        yield e.reshape(shape)[()]


def jacobian(function: Function, argnums: int = 0, mode: str = "auto") -> Function:
    """Return a function that gives all derivatives of an array with respect to an array.

    Parameters
    ----------
    function : callable
        Returns one array or scalar.
    argnums : int
        Which argument: a float, array, tensor or value.
    mode : {"auto", "reverse", "forward"}
        By rows (one sweep an output), by columns (one an input), or whichever are fewer.

    Returns
    -------
    callable
        Gives an array of shape ``output.shape + input.shape``.

    Raises
    ------
    ValueError
        For an unknown mode.

    Examples
    --------
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in ("auto", "reverse", "forward"):
        raise ValueError(f"jacobian: mode is 'auto', 'reverse' or 'forward', got {mode!r}")

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        r = _Run(function, arguments, argnums, kwargs)
        y, x = r.output, r.inputs[0]
        y_shape, x_shape = np.shape(_plain(y)), np.shape(_plain(x))
        if _node(y) is None:
            return np.zeros(y_shape + x_shape)
        n_out, n_in = int(np.prod(y_shape)), int(np.prod(x_shape))
        if mode == "forward" or (mode == "auto" and n_in < n_out and not r.nested):
            return _columns(r, y, x, y_shape, x_shape)
        rows = [r.pull(y, e, r.nested)[0] for e in _basis(y_shape, np.float64)]
        if not rows:
            return np.zeros(y_shape + x_shape)
        if r.nested:
            stacked = np.stack([_lift(row) for row in rows])
            return np.reshape(stacked, y_shape + x_shape)
        return np.stack([np.asarray(row) for row in rows]).reshape(y_shape + x_shape)

    return run


def _lift(row: Any) -> Any:
    return row if isinstance(row, Tensor | Value) else Tensor(row)


def _columns(r: _Run, y: Any, x: Any, y_shape: Any, x_shape: Any) -> Any:
    """Return the Jacobian column by column: the recorded pullback is pulled back again."""
    dummy: Any = Tensor(np.zeros(y_shape), requires_grad=True)
    if isinstance(y, Value):
        dummy = Value(0.0)
    pulled = r.pull(y, dummy, True)[0]
    columns = []
    for e in _basis(x_shape, np.float64):
        seed = Tensor(e) if r.nested else e
        g = None
        if _node(pulled) is not None:
            found, _ = gradients(_node(pulled), seed, create_graph=r.nested)
            g = found.get(_node(dummy))
        columns.append(np.zeros(y_shape) if g is None else g)
    if not columns:
        return np.zeros(y_shape + x_shape)
    stack = np.stack([_lift(c) for c in columns] if r.nested else columns, axis=-1)
    return np.reshape(stack, y_shape + x_shape)


def hessian(function: Function, argnums: int = 0) -> Function:
    """Return a function that gives all second derivatives of a scalar function.

    Returns
    -------
    callable
        Gives an array of shape ``input.shape + input.shape``.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(function, argnums), argnums, mode="reverse")


def hvp(function: Function, primal: Any, vector: Any, argnums: int = 0, *rest: Any) -> Any:
    """Return the product of the Hessian of a scalar function with a vector.

    Costs a few times the function, however many variables there are.

    Examples
    --------
    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    if np.shape(_plain(primal)) != np.shape(_plain(vector)):
        raise ValueError(
            f"hvp: the vector has shape {np.shape(_plain(vector))}, the argument "
            f"{np.shape(_plain(primal))}; they must be equal"
        )
    arguments = list(rest)
    arguments.insert(argnums, primal)

    def slope(*args: Any) -> Any:
        g = grad(function, argnums)(*args)
        return g * vector if np.ndim(_plain(g)) == 0 else (g * vector).sum()

    return grad(slope, argnums)(*arguments)


def stop_gradient(x: Any) -> Any:
    """Return x as a constant: the same number, through which no gradient flows.

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    if isinstance(x, Tensor):
        return x.detach()
    return x.data if isinstance(x, Value) else x


def checkpoint(function: Function) -> Function:
    """Return a function that keeps no intermediate results and computes them again.

    Trades time for memory: what `function` computes inside is freed at once, and run a second time
    when its gradient is asked for.

    Parameters
    ----------
    function : callable
        Takes arrays or tensors, returns one tensor. What it closes over gets no gradient.

    Examples
    --------
    >>> grad(checkpoint(lambda x: np.sin(x) * x))(0.0)
    0.0
    """

    def forward(*arrays: Any) -> Any:
        return _plain(function(*[Tensor(a) for a in arrays]))

    def rule(g: Any, i: int, xs: Any) -> Any:
        _, pull = vjp(function, *xs)
        return pull(g)[i]

    name = f"checkpoint({getattr(function, '__name__', 'function')})"
    op = Op(name, forward, {"xs": rule}, elementwise=False, variadic=True)

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        return kind_of_rank(2).__autograd_apply__(op, arguments, {})

    return run


__all__ = [
    "Rebuild",
    "checkpoint",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
