"""NumPy's functions on nodes.

``np.sum(x)`` of a node comes here through NumPy's own protocol. Every entry is a few lines in
terms of the table of rules; a function that is not here raises a TypeError that names it.

Reading order: `common.py`, then by family:

* Reductions, sorting, counting: `reductions.py`, `ufunc_methods.py`, `ufunc_parts.py`,
  `nan_reductions.py`, `order.py`, `counting.py`, `sets.py`, `along_axes.py`, `differences.py`
* Shapes and parts: `shaping.py`, `joining.py`, `padding.py`, `indexing.py`, `choices.py`
* Entry by entry, creation, queries, writing: `elementwise.py`, `creation.py`, `queries.py`,
  `in_place.py`
* Products and linear algebra: `products.py`, `ufunc_axes.py`, `einsum.py`, `covariance.py`,
  `polynomials.py`, `fits.py`, `linalg.py`, `norms.py`, `fft.py`
"""

from . import (
    along_axes,
    choices,
    counting,
    covariance,
    creation,
    differences,
    einsum,
    elementwise,
    fft,
    fits,
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
    queries,
    reductions,
    sets,
    shaping,
    ufunc_axes,
    ufunc_methods,
    ufunc_parts,
)

__all__ = [
    "along_axes",
    "choices",
    "counting",
    "covariance",
    "creation",
    "differences",
    "einsum",
    "elementwise",
    "fft",
    "fits",
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
    "queries",
    "reductions",
    "sets",
    "shaping",
    "ufunc_axes",
    "ufunc_methods",
    "ufunc_parts",
]
