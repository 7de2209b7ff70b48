"""The plain identities by which expressions are simplified as they are built. Next: `formula.py`.

One looks at an operation and its operands, never deeper: numbers go in front and are multiplied,
minus signs join into differences, transposes and reshapes of one another cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ...array_nodes.axes import normal_axis
from ...op import Op
from ...ops import elementwise as ops
from ...ops import indexing, reductions, shaping
from .symbols import IDENTITIES, Shape, Symbol, apply, broadcast, number, plainly, shape_of

_REDUCTIONS = (reductions.sum, reductions.prod, reductions.max, reductions.min)
_LONG = 60  # expressions are compared up to this weight


def split(e: Symbol) -> tuple[float, Symbol | None]:
    """Return an expression as a number times the rest, which is None for a number."""
    if e.number is not None:
        return e.number, None
    if e.op is shaping.broadcast_to:
        e = e.args[0]
    if e.op is ops.negative:
        return -1.0, e.args[0]
    if e.op is ops.multiply and e.args[0].number is not None:
        return e.args[0].number, e.args[1]
    if e.op is ops.divide and e.args[0].number is not None:
        return e.args[0].number, plainly(ops.divide, (number(1), e.args[1]), {})
    return 1.0, e


def stretched(e: Symbol, shape: Shape) -> Symbol:
    """Return an expression in a shape that it broadcasts to."""
    if e.op is shaping.broadcast_to:
        e = e.args[0]
    if e._shape == shape:
        return e
    if e.number is not None:
        return number(e.number, shape)
    return plainly(shaping.broadcast_to, (e,), {"shape": shape})


def scaled(k: float, e: Symbol | None, shape: Shape) -> Symbol:
    """Return k times an expression without a numeric factor, in a shape."""
    if k == 0 or e is None:
        return number(k, shape)
    if k < 0 and e.op is ops.subtract:
        k, e = -k, plainly(ops.subtract, e.args[::-1], {})
    if abs(k) == 1:
        e = stretched(e, shape)
        return e if k > 0 else plainly(ops.negative, (e,), {})
    return stretched(plainly(ops.multiply, (number(k), e), {}), shape)


def _multiply(a: Symbol, b: Symbol) -> Symbol:
    shape = broadcast([a._shape, b._shape])
    (j, x), (k, y) = split(a), split(b)
    if x is None or y is None:
        return scaled(j * k, x if y is None else y, shape)
    for one, other in ((y, x), (x, y)):
        # g * (1 / y) is g / y
        if one.op is ops.divide and one.args[0].number == 1:
            return scaled(j * k, plainly(ops.divide, (other, one.args[1]), {}), shape)
    return scaled(j * k, plainly(ops.multiply, (x, y), {}), shape)


def _divide(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    (j, x), (k, y) = split(a), split(b)
    if k == 0:
        return None
    if y is None:
        return scaled(j / k, x, shape)
    return scaled(j / k, plainly(ops.divide, (number(1) if x is None else x, y), {}), shape)


def _add(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    if a.number is not None and b.number is not None:
        return number(a.number + b.number, shape)
    if a.number == 0 or b.number == 0:
        return stretched(b if a.number == 0 else a, shape)
    together = _like_terms(a, b, shape)
    if together is not None:
        return together
    if a.op is ops.add:
        # the gradient along two equal paths, added to other terms
        last = _like_terms(a.args[1], b, shape)
        if last is not None:
            return apply(ops.add, (a.args[0], last), {})
    if split(b)[0] < 0:
        found = _subtract(a, _negative(b))
        return plainly(ops.subtract, (a, _negative(b)), {}) if found is None else found
    if split(a)[0] < 0:
        return plainly(ops.subtract, (b, _negative(a)), {})
    return None


def _like_terms(a: Symbol, b: Symbol, shape: Shape) -> Symbol | None:
    """Return the sum of two terms that differ in their numeric factor; None for others."""
    (j, x), (k, y) = split(a), split(b)
    if x is None or y is None or not same(x, y):
        return None
    return scaled(j + k, x, shape)


def same(a: Symbol, b: Symbol) -> bool:
    """Whether two expressions are identical."""
    if a.weight > _LONG:
        return a is b
    pairs = [(a, b)]
    while pairs:
        a, b = pairs.pop()
        if a is b:
            continue
        if a.op is not b.op or a._shape != b._shape or len(a.args) != len(b.args):
            return False
        if a.op is None and (a.number is None or a.number != b.number):
            return False
        if a.parameters.keys() != b.parameters.keys() or not all(
            _equal(x, b.parameters[key]) for key, x in a.parameters.items()
        ):
            return False
        pairs += zip(a.args, b.args, strict=True)
    return True


def _equal(a: Any, b: Any) -> bool:
    # comparing arrays, as in an index, gives no single truth value
    return a is b or (
        type(a) is type(b) and isinstance(a, str | int | tuple) and repr(a) == repr(b)
    )


def _subtract(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    if a.number is not None and b.number is not None:
        return number(a.number - b.number, shape)
    if b.number == 0:
        return stretched(a, shape)
    if a.number == 0:
        return stretched(_negative(b), shape)
    if split(b)[0] < 0:
        return apply(ops.add, (a, _negative(b)), {})
    return None


def _negative(a: Symbol) -> Symbol:
    k, x = split(a)
    return scaled(-k, x, a._shape)


def _pulled(op: Op) -> Callable[..., Symbol | None]:
    """Return the identity that moves a numeric factor of an operand to the result."""

    def pull(*args: Symbol, **parameters: Any) -> Symbol | None:
        k, rest = 1.0, []
        for a in args:
            j, x = split(a)
            if x is None or x._shape != a._shape:
                rest.append(a)
            else:
                k *= j
                rest.append(x)
        if k == 1:
            return None
        e = apply(op, rest, parameters)
        j, x = split(e)
        return scaled(j * k, x, e._shape)

    return pull


def _reduced_sum(x: Symbol, axis: Any = None, keepdims: bool = False) -> Symbol | None:
    shape = shape_of(reductions.sum, [x._shape], {"axis": axis, "keepdims": keepdims})
    if x.number is not None:
        return number(x.number * (x.size / prod(shape) if prod(shape) else 0), shape)
    if axis == () or x._shape == shape:
        return x
    return _pulled(reductions.sum)(x, axis=normal_axis(axis, x.ndim, "sum"), keepdims=keepdims)


def _transposed(x: Symbol, axes: Any = None) -> Symbol | None:
    swapped = axes is None or tuple(axes) == tuple(range(x.ndim))[::-1]
    if x.ndim < 2:
        return x
    shape = shape_of(shaping.transpose, [x._shape], {"axes": axes})
    if x.number is not None:
        return number(x.number, shape)
    if swapped and x.op is shaping.transpose and x.parameters.get("axes") is None:
        return x.args[0]
    if swapped and axes is not None:
        return apply(shaping.transpose, (x,), {})
    return _pulled(shaping.transpose)(x, **({} if swapped else {"axes": axes}))


def _reshaped(x: Symbol, shape: Shape) -> Symbol | None:
    if -1 in shape:
        shape = shape_of(shaping.reshape, [x._shape], {"shape": shape})
        return apply(shaping.reshape, (x,), {"shape": shape})
    if x._shape == shape:
        return x
    if x.number is not None:
        return number(x.number, shape)
    if x.op is shaping.reshape:
        return apply(shaping.reshape, x.args, {"shape": shape})
    if x.op in _REDUCTIONS and not x.parameters.get("keepdims"):
        options = {**x.parameters, "keepdims": True}
        if shape_of(x.op, [x.args[0]._shape], options) == shape:
            return plainly(x.op, x.args, options)
    if shape == (1,) * (len(shape) - x.ndim) + x._shape:
        return stretched(x, shape)  # broadcasting adds leading axes anyhow
    return _pulled(shaping.reshape)(x, shape=shape)


def _broadcast_to(x: Symbol, shape: Shape) -> Symbol:
    return stretched(x, shape)


def _turns(index: Any) -> bool:
    """Whether an index only reverses whole axes, such as [::-1], so that it is its own inverse."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = all(type(p) is slice and p.start is p.stop is None for p in parts)
    return whole and all(p.step in (None, 1, -1) for p in parts)


