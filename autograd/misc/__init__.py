"""Helpers for optimisation by the names of HIPS autograd, for programs written for it.

Reading order: `flatten.py`, `optimizers.py`, `fixed_points.py`.
"""

import sys

from ..absent import refuse_names_of
from .flatten import flatten as flatten

__all__ = ["flatten"]

refuse_names_of(sys.modules[__name__])
