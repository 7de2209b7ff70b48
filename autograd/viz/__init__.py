"""Pictures and formulas of graphs. Begin with `draw.py`, `stepper.py` and `derive.py`.

Everything is computed from the one table of rules and the real backward sweep, so nothing here can
disagree with the arithmetic.

Reading order:

* Reading a graph: `figures.py`, `naming.py`, `graph.py`, `subscripts.py`, `listing.py`
* Drawings: `sums.py`, `terms.py`, `places.py`, `folding.py`, `scene.py`, `columns.py`,
  `layered.py`, `layout.py`, `theme.py`, `markup.py`, `cards.py`, `svg.py`, `dot.py`, `engines.py`,
  `drawing.py`, `picture.py`, `draw.py`
* Formulas: `paper/`, `derive.py`, `why.py`, `source.py`
* The backward pass step by step, as text: `recording.py`, `stepper.py`
* The same as a page: `moves.py`, `wording.py`, `orders.py`, `step_data.py`, `step_page.py`,
  `step_through.py`
* Arrays opened into numbers: `expansions.py`, `zoom.py`
"""

from .derive import Derivation, derive
from .dot import to_graphviz
from .draw import draw, draw_dot
from .drawing import Drawing
from .listing import listing
from .picture import Picture
from .source import to_numpy_source, to_torch_source
from .step_through import Walk, step_through
from .stepper import Stepper, stepper
from .why import Path, Paths, why
from .zoom import Zoom, zoom

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
