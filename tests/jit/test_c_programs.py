"""Programs in C: edges of floating point, memory, training; equal to what NumPy computes."""

import re

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.jit.c import kernel as c_kernel

from .c_checks import both

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")


pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")]


RNG = np.random.default_rng(7)


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, np.inf, -np.inf, np.nan, 5e-324, -1e-310, 1e-300]


EDGES = np.array([*EDGES, 1e300, -1e300, 709.7, -745.0, 710.0, 88.7, -104.0, 1e-8, 2.0, 20.0])


UNARY = """exp exp2 expm1 log log2 log10 log1p tanh sinh cosh sin cos tan arcsin arccos arctan
arcsinh arccosh arctanh cbrt sqrt square reciprocal negative absolute sign floor ceil trunc rint
isnan isinf isfinite signbit logical_not""".split()


BINARY = """add subtract multiply divide power maximum minimum fmax fmin arctan2 hypot copysign
logaddexp heaviside remainder floor_divide greater greater_equal less less_equal equal not_equal
logical_and logical_or logical_xor""".split()


def assert_same(found, expected, ulp=4):
    for y, x in zip(found, expected, strict=True):
        assert np.asarray(y).dtype == np.asarray(x).dtype
        if np.asarray(x).dtype.kind == "f":
            exact = (np.asarray(x) == y) | (np.isnan(x) & np.isnan(y))
            near = np.abs(np.asarray(x) - y) <= ulp * np.spacing(np.abs(x))
            assert np.all(exact | near), (x, y)
            zero = (np.asarray(x) == 0) & (np.asarray(y) == 0)
            np.testing.assert_array_equal(np.signbit(x)[zero], np.signbit(y)[zero])
        else:
            np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_functions_at_the_edges(dtype):
    with np.errstate(all="ignore"):
        x = EDGES.astype(dtype)
    x = np.concatenate([x, RNG.normal(size=200).astype(dtype) * 3])
    expected, found = both(lambda x: [getattr(np, name)(x) for name in UNARY], x)
    for name, a, b in zip(UNARY, expected, found, strict=True):
        with np.errstate(all="ignore"):
            # near zeros of sin and cos libraries differ in how they reduce large arguments
            small = np.abs(x) < 1e5 if name in ("sin", "cos", "tan") else np.full(len(x), True)
        assert_same([b[small]], [a[small]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_operations_at_the_edges(dtype):
    with np.errstate(all="ignore"):
        x = EDGES.astype(dtype)
    pairs = np.array([(a, b) for a in x for b in x], dtype)
    a, b = pairs.T.copy()
    expected, found = both(lambda a, b: [getattr(np, name)(a, b) for name in BINARY], a, b)
    for name, p, q in zip(BINARY, expected, found, strict=True):
        if name in ("maximum", "minimum", "fmax", "fmin"):  # of 0 and -0 either will do
            p, q = p + 0.0, q + 0.0
        assert_same([q], [p])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bounds", [(-1, 2.0), (-0.0, np.inf), (0.0, -0.0), (3.0, -3.0)])
def test_clip_at_the_edges(bounds, dtype):
    x = EDGES.astype(dtype)
    low, high = np.full_like(x, bounds[0]), np.full_like(x, np.nan)
    expected, found = both(lambda x: [np.clip(x, *bounds), np.clip(x, low, high)], x)
    assert_same(found, expected, ulp=0)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_division_of_integers(dtype):
    ends = np.iinfo(dtype)
    near = {ends.min, ends.min + 1, ends.max, ends.max - 1, *range(-4, 5), 7, 100}
    x = np.array([n for n in near if ends.min <= n <= ends.max], dtype)
    a, b = np.repeat(x, len(x)), np.tile(x, len(x))
    expected, found = both(lambda a, b: [a % b, a // b, a % 3, a // 7], a, b)
    assert_same(found, expected, ulp=0)


X = RNG.normal(size=(5, 7)) + 0.5
D = X - X.mean(1, keepdims=True)
# with their gradients with respect to X
OF_ROWS = {
    "var": (lambda x: x.var(axis=1), (D * D).sum(1) / 7, D * 2 / 7),
    "var, ddof": (lambda x: np.var(x, 1, ddof=2), (D * D).sum(1) / 5, D * 2 / 5),
    "std": (lambda x: np.std(x, axis=1), X.std(1), D / 7 / X.std(1)[:, None]),
    "norm": (
        lambda x: np.linalg.norm(x, axis=1),
        np.sqrt((X * X).sum(1)),
        X / np.sqrt((X * X).sum(1, keepdims=True)),
    ),
    "clip": (
        lambda x: np.clip(x, -0.5, 1).sum(axis=1),
        np.minimum(np.maximum(X, -0.5), 1).sum(1),
        ((X > -0.5) & (X < 1)) * 1.0,
    ),
}


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OF_ROWS)
def test_spread_norm_and_clip_are_all_in_c(name, dtype, backend):
    f, expected, slope = OF_ROWS[name]
    x = Tensor(X.astype(dtype), requires_grad=True)

    def step():
        x.grad = None
        z = f(x)
        z.sum().backward()
        return z

    fast = jit(step, backend=backend)
    z = fast()
    z = fast()
    tolerance = {"rtol": 4 * np.sqrt(7) * np.finfo(dtype).eps, "atol": 8 * np.finfo(dtype).eps}
    np.testing.assert_allclose(z.data, expected.astype(dtype), **tolerance, strict=True)
    np.testing.assert_allclose(x.grad, slope.astype(dtype), **tolerance, strict=True)
    assert fast.show().splitlines()[-1] == "runs in C" or backend == "numpy"


def test_reductions_of_edges():
    def f(x):
        return [
            *(
                getattr(np, r)(x, axis=a)
                for r in ("max", "min", "sum", "prod")
                for a in (0, 1, None)
            ),
            *(getattr(np, r)(x > 0, axis=a) for r in ("all", "any", "sum") for a in (0, 1, None)),
        ]

    for special in (np.nan, np.inf, -np.inf, 0.0):
        x = RNG.normal(size=(7, 33))
        x[3, 5] = special
        expected, found = both(f, x)
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-12)
    whole = RNG.integers(-9, 9, size=(5, 4))
    expected, found = both(lambda x: [x.max(0), x.min(1), x.sum(), (x * x).sum(1), x.prod()], whole)
    assert_same(found, expected)


def test_sums_of_many_numbers_keep_their_digits():
    x = RNG.random(1_000_003).astype(np.float32)
    found = jit(lambda x: [x.sum(), (x * x).sum()], backend="c")(x)
    exact = x.astype(float)
    np.testing.assert_allclose(found, [exact.sum(), (exact * exact).sum()], rtol=1e-6)


def test_mixed_dtypes():
    f4, f8 = RNG.normal(size=(3, 4)).astype(np.float32), RNG.normal(size=4)
    i8, i4, b1 = np.arange(4), np.arange(4, dtype=np.int32), np.array([True, False, True, True])

    def f(f4, f8, i8, i4, b1):
        return [
            f4 * 2 + 1, f4 + f8, i8 * i4, i4 + b1, f4 * b1, np.where(b1, f4, i8), i8 / i4, i8 > f4,
            i4 == i8, b1 & (f8 > 0), ~b1, -i4, i8.astype(np.float32), f8.astype(np.int64), i8 % 3,
            f8 // 0.3, i8 << 2, b1 + b1, np.exp(i4), f4.astype(np.float16) * 2,
        ]  # fmt: skip

    expected, found = both(f, f4, f8, i8, i4, b1)
    assert_same(found, expected)


def test_quotients_of_python_numbers():
    halves = jit(lambda x, e: [x * (e / 2), x + e / -0.5, x - e / True], backend="c")
    inverse = jit(lambda x, e: x * (1 / e), backend="c")
    x = np.array([-1.5, 0.0, 2.0])
    for e in (0.5, -0.0, np.inf, -1e-320, 1e308):
        for found, expected in zip(halves(x, e), [x * (e / 2), x + e / -0.5, x - e], strict=True):
            np.testing.assert_array_equal(found, expected)
            np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    assert halves.show(x, 0.5).splitlines()[-1] == "runs in C"
    np.testing.assert_array_equal(inverse(x, 0.5), x * 2)
    with pytest.raises(ZeroDivisionError):
        inverse(x, 0.0)


@pytest.mark.parametrize("f", [lambda x: x * 10**30, lambda x: x / 2**70 + 2**64])
def test_integers_too_long_for_c(f):
    x, compiled = np.array([1.5, -2.0]), jit(f, backend="c")
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x), f(x))
    assert compiled.show(x).splitlines()[-1] == ("runs by NumPy: a Python integer too long for C")