def _getitem(x: Symbol, index: Any) -> Symbol | None:
    if x.number is not None:
        return number(x.number, shape_of(indexing.getitem, [x._shape], {"index": index}))
    if x.op is indexing.put and _is_once(index) and repr(x.parameters["index"]) == repr(index):
        return x.args[0]
    if x.op is indexing.getitem and _turns(index) and _turns(x.parameters["index"]):
        if x.parameters["index"] == index:
            return x.args[0]
    return _pulled(indexing.getitem)(x, index=index)


def _is_once(index: Any) -> bool:
    """Whether an index reads no entry twice, as one of integers and slices."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(p, int | slice) or p is ... or p is None for p in parts)


def _put(x: Symbol, index: Any, shape: Shape) -> Symbol | None:
    if _turns(index):
        return apply(indexing.getitem, (x,), {"index": index})
    return _pulled(indexing.put)(x, index=index, shape=shape)


def _where(condition: Symbol, x: Symbol, y: Symbol) -> Symbol | None:
    shape = broadcast([condition._shape, x._shape, y._shape])
    if condition.number is None:
        return stretched(y, shape) if x.number == 0 and _zero_anyway(y, condition) else None
    return stretched(x if condition.number else y, shape)


def _zero_anyway(e: Symbol, condition: Symbol) -> bool:
    """Whether x − y is set to 0 where x = y, or a product where one of its factors is 0."""
    if condition.op is not None and condition.op.name == "bitwise_and":
        return any(_zero_anyway(e, c) for c in condition.args)
    if condition.op is None or condition.op.name != "equal":
        return False
    a, b = condition.args
    if e.op is ops.subtract and same(e.args[0], a) and same(e.args[1], b):
        return True
    factors = [e] if b.number == 0 else []
    while factors:
        x = factors.pop()
        if same(x, a):
            return True
        if x.op in (ops.multiply, ops.negative, shaping.broadcast_to):
            factors += x.args
        elif x.op is ops.divide:
            factors.append(x.args[0])
    return False


def _both(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    for one, other in ((a, b), (b, a)):
        if one.number is not None:
            return stretched(other, shape) if one.number else number(0, shape)
    return None


def _either(a: Symbol, b: Symbol) -> Symbol | None:
    shape = broadcast([a._shape, b._shape])
    for one, other in ((a, b), (b, a)):
        if one.number is not None:
            return number(1, shape) if one.number else stretched(other, shape)
    return None


def _not(x: Symbol) -> Symbol | None:
    return None if x.number is None else number(not x.number, x._shape)


def _power(x: Symbol, y: Symbol) -> Symbol | None:
    if y.number == 0:
        return number(1, broadcast([x._shape, y._shape]))
    return stretched(x, broadcast([x._shape, y._shape])) if y.number == 1 else None


def _itself(x: Symbol, **parameters: Any) -> Symbol:
    return x


IDENTITIES.update(
    {
        "multiply": _multiply,
        "divide": _divide,
        "add": _add,
        "subtract": _subtract,
        "negative": _negative,
        "positive": _itself,
        "astype": _itself,
        "power": _power,
        "sum": _reduced_sum,
        "transpose": _transposed,
        "reshape": _reshaped,
        "broadcast_to": _broadcast_to,
        "getitem": _getitem,
        "put": _put,
        "where": _where,
        "bitwise_and": _both,
        "bitwise_or": _either,
        "invert": _not,
        # numbers in formulas on paper are finite
        "isfinite": lambda x: number(1, x._shape),
    }
)
