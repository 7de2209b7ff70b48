"""check_grads: derivatives against finite differences, rule by rule. Next: `operations.py`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Never

import numpy as np

from ..absent import refuse_more
from ..settings import checked_number, checked_size, shown
from ..tensor import Tensor
from ..transforms.jacobians import jvp
from ..transforms.runs import Run, as_float, check_function, check_real, data_of
from ..transforms.trees import flatten, names_of
from ..value import Value
from .suspects import pairing, roughness, slope_along, suspected

Function = Callable[..., Any]


def check_grads(
    function: Function,
    arguments: Sequence[Any],
    *more: Never,
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
    rtol: float = 1e-6,
    atol: float = 1e-9,
    seed: int = 0,
) -> None:
    """Compare the derivatives of a function with central differences.

    The outputs are weighted by a random cotangent, so that each of them counts. Differences are
    taken entry by entry, in extended precision if platform and function support it.

    Parameters
    ----------
    function : callable
        Returns an array or scalar, or nested lists, tuples and dicts of them.
    arguments : sequence
        Where to check: floats, arrays, tensors, values, or nested lists, tuples and dicts of them.
        They should not be at kinks.
    order : int
        1, or 2 to check the derivative of the derivative as well, and so on.
    modes : sequence of {"reverse", "forward"}
        Which kinds of derivative to check.
    rtol, atol : float
        Tolerances relative to the largest entry of the derivative, and absolute.
    seed : int
        Of the random cotangent.

    Raises
    ------
    AssertionError
        If a derivative is wrong: the message names the argument, the index, both values, and the
        operation whose rule disagrees with its own differences, if one does; or says that the
        function has a kink there, or gives another result at every call.
    ValueError
        For an unknown mode or order.
    TypeError
        If ``arguments`` is not a list of them, or the function does not return real numbers.

    Examples
    --------
    >>> check_grads(lambda x: np.sin(x) * x, [np.array([0.5, 1.5])])
    """
    refuse_more("check_grads(function, arguments)", more, "arguments are one list, such as [x, y]")
    check_function(function, "check_grads")
    modes = _checked_modes(order, modes, arguments)
    rtol = checked_number("check_grads: rtol", rtol, 0)
    atol = checked_number("check_grads: atol", atol, 0)
    leaves, rebuild = flatten(list(arguments))
    names = [n for i, a in enumerate(arguments) for n in names_of(a, f"argument {i}")]
    arrays = [as_float(data_of(x), "check_grads: the function").astype(float) for x in leaves]
    kinds = [type(x) for x in leaves]

    def flat(*xs: Any) -> list[Any]:
        return flatten(function(*rebuild(list(xs))))[0]

    random = np.random.default_rng(checked_size("check_grads: seed", seed, 0))
    weights = _weights(flat(*_wrap(arrays, kinds)), random)

    def scalar(*xs: Any) -> Any:
        return pairing(flat(*xs), weights)

    if "reverse" in modes:
        _check_reverse(scalar, arrays, kinds, names, "gradient", rtol, atol)
    if "forward" in modes:
        _check_forward(flat, arrays, kinds, random, rtol, atol)
    slope = scalar
    for which in ("second", "third", *[f"{n}th" for n in range(4, 10)])[: order - 1]:
        slope = slope_along(slope, [random.standard_normal(a.shape)[()] for a in arrays])
        rtol, atol = max(rtol, 1e-6), max(atol, 1e-8)
        _check_reverse(slope, arrays, kinds, names, f"{which} derivative", rtol, atol, scalar)


def _checked_modes(order: int, modes: Sequence[str], arguments: Any) -> Sequence[str]:
    """Return the modes as a sequence; raise for an unknown one, a wrong order or arguments."""
    if not isinstance(order, int | np.integer) or order not in range(1, 10):
        raise ValueError(f"check_grads: order is 1, 2 or a few more, got {shown(order)}")
    modes = (modes,) if isinstance(modes, str) else modes
    if not isinstance(modes, list | tuple | set | frozenset):
        raise TypeError(f"check_grads: modes are a list of names, got {type(modes).__name__}")
    unknown = [mode for mode in modes if mode not in ("reverse", "forward")]
    if unknown:
        raise ValueError(f"check_grads: unknown mode {unknown}; use 'reverse', 'forward'")
    if not isinstance(arguments, list | tuple):
        raise TypeError(
            "check_grads: arguments are a list with one entry per argument, such as [x], got "
            f"{type(arguments).__name__}"
        )
    return modes


def _weights(outputs: list[Any], random: np.random.Generator) -> list[Any]:
    """Return the random cotangents of outputs, which must be real numbers."""
    for y in outputs:
        check_real(y, "check_grads: the function")
    if len(outputs) == 1 and not np.ndim(data_of(outputs[0])):
        return [1.0]  # a single number is not weighted: the message shows its own derivative
    return [random.standard_normal(np.shape(data_of(y)))[()] for y in outputs]


def _wrap(arrays: list[Any], kinds: list[type]) -> list[Any]:
    """Return the arrays in the types of the arguments that were given."""
    return [
        Value(float(a)) if issubclass(k, Value) else Tensor(a)
        for a, k in zip(arrays, kinds, strict=True)
    ]


def _check_reverse(
    scalar: Function,
    arrays: list[Any],
    kinds: list[type],
    names: list[str],
    what: str,
    rtol: float,
    atol: float,
    first: Function | None = None,
) -> None:
    run_on = _wrap(arrays, kinds)
    run = Run(scalar, run_on, tuple(range(len(arrays))), {})
    found = run.pull([run.output], [np.float64(1.0)], False)
    for i, g in enumerate(found):
        g = np.asarray(data_of(g), float)

        def moved(a: Any, i: int = i) -> Any:
            return scalar(*_wrap(_with(arrays, i, a), kinds))

        numeric = differences(moved, arrays[i])
        index = _worst(g, numeric, rtol, atol)
        wide = functools.partial(central_differences, moved, arrays[i])
        if index is not None and not _was_noise(g, wide, rtol, atol):
            why = roughness(moved, arrays[i], index) or suspected(scalar, first, run_on)
            raise AssertionError(
                f"the {what} with respect to {names[i]} at index {index} is {g[index]:.10g} "
                f"(outputs weighted at random), central differences give {numeric[index]:.10g}{why}"
            )


def _check_forward(
    function: Function,
    arrays: list[Any],
    kinds: list[type],
    random: np.random.Generator,
    rtol: float,
    atol: float,
) -> None:
    directions = [random.standard_normal(a.shape)[()] for a in arrays]
    _, tangents = jvp(function, _wrap(arrays, kinds), directions)
    tolerances = max(rtol, 1e-6), max(atol, 1e-8)

    def along(h: float) -> list[Any]:
        moved = [[a + s * h * d for a, d in zip(arrays, directions, strict=True)] for s in (1, -1)]
        ends = [map(data_of, function(*_wrap(xs, kinds))) for xs in moved]
        return [(np.asarray(a) - np.asarray(b)) / (2 * h) for a, b in zip(*ends, strict=True)]

    for i, (tangent, numeric) in enumerate(zip(tangents, along(1e-6), strict=True)):
        pushed = np.asarray(data_of(tangent), float)
        index = _worst(pushed, numeric, *tolerances)
        wide = lambda h: along(h)[i]  # noqa: B023, E731
        if index is not None and not _was_noise(pushed, wide, *tolerances):
            which = f"output {i} at index {index}" if len(tangents) > 1 else f"output {index}"
            one = lambda *xs: function(*xs)[i]  # noqa: B023, E731
            suspect = suspected(one, one, _wrap(arrays, kinds))
            raise AssertionError(
                f"the directional derivative (jvp) of {which} is {pushed[index]:.10g}, central "
                f"differences give {numeric[index]:.10g}{suspect}"
            )


def _with(arrays: list[Any], i: int, a: Any) -> list[Any]:
    return [*arrays[:i], a, *arrays[i + 1 :]]


def _worst(found: Any, expected: Any, rtol: float, atol: float) -> tuple[int, ...] | None:
    """Return the index where two arrays differ most, if it is by more than the tolerance."""
    if found.size == 0:
        return None
    error = np.abs(found - expected)
    scale = np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)
    error = np.where(np.isnan(error), np.inf, error)
    index = np.unravel_index(int(np.argmax(error)), error.shape)
    if error[index] <= atol + rtol * max(scale, 1.0):
        return None
    return tuple(int(i) for i in index)


def _was_noise(found: Any, wide: Callable[[float], Any], rtol: float, atol: float) -> bool:
    """Whether differences over longer steps agree: results of iterations have wrong last digits."""
    try:
        return _worst(found, wide(1e-4), rtol, atol) is None
    except Exception:  # the function may not go on so far
        return False


def differences(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the gradient of a scalar function at x by central differences, entry by entry.

    Runs in extended precision where the function takes it, in float64 otherwise.

    Examples
    --------
    >>> differences(lambda x: x[0] ** 2 + x[1], np.array([3.0, 1.0])).round(6)
    array([6., 1.])
    """
    precise = np.finfo(np.longdouble).eps < 1e-17
    x = np.asarray(x)
    if precise:
        try:
            fine = x.astype(np.longdouble)
            with warnings.catch_warnings(action="error", category=DeprecationWarning):
                here = np.asarray(data_of(function(fine)))
            there = np.asarray(data_of(function(x.astype(float))))
            # some functions differ there: np.partition leaves another order, inf gives another max
            if np.isclose(float(here), float(there), rtol=1e-9, atol=1e-12):
                return central_differences(function, fine, 1e-6)
        except Exception:
            pass  # compiled code refuses it, by errors of its own; real ones come again below
    return central_differences(function, x.astype(float), 1e-6)


def central_differences(function: Callable[[Any], Any], x: Any, h: float) -> Any:
    """Return the gradient of a scalar function at x, with steps of h times the size of an entry.

    Examples
    --------
    >>> central_differences(lambda x: x[0] ** 2 + x[1], np.array([3.0, 1.0]), 1e-6).round(6)
    array([6., 1.])
    """
    g = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = h * max(1.0, abs(float(x[index])))
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            ends.append(np.asarray(data_of(function(moved))))
        g[index] = float((ends[0] - ends[1]) / (2 * step))
    return g
