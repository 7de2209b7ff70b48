"""The comparison of orders as data of a page. Next: `page_data.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..elements.figures import figure, norm
from ..graph.listing import number
from .orders import Early, Orders, counted, differs

if TYPE_CHECKING:
    from .page_data import PageData

# so many nodes are listed, from the loss on
_ROWS = 400


def orders_data(page: PageData, orders: Orders) -> dict[str, Any]:
    """Return the data of the comparison: a row for every node shown, and what went wrong."""
    graph = page.graph
    shown = [u for u in page.units if isinstance(u, int) and u in orders.paths]
    shown.sort(reverse=True)
    found: dict[str, Any] = {
        "rows": [_order_row(page, orders, u) for u in shown[:_ROWS]],
        "visits": counted(orders.visits),
        "nodes": f"{len(orders.paths):,}",
        "tried": [orders.once is not None, orders.again is not None],
        "wrong": [
            sum(differs(other.get(u), graph.grad(u)) for u in orders.paths) if other else 0
            for other in (orders.once, orders.again)
        ],
    }
    if orders.early is not None and orders.once is not None:
        found["early"] = _too_early(page, orders.early, orders.once)
    return found


def _order_row(page: PageData, orders: Orders, u: int) -> dict[str, Any]:
    right = page.graph.grad(u)
    row: dict[str, Any] = {
        "unit": page.place[u],
        "paths": counted(orders.paths[u]),
        "right": brief(right),
    }
    for key, other in (("once", orders.once), ("again", orders.again)):
        if other is not None:
            row[key] = brief(other.get(u))
            row[f"{key}Wrong"] = differs(other.get(u), right)
    return row


def _too_early(page: PageData, early: Early, once: dict[int, Any]) -> dict[str, Any]:
    """Describe a node whose gradient was passed on before it was complete."""
    graph, i, t = page.graph, early.node, early.target
    return {
        "name": graph.name(i),
        "unit": page.place[page.made.unit[i]],
        "arrived": early.arrived,
        "uses": early.uses,
        "held": brief(early.held),
        "full": brief(graph.grad(i)),
        "target": graph.name(t),
        "wrong": brief(once[t]),
        "right": brief(graph.grad(t)),
    }


def brief(x: Any) -> str:
    """Format a number with four digits, an array by its norm, a small one in full."""
    if x is None:
        return "none"
    if np.ndim(x) == 0:
        return figure(float(x))
    return (
        number(x).replace("-", "−") if np.size(x) <= 4 else (f"{np.shape(x)} ‖{figure(norm(x))}‖")
    )
