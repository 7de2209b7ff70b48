"""Changes of anything that a recording assumes are noticed at the next call."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, no_grad
from autograd.jit import jit
from nn.optim import SGD, Adam


def gradient_of(w):
    def step(x):
        w.grad = None
        (w * x).sum().backward()
        return w.data.sum()

    return step


def test_new_numbers_shapes_and_dtypes():
    f = jit(lambda x, c: (x * c).sum(axis=0), backend="numpy")
    for x in (np.ones((2, 3)), np.full((2, 3), 7.0), np.ones((4, 3)), np.ones((4, 3), np.float32)):
        for c in (2.0, 3.0, 2):
            expected = (x * c).sum(axis=0)
            np.testing.assert_allclose(f(x, c), expected)
            assert f(x, c).dtype == expected.dtype
    assert f.recordings == 6


def test_kinds_of_results():
    f = jit(
        lambda x, s: {"a": (x * s, [x.sum()]), "b": s * 2, "c": "name", "d": s}, backend="numpy"
    )
    x = np.arange(3.0)
    for s in (2.0, 3.0):
        found = f(x, s)
        np.testing.assert_allclose(found["a"][0], x * s)
        assert type(found["b"]) is float
        assert found["b"] == 2 * s
        assert found["c"] == "name"
        assert found["d"] == s
    tensor = Tensor([1.0, 2.0])
    same, new = jit(lambda t: (t, t + 1), backend="numpy")(tensor)
    assert same is tensor
    assert type(new) is Tensor


def test_results_are_the_users_own():
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = jit(lambda x: (x, x + 1, x.T, w.data, w * 2), backend="numpy")
    x = np.arange(3.0)
    first = [np.asarray(getattr(r, "_data", r)) for r in f(x)]
    kept = [a.copy() for a in first]
    for a in f(x + 5)[:4]:
        a[...] = 99
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    for a, b in zip(first, kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_frozen_tied_and_reloaded_parameters():
    w = Tensor([1.0, 2.0], requires_grad=True)
    step = jit(gradient_of(w), backend="numpy")
    x = Tensor([3.0, 4.0])
    step(x)
    np.testing.assert_array_equal(w.grad, x.data)
    w.data = [5.0, 6.0]
    assert step(x) == 11.0
    w.data[0] = 1.0
    assert step(x) == 7.0
    w.requires_grad = False
    with pytest.raises(RuntimeError, match="needs a tensor computed from leaves"):
        step(x)
    w.requires_grad = True
    step(Tensor([0.0, 1.0]))
    np.testing.assert_array_equal(w.grad, [0.0, 1.0])
    # a loaded state, and tied weights
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    forward = jit(lambda x: model(x), backend="numpy")
    row = np.ones((1, 2))
    forward(row)
    model.load_state_dict(
        nn.Sequential(nn.Linear(2, 2, rng=2), nn.Linear(2, 2, rng=3)).state_dict()
    )
    np.testing.assert_allclose(forward(row).data, model(row).data)
    model.layers[1].weight = model.layers[0].weight
    np.testing.assert_allclose(forward(row).data, model(row).data)
    model.layers[0].weight.data = np.eye(2)
    np.testing.assert_allclose(forward(row).data, model(row).data)


def test_settings_of_optimizers():
    for make in (lambda p: SGD(p, 0.1, momentum=0.9), lambda p: Adam(p, 0.1)):
        results = []
        for wrap in (lambda f: f, lambda f: jit(f, backend="numpy")):
            w = Tensor([1.0, -2.0], requires_grad=True)
            optimizer = make([w])

            def step(w=w, optimizer=optimizer):
                optimizer.zero_grad()
                (w**2).sum().backward()
                optimizer.step()

            step = wrap(step)
            for i in range(8):
                if i == 3:
                    optimizer.lr = 0.01
                if i == 4:
                    optimizer.weight_decay = 0.5
                if i == 5 and isinstance(optimizer, Adam):
                    optimizer.betas = (0.5, 0.6)
                if i == 6:
                    optimizer.load_state_dict(optimizer.state_dict())
                step()
            results.append(w.data)
        np.testing.assert_allclose(results[0], results[1], rtol=1e-12)


def test_closures_attributes_and_modes():
    factor, numbers, config = 2.0, [1.0, 2.0], {"power": 2}

    class Model:
        def __init__(self):
            self.scale = 3.0

        @jit
        def __call__(self, x):
            return x * self.scale

    def f(x):
        return (x * factor + numbers[0]) ** config["power"]

    compiled, x = jit(f, backend="numpy"), np.array([1.0, 2.0])
    np.testing.assert_allclose(compiled(x), f(x))
    factor = 5.0
    np.testing.assert_allclose(compiled(x), f(x))
    numbers[0] = 7.0
    np.testing.assert_allclose(compiled(x), f(x))
    config["power"] = 3
    np.testing.assert_allclose(compiled(x), f(x))
    model = Model()
    np.testing.assert_allclose(model(x), 3 * x)
    model.scale = 4.0
    np.testing.assert_allclose(model(x), 4 * x)
    other = Model()
    np.testing.assert_allclose(other(x), 3 * x)

    class Switch(nn.Module):
        def forward(self, x):
            return x * (2.0 if self.training else 1.0)

    switch = Switch()
    run = jit(lambda x: switch(x), backend="numpy")
    np.testing.assert_allclose(run(x), 2 * x)
    switch.training = False
    np.testing.assert_allclose(run(x), x)
    # arrays that the function closes over are read where they are
    batch = np.ones(2)
    g = jit(lambda: batch * 2 + batch.sum(), backend="numpy")
    g()
    batch[:] = 3.0
    np.testing.assert_allclose(g(), [12.0, 12.0])
    # and written there
    buffer = np.zeros(2)
    h = jit(lambda x: np.multiply(x, 2.0, out=buffer).sum(), backend="numpy")
    for scale in (1.0, 3.0):
        assert h(x * scale) == 6 * scale
        np.testing.assert_array_equal(buffer, 2 * scale * x)


def test_grad_mode():
    w = Tensor([2.0], requires_grad=True)
    f = jit(lambda: (w * w).requires_grad, backend="numpy")
    assert f() is True
    with no_grad():
        assert f() is False
    assert f() is True


def test_an_argument_that_is_a_parameter_too():
    w = Tensor([1.0, 2.0], requires_grad=True)

    @jit
    def f(x):
        return (x * w).sum()

    assert float(f(Tensor([1.0, 1.0], requires_grad=True)).data) == 3.0
    assert float(f(w).data) == 5.0

    @jit
    def leaf(x):
        x.grad = None
        (x * x).sum().backward()
        x.data -= 0.5 * x.grad

    for start in (3.0, 4.0):
        x = Tensor([start], requires_grad=True)
        leaf(x)
        np.testing.assert_array_equal(x.grad, [2 * start])
        np.testing.assert_array_equal(x.data, [0.0])
    assert leaf.recordings == 1


def test_arrays_written_in_place():
    @jit
    def f(x):
        x += 1
        x[0] = 9.0
        return x.sum()

    for start in (0.0, 5.0):
        x = np.full(3, start)
        total = f(x)
        np.testing.assert_array_equal(x, [9.0, start + 1, start + 1])
        assert total == x.sum()


def test_a_failing_call_changes_nothing():
    w = Tensor(np.eye(2), requires_grad=True)
    optimizer = Adam([w], lr=0.1)

    @jit
    def step(a):
        optimizer.zero_grad()
        (np.linalg.inv(a) * w).sum().backward()
        optimizer.step()

    step(np.eye(2))
    state, data, grad = optimizer.state_dict(), w.data.copy(), w.grad.copy()
    with pytest.raises(np.linalg.LinAlgError):
        step(np.zeros((2, 2)))
    np.testing.assert_array_equal(w.data, data)
    np.testing.assert_array_equal(w.grad, grad)
    for key, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, state[key])
    # while recording, too
    v = Tensor([1.0], requires_grad=True)

    def fails(x):
        v.data -= 1.0
        v.grad = np.ones(1)
        if x > 0:
            return x
        return -x

    with pytest.raises(TypeError, match="decides by a recorded value"):
        jit(fails)(1.0)
    assert v.data[0] == 1.0
    assert v.grad is None


def test_nesting_and_values():
    inner = jit(lambda x: x * 2)
    outer = jit(lambda x: inner(x) + 1)
    assert outer(3.0) == 7.0
    assert inner.recordings == 0
    w = Value(3.0)
    loss = jit(lambda x: w * x)
    assert loss(2.0).data == 6.0
    w.data = 4.0
    assert loss(2.0).data == 8.0


def test_check_every():
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    optimizer = Adam([w], lr=0.1)

    @jit(check_every=2)
    def step(x):
        optimizer.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    v = Tensor([1.0, 2.0], requires_grad=True)
    plain = Adam([v], lr=0.1)
    for x in (1.0, 2.0, 3.0, 4.0):
        step(x)
        plain.zero_grad()
        (v * x).sum().backward()
        plain.step()
        np.testing.assert_allclose(w.data, v.data, rtol=1e-12)
    before = w.data.copy()
    recording = step._kept[next(iter(step._kept))][0]
    commit = recording._call
    recording._call = lambda leaves: [commit(leaves)[0] + 1]
    step(5.0)
    with pytest.raises(RuntimeError, match="output 0 of step differs from that of the function"):
        step(5.0)
    assert not np.array_equal(w.data, before)


def test_one_object_given_twice_is_one():
    def slope(a, b):
        a.grad = b.grad = None
        (a * a * b).sum().backward()
        return a.grad * 1.0

    def written(x, y):
        x += 1.0
        return x * y

    for backend in ("numpy", "auto"):
        a, b = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
        f = jit(slope, backend=backend)
        for pair in ((a, b), (a, a), (b, b), (b, a)):
            np.testing.assert_array_equal(
                f(*pair), (2 if pair[0] is not pair[1] else 3) * a.data**2
            )
        g = jit(written, backend=backend)
        for alike in (True, False, True):
            x = np.arange(3.0)
            y = x if alike else x.copy()
            np.testing.assert_array_equal(g(x, y), (x * x) if alike else x * (x - 1))
    draw = jit(lambda a, b: (a.normal(), b.normal()), backend="numpy")
    same = np.random.default_rng(0)
    assert draw(same, same) == tuple(np.random.default_rng(0).normal(size=2))
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    x, y = draw(one, two)
    assert x == y


def test_tensors_made_inside_of_arrays_and_with_arrays_that_change():
    w, k = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True), np.array([1.0, 2.0, 3.0])

    def made(x):
        leaf = Tensor(x * k, requires_grad=True)
        total = (w * Tensor(k) * leaf * Tensor(np.full(3, 2.0), requires_grad=True)).sum()
        total = total + np.concatenate([w, k[None]]).sum() + np.where(w > 1, w, k).sum()
        w.grad = None
        total.backward()
        return total.data, leaf.grad, w.grad

    for backend in ("numpy", "auto"):
        f = jit(made, backend=backend)
        for k[0] in (1.0, -2.0, 0.5):
            for found, expected in zip(f(k + 1), made(k + 1), strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-13)
        assert f.recordings == 1


@pytest.mark.parametrize("frozen", ["weight", "bias", "both"])
def test_frozen_parts_of_a_layer(frozen):
    found = []
    for wrap in (lambda f: f, lambda f: jit(f, backend="numpy")):
        first, last = nn.Linear(3, 4, rng=0), nn.Linear(4, 2, rng=1)
        optimizer = SGD([*first.parameters(), *last.parameters()], lr=0.1)

        def step(x, first=first, last=last, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (last(first(x)) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        step = wrap(step)
        parts = [getattr(last, n) for n in ("weight", "bias") if frozen in (n, "both")]
        for switch in (False, True, False):
            for p in parts:
                p.requires_grad = switch
            for x in (np.ones((2, 3)), np.full((2, 3), -0.5)):
                found.append([step(x).data, *(p.data.copy() for p in (first.weight, last.weight))])
    for expected, replayed in zip(found[:6], found[6:], strict=True):
        for x, y in zip(expected, replayed, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12)


SHARED, DRAWS, mean = np.arange(3.0), np.random.default_rng(0), [1.0]


def _noisy(x, noise):
    return x * SHARED + (DRAWS.normal(size=3) if noise else 0.0)


def _of_two(x, noise=False):
    return (_noisy(x, noise) * SHARED).mean() + (DRAWS.normal() if noise else 0.0)


def test_a_global_that_two_functions_name_is_put_back():
    array, generator = SHARED, DRAWS
    f = jit(_of_two, backend="numpy")
    for x in (np.ones(3), np.full(3, 2.0)):
        assert f(x) == pytest.approx((x * np.arange(3.0) ** 2).mean())
        assert SHARED is array
        assert DRAWS is generator


def test_a_global_is_no_attribute_of_its_name():
    f = jit(_of_two, backend="numpy")
    for entry in (1.0, 2.0):
        mean[0] = entry
        f(np.ones(3))
    assert f.recordings == 1


def test_objects_of_code_without_a_module():
    space = {}
    exec("class Scaling:\n    __slots__ = ('factor',)\nclass Holder:\n    pass", space)
    scaling, holder = space["Scaling"](), space["Holder"]()
    assert space["Holder"].__module__ == "builtins"
    f = jit(lambda x: x * scaling.factor * holder.weight, backend="numpy")
    for scaling.factor, holder.weight in ((2.0, np.ones(2)), (3.0, np.ones(2)), (3.0, np.zeros(2))):
        assert np.array_equal(f(np.ones(2)), scaling.factor * holder.weight)
