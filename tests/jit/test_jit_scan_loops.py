"""scan under jit: whose arrays the results are, loops in C, and what show says."""

import re

import numpy as np
import pytest

from autograd import Tensor, scan
from autograd.jit import jit
from autograd.jit.c import build as c_build
from autograd.jit.scan import loop_in_c as scan_c

from .scans import BACKENDS, FIRST, RNG, XS, assert_same, flat


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_are_not_written_again_by_later_calls(backend):
    f = jit(
        lambda xs: scan(lambda h, x: (np.tanh(h + x), (h, h[:2], x * 2)), FIRST[0], xs),
        backend=backend,
    )
    first = f(XS[0, :, :1])
    kept = [np.array(x) for x in flat(first)]
    second = f(XS[1, :, :1])
    for x, y, z in zip(flat(first), kept, flat(second), strict=True):
        np.testing.assert_array_equal(x, y)
        assert not np.may_share_memory(x, z)
        assert (np.asarray(x) != np.asarray(z)).any()


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_a_loop_of_c_takes_arrays_as_they_come():
    f = lambda h, xs: scan(lambda h, x: (np.tanh(h + x), h * x), h, xs)  # noqa: E731
    compiled = jit(f, backend="c")
    h, xs = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3, 7))
    assert_same(compiled(h, xs.T), f(h, xs.T))
    assert_same(compiled(h[::-1], xs.T[::-1]), f(h[::-1], xs.T[::-1]))
    assert_same(compiled(np.asfortranarray(h), np.ascontiguousarray(xs.T)), f(h, xs.T))
    count = jit(lambda k: scan(lambda k, _: (k + 1, None), k, length=3)[0], backend="c")
    assert [count(k) for k in (1, -5, 2**80)] == [4, -2, 2**80 + 3]

    def grown(k, h):
        def outer(carry, _):
            k, h = carry
            return (k * 2**40, scan(lambda h, _: (np.tanh(h * k), None), h, length=2)[0]), None

        return scan(outer, (k, h), length=3)[0][1]

    # the last number is too long for C
    assert_same(jit(grown, backend="c")(1, h), grown(1, h))


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_a_step_that_c_does_not_know_is_left_to_numpy():
    def f(h, xs):
        return scan(lambda h, x: (np.sort(h) * x, None), h, xs)

    compiled = jit(f, backend="c")
    assert_same(compiled(FIRST, XS[:, :, :1]), f(FIRST, XS[:, :, :1]))
    made = []
    assert not scan_c._natives(compiled.program(FIRST, XS[:, :, :1]), made, False, 1, {})
    assert not made


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_show_says_what_numpy_does():
    h, xs = FIRST[0], XS[:, 0, :1] + FIRST[0]
    mask = np.full(h.size, True)

    def says(f):
        compiled = jit(f, backend="c")
        for scale in (1.0, 0.5):
            assert_same(compiled(h * scale, xs), f(h * scale, xs))
        text = compiled.show(h, xs)
        assert text.startswith(compiled.program(h, xs).show() + "\n")
        return text.removeprefix(compiled.program(h, xs).show() + "\n").splitlines()

    def outer(step):
        return lambda h, xs: scan(lambda h, x: (scan(step, h * x, xs)[0], None), h, xs)[0]

    tanh = lambda h, x: (np.tanh(h + x), None)  # noqa: E731
    sort = lambda h, x: (np.sort(h) * x, None)  # noqa: E731
    pick = lambda h, x: (h[mask] * x, None)  # noqa: E731
    assert says(lambda h, xs: scan(tanh, h, xs)[0]) == ["runs in C"]
    assert says(lambda h, xs: np.sort(xs * h) + h) == ["runs in C; by NumPy: %3 sort"]
    (start, why) = says(lambda h, xs: scan(sort, h, xs)[0])
    assert start == "runs in C"
    assert re.fullmatch(r"loop %\d+ turns by NumPy: its step needs sort", why)
    assert says(lambda h, xs: scan(pick, h, xs)[0])[1].endswith("its step needs getitem, is_there")
    # of two loops the inner one is in C, where its step can be
    assert [line.split(": ")[-1] for line in says(outer(tanh))[1:]] == ["its step needs scan"]
    outside, inside = says(outer(sort))[1:]
    assert re.match(r"loop %\d+ turns", outside)
    assert re.match(r"loop %\d+\.%\d+ turns .* needs sort", inside)
    assert says(lambda h, xs: [h[:0] * 2, xs]) == ["runs by NumPy: an array without entries"]
    assert "runs" not in jit(lambda h: h * 2, backend="numpy").show(h)


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_gradients_of_a_loop_over_rows_at_positions():
    rng = np.random.default_rng(4)
    table = Tensor(rng.normal(size=(5, 3)), requires_grad=True)

    def cell(h, i):
        row = table[i] + 0.1 * np.cumsum(h, axis=1)
        best = np.take_along_axis(row, np.argmax(h, axis=1)[:, None], axis=1)
        h = np.tanh(row + best)
        return h, h[:, 0]

    def step(i):
        table.grad = None
        h, firsts = scan(cell, np.full((2, 3), 0.1) * np.arange(3), i)
        (h**2).sum().backward()
        firsts.sum().backward()
        return firsts.data, table.grad

    compiled = jit(step, backend="c")
    for _ in range(3):
        i = rng.integers(-5, 5, (4, 2))
        assert_same(compiled(i), step(i))
    assert compiled.show(i).splitlines()[-1] == "runs in C"
    assert compiled.recordings == 1
    with pytest.raises(IndexError, match="out of bounds"):
        compiled(i + 5)
