"""Random generators as plain data: found in a model, read, set and made again. Next: `archive.py`.

A layer such as `Dropout` keeps the generator it was given, and a run that goes on from a file needs
its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..modules.module import Module
from ..modules.tree import children

Rng = np.random.Generator | np.random.RandomState

# NumPy's bit generators, with the bound on the position in each one's buffer
_POSITIONS = {"PCG64": 0, "PCG64DXSM": 0, "SFC64": 0, "MT19937": 624, "Philox": 4}


def named_generators(model: Module) -> dict[str, Rng]:
    """Return the random generators of a model's modules by name, shared ones once.

    Examples
    --------
    >>> list(named_generators(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5, rng=0))))
    ['layers.1.rng']
    """
    found: dict[str, Rng] = {}
    seen: set[int] = set()
    stack: list[tuple[str, Any]] = [("", model)]
    while stack:
        name, x = stack.pop()
        if id(x) in seen:
            continue
        if isinstance(x, Rng):
            seen.add(id(x))
            found[name] = x
        elif (below := children(x)) is not None:
            seen.add(id(x))
            prefix = f"{name}." if name else ""
            stack.extend((f"{prefix}{key}", child) for key, child in reversed(below))
    return found


def state_of(rng: Rng) -> dict[str, Any]:
    """Return the state of a generator as plain data.

    Examples
    --------
    >>> state_of(np.random.default_rng(0))["bit_generator"]
    'PCG64'
    """
    if isinstance(rng, np.random.RandomState):
        return {"legacy": True, **dict(rng.get_state(legacy=False))}
    return dict(rng.bit_generator.state)


def set_state(rng: Rng, state: Mapping[str, Any]) -> None:
    """Set a generator to a state that `state_of` returned for one of its kind."""
    plain = {key: x for key, x in state.items() if key != "legacy"}
    if isinstance(rng, np.random.RandomState):
        rng.set_state(plain)
    else:
        rng.bit_generator.state = plain


def from_state(state: Mapping[str, Any]) -> Rng:
    """Return a new generator in a state that `state_of` returned.

    Raises
    ------
    ValueError, TypeError
        If it is not a state of one of NumPy's generators.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> copy = from_state(state_of(rng))
    >>> bool(rng.random() == copy.random())
    True
    """
    kind = state.get("bit_generator")
    if kind not in _POSITIONS:
        raise ValueError(f"no random generator {kind!r}; there are {', '.join(_POSITIONS)}")
    inner = state["state"]
    # NumPy accepts any position, and would read outside of the buffer
    position = inner.get("pos", state.get("buffer_pos", 0))
    if not 0 <= int(position) <= _POSITIONS[kind]:
        raise ValueError(f"the position {position} is outside the buffer of {kind}")
    bits = getattr(np.random, kind)(0)
    rng = np.random.RandomState(bits) if state.get("legacy") else np.random.Generator(bits)
    set_state(rng, state)
    return rng


@contextmanager
def generators_kept(model: Module) -> Iterator[None]:
    """Run a block, and then set the random generators of a model back to where they were.

    Examples
    --------
    >>> layer = nn.Dropout(0.5, rng=0)
    >>> with generators_kept(layer):
    ...     first = layer(np.ones(6))
    >>> np.array_equal(layer(np.ones(6)), first)
    True
    """
    states = [(rng, state_of(rng)) for rng in named_generators(model).values()]
    try:
        yield
    finally:
        for rng, state in states:
            set_state(rng, state)
