"""The operators and methods of Tensor, each one line on top of the table of rules.

They mean what they mean in NumPy. Nothing here knows how a node is made: `Tensor` provides `_run`,
`_unary` and `_binary` for that. Next: `assignment.py`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Never

import numpy as np

from ..absent import NO_POWER, refuse_options
from ..mode import warn_user
from ..op import Op
from ..ops import activations, indexing, linalg, piecewise, reductions, softmaxes
from ..ops import elementwise as ops
from ..ops import elementwise_more as more
from ..settings import array_of, checked_flag, checked_number, shown
from .axes import Axis, normal_axis, reduced_axis
from .methods import by_numpy
from .shapes import Shapes

if TYPE_CHECKING:
    from ..tensor import Tensor


class Operators(Shapes):
    """NumPy's operators and array methods, in terms of `_unary`, `_binary` and `_run`."""

    __slots__ = ()

    def _unary(self, op: Op) -> Tensor:
        raise NotImplementedError

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
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

    def __floordiv__(self, other: Any) -> Any:
        return self._binary(piecewise.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._binary(piecewise.floor_divide, other, self)

    def __mod__(self, other: Any) -> Any:
        return self._binary(more.remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._binary(more.remainder, other, self)

    def __divmod__(self, other: Any) -> Any:
        quotient = self.__floordiv__(other)
        return quotient if quotient is NotImplemented else (quotient, self % other)

    def __rdivmod__(self, other: Any) -> Any:
        quotient = self.__rfloordiv__(other)
        return quotient if quotient is NotImplemented else (quotient, other % self)

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

    def __xor__(self, other: Any) -> Any:
        if self.dtype.kind == "f":
            raise TypeError(NO_POWER)
        return self._binary(piecewise.bitwise_xor, self, other)

    __rxor__ = __xor__

    def __lshift__(self, other: Any) -> Any:
        return self._binary(piecewise.left_shift, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return self._binary(piecewise.left_shift, other, self)

    def __rshift__(self, other: Any) -> Any:
        return self._binary(piecewise.right_shift, self, other)

    def __rrshift__(self, other: Any) -> Any:
        return self._binary(piecewise.right_shift, other, self)

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
        if not count:
            warn_user("Mean of empty slice", RuntimeWarning)
            count = np.nan
        if self.dtype.char == "e":
            # sums of float16 overflow early: computed in float32, as in NumPy
            total: Any = self.astype(np.float32).sum(axis, keepdims)
            return (total / count).astype(np.float16)
        return self.sum(axis, keepdims) / count

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


def plain_index(index: Any) -> Any:
    """Return an index with tensors replaced by their integers or bools."""
    if isinstance(index, tuple):
        try:
            return tuple(plain_index(i) for i in index)
        except RecursionError:
            raise IndexError("an index of tuples is nested too deeply") from None
    if isinstance(index, Operators):
        if index._data.dtype.kind == "f":
            raise IndexError("tensors used as indices must be of integers or bools")
        return index._data
    if not isinstance(index, list):
        return index
    positions = array_of("index", index)
    return positions if positions.size else positions.astype(int)
