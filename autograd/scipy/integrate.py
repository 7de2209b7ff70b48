"""`scipy.integrate` on nodes: integrals of samples, and `odeint`. Next: `misc.py`.

Of `odeint`, the gradient with respect to the state obeys a differential equation of its own, which
is solved back in time, together with the state and the gradients of the parameters (R. Chen, Y.
Rubanova, J. Bettencourt, D. Duvenaud, "Neural ordinary differential equations", 2018). It is solved
by the same operation, so that it can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..interop.common import is_traced, joined, plain
from ..mode import at_depth
from ..op import Op, structural
from ..settings import checked_function, described
from ..special.common import scipy as _special
from ..transforms.gradients import vjp
from ..transforms.trees import flatten

_integrate: Any = import_module(_special.__name__.replace("special", "integrate"))

# options that control the steps, and apply to the backward solution as well
_STEPS = frozenset({"atol", "h0", "hmax", "hmin", "mxhnil", "mxordn", "mxords", "mxstep", "rtol"})


class _Problem(NamedTuple):
    """A differential equation: its slope by state, time and parameters, which are vectors."""

    slope: Callable[[Any, Any, Any], Any]
    size: int
    times: int
    options: dict[str, Any]
    # whether steps must not go beyond the last time, where the slope may be undefined
    within: bool = False

    def __repr__(self) -> str:
        return f"<equation of {self.size} numbers at {self.times} times>"

    def split(self, x: Any) -> tuple[Any, Any, Any]:
        """Return the first state, the times and the parameters, joined in one vector."""
        n, end = self.size, self.size + self.times
        return x[:n], x[n:end], x[end:]


def _solve(x: Any, problem: _Problem) -> Any:
    y0, t, p = problem.split(x)
    options = problem.options | ({"tcrit": t[-1:]} if problem.within else {})

    with at_depth(0):
        return _integrate.odeint(lambda y, s: np.asarray(problem.slope(y, s, p)), y0, t, **options)


def _pull(g: Any, x: Any, z: Any, problem: _Problem) -> Any:
    _, t, p = problem.split(x)
    n = problem.size

    def back(state: Any, s: Any, p: Any) -> Any:
        slope, pull = vjp(lambda y, p: problem.slope(y, s, p), state[:n], p)
        return np.concatenate([slope, *(-c for c in pull(state[n : 2 * n]))])

    adjoint = _Problem(back, 2 * n + np.shape(p)[0], 2, problem.options, within=True)
    a, of_p, of_t = g[-1], np.zeros(np.shape(p)), []
    for k in range(problem.times - 1, 0, -1):
        of_t.append(np.sum(g[k] * problem.slope(z[k], t[k], p)))
        start = np.concatenate([z[k], a, of_p, t[k : k + 1], t[k - 1 : k], p])
        end = solution(start, problem=adjoint)[-1]
        a, of_p = end[n : 2 * n] + g[k - 1], end[2 * n :]
    of_t.append(-np.sum((a - g[0]) * problem.slope(z[0], t[0], p)))
    return np.concatenate([a, np.stack(of_t[::-1]), of_p])


solution: Op = structural(
    "odeint",
    _solve,
    x=_pull,
    doc="The solution of a differential equation; x joins the state, the times and parameters.",
)


def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    args: Sequence[Any] = (),
    *,
    tfirst: bool = False,
    **options: Any,
) -> Any:
    """Return the solution of the differential equation ``dy/dt = func(y, t, *args)``.

    Parameters
    ----------
    func : callable
        Returns the slope, of the shape of y, in NumPy's functions. Nodes are handed over by
        ``args``, none taken from outside.
    y0 : Tensor or array, (n,)
        The state at the first of the times.
    t : Tensor or array, (m,)
        The times, rising or falling.
    args : sequence
        Further arguments: numbers, arrays, nodes, or nested lists, tuples and dicts of them.
    tfirst : bool
        Whether func takes the time first.
    **options
        As for `scipy.integrate.odeint`; with nodes those that control the steps, such as ``rtol``
        and ``atol``, which hold for the gradient as well.

    Returns
    -------
    Tensor or array, (m, n)
        The states at the times. Gradients flow to y0, t and args, to any order.

    Raises
    ------
    TypeError
        For another option with nodes, or if func computes with a node from outside.

    Examples
    --------
    >>> grow = lambda rate: odeint(lambda y, t, r: r * y, np.array([1.0]), [0.0, 1.0], (rate,))
    >>> round(grad(lambda rate: grow(rate)[-1, 0])(2.0), 4)  # exp(2)
    7.3891
    """
    checked_function("odeint: func", func)
    if not isinstance(args, Iterable):
        raise TypeError(f"odeint: args is a tuple of further arguments, got {described(args)}")
    t = joined(t)
    if not np.size(t):
        raise ValueError("odeint: t is empty; its first entry is where y0 stands")
    leaves, rebuild = flatten((joined(y0), t, tuple(args)))
    if not any(map(is_traced, leaves)):
        return _integrate.odeint(_plain_slope(func), y0, t, tuple(args), tfirst=tfirst, **options)
    refused = options.keys() - _STEPS
    if refused:
        raise TypeError(f"odeint: {', '.join(sorted(refused))} is not supported on nodes")
    start, times = leaves[:2]
    start, times = np.reshape(start, (-1,)), np.reshape(times, (-1,))
    places = [i for i, leaf in enumerate(leaves) if i > 1 and is_traced(leaf)]
    moving = [leaves[i] for i in places]
    shapes = [np.shape(leaf) for leaf in moving]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])

    # the slope outlives the call and must not keep nodes alive
    fixed = [None if i < 2 or i in places else leaf for i, leaf in enumerate(leaves)]

    def slope(y: Any, s: Any, p: Any) -> Any:
        given = list(fixed)
        for place, shape, low, high in zip(places, shapes, ends, ends[1:], strict=False):
            given[place] = np.reshape(p[low:high], shape)
        arguments = rebuild(given)[2]
        dy = joined(func(s, y, *arguments) if tfirst else func(y, s, *arguments))
        return np.reshape(dy, (-1,))

    x = np.concatenate([start, times, *(np.reshape(leaf, (-1,)) for leaf in moving)])
    problem = _Problem(slope, np.size(plain(start)), np.size(plain(times)), options)
    _refuse_hidden_nodes(problem, plain(x))
    return solution(x, problem=problem)


def _plain_slope(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return func with a check that it returns no nodes."""

    def slope(*given: Any) -> Any:
        dy = func(*given)
        if is_traced(joined(dy)):
            raise _hidden_node()
        return dy

    return slope


