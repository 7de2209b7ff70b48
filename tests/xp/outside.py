"""Shared by the scripts on other libraries: a function on tracked and plain data, against NumPy."""

import numpy as np
import pytest

from autograd import Tensor, check_grads, xp


def check(function, *arrays, rtol=1e-9):
    """Check the values of a function on tensors against those on arrays, and its gradient."""
    wanted = function(*arrays)
    found = function(*map(xp.asarray, arrays))
    assert isinstance(found, Tensor), function
    assert not found.requires_grad
    np.testing.assert_allclose(found.data, wanted, rtol=rtol)
    tracked = function(*(Tensor(x, requires_grad=True) for x in arrays))
    assert tracked.requires_grad
    np.testing.assert_allclose(tracked.data, wanted, rtol=rtol)
    check_grads(lambda *t: xp.sum(function(*t) * function(*t)), arrays)


def check_refused(function, *arrays, rtol=1e-9):
    """Check that a function answers tensors, but refuses those that want their gradient."""
    found = function(*map(xp.asarray, arrays))
    np.testing.assert_allclose(np.asarray(found), function(*arrays), rtol=rtol)
    with pytest.raises(TypeError, match=r"\.detach\(\)|complex numbers"):
        function(*(Tensor(x, requires_grad=True) for x in arrays))


def check_constant(function, *arrays):
    """Check a function whose derivative is 0 wherever it has one: it answers without a gradient."""
    found = function(*(Tensor(x, requires_grad=True) for x in arrays))
    assert isinstance(found, Tensor), function
    assert not found.requires_grad
    np.testing.assert_allclose(found.data, function(*arrays), rtol=1e-9)
