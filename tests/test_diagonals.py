"""Jacobians that are 0 except on a few diagonals: the same results, in less memory."""

import numpy as np
import pytest

import autograd.transforms.rows as rows_module
from autograd import (
    add_n,
    grad,
    hessian,
    jacobian,
)
from autograd.ops.indexing import put
from autograd.transforms.diagonals import Diagonals
from autograd.transforms.trees import flatten

from .cases import CASES
from .jacobian_rows import assert_same, setting
from .test_transforms import numeric_jacobian

RNG = np.random.default_rng(8)
DIFFERENTIABLE = [case for case in CASES if case.gradient and case.tracked]


@pytest.fixture
def stacks(monkeypatch):
    """Return the list of the shapes of diagonals of which the whole stack was needed."""
    found = []
    plain = Diagonals.stack

    def told(self, shape):
        found.append(next(iter(self.values())).shape)
        return plain(self, shape)

    monkeypatch.setattr(rows_module, "LEAST", 1)
    monkeypatch.setattr(Diagonals, "stack", told)
    return found


@pytest.mark.usefixtures("stacks")
@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_diagonals_of_every_operation(case, row_by_row):
    function, argnums, points = setting(case)
    find = jacobian(function, argnums, "reverse")
    assert_same(find(*points), row_by_row(find, *points))

    def total(*xs):
        return sum(np.sum(np.sin(1.3 * y)) for y in flatten(function(*xs))[0])

    assert_same(hessian(total, argnums)(*points), row_by_row(hessian(total, argnums), *points))


def laplacian(u):
    inner = u[1:-1, 1:-1]
    return u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * inner + inner**3


BANDS = [
    ("elementwise", lambda x: np.where(x > 0, np.tanh(x) * x, -x) / (1 + x * x), (7,)),
    ("difference", lambda x: (x[1:] - x[:-1]) * x[1:], (6,)),
    ("shorter", lambda x: x[3:], (5,)),
    ("a-part-of-a-part", lambda x: np.sin(x[2:])[:3] * x[-3:], (7,)),
    ("stencil", laplacian, (4, 5)),
    ("columns", lambda x: x[:, :2] * x[:, 1:] + x[:, 1:], (3, 3)),
    ("nothing-left", lambda x: put(x, index=slice(4), shape=(9,))[5:] + x * x, (4,)),
    ("many-terms", lambda x: add_n([x, x * x, np.exp(x)]), (3,)),
    ("second-derivatives", lambda x: grad(lambda x: (x[1:] ** 2 * x[:-1]).sum())(x), (5,)),
]


@pytest.mark.parametrize(("function", "shape"), [b[1:] for b in BANDS], ids=[b[0] for b in BANDS])
def test_bands(function, shape, row_by_row, stacks):
    x = RNG.uniform(0.5, 1.5, shape)
    find = jacobian(function, mode="reverse")
    found = find(x)
    assert stacks == [shape]
    np.testing.assert_allclose(found, numeric_jacobian(function, x), rtol=1e-6, atol=1e-8)
    assert_same(found, row_by_row(find, x))
    third = jacobian(lambda x: find(x) ** 2)
    assert_same(third(x), row_by_row(third, x))


MIXED = [
    ("broadcast", lambda x: x * x[:1], 4),
    ("steps", lambda x: x[::2] * x[1::2], 4),
    ("backwards", lambda x: x[::-1] * x, 4),
    ("chosen", lambda x: x[[2, 0, 0]] * x[1:], 4),
    ("new-axis", lambda x: x[:, None][:, 0] * x, 4),
    ("an-entry", lambda x: x[2] * x[1:], 4),
    ("a-product", lambda x: np.tanh(np.outer(x, x) @ x) + x, 3),
    ("diagonals-first", lambda x: np.sin(x) + (x * np.ones((4, 4))).sum(0), 4),
    ("diagonals-last", lambda x: (x * np.ones((4, 4))).sum(0) + np.sin(x), 4),
    ("narrow", lambda x: x.astype(np.float32) * x[:1].astype(np.float32) + x, 3),
    ("too-many", lambda x: sum(x[k : k + 5] * x[4 - k : 9 - k] for k in range(5)), 9),
]


