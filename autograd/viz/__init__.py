"""Pictures of graphs. `draw.py` is where to begin; `listing.py` writes them as text."""

from .dot import to_graphviz
from .draw import draw, draw_dot
from .drawing import Drawing
from .listing import listing

__all__ = ["Drawing", "draw", "draw_dot", "listing", "to_graphviz"]
