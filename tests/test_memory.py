"""`keep_freed_memory`: page faults, as counted by the system."""

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import keep_freed_memory

COUNT = """
import resource
import sys
import numpy as np
from autograd import Tensor, keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
x = Tensor(np.ones(500_000), requires_grad=True)


def step():
    x.grad = None
    (x.tanh() * x).tanh().sum().backward()


for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    own = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    own["PYTHONPATH"] = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", COUNT, how]
    return int(subprocess.run(command, env=own, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_arrays_find_the_memory_of_those_before():
    # one array of 4 MB has 1,000 pages
    assert faults("keep") < 1000 < faults("as it is")


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_elsewhere_it_says_so(monkeypatch, error):
    def missing(name):
        raise error("no C library of that kind")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert keep_freed_memory() is False


def test_a_library_without_the_setting(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_freed_memory() is False
