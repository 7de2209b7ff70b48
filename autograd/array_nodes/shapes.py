"""The methods of Tensor that give its entries another shape or dtype. Next: `operators.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never, cast

import numpy as np

from ..absent import refuse_options
from ..op import Op
from ..ops import shaping
from ..settings import checked_dtype, checked_flag, is_iterable, shown
from .axes import Axis, normal_axis, one_axis, reduced_axis, sizes_of
from .methods import Methods
from .views import is_contiguous, set_apart, unlink

if TYPE_CHECKING:
    from ..tensor import Tensor

# the default, known by identity at no cost
_BY_ROWS = "C"


class Shapes(Methods):
    """NumPy's methods on shapes, in terms of `_run`."""

    __slots__ = ()

    def _run(self, op: Op, /, **parameters: Any) -> Tensor:
        raise NotImplementedError

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        """Return the entries in another shape; one size may be -1."""
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        wanted = wanted if isinstance(wanted, tuple | list | np.ndarray) else (wanted,)
        if order is not _BY_ROWS:
            found = cast(Any, np).reshape(self, wanted, order=order)
        elif not shape:
            raise TypeError("reshape: the sizes are integers such as -1, got ()")
        else:
            found = self._run(shaping.reshape, shape=sizes_of("reshape", wanted))
        if copy is None or copy is False:
            return found
        return unlink(found) if checked_flag("reshape: copy", copy) else found

    def ravel(self, order: str = "C") -> Any:
        """Return the entries as a vector, a view of them if they lie one after the other."""
        found = self.reshape(-1, order=order)
        if not is_contiguous(found):
            found = unlink(found)
            set_apart(found)
        return found

    def flatten(self, order: str = "C", **options: Never) -> Any:
        """Return the entries as a vector that is no view of this tensor."""
        if options:
            refuse_options("flatten", options)
        return unlink(self.ravel(order))

    def transpose(self, *axes: Any) -> Tensor:
        """Return the axes permuted, reversed if none are given."""
        one = len(axes) == 1 and not isinstance(axes[0], int | np.integer)
        order = axes[0] if one else axes or None
        if order is not None and not is_iterable(order):
            raise TypeError(f"transpose: the axes are integers, got {shown(order)}")
        order = None if order is None else normal_axis(tuple(order), len(self._shape), "transpose")
        return self._run(shaping.transpose, axes=order)

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Return two axes exchanged."""
        n = len(self._shape)
        a, b = one_axis(axis1, n, "swapaxes"), one_axis(axis2, n, "swapaxes")
        order = list(range(n))
        order[a], order[b] = order[b], order[a]
        return self._run(shaping.transpose, axes=tuple(order))

    @property
    def T(self) -> Tensor:
        """The transpose: all axes reversed."""
        return self._run(shaping.transpose, axes=None)

    @property
    def mT(self) -> Tensor:
        """The matrix transpose: the last two axes exchanged."""
        if len(self._shape) < 2:
            raise ValueError(f"matrix transpose needs at least 2 axes, got shape {self._shape}")
        return self.swapaxes(-1, -2)

    def squeeze(self, axis: Axis = None, **options: Never) -> Tensor:
        """Return the tensor without its axes of length 1, or without those named."""
        if options:
            refuse_options("squeeze", options)
        axis = reduced_axis(axis, len(self._shape), "squeeze")
        named = (
            range(len(self._shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
        )
        if axis is not None and any(self._shape[a] != 1 for a in named):
            raise ValueError(
                f"squeeze: axis {axis} of shape {self._shape} has a length other than 1"
            )
        shape = tuple(n for i, n in enumerate(self._shape) if n != 1 or i not in named)
        return self._run(shaping.reshape, shape=shape)

    def expand_dims(self, axis: Axis) -> Tensor:
        """Return the tensor with axes of length 1 inserted, counted in the result."""
        axes = axis if isinstance(axis, tuple | list) else (axis,)
        ndim = len(self._shape) + len(axes)
        new: Any = normal_axis(axes, ndim, "expand_dims")
        old = iter(self._shape)
        return self._run(
            shaping.reshape, shape=tuple(1 if i in new else next(old) for i in range(ndim))
        )

    def broadcast_to(self, shape: Any) -> Tensor:
        """Return the tensor stretched to a shape."""
        wanted = shape if isinstance(shape, tuple | list | np.ndarray) else (shape,)
        sizes = sizes_of("broadcast_to", wanted)
        if sizes and min(sizes) < 0:
            raise ValueError(f"broadcast_to: the sizes must not be negative, got {sizes}")
        return self._run(shaping.broadcast_to, shape=sizes)

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Tensor:
        """Return the entries in another dtype; the gradient comes back in this one."""
        wanted = checked_dtype("astype", dtype)
        if wanted.kind not in "biufc":
            raise TypeError(f"astype: tensors hold numbers, not {wanted}")
        if casting != "unsafe":
            np.empty(0, self.dtype).astype(wanted, casting=casting)  # NumPy's own error
        if not checked_flag("astype: copy", copy) and wanted == self.dtype:
            return self  # type: ignore[return-value]
        return self._run(shaping.astype, dtype=wanted)
