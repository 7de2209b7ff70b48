"""Op, an operation: a name, a forward function, one rule per argument. Next: `ops/`.

The registry at the end holds all operations: the table of rules is the dispatch table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .rule import Plan, Pull, Rule
from .settings import array_of, checked_flag, checked_function, checked_text, described, shown


class Op:
    """An operation, differentiable or merely recorded: a row in the table of rules.

    Parameters
    ----------
    name : str
        NumPy's name of the function, if it has one.
    forward : callable
        The function on arrays; parameters of the operation are keyword arguments.
    rules : mapping
        One entry per input, in the order of the arguments: a local derivative, a pullback, a
        constant, or None for an input without a gradient.
    elementwise : bool
        Whether inputs broadcast against each other; only then may the engine sum over broadcast
        axes.
    variadic : bool
        Whether the operation takes any number of inputs, all under the one rule, which may ask for
        ``i``, the position of the input.
    bounded : bool
        Whether finite data always give a finite local derivative, so that an upstream 0 never meets
        an infinity.
    plain : bool, optional
        Whether a sweep need not look for 0 times nan or infinity; by default as ``bounded``. False
        if the local derivative at an infinity is not finite, or the result may leave a nan out.
    product : bool
        Whether it sums products of an entry of one input and an entry of another, as a product of
        matrices does; so do its pullbacks then, in which 0 times nan is 0.
    selects : bool
        Whether the operation chooses between its inputs: an input with the local derivative 0 was
        not chosen, and gets the gradient 0 even if the upstream gradient is infinite.
    symbol, notation : str
        How the operation is written in pictures ("+") and in formulas ("{x} + {y}").
    scalar : callable, optional
        The same function on Python floats, for `Value`.
    fast : mapping, optional
        Hand-tuned array pullbacks by which inputs are tracked, under () if all inputs of a variadic
        operation are; tested to equal the rule.
    saving : callable, optional
        The forward function used when recording: returns the result and one more array, which the
        hand-tuned pullbacks find as the last saved value.
    doc : str, optional
        The docstring of the operation.

    Examples
    --------
    >>> tanh = operations()["tanh"]
    >>> tanh.inputs, tanh.elementwise, tanh(0.0)
    (('x',), True, np.float64(0.0))
    >>> tanh.rule_of(0).function(0.5)  # from z, the result: 1 - z*z
    0.75
    """

    # whether a user defined it; its rules may compute with numbers only
    of_user = False

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        rules: Mapping[str, Callable[..., Any] | int | None],
        *,
        elementwise: bool,
        variadic: bool = False,
        bounded: bool = False,
        plain: bool | None = None,
        product: bool = False,
        selects: bool = False,
        symbol: str | None = None,
        notation: str | None = None,
        scalar: Callable[..., float] | None = None,
        fast: Mapping[tuple[bool, ...], Pull] | None = None,
        saving: Callable[..., tuple[Any, Any]] | None = None,
        doc: str | None = None,
    ):
        self.name = checked_text("operation: name", name)
        self.forward = checked_function(f"operation {name!r}: forward", forward)
        self.rules = _rules_of(name, rules)
        self.inputs = tuple(self.rules)
        self.elementwise = checked_flag(f"operation {name!r}: elementwise", elementwise)
        self.variadic = checked_flag(f"operation {name!r}: variadic", variadic)
        self.bounded = checked_flag(f"operation {name!r}: bounded", bounded)
        self.plain = bounded if plain is None else plain
        self.product = product
        self.selects = selects
        self.symbol = symbol or name
        self.notation = notation or f"{name}({', '.join('{' + n + '}' for n in self.inputs)})"
        self.scalar = scalar
        self.fast = dict(fast or {})
        self.saving = saving
        self.gradients = tuple(r is not None for r in self.rules.values())
        self.affine = bounded and not selects and saving is None and not self._asks_for_data()
        self.every_input = (True,) * len(self.inputs)
        self.__name__ = self.name  # as functions have it, for what wraps or names them
        self.__doc__ = doc or f"The operation {self.name}: {self.notation}."
        self._plans: dict[tuple[bool, ...], Plan] = {}

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def _asks_for_data(self) -> bool:
        """Whether a rule asks for the result, or for a differentiable input."""
        data = {"z", *(n for n, r in self.rules.items() if r is not None)}
        return any(r is not None and not data.isdisjoint(r.names) for r in self.rules.values())

    def __reduce__(self) -> tuple[Any, ...]:
        return operation_named, (self.name,)

    def rule_of(self, position: int) -> Rule:
        """Return the rule of the input at a position; raise TypeError where there is none."""
        name = self._input(position)
        rule = self.rules[name]
        if rule is None:
            raise TypeError(f"{self.name} has no derivative with respect to {name}")
        return rule

    def differentiable(self, position: int) -> bool:
        """Whether the input at a position has a rule."""
        return self.rules[self._input(position)] is not None

    def _input(self, position: int) -> str:
        try:
            return self.inputs[0 if self.variadic else position]
        except (TypeError, IndexError):
            raise IndexError(
                f"{self.name} has the inputs {', '.join(self.inputs)}, their positions count from "
                f"0; got {shown(position)}"
            ) from None

    def plan(self, tracked: tuple[bool, ...]) -> Plan:
        """Return the `Plan`: what to save and how to pull back when these inputs are tracked."""
        try:
            found = self._plans.get(tracked)
        except TypeError:  # a list cannot be a key
            found = None
        if found is None:
            flags = isinstance(tracked, tuple) and all(isinstance(t, bool) for t in tracked)
            if not flags or (len(tracked) != len(self.inputs) and not self.variadic):
                raise TypeError(
                    f"{self.name}: tracked is a tuple with True or False for each of its inputs, "
                    f"got {shown(tracked)}"
                )
            found = self._plans[tracked] = Plan(self, tracked)
        return found

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        """Run on nodes if an argument is one, else on plain arrays and numbers."""
        if len(arguments) > len(self.inputs) and not self.variadic:
            raise TypeError(
                f"{self.name} takes {len(self.inputs)} input{'s' * (len(self.inputs) > 1)} "
                f"({', '.join(self.inputs)}), got {len(arguments)}"
            )
        apply = applier(arguments)
        if apply is None:
            try:
                return self.forward(*arguments, **parameters)
            except (TypeError, AttributeError) as error:
                odd = [x for x in arguments if not _is_numeric(x)]
                if not odd:
                    raise
                raise TypeError(
                    f"{self.name}: expected numbers, arrays or nodes, got {described(odd[0])}"
                ) from error
        return apply(self, arguments, parameters)


def _rules_of(name: Any, rules: Any) -> dict[str, Rule | None]:
    if not isinstance(rules, Mapping):
        raise TypeError(
            f"operation {shown(name)}: rules are a mapping with one for each input, got "
            f"{type(rules).__name__}"
        )
    return {n: None if r is None else Rule(r) for n, r in rules.items()}


def _is_numeric(x: Any) -> bool:
    """Whether x is a number, a list or an array of numbers."""
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "biufc"
    if isinstance(x, list | tuple):
        return array_of("operation", x).dtype.kind in "biufc"
    return isinstance(x, int | float | complex)


def applier(arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
    """Return the function by which the highest kind of node among the arguments runs operations."""
    best: Any = None
    highest = 0
    for argument in arguments:
        rank = getattr(type(argument), "__autograd_rank__", 0)
        if rank > highest:
            best, highest = argument, rank
    return None if best is None else best.__autograd_apply__


_KINDS: dict[int, Any] = {}


def register_kind(kind: Any) -> Any:
    """Register a class of nodes by its ``__autograd_rank__``; 1 is scalar, 2 is array."""
    _KINDS[kind.__autograd_rank__] = kind
    return kind


def kind_of_rank(rank: int) -> Any:
    """Return the class of nodes registered for a rank."""
    return _KINDS[rank]


# --------------------------------------------------------------------------------------------------
# The registry

_BY_NAME: dict[str, Op] = {}
_BY_NUMPY: dict[Callable[..., Any], Op] = {}


def register(op: Op, *numpy_functions: Callable[..., Any], again: bool = False) -> Op:
    """Add an operation to the table, under its name and the NumPy functions that it implements.

    ``again`` lets it replace another of its name.
    """
    if op.name in _BY_NAME and not again:
        raise ValueError(f"an operation named {op.name!r} exists already; choose another name")
    _BY_NAME[op.name] = op
    for function in numpy_functions:
        _BY_NUMPY[function] = op
    return op


def operations() -> dict[str, Op]:
    """Return the table of operations by name (a copy).

    Returns
    -------
    dict of str to Op

    Examples
    --------
    >>> operations()["multiply"].notation
    '{x} * {y}'
    """
    return dict(_BY_NAME)


def operation_named(name: str) -> Op:
    """Return the operation of this name; raises KeyError for an unknown one."""
    return _BY_NAME[name]


def operation_for(function: Callable[..., Any]) -> Op | None:
    """Return the operation that implements a NumPy function, or None."""
    return _BY_NUMPY.get(function)


def elementwise(
    name: str,
    forward: Callable[..., Any],
    *,
    bounded: bool = False,
    plain: bool | None = None,
    selects: bool = False,
    symbol: str | None = None,
    notation: str | None = None,
    scalar: Callable[..., float] | None = None,
    fast: Mapping[tuple[bool, ...], Pull] | None = None,
    saving: Callable[..., tuple[Any, Any]] | None = None,
    doc: str | None = None,
    **rules: Callable[..., Any] | int | None,
) -> Op:
    """Define and register an elementwise operation; its rules are keywords by input name."""
    op = Op(
        name,
        forward,
        rules,
        elementwise=True,
        bounded=bounded,
        plain=plain,
        selects=selects,
        symbol=symbol,
        notation=notation,
        scalar=scalar,
        fast=fast,
        saving=saving,
        doc=doc,
    )
    return register(op, *([forward] if isinstance(forward, np.ufunc) else []))


def structural(
    name: str,
    forward: Callable[..., Any],
    *,
    variadic: bool = False,
    bounded: bool = True,
    plain: bool | None = None,
    product: bool = False,
    numpy: Callable[..., Any] | None = None,
    symbol: str | None = None,
    notation: str | None = None,
    fast: Mapping[tuple[bool, ...], Pull] | None = None,
    saving: Callable[..., tuple[Any, Any]] | None = None,
    doc: str | None = None,
    **rules: Callable[..., Any] | None,
) -> Op:
    """Define and register a structural operation; its rules are pullbacks by input name."""
    op = Op(
        name,
        forward,
        rules,
        elementwise=False,
        variadic=variadic,
        bounded=bounded,
        plain=plain,
        product=product,
        symbol=symbol,
        notation=notation,
        fast=fast,
        saving=saving,
        doc=doc,
    )
    return register(op, *([] if numpy is None else [numpy]))
