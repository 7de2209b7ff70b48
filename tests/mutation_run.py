"""Running tests on mutants for `mutation.py`: in a warm process if possible, see `Run`."""

from __future__ import annotations

import gc
import inspect
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from .mutants import RULES, Key, Mutant, changed_functions, key_of
from .mutation_fresh import FEW, function_of, run_fresh

# a mutant that never ends counts as noticed; seconds of processor time
PATIENCE = 120
PASSED, KILLED, BROKEN = 0, 1, 70

Functions = dict[Key, list[FunctionType]]
# what a process does: it returns its exit code
Task = Callable[[], int]


@dataclass
class Verdict:
    """Whether a mutant was noticed, and by which test, if it was one."""

    mutant: Mutant
    killed: bool
    by: str

    def __str__(self) -> str:
        return f"{self.mutant}: {f'killed by {self.by}' if self.killed else 'survives'}"


class Run:
    """A pytest plugin that runs the tests once as they are, and then on every mutant.

    The first run tells which functions that may be broken each test calls. Then every mutant gets a
    process of its own. Where it changes the inside of functions these are exchanged in a copy of
    this process, in which all is imported and collected, and the tests that call them run, the
    quickest first. Where it changes what is done on import, all tests run in a new interpreter,
    first those that call a function of the file. The rules as they are go both ways first, so that
    no mutant is blamed for what the way of running does.

    `notice` has to be the tracing function while pytest imports and collects.
    """

    def __init__(self, jobs: list[Mutant], processes: int, confirm: int = 0):
        self.jobs = jobs
        self.files = {str(mutant.path) for mutant in jobs}
        self.processes = processes
        self.confirm = confirm
        self.verdicts: list[Verdict] = []
        self.failed = False
        # in the process of a mutant: where it says what noticed it
        self.pipe: int | None = None
        # in the process of no mutant: all that fails is to be said
        self.unbroken = False
        self.items: list[pytest.Item] = []
        self.durations: list[float] = []
        self.called: dict[int, CodeType] = {}
        self.callers: dict[Key, set[int]] = {}
        self.on_import: set[Key] = set()
        self.live: Functions = {}
        self.caches: list[_lru_cache_wrapper[Any]] = []

    def notice(self, frame: FrameType, event: str, _: Any) -> None:
        """Note the call of a function of a file that has mutants."""
        if frame.f_code.co_filename in self.files:
            self.called[id(frame.f_code)] = frame.f_code

    def _take_called(self) -> set[Key]:
        keys = {key_of(code) for code in self.called.values()}
        self.called.clear()
        return keys

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        """Have no dot printed for a test."""
        return "", "", ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test failed; on a mutant that is all there is to know."""
        if report.failed:
            if self.pipe is None:
                self.failed = True
                return
            os.write(self.pipe, f"{report.nodeid}\n".encode())
            if not self.unbroken:
                os._exit(KILLED)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then on every mutant, then on some of them again."""
        sys.settrace(None)
        self.on_import = self._take_called()
        self.items = session.items
        self.failed = bool(session.testsfailed) or not session.items
        self.caches = caches_of({*map(str, RULES), *self.files})
        if not self.failed:
            self._watch_all()
        if not self.failed:
            self.live = live_functions(self.files)
            gc.collect()
            gc.freeze()  # else the collector copies all there is into every process
            self._control()
        if not self.failed:
            self._judge_all()
        if not self.failed and self.confirm:
            self._confirm()
        return True

    def _watch_all(self) -> None:
        """Run every test once and note the functions that it calls and a mutant may break."""
        for i, item in enumerate(self.items):
            before = time.perf_counter()
            sys.settrace(self.notice)
            try:
                self._run_one(i, i + 1)
            finally:
                sys.settrace(None)
            self.durations.append(time.perf_counter() - before)
            for key in self._take_called():
                self.callers.setdefault(key, set()).add(i)
            if self.failed:
                print(f"{item.nodeid} fails without any mutant; mend that first")
                return

    def _run_one(self, i: int, following: int) -> None:
        for cache in self.caches:  # what it keeps of another test would hide a call
            cache.cache_clear()
        after = self.items[following] if following < len(self.items) else None
        item = self.items[i]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)

    def _run_warm(self, chosen: set[int]) -> int:
        """Run some tests in this process, which ends with the first that fails."""
        order = sorted(chosen, key=self.durations.__getitem__)
        try:
            for i, following in zip(order, [*order[1:], len(self.items)], strict=False):
                self._run_one(i, following)
        except BaseException:  # a test made pytest itself stop
            return KILLED
        return PASSED

    def _run_fresh(self, mutant: Mutant | None) -> int:
        """Run all tests in a new interpreter, first those that call a function of the file."""
        of_file = self._callers_of(str(mutant.path)) if mutant else set()
        order = sorted(of_file, key=self.durations.__getitem__)
        names = [self.items[i].nodeid for i in order]
        functions = Counter(map(function_of, names)).most_common(FEW)
        few = [name for name in names if function_of(name) in dict(functions)]
        others = [item.nodeid for i, item in enumerate(self.items) if i not in of_file]
        return (run_fresh(mutant, few) if few else PASSED) or run_fresh(mutant, names + others)

    def _callers_of(self, file: str) -> set[int]:
        """Return which tests call a function of a file."""
        return set().union(*(called for key, called in self.callers.items() if key[0] == file))

    def _control(self) -> None:
        """Run the rules as they are in both ways; leave out tests that fail when run again."""

        def warm() -> int:
            self.unbroken = True
            return self._run_warm(set().union(*self.callers.values()))

        for i, status, said in self._in_processes([lambda: self._run_fresh(None), warm], 0):
            if status != PASSED:
                print(
                    "\nfails without any mutant in the way of mutants", ("fresh", "warm")[i], said
                )
                self.failed = True
            again = {i for i, item in enumerate(self.items) if item.nodeid in said.splitlines()}
            for i in again:
                print(f"\nleft out, as it fails when it runs again: {self.items[i].nodeid}")
            self.callers = {key: found - again for key, found in self.callers.items()}

    def _judge_all(self) -> None:
        """Judge the mutants, those that need a new interpreter first, as they take longest."""
        jobs = [(mutant, changed_functions(mutant.original, mutant.code)) for mutant in self.jobs]
        jobs.sort(key=lambda job: job[1] is not None)
        tasks = [lambda job=job: self._judge(*job) for job in jobs]
        for i, status, said in self._in_processes(tasks):
            self.verdicts.append(Verdict(jobs[i][0], status != PASSED, said.strip()))
            if status == PASSED:
                print(f"\nsurvives: {jobs[i][0]}", flush=True)

    def _judge(self, mutant: Mutant, codes: dict[Key, CodeType] | None) -> int:
        if codes is None or not exchange(codes, self.live):
            return self._run_fresh(mutant)
        callers = [self.callers.get(key, set()) for key in codes]
        status = self._run_warm(set().union(*callers))
        if status == PASSED and self.on_import & codes.keys():
            return self._run_fresh(mutant)
        return status

    def _confirm(self) -> None:
        """Judge some mutants again in new interpreters, where a test noticed it by that test."""
        again = random.Random(0).sample(self.verdicts, min(self.confirm, len(self.verdicts)))

        def judge(verdict: Verdict) -> int:
            if verdict.by:
                return run_fresh(verdict.mutant, [verdict.by])
            return self._run_fresh(verdict.mutant)

        agreed = 0
        tasks = [lambda verdict=verdict: judge(verdict) for verdict in again]
        for i, status, _ in self._in_processes(tasks):
            if (status not in (PASSED, pytest.ExitCode.NO_TESTS_COLLECTED)) == again[i].killed:
                agreed += 1
            else:
                print(
                    f"\njudged otherwise in a new interpreter: {again[i].mutant}, {again[i].by}",
                    flush=True,
                )
        killed = sum(verdict.killed for verdict in again)
        print(f"\nagain: {agreed} of {len(again)} as before, {killed} of them killed")

    def _in_processes(
        self, tasks: list[Task], patience: float = PATIENCE
    ) -> Iterator[tuple[int, int, str]]:
        """Do every task in a copy of this process; yield (number, exit code, what it said).

        A task may take ``patience`` seconds of processor time, or as long as it takes if that is 0.
        """
        running: dict[int, tuple[int, int]] = {}
        for i, task in enumerate(tasks):
            text = f"{i}/{len(tasks)}"
            if sys.stderr.isatty():
                print(f"\r{text} ", end="", file=sys.stderr)
            elif i % 100 == 0:
                print(text, file=sys.stderr)
            if len(running) >= self.processes:
                yield self._wait(running)
            sys.stdout.flush()
            reader, writer = os.pipe()
            pid = os.fork()
            if not pid:
                self.pipe = writer
                self._do(task, patience)
            os.close(writer)
            running[pid] = i, reader
        while running:
            yield self._wait(running)

    def _do(self, task: Task, patience: float) -> None:
        """Do a task in the process that is for it alone, and end it."""
        assert self.pipe is not None
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        signal.setitimer(signal.ITIMER_PROF, patience)
        status = BROKEN
        try:
            status = task()
        except BaseException:
            os.write(self.pipe, traceback.format_exc().encode())
        finally:
            os._exit(status & 0xFF)

    @staticmethod
    def _wait(running: dict[int, tuple[int, int]]) -> tuple[int, int, str]:
        pid, status = os.wait()
        i, reader = running.pop(pid)
        with open(reader, "rb") as pipe:
            said = pipe.read().decode()
        code = os.waitstatus_to_exitcode(status)
        if code == BROKEN:
            raise RuntimeError(f"the run itself is broken: {said}")
        return i, code, said


def live_functions(files: set[str]) -> Functions:
    """Return all functions of some files that there are, by their code."""
    found: Functions = {}
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename in files:
            found.setdefault(key_of(function.__code__), []).append(function)
    return found


def caches_of(files: set[str]) -> list[_lru_cache_wrapper[Any]]:
    """Return the caches of all functions of some files that have one."""
    caches = [found for found in gc.get_objects() if isinstance(found, _lru_cache_wrapper)]
    functions = [inspect.unwrap(cache) for cache in caches]
    return [
        cache
        for cache, function in zip(caches, functions, strict=True)
        if isinstance(function, FunctionType) and function.__code__.co_filename in files
    ]


def exchange(codes: dict[Key, CodeType], live: Functions) -> bool:
    """Put the code of a mutant into live functions; return False where that cannot be done."""
    try:
        for key, code in codes.items():
            for function in live.get(key, ()):
                function.__code__ = code
    except ValueError:  # another number of free variables
        return False
    return True
