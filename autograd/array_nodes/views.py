"""Views: parts and other shapes of a tensor, which show what is written to it, and write to it.

A tensor is written by becoming a new version, so nothing is shared in memory. What NumPy's views
share is kept up here instead: the tensors of a family, a whole and its views, know each other by
weak references, and each knows the path of operations from the whole to itself. After a write to
one of them the whole is written along the path, and the other views are taken again. Next:
`node.py`.
"""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any
from weakref import ref

import numpy as np

from ..mode import enable_grad, no_grad
from ..op import Op
from ..ops.assignment import assign
from ..ops.indexing import getitem, is_basic
from ..ops.shaping import broadcast_to, reshape, transpose

VIEWS = frozenset({broadcast_to, getitem, reshape, transpose})
MANY = 32  # with so many members, those that are gone are forgotten for the first time

_PRUNING = threading.RLock()  # which its thread can take again: see `blocks.tick`

# () for a whole; else the path of what the view was taken of, the operation and its parameters
Path = tuple[Any, ...]


class Family:
    """A whole and its views, by weak references, with the shape of the whole.

    Every member stands beside the row of the whole in which it lies, None if that is not known: a
    write to one row is no matter for views of others.
    """

    __slots__ = ("limit", "members", "shape")

    def __init__(self, whole: Any) -> None:
        self.members = [(None, ref(whole))]
        self.shape = whole._shape
        self.limit = MANY

    def prune(self) -> None:
        """Forget members that are gone; other threads may add some meanwhile."""
        with _PRUNING:
            known = self.members[:]
            self.members[: len(known)] = [m for m in known if m[1]() is not None]
            self.limit = max(MANY, 2 * len(self.members))

    def others(self, written: Any, row: int | None) -> list[Any]:
        """Return the members that are still there, but for one, without those of other rows."""
        found = [r() for at, r in self.members if row is None or at is None or at == row]
        return [
            m
            for m in found
            if m is not None and m is not written and m._view is not None and m._view[0] is self
        ]


def row_of(index: Any, shape: tuple[int, ...]) -> int | None:
    """Return the row of an array that an index reads from, None if that is not one or not known."""
    first = index[0] if type(index) is tuple and index else index
    return first % shape[0] if type(first) is int else None


def whole_of(x: Any) -> Any:
    """Return the tensor of which x is a view; None if it is none, or the whole is gone."""
    if x._view is None or not x._view[1] or _is_read_only(x._view[1]):
        return None
    family, _, row = x._view
    return next((m for m in family.others(x, row) if not m._view[1]), None)


def linked(view: Any, x: Any, op: Op, parameters: dict[str, Any]) -> Any:
    """Return the result of one of `VIEWS`; it is known as a view of x if it is one in NumPy."""
    if not x._shape:
        return view  # numbers are immutable
    if op is getitem:
        index = parameters["index"]
        if type(index) is not slice and type(index) is not int and not is_basic(index):
            return view
        if not view._shape and (type(index) is not tuple or Ellipsis not in index):
            return view  # a number as well, not an array with one
    elif op is reshape and not (view._shape and _shares(view, x)):
        set_apart(view, x)
        return view
    return link(view, x, op, parameters)


def link(view: Any, x: Any, op: Op, parameters: dict[str, Any], *, read_only: bool = False) -> Any:
    """Return a tensor that is known as a view of x from now on."""
    known = x._view
    if known is None:
        known = x._view = Family(x), (), None
    family, path, row = known
    if not path and op is getitem:
        row = row_of(parameters["index"], x._shape)
    path = path, op, parameters
    if read_only:
        path = path, broadcast_to, {"shape": view._shape}
    view._view = family, path, row
    members = family.members
    members.append((row, ref(view)))
    if len(members) >= family.limit:
        family.prune()
    return view


def _is_read_only(path: Path) -> bool:
    """Whether NumPy refuses to write to a view, as one place may be several entries of it."""
    while path:
        path, op, _ = path
        if op is broadcast_to:
            return True
    return False


def _memory(data: Any) -> Any:
    """Return the array of a tensor, that of this run if it is recorded."""
    return data if type(data) is np.ndarray else getattr(data, "memory", None)


def _shares(view: Any, x: Any) -> bool:
    """Whether a reshaped tensor shows the memory of the other, as its order may allow."""
    z, a = _memory(view._data), _memory(x._data)
    if z is None or a is None or z is a:
        return True
    return z.base is not None and (z.base is a or z.base is a.base)


def is_contiguous(x: Any) -> bool:
    """Whether the entries of a tensor lie one after the other."""
    a = _memory(x._data)
    return a is None or bool(a.flags.c_contiguous)


def unlink(x: Any) -> Any:
    """Return a tensor, which is no view of another from now on."""
    x._view = None
    return x


def set_apart(*tensors: Any) -> None:
    """Let a recording know when tensors are written that would share memory in another layout."""
    for x in tensors:
        if x._view is None and type(x._data) is not np.ndarray:
            x._view = Family(x), (), None


