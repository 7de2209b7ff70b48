"""Entries at integer positions in C: NumPy's numbers and errors, without a call of NumPy."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from autograd import Tensor, jit, no_grad, scan
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.ops.indexing import put
from autograd.ops.windows import add_windows

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")]

RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 4, 6))
I, J = RNG.integers(-4, 4, (3, 1)), RNG.integers(-4, 4, 7)
ROWS = np.arange(5)
READS = {
    "rows": lambda x, i, j: x[i],
    "rows by a vector": lambda x, i, j: x[j],
    "columns": lambda x, i, j: x[:, j],
    "last axis": lambda x, i, j: x[..., j],
    "two together": lambda x, i, j: x[i, j],
    "two in the middle": lambda x, i, j: x[None, 1:4, i, j],
    "two apart": lambda x, i, j: x[i, :, j],
    "two apart, behind others": lambda x, i, j: x[None, i, 1:, j],
    "one row many times": lambda x, i, j: x[0][np.broadcast_to(j[:1], (7,))],
    "an integer apart": lambda x, i, j: x[2, :, j],
    "an integer beside": lambda x, i, j: x[:, -1, j],
    "all axes": lambda x, i, j: x[i, j, j - 1],
    "steps and a new axis": lambda x, i, j: x[::-2, None, j, 1:],
    "a constant beside": lambda x, i, j: x[ROWS, j[0]],
    "constants": lambda x, i, j: x[[-1, 0, 0]] + x[np.array([1, -2, 3])] * j[0],
    "one position": lambda x, i, j: x[j[2]],
    "one number": lambda x, i, j: x[j[0], j[1], j[2]],
    "of a view": lambda x, i, j: x.transpose(2, 1, 0)[1:, :, i],
    "of a computed array": lambda x, i, j: (x * 2)[i] + 1,
    "with computed positions": lambda x, i, j: x[i * 1, abs(j) - 4],
    "of what was read": lambda x, i, j: x[j][j, i],
    "beside its array": lambda x, i, j: x[::-1][abs(ROWS)] * x,
    "take": lambda x, i, j: np.take(x, j, axis=1),
    "take of all": lambda x, i, j: np.take(x, i * j),
    "take along": lambda x, i, j: np.take_along_axis(x, j[:5, None, None], axis=2),
    "take along, broadcast": lambda x, i, j: np.take_along_axis(x[:, :1], i[None], axis=0),
    "in sums of rows": lambda x, i, j: (x[j] / x[j].sum(axis=2, keepdims=True)).sum(axis=(1, 2)),
    "of the best": lambda x, i, j: x[np.argmax(x[:, 0, 0])],
    "windows": lambda x, i, j: sliding_window_view(x, 3, axis=2).sum(axis=3) + x[..., 1:5],
    "windows of windows": lambda x, i, j: (
        sliding_window_view(sliding_window_view(x, 2, axis=1), 4, axis=2) * x[0, 0, 1:5]
    ),
    "products of windows": lambda x, i, j: sliding_window_view(x, 4, axis=2) @ x[0].T[:4],
    "positions in windows": lambda x, i, j: sliding_window_view(x, 3, axis=2)[i, :, abs(j) - 4],
}
# of these NumPy finds the positions, or all
OTHERS = {"of the best": "argmax"}


def last_line(f, *arguments):
    return f.show(*arguments).splitlines()[-1]


@pytest.mark.parametrize(("dtype", "whole"), [("f8", "i8"), ("f4", "i4"), ("i8", "i1")])
@pytest.mark.parametrize("name", READS)
def test_reading(name, dtype, whole):
    f = READS[name]
    compiled = jit(f, backend="c")
    for k in range(3):
        x = (X * 10 + k).astype(dtype)
        arguments = x, np.roll(I, k).astype(whole), np.roll(J, k).astype(whole)
        found, expected = compiled(*arguments), f(*arguments)
        assert compiled.recordings == 1
        if "sum" in name or "product" in name or name == "windows":
            np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "f4" else 1e-13)
        else:
            np.testing.assert_array_equal(found, expected, strict=True)
    if name not in OTHERS and not (name == "products of windows" and dtype == "i8"):
        assert last_line(compiled, *arguments) == "runs in C"


@pytest.mark.parametrize("whole", [np.uint8, np.uint32, np.uint64, np.int16])
def test_positions_of_every_integer(whole):
    compiled = jit(lambda x, i: x[i] * 2, backend="c")
    i = np.array([0, 4, 4, 1], whole)
    np.testing.assert_array_equal(compiled(X, i), X[i] * 2, strict=True)
    for far in (5, 200, np.iinfo(whole).max // 2):
        with pytest.raises(IndexError, match="out of bounds"):
            compiled(X, np.array([0, far, 1, 1], whole))
    np.testing.assert_array_equal(compiled(X, i[::-1]), X[i[::-1]] * 2, strict=True)
    assert last_line(compiled, X, i) == "runs in C"


# --------------------------------------------------------------------------------------------------
# Writing


WRITES = {
    "rows": lambda z, i, v: z.__setitem__(i[:, 0], v),
    "columns": lambda z, i, v: z.__setitem__((slice(None), i[:2, 0]), 2.5),
    "numbers": lambda z, i, v: z.__setitem__((i, i - 1), v[0]),
    "a mask": lambda z, i, v: (z.__setitem__(z > 1, 0.5), z.__setitem__(abs(z) < 0.25, v[0, 0])),
    "basic": lambda z, i, v: z.__setitem__((slice(1, 4), -1), v[0, 0]),
    "every other": lambda z, i, v: z.__setitem__((Ellipsis, slice(None, None, 2)), 0),
    "twice": lambda z, i, v: (z.__setitem__(i[0], v), z.__setitem__((0, i[1]), 7.0)),
    "added": lambda z, i, v: z.__setitem__(i, z[i] + v),
}


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", WRITES)
def test_writing(name, dtype):
    def f(x, i, v):
        z = x * 1
        WRITES[name](z, i, v)
        return z, z.sum(), x

    def step(x, i, v):
        with no_grad():
            return f(x, i, v)

    compiled = jit(f, backend="c")
    for k in range(3):
        arguments = X.astype(dtype) + k, np.roll(I, k) % 4, RNG.normal(size=(4, 6)).astype(dtype)
        for a, b in zip(compiled(*arguments), step(*arguments), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == "f4" else 1e-13, strict=True)
    assert compiled.recordings == 1
    assert last_line(compiled, *arguments) == "runs in C"


def filled(z):
    z[z.data > 1] = 0.5
    return z


GRADIENTS = {
    **{k: f for k, f in READS.items() if k not in OTHERS and "constants" != k},
    "wide windows": lambda x, i, j: sliding_window_view(x, 5, axis=2) * x[0, :, None, :5],
    "a range beside": lambda x, i, j: x[range(5), j[0]] * x[range(5), 0],
    "sorted": lambda x, i, j: np.take_along_axis(x, x.data.argmax(axis=1)[:, None], axis=1),
    "a mask written": lambda x, i, j: filled(x * x),
    "a loss of labels": lambda x, i, j: np.log(np.exp(x).sum(axis=2))[ROWS, j[0]],
    "parts": lambda x, i, j: [x[:, 1:3] ** 2, x[j]],
    "many rows": lambda x, i, j: x[j + np.zeros((100, 1), int)],
}


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_added_in_the_order_of_numpy(name, dtype):
    x = Tensor(X.astype(dtype), requires_grad=True)

    def step(i, j):
        x.grad = None
        found = GRADIENTS[name](x, i, j)
        for z in found if type(found) is list else [found]:
            (z * np.cos(np.arange(z.size)).reshape(z.shape).astype(dtype)).sum().backward()
        return x.grad

    compiled = jit(step, backend="c")
    for k in range(2):
        i, j = np.roll(I, k), np.roll(J, k)
        expected, found = step(i, j).copy(), compiled(i, j)
        rough = 1e-4 if dtype == "f4" else 1e-12
        np.testing.assert_allclose(found, expected, rtol=rough, atol=rough, strict=True)
    assert last_line(compiled, i, j) == "runs in C"


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
@pytest.mark.parametrize("shape", [(50,), (50, 3), (50, 40), (1 << 20,)])
def test_sums_of_segments_to_the_bit(shape, dtype):
    i = RNG.integers(-7, 7, shape[0])
    x = (RNG.normal(size=shape) * 1000).astype(dtype)
    compiled = jit(lambda x, i: put(x, index=i, shape=(7, *shape[1:])), backend="c")
    z = np.zeros((7, *shape[1:]), dtype)
    np.add.at(z, i, x)
    for _ in range(2):
        np.testing.assert_array_equal(compiled(Tensor(x), i).data, z, strict=True)
    assert last_line(compiled, Tensor(x), i) == "runs in C"


def test_threads_do_not_add_to_the_same_entries():
    i = (np.arange(1 << 20) % 7).tolist()
    program = jit(lambda x: put(x, index=i, shape=(7,)), backend="numpy").program
    made = c_backend.CProgram(program(Tensor(np.ones(1 << 20))), {}, threads=2)
    assert "_piece(" not in made.readable.split("CLIP(clip, double)")[-1]


@pytest.mark.parametrize("window", [2, 5, 8])
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_of_windows_to_the_bit(axis, window):
    shape = (9, 11)
    size = sliding_window_view(np.zeros(shape), window, axis=axis).shape
    compiled = jit(lambda x: add_windows(x, axis=axis, shape=shape), backend="c")
    for _ in range(2):
        x = Tensor(RNG.normal(size=size))
        np.testing.assert_array_equal(compiled(x).data, add_windows(x, axis=axis, shape=shape).data)
    assert last_line(compiled, x) == "runs in C"


# --------------------------------------------------------------------------------------------------
# Errors


OUT_OF_RANGE = {
    "read": lambda w, i: w[i],
    "beside": lambda w, i: w[:, i],
    "along": lambda w, i: np.take_along_axis(w[:3], i[:, None], axis=1),
    "take": lambda w, i: np.take(w, i),
    "put": lambda w, i: put(w[:3], index=i, shape=(4, 4)) if len(i) == 3 else w,
}


@pytest.mark.parametrize("far", [4, -5, 1 << 40, -(1 << 62)])
@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_out_of_range_is_numpys_error_and_changes_nothing(name, far):
    far = 16 + far if name == "take" and far == 4 else far * 4 if far == -5 else far
    w = Tensor(X[:4, 0, :4].copy(), requires_grad=True)

    def step(i):
        w.grad = None
        loss = (OUT_OF_RANGE[name](w, i) ** 2).sum()
        loss.backward()
        w.data -= 0.1 * w.grad
        return loss

    good, bad = np.array([0, -1, 3]), np.array([0, far, 3])
    compiled = jit(step, backend="c")
    for _ in range(3):
        compiled(good)
    assert last_line(compiled, good) == "runs in C"
    before = w.data.copy()
    for _ in range(2):
        with pytest.raises(IndexError) as expected:
            step(bad)
        with pytest.raises(IndexError) as found:
            compiled(bad)
        assert str(found.value).endswith(str(expected.value).split(": ")[-1])
        np.testing.assert_array_equal(w.data, before)
    loss = float(compiled(good))
    after, w.data = w.data.copy(), before.copy()
    np.testing.assert_allclose(loss, float(step(good)), rtol=1e-12)
    np.testing.assert_allclose(w.data, after, rtol=1e-12)
    assert compiled.recordings == 1


def test_positions_in_a_loop():
    table = RNG.normal(size=(6, 3))

    def cell(h, i):
        h = np.tanh(h + table[i] if type(i) is int else h + np.take(t, i, axis=0))
        return h, h[:2]

    t = Tensor(table)
    compiled = jit(lambda h, i: scan(cell, h, i), backend="c")
    i = np.array([0, 5, -1, 2])
    for shift in (0, 1):
        h, rows = np.zeros(3), []
        for k in np.roll(i, shift):
            h = np.tanh(h + table[k])
            rows.append(h[:2])
        last, stack = compiled(Tensor(np.zeros(3)), np.roll(i, shift))
        np.testing.assert_allclose(last.data, h, rtol=1e-14)
        np.testing.assert_allclose(stack.data, rows, rtol=1e-14)
    assert last_line(compiled, Tensor(np.zeros(3)), i) == "runs in C"
    with pytest.raises(IndexError, match="index 6 is out of bounds for axis 0 with size 6"):
        compiled(Tensor(np.zeros(3)), np.array([0, 1, 6, 2]))


# --------------------------------------------------------------------------------------------------
# The order of reading and writing


def test_an_array_is_read_before_it_is_overwritten():
    w, b = Tensor(X[0].copy()), Tensor(X[1].copy())
    order = np.array([2, 0, 3, 1])

    def step(i):
        shuffled = w.data[i]
        b.data = b.data + w.data[i][:, ::-1]
        w.data = shuffled * 2
        return w.data[i].sum()

    compiled = jit(step, backend="c")
    expected_w, expected_b = X[0].copy(), X[1].copy()
    for _ in range(3):
        total = compiled(order)
        expected_b += expected_w[order][:, ::-1]
        expected_w = expected_w[order] * 2
        np.testing.assert_array_equal(w.data, expected_w)
        np.testing.assert_array_equal(b.data, expected_b)
        np.testing.assert_allclose(total, expected_w[order].sum(), rtol=1e-13)
    assert last_line(compiled, order) == "runs in C"


def test_an_array_is_read_before_it_is_overwritten_in_place():
    w, expected = Tensor(X[0].copy()), X[0].copy()
    order = np.array([2, 0, 3, 1])

    def step(i):
        w.data[:] = w.data[i] * 2

    def shift():
        w.data[:] = w.data[[3, 0, 1, 2]] - 1

    compiled, shifted = jit(step, backend="c"), jit(shift, backend="c")
    for _ in range(3):
        compiled(order), shifted()
        expected = (expected[order] * 2)[[3, 0, 1, 2]] - 1
        np.testing.assert_array_equal(w.data, expected)
    assert last_line(compiled, order) == last_line(shifted) == "runs in C"


def test_sums_of_short_rows_of_several_dtypes():
    """In gcc's code for these vectors lay beside a stack that was not aligned."""
    for n in (4, 5, 6, 7):
        f = lambda x: np.take_along_axis(x, np.argsort(x, axis=1)[:, -n:], axis=1).sum()  # noqa: B023, E731
        x = RNG.normal(size=(64, 50))
        np.testing.assert_allclose(jit(f, backend="c")(x), f(x), rtol=1e-12)


