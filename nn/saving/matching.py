"""Whether a file fits a model: names, shapes and random generators. Next: `io.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value

from ..modules.module import Module
from ..modules.states import by_name
from .generators import Rng, named_generators, state_of

if TYPE_CHECKING:
    from .io import Checkpoint

Array = np.ndarray[Any, Any]
_CLOSE = 1 / 2  # the least similarity of two names for a hint
_MOST, _COMPARED = 10, 500  # the most names to list, and to compare with


def fitting_parameters(
    model: Module, found: Checkpoint, tied: Mapping[str, str], strict: bool
) -> list[tuple[Any, Any]]:
    """Return pairs (parameter, new data); raise ValueError if file and model do not match."""
    named = by_name(type(model).__name__, model.named_parameters())
    _match(model, found, named, found.parameters, tied, strict)
    return [(p, a) for _, p, a in _of_one_shape(model, found, named, found.parameters)]


def fitting_buffers(model: Module, found: Checkpoint, strict: bool) -> dict[str, Array]:
    """Return the new data of buffers; raise ValueError if file and model do not match."""
    named = by_name(type(model).__name__, model.named_buffers())
    _match(model, found, named, found.buffers, {}, strict)
    return {name: a for name, _, a in _of_one_shape(model, found, named, found.buffers)}


def _of_one_shape(
    model: Module, found: Checkpoint, own: Mapping[str, Any], stored: Mapping[str, Array]
) -> list[tuple[str, Any, Any]]:
    """Return (name, parameter, new data) for all names that both file and model have."""
    pairs = [(name, p, stored[name]) for name, p in own.items() if name in stored]
    shapes = [
        f"{name!r} has shape {p.shape}, in the file {a.shape}"
        for name, p, a in pairs
        if a.shape != p.shape
    ]
    if shapes:
        texts = _first(shapes, len(shapes))
        raise ValueError(
            f"{found.path.name} does not fit this {type(model).__name__}: {texts}. "
            "Nothing was loaded; build the model with the sizes it was saved with"
        )
    return [(name, p, _cast(name, p, a)) for name, p, a in pairs]


def _cast(name: str, parameter: Any, a: Array) -> Any:
    """Return data in the dtype of a parameter; raise ValueError if some would overflow."""
    if isinstance(parameter, Value):
        return float(a)
    if parameter.dtype.kind != "f":
        return a  # a buffer of counts
    with np.errstate(all="ignore"):
        cast = a.astype(parameter.dtype)
    if np.isinf(cast).sum() != np.isinf(a).sum():
        raise ValueError(
            f"parameter {name!r} holds numbers too large for {parameter.dtype}; the file has them "
            f"in {a.dtype}. Nothing was loaded; build the model with that dtype"
        )
    return cast


def fitting_generators(
    model: Module, found: Checkpoint, strict: bool
) -> list[tuple[Rng, dict[str, Any]]]:
    """Return pairs (generator, new state); raise ValueError if file and model do not match."""
    live = named_generators(model)
    _match(model, found, live, found.generators, {}, strict)
    pairs = [
        (live[name], state_of(rng), name) for name, rng in found.generators.items() if name in live
    ]
    for rng, state, name in pairs:
        own = state_of(rng)
        kinds = [(s["bit_generator"], s.get("legacy", False)) for s in (own, state)]
        if kinds[0] != kinds[1]:
            raise ValueError(
                f"the random generator {name!r} is a {own['bit_generator']}, in the file a "
                f"{state['bit_generator']}. Nothing was loaded; make the layer with one of its kind"
            )
    return [(rng, state) for rng, state, _ in pairs]


def _match(
    model: Module,
    found: Checkpoint,
    own: Iterable[str],
    stored: Iterable[str],
    tied: Mapping[str, str],
    strict: bool,
) -> None:
    """Compare names; what does not match is an error, or noted in ``found`` if not ``strict``."""
    mine, theirs = set(own), set(stored)
    missing = [name for name in own if name not in theirs]
    unknown = [name for name in stored if name not in mine]
    if strict and (missing or unknown):
        texts = [f"missing in the file: {_listed(missing, unknown, tied)}"] if missing else []
        texts += [f"unknown to the model: {_listed(unknown, missing, {})}"] if unknown else []
        raise ValueError(
            f"{found.path.name} does not fit this {type(model).__name__}: {'; '.join(texts)}. "
            "Nothing was loaded; build the model as it was saved, or pass strict=False"
        )
    found.missing += missing
    found.unknown += unknown


def _listed(names: list[str], others: list[str], tied: Mapping[str, str]) -> str:
    """Return a list of names as text, each with a similar name that may be meant."""
    from difflib import get_close_matches

    texts = []
    for name in names[:_MOST]:
        close = get_close_matches(name, others[:_COMPARED], 1, _CLOSE)
        hint = f" (tied to {tied[name]!r} there)" if name in tied else ""
        hint = hint or (f" (is it {close[0]!r}?)" if close else "")
        texts.append(f"{name!r}{hint}")
    return _first(texts, len(names))


def _first(texts: list[str], count: int) -> str:
    """Return the first few of many texts, separated by commas."""
    return ", ".join(texts[:_MOST]) + (f", and {count - _MOST} more" if count > _MOST else "")
