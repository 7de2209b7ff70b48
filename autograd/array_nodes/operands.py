"""Operands that are not nodes, and the errors of operands that do not fit.

Next: `standard_array.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..conversions import is_table
from ..op import Op
from ..settings import array_of, described, is_masked, shown

# isinstance takes a tuple faster than a union written on the spot
_NUMBERS = (int, float)
_OPERANDS = (int, float, complex, np.ndarray, np.generic)


def refuse_complex(name: str, z: Any) -> None:
    """Raise TypeError if the result of an operation on tracked tensors is complex."""
    if z.dtype.kind == "c":
        raise TypeError(
            f"{name}: complex numbers are not supported where a gradient is wanted; use .detach() "
            "for numbers without one"
        )


def refuse_masked(name: str, x: Any) -> None:
    """Raise TypeError for an array of `numpy.ma` with masked entries: they are no numbers."""
    if type(x) is not np.ndarray and is_masked(x):
        raise TypeError(
            f"{name}: masked entries would be taken for numbers; fill them, as x.filled(0.0), and "
            "choose with np.where(x.mask, 0.0, y) what counts"
        )


def real_array(gradient: Any) -> np.ndarray[Any, Any]:
    """Return a gradient as an array of real numbers, or raise TypeError."""
    refuse_masked("gradient", gradient)
    array = array_of("gradient", gradient)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a gradient consists of real numbers, got an array of {array.dtype}")
    return array


def operand(op: Op, x: Any) -> Any:
    """Return an operand that is not a node as an array or number, or raise TypeError."""
    known = type(x)
    if known is float or known is int or (known is np.ndarray and x.dtype.kind in "fiub"):
        return x
    if type(x) is not np.ndarray and isinstance(x, np.ndarray):
        refuse_masked(op.name, x)
        if isinstance(x, np.matrix):
            raise TypeError(
                f"{op.name}: a np.matrix has other products than arrays have; take np.asarray(x)"
            )
    if isinstance(x, (*_OPERANDS, Sequence)) and not hasattr(known, "__autograd_rank__"):
        kind = "f" if isinstance(x, _NUMBERS) else array_of(op.name, x).dtype.kind
        if kind in "fiubc":
            # subclasses of arrays, which may compute in their own way, as their numbers
            return np.asarray(x) if isinstance(x, (Sequence, np.ndarray)) else x
    if is_table(x):
        return operand(op, x.to_numpy())
    entries = x.flat if isinstance(x, np.ndarray) else x if isinstance(x, Sequence) else ()
    if any(hasattr(type(e), "__autograd_rank__") for e in entries):
        raise TypeError(
            f"{op.name}: a list of nodes is not an array; join them with np.stack to keep gradients"
        )
    raise TypeError(f"{op.name}: expected numbers, arrays or nodes, got {described(x)}")


def explained(
    error: Exception, op: Op, arrays: Any, parameters: dict[str, Any], inputs: Sequence[Any]
) -> Exception:
    """Return the error of a forward function with the operation, shapes and labels in its text."""
    shapes = ", ".join(
        f"{np.shape(a)}" + (f" ({x.label})" if getattr(x, "label", "") else "")
        for a, x in zip(arrays, inputs, strict=True)
    )
    with np.printoptions(threshold=20):
        extra = "".join(f", {k}={shown(v)}" for k, v in parameters.items())
    # a ufunc without a loop has a kind of TypeError of its own, which takes no text
    kind = TypeError if isinstance(error, TypeError) else type(error)
    # nor has that of a string that cannot be encoded
    kind = ValueError if issubclass(kind, UnicodeError) else kind
    cure = _cure(op, [np.shape(a) for a in arrays]) if kind is ValueError else ""
    return kind(f"{op.name} of shapes {shapes}{extra}: {str(error).strip()}{cure}")


def _cure(op: Op, shapes: list[tuple[int, ...]]) -> str:
    """Return what may be meant where two shapes do not fit, as the end of an error message."""
    known = op.elementwise or op.name == "matmul"
    if len(shapes) != 2 or not known or _fit(op, *shapes):
        return ""
    # the smaller is more often the one that is wrong
    for i in sorted((0, 1), key=lambda i: (len(shapes[i]), np.prod(shapes[i]))):
        shape, other, which = shapes[i], shapes[1 - i], ("first", "second")[i]
        if op.elementwise and len(shape) == len(other) - 1 > 0:
            places = [k for k in range(len(shape) + 1) if _fit(op, _with_one(shape, k), other)]
            if places:
                column = ", or [..., None]," if len(shape) in places else ""
                return f"; the {which} with keepdims=True{column} may be meant"
        turned = [*shapes[:i], shape[::-1], *shapes[i + 1 :]]
        if len(shape) == 2 and _fit(op, *turned):
            return f"; the {which} transposed, .T, may be meant"
    return ""


def _with_one(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], 1, *shape[axis:])


def _fit(op: Op, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    if not op.elementwise:
        if not (a and b) or a[-1] != b[-2:][0]:
            return False
        a, b = a[:-2], b[:-2]
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True