@pytest.mark.parametrize("limit", [3, 2**17])
@pytest.mark.parametrize(("function", "size"), [m[1:] for m in MIXED], ids=[m[0] for m in MIXED])
def test_bands_that_are_mixed(function, size, limit, row_by_row, stacks, monkeypatch):
    monkeypatch.setattr(rows_module, "LIMIT", limit)
    x = RNG.uniform(0.5, 1.5, size)
    find = jacobian(function, mode="reverse")
    assert_same(find(x), row_by_row(find, x))
    second = hessian(lambda x: np.sum(np.sin(function(x))))
    assert_same(second(x), row_by_row(second, x))


MATRIX = RNG.normal(size=(6, 4))


SCALED = [
    ("matrix-vector", lambda x: np.tanh(MATRIX @ x), 4, 0),
    ("vector-matrix", lambda x: np.tanh(x @ MATRIX.T), 4, 0),
    ("shifted", lambda x: (MATRIX @ x)[1:-2] ** 2, 4, 0),
    ("twice", lambda x: MATRIX @ np.sin(MATRIX.T @ x), 6, 0),
    ("hessian", lambda x: grad(lambda x: x @ MATRIX @ MATRIX.T @ x)(x), 6, 0),
    ("two-diagonals", lambda x: (lambda z: z[1:] * z[:-1])(MATRIX @ x), 4, 1),
    ("tracked-matrix", lambda x: x.reshape((3, 2)) @ MATRIX[0, :2], 6, 1),
    ("more-rows", lambda x: put(MATRIX @ x, index=slice(1, 7), shape=(8,)), 4, 1),
    ("of-two-nodes", lambda x: np.outer(x, x) @ np.sin(x), 3, 1),
    ("stacks", lambda x: (np.ones((2, 3, 4)) * x) @ x[:, None], 4, None),
]


@pytest.mark.parametrize("limit", [20, 2**18])
@pytest.mark.parametrize(("function", "size", "whole"), [p[1:] for p in SCALED])
def test_products_of_diagonals(function, size, whole, limit, row_by_row, stacks, monkeypatch):
    monkeypatch.setattr(rows_module, "LIMIT", limit)
    x = RNG.uniform(0.5, 1.5, size)
    find = jacobian(function, mode="reverse")
    found = find(x)
    assert limit == 20 or whole is None or len(stacks) == whole
    assert_same(found, row_by_row(find, x))
    np.testing.assert_allclose(found, numeric_jacobian(function, x), rtol=1e-6, atol=1e-8)
    third = jacobian(lambda x: find(x) ** 2)
    assert_same(third(x), row_by_row(third, x))


def test_a_long_diagonal_needs_no_room(stacks, monkeypatch):
    monkeypatch.setattr(rows_module, "LIMIT", 10)
    x = RNG.normal(size=300)
    plain, runs = rows_module._Sweep.run, []
    monkeypatch.setattr(rows_module._Sweep, "run", lambda *a: runs.append(1) or plain(*a))
    np.testing.assert_array_equal(jacobian(np.sin)(x), np.diag(np.cos(x)))
    np.testing.assert_array_equal(hessian(lambda x: (x**3).sum())(x), np.diag(6 * x))
    assert len(runs) == len(stacks) == 2
    # once along the diagonal, and then two rows at a time
    jacobian(lambda x: np.sin(x @ np.ones((5, 4))))(x[:5])
    assert len(runs) == 2 + 1 + 2


def test_too_many_diagonals_are_a_stack(stacks, monkeypatch):
    monkeypatch.setattr(rows_module, "MOST", 2)
    x = RNG.uniform(0.5, 1.5, (4, 5))
    np.testing.assert_allclose(jacobian(laplacian)(x), numeric_jacobian(laplacian, x), atol=1e-8)
    assert stacks == [(4, 5)]
