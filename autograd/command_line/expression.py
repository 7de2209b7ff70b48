"""Arithmetic as people write it, ``a*b + tanh(c)``, read without running code. Next: `demo.py`."""

from __future__ import annotations

import ast
import importlib.util
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..op import operation_named
from ..value import Value

_BINARY: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS = {
    name: operation_named(name)
    for name in (
        "exp log sqrt sin cos tan tanh sinh cosh arctan sigmoid relu softplus maximum minimum"
    ).split()
} | {"abs": operation_named("absolute")}

# deeper nesting than anyone writes, and far below Python's limit
_DEEPEST = 200


def parse(text: str, numbers: Mapping[str, float]) -> Value:
    """Return the graph of an expression; its names become labelled values.

    Parameters
    ----------
    text : str
        Numbers, names, + - * / **, parentheses, and functions such as tanh.
    numbers : mapping
        The number of every name.

    Raises
    ------
    ValueError
        If the text is no such expression; the message names what is not understood.

    Examples
    --------
    >>> y = parse("a*b + a**2", {"a": 2.0, "b": -3.0})
    >>> y.data
    -2.0
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, MemoryError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ValueError(f"{text[:80]!r} is not an expression: {reason}") from error
    leaves: dict[str, Value] = {}
    try:
        result = _build(tree, numbers, leaves, 0)
    except (ArithmeticError, TypeError) as error:
        raise ValueError(f"{text[:80]!r} cannot be computed: {error}") from error
    unused = sorted(set(numbers) - set(leaves))
    if unused:
        raise ValueError(f"the expression does not use {', '.join(unused)}")
    if not isinstance(result, Value):
        raise ValueError("the expression has no names, so it has no graph; write one as in a*a")
    return result


def _build(
    node: ast.expr, numbers: Mapping[str, float], leaves: dict[str, Value], depth: int
) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"the expression is nested deeper than {_DEEPEST}")

    def inner(part: ast.expr) -> Any:
        return _build(part, numbers, leaves, depth + 1)

    match node:
        case ast.Constant(value=int() | float() as x) if not isinstance(x, bool):
            return float(x)
        case ast.Name(id=name):
            if name not in leaves:
                if name not in numbers:
                    raise ValueError(f"the expression uses {name!r}; give its number: {name}=2")
                leaves[name] = Value(numbers[name], label=name)
            return leaves[name]
        case ast.UnaryOp(op=ast.USub(), operand=x):
            return -inner(x)
        case ast.UnaryOp(op=ast.UAdd(), operand=x):
            return inner(x)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](inner(left), inner(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*[inner(a) for a in args])
    raise ValueError(
        f"{ast.unparse(node)[:60]!r} is not understood: use numbers, names, + - * / ** and "
        f"{', '.join(sorted(_FUNCTIONS))}"
    )


def load(source: str, numbers: Mapping[str, float]) -> Any:
    """Return what a command draws: an expression, or ``file.py:name``, which runs that file.

    Raises
    ------
    ValueError
        If it is neither, or the file has no such name.
    OSError
        If the file cannot be read.
    """
    path, _, name = source.rpartition(":")
    if not path.endswith(".py"):
        return parse(source, numbers)
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location("drawn", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, name):
        raise ValueError(f"{path} has no {name!r}")
    return getattr(module, name)
