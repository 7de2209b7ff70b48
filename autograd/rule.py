"""Rule, the derivative with respect to one argument, and Plan, what it saves. Next: `op.py`.

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
import operator
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from numpy import multiply, ndarray, negative

from .arithmetic import LARGE, as_one, is_one, sum_product_to, sum_to
from .references import held_once, is_handed_over

if TYPE_CHECKING:
    from .op import Op

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
    """What an operation saves, and how it pulls back, for a choice of tracked inputs.

    ``take`` picks the saved values from (inputs..., result, shapes of inputs..., shape of result);
    the shapes need only be given if ``needs_shapes``. ``parameters`` are the names of parameters to
    save after them. ``pull`` is the whole pullback; ``parts`` pull back to one parent each, before
    broadcasts are undone; ``slopes`` give the local derivatives from the saved values, None for the
    rule of a pullback. ``lifts`` are pairs (position, parent), one for each saved value that is the
    data of a node: -1 for the result, None for all inputs of a variadic operation. ``of_result``
    says whether only the result is saved, ``lifted`` whether ``pull`` runs on nodes as well.
    """

    __slots__ = (
        "lifted", "lifts", "names", "needs_shapes", "of_result", "parameters", "parts", "pull",
        "rules", "slopes", "take", "targets",
    )  # fmt: skip

    def __init__(self, op: Op, tracked: tuple[bool, ...]):
        self.targets = tuple(i for i, t in enumerate(tracked) if t)
        self.rules = tuple(op.rule_of(i) for i in self.targets)
        asked = {name for rule in self.rules for name in rule.names} - {"i"}
        # saved values have the order of the signature, on which hand-tuned pullbacks rely
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
        # rules run on nodes; a hand-tuned pullback does only if it needs nothing but shapes
        tuned = tracked in op.fast and not asked.isdisjoint({*op.inputs, "z"})
        self.lifted = not (self.lifts or tuned or op.saving)


# --------------------------------------------------------------------------------------------------
# From rules to pullbacks of arrays


def _taker(positions: list[int]) -> Callable[[Saved], Saved]:
    if len(positions) > 1:
        return itemgetter(*positions)
    # a slice, so that a single value comes as a tuple
    return itemgetter(slice(positions[0], positions[0] + 1) if positions else slice(0))


def _argument_taker(plan: Plan, k: int) -> Callable[[Saved], Saved]:
    """Return a function that picks, from the saved values, those that the k-th rule asks for."""
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
    if constant == -1:
        return _negated
    return lambda saved, g: g * constant


def _negated(_: Saved, g: Any) -> Any:
    if type(g) is ndarray and g.size >= LARGE and is_handed_over(g):
        return negative(g, g)
    return as_one(operator.neg, g)


def _contribution(op: Op, plan: Plan, k: int) -> Pull:
    """Return ``(saved, g) -> contribution`` for the k-th tracked input, of that input's shape."""
    raw = plan.parts[k]
    position = plan.targets[k]
    names = plan.names
    shape_name = "" if op.variadic else f"{op.inputs[position]}_shape"
    slope = plan.slopes[k] if plan.rules[k].constant is None else None
    if not op.elementwise or shape_name not in names:
        return raw if slope is None or op.variadic else _times(slope)
    at_shape = names.index(shape_name)
    if plan.rules[k].constant is not None:
        return _multiple(raw, at_shape, plan.rules[k].constant == -1)
    if slope is not None:

        def product(saved: Saved, g: Any) -> Any:
            shape = saved[at_shape]
            if g.shape == shape:
                if type(g) is ndarray and g.size >= LARGE:
                    return _large_product(g, [slope(saved)], is_handed_over(g))
                # without a name, it is a temporary that NumPy writes the product to
                return g * slope(saved)
            return sum_product_to(g, slope(saved), shape)

        return product

    def unbroadcast(saved: Saved, g: Any) -> Any:
        c = raw(saved, g)
        shape = saved[at_shape]
        return c if c.shape == shape else sum_to(c, shape)

    return unbroadcast


def _multiple(raw: Pull, at_shape: int, minus: bool) -> Pull:
    """Return ``(saved, g) -> multiple of g``, of the shape of the input."""

    # of a sum, a multiple takes fewer products than of all that is added up
    def summed(saved: Saved, g: Any) -> Any:
        shape = saved[at_shape]
        if g.shape != shape:
            return raw(saved, sum_to(g, shape))
        if minus and type(g) is ndarray and g.size >= LARGE and is_handed_over(g):
            return negative(g, g)
        return raw(saved, g)

    return summed


def _times(slope: Callable[[Saved], Any]) -> Pull:
    """Return ``(saved, g) -> g * local derivative``."""

    def scaled(saved: Saved, g: Any) -> Any:
        if type(g) is ndarray and g.size >= LARGE:
            return _large_product(g, [slope(saved)], is_handed_over(g))
        return g * slope(saved)

    return scaled


def _large_product(g: Any, place: list[Any], own: bool) -> Any:
    """Return g times the local derivative in a list, without a product if g is 1.

    It is written to the local derivative if nothing else refers to that, unlike to saved data or
    what a user's rule keeps; or to g if that is its ``own``.
    """
    d = place[0]
    if type(d) is not ndarray or d.dtype is not g.dtype or d.shape != g.shape:
        return g * d
    fresh = held_once(place.__getitem__, 0, by_caller=True)
    if is_one(g):
        return d if fresh else d.copy("K")
    return multiply(g, d, d if fresh else g if own else None)


def _array_pull(op: Op, plan: Plan) -> Pull:
    """Return ``(saved, g) -> contributions``: a tuple, or a bare contribution for one parent."""
    pulls = [_contribution(op, plan, k) for k in range(len(plan.targets))]
    if len(pulls) == 1:
        return pulls[0]
    if len(pulls) == 2:
        first, second = pulls
        return lambda saved, g: (first(saved, g), second(saved, g))
    return lambda saved, g: tuple(pull(saved, g) for pull in pulls)
