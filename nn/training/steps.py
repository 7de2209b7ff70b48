"""One step of training: the gradients of a batch, and the checks around it.

Next: `checks.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value
from autograd.transforms.trees import flatten

from ..losses.modules import check_loss, warn_of_spread
from ..modules.module import Module
from ..optim.optimizer import Optimizer, check_optimizer
from .evaluation import Batch, numbers
from .gradients import gradient_norm

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the training loop; epochs and steps count from 1.

    ``loss`` is that of the batch before the step, ``lr`` the learning rate, ``gradient_norm`` the
    norm of all gradients before clipping. ``row`` is the new row of the history after the last step
    of an epoch, else None.

    Examples
    --------
    >>> data = nn.data.moons(40, rng=0)
    >>> model = nn.MLP([2, 4, 2], rng=0)
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> for step in nn.train(model, data, nn.CrossEntropyLoss(), optimizer, epochs=1, rng=0):
    ...     print(step.epoch, step.step, step.lr, step.prediction.shape)
    1 1 0.1 (40, 2)
    """

    epoch: int
    step: int
    batch: Batch
    prediction: Array
    loss: float
    lr: float
    gradient_norm: float
    row: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return (
            f"Step {self.step} in epoch {self.epoch}: loss {self.loss:.6g}, lr {self.lr:.4g}, "
            f"gradient norm {self.gradient_norm:.4g}"
        )


Run = Callable[[Optimizer, Any, Any], tuple[Array, float]]


def step_function(forward: Callable[[Any], Any], loss: Callable[[Any, Any], Any]) -> Run:
    """Return the function that computes the gradients of a batch, and stores them.

    It takes the optimizer and the batch, and returns the predictions and the loss.
    """
    first = True

    def run(optimizer: Optimizer, x: Any, y: Any) -> tuple[Array, float]:
        nonlocal first
        prediction, value = _forward(forward, loss, x, y)
        if first:
            first = False
            warn_of_spread("fit", value, y)
        found, number = numbers(prediction), float(value.data)
        optimizer.zero_grad()
        if math.isfinite(number):
            value.backward(release=True)
        return found, number

    return run


def replayed(forward: Callable[[Any], Any], loss: Callable[[Any, Any], Any], insists: bool) -> Run:
    """Return a function like that of `step_function` that replays a recording of the step.

    Parameters
    ----------
    insists : bool
        Whether a step that cannot be recorded is an error; otherwise it runs without recording.

    Raises
    ------
    TypeError
        At a call, if ``insists`` and the step cannot be recorded.
    """
    jit = getattr(autograd, "jit", None)
    if jit is None:
        if insists:
            raise TypeError("fit: jit=True needs autograd.jit, which this installation leaves out")
        return step_function(forward, loss)

    # NumPy only, so that a step gives the same numbers in every run
    @partial(jit, backend="numpy")
    def step(optimizer: Optimizer, x: Any, y: Any) -> Any:
        prediction, value = _forward(forward, loss, x, y)
        optimizer.zero_grad()
        value.backward(release=True)
        return prediction, value

    eager, able = step_function(forward, loss), True

    def run(optimizer: Optimizer, x: Any, y: Any) -> tuple[Array, float]:
        nonlocal able
        if not able:
            return eager(optimizer, x, y)
        try:
            prediction, value = step(optimizer, x, y)
        except Exception:
            # invalid data raise here again, with the message of the layer or loss
            found = eager(optimizer, x, y)
            if insists:
                raise
            able = False
            return found
        number = float(value.data)
        if not math.isfinite(number):
            optimizer.zero_grad()
        return numbers(prediction), number

    return run