def test_comparisons_of_signed_and_unsigned_integers():
    edges = [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
    signed = np.array([n for n in edges for _ in range(6)])
    large = np.array([0, 1, 2**53, 2**53 + 1, 2**63, 2**64 - 1] * len(edges), np.uint64)
    names = "greater greater_equal less less_equal equal not_equal".split()

    def f(x, y):
        pairs = [(x, y), (y, x), (x.astype(np.int8), y), (y, x.astype(np.int32))]
        return [getattr(np, name)(*pair) for name in names for pair in pairs]

    expected, found = both(f, signed, large)
    assert_same(found, expected)


def test_layouts_of_inputs():
    def f(x, y):
        return [
            x + y,
            x.T @ y,
            (x * y).sum(axis=0),
            x[1:, ::-2] * 2,
            x.T.reshape(-1),
            y.max(axis=1),
        ]

    compiled = jit(f, backend="c")
    x = RNG.normal(size=(6, 5))
    wide = RNG.normal(size=(12, 10))
    for a in (x, np.asfortranarray(x), wide[::2, ::2], wide[5::-1, 9:4:-1], x[::-1]):
        for b in (x, a):
            for u, v in zip(compiled(a, b), f(a, b), strict=True):
                np.testing.assert_allclose(u, v, rtol=1e-12, atol=1e-14)
    assert compiled.recordings == 2  # one array given twice is another kind of call
    still = np.broadcast_to(np.arange(5.0), (6, 5))
    for u, v in zip(compiled(still, x), f(still, x), strict=True):
        np.testing.assert_allclose(u, v, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shapes", [
    ((3,), (3,)), ((3,), (3, 2)), ((4, 3), (3,)), ((1, 5), (5, 1)), ((5, 1), (1, 5)),
    ((2, 4, 3), (3, 5)), ((2, 4, 3), (2, 3, 5)), ((2, 1, 4, 3), (5, 3, 2)), ((40, 50), (50, 60)),
    ((40, 50), (50,)), ((2000,), (2000, 20)), ((2000, 20), (20,)), ((3, 40, 50), (50, 60)),
])  # fmt: skip
def test_products(shapes):
    x, y = (RNG.normal(size=s) for s in shapes)
    plans = [lambda x, y: x @ y]
    if len(shapes[0]) == len(shapes[1]) == 2:
        plans += [lambda x, y: y.T @ x.T, lambda x, y: (x * 1).T.T @ (y + 0), lambda x, y: x @ x.T]
        plans += [lambda x, y: x[::2] @ y[:, ::-1], lambda x, y: x[:, ::2] @ y[::2]]
    f = lambda x, y: [plan(x, y) for plan in plans]  # noqa: E731
    expected, found = both(f, x, y)
    for u, v in zip(found, expected, strict=True):
        np.testing.assert_allclose(u, v, rtol=1e-12, atol=1e-12)
    small = [a.astype(np.float32) for a in (x, y)]
    expected, found = both(f, *small)
    for u, v in zip(found, expected, strict=True):
        np.testing.assert_allclose(u, v, rtol=1e-4, atol=1e-4)


