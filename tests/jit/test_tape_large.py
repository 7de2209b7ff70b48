"""Batches of samples on a tape, long chains, and the text of a tape."""

import gc
import warnings

import numpy as np
import pytest

from autograd import Value
from autograd.jit.tape.compiled import jit_values

# --------------------------------------------------------------------------------------------------
# Batches


def sample_loss(w, b):
    return lambda x, y: ((w[0] * x[0] + w[1] * x[1] + b).tanh() - y) ** 2


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_batch_equals_a_loop(reduction):
    rng = np.random.default_rng(0)
    xs, ys = rng.normal(size=(20, 2)), rng.normal(size=20)
    w, b = [Value(0.3), Value(-0.2)], Value(0.1)
    loss = sample_loss(w, b)
    fast = jit_values(loss)
    for scale in (1.0, 2.0):
        for p in (*w, b):
            p.grad = 0.0
        total = sum(loss(list(map(float, x)), y) for x, y in zip(scale * xs, ys, strict=True))
        eager = total * (1 / 20) if reduction == "mean" else total
        eager.backward()
        wanted = [p.grad for p in (*w, b)]
        for p in (*w, b):
            p.grad = 0.0
        z = fast.batch(scale * xs, ys, reduction=reduction)
        z.backward()
        np.testing.assert_allclose(z.data, eager.data, rtol=1e-13)
        np.testing.assert_allclose([p.grad for p in (*w, b)], wanted, rtol=1e-12)
        w[0].data += 0.5
    assert len(fast.recordings) == 1


def test_integers_of_samples_are_numbers():
    w = Value(2.0)
    fast = jit_values(lambda x, y: (w * x - y) ** 2)
    z = fast.batch([1, 2, 3], np.array([1, 1, 1]), reduction="sum")
    assert z.data == 1 + 9 + 25


def test_batches_refuse():
    w = Value(2.0)
    fast = jit_values(lambda x, y: w * x * y)
    with pytest.raises(ValueError, match="one entry for each sample"):
        fast.batch([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="one entry for each sample"):
        fast.batch([1.0, 2.0], 3.0)
    with pytest.raises(ValueError, match="no samples"):
        fast.batch([], [])
    with pytest.raises(ValueError, match="another structure than sample 0"):
        fast.batch([[1.0], [1.0, 2.0]], [1.0, 2.0])
    with pytest.raises(ValueError, match="reduction is 'mean' or 'sum'"):
        fast.batch([1.0], [1.0], reduction="max")

    def changing(x):
        (w * x).backward()

    with pytest.raises(TypeError, match="changes nothing"):
        jit_values(changing).batch([1.0])
    assert w.grad == 0.0


# --------------------------------------------------------------------------------------------------
# Depth, and the text


def test_a_long_chain_and_a_diamond():
    def chain(x):
        for _ in range(20_000):
            x = x * 0.9999 + 0.0001
        return x

    def diamond(x):
        for _ in range(60):
            x = (x + x) * 0.5
        return x

    for function in (chain, diamond):
        a, b = Value(1.5), Value(1.5)
        z, t = jit_values(function)(a), function(b)
        z.backward()
        t.backward()
        np.testing.assert_allclose([z.data, a.grad], [t.data, b.grad], rtol=1e-9)


def test_a_long_chain_runs_as_it_is_and_still_obeys_its_guards():
    factor = 0.9999

    def chain(x):
        for _ in range(3000):
            x = np.sin(x * factor)
        return x

    fast = jit_values(chain)
    assert fast(Value(1.5)).data == chain(Value(1.5)).data
    factor = 0.5
    assert fast(Value(1.5)).data == chain(Value(1.5)).data
    assert len(fast.recordings) == 2
    assert all(r.narrow for r in fast.recordings)
    z = fast.batch([1.0, 2.0])
    np.testing.assert_allclose(z, (chain(1.0) + chain(2.0)) / 2)


def test_the_text_of_a_tape():
    w = Value(3.0, label="w")

    def step(x, lr):
        loss = (w * x - 1) ** 2
        w.grad = 0.0
        loss.backward()
        w.data -= lr * w.grad
        return loss.data

    fast = jit_values(step)
    fast(2.0, 0.1)
    first = step.__code__.co_firstlineno
    lines = [
        "v0       = argument 0",
        "v1       = argument 1",
        f"v2       = w.data                     test_tape_large.py:{first + 1}",
        f"v3       = multiply(v2, v0)           test_tape_large.py:{first + 1}",
        f"v4       = subtract(v3, 1)            test_tape_large.py:{first + 1}",
        f"v5       = power(v4, 2)               test_tape_large.py:{first + 1}",
        "v6       = 1.0",
        f"v7       = gradient of v2 in sweep 0  test_tape_large.py:{first + 3}",
        f"v8       = multiply(v1, v7)           test_tape_large.py:{first + 4}",
        f"v9       = subtract(v2, v8)           test_tape_large.py:{first + 4}",
        f"v10      = copy(v9)                   test_tape_large.py:{first + 4}",
        "sweep 0  backward from v5, 1.0",
        "w.grad   <- v7",
        "w.data   <- v10",
    ]
    assert fast.show() == "\n".join(lines)
    assert "... 9 more lines" in fast.show(limit=2)


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = jit_values(lambda x: x.log() + 1 / x)(Value(0.0))
        z.backward()
    assert np.isnan(z.data)


def test_batches_of_arrays_equal_batches_of_lists():
    rng = np.random.default_rng(3)
    xs, ys, k = rng.normal(size=(6, 2)).astype(np.float32), rng.normal(size=6), np.arange(6)
    w = Value(0.5)

    def loss(x, y, *, k):
        return (w * x[0] * k + x[1] - y) ** 2

    found = []
    for given in ((xs, ys, k), (xs.tolist(), ys.tolist(), k.tolist())):
        w.grad = 0.0
        z = jit_values(loss).batch(given[0], given[1], k=given[2])
        z.backward()
        found.append((z.data, w.grad))
    assert found[0] == pytest.approx(found[1], rel=1e-14)


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_rests_while_recording(on):
    seen = []

    def square(x):
        seen.append(gc.isenabled())
        return x * x

    def broken(x):
        return float(x * x)

    before = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(TypeError, match="changes a list"):
            jit_values(square)(Value(2.0))
        assert seen == [False]
        assert gc.isenabled() == on
        with pytest.raises(TypeError, match=r"float\(\)"):
            jit_values(broken)(Value(2.0))
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()


def test_a_recording_leaves_no_nodes_to_the_collector():
    w = Value(0.9)

    def step():
        z = w
        for _ in range(1000):
            z = z * w + 0.1
        w.grad = 0.0
        z.backward()
        w.data -= 0.1 * w.grad
        return z.data

    gc.collect()
    gc.disable()
    try:
        jit_values(step, backend="numpy")()
        found = gc.collect()
    finally:
        gc.enable()
    assert found < 1000