def spread(written: Any, tracked: bool, index: Any = None) -> bool:
    """Show a write to a tensor, or to its ``index``; False if nobody else is there to see it.

    A view of a leaf that was ``tracked`` stays so when it is written where nothing is recorded.
    """
    family, path, row = written._view
    if type(written._data) is not np.ndarray:
        getattr(written._data, "note_layout", bool)()
    if not path:
        row = row_of(index, family.shape)
    if _is_read_only(path):
        unlink(written)  # NumPy refuses to write to it; a tensor of its own from now on
        return False
    others = family.others(written, row)
    if not others:
        if path or row is None:
            unlink(written)
        return False
    whole = next((m for m in others if not m._view[1]), None) if path else written
    if whole is None:
        return _spread_to_parts(written, family, others)
    if whole is not written:
        _write_back(whole, path, written)
        if tracked and written._node is None and whole._node is not None:
            _take_again(written, whole, tracked)
        else:
            _lay_out(written, _data_along(whole._data, path))
    for member in others:
        if member is not whole:
            _take_again(member, whole, member._node is not None)
    return True


def _steps(path: Path) -> list[tuple[Op, dict[str, Any]]]:
    """Return the operations of a path, from the whole to the view."""
    steps = []
    while path:
        path, *step = path
        steps.append(tuple(step))
    return steps[::-1]


def show(x: Any) -> None:
    """Show data that were assigned to a tensor, which is no operation, in its family."""
    if x._view is not None:
        with no_grad():
            spread(x, tracked=x._node is not None)


def _write_back(whole: Any, path: Path, part: Any) -> None:
    """Write a view into its whole, from the end of the path to its beginning."""
    steps, taken = _steps(path), [whole]
    for op, parameters in steps[:-1]:
        taken.append(op(taken[-1], **parameters))
    for before, (op, parameters) in zip(taken[:0:-1], steps[:0:-1], strict=True):
        part = _undone(before, op, parameters, part)
    op, parameters = steps[0]
    if op is getitem:
        whole._set(parameters["index"], part)
    else:
        whole._become(_undone(whole, op, parameters, part))


def _undone(x: Any, op: Op, parameters: dict[str, Any], view: Any) -> Any:
    """Return x, of which a view is changed, as it is then."""
    if op is getitem:
        return assign(x, view, index=parameters["index"])
    if op is reshape:
        return reshape(view, shape=x._shape)
    axes = parameters.get("axes")
    return transpose(view, axes=None if axes is None else tuple(map(int, np.argsort(axes))))


def _take_again(member: Any, whole: Any, tracked: bool) -> None:
    """Take a view again of the whole as it is now, as a part of a graph if it was one.

    A view that was made a leaf stays one, whose data have changed.
    """
    if member._node is not None and member._node._a is None:
        member._take(np.array(_data_along(whole._data, member._view[1])))
        return
    with enable_grad() if tracked else nullcontext():
        member._become(_along(whole, member._view[1]))


def _along(x: Any, path: Path) -> Any:
    for op, parameters in _steps(path):
        x = op(x, **parameters)
    return x


def _data_along(data: Any, path: Path) -> Any:
    for op, parameters in _steps(path):
        data = op.forward(data, **parameters)
    return data


def lie_alike(data: Any, before: Any) -> Any:
    """Return an array whose axes lie in memory as before: that decides what is a view of it."""
    if type(data) is not np.ndarray:
        return getattr(data, "lying_as", lambda _: data)(_memory(before))
    if type(before) is not np.ndarray or data.shape != before.shape:
        return data
    if data.strides == before.strides:
        return data
    found = np.empty_like(before)
    if found.strides == data.strides:
        return data
    found[...] = data
    return found


def _lay_out(written: Any, data: Any) -> None:
    """Let a view that was written lie in memory as it did, which decides what is a view of it."""
    found, wanted = _memory(written._data), _memory(data)
    if wanted is not None and wanted.strides != getattr(found, "strides", None):
        written._data = data


def _spread_to_parts(written: Any, family: Family, others: list[Any]) -> bool:
    """Write what views of a whole that is gone have in common."""
    places = np.arange(np.prod(family.shape, dtype=int)).reshape(family.shape)

    def places_of(x: Any) -> Any:
        return _data_along(places, x._view[1]).ravel()

    if not written._data.size:
        return True  # nothing is written that could be lost
    seen, of_written = False, places_of(written)
    order = np.argsort(of_written)
    for member in others:
        of_member = places_of(member)  # which repeats some if it is read-only
        near = order.take(np.searchsorted(of_written, of_member, sorter=order), mode="clip")
        (common,) = np.nonzero(of_written[near] == of_member)
        if common.size:
            seen = True
            at = np.unravel_index(common, member._shape)
            member._set(at, written[np.unravel_index(near[common], written._shape)])
    return seen