def test_products_without_blas(monkeypatch):
    from autograd.jit.c import products as c_products
    from autograd.jit.c import source as c_source

    monkeypatch.setattr(c_products, "blas", lambda: None)
    monkeypatch.setattr(c_source, "blas", lambda: None)
    monkeypatch.setattr(c_backend, "blas", lambda: None)
    for m, k, n in ((40, 50, 60), (3, 200, 300)):
        x, y = RNG.normal(size=(m, k)), RNG.normal(size=(k, n))
        found = jit(lambda x, y: (x @ y) + 1, backend="c")(x, y)
        np.testing.assert_allclose(found, x @ y + 1, rtol=1e-12)


def random_function(rng):
    """Return a function of three arrays that combines operations at random."""
    choices = rng.integers(0, 9, size=14).tolist()
    picks = rng.integers(0, 1 << 30, size=(14, 2)).tolist()

    operations = [
        lambda a, b, row: a + b,
        lambda a, b, row: a * np.tanh(b),
        lambda a, b, row: a - b.mean(axis=1, keepdims=True),
        lambda a, b, row: np.maximum(a, b) + row,
        lambda a, b, row: np.exp(-a * a) / (1 + b * b),
        lambda a, b, row: a * b.sum(axis=0),
        lambda a, b, row: a / (1 + np.abs(b).max()),
        lambda a, b, row: np.where(a > b, a, 0.5 * b),
        lambda a, b, row: (a @ b.T @ a) / a.size,
    ]

    def f(x, y, row):
        values = [x, y, x * row]
        for choice, (i, j) in zip(choices, picks, strict=True):
            a, b = values[i % len(values)], values[j % len(values)]
            values.append(operations[choice](a, b, row))
        return [values[-1], values[-2].sum(axis=0), (values[-3] * values[-1]).sum(), values[5].T]

    return f


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed):
    rng = np.random.default_rng(seed)
    f = random_function(rng)
    n, k = rng.integers(1, 9, size=2)
    x, y, row = rng.normal(size=(n, k)), rng.normal(size=(n, k)), rng.normal(size=k)

    def with_gradient(x, y, row):
        t = [Tensor(a, requires_grad=True) for a in (x, y, row)]
        outputs = f(*t)
        sum(o.sum() for o in outputs).backward()
        return [*(o.data for o in outputs), *(a.grad for a in t)]

    compiled = jit(with_gradient, backend="c")
    for scale in (1.0, 0.5):
        expected = with_gradient(x * scale, y, row)
        for u, v in zip(compiled(x * scale, y, row), expected, strict=True):
            np.testing.assert_allclose(u, v, rtol=1e-11, atol=1e-12 * (1 + np.abs(v).max()))


