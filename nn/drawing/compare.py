"""compare_inits: what an initialisation does to activations and gradients, layer by layer.

Next: `../recordings/`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.settings import described, is_iterable, shown
from autograd.viz import Picture
from autograd.viz.graph.listing import columns

from ..diagnosis.verdicts import THRESHOLDS
from ..init import generator
from ..layers.chains import MLP
from ..losses.modules import check_loss
from ..modules.module import Module
from .compare_picture import draw_comparison
from .layers import Array, Layer, parted
from .tensors import read_tensors

_BINS = 40


@dataclass(frozen=True)
class LayerSpread:
    """The distributions of one layer.

    Attributes
    ----------
    outputs, gradients : array
        All entries of the output O and of ∂L/∂W.
    saturated, dead : float
        The share of outputs where a sigmoid or tanh is flat, and of units that are 0 for the whole
        batch; 0 for other activations.
    """

    name: str
    activation: str
    outputs: Array
    gradients: Array
    upstream: float
    saturated: float
    dead: float
    symmetric: bool

    @property
    def spread(self) -> float:
        """The standard deviation of the outputs."""
        return _quiet(np.std, self.outputs)

    @property
    def typical_gradient(self) -> float:
        """The root mean square of ∂L/∂W."""
        return _quiet(lambda g: np.sqrt(np.mean(np.square(g))), self.gradients)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers, with histograms of the outputs and of log₁₀|∂L/∂W|."""
        sizes = np.abs(self.gradients[np.isfinite(self.gradients) & (self.gradients != 0)])
        return {
            "name": self.name,
            "activation": self.activation,
            "mean": _quiet(np.mean, self.outputs),
            "std": self.spread,
            "gradient": self.typical_gradient,
            "upstream": self.upstream,
            "saturated": self.saturated,
            "dead": self.dead,
            "outputs": _histogram(self.outputs),
            "log_gradients": _histogram(np.log10(sizes)),
        }


@dataclass(frozen=True)
class Start:
    """One initialisation: its layers, and descriptions of what is wrong with it."""

    name: str
    layers: tuple[LayerSpread, ...]
    verdict: str


