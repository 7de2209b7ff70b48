"""Findings from the measurements: thresholds, descriptions, cures. Next: `health.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import find_nan, topological_order
from autograd.viz.elements.figures import figure

from ..losses.modules import spread
from ..losses.targets import SQUEEZING, made_by
from .measures import Activation, Layer

# the quantities that are judged, with the threshold of trouble
THRESHOLDS = {
    "saturated": 0.5,  # share of outputs whose slope is below 6 % of its maximum
    "dead": 0.25,  # share of units that are 0 for the whole batch
    "samples": 16,  # the fewest samples for which a unit may be called dead
    "vanishing": 1 / 50,  # ratio of the gradient norms of the first and the last layer
    "exploding": 50.0,
    "steps": 1e3,  # the same between the steps of a recurrent network, in either direction
    "update": 0.1,  # ratio of the norms of a step and of the weights
    "standstill": 1e-6,
    "falling": 0.99,  # ratio of the best loss of the second half and the first loss
    "rising": 0.5,  # relative increase of the loss by one step
}
_HISTORY = 8
# losses that take a softmax or sigmoid themselves
_OF_LOGITS = ("softmax_cross_entropy", "sigmoid_cross_entropy")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its kind, its place, the measurement, and the cure."""

    kind: str
    where: str
    text: str
    cure: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}. Cure: {self.cure}"


def findings_of(
    result: Any,
    loss: float,
    after: float | None,
    activations: Sequence[Activation],
    layers: Sequence[Layer],
    losses: Sequence[float],
    target: Any = None,
) -> tuple[Finding, ...]:
    """Return everything that is wrong; with a nan, nothing else is judged."""
    return tuple(_not_finite(result, loss, layers)) or (
        *_of_loss(result, target),
        *_of_activations(activations),
        *_of_gradients(layers),
        *_of_weights(layers),
        *_of_steps(layers, loss, after),
        *_of_history(losses),
    )


def _not_finite(result: Any, loss: float, layers: Sequence[Layer]) -> Iterator[Finding]:
    bad = [x.name for x in layers if not math.isfinite(x.weight)]
    gradients = [x.name for x in layers if x.gradient is not None and not math.isfinite(x.gradient)]
    if math.isfinite(loss) and not bad and not gradients:
        return
    trouble = find_nan(result)
    what = f"the loss is {loss}" if not math.isfinite(loss) else "the gradient is not finite"
    text = f"{what}; first seen: {trouble}" if trouble else what
    where = ", ".join(bad or gradients) or "loss"
    if bad:
        text += f"; the weights themselves are not finite in {', '.join(bad)}"
    cure = "go back to the last file saved, and train with a smaller learning rate"
    yield Finding("not finite", where, text, cure)


def _of_loss(result: Any, target: Any) -> Iterator[Finding]:
    for node in topological_order(result):
        if node.op is None or node.op.name not in _OF_LOGITS:
            continue
        made = getattr(node.inputs[0], "op", None)
        if made is not None and made.name in SQUEEZING:
            text, _, cure = made_by(made.name, "a loss of probabilities").partition("; ")
            yield Finding(f"{made.name} twice", "loss", text, cure)
    said = None if target is None else spread(result, target)
    if said:
        yield Finding("targets broadcast", "loss", *said)


def _of_activations(activations: Sequence[Activation]) -> Iterator[Finding]:
    most, dead, samples = (THRESHOLDS[k] for k in ("saturated", "dead", "samples"))
    for a in activations:
        if not a.hidden:
            continue
        if a.saturated is not None and a.saturated > most:
            yield Finding(
                f"saturated {a.kind}",
                a.name,
                f"{a.saturated:.0%} of the outputs of {a.name} lie where the slope is below 6 % of "
                f"its maximum (limit {most:.0%}), so little gradient passes",
                "smaller initial weights (xavier_uniform), standardised inputs, or ReLU",
            )
        if a.dead is not None and (a.dead == 1 or (a.dead > dead and a.samples >= samples)):
            yield Finding(
                "dead ReLUs",
                a.name,
                f"{a.dead:.0%} of the {a.units} units of {a.name} are 0 for all {a.samples} "
                f"samples (limit {dead:.0%}), so they get no gradient",
                "a smaller learning rate, biases that start at 0, he_uniform weights, or LeakyReLU",
            )


def _of_gradients(layers: Sequence[Layer]) -> Iterator[Finding]:
    unused = [x.name for x in layers if x.gradient is None]
    if unused:
        yield Finding(
            "no gradient",
            ", ".join(unused),
            f"the loss does not depend on {', '.join(unused)}, or they are frozen",
            "use them in forward, thaw them with requires_grad_(), or leave them out",
        )
    weights = [x for x in layers if x.matrix and x.gradient is not None]
    if len(weights) > 1:
        yield from _between(weights[0], weights[-1])
    for x in layers:
        first, last = (x.steps[0], x.steps[-1]) if x.steps else (1.0, 1.0)
        limit = THRESHOLDS["steps"]
        where = f"{x.name}, used {len(x.steps)} times in a row"
        if first * limit < last:
            yield Finding(
                "vanishing gradient",
                x.name,
                f"the gradient at the first use of {where}, is {_times(last, first)} smaller than "
                f"at the last (limit {limit:g})",
                "orthogonal recurrent weights, shorter sequences, or a gate or shortcut past the "
                "steps",
            )
        elif first > last * limit:
            yield Finding(
                "exploding gradient",
                x.name,
                f"the gradient at the first use of {where}, is {_times(first, last)} larger than "
                f"at the last (limit {limit:g})",
                "orthogonal or smaller recurrent weights, and clip the norm of the gradient",
            )


