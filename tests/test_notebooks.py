"""Every notebook runs from top to bottom in a fresh kernel and prints what the file says."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor, Value, notebooks
from autograd.__main__ import main
from autograd.notebooks import YOUR_TURN, check, copy_out, source, start

from .refresh_notebooks import METADATA, executed

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "notebooks").glob("*.ipynb"))
NUMBER = re.compile(r"(?<![A-Za-z_\d])\d+(?:\.\d*)?(?:e[+-]?\d+)?", re.ASCII)


def texts(outputs):
    """Return the text of a cell's outputs; pictures and pages are not compared."""
    parts = []
    for o in outputs:
        if o["output_type"] == "stream":
            parts.append("".join(o["text"]))
        elif o["output_type"] == "error":
            parts.append(f"{o['ename']}: {o['evalue']}\n")
        else:
            parts.append("".join(o["data"].get("text/plain", "")) + "\n")
    return "".join(parts)


def last_place(number):
    """Return one unit in the last printed place of a number."""
    digits, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))


def same_text(committed, found):
    """Whether two texts are equal, numbers up to one unit in the last place printed."""
    if NUMBER.split(committed.strip()) != NUMBER.split(found.strip()):
        return " ".join(committed.split()) == " ".join(found.split())
    pairs = zip(NUMBER.findall(committed), NUMBER.findall(found), strict=True)
    return all(
        a == b or ("." in a and math.isclose(float(a), float(b), abs_tol=1.001 * last_place(a)))
        for a, b in pairs
    )


