"""Mutation run over the rules: break one thing at a time and count the breaks that a test notices.

    python -m tests.mutation [--sample N] [--seed S] [--file NAME] [--jobs J]

A mutant swaps + and -, * and /, drops a factor, negates a comparison, shifts an axis or an index by
one, flips keepdims, or replaces += by =. It is built in a child process that has loaded everything
but autograd, and dies at the first failing test. Survivors are listed; some are equivalent.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import io
import multiprocessing
import random
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = ROOT / "autograd" / "ops"
TESTS = [
    "tests/test_edges.py",
    "tests/test_kinks.py",
    "tests/test_operations.py",
    "tests/test_value_operators.py",
    "tests/test_numpy_linalg.py",
    "tests/test_numpy_products.py",
]

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
COMPARISONS: dict[type, type] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield (what, replacement) for every way to break one node."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        broken = copy.copy(node)
        broken.op = SWAPS[type(node.op)]()
        yield f"swap {type(node.op).__name__}", broken
        if isinstance(node.op, ast.Mult):
            yield "drop left factor", node.right
            yield "drop right factor", node.left
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "drop minus", node.operand
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        broken = copy.copy(node)
        broken.ops = [COMPARISONS[type(node.ops[0])]()]
        yield "negate comparison", broken
    if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
        if isinstance(node.value.value, bool) and node.arg == "keepdims":
            yield "flip keepdims", ast.keyword(node.arg, ast.Constant(not node.value.value))
        elif isinstance(node.value.value, int) and node.arg == "axis":
            yield "shift axis", ast.keyword(node.arg, ast.Constant(node.value.value + 1))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "shift constant", ast.Constant(node.value + 1)
    if isinstance(node, ast.AugAssign):
        yield "+= to =", ast.Assign([node.target], node.value, lineno=node.lineno)


def mutants(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (line, what, source) for every mutant of a file; docstrings and imports stay."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            items = value if isinstance(value, list) else [value]
            for i, child in enumerate(items):
                if not isinstance(child, ast.AST):
                    continue
                for what, broken in changes(child):
                    if isinstance(value, list):
                        value[i] = broken
                    else:
                        setattr(parent, field, broken)
                    source = ast.unparse(ast.fix_missing_locations(tree))
                    if isinstance(value, list):
                        value[i] = child
                    else:
                        setattr(parent, field, child)
                    yield getattr(child, "lineno", getattr(parent, "lineno", 0)), what, source


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module of autograd.ops from a mutated source."""

    def __init__(self, name: str, source: str):
        self.name, self.source = name, source

    def find_spec(self, fullname, path, target=None):  # type: ignore[no-untyped-def]
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module):  # type: ignore[no-untyped-def]
        exec(compile(self.source, self.name, "exec"), module.__dict__)


def survives(job: tuple[str, int, str, str]) -> tuple[str, int, str, bool]:
    """Run the tests on one mutant; True if none failed."""
    name, line, what, source = job
    import pytest

    sys.meta_path.insert(0, _Finder(f"autograd.ops.{name}", source))
    sink = io.StringIO()
    with redirect_stdout(sink), redirect_stderr(sink):
        try:
            quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider"]
            status = pytest.main(["-x", "-q", *quiet, *TESTS])
        except BaseException:
            status = 1
    return name, line, what, status == 0


def main() -> int:
    """Run the mutants and print the score and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--sample", type=int, help="how many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", help="one file of autograd/ops, as in 'elementwise'")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    jobs = [
        (path.stem, *mutant)
        for path in sorted(RULES.glob("*.py"))
        if path.stem != "__init__" and options.file in (None, path.stem)
        for mutant in mutants(path)
    ]
    total = len(jobs)
    if options.sample and options.sample < total:
        jobs = random.Random(options.seed).sample(jobs, options.sample)
    print(f"{len(jobs)} of {total} mutants")
    import hypothesis  # noqa: F401 - loaded once, inherited by every child
    import numpy  # noqa: F401
    import pytest  # noqa: F401

    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        if not pool.apply(survives, (("", 0, "", ""),))[3]:
            print("the tests fail without any mutant; mend that first")
            return 1
    survivors = []
    with context.Pool(options.jobs, maxtasksperchild=1) as pool:
        for done, (name, line, what, alive) in enumerate(pool.imap_unordered(survives, jobs), 1):
            if alive:
                survivors.append((name, line, what))
            if sys.stderr.isatty():
                print(f"\r{done}/{len(jobs)}, {len(survivors)} survive", end="", file=sys.stderr)
    for name, line, what in sorted(survivors):
        print(f"survives: autograd/ops/{name}.py:{line}: {what}")
    killed = len(jobs) - len(survivors)
    print(f"killed {killed} of {len(jobs)}: {100 * killed / max(len(jobs), 1):.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
