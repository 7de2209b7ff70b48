"""Mutation run over the rules: break one thing at a time and count the breaks that a test notices.

    python -m tests.mutation [--sample N] [--seed S] [--file NAME] [--jobs J]

A mutant swaps + and -, * and /, drops a factor, negates a comparison, shifts an axis or an index by
one, flips keepdims, or replaces += by =. The tests run once and tell which functions each of them
calls. Then every mutant gets a process of its own: where it changes the inside of functions they
are exchanged in a copy of this process, and the tests that call them run, the quickest first; where
it changes a line of the table itself, all tests run on a fresh import. Survivors are listed. What
is broken and how is in `mutants.py`, which also tells what is not a rule of a derivative, such as a
tolerance, and `equivalents.py` what changes nothing: the score is given with these breaks and
without.
"""

from __future__ import annotations

import argparse
import gc
import importlib.abc
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from .mutants import Mutant, changed_functions, key_of, mutants

ROOT = Path(__file__).parent.parent
RULES = [p for folder in ("ops", "special") for p in (ROOT / "autograd" / folder).glob("*.py")]
RULES.sort()
# the table of operations first: it is what notices most
TESTS = [
    "tests/test_operations.py",
    "tests/test_kinks.py",
    "tests/test_edges.py",
    "tests/test_value_operators.py",
    "tests/test_numpy_linalg.py",
    "tests/test_numpy_products.py",
    "tests/test_numpy_functions.py",
    "tests/test_numpy_edges.py",
    "tests/test_numpy_moves.py",
    "tests/test_numpy_decompositions.py",
    "tests/test_large_rows.py",
    "tests/test_short_ways.py",
    "tests/test_ways_taken.py",
    "tests/test_special.py",
    "tests/test_assignment.py",
    "tests/test_nonfinite.py",
    "tests/test_errors.py",
    "tests/test_hypothesis.py",
    "tests/nn/test_functional.py",
]
QUIET = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
# a mutant that never ends counts as noticed; seconds of processor time
PATIENCE = 120

Key = tuple[object, ...]


def module_of(path: Path) -> str:
    """Return the import name of a file of rules."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


class Run:
    """A pytest plugin that runs the tests once as they are, and then on every mutant."""

    def __init__(self, jobs: list[Mutant], processes: int):
        self.jobs = jobs
        self.processes = processes
        self.survivors: list[Mutant] = []
        self.failed = False
        self.in_child = False
        self.callers: dict[Key, dict[int, float]] = {}
        self.durations: list[float] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test failed; on a mutant that is all there is to know."""
        if report.failed:
            if self.in_child:
                os._exit(1)
            self.failed = True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then every mutant."""
        if session.testsfailed or not session.items:
            self.failed = True
            return True
        self._watch_all(session.items)
        if not self.failed:
            self._run_all(session.items)
        return True

    def _watch_all(self, items: list[pytest.Item]) -> None:
        """Run every test once and note the functions of the rules that it calls."""
        files = {str(path) for path in RULES}
        called: dict[int, CodeType] = {}

        def notice(frame: FrameType, event: str, _: Any) -> None:
            if event == "call" and frame.f_code.co_filename in files:
                called[id(frame.f_code)] = frame.f_code

        for i, item in enumerate(items):
            called.clear()
            before = time.perf_counter()
            sys.setprofile(notice)
            try:
                self._run_one(items, i)
            finally:
                sys.setprofile(None)
            self.durations.append(time.perf_counter() - before)
            for key in {key_of(code) for code in called.values()}:
                self.callers.setdefault(key, {})[i] = self.durations[i]
            if self.failed:
                print(f"{item.nodeid} fails without any mutant; mend that first")
                return

    @staticmethod
    def _run_one(items: list[pytest.Item], i: int, following: int | None = None) -> None:
        if following is None:
            following = i + 1
        after = items[following] if following < len(items) else None
        items[i].config.hook.pytest_runtest_protocol(item=items[i], nextitem=after)

    def _run_all(self, items: list[pytest.Item]) -> None:
        """Give every mutant a process, a few at a time."""
        running: dict[int, Mutant] = {}
        for done, mutant in enumerate(self.jobs):
            if len(running) >= self.processes:
                self._wait(running)
            text = f"{done}/{len(self.jobs)}, {len(self.survivors)} survive"
            if sys.stderr.isatty():
                print(f"\r{text} ", end="", file=sys.stderr)
            elif done % 100 == 0:
                print(text, file=sys.stderr)
            running[self._start(mutant, items)] = mutant
        while running:
            self._wait(running)

    def _wait(self, running: dict[int, Mutant]) -> None:
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            self.survivors.append(mutant)
            place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
            note = f" ({mutant.aside})" if mutant.aside else ""
            print(f"\nsurvives: {place}: {mutant.what}: {mutant.text}{note}", flush=True)

    def _start(self, mutant: Mutant, items: list[pytest.Item]) -> int:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        self.in_child = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        try:
            exchange = changed_functions(mutant.original, mutant.code)
            if exchange is None or not self._exchange(exchange):
                os._exit(run_fresh(mutant))
            chosen: dict[int, float] = {}
            for key in exchange:
                chosen |= self.callers.get(key, {})
            order = sorted(chosen, key=chosen.__getitem__)
            for i, following in zip(order, [*order[1:], len(items)], strict=True):
                self._run_one(items, i, following)
        except BaseException:
            os._exit(1)
        os._exit(0)

    @staticmethod
    def _exchange(exchange: dict[Key, CodeType]) -> bool:
        """Put the code of a mutant into all live functions; False where that cannot be done."""
        functions = [f for f in gc.get_objects() if isinstance(f, FunctionType)]
        try:
            for function in functions:
                if (code := exchange.get(key_of(function.__code__))) is not None:
                    function.__code__ = code
        except ValueError:  # another number of free variables
            return False
        return True


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from the code of a mutant."""

    def __init__(self, name: str, code: CodeType):
        self.name, self.code = name, code

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: Any) -> None:
        exec(self.code, module.__dict__)


