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

_FOUND: dict[str, list[tuple[str, str, str, str]]] = {
    "elementwise": [
        ("return y * np.power(np.where(both, 1, x), y - 1)", "shift constant", "1", MASKED),
        (
            "return y * np.power(x, y - 1) if y != 0 else 0 * np.sign(x)",
            "drop right factor",
            "0 * np.sign(x)",
            "zeros of any shape are 0 times the gradient",
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
        ("half = np.where(np.abs(x) <= 8, x, 0) / 2", "shift constant", "8", NEAR),
        ("half = np.where(np.abs(x) <= 8, x, 0) / 2", "shift constant", "0", MASKED),
        ("for k in range(1, 40):", "shift constant", "40", TERM),
        ("far = np.where(np.abs(x) > 8, np.abs(x), 0)", "shift constant", "0", MASKED),
        ("points = 256", "shift constant", "256", TERM),
    ],
    "linalg": [
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
    ],
    "special": [
        (
            "return (-1.0) ** (n + 1) * math.factorial(n) * _scipy.zeta(n + 1, x)",
            "swap Add",
            "n + 1",
            PARITY,
        ),
        ("return np.where(none, 0, x) / np.where(none, 1, y)", "shift constant", "1", MASKED),
        ("n, a = np.shape(x)[-1], mt(x)", "shift constant", "1", SQUARE),
    ],
}

EQUIVALENTS = {
    (file, line, what, text): f"equivalent: {reason}"
    for file, found in _FOUND.items()
    for line, what, text, reason in found
}