def _forward(forward: Any, loss: Any, x: Any, y: Any) -> tuple[Any, Any]:
    prediction = forward(x)
    value = loss(prediction, y)
    if isinstance(value, float | np.floating):
        raise TypeError(
            "fit: the loss is a plain number, which has no gradient; compute it from what the "
            "model returns, not from its .data, by NumPy's functions and operators"
        )
    if not isinstance(value, Tensor | Value) or value.shape != ():
        raise ValueError(
            f"fit: the loss is {type(value).__name__} of shape {np.shape(value)}, and must be "
            'a tensor of one number; use reduction="mean" or "sum", or take its .mean()'
        )
    if not value.requires_grad:
        raise ValueError(
            "fit: the loss does not depend on any parameter that wants a gradient; are they "
            "frozen, or is no_grad() on?"
        )
    return prediction, value


def is_library_code(model: Any, loss: Any) -> bool:
    """Whether model and loss consist of parts of these libraries only.

    A user's code may have side effects, such as printing, which a replay would leave out.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 2), autograd.relu)
    >>> is_library_code(model, nn.MSELoss()), is_library_code(model, print)
    (True, False)
    """
    if not isinstance(model, Module) or not all(isinstance(p, Tensor) for p in model.parameters()):
        return False
    parts: list[Any] = [*model.modules(), loss]
    for module in model.modules():
        parts += [x for x in flatten([*vars(module).values()])[0] if callable(x)]
    return all(_package(x) in ("nn", "autograd", "numpy") for x in parts)


def _package(x: Any) -> str:
    named = x if isinstance(x, FunctionType | BuiltinFunctionType | type) else type(x)
    return str(named.__module__).partition(".")[0]


def checked_norm(optimizer: Optimizer, loss: float, place: str) -> float:
    """Return the norm of the gradients of a step.

    Raises
    ------
    FloatingPointError
        If the loss or a gradient is nan or infinite; the parameter is named.
    """
    cure = (
        "take a smaller learning rate, clip_norm=1, or scaled inputs (nn.data.standardise); "
        "autograd.find_nan(loss) shows where in a graph it begins"
    )
    if not math.isfinite(loss):
        raise FloatingPointError(f"fit: the loss is {loss} {place}; {cure}")
    norm = gradient_norm(optimizer.parameters)
    if not math.isfinite(norm):
        gradients = (None if p.grad is None else np.asarray(p.grad) for p in optimizer.parameters)
        names = [
            _name(i, optimizer)
            for i, g in enumerate(gradients)
            if g is not None and not np.isfinite(g).all()
        ]
        what = f"the gradient of {names[0]}" if names else "the norm of all gradients"
        raise FloatingPointError(f"fit: {what} is not finite {place}; {cure}")
    return norm


def check_finite(optimizer: Optimizer, epoch: int) -> None:
    """Raise FloatingPointError if a parameter is nan or infinite after an epoch."""
    for i, p in enumerate(optimizer.parameters):
        if not np.isfinite(p.data).all():
            raise FloatingPointError(
                f"fit: {_name(i, optimizer)} is not finite after epoch {epoch}; take a smaller "
                "learning rate, or clip_norm=1"
            )


def _name(index: int, optimizer: Optimizer) -> str:
    label = optimizer.parameters[index].label
    return f"parameter {label!r}" if label else f"parameter {index}"


def check_parts(model: Any, loss: Any, optimizer: Any) -> None:
    """Raise TypeError or ValueError if loss, optimizer and model do not belong together."""
    check_loss("fit", loss)
    check_optimizer("fit", optimizer, model if isinstance(model, Module) else None)
    if isinstance(model, Module):
        held = {id(p) for p in model.parameters()}
        if isinstance(loss, Module):
            held |= {id(p) for p in loss.parameters()}
        known = {id(p) for p in optimizer.parameters}
        left = [
            name for name, p in model.named_parameters() if p.requires_grad and id(p) not in known
        ]
        if left and not known <= held:
            raise ValueError(
                "fit: the optimizer has a parameter that the model has not, and lacks "
                f"{left[0]!r}; was a layer replaced since? Make the optimizer after that, with "
                "model.parameters()"
            )
