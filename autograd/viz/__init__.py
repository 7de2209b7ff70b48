"""Pictures of graphs: `listing.py` names the nodes and writes text, `dot.py` Graphviz."""

from .dot import to_graphviz
from .listing import listing

__all__ = ["listing", "to_graphviz"]
