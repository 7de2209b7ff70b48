"""Programs: their text, meaning, passes and Python code; random programs."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, grad
from autograd.jit import Program, Step, jit
from autograd.jit.cache import LINE, address, aligned, block_size
from autograd.jit.emit.numpy import Emitter
from autograd.jit.optimize.passes import optimize


def small():
    w = Tensor([[1.0], [2.0]], requires_grad=True, label="w")

    def step(x, rate):
        w.grad = None
        loss = (np.tanh(x @ w) ** 2).sum()
        loss.backward()
        w.data -= rate * w.grad
        return loss

    return jit(step, backend="numpy")


X = np.array([[0.5, -1.0], [1.5, 1.0], [0.0, 2.0]])


SHOWN = """\
%0 = input argument 0                             float64 (3, 2)
%1 = input argument 1                             float
%2 = input w                                      float64 (2, 1)
%3 = matmul(%0, %2)                               float64 (3, 1)  f.py:22
%4 = tanh(%3)                                     float64 (3, 1)  f.py:22
%5 = constant 2                                   int
%6 = power(%4, %5)                                float64 (3, 1)  f.py:22
%7 = add.reduce(%6, axis=(0, 1), keepdims=False)  float64 ()      f.py:22
%8 = multiply(%5, %4)                             float64 (3, 1)  f.py:23
%9 = multiply(%4, %4)                             float64 (3, 1)  f.py:23
%10 = constant 1                                  int
%11 = subtract(%10, %9)                           float64 (3, 1)  f.py:23
%12 = multiply(%8, %11)                           float64 (3, 1)  f.py:23
%13 = transpose(%0, axes=(1, 0))                  float64 (2, 3)  f.py:23
%14 = matmul(%13, %12)                            float64 (2, 1)  f.py:23
%15 = inner(%14, %14)                             float64 ()      f.py:23
%16 = not_equal(%15, %15)                         bool ()         f.py:23
%17 = multiply(%1, %14)                           float64 (2, 1)  f.py:24
%18 = subtract(%2, %17)                           float64 (2, 1)  f.py:24
check %16 is False
update %2 <- %18
return %7, %14"""


def test_show():
    text = small().show(X, 0.1)
    assert text.replace("test_jit_program.py", "f.py") == SHOWN


def test_source_is_numpy():
    source = small().source(X, 0.1)
    assert source.startswith("def program(in0, in1):\n    ")
    assert "in0.dot(p" in source
    assert "if v" in source
    compile(source, "source", "exec")


def test_the_interpreter_gives_the_meaning():
    step = small()
    program = step.program(X, 0.1)
    assert repr(program) == f"<program of {len(program.steps)} steps>"
    assert repr(program.inputs[0]) == "<input input (3, 2)>"
    w = np.array([[1.0], [2.0]])
    loss, g, new = program.run([X, 0.1, w])
    h = np.tanh(X @ w)
    np.testing.assert_allclose(loss, (h**2).sum(), rtol=1e-14)
    np.testing.assert_allclose(g, X.T @ (2 * h * (1 - h * h)), rtol=1e-14)
    np.testing.assert_allclose(new, w - 0.1 * g, rtol=1e-14)
    assert program.run([X * np.nan, 0.1, w]) is None


def step_of(kind, function, *arguments, value=None, **parameters):
    return Step(kind, function.__name__, function, arguments, parameters, value)


def test_passes():
    x = Step("input", "input", None, (), {}, np.ones((3, 4)))
    one, two = (Step("constant", "constant", None, (), {}, c) for c in (1.0, 2.0))
    a = step_of("elementwise", np.multiply, x, one, value=x.value)
    b = step_of("elementwise", np.multiply, a, two, value=x.value)
    c = step_of("elementwise", np.multiply, b, two, value=x.value)
    again = step_of("elementwise", np.multiply, b, two, value=x.value)
    dead = step_of("elementwise", np.exp, x, value=x.value)
    both = step_of("elementwise", np.add, c, again, value=x.value)
    found = optimize(Program([x], [one, two, a, b, c, again, dead, both], [both]))
    assert [(s.name, s.value) for s in found.steps if s.kind == "constant"] == [("constant", 8.0)]
    assert [s.name for s in found.steps if s.kind != "constant"] == ["multiply"]
    assert found.run([np.full((3, 4), 3.0)])[0][0, 0] == 24.0
    emitter = Emitter(found, {})
    np.testing.assert_array_equal(emitter.compile()(np.full((3, 4), 3.0))[0], np.full((3, 4), 24.0))


@pytest.mark.parametrize("shape", [(300_000,), (700, 257), (70_001, 3)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_large_arrays_in_blocks(shape, dtype):
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    b = np.linspace(0.5, 1.5, shape[-1], dtype=dtype)

    def f(x, b, c):
        y = np.tanh(x) * b
        if len(shape) == 2:
            y = (y - y.mean(axis=1, keepdims=True)) / (1 + np.abs(y).max(axis=1, keepdims=True))
        z = np.where(y > 0, y * x, y - c)
        return z * z, (z * x).sum(), z.sum(axis=0), (z.reshape(z.shape[0], -1) + 1).sum()

    compiled = jit(f, backend="numpy")
    tolerance = 1e-12 if dtype is np.float64 else 2e-4
    for c in (0.25, 0.5):
        assert "for s, t" in compiled.source(x, b, c)
        for ours, theirs in zip(compiled(x, b, c), f(x, b, c), strict=True):
            assert np.asarray(ours).dtype == np.asarray(theirs).dtype
            scale = np.abs(theirs).max()
            np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1024K", 896), ("2048K\n", 1792), ("64K", 256), ("16384K", 2048), ("?", 896)],
)
def test_a_block_fills_most_of_the_second_level_cache(text, size, tmp_path):
    path = tmp_path / "size"
    path.write_text(text)
    assert block_size(str(path)) == size * 1024
    assert block_size(str(tmp_path / "none")) == 896 * 1024


@pytest.mark.parametrize("dtype", ["f8", "f4", "?", "i2", "c16", "S3"])
def test_large_arrays_begin_with_a_line_of_the_cache(dtype):
    for shape in ((), (0,), (7, 3), (600,), (40, 50), (1 << 16,)):
        found = aligned(shape, np.dtype(dtype))
        assert found.shape == shape
        assert found.dtype == dtype
        assert found.flags.c_contiguous
        assert found.size < 512 or dtype == "S3" or address(found) % LINE == 0
        found[...] = 1
        assert (found == np.ones(shape, dtype)).all()


def test_threads_do_not_share_buffers():
    f = jit(lambda x: ((x * 2 + 1) ** 2 - 1).sum(), backend="numpy")
    wrong = []

    def work(k):
        x = np.full((50, 50), float(k))
        for _ in range(200):
            if f(x) != 2500 * ((2.0 * k + 1) ** 2 - 1):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --------------------------------------------------------------------------------------------------
# Random programs

UNARY = [np.tanh, np.sin, np.exp, lambda x: x * 0.5, lambda x: -x, lambda x: x.T, lambda x: x[::-1]]
UNARY += [lambda x: x.reshape(4, 1, 4)[:, 0], lambda x: x.sum(axis=0), np.abs, lambda x: x[1:3]]
UNARY += [lambda x: np.where(x > 0.1, x, 0.2 * x), lambda x: x.mean(axis=1, keepdims=True)]
BINARY = [np.add, np.multiply, np.subtract, lambda a, b: a / (2 + b * b), np.maximum]


def small_enough(x):
    return np.tanh(x) if np.shape(x) == (4, 4) else np.tanh(x.sum()) * np.eye(4) + 0.1


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_random_programs(recipe, seed):
    def f(x, c):
        values = [x, x * c + 0.3]
        for kind, i, j in recipe:
            a, b = values[i % len(values)], values[j % len(values)]
            if kind % 2:
                values.append(BINARY[kind % len(BINARY)](a, b))
            else:
                values.append(small_enough(UNARY[kind % len(UNARY)](a)))
        return (values[-1] * values[len(values) // 2]).sum()

    rng = np.random.default_rng(seed)
    value, slope = jit(f, backend="numpy"), jit(grad(f), backend="numpy")
    twice = jit(grad(lambda x, c: (grad(f)(x, c) ** 2).sum()), backend="numpy")
    for _ in range(2):
        x, c = rng.uniform(-1, 1, (4, 4)), float(rng.uniform(-1, 1))
        expected = f(x, c)
        np.testing.assert_allclose(value(x, c), expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(slope(x, c), grad(f)(x, c), rtol=1e-11, atol=1e-11)
        reference = grad(lambda x, c: (grad(f)(x, c) ** 2).sum())(x, c)
        scale = max(1.0, float(np.abs(reference).max()))
        np.testing.assert_allclose(twice(x, c), reference, rtol=1e-10, atol=1e-10 * scale)


def names_of(f, *arguments):
    return [step.name for step in jit(f, backend="numpy").program(*arguments).steps]


def test_sums_of_products_of_rows():
    x, y = np.random.default_rng(3).normal(size=(2, 5, 40))

    def f(x, y):
        square = ((x - 1) * (x - 1)).mean(axis=1, keepdims=True)
        signed = (-(x + 1) * y).sum(axis=1), (-(x * y)).sum(axis=1), (-(x * (y - 3))).sum()
        return square, *signed, (-(x + 2)).sum(axis=0), (x * -(y + 4)).sum(axis=1)

    names = names_of(f, x, y)
    assert names.count("vecdot") == 4
    assert names.count("inner") == 1
    program = jit(f, backend="numpy").program(x, y)
    assert all(s.size < x.size for s in program.steps if s.name == "negative")
    for a, b in zip(jit(f, backend="numpy")(x, y), f(x, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    # a product that is needed elsewhere stays
    assert "vecdot" not in names_of(lambda x, y: ((p := x * y).sum(axis=1), p), x, y)
    assert "vecdot" not in names_of(lambda x, y: (x * y).sum(axis=1), x[:, :4], y[:, :4])


def test_numbers_behind_views():
    x = np.arange(6.0).reshape(2, 3)

    def f(x):
        s = np.broadcast_to(x.sum(), (6,)).reshape(2, 3)
        return x * s, s - x

    assert names_of(f, x) == ["add", "multiply", "subtract"]
    for g in (f, lambda x: (f(x)[0] + (s := np.broadcast_to(x.max(), (3, 2)).T) + s, s + s)):
        for a, b in zip(jit(g, backend="numpy")(x), g(x), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14)
    total = jit(lambda x: x.logsumexp(axis=1).sum(), backend="numpy")
    slope = jit(grad(lambda x: x.logsumexp(axis=1).sum()), backend="numpy")
    assert "broadcast_to" not in slope.show(Tensor(x))
    np.testing.assert_allclose(slope(Tensor(x)).sum(), 2.0)
    assert np.isclose(total(Tensor(x)).data, np.log(np.exp(x).sum(axis=1)).sum())


def test_signs_are_taken_along():
    x, y = np.random.default_rng(4).normal(size=(2, 7))
    cases = {
        "x + (-y)": (lambda x, y: x + -y, ["subtract"]),
        "(-x) + y": (lambda x, y: -x + y, ["subtract"]),
        "x - (-y)": (lambda x, y: x - -y, ["add"]),
        "(-x) - y": (lambda x, y: -x - y, ["negative", "subtract"]),
        "(-x) (-y)": (lambda x, y: -x * -y, ["multiply"]),
        "y - (-x) y": (lambda x, y: y - -x * y, ["multiply", "add"]),
        "(-x) / y + y": (lambda x, y: -x / y + y, ["divide", "subtract"]),
        "-(3 x)": (lambda x, y: -(x * 3.0), ["multiply"]),
        "x + x": (lambda x, y: x * 3.0 + x * 3.0, ["multiply"]),
        "-x - x": (lambda x, y: y - (-x + -x), ["multiply", "subtract"]),
        "twice": (lambda x, y: (-x * y, -x), ["negative", "multiply"]),
        "rows": (lambda x, y: -x[:, None] * y, ["negative", "multiply"]),
        "ints": (lambda x, y: np.sign(x).astype(int) + -np.sign(y).astype(int), None),
    }
    for name, (f, names) in cases.items():
        for kind in ("f8", "f4"):
            a, b = x.astype(kind), y.astype(kind)
            g = jit(f, backend="numpy")
            found = [s.name for s in g.program(a, b).steps if s.kind != "constant"]
            assert (
                names is None or [n for n in found if n not in ("getitem", "reshape")] == names
            ), name
            for u, v in zip(np.atleast_1d(g(a, b)), np.atleast_1d(f(a, b)), strict=True):
                assert u.dtype == v.dtype
                np.testing.assert_array_equal(u, v)
