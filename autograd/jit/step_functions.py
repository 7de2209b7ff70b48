"""Functions of steps for which NumPy has none. Next: `cache.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ops.indexing import is_basic, read_at

REDUCTIONS = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
    np.logical_and: "all",
    np.logical_or: "any",
}


class Bound:
    """A function with all arguments bound except the recorded ones.

    Results that are views of these are copied, as other steps may reuse their memory; ``viewed``
    says whether there were any.
    """

    __slots__ = ("_form", "at", "function", "leaves", "places", "rebuild", "viewed")

    def __init__(
        self,
        function: Any,
        leaves: list[Any],
        rebuild: Any,
        places: list[int],
        at: list[int] | None = None,
    ) -> None:
        self.function = function
        self.leaves = [None if i in places else own(x) for i, x in enumerate(leaves)]
        self.rebuild = rebuild
        self.places = places
        self.viewed = False
        # the numbers of the recorded arguments, if these are no parts of others
        self.at = at
        self._form: Any = None if at is None else rebuild(self.leaves)

    def _filled(self, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        leaves = list(self.leaves)
        for i, value in zip(self.places, values, strict=True):
            leaves[i] = value
        args, kwargs = self.rebuild(leaves)
        return args, kwargs

    def __call__(self, *values: Any) -> Any:
        """Call the function with values in place of the recorded arguments."""
        if self.at is None:
            args, kwargs = self._filled(values)
        else:
            args, kwargs = self._form[0].copy(), self._form[1]
            for i, value in zip(self.at, values, strict=True):
                args[i] = value
        found = self.function(*args, **kwargs)
        if shares(found, values):
            self.viewed = True
            return copied(found)
        return found


def own(x: Any) -> Any:
    """Return a parameter with copies of its arrays, to which the function may write later."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind([e if type(e) is int else own(e) for e in x])
    return x.copy() if isinstance(x, np.ndarray) else x


def is_as_recorded(x: Any, step: Any) -> bool:
    """Whether a recorded constant has not been written to since."""
    if step.kind != "constant" or not isinstance(x, np.ndarray):
        return True
    return bool(x.tobytes() == step.value.tobytes())


def masked(ufunc: Any, inputs: Any, where: Any, before: Any, **options: Any) -> Any:
    """Return an array after a ufunc has written to it where a mask is true."""
    return ufunc(*inputs, out=np.array(before), where=where, **options)


class OtherSizeError(Exception):
    """A result has another shape than in the recording."""


def _form(x: Any) -> Any:
    return (x.shape, x.dtype) if isinstance(x, np.ndarray | np.generic) else type(x)


class Sized:
    """A function whose result must have the same form in every call.

    Raises
    ------
    OtherSizeError
        If the result of a later call has another shape or dtype.
    """

    def __init__(self, function: Any) -> None:
        self.function = function
        self.form: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, and compare."""
        found = self.function(*args, **kwargs)
        form = [_form(x) for x in (found if isinstance(found, tuple | list) else (found,))]
        if self.form is None:
            self.form = form
        elif form != self.form:
            raise OtherSizeError
        return found


def copied_in_order(x: Any, axes: tuple[int, ...]) -> Any:
    """Return a copy whose axes follow each other in memory as given, the outermost first."""
    return np.transpose(np.array(np.transpose(x, axes), order="C"), np.argsort(axes))


def copied(found: Any) -> Any:
    """Return an array, or a tuple of arrays, copied if they are views."""
    if not isinstance(found, tuple | list):
        return found.copy() if isinstance(found, np.ndarray) else found
    many: Any = type(found)
    parts = [copied(x) for x in found]
    return many(parts) if many in (tuple, list) else many(*parts)


def shares(found: Any, arguments: Sequence[Any]) -> bool:
    """Whether a result, or a part of it, may share memory with an argument."""
    if isinstance(found, tuple | list):
        return any(shares(x, arguments) for x in found)
    if not isinstance(found, np.ndarray):
        return False
    own = found.base is None
    for x in arguments:
        if isinstance(x, np.ndarray) and (
            x is found or x.base is found if own else np.may_share_memory(found, x)
        ):
            return True
    return False


def is_there(x: Any) -> bool:
    """Return True; its arguments are computed, and thereby compared."""
    return True


def _reducer(name: str) -> Callable[..., Any]:
    reduce = getattr(np, name).reduce

    def run(x: Any, axis: Any, keepdims: bool) -> Any:
        return reduce(x, axis, None, None, keepdims)

    return run


REDUCERS = {u: _reducer(u.__name__) for u in REDUCTIONS}


def astype(x: Any, dtype: Any) -> Any:
    """Return x in a dtype; a NumPy scalar for a number."""
    return np.asarray(x).astype(dtype)[()]


def reshape(x: Any, shape: Any) -> Any:
    """Return x in a shape."""
    return np.reshape(x, shape)


def getitem(x: Any, *index: Any) -> Any:
    """Return entries of x, by an index that may contain arrays."""
    alone = len(index) == 1 and type(x) is type(index[0]) is np.ndarray
    return read_at(x, index[0]) if alone else x[index]


def getitem_basic(x: Any, index: Any) -> Any:
    """Return a view of x."""
    return x[index]


def assign(x: Any, value: Any, *index: Any) -> Any:
    """Return a copy of x in which some entries have another value."""
    z = np.array(x)
    z[index] = value
    return z


def concatenate(*xs: Any, axis: int) -> Any:
    """Return arrays joined along an axis."""
    return np.concatenate(xs, axis)


def part_of(x: Any, part: int) -> Any:
    """Return one entry of a tuple."""
    return x[part]


def item(x: Any) -> Any:
    """Return the only entry as a Python number."""
    return x.item() if hasattr(x, "item") else x


def scattered(step: Any, z: Any) -> Any:
    """Return the part of an array z for the argument of a step that is 0 elsewhere.

    None if the step is anything else, or its index is not basic.
    """
    if step.name != "put" or not isinstance(step.function, Bound) or len(step.arguments) != 1:
        return None
    _, given = step.function.rebuild(step.function.leaves)
    (x,), index = step.arguments, given.get("index")
    if step.function.places != [0] or not is_basic(index) or x.dtype != step.dtype:
        return None
    parts = index if isinstance(index, tuple) else (index,)
    part = z[parts if any(i is Ellipsis for i in parts) else (*parts, ...)]
    return part if part.shape == x.shape else None


def view(step: Any, x: Any) -> Any:
    """Return a view of x as an array, also if it is a single number."""
    if step.name == "getitem" and not step.shape:
        index = step.parameters["index"]
        parts = index if isinstance(index, tuple) else (index,)
        if not any(part is Ellipsis for part in parts):
            parts = (*parts, Ellipsis)
        return np.asarray(x[parts])
    return np.asarray(step.compute([x]))
