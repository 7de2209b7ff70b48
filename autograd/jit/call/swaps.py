"""Replacements of parts of the library while a function is recorded. Next: `surroundings.py`.

The engine runs unchanged. Four things are replaced, for the recording thread only, and restored:
the data and gradients of tensors read as recorded arrays; the forward functions of operations
record a step; rules replace hand-tuned pullbacks; and recorded values pass through the
conversions of this library by ``np.asarray`` or ``float``. Outside of a recording nothing changes.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from ... import (
    backward,
    fused,
    tensor,
    xp,  # noqa: F401 - imported while it records, its `np` would be NumPy itself
)
from ...arithmetic import sum_2d
from ...array_nodes.handle import Handle
from ...array_nodes.operands import operand as _plain_operand
from ...blocks import undone
from ...op import Op
from ...transforms import recompute, rows, runs, scanning
from ..record.array import RecordedArray
from ..record.capture import ACTIVE, Capture
from ..record.clipping import gradient_norm, scale
from ..record.descriptors import DESCRIPTORS, flat
from ..record.lowering import inner
from ..scan.recorded import run_steps

# held by the thread that records, which others see by what it has replaced
LOCK = threading.RLock()
# the functions that undo all replacements, each noted before what it undoes
Undo = list[Callable[[], object]]


class _Numpy:
    """NumPy, with conversions that pass recorded values through."""

    def __init__(self) -> None:
        own = vars(type(self))
        vars(self).update({k: v for k, v in vars(np).items() if k not in own})

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def asarray(x: Any, dtype: Any = None, **more: Any) -> Any:
        """Stand in for ``np.asarray``."""
        capture = ACTIVE.get()
        if capture is not None and any(type(e) is RecordedArray for e in flat((x,))):
            return capture.asarray(x, dtype).taken_as(True)
        return np.asarray(x, dtype, **more)

    asanyarray = ascontiguousarray = asarray

    @staticmethod
    def full(shape: Any, value: Any, **more: Any) -> Any:
        """Stand in for ``np.full``."""
        if type(value) is not RecordedArray:
            return np.full(shape, value, **more)
        return np.broadcast_to(value, shape).copy()

    @classmethod
    def array(cls, x: Any, dtype: Any = None, **more: Any) -> Any:
        """Stand in for ``np.array``, which copies."""
        if any(type(e) is RecordedArray for e in flat((x,))):
            return cls.asarray(x, dtype).copy()
        return np.array(x, dtype, **more)


class _Float:
    """The type float, which passes recorded values through."""

    dtype = np.dtype(float)

    def __call__(self, x: Any) -> Any:
        x = getattr(x, "_data", x)
        if type(x) is RecordedArray:
            return x if x.weak and isinstance(x, float) else x._recorder.number(x)
        return float(x)

    def __instancecheck__(self, x: Any) -> bool:
        return isinstance(x, float)

    def __ror__(self, other: Any) -> Any:
        return other | float

    def __or__(self, other: Any) -> Any:
        return float | other


def _sum_2d(a: Any, axis: int) -> Any:
    if type(a) is not RecordedArray:
        return sum_2d(a, axis)
    # a single row is used as it is: a sum would turn -0 into 0
    return a.reshape(a.shape[1 - axis]) if a.shape[axis] == 1 else a.sum(axis)


def _operand(op: Op, x: Any) -> Any:
    """Return a plain operand as a recorded one, as ``array.dot(recorded)`` does not dispatch."""
    found = _plain_operand(op, x)
    capture = ACTIVE.get()
    if capture is None or not isinstance(found, np.ndarray | np.generic):
        return found
    return capture.lift(found)


_plain_any_nan = backward._any_nan


def _any_nan(found: Iterable[Any], order: Sequence[Any] = ()) -> bool:
    """Whether any gradient has a nan, as a single check."""
    capture = ACTIVE.get()
    if capture is None:
        return _plain_any_nan(found, order)
    total: Any = None
    for g in found:
        g = capture.lift(getattr(g, "_data", g))
        square = capture.step("product", "inner", inner, (g, g))
        total = square if total is None else total + square
    return total is not None and capture.decide(total != total)


_plain_is_plain = fused._is_plain


def _is_plain(x: Any) -> bool:
    """Send plain arrays along the general path, where they are converted."""
    return ACTIVE.get() is None and _plain_is_plain(x)


_seed = Handle._seed


def _as_step(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose result, the seed of a sweep, is a step if it is an array.

    Then it meets recorded arrays as one of them, and results of it can be simplified.
    """

    def lifted(*arguments: Any) -> Any:
        capture, found = ACTIVE.get(), plain(*arguments)
        fixed = isinstance(found, np.ndarray | np.generic)
        return capture.lift(found) if fixed and capture is not None else found

    return lifted


_SEEDS = [
    (module, name, _as_step(getattr(module, name)))
    for module, name in ((runs, "_one"), (runs, "_numbers_of"), (rows, "_seed"))
]

_plain_run_steps = scanning.run_steps


_tensor_as_array = tensor.Tensor.__array__


def _as_array(capture: Capture, t: Any, *form: Any, **options: Any) -> Any:
    if t._node is None and type(t._data) is RecordedArray:
        return t._data.__array__()  # raises with the cure
    return _tensor_as_array(t, *form, **options)


def _lifted_seed(capture: Capture, t: Any, gradient: Any) -> Any:
    seed = _seed(t, gradient)
    return seed if isinstance(seed, Handle) else capture.lift(seed)


