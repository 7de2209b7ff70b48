"""Record a function once, replay it as a flat program.

Reading order: `program.py` (what is recorded), `step_functions.py`, `array.py`, `recorder.py`,
`numpy_functions.py`, `lowering.py`, `capture.py`, `facts.py`, `sources.py`, `swaps.py` (how),
`rewriter.py`, `passes.py`, `numpy_form.py`, `flat.py`, `liveness.py`, `places.py`, `emit_numpy.py`,
`regions.py` (what it becomes), `signature.py`, `guards.py`, `surroundings.py`, `lent.py`,
`plans.py`, `gate.py`, `recording.py`, `compiled.py`, `check.py` (a call). Loops of `scan`:
`scan_numpy.py`, `scan_loop.py`, `scan_parts.py`, `scan_graph.py`, `scan_sums.py`, `scan_pull.py`,
`scan_again.py`, `scan.py`. Functions of Values: `tape.py` onwards. Programs in C: `c_build.py`
onwards, and `scan_c.py`.
"""

from .compiled import Compiled, jit
from .program import Program, Step

__all__ = ["Compiled", "Program", "Step", "jit"]
