"""User-defined operations, treated like the built-in ones. Next: `checks/`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Never

import numpy as np

from .mode import at_depth
from .op import Op, operations, register
from .references import held_once
from .settings import checked_function, checked_text

Source = Callable[..., Any] | float


class _Operation(Op):
    """An operation with the signature of the user's function, including defaults."""

    of_user = True
    signature: inspect.Signature
    # module and name of the function; None for a lambda, or a function within another
    place: tuple[str, str] | None

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        """Run on nodes if an argument is one, else on plain arrays and numbers."""
        bound = self.signature.bind(*arguments, **parameters)
        bound.apply_defaults()
        given = [bound.arguments.pop(name) for name in self.inputs]
        return super().__call__(*given, **bound.arguments)


def operation(
    *function: Never,
    check: Sequence[Any] | None = None,
    name: str | None = None,
    symbol: str | None = None,
    **rules: Source | None,
) -> Callable[[Callable[..., Any]], Op]:
    """Make a function on arrays a differentiable operation, with a rule for each argument.

    Parameters
    ----------
    check : sequence of sample arguments, optional
        Compare first and second derivatives with central differences when the operation is defined.
    name, symbol : str, optional
        The name in errors and the table, by default the function's; the symbol in pictures.
    **rules
        For each positional argument of the function, by its name: its local derivative, or a
        pullback if it takes ``g`` first; a number for a constant derivative; None for no gradient.
        A rule asks by name for the arguments, ``z`` the result, ``x_shape`` and keyword
        parameters. Written in NumPy functions and operators, it can be differentiated again.

    Returns
    -------
    callable
        Turns the function into an operation on tensors, values and plain arrays. A function of a
        module that is defined again, as in a notebook cell that runs again, replaces its operation.

    Raises
    ------
    TypeError
        If a rule names an argument that the function does not have, an argument lacks a rule, a
        rule asks for something unknown, or the function returns something else than one array.
    ValueError
        If the name is taken, or the check finds a wrong derivative; nothing is registered then.

    Examples
    --------
    >>> @operation(x=lambda x: 3 * x**2, check=[2.0], name="cube_of_the_docs")
    ... def cube(x):
    ...     return x**3
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0
    """
    if function:
        raise TypeError(
            "operation takes the derivative for each argument by its name, and then the function: "
            "@operation(x=lambda x: 2 * x) above def square(x)"
        )
    if symbol is not None:
        checked_text("operation: symbol", symbol)
    if check is not None and not isinstance(check, list | tuple):
        raise TypeError(
            "operation: check is a list with one sample for each argument, such as [2.0], got "
            f"{type(check).__name__}"
        )

    def make(function: Callable[..., Any]) -> Op:
        checked_function("operation: what is decorated", function)
        named = checked_text("operation: name", name) if name is not None else function.__name__
        op = _build(function, rules, named, symbol)
        if check is not None:
            from .checks.operations import check_operation

            check_operation(op, check)
        former = operations().get(op.name)
        again = isinstance(former, _Operation) and former.place and former.place == op.place
        return register(op, again=bool(again))

    return make


def _build(
    function: Callable[..., Any], rules: dict[str, Source | None], name: str, symbol: str | None
) -> _Operation:
    signature = inspect.signature(function)
    inputs = _inputs_of(signature, name)
    _check_rules(inputs, rules, name)
    ordered = {n: _owning(rules[n]) for n in inputs}
    pullback = any(callable(r) and _takes_g(r) for r in ordered.values())
    op = _Operation(
        name,
        _giving_arrays(function, name),
        ordered,
        elementwise=not pullback,
        symbol=symbol,
        doc=inspect.getdoc(function),
    )
    op.signature = signature
    qualified = getattr(function, "__qualname__", "<partial>")
    op.place = None if "<" in qualified else (function.__module__, qualified)
    _check_names(op)
    return op


