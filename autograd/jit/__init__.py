"""Record a function once, replay it as a flat program. Reading order: `program.py`, `array.py`."""

from .compiled import Compiled, jit
from .program import Program, Step

__all__ = ["Compiled", "Program", "Step", "jit"]
