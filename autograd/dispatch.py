"""Dispatch of NumPy's own functions to the rules. Next: `foreign_names.py`.

Universal functions are looked up in the table of rules, which is keyed by them; their methods and
other functions in `METHODS` and `FUNCTIONS`, which `interop/` fills. A function that is in neither
returns tensors if no argument wants a gradient; else it raises a TypeError that names it: never a
bare array, and never a silently lost gradient.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .op import kind_of_rank, operation_for
from .settings import checked_dtype, checked_order, entries_of

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
# for methods of ufuncs, by name
METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}
# for methods of all other ufuncs, by name alone; they take the ufunc as first argument
_OF_ANY: dict[str, Callable[..., Any]] = {}


def implements(
    *numpy_functions: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the implementation of NumPy functions on nodes."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        for numpy_function in numpy_functions:
            FUNCTIONS[numpy_function] = function
        return function

    return enter


def of_any(method: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a method of all ufuncs that have a rule."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        _OF_ANY[method] = function
        return function

    return enter


def array_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Run a ufunc on nodes by its operation; raise TypeError if it has no rule."""
    if len(inputs) > 1 and any([is_foreign(type(x)) for x in inputs]):
        return NotImplemented
    if method == "at" and ufunc in (np.add, np.subtract) and hasattr(inputs[0], "_accumulate"):
        return inputs[0]._accumulate(operation_for(ufunc), *inputs[1:])
    if method != "__call__":
        return _by_method(ufunc, method, inputs, **kwargs)
    for x in inputs:
        if type(x) is np.ndarray and x.dtype.kind == "O" and _without_tensors(inputs):
            # an array of Values, which to NumPy are objects: entry by entry
            return ufunc(*[np.asarray(x, object) for x in inputs], **kwargs)
    found = FUNCTIONS.get(ufunc)
    if found is not None:
        return found(*inputs, **kwargs)
    op = operation_for(ufunc)
    constant = op is not None and not any(op.gradients)
    if kwargs and _fills_arrays(**kwargs) and (constant or not _wants_gradient(inputs)):
        # results without a gradient may be written to an array: a += t
        return ufunc(*_bare(inputs), **_bare(kwargs))
    if op is None:
        if kwargs.get("out") is None and not _wants_gradient((inputs, kwargs)):
            return _on_tensors(ufunc(*_bare(inputs), **_bare(kwargs)))
        name = _name(ufunc)
        if not name.startswith("np.") and f"{__package__}.special" not in sys.modules:
            raise TypeError(f"{name} has no rule yet; `import autograd.special` brings SciPy's")
        raise _without_rule(name)
    return _with_options(ufunc, op, inputs, **kwargs) if kwargs else op(*inputs)


def _by_method(
    ufunc: np.ufunc,
    method: str,
    inputs: tuple[Any, ...],
    out: tuple[Any, ...] | None = None,
    **options: Any,
) -> Any:
    """Run ``ufunc.reduce`` and other methods."""
    name = f"{_name(ufunc)}.{method}"
    if out is not None and out[0] is not None:
        (target,) = out
        # a recorded array says that it is one
        if target.__class__ is np.ndarray and not _wants_gradient((inputs, options)):
            return getattr(ufunc, method)(*_bare(inputs), out=target, **_bare(options))
        if not hasattr(target, "_take_over"):
            raise TypeError(f"{name}: out= is not supported on nodes, unless it is a Tensor")
        target._check_writable(name)
        return _same_shape(name, _by_method(ufunc, method, inputs, **options), target)
    if method == "at" and inputs[0].__class__ is np.ndarray and not _wants_gradient(inputs):
        return ufunc.at(*_bare(inputs))
    if method == "outer":
        # NumPy converts numbers to arrays here, so that they take part in promotion
        x, y = (a if hasattr(type(a), "__array_ufunc__") else np.asarray(a) for a in inputs)
        return ufunc(np.reshape(x, (*np.shape(x), *(1,) * np.ndim(y))), y, **options)
    found = METHODS.get((ufunc, method))
    if found is not None:
        return found(*inputs, **options)
    op = operation_for(ufunc)
    if op is not None and any(op.gradients):
        return _OF_ANY[method](ufunc, *inputs, **options)
    if method != "at" and not _wants_gradient((inputs, options)):
        return _on_tensors(getattr(ufunc, method)(*_bare(inputs), **_bare(options)))
    raise TypeError(
        f"{name} is not supported on nodes; write it with calls of np.{ufunc.__name__}, or take "
        ".data for numbers without a gradient"
    )


