"""Operations of the user's own, on equal terms with the built-in ones. Next: `mistakes.py`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .op import Op, register
from .tensor import Tensor

Source = Callable[..., Any] | float


class _Operation(Op):
    """An operation with the signature of the user's function, defaults included."""

    signature: inspect.Signature

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        """Run on nodes where an argument is one, on plain arrays and numbers otherwise."""
        bound = self.signature.bind(*arguments, **parameters)
        bound.apply_defaults()
        given = [bound.arguments.pop(name) for name in self.inputs]
        return super().__call__(*given, **bound.arguments)


def operation(
    *,
    check: Sequence[Any] | None = None,
    name: str | None = None,
    symbol: str | None = None,
    **rules: Source | None,
) -> Callable[[Callable[..., Any]], Op]:
    """Make a function on arrays a differentiable operation, with a rule for each argument.

    Parameters
    ----------
    check : sequence of sample arguments, optional
        Compare first and second derivatives with central differences at once.
    name, symbol : str, optional
        The name in errors and the table, by default the function's; how pictures write it.
    **rules
        For each positional argument of the function, by its name: its local derivative, or a
        pullback if it takes ``g`` first; a number for a constant derivative; None for no gradient.
        A rule asks by name for the arguments, ``z`` the result, ``x_shape`` and keyword
        parameters. Written in NumPy functions and operators, it can be differentiated again.

    Returns
    -------
    callable
        Turns the function into an operation on tensors, values and plain arrays.

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

    def make(function: Callable[..., Any]) -> Op:
        op = _build(function, rules, name or function.__name__, symbol)
        if check is not None:
            if len(check) != len(op.inputs):
                raise TypeError(
                    f"operation {op.name!r}: check gives {len(check)} samples for the arguments "
                    f"{list(op.inputs)}; give one for each"
                )
            wanted = enumerate(check)
            _check(op, [np.asarray(x, float if op.differentiable(i) else None) for i, x in wanted])
        return register(op)

    return make


def _build(
    function: Callable[..., Any], rules: dict[str, Source | None], name: str, symbol: str | None
) -> Op:
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    inputs = [p.name for p in parameters if p.kind in positional and p.default is p.empty]
    options = [p.name for p in parameters if p.name not in inputs]
    reserved = {"g", "i", "z"} & {p.name for p in parameters}
    if reserved:
        raise TypeError(
            f"operation {name!r}: arguments named {sorted(reserved)} cannot be told from what "
            "rules ask for: g the upstream gradient, z the result, i a position; rename them"
        )
    if inputs != sorted(rules, key=lambda n: inputs.index(n) if n in inputs else -1):
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
    known = {*inputs, "z", "z_shape", *options}
    known |= {f"{n}_shape" for n in inputs} | {f"{n}_dtype" for n in inputs}
    for argument, rule in op.rules.items():
        unknown = set(rule.names) - known if rule else set()
        if unknown:
            raise TypeError(
                f"the rule of operation {name!r} for {argument!r} asks for {sorted(unknown)}; it "
                f"may ask for g, {', '.join(sorted(known))}"
            )
    return op


def _giving_arrays(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the function with its results on arrays as arrays; TypeError for anything else."""

    @functools.wraps(function)
    def forward(*arguments: Any, **parameters: Any) -> Any:
        z = function(*arguments, **parameters)
        if isinstance(z, np.ndarray | np.generic):
            return z
        if not isinstance(z, int | float):
            raise TypeError(
                f"operation {name!r}: the function returns one array or number, got "
                f"{type(z).__name__}"
            )
        arrays = any(isinstance(a, np.ndarray | np.generic) for a in arguments)
        return np.asarray(z)[()] if arrays else z

    return forward


def _takes_g(rule: Callable[..., Any]) -> bool:
    names = list(inspect.signature(rule).parameters)
    return bool(names) and names[0] == "g"


