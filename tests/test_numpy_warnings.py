"""Warnings of NumPy's statistics: tensors give those that arrays give, at the caller's line."""

import warnings

import numpy as np
import pytest

from autograd import Tensor

NAN = np.nan
ARRAYS = {
    "numbers": np.array([[1.0, 3.0], [2.0, 7.0], [4.0, 0.5]]),
    "some nan": np.array([[NAN, 1.0], [NAN, NAN], [3.0, 4.0]]),
    "nan": np.full((2, 2), NAN),
    "one row": np.array([[1.0, 2.0]]),
    "no rows": np.zeros((0, 3)),
}
FUNCTIONS = {
    "mean": np.mean,
    "mean of columns": lambda x: np.mean(x, axis=0),
    "mean of rows": lambda x: np.mean(x, axis=1),
    "method": lambda x: x.mean(),
    "mean of float16": lambda x: x.astype(np.float16).mean(0),
    "mean of some": lambda x: np.mean(x, axis=0, where=np.arange(len(x))[:, None] > 1),
    "average": lambda x: np.average(x, axis=0),
    "median": lambda x: np.median(x, axis=0),
    "var": lambda x: np.var(x, axis=0, ddof=1),
    "std of some": lambda x: np.std(x, axis=0, ddof=1, where=np.arange(len(x))[:, None] > 0),
    "nanmean": lambda x: np.nanmean(x, axis=1),
    "nanvar": lambda x: np.nanvar(x, axis=0),
    "nanvar of all": np.nanvar,
    "nanstd": lambda x: np.nanstd(x, axis=0, ddof=2),
    "nanmedian": lambda x: np.nanmedian(x, axis=0),
    "nanmax": lambda x: np.nanmax(x, axis=1),
    "nanquantile": lambda x: np.nanquantile(x, 0.5, axis=1),
    "cov": lambda x: np.cov(x, rowvar=False, ddof=2),
    "weighted cov": lambda x: np.cov(x, ddof=3, fweights=np.ones(x.shape[1], int)),
}


def said_of(function, x):
    """Return what is warned of, except by the operators of arithmetic."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function(x)
        except (ValueError, ZeroDivisionError) as error:
            return type(error)
    told = [w for w in caught if "encountered in" not in str(w.message)]
    return {(w.category, str(w.message).rstrip(".")) for w in told}


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("which", ARRAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_warnings_are_those_of_arrays(name, which, tracked):
    function, a = FUNCTIONS[name], ARRAYS[which]
    assert said_of(function, Tensor(a, requires_grad=tracked)) == said_of(function, a)


@pytest.mark.parametrize(
    "name", ["mean", "method", "mean of some", "nanmean", "nanvar", "std of some"]
)
def test_the_line_is_the_callers(name):
    x = Tensor(np.full((0, 3) if "nan" not in name else (2, 2), NAN))
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning) as caught:
        FUNCTIONS[name](x)
    assert [w.filename for w in caught] == [__file__]
