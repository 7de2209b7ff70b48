"""Scans to record, and the check that a recording does what the function does."""

import numpy as np
import pytest

from autograd import (
    scan,
)
from autograd.jit import jit
from autograd.jit.c import build as c_build
from autograd.jit.scan.loop import Loop

RNG = np.random.default_rng(5)
N, B, H = 9, 4, 3
W, U, BIAS = RNG.normal(size=(H, H)) * 0.5, RNG.normal(size=(2, H)), RNG.normal(size=H)
XS, FIRST = RNG.normal(size=(N, B, 2)), RNG.normal(size=(B, H))
LEAVES = W, U, BIAS, FIRST, XS
BACKENDS = [
    "numpy",
    pytest.param("c", marks=pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")),
]


def rnn(w, u, b, h, xs, reverse=False):
    def step(h, x):
        h = np.tanh(x @ u + h @ w + b)
        return h, h * h

    return scan(step, h, xs, reverse=reverse)


def plain(x):
    return np.asarray(getattr(x, "_data", x))


def flat(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [y for e in x for y in flat(e)] if isinstance(x, list | tuple) else [x]


def assert_same(found, wanted, rtol=1e-11):
    assert len(flat(found)) == len(flat(wanted))
    for y, x in zip(flat(found), flat(wanted), strict=True):
        if x is None:
            assert y is None
            continue
        assert plain(y).dtype == plain(x).dtype
        assert plain(y).shape == plain(x).shape
        np.testing.assert_allclose(plain(y), plain(x), rtol=rtol, atol=rtol)


def assert_jit_same(f, *arguments, backend="numpy", rtol=1e-11, scales=(1.0, 0.9, 1.1)):
    """Compare at three sets of numbers; return the compiled function."""
    compiled = jit(f, backend=backend)
    for scale in scales:
        given = [a * scale if np.asarray(a).dtype.kind == "f" else a for a in arguments]
        assert_same(compiled(*given), f(*given), rtol)
    assert compiled.recordings == 1
    return compiled


def loops(program):
    """Return the loops of a program, and those inside them."""
    found = [s.function for s in program.steps if isinstance(s.function, Loop)]
    return [x for loop in found for x in (loop, *loops(loop.program))]
