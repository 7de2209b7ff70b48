"""NumPy's functions on nodes: which are answered, and how.

``np.sum(x)`` of a node comes here through NumPy's own protocol. Every entry is a few lines in
terms of the table of rules; a function that is not here raises a TypeError that names it.

Reading order: `common.py`, then the families: `reductions.py`, `ufunc_methods.py`,
`ufunc_parts.py`, `nan_reductions.py`, `order.py`, `differences.py`, `shaping.py`, `joining.py`,
`padding.py`, `indexing.py`, `choices.py`, `elementwise.py`, `creation.py`, `questions.py`,
`in_place.py`, `products.py`, `ufunc_axes.py`, `einsum.py`, `polynomials.py`, `linalg.py`,
`norms.py`, `fft.py`.
"""

from . import (
    choices,
    creation,
    differences,
    einsum,
    elementwise,
    fft,
    in_place,
    indexing,
    joining,
    linalg,
    nan_reductions,
    norms,
    order,
    padding,
    polynomials,
    products,
    questions,
    reductions,
    shaping,
    ufunc_axes,
    ufunc_methods,
    ufunc_parts,
)

__all__ = [
    "choices",
    "creation",
    "differences",
    "einsum",
    "elementwise",
    "fft",
    "in_place",
    "indexing",
    "joining",
    "linalg",
    "nan_reductions",
    "norms",
    "order",
    "padding",
    "polynomials",
    "products",
    "questions",
    "reductions",
    "shaping",
    "ufunc_axes",
    "ufunc_methods",
    "ufunc_parts",
]
