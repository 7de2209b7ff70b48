"""Watching a column of the history for improvement, and early stopping.

Next: `history.py`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from autograd.settings import (
    checked_choice,
    checked_flag,
    checked_number,
    checked_size,
    checked_text,
    shown,
)

from ..metrics import HIGHER_IS_BETTER, LOWER_IS_BETTER
from ..modules.states import check_mapping


class Watch:
    """The best value of a column so far, and the number of epochs without a better one.

    Parameters
    ----------
    patience : int
        The number of epochs without improvement that is too many.
    min_delta : float
        The least improvement that counts.
    monitor : str, optional
        The column; by default "val_loss", or "loss" without validation.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better; "auto" knows the loss and the metrics of `nn.metrics`.

    Raises
    ------
    TypeError, ValueError
        If the patience is not a positive integer, ``min_delta`` negative, or the mode another.

    Examples
    --------
    >>> watch = nn.schedules.Watch(patience=2)
    >>> [watch.observe({"epoch": 1 + i, "loss": loss}) for i, loss in enumerate([1.0, 0.5, 0.6])]
    [True, True, False]
    >>> watch.best, watch.best_epoch, watch.waited
    (0.5, 2, 1)
    """

    def __init__(
        self,
        patience: int = 10,
        min_delta: float = 0.0,
        monitor: str | None = None,
        mode: str = "auto",
    ) -> None:
        name = type(self).__name__
        if isinstance(patience, bool) or not isinstance(patience, int):
            raise TypeError(f"{name}: patience is a number of epochs, got {shown(patience)}")
        if isinstance(min_delta, str):
            raise TypeError(
                f"{name}: min_delta is a number, got {shown(min_delta)}; the column is monitor="
            )
        min_delta = checked_number(f"{name}: min_delta", min_delta)
        if monitor is not None:
            checked_text(f"{name}: monitor", monitor)
        if patience < 1 or not min_delta >= 0:
            raise ValueError(
                f"{name}: patience must be at least 1 and min_delta at least 0, got {patience} and "
                f"{min_delta}"
            )
        self.patience = patience
        self.min_delta = min_delta
        self.monitor = monitor
        self.mode: str = checked_choice(f"{name}: mode", mode, "auto", "min", "max")
        self.reset()

    def reset(self) -> None:
        """Forget the values seen so far."""
        self.best: float | None = None
        self.best_epoch = 0
        self.waited = 0

    def column(self, columns: Collection[str]) -> str:
        """Return the name of the watched column.

        Parameters
        ----------
        columns : collection of str
            The columns of the history.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            If there is no such column, or it is not known whether high or low is better.
        """
        odd = isinstance(columns, str | bytes | np.ndarray)
        if odd or not isinstance(columns, Collection):
            raise TypeError(
                f"{type(self).__name__}: the row of an epoch is a mapping such as dict(epoch=1, "
                f"loss=0.5), got {type(columns).__name__}"
            )
        monitor = self.monitor or ("val_loss" if "val_loss" in columns else "loss")
        if monitor not in columns:
            raise ValueError(
                f"{type(self).__name__}: there is no {monitor!r} to monitor; there are "
                f"{', '.join(map(str, columns))}"
            )
        if self.mode == "auto":
            self._sign(monitor)
        return monitor

    def _sign(self, monitor: str) -> int:
        plain = monitor.removeprefix("val_")
        if self.mode == "auto" and plain not in HIGHER_IS_BETTER | LOWER_IS_BETTER:
            raise ValueError(
                f'{type(self).__name__}: is a high or a low {monitor!r} good? Say mode="max" or '
                'mode="min"'
            )
        return (
            1 if self.mode == "max" or (self.mode == "auto" and plain in HIGHER_IS_BETTER) else -1
        )

    def observe(self, row: Mapping[str, Any]) -> bool:
        """Take the row of an epoch, and return whether it is the best so far; nan never is.

        Parameters
        ----------
        row : mapping of str to number
            Of an epoch.

        Returns
        -------
        bool
        """
        monitor = self.column(row)
        name = f"{type(self).__name__}: {monitor}"
        value, sign = checked_number(name, row[monitor]), self._sign(monitor)
        epoch = checked_size(f"{type(self).__name__}: epoch", row.get("epoch", -1), 0)
        better = (
            not math.isnan(value)
            if self.best is None
            else sign * (value - self.best) > self.min_delta
        )
        if better:
            self.best, self.best_epoch, self.waited = value, epoch, 0
        else:
            self.waited += 1
        return better

    def state_dict(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned.

        Parameters
        ----------
        state : mapping

        Raises
        ------
        TypeError, ValueError
            If it is not such a state. Nothing has changed then.
        """
        name, own = type(self).__name__, self.state_dict()
        check_mapping(name, state)
        if state.keys() != own.keys():
            raise ValueError(f"{name}: the state has the entries {sorted(own)}, got {[*state]}")
        counts = [checked_size(f"{name}: {key}", state[key], 0) for key in ("best_epoch", "waited")]
        new = {
            key: None if x is None and key == "best" else checked_number(f"{name}: {key}", x)
            for key, x in state.items()
        }
        # everything is checked before anything is changed
        vars(self).update(new)
        self.best_epoch, self.waited = counts


class EarlyStopping(Watch):
    """End the training when a column of the history has not improved for some epochs.

    Parameters
    ----------
    patience, min_delta, monitor, mode
        As in `Watch`.
    restore_best : bool
        Restore the parameters of the best epoch when the training ends.

    Raises
    ------
    TypeError, ValueError
        As in `Watch`.

    Examples
    --------
    >>> watch = nn.EarlyStopping(patience=2)
    >>> for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7], start=1):
    ...     better = watch.observe({"epoch": epoch, "loss": loss})
    >>> watch.best, watch.best_epoch, watch.exhausted
    (0.5, 2, True)
    """

    def __init__(
        self,
        patience: int = 10,
        min_delta: float = 0.0,
        monitor: str | None = None,
        mode: str = "auto",
        restore_best: bool = True,
    ) -> None:
        super().__init__(patience, min_delta, monitor, mode)
        self.restore_best = checked_flag("EarlyStopping: restore_best", restore_best)

    @property
    def exhausted(self) -> bool:
        """Whether the patience is exhausted."""
        return self.waited >= self.patience
