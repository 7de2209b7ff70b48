"""Helpers for optimisation by the names of HIPS autograd, for programs written for it.

Reading order: `flatten.py`, `optimizers.py`, `fixed_points.py`, `tracers.py`.
"""

import sys

from ..absent import refuse_names_of
from .flatten import flatten as flatten
from .tracers import const_graph as const_graph

__all__ = ["const_graph", "flatten"]

refuse_names_of(sys.modules[__name__])
