"""Pictures of graphs. `listing.py` names the nodes and writes them as text, `dot.py` as Graphviz."""

from .dot import to_graphviz
from .listing import listing

__all__ = ["listing", "to_graphviz"]
