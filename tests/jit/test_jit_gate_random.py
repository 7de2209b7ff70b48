"""A training through the gate in C, with anything that may happen between two steps."""

import gc

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.c import caller as c_caller
from autograd.jit.c.build import compiler
from nn.optim import SGD, Adam

pytestmark = pytest.mark.skipif(
    compiler() is None or c_caller.extension() is None, reason="needs a compiler and headers"
)


class World:
    """A small training, all that it reads, and what may happen to it between two steps."""

    def __init__(self, optimizer):
        self.w = Tensor(np.linspace(-1, 1, 6).reshape(3, 2), requires_grad=True)
        self.b = Tensor([0.1, -0.2], requires_grad=True)
        self.v = Tensor([[0.5], [1.5]], requires_grad=True)
        self.shift = np.array([0.3, -0.3])
        self.scales = [1.0, 2.0]
        self.options = {"power": 1, "bonus": 0.5}
        self.tensors = {"w": self.w, "b": self.b, "v": self.v}
        self.optimizer = optimizer([self.w, self.b, self.v])
        self.kept = []

    def step(self, x, y, rate=1.0):
        t, o = self.tensors, self.options
        self.optimizer.zero_grad()
        h = np.tanh(x @ t["w"] + t["b"] + self.shift) * self.scales[0]
        p = h @ t["v"] + o["bonus"]
        loss = ((p - y) ** 2).sum() * rate / self.scales[1]
        if o["power"] == 2:
            loss = loss * loss
        loss.backward()
        self.optimizer.step()
        return loss

    def state(self):
        found = [t.data.copy() for t in (self.w, self.b, self.v)]
        grads = [None if t.grad is None else t.grad.copy() for t in (self.w, self.b, self.v)]
        return found, grads, [a.copy() for a in self.kept]

    # what may happen

    def nothing(self):
        pass

    def new_data(self):
        self.w.data = self.w.data * 0.9

    def written_data(self):
        self.b.data[0] += 0.25

    def other_rate(self):
        self.optimizer.lr = self.optimizer.lr * 0.5 + 0.001

    def old_rate(self):
        self.optimizer.lr = 0.05

    def kept_gradient(self):
        if self.v.grad is not None:
            self.kept.append(self.v.grad)

    def kept_view(self):
        if self.b.grad is not None:
            self.kept.append(self.b.grad[1:])

    def forgotten(self):
        self.kept.clear()

    def own_gradient(self):
        self.b.grad = np.array([7.0, 8.0])

    def shift_changed(self):
        self.shift = self.shift + 0.125

    def shift_written(self):
        self.shift[1] -= 0.125

    def scale_changed(self):
        self.scales[0] = self.scales[0] + 0.25

    def more_scales(self):
        self.scales.append(3.0)

    def option_changed(self):
        self.options["power"] = 3 - self.options["power"]

    def bonus(self):
        self.options["bonus"] += 0.25

    def frozen(self):
        self.tensors["b"] = self.b.detach()

    def thawed(self):
        self.tensors["b"] = self.b

    def graph_of_one(self):
        (self.w * 2).sum().backward()

    def decayed(self):
        self.optimizer.weight_decay = 0.1 if self.optimizer.weight_decay == 0 else 0.0


EVENTS = [
    name
    for name, x in vars(World).items()
    if callable(x) and not name.startswith("_") and name not in ("step", "state")
]
ARGUMENTS = [
    (np.linspace(0, 1, 12).reshape(4, 3), np.ones((4, 1))),
    (np.linspace(1, -1, 12).reshape(4, 3), np.zeros((4, 1))),
    (np.linspace(0, 1, 15).reshape(5, 3), np.ones((5, 1))),
    (np.linspace(0, 1, 12).reshape(3, 4).T, np.ones((4, 1))),
    (np.linspace(0, 1, 12).reshape(4, 3).astype("f4"), np.ones((4, 1))),
    (Tensor(np.linspace(0, 2, 12).reshape(4, 3)), Tensor(np.ones((4, 1)))),
    (Tensor(np.linspace(0, 2, 12).reshape(4, 3), requires_grad=True), np.ones((4, 1))),
]
OPTIMIZERS = {
    "sgd": lambda p: SGD(p, lr=0.05),
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: Adam(p, lr=0.01),
}


def equal(a, b):
    assert (a is None) == (b is None)
    if a is not None:
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore:jit. step was recorded:RuntimeWarning")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_between_steps(optimizer, seed):
    rng = np.random.default_rng(seed)
    eager, gated = (World(OPTIMIZERS[optimizer]) for _ in range(2))
    step = jit(gated.step, backend="c")
    through, count = 0, 60
    for _ in range(count):
        name = EVENTS[rng.integers(len(EVENTS))] if rng.random() < 0.4 else "nothing"
        getattr(eager, name)(), getattr(gated, name)()
        x, y = ARGUMENTS[rng.integers(len(ARGUMENTS)) if rng.random() < 0.3 else 0]
        more = {} if rng.random() < 0.6 else {"rate": float(rng.choice([0.5, 1.0]))}
        before = step._gate
        if rng.random() < 0.1:
            gc.collect()
        a, b = eager.step(x, y, **more), step(x, y, **more)
        through += before is not None and step._gate is before
        equal(a.data, b.data)
        for first, second in zip(eager.state(), gated.state(), strict=True):
            for left, right in zip(first, second, strict=True):
                equal(left, right)
    assert through > count / 8
