"""Saving and loading: parameters, buffers, optimizer, history and random state in one file.

`load` checks everything in the file against the model (`matching.py`) before it changes anything.
The file format is in `archive.py`. Next: `../diagnosis/`.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograd.settings import checked_flag, checked_path

from ..modules.buffers import set_buffers
from ..modules.module import Module, check_module
from ..modules.tree import walk
from ..optim.optimizer import check_optimizer
from ..training.history import History
from . import archive
from .generators import Rng, named_generators, set_state
from .matching import fitting_buffers, fitting_generators, fitting_parameters

Array = np.ndarray[Any, Any]
_REPR = 10_000  # the most characters of a model's text to store


@dataclass(repr=False)
class Checkpoint:
    """The contents of a file; `load` has put the parameters and buffers into the model.

    ``parameters`` and ``buffers`` are all arrays by name, ``optimizer`` is the state of the
    optimizer or None, ``history``, ``state`` and ``metadata`` are what was given to `save`,
    ``model`` is the text of the model. ``missing`` and ``unknown`` are the names that
    ``strict=False`` passed over.

    Examples
    --------
    >>> import tempfile
    >>> model = nn.Linear(2, 1, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = nn.save(f"{folder}/model.npz", model, metadata="the first try")
    ...     checkpoint = nn.load(path, model)
    >>> checkpoint.metadata, list(checkpoint.parameters)
    ('the first try', ['weight', 'bias'])
    """

    path: Path
    parameters: dict[str, Array]
    optimizer: dict[str, Any] | None = None
    history: Any = None
    state: Any = None
    metadata: Any = None
    model: str = ""
    generators: dict[str, Rng] = field(default_factory=dict)
    buffers: dict[str, Array] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        numbers = sum(math.prod(a.shape) for a in self.parameters.values())
        parts = [f"{len(self.parameters)} parameters, {numbers} numbers"]
        if self.optimizer is not None:
            parts.append(str(self.optimizer["state"].get("optimizer", "an optimizer")))
        parts += [
            name for name in ("history", "state", "metadata") if getattr(self, name) is not None
        ]
        return f"Checkpoint({self.path.name!r}: {', '.join(parts)})"


def save(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Any = None,
    *,
    history: Any = None,
    state: Any = None,
    metadata: Any = None,
) -> Path:
    """Write a model to a file, with everything that training needs to continue.

    Of a module this saves its parameters, its registered buffers, and the random generators of its
    layers; another generator, such as that of the batches, goes into ``state``. Tied parameters are
    written once. The file is written beside the old one and renamed, so that at every moment there
    is a complete file of that name, whatever stops the program.

    Parameters
    ----------
    path : str or Path
        Ends in .npz, which `numpy.load` reads as well, or .safetensors, which needs the package
        safetensors.
    model : Module
    optimizer : Optimizer, optional
        Its settings, momenta and step counts.
    history : History, optional
        A History, or plain data.
    state, metadata : optional
        Plain data: dictionaries, lists, tuples, dataclasses, strings, numbers, arrays, and NumPy
        random generators. `load` returns them; dataclasses as dictionaries.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    TypeError
        If something is not plain data; the message names its place.
    ValueError
        For any other ending.
    OSError
        If the file cannot be written. The old file is unchanged.

    Examples
    --------
    >>> import tempfile
    >>> model = nn.Linear(2, 3, rng=0)
    >>> optimizer = nn.Adam(model.parameters(), lr=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = nn.save(f"{folder}/run.npz", model, optimizer=optimizer, state={"epoch": 3})
    ...     other = nn.Linear(2, 3, rng=1)
    ...     found = nn.load(path, other)
    >>> found.state, bool((other.weight.data == model.weight.data).all())
    ({'epoch': 3}, True)
    """
    path = _checked_path("save", path)
    check_module("save", model)
    arrays = model.state_dict()
    buffers = {name: arrays.pop(name) for name, _ in model.named_buffers()}
    tree: dict[str, Any] = {
        "model": {
            "repr": repr(model)[:_REPR],
            "parameters": arrays,
            "tied": _tied(model),
            "generators": named_generators(model),
            **({"buffers": buffers} if buffers else {}),
        },
        "history": {"History": history.to_dict()} if isinstance(history, History) else history,
        "state": state,
        "metadata": metadata,
    }
    if optimizer is not None:
        check_optimizer("save", optimizer)
        names = _names_of(model, optimizer)
        tree["optimizer"] = {"parameters": names, "state": optimizer.state_dict()}
    archive.write(path, tree)
    return path


def load(
    path: str | os.PathLike[str],
    model: Module | None = None,
    optimizer: Any = None,
    *,
    strict: bool = True,
) -> Checkpoint:
    """Read a file that `save` wrote into a model of the same structure.

    Everything is read and checked first: after an error, model and optimizer are unchanged. Nothing
    in a file is ever executed.

    Parameters
    ----------
    path : str or Path
    model : Module, optional
        Gets the parameters and buffers, cast to its dtypes, and the states of its layers' random
        generators. Without a model the file is only read.
    optimizer : Optimizer, optional
        Gets the settings, momenta and step counts.
    strict : bool
        If False, parameters that only the model or only the file has are passed over and listed in
        the result. Shapes must be equal all the same.

    Returns
    -------
    Checkpoint
        ``history``, ``state``, ``metadata``, and all parameters as arrays.

    Raises
    ------
    ValueError
        If the file is damaged, of another format, or does not fit the model: the message names the
        parameter and both shapes.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = nn.save(f"{folder}/run.npz", nn.Linear(2, 3), metadata={"by": "me"})
    ...     nn.load(path)
    Checkpoint('run.npz': 2 parameters, 9 numbers, metadata)
    """
    path = _checked_path("load", path)
    strict = checked_flag("load: strict", strict)
    if model is not None:
        check_module("load", model)
    found, tied = _checkpoint(path, archive.read(path))
    targets = [] if model is None else fitting_parameters(model, found, tied, strict)
    buffers = {} if model is None else fitting_buffers(model, found, strict)
    generators = [] if model is None else fitting_generators(model, found, strict)
    if optimizer is not None:
        # checks everything before it changes anything, as this function does
        _load_optimizer(optimizer, model, found)
    for parameter, numbers in targets:
        parameter.data = numbers
    if model is not None:
        set_buffers(model, buffers)
    for rng, state in generators:
        set_state(rng, state)
    return found


# --------------------------------------------------------------------------------------------------
# Writing


def _checked_path(name: str, path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f'{name} takes the name of a file first, as nn.{name}("model.npz", model); got '
            f"{type(path).__name__}"
        )
    return checked_path(name, path)


def _tied(model: Module) -> dict[str, str]:
    """Return {further name: first name} of the tied parameters, which have several names."""
    first = {id(p): name for name, p in model.named_parameters()}
    return {
        name: first[id(x)] for name, _, x in walk(model) if id(x) in first and first[id(x)] != name
    }


def _names_of(model: Module, optimizer: Any) -> list[str | None]:
    """Return the names of an optimizer's parameters in order; None for one from elsewhere."""
    names = {id(p): name for name, p in model.named_parameters()}
    return [names.get(id(p)) for p in getattr(optimizer, "parameters", ())]


# --------------------------------------------------------------------------------------------------
# Reading


def _checkpoint(path: Path, tree: dict[str, Any]) -> tuple[Checkpoint, dict[str, str]]:
    """Return the contents of a file, and the names of tied parameters."""
    model, optimizer = tree.get("model"), tree.get("optimizer")
    parameters = model.get("parameters") if isinstance(model, dict) else None
    if not isinstance(parameters, dict) or not isinstance(model, dict):
        raise ValueError(f"{path.name} holds no model; was it written by nn.save?")
    arrays = {str(name): np.asarray(x) for name, x in parameters.items()}
    buffers = {k: np.asarray(x) for k, x in _mapping(path, model, "buffers").items()}
    for name, a in (*arrays.items(), *buffers.items()):
        if a.dtype.kind not in "fiub":
            raise ValueError(f"{path.name}: parameter {name!r} is of {a.dtype}, not a number")
    if optimizer is not None and not (
        isinstance(optimizer, dict) and isinstance(optimizer.get("state"), dict)
    ):
        raise ValueError(f"{path.name} holds no state of an optimizer where one should be")
    generators = _mapping(path, model, "generators")
    if not all(isinstance(rng, Rng) for rng in generators.values()):
        raise ValueError(f"{path.name} holds no random generators where there should be some")
    rest: dict[str, Any] = {name: tree.get(name) for name in ("history", "state", "metadata")}
    text = str(model.get("repr", ""))
    if isinstance(rest["history"], dict) and rest["history"].keys() == {"History"}:
        rest["history"] = History.from_dict(rest["history"]["History"])
    rest |= {"generators": generators, "buffers": buffers}
    found = Checkpoint(path, arrays, optimizer, model=text, **rest)
    return found, {k: str(v) for k, v in _mapping(path, model, "tied").items()}


def _mapping(path: Path, model: dict[str, Any], name: str) -> dict[str, Any]:
    found = model.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} holds no {name} where there should be some")
    return found


def _load_optimizer(optimizer: Any, model: Module | None, found: Checkpoint) -> None:
    check_optimizer("load", optimizer)
    if found.optimizer is None:
        raise ValueError(
            f"{found.path.name} holds no optimizer; load the model alone, or save with optimizer="
        )
    stored = found.optimizer.get("parameters")
    own = None if model is None else _names_of(model, optimizer)
    if own is not None and stored is not None and stored != own:
        raise ValueError(
            f"{found.path.name}: the optimizer was saved over the parameters {stored}, this one is "
            f"over {own}. Nothing was loaded; give it model.parameters() as then"
        )
    try:
        optimizer.load_state_dict(found.optimizer["state"])
    except Exception as error:  # a malicious state may raise anything
        raise ValueError(f"{found.path.name}: {error}. Nothing was loaded") from error
