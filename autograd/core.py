"""Where programs written for HIPS autograd look for `extend.py` and `tracer.py` as well.

Next: `builtins.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import differential_operators as operators
from .extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
)
from .tracer import Box, getval, isbox
from .vector_space import VSpace, vspace


def make_vjp(fun: Callable[..., Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return the pullback of a function of one argument, and its value.

    Examples
    --------
    >>> from autograd.core import make_vjp
    >>> pull, value = make_vjp(np.square, 3.0)
    >>> value, pull(1.0)
    (9.0, 6.0)
    """
    return operators.make_vjp(fun)(x)  # type: ignore[no-any-return]


__all__ = [
    "Box",
    "VSpace",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "getval",
    "isbox",
    "make_vjp",
    "primitive",
    "vspace",
]
