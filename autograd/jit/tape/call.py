"""The arguments of a call: structure, Values, floats. Next: `recording.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...mode import is_grad_enabled
from ...scalar_nodes.node import is_number
from ...transforms.trees import flatten, is_nest
from ...value import Value
from .record import Recorder
from .watched import ArrayCopy

Array = np.ndarray[Any, Any]

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
            # backward inside the function would go on through one that was computed
            return Value, x._a is None, self._first.setdefault(id(x), len(self.values) - 1)
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
        """Return the arguments with recorded numbers in place of floats."""
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
        inside = [swap(x) for x in leaves]
        self._given = rebuild(inside), inside, rebuild
        self._copies = [ArrayCopy(x) for x in inside if isinstance(x, np.ndarray)]
        return self._given[0]

    def is_unchanged(self) -> bool:
        """Whether the function did not change lists, dicts and arrays among its arguments."""
        return is_nest(*self._given) and all(copy.holds() for copy in self._copies)


class Samples:
    """Arguments with a leading axis of samples: those of the first sample, and all floats."""

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
        given = (*args, *kwargs.values())
        if all(isinstance(x, np.ndarray) and x.dtype.kind in "fiu" for x in given):
            # arrays have the same structure in all samples
            self.first = _call_of(args, kwargs, 0)
            rows = [x.reshape(n, -1).astype(np.float64) for x in given]
            self.columns = np.concatenate(rows, axis=1).T
            return
        calls = [_call_of(args, kwargs, i) for i in range(n)]
        self.first = calls[0]
        for i, call in enumerate(calls):
            if call.structure != self.first.structure or call.values:
                raise ValueError(
                    f"jit: sample {i} has another structure than sample 0, or holds Values; the "
                    "samples of a batch are floats in one structure"
                )
        self.columns = np.array([call.floats for call in calls], np.float64).T


def _call_of(args: tuple[Any, ...], kwargs: dict[str, Any], i: int) -> Call:
    """Return the call on one sample."""
    return Call(tuple([_sample(x, i) for x in args]), {k: _sample(x, i) for k, x in kwargs.items()})


def _sample(x: Any, i: int) -> Any:
    found = x[i]
    # integers in data are numbers here, not structure
    if isinstance(found, np.ndarray):
        return found.astype(np.float64)
    if isinstance(found, list | tuple):
        return [_sample(found, k) for k in range(len(found))]
    return float(found) if is_number(found) else found
