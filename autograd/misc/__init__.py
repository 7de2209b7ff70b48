"""Helpers for optimisation by the names of HIPS autograd, for programs written for it.

Reading order: `flatten.py`, `optimizers.py`, `fixed_points.py`.
"""

from .flatten import flatten as flatten

__all__ = ["flatten"]
