"""Names of other libraries that are not here; asking for one says what to use instead.

A second name for everything would be twice as much to learn, so they are refused; those of HIPS
autograd, which owns the same import name, are in rooms of their own. The refusals are
attributes of the classes, because a `__getattr__` slows down every attribute on Python 3.11.
Next: `conversions.py`.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, NoReturn, Self, TypeVar

import numpy

from .names_of_others import (
    OF_MODULES,
    OF_NODES,
    OF_OPTIMIZERS,
    OF_OTHERS,
    OF_PACKAGES,
    OF_PARTS,
    OF_TENSORS,
    OF_VALUES,
)

Class = TypeVar("Class", bound=type)


class Absent:
    """Stands in a class for an attribute that is not there."""

    __slots__ = ("_cure", "_name")

    def __init__(self, name: str, cure: str) -> None:
        self._name, self._cure = name, cure

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__!r} object has no attribute {self._name!r}; {self._cure}"
        )


class _Unmasked:
    """Stands in a class for the ``_mask`` that `numpy.ma` asks of any operand of its own."""

    __slots__ = ()

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        # what has no such attribute has no mask, to `numpy.ma`: right where no gradient is lost
        tracked = instance is not None and instance.requires_grad
        error = TypeError if tracked else AttributeError
        raise error(
            "a masked array would lose the gradient of the node: use np.where(x.mask, 0.0, y), and "
            "x.data or x.filled(0.0) for its numbers"
        )


def _without(*tables: Mapping[str, str]) -> Callable[[Class], Class]:
    """Enter refusals in a class, where static checkers do not take them for attributes."""

    def enter(kind: Class) -> Class:
        for table in tables:
            for cure, names in table.items():
                for name in names.split():
                    setattr(kind, name, Absent(name, cure.format(name)))
        return kind

    return enter


class _Present:
    """Lists the attributes that are there."""

    __slots__ = ()

    def __dir__(self) -> Iterable[str]:
        own = getattr(self, "__dict__", {})
        return [n for n in super().__dir__() if n in own or hasattr(type(self), n)]


@_without(OF_NODES, OF_VALUES)
class AbsentOfValue(_Present):
    """What a `Value` does not have."""

    __slots__ = ()
    _mask: Any = _Unmasked()


@_without(OF_NODES, OF_TENSORS)
class AbsentOfTensor(_Present):
    """What a `Tensor` does not have."""

    __slots__ = ()
    _mask: Any = _Unmasked()


class _OfInit:
    """The signature of a class whose ``__new__`` takes anything."""

    __slots__ = ()

    def __get__(self, instance: Any, owner: Any) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__")  # that of an instance is of its __call__
        if owner.__init__ is object.__init__:
            return inspect.Signature()
        found = inspect.signature(owner.__init__)
        return found.replace(parameters=[*found.parameters.values()][1:])


class OptionsOfOthers:
    """Says, where one is made, what to use instead of an option that others have."""

    __slots__ = ()

    __signature__ = _OfInit()

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        """Make one; raise TypeError for an option of others."""
        for cure, names in OF_PARTS.items() if options else ():
            for name in options.keys() & names.split():
                known = inspect.signature(cls).parameters
                if name not in known and not any(p.kind is p.VAR_KEYWORD for p in known.values()):
                    raise TypeError(f"{cls.__name__} has no option {name!r}; {cure}")
        if (arguments or options) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__}() takes no arguments")
        return super().__new__(cls)


@_without(OF_MODULES)
class AbsentOfModule(_Present, OptionsOfOthers):
    """What a `Module` does not have."""

    __slots__ = ()


@_without(OF_OPTIMIZERS)
class AbsentOfOptimizer(_Present, OptionsOfOthers):
    """What an optimizer does not have."""

    __slots__ = ()


def refuse_options(name: str, options: Iterable[str]) -> None:
    """Raise TypeError for keyword arguments that a method does not have."""
    for option in options:
        cure = f"; {OF_OTHERS[option]}" if option in OF_OTHERS else ""
        raise TypeError(f"{name}() got an unexpected keyword argument {option!r}{cure}")


def cure_of(package: str, name: str) -> str:
    """Return what to use instead of a name in a package, as the end of an error; "" if unknown."""
    for cure, names in OF_PACKAGES.get(package, {}).items():
        if name in names.split():
            return f"; {cure.format(name)}"
    return f"; use np.{name}" if package == "autograd" and name in numpy.__all__ else ""


def refuse_name(package: str, name: str) -> NoReturn:
    """Raise AttributeError for a name that is not in a package."""
    raise AttributeError(f"module {package!r} has no attribute {name!r}{cure_of(package, name)}")


def refuse_names_of(*modules: ModuleType) -> None:
    """Let modules say what to use where they are asked for a name that others have."""
    for module in modules:
        # not by a definition in the module, which would end the static checks of its names
        vars(module)["__getattr__"] = functools.partial(refuse_name, module.__name__)


class _TensorModule(ModuleType):
    """The module of a class whose name in small letters is a function of others."""

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"{self.__name__} is a module; call Tensor(data, requires_grad=True), or Tensor(data) "
            "for a constant"
        )


def refuse_calls_of(module: ModuleType) -> None:
    """Let the module of `Tensor` say what to call, for programs that call ``torch.tensor``."""
    module.__class__ = _TensorModule


class _Imports:
    """Refuses to import a name that others have: Python asks it where no module was found.

    ``from autograd import jacrev`` looks for a module of this name last, and ``import`` drops the
    text of an AttributeError; an error that names another module than this it passes on.
    """

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        package, _, name = fullname.rpartition(".")
        cure = cure_of(package, name)
        if cure:
            raise ModuleNotFoundError(f"no {name!r} in {package!r}{cure}")


sys.meta_path.append(_Imports())
