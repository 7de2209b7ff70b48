"""jit of a function of Values: record, check the guards, replay. Reading order: `tape.py` first.

The function is run once, on recording terms; afterwards its tape is replayed by NumPy, a level at
a time. Every replay reads all leaves and float arguments anew, and then writes what the function
wrote: gradients, data. What it returns are Values again, connected with the leaves they came from.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..mode import current_recorder, current_watcher, is_grad_enabled
from ..scalar_node import ScalarNode, is_number
from ..trees import flatten
from ..value import Value
from .tape_guard import Guard, same, same_arrays
from .tape_number import Number, _PACKAGES
from .tape_record import Recorder, recording
from .tape_replay import Replay, output_of

Array = np.ndarray[Any, Any]

# More recordings than this mean that the function is another at every call
LIMIT = 16


def is_values_call(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a call is about Values: they are among what it can reach, and no Tensors."""
    met = Guard([function, args, kwargs])
    return bool(met.values) and not met.tensors


def jit_values(function: Callable[..., Any], *, check_every: int = 0) -> JitValues:
    """Return a function of Values that is recorded once and then replayed.

    Parameters
    ----------
    function : callable
        Takes Values, floats, integers, and lists, tuples, dicts and arrays of them. It may call
        ``backward``, change ``.data`` and ``.grad`` of leaves, and call optimizers.
    check_every : int
        Compare every so many calls with the function itself; 0 for never.

    Examples
    --------
    >>> from autograd.jit.tape_jit import jit_values
    >>> w = Value(3.0)
    >>> @jit_values
    ... def step(x, lr):
    ...     loss = (w * x - 1) ** 2
    ...     w.grad = 0.0
    ...     loss.backward()
    ...     w.data -= lr * w.grad
    ...     return loss
    >>> [round(step(2.0, 0.05).data, 4) for _ in range(3)]
    [25.0, 9.0, 3.24]
    """
    return JitValues(function, check_every=check_every)


class JitValues:
    """A function of Values with its recordings; made by `jit_values`."""

    def __init__(self, function: Callable[..., Any], check_every: int = 0) -> None:
        self.function = function
        self.check_every = check_every
        self.recordings: list[Recording] = []
        self.made = 0
        self.calls = 0
        self.eager = ""
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "jit")
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method does; every instance has recordings of its own."""
        if instance is None:
            return self
        bound = JitValues(self.function.__get__(instance, owner), self.check_every)
        if hasattr(instance, "__dict__"):
            object.__setattr__(instance, self.__name__, bound)
        return bound

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay the recording that fits, or make one."""
        if self.eager or current_recorder() is not None or current_watcher() is not None:
            return self.function(*args, **kwargs)
        call = Call(args, kwargs)
        for found in reversed(self.recordings):
            if found.fits(call):
                break
        else:
            found = self._record(call)
            if self.eager:
                return self.function(*args, **kwargs)
        self.calls += 1
        if self.check_every and self.calls % self.check_every == 0:
            return found.checked(call, lambda: self.function(*args, **kwargs))
        return found.run(call)

    def _record(self, call: Call) -> Recording:
        found = Recording(self.function, call)
        self.made += 1
        if found.unguarded or self.made > LIMIT:
            self.eager = found.unguarded or (
                f"it was recorded {self.made} times, as its structure, integers or what it reads "
                "differ from call to call"
            )
            warnings.warn(
                f"jit: {self.__name__} runs without recording from now on: {self.eager}",
                stacklevel=3,
            )
        else:
            self.recordings.append(found)
        return found

    def show(self, limit: int = 200) -> str:
        """Return the newest tape as text, one line a number.

        Raises
        ------
        RuntimeError
            Before the first call.
        """
        if not self.recordings:
            raise RuntimeError(f"jit: {self.__name__} was not called yet; nothing is recorded")
        return self.recordings[-1].replay.tape.show(limit)

    def batch(self, *args: Any, reduction: str = "mean", **kwargs: Any) -> Any:
        """Call on many samples at once, each float argument with one more axis in front.

        The function is that of one sample; it must not call ``backward`` or change anything. The
        loss of the batch comes back as a Value, on which ``backward`` may be called.

        Parameters
        ----------
        reduction : str
            "mean" or "sum" of the results over the samples.

        Raises
        ------
        ValueError, TypeError
            If the lengths differ, or the function changes something.

        Examples
        --------
        >>> from autograd.jit.tape_jit import jit_values
        >>> w = Value(3.0)
        >>> loss = jit_values(lambda x, y: (w * x - y) ** 2).batch([1.0, 2.0], [3.0, 5.0])
        >>> loss.backward()
        >>> loss.data, w.grad
        (0.5, 2.0)
        """
        if reduction not in ("mean", "sum"):
            raise ValueError(f"jit: reduction is 'mean' or 'sum', got {reduction!r}")
        samples = _Samples(args, kwargs)
        call = samples.first
        for found in reversed(self.recordings):
            if found.fits(call):
                break
        else:
            found = self._record(call)
        return found.run_batch(call, samples.columns, reduction == "mean")


