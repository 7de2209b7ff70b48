"""Functions of Values recorded by jit, against the same functions run as they are.

``python tests/benchmarks/scalar_jit.py`` prints milliseconds a step and ratios; rounds are
interleaved, medians of CPU time. What one recording costs stands beside them, in eager steps.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent.parent)]

import scalar  # noqa: E402
from scalar import MLP, FusedNeuron, Neuron, two_moons  # noqa: E402

import nn  # noqa: E402
from autograd import Value, add_n, sumprod  # noqa: E402
from autograd.jit.tape_jit import jit_values  # noqa: E402

scalar.sumprod = sumprod  # type: ignore[attr-defined]

Step = Callable[[], Any]


def whole_step(fused: bool) -> Step:
    """Return the step of the demo, forward, backward and update in one function."""
    random.seed(1337)
    model = MLP(FusedNeuron if fused else Neuron, Value, 2, [16, 16, 1])
    xs, ys = two_moons()

    def step() -> Any:
        scores = [model([Value(x) for x in row]) for row in xs]
        losses = [(1 + -yi * si).relu() for yi, si in zip(ys, scores, strict=True)]
        weights = model.parameters()
        if fused:
            loss = add_n(losses) * (1.0 / len(losses)) + 1e-4 * sumprod(weights, weights)
        else:
            loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in weights)
        for p in weights:
            p.grad = 0.0
        loss.backward()
        for p in weights:
            p.data -= 0.1 * p.grad
        return loss.data

    return step


def of_arguments() -> tuple[Step, Step]:
    """Return the loss of the library's own MLP over arguments: eager, and by batches."""
    model = nn.scalar.MLP(2, [16, 16, 1], rng=0)
    xs, ys = two_moons()

    def sample(x: Any, y: Any) -> Any:
        return (1 - y * model(x)).relu()

    recorded = jit_values(sample)

    def eager() -> None:
        loss = sum(map(sample, xs, ys)) * (1 / len(xs))
        loss.backward()

    return eager, lambda: recorded.batch(xs, ys).backward()


def long_chain(operations: int) -> Step:
    """Return a chain of that many operations and its backward pass."""
    w, b = Value(0.999), Value(0.001)

    def step() -> Any:
        w.grad = b.grad = 0.0
        z = w
        for _ in range(operations // 2):
            z = z * w
            z = z + b
        z.backward()
        return z.data

    return step


def measure(name: str, eager: Step, make: Callable[[], Step], rounds: int) -> None:
    """Print what eager and recorded steps take."""
    eager()
    start = time.process_time()
    recorded = make()
    recorded()
    first = time.process_time() - start
    times: dict[Step, list[float]] = {eager: [], recorded: []}
    for _ in range(rounds):
        for step, seen in times.items():
            start = time.process_time()
            step()
            seen.append(time.process_time() - start)
    ours, theirs = (statistics.median(times[step]) for step in (recorded, eager))
    print(
        f"{name:<24} eager {1e3 * theirs:8.2f} ms   replay {1e3 * ours:8.3f} ms   "
        f"{theirs / ours:6.1f}x   recording {first / theirs:5.1f} eager steps"
    )


def main() -> None:
    """Run all cases."""
    for name, fused in (("moons", False), ("moons, fused", True)):
        step = whole_step(fused)
        measure(name, whole_step(fused), partial(jit_values, step), 11)
    eager, batched = of_arguments()
    measure("moons, batch", eager, lambda: batched, 11)
    measure("chain 1e4", long_chain(10_000), partial(jit_values, long_chain(10_000)), 5)


if __name__ == "__main__":
    main()
