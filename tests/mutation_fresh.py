"""A mutant judged by pytest in a fresh interpreter; see `mutation.py`."""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import signal
import subprocess
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from .mutants import ROOT, RULES, Mutant, mutants

# the table of operations first: it is what notices most
TESTS = [
    "tests/test_operations.py",
    "tests/test_kinks.py",
    "tests/test_edges.py",
    "tests/test_value_operators.py",
    "tests/test_value_policies.py",
    "tests/test_strong_zero.py",
    "tests/test_numpy_linalg.py",
    "tests/test_numpy_decompositions.py",
    "tests/test_numpy_polynomials.py",
    "tests/test_powers.py",
    "tests/test_sorting.py",
    "tests/test_numpy_products.py",
    "tests/test_numpy_functions.py",
    "tests/test_numpy_dtypes.py",
    "tests/test_numpy_edges.py",
    "tests/test_numpy_random.py",
    "tests/test_numpy_moves.py",
    "tests/test_numpy_lists.py",
    "tests/test_large_rows.py",
    "tests/test_views_as_gradients.py",
    "tests/test_views_by_kind.py",
    "tests/test_short_ways.py",
    "tests/test_short_sweeps.py",
    "tests/test_ways_taken.py",
    "tests/test_ways_by_size.py",
    "tests/test_ways_of_entries.py",
    "tests/test_ways_of_products.py",
    "tests/test_parts.py",
    "tests/test_special.py",
    "tests/test_special_edges.py",
    "tests/test_scipy.py",
    "tests/test_distributions.py",
    "tests/test_assignment.py",
    "tests/test_assignment_in_place.py",
    "tests/test_assignment_updates.py",
    "tests/test_assignment_gradients.py",
    "tests/test_nonfinite.py",
    "tests/test_errors.py",
    "tests/test_hypothesis.py",
    "tests/nn/test_functional.py",
    "tests/nn/test_loss_errors.py",
]
QUIET = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
# what failed is all that is told, and other styles read the sources again for every failure
QUIET += ["--tb=native"]
# a mutant that never ends counts as noticed; seconds of processor time
PATIENCE = 600
# as many functions of tests, which call a file most, are tried before all
FEW = 3


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads modules from code that is given by their names."""

    def __init__(self, codes: dict[str, CodeType]):
        self.codes = codes

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(fullname, self) if fullname in self.codes else None

    def exec_module(self, module: Any) -> None:
        exec(self.codes[module.__name__], module.__dict__)


class _Order:
    """A pytest plugin that leaves some tests, in this order."""

    def __init__(self, names: list[str]):
        self.rank = {name: i for i, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.rank]
        items.sort(key=lambda item: self.rank[item.nodeid])


def run_fresh(mutant: Mutant | None, names: list[str]) -> int:
    """Run some tests on a mutant in a new interpreter and return the exit code of pytest.

    With no mutant they run on the rules as they are.
    """
    place = [str(mutant.path), str(mutant.number)] if mutant else ["", "0"]
    command = [sys.executable, "-m", "tests.mutation", "--fresh", *place]
    wish = json.dumps(names).encode()
    return subprocess.run(command, input=wish, cwd=ROOT, capture_output=True).returncode


def fresh(path: str, number: int) -> int:
    """Load one mutant, or the rules as they are, and run the tests until one fails."""
    names = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    if path:
        mutant = next(m for m in mutants(Path(path)) if m.number == number)
        codes = {_module_of(mutant.path): mutant.code}
    else:
        codes = {_module_of(p): compile(p.read_text("utf8"), str(p), "exec") for p in RULES}
    sys.meta_path.insert(0, _Finder(codes))
    # few functions are collected in much less time than their files
    wanted = list(dict.fromkeys(map(function_of, names)))
    if len(wanted) > FEW:
        wanted = list(dict.fromkeys(name.split("::")[0] for name in names))
    return int(pytest.main(["-x", *QUIET, *wanted], plugins=[_Order(names)]))


def function_of(name: str) -> str:
    """Return the name of a test without its parameters."""
    return name.split("[")[0]


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