def _run_steps(*arguments: Any) -> Any:
    """Run the steps of scan as a loop of the recording."""
    capture = ACTIVE.get()
    if capture is None:
        return _plain_run_steps(*arguments)
    return run_steps(_plain_run_steps, capture, *arguments)


_plain_checkpoint = recompute.apply


def _checkpoint(function: Any, arguments: Any, options: Any) -> Any:
    """Record the function of a checkpoint; the program decides what to keep."""
    if ACTIVE.get() is None:
        return _plain_checkpoint(function, arguments, options)
    leaves, rebuild = recompute.constants(arguments, options)
    positional, named = rebuild(leaves)
    return function(*positional, **named)


_NUMPY, _FLOAT = _Numpy(), _Float()
_CONVERTING = tuple(f"autograd.transforms.{name}" for name in ("runs", "gradients", "jacobians"))


def _swap_class(undo: Undo, cls: Any, name: str, kind: Any) -> None:
    swapped = kind(cls, name)
    if name in cls.__dict__:
        undo.append(partial(setattr, cls, name, swapped.old))
    else:
        undo.append(partial(_remove, cls, name))
    setattr(cls, name, swapped)


def _remove(cls: Any, name: str) -> None:
    if name in cls.__dict__:
        delattr(cls, name)


def _swap_global(undo: Undo, module: Any, name: str, new: Any) -> None:
    space = vars(module)
    if name in space:
        undo.append(partial(space.__setitem__, name, space[name]))
    else:
        undo.append(partial(space.pop, name, None))
    space[name] = new


def _set_all(spaces: list[dict[str, Any]], name: str, x: Any) -> None:
    for space in spaces:
        space[name] = x


@functools.lru_cache(maxsize=2)
def _spaces(known: str, x: Any, count: int, newest: str) -> list[dict[str, Any]]:
    """Return the globals of this library that refer to an object, for this number of modules."""
    return [
        vars(module)
        for name, module in list(sys.modules.items())
        if name.startswith(("autograd.", "nn.")) and not name.startswith("autograd.jit")
        if vars(module).get(known) is x
    ]


def _swap_all(undo: Undo) -> None:
    for cls, name, kind in DESCRIPTORS:
        _swap_class(undo, cls, name, kind)
    for known, old, new in (("np", np, _NUMPY), ("sum_2d", sum_2d, _sum_2d)):
        found = _spaces(known, old, len(sys.modules), next(reversed(sys.modules)))
        undo.append(partial(_set_all, found, known, old))
        _set_all(found, known, new)
    _swap_global(undo, tensor, "_operand", _operand)
    _swap_global(undo, backward, "_any_nan", _any_nan)
    _swap_global(undo, fused, "_is_plain", _is_plain)
    for module, name, seed in _SEEDS:
        _swap_global(undo, module, name, seed)
    _swap_global(undo, scanning, "run_steps", _run_steps)
    _swap_global(undo, recompute, "apply", _checkpoint)
    _swap_method(undo, Handle, "_seed", _lifted_seed)
    _swap_method(undo, tensor.Tensor, "__array__", _as_array)
    for name in _CONVERTING:
        _swap_global(undo, sys.modules[name], "float", _FLOAT)
    optimizers = sys.modules.get("nn.optim.optimizer")
    if optimizers is not None:
        _swap_method(undo, optimizers.Optimizer, "step", Capture.optimizer_step)
    gradients = sys.modules.get("nn.training.gradients")
    if gradients is not None:
        _swap_clipping(undo, gradients)
    modules = sys.modules.get("nn.modules.module")
    if modules is not None:
        call = modules.Module.__call__

        def noted(capture: Capture, module: Any, *inputs: Any, **options: Any) -> Any:
            capture.modules[id(module)] = module
            return call(module, *inputs, **options)

        _swap_method(undo, modules.Module, "__call__", noted)


def _swap_clipping(undo: Undo, gradients: Any) -> None:
    plain_norm, plain_scale = gradients._norm_of, gradients._scale

    def norm_of(parameters: Any) -> Any:
        capture = ACTIVE.get()
        return plain_norm(parameters) if capture is None else gradient_norm(capture, parameters)

    def scaled(parameters: Any, most: Any, norm: Any) -> None:
        capture = ACTIVE.get()
        if capture is None:
            plain_scale(parameters, most, norm)
        elif not scale(capture, parameters, most, norm):
            plain_scale(parameters, most, capture.lift(norm).step.value)

    _swap_global(undo, gradients, "float", _FLOAT)
    _swap_global(undo, gradients, "_norm_of", norm_of)
    _swap_global(undo, gradients, "_scale", scaled)


def _swap_method(undo: Undo, cls: Any, name: str, recorded: Callable[..., Any]) -> None:
    old = cls.__dict__[name]

    def run(self: Any, *arguments: Any, **options: Any) -> Any:
        capture = ACTIVE.get()
        if capture is None:
            return old(self, *arguments, **options)
        return recorded(capture, self, *arguments, **options)

    undo.append(partial(setattr, cls, name, old))
    setattr(cls, name, run)


@contextmanager
def recording(capture: Capture) -> Iterator[None]:
    """Record the computations of this thread inside the block."""
    undo: Undo = []
    with LOCK, undone(undo):
        _swap_all(undo)
        undo.append(partial(ACTIVE.set, ACTIVE.get()))
        ACTIVE.set(capture)
        yield
