"""Child process of `run.py`: runs rounds of one engine's cases and prints their CPU seconds.

Requests and answers are JSON, one per line. A request says what to "do": "check", "time", "about".
"""

import gc
import importlib
import importlib.metadata
import inspect
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

clock = time.process_time
PACKAGES = (
    "numpy", "torch", "jax", "tinygrad", "casadi", "autograd", "mygrad", "micrograd",
)  # fmt: skip


def laps(step: Callable[[], Any]) -> dict[str, float]:
    """Run one step; a generator yields the name of each part when that part is done."""
    if not inspect.isgeneratorfunction(step):
        before = clock()
        step()
        return {"total": clock() - before}
    parts: dict[str, float] = {}
    first = before = clock()
    for name in step():
        now = clock()
        parts[name] = parts.get(name, 0.0) + now - before
        before = clock()
    parts["total"] = clock() - first
    return parts


class Worker:
    """Builds cases on first use and keeps the last one."""

    def __init__(self, suite: str, engine: str) -> None:
        self.cases = importlib.import_module(suite).cases_of(engine)
        self.suite, self.engine = suite, engine
        self.name = ""
        self.step: Any = None

    def build(self, name: str) -> None:
        if name != self.name:
            self.step, self.name = None, ""
            gc.collect()
            self.step, _ = self.cases[name]()
            self.name, self.count = name, 0

    def check(self, name: str, steps: int) -> list[float]:
        """Return the numbers that all engines must agree on after some steps from the start."""
        step, result = self.cases[name]()
        for _ in range(steps):
            laps(step)
        found = [float(x) for x in result()]
        step = result = None
        gc.collect()
        return found

    def calibrate(self, seconds: float) -> None:
        count, spent = 1, 0.0
        self.step(), self.step()  # which may compile
        while True:
            before = clock()
            for _ in range(count):
                self.step()
            spent = clock() - before
            if spent > seconds / 4 or count > 100_000:
                break
            count *= 4
        self.count = max(1, round(count * seconds / max(spent, 1e-9)))

    def time(self, name: str, seconds: float, collector: bool) -> dict[str, float]:
        """Return CPU seconds of one step, the mean over one round."""
        self.build(name)
        measured = getattr(self.step, "measured", None)
        if measured is not None:
            self.step()
            return {"total": measured()}
        if inspect.isgeneratorfunction(self.step):
            if not collector:
                gc.collect()
                gc.disable()
            try:
                return laps(self.step)
            finally:
                gc.enable()
        if not self.count:
            self.calibrate(seconds)
        step, count = self.step, self.count
        before = clock()
        for _ in range(count):
            step()
        return {"total": (clock() - before) / count}

    def about(self) -> dict[str, str]:
        found = {"python": sys.version.split()[0]}
        for package in PACKAGES:
            try:
                found[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                continue
        return found

    def answer(self, request: dict[str, Any]) -> Any:
        do = request["do"]
        if do == "about":
            return self.about()
        if request["case"] not in self.cases:
            return None
        if do == "check":
            return self.check(request["case"], request["steps"])
        return self.time(request["case"], request["seconds"], request["collector"])


def main() -> None:
    # what an engine prints goes to stderr; the pipe is for answers alone
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(*sys.argv[1:3])
    for line in sys.stdin:
        try:
            answer = {"answer": worker.answer(json.loads(line))}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=pipe, flush=True)


if __name__ == "__main__":
    main()
