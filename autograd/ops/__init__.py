"""The rules of differentiation, by family. They are plain NumPy and know nothing of nodes.

Read `elementwise.py` first; then `reductions.py`, `shaping.py`, `indexing.py`, `linalg.py`,
`fused.py`.
"""

from . import (
    assignment,
    elementwise,
    elementwise_more,
    fused,
    indexing,
    linalg,
    reductions,
    shaping,
)

__all__ = [
    "assignment",
    "elementwise",
    "elementwise_more",
    "fused",
    "indexing",
    "linalg",
    "reductions",
    "shaping",
]