def random_index(rng, shape):
    """Return an index as a function of arrays, which it needs; of NumPy's forms of any kind."""
    width, parts, arrays = int(rng.integers(0, 3)), [], []
    lengths = tuple(int(n) for n in rng.integers(1, 4, width))
    for n in shape[: rng.integers(1, len(shape) + 1)]:
        kind = rng.integers(0, 5)
        if rng.integers(0, 5) == 0:
            parts.append(None)
        if kind < 2:
            own = tuple(n if rng.integers(0, 3) else 1 for n in lengths)
            arrays.append(rng.integers(-n, n, own[rng.integers(0, width + 1) :]))
            parts.append((kind == 1, len(arrays) - 1))
        elif kind == 2:
            parts.append(int(rng.integers(-n, n)))
        else:
            start, step = int(rng.integers(0, n)), int(rng.choice([-2, -1, 1, 2]))
            parts.append(slice(start, None, step))
    if rng.integers(0, 3) == 0:
        parts.append(Ellipsis)

    constants = [a.tolist() for a in arrays]

    def index(given):
        return tuple(
            p if type(p) is not tuple else given[p[1]] if p[0] else constants[p[1]] for p in parts
        )

    return index, arrays


def random_case(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.choice([1, 2, 3, 5, 30], rng.integers(1, 5)))
    index, arrays = random_index(rng, shape)
    x = rng.normal(size=shape)
    v = rng.normal(size=x[index(arrays)].shape)

    def f(x, v, *arrays):
        at = index(arrays)
        z = x * 2
        z[at] = v
        y = x[at]
        added = put(Tensor(v * y), index=at, shape=shape)
        return [y * 2 + v, added, z]

    return f, [x, v, *arrays], rng


@pytest.fixture(scope="module")
def random_programs():
    """Return programs of random indices, in one library."""
    found = []
    for seed in range(150):
        f, arguments, rng = random_case(seed)
        compiled = jit(f, backend="numpy")
        found.append((f, arguments, rng, compiled.program(*arguments)))
    natives = [c_backend.CProgram(p, {}, prefix=f"p{k}_") for k, (*_, p) in enumerate(found)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(c_build, "FLAGS", ["-O1", *c_build.FLAGS[1:]])
        c_backend.load(natives)
    return [(*row[:3], native) for row, native in zip(found, natives, strict=True)]


@pytest.mark.parametrize("seed", range(150))
def test_random_indices(seed, random_programs):
    f, arguments, rng, native = random_programs[seed]
    assert not native.hosts()
    function = native.compile()
    inputs = [int(s.label.split()[-1]) for s in native.emitter.program.inputs]
    for _ in range(2):
        x, v, *arrays = arguments
        given = [rng.normal(size=x.shape), rng.normal(size=v.shape), *arrays]
        expected = [getattr(z, "data", z) for z in f(*given)]
        for a, b in zip(function(*(given[k] for k in inputs)), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        arguments[2:] = [np.roll(i, 1) for i in arrays]