# --------------------------------------------------------------------------------------------------
# The arguments of a call


class Call:
    """The arguments of a call: their structure, and the Values and floats in it."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.tree = (args, kwargs)
        self.values: list[Any] = []
        self.floats: list[float] = []
        self.arrays: list[Array] = []
        self.objects: list[Any] = []
        self.grad = is_grad_enabled()
        self._first: dict[int, int] = {}
        self.structure = self._structure(self.tree)

    def _structure(self, x: Any) -> Any:
        kind = type(x)
        if kind is float or isinstance(x, np.floating):
            self.floats.append(float(x))
            return float
        if isinstance(x, dict):
            return kind, tuple([(k, self._structure(v)) for k, v in x.items()])
        if isinstance(x, list | tuple):
            return kind, tuple(map(self._structure, x))
        if isinstance(x, Value):
            self.values.append(x)
            return Value, self._first.setdefault(id(x), len(self.values) - 1)
        if isinstance(x, np.ndarray) and x.dtype != object:
            if x.dtype.kind == "f":
                self.floats += x.ravel().tolist()
                return np.ndarray, x.shape
            self.arrays.append(x)
            return np.ndarray, x.shape, x.dtype
        if isinstance(x, int | str | bool | type(None) | np.generic):
            return kind, x
        self.objects.append(x)
        return kind, id(x)

    def recorded(self, recorder: Recorder) -> Any:
        """Return the arguments with recorded numbers in the places of floats."""
        count = iter(range(len(self.floats)))

        def swap(x: Any) -> Any:
            if type(x) is float or isinstance(x, np.floating):
                k = next(count)
                return recorder.argument(k, self.floats[k])
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                found = np.empty(x.shape, object)
                for i in np.ndindex(x.shape):
                    k = next(count)
                    found[i] = recorder.argument(k, self.floats[k])
                return found
            return x

        leaves, rebuild = flatten(self.tree)
        return rebuild([swap(x) for x in leaves])

    def keep(self) -> None:
        """Hold on to what later calls are compared with."""
        self.arrays = [a.copy() for a in self.arrays]


class _Samples:
    """Arguments with one more axis in front: those of the first sample, and all floats."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        lengths = {len(x) for x in (*args, *kwargs.values()) if not np.isscalar(x)}
        if len(lengths) != 1 or any(np.isscalar(x) for x in (*args, *kwargs.values())):
            raise ValueError(
                f"jit: every argument of a batch has one entry for each sample, got lengths "
                f"{sorted(lengths)} and {sum(map(np.isscalar, args))} single numbers"
            )
        (n,) = lengths
        if n == 0:
            raise ValueError("jit: the batch has no samples; give at least one")
        calls = [
            Call(tuple([_sample(x, i) for x in args]), {k: _sample(x, i) for k, x in kwargs.items()})
            for i in range(n)
        ]
        self.first = calls[0]
        for i, call in enumerate(calls):
            if call.structure != self.first.structure or call.values:
                raise ValueError(
                    f"jit: sample {i} has another structure than sample 0, or holds Values; the "
                    "samples of a batch are floats in one structure"
                )
        self.columns = np.array([call.floats for call in calls], np.float64).T


def _sample(x: Any, i: int) -> Any:
    found = x[i]
    # the integers of data are numbers here, not structure
    if isinstance(found, np.ndarray):
        return found.astype(np.float64)
    if isinstance(found, list | tuple):
        return [_sample(found, k) for k in range(len(found))]
    return float(found) if is_number(found) else found


# --------------------------------------------------------------------------------------------------
# A recording


