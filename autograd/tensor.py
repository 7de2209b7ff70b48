"""Tensor, the array node: NumPy's arrays, PyTorch's gradients. Next: `interop/`.

A Tensor is a light handle: the data, and the graph node it was computed by. Zero-dimensional data
are kept as NumPy scalars, whose arithmetic is ten times cheaper than an array's. Operations on
tensors alone, and on a tensor and a number, take a short way; `apply` takes everything else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import dispatch
from .arithmetic import by_rows
from .array_node import KEPT, PARENT, ArrayNode, parameter, saved_values
from .array_operators import Axis, Operators
from .assignment import Assignment, check_float
from .handle import Handle, constant_of
from .mode import STATE, current_recorder, is_grad_enabled, note
from .node import MANY
from .op import Op, Pull, register_kind
from .operands import explained, refuse_complex
from .operands import operand as _operand
from .ops import elementwise as ops
from .ops import indexing, linalg, reductions
from .ops.elementwise import pull_multiply_same
from .standard_array import StandardArray
from .value import Value

_new = object.__new__
_state = STATE
_ADD, _SUB, _MUL, _DIV = ops.add, ops.subtract, ops.multiply, ops.divide
_POW, _MATMUL = ops.power, linalg.matmul
_pull_add, _pull_multiply = _ADD.fast[True, True], _MUL.fast[True, True]
_pull_matrices, _pull_matmul_y = linalg.pull_matrices, _MATMUL.fast[False, True]

_GETITEM, _PUT, _SUM = indexing.getitem, indexing.put, reductions.sum
_pull_getitem, _pull_put, _pull_sum = (op.fast[True,] for op in (_GETITEM, _PUT, _SUM))

_OF_SCALARS = {_ADD: operator.add, _SUB: operator.sub, _MUL: operator.mul, _DIV: operator.truediv}
_ALONE, _BOTH, _FIRST, _SECOND = (True,), (True, True), (True, False), (False, True)

# isinstance takes a tuple faster than a union written on the spot
_NUMBERS = (int, float)


def _pass(_: Any, g: Any) -> Any:
    return g


def _pass_twice(_: Any, g: Any) -> Any:
    return g, g


def _pass_and_negate(_: Any, g: Any) -> Any:
    return g, -g


def _pull_scaled(saved: Any, g: Any) -> Any:
    return g * saved[0]


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
        For complex numbers, strings and objects; for nodes, which would lose their gradient; for
        ``requires_grad`` on integers.

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
        if type(other) is not Tensor:
            return self._binary(_MUL, self, other)
        p, q = self._node, other._node
        if p is None or q is None:
            return pair(_MUL, self, other)
        x, y, shape, other_shape = self._data, other._data, self._shape, other._shape
        if shape is other_shape or shape == other_shape:
            return result(_MUL, p, q, x * y, shape, pull_multiply_same, (x, y))
        try:
            z = by_rows(np.multiply, x, y)
        except ValueError:
            return apply(_MUL, (self, other), {})  # which says what does not fit
        return result(_MUL, p, q, z, z.shape, _pull_multiply, (x, y, shape, other_shape))

    def __add__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            return self._binary(_ADD, self, other)
        p, q = self._node, other._node
        if p is None or q is None:
            return pair(_ADD, self, other)
        x, y, shape, other_shape = self._data, other._data, self._shape, other._shape
        if shape is other_shape or shape == other_shape:
            return result(_ADD, p, q, x + y, shape, _pass_twice, ())
        try:
            z = by_rows(np.add, x, y)
        except ValueError:
            return apply(_ADD, (self, other), {})
        return result(_ADD, p, q, z, z.shape, _pull_add, (shape, other_shape))

    def __sub__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            return self._binary(_SUB, self, other)
        p, q, shape = self._node, other._node, self._shape
        if p is None or q is None or shape != other._shape:
            return pair(_SUB, self, other)
        return result(_SUB, p, q, self._data - other._data, shape, _pass_and_negate, ())

    def __getitem__(self, index: Any) -> Tensor:
        p, kind = self._node, type(index)
        if p is None or not self._shape or not (kind is slice or kind is int):
            return super().__getitem__(index)
        try:
            z = _GETITEM.forward(self._data, index=index)
        except (IndexError, TypeError):
            return super().__getitem__(index)  # which says what does not fit
        saved = self._shape, index
        return result(_GETITEM, p, None, z, z.shape, _pull_getitem, saved, None, {"index": index})

    def sum(self, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        """Return the sum over ``axis``, an integer, a tuple or None for all."""
        p = self._node
        if p is None or axis is not None or keepdims or options:
            return super().sum(axis, keepdims, **options)
        of_all = {"axis": None, "keepdims": False}
        z = _SUM.forward(self._data, axis=None, keepdims=False)
        return result(_SUM, p, None, z, (), _pull_sum, (self._shape, None), None, of_all)

    def _put(self, index: Any, shape: tuple[int, ...]) -> Tensor:
        """Return zeros of a shape with these numbers added at an index."""
        where = {"index": index, "shape": shape}
        if self._node is None or not shape:
            return self._run(_PUT, **where)
        z = _PUT.forward(self._data, index=index, shape=shape)
        return result(_PUT, self._node, None, z, shape, _pull_put, (index,), None, where)

    def __matmul__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            return self._binary(_MATMUL, self, other)
        p, q = self._node, other._node
        if q is None or not len(self._shape) == len(other._shape) == 2:
            return apply(_MATMUL, (self, other), {})
        x, y, shape, other_shape = self._data, other._data, self._shape, other._shape
        try:
            z = x.dot(y)
        except ValueError:
            return apply(_MATMUL, (self, other), {})  # which says what does not fit
        if p is not None:
            saved = x, y, shape, other_shape
            return result(_MATMUL, p, q, z, z.shape, _pull_matrices, saved)
        refuse_complex("matmul", z)
        rest = (constant_of(self), PARENT)
        return result(_MATMUL, q, None, z, z.shape, _pull_matmul_y, (x, other_shape), rest)

    def _unary(self, op: Op) -> Tensor:
        return unary(op, self)

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        if type(y) is not Tensor:
            found = with_number(op, x, y)
        elif type(x) is not Tensor:
            found = with_number(op, y, x, left=True)
        else:
            return pair(op, x, y)
        return found if found is not None else _binary(op, x, y)

    def _run(self, op: Op, /, **parameters: Any) -> Tensor:
        t: Tensor = alone(op, self, parameters)
        return t

    def _become(self, other: Any) -> None:
        data = other._data
        if data.dtype != self._data.dtype:
            other = other.astype(self._data.dtype)
            data = other._data
        node = self._node
        if node is not None and node._a is None:
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
        return float(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self._shape:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self._shape[0]))

    # ---------------------------------------------------------------------------------------------
    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return dispatch.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        return dispatch.array_function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if self._node is not None:
            raise TypeError(
                f"turning {self._name()} into a plain array would lose its gradient, which NumPy's "
                "functions and the operators keep: a @ b for array.dot(b), np.stack for np.array "
                "of tensors; use .data or .detach() if it is meant to end here"
            )
        return np.array(self._data, dtype=dtype)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        return apply(op, inputs, parameters)


register_kind(Tensor)


# --------------------------------------------------------------------------------------------------
# The short ways: one tensor, or a tensor and a number


def result(
    op: Op,
    p: Any,
    q: Any,
    z: Any,
    shape: tuple[int, ...],
    pull: Pull,
    saved: Any,
    rest: tuple[Any, ...] | None = None,
    parameters: dict[str, Any] | None = None,
) -> Tensor:
    """Return the tensor of a result with one (``q`` None) or two parents.

    With `MANY` for ``q``, ``p`` is the tuple of parents. Where other operands took part, ``rest``
    has all of them, with `PARENT` in the places of parents.
    """
    node = ArrayNode()
    node._a = p
    node._b = q
    node._operation = op
    node._pull = pull
    node._saved = saved
    node._mark = _state.clock
    node._shape = shape
    # small arrays stay with their node, for people to look at
    if z.size <= KEPT:
        node._value = z
    if rest is not None:
        node._rest = rest
    if parameters:
        node._parameters = parameters
    t: Tensor = _new(Tensor)
    t._data = z
    t._shape = shape
    t._node = node
    return _noted(t) if _state.special else t


def _noted(t: Tensor) -> Tensor:
    """Write scope and origin on a new node, or cut it off where nothing is recorded."""
    notes = note()
    if notes is None:
        t._node = None
    else:
        t._node._notes = notes
    return t


def unary(op: Op, x: Tensor) -> Tensor:
    """Run an elementwise function of one tensor."""
    p = x._node
    data = x._data
    z = op.forward(data)
    if p is None:
        return _plain(z)
    plan = op._plans.get(_ALONE) or op.plan(_ALONE)
    saved = (z,) if plan.of_result else plan.take((data, z))
    return result(op, p, None, z, x._shape, plan.pull, saved)


def alone(op: Op, x: Tensor, parameters: dict[str, Any]) -> Any:
    """Run an operation of one tensor."""
    p, data, shape = x._node, x._data, x._shape
    if p is None or op.variadic or op.saving is not None or not op.gradients[0]:
        return _recorded(op, (x,), [data], [p], parameters)
    try:
        z = op.forward(data, **parameters)
    except (ValueError, IndexError, TypeError):
        return _recorded(op, (x,), [data], [p], parameters)  # which says what does not fit
    if type(z) is not np.float64 and (type(z) is not np.ndarray or not z.ndim):
        z = np.asarray(z)[()]
    if z.dtype.kind != "f":
        return _recorded(op, (x,), [data], [p], parameters)
    plan = op._plans.get(_ALONE) or op.plan(_ALONE)
    saved = plan.take((data, z, shape, z.shape))
    for n in plan.parameters:
        known = parameters[n] if n in parameters else parameter(op, n, (data,), parameters)
        saved = (*saved, known)
    return result(op, p, None, z, z.shape, plan.pull, saved, None, parameters)


def pair(op: Op, x: Tensor, y: Tensor) -> Any:
    """Run an operator on two tensors."""
    p, q = x._node, y._node
    if op.gradients != _BOTH or not op.elementwise or (p is None and q is None):
        return apply(op, (x, y), {})
    data, other, shape, other_shape = x._data, y._data, x._shape, y._shape
    forward = op.forward if shape or other_shape else _OF_SCALARS.get(op, op.forward)
    try:
        z = forward(data, other) if shape == other_shape else by_rows(forward, data, other)
    except (ValueError, TypeError):
        return apply(op, (x, y), {})  # which says what does not fit
    if z.dtype.kind != "f":
        return apply(op, (x, y), {})
    tracked = (p is not None, q is not None)
    plan = op._plans.get(tracked) or op.plan(tracked)
    saved = plan.take((data, other, z, shape, other_shape, z.shape))
    if q is None:
        return result(op, p, None, z, z.shape, plan.pull, saved, (PARENT, constant_of(y)))
    if p is None:
        return result(op, q, None, z, z.shape, plan.pull, saved, (constant_of(x), PARENT))
    return result(op, p, q, z, z.shape, plan.pull, saved)


def with_number(op: Op, x: Tensor, c: Any, left: bool = False) -> Tensor | None:
    """Run an operator on a tensor and a Python number; None if this is not what it is."""
    kind = type(c)
    if not (kind is float or kind is int) or x._node is None or not op.elementwise:
        return None
    if not op.gradients[left]:
        return None
    data, shape = x._data, x._shape
    # NumPy's scalars are multiplied by Python's operator, ten times faster than by the ufunc
    forward = op.forward if shape else _OF_SCALARS.get(op, op.forward)
    if op is _POW and c == 2 and type(data) is np.ndarray and not left:
        z = data * data  # half the time of the power
    else:
        z = forward(c, data) if left else forward(data, c)
    rest = (c, PARENT) if left else (PARENT, c)
    if op is _MUL:
        return result(op, x._node, None, z, shape, _pull_scaled, (c,), rest)
    if op is _ADD or (op is _SUB and not left):
        return result(op, x._node, None, z, shape, _pass, (), rest)
    tracked = _SECOND if left else _FIRST
    plan = op._plans.get(tracked) or op.plan(tracked)
    known = (c, data, z, (), shape, shape) if left else (data, c, z, shape, (), shape)
    return result(op, x._node, None, z, shape, plan.pull, plan.take(known), rest)


def _plain(z: Any) -> Tensor:
    """Return a tensor without a graph on an array or a number."""
    if not isinstance(z, (np.ndarray, np.generic)):
        z = np.asarray(z)
    t: Tensor = _new(Tensor)
    t._data = z = z if z.ndim else z[()]
    t._shape = z.shape
    t._node = None
    return t


# --------------------------------------------------------------------------------------------------
# The general way


def apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Run any operation on tensors, values, arrays and numbers, and record it."""
    if len(inputs) == 1 and type(inputs[0]) is Tensor:
        if op.elementwise and op.gradients[0] and not op.variadic and not parameters:
            return unary(op, inputs[0])
        return alone(op, inputs[0], parameters)
    for x in inputs:
        if type(x) is not Tensor:
            return _apply_mixed(op, inputs, parameters)
    return _recorded(op, inputs, [x._data for x in inputs], [x._node for x in inputs], parameters)


