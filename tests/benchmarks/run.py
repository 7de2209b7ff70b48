"""Run all benchmarks: ``python tests/benchmarks/run.py``. See README.md in this folder.

Every engine runs in a process of its own; the rounds of all engines interleave, so that a change in
the load of the machine meets all of them. Times are CPU times; the table shows medians.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SUITES = {
    "scalar": "Scalars: Value",
    "scalar_jit": "Scalars under jit: the whole step in one function",
    "tensor": "Arrays: Tensor",
    "memory": "Memory of a step above what was held before",
}
# one environment per group: HIPS autograd and this library have the same import name
GROUPS = {
    "main": ["numpy>=2", "graphviz", "micrograd"],
    "hips": ["numpy>=2", "autograd"],
    "mygrad": ["numpy>=2", "mygrad"],
    "torch": ["numpy>=2", "torch"],
    "jax": ["numpy>=2", "jax"],
    "tinygrad": ["numpy>=2", "tinygrad"],
    "casadi": ["numpy>=2", "casadi"],
}
# large downloads, or more than pip brings; run when asked for
OPTIONAL = ("torch", "jax", "tinygrad", "casadi")


class Engine:
    """The process that runs one engine's rounds."""

    def __init__(self, python: str, suite: str, name: str, group: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), suite, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(ROOT if group != "hips" else None),
        )

    def ask(self, **request: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{self.name}: the process ended, see above")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.name}, {request.get('case', '')}: {answer['error']}")
        return answer["answer"]

    def close(self) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()


def environment(path: Path | None) -> dict[str, str]:
    """Return the environment of a child: one thread, and memory that is not handed back at once."""
    found = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "OPENBLAS_"))}
    for library in ("OPENBLAS", "OMP", "MKL", "NUMEXPR"):
        found[f"{library}_NUM_THREADS"] = "1"
    # glibc hands big arrays back to the system and takes them again page by page; not here
    found["MALLOC_MMAP_THRESHOLD_"] = str(2**25)
    found["MALLOC_TRIM_THRESHOLD_"] = str(2**32 - 1)
    if path is not None:
        found["PYTHONPATH"] = str(path)
    return found


def python_of(group: str, folder: Path) -> str:
    """Return the interpreter of a group's environment, made on first use."""
    home = folder / group
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / "ready").exists():
        print(f"making the environment of {group!r}: {', '.join(GROUPS[group])}", flush=True)
        venv.create(home, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *GROUPS[group]]
        subprocess.run(command, check=True)
        (home / "ready").touch()
    return str(python)


def processor() -> str:
    """Return the name of the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def same(a: list[float], b: list[float], tolerance: float) -> bool:
    """Whether two engines computed the same numbers."""
    return len(a) == len(b) and all(
        math.isclose(x, y, rel_tol=tolerance, abs_tol=tolerance) for x, y in zip(a, b, strict=True)
    )


def check(case: table.Case, engines: list[Engine]) -> list[Engine]:
    """Return the engines that run a case; raise if their results differ."""
    answers: dict[Engine, list[float]] = {}
    for engine in engines:
        found = engine.ask(do="check", case=case.name, steps=case.steps)
        if found is not None:
            answers[engine] = found
    engines = list(answers)
    for engine in engines[1:]:
        a, b = answers[engines[0]], answers[engine]
        if not same(a, b, case.tolerance):
            raise ArithmeticError(
                f"{case.name}: {engines[0].name} and {engine.name} differ after {case.steps} "
                f"steps: {a[:6]} against {b[:6]}"
            )
    return engines


def measure(case: table.Case, engines: list[Engine], options: argparse.Namespace) -> dict[str, Any]:
    """Return the row of one case."""
    engines = check(case, engines)
    seconds = 0.02 if options.quick else 0.1
    rounds = max(2, options.rounds // 3) if case.slow else options.rounds
    times: table.Times = {engine.name: [] for engine in engines}
    for i in range(rounds + 1):
        turn = i % len(engines)
        for engine in engines[turn:] + engines[:turn]:
            spent = engine.ask(do="time", case=case.name, seconds=seconds, collector=case.collector)
            if i:  # the first round warms up
                times[engine.name].append(spent)
    return table.summary(case, times)


def wanted(case: table.Case, options: argparse.Namespace) -> bool:
    if options.only:
        return any(text.lower() in case.name.lower() for text in options.only)
    return not (options.quick and case.slow)


def run(suite: str, options: argparse.Namespace) -> dict[str, Any] | None:
    """Run one suite and return its rows and the versions of its engines."""
    module = importlib.import_module(suite)
    cases = [case for case in module.CASES if wanted(case, options)]
    if not cases:
        return None
    engines = []
    for name, group in module.ENGINES.items():
        if group not in OPTIONAL or group in options.peers:
            python = options.pythons.get(group) or python_of(group, options.envs)
            engines.append(Engine(python, suite, name, group))
    try:
        about: dict[str, Any] = {}
        for engine in engines:
            about |= engine.ask(do="about") | about
        rows = []
        for case in cases:
            rows.append(measure(case, engines, options))
            print(table.line(rows[-1]), flush=True)
    finally:
        for engine in engines:
            engine.close()
    return {"title": SUITES[suite], "rows": rows, "versions": about}


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Compare speed with NumPy and other libraries.")
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="default: all")
    parser.add_argument("--only", action="append", metavar="CASE", help="cases named so, in part")
    parser.add_argument("--rounds", type=int, default=None, help="default 9, 3 with --quick")
    parser.add_argument("--quick", action="store_true", help="short rounds, no slow cases")
    parser.add_argument(
        "--with", action="append", default=[], dest="peers", choices=[*OPTIONAL, "all"],
        help="more peers; 'all' for all of them",
    )  # fmt: skip
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="GROUP=PATH",
        help=f"use an interpreter that has the packages; groups: {', '.join(GROUPS)}",
    )
    parser.add_argument(
        "--envs", type=Path, default=Path(tempfile.gettempdir()) / "glassgrad-benchmarks"
    )
    parser.add_argument("--out", type=Path, help="folder of results.md and results.json")
    parser.add_argument("--page", type=Path, help="page of the documentation to write as well")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 9)
    options.pythons = dict(pair.split("=", 1) for pair in options.python)
    options.suites = options.suites or list(SUITES)
    options.peers = OPTIONAL if "all" in options.peers else options.peers
    options.out = options.out or options.envs
    return options


PAGE = """# All measurements

Written by `python tests/benchmarks/run.py --with all --page docs/explanation/measurements.md`.
"ours" is this library, "in-place" and "clean" are back-propagation by hand in NumPy. Ratios are of
times: ours by that of a program by hand, or a peer's by ours. The last column compares them with
what is aimed at, misses included.

"""


def main() -> None:
    options = arguments()
    machine = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "rounds": options.rounds,
    }
    suites = [found for suite in options.suites if (found := run(suite, options)) is not None]
    versions: dict[str, str] = {}
    for found in suites:
        versions |= found["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {packages}; "
    head += f"one thread, CPU time, median of {options.rounds} interleaved rounds."
    text = "\n".join([head, "", *(table.markdown(s["title"], s["rows"]) for s in suites)])
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.md").write_text(text)
    everything = {"machine": machine, "versions": versions, "suites": suites}
    (options.out / "results.json").write_text(json.dumps(everything, indent=1))
    if options.page:
        options.page.write_text(PAGE + text)
    print(f"\n{text}\nwritten to {options.out}")


if __name__ == "__main__":
    sys.exit(main())
