"""What `jit` returns: a function with its recordings. Next: `passes.py`."""

from __future__ import annotations

import functools
import gc
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..mode import is_grad_enabled
from ..tensor import Tensor
from ..trees import flatten
from .array import RecordedArray
from .capture import ACTIVE, Capture
from .guards import Guards, Reach
from .program import Program, Step
from .signature import Signature
from .sources import Argument
from .swaps import recording
from .tape_jit import is_values_call, jit_values

# More recordings than this mean that the function is another one at every call.
LIMIT = 16


class Recording:
    """One recording: its program, where its inputs come from and where its results go."""

    def __init__(self, function: Callable[..., Any], call: Signature, args: Any, kwargs: Any) -> None:
        self.grad = is_grad_enabled()
        objects = [x for x in call.leaves if not isinstance(x, np.ndarray | Tensor)]
        reach = Reach([function, *objects])
        capture = Capture()
        with recording(capture):
            returned, self.rebuild = _run(function, capture, call, args, kwargs)
            _check_clean(function, reach)
            self.plans = [_Plan(capture, x) for x in returned]
            bindings, updates = capture.results()
        steps = [p.step for p in self.plans if p.step is not None]
        steps += [step for _, step in bindings if step is not None]
        self.program = capture.program(steps, updates)
        self.sources = capture.sources
        self.bindings = bindings
        self.updates = [self.sources[self.program.inputs.index(old)] for old, _ in updates]
        self.steps_taken = list(capture.steps_taken.values())
        self.holds = Guards(reach, capture).compile()
        del capture.data, capture.states, capture.grads
        self.program.forget()

    def fits(self, leaves: Sequence[Any]) -> bool:
        """Whether this recording holds for a call of its signature."""
        return self.grad is is_grad_enabled() and self.holds(leaves)

    def run(self, leaves: Sequence[Any]) -> Any:
        """Run the program, write what it writes, and return what it returns; None if it missed."""
        values = self.program.run([source.read(leaves) for source in self.sources])
        if values is None:
            return None
        values = [np.array(v) if isinstance(v, np.ndarray) else v for v in values]
        found = iter(values)
        result = [p.present(leaves, next(found) if p.step is not None else None) for p in self.plans]
        for source, step in self.bindings:
            source.replace(leaves, None if step is None else next(found))
        for source in self.updates:
            source.write(leaves, next(found))
        for slot, count in self.steps_taken:
            slot.steps += count
        return [self.rebuild(result)]


class _Plan:
    """How one leaf of what the function returned is given back."""

    def __init__(self, capture: Capture, x: Any) -> None:
        self.step: Step | None = capture.output(x)
        self.value = None if self.step is not None else x
        self.tensor = isinstance(x, Tensor)
        self.same: Any = None
        if self.tensor and id(x) in capture.holders:
            self.same, self.step = capture.holders[id(x)], None
        seen = None if self.step is None else self.step.value
        self.scalar = isinstance(seen, np.generic)

    def present(self, leaves: Sequence[Any], value: Any) -> Any:
        """Return this leaf of the result."""
        if self.same is not None:
            return self.same.tensor(leaves)
        if self.step is None:
            return self.value
        if self.tensor:
            found = object.__new__(Tensor)
            found._data = value[()] if isinstance(value, np.ndarray) and not value.ndim else value
            found._shape, found._node = np.shape(value), None
            return found
        return value


def _run(
    function: Callable[..., Any], capture: Capture, call: Signature, args: Any, kwargs: Any
) -> tuple[list[Any], Any]:
    leaves, rebuild = flatten([list(args), kwargs])
    swapped = [_argument(capture, x, i) for i, x in enumerate(leaves)]
    new_args, new_kwargs = rebuild(swapped)
    result = function(*new_args, **new_kwargs)
    return flatten(result)


def _argument(capture: Capture, x: Any, position: int) -> Any:
    if isinstance(x, Tensor):
        return capture.substitute(x, position)
    if type(x) in (float, int) or isinstance(x, np.ndarray | np.generic):
        return capture.argument(Argument(position), x)
    return x


def _check_clean(function: Any, reach: Reach) -> None:
    name = getattr(function, "__name__", "the function")
    if reach.drew():
        raise TypeError(
            f"jit: {name} draws random numbers, which would be the same at every call; draw them "
            "outside and pass them as arguments, or pass the Generator as an argument"
        )
    if not reach.holds():
        raise TypeError(
            f"jit: {name} changes a list, a dict or an attribute, which a replay would not do; "
            "return what is to be kept"
        )


class Compiled:
    """A function that is recorded at its first call of a kind, and replayed at the next ones."""

    def __init__(self, function: Callable[..., Any], backend: str, check_every: int, fallback: bool) -> None:
        self.function = function
        self.backend = backend
        self.check_every = check_every
        self.fallback = fallback
        self.recordings = 0
        self._known: dict[Any, list[Recording]] = {}
        self._values: Any = None
        self._calls = 0
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.get() is not None:
            return self.function(*args, **kwargs)
        call = Signature(args, kwargs)
        leaves = call.leaves
        for found in self._known.get(call.key, ()):
            if found.fits(leaves):
                result = found.run(leaves)
                if result is not None:
                    return result[0]
        found = self._record(call, args, kwargs)
        return found.run(leaves)[0]

    def _record(self, call: Signature, args: Any, kwargs: Any) -> Recording:
        found = Recording(self.function, call, args, kwargs)
        self.recordings += 1
        self._known.setdefault(call.key, []).insert(0, found)
        if not found.fits(call.leaves):
            raise RuntimeError("jit: guards do not hold after recording")
        return found

    def program(self, *args: Any, **kwargs: Any) -> Program:
        call = Signature(args, kwargs)
        for found in self._known.get(call.key, ()):
            if found.fits(call.leaves):
                return found.program
        return self._record(call, args, kwargs).program

    def show(self, *args: Any, **kwargs: Any) -> str:
        return self.program(*args, **kwargs).show()


def jit(fn: Any = None, *, backend: str = "auto", check_every: int = 0, fallback: bool = False) -> Any:
    if fn is None:
        return lambda f: jit(f, backend=backend, check_every=check_every, fallback=fallback)
    return Compiled(fn, backend, check_every, fallback)
