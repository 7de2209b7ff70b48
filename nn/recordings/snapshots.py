"""A snapshot of a model: entries of its arrays, statistics, activations, findings, surface.

The model is run in evaluation mode, and not changed. Next: `recorder.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.node import Node

from ..diagnosis.measures import Layer, Reading, norm
from ..diagnosis.verdicts import findings_of
from ..drawing.layers import Network
from ..drawing.network import read_network
from ..drawing.positions import shown_units
from ..modules.module import Module
from ..saving.generators import generators_kept
from ..training.evaluation import evaluating, forward_of
from .parts import Part, parameters_of, parts_of, samples_of
from .surface import Surface, classes_of, surface_of

Array = np.ndarray[Any, Any]

BINS = 24
_SIDE, _SIDE_OF_VALUES = 32, 20
_POINTS = 400
_LARGE = 3e38  # the arrays of a snapshot are float32


@dataclass
class Snapshot:
    """The arrays by name, the findings, and the loss of the batch."""

    arrays: dict[str, Array]
    findings: list[dict[str, str]]
    loss: float


class Camera:
    """Takes snapshots of a model on one batch, always of the same entries.

    Parameters
    ----------
    model : Module
    x, y : array, array or None
    loss : callable or None
    boundary : bool or "auto"
    max_units, max_entries : int
        As in `record`.
    """

    def __init__(
        self, model: Module, x: Array, y: Any, loss: Any, boundary: Any, units: int, entries: int
    ) -> None:
        self.model, self.x, self.y, self.loss = model, x, y, loss
        self._forward = forward_of(model)
        reading, output, _ = self._read()
        parameters, parts = parameters_of(reading), parts_of(reading, output)
        self.parameters = samples_of([(n, a) for n, a, _ in parameters], units, entries)
        self.parts = parts
        self.outputs = samples_of([(p.name, p.output) for p in parts], units, entries)
        self.units = [
            [i for i in shown_units(p.output.shape[1], units) if i is not None] for p in parts
        ]
        self.surface = self._surface(output, boundary)
        self.network = self._network(len(parts))

    def _read(self) -> tuple[Reading, Any, Any]:
        """Run the model on the batch, and return its graph, the output and the loss."""
        with (
            evaluating(self.model),
            enable_grad(),
            np.errstate(all="ignore"),
            generators_kept(self.model),
        ):
            output = self._forward(self.x)
            if not isinstance(output, Tensor) or not output.requires_grad:
                raise TypeError(
                    f"record: the model returns {type(output).__name__} without a graph; it must "
                    "compute one tensor, or values, from its parameters"
                )
            root = output.sum() if self.loss is None else self.loss(output, self.y)
            node = getattr(root, "_node", root)
            if not isinstance(node, Node) or root.shape != ():
                raise ValueError(
                    f"record: the loss is {type(root).__name__} of shape {np.shape(root)}, and "
                    'must be one number with a graph; use reduction="mean" or "sum"'
                )
            reading = Reading(self.model, root)
        if self.loss is None:
            # the gradients that the last backward() stored
            held = ((p, p.grad) for p in self.model.parameters())
            reading.gradients = {getattr(p, "_node", p): g for p, g in held if g is not None}
        return reading, output, root

    def take(self, loss: float | None, losses: Sequence[float]) -> Snapshot:
        """Return a snapshot of the model.

        Parameters
        ----------
        loss : float or None
            The loss of the training; that of the batch if None.
        losses : sequence of float
            All losses so far.
        """
        reading, output, root = self._read()
        parameters, parts = parameters_of(reading), parts_of(reading, output)
        self._check(parameters)
        measured = float(root._data) if self.loss is not None else math.nan
        value = measured if loss is None else loss
        told = any(g is not None and np.any(g) for _, _, g in parameters)
        layers: list[Layer] = reading.layers({}) if told or self.loss is not None else []
        activations = reading.activations()
        judged = value if loss is not None or self.loss is not None else 0.0
        findings = findings_of(root, judged, None, activations, layers, losses)
        arrays = {
            "weights": _joined(
                s.of(a) for s, (_, a, _) in zip(self.parameters, parameters, strict=True)
            ),
            "gradients": _joined(
                s.of(g) for s, (_, _, g) in zip(self.parameters, parameters, strict=True)
            ),
            "weight_statistics": np.array([_statistics(a) for _, a, _ in parameters]),
            "gradient_statistics": np.array([_statistics(g) for _, _, g in parameters]),
            **self._of_parts(parts),
        }
        clipped = {n: _small(a) for n, a in arrays.items()}
        if self.surface is not None:
            clipped["surface"] = self._plane()
        return Snapshot(clipped, [asdict(f) for f in findings], value)

    def _check(self, parameters: Sequence[tuple[str, Array, Any]]) -> None:
        for sample, (name, a, _) in zip(self.parameters, parameters, strict=False):
            if (sample.name, sample.shape) != (name, a.shape):
                break
        else:
            if len(parameters) == len(self.parameters):
                return
        raise ValueError(
            "record: the parameters are no longer those of the first snapshot, which were "
            f"{', '.join(f'{s.name} {s.shape}' for s in self.parameters[:6])}; begin a new "
            "recording after changing the model"
        )

    def _of_parts(self, parts: Sequence[Part]) -> dict[str, Array]:
        """Return the kept parts of the layers' outputs; nan for a layer that was not used."""
        found = {p.weight: p.output for p in parts}
        rows = [found.get(p.weight, p.output[:0]) for p in self.parts]
        rows = [
            a if a.shape[1] == p.output.shape[1] else p.output[:0]
            for a, p in zip(rows, self.parts, strict=True)
        ]
        histograms = [_histogram(a) for a in rows]
        whole = [
            a if a.shape == p.output.shape else None for a, p in zip(rows, self.parts, strict=True)
        ]
        return {
            "histograms": np.array([h for h, _ in histograms]),
            "ranges": np.array([r for _, r in histograms]),
            "activation_statistics": np.array([_statistics(a) for a in rows]),
            "units": _joined(_mean(a)[chosen] for a, chosen in zip(rows, self.units, strict=True)),
            "activations": _joined(s.of(a) for s, a in zip(self.outputs, whole, strict=True)),
        }

    # ---------------------------------------------------------------------------------------------
    # The plane, and the layers of a diagram

    def _surface(self, output: Any, boundary: Any) -> Surface | None:
        plane = self.x.ndim == 2 and self.x.shape[1] == 2
        if boundary is True and not plane:
            raise ValueError(
                f"record: a decision boundary is drawn over two inputs, the batch has shape "
                f'{self.x.shape}; use boundary="auto" or False'
            )
        if not boundary or not plane or (boundary == "auto" and self.x.dtype.kind != "f"):
            return None
        values = not all(isinstance(p, Tensor) for p in self.model.parameters())
        side = _SIDE_OF_VALUES if values else _SIDE
        found = surface_of(self.x, self.y, output, self.loss, side)
        if found is None and boundary is True:
            raise ValueError(
                f"record: the model gives outputs of shape {output.shape} for {len(self.x)} "
                "samples; a boundary needs one row for each"
            )
        return found

    def _plane(self) -> Array:
        assert self.surface is not None
        dtype = self.x.dtype if self.x.dtype.kind == "f" else np.float64
        with evaluating(self.model), np.errstate(all="ignore"), generators_kept(self.model):
            return self.surface.seen(self._forward(self.surface.grid(dtype)))

    def points(self) -> dict[str, Any]:
        """Return the samples to draw in the plane: positions, and classes or values."""
        n = len(self.x)
        chosen = np.arange(n) if n <= _POINTS else np.linspace(0, n - 1, _POINTS).astype(int)
        found = {"x": self.x[chosen].astype(np.float64)}
        if self.surface is None or self.y is None:
            return found
        if self.surface.kind == "values":
            found["values"] = self.y.reshape(n, -1)[chosen, 0].astype(np.float64)
        else:
            labels = classes_of(self.y, self.surface.outputs)
            # a batch of a single class, with a loss for two
            labels = (self.y.reshape(n, -1)[:, 0] > 0).astype(np.intp) if labels is None else labels
            found["classes"] = labels[chosen]
        return found

    def _network(self, count: int) -> Network | None:
        """Return the model as a chain of layers; None if it is not a chain."""
        try:
            network = read_network(self.model, self.x[:8], None, None)
        except Exception:  # a model that cannot be drawn as layers is shown as matrices
            return None
        return network if len(network.layers) == count + 1 else None


