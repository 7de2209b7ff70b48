"""SciPy's functions, and operations with one known derivative. Next: `normal.py`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..mode import is_grad_enabled
from ..op import Op, register

try:
    scipy: Any = import_module("scipy.special")
    scipy_linalg: Any = import_module("scipy.linalg")
except ImportError as error:
    raise ImportError(
        "autograd.special stands on SciPy, which is not installed: pip install 'glassgrad[scipy]'"
    ) from error


class _OfLast(Op):
    """An operation with a known derivative only for its last argument."""

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        for name, x in zip(self.inputs[:-1], arguments, strict=False):
            if getattr(x, "requires_grad", False) and is_grad_enabled():
                raise TypeError(
                    f"{self.name}: the derivative with respect to {name} is not known; hand over "
                    "numbers without a gradient, such as .detach() gives"
                )
        return super().__call__(*arguments, **parameters)


def of_last(
    name: str, rule: Callable[..., Any], *others: str, last: str = "x", notation: str | None = None
) -> Op:
    """Register SciPy's function of this name with a rule for its last argument only."""
    forward = getattr(scipy, name)
    rules = {**dict.fromkeys(others), last: rule}
    return register(_OfLast(name, forward, rules, elementwise=True, notation=notation), forward)
