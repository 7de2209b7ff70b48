"""The arguments of optimizers, checked: settings and parameters. Next: `../scalar.py`."""

from __future__ import annotations

import math
from typing import Any

from autograd import Tensor, Value
from autograd.settings import checked_number, is_iterable


def checked(optimizer: str, name: str, x: Any, below: float = math.inf) -> float:
    """Return a setting as a float, if it is a number with ``0 <= x < below``."""
    return checked_number(f"{optimizer}: {name}", x, 0, below)


def checked_eps(optimizer: str, eps: Any) -> float:
    """Return eps as a float, if it is a number above 0."""
    if checked(optimizer, "eps", eps) == 0:
        raise ValueError(f"{optimizer}: eps must be above 0, such as 1e-8; it keeps 0 / 0 away")
    return float(eps)


def listed(name: str, parameters: Any) -> list[Any]:
    """Return parameters as a list, if they are several Tensors and Values, not a single one."""
    if isinstance(parameters, Tensor | Value | dict) or not is_iterable(parameters):
        raise TypeError(
            f"{name} takes a list of parameters, got {type(parameters).__name__}; pass "
            "model.parameters(), or [w, b]"
        )
    found = list(parameters)
    for i, p in enumerate(found):
        if not isinstance(p, Tensor | Value):
            raise TypeError(
                f"{name}: parameter {i} is {type(p).__name__}; give Tensors and Values, "
                "as model.parameters() does"
            )
    return found


def checked_parameters(name: str, parameters: Any) -> list[Any]:
    """Return the parameters of an optimizer as a list, if all are leaves that differ."""
    found = listed(name, parameters)
    if not found:
        raise ValueError(
            f"{name} got no parameters; is model.parameters() empty, or used up? Arrays of a "
            "module are trained if they are made by nn.Parameter"
        )
    seen: dict[int, int] = {}
    for i, p in enumerate(found):
        label = f" {p.label!r}" if p.label else ""
        if not p.is_leaf:
            raise ValueError(
                f"{name}: parameter {i}{label} was computed by {p.op and p.op.name}; only leaves "
                "can be changed, make it one with .detach() or Parameter(x.data)"
            )
        if id(p) in seen:
            raise ValueError(
                f"{name}: parameters {seen[id(p)]} and {i}{label} are the same; it would be "
                "changed twice, list it once"
            )
        seen[id(p)] = i
    if not any(p.requires_grad for p in found):
        raise ValueError(
            f"{name}: none of the {len(found)} parameters wants a gradient; make them with "
            "Parameter(...) or requires_grad=True"
        )
    return found
