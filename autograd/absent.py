"""Errors for names of other libraries, which say what to use instead.

Aliases for everything would double what there is to learn, so such names are refused, except those
of HIPS autograd, which has the same import name: they have files of their own. The refusals are
attributes of the classes, because a `__getattr__` slows down every attribute on Python 3.11.
Next: `conversions.py`.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn, Self, TypeVar

import numpy

from .foreign_names import OF_MAKING_VALUES, OF_NODES, OF_OTHERS, OF_TENSORS, OF_VALUES
from .foreign_packages import OF_MODULES, OF_OPTIMIZERS, OF_PACKAGES, OF_PARTS

Class = TypeVar("Class", bound=type)
NO_POWER = "^ is the exclusive or of bits, not a power; write x ** n"


class Absent:
    """A descriptor that raises AttributeError and says what to use instead."""

    __slots__ = ("_cure", "_name")

    def __init__(self, name: str, cure: str) -> None:
        self._name, self._cure = name, cure

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__!r} object has no attribute {self._name!r}; {self._cure}"
        )


class _Unsettable(Absent):
    """An absent attribute that cannot be set either: nothing would read it."""

    __slots__ = ()

    def __set__(self, instance: Any, value: Any) -> NoReturn:
        self.__get__(instance, type(instance))


class _Unmasked:
    """A descriptor for ``_mask``, which `numpy.ma` asks any operand for."""

    __slots__ = ()

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        # without this attribute `numpy.ma` sees no mask, which is right if no gradient is lost
        tracked = instance is not None and instance.requires_grad
        error = TypeError if tracked else AttributeError
        raise error(
            "a masked array would lose the gradient of the node: use np.where(x.mask, 0.0, y), and "
            "x.data or x.filled(0.0) for its numbers"
        )


def _without(*tables: Mapping[str, str], absent: type[Absent] = Absent) -> Callable[[Class], Class]:
    """Add `Absent` attributes to a class, out of sight of static type checkers."""

    def enter(kind: Class) -> Class:
        for table in tables:
            for cure, names in table.items():
                for name in names.split():
                    setattr(kind, name, absent(name, cure.format(name)))
        return kind

    return enter


class _Present:
    """Leaves `Absent` attributes out of ``dir()``."""

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


class InitSignature:
    """The signature that `help` shows: that of ``__init__``, as ``__new__`` takes any arguments."""

    __slots__ = ()

    def __get__(self, instance: Any, owner: Any) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__")  # an instance has that of its __call__
        if owner.__init__ is object.__init__:
            return inspect.Signature()
        found = inspect.signature(owner.__init__)
        return found.replace(parameters=[*found.parameters.values()][1:])


class OptionsOfOthers:
    """A base class whose constructor says what to use instead of options of other libraries."""

    __slots__ = ()

    __signature__ = InitSignature()

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        """Make an instance; raise TypeError for an option of another library."""
        for cure, names in OF_PARTS.items() if options else ():
            for name in options.keys() & names.split():
                known = inspect.signature(cls).parameters
                if name in known or any(p.kind is p.VAR_KEYWORD for p in known.values()):
                    continue
                instead = [word[:-1] for word in cure.split() if word.endswith("=")]
                if not instead or any(word in known for word in instead):
                    raise TypeError(f"{cls.__name__} has no option {name!r}; {cure}")
        if (arguments or options) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__}() takes no arguments")
        return super().__new__(cls)


@_without(OF_MODULES)
class AbsentOfModule(_Present, OptionsOfOthers):
    """What a `Module` does not have."""

    __slots__ = ()


@_without(OF_OPTIMIZERS, absent=_Unsettable)
class AbsentOfOptimizer(_Present, OptionsOfOthers):
    """What an optimizer does not have."""

    __slots__ = ()


_PAIR = "x and y are one argument, the pair (x, y), and options are given by name"


def refuse_options(name: str, options: Iterable[str]) -> None:
    """Raise TypeError for unknown keyword arguments of a method."""
    for option in options:
        cure = f"; {OF_OTHERS[option]}" if option in OF_OTHERS else ""
        raise TypeError(f"{name}() got an unexpected keyword argument {option!r}{cure}")


def refuse_more(form: str, more: Sequence[object], cure: str = _PAIR) -> None:
    """Raise TypeError for more positional arguments than a call of this form has."""
    if more:
        s = "" if len(more) == 1 else "s"
        raise TypeError(f"{form} got {len(more)} positional argument{s} too many; {cure}")


def refuse_making_values(options: Iterable[str]) -> None:
    """Raise TypeError for keyword arguments that the constructor of `Value` does not have."""
    for option in options:
        for cure, names in OF_MAKING_VALUES.items():
            if option in names.split():
                raise TypeError(f"Value() got an unexpected keyword argument {option!r}; {cure}")


def cure_of(package: str, name: str) -> str:
    """Return what to use instead of a name, as the end of an error message; "" if unknown."""
    found = _cure_in((OF_PACKAGES.get(package, {}),), name)
    if found or package != "autograd":
        return found
    # methods of other libraries are functions there, too
    return f"; use np.{name}" if name in numpy.__all__ else _cure_in((OF_NODES, OF_TENSORS), name)


def _cure_in(tables: Iterable[Mapping[str, str]], name: str) -> str:
    for table in tables:
        for cure, names in table.items():
            if name in names.split():
                return f"; {cure.format(name)}"
    return ""


def refuse_name(package: str, name: str) -> NoReturn:
    """Raise AttributeError for a name that a package does not have."""
    raise AttributeError(f"module {package!r} has no attribute {name!r}{cure_of(package, name)}")


def refuse_names_of(*modules: ModuleType) -> None:
    """Make modules raise, with a hint, when asked for a name of another library."""
    for module in modules:
        # a `__getattr__` defined in the module would end the static checks of its names
        vars(module)["__getattr__"] = functools.partial(refuse_name, module.__name__)
        # as of a package, so that ``from module import name`` comes to `_Imports`
        vars(module).setdefault("__path__", [])


class _TensorModule(ModuleType):
    """A module that is called by programs written for ``torch.tensor(...)``."""

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"{self.__name__} is a module; call Tensor(data, requires_grad=True), or Tensor(data) "
            "for a constant"
        )


def refuse_calls_of(module: ModuleType) -> None:
    """Make calls of the module of `Tensor` raise with a hint, for users of ``torch.tensor``."""
    module.__class__ = _TensorModule


class _Imports:
    """Raises for imports of names of other libraries: Python asks it if no module was found.

    ``from autograd import jacrev`` looks for a module of this name last, and ``import`` drops the
    text of an AttributeError; an error that names another module than this it passes on.
    """

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        package, _, name = fullname.rpartition(".")
        cure = cure_of(package, name)
        if cure:
            raise ModuleNotFoundError(f"no {name!r} in {package!r}{cure}")


sys.meta_path.append(_Imports())
