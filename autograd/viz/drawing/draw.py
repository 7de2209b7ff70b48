"""draw: a picture of the graph behind a number. Next: `../paper/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...settings import shown
from ..scene.folding import check_limits
from ..scene.scene import build
from .drawing import Drawing

if TYPE_CHECKING:
    import graphviz


def draw(
    root: Any,
    *,
    max_nodes: int = 250,
    depth: int | None = None,
    expand: Iterable[str] = (),
    direction: str = "LR",
    theme: str = "auto",
    engine: str = "auto",
) -> Drawing:
    """Draw the graph behind a value or tensor: operations, data, gradients, modules.

    Parameters
    ----------
    root : Value, Tensor or Node
        What to draw, with everything that it was computed from.
    max_nodes : int
        Larger graphs are folded: the deepest modules first, then what is farthest from the root.
        Of a sum of more than a tenth as many terms, only the first and the last are drawn.
    depth : int, optional
        How many levels of modules are open: 0 folds all of them.
    expand : str or iterable of str
        Paths of modules that stay open, such as ``"layers.0"``.
    direction : str
        "LR" from left to right, long graphs in rows, or "TB" from top to bottom.
    theme : str
        "auto" follows the page, "light" and "dark" do not.
    engine : str
        "auto" and "builtin" need nothing but this package; "dot" asks Graphviz for the layout, and
        falls back with a warning.

    Returns
    -------
    Drawing
        Shows itself in a notebook; has ``svg()``, ``html()``, ``text()``, ``dot()``, ``save()``.

    Raises
    ------
    TypeError
        If ``root`` is not a node.
    ValueError
        For an unknown module, direction, theme or engine, or ``max_nodes`` below 1.
    RuntimeError
        If the graph was released.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> y = a * a
    >>> y.backward()
    >>> print(draw(y).text())
    2 nodes, 2 edges
    a           data 2  grad +4
    v2 = a * a  data 4  grad +1
    """
    check_limits(max_nodes, depth)
    scene = build(root, max_nodes, depth, expand)
    return Drawing(scene, direction, theme, engine)


def draw_dot(root: Any, format: str = "svg", rankdir: str = "LR") -> graphviz.Digraph:
    """Return the graph as a `graphviz.Digraph`, as micrograd's notebooks call it.

    Parameters
    ----------
    root : Value, Tensor or Node
        What to draw, with everything that it was computed from.
    format : str
        What ``render`` makes; Graphviz's program ``dot`` is needed for that only.
    rankdir : str
        "LR" or "TB".

    Returns
    -------
    graphviz.Digraph

    Examples
    --------
    >>> draw_dot(Value(2.0) * 3).format
    'svg'
    """
    if not isinstance(format, str):
        raise TypeError(f"draw_dot: format is a name such as 'svg', got {shown(format)}")
    graph = draw(root, direction=rankdir).dot()
    graph.format = format
    return graph
