"""NumPy's products on nodes. Next: `creation.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_operators import dot as _dot
from ..dispatch import implements
from .common import refuse


@implements(np.dot)
def _np_dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse("dot", out=out)
    return _dot(a, b)
