"""NumPy's functions on nodes: which are answered, and how. Read `common.py`, then the families.

``np.sum(x)`` of a node comes here through NumPy's own protocol. Every entry is a few lines in
terms of the table of rules; a function that is not here raises a TypeError that names it.
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
]
