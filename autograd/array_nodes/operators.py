"""The operators and methods of Tensor, each one line on top of the table of rules.

They mean what they mean in NumPy. Nothing here knows how a node is made: `Tensor` provides `_run`,
`_unary` and `_binary` for that. Next: `assignment.py`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Never, cast

import numpy as np

from ..absent import refuse_options
from ..op import Op
from ..ops import activations, indexing, linalg, piecewise, reductions, shaping, softmaxes
from ..ops import elementwise as ops
from ..settings import array_of, checked_dtype, checked_flag, checked_number, is_iterable, shown
from .axes import Axis, normal_axis, one_axis, reduced_axis, sizes_of
from .methods import Methods, by_numpy
from .views import is_contiguous, set_apart, unlink

if TYPE_CHECKING:
    from ..tensor import Tensor


class Operators(Methods):
    """NumPy's operators and array methods, in terms of `_unary`, `_binary` and `_run`."""

    __slots__ = ()

    def _unary(self, op: Op) -> Tensor:
        raise NotImplementedError

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        raise NotImplementedError

    def _run(self, op: Op, /, **parameters: Any) -> Tensor:
        raise NotImplementedError

    # Arithmetic
    def __add__(self, other: Any) -> Any:
        return self._binary(ops.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return self._binary(ops.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return self._binary(ops.subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._binary(ops.subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return self._binary(ops.multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._binary(ops.multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._binary(ops.divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._binary(ops.divide, other, self)

    def __pow__(self, other: Any) -> Any:
        return self._binary(ops.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._binary(ops.power, other, self)

    def __matmul__(self, other: Any) -> Any:
        return self._binary(linalg.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self._binary(linalg.matmul, other, self)

    def __neg__(self) -> Tensor:
        return self._unary(ops.negative)

    def __pos__(self) -> Tensor:
        return self._unary(ops.positive)

    def __abs__(self) -> Tensor:
        return self._unary(ops.absolute)

    # Comparisons and logic: tensors of bool without a gradient
    def __eq__(self, other: object) -> Any:
        return self._binary(piecewise.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return self._binary(piecewise.not_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return self._binary(piecewise.less, self, other)

    def __le__(self, other: Any) -> Any:
        return self._binary(piecewise.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._binary(piecewise.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return self._binary(piecewise.greater_equal, self, other)

    def __and__(self, other: Any) -> Any:
        return self._binary(piecewise.bitwise_and, self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self._binary(piecewise.bitwise_or, self, other)

    __ror__ = __or__

    def __invert__(self) -> Tensor:
        return self._unary(piecewise.invert)

    __hash__ = object.__hash__

    # Functions
    def exp(self) -> Tensor:
        """Return the exponential, element by element."""
        return self._unary(ops.exp)

    def log(self) -> Tensor:
        """Return the natural logarithm, element by element."""
        return self._unary(ops.log)

    def sqrt(self) -> Tensor:
        """Return the square root, element by element."""
        return self._unary(ops.sqrt)

    def sin(self) -> Tensor:
        """Return the sine, element by element."""
        return self._unary(ops.sin)

    def cos(self) -> Tensor:
        """Return the cosine, element by element."""
        return self._unary(ops.cos)

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent, element by element."""
        return self._unary(ops.tanh)

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + e^-x), element by element."""
        return self._unary(activations.sigmoid)

    def relu(self) -> Tensor:
        """Return max(x, 0), element by element; the derivative at 0 is 0."""
        return self._unary(activations.relu)

    def leaky_relu(self, leak: float = 0.01) -> Tensor:
        """Return x where positive and ``leak * x`` elsewhere."""
        leak = checked_number("leaky_relu: leak", leak)
        result: Tensor = self._binary(activations.leaky_relu, self, leak)
        return result

    def softplus(self) -> Tensor:
        """Return log(1 + e^x), element by element."""
        return self._unary(activations.softplus)

    def clip(self, min: Any = None, max: Any = None, **options: Any) -> Any:
        """Return the entries limited to [min, max]; None leaves a side open."""
        return by_numpy("clip", self, options, a_min=min, a_max=max)

    # Reductions; ``options`` are those of NumPy's functions: dtype, initial, where
    def _reduce(self, op: Op, axis: Axis, keepdims: bool, options: dict[str, Any]) -> Any:
        if options:
            return by_numpy(op.name, self, options, axis=axis, keepdims=keepdims)
        axis = reduced_axis(axis, len(self._shape), op.name)
        return self._run(op, axis=axis, keepdims=checked_flag(f"{op.name}: keepdims", keepdims))

    def sum(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the sum over ``axis``, an integer, a tuple or None for all."""
        return self._reduce(reductions.sum, axis, keepdims, options)

    def mean(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the mean over ``axis``."""
        if options:
            return by_numpy("mean", self, options, axis=axis, keepdims=keepdims)
        axis = normal_axis(axis, len(self._shape), "mean")
        kept = reductions.kept_shape(self._shape, axis)
        count = math.prod(self._shape) / math.prod(kept) if 0 not in kept else np.nan
        if self.dtype.char == "e":
            # sums of float16 overflow early: computed in float32, as in NumPy
            total: Any = self.astype(np.float32).sum(axis, keepdims)
            return (total / (count or np.nan)).astype(np.float16)
        return self.sum(axis, keepdims) / (count or np.nan)

    def prod(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the product over ``axis``; its derivatives are exact for zeros."""
        return self._reduce(reductions.prod, axis, keepdims, options)

    def max(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the largest entry over ``axis``; equals share the gradient evenly."""
        return self._reduce(reductions.max, axis, keepdims, options)

    def min(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the smallest entry over ``axis``; equals share the gradient evenly."""
        return self._reduce(reductions.min, axis, keepdims, options)

    def argmax(self, axis: int | None = None, **options: Any) -> Any:
        """Return the positions of the largest entries, plain integers without a gradient."""
        at = reduced_axis(axis, len(self._shape), "argmax")
        return by_numpy("argmax", self._data, options, axis=at)

    def argmin(self, axis: int | None = None, **options: Any) -> Any:
        """Return the positions of the smallest entries, plain integers without a gradient."""
        at = reduced_axis(axis, len(self._shape), "argmin")
        return by_numpy("argmin", self._data, options, axis=at)

    def logsumexp(self, axis: Axis = None, keepdims: bool = False, **options: Never) -> Tensor:
        """Return log Σ e^x over ``axis``, without overflow."""
        refuse_options("logsumexp", options)
        axis = reduced_axis(axis, len(self._shape), "logsumexp")
        keepdims = checked_flag("logsumexp: keepdims", keepdims)
        return self._run(softmaxes.logsumexp, axis=axis, keepdims=keepdims)

    def softmax(self, axis: Axis = -1, **options: Never) -> Tensor:
        """Return e^x / Σ e^x over ``axis``."""
        refuse_options("softmax", options)
        axis = reduced_axis(axis, len(self._shape), "softmax")
        return self._run(softmaxes.softmax, axis=axis)

    def log_softmax(self, axis: Axis = -1, **options: Never) -> Tensor:
        """Return x - log Σ e^x over ``axis``."""
        refuse_options("log_softmax", options)
        axis = reduced_axis(axis, len(self._shape), "log_softmax")
        return self._run(softmaxes.log_softmax, axis=axis)

    # Shapes
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

    def flatten(self, order: str = "C") -> Any:
        """Return the entries as a vector that is no view of this tensor."""
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

    def squeeze(self, axis: Axis = None) -> Tensor:
        """Return the tensor without its axes of length 1, or without those named."""
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

    def dot(self, other: Any) -> Any:
        """Return NumPy's dot product with another tensor or array."""
        return np.dot(self, other)  # type: ignore[call-overload]

    def __getitem__(self, index: Any) -> Tensor:
        return self._run(indexing.getitem, index=plain_index(index))

    # Numbers
    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(self._data.size)

    def item(self, *index: Any) -> Any:
        """Return the only entry, or that of an index, as a Python number."""
        if not index:
            return self._entry("item", ValueError)
        try:
            return self._data.item(*index)
        except (IndexError, TypeError, ValueError) as error:
            told = f"item: index {shown(index)} of shape {self._shape}: {error}"
            raise type(error)(told) from error

    def _entry(self, name: str, error: type[Exception] = TypeError) -> Any:
        if self._data.size != 1:
            raise error(f"{name}() needs one entry, the tensor has shape {self._shape}")
        return self._data.item()

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return a copy of the numbers as an ndarray, without a graph."""
        return np.array(self._data)

    def __int__(self) -> int:
        return int(self._entry("int"))

    __trunc__ = __int__

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(
                f"the truth of a tensor of shape {self._shape} is ambiguous; use np.any or np.all "
                "of its .data"
            )
        return bool(self._data)

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of a 0-d tensor")
        return self._shape[0]

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(self._data == getattr(x, "_data", x)))

    def __format__(self, spec: str) -> str:
        if spec and self._data.size != 1:
            raise TypeError(
                f"the format {shown(spec)} is for one number, the tensor has shape {self._shape}; "
                "print its .data.round(2), or format entries one by one"
            )
        return format(self.item(), spec) if spec else repr(self)


# the default, known by identity at no cost
_BY_ROWS = "C"


def plain_index(index: Any) -> Any:
    """Return an index with tensors replaced by their integers or bools."""
    if isinstance(index, tuple):
        return tuple(plain_index(i) for i in index)
    if isinstance(index, Operators):
        if index._data.dtype.kind == "f":
            raise IndexError("tensors used as indices must be of integers or bools")
        return index._data
    if not isinstance(index, list):
        return index
    positions = array_of("index", index)
    return positions if positions.size else positions.astype(int)
