"""Guards of a recording of Values: everything that its function reaches. Next: `call.py`.

Numbers and objects that a function finds in its closure, in globals, in modules, classes and lists
are part of its recording. A guard remembers every container on the way, and is checked at each
call. The numbers of Values and float arguments are read anew and need no guard.
"""

from __future__ import annotations

import array
import ctypes
import dis
import functools
import random
import sys
import weakref
from collections import deque
from collections.abc import Iterable, Mapping, MappingView, Sequence
from types import (
    BuiltinFunctionType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    NoneType,
)
from typing import Any

import numpy as np

from ...node import Node
from ...value import Value
from .number import OURS
from .watched import ArrayCopy, Attributes, Bytes, Cell, Class, Entries, Names, Watched

# Objects in these packages are not part of a user's function
_FOREIGN = frozenset(sys.stdlib_module_names) | {"numpy", "autograd", "scipy", "torch", "graphviz"}
_FOREIGN |= {"matplotlib", "mpl_toolkits", "IPython", "ipykernel", "ipywidgets", "tqdm"}
_FOREIGN -= {"__main__"}
_OURS = frozenset({"autograd", "nn"})
# Classes of the standard library that contain users' objects
_HOLDERS = frozenset(
    {"types.SimpleNamespace", "argparse.Namespace", "collections.UserList", "functools.partial"}
)
_IMMUTABLE = frozenset({int, float, bool, str, bytes, complex, NoneType})
_LISTS = (Mapping, list, set, deque)
_BUFFERS = (array.array, bytearray, memoryview)
# Wrappers of functions in classes and elsewhere, and their attributes with the function
_WRAPPERS: dict[type, tuple[str, ...]] = {
    MethodType: ("__self__", "__func__"),
    BuiltinFunctionType: ("__self__",),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    functools.cached_property: ("func",),
    functools.partial: ("func", "args", "keywords"),
    functools.partialmethod: ("func", "args", "keywords"),
}


class Guard:
    """All containers that can be reached from some objects, with their contents.

    Attributes
    ----------
    values, tensors : list
        The nodes found: scalar ones, and others.
    """

    def __init__(self, roots: Iterable[Any], drawing: bool = True) -> None:
        self.entries: list[Any] = []
        self.values: list[Any] = []
        self.tensors: list[Any] = []
        self._generators: list[tuple[Any, Any]] = []
        self._names: dict[str, None] = {}
        self._modules: list[tuple[dict[str, Any], set[str]]] = []
        self._keep: list[Any] = []
        seen: set[int] = set()
        stack = list(roots)
        while stack or (stack := self._of_modules()):
            x = stack.pop()
            if type(x) in _IMMUTABLE or id(x) in seen:
                continue
            seen.add(id(x))
            self._keep.append(x)
            stack += self._inside(x)
        self._drawn = _random_state() if drawing else None  # only needed by `drew`
        self._watched: Watched | None = None

    def holds(self) -> bool:
        """Whether nothing has changed."""
        if self._watched is None:
            self._watched = Watched(self.entries)
        return self._watched.hold()

    def drew(self) -> bool:
        """Whether random numbers were drawn since, from NumPy, `random` or a generator found."""
        return _random_state() != self._drawn or any(
            _state_of(x) != state for x, state in self._generators
        )

    def _note(self, entry: Any) -> list[Any]:
        self.entries.append(entry)
        return list(entry.inside())

    def _inside(self, x: Any) -> list[Any]:
        """Remember a container, and return its contents."""
        kind: Any = type(x)
        if isinstance(x, Node) or hasattr(kind, "__autograd_rank__"):
            (self.values if isinstance(x, Value) else self.tensors).append(x)
            return []
        if isinstance(x, np.random.Generator | np.random.RandomState | random.Random):
            self._generators.append((x, _state_of(x)))
            return []
        if isinstance(x, np.ndarray):
            return self._note(ArrayCopy(x))
        if isinstance(x, FunctionType):
            return self._function(x)
        if isinstance(x, type):
            return self._class(x)
        if isinstance(x, ModuleType):
            if _root(x.__name__) not in _FOREIGN | _OURS:
                self._modules.append((vars(x), set()))
            return []
        found = self._contents(x)
        if not _foreign(kind) and not _is_effect(kind):
            found += [*self._object(x), kind]
        elif _holds_what_is_put_there(kind):
            found += self._object(x)
        return found

    def _contents(self, x: Any) -> list[Any]:
        """Remember the contents of a Python container, and return them."""
        if isinstance(x, tuple | frozenset):
            return list(x)
        if isinstance(x, _LISTS):
            return self._note(Entries(x))
        if isinstance(x, _BUFFERS):
            return self._note(Bytes(x))
        if isinstance(x, MappingView):
            return [getattr(x, "mapping", None)]
        if isinstance(x, weakref.ref):
            return [x()]
        names = next((n for kind, n in _WRAPPERS.items() if isinstance(x, kind)), ())
        found = [getattr(x, name) for name in names]
        # a function that is cached or jitted
        return [*found, _attributes(x).get("__wrapped__")]

    def _function(self, f: FunctionType) -> list[Any]:
        if OURS[f.__code__.co_filename]:
            return self._wrapped(f)
        if _root(f.__globals__.get("__name__")) in _FOREIGN:
            return []
        found = self._note(Attributes(f, ("__code__", "__defaults__", "__kwdefaults__")))
        if f.__dict__:
            found.append(f.__dict__)
        for cell in f.__closure__ or ():
            found += self._note(Cell(cell))
        (names, looked_up), held = _names(f.__code__), f.__globals__
        self._names.update(names)
        found += [sys.modules[n] for n in names if n in sys.modules]  # modules that it imports
        return found + self._note(Names(held, [n for n in looked_up if n in held]))

    def _of_modules(self) -> list[Any]:
        """Remember what the functions found may look up in the modules found, and return it."""
        found = []
        for held, noted in self._modules:
            names = [n for n in self._names if n in held and n not in noted]
            noted.update(names)
            found += self._note(Names(held, names)) if names else []
        return found

    def _wrapped(self, f: FunctionType) -> list[Any]:
        """Return the closure of a function of this library, such as one made by `grad`."""
        found: list[Any] = []
        for cell in map(Cell, f.__closure__ or ()):
            for x in cell.contents:
                if isinstance(x, np.ndarray | np.random.Generator | tuple):
                    found += self._note(cell)
                elif not isinstance(x, Mapping | list | set):
                    found.append(x)
        return found

    def _object(self, x: Any) -> list[Any]:
        found: list[Any] = []
        names = ["__class__"]
        if isinstance(getattr(x, "__dict__", None), dict):
            found += self._note(Entries(vars(x)))
            names.append("__dict__")
        self.entries.append(Attributes(x, names))  # their contents are visited anyhow
        slots = [n for kind in type(x).__mro__ for n in _slots(kind)]
        return found + (self._note(Attributes(x, slots)) if slots else [])

    def _class(self, kind: type) -> list[Any]:
        if _foreign(kind) or _root(kind.__module__) in _OURS:
            return []
        self.entries.append(Attributes(kind, ("__mro__",)))
        return [*kind.__mro__, type(kind), *self._note(Class(kind))]


