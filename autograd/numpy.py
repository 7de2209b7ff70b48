"""NumPy with `array` and `asarray` for lists of nodes: for programs written for HIPS autograd.

NumPy's own functions accept nodes, so that ``import numpy`` is enough, with one exception: it turns
a list into an array without asking the entries, so a list of nodes must be joined by `numpy.stack`.
All other names are NumPy's own. Nothing else in the library needs this module. Next: `xp/`.

Examples
--------
>>> import autograd.numpy as anp
>>> jacobian(lambda x: anp.array([anp.sin(x[0]), x[0] * x[1]]))(anp.array([0.0, 2.0]))
array([[1., 0.],
       [2., 0.]])
"""

from __future__ import annotations

import sys
from typing import Any

import numpy

from .interop.common import joined

# ``import autograd.numpy.random`` imports NumPy's; other modules are not found
__path__: list[str] = []
for _module in (numpy.fft, numpy.linalg, numpy.random):
    sys.modules[_module.__name__.replace("numpy", __name__, 1)] = _module

_OWN = (numpy.ndarray, numpy.generic)


def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    """Return numbers as an array, and anything that contains nodes as a tensor.

    Parameters
    ----------
    object : number, array_like, Tensor, Value, or nested lists of them
        Gradients of nodes are kept.
    dtype, ndmin, **options
        As for `numpy.array`; with nodes only ``dtype`` and ``ndmin``.

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True)
    >>> autograd.numpy.array([[x, 1.0], [0.0, x * x]]).sum().backward()
    >>> float(x.grad)
    7.0
    """
    if not _has_nodes(object):
        return numpy.array(object, dtype, ndmin=ndmin, **options)
    if options:
        raise TypeError(f"array: {', '.join(options)} is not supported on nodes")
    z = joined(object) if isinstance(object, list | tuple) else numpy.stack([object])[0]
    z = z if dtype is None else z.astype(dtype)
    return z[(None,) * (ndmin - z.ndim)] if z.ndim < ndmin else z


def asarray(object: Any, dtype: Any = None, **options: Any) -> Any:
    """Return an array or a tensor as it is, and anything else as `array` does.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> autograd.numpy.asarray(x) is x, autograd.numpy.asarray([x[0], x[1] * x[1]])
    (True, Tensor([1., 4.], op=stack))
    """
    if not _has_nodes(object):
        return numpy.asarray(object, dtype, **options)
    if isinstance(object, list | tuple) or dtype is not None:
        return array(object, dtype, **options)
    return object


def _has_nodes(x: Any) -> bool:
    """Whether x is or contains something with NumPy's protocol, such as a node."""
    if isinstance(x, list | tuple):
        return any(map(_has_nodes, x))
    return hasattr(type(x), "__array_function__") and not issubclass(type(x), _OWN)


def __getattr__(name: str) -> Any:
    return getattr(numpy, name)


def __dir__() -> list[str]:
    return dir(numpy)
