"""Running sums and extremes, and positions of extremes, in C: NumPy's numbers for every axis."""

import shutil

import numpy as np
import pytest

from autograd import Tensor, jit
from autograd.jit.c import build as c_build

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")]
RNG = np.random.default_rng(5)
X = RNG.integers(-3, 4, (3, 5, 40)) * RNG.choice([0.5, 1.0, -1.0], (3, 5, 40))
SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 0.0]


def arrays(dtype):
    """Return arrays with ties, and of floats some with numbers like nan."""
    found = [X.astype(dtype), (X * 2).astype(dtype), np.zeros_like(X, dtype)]
    if np.dtype(dtype).kind == "f":
        x = X.astype(dtype)
        for special in SPECIAL:
            x[RNG.random(x.shape) < 0.05] = special
        found += [x, np.full_like(x, -np.inf), np.full_like(x, np.nan), -found[-1]]
    return found


RUNNING = {
    "sums": lambda x: [np.cumsum(x, axis=a) for a in (0, 1, 2, -1)],
    "sums of a vector": lambda x: [np.cumsum(x[0, 0]), x[:, 2, 7].cumsum(), np.cumsum(x[:1, 0, 0])],
    "sums of a view": lambda x: [x[:, ::-1].cumsum(axis=1)[:, ::-1], np.cumsum(x.T, axis=1)],
    "sums of sums": lambda x: np.cumsum(np.cumsum(x * 2, axis=2) - 1, axis=0) + x,
    "products": lambda x: [np.cumprod(x / 2, axis=a) for a in (0, 1, 2)],
    "products of a vector": lambda x: np.cumprod(x[0, 0] / 2 + 1),
    "extremes": lambda x: [
        u.accumulate(x, axis=a) for u in (np.maximum, np.minimum) for a in (0, 1, 2, -2)
    ],
    "extremes of a vector": lambda x: [
        np.maximum.accumulate(x[0, 0, ::-1]),
        np.minimum.accumulate(x[:, 1, 2]),
    ],
    "by ufuncs": lambda x: [np.add.accumulate(x), np.multiply.accumulate(x / 2, axis=1)],
    "returned as it is": lambda x: x.cumsum(axis=1),
}
PLACES = {
    "of an axis": lambda x: [f(x, axis=a) for f in (np.argmax, np.argmin) for a in (0, 1, 2, -2)],
    "of all": lambda x: [np.argmax(x), x.argmin()],
    "of a vector": lambda x: [x[0, 0].argmax(), np.argmin(x[:, 1, 1]), x[2, 2, 2:3].argmax()],
    "with the axis": lambda x: [np.argmax(x, axis=1, keepdims=True), np.argmin(x, keepdims=True)],
    "of a view": lambda x: [np.argmax(x[::-1, 1:, ::3].T, axis=1), x.transpose(1, 0, 2).argmin()],
    "of truths": lambda x: [np.argmax(x > 0, axis=1), np.argmin(x == x, axis=2), (x < 9).argmax()],
    "used": lambda x: np.take_along_axis(x, x.argmax(axis=2)[..., None], axis=2) + x.min(axis=0),
    "compared": lambda x: [(x.argmax(axis=2) == 3).mean(), (x > 0).mean(axis=1), (x > 0).mean()],
}


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u1"])
@pytest.mark.parametrize("name", [*RUNNING, *PLACES])
def test_along_axes(name, dtype):
    f = (RUNNING | PLACES)[name]
    compiled = jit(f, backend="c")
    for x in arrays(dtype):
        found, expected = compiled(x), f(x)
        if type(found) is not list:
            found, expected = [found], [expected]
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
            if np.asarray(a).dtype.kind == "f":
                zero = np.asarray(b) == 0
                np.testing.assert_array_equal(np.signbit(a)[zero], np.signbit(b)[zero])
    assert compiled.show(x).splitlines()[-1] == "runs in C"


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "b1"])
@pytest.mark.parametrize("special", [0.0, np.nan, np.inf, -np.inf])
def test_places_in_long_rows(dtype, special):
    """Which are searched in blocks; the first of equal entries counts, and nan before all."""

    def f(x):
        views = (x, 1), (x, None), (x[:, ::-3], 1), (x.T, 0), (x[0], 0), (x[:, :300], None)
        return [find(y, axis=a) for find in (np.argmax, np.argmin) for y, a in views]

    compiled = jit(f, backend="c")
    x = RNG.integers(0, 3, (4, 1000)).astype(dtype)
    if np.dtype(dtype).kind != "f":
        special = np.nan_to_num(special, nan=1, posinf=2, neginf=0)
    places = [[], [0], [999], [127, 128, 640], [255, 256], [700, 130], range(1000)]
    for where in places:
        y = x.copy()
        y[1:3, [*where]] = special
        y[3] = special
        for a, b in zip(compiled(y), f(y), strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
    assert compiled.show(y).splitlines()[-1] == "runs in C"


@pytest.mark.parametrize("command", [c for c in ("gcc", "clang") if shutil.which(c)])
@pytest.mark.parametrize("infinite", [-np.inf, np.inf])
def test_extremes_of_infinities_by_each_compiler(command, infinite, monkeypatch):
    monkeypatch.setenv("CC", command)
    f = lambda x: [u(x, axis=1) for u in (np.max, np.min, np.argmax, np.argmin)]  # noqa: E731
    compiled = jit(f, backend="c")
    for dtype in ("f8", "f4"):
        x = np.full((3, 5000), infinite, dtype)
        x[1, 7] = 1
        for a, b in zip(compiled(x), f(x), strict=True):
            np.testing.assert_array_equal(a, b, strict=True)


def test_gradients_of_running_extremes_run_in_c():
    x, w = Tensor(np.zeros((4, 6)), requires_grad=True), RNG.normal(size=(4, 6))

    def step():
        x.grad = None
        (np.maximum.accumulate(x, axis=1) * w).sum().backward()

    compiled = jit(step, backend="c")
    for _ in range(3):
        x.data = RNG.normal(size=(4, 6))
        compiled()
        expected = np.zeros((4, 6))
        for i, j in np.ndindex(4, 6):
            expected[i, x.data[i, : j + 1].argmax()] += w[i, j]
        np.testing.assert_allclose(x.grad, expected, rtol=1e-12, atol=1e-15)
    assert compiled.show().splitlines()[-1] == "runs in C"


def test_means_of_integers_and_truths():
    f = lambda x: [x.mean(), x.mean(axis=0), (x > 1).mean(axis=(0, 1), keepdims=True)]  # noqa: E731
    for backend in ("numpy", "c"):
        compiled = jit(f, backend=backend)
        for x in (RNG.integers(-9, 9, (3, 4)), RNG.integers(0, 9, (3, 4)).astype("u1")):
            for a, b in zip(compiled(x), f(x), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-15, strict=True)
        assert "by NumPy" not in compiled.show(x)


GRADIENTS = {
    "cumsum": (
        lambda x, w: (np.cumsum(x, axis=1) * w).sum(),
        lambda x, w: w[:, ::-1].cumsum(1)[:, ::-1],
    ),
    "discounted": (
        lambda x, w: ((x * 0.5 ** np.arange(6))[:, ::-1].cumsum(axis=1)[:, ::-1] * w).sum(),
        lambda x, w: w.cumsum(1) * 0.5 ** np.arange(6),
    ),
    "cumprod": (
        lambda x, w: (np.cumprod(x, axis=1) * w).sum(),
        lambda x, w: (x.cumprod(1) * w)[:, ::-1].cumsum(1)[:, ::-1] / x,
    ),
    "the largest": (
        lambda x, w: (np.take_along_axis(x, x.argmax(axis=1)[:, None], axis=1) * w[:, :1]).sum(),
        lambda x, w: (np.arange(6) == x.argmax(1)[:, None]) * w[:, :1],
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    f, slope = GRADIENTS[name]
    x = Tensor(np.zeros((4, 6)), requires_grad=True)

    def step(w):
        x.grad = None
        f(x, w).backward()
        return x.grad

    compiled = jit(step, backend="c")
    for _ in range(3):
        x.data, w = RNG.normal(size=(4, 6)) + 3, RNG.normal(size=(4, 6))
        np.testing.assert_allclose(compiled(w), slope(x.data, w), rtol=1e-11, atol=1e-13)
    assert compiled.show(w).splitlines()[-1] == "runs in C"
    assert compiled.recordings == 1


def test_products_with_zeros_have_exact_gradients():
    x = Tensor([2.0, 0.0, 3.0, 0.0], requires_grad=True)

    def step():
        x.grad = None
        np.cumprod(x).sum().backward()
        return x.grad

    np.testing.assert_array_equal(jit(step, backend="c")(), [1.0, 2.0 + 6.0, 0.0, 0.0])


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_of_one_truth_all_and_any_are_that_truth(backend):
    f = lambda x: [np.all(x > 1), np.any(x > 1), np.isfinite(x).all(), (x > 1).any(axis=())]  # noqa: E731
    compiled = jit(f, backend=backend)
    for x in (2.0, 0.5, np.nan, np.inf):
        found, expected = compiled(np.array(x)), f(np.array(x))
        assert [(type(a), bool(a)) for a in found] == [(type(b), bool(b)) for b in expected]
    assert "reduce" not in compiled.show(np.array(x))
