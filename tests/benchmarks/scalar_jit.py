"""Scalar cases under jit: a training step recorded once and replayed, by NumPy and by C.

The step is that of `scalar.py` in one function: forward, backward and update. What it is measured
against is in `scalar_jit_peers.py`: the same step eagerly, written by hand in C and in NumPy, and
recorded once by other libraries. ``python tests/benchmarks/scalar_jit.py`` prints what recording
costs, in eager steps, and nanoseconds for each operation of the loop.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent.parent)]

from scalar import MLP, FusedNeuron, Neuron, two_moons  # noqa: E402
from table import Case, Target  # noqa: E402

Step = Callable[[], Any]
Built = tuple[Step, Callable[[], list[float]]]
# operations of Values in one plain step, and in one of the chain
MOONS_NODES, CHAIN = 65_077, 100_000

ENGINES = {
    "written in C": "main",
    "clean": "main",
    "eager": "main",
    "jit": "main",
    "jit in C": "main",
    "micrograd": "main",
    "torch": "torch",
    "CasADi": "casadi",
}
MOONS = "moons, the whole step"
CASES = [
    Case(
        MOONS,
        targets=[
            Target("written in C", most=6),
            Target("torch", least=1.7),
            Target("CasADi", least=1.5),
        ],
        ours="jit in C",
    ),
    Case(f"{MOONS}, by NumPy", ours="jit"),
    Case("moons, fused, the whole step", ours="jit in C"),
    Case("moons, a batch of arguments", ours="jit"),
    Case("chain 1e5 in one function", targets=[], steps=1, ours="jit in C", tolerance=1e-7),
    Case("moons, ns per operation in C", targets=[Target("jit in C", most=3.5)], unit="ns",
         ours="jit in C"),
    Case("moons, ns per operation by NumPy", targets=[Target("jit", most=30)], unit="ns",
         ours="jit"),
]  # fmt: skip


# --------------------------------------------------------------------------------------------------
# The steps, over any Value


def whole_step(value: Any, fused: bool = False) -> Built:
    """Return the step of the demo in one function, and its loss and parameters."""
    random.seed(1337)
    model = MLP(FusedNeuron if fused else Neuron, value, 2, [16, 16, 1])
    xs, ys = two_moons()
    seen: list[float] = []

    def step() -> Any:
        scores = [model([value(x) for x in row]) for row in xs]
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

    def run() -> None:
        seen[:] = [float(step())]

    run.function = step  # type: ignore[attr-defined]
    return run, lambda: [*seen, *(p.data for p in model.parameters())]


def long_chain(value: Any, operations: int = CHAIN) -> Built:
    """Return a chain of that many operations with its backward pass."""
    w, b = value(0.999), value(0.001)
    seen: list[float] = []

    def step() -> Any:
        w.grad = b.grad = 0.0
        z = w
        for _ in range(operations // 2):
            z = z * w
            z = z + b
        z.backward()
        return z.data, w.grad, b.grad

    def run() -> None:
        seen[:] = step()

    run.function = step  # type: ignore[attr-defined]
    return run, lambda: seen


def jitted(build: Callable[[], Built], backend: str) -> Built:
    """Return a step that is recorded already, which changes nothing."""
    from autograd.jit.tape.call import Call
    from autograd.jit.tape.compiled import jit_values

    run, _ = build()
    recorded = jit_values(run.function, backend=backend)  # type: ignore[attr-defined]
    recorded._record(Call((), {}))
    seen: list[Any] = []
    found = [cell.cell_contents for cell in run.function.__closure__]  # type: ignore[attr-defined]
    models = [x for x in found if isinstance(x, MLP)]

    def step() -> None:
        result = recorded()
        seen[:] = result if isinstance(result, tuple) else [result]

    return step, lambda: [*seen, *(p.data for m in models for p in m.parameters())]


def per_operation(build: Callable[[], Built]) -> Built:
    """Return nanoseconds for each operation of the plain step in the place of the time."""
    step, _ = build()
    step()

    def measured() -> float:
        times = []
        for _ in range(20):
            start = time.process_time()
            for _ in range(10):
                step()
            times.append((time.process_time() - start) / 10)
        return 1e9 * statistics.median(times) / MOONS_NODES

    step.measured = measured  # type: ignore[attr-defined]
    return step, lambda: []


def batch(recorded: bool) -> Built:
    """Return loss and gradients of the library's own network over samples given as arguments."""
    import nn
    from autograd.jit.tape.compiled import jit_values

    model = nn.scalar.MLP(2, [16, 16, 1], rng=0)
    weights = model.parameters()
    xs, ys = two_moons()
    seen: list[float] = []

    def sample(x: Any, y: Any) -> Any:
        return (1 - y * model(x)).relu()

    fast = jit_values(sample, backend="numpy")

    def step() -> None:
        for p in weights:
            p.grad = 0.0
        loss = fast.batch(xs, ys) if recorded else sum(map(sample, xs, ys)) * (1 / len(xs))
        loss.backward()
        seen[:] = [loss.data, *(p.grad for p in weights)]

    return step, lambda: seen