# --------------------------------------------------------------------------------------------------
# Numbers


def _small(a: Array) -> Array:
    """Return numbers as float32; those that are finite stay so."""
    with np.errstate(all="ignore"):
        a = np.asarray(a, np.float64)
        return np.where(np.isfinite(a), np.clip(a, -_LARGE, _LARGE), a).astype(np.float32)


def _joined(arrays: Any) -> Array:
    found: Array = np.concatenate([np.zeros(0), *arrays])
    return found


def _statistics(a: Any) -> tuple[float, float, float, float]:
    """Return norm, mean, standard deviation and largest absolute value; nan if empty."""
    if a is None or not np.size(a):
        return (math.nan,) * 4
    a = np.asarray(a, np.float64)
    with np.errstate(all="ignore"):
        return norm([a]), float(a.mean()), float(a.std()), float(np.abs(a).max())


def _histogram(a: Array) -> tuple[Array, tuple[float, float]]:
    """Return the fractions of the finite numbers in equal bins, and the range of the bins."""
    finite = a[np.isfinite(a)]
    if not finite.size:
        return np.zeros(BINS), (0.0, 0.0)
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        shares = np.zeros(BINS)
        shares[BINS // 2] = 1.0
        return shares, (low, high)
    scaled = (finite / 2 - low / 2) / (high / 2 - low / 2)
    counts = np.bincount(np.minimum((scaled * BINS).astype(int), BINS - 1), minlength=BINS)
    return counts / finite.size, (low, high)


def _mean(a: Array) -> Array:
    with np.errstate(all="ignore"):
        return a.mean(axis=0) if len(a) else np.full(a.shape[1], np.nan)
