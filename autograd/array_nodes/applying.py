"""Applying an operation to tensors: fast paths, and one general path. Next: `../tensor.py`.

A fast path runs an operation of one tensor, of two, or of a tensor and a number or array, and makes
the node of the result. Everything else is left to `apply_general`, which also raises the errors.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arithmetic import KEPT, by_rows
from ..conversions import is_table
from ..dispatch import FUNCTIONS
from ..mode import STATE, current_recorder, is_grad_enabled, note
from ..node import MANY
from ..op import _KINDS, Op, operation_for
from ..ops import elementwise as ops
from ..ops import elementwise_more, linalg
from ..ops.powers import FEW, by_products, with_result
from ..rule import Pull
from ..settings import array_of
from ..sweep.checksums import checksums
from ..value import Value
from .facts import constant_of
from .handle import Handle
from .node import PARENT, ArrayNode, parameter, saved_values, tensor_on
from .operands import explained, refuse_complex
from .operands import operand as _operand
from .views import VIEWS, linked

_new, _kinds, _state = object.__new__, _KINDS, STATE
_ADD, _SUB, _MUL, _DIV, _POW = ops.add, ops.subtract, ops.multiply, ops.divide, ops.power
_MATMUL, _FLOAT_POWER = linalg.matmul, elementwise_more.float_power

_OF_SCALARS: dict[Op, Any] = {
    _ADD: operator.add,
    _SUB: operator.sub,
    _MUL: operator.mul,
    _DIV: operator.truediv,
    _POW: np.power,
}
_ALONE, _BOTH, _FIRST, _SECOND = (True,), (True, True), (True, False), (False, True)
_NEITHER = (False, False)

# isinstance takes a tuple faster than a union written on the spot
_NUMBERS = (int, float)
_ARRAYS = frozenset({np.ndarray, np.float64, np.float32})


def _pass(_: Any, g: Any) -> Any:
    return g


# --------------------------------------------------------------------------------------------------
# Fast paths: one tensor, two, or a tensor and a number or array


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
) -> Any:
    """Return the tensor of a result with one (``q`` None) or two parents.

    With `MANY` for ``q``, ``p`` is the tuple of parents. If some operands are not parents, ``rest``
    has all operands, with `PARENT` in place of the parents.
    """
    node = ArrayNode()
    node._a = p
    node._b = q
    node._operation = op
    node._pull = pull
    node._saved = saved
    node._mark = _state.clock
    node._shape = shape
    # nodes keep small arrays, for users to look at
    if z.size <= KEPT:
        node._value = z
    node._rest = rest
    if parameters:
        node._parameters = parameters
    t = _new(_kinds[2])
    t._data = z
    t._shape = shape
    t._node = node
    t._view = None
    return _noted(t) if _state.special else t


def _noted(t: Any) -> Any:
    """Set scope and origin of a new node, or detach it where nothing is recorded."""
    notes = note()
    if notes is None:
        t._node = None
    else:
        t._node._notes = notes
        if notes[2] is not None:
            t._node._checksums = checksums(t._node)
    return t


def unary(op: Op, x: Handle) -> Any:
    """Run an elementwise function of one tensor."""
    p = x._node
    data = x._data
    if p is None:
        return untracked(op.forward(data))
    plan, saving = op._plans.get(_ALONE) or op.plan(_ALONE), op.saving
    if saving is None:
        forward = op.forward
        z = forward(data)
        saved = (z,) if plan.of_result else plan.take((data, z))
    else:
        saved = saving(data)
        z = saved[0]
        if not plan.of_result:
            saved = (*plan.take((data, z)), saved[1])
    return result(op, p, None, z, x._shape, plan.pull, saved)


def of_one(op: Op, x: Handle, parameters: dict[str, Any]) -> Any:
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


def of_ufunc(ufunc: np.ufunc, inputs: tuple[Any, ...]) -> Any | None:
    """Run the operation of a ufunc; None if there is no fast path."""
    op = operation_for(ufunc)
    if op is None or ufunc in FUNCTIONS:
        return None
    if len(inputs) == 2:
        return binary(op, *inputs)
    return unary(op, inputs[0]) if op.elementwise and op.gradients == _ALONE else None


def binary(op: Op, x: Any, y: Any) -> Any | None:
    """Run an operator on operands of which one is a tensor; None if there is no fast path."""
    if isinstance(y, Handle):
        if isinstance(x, Handle):
            if op is _MATMUL:
                return x @ y  # type: ignore[operator]
            return two_tensors(op, x, y) if op.elementwise else None
        return (with_array if type(x) in _ARRAYS else with_number)(op, y, x, left=True)
    if isinstance(x, Handle):
        return (with_array if type(y) in _ARRAYS else with_number)(op, x, y)
    return None


def two_tensors(op: Op, x: Handle, y: Handle) -> Any | None:
    """Run an elementwise operator on two tensors; None if it has a rule for only one of them."""
    if op.gradients != _BOTH and op.gradients != _NEITHER:
        return None
    p, q = x._node, y._node
    data, other, shape, other_shape = x._data, y._data, x._shape, y._shape
    forward = op.forward if shape or other_shape else _OF_SCALARS.get(op, op.forward)
    try:
        z = forward(data, other) if shape == other_shape else by_rows(forward, data, other)
    except (ValueError, TypeError):
        return apply_general(op, (x, y), {})  # which says what does not fit
    if (p is None and q is None) or op.gradients == _NEITHER:
        return untracked(z)
    if z.dtype.kind != "f":
        return apply_general(op, (x, y), {})
    tracked = (p is not None, q is not None)
    plan = op._plans.get(tracked) or op.plan(tracked)
    saved = plan.take((data, other, z, shape, other_shape, z.shape))
    if q is None:
        return result(op, p, None, z, z.shape, plan.pull, saved, (PARENT, constant_of(y)))
    if p is None:
        return result(op, q, None, z, z.shape, plan.pull, saved, (constant_of(x), PARENT))
    return result(op, p, q, z, z.shape, plan.pull, saved)


def with_number(op: Op, x: Handle, c: Any, left: bool = False) -> Any | None:
    """Run an operator on a tensor and a Python number; None if ``c`` is anything else."""
    kind = type(c)
    if not (kind is float or kind is int) or not op.elementwise:
        return None
    p, data, shape = x._node, x._data, x._shape
    if p is None or not op.gradients[left]:
        return _without_gradient(op, p, data, c, left)
    # on NumPy's scalars Python's operators are ten times faster than ufuncs
    forward = op.forward if shape else _OF_SCALARS.get(op, op.forward)
    if op is _POW and type(data) is np.ndarray and not left:
        z = by_products(data, c) if c in FEW else data**c  # as the operation does
    else:
        z = forward(c, data) if left else forward(data, c)
    rest = (c, PARENT) if left else (PARENT, c)
    if (op is _MUL or (op is _DIV and not left)) and c and c - c == 0:
        pull = ops.pull_scaled if op is _MUL else ops.pull_divided
        return result(op, p, None, z, shape, pull, (c,), rest)
    if op is _ADD or (op is _SUB and not left):
        return result(op, p, None, z, shape, _pass, (), rest)
    tracked = _SECOND if left else _FIRST
    plan = op._plans.get(tracked) or op.plan(tracked)
    known = (c, data, z, (), shape, shape) if left else (data, c, z, shape, (), shape)
    saved = plan.take(known)
    if (op is _POW or op is _FLOAT_POWER) and not left:
        saved = with_result(saved, c, z)
    return result(op, p, None, z, shape, plan.pull, saved, rest)


def with_array(op: Op, x: Handle, c: Any, left: bool = False) -> Any | None:
    """Run an operator on a tensor and an array of numbers; None if there is no fast path."""
    p, data, shape, other = x._node, x._data, x._shape, c.shape
    if c.dtype.kind not in "fiub":
        return None
    if op.elementwise and (p is None or not op.gradients[left]):
        return _without_gradient(op, p, data, c, left)
    if p is None:
        return None
    if op is _MATMUL:
        if not (0 < len(shape) < 3 and 0 < len(other) < 3 and type(data) is np.ndarray):
            return None
        forward: Any = np.dot
    elif not op.elementwise:
        return None
    else:
        forward = op.forward if shape or other else _OF_SCALARS.get(op, op.forward)
    try:
        if shape == other or op is _MATMUL:
            z = forward(c, data) if left else forward(data, c)
        else:
            z = by_rows(forward, c, data) if left else by_rows(forward, data, c)
    except (ValueError, TypeError):
        return None  # the general path raises the error
    tracked, rest = (_SECOND, (c, PARENT)) if left else (_FIRST, (PARENT, c))
    if type(c) is not np.ndarray and c and (op is _MUL or (op is _DIV and not left)):
        if math.isfinite(c):
            pull = ops.pull_scaled if op is _MUL else ops.pull_divided
            return result(op, p, None, z, shape, pull, (c,), rest)
    plan = op._plans.get(tracked) or op.plan(tracked)
    known = (c, data, z, other, shape, z.shape) if left else (data, c, z, shape, other, z.shape)
    saved = plan.take(known)
    if (op is _POW or op is _FLOAT_POWER) and not left:
        saved = with_result(saved, c, z)
    return result(op, p, None, z, z.shape, plan.pull, saved, rest)


def _without_gradient(op: Op, p: Any, data: Any, c: Any, left: bool) -> Any | None:
    """Run an elementwise operator whose result has no gradient; None if it may have one."""
    if p is not None and op.gradients != _NEITHER:
        return None
    try:
        z = op.forward(c, data) if left else op.forward(data, c)
    except (ValueError, TypeError):
        return None
    return untracked(z)


def untracked(z: Any) -> Any:
    """Return an array or number as a tensor without a graph."""
    if not isinstance(z, (np.ndarray, np.generic)):
        z = np.asarray(z)
    return tensor_on(z if z.ndim else z[()], None)


# --------------------------------------------------------------------------------------------------
# The general path


def apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Run any operation on tensors, values, arrays and numbers, by a fast path if there is one."""
    if len(inputs) == 1 and isinstance(inputs[0], Handle):
        if op.elementwise and op.gradients[0] and not op.variadic and not parameters:
            return unary(op, inputs[0])
        found = of_one(op, inputs[0], parameters)
        return linked(found, inputs[0], op, parameters) if op in VIEWS else found
    if len(inputs) == 2 and not parameters:
        found = binary(op, *inputs)
        if found is not None:
            return found
    return apply_general(op, inputs, parameters)


