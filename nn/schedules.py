"""Learning rates that change in the course of training. Next: `training/`.

A schedule is a function of the time in epochs (2.25 is a quarter into the third) that returns the
factor on the optimizer's ``lr`` for the next step. Any function will do.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd.settings import checked_function, checked_number

from .training.early_stopping import Watch

__all__ = [
    "ReduceOnPlateau",
    "constant",
    "cosine",
    "exponential",
    "one_cycle",
    "step",
    "warmup",
]

Schedule = Callable[[float], float]


def constant(factor: float = 1.0) -> Schedule:
    """Return the schedule that is always ``factor``.

    Parameters
    ----------
    factor : float

    Returns
    -------
    function of the time in epochs

    Examples
    --------
    >>> nn.schedules.constant()(7.5)
    1.0
    """
    return functools.partial(_kept, checked_number("constant: factor", factor, 0, math.inf))


# the schedules are defined at module level, so that they can be pickled
def _kept(factor: float, epoch: float) -> float:
    return factor


def step(every: float, factor: float = 0.1) -> Schedule:
    """Return the schedule that is multiplied by ``factor`` after every ``every`` epochs.

    Parameters
    ----------
    every : float
        A number of epochs.
    factor : float

    Returns
    -------
    function of the time in epochs

    Raises
    ------
    ValueError
        If ``every`` is not above 0.

    Examples
    --------
    >>> [nn.schedules.step(10, 0.5)(t) for t in (0, 9.9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """
    _check_span("step: every", every)
    checked_number("step: factor", factor, 0, math.inf)
    return functools.partial(_stepped, every, factor)


def _stepped(every: float, factor: float, epoch: float) -> float:
    return float(factor ** math.floor(epoch / every))


def exponential(factor: float) -> Schedule:
    """Return the schedule that decays exponentially, by ``factor`` per epoch.

    Parameters
    ----------
    factor : float
        What an epoch multiplies the rate by.

    Returns
    -------
    function of the time in epochs

    Examples
    --------
    >>> nn.schedules.exponential(0.5)(2)
    0.25
    """
    checked_number("exponential: factor", factor, 0, math.inf)
    return functools.partial(_powered, factor)


def _powered(factor: float, epoch: float) -> float:
    return float(factor**epoch)


def cosine(epochs: float, floor: float = 0.0) -> Schedule:
    """Return the schedule that falls from 1 to ``floor`` along half a cosine, and stays there.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    Parameters
    ----------
    epochs : float
        The length of the fall.
    floor : float

    Returns
    -------
    function of the time in epochs

    Raises
    ------
    ValueError
        If ``epochs`` is not above 0.

    Examples
    --------
    >>> [round(nn.schedules.cosine(10)(t), 2) for t in (0, 5, 10, 12)]
    [1.0, 0.5, 0.0, 0.0]
    """
    _check_span("cosine: epochs", epochs)
    checked_number("cosine: floor", floor, 0, math.inf)
    return functools.partial(_lowered, epochs, floor)


def _lowered(epochs: float, floor: float, epoch: float) -> float:
    return _between(1.0, floor, epoch / epochs)


def warmup(epochs: float, then: Schedule | None = None, start: float = 0.1) -> Schedule:
    """Return the schedule that rises linearly from ``start`` to 1, and then follows another.

    Parameters
    ----------
    epochs : float
    then : schedule, optional
        Begins with time 0 when the rise ends; constant if not given.
    start : float

    Returns
    -------
    function of the time in epochs

    Raises
    ------
    ValueError
        If ``epochs`` is not above 0.

    Examples
    --------
    >>> rate = nn.schedules.warmup(2, then=nn.schedules.step(1, 0.5), start=0.0)
    >>> [rate(t) for t in (0, 1, 2, 3)]
    [0.0, 0.5, 1.0, 0.5]
    """
    _check_span("warmup: epochs", epochs)
    checked_number("warmup: start", start, 0, math.inf)
    after = constant() if then is None else checked_function("warmup: then", then, "a schedule")
    return functools.partial(_warmed, epochs, after, start)


def _warmed(epochs: float, after: Schedule, start: float, epoch: float) -> float:
    return start + (1 - start) * epoch / epochs if epoch < epochs else after(epoch - epochs)


def one_cycle(epochs: float, warm: float = 0.3, start: float = 0.04, end: float = 4e-6) -> Schedule:
    """Return the schedule that rises from ``start`` to 1 and falls to ``end``, each by a cosine.

    The optimizer's ``lr`` is the peak. Smith and Topin, "Super-Convergence", 2018.

    Parameters
    ----------
    epochs : float
        The length of the whole cycle.
    warm : float
        The part of it that rises.
    start, end : float

    Returns
    -------
    function of the time in epochs

    Raises
    ------
    ValueError
        If ``epochs`` is not above 0 or ``warm`` not between 0 and 1.

    Examples
    --------
    >>> [round(nn.schedules.one_cycle(10)(t), 3) for t in (0, 3, 10)]
    [0.04, 1.0, 0.0]
    """
    _check_span("one_cycle: epochs", epochs)
    if not 0 < checked_number("one_cycle: warm", warm) < 1:
        raise ValueError(f"one_cycle: warm is a part above 0 and below 1, got {warm}")
    for name, x in (("start", start), ("end", end)):
        checked_number(f"one_cycle: {name}", x, 0, math.inf)
    return functools.partial(_cycled, epochs, warm * epochs, start, end)


def _cycled(epochs: float, peak: float, start: float, end: float, epoch: float) -> float:
    if epoch < peak:
        return _between(start, 1.0, epoch / peak)
    return _between(1.0, end, (epoch - peak) / (epochs - peak))


def _between(a: float, b: float, part: float) -> float:
    return b + (a - b) * (1 + math.cos(math.pi * min(part, 1.0))) / 2


def _check_span(name: str, span: float) -> None:
    checked_number(name, span)
    if not 0 < span < math.inf:
        raise ValueError(f"{name} is a time in epochs above 0, got {span}")


class ReduceOnPlateau(Watch):
    """The schedule that is multiplied by a factor when a column of the history stops improving.

    Parameters
    ----------
    factor : float
        Between 0 and 1.
    patience, min_delta, monitor, mode
        As in `Watch`.
    floor : float
        The smallest value of the schedule.

    Raises
    ------
    TypeError, ValueError
        As in `Watch`, and if the factor or the floor is out of range.

    Examples
    --------
    >>> schedule = nn.schedules.ReduceOnPlateau(factor=0.5, patience=1)
    >>> for epoch, loss in enumerate([1.0, 0.5, 0.6], start=1):
    ...     better = schedule.observe({"epoch": epoch, "loss": loss})
    >>> schedule(3.0)
    0.5
    """

    def __init__(
        self,
        factor: float = 0.1,
        patience: int = 10,
        min_delta: float = 0.0,
        monitor: str | None = None,
        mode: str = "auto",
        floor: float = 0.0,
    ) -> None:
        factor = checked_number("ReduceOnPlateau: factor", factor)
        floor = checked_number("ReduceOnPlateau: floor", floor)
        if not 0 < factor < 1 or not 0 <= floor <= 1:
            raise ValueError(
                "ReduceOnPlateau: factor is above 0 and below 1, and floor from 0 to 1, got "
                f"{factor} and {floor}"
            )
        self.factor = factor
        self.floor = floor
        super().__init__(patience, min_delta, monitor, mode)

    def reset(self) -> None:
        """Start again with the factor 1."""
        super().reset()
        self.now = 1.0

    def __call__(self, epoch: float) -> float:
        """Return the factor for the learning rate; it does not depend on the time."""
        return self.now

    def observe(self, row: Mapping[str, Any]) -> bool:
        """Take the row of an epoch, and reduce the factor if the patience is exhausted.

        Parameters
        ----------
        row : mapping of str to number
            Of an epoch.

        Returns
        -------
        bool
            Whether it is the best so far.
        """
        better = super().observe(row)
        if self.waited >= self.patience:
            self.now, self.waited = max(self.now * self.factor, self.floor), 0
        return better

    def state_dict(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return super().state_dict() | {"now": self.now}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned.

        Parameters
        ----------
        state : mapping
        """
        super().load_state_dict(state)
        self.now = float(state["now"])
