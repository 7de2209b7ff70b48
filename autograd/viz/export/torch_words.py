"""Operations in the words of PyTorch. Next: `code.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...ops.assignment import survivors
from ..elements.subscripts import subscript
from .spelling import (
    ASSIGN,
    INDEXED,
    Argument,
    Spelling,
    Words,
    entropy,
    function,
    joined,
    last,
    literal,
    method,
    options,
    sigmoid_entropy,
    squared,
    squares,
)


def _inserted_by_parts(args: list[Argument], given: Mapping[str, Any]) -> str:
    """Write an insertion for PyTorch, which has no such function."""
    axis, lead = given["axis"], ":, " * given["axis"]
    x, value = args[0].tight, args[1].tight
    parts, at, taken = [], 0, 0
    for start, stop in given["runs"]:
        before = start - taken
        more = taken + stop - start
        parts += [f"{x}[{lead}{at}:{before}]", f"{value}[{lead}{taken}:{more}]"]
        at, taken = before, more
    return f"torch.cat([{', '.join(parts)}, {x}[{lead}{at}:]], dim={axis})"


def _values(word: str) -> Words:
    return lambda args, given: f"{word}({args[0]}, dim={given.get('axis', -1)!r}).values"


def _logsumexp(args: list[Argument], given: Mapping[str, Any]) -> str:
    axis = given.get("axis")
    keep = ", keepdim=True" if given.get("keepdims") else ""
    if axis is None:
        return f"torch.logsumexp({args[0].tight}.flatten(), 0)"
    return f"torch.logsumexp({args[0]}, {literal(axis)}{keep})"


def _spread(word: str) -> Words:
    """Write a variance or a standard deviation for PyTorch, whose usual divisor is n - 1."""

    def write(args: list[Argument], given: Mapping[str, Any]) -> str:
        said = options(given, {"axis": "dim", "keepdims": "keepdim"})
        return f"{word}({args[0]}{said}, correction={given.get('ddof', 0)!r})"

    return write


def _tensor(x: Argument) -> str:
    return f"torch.tensor({x}, dtype=torch.float64)" if x.is_number else x


def _of_tensors(word: str) -> Words:
    """Write a function of PyTorch that takes no numbers among tensors."""
    return lambda args, given: f"{word}({', '.join(map(_tensor, args))})"


def _clamp(args: list[Argument], given: Mapping[str, Any]) -> str:
    numbers = all(a.is_number for a in args[1:])
    return f"torch.clamp({', '.join(args if numbers else map(_tensor, args))})"


def _leaky_relu(args: list[Argument], given: Mapping[str, Any]) -> str | None:
    x, leak = args
    return f"torch.nn.functional.leaky_relu({x}, {leak})" if leak.is_number else None


def _along(words: Words, most: int = 64) -> Words:
    """Leave out what PyTorch reads in another way: no axes, which it takes for all, or too many."""

    def write(args: list[Argument], given: Mapping[str, Any]) -> str | None:
        axis = given.get("axis")
        fits = not isinstance(axis, tuple) or 0 < len(axis) <= most
        return words(args, given) if fits else None

    return write


def _of_one_axis(word: str) -> Words:
    def write(args: list[Argument], given: Mapping[str, Any]) -> str | None:
        axis = given.get("axis", -1)
        (axis,) = axis if isinstance(axis, tuple) and len(axis) == 1 else (axis,)
        return f"{word}({args[0]}, dim={axis})" if isinstance(axis, int) else None

    return write


def _at(index: Any) -> Any:
    """Return an index as PyTorch reads it; None where it has no such index."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(p, slice) and p.step is not None and p.step < 0 for p in parts):
        return None
    if any(isinstance(p, np.ndarray | list) for p in parts):
        # beside arrays NumPy takes an integer for one, and PyTorch does not
        parts = tuple([p] if isinstance(p, int | np.integer) else p for p in parts)
    return parts


def _positions(x: Any) -> str:
    return f"torch.tensor({np.asarray(x).tolist()}{'' if np.size(x) else ', dtype=int'})"


def _chosen(args: list[Argument], given: Mapping[str, Any]) -> str:
    return f"torch.take_along_dim({args[0]}, {args[1].tight}.long(), {given['axis']})"


def _padded(args: list[Argument], given: Mapping[str, Any]) -> str | None:
    value = given.get("values")
    if given["mode"] != "constant" or (value is not None and len(np.unique(value)) > 1):
        return None
    # PyTorch begins with the last axis
    widths = [n for pair in reversed(given["widths"]) for n in pair]
    said = "" if value is None else f", value={literal(np.unique(value)[0])}"
    return f"torch.nn.functional.pad({args[0]}, {literal(widths)}{said})"


def _where(args: list[Argument], given: Mapping[str, Any]) -> str:
    condition, x, y = args
    # the numbers of an argument; comparisons are masks already
    mask = f"{condition}.bool()" if condition.isidentifier() else condition
    return f"torch.where({mask}, {x}, {y})"


def _put(args: list[Argument], given: Mapping[str, Any]) -> str | None:
    index = given["index"]
    parts = index if isinstance(index, tuple) else (index,)
    # of arrays of positions, some may come twice, and their entries would have to be added
    if _at(index) is None or any(isinstance(p, np.ndarray | list) for p in parts):
        return None
    return f"put({args[0]}, {literal(index)}, {literal(given['shape'])})"


