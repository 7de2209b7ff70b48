"""Checks of what `load_state_dict` is given, before anything is changed. Next: `module.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd.settings import array_of, checked_flag, checked_number


def check_mapping(name: str, state: Any) -> None:
    """Raise TypeError if a state is not a mapping but, for example, a file name."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{name}: load_state_dict takes the dict that state_dict() returned, got "
            f"{type(state).__name__}; nn.load reads files"
        )


def by_name(what: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return parameters or buffers by dotted name; raise ValueError if two have the same."""
    found: dict[str, Any] = {}
    for name, x in pairs:
        if name in found:
            raise ValueError(
                f"two arrays of this {what} are called {name!r}; of the keys of dicts in it, use "
                "none with dots, and not both 1 and '1'"
            )
        found[name] = x
    return found


def check_arrays(what: str, named: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Raise if names or shapes of arrays do not match the parameters and buffers of a module."""
    missing = [name for name in named if name not in arrays]
    unknown = [name for name in arrays if name not in named]
    if missing or unknown:
        both = (("missing", missing), ("unknown", unknown))
        parts = [f"{kind}: {', '.join(names)}" for kind, names in both if names]
        raise ValueError(
            f"this state does not belong to this {what}; {'; '.join(parts)}. Build the model as it "
            "was when the state was taken"
        )
    for name, p in named.items():
        if arrays[name].dtype.kind not in "fiub":
            raise TypeError(
                f"the state of {name!r} has dtype {arrays[name].dtype}; give real numbers"
            )
        if arrays[name].shape != p.shape:
            kind = "buffer" if isinstance(p, np.ndarray) else "parameter"
            turned = p.ndim == 2 and arrays[name].T.shape == p.shape
            raise ValueError(
                f"{kind} {name!r} of {what} has shape {p.shape}, the state has "
                f"{arrays[name].shape}; nothing was loaded"
                + ("; weights are (inputs, outputs), give the transpose" if turned else "")
            )


def check_entries(name: str, own: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Raise ValueError if the entries of a state differ from those of the optimizer."""
    kind = state.get("optimizer")
    if not isinstance(kind, str) or kind != name:
        raise ValueError(
            f"the state is of {state.get('optimizer')!r}, this is {name}; make one of its kind"
        )
    wrong = sorted(own.keys() ^ state.keys())
    if wrong:
        raise ValueError(
            f"{name}: the state has missing or unknown entries: {', '.join(wrong)}; make the "
            "optimizer over the same parameters"
        )
    for key, known in own.items():
        shape = array_of(f"{name}: the entry {key!r}", state[key]).shape
        if shape != np.shape(known):
            raise ValueError(
                f"{name}: the entry {key!r} has shape {shape}, {np.shape(known)} is needed; "
                "make the optimizer over the same parameters"
            )


def converted(name: str, own: Any, x: Any) -> Any:
    """Return an entry of a state in the type of the optimizer's own entry.

    Raises
    ------
    TypeError, ValueError
        If it cannot be converted.

    Examples
    --------
    >>> converted("SGD: lr", 0.1, np.float32(0.5))
    0.5
    """
    if isinstance(own, bool):
        return checked_flag(name, x)
    if isinstance(own, float):
        return checked_number(name, x)
    if not isinstance(own, np.ndarray | tuple | list):
        return type(own)(x)
    array = array_of(name, x)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} holds real numbers, got {array.dtype}; nothing was loaded")
    if isinstance(own, np.ndarray):
        return np.array(array, own.dtype)
    # a tuple of settings, such as the betas of Adam
    return type(own)(array.tolist())
