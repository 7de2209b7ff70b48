"""Operations in the words of NumPy, and of SciPy. Next: `torch_words.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    sigmoid_entropy,
    squared,
    squares,
)


def _with(name: str, *parameters: str) -> Words:
    """Write the call of a function of our own, whose parameters come after the arguments."""
    return lambda args, given: (
        f"{name}({', '.join([*args, *(literal(given.get(p)) for p in parameters)])})"
    )


def _inserted(args: list[Argument], given: Mapping[str, Any]) -> str:
    places: list[int] = []
    for start, stop in given["runs"]:
        places += [start - len(places)] * (stop - start)  # positions refer to the original array
    return f"np.insert({args[0]}, {places}, {args[1]}, axis={given['axis']})"


def _array(x: Argument) -> str:
    """Write an argument that can be indexed, even if it is a number."""
    return f"np.float64({x})" if x.is_number else x.tight


_UFUNCS = (
    "sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh absolute square reciprocal maximum minimum where clip sign floor ceil "
    "rint trunc isnan isinf heaviside logical_and logical_or logical_not power divide arctan2 "
    "hypot logaddexp logaddexp2 fmax fmin deg2rad rad2deg degrees radians fabs copysign sinc "
    "float_power floor_divide remainder fmod ldexp i0"
).split()
_SPECIAL = (
    "erf erfc erfcx erfinv erfcinv ndtr ndtri log_ndtr dawsn digamma gammaln gamma rgamma exp1 "
    "expi expit log_expit logit entr i1 i0e i1e j0 j1 y0 y1 beta betaln xlogy xlog1py rel_entr "
    "kl_div gammainc gammaincc iv ive jv yv yn betainc betaincc fdtr fdtrc stdtr special.i0 "
    "special.i1"
).split()
_REDUCED = {"axis": "axis", "keepdims": "keepdims"}
_COUNTED = "np.arange(np.prod(shape, dtype=int)).reshape(shape)"

NUMPY = Spelling(
    "numpy",
    {
        **{name: function(f"np.{name}") for name in _UFUNCS},
        **{name: function(f"special.{name.removeprefix('special.')}") for name in _SPECIAL},
        **INDEXED,
        "getitem": lambda args, given: f"{_array(args[0])}[{subscript(given['index'], literal)}]",
        "sum": method("sum", **_REDUCED),
        "prod": method("prod", **_REDUCED),
        "max": method("max", **_REDUCED),
        "min": method("min", **_REDUCED),
        "logsumexp": function("logsumexp", **_REDUCED),
        "sigmoid": function("sigmoid"),
        "relu": lambda args, given: f"np.maximum({args[0]}, 0)",
        "leaky_relu": lambda args, given: (
            f"np.where({args[0].tight} > 0, {args[0]}, {args[1]} * {args[0].tight})"
        ),
        "softplus": lambda args, given: f"np.logaddexp({args[0]}, 0)",
        "softmax": last("softmax", "axis"),
        "log_softmax": last("log_softmax", "axis"),
        "squared_error": squared,
        "softmax_cross_entropy": lambda args, given: entropy(
            args, given, "log_softmax({}, axis=-1)"
        ),
        "sigmoid_cross_entropy": lambda args, given: sigmoid_entropy(
            args, given, "np.logaddexp({}, 0)"
        ),
        "transpose": function("np.transpose", axes="axes"),
        "broadcast_to": lambda args, given: (
            f"np.broadcast_to({args[0]}, {literal(given['shape'])})"
        ),
        "concatenate": joined("np.concatenate", "axis"),
        "insert": _inserted,
        "stack": joined("np.stack", "axis"),
        "put": lambda args, given: (
            f"put({args[0]}, {literal(given['index'])}, {literal(given['shape'])})"
        ),
        "norm": function("np.linalg.vector_norm", ord="ord", **_REDUCED),
        "einsum": lambda args, given: f"np.einsum({given['subscripts']!r}, {', '.join(args)})",
        "add_n": lambda args, given: " + ".join(a.tight for a in args),
        "isfinite": function("np.isfinite"),
        "var": function("np.var", ddof="ddof", **_REDUCED),
        "std": function("np.std", ddof="ddof", **_REDUCED),
        "squares": squares("np.where({}, {}, 0)", "axis", "keepdims"),
        "polygamma": lambda args, given: f"special.polygamma({given['n']}, {args[0]})",
        "vjp_std": lambda args, given: _with("vjp_std", "axis", "ddof")(args, {"ddof": 0, **given}),
        "vjp_prod": _with("vjp_prod", "axis"),
        "vjp_cumprod": _with("vjp_cumprod", "axis"),
        "nanmax": function("np.nanmax", **_REDUCED),
        "nanmin": function("np.nanmin", **_REDUCED),
        "cumsum": function("np.cumsum", axis="axis"),
        "cumprod": function("np.cumprod", axis="axis"),
        "cummax": function("np.maximum.accumulate", axis="axis"),
        "cummin": function("np.minimum.accumulate", axis="axis"),
        "diff": function("np.diff", n="n", axis="axis"),
        "polyval": function("np.polyval"),
        "gradient": function("np.gradient", axis="axis", edge_order="edge_order"),
        "roll": function("np.roll", shift="shift", axis="axis"),
        "pad": function("np.pad", widths="pad_width", mode="mode", values="constant_values"),
        "fold": _with("fold", "widths", "mode"),
        "add_windows": _with("add_windows", "axis", "shape"),
        "repeat": _with("np.repeat", "counts", "axis"),
        "segment_sum": _with("segment_sum", "counts", "axis"),
        "take_along_axis": _with("np.take_along_axis", "axis"),
        "add_along_axis": _with("add_along_axis", "axis", "shape"),
        "convolve": lambda args, given: (
            f"np.convolve({', '.join(args)}, {given.get('mode', 'full')!r})"
        ),
        "conjugate": lambda args, given: args[0].tight,
        "inv": function("np.linalg.inv"),
        "det": function("np.linalg.det"),
        "cofactor": function("cofactor"),
        "slogdet": lambda args, given: f"np.stack(np.linalg.slogdet({args[0]}), -1)",
        "solve": function("np.linalg.solve"),
        "cholesky": function("np.linalg.cholesky"),
        "normal_ratio": function("normal_ratio"),
        "windows": function(
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
        "assign": ASSIGN.format("np.array(x, float)"),
        "vjp_std": "def vjp_std(g, z, x, axis, ddof):\n"
        "    d = x - x.mean(axis=axis, keepdims=True)\n"
        "    d = d * (np.ptp(x, axis=axis, keepdims=True) > 0)\n"
        "    m = np.ones_like(x).sum(axis=axis, keepdims=True)\n"
        "    g, z = np.reshape(g, m.shape), np.reshape(z, m.shape)\n"
        "    return g * d / ((m - ddof) * np.where(z == 0, 1, z))",
        "vjp_prod": "def vjp_prod(g, z, x, axis):\n"
        "    axes = tuple(range(x.ndim)) if axis is None else tuple(np.atleast_1d(axis))\n"
        "    x = np.moveaxis(x, axes, range(len(axes)))\n"
        "    flat = x.reshape(np.prod(x.shape[: len(axes)], dtype=int), *x.shape[len(axes) :])\n"
        "    one = np.ones_like(flat[:1])\n"
        "    before = np.concatenate([one, flat[:-1]]).cumprod(axis=0)\n"
        "    after = np.concatenate([one, flat[:0:-1]]).cumprod(axis=0)[::-1]\n"
        "    others = np.moveaxis((before * after).reshape(x.shape), range(len(axes)), axes)\n"
        "    return np.reshape(g, others.sum(axis=axes, keepdims=True).shape) * others",
        "vjp_cumprod": "def vjp_cumprod(g, z, x, axis):\n"
        "    x, s = np.moveaxis(x, axis, 0), np.moveaxis(g, axis, 0).copy()\n"
        "    for k in reversed(range(len(x) - 1)):\n"
        "        s[k] += x[k + 1] * s[k + 1]\n"
        "    before = np.concatenate([np.ones_like(x[:1]), x[:-1]]).cumprod(axis=0)\n"
        "    return np.moveaxis(before[: len(x)] * s, 0, axis)",
        "fold": "def fold(x, widths, mode):\n"
        "    shape = [n - sum(width) for n, width in zip(x.shape, widths)]\n"
        "    if mode == 'constant':\n"
        "        return x[tuple(slice(b, b + n) for n, (b, _) in zip(shape, widths))]\n"
        "    z = np.zeros(shape)\n"
        f"    np.add.at(z.reshape(-1), np.pad({_COUNTED}, widths, mode), x)\n"
        "    return z",
        "add_windows": "def add_windows(x, axis, shape):\n"
        "    z, windows = np.zeros(shape), np.lib.stride_tricks.sliding_window_view\n"
        f"    np.add.at(z.reshape(-1), windows({_COUNTED}, x.shape[-1], axis), x)\n"
        "    return z",
        "segment_sum": "def segment_sum(x, counts, axis):\n"
        "    z = np.zeros((*x.shape[:axis], len(counts), *x.shape[axis + 1 :]))\n"
        "    places = np.repeat(np.arange(len(counts)), counts)\n"
        "    np.add.at(z, (*[slice(None)] * axis, places), x)\n"
        "    return z",
        "add_along_axis": "def add_along_axis(x, index, axis, shape):\n"
        "    z = np.zeros(shape)\n"
        f"    np.add.at(z.reshape(-1), np.take_along_axis({_COUNTED}, index, axis), x)\n"
        "    return z",
        "cofactor": "def cofactor(x):\n"
        "    u, s, vt = np.linalg.svd(x)\n"
        "    others = np.where(np.eye(s.shape[-1]), 1, s[..., None, :]).prod(-1)\n"
        "    sign = np.linalg.det(u) * np.linalg.det(vt)\n"
        "    return sign[..., None, None] * (u * others[..., None, :]) @ vt",
        "normal_ratio": "def normal_ratio(x):\n"
        "    return np.sqrt(2 / np.pi) / special.erfcx(-x / np.sqrt(2))",
        "put": "def put(x, index, shape):\n"
        "    z = np.zeros(shape)\n"
        "    np.add.at(z, index, x)\n"
        "    return z",
    },
    "np.full({}, {})",
    "np.array({})",
    dict.fromkeys([*_SPECIAL, "polygamma", "normal_ratio"], "from scipy import special"),
)
NUMPY.helpers["softmax_cross_entropy"] = NUMPY.helpers["log_softmax"]
