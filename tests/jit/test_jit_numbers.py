"""Python numbers and truth values under jit, as in Python and NumPy."""

import enum

import numpy as np
import pytest

from autograd import Tensor, Value, jit

from .tapes import BACKENDS

FUNCTIONS = {
    "add": lambda s: np.add(s, 1),
    "subtract": lambda s: np.subtract(1.5, s),
    "multiply": lambda s: np.multiply(s, 1.0),
    "divide": lambda s: np.divide(s, s),
    "negative": np.negative,
    "negative of a negative": lambda s: -np.negative(s),
    "negative sum": lambda s: np.subtract(np.negative(s), s),
    "quotient": lambda s: divmod(np.add(s, 0.0), 0.7)[0],
    "rest": lambda s: divmod(7, s)[1],
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "dot": lambda s: np.dot(s, s),
    "dot with a number": lambda s: np.dot(np.float32(0.7), s),
    "dot with a constant": lambda s: np.dot(s * np.ones(3, np.float32), 0.7),
    "transpose": np.transpose,
    "copy": np.copy,
    "tanh": np.tanh,
    "maximum": lambda s: np.maximum(s, 0.5),
    "sum of sums": lambda s: np.sum(s) * 2 - np.add(s, s),
    # these stay Python's
    "operators": lambda s: -s * 2 + s / 3 - abs(s) ** 2,
    "comparison": lambda s: (s > 1) * s,
    "bits": lambda s: ((s > 1) & (s < 3)) | ((s > 5) ^ True),
    "sum of a list": lambda s: sum([s, s, 1]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_dtype_of_what_is_made_of_a_number(name, backend):
    f = FUNCTIONS[name]
    single = np.array([0.1, 0.7, 1 / 3], np.float32)

    def uses(s):
        return f(s), f(s) * single, (Tensor(single) * f(s)).data

    compiled = jit(uses, backend=backend)
    for s in (2.5, -0.3, 3, True):
        if (name.startswith("negative") or name in ("operators", "subtract")) and s is True:
            continue
        for ours, theirs in zip(compiled(s), uses(s), strict=True):
            assert np.asarray(ours).dtype == np.asarray(theirs).dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-6 if name == "tanh" else 1e-15)
            assert isinstance(ours, np.ndarray | np.generic) == isinstance(
                theirs, np.ndarray | np.generic
            )


def test_powers_of_truths():
    x = np.array([True, False])
    compiled = jit(lambda x: [x**2, 2**x, x**1.0, x**x, x**0])
    theirs = [x**2, 2**x, x**1.0, x**x, x**0]
    for ours, wanted in zip(compiled(x), theirs, strict=True):
        assert ours.dtype == wanted.dtype
        np.testing.assert_array_equal(ours, wanted)


@pytest.mark.parametrize("backend", BACKENDS)
def test_integers_stay_integers(backend):
    def f(x):
        return -(x * 3), -(2 * x) + 1, x * -1 * 2, -np.negative(x), 1 - -x, -x * x, x + x, x * 1

    compiled = jit(f, backend=backend)
    for x in (np.arange(3), np.arange(3, dtype=np.int32), np.int32(3), np.int64(-2), 3):
        for ours, theirs in zip(compiled(x), f(x), strict=True):
            assert type(ours) is type(theirs)
            assert getattr(ours, "dtype", int) == getattr(theirs, "dtype", int)
            np.testing.assert_array_equal(ours, theirs)


def test_a_number_that_stands_in_an_array_leaves_as_a_number():
    x = np.array(2.0)
    compiled = jit(lambda x: np.multiply(x, 1.0))
    for _ in range(2):
        found = compiled(x)
        assert type(found) is np.float64
    x[()] = 3.0
    assert found == 2.0


COUNTS = {
    "sum": lambda a, b: (a > 0) + (b > 0),
    "difference": lambda a, b: (a > 0) - (b > 0),
    "product": lambda a, b: (a > 0) * (b > 0),
    "negative": lambda a, b: -(a > 0) * b,
    "absolute": lambda a, b: abs(a > 0),
    "power": lambda a, b: (a > 0) ** 2,
    "with a constant": lambda a, b: True * (a > 0) + True,
    "share": lambda a, b: sum([(a > 0) == (b > 0), a > 1, b > 1]) / 3,
    # these are truths
    "both": lambda a, b: (a > 0) & (b > 0),
    "one": lambda a, b: (a > 0) ^ (b > 0),
    "larger": lambda a, b: np.maximum(a > 0, b > 0),
    "chosen": lambda a, b: np.where(a > b, a > 0, b > 0),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", COUNTS)
def test_truths_of_values_are_counted(name, backend):
    f = COUNTS[name]
    compiled = jit(f, backend=backend)
    for a in (2.0, 0.5, -1.0):
        for b in (3.0, -0.5):
            ours, theirs = compiled(Value(a), Value(b)), f(Value(a), Value(b))
            assert float(ours) == float(theirs)
            if not isinstance(theirs, Value):
                assert (np.asarray(ours).dtype == bool) == (np.asarray(theirs).dtype == bool)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "x",
    [1.5, 3, np.float64(1.5), np.float32(1.5), np.int64(3), np.bool(True), np.array(1.5)],
    ids=lambda x: f"{type(x).__name__} {np.ndim(x)}",
)
def test_numbers_are_instances_of_what_they_are(x, backend):
    kinds = float, int, np.floating, np.integer, np.bool, np.ndarray

    def f(x):
        parts = x, np.sum(x * np.ones(2)), np.ones(2) * x
        return [isinstance(part, kind) for part in parts for kind in kinds], x * 2

    assert jit(f, backend=backend)(x) == f(x)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("form", ["number", "integers", "sums"])
def test_powers_of_another_kind(form, backend):
    """2 ** -1 is a float, and (-2.0) ** 0.5 complex; what is made of them has its dtype."""
    grid = np.arange(40).reshape(8, 5)
    f = {
        "number": lambda x, y: x**y,
        "integers": lambda x, y: (x**y) * np.arange(3),
        "sums": lambda x, y: np.sum((x**y) * grid, axis=0),
    }[form]
    fast = jit(f, backend=backend)
    for x, y in [(2, 3), (2, -1), (3, 2), (0, 0), (2.0, 0.5), (-2.0, 2.0), (-2.0, 0.5), (-2, 0.5)]:
        ours, theirs = fast(x, y), f(x, y)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    with pytest.raises(ZeroDivisionError):
        fast(0, -1)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("x", [2, 2.0, -2.0, -3, True])
def test_powers_of_a_constant(x, backend):
    fast = jit(lambda y: x**y, backend=backend)
    for y in (3, -1, 0, 0.5, -1.5, 2.0):
        assert type(fast(y)) is type(x**y)
        assert fast(y) == pytest.approx(x**y, rel=1e-14)


@pytest.mark.parametrize(
    ("f", "arguments", "differs"),
    [
        (lambda x: x**2, (3,), False),
        (lambda x: x**2.0, (-1.5,), False),
        (lambda x: x**-1, (-2,), False),
        (lambda x: x**0.5, (2.0,), True),
        (lambda x, y: x**y, (2.0, 3), False),
        (lambda x, y: x**y, (2, 3), True),
        (lambda x, y: x**y, (2.0, 3.0), True),
        (lambda y: 2.0**y, (3.0,), False),
        (lambda y: 2**y, (0.5,), False),
        (lambda y: -(2.0**y), (3.0,), False),
        (lambda y: (-2.0) ** y, (3,), False),
        (lambda y: (-2.0) ** y, (3.0,), True),
        (lambda y: 2**y, (3,), True),
    ],
)
def test_powers_that_are_of_one_kind_are_left_to_the_program(f, arguments, differs):
    steps = jit(f, backend="numpy").program(*arguments).steps
    assert ("power_of_kind" in [step.name for step in steps]) == differs


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_of_subclasses_are_numbers(backend):
    class Rank(enum.IntEnum):
        LOW, HIGH = 1, 3

    class Metres(float):
        pass

    def f(x, n):
        return x * n, n - x, np.where(x > n, x, n)

    fast = jit(f, backend=backend)
    for x in (np.array([1, 2, 5], np.int8), np.array([0.5, 4.0], np.float32)):
        for n in (Rank.HIGH, Rank.LOW, Metres(1.5), Rank.HIGH):
            for ours, theirs in zip(fast(x, n), f(x, n), strict=True):
                assert ours.dtype == theirs.dtype
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("f", [lambda x: x * 1j, lambda x: 1j + x])
def test_complex_numbers_are_refused_by_name(f):
    with pytest.raises(TypeError, match="recorded value and complex; use real numbers and arrays"):
        jit(f)(np.ones(2))


@pytest.mark.parametrize("f", [lambda a: a.data ^ 2, lambda a: 2 ^ a.data])
def test_recorded_numbers_have_no_exclusive_or(f):
    with pytest.raises(TypeError, match=r"not a power; write x \*\* n"):
        jit(f)(Value(3.0))
