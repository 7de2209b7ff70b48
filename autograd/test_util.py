"""Checks of gradients by the names and the way of HIPS autograd. Next: `misc/`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .checks import gradients as check
from .differential_operators import numbers_of
from .transforms.runs import data_of
from .transforms.trees import flatten, flatten_like
from .wrap_util import unary_to_nary

_MODES = {"fwd": "forward", "rev": "reverse"}


@unary_to_nary
def check_grads(
    f: Callable[..., Any], x: Any, modes: Sequence[str] = ("fwd", "rev"), order: int = 2
) -> None:
    """Compare derivatives with differences: ``check_grads(f, argnum, modes, order)(*arguments)``.

    Raises AssertionError where they differ. See `autograd.check_grads`. The truth of a comparison
    counts as a constant.
    """
    # a push-forward is the derivative of a pullback with respect to what it pulls back
    wanted = {*modes, "fwd"} if order > 1 else modes
    check.check_grads(numbers_of(f), [x], order=order, modes=[_MODES[mode] for mode in wanted])


def check_vjp(f: Callable[..., Any], x: Any) -> None:
    """Compare the pullback of a function of one argument with differences.

    Raises AssertionError where they differ.
    """
    check_grads(f, modes=["rev"], order=1)(x)


def check_jvp(f: Callable[..., Any], x: Any) -> None:
    """Compare the push-forward of a function of one argument with differences.

    Raises AssertionError where they differ.

    Examples
    --------
    >>> from autograd.test_util import check_jvp, check_vjp
    >>> check_jvp(np.sin, np.ones(2)); check_vjp(np.sin, np.ones(2))
    """
    check_grads(f, modes=["fwd"], order=1)(x)


def combo_check(
    fun: Callable[..., Any], argnum: Any = 0, *args: Any, **kwargs: Any
) -> Callable[..., None]:
    """Return a function of lists of values for every argument, which checks all combinations."""
    checked = check_grads(fun, argnum, *args, **kwargs)

    def run(*choices: Any, **options: Any) -> None:
        for arguments in itertools.product(*choices):
            for chosen in itertools.product(*options.values()):
                checked(*arguments, **dict(zip(options, chosen, strict=True)))

    return run


def scalar_close(a: float, b: float) -> bool:
    """Return whether two numbers are equal up to about a millionth.

    Examples
    --------
    >>> scalar_close(1.0, 1.0 + 1e-9), scalar_close(1.0, 1.1)
    (True, False)
    """
    return bool(np.isclose(float(a), float(b), rtol=1e-6, atol=1e-6))


def check_equivalent(x: Any, y: Any) -> None:
    """Raise AssertionError unless nests have equal numbers, up to about a millionth.

    Examples
    --------
    >>> check_equivalent({"a": 1.0}, {"a": np.float64(1.0)})
    """
    try:
        leaves = flatten_like(x, y, "the first nest")
    except ValueError as error:
        raise AssertionError(str(error)) from None
    for found, expected in zip(leaves, flatten(y)[0], strict=True):
        np.testing.assert_allclose(data_of(found), data_of(expected), rtol=1e-6, atol=1e-6)
