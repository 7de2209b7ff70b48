"""Lazy imports: names of a package whose modules are imported on first use.

Pictures, files and compilers are most of the library, and few programs need all of them. Next:
`absent.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from .absent import refuse_name


def names_on_demand(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package.

    After its first use a name is an attribute of the package like any other, at no further cost. A
    module must not have the same name as one of the names, which importing it would replace.

    Parameters
    ----------
    package : str
        Name of the package, its ``__name__``.
    homes : mapping of str to str
        For each module the names it defines, separated by spaces. The modules themselves are names
        too; listed are those without others, unless their own is given.

    Returns
    -------
    pair of callables
        The functions that Python calls for a name that is not there yet, and for all names.

    Raises
    ------
    AttributeError
        For a name that is in no module.

    Examples
    --------
    >>> find, _ = names_on_demand("autograd", {"viz": "draw zoom"})
    >>> find("zoom") is autograd.zoom
    True
    """
    space = vars(sys.modules[package])
    home_of = {name: home for home, names in homes.items() for name in (home, *names.split())}

    def find(name: str) -> Any:
        home = home_of.get(name)
        if home is None:
            refuse_name(package, name)
        module = import_module(f"{package}.{home}")
        space[name] = found = module if name == home else getattr(module, name)
        return found

    def names() -> list[str]:
        modules = {home for home, held in homes.items() if not held}
        shown = modules.union(space.get("__all__", ()))
        # other modules are implementation details, which would clutter dir()
        inside = {name for name, x in space.items() if isinstance(x, ModuleType)} | homes.keys()
        return sorted({*space, *home_of} - (inside - shown))

    return find, names
