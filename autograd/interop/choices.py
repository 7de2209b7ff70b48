"""NumPy's choices between operands, on nodes. Next: `products.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from ..ops import elementwise as ops
from .common import UNSET, plain, refuse


@implements(np.where)
def _where(condition: Any, x: Any = UNSET, y: Any = UNSET) -> Any:
    if x is UNSET or y is UNSET:
        return np.where(plain(condition))
    return ops.where(condition, x, y)


@implements(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    refuse("clip", out=out)
    low = options.pop("min", a_min)
    high = options.pop("max", a_max)
    refuse("clip", **options)
    low = -np.inf if low is None or low is UNSET else low
    high = np.inf if high is None or high is UNSET else high
    return ops.clip(a, low, high)