def _with_options(
    ufunc: np.ufunc,
    op: Any,
    inputs: tuple[Any, ...],
    out: tuple[Any, ...] | None = None,
    where: Any = True,
    axes: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    **loop: Any,
) -> Any:
    """Run an operation with the options of its ufunc."""
    target = None if out is None else out[0]
    name = _name(ufunc)
    if target is not None and not hasattr(target, "_take_over"):
        raise TypeError(
            f"{name}: the result cannot be written into out= (a plain {type(target).__name__} "
            "keeps no gradient); use the returned node, y = y + x for y += x, or a Tensor for out="
        )
    if target is None and where is not True:
        raise TypeError(
            f"{name}: where= is not supported without out=, the tensor that the other entries are "
            f"of; or use np.where(mask, {name}(x), y)"
        )
    if loop:
        inputs = in_loop(ufunc, inputs, **loop)
    if axes is not None or axis is not None or keepdims is not False:
        op = METHODS[ufunc, "axes"](op, axes, axis, keepdims)
    if target is None:
        return op(*inputs)
    target._check_writable(name)
    if ufunc.signature is not None:
        return _same_shape(name, op(*inputs), target)
    if where is True:
        return target._take_over(name, op(*inputs))
    with np.errstate(all="ignore"):  # like NumPy, which does not compute masked entries
        z = op(*inputs)
    return target._take_over(name, np.where(where, z, target))


def in_loop(
    ufunc: np.ufunc,
    inputs: tuple[Any, ...],
    dtype: Any = None,
    signature: Any = None,
    casting: Any = "same_kind",
    order: str = "K",
    subok: bool = True,
) -> tuple[Any, ...]:
    """Return inputs in the dtypes of the loop that NumPy chooses for a ufunc.

    ``order`` and ``subok`` are about memory and subclasses of arrays, and are ignored. Raises
    NumPy's TypeError if there is no such loop, or ``casting`` forbids to cast the inputs to it.
    """
    checked_order(_name(ufunc), order)
    given = [x if hasattr(x, "astype") else np.asarray(getattr(x, "_data", x)) for x in inputs]
    # a Python number takes the dtype of the others
    kinds = [
        type(x) if type(x) in (int, float) else known.dtype
        for x, known in zip(inputs, given, strict=True)
    ]
    if dtype is not None:
        signature = (*(None,) * ufunc.nin, *(checked_dtype(_name(ufunc), dtype),) * ufunc.nout)
    options: dict[str, Any] = {} if signature is None else {"signature": signature}
    try:
        loop = ufunc.resolve_dtypes((*kinds, *(None,) * ufunc.nout), casting=casting, **options)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{_name(ufunc)}: {error}; use .astype(dtype) first") from error
    return tuple(
        _in_dtype(_name(ufunc), x, known, to)
        for x, known, to in zip(inputs, given, loop[: ufunc.nin], strict=True)
    )


def _in_dtype(name: str, x: Any, known: Any, dtype: np.dtype[Any]) -> Any:
    if known.dtype == dtype:
        return x
    if getattr(x, "requires_grad", False) and (dtype.kind != "f" or known is not x):
        raise TypeError(
            f"{name}: to compute in {dtype} would lose the gradient of {known.dtype}; use a "
            "floating dtype and tensors, or .detach()"
        )
    return known.astype(dtype)


def _name(ufunc: np.ufunc) -> str:
    numpys = getattr(sys.modules.get("scipy.special"), ufunc.__name__, None) is not ufunc
    return f"{'np' if numpys else 'scipy.special'}.{ufunc.__name__}"


def _fills_arrays(out: tuple[Any, ...] = (), **others: Any) -> bool:
    return bool(out) and all(target is None or target.__class__ is np.ndarray for target in out)