class Recording:
    """One run of the function: its guards and its program."""

    def __init__(self, function: Callable[..., Any], call: Call) -> None:
        self.unguarded = ""
        self.grad = call.grad
        self.guard = Guard([function, *call.objects])
        recorder = Recorder()
        with recording(recorder):
            args, kwargs = call.recorded(recorder)
            result = function(*args, **kwargs)
            self._check_clean(function)
            leaves, self.rebuild = flatten(result)
            leaves = self._unpacked(leaves)
            for x in leaves:
                _check_output(x)
            outputs = [output_of(x, recorder, call.grad) for x in leaves]
            recorder.store()
        self.structure = call.structure
        self.arrays = [a.copy() for a in call.arrays]
        self._keep = call
        guarded = {id(x) for x in self.guard.values}
        self._shared = {i: x for i, x in enumerate(call.values) if id(x) in guarded}
        self._guarded = guarded
        given = {id(x) for x in call.values}
        for key, x in recorder.outside.items():
            if key not in guarded and key not in given:
                self.unguarded = (
                    f"it uses a leaf ({x.label or x._data}) that was found neither in its "
                    "arguments nor in what its closure and globals hold"
                )
        self.changes = bool(recorder.tape.calls) or any(recorder.tape.writes)
        self.replay = Replay(recorder.tape, outputs, call.values)

    def _check_clean(self, function: Any) -> None:
        name = getattr(function, "__name__", "the function")
        if self.guard.drew():
            raise TypeError(
                f"jit: {name} draws random numbers, which would be the same at every replay; draw "
                "them outside and pass them as arguments"
            )
        if not self.guard.holds():
            raise TypeError(
                f"jit: {name} changes a list, a dict or an attribute, which a replay would not "
                "do; return what is to be kept"
            )

    def _unpacked(self, leaves: list[Any]) -> list[Any]:
        """Replace object arrays of the result by their entries."""
        if not any(isinstance(x, np.ndarray) and x.dtype == object for x in leaves):
            return leaves
        flat: list[Any] = []
        plan: list[Any] = []
        for x in leaves:
            if isinstance(x, np.ndarray) and x.dtype == object:
                plan.append(x.shape)
                flat += x.ravel().tolist()
            else:
                plan.append(None)
                flat.append(x)
        rebuild = self.rebuild

        def packed(found: list[Any]) -> Any:
            given, leaves = iter(found), []
            for shape in plan:
                if shape is None:
                    leaves.append(next(given))
                else:
                    entries = [next(given) for _ in range(math.prod(shape))]
                    leaves.append(np.array(entries).reshape(shape))
            return rebuild(leaves)

        self.rebuild = packed
        return flat

    def fits(self, call: Call) -> bool:
        """Whether this recording is right for a call."""
        return (
            self.structure == call.structure
            and self.grad == call.grad
            and all(map(same_arrays, self.arrays, call.arrays))
            and self._shares(call.values)
            and self.guard.holds()
        )

    def _shares(self, values: list[Any]) -> bool:
        shared, guarded = self._shared, self._guarded
        return all(
            shared[i] is x if i in shared else id(x) not in guarded for i, x in enumerate(values)
        )

    def run(self, call: Call) -> Any:
        """Replay for a call."""
        return self.rebuild(self.replay.run(call.floats, call.values))

    def run_batch(self, call: Call, columns: Array, mean: bool) -> Any:
        """Replay for all samples at once."""
        if self.changes:
            raise TypeError(
                "jit: a function for batches returns its loss and changes nothing; call backward "
                "and update the leaves outside"
            )
        return self.rebuild(self.replay.run_batch(columns, mean))

    def checked(self, call: Call, eager: Callable[[], Any]) -> Any:
        """Replay, and compare with the function itself; an error leaves everything as it was."""
        tape = self.replay.tape
        if tape.calls:
            raise ValueError(
                "jit: check_every cannot run the step of an optimizer twice; write the update with "
                ".data, or leave check_every out"
            )
        touched = [self.replay.bound(x, call.values) for w in tape.writes for x, _, _ in w]
        before = [(x, x._data, x.grad, x._mark) for x in touched]
        found = self.run(call)
        ours = _numbers(found), [(x._data, x.grad) for x in touched]
        after = [(x, x._data, x.grad, x._mark) for x in touched]
        _restore(before)
        theirs = _numbers(eager()), [(x._data, x.grad) for x in touched]
        for a, b in zip(ours, theirs, strict=True):
            # a nan or an infinity of one kind is equal
            if not np.allclose(_flat(a), _flat(b), rtol=1e-9, atol=1e-12, equal_nan=True):
                _restore(before)
                raise RuntimeError(
                    "jit: the replay differs from the function itself; it depends on something "
                    "that the recording cannot see. Pass it as an argument"
                )
        _restore(after)
        return found


def _restore(kept: list[Any]) -> None:
    for x, data, grad, mark in kept:
        x._data, x.grad, x._mark = data, grad, mark


def _numbers(result: Any) -> list[Any]:
    leaves, _ = flatten(result)
    return [getattr(x, "_data", x) for x in leaves if is_number(getattr(x, "_data", x))]


def _flat(x: list[Any]) -> Array:
    return np.array([getattr(e, "_data", e) for e in np.array(x, object).ravel()], np.float64)


def _check_output(x: Any) -> None:
    if isinstance(x, ScalarNode | Number | str | type(None)) or is_number(x):
        return
    if isinstance(x, np.ndarray) and x.dtype != object:
        return
    raise TypeError(
        f"jit: the function returns {type(x).__name__}, which a replay could not make again; "
        "return Values, numbers, and lists, tuples or dicts of them"
    )
