"""`fit`, the training loop run to its end, with checkpoints and Ctrl-C. Next: `progress.py`."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Never

from autograd.absent import refuse_more, refuse_options
from autograd.settings import checked_flag, checked_path

from ..init import Rng
from ..modules.module import Module
from ..optim.optimizer import Optimizer
from ..schedules import Schedule
from .checks import check_state
from .early_stopping import EarlyStopping
from .evaluation import Metrics
from .history import History
from .loop import Training
from .steps import Step


def fit(
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
    callback: Callable[[Step], Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | bool = False,
    progress: bool | None = None,
    jit: bool | None = None,
    **options: Never,
) -> History:
    """Train a model, and return the numbers of every epoch.

    If anything fails, for example because the loss becomes nan, model and optimizer are restored to
    the end of the last complete epoch. Ctrl-C ends the training after the current step, a second
    one at once; the model then stays as it is, and the history says ``interrupted``.

    Parameters
    ----------
    model : Module or callable
        Called with a batch of inputs; a model of values, as in `nn.scalar`, sample by sample.
    data : Dataset, pair (x, y) of arrays, or list of batches
        Rows are samples. Ready-made batches are pairs (x, y), in a list or any other iterable that
        can be iterated over in every epoch.
    loss : callable
        Function of prediction and target, such as ``nn.CrossEntropyLoss()``.
    optimizer : Optimizer
        Of parameters of the model. Its ``lr`` is the rate that schedules multiply.
    epochs : int
        How many epochs the history has at the end.
    batch_size : int, optional
        All samples at once if not given.
    shuffle : bool
        Reorder the samples in each epoch, by ``rng.permutation(n)``; has no effect on a single
        batch.
    drop_last : bool
        Leave out the last batch if it is smaller.
    validation : as data, optional
        Measured after each epoch, in columns beginning with ``val_``.
    metrics : name, function, list of them, or dict of functions
        "accuracy", "binary_accuracy", "top_k_accuracy", "mse", "mae", "r2", or functions of all
        predictions and targets of an epoch. On the training data the predictions are those made
        during the epoch.
    schedule : callable, optional
        Function of the time in epochs that returns a factor for the learning rate: `nn.schedules`.
    clip_norm, clip_value : float, optional
        The largest norm of all gradients together, and the largest absolute entry. Entries are
        clipped first.
    early_stopping : EarlyStopping or int, optional
        A number is the patience in epochs.
    rng : Generator or int, optional
        Draws the orders of samples.
    history : History, optional
        A history to continue; a new one if not given.
    callback : callable, optional
        Called with the `Step` after each step. An error that it raises leaves the model as that
        step made it. To end a training at a step, loop over `train` instead.
    checkpoint : path, optional
        The file that `nn.save` writes after each epoch.
    resume : path or True, optional
        A file that ``checkpoint`` wrote, to continue from with the same numbers as without a break;
        True means the file of ``checkpoint``, if it exists.
    progress : bool, optional
        True shows a line, or a bar of tqdm; False is silent; None shows it in terminals and
        notebooks.
    jit : bool, optional
        Record a step once and replay it, by `autograd.jit`: several times faster for small models.
        By default this is done in long trainings, if model and loss consist of parts of this
        library only, whose code need not run again. True does it always, from the first step, and
        raises if a step cannot be recorded; False never does it.

    Returns
    -------
    History
        The columns epoch, step, loss, metrics, the same with ``val_``, lr (of the last step) and
        gradient_norm (mean of the steps, before clipping).

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid: data with nan, of different lengths or empty; labels that the
        loss does not accept; an optimizer of another model; a schedule that gives nan or less than
        0.
    FloatingPointError
        If the loss, a gradient or a parameter becomes nan or infinite.
    OSError
        If a checkpoint cannot be written. The previous file is unchanged.

    Examples
    --------
    >>> model = nn.MLP([2, 16, 2], activation="tanh", rng=0)
    >>> optimizer = nn.Adam(model.parameters(), lr=0.05)
    >>> history = nn.fit(
    ...     model, nn.data.moons(200, rng=1), nn.CrossEntropyLoss(), optimizer,
    ...     epochs=30, batch_size=20, metrics=["accuracy"], rng=0,
    ... )
    >>> history["accuracy"][-1] > 0.95
    True
    """
    refuse_more("fit(model, data, loss, optimizer, epochs=...)", more)
    refuse_options("fit", options)
    if callback is not None and not callable(callback):
        raise TypeError(
            f"fit: the callback is {type(callback).__name__}; give a function of a Step"
        )
    training = Training(
        model, data, loss, optimizer, epochs=epochs, batch_size=batch_size, shuffle=shuffle,
        drop_last=drop_last, validation=validation, metrics=metrics, schedule=schedule,
        clip_norm=clip_norm, clip_value=clip_value, early_stopping=early_stopping, rng=rng,
        history=history, jit=jit,
    )  # fmt: skip
    path = None
    if checkpoint is not None:
        path = _checked_path(model, checked_path("fit: checkpoint", checkpoint))
    source = _source_of(resume, path)
    if source is not None:
        _resume(source, training)
    if training.epochs - training.epoch > 1:
        training._source.check_lasting()
    _run(training, path, callback, progress)
    return training.history


def _run(
    training: Training,
    path: Path | None,
    callback: Callable[[Step], Any] | None,
    progress: bool | None,
) -> None:
    from ..saving.io import save
    from .progress import Progress

    line = Progress(training.epochs, progress)
    history = training.history
    history.interrupted = False
    try:
        with _ctrl_c() as pressed:
            for step in training:
                if path is not None and step.row is not None:
                    save(
                        path,
                        training.model,  # type: ignore[arg-type]
                        optimizer=training.optimizer,
                        history=history.to_dict(),
                        state=training.state,
                    )
                line.show(step)
                if callback is not None:
                    callback(step)
                if pressed:
                    break
            history.interrupted = bool(pressed) and not training.finished
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        line.close()


@contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """Collect the first Ctrl-C in a list, so that a step is not cut in two; a second one raises."""
    pressed: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    # a program that installed its own handler, or none, keeps it
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield pressed
        return

    def handle(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    signal.signal(signal.SIGINT, handle)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _checked_path(model: Any, path: Path) -> Path:
    """Raise if a checkpoint cannot be written: before the training, not after its first epoch."""
    from ..saving.archive import ending_of

    if not isinstance(model, Module):
        raise TypeError(
            f"fit: checkpoints are of Modules, the model is {type(model).__name__}; make it one, "
            "or leave out checkpoint"
        )
    ending_of(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}; make it first")
    with tempfile.TemporaryFile(dir=path.parent):
        return path


def _source_of(resume: Any, path: Path | None) -> Path | None:
    """Return the file to resume from, None for a new start; ``path`` is that of the checkpoint."""
    if isinstance(resume, str | os.PathLike):
        return checked_path("fit: resume", resume)
    if not checked_flag("fit: resume, if it is no file,", resume):
        return None
    if path is None:
        raise ValueError("fit: resume=True goes on from the checkpoint; give checkpoint=path too")
    return path if path.exists() else None


def _resume(path: Path, training: Training) -> None:
    from ..saving.io import load

    if not isinstance(training.model, Module):
        raise TypeError("fit: only a Module can be resumed")
    found = load(path)
    if found.state is None or found.history is None:
        raise ValueError(
            f"{path} is not a checkpoint of a training; nn.save wrote it without a run. Take it up "
            "by nn.load(path, model), and leave out resume. Nothing was loaded"
        )
    try:
        history = History.from_dict(found.history)
        check_state(found.state, history, training)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}. Nothing was loaded") from error
    load(path, training.model, training.optimizer)
    training.load_state(found.state, history)
