"""How loops are laid out in C: functions without calls, strips, short rows together, threads."""

import os
import subprocess
import sys
import textwrap
import threading

import mpmath
import numpy as np
import pytest

from autograd.jit import jit
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.jit.c import kernel as c_kernel
from autograd.jit.c import loops as c_loops
from autograd.jit.c import pool as c_pool

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")]
RNG = np.random.default_rng(11)
BIG = 1 << 17


def compiled(f, *arguments, **options):
    """Return a C program of a function, and its source."""
    program = jit(f, backend="numpy").program(*arguments)
    made = c_backend.c_program(program, {}, **options)
    return made.compile(), made.readable


def exact(name, x):
    """Return a function in far more digits, rounded to the dtype of x."""
    with mpmath.workprec(120):
        found = [getattr(mpmath, name)(mpmath.mpf(float(v))) for v in x]
    return np.array([float(v) for v in found]).astype(x.dtype), found


RANGES = {
    "exp": [(-745.1, 709.7, 1e-9), (-103.9, 88.7, 1e-6)],
    "tanh": [(-22.0, 22.0, 5e-324), (-11.0, 11.0, 1e-45)],
    "log": [(0.3, 3.0, 5e-324), (0.3, 3.0, 1e-45)],
}


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("single", [False, True])
def test_functions_to_the_last_digits(name, single):
    low, high, least = RANGES[name][single]
    x = np.concatenate([
        np.linspace(low, high, 700),
        RNG.normal(size=300) if name != "log" else 1 + RNG.normal(size=300) * 1e-3,
        np.exp(RNG.uniform(np.log(least), 0, 300)),
        np.exp(RNG.uniform(0, 80, 100)) if name == "log" else [],
    ]).astype(np.float32 if single else np.float64)  # fmt: skip
    found = jit(getattr(np, name), backend="c")(x)
    near, digits = exact(name, x)
    ulp = np.spacing(np.abs(near)).tolist()
    pairs = zip(found.tolist(), digits, ulp, strict=True)
    assert max(abs(mpmath.mpf(a) - b) / u for a, b, u in pairs) < 3


def chain(x, w):
    y = x
    for _ in range(3):
        y = np.exp(-(np.tanh(y * w) ** 2)) + x
    return y, np.log(y * y + 1).sum(), y.max(axis=-1)


