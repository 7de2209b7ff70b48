"""Diagnosis: what keeps a model from learning, in words, with the thresholds and the cure.

`measures.py` reads the numbers and `verdicts.py` judges them. Next: `report.py`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Never

import numpy as np

from autograd import enable_grad, no_grad
from autograd.absent import refuse_more
from autograd.node import Node
from autograd.viz.drawing.picture import Picture, Pictured

from ..data.arrays import Dataset
from ..losses.modules import check_loss
from ..modules.module import Module, check_module
from ..optim.optimizer import check_optimizer
from ..saving.generators import generators_kept, named_generators, set_state, state_of
from ..training.evaluation import forward_of
from ..training.history import History
from .measures import Activation, Layer, Reading, norm, scalar_root
from .report import picture_of, text_of
from .verdicts import THRESHOLDS, Finding, findings_of


@dataclass(frozen=True, repr=False)
class Health(Pictured):
    """The result of `health`; displayed as a table and, in notebooks, as a picture.

    ``healthy`` is True if there are no ``findings``. ``activations`` and ``layers`` hold the
    measurements, ``loss`` the loss, ``loss_after`` the loss on the same batch after one step of the
    optimizer (None without one), ``thresholds`` the limits.

    Examples
    --------
    >>> model = nn.MLP([2, 4, 2], rng=0)
    >>> found = nn.health(model, nn.data.moons(40, rng=0), nn.CrossEntropyLoss())
    >>> found.healthy, found.findings
    (True, ())
    >>> found.layers[0].name, found.layers[0].shape
    ('layers.0.weight', (2, 4))
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

    def _picture(self, theme: str) -> Picture:
        return picture_of(self, theme)

    def __repr__(self) -> str:
        return text_of(self)


def health(
    model: Module,
    batch: Any,
    loss: Callable[[Any, Any], Any] | None = None,
    *more: Never,
    optimizer: Any = None,
    history: Any = None,
) -> Health:
    """Look for what keeps a model from learning, and suggest cures.

    It finds saturated sigmoids and tanhs, dead ReLUs, gradients that vanish or explode from layer
    to layer or from step to step, units with equal weights that will stay equal, steps too large or
    too small for the weights, a loss that does not fall, parameters that the loss does not depend
    on, a loss of logits that is given probabilities, a loss that compares every prediction with
    every target, nan and infinity. Gradients, parameters, random generators and modes are left
    unchanged.

    Parameters
    ----------
    model : Module
        Run as it is, in training or in evaluation mode.
    batch : pair (x, y), or Tensor or Value
        The input and target to run the model on; or the loss itself, computed from the model's
        parameters in any way.
    loss : callable, optional
        Called as ``loss(model(x), y)``. Without it ``model(*batch)`` is the loss.
    optimizer : Optimizer, optional
        One step of a copy shows how large its steps are, and whether the loss falls.
    history : History, mapping, or list of float, optional
        Losses of the training so far.

    Returns
    -------
    Health

    Raises
    ------
    TypeError, ValueError
        If the loss is not a single number with a graph, the batch is not a pair, or the optimizer
        belongs to another model.

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
    refuse_more("health(model, (x, y), loss)", more)
    check_module("health", model)
    if optimizer is not None:
        check_optimizer("health", optimizer, model)
    forward = None if isinstance(batch, Node) or hasattr(batch, "_node") else _forward(batch, loss)
    with enable_grad(), np.errstate(all="ignore"), generators_kept(model):
        try:
            result = batch if forward is None else forward(model)
            scalar_root(result)
        except Exception as error:
            if loss is None and forward is not None:
                error.add_note(
                    "health: without a loss, model(*batch) must be the loss; for a pair (x, y) "
                    "give loss=, as in nn.health(model, (x, y), nn.CrossEntropyLoss())"
                )
            raise
        reading = Reading(model, result)
        updates, after = _trial(model, optimizer, reading, forward)
    value = float(result._data)
    layers = reading.layers(updates)
    activations = reading.activations()
    target = None if forward is None or loss is None else [*batch][1]
    findings = findings_of(result, value, after, activations, layers, _losses(history), target)
    return Health(value, after, tuple(activations), tuple(layers), findings)


# --------------------------------------------------------------------------------------------------
# Running the model without leaving a trace


def _forward(batch: Any, loss: Callable[[Any, Any], Any] | None) -> Callable[[Module], Any]:
    if not isinstance(batch, tuple | list | Dataset) or (loss is not None and len([*batch]) != 2):
        raise TypeError(
            f"health: the batch is {type(batch).__name__}; give a pair (x, y), or the loss itself"
        )
    if loss is None:
        return lambda model: _own_loss(model, [*batch])
    check_loss("health", loss)
    x, y = batch
    return lambda model: loss(forward_of(model)(x), y)


def _own_loss(model: Module, batch: list[Any]) -> Any:
    """Return the loss that a model computes itself of the parts of a batch."""
    try:
        inspect.signature(model.forward).bind(*batch)
    except TypeError as error:
        raise TypeError(
            f"health: without a loss, the model itself returns that of a batch; {model.title()} "
            f"does not take {len(batch)} arguments. Give a loss, such as nn.MSELoss()"
        ) from error
    return model(*batch)


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
    # by name: `parameters` of a class of one's own may leave some out, or turn their order
    twins = (q for _, q in twin.named_parameters())
    pairs = list(zip(model.named_parameters(), twins, strict=True))
    for (_, p), q in pairs:
        g = reading.gradient_of(p)
        if g is not None and q.requires_grad:
            q.grad = np.array(g, q.dtype) if q.shape or hasattr(q, "_node") else float(g)
    before = {id(p): copy.copy(p._data) for (_, p), _ in pairs}
    stepper.step()
    moved = {name: np.asarray(q._data) - np.asarray(before[id(p)]) for (name, p), q in pairs}
    sizes = {}
    for group in reading.groups:
        weight = norm(p._data for _, p in group.members)
        if weight and group.matrix:
            sizes[group.name] = norm(moved[name] for name, _ in group.members) / weight
    if forward is None:
        return sizes, None
    for rng, own in zip(
        named_generators(twin).values(), named_generators(model).values(), strict=True
    ):
        # the second run draws the same dropout masks as the first
        set_state(rng, state_of(own))
    with no_grad(), np.errstate(all="ignore"):
        return sizes, float(getattr(out := forward(twin), "_data", out))


def _losses(history: Any) -> list[float]:
    """Return the losses in a history: a list, or a mapping with a key "loss" or "train_loss"."""
    if history is None:
        return []
    name = next((n for n in ("loss", "train_loss") if _has(history, n)), None)
    losses = history if name is None else history[name]
    if not isinstance(losses, list | tuple | np.ndarray):
        raise TypeError(
            f"health: the history is {type(history).__name__}; give a list of losses, or what has "
            'them under "loss"'
        )
    try:
        return [float(x) for x in losses]
    except (TypeError, ValueError) as error:
        raise TypeError(f"health: the losses of a history are numbers: {error}") from error


def _has(history: Any, name: str) -> bool:
    """Return whether there is a column of that name, in a mapping or a `History`."""
    return isinstance(history, Mapping | History) and name in history
