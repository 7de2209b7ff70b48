"""Run, one evaluation of a function under a transform, and its pullback. Next: `gradients.py`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from ..absent import refuse_options
from ..array_nodes.node import apart, make_leaf, tensor_on
from ..array_nodes.operands import refuse_masked
from ..backward import gradients
from ..blocks import ContextValue, tick
from ..mode import STATE, current_recorder, depth, recording, running
from ..node import LEAF, MANY, Node
from ..op import Op
from ..ops import elementwise as ops
from ..settings import array_of, described, is_iterable, shown
from ..tensor import Tensor
from ..value import Value
from .trees import flatten, flatten_like, flatten_some

_INTEGERS = (int, np.integer)
_NODES = (Tensor, Value)
NESTS = (list, tuple, dict)

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class Run:
    """One evaluation of a function, with fresh nodes in place of some of its arguments."""

    def __init__(self, function: Function, arguments: Sequence[Any], argnums: Argnums, kwargs: Any):
        self.name = getattr(function, "__name__", "the function")
        if not callable(function):
            raise TypeError(
                f"what is differentiated is a function, got "
                f"{described(function)}; hand over f itself, not f(x)"
            )
        chosen = _chosen(argnums, len(arguments), self.name)
        wanted = [arguments[i] for i in chosen]
        self._rebuild: Callable[[list[Any]], Any] = list
        self.given = wanted
        if any([isinstance(x, NESTS) for x in wanted]):
            # an argument that is None is missing
            missing = any(x is None for x in wanted)
            self.given, self._rebuild = (flatten if missing else flatten_some)(wanted)
        self.single = isinstance(argnums, _INTEGERS)
        tracked = any(is_tracked(x) for x in self.given)
        self.nested = depth.get() > 0 or tracked
        self._start = 0.0 if tracked or not self.nested else tick()
        self.inputs = [self._fresh(x) for x in self.given]
        # kept apart from the inputs, which change their node if the function writes to them
        self.nodes = [node_of(x) for x in self.inputs]
        replaced = dict(zip(chosen, self._rebuild(self.inputs), strict=True))
        given = [replaced.get(i, a) for i, a in enumerate(arguments)]
        around = depth.get()
        # unlike a `with` block this lets a Ctrl-C come at any moment, for the user's function
        try:
            depth.set(around + 1)
            with recording(), running(self.nodes) as (floats, _):
                self.output = function(*given, **kwargs)
        finally:
            depth.set(around)
        y = self.output
        parts = flatten_some(y)[0] if isinstance(y, NESTS) else (y,)
        for part in parts:
            check_real(part, self.name)
        if floats and all(node_of(part) is None for part in parts):
            for taken, number in floats:
                if number is None or any(part is number for part in parts):
                    raise TypeError(
                        f"{self.name} took {taken} and returned plain numbers, which would lose "
                        "the gradient; use NumPy's functions and operators"
                    )
        if self._start:
            # numbers inside another transform that know nothing of it
            self.nested = self._reaches_out(parts)

    def _reaches_out(self, results: Sequence[Any]) -> bool:
        """Whether results depend on nodes from outside, which a transform around may ask about."""
        return bool(made_since([node_of(y) for y in results], self._start, self.nodes)[1])

    def _fresh(self, x: Any) -> Any:
        if isinstance(x, Value) and not self.nested:
            value = Value(x.data)
            value._mark = LEAF + STATE.clock
            return value
        if isinstance(x, Value) or (isinstance(x, Tensor) and x.requires_grad):
            return _identity(x)
        data = np.array(as_float(data_of(x), self.name))[()]
        leaf = make_leaf(data)
        leaf._mark = LEAF + STATE.clock  # dated, so that `checkpoint` can tell it from a parameter
        return tensor_on(data, leaf)

    def pull(self, outputs: list[Any], cotangents: list[Any], create_graph: bool) -> list[Any]:
        """Return the gradient for every fresh node, given the cotangents of outputs."""
        found = pull_back(outputs, cotangents, self.nodes, create_graph)
        return [zeros_of(x) if g is None else g for x, g in zip(self.inputs, found, strict=True)]

    def differentiate(self, create_graph: bool) -> tuple[Any, list[Any]]:
        """Return the scalar output, and its gradient for every fresh node."""
        y = _scalar_output(self)
        return y, self.pull([y], [_one(y)], create_graph)

    def present(self, gradient: Any, given: Any) -> Any:
        """Return a gradient in the type of the argument that it belongs to."""
        if self.nested:
            return gradient
        g = data_of(gradient)
        if isinstance(given, Value):
            # a recording must see that the number is read
            return Value(gradient.data if isinstance(gradient, Value) else float(g))
        if isinstance(given, (Tensor, np.ndarray)):
            g = np.array(g, given.dtype if given.dtype.kind == "f" else float)
            return Tensor(g) if isinstance(given, Tensor) else g
        return float(g) if np.ndim(g) == 0 else g

    def outside(self, aux: Any) -> Any:
        """Return auxiliary results without the graph of this run."""
        leaves, rebuild = flatten(aux)
        if self.nested or (self._start and self._reaches_out(leaves)):
            return aux
        own = [is_tracked(a) or any(a is x for x in self.inputs) for a in leaves]
        return rebuild([untracked(a) if o else a for a, o in zip(leaves, own, strict=True)])

    def nest(self, found: list[Any]) -> Any:
        """Return results, one per fresh node, in the structure of the arguments."""
        results = self._rebuild(found)
        return results[0] if self.single else tuple(results)


_pushing: ContextVar[bool] = ContextVar("pushing", default=False)


def is_pushing() -> bool:
    """Whether pullbacks are taken for tangents only, as functions of the upstream gradient."""
    return _pushing.get()


def pushing(on: bool) -> ContextValue:
    """Return a context whose pullbacks are taken for tangents only, or (False) for themselves."""
    return ContextValue(_pushing, on)


def argnums_of(name: str, argnums: Argnums, options: dict[str, Any]) -> Argnums:
    """Return ``argnums``, which HIPS autograd calls ``argnum``; raise for any other option."""
    refuse_options(name, options.keys() - {"argnum"})
    meant: Argnums = options.get("argnum", argnums)
    real = isinstance(meant, np.ndarray) and meant.dtype.kind == "f"
    if real or isinstance(meant, float | Value | Tensor | dict):
        raise TypeError(
            f"{name}: argnums is {type(meant).__name__}, not the position of an argument; the "
            f"point to differentiate at comes in a second call, {name}(f)(x)"
        )
    return meant


def _chosen(argnums: Argnums, count: int, name: str) -> list[int]:
    if type(argnums) is int and 0 <= argnums < count:
        return [argnums]
    text = isinstance(argnums, str | bytes)
    numbers: list[Any] = list(argnums) if is_iterable(argnums) and not text else [argnums]
    fit = all(isinstance(i, _INTEGERS) and -count <= i < count for i in numbers)
    chosen = [int(i) % count for i in numbers] if fit else []
    if not fit or len(set(chosen)) != len(chosen):
        raise ValueError(
            f"argnums={shown(argnums)} does not fit {name}, called with {count} arguments; give "
            "the position of each wanted argument once"
        )
    return chosen


def is_tracked(x: Any) -> bool:
    """Whether a gradient may flow to x: to a leaf only from inside another transform."""
    known = isinstance(x, Value) or (isinstance(x, Tensor) and x.requires_grad)
    return known and (not x.is_leaf or depth.get() > 0)


def _identity(x: Any) -> Any:
    return ops.positive(x)


def node_of(x: Any) -> Any:
    """Return the node of a Value or Tensor; None if x is neither, or has none."""
    return x if isinstance(x, Value) else x._node if isinstance(x, Tensor) else None


def data_of(x: Any) -> Any:
    """Return the numbers of a Value or Tensor; anything else as it is."""
    return x._data if isinstance(x, _NODES) else x


def made_since(
    roots: Sequence[Any], start: float, ends: Sequence[Any]
) -> tuple[set[Any], list[Any]]:
    """Return the nodes made since ``start``, and the older nodes and leaves they were made from.

    The walk stops at ``ends``, which are in neither.
    """
    known = set(ends)  # by identity, as == of values compares numbers
    inside: set[Any] = set()
    closed: dict[Any, None] = {}
    stack = [root for root in roots if root is not None]
    while stack:
        node = stack.pop()
        if node in inside or node in closed or node in known:
            continue
        if node._a is None or node._mark < start:
            closed[node] = None
            continue
        inside.add(node)
        stack.extend(node._a if node._b is MANY else [p for p in (node._b, node._a) if p])
    return inside, list(closed)


def pull_back(
    outputs: list[Any],
    cotangents: list[Any],
    wanted: list[Any],
    create_graph: bool,
    within: set[Any] | None = None,
) -> list[Any]:
    """Return the gradients of nodes, given the cotangents of outputs; None where they are 0."""
    recorder = value_recorder(outputs)
    create_graph = create_graph or recorder is not None
    roots, seeds = [], []
    for y, seed in zip(outputs, cotangents, strict=True):
        node = node_of(y)
        if node is None:
            continue
        if not create_graph:
            seed = _numbers_of(y, seed)
        elif not isinstance(seed, _NODES):
            seed = Value(seed) if isinstance(y, Value) else Tensor(seed)
        roots.append(node)
        seeds.append(seed)
    if not roots:
        return [None] * len(wanted)
    root, seed = (roots[0], seeds[0]) if len(roots) == 1 else (Joint(roots, seeds), 1.0)
    if recorder is not None:
        found = recorder.gradients(root, seed, wanted)
        return [found.get(node) for node in wanted]
    # a sweep that drops gradients on the way keeps those of leaves
    drop = all(getattr(node, "_a", None) is None for node in wanted)
    found, _ = gradients(
        root, seed, create_graph=create_graph, drop=drop, wanted=wanted, within=within
    )
    results = [found.get(node) for node in wanted]
    return _apart(results, seeds) if create_graph else results


def _apart(results: list[Any], seeds: list[Any]) -> list[Any]:
    """Return the results with no tensor twice, and none of the seeds, which users may change."""
    known = {id(seed) for seed in seeds}
    for i, g in enumerate(results):
        if isinstance(g, Tensor):
            if id(g) in known:
                results[i] = apart(g)
            known.add(id(g))
    return results


def _numbers_of(y: Any, cotangent: Any) -> Any:
    """Return the numbers of a cotangent, in the dtype of its output."""
    seed = data_of(cotangent)
    return np.asarray(seed, y.dtype)[()] if isinstance(y, Tensor) else seed


def value_recorder(outputs: Sequence[Any]) -> Any:
    """Return the recorder of values, if there is one and a value is among the results."""
    if STATE.special and any(isinstance(y, Value) for y in outputs):
        return current_recorder()
    return None


class Joint(Node):
    """A root above several outputs, which passes to each of them its cotangent."""

    shape: tuple[int, ...] = ()

    __slots__ = ("_saved",)

    def __init__(self, roots: Sequence[Any], cotangents: Sequence[Any] = ()) -> None:
        self._a, self._b, self._mark = tuple(roots), MANY, STATE.clock
        self._operation = _JOINT
        self._saved = cotangents

    @staticmethod
    def _pull(cotangents: Any, g: Any) -> Any:
        return cotangents

    def _contributions(self, g: Any, **_: Any) -> tuple[Any, ...]:
        return tuple(self._saved)


_JOINT = Op("outputs", lambda *xs: xs, {"xs": None}, elementwise=False, variadic=True, bounded=True)


def zeros_of(x: Any) -> Any:
    """Return a gradient of zeros for a fresh node."""
    return 0.0 if isinstance(x, Value) else np.zeros(x.shape, x.dtype)


def as_float(x: Any, name: str) -> Any:
    """Return x as an array of floats, if it holds real numbers."""
    refuse_masked(name, x)
    array = array_of(name, x)
    if array.dtype.kind not in "fiub":
        told = described(x)
        if isinstance(x, float):
            told = "a plain number that jit records beside Values; pass it as a Value"
        elif is_dataclass(x):
            told += "; pass vars(x), a dict, for a dataclass x"
        elif array.dtype.kind == "U":
            told += "; settings belong in another argument"
        raise TypeError(
            f"{name} is differentiated with respect to real numbers and arrays, got {told}"
        )
    return array if array.dtype.kind == "f" else array.astype(float)


def _is_real(x: Any) -> bool:
    if isinstance(x, Value):
        return True
    # a class has its descriptor, but no shape
    dtype = None if isinstance(x, type) else getattr(x, "dtype", None)
    kind = getattr(dtype or array_of("what is differentiated", x).dtype, "kind", None)
    return kind in ("f", "i", "u")


def leaving_aux(function: Function, aux: list[Any]) -> Function:
    """Return a function like the given one that leaves the second half of its result in ``aux``."""

    @functools.wraps(function)
    def first(*arguments: Any, **kwargs: Any) -> Any:
        y = function(*arguments, **kwargs)
        if not isinstance(y, tuple | list) or len(y) != 2:
            raise TypeError(
                f"with has_aux, the function returns a pair (result, anything), got "
                f"{type(y).__name__}"
            )
        aux.append(y[1])
        return y[0]

    return first


def check_function(function: Any, name: str) -> None:
    """Raise TypeError if what is to be differentiated is not a function."""
    if not callable(function):
        raise TypeError(
            f"{name} takes a function, got {type(function).__name__}: it is {name}(f)(x), not "
            f"{name}(f(x)); the gradients of a result are found by its .backward()"
        )


def _vector(v: Any, x: Any, name: str, of: str) -> Any:
    """Return a tangent or cotangent of x, checked: a node as it is, other numbers as floats."""
    if not _is_real(v):
        raise TypeError(f"{name} consists of real numbers, got {described(v)}")
    if np.shape(v) != np.shape(data_of(x)):
        raise ValueError(
            f"{name} has shape {np.shape(v)}, {of} {np.shape(data_of(x))}; they must be equal"
        )
    refuse_masked(name, v)
    return v if isinstance(v, Tensor | Value) else np.asarray(v, float)[()]


def directions_of(vectors: Any, nest: Any, whole: str, one: str, of: str) -> list[Any]:
    """Return a direction, or a cotangent, for every leaf of a nest but None."""
    found = []
    for x, v in zip(flatten(nest)[0], flatten_like(vectors, nest, whole), strict=True):
        if x is not None:
            found.append(_vector(v, x, one, of))
        elif v is not None:
            raise ValueError(f"{one} is None where {of} is None, got {shown(v)}")
    return found


def check_real(y: Any, name: str) -> None:
    """Raise TypeError if a result is not of real numbers."""
    if not _is_real(y):
        raise TypeError(
            f"{name} returned {described(y)}; what is differentiated returns real "
            "numbers, arrays or nodes (is a return missing?)"
        )


def _scalar_output(run: Run) -> Any:
    y = run.output
    if isinstance(y, NESTS) or np.size(data_of(y)) != 1:
        shape = type(y).__name__ if isinstance(y, NESTS) else f"shape {np.shape(y)}"
        raise TypeError(
            f"grad needs a scalar, {run.name} returned {shape}: reduce it, as with .sum(), or use "
            "jacobian or vjp"
        )
    return y


def _one(y: Any) -> Any:
    if not isinstance(y, Tensor):
        return 1.0
    return np.ones(y.shape, y.dtype) if y.shape else y.dtype.type(1)


def untracked(y: Any) -> Any:
    """Return a result without a graph: a Value as a leaf, a tensor as an array or float."""
    if isinstance(y, Value):
        return Value(y.data)
    if isinstance(y, Tensor):
        return np.array(y.data) if y.ndim else float(y.data)
    return y
