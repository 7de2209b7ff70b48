"""What an import loads, how imports depend on each other, and the contents of a wheel."""

import importlib.metadata
import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import autograd

ROOT = Path(autograd.__file__).parent.parent
HEAVY = """
    asyncio IPython concurrent graphviz hypothesis jax matplotlib mpmath multiprocessing numba
    pandas pytest scipy sklearn sqlite3 ssl sympy torch tkinter tqdm unittest urllib.request
""".split()


def loaded_by(statement):
    code = "import sys, numpy.random; before = set(sys.modules); "
    code += f"{statement}; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_import_brings_in_nothing_heavy(package):
    found = loaded_by(f"import {package}")
    assert package in found
    assert found & set(HEAVY) == set()
    # beyond the two packages, only the standard library
    top = {name.split(".")[0] for name in found}
    assert top - {"autograd", "nn", "numpy"} <= set(sys.stdlib_module_names)


def test_autograd_does_not_import_nn():
    assert not [m for m in loaded_by("import autograd") if m.split(".")[0] == "nn"]


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_packages_are_marked_as_typed(package):
    assert (ROOT / package / "py.typed").is_file()


def test_public_names():
    assert len(set(autograd.__all__)) == len(autograd.__all__)
    for name in autograd.__all__:
        assert getattr(autograd, name).__doc__, name
    public = {n for n in vars(autograd) if not n.startswith("_")}
    public -= {n for names in autograd._OF_HIPS.values() for n in names.split()}
    modules = {n for n in public if isinstance(getattr(autograd, n), ModuleType)}
    assert public - modules == set(autograd.__all__) - {"xp"}


def test_version_is_that_of_the_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert autograd.__version__ == project["version"]
    try:
        assert importlib.metadata.version("glassgrad") == project["version"]
    except importlib.metadata.PackageNotFoundError:
        pass


def test_reading_order_of_imports():
    """Rules know nothing of nodes, and nothing imports what is built upon it."""
    order = "op ops mode node backward array_node scalar_node scalar_number value tensor".split()
    order += ["dispatch", "interop", "transforms"]
    for low, high in (("op", "node"), ("node", "value"), ("node", "tensor"), ("value", "interop")):
        text = (ROOT / "autograd" / f"{low}.py").read_text(encoding="utf-8")
        for name in order[order.index(high) :]:
            assert f"from .{name} import" not in text, (low, name)
    for path in (ROOT / "autograd" / "ops").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name in order[order.index("node") :]:
            assert f"from ..{name} import" not in text, path


def test_wheel_holds_both_packages_and_nothing_else(tmp_path):
    # the modules of the build backend, so that nothing is downloaded
    if not all(map(importlib.util.find_spec, ("build", "hatchling"))):
        pytest.skip("needs build and hatchling")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"autograd", "nn"}
    assert {"autograd/py.typed", "nn/py.typed", "autograd/ops/elementwise.py"} <= set(names)
    assert {"autograd/viz/assets/step.js", "nn/recordings/assets/player.js"} <= set(names)
    notebooks = {n for n in names if n.endswith(".ipynb")}
    assert {n.rpartition("/")[0] for n in notebooks} == {"autograd/_notebooks"}
    assert not [n for n in names if n.endswith(".pyc") or "__pycache__" in n]
