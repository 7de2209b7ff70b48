"""What the answers to NumPy functions share. Next: `reductions.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import kind_of_rank
from ..ops import elementwise as ops
from ..value import Value

UNSET: Any = np._NoValue


def as_tensor(x: Any) -> Any:
    """Return x as an array node: values become 0-d tensors under their node."""
    kind = kind_of_rank(2)
    if isinstance(x, kind):
        return x
    return kind.__autograd_apply__(ops.positive, (x,), {}) if isinstance(x, Value) else kind(x)


def refuse(name: str, **options: Any) -> None:
    """Raise TypeError for an option of a NumPy function that is not supported on nodes."""
    for option, value in options.items():
        if value is not None and value is not UNSET:
            raise TypeError(f"np.{name}: {option}= is not supported on nodes")


def plain(x: Any) -> Any:
    """Return the numbers behind a node, anything else as it is."""
    return getattr(x, "_data", x)