def is_values_call(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a call is about Values: it can reach Values, and no Tensors."""
    met = _Nodes([function, args, kwargs], drawing=False)
    return bool(met.values) and not met.tensors


class _Nodes(Guard):
    """The nodes that can be reached, up to the first Tensor."""

    def _inside(self, x: Any) -> list[Any]:
        return [] if self.tensors else super()._inside(x)


def _attributes(x: Any) -> dict[str, Any]:
    found = getattr(x, "__dict__", None)
    return found if isinstance(found, dict) else {}


@functools.cache
def _root(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _foreign(kind: type) -> bool:
    module: Any = kind.__module__  # with some metaclasses written in C it is not a string
    if module == "builtins" and kind.__flags__ & _OF_PYTHON:
        return False  # of code that ran without a module, as by exec
    return not isinstance(module, str) or _root(module) in _FOREIGN or module[:8] == "_cython_"


# the flag of classes that are made by a class statement, or in its way
_OF_PYTHON = 1 << 9


@functools.cache
def _slots(kind: type) -> list[str]:
    """Return the names of the slots that a user's class adds."""
    if _foreign(kind):
        return []
    return [name for name, x in vars(kind).items() if isinstance(x, MemberDescriptorType)]


def _holds_what_is_put_there(kind: type) -> bool:
    return f"{kind.__module__}.{kind.__name__}" in _HOLDERS


@functools.cache
def _is_effect(kind: Any) -> bool:
    return any(
        getattr(attribute, "__effect__", False)
        for base in kind.__mro__
        for attribute in vars(base).values()
    )


@functools.lru_cache(maxsize=1024)
def _names(code: Any) -> tuple[dict[str, None], dict[str, None]]:
    """Return the names that a function and its inner functions use, and their globals."""
    found, looked_up, stack = dict[str, None](), dict[str, None](), [code]
    while stack:
        code = stack.pop()
        found.update(dict.fromkeys(code.co_names))  # including names of attributes
        for step in dis.get_instructions(code):
            if step.opname.endswith(("_GLOBAL", "_GLOBALS", "_NAME")):
                looked_up[step.argval] = None
        stack += [c for c in code.co_consts if isinstance(c, type(code))]
    return found, looked_up


def _state_of(x: Any) -> str:
    if isinstance(x, np.random.Generator):
        return repr(x.bit_generator.state)
    return repr(x.getstate() if isinstance(x, random.Random) else x.get_state(legacy=False))


def _random_state() -> tuple[Any, Any]:
    return random.getstate(), _KNOWN.state()


class _NumpyState:
    """The state of ``np.random``, read from memory, as NumPy is slow to return it.

    It changes with every draw, except when the second half of a pair of normal numbers, which
    NumPy keeps, is returned.
    """

    # the words of a Mersenne twister, and its position among them
    SIZE = 625 * 4

    def __init__(self) -> None:
        self._known: tuple[bytes, Any] = b"", None

    def state(self) -> Any:
        """Return an object that stays equal as long as nothing is drawn."""
        generator: Any = np.random.get_bit_generator()  # type: ignore[attr-defined]
        if type(generator) is not np.random.MT19937:
            return repr(np.random.get_state(legacy=False))
        memory = ctypes.string_at(generator.ctypes.state_address, self.SIZE)
        seen, state = self._known
        if seen == memory:
            return state
        found: Any = np.random.get_state()
        state = found[1].tobytes(), found[2:]
        self._known = b"" if found[3] else memory, state
        return state


_KNOWN = _NumpyState()
