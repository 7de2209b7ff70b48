"""The source code of operations in NumPy and PyTorch, for the exports. Next: `code.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...ops.assignment import survivors
from ..elements.subscripts import subscript


class Argument(str):
    """An argument as source text; `tight` has the parentheses that an attribute access needs."""

    tight: str
    is_number: bool

    def __new__(cls, text: str, simple: bool, is_number: bool = False) -> Argument:
        """Return source text; ``simple`` if it never needs parentheses."""
        found = super().__new__(cls, text)
        found.tight = text if simple else f"({text})"
        found.is_number = is_number
        return found


# None where the library means something else by its words
Words = Callable[[list[Argument], Mapping[str, Any]], str | None]


class Spelling:
    """The names of operations in a library, and helper functions for those it does not have.

    ``full`` and ``array`` make an array of one number, and of given ones.
    """

    def __init__(
        self, library: str, words: dict[str, Words], helpers: dict[str, str], full: str, array: str
    ) -> None:
        self.library = library
        self.words = words
        self.helpers = helpers
        self.full = full
        self.array = array

    def of(self, name: str, args: list[Argument], given: Mapping[str, Any]) -> str | None:
        """Return the source of an operation with its arguments; None if there is none."""
        words = self.words.get(name)
        return None if words is None else words(args, given)


def literal(x: Any) -> str:
    """Write an index, an axis or a shape as Python."""
    if isinstance(x, tuple):
        inner = ", ".join(map(literal, x))
        return f"({inner},)" if len(x) == 1 else f"({inner})"
    if isinstance(x, np.ndarray):
        return literal(x.tolist()) if x.size else f"np.zeros({literal(x.shape)}, int)"
    if isinstance(x, slice):
        return f"slice({literal(x.start)}, {literal(x.stop)}, {literal(x.step)})"
    if isinstance(x, list):
        return f"[{', '.join(map(literal, x))}]"
    if isinstance(x, bool | np.bool_):
        return str(bool(x))
    return "..." if x is Ellipsis else str(int(x)) if isinstance(x, int | np.integer) else repr(x)


def options(given: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Write the keyword arguments that differ from the usual ones."""
    found = ""
    for ours, theirs in names.items():
        x = given.get(ours)
        if x is not None and x is not False:
            one = ours == "axis" and isinstance(x, tuple) and len(x) == 1
            found += f", {theirs}={literal(x[0] if one else x)}"
    return found


def _function(word: str, **names: str) -> Words:
    return lambda args, given: f"{word}({', '.join(args)}{options(given, names)})"


def _method(word: str, **names: str) -> Words:
    def write(args: list[Argument], given: Mapping[str, Any]) -> str:
        said = options(given, names).removeprefix(", ")
        return f"{args[0].tight}.{word}({said})"

    return write


def _joined(word: str, axis: str) -> Words:
    return lambda args, given: f"{word}([{', '.join(args)}], {axis}={given.get('axis', 0)})"


def _inserted(args: list[Argument], given: Mapping[str, Any]) -> str:
    places: list[int] = []
    for start, stop in given["runs"]:
        places += [start - len(places)] * (stop - start)  # positions refer to the original array
    return f"np.insert({args[0]}, {places}, {args[1]}, axis={given['axis']})"


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


def _last(word: str, axis: str) -> Words:
    return lambda args, given: f"{word}({args[0]}, {axis}={literal(given.get('axis', -1))})"


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


def _array(x: Argument) -> str:
    """Write an argument that can be indexed, even if it is a number."""
    return f"np.float64({x})" if x.is_number else x.tight


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
    inner = ", ".join(_positions(p) if isinstance(p, np.ndarray | list) else literal(p) for p in at)
    return f"assign({args[0]}, {args[1]}, ({inner},))"


def _squared(args: list[Argument], given: Mapping[str, Any]) -> str:
    scale = given.get("scale", 1.0)
    return f"{scale!r} * (({args[0].tight} - {args[1].tight}) ** 2).sum()"


def _entropy(args: list[Argument], given: Mapping[str, Any], log_softmax: str) -> str:
    return f"{-given.get('scale', 1.0)!r} * ({args[1].tight} * {log_softmax.format(args[0])}).sum()"


def _sigmoid_entropy(args: list[Argument], given: Mapping[str, Any], softplus: str) -> str:
    z, y = args[0].tight, args[1].tight
    yes, no = softplus.format(f"-{z}"), softplus.format(z)
    return f"{given.get('scale', 1.0)!r} * ({y} * {yes} + (1 - {y}) * {no}).sum()"