def run_fresh(mutant: Mutant) -> int:
    """Run all tests in a new interpreter that loads the mutant; return 0 if none failed."""
    place = [str(mutant.path.relative_to(ROOT)), str(mutant.number)]
    command = [sys.executable, "-m", "tests.mutation", "--fresh", *place]
    return min(1, subprocess.run(command, cwd=ROOT, capture_output=True).returncode)


def fresh(path: Path, number: int) -> int:
    """Load one mutant and run the tests until one fails."""
    mutant = next(m for m in mutants(path) if m.number == number)
    sys.meta_path.insert(0, _Finder(module_of(path), mutant.code))
    return int(pytest.main(["-x", *QUIET, *TESTS]))


def chosen(options: argparse.Namespace) -> tuple[list[Mutant], int]:
    """Return the mutants that the options ask for, and how many there are."""
    jobs = [
        mutant
        for path in RULES
        if path.stem != "__init__" and options.file in (None, path.stem)
        for mutant in mutants(path)
    ]
    # in any order, so that the first of them tell how it will end
    random.Random(options.seed).shuffle(jobs)
    return jobs[: options.sample], len(jobs)


def main() -> int:
    """Run the mutants and print the score and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--sample", type=int, help="how many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", help="one file of rules, as in 'elementwise'")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--fresh", nargs=2, metavar=("PATH", "NUMBER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fresh:
        return fresh(ROOT / options.fresh[0], int(options.fresh[1]))
    jobs, total = chosen(options)
    print(f"{len(jobs)} of {total} mutants", flush=True)
    run = Run(jobs, options.jobs)
    pytest.main([*QUIET, "-s", *TESTS], plugins=[run])
    if run.failed:
        print("the tests fail without any mutant; mend that first")
        return 1
    for kind, count in sorted(Counter(mutant.what for mutant in jobs).items()):
        alive = sum(mutant.what == kind for mutant in run.survivors)
        print(f"{kind}: killed {count - alive} of {count}")
    print(score("all", jobs, run.survivors))
    rules, alive_rules = ([m for m in group if not m.aside] for group in (jobs, run.survivors))
    print(score("rules of derivatives, where the break changes something", rules, alive_rules))
    return 0


def score(name: str, jobs: list[Mutant], survivors: list[Mutant]) -> str:
    """Return how many mutants were noticed, as a line of the report."""
    killed = len(jobs) - len(survivors)
    return f"{name}: killed {killed} of {len(jobs)}, {100 * killed / max(len(jobs), 1):.1f} %"


if __name__ == "__main__":
    sys.exit(main())
