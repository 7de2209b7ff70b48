"""Breaks of the rules that change nothing, each with the reason; `mutants.py` sets them aside.

A break is told by its file, the line, what is done, and to what of it.
"""

from __future__ import annotations

MASKED = "a number in the place of what is masked out, or is multiplied by 0"
SIGN = "any number of that sign will do"
TERM = "a term more or less of a series that has converged"
NEAR = "between the two limits both ways are right"
SQUARE = "the other of two axes of one length"
WAY = "another way to the same result, which takes longer"
PARITY = "only the sign counts, or whether it is odd"
ONES = "ones more in a product"
FINITE = "any finite number will do in the place of an infinite one"
NONE = "there are no numbers of which it could be the derivative"
LATER = "what is 0 or not finite remains so up to the end"
WRITTEN = "what is written is written over"
AXES = "of as many axes, counted from the front or from the back"

_LARGE = "elif len(shape) > 1 and np.size(x) >= LARGE and 2 * np.size(x) >= z.size:"
_ALIKE = "if axis == 0 and shape and all([type(x) is np.ndarray and x.shape == shape for x in xs]):"
_REGULAR = (
    "REGULAR = 1e8  # the condition of a matrix up to which its inverse stands for its cofactors"
)
_FEW = "if type(g) is type(index) is np.ndarray and FEW * index.size <= len(g):"
_COPIED = "places = np.arange(n) if n <= 2 * near else np.r_[:near, n - near : n]"
_LOOKED = "if len(shape) < 2 or places.size > n or places.size == 0:"

