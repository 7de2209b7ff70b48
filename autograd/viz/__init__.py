"""Pictures and formulas of graphs. Begin with `draw.py`, `stepper.py` and `derive.py`.

Everything reads the one table of rules and the real backward sweep, so nothing here can disagree
with the arithmetic.
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