def _inputs_of(signature: inspect.Signature, name: str) -> list[str]:
    """Return the names of the arguments without a default, which are the operands."""
    parameters = signature.parameters.values()
    reserved = {"g", "i", "z"} & signature.parameters.keys()
    if reserved:
        raise TypeError(
            f"operation {name!r}: arguments named {sorted(reserved)} cannot be told from what "
            "rules ask for: g the upstream gradient, z the result, i a position; rename them"
        )
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in positional and p.default is p.empty]


def _check_rules(inputs: list[str], rules: dict[str, Source | None], name: str) -> None:
    """Raise TypeError unless every operand has a rule, which is a function, a number or None."""
    if set(inputs) != rules.keys():
        missing = [n for n in inputs if n not in rules]
        strange = [n for n in rules if n not in inputs]
        raise TypeError(
            f"operation {name!r} has the arguments {inputs}; rules are missing for {missing} and "
            f"name unknown {strange}; give one rule per argument, None for no gradient"
        )
    for n, source in rules.items():
        if not (source is None or callable(source) or isinstance(source, int | float)):
            raise TypeError(
                f"operation {name!r}: the rule for {n!r} is a function, a number or None, got "
                f"{type(source).__name__}"
            )


def _check_names(op: _Operation) -> None:
    """Raise TypeError if a rule asks for an unknown name."""
    known = {*op.signature.parameters, "z", "z_shape"}
    known |= {f"{n}_{what}" for n in op.inputs for what in ("shape", "dtype")}
    for argument, rule in op.rules.items():
        unknown = set(rule.names) - known if rule else set()
        if unknown:
            raise TypeError(
                f"the rule of operation {op.name!r} for {argument!r} asks for {sorted(unknown)}; "
                f"it may ask for g, {', '.join(sorted(known))}"
            )


def _giving_arrays(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the function with its results converted to arrays; they must be numbers."""

    @functools.wraps(function)
    def forward(*arguments: Any, **parameters: Any) -> Any:
        with at_depth(0):  # it may compute derivatives itself, as numbers
            z = function(*arguments, **parameters)
        return _one_array(z, arguments, name)

    return forward


def _one_array(z: Any, arguments: Sequence[Any], name: str) -> Any:
    """Return a result as an array; raise TypeError for anything but numbers."""
    z = z if getattr(z, "requires_grad", True) else z.data  # of a constant tensor
    if isinstance(z, np.ndarray | np.generic):
        return z
    if not isinstance(z, int | float):
        raise TypeError(
            f"operation {name!r}: the function returns one array or number, got {type(z).__name__}"
        )
    arrays = any(isinstance(a, np.ndarray | np.generic) for a in arguments)
    return np.asarray(z)[()] if arrays else z


def _takes_g(rule: Callable[..., Any]) -> bool:
    names = list(inspect.signature(rule).parameters)
    return bool(names) and names[0] == "g"


def _owning(rule: Source | None) -> Any:
    """Return a pullback that copies its result if that shares memory with an array in use.

    That is an array it was given, or one that the rule keeps.
    """
    if isinstance(rule, float) and not rule.is_integer():
        return lambda: rule
    if rule is None or not callable(rule):
        return rule if rule is None else int(rule)
    if not _takes_g(rule):
        return rule

    @functools.wraps(rule)
    def pullback(*arguments: Any) -> Any:
        place = [rule(*arguments)]
        if type(place[0]) is np.ndarray and place[0].base is None and place[0] is not arguments[0]:
            return place[0] if held_once(place.__getitem__, 0) else place[0].copy()
        c = place[0]
        if isinstance(c, int | float) and not isinstance(c, np.generic):
            c = np.multiply(c, 1.0)  # a NumPy number, which a recording of jit follows too
        return c + 0 if any(_shares(c, a) for a in arguments[1:]) else c

    return pullback


def _shares(c: Any, a: Any) -> bool:
    arrays = isinstance(c, np.ndarray) and isinstance(a, np.ndarray)
    return c is a or (arrays and np.may_share_memory(c, a))
