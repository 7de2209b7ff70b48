"""Random steps of scan under jit: values and gradients are those of the Python loop."""

from functools import reduce

import numpy as np
import pytest

from autograd import grad, logsumexp, scan, sigmoid, value_and_grad
from autograd.jit import jit
from autograd.jit.c import build as c_build

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
LARGEST = 200


def flat(x):
    return [leaf for part in x for leaf in flat(part)] if isinstance(x, list | tuple) else [x]


def fitted(x, shape):
    return x if np.shape(x) == shape else np.zeros(shape) + np.sum(x)


def product(x, w):
    return x @ w if np.ndim(x) and np.shape(x)[-1] == len(w) else np.cos(x)


def chosen(x, y):
    return np.where(x > 0, y, 0.3) if np.shape(x) == np.shape(y) else np.maximum(x, 0.1)


# of two values and a square matrix
OPERATIONS = [
    lambda x, y, w: x + y,
    lambda x, y, w: x * y,
    lambda x, y, w: np.tanh(x),
    lambda x, y, w: np.sin(x) - y,
    lambda x, y, w: product(x, w),
    lambda x, y, w: np.sum(x, axis=0) if np.ndim(x) else x * 2,
    lambda x, y, w: chosen(x, y),
    lambda x, y, w: x.T if np.ndim(x) == 2 else np.reshape(x, (-1,)),
    lambda x, y, w: x[:1] if np.ndim(x) else np.exp(-x * x),
    lambda x, y, w: np.mean(x),
    lambda x, y, w: logsumexp(x, axis=-1) if np.ndim(x) else np.abs(x),
    lambda x, y, w: np.concatenate([x, x], axis=0) if np.ndim(x) else x,
    lambda x, y, w: sigmoid(x) / (1.5 + np.cos(y)),
    lambda x, y, w: np.sqrt(x * x + 1.0),
]


class Case:
    """A loop with a random step, drawn beforehand, and arrays to run it on."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        rows, width, self.n = (int(rng.integers(1, high)) for high in (4, 5, 7))
        shapes = [(rows, width), (width,), (rows, 1), (), (1, width)]
        self.shapes = [shapes[i] for i in rng.integers(len(shapes), size=rng.integers(1, 4))]
        of_rows = [shapes[i] for i in rng.integers(len(shapes), size=rng.integers(3))]
        self.arguments = (
            [rng.normal(size=s) for s in self.shapes],
            [rng.normal(size=(self.n, *s)) for s in of_rows],
            [rng.normal(size=s) / 2 for s in ((width, width), (width,), (rows, width), ())],
        )
        self.reverse = bool(rng.integers(2))
        self.drawn = [
            tuple(map(int, t)) for t in rng.integers(1 << 20, size=(rng.integers(2, 10), 3))
        ]
        self.ends = [tuple(map(int, t)) for t in rng.integers(1 << 20, size=(len(self.shapes), 2))]
        self.given = [int(i) for i in rng.integers(1 << 20, size=rng.integers(4))]

    def run(self, carry, xs, parameters):
        def step(carry, x):
            values = [*carry, *(x or []), *parameters]
            for k, i, j in self.drawn:
                pair = values[i % len(values)], values[j % len(values)]
                try:
                    found = OPERATIONS[k % len(OPERATIONS)](*pair, parameters[0])
                except ValueError:  # shapes that do not fit
                    continue
                if np.prod(np.shape(found), dtype=int) <= LARGEST:
                    values.append(found)
            new = [self.end(carry, values, k) for k in range(len(carry))]
            return new, [values[i % len(values)] for i in self.given]

        return scan(step, carry, xs or None, length=self.n, reverse=self.reverse)

    def end(self, carry, values, k):
        kind, i = self.ends[k]
        other = carry[(k + 1) % len(carry)]
        found = np.tanh(fitted(values[i % len(values)], self.shapes[k]))
        if kind % 3 == 0:
            return found * 0.7 + 0.1 * carry[k]
        if kind % 3 == 1:
            return other if np.shape(other) == self.shapes[k] else carry[k]
        return found

    def loss(self, *arguments):
        leaves = flat(self.run(*arguments))
        waves = [np.sum(np.sin(x * (1 + 0.1 * i))) for i, x in enumerate(leaves)]
        return reduce(lambda a, b: a + b, waves)

    def second(self, *arguments):
        """Return Σ sin of all gradients."""
        found = flat(grad(self.loss, self.tracked)(*arguments))
        return reduce(lambda a, b: a + b, [np.sum(np.sin(g)) for g in found])

    @property
    def tracked(self):
        return (0, 1, 2) if self.arguments[1] else (0, 2)


def compare(case, f, backend, tolerance):
    compiled = jit(f, backend=backend)
    for scale in (1.0, 0.9):
        arguments = [[a * scale for a in part] for part in case.arguments]
        found, wanted = flat(compiled(*arguments)), flat(f(*arguments))
        assert len(found) == len(wanted)
        for y, x in zip(found, wanted, strict=True):
            y, x = (np.asarray(getattr(a, "_data", a)) for a in (y, x))
            assert (y.shape, y.dtype) == (x.shape, x.dtype)
            np.testing.assert_allclose(y, x, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("seed", range(40))
def test_random_steps(seed):
    case = Case(seed)
    compare(case, case.run, "numpy", 1e-11)
    compare(case, value_and_grad(case.loss, case.tracked), "numpy", 1e-9)
    if seed % 4 == 0:
        compare(case, grad(case.second, case.tracked), "numpy", 1e-7)


@needs_compiler
@pytest.mark.parametrize("seed", range(40, 46))
def test_random_steps_in_c(seed):
    case = Case(seed)
    compare(case, case.run, "c", 1e-11)
    compare(case, value_and_grad(case.loss, case.tracked), "c", 1e-9)
