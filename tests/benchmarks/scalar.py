"""Scalar cases: one training step on two moons, long chains, memory per operation.

The same code runs over every engine's ``Value``; only "fused" uses functions of ours. A step is a
generator that yields the name of a part when it is done, so that forward, backward and the freeing
of the graph are timed apart.
"""

import gc
import importlib
import random
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from table import Case, Target

Built = tuple[Callable[[], Iterator[str]], Callable[[], list[float]]]

ENGINES = {
    "ours": "main",
    "ours fused": "main",
    "microgpt style": "main",
    "micrograd": "main",
}
CASES = [
    Case("moons", targets=[Target("micrograd", least=12), Target("microgpt style", least=1.8)]),
    Case("moons, GC off", targets=[Target("micrograd", least=2.5)], collector=False),
    Case("moons, GC off, data left in arrays", collector=False),
    Case("moons, fused", targets=[Target("micrograd", least=50)], ours="ours fused"),
    Case("chain 1e5", steps=1),
    Case("chain 1e6", steps=1, slow=True),
    Case("bytes per op", targets=[Target("ours", most=130)], steps=1, unit="B"),
    Case("bytes per op, after backward", steps=1, unit="B"),
]


# --------------------------------------------------------------------------------------------------
# The network of micrograd's demo, over any Value


class Neuron:
    """Weights drawn from [-1, 1], bias 0; relu unless it is the last layer."""

    def __init__(self, value: Any, inputs: int, nonlinear: bool) -> None:
        self.w = [value(random.uniform(-1, 1)) for _ in range(inputs)]
        self.b = value(0.0)
        self.nonlinear = nonlinear

    def __call__(self, x: list[Any]) -> Any:
        z = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)  # noqa: B905 - as in the demo
        return z.relu() if self.nonlinear else z

    def parameters(self) -> list[Any]:
        return [*self.w, self.b]


class FusedNeuron(Neuron):
    """The same with one node for the sum of products."""

    def __call__(self, x: list[Any]) -> Any:
        z = sumprod(self.w, x, self.b)
        return z.relu() if self.nonlinear else z


class Layer:
    """Neurons side by side."""

    def __init__(self, neuron: Any, value: Any, inputs: int, outputs: int, nonlinear: bool) -> None:
        self.neurons = [neuron(value, inputs, nonlinear) for _ in range(outputs)]

    def __call__(self, x: list[Any]) -> Any:
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Any]:
        return [p for n in self.neurons for p in n.parameters()]


class MLP:
    """Layers one after the other."""

    def __init__(self, neuron: Any, value: Any, inputs: int, outputs: list[int]) -> None:
        sizes = [inputs, *outputs]
        self.layers = [
            Layer(neuron, value, sizes[i], sizes[i + 1], i != len(outputs) - 1)
            for i in range(len(outputs))
        ]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for p in layer.parameters()]


def two_moons(samples: int = 100) -> tuple[list[list[float]], list[float]]:
    """Return two half circles with noise, and labels -1 and 1."""
    rng = np.random.default_rng(0)
    t = np.linspace(0, np.pi, samples // 2)
    outer = np.stack([np.cos(t), np.sin(t)], 1)
    inner = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    x = np.concatenate([outer, inner]) + rng.normal(0, 0.1, (samples, 2))
    return x.tolist(), [-1.0] * (samples // 2) + [1.0] * (samples // 2)


def moons(value: Any, fused: bool = False, arrays: bool = False) -> Built:
    """Return the training step of the demo: max-margin loss, L2 regularisation, SGD.

    With ``arrays`` the model meets NumPy's numbers, as they come out of arrays of data.
    """
    random.seed(1337)
    model = MLP(FusedNeuron if fused else Neuron, value, 2, [16, 16, 1])
    xs, ys = map(np.array, two_moons()) if arrays else two_moons()
    parameters = model.parameters()

    def plain_loss() -> Any:
        inputs = xs if arrays else [list(map(value, row)) for row in xs]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * si).relu() for yi, si in zip(ys, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        return data_loss + 1e-4 * sum(p * p for p in model.parameters())

    def fused_loss() -> Any:
        inputs = [list(map(value, row)) for row in xs]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * si).relu() for yi, si in zip(ys, scores, strict=True)]
        weights = model.parameters()
        return add_n(losses) * (1.0 / len(losses)) + 1e-4 * sumprod(weights, weights)

    get_loss = fused_loss if fused else plain_loss
    seen: list[float] = []

    def step() -> Iterator[str]:
        loss = get_loss()
        yield "forward"
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        yield "backward"
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        yield "update"
        seen[:] = [loss.data]
        del loss
        yield "free"

    return step, lambda: [*seen, *(p.data for p in parameters), *(p.grad for p in parameters)]


def chain(value: Any, operations: int) -> Built:
    """Return build, backward and free of one long chain, multiplication and addition by turns."""
    w, b = value(0.999), value(0.001)
    seen: list[float] = []

    def step() -> Iterator[str]:
        w.grad = b.grad = 0.0
        z = value(1.0)
        for _ in range(operations // 2):
            z = z * w
            z = z + b
        yield "build"
        z.backward()
        yield "backward"
        seen[:] = [z.data, w.grad, b.grad]
        del z
        yield "free"

    return step, lambda: seen


def memory(value: Any, backward: bool) -> Built:
    """Return bytes held per operation of a chain; the answer takes the place of the time."""
    w, b = value(0.999), value(0.001)
    operations = 100_000
    seen: list[float] = []

    def step() -> None:
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        z = value(1.0)
        for _ in range(operations // 2):
            z = z * w
            z = z + b
        if backward:
            z.backward()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        seen[:] = [(after - before) / operations]

    step.measured = lambda: seen[0]  # type: ignore[attr-defined]
    return step, lambda: []  # type: ignore[return-value]


def cases_of(engine: str) -> dict[str, Callable[[], Built]]:
    """Return the builders of the cases that an engine runs."""
    sys.setrecursionlimit(10**7 if engine in ("micrograd", "microgpt style") else 1000)
    if engine == "ours fused":
        global add_n, sumprod
        from autograd import Value, add_n, sumprod

        return {"moons, fused": partial(moons, Value, fused=True)}
    module = {
        "ours": "autograd",
        "microgpt style": "microgpt_style",
        "micrograd": "micrograd.engine",
    }
    value = importlib.import_module(module[engine]).Value
    found: dict[str, Callable[[], Built]] = {
        "moons": partial(moons, value),
        "moons, GC off": partial(moons, value),
        "moons, GC off, data left in arrays": partial(moons, value, arrays=True),
        "chain 1e5": partial(chain, value, 100_000),
        "bytes per op": partial(memory, value, False),
    }
    if engine == "ours":
        # tracing memory takes quadratic time in a deep recursion, so the peers sit this out
        found["bytes per op, after backward"] = partial(memory, value, True)
        return found | {"chain 1e6": partial(chain, value, 1_000_000)}
    if engine == "microgpt style":
        found["chain 1e6"] = partial(chain, value, 1_000_000)
    # what the fused step is measured against is the peer's own step
    return found | {"moons, fused": partial(moons, value)}
