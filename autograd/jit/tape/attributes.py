"""The attributes of Value while a recording runs. Next: `graph.py`.

They are replaced on the class, since the function may use any existing Value. Other threads see
them as well, and get the usual results.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from ...blocks import undone
from ...mode import current_recorder, record_values
from ...op import Op
from ...ops import piecewise
from ...scalar_nodes.node import ScalarNode, is_number
from ...value import Value
from .number import Number, refuse
from .record import Recorder, mixed

# --------------------------------------------------------------------------------------------------
# The attributes of Value while a recording runs

_ORIGINAL: dict[str, Any] = {
    name: getattr(Value, name)
    for name in (
        "__init__",
        "__autograd_apply__",
        "__array_function__",
        "backward",
        "detach",
        "_store",
        "local_derivative",
        "item",
        "__bool__",
        "__float__",
        "__int__",
        "__round__",
        "__format__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
    )
}
_COMPARISONS = {
    "__eq__": piecewise.equal,
    "__ne__": piecewise.not_equal,
    "__lt__": piecewise.less,
    "__le__": piecewise.less_equal,
    "__gt__": piecewise.greater,
    "__ge__": piecewise.greater_equal,
}
_REFUSED = {
    "item": ".item()",
    "__bool__": "a branch (if, while, and, or, not, max, min)",
    "__float__": "float()",
    "__int__": "int()",
    "__round__": "round()",
    "__format__": "a formatted text",
}
_SLOT: Any = vars(ScalarNode)["grad"]
_ABOUT_SHAPE = (np.shape, np.ndim, np.size)


def _active() -> Recorder | None:
    recorder: Recorder | None = current_recorder()
    return None if recorder is None or recorder.paused else recorder


def _compare(name: str) -> Any:
    original, op = _ORIGINAL[name], _COMPARISONS[name]

    def compare(self: Any, other: Any) -> Any:
        recorder = _active()
        if recorder is None:
            return original(self, other)
        if isinstance(other, ScalarNode | Number) or is_number(other):
            return recorder.apply(op, (self, other), {})
        return NotImplemented

    return compare


def _refuse(name: str) -> Any:
    original = _ORIGINAL[name]

    def asked(self: Any, *arguments: Any) -> Any:
        if _active() is None:
            return original(self, *arguments)
        raise refuse(_REFUSED[name])

    return asked


def _init(self: Any, data: Any, _children: Any = (), _op: str = "", label: str = "") -> None:
    recorder = _active()
    if recorder is None:
        _ORIGINAL["__init__"](self, data, _children, _op, label)
        return
    if isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 0:
        data = data[()]
    number = data.value if isinstance(data, Number) else data
    with recorder.pause():
        _ORIGINAL["__init__"](self, number, _children, _op, label)
    recorder.adopt(self, recorder._operand(data if isinstance(data, Number) else self._data))


def _get_data(self: Any) -> Any:
    recorder = _active()
    return self._data if recorder is None else recorder.read(self)


def _set_data(self: Any, data: Any) -> None:
    recorder = _active()
    if recorder is None:
        self._set_data(data)
    else:
        recorder.write(self, data)


def _get_grad(self: Any) -> Any:
    recorder = _active()
    return _SLOT.__get__(self) if recorder is None else recorder.read_grad(self)


def _set_grad(self: Any, grad: Any) -> None:
    recorder = _active()
    if recorder is None:
        _SLOT.__set__(self, grad)
    else:
        recorder.write_grad(self, grad)


def _local_derivative(self: Any) -> Any:
    if _active() is not None:
        raise refuse(".local_derivative")
    return _ORIGINAL["local_derivative"].__get__(self)


def _backward(
    self: Any, gradient: Any = None, *, create_graph: bool = False, release: bool = False
) -> None:
    recorder = _active()
    if recorder is None:
        _ORIGINAL["backward"](self, gradient, create_graph=create_graph, release=release)
    else:
        recorder.backward(self, gradient, create_graph, release)


def _detach(self: Any) -> Value:
    recorder = _active()
    if recorder is None:
        return _ORIGINAL["detach"](self)  # type: ignore[no-any-return]
    return recorder._leaf(self._data, recorder._line(self))


def _store(self: Any, g: Any, shared: bool) -> None:
    if _active() is not None:
        raise mixed("backward")
    _ORIGINAL["_store"](self, g, shared)


def _apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    recorder = _active()
    if recorder is None:
        return _ORIGINAL["__autograd_apply__"](op, inputs, parameters)
    return recorder.apply(op, tuple(inputs), parameters)


def _array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    found = _ORIGINAL["__array_function__"](self, function, types, args, kwargs)
    if _active() is None or function in _ABOUT_SHAPE:
        return found
    if is_number(found) or (
        isinstance(found, bool | np.ndarray) and np.asarray(found).dtype != object
    ):
        raise refuse(f"np.{function.__name__}")
    return found


_PATCHES: dict[str, Any] = {
    "__init__": _init,
    "__autograd_apply__": staticmethod(_apply),
    "__array_function__": _array_function,
    "backward": _backward,
    "detach": _detach,
    "_store": _store,
    "data": property(_get_data, _set_data),
    "grad": property(_get_grad, _set_grad),
    "local_derivative": property(_local_derivative),
    **{name: _compare(name) for name in _COMPARISONS},
    **{name: _refuse(name) for name in _REFUSED},
    "__hash__": object.__hash__,
}
_LOCK = threading.RLock()  # which its thread can take again: see `blocks.tick`
_open: set[object] = set()
_undo: list[Callable[[], object]] = []


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Record operations on Values in this context; other threads are not affected."""
    block = object()
    with undone([partial(_leave, block)]):
        with _LOCK:
            _open.add(block)
            if len(_open) == 1:
                for name in _PATCHES:
                    _patch(name)
        with record_values(recorder):
            yield


def _leave(block: object) -> None:
    with _LOCK:
        _open.discard(block)
        if not _open:
            while _undo:
                _undo[-1]()
                _undo.pop()


def _patch(name: str) -> None:
    if name in vars(Value):
        _undo.append(partial(setattr, Value, name, vars(Value)[name]))
    else:
        _undo.append(partial(_remove, name))
    setattr(Value, name, _PATCHES[name])


def _remove(name: str) -> None:
    if name in vars(Value):
        delattr(Value, name)
