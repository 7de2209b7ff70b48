"""Where programs written for HIPS autograd look for `extend.py` and `tracer.py` as well.

Next: `builtins.py`.
"""

from __future__ import annotations

from .differential_operators import _make_jvp as make_jvp
from .differential_operators import _make_vjp as make_vjp
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
    "make_jvp",
    "make_vjp",
    "primitive",
    "vspace",
]
