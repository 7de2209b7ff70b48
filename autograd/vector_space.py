"""Shapes and numbers of a nest of arrays, by the names of HIPS autograd. Next: `primitives.py`.

Examples
--------
>>> from autograd.vector_space import vspace
>>> space = vspace({"w": np.ones((2, 2)), "b": 3.0})
>>> space.size
5
>>> space.zeros()
{'w': array([[0., 0.],
       [0., 0.]]), 'b': array(0.)}
>>> [float(b) for b in vspace(3.0).standard_basis()]
[1.0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from .transforms import trees
from .transforms.runs import data_of


class VSpace:
    """The space of nests like a given one.

    What programs enter in ``mappings`` is not asked for: this is the space of all arrays.

    Parameters
    ----------
    value : nested lists, tuples and dicts of numbers, arrays and nodes
    """

    iscomplex = False
    mappings: ClassVar[dict[type, Any]] = {}

    def __init__(self, value: Any):
        leaves, self._rebuild = trees.flatten(value)
        self._like: list[np.ndarray[Any, Any]] = [np.asarray(data_of(leaf)) for leaf in leaves]
        self._nest = value if isinstance(value, list | tuple | dict) else 0.0

    def _one(self) -> np.ndarray[Any, Any]:
        if isinstance(self._nest, list | tuple | dict):
            raise TypeError(
                f"a {type(self._nest).__name__} of arrays has no one shape or dtype: ask for them "
                "array by array"
            )
        return self._like[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self._one().shape)

    @property
    def ndim(self) -> int:
        """The number of axes of the array."""
        return self._one().ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the array."""
        dtype: np.dtype[Any] = self._one().dtype
        return dtype

    @property
    def size(self) -> int:
        """The number of entries."""
        return sum(x.size for x in self._like)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VSpace):
            return NotImplemented
        return bool(self._described() == other._described())

    __hash__ = None  # type: ignore[assignment]

    def _described(self) -> Any:
        return self._rebuild([(x.shape, x.dtype.str) for x in self._like])

    def __repr__(self) -> str:
        return f"VSpace({self._described()})"

    def _filled(self, fill: Callable[[np.ndarray[Any, Any]], Any]) -> Any:
        return self._rebuild([fill(x) for x in self._like])

    def zeros(self) -> Any:
        """Return a nest of zeros."""
        return self._filled(np.zeros_like)

    def ones(self) -> Any:
        """Return a nest of ones."""
        return self._filled(np.ones_like)

    def randn(self) -> Any:
        """Return normally distributed numbers, by `numpy.random`."""
        return self._filled(lambda x: np.asarray(np.random.randn(*x.shape)).astype(x.dtype))

    def standard_basis(self) -> Iterator[Any]:
        """Yield for every entry a nest that is 1 there and 0 elsewhere."""
        for i, like in enumerate(self._like):
            for place in np.ndindex(*like.shape):
                parts = [np.zeros_like(x) for x in self._like]
                parts[i][place] = 1
                yield self._rebuild(parts)

    def _leaves(self, x: Any) -> list[Any]:
        return trees.flatten_like(x, self._nest, "the vector")

    def add(self, x: Any, y: Any) -> Any:
        """Return the sum of two nests."""
        pairs = zip(self._leaves(x), self._leaves(y), strict=True)
        return self._rebuild([a + b for a, b in pairs])

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """Return a multiple of a nest."""
        return self._rebuild([part * a for part in self._leaves(x)])

    def inner_prod(self, x: Any, y: Any) -> Any:
        """Return the sum of the products of the numbers of two nests."""
        pairs = zip(self._leaves(x), self._leaves(y), strict=True)
        return sum(np.sum(a * b) for a, b in pairs)

    def covector(self, x: Any) -> Any:
        """Return x: of real numbers a covector is as a vector."""
        return x


def vspace(value: Any) -> VSpace:
    """Return the space of nests like this one.

    Parameters
    ----------
    value : nested lists, tuples and dicts of numbers, arrays and nodes

    Returns
    -------
    VSpace

    Examples
    --------
    >>> from autograd.vector_space import vspace
    >>> vspace(np.ones((2, 3))).shape, vspace([1.0, 2.0]) == vspace([0.0, 5.0])
    ((2, 3), True)
    """
    return VSpace(value)