def test_long_parts_are_cut_into_functions(monkeypatch):
    def f(x, i):
        total, rows = 0.0, x
        for k in range(40):
            total = total + np.sin(x[k % 3] * (k + 1.0))
            rows = np.cumsum(rows * (k + 2.0)) * 0.01 + total
        return total, rows, np.exp(rows)[i]

    x, i, results, functions = np.array([0.5, 1.5, -2.0]), np.array([2, 0, 1]), [], []
    for longest in (1 << 30, 40):
        monkeypatch.setattr(c_kernel, "LONGEST", longest)
        monkeypatch.setattr(c_kernel, "PIECE_LINES", 40)
        compiled = jit(f, backend="c")
        results.append(compiled(x, i))
        functions.append(
            re.findall(r"(?ms)^static NOINLINE int part0_\d+\(.*?^\}", compiled.source(x, i))
        )
        with pytest.raises(IndexError, match="index 3 is out of bounds"):
            compiled(x, np.array([2, 3, 1]))
    assert not functions[0]
    assert len(functions[1]) > 3
    assert max(text.count("\n") for text in functions[1]) <= 40 + 2
    for whole, cut, expected in zip(*results, f(x, i), strict=True):
        np.testing.assert_array_equal(cut, whole)
        np.testing.assert_allclose(cut, expected, rtol=1e-13)
