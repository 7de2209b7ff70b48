"""Elementwise operations as C expressions, with NumPy's results for nan, infinities and -0.0.

Other operations (`text` returns None) are computed by NumPy between two parts of the C program.
Next: `sums.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..program import Step

# dtype: the C type in memory; a bool is a byte there and a _Bool in a variable
TYPES = {
    "f8": "double",
    "f4": "float",
    "i8": "i64",
    "i4": "int",
    "i2": "short",
    "i1": "signed char",
    "u8": "u64",
    "u4": "unsigned",
    "u2": "unsigned short",
    "u1": "unsigned char",
    "b1": "unsigned char",
}
_INFIX = {"add": "+", "subtract": "-", "multiply": "*"}
_COMPARE = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
}
_LOGICAL = {"logical_and": "{} && {}", "logical_or": "{} || {}", "logical_xor": "{} != {}"}
_BITS = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}
# on bools, add means or, and multiply means and
_OF_BOOLS = {
    "add": "|",
    "multiply": "&",
    "maximum": "|",
    "minimum": "&",
    **_BITS,
}
_TESTS = {
    "isnan": "({0} != {0})",
    "isinf": "(__builtin_isinf({}) != 0)",
    "isfinite": "(__builtin_isfinite({}) != 0)",
    "signbit": "(__builtin_signbit({}) != 0)",
}
# NumPy's names to C's, for functions of one argument, then of two
UNARY = {
    "exp": "fast_exp",
    "log": "fast_log",
    "tanh": "fast_tanh",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "sinh": "sinh",
    "cosh": "cosh",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "exp2": "exp2",
    "expm1": "expm1",
    "log1p": "log1p",
    "log2": "log2",
    "log10": "log10",
    "cbrt": "cbrt",
}
_ROUNDING = {
    "sqrt": "sqrt",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "rint": "rint",
    "fabs": "fabs",
}
BINARY = {"power": "pow", "arctan2": "atan2", "hypot": "hypot"}
_PLAIN_BINARY = {"fmax": "fmax", "fmin": "fmin", "copysign": "copysign"}


@functools.cache
def code(dtype: Any) -> str:
    """Return a dtype as ``f8``."""
    return str(np.dtype(dtype).str[1:])


@functools.cache
def known(dtype: Any) -> bool:
    """Whether C has the dtype, in the byte order of this machine."""
    return np.dtype(dtype).isnative and code(dtype) in TYPES


@functools.cache
def memory_type(dtype: Any) -> str:
    """Return the C type of an entry in memory."""
    return TYPES[code(dtype)]


@functools.cache
def variable_type(dtype: Any) -> str:
    """Return the C type of a local variable."""
    return "_Bool" if np.dtype(dtype).kind == "b" else memory_type(dtype)


def literal(value: Any, dtype: Any) -> str:
    """Return a number as C, exactly."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return "1" if value else "0"
    if kind in "iu":
        n = int(value)
        if n == -(1 << 63):
            return "(-9223372036854775807LL - 1)"
        return f"{n}{'ULL' if kind == 'u' else 'LL'}" if n >= 0 else f"({n}LL)"
    x = float(np.dtype(dtype).type(value))
    if x != x:
        found = '__builtin_nan("")'
    elif abs(x) == np.inf:
        found = "__builtin_inf()" if x > 0 else "(-__builtin_inf())"
    else:
        found = x.hex() if x > 0 or str(x) == "0.0" else f"({x.hex()})"
    return f"((float){found})" if code(dtype) == "f4" else found


def cast(text: str, old: Any, new: Any) -> str:
    """Return an expression in another dtype."""
    old, new = np.dtype(old), np.dtype(new)
    if old == new:
        return text
    if new.kind == "b":
        return f"({text} != 0)"
    if old.kind == "b":  # a choice, as compilers know vectors of truths, but not their numbers
        return f"({text} ? {literal(1, new)} : {literal(0, new)})"
    return f"(({memory_type(new)}){text})"


def common(arguments: Sequence[Step]) -> Any:
    """Return the dtype in which NumPy compares the arguments."""
    return np.result_type(*[a.dtype.type(0).item() if a.weak else a.dtype for a in arguments])


def text(step: Step, refs: Sequence[str]) -> str | None:
    """Return a step as a C expression of its arguments; None if C cannot compute it.

    Parameters
    ----------
    step : Step
        An elementwise one.
    refs : sequence of str
        A variable or literal for each argument, of the argument's dtype.
    """
    arguments, name, dtype = step.arguments, step.name, step.dtype
    if not known(dtype) or not all(known(a.dtype) for a in arguments):
        return None
    if step.weak and not _as_python(step):
        return None
    if dtype.kind in "iu" and _may_not_fit(step, dtype):
        return None
    if name in ("astype", "positive", "item"):
        return cast(refs[0], arguments[0].dtype, dtype)
    if name in _COMPARE:
        loop = common(arguments)
        if not known(loop) or _may_not_fit(step, loop):
            return None
        if loop.kind == "f" and all(a.dtype.kind in "iu" for a in arguments):
            return _of_both_signs(name, refs, arguments)
        a, b = (cast(r, x.dtype, loop) for r, x in zip(refs, arguments, strict=True))
        return f"{a} {_COMPARE[name]} {b}"
    if name in _LOGICAL or name == "logical_not":
        truths = [cast(r, a.dtype, bool) for r, a in zip(refs, arguments, strict=True)]
        return _LOGICAL.get(name, "!{}").format(*truths)
    if name in _TESTS:
        return _TESTS[name].format(*refs) if arguments[0].dtype.kind == "f" else None
    if name == "where":
        truth = cast(refs[0], arguments[0].dtype, bool)
        a, b = (cast(r, x.dtype, dtype) for r, x in zip(refs[1:], arguments[1:], strict=True))
        return f"{truth} ? {a} : {b}"
    if name in ("ldexp", "left_shift", "right_shift"):
        return None
    operands = [cast(r, a.dtype, dtype) for r, a in zip(refs, arguments, strict=True)]
    if dtype.kind == "f":
        return _float(name, operands, "f" if code(dtype) == "f4" else "", arguments)
    return _whole(name, operands, dtype)


