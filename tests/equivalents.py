"""Mutants of the rules that change no result, each with the reason; `mutants.py` excludes them.

A mutant is identified by its file, the line, the change, and the part of the line.
"""

from __future__ import annotations

MASKED = "a number in the place of what is masked out, or is multiplied by 0"
SIGN = "any number of that sign will do"
TERM = "a term more or less of a series that has converged"
NEAR = "between the two limits both ways are right"
SQUARE = "the other of two axes of one length"
ONES = "ones more in a product"
FINITE = "any finite number will do in the place of an infinite one"
NONE = "there are no numbers of which it could be the derivative"
LATER = "what is 0 or not finite remains so up to the end"
WRITTEN = "what is written is written over"
BY_1 = "a derivative that is no array of the dtype of the gradient is 1"
STRETCHED = "all entries of a number that is stretched are that number"

_TIMES = "return np.multiply(d, g, d) if alike else g * d"
_TWICE = "if not _alike(g, x) or g.size < 2:"
_WRAPS = (
    'wraps = dtype is not None and (dtype.kind == "u" or '
    '(dtype.kind == "i" and dtype.itemsize < 8))'
)
_REDUCED = "return math.prod(x_shape) // (math.prod(kept_shape(x_shape, axis)) or 1)"

_FOUND: dict[str, list[tuple[str, str, str, str]]] = {
    "activations": [
        ("if x >= 0:", "shift constant", "0", NEAR),
    ],
    "choices": [
        (
            "return np.heaviside(np.where(np.isnan(d), np.where(np.isnan(y), 1, -1), d), 0.5)",
            "shift constant",
            "1",
            SIGN,
        ),
    ],
    "elementwise_more": [
        (
            "_SINC = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 10)]",
            "shift constant",
            "10",
            TERM,
        ),
        ("formula = (np.cos(t) - z) / np.where(near, 1, x)", "shift constant", "1", MASKED),
        (
            "return np.where(near, math.pi * _sinc_series(np.where(near, t, 0)), formula)",
            "shift constant",
            "0",
            MASKED,
        ),
        (
            "_I1 = [1 / (math.factorial(k) * math.factorial(k + 1)) for k in range(24)]",
            "shift constant",
            "24",
            TERM,
        ),
        ("far = np.nonzero(np.abs(x) > 8)", "shift constant", "8", NEAR),
        ("half[far] = 0", "shift constant", "0", WRITTEN),
        ("points = 256", "shift constant", "256", TERM),
    ],
    "fused": [
        ("if g.ndim < 2:", "shift constant", "2", "matrices are treated elsewhere"),
    ],
    "shaping": [
        (
            "parts = [g[(*(slice(None),) * axis, slice(*run))] for run in runs or ((0, 0),)]",
            "shift constant",
            "0",
            "a run that ends at 0 has no places",
        ),
    ],
    "indexing": [
        (
            "step = extent if strides[k] == joined else extent + 1",
            "shift constant",
            "1",
            "a gap of any length will do",
        ),
    ],
    "ordering": [
        (
            "if np.isnan(s[..., -1]).any():  # nan come last",
            "shift constant",
            "1",
            "one nan alone is equal to none before it",
        ),
    ],
    "differences": [
        (
            "shape = (-1,) + (1,) * (len(np.shape(g)) - axis - 1)",
            "shift constant",
            "1",
            "any negative number stands for the unknown length",
        ),
    ],
    "reductions": [
        (
            "last = z[(*(slice(None),) * axis, slice(-1, None))]",
            "shift constant",
            "1",
            LATER,
        ),
    ],
    "spread": [
        (_REDUCED, "shift constant", "1", NONE),
        ("return keep(g, x_shape, axis) * x", "swap Mult", "keep(g, x_shape, axis) * x", NONE),
        (
            "return keep(g, x_shape, axis) * x",
            "drop left factor",
            "keep(g, x_shape, axis) * x",
            NONE,
        ),
        (
            "first = tuple(slice(0, 1) if k == 1 else slice(None) for k in kept.shape)",
            "shift constant",
            "1",
            "where the spread is small the second number is as large as the first",
        ),
        (
            "own = (filled,) if filled.size > 1 and filled.dtype == mean.dtype else ()",
            "shift constant",
            "1",
            "two numbers are written over or have an array of their own, with one result",
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
    ],
    "einsums": [
        (
            "carried |= {label for label, n in zip(term, shape, strict=True) if n == sizes[label]}",
            "+= to =",
            "carried |= {label for label, n in zip(term, shape, strict=True) if n == sizes[label]}",
            ONES,
        ),
    ],
    "linalg": [
        ("ratio = np.where((x == 0) | null, 1, np.abs(x) / z)", "shift constant", "1", MASKED),
    ],
    "decompositions": [
        (
            "sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))",
            "swap Mult",
            "np.linalg.det(u) * np.linalg.det(vh)",
            "only the sign counts",
        ),
        (
            "traces = np.sum(others * np.where(eye, m, 0).sum(axis=-1)[..., None, :], axis=-1)",
            "shift constant",
            "1",
            "rows and columns of a diagonal matrix have the same sums",
        ),
        ("return g * np.where(regular | (g != 0), slope, 0)", "shift constant", "0", MASKED),
        ("return np.where(zero, 0, 1 / np.where(zero, 1, x))", "shift constant", "1", MASKED),
        ("return np.where(zero, 0, 1 / np.where(zero, 1, x))", "shift constant", "0", MASKED),
        (
            "none = columns + rows == 0",
            "swap Add",
            "columns + rows",
            "where two values are equal nothing is asked for, or it is refused",
        ),
        (
            "return pack(np.linalg.eigh(x, UPLO), eigh_shapes(np.shape(x)[-1]))",
            "shift constant",
            "1",
            SQUARE,
        ),
        ("n = x_shape[-1]", "shift constant", "1", SQUARE),
    ],
    "powers": [
        (
            "return x if type(none) is np.ndarray and not none.any() else np.where(none, 1, x)",
            "shift constant",
            "1",
            MASKED,
        ),
        ("if root.size >= LARGE and root.min() > 0:", "shift constant", "0", NEAR),
        (_TWICE, "shift constant", "2", NEAR),
        (_WRAPS, "shift constant", "8", NEAR),
        (_TIMES, "swap Mult", "g * d", BY_1),
        (_TIMES, "drop right factor", "g * d", BY_1),
        ("x = np.where(none & (y == 0), 1, x)", "shift constant", "1", MASKED),
        ("return x * (2 * g.item(0))", "shift constant", "0", STRETCHED),
        (
            "d = _by_result(x, y, result[0], g.item(0) if stretched else 1)",
            "shift constant",
            "0",
            STRETCHED,
        ),
        (
            "return y * np.float_power(np.where((x == 0) & (y == 0), 1, x), _lowered(x, y))",
            "shift constant",
            "1",
            MASKED,
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
    "matrices": [
        ("n, a = np.shape(x)[-1], mt(x)", "shift constant", "1", SQUARE),
    ],
    "sums": [
        (
            "largest = np.where(np.isfinite(largest), largest, 0.0)",
            "shift constant",
            "0.0",
            FINITE,
        ),
    ],
}

EQUIVALENTS = {
    (file, line, what, text): f"equivalent: {reason}"
    for file, found in _FOUND.items()
    for line, what, text, reason in found
}
