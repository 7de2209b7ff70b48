"""Methods of Tensor that call NumPy's function of that name. Next: `shapes.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Never, NoReturn

import numpy

from ..absent import AbsentOfTensor, refuse_options
from ..foreign_names import OF_OTHERS
from ..ops.shaping import reshape
from .views import link

# typed as Any, as NumPy's stubs know arrays only; on nodes its functions run by its own protocol
np: Any = numpy


def by_numpy(name: str, x: Any, options: Mapping[str, Any], **known: Any) -> Any:
    """Call NumPy's function of this name, with the further ``options`` of a method."""
    if options:
        refuse_options(name, OF_OTHERS.keys() & options)
    return getattr(np, name)(x, **known, **options)


class Methods(AbsentOfTensor):
    """The methods of an ndarray that have no operation of their own."""

    __slots__ = ()

    _data: Any
    _shape: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of every axis."""
        return self._shape

    @shape.setter
    def shape(self, sizes: Never) -> NoReturn:
        raise AttributeError("the shape of a tensor cannot be set; use y = x.reshape(shape)")

    @property
    def dtype(self) -> numpy.dtype[Any]:
        """The dtype of the entries."""
        found: numpy.dtype[Any] = self._data.dtype
        return found

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self, 0 if digits is None else digits)

    def var(self, axis: Any = None, ddof: float = 0, keepdims: bool = False, **options: Any) -> Any:
        """Return the variance over ``axis``."""
        return by_numpy("var", self, options, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, ddof: float = 0, keepdims: bool = False, **options: Any) -> Any:
        """Return the standard deviation over ``axis``; its slope at a constant is 0."""
        return by_numpy("std", self, options, axis=axis, ddof=ddof, keepdims=keepdims)

    def ptp(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the distance from the smallest to the largest entry over ``axis``."""
        return np.ptp(self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None, **options: Any) -> Any:
        """Return the running sums along ``axis``."""
        return by_numpy("cumsum", self, options, axis=axis)

    def cumprod(self, axis: Any = None, **options: Any) -> Any:
        """Return the running products along ``axis``; their derivatives are exact for zeros."""
        return by_numpy("cumprod", self, options, axis=axis)

    def argsort(self, axis: int | None = -1, kind: Any = None, **options: Any) -> Any:
        """Return the positions that sort along ``axis``, plain integers without a gradient."""
        return by_numpy("argsort", self, options, axis=axis, kind=kind)

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
        """Return the entries at positions along ``axis``; "wrap" and "clip" take any position."""
        return np.take(self, indices, axis=axis, out=out, mode=mode)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Return every entry repeated along ``axis``."""
        return np.repeat(self, repeats, axis=axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Return the diagonals of the matrices of two axes."""
        return np.diagonal(self, offset=offset, axis1=axis1, axis2=axis2)

    def nonzero(self) -> Any:
        """Return the positions of entries other than 0, without a gradient."""
        return np.nonzero(self)

    @property
    def flat(self) -> Any:
        """The entries one after the other, a view of them in whatever order they lie."""
        found: Any = np.reshape(self, (-1,))
        if self._shape and (found._view is None or not found._view[1]):
            link(found, self, reshape, {"shape": found._shape})
        return found

    @flat.setter
    def flat(self, values: Any) -> None:
        np.put(self, np.arange(self._data.size), values)

    @property
    def itemsize(self) -> int:
        """The bytes of one entry."""
        return int(self._data.itemsize)

    @property
    def nbytes(self) -> int:
        """The bytes of the entries."""
        return int(self._data.nbytes)

    @property
    def real(self) -> Any:
        """The real parts: the entries themselves, unless they are complex."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary parts, 0 unless the entries are complex; without a gradient."""
        return np.imag(self)

    def conjugate(self) -> Any:
        """Return the entries, those of complex numbers conjugated."""
        return np.conjugate(self)

    conj = conjugate

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Return the sums of the diagonals of the matrices of two axes."""
        return np.trace(self, offset=offset, axis1=axis1, axis2=axis2)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Return the positions before which numbers belong in the sorted entries, as integers."""
        return np.searchsorted(self, v, side=side, sorter=sorter)

    def round(self, decimals: int = 0, **options: Any) -> Any:
        """Return the entries rounded, without a gradient."""
        return by_numpy("round", self, options, decimals=decimals)

    def all(self, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """Return whether all entries over ``axis`` are true."""
        return by_numpy("all", self, options, axis=axis, keepdims=keepdims)

    def any(self, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """Return whether any entry over ``axis`` is true."""
        return by_numpy("any", self, options, axis=axis, keepdims=keepdims)

    def copy(self, order: str = "C") -> Any:
        """Return the entries in a new tensor; gradients flow back."""
        return np.copy(self, order=order)
