"""The rules of differentiation, by family. They are plain NumPy and know nothing about nodes.

Read `elementwise.py` first; then `powers.py`, `choices.py`, `piecewise.py`, `activations.py`,
`elementwise_more.py`, `reductions.py`, `spread.py`, `running.py`, `softmaxes.py`, `shaping.py`,
`windows.py`, `indexing.py`, `ordering.py`, `differences.py`, `polynomials.py`, `assignment.py`,
`linalg.py`, `decompositions.py`, `fused.py`.
"""

from . import (
    activations,
    assignment,
    choices,
    decompositions,
    differences,
    elementwise,
    elementwise_more,
    fused,
    indexing,
    linalg,
    ordering,
    piecewise,
    polynomials,
    powers,
    reductions,
    running,
    shaping,
    softmaxes,
    spread,
    windows,
)

__all__ = [
    "activations",
    "assignment",
    "choices",
    "decompositions",
    "differences",
    "elementwise",
    "elementwise_more",
    "fused",
    "indexing",
    "linalg",
    "ordering",
    "piecewise",
    "polynomials",
    "powers",
    "reductions",
    "running",
    "shaping",
    "softmaxes",
    "spread",
    "windows",
]