def _without_tensors(inputs: tuple[Any, ...]) -> bool:
    return not any(getattr(x, "__autograd_rank__", 0) > 1 for x in inputs)


def is_foreign(kind: type) -> bool:
    """Whether a class of another library answers NumPy's protocols, as quantities with units do.

    Such a class is asked before tensors, which it may hold.
    """
    return hasattr(kind, "__array_ufunc__") and not (
        issubclass(kind, (np.ndarray, np.generic))
        or hasattr(kind, "__autograd_rank__")
        or hasattr(kind, "__pandas_priority__")
        or kind.__module__.startswith(f"{__package__}.")  # what stands for arrays in recordings
    )


def array_function(
    function: Callable[..., Any], arguments: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Run a NumPy function on nodes, or raise a TypeError that names it."""
    found = FUNCTIONS.get(function)
    if found is None:
        if kwargs.get("out") is None and not _wants_gradient((arguments, kwargs)):
            return _on_tensors(function(*_bare(arguments), **_bare(kwargs)))
        raise _without_rule(full_name(function))
    out = kwargs.get("out") if kwargs else None
    if hasattr(out, "_take_over"):
        return _into_tensor(full_name(function), found, arguments, **kwargs)
    if out.__class__ is np.ndarray:
        return _into_array(full_name(function), found, arguments, **kwargs)
    return found(*arguments, **kwargs)


def _into_tensor(
    name: str, function: Callable[..., Any], arguments: tuple[Any, ...], out: Any, **others: Any
) -> Any:
    """Run a function and write its result, of the same shape, into a tensor."""
    out._check_writable(name)
    return _same_shape(name, function(*arguments, **others), out)


def _into_array(
    name: str, function: Callable[..., Any], arguments: tuple[Any, ...], out: Any, **others: Any
) -> Any:
    """Run a function and write its result, without a gradient, into an array of the same shape."""
    z = function(*arguments, **others)
    if _wants_gradient(z):
        return function(*arguments, out=out, **others)  # which refuses it
    _check_shape(name, z, out)
    np.copyto(out, np.asarray(_bare(z)), casting="same_kind")
    return out


def _same_shape(name: str, z: Any, out: Any) -> Any:
    _check_shape(name, z, out)
    return out._take_over(name, z)


def _check_shape(name: str, z: Any, out: Any) -> None:
    if np.shape(z) != out.shape:
        raise ValueError(f"{name}: out= has shape {out.shape}, the result has shape {np.shape(z)}")


def full_name(function: Callable[..., Any]) -> str:
    """Return the name of a NumPy function as users write it, such as ``np.linalg.norm``."""
    module = getattr(function, "__module__", "numpy") or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"


def _wants_gradient(x: Any) -> bool:
    """Whether a node that requires its gradient is among the arguments."""
    for entry in entries_of(x):
        rank = getattr(entry, "__autograd_rank__", 0)
        if rank == 1 or (rank > 1 and entry.requires_grad):
            return True
    return False


def _bare(x: Any, levels: int = 64) -> Any:
    """Return arguments with arrays in place of tensors; arrays have at most 64 axes."""
    if isinstance(x, tuple | list) and levels:
        return type(x)(_bare(y, levels - 1) for y in x)
    if isinstance(x, dict) and levels:
        return {name: _bare(y, levels - 1) for name, y in x.items()}
    return np.asarray(x._data) if getattr(x, "__autograd_rank__", 0) else x


def _on_tensors(z: Any) -> Any:
    """Return results with tensors in place of arrays of numbers."""
    if isinstance(z, tuple):
        boxed = map(_on_tensors, z)
        return type(z)(*boxed) if hasattr(z, "_fields") else tuple(boxed)
    if isinstance(z, np.ndarray | np.generic) and z.dtype.kind in "biufc":
        return kind_of_rank(2)(z)
    return z


def _without_rule(name: str) -> TypeError:
    return TypeError(
        f"{name} has no rule for differentiation here; take .data or .detach() for numbers without "
        "a gradient, or define it with autograd.operation"
    )
