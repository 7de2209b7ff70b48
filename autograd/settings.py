"""Checks of what a function is set to: one for each kind of argument. Next: `arithmetic.py`.

Each is told what to call the setting, as "fit: epochs", and returns it in plain form. What an
array, a list or None would do further in, where no message can name the setting, it cannot do here.
"""

from __future__ import annotations

import math
import os
import reprlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def checked_flag(name: str, x: Any) -> bool:
    """Return a flag as a bool; it is True, False, 1 or 0.

    Raises
    ------
    TypeError
        If it is none.

    Examples
    --------
    >>> checked_flag("keepdims", np.True_)
    True
    """
    if isinstance(x, bool):
        return x
    if not _is_flag(x):
        raise TypeError(f"{name} is True or False, got {described(x)}")
    return bool(x)


def _is_flag(x: Any) -> bool:
    return isinstance(x, bool | np.bool_ | int | np.integer) and x in (0, 1)


def checked_number(name: str, x: Any, least: float = -math.inf, below: float = math.nan) -> float:
    """Return a setting as a float, if it is a real number with ``least <= x < below``.

    With ``below`` as an infinity it must be finite; with neither limit it may be nan.

    Raises
    ------
    TypeError, ValueError
        If it is not.

    Examples
    --------
    >>> checked_number("gain", 2)
    2.0
    """
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    real = isinstance(x, int | float) or (isinstance(kind, str) and kind in "fiu")
    if not real or isinstance(x, bool) or np.ndim(x) or is_masked(x):
        raise TypeError(f"{name} is a number, got {described(x)}")
    try:
        found = float(x)
    except OverflowError:
        raise ValueError(f"{name} is a number, got an integer too large for a float") from None
    limits = [f"at least {least:g}"] if least > -math.inf else []
    if not math.isnan(below):
        limits.append("finite" if below == math.inf else f"below {below:g}")
    if limits and not (max(least, -sys.float_info.max) <= found and not found >= below):
        raise ValueError(f"{name} must be {' and '.join(limits)}, got {x}")
    return found


def checked_size(name: str, size: Any, least: int | None = 1) -> int:
    """Return a count as an int, if it is an integer >= ``least`` that could be a size in memory.

    With ``least`` as None it may be any.

    Raises
    ------
    TypeError, ValueError
        If it is not.

    Examples
    --------
    >>> checked_size("batch_size", 32)
    32
    """
    what = "a positive integer" if least == 1 else f"an integer of at least {least}"
    what = "an integer" if least is None else what
    if isinstance(size, bool) or not isinstance(size, int | np.integer):
        raise TypeError(f"{name} is {what}, got {described(size)}")
    if least is not None and size < least:
        raise ValueError(f"{name} is {what}, got {size}")
    if abs(int(size)) > sys.maxsize:
        raise ValueError(f"{name} is an integer of {int(size).bit_length()} bits, more than fits")
    return int(size)


def checked_choice(name: str, x: Any, *choices: str | bool) -> Any:
    """Return a setting, if it is one of the choices: names, or True and False.

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> checked_choice("reduction", "sum", "mean", "sum")
    'sum'
    """
    for choice in choices:
        if (isinstance(x, str) if isinstance(choice, str) else _is_flag(x)) and x == choice:
            return choice
    *most, last = (f'"{choice}"' if isinstance(choice, str) else str(choice) for choice in choices)
    raise ValueError(f"{name} is {', '.join(most)} or {last}, got {shown(x)}")


def checked_order(name: str, order: Any) -> str:
    """Return an order of entries in memory, as NumPy names them; "C" for None.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> checked_order("np.ravel", "f")
    'F'
    """
    if order is None:
        return "C"
    found = order.upper() if isinstance(order, str) else ""
    if found not in ("C", "F", "A", "K"):
        raise ValueError(f"{name}: order must be one of 'C', 'F', 'A', 'K', got {shown(order)}")
    return found


