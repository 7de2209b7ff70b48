"""The packages without the folder `autograd/jit`: everything else works."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parent.parent


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return what runs a text against copies of the packages, and gives what it prints."""
    folder = tmp_path_factory.mktemp("without")
    for package, left_out in (("autograd", "jit"), ("nn", "__pycache__")):
        ignore = shutil.ignore_patterns(left_out, "__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignore)

    def run(text):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(text)],
            cwd=folder, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split("\n")[:-1]

    return run


def test_the_name_is_absent(run):
    found = run("""
        import autograd, nn
        from autograd import *
        from nn import *
        print(autograd.__file__)
        print("jit" in autograd.__all__, "jit" in globals(), hasattr(autograd, "jit"))
        try:
            autograd.jit
        except AttributeError as error:
            print(error)
    """)
    assert not found[0].startswith(str(ROOT))
    assert found[1] == "False False False"
    assert found[2] == "module 'autograd' has no attribute 'jit'"


def test_gradients_and_training_are_those_of_the_whole(run):
    text = """
        import numpy as np
        import nn
        from autograd import Tensor, Value, grad, hessian

        print(grad(lambda x: np.sin(x) * x)(2.0), hessian(lambda x: (x**3).sum())(np.ones(2)))
        a = Value(3.0)
        (a * a).backward()
        print(a.grad)
        rng = np.random.default_rng(0)
        x = rng.normal(size=(40, 3))
        y = x @ np.array([[1.0], [-2.0], [0.5]]) + 0.3
        model = nn.Sequential(nn.Linear(3, 4, rng=1), nn.Tanh(), nn.Linear(4, 1, rng=2))
        optimizer = nn.Adam(model.parameters(), lr=0.02)
        history = nn.fit(
            model, (x, y), nn.MSELoss(), optimizer, epochs=30, batch_size=10, rng=3, progress=False
        )
        first, *_, last = history["loss"]
        print(last < first / 4)
        print(np.array2string(model(Tensor(x[:3])).data.ravel(), precision=9))
    """
    found = run(text)
    assert found[-2] == "True"
    whole = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert found == whole.stdout.split("\n")[:-1]


def test_asking_fit_for_jit_says_that_it_is_left_out(run):
    (error,) = run("""
        import numpy as np
        import nn

        model = nn.Linear(2, 1, rng=0)
        before = [p.data.copy() for p in model.parameters()]
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        try:
            data = np.ones((4, 2)), np.ones((4, 1))
            nn.fit(model, data, nn.MSELoss(), optimizer, epochs=3, jit=True, progress=False)
        except TypeError as error:
            print(error)
        for p, kept in zip(model.parameters(), before):
            assert np.array_equal(p.data, kept)
    """)
    assert error == "fit: jit=True needs autograd.jit, which this installation leaves out"
