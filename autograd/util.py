"""Small helpers of programs written for HIPS autograd. Next: `scipy/`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .absent import refuse_names_of
from .misc.flatten import flatten, flatten_func
from .test_util import check_grads


def subvals(x: Iterable[Any], ivs: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """Return x as a tuple with other entries at some positions.

    Examples
    --------
    >>> from autograd.util import subvals
    >>> subvals((1, 2, 3), [(0, 10), (2, 30)])
    (10, 2, 30)
    """
    parts = list(x)
    for i, value in ivs:
        parts[i] = value
    return tuple(parts)


def subval(x: Iterable[Any], i: int, v: Any) -> tuple[Any, ...]:
    """Return x as a tuple with another entry at one position.

    Examples
    --------
    >>> from autograd.util import subval
    >>> subval((1, 2, 3), 1, 20)
    (1, 20, 3)
    """
    return subvals(x, [(i, v)])


def quick_grad_check(
    fun: Callable[..., Any],
    arg0: Any,
    extra_args: Iterable[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    verbose: bool = True,
    **tolerances: Any,
) -> None:
    """Compare the gradient with differences; raise AssertionError where they differ.

    ``verbose`` and tolerances change nothing, as in HIPS autograd.

    Examples
    --------
    >>> from autograd.util import quick_grad_check
    >>> quick_grad_check(lambda x, n: x**n, 2.0, [3])
    """
    f = lambda x: fun(x, *extra_args, **(kwargs or {}))  # noqa: E731
    check_grads(f, modes=["rev"], order=1)(arg0)


__all__ = ["flatten", "flatten_func", "quick_grad_check", "subval", "subvals"]

refuse_names_of(sys.modules[__name__])
