"""Checks and defaults of the arguments of a training loop. Next: `loop.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autograd.settings import shown

from ..saving.generators import Rng, state_of
from ..schedules import Schedule, constant
from .early_stopping import EarlyStopping
from .gradients import check_limit
from .history import History

if TYPE_CHECKING:
    from .loop import Training


def checked_schedule(schedule: Any) -> Schedule:
    """Return a schedule, constant for None; raise TypeError if it is not a function."""
    if schedule is not None and not callable(schedule):
        raise TypeError(
            f"fit: the schedule is {type(schedule).__name__}; give a function of the epoch "
            "that returns a factor on the learning rate, such as nn.schedules.cosine(20)"
        )
    return constant() if schedule is None else schedule


def checked_history(history: Any) -> History:
    """Return a history, empty for None; raise TypeError for anything else."""
    if history is not None and not isinstance(history, History):
        raise TypeError(
            f"fit: the history is {type(history).__name__}; give a History, as "
            "History.from_dict makes of plain data"
        )
    return History() if history is None else history


def check_columns(what: str, history: History, columns: list[str]) -> None:
    """Raise ValueError if a run cannot add rows to a history of others."""
    if len(history) and {*history} != {*columns}:
        raise ValueError(
            f"the {what} measured {', '.join(history)}, this one measures "
            f"{', '.join(columns)}; give the same validation and metrics"
        )


def check_limits(clip_norm: Any, clip_value: Any) -> None:
    """Raise if a clipping limit is neither None nor a number above 0."""
    for name, limit in (("fit: clip_norm", clip_norm), ("fit: clip_value", clip_value)):
        if limit is not None:
            check_limit(name, limit)


def checked_stopping(early: EarlyStopping | int | None) -> EarlyStopping | None:
    """Return the EarlyStopping that an argument means; raise TypeError for anything else."""
    if early is None or isinstance(early, EarlyStopping):
        return early
    if isinstance(early, bool) or not isinstance(early, int):
        raise TypeError(
            f"fit: early_stopping is {shown(early)}; give a number of epochs, or "
            "nn.EarlyStopping(...)"
        )
    return EarlyStopping(early)


def check_state(state: Any, history: History, training: Training) -> None:
    """Raise ValueError if a state does not belong to such a training, before any change."""
    keys = {"epoch", "step", "rng", "watches", "best"}
    if (
        not isinstance(state, Mapping)
        or not keys <= state.keys()
        or not isinstance(state["rng"], Rng)
    ):
        raise ValueError(
            "this is not the state of a training loop; resume from a file that "
            "fit(..., checkpoint=) wrote"
        )
    if state["epoch"] != len(history):
        raise ValueError(
            f"the state is of epoch {state['epoch']}, and the history has {len(history)} epochs; "
            "they do not belong together"
        )
    check_columns("run to resume", history, training._columns())
    own = training._watches
    if len(state["watches"]) != len(own):
        raise ValueError(
            f"the run to resume had {len(state['watches'])} of early stopping and "
            f"ReduceOnPlateau, this one has {len(own)}; give the same"
        )
    kinds = [state_of(rng)["bit_generator"] for rng in (state["rng"], training.rng)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"the run to resume drew from a {kinds[0]}, rng is a {kinds[1]}; give one of that kind"
        )
