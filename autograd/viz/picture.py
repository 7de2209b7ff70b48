"""Picture, a drawing that is not a graph of cards, shown and saved like one. Next: `draw.py`."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from .drawing import Drawing
from .markup import printable
from .svg import Drawn
from .theme import check_theme

if TYPE_CHECKING:
    import graphviz


class Picture(Drawing):
    """A finished drawing with its text, for notebooks, files and terminals.

    Parameters
    ----------
    drawn : Drawn
        The SVG before its style sheet; its label is the title.
    text : str
        What a terminal shows.
    theme : str
        "auto", "light" or "dark".
    """

    def __init__(self, drawn: Drawn, text: str, theme: str = "auto") -> None:
        self.theme = check_theme(theme)
        self.engine = "auto"
        self._text = printable(text)
        # in the place of the cached property: nothing is laid out later
        self.__dict__["_drawn"] = drawn

    @property
    def _title(self) -> str:
        return self._drawn.label

    def text(self, lines: int = 0) -> str:
        """Return the picture as lines of text; 0 for all of them."""
        rows = self._text.splitlines()
        if not lines or len(rows) <= lines:
            return self._text
        return "\n".join([*rows[:lines], f"… {len(rows) - lines:,} lines left out"])

    def dot(self) -> graphviz.Digraph:
        """Raise `io.UnsupportedOperation`, as this is not a graph for Graphviz."""
        raise io.UnsupportedOperation(
            "this picture has no DOT form; save it as .svg, .html, .txt, .png or .pdf"
        )

    to_graphviz = dot

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._title}>"


class Pictured(ABC):
    """What has a picture, and shows it in notebooks; a subclass draws it in ``_picture``."""

    def picture(self, theme: str = "auto") -> Picture:
        """Return the picture, which has ``svg``, ``html`` and ``save``.

        Parameters
        ----------
        theme : {"auto", "light", "dark"}

        Returns
        -------
        Picture
        """
        return self._picture(theme)

    @abstractmethod
    def _picture(self, theme: str) -> Picture:
        """Draw it."""

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return self.picture()._repr_mimebundle_(**kwargs)
