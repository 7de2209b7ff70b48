"""Functions of a million numbers: value and gradient here, against the same written out in NumPy.

Run: python tests/benchmarks/functions.py [rounds [part of a name]]. Reports ratios of CPU time and
fails on nothing. By hand the same value is computed, with what a skilled hand reuses within a call;
"by dot" takes another formula for it. Next: `functions_numbers.py`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import functions_assignments
import functions_elementwise
import functions_losses
import functions_moves
import functions_products
import functions_reductions
import numpy as np
from run import environment

from autograd import Tensor

CASES = (
    functions_elementwise.CASES
    | functions_reductions.CASES
    | functions_moves.CASES
    | functions_losses.CASES
    | functions_assignments.CASES
    | functions_products.CASES
)


def main(rounds: int = 10, part: str = "") -> None:
    """Print milliseconds and the ratio of every case, after a check that both agree."""
    print(f"{'function':18s} {'here':>9s} {'by hand':>9s} {'ratio':>6s}")
    for name, (f, hand, start) in CASES.items():
        if part not in name:
            continue
        times: list[list[float]] = [[], []]
        for k in range(rounds):
            x = Tensor(start, requires_grad=True)
            # by turns, as the second finds the memory that the first freed in the cache
            for which in (k % 2, 1 - k % 2):
                before = time.process_time()
                if which:
                    _, gradient = hand(start)
                else:
                    f(x).sum().backward(release=True)
                times[which].append(time.process_time() - before)
            np.testing.assert_allclose(x.grad, gradient, rtol=1e-6, atol=1e-6)
        ours, theirs = (1000 * sorted(t)[len(t) // 2] for t in times)
        print(f"{name:18s} {ours:7.1f}ms {theirs:7.1f}ms {ours / theirs:6.2f}", flush=True)


if __name__ == "__main__":
    settled = environment(Path(__file__).parents[2])
    if any(os.environ.get(key) != value for key, value in settled.items()):
        # one thread, and memory that is kept: both are read when the process starts
        os.execve(sys.executable, [sys.executable, *sys.argv], settled)
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
