"""Diagnosis: what keeps a model from learning, in words, with the thresholds and the cure.

`measures.py` above reads the numbers; here they are judged. `health_report.py` shows the result.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from autograd import enable_grad, find_nan, no_grad
from autograd.node import Node
from autograd.viz.picture import Picture

from .data.arrays import Dataset
from .evaluation import forward_of
from .generators import named_generators, set_state, state_of
from .health_report import picture_of, text_of
from .io import _check_module
from .measures import Activation, Layer, Reading, groups_of, norm, scalar_root
from .module import Module

# what is judged, and from where on it is trouble
THRESHOLDS = {
    "saturated": 0.5,  # share of outputs whose slope is below 6 % of its maximum
    "dead": 0.25,  # share of units that are 0 for the whole batch
    "samples": 16,  # how many samples it takes to call a unit dead
    "vanishing": 1 / 50,  # gradient norm of the first layer over that of the last
    "exploding": 50.0,
    "steps": 1e3,  # the same between the steps of a recurrent net, either way
    "update": 0.1,  # norm of a step over that of the weights
    "standstill": 1e-6,
    "falling": 0.99,  # the best loss of the second half over the first loss
    "rising": 0.5,  # by how much of itself one step raises the loss
}
_HISTORY = 8


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its kind, where, what was measured, and what helps."""

    kind: str
    where: str
    text: str
    cure: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}. Cure: {self.cure}"


