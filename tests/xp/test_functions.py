"""Every function of `autograd.xp` against array-api-strict: signature, values, dtype, shape."""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor, xp

from .cases import CASES

strict = pytest.importorskip("array_api_strict")

# compared elsewhere: what is not a function of arrays
APART = {
    "asarray",
    "astype",
    "broadcast_shapes",
    "can_cast",
    "finfo",
    "from_dlpack",
    "iinfo",
    "isdtype",
    "result_type",
    "__array_namespace_info__",
}


def find(namespace, name):
    for part in name.split("."):
        namespace = getattr(namespace, part)
    return namespace


def standard_names():
    """Return the names of all functions of the standard, those of extensions with theirs."""
    for prefix, module in (("", strict), ("linalg.", strict.linalg), ("fft.", strict.fft)):
        for name in module.__all__:
            if "strict" not in name and inspect.isfunction(getattr(module, name, None)):
                yield prefix + name


NAMES = sorted(standard_names())


def test_there_are_as_many_functions_as_the_standard_has():
    assert len(NAMES) > 170
    assert set(NAMES) <= {*CASES, *APART}
    # two of 2025.12 are there, but array-api-strict does not list them
    assert {n for n in CASES if n not in NAMES} == {"linalg.eig", "linalg.eigvals"}


def test_constants_and_dtypes():
    for name in ("e", "inf", "pi"):
        assert getattr(xp, name) == getattr(strict, name)
    assert np.isnan(xp.nan)
    assert xp.newaxis is None
    for name in strict.__array_namespace_info__().dtypes():
        assert getattr(xp, name) == np.dtype(name)


@pytest.mark.parametrize("name", NAMES)
def test_signature(name):
    wanted = inspect.signature(find(strict, name)).parameters.values()
    found = inspect.signature(find(xp, name)).parameters.values()
    assert [p.kind for p in found] == [p.kind for p in wanted]
    for ours, theirs in zip(found, wanted, strict=True):
        if theirs.kind not in (theirs.POSITIONAL_ONLY, theirs.VAR_POSITIONAL):
            assert ours.name == theirs.name
        if theirs.default is not theirs.empty and "UNDEF" not in repr(theirs.default):
            assert ours.default == theirs.default


def converted(x, convert):
    if isinstance(x, np.ndarray):
        return convert(x)
    return type(x)(converted(e, convert) for e in x) if isinstance(x, list) else x


def agree(found, wanted, exact):
    if isinstance(wanted, tuple):
        assert len(found) == len(wanted)
        assert getattr(found, "_fields", None) == getattr(wanted, "_fields", None)
        for f, w in zip(found, wanted, strict=True):
            agree(f, w, exact)
        return
    assert type(found) is Tensor
    wanted = np.asarray(wanted)
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    # vector instructions may round a complex product otherwise than scalar ones
    if exact and wanted.dtype.kind != "c":
        np.testing.assert_array_equal(found.data, wanted)
    else:
        np.testing.assert_allclose(found.data, wanted, rtol=1e-4, atol=1e-4)


ARBITRARY = {"empty", "empty_like"}


@pytest.mark.parametrize("name", sorted(CASES))
@settings(max_examples=25)
@given(data=st.data())
def test_as_array_api_strict(name, data):
    arguments, options = data.draw(CASES[name])
    ours = [converted(x, xp.asarray) for x in arguments]
    theirs = [converted(x, strict.asarray) for x in arguments]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wanted = find(strict, name)(*theirs, **options)
        found = find(xp, name)(*ours, **options)
    if name == "unique_values":
        # their order is not prescribed
        found, wanted = xp.sort(found), strict.sort(wanted)
    if name in ARBITRARY:
        assert (found.shape, found.dtype) == (wanted.shape, np.asarray(wanted).dtype)
    else:
        agree(found, wanted, exact="linalg" not in name)


def test_different_values_come_in_order():
    labels = np.random.default_rng(0).integers(-1000, 1000, 500)
    assert xp.unique_values(xp.asarray(labels)).tolist() == sorted(set(labels.tolist()))
    assert xp.unique_values(xp.asarray([np.nan, 2.0, np.nan, 1.0])).shape == (4,)
