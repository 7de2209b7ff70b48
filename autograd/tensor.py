"""Tensor, the array node: NumPy's arrays, PyTorch's gradients. Next: `interop/`.

A Tensor is a light handle: the data, and the graph node it was computed by. Zero-dimensional data
are kept as NumPy scalars, whose arithmetic is ten times cheaper than an array's. The hottest
operators are written out here; `array_nodes/applying.py` runs all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import dispatch
from .arithmetic import by_rows
from .array_nodes.applying import (
    apply,
    apply_general,
    binary,
    of_one,
    of_operands,
    of_ufunc,
    result,
    two_tensors,
    unary,
    with_number,
)
from .array_nodes.assignment import Assignment
from .array_nodes.axes import Axis
from .array_nodes.facts import constant_of
from .array_nodes.handle import Handle
from .array_nodes.node import PARENT, tensor_on
from .array_nodes.operands import refuse_complex
from .array_nodes.operators import Operators
from .array_nodes.standard_array import StandardArray
from .array_nodes.views import VIEWS, lie_alike, link, linked
from .conversions import check_float, of_assertion, priority_over_tables, refuse_array
from .copies import copied
from .mode import STATE, is_grad_enabled, note_float
from .op import Op, register_kind
from .ops import elementwise as ops
from .ops import indexing, linalg, reductions
from .ops.assignment import assign
from .ops.elementwise import pull_multiply_same, pull_scaled

FEW = 64  # versions of up to so many numbers are kept, and copied at every assignment

_ADD, _SUB, _MUL, _MATMUL = ops.add, ops.subtract, ops.multiply, linalg.matmul
_pull_add, _pull_multiply = _ADD.fast[True, True], _MUL.fast[True, True]
_pull_matrices, _pull_matmul_y = linalg.pull_matrices, _MATMUL.fast[False, True]

_GETITEM, _PUT, _SUM = indexing.getitem, indexing.put, reductions.sum
_pull_assign, _pull_assign_x = (assign.plan((True, value)).pull for value in (True, False))
_pull_getitem, _pull_put, _pull_sum = (op.fast[True,] for op in (_GETITEM, _PUT, _SUM))


def _pass_twice(_: Any, g: Any) -> Any:
    return g, g


def _pass_and_negate(_: Any, g: Any) -> Any:
    return g, -g


class Tensor(Handle, Assignment, StandardArray, Operators):
    """An array node of a computation graph.

    Parameters
    ----------
    data : array_like
        Numbers of any shape; floats keep their dtype. The data are copied.
    requires_grad : bool
        Whether gradients with respect to this tensor are wanted; needs a floating dtype.
    dtype : dtype, optional
        As for `numpy.array`.
    label : str
        The name shown in pictures, derivations and errors.

    Raises
    ------
    TypeError
        For complex numbers, strings and objects; for values and for tensors that require a
        gradient, which would be lost; for ``requires_grad`` on integers.

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0]])
    >>> w = Tensor([[3.0], [4.0]], requires_grad=True)
    >>> loss = ((x @ w) ** 2).sum()
    >>> loss.backward()
    >>> w.grad
    array([[22.],
           [44.]])
    """

    __slots__ = ()

    __autograd_rank__ = 2

    # ---------------------------------------------------------------------------------------------
    # The hottest operators, written out; all others go through `apply`

    def __mul__(self, other: Any) -> Any:
        kind = type(other)
        if kind is not Tensor:
            p = self._node
            # finite and not 0, so that a gradient of 0 stays 0
            if p is None or not (kind is float or kind is int) or not other or other - other != 0:
                return self._binary(_MUL, self, other)
            z, rest = self._data * other, (PARENT, other)
            return result(_MUL, p, None, z, self._shape, pull_scaled, (other,), rest)
        p, q = self._node, other._node
        if p is None or q is None:
            return two_tensors(_MUL, self, other)
        x, y, shape, other_shape = self._data, other._data, self._shape, other._shape
        if shape is other_shape or shape == other_shape:
            return result(_MUL, p, q, x * y, shape, pull_multiply_same, (x, y))
        try:
            z = by_rows(np.multiply, x, y)
        except ValueError:
            return apply_general(_MUL, (self, other), {})  # raises the error
        return result(_MUL, p, q, z, z.shape, _pull_multiply, (x, y, shape, other_shape))

    def __add__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            return self._binary(_ADD, self, other)
        p, q = self._node, other._node
        if p is None or q is None:
            return two_tensors(_ADD, self, other)
        x, y, shape, other_shape = self._data, other._data, self._shape, other._shape
        if shape is other_shape or shape == other_shape:
            return result(_ADD, p, q, x + y, shape, _pass_twice, ())
        try:
            z = by_rows(np.add, x, y)
        except ValueError:
            return apply_general(_ADD, (self, other), {})
        return result(_ADD, p, q, z, z.shape, _pull_add, (shape, other_shape))

    def __sub__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            return self._binary(_SUB, self, other)
        p, q, shape = self._node, other._node, self._shape
        if p is None or q is None or shape != other._shape:
            return two_tensors(_SUB, self, other)
        return result(_SUB, p, q, self._data - other._data, shape, _pass_and_negate, ())

    def __getitem__(self, index: Any) -> Any:
        p, kind = self._node, type(index)
        if p is None or not self._shape or not (kind is slice or kind is int):
            return super().__getitem__(index)
        try:
            if p._a is None or (kind is int and len(self._shape) == 1):
                # a number, or a view of a leaf's array, which the graph keeps alive anyhow
                z = self._data[index]
            else:
                z = _GETITEM.forward(self._data, index=index)
        except (IndexError, TypeError):
            return super().__getitem__(index)  # raises the error
        saved, where = (self._shape, index), {"index": index}
        t = result(_GETITEM, p, None, z, z.shape, _pull_getitem, saved, None, where)
        if z.ndim:
            link(t, self, _GETITEM, where)
        return t

    def sum(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the sum over ``axis``, an integer, a tuple or None for all."""
        p = self._node
        if p is None or axis is not None or keepdims is not False or options:
            return super().sum(axis, keepdims, **options)
        of_all = {"axis": None, "keepdims": False}
        z = _SUM.forward(self._data, axis=None, keepdims=False)
        return result(_SUM, p, None, z, (), _pull_sum, (self._shape, None), None, of_all)

    def _put(self, index: Any, shape: tuple[int, ...]) -> Any:
        """Return zeros of a shape with this tensor added at an index."""
        where = {"index": index, "shape": shape}
        if self._node is None or not shape:
            return self._run(_PUT, **where)
        z = _PUT.forward(self._data, index=index, shape=shape)
        return result(_PUT, self._node, None, z, shape, _pull_put, (index,), None, where)

    def _renew(self, z: Any, index: Any, value: Any, p: Any, q: Any) -> None:
        if p is None:
            return self._become(tensor_on(z, None))
        where, shape = {"index": index}, self._shape
        if q is None:
            rest = PARENT, (constant_of(value) if type(value) is Tensor else value)
            version = result(assign, p, None, z, shape, _pull_assign_x, (index,), rest, where)
        else:
            saved = value._shape, index
            version = result(assign, p, q, z, shape, _pull_assign, saved, None, where)
        self._data, self._node = z, version._node
        if z.size > FEW:
            self._node._value = None
        # the flag saves looking for a slot that is not set, which is slow
        if STATE.labels and p.label:
            self._node.label = p.label
        return None

    def __matmul__(self, other: Any) -> Any:
        # `binary` leaves two tensors, of subclasses too, to this method
        if type(other) is not Tensor and not isinstance(other, Tensor):
            return self._binary(_MATMUL, self, other)
        p, q = self._node, other._node
        if q is None:
            return apply_general(_MATMUL, (self, other), {})
        x, y, shape, other_shape = self._data, other._data, self._shape, other._shape
        try:
            (n, _), (_, m) = shape, other_shape
            z = x.dot(y)
        except ValueError:
            # not two matrices, or of shapes that do not fit: the general path raises the error
            return apply_general(_MATMUL, (self, other), {})
        if p is not None:
            saved = x, y, shape, other_shape
            return result(_MATMUL, p, q, z, (n, m), _pull_matrices, saved)
        refuse_complex("matmul", z)
        rest = (constant_of(self), PARENT)
        return result(_MATMUL, q, None, z, (n, m), _pull_matmul_y, (x, other_shape), rest)

    def _unary(self, op: Op) -> Tensor:
        t: Tensor = unary(op, self)
        return t

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        kind = type(y)
        if x is self and (kind is float or kind is int):
            found = with_number(op, self, y)
        else:
            found = binary(op, x, y)
        return found if found is not None else of_operands(op, x, y)

    def _run(self, op: Op, /, **parameters: Any) -> Tensor:
        t: Tensor = of_one(op, self, parameters)
        return linked(t, self, op, parameters) if op in VIEWS else t

    def _become(self, other: Any) -> None:
        data = other._data
        if data.dtype != self._data.dtype:
            other = other.astype(self._data.dtype)
            data = other._data
        if data.ndim > 1:
            data = lie_alike(data, self._data)
        node = self._node
        if node is not None and node._a is None and not is_grad_enabled():
            if type(data) is np.ndarray:
                self._take(data)
            else:
                self.data = data
            return
        if hasattr(self, "_constant"):
            del self._constant
        self._data, self._shape, self._node = data, other._shape, other._node
        if node is not None and node.label and self._node is not None:
            self._node.label = node.label

    def __float__(self) -> float:
        if self._node is not None:
            check_float(self._name())
        return float(self._entry("float"))

    def item(self, *index: Any) -> Any:
        """Return the only entry, or that of an index, as a Python number."""
        number = super().item(*index)
        if self._node is not None:
            note_float(f"item() of {self._name()}", number)
        return number

    def tolist(self) -> Any:
        """Return the numbers as nested lists."""
        if self._node is not None:
            note_float(f"tolist() of {self._name()}")
        return self._data.tolist()

    def __iter__(self) -> Iterator[Tensor]:
        if not self._shape:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self._shape[0]))

    # ---------------------------------------------------------------------------------------------
    # The protocols of NumPy and pandas

    __pandas_priority__ = priority_over_tables

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            found = of_ufunc(ufunc, inputs)
            if found is not None:
                return found
        return dispatch.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        if len(types) > 1 and any(map(dispatch.is_foreign, types)):
            return NotImplemented
        return dispatch.array_function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if self._node is not None:
            if not of_assertion():
                refuse_array(self._name())
            return np.array(self._data, dtype=dtype)
        array = self.data
        # compiled routines of others refuse an array that cannot be written to
        if copy is None and not array.flags.writeable:
            array = array.copy()
        return np.array(array, dtype=dtype, copy=copy)

    def __copy__(self) -> Any:
        # `copied` would pickle, which computed tensors refuse
        computed = self.requires_grad and not self.is_leaf
        return self.copy() if computed else copied(self, self._node)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copied(self, self._node, memo)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        return apply(op, inputs, parameters)


register_kind(Tensor)
