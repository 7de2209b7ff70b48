"""Products in tiles: every remainder, layout and register width; no reads beyond the end of b."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from autograd.jit import jit
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.jit.c import tiles as c_tiles

pytestmark = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
RNG = np.random.default_rng(5)
SIZES = [
    (2, 1, 2), (3, 5, 5), (5, 32, 5), (7, 3, 17), (13, 9, 31), (32, 10, 64), (9, 64, 3), (97, 4, 8),
    (25, 2, 33), (4, 70, 100), (60, 50, 40),
]  # fmt: skip
LAYOUTS = {
    "rows": lambda x, y: x @ y,
    "turned": lambda x, y: (x.T * 1.0).T @ (y.T + 0.0).T,
    "backwards": lambda x, y: x[:, ::-1] @ y[::-1],
    "columns backwards": lambda x, y: x[::-1] @ y[:, ::-1],
    "one row for all": lambda x, y: x @ np.broadcast_to(y[:1], y.shape),
    "part": lambda x, y: x[1:] @ y[:, 1:],
}


@pytest.mark.parametrize("registers", [(16, 32), (16, 16), (32, 16), (64, 32)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_products_in_tiles(registers, dtype, monkeypatch):
    monkeypatch.setattr(c_tiles, "registers", lambda: registers)
    # one library for all, as every run of a compiler takes a while
    programs, wanted = [], []
    for i, (m, k, n) in enumerate(SIZES):
        x, y = RNG.normal(size=(m, k)).astype(dtype), RNG.normal(size=(k, n)).astype(dtype)
        for name, f in LAYOUTS.items():
            program = jit(f, backend="numpy").program(x, y)
            programs.append(c_backend.CProgram(program, {}, prefix=f"p{i}_{len(programs)}_"))
            wanted.append((name, x, y, f(x.astype(np.float64), y.astype(np.float64))))
    c_backend.load(programs)
    text = "".join(p.readable for p in programs)
    assert f"vector{registers[0]}{'d' if dtype is np.float64 else 'f'} s0_0" in text
    tolerance = 1e-12 if dtype is np.float64 else 1e-4
    for made, (name, x, y, expected) in zip(programs, wanted, strict=True):
        (found,) = made.compile()(x, y)
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=name)


def test_a_row_with_nan_stays_alone():
    x, y = RNG.normal(size=(6, 4)), RNG.normal(size=(4, 5))
    x[2, 1], y[3, 4], y[0, 0] = np.nan, np.inf, -np.inf
    found = jit(lambda x, y: x @ y, backend="c")(x, y)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found, x @ y, rtol=1e-12)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mprotect of Linux")
def test_nothing_is_read_behind_the_end():
    text = """
        import ctypes, mmap
        import numpy as np
        from autograd.jit import jit
        page = mmap.PAGESIZE
        libc = ctypes.CDLL(None)
        f = jit(lambda x, y: x @ y, backend="c")
        for k, n in ((3, 5), (1, 3), (9, 7), (2, 17), (4, 4), (30, 9)):
            memory = mmap.mmap(-1, 2 * page)
            start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            assert libc.mprotect(ctypes.c_void_p(start + page), page, 0) == 0
            y = np.frombuffer(memory, float, k * n, page - 8 * k * n).reshape(k, n)
            y[...] = np.arange(k * n).reshape(k, n)
            x = np.ones((12, k))
            np.testing.assert_allclose(f(x, y), x @ y)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True, timeout=100)