def apply_general(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Run any operation by the general path; errors name the operation, shapes and labels."""
    for x in inputs:
        if not isinstance(x, Handle):
            return _apply_mixed(op, inputs, parameters)
    return _recorded(op, inputs, [x._data for x in inputs], [x._node for x in inputs], parameters)


def _apply_mixed(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    arrays: list[Any] = []
    nodes: list[Any] = []
    for x in inputs:
        if isinstance(x, Handle):
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
) -> Any:
    """Run an operation on arrays; record it if one of the nodes requires its gradient."""
    gradients = op.gradients * len(nodes) if op.variadic else op.gradients
    tracked = tuple([d and n is not None for n, d in zip(nodes, gradients)])  # noqa: B905 - hot
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
        return untracked(z)
    plan = op._plans.get(tracked) or op.plan(tracked)
    saved = saved_values(op, plan, arrays, z, parameters)
    if extra:
        saved = saved + extra
    parents, rest = nodes, None
    if False in tracked:
        parents = [n for n, t in zip(nodes, tracked) if t]  # noqa: B905
        rest = _rest(inputs, tracked)
    count = len(parents)
    p: Any = tuple(parents) if count > 2 else parents[0]
    q = MANY if count > 2 else parents[1] if count == 2 else None
    return result(op, p, q, z, z.shape, plan.pull, saved, rest, parameters)


def of_operands(op: Op, x: Any, y: Any) -> Any:
    """Run an operator on operands of which one is a tensor; NotImplemented for foreign classes."""
    return apply(op, (x, y), {}) if _is_operand(op, x) and _is_operand(op, y) else NotImplemented


def _is_operand(op: Op, x: Any) -> bool:
    if hasattr(type(x), "__autograd_rank__"):  # but not a number that a recording stands in for
        return isinstance(x, (Handle, Value))
    if isinstance(x, (complex, *_NUMBERS)):
        return True
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fiubc"
    if isinstance(x, Sequence):
        # for a list of nodes, `operand` raises an error with the cure
        nodes = any(hasattr(type(e), "__autograd_rank__") for e in x)
        return nodes or not x or array_of(op.name, x).dtype.kind in "fiubc"
    return is_table(x)


def _rest(inputs: Sequence[Any], tracked: Sequence[bool]) -> tuple[Any, ...]:
    return tuple(
        [
            PARENT if wanted else constant_of(x) if isinstance(x, Handle) else x
            for x, wanted in zip(inputs, tracked)  # noqa: B905 - hot
        ]
    )
