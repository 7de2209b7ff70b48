"""Conversions of nodes to floats and plain arrays, allowed or not by who asks for them.

``float(node)`` asks for the number. But ``a[0] = node`` on a plain array and ``math.exp(node)``
call the same ``__float__``, and would lose the gradient silently; only the bytecode of the caller
tells them apart. Next: `copies.py`.
"""

from __future__ import annotations

import cmath
import dis
import math
import sys
import warnings
from importlib import import_module
from opcode import opmap
from types import CodeType, FrameType, FunctionType
from typing import Any, NoReturn

import numpy as np

from .mode import is_grad_enabled, note_float

STORE = opmap["STORE_SUBSCR"]
_STORES = {opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in opmap}

_OPERATOR = opmap["BINARY_OP"]
_BETWEEN = {opmap["CACHE"], opmap["SWAP"]}

# differentiable functions, and what keeps the gradient if NumPy has none of that name
_KEEPING = {
    **dict.fromkeys(
        "acos acosh asin asinh atan atan2 atanh cbrt cos cosh degrees exp exp2 expm1 fabs fmod "
        "hypot ldexp log log10 log1p log2 pow radians sin sinh sqrt tan tanh".split()
    ),
    "dist": "np.linalg.norm(x - y)",
    "erf": "autograd.special.erf",
    "erfc": "autograd.special.erfc",
    "fsum": "sum",
    "gamma": "autograd.special.gamma",
    "lgamma": "autograd.special.gammaln",
}
_SMOOTH = {
    getattr(module, name): f"{module.__name__}.{name}"
    for module in (math, cmath)
    for name in _KEEPING
    if hasattr(module, name)
}
_NAMES = {*_KEEPING, "fromiter", "fill"}

# what `_read` found at an instruction; keeping the code objects keeps their ids unique
_READ: dict[tuple[int, int], tuple[CodeType, Any]] = {}
_MANY = 10_000


def check_float(name: str) -> None:
    """Check a call of float() on a node, by who makes it.

    Raises TypeError if NumPy does, to store the node in an array; warns if `math` does.
    """
    note_float(f"float() of {name}, as math.exp does,")
    frame = sys._getframe(2)
    known = _READ.get((id(frame.f_code), frame.f_lasti)) or _read(frame.f_code, frame.f_lasti)
    if known[1] is None:
        return
    asks = _resolved(known[1], frame)
    if asks is STORE or asks is np.fromiter or _is_fill(asks):
        raise TypeError(_storing(name, ".item() if the number is meant"))
    function = _SMOOTH.get(asks)
    if function is not None and is_grad_enabled():
        keeping = _KEEPING[asks.__name__] or f"np.{asks.__name__}"
        warnings.warn(
            f"{function} takes the number of {name}, whose gradient is lost by that: use "
            f"{keeping}, or {function}(float(x)) if the number is meant",
            stacklevel=3,
        )


def _is_fill(asks: Any) -> bool:
    """Whether a method is that by which an array of NumPy is filled with one number."""
    named = getattr(asks, "__name__", "") == "fill"
    return named and isinstance(getattr(asks, "__self__", None), np.ndarray)


def _storing(name: str, otherwise: str) -> str:
    return (
        f"storing {name} in a plain array would lose its gradient: make the array a tensor first, "
        f"a = Tensor(a), and then assign; or store its {otherwise}"
    )


def refuse_array(name: str) -> NoReturn:
    """Raise TypeError for the conversion of a tracked tensor to a plain array, with the cure."""
    frame = sys._getframe(2)
    if frame.f_code.co_code[frame.f_lasti] in _STORES:
        raise TypeError(_storing(name, ".data if the numbers are meant"))
    lost = f"turning {name} into a plain array would lose its gradient"
    instead = _of_scipy(frame)
    if instead:
        raise TypeError(
            f"{lost}: use {instead}, which keeps it, or .data or .detach() if it is meant to end "
            "here"
        )
    raise TypeError(
        f"{lost}, which NumPy's functions and the operators keep: a @ b for array.dot(b), np.stack "
        "for np.array of tensors, m + s * rng.normal(size=n) for rng.normal(m, s); use .data or "
        ".detach() if it is meant to end here"
    )