def _apply_mixed(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    arrays: list[Any] = []
    nodes: list[Any] = []
    for x in inputs:
        if isinstance(x, Tensor):
            arrays.append(x._data)
            nodes.append(x._node)
        elif isinstance(x, Value):
            if _state.special and (recorder := current_recorder()) is not None:
                raise recorder.mixed(op.name)
            arrays.append(x._data)
            nodes.append(x)
        else:
            arrays.append(_operand(op, x))
            nodes.append(None)
    if not op.elementwise:
        arrays = [np.asarray(a) if isinstance(a, (*_NUMBERS, complex)) else a for a in arrays]
    return _recorded(op, inputs, arrays, nodes, parameters)


def _recorded(
    op: Op,
    inputs: Sequence[Any],
    arrays: list[Any],
    nodes: list[Any],
    parameters: dict[str, Any],
) -> Tensor:
    """Run an operation on arrays; record it if one of the nodes wants its gradient."""
    tracked = tuple([n is not None for n in nodes])
    if op.gradients != op.every_input:
        tracked = tuple([t and op.differentiable(i) for i, t in enumerate(tracked)])
    wanted = True in tracked and (not _state.special or is_grad_enabled())
    extra: tuple[Any, ...] = ()
    try:
        if wanted and op.saving is not None:
            z, more = op.saving(*arrays, **parameters)
            extra = (more,)
        else:
            z = op.forward(*arrays, **parameters)
    except (ValueError, IndexError, TypeError) as error:
        raise explained(error, op, arrays, parameters, inputs) from error
    if type(z) is not np.ndarray or not z.ndim:
        z = np.asarray(z)[()]
    if not wanted or z.dtype.kind != "f":
        if wanted:
            refuse_complex(op.name, z)
        return _plain(z)
    plan = op.plan(tracked)
    saved = (*saved_values(op, plan, arrays, z, parameters), *extra)
    parents, rest = nodes, None
    if False in tracked:
        parents = [n for n, t in zip(nodes, tracked) if t]  # noqa: B905
        rest = _rest(inputs, tracked)
    count = len(parents)
    p: Any = tuple(parents) if count > 2 else parents[0]
    q = MANY if count > 2 else parents[1] if count == 2 else None
    return result(op, p, q, z, z.shape, plan.pull, saved, rest, parameters)


def _binary(op: Op, x: Any, y: Any) -> Any:
    """Run an operator on operands of which one is a tensor; NotImplemented for strangers."""
    return apply(op, (x, y), {}) if _is_operand(x) and _is_operand(y) else NotImplemented


def _is_operand(x: Any) -> bool:
    if isinstance(x, (Tensor, Value, complex, *_NUMBERS)):
        return True
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fiubc"
    if isinstance(x, list):
        return np.asarray(x).dtype.kind in "fiubc" if x else True
    return False


def _rest(inputs: Sequence[Any], tracked: Sequence[bool]) -> tuple[Any, ...]:
    rest = list(inputs)
    for i, wanted in enumerate(tracked):
        if wanted:
            rest[i] = PARENT
        elif type(rest[i]) is Tensor:
            rest[i] = constant_of(rest[i])
    return tuple(rest)