_UFUNCS = (
    "sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh absolute square reciprocal maximum minimum where clip sign floor ceil "
    "rint trunc isnan isinf heaviside logical_and logical_or logical_not power divide arctan2 "
    "hypot logaddexp logaddexp2 fmax fmin deg2rad rad2deg degrees radians fabs copysign sinc"
).split()
_REDUCED = {"axis": "axis", "keepdims": "keepdims"}

_INDEXED: dict[str, Words] = {
    "getitem": lambda args, given: f"{args[0].tight}[{subscript(given['index'], literal)}]",
    "reshape": lambda args, given: f"{args[0].tight}.reshape({literal(given['shape'])})",
    "vecdot": lambda args, given: f"({args[0].tight} * {args[1].tight}).sum(-1)",
    "matvec": lambda args, given: f"({args[0].tight} @ {args[1].tight}[..., None])[..., 0]",
    "vecmat": lambda args, given: f"({args[0].tight}[..., None, :] @ {args[1].tight})[..., 0, :]",
    "assign": lambda args, given: f"assign({args[0]}, {args[1]}, {literal(given['index'])})",
}
_ASSIGN = "def assign(x, value, index):\n    z = x.{}()\n    z[index] = value\n    return z"

NUMPY = Spelling(
    "numpy",
    {
        **{name: _function(f"np.{name}") for name in _UFUNCS},
        **_INDEXED,
        "getitem": lambda args, given: f"{_array(args[0])}[{subscript(given['index'], literal)}]",
        "sum": _method("sum", **_REDUCED),
        "prod": _method("prod", **_REDUCED),
        "max": _method("max", **_REDUCED),
        "min": _method("min", **_REDUCED),
        "logsumexp": _function("logsumexp", **_REDUCED),
        "sigmoid": _function("sigmoid"),
        "relu": lambda args, given: f"np.maximum({args[0]}, 0)",
        "leaky_relu": lambda args, given: (
            f"np.where({args[0].tight} > 0, {args[0]}, {args[1]} * {args[0].tight})"
        ),
        "softplus": lambda args, given: f"np.logaddexp({args[0]}, 0)",
        "softmax": _last("softmax", "axis"),
        "log_softmax": _last("log_softmax", "axis"),
        "squared_error": _squared,
        "softmax_cross_entropy": lambda args, given: _entropy(
            args, given, "log_softmax({}, axis=-1)"
        ),
        "sigmoid_cross_entropy": lambda args, given: _sigmoid_entropy(
            args, given, "np.logaddexp({}, 0)"
        ),
        "transpose": _function("np.transpose", axes="axes"),
        "broadcast_to": lambda args, given: (
            f"np.broadcast_to({args[0]}, {literal(given['shape'])})"
        ),
        "concatenate": _joined("np.concatenate", "axis"),
        "insert": _inserted,
        "stack": _joined("np.stack", "axis"),
        "put": lambda args, given: (
            f"put({args[0]}, {literal(given['index'])}, {literal(given['shape'])})"
        ),
        "norm": _function("np.linalg.vector_norm", ord="ord", **_REDUCED),
        "einsum": lambda args, given: f"np.einsum({given['subscripts']!r}, {', '.join(args)})",
        "add_n": lambda args, given: " + ".join(a.tight for a in args),
        "isfinite": _function("np.isfinite"),
        "var": _function("np.var", ddof="ddof", **_REDUCED),
        "std": _function("np.std", ddof="ddof", **_REDUCED),
        "vjp_std": lambda args, given: (
            f"vjp_std({', '.join(args)}, {literal(given.get('axis'))}, {given.get('ddof', 0)!r})"
        ),
        "nanmax": _function("np.nanmax", **_REDUCED),
        "nanmin": _function("np.nanmin", **_REDUCED),
        "cumsum": _function("np.cumsum", axis="axis"),
        "cumprod": _function("np.cumprod", axis="axis"),
        "cummax": _function("np.maximum.accumulate", axis="axis"),
        "cummin": _function("np.minimum.accumulate", axis="axis"),
        "diff": _function("np.diff", n="n", axis="axis"),
        "polyval": _function("np.polyval"),
        "gradient": _function("np.gradient", axis="axis", edge_order="edge_order"),
        "roll": _function("np.roll", shift="shift", axis="axis"),
        "pad": _function("np.pad", widths="pad_width", mode="mode", values="constant_values"),
        "windows": _function(
            "np.lib.stride_tricks.sliding_window_view", window="window_shape", axis="axis"
        ),
    },
    {
        "sigmoid": "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))",
        "softmax": "def softmax(x, axis):\n"
        "    e = np.exp(x - x.max(axis=axis, keepdims=True))\n"
        "    return e / e.sum(axis=axis, keepdims=True)",
        "log_softmax": "def log_softmax(x, axis):\n"
        "    x = x - x.max(axis=axis, keepdims=True)\n"
        "    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))",
        "logsumexp": "def logsumexp(x, axis=None, keepdims=False):\n"
        "    m = x.max(axis=axis, keepdims=True)\n"
        "    r = np.log(np.exp(x - m).sum(axis=axis, keepdims=True)) + m\n"
        "    return r if keepdims else np.squeeze(r, axis=axis)",
        "assign": _ASSIGN.format("copy"),
        "vjp_std": "def vjp_std(g, z, x, axis, ddof):\n"
        "    d = x - x.mean(axis=axis, keepdims=True)\n"
        "    d = d * (np.ptp(x, axis=axis, keepdims=True) > 0)\n"
        "    m = np.ones_like(x).sum(axis=axis, keepdims=True)\n"
        "    g, z = np.reshape(g, m.shape), np.reshape(z, m.shape)\n"
        "    return g * d / ((m - ddof) * np.where(z == 0, 1, z))",
        "put": "def put(x, index, shape):\n"
        "    z = np.zeros(shape)\n"
        "    np.add.at(z, index, x)\n"
        "    return z",
    },
    "np.full({}, {})",
    "np.array({})",
)
NUMPY.helpers["softmax_cross_entropy"] = NUMPY.helpers["log_softmax"]

