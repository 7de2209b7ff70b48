"""Mutation run over the rules: break one thing at a time and count the breaks that a test notices.

    python -m tests.mutation [--sample N] [--seed S] [--file NAME ...] [--jobs J] [--confirm N]
                             [--lines FIRST LAST] [--tests PATH ...] [-k EXPRESSION]

A mutant swaps + and -, * and /, drops a factor, negates a comparison, shifts an axis or an index by
one, flips keepdims, or replaces += by =. What is broken and how is in `mutants.py`, which also
tells what is not a rule of a derivative, such as a tolerance, and `equivalents.py` what changes
nothing: the score is given with these breaks and without. How the tests run on a mutant is in
`mutation_run.py`; ``--confirm`` has some judged again, each by pytest in an interpreter of its own,
where what noticed a mutant has to notice it again, and what nothing noticed meets all tests.
Most of the time goes to the tests before the first mutant, so that for one file it pays to name
those that are about it (``--tests``, ``-k``); what survives them has to meet all.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from .mutants import RULES, Mutant, mutants
from .mutation_fresh import QUIET, TESTS, fresh
from .mutation_run import Run


def chosen(options: argparse.Namespace) -> tuple[list[Mutant], int]:
    """Return the mutants that the options ask for, and how many there are."""
    paths = [path for path in RULES if not options.file or path.stem in options.file]
    paths += [Path(name).resolve() for name in options.file or () if name.endswith(".py")]
    first, last = options.lines
    jobs = [m for path in paths for m in mutants(path) if first <= m.line <= last]
    # in any order, so that the first of them tell how it will end
    random.Random(options.seed).shuffle(jobs)
    return jobs[: options.sample], len(jobs)


def main() -> int:
    """Run the mutants and print the score and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--sample", type=int, help="how many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", nargs="+", help="rules, as in 'elementwise', or a path")
    parser.add_argument("--lines", nargs=2, type=int, default=(0, sys.maxsize), help="first, last")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="the tests, as for pytest")
    parser.add_argument("-k", default="", help="some of the tests, as for pytest")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--confirm", type=int, default=0, help="how many to judge again")
    parser.add_argument("--fresh", nargs=2, metavar=("PATH", "NUMBER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Hypothesis draws the same examples every time, so that a score can be repeated
    os.environ["CI"] = "1"
    if options.fresh:
        return fresh(options.fresh[0], int(options.fresh[1]))
    began = time.perf_counter()
    jobs, total = chosen(options)
    print(f"{len(jobs)} of {total} mutants", flush=True)
    run = Run(jobs, options.jobs, options.confirm)
    sys.settrace(run.notice)
    pytest.main([*QUIET, "-s", "-k", options.k, *options.tests], plugins=[run])
    sys.settrace(None)
    if run.failed:
        print("the tests fail without any mutant; mend that first")
        return 1
    report(jobs, [verdict.mutant for verdict in run.verdicts if not verdict.killed])
    print(f"in {(time.perf_counter() - began) / 60:.1f} minutes")
    return 0


def report(jobs: list[Mutant], survivors: list[Mutant]) -> None:
    """Print how many mutants of each kind were noticed, and the scores."""
    for kind, count in sorted(Counter(mutant.what for mutant in jobs).items()):
        alive = sum(mutant.what == kind for mutant in survivors)
        print(f"{kind}: killed {count - alive} of {count}")
    print(score("all", jobs, survivors))
    rules, alive_rules = ([m for m in group if not m.aside] for group in (jobs, survivors))
    print(score("rules of derivatives, where the break changes something", rules, alive_rules))


def score(name: str, jobs: list[Mutant], survivors: list[Mutant]) -> str:
    """Return how many mutants were noticed, as a line of the report."""
    killed = len(jobs) - len(survivors)
    return f"{name}: killed {killed} of {len(jobs)}, {100 * killed / max(len(jobs), 1):.1f} %"


if __name__ == "__main__":
    sys.exit(main())