_FOUND: dict[str, list[tuple[str, str, str, str]]] = {
    "activations": [
        ("if x >= 0:", "shift constant", "0", NEAR),
        (
            'if type(x) is not ndarray or x.dtype.kind != "f":',
            "negate comparison",
            "x.dtype.kind != 'f'",
            WAY,
        ),
        (
            'if type(x) is ndarray and x.dtype.kind == "f":',
            "negate comparison",
            "x.dtype.kind == 'f'",
            WAY,
        ),
    ],
    "elementwise": [
        ("x = np.where(none & (y == 0), 1, x)", "shift constant", "1", MASKED),
        ("if y == -1:", "drop minus", "-1", WAY),
        ("_WHOLE = range(3, 17)", "shift constant", "3", WAY),
        ("_WHOLE = range(3, 17)", "shift constant", "17", WAY),
        (
            "if alike and type(d) is np.ndarray and d.dtype is g.dtype and d.size > 1:",
            "negate comparison",
            "d.size > 1",
            WAY,
        ),
        (
            "if alike and type(d) is np.ndarray and d.dtype is g.dtype and d.size > 1:",
            "shift constant",
            "1",
            WAY,
        ),
        (
            "return y * np.power(x, y - 1) if y != 0 else 0 * np.sign(x)",
            "drop right factor",
            "0 * np.sign(x)",
            "zeros of any shape are 0 times the gradient",
        ),
        (
            "return x * (2 * g.item(0))",
            "shift constant",
            "0",
            "all entries of a number that is stretched are that number",
        ),
        (
            "c = g / y if x_shape == y_shape else by_rows(np.divide, g, y)",
            "negate comparison",
            "x_shape == y_shape",
            WAY,
        ),
    ],
    "elementwise_more": [
        (
            "_I1 = [1 / (math.factorial(k) * math.factorial(k + 1)) for k in range(30)]",
            "shift constant",
            "30",
            TERM,
        ),
        (
            "return y * np.float_power(np.where((x == 0) & (y == 0), 1, x), y - 1)",
            "shift constant",
            "1",
            MASKED,
        ),
        (
            "return np.heaviside(np.where(np.isnan(d), np.where(np.isnan(y), 1, -1), d), 0.5)",
            "shift constant",
            "1",
            SIGN,
        ),
        (
            "_SINC = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 12)]",
            "shift constant",
            "12",
            TERM,
        ),
        ("series: Any = _SINC[-1]", "shift constant", "1", TERM),
        ("for c in _SINC[-2::-1]:", "shift constant", "2", TERM),
        ("formula = (np.cos(t) - z) / np.where(near, 1, x)", "shift constant", "1", MASKED),
        (
            "return np.where(near, math.pi * _sinc_series(np.where(near, t, 0)), formula)",
            "shift constant",
            "0",
            MASKED,
        ),
        ("near = np.nonzero(np.absolute(t) < 1)", "shift constant", "1", NEAR),
        ("near = np.absolute(t) < 1", "shift constant", "1", NEAR),
        ("points = 256", "shift constant", "256", TERM),
        ("far = np.nonzero(np.abs(x) > 8)", "shift constant", "8", NEAR),
        ("half[far] = 0", "shift constant", "0", WRITTEN),
        ("found = np.full(x.shape, _I1[-1])", "shift constant", "1", TERM),
    ],
    "indexing": [
        (_LARGE, "negate comparison", "len(shape) > 1", WAY),
        (_LARGE, "shift constant", "1", WAY),
        (_LARGE, "shift constant", "2", WAY),
        (_LARGE, "negate comparison", "2 * np.size(x) >= z.size", WAY),
        (_LARGE, "swap Mult", "2 * np.size(x)", WAY),
        (_LARGE, "drop left factor", "2 * np.size(x)", WAY),
        (_LARGE, "drop right factor", "2 * np.size(x)", WAY),
        (_LOOKED, "negate comparison", "len(shape) < 2", WAY),
        (_LOOKED, "shift constant", "2", WAY),
        (_LOOKED, "negate comparison", "places.size > n", WAY),
        (
            "if type(z) is not np.ndarray or z.dtype != x.dtype or not is_basic(index):",
            "negate comparison",
            "z.dtype != x.dtype",
            WAY,
        ),
    ],
    "windows": [
        ("near = max(before, after) + 1", "shift constant", "1", WAY),
        (_COPIED, "shift constant", "2", WAY),
        (_COPIED, "drop left factor", "2 * near", WAY),
    ],
    "assignment": [
        (_FEW, "negate comparison", "FEW * index.size <= len(g)", WAY),
        (_FEW, "drop left factor", "FEW * index.size", WAY),
        (_FEW, "drop right factor", "FEW * index.size", WAY),
    ],
    "differences": [
        (
            "first, last, inner = _part(axis, 0, 1), _part(axis, -1, None), _part(axis, 1, -1)",
            "shift constant",
            "1",
            WRITTEN,
        ),
        (
            "shape = (-1,) + (1,) * (len(np.shape(g)) - axis - 1)",
            "shift constant",
            "1",
            "any negative number stands for the unknown length",
        ),
    ],
    "fused": [
        ("if x.ndim > 2:", "shift constant", "2", WAY),
        (
            "return _linear(as_rows(x), w, b).reshape(*x.shape[:-1], w.shape[-1])",
            "drop minus",
            "-1",
            AXES,
        ),
        (
            'if a.ndim == 2 and a.dtype.kind == "f":',
            "negate comparison",
            "a.dtype.kind == 'f'",
            WAY,
        ),
    ],
    "reductions": [
        ("g = keep(g, x_shape, axis) / np.where(z == 0, 1, z)", "shift constant", "1", MASKED),
        (
            "n = math.prod(x_shape) // (math.prod(kept_shape(x_shape, axis)) or 1)",
            "shift constant",
            "1",
            NONE,
        ),
        ("return keep(g, x_shape, axis) * x", "swap Mult", "keep(g, x_shape, axis) * x", NONE),
        (
            "return keep(g, x_shape, axis) * x",
            "drop left factor",
            "keep(g, x_shape, axis) * x",
            NONE,
        ),
        (
            "last = z[(*(slice(None),) * axis, slice(-1, None))]",
            "shift constant",
            "1",
            LATER,
        ),
        (
            "n = x.size // (math.prod(kept_shape(x.shape, axis)) or 1)",
            "shift constant",
            "1",
            NONE,
        ),
        (
            "first = tuple(slice(0, 1) if k == 1 else slice(None) for k in kept.shape)",
            "shift constant",
            "1",
            "where the spread is small the second number is as large as the first",
        ),
    ],
    "softmaxes": [
        (
            "return m if np.isfinite(m).all() else np.where(np.isfinite(m), m, 0)",
            "shift constant",
            "0",
            FINITE,
        ),
        (
            "p, total = np.where(np.isfinite(r), p, 0), np.where(np.isfinite(r), total, 1)",
            "shift constant",
            "1",
            MASKED,
        ),
        ("if axis == z.ndim - 1:", "swap Sub", "z.ndim - 1", WAY),
    ],
    "linalg": [
        ("if len(x_shape) == 2 and y.ndim == 2:", "negate comparison", "len(x_shape) == 2", WAY),
        ("if len(x_shape) == 2 and y.ndim == 2:", "shift constant", "2", WAY),
        (
            'plain = ord == 2 and type(x) is np.ndarray and x.dtype.kind == "f"',
            "negate comparison",
            "x.dtype.kind == 'f'",
            WAY,
        ),
        (
            "return sum_to(np.expand_dims(x, -1) * np.expand_dims(g, -2), y_shape)",
            "drop minus",
            "-1",
            AXES,
        ),
        (
            "return sum_to(np.expand_dims(x, -1) * np.expand_dims(g, -2), y_shape)",
            "drop minus",
            "-2",
            "of a vector the axis before the last is the first",
        ),
        (
            "carried |= {label for label, n in zip(term, shape, strict=True) if n == sizes[label]}",
            "+= to =",
            "carried |= {label for label, n in zip(term, shape, strict=True) if n == sizes[label]}",
            ONES,
        ),
        ("last = len(np.shape(x)) - 1", "swap Sub", "len(np.shape(x)) - 1", WAY),
        ("z = np.where(null, 1, z)", "shift constant", "1", MASKED),
        ("ratio = np.where((x == 0) | null, 1, np.abs(x) / z)", "shift constant", "1", MASKED),
    ],
    "decompositions": [
        (
            _REGULAR,
            "shift constant",
            "100000000.0",
            NEAR,
        ),
        (
            "sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))",
            "swap Mult",
            "np.linalg.det(u) * np.linalg.det(vh)",
            PARITY,
        ),
        (
            "inverse = np.linalg.inv(np.where(regular, x, _eye(np.shape(x)[-1], x)))",
            "shift constant",
            "1",
            SQUARE,
        ),
        ("return g * np.where(regular | (g != 0), slope, 0)", "shift constant", "0", MASKED),
        ("n = np.shape(z)[-1]", "shift constant", "1", SQUARE),
        ("n = x_shape[-1]", "shift constant", "1", SQUARE),
        (
            "return _numbers(equal) & ~np.eye(np.shape(equal)[-1], dtype=bool)",
            "shift constant",
            "1",
            SQUARE,
        ),
        (
            "return pack(np.linalg.eigh(x, UPLO), eigh_shapes(np.shape(x)[-1]))",
            "shift constant",
            "1",
            SQUARE,
        ),
        ("return np.where(zero, 0, 1 / np.where(zero, 1, x))", "shift constant", "1", MASKED),
        ("return np.where(zero, 0, 1 / np.where(zero, 1, x))", "shift constant", "0", MASKED),
        (
            "none = columns + rows == 0",
            "swap Add",
            "columns + rows",
            "where two values are equal nothing is asked for, or it is refused",
        ),
        (
            "traces = np.sum(others * np.where(eye, m, 0).sum(axis=-1)[..., None, :], axis=-1)",
            "shift constant",
            "1",
            "rows and columns of a diagonal matrix have the same sums",
        ),
    ],
    "polynomials": [
        (
            "x = np.where((g == 0) & np.logical_not(np.isfinite(x)), 0.0, x)",
            "shift constant",
            "0.0",
            MASKED,
        ),
        (
            "return stack(*sums[::-1], axis=0) if sums else np.sum(g) * np.zeros(0)",
            "swap Mult",
            "np.sum(g) * np.zeros(0)",
            NONE,
        ),
    ],
    "shaping": [
        (_ALIKE, "negate comparison", "x.shape == shape", WAY),
    ],
    "gamma_functions": [
        (
            "return (-1.0) ** (n + 1) * math.factorial(n) * scipy.zeta(n + 1, x)",
            "swap Add",
            "n + 1",
            PARITY,
        ),
    ],
    "logarithms": [
        ("return np.where(none, 0, x) / np.where(none, 1, y)", "shift constant", "1", MASKED),
    ],
    "matrices": [
        ("n, a = np.shape(x)[-1], mt(x)", "shift constant", "1", SQUARE),
        ("n = x_shape[-1]", "drop minus", "-1", AXES),
        ("if q.ndim == 2:", "shift constant", "2", WAY),
        ("if q.ndim == 2:", "negate comparison", "q.ndim == 2", WAY),
    ],
}

EQUIVALENTS = {
    (file, line, what, text): f"equivalent: {reason}"
    for file, found in _FOUND.items()
    for line, what, text, reason in found
}