def _permuted(args: list[Argument], given: Mapping[str, Any]) -> str:
    axes = given.get("axes")
    order = tuple(reversed(range(len(given["x_shape"])))) if axes is None else axes
    return f"{args[0].tight}.permute({literal(order)})"


def _read(args: list[Argument], given: Mapping[str, Any]) -> str | None:
    at = _at(given["index"])
    x = _tensor(args[0]) if args[0].is_number else args[0].tight
    return None if at is None else f"{x}[{subscript(at, _positions)}]"


def _written(args: list[Argument], given: Mapping[str, Any]) -> str | None:
    at = _at(given["index"])
    stays = survivors(given["index"], np.zeros(given["x_shape"]))
    # of several numbers written to one place, PyTorch keeps any
    if at is None or not (stays is None or np.all(stays)):
        return None
    parts = [_positions(p) if isinstance(p, np.ndarray | list) else literal(p) for p in at]
    index = "".join(part + ", " for part in parts).rstrip()
    return f"assign({_tensor(args[0])}, {args[1]}, ({index}))"


_DIM = {"axis": "dim", "keepdims": "keepdim"}
_SAME = (
    "sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh square reciprocal maximum minimum sign floor ceil trunc isnan "
    "isinf isfinite sigmoid relu logical_and logical_or logical_not arctan2 hypot logaddexp "
    "logaddexp2 fmax fmin deg2rad rad2deg copysign sinc fmod remainder float_power erf erfc erfinv "
    "digamma logit xlogy"
).split()
_RENAMED = {
    "radians": "deg2rad",
    "degrees": "rad2deg",
    "absolute": "abs",
    "fabs": "abs",
    "gammaln": "lgamma",
    "expit": "sigmoid",
    "log_expit": "nn.functional.logsigmoid",
    "inv": "linalg.inv",
    "det": "linalg.det",
    "solve": "linalg.solve",
    "cholesky": "linalg.cholesky",
    "expm": "linalg.matrix_exp",
    **{name: f"special.{name}" for name in ("erfcx", "ndtr", "ndtri", "log_ndtr", "entr")},
    **{name: f"special.{name}" for name in ("xlog1py", "i0", "i1", "i0e", "i1e")},
    "special.i0": "special.i0",
    "special.i1": "special.i1",
}

TORCH = Spelling(
    "torch",
    {
        **{name: _of_tensors(f"torch.{name}") for name in _SAME},
        **{name: _of_tensors(f"torch.{word}") for name, word in _RENAMED.items()},
        **INDEXED,
        "getitem": _read,
        "assign": _written,
        "put": _put,
        "where": _where,
        "clip": _clamp,
        "sum": _along(method("sum", **_DIM)),
        "prod": _along(method("prod", **_DIM), 1),
        "max": _along(method("amax", **_DIM)),
        "min": _along(method("amin", **_DIM)),
        "logsumexp": _along(_logsumexp),
        "cumsum": last("torch.cumsum", "dim"),
        "cumprod": last("torch.cumprod", "dim"),
        "cummax": _values("torch.cummax"),
        "cummin": _values("torch.cummin"),
        "diff": function("torch.diff", n="n", axis="dim"),
        "roll": function("torch.roll", shift="shifts", axis="dims"),
        "polygamma": lambda args, given: f"torch.special.polygamma({given['n']}, {args[0]})",
        "slogdet": lambda args, given: f"torch.stack(torch.linalg.slogdet({args[0]}), -1)",
        "conjugate": lambda args, given: args[0].tight,
        "take_along_axis": _chosen,
        "repeat": lambda args, given: (
            f"torch.repeat_interleave({args[0]}, {_positions(given['counts'])}, {given['axis']})"
        ),
        "pad": _padded,
        "windows": lambda args, given: (
            f"{args[0].tight}.unfold({given['axis']}, {literal(given['window'])}, 1)"
        ),
        "var": _along(_spread("torch.var")),
        "std": _along(_spread("torch.std")),
        "squares": _along(squares("torch.where({}.bool(), {}, 0)", "dim", "keepdim")),
        "leaky_relu": _leaky_relu,
        "softplus": function("torch.nn.functional.softplus"),
        "softmax": _of_one_axis("torch.softmax"),
        "log_softmax": _of_one_axis("torch.log_softmax"),
        "squared_error": squared,
        "softmax_cross_entropy": lambda args, given: entropy(
            args, given, "torch.log_softmax({}, dim=-1)"
        ),
        "sigmoid_cross_entropy": lambda args, given: sigmoid_entropy(
            args, given, "torch.nn.functional.softplus({})"
        ),
        "transpose": _permuted,
        "broadcast_to": lambda args, given: (
            f"torch.broadcast_to({args[0]}, {literal(given['shape'])})"
        ),
        "concatenate": joined("torch.cat", "dim"),
        "insert": _inserted_by_parts,
        "stack": joined("torch.stack", "dim"),
        "norm": _along(function("torch.linalg.vector_norm", ord="ord", **_DIM)),
        "einsum": lambda args, given: f"torch.einsum({given['subscripts']!r}, {', '.join(args)})",
        "add_n": lambda args, given: " + ".join(a.tight for a in args),
    },
    {
        "assign": ASSIGN.format("x.clone()"),
        "put": "def put(x, index, shape):\n"
        "    z = torch.zeros(shape, dtype=torch.float64)\n"
        "    z[index] = x\n"
        "    return z",
    },
    "torch.full({}, {}, dtype=torch.float64)",
    "torch.tensor({})",
)
