"""The learning-rate range test: a short training with growing rate, on a copy of the model.

Next: `sweeping.py`, which trains whole models with several settings.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Never

import numpy as np

from autograd import enable_grad
from autograd.absent import refuse_more
from autograd.settings import checked_size
from autograd.viz.drawing.picture import Picture, Pictured
from autograd.viz.drawing.svg import Drawn
from autograd.viz.elements.figures import figure
from autograd.viz.elements.markup import rect, words
from autograd.viz.elements.theme import class_of

from ..init import Rng, generator
from ..losses.modules import check_loss
from ..modules.module import Module, check_module
from ..optim.checks import checked
from ..optim.optimizer import check_optimizer
from ..training.curves import Axis
from ..training.evaluation import Batch, Source, forward_of, numbers
from ..training.history import sparkline

_SMOOTH = 0.8  # decay of the running mean of the loss, which ends the test
_WORSE = 4.0  # the test ends when the loss exceeds the best by this factor
_LEAST = 8
_WINDOW = 12  # the smoothing window extends by this part of the curve to either side


@dataclass(frozen=True, repr=False)
class LearningRates(Pictured):
    """The result of `lr_find`: the loss as a function of the learning rate, and a suggestion.

    ``lrs`` and ``losses`` are those of the steps, ``smoothed`` the losses averaged over adjacent
    steps. ``steepest`` is the rate where the smoothed loss falls fastest per decade, ``lowest``
    where it is lowest. ``suggestion`` is the smaller of ``steepest`` and a tenth of ``lowest``;
    None if the loss never fell.

    Examples
    --------
    >>> model = nn.MLP([2, 4, 2], rng=0)
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> found = nn.lr_find(model, nn.data.moons(40, rng=0), nn.CrossEntropyLoss(), optimizer, rng=0)
    >>> len(found.lrs), found.suggestion <= found.steepest
    (100, True)
    """

    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    lowest: float | None
    suggestion: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain tuples and numbers."""
        return asdict(self)

    def _picture(self, theme: str) -> Picture:
        return _drawn(self, theme)

    def __repr__(self) -> str:
        first, last = self.lrs[0], self.lrs[-1]
        line = f"loss over learning rates {first:.2g} … {last:.2g}  {sparkline([*self.smoothed])}"
        if self.suggestion is None:
            return f"{line}\nno suggestion: the loss never fell; look at nn.health"
        return (
            f"{line}\nsuggestion {self.suggestion:.2g}; the loss falls fastest at "
            f"{self.steepest:.2g} and is lowest at {self.lowest:.2g}"
        )


def lr_find(
    model: Module,
    data: Any,
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    *more: Never,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int | None = None,
    rng: Rng = None,
) -> LearningRates:
    """Train a copy for some steps with growing learning rate, and suggest a good rate.

    Model, optimizer and generator are not changed. The rate grows by the same factor from step to
    step; the test ends early if the loss becomes nan or four times the best.

    Parameters
    ----------
    model : Module
    data : Dataset, pair of arrays (x, y), or list of batches
        As in `fit`; started again when it is used up.
    loss : callable
        Function of prediction and target, which must not refer to the model itself.
    optimizer : Optimizer
        Of the model's parameters.
    start, end : float
        The first and the last learning rate.
    steps : int
        At least 8.
    batch_size : int, optional
        All samples at once if not given.
    rng : Generator or int, optional
        Draws the batches.

    Returns
    -------
    LearningRates

    Raises
    ------
    ValueError, TypeError
        If the rates, the steps or the data are invalid.

    Notes
    -----
    Smith, Cyclical learning rates for training neural networks (2017).

    Examples
    --------
    >>> x = np.linspace(-1, 1, 32).reshape(-1, 1)
    >>> model = nn.Linear(1, 1, rng=0)
    >>> found = nn.lr_find(model, (x, 3 * x), nn.MSELoss(), nn.SGD(model.parameters(), lr=0.1))
    >>> bool(0.01 < found.suggestion < 1)
    True
    """
    refuse_more("lr_find(model, data, loss, optimizer)", more)
    check_module("lr_find", model)
    check_optimizer("lr_find", optimizer)
    check_loss("lr_find", loss)
    start, end = checked("lr_find", "start", start), checked("lr_find", "end", end)
    if not 0 < start < end:
        raise ValueError(f"lr_find: start must be above 0 and below end, got {start} and {end}")
    if checked_size("lr_find: steps", steps) < _LEAST:
        raise ValueError(f"lr_find: {steps} steps make no curve; take at least {_LEAST}")
    source = Source("lr_find", data, batch_size)
    rates = np.geomspace(start, end, steps).tolist()
    model, optimizer, rng = copy.deepcopy((model, optimizer, generator(rng)))
    losses = _run(model, _endless(source, rng), loss, optimizer, rates)
    return _judged(rates[: len(losses)], losses)


def _endless(source: Source, rng: Any) -> Iterator[Batch]:
    while True:
        yield from source.batches(rng)