@pytest.mark.parametrize("shape", [(1,), (127,), (128,), (5000,), (3, 700), (257, 33), (40, 5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_functions_of_functions_are_cut_in_strips(shape, dtype):
    x = RNG.normal(size=shape).astype(dtype)
    w = RNG.normal(size=shape[-1]).astype(dtype)
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    for a, b in zip(jit(chain, backend="c")(x, w), chain(x, w), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_a_strip_reads_what_it_writes_before_it_writes():
    def late(x):
        z = np.tanh(np.exp(x)) * x
        x *= 0.5
        return z

    def computed_anew(x):
        d = x - 1
        z = np.tanh(np.exp(d)) * d
        x *= 0.5
        return z

    def all_of_it(x):
        y = np.tanh(np.exp(x))
        x += np.tanh(y + x) * x
        return y

    for f in (late, computed_anew, all_of_it):
        x = RNG.normal(size=5000)
        theirs = x.copy()
        for a, b in zip(jit(f, backend="c")(x), f(theirs), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
        np.testing.assert_allclose(x, theirs, rtol=1e-12)


def test_long_loops_are_cut_where_one_slow_function_needs_another():
    loops = [
        compiled(f, np.ones(n))[1].count("pragma omp simd")
        for f in (lambda x: np.tanh(x), lambda x: np.exp(np.tanh(x)))
        for n in (100, 5000)
    ]
    assert loops == [1, 1, 1, 2]


@pytest.mark.parametrize("shape", [(32, 5), (31, 5), (4, 6, 3), (64, 2), (12, 1), (3, 4, 5)])
def test_short_rows_are_taken_together(shape):
    x, row = RNG.normal(size=shape), RNG.normal(size=shape[-1])

    def f(x, row):
        y = x * row[::-1] + 1
        z = x.T * 2 + y.T
        rows = tuple(range(x.ndim - 1))
        return y, y.sum(axis=rows), y.max(axis=0), (y - row).sum(), z, y.min()

    function, source = compiled(f, x, row)
    for a, b in zip(function(x, row), f(x, row), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    # where they do not run on, or differ from one plane to the next, they are not
    for apart in (lambda x, y: x * y[..., :1], lambda x, y: x + y[..., :1, :]):
        found = compiled(apart, x, x.copy())[0](x, x)
        np.testing.assert_allclose(found[0], apart(x, x), rtol=1e-12)
    if shape == (32, 5):
        assert "i1 < 40" in source


def wide(x, w):
    y = np.tanh(x * w)
    mean = y.mean(axis=1, keepdims=True)
    z = (y - mean) * w
    return z, z.sum(axis=0), (z * y).sum(), y.max(axis=1), (y > 2).any(), z.max(), z.min(axis=0)


def flat(x):
    y = np.exp(-x * x) * x
    return y, y.sum(), np.isfinite(y).all(), y.prod(), y.max()


@pytest.mark.parametrize("f", [wide, flat])
@pytest.mark.parametrize("special", [0.5, np.nan])
def test_threads_change_no_digit(f, special):
    x = RNG.normal(size=(300, 512))
    x[7, 9] = special
    given = (x, RNG.normal(size=512)) if f is wide else (x,)
    results = []
    for threads in (1, 2, 3, 40):
        function, source = compiled(f, *given, threads=threads)
        assert c_kernel.SHARED in source
        results.append(function(*given))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
    for a, b in zip(results[0], f(*given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("registers", [(64, 32), (32, 16)])
@pytest.mark.parametrize(("dtype", "lanes"), [("f8", 8), ("f4", 16)])
def test_slow_functions_in_long_vectors(registers, dtype, lanes, monkeypatch):
    """Compilers leave the longest vectors unused on some processors; fast loops are left so."""
    monkeypatch.setattr(c_loops, "registers", lambda: registers)
    wanted = f"omp simd simdlen({lanes})"
    x = RNG.normal(size=(5, 203)).astype(dtype)
    for f, is_slow in (
        (lambda x: np.sin(x) * np.exp(x.max(axis=1, keepdims=True)), True),
        (lambda x: np.log1p(x * x).sum(axis=1), True),
        (lambda x: np.tanh(x[0, :7]), False),
        (lambda x: np.sqrt(x * x) + 1, False),
    ):
        function, source = compiled(f, x)
        assert (wanted in source) == (is_slow and registers[0] == 64)
        close = 1e-13 if dtype == "f8" else 1e-5
        np.testing.assert_allclose(function(x)[0], f(x), rtol=close, atol=close)
    # a loop over numbers of two sizes is left to the compiler
    y = x.astype("f4" if dtype == "f8" else "f8")
    assert "simdlen" not in compiled(lambda x, y: np.exp(x) * np.exp(y), x, y)[1]


def test_programs_that_want_the_same_threads():
    x = RNG.normal(size=(300, 512))
    programs = [
        compiled(lambda x, k=k: np.tanh(x * k).sum(axis=0), x, threads=3)[0] for k in range(4)
    ]
    errors = []

    def work(k):
        for _ in range(30):
            (found,) = programs[k](x)
            if not np.allclose(found, np.tanh(x * k).sum(axis=0), rtol=1e-11, atol=1e-11):
                errors.append(k)

    others = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in others:
        t.start()
    for t in others:
        t.join()
    assert not errors


def test_without_a_pool_of_threads(monkeypatch):
    x, w = RNG.normal(size=(300, 512)), RNG.normal(size=512)
    expected = compiled(wide, x, w, threads=2)[0](x, w)
    monkeypatch.setattr(c_backend, "pool", lambda: None)
    # another text, so that it is another library
    for a, b in zip(compiled(wide, x, w, threads=2, kept={0})[0](x, w), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    monkeypatch.setattr(c_pool, "SOURCE", "#error no")
    assert c_pool.pool.__wrapped__() is None


def test_small_work_is_left_to_one_thread():
    _, source = compiled(wide, np.ones((30, 20)), np.ones(20))
    assert c_kernel.SHARED not in source


def test_every_thread_flushes_denormals():
    x = np.full(BIG * 8, 3e-308)
    for flush, expected in ((False, x * 0.25), (True, 0.0)):
        function, source = compiled(lambda x: x * 0.5 * 0.5 + x * 0, x, flush=flush, threads=3)
        assert c_kernel.SHARED in source
        np.testing.assert_array_equal(function(x)[0], expected)
    # and stops doing so
    function, _ = compiled(lambda x: x * 0.5 * 0.5 + x * 0, x, threads=3)
    np.testing.assert_array_equal(function(x)[0], x * 0.25)


def test_the_number_of_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert c_backend.default_threads() == 3
    for text in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert 1 <= c_backend.default_threads() <= os.cpu_count()
    f = jit(lambda x: x + 1, backend="c", threads=2)
    np.testing.assert_array_equal(f(np.ones(3)), 2)
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="threads is a whole number of at least 1, got"):
            jit(lambda x: x, threads=wrong)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_after_threads(tmp_path):
    text = """
        import os
        import numpy as np
        from autograd.jit import jit
        def f(x): return np.tanh(x * 2).sum(axis=1)
        x = np.ones((400, 600))
        g = jit(f, backend="c", threads=2)
        g(x)
        child = os.fork()
        np.testing.assert_allclose(g(x), f(x), rtol=1e-12)
        h = jit(lambda x: f(x) + 1, backend="c", threads=2)
        np.testing.assert_allclose(h(x), f(x) + 1, rtol=1e-12)
        if child:
            assert os.waitpid(child, 0)[1] == 0
        else:
            os._exit(0)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True, timeout=60)


def normalised(x, scale, target):
    total = target.sum(axis=0)
    g = target * scale
    d = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((d * d).mean(axis=1, keepdims=True))
    y = d / deviation
    z = g / deviation - y * (g * y).mean(axis=1, keepdims=True)
    return z, total, (target * y).sum(axis=0), (z * z).sum()


@pytest.mark.parametrize("shape", [(40, 130), (3, 7), (2, 600)])
def test_groups_of_the_same_rows_become_one(shape):
    x, target = RNG.normal(size=(2, *shape))
    scale = RNG.normal(size=shape[1])
    program = jit(normalised, backend="numpy").program(x, scale, target)
    made = c_backend.c_program(program, {})
    expected = normalised(x, scale, target)
    for a, b in zip(made.compile()(x, scale, target), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)
    # one group computes all, and keeps a few rows instead of arrays
    assert len(made.emitter.groups.groups) == 1
    assert made.emitter.arena < max(x.nbytes, 8 * shape[1] * x.itemsize)


def inside(x, w):
    return np.tanh(x @ w) @ w.T


def viewed(x, w):
    return np.exp(x @ w).T


def between(x, w):
    return np.sort(x @ w) @ w.T


@pytest.mark.parametrize(
    ("f", "n", "own"),
    [(inside, 3, True), (inside, 600, False), (viewed, 3, False), (between, 3, False)],
)
def test_a_small_arena_is_on_the_stack_unless_others_look_into_it(f, n, own):
    x, w = RNG.normal(size=(n, 4)), RNG.normal(size=(4, 5))
    call, text = compiled(f, x, w)
    for a, b in ((x, w), (x + 1, w / 2)):
        np.testing.assert_allclose(call(a, b)[0], f(a, b), rtol=1e-12)
    assert ("char m[" in text) is own


def test_groups_that_need_what_comes_between_stay_apart():
    def f(x, w):
        a = x.sum(axis=1, keepdims=True) * x
        b = np.sort(a.sum(axis=0))
        c = x * b + a.max(axis=0)
        d = np.cumsum(x, axis=0)
        return a, c, (x + d).sum(axis=1), (x * w).sum(axis=1) + a.sum()

    x, w = RNG.normal(size=(9, 40)), RNG.normal(size=40)
    for a, b in zip(compiled(f, x, w)[0](x, w), f(x, w), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_sum_as_large_as_its_rows_is_not_cut_in_pieces():
    x = RNG.normal(size=(3, BIG * 4))
    function, source = compiled(lambda x: (np.tanh(x) * 2).sum(axis=0), x)
    assert c_kernel.SHARED not in source
    np.testing.assert_allclose(function(x)[0], (np.tanh(x) * 2).sum(axis=0), rtol=1e-12, atol=1e-14)
