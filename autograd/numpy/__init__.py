"""NumPy with functions that take lists of nodes: for programs written for HIPS autograd.

NumPy's own functions accept nodes, so that ``import numpy`` is enough, with one exception: it turns
a list into an array without asking the entries, so a list of nodes must be joined by `numpy.stack`.
Here all functions that compute with arrays, as well as ``r_`` and ``c_``, take lists of nodes, what
joins arrays takes any iterable of them, `full` takes a node, and there is `make_diagonal`. All
other names are NumPy's own; nothing else in the library needs this module.

Reading order: `lists.py`, `linalg.py`, `numpy_boxes.py`, `numpy_vjps.py`, `numpy_jvps.py`,
`numpy_vspaces.py`.

Examples
--------
>>> import autograd.numpy as anp
>>> jacobian(lambda x: anp.array([anp.sin(x[0]), x[0] * x[1]]))(anp.array([0.0, 2.0]))
array([[1., 0.],
       [2., 0.]])
>>> grad(lambda x: anp.mean([x, 2 * x]) + anp.r_[x, x][0])(1.0)
2.5
"""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy

from ..absent import cure_of, refuse_name
from ..interop.common import joined
from . import linalg as linalg
from . import numpy_boxes as numpy_boxes
from . import numpy_jvps as numpy_jvps
from . import numpy_vjps as numpy_vjps
from . import numpy_vspaces as numpy_vspaces
from .lists import Columns, Rows, computing, has_nodes, of_sequences

# ``import autograd.numpy.random`` imports NumPy's
for _module in (numpy.fft, numpy.random):
    sys.modules[_module.__name__.replace("numpy", __name__, 1)] = _module
# where HIPS autograd has these functions
numpy_wrapper = sys.modules[f"{__name__}.numpy_wrapper"] = sys.modules[__name__]

_JOINS = "column_stack concat concatenate dstack hstack stack vstack"
# attributes, so that code that searches the module, such as SymPy's lambdify, finds them
globals().update({name: getattr(numpy, name) for name in numpy.__all__ if name != "linalg"})
globals().update(computing(numpy, __name__))
globals().update({name: of_sequences(getattr(numpy, name)) for name in _JOINS.split()})
r_, c_ = Rows(), Columns()


def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    """Return numbers as an array, and anything that contains nodes as a tensor.

    Parameters
    ----------
    object : number, array_like, Tensor, Value, or nested lists of them
        Gradients of nodes are kept.
    dtype, ndmin, **options
        As for `numpy.array`. With nodes ``copy``, ``order`` and ``subok`` change nothing: the
        result is always a tensor of its own.

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True)
    >>> autograd.numpy.array([[x, 1.0], [0.0, x * x]]).sum().backward()
    >>> float(x.grad)
    7.0
    """
    if not has_nodes(object):
        return numpy.array(object, dtype, ndmin=ndmin, **options)
    if others := ", ".join(options.keys() - {"copy", "order", "subok"}):
        raise TypeError(f"array: {others} is not supported on nodes")
    z = joined(object) if isinstance(object, list | tuple) else numpy.stack([object])[0]
    z = z if dtype is None else z.astype(dtype)
    return z[(None,) * (ndmin - z.ndim)] if z.ndim < ndmin else z


def _as_it_is(function: Any) -> Any:
    """Return a function of NumPy that makes arrays and leaves them as they are, for nodes too."""

    @functools.wraps(function)
    def run(object: Any, dtype: Any = None, **options: Any) -> Any:
        if not has_nodes(object):
            return function(object, dtype, **options)
        if isinstance(object, list | tuple) or dtype is not None or options.get("copy"):
            return array(object, dtype, **options)
        return object

    run.__module__ = __name__  # where pickle looks it up
    run.fun = function  # type: ignore[attr-defined]
    return run


asarray, asanyarray = _as_it_is(numpy.asarray), _as_it_is(numpy.asanyarray)
# memory has no order that a tensor could keep
ascontiguousarray, asfortranarray = map(_as_it_is, (numpy.ascontiguousarray, numpy.asfortranarray))


def full(shape: Any, fill_value: Any, *arguments: Any, **options: Any) -> Any:
    """Return an array of one number, as `numpy.full` does, or a tensor of one node.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : number, array or node
        Of any shape that can be broadcast.
    *arguments, **options
        As for `numpy.full`, without a node.

    Returns
    -------
    array or Tensor

    Examples
    --------
    >>> grad(lambda x: np.sum(autograd.numpy.full((2, 3), x)))(1.0)
    6.0
    """
    if not has_nodes(fill_value):
        return numpy.full(shape, fill_value, *arguments, **options)
    return numpy.broadcast_to(joined(fill_value), shape)


def make_diagonal(D: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return diagonal matrices of the numbers along the last axis: the reverse of `diagonal`.

    Parameters
    ----------
    D : Tensor or array, (..., n)
    offset : int
        Only 0.
    axis1, axis2 : int
        Only the last two axes of the result.

    Returns
    -------
    Tensor or array, (..., n, n)

    Raises
    ------
    NotImplementedError
        For another diagonal, or other axes.

    Examples
    --------
    >>> autograd.numpy.make_diagonal(np.array([1.0, 2.0]), axis1=-1, axis2=-2)
    array([[1., 0.],
           [0., 2.]])
    """
    n = numpy.ndim(D) + 1
    if offset or {axis1 % n, axis2 % n} != {n - 2, n - 1}:
        raise NotImplementedError(
            "make_diagonal: only the main diagonal of the last two axes is made"
        )
    return numpy.expand_dims(D, -1) * numpy.eye(numpy.shape(D)[-1])


class _Room(ModuleType):
    """The class of this module, so that programs that copy its functions leave these two."""

    def __getattr__(self, name: str) -> Any:
        if not hasattr(numpy, name) and cure_of(__name__, name):
            refuse_name(__name__, name)
        return getattr(numpy, name)

    def __dir__(self) -> list[str]:
        return dir(numpy)


sys.modules[__name__].__class__ = _Room

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