def _may_not_fit(step: Step, dtype: Any) -> bool:
    """Whether a Python integer may be out of bounds for a dtype, for which NumPy raises."""
    if dtype.kind not in "iu" or dtype == np.int64:
        return False
    bounds = np.iinfo(dtype)
    whole = [a for a in step.arguments if a.weak and a.dtype.kind == "i"]
    return any(a.kind != "constant" or not bounds.min <= a.value <= bounds.max for a in whole)


def _of_both_signs(name: str, refs: Sequence[str], arguments: Sequence[Step]) -> str:
    """Return a comparison with a 64-bit unsigned integer, which NumPy does not round."""
    first = arguments[0].dtype.kind == "i"
    signed = refs[0] if first else refs[1]
    if_below = name == "not_equal" or name.startswith("less" if first else "greater")
    a, b = (f"(u64){r}" for r in refs)
    return f"{signed} < 0 ? {int(if_below)} : {a} {_COMPARE[name]} {b}"


def _as_python(step: Step) -> bool:
    """Whether C computes the same as Python's operator on numbers, which may raise."""
    if step.name in _COMPARE:
        return len({a.dtype.kind == "f" for a in step.arguments}) == 1
    if step.name == "divide":
        x, y = step.arguments
        return x.dtype.kind == "f" and y.kind == "constant" and y.value != 0
    return step.dtype.kind == "f" and step.name in (
        *_INFIX,
        "negative",
        "positive",
        "item",
        "astype",
    )


def _float(name: str, x: list[str], f: str, arguments: Sequence[Step]) -> str | None:
    a, b = x[0], x[-1]
    if name in _INFIX:
        return f"{a} {_INFIX[name]} {b}"
    if name == "power":
        return _power(a, b, f, *arguments)
    if name in UNARY or name in _ROUNDING:
        return f"{UNARY.get(name) or _ROUNDING[name]}{f}({a})"
    if name in BINARY or name in _PLAIN_BINARY:
        return f"{BINARY.get(name) or _PLAIN_BINARY[name]}{f}({a}, {b})"
    forms = {
        "divide": "{a} / {b}",
        "negative": "-{a}",
        "absolute": "fabs{f}({a})",
        "square": "{a} * {a}",
        "reciprocal": "1 / {a}",
        "maximum": "({a} > {b} || {a} != {a}) ? {a} : {b}",
        "minimum": "({a} < {b} || {a} != {a}) ? {a} : {b}",
        "sign": "{a} != {a} ? {a} : ({a} > 0) - ({a} < 0)",
        "heaviside": "{a} != {a} ? {a} : {a} == 0 ? {b} : {a} > 0",
        "logaddexp": "logaddexp{f}({a}, {b})",
        "remainder": "remainder_of{f}({a}, {b})",
        "floor_divide": "floored{f}({a}, {b})",
        "clip": "clip{f}({all})",
    }
    form = forms.get(name)
    return None if form is None else form.format(a=a, b=b, f=f, all=", ".join(x))


def _power(a: str, b: str, f: str, base: Step, exponent: Step) -> str:
    if exponent.kind == "constant" and not exponent.shape:
        simple = {1.0: a, 2.0: f"{a} * {a}", -1.0: f"1 / {a}"}.get(float(exponent.value))
        if exponent.value == 0.5 and not base.weak:  # for which NumPy takes the root
            simple = f"sqrt{f}({a})"
        if simple is not None:
            return simple
    return f"pow{f}({a}, {b})"


def _whole(name: str, x: list[str], dtype: Any) -> str | None:
    a, b = x[0], x[-1]
    if dtype.kind == "b":
        sign = _OF_BOOLS.get(name)
        return f"{a} {sign} {b}" if sign else f"!{a}" if name == "invert" else None
    if name in _INFIX or name in _BITS:
        return f"{a} {_INFIX.get(name) or _BITS[name]} {b}"
    forms = {
        "negative": "-{a}",
        "invert": "~{a}",
        "square": "{a} * {a}",
        "absolute": "{a} < 0 ? -{a} : {a}",
        "maximum": "{a} > {b} ? {a} : {b}",
        "minimum": "{a} < {b} ? {a} : {b}",
        "sign": "({a} > 0) - ({a} < 0)",
        "remainder": "remainder_of_{kind}({a}, {b})",
        "floor_divide": "floored_{kind}({a}, {b})",
    }
    form, kind = forms.get(name), "i64" if dtype.kind == "i" else "u64"
    return None if form is None else form.format(a=a, b=b, kind=kind)


def is_slow(step: Step) -> bool:
    """Whether a step takes much longer than an addition."""
    return step.kind == "elementwise" and (step.name in UNARY or step.name in BINARY)


def supported(step: Step) -> bool:
    """Whether C computes an elementwise step."""
    return text(step, ["x"] * len(step.arguments)) is not None
