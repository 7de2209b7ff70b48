"""Pictures and formulas of graphs. Begin with `drawing/draw.py`, `paper/derive.py`, `stepping/`.

Everything is computed from the one table of rules and the real backward sweep, so nothing here can
disagree with the arithmetic.

Reading order of the folders, whose first files tell that of their own:

* `elements/`: numbers as text, indices, colours, pieces of SVG
* `graph/`: a graph read for people, with names and numbers; `listing`
* `layout/`: boxes in columns, frames in frames
* `scene/`: what a picture shows, as cards; sums and modules folded
* `drawing/`: a scene as SVG or by Graphviz, shown and saved; `draw`
* `paper/`: the chain rule and the paths of a gradient, written out; `derive` and `why`
* `export/`: a graph as a program; `to_numpy_source`, `to_torch_source`
* `stepping/`: the backward pass step by step; `stepper` and `step_through`
* `expansion/`: arrays opened into numbers; `zoom`
"""

from .drawing.dot import to_graphviz
from .drawing.draw import draw, draw_dot
from .drawing.drawing import Drawing
from .drawing.picture import Picture
from .expansion.zoom import Zoom, zoom
from .export.source import to_numpy_source, to_torch_source
from .graph.listing import listing
from .paper.derive import Derivation, derive
from .paper.why import Path, Paths, why
from .stepping.step_through import Walk, step_through
from .stepping.stepper import Stepper, stepper

__all__ = [
    "Derivation",
    "Drawing",
    "Path",
    "Paths",
    "Picture",
    "Stepper",
    "Walk",
    "Zoom",
    "derive",
    "draw",
    "draw_dot",
    "listing",
    "step_through",
    "stepper",
    "to_graphviz",
    "to_numpy_source",
    "to_torch_source",
    "why",
    "zoom",
]
