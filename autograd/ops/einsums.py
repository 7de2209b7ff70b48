"""Einstein's sum: its derivative is another, with the gradient in place of an operand.

Next: `decompositions.py`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from string import ascii_letters
from typing import Any

import numpy as np

from ..arithmetic import is_one, twice
from ..op import structural
from .elementwise import TWICE
from .reductions import Shape

# from this many entries on, planning the contraction pays; of three operands or more, also from
# this many products on
PLANNED = 4096
PRODUCTS = 8192
_ARRAYS = (np.ndarray, np.float64, np.float32)


def _einsum(*xs: Any, subscripts: str) -> Any:
    many = sum(np.size(x) for x in xs) > PLANNED and _worth_planning(subscripts)
    if len(xs) > 2 and not many:
        many = _products(subscripts, tuple(map(np.shape, xs))) > PRODUCTS
    return np.einsum(subscripts, *xs, optimize=many)


@lru_cache(maxsize=256)
def _products(subscripts: str, shapes: tuple[Shape, ...]) -> int:
    """Return how many products are added without a plan: exponential in the number of operands."""
    return math.prod(_sizes(subscripts.split("->")[0].split(","), shapes).values())


@lru_cache(maxsize=256)
def _worth_planning(subscripts: str) -> bool:
    """Whether there is an order to choose, or a product of matrices for BLAS."""
    inputs, output = subscripts.split("->")
    terms = [set(term) for term in inputs.split(",")]
    if len(terms) != 2:
        return len(terms) > 2
    first, second = terms
    return bool(first & second - set(output) and first - second and second - first)


def _sizes(terms: list[str], shapes: tuple[Shape, ...]) -> dict[str, int]:
    """Return the length of every index; axes of length 1 are broadcast."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            sizes[label] = n if n != 1 else sizes.get(label, n)
    return sizes


def _pull_alone(g: Any, shape: Shape, subscripts: str) -> Any:
    """Pull back an einsum of one operand without an einsum, by a view: a diagonal, or a sum."""
    term, output = subscripts.split("->")
    z = np.zeros(shape, g.dtype)
    summed = "".join(dict.fromkeys(label for label in term if label not in output))
    np.einsum(f"{term}->{summed}{output}", z)[...] = g  # a view
    return z


@lru_cache(maxsize=256)
def _adjoint(
    i: int, shapes: tuple[Shape, ...], subscripts: str
) -> tuple[str, tuple[tuple[Any, int], ...]]:
    """Return the subscripts of the einsum that pulls back to one operand, and its extra factors.

    Its factors are the gradient, the other operands, and then the extra ones: unit matrices and
    ones, each given as a function and a length.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    sizes = _sizes(terms, shapes)
    factors = [output, *(t for j, t in enumerate(terms) if j != i)]
    more: list[tuple[Any, int]] = []
    # indices that some factor has at full length; the others are broadcast by factors of ones
    carried = set(output)
    for j, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        if j != i:
            carried |= {label for label, n in zip(term, shape, strict=True) if n == sizes[label]}
    unused = iter(sorted(set(ascii_letters) - set(sizes)))
    target = ""
    for label, n in zip(terms[i], shapes[i], strict=True):
        if n != sizes[label]:
            continue
        if label in target:
            # a repeated index reads the diagonal, so the gradient is 0 elsewhere
            again = next(unused)
            factors.append(label + again)
            more.append((np.eye, n))
            target += again
            continue
        if label not in carried:
            factors.append(label)
            more.append((np.ones, n))
        target += label
    return f"{','.join(factors)}->{target}", tuple(more)


@lru_cache(maxsize=256)
def _places(adjoint: str) -> tuple[tuple[int, ...], tuple[Any, ...]] | None:
    """Return how the second of two factors is laid along the axes of their product.

    None if it has an index twice, or something is summed.
    """
    terms, target = adjoint.split("->")
    first, _, second = terms.partition(",")
    if "," in second or len(set(second)) < len(second) or set(first + second) - set(target):
        return None
    order = sorted(range(len(second)), key=lambda k: target.index(second[k]))
    return tuple(order), tuple(slice(None) if label in second else None for label in target)


def _times_number(g: Any, y: Any, adjoint: str, shape: Shape) -> Any | None:
    """Return the product of one number, broadcast as g is, and y; None if it is not that."""
    alike = type(g) is type(y) is np.ndarray and g.dtype is y.dtype
    if not alike or g.size < 2 or any(g.strides) or len(adjoint.split("->")[1]) != len(shape):
        return None
    places = _places(adjoint)
    if places is None:
        return None
    stretched = np.broadcast_to(y.transpose(places[0])[places[1]], shape)
    return stretched.copy() if is_one(g) else stretched * g.item(0)


def _pull_einsum(g: Any, i: int, xs: Any, shapes: tuple[Shape, ...], subscripts: str) -> Any:
    if len(shapes) == 1 and type(g) in _ARRAYS and shapes[0]:
        return _pull_alone(g, shapes[0], subscripts)
    adjoint, more = _adjoint(i, shapes, subscripts)
    others = [x for j, x in enumerate(xs) if j != i]
    if len(others) == 1 and not more:
        c = _times_number(g, others[0], adjoint, shapes[i])
        if c is not None:
            return c
    c = einsum(g, *others, *[f(n, dtype=g.dtype) for f, n in more], subscripts=adjoint)
    return c if np.shape(c) == shapes[i] else np.reshape(c, shapes[i])


def _pull_einsum_all(saved: Any, g: Any) -> Any:
    xs, shapes, subscripts = saved
    if len(xs) == 2 and xs[0] is xs[1]:
        first, second = subscripts.split("->")[0].split(",")
        if first == second:
            c = _pull_einsum(g, 0, xs, shapes, subscripts)
            return c, c
    return [_pull_einsum(g, i, xs, shapes, subscripts) for i in range(len(xs))]


def _pull_einsum_self(saved: Any, g: Any, own: bool) -> Any:
    xs, shapes, subscripts = saved
    first, second = subscripts.split("->")[0].split(",")
    if first == second:
        return _pull_einsum(twice(g), 0, xs, shapes, subscripts)
    c, d = _pull_einsum_all(saved, g)
    return c + d


einsum = structural(
    "einsum",
    _einsum,
    xs=_pull_einsum,
    fast={(): _pull_einsum_all},
    variadic=True,
    doc="Einstein's sum, with explicit ``subscripts`` such as ``'ij,jk->ik'``.",
)
TWICE[_pull_einsum_all] = _pull_einsum_self
