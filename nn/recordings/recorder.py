"""record: snapshots of a model while it is trained. Next: `player_network.py`.

What a snapshot contains is in `snapshots.py`.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Never, Self

import numpy as np

from autograd import Tensor, Value
from autograd.absent import refuse_more
from autograd.settings import array_of, checked_choice, checked_path, checked_size, described, shown

from ..data.arrays import Dataset
from ..data.checks import checked_array, checked_pair
from ..drawing.layers import Network
from ..drawing.positions import shown_units
from ..losses.modules import check_loss
from ..modules.module import Module, check_module
from ..saving import archive
from ..training.steps import Step
from .recording import Recording
from .snapshots import Camera

Array = np.ndarray[Any, Any]

_FINDINGS = 8


class Recorder:
    """The result of `record`: called by the training loop, or by the user with `snap`.

    Attributes
    ----------
    recording : Recording
        What was recorded so far.

    Examples
    --------
    >>> model = nn.MLP([2, 3, 2], rng=0)
    >>> recorder = nn.record(model, nn.data.moons(20, rng=0))
    >>> recorder.snap(loss=0.7)
    >>> len(recorder.recording.rows)
    2
    """

    def __init__(
        self, camera: Camera, recording: Recording, path: Path | None, every: Any, save_every: int
    ) -> None:
        self.recording = recording
        self.path = path
        self.every = every
        self._camera = camera
        self._file = _File(recording, path, save_every)
        # at exit, in case the user forgets to save
        self._close = weakref.finalize(self, self._file.close)

    def __call__(self, step: Step) -> None:
        """Take a snapshot if one is due: at the end of an epoch, or every so many steps."""
        if not isinstance(step, Step):
            raise TypeError(
                f"record: a recorder is called with the Step of a training, got "
                f"{type(step).__name__}; in a loop of your own use snap(loss=loss)"
            )
        if self.every == "epoch":
            if step.row is not None:
                self._snap(dict(step.row))
        elif step.step % self.every == 0:
            norm = step.gradient_norm
            row = {"epoch": step.epoch, "step": step.step, "loss": step.loss, "lr": step.lr}
            self._snap({**row, "gradient_norm": norm})

    def snap(
        self, loss: Any = None, epoch: int | None = None, step: int | None = None, **numbers: Any
    ) -> None:
        """Take a snapshot now.

        Parameters
        ----------
        loss : float, Value or Tensor, optional
            The loss of the training; by default that of the recorder's batch.
        epoch, step : int, optional
            By default counted on from the last snapshot.
        **numbers : float
            Further measurements, such as ``accuracy=0.9``.

        Raises
        ------
        TypeError
            If a measurement is not a number.
        ValueError
            If the parameters are not those of the first snapshot.
        OSError
            If the file cannot be written; the previous one is unchanged.
        """
        last = self.recording.rows[-1] if self.recording.rows else {"epoch": -1, "step": -1}
        row = {
            "epoch": last["epoch"] + 1 if epoch is None else epoch,
            "step": last["step"] + 1 if step is None else step,
        }
        if loss is not None:
            row["loss"] = loss
        self._snap({k: _number(k, x) for k, x in (row | numbers).items()})

    def _snap(self, row: dict[str, Any]) -> None:
        recorded = self.recording.rows
        losses = [r["loss"] for r in recorded[1:]] + ([row["loss"]] if "loss" in row else [])
        taken = self._camera.take(row.get("loss"), [x for x in losses if x is not None])
        row = {"epoch": row["epoch"], "step": row["step"], "loss": taken.loss, **row}
        self.recording.add(row, taken.arrays, taken.findings[:_FINDINGS])
        self._file.added()

    def save(self) -> None:
        """Write the file now, if there is one; not needed under `fit`.

        Raises
        ------
        OSError
            If it cannot be written; an existing file is unchanged.
        """
        self._file.save()

    def play(self, path: str | os.PathLike[str]) -> Path:
        """Write the player of what was recorded so far: see `Recording.play`.

        Parameters
        ----------
        path : str or Path
            Ends in .html.

        Returns
        -------
        Path
        """
        return self.recording.play(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.save()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return self.recording._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        return repr(self.recording).replace("<Recording", "<Recorder", 1)


class _File:
    """The file of a recording, and how much of it has been written."""

    def __init__(self, recording: Recording, path: Path | None, every: int) -> None:
        self.recording, self.path, self.every = recording, path, every
        self.written = 0
        self.failed = False

    def added(self) -> None:
        """Write if there is enough to write."""
        count = len(self.recording)
        if count == 1 or count - self.written >= self.every:
            self.save()

    def save(self) -> None:
        """Write everything not yet written."""
        if self.path is not None and self.written < len(self.recording):
            self.failed = True
            self.recording.save(self.path)
            self.written, self.failed = len(self.recording), False

    def close(self) -> None:
        """Write the rest, unless an error about the file was raised already."""
        if not self.failed:
            self.save()


def record(
    model: Module,
    batch: Any,
    *more: Never,
    path: str | os.PathLike[str] | None = None,
    every: str | int = "epoch",
    loss: Callable[[Any, Any], Any] | None = None,
    boundary: bool | str = "auto",
    max_units: int = 16,
    max_entries: int = 1000,
    save_every: int = 10,
) -> Recorder:
    """Record a training: weights, gradients, activations, health and decision boundary.

    The first snapshot is taken at once, as epoch 0. Model, gradients, random generators and
    training are the same as without it.

    Parameters
    ----------
    model : Module
        Of tensors, or of `nn.scalar`. It is run in evaluation mode.
    batch : pair (x, y), Dataset, or array x
        The data to measure activations and health on; rows are samples.
    path : str or Path, optional
        A file ending in .npz, written during the training, and when the program or the ``with``
        block ends.
    every : "epoch" or int
        When `fit` calls it: at the end of each epoch, or every so many steps.
    loss : callable, optional
        Called as ``loss(model(x), y)``; gradients and health are then those of this batch. Without
        it the gradients are those that the last ``backward()`` left in the parameters.
    boundary : bool or "auto"
        Whether to keep the outputs over the plane of inputs; "auto" means if there are two inputs.
    max_units : int
        The most units of a layer in the diagram, and rows and columns of large matrices.
    max_entries : int
        The most weights to keep in each snapshot, and the most gradients and activations; beyond
        that, samples and statistics are kept.
    save_every : int
        How many snapshots may be lost if the program is killed.

    Returns
    -------
    Recorder
        Use it as ``fit(..., callback=recorder)``, or call ``recorder.snap(loss=...)`` in a loop of
        your own; ``recorder.play("page.html")`` writes the player.

    Raises
    ------
    TypeError
        If the model is not a Module with parameters or returns no tensor with a graph, or the
        batch is not made of numbers.
    ValueError
        If the loss is not a single number, or needs targets that are not there; if there is no
        plane for a boundary that is asked for; or an argument is out of range.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> w = nn.Linear(2, 1, rng=0)
    >>> x, y = np.eye(2), np.array([[1.0], [-1.0]])
    >>> recorder = nn.record(w, (x, y), loss=nn.MSELoss())
    >>> optimizer = nn.SGD(w.parameters(), lr=0.5)
    >>> for epoch in range(1, 4):
    ...     loss = nn.MSELoss()(w(x), y)
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    ...     recorder.snap(loss=loss)
    >>> recorder
    <Recorder of Network 2-1: 4 snapshots, epochs 0 to 3>
    """
    refuse_more("record(model, batch)", more)
    check_module("record", model)
    if not model.parameters():
        raise TypeError(f"record: this {type(model).__name__} has no parameters to record")
    if loss is not None:
        check_loss("record", loss)
    if isinstance(every, str) and every != "epoch":
        raise ValueError(f'record: every is "epoch" or a number of steps, got {shown(every)}')
    every = every if isinstance(every, str) else checked_size("record: every", every)
    boundary = checked_choice("record: boundary", boundary, True, False, "auto")
    units = checked_size("record: max_units", max_units)
    entries = checked_size("record: max_entries", max_entries)
    save_every = checked_size("record: save_every", save_every)
    if units < 3:
        raise ValueError(f"record: max_units is a whole number from 3, got {units}")
    target = None if path is None else checked_path("record: path", path)
    if target is not None:
        archive.ending_of(target)
    x, y = _batch(batch)
    if loss is not None and y is None:
        raise ValueError("record: the loss compares with targets; give a pair (x, y) as batch")
    camera = Camera(model, x, y, loss, boundary, units, entries)
    classes = [str(c) for c in getattr(batch, "classes", ())]
    made = Recording(_title(camera.network, model), _structure(camera, classes, units))
    recorder = Recorder(camera, made, target, every, save_every)
    recorder.snap()
    return recorder


def _batch(batch: Any) -> tuple[Array, Any]:
    if isinstance(batch, Dataset | tuple):
        if len([*batch]) != 2:
            raise TypeError(
                f"record: the batch is a tuple of {len([*batch])}; give a pair (x, y), or x"
            )
        x, y = batch
        x, y = checked_pair(x, y, "record: the batch")
        return np.array(x), np.array(y)
    return np.array(checked_array("record: the batch", batch)), None


def _title(network: Network | None, model: Module) -> str:
    if network is not None:
        return network.title
    return f"{type(model).__name__}, {model.count_parameters():,} parameters"


def _structure(camera: Camera, classes: list[str], units: int) -> dict[str, Any]:
    """Return the part that all snapshots share, as plain data."""
    surface = camera.surface
    outputs = [
        {**asdict(s), "units": p.output.shape[1], "shown": list(shown), "activation": p.activation,
         "weight": p.weight, "bias": p.bias}
        for s, p, shown in zip(camera.outputs, camera.parts, camera.units, strict=True)
    ]  # fmt: skip
    network = camera.network
    chain = None
    if network is not None:
        chain = {
            "inputs": network.layers[0].units,
            "shown": _shown(network.layers[0].units, units),
            "in_weight": [x.in_weight for x in network.layers[1:]],
            "activations": [x.activation for x in network.layers[1:]],
        }
    return {
        "samples": len(camera.x),
        "gradients": "of this batch" if camera.loss is not None else "of the last backward()",
        "parameters": [asdict(s) for s in camera.parameters],
        "outputs": outputs,
        "chain": chain,
        "surface": None if surface is None else asdict(surface),
        "points": None if surface is None else camera.points(),
        "classes": classes,
    }


def _shown(count: int, most: int) -> list[int]:
    return [i for i in shown_units(count, most) if i is not None]


def _number(name: str, x: Any) -> Any:
    if isinstance(x, Tensor | Value):
        x = x.data
    a = array_of(f"record: {name}", x)
    if a.dtype.kind not in "fiu" or a.size != 1:
        raise TypeError(f"record: {name} is {described(x)}; give one number")
    return a.item()
