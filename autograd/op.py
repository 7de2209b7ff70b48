"""What an operation is: a name, a forward function, one rule per argument. Next: `ops/`.

A rule states the derivative with respect to one argument and asks *by name* for what it needs:
``z`` the result, the inputs by their names (``x``, ``y``, ...), ``g`` the upstream gradient,
``x_shape`` the shape of an input, and the parameters of the operation (``axis``, ...). What no rule
asks for is not kept; what no parent needs is not computed. There are two forms:

* a rule that does not ask for ``g`` is a *local derivative*; the engine multiplies it by the
  upstream gradient and sums over broadcast axes (a plain number stands for a constant local
  derivative);
* a rule that asks for ``g`` is a *pullback*: it returns the contribution itself.

Rules are plain NumPy. They run on arrays for numbers, on nodes for higher derivatives, and on
whatever else answers NumPy's protocols.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

import numpy as np

from .arithmetic import sum_product_to, sum_to

Pull = Callable[..., Any]
Saved = tuple[Any, ...]


class Rule:
    """The derivative of an operation with respect to one of its arguments."""

    __slots__ = ("constant", "function", "names", "takes_g")

    def __init__(self, source: Callable[..., Any] | int):
        self.constant: int | None = None
        if isinstance(source, int):
            self.constant = source
            self.function: Callable[..., Any] = lambda: source
            names: list[str] = []
        else:
            self.function = source
            names = list(inspect.signature(source).parameters)
        self.takes_g = bool(names) and names[0] == "g"
        if "g" in names[1:]:
            raise TypeError(f"a rule takes g as its first argument, got {names}")
        self.names = tuple(names[1:] if self.takes_g else names)

    def run(self, g: Any, values: Mapping[str, Any], product: Callable[[Any, Any], Any]) -> Any:
        """Return the contribution of upstream gradient ``g``, before undoing broadcasts."""
        arguments = [values[name] for name in self.names]
        if self.takes_g:
            return self.function(g, *arguments)
        if self.constant is not None:
            return g if self.constant == 1 else -g if self.constant == -1 else g * self.constant
        return product(g, self.function(*arguments))


class Plan:
    """What an operation saves, and how it pulls back, when these of its inputs are tracked.

    ``take`` picks the saved values from (inputs..., result, shapes of inputs..., shape of result);
    the shapes are there only if ``needs_shapes``. ``parameters`` are the names of those saved
    after them. ``parts`` pull back to one parent each, before broadcasts are undone; ``slopes``
    give the local derivatives from the saved values, None for a pullback. ``lifts`` says of which
    nodes the saved values hold data, as (position, parent): -1 is the result, None all inputs of a
    variadic operation. ``of_result`` tells whether the result is all that is saved, ``lifted``
    whether ``pull`` also runs on gradients that are nodes.
    """

    __slots__ = (
        "lifted", "lifts", "names", "needs_shapes", "of_result", "parameters", "parts", "pull",
        "rules", "slopes", "take", "targets",
    )  # fmt: skip

    def __init__(self, op: Op, tracked: tuple[bool, ...]):
        self.targets = tuple(i for i, t in enumerate(tracked) if t)
        self.rules = tuple(op.rule_of(i) for i in self.targets)
        asked = {name for rule in self.rules for name in rule.names} - {"i"}
        # saved values come in the order of the signature, so that hand-tuned paths can rely on it
        order = (*op.inputs, "z", *(f"{n}_shape" for n in op.inputs), "z_shape")
        if op.elementwise and not op.variadic and len(tracked) > 1:
            asked |= {f"{op.inputs[i]}_shape" for i in self.targets}
        picked = tuple(n for n in order if n in asked)
        self.parameters = tuple(sorted(asked - set(order)))
        self.names = picked + self.parameters
        self.of_result = self.names == ("z",)
        self.needs_shapes = any(n.endswith("_shape") for n in picked)
        self.take = _taker([order.index(n) for n in picked])
        takes = [_argument_taker(self, k) for k in range(len(self.targets))]
        self.slopes = tuple(map(_slope, self.rules, takes))
        self.parts = tuple(map(_part, self.rules, takes))
        every = () if op.variadic and all(tracked) and len(tracked) > 1 else tracked
        self.pull: Pull = op.fast.get(every) or _array_pull(op, self)
        sources: dict[str, int | None] = {"z": -1}
        if op.variadic:
            sources[op.inputs[0]] = None
        else:
            sources |= {op.inputs[i]: k for k, i in enumerate(self.targets)}
        self.lifts = tuple((at, sources[n]) for at, n in enumerate(self.names) if n in sources)
        # rules run on nodes; a hand-tuned path does only if it needs no more than shapes
        tuned = tracked in op.fast and not asked.isdisjoint({*op.inputs, "z"})
        self.lifted = not (self.lifts or tuned or op.saving)


class Op:
    """A differentiable (or merely recorded) operation, and its row in the table of rules.

    Parameters
    ----------
    name : str
        NumPy's name of the function where it has one.
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
        Whether finite data always give a finite local derivative, so that 0 times infinity cannot
        arise.
    plain : bool, optional
        Whether a sweep need not look for 0 times nan. By default where ``bounded``; not where the
        local derivative at an infinity is not finite, or where nan may be left out of the result.
    product : bool
        Whether it is a sum of products of an entry of one input and an entry of another, such as
        that of matrices, so that its pullbacks are; then 0 times nan is 0 in each of them.
    selects : bool
        Whether the operation chooses between its inputs: where a local derivative is 0, the input
        was not chosen, and gets 0 even of an infinite upstream gradient.
    symbol, notation : str
        How the operation is written in pictures ("+") and in formulas ("{x} + {y}").
    scalar : callable, optional
        The same function on Python floats, for `Value`.
    fast : mapping, optional
        Hand-tuned array pullbacks by tracked inputs, under () where all inputs of a variadic
        operation are; equal to the rule, and tested to be.
    saving : callable, optional
        The forward function for recording: returns the result and one more array, which the
        hand-tuned pullbacks find last among the saved values.
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
        self.name = name
        self.forward = forward
        self.inputs = tuple(rules)
        self.rules = {n: None if r is None else Rule(r) for n, r in rules.items()}
        self.elementwise = elementwise
        self.variadic = variadic
        self.bounded = bounded
        self.plain = bounded if plain is None else plain
        self.product = product
        self.selects = selects
        self.symbol = symbol or name
        self.notation = notation or f"{name}({', '.join('{' + n + '}' for n in self.inputs)})"
        self.scalar = scalar
        self.fast = dict(fast or {})
        self.saving = saving
        self.gradients = tuple(r is not None for r in self.rules.values())
        self.every_input = (True,) * len(self.inputs)
        self.__doc__ = doc or f"The operation {self.name}: {self.notation}."
        self._plans: dict[tuple[bool, ...], Plan] = {}

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return operation_named, (self.name,)

    def rule_of(self, position: int) -> Rule:
        """Return the rule of the input at a position; raise TypeError where there is none."""
        rule = self.rules[self.inputs[0 if self.variadic else position]]
        if rule is None:
            raise TypeError(
                f"{self.name} has no derivative with respect to {self.inputs[position]}"
            )
        return rule

    def differentiable(self, position: int) -> bool:
        """Whether the input at a position has a rule."""
        return self.rules[self.inputs[0 if self.variadic else position]] is not None

    def plan(self, tracked: tuple[bool, ...]) -> Plan:
        """Return what to save and how to pull back when these inputs are tracked."""
        found = self._plans.get(tracked)
        if found is None:
            found = self._plans[tracked] = Plan(self, tracked)
        return found

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        """Run on nodes where an argument is one, on plain arrays and numbers otherwise."""
        apply = applier(arguments)
        if apply is None:
            return self.forward(*arguments, **parameters)
        return apply(self, arguments, parameters)