def _between(first: Layer, last: Layer) -> Iterator[Finding]:
    """Compare the gradients of two layers' weights; if these are alike, those of their results.

    The gradient of weights is that of the result times the input. Where both grow on their way, or
    both shrink, these products are alike in all layers.
    """
    small, large = THRESHOLDS["vanishing"], THRESHOLDS["exploding"]
    pairs = [("", first.gradient or 0.0, last.gradient or 0.0)]
    if first.result and last.result:  # 0 has other causes: weights of zeros, dead units
        pairs.append(("the result of ", first.result, last.result))
    for of, a, b in pairs:
        norms = figure(a, 3), figure(b, 3)
        pair = (
            f"the gradient norm of {of}{first.name} is {norms[0]}, that of {of}{last.name} "
            f"{norms[1]}"
        )
        if a < small * b:
            yield Finding(
                "vanishing gradient",
                first.name,
                f"{pair}: {_times(b, a)} smaller at the input (limit {1 / small:g})",
                "ReLU instead of sigmoid, xavier or he initialisation, LayerNorm, or fewer layers",
            )
            return
        if a > large * b:
            yield Finding(
                "exploding gradient",
                first.name,
                f"{pair}: {_times(a, b)} larger at the input (limit {large:g})",
                "xavier or he initialisation, LayerNorm, and clip the norm of the gradient",
            )
            return


def _times(a: float, b: float) -> str:
    if not b:
        return "infinitely"
    return f"{a / b:,.0f} times" if 1e3 <= a / b < 1e6 else f"{figure(a / b, 3)} times"


def _of_weights(layers: Sequence[Layer]) -> Iterator[Finding]:
    for x in layers:
        if not x.twins:
            continue
        sets = ", ".join(_units(units) for units in x.twins[:3])
        more = f" and {len(x.twins) - 3} more sets" if len(x.twins) > 3 else ""
        yield Finding(
            "symmetric weights",
            x.name,
            f"in {x.name} the units {sets}{more} have equal weights and equal gradients, so they "
            "will stay equal and do the work of one",
            "draw the initial weights at random (xavier_uniform, he_uniform)",
        )


def _units(units: Sequence[int]) -> str:
    told = ", ".join(map(str, units[:6]))
    return f"{{{told}{', …' if len(units) > 6 else ''}}}"


def _of_steps(layers: Sequence[Layer], loss: float, after: float | None) -> Iterator[Finding]:
    large, small = THRESHOLDS["update"], THRESHOLDS["standstill"]
    sizes = {x.name: x.update for x in layers if x.update is not None}
    wild = [name for name, size in sizes.items() if not size <= large]
    if wild:
        worst = max(wild, key=sizes.__getitem__)
        also = f" and those of {len(wild) - 1} more layers by too much" if wild[1:] else ""
        yield Finding(
            "steps too large",
            ", ".join(wild),
            f"the next step changes the weights of {worst} by {figure(sizes[worst], 2)} of their "
            f"norm"
            f"{also} (limit {large:g})",
            "a smaller learning rate; nn.lr_find suggests one",
        )
    if sizes and max(sizes.values()) < small:
        yield Finding(
            "steps too small",
            ", ".join(sizes),
            f"the next step changes no layer by more than {figure(max(sizes.values()), 2)} of its "
            f"norm (limit {figure(small)})",
            "a larger learning rate; nn.lr_find suggests one",
        )
    if after is not None and not after <= loss + THRESHOLDS["rising"] * abs(loss):
        yield Finding(
            "loss rises",
            "loss",
            f"one step of the optimizer takes the loss of this very batch from {figure(loss)} "
            f"to {figure(after)}",
            "a smaller learning rate; if that does not help, check the sign of the loss",
        )


def _of_history(losses: Sequence[float]) -> Iterator[Finding]:
    if not losses:
        return
    bad = next((i for i, x in enumerate(losses) if not math.isfinite(x)), None)
    if bad is not None:
        yield Finding(
            "not finite",
            "history",
            f"the loss was {losses[bad]} at entry {bad} of the history",
            "go back to the last file saved, and train with a smaller learning rate",
        )
        return
    if len(losses) < _HISTORY:
        return
    start, best = losses[0], min(losses[len(losses) // 2 :])
    limit = start - (1 - THRESHOLDS["falling"]) * abs(start)
    if best > limit:
        yield Finding(
            "loss not falling",
            "history",
            f"the loss began at {figure(start)}, and the best of the second half of {len(losses)} "
            f"entries is {figure(best)}",
            "another learning rate (nn.lr_find), and the other findings; check that the labels "
            "belong to the samples",
        )