def is_stored_back(frame: FrameType) -> bool:
    """Whether a frame is at ``y[i] += x``: what the operator returns is assigned to ``y[i]``."""
    code, at = frame.f_code.co_code, frame.f_lasti + 2
    if code[frame.f_lasti] != _OPERATOR:
        return False
    while code[at] in _BETWEEN:
        at += 2
    return code[at] in _STORES


_OF_APPROX = {"__eq__", "_as_numpy_array"}


def of_assertion() -> bool:
    """Whether `numpy.testing` or ``pytest.approx`` asks for an array, only to compare it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        # pytest also calls the user's functions, as in raises()
        approx = module.startswith("_pytest.") and frame.f_code.co_name in _OF_APPROX
        if approx or module.startswith("numpy.testing."):
            return True
        if not module.startswith("numpy."):
            return False
        frame = frame.f_back
    return False


def is_table(x: Any) -> bool:
    """Whether x is a Series, Index or DataFrame of pandas."""
    return hasattr(type(x), "__pandas_priority__") and hasattr(x, "to_numpy")


def _priority(node: Any) -> int | None:
    # if pandas leaves ``series += node`` to the node, nothing comes of it
    in_place = sys._getframe(2).f_code.co_name == "_inplace_method"
    return None if in_place else 5000


# makes pandas leave the operators of its tables to nodes, which take them for arrays
priority_over_tables = property(_priority)


def _of_scipy(asking: FrameType) -> str:
    """Return what to use instead, if a function of SciPy asks for an array; '' if nothing."""
    frame: FrameType | None = asking
    found = ""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(
        ("numpy.", "scipy.")
    ):
        found = _of_here(frame) or found
        frame = frame.f_back
    return found


def _of_here(frame: FrameType) -> str:
    """Return the name in `autograd.scipy` of the function that a frame runs, '' if it has none."""
    owner = frame.f_locals.get("self")
    distribution = getattr(owner, "name", type(owner).__name__.removesuffix("_gen"))
    # the frame may be that of a decorator, which has the function in a variable
    inside = [x for x in frame.f_locals.values() if isinstance(x, FunctionType)]
    named = [(frame.f_globals["__name__"], frame.f_code.co_name)]
    for module, name in named + [(x.__module__ or "", x.__name__) for x in inside]:
        path = ".".join(["autograd", *module.split(".")[:2]])
        try:
            home: Any = import_module(path)
            names = home.__all__
        except (ImportError, AttributeError):
            continue
        # other names in these modules are SciPy's own
        if distribution in names and hasattr(getattr(home, distribution), name):
            return f"{path}.{distribution}.{name}"
        if name in names:
            return f"{path}.{name}"
    return ""


def _resolved(asks: Any, frame: FrameType) -> Any:
    """Return the object that the names of a call refer to in a frame; `STORE` as it is."""
    if asks is STORE:
        return STORE
    found = frame.f_locals.get(asks[0], frame.f_globals.get(asks[0]))
    for name in asks[1:]:
        found = getattr(found, name, None)
    return found


def _read(code: CodeType, at: int) -> tuple[CodeType, Any]:
    """Find and remember who asks at an instruction: `STORE`, the names of a function, or None."""
    if len(_READ) >= _MANY:
        _READ.clear()
    asks = STORE if code.co_code[at] in _STORES else _called(code, at)
    known = _READ[id(code), at] = code, asks
    return known


def _called(code: CodeType, at: int) -> tuple[str, ...] | None:
    """Return the names of the function called at an instruction, if it may lose the gradient."""
    if _NAMES.isdisjoint(code.co_names):
        return None
    # the function stands in the source where the call begins: first math, then math.exp
    steps = list(dis.get_instructions(code))
    start = next((_start(step) for step in steps if step.offset == at), None)
    path = [
        step.argval
        for step in steps
        if step.offset < at and "LOAD" in step.opname and start and _start(step) == start
    ]
    return tuple(path) if len(path) in (1, 2, 3) and path[-1] in _NAMES else None


def _start(step: dis.Instruction) -> tuple[int, int] | None:
    """Return the line and column where an expression begins; None if the code has no positions."""
    p = step.positions
    if p is None or p.lineno is None or p.col_offset is None:
        return None
    return p.lineno, p.col_offset
