"""Training steps under jit: parameters, gradients and optimizer states as in eager mode."""

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, hessian, hvp, linear, relu, sigmoid, softmax_cross_entropy
from autograd.jit import jit
from nn.optim import SGD, Adam, AdamW

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))

OPTIMIZERS = {
    "sgd": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "dampening": lambda p: SGD(p, lr=0.1, momentum=0.9, dampening=0.3),
    "adam": lambda p: Adam(p, lr=0.01),
    "adam decay": lambda p: Adam(p, lr=0.01, weight_decay=0.1),
    "adamw": lambda p: AdamW(p, lr=0.01),
}


def network(make, dtype=float):
    rng = np.random.default_rng(1)
    parameters = [
        Tensor(rng.normal(size=s), requires_grad=True, dtype=dtype)
        for s in ((3, 4), (4,), (4, 2), (2,), ())
    ]
    w1, b1, w2, b2, scale = parameters
    optimizer = make(parameters)

    def step(x, y):
        h = sigmoid(linear(x, w1, b1))
        loss = ((linear(h, w2, b2) * scale - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()
        return loss

    return parameters, step, optimizer


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_training_step(make, dtype):
    theirs, eager, their_optimizer = network(make, dtype)
    ours, step, optimizer = network(make, dtype)
    compiled = jit(step, backend="numpy")
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    for i in range(6):
        if i == 3:
            optimizer.lr = their_optimizer.lr = 0.02
        x, y = Tensor(X + i, dtype=dtype), Tensor(Y, dtype=dtype)
        np.testing.assert_allclose(compiled(x, y).data, eager(x, y).data, rtol=tolerance)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=tolerance)
        np.testing.assert_allclose(p.grad, q.grad, rtol=tolerance, atol=tolerance)
        assert p.data.dtype == q.data.dtype == p.grad.dtype
    state, known = optimizer.state_dict(), their_optimizer.state_dict()
    for key in known:
        if key != "optimizer":
            np.testing.assert_allclose(state[key], known[key], rtol=tolerance, atol=tolerance)
    # the first step of momentum is another formula
    assert compiled.recordings <= 2


def test_a_step_by_hand():
    def build():
        w = Tensor([[1.0, -2.0]], requires_grad=True)

        def step(x, rate):
            w.grad = None
            loss = ((x @ w) ** 2).sum()
            loss.backward()
            w.data -= rate * w.grad
            return loss.data

        return w, step

    w, step = build()
    v, eager = build()
    compiled = jit(step, backend="numpy")
    for rate in (0.01, 0.02, 0.0):
        x = RNG.normal(size=(4, 1))
        np.testing.assert_allclose(compiled(Tensor(x), rate), eager(Tensor(x), rate), rtol=1e-12)
        np.testing.assert_allclose(w.data, v.data, rtol=1e-12)
    assert compiled.recordings == 1


@pytest.mark.parametrize("run", [lambda f: f, jit, lambda f: jit(f, backend="numpy")])
@pytest.mark.parametrize("shape", [(2,), (1, 1), ()])
@pytest.mark.parametrize("how", ["in place", "entries", "assigned"])
def test_who_holds_the_data_sees_what_numpy_writes_in_place(run, shape, how):
    w = Tensor(np.full(shape, 2.0), requires_grad=True)
    held, a = w.data, np.full(shape, 2.0)
    known = a

    @run
    def step():
        w.grad = None
        (w * w).sum().backward()
        if how == "in place":
            w.data -= 0.1 * w.grad
        elif how == "entries":
            w.data[...] = w.data - 0.1 * w.grad
        else:
            w.data = w.data - 0.1 * w.grad
        return w * 1.0

    for _ in range(3):
        found = step()
        if how == "assigned":
            a = a - 0.2 * a
        else:
            a -= 0.2 * a
        np.testing.assert_allclose(w.data, a, rtol=1e-12)
        np.testing.assert_allclose(found.data, a, rtol=1e-12)
        np.testing.assert_allclose(held, known, rtol=1e-12)
        assert (w.data is held) == (a is known)


def test_gradients_add_up_without_zero_grad():
    w = Tensor([1.0, 2.0], requires_grad=True)

    @jit
    def step():
        (w * w).sum().backward()

    for count in (1, 2, 3, 4):
        step()
        np.testing.assert_allclose(w.grad, count * 2 * w.data)
    held = w.grad
    step()
    np.testing.assert_allclose(held, 4 * 2 * w.data)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_what_an_optimizer_keeps_for_a_number_is_changed_in_place(make):
    """So that it steps on as it is afterwards, and its state is loaded into it."""
    theirs, eager, their_optimizer = network(make)
    ours, step, optimizer = network(make)
    held = [array for slot in optimizer._slots for array in slot.kept.values()]
    compiled = jit(step, backend="numpy")
    for run in (compiled, compiled, step, compiled):
        run(Tensor(X), Tensor(Y))
        eager(Tensor(X), Tensor(Y))
    kept = [array for slot in optimizer._slots for array in slot.kept.values()]
    assert all(a is b for a, b in zip(held, kept, strict=True) if a.shape == ())
    optimizer.load_state_dict(their_optimizer.state_dict())
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)


