"""SciPy and scikit-learn on tensors through the array API standard: values, gradients, refusals."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("scipy", minversion="1.17")


def run(module):
    """Run a script of this folder with array API dispatch on, which is read at import."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"tests.xp.{module}"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_scipy():
    assert "gradients of 127, 32 refused" == run("on_scipy").strip()


def test_scikit_learn():
    pytest.importorskip("sklearn", minversion="1.9")
    assert "gradients of 38, 4 refused" == run("on_scikit_learn").strip()
