"""The transforms by the names of HIPS autograd, for programs written for it.

Next: `vector_space.py`.

Each is a few lines in terms of `grad`, `vjp`, `jvp` and `hvp`, which new programs should use: those
differentiate with respect to all arguments, where these take ``argnum`` and return a function of
the arguments.

Examples
--------
>>> def f(x, y):
...     return np.sum(x**2 * y)
>>> x, y, v = np.array([1.0, 2.0]), 3.0, np.array([1.0, 0.0])
>>> pull, value = make_vjp(f)(x, y)
>>> float(value), pull(1.0)
(15.0, array([ 6., 12.]))
>>> make_jvp(f)(x, y)(v)
(15.0, 6.0)
>>> hessian_vector_product(f)(x, y, v)
array([6., 0.])
>>> multigrad_dict(f)(x, y)
{'x': array([ 6., 12.]), 'y': 5.0}
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .settings import checked_function, shown
from .transforms.gradients import elementwise_grad, grad, value_and_grad, vjp
from .transforms.jacobians import hessian, hvp, jacobian, jvp
from .transforms.recompute import checkpoint
from .transforms.runs import Function, data_of
from .transforms.trees import flatten
from .vector_space import vspace as vspace  # some programs import it from here
from .wrap_util import unary_to_nary


def numbers_of(f: Function) -> Function:
    """Return a function like f, but with 1 and 0 for comparisons, whose derivative is 0."""

    def run(x: Any) -> Any:
        leaves, rebuild = flatten(f(x))
        return rebuild([1.0 * y if np.asarray(data_of(y)).dtype == bool else y for y in leaves])

    return functools.wraps(f)(run)


def _make_vjp(f: Function, x: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return the function that pulls a cotangent back to the argument, and the value of f."""
    value, pull = vjp(numbers_of(f), x)
    return (lambda g: pull(g)[0]), value


def _make_jvp(f: Function, x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return the function from a tangent of the argument to the value of f and its tangent."""
    return lambda v: jvp(f, (x,), (v,))


make_vjp = unary_to_nary(_make_vjp)
make_jvp = unary_to_nary(_make_jvp)


@unary_to_nary
def make_jvp_reversemode(f: Function, x: Any) -> Callable[[Any], Any]:
    """Return the function from a tangent of the argument to the tangent of f."""
    return lambda v: jvp(f, (x,), (v,))[1]


@unary_to_nary
def make_hvp(f: Function, x: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return the function that multiplies by the Hessian, and the gradient."""
    gradient, pull = vjp(grad(f), x)
    return (lambda v: pull(v)[0]), gradient


@unary_to_nary
def deriv(f: Function, x: Any) -> Any:
    """Return the derivative with respect to a number; for an array, along a tangent of ones."""
    leaves, rebuild = flatten(x)
    ones = rebuild([np.ones(np.shape(data_of(leaf)))[()] for leaf in leaves])
    return jvp(f, (x,), (ones,))[1]


def _with_vector(f: Function, argnum: int, of: Callable[[Function, Any, Any], Any]) -> Function:
    """Turn ``of(f of one argument, argument, v)`` into a function of ``(*arguments, v)``."""

    @functools.wraps(f)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        *given, vector = arguments
        return unary_to_nary(of)(f, argnum, vector)(*given, **kwargs)

    return run


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """Return a function of the arguments and a tensor: the Hessian times that tensor."""
    return _with_vector(fun, argnum, lambda f, x, v: hvp(f, x, v))


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """Return a function of the arguments and a tensor: that tensor times the Jacobian.

    The axes of the tensor are contracted with the first axes of the output.
    """

    def product(f: Function, x: Any, v: Any) -> Any:
        return jacobian(lambda x: np.tensordot(v, f(x), np.ndim(data_of(v))))(x)

    return _with_vector(fun, argnum, product)


hessian_vector_product = hessian_tensor_product
vector_jacobian_product = tensor_jacobian_product


def _half_square(y: Any) -> Any:
    return 0.5 * np.sum(y**2, axis=-1)


def make_ggnvp(f: Function, g: Function = _half_square, f_argnum: int = 0) -> Function:
    """Return a function that multiplies by the generalised Gauss-Newton matrix of ``g(f(x))``."""

    def at(f: Function, x: Any) -> Callable[[Any], Any]:
        def product(v: Any) -> Any:
            _, pushed = jvp(f, (x,), (v,))
            y, pull = vjp(f, x)
            return pull(hvp(g, y, pushed))[0]

        return product

    made: Function = unary_to_nary(at)(f, f_argnum)
    return made


def grad_and_aux(fun: Function, argnum: Any = 0) -> Function:
    """Return a function that computes the gradient of the first of two results, and the second."""
    return grad(fun, argnum, has_aux=True)


def grad_named(fun: Function, argname: str) -> Function:
    """Return a function that computes the gradient with respect to the argument of this name."""
    names = list(inspect.signature(checked_function("grad_named: fun", fun)).parameters)
    if argname not in names:
        raise ValueError(f"grad_named: no argument {shown(argname)}; there are {', '.join(names)}")
    return grad(fun, names.index(argname))


def multigrad_dict(fun: Function) -> Function:
    """Return a function that computes the gradients with respect to all arguments, by name."""
    signature = inspect.signature(checked_function("multigrad_dict: fun", fun))

    @functools.wraps(fun)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*arguments, **kwargs)
        bound.apply_defaults()

        def of_dict(given: dict[str, Any]) -> Any:
            again = inspect.BoundArguments(signature, given)
            return fun(*again.args, **again.kwargs)

        return grad(of_dict)(dict(bound.arguments))

    return run


def holomorphic_grad(fun: Function, argnum: int = 0) -> NoReturn:
    """Raise TypeError: complex numbers are not supported."""
    raise TypeError("holomorphic_grad: complex numbers are not supported; use grad of real ones")


__all__ = [
    "checkpoint",
    "deriv",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "jacobian",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_jvp_reversemode",
    "make_vjp",
    "multigrad_dict",
    "tensor_jacobian_product",
    "value_and_grad",
    "vector_jacobian_product",
]