def cases_of(engine: str) -> dict[str, Callable[[], Built]]:
    """Return the builders of the cases that an engine runs."""
    if engine in ("written in C", "jit in C") and not has_compiler():
        return {}
    if engine in ("written in C", "clean", "torch", "CasADi"):
        import scalar_jit_peers as peers

        moons = {
            "written in C": peers.moons_in_c,
            "clean": peers.moons_in_numpy,
            "torch": peers.moons_in_torch,
            "CasADi": peers.moons_in_casadi,
        }[engine]
        return {
            case: moons for case in (MOONS, f"{MOONS}, by NumPy", "moons, fused, the whole step")
        }
    if engine == "micrograd":
        from micrograd.engine import Value as Micrograd

        return {MOONS: partial(whole_step, Micrograd)}
    plain, fused, chain = ours()
    if engine == "eager":
        found = {MOONS: plain, f"{MOONS}, by NumPy": plain, "moons, fused, the whole step": fused}
        return found | {
            "moons, a batch of arguments": partial(batch, False),
            "chain 1e5 in one function": chain,
        }
    backend = "c" if engine == "jit in C" else "numpy"
    moons = partial(jitted, plain, backend)
    if backend == "numpy":
        return {
            f"{MOONS}, by NumPy": moons,
            "moons, a batch of arguments": partial(batch, True),
            "moons, ns per operation by NumPy": partial(per_operation, moons),
        }
    return {
        MOONS: moons,
        "moons, fused, the whole step": partial(jitted, fused, backend),
        "chain 1e5 in one function": partial(jitted, chain, backend),
        "moons, ns per operation in C": partial(per_operation, moons),
    }


def has_compiler() -> bool:
    """Whether there is a C compiler."""
    from autograd.jit.c.build import compiler

    return compiler() is not None


def ours() -> tuple[Callable[[], Built], Callable[[], Built], Callable[[], Built]]:
    """Return the steps over this library's Value: plain, fused, and the chain."""
    global add_n, sumprod
    import scalar

    from autograd import Value, add_n, sumprod

    scalar.sumprod = sumprod  # type: ignore[attr-defined]
    return partial(whole_step, Value), partial(whole_step, Value, True), partial(long_chain, Value)


# --------------------------------------------------------------------------------------------------
# What recording costs


def measure(name: str, build: Callable[[], Built], backend: str, rounds: int) -> None:
    """Print what eager and recorded steps take, and the first call."""
    eager, _ = build()
    eager()
    start = time.process_time()
    recorded, _ = jitted(build, backend)
    first = time.process_time() - start
    times: dict[Step, list[float]] = {eager: [], recorded: []}
    for _ in range(rounds):
        for step, seen in times.items():
            start = time.process_time()
            step()
            seen.append(time.process_time() - start)
    fast, slow = (statistics.median(times[step]) for step in (recorded, eager))
    print(
        f"{name:<14} {backend:<6} eager {1e3 * slow:8.2f} ms   replay {1e3 * fast:8.3f} ms   "
        f"{slow / fast:6.1f}x   recording {first / slow:5.1f} eager steps"
    )


def main() -> None:
    """Print what recording costs."""
    plain, fused, chain = ours()
    backends = ["numpy", "c"] if has_compiler() else ["numpy"]
    for name, build in (("moons", plain), ("moons, fused", fused), ("chain 1e5", chain)):
        for backend in backends:
            jitted(partial(long_chain, ours()[0].args[0], 4), backend)[0]()  # loads what it needs
            measure(name, build, backend, 7)


if __name__ == "__main__":
    main()
