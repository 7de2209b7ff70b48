"""Lazy imports: what an import does not load, and that every name is there when used."""

import ast
import importlib
import pickle
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn
import nn.data
from autograd.on_demand import names_on_demand

PACKAGES = "autograd", "autograd.jit", "nn", "nn.data"
ROOT = Path(autograd.__file__).parent.parent
LATER = """
    autograd.checks.by_hand autograd.checks.gradients autograd.jit.call.compiled
    autograd.checks.nonfinite autograd.viz autograd.xp nn.saving.archive nn.drawing.compare
    nn.data.files nn.data.sets nn.data.toys nn.diagnosis.health nn.training.fitting
    nn.training.history nn.saving.io nn.diagnosis.learning_rates nn.drawing.network
    nn.recordings.player nn.recordings.recorder nn.diagnosis.sweeping nn.training.loop
    nn.training.checks hashlib importlib.metadata importlib.resources json numpy.random pathlib
    secrets subprocess tempfile urllib.parse zipfile
""".split()


def run(code):
    """Run a program in a fresh interpreter, and return what it prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_import_leaves_pictures_programs_and_files_for_later():
    code = "import sys, numpy; before = set(sys.modules); import autograd, nn; "
    found = set(run(code + "print(*set(sys.modules) - before)").split())
    needed = {"autograd.tensor", "autograd.interop.reductions", "nn.layers.linear", "nn.optim.sgd"}
    assert needed <= found
    assert found & set(LATER) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_name_is_there_in_a_fresh_interpreter(package):
    code = f"""
import importlib, sys
package = importlib.import_module({package!r})
assert set(package.__all__) <= set(dir(package)), dir(package)
for name in {sorted(importlib.import_module(package).__all__)}:
    package = importlib.import_module({package!r})
    found = getattr(package, name)
    assert vars(package)[name] is found is getattr(package, name)
    assert found.__doc__, name
    if {package!r} != "autograd.jit":
        for module in [m for m in sys.modules if m.startswith(("autograd", "nn"))]:
            del sys.modules[module]
"""
    run(code)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_star_brings_in_all_names(package):
    code = f"from {package} import *; print(*[n for n in dir() if n[0] != '_'])"
    assert set(run(code).split()) == set(importlib.import_module(package).__all__)


@pytest.mark.parametrize(
    "code",
    [
        "import autograd\n@autograd.jit\ndef f(x): return x * 2.0\nassert f(3.0) == 6.0",
        "import autograd.jit\nassert autograd.jit(abs)",
        "import autograd.jit.call.compiled, autograd\nassert autograd.jit(abs)",
        "from autograd.jit import Compiled, jit, program\nassert type(jit(abs)) is Compiled",
        "from autograd import jit, draw, viz\nassert viz.draw is draw",
        "import autograd\nassert autograd.viz.Picture\nassert autograd.xp.pi > 3",
        "import autograd.viz.paper.why, autograd\nassert autograd.why is autograd.viz.why",
        "import nn.diagnosis.health, nn.diagnosis.sweeping, nn.diagnosis.learning_rates, nn\n"
        "assert callable(nn.health) and callable(nn.sweep) and callable(nn.lr_find)",
        "import autograd.numpy as np, autograd\nboxes = autograd.numpy.numpy_boxes\n"
        "assert autograd.core.VJPNode and autograd.tracer.isbox(boxes.ArrayBox(1.0))\n"
        "assert autograd.util.subvals and autograd.wrap_util.wraps and np.numpy_vjps.unbroadcast_f",
        "import nn.saving.io\nassert nn.data.toys.xor is nn.data.xor\n"
        "assert nn.saving.io.save is nn.save",
        "from nn import fit, data\nfrom nn.data import moons\nassert data.moons is moons",
    ],
)
def test_ways_to_ask_first(code):
    run(code)


def test_a_namespace_that_a_recording_asks_for_first():
    code = """
from autograd import Tensor, jit
def f(x):
    space = x.__array_namespace__()
    return space.mean(space.clip(x, 0.0, 3.0))
g = jit(f, backend="numpy")
assert [g(Tensor([x, 4.0])).item() for x in (1.0, 1.0, 2.0)] == [2.0, 2.0, 2.5]
assert g.recordings == 1
"""
    run(code)


def stems(folder):
    return {path.stem if path.suffix else path.name for path in folder.iterdir()}


ROOMS = {"autograd": "xp", "nn": "data functional init metrics optim scalar schedules"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_called_as_what_it_would_hide(package):
    module = importlib.import_module(package)
    same = stems(Path(module.__file__).parent) & set(module.__all__)
    # the package jit is imported together with autograd, before its function takes the name
    allowed = {"jit"} if package == "autograd" else set()
    assert same - set(ROOMS.get(package, "").split()) == allowed


@pytest.mark.parametrize("package", PACKAGES)
def test_checkers_of_types_see_the_same_names(package):
    module = importlib.import_module(package)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    block = next(x for x in tree.body if isinstance(x, ast.If) and "TYPE_CH" in ast.dump(x.test))
    seen = {(x.module or n.name, n.name) for x in block.body for n in x.names}
    of_hips = getattr(module, "_OF_HIPS", {})
    homes, others = (
        {(home.split(".")[0], n) for home, names in table.items() for n in names.split() or [home]}
        for table in (module._HOMES, of_hips)
    )
    assert {(home.split(".")[0], name) for home, name in seen} == homes | others
    assert {name for _, name in homes} <= set(module.__all__)
    assert not {name for _, name in others} & set(module.__all__)


def test_names_that_are_nowhere():
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'nonsense'"):
        _ = nn.nonsense
    with pytest.raises(AttributeError, match=r"no attribute 'vmap'; use elementwise_grad"):
        _ = autograd.vmap
    find, names = names_on_demand("nn.data", {"toys": "xor"})
    assert find("toys") is nn.data.toys
    assert find("xor") is nn.data.xor
    assert "xor" in names()
    assert "Dataset" in names()


@pytest.mark.parametrize("thing", [autograd.jit, autograd.draw, nn.fit, nn.health, nn.data.moons])
def test_help_and_pickles(thing):
    assert thing.__doc__.splitlines()[0] in pydoc.render_doc(thing, renderer=pydoc.plaintext)
    assert pickle.loads(pickle.dumps(thing)) is thing


@pytest.mark.parametrize("package", PACKAGES)
def test_the_names_listed_are_those_for_users(package):
    module = importlib.import_module(package)
    listed = {n for n in dir(module) if not n.startswith("_")}
    assert set(module.__all__) <= listed
    modules = {n for n in listed if isinstance(getattr(module, n), type(sys))}
    assert modules <= {*module.__all__, "misc", "numpy", "scipy", "special"}
