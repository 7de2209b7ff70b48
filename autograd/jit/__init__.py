"""Record a function once, replay it as a flat program.

Begin with `program.py`, the recorded program, `recorder.py`, which writes it, and `compiled.py`,
which calls it.

Reading order of all files:

* The program: `program.py`, `step_functions.py`
* Recording: `operators.py`, `array.py`, `frames.py`, `recorder.py`, `numpy_functions.py`,
  `lowering.py`, `capture.py`, `facts.py`, `sources.py`, `descriptors.py`, `clipping.py`, `swaps.py`
* Optimizing, and the Python code of a program: `cache.py`, `rewriter.py`, `passes.py`,
  `numpy_form.py`, `flat.py`, `liveness.py`, `batches.py`, `affine.py`, `python_code.py`,
  `places.py`, `together.py`, `emit_numpy.py`, `regions.py`
* Calling it: `signature.py`, `guards.py`, `surroundings.py`, `lent.py`, `aliases.py`, `plans.py`,
  `gate.py`, `recording.py`, `compiled.py`, `entry.py`, `check.py`
* Loops of `scan`: `scan_numpy.py`, `scan_loop.py`, `scan_parts.py`, `scan_graph.py`,
  `scan_sums.py`, `scan_pull.py`, `scan_again.py`, `scan.py`
* Functions of Values, recorded on a tape: `tape.py`, `tape_number.py`, `tape_record.py`,
  `tape_backward.py`, `tape_attributes.py`
* The program of a tape: `tape_graph.py`, `tape_lines.py`, `tape_tasks.py`, `tape_trace.py`,
  `tape_keys.py`, `tape_groups.py`, `tape_lanes.py`, `tape_schedule.py`, `tape_interpreter.py`,
  `tape_native.py`, `c_address.py`, `tape_slots.py`, `tape_replay.py`
* Calling a tape: `watched.py`, `tape_guard.py`, `tape_call.py`, `tape_recording.py`, `tape_jit.py`
* Programs in C: `c_build.py`, `c_expressions.py`, `c_groups.py`, `c_kernel.py`, `c_pool.py`,
  `c_axes.py`, `c_sums.py`, `c_layout.py`, `c_loops.py`, `c_tiles.py`, `c_products.py`,
  `c_memory.py`, `c_joins.py`, `c_emit.py`, `c_math.py`, `c_source.py`, `c_caller.py`,
  `c_gate.py`, `c_gate_call.py`, `c_gate_type.py`, `c_backend.py`, `c_background.py`, `scan_c.py`
"""

import typing as _typing

from ..on_demand import names_on_demand
from .entry import jit

if _typing.TYPE_CHECKING:
    from .compiled import Compiled
    from .program import Program, Step
else:
    _HOMES = {"compiled": "Compiled", "program": "Program Step"}
    __getattr__, __dir__ = names_on_demand(__name__, _HOMES)

__all__ = ["Compiled", "Program", "Step", "jit"]