@dataclass(frozen=True, repr=False)
class Health:
    """What `health` returns; it shows itself as a table and, in notebooks, as a picture.

    ``healthy`` is True if there are no ``findings``. ``activations`` and ``layers`` hold what was
    measured, ``loss`` the loss, ``loss_after`` the loss on the same batch after one step of the
    optimizer (None without one), ``thresholds`` the limits.
    """

    loss: float
    loss_after: float | None
    activations: tuple[Activation, ...]
    layers: tuple[Layer, ...]
    findings: tuple[Finding, ...]
    thresholds: dict[str, float] = field(default_factory=lambda: dict(THRESHOLDS))

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, tuples and numbers."""
        return {"healthy": self.healthy, **asdict(self)}

    def picture(self, theme: str = "auto") -> Picture:
        """Return the picture, which has ``svg``, ``html`` and ``save``."""
        return picture_of(self, theme)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return self.picture()._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        return text_of(self)


def health(
    model: Module,
    batch: Any,
    loss: Callable[[Any, Any], Any] | None = None,
    *,
    optimizer: Any = None,
    history: Any = None,
) -> Health:
    """Look for what keeps a model from learning, and say what helps.

    Found are: saturated sigmoids and tanhs, dead ReLUs, gradients that vanish or explode from layer
    to layer or from step to step, weights that are equal and will stay so, steps too large or too
    small for the weights, a loss that does not fall, parameters the loss does not depend on, nan
    and infinity. Gradients, parameters, random generators and modes stay as they are.

    Parameters
    ----------
    model : Module
        Run as it is, in training or in evaluation mode.
    batch : pair (x, y), or Tensor or Value
        What the model is run on and its target; or the loss itself, computed from the model's
        parameters in whatever way.
    loss : callable, optional
        Called as ``loss(model(x), y)``. Without it ``model(*batch)`` is the loss.
    optimizer : Optimizer, optional
        One step of a copy tells how large its steps are, and whether the loss falls.
    history : History, mapping, or list of float, optional
        Losses of the training so far.

    Returns
    -------
    Health

    Raises
    ------
    TypeError, ValueError
        If the loss is no single number with a graph, or the batch is no pair.

    Notes
    -----
    The thresholds are listed in the result.

    Examples
    --------
    >>> model = nn.MLP([2, 8, 8, 1], rng=0)
    >>> x = np.random.default_rng(0).normal(size=(32, 2))
    >>> nn.health(model, (x, x[:, :1] * x[:, 1:]), nn.MSELoss()).healthy
    True
    >>> zeros = nn.MLP([2, 8, 1], "tanh", init="zeros")
    >>> print(nn.health(zeros, (x, x[:, :1]), nn.MSELoss()).findings[0].kind)
    symmetric weights
    """
    _check_module("health", model)
    forward = None if isinstance(batch, Node) or hasattr(batch, "_node") else _forward(batch, loss)
    with enable_grad(), _generators_kept(model):
        result = batch if forward is None else forward(model)
        scalar_root(result)
        reading = Reading(model, result)
        updates, after = _trial(model, optimizer, reading, forward)
    value = float(result._data)
    layers = reading.layers(updates)
    activations = reading.activations()
    findings = [*_not_finite(result, value, layers)]
    if not findings:
        findings += _of_activations(activations)
        findings += _of_gradients(layers)
        findings += _of_weights(layers)
        findings += _of_steps(layers, value, after)
        findings += _of_history(_losses(history))
    return Health(value, after, tuple(activations), tuple(layers), tuple(findings))


# --------------------------------------------------------------------------------------------------
# Running the model without leaving a trace


def _forward(batch: Any, loss: Callable[[Any, Any], Any] | None) -> Callable[[Module], Any]:
    if not isinstance(batch, tuple | list | Dataset) or (loss and len([*batch]) != 2):
        raise TypeError(
            f"health: the batch is {type(batch).__name__}; give a pair (x, y), or the loss itself"
        )
    if loss is None:
        return lambda model: model(*batch)
    x, y = batch
    return lambda model: loss(forward_of(model)(x), y)


@contextmanager
def _generators_kept(model: Module) -> Iterator[None]:
    states = [(rng, state_of(rng)) for rng in named_generators(model).values()]
    try:
        yield
    finally:
        for rng, state in states:
            set_state(rng, state)


def _trial(
    model: Module, optimizer: Any, reading: Reading, forward: Callable[[Module], Any] | None
) -> tuple[dict[str, float], float | None]:
    """Return the relative size of the optimizer's next step for each layer, and the loss after it.

    The step is made by a copy of the optimizer on a copy of the model.
    """
    if optimizer is None:
        return {}, None
    twin, stepper = copy.deepcopy((model, optimizer))
    stepper.zero_grad()
    pairs = list(zip(model.named_parameters(), twin.parameters(), strict=True))
    for (_, p), q in pairs:
        g = reading.gradient_of(p)
        if g is not None and q.requires_grad:
            q.grad = np.array(g, q.dtype) if q.shape or hasattr(q, "_node") else float(g)
    before = {id(p): copy.copy(p._data) for (_, p), _ in pairs}
    stepper.step()
    moved = {name: np.asarray(q._data) - np.asarray(before[id(p)]) for (name, p), q in pairs}
    sizes = {}
    for group in groups_of(model):
        weight = norm(p._data for _, p in group.members)
        if weight and group.matrix:
            sizes[group.name] = norm(moved[name] for name, _ in group.members) / weight
    if forward is None:
        return sizes, None
    for rng, own in zip(
        named_generators(twin).values(), named_generators(model).values(), strict=True
    ):
        # what was dropped in the first run is dropped in the second
        set_state(rng, state_of(own))
    with no_grad(), np.errstate(all="ignore"):
        return sizes, float(getattr(out := forward(twin), "_data", out))


def _losses(history: Any) -> list[float]:
    """Return the losses in a history: a list, or what has them under "loss" or "train_loss"."""
    if history is None:
        return []
    name = next((n for n in ("loss", "train_loss") if _has(history, n)), None)
    losses = history if name is None else history[name]
    if not isinstance(losses, list | tuple | np.ndarray):
        raise TypeError(
            f"health: the history is {type(history).__name__}; give a list of losses, or what has "
            'them under "loss"'
        )
    return [float(x) for x in losses]


def _has(history: Any, name: str) -> bool:
    return hasattr(history, "keys") or hasattr(history, "columns") if name in history else False


# --------------------------------------------------------------------------------------------------
# Verdicts


def _not_finite(result: Any, loss: float, layers: list[Layer]) -> Iterator[Finding]:
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
    small, large = THRESHOLDS["vanishing"], THRESHOLDS["exploding"]
    if len(weights) > 1:
        yield from _between(weights[0], weights[-1], small, large)
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


def _between(first: Layer, last: Layer, small: float, large: float) -> Iterator[Finding]:
    a, b = first.gradient or 0.0, last.gradient or 0.0
    pair = f"the gradient norm of {first.name} is {a:.3g}, that of {last.name} {b:.3g}"
    if a < small * b:
        yield Finding(
            "vanishing gradient",
            first.name,
            f"{pair}: {_times(b, a)} smaller at the input (limit {1 / small:g})",
            "ReLU instead of sigmoid, xavier or he initialisation, LayerNorm, or fewer layers",
        )
    elif a > large * b:
        yield Finding(
            "exploding gradient",
            first.name,
            f"{pair}: {_times(a, b)} larger at the input (limit {large:g})",
            "xavier or he initialisation, LayerNorm, and clip the norm of the gradient",
        )


def _times(a: float, b: float) -> str:
    return f"{a / b:,.0f} times" if b else "infinitely"


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
    sizes = [x for x in layers if x.update is not None]
    for x in sizes:
        if x.update is not None and not x.update <= large:
            yield Finding(
                "steps too large",
                x.name,
                f"the next step changes {x.name} by {x.update:.2g} of its norm (limit {large:g})",
                "a smaller learning rate; nn.lr_find suggests one",
            )
    if sizes and all(x.update is not None and x.update < small for x in sizes):
        largest = max(x.update or 0.0 for x in sizes)
        yield Finding(
            "steps too small",
            ", ".join(x.name for x in sizes),
            f"the next step changes no layer by more than {largest:.2g} of its norm (limit "
            f"{small:g})",
            "a larger learning rate; nn.lr_find suggests one",
        )
    if after is not None and not after <= loss + THRESHOLDS["rising"] * abs(loss):
        yield Finding(
            "loss rises",
            "loss",
            f"one step of the optimizer takes the loss of this very batch from {loss:.4g} to "
            f"{after:.4g}",
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
            f"the loss began at {start:.4g}, and the best of the second half of {len(losses)} "
            f"entries is {best:.4g}",
            "another learning rate (nn.lr_find), and the other findings; check that the labels "
            "belong to the samples",
        )
