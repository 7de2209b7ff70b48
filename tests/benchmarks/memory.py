"""Memory cases: how far one step of an array case rises above what was held before it.

Every number comes from a process of its own (``python memory.py ENGINE CASE``), as the memory that
a process once had is kept for the next case. Linux tells the highest mark of resident memory and
lets it be put back; elsewhere the cases are left out.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tensor
from table import Case

ENGINES = tensor.ENGINES
CASES = [
    Case(name, steps=0, unit="MB")
    for name in ("MNIST size, Adam", "tanh chain 1e6, f64", "RNN, 1000 steps, f32")
    if name in tensor.TABLE
]
HERE = Path(__file__).resolve()
MARK, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def cases_of(engine: str) -> dict[str, Callable[[], Any]]:
    """Return the builders of the cases that an engine runs."""
    if not MARK.exists():
        return {}
    cases = tensor.cases_of(engine)
    return {case.name: partial(build, engine, case.name) for case in CASES if case.name in cases}


def build(engine: str, case: str) -> Any:
    """Return a step that does nothing but knows its measure, and a result like all others'."""

    def step() -> None:
        return None

    def measured() -> float:
        command = [sys.executable, str(HERE), engine, case]
        # arrays that are freed go back to the system at once, and do not count in later steps
        own = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
        own["MALLOC_MMAP_THRESHOLD_"] = "65536"
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=own)
        return float(found.stdout.split()[-1])

    step.measured = measured  # type: ignore[attr-defined]
    return step, list


def resident(what: str) -> int:
    """Return resident memory in bytes: ``VmRSS`` now, ``VmHWM`` the highest mark."""
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(what))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Print the bytes that one case takes above what it held before its steps."""
    engine, case = sys.argv[1:3]
    step, _ = tensor.cases_of(engine)[case]()
    gc.collect()
    before = resident("VmRSS")
    # the first steps of a compiled program build it; what that takes for a time is not the step's
    step()
    step()
    gc.collect()
    MARK.write_text("5")
    for _ in range(3):
        step()
    print(resident("VmHWM") - before)


if __name__ == "__main__":
    main()
