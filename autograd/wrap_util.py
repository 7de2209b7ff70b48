"""Operators of functions of one argument made into operators of functions of many.

Next: `differential_operators.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Operator = Callable[..., Any]


def unary_to_nary(unary_operator: Operator) -> Operator:
    """Return an operator that is told which argument is meant.

    Parameters
    ----------
    unary_operator : callable
        Takes a function of one argument, that argument, and options.

    Returns
    -------
    callable
        Takes a function, ``argnum`` (an int, or a tuple or list of them for the tuple of these
        arguments), and options; returns a function of all arguments.

    Examples
    --------
    >>> at = unary_to_nary(lambda f, x: f(x + 1))
    >>> at(lambda a, b: (a, b), 1)(10, 20)
    (10, 21)
    """

    @functools.wraps(unary_operator)
    def nary_operator(
        function: Callable[..., Any], argnum: Any = 0, *rest: Any, **options: Any
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*arguments: Any, **kwargs: Any) -> Any:
            single = isinstance(argnum, int)

            @functools.wraps(function)
            def of_one(x: Any) -> Any:
                given = list(arguments)
                for i, value in zip((argnum,), (x,)) if single else zip(argnum, x):  # noqa: B905
                    given[i] = value
                return function(*given, **kwargs)

            x = arguments[argnum] if single else tuple(arguments[i] for i in argnum)
            return unary_operator(of_one, x, *rest, **options)

        return run

    return nary_operator


def wraps(
    fun: Callable[..., Any], namestr: str = "{fun}", docstr: str = "{doc}", **others: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that names and documents a function after another.

    Parameters
    ----------
    fun : callable
    namestr, docstr : str
        Texts that may contain ``{fun}``, its name, and ``{doc}``, its docstring.
    **others
        What else they contain.

    Examples
    --------
    >>> @wraps(np.sin, namestr="twice_{fun}")
    ... def twice(x):
    ...     return 2 * np.sin(x)
    >>> twice.__name__
    'twice_sin'
    """
    words = {"fun": getattr(fun, "__name__", "function"), "doc": fun.__doc__ or "", **others}

    def named(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__name__ = namestr.format(**words)
        function.__doc__ = docstr.format(**words)
        return function

    return named
