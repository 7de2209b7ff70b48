"""Record a function once, replay it as a flat program.

Begin with `program.py`, the recorded program, `record/recorder.py`, which writes it, and
`call/compiled.py`, which calls it.

Reading order of the folders, whose first files tell that of their own:

* The program: `program.py`, `step_functions.py`, `cache.py`
* `record/`: from a function to a program
* `optimize/`: the same results from fewer steps
* `emit/`: the program as Python source that calls NumPy
* `c/`: the program in C
* `scan/`: loops over the rows of arrays
* `tape/`: functions of Values
* `call/`: the calls of a recorded function; `entry.py` is `jit` itself
"""

import typing as _typing

from ..on_demand import names_on_demand
from .entry import jit

if _typing.TYPE_CHECKING:
    from .call.compiled import Compiled
    from .program import Program, Step
else:
    _HOMES = {"call.compiled": "Compiled", "program": "Program Step"}
    __getattr__, __dir__ = names_on_demand(__name__, _HOMES)

__all__ = ["Compiled", "Program", "Step", "jit"]
