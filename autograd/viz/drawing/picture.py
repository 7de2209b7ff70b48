"""Picture, a drawing that is not a graph of cards, shown and saved like one. Next: `draw.py`."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..elements.markup import printable
from ..elements.theme import check_theme
from .drawing import Drawing
from .svg import Drawn

if TYPE_CHECKING:
    import graphviz


class Picture(Drawing):
    """A drawing with its text, for notebooks, files and terminals.

    Parameters
    ----------
    drawn : Drawn
        The SVG before its style sheet; its label is the title.
    text : str
        For terminals.
    theme : str
        "auto", "light" or "dark".
    """

    def __init__(self, drawn: Drawn, text: str, theme: str = "auto") -> None:
        self.theme = check_theme(theme)
        self.engine = "auto"
        self._text = printable(text)
        # instead of the cached property of Drawing: there is nothing to lay out
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
    """A base class of objects displayed as pictures in notebooks; ``_picture`` draws."""

    def picture(self, theme: str = "auto") -> Picture:
        """Return the picture, with methods ``svg``, ``html`` and ``save``.

        Parameters
        ----------
        theme : {"auto", "light", "dark"}

        Returns
        -------
        Picture
        """
        return self._picture(theme)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, as `Drawing.save` does.

        Parameters
        ----------
        path : str or Path
            Ends in .svg, .html, .png, .pdf or .txt.

        Returns
        -------
        Path
            The file that was written.
        """
        return self.picture().save(path)

    @abstractmethod
    def _picture(self, theme: str) -> Picture:
        """Draw it."""

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return self.picture()._repr_mimebundle_(**kwargs)
