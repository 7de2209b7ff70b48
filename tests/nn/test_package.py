"""The package: its names, and the guard against another package called autograd."""

import os
import subprocess
import sys
from pathlib import Path

import nn

ROOT = Path(nn.__file__).parent.parent


def test_public_names_exist_once():
    assert all(hasattr(nn, name) for name in nn.__all__)
    assert len(set(nn.__all__)) == len(nn.__all__)


def test_all_optimizers_are_in_their_module():
    public = [getattr(nn, name) for name in nn.__all__]
    kinds = {x for x in public if isinstance(x, type) and issubclass(x, nn.optim.Optimizer)}
    assert kinds | {nn.optim.Optimizer} == {getattr(nn.optim, name) for name in nn.optim.__all__}


def test_another_autograd_is_refused_with_the_cure(tmp_path):
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("grad = None\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    run = subprocess.run(
        [sys.executable, "-c", "import nn"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "ImportError: nn belongs to the distribution glassgrad" in run.stderr
    assert "pip uninstall autograd glassgrad" in run.stderr