_DIM = {"axis": "dim", "keepdims": "keepdim"}
_SAME = (
    "sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh square reciprocal maximum minimum sign floor ceil trunc isnan "
    "isinf isfinite sigmoid relu logical_and logical_or logical_not arctan2 hypot logaddexp "
    "logaddexp2 fmax fmin deg2rad rad2deg copysign sinc fmod remainder"
).split()

TORCH = Spelling(
    "torch",
    {
        **{name: _of_tensors(f"torch.{name}") for name in _SAME},
        **_INDEXED,
        "getitem": _read,
        "assign": _written,
        "where": _function("torch.where"),
        "absolute": _function("torch.abs"),
        "clip": _clamp,
        "sum": _along(_method("sum", **_DIM)),
        "prod": _along(_method("prod", **_DIM), 1),
        "max": _along(_method("amax", **_DIM)),
        "min": _along(_method("amin", **_DIM)),
        "erf": _function("torch.erf"),
        "erfc": _function("torch.erfc"),
        "fabs": _function("torch.abs"),
        "logsumexp": _along(_logsumexp),
        "cumsum": _last("torch.cumsum", "dim"),
        "cumprod": _last("torch.cumprod", "dim"),
        "cummax": _values("torch.cummax"),
        "cummin": _values("torch.cummin"),
        "diff": _function("torch.diff", n="n", axis="dim"),
        "roll": _function("torch.roll", shift="shifts", axis="dims"),
        "var": _along(_spread("torch.var")),
        "std": _along(_spread("torch.std")),
        "leaky_relu": _leaky_relu,
        "softplus": _function("torch.nn.functional.softplus"),
        "softmax": _of_one_axis("torch.softmax"),
        "log_softmax": _of_one_axis("torch.log_softmax"),
        "squared_error": _squared,
        "softmax_cross_entropy": lambda args, given: _entropy(
            args, given, "torch.log_softmax({}, dim=-1)"
        ),
        "sigmoid_cross_entropy": lambda args, given: _sigmoid_entropy(
            args, given, "torch.nn.functional.softplus({})"
        ),
        "transpose": lambda args, given: f"{args[0].tight}.permute({literal(given['axes'])})",
        "broadcast_to": lambda args, given: (
            f"torch.broadcast_to({args[0]}, {literal(given['shape'])})"
        ),
        "concatenate": _joined("torch.cat", "dim"),
        "insert": _inserted_by_parts,
        "stack": _joined("torch.stack", "dim"),
        "norm": _along(_function("torch.linalg.vector_norm", ord="ord", **_DIM)),
        "einsum": lambda args, given: f"torch.einsum({given['subscripts']!r}, {', '.join(args)})",
        "add_n": lambda args, given: " + ".join(a.tight for a in args),
    },
    {"assign": _ASSIGN.format("clone")},
    "torch.full({}, {}, dtype=torch.float64)",
    "torch.tensor({})",
)
