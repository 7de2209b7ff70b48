"""Threads that call one jitted function, or several with the same arrays, from the first call."""

import sys
import threading

import numpy as np
import pytest

from autograd import grad, jit

from .tapes import BACKENDS

FACTORS = np.array([1.0, 2.0, 3.0])


@pytest.fixture
def impatient():
    """Have threads take turns as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def run_at_once(work, threads=4):
    """Run a function of a number in several threads; return what they raised."""
    start, errors = threading.Barrier(threads), []

    def run(i):
        start.wait()
        try:
            work(i)
        except Exception as error:  # which would be lost in the thread
            errors.append(error)

    running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return errors


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_first_calls_in_several_threads(backend, impatient):
    for _ in range(20 if backend == "numpy" else 2):
        kept = {"factors": [FACTORS.copy()]}
        f = jit(
            lambda x, kept=kept: grad(lambda t: (t * t * kept["factors"][0]).sum())(x),
            backend=backend,
        )

        def work(i, f=f):
            x = np.arange(3.0) + i
            for _ in range(5):
                np.testing.assert_allclose(f(x), 2 * x * FACTORS)

        assert run_at_once(work) == []
        # those that wait for the recording use it
        assert f.recordings < 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_functions_of_the_same_arrays_in_several_threads(backend, impatient):
    for _ in range(20 if backend == "numpy" else 2):
        kept = [FACTORS.copy()]
        functions = [
            jit(lambda x, k=k, kept=kept: x * kept[0] + k, backend=backend) for k in range(4)
        ]

        def work(i, functions=functions):
            x = np.arange(3.0) + i
            for k in (i, *range(4)):
                np.testing.assert_allclose(functions[k](x), x * FACTORS + k)

        assert run_at_once(work) == []
        np.testing.assert_array_equal(kept[0], FACTORS)
        assert type(kept[0]) is np.ndarray