def test_comparison_of_texts():
    assert same_text("loss 0.1235 in 3 steps", "loss 0.1236 in 3 steps\n")
    assert same_text("[1.    0.25 ]", "[1.    0.25 ]")
    assert same_text("1.23e-05", "1.24e-05")
    assert not same_text("loss 0.1235", "loss 0.1238")
    assert not same_text("loss 0.1235", "loss -0.1235")
    assert not same_text("3 steps", "4 steps")
    assert not same_text("right", "wrong")
    assert not same_text("w2 0.5", "w3 0.5")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_notebook_runs_and_prints_what_it_did(path, tmp_path):
    for name in ("nbformat", "nbclient", "ipykernel"):
        pytest.importorskip(name, reason="pip install 'glassgrad[docs]'")
    import nbformat

    committed = nbformat.read(path, as_version=4)
    fresh = executed(path, tmp_path)
    for before, after in zip(committed.cells, fresh.cells, strict=True):
        if before.cell_type == "code":
            a, b = texts(before.outputs), texts(after.outputs)
            assert same_text(a, b), f"{path.name}: {before.source}\n--- was\n{a}\n--- is\n{b}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_notebook_is_clean(path):
    """Executed in order, small, and without traces of the machine."""
    text = path.read_text("utf8")
    found = json.loads(text)
    code = [c for c in found["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert all(set(c["metadata"]) <= {"tags", "jupyter"} for c in found["cells"])
    assert found["metadata"] == METADATA
    assert path.stat().st_size < 600_000
    for c in code:
        said = texts(c["outputs"])
        assert not re.search(r"\bat 0x[0-9a-f]{6,}|/tmp/|/home/|\d\.\d{12,}", said), said
        assert not any(o.get("name") == "stderr" for o in c["outputs"]), said
        raised = any(o["output_type"] == "error" for o in c["outputs"])
        assert raised == ("raises-exception" in c["metadata"].get("tags", []))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_notebook_has_a_turn_for_the_learner_and_a_solution(path):
    cells = json.loads(path.read_text("utf8"))["cells"]
    tags = [t for c in cells for t in c["metadata"].get("tags", [])]
    assert 1 <= tags.count("exercise") == tags.count("solution")
    graded = [c for c in cells if "solution" in c["metadata"].get("tags", [])]
    for c in graded:
        assert re.search(r": right\b", texts(c["outputs"])), "".join(c["source"])


def test_notebooks_open_with_a_title_in_reading_order():
    for number, path in enumerate(FILES, 1):
        assert path.name.startswith(f"{number:02d}_")
        first = json.loads(path.read_text("utf8"))["cells"][0]
        assert first["cell_type"] == "markdown"
        assert "".join(first["source"]).startswith("# ")


# --------------------------------------------------------------------------------------------------
# Copying out


def test_copies_and_keeps_what_the_reader_changed(tmp_path):
    said = []
    found = copy_out(tmp_path / "mine", said.append)
    assert [p.name for p in found] == [p.name for p in FILES]
    assert all(p.read_bytes() == q.read_bytes() for p, q in zip(found, FILES, strict=True))
    found[0].write_text("my own work")
    found[-1].unlink()
    again = copy_out(tmp_path / "mine", said.append)
    assert again == found
    assert found[0].read_text() == "my own work"
    assert found[-1].read_bytes() == FILES[-1].read_bytes()
    assert [line for line in said if "kept" in line and FILES[0].name in line] == said


def test_command_copies_and_says_where(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebooks.importlib.util, "find_spec", lambda name: None)
    assert main(["notebooks", str(tmp_path / "course")]) == 0
    said = capsys.readouterr().out
    assert f"{len(FILES)} notebooks are in {tmp_path / 'course'}" in said
    assert "pip install 'glassgrad[notebooks]'" in said


def test_starts_jupyter_where_it_is(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(notebooks.importlib.util, "find_spec", lambda n: n == "notebook" or None)
    monkeypatch.setattr(notebooks.subprocess, "call", lambda c: calls.append(c) or 3)
    assert start(tmp_path, show=lambda text: None) == 3
    assert calls == [[sys.executable, "-m", "notebook", str(tmp_path / FILES[0].name)]]


def test_says_when_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setattr(notebooks, "__file__", str(tmp_path / "autograd" / "notebooks.py"))
    with pytest.raises(FileNotFoundError, match="the notebooks are not installed; install"):
        source()


def test_a_wheel_brings_the_notebooks(tmp_path):
    pytest.importorskip("hatchling")
    pytest.importorskip("build", reason="pip install build")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*command, str(tmp_path), str(ROOT)], check=True, capture_output=True)
    import zipfile

    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for path in FILES:
        assert f"autograd/_notebooks/{path.name}" in names


# --------------------------------------------------------------------------------------------------
# The grader


def test_grader_on_plain_answers():
    exact = {"a": 6.0, "b": np.array([[1.0, 2.0]])}
    report = check(exact, {"a": 6, "b": [[1.0], [2.0]]})
    assert [f.right for f in report] == [True, False]
    assert "transposed" in report[1].message
    assert str(check(exact, {"a": ...})[0]) == f"a: {YOUR_TURN}"
    assert not check(exact, {"a": ...}).right
    for none in ("six", "6", 6 + 0j, [[1.0], [2.0, 3.0]], {}):
        assert "a number or an array is wanted" in check(exact, {"a": none})[0].message
    assert check(exact, {"a": 3.0})[0].message == "it is 1/2 times the exact one"
    assert check(exact, {"b": []})[0].message == "the shape is (0,), the parameter's is (1, 2)"
    with pytest.raises(TypeError, match="answers are a dict with one for each name, got set"):
        check(exact, {"a"})
    assert check(exact, {"a": Value(6.0)}).right
    assert check(exact, {"b": Tensor([[1.0, 2.0]])}).right
    with pytest.raises(KeyError, match="no answer is called 'c'"):
        check(exact, {"c": 1.0})


def test_grader_on_functions():
    exact = {"d": np.cos}
    at = np.linspace(-1, 1, 5)
    assert check(exact, {"d": lambda x: np.sin(x + np.pi / 2)}, at=at).right
    assert check(exact, {"d": lambda x: -np.cos(x)}, at=at)[0].message == "the sign is wrong"
    assert "a function is wanted" in check(exact, {"d": 1.0}, at=at)[0].message
    with pytest.raises(ValueError, match="d is a function: say with at="):
        check(exact, {"d": np.cos})


def test_grader_on_a_loss():
    x = Value(3.0, label="x")
    y = Value(2.0, label="y")
    report = check(x * y, {"x": ..., "y": 3.0})
    assert [f.right for f in report] == [False, True]
