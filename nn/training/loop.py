"""The training loop, one step at a time. Next: `fitting.py`, which runs it to the end.

If anything fails in an epoch, the loop goes back to the end of the epoch before, so that
parameters, optimizer, random state and history always fit together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Never, NoReturn, Self

import numpy as np

from autograd import Tensor, Value
from autograd.absent import refuse_more, refuse_options
from autograd.settings import checked_flag, checked_size

from ..init import Rng, generator
from ..metrics import named
from ..modules.buffers import set_buffers
from ..modules.module import Module
from ..optim.optimizer import Optimizer
from ..saving.generators import named_generators, set_state, state_of
from ..schedules import Schedule
from .checks import (
    check_columns,
    check_limits,
    check_state,
    checked_history,
    checked_schedule,
    checked_stopping,
)
from .early_stopping import EarlyStopping, Watch
from .evaluation import (
    Batch,
    Metrics,
    Source,
    Tally,
    are_arrays,
    evaluated,
    forward_of,
)
from .gradients import clip_by_norm, clip_by_value
from .history import History
from .steps import (
    Step,
    check_finite,
    check_parts,
    checked_norm,
    is_library_code,
    replayed,
    step_function,
)

# From this step on steps are recorded: by then it pays. Counted over the whole training, so that a
# resumed one gives the same numbers
SETTLED = 100


@dataclass
class _Epoch:
    """The current epoch: the remaining batches, the next of them, and the measurements so far."""

    batches: Iterator[Batch]
    ahead: Any
    tally: Tally
    norms: list[float] = field(default_factory=list)


class Training:
    """The training loop, called `nn.train`: an iterator that makes a step each time.

    Leave the ``for`` loop at any time, look at the model, and continue with another loop. After an
    error the training is at the end of the last complete epoch.

    Parameters
    ----------
    model, data, loss, optimizer, epochs, batch_size, shuffle, drop_last, validation, metrics, \
    schedule, clip_norm, clip_value, early_stopping, rng, history, jit
        As in `fit`.

    Attributes
    ----------
    history : History
        One row for each complete epoch.
    epoch, step : int
        How many epochs and steps are done.

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As in `fit`.

    Examples
    --------
    >>> model = nn.MLP([2, 8, 2], activation="tanh", rng=0)
    >>> optimizer = nn.Adam(model.parameters(), lr=0.05)
    >>> training = nn.train(
    ...     model, nn.data.moons(rng=0), nn.CrossEntropyLoss(), optimizer,
    ...     epochs=20, batch_size=50, rng=0,
    ... )
    >>> for step in training:
    ...     if step.step == 5:
    ...         break
    >>> step
    Step 5 in epoch 2: loss 0..., lr 0.05, gradient norm 0...
    >>> for step in training:
    ...     pass
    >>> training.epoch, training.step, len(training.history)
    (20, 80, 20)
    """

    def __init__(
        self,
        model: Callable[[Any], Any],
        data: Any,
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        *more: Never,
        epochs: int,
        batch_size: int | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        validation: Any = None,
        metrics: Metrics = (),
        schedule: Schedule | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        early_stopping: EarlyStopping | int | None = None,
        rng: Rng = None,
        history: History | None = None,
        jit: bool | None = None,
        **options: Never,
    ) -> None:
        refuse_more("train(model, data, loss, optimizer, epochs=...)", more)
        refuse_options("train", options)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.epochs = checked_size("fit: epochs", epochs)
        jit = None if jit is None else checked_flag("fit: jit", jit)
        self._source = Source("data", data, batch_size, shuffle, drop_last).checked()
        self._validation = _validation_source(validation, batch_size)
        self._metrics = named(metrics)
        check_parts(model, loss, optimizer)
        check_limits(clip_norm, clip_value)
        self._clip_norm, self._clip_value = clip_norm, clip_value
        self._schedule = checked_schedule(schedule)
        self._stopping = checked_stopping(early_stopping)
        self._watches = [w for w in (self._schedule, self._stopping) if isinstance(w, Watch)]
        for watch in self._watches:
            watch.reset()
            watch.column(self._columns())
        self.rng = generator(rng)
        self._generators = named_generators(model) if isinstance(model, Module) else {}
        self.history = checked_history(history)
        check_columns("run of this history", self.history, self._columns())
        self.epoch = len(self.history)
        self.step = int(self.history["step"][-1]) if self.epoch else 0
        self._best: list[Any] | None = None
        self._forward = forward_of(model)
        self._try_validation()
        self._choose_steps(jit)
        self._running: _Epoch | None = None
        self._good = self._snapshot()

    def _choose_steps(self, jit: bool | None) -> None:
        """Choose how steps are run, and from which one on they may be replayed."""
        self._run = self._replay = step_function(self._forward, self.loss)
        self._settled = 0 if jit else SETTLED
        if jit or (jit is None and is_library_code(self.model, self.loss)):
            self._replay = replayed(self._forward, self.loss, insists=bool(jit))

    def _try_validation(self) -> None:
        """Evaluate unlike validation data once, so that errors come before the first step."""
        if self._validation is None:
            return
        if self.epochs - self.epoch > 1:
            self._validation.check_lasting()
        if not self._validation.is_unlike(self._source):
            return
        try:
            evaluated(self._forward, self.model, self._validation, self.loss, {})
        except Exception as error:
            error.add_note("in the validation data, before the first step; nothing was changed")
            raise

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        # its functions would refer to the original model
        raise TypeError(
            "a training cannot be copied or pickled; keep model, optimizer, training.history and "
            "training.state by nn.save, and go on by load_state"
        )

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Step:
        if self.finished:
            raise StopIteration
        try:
            return self._advance()
        except Exception as error:
            self._restore(self._good)
            error.add_note(
                f"in epoch {self.epoch + 1} of the training; model and optimizer are as they were "
                f"after epoch {self.epoch}"
            )
            raise
        except BaseException:
            # Ctrl-C: the parameters stay, and the epoch would start again
            self._running = None
            raise

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the training was stopped early."""
        return self.epoch >= self.epochs or bool(self.history.stopped)

    # ---------------------------------------------------------------------------------------------
    # A step

    def _advance(self) -> Step:
        epoch = self._running = self._running or self._begin()
        batch, rate = epoch.ahead, self._rate(len(epoch.norms))
        if isinstance(self.model, Module) and not self.model.training:
            self.model.train()
        run = self._run if self.step < self._settled else self._replay
        prediction, loss = run(self.optimizer, *batch)
        norm = checked_norm(
            self.optimizer, loss, f"in epoch {self.epoch + 1}, step {self.step + 1}"
        )
        if self._clip_value is not None:
            clip_by_value(self.optimizer.parameters, self._clip_value)
        if self._clip_norm is not None:
            clip_by_norm(self.optimizer.parameters, self._clip_norm)
        base = self.optimizer.lr
        try:
            self.optimizer.lr = rate
            self.optimizer.step()
        finally:
            self.optimizer.lr = base
        self.step += 1
        epoch.norms.append(norm)
        epoch.tally.add(loss, prediction, batch[1])
        epoch.ahead = next(epoch.batches, None)
        number = self.epoch + 1
        row = self._end(epoch, rate) if epoch.ahead is None else None
        return Step(number, self.step, batch, prediction, loss, rate, norm, row)

    def _begin(self) -> _Epoch:
        batches = self._source.batches(self.rng)
        return _Epoch(batches, next(batches), Tally(self.loss, self._metrics))

    def _rate(self, position: int) -> float:
        """Return the learning rate of the step at this position in the epoch."""
        time = self.epoch + position / max(self._source.count or 0, position + 1)
        factor = self._schedule(time)
        try:
            rate = self.optimizer.lr * float(factor)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"fit: the schedule gives {type(factor).__name__} at epoch {time:.4g}; it must "
                "return a number"
            ) from error
        if not 0 <= rate < math.inf:
            raise ValueError(
                f"fit: the schedule gives the factor {factor} at epoch {time:.4g}, and so the "
                f"learning rate {rate}; it must be at least 0 and finite"
            )
        return rate

    # ---------------------------------------------------------------------------------------------
    # The end of an epoch

    def _columns(self) -> list[str]:
        names = ["loss", *self._metrics]
        more = [f"val_{name}" for name in names] if self._validation else []
        return ["epoch", "step", *names, *more, "lr", "gradient_norm"]

    def _end(self, epoch: _Epoch, rate: float) -> dict[str, Any]:
        check_finite(self.optimizer, self.epoch + 1)
        row: dict[str, Any] = {"epoch": self.epoch + 1, "step": self.step, **epoch.tally.result()}
        if self._validation is not None:
            found = evaluated(self._forward, self.model, self._validation, self.loss, self._metrics)
            row |= {f"val_{name}": x for name, x in found.items()}
        norm = math.fsum(x / len(epoch.norms) for x in epoch.norms)
        row |= {"lr": rate, "gradient_norm": norm}
        self.history.append(row)
        self.epoch += 1
        self._running = None
        better = [watch.observe(row) for watch in self._watches]
        if self._stopping is not None:
            self._stop(self._stopping, better[-1])
        self._good = self._snapshot()
        return row

    def _stop(self, stopping: EarlyStopping, better: bool) -> None:
        if better and stopping.restore_best:
            self._best = self._learned()
        if stopping.exhausted:
            self.history.stopped = (
                f"stopped early, as {stopping.column(self._columns())} was not better for "
                f"{stopping.patience} epochs"
            )
        if self.finished and self._best is not None:
            self._assign(self._best)
            self.history.restored = stopping.best_epoch

    # ---------------------------------------------------------------------------------------------
    # State

    def _learned(self) -> list[Any]:
        """Return copies of the parameters, followed by the model's buffers."""
        found = [
            p.data if isinstance(p, Value) else np.array(p.data) for p in self.optimizer.parameters
        ]
        buffers = self.model.buffers() if isinstance(self.model, Module) else []
        return found + [np.array(x) for x in buffers]

    def _assign(self, arrays: list[Any]) -> None:
        parameters = self.optimizer.parameters
        for p, a in zip(parameters, arrays, strict=False):
            p.data = np.array(a) if isinstance(p, Tensor) else a
        if isinstance(self.model, Module):
            names = [path for path, _ in self.model.named_buffers()]
            set_buffers(self.model, dict(zip(names, arrays[len(parameters) :], strict=True)))

    def _snapshot(self) -> dict[str, Any]:
        """Return everything that changes in an epoch."""
        return {
            "parameters": self._learned(),
            "optimizer": self.optimizer.state_dict(),
            "generators": {name: state_of(rng) for name, rng in self._generators.items()},
            "rng": state_of(self.rng),
            "step": self.step,
        }

    def _restore(self, snapshot: Mapping[str, Any]) -> None:
        self.optimizer.zero_grad()
        self._assign(snapshot["parameters"])
        self.optimizer.load_state_dict(snapshot["optimizer"])
        for name, rng in self._generators.items():
            set_state(rng, snapshot["generators"][name])
        set_state(self.rng, snapshot["rng"])
        self.step = snapshot["step"]
        self._running = None

    @property
    def state(self) -> dict[str, Any]:
        """The state of the loop itself at the end of an epoch, as plain data.

        Parameters, optimizer, the layers' generators and history are saved beside it by `nn.save`.
        """
        return {
            "epoch": self.epoch,
            "step": self.step,
            "rng": self.rng,
            "watches": [watch.state_dict() for watch in self._watches],
            "best": self._best,
        }

    def load_state(self, state: Any, history: History) -> None:
        """Continue from the ``state`` and history of another training.

        Parameters
        ----------
        state : dict
            The `state` at the end of an epoch.
        history : History
            Up to that epoch.

        Raises
        ------
        ValueError
            If it is not such a state, or is that of a training with other settings.
        """
        check_state(state, history, self)
        set_state(self.rng, state_of(state["rng"]))
        for watch, seen in zip(self._watches, state["watches"], strict=True):
            watch.load_state_dict(seen)
        self.history, self.epoch, self.step = history, int(state["epoch"]), int(state["step"])
        history.interrupted = False
        best = state["best"]
        self._best = None if best is None else list(best)
        self._running = None
        self._good = self._snapshot()


def _validation_source(validation: Any, batch_size: int | None) -> Source | None:
    if validation is None:
        return None
    size = batch_size if are_arrays(validation) else None
    return Source("validation", validation, size, shuffle=False).checked()


train = Training  # nn.train(...) reads as an action; the object is an nn.Training