class InitComparison(Picture):
    """The result of `compare_inits`: initialisations as a picture, plain data and a table.

    Attributes
    ----------
    starts : tuple of Start
        One for each initialisation, in the order given.
    """

    def __init__(self, starts: tuple[Start, ...], theme: str = "auto") -> None:
        super().__init__(draw_comparison(starts), _table(starts), theme)
        self.starts = starts

    def __getitem__(self, name: str) -> Start:
        """Return an initialisation by name; raise KeyError for an unknown one."""
        for start in self.starts:
            if start.name == name:
                return start
        raise KeyError(f"{shown(name)} was not compared; there are {[s.name for s in self.starts]}")

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain data, by initialisation."""
        return {
            s.name: {"verdict": s.verdict, "layers": [x.to_dict() for x in s.layers]}
            for s in self.starts
        }


def compare_inits(
    structure: Sequence[int] | Callable[[Any], Module],
    inits: Sequence[Any] | Mapping[str, Any],
    batch: Any,
    *,
    targets: Any = None,
    loss: Callable[..., Any] | None = None,
    activation: Any = "tanh",
    rng: Any = 0,
    theme: str = "auto",
) -> InitComparison:
    """Compare the outputs and gradients that initialisations give before any training.

    Parameters
    ----------
    structure : sequence of int or function
        Sizes of an `MLP` that gets ``activation``, or a function that takes an initialiser and
        returns a model.
    inits : sequence or mapping
        Names of initialisers or functions, as in `Linear`; a mapping gives them other names.
    batch : array_like of shape (n, k), pair (x, y) or Dataset
        The samples to run.
    targets, loss
        As in `draw_network`. Without a loss the gradient is that of the sum of the outputs.
    activation : str, Module or function
        As in `MLP`.
    rng : int or Generator
        A seed gives every initialisation the same random numbers.
    theme : str
        "auto", "light" or "dark".

    Returns
    -------
    InitComparison
        Displayed in notebooks; ``starts`` and ``to_dict()`` have the numbers.

    Raises
    ------
    ValueError
        If there is nothing to compare, the batch does not fit, or there are targets but no loss.
    TypeError
        If the function returns no Module, or ``rng`` is not a seed or generator.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(64, 20))
    >>> compared = compare_inits([20] * 11, ["xavier_normal"], x)
    >>> [(start.name, start.verdict) for start in compared.starts]
    [('xavier_normal', 'healthy')]
    """
    if isinstance(inits, str) or not is_iterable(inits):
        raise TypeError(
            f"compare_inits: the initialisers are {described(inits)}; give a list of "
            'them, such as ["xavier_uniform", "he_normal"]'
        )
    named = dict(inits) if isinstance(inits, Mapping) else {_name(x): x for x in inits}
    if not named:
        raise ValueError('compare_inits: name at least one initialiser, such as ["xavier_uniform"]')
    if targets is not None and loss is None:
        raise ValueError(
            "compare_inits: targets without a loss to compare them with; give loss=nn.MSELoss() "
            "or another"
        )
    if loss is not None:
        check_loss("compare_inits", loss)
    x, y = parted("compare_inits", batch, targets)
    if x is None or np.size(getattr(x, "data", x)) == 0:
        raise ValueError("compare_inits: the batch is empty; give rows of samples")
    if not isinstance(rng, int | np.integer):
        # the same random numbers for all: a generator is drawn from once
        rng = int(generator(rng).integers(2**31))
    starts = []
    for name, init in named.items():
        model = _model(structure, init, activation, rng)
        network = read_tensors(model, x, None if loss is None else y, loss or _total)
        layers = tuple(_spread(k, layer) for k, layer in enumerate(network.layers[1:], 1))
        starts.append(Start(name, layers, "; ".join(_verdicts(layers)) or "healthy"))
    return InitComparison(tuple(starts), theme)


def _total(output: Any) -> Any:
    return output.sum()


def _name(init: Any) -> str:
    return init if isinstance(init, str) else str(getattr(init, "__name__", init))


def _model(structure: Any, init: Any, activation: Any, seed: int) -> Module:
    if not callable(structure):
        return MLP(structure, activation, init=init, rng=seed)
    model = structure(init)
    if not isinstance(model, Module):
        raise TypeError(
            f"compare_inits: the function must return an nn.Module, got {type(model).__name__}"
        )
    return model


def _spread(k: int, layer: Layer) -> LayerSpread:
    """Return the distributions of a layer whose gradients are known."""
    outputs, weight, g = layer.o, layer.weight, layer.weight_grad
    assert outputs is not None
    assert weight is not None
    flat = {"tanh": np.abs(outputs) > 0.97, "σ": np.abs(outputs - 0.5) > 0.485}
    dead = (outputs == 0).all(axis=0).mean() if layer.activation == "ReLU" else 0.0
    z = layer.z_grad
    upstream = math.nan if z is None else _quiet(lambda a: np.sqrt(np.mean(np.square(a))), z)
    return LayerSpread(
        layer.path or f"L{k}",
        layer.activation,
        outputs.ravel(),
        np.zeros(weight.size) if g is None else g.ravel(),
        upstream,
        float(flat[layer.activation].mean()) if layer.activation in flat else 0.0,
        float(dead),
        bool(layer.units > 1 and (weight == weight[:, :1]).all()),
    )


def _verdicts(layers: Sequence[LayerSpread]) -> Iterator[str]:
    """Yield descriptions of what is wrong."""
    hidden = [x for x in layers if x.activation] or list(layers)
    if not all(np.isfinite(x.outputs).all() and np.isfinite(x.gradients).all() for x in layers):
        yield "not finite: outputs or gradients overflow"
        return
    still = sum(not x.gradients.any() for x in layers)
    if still:
        yield f"no gradient: ∂W is 0 in {still} of {len(layers)} layers"
    if len(layers) > 1 and all(x.symmetric for x in layers[:-1]):
        yield "symmetric: the units of a layer are equal and stay so"
    first, last = layers[0].upstream, layers[-1].upstream
    if first and first < last * THRESHOLDS["vanishing"]:
        yield f"vanishing: ∂Z is {_times(last / first)} smaller at the input"
    elif first > last * THRESHOLDS["exploding"]:
        yield f"exploding: ∂Z is {_times(first / last)} larger at the input"
    saturated = float(np.mean([x.saturated for x in hidden]))
    if saturated > THRESHOLDS["saturated"]:
        yield f"saturated: {saturated:.0%} of the outputs are flat"
    dead = float(np.mean([x.dead for x in hidden]))
    if dead > THRESHOLDS["dead"]:
        yield f"dead: {dead:.0%} of the units are 0 for the whole batch"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio < 1e6 else f"{ratio:.0e} times".replace("e+", "e")


def _quiet(function: Callable[..., Any], a: Array) -> float:
    with np.errstate(all="ignore"):
        return float(function(a)) if a.size else math.nan


def _histogram(a: Array) -> dict[str, list[float]]:
    finite = a[np.isfinite(a)]
    counts, edges = np.histogram(finite, _BINS) if finite.size else (np.zeros(0), np.zeros(0))
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def _table(starts: Sequence[Start]) -> str:
    """Return the comparison as lines of text."""
    lines = []
    for start in starts:
        lines.append(f"{start.name}: {start.verdict}")
        rows = []
        for x in start.layers:
            more = f"{x.saturated:.0%} flat" if x.saturated else f"{x.dead:.0%} dead" * bool(x.dead)
            spread, size = f"std O {x.spread:.3g}", f"rms ∂W {x.typical_gradient:.3g}"
            rows.append((f"  {x.name}", x.activation, spread, size, more))
        lines.append(columns(rows))
    return "\n".join(lines)