def _owning(rule: Source | None) -> Any:
    """Return a pullback that never hands out an array it was given, which belongs to others."""
    if isinstance(rule, float) and not rule.is_integer():
        return lambda: rule
    if rule is None or not callable(rule):
        return rule if rule is None else int(rule)
    if not _takes_g(rule):
        return rule

    @functools.wraps(rule)
    def pullback(*arguments: Any) -> Any:
        c = rule(*arguments)
        if isinstance(c, int | float):
            c = np.float64(c)
        return c + 0 if any(_shares(c, a) for a in arguments[1:]) else c

    return pullback


def _shares(c: Any, a: Any) -> bool:
    arrays = isinstance(c, np.ndarray) and isinstance(a, np.ndarray)
    return c is a or (arrays and np.may_share_memory(c, a))


def _check(op: Op, samples: list[Any]) -> None:
    """Compare an operation's first and second derivatives with central differences."""
    if not any(op.gradients):
        return
    random = np.random.default_rng(0)
    shape = np.shape(op.forward(*samples))
    weight = random.standard_normal(shape) if shape else np.float64(1.0)

    def first(arrays: list[Any], create_graph: bool = False) -> tuple[list[Tensor], list[Any]]:
        leaves = [Tensor(a, requires_grad=op.differentiable(i)) for i, a in enumerate(arrays)]
        y = op(*leaves)
        try:
            y.backward(weight, create_graph=create_graph)
        except (TypeError, AttributeError, ArithmeticError, LookupError) as error:
            on = "nodes, for the second derivative" if create_graph else "arrays"
            raise ValueError(
                f"operation {op.name!r}: a rule fails on {on}: {type(error).__name__}: {error}"
            ) from error
        return leaves, [t.grad if t.requires_grad else None for t in leaves]

    _, grads = first(samples)
    for i, g in enumerate(grads):
        if g is not None:
            _compare(op, i, 1, g, lambda a: float(np.sum(weight * op.forward(*a))), samples)
    leaves, grads = first(samples, create_graph=True)
    cotangents = [random.standard_normal(np.shape(a)) for a in samples]
    total: Any = 0.0
    for g, c in zip(grads, cotangents, strict=True):
        if isinstance(g, Tensor):
            total = total + (g * c).sum()

    def slope(arrays: list[Any]) -> float:
        _, gs = first(arrays)
        return float(
            sum(np.sum(g * c) for g, c in zip(gs, cotangents, strict=True) if g is not None)
        )

    for t in leaves:
        if t.requires_grad:
            t.grad = None
    if isinstance(total, Tensor) and total.requires_grad:
        total.backward()
    for i, t in enumerate(leaves):
        if t.requires_grad:
            g = np.zeros(t.shape) if t.grad is None else t.grad
            _compare(op, i, 2, g, slope, samples)


def _compare(
    op: Op, i: int, order: int, g: Any, function: Callable[[list[Any]], float], samples: list[Any]
) -> None:
    numeric = np.zeros(np.shape(samples[i]))
    for index in np.ndindex(numeric.shape):
        step = 1e-6 * max(1.0, abs(float(samples[i][index])))
        ends = []
        for sign in (1, -1):
            moved = [np.array(a) for a in samples]
            moved[i][index] += sign * step
            ends.append(function(moved))
        numeric[index] = (ends[0] - ends[1]) / (2 * step)
    if not np.allclose(g, numeric, rtol=1e-5, atol=1e-7):
        index = np.unravel_index(np.argmax(np.abs(np.asarray(g) - numeric)), numeric.shape)
        which = {1: "derivative", 2: "second derivative"}[order]
        raise ValueError(
            f"operation {op.name!r}: the {which} with respect to {op.inputs[i]!r} at index "
            f"{tuple(map(int, index))} is {float(np.asarray(g)[index]):.8g} by the rule and "
            f"{float(numeric[index]):.8g} by central differences"
        )
