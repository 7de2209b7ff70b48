"""The methods of a recorded array, each of which records what NumPy's function does.

Next: `array.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .operators import Unconverted

_METHODS = frozenset(
    "sum prod max min mean var std all any argmax argmin argsort cumsum cumprod clip take repeat "
    "diagonal trace ptp nonzero round searchsorted".split()
)


class ArrayMethods(Unconverted):
    """NumPy's methods, in terms of the recorder."""

    __slots__ = ()

    _array: bool | None
    _recorder: Any
    step: Any
    dtype: Any
    ndim: Any
    is_array: Any
    copy: Any

    def _by_numpy(self, function: Any, *args: Any, **options: Any) -> Any:
        """Run a method by the NumPy function of its name, with its options."""
        return self._recorder.function(function, (self, *args), options)

    @property
    def T(self) -> Any:
        """The transpose: all axes reversed."""
        return self.transpose()

    @property
    def mT(self) -> Any:
        """The matrix transpose: the last two axes exchanged."""
        return self.swapaxes(-1, -2)

    @property
    def real(self) -> Any:
        """The real parts, which real entries are themselves."""
        return self if self.dtype.kind != "c" else self._by_numpy(np.real)

    @property
    def imag(self) -> Any:
        """The imaginary parts."""
        return self._by_numpy(np.imag)

    def conj(self) -> Any:
        """Return the conjugate numbers, which real ones are themselves."""
        if self.dtype.kind != "c":
            return self
        return self._recorder.elementwise(np.conjugate, (self,))

    def transpose(self, *axes: Any) -> Any:
        """Return the axes permuted, reversed if none are given."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return self._recorder.transpose(self, order)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Return two axes exchanged."""
        order = list(range(self.ndim))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return self._recorder.transpose(self, order)

    def reshape(self, *shape: Any, order: str = "C", **_: Any) -> Any:
        """Return the entries in another shape."""
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        if order != "C":
            return self._by_numpy(np.reshape, wanted, order=order)
        return self._recorder.reshape(self, wanted)

    def ravel(self, order: str = "C") -> Any:
        """Return the entries as a vector."""
        if order != "C":
            return self._by_numpy(np.ravel, order=order)
        flat = self.reshape(-1)
        # entries that are not contiguous are copied
        return flat.copy() if flat is self and not self.step.value.flags.c_contiguous else flat

    @property
    def flat(self) -> Any:
        """The entries one after the other."""
        return self.ravel()

    def flatten(self, order: str = "C") -> Any:
        """Return the entries as a vector, copied."""
        return self.ravel(order).copy()

    def squeeze(self, axis: Any = None) -> Any:
        """Return the array without its axes of length 1."""
        return self._by_numpy(np.squeeze, axis)

    def dot(self, other: Any, out: Any = None) -> Any:
        """Return NumPy's dot product."""
        return self._by_numpy(np.dot, other, out=out)

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Any:
        """Return the entries in another dtype."""
        if casting != "unsafe":
            np.empty(1, self.dtype).astype(dtype, casting=casting)  # NumPy's own error
        found = self._recorder.astype(self, dtype)
        if found is self:
            return self.copy() if copy else self
        found._array = self.is_array
        return found

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort in place."""
        self[...] = self._by_numpy(np.sort, axis=axis, **options)

    def fill(self, value: Any) -> None:
        """Set all entries to a number."""
        self[...] = value

    def __getattr__(self, name: str) -> Any:
        # as NumPy's function of that name
        if name in _METHODS:
            return lambda *a, **k: self._recorder.function(getattr(np, name), (self, *a), k)
        raise AttributeError(
            f"a recorded array has no attribute {name!r}; inside a function under jit write the "
            "computation with NumPy's functions and operators"
        )
