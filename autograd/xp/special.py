"""SciPy's special functions on tensors, where SciPy looks for them: ``xp.special``; needs SciPy.

With array API dispatch on, ``scipy.special.erf(x)`` and what is built on it, such as
``scipy.stats``, take the function of this name from here, if there is one. So what has a rule in
`autograd.special` keeps its gradient. Next: `../transforms/trees.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .. import special
from .common import bare, boxed, is_tracked

_scipy: Any = import_module("scipy.special")


def _on_tensors(name: str) -> Callable[..., Any]:
    rule, plain = getattr(special, name), getattr(_scipy, name)

    def function(*arguments: Any, **options: Any) -> Any:
        if is_tracked(list(arguments)):
            if "out" in options or "where" in options:
                raise TypeError(
                    f"{name}: out= and where= would write into an array, which keeps no gradient; "
                    "use the returned tensor"
                )
            return rule(*arguments, **options)
        return boxed(plain(*map(bare, arguments), **options))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"Return ``scipy.special.{name}``; gradients flow as `autograd.special` says."
    )
    return function


# SciPy has no matrix exponential of this name
__all__ = [name for name in special.__all__ if name != "expm"]
globals().update({name: _on_tensors(name) for name in __all__})
