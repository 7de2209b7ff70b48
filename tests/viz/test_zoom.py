"""zoom: the numbers behind the arrays have the arrays' values and gradients."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, zoom

from ..cases import CASES

REFUSED = set("inv solve pinv cofactor det slogdet cholesky qr svd eigh expm".split())


def close(actual, desired):
    actual, desired = np.asarray(actual, float), np.asarray(desired, float)
    assert actual.shape == desired.shape
    np.testing.assert_allclose(actual, desired, rtol=1e-9, atol=1e-11)


def numbers(zoomed):
    value = zoomed.value
    return value.data if isinstance(value, Value) else np.vectorize(lambda v: v.data, [float])(value)


def same_as_arrays(z, leaves, seed=0):
    """Assert that values and gradients of the numbers are those of the arrays."""
    g = np.random.default_rng(seed).normal(size=z.shape)
    z.backward(g)
    zoomed = zoom(z, max_nodes=100_000)
    close(numbers(zoomed), z.data)
    for leaf in leaves:
        if leaf.grad is not None:
            close(zoomed.grad(leaf), leaf.grad)


@pytest.mark.parametrize("case", [c for c in CASES if c.gradient], ids=str)
def test_every_operation_has_the_gradients_of_its_numbers(case):
    leaves = [Tensor(case.inputs[i], requires_grad=True, label=f"t{i}") for i in case.tracked]
    z = case.on_leaves(leaves)
    ops = {n.op.name for n in autograd.topological_order(z.node) if n.op}
    if ops & REFUSED:
        with pytest.raises(TypeError, match="has no expansion into operations on numbers"):
            zoom(z)
        return
    same_as_arrays(z, leaves)
