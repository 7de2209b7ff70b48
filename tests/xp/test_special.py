"""`autograd.xp.special`, which SciPy asks for: values, dtypes, gradients, and without SciPy."""

import sys

import numpy as np
import pytest

from autograd import Tensor, check_grads, xp

scipy = pytest.importorskip("scipy.special")
special = pytest.importorskip("autograd.special")


@pytest.mark.parametrize("name", ["erf", "gammaln", "expit", "ndtr", "digamma", "i0"])
def test_numbers_are_scipys_in_every_dtype(name):
    function, theirs = getattr(xp.special, name), getattr(scipy, name)
    for dtype in (xp.int8, xp.float32, xp.float64):
        plain = np.array([1, 2, 3], dtype=dtype)
        found = function(xp.asarray(plain))
        assert type(found) is Tensor
        assert not found.requires_grad
        assert found.dtype == theirs(plain).dtype
        np.testing.assert_array_equal(found.data, theirs(plain))


def test_every_function_is_scipys_by_name():
    assert {"erf", "betainc", "stdtr", "xlogy"} <= {*xp.special.__all__} < {*special.__all__}
    for name in xp.special.__all__:
        assert getattr(xp.special, name).__name__ == name
        assert callable(getattr(scipy, name))


def test_gradients_and_what_is_refused():
    x = np.array([0.2, 0.5, 0.7])
    check_grads(lambda t: xp.special.betainc(1.5, 2.0, t) * xp.special.erf(t), (x,))
    check_grads(lambda t: xp.special.xlogy(t, xp.asarray([1, 2, 3])), (x,))
    check_grads(lambda t: xp.special.logsumexp(t), (x,))
    with pytest.raises(TypeError, match="derivative with respect to a is not known"):
        xp.special.betainc(Tensor(x, requires_grad=True), 2.0, 0.5)
    a = xp.asarray(x)
    np.testing.assert_array_equal(
        xp.special.polygamma(xp.asarray([1, 2, 3]), a).data, scipy.polygamma([1, 2, 3], x)
    )


def test_there_is_none_without_scipy(monkeypatch):
    monkeypatch.delattr(xp, "special", raising=False)
    monkeypatch.setitem(sys.modules, "autograd.xp.special", None)
    assert not hasattr(xp, "special")
    with pytest.raises(AttributeError, match=r"autograd\.xp\.special"):
        _ = xp.special
