"""step_through: the backward pass as a page to walk through, move by move. Next: `../expansion/`.

The game is "Jumping Back" of Neural Threads (article 5.2.1): crossing an operation multiplies by
its local derivative; where roads meet, what they bring is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from ...settings import checked_path, checked_text, shown
from ..drawing.engines import write
from ..drawing.svg import Drawn, draw_scene, lay_out
from ..elements.theme import check_theme
from ..graph.graph import collect
from ..scene.folding import check_limits, plan
from ..scene.scene import Scene, scene_of
from .moves import Swept, seed_of, sweep
from .orders import compare
from .page import framed, page
from .page_data import page_data

# the height of the frame in a notebook, and the room for a number on an edge, in pixels
_HEIGHT, _GAP = 720, 92.0


class Walk:
    """The result of `step_through`: every step of one backward pass, as plain data.

    Displayed in notebooks, in an iframe.

    Attributes
    ----------
    scene : Scene
        The picture, with the final gradients.
    steps : list of dict
        The content of the page at every step.
    """

    def __init__(self, scene: Scene, data: dict[str, Any], drawn: Drawn, title: str, theme: str):
        self.scene = scene
        self.data = data
        self.title = title
        self.theme = theme
        self._drawn = drawn

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps in order: the start, forward, the seed, backward, the end."""
        found: list[dict[str, Any]] = self.data["steps"]
        return found

    def __len__(self) -> int:
        return len(self.steps)

    def html(self) -> str:
        """Return the page: a single file, which works without a network connection."""
        return self._page

    @cached_property
    def _page(self) -> str:
        return page(self.data, self._drawn, self.title, self.theme)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, completely or not at all.

        Parameters
        ----------
        path : str or Path
            Ends in .html.

        Raises
        ------
        ValueError
            For another ending.
        """
        path = checked_path("save", path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"cannot save {path.name!r}: a step-through is a page, the name ends in .html; "
                "autograd.stepper gives the steps as text, autograd.draw a picture"
            )
        write(path, self.html().encode())
        return path

    def _repr_html_(self) -> str:
        return framed(self.html(), self.title, _HEIGHT)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        # previews that drop frames show the final picture
        return {
            "text/html": self._repr_html_(),
            "image/svg+xml": self._drawn.svg("dark" if self.theme == "dark" else "light"),
            "text/plain": repr(self),
        }

    def __repr__(self) -> str:
        return (
            f"<Walk through {self.scene.summary}: {len(self)} steps; .save('walk.html') opens it>"
        )


def step_through(
    loss: Any,
    gradient: Any = None,
    *,
    max_nodes: int = 120,
    max_steps: int = 400,
    depth: int | None = None,
    expand: Iterable[str] = (),
    title: str = "Jumping Back",
    theme: str = "auto",
) -> Walk:
    """Return a page that walks through forward and backward pass of a loss, node by node.

    At every node it shows upstream gradient, local derivative and contribution, what is summed
    over, and how the gradient of each operand grows. It can ask questions, and it compares naive
    orders of the backward pass with the right one. The graph is not changed.

    Parameters
    ----------
    loss : Value or Tensor
        Where the backward pass starts: a single number, unless ``gradient`` is given.
    gradient : array_like, optional
        The upstream gradient, of the shape of the loss.
    max_nodes, depth, expand
        As for `draw`, except that chains of + and − are not folded but walked node by node.
    max_steps : int
        Backward moves beyond this number are made in one last step.
    title : str
        The heading of the page.
    theme : str
        "auto" follows the system, "light" and "dark" do not; the page has a switch.

    Returns
    -------
    Walk
        Displayed in notebooks; ``save("walk.html")`` writes the page.

    Raises
    ------
    TypeError
        If ``loss`` is not a node, or nothing in its graph requires a gradient.
    ValueError
        If it is not a scalar and there is no gradient, or for an unknown module or theme, or limits
        below 1.
    RuntimeError
        If the graph was released, or a leaf changed since it was used.

    Examples
    --------
    >>> a = Value(3.0, label="a")
    >>> step_through(a * a)
    <Walk through 2 nodes, 2 edges: 5 steps; .save('walk.html') opens it>
    """
    check_limits(max_nodes, depth)
    if isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1:
        raise ValueError(f"max_steps is a whole number from 1, got {shown(max_steps)}")
    check_theme(theme)
    checked_text("step_through: title", title)
    read = collect(loss)
    graph = Swept(read.items, read.index, read.arrays, ran=True)
    seed = seed_of(graph, gradient)
    made = plan(graph, max_nodes, depth, expand, sums=False)
    swept = sweep(graph, made, seed, max_steps)
    scene = scene_of(made)
    layout = lay_out(scene, gap=_GAP)
    data = page_data(made, swept, scene, layout, compare(graph, seed))
    return Walk(scene, data, draw_scene(scene, layout), title, theme)
