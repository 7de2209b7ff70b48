"""Drawing, what `draw` returns: a picture for notebooks, files, terminals. Next: `picture.py`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...settings import checked_choice, checked_path, checked_size
from ..elements.figures import Thumbnail, figure
from ..elements.markup import clip, escape, heading, printable
from ..elements.theme import PALETTES, check_theme
from ..graph.listing import LONGEST, columns
from ..layout.layout import Layout
from ..scene.scene import Card, Scene
from . import engines
from .cards import data_text, grad_text
from .svg import Drawn, draw_scene, lay_out

if TYPE_CHECKING:
    import graphviz

_LINES = 200
# drawings wider than this can be toggled between full size and the width of the page
_WIDE = 1100
# the smallest scale on a narrow page, before it scrolls: of wide drawings, and of others
_LEAST, _SMALLEST = 0.85, 0.65
# names in other libraries for showing and saving
_OF_OTHERS = {"display", "picture", "plot", "render", "savefig", "show", "view", "write"}
_SHOWN = "in a notebook it shows itself; elsewhere .save('picture.html') or .svg, .png, .pdf, .txt"


class Drawing:
    """A picture of a graph, as it was when `draw` was called.

    Displayed in notebooks. Layout and text are computed on first use. Made by `draw`.

    Attributes
    ----------
    scene : Scene
        The cards, edges and frames, as plain data.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> drawing = draw((a * a + a).tanh())
    >>> drawing.scene.summary
    '4 nodes, 5 edges'
    >>> drawing.svg().startswith("<svg")
    True
    """

    def __init__(
        self, scene: Scene, direction: str = "LR", theme: str = "auto", engine: str = "auto"
    ) -> None:
        self.scene = scene
        self.direction: str = checked_choice("direction", direction, "LR", "TB")
        self.theme = check_theme(theme)
        self.engine = engines.check_engine(engine)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError, with a hint how to show the picture."""
            cure = f"; {_SHOWN}" if name in _OF_OTHERS else ""
            text = f"{type(self).__name__!r} object has no attribute {name!r}{cure}"
            raise AttributeError(text, name=name, obj=self)

    @cached_property
    def layout(self) -> Layout:
        """The positions of all cards, frames and edges."""
        return lay_out(self.scene, self.direction)

    @property
    def _title(self) -> str:
        return f"Computation graph, {self.scene.summary}"

    @cached_property
    def _drawn(self) -> Drawn:
        return draw_scene(self.scene, self.layout)

    @cached_property
    def _by_dot(self) -> str | None:
        return engines.svg_by_dot(self.scene, self.direction) if self.engine == "dot" else None

    def svg(self, theme: str = "light") -> str:
        """Return the picture as SVG text.

        Parameters
        ----------
        theme : str
            "light" or "dark" with the colours in it, or "auto", which follows the page.

        Returns
        -------
        str
            The same graph gives the same text.

        Examples
        --------
        >>> draw(Value(2.0) * 3).svg("dark").startswith("<svg")
        True
        """
        check_theme(theme)
        return self._by_dot or self._drawn.svg(theme)

    def fragment(self) -> str:
        """Return the picture as a piece of HTML, to be put into a page.

        Examples
        --------
        >>> "<svg" in draw(Value(2.0) * 3).fragment()
        True
        """
        svg = self._by_dot or self._drawn.svg(self.theme)
        box, width = f".{self._drawn.scope}-box", self._drawn.width
        fit, least = "", _SMALLEST
        if width > _WIDE:
            # a switch: readable text in a box that scrolls, or everything at a glance
            least = _LEAST
            fit = (
                '<label style="font:12px system-ui,sans-serif;color:inherit">'
                '<input type="checkbox"> fit to width</label>'
            )
        # by keyboard, too, a box is scrolled once it has the focus; paper does not scroll
        pane = f'role="group" aria-label="{escape(self._title)}" tabindex="0"'
        return (
            f'<div class="{box[1:]}">{fit}<div {pane} style="overflow-x:auto">{svg}</div><style>'
            f"{box} svg{{max-width:100%;height:auto;min-width:{width * least:.0f}px}}"
            f"{box} label:has(:checked)~div svg{{min-width:0}}"
            f"@media print{{{box} label{{display:none}}{box} svg{{min-width:0}}}}</style></div>"
        )

    def html(self) -> str:
        """Return the picture as a self-contained page.

        Examples
        --------
        >>> draw(Value(2.0) * 3).html().startswith("<!doctype html>")
        True
        """
        title = escape(self._title)
        back = "".join(
            f"@media(prefers-color-scheme:{kind}){{body{{background:{PALETTES[kind]['bg']}}}}}"
            if self.theme == "auto"
            else f"body{{background:{PALETTES[kind]['bg']}}}"
            for kind in (("light", "dark") if self.theme == "auto" else (self.theme,))
        )
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>:root{{color-scheme:light dark}}body{{margin:16px}}"
            f"{back}</style></head>\n<body><main>{heading(self._title)}{self.fragment()}"
            "</main></body></html>\n"
        )

    def text(self, lines: int = _LINES) -> str:
        """Return the cards as lines of text, the last ones if there are too many.

        Parameters
        ----------
        lines : int
            The most lines to return.

        Examples
        --------
        >>> print(draw(Value(2.0, label="a") * 3).text())
        2 nodes, 1 edge; no backward pass yet
        a           data 2  grad not yet
        v2 = a * 3  data 6  grad not yet
        """
        lines = checked_size("text: lines", lines, 0)
        cards = list(self.scene.cards.values())
        skipped = max(len(cards) - lines, 0)
        rows = [_row(card) for card in cards[skipped:]]
        head = f"{self.scene.summary}" + "".join(f"; {note}" for note in self.scene.notes)
        more = [f"… {skipped:,} lines left out"] if skipped else []
        return printable("\n".join([head, *more, *([columns(rows)] if rows else [])]))

    def dot(self) -> graphviz.Digraph:
        """Return the picture as a `graphviz.Digraph`; nothing is rendered, no `dot` is needed.

        Examples
        --------
        >>> "a * 3" in draw(Value(2.0, label="a") * 3).dot().source
        True
        """
        from .dot import digraph

        return digraph(self.scene, self.direction)

    to_graphviz = dot

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format of its ending.

        Parameters
        ----------
        path : str or Path
            Ends in .svg, .html, .png, .pdf, .dot or .txt. A .png needs ``resvg-py``, CairoSVG or
            Graphviz, a .pdf CairoSVG or Graphviz.

        Returns
        -------
        Path
            The file, written completely or not at all.

        Raises
        ------
        ValueError
            For another ending.
        RuntimeError
            If nothing is installed that can make a .png or .pdf.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw(Value(2.0) * 3).save(f"{folder}/graph.svg").name
        'graph.svg'
        """
        return engines.save(self, checked_path("save", path))

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {
            "text/html": self.fragment(),
            "image/svg+xml": self.svg("light"),
            "text/plain": self.text(60),
        }

    def __repr__(self) -> str:
        return f"<Drawing of {self.scene.summary}>"

    def __str__(self) -> str:
        return self.text()


def _row(card: Card) -> tuple[str, ...]:
    if card.kind == "ghost":
        return card.name, "", "", "", ""
    if card.kind == "fold":
        times = f" (× {card.times})" if card.times > 1 else ""
        name = f"{card.path}.{card.name}" if card.path else card.name
        inside = f", {card.parameters:,} parameters" if card.parameters else ""
        what = f"[{name}]{times} {card.count:,} nodes{inside}"
        return what, "", "", "", f"max |grad| {grad_text(card)}"
    what = card.formula or card.label
    left = f"{card.name} = {what}" if what else card.name
    where = f"in {card.path}" if card.path and not card.label else ""
    shape = "×".join(map(str, card.shape))
    x, g = card.data, card.grad
    data = f"‖{figure(x.norm)}‖" if isinstance(x, Thumbnail) else data_text(x)
    grad = f"‖{figure(g.norm)}‖" if isinstance(g, Thumbnail) else grad_text(card)
    return clip(left, LONGEST), where, shape, f"data {data}", f"grad {grad}"