def test_two_steps_of_an_optimizer_in_one_function():
    theirs, eager, _ = network(OPTIMIZERS["adam"])
    ours, step, _ = network(OPTIMIZERS["adam"])
    compiled = jit(lambda x, y: [step(x, y), step(x, y)][1], backend="numpy")
    for _ in range(3):
        expected = [eager(Tensor(X), Tensor(Y)) for _ in range(2)][1]
        np.testing.assert_allclose(compiled(Tensor(X), Tensor(Y)).data, expected.data, rtol=1e-12)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)


def test_modules():
    def build():
        model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1))
        optimizer = Adam(model.parameters(), lr=0.01)
        labels = np.eye(2)[[0, 1, 0, 1, 1]]

        def step(x):
            optimizer.zero_grad()
            loss = softmax_cross_entropy(model(x), labels, 0.2)
            loss.backward()
            optimizer.step()
            return loss

        return model, step

    model, step = build()
    other, eager = build()
    compiled = jit(step, backend="numpy")
    for _ in range(4):
        np.testing.assert_allclose(compiled(X).data, eager(X).data, rtol=1e-12)
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)
    assert compiled.recordings == 1
    # another weight in the place of one
    model.layers[0].weight = nn.Parameter(np.ones((3, 4)))
    forward = jit(lambda x: model(x), backend="numpy")
    before = forward(X).data
    model.layers[2].bias.data = np.ones(2) + model.layers[2].bias.data
    np.testing.assert_allclose(forward(X).data, before + 1)
    np.testing.assert_allclose(forward(X).data, model(X).data)


def test_transforms():
    def f(x):
        return (np.sin(x) * x**3).sum()

    x = np.array([0.3, -1.2, 2.0])
    v = np.array([1.0, 0.5, -1.0])
    for make in (
        grad,
        lambda f: grad(lambda x: (grad(f)(x) ** 2).sum()),
        hessian,
        lambda f: lambda x: hvp(f, x, v),
    ):
        compiled = jit(make(f), backend="numpy")
        for scale in (1.0, 2.0):
            np.testing.assert_allclose(compiled(x * scale), make(f)(x * scale), rtol=1e-12)
    cube = jit(grad(grad(lambda x: x**3)), backend="numpy")
    assert [cube(2.0), cube(3.0)] == [12.0, 18.0]
    assert type(cube(2.0)) is float
    assert cube.recordings == 1


def test_masks_are_computed_at_each_call():
    compiled = jit(
        lambda x: (relu(x).sum(), np.where(x > 1, x, 0.0), np.argmax(x)), backend="numpy"
    )
    compiled(np.array([1.0, -1.0, 0.5]))
    total, kept, place = compiled(np.array([-1.0, 2.0, 3.0]))
    assert float(total) == 5.0
    np.testing.assert_array_equal(kept, [0.0, 2.0, 3.0])
    assert place == 2


def test_nan_gradients_take_the_strict_rules():
    def f(x):
        # 0 * inf: eager finds the nan and runs once more
        return (np.where(x > 0, np.sqrt(x), 0.0) * 1.0).sum()

    compiled = jit(grad(f), backend="numpy")
    for x in (np.array([1.0, 4.0]), np.array([0.0, 4.0]), np.array([1.0, 4.0])):
        np.testing.assert_allclose(compiled(x), grad(f)(x))


def test_infinite_logits_take_the_other_branch():
    target = np.array([[1.0, 0.0]])

    def f(x):
        return grad(lambda x: softmax_cross_entropy(x, target))(x)

    compiled = jit(f, backend="numpy")
    for x in ([[1.0, 2.0]], [[1.0, -np.inf]], [[3.0, 2.0]]):
        np.testing.assert_allclose(compiled(np.array(x)), f(np.array(x)), rtol=1e-12)


def test_random_numbers_are_drawn_at_each_call():
    w = Tensor(np.ones(4), requires_grad=True)

    def noisy(rng, x):
        return (w * x * (rng.random(4) < 0.5)).sum() + rng.normal()

    compiled = jit(noisy, backend="numpy")
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(4):
        np.testing.assert_allclose(compiled(ours, 2.0).data, noisy(theirs, 2.0).data, rtol=1e-12)
    assert ours.random() == theirs.random()
    assert compiled.recordings == 1


def test_generators_of_the_surroundings():
    class Dropout(nn.Module):
        def __init__(self, seed):
            self.rng = np.random.default_rng(seed)

        def forward(self, x):
            return x * (self.rng.random(x.shape) < 0.5)

    ours, theirs = Dropout(3), Dropout(3)
    compiled = jit(lambda x: ours(x), backend="numpy")
    for _ in range(4):
        np.testing.assert_array_equal(compiled(X), theirs(X))
    assert compiled.recordings == 1
    assert type(ours.rng) is np.random.Generator