def _run(
    model: Module,
    batches: Iterator[Batch],
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    rates: list[float],
) -> list[float]:
    """Return the loss before each step, until it exceeds all bounds."""
    forward, losses, best, mean = forward_of(model), list[float](), math.inf, 0.0
    for rate, (x, y) in zip(rates, batches, strict=False):
        optimizer.zero_grad()
        with enable_grad(), np.errstate(all="ignore"):
            result = loss(forward(x), y)
            value = float(numbers(result))
            if not math.isfinite(value) and losses:
                break
            result.backward(release=True)
        if not losses:
            _check_reached(optimizer, value)
        losses.append(value)
        mean = _SMOOTH * mean + (1 - _SMOOTH) * value
        smooth = mean / (1 - _SMOOTH ** len(losses))
        best = min(best, smooth)
        if smooth > best + (_WORSE - 1) * abs(best):
            break
        optimizer.lr = rate
        optimizer.step()
    return losses


def _check_reached(optimizer: Any, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(
            f"lr_find: the loss is {value} before the first step; autograd.find_nan(loss) says "
            "where that comes from"
        )
    if all(p.grad is None or not np.any(p.grad) for p in optimizer.parameters):
        raise ValueError(
            "lr_find: the loss has no gradient for any parameter of the optimizer; the optimizer "
            "must be over the model's parameters, and the loss may use the model through its "
            "prediction only"
        )


def _judged(rates: list[float], losses: list[float]) -> LearningRates:
    """Return the curve and its suggestion; windows are compared, as single steps are noisy."""
    half, n = max(len(losses) // _WINDOW, 1), len(losses)
    windows = [losses[max(i - half, 0) : i + half + 1] for i in range(n)]
    smoothed = [math.fsum(x / len(w) for x in w) for w in windows]
    steepest = lowest = suggestion = None
    # a real fall, and not the rounding errors of a constant loss
    if min(smoothed) < smoothed[0] - 1e-9 * abs(smoothed[0]):
        bottom = smoothed.index(min(smoothed))
        ends = [(max(i - half, 0), min(i + half, bottom)) for i in range(bottom + 1)]
        slopes = [(smoothed[b] - smoothed[a]) / (b - a) for a, b in ends]
        steepest, lowest = rates[slopes.index(min(slopes))], rates[bottom]
        suggestion = min(steepest, lowest / 10)
    return LearningRates(tuple(rates), tuple(losses), tuple(smoothed), steepest, lowest, suggestion)


# --------------------------------------------------------------------------------------------------
# The picture

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 560.0, 300.0, 60.0, 40.0, 46.0


def _drawn(found: LearningRates, theme: str) -> Picture:
    """Return the curve, single losses as dots, with the suggestion marked."""
    shown = [x for x in found.losses if x <= 2 * max(found.smoothed)]
    across, down = Axis([*found.lrs]), Axis([*found.smoothed, *shown])
    wide, high = _WIDTH - _LEFT - 18, _HEIGHT - _TOP - _BOTTOM

    def x_of(rate: float) -> float:
        return _LEFT + wide * across.place(rate)

    def y_of(loss: float) -> float:
        return _TOP + high * (1 - min(max(down.place(loss), 0.0), 1.0))

    title = "Loss over the learning rate" + (" (log)" if down.log else "")
    parts = [
        rect("bg", 0, 0, _WIDTH, _HEIGHT, 10),
        words("t", 18, 25, title),
        rect("f", _LEFT, _TOP, wide, high, 4),
    ]
    for tick in across.ticks():
        parts.append(words("s h", x_of(tick), _TOP + high + 16, figure(tick, 3)))
    for tick in down.ticks():
        parts.append(rect("w", _LEFT, y_of(tick), wide, 0))
        parts.append(words("s r", _LEFT - 6, y_of(tick) + 3.5, figure(tick, 3)))
    for rate, loss in zip(found.lrs, found.losses, strict=True):
        if not down.log or loss > 0:
            parts.append(_dot("a", rate, loss, x_of(rate), y_of(loss)))
    points = zip(found.lrs, found.smoothed, strict=True)
    line = " ".join(f"{x_of(rate):.1f},{y_of(loss):.1f}" for rate, loss in points)
    parts.append(f'<polyline class="e" style="stroke-width:2" points="{line}"/>')
    y, caption = _HEIGHT - 10, "no suggestion: the loss never fell"
    parts += [f'<circle class="a" cx="{_LEFT + 3}" cy="{y - 3.5}" r="1.6"/>']
    parts += [words("s", _LEFT + 10, y, "every step")]
    parts += [f'<path class="e" style="stroke-width:2" d="M{_LEFT + 78} {y - 3.5}h16"/>']
    parts += [words("s", _LEFT + 99, y, "smoothed")]
    if found.suggestion is not None:
        parts.append(rect("x", x_of(max(found.suggestion, found.lrs[0])) - 1, _TOP, 2, high))
        parts.append(rect("x", _LEFT + 162, y - 9, 2, 11))
        lowest = "" if found.lowest is None else f", lowest at {figure(found.lowest, 2)}"
        caption = f"suggestion {figure(found.suggestion, 2)}{lowest}"
    parts.append(words("s", _LEFT + 170, y, caption))
    body = "".join(parts)
    return Picture(Drawn(body, _WIDTH, _HEIGHT, class_of(body), title), repr(found), theme)


def _dot(kind: str, rate: float, loss: float, x: float, y: float) -> str:
    title = f"<title>{rate:.3g}: {loss:.6g}</title>"
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="1.6">{title}</circle>'
