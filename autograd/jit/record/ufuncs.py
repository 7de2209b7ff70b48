"""NumPy's ufuncs on recorded arrays: calls, methods and options. Next: `numpy_functions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..step_functions import masked

if TYPE_CHECKING:
    from .recorder import Recorder


def record_ufunc(
    r: Recorder, ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Any
) -> Any:
    """Record a ufunc on recorded arrays."""
    out = kwargs.pop("out", None)
    if method == "reduce":
        names = ("axis", "dtype", "out", "keepdims")
        given = dict(zip(names, inputs[1:], strict=False)) | kwargs
        given.pop("out", None)
        axis = given.pop("axis", 0)
        keepdims, dtype = given.pop("keepdims", False), given.pop("dtype", None)
        if given:
            options = {"axis": axis, "keepdims": keepdims, "dtype": dtype}
            result = r.call(ufunc.reduce, inputs[:1], options | given)
        else:
            result = r.reduce(ufunc, inputs[0], axis, keepdims, dtype)
    elif method == "__call__" and not kwargs:
        result = r.elementwise(ufunc, inputs)
    elif method == "__call__":
        result = _with_options(r, ufunc, inputs, out and out[0], **kwargs)
    elif method == "at":
        raise r.refusal(
            f"calls np.{ufunc.__name__}.at, which writes in place",
            f"write it with index arrays and np.{ufunc.__name__}, or on a Tensor",
        )
    else:
        result = r.call(getattr(ufunc, method), inputs, kwargs)
    if out is None or out[0] is None:
        return result
    return r.written(out[0], result, ufunc.__name__)


def _with_options(
    r: Recorder, ufunc: np.ufunc, inputs: Any, target: Any, where: Any = True, **options: Any
) -> Any:
    if where is not True and target is not None:
        return r.call(masked, (ufunc, list(inputs), where, target), options)
    options = options if where is True else options | {"where": where}
    if not options or options == {"casting": "unsafe"}:
        return r.elementwise(ufunc, inputs)
    if options.keys() == {"dtype"} and ufunc.nout == 1:
        wanted, given = options["dtype"], [r.lift(x) for x in inputs]
        if all(x.weak or x.dtype == wanted for x in given):
            result = r.elementwise(ufunc, given)
            if result.dtype == wanted:
                return result
    return r.call(ufunc, inputs, options)