def checked_text(name: str, x: Any) -> str:
    """Return a string; raise TypeError for anything else.

    Examples
    --------
    >>> checked_text("scope", "encoder")
    'encoder'
    """
    if not isinstance(x, str):
        raise TypeError(f"{name} is a string, got {described(x)}")
    return x


def checked_path(name: str, path: Any) -> Path:
    """Return a file name as a path; raise TypeError for anything else.

    Examples
    --------
    >>> checked_path("load_csv", "flowers.csv").suffix
    '.csv'
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{name} takes the name of a file, got {described(path)}")
    if "\0" in os.fspath(path) or not os.fspath(path):
        raise ValueError(f"{name}: {shown(path)} is no name of a file")
    from pathlib import Path

    return Path(path)


def checked_dtype(name: str, dtype: Any) -> np.dtype[Any]:
    """Return a dtype; raise TypeError for anything else.

    Examples
    --------
    >>> checked_dtype("astype", "float32")
    dtype('float32')
    """
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"{name}: {shown(dtype)} is no dtype; give one such as np.float32 or 'float32'"
        ) from error
    return found


def checked_function(name: str, function: Any, what: str = "a function") -> Callable[..., Any]:
    """Return a function; raise TypeError for anything that cannot be called.

    Examples
    --------
    >>> checked_function("watch: the watcher", print) is print
    True
    """
    if not callable(function):
        raise TypeError(f"{name} is {what}, got {described(function)}")
    found: Callable[..., Any] = function
    return found


def is_masked(x: Any) -> bool:
    """Whether x is an array of `numpy.ma` in which entries are masked, and so are no numbers.

    Examples
    --------
    >>> is_masked(np.ma.masked), is_masked(np.ma.array([1.0]))
    (True, False)
    """
    return isinstance(x, np.ndarray) and bool(np.any(getattr(x, "mask", False)))


def entries_of(x: Any) -> Iterator[Any]:
    """Yield what is in a nest of lists, tuples and dicts, which may hold itself; else x alone."""
    waiting, seen = [x], set()
    while waiting:
        x = waiting.pop()
        if not isinstance(x, tuple | list | dict):
            yield x
        elif id(x) not in seen:
            seen.add(id(x))
            waiting += x.values() if isinstance(x, dict) else x


def is_iterable(x: Any) -> TypeGuard[Iterable[Any]]:
    """Whether x can be iterated over; 0-d arrays only look as if they could.

    Examples
    --------
    >>> is_iterable([1.0]), is_iterable(np.array(1.0))
    (True, False)
    """
    return isinstance(x, Iterable) and getattr(x, "shape", None) != ()


def array_of(name: str, x: Any) -> np.ndarray[Any, Any]:
    """Return numbers, or nested lists of them, as an array.

    Raises
    ------
    ValueError
        If lists in it differ in length, or hold themselves.

    Examples
    --------
    >>> array_of("target", [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{name}: this {type(x).__name__} is no array, as rows in it differ in length or lists "
            f"hold themselves; give every row the same number of entries ({error})"
        ) from error


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        return repr(x)  # which raises for numbers too long to print, also in Python 3.14


_SHORT = _Short()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = _SHORT.maxdict = 20
_SHORT.maxstring = _SHORT.maxother = 200


def shown(x: Any) -> str:
    """Return the beginning of the repr of anything, for a message.

    A list of millions takes no time, and lists that hold themselves, numbers too long to print and
    objects whose ``__repr__`` raises do not replace the error that is told.

    Examples
    --------
    >>> shown("abc"), shown(10**5000)
    ("'abc'", '<int>')
    """
    try:
        return _SHORT.repr(x)[:60]
    except Exception:
        return f"<{type(x).__name__}>"


def described(x: Any) -> str:
    """Return the type and the beginning of the repr of anything, for a message.

    Examples
    --------
    >>> described("abc")
    "str 'abc'"
    """
    return f"{type(x).__name__} {shown(x)}"