def _refuse_hidden_nodes(problem: _Problem, x: Any) -> None:
    y, t, p = problem.split(x)
    with at_depth(0):
        if getattr(problem.slope(y, t[0], p), "requires_grad", False):
            raise _hidden_node()


def _hidden_node() -> TypeError:
    return TypeError(
        "odeint: func computes with a node that is not among its arguments, whose gradient would "
        "be lost; hand it over by args="
    )


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Return the integral of samples by the trapezoidal rule, as `np.trapezoid` does.

    Parameters
    ----------
    y : Tensor, array or nested list
        The samples.
    x : Tensor or array, optional
        Where they were taken.
    dx : float
        The distance of the samples, if x is not given.
    axis : int
        The axis to integrate along.

    Returns
    -------
    Tensor, array or number

    Examples
    --------
    >>> from autograd.scipy.integrate import trapezoid
    >>> grad(trapezoid)(np.array([1.0, 4.0, 9.0]))
    array([0.5, 1. , 0.5])
    """
    return np.trapezoid(joined(y), joined(x), dx, axis)


def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Return the integral of samples by Simpson's rule, as `scipy.integrate.simpson` does.

    Parameters
    ----------
    y : Tensor, array or nested list
        The samples.
    x : Tensor or array, optional
        Where they were taken, (n,) or of the shape of y.
    dx : float or 0-d Tensor
        The distance of the samples, if x is not given.
    axis : int
        The axis to integrate along.

    Returns
    -------
    Tensor, array or number

    Examples
    --------
    >>> from autograd.scipy.integrate import simpson
    >>> grad(simpson)(np.array([1.0, 4.0, 9.0])).round(4)
    array([0.3333, 1.3333, 0.3333])
    """
    y, x = joined(y), joined(x)
    if not any(map(is_traced, (y, x, dx))):
        return _integrate.simpson(y, x=x, dx=dx, axis=axis)
    y = np.moveaxis(y, axis, 0)
    n = y.shape[0]
    if x is None:
        x = np.arange(n) * dx
    along = np.moveaxis(x, axis, 0) if np.ndim(x) > 1 else np.reshape(x, (n,) + (1,) * (y.ndim - 1))
    h = np.diff(along, axis=0)
    if n == 2:
        return h[0] * (y[0] + y[1]) / 2
    if n % 2:
        return _parabolas(y, h)
    # the last step goes by the parabola through the last three samples
    a, b = h[-2], h[-1]
    of_last = _quotient(2 * b**2 + 3 * a * b, 6 * (a + b)) * y[-1]
    of_others = (b**2 + 3 * a * b) * y[-2] - _quotient(b**3, a + b) * y[-3]
    return _parabolas(y[:-1], h[:-1]) + of_last + _quotient(of_others, 6 * a)


def _parabolas(y: Any, h: Any) -> Any:
    """Return the integral of the parabolas through three samples each, an odd number of rows."""
    a, b = h[:-1:2], h[1::2]
    outer = y[:-2:2] * (2 - _quotient(b, a)) + y[2::2] * (2 - _quotient(a, b))
    return np.sum((a + b) / 6 * (outer + y[1:-1:2] * _quotient((a + b) ** 2, a * b)), axis=0)


def _quotient(x: Any, y: Any) -> Any:
    """Return x / y, 0 where y is: samples at one place add nothing."""
    return np.where(y == 0, 0.0, x / np.where(y == 0, 1.0, y))


def __getattr__(name: str) -> Any:
    return getattr(_integrate, name)


def __dir__() -> list[str]:
    return dir(_integrate)


__all__ = ["odeint", "simpson", "trapezoid"]