def applier(arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
    """Return how the most general kind of node among the arguments runs an operation."""
    best: Any = None
    highest = 0
    for argument in arguments:
        kind = type(argument)
        rank = getattr(kind, "__autograd_rank__", 0)
        if rank > highest:
            best, highest = kind, rank
    return None if best is None else best.__autograd_apply__


_KINDS: dict[int, Any] = {}


def register_kind(kind: Any) -> Any:
    """Make a class of nodes known by its ``__autograd_rank__``; 1 is scalar, 2 is array."""
    _KINDS[kind.__autograd_rank__] = kind
    return kind


def kind_of_rank(rank: int) -> Any:
    """Return the class of nodes registered for a rank."""
    return _KINDS[rank]


# --------------------------------------------------------------------------------------------------
# The registry: the rule table is the dispatch table

_BY_NAME: dict[str, Op] = {}
_BY_NUMPY: dict[Callable[..., Any], Op] = {}


def register(op: Op, *numpy_functions: Callable[..., Any]) -> Op:
    """Enter an operation in the table, under its name and the NumPy functions that mean it."""
    if op.name in _BY_NAME:
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
    """Return the operation that a NumPy function means, or None."""
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


# --------------------------------------------------------------------------------------------------
# From rules to pullbacks of arrays


def _taker(positions: list[int]) -> Callable[[Saved], Saved]:
    if len(positions) > 1:
        return itemgetter(*positions)
    # a slice of a tuple is a tuple of one
    return itemgetter(slice(positions[0], positions[0] + 1) if positions else slice(0))


def _argument_taker(plan: Plan, k: int) -> Callable[[Saved], Saved]:
    """Return what picks from the saved values those that the k-th rule asks for."""
    asked, names = plan.rules[k].names, plan.names
    if "i" not in asked:
        return _taker([names.index(n) for n in asked])
    take, at = _taker([names.index(n) for n in asked if n != "i"]), asked.index("i")
    position = (plan.targets[k],)

    def take_with_position(saved: Saved) -> Saved:
        values = take(saved)
        return values[:at] + position + values[at:]

    return take_with_position


def _slope(rule: Rule, take: Callable[[Saved], Saved]) -> Callable[[Saved], Any] | None:
    """Return ``saved -> local derivative``, None for the rule of a pullback."""
    function = rule.function
    return None if rule.takes_g else lambda saved: function(*take(saved))


def _part(rule: Rule, take: Callable[[Saved], Saved]) -> Pull:
    """Return ``(saved, g) -> contribution``, before broadcasts are undone."""
    function, constant = rule.function, rule.constant
    if rule.takes_g:
        return lambda saved, g: function(g, *take(saved))
    if constant is None:
        return lambda saved, g: g * function(*take(saved))
    if constant == 1:
        return lambda saved, g: g
    return (lambda saved, g: -g) if constant == -1 else (lambda saved, g: g * constant)


def _contribution(op: Op, plan: Plan, k: int) -> Pull:
    """Return ``(saved, g) -> contribution`` for the k-th tracked input, of that input's shape."""
    raw = plan.parts[k]
    position = plan.targets[k]
    names = plan.names
    shape_name = "" if op.variadic else f"{op.inputs[position]}_shape"
    if not op.elementwise or shape_name not in names:
        return raw
    at_shape = names.index(shape_name)
    slope = plan.slopes[k]
    if slope is not None and plan.rules[k].constant is None:

        def product(saved: Saved, g: Any) -> Any:
            shape = saved[at_shape]
            d = slope(saved)
            return g * d if g.shape == shape else sum_product_to(g, d, shape)

        return product

    def unbroadcast(saved: Saved, g: Any) -> Any:
        c = raw(saved, g)
        shape = saved[at_shape]
        return c if c.shape == shape else sum_to(c, shape)

    return unbroadcast


def _array_pull(op: Op, plan: Plan) -> Pull:
    """Return ``(saved, g) -> contributions``: a bare one for one parent, a tuple for more."""
    pulls = [_contribution(op, plan, k) for k in range(len(plan.targets))]
    if len(pulls) == 1:
        return pulls[0]
    if len(pulls) == 2:
        first, second = pulls
        return lambda saved, g: (first(saved, g), second(saved, g))
    return lambda saved, g: tuple(pull(saved, g) for pull in pulls)
